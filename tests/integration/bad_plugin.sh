#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Plugins that fail their checks at a start: each suspends its own slot, with the reason in the journal, an alert and what
# `agon ctl` says, and the agents beside them trade. A reload with a good file makes such a slot active, and a restart
# leaves it so. Found at a later start, on_crash is done with what the slot has open. What is wrong in the roster itself
# refuses the start, and a plugin that is not there the first start in a run directory.
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
effect() { # ID STATUS: does the exchange's log show the order so?
    jq -e -n --arg id "$1" --arg status "$2" \
        'any(inputs; .kind == "effect" and .clientOrderId == $id and .status == $status)' "$SIM_LOG" >/dev/null 2>&1
}
held_by() { # SLOT: its one order, once it rests; in ID
    ID=$("${TOOLS}facts" "$WORK/run/journal" 2>/dev/null | sed -n "/^slot $1 /,/^slot /s/^open //p" | head -1)
    [ -n "$ID" ] && effect "$ID" NEW
}
suspended() { # SLOT REASON: with that reason (a regular expression), in answers and journal
    is ".agent.state == \"SUSPENDED\" and (.agent.failure | test(\"$2\"))" agent "$1" &&
        "${TOOLS}facts" "$WORK/run/journal" 2>/dev/null | grep -q "^slot $1 2 65 "
}
alerted() { # SLOT REASON
    "$AGON" journal cat "$WORK/run/journal" --live --type alert 2>/dev/null | grep 'kind=crash' | grep -q "$1.*$2"
}
orders() { # SLOT N: has it had so many orders?
    is ".agent.orders >= $2" agent "$1"
}
end() {
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "$1"
    ! grep -q '"key":"nth-differs"' "$WORK/host.err" || fail "$1: an agent missed events"
    grep -q '"key":"nth".*slot good: .* all delivered' "$WORK/host.err" || fail "$1: the good agent missed events"
    "$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "$1: the journal does not replay"
    mv "$WORK/host.err" "$WORK/past.err"
}

start_sim --seed 3
cp "$BUILT/busy.so" "$BUILT/rogue.so" "$FAULTY" "$PLUGINS/"
cp "$FAULTY_DIR/no_entry.so" "$FAULTY_DIR/note_abi.so" "$FAULTY_DIR/clock.so" "$FAULTY_DIR/executable.so" "$PLUGINS/"
: >"$PLUGINS/empty.so"
echo 'no plugin' >"$PLUGINS/text.so"
head -c 5000 "$BUILT/busy.so" >"$PLUGINS/cut.so"
patient=', hard: 30s' # only who hangs is taken for hung
slow='orders_per_second: 5, orders_burst: 5, open_orders: 2'
live_files "$(agent missing missing.so 'every: 10')
$(agent good busy.so 'every: 10' '' "$patient")
$(agent bare no_entry.so)
$(agent other note_abi.so)
$(agent inside clock.so '' '' ', runner: inproc')
$(agent empty empty.so)
$(agent text text.so)
$(agent program executable.so)
$(agent cut cut.so)
$(agent small busy.so '' '' ', arena: 16KiB')
$(agent fails faulty.so 'fault: create')
$(agent calm calm.so 'fault: none' "$slow")
$(agent kept calm.so 'fault: none' "$slow" ', on_crash: keep')"
bad='missing:No.such.file bare:agon_plugin other:SDK.0.77 inside:imports.time empty:empty text:. program:. cut:truncated small:arena fails:create calm:No.such.file kept:No.such.file'

# Nothing has begun yet: whose files are not there are said, and only they.
refuses_missing() { # PLUGIN...: a first start, as these are not there
    "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet >"$WORK/out" 2>&1
    [ $? = 3 ] && [ ! -e "$WORK/run" ] || fail "a first start without $*: $(cat "$WORK/out")"
    for file; do
        grep -q "roster.yaml:[0-9]*:[0-9]*: error.*$file.*No such file.*--plugins" "$WORK/out" || fail "$file is not said: $(cat "$WORK/out")"
    done
    [ "$(grep -c ': error' "$WORK/out")" = $# ] || fail "not $# mistakes: $(cat "$WORK/out")"
}
refuses_missing missing.so calm.so calm.so
# With something in their place it begins.
echo 'no plugin' | tee "$PLUGINS/missing.so" >"$PLUGINS/calm.so"
start_host
until_true "$HOST_PID" "the good one trades at a first start" orders good 20
end "a first start"
rm "$PLUGINS/missing.so" "$PLUGINS/calm.so"

# Each in its place, and one that is well.
start_host
for one in $bad; do
    until_true "$HOST_PID" "${one%%:*} is suspended" suspended "${one%%:*}" "${one#*:}"
    # Of three the first start has told already, and an alert comes once in a while.
    until_true "$HOST_PID" "an alert of ${one%%:*}" alerted "${one%%:*}" "\(${one#*:}\|not an ELF file\)"
    until_true "$HOST_PID" "the log tells of ${one%%:*}" \
        lines "$WORK/host.err" "\"key\":\"\(plugin-refused\|slot-ended\)\".*slot ${one%%:*}.*${one#*:}" 1
done
until_true "$HOST_PID" "the good one trades" orders good 20
is '.agent.state == "active"' agent good || fail "the good agent: $(cat "$WORK/out")"
is '[.[] | select(.state == "SUSPENDED")] | length == 12' agents || fail "the agents: $(cat "$WORK/out")"

# A reload with what is no better changes nothing; one with a good file, from its place or another, makes the slot active.
ctl reload bare >"$WORK/out" 2>&1 && fail "a bad file was taken"
grep -q 'agon_plugin' "$WORK/out" || fail "why not: $(cat "$WORK/out")"
suspended bare agon_plugin || fail "after a refused reload: $(cat "$WORK/out")"
cp "$BUILT/busy.so" "$PLUGINS/missing.so"
cp "$BUILT/rogue.so" "$PLUGINS/calm.so"
for name in missing calm kept; do
    ctl reload $name >"$WORK/out" 2>&1 || fail "a good file is refused for $name: $(cat "$WORK/out")"
done
ctl reload bare "$BUILT/busy.so" >"$WORK/out" 2>&1 || fail "a good file is refused for bare: $(cat "$WORK/out")"
for name in missing bare calm kept; do
    until_true "$HOST_PID" "$name trades" orders $name 1
    is '.agent.state == "active" and (.agent | has("failure") | not)' agent $name || fail "$name: $(cat "$WORK/out")"
done
end "the first host"

# The next start has what the roster names: those that were mended play, the others stand.
start_host
for one in bare:agon_plugin inside:imports.time; do
    until_true "$HOST_PID" "${one%%:*} is suspended again" suspended "${one%%:*}" "${one#*:}"
done
# The others can be changed beside them; another bad one is a mistake, with its place, and nothing is changed by it.
sed '/name: good/s/stage: live/stage: live, latency: 3ms/' "$WORK/conf/roster.yaml" >"$WORK/new.yaml"
ctl apply "$WORK/new.yaml" --json >"$WORK/out" 2>&1 || fail "apply beside bad plugins: $(cat "$WORK/out")"
jq -e '[.changes[] | .agent + " " + .what] == ["good latency"]' "$WORK/out" >/dev/null || fail "apply changed: $(cat "$WORK/out")"
{ sed '/name: good/s/stage: live/stage: live, latency: 4ms/' "$WORK/conf/roster.yaml"; agent more note_abi.so; } >"$WORK/more.yaml"
ctl apply "$WORK/more.yaml" >"$WORK/out" 2>&1 && fail "a bad plugin was added"
grep -q "more.yaml:[0-9]*:[0-9]*: .*SDK 0.77" "$WORK/out" || fail "an added bad plugin: $(cat "$WORK/out")"
ctl apply "$WORK/new.yaml" --json >"$WORK/out" 2>&1 && jq -e '.changes == []' "$WORK/out" >/dev/null || fail "something was changed: $(cat "$WORK/out")"
for name in good missing; do
    until_true "$HOST_PID" "$name is active after a restart" is '.agent.state == "active" and .agent.events > 20' agent $name
done
until_true "$HOST_PID" "an order of calm rests" held_by calm
CALM=$ID
until_true "$HOST_PID" "an order of kept rests" held_by kept
KEPT=$ID

# Killed, and their file gone: on_crash is done.
kill -9 "$HOST_PID"
wait "$HOST_PID" 2>/dev/null
rm "$PLUGINS/calm.so"
start_host
until_true "$HOST_PID" "the order of calm is cancelled" effect "$CALM" CANCELED
until_true "$HOST_PID" "calm is suspended" suspended calm No.such.file
until_true "$HOST_PID" "kept is suspended" suspended kept No.such.file
until_true "$HOST_PID" "the good one trades on" is '.agent.state == "active" and .agent.events > 20' agent good
until_true "$HOST_PID" "the order of kept is still open" is "any(.[]; .agent == \"kept\")" orders
effect "$KEPT" CANCELED && fail "on_crash: keep, and its order was cancelled"
end "the third host"

# On paper it is the same.
rm -rf "$WORK/run"
MODE=paper
live_files "$(agent missing nowhere.so)
$(agent good busy.so 'every: 10' '' "$patient")
$(agent bare no_entry.so)"
refuses_missing nowhere.so
cp "$BUILT/busy.so" "$PLUGINS/nowhere.so"
start_host
until_true "$HOST_PID" "the good one trades on paper alone" orders good 20
end "the first host on paper"
rm "$PLUGINS/nowhere.so"
start_host
until_true "$HOST_PID" "missing is suspended on paper" suspended missing No.such.file
until_true "$HOST_PID" "bare is suspended on paper" suspended bare agon_plugin
until_true "$HOST_PID" "the good one trades on paper" orders good 20
end "the host on paper"

# A mistake of the roster itself refuses the start, and what is wrong with plugins is said with it.
rm -rf "$WORK/run"
for wrong in 's/stage: live/stage: lve/' 's/binance:ETHUSDT/binance:ETHUSTD/' 's/every: 10/evry: 10/' 's/orders_burst/orders_brst/'; do
    cp "$WORK/conf/roster.yaml" "$WORK/roster.good"
    sed -i "$wrong" "$WORK/conf/roster.yaml"
    "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet >"$WORK/out" 2>&1
    [ $? = 3 ] && [ ! -e "$WORK/run" ] || fail "$wrong: $(cat "$WORK/out")"
    grep -q 'roster.yaml:[0-9]*:[0-9]*: error.*nowhere.so' "$WORK/out" || fail "$wrong: nothing of the plugin: $(cat "$WORK/out")"
    cp "$WORK/roster.good" "$WORK/conf/roster.yaml"
done
echo "12 plugins that fail their checks: 12 slots suspended, and the others trade"
