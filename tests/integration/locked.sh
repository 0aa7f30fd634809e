#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The plugins of a run once more, on its journal (agon parity): live and on paper, in processes and inproc, over a
# parameter that changes, reloads, a roll-back, a crash with restore and a restart of the host, they want what they wanted,
# all of it. What draws from memory that nobody wrote, or from a clock of its own, is the first difference named. What
# lacks is named, and is no equality.
. "$(dirname "$0")/common.sh"
mkdir "$WORK/plugins"
cp "$AGON_BUILD_ROOT"/plugins/*/*.so "$PLUGINS/busy.so" "$PLUGINS/busy_again.so" "$PLUGINS/unsure.so" \
    "$PLUGINS/unsure_memory.so" "$PLUGINS/burst_wide.so" "$FAULTY" "$WORK/plugins/"
PLUGINS=$WORK/plugins
for name in busy busy_again ema_cross bollinger mm vol; do
    certify "$PLUGINS/$name.so"
done
ctl() {
    "$AGON" ctl "$@" --dir "$WORK/run" >"$WORK/ctl.out" 2>&1 || fail "ctl $*: $(cat "$WORK/ctl.out")"
}
roster() { # RUNNER HIGH
    agent busy_1 busy.so 'every: 1' '' ", runner: $1, checkpoint: 100ms, orders_on_reload: cancel"
    agent ema_1 ema_cross.so '' '' ", runner: $1, checkpoint: 100ms"
    agent boll_1 bollinger.so '' '' ", runner: $1, checkpoint: 100ms"
    printf '  - {name: vol_1, plugin: vol.so, stage: live, capital: 0 USDT, runner: %s, hard: 30s, checkpoint: 100ms,\n' "$1"
    printf '     instruments: ["binance:BTCUSDT"], params: {high: %s}}\n' "$2"
    printf '  - {name: mm_1, plugin: mm.so, stage: live, capital: 100000 USDT, runner: %s, hard: 30s, checkpoint: 100ms,\n' "$1"
    printf '     signals: {volatility: vol_1.volatility}, instruments: ["binance:BTCUSDT"], limits: {open_orders: 20}}\n'
}
wanted() { # so many intents in the journal
    [ "$("$AGON" journal cat "$WORK/run" --type intent --json 2>/dev/null | grep -c '"intent"')" -ge "$1" ]
}
more() { # MORE intents than there are
    n=$("$AGON" journal cat "$WORK/run" --type intent --json 2>/dev/null | grep -c '"intent"')
    until_true "$HOST_PID" "$1 more intents" wanted $((n + $1))
}
has() { # TYPE WORD N
    [ "$("$AGON" journal cat "$WORK/run" --type "$1" --json 2>/dev/null | grep -c "$2")" -ge "$3" ]
}
equal() { # NAME
    "$AGON" parity "$WORK/run" --locked --json >"$WORK/parity.json" 2>"$WORK/parity.err"
    rc=$?
    [ $rc = 0 ] || fail "$1: parity ends with $rc: $(cat "$WORK/parity.err"; "$AGON" parity "$WORK/run" --locked)"
    jq -e '.share_percent == 100 and .equal == .instances' "$WORK/parity.json" >/dev/null || fail "$1: $(cat "$WORK/parity.json")"
    n=$(json "$WORK/parity.json" intents)
    [ "$n" = "$(json "$WORK/parity.json" intents_compared)" ] && [ "${n:-0}" -ge 50 ] ||
        fail "$1: $n intents, $(json "$WORK/parity.json" intents_compared) compared"
    echo "$1: $n intents of $(json "$WORK/parity.json" instances) instances, all equal"
}

session() { # MODE RUNNER
    rm -rf "$WORK/run" "$WORK/conf"
    MODE=$1 live_files "$(roster "$2" 1.5)"
    start_host
    until_true "$HOST_PID" "intents" wanted 20
    # A parameter that changes in flight, by the roster's file.
    # And an agent that is added: on paper the account has no money for one.
    { roster "$2" 1.75; [ "$1" = paper ] || agent busy_2 busy.so 'every: 3' '' ", runner: $2"; } | sed '1i seed: 1\nbase_currency: USDT\nagents:' >"$WORK/conf/roster.new"
    mv "$WORK/conf/roster.new" "$WORK/conf/roster.yaml"
    ctl apply "$WORK/conf/roster.yaml"
    until_true "$HOST_PID" "the parameter in the journal" has config '"kind":"param"' 1
    [ "$1" = paper ] || until_true "$HOST_PID" "the agent that was added" has begin '"how":"added"' 1
    more 10
    # Another build of the file, the one before again, and the same file once more.
    ctl reload busy_1 "$PLUGINS/busy_again.so"
    more 10
    ctl rollback busy_1
    more 10
    ctl reload mm_1
    more 5
    if [ "$2" = process ]; then
        # The process of the agent that was loaded first: killed, and begun anew from its last checkpoint.
        restored=0
        for child in $(pgrep -P "$HOST_PID" -f __runner); do
            kill -9 "$child"
            restored=1
            break
        done
        [ $restored = 1 ] || fail "no runner to kill"
        until_true "$HOST_PID" "one that was killed ended" has end '"how":"died"' 1
        until_true "$HOST_PID" "it began from its checkpoint" has begin '"how":"restore"' 1
        more 10
    fi
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
    start_host
    until_true "$HOST_PID" "the next run's agents" has begin '"how":"start"' $([ "$1" = paper ] && echo 10 || echo 11)
    more 20
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the next host"
    equal "$1, $2"
}
# What does not follow from its events is named, with both intents.
unsure() { # NAME
    live_files "$(agent "$1" "$1.so" '' '' ', runner: process')
$(agent busy_1 busy.so 'every: 1' '' ', runner: process')"
    rm -rf "$WORK/run"
    start_host
    until_true "$HOST_PID" "intents" wanted 10
    until_true "$HOST_PID" "intents of $1" has intent '"slot":0' 5
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
    "$AGON" parity "$WORK/run" --locked >"$WORK/parity.out" 2>&1
    rc=$?
    [ $rc = 1 ] || fail "$1: parity ends with $rc: $(cat "$WORK/parity.out")"
    grep -q "^differs *agent $1, generation 1" "$WORK/parity.out" || fail "$1 is not named: $(cat "$WORK/parity.out")"
    grep -q 'depends on something outside its events' "$WORK/parity.out" || fail "$1: no cause: $(cat "$WORK/parity.out")"
    [ "$(grep -c ' intent .*slot=0 .*side=buy' "$WORK/parity.out")" = 2 ] || fail "$1: not both intents are shown"
    [ "$(grep -c 'book .*BTCUSDT bid\|book .*ETHUSDT bid' "$WORK/parity.out")" = 2 ] || fail "$1: not both books are shown"
    [ "$(grep -c '^ *position ' "$WORK/parity.out")" = 2 ] || fail "$1: not both positions are shown"
    grep '^  why' "$WORK/parity.out"
    "$AGON" parity "$WORK/run" --locked --json >"$WORK/parity.json" && fail "$1: parity ends with 0"
    jq -e ".first_difference | .agent == \"$1\" and .journal.intent != .again.intent" "$WORK/parity.json" >/dev/null ||
        fail "$1: $(cat "$WORK/parity.json")"
}

for mode in live paper; do
    for runner in process inproc; do
        # Live on a recording of the book, where there is one.
        if [ $mode = live ] && [ -e "$DATA/book/binance_spot_BTCUSDT_20240808T2354.raw.gz" ]; then
            start_sim --data "$DATA/book/binance_spot_BTCUSDT_20240808T2354.raw.gz" \
                "$DATA/book/binance_spot_ETHUSDT_20240808T2354.raw.gz"
        else
            start_sim --seed 3
        fi
        session $mode $runner
        [ $mode-$runner != live-process ] || cp -r "$WORK/run" "$WORK/whole"
        kill -9 "$SIM_PID"
        wait "$SIM_PID" 2>/dev/null
        SIM_PORT=
    done
done
MODE=paper
start_sim --seed 3
# Rings that were full are full again at the same calls, beside a plugin that crashes.
live_files "$(agent wide burst_wide.so 'count: 9000' '' ', runner: process')
$(agent warm faulty.so 'fault: segv, at: 200' '' ', runner: process, orders_on_reload: cancel')
$(agent busy_1 busy.so 'every: 1' '' ', runner: process')"
rm -rf "$WORK/run"
start_host
# One that is kept for a roll-back crashes too, where it would have; but on a machine so slow that it had crashed so often
# before that its file is refused.
reloaded() {
    "$AGON" ctl reload warm --dir "$WORK/run" >"$WORK/ctl.out" 2>&1 && return 0
    grep -q '"key":"quarantine"' "$WORK/host.err"
}
until_true "$HOST_PID" "a reload" reloaded
grep -q '"key":"quarantine"' "$WORK/host.err" ||
    until_true "$HOST_PID" "the one before ended" lines "$WORK/host.err" 'kept for a roll-back has ended' 1
until_true "$HOST_PID" "a full ring" has lapse '"kind":"no_room"' 1
until_true "$HOST_PID" "a crash" has end '"how":"died"' 1
until_true "$HOST_PID" "intents" wanted 5000
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
equal "full rings"
# A host that is killed says of nobody up to where it was heard. All that its journal has is compared all the same, and
# what the plugin wants beyond that is named where there is something.
rm -rf "$WORK/run"
start_host
until_true "$HOST_PID" "intents" wanted 3000
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
"$AGON" parity "$WORK/run" --locked --json >"$WORK/parity.json" 2>"$WORK/parity.err"
rc=$?
[ $rc = 0 ] || [ $rc = 3 ] || fail "killed: parity ends with $rc: $("$AGON" parity "$WORK/run" --locked)"
jq -e '.intents == .intents_compared and .differ == 0' "$WORK/parity.json" >/dev/null || fail "killed: $(cat "$WORK/parity.json")"
[ $rc = 0 ] || jq -e '[.agents[] | select(.verdict != "equal") | .why | test("has no end in the journal")] | all' \
    "$WORK/parity.json" >/dev/null || fail "killed: $(cat "$WORK/parity.json")"
echo "killed: $(json "$WORK/parity.json" intents) intents, all compared; ended with $rc"
unsure unsure
unsure unsure_memory

# What lacks is named with its range, and is no equality: a file, a state, a journal from before there were begins.
part() { # WHAT PATTERN
    "$AGON" parity "$WORK/whole" --locked >"$WORK/parity.out" 2>&1
    rc=$?
    [ $rc = 3 ] || fail "$1: parity ends with $rc: $(cat "$WORK/parity.out")"
    grep -q "^not compared  .*$2" "$WORK/parity.out" || fail "$1 is not named: $(cat "$WORK/parity.out")"
    grep '^intents' "$WORK/parity.out" | grep -q ' 100\.' && fail "$1: all of it counts as compared"
    grep "^not compared  .*$2" "$WORK/parity.out" | head -1
}
mv "$WORK/whole" "$WORK/whole_run"
live_files "$(agent busy_1 busy.so 'every: 1' '' ', runner: process, threads: 1')"
rm -rf "$WORK/run"
start_host
until_true "$HOST_PID" "intents" wanted 5
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
mv "$WORK/run" "$WORK/whole"
part "an agent with threads" "it may have threads of its own"
rm -rf "$WORK/whole"
mv "$WORK/whole_run" "$WORK/whole"
hash=$(b2sum -l 256 "$PLUGINS/busy_again.so" | cut -d' ' -f1)
mv "$WORK/whole/kept/$hash.so" "$WORK/away"
part "a missing file" "events [0-9]* to [0-9]*: its file (.*) is not kept"
cp "$PLUGINS/vol.so" "$WORK/whole/kept/$hash.so"
part "another file" "is not what its name says"
rm -f "$WORK/whole/kept/$hash.so"
mv "$WORK/away" "$WORK/whole/kept/$hash.so"
mkdir "$WORK/states"
mv "$WORK/whole/kept"/*.state "$WORK/states/"
part "a missing state" "the state that it loaded (.*) is not kept"
mv "$WORK/states"/* "$WORK/whole/kept/"
"$AGON" backtest "$PLUGINS/busy.so" --seed 7 --for 10m --journal "$WORK/older" >/dev/null || fail "the backtest"
"$AGON" parity "$WORK/older" --locked >"$WORK/parity.out" 2>&1
[ $? = 3 ] && grep -q 'not compared  slot 0, .* the journal has no begin of it' "$WORK/parity.out" &&
    grep -q '^intents *0 of ' "$WORK/parity.out" || fail "a journal without begins: $(cat "$WORK/parity.out")"
"$AGON" parity "$WORK/whole" --locked >/dev/null || fail "what was put back is not whole"
