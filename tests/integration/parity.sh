#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same plugin on the same events wants the same (slot, time, order, fields): in a backtest, in lock-step in a
# process of its own, and in the replays of both journals, to the same state. The hashes are also the ones
# below, whatever compiler and options built the program (builds.sh: four of them).
. "$(dirname "$0")/common.sh"

# A change of the engine or of the generator that is meant to alter decisions prints the new one here.
GENERATED=aa71dde07fb2656e857d18f54d7f14eb5129a1033c0c719b919347b6f377aca3
RECORDED=247817cf7e34ec5578f5195b55d1dc2c4f73f2ca224a75fdb2baa1d9b4de3c34

same() { # NAME, then the arguments that say where the events come from
    name=$1
    shift
    for runner in inproc process; do
        "$AGON" backtest "$PLUGINS/busy.so" "$@" --runner $runner --latency 5ms --data-latency 2ms \
            --journal "$WORK/$name-$runner" --html "$WORK/$name-$runner.html" --json >"$WORK/$name-$runner.json" ||
            fail "$name: the backtest with runner $runner failed"
        "$AGON" replay "$WORK/$name-$runner" --verify --json >"$WORK/$name-$runner-replay.json" ||
            fail "$name: the replay of runner $runner failed"
    done
    want=$(json "$WORK/$name-inproc.json" intents_hash)
    state=$(json "$WORK/$name-inproc.json" state_hash)
    n=$(json "$WORK/$name-inproc.json" intents)
    [ "${n:-0}" -ge 100 ] || fail "$name: only ${n:-no} intents: this would prove nothing"
    for file in inproc-replay process process-replay; do
        [ "$(json "$WORK/$name-$file.json" intents_hash)" = "$want" ] ||
            fail "$name: the intents of $file differ from the backtest's"
        [ "$(json "$WORK/$name-$file.json" state_hash)" = "$state" ] ||
            fail "$name: the state of $file differs from the backtest's"
    done
    # What the plugin says of itself (agon.metric), too: each event that it was delivered.
    for runner in inproc process; do
        tr -d ' \n' <"$WORK/$name-$runner.json" | grep -oE '"metrics":\{"0":[1-9][0-9.]*,"1":[1-9][0-9.]*\}' >"$WORK/$name-$runner-metrics" ||
            fail "$name: runner $runner has no metrics"
        grep -q "Metrics</h2>" "$WORK/$name-$runner.html" || fail "$name: runner $runner has no metrics on its page"
    done
    cmp -s "$WORK/$name-inproc-metrics" "$WORK/$name-process-metrics" ||
        fail "$name: metrics: $(cat "$WORK/$name-inproc-metrics" "$WORK/$name-process-metrics")"
    echo "$name: $n intents $want, state $state: backtest, process in lock-step and both replays"
}

same generated --seed 7 --for 10m
[ "$want" = "$GENERATED" ] || fail "generated: intents $want, and other builds have $GENERATED"
if [ -e "$DATA/book/binance_spot_BTCUSDT_20240808T2354.raw.gz" ]; then
    same recorded --param every=3 --instruments "$AGON_SOURCE_ROOT/tests/data/listing/binance_spot_exchangeInfo.json" \
        --data "$DATA/book/binance_spot_BTCUSDT_20240808T2354.raw.gz" \
        "$DATA/book/binance_spot_ETHUSDT_20240808T2354.raw.gz"
    [ "$want" = "$RECORDED" ] || fail "recorded: intents $want, and other builds have $RECORDED"
fi
