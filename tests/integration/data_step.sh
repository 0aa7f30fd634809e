#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A book is judged by the step of the data that it comes from: backtests on bars of an hour and of a day trade, with the
# preset book_age of a minute. Where more than one order in twenty is refused for want of data, the report and a live
# host say so, with the figures and what to do; where fewer are, nobody is bothered.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }

# bars STEP-S KEEP: prices that wander, of each ten bars the first KEEP.
bars() {
    awk -v step="$1" -v keep="$2" 'BEGIN {
        srand(7); print "open_time_ms,open,high,low,close,volume"; p = 30000
        for (i = 0; i < 600; i++) {
            o = p; c = o + int(rand() * 401) - 200; p = c
            h = (o > c ? o : c) + 50; l = (o < c ? o : c) - 50
            if (i % 10 < keep) printf "%.0f,%d,%d,%d,%d,100.5\n", 1704067200000 + i * step * 1000, o, h, l, c
        } }'
}
# backtest FILE PLUGIN WORD...: its report in $WORK/report, what it warns of in $WORK/err
backtest() {
    data=$1 player=$2
    shift 2
    "$AGON" backtest "$player" --data "BTCUSDT=$data" "$@" --json >"$WORK/report" 2>"$WORK/err" ||
        fail "$data: ended with $?: $(cat "$WORK/err")"
}
figure() { jq -r ".agents[0].$1" "$WORK/report"; }

for step in 3600 86400; do
    bars $step 10 >"$WORK/bars.csv"
    for plugin in ema_cross random; do
        backtest "$WORK/bars.csv" "$2/../../plugins/$plugin/$plugin.so" --param bar_s=$step
        echo "bars of $step s, $plugin: $(figure orders) orders, $(figure unjudged) without a price, $(figure fills) fills"
        [ "$(figure orders)" -gt 10 ] || fail "$plugin wants too little to show anything"
        [ "$(figure unjudged)" = 0 ] || fail "orders were refused for want of data: $(cat "$WORK/report")"
        [ "$(figure fills)" -gt 10 ] || fail "it hardly trades: $(cat "$WORK/report")"
        grep -v "tick 0.01, lot 0.00001.*: assumed" "$WORK/err" >"$WORK/warned"
        [ ! -s "$WORK/warned" ] || fail "it warns: $(cat "$WORK/err")"
    done
done

# Half a day is missing in each: the book is older than two bars, and an agent that trades by the minute meets that.
bars 3600 5 >"$WORK/holes.csv"
backtest "$WORK/holes.csv" "$PLUGINS/busy.so"
echo "half of the bars: $(figure orders) orders, $(figure unjudged) without a price"
[ $(($(figure unjudged) * 20)) -gt "$(figure orders)" ] || fail "the case is none: $(cat "$WORK/report")"
[ "$(figure unjudged)" = "$(jq '[.agents[0].refused_by | .no_book, .no_valuation, .unpriced | values] | add' "$WORK/report")" ] ||
    fail "the figure is not that of the reasons: $(cat "$WORK/report")"
grep -q "busy: $(figure unjudged) of $(figure orders) orders (.* %) were refused because no price newer than its book_age of 60 s" \
    "$WORK/err" || fail "no warning with the figures: $(cat "$WORK/err")"
grep -q 'raise limits.book_age' "$WORK/err" || fail "no remedy: $(cat "$WORK/err")"
"$AGON" backtest "$PLUGINS/busy.so" --data "BTCUSDT=$WORK/holes.csv" --html "$WORK/page.html" >/dev/null 2>&1 || fail "the page"
grep -q 'were refused because no price newer' "$WORK/page.html" || fail "the page does not say it"

# Each of them by itself: what the agent wanted, and the limit that refused it, by the journal. A leg that has passed is refused
# with its group; the report counts those that a check refused itself.
head -61 "$WORK/holes.csv" >"$WORK/few.csv"
backtest "$WORK/few.csv" "$PLUGINS/busy.so" --journal "$WORK/few.journal"
"$AGON" journal export "$WORK/few.journal" --format json --intents "$WORK/intents" || fail "no export of intents"
[ "$(jq length "$WORK/intents")" = "$("$AGON" journal cat "$WORK/few.journal" --type intent | wc -l)" ] || fail "not each intent has its row"
jq -e --slurpfile report "$WORK/report" '$report[0].agents[0].refused_by as $told
    | (map(select(.became == "refused").refused_by) | group_by(.) | map({(.[0]): length}) | add) as $named
    | ($named | keys) == ($told | keys) and all($told | to_entries[]; .value <= $named[.key] and $named[.key] <= .value * 1.01)
    and $named.no_book == $told.no_book and all(.[]; (.became == "order") == (.order_id != "") and (.became == "refused") == (.refused_by != ""))
    and (map(select(.became == "order")) | length) > 10' "$WORK/intents" >/dev/null ||
    fail "the journal names other refusals than the report: $(jq -c 'map([.became, .refused_by]) | group_by(.) | map([.[0], length])' "$WORK/intents") and $(figure refused_by)"

# One host on paper, two agents that trade when a minute ends, at 60 times the speed: between two books lie seconds of
# market time. One lets a book be an hour old, a minute of the machine's, one wants it to be of the same moment.
start_sim --seed 3 --speed 60
cp "$2/../../plugins/random/random.so" "$WORK"
MODE=paper SPEED=60 live_files "$(agent sharp random.so 'turn_pct: 100, bar_s: 60' 'book_age: 10ms'
    agent easy random.so 'turn_pct: 100, bar_s: 60' 'book_age: 1h')"
PLUGINS=$WORK
start_host
many_unjudged() {
    ctl agents --json >"$WORK/agents" 2>/dev/null &&
        jq -e 'map({(.name): .}) | add | .sharp.orders >= 10 and .sharp.unjudged * 20 > .sharp.orders and .easy.orders > 0' \
            "$WORK/agents" >/dev/null
}
until_true "$HOST_PID" "orders without a price" many_unjudged
ctl status --json >"$WORK/status" || fail "no status"
jq -e '.warning | test("^sharp: [0-9]+ of [0-9]+ orders .* book_age of 0.01 s .* raise limits.book_age")' "$WORK/status" >/dev/null ||
    fail "the status does not warn: $(cat "$WORK/status")"
ctl url >"$WORK/url" || fail "no address"
url=$(cat "$WORK/url")
python3 - "${url%%[?#]*}" "${url##*=}" >"$WORK/metrics" <<'END' || fail "no metrics"
import sys, urllib.request
request = urllib.request.Request(sys.argv[1].rstrip("/") + "/metrics", headers={"Authorization": "Bearer " + sys.argv[2]})
print(urllib.request.urlopen(request).read().decode())
END
metric() { sed -n "s/^$1{agent=\"$2\"} //p" "$WORK/metrics"; }
[ "$(metric agon_agent_unjudged_total sharp)" -gt 0 ] || fail "metrics: $(grep unjudged "$WORK/metrics")"
[ "$(metric agon_agent_unjudged_total easy)" = 0 ] || fail "metrics: $(grep unjudged "$WORK/metrics")"
[ "$(metric agon_agent_orders_total easy)" -gt 0 ] || fail "metrics: $(grep agent_orders "$WORK/metrics")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
grep -q '"key":"sharp".*were refused because no price newer' "$WORK/host.err" || fail "the end does not say it: $(tail -5 "$WORK/host.err")"
grep -q '"key":"easy".*were refused because no price newer' "$WORK/host.err" && fail "it warns of an agent that has its prices"
exit 0
