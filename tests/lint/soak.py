#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""soak: does the judge of `./agon soak host` tell a curve that is flat from one that leaks, idles or is too slow? Curves
are made here, as long as the two hours of a run, and judged by --judge. And that of `./agon soak markets` agents that earn from
agents that were lucky, and luck from an edge where there is none?"""
import argparse
import contextlib
import importlib.util
import io
import os
import random
import subprocess
import sys
import tempfile

ROOT = os.environ.get("AGON_SOURCE_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAMES = ("host", "simulator", "children")
FIELDS = ("anon_kib", "shared_kib", "file_kib", "fds", "threads", "maps")
HEAD = ["seconds"] + [f"{name}_{field}" for name in NAMES for field in FIELDS]


def flat(t):
    row = {column: 1000 for column in HEAD}
    row.update(seconds=t, fills=t * 3 // 10, behind=0)
    # Pages of files come and go, and shared memory moves between who maps it: 600 KiB at once, half way.
    row["host_file_kib"] += t % 700
    moved = 600 if t > 4000 else 0
    row["host_shared_kib"] += 1000 - moved
    row["children_shared_kib"] += moved
    return row


def leak(column, kib_a_minute):
    def change(t, row):
        row[column] += int(t * kib_a_minute / 60)
    return change


def idle(after):
    def change(t, row):
        row["fills"] = min(t, after) * 3 // 10
    return change


def slow(t, row):
    row["behind"] = int(t > 5000)


def one_more(t, row):
    row["host_fds"] += int(t > 4000)


def nothing(_t, _row):
    pass


# What is done to a flat curve, and a word of what is to be said of it; None: it passes.
CASES = [("flat", nothing, None), ("a page in half an hour", leak("host_anon_kib", 4 / 30), None),
         ("100 KiB a minute", leak("host_anon_kib", 100), "host anon_kib rises"),
         ("idle from the start", idle(0), "fills in all"), ("idle after an hour", idle(3600), "fills in the second half"),
         ("slow", slow, "keeps up"), ("a descriptor", one_more, "host fds grew")]
CASES += [(f"{column} by 4 KiB a minute", leak(column, 4), what) for column, what in (
    ("host_anon_kib", "host anon_kib rises"), ("simulator_anon_kib", "simulator anon_kib rises"),
    ("children_anon_kib", "children anon_kib rises"), ("simulator_shared_kib", "simulator shared_kib rises"),
    ("host_shared_kib", "host and children rises"), ("children_shared_kib", "host and children rises"))]


# Of each agent: what a day pays before fees, on average, and how far days differ; the fees. What is to be said of it; None: it passes.
MARKETS = [
    ("as it should be", {}, None), ("no basis", {"basis_1": (50, 40, 50)}, "basis_1 has an edge"),
    ("a maker who is lucky", {"mm_1": (12, 500, 10)}, "mm_1 has an edge"), ("a leak", {"grid_1": (40, 50, 10)}, "grid_1 has none"),
    ("random knows", {"random_1": (40, 90, 30)}, "random_1 is around 0 before fees"),
    ("random is free", {"random_1": (0, 90, 0)}, "random_1 is below 0 by its fees")]


def said_otherwise(markets, judge, expected, name):
    """0: it said that this is broken (None: nothing is)."""
    verdict, said = markets.Verdict(), io.StringIO()
    with contextlib.redirect_stdout(said):
        judge(verdict)
    broken = [line for line in said.getvalue().splitlines() if "BROKEN" in line]
    if len(broken) == verdict.broken and (expected is None) == (not broken) and (not broken or any(expected in line for line in broken)):
        return 0
    print(f"tests/soak/markets.py: {name}: said {broken}")
    return 1


def judge_kept(markets):
    """A run that was kept is not run again, and one of another program, plugin, roster, market, seed or length is."""
    n_faults = 0
    with tempfile.TemporaryDirectory() as work:
        def write(name, text):
            with open(os.path.join(work, name), "w", encoding="utf-8") as file:
                file.write(text)
            markets.sha256_of.cache_clear()

        for name in ("agon", "mm.so", "grid.so", "other.so"):
            write(name, name)
        roster = "agents:\n  - {name: mm_1, plugin: mm.so}\n  - name: grid_1\n    plugin: grid.so\n"
        write("roster.yaml", roster)
        args = argparse.Namespace(agon=os.path.join(work, "agon"), plugins=work, roster=os.path.join(work, "roster.yaml"), length="1d")
        runs = []
        markets.made = lambda *_, **__: runs.append(1) or {"agents": []}
        for what, change, is_run in (
                ("the first", lambda: None, True), ("the same", lambda: None, False), ("another program", lambda: write("agon", "x"), True),
                ("another plugin", lambda: write("mm.so", "x"), True), ("another one of the roster's plugins", lambda: write("grid.so", "x"), True),
                ("a plugin that the roster does not name", lambda: write("other.so", "x"), False),
                ("another roster", lambda: write("roster.yaml", roster + "# x\n"), True), ("a length", lambda: setattr(args, "length", "2d"), True)):
            change()
            markets.KEPT = markets.Kept(os.path.join(work, "kept"))  # as the next run of the soak has it
            n = len(runs)
            markets.report_of(args, "demo", 1)
            if (len(runs) > n) != is_run:
                print(f"tests/soak/markets.py --keep: {what}: {'kept, and not run' if is_run else 'run, though it was kept'}")
                n_faults += 1
    return n_faults


def judge_markets():
    spec = importlib.util.spec_from_file_location("markets", os.path.join(ROOT, "tests/soak/markets.py"))
    markets = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(markets)
    n_faults = judge_kept(markets)
    for name, change, expected in MARKETS:
        draw = random.Random(1)
        agents = {"basis_1": (200, 40, 100), "mm_1": (300, 100, 200), "grid_1": (0, 50, 20), "random_1": (0, 90, 60), **change}
        seeds = [{who: (draw.gauss(gross, sd) - fees, fees, 10) for who, (gross, sd, fees) in agents.items()} for _ in range(100)]
        n_faults += said_otherwise(markets, lambda verdict, all_of=seeds: markets.judge("demo", all_of, verdict), expected, name)
    # Tournaments: 94 seeds in order are too few, 95 are enough; luck may be given a hundredth of the whole, and no more; nothing is taken
    # without a reason, by more than a step or, of who may lose nothing, more often than by chance.
    order = [("mm_1", "basis_1", "grid_1"), ("mm_1", "grid_1", "basis_1")]
    taken = {"largest_taken": 0.2, "taken": "5000", "taken_for": {"evidence": "5000"}}
    for market, n_good, given, moved, expected in (
            ("demo", 95, 0, {}, None), ("demo", 94, 0, {}, "before all others"), ("random-walk", 0, 0.009, {}, None),
            ("random-walk", 0, 0.011, {}, "of the whole at most"),
            ("random-walk", 0, 0, {"largest_given": 0.11}, "no tournament gives"), ("demo", 100, 0, {"largest_taken": 0.21}, "no tournament gives"),
            ("demo", 100, 0, {**taken, "taken_for": {"other": "5000"}}, "what is taken is for"),
            ("demo", 100, 0, {**taken, "taken_for": {"gate": "5000"}}, "what is taken is for"),
            ("demo", 100, 0, {**taken, "taken_for": {"gate": "5000"}, "failed_gates": ["drawdown"]}, None),
            ("random-walk", 0, 0, {**taken, "taken_for": {"evidence": "5000", "in_profit": "1"}}, "who has lost nothing"),
            ("random-walk", 0, 0, {**taken, "net": 0.0}, "may lose nothing"), ("random-walk", 0, 0, {**taken, "net": -0.1}, None)):
        draw, seeds = random.Random(1), []
        for i in range(100):
            agents = {}
            for rank, name in enumerate(order[i >= n_good]):
                of = {"failed_gates": [], "faults": 0, "taken": "0", "largest_given": 0, "largest_taken": 0, **(moved if name == "grid_1" else {})}
                of["taken_for"] = {**dict.fromkeys(("evidence", "gate", "fault", "other", "in_profit"), "0"), **of.get("taken_for", {})}
                agents[name] = {"rank": rank + 1, "share": 1 / 3 + (given if rank == 0 else 0), "net": draw.gauss(of.get("net", 0), 0.05), "moved": of}
            seeds.append((7, agents))
        n_faults += said_otherwise(markets, lambda verdict, of=market, all_of=seeds: markets.judge_order(of, all_of, verdict), expected,
                                   f"tournaments on {market}, {n_good} in order, {given} given, {moved}")
    # Faults: as many as there should be, and nothing behind them; who never trades has no rank.
    kind = next(kind for kind in markets.KINDS if kind.plugin == "mm_floods")
    for change, expected in (({}, None), ({"faults": 0}, "1 fault to the engine"), ({"verdict": "ranked"}, "1 fault to the engine"),
                             ({"after": 1.0}, "given nothing after its fault"), ({"idle": (1, "ranked", 0.0)}, "who never trades"),
                             ({"idle": (0, "idle", 1.0)}, "who never trades"), ({"ties": (1, 1)}, "twins of one score")):
        sound = {"net": 1.0, "fees": 1.0, "faults": 1, "given": 1.0, "after": 0.0, "taken": 0.0, "verdict": "faulty", "held": 4, "idle": (0, "idle", 0.0),
                 "ties": (1, 0)}
        seeds = [{**sound, **change}, sound]

        def judge(verdict, all_of=seeds):
            markets.judge_fault(kind, all_of, verdict)
            markets.judge_beside(all_of, verdict)

        n_faults += said_otherwise(markets, judge, expected, f"an agent at fault, {change}")
    return n_faults


def main():
    n_faults = 0
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "curve.csv")
        for name, change, expected in CASES:
            columns = HEAD + ["fills", "behind"]
            with open(path, "w", encoding="utf-8") as file:
                file.write(",".join(columns) + "\n")
                for t in range(0, 7200, 10):
                    row = flat(t)
                    change(t, row)
                    file.write(",".join(str(row[column]) for column in columns) + "\n")
            done = subprocess.run([sys.executable, os.path.join(ROOT, "tests/soak/host.py"), "--judge", path], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False)
            said = [line for line in done.stdout.splitlines() if "FAIL" in line]
            if expected is None and (done.returncode != 0 or said) or \
                    expected is not None and (done.returncode != 1 or not any(expected in line for line in said)):
                print(f"tests/soak/host.py: {name}: ended with {done.returncode} and said {said or done.stdout[-300:]}")
                n_faults += 1
    n_faults += judge_markets()
    if n_faults:
        print(f"{n_faults} faults")
    return 1 if n_faults else 0


if __name__ == "__main__":
    sys.exit(main())
