#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""host: a host with seven agents on a simulated exchange at ten times the speed of a market, for two hours, and what of
the machine they hold meanwhile: memory of their own (anonymous), shared and of files, descriptors, threads and maps of
host, simulator and children, each ten seconds.

    ./agon soak host [--seconds N] [--every N] [--csv FILE] [--speed X]
    ./agon soak host --judge FILE [--speed X]       judges a recorded curve, and runs nothing

Writes every sample to the CSV, and at the end a curve of each, and judges what came after the first ten minutes (or after
the first half of a shorter run). Of its second half:

- memory, own and shared: the most is no more than 1 MiB above the first half's, and where that half is five minutes and
  more, a line through it rises by at most 256 KiB in two hours; shared memory of host and of children by 1 MiB, and the sum
  of both by 256 KiB (it counts in proportion to who maps it, so it moves from one to the other). On 22 November 2026 own
  memory rose by 0.0 KiB and shared by 775 of children, as much less of the host, and 0.0 of both. 256 KiB are 64 pages.
- descriptors, threads and maps: as usual no more than before.
- the host fills at least 0.006 orders a second of market time (that run: 0.03, 2,149 in 72,000 s), in the second half by
  itself too: what stands idle holds nothing.
- the simulator keeps up with its speed: its word that it does not, in the standard error, fails the run.

Pages of files (the programs, the libraries) are the kernel's to take back and to share with who else runs: they are stated
and judge nothing. Ends with 1 where one of these does not hold. A curve without the columns fills and behind, of an
older build, is not judged by them, and says so."""
import argparse
import csv
import json
import math
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

FIELDS = ["anon_kib", "shared_kib", "file_kib", "fds", "threads", "maps"]
NAMES = ["host", "simulator", "children"]
BARS = " .:-=+*#%@"
BEHIND = "is more than this machine keeps up with"  # host/cli/cmd_sim.c
WARM_S = 600
SLOPE_MIN_S = 300  # of a shorter half one page more is a slope
RISE_S = 7200
RISE_KIB = 256
MOVED_KIB = 1024
STEP_KIB = 1024
FILLS = 0.006  # a second of market time


def sample(pid):
    """What a process holds; None: it has gone."""
    try:
        with open(f"/proc/{pid}/status") as status:
            text = status.read()
        with open(f"/proc/{pid}/maps") as maps:
            n_maps = sum(1 for _ in maps)
        with open(f"/proc/{pid}/smaps_rollup") as rollup:
            text += rollup.read()

        def kib(name):
            return int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1])

        # The rollup's figures are exact, and shared memory counts in proportion: a bus that all children map counts once.
        return [kib("Anonymous"), kib("Pss_Shmem"), kib("Pss_File"), len(os.listdir(f"/proc/{pid}/fd")), int(re.search(r"^Threads:\s+(\d+)", text, re.M)[1]), n_maps]
    except (OSError, TypeError):
        return None


def children(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                for child in file.read().split():
                    found += [int(child)] + children(int(child))
    except OSError:
        pass
    return found


def take(processes):
    """One row a process: host, simulator, and all children together."""
    rows = {}
    for name, pid in processes.items():
        rows[name] = sample(pid)
    below = [sample(pid) for pid in children(processes["host"])]
    below = [row for row in below if row]
    rows["children"] = [sum(column) for column in zip(*below)] if below else [0] * len(FIELDS)
    return rows


def curve(values):
    least, most = min(values), max(values)
    step = max(1, len(values) // 60)
    points = [max(values[at:at + step]) for at in range(0, len(values), step)]
    return "".join(BARS[(value - least) * (len(BARS) - 1) // max(1, most - least)] for value in points)


def slope(points):
    """Of a line through it, per second."""
    mean_t = sum(t for t, _ in points) / len(points)
    mean_v = sum(v for _, v in points) / len(points)
    spread = sum((t - mean_t) ** 2 for t, _ in points)
    return sum((t - mean_t) * (v - mean_v) for t, v in points) / spread if spread else 0


class Verdict:
    def __init__(self):
        self.faults = []

    def wants(self, holds, text):
        if not holds:
            self.faults.append(text)
        return holds


def rises(verdict, name, points, bound):
    """Memory in KiB of the second half: does it rise by more than the bound in two hours?"""
    if points[-1][0] - points[0][0] < SLOPE_MIN_S:
        return True
    rise = slope(points) * RISE_S
    return verdict.wants(rise <= bound, f"{name} rises by {rise:.0f} KiB in two hours, at most {bound} may be")


def report(samples, speed):
    """What came of it, and the faults. A sample: seconds, a row of each process, fills, the simulator's complaints."""
    verdict = Verdict()
    warm = min(WARM_S, samples[-1][0] / 2)
    steady = [sample for sample in samples if sample[0] >= warm]
    if not verdict.wants(len(steady) >= 4, "too few samples"):
        return verdict.faults
    half = len(steady) // 2
    late = steady[half:]
    for name in NAMES:
        for at, field in enumerate(FIELDS):
            values = [sample[1][name][at] for sample in samples]
            warmed = [sample[1][name][at] for sample in steady]
            points = [(sample[0], sample[1][name][at]) for sample in late]
            is_memory = field in ("anon_kib", "shared_kib")
            flat = True
            if field != "file_kib":
                # Of memory the most; of what is counted the usual, for a segment that is packed is open for a moment.
                most = max if is_memory else statistics.median
                before, after = most(warmed[:half]), most(warmed[half:])
                flat = verdict.wants(after <= before + (STEP_KIB if is_memory else 0), f"{name} {field} grew from {before} to {after}")
            if is_memory:
                moves = field == "shared_kib" and name != "simulator"
                flat &= rises(verdict, f"{name} {field}", points, MOVED_KIB if moves else RISE_KIB)
            told = "not judged" if field == "file_kib" else "flat" if flat else "GROWS"
            print(f"{name:10} {field:10} first {values[0]:8} warm {warmed[0]:8} last {values[-1]:8} most {max(values):8} "
                  f"in two hours {slope(points) * RISE_S:9.1f}  {told}  |{curve(values)}|")
    at = FIELDS.index("shared_kib")
    rises(verdict, "shared_kib of host and children", [(sample[0], sample[1]["host"][at] + sample[1]["children"][at]) for sample in late], RISE_KIB)
    if late[-1][0] - late[0][0] < SLOPE_MIN_S:
        print(f"the second half is shorter than {SLOPE_MIN_S} s: no slope is judged")
    if late[-1][2] is None:
        print("fills and the simulator's pace are not in this curve: not judged")
    else:
        for what, first in (("all", samples[0]), ("the second half", late[0])):
            fills = late[-1][2] - first[2]
            least = max(1, math.floor((late[-1][0] - first[0]) * speed * FILLS))
            print(f"fills in {what}: {fills}, at least {least}")
            verdict.wants(fills >= least, f"{fills} fills in {what}, at least {least} must be")
        verdict.wants(late[-1][3] == 0, f"the simulator said {late[-1][3]} times that {BEHIND} --speed {speed:g}")
    return verdict.faults


def read_curve(path):
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        sys.exit(f"soak host: {path} has no samples")
    try:
        return [(float(row["seconds"]), {name: [int(row[f"{name}_{field}"]) for field in FIELDS] for name in NAMES},
                 int(row["fills"]) if "fills" in row else None, int(row["behind"]) if "behind" in row else None) for row in rows]
    except (KeyError, TypeError, ValueError) as err:
        sys.exit(f"soak host: {path} is no curve of this program: {err!r}")


def said(faults):
    for fault in faults:
        print(f"soak host: FAIL: {fault}")
    if not faults:
        print("soak host: passed")


def fills_of(agon, work):
    """None: the host did not answer."""
    done = subprocess.run([agon, "ctl", "status", "--json", "--dir", os.path.join(work, "run")], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    try:
        return int(json.loads(done.stdout)["fills"])
    except (ValueError, KeyError):
        return None


def behind_of(work):
    with open(os.path.join(work, "sim.err"), encoding="utf-8", errors="replace") as file:
        return file.read().count(BEHIND)


def start(command, log, env=None):
    return subprocess.Popen(command, stdout=open(log + ".out", "w"), stderr=open(log + ".err", "w"), env=env)


def await_line(process, path, pattern):
    while process.poll() is None:
        with open(path) as file:
            found = re.search(pattern, file.read())
        if found:
            return found
        time.sleep(0.05)
    sys.exit(f"soak host: it has ended before it said {pattern}: {open(path).read()[-500:]}")


def venue_files(work, port, speed):
    credentials = os.path.join(work, "credentials")
    os.mkdir(credentials, 0o700)
    with open(os.open(os.path.join(credentials, "sim"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write("key: agon-sim-key\nsecret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==\n")
    where = f"host: 127.0.0.1, port: {port}, tls: false"
    with open(os.path.join(work, "venue.yaml"), "w") as file:
        file.write(f"""name: binance
dialect: binance_spot
credential: sim
market: {{{where}, path: /stream}}
user: {{{where}, path: /ws-api/v3}}
rest: {{{where}, path: /api}}
limits:
  - {{kind: weight, capacity: 6000, window: 1m}}
  - {{kind: raw, capacity: 300000, window: 5m}}
  - {{kind: orders, capacity: 100, window: 10s}}
  - {{kind: orders_day, capacity: 200000, window: 1d}}
  - {{kind: snapshots, capacity: 1200, window: 1m}}
  - {{kind: connects, capacity: 300, window: 5m}}
""")
    with open(os.path.join(work, "agon.yaml"), "w") as file:
        file.write(f"""mode: live
venue: venue.yaml
roster: roster.yaml
journal: sync
speed: {speed:g}
low_water: 1MiB
instruments:
  - {{symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.01, lot: 0.00001, min_notional: 5}}
  - {{symbol: ETHUSDT, base: ETH, quote: USDT, tick: 0.01, lot: 0.0001, min_notional: 5}}
""")


def files(work, port, speed, plugins):
    venue_files(work, port, speed)
    limits = "limits: {orders_per_second: 5, orders_burst: 10, open_orders: 50}"
    names = [name for name in ["ema_cross", "bollinger", "rsi_swing", "breakout", "vol", "grid", "random"]
             if os.path.exists(os.path.join(plugins, name + ".so"))]
    if len(names) != 7:
        sys.exit(f"soak host: of its seven plugins {plugins} has {len(names)}")
    with open(os.path.join(work, "roster.yaml"), "w") as file:
        file.write("seed: 1\nbase_currency: USDT\nagents:\n")
        for at, name in enumerate(names):
            symbol = ["BTCUSDT", "ETHUSDT"][at % 2]
            file.write(f"  - {{name: {name}_1, plugin: {name}.so, stage: live, capital: 50000 USDT,\n"
                       f"     instruments: [\"binance:{symbol}\"], {limits}}}\n")


def main():
    parser = argparse.ArgumentParser(prog="agon soak host")
    parser.add_argument("--seconds", type=int, default=7200)
    parser.add_argument("--every", type=float, default=10)
    parser.add_argument("--speed", type=float, default=10)
    parser.add_argument("--csv", default="soak-host.csv")
    parser.add_argument("--judge", metavar="FILE")
    parser.add_argument("agon", nargs="?")
    parser.add_argument("plugins", nargs="?")
    args = parser.parse_args()
    if args.judge:
        faults = report(read_curve(args.judge), args.speed)
        said(faults)
        return 1 if faults else 0
    if args.plugins is None:
        parser.error("it takes a program and a folder of plugins")
    work = tempfile.mkdtemp(prefix="agon-soak-")
    processes = []
    try:
        sim = start([args.agon, "sim", "--port", "0", "--seed", "5", "--speed", f"{args.speed:g}"], os.path.join(work, "sim"))
        processes.append(sim)
        port = int(await_line(sim, os.path.join(work, "sim.out"), r'"port": *(\d+)')[1])
        files(work, port, args.speed, args.plugins)
        env = dict(os.environ, CREDENTIALS_DIRECTORY=os.path.join(work, "credentials"))
        host = start([args.agon, "run", "--config", os.path.join(work, "agon.yaml"), "--dir", os.path.join(work, "run"),
                      "--plugins", args.plugins, "--quiet"], os.path.join(work, "host"), env)
        processes.append(host)
        await_line(host, os.path.join(work, "host.err"), r'"key":"agents"')
        print(f"soak host: {args.seconds} s at {args.speed:g}x, a sample each {args.every:g} s, all of them in {args.csv}",
              flush=True)
        samples, began, fills = [], time.monotonic(), 0
        with open(args.csv, "w") as out:
            out.write("seconds," + ",".join(f"{name}_{field}" for name in NAMES for field in FIELDS) + ",fills,behind\n")
            while time.monotonic() - began < args.seconds:
                for process in processes:
                    if process.poll() is not None:
                        sys.exit(f"soak host: a process has ended with {process.returncode}; see {work}")
                t = time.monotonic() - began
                row = take({"host": host.pid, "simulator": sim.pid})
                told = fills_of(args.agon, work)
                fills = fills if told is None else told
                if None in row.values():
                    continue  # it has ended meanwhile
                samples.append((t, row, fills, behind_of(work)))
                out.write(f"{t:.0f}," + ",".join(str(value) for name in NAMES for value in row[name]) + f",{fills},{samples[-1][3]}\n")
                out.flush()
                time.sleep(args.every)
        faults = report(samples, args.speed) if samples else ["no sample"]
        subprocess.run([args.agon, "ctl", "status", "--dir", os.path.join(work, "run")], check=False)
    finally:
        for process in reversed(processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
    said(faults)
    if faults:
        print(f"soak host: logs in {work}")
        return 1
    shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
