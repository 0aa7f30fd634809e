#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Engine time is the time of the market that an exchange plays, at any speed: hosts that start on one at 20x have their history
# each time, also where it plays the recording of another day, and so at speed 1. A journal that is ahead of that market's
# time is refused as one that is ahead of ours, and --rewind-clock sets it back.
. "$(dirname "$0")/common.sh"

# Ten hours of minutes of 2024-08-09.
awk 'BEGIN {
    print "open_time_ms,open,high,low,close,volume"
    for (i = 0; i < 600; i++) {
        px = 60000 + (i * 37) % 100
        printf "%.0f,%d,%d,%d,%d,%d\n", 1723161600000 + i * 60000, px, px + 20, px - 20, px + 10, 20 + i % 7
    }
}' >"$WORK/BTCUSDT.csv"

minutes() { sed -n 's/.*start 1: \(-\{0,1\}[0-9]*\) minutes.*/\1/p' "$WORK/host.err" | tail -1; }
# A host, until its agent has begun. fresh_start: with a run directory of its own.
begin_host() {
    n_began=$(grep -c ': start [0-9]*: .* minutes' "$WORK/host.err" 2>/dev/null)
    start_host "$@"
    until_true "$HOST_PID" "the agent's start" lines "$WORK/host.err" ': start [0-9]*: .* minutes' $((${n_began:-0} + 1))
}
fresh_start() {
    rm -rf "$WORK/run"
    begin_host
}
stop_host() {
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
}
# Are all events of the market at most SECONDS from the venue's own time of them?
near() { # SECONDS
    "$AGON" journal cat "$WORK/run/journal" --json >"$WORK/events" || fail "journal cat"
    python3 - "$WORK/events" "$1" <<'END'
import json, sys

far, n, first = 0, 0, None
for line in open(sys.argv[1]):
    event = json.loads(line)
    if first is None:
        first = int(event["t"])
    if event["type"] == "trade":
        n += 1
        far = max(far, abs(int(event["t"]) - int(event["t_venue"])))
if n == 0:
    sys.exit("no trade")
if far > float(sys.argv[2]) * 1e9:
    sys.exit("a trade is %.1f s from its own time" % (far / 1e9))
if first == 0:
    sys.exit("the journal begins in 1970")
END
}
with_trade() {
    "$AGON" journal cat "$WORK/run/journal" --live --type trade 2>/dev/null | head -1 | grep -q trade
}

start_sim --seed 7 --speed 20
MODE=paper SPEED=20 live_files "$(agent busy_1 busy.so 'every: 1000000')"
for i in 1 2 3 4 5; do
    fresh_start
    [ "$(minutes)" -ge 400 ] || fail "start $i at 20x: $(minutes) minutes of history"
    [ "$i" -lt 5 ] || until_true "$HOST_PID" "a trade" with_trade
    stop_host
done
near 60 || fail "20x: see above"
echo "20x: five starts, each with its history"
kill "$SIM_PID"
wait "$SIM_PID" 2>/dev/null

for speed in 1 20; do
    SIM_PORT=0
    start_sim --data "BTCUSDT=$WORK/BTCUSDT.csv" --from 2024-08-09T08:20:00Z --speed $speed
    MODE=paper SPEED=$speed live_files "$(agent busy_1 busy.so 'every: 1000000' | sed 's/, "binance:ETHUSDT"//')"
    sed -i '/ETHUSDT/d' "$WORK/conf/live.yaml"
    fresh_start
    [ "$(minutes)" -ge 400 ] || fail "a recording at ${speed}x: $(minutes) minutes of history"
    until_true "$HOST_PID" "a trade" with_trade
    stop_host
    near $((speed * 5)) || fail "a recording at ${speed}x: see above"
    # The market goes on, and so does the run directory.
    begin_host
    stop_host
    echo "a recording of another day at ${speed}x: history, and engine time is the market's"
    [ "$speed" = 1 ] || break
    kill "$SIM_PID"
    wait "$SIM_PID"

    # Another market of the same day, an hour before: the journal is ahead of it.
    SIM_PORT=0
    start_sim --data "BTCUSDT=$WORK/BTCUSDT.csv" --from 2024-08-09T07:20:00Z
    sed -i "s/port: [0-9]*/port: $SIM_PORT/" "$WORK/conf/venue.yaml"
    start_host
    ended "$HOST_PID" 7 "a start on a journal that is ahead of the market"
    grep -q "ahead of the time.*by the venue's market.*--rewind-clock" "$WORK/host.err" || fail "it does not say why: $(tail -1 "$WORK/host.err")"
    begin_host --rewind-clock
    grep -q '"key":"clock-rewound"' "$WORK/host.err" || fail "the time was not set back"
    stop_host
    "$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
    echo "a journal ahead of the market: refused, and set back by order"
    kill "$SIM_PID"
    wait "$SIM_PID"
done
