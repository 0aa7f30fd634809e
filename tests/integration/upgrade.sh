#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The program's file is replaced under a running host, as a package does it: plugins go on being loaded and restarted,
# by the build that the host is of. Their processes are the runner, which has no TLS or signatures in memory; where nothing
# may be executed from memory they are the host's own program, `agon doctor` says so, and all else is the same.
. "$(dirname "$0")/common.sh"
BUILD=$AGON
mkdir -p "$WORK/bin"

ctl() { "$BUILD" ctl --dir "$WORK/run" "$@"; }
children() { pgrep -P "$HOST_PID" -f __runner; }

# round WHAT LINK DOCTOR: LINK is what /proc says of a child's program, DOCTOR what doctor says
round() {
    AGON=$BUILD
    told=$("$AGON" doctor 2>/dev/null | grep '^[a-z]*  *runner ')
    echo "$told" | grep -q "$3" || fail "$1: doctor says: $told"
    cp "$BUILD" "$WORK/bin/agon" || fail "no copy"
    rm -rf "${WORK:?}/run"
    : >"$WORK/host.err"
    AGON=$WORK/bin/agon
    start_host
    until_true "$HOST_PID" "the agent begins" lines "$WORK/host.err" '1 agents begin' 1
    for pid in $(children); do
        link=$(readlink "/proc/$pid/exe") && [ "$(id -u)" = 0 ] || continue
        echo "$link" | grep -q "$2" || fail "$1: a slot's program is $link"
        case $link in /memfd:*) ! grep -q 'libcrypto\|libsodium\|libuv' "/proc/$pid/maps" || fail "$1: the host's libraries are in a slot" ;; esac
    done
    # Another file under the same name, which no child may ever be.
    printf '#!/bin/sh\ntouch "%s"\nexit 99\n' "$WORK/other" >"$WORK/bin/new"
    chmod 755 "$WORK/bin/new"
    mv "$WORK/bin/new" "$WORK/bin/agon"
    ctl reload busy_1 >"$WORK/out" 2>&1 || fail "$1: a reload behind an upgrade: $(cat "$WORK/out")"
    # shellcheck disable=SC2046
    kill -9 $(children) # who plays, and who is kept for a roll-back
    until_true "$HOST_PID" "$1: it is restarted" lines "$WORK/host.err" '"key":"restart"' 1
    [ ! -e "$WORK/other" ] || fail "$1: a child was the other program"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
    echo "$1: reloaded and restarted behind an upgrade"
}

start_sim --seed 5
live_files "$(agent busy_1 busy.so 'every: 20' '' ', orders_on_reload: cancel')"
if [ "${UPGRADE-}" = no-memory ]; then
    round "nothing is executed from memory" "$WORK/bin/agon" '^lacks .*memory for a program: Permission denied'
    exit 0
fi
round "a program in memory" '^/memfd:agon-runner' '^ok .*a small program of their own'
# The switch is of a pid namespace.
# shellcheck disable=SC2016
UPGRADE=no-memory unshare --pid --fork --mount-proc sh -c 'echo 2 2>/dev/null >/proc/sys/vm/memfd_noexec || exit 77; exec sh "$@"' \
    - "$0" "$BUILD" "$2" >"$WORK/inner" 2>&1
case $? in
0) cat "$WORK/inner" ;;
*) grep -q . "$WORK/inner" && ! grep -q 'unshare' "$WORK/inner" && fail "$(cat "$WORK/inner")"
    echo "not tried: a machine without memory to execute; takes root and Linux 6.3" ;;
esac
