#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# backtest: over a generated market every strategy trades, and the same seed gives the same intents.
# usage: backtest.sh [TIME-OF-MARKET [CANDLE-SECONDS]]; without any, three hours of one-minute candles.
set -u
agon=$AGON_BUILD_ROOT/agon
plugins=$AGON_BUILD_ROOT/plugins
time=${1:-3h}
candle=${2:-60}
fail() { echo "FAIL: $*"; exit 1; }

# run NAME TIME [ARGUMENT...]: twice, with the same hash and some fills.
run() {
    local name=$1 time=$2 hashes=() report fills
    shift 2
    for run in 1 2; do
        report=$("$agon" backtest "$plugins/$name/$name.so" --seed 5 --for "$time" "$@" --json) ||
            fail "agon backtest of $name, run $run: exit $?, $report"
        hashes+=("$(grep -o '"intents_hash": "[0-9a-f]*"' <<<"$report")")
    done
    fills=$(grep -m1 -o '"fills": [0-9]*' <<<"$report" | grep -o '[0-9]*')
    echo "$name: $fills fills, ${hashes[0]}"
    [ "${hashes[0]}" = "${hashes[1]}" ] || fail "$name: two runs, two hashes: ${hashes[*]}"
    [ -n "${hashes[0]}" ] && [ "${fills:-0}" -gt 0 ] || fail "$name does not trade"
}

run ema_cross "$time" --param "bar_s=$candle"
run bollinger "$time" --param "bar_s=$candle"
run mm "$time" "$plugins/vol/vol.so"
# What the others need to trade within an hour.
run rsi_swing 1h --param bar_s=60 low=40
run breakout 1h --param bar_s=60 enter_bars=10
run random 1h --param bar_s=60 turn_pct=30
run grid 1h --param step_bps=5
run pairs 1h --param bar_s=60 period=20 corr_min=-1

# All of them in the roster of ten: nobody is in another's way.
report=$("$agon" backtest --roster "$AGON_SOURCE_ROOT/configs/rosters/ten.yaml" --plugins "$plugins" --for 20m --json) ||
    fail "agon backtest of the roster of ten: exit $?, $report"
grep -o '"refused": [0-9]*' <<<"$report" | grep -qv ': 0$' && fail "the roster of ten: refusals: $report"
echo "ten: $(grep -o '"fills": [0-9]*' <<<"$report" | tr '\n' ' ')"
