#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files that a roster names for an agent (agon.asset): what the plugin reads is the file as it was, by its SHA-256 in the journal,
# alike in a backtest and live, in each runner; other contents come with another generation, and go with a roll-back; a child that
# died begins with what it had. What cannot be given is refused at its place, and what plays plays on.
. "$(dirname "$0")/common.sh"

ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
is() {
    query=$1
    shift
    ctl "$@" --json >"$WORK/out" 2>/dev/null && jq -e "$query" "$WORK/out" >/dev/null
}
sum_of() { sha256sum "$1" | cut -c1-64; }
weight() { printf '%s' "$1" >"$WORK/conf/models/$2.new" && mv "$WORK/conf/models/$2.new" "$WORK/conf/models/$2"; }
refused() { # WHAT WORDS COMMAND...: it ends with an error that has these words
    what=$1 words=$2
    shift 2
    "$@" >"$WORK/out" 2>&1 && fail "$what was taken"
    grep -q -- "$words" "$WORK/out" || fail "$what: $(cat "$WORK/out")"
}
mkdir -p "$WORK/conf/models"
weight 7 seven
weight 12 twelve

# --- backtest ---
wants() { # RUNNER ARGUMENT...: the hash of what it wanted
    runner=$1
    shift
    "$AGON" backtest "$PLUGINS/weigher.so" --runner "$runner" --seed 3 --for 20m "$@" >"$WORK/out" 2>&1 || fail "a backtest: $(cat "$WORK/out")"
    sed -n 's/^intents  *//p' "$WORK/out"
}
seven=$(wants inproc --file "weights=$WORK/conf/models/seven")
[ -n "$seven" ] && [ "${seven%% *}" -gt 20 ] || fail "it wanted little: $seven"
[ "$(wants process --file "weights=$WORK/conf/models/seven")" = "$seven" ] || fail "the runners differ"
[ "$(wants inproc --file "weights=$WORK/conf/models/twelve")" != "$seven" ] || fail "its weights change nothing"
backtest() { "$AGON" backtest "$PLUGINS/weigher.so" --seed 3 --for 20m "$@"; }
refused "a plugin without its file" 'not found' backtest
refused "a file that is not there" "files.weights: $WORK/none: No such file" backtest --file "weights=$WORK/none"
refused "no pair" 'expected NAME=PATH' backtest --file weights
: >"$WORK/empty"
refused "an empty file" 'an empty file' backtest --file "weights=$WORK/empty"
refused "a folder" 'no regular file' backtest --file "weights=$WORK"
for runner in inproc process; do
    [ "$runner" = inproc ] && is_sanitized && continue # its own handler is there before ours
    refused "who writes into its file ($runner)" 'weigher_writes' "$AGON" backtest "$PLUGINS/weigher_writes.so" --runner $runner --seed 3 --for 20m --file "weights=$WORK/conf/models/seven"
done
[ "$(cat "$WORK/conf/models/seven")" = 7 ] || fail "a plugin changed a file"
"$AGON" validate "$PLUGINS/weigher.so" --file "weights=$WORK/conf/models/seven" >"$WORK/out" 2>&1 || fail "validate: $(cat "$WORK/out")"
grep -q 'ok .*val-r14 .* intents' "$WORK/out" || fail "validate did not rehearse it with its file: $(cat "$WORK/out")"
refused "a file under another name" 'error .*not with the files that it is given.*not found' "$AGON" validate "$PLUGINS/weigher.so" --file "weight=$WORK/conf/models/seven"
"$AGON" validate "$PLUGINS/weigher.so" >"$WORK/out" 2>&1 || fail "validate without a file: $(cat "$WORK/out")"

# --- live ---
start_sim --seed 3
more=', orders_on_reload: keep, files: {weights: models/seven}'
live_files "$(agent one weigher.so '' '' "$more")
$(agent two weigher.so '' '' "$more")"
sed -i 's/^agents:/files_max: 4KiB\nagents:/' "$WORK/conf/roster.yaml"
check() { "$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS"; }
check >"$WORK/out" 2>&1 || fail "config check: $(cat "$WORK/out")"
cp "$WORK/conf/roster.yaml" "$WORK/good.yaml"
with() { sed "$1" "$WORK/good.yaml" >"$WORK/conf/roster.yaml"; }
with '0,/models.seven/s//models\/eight/'
refused "a roster's file that is not there" 'roster.yaml:[0-9]*:[0-9]*: error.*conf/models/eight: No such file' check
refused "a roster's file that is not there" 'roster.yaml:[0-9]*:[0-9]*: error.*conf/models/eight: No such file' \
    "$AGON" backtest --roster "$WORK/conf/roster.yaml" --plugins "$PLUGINS" --for 1m
with '0,/{weights: models.seven}/s//[models\/seven]/'
refused "files that are no map" 'expected a map of names and paths' check
cp "$WORK/good.yaml" "$WORK/conf/roster.yaml"

start_host
trade_on() { # NAME WHAT: five orders more of it
    until_true "$HOST_PID" "$2: $1 is active" is '.agent.state == "active"' agent "$1"
    until_true "$HOST_PID" "$2: $1" is ".agent.orders > $(jq .agent.orders "$WORK/out") + 5" agent "$1"
}
says() { grep -q "weight 0*$1 of" "$WORK/host.err"; } # in a line of its log
begun() { # the SHA-256 that the last instance of one began with
    "$AGON" journal cat "$WORK/run/journal" --live --type begin --json 2>/dev/null | jq -r 'select(.slot == 0) | .files.weights' | tail -n 1
}
trade_on one "at the start"
trade_on two "at the start"
says 7 || fail "it did not read its file"
[ "$(begun)" = "$(sum_of "$WORK/conf/models/seven")" ] || fail "the journal has another SHA-256: $(begun)"
seven=$(begun)

# Another generation by the same command, with the plugin as it was.
weight 12 seven
trade_on one "its file is another"
! says 12 || fail "a file changed under a plugin"
ctl reload one >"$WORK/out" 2>&1 || fail "a reload: $(cat "$WORK/out")"
until_true "$HOST_PID" "it reads the other file" says 12
trade_on one "with other weights"
until_true "$HOST_PID" "the journal has it" sh -c '[ "$("$1" journal cat "$2" --live --type begin --json 2>/dev/null | jq -r "select(.slot == 0) | .files.weights" | tail -n 1)" = "$3" ]' - \
    "$AGON" "$WORK/run/journal" "$(sum_of "$WORK/conf/models/seven")"
ctl rollback one >"$WORK/out" 2>&1 || fail "a roll-back: $(cat "$WORK/out")"
trade_on one "rolled back"

# Who died begins with what it had, whatever lies at the path.
# shellcheck disable=SC2046
kill -9 $(pgrep -P "$HOST_PID" -f __runner)
crashed() { [ "$("$AGON" journal cat "$WORK/run/journal" --live --type begin --json 2>/dev/null | grep -c '"how":"restore"\|"how":"fresh"')" = 2 ]; }
until_true "$HOST_PID" "both begin again" crashed
trade_on one "after a crash"
trade_on two "after a crash"
[ "$(begun)" = "$seven" ] || fail "it began with another file after a crash"

# A roster whose files do not fit is refused before anything is changed, in the words and with the code of `config check`.
head -c 5000 /dev/zero | tr '\0' 2 >"$WORK/conf/models/wide"
over() { # WHERE-THE-LIMIT-IS-OF
    for dry in --dry-run ""; do
        # shellcheck disable=SC2086
        ctl apply "$WORK/conf/more.yaml" $dry >"$WORK/out" 2>&1
        rc=$?
        [ $rc = 3 ] && grep -q "more.yaml:[0-9]*:[0-9]*: error.*files.weights: .*conf/models/wide: 5000 bytes, and the limit .*(files_max) is 4096; expected $1" "$WORK/out" ||
            fail "apply $dry of files over the limit: $rc: $(cat "$WORK/out")"
    done
    is 'length == 2' agents || fail "it was applied: $(cat "$WORK/out")"
}
{
    cat "$WORK/good.yaml"
    agent three weigher.so '' '' ', orders_on_reload: keep, files: {weights: models/wide}'
} >"$WORK/conf/more.yaml"
over 'a larger files_max in the roster, or smaller files'
sed -i 's/^files_max: 4KiB/files_max: 64KiB/' "$WORK/conf/more.yaml"
over 'smaller files: the host that runs has the files_max that it began with'

# What cannot be taken leaves who plays.
: >"$WORK/conf/models/empty" && mv "$WORK/conf/models/empty" "$WORK/conf/models/seven"
refused "a reload with an empty file" 'an empty file' ctl reload one
head -c 5000 /dev/zero | tr '\0' 1 >"$WORK/conf/models/large" && mv "$WORK/conf/models/large" "$WORK/conf/models/seven"
refused "a reload with a file over the limit" 'files_max' ctl reload one
weight 1000 seven
refused "a reload with weights that it does not take" 'create' ctl reload one
trade_on one "after three refusals"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
! grep -q '"key":"nth-differs"' "$WORK/host.err" || fail "the engine counts other events than were heard"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
"$AGON" parity "$WORK/run" >"$WORK/out" 2>&1
grep -q 'not compared .*agent one.*it had files (weights' "$WORK/out" || fail "parity does not say that it cannot run it again: $(cat "$WORK/out")"
echo "files of agents: as they were, by their hash, in both runners; other contents by a reload, back by a roll-back"
