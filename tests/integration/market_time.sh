#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Engine time is the time of the market that an exchange plays, at any speed: hosts that start on one at 20x have their history
# each time, also where it plays the recording of another day, and so at speed 1. A journal that is ahead of that market's
# time is refused as one that is ahead of ours, and --rewind-clock sets it back. Exports of two runs join by venue time, and a
# market that falls behind is followed.
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
# Is engine time the venue's? No trade is more than SECONDS ahead of its own time, and the nearest is at most so far from it: others
# are late where the machine has no time for them.
near() { # SECONDS
    "$AGON" journal cat "$WORK/run/journal" --json >"$WORK/events" || fail "journal cat"
    python3 - "$WORK/events" "$1" <<'END'
import json, sys

near, n, first = None, 0, None
for line in open(sys.argv[1]):
    event = json.loads(line)
    if first is None:
        first = int(event["t"])
    if event["type"] == "trade":
        n += 1
        late = int(event["t"]) - int(event["t_venue"])
        if late < -float(sys.argv[2]) * 1e9:
            sys.exit("a trade is %.1f s ahead of its own time" % (-late / 1e9))
        near = abs(late) if near is None else min(near, abs(late))
if n == 0:
    sys.exit("no trade")
if near > float(sys.argv[2]) * 1e9:
    sys.exit("each trade is %.1f s from its own time or more" % (near / 1e9))
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
    start_sim --data "BTCUSDT=$WORK/BTCUSDT.csv" --bars visible --from 2024-08-09T08:20:00Z --speed $speed
    MODE=paper SPEED=$speed live_files "$(agent busy_1 busy.so 'every: 1000000' | sed 's/, "binance:ETHUSDT"//')"
    sed -i '/ETHUSDT/d' "$WORK/conf/live.yaml"
    fresh_start
    [ "$(minutes)" -ge 400 ] || fail "a recording at ${speed}x: $(minutes) minutes of history"
    until_true "$HOST_PID" "a trade" with_trade
    "$AGON" ctl status --dir "$WORK/run" --json >"$WORK/status" || fail "no status"
    jq -e '.market_bars == "visible" and (.not_comparable | test("not comparable"))' "$WORK/status" >/dev/null ||
        fail "the status does not say what bars that are seen inside are worth: $(jq .market_bars "$WORK/status")"
    stop_host
    grep -q '"area":"host","key":"bars".*not comparable' "$WORK/host.err" || fail "nor does the end"
    near $((speed * 5)) || fail "a recording at ${speed}x: see above"
    grep -q 'agon sim: bars are played back as trades along open, high, low, close.* not comparable with a backtest' "$WORK/sim.err" ||
        fail "who plays bars is not told what that is worth: $(cat "$WORK/sim.err")"
    jq -e '.bars == "visible" and .comparable == false' "$WORK/sim.out" >/dev/null || fail "its first line does not say it: $(cat "$WORK/sim.out")"
    # The market goes on, and so does the run directory.
    begin_host
    stop_host
    echo "a recording of another day at ${speed}x: history, and engine time is the market's"
    [ "$speed" = 1 ] || break
    kill "$SIM_PID"
    wait "$SIM_PID"

    # Another market of the same day, an hour before: the journal is ahead of it.
    SIM_PORT=0
    start_sim --data "BTCUSDT=$WORK/BTCUSDT.csv" --bars visible --from 2024-08-09T07:20:00Z
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

# Two runs of one recording, at 20x and at real speed: what their exports say of the market joins by venue time, row by row.
awk 'BEGIN {
    print "time_ms,price,quantity,side"
    for (i = 0; i < 36000; i++)
        printf "%.0f,%d.%02d,0.%03d,%s\n", 1723161600000 + i * 100, 60000 + (i * 37) % 100, i % 100, 1 + i % 997, i % 3 ? "buy" : "sell"
}' >"$WORK/trades.csv"
# run_of SPEED FROM ROWS: a run of that recording until it has so many trades; its exports are $WORK/SPEED.*
run_of() {
    SIM_PORT=0
    start_sim --data "BTCUSDT=$WORK/trades.csv" --from "$2" --speed "$1"
    MODE=paper SPEED=$1 VENUE_MORE='silence: 600s' live_files "$(agent busy_1 busy.so 'every: 20' | sed 's/, "binance:ETHUSDT"//')"
    sed -i '/ETHUSDT/d' "$WORK/conf/live.yaml"
    rm -rf "$WORK/run"
    begin_host
    until_true "$HOST_PID" "trades at ${1}x" with_trades "$3"
    stop_host
    kill "$SIM_PID"
    wait "$SIM_PID" 2>/dev/null
    "$AGON" journal export "$WORK/run" --trades "$WORK/$1.trades" --orders "$WORK/$1.orders" --fills "$WORK/$1.fills" \
        --equity "$WORK/$1.equity" || fail "export of the run at ${1}x"
}
with_trades() { [ "$("$AGON" journal cat "$WORK/run/journal" --live --type trade 2>/dev/null | wc -l)" -ge "$1" ]; }
run_of 20 2024-08-09T00:10:00Z 3000
# The other one begins within what the first has seen, half a minute behind its first trade.
from=$(python3 - "$WORK/20.trades" <<'END'
import csv, datetime, sys
row = next(csv.DictReader(open(sys.argv[1])))
t = datetime.datetime.fromisoformat(row["venue_time"].rstrip("Z")) + datetime.timedelta(seconds=30)
print(t.strftime("%Y-%m-%dT%H:%M:%SZ"))
END
) || fail "the run at 20x has no trades"
run_of 1 "$from" 60
python3 - "$WORK" <<'END' || fail "the exports of the two runs do not join"
import csv, sys

def rows(speed, name):
    with open("%s/%s.%s" % (sys.argv[1], speed, name)) as file:
        return list(csv.DictReader(file))

def market(speed):
    return [(r["venue_time"], r["symbol"], r["side"], r["price"], r["quantity"], r["venue_id"]) for r in rows(speed, "trades")]

slow, fast = market(1), market(20)
# Both saw it from the first row of the slow one to the last one that both reached.
first, last = slow[0][0], min(slow[-1][0], fast[-1][0])
slow = [r for r in slow if first < r[0] < last]
fast = [r for r in fast if first < r[0] < last]
if len(slow) < 30:
    sys.exit("only %d rows are in both" % len(slow))
if slow != fast:
    sys.exit("%d and %d rows, the first that differ: %r" % (len(slow), len(fast), next((p for p in zip(slow, fast) if p[0] != p[1]), None)))
for speed in 1, 20:
    for name in "fills", "orders", "equity":
        for row in rows(speed, name):
            if not row["time"] or not row["venue_time"].startswith("2024-08-09T00:"):
                sys.exit("%dx: a row of %s without its times: %r" % (speed, name, row))
    if not rows(speed, "orders"):
        sys.exit("%dx: no order" % speed)
print("%d trades of two runs join" % len(slow))
END

# A simulator that falls behind its speed takes engine time along. It runs for a moment of each second and a half until it
# has said so; from there on it is left alone.
SIM_PORT=0
start_sim --seed 3 --speed 60
MODE=paper SPEED=60 live_files "$(agent busy_1 busy.so 'every: 1000000')"
rm -rf "$WORK/run"
begin_host
throttled() {
    kill -CONT "$SIM_PID"
    sleep 0.002
    kill -STOP "$SIM_PID"
    sleep 1.5
    grep -q 'is more than this machine keeps up with' "$WORK/sim.err"
}
until_true "$SIM_PID" "that it cannot keep up" throttled
kill -CONT "$SIM_PID"
# What is journaled from here on. A minute of market time is a second.
seen=$("$AGON" journal stats "$WORK/run/journal" --live --json | sed -n 's/.*"last_seq": \([0-9]*\).*/\1/p')
is_near() {
    "$AGON" journal cat "$WORK/run/journal" --live --type trade --from "${seen:-1}" --json >"$WORK/events" 2>/dev/null
    tail -n 20 "$WORK/events" | python3 -c '
import json, sys
events = [json.loads(line) for line in sys.stdin]
sys.exit(len(events) < 20 or any(abs(int(e["t"]) - int(e["t_venue"])) > 60e9 for e in events))'
}
until_true "$HOST_PID" "that engine time is the market's again" is_near
stop_host
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "a market that fell behind its speed: engine time is the market's again"
