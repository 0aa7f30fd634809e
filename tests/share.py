#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""share: the tests of some suites, and of the long one, integration, a share that the commit decides on.

    share.py BUILD N SUITE...

Prints the names of the tests of a build, a line each; of integration every Nth, so that in N turns each has its turn, and
those that take long, which have a priority, are dealt out evenly. What the share is goes to stderr. 1: all of them."""
import json
import os
import subprocess
import sys

ROTATES = "integration"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main():
    build, n, suites = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    turn = int(done.stdout[:7] or "0", 16) % n
    with open(os.path.join(build, "meson-info", "intro-tests.json"), encoding="utf-8") as file:
        tests = [(suite.split(":")[-1], -test["priority"], test["name"]) for test in json.load(file) for suite in test["suite"]]
    rotating = sorted(test for test in tests if test[0] == ROTATES and ROTATES in suites)
    picked = rotating[turn::n]
    if n > 1 and rotating:
        print(f"{ROTATES}: turn {turn + 1} of {n}, which the commit decides on: {len(picked)} of {len(rotating)} tests: "
              f"{' '.join(name.partition('_')[2] for _, _, name in picked)}", file=sys.stderr)
    for _, _, name in picked + [test for test in tests if test[0] != ROTATES and test[0] in suites]:
        print(name)


main()
