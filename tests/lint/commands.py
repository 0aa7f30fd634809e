#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""commands: docs/commands.md is what the program says of its commands. commands.py --write brings it up to date."""
import os
import subprocess
import sys

ROOT = os.environ.get("AGON_SOURCE_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("AGON_BUILD_ROOT") or os.path.join(ROOT, "build")
PAGE = os.path.join(ROOT, "docs/commands.md")
HEAD = """# Commands

Every command of `agon` with its options, as `agon COMMAND --help` prints them; `tests/lint/commands.py --write` makes this page. What the exit codes mean is the last line of `agon --help`. Where a command is described: [quickstart](quickstart.md),
[operations](operations.md), [reports](report.md), [markets](markets.md), [simulator](simulator.md), [tapes](tape.md), [parity](parity.md), [performance](performance.md), [plugin guide](plugin-guide.md).
"""


def said(*words):
    # The width of a pipe: nothing is wrapped.
    done = subprocess.run([os.path.join(BUILD, "agon"), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"agon {' '.join(words)} ended with {done.returncode}: {done.stdout}")
    return done.stdout.rstrip()


def page():
    parts = [HEAD, "```text\n" + said("--help") + "\n```"]
    for name in said("completion", "words").split():
        parts.append(f"## agon {name}\n```text\n{said(name, '--help')}\n```")
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def main():
    text = page()
    if "--write" in sys.argv:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(text)
        return 0
    with open(PAGE, encoding="utf-8") as file:
        if file.read() == text:
            return 0
    print("docs/commands.md: is not what the program says; run tests/lint/commands.py --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
