#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Interrupted at any moment the demo ends by itself with 130 and leaves no child and no directory; a reader that goes
# away (SIGPIPE) and a closed standard output end a command without a crash (F-70, B-29, B-34).
. "$(dirname "$0")/common.sh"
export TMPDIR="$WORK/tmp"
mkdir "$TMPDIR"

# interrupt SIGNAL MOMENT PATTERN: a demo that is sent the signal when its directory's files hold the pattern
interrupt() {
    rm -f "$WORK/out" # what the demo before said is not this one's
    "$AGON" demo --seconds 60 >"$WORK/out" 2>"$WORK/err" &
    demo=$!
    PIDS="$PIDS $demo"
    there() { cat "$WORK/out" "$TMPDIR"/agon-demo-*/agon.log 2>/dev/null | grep -q "$1"; }
    until_true "$demo" "$2" there "$3"
    children=$(pgrep -P "$demo")
    kill -"$1" "$demo"
    ended "$demo" 130 "a demo with $1 at $2"
    for child in $children; do
        ! kill -0 "$child" 2>/dev/null || fail "$1 at $2: child $child is left"
    done
    [ -z "$(ls "$TMPDIR")" ] || fail "$1 at $2: left $(ls "$TMPDIR")"
    echo "$1 at $2: 130, nothing left"
}
interrupt INT "its start" 'dashboard'
interrupt TERM "the exchange's word" 'exchange  *http'
interrupt INT "the agents' start" '"agents"\|agents begin'
interrupt TERM "the first act" '^Act 1 of 7'

for signal in INT TERM; do
    "$AGON" backtest "$PLUGINS/busy.so" --seed 3 --for 30d >"$WORK/out" 2>"$WORK/err" &
    backtest=$!
    PIDS="$PIDS $backtest"
    worker() { pgrep -P "$backtest" >"$WORK/worker"; }
    until_true "$backtest" "the backtest's worker" worker
    kill -"$signal" "$backtest"
    ended "$backtest" 130 "a backtest with $signal"
    ! kill -0 "$(cat "$WORK/worker")" 2>/dev/null || fail "$signal: the backtest's worker is left"
    [ -z "$(ls "$TMPDIR")" ] || fail "$signal: the backtest left $(ls "$TMPDIR")"
done
echo "a backtest with INT and TERM: 130, nothing left"

"$AGON" backtest "$PLUGINS/busy.so" --seed 3 --for 2m 2>"$WORK/err" | head -1 >"$WORK/head"
[ -s "$WORK/head" ] || fail "nothing came before the reader left"
! grep -qi 'signal\|sanitizer\|assert' "$WORK/err" || fail "a closed pipe: $(head -3 "$WORK/err")"
for command in "backtest $PLUGINS/busy.so --seed 3 --for 1m" "--help" "sim --help" "doctor"; do
    "$AGON" $command >&- 2>"$WORK/err"
    code=$?
    [ "$code" -lt 128 ] || fail "$command with a closed output ended with $code"
    "$AGON" $command >/dev/full 2>"$WORK/err"
    code=$?
    [ "$code" = 6 ] || fail "$command with a full output ended with $code instead of 6"
done
echo "closed and full outputs: no crash, 6"
