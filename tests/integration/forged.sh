#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Four agents hang, and write into the memory that they share with the host that they do not: that the callback has
# ended, that others begin and end, that all events there ever will be are done, that exactly those are done that there
# are. Each is ended for what the host and the kernel know of it, and its order is cancelled.
. "$(dirname "$0")/common.sh"

start_sim --seed 6
mkdir "$WORK/plugins"
cp "$PLUGINS/busy.so" "$WORK/plugins"
PLUGINS_FROM=$PLUGINS
PLUGINS=$WORK/plugins
roster="$(agent busy_1 busy.so 'every: 10')"
for name in end begin done idle; do
    # A quarantine is of a file: each has one of its own.
    { cat "$PLUGINS_FROM/forger.so"; echo $name; } >"$PLUGINS/forger_$name.so"
    meters=
    [ $name = idle ] && meters=', meters: {cpu: 20}'
    roster="$roster
$(agent forge_$name forger_$name.so "fault: forge_$name" '' ", hard: 200ms$meters")"
done
# Another does so once it is kept for a roll-back, and somebody else plays.
{ cat "$PLUGINS_FROM/forger.so"; echo kept; } >"$PLUGINS/forger_kept.so"
roster="$roster
$(agent spare forger_kept.so 'fault: forge_idle, after: 400' '' ', hard: 200ms, meters: {cpu: 20}, orders_on_reload: cancel')"
live_files "$roster"
start_host
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
sed '/forger_kept/,/limits/s/fault: forge_idle/fault: none/' "$WORK/conf/roster.yaml" >"$WORK/calm.yaml"
until_true "$HOST_PID" "all begin" lines "$WORK/host.err" '"text":"6 agents begin' 1

ctl apply "$WORK/calm.yaml" >"$WORK/out" 2>&1 || fail "apply: $(cat "$WORK/out")"
ctl reload spare >"$WORK/reload.out" 2>&1 # too late, where it was ended for it before
journal() { "$AGON" journal cat "$WORK/run/journal" --live --type "$1" 2>/dev/null; }
has_crashed() { journal crash | grep "slot=$1 " | grep -q -e "$2"; }
until_true "$HOST_PID" "who says that his callback has ended is hung" has_crashed 1 'a callback took longer than 200 ms'
until_true "$HOST_PID" "who says that callbacks begin and end is hung" has_crashed 2 'a callback took longer than 200 ms'
until_true "$HOST_PID" "who says that more is done than there is lies" has_crashed 3 'event 18446744073709551615 is done, and the last was [0-9]*; killed'
# In hand are 20 seconds of its meter, 400 ms: also of a loaded machine it gets more than 20 ms a second.
until_true "$HOST_PID" "who says that nothing is left to do has used up its processor time" \
    lines "$WORK/host.err" 'slot forge_idle: its plugin has ended (exceeds the processor time limit: 400 ms at once, faster than 20 a second' 1
is_kept() { ctl agent spare --json 2>/dev/null | jq -e '.agent.generation == 2' >/dev/null; }
if is_kept; then
    until_true "$HOST_PID" "the generation that is kept has used up its processor time" \
        lines "$WORK/host.err" 'slot spare: the generation that was kept for a roll-back has ended (exceeds the processor time limit)' 1
else
    echo "SKIPPED IN PART: the machine was too busy to reload it in time: $(cat "$WORK/reload.out")"
fi
is_quiet() {
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" 2>/dev/null &&
        ! sed -n '/^slot forge_/,/^slot /p' "$WORK/facts" | grep -q '^open'
}
until_true "$HOST_PID" "their binaries are refused" lines "$WORK/host.err" '"key":"quarantine"' 4
until_true "$HOST_PID" "their orders are cancelled" is_quiet
n=$(grep -c '"what":"order.place"' "$SIM_LOG")
until_true "$HOST_PID" "the other one trades on" lines "$SIM_LOG" '"what":"order.place"' $((n + 3))
! journal crash | grep -q 'slot=0 ' || fail "the other one was ended too"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay: $(cat "$WORK/replay.out")"
