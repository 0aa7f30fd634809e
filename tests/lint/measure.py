#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""measure: the shape of the sources in figures, beside what they were before the seams came (PAST). It judges one of them:
plugins repeat less than 5 % of their lines. usage: measure.py [--tree FOLDER] [--repeats FOLDER]

How each is counted:
  functions   bodies as clang-format leaves them: from the line that begins a definition to the "}" in the first column
  upward      includes of a library by one of a lower layer of host/layers.txt
  asserts     REQUIRE in host, by 1,000 lines
  repeats     code lines that stand in a run of six or more which is there twice, letter by letter: without comments,
              empty lines, includes and lines of punctuation alone, white space folded
  commits     subjects that begin with "area: ", and those that touch tests/; merges left out
  own lines   code lines of the strategy that `agon new` writes
  adding      existing files that each patch of tests/adding changes
  lines of X  lines of code of a venue's folder, gateway and simulator: without comments and empty lines

--repeats lists the runs below a folder instead, longest first.
"""
import argparse
import collections
import glob
import os
import re
import subprocess
import sys

RUN = 6
REPEATS_MAX = 5.0  # per cent of the plugins' lines
# At commit ebe6ec3, by this program; what it cannot count there as it was counted by hand. None: it was not possible.
PAST = {
    "repeats in host, %": 1.0, "repeats in sim, %": 3.5, "repeats in plugins, %": 34.6,
    "functions of host": 4124, "function, median": 13, "function, p99": 62, "function, longest": 118,
    "functions of at most 70 lines, %": 99.4, "upward includes": 0, "file, median": 117, "file, longest": 2123,
    "asserts by 1,000 lines": 1.5, "asserts by 1,000 lines of ledger": 0.0, "asserts by 1,000 lines of risk": 0.0,
    "asserts by 1,000 lines of score": 0.0, "asserts by 1,000 lines of slot": 0.0,
    "commits with an area, %": 99.5, "commits that touch tests, %": 64.0,
    "own lines of the template": 178, "lines of plugins": 3579,
    "existing files to add a gate": None, "existing files to add a limit": 18, "existing files to add a measure": 9,
    "existing files to add a panel": 6, "existing files to add a service": 6, "existing files to add a sink": None,
    "existing files to add an order type": 11, "existing files to add a venue": 11,
}


def sources(tree, folder, ends=(".c", ".h")):
    found = []
    for at, folders, names in os.walk(os.path.join(tree, folder)):
        folders.sort()
        found += [os.path.join(at, name) for name in sorted(names) if name.endswith(ends)]
    return found


def text_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def without_comments(text):
    """The same lines, comments replaced by nothing; strings stay."""
    def gone(match):
        found = match.group(0)
        return found if found[0] in "\"'" else "\n" * found.count("\n")
    return re.sub(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', gone, text, flags=re.S)


def code_lines(path):
    """(number, line) of what counts as code."""
    lines = []
    for number, line in enumerate(without_comments(text_of(path)).split("\n"), 1):
        line = " ".join(line.split())
        if re.search(r"\w", line) and not line.startswith("#include"):
            lines.append((number, line))
    return lines


def repeats(paths):
    """Code lines, those in a repeat, and the repeats as {run: [(path, first, last)]}."""
    files = {path: code_lines(path) for path in paths}
    seen = collections.defaultdict(list)
    for path, lines in files.items():
        for i in range(len(lines) - RUN + 1):
            seen[tuple(line for _, line in lines[i:i + RUN])].append((path, i))
    marked = collections.defaultdict(set)
    for places in seen.values():
        if len(places) > 1:
            for path, i in places:
                marked[path].update(range(i, i + RUN))
    runs = []
    for path, marks in marked.items():
        marks, begin = sorted(marks), None
        for k, i in enumerate(marks):
            begin = i if begin is None else begin
            if k + 1 == len(marks) or marks[k + 1] != i + 1:
                runs.append((i + 1 - begin, path, files[path][begin][0], files[path][i][0]))
                begin = None
    return sum(map(len, files.values())), sum(map(len, marked.values())), sorted(runs, reverse=True)


def functions(paths):
    """Length of each function's definition in lines."""
    lengths = []
    for path in paths:
        lines = without_comments(text_of(path)).split("\n")
        for i, line in enumerate(lines):
            if line != "{" or i == 0 or not re.search(r"\)$", lines[i - 1]):
                continue
            begin = i - 1
            while begin > 0 and lines[begin - 1].strip() and lines[begin - 1][0] not in "#}" and \
                    not lines[begin - 1].endswith(";"):
                begin -= 1
            end = next((k for k in range(i, len(lines)) if lines[k] == "}"), None)
            if end is not None:
                lengths.append(end - begin + 1)
    return sorted(lengths)


def of_share(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0


def upward(tree):
    """Includes of a library that host/layers.txt does not let the includer see."""
    env = dict(os.environ, AGON_SOURCE_ROOT=os.path.realpath(tree))
    script = os.path.join(tree, "tests/lint/layers.sh")
    if not os.path.exists(script):
        return None
    shown = subprocess.run(["bash", script], env=env, capture_output=True, text=True, check=False).stdout
    return len(re.findall(r"^host/\S+:\d+:.*include", shown, re.M))


def commits(tree):
    """Share with an area in the subject, share that touches tests/, number. None without git, the program or the folder."""
    try:
        shown = subprocess.run(["git", "-C", tree, "log", "--no-merges", "--format=%x00%s", "--name-only"],
                               capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    made = [part.split("\n") for part in shown.stdout.split("\0")[1:]]
    if not made:
        return None
    areas = sum(bool(re.match(r"[a-z0-9_.,/ &-]+: ", lines[0])) for lines in made)
    tests = sum(any(line.startswith("tests/") for line in lines[1:]) for lines in made)
    return 100 * areas / len(made), 100 * tests / len(made), len(made)


def adding(tree):
    """{name: existing files changed} of the patches."""
    found = {}
    for path in sorted(glob.glob(os.path.join(tree, "tests/adding/*.patch"))):
        text = text_of(path)
        name = os.path.basename(path)[:-6].replace("_", " ").replace("-", " ")
        found[("an " if name[0] in "aeio" else "a ") + name] = len(re.findall(r"^--- a/", text, re.M))
    return found


def measure(tree):
    figures = {}
    host = sources(tree, "host", (".c",))
    for name, folder in (("host", "host"), ("sim", "host/sim"), ("plugins", "plugins")):
        total, repeated, _ = repeats(sources(tree, folder))
        figures["repeats in " + name + ", %"] = 100 * repeated / max(total, 1)
    lengths = functions(host)
    figures["functions of host"] = len(lengths)
    for name, value in (("median", of_share(lengths, 0.5)), ("p99", of_share(lengths, 0.99)),
                        ("longest", lengths[-1] if lengths else 0)):
        figures["function, " + name] = value
    figures["functions of at most 70 lines, %"] = 100 * sum(n <= 70 for n in lengths) / max(len(lengths), 1)
    figures["upward includes"] = upward(tree)
    lines = sorted(text_of(path).count("\n") for path in sources(tree, "host"))
    figures["file, median"], figures["file, longest"] = of_share(lines, 0.5), lines[-1] if lines else 0
    text = "".join(map(text_of, host))
    figures["asserts by 1,000 lines"] = 1000 * len(re.findall(r"\bREQUIRE\(", text)) / max(text.count("\n"), 1)
    for name in ("ledger", "risk", "score", "slot"):
        text = "".join(map(text_of, sources(tree, "host/" + name, (".c",))))
        figures["asserts by 1,000 lines of " + name] = \
            1000 * len(re.findall(r"\bREQUIRE\(", text)) / max(text.count("\n"), 1)
    made = commits(tree)
    if made:
        figures["commits with an area, %"], figures["commits that touch tests, %"], figures["commits"] = made
    template = os.path.join(tree, "sdk/template/my_strategy.c")
    figures["own lines of the template"] = len(code_lines(template)) if os.path.exists(template) else None
    figures["lines of plugins"] = sum(len(code_lines(path)) for path in sources(tree, "plugins"))
    for side, folder in (("gateway", "host/venue"), ("simulator", "host/sim")):
        for path in sorted(glob.glob(os.path.join(tree, folder, "*/"))):
            venue = os.path.basename(os.path.dirname(path))
            figures[f"lines of {venue}, {side}"] = sum(
                sum(line.strip() != "" for line in without_comments(text_of(file)).split("\n")) for file in sources(tree, os.path.join(folder, venue)))
    for name, n in adding(tree).items():
        figures["existing files to add " + name] = n
    return figures


def shown(value):
    return "-" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.realpath(os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", ".."))
    parser.add_argument("--tree", default=os.environ.get("AGON_SOURCE_ROOT") or here, help="the tree (default: this one)")
    parser.add_argument("--repeats", metavar="FOLDER", help="lists the runs below that folder")
    args = parser.parse_args()
    if args.repeats:
        for n, path, first, last in repeats(sources(args.tree, args.repeats))[2]:
            print(f"{n:4d} {os.path.relpath(path, args.tree)}:{first}-{last}")
        return 0
    figures = measure(args.tree)
    print(f"{'measure':42} {'then':>8} {'now':>8}")
    for name, value in figures.items():
        print(f"{name:42} {shown(PAST.get(name)):>8} {shown(value):>8}")
    if figures["repeats in plugins, %"] >= REPEATS_MAX:
        print(f"plugins repeat {figures['repeats in plugins, %']:.1f} % of their lines: less than {REPEATS_MAX:.0f} % "
              "is allowed; --repeats plugins lists them")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
