#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A host that runs for long does not fill the disk: old segments are compressed, market data beyond market_keep goes once
# snapshots cover it, the money segments stay, what is left replays to every mark, and the next run goes on from it.
. "$(dirname "$0")/common.sh"
SPEED=60
HOST_MORE='market_keep: 3MiB
market_segment: 1MiB
snapshot_every: 5000'

start_sim --seed 3 --speed 60
live_files "$(agent busy_1 busy.so 'every: 200')"
start_host
until_true "$HOST_PID" "market data that goes" lines "$WORK/host.err" '"key":"drop"' 3
# Told while it runs, and with the exchange silent: what comes faster than a slow machine compresses it is dropped first.
compressed() {
    ls "$WORK/run/journal" | grep -q '^market-.*\.aj\.zst$' &&
        "$AGON" journal stats "$WORK/run/journal" --live --json >"$WORK/live.json" 2>/dev/null &&
        jq -e '.classes.market.compressed + .classes.money.compressed > 0' "$WORK/live.json" >"$WORK/null"
}
kill -STOP "$SIM_PID"
until_true "$HOST_PID" "compressed market data" compressed
kill -CONT "$SIM_PID"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" journal stats "$WORK/run/journal" >"$WORK/stats" || fail "the journal cannot be read"
"$AGON" journal stats "$WORK/run/journal" --json >"$WORK/stats.json" || fail "the journal cannot be read"
grep -q '^dropped .*market events, covered by a snapshot' "$WORK/stats" || fail "nothing was dropped: $(cat "$WORK/stats")"
[ -e "$WORK/run/journal/money-00000000000000000001.aj" ] || [ -e "$WORK/run/journal/money-00000000000000000001.aj.zst" ] ||
    fail "a money segment went"
# inv_33: both of the live host are in the heads of its segments and in START, by the word of another program.
id_of() { readelf -nW "$1" | sed -n 's/.*Build ID: \([0-9a-f]*\).*/\1/p'; }
host=$(id_of "$AGON")
[ ${#host} = 40 ] || fail "readelf finds no build id in $AGON"
jq -e --arg id "$host" '.builds == [$id[0:32]]' "$WORK/stats.json" >"$WORK/null" ||
    fail "segment heads name $(jq -c .builds "$WORK/stats.json"), not $host"
"$AGON" journal cat "$WORK/run/journal" --type start --json >"$WORK/start" || fail "the journal shows no START"
jq -e --arg host "$host" --arg theirs "$(id_of "$PLUGINS/busy.so")" \
    '.build == $host[0:32] and .builds == [[null, $host], [0, $theirs]]' "$WORK/start" >"$WORK/null" ||
    fail "START names $(jq -c '[.build, .builds]' "$WORK/start"), not $host and the plugin's"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "what is left does not replay"
"$AGON" replay "$WORK/run/journal" --until 10 2>"$WORK/early" && fail "an event that was dropped was reached"
grep -q 'begins at the snapshot behind event' "$WORK/early" || fail "no reason: $(cat "$WORK/early")"
# What began before the oldest market data that is left cannot be compared, and is not counted.
"$AGON" parity "$WORK/run" >"$WORK/parity.out" 2>&1
[ $? = 3 ] && grep -q '^not compared  agent busy_1, .*market data of its time was dropped' "$WORK/parity.out" &&
    grep -q '^intents *0 of ' "$WORK/parity.out" || fail "parity on what is left: $(cat "$WORK/parity.out")"

start_host
until_true "$HOST_PID" "a second run" lines "$WORK/host.err" '"key":"agents"' 2
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the second host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "after a second run it does not replay"
ids_once
"$AGON" parity "$WORK/run" --json >"$WORK/parity.json" 2>&1
[ $? = 3 ] && jq -e '[.agents[].verdict] == ["not_compared", "equal"]' "$WORK/parity.json" >"$WORK/null" ||
    fail "parity of the second run: $(cat "$WORK/parity.json")"
echo "$(grep '^dropped' "$WORK/stats"); $(jq '.classes.market.compressed + .classes.money.compressed' "$WORK/live.json") segments compressed; $(grep '^marks' "$WORK/replay.out")"
