#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A disk that fills up under a live host (F-55): it says so and lets nothing new out, cancels pass, it does not end; when
# there is room again it trades on without a restart. Killed while the disk is full it starts again when there is room, and
# goes on from all that it had decided. Every order that left is in the journal, which verifies.
# Mounts a small file system of its own, so it needs root.
. "$(dirname "$0")/common.sh"
mkdir "$WORK/disk"
mount -t tmpfs -o size=320m none "$WORK/disk" 2>/dev/null || {
    echo "skipped: needs the right to mount a file system"
    exit 77
}
MOUNTED=$WORK/disk
ln -s disk/run "$WORK/run"
mkdir -m 700 "$WORK/disk/run"

start_sim --seed 3
live_files "$(agent busy_1 busy.so 'every: 2')"
sed -i 's/^low_water: .*/low_water: 16MiB/' "$WORK/conf/live.yaml"
start_host
until_true "$HOST_PID" "orders" lines "$SIM_LOG" '"what":"order.place"' 5

# fill N: no room for the journal's next file, for the Nth time
halts() {
    "$AGON" journal cat "$WORK/run/journal" --live --type command 2>/dev/null | grep -c 'kind=halt.*reason=disk'
}
halted() { [ "$(halts)" -ge "$1" ]; }
fill() {
    dd if=/dev/zero of="$WORK/disk/fill" bs=1M 2>/dev/null
    until_true "$HOST_PID" "a word about the disk" lines "$WORK/host.err" '"area":"alert","key":"journal"' "$1"
    until_true "$HOST_PID" "the halt in the journal" halted "$1"
    echo "full: no new orders"
}
more_orders() {
    until_true "$HOST_PID" "orders again" lines "$SIM_LOG" '"what":"order.place"' \
        $(($(grep -c '"what":"order.place"' "$SIM_LOG") + 3))
}
fill 1
rm "$WORK/disk/fill"
until_true "$HOST_PID" "a word about the room" lines "$WORK/host.err" '"key":"journal-resume"' 1
more_orders
fill 2
kill -KILL "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
rm "$WORK/disk/fill"
start_host
more_orders
echo "killed while it was full: started again"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
ids_once
"${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" || fail "the journal cannot be read"
sed -n 's/^sent //p' "$WORK/facts" | sort >"$WORK/sent"
lost=$(sort "$WORK/ids" | comm -13 "$WORK/sent" - | head -3)
[ -z "$lost" ] || fail "the exchange saw orders that the journal does not hold: $lost"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "room again: it trades on; $(wc -l <"$WORK/ids") orders, each in the journal"
