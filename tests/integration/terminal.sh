#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What people see in a terminal: every act of `demo`, `run` and the whole of `top` fill 80x24, 100x30 and 200x50, never scroll or wrap, and
# look as they did (tests/golden). With NO_COLOR nothing is painted; with TERM=dumb, and in a pipe, no escape byte is written.
. "$(dirname "$0")/common.sh"
HERE=$(cd "$(dirname "$0")" && pwd)
PYTHON=
for python in python3 /usr/bin/python3; do
    "$python" -c 'import pyte' 2>/dev/null && PYTHON=$python && break
done
[ -n "$PYTHON" ] || {
    echo "skipped: needs pyte (python3-pyte)"
    exit 77
}
export TMPDIR="$WORK/tmp" TERM=xterm-256color
mkdir "$TMPDIR"
GOLDEN=$AGON_SOURCE_ROOT/tests/golden
seen() { # NAME UNTIL KEEP COMMAND...
    "$PYTHON" "$HERE/terminal.py" "$GOLDEN" "$@" || fail "$1 in a terminal"
}
is_sanitized && {
    echo "skipped: figures of another speed are drawn elsewhere"
    exit 77
}
"$PYTHON" "$HERE/frames.py" "$GOLDEN" demo "$AGON" || fail "frames of the demo's acts"

# What its acts came to stands under the picture, each whole in a line of 80 columns.
"$PYTHON" -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))' sh -c "stty rows 24 cols 80; exec '$AGON' demo --seconds 12 --report off" \
    >"$WORK/acts" 2>&1 </dev/null || fail "the demo: $(tail -5 "$WORK/acts")"
sed 's/.*\x1b\[?1049l//; s/\x1b\[[0-9;?]*[a-zA-Z]//g; s/\r//g' "$WORK/acts" | grep -E '^[1-6] (A|Other) ' >"$WORK/lines"
[ "$(wc -l <"$WORK/lines")" = 6 ] || fail "not six acts: $(tail -30 "$WORK/acts")"
! grep -e '\.\.\.' -e '.\{81\}' "$WORK/lines" || fail "an act's result is shortened: $(cat "$WORK/lines")"

# Kept, it has two summaries: each agrees with its own table, and says no promise that nobody has counted.
# The name of its folder is long, and the line that has it stays one.
long=kept_$(printf '%032d' 0)
program=$(readlink -f "$AGON")
(cd "$WORK" && "$PYTHON" "$HERE/demo_kept.py" "$long/run" "$program" demo --seconds 12 --keep --dir "$long" --report kept.html) \
    2>"$WORK/kept.err" || fail "a kept demo on a screen: $(cat "$WORK/kept.err")"

# A backtest says what was earned first, then what that rests on; a pipe has 80 columns, or $COLUMNS. What finds no room stands in further
# tables, of a run's report too, and words are broken at spaces.
"$AGON" backtest --market demo --roster "$AGON_SOURCE_ROOT/configs/rosters/markets.yaml" --plugins "$AGON_BUILD_ROOT/plugins" --for 1m \
    --journal "$WORK/backtest" >"$WORK/wide" || fail "a backtest"
! grep '.\{81\}' "$WORK/wide" || fail "a line of a pipe is longer than 80 columns"
head -6 "$WORK/wide" | grep -q '^Result: -*[0-9,.]* USDT (.* %) of 450,000.00 USDT, by 9 agents$' && head -7 "$WORK/wide" | grep -q '^2 warnings below$' || fail "no result at its head: $(head -6 "$WORK/wide")"
awk '/^Result: /{ result = NR } /^agent \[/{ table = NR } /^all, with the pool/{ all = NR } /^What this rests on/{ ground = NR } /^  warning: /{ warned++ }
    END { exit !(result < table && table < all && all < ground && warned == 2) }' "$WORK/wide" || fail "not the result first: $(cat "$WORK/wide")"
# Of two instruments of a name the one is a perpetual; a backtest's journal has no other name of their venues.
"$AGON" backtest --market demo --roster "$AGON_SOURCE_ROOT/configs/rosters/markets.yaml" --plugins "$AGON_BUILD_ROOT/plugins" --for 1h \
    --html "$WORK/backtest.html" >"$WORK/said" || fail "a backtest's report"
! grep -q 'venue 1' "$WORK/said" "$WORK/backtest.html" && grep -q 'BTCUSDT perpetual' "$WORK/backtest.html" || fail "an instrument of a backtest: $(grep -o '.\{30\}venue 1.\{30\}' "$WORK/backtest.html" | head -3)"
COLUMNS=300 "$AGON" backtest --market demo --roster "$AGON_SOURCE_ROOT/configs/rosters/markets.yaml" --plugins "$AGON_BUILD_ROOT/plugins" --for 1m >"$WORK/wider" ||
    fail "a backtest in 300 columns"
heads() { sed -n 's/^agent \[USDT\]  *//p' "$1" | sed 's/   */\n/g' | sort | paste -sd' '; }
[ "$(grep -c '^agent \[' "$WORK/wider")" = 1 ] && [ "$(grep -c '^agent \[' "$WORK/wide")" -gt 1 ] && [ "$(heads "$WORK/wide")" = "$(heads "$WORK/wider")" ] &&
    [ "$(heads "$WORK/wide" | wc -w)" = 19 ] || fail "columns are lost: $(grep ^agent "$WORK/wide" "$WORK/wider")"
[ "$(grep -c '^  BTCUSDT \(spot\|perpetual\): fees' "$WORK/wide")" = 2 ] || fail "which BTCUSDT pays what: $(grep ': fees' "$WORK/wide")"
for command in "backtest --market demo --roster $AGON_SOURCE_ROOT/configs/rosters/markets.yaml --plugins $AGON_BUILD_ROOT/plugins --for 1m" \
    "report $WORK/backtest"; do
    # shellcheck disable=SC2086
    "$PYTHON" -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))' sh -c "stty rows 24 cols 80; exec '$AGON' $command" 2>&1 </dev/null | tr -d '\r' >"$WORK/text"
    [ "$(heads "$WORK/text")" = "$(heads "$WORK/wider")" ] && ! grep -q '.\{81\}' "$WORK/text" ||
        fail "$command in 80 columns: $(cat "$WORK/text")"
done

start_sim --seed 3
live_files "$(agent busy_1 busy.so 'every: 20')
$(agent busy_2 busy.so 'every: 25')"
sed -i 's/^mode: live/mode: paper/' "$WORK/conf/live.yaml"
# The gateway knows of a live book a moment before the engine does.
seen run 'books 2/2 live && BTCUSDT .* live && ETHUSDT .* live && ^busy_1  *active && ^busy_2  *active' -4 "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --http off
start_host
ready() { "$AGON" top --dir "$WORK/run" >"$WORK/top" 2>/dev/null && grep -q '^feed ok' "$WORK/top"; }
until_true "$HOST_PID" "a picture of top" ready
NO_COLOR=1 seen top_head '^feed ok' blank1 "$AGON" top --dir "$WORK/run" --every 200ms
"$PYTHON" "$HERE/frames.py" "$GOLDEN" top "$AGON" top --dir "$WORK/run" --every 200ms || fail "frames of top"
! grep -q "$(printf '\033')" "$WORK/top" || fail "an escape byte of top in a pipe"
# What changes faster than anybody reads is rounded, and what is long has its thousands apart.
head -1 "$WORK/top" | grep -Eq '^agon paper  [a-z]+  [0-9-]+T[0-9]{2}:[0-9]{2}:[0-9]{2}Z  up ' || fail "the time of top: $(head -1 "$WORK/top")"
priced() { "$AGON" top --dir "$WORK/run" >"$WORK/top" 2>/dev/null && grep -Eq '(BTC|ETH)USDT .* [0-9]{1,2},[0-9]{3}\.[0-9]{2}' "$WORK/top"; }
until_true "$HOST_PID" "a price in top, its thousands apart" priced
! grep -E '(^|[^0-9,.])[0-9]{4,}\.[0-9]' "$WORK/top" && ! sed '/^$/q' "$WORK/top" | grep -E '(events|fills|refused) [0-9]{4}' ||
    fail "no thousands apart in top: $(cat "$WORK/top")"
! grep -E '[0-9]{3}\.[0-9]+ (us|ms|s)' "$WORK/top" || fail "a span of more than three digits: $(cat "$WORK/top")"

# A terminal that can do nothing.
for command in "demo --seconds 10 --report off" "top --dir $WORK/run"; do
    # shellcheck disable=SC2086
    TERM=dumb "$PYTHON" -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))' "$AGON" $command >"$WORK/dumb" 2>&1 </dev/null
    grep -q 'agon\|Act 1' "$WORK/dumb" || fail "$command with TERM=dumb: $(head -3 "$WORK/dumb")"
    ! grep -q "$(printf '\033')" "$WORK/dumb" || fail "an escape byte with TERM=dumb: $command"
done
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
