#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The dead-man's switch of a whole account (Kraken): it stands while an order is open and is renewed; of a host that hangs,
# and of one that is killed, the exchange cancels what is open; what then goes on knows it; at a stop the switch is let go.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/kraken.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
told() { tail -c "+$((at + 1))" "$SIM_LOG"; } # since byte $at of the log
wound() { [ "$(told | kraken_asked cancel_all_orders_after | grep -c "\"timeout\":\"$1\".*\"error\":\"\"")" -ge "$2" ]; }
cancelled() { told | grep '"kind":"effect"' | grep -c '"status":"canceled"'; }
none_open() {
    kraken_asks && ! grep -q '^open' "$WORK/asks" && return
    sleep 1
    return 1
}

start_kraken --seed 6
VENUE_MORE='dead_man: 20s' kraken_files "every: 60, scale: 1000"
at=0
start_host
# What it wants before the venue is ready is not sent, and it wants it again.
stands() { stood=$(kraken_standing) && [ -n "$stood" ] && kraken_asks && grep -qx "open $stood" "$WORK/asks"; }
until_true "$HOST_PID" "an order that stands" stands
first=$stood
at=$(stat -c %s "$SIM_LOG")
until_true "$HOST_PID" "the switch is renewed" wound 20 5
[ "$(kraken_standing)" = "$first" ] || fail "the switch fired while it was renewed"

kill -STOP "$HOST_PID"
at=$(stat -c %s "$SIM_LOG")
until_true 0 "the exchange cancels what a hanging host left" none_open
[ "$(cancelled)" -ge 1 ] || fail "nothing was cancelled by the exchange"
! told | kraken_asked cancel_order | grep -q . || fail "the host cancelled, not the exchange"
kill -CONT "$HOST_PID"
# Its agent places again what is missing: so the host knows.
stands_anew() { stands && [ "$stood" != "$first" ]; }
until_true "$HOST_PID" "the host knows it" stands_anew

at=$(stat -c %s "$SIM_LOG")
until_true "$HOST_PID" "the switch stands again" wound 20 1
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
until_true 0 "the exchange cancels what a killed host left" none_open
: >"$WORK/host.err"
start_host
until_true "$HOST_PID" "ready again" lines "$WORK/host.err" '"key":"ready"' 1
# Each of what it held open is asked for; of the one that stood it places another.
first=$stood
until_true "$HOST_PID" "the next run knows it too" stands_anew
at=$(stat -c %s "$SIM_LOG")
until_true "$HOST_PID" "its switch" wound 20 1
ctl stop "the end" --timeout 10m >"$WORK/out" || fail "stop: $(cat "$WORK/out")"
until_true "$HOST_PID" "the switch is let go" wound 0 1
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host at its end"
kraken_ids_once "the end"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "the exchange cancelled for a host that hung and one that was killed; at the stop its switch was let go"
