#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""blocks: each block of commands that a page of the repository shows is run by a test: by integration_pages where it stands, by the
tests that its mark names, which are there and have its commands, or its mark says why no machine of tests can
(tests/support/page_blocks.py has the marks). An option that a page writes behind a command is one of that command."""
import functools
import json
import os
import re
import shlex
import subprocess
import sys

ROOT, BUILD = os.environ['AGON_SOURCE_ROOT'], os.environ['AGON_BUILD_ROOT']
sys.path.insert(0, os.path.join(ROOT, 'tests/support'))
import page_blocks  # pylint: disable=wrong-import-position

# Their second word is a command too.
GROUPS = {'backup', 'config', 'ctl', 'features', 'gpu', 'journal', 'models', 'tape', 'tournament', 'train'}
GENERATED = {'docs/commands.md'} # what the program says, by lint_commands
faults = []


def read(path):
    with open(os.path.join(ROOT, path), encoding='utf-8', errors='replace') as file:
        return file.read()


@functools.cache
def tests():
    """The scripts of this build's tests by their names."""
    with open(os.path.join(BUILD, 'meson-info/intro-tests.json'), encoding='utf-8') as file:
        scripts = {one['name']: [word for word in one['cmd'] if word.endswith(('.sh', '.py'))] for one in json.load(file)}
    return {name: os.path.relpath(words[0], ROOT) for name, words in scripts.items() if words}


@functools.cache
def text_of(script):
    """A script with those beside it that it names."""
    text = read(script)
    folder = os.path.dirname(script)
    for name in sorted(set(re.findall(r'[\w-]+\.(?:sh|py)\b', text))):
        beside = os.path.join(folder, name)
        if beside != script and os.path.exists(os.path.join(ROOT, beside)):
            text += read(beside)
    return text


@functools.cache
def text_of_test(name):
    """What a named test runs, or None: there is no such test."""
    if name.startswith('soak '):
        match = re.search(r'^    ' + re.escape(name[5:]) + r'\)(.*?)(?:^        ;;|\n(?=    [\w-]+\)))', read('agon'), re.M | re.S)
        if match is None:
            return None
        return match.group(1) + ''.join(read(path) for path in re.findall(r'\$root/(tests/[\w./-]+)', match.group(1)))
    if name.startswith('.ci/run '):
        return read('.ci/run') if re.search(r'^stage_' + re.escape(name[8:]) + r'\(\)|^    ' + re.escape(name[8:]) + r'\)', read('.ci/run'), re.M) else None
    script = tests().get(name)
    return text_of(script) if script is not None else None


@functools.cache
def help_of(words):
    done = subprocess.run([os.path.join(BUILD, 'agon'), *words, '--help'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout if done.returncode == 0 else ''


def parts_of(command):
    """("agon" or "./agon", verbs, options) of a command, or None: it is of another program."""
    command = re.sub(r'^(?:[A-Z_]+=(?:\'[^\']*\'|\S*) +)+', '', re.sub(r'\s#\s.*$', '', command))
    command = re.split(r'\s(?:[|;&>]|&&)', command)[0]
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    if not words or words[0] not in ('agon', './agon'):
        return None
    verbs = words[1:2]
    if verbs and verbs[0] in GROUPS and len(words) > 2 and re.fullmatch(r'[a-z][a-z-]*', words[2]):
        verbs.append(words[2])
    return words[0], verbs, [re.match(r'--[a-z-]+', word).group() for word in words[2:] if re.match(r'--[a-z]', word)]


def check_options(where, command):
    parts = parts_of(command)
    if parts is None or not parts[1] or not re.fullmatch(r'[a-z][a-z-]*', parts[1][0]):
        return
    program, verbs, options = parts
    if program == './agon' and verbs[0] in ('test', 'soak', 'build', 'coverage', 'package'):
        known = read('agon') + read('tests/fresh/run') + read('tests/fuzz/run') + read('tests/soak/markets.py') + read('tests/soak/host.py') + read('tests/soak/attack.py') + read('tests/coverage.py')
    else:
        known = help_of((verbs[0],)) + (help_of(tuple(verbs)) if len(verbs) > 1 else '') + ' --help help '
        if len(verbs) > 1 and not re.search(r'(?<![\w-])' + verbs[1] + r'(?![\w-])', known):
            faults.append(f'{where}: agon {verbs[0]} has no {verbs[1]}: {command.strip()}')
    for option in options:
        if not re.search(r'(?<![\w-])' + re.escape(option) + r'(?![\w-])', known):
            faults.append(f'{where}: {option} is no option of agon {" ".join(verbs)}: {command.strip()}')


def has(text, words):
    return all(re.search(r'(?<![\w-])' + re.escape(word) + r'(?![\w-])', text) for word in words)


def check_mark(block):
    where = f'{block.page}:{block.number}'
    texts = {}
    for name in block.tests:
        texts[name] = text_of_test(name)
        if texts[name] is None:
            faults.append(f'{where}: is said to be run by {name}, and there is no such test of a script')
    there = [text for text in texts.values() if text is not None]
    for command in block.commands() if there else []:
        parts = parts_of(command)
        words = parts[1] + parts[2] if parts is not None else [re.sub(r'^(?:\S+=\S+ )*', '', command).split()[0]]
        if not any(has(text, words) for text in there):
            faults.append(f'{where}: {", ".join(texts)} has no {" ".join(words)}: {command.strip()}')


def main():
    counts = {'run': 0, 'run by': 0, 'cannot run': 0}
    for page in page_blocks.pages_of(ROOT):
        if page in GENERATED:
            continue
        text = read(page)
        blocks, wrong = page_blocks.blocks_of(page, text)
        faults.extend(wrong)
        of_page = page_blocks.PAGE_TESTS.get(page)
        if of_page is not None and (text_of_test(of_page) is None or os.path.basename(page) not in text_of_test(of_page)):
            faults.append(f'{page}: {of_page} does not run it')
        for block in blocks:
            commands = block.commands()
            for command in commands:
                check_options(f'{page}:{block.number}', command)
            if block.mark == 'run by':
                check_mark(block)
            elif commands and block.mark is None and block.kind != 'sh':
                faults.append(f'{page}:{block.number}: commands in a block that nobody runs: fence it as sh, or mark it <!-- run by TEST: WHY --> or '
                              f'<!-- cannot run: WHY -->: {commands[0]}')
            elif block.is_run() and any(command.startswith('./agon ') for command in commands):
                faults.append(f'{page}:{block.number}: ./agon in a block that integration_pages runs: mark it <!-- run by TEST: WHY -->')
            if commands or block.kind == 'sh':
                counts[block.mark or 'run'] += 1
        in_code = False
        for number, line in enumerate(text.splitlines(), 1):
            in_code ^= bool(re.match(r' *```', line))
            for command in re.findall(r'`((?:\./)?agon [^`]+)`', '' if in_code else line):
                check_options(f'{page}:{number}', command)
    if faults:
        sys.exit('\n'.join(faults) + f'\n{len(faults)} faults')
    print(f'{counts["run"]} blocks of commands are run as they stand, {counts["run by"]} by the tests that they name, {counts["cannot run"]} say why not')


if __name__ == '__main__':
    main()
