#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# parity: pairs of live runs on the recorded book session at speed 1, a market maker on each symbol and a grid: how far two
# live runs differ from each other, and each of them from its own backtest (agon parity).
#
#     ./agon soak parity [PAIRS] [SECONDS]        five pairs of 60 s
#
# Judged: locked is 100 %; free, on the market that the simulator played, the share of fills that differ and the difference of
# results over turnover are at most twice the largest between the runs of a pair, and at most 2 % and 0.2 bp; and nothing is
# unknown. Then the same session on paper and live, in processes and inproc: locked is 100 % in each.
PAIRS=${3:-5}
SECONDS_EACH=${4:-60}
. "$(dirname "$0")/../integration/common.sh"
need_data book/binance_spot_BTCUSDT_20240808T2354.raw.gz
book=$DATA/book/binance_spot
SENT="${book}_BTCUSDT_20240808T2354.raw.gz ${book}_ETHUSDT_20240808T2354.raw.gz"
mkdir "$WORK/plugins"
cp "$AGON_BUILD_ROOT"/plugins/*/*.so "$WORK/plugins/"
PLUGINS=$WORK/plugins
one() { # NAME PLUGIN SYMBOL PARAMS MORE
    printf '  - {name: %s, plugin: %s, stage: live, capital: 100000 USDT, runner: process, hard: 30s,\n' "$1" "$2"
    printf '     instruments: ["binance:%s"], params: {%s}, limits: {open_orders: 40}%s}\n' "$3" "$4" "$5"
}
ROSTER="$(one mm_1 mm.so BTCUSDT 'half_bps: 0.5, follow_bps: 0.2, interval_ms: 200, quote_pct: 2' ', signals: {volatility: none}'
one mm_2 mm.so ETHUSDT 'half_bps: 1, follow_bps: 0.5, interval_ms: 200, quote_pct: 2' ', signals: {volatility: none}'
one grid_1 grid.so BTCUSDT 'levels: 6, step_bps: 1, rest_s: 0' '')"
live_run() { # NAME [MODE RUNNER]
    rm -rf "$WORK/run" "$WORK/conf"
    SIM_PORT=
    # shellcheck disable=SC2086
    start_sim --data $SENT
    MODE=${2-live} live_files "$(echo "$ROSTER" | sed "s/runner: process/runner: ${3-process}/")"
    start_host
    sleep "$SECONDS_EACH"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
    kill -9 "$SIM_PID"
    wait "$SIM_PID" 2>/dev/null
    mv "$WORK/run" "$WORK/$1"
}
judge_run() { # NAME
    # shellcheck disable=SC2086
    "$AGON" parity "$WORK/$1" --json --sent $SENT >"$WORK/$1.json" || fail "$1: $("$AGON" parity "$WORK/$1" --sent $SENT)"
    jq -e '.share_percent == 100 and .differ == 0 and .not_compared == 0 and .free.is_compared and
        (.free.causes[-1] | .fills == 0 and .additional == 0 and (.result | tonumber) == 0)' "$WORK/$1.json" >/dev/null || fail "$1: $(cat "$WORK/$1.json")"
    jq -r '"  " + $name + ": locked " + (.share_percent | tostring) + " %; free: " + (.free.fills | tostring) + " fills, " +
        (.free.equal | tostring) + " equal, " + (.free.differ_percent | tostring) + " % differ, " +
        (.free.result_bp | tostring) + " bp of " + .free.turnover + " " + .free.currency' --arg name "$1" "$WORK/$1.json"
}
: >"$WORK/pairs"
: >"$WORK/frees"
n=1
while [ "$n" -le "$PAIRS" ]; do
    live_run "run_$n.a"
    live_run "run_$n.b"
    "$AGON" parity "$WORK/run_$n.a" --against "$WORK/run_$n.b" --json >"$WORK/against.json" || fail "pair $n"
    jq -c '[.differ_percent, (.result_bp | fabs)]' "$WORK/against.json" >>"$WORK/pairs"
    echo "pair $n: $(jq -r '(.equal | tostring) + " fills equal, " + (.differ_percent | tostring) + " % differ, " +
        (.result_bp | tostring) + " bp"' "$WORK/against.json")"
    for run in a b; do
        judge_run "run_$n.$run"
        jq -c '.free | [.differ_percent, (.result_bp | fabs)]' "$WORK/run_$n.$run.json" >>"$WORK/frees"
    done
    n=$((n + 1))
done
jq -r -n --slurpfile pairs "$WORK/pairs" --slurpfile frees "$WORK/frees" '
    ($pairs | map(.[0]) | max) as $fills | ($pairs | map(.[1]) | max) as $result |
    ([2 * $fills, 2] | min) as $most_fills | ([2 * $result, 0.2] | min) as $most_result |
    ($frees | map(.[0]) | max) as $free_fills | ($frees | map(.[1]) | max) as $free_result |
    "pairs of live runs differ by at most \($fills) % of fills and \($result) bp",
    "a run and its backtest by at most \($free_fills) % and \($free_result) bp; allowed are \($most_fills) % and \($most_result) bp: " +
    (if $free_fills <= $most_fills and $free_result <= $most_result then "within" else "beyond" end)' >"$WORK/verdict"
cat "$WORK/verdict"
grep -q ': within$' "$WORK/verdict" || exit 1
for name in mm grid; do certify "$PLUGINS/$name.so"; done
for mode in live paper; do
    for runner in process inproc; do
        live_run "$mode.$runner" $mode $runner
        "$AGON" parity "$WORK/$mode.$runner" --locked --json >"$WORK/locked.json" || fail "$mode, $runner: $(cat "$WORK/locked.json")"
        jq -e '.share_percent == 100 and .differ == 0 and .not_compared == 0 and .intents >= 50' "$WORK/locked.json" >/dev/null ||
            fail "$mode, $runner: $(cat "$WORK/locked.json")"
        echo "locked, $mode, $runner: $(json "$WORK/locked.json" intents) intents of $SECONDS_EACH s, all equal"
    done
done
