#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A reload by a build of the plugin that wants events of more types, of its orders, without which it places one and no
# more: it hears them, also when its limits are changed afterwards, and after a restart. So does one whose file was not
# there at the start.
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
trade_on() { # WHAT: so many orders more of both that who waits for each in vain will not come to it
    for name in buyer late; do
        until_true "$HOST_PID" "$1: $name is active" is '.agent.state == "active"' agent $name
        until_true "$HOST_PID" "$1: $name" is ".agent.orders > $(jq .agent.orders "$WORK/out") + 40" agent $name
    done
}

start_sim --seed 3
cp "$BUILT/buyer.so" "$PLUGINS/buyer.so"
live_files "$(agent buyer buyer.so '' '' ', orders_on_reload: cancel')
$(agent late late.so '' '' ', orders_on_reload: cancel')"
start_host
until_true "$HOST_PID" "the build that hears trades alone" is '.agent.orders > 10' agent buyer
until_true "$HOST_PID" "who has no file is suspended" is '.agent.state == "SUSPENDED"' agent late
for name in buyer late; do
    cp "$BUILT/buyer_waits.so" "$PLUGINS/new.so"
    mv "$PLUGINS/new.so" "$PLUGINS/$name.so"
    ctl reload $name >"$WORK/out" 2>&1 || fail "reload of $name: $(cat "$WORK/out")"
done
trade_on "the new build hears of its orders"
sed -i 's/open_orders: 200/open_orders: 199/' "$WORK/conf/roster.yaml"
ctl apply "$WORK/conf/roster.yaml" >"$WORK/out" 2>&1 || fail "apply: $(cat "$WORK/out")"
is '.limits.open_orders == 199' agent late || fail "the limit: $(cat "$WORK/out")"
trade_on "they hear of them with other limits"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
! grep '"key":"nth-differs"' "$WORK/host.err" || fail "the engine counts other events than were heard"
for name in buyer late; do
    grep -q "\"key\":\"nth\".*slot $name: .* all delivered" "$WORK/host.err" || fail "$name missed events"
done
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
start_host
until_true "$HOST_PID" "the host is ready again" lines "$WORK/host.err" '"key":"ready"' 2
trade_on "they hear of them after a restart"
echo "a build that wants more hears more: after the reload, with other limits, and after a restart"
