#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""blocks: each block of commands that a page of the repository shows is run by a test: by integration_pages where it stands, by the
tests that its mark names, which are there and have its commands, or its mark says why no machine of tests can
(tests/support/page_blocks.py has the marks). And the program itself says of each command, in a block or within a line, whether its words are one: it is
run in an empty folder, where nothing is, and must not find fault with its command line. What would stay or take long gets an option that there is not,
which must be the first that is refused."""
import functools
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT, BUILD = os.environ['AGON_SOURCE_ROOT'], os.environ['AGON_BUILD_ROOT']
sys.path.insert(0, os.path.join(ROOT, 'tests/support'))
import page_blocks  # pylint: disable=wrong-import-position

# Their second word is a command too.
GROUPS = {'backup', 'config', 'ctl', 'features', 'gpu', 'journal', 'models', 'tape', 'tournament', 'train'}
# They stay, or take long, once their options are right.
LONG = {'backtest', 'bench', 'demo', 'dst', 'gpu', 'parity', 'replay', 'run', 'sim', 'top', 'train'}
PATIENCE = 5 # seconds: who is not refused by then is not (`ctl stop` waits for a host)
AT_ONCE = 8
REFUSED = 2 # the exit code of a wrong command line
PROBE = '--no-such-option'
NAME_OF = re.compile(r'[A-Z][A-Z:]*') # it stands for what a reader writes
ABSENT = re.compile(r'No such file or directory')
# What a command lacks that is named within a line: `agon journal cat`.
MISSING = re.compile(r' an argument more| wants a |is needed|takes \d+ words behind it, not 0|follows | needs | is missing$|: nothing follows it; expected |^agon validate: PLUGIN|takes an agent')
OF_SCRIPT = ('test', 'soak', 'build', 'coverage', 'package') # ./agon alone has these
GENERATED = {'docs/commands.md'} # what the program says, by lint_commands
faults, said = [], [] # said: what check_words() is called with


def read(path):
    if os.path.isdir(os.path.join(ROOT, path)):
        return ''
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


def words_of(command):
    """The words of the first program of a command line, without what is set before it; None: the shell is needed to tell."""
    command = re.sub(r'^(?:[A-Z_]+=(?:\'[^\']*\'|\S*) +)+', '', re.sub(r'\s#\s.*$', '', command))
    command = re.split(r'\s(?:\\?[|;&]|\d?>)', re.sub(r'\$\([^)]*\)', 'X', command))[0]
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def parts_of(command):
    """("agon" or "./agon", verbs, options) of a command, or None: it is of another program."""
    words = words_of(command)
    if not words or words[0] not in ('agon', './agon'):
        return None
    verbs = words[1:2]
    if verbs and verbs[0] in GROUPS and len(words) > 2 and re.fullmatch(r'[a-z][a-z-]*', words[2]):
        verbs.append(words[2])
    return words[0], verbs, [re.match(r'--[a-z-]+', word).group() for word in words[2:] if re.match(r'--[a-z]', word)]


@functools.cache
def said_of(words):
    """What the program says against these words in an empty folder; '': nothing."""
    with tempfile.TemporaryDirectory() as folder:
        of_it = dict(os.environ, HOME=folder, XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder, TMPDIR=folder)
        with subprocess.Popen([os.path.join(BUILD, 'agon'), *words], cwd=folder, env=of_it, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, start_new_session=True) as child:
            try:
                answer = child.communicate(timeout=PATIENCE)[1]
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.communicate()
                return ''
        return answer.splitlines()[0] if child.returncode == REFUSED and answer else ''


def check_words(where, command, in_line):
    """Is it a command line by the program's own word? One within a line of text may leave out what stands behind its verb."""
    words = words_of(command)
    if words and words[0] == './agon' and words[1:2] and words[1] in OF_SCRIPT:
        if words[1] == 'soak' and re.fullmatch(r'[a-z][a-z-]*', ' '.join(words[2:3])) and text_of_test('soak ' + words[2]) is None:
            faults.append(f'{where}: there is no soak {words[2]}: {command.strip()}')
        return
    if not words or words[0] not in ('agon', './agon') or len(words) < 2 or '...' in command or '…' in command:
        return
    # [AGENT] may stand there; of A|B one does.
    words = [re.sub(r'^\[(.*)\]$', r'\1', word).split('|')[0] for word in words[1:]]
    # Nothing of this machine is meant: /var/lib/agon is below the folder.
    words = [re.sub(r'(^|=)/+', r'\1', word) for word in words]
    answer = said_of((*words, PROBE) if words[0] in LONG else tuple(words))
    if words[0] in LONG and PROBE in answer or ABSENT.search(answer) or any(NAME_OF.fullmatch(word) and word in answer for word in words):
        return
    if answer and not (in_line and MISSING.search(answer)):
        faults.append(f'{where}: refused: {command.strip()}: {answer}')


def check_market(where, command):
    """The name of a market, which is looked at behind all options."""
    for name in re.findall(r'--market[ =]([a-z][\w-]*)(?![\w./-])', command):
        if not os.path.exists(os.path.join(ROOT, 'configs/markets', name + '.yaml')):
            faults.append(f'{where}: there is no market {name}: {command.strip()}')


def check_command(where, command, in_line=False):
    parts = parts_of(command)
    if parts is None or not parts[1] or not re.fullmatch(r'[a-z][a-z-]*', parts[1][0]):
        return
    program, verbs, options = parts
    if program == './agon' and verbs[0] in OF_SCRIPT:
        known = read('agon') + read('tests/fresh/run') + read('tests/fuzz/run') + read('tests/soak/markets.py') + read('tests/soak/host.py') + read('tests/soak/attack.py') + read('tests/coverage.py')
    else:
        known = help_of((verbs[0],)) + (help_of(tuple(verbs)) if len(verbs) > 1 else '') + ' --help help '
    for option in options:
        if not re.search(r'(?<![\w-])' + re.escape(option) + r'(?![\w-])', known):
            faults.append(f'{where}: {option} is no option of agon {" ".join(verbs)}: {command.strip()}')
    check_market(where, command)
    said.append((where, command, in_line))


@functools.cache
def lines_of(text):
    """A script's lines as words one space apart, whether they stand in a list of Python or behind the shell's quotes; a continued line, or list, as one."""
    text = re.sub(r'\\\n|,\s*\n', ' ', re.sub(r'(?m)^\s*#.*$', '', text))
    return [' '.join(re.sub(r'["\'(),\[\]]', ' ', line).split()) for line in text.splitlines()]


def form_of(words):
    """(a pattern of the verbs and arguments in their order, [the options]): what a reader puts in, a number, a path or a name, may be another one in a
    test, and so may the value of an option."""
    def one(word):
        return re.escape(word) if re.fullmatch(r'[a-z][a-z_-]*', word) else r'\S+'

    places, options, is_value = [], [], False
    for word in words:
        if word.startswith('--'):
            options.append(word)
        elif not is_value:
            places.append(word)
        is_value = word.startswith('--') and '=' not in word
    while len(places) > 1 and one(places[-1]) == r'\S+':
        places.pop()
    return r'(?<![\w-])' + ' '.join(map(one, places)) + r'(?![\w-])', [option.split('=')[0] for option in options]


def is_in(text, words):
    """Has a line of a script these verbs and arguments as they follow each other, and behind them these options?"""
    places, options = form_of(words)
    for line in lines_of(text):
        match = re.search(places, line)
        if match and all(re.search(re.escape(option) + r'(?![\w-])', line[match.start():]) for option in options):
            return True
    return False


def check_mark(block):
    where = f'{block.page}:{block.number}'
    texts = {}
    for name in block.tests:
        texts[name] = text_of_test(name)
        if texts[name] is None:
            faults.append(f'{where}: is said to be run by {name}, and there is no such test of a script')
    there = [text for text in texts.values() if text is not None]
    for command in block.commands() if there else []:
        words = words_of(command)
        is_ours = words[0] in ('agon', './agon')
        words = [re.sub(r'^\[(.*)\]$', r'\1', word) for word in words[1:]] if is_ours else words[:1]
        # "as start_sim --market": what runs `sim` there.
        as_there = [own.split() for own in block.own.values() if words[0] in own]
        if not any(is_in(text, words) for text in there) and not any(is_in(text, own) for own in as_there for text in there):
            faults.append(f'{where}: {", ".join(texts)} does not run {" ".join(words)}: {command.strip()}')


# What has to be found: the first are commands, the others blocks of a mark.
PLANTS = ('agon ctl close mm_1', 'agon ctl agent kill mm_1', 'agon ctl halt nobody nowhere never', 'agon tournament measures --json', 'agon demo --market banana',
          'agon demo --speed 900', 'agon nothing', 'agon report run --nothing', './agon soak nothing')
PLANTED_MARKS = ('agon ctl halt nobody nowhere never', 'agon ctl plans 5', 'agon ctl agents --timeout 5s')


def blind():
    """The plants that this lint does not find."""
    missed = []
    for command in PLANTS:
        faults.clear()
        said.clear()
        check_command('a plant', command)
        for one in said:
            check_words(*one)
        missed += [command] if not faults else []
    for command in PLANTED_MARKS:
        faults.clear()
        block = page_blocks.Block('a plant', 1, 'sh')
        block.mark, block.tests, block.lines = 'run by', ['integration_control'], [command]
        check_mark(block)
        missed += ['run by integration_control: ' + command] if not faults else []
    faults.clear()
    said.clear()
    return missed


def main():
    missed = blind()
    if missed:
        sys.exit('not found: ' + '; '.join(missed))
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
                check_command(f'{page}:{block.number}', command)
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
                check_command(f'{page}:{number}', command, in_line=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda one: check_words(*one), said))
    if faults:
        sys.exit('\n'.join(faults) + f'\n{len(faults)} faults')
    print(f'{counts["run"]} blocks of commands are run as they stand, {counts["run by"]} by the tests that they name, {counts["cannot run"]} say why not')


if __name__ == '__main__':
    main()
