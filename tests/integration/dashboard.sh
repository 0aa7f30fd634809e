#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real browser drives the dashboard of a running host, sees one agent change hands and another crash, and opens a
# report from the disk; a real Prometheus scrapes the host. Each needs what a machine may lack.
. "$(dirname "$0")/common.sh"
. "$AGON_SOURCE_ROOT/tests/support/page_host.sh"
page_needs node npm chromium prometheus jq

"$AGON" backtest --roster "$AGON_SOURCE_ROOT/configs/rosters/ten.yaml" --plugins "$AGON_BUILD_ROOT/plugins" --for 30m \
    --html "$WORK/backtest.html" >"$WORK/backtest" || fail "no report"
"$AGON" demo --seconds 10 --dir "$WORK/of_demo" --report "$WORK/demo.html" --plugins "$AGON_BUILD_ROOT/plugins" >"$WORK/demo" 2>&1 ||
    fail "the demo: $(tail -5 "$WORK/demo")"
# Its page has a tape: the market's trades are listened to.
"$AGON" journal cat "$WORK/of_demo/run" --type trade --json 2>&1 | head -1 | grep -q '"type":"trade"' || fail "the demo reads no trades of the market"
# Two runs beside each other, of markets of two seeds.
for seed in 1 2; do
    "$AGON" backtest --roster "$AGON_SOURCE_ROOT/configs/rosters/ten.yaml" --plugins "$AGON_BUILD_ROOT/plugins" --for 26h --seed $seed --runner inproc \
        --journal "$WORK/of_$seed" >"$WORK/backtest" || fail "no run of seed $seed"
done
"$AGON" report "$WORK/of_1" --against "$WORK/of_2" --html "$WORK/compare.html" >"$WORK/compare" || fail "no comparison"
node "$place/report.mjs" "$(command -v chromium)" "$WORK/backtest.html" "$WORK/demo.html" "$WORK/compare.html" || fail "the report in a browser"

page_host
target=${url#http://}
target=${target%%/*}

cat >"$WORK/prometheus.yml" <<EOY
global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: agon, static_configs: [{targets: ['$target']}], authorization: {credentials: $(cat "$WORK/run/token_read")}}
EOY
prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" \
    --web.listen-address=127.0.0.1:0 >"$WORK/prometheus.log" 2>&1 &
PROMETHEUS_PID=$!
PIDS="$PIDS $PROMETHEUS_PID"

# What happens while the page is open.
node "$place/dashboard.mjs" "$(command -v chromium)" "$url" busy_1 still "$reload" doomed "$add" crossing || fail "the dashboard in a browser"

until_true "$PROMETHEUS_PID" "Prometheus listens" grep -qE 'msg="Listening on" address=' "$WORK/prometheus.log"
port=$(sed -nE 's/.*msg="Listening on" address=127\.0\.0\.1:([0-9]+).*/\1/p' "$WORK/prometheus.log" | head -1)
scraped() {
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET /api/v1/query?query=agon_agent_fills_total HTTP/1.0\r\n\r\n' >&3
    sed '1,/^\r$/d' <&3 >"$WORK/scraped"
    exec 3>&-
    jq -e '.data.result | map(.metric.agent) | sort == ["busy_1", "busy_2", "crossing", "doomed", "still"]' "$WORK/scraped" >/dev/null
}
until_true "$PROMETHEUS_PID" "Prometheus has scraped the host" scraped
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"

# What was before a restart is still there: points of equity from the journal's samples, older than the second run.
start_host
status() { "$AGON" ctl status --dir "$WORK/run" >"$WORK/status" 2>&1; }
until_true "$HOST_PID" "the second run" status
equity() {
    "$AGON" ctl equity --json --dir "$WORK/run" >"$WORK/equity.json" 2>/dev/null && "$AGON" ctl events --json --dir "$WORK/run" >"$WORK/events.json"
}
until_true "$HOST_PID" "equity" equity
jq -e '(.busy_1 | length) > 5 and .busy_1[5][0] - .busy_1[0][0] >= 240000 and .["(all)"][0][0] == .busy_1[0][0]' "$WORK/equity.json" >/dev/null ||
    fail "equity of before the restart: $(jq -c '.busy_1[:6]' "$WORK/equity.json")"
jq -e 'any(.[]; .kind == "crash")' "$WORK/events.json" >/dev/null || fail "the crash of before the restart: $(cat "$WORK/events.json")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its second end"
echo "values move, a halt works, a reload and a crash are seen in $(chromium --version 2>/dev/null | cut -d' ' -f1-2), $(prometheus --version 2>&1 | head -1 | cut -d' ' -f1-3) has scraped the host"
