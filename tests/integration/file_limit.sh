#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A file that may grow no further (ulimit -f, SIGXFSZ) is a full disk to a live host: it halts, says so and lives; when it
# may again, it trades on.
. "$(dirname "$0")/common.sh"
command -v prlimit >/dev/null || {
    echo "skipped: needs prlimit"
    exit 77
}

start_sim --seed 3
live_files "$(agent busy_1 busy.so 'every: 2')"
start_host
until_true "$HOST_PID" "orders" lines "$SIM_LOG" '"what":"order.place"' 5
# More than its log has, which is a file too: what it says has to be found there.
prlimit --pid "$HOST_PID" --fsize=65536:unlimited || fail "the limit cannot be set"
until_true "$HOST_PID" "a word about the disk" lines "$WORK/host.err" '"area":"alert","key":"journal"' 1
prlimit --pid "$HOST_PID" --fsize=unlimited || fail "the limit cannot be lifted"
until_true "$HOST_PID" "a word about the room" lines "$WORK/host.err" '"key":"journal-resume"' 1
until_true "$HOST_PID" "orders again" lines "$SIM_LOG" '"what":"order.place"' \
    $(($(grep -c '"what":"order.place"' "$SIM_LOG") + 3))
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
ids_once
echo "files that may not grow: halted and alive; then $(wc -l <"$WORK/ids") orders, no id twice"
