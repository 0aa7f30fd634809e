#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""figures: docs/results/bench.csv is what benches measured; the table of docs/performance.md is made from it.

    figures.py --add COMMIT FILE...  enters runs: files of `agon bench NAME --json` by the build of that commit, on one machine;
                                     of several runs the run with the median ratio, with the smallest and the largest ratio beside it
    figures.py --write               makes the table
    figures.py                       holds the page to the file (suite lint)

A line is one benchmark of one commit; the newest of each name on each machine is shown, by date and then by place. It is met or missed by the
median. Times are nanoseconds an operation; "clock" is thread (processor time of the thread), wall or batch (median batch).
Only whole runs are entered: those of --quick check results and are too short to be figures."""
import csv
import datetime
import json
import os
import re
import subprocess
import sys

ROOT = os.environ.get("AGON_SOURCE_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.path.join(ROOT, "docs/results/bench.csv")
PAGE = os.path.join(ROOT, "docs/performance.md")
COLUMNS = ["name", "op", "clock", "product_ns", "yardstick_ns", "ratio", "smallest", "largest", "runs", "goal", "met", "yardstick", "why",
           "machine", "cores", "load", "date", "commit"]
BEGIN, END = "<!-- figures: tests/lint/figures.py --write -->\n", "<!-- end of figures -->\n"


def fail(text):
    print(text)
    sys.exit(1)


def read():
    with open(DATA, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for i, row in enumerate(rows):
        if list(row) != COLUMNS or None in row.values():
            fail(f"docs/results/bench.csv:{i + 2}: not the {len(COLUMNS)} columns of its head")
    return rows


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def add(commit, files):
    date = datetime.date.today().isoformat()
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short=8", commit], capture_output=True, text=True, check=True).stdout.strip()
    found = {}
    for name in files:
        with open(name, encoding="utf-8") as file:
            run = json.load(file)
        if run["quick"]:
            fail(f"{name}: a run of --quick is no figure")
        if run["failed"]:
            fail(f"{name}: {run['failed']} checks of results failed")
        rows = [row for row in run["rows"] if "ratio" in row]
        if not rows:
            fail(f"{name}: no row of it has a yardstick beside it")
        for row in rows:
            found.setdefault(row["name"], []).append((row["ratio"], run, row))
    rows = read()
    for name, runs in found.items():
        runs.sort(key=lambda run: run[0])
        _, run, row = runs[len(runs) // 2]
        ratios = [ratio for ratio, _, _ in runs]
        rows.append({
            "name": name, "op": row["op"], "clock": row["clock"], "product_ns": f"{row['product']['ns']:.2f}",
            "yardstick_ns": f"{row['yardstick']['ns']:.2f}", "ratio": f"{ratios[len(ratios) // 2]:.4f}", "smallest": f"{ratios[0]:.4f}",
            "largest": f"{ratios[-1]:.4f}", "runs": str(len(runs)), "goal": row["goal"],
            "met": {True: "met", False: "missed", None: ""}[row["met"]], "yardstick": row["yardstick"]["what"], "why": row.get("why", ""),
            "machine": run["machine"], "cores": str(run["cores"]), "load": f"{max(r['load'] for _, r, _ in runs):.1f}",
            "date": date, "commit": commit})
    with open(DATA, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(found)} benchmarks entered")


def said(ratio, row):
    """A ratio as the goal speaks of it: "at least" so many times as fast turns it round."""
    if not row["goal"].startswith("at least"):
        return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}" if ratio < 100 else f"{ratio:,.0f}"
    return f"{1 / ratio:.1f}"


def judged(row):
    """met or missed; where the goal is missed and less is required, whether that is met."""
    required = re.search(r"\(([\d.]+) (are )?required\)", row["goal"])
    if row["met"] != "missed" or required is None:
        return row["met"]
    ratio, asked = float(row["ratio"]), float(required[1])
    is_met = 1 / ratio >= asked if row["goal"].startswith("at least") else ratio <= asked
    return f"missed, what is required {'met' if is_met else 'too'}"


def table():
    newest = {}
    for row in read():
        key = row["name"], row["machine"], row["cores"]
        if key not in newest or row["date"] >= newest[key]["date"]:
            newest[key] = row
    names = list(dict.fromkeys(name for name, _, _ in newest))
    newest = {key: newest[key] for key in sorted(newest, key=lambda key: (names.index(key[0]), *key[1:]))}
    last = max((row["date"] for row in newest.values()), default="")
    lines = ["| benchmark | ns | yardstick, ns | ratio (smallest to largest) | goal | | machine, load | date, commit |",
             "|---|---|---|---|---|---|---|---|"]
    whys = {}
    for row in newest.values():
        spread = ""
        if int(row["runs"]) > 1:
            ends = sorted((float(row["smallest"]), float(row["largest"])), key=lambda ratio: float(said(ratio, row).replace(",", "")))
            spread = f" ({said(ends[0], row)} to {said(ends[1], row)}, {row['runs']} runs)"
        unit = " times as fast" if row["goal"].startswith("at least") else ""
        old = "" if row["date"] == last else ", old"
        lines.append(f"| `{row['name']}`, {row['op']} | {number(float(row['product_ns']))} | {number(float(row['yardstick_ns']))} | "
                     f"{said(float(row['ratio']), row)}{unit}{spread} | {row['goal'] or 'none'} | {judged(row)} | "
                     f"{row['machine']}, {row['cores']} cores, load {row['load']} | {row['date']}, {row['commit']}{old} |")
        if row["met"] == "missed" and row["why"]:
            whys.setdefault(row["why"], []).append(row["name"])
    if whys:
        lines += ["", "What misses its goal, and by what:", ""]
        lines += [f"- {', '.join(f'`{name}`' for name in names)}: {why}." for why, names in whys.items()]
    return "\n".join(lines) + "\n"


def main():
    if sys.argv[1:2] == ["--add"]:
        add(sys.argv[2], sys.argv[3:])
        return
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    made = head + BEGIN + table() + END + tail
    if sys.argv[1:2] == ["--write"]:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(made)
    elif made != text:
        fail("docs/performance.md: its table is not that of docs/results/bench.csv: python3 tests/lint/figures.py --write")


main()
