#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# /healthz and /readyz of a running host, without a token: ready is who takes orders, and who does not names what is
# missing: the exchange away at the start, history not read yet, a halt, the kill switch, an exchange that is frozen or
# gone. Nothing there is more than a name and a count.
. "$(dirname "$0")/common.sh"
ctl() { "$AGON" ctl "$@" --dir "$WORK/run" >"$WORK/said" 2>&1 || fail "ctl $*: $(cat "$WORK/said")"; }
ask() { # PATH [OPTION...]: its status; the body in $WORK/answer
    path=$1
    shift
    curl -s -o "$WORK/answer" -w '%{http_code}' "$@" "$(cat "$WORK/run/http" 2>/dev/null)$path"
}
is_ready() { [ "$(ask /readyz)" = 200 ] && jq -e '.ready and .missing == []' "$WORK/answer" >/dev/null; }
# misses QUERY: not ready, and for that reason
misses() {
    [ "$(ask /readyz)" = 503 ] && jq -e "(.ready | not) and ($1)" "$WORK/answer" >/dev/null
}
names() { echo "any(.missing[]; .what == \"$1\" and .of == \"$2\" and (.why | length) > 0)"; }
serves() { [ "$(ask /healthz)" = 200 ] && jq -e '.status == "ok"' "$WORK/answer" >/dev/null; }

# Nobody listens at the exchange's port: the host serves and is not ready.
SIM_PORT=$((20000 + $$ % 6000 * 2))
live_files "$(agent busy_1 busy.so 'every: 20')"
start_host
until_true "$HOST_PID" "the host serves" serves
until_true "$HOST_PID" "not ready without its exchange" misses "$(names connections binance) and $(names books binance) and $(names account binance)"
jq -e '[.missing[].why] | join(" ") | test("0 of 2 books are live")' "$WORK/answer" >/dev/null || fail "no count of books: $(cat "$WORK/answer")"

# With its exchange it becomes ready, and an order goes out.
start_sim --seed 3
until_true "$HOST_PID" "ready" is_ready
until_true "$HOST_PID" "an order" lines "$SIM_LOG" '"what":"order.place"' 1
[ "$(ask /readyz --head)" = 200 ] && [ "$(ask /readyz -X POST)" = 405 ] && [ "$(ask /healthz -X DELETE)" = 405 ] || fail "methods of /readyz"
[ "$(ask /readyz -H 'Host: example.com')" = 421 ] || fail "another host's name: $(cat "$WORK/answer")"

# A halt of one agent or instrument is theirs; one of everything or of the venue is not.
ctl halt busy_1
until_true "$HOST_PID" "ready, but for one agent's halt" is_ready
ctl resume busy_1
ctl halt all 'hush-hush'
until_true "$HOST_PID" "halted" misses "$(names halt host)"
grep -q -e hush -e root -e "$(id -un)" "$WORK/answer" && fail "who halted and why is shown without a token: $(cat "$WORK/answer")"
ctl resume all
until_true "$HOST_PID" "ready again" is_ready
ctl halt venue:binance
until_true "$HOST_PID" "the venue halted" misses "$(names halt binance)"
ctl resume venue:binance
ctl kill
until_true "$HOST_PID" "killed" misses "$(names kill host)"
ctl resume kill
until_true "$HOST_PID" "ready after the kill switch" is_ready

# The exchange is frozen, then gone; the host serves all the while.
kill -STOP "$SIM_PID"
until_true "$HOST_PID" "stale books" misses "$(names books binance)"
serves || fail "/healthz while the exchange is frozen"
kill -CONT "$SIM_PID"
until_true "$HOST_PID" "ready when it is back" is_ready
kill -9 "$SIM_PID"
wait "$SIM_PID" 2>/dev/null
until_true "$HOST_PID" "the exchange is gone" misses "$(names account binance)"
serves || fail "/healthz while the exchange is gone"
for secret in agon-sim-key "$(cat "$WORK/run/token")" "$(cat "$WORK/run/token_read")" "$WORK"; do
    grep -qF "$secret" "$WORK/answer" && fail "/readyz shows $secret"
done
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
[ "$(ask /healthz)" = 000 ] || fail "somebody serves behind the end"
echo "ready when orders are taken; away, halted, killed, frozen and gone are named; /healthz served all the while"
