#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a person stops by hand. SIGUSR2 and K pressed twice in `agon top` throw the kill switch, once K or another key does
# not; who stops what somebody else has halted, stopped or killed leaves who and why as they were, over kill -9 too; and no
# tournament and no roster undoes `agon ctl stop`.
. "$(dirname "$0")/common.sh"
! is_sanitized || { echo "skipped: agents order faster than a sanitized host closes"; exit 77; }

ordinary_user
VENUE_MORE='reconcile: 5s
recv_window: 1s
request_timeout: 2s'
# By the host's own user, and by root where that is another.
# shellcheck disable=SC2086
mine() { $AS "$AGON" ctl "$@" --dir "$WORK/run" >"$WORK/out" 2>&1 || fail "ctl $*: $(cat "$WORK/out")"; }
other() { "$AGON" ctl "$@" --dir "$WORK/run" >"$WORK/out" 2>&1 || fail "ctl $* by $(id -un): $(cat "$WORK/out")"; }
me=$($AS id -un)
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    "$AGON" ctl "$@" --dir "$WORK/run" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
placed() { grep -c '"what":"order.place"' "$SIM_LOG"; }
trades() { is '.state == "running" and .open_orders > 0 and .fills > 0' status && is 'map(select(.quantity != "0" and .side != "flat")) | length > 0' positions; }
# Nobody buys: agents are asked for more than a few orders and the exchange sees none.
quiet() { # WHY
    sent=$(placed)
    is '.refused >= 0' status && refused=$(jq .refused "$WORK/out")
    until_true "$HOST_PID" "agents want orders" is ".refused > $refused + 20" status
    [ "$(placed)" = "$sent" ] || fail "$1: $(placed) orders were placed, before it were $sent"
}
files() { # live_files, of a user of his own
    live_files "$1"
    [ -z "$AS" ] || chown -R nobody "$WORK/conf" "$WORK/credentials"
}
halt_is() { # CAUSE BY REASON
    is 'any(.[]; .scope == "all" and .cause == "'"$1"'" and .by == "'"$2"'" and .reason == "'"$3"'")' halts
}

start_sim --seed 3
files "$(agent busy_1 busy.so 'every: 5')"
start_host
until_true "$HOST_PID" "orders and positions" trades

# SIGUSR2: everything is cancelled, nothing new leaves, and the host stays.
kill -USR2 "$HOST_PID"
until_true "$HOST_PID" "killed by the signal" is '.state == "killed" and .open_orders == 0' status
halt_is kill signal SIGUSR2 || fail "the signal's halt: $(cat "$WORK/out")"
quiet "killed by SIGUSR2"
# Who kills what is killed changes nothing.
other kill "me too"
halt_is kill signal SIGUSR2 || fail "killed again, and the first word is gone: $(cat "$WORK/out")"
is 'map(select(.cause == "kill")) | length == 1' halts || fail "killed twice: $(cat "$WORK/out")"
mine resume kill
until_true "$HOST_PID" "they trade again" trades
echo "SIGUSR2 throws the kill switch, and its word stays"

# The key of agon top: in small, once, or followed by another it is none.
for keys in k kk Kn Kk KnKn; do
    # shellcheck disable=SC2086
    python3 "$(dirname "$0")/top_keys.py" "$AGON" "$WORK/run" $keys $AS >"$WORK/top.out" 2>&1 || fail "agon top, $keys: $(cat "$WORK/top.out")"
    is '.state == "running"' status || fail "the keys $keys in agon top: $(cat "$WORK/out")"
    is 'length == 0' halts || fail "the keys $keys halt: $(cat "$WORK/out")"
done
# shellcheck disable=SC2086
python3 "$(dirname "$0")/top_keys.py" "$AGON" "$WORK/run" KK $AS >"$WORK/top.out" 2>&1 || fail "agon top, KK: $(cat "$WORK/top.out")"
until_true "$HOST_PID" "killed by the key" is '.state == "killed" and .open_orders == 0' status
halt_is kill "$me" "key in agon top" || fail "the key's halt: $(cat "$WORK/out")"
quiet "killed by the key"
mine resume kill
until_true "$HOST_PID" "they trade again" trades
echo "K twice in agon top throws the kill switch; k, kk, Kn, Kk and KnKn do not"

# Halted by one, stopped by another: each halt keeps who and why, and so does a stop that is given again.
mine halt all "by one"
other stop "by another" --timeout 10m
mine halt all "again by one"
mine stop "once more by one" --timeout 10m
words_stand() {
    halt_is operator "$me" "by one" && halt_is stop "$(id -un)" "by another" && is 'length == 2' halts
}
words_stand || fail "halted, stopped, and both again: $(cat "$WORK/out")"
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
start_host
until_true "$HOST_PID" "the host is back" is '.health == "ok"' status
words_stand || fail "the words after kill -9: $(cat "$WORK/out")"
quiet "halted and stopped, after kill -9"
mine resume
is 'length == 0' halts || fail "resumed, and still: $(cat "$WORK/out")"
until_true "$HOST_PID" "they trade again" trades
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
ids_once
echo "halted by $me, stopped by $(id -un), both again: who was first has halted"

# Tournaments and rosters come and go: what was stopped stays stopped.
kill "$SIM_PID"
wait "$SIM_PID" 2>/dev/null
SIM_PORT=
rm -rf "${WORK:?}/run"
SPEED=60
start_sim --seed 5 --speed 60
rules='tournament: {schedule: "*/2 * * * *", sample: 1m, window: 1h, min_samples: 1, gates: {drawdown: 100%}}'
files "$(agent busy_1 busy.so 'every: 60')
$(agent busy_2 busy.so 'every: 70')
$rules"
start_host
held() { is ".number >= $1" tournament; }
until_true "$HOST_PID" "they trade" trades
until_true "$HOST_PID" "a tournament" held 1
other stop "enough of it" --timeout 10m
stands() { is '.state == "stopped" and .halt_cause == "stop" and .halted_for == "enough of it"' status; }
stands || fail "after the stop: $(cat "$WORK/out")"
sent=$(placed)
is '.number >= 1' tournament && number=$(jq .number "$WORK/out")
until_true "$HOST_PID" "two tournaments more" held $((number + 2))
stands || fail "a tournament lifted the stop: $(cat "$WORK/out")"
# A roster with another agent and more capital, and then one without the second.
files "$(agent busy_1 busy.so 'every: 60' | sed 's/100000/150000/')
$(agent busy_2 busy.so 'every: 70')
$(agent busy_3 busy.so 'every: 80')
$rules"
mine apply "$WORK/conf/roster.yaml" --yes busy_1
until_true "$HOST_PID" "the third agent" is 'any(.[]; .name == "busy_3" and .events > 0)' agents
stands || fail "a roster lifted the stop: $(cat "$WORK/out")"
is '.number >= 1' tournament && number=$(jq .number "$WORK/out")
until_true "$HOST_PID" "two tournaments more" held $((number + 2))
quiet "stopped, with tournaments and another roster"
[ "$(placed)" = "$sent" ] || fail "stopped, and $(($(placed) - sent)) orders were placed"
stands || fail "at last: $(cat "$WORK/out")"
is '.done and .n_positions == 0 and .n_orders == 0' left || fail "left: $(cat "$WORK/out")"
mine resume
until_true "$HOST_PID" "they trade again" trades
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
echo "stopped over $((number + 2)) tournaments and a roster of more capital and another agent"
