#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A burst of 10,000 wishes for orders against an exchange with its real limits: what cannot leave is refused by the
# host, nothing draws a 429 or 418, and no id goes out twice.
. "$(dirname "$0")/common.sh"

start_sim --seed 3
live_files "$(agent burst_1 burst.so 'count: 10000' \
    'orders_per_second: 1000, orders_burst: 10000, open_orders: 1000, duplicates: 1000' ', hard: 30s')
$(agent busy_1 busy.so 'every: 2')"
start_host
wished() {
    [ "$("$AGON" journal cat "$WORK/run/journal" --live --type intent 2>/dev/null | wc -l)" -ge 10000 ]
}
until_true "$HOST_PID" "10,000 wishes" wished
# On beyond the exchange's window of 10 s, in which 100 orders are allowed: only the other agent still wishes then.
until_true "$HOST_PID" "orders in a second window" lines "$SIM_LOG" '"what":"order.place"' 85
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"

n=$(grep -c '"kind":"request"' "$SIM_LOG")
bad=$(grep '"kind":"request"' "$SIM_LOG" | grep -c -e '"status":429' -e '"status":418')
[ "$bad" = 0 ] || fail "$bad of $n requests were answered 429 or 418"
ids_once
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "10,000 wishes: $n requests reached the exchange, $(wc -l <"$WORK/ids") orders, none 429 or 418, no id twice"
