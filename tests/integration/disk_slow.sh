#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A disk that takes longer for a sync than an order may wait for it: no order leaves, each ends as not sent, and the
# operator is told so, once. When the disk is fast again orders go on.
. "$(dirname "$0")/common.sh"
! is_sanitized || { echo "skipped: a sanitizer's run-time must be loaded before anything else"; exit 77; }

alerts() { # N
    "$AGON" ctl alerts all --json --dir "$WORK/run" >"$WORK/alerts" 2>/dev/null &&
        [ "$(jq 'map(select(.kind == "slow_journal")) | length' "$WORK/alerts")" -ge "$1" ]
}
late() { "$AGON" ctl feed --dir "$WORK/run" --json | jq .not_durable_in_time; }
more_are_late() { [ "$(late)" -gt "$1" ]; }

start_sim --seed 4
live_files "$(agent busy_1 busy.so 'every: 10')"
sed -i 's/^hold: .*/hold: 2s/' "$WORK/conf/venue.yaml"
export SLOWDISK="$WORK/slow"
printf 2600 >"$WORK/slow"
LD_PRELOAD="${TOOLS}slowdisk.so" "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet \
    >"$WORK/host.out" 2>>"$WORK/host.err" &
HOST_PID=$!
PIDS="$PIDS $HOST_PID"
until_true "$HOST_PID" "the alert" alerts 1
jq -e 'map(select(.kind == "slow_journal")) | .[0] | (.value | tonumber >= 1) and (.text | test("binance.*within 2000 ms.*hold"))' \
    "$WORK/alerts" >/dev/null || fail "the alert says: $(cat "$WORK/alerts")"
n=$(late)
until_true "$HOST_PID" "more orders that are not sent" more_are_late "$n"
! lines "$SIM_LOG" '"what":"order.place"' 1 || fail "an order left before its journal was safe"

rm "$WORK/slow"
until_true "$HOST_PID" "orders go on" lines "$SIM_LOG" '"what":"order.place"' 3
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
n=$("$AGON" journal cat "$WORK/run/journal" --type alert | grep -c 'kind=slow_journal')
[ "$n" = 1 ] || fail "one slow disk, and that is $n alerts"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay: $(cat "$WORK/replay.out")"
