#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# venues: one host trades on simulators of several exchanges, each a process of its own with an agent on it; one of them is
# frozen (SIGSTOP) and thawed. What each did before, meanwhile and after is printed, and that none waited for it is judged
# (tests/soak/venues.py).
#
#     ./agon soak venues [MINUTES] [FROZEN]       10 minutes; frozen is kraken, from the third part of them on, for a third
MINUTES=${3:-10}
FROZEN=${4:-kraken}
. "$(dirname "$0")/../integration/common.sh"
. "$(dirname "$0")/../integration/okx_venue.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() {
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
sim() { # NAME [FLAG...]: a simulator of its own, its port in SIM_PORT and its pid in PID_NAME
    name=$1
    shift
    SIM_LOG=$WORK/sim_$name.ndjson SIM_PORT=
    start_sim --speed 1 "$@"
    eval "PID_$name=$SIM_PID"
}
agent_on() { # NAME INSTRUMENTS [PARAMS]
    printf '  - {name: %s, plugin: busy.so, stage: live, capital: 100000 USDT, instruments: [%s], params: {every: 20%s}, hard: 30s,\n' "$1" "$2" "${3-}"
    printf '     limits: {orders_per_second: 1000, orders_burst: 10000, open_orders: 50, leverage: 5}}\n'
}

sim binance --seed 3
VENUE_MORE='reconcile: 1s' live_files ''
mv "$WORK/conf/venue.yaml" "$WORK/conf/binance.yaml"
sim binance_um --seed 4
UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
sed -e 's/^name: .*/name: binance_um/' -e 's/^dialect: .*/dialect: binance_um/' -e 's/port: [0-9]*/port: '"$UM_PORT/" \
    -e 's|/ws-api/v3|/ws|' -e 's|path: /api}|path: /fapi}|' -e 's/capacity: 6000/capacity: 2400/' "$WORK/conf/binance.yaml" >"$WORK/conf/binance_um.yaml"
printf 'rights: {host: 127.0.0.1, port: %s, tls: false}\nleverage: 5\nmargin: cross\n' "$SIM_PORT" >>"$WORK/conf/binance_um.yaml"
# Of Binance one way of orders each; Kraken's and OKX's go by WebSocket.
echo 'orders: websocket' >>"$WORK/conf/binance.yaml"
# The account is of the highest tier: what is asked of the lowest takes minutes.
cat >"$WORK/kraken_accounts.yaml" <<EOF
accounts:
  - {key: agon-sim-key, secret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==, tier: pro,
     balances: {USDT: 1000000, BTC: 10}}
EOF
sim kraken --venue kraken --account "$WORK/kraken_accounts.yaml" --seed 6 --symbols BTC/USDT
cat >"$WORK/conf/kraken.yaml" <<EOF
name: kraken
dialect: kraken_spot
credential: sim
market: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /v2}
user: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /v2}
rest: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /0}
hold: 5s
reconcile: 15s
limits:
  - {kind: weight, capacity: 20, window: 20s}
  - {kind: raw, capacity: 300, window: 1m}
  - {kind: orders, capacity: 180, window: 48s}
  - {kind: orders_day, capacity: 1000000, window: 1d}
  - {kind: snapshots, capacity: 100, window: 1m}
  - {kind: connects, capacity: 150, window: 10m}
snapshot_levels: 100
EOF
sim okx --venue okx --seed 7 --symbols BTC-USDT
{
    cat "$WORK/credentials/sim"
    echo 'passphrase: agon-sim-pass'
} >"$WORK/credentials/okx"
chmod 600 "$WORK/credentials/okx"
okx_venue okx spot 'credential: okx' 'hold: 5s' 'reconcile: 15s' >"$WORK/conf/okx.yaml"
NAMES='binance binance_um kraken okx'
sed -i 's/^venue: .*/venues: [binance.yaml, binance_um.yaml, kraken.yaml, okx.yaml]/' "$WORK/conf/live.yaml"
cat >>"$WORK/conf/live.yaml" <<EOF
  - {venue: binance_um, symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.001, min_notional: 100}
  - {venue: kraken, symbol: BTC/USDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.00000001, min_notional: 0.5}
  - {venue: okx, symbol: BTC-USDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.00000001}
EOF
{
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    agent_on spot_1 '"binance:BTCUSDT", "binance:ETHUSDT"'
    agent_on um_1 '"binance_um:BTCUSDT"'
    agent_on kraken_1 '"kraken:BTC/USDT"' ', scale: 1000'
    agent_on okx_1 '"okx:BTC-USDT"' ', scale: 1000'
} >"$WORK/conf/roster.yaml"

case " $NAMES " in *" $FROZEN "*) ;; *) fail "frozen may be one of: $NAMES" ;; esac
eval "FROZEN_PID=\$PID_$FROZEN"
start_host
until_true "$HOST_PID" "every venue is ready" is 'all(.venues[]; .health == "ok" and .ready)' status
third=$((MINUTES * 20))
sleep $third
stop=$(date +%s%N)
kill -STOP "$FROZEN_PID"
sleep $third
until_true "$HOST_PID" "the frozen venue is down, the others are not" is "all(.venues[]; (.venue == \"$FROZEN\") == (.state == \"down\"))" status
echo "while $FROZEN is frozen:"
ctl venues
n_asked=$(grep -c '"kind":"request"' "$WORK/sim_$FROZEN.ndjson")
cont=$(date +%s%N)
kill -CONT "$FROZEN_PID"
sleep $third
until_true "$HOST_PID" "every venue is ready again" is 'all(.venues[]; .health == "ok" and .ready)' status
until_true "$HOST_PID" "the thawed venue is traded on again" lines "$WORK/sim_$FROZEN.ndjson" '"kind":"request"' $((n_asked + 3))
echo "at the end:"
ctl venues
is 'true' venues && jq -r '.[] | "\(.venue): up \(.uptime * 1000 | round / 10) %, \(.outages) outages"' "$WORK/out"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
# shellcheck disable=SC2086
names=$(printf '%s\n' $NAMES | jq -Rcn '[inputs]')
"$AGON" journal cat "$WORK/run/journal" --json >"$WORK/journal.json" || fail "the journal"
python3 "$(dirname "$0")/venues.py" "$names" "$FROZEN" "$stop" "$cont" <"$WORK/journal.json" || exit 1
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "$(echo "$NAMES" | wc -w) venues in one host for $MINUTES minutes: $FROZEN was frozen for a third, and nothing of the others waited for it"
