#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A host in mode live trades on the simulated Kraken, by its private connection, which loses answers and breaks: orders are
# placed, filled, amended in their place and cancelled, and open orders and money are the exchange's. It is killed at different
# moments and started again: no client order id leaves twice, each one that the exchange saw is in the journal, and what is open
# is taken up again. Stopped, it holds nothing.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/kraken.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
asked() { # WHAT N: was that asked so often since byte $at of the log, and done?
    [ "$(tail -c "+$((at + 1))" "$SIM_LOG" | kraken_asked "$1" | grep -c '"error":""')" -ge "$2" ]
}
# WHAT: was it done by the private connection, ever?
done_on_socket() { grep "\"what\":\"$1\"" "$SIM_LOG" | grep '"transport":"ws"' | grep -q '"error":""'; }
# Did an order that adds risk come there since byte $at? busy.so sells what it holds: that passes a halt.
bought() { tail -c "+$((at + 1))" "$SIM_LOG" | grep '"kind":"effect"' | grep '"what":"NEW"' | grep -q '"side":"BUY"'; }
ready() { lines "$WORK/host.err" '"key":"ready"' 1; }
begin() {
    : >"$WORK/host.err"
    at=$(stat -c %s "$SIM_LOG")
    start_host
    until_true "$HOST_PID" "$1: ready" ready
}
# What the journal says that it holds is what the exchange has. The exchange counts what is asked: not too often.
settled_there() {
    kraken_settled && return
    sleep 1
    return 1
}

# On the private connection an order is taken, and it is reset before the answer; cancels are not answered, taken or not.
cat >"$WORK/faults.yaml" <<EOT
faults:
  - {on: request, method: WS, path: add_order, nth: 6, do: reset, effect: true}
  - {on: request, method: WS, path: cancel_order, every: 2, do: timeout}
  - {on: request, method: WS, path: cancel_order, nth: 3, do: timeout, effect: true}
EOT
start_kraken --seed 6 --faults "$WORK/faults.yaml"
kraken_files "every: 10, scale: 1000"
round=0
for n in 5 2 11; do
    round=$((round + 1))
    begin "round $round"
    until_true "$HOST_PID" "round $round: orders" asked add_order "$n"
    [ "$round" -lt 3 ] || until_true "$HOST_PID" "an order that is amended" asked amend_order 1
    kill -9 "$HOST_PID"
    wait "$HOST_PID" 2>/dev/null
    kraken_ids_once "round $round"
done

# Nobody sends anything: open orders and money come to be the exchange's, and what was open at the kill still is.
begin "the last run"
until_true "$HOST_PID" "trades" is '.fills >= 3 and .open_orders >= 1' status
# What it bought first, or an order of which nobody knows yet whether the exchange has it, is none that stands.
until_true "$HOST_PID" "an order that stands" is 'any(.[]; .type == "limit" and .state == "open" and .request == "")' orders stander_1
ctl halt all >/dev/null || fail "halt"
until_true "$HOST_PID" "open orders and money as the exchange has them" settled_there
stands=$(kraken_standing)
grep -qx "open $stands" "$WORK/asks" || fail "the order that stands, $stands, is not at the exchange: $(cat "$WORK/asks")"
is '.stray_orders == 0 and .foreign_orders == 0 and .other_host_orders == 0' status || fail "strays: $(cat "$WORK/out")"
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
begin "after the halt"
until_true "$HOST_PID" "the same after a kill" settled_there
[ "$(kraken_standing)" = "$stands" ] && grep -qx "open $stands" "$WORK/asks" || fail "the order that stood, $stands, is not open any more"
bought && fail "orders that add risk left under a halt"
ctl resume all >/dev/null || fail "resume"
until_true "$HOST_PID" "one that does" bought
until_true "$HOST_PID" "they trade again" asked add_order 3
for what in add_order amend_order cancel_order; do
    until_true "$HOST_PID" "$what on the socket" done_on_socket "$what"
done
until_true "$HOST_PID" "a cancel that was not answered goes by REST" lines "$SIM_LOG" '"what":"CancelOrder".*"error":""' 1
for status in TRADE REPLACED CANCELED; do
    until_true "$HOST_PID" "an order is $status" became "$status"
done
ctl stop "the end" --timeout 10m >"$WORK/out" || fail "stop: $(cat "$WORK/out")"
# Its own questions count there too, and of two that come at once the later nonce may be first: it is asked until it answers.
until_true "$HOST_PID" "the exchange says what it has" kraken_asks
! grep -q '^open' "$WORK/asks" || fail "open after the stop: $(cat "$WORK/asks")"
# What is left is too small for an order there: the rest of one that filled in part.
is 'all(.[]; (.notional | tonumber | fabs) < 4)' positions || fail "positions after the stop: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
kraken_ids_once "the end"
[ "$(grep -c '"kind":"fault"' "$SIM_LOG")" -ge 2 ] || fail "$(grep -c '"kind":"fault"' "$SIM_LOG") faults were met"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "four kills: $(wc -l <"$WORK/seen") orders, no id twice, each in the journal; what was open taken up again; stopped with nothing open"
