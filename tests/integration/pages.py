#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pages.py AGON SOURCE FOLDER [PAGE...]: runs what README and the pages of docs/ show.

A block of commands is fenced as ```sh; those of a page are one script, in a folder that has `configs`. Each command `agon ...` has
to end well and to print something. `<!-- before: COMMANDS -->` above a block is run first and not shown; `<!-- not run: WHY -->`
keeps a block from being run, and is listed; what the program prints is fenced as ```text. A command in a block that is neither is a fault, and so is `./agon` with a word that
no other test runs. docs/plugin-guide.md has a test of its own (tests/sdk/guide.sh)."""
import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

AGON, SOURCE, WORK = os.path.realpath(sys.argv[1]), sys.argv[2], sys.argv[3]
OWN = {'demo': 'integration_demo', 'test': 'CI', 'build': 'CI', 'soak': 'by hand', 'package': 'integration_package', 'coverage': 'by hand'}
SKIPPED = {'docs/plugin-guide.md'}
# What says nothing where all is well.
WRAPPER = r'''#!/bin/bash
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
faults, not_run, n_run = [], [], 0


def free_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


def blocks_of(page, text):
    """(before, lines) of each block to run."""
    before, why, lines, kind = '', None, None, ''
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith('```'):
            if lines is None:
                lines, kind = [], line[3:].strip()
                continue
            commands = [one for one in lines if kind != 'text' and re.match(r'(\$ )?(\./)?agon ', one)]
            if kind == 'sh' and why is None:
                yield before, lines
            elif why is not None:
                not_run.append(f'{page}:{number}: {max(1, len(commands))} commands: {why}')
            elif commands and not all(one.startswith('./agon ') and one.split()[1] in OWN for one in commands):
                faults.append(f'{page}:{number}: commands in a block that nobody runs: fence it as sh, or say why not '
                              f'(<!-- not run: WHY -->): {commands[0]}')
            before, why, lines = '', None, None
        elif lines is not None:
            lines.append(line)
        else:
            match = re.match(r'<!-- (before|not run): (.*) -->$', line)
            if match and match.group(1) == 'before':
                before = match.group(2)
            elif match:
                why = match.group(2)


def run(page, parts):
    global n_run
    script = []
    for before, lines in parts:
        own = [line for line in lines if line.startswith('./agon ')]
        for line in own:
            if line.split()[1] not in OWN:
                faults.append(f'{page}: {line}: no test runs it')
        lines = [line for line in lines if line not in own]
        n_run += sum(bool(re.match(r'agon ', line)) for line in lines)
        script += ([before] if before else []) + lines
    if not any(line.strip() for line in script):
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
    os.makedirs(os.path.join(WORK, 'bin'), exist_ok=True)
    wrapper = os.path.join(WORK, 'bin/agon')
    with open(wrapper, 'w') as file:
        file.write(WRAPPER)
    os.chmod(wrapper, 0o755)
    lines = ['set -eum', "trap 'echo \"failed: $BASH_COMMAND\" >&2' ERR", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for line in script:
        if re.match(r'agon run .*&$', line):  # a person looks at the simulator first
            lines.append(f'for i in $(seq 600); do (: </dev/tcp/127.0.0.1/{port}) 2>/dev/null && break; sleep 0.1; done')
        if re.match(r'agon run ', line):  # what `agon new` has written names the port
            lines.append(f'[ ! -e venue.yaml ] || sed -i s/18080/{port}/ venue.yaml')
        lines.append(line.replace('18080', port))
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


def main():
    pages = sys.argv[4:] or ['README.md'] + sorted(os.path.relpath(path, SOURCE) for path in glob.glob(os.path.join(SOURCE, 'docs/*.md')))
    for page in pages:
        if page in SKIPPED:
            continue
        with open(os.path.join(SOURCE, page)) as file:
            parts = list(blocks_of(page, file.read()))
        if parts:
            run(page, parts)
    for line in not_run:
        print(f'not run: {line}')
    if faults:
        sys.exit('\n'.join(faults))
    print(f'{n_run} commands of {len(pages)} pages do what the pages say')


if __name__ == '__main__':
    main()
