#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A live host is killed at different moments and started again (F-65). After each kill: no client order id went out twice
# (INV-02), and every id that the exchange saw is in the journal (INV-03). In every tenth round and once at the end the
# restarted host's agents send nothing, and its open orders and money must come to equal the exchange's (INV-05); in the
# other rounds they are not compared, for both move. Each round comes to "ready" before it is killed. Five rounds; by
# command KILL_ROUNDS=20 or more (`./agon soak kill`: 1,000), with the times to "ready" at the end. The exchange's limit of
# connections is lifted, for no exchange is asked by a host that is killed every second.
. "$(dirname "$0")/common.sh"
rounds=${KILL_ROUNDS:-5}

# Who only buys has spent a capital of 100000 after some hundred rounds, and then wants nothing any more.
cat >"$WORK/accounts.yaml" <<EOF
accounts:
  - {key: agon-sim-key, secret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==,
     balances: {USDT: 100000000, BTC: 10, ETH: 100}}
EOF
rich() { agent "$@" | sed 's/capital: 100000 /capital: 40000000 /'; }
start_sim --seed 3 --connects 1000000 --account "$WORK/accounts.yaml"
VENUE_MORE='reconcile: 2s
recv_window: 1s'
trading() {
    live_files "$(rich busy_1 busy.so 'every: 2')
$(rich busy_2 busy.so 'every: 3')"
}
quiet() {
    live_files "$(rich busy_1 busy.so 'every: 1000000')
$(rich busy_2 busy.so 'every: 1000000')"
}
trading

# Of this round's own log: the others' would be read again and again.
is_ready() { lines "$WORK/host.err" '"key":"ready"' 1; }
# told N: what the exchange wrote since byte N of its log
told() { tail -c "+$(($1 + 1))" "$SIM_LOG"; }
# settles WHAT: nobody sends anything, so what is left over is found, what was unconfirmed is proven, and open orders and money
# come to be the exchange's. 3,000 looks, of a tenth of a second and more each, are no measure of a machine: a difference
# that stays that long is none that goes.
settled_yet() {
    settled && return
    [ "$((looks += 1))" -lt 3000 ] || fail "$1: not as the exchange has them: $(grep '^open\|^cash\|^request\|^suspense' "$WORK/facts" |
        sort | diff - "$WORK/asks" | head -20)"
    return 1
}
settles() {
    looks=0
    until_true "$HOST_PID" "$1: open orders and money as the exchange has them" settled_yet "$1"
    n_open=$(grep -c '^open' "$WORK/asks")
    n_settled=$((n_settled + 1))
}
requests() { [ "$(told "$at" | grep -c '"kind":"request"')" -ge "$1" ]; }

: >"$WORK/ids"
: >"$WORK/times"
round=0
n_settled=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    : >"$WORK/host.err"
    at=$(stat -c %s "$SIM_LOG")
    [ $((round % 10)) -ne 0 ] || quiet
    began=$(date +%s%N)
    start_host
    until_true "$HOST_PID" "round $round: ready" is_ready
    echo $((($(date +%s%N) - began) / 1000000)) >>"$WORK/times"
    # Another number of lines each time: the moment lies at another place of an order's way.
    if [ $((round % 10)) -ne 0 ]; then
        until_true "$HOST_PID" "round $round: orders" requests $((round * 7 % 23 + 3))
    else
        settles "round $round"
        trading
    fi
    kill -9 "$HOST_PID"
    wait "$HOST_PID" 2>/dev/null
    told "$at" | grep '"kind":"request"' | grep -v '"code":-1021' |
        sed -n 's/.*"newClientOrderId":"\([^"]*\)".*/\1/p' | sort >"$WORK/seen"
    sort -o "$WORK/ids.now" -m "$WORK/ids" "$WORK/seen"
    mv "$WORK/ids.now" "$WORK/ids"
    [ -z "$(uniq -d "$WORK/ids")" ] || fail "round $round: ids were sent twice: $(uniq -d "$WORK/ids" | head -3)"
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" || fail "round $round: the journal cannot be read"
    sed -n 's/^sent //p' "$WORK/facts" | sort >"$WORK/sent"
    lost=$(comm -13 "$WORK/sent" "$WORK/seen" | head -3)
    [ -z "$lost" ] || fail "round $round: the exchange saw orders that no journal holds: $lost"
    [ $((round % 50)) -ne 0 ] || echo "$round kills, $(wc -l <"$WORK/ids") orders"
done
: >"$WORK/host.err"

# Once more, with nobody who wishes anything, and through its end in good order.
quiet
start_host
until_true "$HOST_PID" "the host is ready" is_ready
settles "the end"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
ids_once
"${TOOLS}asks" "$SIM_PORT" >"$WORK/asks" || fail "the exchange does not answer"
# An end takes 5 s at most: a host that had no time for it says what it leaves.
! grep -q '^open' "$WORK/asks" || lines "$WORK/host.err" '"key":"left","text":"[1-9][0-9]* orders open' 1 ||
    fail "orders are open after the end: $(grep '^open' "$WORK/asks")"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
[ "$(wc -l <"$WORK/times")" = "$rounds" ] || fail "a round without ready"
echo "milliseconds from the start to ready:"
sort -n "$WORK/times" | awk '
    { all[NR] = $1; at = 125; while (at < $1) at *= 2; n[at]++; if (at > most) most = at }
    END {
        for (at = 125; at <= most; at *= 2) {
            bar = ""
            for (i = 0; i < 60 * n[at] / NR; i++) bar = bar "#"
            printf "%8s %6d  %5d  %s\n", at == 125 ? "up to" : "to", at, n[at], bar
        }
        printf "median %d, 99 of 100 within %d, longest %d\n", all[int((NR + 1) / 2)], all[int((NR * 99 + 99) / 100)], all[NR]
    }'
echo "$rounds kills: $(wc -l <"$WORK/ids") orders, no id twice, each in the journal; open orders and money as the exchange has them in $n_settled restarts, with $n_open open in the last"
