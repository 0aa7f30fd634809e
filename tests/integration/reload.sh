#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Slots change hands in a live host on the simulated exchange: each agent is reloaded twice, rolled back and offered
# what cannot be loaded, while it trades. Nobody misses an event, and the journal replays to the recorded hashes.
. "$(dirname "$0")/common.sh"
export FAULTY
mkdir "$WORK/plugins"
cp "$AGON_BUILD_ROOT"/plugins/*/*.so "$WORK/plugins/"
export PLUGINS="$WORK/plugins"
for name in ema_cross bollinger mm vol; do
    certify "$PLUGINS/$name.so"
done
for runner in process inproc; do
    "${TOOLS}hands" $runner "$WORK/$runner" 2>"$WORK/$runner.err" || {
        tail -20 "$WORK/$runner.err"
        fail "$runner"
    }
    n=$(grep -c '"key":"nth"' "$WORK/$runner.err")
    [ "$n" = 4 ] || fail "$runner: $n of 4 agents were delivered all that the engine counts"
    ! grep -q '"key":"nth-differs"\|"key":"slot-ended"' "$WORK/$runner.err" || fail "$runner: an agent was lost"
    "$AGON" replay "$WORK/$runner" --verify >"$WORK/replay.out" || fail "$runner: the journal does not replay"
    n=$("$AGON" journal cat "$WORK/$runner" --type config --json | grep -c '"generation"')
    [ "$n" = 12 ] || fail "$runner: $n changes of hands in the journal, not 12"
    # What each instance began with is in the journal before what it wanted, and kept by its hash.
    "$AGON" journal cat "$WORK/$runner" --type begin --json >"$WORK/begins"
    n=$(grep -c '"how":"start"' "$WORK/begins")
    n=$n+$(grep -c '"how":"reload"' "$WORK/begins")
    [ "$n" = 4+8 ] || fail "$runner: $n instances began by the journal, not 4+8"
    n=$("$AGON" journal cat "$WORK/$runner" --type end --json | grep -c '"how":"superseded"')
    n=$n+$("$AGON" journal cat "$WORK/$runner" --type end --json | grep -c '"how":"stopped"')
    [ "$n" = 12+4 ] || fail "$runner: $n instances ended by the journal, not 12+4"
    for hash in $(grep -o '"\(file\|state\)_hash":"[0-9a-f]*' "$WORK/begins" | sed 's/.*"//' | grep -v '^0*$'); do
        ls "$WORK/$runner/kept/$hash".* >/dev/null || fail "$runner: $hash was not kept"
    done
    for file in "$WORK/$runner/kept"/*; do
        name=${file##*/}
        [ "$(b2sum -l 256 "$file" | cut -d' ' -f1)" = "${name%.*}" ] || fail "$runner: $name is not what its name says"
    done
    sent=$("$AGON" journal cat "$WORK/$runner" --json | grep -c '"type":"sent"')
    [ "$sent" -ge 1 ] || fail "$runner: only $sent requests have the time of their last byte"
    # A refused one names its slot once.
    grep -q '"text":"slot [a-z_0-9]*: reload failed: ' "$WORK/$runner.err" && ! grep 'failed: slot ' "$WORK/$runner.err" ||
        fail "$runner: a line of a refused reload: $(grep 'reload failed' "$WORK/$runner.err" | head -n 2)"
    # What an operator planned is no warning, and its line has the figures by name and type.
    grep '"key":"reload"' "$WORK/$runner.err" | grep '"generation":' >"$WORK/reloads"
    jq -r 'select(.generation == 2) | .text' "$WORK/reloads" | grep 'generation 2' || fail "$runner: no line of a reload"
    jq -es 'length >= 8 and all(.[]; .level == "info" and (.agent | type) == "string" and (.pause_ns | type) == "number" and
        .pause_ns > 0 and .total_ns > .pause_ns and .generation > .after and .event > 0)' "$WORK/reloads" >/dev/null ||
        fail "$runner: the fields of a reload's line: $(head -n 2 "$WORK/reloads")"
done
"${TOOLS}hands" quarantine "$WORK/bad" 2>"$WORK/bad.err" || {
    tail -20 "$WORK/bad.err"
    fail "quarantine"
}
"$AGON" replay "$WORK/bad" --verify >"$WORK/replay.out" || fail "the journal of a quarantine does not replay"
n=$("$AGON" journal cat "$WORK/bad" --type crash --json | grep -c '"type":"crash"')
[ "$n" = 3 ] || fail "$n crashes in the journal, not 3"
"$AGON" journal cat "$WORK/bad" --type quarantine --json | grep -q 'the fault is mended' || fail "why it was cleared is not in the journal"
echo "quarantined after 3 crashes, cleared with a reason, and another binary plays for the slot"
