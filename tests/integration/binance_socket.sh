#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A host in mode live trades on the simulated Binance by the WebSocket API, which loses answers and breaks: orders are placed,
# filled, replaced and cancelled, and open orders and money are the exchange's. It is killed at different moments and started
# again: no client order id leaves twice, each one that the exchange saw is in the journal, and what is open is taken up again.
# Stopped, it holds nothing. Spot, where orders go by the connection of user data, or with KIND=um futures, where they have one
# of their own (binance_socket_um.sh).
. "$(dirname "$0")/common.sh"
KIND=${KIND-spot}

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
told() { tail -c "+$((at + 1))" "$SIM_LOG"; } # the log since this host began
asked() { # WHAT N: was that asked so often on a socket since then, and done?
    [ "$(told | grep '"kind":"request"' | grep '"transport":"ws"' | grep "\"what\":\"$1\"" | grep -c '"code":0[,}]')" -ge "$2" ]
}
done_by() { grep "\"what\":\"$1\"" "$SIM_LOG" | grep "\"transport\":\"$2\"" | grep -q '"code":0[,}]'; } # WHAT HOW: was it, ever?
# Did an order that adds risk come there? busy.so sells what it holds: that passes a halt.
bought() { told | grep '"kind":"effect"' | grep '"what":"NEW"' | grep -q '"side":"BUY"'; }
ready() { lines "$WORK/host.err" '"key":"ready"' 1; }
begin() {
    : >"$WORK/host.err"
    at=$(stat -c %s "$SIM_LOG")
    start_host
    until_true "$HOST_PID" "$1: ready" ready
}
asks() { python3 "$AGON_SOURCE_ROOT/tests/integration/binance_asks.py" "$PORT" "$KIND" >"$WORK/asks" 2>"$WORK/asks.err"; }
same() { [ "$(grep "^$1 $2" "$WORK/facts")" = "$(grep "^$1 $2" "$WORK/asks")" ]; } # WORD WHAT
# What the journal says that it holds is what the exchange has.
settled_there() {
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" 2>/dev/null && ! grep -q -e '^request' -e '^suspense' "$WORK/facts" &&
        asks && [ "$(sed -n "s/^$OPEN //p" "$WORK/facts" | sort)" = "$(sed -n 's/^open //p' "$WORK/asks" | sort)" ] &&
        same cash USDT && same "$HELD" BTC && same "$HELD" ETH && return
    sleep 1
    return 1
}
journal_has_all() { # WHAT: no id left twice, and each that the exchange saw is in the journal
    ids_once
    sort "$WORK/ids" >"$WORK/seen"
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" || fail "$1: the journal cannot be read"
    sed -n 's/^sent //p' "$WORK/facts" | sort >"$WORK/sent"
    [ -z "$(comm -13 "$WORK/sent" "$WORK/seen")" ] ||
        fail "$1: the exchange saw orders that no journal holds: $(comm -13 "$WORK/sent" "$WORK/seen" | head -3)"
}

# On the connection an order is taken, and it is reset before the answer; cancels are not answered, taken or not; one order has
# no answer at all, which cuts the connection, and one an answer that the exchange does not know itself.
cat >"$WORK/faults.yaml" <<EOT
faults:
  - {on: request, method: WS, path: order.place, nth: 6, do: reset, effect: true}
  - {on: request, method: WS, path: order.place, nth: 9, do: error, status: 503, code: -1007, effect: true}
  - {on: request, method: WS, path: order.place, nth: 12, do: timeout, effect: true}
  - {on: request, method: WS, path: order.cancel, every: 2, do: timeout}
  - {on: request, method: WS, path: order.cancel, nth: 3, do: timeout, effect: true}
EOT
cat >"$WORK/accounts.yaml" <<EOT
accounts:
  - {key: agon-sim-key, secret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==,
     balances: {USDT: 100000000, BTC: 10, ETH: 100}}
EOT
start_sim --seed 6 --faults "$WORK/faults.yaml" --account "$WORK/accounts.yaml"
VENUE_MORE='orders: websocket
reconcile: 5s
request_timeout: 3s'
case $KIND in
spot) PORT=$SIM_PORT qty=1000 HELD=cash OPEN=open REPLACE=order.cancelReplace ;;
um) PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out") qty=100 HELD=position OPEN=first REPLACE=order.modify ;;
esac
roster=$(agent busy_1 busy.so "every: 10")
roster="$roster
  - {name: once_1, plugin: once.so, stage: live, capital: 100000 USDT, instruments: [\"binance:ETHUSDT\"],
     params: {what: 1, qty: $qty}, hard: 30s}"
live_files "$roster"
if [ "$KIND" = um ]; then
    sed -i -e 's/^dialect: .*/dialect: binance_um/' -e "s/$SIM_PORT/$PORT/" \
        -e 's|/ws-api/v3|/ws|' -e 's|path: /api}|path: /fapi}|' -e 's/capacity: 6000/capacity: 2400/' "$WORK/conf/venue.yaml"
    cat >>"$WORK/conf/venue.yaml" <<EOT
rights: {host: 127.0.0.1, port: $SIM_PORT, tls: false}
order_socket: {host: 127.0.0.1, port: $PORT, tls: false, path: /ws-fapi/v1}
leverage: 5
margin: cross
EOT
    sed -i '/symbol:/d' "$WORK/conf/live.yaml"
    cat >>"$WORK/conf/live.yaml" <<EOT
  - {symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.001, min_notional: 100}
  - {symbol: ETHUSDT, base: ETH, quote: USDT, tick: 0.01, lot: 0.001, min_notional: 20}
EOT
fi

round=0
for n in 5 2 11; do
    round=$((round + 1))
    begin "round $round"
    until_true "$HOST_PID" "round $round: orders" asked order.place "$n"
    [ "$round" -lt 3 ] || until_true "$HOST_PID" "an order that is replaced" asked "$REPLACE" 1
    is '.bad == 0' feed || fail "round $round: what the venue said was not understood: $(cat "$WORK/out")"
    kill -9 "$HOST_PID"
    wait "$HOST_PID" 2>/dev/null
    journal_has_all "round $round"
done

# Nobody sends anything: open orders and money come to be the exchange's, and what was open at the kill still is.
begin "the last run"
until_true "$HOST_PID" "trades" is '.fills >= 3 and .open_orders >= 1' status
until_true "$HOST_PID" "each fault" lines "$SIM_LOG" '"kind":"fault".*"rule":3,' 1
ctl halt all >/dev/null || fail "halt"
until_true "$HOST_PID" "open orders and money as the exchange has them" settled_there
is '.bad == 0' feed || fail "what the venue said was not understood: $(cat "$WORK/out")"
is '.stray_orders == 0 and .foreign_orders == 0 and .other_host_orders == 0' status || fail "strays: $(cat "$WORK/out")"
resting=$(ctl orders once_1 --json | jq -r '.[0].id')
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
begin "after the halt"
until_true "$HOST_PID" "the same after a kill" settled_there
[ "$(ctl orders once_1 --json | jq -r '.[0].id')" = "$resting" ] || fail "the order that rested is not open any more: $(ctl orders once_1)"
bought && fail "orders that add risk left under a halt"
ctl resume all >/dev/null || fail "resume"
until_true "$HOST_PID" "one that does" bought
until_true "$HOST_PID" "they trade again" asked order.place 3
for what in order.place order.cancel "$REPLACE"; do
    until_true "$HOST_PID" "$what on the socket" done_by "$what" ws
done
until_true "$HOST_PID" "a cancel that was not answered goes by REST" done_by order.cancel rest
for status in TRADE CANCELED; do
    until_true "$HOST_PID" "an order is $status" became "$status"
done
ctl stop "the end" --timeout 10m >"$WORK/out" || fail "stop: $(cat "$WORK/out")"
until_true "$HOST_PID" "the exchange says what it has" asks
! grep -q '^open' "$WORK/asks" || fail "open after the stop: $(cat "$WORK/asks")"
# What is left is too small for an order there: the rest of one that filled in part.
is 'all(.[]; (.notional | tonumber | fabs) < 6)' positions || fail "positions after the stop: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
journal_has_all "the end"
[ "$(grep -c '"kind":"fault"' "$SIM_LOG")" -ge 4 ] || fail "$(grep -c '"kind":"fault"' "$SIM_LOG") faults were met"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
by_rest=$(grep '"what":"order.place"' "$SIM_LOG" | grep -c '"transport":"rest"')
echo "$KIND, four kills: $(wc -l <"$WORK/seen") orders, $by_rest of them by REST, no id twice, each in the journal; what was open taken up again; stopped with nothing open"
