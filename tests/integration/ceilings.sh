#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How much there may be of a thing, and what is said of one more: symbols and accounts of a simulated market, venues and
# accounts of a host. Its instruments: ceilings_instruments.sh, its agents: ceilings_slots.sh.
. "$(dirname "$0")/common.sh"

names() { # N: so many symbols
    python3 -c "print(','.join('S%02dUSDT' % i for i in range($1)))"
}
beyond() { # NAME TEXT COMMAND...: ends with that text, which says what it was and how to mend it
    beyond_name=$1 text=$2
    shift 2
    timeout 60 "$@" >"$WORK/out" 2>&1 && fail "$beyond_name: one beyond the ceiling is taken"
    grep -qF -- "$text" "$WORK/out" || fail "$beyond_name: does not say '$text': $(head -3 "$WORK/out")"
}

beyond 'symbols of a simulated market' "S64USDT is one symbol too many: a simulated market has at most 64; leave some out, or begin another simulator for them" \
    "$AGON" sim --port 0 --symbols "$(names 65)"
start_sim --seed 3 --symbols "$(names 64)"
UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
# Each of them is a market: listed, ticked over all and over the last alone, spot and perpetual.
python3 - "$SIM_PORT" "$UM_PORT" <<'PY' || fail "not every symbol is a market"
import json, sys, time, urllib.request
def get(port, path): return json.load(urllib.request.urlopen(f'http://127.0.0.1:{port}{path}'))
for port, root in ((sys.argv[1], '/api/v3'), (sys.argv[2], '/fapi/v1')):
    names = [f'S{i:02}USDT' for i in range(64)]
    assert sorted(s['symbol'] for s in get(port, root + '/exchangeInfo')['symbols']) == names
    assert sorted(t['symbol'] for t in get(port, root + '/ticker/price')) == names
    assert get(port, root + '/ticker/price?symbol=S63USDT')['symbol'] == 'S63USDT'
    until = time.time() + 600
    while not all(get(port, f'{root}/depth?symbol={n}&limit=5')['bids'] for n in ('S00USDT', 'S63USDT')):
        assert time.time() < until, 'a book stays empty'
        time.sleep(0.2)
PY
# Venues of a host, each with an account: they share one feed. All can be traded on and are shown. What each reads at a start is
# short, so that all come to less than a minute's weight: nobody waits for the next one.
VENUE_MORE='reconcile: 1s
snapshot_levels: 100
warm_bars: 0' MODE=paper live_files ''
venues() { # N of them
    list=venue.yaml
    sed -i '/venue: v[0-9]/d' "$WORK/conf/live.yaml"
    for i in $(seq 2 "$1"); do
        sed -e "s/^name: .*/name: v$i/" -e 's/^credential: .*/feed: binance/' "$WORK/conf/venue.yaml" >"$WORK/conf/v$i.yaml"
        list="$list, v$i.yaml"
        echo "  - {venue: v$i, symbol: S00USDT, base: S00, quote: USDT, tick: 0.01, lot: 0.00001, min_notional: 5}" >>"$WORK/conf/live.yaml"
    done
    sed -i "s/^venues\{0,1\}: .*/venues: [$list]/" "$WORK/conf/live.yaml"
}
sed -i -e 's/BTCUSDT, base: BTC/S00USDT, base: S00/' -e '/ETHUSDT/d' "$WORK/conf/live.yaml"
sed -i 's/^credential: .*//' "$WORK/conf/venue.yaml"
{
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    for i in 2 17 64; do printf '  - {name: on_%s, plugin: buyer.so, stage: live, capital: 100000 USDT, instruments: ["v%s:S00USDT"], hard: 30s}\n' $i $i; done
} >"$WORK/conf/roster.yaml"
one_beyond() { # NAME LAST: the last line says where there is one too many
    grep -q "$1: $(($2 + 1)) entries; expected 1 to $2" "$WORK/out" || fail "$1 beyond $2: $(head -3 "$WORK/out")"
}
venues 65
beyond 'venues of a host' "64" "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet --for 1ms
grep -q 'live.yaml:2:.*venues: 65 entries; expected 1 to 64' "$WORK/out" && ! grep -q "either 'venue'" "$WORK/out" || fail "venues of a host: where it is is not said: $(head -3 "$WORK/out")"
venues 64
start_host
ctl_is() { "$AGON" ctl "$2" --dir "$WORK/run" --json 2>/dev/null | jq -e "$1" >/dev/null; }
until_true "$HOST_PID" "64 venues run" ctl_is 'length == 64 and all(.[]; .state == "running")' venues
until_true "$HOST_PID" "fills on the last venue, and on the first beyond 16" ctl_is '[.[].agent] | index("on_64") != null and index("on_17") != null' fills
# A halt of the last is of no other.
"$AGON" ctl halt venue:v64 --dir "$WORK/run" >"$WORK/out" 2>&1 || fail "a halt of the last venue: $(cat "$WORK/out")"
until_true "$HOST_PID" "the last venue alone is halted" ctl_is '[.[] | select(.state == "halted") | .venue] == ["v64"]' venues
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal of 64 venues does not replay"
# A state of more than 16 accounts is read again: the host goes on with it, the halt too.
start_host
until_true "$HOST_PID" "the halt of the last venue after a start" ctl_is '[.[] | select(.state == "halted") | .venue] == ["v64"]' venues
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host that was started again"

# Instruments of one venue: all symbols of the market, with their books. A plugin that begins when all have one trades the last.
# By a simulator of its own: of the first one's weight the 64 venues have used what a minute has.
kill "$SIM_PID"
SIM_LOG=$WORK/sim_books.ndjson SIM_PORT=
start_sim --seed 3 --symbols "$(names 64)"
VENUE_MORE='reconcile: 1s
snapshot_levels: 100' MODE=paper live_files ''
sed -i '/symbol:/d' "$WORK/conf/live.yaml"
sed -i 's/^credential: .*//' "$WORK/conf/venue.yaml"
for i in $(seq 0 63); do
    printf '  - {symbol: S%02dUSDT, base: S%02d, quote: USDT, tick: 0.01, lot: 0.00001, min_notional: 5}\n' "$i" "$i"
done >>"$WORK/conf/live.yaml"
{
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    printf '  - {name: on_first, plugin: busy.so, stage: live, capital: 100000 USDT, instruments: ["binance:S00USDT"], params: {every: 5}, hard: 30s, orders_on_reload: cancel}\n'
    printf '  - {name: on_last, plugin: once.so, stage: live, capital: 100000 USDT, instruments: ["binance:S63USDT"], params: {what: 1, qty: 1000}, hard: 30s}\n'
} >"$WORK/conf/roster.yaml"
rm -rf "$WORK/run"
start_host
until_true "$HOST_PID" "64 books" ctl_is '.books_live == 64' feed
until_true "$HOST_PID" "an order on the last of 64 instruments" ctl_is 'any(.[]; .name == "on_last" and .orders >= 1)' agents
# A plugin that begins now is given what there is of its market, and not of all.
"$AGON" ctl reload on_first --dir "$WORK/run" >"$WORK/out" 2>&1 || fail "reload: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host of 64 instruments"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal of 64 instruments does not replay"

# Accounts of a simulated market: each trades, and one more is refused.
accounts() { # N
    echo 'accounts:'
    for i in $(seq "$1"); do printf '  - {key: key%s, secret: secret, balances: {USDT: %s}}\n' "$i" "$i"; done
}
accounts 65 >"$WORK/accounts.yaml"
beyond 'accounts of a simulated market' 'accounts.yaml:2:3' "$AGON" sim --port 0 --account "$WORK/accounts.yaml"
one_beyond accounts 64
accounts 64 >"$WORK/accounts.yaml"
kill "$SIM_PID"
SIM_LOG=$WORK/sim_accounts.ndjson SIM_PORT=
start_sim --account "$WORK/accounts.yaml"
python3 - "$SIM_PORT" <<'PY' || fail "not every account can ask for its money"
import hashlib, hmac, json, sys, time, urllib.request
for i in (1, 64):
    query = f'timestamp={int(time.time() * 1000)}'
    sign = hmac.new(b'secret', query.encode(), hashlib.sha256).hexdigest()
    request = urllib.request.Request(f'http://127.0.0.1:{sys.argv[1]}/api/v3/account?{query}&signature={sign}', headers={'X-MBX-APIKEY': f'key{i}'})
    money = {b['asset']: float(b['free']) for b in json.load(urllib.request.urlopen(request))['balances']}
    assert money['USDT'] == i, money
PY
echo "64 venues with an account each of a host, 64 symbols and 64 accounts of a simulated market, and what is said of one more"
