#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two hosts on one account: the second is refused, by the lock of this machine or by the first one's orders; the lock is
# free after a kill -9; with --take-over the first one stands back; two that trade at once halt at first sight of each
# other, and no client id is written twice.
. "$(dirname "$0")/common.sh"

start_sim --seed 5
VENUE_MORE='reconcile: 1s'
live_files "$(agent busy_1 busy.so 'every: 20')"

# host N [MORE...]: starts a host in run directory N; its pid comes back in HOST_PID
host() {
    n=$1
    shift
    # What an earlier host of that name said is gone before this one begins: `ready` must not hold by its lines.
    : >"$WORK/host_$n.err"
    "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run_$n" --plugins "$PLUGINS" --quiet "$@" \
        >"$WORK/host_$n.out" 2>>"$WORK/host_$n.err" &
    HOST_PID=$!
    PIDS="$PIDS $HOST_PID"
}
says() { grep -q -e "$2" "$WORK/host_$1.err"; }
orders() { lines "$SIM_LOG" '"kind":"request".*newClientOrderId' "$1"; }
ready() { until_true "$2" "host $1 is ready" says "$1" '"key":"ready"'; }
status() { # N KEY VALUE
    [ "$("$AGON" ctl --dir "$WORK/run_$1" --json status 2>/dev/null | jq -r ".$2")" = "$3" ]
}

host a
a=$HOST_PID
ready a "$a"
until_true "$a" "orders of the first" orders 3

# One machine: the lock. Nothing was begun: there is no journal that a second host could have written.
host b
ended "$HOST_PID" 5 "a second host on the account"
says b 'another host trades this account.*process' || fail "who has the account is not said: $(cat "$WORK/host_b.err")"
[ ! -e "$WORK/run_b/journal" ] || fail "the second host began a journal"

# Elsewhere: the orders tell.
AGON_MACHINE=elsewhere
export AGON_MACHINE
host c
ended "$HOST_PID" 5 "a second host of another machine"
says c 'another host trades this account: its order' || fail "whose order it was is not said"
"$AGON" journal cat "$WORK/run_c/journal" --type alert 2>/dev/null | grep -q 'kind=two_hosts' ||
    fail "a host that is refused for another one leaves no alert"
"${TOOLS}facts" "$WORK/run_c/journal" >"$WORK/facts" 2>/dev/null
! grep -q '^sent' "$WORK/facts" || fail "the refused host has sent orders"

# The lock is free at once after a kill -9, and the host that was killed is no other host to itself.
unset AGON_MACHINE
kill -9 "$a"
wait "$a" 2>/dev/null
host a
a=$HOST_PID
ready a "$a"

# Handed over: the first one halts and cancels, then the second begins, and sees what is not its own.
host d --take-over
d=$HOST_PID
ready d "$d"
until_true "$a" "the first host says that it was taken over" says a '"key":"taken-over"'
until_true "$a" "the first host halts" status a state halted
! says d '"key":"other-host"' || fail "the host that took over takes the old orders for new ones"
n=$(grep -c newClientOrderId "$SIM_LOG")
until_true "$d" "orders of the second" orders $((n + 3))
kill -9 "$a"
wait "$a" 2>/dev/null

# Both at once, each on a machine of its own: whoever sees the other's order first halts, and so does the other unless
# the first one had sent none since. One of them at least stops, and an operator sees whose orders they are.
AGON_MACHINE=elsewhere
export AGON_MACHINE
host e --take-over
e=$HOST_PID
unset AGON_MACHINE
ready e "$e"
until_true "$d" "one of two hosts halts at first sight" eval 'says d "other-host" || says e "other-host"'
halted=d
says d '"key":"other-host"' || halted=e
[ $halted = d ] && halted_pid=$d || halted_pid=$e
until_true "$halted_pid" "its order entry is halted" status "$halted" state halted
alerted() { # N: does that host have an alert of another one?
    "$AGON" ctl --dir "$WORK/run_$1" --json alerts all 2>/dev/null | jq -e 'any(.[]; .kind == "two_hosts")' >/dev/null
}
until_true "$halted_pid" "another host is an alert" alerted "$halted"
written() { "$AGON" journal cat "$WORK/run_$halted/journal" --live --type command 2>/dev/null | grep -q 'reason=other_host'; }
until_true "$halted_pid" "the halt is in the journal with its reason" written
"$AGON" ctl --dir "$WORK/run_$halted" foreign >"$WORK/foreign" || fail "ctl foreign is not answered"

kill -9 "$d" "$e"
wait "$d" "$e" 2>/dev/null
ids_once

# What a killed host left open is shown to the one that takes over: orders a hundredth below the market stay there. Of
# others before it some may be filled meanwhile: what is counted is asked anew each time. Where the market fell on these
# too, it is done again.
rest() { [ "$(tail -n "+$from" "$SIM_LOG" | grep '"kind":"effect"' | grep -c '"status":"NEW"')" -ge 2 ]; }
leave_two() {
    from=$(($(wc -l <"$SIM_LOG") + 1))
    rm -rf "$WORK/run_g"
    live_files "$(agent once_1 once.so 'what: 1, qty: 1000')
$(agent once_2 once.so 'what: 1, qty: 1000')"
    host g --take-over
    until_true "$HOST_PID" "orders of another host rest" rest
    kill -9 "$HOST_PID"
    wait "$HOST_PID" 2>/dev/null
    live_files "$(agent busy_1 busy.so 'every: 1000000')"
    host f --take-over
    f=$HOST_PID
    ready f "$f"
}
leave_two
shown() { # does the host count and list as many as the exchange has?
    kill -0 "$f" 2>/dev/null || fail "the host that took over has ended"
    "${TOOLS}asks" "$SIM_PORT" >"$WORK/asks" || return 1
    n_open=$(grep -c '^open' "$WORK/asks")
    [ "$n_open" -ge 2 ] || {
        kill -9 "$f"
        wait "$f" 2>/dev/null
        leave_two
        return 1
    }
    status f other_host_orders "$n_open" &&
        "$AGON" ctl --dir "$WORK/run_f" --json foreign >"$WORK/foreign" &&
        [ "$(jq -r '[.[]|select(.whose=="another host")]|length' "$WORK/foreign")" = "$n_open" ]
}
until_true 0 "the orders of the others are shown" shown
kill -TERM "$f"
ended "$f" 0 "the last host at its end"
echo "$(wc -l <"$WORK/ids") orders of several hosts on one account, no id twice; $n_open orders of others shown; halted at first sight: $halted"
