#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ratios of a year on every live surface: a host on paper begins anew on each of 32 days of a recorded market, so that its run has daily
# returns enough for Sharpe, Sortino, and t with its interval. What /api, `agon ctl`, `agon top`, /metrics, the dashboard (where this machine
# has a browser) and a report say of them is compared with the figures of a replay, which come from the equity that the journal's samples have.
. "$(dirname "$0")/common.sh"
here=$(dirname "$0")
python3 - "$WORK" <<'END' || fail "no bars"
import random, sys
random.seed(11)
price = 50000.0
with open(f"{sys.argv[1]}/BTCUSDT.csv", "w") as file:
    print("open_time_ms,open,high,low,close,volume", file=file)
    for at in range(32 * 24 * 60):
        end = price * (1 + random.gauss(0, 0.0008))
        print(f"{1767225600000 + at * 60000},{price:.2f},{max(price, end) * 1.0001:.2f},{min(price, end) * 0.9999:.2f},{end:.2f},100", file=file)
        price = end
END
ctl() { "$AGON" ctl --dir "$WORK/run" "$@"; }
# Of a day: a host until its agents have filled something on it, and the journal has equity of it; then no more.
filled=0
has_filled() {
    ctl agents --json >"$WORK/agents_now.json" 2>/dev/null &&
        jq -e --argjson n "$filled" 'all(.[]; .fills >= 1) and ([.[].fills] | add) > $n' "$WORK/agents_now.json" >/dev/null &&
        "$AGON" journal export "$WORK/run" --live --equity "$WORK/equity_now.csv" >/dev/null 2>&1 &&
        tail -n 1 "$WORK/equity_now.csv" | grep -q "^$(date -u -d "2026-01-01 UTC + $day days" +%F)"
}
day=0
while [ "$day" -lt 32 ]; do
    SIM_PORT=0
    start_sim --data "BTCUSDT=$WORK/BTCUSDT.csv" --bars visible --from "$(date -u -d "2026-01-01 12:00 UTC + $day days" +%Y-%m-%dT%H:%M:%SZ)" --speed 60
    if [ "$day" = 0 ]; then
        MODE=paper SPEED=60 live_files "$(agent long_1 busy.so 'every: 7' 'orders_per_second: 1000, orders_burst: 10000, open_orders: 200' '' | sed 's/, "binance:ETHUSDT"//')
$(agent long_2 busy.so 'every: 11' '' '' | sed 's/, "binance:ETHUSDT"//')"
        sed -i -e '/ETHUSDT/d' -e "s/min_notional: 5}/min_notional: 5, maker: 2bps, taker: 5bps}/" "$WORK/conf/live.yaml"
    fi
    sed -i "s/port: [0-9]*/port: $SIM_PORT/" "$WORK/conf/venue.yaml"
    start_host
    until_true "$HOST_PID" "fills of day $day" has_filled
    filled=$(jq '[.[].fills] | add' "$WORK/agents_now.json")
    day=$((day + 1))
    [ "$day" -lt 32 ] || break
    kill -9 "$HOST_PID" "$SIM_PID"
    wait "$HOST_PID" "$SIM_PID" 2>/dev/null
done
ctl halt all >/dev/null || fail "halt"
is_quiet() { ctl status --json 2>/dev/null | jq -e '.open_orders == 0' >/dev/null; }
until_true "$HOST_PID" "no order is open" is_quiet
kill -STOP "$SIM_PID"
. "$AGON_SOURCE_ROOT/tests/support/page.sh"
all_at_once() {
    ctl status --json >"$WORK/before.json" && ctl agents --json >"$WORK/agents.json" && ctl positions --json >"$WORK/positions.json" &&
        ctl agents >"$WORK/agents.txt" && ctl status >"$WORK/status.txt" && get /api/v1/status "$WORK/api_status.json" &&
        get /api/v1/agents "$WORK/api_agents.json" && get /api/v1/equity "$WORK/api_equity.json" && get /metrics "$WORK/metrics" && "$AGON" top --dir "$WORK/run" --once >"$WORK/top" || return 1
    for agent in long_1 long_2; do
        ctl agent $agent --json >"$WORK/agent_$agent.json" && ctl agent $agent >"$WORK/agent_$agent.txt" || return 1
    done
    "$AGON" journal export "$WORK/run" --live --figures "$WORK/figures.csv" --equity "$WORK/equity.csv" &&
        "$AGON" report "$WORK/run" --live --json --html "$WORK/report.html" >"$WORK/report.json" && "$AGON" report "$WORK/run" --live >"$WORK/report.txt" &&
        { ! page || node "$AGON_BUILD_ROOT/tests/browser/numbers.mjs" "$(command -v chromium)" "$url" --month >"$WORK/page.json"; } &&
        ctl agents --json >"$WORK/agents_after.json" && ctl status --json >"$WORK/after.json" &&
        [ "$(jq -c '[.equity, .result, .drawdown, .samples, .fills]' "$WORK/before.json")" = \
            "$(jq -c '[.equity, .result, .drawdown, .samples, .fills]' "$WORK/after.json")" ]
} 2>"$WORK/all.err"
until_true "$HOST_PID" "one moment of all surfaces" all_at_once
# What the ledger comes to at the last event of some days.
"$AGON" journal cat "$WORK/run" --live >"$WORK/events.txt" || fail "no events"
for date in 2026-01-02 2026-01-18 2026-01-31; do
    seq=$(awk -v date=$date 'index($2, date) == 1 {seq = $1} END {print seq}' "$WORK/events.txt")
    "$AGON" journal export "$WORK/run" --live --until "$seq" --figures "$WORK/until_$date.csv" || fail "no figures of $date"
done
rm "$WORK/events.txt"
python3 "$here/numbers_agree.py" month "$WORK" || fail "surfaces disagree on a month"
kill -CONT "$SIM_PID"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" replay "$WORK/run/journal" --verify >/dev/null || fail "the journal does not replay"
page || {
    echo "skipped: the page, where all else agrees"
    exit 77
}
