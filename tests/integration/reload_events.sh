#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A reload by a build of the plugin that wants events of more types: it hears all of them, also when its limits are
# changed afterwards, and trades on after a restart. So does one whose file was no plugin at the start. The answer of a
# reload or a roll-back names the event of the journal by which another generation took over.
. "$(dirname "$0")/common.sh"
BUILT=$PLUGINS
PLUGINS=$WORK/plugins
mkdir "$PLUGINS"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...: is that true of what ctl says?
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
switched() { # WHY AGENT WORD...: ctl WORD... names the event by which AGENT has another generation, and it is that
    want=$1 agent=$2
    shift 2
    ctl "$@" --json >"$WORK/answer" 2>&1 || fail "$*: $(cat "$WORK/answer")"
    seq=$(jq '.seq // 0' "$WORK/answer")
    [ "$seq" -gt 0 ] || fail "$*: no number of its event: $(cat "$WORK/answer")"
    "$AGON" journal cat "$WORK/run/journal" --live --from "$seq" --until "$seq" --json >"$WORK/event" 2>&1
    jq -es --arg seq "$seq" --arg why "$want" '
        length == 1 and (.[0] | .seq == $seq and .type == "config" and .kind == "generation" and .why == $why)' \
        "$WORK/event" >/dev/null || fail "$*: event $seq is $(cat "$WORK/event")"
    is ".[0].seq == $seq and .[0].agent == \"$agent\"" reloads || fail "$*: the list has $(cat "$WORK/out")"
}
trade_on() { # WHAT: ten orders more of both
    for name in buyer late; do
        until_true "$HOST_PID" "$1: $name is active" is '.agent.state == "active"' agent $name
        until_true "$HOST_PID" "$1: $name" is ".agent.orders > $(jq .agent.orders "$WORK/out") + 10" agent $name
    done
}

start_sim --seed 3
cp "$BUILT/buyer.so" "$PLUGINS/buyer.so"
: >"$PLUGINS/late.so"
live_files "$(agent buyer buyer.so '' '' ', orders_on_reload: cancel')
$(agent late late.so '' '' ', orders_on_reload: cancel')"
start_host
until_true "$HOST_PID" "orders of the build that hears trades alone" is '.agent.orders > 10' agent buyer
until_true "$HOST_PID" "who has an empty file is suspended" is '.agent.state == "SUSPENDED"' agent late
for name in buyer late; do
    cp "$BUILT/buyer_told.so" "$PLUGINS/new.so"
    mv "$PLUGINS/new.so" "$PLUGINS/$name.so"
    ctl reload $name >"$WORK/out" 2>&1 || fail "reload of $name: $(cat "$WORK/out")"
done
trade_on "the new build"
sed -i 's/open_orders: 200/open_orders: 199/' "$WORK/conf/roster.yaml"
ctl apply "$WORK/conf/roster.yaml" >"$WORK/out" 2>&1 || fail "apply: $(cat "$WORK/out")"
is '.limits.open_orders == 199' agent late || fail "the limit: $(cat "$WORK/out")"
trade_on "with other limits"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
! grep -q '"key":"nth-differs"' "$WORK/host.err" || fail "the engine counts other events than were heard"
for name in buyer late; do
    grep -q "\"key\":\"nth\".*slot $name: .* all delivered" "$WORK/host.err" || fail "$name missed events"
done
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
start_host
until_true "$HOST_PID" "the host is ready again" lines "$WORK/host.err" '"key":"ready"' 2
trade_on "after a restart"
switched reload buyer reload buyer
switched rollback buyer rollback buyer
trade_on "after a roll-back"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
echo "a build that wants more hears all of it: after the reload and with other limits"
