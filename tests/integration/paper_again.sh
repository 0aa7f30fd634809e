#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A host on paper begins again over what its agents hold: the exchange that stands in for the venue knows positions of
# perpetuals as the venue would, so that what reduces one is taken, and no more than it. Restarted in good order and by
# kill -9, then everything is closed.
. "$(dirname "$0")/common.sh"
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }

start_sim --seed 5
UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
MODE=paper
HOST_MORE='entry_latency: 1ms
report_latency: 1ms'
live_files ''
sed -i '/^credential:/d' "$WORK/conf/venue.yaml"
sed -e 's/^name: .*/name: binance_um/' -e 's/^dialect: .*/dialect: binance_um/' -e "s/$SIM_PORT/$UM_PORT/" \
    -e 's|/ws-api/v3|/ws|' -e 's|path: /api}|path: /fapi}|' -e 's/capacity: 6000/capacity: 2400/' \
    "$WORK/conf/venue.yaml" >"$WORK/conf/venue_um.yaml"
sed -i -e 's/^venue: .*/venues: [venue.yaml, venue_um.yaml]/' -e '/symbol: ETHUSDT/d' "$WORK/conf/live.yaml"
echo '  - {venue: binance_um, symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.001, min_notional: 5}' >>"$WORK/conf/live.yaml"
cat >"$WORK/conf/roster.yaml" <<EOF
seed: 1
base_currency: USDT
agents:
  - {name: perp_1, plugin: busy.so, stage: live, capital: 1000000 USDT, hard: 30s, instruments: ["binance_um:BTCUSDT"], params: {every: 3},
     limits: {orders_per_second: 1000, orders_burst: 10000, open_orders: 200}}
  - {name: perp_2, plugin: busy.so, stage: live, capital: 1000000 USDT, hard: 30s, instruments: ["binance_um:BTCUSDT"], params: {every: 5},
     limits: {orders_per_second: 1000, orders_burst: 10000, open_orders: 200}}
EOF
held() { ctl positions --json 2>/dev/null | jq -e '[.[] | select((.quantity | tonumber) != 0) | .agent] | unique | length == 2' >/dev/null; }
quantities() { ctl positions --json | jq -c 'map([.agent, .symbol, .quantity]) | sort'; }
flat() { ctl positions --json 2>/dev/null | jq -e 'all(.quantity | tonumber == 0)' >/dev/null; }

is_quiet() { ctl status --json 2>/dev/null | jq -e '.open_orders == 0' >/dev/null; }

start_host
until_true "$HOST_PID" "both agents hold something" held
ctl halt all "nothing new" >/dev/null || fail "halt"
ctl cancel all >/dev/null || fail "cancel"
until_true "$HOST_PID" "nothing is open" is_quiet
before=$(quantities)
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the first run"

: >"$WORK/host.err"
start_host
until_true "$HOST_PID" "the second run" held
[ "$(quantities)" = "$before" ] || fail "held before: $before, and now: $(quantities)"
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
start_host
until_true "$HOST_PID" "the third run" held
[ "$(quantities)" = "$before" ] || fail "held before: $before, and now: $(quantities)"
ctl flatten all >/dev/null || fail "flatten"
until_true "$HOST_PID" "everything is closed" flat
"$AGON" journal export "$WORK/run/journal" --live --orders "$WORK/orders.csv" || fail "export of orders"
! grep -q ',rejected,' "$WORK/orders.csv" || fail "refused: $(grep ',rejected,' "$WORK/orders.csv" | head -3)"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the third run"
"$AGON" replay "$WORK/run" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "positions of perpetuals $before over two starts on paper, and closed behind them"
