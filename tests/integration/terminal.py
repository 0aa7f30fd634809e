#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives a picture of `agon` in a terminal of its own, with pyte as the terminal: terminal.py GOLDEN NAME UNTIL KEEP COMMAND...

The command is shown at 80x24, 100x30 and 200x50, one after the other, as a person would drag its window. In each size it has to draw
until a row matches the expression UNTIL (of several with " && " between them each) and the picture fills the window; nothing may scroll, wrap or end behind the last column.
What is drawn then, with figures and other words that change masked, is the file GOLDEN/NAME_COLUMNSxROWS.txt (AGON_GOLDEN_WRITE=1
writes it anew). KEEP: 'all', or which rows are compared, such as '-3' (all but the last three) or 'blank2' (up to the second empty row).
Then it is ended by SIGINT (a top by q); what it leaves behind has at most 23 lines of 80 columns, and a prompt finds room below."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

import pyte

SIZES = [(80, 24), (100, 30), (200, 50)]
golden, name, until, keep, command = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:]
LIMIT_S = 100  # what never comes: below the limit of the whole test


class Screen(pyte.Screen):
    """Counts what a picture must not do: it places each line, and so no line feed, wrap or scroll is ever needed."""
    is_picture = False
    n_pictures = 0
    faults = []

    def set_mode(self, *modes, **kwargs):
        if 1049 in modes:
            self.is_picture = True
            self.n_pictures += 1
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes, **kwargs):
        if 1049 in modes:
            self.is_picture = False
            self.cursor_position(self.lines, 1)
        super().reset_mode(*modes, **kwargs)

    def linefeed(self):
        if self.is_picture:
            self.faults.append(f'a line feed in row {self.cursor.y + 1}: a wrap or a scroll')
        super().linefeed()


def mask(row):
    row = re.sub(r'#token=[0-9a-f]+', '#token=HEX', row)
    row = re.sub(r'\[[#.]{10,}\]', '[BAR]', row)
    row = re.sub(r'/tmp/\S+', 'PATH', row)
    row = re.sub(r'(?<![A-Za-z_0-9])[-+]?[0-9](?:[0-9,.:T-]*[0-9])?Z?', 'N', row)
    row = re.sub(r'(?<= )(\.\.\.|-)(?=  |$)', 'N', row.rstrip())
    row = re.sub(r'\bN [A-Z]{3}(, N [A-Z]{3})*(?=  |$)', 'N', row)  # a position
    row = re.sub(r'\bN (ns|us|ms|s|min|h|d)\b( N (s|min|h)\b)?', 'N TIME', row)
    return re.sub(r' {2,}', '  ', row).rstrip()


def kept(rows):
    if keep.startswith('blank'):
        n = int(keep[5:])
        for i, row in enumerate(rows):
            n -= row == ''
            if n == 0:
                return rows[:i]
        return rows
    return rows if keep == 'all' else rows[:int(keep)]


def fail(text):
    print(f'{name}: {text}', file=sys.stderr)
    for row in screen.display:
        print('|' + row.rstrip(), file=sys.stderr)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    sys.exit(1)


pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', SIZES[0][1], SIZES[0][0], 0, 0))
    os.execvp(command[0], command)
screen = Screen(*SIZES[0])
stream = pyte.ByteStream(screen)
began = time.monotonic()
raw = b''
n_shown = 0  # bytes of it


def show(is_end=False):
    """Whole pictures alone: what begins with the first row waits for the next one, however late the rest of it comes."""
    global n_shown
    is_picture = not is_end and b'\x1b[?1049h' in raw and b'\x1b[?1049l' not in raw
    upto = raw.rfind(b'\x1b[1;1H') if is_picture else len(raw)
    if upto > n_shown:
        stream.feed(raw[n_shown:upto])
        n_shown = upto


def more(wait_s):
    """Takes what comes; False: it has ended."""
    global raw
    if not select.select([terminal], [], [], wait_s)[0]:
        return True
    try:
        data = os.read(terminal, 65536)
    except OSError:
        data = b''
    raw += data
    show(data == b'')
    return data != b''


is_written = os.environ.get('AGON_GOLDEN_WRITE')
differ = []
for columns, rows in SIZES:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
    screen.resize(rows, columns)
    drawn = raw.count(b'\x1b[%d;1H' % rows)
    # A picture of this size.
    while True:
        shown = [row.rstrip() for row in screen.display]
        if raw.count(b'\x1b[%d;1H' % rows) >= drawn + 2 and all(any(re.search(part, row) for row in shown) for part in until.split(' && ')):
            break
        if not more(1) or time.monotonic() - began > LIMIT_S:
            fail(f'at {columns}x{rows} no row is like {until}')
        if screen.faults:
            fail(screen.faults[0])
    got = [mask(row) for row in kept([row.rstrip() for row in screen.display])]
    path = f'{golden}/{name}_{columns}x{rows}.txt'
    if is_written:
        with open(path, 'w', encoding='utf-8') as out:
            out.write('\n'.join(got) + '\n')
    with open(path, encoding='utf-8') as file:
        want = file.read().split('\n')[:-1]
    if got != want:
        differ += [f'{columns}x{rows}, row {i + 1}: {a!r} instead of {b!r}'
                   for i, (a, b) in enumerate(zip(got + [None] * len(want), want + [None] * len(got))) if a != b]
if os.path.basename(command[1] if len(command) > 1 else '') == 'top':
    os.write(terminal, b'q')
else:
    os.kill(pid, signal.SIGINT)
while more(1):
    if time.monotonic() - began > LIMIT_S:
        fail('it does not end')
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if screen.faults:
    fail(screen.faults[0])
if screen.n_pictures != 1:
    fail(f'{screen.n_pictures} times to the second screen and back, instead of once')
left = raw[raw.rindex(b'\x1b[?1049l') + 8:].decode().replace('\r', '').rstrip('\n').split('\n')
if len(left) > 23 or any(len(row) > 200 for row in left) or '\x1b' in ''.join(left):
    fail(f'it leaves {len(left)} lines: {left}')
if name == 'demo' and any(len(row) > 80 for row in left):
    fail(f'a line of more than 80 columns: {[row for row in left if len(row) > 80][0]}')
if os.environ.get('NO_COLOR') and re.search(rb'\x1b\[[0-9;]*m', raw):
    fail('it is painted in spite of NO_COLOR')
if differ:
    fail('\n'.join(differ[:8]))
print(f'{name}: 3 sizes, no scroll, no wrap, {len(left)} lines left, ended with {code}')
