#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How long a kill and a stop take: ORDERS open orders (1,000) and 40 positions, five agents on four symbols of two
# markets: quiet; with the control socket and HTTP flooded; with every connection for orders and data hung in the
# exchange; with both. By command only (`./agon soak stop`): its figures are times, and no verdict hangs on them.
. "$(dirname "$0")/common.sh"
ORDERS=${ORDERS:-1000}
LATE=0 # orders beside those, of an agent that begins anew when requests hang
CASES=${CASES:-quiet flooded hung hung-flooded hung-stop hung-flooded-stop}
wanted() { # CASE
    case " $CASES " in *" $1 "*) ;; *) return 1 ;; esac
}

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
now() { date +%s%N; }
# ms FROM TO: the time between two, in milliseconds
ms() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", (b - a) / 1e6 }'; }
# Of the exchange's log behind line $1: when the first and the last such thing came.
times() { # LINE PATTERN
    tail -n "+$1" "$SIM_LOG" | grep -e "$2" | sed 's/.*"t_transport_ns":\([0-9]*\).*/\1/' | sort -n | sed -n '1p;$p' | tr '\n' ' '
}
stands() {
    is ".n_orders >= $((ORDERS + LATE)) and .n_positions >= $((LATE > 0 ? 42 : 40))" left
}
flood() { # until the file goes: connections that say nothing, and questions
    python3 - "$WORK/run" "$WORK/flood" <<'PY'
import os, socket, sys, threading, time
run, flag = sys.argv[1:]
port = int(open(run + "/http").read().strip().rsplit(":", 1)[1])
def local():
    s = socket.socket(socket.AF_UNIX); s.settimeout(1); s.connect(run + "/control.sock"); return s
def web():
    return socket.create_connection(("127.0.0.1", port), 1)
def silent(make):
    kept = []
    while os.path.exists(flag):
        try: kept.append(make())
        except OSError: time.sleep(0.01)
        if len(kept) > 300: kept.pop(0).close()
def asking():
    while os.path.exists(flag):
        try:
            s = local(); s.sendall(b'{"verb": ["equity"]}\n')
            while s.recv(65536): pass
            s.close()
        except OSError: pass
def guessing():
    while os.path.exists(flag):
        try:
            s = web(); s.sendall(b"POST /api/v1/kill HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nContent-Length: 0\r\nAuthorization: Bearer no\r\n\r\n" % port)
            s.recv(4096); s.close()
        except OSError: pass
for job in [lambda: silent(local), lambda: silent(web)] + 4 * [asking] + 4 * [guessing]:
    threading.Thread(target=job).start()
PY
}

configure() { # more arguments for the simulator
    start_sim --seed 3 "$@"
    UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
    VENUE_MORE='reconcile: 5s' live_files ''
    sed -e 's/^name: .*/name: binance_um/' -e 's/^dialect: .*/dialect: binance_um/' -e "s/$SIM_PORT/$UM_PORT/" \
        -e 's|/ws-api/v3|/ws|' -e 's|path: /api}|path: /fapi}|' -e 's/capacity: 6000/capacity: 2400/' \
        -e 's/kind: orders, capacity: 100/kind: orders, capacity: 300/' "$WORK/conf/venue.yaml" >"$WORK/conf/venue_um.yaml"
    echo "rights: {host: 127.0.0.1, port: $SIM_PORT, tls: false}" >>"$WORK/conf/venue_um.yaml"
    printf 'leverage: 5\nmargin: cross\n' >>"$WORK/conf/venue_um.yaml"
    sed -i -e 's/^venue: .*/venues: [venue.yaml, venue_um.yaml]/' "$WORK/conf/live.yaml"
    {
        echo '  - {symbol: BNBUSDT, base: BNB, quote: USDT, tick: 0.01, lot: 0.001, min_notional: 5}'
        echo '  - {symbol: SOLUSDT, base: SOL, quote: USDT, tick: 0.01, lot: 0.001, min_notional: 5}'
        echo '  - {venue: binance_um, symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.001, min_notional: 100}'
        echo '  - {venue: binance_um, symbol: ETHUSDT, base: ETH, quote: USDT, tick: 0.01, lot: 0.001, min_notional: 20}'
        echo '  - {venue: binance_um, symbol: BNBUSDT, base: BNB, quote: USDT, tick: 0.01, lot: 0.01, min_notional: 5}'
        echo '  - {venue: binance_um, symbol: SOLUSDT, base: SOL, quote: USDT, tick: 0.01, lot: 0.01, min_notional: 5}'
    } >>"$WORK/conf/live.yaml"
    {
        printf 'seed: 1\nbase_currency: USDT\nagents:\n'
        for n in 1 2 3 4 5; do
            printf '  - {name: stander_%d, plugin: stander.so, stage: live, capital: 100000 USDT,\n' "$n"
            printf '     instruments: ["binance:BTCUSDT", "binance:ETHUSDT", "binance:BNBUSDT", "binance:SOLUSDT",\n'
            printf '       "binance_um:BTCUSDT", "binance_um:ETHUSDT", "binance_um:BNBUSDT", "binance_um:SOLUSDT"],\n'
            printf '     params: {orders: %d}, limits: {orders_per_second: 1000, orders_burst: 1000, open_orders: 1000, leverage: 5}}\n' $((ORDERS / 40))
        done
        [ "$LATE" = 0 ] || {
            printf '  - {name: late, plugin: stander.so, stage: live, capital: 100000 USDT,\n'
            printf '     instruments: ["binance:SOLUSDT", "binance_um:SOLUSDT"],\n'
            printf '     params: {orders: %d}, limits: {orders_per_second: 1000, orders_burst: 1000, open_orders: 1000, leverage: 5}}\n' $((LATE / 2))
        }
    } >"$WORK/conf/roster.yaml"
    start_host
    port_known() { [ -s "$WORK/run/http" ]; }
    until_true "$HOST_PID" "the host's address" port_known
}
end() {
    ctl stop --timeout 10m >/dev/null || fail "it does not stop: $(ctl left)"
    ctl resume >/dev/null
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
    kill -TERM "$SIM_PID"
    ended "$SIM_PID" 0 "the simulator"
    [ -z "${SAVE-}" ] || cp -r "$WORK/run" "$SIM_LOG" "$WORK/host.err" "$SAVE"
    rm -rf "$WORK/run" "$SIM_LOG"
}
# measure NAME VERB: orders it, and says when what was on the wire and when it was over
measure() {
    name=$1 verb=$2
    at=$(($(wc -l <"$SIM_LOG") + 1))
    n_open=$(ctl left --json | jq .n_orders)
    n_held=$(ctl left --json | jq .n_positions)
    from=$(now)
    if [ "$verb" = kill ]; then ctl kill >/dev/null; else ctl stop --timeout 120s >"$WORK/stopped"; fi || fail "$name: ctl $verb: $(cat "$WORK/stopped")"
    answered=$(now)
    until_true "$HOST_PID" "$name: no order is open" is '.n_orders == 0' left
    over=$(now)
    # shellcheck disable=SC2046
    set -- $(times "$at" "$CANCELS") 0 0
    first=$1 again=$2
    set -- $(times "$at" '"kind":"effect".*"what":"CANCELED"') 0 0
    gone=$2
    # The last that ended an order. Those after it are a precaution, against requests that hang and may still be taken.
    last=$(tail -n "+$at" "$SIM_LOG" | grep -e "$CANCELS" | sed 's/.*"t_transport_ns":\([0-9]*\).*/\1/' |
        awk -v gone="$gone" '$1 - gone < 1000000 && $1 > last { last = $1 } END { printf "%.0f", last }')
    set -- $(times "$at" '"kind":"request".*"type":"\(LIMIT","newClient\|MARKET\)') 0 0
    closed=-
    [ "$verb" = kill ] || closed=$(ms "$from" "$answered")
    [ $((again - last)) -gt 1000000 ] && again=$(ms "$from" "$again") || again=-
    row "$name" "$n_open" "$n_held" "$(ms "$from" "$first")" "$(ms "$from" "$last")" "$(ms "$from" "$gone")" "$again" \
        "$(ms "$from" "$over")" "$closed" "$(cut -d' ' -f1 /proc/loadavg)"
}
CANCELS='"kind":"request".*"what":"[^"]*\(openOrders.cancelAll\|allOpenOrders\|order.cancel\)"'
row() { printf '| %-22s | %6s | %9s | %12s | %11s | %15s | %12s | %14s | %10s | %5s |\n' "$@"; }
# The venue counts new orders in windows of ten seconds: what the agents used of one is not what is measured here.
ready() {
    until_true "$HOST_PID" "$ORDERS orders and 40 positions" stands
    sleep 11
}
again() {
    ctl resume kill >/dev/null
    ctl resume >/dev/null
    ready
}

# measured while the control socket and HTTP are flooded
flooded() {
    touch "$WORK/flood"
    flood &
    FLOOD=$!
    PIDS="$PIDS $FLOOD"
    sleep 2
    measure "$@"
    rm "$WORK/flood"
    wait "$FLOOD"
}
answering() { # nothing is wrong with the exchange
    configure
    ready
    if wanted quiet; then
        measure "quiet: kill" kill
        again
        measure "quiet: stop" stop
    fi
    if wanted quiet && wanted flooded; then again; fi
    if wanted flooded; then
        flooded "flooded: kill" kill
        again
        flooded "flooded: stop" stop
    fi
    end
    unset SIM_PORT
}

HANG_AFTER=${HANG_AFTER:-240s}
hung() { lines "$SIM_LOG" '"kind":"fault".*"name":"hangs"' 4 && lines "$SIM_LOG" '"kind":"fault".*"name":"data"' 2; }
# New orders are taken and never answered once all stand: both connections for orders hang, and those for data too; what
# is left is the one for cancels. TIMES=2 hangs the two that stand and not those that follow them: what closes a position
# is a new order too, and where none is ever answered nothing can be closed.
hanging() { # COMMAND...: measure or flooded, and its words
    limit=${TIMES:+, times: $TIMES}
    cat >"$WORK/faults.yaml" <<EOF
seed: 1
faults:
  - {name: hangs, on: request, do: timeout, method: POST, path: /api/v3/order, after: $HANG_AFTER$limit}
  - {name: hangs, on: request, do: timeout, method: POST, path: /fapi/v1/order, after: $HANG_AFTER$limit}
  - {name: data, on: request, do: timeout, method: GET, path: /api/v3/myTrades, after: $HANG_AFTER$limit}
  - {name: data, on: request, do: timeout, method: GET, path: /fapi/v1/userTrades, after: $HANG_AFTER$limit}
EOF
    began=$(date +%s)
    LATE=20
    configure --faults "$WORK/faults.yaml"
    ready
    took=$(($(date +%s) - began))
    [ "$took" -lt "${HANG_AFTER%s}" ] || fail "the orders stood after $took s only: take HANG_AFTER=$((took * 2))s"
    sleep $((${HANG_AFTER%s} - took + 1))
    # Something has to be on its way: one agent begins anew, beside the others' orders.
    ctl cancel late >/dev/null
    until_true "$HOST_PID" "requests that hang" hung
    "$@"
    kill -9 "$HOST_PID" "$SIM_PID"
    wait "$HOST_PID" "$SIM_PID" 2>/dev/null
    [ -z "${SAVE-}" ] || cp -r "$WORK/run" "$SIM_LOG" "$WORK/host.err" "$SAVE"
    rm -rf "${WORK:?}/run" "${SIM_LOG:?}"
    unset SIM_PORT
}

echo "times in ms from the order on: the first cancel on the wire and the last that ended an order, when all were cancelled at"
echo "the exchange, until when it was cancelled again as a precaution, when the host knew of none and all was closed; load of the minute"
row case orders positions 'first cancel' 'last cancel' 'cancelled there' 'again until' 'none open here' 'all closed' load
if wanted quiet || wanted flooded; then answering; fi
if wanted hung; then hanging measure "hung: kill" kill; fi
if wanted hung-flooded; then hanging flooded "hung, flooded: kill" kill; fi
TIMES=2
if wanted hung-stop; then hanging measure "hung: stop" stop; fi
if wanted hung-flooded-stop; then hanging flooded "hung, flooded: stop" stop; fi
