#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The best prices of a recording reach a host as they were recorded: each of them, in order, also those that say the same
# twice and those that lie between two changes of the book, at the market's time.
. "$(dirname "$0")/common.sh"

# Ten minutes: a change of the book each 100 ms, and ten quotes in between whose quantities number them.
python3 - "$WORK/binance_spot_BTCUSDT.raw" <<'END'
import json, sys

t0, out = 1723161600000, open(sys.argv[1], "w")
def line(ms, text):
    out.write("%d000000 %s\n" % (ms - 1500, text))
line(t0, json.dumps({"stream": "btcusdt@depth@100ms", "data": {"e": "depthUpdate", "E": t0, "s": "BTCUSDT", "U": 8, "u": 10, "b": [], "a": []}}))
line(t0, json.dumps({"lastUpdateId": 10, "bids": [["60000.00", "1.00000"], ["59990.00", "5.00000"]], "asks": [["60001.00", "1.00000"], ["60010.00", "5.00000"]]}))
n = 0
for i in range(6000):
    for k in range(10):
        n += 1
        line(t0 + i * 100 + k * 10, json.dumps({"stream": "btcusdt@bookTicker", "data": {"u": 11, "s": "BTCUSDT", "b": "60000.00", "B": "0.%05d" % (n // 2 + 1), "a": "60001.00", "A": "1.00000"}}))
    t = t0 + i * 100 + 100
    line(t, json.dumps({"stream": "btcusdt@depth@100ms", "data": {"e": "depthUpdate", "E": t, "s": "BTCUSDT", "U": 11 + i, "u": 11 + i, "b": [["60000.00", "%d.00000" % (1 + i % 7)]], "a": []}}))
END

start_sim --data "$WORK/binance_spot_BTCUSDT.raw" --speed 4
MODE=paper SPEED=4 VENUE_MORE='silence: 600s' live_files "$(agent busy_1 busy.so 'every: 1000000' | sed 's/, "binance:ETHUSDT"//')"
sed -i '/ETHUSDT/d' "$WORK/conf/live.yaml"
start_host
quotes() { "$AGON" journal cat "$WORK/run/journal" --live --type quote --json 2>/dev/null; }
with_quotes() { [ "$(quotes | wc -l)" -ge 2000 ]; }
until_true "$HOST_PID" "two thousand quotes" with_quotes
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" journal cat "$WORK/run/journal" --type quote --json >"$WORK/quotes" || fail "journal cat"
python3 - "$WORK/quotes" <<'END' || exit 1
import json, sys

t0, rows = 1723161600000, [json.loads(line) for line in open(sys.argv[1])]
n = [int(row["bid_qty"]) for row in rows]
# Each number comes twice; where the host came and went one of a pair may be missing.
first = 0
while n[first] == n[0]:
    first += 1
for at in range(first, len(n)):
    want = n[first] + (at - first) // 2
    if n[at] != want:
        sys.exit("quote %d of %d: %d instead of %d" % (at, len(n), n[at], want))
t = [int(row["t"]) for row in rows]
if t != sorted(t):
    sys.exit("they are out of order")
# Quote number k, counted from 0, was recorded k * 10 ms after the start; a host hears of it later, and at no other market's time.
for at in (first, len(n) - 1):
    due = t0 + (n[at] - 1) * 20
    if not due - 20000 < t[at] / 1e6 < due + 600000:
        sys.exit("quote %d has the time %d and not %d" % (n[at], t[at] // 10**6, due))
print("%d quotes, as recorded" % len(n))
END
exit 0
