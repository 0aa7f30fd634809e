#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An agent is given the candles that its parameter names, and so is another generation of it; lengths that the roster names
# by itself are a change that needs a start.
. "$(dirname "$0")/common.sh"
PLUGINS=$(dirname "$AGON")/plugins

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...
    query=$1
    shift
    ctl "$@" --json >"$WORK/is" 2>/dev/null && jq -e "$query" "$WORK/is" >/dev/null
}
# masks: of each generation in the journal, the lengths that it is given from there on: a bit each from one minute.
masks() {
    "$AGON" journal cat "$WORK/run/journal" --type config | grep ' kind=generation ' | sed 's/.* bar_mask=\([0-9]*\).*/\1/' | tr '\n' ' '
}

start_sim --seed 3
live_files "$(agent one sma_cross/sma_cross.so 'bar_s: 300')"
start_host
until_true "$HOST_PID" "it is there" is '.[0].state == "active"' agents
ctl reload one >"$WORK/out" 2>&1 || fail "reload: $(cat "$WORK/out")"
until_true "$HOST_PID" "another generation has taken over" is '.[0].generation == 2' agents
[ "$(masks)" = '4 ' ] || fail "lengths of the generations: $(masks)"

# What the plugin names is no row of the roster's; what the roster names is.
ctl apply "$WORK/conf/roster.yaml" --dry-run >"$WORK/out" 2>&1 || fail "apply: $(cat "$WORK/out")"
! grep -q 'one .*bars' "$WORK/out" || fail "nothing has changed: $(cat "$WORK/out")"
live_files "$(agent one sma_cross/sma_cross.so 'bar_s: 300' '' ', bars: [1m, 5m]')"
ctl apply "$WORK/conf/roster.yaml" --dry-run >"$WORK/out" 2>&1 || fail "apply: $(cat "$WORK/out")"
grep -q "one .*bars .*the plugin's.*1m, 5m" "$WORK/out" || fail "lengths that the roster names: $(cat "$WORK/out")"

# A parameter that is read at a start: a reload begins with those of before.
live_files "$(agent one sma_cross/sma_cross.so 'bar_s: 60')"
ctl apply "$WORK/conf/roster.yaml" --dry-run >"$WORK/out" 2>&1 || fail "apply: $(cat "$WORK/out")"
grep -q "one .*params.bar_s .*300.*60 .*start" "$WORK/out" || fail "what the parameter waits for: $(cat "$WORK/out")"

# Lengths without the one that its parameter names: it would never be given a candle.
live_files "$(agent one sma_cross/sma_cross.so 'bar_s: 300' '' ', bars: [1m, 1h]')"
sed -i 's/stage: live/stage: paper/' "$WORK/conf/roster.yaml"
"$AGON" backtest --roster "$WORK/conf/roster.yaml" --for 5m >"$WORK/out" 2>&1 && fail "a candle that never comes: $(cat "$WORK/out")"
grep -q "one.*a parameter names bars of 5m, and the roster's .bars. has none" "$WORK/out" || fail "a candle that never comes: $(cat "$WORK/out")"
echo "candles of five minutes, also behind a reload"
