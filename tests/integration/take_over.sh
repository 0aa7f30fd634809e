#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An account is handed over while its orders are still under way to a slow exchange: the first host lets go of it only
# when nothing of its own can come any more, so that the second one never takes them for those of a rival.
. "$(dirname "$0")/common.sh"

printf '%s\n' 'faults:' '  - {on: request, method: POST, path: /api/v3/order, do: hold, delay: 2500ms}' >"$WORK/faults.yaml"
start_sim --seed 5 --faults "$WORK/faults.yaml"
VENUE_MORE='reconcile: 1s'
live_files "$(agent busy_1 busy.so 'every: 20')"

host() { # N [MORE...]
    n=$1
    shift
    : >"$WORK/host_$n.err"
    "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run_$n" --plugins "$PLUGINS" --quiet "$@" \
        >"$WORK/host_$n.out" 2>>"$WORK/host_$n.err" &
    HOST_PID=$!
    PIDS="$PIDS $HOST_PID"
}
says() { grep -q -e "$2" "$WORK/host_$1.err"; }

host a
a=$HOST_PID
until_true "$a" "orders of the first" lines "$SIM_LOG" '"kind":"request".*newClientOrderId' 3
host b --take-over
b=$HOST_PID
until_true "$b" "the second host is ready" says b '"key":"ready"'
says a '"key":"taken-over"' || fail "the first host does not say that it was taken over"
! says b 'keeps its lock' || fail "the first host did not let go"
n=$(grep -c newClientOrderId "$SIM_LOG")
until_true "$b" "orders of the second" lines "$SIM_LOG" newClientOrderId $((n + 2))
! says b '"key":"other-host"' || fail "orders that the first host had under way were taken for a rival's"
kill -TERM "$a" "$b"
ended "$a" 0 "the first host at its end"
ended "$b" 0 "the second host at its end"
echo "handed over with orders under way: none was taken for a rival's"
