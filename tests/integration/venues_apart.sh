#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One host on two venues, spot and USD-M futures on simulators of their own, seen and halted apart: a venue or an
# instrument is halted by name, what is not under that halt trades on, what only reduces passes, and halts outlive a
# kill -9 and replay. Each venue has figures of its own; one that is frozen is shown as down, and the other goes on.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
refused() { # CODE TEXT WORD...
    code=$1 text=$2
    shift 2
    ctl "$@" >"$WORK/out" 2>&1
    rc=$?
    [ $rc = "$code" ] || fail "ctl $*: ended with $rc instead of $code"
    grep -qF -- "$text" "$WORK/out" || fail "ctl $*: does not say '$text': $(cat "$WORK/out")"
}
get() { # PATH: its body
    python3 - "$(cat "$WORK/run/http")$1" "$WORK/run/token_read" <<'PY'
import sys, urllib.request
token = open(sys.argv[2]).read().strip()
print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers={'Authorization': 'Bearer ' + token})).read().decode())
PY
}

SIM_LOG=$WORK/sim_um.ndjson start_sim --seed 4 --speed 10
UM_PID=$SIM_PID UM_RIGHTS=$SIM_PORT
UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
SIM_LOG=$WORK/sim.ndjson SIM_PORT=
start_sim --seed 3 --speed 10
VENUE_MORE='reconcile: 1s' SPEED=10 live_files ''
sed -e 's/^name: .*/name: binance_um/' -e 's/^dialect: .*/dialect: binance_um/' -e "s/$SIM_PORT/$UM_PORT/" \
    -e 's|/ws-api/v3|/ws|' -e 's|path: /api}|path: /fapi}|' -e 's/capacity: 6000/capacity: 2400/' \
    "$WORK/conf/venue.yaml" >"$WORK/conf/venue_um.yaml"
echo "rights: {host: 127.0.0.1, port: $UM_RIGHTS, tls: false}" >>"$WORK/conf/venue_um.yaml"
printf 'leverage: 5\nmargin: cross\n' >>"$WORK/conf/venue_um.yaml"
sed -i 's/^venue: .*/venues: [venue.yaml, venue_um.yaml]/' "$WORK/conf/live.yaml"
echo '  - {venue: binance_um, symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.001, min_notional: 100}' >>"$WORK/conf/live.yaml"
agent_on() { # NAME INSTRUMENTS
    printf '  - {name: %s, plugin: busy.so, stage: live, capital: 1000000 USDT, instruments: [%s], params: {every: 20}, hard: 30s,\n' "$1" "$2"
    printf '     limits: {orders_per_second: 1000, orders_burst: 10000, open_orders: 200, leverage: 5}}\n'
}
{
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    agent_on spot_1 '"binance:BTCUSDT", "binance:ETHUSDT"'
    agent_on um_1 '"binance_um:BTCUSDT"'
} >"$WORK/conf/roster.yaml"

fills() { # QUERY N: at least N fills that it is true of
    is "[.[] | select($1)] | length >= $2" fills
}
count_fills() { ctl fills --json | jq "[.[] | select($1)] | length"; }
start_host
until_true "$HOST_PID" "a fill on spot" fills '.agent == "spot_1"' 1
until_true "$HOST_PID" "a fill on futures" fills '.agent == "um_1"' 1

# Names that are none are refused, with those that there are.
refused 2 "no venue is called 'kraken'; there are: binance, binance_um" halt venue:kraken
refused 2 "did you mean 'binance:BTCUSDT'" halt instrument:binance:BTCUSD
refused 2 "there are two instruments called 'BTCUSDT'; say binance:BTCUSDT or binance_um:BTCUSDT" halt instrument:BTCUSDT
# Neither the list of agents nor a form that help does not have: which venues have it, and what to say.
refused 2 "there are two instruments called 'BTCUSDT'; say binance:BTCUSDT or binance_um:BTCUSDT" halt BTCUSDT
refused 2 "did you mean 'binance:BTCUSDT'?" halt BTCUSDT:binance
refused 2 "expected VENUE:SYMBOL, or venue:NAME, instrument:NAME or agent:NAME" halt place:binance
for form in VENUE:SYMBOL venue:NAME instrument:NAME agent:NAME; do
    "$AGON" help ctl | grep -q "^  .*$form" || fail "help does not have the form $form"
done
is '. == []' halts || fail "something is halted: $(cat "$WORK/out")"

# A venue is halted: what would raise risk there is refused, what only gives back passes, the other venue goes on.
ctl halt venue:binance_um 'an announced outage' >/dev/null || fail "halt venue:binance_um"
is 'length == 1 and .[0].scope == "venue" and .[0].of == "binance_um" and .[0].cause == "operator" and .[0].reason == "an announced outage"' halts ||
    fail "the halt of a venue is not listed: $(cat "$WORK/out")"
is '.state == "running"' status || fail "a venue's halt is shown as everybody's: $(cat "$WORK/out")"
is '[.[] | select(.venue == "binance_um")][0].halted == true and [.[] | select(.venue == "binance")][0].halted == false' venues ||
    fail "who is halted is not shown: $(cat "$WORK/out")"
n_refused=$(ctl agent um_1 --json | jq .agent.refused)
n_spot=$(count_fills '.agent == "spot_1"')
ctl cancel um_1 >/dev/null || fail "cancel um_1"
until_true "$HOST_PID" "its orders are cancelled" is 'all(.[]; .side == "sell")' orders um_1
until_true "$HOST_PID" "its intents are refused" is ".agent.refused > $n_refused + 5" agent um_1
is 'all(.[]; .side == "sell")' orders um_1 || fail "orders that raise risk on a halted venue: $(cat "$WORK/out")"
until_true "$HOST_PID" "the other venue goes on" fills '.agent == "spot_1"' $((n_spot + 3))
# The way out is open.
ctl flatten um_1 >/dev/null || fail "flatten um_1 under a halt of its venue"
is 'all(.[]; (.quantity | tonumber) == 0)' positions um_1 || fail "a position stays: $(cat "$WORK/out")"

# An instrument of another venue is halted: its neighbour goes on. Label and short name say the same.
ctl halt instrument:binance:BTCUSDT >/dev/null || fail "halt instrument:binance:BTCUSDT"
is 'length == 2 and .[1].scope == "instrument" and .[1].of == "binance:BTCUSDT"' halts || fail "the halt of an instrument: $(cat "$WORK/out")"
ctl cancel spot_1 >/dev/null || fail "cancel spot_1"
until_true "$HOST_PID" "no order that buys BTC" is 'all(.[]; .symbol != "binance:BTCUSDT" or .side == "sell")' orders spot_1
n_eth=$(count_fills '.symbol == "ETHUSDT"')
until_true "$HOST_PID" "the neighbour goes on" fills '.symbol == "ETHUSDT"' $((n_eth + 3))
is 'all(.[]; .symbol != "binance:BTCUSDT" or .side == "sell")' orders spot_1 || fail "a halted instrument is bought: $(cat "$WORK/out")"
get /metrics >"$WORK/metrics"
grep -q '^agon_halts{scope="venue",of="binance_um",' "$WORK/metrics" && grep -q '^agon_halts{scope="instrument",of="binance:BTCUSDT",' "$WORK/metrics" ||
    fail "the halts in the metrics: $(grep agon_halts "$WORK/metrics")"

# Both outlive a kill -9.
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
last=$("$AGON" journal stats "$WORK/run" --json | jq .last_seq) # fills of before are shown too
start_host
until_true "$HOST_PID" "the next run is heard" is '.state == "running"' status
is 'length == 2 and .[0].of == "binance_um" and .[0].reason == "an announced outage" and .[1].of == "binance:BTCUSDT"' halts ||
    fail "halts after a restart: $(cat "$WORK/out")"
until_true "$HOST_PID" "the neighbour goes on after a restart" fills ".symbol == \"ETHUSDT\" and (.seq | tonumber) > $last" 1
[ "$(count_fills ".agent == \"um_1\" and .side == \"buy\" and (.seq | tonumber) > $last")" = 0 ] || fail "um_1 trades after a restart"
ctl resume instrument:binance:BTCUSDT >/dev/null && ctl resume venue:binance_um >/dev/null || fail "resume"
is '. == []' halts || fail "halts after they were lifted: $(cat "$WORK/out")"
until_true "$HOST_PID" "the instrument trades again" fills '.symbol == "binance:BTCUSDT"' 1
until_true "$HOST_PID" "the venue trades again" fills '.agent == "um_1"' 1
# short names, as ever
ctl halt ETHUSDT >/dev/null && is '.[0].of == "ETHUSDT"' halts && ctl resume ETHUSDT >/dev/null || fail "a symbol that is alone: $(cat "$WORK/out")"
ctl halt agent:um_1 >/dev/null && is '.[0].scope == "agent" and .[0].of == "um_1"' halts && ctl resume agent:um_1 >/dev/null || fail "agent:um_1: $(cat "$WORK/out")"

# Figures of each.
two='(.venues | map(.venue)) == ["binance", "binance_um"]'
until_true "$HOST_PID" "each venue is healthy" is "$two and all(.venues[]; .health == \"ok\" and .ready)" status
is "$two and all(.venues[]; .messages > 0 and (.limits | length) > 0 and all(.limits[]; .capacity > 0 and .free <= .capacity))" feed || fail "feed by venue: $(cat "$WORK/out")"
is "$two and all(.venues[]; .count > 0 and .p99_ns >= .p50_ns)" latency || fail "latency by venue: $(cat "$WORK/out")"
is 'all(.[]; .uptime > 0 and .uptime <= 1)' venues || fail "uptime by venue: $(cat "$WORK/out")"
get /metrics >"$WORK/metrics"
for name in agon_venue_messages_total agon_venue_up agon_venue_uptime_ratio agon_venue_delivery_seconds_count agon_venue_halted; do
    [ "$(grep -c "^$name{venue=\"binance" "$WORK/metrics")" = 2 ] || fail "no $name of each venue: $(grep "^$name" "$WORK/metrics")"
done
[ "$(grep -c '^agon_venue_limit_free{venue="binance_um",limit="' "$WORK/metrics")" -ge 3 ] || fail "limits of a venue: $(grep agon_venue_limit "$WORK/metrics")"
if command -v promtool >/dev/null; then
    promtool check metrics <"$WORK/metrics" >"$WORK/out" 2>&1 || fail "promtool: $(cat "$WORK/out")"
fi

# One venue is frozen: it is down, the other is not, and trades.
is '.[0].outages >= 0' venues || fail "outages: $(cat "$WORK/out")"
n_outages=$(jq '.[0].outages' "$WORK/out")
kill -STOP "$UM_PID"
until_true "$HOST_PID" "the frozen venue is down" is '.venues[0].state == "running" and .venues[1].state == "down"' status
n_spot=$(count_fills '.agent == "spot_1"')
until_true "$HOST_PID" "orders on the other go on" fills '.agent == "spot_1"' $((n_spot + 3))
is ".[0].outages == $n_outages and .[1].uptime < 1 and .[1].outages >= 1" venues || fail "the outage is not of its venue: $(cat "$WORK/out")"
kill -CONT "$UM_PID"
until_true "$HOST_PID" "the frozen venue comes back" is 'all(.venues[]; .health == "ok" and .ready)' status

kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" journal cat "$WORK/run/journal" --type command >"$WORK/commands" || fail "the journal"
for what in 'kind=halt scope=venue id=2' 'kind=resume scope=venue id=2' 'kind=halt scope=instrument id=1' 'kind=resume scope=instrument id=1'; do
    grep -q "$what" "$WORK/commands" || fail "no $what in the journal: $(cat "$WORK/commands")"
done
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "two venues in one host: halted by venue and by instrument, over a kill -9; one was frozen, the other traded on"
