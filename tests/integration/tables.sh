#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Backtests on tables written here, no recording needed: trades are filled, one symbol of several is played, noise of
# doubles is counted, and what the report says of its end holds together.
. "$(dirname "$0")/common.sh"

# holds: is the return that of the equity and the capital, and the fall at least the loss?
holds() {
    awk -v equity="$(json "$WORK/report" equity)" -v capital="$(json "$WORK/report" capital)" \
        -v share="$(json "$WORK/report" return)" -v fall="$(json "$WORK/report" drawdown)" 'BEGIN {
            gain = equity / capital - 1
            off = share - gain
            exit !(off < 1e-9 && off > -1e-9 && fall >= -gain - 1e-9) }' ||
        fail "$1: the report contradicts itself: $(cat "$WORK/report")"
}
run() { # FILE: a backtest of busy on it, its report in $WORK/report
    "$AGON" backtest "$PLUGINS/busy.so" --data "$1" --json >"$WORK/report" 2>"$WORK/err" ||
        fail "$1: ended with $?: $(cat "$WORK/err")"
    holds "$1"
}

# Two symbols in turn, a trade of each every 100 ms for five minutes, prices that wander.
awk 'BEGIN {
    print "symbol,timestamp,side,price,amount"
    for (i = 0; i < 3000; i++) {
        t = sprintf("%.0f", 1700000000000 + i * 100) "000"
        printf "BTCUSDT,%s,%s,%d.%02d,0.5\n", t, i % 3 ? "BUY" : "Sell", 30000 + i % 40, i % 100
        printf "ETHUSDT,%s,%s,%d.5,%s\n", t, i % 2 ? "b" : "S", 2000 + i % 7,
            i % 10 ? "1.5" : "0.30000000000000004"
    } }' >"$WORK/table.csv"
for symbol in BTCUSDT ETHUSDT; do
    run "$symbol=$WORK/table.csv"
    [ "$(json "$WORK/report" fills)" -gt 0 ] || fail "$symbol: no fills: $(cat "$WORK/report")"
    [ "$(json "$WORK/report" book)" = assumed ] || fail "$symbol: the book is not called assumed"
    [ "$(json "$WORK/report" other)" = 3000 ] || fail "$symbol: not 3000 rows were of the other symbol"
done
[ "$(json "$WORK/report" rounded)" = 300 ] || fail "not 300 numbers were rounded"
gzip -c "$WORK/table.csv" >"$WORK/x_BTCUSDT.csv.gz"
run "$WORK/x_BTCUSDT.csv.gz"
"$AGON" backtest "$PLUGINS/busy.so" --data "$WORK/x_BTCUSDT.csv.gz" >"$WORK/text" 2>"$WORK/err" || fail "the text"
grep -q 'the book around a trade is assumed' "$WORK/text" || fail "the text does not say that fills are rough"

# A generated market that ends between two full minutes, and one that ends before the first.
for length in 59s 1m 90s; do
    "$AGON" backtest "$PLUGINS/busy.so" --seed 3 --for $length --json >"$WORK/report" 2>"$WORK/err" ||
        fail "a market of $length: $(cat "$WORK/err")"
    holds "a market of $length"
    [ "$(json "$WORK/report" fills)" -gt 0 ] || fail "a market of $length: nothing was traded"
done

# Refusals by reason: a capital that is too small for what the agent wants.
"$AGON" backtest "$PLUGINS/busy.so" --seed 3 --for 2m --capital 1 >"$WORK/text" 2>"$WORK/err" || fail "a capital of 1"
n=$(sed -n 's/.* refused \([0-9]*\) (.*/\1/p' "$WORK/text")
[ "${n:-0}" -gt 0 ] || fail "no refusals are told: $(cat "$WORK/text")"
sum=$(sed -n 's/.* refused [0-9]* (\(.*\))/\1/p' "$WORK/text" | tr ',' '\n' | awk '{ n += $1 } END { print n + 0 }')
[ "$sum" = "$n" ] || fail "$n refusals, but $sum by reason: $(cat "$WORK/text")"
echo "tables of trades are filled, and the reports hold together"
