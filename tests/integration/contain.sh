#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Plugins that crash, hang, leave, throw themselves out of memory or break their sandbox, each in a process of its own
# beside one that trades, against the simulated exchange (F-75, F-76, F-85, INV-19, INV-20): they are begun anew, crash
# again, and at the third time their binary is quarantined; nothing of theirs stays open, and the other neither misses
# an event nor stops trading. The next host refuses the binary and keeps their slots.
. "$(dirname "$0")/common.sh"
faults="segv abort hang exit stack"
whole=
is_sanitized || {
    faults="$faults open"
    "$AGON" doctor 2>/dev/null | grep -v 'sandbox uid' | grep -q '^lacks *sandbox' || whole=', isolation: require'
}

start_sim --seed 3
# Only who hangs is taken for hung, also where there is little time for everybody.
roster=$(agent busy_1 busy.so 'every: 5' '' "$whole, hard: 30s")
for fault in $faults; do
    [ "$fault" = hang ] && hard=', hard: 100ms' || hard=
    roster="$roster
$(agent "$fault" faulty.so "fault: $fault, at: 40" 'orders_per_second: 1, orders_burst: 2, duplicates: 1000' "$hard")"
done
live_files "$roster"
cp "$PLUGINS"/busy.so "$FAULTY" "$WORK/"
PLUGINS=$WORK
start_host
n=$(echo $faults | wc -w)
until_true "$HOST_PID" "$n plugins gone" lines "$WORK/host.err" '"key":"slot-ended"' "$n"
before=$(grep -c '"kind":"request"' "$SIM_LOG")
until_true "$HOST_PID" "the other trades on" lines "$SIM_LOG" '"kind":"request"' $((before + 10))
alone() {
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" 2>/dev/null
    [ "$(grep -c '^slot [a-z]* 3 65 ' "$WORK/facts")" = "$n" ] &&
        ! sed -n '/^slot busy_1 /,/^slot /d; /^open/p' "$WORK/facts" | grep -q .
}
until_true "$HOST_PID" "the gone ones' orders are cancelled" alone
grep -q '^slot busy_1 1 0 ' "$WORK/facts" || fail "the slot that trades is not active: $(grep busy_1 "$WORK/facts")"
# Whoever is gone says why, also where it crashed in the moment in which it was begun anew.
gone_say_why() {
    "$AGON" ctl agents --json --dir "$WORK/run" >"$WORK/agents" 2>/dev/null &&
        jq -e 'map(select(.name != "busy_1")) | length > 0 and all(.failure // "" != "")' "$WORK/agents" >/dev/null
}
until_true "$HOST_PID" "whoever is gone says why" gone_say_why
# The alert of a quarantine says whose it is, why, and what to do.
"$AGON" ctl alerts all --json --dir "$WORK/run" >"$WORK/alerts" || fail "ctl alerts"
jq -e 'map(select(.kind == "quarantine")) | length > 0 and all(. as $a | .agent != null and (.text | startswith($a.agent + " is quarantined: ")) and
    (.text | test(" crashes, last: .*; next: reload another file, or quarantine clear$")))' "$WORK/alerts" >/dev/null ||
    fail "an alert of a quarantine: $(jq -c 'map(select(.kind == "quarantine"))' "$WORK/alerts")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
grep -q '^[0-9a-f]\{64\} ' "$WORK/run/quarantine" || fail "no binary is in the quarantine"
"$AGON" journal cat "$WORK/run/journal" --type crash --json 2>/dev/null | grep -q '"signal":11' || fail "no crash is in the journal"
# Begun anew with nothing (3), each warms up on what it had at the start (2) and what came since.
sed -n 's/.*: start \([123]\): \([0-9]*\) bars".*/\2 \1/p' "$WORK/host.err" | sort -n -k1 -k2 >"$WORK/bars"
grep -q ' 3$' "$WORK/bars" || fail "none that was begun anew tells of bars before it"
head -1 "$WORK/bars" | grep -q ' [12]$' || fail "begun anew with less of the past than at the start: $(cat "$WORK/bars")"
grep -q '"key":"nth".*busy_1: .* all delivered' "$WORK/host.err" || fail "the trading slot missed events"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
"${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts"
sed -n 's/.*"text":"slot \([a-z]*\): its plugin has ended (\(.*\))".*/\1: \2/p' "$WORK/host.err"
echo "$n plugins gone, their slots suspended; $(grep -c '"kind":"request"' "$SIM_LOG") requests, busy_1 delivered $(sed -n 's/^slot busy_1 1 0 //p' "$WORK/facts")"
# What is quarantined stays so in the next run, and holds up nobody else.
start_host
until_true "$HOST_PID" "the next host refuses the binary" lines "$WORK/host.err" '"key":"quarantined"' "$n"
before=$(grep -c '"kind":"request"' "$SIM_LOG")
until_true "$HOST_PID" "the other trades in the next run" lines "$SIM_LOG" '"kind":"request"' $((before + 5))
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the next host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal of both does not replay"
