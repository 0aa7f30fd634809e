#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# agon bench reload on recorded quotes, its short form: a slot that holds an order and a position at each swap, in a
# plugin that ends where nth has a gap, saves the state of one that was never reloaded. And the benchmark finds it where
# a generation forgets something, holds nothing, or is told of a gap. Times are not looked at.
. "$(dirname "$0")/common.sh"
QUOTES=book/binance_spot_BTCUSDT_quotes_20210108.csv
need_data "$QUOTES"

# bench CODE PLUGIN: the report into $WORK/report
bench() {
    "$AGON" bench reload --quick --data "$DATA/$QUOTES" --plugin "$FAULTY_DIR/$2.so" --trusted >"$WORK/report" 2>&1
    code=$?
    [ "$code" = "$1" ] || fail "$2 ended with $code instead of $1: $(cat "$WORK/report")"
}

# has N PATTERN: does the report have so many lines with it?
has() {
    [ "$(grep -c -e "$2" "$WORK/report")" = "$1" ] || fail "not $1 times '$2': $(cat "$WORK/report")"
}

bench 0 relay_holds
has 0 WRONG
for runner in inproc process; do
    has 1 "checked *$runner: an order rested and a position was held at 4 of 4 swaps"
    has 1 "checked *$runner: the plugin has been delivered what the engine counts"
    has 1 "checked *$runner: after .* the saved state, .* is that of a control that was never reloaded"
done
has 40 'market events/s, 451 recorded quotes in a loop'
grep -e 'checked .*saved state' "$WORK/report"

bench 1 relay_forgets
has 2 'WRONG .* is that of a control'
bench 6 relay_gap
has 1 "the plugin's on_event returned\|the active plugin has ended\|the new generation failed" # whatever the loader sees first
bench 1 relay_idle
has 2 'WRONG .* an order rested .* at 0 of 4 swaps'
