#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ambiguous requests at standard settings, on spot and USD-M futures: the connection is cut as soon as the request is
# out, the exchange takes it 4.5 s later, queries show what was 1.5 to 2.5 s before, and the user stream tells of it 7 to
# 9 s late. A new order, a cancel and a replacement go through this. Whatever the host concludes, no order may be open at
# the exchange that the host does not hold open: not before it ends, not at its end, and not in the next run.
. "$(dirname "$0")/common.sh"

cat >"$WORK/faults.yaml" <<EOF
faults:
  - {on: request, method: POST, path: /api/v3/order, symbol: BTCUSDT, nth: 1, do: hold, delay: 4500ms, answer: cut}
  - {on: request, method: DELETE, path: /api/v3/order, nth: 1, do: hold, delay: 4500ms, answer: cut}
  - {on: request, method: POST, path: /api/v3/order/cancelReplace, nth: 1, do: hold, delay: 4500ms, answer: cut}
  - {on: request, method: POST, path: /fapi/v1/order, symbol: BTCUSDT, nth: 1, do: hold, delay: 4500ms, answer: cut}
  - {on: request, method: DELETE, path: /fapi/v1/order, nth: 1, do: hold, delay: 4500ms, answer: cut}
  - {on: request, method: PUT, path: /fapi/v1/order, nth: 1, do: hold, delay: 4500ms, answer: cut}
  - {on: request, method: GET, path: "/api/v3/*", do: lag, delay: 1500ms, delay_max: 2500ms}
  - {on: request, method: GET, path: "/fapi/*", do: lag, delay: 1500ms, delay_max: 2500ms}
  - {on: user, do: delay, delay: 7s, delay_max: 9s}
EOF
start_sim --seed 3 --faults "$WORK/faults.yaml"
UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
VENUE_MORE='reconcile: 5s' live_files ''
sed -e 's/^name: .*/name: binance_um/' -e 's/^dialect: .*/dialect: binance_um/' -e "s/$SIM_PORT/$UM_PORT/" \
    -e 's|/ws-api/v3|/ws|' -e 's|path: /api}|path: /fapi}|' -e 's/capacity: 6000/capacity: 2400/' \
    "$WORK/conf/venue.yaml" >"$WORK/conf/venue_um.yaml"
echo "rights: {host: 127.0.0.1, port: $SIM_PORT, tls: false}" >>"$WORK/conf/venue_um.yaml"
printf 'leverage: 5\nmargin: cross\n' >>"$WORK/conf/venue_um.yaml"
sed -i -e 's/^venue: .*/venues: [venue.yaml, venue_um.yaml]/' "$WORK/conf/live.yaml"
cat >>"$WORK/conf/live.yaml" <<EOF
  - {venue: binance_um, symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.001, min_notional: 100}
  - {venue: binance_um, symbol: ETHUSDT, base: ETH, quote: USDT, tick: 0.01, lot: 0.001, min_notional: 20}
EOF
one() { # NAME INSTRUMENT WHAT QTY
    printf '  - {name: %s, plugin: once.so, stage: live, capital: 100000 USDT, instruments: ["%s"],
     params: {what: %s, qty: %s}, hard: 30s}\n' "$1" "$2" "$3" "$4"
}
{
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    one spot_new binance:BTCUSDT 1 1000
    one spot_cancel binance:ETHUSDT 2 1000
    one spot_replace binance:ETHUSDT 3 1000
    one um_new binance_um:BTCUSDT 1 10
    one um_cancel binance_um:ETHUSDT 2 100
    one um_replace binance_um:ETHUSDT 3 100
} >"$WORK/conf/roster.yaml"

# Orders that are open at the exchange, by what it did.
at_venue() {
    grep '"kind":"effect"' "$SIM_LOG" | sed 's/.*"symbol":"\([A-Z]*\)".*"clientOrderId":"\([^"]*\)".*"status":"\([A-Z_]*\)".*/\2 \3/' |
        awk '{ last[$1] = $2 } END { for (id in last) if (last[id] == "NEW" || last[id] == "PARTIALLY_FILLED") print id }' |
        sort
}
# Orders that the host holds open.
at_host() {
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" 2>/dev/null && grep '^open' "$WORK/facts" | sort
}
# Nothing unconfirmed any more; all six orders have been sent, and what was asked of four of them.
all_known() {
    [ "$(grep -c '"kind":"fault".*"rule":[1-6],' "$SIM_LOG")" = 6 ] && [ "$(grep -c '"kind":"request"' "$SIM_LOG")" -ge 10 ] &&
        at_host >"$WORK/at_host" && ! grep -q '^request' "$WORK/facts"
}
agree() { # the host's orders are those of the exchange; on futures a replaced one keeps its first id
    at_host >"$WORK/at_host" && ! grep -q '^request' "$WORK/facts" || return 1
    at_venue >"$WORK/at_venue"
    [ "$(wc -l <"$WORK/at_host")" = "$(wc -l <"$WORK/at_venue")" ] || return 1
    sed -n -e 's/^open //p' -e 's/^first //p' "$WORK/facts" >"$WORK/ids"
    [ -z "$(grep -v -x -F -f "$WORK/ids" "$WORK/at_venue")" ]
}

start_host
until_true "$HOST_PID" "every request's fate" all_known
"$AGON" ctl status --dir "$WORK/run" --json >"$WORK/status" || fail "ctl status"
[ "$(json "$WORK/status" stray_orders)" = 0 ] || fail "strays: $(cat "$WORK/status")"
agree || fail "open at the exchange: $(cat "$WORK/at_venue"); held open: $(cat "$WORK/at_host")"
n=$(wc -l <"$WORK/at_venue")
[ "$n" = 4 ] || fail "$n orders are open, not 4: $(cat "$WORK/at_venue")"
! "$AGON" journal cat "$WORK/run/journal" --live --type report | grep -e 'kind=absent' -e 'kind=cancel_rejected' -e 'kind=replace_rejected' ||
    fail "a request counts as not done that was done"
echo "six ambiguous requests: each known for what it became, $n orders open on both sides"

kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
# An end takes 5 s at most, and the exchange shows for up to 2.5 s what was: on a slow machine it is not read once more.
grep -q '"key":"left","text":"\(nothing\|0 orders open, 0 of them\)' "$WORK/host.err" || fail "what it left: $(grep '"key":"left"' "$WORK/host.err")"
agree || fail "after the end, open at the exchange: $(cat "$WORK/at_venue"); held open: $(cat "$WORK/at_host")"
start_host
# The journal of the run before says all of this already: the next one has to be there first.
begun_again() { [ "$(grep -c '"key":"agents"' "$WORK/host.err")" = 2 ]; }
until_true "$HOST_PID" "the next run" begun_again
until_true "$HOST_PID" "every request's fate in the next run" all_known
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host of the next run"
agree || fail "after the next run, open at the exchange: $(cat "$WORK/at_venue"); held open: $(cat "$WORK/at_host")"
! grep -e '"key":"stray"' -e '"key":"ghost_order"' "$WORK/host.err" || fail "an order was given up that was there"
echo "after the end and after the next run: the same"
