#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One and the same order gets the same answer in a backtest, on paper and live: what the venue says of a price band is held
# to by all three, with its reason and its number. The rate limits that its exchangeInfo names count on paper too.
. "$(dirname "$0")/common.sh"

printf 'seed: 1\nbase_currency: USDT\nagents:\n  - {name: asker, plugin: asker.so, stage: live, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], limits: {collar_passive: 90%%}}\n' \
    >"$WORK/roster.yaml"
# said JOURNAL [--live]: of each order, in the order in which they were wanted: what was said of it
said() {
    # shellcheck disable=SC2086
    "$AGON" journal cat "$1" ${2-} --type report --json 2>/dev/null |
        jq -s -c '[sort_by(.order_id | tonumber)[] | select(.kind == "ack" or .kind == "rejected" or .kind == "not_sent") | [.kind, .reason, .venue_code]]'
}
want='[["ack","none",0],["rejected","venue_filter",-1013],["ack","none",0]]'

"$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGINS" --for 10m --journal "$WORK/backtest" --json >"$WORK/backtest.json" 2>"$WORK/err" ||
    fail "the backtest ended with $?: $(cat "$WORK/err")"
[ "$(said "$WORK/backtest")" = "$want" ] || fail "a backtest: $(said "$WORK/backtest"), not $want"
jq -e '.instruments[0].terms | .maker == 0.001 and .taker == 0.001 and .has_rules and (.text | contains("limits buys from 0.2 to 5, sells from 0.2 to 5 times the mean of 5 min"))' \
    "$WORK/backtest.json" >/dev/null || fail "the report does not say the terms: $(jq '.instruments[0]' "$WORK/backtest.json")"

start_sim --seed 5
for mode in paper live; do
    MODE=$mode live_files "$(agent asker asker.so "" "collar_passive: 90%" | sed 's/, "binance:ETHUSDT"//')"
    start_host
    all() { [ "$(said "$WORK/run/journal" --live | jq length)" = 3 ]; }
    until_true "$HOST_PID" "$mode: three answers" all
    [ "$(said "$WORK/run/journal" --live)" = "$want" ] || fail "$mode: $(said "$WORK/run/journal" --live), not $want"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "$mode: the host"
    rm -rf "${WORK:?}/run"
done
kill -TERM "$SIM_PID"
ended "$SIM_PID" 0 "the simulator"

# Half of the limits from the start on: its exchangeInfo says 50 orders in 10 s, of which 80 % are used.
printf 'faults:\n  - {on: time, do: halve, for: 6h}\n' >"$WORK/faults.yaml"
SIM_PORT=0
start_sim --seed 5 --speed 20 --faults "$WORK/faults.yaml"
MODE=paper SPEED=20 live_files "$(agent burst_1 burst.so 'count: 600' \
    'orders_per_second: 1000, orders_burst: 10000, open_orders: 1000, duplicates: 1000')"
start_host
refused() { "$AGON" journal cat "$WORK/run/journal" --live --type report --json 2>/dev/null | grep -c '"venue_rate"' >"$WORK/n" && [ "$(cat "$WORK/n")" -ge 100 ]; }
until_true "$HOST_PID" "orders that are refused" refused
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" journal cat "$WORK/run/journal" --type report --json >"$WORK/reports" || fail "journal cat"
python3 - "$WORK/reports" <<'END' || exit 1
import json, sys

rows = [json.loads(line) for line in open(sys.argv[1])]
acks = sorted(int(row["t_venue"]) for row in rows if row["kind"] == "ack")
most = max(sum(1 for t in acks if at <= t < at + 10 * 10**9) for at in acks)
if not 16 <= most <= 40:
    sys.exit("where the venue allows 50 orders in 10 s, %d were taken" % most)
print("paper: %d orders in 10 s where the venue's own word is 50" % most)
END
