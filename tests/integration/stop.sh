#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The emergency stop, and the halts that stand. `agon ctl stop` closes everything and says so only when it is so, in
# every state of host and exchange; what a person halted, stopped or killed outlives kill -9 and is lifted by nothing but
# a person; flatten says what it closed; the kill switch is thrown by the environment and by a file too.
. "$(dirname "$0")/common.sh"
! is_sanitized || { echo "skipped: agents order faster than a sanitized host closes"; exit 77; }
VENUE_MORE='reconcile: 5s
recv_window: 1s
request_timeout: 2s'

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
ends() { # CODE WORD...
    code=$1
    shift
    ctl "$@" >"$WORK/out" 2>&1
    rc=$?
    [ $rc = "$code" ] || fail "ctl $*: ended with $rc instead of $code: $(cat "$WORK/out")"
}
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
placed() { grep -c '"what":"order.place"' "$SIM_LOG"; }
# What the exchange itself has of it: no open order, and of coins no more than dust.
closed_there() {
    "${TOOLS}asks" "$SIM_PORT" >"$WORK/asks" || return 1
    ! grep -q '^open' "$WORK/asks"
}
trades() { is '.state == "running" and .open_orders > 0 and .fills > 0' status && is 'map(select(.quantity != "0" and .side != "flat")) | length > 0' positions; }
# Nobody buys: agents are asked for more than a few orders and the exchange sees none.
quiet() { # WHY
    sent=$(placed)
    refused=$(ctl status --json | jq .refused)
    until_true "$HOST_PID" "agents want orders" is ".refused > $refused + 20" status
    [ "$(placed)" = "$sent" ] || fail "$1: $(placed) orders were placed, before it were $sent"
}
crash() {
    kill -9 "$HOST_PID"
    wait "$HOST_PID" 2>/dev/null
    start_host "$@"
    until_true "$HOST_PID" "the host is back" is '.health == "ok"' status
}
me=$(id -un)

start_sim --seed 3
live_files "$(agent busy_1 busy.so 'every: 5')
$(agent busy_2 busy.so 'every: 7')"
start_host
until_true "$HOST_PID" "orders and positions" trades

# While all trade.
ends 0 stop "a drill" --timeout 10m
grep -q 'every position is closed and no order is open' "$WORK/out" || fail "stop says: $(cat "$WORK/out")"
closed_there || fail "after the stop the exchange has: $(cat "$WORK/asks")"
is '.state == "stopped" and .halted_by == "'"$me"'" and .halted_for == "a drill" and .halt_cause == "stop"' status ||
    fail "status after the stop: $(cat "$WORK/out")"
is '.done and .n_positions == 0 and .n_orders == 0 and .stopped' left || fail "left: $(cat "$WORK/out")"
quiet "stopped"
ctl apply "$WORK/conf/roster.yaml" >/dev/null || fail "apply while stopped"
is '.state == "stopped"' status || fail "a roster lifted the stop"
crash
is '.state == "stopped" and .halted_by == "'"$me"'"' status || fail "kill -9 lifted the stop: $(cat "$WORK/out")"
quiet "stopped, after kill -9"
ends 0 stop again
ends 0 resume
until_true "$HOST_PID" "they trade again" trades
echo "stopped while all traded; it stood over kill -9 and a roster"

# A halt by a person, of everything, of a slot, of an instrument.
ends 0 halt all "by hand"
ends 0 halt busy_2 "too wild"
ends 0 halt ETHUSDT
crash
is 'map(select(.by == "'"$me"'")) | length == 3' halts || fail "halts after kill -9: $(cat "$WORK/out")"
is 'any(.[]; .scope == "all" and .cause == "operator" and .reason == "by hand") and
    any(.[]; .scope == "agent" and .of == "busy_2" and .reason == "too wild") and
    any(.[]; .scope == "instrument" and .of == "ETHUSDT")' halts || fail "their words: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
start_host
until_true "$HOST_PID" "the host is back" is '.health == "ok"' status
is 'length == 3' halts || fail "halts after an orderly end: $(cat "$WORK/out")"
is '.state == "halted"' status || fail "a restart lifted a halt: $(cat "$WORK/out")"
ends 0 resume all
ends 0 resume busy_2
ends 0 resume ETHUSDT
is 'length == 0' halts || fail "resumed, and still: $(cat "$WORK/out")"
until_true "$HOST_PID" "they trade again" trades
echo "halts stood over kill -9 and an orderly end, with who and why"

# flatten of one: its positions are closed and it buys none back meanwhile; the other goes on.
before=$(ctl agents --json | jq '.[1].fills')
ends 0 flatten busy_1 --timeout 10m
grep -q 'every position \(is\|was\) closed' "$WORK/out" || fail "flatten says: $(cat "$WORK/out")"
until_true "$HOST_PID" "the other trades" is ".[1].fills > $before" agents
# Killed: what the host closes passes the kill switch.
until_true "$HOST_PID" "they trade again" trades
ends 0 kill "enough"
ends 0 stop --timeout 10m
closed_there || fail "stopped while killed, the exchange has: $(cat "$WORK/asks")"
is '.state == "killed"' status || fail "status: $(cat "$WORK/out")"
ends 5 resume all
ends 0 resume kill
is '.state == "stopped"' status || fail "without the kill: $(cat "$WORK/out")"
ends 0 resume all
until_true "$HOST_PID" "they trade again" trades
echo "flattened one, stopped while killed"

# The exchange is away: what is said is what is so. When it is back the stop goes on by itself.
kill -STOP "$SIM_PID"
ends 1 flatten all --timeout 1s
! grep -q 'every position \(is\|was\) closed' "$WORK/out" || fail "flatten of what is away says: $(cat "$WORK/out")"
ends 1 stop --timeout 1s
grep -q '^left after' "$WORK/out" || fail "a stop of what is away says: $(cat "$WORK/out")"
kill -CONT "$SIM_PID"
until_true "$HOST_PID" "nothing is left" is .done left
ends 0 stop
closed_there || fail "back, the exchange has: $(cat "$WORK/asks")"
crash
is '.state == "stopped"' status || fail "kill -9 lifted the stop"
ends 0 resume
until_true "$HOST_PID" "they trade again" trades
echo "stopped with the exchange away and back"

# By a file: thrown while it is there, also when it is lifted meanwhile, and at a start.
echo "the building is on fire" >"$WORK/run/KILL"
until_true "$HOST_PID" "killed by the file" is '.state == "killed" and .open_orders == 0' status
is 'any(.[]; .cause == "kill" and .by == "file" and (.reason | endswith("the building is on fire")))' halts ||
    fail "the file's halt: $(cat "$WORK/out")"
ends 0 resume kill
until_true "$HOST_PID" "thrown again" is '.state == "killed"' status
rm "$WORK/run/KILL"
ends 0 resume kill
until_true "$HOST_PID" "they trade again" trades
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
# By the environment, from the start on.
sent=$(placed)
KILL_SWITCH=true start_host
until_true "$HOST_PID" "agents want orders" is '.state == "killed" and .refused > 20' status
[ "$(placed)" = "$sent" ] || fail "killed by the environment, and orders were placed"
is 'any(.[]; .cause == "kill" and (.reason | startswith("KILL_SWITCH")))' halts || fail "halts: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
start_host --resume
until_true "$HOST_PID" "they trade again" trades
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
ids_once
"$AGON" journal cat "$WORK/run/journal" --type command >"$WORK/commands"
grep -q "kind=stop .*who=\"$me\" why=\"a drill\"" "$WORK/commands" || fail "the journal does not say who stopped: $(grep stop "$WORK/commands")"
# The report says who stopped what, and why; a host that was killed left no word.
"$AGON" report "$WORK/run" >"$WORK/text" || fail "report ended with $?"
for said in " -  *everything is stopped by $me: a drill; " " busy_2  *its trading is halted by $me: too wild\$" " -  *all trading is halted by $me: by hand\$" \
    " -  *in ETHUSDT, all trading is halted by $me\$" " -  *the kill switch is thrown by a file: .*the building is on fire; " \
    " busy_1  *its orders are cancelled, its positions closed by $me\$" 'begins; the one before left no word of its end$'; do
    grep -q "$said" "$WORK/text" || fail "the report does not say '$said': $(cat "$WORK/text")"
done
[ "$(grep -c ' the host ends: ' "$WORK/text")" = "$(grep -c 'kind=halt .* which=1 .*who="host"' "$WORK/commands")" ] ||
    fail "an orderly end is not one line: $(grep -c ' the host ends: ' "$WORK/text")"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay: $(tail -3 "$WORK/replay.out")"
echo "killed by a file and by the environment; $(wc -l <"$WORK/commands") commands in the journal, which replays"
