# SPDX-License-Identifier: Apache-2.0
"""scalper.py bars INSTRUMENT: candles of a minute, of a journal's trades.
scalper.py trips FILE AGENT STOP FEWEST: that so many trades there are, from flat to flat, and that none lost more than STOP per cent
of its entry, its fees and the slippage that plugins/scalper/README.md states (5 basis points)."""
import csv
import json
import sys

SLIPPAGE_BPS, FEE_BPS = 5, 5


def bars(instrument):
    all_of = {}
    for line in sys.stdin:
        trade = json.loads(line)
        if trade["instrument"] != instrument:
            continue
        px = float(trade["px_dec"])
        bar = all_of.setdefault(int(trade["t"]) // 60000000000, [px, px, px, px, 0.0])
        bar[1], bar[2], bar[3] = max(bar[1], px), min(bar[2], px), px
        bar[4] += float(trade["qty_dec"])
    print("open_time_ms,open,high,low,close,volume")
    for minute, bar in sorted(all_of.items()):
        print(f"{minute * 60000},{bar[0]:.8f},{bar[1]:.8f},{bar[2]:.8f},{bar[3]:.8f},{bar[4]:.8f}")


def trips(path, agent):
    """Of each trade from flat to flat: what it won before fees, and its fees, in basis points of what it was entered with."""
    held = won = fees = entered = 0.0
    for row in csv.DictReader(open(path)):
        if row["agent"] != agent:
            continue
        px = float(row["price"])
        qty = float(row["quantity"]) * (1 if row["side"] == "buy" else -1)
        before = held
        if before == 0:
            won = fees = entered = 0.0
        won -= qty * px
        fees += float(row["fee"])
        entered += abs(qty) * px if before * qty >= 0 else 0
        held = round(held + qty, 9)
        assert before * held >= 0, f"{row}: through flat in one order"
        if held == 0:
            yield won / entered * 1e4, fees / entered * 1e4


if sys.argv[1] == "bars":
    bars(int(sys.argv[2]))
else:
    stop, fewest = float(sys.argv[4]) * 100, int(sys.argv[5])
    made = sorted(trips(sys.argv[2], sys.argv[3]))
    worst, fee = made[0][0], max(trip[1] for trip in made)
    stopped = sum(trip[0] <= -stop + 0.5 for trip in made)
    print(f"stop {stop:.0f} bp: {len(made)} trades, the worst {worst:.2f} bp before fees of at most {fee:.2f}, {stopped} stopped")
    if len(made) < fewest:
        sys.exit(f"{len(made)} trades; expected {fewest}")
    if worst < -stop - SLIPPAGE_BPS or fee > 2 * FEE_BPS + 0.1:
        sys.exit("a trade lost more than its stop, fees and the slippage stated")
    if stopped == 0:
        sys.exit("no stop was hit: what holds them is not shown")
