#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`agon demo --keep` in a terminal of 80x24 (pyte), ended by SIGINT behind its summary: demo_kept.py DIR COMMAND...

The first one stands whole in the window. It leaves two summaries, one of the acts' end and one of its own. In each, what the acts came to agrees with the table below it, and a promise is
said where it was counted; the last one's refusals are those that `agon report` counts in DIR. Each names its event, and each number of its table, of
the orders that ended, of tournaments and of refusals is what the journal in DIR, exported up to there, comes to; the last ones are its page's too."""
import csv, fcntl, html, json, os, pty, re, select, signal, struct, subprocess, sys, termios, time
from collections import Counter
from decimal import ROUND_HALF_EVEN, Decimal as D

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
    if not is_asked and b' agon top --dir ' + where.encode() in raw:
        os.kill(pid, signal.SIGINT)
        is_asked = True
else:
    os.kill(pid, signal.SIGKILL)
    sys.exit('it does not end')
if b'\x1b[?1049h' not in raw:
    sys.exit(f'it drew nothing: {raw[-2000:]!r}')
if raw.count(b'\x1b[?1049h') != 1:
    sys.exit('a picture stands over the summary of a demo that is kept')
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
raw = re.sub(rb'\x1b\[\?1049h.*?\x1b\[\?1049l', b'', raw, flags=re.S)
window = pyte.Screen(80, 24)
# All before the second summary, but for the one line feed that is written as it ends.
pyte.ByteStream(window).feed(raw[:raw.index(b'market ', raw.index(b' agon top --dir '))].removesuffix(b'\n').removesuffix(b'\r'))
screen = pyte.Screen(80, 120)
pyte.ByteStream(screen).feed(raw)
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
seen = [row.rstrip() for row in window.display]
if not seen[0].startswith('market ') or not seen[-2].startswith('dashboard ') or f'agon top --dir {where}' not in seen[-1]:
    fail('a window of 24 rows shows ' + '\n'.join(seen))
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
    moved = re.match(r'[0-9]+ held(?:, (\S+) moved)?; ', acts['5'])
    if (not moved or moved[1] == 'nothing') and table['pool'][2] != '0.00':
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
    if is_last and (not counted or counted[1] == '0' or counted[2] == '0') or not is_last and (counted or 'events seen: counted after Ctrl-C' not in promise):
        fail('the promise: ' + promise)


def export(what, seq):
    text = subprocess.run([command[0], 'journal', 'export', where, '--until', seq, f'--{what}', '-'], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in text.splitlines()] if what == 'plans' else list(csv.DictReader(text.splitlines()))


def cents(amount):
    return f'{D(amount).quantize(D("0.01"), ROUND_HALF_EVEN):,}'


def compare(part, is_last):
    """What is shown, against the journal up to the event that the summary names."""
    text = ' '.join(part)
    seq = re.search(r'Proof: live and replay at event ([0-9]+)' if is_last else r'At event ([0-9]+) none', text)
    if not seq:
        fail('a summary names no event')
    first = next(i for i, row in enumerate(part) if row.startswith('agent '))
    shown = {}
    for row in part[first + 1:]:
        shown[row.split()[0]] = row.split()[1:5]
        if row.startswith('all '):
            break
    figures, plans, orders, intents = (export(what, seq[1]) for what in ('figures', 'plans', 'orders', 'intents'))
    start = {slot['name']: D(slot['capital_before_amt']).scaleb(-plans[0]['exp']) for slot in plans[0]['slots']} if plans else {}
    want, total = {}, D(0)
    for row in figures:
        if row['agent'] and (D(row['capital']) or D(row['equity']) or row['agent'] in shown):
            began = start.get(row['agent'], D(row['capital']))
            total += began
            want[row['agent']] = [cents(one) for one in (began, D(row['capital']) - began, row['result'], row['equity'])]
        elif row['agent'] == '':
            whole = row
    pool = D(whole['capital']) - sum(D(row['capital']) for row in figures if row['agent'])
    want['pool'] = [cents(one) for one in (0, pool, 0, pool)]
    want['all'] = [cents(one) for one in (total, D(whole['capital']) - total, whole['result'], whole['equity'])]
    if shown != want:
        fail(f'the table of event {seq[1]} is, by its journal, {want}')
    last = Counter(state for state in {row['order_id']: row['state'] for row in orders}.values())
    ended = {name: int(n.replace(',', '')) for n, name in re.findall(r'([0-9,]+) (filled|cancelled|expired|refused|never sent)', text[text.index('Orders that ended'):])}
    if (ended['filled'], ended['cancelled']) != (last['filled'], last['cancelled']) or ended['expired'] or not ended['filled']:
        fail(f'orders that ended, by the journal: {last}')
    act = {row[0]: row[24:] for row in part if re.match(r'[1-6] [AO]', row)}
    # How many, what all of them moved, who the last one's first is, and whether that is more than chance.
    held = re.match(r'([0-9]+) held(?:, (\S+) moved)?; (.*)', act['5'])
    ranked = sorted((slot['rank'], slot['slot'], slot['name']) for slot in plans[-1]['slots'] if slot['rank']) if plans else []
    asked = next((one for one in plans[-1]['values'] if one['name'] == 'evidence'), None) if plans else None
    beats = [name for _, k, name in ranked if next(t for slot, t, _ in asked['slots'] if slot == k) >= asked['value']] if plans else []
    first = ranked[0][2] if ranked else ''
    said = ({'nobody is ranked'} if not ranked else {f'{first} first, nobody beats chance', f'{first} first, may be chance'} if not beats else
            {f'{first} first, beats chance' if beats[0] == first else f'{first} first, {beats[0]} beats chance'})
    changes = [[D(slot['capital_after_amt']) - D(slot['capital_before_amt']) for slot in plan['slots']] for plan in plans]
    total = sum(max(sum(one for one in plan if one > 0), -sum(one for one in plan if one < 0)) for plan in changes) * D(10) ** -plans[-1]['exp'] if plans else D(0)
    amounts = {None, cents(total), f'{total.quantize(D(1), ROUND_HALF_EVEN):,}'} if total else {'nothing', None}
    if ' held' in act['5'] and (held is None or int(held[1]) != len(plans) or held[2] not in amounts or held[3] not in said):
        fail(f'act 5 is {act["5"]!r}, by the journal: {len(plans)} held, {amounts}, {said}')
    refused = re.match(r'([0-9,]+) refused, of the others ([0-9,]+)', act['6'])
    by = [sum(row['became'] == 'refused' and (row['agent'] == 'flood_1') == is_flood for row in intents) for is_flood in (True, False)]
    if refused and [int(one.replace(',', '')) for one in refused.groups()] != by:
        fail(f'act 6, by the journal: {by} refused')
    for agent in set(shown) - {'pool', 'all'}:
        fills = next(int(row['fills']) for row in figures if row['agent'] == agent)
        if fills != len([1 for row in export('fills', seq[1]) if row['agent'] == agent]):
            fail(f'{agent}: {fills} fills, and other rows of them')
    return seq[1], figures, want


def tables(path):
    for table in re.findall(r'<table.*?</table>', open(path).read(), re.S):
        cells = [[html.unescape(re.sub(r'<[^>]*>', '', cell)).strip() for cell in re.findall(r'<t[hd][^>]*>(.*?)</t[hd]>', row, re.S)]
                 for row in re.findall(r'<tr.*?</tr>', table, re.S)]
        yield [dict(zip(cells[0], row)) for row in cells[1:]]


def compare_page(part, figures, want, path):
    """The page that the last summary names has its numbers too, and `agon report --json` those of the journal."""
    report = json.loads(subprocess.run([command[0], 'report', where, '--json'], check=True, capture_output=True).stdout)
    text = ' '.join(part)
    if report['state_hash'][:32] not in text:
        fail(f'the report proves another state: {report["state_hash"]}')
    by = {row['name']: row for row in report['agents']}
    sent = seen = 0
    n_tables = 0
    for table in tables(path):
        if table and 'Sharpe' in table[0] and 'equity' in table[0]:
            n_tables += 1
            for row in table:
                its = want.get('all' if row['agent'].startswith('all') else row['agent'])
                fills = sum(int(one['fills']) for one in figures if one['agent'] == row['agent'] or row['agent'].startswith('all') and one['agent'] == '')
                if its and row['agent'] != 'pool' and [row['result'], row['equity'], row['fills']] != its[2:] + [f'{fills:,}']:
                    fail(f'the page: {row}')
        if table and 'events seen' in table[0]:
            n_tables += 1
            for row in table:
                if row['events seen'] not in ('', '-') and row['agent'] not in ('crash_1', 'hang_1', 'flood_1'):
                    sent, seen = sent + int(row['events sent'].replace(',', '')), seen + int(row['events seen'].replace(',', ''))
                if row['agent'] in by and int(row['refused'].replace(',', '')) != by[row['agent']]['refused']:
                    fail(f'the page: {row}, and the report: {by[row["agent"]]["refused"]}')
        if table and 'engine pause' in table[0]:
            n_tables += 1
            act = next(row for row in part if row.startswith('3 '))
            paused = re.search(r'engine paused ([0-9.]+ \w+)', act)
            if paused and paused[1] not in [row['engine pause'] for row in table if row['how'] == 'reload']:
                fail(f'act 3: {act}, and the page: {table}')
    if n_tables != 3:
        fail(f'the page has {n_tables} of three tables')
    counted = re.search(r'saw all ([0-9,]+) events', text)
    if counted and not sent == seen == int(counted[1].replace(',', '')):
        fail(f'the page: {sent} events sent, {seen} seen')


look(rows[heads[0]:heads[1]], False)
look(rows[heads[1]:], True)
compare(rows[heads[0]:heads[1]], False)
seq, figures, want = compare(rows[heads[1]:], True)
compare_page(rows[heads[1]:], figures, want, command[command.index('--report') + 1])
if len(rows) - heads[1] > 24:
    fail(f'the last summary has {len(rows) - heads[1]} lines')
