#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# backtest: over a generated market every strategy trades, and its intents are those of intents.txt, which the plugins of before
# <agon/strategy.h> come to as well.
# usage: backtest.sh
#   AGON_PLUGINS=DIR  other plugins
#   AGON_BEFORE=1     where a rule was changed on purpose, the intents of before
set -u
agon=$AGON_BUILD_ROOT/agon
plugins=${AGON_PLUGINS:-$AGON_BUILD_ROOT/plugins}
known=$AGON_SOURCE_ROOT/tests/unit/plugins/intents.txt
fail() { echo "FAIL: $*"; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/agon-test-XXXXXX")
trap 'rm -rf "$work"' EXIT

# judge NAME ARGUMENT...: a backtest's intents are those that are known. Its report is left in $work/report.
judge() {
    local name=$1 hash expected
    shift
    "$agon" backtest "$@" --json >"$work/report" || fail "agon backtest of $name: exit $?, $(cat "$work/report")"
    hash=$(grep -o '"intents_hash": "[0-9a-f]*"' "$work/report" | cut -d '"' -f 4)
    expected=$(awk -v name="$name" -v is_before="${AGON_BEFORE-}" \
        '$1 == name { print (is_before != "" && NF > 2 ? $3 : $2) }' "$known")
    [ -n "$hash" ] && [ "$hash" = "$expected" ] ||
        fail "$name: intents '$hash', expected '$expected' ($known). Either a rule has changed: docs/adr/0058 names each that did," \
            "with the reason. Or the engine has: then tests/support/plugins_before.sh, which runs the old plugins on it, fails with the same hash"
    echo "$name: intents $hash"
}

# run NAME ARGUMENT...: it trades, as it is known to.
run() {
    local name=$1
    shift
    judge "$name" "$plugins/$name/$name.so" "$@"
    grep -m1 -o '"fills": [0-9]*' "$work/report" | grep -qv ': 0$' || fail "$name does not trade"
}

run ema_cross --seed 5 --for 2h --param bar_s=60
# The same source, whose stop follows the price up, so near by that it acts.
judge ema_cross_trailing "$plugins/ema_cross/ema_cross_trailing.so" --seed 3 --for 1h --param bar_s=60 stop_pct=0.1 fast=3 slow=8
run bollinger --seed 5 --for 2h --param bar_s=60 width=1 rsi_entry=60 rsi_exit=50
run mm --seed 5 --for 2h "$plugins/vol/vol.so"
# What the others need to trade within two hours, and to be decided by each of their rules.
run rsi_swing --seed 5 --for 2h --param bar_s=60 low=40
run sma_cross --seed 5 --for 2h --param bar_s=60 fast=3 slow=8
run breakout --seed 5 --for 2h --param bar_s=60 enter_bars=10 leave_bars=4
run random --seed 5 --for 2h --param bar_s=60 turn_pct=50
run grid --seed 5 --for 30m --param step_bps=5
run pairs --seed 3 --for 2h --param bar_s=60 period=20 corr_min=-1

# Spot and a perpetual that is dearer and cheaper in turn, by 60 basis points; it pays 0.05 %, and then nothing.
waves() {
    awk -v wave="$1" 'BEGIN { print "time_ms,price,amount,side"
        for (i = 0; i < 10800; i++)
            printf "%.0f,%.2f,5.123,%s\n", 1700000000000 + i * 1000,
                50000 * (1 + 0.002 * sin(i / 700)) * (1 + wave * sin(i / 500)), i % 2 ? "buy" : "sell" }'
}
waves 0 >"$work/spot.csv"
waves 0.006 >"$work/perp.csv"
printf 'funding_time_ms,rate\n1700006400000,0.0005\n1700035200000,0\n' >"$work/funding.csv"
both=(--data "BTCUSDT=$work/spot.csv" "BTCPUSDT=$work/perp.csv" --funding "BTCPUSDT=$work/funding.csv")
run basis "${both[@]}"
run carry "${both[@]}" --param payments=1 basis_min_bps=-100

# Every order of it is refused, because all are above its limit: it asks again at the next candle, 45 s later at the earliest.
cat >"$work/refused.yaml" <<END
seed: 5
base_currency: USDT
agents:
  - name: one
    plugin: bollinger/bollinger.so
    capital: 50000 USDT
    instruments: ["binance:BTCUSDT"]
    params: {bar_s: 60, width: 1, rsi_entry: 60}
    limits: {order: 100 USDT}
END
judge bollinger_refused --roster "$work/refused.yaml" --plugins "$plugins" --for 30m

# Two days of minutes. An agent is given the bars of its candles and no others, unless its roster names lengths: the same
# intents, and what it was given before one of them (nth) is less. With other lengths alone it would hear of nothing, and is refused.
awk 'BEGIN { print "open_time_ms,open,high,low,close,volume"
    for (i = 0; i < 2880; i++) {
        a = b; b = 50000 * (1 + 0.02 * sin(i / 90) + 0.004 * sin(i / 11)); if (i == 0) a = b
        printf "%.0f,%.2f,%.2f,%.2f,%.2f,9\n", 1735689600000 + i * 60000, a, (a > b ? a : b) + 2, (a < b ? a : b) - 2, b } }' >"$work/binance_spot_BTCUSDT_bars.csv"
# candles LENGTHS CANDLE...: of agents with such candles, the intents and their hash, and the last nth in $work/nth.
candles() {
    local bars=${1:+, bars: [$1]} length
    printf 'seed: 5\nbase_currency: USDT\nagents:\n' >"$work/candles.yaml"
    for length in "${@:2}"; do
        echo "  - {name: c$length, plugin: sma_cross/sma_cross.so, capital: 50000 USDT, instruments: [\"binance:BTCUSDT\"], params: {bar_s: $length, fast: 3, slow: 8}$bars}"
    done >>"$work/candles.yaml"
    rm -rf "$work/candles"
    "$agon" backtest --roster "$work/candles.yaml" --plugins "$plugins" --data "$work/binance_spot_BTCUSDT_bars.csv" --journal "$work/candles" --json >"$work/report" ||
        fail "candles of $*: $(cat "$work/report")"
    "$agon" journal cat "$work/candles" --type intent 2>/dev/null | grep -o ' nth=[0-9]*' | tail -n 1 | cut -d = -f 2 >"$work/nth"
    grep -o '"intents": [0-9]*\|"intents_hash": "[0-9a-f]*"' "$work/report" | tr '\n' ' '
}
own=$(candles '' 900) nth=$(cat "$work/nth")
more=$(candles 1m,15m 900) nth_more=$(cat "$work/nth")
[ "$own" = "$more" ] && [ "$nth" -gt 0 ] && [ "$nth_more" -gt "$nth" ] || fail "an agent of candles of 15 min: $own, nth $nth, and with those of a minute $more, nth $nth_more"
sed 's/bar_s: [0-9]*/bar_s: 3600/' "$work/candles.yaml" >"$work/none.yaml"
"$agon" backtest --roster "$work/none.yaml" --plugins "$plugins" --data "$work/binance_spot_BTCUSDT_bars.csv" --json >"$work/none" 2>&1 &&
    fail "an agent with bars of other lengths alone: $(cat "$work/none")"
grep -q 'a parameter names bars of 1h, and the roster.s .bars. has none' "$work/none" || fail "an agent with bars of other lengths alone: $(cat "$work/none")"
# Two agents of different candles: each has its own, as where both are given both.
own=$(candles '' 300 900)
[ "$own" = "$(candles 5m,15m 300 900)" ] && ! grep -q '"intents": 0 ' <<<"$own" || fail "two agents of candles of 5 and 15 min: $own"

# All of them in the roster of ten: nobody is in another's way.
judge ten --roster "$AGON_SOURCE_ROOT/configs/rosters/ten.yaml" --plugins "$plugins" --for 20m
grep -o '"refused": [0-9]*' "$work/report" | grep -qv ': 0$' && fail "the roster of ten: refusals: $(cat "$work/report")"
echo "ten: $(grep -o '"fills": [0-9]*' "$work/report" | tr '\n' ' ')"
