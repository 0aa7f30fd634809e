#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""attack: a host with eighteen agents that trade and two that misbehave in fourteen ways in turn, each as soon as it is
there again, on a simulated exchange with ten instruments at ten times the speed of a market: 2,000 of the market's
own events a second and more.

    ./agon soak attack [MINUTES] [--speed X]        ten minutes

A third crash within ten minutes quarantines a file, so each of the two is given another one at once, by a reload. At
the end: the host lives and ends as asked; no agent of the eighteen missed an event or was ended; what the two caused
in the journal is within their meters (a rate of market time and, for each life, what may be used at once), by the host's
own count and by one of the journal's records; no order is left open; the market had its 2,000 events for each second at
ten times its speed, without what agents caused. The machine and its processor time are printed and judge nothing: a
simulator that does not keep up says so."""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import host as soak

GOOD = 18
OTHERS = ("BNB", "SOL", "XRP", "ADA", "DOGE", "LTC", "DOT", "TRX")
SYMBOLS = ("BTCUSDT", "ETHUSDT") + tuple(name + "USDT" for name in OTHERS)
MARKET_EVENTS = 200  # of a second of market time at least, of the types below: none of them is caused by an agent
MARKET_TYPES = ("book_delta", "book_snapshot", "quote", "trade", "bar")
CAUSED_TYPES = ("intent", "signal", "arm", "due", "exit_plan")  # with reports these are all that a meter counts
BAD = ("bad_1", "bad_2")
METERS = {"bytes": 20000, "records": 500, "cpu": 900}  # of the two, per second of market time; cpu of the machine's
AT_ONCE_S = 20  # of a meter (host/slot/meters.h)
SLACK = 0.05  # of a second's worth: what one look of the host takes more


def roster(work):
    with open(os.path.join(work, "roster.yaml"), "w", encoding="utf-8") as file:
        file.write("seed: 1\nbase_currency: USDT\nagents:\n")
        heard = ", ".join(f'"binance:{symbol}"' for symbol in SYMBOLS)
        for at in range(GOOD):
            file.write(f"  - {{name: good_{at + 1}, plugin: busy.so, stage: live, capital: 20000 USDT, hard: 30s, "
                       f"instruments: [{heard}], params: {{every: {3000 + 100 * at}}},\n"
                       "     limits: {orders_per_second: 5, orders_burst: 10, open_orders: 50}}\n")
        meters = ", ".join(f"{key}: {rate}" for key, rate in METERS.items() if key != "cpu")
        for at, name in enumerate(BAD):
            file.write(f"  - {{name: {name}, plugin: {name}.so, stage: live, capital: 20000 USDT, arena: 16MiB, threads: {at}, "
                       f"instruments: [\"binance:{['BTCUSDT', 'ETHUSDT'][at]}\"], params: {{kind: turns, after: {5 + at}}}, "
                       "orders_on_reload: cancel,\n     limits: {orders_per_second: 5, orders_burst: 10, open_orders: 4}, "
                       f"meters: {{{meters}}}}}\n")


def another(path, build, name, number):
    with open(path, "wb") as file:
        file.write(build + f"{name} {number}".encode())


class Attack:
    def __init__(self, agon, work, build, speed):
        self.agon, self.work, self.build, self.speed = agon, work, build, speed
        self.lives = dict.fromkeys(BAD, 1)
        self.replaced = dict.fromkeys(BAD, 0)  # which generation

    def ctl(self, *words):
        done = subprocess.run([self.agon, "ctl", *words, "--dir", os.path.join(self.work, "run")], capture_output=True, text=True,
                              check=False)
        return done.stdout if done.returncode == 0 else None

    def agents(self):
        told = self.ctl("agents", "--json")
        return {agent["name"]: agent for agent in json.loads(told)} if told else {}

    def again(self):
        for name, agent in self.agents().items():
            # What is told may be older than the last reload.
            if name not in BAD or agent["state"] != "QUARANTINED" or agent["generation"] <= self.replaced[name]:
                continue
            path = os.path.join(self.work, f"{name}-{self.lives[name]}.so")
            another(path, self.build, name, self.lives[name])
            if self.ctl("reload", name, path) is not None:
                self.lives[name] += 1
                self.replaced[name] = agent["generation"]
            os.unlink(path)


def cpu_s(pid):
    """Of a process and of those that it began and that have ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            words = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return sum(int(word) for word in words[11:15]) / os.sysconf("SC_CLK_TCK")


def crashes_of(attack):
    told = subprocess.run([attack.agon, "journal", "cat", os.path.join(attack.work, "run", "journal"), "--type", "crash", "--json"],
                          capture_output=True, text=True, check=False).stdout
    found = [json.loads(line) for line in told.splitlines()]
    return {name: [crash["text"] for crash in found if crash["slot"] == GOOD + at] for at, name in enumerate(BAD)}


def journal_of(attack, *words):
    return subprocess.run([attack.agon, "journal", *words[:1], os.path.join(attack.work, "run", "journal"), *words[1:], "--json"],
                          capture_output=True, text=True, check=True).stdout


def caused_of(attack, types):
    """Records and bytes that the journal holds of each of the two: counted there, not by the host."""
    caused = {name: {"records": 0, "bytes": 0} for name in BAD}
    for kind in CAUSED_TYPES:
        if kind not in types:
            continue
        size = types[kind]["bytes"] / types[kind]["events"]
        for at, name in enumerate(BAD):
            mark = f'"slot":{GOOD + at},'
            n = sum(mark in line and ('"kind":"timer"' in line or kind != "due")
                    for line in journal_of(attack, "cat", "--type", kind).splitlines())
            caused[name]["records"] += n
            caused[name]["bytes"] += round(n * size)
    return caused


def judge(attack, agents, market_s, n_events, cpu, wall_s):
    faults = []
    with open(os.path.join(attack.work, "host.err"), encoding="utf-8", errors="replace") as file:
        said = file.read()
    crashes = crashes_of(attack)
    types = json.loads(journal_of(attack, "stats"))["types"]
    n_market = sum(types[kind]["events"] for kind in MARKET_TYPES if kind in types)
    if n_market < MARKET_EVENTS * market_s:
        faults.append(f"{n_market} events of the market in {market_s:.0f} s of it are not {MARKET_EVENTS} a second")
    caused = caused_of(attack, types)
    for at in range(GOOD):
        name = f"good_{at + 1}"
        if not re.search(rf'"key":"nth","text":"slot {name}: \d+ events, all delivered', said):
            faults.append(f"{name} missed events")
        if agents[name]["state"] != "active" or agents[name]["generation"] != 1 or agents[name]["orders"] == 0:
            faults.append(f"{name}: {agents[name]['state']}, {agents[name]['orders']} orders")
    # One of the two may be ended by the test's end in the middle of a hang: its own count is judged by nobody.
    if re.search(r'"key":"nth-differs","text":"slot good_', said):
        faults.append("an agent missed events")
    for name in BAD:
        lives = len(crashes[name]) + 1
        meters = agents[name]["meters"]
        for key, rate in METERS.items():
            if key not in meters:
                continue
            room = rate * ((wall_s if key == "cpu" else market_s) + lives * (AT_ONCE_S + SLACK * attack.speed))
            counted = caused[name].get(key)
            print(f"{name}: {meters[key]['count']} {key} in {lives} lives, at most {room:.0f} may be" +
                  (f"; {counted} in the journal" if counted is not None else ""))
            if counted is not None and not 0 < counted <= room:
                faults.append(f"{name}: {counted} {key} stand in the journal; its meter allows {room:.0f}")
            if meters[key]["count"] > room:
                faults.append(f"{name}: {meters[key]['count']} {key} are more than its meter allows, {room:.0f}")
        kinds = {}
        for text in crashes[name]:
            kind = re.sub(r"[,:(;].*| longer than.*", "", text).strip()
            kinds[kind] = kinds.get(kind, 0) + 1
        print(f"{name}: " + "; ".join(f"{count} x {kind}" for kind, count in sorted(kinds.items(), key=lambda pair: -pair[1])))
        if lives < 4:
            faults.append(f"{name}: {lives} lives are no attack")
    if '"key":"left","text":"nothing: no order is open' not in said:
        faults.append("an order was left open")
    behind = soak.behind_of(attack.work)
    if behind:
        faults.append(f"the simulator said {behind} times that {soak.BEHIND}")
    journal = sum(entry.stat().st_size for entry in os.scandir(os.path.join(attack.work, "run", "journal")) if entry.is_file())
    print(f"{n_events} events in {wall_s:.0f} s, {n_events / wall_s:.0f} a second, all delivered; of them {n_market} of the market, "
          f"{n_market / wall_s:.0f} a second; {market_s:.0f} s of market; journal {journal / 1e6:.0f} MB; "
          f"processor time {cpu:.0f} s on {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    return faults


def main():
    parser = argparse.ArgumentParser(prog="agon soak attack")
    parser.add_argument("minutes", nargs="?", type=float, default=10)
    parser.add_argument("--speed", type=float, default=10)
    parser.add_argument("--agon", required=True)
    parser.add_argument("--plugins", required=True)
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix="agon-attack-")
    os.mkdir(os.path.join(work, "plugins"))
    shutil.copy(os.path.join(args.plugins, "busy.so"), os.path.join(work, "plugins"))
    with open(os.path.join(args.plugins, "misbehave.so"), "rb") as file:
        build = file.read()
    attack = Attack(args.agon, work, build, args.speed)
    for name in BAD:
        another(os.path.join(work, "plugins", name + ".so"), build, name, 0)
    sim = host = None
    try:
        sim = soak.start([args.agon, "sim", "--port", "0", "--seed", "5", "--speed", f"{args.speed:g}", "--symbols", ",".join(SYMBOLS)],
                         os.path.join(work, "sim"))
        port = int(soak.await_line(sim, os.path.join(work, "sim.out"), r'"port": *(\d+)')[1])
        soak.venue_files(work, port, args.speed)
        roster(work)
        with open(os.path.join(work, "agon.yaml"), "a", encoding="utf-8") as file:
            file.writelines(f"  - {{symbol: {name}USDT, base: {name}, quote: USDT, tick: 0.01, lot: 0.001, min_notional: 5}}\n" for name in OTHERS)
            file.write(f"load_from: [\"{work}\"]\n")
        env = dict(os.environ, CREDENTIALS_DIRECTORY=os.path.join(work, "credentials"))
        host = soak.start([args.agon, "run", "--config", os.path.join(work, "agon.yaml"), "--dir", os.path.join(work, "run"),
                           "--plugins", os.path.join(work, "plugins"), "--quiet"], os.path.join(work, "host"), env)
        soak.await_line(host, os.path.join(work, "host.err"), r'"key":"agents"')
        began, cpu = time.monotonic(), cpu_s(host.pid) + cpu_s(sim.pid)
        while time.monotonic() - began < 60 * args.minutes:
            for process in (sim, host):
                if process.poll() is not None:
                    sys.exit(f"soak attack: FAIL: a process has ended with {process.returncode}; see {work}")
            attack.again()
            time.sleep(0.2)
        wall_s = time.monotonic() - began
        agents = attack.agents()
        status = json.loads(attack.ctl("status", "--json"))
        host.send_signal(signal.SIGTERM)
        if host.wait(120) != 0:
            sys.exit(f"soak attack: FAIL: the host ended with {host.returncode}; see {work}")
        cpu = cpu_s(sim.pid) - cpu + sum(os.times()[2:4])
        faults = judge(attack, agents, wall_s * args.speed, int(status["seq"]), cpu, wall_s)
    finally:
        for process in (host, sim):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(60)
    for fault in faults:
        print(f"soak attack: FAIL: {fault}")
    if faults:
        print(f"soak attack: logs in {work}")
        return 1
    shutil.rmtree(work, ignore_errors=True)
    print("soak attack: passed: no event was missed, and what the two caused is within their meters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
