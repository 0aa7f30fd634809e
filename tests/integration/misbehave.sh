#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fourteen kinds of misbehaviour, each MISBEHAVE times (5) in a process of its own beside two agents that trade.
# In lock-step (LOCKSTEP times: 1): the others want the same as without it. On a live host against the simulated
# exchange: the host lives, each order that one of them held is cancelled there once and fills never, the others miss no
# event; how long it took to notice and to cancel is printed for each kind.
. "$(dirname "$0")/common.sh"
is_sanitized && {
    echo "skipped: a sanitizer's run-time cannot live in the sandbox"
    exit 77
}
ROUNDS=${MISBEHAVE:-5} # at least 3
KINDS='segv abort stack heap division illegal hang memory fork descriptor thread signal timer cancel'
PY=$(dirname "$0")/misbehave.py
BUILT=$PLUGINS
PLUGINS=$WORK/plugins
mkdir "$PLUGINS"
cp "$BUILT/busy.so" "$PLUGINS/"

# bad KIND AFTER: lines of a roster
bad() {
    hard=', hard: 30s'
    case $1 in
    hang) hard=', hard: 100ms' ;;
    memory) hard=', hard: 30s, arena: 16MiB' ;;
    thread) hard=', hard: 30s, threads: 1' ;;
    signal) hard=', hard: 30s, meters: {signals: 20}' ;;
    timer) hard=', hard: 30s, meters: {timers: 20}' ;;
    cancel) hard=', hard: 30s, meters: {cancels: 20}' ;;
    esac
    agent "$1" "$1.so" "kind: $1, after: $2" 'orders_per_second: 1000, orders_burst: 10000, open_orders: 4' \
        "$hard, orders_on_reload: cancel"
}
for kind in $KINDS; do
    cp "$BUILT/misbehave.so" "$PLUGINS/$kind.so"
    printf '%s' "$kind" >>"$PLUGINS/$kind.so" # another file by its hash
done
good() { # EVERY EVERY: books
    agent busy_1 busy.so "every: $1"
    agent busy_2 busy.so "every: $2"
}

# played NAME ROSTER-LINES: in lock-step, the same market each time
played() {
    printf 'seed: 1\nbase_currency: USDT\nagents:\n%s\n' "$2" >"$WORK/roster.yaml"
    rm -rf "$WORK/$1"
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGINS" --runner process --seed 7 --for 6s \
        --latency 5ms --data-latency 2ms --journal "$WORK/$1" --json >"$WORK/$1.json" 2>"$WORK/$1.err"
    [ $? -le 1 ] || fail "round $round: $1: $(tail -n 3 "$WORK/$1.err")" # 1: a plugin has ended
    "$AGON" journal cat "$WORK/$1" --type intent --json 2>/dev/null >"$WORK/$1.intents"
}
round=0
played without "$(good 3 4)"
while [ $round -lt "${LOCKSTEP:-1}" ]; do
    round=$((round + 1))
    for kind in $KINDS; do
        played with "$(good 3 4)
$(bad "$kind" $((round * 3)))"
        case $kind in signal) caused=signal ;; timer) caused=arm ;; *) caused= ;; esac
        # 20 a second is what its meter allows on a live host, 120 in all.
        [ -z "$caused" ] || [ "$("$AGON" journal cat "$WORK/with" --type $caused 2>/dev/null | grep -c ' slot=2 ')" -ge 200 ] ||
            fail "round $round, $kind: it caused hardly any: this would prove nothing"
        python3 "$PY" same "$WORK" || fail "round $round, $kind: the others want something else than without it"
    done
done
echo "lock-step: $round times 14: the others' intents are what they are without them"

start_sim --seed 3
live_files "$(good 10 15)
$(for kind in $KINDS; do bad "$kind" 5; done)"
start_host
awaited='the misbehaviours'
python3 "$PY" drive "$WORK" "$AGON" "$ROUNDS" "$HOST_PID" "$BUILT/misbehave.so" || fail "the live half"
none_open() {
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" 2>/dev/null &&
        ! sed -n '/^slot segv /,$p' "$WORK/facts" | grep -q '^open'
}
until_true "$HOST_PID" "none of them holds an order" none_open
n=$(grep -c '"kind":"request"' "$SIM_LOG")
until_true "$HOST_PID" "the others trade on" lines "$SIM_LOG" '"kind":"request"' $((n + 5))
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
kill -TERM "$SIM_PID"
wait "$SIM_PID"
for name in busy_1 busy_2; do
    grep -q "\"key\":\"nth\".*slot $name: .* all delivered" "$WORK/host.err" || fail "$name missed events"
done
! grep -q '"key":"nth-differs"' "$WORK/host.err" || fail "an agent missed events"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
"${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts"
"$AGON" journal cat "$WORK/run/journal" --type crash --json >"$WORK/crashes" 2>/dev/null
for type in signal intent arm; do
    # Who floods by these: when it began.
    "$AGON" journal cat "$WORK/run/journal" --type $type --json 2>/dev/null | grep -E '"slot":1[0-9],' >"$WORK/$type.told"
done
python3 "$PY" judge "$WORK" "$ROUNDS" || fail "what the exchange's log says"
