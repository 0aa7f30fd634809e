#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Backtest and paper keep to the venue's rate windows as a live gateway does, in market time: of a burst what has room leaves,
# the rest waits as long as a gateway lets it and is refused with venue_rate; the report says which windows they were.
. "$(dirname "$0")/common.sh"

roster_of() { # LIMITS PARAMS
    printf 'seed: 1\nbase_currency: USDT\nagents:\n  - {name: burst, plugin: burst.so, stage: live, capital: 100000 USDT,\n'
    printf '     instruments: ["binance:BTCUSDT"], params: {count: 300},\n'
    printf '     limits: {orders_per_second: 1000, orders_burst: 10000, open_orders: 1000, duplicates: 1000}}\n'
}
roster_of >"$WORK/roster.yaml"
awk 'BEGIN {
    print "time_ms,price,quantity,side"
    for (i = 0; i < 300; i++)
        printf "%.0f,%d,0.5,%s\n", 1723161600000 + i * 100, 60000 + i % 3, i % 2 ? "buy" : "sell"
}' >"$WORK/BTCUSDT.csv"
play() { # NAME OPTION...
    name=$1
    shift
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGINS" --data "BTCUSDT=$WORK/BTCUSDT.csv" \
        --journal "$WORK/$name.journal" --json "$@" >"$WORK/$name.json" 2>"$WORK/err" || fail "$name: ended with $?: $(cat "$WORK/err")"
}
figure() { jq -r "$2" "$WORK/$1.json"; }

# 100 orders in 10 s: 80 of them are used, 16 are kept for cancels and queries.
play plain
[ "$(figure plain .rate.waited)" = 236 ] && [ "$(figure plain .rate.refused)" = 236 ] || fail "of 300 orders: $(figure plain .rate)"
figure plain '.rate.windows[]' | grep -q 'spot: 80 % of 100 orders in 10 s and 200000 in 1 d, weight 6000 in 1 min in market time, as the venue publishes them' ||
    fail "the report does not say which: $(figure plain .rate)"
"$AGON" journal cat "$WORK/plain.journal" --type report --json >"$WORK/reports"
[ "$(jq -c 'select(.kind == "not_sent" and .reason == "venue_rate")' "$WORK/reports" | wc -l)" = 236 ] ||
    fail "the journal has other reports: $(grep not_sent "$WORK/reports" | head -2)"
[ "$(jq -c 'select(.kind == "ack")' "$WORK/reports" | wc -l)" = 64 ] || fail "of 300 orders $(grep -c ack "$WORK/reports") reached the venue"
"$AGON" replay "$WORK/plain.journal" --verify >"$WORK/out" 2>&1 || fail "its journal does not replay: $(cat "$WORK/out")"
"$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGINS" --data "BTCUSDT=$WORK/BTCUSDT.csv" --html "$WORK/page.html" >"$WORK/out" ||
    fail "the page"
for at in out page.html; do
    grep -q 'ate windows of spot: 80 % of 100 orders in 10 s' "$WORK/$at" && grep -q '236 requests waited for them, 236 were not sent' "$WORK/$at" ||
        fail "$at does not name the windows"
done
echo "a backtest: 64 of a burst of 300 orders reach the venue"

# The venue's own word, where it is stricter.
cat >"$WORK/exchangeInfo.json" <<'END'
{"timezone":"UTC","serverTime":1723161600000,"rateLimits":[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":50}],
"exchangeFilters":[],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","baseAssetPrecision":8,"quoteAsset":"USDT",
"quotePrecision":8,"quoteAssetPrecision":8,"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],"isSpotTradingAllowed":true,
"filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000.00","tickSize":"0.01"},
{"filterType":"LOT_SIZE","minQty":"0.00001","maxQty":"9000.0","stepSize":"0.00001"},
{"filterType":"NOTIONAL","minNotional":"5.0","applyMinToMarket":true,"maxNotional":"9000000.0","applyMaxToMarket":false,"avgPriceMins":5}]}]}
END
play narrow --instruments "$WORK/exchangeInfo.json"
[ "$(figure narrow .rate.refused)" = 268 ] || fail "with 50 orders in 10 s: $(figure narrow .rate)"
figure narrow '.rate.windows[]' | grep -q "80 % of 50 orders in 10 s .* by $WORK/exchangeInfo.json" || fail "it does not say so: $(figure narrow .rate)"

# On paper by the same windows, where the market is the clock at 20x too: ten seconds of it hold as many orders.
start_sim --seed 5 --speed 20
MODE=paper SPEED=20 live_files "$(agent burst_1 burst.so 'count: 600' \
    'orders_per_second: 1000, orders_burst: 10000, open_orders: 1000, duplicates: 1000')"
start_host
refused_on_paper() { "$AGON" journal cat "$WORK/run/journal" --live --type report --json 2>/dev/null | grep -c '"venue_rate"' >"$WORK/n" && [ "$(cat "$WORK/n")" -ge 100 ]; }
until_true "$HOST_PID" "orders that are refused" refused_on_paper
counted_on_paper() { "$AGON" ctl status --dir "$WORK/run" --json >"$WORK/status" 2>/dev/null && jq -e '.rate_refused > 0' "$WORK/status" >/dev/null; }
until_true "$HOST_PID" "a status that counts them" counted_on_paper
jq -e '.rate_windows == null' "$WORK/status" >/dev/null || fail "on paper: $(jq .rate_windows "$WORK/status")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" journal cat "$WORK/run/journal" --type report --json >"$WORK/reports" || fail "journal cat"
python3 - "$WORK/reports" <<'END' || exit 1
import json, sys

rows = [json.loads(line) for line in open(sys.argv[1])]
kinds = {}
for row in rows:
    kinds[row["kind"]] = kinds.get(row["kind"], 0) + 1
acks = sorted(int(row["t_venue"]) for row in rows if row["kind"] == "ack")
most = max(sum(1 for t in acks if at <= t < at + 10 * 10**9) for at in acks)
if not 32 <= most <= 80:
    sys.exit("within 10 s of market time %d orders were taken: %s" % (most, kinds))
print("paper at 20x: %d orders within 10 s of market time, %s" % (most, kinds))
END
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/out" 2>&1 || fail "the paper journal does not replay: $(cat "$WORK/out")"

# Live they are the venue's, in real time: who runs faster is told, with what it cost.
rm -rf "$WORK/run"
MODE=live SPEED=20 live_files "$(agent burst_1 burst.so 'count: 600' \
    'orders_per_second: 1000, orders_burst: 10000, open_orders: 1000, duplicates: 1000')"
start_host
refused_live() {
    "$AGON" ctl status --dir "$WORK/run" --json >"$WORK/status" 2>/dev/null && jq -e '.rate_refused >= 100' "$WORK/status" >/dev/null
}
until_true "$HOST_PID" "orders that the venue's windows refuse" refused_live
jq -e '.rate_windows | test("rate windows are in real time: at 20x .* 20 times fewer orders, and refused [0-9]+")' \
    "$WORK/status" >/dev/null || fail "the status does not say it: $(jq .rate_windows "$WORK/status")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
grep -q '"key":"rate".*20 times fewer orders' "$WORK/host.err" || fail "the end does not say it: $(tail -3 "$WORK/host.err")"
echo "live at 20x: told, $(jq .rate_refused "$WORK/status") refused"
exit 0
