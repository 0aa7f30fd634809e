#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One host on paper on Kraken, OKX spot (twice: a second account over the first one's market feed), OKX swaps, which pay their
# makers, and Binance, each seen apart: figures, limits and metrics of each; a venue is halted by its name, and an instrument
# of one that has the other's name in it; who stands on another venue trades on.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/kraken.sh"
. "$(dirname "$0")/okx_venue.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
get() { # PATH: its body
    python3 - "$(cat "$WORK/run/http")$1" "$WORK/run/token_read" <<'PY'
import sys, urllib.request
token = open(sys.argv[2]).read().strip()
print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers={'Authorization': 'Bearer ' + token})).read().decode())
PY
}
fills() { # AGENT N
    is "[.[] | select(.agent == \"$1\")] | length >= $2" fills
}
more_fills() { # AGENT: three more than it has
    awaited_fills=$(ctl fills --json | jq "[.[] | select(.agent == \"$1\")] | length + 3")
    until_true "$HOST_PID" "$1 trades on" fills "$1" "$awaited_fills"
}

SIM_LOG=$WORK/sim_kraken.ndjson
MODE=paper
start_kraken --seed 6 --symbols BTC/USDT
kraken_files ''
mv "$WORK/conf/venue.yaml" "$WORK/conf/kraken.yaml"
SIM_LOG=$WORK/sim_okx.ndjson SIM_PORT=
start_sim --venue okx --seed 7
okx_venue okx spot >"$WORK/conf/okx.yaml"
okx_venue second spot 'feed: okx' >"$WORK/conf/second.yaml"
okx_venue okx_swap swap >"$WORK/conf/okx_swap.yaml"
SIM_LOG=$WORK/sim.ndjson SIM_PORT=
start_sim --seed 3
live_files ''
sed -i -e '/symbol:/d' -e 's|^venue:.*|venues: [venue.yaml, kraken.yaml, okx.yaml, second.yaml, okx_swap.yaml]|' "$WORK/conf/live.yaml"
sed -i '/^credential:/d' "$WORK"/conf/*.yaml
cat >>"$WORK/conf/live.yaml" <<EOT
  - {venue: binance, symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.01, lot: 0.00001, min_notional: 5}
  - {venue: kraken, symbol: BTC/USDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.00000001, min_notional: 0.5}
  - {venue: okx, symbol: BTC-USDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.00000001}
  - {venue: second, symbol: BTC-USDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.00000001}
  - {venue: okx_swap, symbol: BTC-USDT-SWAP, base: BTC, quote: USDT, tick: 0.1, lot: 0.0001, maker: -0.01%, taker: 0.05%}
EOT
{
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    on() { # NAME INSTRUMENT SCALE
        printf '  - {name: %s, plugin: busy.so, stage: paper, capital: 100000 USDT, instruments: ["%s"], params: {every: 5, scale: %s}, hard: 30s,\n' "$1" "$2" "$3"
        printf '     limits: {orders_per_second: 1000, orders_burst: 10000, open_orders: 50, leverage: 5}}\n'
    }
    on on_binance binance:BTCUSDT 1
    on on_kraken kraken:BTC/USDT 1000
    on on_okx okx:BTC-USDT 1000
    on on_second second:BTC-USDT 1000
    on on_swap okx_swap:BTC-USDT-SWAP 1
} >"$WORK/conf/roster.yaml"
start_host
five='["binance", "kraken", "okx", "second", "okx_swap"]'
until_true "$HOST_PID" "each venue is healthy" is "(.venues | map(.venue)) == $five and all(.venues[]; .health == \"ok\")" status
for agent in on_binance on_kraken on_okx on_second on_swap; do
    until_true "$HOST_PID" "a fill of $agent" fills "$agent" 2
done

# Accounts: five, of which one has another's market data.
is "(map(.venue)) == $five" accounts || fail "accounts: $(cat "$WORK/out")"
is '[.[] | select(.venue == "second")][0].feed == "okx"' accounts || fail "whose feed the second account has: $(cat "$WORK/out")"
# Figures of each.
is "(.venues | map(.venue)) == $five and all(.venues[] | select(.venue != \"second\"); .messages > 0 and (.limits | length) > 0 and all(.limits[]; .free <= .capacity))" feed ||
    fail "feed by venue: $(cat "$WORK/out")"
is "(.venues | map(.venue)) == $five" latency || fail "latency by venue: $(cat "$WORK/out")"
until_true "$HOST_PID" "each venue is up" is "map(.venue) == $five and all(.[]; .state == \"running\" and .uptime > 0)" venues
get /metrics >"$WORK/metrics"
for name in agon_venue_messages_total agon_venue_up agon_venue_uptime_ratio agon_venue_halted; do
    for venue in binance kraken okx second okx_swap; do
        grep -q "^$name{venue=\"$venue\"" "$WORK/metrics" || fail "no $name of $venue: $(grep "^$name" "$WORK/metrics")"
    done
done
if command -v promtool >/dev/null; then
    promtool check metrics <"$WORK/metrics" >"$WORK/out" 2>&1 || fail "promtool: $(cat "$WORK/out")"
fi

# By venue, and by an instrument that two accounts have.
ctl halt venue:kraken 'by name' >/dev/null || fail "halt venue:kraken"
ctl halt instrument:okx:BTC-USDT >/dev/null || fail "halt instrument:okx:BTC-USDT"
is '[.[] | .of] == ["kraken", "okx:BTC-USDT"]' halts || fail "halts: $(cat "$WORK/out")"
for agent in on_kraken on_okx; do
    ctl cancel "$agent" >/dev/null || fail "cancel $agent"
    until_true "$HOST_PID" "$agent has nothing that buys" is 'all(.[]; .side == "sell")' orders "$agent"
done
for agent in on_binance on_second on_swap; do more_fills "$agent"; done
for agent in on_kraken on_okx; do
    is 'all(.[]; .side == "sell")' orders "$agent" || fail "$agent raises risk under a halt: $(cat "$WORK/out")"
done
ctl resume venue:kraken >/dev/null && ctl resume instrument:okx:BTC-USDT >/dev/null || fail "resume"
for agent in on_kraken on_okx; do more_fills "$agent"; done
until_true "$HOST_PID" "a maker of swaps is paid" is '[.[] | select(.agent == "on_swap" and .role == "maker" and (.fee | tonumber) < 0)] | length >= 1' fills
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "five accounts of four venues in one host, seen and halted apart, makers of one paid"
