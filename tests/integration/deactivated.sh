#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who has a Sharpe ratio below 1 for seven days is deactivated: tournaments of each midnight with a gate of 1 and seven failures in a row, over
# 45 days. random loses its fees and is out at the seventh look behind the first 30 days, not before; sma_cross, in a market that rises, stays.
. "$(dirname "$0")/common.sh"
cat >"$WORK/bars.py" <<'EOF'
import random
random.seed(7)
price = 50000.0
print("open_time_ms,open,high,low,close,volume")
for at in range(45 * 24):
    end = price * (1.0006 + random.gauss(0, 0.002))
    print(f"{1767225600000 + at * 3600000},{price:.2f},{max(price, end) * 1.001:.2f},{min(price, end) * 0.999:.2f},{end:.2f},1000")
    price = end
EOF
python3 "$WORK/bars.py" >"$WORK/BTCUSDT.csv"
cat >"$WORK/roster.yaml" <<EOF
seed: 1
base_currency: USDT
agents:
  - {name: rises_1, plugin: sma_cross/sma_cross.so, capital: 50000 USDT, instruments: ["binance:BTCUSDT"],
     params: {fast: 5, slow: 15, size_pct: 20, bar_s: 3600}}
  - {name: random_1, plugin: random/random.so, capital: 50000 USDT, instruments: ["binance:BTCUSDT"], params: {bar_s: 3600, turn_pct: 100}}
tournament: {schedule: "0 0 * * *", sample: 12h, window: 40d, min_samples: 4, min_trades: 1, gates: {sharpe: 1, failures: 7}}
EOF
"$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$AGON_BUILD_ROOT/plugins" --data "$WORK/BTCUSDT.csv" --journal "$WORK/journal" --json \
    >"$WORK/report.json" 2>"$WORK/err" || fail "no backtest: $(cat "$WORK/err")"
"$AGON" journal export "$WORK/journal" --plans "$WORK/plans" --samples "$WORK/samples" || fail "no export"
python3 - "$WORK" <<'EOF' || fail "who is deactivated is another"
import json
import sys

FIRST, DAYS, OUT = 30, 7, 36  # the first look of a year's ratio, looks below it, the look behind which one is out
plans = [plan for plan in map(json.loads, open(f"{sys.argv[1]}/plans")) if plan["type"] == "plan"]
assert len(plans) == 45, len(plans)


def said(agent, what):
    return [next(row[what] for row in plan["slots"] if row["name"] == agent) for plan in plans]


def annual(agent):
    """Of each look from FIRST on the Sharpe ratio of a year."""
    slot = next(row["slot"] for row in plans[0]["slots"] if row["name"] == agent)
    return [next(value for value in plan["values"] if (value["kind"], value["name"]) == ("gate", "annual_sharpe"))["slots"][slot][1]
            for plan in plans[FIRST - 1:]]


verdicts = said("random_1", "verdict")
assert "under_gate" not in verdicts[:FIRST - 1] and "unloaded" not in verdicts[:FIRST - 1], verdicts
assert verdicts[FIRST - 1:OUT] == ["under_gate"] * (DAYS - 1) + ["unloaded"], verdicts
assert set(verdicts[OUT:]) == {"retired"}, verdicts
assert all(ratio < 1 for ratio in annual("random_1")[:DAYS]), annual("random_1")
assert set(said("rises_1", "verdict")[FIRST - 1:]) == {"ranked"} and min(annual("rises_1")) >= 1, annual("rises_1")
# What it had is in the pool: of its capital only what it lost stays in the books.
report = json.load(open(f"{sys.argv[1]}/report.json"))
rows = {row["name"]: row for row in report["agents"]}
assert abs(float(rows["random_1"]["equity"])) < 5, rows["random_1"]  # less than an order may be
assert float(rows["rises_1"]["equity"]) > 50000, rows["rises_1"]
# Its ratios are of the days until then: what little is left of a coin would make any number of them.
assert rows["random_1"]["days"] == OUT and rows["random_1"]["sharpe"] < 0 and rows["random_1"]["t"] < -2, rows["random_1"]
print(f"Sharpe of a year at look {FIRST} to {OUT}: random_1", *(f"{ratio:.2f}" for ratio in annual("random_1")[:DAYS]), "and out;",
      f"rises_1 {min(annual('rises_1')):.2f} at least, and stays")
EOF
