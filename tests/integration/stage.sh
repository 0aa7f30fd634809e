#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An agent whose stage does not trade in the host's mode: the operator is told at the start, once, with the agent, the
# roster's line, what becomes of its orders and how to change it, and that is what becomes of them.
. "$(dirname "$0")/common.sh"
start_sim --seed 5
live_files "$(agent busy_1 busy.so | sed 's/ stage: live,//')
$(agent busy_2 busy.so)
  - {name: model, plugin: vol.so, capital: 0 USDT, instruments: [\"binance:BTCUSDT\"], hard: 30s}"
mkdir "$WORK/plugins"
cp "$PLUGINS/busy.so" "$(dirname "$AGON")/plugins/vol/vol.so" "$WORK/plugins"
PLUGINS=$WORK/plugins
start_host
until_true "$HOST_PID" "an order of busy_2" lines "$SIM_LOG" '"kind":"request".*newClientOrderId' 3
wished() {
    "$AGON" journal cat "$WORK/run/journal" --live --type intent >"$WORK/intents" 2>/dev/null
    lines "$WORK/intents" ' slot=0 .*kind=order' 3
}
until_true "$HOST_PID" "wishes of busy_1" wished
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
lines "$WORK/host.err" 'roster.yaml:4: agent busy_1 is at stage paper.*SLOT_STATE.*stage: testnet.*mode: paper' 1 ||
    fail "nobody is told"
[ "$(grep -c 'is at stage' "$WORK/host.err")" = 1 ] || fail "told more than once, or of an agent that trades"
"${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" || fail "the journal does not replay"
n=$(sed -n 's/^refused busy_1 //p' "$WORK/facts")
[ "${n:-0}" -ge 3 ] || fail "busy_1 was refused ${n:-nothing}"
# An order's number begins with its slot: below 2^48 it would be busy_1's.
"$AGON" journal cat "$WORK/run/journal" --type report |
    sed -n 's/.* order_id=\([0-9]*\) .*/\1/p' | awk '$1 < 281474976710656' >"$WORK/sent"
[ ! -s "$WORK/sent" ] || fail "busy_1 had an order: $(head -1 "$WORK/sent")"

# On paper the same agent trades, and nothing is told of it; one that is not so far is told of.
rm -r "$WORK/run" "$WORK/host.err"
sed -i 's/^mode: live/mode: paper/' "$WORK/conf/live.yaml"
sed -i 's/busy_2, plugin: busy.so, stage: live/busy_2, plugin: busy.so, stage: shadow/' "$WORK/conf/roster.yaml"
start_host
until_true "$HOST_PID" "the start" lines "$WORK/host.err" '"key":"start"' 1
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host on paper"
lines "$WORK/host.err" 'roster.yaml:7: agent busy_2 is at stage shadow.*SLOT_STATE.*stage: paper' 1 ||
    fail "on paper nobody is told of shadow"
[ "$(grep -c 'is at stage' "$WORK/host.err")" = 1 ] || fail "told of an agent that trades on paper"
echo "told once: $(sed -n 's/.*"text":"\([^"]*is at stage[^"]*\)".*/\1/p' "$WORK/host.err")"
