#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One return, one drawdown, one Sharpe, one result everywhere (docs/figures.md). A live host trades spot and USD-M futures of
# the simulator until each agent has fills; then it is halted and the market stands still, and what /api, `agon ctl`, `agon
# top`, /metrics, the dashboard (where this machine has a browser), a report and an export of the journal say is compared, number by
# number. Positions are what the exchange's own position risk says. The same for a backtest: report, JSON, page, CSV, journal.
# One agent leaves and another comes to its place: who left is in all totals, and who came has its own numbers alone.
# One crashes until its file is quarantined, and two are reloaded: how often, and how long the engine paused, is the same everywhere too.
# One agent pays fees of 1 %, so that what is shown to a hundredth of a percent is not 0 whatever it is of. Two tournaments are held,
# and what /api, `ctl`, `agon tournament`, the page, the report and the export say of the last is compared too, by the journal's record.
# At the end the host is killed and begins again: the result of the day, of the week and of all hours together are its result still.
# Then trading goes on until orders rest: each row of them is the same everywhere.
. "$(dirname "$0")/common.sh"
here=$(dirname "$0")

if command -v node >/dev/null; then
    python3 "$here/numbers_formats.py" "$AGON_SOURCE_ROOT/host/dashboard/web/kit.mjs" "$AGON_SOURCE_ROOT/tests/browser/formats.mjs" || fail "the page rounds otherwise"
else
    echo "how the page rounds is not asked: there is no node"
fi
printf 'accounts:\n  - key: agon-sim-key\n    secret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==\n    balances: {USDT: 1000000}\n    maker_fee: -0.0002\n    taker_fee: 0.01\n' \
    >"$WORK/accounts.yaml"
start_sim --seed 3 --speed 10 --account "$WORK/accounts.yaml"
UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
VENUE_MORE='reconcile: 1s' SPEED=10 live_files ''
sed -e 's/^name: .*/name: binance_um/' -e 's/^dialect: .*/dialect: binance_um/' -e "s/$SIM_PORT/$UM_PORT/" \
    -e 's|/ws-api/v3|/ws|' -e 's|path: /api}|path: /fapi}|' -e 's/capacity: 6000/capacity: 2400/' \
    "$WORK/conf/venue.yaml" >"$WORK/conf/venue_um.yaml"
echo "rights: {host: 127.0.0.1, port: $SIM_PORT, tls: false}" >>"$WORK/conf/venue_um.yaml"
printf 'leverage: 5\nmargin: cross\n' >>"$WORK/conf/venue_um.yaml"
sed -i -e 's/^venue: .*/venues: [venue.yaml, venue_um.yaml]/' -e '/symbol: ETHUSDT/d' -e 's/min_notional: 5}/min_notional: 5, maker: -2bps, taker: 100bps}/' "$WORK/conf/live.yaml"
echo '  - {venue: binance_um, symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.001, min_notional: 100, maker: -2bps, taker: 100bps}' >>"$WORK/conf/live.yaml"
mkdir "$WORK/plugins"
cp "$2/../../plugins/mm/mm.so" "$BUILT_PLUGINS/busy.so" "$FAULTY" "$WORK/plugins"
PLUGINS=$WORK/plugins
cat >"$WORK/conf/roster.yaml" <<EOF
seed: 1
base_currency: USDT
agents:
  - {name: spot_1, plugin: mm.so, stage: live, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], hard: 30s,
     signals: {volatility: none}}
  - {name: perp_1, plugin: mm.so, stage: live, capital: 50000 USDT, instruments: ["binance_um:BTCUSDT"],
     limits: {order: 20000 USDT, position: 100000 USDT, orders_per_second: 1000, orders_burst: 1000, leverage: 5}, hard: 30s,
     signals: {volatility: none}}
  - {name: payer_1, plugin: busy.so, stage: live, capital: 4000 USDT, instruments: ["binance:BTCUSDT"], params: {every: 10},
     limits: {order: 4000 USDT, position: 4000 USDT, daily_loss: 100%, drawdown: 100%, orders_per_second: 1000, orders_burst: 1000},
     hard: 30s}
  - {name: payer_2, plugin: busy.so, stage: live, capital: 40000 USDT, instruments: ["binance:BTCUSDT"], params: {every: 12}, orders_on_reload: cancel,
     limits: {order: 4000 USDT, position: 4000 USDT, orders_per_second: 1000, orders_burst: 1000}, hard: 30s}
  - {name: leaver_1, plugin: busy.so, stage: live, capital: 20000 USDT, instruments: ["binance:BTCUSDT"], params: {every: 10},
     limits: {order: 4000 USDT, position: 4000 USDT, orders_per_second: 1000, orders_burst: 1000}, hard: 30s}
  - {name: crasher_1, plugin: faulty.so, stage: live, capital: 5000 USDT, instruments: ["binance:BTCUSDT"], params: {fault: segv, at: 400},
     limits: {orders_per_second: 1, orders_burst: 2, duplicates: 1000}, hard: 30s, on_crash: flatten}
portfolio: {daily_loss: 90%, drawdown: 90%, gross: 100000000 USDT}
tournament: {schedule: "* * * * *", sample: 1m, window: 1h, min_samples: 2, min_trades: 1, evidence: 1, shares: [80%, 1%], rest: 1%,
  reserve: 1%, bounds: {increase: 4%, decrease: 3%}, gates: {drawdown: 1%, profit_factor: 0, sharpe: 1, failures: 0}}
EOF
ctl() { "$AGON" ctl --dir "$WORK/run" "$@"; }
AGENTS='spot_1 perp_1 payer_1 payer_2 newcomer_1 crasher_1'
fills() { # AGENT N
    ctl agents --json 2>/dev/null | jq -e ".[] | select(.name == \"$1\") | .fills >= $2" >/dev/null
}
holds() { # a position on futures that has paid fees and closed a part
    ctl positions --json 2>/dev/null | jq -e '.[] | select(.agent == "perp_1") | (.quantity | tonumber) != 0' >/dev/null
}
is_quiet() {
    ctl status --json 2>/dev/null | jq -e '.open_orders == 0' >/dev/null
}
start_host
until_true "$HOST_PID" "fills on spot" fills spot_1 3
until_true "$HOST_PID" "fills on futures" fills perp_1 6
until_true "$HOST_PID" "a position on futures" holds
until_true "$HOST_PID" "fills of who will leave" fills leaver_1 8
ctl unload leaver_1 --close --timeout 10m >/dev/null || fail "unload leaver_1"
until_true "$HOST_PID" "its place is free" lines "$WORK/host.err" '"key":"vacated".*leaver_1' 1
sed -i 's/name: leaver_1/name: newcomer_1/' "$WORK/conf/roster.yaml"
ctl apply "$WORK/conf/roster.yaml" >"$WORK/apply" 2>&1 || fail "apply: $(cat "$WORK/apply")"
until_true "$HOST_PID" "fills of who came to its place" fills newcomer_1 2
# Who pays has lost enough that a return of another base is another one on each surface, also where it has two digits.
pays() {
    ctl agents --json 2>/dev/null | jq -e '.[] | select(.name == "payer_1") | .return < -0.02' >/dev/null
}
until_true "$HOST_PID" "an agent with a return that is seen" pays
is_quarantined() { ctl quarantine ls --json 2>/dev/null | jq -e 'length == 1' >/dev/null; }
until_true "$HOST_PID" "a file that is quarantined" is_quarantined
ctl reload spot_1 >"$WORK/reload" && ctl reload payer_2 >"$WORK/reload" && ctl rollback payer_2 >"$WORK/reload" || fail "reloads: $(cat "$WORK/reload")"
moves() { # payer_1 is under a gate: a step down
    ctl tournament --json 2>/dev/null | jq -e 'any(.rows[]; .agent == "payer_1" and any(.gates[]; .outcome == "failed") and (.change | tonumber) < 0)' >/dev/null
}
until_true "$HOST_PID" "a tournament that moves capital" moves
ctl halt spot_1 >/dev/null && ctl resume spot_1 >/dev/null || fail "one is halted and goes on"
# Coins are counted by what they are sold for: of so many half a spread is seen in cents, also behind the halt.
has_coins() { ctl positions --json 2>/dev/null | jq -e 'any(.[]; .agent == "spot_1" and (.quantity | tonumber) >= 0.12)' >/dev/null; }
until_true "$HOST_PID" "coins whose spread is seen" has_coins
ctl halt all >/dev/null || fail "halt"
until_true "$HOST_PID" "no order is open" is_quiet
# Between the look and the halt one may have sold.
until holds && has_coins; do
    ctl resume all >/dev/null || fail "resume"
    until_true "$HOST_PID" "a position on futures again" holds
    until_true "$HOST_PID" "coins again" has_coins
    ctl halt all >/dev/null || fail "halt"
    until_true "$HOST_PID" "no order is open" is_quiet
done

# The exchange's own word on the position, while it can be asked.
same_position() {
    python3 "$here/binance_asks.py" "$UM_PORT" risk >"$WORK/risk.json" 2>/dev/null &&
        ctl positions --json >"$WORK/positions.json" 2>/dev/null &&
        python3 "$here/numbers_agree.py" position "$WORK" >"$WORK/position.out" 2>&1
}
until_true "$HOST_PID" "the exchange's position risk" same_position
cat "$WORK/position.out"
same_money() { # on both accounts
    python3 "$here/binance_asks.py" "$SIM_PORT" spot >"$WORK/cash_spot" 2>/dev/null && python3 "$here/binance_asks.py" "$UM_PORT" um >"$WORK/cash_um" 2>/dev/null &&
        ctl accounts --json >"$WORK/cash_accounts.json" 2>/dev/null && python3 "$here/numbers_agree.py" money "$WORK" >"$WORK/money.out" 2>&1
}
until_true "$HOST_PID" "the exchange's word on the money" same_money
cat "$WORK/money.out"

. "$AGON_SOURCE_ROOT/tests/support/page.sh"
# What the host says of itself, with what it said before and behind: WHEN, and then all that answers at once.
host_asked() {
    for what in venues feed status latency accounts; do ctl $what --json >"$WORK/${1}_$what.json" || return 1; done
}
host_at_once() {
    host_asked "${1}_before" || return 1
    for what in venues feed status latency accounts; do
        ctl $what >"$WORK/${1}_$what.txt" && get "/api/v1/$what" "$WORK/${1}_api_$what.json" || return 1
    done
    get /metrics "$WORK/${1}_metrics" && "$AGON" top --dir "$WORK/run" --once >"$WORK/${1}_top" && host_asked "${1}_after"
}
is_down() { # for long enough that it is seen
    ctl venues --json 2>/dev/null | jq -e 'all(.[]; .state == "down" and .outages > 0 and .down_s > 0 and .uptime < 1)' >/dev/null
}

# Venues of which all stands, and no link ended and no book was asked for again while they were asked.
still() { jq -c '[.venues[] | [.links, .links_up, .books, .books_live, .reconnects, .resyncs, .gaps], .links == .links_up and .books == .books_live]' "$WORK/u_${1}_feed.json"; }
up_at_once() {
    ctl venues --json 2>/dev/null | jq -e 'all(.[]; .links == .links_up and .books == .books_live)' >/dev/null && host_at_once u &&
        { ! page || node "$AGON_BUILD_ROOT/tests/browser/numbers.mjs" "$(command -v chromium)" "$url" --up >"$WORK/up_page.json"; } && host_asked u_end &&
        [ "$(still before)" = "$(still after)" ] && [ "$(still before)" = "$(still end)" ] && ! still before | grep -q false
} 2>"$WORK/up.err"
until_true "$HOST_PID" "venues of which all stands" up_at_once
python3 "$here/numbers_agree.py" up "$WORK" || fail "venues disagree"

# The market stands still: every surface is asked for the same moment, again where it was none.
kill -STOP "$SIM_PID"
until_true "$HOST_PID" "venues that are down" is_down
plans_at_once() {
    get /api/v1/tournament "$WORK/api_tournament.json" && get /api/v1/plans "$WORK/api_plans.json" &&
        ctl plans >"$WORK/plans.txt" && ctl tournament >"$WORK/tournament.txt" &&
        ctl tournament show >"$WORK/ctl_show.txt" && "$AGON" tournament show "$WORK/run" --live >"$WORK/show.txt" &&
        "$AGON" tournament history "$WORK/run" --live >"$WORK/history.txt" &&
        "$AGON" tournament history "$WORK/run" --live --json >"$WORK/history.json" &&
        "$AGON" journal export "$WORK/run" --live --plans "$WORK/plans.json" &&
        get /api/v1/events "$WORK/api_events.json" || return 1
    for agent in $AGENTS; do
        "$AGON" tournament why $agent "$WORK/run" --live >"$WORK/why_$agent.txt" || return 1
    done
}
each_agent() {
    for agent in $AGENTS; do
        ctl agent $agent --json >"$WORK/agent_$agent.json" && ctl agent $agent >"$WORK/agent_$agent.txt" || return 1
    done
}
all_at_once() {
    host_at_once h && ctl status --json >"$WORK/before.json" && ctl tournament --json >"$WORK/tournament.json" &&
        ctl agents --json >"$WORK/agents.json" && ctl positions --json >"$WORK/positions.json" &&
        ctl agents >"$WORK/agents.txt" && ctl status >"$WORK/status.txt" &&
        ctl reloads --json >"$WORK/reloads.json" && ctl reloads >"$WORK/reloads.txt" && get /api/v1/reloads "$WORK/api_reloads.json" &&
        ctl quarantine ls --json >"$WORK/quarantine.json" && ctl quarantine ls >"$WORK/quarantine.txt" && get /api/v1/quarantine/ls "$WORK/api_quarantine.json" &&
        ctl alerts all --json >"$WORK/alerts.json" && ctl alerts all >"$WORK/alerts.txt" && get /api/v1/alerts/all "$WORK/api_alerts.json" &&
        "$AGON" journal cat "$WORK/run" --live --type crash --json >"$WORK/crashes.ndjson" &&
        ctl latency --json >"$WORK/latency.json" && ctl performance --json >"$WORK/held_performance.json" && ctl performance >"$WORK/held_performance.txt" &&
        ctl portfolio --json >"$WORK/portfolio.json" && ctl portfolio >"$WORK/portfolio.txt" &&
        each_agent &&
        get /api/v1/portfolio "$WORK/api_portfolio.json" && ctl books --json >"$WORK/books.json" &&
        ctl books binance:BTCUSDT >"$WORK/book.txt" && ctl positions >"$WORK/positions.txt" &&
        get /api/v1/status "$WORK/api_status.json" && get /api/v1/agents "$WORK/api_agents.json" &&
        get /api/v1/positions "$WORK/api_positions.json" && get /api/v1/fills "$WORK/api_fills.json" &&
        get /api/v1/equity "$WORK/api_equity.json" && ctl equity --json >"$WORK/ctl_equity.json" && get /api/v1/closed/newcomer_1 "$WORK/api_closed_new.json" &&
        get /api/v1/fills/newcomer_1 "$WORK/api_fills_newcomer_1.json" && get /api/v1/fills/spot_1 "$WORK/api_fills_spot_1.json" && get /api/v1/fills/perp_1 "$WORK/api_fills_perp_1.json" && get /metrics "$WORK/metrics" &&
        "$AGON" top --dir "$WORK/run" --once >"$WORK/top" &&
        "$AGON" journal export "$WORK/run" --live --figures "$WORK/figures.csv" --fills "$WORK/fills.csv" &&
        "$AGON" report "$WORK/run" --live --json --html "$WORK/report.html" >"$WORK/report.json" &&
        plans_at_once && "$AGON" report "$WORK/run" --live >"$WORK/report.txt" &&
        { ! page || node "$AGON_BUILD_ROOT/tests/browser/numbers.mjs" "$(command -v chromium)" "$url" >"$WORK/page.json"; } &&
        ctl status --json >"$WORK/after.json" && ctl tournament --json >"$WORK/tournament_after.json" &&
        cmp -s "$WORK/tournament.json" "$WORK/tournament_after.json" &&
        ctl portfolio --json | cmp -s - "$WORK/portfolio.json" && ctl agents --json >"$WORK/agents_after.json" &&
        ctl alerts all --json | cmp -s - "$WORK/alerts.json" && ctl quarantine ls --json | cmp -s - "$WORK/quarantine.json" &&
        ctl reloads --json | cmp -s - "$WORK/reloads.json" && host_asked h_end &&
        [ "$(jq -c '[.[].money]' "$WORK/h_before_accounts.json")" = "$(jq -c '[.[].money]' "$WORK/h_end_accounts.json")" ] &&
        [ "$(jq -c '[.equity, .result, .drawdown, .samples, .fills]' "$WORK/before.json")" = \
            "$(jq -c '[.equity, .result, .drawdown, .samples, .fills]' "$WORK/after.json")" ]
} 2>"$WORK/all.err"
until_true "$HOST_PID" "one moment of all surfaces" all_at_once
python3 "$here/numbers_agree.py" host "$WORK" || fail "surfaces disagree"
# The chart of latencies is drawn from octaves: by these p50 and p99 are, to within an octave, those that the histogram and `ctl` have.
if command -v node >/dev/null; then
    python3 "$here/numbers_formats.py" "$AGON_SOURCE_ROOT/host/dashboard/web/kit.mjs" "$AGON_SOURCE_ROOT/tests/browser/formats.mjs" "$WORK/latency.json" ||
        fail "the page has other latencies"
fi
me=$(id -un)
for what in "its trading is halted by $me" "its trading is resumed by $me"; do
    grep -q "<td[^>]*>spot_1</td><td[^>]*>$what" "$WORK/report.html" || fail "the report has no '$what' of spot_1"
done
# What is shown of another base is noticed wherever it stands: a return of equity instead of capital.
for file in agents.txt top report.html page.json; do
    [ -s "$WORK/$file" ] || continue
    cp "$WORK/$file" "$WORK/as_it_was"
    python3 "$here/numbers_agree.py" plant "$WORK" "$file" || fail "$file: no return of payer_1 is in it"
    python3 "$here/numbers_agree.py" host "$WORK" >"$WORK/noticed" 2>&1 && fail "$file: a return of another base was not noticed"
    grep -q 'return is' "$WORK/noticed" || fail "$file: $(cat "$WORK/noticed")"
    cp "$WORK/as_it_was" "$WORK/$file"
done
# So is another number on the pages of markets and agents, and of the host's accounts.
notices() { # WHERE FILTER: of page.json
    [ -s "$WORK/page.json" ] || return 0
    cp "$WORK/page.json" "$WORK/as_it_was"
    jq -c "$2" "$WORK/as_it_was" >"$WORK/page.json" && ! cmp -s "$WORK/as_it_was" "$WORK/page.json" || fail "page.json: nothing is planted by $2"
    python3 "$here/numbers_agree.py" host "$WORK" >"$WORK/noticed" 2>&1 && fail "page.json: $2 was not noticed"
    grep -q "^$1" "$WORK/noticed" || fail "page.json: $2: $(cat "$WORK/noticed")"
    cp "$WORK/as_it_was" "$WORK/page.json"
}
notices 'page of binance:BTCUSDT: bids' '.markets["binance:BTCUSDT"].bids[9][1] = "77"'
notices 'page of binance_um:BTCUSDT: next funding' '.markets["binance_um:BTCUSDT"].facts["Next funding"] = "7.0000 %"'
notices 'page of binance:BTCUSDT: mark in the book' '.markets["binance:BTCUSDT"].mid = "1.00"'
notices 'page of an agent: perp_1 .*, entry tag' '.of.perp_1.positions[0]["Entry tag"] = "odd look"'
notices 'page: perp_1 .*, entry tag' '(.positions[] | select(.Agent == "perp_1"))["Entry tag"] = ""'
notices 'page of an agent: payer_1 metric 1' '(.of.payer_1.metrics[] | select(.key == "[\"payer_1\",1]")).Value = "7.00"'
kill -CONT "$SIM_PID"

# All that is held is closed: then closed trades are all that the ledger realised, and each order has ended. /api, `ctl`, the report,
# the fills of the journal and the page have the same lists.
for agent in perp_1 payer_1 payer_2 newcomer_1; do ctl flatten $agent --timeout 10m >/dev/null || fail "flatten $agent"; done
is_flat() {
    ctl positions --json >"$WORK/flat.json" 2>/dev/null &&
        jq -e '[.[] | select(.agent != "spot_1") | (.is_dust // false) or ((.quantity // "0") | tonumber) == 0] | all' "$WORK/flat.json" >/dev/null &&
        ctl status --json 2>/dev/null | jq -e '.open_orders == 0' >/dev/null
}
until_true "$HOST_PID" "nothing is held" is_flat
# Coins of spot_1 whose spread is seen in cents: else nothing would show by which price they are counted.
has_spread() {
    jq -n -e --slurpfile held "$WORK/flat.json" --slurpfile books "$WORK/flat_books.json" '($books[0] | map({key: .symbol, value: .bid}) | from_entries) as $bid |
        [$held[0][] | select(.symbol | startswith("binance:")) | (.quantity | tonumber) * ((.mark | tonumber) - ($bid[.symbol] | tonumber))] | add >= 0.025' >/dev/null
}
export_of() { # WHAT: of the journal, by `ctl` and by `journal`, as CSV and as JSON
    ctl export "$1" "$WORK/x_$1.csv" --until "$seq" && ctl export "$1" "$WORK/x_$1.json" --json --until "$seq" &&
        "$AGON" journal export "$WORK/run" --live --until "$seq" "--$1" "$WORK/x_$1.direct"
}
exports() { # what they say up to one event, with what agents had asked before it and after
    ctl agents --json >"$WORK/x_agents.json" || return 1
    for agent in $AGENTS; do ctl agent $agent --json >"$WORK/x_agent_$agent.json" || return 1; done
    seq=$(ctl status --json | jq .seq)
    for what in fills orders trades equity samples; do export_of $what || return 1; done
    "$AGON" journal export "$WORK/run" --live --until "$seq" --figures "$WORK/x_figures.csv" --intents "$WORK/x_intents.csv" --plans "$WORK/x_plans.json" &&
        "$AGON" journal cat "$WORK/run" --live --until "$seq" --type trade --json >"$WORK/x_trades.ndjson" &&
        get /api/v1/trades/binance:BTCUSDT "$WORK/x_api_trades.json" && ctl agents --json >"$WORK/x_agents_after.json" || return 1
    for agent in $AGENTS; do ctl agent $agent --json >"$WORK/x_after_$agent.json" || return 1; done
    ctl equity --json >"$WORK/x_equity_points.json" && ctl equity >"$WORK/x_equity.txt" && ctl equity --json | cmp -s - "$WORK/x_equity_points.json" &&
        # The newest point may be of before the market stood.
        jq -n -e --slurpfile agents "$WORK/x_agents.json" --slurpfile points "$WORK/x_equity_points.json" 'all($agents[0][] | select($points[0][.name]);
            (($points[0][.name] | last | .[1]) - (.equity | tonumber) | fabs) < 0.006)' >/dev/null
}
lists_at_once() {
    kill -STOP "$SIM_PID"
    ctl positions --json >"$WORK/flat.json" && ctl agents --json >"$WORK/flat_agents.json" && ctl orders --json >"$WORK/flat_orders.json" && ctl status --json >"$WORK/flat_status.json" &&
        ctl books --json >"$WORK/flat_books.json" && ctl portfolio --json >"$WORK/flat_portfolio.json" || return 1
    has_spread || { kill -CONT "$SIM_PID"; return 1; }
    for agent in perp_1 payer_1 payer_2 newcomer_1; do
        for list in closed ended; do
            ctl $list $agent --json >"$WORK/${list}_$agent.json" && get "/api/v1/$list/$agent" "$WORK/api_${list}_$agent.json" &&
                cmp -s "$WORK/${list}_$agent.json" "$WORK/${list}_$agent.before" || {
                cp "$WORK/${list}_$agent.json" "$WORK/${list}_$agent.before"
                return 1
            }
        done
    done
    for agent in perp_1 payer_1 payer_2 newcomer_1 spot_1; do ctl performance $agent --json >"$WORK/performance_$agent.json" || return 1; done
    ctl performance --json >"$WORK/performance.json" && ctl performance >"$WORK/performance.txt" && get /api/v1/performance "$WORK/api_performance.json" || return 1
    "$AGON" journal export "$WORK/run" --live --fills "$WORK/flat_fills.csv" && "$AGON" report "$WORK/run" --live --json >"$WORK/flat_report.json" &&
        { ! page || node "$AGON_BUILD_ROOT/tests/browser/numbers.mjs" "$(command -v chromium)" "$url" perp_1 payer_1 payer_2 newcomer_1 spot_1 >"$WORK/lists.json"; } || return 1
    until_true "$HOST_PID" "exports of one moment" exports
    # A list may be a look older than what is held: once more, behind all that took its time.
    for agent in perp_1 payer_1 payer_2 newcomer_1; do
        for list in closed ended; do ctl $list $agent --json | cmp -s - "$WORK/${list}_$agent.json" || return 1; done
    done
    ctl positions --json | cmp -s - "$WORK/flat.json"
}
until_true "$HOST_PID" "one moment of the lists" lists_at_once
python3 "$here/numbers_agree.py" lists "$WORK" || fail "the lists disagree"
kill -CONT "$SIM_PID"

# Killed, and begun again: what came of the journal is as fine as what was seen, and begins with the capital.
get /api/v1/equity "$WORK/run_1_equity.json" && ctl status --json >"$WORK/run_1.json" || fail "no status before the kill"
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
start_host
is_again() { ctl status --json >"$WORK/run_2.json" 2>/dev/null && jq -e '.run == 2 and .time != null and .open_orders == 0' "$WORK/run_2.json" >/dev/null; }
until_true "$HOST_PID" "the next start" is_again
url=$(ctl url)
token=$(cat "$WORK/run/token_read")
kill -STOP "$SIM_PID"
again_at_once() {
    ctl status --json >"$WORK/before.json" && get /api/v1/equity "$WORK/api_equity.json" && get /api/v1/events "$WORK/api_events.json" &&
        { ! page || node "$AGON_BUILD_ROOT/tests/browser/numbers.mjs" "$(command -v chromium)" "$url" --again >"$WORK/again.json"; } &&
        ctl status --json >"$WORK/after.json" && [ "$(jq -c '[.equity, .result]' "$WORK/before.json")" = "$(jq -c '[.equity, .result]' "$WORK/after.json")" ]
}
until_true "$HOST_PID" "one moment of the next start" again_at_once
python3 "$here/numbers_agree.py" again "$WORK" || fail "after a restart numbers disagree"
kill -CONT "$SIM_PID"

# Open orders, one of them filled in part, while the market stands: those are compared that were there before all else was asked, and behind it.
# It is the last that is asked of this host: engine time stands behind a stop for as long as it took.
rich() { # FILE: orders of both sides and of two instruments
    jq -e 'any(.[]; (.filled | tonumber) > 0) and ([.[].symbol] | unique | length) > 1 and ([.[].side] | unique | length) > 1' "$1" >/dev/null
}
rests() {
    jq -n --slurpfile first "$WORK/open_before.json" --slurpfile last "$WORK/open_after.json" \
        '[$first[0][] | . as $it | select(any($last[0][]; [.id, .price, .quantity, .filled] == ($it | [.id, .price, .quantity, .filled])))]' >"$WORK/open_rests.json"
}
orders_at_once() {
    kill -CONT "$SIM_PID"
    ctl orders --json >"$WORK/open_before.json" && rich "$WORK/open_before.json" || return 1
    kill -STOP "$SIM_PID"
    until_true "$HOST_PID" "venues that are down" is_down
    ctl orders --json >"$WORK/open_before.json" && host_at_once o && ctl orders >"$WORK/open_orders.txt" && get /api/v1/orders "$WORK/open_api_orders.json" || return 1
    who=$(jq -r '[.[].agent] | unique | .[]' "$WORK/open_before.json")
    for agent in $who; do
        ctl agent $agent --json >"$WORK/open_agent_$agent.json" && ctl agent $agent >"$WORK/open_agent_$agent.txt" && get "/api/v1/orders/$agent" "$WORK/open_api_$agent.json" || return 1
    done
    "$AGON" journal export "$WORK/run" --live --orders "$WORK/open_said.csv" &&
        { ! page || node "$AGON_BUILD_ROOT/tests/browser/numbers.mjs" "$(command -v chromium)" "$url" --open $who >"$WORK/open_page.json"; } &&
        ctl orders --json >"$WORK/open_after.json" && ctl status --json >"$WORK/open_status.json" && rests && rich "$WORK/open_rests.json"
} 2>"$WORK/open.err"
ctl resume all >/dev/null || fail "resume"
until_true "$HOST_PID" "one moment of open orders" orders_at_once
python3 "$here/numbers_agree.py" open "$WORK" || fail "open orders disagree"
kill -CONT "$SIM_PID"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" replay "$WORK/run/journal" --verify >/dev/null || fail "the journal does not replay"

# Backtests: what is printed, its JSON, its page, its CSV, and what its journal comes to. One of hours, one of forty days.
cat >"$WORK/bars.py" <<'EOF'
import random
random.seed(7)
price = 50000.0
print("open_time_ms,open,high,low,close,volume")
for at in range(40 * 24):
    end = price * (1 + random.gauss(0, 0.004))
    print(f"{1767225600000 + at * 3600000},{price:.2f},{max(price, end) * 1.001:.2f},{min(price, end) * 0.999:.2f},{end:.2f},1000")
    price = end
EOF
python3 "$WORK/bars.py" >"$WORK/BTCUSDT.csv"
backtest() { # DAYS ARGUMENT...
    days=$1
    shift
    "$AGON" backtest "$@" --html "$WORK/backtest.html" --csv "$WORK/csv" --journal "$WORK/backtest.journal" --json \
        >"$WORK/backtest.json" 2>"$WORK/backtest.err" || fail "no backtest: $(cat "$WORK/backtest.err")"
    "$AGON" backtest "$@" >"$WORK/backtest.txt" 2>/dev/null || fail "no backtest"
    "$AGON" journal export "$WORK/backtest.journal" --figures "$WORK/backtest_figures.csv" || fail "no export"
    python3 "$here/numbers_agree.py" backtest "$WORK" "$days" || fail "a backtest's surfaces disagree"
    rm -rf "${WORK:?}/backtest.journal" "${WORK:?}/csv"
}
backtest 0 --roster "$AGON_SOURCE_ROOT/configs/rosters/ten.yaml" --plugins "$AGON_BUILD_ROOT/plugins" --for 2h
backtest 40 "$AGON_BUILD_ROOT/plugins/sma_cross/sma_cross.so" --param fast=5 slow=15 size_pct=20 bar_s=3600 symbol=BTCUSDT --data "$WORK/BTCUSDT.csv"
page || {
    echo "skipped: the page, where all else agrees"
    exit 77
}
