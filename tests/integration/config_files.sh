#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `agon config check` of a roster alone, and of a run that names it: each file that an agent is given is there, can be read, has
# something in it, fits beside the others in files_max and in the lease that keeps it resident, and a version of a model is the one
# that was registered. Each mistake stands at its place with what to do, all of them in one pass; nothing is made.
. "$(dirname "$0")/common.sh"
mkdir -p "$WORK/conf/models"
R=$WORK/conf/roster.yaml
head -c 3000 /dev/zero >"$WORK/conf/small"
cp "$WORK/conf/small" "$WORK/conf/same"
head -c 3000 /dev/zero | tr '\0' 1 >"$WORK/conf/other"
head -c 100000 /dev/zero >"$WORK/conf/large"
: >"$WORK/conf/empty"
cp "$AGON_SOURCE_ROOT/tests/data/trees/logistic.json" "$WORK/trend.json"
"$AGON" models add trend "$WORK/trend.json" --models "$WORK/conf/models" >"$WORK/out" 2>&1 || fail "no version: $(cat "$WORK/out")"

roster() { # FILES [LEASE [MORE]]
    printf 'base_currency: USDT\n%sgpu: {profile: s1_inference_training, device: cpu}\nagents:\n  - name: one\n    plugin: one.so\n    capital: 10 USDT\n    instruments: ["binance:BTCUSDT"]\n    files: %s\n%s' \
        "${3-}" "$1" "${2:+    gpu: {leases: {main: {$2\}\}\}
}" >"$R"
}
says() { # CODE WORDS: the check of the roster
    "$AGON" config check "$R" >"$WORK/out" 2>&1
    rc=$?
    [ $rc = "$1" ] && grep -q -e "$2" "$WORK/out" || fail "$2: ended with $rc: $(cat "$WORK/out"): $(cat "$R")"
}
lease='budget: model_cache, share: 20%'
roster '{weights: small, table: same}' "$lease, memory: 80KiB, resident: weights" 'files_max: 4KiB
'
find "$WORK/conf" | sort >"$WORK/before"
says 0 'roster.yaml: roster, well (its plugins were not looked at: --plugins DIR'
find "$WORK/conf" | sort | cmp - "$WORK/before" || fail "a check made something"

# Where, what, and what to do.
roster '{weights: none}'
says 3 "^[^ ]*conf/roster.yaml:8:22: error.*agents\[0\].files.weights: $WORK/conf/none: No such file or directory; expected a file that can be read and has something in it, from the roster's folder on"
roster '{weights: models}'
says 3 'roster.yaml:8:22: error.*conf/models: a folder; expected a file'
roster '{weights: empty}'
says 3 'roster.yaml:8:22: error.*conf/empty: an empty file; expected a file'
roster '{weights: small, table: other}' '' 'files_max: 4KiB
'
says 3 'roster.yaml:9:36: error.*conf/other: 3000 bytes beside 3000 of others, .*(files_max) is 4096; expected a larger files_max in the roster, or smaller files'
roster '{weights: large}' '' 'files_max: 64KiB
'
says 3 'roster.yaml:9:22: error.*conf/large: 100000 bytes, and the limit .*(files_max) is 65536; expected a larger files_max'
if [ "$(id -u)" != 0 ]; then
    chmod 0 "$WORK/conf/other"
    roster '{weights: other}'
    says 3 'roster.yaml:8:22: error.*conf/other: Permission denied; expected a file that can be read'
    chmod 600 "$WORK/conf/other"
fi

# The words of a lease.
roster '{weights: small}' "$lease, memory: 1KiB"
says 3 'roster.yaml:9:[0-9]*: error.*memory: has no room for a job: .* takes 4096 bytes of it; expected more than that, 64KiB as a rule'
roster '{weights: large}' "$lease, memory: 128KiB, resident: weights"
says 3 "roster.yaml:9:[0-9]*: error.*resident: the file has 100000B\?.*, and the lease 128KiB; expected a 'memory' of 64KiB more than the file"
roster '{weights: large}' "$lease, memory: 128KiB, resident: weight"
says 3 "roster.yaml:9:[0-9]*: error.*resident: 'weight' is not among the agent's files; expected a name of its 'files'"

# Versions of models.
roster '{weights: "model:trend@1"}'
says 0 'roster, well'
roster '{weights: "model:trend"}'
says 3 'roster.yaml:8:22: error.*no version of trend is current; agon models promote makes one so, or name one: trend@1$'
roster '{weights: "model:trend@1"}' "$lease, memory: 68KiB, resident: weights"
says 3 'roster.yaml:9:[0-9]*: error.*resident: the file has .*, and the lease 68KiB'
roster '{weights: "model:trand"}'
says 3 'roster.yaml:8:22: error.*agents\[0\].files.weights: .*has no model trand; agon models ls shows them'
roster '{weights: "model:trend@7"}'
says 3 'roster.yaml:8:22: error.*trend has no version 7'
roster '{weights: "model:trend"}' '' 'models: elsewhere
'
says 3 "roster.yaml:9:22: error.*conf/elsewhere: No such file or directory; expected the folder of the versions of models, as .agon models add. makes it (the roster's key models)"
find "$WORK/conf/models" -type f ! -name 'models.db*' -exec sh -c 'echo >>"$1"' - {} \;
roster '{weights: "model:trend@1"}'
says 3 'roster.yaml:8:22: error.*the file of trend@1 was changed'

# All of them in one pass, beside what is wrong with the words; and so with the run that names the roster.
roster '{weights: none, table: empty}' "$lease, memory: 1KiB" 'sed: 1
'
says 3 'sed'
[ "$(grep -c ' error' "$WORK/out")" = 4 ] || fail "not all in one pass: $(cat "$WORK/out")"
SIM_PORT=1 MODE=paper
live_files "$(agent first busy.so '' '' ', files: {weights: other, table: small}')"
sed -i -e '/^load_from/d' "$WORK/conf/live.yaml"
"$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS" >"$WORK/out" 2>&1 || fail "a run: $(cat "$WORK/out")"
sed -i 's/^agents:/files_max: 4KiB\nagents:/' "$R"
"$AGON" config check "$WORK/conf/live.yaml" --plugins "$PLUGINS" >"$WORK/out" 2>&1 && fail "a run with files over files_max was taken"
grep -q 'roster.yaml:[0-9]*:[0-9]*: error.*conf/small: 3000 bytes beside 3000 of others' "$WORK/out" || fail "a run: $(cat "$WORK/out")"
