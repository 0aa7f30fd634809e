#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Branch coverage of what money depends on: risk, exec, ledger, journal and the outbox.

    ./agon coverage [--files] [--update]

Builds into build-coverage (AGON_COVERAGE_BUILD names another folder) with gcc's counters, runs the unit tests of these
parts and of the engine that drives them, and some seeds of both lanes of the fault simulation. Prints lines, branches
and the share of branches that was taken, of each part; --files: of each file too.

A branch is one way out of a condition as gcc compiles it without optimisation; both sides of each && count. What a
REQUIRE stops for is left out: its other side is a mistake of ours, and no test can take it. Nothing is inlined: each
copy of a function would have its branches once more, also those that its caller's constants rule out.

tests/coverage.floor is the ratchet: a part, or a file of one, and the least share of it. A part below its floor fails
the command, which names the files that lost; one that is above it by more than a point is told: --update writes the
shares that were reached, less half a point for what differs from run to run. It lowers none.
"""
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FLOOR = os.path.join(ROOT, "tests", "coverage.floor")
# Each part: its name, and the folder or file of its sources.
PARTS = (("risk", "host/risk/"), ("exec", "host/exec/"), ("ledger", "host/ledger/"), ("journal", "host/journal/"),
         ("outbox", "host/venue/outbox.c"))
TESTS = re.compile(r"^(risk|exec|ledger|journal|venue|engine|slot)_")
RUNS = (["dst", "--seeds", "20"], ["dst", "--bytes", "--seeds", "10", "--without", "clock"])
SLACK = 0.5
RAISE = 1.0


def run(command, log, **more):
    """Runs it; on failure shows the end of the log and ends."""
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, **more)
    if done.returncode != 0:
        with open(log, encoding="utf-8", errors="replace") as out:
            sys.stderr.write("".join(out.readlines()[-30:]))
        sys.exit("coverage: %s failed (log: %s)" % (" ".join(command[:4]), log))


def part_of(path):
    for name, prefix in PARTS:
        if path.startswith(prefix):
            return name
    return None


def tests_of(folder):
    """Names and programs of the tests."""
    text = subprocess.run(["meson", "introspect", "--tests", folder], cwd=ROOT, check=True, capture_output=True,
                          text=True).stdout
    rows = [(row["name"], row["cmd"][0]) for row in json.loads(text)
            if TESTS.match(row["name"]) and any(s.endswith(":unit") or s == "unit" for s in row["suite"])]
    if not rows:
        sys.exit("coverage: no tests of these parts")
    return rows


def counters(folder, suffix):
    for path, _, files in os.walk(os.path.join(folder, "host")):
        for name in files:
            if name.endswith(suffix):
                yield os.path.join(path, name)


def build(folder, log):
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        run(["meson", "setup", "-Db_coverage=true", "--buildtype=debug", "-Dc_args=-Dalways_inline=", folder, ROOT], log)
    run(["ninja", "-C", folder, "build.ninja"], log)
    tests = tests_of(folder)
    programs = sorted({os.path.relpath(program, folder) for _, program in tests})
    run(["ninja", "-C", folder, "agon"] + programs, log)
    return [name for name, _ in tests]


def exercise(folder, names, log):
    for path in counters(folder, ".gcda"):
        os.remove(path)  # of an earlier run
    run(["meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs", "-t", "8"] + names, log)
    for arguments in RUNS:
        run([os.path.join(folder, "agon")] + arguments, log)


def required_lines(path):
    """Numbers of the lines of REQUIRE statements."""
    lines, is_in = set(), False
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            is_in = is_in or "REQUIRE(" in line
            if is_in:
                lines.add(number)
                is_in = ";" not in line
    return lines


def measure(folder):
    """{file: (lines, lines run, {(line, branch): taken})}"""
    found = {}
    for path in counters(folder, ".gcno"):
        if not re.search(r"/(risk|exec|ledger|journal|venue)/", path):
            continue
        text = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", path], cwd=folder,
                              capture_output=True, text=True, errors="replace").stdout
        for row in text.splitlines():
            for file in json.loads(row)["files"] if row.startswith("{") else []:
                name = os.path.relpath(os.path.normpath(os.path.join(folder, file["file"])), ROOT)
                if part_of(name) is None or not name.endswith(".c"):
                    continue
                lines, branches = found.setdefault(name, ({}, {}))
                left_out = required_lines(name)
                for line in file["lines"]:
                    number = line["line_number"]
                    lines[number] = lines.get(number, 0) + line["count"]
                    for i, branch in enumerate(line["branches"] if number not in left_out else []):
                        branches[number, i] = branches.get((number, i), 0) + branch["count"]
    for name, prefix in PARTS:
        if not any(part_of(path) == name for path in found):
            sys.exit("coverage: nothing was measured of %s" % prefix)
    return found


def read_floor():
    floor = {}
    if os.path.exists(FLOOR):
        with open(FLOOR, encoding="ascii") as file:
            for line in file:
                if line.strip() and not line.startswith("#"):
                    name, share = line.split()
                    floor[name] = float(share)
    return floor


def write_floor(shares, floor):
    with open(FLOOR, "w", encoding="ascii") as file:
        file.write("# Least branch coverage, per cent: of each part, which ./agon coverage holds, and of its files, by "
                   "which it says\n# who lost. It only rises: ./agon coverage --update\n")
        for name in sorted(shares, key=lambda name: (part_of(name) or name, part_of(name) is not None, name)):
            least = int((shares[name] - SLACK) * 10) / 10
            file.write("%-32s %5.1f\n" % (name, max(least, floor.get(name, 0.0), 0.0)))


def share_of(branches):
    return 100.0 * sum(1 for count in branches if count > 0) / len(branches) if branches else 100.0


def report(found, floor, with_files):
    """Prints the table; returns the share of each part and file."""
    shares = {}
    print("%-32s %7s %9s %9s %7s %7s" % ("part", "lines", "branches", "taken", "share", "floor"))
    for part, _ in PARTS:
        files = sorted(path for path in found if part_of(path) == part)
        rows = [(part, files)] + [(path, [path]) for path in files]
        for name, members in rows:
            lines = sum(len(found[path][0]) for path in members)
            branches = [count for path in members for count in found[path][1].values()]
            shares[name] = share_of(branches)
            if name == part or with_files:
                print("%-32s %7d %9d %9d %6.1f%% %6.1f%%" %
                      (name, lines, len(branches), sum(1 for count in branches if count > 0), shares[name],
                       floor.get(name, 0.0)))
    return shares


def show_untaken(found, only):
    """Each line of these files whose branches were not all taken."""
    for name in sorted(found):
        if not any(name.endswith(word) for word in only):
            continue
        with open(os.path.join(ROOT, name), encoding="utf-8") as file:
            text = file.read().splitlines()
        for number in sorted({line for (line, _), count in found[name][1].items() if count == 0}):
            rows = [count for (line, _), count in sorted(found[name][1].items()) if line == number]
            print("%s:%d: %s  %s" % (name, number, "".join("+" if count else "-" for count in rows),
                                     text[number - 1].strip()))


def main():
    arguments = sys.argv[1:]
    if any(word.startswith("-") and word not in ("--files", "--update", "--measure") for word in arguments):
        sys.exit(__doc__)
    folder = os.path.abspath(os.environ.get("AGON_COVERAGE_BUILD", os.path.join(ROOT, "build-coverage")))
    os.makedirs(folder, exist_ok=True)
    log = os.path.join(folder, "agon-coverage.log")
    if "--measure" not in arguments:
        exercise(folder, build(folder, log), log)
    found = measure(folder)
    floor = read_floor()
    shares = report(found, floor, "--files" in arguments)
    show_untaken(found, [word for word in arguments if not word.startswith("-")])
    if "--update" in arguments:
        write_floor(shares, floor)
        return 0
    low = [part for part, _ in PARTS if shares[part] < floor.get(part, 100.0)]
    for part in low:
        print("%s: %.2f %% is below its floor of %.1f %%; less than before have:" % (part, shares[part], floor.get(part, 100.0)))
        for name in sorted(path for path in found if part_of(path) == part and shares[path] < floor.get(path, 100.0)):
            print("    %s: %.2f %%, was %.1f %%" % (name, shares[name], floor.get(name, 100.0)))
    for part, _ in PARTS:
        if shares[part] > floor.get(part, 100.0) + RAISE:
            print("%s: raise the floor of %.1f %%: ./agon coverage --update" % (part, floor[part]))
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
