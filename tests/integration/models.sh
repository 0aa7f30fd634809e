#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Latency and impact models of a backtest, on a market that stands still: the first order is the same in each run, so
# what the models do to its fill is known by hand.
. "$(dirname "$0")/common.sh"

# A trade at 60,000 each 100 ms, some of them in another notation: 6e4 is the same number.
awk 'BEGIN {
    print "timestamp,side,price,amount"
    for (i = 0; i < 3000; i++)
        printf "%.0f000,%s,%s,%s\n", 1700000000000 + i * 100, i % 2 ? "BUY" : "SELL", i % 3 ? "60000" : "6e4",
            i % 5 ? "0.5" : "5e-1"
    }' >"$WORK/still_BTCUSDT.csv"
first() { # NAME WORD...: the first fill of a taker, as "seconds side px qty"
    name=$1
    shift
    "$AGON" backtest "$PLUGINS/busy.so" --data "$WORK/still_BTCUSDT.csv" --csv "$WORK/$name" "$@" \
        >"$WORK/out" 2>"$WORK/err" || fail "$name: ended with $?: $(cat "$WORK/err")"
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR > 1 && $at["liquidity"] == "taker" {
            split($at["time"], part, /[T:Z]/)
            printf "%.6f %s %s %s\n", part[2] * 3600 + part[3] * 60 + part[4], $at["side"], $at["price"], $at["quantity"]
            exit }' "$WORK/$name/fills.csv"
}
same=$(first plain)
[ -n "$same" ] || fail "no taker's fill: $(head -3 "$WORK/plain/fills.csv")"
[ "$(first again --latency 0 --data-latency 0s)" = "$same" ] || fail "a latency of nothing changes something"

# 20 ms to the exchange and 20 ms back: 40 ms later.
later=$(first later --latency 20ms)
echo "$same $later" | awk '{ off = $5 - $1 - 0.04
    exit !(off < 1e-6 && off > -1e-6 && $2 == $6 && $3 == $7 && $4 == $8) }' ||
    fail "after 20 ms each way: $later, not 40 ms after $same"
# Drawn around 20 ms: another time, and the same one each time.
drawn=$(first drawn --latency 20ms:0.5)
[ "$drawn" != "$later" ] || fail "a sigma of 0.5 draws the median itself"
[ "$drawn" = "$(first redrawn --latency 20ms:0.5)" ] || fail "two equal runs draw two latencies"
[ "$drawn" != "$(first other --latency 20ms:0.5 --seed 2)" ] || fail "another seed draws the same latency"

# 10 x 3 % x quantity / 20 of the price, up for a buy and down for a sell, to the next cent.
impact=$(first impact --impact linear:10:3%:20)
echo "$same $impact" | awk '{
    cents = $3 * 100
    shift_by = cents * 10 * 0.03 * $4 / 20
    want = $2 == "buy" ? cents + shift_by : cents - shift_by
    off = $7 * 100 - want
    exit !($1 == $5 && $4 == $8 && ($2 == "buy" ? off >= -0.001 && off < 1.001 : off <= 0.001 && off > -1.001) &&
        shift_by > 1) }' || fail "with impact: $impact, without: $same"
[ "$(first named --impact BTCUSDT=linear:10:3%:20)" = "$impact" ] || fail "by its name it is another impact"

for wrong in "--impact cube:1:3%:20" "--impact sqrt:1:3%" "--impact ETHUSDT=sqrt:1:3%:20" "--latency 20" "--latency 20ms:9"; do
    # shellcheck disable=SC2086
    "$AGON" backtest "$PLUGINS/busy.so" --data "$WORK/still_BTCUSDT.csv" $wrong >"$WORK/out" 2>"$WORK/err" &&
        fail "$wrong was taken"
    grep -q 'expected\|no such symbol' "$WORK/err" || fail "$wrong: $(cat "$WORK/err")"
done
