#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A crash, a hang, a flood and a wrong version, each by an agent that holds an order (F-75, F-76, F-81, F-84): the
# exchange's own log shows the cancel of that order and of nobody else's, the three agents beside it miss no event, and
# how long events take to reach them is printed with and without the fault.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
# effect ID STATUS: does the exchange's log show the order so?
effect() {
    jq -e -n --arg id "$1" --arg status "$2" \
        'any(inputs; .kind == "effect" and .clientOrderId == $id and .status == $status)' "$SIM_LOG" >/dev/null 2>&1
}
# open_of SLOT: the client ids of its open orders, as the journal has them
open_of() {
    "${TOOLS}facts" "$WORK/run/journal" 2>/dev/null | sed -n "/^slot $1 /,/^slot /s/^open //p"
}
held_by() { # SLOT: its first order that rested; in ID. Of all that it sent: a rogue's is open for a second or so
    for ID in $("${TOOLS}facts" "$WORK/run/journal" 2>/dev/null | sed -n "s/^of $1 //p"); do
        effect "$ID" NEW && return
    done
    return 1
}

holds_none() {
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" 2>/dev/null &&
        ! sed -n '/^slot rogue /,/^slot /p' "$WORK/facts" | grep -q '^open'
}

# begin FAULT: an exchange, and four agents on it; calm holds an order as the rogue does
begin() {
    FAULT=$1
    rm -rf "$WORK/run"
    SIM_PORT=
    SIM_LOG=$WORK/sim.$FAULT.ndjson
    start_sim --seed 3
    cp "$BUILT/busy.so" "$BUILT/rogue.so" "$WORK/plugins/"
    cp "$BUILT/rogue.so" "$WORK/plugins/calm.so"
    # Only who hangs is taken for hung, also where there is little time for everybody.
    patient=', hard: 30s'
    [ "$FAULT" = hang ] && hard=', hard: 100ms' || hard=$patient
    live_files "$(agent busy_1 busy.so 'every: 10' '' "$patient")
$(agent busy_2 busy.so 'every: 15' '' "$patient")
$(agent calm calm.so 'fault: none' '' "$patient")
$(agent rogue rogue.so "fault: ${2-$FAULT}" 'orders_per_second: 5, orders_burst: 5, open_orders: 2' \
        ", orders_on_reload: cancel$hard")"
    start_host
    until_true "$HOST_PID" "$FAULT: the calm one's order rests" held_by calm
    CALM=$ID
    until_true "$HOST_PID" "$FAULT: the rogue's order rests" held_by rogue
    HELD=$ID
}

# stood: since the fault, have the others gone on, and is the calm one's order left alone?
stood() {
    n=$(grep -c '"kind":"request"' "$SIM_LOG")
    until_true "$HOST_PID" "$FAULT: the others trade on" lines "$SIM_LOG" '"kind":"request"' $((n + 5))
    ! grep '"kind":"request"' "$SIM_LOG" | grep -q "\"what\":\"order.cancel.*\"$CALM\"" && ! effect "$CALM" CANCELED ||
        fail "$FAULT: the order of another was cancelled"
    is 'all(.[] | select(.name != "rogue"); .state == "active" and .generation == 1)' agents ||
        fail "$FAULT: another does not play on as it did: $(cat "$WORK/out")"
}

# delivery: how long events took to reach each of the others, once there are enough for a 99th percentile
delivery() {
    until_true "$HOST_PID" "$FAULT: events" is 'all(.agents[] | select(.agent != "rogue"); .count >= 100)' latency
    jq -r '[.agents[] | select(.agent != "rogue") | "\(.agent) \(.p50_ns / 1000 | floor)/\(.p99_ns / 1000 | floor)"] |
        "delivery p50/p99 us: \(join(", "))"' "$WORK/out"
}

# cancelled_after NS: in ms, by the exchange's clock
cancelled_after() {
    jq -n --arg id "$HELD" --argjson from "$1" \
        'first(inputs | select(.kind == "effect" and .clientOrderId == $id and .status == "CANCELED")) |
        (.t_transport_ns - $from) / 100000 | round / 10' "$SIM_LOG"
}

end() {
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "$FAULT: the host"
    kill -TERM "$SIM_PID"
    wait "$SIM_PID"
    for name in busy_1 busy_2 calm; do
        grep -q "\"key\":\"nth\".*slot $name: .* all delivered" "$WORK/host.err" || fail "$FAULT: $name missed events"
    done
    ! grep -q '"key":"nth-differs"' "$WORK/host.err" || fail "$FAULT: an agent missed events"
    n=$(jq -n --arg id "$HELD" '[inputs | select(.kind == "effect" and .clientOrderId == $id and .status == "CANCELED")] | length' \
        "$SIM_LOG")
    [ "$n" = 1 ] || fail "$FAULT: the rogue's order was cancelled $n times"
    "$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "$FAULT: the journal does not replay"
    mv "$WORK/host.err" "$WORK/host.$FAULT.err"
}

BUILT=$PLUGINS
PLUGINS=$WORK/plugins
mkdir "$WORK/plugins"

begin none
echo "no fault: $(delivery)"
end

for fault in segv hang flood; do
    begin $fault
    until_true "$HOST_PID" "$fault: the rogue's order is cancelled" effect "$HELD" CANCELED
    until_true "$HOST_PID" "$fault: its binary is refused after three times" lines "$WORK/host.err" '"key":"quarantine"' 1
    stood
    until_true "$HOST_PID" "$fault: no order of the rogue is open" holds_none
    at=$(sed -n 's/.*fault at \([0-9]*\).*/\1/p' "$WORK/host.err" | head -1)
    echo "$fault: cancelled $(cancelled_after "$at") ms after it began; $(delivery)"
    end
    grep -q "slot rogue: its plugin has ended" "$WORK/host.$fault.err" || fail "$fault: the host does not tell of it"
    [ "$("$AGON" journal cat "$WORK/run/journal" --type crash --json | grep -c '"type":"crash"')" = 3 ] ||
        fail "$fault: not 3 crashes in the journal"
done
grep -q 'its plugin has ended (exceeds the refused-intent limit: ' "$WORK/host.flood.err" || fail "the flood ended otherwise"
n=$("${TOOLS}facts" "$WORK/run/journal" | sed -n 's/^refused rogue //p')
[ "$n" -ge 60000 ] || fail "three floods, and only $n intents were refused"

# A version that this host does not serve, put to a slot that plays: it is refused, and nothing changes.
begin version none
for wrong in minor major; do
    ctl reload rogue "$BUILT/rogue_$wrong.so" >"$WORK/out" 2>&1 && fail "a wrong $wrong version was taken"
    grep -q 'made for SDK [0-9.]*, this host serves [0-9.]*: rebuild it' "$WORK/out" || fail "why not: $(cat "$WORK/out")"
done
is '.agent.state == "active" and .agent.generation == 1' agent rogue ||
    fail "after refused reloads: $(cat "$WORK/out")"
stood
effect "$HELD" CANCELED && fail "a refused reload cancelled the order"
[ "$(open_of rogue)" = "$HELD" ] || fail "the rogue's orders after refused reloads: $(open_of rogue)"

# ... found at the next start, after the host was killed: nobody plays for the slot, and its order goes.
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
cp "$BUILT/rogue_minor.so" "$WORK/plugins/rogue.so"
at=$(date +%s%N)
start_host
until_true "$HOST_PID" "the wrong version's order is cancelled" effect "$HELD" CANCELED
stood
"${TOOLS}facts" "$WORK/run/journal" | grep -q '^slot rogue 2 65 ' || fail "the slot is not suspended"
until_true "$HOST_PID" "the host tells of the wrong version" \
    lines "$WORK/host.err" '"key":"plugin-refused".*slot rogue is suspended.*made for SDK' 1
echo "version: cancelled $(cancelled_after "$at") ms after the host's start; $(delivery)"
# The right one comes back, and plays.
cp "$BUILT/rogue.so" "$WORK/plugins/rogue.so"
ctl reload rogue >"$WORK/out" 2>&1 || fail "the right version is refused: $(cat "$WORK/out")"
until_true "$HOST_PID" "it plays again" is '.agent.state == "active" and .agent.open > 0' agent rogue
end
