#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# INV-28: what a host will ever take of memory, it takes at its start. Every page of its tables and rings is there when
# the agents begin (all but stacks, the far end of the two rooms for an encoded state and what is not configured), and what orders, fills,
# snapshots and packed segments make of it afterwards adds nothing that grows. Pages that tables take as they fill look
# like a leak for hours.
. "$(dirname "$0")/common.sh"
is_sanitized && {
    echo "skipped: a build with a sanitizer keeps shadows of its memory"
    exit 77
}
SPEED=60
HOST_MORE='market_keep: 3MiB
market_segment: 1MiB
snapshot_every: 5000'
start_sim --seed 3 --speed 60
live_files "$(agent busy_1 busy.so 'every: 20')
$(agent busy_2 busy.so 'every: 30')"
start_host
until_true "$HOST_PID" "the agents" lines "$WORK/host.err" '"key":"agents"' 1
lines "$WORK/host.err" 'pages come as they are needed' 1 && {
    echo "skipped: this kernel cannot place pages ahead"
    exit 77
}
# The operators' interface opens before or behind the agents' first event: of the two lines that say what is in place the
# one that spares more saw both.
until_true "$HOST_PID" "the end of the start" lines "$WORK/host.err" '"key":"start"' 1
lines "$WORK/host.err" '"key":"memory"' 1 || fail "it is not said what is in place"

# KiB of private writable memory that is no file's, and that is not there.
absent() {
    awk '/^[0-9a-f]+-[0-9a-f]+ / { is_plain = $2 == "rw-p" && $5 == 0 && ($6 == "" || $6 == "[heap]") }
        is_plain && /^Size:/ { n += $2 } is_plain && /^Rss:/ { n -= $2 } END { print n }' "/proc/$HOST_PID/smaps"
}
anon() { awk '/^Anonymous:/ { print $2 }' "/proc/$HOST_PID/smaps_rollup"; }

spared=$(sed -n 's/.*in place, \([0-9]*\) KiB of what.*/\1/p' "$WORK/host.err" | sort -n | tail -n 1)
[ -n "$spared" ] || fail "it is not said what is spared"
there=$(absent)
[ "$there" -le $((spared + 1024)) ] ||
    fail "$there KiB of tables are not there when the agents begin; $spared KiB are spared"
dropped() { lines "$WORK/host.err" '"key":"drop"' "$1"; }
compressed() { [ "$(find "$WORK/run/journal" -name 'market-*.aj.zst' | wc -l)" -ge 1 ]; }
# The threads that are not the core's have made what they keep by the time of the first snapshot.
until_true "$HOST_PID" "the first orders" lines "$SIM_LOG" newClientOrderId 20
until_true "$HOST_PID" "a snapshot and what it covers" dropped 1
first=$(anon)
until_true "$HOST_PID" "snapshots and what they cover" dropped 3
# With the exchange silent: what comes faster than a slow machine compresses it is dropped first.
kill -STOP "$SIM_PID"
until_true "$HOST_PID" "compressed segments" compressed
kill -CONT "$SIM_PID"
until_true "$HOST_PID" "orders" lines "$SIM_LOG" newClientOrderId 150
last=$(anon)
echo "anonymous memory: $first KiB at the first snapshot, $last KiB after $(grep -c newClientOrderId "$SIM_LOG") orders," \
    "snapshots and packed segments; spared and not there: $there KiB"
[ "$last" -le $((first + 512)) ] || fail "the host grew from $first to $last KiB"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
