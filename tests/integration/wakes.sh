#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who wakes whom, counted by the kernel (voluntary context switches): a child is not woken for what it does not want, and
# a host without a feed sleeps. How long anything takes is no verdict: what is allowed grows with the time that it took.
. "$(dirname "$0")/common.sh"

switches() { # PID: of all its threads
    cat /proc/"$1"/task/*/status 2>/dev/null | awk '/^voluntary_ctxt_switches/ {n += $2} END {print n + 0}'
}
child_of() { # SLOT: its process, as the host names it
    "$AGON" ctl agent "$1" --dir "$WORK/run" --json 2>/dev/null | jq -r '.agent.pid // empty'
}
seconds() { cut -d. -f1 /proc/uptime; }
events() { "$AGON" ctl status --dir "$WORK/run" --json 2>/dev/null | jq '.seq // 0'; }
has_events() { [ "$(events)" -ge "$1" ]; }

# vol wants bars, one a minute, and no trade and no book; each agent's process is a child of the host.
mkdir "$WORK/plugins"
cp "$(dirname "$AGON")/plugins/vol/vol.so" "$WORK/plugins"
PLUGINS=$WORK/plugins
BUILT_PLUGINS=$PLUGINS
start_sim --seed 9
MODE=paper live_files "  - {name: model, plugin: vol.so, capital: 0 USDT, instruments: [\"binance:BTCUSDT\"], hard: 30s}"
start_host
until_true "$HOST_PID" "the agent" lines "$WORK/host.err" '"key":"agents"' 1
CHILD=
child_is_there() {
    CHILD=$(cat /proc/"$HOST_PID"/task/*/children 2>/dev/null | tr -d '\n')
    CHILD=${CHILD%% *}
    [ -n "$CHILD" ] && [ -e "/proc/$CHILD/status" ]
}
until_true "$HOST_PID" "its process" child_is_there

before=$(switches "$CHILD")
began=$(seconds)
first=$(events)
until_true "$HOST_PID" "600 events" has_events $((first + 600))
n=$(($(switches "$CHILD") - before))
took=$(($(seconds) - began + 1))
# Four looks a second keep it from being left behind; a bar of each length now and then.
allowed=$((6 * took + 60))
[ "$n" -le "$allowed" ] || fail "a child that wants none of them slept and woke $n times over 600 events in $took s, allowed are $allowed"
echo "600 events in $took s, of which a child wants none: it was woken $n times"

# The exchange is gone.
kill -9 "$SIM_PID"
wait "$SIM_PID" 2>/dev/null
until_true "$HOST_PID" "the end of the feed" lines "$WORK/host.err" 'venue' 1
sleep 1
before=$(switches "$HOST_PID")
began=$(seconds)
sleep 5
n=$(($(switches "$HOST_PID") - before))
took=$(($(seconds) - began + 1))
# The core looks after its agents twenty times a second, io looks for a venue fifty times; the rest is slack.
allowed=$((250 * took))
[ "$n" -le "$allowed" ] || fail "a host without a feed slept and woke $n times in $took s, allowed are $allowed"
echo "without a feed for $took s: the host woke $n times"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
lines "$WORK/host.err" 'slot model: [0-9]* events, all delivered' 1 || fail "an event was not delivered"
