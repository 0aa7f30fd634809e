#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole frames of every act of `agon demo`, or of `agon top`, at 80x24, 100x30 and 200x50, against golden ones.

    frames.py GOLDEN demo AGON         frames.py GOLDEN top COMMAND...

One run is shown in a terminal (pyte) whose window is dragged from size to size, again and again; of each act and size the last whole
picture is judged. In none a line is longer than the window, wraps or scrolls. Then figures are masked, and what is left is GOLDEN/NAME_COLUMNSxROWS.txt
(AGON_GOLDEN_WRITE=1 writes it): every label, caption and column in its place. A mask keeps where a cell ends: a number is `0` in its last
column. What was drawn `so far` is held to the words that its act may say, and has to be wrapped as wide as the window is; the rows below it,
of which there are as many as there is room, are held to the first of their kind. No verdict hangs on time: where a slow machine did
not come to what an act is of, that is what its picture says, and an act of which no picture of a size was seen is shown in a longer demo."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import textwrap
import time

import pyte

SIZES = [(80, 24), (100, 30), (200, 50)]
golden, what, command = sys.argv[1], sys.argv[2], sys.argv[3:]
BAD = {'crash_1', 'hang_1', 'flood_1'}
STATES = r'(active|waiting|halted|ended|QUARANTINED|SUSPENDED|restarting|RETIRED)'
BECAME = (r'(is quarantined( after N crashes)?|has ended|and does not run so far|is suspended|is restarted|restarts|is being restarted)')
MOVED = (r'(no capital moved|N USDT (went to|came from) the pool|N USDT moved(, N of it (to|from) the pool)?)')
# Who is first, beside who beats chance: in full and in a line that has its columns.
FIRST = (r'(\w+ is first( and beats chance \(chance alone: N tournament in N\)|; nobody beats chance yet|; \w+ beats chance \(chance alone: N tournament in N\))?|nobody is ranked, too few samples or trades)')
BRIEF = (r'(\w+ first(, (beats chance|\w+ beats chance|may be chance))?|nobody is ranked)')
SPAN = r'(N (ns|us|ms|s)|N (min|h|d)( N (s|min|h))?)' # as host/base/span.h has them, numbers masked
# What an act may say, by its number, and what its line below the table may be where that has no room.
SAID = {
    1: (rf'First fill {SPAN} after the start; N fills of N orders in this act\.', rf'first fill after {SPAN}; N fills in the act'),
    2: (rf'crash_1 ended( again)?, {BECAME}; the others had N fills meanwhile\. Why: signal N \(Segmentation fault\)\.',
        rf'crash_1 {BECAME}; others: N fills in the act'),
    3: (r'momentum_1 (held N [A-Z]+(, N [A-Z]+)*|had no position) when it was reloaded(, after this act)?; generation N (has it|runs) now\. '
        r'The engine paused N (us|ms|s), N bytes of state went over\.|momentum_1 holds no position yet; the reload waits for one until act N\.',
        r'momentum_1 held (N [A-Z]+|no position|its positions); engine paused N (us|ms|s)'),
    4: (rf'hang_1 ended( again)?, {BECAME}; the others had N fills meanwhile\. Why: a callback took longer than N (ms|s).*\.',
        rf'hang_1 {BECAME}; others: N fills in the act'),
    5: (rf'Tournament N: {FIRST}; {MOVED}(: \w+ N -> N \(N(; its rank asks for N)?\)( and N more)?|, as no result confirms what its rank asks for(: N USDT)?)?\.'
        r'( So far (none of N moved capital|N of N moved N USDT(, the last no\. N)?)(; the pool has N)?\.)?',
        rf'no\. N: {BRIEF}(; ({MOVED}|(N|nothing) moved))?'),
    6: (rf'N intents of flood_1 were refused before the exchange saw them, of the others N; it ({BECAME}|runs on: its meter is not full)\.',
        rf'N refused, of the others N; ({BECAME}|runs on)')}
LATE = rf'\w+ {BECAME}, after this act|\w+ ended after this act, {BECAME}\.|nothing happened\.?'
SUMMED = {5: rf'N held(, (N|nothing) moved)?; {BRIEF}'}


# Columns of a table of `top` in their order; `?` before those that a window has where it has room.
TABLES = {
    'Agents': 'agent state ?stage capital equity result ?return ?drawdown ?Sharpe ?Sortino ?t ?t_from ?t_to ?gross ?fees ?rebates ?funding '
              '?slippage_cost ?volume open fills ?refused ?fills_won ?fills_lost ?intents ?events ?generation ?runner ?kind ?code',
    'Positions': 'agent symbol side quantity entry ?break-even mark unrealised ?realised ?notional ?fees ?funding ?fills ?entry_tag ?in',
    'Open orders': 'agent symbol side ?type price quantity filled state ?request ?tag ?since ?id'}


class Wrong(Exception):
    pass


def number(text):
    return re.sub(r'(?<![A-Za-z_0-9])[-+]?[0-9](?:[0-9,.]*[0-9])?[kM]?(?![A-Za-z_0-9])', 'N', text)


def ends(text):
    """Each cell of a row is `0` where it ends."""
    return re.sub(r'\S+', lambda found: ' ' * (len(found[0]) - 1) + '0', text)


def pictures(raw):
    """Whole ones, as rows; the last one may not be."""
    begin = raw.find(b'\x1b[?1049h')
    end = raw.find(b'\x1b[?1049l')
    for part in raw[begin:end if end >= 0 else len(raw)].split(b'\x1b[1;1H')[1:-1 if end < 0 else None]:
        if b'\n' in part:
            raise Wrong('a line feed in a picture')
        rows = [re.sub(rb'\x1b\[[0-9;?]*[A-Za-z]', b'', row).decode() for row in re.split(rb'\x1b\[[0-9]+;1H', part)]
        size = next((size for size in SIZES if size[1] == len(rows)), None)
        if size is None:
            continue  # between two of them
        if any(len(row) > size[0] for row in rows):
            raise Wrong(f'at {size[0]}x{size[1]} a line of {max(map(len, rows))} columns: {max(rows, key=len)}')
        yield size, [row.rstrip() for row in rows], b'\x1b[1;1H' + part


def as_terminal(size, data):
    screen = pyte.Screen(*size)
    pyte.ByteStream(screen).feed(data)
    return [row.rstrip() for row in screen.display]


def watch(argv, is_done, limit_s, stop):
    """All that it writes while its window is dragged; stop(pid, terminal) where it is asked to end."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
        os.execvp(argv[0], argv)
    raw = b''
    began = time.monotonic()
    at, n_then, is_asked = 0, 0, False
    while True:
        if time.monotonic() - began > limit_s:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise Wrong('it does not end')
        if select.select([terminal], [], [], 1)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                data = b''
            if data == b'':
                break
            raw += data
        n = raw.count(b'\x1b[%d;1H' % SIZES[at][1])
        if n >= n_then + 2 and b'\x1b[?1049l' not in raw:  # two of this size: the next
            at = (at + 1) % len(SIZES)
            n_then = raw.count(b'\x1b[%d;1H' % SIZES[at][1])
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', SIZES[at][1], SIZES[at][0], 0, 0))
        if not is_asked and stop is not None and is_done(raw):
            is_asked = True
            stop(pid, terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code != 0:
        raise Wrong(f'ended with {code}: {raw[-2000:].decode(errors="replace")}')
    if raw.count(b'\x1b[?1049h') != 1:
        raise Wrong('not once to the second screen and back')
    return raw


def paragraph(rows, label, columns):
    """Its text, where it is wrapped as wide as the window allows, below its label."""
    text = ' '.join(row[len(label):].strip() for row in rows)
    want = textwrap.wrap(text, columns, initial_indent=label, subsequent_indent=' ' * len(label), break_long_words=False,
                         break_on_hyphens=False)
    if rows != want:
        raise Wrong(f'wrapped as {rows} instead of {want}')
    return text


def agents(head, rows):
    got = [head.split('  why it ended')[0].rstrip()]
    why = head.find('  why it ended')
    position = head.find('position')
    for row in rows:
        name, state = row[:12].strip(), row[13:24].strip()
        if not re.fullmatch(STATES, state) or name not in BAD and state != 'active':
            raise Wrong(f'{name} is {state}')
        if why >= 0 and len(row) > why and not re.match(r'  \S', row[why:]):
            raise Wrong(f'why it ended does not stand below its head: {row}')
        figures = row[24:position - 2 if position >= 0 else why if why >= 0 else None]
        line = f'{name:12} {"STATE" if name in BAD else state:11}' + ends(figures).rstrip()
        if position >= 0:
            if not re.match(r'  (-|[-0-9])', row[position - 2:]):
                raise Wrong(f'no position below its head: {row}')
            line = line.ljust(position) + '0'
        got.append(line)
    return got


def instruments(rows):
    """The first one, which all others are like."""
    head, rest = rows[0], [row for row in rows[1:] if row]
    alike = [row[:14].rstrip().ljust(14) + ends(row[14:56]) + re.sub(r'(cold|syncing|STALE)$', 'live', row[56:])
             for row in rest if not row.startswith('... and')]
    n_more = sum(int(row.split()[2]) for row in rest if row.startswith('... and'))
    for row in alike:
        if row[14:] != alike[0][14:] or not re.fullmatch(r'[A-Z]+USDT( perp)?', row[:14].strip()):
            raise Wrong(f'{row!r} beside {alike[0]!r}')
    if len(alike) + n_more != 6:
        raise Wrong(f'{len(alike)} instruments and {n_more} more')
    return [head, alike[0]]


def demo(size, rows, act):
    columns = size[0]
    got = [re.sub(r'\[[#.]{10}\] ([0-9]+ (s|min|h)( [0-9]+ (s|min))?)$', '[##########] 0 s', rows[0])]
    blank = rows.index('')
    at = next(i for i in range(1, blank) if rows[i].startswith('so far  '))
    for label in ('market  ', 'next    ', 'look at '):
        first = next(i for i in range(1, at) if rows[i].startswith(label))
        last = next(i for i in range(first + 1, at + 1) if not rows[i].startswith('        '))
        paragraph(rows[first:last], label, columns)
    got += rows[1:at]
    said = number(paragraph(rows[at:blank], 'so far  ', columns))
    if not re.fullmatch(rf'{SAID[act][0]}|nothing yet\.', said):
        raise Wrong(f'act {act} says: {said}')
    got += [f'so far  WHAT ACT {act} CAME TO', '']
    end = rows.index('', blank + 1)
    got += agents(rows[blank + 1], rows[blank + 2:end])
    n_past, acts = 0, []
    while rows[end + 1 + n_past].startswith('act '):
        line = rows[end + 1 + n_past]
        k = int(line[4])
        if not re.fullmatch(f'{SAID[k][0]}|{SAID[k][1]}|{LATE}', number(line[8:])) or line[5:8] != '   ':
            raise Wrong(f'act {k} is said as {line}')
        acts.append(k)
        n_past += 1
    # The newest, as many as there is room for.
    if acts != list(range(act - n_past, act)) or act > 1 and n_past == 0 or columns > 80 and n_past != act - 1:
        raise Wrong(f'in act {act} there are {acts} of the acts before')
    got += ['', 'act   WHAT THE ACTS BEFORE CAME TO'] if n_past else []
    rest = rows[end + 1 + n_past:-1]
    if n_past:
        if rest and rest[0] != '':
            raise Wrong(f'no empty line below the acts: {rest[0]}')
        rest = rest[1:]
    while rest and rest[-1] == '':
        rest.pop()
    if columns > 80 and not rest:
        raise Wrong('no instruments in a large window')
    if rest:
        lines = instruments(rest)
        got += ['', *lines] if columns > 80 else []
    if len(rows) != size[1] or not re.fullmatch(r'dashboard  http://127\.0\.0\.1:[0-9]+/#token=[0-9a-f]+', rows[-1]):
        raise Wrong(f'the last row is {rows[-1]}')
    return got + ['dashboard  http://127.0.0.1:0/#token=0']


def summary(text):
    rows = text.replace('\r', '').rstrip('\n').split('\n')
    if len(rows) > 23 or any(len(row) > 80 for row in rows) or '\x1b' in text:
        raise Wrong(f'{len(rows)} rows, {max(map(len, rows))} columns are left: {rows}')
    got = []
    for row in rows:
        act = re.match(r'([1-6]) [AO].{22}', row)
        if act:
            k = int(act[1])
            if not re.fullmatch(f'({SAID[k][1]})(, after this act)?|{LATE}|{SUMMED.get(k, "$^")}', number(row[24:])):
                raise Wrong(f'act {k} is summed up as {row}')
            row = row[:24] + f'WHAT ACT {k} CAME TO'
        got.append(row)
    head = next(i for i, row in enumerate(got) if row.startswith('agent '))
    labels = [found.end() for found in re.finditer(r'start|moved|result|equity|1-d backtest', got[head])]
    state = got[head].index('state')
    i = head + 1
    while not got[i].startswith('all '):
        i += 1
    for k in range(head + 1, i + 1):
        name, cells = got[k].split()[0], list(re.finditer(r'\S+', got[k][:state]))[1:]
        if [cell.end() for cell in cells] != labels[:len(cells)] or len(cells) < 4:
            raise Wrong(f'{got[k]!r} does not stand below {got[head]!r}')
        end = '' if name == 'pool' else ' rounded' if name == 'all' else ' STATE'
        if not re.fullmatch(f'( *| *rounded N)' if name in ('pool', 'all') else f' ?{STATES}', number(got[k][state - 1:])):
            raise Wrong(f'{name} is {got[k][state:]}')
        got[k] = name + ' 0' * len(cells) + end.replace(' rounded', '')
    got[head] = re.sub(r' +', ' ', got[head])
    for k in range(i + 1, len(got)):
        got[k] = re.sub(r'\b[0-9a-f]{32}\b', 'HASH', got[k])
        got[k] = re.sub(r' {2,}', '  ', number(got[k]))
        got[k] = re.sub(r'/\S+|agon-demo\.html', 'FILE', got[k])
    return got


def compare(name, got):
    path = f'{golden}/{name}.txt'
    if os.environ.get('AGON_GOLDEN_WRITE'):
        with open(path, 'w', encoding='utf-8') as out:
            out.write('\n'.join(got) + '\n')
    with open(path, encoding='utf-8') as file:
        want = file.read().split('\n')[:-1]
    return [f'{name}, row {i + 1}: {a!r} instead of {b!r}'
            for i, (a, b) in enumerate(zip(got + [None] * len(want), want + [None] * len(got))) if a != b]


def judge_demo():
    seconds = 90
    while True:
        raw = watch([command[0], 'demo', '--seconds', str(seconds), '--report', 'off'], None, 60 + 3 * seconds, None)
        last = {}
        for size, rows, data in pictures(raw):
            act = re.match(r'agon demo  Act ([1-7]) of 7: ', rows[0])
            if act is None:
                raise Wrong(f'no act in {rows[0]!r}')
            if 'so far  nothing yet.' not in rows or (int(act[1]), size) not in last:
                last[int(act[1]), size] = rows, data
        missing = [(act, size) for act in SAID for size in SIZES if (act, size) not in last]
        if not missing:
            break
        if seconds >= 180:
            raise Wrong(f'no picture of {missing}')
        seconds *= 2  # a slow machine
    differ = []
    for size in SIZES:
        got = []
        for act in SAID:
            rows, data = last[act, size]
            if as_terminal(size, data) != rows:
                raise Wrong(f'a terminal shows another picture of act {act} at {size[0]}x{size[1]}')
            got += [f'=== act {act}'] + demo(size, rows, act)
        differ += compare(f'demo_{size[0]}x{size[1]}', got)
    differ += compare('demo_end', summary(raw[raw.rindex(b'\x1b[?1049l') + 8:].decode()))
    return differ


def table(title, rows, is_whole):
    """A table of views: its labels, and how the cells below them stand; columns have two spaces between them, and more where rows that
    the window has no room for are wider."""
    head = rows[0]
    labels = [(found.start(), found.end(), found[0]) for found in re.finditer(r'\S+(?: \S+)*', head)]
    width = max(len(row) for row in rows)
    is_used = [any(len(row) > at and row[at] != ' ' for row in rows) for at in range(width)]
    got = []
    before = None
    at = 0
    while at < width:
        if not is_used[at]:
            at += 1
            continue
        end = at
        while end < width and (is_used[end] or end + 1 < width and is_used[end + 1]):
            end += 1
        label = [one for one in labels if one[0] >= at and one[1] <= end]
        if len(label) != 1 or before is not None and (at - before < 2 or is_whole and at - before != 2):
            raise Wrong(f'columns {before} to {end} of {rows}')
        cells = [row[at:end] for row in rows if row[at:end].strip()]
        is_left = all(not cell.startswith(' ') for cell in cells)
        is_right = all(cell.ljust(end - at)[-1] != ' ' for cell in cells)
        if not is_left and not is_right:
            raise Wrong(f'a cell stands elsewhere in its column: {cells}')
        got.append(label[0][2])
        before = end
        at = end
    order = [word.replace('_', ' ') for word in TABLES[title].split()]
    at = [next((i for i, word in enumerate(order) if word.lstrip('?') == label), None) for label in got]
    if None in at or at != sorted(at):
        raise Wrong(f'{title} has the columns {got}')
    return '  '.join(label for label, i in zip(got, at) if order[i][0] != '?')


def left_out(lines, note):
    """What a table has no room for is counted in one line below it, and what would not be missed is not named."""
    order = [word.replace('_', ' ') for word in TABLES[lines[0].split(',')[0]].split()]
    shown = re.split(r'  +', lines[1].strip()) if len(lines) > 2 else []
    lacks = [word for word in order if shown and word.lstrip('?') not in shown and word != '?in']
    said = re.fullmatch(r'a wider terminal or `agon ctl --json` has (.*?)(?: and )?(?:(\d+) columns? more)?', note[0]) if note else None
    if len(note) > 1 or note and not said:
        raise Wrong(f'below {lines[0]}: {note}')
    names = (said[1] or '').split(', ') if said and said[1] else []
    n = len(names) + (int(said[2] or 0) if said else 0)
    # A position of coins has no funding.
    if any(name not in lacks for name in names) or n not in (len(lacks), len(lacks) - ('?funding' in lacks)):
        raise Wrong(f'{lines[0]} lacks {lacks}, and says {note}')


def top(size, rows):
    while rows and rows[-1] == '':
        rows = rows[:-1]
    n_more = rows and re.fullmatch(r'\.\.\. and [0-9]+ lines more: in a higher window, or by `agon ctl`', rows[-1])
    if n_more and len(rows) != size[1]:
        raise Wrong(f'rows are left out at {len(rows)} of {size[1]}')
    rows = rows[:-1] if n_more else rows
    parts = '\n'.join(rows).split('\n\n')
    got = []
    for line in parts[0].split('\n'):
        line = re.sub(r'[0-9]{4}-[0-9:TZ.-]+', 'TIME', line)
        got.append(re.sub(rf'\b{SPAN}\b', 'N TIME', number(line)))
    for part in parts[1:]:
        lines = part.split('\n')
        note = [line for line in lines if line.startswith('a wider terminal')]
        lines = [line for line in lines[:lines.index(note[0]) if note else None]]
        got += ['', lines[0]] + ([table(lines[0].split(',')[0], lines[1:], not n_more)] if len(lines) > 2 else [])
        if note or not n_more or part is not parts[-1]:  # else the line below it is among those that the window has no room for
            left_out(lines, note)
        for line in lines[2:]:
            if not re.match(r'busy_[12] ', line):
                raise Wrong(f'a row of {lines[0]}: {line}')
    return got


def judge_top():
    seen = {}
    at_begin = b'\x1b[1;1H'
    read = 0  # up to there pictures were looked at

    def is_done(raw):
        nonlocal read
        read, end = read or max(0, raw.find(at_begin)), raw.rfind(at_begin)
        if end <= read:
            return False
        new, read = raw[read:end] + at_begin, end
        for size, rows, data in pictures(b'\x1b[?1049h' + new):
            at = next((i for i, row in enumerate(rows) if row.startswith('Open orders')), None)
            if at is not None and any(row.startswith('Positions, ') for row in rows[:at]) and any(re.match('busy_', row) for row in rows[at:]):
                seen[size] = rows
        return len(seen) == len(SIZES)

    watch(command, is_done, 600, lambda pid, terminal: os.write(terminal, b'q'))
    differ = []
    for size in SIZES:
        differ += compare(f'top_{size[0]}x{size[1]}', top(size, seen[size]))
    return differ


try:
    wrong = judge_demo() if what == 'demo' else judge_top()
except Wrong as found:
    wrong = [str(found)]
if wrong:
    sys.exit('\n'.join([f'{what}:'] + wrong[:12]))
print(f'{what}: every frame at {", ".join(f"{c}x{r}" for c, r in SIZES)} is as it was')
