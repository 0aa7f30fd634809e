#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo ends well, with an equal proof, leaves no directory and no process behind, and on recordings too.
. "$(dirname "$0")/common.sh"
export TMPDIR="$WORK/tmp"
mkdir "$TMPDIR"

clean() {
    [ -z "$(ls "$TMPDIR")" ] || fail "$1 left $(ls "$TMPDIR")"
}

"$AGON" demo --seconds 8 >"$WORK/out" 2>"$WORK/err" || fail "the demo ended with $?: $(cat "$WORK/err")"
lines "$WORK/out" ' equal$' 1 || fail "no equal proof: $(tail -5 "$WORK/out")"
grep 1970-01 "$WORK/out" && fail "a time before the market has one"
[ ! -s "$WORK/err" ] || fail "the demo complains: $(head -3 "$WORK/err")"
clean "the demo"
grep 'events delivered' "$WORK/out"

if [ -e "$DATA/book" ]; then
    "$AGON" demo --data "$DATA/book" --seconds 8 >"$WORK/out" 2>"$WORK/err" ||
        fail "the demo on recordings ended with $?: $(cat "$WORK/err")"
    lines "$WORK/out" ' equal$' 1 || fail "no equal proof on recordings: $(tail -5 "$WORK/out")"
    n=$(sed -n 's/^\([0-9]*\) events, .*/\1/p' "$WORK/out")
    [ "${n:-0}" -ge 1000 ] || fail "the recordings gave ${n:-no} events"
    clean "the demo on recordings"
    grep 'events delivered' "$WORK/out"
fi
"$AGON" demo --data /nonexistent --seconds 5 >"$WORK/out" 2>"$WORK/err"
code=$?
[ "$code" = 4 ] || fail "a folder that is not there: ended with $code instead of 4"
grep -q /nonexistent "$WORK/err" || fail "the message does not name it: $(cat "$WORK/err")"
clean "a demo that could not start"
