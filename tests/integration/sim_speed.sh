#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A simulated exchange that gets too little of the machine for its --speed says so, with the speed asked for and the one
# reached; both its markets stand at one time, no minute of either is missing, and it answers. What it gets is little
# because it is stopped most of the time.
. "$(dirname "$0")/common.sh"

start_sim --seed 3 --speed 60
UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")

# Runs for a moment of each second and a half until it has said so; that is how slow the machine is, and no wait for a
# result.
throttled() {
    kill -CONT "$SIM_PID"
    sleep 0.002
    kill -STOP "$SIM_PID"
    sleep 1.5
    grep -q 'is more than this machine keeps up with' "$WORK/sim.err"
}
until_true "$SIM_PID" "that it cannot keep up" throttled
line=$(grep -m 1 'is more than this machine keeps up with' "$WORK/sim.err")
echo "$line"
echo "$line" | grep -q -- '--speed 60 is more .* market time runs [0-9.]* times as fast' || fail "it names no speeds"
reached=$(echo "$line" | sed 's/.* runs \([0-9]*\).*/\1/')
[ "$reached" -lt 60 ] || fail "it reached $reached and complains"

kill -CONT "$SIM_PID"
# It is left alone from here on: what follows is asked of it while it runs as fast as it is told to.
python3 - "$SIM_PORT" "$UM_PORT" <<'END' || fail "what it shows of its markets"
import json, sys, urllib.request

def ask(port, path):
    with urllib.request.urlopen("http://127.0.0.1:%s%s" % (port, path), timeout=60) as answer:
        return json.load(answer)

last = []
for port, path in ((sys.argv[1], "/api/v3"), (sys.argv[2], "/fapi/v1")):
    bars = ask(port, path + "/klines?symbol=BTCUSDT&interval=1m&limit=60")
    for before, bar in zip(bars, bars[1:]):
        if bar[0] - before[0] != 60000 or not before[8]:
            sys.exit("a minute is missing or empty: %r %r" % (before, bar))
    last.append(bars[-1][0])
# Asked one after the other at 60x: a second between them is a minute.
print("markets at", last)
if abs(last[0] - last[1]) > 30 * 60000:
    sys.exit("the markets stand apart: %r" % last)
END
