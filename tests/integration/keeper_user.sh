#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The keeper as a user of its own: of root's rights it keeps that to end a process and no other, it has its keys from
# before, and it ends a hung host of another user and cancels what that had open.
. "$(dirname "$0")/common.sh"
KEEPER=$(dirname "$AGON")/agon-keeper
[ "$(id -u)" = 0 ] || {
    echo "skipped: becoming another user takes root"
    exit 77
}

start_sim --seed 5
VENUE_MORE='reconcile: 1s
recv_window: 1s'
live_files "$(agent busy_1 busy.so 'every: 20')"
says() { grep -q -e "$1" "$WORK/run/keeper.log" 2>/dev/null; }
n_open() {
    jq -n 'reduce (inputs | select(.kind == "effect" and (.clientOrderId // "") != "")) as $e ({}; .[$e.clientOrderId] = $e.status)
        | [.[] | select(. == "NEW" or . == "PARTIALLY_FILLED")] | length' "$SIM_LOG" 2>/dev/null
}
some_open() { [ "$(n_open || echo 0)" -ge 2 ] 2>/dev/null; }
is() { # NAME VALUE: what the kernel says of the keeper
    [ "$(awk -v name="$1:" '$1 == name { $1 = ""; sub(/^[ \t]+/, ""); gsub(/[ \t]+/, " "); sub(/ $/, ""); print }' "/proc/$KEEPER_PID/status")" = "$2" ] ||
        fail "$1 is not $2: $(grep "^$1:" "/proc/$KEEPER_PID/status")"
}

for bad in root nobody-of-that-name; do
    mkdir -p "$WORK/run"
    "$KEEPER" --config "$WORK/conf/live.yaml" --dir "$WORK/run" --user "$bad" 2>"$WORK/bad.err"
    [ $? = 6 ] || fail "it became $bad"
    grep -q "cannot become $bad" "$WORK/bad.err" || fail "$bad: $(cat "$WORK/bad.err")"
done
rm -rf "${WORK:?}/run"

# What it writes is its host's to read: where the run directory is another user's, so is its log, also when it comes first.
mkdir -m 700 "$WORK/other" && chown daemon "$WORK/other"
"$KEEPER" --config "$WORK/conf/live.yaml" --dir "$WORK/other" --user nobody 2>"$WORK/other.err" &
other=$!
PIDS="$PIDS $other"
until_true "$other" "the keeper of another user's directory begins" test -e "$WORK/other/keeper.log"
[ "$(stat -c '%U %a' "$WORK/other/keeper.log")" = 'daemon 600' ] || fail "its log is $(stat -c '%U %a' "$WORK/other/keeper.log")"
kill "$other"

# It begins before the host has made what it reads of it by root's rights.
mkdir -m 700 "$WORK/run"
"$KEEPER" --config "$WORK/conf/live.yaml" --dir "$WORK/run" --user nobody 2>"$WORK/keeper.err" &
KEEPER_PID=$!
PIDS="$PIDS $KEEPER_PID"
until_true "$KEEPER_PID" "the keeper begins" test -e "$WORK/run/keeper.log"
sleep 0.3
start_host
until_true "$KEEPER_PID" "the keeper watches" grep -q "watching process $HOST_PID" "$WORK/keeper.err"
nobody=$(id -u nobody)
group=$(id -g nobody)
is Uid "$nobody $nobody $nobody $nobody"
is Gid "$group $group $group $group"
is Groups ""
for set in CapPrm CapEff; do
    is $set 0000000000000020 # CAP_KILL
done
is CapInh 0000000000000000
until_true "$HOST_PID" "open orders" some_open
kill -STOP "$HOST_PID"
until_true "$KEEPER_PID" "the keeper is done" says 'cancelled: .* 0 left'
wait "$HOST_PID" 2>/dev/null
says 'was hung and is \(ended\|killed\)' || fail "the hung host was not ended: $(cat "$WORK/run/keeper.log")"
[ "$(n_open)" = 0 ] || fail "orders are open"
echo "as nobody: a host of root ended, $(grep -o '[0-9]* orders found.*' "$WORK/run/keeper.log" | tail -1)"
