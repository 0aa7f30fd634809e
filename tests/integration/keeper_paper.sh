#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The keeper beside a host on paper, as the packages' own configuration is: there are no keys, and it asks for none. It waits,
# and ends with 1 when a live host begins in the same run directory, so that one with its keys is started.
. "$(dirname "$0")/common.sh"
KEEPER=$(dirname "$AGON")/agon-keeper

start_sim --seed 5
MODE=paper
live_files "$(agent busy_1 busy.so 'every: 20')"
sed -i '/^credential:/d' "$WORK/conf/venue.yaml"
mv "$WORK/credentials" "$WORK/keys"
"$KEEPER" --config "$WORK/conf/live.yaml" --dir "$WORK/run" 2>>"$WORK/keeper.err" &
KEEPER_PID=$!
PIDS="$PIDS $KEEPER_PID"
start_host
until_true "$KEEPER_PID" "the keeper says what it is for" grep -q 'is of a host on paper: until one is live there is nothing to cancel' "$WORK/keeper.err"
until_true "$HOST_PID" "the host trades" lines "$WORK/host.err" '"key":"agents"' 1
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
start_host
until_true "$HOST_PID" "the next host trades" lines "$WORK/host.err" '"key":"agents"' 2
kill -0 "$KEEPER_PID" || fail "the keeper does not wait: $(cat "$WORK/keeper.err")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host on paper"
[ "$(wc -l <"$WORK/keeper.err")" = 1 ] && [ ! -s "$WORK/run/keeper.log" ] || fail "the keeper did something: $(cat "$WORK/keeper.err")"

# The same machine goes live. A run directory is of one mode, and who changes the mode begins another.
mv "$WORK/run" "$WORK/paper"
mkdir -m 700 "$WORK/run"
mv "$WORK/keys" "$WORK/credentials"
MODE=live
live_files "$(agent busy_1 busy.so 'every: 20')"
start_host
ended "$KEEPER_PID" 1 "the keeper of a host on paper, beside a live one"
grep -q 'a live host runs in .*: start the keeper again' "$WORK/keeper.err" || fail "it does not say why: $(cat "$WORK/keeper.err")"
"$KEEPER" --config "$WORK/conf/live.yaml" --dir "$WORK/run" 2>>"$WORK/keeper.err" &
KEEPER_PID=$!
PIDS="$PIDS $KEEPER_PID"
until_true "$KEEPER_PID" "the next keeper watches" grep -q "watching process $HOST_PID" "$WORK/keeper.err"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the live host"
echo "without a key it waits beside a host on paper, and gives way to one with keys once a host is live"
