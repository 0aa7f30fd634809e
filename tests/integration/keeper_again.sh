#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The keeper starts a host again until one has begun: while something holds the run directory, each try is refused and the
# next one comes later. What a file makes fail is tried more slowly. Nobody is started behind a planned stop, before a host
# has begun or after.
. "$(dirname "$0")/common.sh"
KEEPER=$(dirname "$AGON")/agon-keeper

start_sim --seed 5
VENUE_MORE='reconcile: 1s
recv_window: 1s'
live_files "$(agent busy_1 busy.so 'every: 20')"
log=$WORK/run/keeper.log

# What the keeper starts: a host, or what $WORK/instead says.
cat >"$WORK/again" <<EOF
#!/bin/sh
[ ! -e "$WORK/instead" ] || exec $(command -v sh) "$WORK/instead"
exec "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet
EOF
chmod +x "$WORK/again"
keep() {
    "$KEEPER" --config "$WORK/conf/live.yaml" --dir "$WORK/run" -- "$WORK/again" 2>>"$WORK/keeper.err" &
    KEEPER_PID=$!
    PIDS="$PIDS $KEEPER_PID"
}
says() { grep -q -e "$1" "$log" 2>/dev/null; }
told() { grep -q -e "$1" "$WORK/keeper.err"; }
watched() { told "watching process $1"; }
n_started() { grep -c 'started again as process' "$log"; }
last_started() { sed -n 's/.*started again as process \([0-9]*\).*/\1/p' "$log" | tail -1; }
begun() { again=$(last_started) && [ -n "$again" ] && watched "$again"; }
orders() { lines "$SIM_LOG" '"what":"order.place"' "$1"; }
n_orders() { grep -c '"what":"order.place"' "$SIM_LOG"; }
# Looks of the keeper, of which it makes one in 50 ms.
n_looks() { awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$KEEPER_PID/status"; }
looked() { [ "$(n_looks)" -ge "$1" ]; }
nobody_is_started() { # WHAT BEHIND
    n=$(n_started)
    until_true "$KEEPER_PID" "the keeper looks on" looked $(($(n_looks) + 60))
    [ "$(n_started)" = "$n" ] || fail "a host is started again behind $1: $(cat "$log")"
}

# The lock of the run directory is taken by another as soon as the dead host leaves it.
start_host
keep
until_true "$HOST_PID" "the keeper watches" watched "$HOST_PID"
until_true "$HOST_PID" "orders" orders 3
python3 - "$WORK" <<'EOF' &
import fcntl, os, struct, sys, time
F_OFD_SETLKW = 38
work = sys.argv[1]
fd = os.open(work + "/run/lock", os.O_RDWR)
fcntl.fcntl(fd, F_OFD_SETLKW, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
open(work + "/held", "w").close()
while not os.path.exists(work + "/let_go"):
    time.sleep(0.02)
EOF
holder=$!
PIDS="$PIDS $holder"
kill -STOP "$KEEPER_PID" # until it is taken
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
until_true "$holder" "the lock is taken" test -e "$WORK/held"
kill -CONT "$KEEPER_PID"
until_true "$KEEPER_PID" "the host is tried again" says 'started again as process .* ended with exit code 5 .*(try 3)'
told 'tried again in 1 s' || fail "the first try is not followed soon: $(cat "$WORK/keeper.err")"
told 'tried again in 2 s' || fail "the tries come no further apart: $(cat "$WORK/keeper.err")"
[ "$(grep -c acted "$log")" = 1 ] || fail "the keeper acted for a host that never began: $(cat "$log")"
n=$(n_orders)
: >"$WORK/let_go"
wait "$holder"
until_true "$KEEPER_PID" "a host has begun" begun
PIDS="$PIDS $again"
until_true "$again" "the new host trades" orders $((n + 3))
[ "$(n_started)" -le 10 ] || fail "the tries are a flood: $(cat "$log")"
echo "the lock was held: $(n_started) tries, and a host"

# Killed, and what is started in its place finds a bad configuration: that is looked at slowly.
echo 'exit 3' >"$WORK/instead"
kill -9 "$again"
until_true "$KEEPER_PID" "a bad configuration" told 'ended with exit code 3 before it was a host: tried again in 30 s'
kill -TERM "$KEEPER_PID"
wait "$KEEPER_PID" 2>/dev/null

# Another keeper goes on with it; and a person ends what that starts, before it is a host.
echo 'exec sleep 100000' >"$WORK/instead"
n=$(n_started)
keep
another() { [ "$(n_started)" -gt "$n" ]; }
until_true "$KEEPER_PID" "the next keeper starts it" another
begun_by_it=$(last_started)
PIDS="$PIDS $begun_by_it"
kill -TERM "$begun_by_it"
until_true "$KEEPER_PID" "a stop before it was a host" says 'was ended (signal 15) before it was a host: it is not started again'
nobody_is_started "a stop before the host has begun"
rm "$WORK/instead"

# A host that was started again, and then stopped.
kill -TERM "$KEEPER_PID"
wait "$KEEPER_PID" 2>/dev/null
n=$(n_orders)
keep
until_true "$KEEPER_PID" "a host has begun" begun
PIDS="$PIDS $again"
until_true "$again" "the new host trades" orders $((n + 3))
kill -TERM "$again"
until_true "$KEEPER_PID" "the host ends" told "process $again ended in good order"
nobody_is_started "a planned stop"

# A host is killed while nobody keeps it, and its number is another process's by the time a keeper begins: that one is left
# alone, and what is open is cancelled.
kill -TERM "$KEEPER_PID"
wait "$KEEPER_PID" 2>/dev/null
start_host
until_true "$HOST_PID" "orders" orders $((n + 8))
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
sleep 100000 &
stranger=$!
PIDS="$PIDS $stranger"
python3 -c 'import struct, sys
with open(sys.argv[1], "r+b") as beat:
    beat.seek(16)
    was, = struct.unpack("<i", beat.read(4))
    assert was == int(sys.argv[2]), was
    beat.seek(16)
    beat.write(struct.pack("<i", int(sys.argv[3])))' "$WORK/run/beat" "$HOST_PID" "$stranger" || fail "the heartbeat"
n_acted=$(grep -c acted "$log")
n=$(n_started)
keep
until_true "$KEEPER_PID" "the keeper acts" lines "$log" acted $((n_acted + 1))
until_true "$KEEPER_PID" "the host is started" another
until_true "$KEEPER_PID" "a host has begun" begun
PIDS="$PIDS $again"
kill -0 "$stranger" || fail "the keeper ended a process that only has a host's number: $(tail -4 "$log")"
kill -TERM "$again"
until_true "$KEEPER_PID" "the host ends" told "process $again ended in good order"
ids_once
echo "a bad configuration is looked at slowly, and nobody is started behind a stop: $(wc -l <"$WORK/ids") orders, no id twice"
