#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Any agent is unloaded by name, with what it holds closed or kept, and its place in the table is used again by another
# of any name: nothing of the one before is the new one's, no id of an order comes back, and a restart finds each in its
# place in whatever order the roster names them.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
ends() { # CODE WORD...
    code=$1
    shift
    ctl "$@" >"$WORK/out" 2>&1
    rc=$?
    [ $rc = "$code" ] || fail "ctl $*: ended with $rc instead of $code: $(cat "$WORK/out")"
}
is() { # QUERY WORD...
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
trades() { is ".[] | select(.name == \"$1\") | .state == \"active\" and .fills > 2" agents; }

start_sim --seed 3
live_files "$(agent busy_1 busy.so 'every: 5')
$(agent busy_2 busy.so 'every: 6')
$(agent busy_3 busy.so 'every: 7')"
start_host
for name in busy_1 busy_2 busy_3; do until_true "$HOST_PID" "$name trades" trades $name; done

ends 2 unload busy_2
ends 2 unload nobody --close
ends 0 unload busy_2 --close --timeout 10m
until_true "$HOST_PID" "its place is free" lines "$WORK/host.err" '"key":"vacated".*busy_2' 1
until_true "$HOST_PID" "it is gone from the list" is 'length == 2 and all(.[]; .name != "busy_2")' agents
is 'all(.[]; .agent != "busy_2")' positions || fail "positions: $(cat "$WORK/out")"

# Its place is another's.
live_files "$(agent busy_1 busy.so 'every: 5')
$(agent newcomer busy.so 'every: 6')
$(agent busy_3 busy.so 'every: 7')"
ends 0 apply "$WORK/conf/roster.yaml"
is '.[] | select(.name == "newcomer") | .slot == 1' agents || fail "the newcomer's place: $(cat "$WORK/out")"
until_true "$HOST_PID" "the newcomer trades" trades newcomer
is 'all(.[]; .agent != "busy_2")' fills || fail "fills of who has gone: $(cat "$WORK/out")"
ends 0 apply "$WORK/conf/roster.yaml"
grep -q 'none' "$WORK/out" || fail "a roster that runs differs: $(cat "$WORK/out")"
echo "unloaded, and its place is another's"

# Kept: its positions stay, and so does its place until somebody closes them.
ends 0 unload busy_1 keep
is '.[0].name == "busy_1" and .[0].state == "ended" and .[0].open == 0' agents ||
    until_true "$HOST_PID" "its orders are cancelled" is '.[0].name == "busy_1" and .[0].open == 0' agents
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
live_files "$(agent busy_3 busy.so 'every: 7')
$(agent newcomer busy.so 'every: 6')"
start_host
until_true "$HOST_PID" "the newcomer trades again" trades newcomer
is '(.[] | select(.name == "newcomer") | .slot) == 1 and (.[] | select(.name == "busy_3") | .slot) == 2' agents ||
    fail "places after kill -9: $(cat "$WORK/out")"
if is 'any(.[]; .name == "busy_1")' agents; then
    ends 0 flatten busy_1 --timeout 10m
    until_true "$HOST_PID" "its place is free" lines "$WORK/host.err" '"key":"vacated".*busy_1' 1
fi
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
# What was unconfirmed when it ended is learnt by the next run, if it has the time and nobody goes on asking for more.
live_files "$(agent busy_3 busy.so 'every: 1000000')
$(agent newcomer busy.so 'every: 1000000')"
again=0
until settled; do
    start_host
    until_true "$HOST_PID" "the host is back" is '.health == "ok"' status
    until_true "$HOST_PID" "every request's fate, and what the exchange has" settled
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host at its end"
    [ "$((again += 1))" -le 5 ] || fail "the exchange's facts are not the journal's: $(diff "$WORK/facts" "$WORK/asks")"
done
ids_once
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay: $(tail -3 "$WORK/replay.out")"
echo "kept, closed later, and all found their places after kill -9"
