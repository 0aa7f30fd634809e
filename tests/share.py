#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""share: of the tests of some suites a share that the commit decides on, so that in as many turns each has its turn.

    share.py BUILD N[:M] SUITE...

Prints the names of the tests of a build, a line each: of the long suite, integration, every Nth, of the others every Mth (1,
all, unless it says otherwise). Those that take long, which have a priority, are dealt out evenly. What the share of
integration is goes to stderr. 1: all of them."""
import json
import os
import subprocess
import sys

LONG = "integration"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def commit_number():
    """Where there is no git, or no clone, it is the turn of 0."""
    try:
        done = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return 0
    return int(done.stdout[:7] or "0", 16)


def main():
    build, suites = sys.argv[1], sys.argv[3:]
    of_long, _, of_others = sys.argv[2].partition(":")
    of_long, of_others = int(of_long), int(of_others or "1")
    commit = commit_number()
    with open(os.path.join(build, "meson-info", "intro-tests.json"), encoding="utf-8") as file:
        tests = sorted((suite.split(":")[-1], -test["priority"], test["name"])
                       for test in json.load(file) for suite in test["suite"])
    of_turn = [test for test in tests if test[0] == LONG and LONG in suites]
    others = [test for test in tests if test[0] != LONG and test[0] in suites]
    picked = of_turn[commit % of_long::of_long]
    if of_long > 1 and of_turn:
        print(f"{LONG}: turn {commit % of_long + 1} of {of_long}, which the commit decides on: {len(picked)} of {len(of_turn)} tests: "
              f"{' '.join(name.partition('_')[2] for _, _, name in picked)}", file=sys.stderr)
    for _, _, name in picked + others[commit % of_others::of_others]:
        print(name)


main()
