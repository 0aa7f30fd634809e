#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `--path optimistic` assumes of each bar what is best for each agent: whoever reads a report under it reads that nothing can be
# earned like that, and under the default does not: a backtest's text, page, JSON and table of agents, a check of look-ahead, the
# first line of an exchange that fills so, the status and the end of a host on it.
. "$(dirname "$0")/common.sh"

"${TOOLS}fair" 1 bars 300 >"$WORK/ADAUSDT.csv" || fail "no table"
says() { # FILE
    grep -q 'as if fills had known each bar.s close: nothing can be earned like that' "$1"
}
for path in optimistic pessimistic; do
    COLUMNS=1000 "$AGON" backtest "$PLUGINS/busy.so" --data "$WORK/ADAUSDT.csv" --path $path --csv "$WORK/$path" --html "$WORK/$path.html" \
        >"$WORK/$path.txt" 2>"$WORK/$path.err" || fail "$path: $(cat "$WORK/$path.err")"
    "$AGON" backtest "$PLUGINS/busy.so" --data "$WORK/ADAUSDT.csv" --path $path --json >"$WORK/$path.json" 2>"$WORK/$path.err" ||
        fail "$path: $(cat "$WORK/$path.err")"
    for report in "$WORK/$path.txt" "$WORK/$path.html" "$WORK/$path.json"; do
        if [ $path = optimistic ]; then
            says "$report" || fail "$(basename "$report") does not say that its path was the best for each"
        else
            ! says "$report" || fail "$(basename "$report") says that its path was the best for each"
        fi
    done
    awk -F, -v path=$path 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "path") at = i } NR > 1 { n++; same += $at == path }
        END { exit !(at > 0 && n > 0 && same == n) }' "$WORK/$path/agents.csv" || fail "agents.csv does not name its path, $path"
done
"$AGON" backtest "$PLUGINS/busy.so" --data "$WORK/ADAUSDT.csv" --path optimistic --check lookahead --check-points 1 --check-seeds 2 \
    --check-rows 100 >"$WORK/judged.txt" 2>"$WORK/judged.err" || fail "$(cat "$WORK/judged.err")"
grep -q '^  fair bars *not judged *the path is optimistic: its fills know the close' "$WORK/judged.txt" ||
    fail "a look-ahead check of an optimistic path does not say what it does not judge: $(cat "$WORK/judged.txt")"
"$AGON" backtest "$PLUGINS/busy.so" --data "$WORK/ADAUSDT.csv" --path optimistic --check lookahead --check-points 1 --check-seeds 2 \
    --check-rows 100 --json >"$WORK/judged.json" 2>"$WORK/judged.err" || fail "$(cat "$WORK/judged.err")"
jq -e '.parts[] | select(.name == "fair_bars") | .verdict == "not_judged" and (.why | test("optimistic"))' "$WORK/judged.json" >/dev/null ||
    fail "nor does it as JSON: $(cat "$WORK/judged.json")"
echo "optimistic: text, page, JSON, table of agents and check say so"

# On an exchange that fills so, and a host on it: its first line, its status, and its end.
awk 'BEGIN {
    print "open_time_ms,open,high,low,close,volume"
    for (i = 0; i < 600; i++) {
        px = 60000 + (i * 37) % 100
        printf "%.0f,%d,%d,%d,%d,%d\n", 1723161600000 + i * 60000, px, px + 20, px - 20, px + 10, 20 + i % 7
    }
}' >"$WORK/BTCUSDT.csv"
SIM_PORT=0
start_sim --data "BTCUSDT=$WORK/BTCUSDT.csv" --path optimistic --from 2024-08-09T08:20:00Z --speed 20
jq -e '.comparable == false and (.bars | test("path=optimistic"))' "$WORK/sim.out" >/dev/null ||
    fail "its first line does not say it: $(cat "$WORK/sim.out")"
MODE=paper SPEED=20 live_files "$(agent busy_1 busy.so 'every: 1000000' | sed 's/, "binance:ETHUSDT"//')"
sed -i '/ETHUSDT/d' "$WORK/conf/live.yaml"
start_host
until_true "$HOST_PID" "the agent's start" lines "$WORK/host.err" ': start [0-9]*: .* minutes' 1
"$AGON" ctl status --dir "$WORK/run" --json >"$WORK/status" || fail "no status"
jq -e '.not_comparable | test("path optimistic")' "$WORK/status" >/dev/null ||
    fail "the status does not say what an optimistic path is worth: $(jq '.market_bars, .not_comparable' "$WORK/status")"
"$AGON" ctl status --dir "$WORK/run" >"$WORK/status.txt" || fail "no status"
grep -q 'path optimistic' "$WORK/status.txt" || fail "nor does it as text: $(head -5 "$WORK/status.txt")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
grep -q '"area":"host","key":"bars".*path optimistic' "$WORK/host.err" || fail "nor does the end"
echo "optimistic: an exchange, and a host on it, say so too"
