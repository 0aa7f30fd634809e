#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Twenty agents whose processes get next to no processor: nice 19, with two loads beside. Every event reaches each of
# them, or the host says of whom it does not, by name. An agent that the bus has overtaken is told of the gap.
. "$(dirname "$0")/common.sh"
AGENTS=20
EVENTS=1500

mkdir "$WORK/plugins"
cp "$PLUGINS/busy.so" "$WORK/plugins"
PLUGINS=$WORK/plugins
BUILT_PLUGINS=$PLUGINS
roster=
for i in $(seq $AGENTS); do
    roster="$roster
$(agent "busy_$i" busy.so 'every: 10')"
done
start_sim --seed 11
MODE=paper live_files "$roster"
start_host
until_true "$HOST_PID" "the agents" lines "$WORK/host.err" '"key":"agents"' 1
children() { cat /proc/"$HOST_PID"/task/*/children 2>/dev/null | tr '\n' ' '; }
# shellcheck disable=SC2046
are_there() { [ "$(set -- $(children) && echo $#)" -ge $AGENTS ]; }
until_true "$HOST_PID" "their processes" are_there
for pid in $(children); do
    renice -n 19 -p "$pid" >/dev/null || fail "no nice for $pid"
done
for _ in 1 2; do
    sh -c 'while :; do :; done' "$WORK" &
    PIDS="$PIDS $!"
done

events() { "$AGON" ctl status --dir "$WORK/run" --json 2>/dev/null | jq '.seq // 0'; }
has_events() { [ "$(events)" -ge "$1" ]; }
first=$(events)
until_true "$HOST_PID" "$EVENTS events" has_events $((first + EVENTS))
kill -TERM "$HOST_PID"
awaited="the end of the host"
wait "$HOST_PID"
n=0
for i in $(seq $AGENTS); do
    if lines "$WORK/host.err" "slot busy_$i: [0-9]* events, all delivered" 1; then
        n=$((n + 1))
    elif lines "$WORK/host.err" "slot busy_$i: [0-9]* events, its plugin counts [0-9]*" 1 ||
        lines "$WORK/host.err" "slot busy_$i: its plugin has ended" 1; then
        echo "busy_$i: $(grep -o "slot busy_$i: [^\"]*" "$WORK/host.err" | tail -1)"
    else
        fail "nothing is said of what busy_$i was given"
    fi
done
echo "$n of $AGENTS starved agents were given every event; of $((AGENTS - n)) the host says what they missed"
