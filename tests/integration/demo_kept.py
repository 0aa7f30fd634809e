#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`agon demo --keep` in a terminal of 80x24 (pyte), ended by SIGINT behind its summary: demo_kept.py DIR COMMAND...

It leaves two summaries, one of the acts' end and one of its own. In each, what the acts came to agrees with the table below it, and a promise is
said where it was counted; the last one's refusals are those that `agon report` counts in DIR."""
import fcntl, json, os, pty, re, select, signal, struct, subprocess, sys, termios, time

import pyte

where, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    os.execvp(command[0], command)
raw = b''
is_asked = False
began = time.monotonic()
while time.monotonic() - began < 100:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        data = os.read(terminal, 65536)
    except OSError:
        data = b''
    if not data:
        break
    raw += data
    if not is_asked and b'It runs on.' in raw and b'#token=' in raw[raw.rindex(b'It runs on.'):]:
        os.kill(pid, signal.SIGINT)
        is_asked = True
else:
    os.kill(pid, signal.SIGKILL)
    sys.exit('it does not end')
if raw.count(b'\x1b[?1049h') != 1:
    sys.exit('a picture stands over the summary of a demo that is kept')
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
screen = pyte.Screen(80, 120)
pyte.ByteStream(screen).feed(re.sub(rb'\x1b\[\?1049h.*?\x1b\[\?1049l', b'', raw, flags=re.S))
rows = [row.rstrip() for row in screen.display]
while rows and not rows[-1]:
    rows.pop()


def fail(text):
    sys.exit('\n'.join([text] + ['|' + row for row in rows]))


if code != 0:
    fail(f'ended with {code}')
heads = [i for i, row in enumerate(rows) if row.startswith('market ')]
if len(heads) != 2:
    fail(f'{len(heads)} summaries')
FITS = {'is quarantined': 'QUARANTINED', 'is restarted': 'active', 'restarts': 'waiting', 'has ended': 'ended', 'is suspended': 'suspended', 'runs on': 'active'}


def look(part, is_last):
    acts = {row[0]: row[24:] for row in part if re.match(r'[1-6] [AO]', row)}
    first = next(i for i, row in enumerate(part) if row.startswith('agent '))
    table = {}
    for row in part[first + 1:]:
        table[row.split()[0]] = row.split()
        if row.startswith('all '):
            break
    if len(acts) != 6:
        fail('not six acts')
    # Capital that moved stands in the table; so who says that none did is of another moment.
    pool = re.search(r'[0-9]+ held.* is (?:first|ranked); pool ([0-9.,]+)$', acts['5'])
    if pool and pool[1] != table['pool'][2] or not pool and table['pool'][2] != '0.00':
        fail(f'act 5: {acts["5"]!r}, and the table: {table["pool"]}')
    for act, agent in (('2', 'crash_1'), ('4', 'hang_1'), ('6', 'flood_1')):
        state = table[agent][-1]
        said = [phrase for phrase in FITS if phrase in acts[act]]
        if said and FITS[said[0]] != state or not said and state in ('ended', 'QUARANTINED'):
            fail(f'act {act}: {acts[act]!r}, and the table: {table[agent]}')
    refused = re.match(r'([0-9,]+) refused', acts['6'])
    if is_last and refused:
        report = json.loads(subprocess.run([command[0], 'report', where, '--json'], check=True, capture_output=True).stdout)
        want = next(one['refused'] for one in report['agents'] if one['name'] == 'flood_1')
        if int(refused[1].replace(',', '')) != want:
            fail(f'act 6: {refused[1]}, and the report: {want}')
    promise = ' '.join(part[first:])
    counted = re.search(r'The ([0-9]+) that behave and vol_1 saw all ([0-9,]+) events;', promise)
    if is_last and (not counted or counted[1] == '0' or counted[2] == '0') or not is_last and (counted or 'events seen are counted after Ctrl-C' not in promise):
        fail('the promise: ' + promise)


look(rows[heads[0]:heads[1]], False)
look(rows[heads[1]:], True)
if len(rows) - heads[1] > 24:
    fail(f'the last summary has {len(rows) - heads[1]} lines')
