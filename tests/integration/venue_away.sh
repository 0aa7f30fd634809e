#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The exchange is away: a host starts all the same, says so, keeps trying, and ends in good order. When the exchange
# comes the books go live and orders go out; while it is frozen the books are stale and what was on its way is in doubt,
# and when it is back the books are live and orders go on, also in a new run.
. "$(dirname "$0")/common.sh"
VENUE_MORE='reconcile: 5s
recv_window: 1s
request_timeout: 2s'

lines_of() { grep -c -e "$2" "$1"; }

book() { # STATE N: has a book come to that state at least so often?
    [ "$("$AGON" journal cat "$WORK/run/journal" --live --type status 2>/dev/null | grep -c "book=$1")" -ge "$2" ]
}

books_are() { # STATE: are both books in that state now? How often they came to it says nothing of that.
    "$AGON" journal cat "$WORK/run/journal" --live --type status 2>/dev/null | awk -v want="$1" '
        match($0, /instrument=[0-9]+/) { at = substr($0, RSTART, RLENGTH) }
        match($0, /book=[a-z]+/) { last[at] = substr($0, RSTART + 5, RLENGTH - 5) }
        END { for (at in last) { n++; n_other += last[at] != want }; exit n != 2 || n_other > 0 }'
}

# A port that nobody listens on: of a simulator that has ended.
# It is below those that the system gives to whoever asks for any (32768 on), or another test may have it by then.
SIM_PORT=$((20000 + $$ % 6000 * 2))
start_sim --seed 3
kill -TERM "$SIM_PID"
ended "$SIM_PID" 0 "the simulator"

live_files "$(agent busy_1 busy.so 'every: 2')"
start_host
until_true "$HOST_PID" "a word about the exchange" lines "$WORK/host.err" '"area":"venue".*again in' 2
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "a host without its exchange"
echo "away at the start: said so and ended with 0"

start_host
until_true "$HOST_PID" "another word" lines "$WORK/host.err" '"key":"start"' 2
start_sim --seed 3
until_true "$HOST_PID" "live books" book live 2
until_true "$HOST_PID" "orders" lines "$SIM_LOG" '"what":"order.place"' 5
echo "there: books live, orders out"

# Frozen with orders on their way: nobody answers, and nothing says whether they arrived.
# A moment without a request on its way proves nothing, for the host sends none to an exchange that is away: thaw and
# freeze again.
n_doubts() {
    "$AGON" journal cat "$WORK/run/journal" --live --type report 2>/dev/null | grep -c 'kind=unknown'
}
ctl_cancel() { "$AGON" ctl cancel busy_1 --dir "$WORK/run" >"$WORK/said" 2>&1; }
in_doubt_frozen() {
    n_frozen=$(lines_of "$SIM_LOG" '"what":"order.place"')
    kill -STOP "$SIM_PID"
    # Whether a wish is just on its way is chance; what an operator wants is not.
    until_true "$HOST_PID" "the cancel is taken" ctl_cancel
    # Longer each time: on a slow disk it is told late, and when the exchange is awake it is known what became of it.
    n_tries=$((n_tries + 1))
    for second in $(seq $((4 + 2 * n_tries))); do
        sleep 1
        [ "$(n_doubts)" -gt "$n_before" ] && return 0
    done
    kill -CONT "$SIM_PID"
    until_true "$HOST_PID" "another order" lines "$SIM_LOG" '"what":"order.place"' $((n_frozen + 1))
    return 1
}
n_before=0
n_tries=0
until_true "$HOST_PID" "a request in doubt" in_doubt_frozen
until_true "$HOST_PID" "stale books" books_are stale
kill -CONT "$SIM_PID"
until_true "$HOST_PID" "live books again" books_are live
until_true "$HOST_PID" "orders again" lines "$SIM_LOG" '"what":"order.place"' \
    $(($(grep -c '"what":"order.place"' "$SIM_LOG") + 2))
echo "frozen and awake: requests in doubt, books stale, then live, orders go on"

# The host ends while the exchange is frozen. A new run over the same journal has requests of the last one in doubt: it
# uses no id again, and learns what became of each of them.
n_before=$(n_doubts)
until_true "$HOST_PID" "another request in doubt" in_doubt_frozen
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
kill -CONT "$SIM_PID"
"${TOOLS}facts" "$WORK/run/journal" | grep -q '^request' || fail "nothing is in doubt at the end of the run"
live_files "$(agent busy_1 busy.so 'every: 1000000')"
n_live=$("$AGON" journal cat "$WORK/run/journal" --type status | grep -c book=live)
start_host
until_true "$HOST_PID" "live books in a new run" book live $((n_live + 2))
ids_once
until_true "$HOST_PID" "nothing in doubt, open orders and money as the exchange has them" settled
echo "$(wc -l <"$WORK/ids") orders, no id twice, none in doubt"

# Killed for good; another comes to the same address.
kill -9 "$SIM_PID"
wait "$SIM_PID" 2>/dev/null
until_true "$HOST_PID" "stale books" books_are stale
SIM_LOG=$WORK/sim2.ndjson
start_sim --seed 3
until_true "$HOST_PID" "live books again" books_are live
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "killed, and another at its place: books stale, then live"
