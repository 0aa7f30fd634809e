#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""requirements: docs/requirements.csv is what stands of each requirement and by which test it is shown; the two pages are
made from it.

    requirements.py --write      makes docs/requirements.md and docs/invariants.md
    requirements.py --count      one line for the end of ./agon test
    requirements.py              holds pages, statuses and names of tests to what there is (suite lint)

docs/findings.md is held to the same names. A line is id;status;tests;missing, with files named from the root. Statuses:
proven (the tests named fail when it breaks), works (seen, no test named holds it), partial (missing says what is not there),
none. A test is a name of the suite, or name/case of a Check program.
"""
import collections
import glob
import json
import os
import re
import sys

ROOT = os.environ.get("AGON_SOURCE_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.path.join(ROOT, "docs/requirements.csv")
STATUSES = ("proven", "works", "partial", "none")
FAMILIES = {
    "HST": "Host and agent lifecycle", "SDK": "SDK and plugin contract", "MKT": "Market data", "EXE": "Execution",
    "RSK": "Risk", "TRN": "Tournament and capital", "STR": "Strategies", "MLA": "ML agents and models",
    "FEA": "Features and indicators", "WKL": "Analytic workloads", "GPU": "GPU allocator", "BKT": "Backtest and validation",
    "SIG": "Signals", "OBS": "Observability", "PRF": "Performance targets", "REL": "Reliability", "OPS": "Operations",
    "CNF": "Conflicts between sources", "INV": "Invariants", "R": "Pre-trade controls",
    "B": "Bad input", "P": "At-trade and post-trade controls", "G": "Reliability goals",
}
INVARIANTS = {
    1: "No order leaves unless the risk chain took that very order", 2: "No client order id goes out twice, over any crash",
    3: "An order's record is durable before its first byte leaves", 4: "Children never sum to more than their parent",
    5: "After kill -9 positions, open orders and cash are the venue's before anybody trades",
    6: "A request of unknown fate is asked about until proven, never resent, never assumed",
    7: "A fill is booked once, in any order of arrival", 8: "Filled never exceeds ordered; final states stay final",
    9: "Allocations are within their caps and sum to at most the capital", 10: "Reserved and used never exceed the allocation",
    11: "A live book is the venue's book", 12: "Nothing is priced on a book that is stale, old or crossed",
    13: "Sub-accounts sum to the venue's account; a difference has a name", 14: "What leaves obeys tick, lot, minimum and collar",
    15: "The same journal gives the same state, on every build", 16: "Journal damage is found and never read as data",
    17: "The engine never waits for a runner, sink, disk or socket", 18: "A bus reader sees each event once or is shown what it missed",
    19: "A plugin's fault changes nothing for the others", 20: "A quarantined slot sends nothing but host-made exits",
    21: "A reload loses no event and repeats none", 22: "After a halt nothing that raises risk leaves",
    23: "Loss and position limits hold for the worst case of what is open", 24: "Only an operator loosens a limit, and it is journaled first",
    25: "Engine time never goes back; days and weeks turn once", 26: "The same ledger gives the same plan, applied once",
    27: "No secret appears in any output", 28: "The core allocates nothing after its start; memory stays bounded",
    29: "Every queue has a bound, a policy at it and a counter", 30: "Bad input is taken whole or refused without a trace",
    31: "A slot below live_small cannot reach a live venue", 32: "One live host per account",
    33: "Builds of host and plugins stand in the journal", 34: "An alert reaches its sink or the dead-letter file in time",
}


def read():
    rows = []
    with open(DATA, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if number == 1 or not line:
                continue
            parts = line.split(";")
            if len(parts) != 4:
                sys.exit(f"docs/requirements.csv:{number}: {len(parts)} fields, expected id;status;tests;missing")
            rows.append((number, *parts))
    return rows


def family(row_id):
    return re.match(r"[A-Z]+", row_id).group(0)


def count(rows):
    n = collections.Counter(row[2] for row in rows)
    return ", ".join(f"{n[status]} {status}" for status in STATUSES) + f", of {len(rows)}"


def table(rows, head):
    out = [head, "|" + " --- |" * head.count(" | ") + " --- |"]
    for row in rows:
        tests = " ".join(f"`{test}`" for test in row[3].split()) or "-"
        out.append(f"| {row[1]} | {row[2]} | {tests} | {row[4].replace('|', '/') or '-'} |")
    return out


def pages(rows):
    by = collections.defaultdict(list)
    for row in rows:
        by[family(row[1])].append(row)
    top = ["<!-- Made by tests/lint/requirements.py --write from docs/requirements.csv; change that. -->", ""]
    page = top[:1] + ["# Requirements", "", f"{count(rows)}.", "",
                      "**proven**: the tests named fail when it breaks. **works**: seen, but no test named holds it. **partial**:",
                      "the last column says what is missing. **none**: not there.", "",
                      "| family | proven | works | partial | none |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, title in FAMILIES.items():
        n = collections.Counter(row[2] for row in by[name])
        page.append(f"| [{name}](#{name.lower()}) {title} | " + " | ".join(str(n[status]) for status in STATUSES) + " |")
    for name, title in FAMILIES.items():
        if name == "INV":
            continue
        page += ["", f"## {name}", "", title + ".", ""] + table(by[name], "| id | status | shown by | missing |")
    page += ["", "## INV", "", "[Invariants](invariants.md) have a page of their own."]
    inv = top[:1] + ["# Invariants", "", "What must hold after every event, and what shows it. " + count(by["INV"]) + ".", "",
                     "| id | promise | status | shown by | missing |", "| --- | --- | --- | --- | --- |"]
    for row in by["INV"]:
        tests = " ".join(f"`{test}`" for test in row[3].split()) or "-"
        inv.append(f"| {row[1]} | {INVARIANTS[int(row[1][4:])]} | {row[2]} | {tests} | {row[4].replace('|', '/') or '-'} |")
    return {"docs/requirements.md": "\n".join(page) + "\n", "docs/invariants.md": "\n".join(inv) + "\n"}


def known_tests():
    with open(os.path.join(os.environ["AGON_BUILD_ROOT"], "meson-info/intro-tests.json"), encoding="utf-8") as file:
        names = {test["name"] for test in json.load(file)}
    cases = collections.defaultdict(set)  # by the name of the program
    for path in glob.glob(os.path.join(ROOT, "tests/**/test_*.c"), recursive=True):
        program = os.path.basename(os.path.dirname(path)) + "_" + os.path.basename(path)[len("test_"):-len(".c")]
        with open(path, encoding="utf-8") as file:
            text = file.read()
        # A case that no suite adds never runs.
        added = set(re.findall(r"tcase_add_(?:loop_|exit_|logging_)?test\(\s*\w+,\s*(\w+)", text))
        cases[program] |= set(re.findall(r"START_TEST\((\w+)\)", text)) & added
    return names, cases


def check_findings(names, cases, faults):
    """docs/findings.md: the second column names tests, the third planted bugs and runs of tests/support/findings.sh."""
    with open(os.path.join(ROOT, "tests/support/findings.sh"), encoding="utf-8") as file:
        # Each run, and whether its failing check is put in by the expressions there.
        runs = dict(re.findall(r"^(?:\w+=\d+ )?on (\w+) \w+( --own-check)?", file.read(), re.M))
    unseen = set(runs)
    with open(os.path.join(ROOT, "docs/findings.md"), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            parts = line.strip().strip("|").split("|")
            if not line.startswith("| ") or number < 3 or len(parts) != 3 or parts[0].strip() in ("---", "what was wrong"):
                continue
            tests = re.findall(r"`([^`]+)`", parts[1])
            if not tests:
                faults.append(f"docs/findings.md:{number}: names no test")
            for test in tests:
                name, _, case = test.partition("/")
                if name not in names or case and case not in cases[name]:
                    faults.append(f"docs/findings.md:{number}: there is no test {test}")
            if "lanted bug" in parts[2]:
                for bug in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", parts[2]):
                    if not os.path.exists(os.path.join(ROOT, f"tests/dst/mutants/{bug}.patch")):
                        faults.append(f"docs/findings.md:{number}: there is no planted bug {bug}")
            for run, put_in in re.findall(r"\b[Rr]un `(\w+)`( \(check put in\))?", parts[2]):
                unseen.discard(run)
                if run not in runs:
                    faults.append(f"docs/findings.md:{number}: tests/support/findings.sh has no run {run}")
                elif bool(put_in) != bool(runs[run]):
                    faults.append(f"docs/findings.md:{number}: run {run}: (check put in) here and --own-check in tests/support/findings.sh differ")
    for run in sorted(unseen):
        faults.append(f"docs/findings.md: no row has the run {run} of tests/support/findings.sh")


def check(rows):
    names, cases = known_tests()
    faults = []
    check_findings(names, cases, faults)
    seen = set()
    for number, row_id, status, tests, missing in rows:
        where = f"docs/requirements.csv:{number}: {row_id}"
        if row_id in seen:
            faults.append(f"{where}: stands there twice")
        seen.add(row_id)
        if status not in STATUSES:
            faults.append(f"{where}: '{status}' is not a status; expected one of {', '.join(STATUSES)}")
        if status == "proven" and not tests:
            faults.append(f"{where}: proven by no test")
        if status == "partial" and not missing:
            faults.append(f"{where}: partial, and nothing says what is missing")
        for test in tests.split():
            name, _, case = test.partition("/")
            if name not in names:
                faults.append(f"{where}: there is no test {name}")
            elif case and case not in cases[name]:
                faults.append(f"{where}: {name} runs no case {case}")
        if status == "proven" and missing:
            faults.append(f"{where}: proven, and '{missing}' is missing: partial")
        for path in re.findall(r"(?<![\w/.])(?:host|sdk|plugins|tests|docs|configs|packaging)/[\w./-]*\w", missing):
            if not os.path.exists(os.path.join(ROOT, path)):
                faults.append(f"{where}: {path} is not there")
        for path in re.findall(r"(?<![\w/.-])\w+\.[ch]\b", missing):
            faults.append(f"{where}: {path}: name the file from the root")
    for path, text in pages(rows).items():
        try:
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                there = file.read()
        except OSError:
            there = ""
        if there != text:
            faults.append(f"{path}: is not what docs/requirements.csv makes; run tests/lint/requirements.py --write")
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults")
    return 1 if faults else 0


def main():
    rows = read()
    if "--count" in sys.argv:
        print(f"requirements: {count(rows)} (docs/requirements.md)")
        return 0
    if "--write" in sys.argv:
        for path, text in pages(rows).items():
            with open(os.path.join(ROOT, path), "w", encoding="utf-8") as file:
                file.write(text)
        return 0
    return check(rows)


if __name__ == "__main__":
    sys.exit(main())
