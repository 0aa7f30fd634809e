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

for name in ema_cross bollinger mm; do
    params=()
    [ $name = mm ] || params=(--param "bar_s=$candle")
    others=()
    [ $name != mm ] || others=("$plugins/vol/vol.so")
    hashes=()
    for run in 1 2; do
        report=$("$agon" backtest "$plugins/$name/$name.so" "${others[@]}" --seed 5 --for "$time" \
            "${params[@]}" --json) || fail "agon backtest of $name, run $run: exit $?, $report"
        hashes+=("$(grep -o '"intents_hash": "[0-9a-f]*"' <<<"$report")")
    done
    fills=$(grep -m1 -o '"fills": [0-9]*' <<<"$report" | grep -o '[0-9]*')
    echo "$name: $fills fills, ${hashes[0]}"
    [ "${hashes[0]}" = "${hashes[1]}" ] || fail "$name: two runs, two hashes: ${hashes[*]}"
    [ -n "${hashes[0]}" ] && [ "${fills:-0}" -gt 0 ] || fail "$name does not trade"
done
