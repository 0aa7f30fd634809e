#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""misbehave: the parts of misbehave.sh that look at many lines.

    misbehave.py same WORK                           are the intents of the good agents the same, with and without the bad?
    misbehave.py drive WORK AGON ROUNDS PID PLUGIN   gives each a new file when its old one is quarantined, until all
                                                     have misbehaved so often
    misbehave.py judge WORK ROUNDS                   by the exchange's log, the journal's crashes and its facts
"""
import collections
import json
import os
import re
import subprocess
import sys
import time

GOOD = 2  # slots, before the bad ones
ORDERS = 2  # of each life (plugins/misbehave.c)
# How each is told, in the order of the roster.
KINDS = {
    "segv": r"^signal 11 ", "abort": r"^signal 6 ", "stack": r"^signal 11 ", "heap": r"^signal (6|11) ",
    "division": r"^signal 8 ", "illegal": r"^signal 4 ", "hang": r"^a callback (that waits )?took longer than",
    "memory": r"^signal 6 ", "fork": r"^forbidden system call \d+ \(clone", "descriptor": r"^forbidden system call \d+ \(dup",
    "thread": r"^began \d+ threads, and its roster grants 1", "signal": r"exceeds the signal rate limit",
    "timer": r"exceeds the timer rate limit", "cancel": r"exceeds the cancel rate limit"}


def fail(text):
    print(f"misbehave.py: {text}", file=sys.stderr)
    sys.exit(1)


def intents(path):
    """Of the good slots; but their numbers among all events, which the others' orders move."""
    wanted = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            intent = json.loads(line)
            if intent["slot"] < GOOD:
                wanted.append({key: value for key, value in intent.items() if key not in ("seq", "cause_seq")})
    return wanted


def same(work):
    without, with_them = (intents(f"{work}/{name}.intents") for name in ("without", "with"))
    if len(without) < 20:
        fail(f"only {len(without)} intents: this would prove nothing")
    with open(f"{work}/with.json", encoding="utf-8") as report:
        agents = json.load(report)["agents"]
    for agent in agents[GOOD:]:
        kind = agent["name"]
        # In a backtest nobody is ended for a flood: they ask for as much as they can (misbehave.sh counts these two).
        if kind in ("signal", "timer"):
            continue
        if kind == "cancel":
            if agent["intents"] < 1000:
                fail(f"{kind}: wished {agent['intents']} times only")
        elif not re.search(KINDS[kind], agent.get("stopped") or ""):
            fail(f"{kind} ended otherwise: {agent.get('stopped')}")
    for i, (one, other) in enumerate(zip(without, with_them)):
        if one != other:
            fail(f"intent {i}: {one}\nwith them: {other}")
    if len(without) != len(with_them):
        fail(f"{len(without)} intents, with them {len(with_them)}")


def drive(work, agon, rounds, pid, plugin):
    """Each crashes three times by itself and is quarantined, and from then on each time that it has a new file."""
    reloads, refused, replaced = (collections.Counter() for _ in range(3))  # the last: which generation
    with open(plugin, "rb") as file:
        build = file.read()
    left = set(KINDS)

    def ctl(*words):
        return subprocess.run([agon, "ctl", *words, "--dir", f"{work}/run"], capture_output=True, text=True, check=False)

    while left:
        time.sleep(0.1)
        if not os.path.exists(f"/proc/{pid}"):
            fail("the host has ended")
        told = ctl("agents", "--json")
        for agent in json.loads(told.stdout) if told.returncode == 0 else []:
            kind = agent["name"]
            # What is told may be older than the last reload.
            if kind not in left or agent["state"] != "QUARANTINED" or agent["generation"] <= replaced[kind]:
                continue
            if reloads[kind] == rounds - 3:
                left.remove(kind)
                continue
            name = f"{work}/{kind}-{reloads[kind]}.so"
            with open(name, "wb") as file:
                file.write(build + f"{kind} {reloads[kind]}".encode())
            done = ctl("reload", kind, name)
            os.unlink(name)
            if done.returncode == 0:
                reloads[kind] += 1
                replaced[kind] = agent["generation"]
            refused[kind] += done.returncode != 0  # one is under way, perhaps
            if refused[kind] > 100:
                fail(f"{kind}: {done.stdout}{done.stderr}")


def bursts(path, slot, kind):
    began, last = [], 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record["slot"] != slot or (kind == "cancel" and record["kind"] != "cancel"):
                continue
            if int(record["t"]) - last > 100e6:
                began.append(int(record["t"]))
            last = int(record["t"])
    return began


BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def histogram(values):
    """How many took less than so many ms, and no less than the bound before."""
    counts = collections.Counter(next((bound for bound in BOUNDS_MS if value < bound * 1e6), None) for value in values)
    return "  ".join([f"<{bound}: {counts[bound]}" for bound in BOUNDS_MS if counts[bound]] +
                     ([f">={BOUNDS_MS[-1]}: {counts[None]}"] if counts[None] else []))


def percentiles(values):
    values = sorted(values)
    if not values:
        return "-"
    at = [values[min(len(values) - 1, int(len(values) * share))] for share in (0.5, 0.99)] + [values[-1]]
    return " / ".join(f"{value / 1e6:.1f}" for value in at)


def judge(work, rounds):
    effects = collections.defaultdict(list)  # by client id: (status, time)
    with open(f"{work}/sim.ndjson", encoding="utf-8") as lines:
        for line in lines:
            if '"kind":"effect"' in line:
                effect = json.loads(line)
                effects[effect["clientOrderId"]].append((effect["status"], int(effect["t_transport_ns"])))
    orders = collections.defaultdict(list)  # by slot: client ids that rested
    with open(f"{work}/facts", encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if words[0] == "of" and any(status == "NEW" for status, _ in effects[words[2]]):
                orders[words[1]].append(words[2])
    crashes = collections.defaultdict(list)
    names = list(KINDS)
    with open(f"{work}/crashes", encoding="utf-8") as lines:
        for line in lines:
            crash = json.loads(line)
            if crash["type"] == "crash" and crash["slot"] >= GOOD:
                crashes[names[crash["slot"] - GOOD]].append(crash)
    faults = collections.defaultdict(list)
    with open(f"{work}/host.err", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            found = re.search(r"(\w+): fault at (\d+)", line)
            if found:
                faults[found[1]].append(int(found[2]))
    # A line that it wrote before it flooded is lost with it: the first of a burst is in the journal.
    for kind, path in (("signal", "signal"), ("timer", "arm"), ("cancel", "intent")):
        faults[kind] = bursts(f"{work}/{path}.told", GOOD + names.index(kind), kind)
    print(f"{'kind':12} {'times':>5} {'orders':>6}  {'noticed after, ms':22} {'cancelled after that, ms':26} p50 / p99 / most")
    n_all = 0
    tables = []
    for kind, said in KINDS.items():
        if len(crashes[kind]) != rounds or len(orders[kind]) != ORDERS * rounds:
            fail(f"{kind}: {len(crashes[kind])} crashes, {len(orders[kind])} orders that rested; of each {rounds}")
        noticed, cancelled = [], []
        began = 0
        for life, crash in enumerate(crashes[kind]):
            if not re.search(said, crash["text"]):
                fail(f"{kind} ended otherwise: {crash['text']}")
            # Of this life alone: what one before it said proves nothing of this one.
            before = [t for t in faults[kind] if began < t <= int(crash["t"])]
            began = int(crash["t"])
            if before:
                noticed.append(int(crash["t"]) - before[-1])
            for order in orders[kind][ORDERS * life:ORDERS * (life + 1)]:
                status = [status for status, _ in effects[order]]
                if status != ["NEW", "CANCELED"]:
                    fail(f"{kind}, life {life}: order {order} was {status}")
                cancelled.append(effects[order][1][1] - int(crash["t"]))
                n_all += 1
        print(f"{kind:12} {len(crashes[kind]):5} {len(orders[kind]):6}  {percentiles(noticed):22} {percentiles(cancelled):26}")
        tables += [f"{kind:12} noticed, {len(noticed)} of {rounds}: {histogram(noticed)}",
                   f"{'':12} cancelled: {histogram(cancelled)}"]
        # The line that says it can be lost with who wrote it, but not of most.
        if 2 * len(noticed) < rounds:
            fail(f"{kind}: of {rounds} lives only {len(noticed)} say when they misbehaved")
    print("histograms, lives and orders by ms:")
    print("\n".join(tables))
    print(f"live: {rounds} times 14 misbehaviours, {n_all} orders cancelled at the exchange, each once; the host lives")


def main():
    what, work, *rest = sys.argv[1:]
    if what == "same":
        same(work)
    elif what == "drive":
        drive(work, rest[0], int(rest[1]), rest[2], rest[3])
    else:
        judge(work, int(rest[0]))


main()
