#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# /metrics of a host whose agents trade, change generation and crash: as docs/metrics.md has it, by Prometheus' own checker, and by a
# real Prometheus, which has data for each expression of the board and for each series of the alerts. Each alert is raised by
# what it is for and not without it (promtool test rules).
. "$(dirname "$0")/common.sh"
HERE=$(cd "$(dirname "$0")" && pwd)
RULES=$AGON_SOURCE_ROOT/packaging/prometheus/alerts.yaml
BOARD=$AGON_SOURCE_ROOT/packaging/grafana/agon.json

cp "$PLUGINS/busy.so" "$PLUGINS/busy_again.so" "$FAULTY" "$WORK/"
PLUGINS=$WORK
start_sim --seed 3 --speed 20
SPEED=20 live_files "$(agent busy_1 busy.so 'every: 20' '' ', orders_on_reload: cancel')
$(agent busy_2 busy.so 'every: 25')
$(agent doomed faulty.so 'fault: segv, at: 200' 'orders_per_second: 1')
portfolio: {gross: 250000 USDT}"
start_host
scrape() { curl -s -H "Authorization: Bearer $(cat "$WORK/run/token_read")" "$(cat "$WORK/run/http")/metrics" >"$WORK/metrics"; }
has() { # PATTERN N: so many rows
    scrape && lines "$WORK/metrics" "$1" "$2"
}
until_true "$HOST_PID" "orders" lines "$SIM_LOG" '"kind":"request"' 5
until_true "$HOST_PID" "ready" has '^agon_ready 1$' 1
until_true "$HOST_PID" "crashes are counted" has '^agon_agent_crashes_total{agent="doomed"} [3-9]' 1
until_true "$HOST_PID" "quarantined as a label" has '^agon_agent_state{agent="doomed",state="quarantined"} 1$' 1
has '^agon_agent_state{agent="busy_1",state="active"} 1$' 1 || fail "busy_1 is not active: $(grep agent_state "$WORK/metrics")"
has '^agon_agent_state{agent="busy_1",state="[a-z]*"} 0$' 7 || fail "not every word has a row: $(grep agent_state "$WORK/metrics")"
until_true "$HOST_PID" "a fill's position" has '^agon_position_realised{agent="busy_[12]",symbol="[A-Z]*",currency="USDT"} ' 1
"$AGON" ctl reload busy_1 "$WORK/busy_again.so" --dir "$WORK/run" >"$WORK/said" 2>&1 || fail "reload: $(cat "$WORK/said")"
until_true "$HOST_PID" "the reload's pause" has '^agon_reload_pause_seconds_count{kind="reload"} 1$' 1
"$AGON" ctl halt busy_2 --dir "$WORK/run" >/dev/null || fail "halt"
until_true "$HOST_PID" "refusals by reason" has '^agon_agent_refusals_total{agent="busy_2",reason="halted"} [1-9]' 1
has '^agon_agent_metric{agent="busy_1",metric="0"} ' 1 || fail "no series of a plugin's own"
# By reason they are what is refused: nothing was before this run.
awk '/^agon_agent_refusals_total/ { by += $2 } /^agon_agent_refused_total/ { all += $2 } END { exit !(by == all && all > 0) }' "$WORK/metrics" ||
    fail "refusals by reason are not all: $(grep 'agon_agent_refus' "$WORK/metrics")"
python3 "$HERE/metrics.py" "$WORK/metrics" "$AGON_SOURCE_ROOT/docs/metrics.md" || fail "metrics and their page differ"

skip() {
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host at its end"
    echo "skipped: needs $*"
    exit 77
}
command -v promtool >/dev/null && command -v prometheus >/dev/null || skip prometheus
promtool check metrics <"$WORK/metrics" >"$WORK/out" 2>&1 && [ ! -s "$WORK/out" ] || fail "promtool check metrics: $(cat "$WORK/out")"
promtool check rules "$RULES" >"$WORK/out" 2>&1 || fail "promtool check rules: $(cat "$WORK/out")"
cp "$RULES" "$AGON_SOURCE_ROOT/tests/prometheus/alerts_test.yaml" "$WORK/"
(cd "$WORK" && promtool test rules alerts_test.yaml) >"$WORK/out" 2>&1 || fail "promtool test rules: $(cat "$WORK/out")"
for name in $(sed -n 's/^ *- alert: //p' "$RULES"); do
    grep -q "name: $name is raised" "$WORK/alerts_test.yaml" && grep -q "name: $name is not raised" "$WORK/alerts_test.yaml" ||
        fail "tests/prometheus/alerts_test.yaml has no two tests of $name"
done

target=$(sed 's|.*//||' "$WORK/run/http" | tr -d '\n')
cat >"$WORK/prometheus.yml" <<EOY
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [alerts.yaml]
scrape_configs:
  - {job_name: agon, static_configs: [{targets: ['$target']}], authorization: {credentials: $(cat "$WORK/run/token_read")}}
EOY
prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" --web.listen-address=127.0.0.1:0 >"$WORK/prometheus.log" 2>&1 &
PROMETHEUS_PID=$!
PIDS="$PIDS $PROMETHEUS_PID"
until_true "$PROMETHEUS_PID" "Prometheus listens" grep -qE 'msg="Listening on" address=' "$WORK/prometheus.log"
port=$(sed -nE 's/.*msg="Listening on" address=127\.0\.0\.1:([0-9]+).*/\1/p' "$WORK/prometheus.log" | head -1)
ask() { curl -s --data-urlencode "query=$1" "http://127.0.0.1:$port/api/v1/query" >"$WORK/answer"; }
has_data() { ask "$1" && jq -e '.status == "success" and (.data.result | length > 0)' "$WORK/answer" >/dev/null; }
# A pair of scrapes, or nothing has a rate.
until_true "$PROMETHEUS_PID" "two scrapes" has_data 'count_over_time(agon_ready[1m]) > 3'
# What only a reload under its eyes has a rate of.
"$AGON" ctl reload busy_1 "$WORK/busy.so" --dir "$WORK/run" >"$WORK/said" 2>&1 || fail "reload: $(cat "$WORK/said")"
# Of several hosts the board's list chooses: each expression asks for it, and has nothing of a host that there is not.
jq -r '.panels[].targets[]?.expr' "$BOARD" >"$WORK/exprs.board"
jq -e '.templating.list | any(.name == "host" and .multi and .includeAll and .query == "label_values(agon_ready, instance)")' "$BOARD" >/dev/null ||
    fail "the board has no list of hosts"
grep -oE 'agon_[a-z0-9_]+(\{[^}]*\})?' "$WORK/exprs.board" | grep -vF '{instance=~"$host"}' && fail "an expression of the board that asks of no host"
has_data 'agon_ready{instance=~"elsewhere:1"}' && fail "data of a host that there is not"
has_data "agon_ready{instance=~\"$target\"}" || fail "no data by the host's name: $(cat "$WORK/answer")"
sed 's/\$__rate_interval/1m/g; s/\$host/.*/g' "$WORK/exprs.board" >"$WORK/exprs"
n=0
while IFS= read -r expr; do
    until_true "$PROMETHEUS_PID" "data for $expr (is its metric there?)" has_data "$expr"
    n=$((n + 1))
done <"$WORK/exprs"
# An alert that is not raised is empty; what it looks at is not.
sed -n "s/^ *expr: '\(.*\)'$/\1/p" "$RULES" | grep -oE '\bagon_[a-z_]+(\{[^}]*\})?' | sort -u >"$WORK/selectors"
while IFS= read -r selector; do
    until_true "$PROMETHEUS_PID" "data for $selector (is it there?)" has_data "$selector"
done <"$WORK/selectors"
raised() { has_data 'ALERTS{alertname="AgonAgentCrashes",agent="doomed"}' || has_data 'ALERTS{alertname="AgonAgentEnded",agent="doomed"}'; }
until_true "$PROMETHEUS_PID" "the quarantined agent raises an alert" raised
ask 'ALERTS{alertname=~"AgonDown|AgonJournal|AgonVenueRefuses"}'
jq -e '.data.result == []' "$WORK/answer" >/dev/null || fail "raised without a cause: $(cat "$WORK/answer")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
until_true "$PROMETHEUS_PID" "the host's end is seen" has_data 'ALERTS{alertname="AgonDown"}'
echo "metrics are as their page says; $n expressions of the board and $(wc -l <"$WORK/selectors") series of $(grep -c 'alert:' "$RULES") alerts have data"
