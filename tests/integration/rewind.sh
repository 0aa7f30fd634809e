#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A run directory whose journal is ten years ahead of the time, as a run with a wrong clock leaves it: the start names it,
# writes nothing and ends with a code of its own; --rewind-clock sets time back, and orders, positions and ids stay.
. "$(dirname "$0")/common.sh"

start_sim --seed 5
live_files "$(agent busy_1 busy.so 'every: 2')"
start_host
until_true "$HOST_PID" "orders" lines "$SIM_LOG" '"what":"order.place"' 10
until_true "$HOST_PID" "a fill" lines "$SIM_LOG" '"kind":"fill"\|"what":"fill"\|"executionReport"\|TRADE' 1
# It is killed while an order is open: it stands still while that is looked at.
stands_with_order() {
    kill -STOP "$HOST_PID"
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/before" 2>/dev/null && grep -q '^open' "$WORK/before" && return
    kill -CONT "$HOST_PID"
    return 1
}
until_true "$HOST_PID" "an open order" stands_with_order
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
"${TOOLS}facts" "$WORK/run/journal" >"$WORK/before" || fail "the journal cannot be read"
grep -q '^open' "$WORK/before" || fail "no order is open, and there is nothing to keep"
"${TOOLS}ahead" "$WORK/run/journal" 315360000 || fail "the journal was not set ahead"

# Named, with a code of its own, and nothing is written.
size() { cat "$WORK"/run/journal/* | wc -c; }
n=$(size)
start_host
ended "$HOST_PID" 7 "a start on a journal from the future"
[ "$(size)" = "$n" ] || fail "the refused start wrote into the journal"
grep -q 'ahead of the time.*--rewind-clock' "$WORK/host.err" || fail "it does not say what to do: $(tail -1 "$WORK/host.err")"
echo "ten years ahead: named, ended with 7, nothing written"

# Set back: what was open is still known, orders go on, no id comes twice.
start_host --rewind-clock
until_true "$HOST_PID" "said" lines "$WORK/host.err" '"key":"clock-rewound"' 1
n=$(($(grep -c '"what":"order.place"' "$SIM_LOG") + 10))
until_true "$HOST_PID" "orders go on" lines "$SIM_LOG" '"what":"order.place"' "$n"
"$AGON" journal cat "$WORK/run/journal" --live --type clock >"$WORK/clock" || fail "journal cat"
[ "$(wc -l <"$WORK/clock")" = 1 ] || fail "not one event set the time back: $(cat "$WORK/clock")"
# Open orders and money right behind that event are those of before; what comes after it is the exchange's to say.
kept() { grep '^open\|^cash\|^suspense' "$1" | sort >"$1.kept"; }
"${TOOLS}facts" "$WORK/run/journal" "$(sed -n 's/^\([0-9]*\) .*/\1/p' "$WORK/clock")" >"$WORK/rewound" || fail "the journal cannot be read"
kept "$WORK/before"
kept "$WORK/rewound"
diff "$WORK/before.kept" "$WORK/rewound.kept" >"$WORK/diff" || fail "the rewind changed open orders or money: $(cat "$WORK/diff")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"${TOOLS}facts" "$WORK/run/journal" >"$WORK/after" || fail "the journal cannot be read afterwards"
for id in $(sed -n 's/^open //p' "$WORK/before"); do
    grep -q "^sent $id$" "$WORK/after" || fail "order $id is forgotten"
done
ids_once
"$AGON" journal stats "$WORK/run/journal" --json >"$WORK/stat"
t_last=$(($(json "$WORK/stat" t_last) / 1000000000))
[ "$t_last" -le $(($(date +%s) + 2)) ] || fail "the journal is still ahead"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "set back: orders go on, no id twice, the journal replays over it"

# And the next start is one like any other: also from a snapshot, also with the option.
n=$(($(grep -c '"what":"order.place"' "$SIM_LOG") + 5))
start_host
until_true "$HOST_PID" "orders in a new run" lines "$SIM_LOG" '"what":"order.place"' "$n"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
n=$(($(grep -c '"what":"order.place"' "$SIM_LOG") + 5))
start_host --rewind-clock
until_true "$HOST_PID" "orders in another" lines "$SIM_LOG" '"what":"order.place"' "$n"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
[ "$("$AGON" journal cat "$WORK/run/journal" --type clock | wc -l)" = 1 ] || fail "time was set back where it was right"
# What was unconfirmed when it ended is learnt by the next run, if it has the time and nobody goes on asking for more.
live_files "$(agent busy_1 busy.so 'every: 1000000')"
again=0
until settled; do
    start_host
    until_true "$HOST_PID" "money and orders as the exchange has them" settled
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
    [ "$((again += 1))" -le 5 ] || fail "the exchange's facts are not the journal's: $(diff "$WORK/facts" "$WORK/asks")"
done
echo "afterwards: a start like any other"
