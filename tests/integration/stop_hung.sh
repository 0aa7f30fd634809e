#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The kill switch while the exchange answers no new order: it takes them, says nothing, and its stream is silent too, so
# that the host cannot know that they stand. All orders are gone there before the first of those requests is given up.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
# A question of all open orders is dear: not too often.
open_there() {
    "${TOOLS}asks" "$SIM_PORT" >"$WORK/asks" && grep -q '^open' "$WORK/asks" && return
    sleep 1
    return 1
}
none_there() {
    "${TOOLS}asks" "$SIM_PORT" >"$WORK/asks" && ! grep -q '^open' "$WORK/asks" && return
    sleep 1
    return 1
}
n_unknown() { "$AGON" journal cat "$WORK/run/journal" --live --type report 2>/dev/null | grep -c 'kind=unknown'; }
hung() { lines "$SIM_LOG" '"kind":"fault".*"name":"new"' 2; }

cat >"$WORK/faults.yaml" <<'EOF'
seed: 1
faults:
  - {name: new, on: request, do: timeout, effect: true, method: POST, path: "/api/v3/order", after: 8s}
  - {name: told, on: user, do: drop, event: executionReport, after: 8s}
EOF
# Longer than a busy machine takes to cancel: a kill that waits for them is seen all the same. And no cancel is given up
# because its answer takes a second.
VENUE_MORE='request_timeout: 60s
cancel_timeout: 60s'
start_sim --seed 3 --faults "$WORK/faults.yaml"
live_files "$(agent busy_1 busy.so 'every: 5')
$(agent busy_2 busy.so 'every: 7')"
start_host
until_true "$HOST_PID" "two requests that hang" hung
until_true "$HOST_PID" "an order that is open at the exchange" open_there
before=$(n_unknown)
ctl kill "nothing answers" >/dev/null || fail "kill"
until_true "$HOST_PID" "no order is open at the exchange" none_there
# What was given up before the exchange was asked to cancel was waited for. A cancel that it knows no order of is
# unconfirmed too, but behind its answer.
sent_ns=$(jq -r 'select(.what == "openOrders.cancelAll") | .t_market_ns' "$SIM_LOG" | head -1)
waited=$("$AGON" journal cat "$WORK/run/journal" --live --type report --json 2>/dev/null | jq -r 'select(.kind == "unknown") | .t' |
    tail -n +$((before + 1)) | awk -v sent="$sent_ns" '$1 < sent - 1e9' | wc -l)
[ -n "$sent_ns" ] && [ "$waited" = 0 ] || fail "the kill waited for requests that hung: $waited were given up before it ($sent_ns)"
is '.state == "killed"' status || fail "status: $(cat "$WORK/out")"
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
ids_once
echo "killed behind $(grep -c '"kind":"fault".*"name":"new"' "$SIM_LOG") hung requests: nothing was open before one was given up"
