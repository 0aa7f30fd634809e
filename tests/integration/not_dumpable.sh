#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Nobody looks into host or keeper: neither another program of the same user nor one of another user attaches to them,
# reads their memory or their environment, or takes a descriptor. Undone by a library that keeps them dumpable, the
# same program of the same user does all of it, so that what is refused is refused for that.
. "$(dirname "$0")/common.sh"

ordinary_user
start_sim --seed 5
live_files "$(agent busy_1 busy.so 'every: 20')"
[ -z "$AS" ] || chown -R nobody "$WORK/conf" "$WORK/credentials"

# looked WORD PID COMMAND...: by that command each way to look into the process says the word.
looked() {
    word=$1
    pid=$2
    shift 2
    "$@" "${TOOLS}look" "$pid" >"$WORK/look" || fail "the look at process $pid ended with $?"
    [ "$(grep -c " $word " "$WORK/look")" = 7 ] ||
        fail "the $of by '$*' ($(cat "/proc/$pid/comm" 2>/dev/null)), expected $word: $(cat "$WORK/look")"
}
start_keeper() {
    : >"$WORK/keeper.err"
    # shellcheck disable=SC2086
    $AS "$WORK/bin/agon-keeper" --config "$WORK/conf/live.yaml" --dir "$WORK/run" 2>"$WORK/keeper.err" &
    KEEPER_PID=$!
    PIDS="$PIDS $KEEPER_PID"
    until_true "$KEEPER_PID" "the keeper watches" grep -q "watching process $HOST_PID" "$WORK/keeper.err"
}
start_both() {
    n=$(grep -c newClientOrderId "$SIM_LOG")
    start_host
    until_true "$HOST_PID" "orders" lines "$SIM_LOG" newClientOrderId $((n + 3))
    start_keeper
}
end_both() {
    kill -9 "$KEEPER_PID" && kill -TERM "$HOST_PID"
    wait "$KEEPER_PID" 2>/dev/null
    ended "$HOST_PID" 0 "the host"
}

start_both
for who in "$HOST_PID host" "$KEEPER_PID keeper"; do
    of=${who#* }
    # shellcheck disable=SC2086
    looked no "${who% *}" $AS env
    [ -z "$AS" ] || looked no "${who% *}" setpriv --reuid daemon --regid "$(id -g daemon)" --clear-groups --
    echo "$of, as its own user: $(tr '\n' ' ' <"$WORK/look")"
done
end_both

if is_sanitized; then
    echo "what a library that is preloaded undoes is not shown with a sanitizer"
    exit 0
fi
LD_PRELOAD=$WORK/bin/integration_dumpable.so
export LD_PRELOAD
start_both
unset LD_PRELOAD
for who in "$HOST_PID host" "$KEEPER_PID keeper"; do
    of=${who#* }
    # shellcheck disable=SC2086
    looked yes "${who% *}" $AS env
    [ -z "$AS" ] || looked no "${who% *}" setpriv --reuid daemon --regid "$(id -g daemon)" --clear-groups --
done
end_both
echo "kept dumpable both are looked into by their own user, and by no other"
