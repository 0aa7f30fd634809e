#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A run's own events through a matching engine, its agents deciding anew (agon parity --free): on paper and live each fill
# that differs and each amount has a cause, and nothing is left unknown. What the rate windows refused is named as that. Of a
# simulated exchange what it sent is compared with what the journal has.
. "$(dirname "$0")/common.sh"
mkdir "$WORK/plugins"
cp "$AGON_BUILD_ROOT"/plugins/*/*.so "$PLUGINS/busy.so" "$WORK/plugins/"
PLUGINS=$WORK/plugins
fills() { # so many in the journal
    [ "$("$AGON" journal cat "$WORK/run" --type report --json 2>/dev/null | grep -c '"kind":"fill"')" -ge "$1" ]
}
ROSTER="$(agent busy_1 busy.so 'every: 3' '' ', runner: process')
$(agent busy_2 busy.so 'every: 2' '' ', runner: process')
  - {name: mm_1, plugin: mm.so, stage: live, capital: 100000 USDT, runner: process, hard: 30s, signals: {volatility: none},
     params: {half_bps: 0.2, follow_bps: 0, interval_ms: 100}, instruments: [\"binance:BTCUSDT\"], limits: {open_orders: 20}}"
session() { # MODE FILLS
    rm -rf "$WORK/run" "$WORK/conf"
    MODE=$1 live_files "$ROSTER"
    start_host
    until_true "$HOST_PID" "fills" fills "$2"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
}
free() { # NAME OPTION...
    name=$1
    shift
    "$AGON" parity "$WORK/run" --free "$@" >"$WORK/free.out" 2>&1 || fail "$name: ends with $?: $(cat "$WORK/free.out")"
    "$AGON" parity "$WORK/run" --free --json "$@" >"$WORK/free.json" 2>&1 || fail "$name: $(cat "$WORK/free.json")"
    # The stages lead from one to the next, and the last of them is the journal.
    jq -e '.free | .is_compared and .mode == "free" and .fills >= 1 and
        ([.stages[-1] | .other, .missing, .additional] == [0, 0, 0]) and .stages[-1].equal == .fills and
        .stages[-1].result == .result and (.causes | map(.cause)) ==
            ["inputs", "latency", "queue", "reject", "rate", "stale", "clock", "unknown"] and
        (.causes[-1] | .fills == 0 and (.result | tonumber) == 0) and
        ((.causes | map(.result | tonumber) | add) - ((.result | tonumber) - (.stages[0].result | tonumber)) | fabs) < 1e-6 and
        .equal + .other + .missing == .fills and
        # Each that differs is shown: what filled then, and what again.
        (.differences | length) == ([.other + .missing + .additional, 64] | min) and
        (.differences | map(has("px") and has("again_px")) | map(select(.)) | length) <= .other and
        (.differences | all(has("px") or has("again_px"))) and (.differences | map(.t) | . == sort)' "$WORK/free.json" >/dev/null ||
        fail "$name: $(cat "$WORK/free.out"; jq -c .free "$WORK/free.json")"
    n=$(jq '.free | .other + .missing + .additional' "$WORK/free.json")
    [ "$n" = 0 ] || grep -q '^  differs  at +[0-9.]* s: [a-z_0-9]* [a-z]* [A-Z]*, order [0-9]*: filled .*, again ' "$WORK/free.out" ||
        fail "$name: what differs is not shown: $(cat "$WORK/free.out")"
    for word in '^fills ' '^result ' '^  ahead at entry' '^  unknown  *0  *0  *0.00'; do
        grep -q "$word" "$WORK/free.out" || fail "$name: no line $word: $(cat "$WORK/free.out")"
    done
    echo "$name: $(grep '^fills' "$WORK/free.out")"
}

start_sim --seed 3
session paper 30
free paper
# Not more different than a paper run may be, and more than nothing is allowed to be.
"$AGON" parity "$WORK/run" --free --max-fills 100 --max-pnl 10000 >/dev/null || fail "bounds that nothing can break"
"$AGON" parity "$WORK/run" --free --page "$WORK/free.html" >/dev/null || fail "a page"
grep -q '<table' "$WORK/free.html" && grep -q 'unknown' "$WORK/free.html" && grep -q mm_1 "$WORK/free.html" || fail "the page: $(head -c 500 "$WORK/free.html")"
"$AGON" parity "$WORK/run" --against "$WORK/run" --json >"$WORK/against.json" || fail "against itself"
jq -e '.mode == "against" and .equal > 0 and .missing == 0 and .additional == 0 and .result_bp == 0' "$WORK/against.json" >/dev/null || fail "$(cat "$WORK/against.json")"
"$AGON" parity "$WORK/run" --json >"$WORK/both.json" || fail "both comparisons"
jq -e '.mode == "locked" and .share_percent == 100 and .free.mode == "free"' "$WORK/both.json" >/dev/null || fail "$(cat "$WORK/both.json")"
session live 30
free live
grep -q '^clock  *the venue' "$WORK/free.out" || fail "no word of the venue's clock: $(cat "$WORK/free.out")"
# To the microsecond: a fill (of the user's stream) and an acknowledgement (of either) within a millisecond have an order.
for kind in ack fill; do
    "$AGON" journal cat "$WORK/run" --type report --json | jq -es --arg kind "$kind" \
        'map(select(.kind == $kind and .t_venue != "0") | .t_venue[-6:]) | any(. != "000000") and all(.[3:] == "000")' >/dev/null ||
        fail "the exchange's stamps of $kind are not in microseconds"
done
# A request left before the record that tells of it was made.
"$AGON" journal cat "$WORK/run" --type sent --json | jq -es 'length > 5 and all(.t_sent <= .t) and any(.t_sent < .t)' >/dev/null ||
    fail "requests left when they were told of: $("$AGON" journal cat "$WORK/run" --type sent --json | head -3)"
grep -q '^  inputs .*(not checked)' "$WORK/free.out" || fail "inputs were checked without what was sent"
# Few orders in ten seconds: the refusals are a cause.
again() { # the next simulator, with the options given
    kill -9 "$SIM_PID"
    wait "$SIM_PID" 2>/dev/null
    SIM_PORT=
    start_sim "$@"
}
again --seed 3
rm -rf "$WORK/run" "$WORK/conf"
MODE=live live_files "$ROSTER"
sed -i 's/kind: orders, capacity: 100/kind: orders, capacity: 20/' "$WORK/conf/venue.yaml"
start_host
refused() {
    [ "$("$AGON" journal cat "$WORK/run" --type report --json 2>/dev/null | grep -c 'not_sent.*venue_rate')" -ge 3 ] && fills 10
}
until_true "$HOST_PID" "refusals" refused
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
free rate
jq -e '.free | (.stages[4] != .stages[5]) and (.causes[4].fills > 0 or (.causes[4].result | tonumber) != 0)' "$WORK/free.json" >/dev/null ||
    fail "what was refused is no cause: $(cat "$WORK/free.out")"
# Where it cannot be, that is said.
hash=$(basename "$(find "$WORK/run/kept" -name '*.so' | head -1)")
mv "$WORK/run/kept/$hash" "$WORK/away"
"$AGON" parity "$WORK/run" --free >"$WORK/free.out" 2>&1
rc=$?
[ $rc = 3 ] && grep -q '^not compared  free: .* is not kept' "$WORK/free.out" || fail "a missing file: $rc: $(cat "$WORK/free.out")"
mv "$WORK/away" "$WORK/run/kept/$hash"
# Of bars a book's matching engine says nothing: that is no cause of its, and named. The locked comparison holds.
awk 'BEGIN {
    print "open_time_ms,open,high,low,close,volume"
    for (i = 0; i < 600; i++) {
        px = 60000 + (i * 37) % 100
        printf "%.0f,%d,%d,%d,%d,%d\n", 1723161600000 + i * 60000, px, px + 20, px - 20, px + 10, 20 + i % 7
    }
}' >"$WORK/bars.csv"
again --data "BTCUSDT=$WORK/bars.csv" "ETHUSDT=$WORK/bars.csv" --from 2024-08-09T02:00:00Z --speed 60
SPEED=60 HOST_MORE='report_latency: 0s' session paper 5
"$AGON" parity "$WORK/run" --free >"$WORK/free.out" 2>&1
rc=$?
[ $rc = 3 ] && grep -q '^not compared  free: run 1: fills of instruments of bars: of BTCUSDT ' "$WORK/free.out" &&
    ! grep -q queue "$WORK/free.out" || fail "a run on bars: $rc: $(cat "$WORK/free.out")"
"$AGON" parity "$WORK/run" --json >"$WORK/free.json" 2>&1
rc=$?
[ $rc = 3 ] && jq -e '.share_percent == 100 and (.free | .is_compared == false and (.why | test("instruments of bars")))' "$WORK/free.json" >/dev/null ||
    fail "a run on bars, both: $rc: $(cat "$WORK/free.json")"
# A backtest's journal says nothing of the beginnings of its plugins: nobody can make them anew.
"$AGON" backtest "$BUILT_PLUGINS/busy.so" --seed 3 --for 10m --journal "$WORK/beginless" >/dev/null 2>&1 || fail "the backtest"
"$AGON" parity "$WORK/beginless" --free >"$WORK/free.out" 2>&1
rc=$?
[ $rc = 3 ] && grep -q 'not compared .*no begin of generation' "$WORK/free.out" || fail "a journal without begins: $rc: $(cat "$WORK/free.out")"
# What has no effect is refused.
for options in "--locked --max-fills 1" "--locked --page $WORK/x.html" "--against $WORK/run --max-pnl 0"; do
    # shellcheck disable=SC2086
    "$AGON" parity "$WORK/run" $options >"$WORK/free.out" 2>&1
    rc=$?
    [ $rc = 2 ] && grep -q 'of the free comparison' "$WORK/free.out" || fail "$options: $rc: $(cat "$WORK/free.out")"
done
book=$DATA/book/binance_spot
[ -e "${book}_BTCUSDT_20240808T2354.raw.gz" ] || exit 0
again --data "${book}_BTCUSDT_20240808T2354.raw.gz" "${book}_ETHUSDT_20240808T2354.raw.gz"
session live 10
free recorded --sent "${book}_BTCUSDT_20240808T2354.raw.gz" "${book}_ETHUSDT_20240808T2354.raw.gz"
jq -e '.free.inputs | .trades > 0 and .updates > 0' "$WORK/free.json" >/dev/null || fail "inputs were not compared: $(cat "$WORK/free.out")"
