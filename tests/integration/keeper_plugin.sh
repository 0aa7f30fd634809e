#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A plugin in the host's own process never returns, and the core with it: the keeper ends that host, cancels what it had
# open, writes down which plugin it was, and starts the host again; that one leaves the plugin out and trades on.
. "$(dirname "$0")/common.sh"
KEEPER=$(dirname "$AGON")/agon-keeper

mkdir "$WORK/plugins"
cp "$PLUGINS/busy.so" "$PLUGINS/rogue.so" "$WORK/plugins/"
PLUGINS=$WORK/plugins
certify "$PLUGINS/rogue.so" # which its parameters make hang
start_sim --seed 5
VENUE_MORE='reconcile: 1s
recv_window: 1s'
live_files "$(agent busy_1 busy.so 'every: 20')
$(agent rogue rogue.so 'fault: hang, after: 40' '' ', runner: inproc')"
log=$WORK/run/keeper.log
says() { grep -q -e "$1" "$log" 2>/dev/null; }
state_of() { "$AGON" ctl agents --dir "$WORK/run" --json 2>/dev/null | jq -r ".[] | select(.name == \"$1\") | .state"; }
is_out() { [ "$(state_of rogue)" = QUARANTINED ]; }
orders_since() { [ "$(tail -n "+$1" "$SIM_LOG" | grep -c '"what":"order.place"')" -ge "$2" ]; }

start_host
"$KEEPER" --config "$WORK/conf/live.yaml" --dir "$WORK/run" -- \
    "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet 2>"$WORK/keeper.err" &
KEEPER_PID=$!
PIDS="$PIDS $KEEPER_PID"
until_true "$KEEPER_PID" "the keeper acts" says "acted: process $HOST_PID is hung"
until_true "$KEEPER_PID" "the keeper started the host again" says 'started again as process'
# The last one: where the one before it was not yet gone for good, it is tried again.
watched_again() {
    again=$(sed -n 's/.*started again as process \([0-9]*\).*/\1/p' "$log" | tail -1)
    grep -q "watching process $again\$" "$WORK/keeper.err"
}
until_true "$KEEPER_PID" "the keeper watches the new host" watched_again
PIDS="$PIDS $again"
wait "$HOST_PID" 2>/dev/null
says "process $HOST_PID was hung and is \(ended\|killed\)" || fail "the hung host was not ended: $(cat "$log")"
says 'hung in plugin [0-9a-f]\{16\} in slot 1' || fail "the plugin is not named: $(cat "$log")"
says 'cancelled: .* 0 left' || fail "its orders were not cancelled: $(cat "$log")"
hash=$(sed -n 's/.*hung in plugin \([0-9a-f]\{16\}\).*/\1/p' "$log" | head -1)

# The next one leaves it out, and the other agent trades.
from=$(($(wc -l <"$SIM_LOG") + 1))
until_true "$again" "the rogue is left out" is_out
until_true "$again" "the other agent trades" orders_since "$from" 30
grep -q 'hung the host: the keeper ended it' "$WORK/run/quarantine" || fail "the quarantine does not say why: $(cat "$WORK/run/quarantine")"
is_out || fail "the rogue is $(state_of rogue)"
grep -q "^$hash" "$WORK/run/quarantine" || fail "the keeper named another binary: $hash, $(cat "$WORK/run/quarantine")"
written() { "$AGON" journal cat "$WORK/run/journal" --live --type alert 2>/dev/null | grep -q 'kind=keeper'; }
until_true "$again" "what the keeper did is in the journal" written
until_true "$again" "the next host says which plugin it was" lines "$WORK/keeper.err" "\"key\":\"keeper\".*hung in plugin $hash" 1
[ "$(grep -c 'acted' "$log")" = 1 ] || fail "the keeper had to act again: $(cat "$log")"
kill -TERM "$again"
until_true "$KEEPER_PID" "the host ends" grep -q "process $again ended in good order" "$WORK/keeper.err"
ids_once
echo "hung in plugin $hash: ended, started again without it, $(wc -l <"$WORK/ids") orders, no id twice"
