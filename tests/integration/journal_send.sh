#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A copy of a journal in a sink: all of it once, whatever happened to the sender on the way, and nothing else.
. "$(dirname "$0")/common.sh"
python3 -m tarfile -e "$AGON_SOURCE_ROOT/tests/replay/stop.tar.xz" "$WORK/j" || fail "the journal does not unpack"
"$AGON" journal cat "$WORK/j" --json >"$WORK/want" 2>/dev/null || fail "journal cat"
n=$(wc -l <"$WORK/want")
[ "$n" -gt 100 ] || fail "$n events are not much"
send() { "$AGON" journal send "$WORK/j" "$@" >"$WORK/out" 2>"$WORK/err"; }

middle=$(sed -n "$((n / 2))p" "$WORK/want" | sed -E 's/^."seq":"([0-9]+)".*/\1/')
send --to "ndjson:$WORK/copy" --until "$middle" || fail "the first half: $(cat "$WORK/err")"
cmp -s "$WORK/copy" "$WORK/want" && fail "--until was not heard of"
# Killed in the middle of a line.
size=$(wc -c <"$WORK/copy")
truncate -s $((size - 7)) "$WORK/copy"
send --to "ndjson:$WORK/copy" || fail "the rest: $(cat "$WORK/err")"
cmp "$WORK/copy" "$WORK/want" || fail "the copy is not the journal"
send --to "ndjson:$WORK/copy" || fail "once more: $(cat "$WORK/err")"
grep -q "journal: 0 events" "$WORK/err" || fail "sent twice: $(cat "$WORK/err")"
cmp "$WORK/copy" "$WORK/want" || fail "sent twice"
# What is refused, and touches nothing.
echo "not ours" >"$WORK/diary"
send --to "ndjson:$WORK/diary" && fail "another file was written to"
[ "$(cat "$WORK/diary")" = "not ours" ] || fail "another file was changed"
send --to "pigeon:home" && fail "a sink that there is not"
grep -q "expected ndjson:FILE" "$WORK/err" || fail "it is not said which sinks there are: $(cat "$WORK/err")"
send && fail "send without --to"
echo "$n events, each once"
