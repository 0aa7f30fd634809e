#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The keeper acts for a host that is dead or hung: what is open of its journal is cancelled, a stranger's order stays, a
# hung host is ended and started again, and the next one takes over what the keeper did. It does nothing for a planned
# stop, nor after it was stopped itself while the host went on. Both stopped, it acts when it goes on.
. "$(dirname "$0")/common.sh"
KEEPER=$(dirname "$AGON")/agon-keeper

start_sim --seed 5
VENUE_MORE='reconcile: 1s
recv_window: 1s'
live_files "$(agent busy_1 busy.so 'every: 20')
$(agent busy_2 busy.so 'every: 30')"

keep() { # [COMMAND...]: starts the keeper
    "$KEEPER" --config "$WORK/conf/live.yaml" --dir "$WORK/run" "$@" 2>>"$WORK/keeper.err" &
    KEEPER_PID=$!
    PIDS="$PIDS $KEEPER_PID"
}
# What is open by the exchange's own log: asking it would cost the weight that host and keeper live on.
n_open() {
    jq -n 'reduce (inputs | select(.kind == "effect" and (.clientOrderId // "") != "")) as $e ({}; .[$e.clientOrderId] = $e.status)
        | [.[] | select(. == "NEW" or . == "PARTIALLY_FILLED")] | length' "$SIM_LOG" 2>/dev/null
}
# Keeps the moment at which the exchange had none.
all_gone() { [ "$(n_open)" = 0 ] && gone=$(date +%s%N); }
some_open() { [ "$(n_open || echo 0)" -ge 2 ] 2>/dev/null; }
says() { grep -q -e "$1" "$WORK/run/keeper.log" 2>/dev/null; }
logged() { lines "$WORK/run/keeper.log" "$1" "$2"; }
watched() { grep -q "watching process $1" "$WORK/keeper.err"; }
after() { # WHAT BEGAN
    echo "$1: all orders gone after $((($gone - $2) / 1000000)) ms; $(grep -o '[0-9]* orders found.*' "$WORK/run/keeper.log" | tail -1)"
}
begin() { # N: a host with open orders, the N-th that is watched
    start_host
    until_true "$HOST_PID" "the keeper watches" watched "$HOST_PID"
    until_true "$HOST_PID" "open orders" some_open
}

keep
# A planned stop, and a keeper that was stopped while the host went on.
begin
kill -STOP "$KEEPER_PID"
n=$(grep -c newClientOrderId "$SIM_LOG")
until_true "$HOST_PID" "the host goes on without its keeper" lines "$SIM_LOG" newClientOrderId $((n + 30))
kill -CONT "$KEEPER_PID"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the planned stop"
until_true "$KEEPER_PID" "the keeper sees the end" grep -q "process $HOST_PID ended in good order" "$WORK/keeper.err"
! says 'acted' || fail "the keeper acted in a planned stop: $(cat "$WORK/run/keeper.log")"
echo "planned stop, keeper stopped and continued: nothing done"

# Dead.
begin
began=$(date +%s%N)
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
until_true "$KEEPER_PID" "the orders of a dead host are gone" all_gone
after "kill -9 of the host" "$began"
until_true "$KEEPER_PID" "the keeper is done" logged 'cancelled: .* 0 left' 1
# Its memory is given back by the last of its threads: on a loaded machine that takes longer than a core may make no turn.
says 'acted: process .* is dead\|acted: process .* is hung: no turn of its core' || fail "the log does not say why"

# Hung: ended, and its successor takes over what was done.
begin
taken_over() { "$AGON" journal cat "$WORK/run/journal" --live --type alert 2>/dev/null | grep -q 'kind=keeper'; }
until_true "$HOST_PID" "the next host takes over what the keeper did" taken_over
began=$(date +%s%N)
kill -STOP "$HOST_PID"
until_true "$KEEPER_PID" "the orders of a hung host are gone" all_gone
after "SIGSTOP of the host" "$began"
until_true "$KEEPER_PID" "the keeper is done" logged 'cancelled: .* 0 left' 2
says 'was hung and is ' || fail "the hung host was not ended"
wait "$HOST_PID" 2>/dev/null

# Both stopped: it acts when it goes on.
begin
kill -STOP "$KEEPER_PID" "$HOST_PID"
# What was on its way may have closed the last ones: both go on until some are open while they stand.
until some_open; do
    kill -CONT "$HOST_PID" "$KEEPER_PID"
    until_true "$HOST_PID" "open orders" some_open
    kill -STOP "$KEEPER_PID" "$HOST_PID"
done
began=$(date +%s%N)
kill -CONT "$KEEPER_PID"
until_true "$KEEPER_PID" "the orders are gone" all_gone
after "SIGSTOP of both, then the keeper goes on" "$began"
until_true "$KEEPER_PID" "the keeper is done" logged 'cancelled: .* 0 left' 3
wait "$HOST_PID" 2>/dev/null
kill -TERM "$KEEPER_PID"
wait "$KEEPER_PID" 2>/dev/null

# Started again, where a command for that was given.
start_host
until_true "$HOST_PID" "open orders" some_open
keep -- "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet
until_true "$HOST_PID" "the keeper watches" watched "$HOST_PID"
kill -STOP "$HOST_PID"
until_true "$KEEPER_PID" "the keeper started the host again" says 'started again as process'
# The last one: where the one before it was not yet gone for good, it is tried again.
watched_again() {
    again=$(sed -n 's/.*started again as process \([0-9]*\).*/\1/p' "$WORK/run/keeper.log" | tail -1)
    watched "$again"
}
until_true "$KEEPER_PID" "the keeper watches the new host" watched_again
PIDS="$PIDS $again"
until_true "$again" "the new host trades" some_open
# It learns how its agents end, as any other host.
one_killed() {
    child=$(pgrep -P "$again" | head -n 1)
    [ -n "$child" ] && kill -9 "$child"
}
until_true "$again" "an agent to kill" one_killed
killed() { "$AGON" journal cat "$WORK/run/journal" --live 2>/dev/null | grep -q 'signal 9'; }
until_true "$again" "the new host tells how an agent ended" killed
kill -TERM "$again"
until_true "$KEEPER_PID" "the new host ends" grep -q "process $again ended in good order" "$WORK/keeper.err"
ids_once
echo "started again: $(wc -l <"$WORK/ids") orders of all hosts, no id twice"
