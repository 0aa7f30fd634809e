#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A host in mode live trades on the simulated OKX, on this machine, by its private connection, which loses answers and breaks:
# orders are placed, filled, amended in their place and cancelled, and open orders, positions and money are the exchange's. It is
# killed at different moments and started again: no
# client order id leaves twice, each one that the exchange saw is in the journal, and what is open is taken up again. Stopped, it
# holds nothing. Without a pass-phrase it does not start. Spot, or with KIND=swap linear swaps (okx_swap_live.sh).
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/okx.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
asked() { # WHAT N: was that asked so often since byte $at of the log, and done?
    [ "$(tail -c "+$((at + 1))" "$SIM_LOG" | okx_asked "$1" | grep -c '"code":0,')" -ge "$2" ]
}
# WHAT: was it done by the private connection, ever?
done_on_socket() { grep "\"what\":\"$1\"" "$SIM_LOG" | grep '"transport":"ws"' | grep -q '"code":0,'; }
# Did an order that adds risk come there since byte $at? busy.so sells what it holds: that passes a halt.
bought() { tail -c "+$((at + 1))" "$SIM_LOG" | grep '"kind":"effect"' | grep '"what":"NEW"' | grep -q '"side":"BUY"'; }
ready() { lines "$WORK/host.err" '"key":"ready"' 1; }
begin() {
    : >"$WORK/host.err"
    at=$(stat -c %s "$SIM_LOG")
    start_host
    until_true "$HOST_PID" "$1: ready" ready
}
asks() {
    python3 "$AGON_SOURCE_ROOT/tests/integration/okx_asks.py" "$SIM_PORT" "$KIND" >"$WORK/asks" 2>"$WORK/asks.err"
}
same() { # WORD ASSET
    [ "$(grep "^$1 $2" "$WORK/facts")" = "$(grep "^$1 $2" "$WORK/asks")" ]
}
# What the journal says that it holds is what the exchange has.
settled_there() {
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" 2>/dev/null && ! grep -q -e '^request' -e '^suspense' "$WORK/facts" &&
        asks && [ "$(sed -n 's/^first //p' "$WORK/facts" | sort)" = "$(sed -n 's/^open //p' "$WORK/asks" | sort)" ] &&
        same cash USDT && same "$HELD" BTC && same "$HELD" ETH && return
    sleep 1
    return 1
}
# No client order id left twice, and each that the exchange saw is in the journal.
ids_once() { # WHAT
    okx_asked order <"$SIM_LOG" | grep -v '"code":50102' |
        sed -n 's/.*"clOrdId":"\([^"]*\)".*/\1/p' | sort >"$WORK/seen"
    [ -z "$(uniq -d "$WORK/seen")" ] || fail "$1: ids were sent twice: $(uniq -d "$WORK/seen" | head -3)"
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" || fail "$1: the journal cannot be read"
    sed -n 's/^sent //p' "$WORK/facts" | sort >"$WORK/sent"
    [ -z "$(comm -13 "$WORK/sent" "$WORK/seen")" ] ||
        fail "$1: the exchange saw orders that no journal holds: $(comm -13 "$WORK/sent" "$WORK/seen" | head -3)"
}

# On the private connection an order is taken, and it is reset before the answer; cancels are not answered, taken or not.
cat >"$WORK/faults.yaml" <<EOT
faults:
  - {on: request, method: WS, path: order, nth: 6, do: reset, effect: true}
  - {on: request, method: WS, path: cancel-order, every: 2, do: timeout}
  - {on: request, method: WS, path: cancel-order, nth: 3, do: timeout, effect: true}
EOT
start_sim --venue okx --seed 6 --faults "$WORK/faults.yaml"
okx_files

"$AGON" run --config "$WORK/conf/live.yaml" --plugins "$PLUGINS" --dir "$WORK/none" >"$WORK/none.out" 2>&1 && fail "it started without a pass-phrase"
grep -q 'passphrase' "$WORK/none.out" || fail "what it says without a pass-phrase: $(cat "$WORK/none.out")"
echo 'passphrase: agon-sim-pass' >>"$WORK/credentials/sim"

round=0
for n in 5 2 11; do
    round=$((round + 1))
    begin "round $round"
    until_true "$HOST_PID" "round $round: orders" asked order "$n"
    [ "$round" -lt 3 ] || until_true "$HOST_PID" "an order that is amended" asked amend-order 1
    is '.bad == 0' feed || fail "round $round: what the venue said was not understood: $(cat "$WORK/out")"
    kill -9 "$HOST_PID"
    wait "$HOST_PID" 2>/dev/null
    ids_once "round $round"
done

# Nobody sends anything: open orders and money come to be the exchange's, and what was open at the kill still is.
begin "the last run"
until_true "$HOST_PID" "trades" is '.fills >= 3 and .open_orders >= 1' status
ctl halt all >/dev/null || fail "halt"
until_true "$HOST_PID" "open orders and money as the exchange has them" settled_there
is '.bad == 0' feed || fail "what the venue said was not understood: $(cat "$WORK/out")"
resting=$(ctl orders once_1 --json | jq -r '.[0].id')
is '.stray_orders == 0 and .foreign_orders == 0 and .other_host_orders == 0' status || fail "strays: $(cat "$WORK/out")"
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
begin "after the halt"
until_true "$HOST_PID" "the same after a kill" settled_there
[ "$(ctl orders once_1 --json | jq -r '.[0].id')" = "$resting" ] || fail "the order that rested is not open any more: $(ctl orders once_1)"
bought && fail "orders that add risk left under a halt"
ctl resume all >/dev/null || fail "resume"
until_true "$HOST_PID" "one that does" bought
until_true "$HOST_PID" "they trade again" asked order 3
for what in order amend-order cancel-order; do
    until_true "$HOST_PID" "$what on the socket" done_on_socket "$what"
done
until_true "$HOST_PID" "a cancel that was not answered goes by REST" lines "$SIM_LOG" '"what":"trade/cancel-order".*"code":' 1
for status in TRADE REPLACED CANCELED; do
    until_true "$HOST_PID" "an order is $status" became "$status"
done
ctl stop "the end" --timeout 10m >"$WORK/out" || fail "stop: $(cat "$WORK/out")"
until_true "$HOST_PID" "the exchange says what it has" asks
! grep -q '^open' "$WORK/asks" || fail "open after the stop: $(cat "$WORK/asks")"
# What is left is too small for an order there: the rest of one that filled in part.
is 'all(.[]; (.notional | tonumber | fabs) < 6)' positions || fail "positions after the stop: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
ids_once "the end"
[ "$(grep -c '"kind":"fault"' "$SIM_LOG")" -ge 2 ] || fail "$(grep -c '"kind":"fault"' "$SIM_LOG") faults were met"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "$name, four kills: $(wc -l <"$WORK/seen") orders, no id twice, each in the journal; what was open taken up again; stopped with nothing open"
