#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Scenarios and sweeps as jobs of an agent (agon.gpu), by the plugin that the guide shows. Each of its 21 crosses of averages comes
# to what agon backtest books for sma_cross with these lengths, trade by trade: the same candles, fills at the next one's open, and the
# same fee. What is at risk is what the log-normal law says of the candles' own mean and deviation. Both runners come to the same.
. "$(dirname "$0")/common.sh"
cp "$2/../../plugins/sma_cross/sma_cross.so" "$WORK"
python3 "$(dirname "$0")/lstm_bars.py" 4 1505 0.3 >"$WORK/BTCUSDT.csv" # some behind, until its jobs are done
mkdir "$WORK/seen"
head -n 1501 "$WORK/BTCUSDT.csv" >"$WORK/seen/BTCUSDT.csv"
cat >"$WORK/scout.yaml" <<'END'
base_currency: USDT
gpu: {profile: s2_four_8gb, device: cpu}
agents:
  - {name: scout, plugin: scout.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], params: {fee_bps: 5, position: -2000},
     gpu: {leases: {main: {budget: old_0.realtime, memory: 4MiB, share: 10%}}}}
END
for runner in inproc process; do
    "$AGON" backtest --roster "$WORK/scout.yaml" --plugins "$PLUGINS" --data "$WORK/BTCUSDT.csv" --runner $runner --json >"$WORK/json" 2>"$WORK/err" ||
        fail "a backtest: $(cat "$WORK/err")"
    jq -c '.agents[0].metrics' "$WORK/json" >"$WORK/$runner"
done
cmp -s "$WORK/inproc" "$WORK/process" || fail "the runners differ: $(cat "$WORK/inproc" "$WORK/process")"
# A job that fails is asked again with the next candle, and so is one whose lease was another's: the answers are the same ones.
again() { # WHAT GPU LEASE
    sed "s|^gpu: .*|gpu: {profile: s2_four_8gb, $2}|; s|share: 10%|share: 10%$3|" "$WORK/scout.yaml" >"$WORK/again.yaml"
    "$AGON" backtest --roster "$WORK/again.yaml" --plugins "$PLUGINS" --data "$WORK/BTCUSDT.csv" --json >"$WORK/again" 2>"$WORK/err" ||
        fail "$1: $(cat "$WORK/err")"
    jq -c '.agents[0].metrics | del(.["1"])' "$WORK/again" >"$WORK/got"
    jq -c 'del(.["1"])' "$WORK/inproc" | cmp -s - "$WORK/got" || fail "$1: $(jq -c '.agents[0].metrics | {done: .["0"], failed: .["1"]}' "$WORK/again")"
}
again "a job that failed" 'device: scripted, script: ["1 run 1 fail, 2 run 1 fail, 3 run 1 fail"]' ''
jq -e '.agents[0].metrics["1"] >= 1' "$WORK/again" >"$WORK/is" || fail "no job failed: $(jq -c '.agents[0].metrics | {done: .["0"], failed: .["1"]}' "$WORK/again")"
again "a lease that had ended" 'device: cpu' ', deadline: 1h'
cat >"$WORK/judge.py" <<'END'
import csv, json, math, statistics, subprocess, sys

agon, work = sys.argv[1:]
got = {int(key): float(value) for key, value in json.load(open(f"{work}/inproc")).items()}
assert got[0] == 2 and got.get(1, 0) == 0, got  # both jobs were done
with open(f"{work}/seen/BTCUSDT.csv") as file:
    rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
closes = [row["close"] for row in rows]

LENGTHS = [3, 5, 10, 15, 30, 50, 100]
pairs = [(a, b) for i, a in enumerate(LENGTHS) for b in LENGTHS[i + 1:]]
total = 0
for number, (fast, slow) in enumerate(pairs):
    done = subprocess.run([agon, "backtest", f"{work}/sma_cross.so", "--param", f"fast={fast}", f"slow={slow}", "size=0.1", "bar_s=60",
                           "--data", f"{work}/seen/BTCUSDT.csv", "--spread", "0", "--drift", "0", "--taker", "5", "--csv", f"{work}/out", "--json"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with open(f"{work}/out/fills.csv") as file:
        fills = list(csv.DictReader(file))
    money, units = 1.0, 0.0  # all it has at each of those fills
    for fill in fills:
        px = float(fill["price"])
        if fill["side"] == "buy":
            money, units = 0.0, money * (1 - 0.0005) / px
        else:
            money, units = units * px * (1 - 0.0005), 0.0
    gain = money + units * closes[-1] - 1
    assert abs(got[8 + number] - gain) < 2e-5, (fast, slow, got[8 + number], gain, len(fills))
    if number == got[2]:
        assert got[3] == len(fills), (got[3], len(fills))
    total += len(fills)
assert total > 1000 and got[8 + int(got[2])] == max(got[8 + i] for i in range(len(pairs)))

# Short 2,000 for an hour: the price's 95 % are what it may lose by.
moves = [math.log(b / a) for a, b in zip(closes, closes[1:])]
mean, s = 60 * statistics.mean(moves), math.sqrt(60) * statistics.stdev(moves)
cdf = statistics.NormalDist().cdf
z = statistics.NormalDist().inv_cdf(0.95)
at_risk = 2000 * (math.exp(mean + s * z) - 1)
shortfall = 2000 * (math.exp(mean + s * s / 2) * cdf(s - z) / 0.05 - 1)
assert abs(got[5] / at_risk - 1) < 0.03, (got[5], at_risk)
assert abs(got[6] / shortfall - 1) < 0.03, (got[6], shortfall)
assert abs(got[7] - cdf(-mean / s)) < 0.015, (got[7], cdf(-mean / s))
print(f"{len(pairs)} crosses with {total} trades are what backtests of each book; at risk {got[5]:.2f}, the log-normal law says {at_risk:.2f}")
END
python3 "$WORK/judge.py" "$AGON" "$WORK" || fail "a sweep or scenarios are not what was known before"
"$AGON" validate "$PLUGINS/scout.so" >"$WORK/said" 2>&1 || fail "validate: $(cat "$WORK/said")"
