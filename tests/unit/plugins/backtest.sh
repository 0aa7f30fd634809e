#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# backtest: over a generated market every strategy trades, and the same seed gives the same intents.
# usage: backtest.sh [TIME-OF-MARKET [CANDLE-SECONDS]]; without any, two hours of one-minute candles.
set -u
agon=$AGON_BUILD_ROOT/agon
plugins=$AGON_BUILD_ROOT/plugins
time=${1:-2h}
candle=${2:-60}
fail() { echo "FAIL: $*"; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/agon-test-XXXXXX")
trap 'rm -rf "$work"' EXIT

# run NAME ARGUMENT...: twice, with the same hash and some fills.
run() {
    local name=$1 hashes=() report fills
    shift
    for run in 1 2; do
        report=$("$agon" backtest "$plugins/$name/$name.so" "$@" --json) ||
            fail "agon backtest of $name, run $run: exit $?, $report"
        hashes+=("$(grep -o '"intents_hash": "[0-9a-f]*"' <<<"$report")")
    done
    fills=$(grep -m1 -o '"fills": [0-9]*' <<<"$report" | grep -o '[0-9]*')
    echo "$name: $fills fills, ${hashes[0]}"
    [ "${hashes[0]}" = "${hashes[1]}" ] || fail "$name: two runs, two hashes: ${hashes[*]}"
    [ -n "${hashes[0]}" ] && [ "${fills:-0}" -gt 0 ] || fail "$name does not trade"
}

run ema_cross --seed 5 --for "$time" --param "bar_s=$candle"
run bollinger --seed 5 --for "$time" --param "bar_s=$candle"
run mm --seed 5 --for "$time" "$plugins/vol/vol.so"
# What the others need to trade within half an hour.
run rsi_swing --seed 5 --for 30m --param bar_s=60 low=40
run sma_cross --seed 5 --for 30m --param bar_s=60 fast=3 slow=8
run breakout --seed 5 --for 30m --param bar_s=60 enter_bars=10
run random --seed 5 --for 30m --param bar_s=60 turn_pct=30
run grid --seed 5 --for 30m --param step_bps=5
run pairs --seed 5 --for 30m --param bar_s=60 period=20 corr_min=-1

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

# All of them in the roster of ten: nobody is in another's way.
report=$("$agon" backtest --roster "$AGON_SOURCE_ROOT/configs/rosters/ten.yaml" --plugins "$plugins" --for 20m --json) ||
    fail "agon backtest of the roster of ten: exit $?, $report"
grep -o '"refused": [0-9]*' <<<"$report" | grep -qv ': 0$' && fail "the roster of ten: refusals: $report"
echo "ten: $(grep -o '"fills": [0-9]*' <<<"$report" | tr '\n' ' ')"
