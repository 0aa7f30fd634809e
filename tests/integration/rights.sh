#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A key that gains the right to withdraw while its host runs: what the key may do is read again and again, and behind each
# new connection; on the gain order entry of that venue is halted by an event of the journal, with an alert; the halt goes
# when the right has gone, also in a later run, or by an operator's word, and then it does not come again. A start with such
# a key is refused, and so is a live host of futures that names no place where its key's rights can be asked for.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
commands() { "$AGON" journal cat "$WORK/run/journal" --live --type command 2>/dev/null | grep -c "kind=$1.*reason=key_rights"; }
alerted() {
    "$AGON" journal cat "$WORK/run/journal" --live --type alert 2>/dev/null | grep 'kind=credential' | grep -q 'binance: the key may withdraw'
}
told() { [ "$(commands "$1")" -ge "$2" ]; }
# more N: that many intents more than before are refused.
more() { is ".refused >= $((before + $1))" status; }
halted_by_key='any(.[]; .scope == "venue" and .of == "binance" and .code == "key_rights" and .by == "venue")'
path=/sapi/v1/account/apiRestrictions
again() { # the simulator anew, with those faults
    kill "$SIM_PID"
    wait "$SIM_PID" 2>/dev/null
    SIM_PORT=
    printf 'faults:\n%s\n' "$1" >"$WORK/faults.yaml"
    start_sim --seed 5 --faults "$WORK/faults.yaml"
    live_files "$(agent busy_1 busy.so 'every: 2')"
}

# Futures do not tell themselves what a key may do: without a place to ask, mode live is refused before anything is sent.
start_sim --seed 5
UM_PORT=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
live_files "$(agent busy_1 busy.so 'every: 2')"
sed -e 's/^name: .*/name: binance_um/' -e 's/^dialect: .*/dialect: binance_um/' -e "s/$SIM_PORT/$UM_PORT/" \
    -e 's|/ws-api/v3|/ws|' -e 's|path: /api}|path: /fapi}|' -e 's/capacity: 6000/capacity: 2400/' \
    "$WORK/conf/venue.yaml" >"$WORK/conf/venue_um.yaml"
sed -i -e 's/^venue: .*/venues: [venue.yaml, venue_um.yaml]/' "$WORK/conf/live.yaml"
start_host
ended "$HOST_PID" 3 "a live host of futures that names no place for rights"
grep -q "name 'rights' in the file of venue binance_um" "$WORK/host.err" || fail "it is not said what to name: $(cat "$WORK/host.err")"
! grep -q '"kind":"request"' "$SIM_LOG" || fail "it spoke to an exchange: $(head -3 "$SIM_LOG")"
[ ! -e "$WORK/run/journal" ] || fail "it made a journal"
# With it, it trades.
echo "rights: {host: 127.0.0.1, port: $SIM_PORT, tls: false}" >>"$WORK/conf/venue_um.yaml"
start_host
until_true "$HOST_PID" "orders of a host that names it" lines "$SIM_LOG" newClientOrderId 1
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host of both markets"
kill "$SIM_PID"
wait "$SIM_PID" 2>/dev/null
SIM_PORT=
rm -rf "${WORK:?}/run"

# It is gained for two readings, each over a connection of its own, and is gone at the fourth.
printf 'faults:\n  - {on: request, path: %s, nth: 2, do: withdraw}\n  - {on: request, path: %s, nth: 3, do: withdraw}\n' \
    $path $path >"$WORK/faults.yaml"
start_sim --seed 5 --faults "$WORK/faults.yaml"
VENUE_MORE="rights_every: 1s
reconcile: 1s
rights: {host: 127.0.0.1, port: $SIM_PORT, tls: false}"
live_files "$(agent busy_1 busy.so 'every: 2')"
start_host
until_true "$HOST_PID" "the gain, in the journal" told halt 1
until_true "$HOST_PID" "its end, in the journal" told resume 1
until_true "$HOST_PID" "the alert, in the journal" alerted
n=$(grep -c newClientOrderId "$SIM_LOG")
until_true "$HOST_PID" "orders again" lines "$SIM_LOG" newClientOrderId $((n + 5))
is '. == []' halts || fail "a halt stands: $(cat "$WORK/out")"
[ "$(commands halt)" = 1 ] || fail "one gain is $(commands halt) halts"
# A halt of this venue by a person is not the key's to lift.
ctl halt binance "by hand" >"$WORK/out" 2>&1 || fail "a venue cannot be halted by name: $(cat "$WORK/out")"
until_true "$HOST_PID" "the halt by hand" is 'any(.[]; .scope == "venue" and .of == "binance" and .code == "operator")' halts
ctl resume binance >"$WORK/out" 2>&1 || fail "a venue cannot be resumed by name: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"

# It is gained for good: the halt stands, a start is refused, and one with a key that lost it lifts the halt.
rm -rf "$WORK/run"
VENUE_MORE='rights_every: 1s
reconcile: 1s'
again "  - {on: request, path: $path, nth: 1, do: late, delay: 1ms}
  - {on: request, path: $path, do: withdraw}"
start_host
until_true "$HOST_PID" "the halt" is "$halted_by_key" halts
is '.refused >= 0' status && before=$(jq .refused "$WORK/out")
until_true "$HOST_PID" "an agent that is refused" more 30
# By the journal's order of events, for what left before the halt may arrive at any time. On spot a purchase is new
# risk; who sells what he holds is not held up by a halt.
refused_by() { # N: the journal is readable up to the Nth refusal; how many purchases left until then is in $bought
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" 2>/dev/null || return 1
    refused=$(sed -n 's/^refused busy_1 //p' "$WORK/facts")
    bought=$(grep -c '^bought ' "$WORK/facts")
    [ "$refused" -ge "$1" ]
}
until_true "$HOST_PID" "the halt, in the journal" told halt 1
until_true "$HOST_PID" "what is in the journal behind it" refused_by 0
before=$bought
until_true "$HOST_PID" "an agent that is refused, again and again" refused_by $((refused + 60))
[ "$bought" = "$before" ] || fail "a purchase left while the venue is halted: $before, then $bought"
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
start_host
ended "$HOST_PID" 5 "a start with a key that may withdraw"
again "  - {on: request, path: $path, nth: 1, do: late, delay: 1ms}"
start_host
until_true "$HOST_PID" "the halt of an earlier run is lifted" told resume 1
until_true "$HOST_PID" "and stands no more" is '. == []' halts
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"

# An operator resumes it all the same: it trades on, and is not halted for the same gain again.
rm -rf "$WORK/run"
again "  - {on: request, path: $path, nth: 1, do: late, delay: 1ms}
  - {on: request, path: $path, do: withdraw}"
start_host
until_true "$HOST_PID" "the halt" is "$halted_by_key" halts
ctl resume binance >"$WORK/out" 2>&1 || fail "the operator's word is refused: $(cat "$WORK/out")"
n=$(grep -c newClientOrderId "$SIM_LOG")
until_true "$HOST_PID" "orders by the operator's word" lines "$SIM_LOG" newClientOrderId $((n + 5))
asked=$(grep -c "$path" "$SIM_LOG")
until_true "$HOST_PID" "two more readings" lines "$SIM_LOG" "$path" $((asked + 2))
[ "$(commands halt)" = 1 ] || fail "one gain is $(commands halt) halts"
is '. == []' halts || fail "it was halted again: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
