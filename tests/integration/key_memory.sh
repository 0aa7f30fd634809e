#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys whose memory cannot be locked, as for an ordinary user without a limit for it: the host says so by an alert and the
# keeper on its standard error, and both work all the same; with a limit neither says it and the pages are locked.
. "$(dirname "$0")/common.sh"
! is_sanitized || { echo "skipped: a sanitizer locks no memory and says that it did"; exit 77; }

ordinary_user
start_sim --seed 5
live_files "$(agent busy_1 busy.so 'every: 20')"
[ -z "$AS" ] || chown -R nobody "$WORK/conf" "$WORK/credentials"
as_user=$AS

ctl() {
    # shellcheck disable=SC2086
    $as_user "$AGON" ctl --dir "$WORK/run" "$@" >"$WORK/ctl.out" 2>"$WORK/ctl.err"
}
alerts_have() { ctl alerts all --json && jq -e "$1" "$WORK/ctl.out" >/dev/null; }
locked_pages() { awk '/^VmFlags:/ && / lo / && / dd / { n++ } END { print n + 0 }' "/proc/$1/smaps"; }
unlocked='map(select(.kind == "credential" and (.text | test("could not be locked")))) | length'

for limit in 0 1024; do
    n=$(grep -c newClientOrderId "$SIM_LOG")
    AS="prlimit --memlock=$((limit * 1024)):$((limit * 1024)) $as_user"
    start_host
    until_true "$HOST_PID" "orders" lines "$SIM_LOG" newClientOrderId $((n + 3))
    : >"$WORK/keeper.err"
    # shellcheck disable=SC2086
    $AS "$WORK/bin/agon-keeper" --config "$WORK/conf/live.yaml" --dir "$WORK/run" 2>"$WORK/keeper.err" &
    KEEPER_PID=$!
    PIDS="$PIDS $KEEPER_PID"
    until_true "$KEEPER_PID" "the keeper watches" grep -q "watching process $HOST_PID" "$WORK/keeper.err"
    grep -q "Max locked memory *$((limit * 1024)) " "/proc/$HOST_PID/limits" || fail "the limit is not $limit KiB"
    if [ $limit = 0 ]; then
        until_true "$HOST_PID" "the alert" alerts_have "$unlocked == 1"
        until_true "$HOST_PID" "the log's line of it" grep -q 'keys lie in memory that could not be locked' "$WORK/host.err"
        grep -q 'keys lie in memory that could not be locked' "$WORK/keeper.err" || fail "the keeper does not say it"
    else
        # That there is no webhook is said at the same place, after it.
        until_true "$HOST_PID" "another alert of the start" alerts_have 'map(select(.kind == "no_sink")) | length >= 1'
        alerts_have "$unlocked == 1" || fail "an alert although it is locked: $(cat "$WORK/ctl.out")"
        ! grep -q 'could not be locked' "$WORK/keeper.err" || fail "the keeper says it although it is locked"
    fi
    for pid in "$HOST_PID" "$KEEPER_PID"; do
        pages=$(locked_pages "$pid")
        [ "$([ "$pages" = 0 ]; echo $?)" = "$([ $limit = 0 ]; echo $?)" ] ||
            fail "limit $limit: $pages mappings are locked and left out of core files"
    done
    kill -9 "$KEEPER_PID" && kill -TERM "$HOST_PID"
    wait "$KEEPER_PID" 2>/dev/null
    ended "$HOST_PID" 0 "the host"
    echo "limit $limit KiB: $(jq "$unlocked" "$WORK/ctl.out") alerts so far of keys that could not be locked"
done
