#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One host on two venues, spot and USD-M futures of the simulator, with their own accounts: one agent trades the basis,
# another works on the perpetual alone. Killed with orders and positions, the next run knows both again, and what the
# exchanges say of money and positions is what the ledger has.
. "$(dirname "$0")/common.sh"

start_sim --seed 3 --speed 10
UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
VENUE_MORE='reconcile: 1s' SPEED=10 live_files ''
sed -e 's/^name: .*/name: binance_um/' -e 's/^dialect: .*/dialect: binance_um/' -e "s/$SIM_PORT/$UM_PORT/" \
    -e 's|/ws-api/v3|/ws|' -e 's|path: /api}|path: /fapi}|' -e 's/capacity: 6000/capacity: 2400/' \
    "$WORK/conf/venue.yaml" >"$WORK/conf/venue_um.yaml"
echo "rights: {host: 127.0.0.1, port: $SIM_PORT, tls: false}" >>"$WORK/conf/venue_um.yaml"
printf 'leverage: 5\nmargin: cross\ndead_man: 20s\n' >>"$WORK/conf/venue_um.yaml"
sed -i -e 's/^venue: .*/venues: [venue.yaml, venue_um.yaml]/' -e '/symbol: ETHUSDT/d' "$WORK/conf/live.yaml"
echo '  - {venue: binance_um, symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.001, min_notional: 100}' >>"$WORK/conf/live.yaml"
mkdir "$WORK/plugins"
cp "$2/../../plugins/basis/basis.so" "$2/../../plugins/mm/mm.so" "$WORK/plugins"
PLUGINS=$WORK/plugins
cat >"$WORK/conf/roster.yaml" <<EOF
seed: 1
base_currency: USDT
agents:
  - {name: basis_1, plugin: basis.so, stage: live, capital: 100000 USDT,
     instruments: ["binance:BTCUSDT", "binance_um:BTCUSDT"], params: {enter_bps: -90, leave_bps: -100}, hard: 30s}
  - {name: mm_1, plugin: mm.so, stage: live, capital: 50000 USDT, instruments: ["binance_um:BTCUSDT"],
     limits: {order: 20000 USDT, position: 100000 USDT, orders_per_second: 1000, orders_burst: 1000, leverage: 5}, hard: 30s,
     signals: {volatility: none}}
EOF

of_account() { # ACCOUNT TYPE PATTERN
    "$AGON" journal cat "$WORK/run/journal" --live --type "$2" 2>/dev/null | grep "account=$1 " | grep -c -e "$3"
}
reports() { # ACCOUNT KIND N
    [ "$(of_account "$1" report "kind=$2 ")" -ge "$3" ]
}
pictures() { # N whole pictures of the futures account
    [ "$(of_account 1 account 'flags=3')" -ge "$1" ]
}

# Of each position that is held: is what is shown complete, the worth what quantity and mark say, and the entry a price
# near the mark? What is held on spot is finer than the lot in which it is shown, by fees in coin. Contracts are counted in thousandths, with a decimal of the price: coarser than the quote's cents.
positions_shown() {
    "$AGON" ctl positions --dir "$WORK/run" --json >"$WORK/positions" 2>/dev/null &&
        jq -e 'def n: tonumber; [.[] | select((.quantity // "1" | n) != 0)] |
            any(.[]; .symbol == "binance_um:BTCUSDT") and
            all(.[]; ([.quantity, .entry, .mark, .notional, .unrealised, .fees] | all(. != null)) and
                ((.quantity | n) * (.mark | n) - (.notional | n) | fabs) <
                    0.02 + (if .symbol == "binance:BTCUSDT" then 0.00001 * (.mark | n) else 0 end) and
                ((.entry | n) / (.mark | n) - 1 | fabs) < 0.1 and
                (((.mark | n) - (.entry | n)) * (.quantity | n) - (.unrealised | n) | fabs) < 50)' "$WORK/positions" >/dev/null
}
start_host
until_true "$HOST_PID" "a fill on spot" reports 0 fill 1
until_true "$HOST_PID" "a fill on futures" reports 1 fill 1
until_true "$HOST_PID" "orders replaced in their place" reports 1 replaced 3
until_true "$HOST_PID" "a position on futures, with entry and worth" positions_shown
until_true "$HOST_PID" "the dead-man's switch" lines "$SIM_LOG" '"what":"/fapi/v1/countdownCancelAll"' 1
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null

n=$(of_account 1 account 'flags=3')
start_host
# Two whole pictures: what differs in both is told.
until_true "$HOST_PID" "pictures of the account" pictures $((n + 2))
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
# What a perpetual realises depends on the order of its fills. Those of the absence are found behind newer ones sometimes:
# then part of the result is in the position's cost here and in cash there, until that is closed, and an alert tells it.
is_in_order() {
    "$AGON" journal cat "$WORK/run/journal" --type report --json 2>/dev/null |
        jq -r 'select(.account == 1 and .kind == "fill") | .venue_fill' | sort -n -c 2>/dev/null
}
if grep -q '"key":"suspense"' "$WORK/host.err"; then
    is_in_order && fail "ledger and exchange differ"
    echo "fills of the absence were booked behind newer ones"
fi
! grep -e '"key":"position"' -e '"key":"ledger"' -e '"key":"foreign' "$WORK/host.err" || fail "ledger and exchange differ"
ids_once
[ "$(grep '"kind":"request"' "$SIM_LOG" | grep -c -e '"status":429' -e '"status":418')" = 0 ] || fail "too fast"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
# Fees were not said: those of each market.
"$AGON" journal cat "$WORK/run/journal" --type instrument --json | jq -s -e 'all(.[];
    if .kind == 1 or .kind == "spot" then .maker_fee_ppb == 1000000 and .taker_fee_ppb == 1000000
    else .maker_fee_ppb == 200000 and .taker_fee_ppb == 500000 end)' >/dev/null ||
    fail "other fees: $("$AGON" journal cat "$WORK/run/journal" --type instrument --json | head -2)"
echo "basis: $(wc -l <"$WORK/ids") orders, $(grep -c '"what":"order.modify"' "$SIM_LOG") replaced in place," \
    "$(of_account 0 report 'kind=fill ') fills on spot, $(of_account 1 report 'kind=fill ') on futures;" \
    "money and positions agree"
