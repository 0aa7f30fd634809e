#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a plugin causes beside orders has a meter: signals, cancels of what is not there, timers, log lines, callbacks that
# fail. Who exceeds one is told of by an alert that names it, and ended; the others trade on, the slot's timers are
# disarmed, and the journal holds no more than the meters allow.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() { # QUERY WORD...
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
journal() { "$AGON" journal cat "$WORK/run/journal" --live --type "$1" 2>/dev/null; }

channels='signals cancels timers log errors'
limits_of() { # CHANNEL: what its meter is called
    case $1 in
    signals) echo 'signal rate limit' ;;
    cancels) echo 'cancel rate limit' ;;
    timers) echo 'timer rate limit' ;;
    log) echo 'log rate limit' ;;
    errors) echo 'error rate limit' ;;
    esac
}
# A plugin of its own each, or one that is refused would be refused for all.
mkdir "$WORK/plugins"
cp "$PLUGINS/busy.so" "$WORK/plugins"
roster="$(agent busy_1 busy.so 'every: 10' '' ', hard: 30s')"
for channel in $channels; do
    cp "$PLUGINS/gusher.so" "$WORK/plugins/$channel.so"
    printf '%s' "$channel" >>"$WORK/plugins/$channel.so" # another file by its hash
    roster="$roster
$(agent "$channel" "$channel.so" "channel: $channel" '' ', hard: 30s, meters: {log: 20, errors: 2}')"
done
PLUGINS=$WORK/plugins
BUILT_PLUGINS=$PLUGINS
start_sim --seed 3
live_files "$roster"
start_host

alerted() { # CHANNEL
    is "map(select(.kind == \"flood\" and .agent == \"$1\" and (.text | test(\"exceeds the $(limits_of "$1")\")))) | length >= 1" alerts all
}
for channel in $channels; do
    until_true "$HOST_PID" "an alert of the $channel" alerted "$channel"
    until_true "$HOST_PID" "the end of who floods with $channel" \
        lines "$WORK/host.err" "slot $channel: its plugin has ended (exceeds the $(limits_of "$channel"): " 1
    until_true "$HOST_PID" "$channel is put away" is '.agent.state == "QUARANTINED"' agent "$channel"
done
echo "five floods, each told by its meter, and ended"

# Counts and rates are shown.
for channel in $channels; do
    is ".agent.meters.$channel | .count >= 20 * .per_second" agent "$channel" || fail "$channel: $(cat "$WORK/out")"
done
is '.agent.meters | .signals.per_second == 500 and .log.per_second == 20 and .errors.per_second == 2 and .bytes.count > 0' \
    agent signals || fail "the meters: $(cat "$WORK/out")"
ctl url >"$WORK/url" || fail "no url"

# Nobody is left to hear the timers: none comes due any more.
n_timers() { journal due | grep -c 'kind=timer slot=3 '; } # busy_1, signals, cancels, timers
no_more() {
    n=$(n_timers)
    from=$(grep -c newClientOrderId "$SIM_LOG")
    until_true "$HOST_PID" "the other agent trades on" lines "$SIM_LOG" newClientOrderId $((from + 10))
    [ "$(n_timers)" = "$n" ]
}
until_true "$HOST_PID" "no timer comes due" no_more

# A meter is changed while the host runs.
sed 's/errors: 2/errors: 3/' "$WORK/conf/roster.yaml" >"$WORK/new.yaml"
ctl apply "$WORK/new.yaml" >"$WORK/out" 2>&1 || fail "apply: $(cat "$WORK/out")"
until_true "$HOST_PID" "the new rate" is '.agent.meters.errors.per_second == 3' agent signals
is '.agent.state == "active"' agent busy_1 || fail "the good one: $(cat "$WORK/out")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
# Three times each, for 20 seconds of a meter and what one turn more takes.
bytes=$(cat "$WORK"/run/journal/money-* | wc -c)
echo "the journal of it holds $((bytes / 1000000)) MB; it replays"
