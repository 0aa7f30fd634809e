#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pages.py AGON SOURCE FOLDER [PAGE...]: runs what the pages of the repository show, README and docs/ and those of each plugin.

The blocks ```sh of a page are one script, in a folder that has `configs` (tests/support/page_blocks.py says what marks change of that;
lint_blocks holds these). Each command `agon ...` has to end well and to print something. Where a block ```text is the next one, it shows
what the block above prints: each word that begins a line of it begins one of what was printed too. docs/plugin-guide.md has a test of its
own (tests/sdk/guide.sh)."""
import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

AGON, SOURCE, WORK = os.path.realpath(sys.argv[1]), sys.argv[2], sys.argv[3]
sys.path.insert(0, os.path.join(SOURCE, 'tests/support'))
import page_blocks  # pylint: disable=wrong-import-position

MARK = '@@ block '
WRAPPER = r'''#!/bin/bash
REAL=$(dirname "$REAL")/${0##*/} # agon, or a program beside it
# The program, with what it says kept: a command that prints nothing is noted. Of a host or simulator that starts one waits.
said=$(mktemp "$SAID/XXXXXX")
[ "$1" != ctl ] && [ "$1" != top ] || for i in $(seq 600); do
    "$REAL" ctl status "${@: -2}" >/dev/null 2>&1 && break
    sleep 0.1
done
if [ "$1" = sim ] || { [ "$1" = run ] && [[ "$*" != *--for* ]]; }; then
    "$REAL" "$@" &
    trap 'kill -TERM $!; wait $!; exit $?' TERM
    wait $!
    rc=$?
else
    "$REAL" "$@" >"$said" 2>"$said.err"
    rc=$?
    cat "$said"
    cat "$said.err" >&2
    [ -s "$said" ] || [ -s "$said.err" ] || echo "agon $*" >>"$SAID/silent"
fi
[ $rc = 0 ] || echo "agon $*: code $rc" >>"$SAID/failed"
exit $rc
'''
faults, elsewhere, n_run = [], [], 0


def free_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


def check_text(page, blocks, said):
    """What the blocks ```text behind one that was run promise. said: what each block that was run printed."""
    for block, shown in zip(blocks, blocks[1:]):
        if not block.is_run() or shown.kind != 'text' or shown.mark is not None:
            continue
        begins = {line.split(' ')[0] for line in said.get(block.number, '').splitlines() if line and line[0] != ' '}
        for line in shown.lines:
            word = line.split(' ')[0]
            if word and word not in begins:
                faults.append(f'{page}:{shown.number}: what is run above says nothing that begins with {word}: {said.get(block.number, "")[-1500:]}')


def run(page, blocks):
    global n_run
    script = []
    for block in blocks:
        if block.mark is not None:
            elsewhere.append(f'{page}:{block.number}: {block.mark} {", ".join(block.tests)}{": " if block.tests else ""}{block.why}')
        if not block.is_run():
            continue
        n_run += sum(bool(re.match(r'agon', line)) for line in block.lines)
        script += [f'echo "{MARK}{block.number}"'] + ([block.before] if block.before else []) + block.lines
    if not script:
        return
    folder = tempfile.mkdtemp(dir=WORK)
    said = tempfile.mkdtemp(dir=WORK)
    port = str(free_port())
    shutil.copytree(os.path.join(SOURCE, 'configs'), os.path.join(folder, 'configs'))
    for path in glob.glob(os.path.join(folder, 'configs/**/*.yaml'), recursive=True):
        with open(path) as file:
            text = file.read()
        with open(path, 'w') as file:
            file.write(text.replace('18080', port))
    os.mkdir(os.path.join(folder, 'backups'))
    os.makedirs(os.path.join(WORK, 'bin'), exist_ok=True)
    for name in ('agon', 'agon-onnx'):
        wrapper = os.path.join(WORK, 'bin', name)
        with open(wrapper, 'w') as file:
            file.write(WRAPPER)
        os.chmod(wrapper, 0o755)
    lines = ['set -eum', "trap 'echo \"failed: $BASH_COMMAND\" >&2' ERR", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for line in script:
        if re.match(r'agon run .*&$', line):  # a person looks at the simulator first
            lines.append(f'for i in $(seq 600); do (: </dev/tcp/127.0.0.1/{port}) 2>/dev/null && break; sleep 0.1; done')
        if re.match(r'agon run ', line):  # what `agon new` has written names the port
            lines.append(f'[ ! -e venue.yaml ] || sed -i s/18080/{port}/ venue.yaml')
        lines.append(line.replace('18080', port).replace('/var/backups', folder + '/backups'))
    done = subprocess.run(['bash', '-c', '\n'.join(lines)], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace', check=False,
                          env={**os.environ, 'PATH': f'{WORK}/bin:' + os.environ['PATH'], 'REAL': AGON, 'SAID': said, 'SOURCE': os.path.realpath(SOURCE),
                               'BUILD': os.path.dirname(AGON), 'HOME': folder})
    for what in ('failed', 'silent'):
        path = os.path.join(said, what)
        if os.path.exists(path):
            with open(path) as file:
                faults.extend(f'{page}: {"prints nothing: " if what == "silent" else ""}{line.strip()}' for line in file)
    if done.returncode != 0:
        faults.append(f'{page}: ended with {done.returncode}: {done.stdout[-1500:]}')
        return
    parts = re.split('^' + MARK + r'(\d+)$', done.stdout, flags=re.M)
    check_text(page, blocks, {int(number): text for number, text in zip(parts[1::2], parts[2::2])})


def main():
    pages = sys.argv[4:] or page_blocks.pages_of(SOURCE)
    for page in pages:
        if page in page_blocks.PAGE_TESTS:
            continue
        with open(os.path.join(SOURCE, page)) as file:
            run(page, page_blocks.blocks_of(page, file.read())[0])
    for line in elsewhere:
        print(line)
    if faults:
        sys.exit('\n'.join(faults))
    print(f'{n_run} commands of {len(pages)} pages do what the pages say')


if __name__ == '__main__':
    main()
