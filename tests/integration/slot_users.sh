#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Slots of a host that an ordinary user runs. Without ids of his own to give they are that user's, and start and doctor
# say what that means; with a range in /etc/subuid each slot is somebody else, no two hosts give the same id, and no slot
# keeps a capability of the namespace that gave it.
[ "$(id -u)" = 0 ] && [ -x /usr/bin/newuidmap ] && [ -e /etc/subuid ] && [ -e /etc/subgid ] && unshare -m true 2>/dev/null &&
    setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups -- unshare -U true 2>/dev/null || {
    echo "skipped: becoming another user takes root, namespaces, and the package uidmap"
    exit 77
}
# In a mount namespace, where /etc/subuid is this test's alone.
[ "${SLOT_USERS-}" = there ] || SLOT_USERS=there exec unshare -m -- sh "$0" "$@"
. "$(dirname "$0")/common.sh"
if is_sanitized; then
    echo "skipped: the slots of a sanitizer's build have no sandbox"
    exit 77
fi

ordinary_user
start_sim --seed 5
live_files "$(agent busy_1 busy.so 'every: 20')
$(agent busy_2 busy.so 'every: 20' '' ', isolation: require')"
[ -z "$AS" ] || chown -R nobody "$WORK/conf" "$WORK/credentials"

children() { pgrep -P "$1" -f __runner; } # HOST: its slots' processes
value() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$2/status"; } # NAME PID
two_slots() { [ "$(children "$1" | wc -l)" = 2 ]; }
doctor() { $AS "$AGON" doctor 2>/dev/null | grep -A1 'sandbox uid'; }

# None are given to him.
: >"$WORK/ids"
mount --bind "$WORK/ids" /etc/subuid && mount --bind "$WORK/ids" /etc/subgid || fail "no mounts"
doctor | grep -q "^lacks .*not here: /etc/subuid gives user nobody no 1024 ids" || fail "doctor: $(doctor)"
start_host
until_true "$HOST_PID" "two slots" two_slots "$HOST_PID"
until_true "$HOST_PID" "the start says what that means" \
    lines "$WORK/host.err" "without the layer uid: plugins run as the host's own user" 1
for pid in $(children "$HOST_PID"); do
    [ "$(value Uid "$pid")" = "$(id -u nobody)" ] || fail "slot $pid is $(value Uid "$pid")"
done
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host without ids"

# A service that may set ids, and nothing else that root may.
PLAIN=$AS
rights=+setuid,+setgid,+kill
AS="setpriv --reuid nobody --regid $(id -g nobody) --clear-groups --inh-caps $rights --ambient-caps $rights --bounding-set -all,$rights --"
doctor | grep -q '^ok .*holds' || fail "doctor of a service: $(doctor)"
rm -rf "${WORK:?}/run"
: >"$WORK/host.err"
# From here on another journal is the account's: orders of the one before may be a moment old.
start_host --take-over
until_true "$HOST_PID" "two slots of a service" two_slots "$HOST_PID"
until_true "$HOST_PID" "its agents begin" lines "$WORK/host.err" '2 agents begin' 1
for pid in $(children "$HOST_PID"); do
    [ "$(value Uid "$pid")" -ge 1073741824 ] && [ "$(value CapPrm "$pid")" = 0000000000000000 ] &&
        [ "$(value CapBnd "$pid")" = 0000000000000000 ] || fail "slot $pid of a service: $(grep -e '^Uid' -e '^Cap' "/proc/$pid/status")"
done
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the service"
AS=$PLAIN

# A range of three blocks, which no other run of this test has.
FIRST_ID=$((300000 + $$ % 200000 * 4096))
LAST_ID=$((FIRST_ID + 3071))
echo "nobody:$FIRST_ID:3072" >"$WORK/ids"
doctor | grep -q '^ok .*holds' || fail "doctor: $(doctor)"

# The unit that is installed takes no new privileges: then nobody gives them out, and what requires all that there is begins.
AS="$PLAIN setpriv --no-new-privs --"
doctor | grep -q "^lacks .*not here: .*takes no new privileges" || fail "doctor without new privileges: $(doctor)"
rm -rf "${WORK:?}/run"
: >"$WORK/host.err"
start_host --take-over
until_true "$HOST_PID" "its agents begin" lines "$WORK/host.err" '2 agents begin' 1
until_true "$HOST_PID" "two slots without new privileges" two_slots "$HOST_PID"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host without new privileges"
AS=$PLAIN

: >"$WORK/host.err"
rm -rf "${WORK:?}/run"
n=$(grep -c '"what":"order.place"' "$SIM_LOG")
start_host --take-over
FIRST=$HOST_PID
sed 's/^mode: live/mode: paper/' "$WORK/conf/live.yaml" >"$WORK/conf/other.yaml"
$AS "$AGON" run --config "$WORK/conf/other.yaml" --dir "$WORK/run2" --plugins "$PLUGINS" --quiet >/dev/null 2>"$WORK/other.err" &
SECOND=$!
PIDS="$PIDS $SECOND"
until_true "$FIRST" "two slots of the first" two_slots "$FIRST"
until_true "$SECOND" "two slots of the second" two_slots "$SECOND"
until_true "$SECOND" "agents of the second begin" lines "$WORK/other.err" '2 agents begin' 1
until_true "$FIRST" "the agents trade" lines "$SIM_LOG" '"what":"order.place"' "$((n + 4))"
! grep -q 'without the layer' "$WORK/host.err" "$WORK/other.err" || fail "$(grep 'without the layer' "$WORK/host.err" "$WORK/other.err")"
# shellcheck disable=SC2046
set -- $(children "$FIRST") $(children "$SECOND")
[ $# = 4 ] || fail "the slots: $*"
for pid; do
    value Uid "$pid"
    [ "$(value CapEff "$pid")" = 0000000000000000 ] && [ "$(value CapPrm "$pid")" = 0000000000000000 ] &&
        [ "$(value CapBnd "$pid")" = 0000000000000000 ] || fail "slot $pid has capabilities: $(grep Cap "/proc/$pid/status")"
    [ "$(value Gid "$pid")" = "$(value Uid "$pid")" ] || fail "slot $pid: $(grep id: "/proc/$pid/status")"
done >"$WORK/uids"
[ "$(sort -u "$WORK/uids" | wc -l)" = 4 ] || fail "an id was given twice: $(cat "$WORK/uids")"
[ "$(awk -v first=$FIRST_ID -v last=$LAST_ID '$1 < first || $1 > last' "$WORK/uids")" = "" ] || fail "ids of others: $(cat "$WORK/uids")"

# A backtest's worker likewise.
$AS "$AGON" backtest "$PLUGINS/busy.so" --seed 5 --for 300d >"$WORK/backtest.out" 2>&1 &
BACKTEST=$!
PIDS="$PIDS $BACKTEST"
is_other() { worker=$(pgrep -P "$BACKTEST" | head -n 1) && [ -n "$worker" ] && [ "$(value Uid "$worker")" -ge "$FIRST_ID" ] && [ "$(value CapBnd "$worker")" = 0000000000000000 ]; }
until_true "$BACKTEST" "the worker is somebody else" is_other
kill -INT "$BACKTEST"
wait "$BACKTEST" 2>/dev/null

# They end with their host, however that ends.
kill -9 "$FIRST"
wait "$FIRST" 2>/dev/null
gone() { for left in $slots; do [ -d "/proc/$left" ] && grep -q '^State:.[^Z]' "/proc/$left/status" && return 1; done; return 0; }
slots="$1 $2"
until_true "$SECOND" "the slots of the host that was killed are gone" gone
kill -TERM "$SECOND"
ended "$SECOND" 0 "the second host"
echo "four slots of two hosts of one user, each with an id of its own: $(tr '\n' ' ' <"$WORK/uids")"
