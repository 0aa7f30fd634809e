#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two accounts of one exchange in one host over one market feed: the second has no market connection, every event of the
# first one's market comes to it behind its own, each account's orders, fills and money are its own, and agree with the
# exchange's; killed in the middle, the next run knows both; the journal replays. On paper too.
. "$(dirname "$0")/common.sh"

cat >"$WORK/accounts.yaml" <<'YAML'
accounts:
  - key: agon-sim-key
    secret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==
    balances: {USDT: 1000000, BTC: 10}
  - key: second
    secret: another-secret
    balances: {USDT: 500000, BTC: 3}
YAML
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() {
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
files() { # MODE
    MODE=$1 VENUE_MORE='reconcile: 1s' SPEED=10 live_files ''
    printf 'key: second\nsecret: another-secret\n' >"$WORK/credentials/second"
    chmod 600 "$WORK/credentials/second"
    sed -e 's/^name: .*/name: second/' -e 's/^credential: .*/credential: second\nfeed: binance/' "$WORK/conf/venue.yaml" >"$WORK/conf/second.yaml"
    sed -i -e 's/^venue: .*/venues: [venue.yaml, second.yaml]/' "$WORK/conf/live.yaml"
    echo '  - {venue: second, symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.01, lot: 0.00001, min_notional: 5}' >>"$WORK/conf/live.yaml"
    for who in first second; do
        printf '  - {name: %s, plugin: busy.so, stage: live, capital: 100000 USDT, instruments: ["%s:BTCUSDT"], params: {every: 20}, hard: 30s,\n     limits: {orders_per_second: 1000, orders_burst: 10000, open_orders: 200}}\n' \
            $who "$(echo $who | sed s/first/binance/)"
    done >>"$WORK/conf/roster.yaml"
}
# What the exchange says an account has, against what the host does: free and locked together, of each asset.
agrees() { # AT KEY SECRET
    ctl accounts --json >"$WORK/mine" 2>/dev/null && python3 - "$SIM_PORT" "$@" "$WORK/mine" <<'PY'
import hashlib, hmac, json, sys, time, urllib.request
from decimal import Decimal as D
port, at, key, secret, path = sys.argv[1:]
query = f'timestamp={int(time.time() * 1000)}&recvWindow=60000'
sign = hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()
url = f'http://127.0.0.1:{port}/api/v3/account?{query}&signature={sign}'
said = json.load(urllib.request.urlopen(urllib.request.Request(url, headers={'X-MBX-APIKEY': key})))
theirs = {b['asset']: D(b['free']) + D(b['locked']) for b in said['balances']}
mine = {m['asset']: D(m['total']) for m in json.load(open(path))[int(at)]['money']}
sys.exit(0 if all(theirs.get(a) == mine[a] for a in mine) and 'USDT' in mine and 'BTC' in mine else 1)
PY
}

SIM_PORT=1 files live
sed -i 's/^feed: .*/feed: kraken/' "$WORK/conf/second.yaml"
"$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet --for 1ms >"$WORK/out" 2>"$WORK/err"
[ $? = 3 ] && grep -q "second.yaml:.*feed.*'kraken' is not a venue before this one that speaks binance_spot" "$WORK/err" || fail "a feed of nobody: $(head -3 "$WORK/err")"
SIM_PORT=

start_sim --seed 3 --speed 10 --account "$WORK/accounts.yaml"
files live
start_host
of() { is "[.[] | select(.agent == \"$1\")] | length >= $2" fills; }
until_true "$HOST_PID" "fills on the first account" of first 3
until_true "$HOST_PID" "fills on the second account" of second 3
is 'length == 2 and .[0].feed == "binance" and .[1].feed == "binance" and .[0].account != .[1].account and .[1].credential == "second" and all(.[]; .agents == 1)' accounts ||
    fail "accounts: $(cat "$WORK/out")"
is '.[0].books == 2 and .[0].books_live > 0 and .[1].books == 0 and .[1].links < .[0].links' venues || fail "the second account has a feed of its own: $(cat "$WORK/out")"
is '[.[] | select(.symbol | endswith("BTCUSDT")) | .state] == ["live", "live"]' books || fail "a book is not live: $(cat "$WORK/out")"
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
start_host
until_true "$HOST_PID" "fills of the second run" of first 2
until_true "$HOST_PID" "fills of the second account in the second run" of second 2
ctl halt >/dev/null && ctl cancel all >/dev/null || fail "halt and cancel"
until_true "$HOST_PID" "nothing is open" is '.open_orders == 0' status
until_true "$HOST_PID" "the first account agrees" agrees 0 agon-sim-key YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==
until_true "$HOST_PID" "the second account agrees" agrees 1 second another-secret
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
! grep -e '"key":"ledger"' -e '"key":"foreign' -e '"key":"suspense"' "$WORK/host.err" || fail "an account and its ledger differ"
# One market: the copy has every trade and every book of the original, in its order, right behind it.
for type in trade book_delta quote; do
    "$AGON" journal cat "$WORK/run/journal" --type $type --json 2>/dev/null | jq -c 'select(.symbol == "BTCUSDT") | [.instrument, .t_venue, .px, .qty, .last_id, .bid_px, .ask_px]' >"$WORK/$type"
    [ "$(grep -c '^\[1,' "$WORK/$type")" -gt 20 ] || fail "too few of $type: $(head -2 "$WORK/$type")"
    grep '^\[1,' "$WORK/$type" | sed 's/^\[1,//' >"$WORK/one"
    grep '^\[3,' "$WORK/$type" | sed 's/^\[3,//' >"$WORK/other"
    # A run that is killed ends between an event and its copy, at most.
    diff "$WORK/one" "$WORK/other" >"$WORK/diff"
    [ "$(grep -c '^>' "$WORK/diff")" = 0 ] && [ "$(grep -c '^<' "$WORK/diff")" -le 4 ] || fail "$type of the second account are others: $(head -5 "$WORK/diff")"
done
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
ids_once
rm -r "$WORK/run"

# On paper each account has what of its agents' capital stands on it, once: of one who trades on both the half on each.
files paper
echo '  - {name: both, plugin: busy.so, stage: live, capital: 60000 USDT, instruments: ["binance:BTCUSDT", "second:BTCUSDT"], params: {every: 20}, hard: 30s}' >>"$WORK/conf/roster.yaml"
start_host
until_true "$HOST_PID" "money on paper" is 'length == 2 and all(.[]; .agents == 2 and any(.money[]; .asset == "USDT"))' accounts
jq -e 'all(.[].money[]; .total == .agents) and all(.[].money[] | select(.asset == "USDT"); (.total | tonumber) > 0 and (.total | tonumber) < 131000)' "$WORK/out" >/dev/null ||
    fail "money on paper that no agent has: $(cat "$WORK/out")"
until_true "$HOST_PID" "fills on paper, first" of first 3
until_true "$HOST_PID" "fills on paper, second" of second 3
ctl apply "$WORK/conf/roster.yaml" --dry-run >"$WORK/out" && grep -qx none "$WORK/out" || fail "an unchanged roster differs: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the paper host"
"$AGON" journal cat "$WORK/run/journal" --type account --json 2>/dev/null | jq -sce '[.[] | [.account, .free_amt]] == [[0, "13000000000000"], [1, "13000000000000"]]' >/dev/null ||
    fail "the accounts began with other money: $("$AGON" journal cat "$WORK/run/journal" --type account --json | head -2)"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the paper journal does not replay"
echo "two accounts over one feed: $(wc -l <"$WORK/one") quotes came to both, $(wc -l <"$WORK/ids") orders, money as the exchange has it"
