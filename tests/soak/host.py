#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""host: a host with seven agents on a simulated exchange at ten times the speed of a market, for two hours, and what of
the machine they hold meanwhile: memory of their own (anonymous), shared and of files, descriptors, threads and maps of
host, simulator and children, each ten seconds.

    ./agon soak host [--seconds N] [--every N] [--csv FILE] [--speed X]

Writes every sample to the CSV, and at the end a curve of each and whether it is flat after the first ten minutes (or the
first half of a shorter run): own and shared memory by at most 1 MiB, the rest not at all. Pages of files (the programs,
the libraries) are the kernel's to take back and to share with who else runs: they are stated and judge nothing. Ends with 1
where one is not flat."""
import argparse
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
BARS = " .:-=+*#%@"


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


def judge(field, early, late):
    """Flat: the second half is no higher than the first by more than 1 MiB, or not at all. None: it judges nothing."""
    if field == "file_kib":
        return None
    return late <= early + (1024 if field.endswith("_kib") else 0)


def report(samples, warm):
    is_flat = True
    for name in ["host", "simulator", "children"]:
        for at, field in enumerate(FIELDS):
            values = [row[name][at] for _, row in samples if row[name]]
            steady = [row[name][at] for t, row in samples if row[name] and t >= warm]
            if len(steady) < 4:
                print(f"{name:10} {field:10} too few samples")
                is_flat = False
                continue
            half = len(steady) // 2
            # Of memory the most; of what is counted the usual, for a segment that is packed is open for a moment.
            most = max if field.endswith("_kib") else statistics.median
            early, late = most(steady[:half]), most(steady[half:])
            # A line through what is steady, per minute: growth that a maximum hides.
            times = [t for t, row in samples if row[name] and t >= warm]
            mean_t, mean_v = sum(times) / len(times), sum(steady) / len(steady)
            spread = sum((t - mean_t) ** 2 for t in times)
            slope = sum((t - mean_t) * (v - mean_v) for t, v in zip(times, steady)) / spread * 60 if spread else 0
            flat = judge(field, early, late)
            is_flat &= flat is not False
            print(f"{name:10} {field:10} first {values[0]:8} warm {steady[0]:8} last {values[-1]:8} most {max(values):8} "
                  f"per minute {slope:9.2f}  {'not judged' if flat is None else 'flat' if flat else 'GROWS'}  |{curve(values)}|")
    return is_flat


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


def files(work, port, speed, plugins):
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
    parser.add_argument("agon")
    parser.add_argument("plugins")
    args = parser.parse_args()
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
        samples, began = [], time.monotonic()
        with open(args.csv, "w") as csv:
            csv.write("seconds," + ",".join(f"{name}_{field}" for name in ["host", "simulator", "children"]
                                            for field in FIELDS) + "\n")
            while time.monotonic() - began < args.seconds:
                for process in processes:
                    if process.poll() is not None:
                        sys.exit(f"soak host: a process has ended with {process.returncode}; see {work}")
                t = time.monotonic() - began
                row = take({"host": host.pid, "simulator": sim.pid})
                samples.append((t, row))
                csv.write(f"{t:.0f}," + ",".join(str(value) for name in ["host", "simulator", "children"]
                                                 for value in row[name] or [0] * len(FIELDS)) + "\n")
                csv.flush()
                time.sleep(args.every)
        is_flat = report(samples, min(600, args.seconds / 2))
        subprocess.run([args.agon, "ctl", "status", "--dir", os.path.join(work, "run")], check=False)
    finally:
        for process in reversed(processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
    if is_flat:
        shutil.rmtree(work, ignore_errors=True)
    else:
        print(f"soak host: logs in {work}")
    return 0 if is_flat else 1


if __name__ == "__main__":
    sys.exit(main())
