#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a host answers over HTTP is what its OpenAPI document says, member by member (api.py): a live host on spot and futures
# of the simulator with agents that trade, crash, leave by exits and hear each other, tournaments, a stranger's order, orders of
# an operator, and all that is refused. A member without a description fails, as does a description that no answer has.
. "$(dirname "$0")/common.sh"
here=$(cd "$(dirname "$0")" && pwd)
python3 -c 'import jsonschema' 2>/dev/null || {
    echo "skipped: needs python3-jsonschema"
    exit 77
}
api() { # VERB ...: of the host in $WORK/run
    verb=$1
    shift
    python3 "$here/api.py" "$verb" "$WORK/run" "$WORK/seen.json" "$@"
}
# ordered STATUS PATH [ARG...]: a POST, answered with that
ordered() {
    want=$1
    shift
    api order "$@" >"$WORK/said" || fail "$*: no answer"
    grep -q "^$want " "$WORK/said" || fail "POST $*: expected $want: $(cut -c1-300 "$WORK/said")"
}
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() {
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
# A buy limit order of somebody else, by the same key.
stranger() {
    python3 - "$SIM_PORT" <<'PY'
import hashlib, hmac, sys, time, urllib.request
text = ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=20000&newClientOrderId=web_1f3a"
        "&recvWindow=60000&timestamp=%d" % (time.time() * 1000))
key = b"YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA=="
text += "&signature=" + hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
request = urllib.request.Request("http://127.0.0.1:%s/api/v3/order?%s" % (sys.argv[1], text), method="POST",
                                 headers={"X-MBX-APIKEY": "agon-sim-key"})
urllib.request.urlopen(request).read()
PY
}

printf 'accounts:\n  - key: agon-sim-key\n    secret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==\n    balances: {USDT: 1000000, BTC: 10}\n' \
    >"$WORK/accounts.yaml"
start_sim --seed 3 --speed 10 --account "$WORK/accounts.yaml" --symbols BTCUSDT,ETHBTC
UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
HOST_MORE='' VENUE_MORE='reconcile: 1s' SPEED=10 live_files ''
sed -e 's/^name: .*/name: binance_um/' -e 's/^dialect: .*/dialect: binance_um/' -e "s/$SIM_PORT/$UM_PORT/" \
    -e 's|/ws-api/v3|/ws|' -e 's|path: /api}|path: /fapi}|' -e 's/capacity: 6000/capacity: 2400/' \
    "$WORK/conf/venue.yaml" >"$WORK/conf/venue_um.yaml"
echo "rights: {host: 127.0.0.1, port: $SIM_PORT, tls: false}" >>"$WORK/conf/venue_um.yaml"
printf 'leverage: 5\nmargin: cross\n' >>"$WORK/conf/venue_um.yaml"
sed -i -e 's/^venue: .*/venues: [venue.yaml, venue_um.yaml]/' -e '/symbol: ETHUSDT/d' "$WORK/conf/live.yaml"
{
    echo '  - {symbol: ETHBTC, base: ETH, quote: BTC, tick: 0.01, lot: 0.0001}'
    echo '  - {venue: binance_um, symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.001, min_notional: 100, maker: 2bps, taker: 5bps}'
} >>"$WORK/conf/live.yaml"
mkdir "$WORK/plugins"
cp "$2/../../plugins/mm/mm.so" "$2/../../plugins/vol/vol.so" "$PLUGINS/busy.so" "$PLUGINS/leaver.so" "$FAULTY" "$WORK/plugins"
cp "$PLUGINS/busy_again.so" "$FAULTY_DIR/note_abi.so" "$WORK/"
PLUGINS=$WORK/plugins
limits='orders_per_second: 1000, orders_burst: 10000, open_orders: 200'
cat >"$WORK/conf/roster.yaml" <<END
seed: 1
base_currency: USDT
valuation: {BTC: "binance:BTCUSDT"}
portfolio: {gross: 5000000 USDT}
tournament: {schedule: "*/2 * * * *", sample: 1m, window: 1h, min_samples: 3}
gpu: {profile: s1_inference_training, device: scripted, script: ["0 look 1 40"]}
agents:
  - {name: vol_1, plugin: vol.so, capital: 0 USDT, instruments: ["binance:BTCUSDT"], hard: 30s}
  - {name: busy_1, plugin: busy.so, stage: live, capital: 100000 USDT, instruments: ["binance:BTCUSDT", "binance:ETHBTC"],
     params: {every: 20}, hard: 30s, limits: {$limits}, orders_on_reload: cancel,
     gpu: {leases: {main: {budget: model_cache, memory: 20GiB, share: 10%}, late: {budget: model_cache, memory: 1GiB}}}}
  - {name: perp_1, plugin: mm.so, stage: live, capital: 50000 USDT, instruments: ["binance_um:BTCUSDT"], hard: 30s,
     limits: {order: 20000 USDT, position: 100000 USDT, $limits, leverage: 5}, signals: {volatility: vol_1.volatility}}
  - {name: leaver, plugin: leaver.so, stage: live, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], hard: 30s,
     params: {trail: 400}, limits: {$limits}, orders_on_reload: keep}
  - {name: doomed, plugin: faulty.so, stage: live, capital: 10000 USDT, instruments: ["binance:BTCUSDT"], hard: 30s,
     params: {fault: segv, at: 40}, limits: {orders_per_second: 1, orders_burst: 2, duplicates: 1000}}
END
start_host
until_true "$HOST_PID" "orders" is '.orders > 5 and .state == "running"' status
api look || fail "look"
until_true "$HOST_PID" "a fill on futures" is 'any(.[]; .agent == "perp_1")' fills
until_true "$HOST_PID" "a crash" is 'any(.[]; .failure != null)' agents
until_true "$HOST_PID" "a quarantine" is 'length > 0' quarantine ls
stranger || fail "the stranger's order was refused"
until_true "$HOST_PID" "the stranger's order" is 'length > 0' foreign
until_true "$HOST_PID" "a plan to leave" is 'length > 0' exits
until_true "$HOST_PID" "tournaments" is 'length > 1' plans
api look || fail "look"

# What an operator does, one of each.
ordered 200 param/set vol_1 extreme 2.5
ordered 200 verify
until_true "$HOST_PID" "the journal is replayed" is '.state == "held"' verification
ordered 409 param/set busy_1 every 30
ordered 404 param/set nobody every 30
ordered 200 reload busy_1 "$WORK/busy_again.so"
ordered 200 rollback busy_1
ordered 404 rollback doomed
printf 'no plugin' >"$WORK/damaged.so"
ordered 400 reload busy_1 "$WORK/damaged.so"
ordered 422 reload busy_1 "$WORK/note_abi.so"
sed '/name: perp_1/s/50000/40000/' "$WORK/conf/roster.yaml" >"$WORK/conf/new.yaml"
ordered 200 apply "$WORK/conf/new.yaml" dry-run
ordered 200 apply "$WORK/conf/new.yaml"
ordered 200 log/level debug
ordered 200 gpu/volatility high drill
ordered 400 gpu/volatility wild
api look || fail "look"
ordered 200 halt busy_1 drill
ordered 200 halt binance_um drill
api look || fail "look"
ordered 200 resume busy_1
ordered 200 resume busy_1 # which is so already
ordered 200 resume binance_um
ordered 200 halt all drill
api look || fail "look"
ordered 200 resume all
# Of what changes by itself, until it is met: the next tournament may come in between, an order may be filled.
undone() { api order tournament/undo "$(ctl tournament --json | jq .number)" drill | grep -q '^200 '; }
cancelled() { api order order/cancel "$(ctl orders --json | jq -r '.[0].id // "0"')" drill | grep -q '^200 '; }
until_true "$HOST_PID" "a tournament is undone" undone
until_true "$HOST_PID" "an order is cancelled" cancelled
ordered 404 order/cancel ffff
ordered 200 alerts/ack all
ordered 200 position/close perp_1 binance_um:BTCUSDT drill
ordered 200 cancel busy_1 drill
ordered 200 flatten leaver drill
ordered 200 unload leaver
hash=$(ctl quarantine ls --json | jq -r '.[0].hash')
ordered 200 quarantine/clear "$hash" "a drill"
# Its event, which is not named where the engine finds no time for it within a second.
seq=$(sed 's/^200 //' "$WORK/said" | jq '.seq // empty')
cleared() {
    "$AGON" journal cat "$WORK/run" --live --type quarantine --json 2>/dev/null |
        jq -es --arg seq "$seq" 'any(.[]; .text == "a drill" and ($seq == "" or .seq == $seq))' >/dev/null
}
until_true "$HOST_PID" "the event that quarantine/clear names, $seq" cleared
ordered 200 kill drill
api look || fail "look"
ordered 409 resume all
ordered 200 resume kill
ordered 200 stop drill
api look || fail "look"
ordered 200 resume all
until_true "$HOST_PID" "orders again" is '.orders > 5 and .state == "running"' status
api wrong || fail "wrong"
api look || fail "look"
api judge "$here/api.txt" >"$WORK/judged" || fail "$(python3 -c 'import json,sys; print("\n".join(json.load(open(sys.argv[1]))["faults"]))' "$WORK/seen.json")"
cat "$WORK/judged"
