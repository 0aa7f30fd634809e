# SPDX-License-Identifier: Apache-2.0
"""page_blocks: the blocks of commands in the repository's pages, for the test that runs them (tests/integration/pages.py) and the lint
that holds their marks (tests/lint/blocks.py).

A block of commands is fenced as ```sh and is run by pages.py, the blocks of a page as one script. A mark in the line above it changes that:

    <!-- before: COMMANDS -->               they are run first and not shown
    <!-- run by TEST[, TEST...]: WHY -->    those tests run these commands: of the build, "soak NAME" or ".ci/run STAGE";
                                            "TEST as WORDS": by these words, where it has a function for them
    <!-- cannot run: WHY -->                no machine of tests can

Commands in any other fence, or in one of text, have to have one of the two latter."""
import os
import re

# Run whole by a test of its own.
PAGE_TESTS = {'docs/plugin-guide.md': 'sdk_guide'}
COMMAND = re.compile(r'(?:\$ )?(?:[A-Z_]+=\S+ +|[A-Z_]+=\'[^\']*\' +)*'
                     r'(?:\./agon|agon(?:-[a-z]+)?|tests/\S+|git|meson|ninja|curl|apt|apt-get|systemctl|systemd-\S+|podman|docker|python3|cp|mkdir|cd|sed|kill|sudo|pip|npm) +[^\s:|=]')


class Block:
    """number: of its first line; kind: of its fence; mark: 'run by', 'cannot run' or None, with tests, their own words for it, and why."""

    def __init__(self, page, number, kind):
        self.page, self.number, self.kind = page, number, kind
        self.before, self.mark, self.tests, self.own, self.why, self.lines = '', None, [], {}, '', []

    def commands(self):
        """What stands there of the program and of others, a continued line as one."""
        text = '\n'.join(self.lines).replace('\\\n', ' ')
        return [re.sub(r'^\$ ', '', line) for line in text.splitlines() if COMMAND.match(line)]

    def is_run(self):
        return self.kind == 'sh' and self.mark is None


def pages_of(source):
    """README, those of docs/ and of each folder below, without decisions: names below the root."""
    pages = []
    for folder, folders, names in os.walk(source):
        at = os.path.relpath(folder, source)
        folders[:] = sorted(one for one in folders if not one.startswith('.') and not (at == '.' and one.startswith('build')) and one != 'node_modules')
        pages += [os.path.normpath(os.path.join(at, name)) for name in sorted(names) if name.endswith('.md')]
    return [page for page in pages if not page.startswith('docs/adr/')]


def blocks_of(page, text):
    """The blocks of a page, and marks that stand above none or are of no known form: (blocks, faults)."""
    blocks, faults, block = [], [], None
    before, mark, at = '', None, 0
    for number, line in enumerate(text.splitlines(), 1):
        fence = re.match(r' *```(\w*)', line)
        if fence and block is None:
            block = Block(page, number, fence.group(1))
            block.before = before
            if mark is not None:
                block.mark, block.tests, block.own, block.why = mark
            before, mark = '', None
        elif fence:
            blocks.append(block)
            block = None
        elif block is not None:
            block.lines.append(line)
        else:
            if line.strip() and not line.startswith('<!--') and (before or mark):
                faults.append(f'{page}:{at}: a mark above no block')
                before, mark = '', None
            match = re.match(r'<!-- (before|run by|cannot run|not run)\b:? ?(.*) -->$', line)
            if not match:
                continue
            at = number
            words = match.group(2)
            if match.group(1) == 'before':
                before = words
            elif match.group(1) == 'cannot run' and words:
                mark = ('cannot run', [], {}, words)
            elif match.group(1) == 'run by' and ': ' in words:
                tests, why = words.split(': ', 1)
                names = [one.strip().partition(' as ') for one in tests.split(',')]
                mark = ('run by', [name for name, _, _ in names], {name: own for name, _, own in names if own}, why)
            else:
                faults.append(f'{page}:{number}: a mark of no known form: expected <!-- run by TEST: WHY --> or <!-- cannot run: WHY -->')
    return blocks, faults
