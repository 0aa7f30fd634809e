#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A live host is killed at different moments and started again (F-65): no client order id goes out twice (INV-02), every
# id that the exchange saw is in the journal (INV-03), and after the restart the host's open orders and money equal the
# exchange's (INV-05). Five rounds; by command KILL_ROUNDS=20 or more.
. "$(dirname "$0")/common.sh"
rounds=${KILL_ROUNDS:-5}

start_sim --seed 3
VENUE_MORE='reconcile: 2s
recv_window: 1s'
live_files "$(agent busy_1 busy.so 'every: 2')
$(agent busy_2 busy.so 'every: 3')"

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    # Another number of lines each time: the moment lies at another place of an order's way.
    seen=$(grep -c '"kind":"request"' "$SIM_LOG")
    start_host
    until_true "$HOST_PID" "round $round: orders" lines "$SIM_LOG" '"kind":"request"' \
        $((seen + round * 7 % 23 + 3))
    kill -9 "$HOST_PID"
    wait "$HOST_PID" 2>/dev/null
    ids_once
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" || fail "round $round: the journal cannot be read"
    sed -n 's/^sent //p' "$WORK/facts" | sort >"$WORK/sent"
    sort "$WORK/ids" >"$WORK/seen"
    lost=$(comm -13 "$WORK/sent" "$WORK/seen" | head -3)
    [ -z "$lost" ] || fail "round $round: the exchange saw orders that no journal holds: $lost"
done

# Once more, with nobody who wishes anything: what is left over is found, and what was in doubt is proven.
live_files "$(agent busy_1 busy.so 'every: 1000000')
$(agent busy_2 busy.so 'every: 1000000')"
start_host
until_true "$HOST_PID" "the host is ready" lines "$WORK/host.err" '"key":"ready"' $((rounds + 1))
until_true "$HOST_PID" "open orders and money as the exchange has them" settled
n_open=$(grep -c '^open' "$WORK/asks")
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
ids_once
"${TOOLS}asks" "$SIM_PORT" >"$WORK/asks" || fail "the exchange does not answer"
! grep -q '^open' "$WORK/asks" || fail "orders are open after the end: $(grep '^open' "$WORK/asks")"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "$rounds kills: $(wc -l <"$WORK/ids") orders, no id twice, each in the journal; $n_open open orders and the money as the exchange has them"
