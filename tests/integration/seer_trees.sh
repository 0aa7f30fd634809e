#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Trees in XGBoost's format that the host serves to a plugin (agon.nn), by the same calls as an LSTM: what the plugin decides is
# what a program of a page computes of the file, to the bit, alike in both runners; it has no state to save; a file with a node
# too few, a cycle or a threshold that is no number is refused with its place.
. "$(dirname "$0")/common.sh"
SEER=$(dirname "$0")/seer_trees.py
python3 "$SEER" write "$WORK/model.json" 7 || fail "no model"
run_of() { # RUNNER MODEL
    rm -rf "$WORK/journal"
    "$AGON" backtest "$PLUGINS/seer.so" --runner "$1" --seed 3 --for 2m --file "model=$2" --journal "$WORK/journal" --journal-whole --json \
        >"$WORK/json" 2>"$WORK/err" || fail "a backtest: $(cat "$WORK/err")"
}
for runner in inproc process; do
    run_of $runner "$WORK/model.json"
    "$AGON" journal cat "$WORK/journal" --json >"$WORK/cat" || fail "journal cat"
    last=$(jq -r '.agents[0].metrics["0"]' "$WORK/json")
    python3 "$SEER" judge "$WORK/model.json" "$WORK/cat" "$last" || fail "its answers are not those of its trees ($runner)"
    jq -c '.intents' "$WORK/json" >"$WORK/$runner"
done
cmp -s "$WORK/inproc" "$WORK/process" || fail "the runners differ"
"$AGON" validate "$PLUGINS/seer.so" --file "model=$WORK/model.json" >"$WORK/out" 2>&1 || fail "validate: $(cat "$WORK/out")"
grep -q 'ok .*val-r16' "$WORK/out" && grep -q 'ok .*val-r14 .*[1-9][0-9]* intents' "$WORK/out" || fail "a restored one goes on otherwise: $(cat "$WORK/out")"

# Another model is another one: what is judged above depends on the file.
python3 "$SEER" write "$WORK/other.json" 8 || fail "no model"
python3 "$SEER" judge "$WORK/other.json" "$WORK/cat" "$last" >"$WORK/out" 2>&1 && fail "answers of another model pass"

refused() { # WHAT WORDS SCRIPT
    python3 -c "
import json, sys
model = json.load(open('$WORK/model.json'))
of = model['learner']['gradient_booster']['model']
trees = of['trees']
$3
text = json.dumps(model)
open('$WORK/bad', 'w').write(text)" || fail "no bad file: $1"
    for runner in inproc process; do
        "$AGON" backtest "$PLUGINS/seer.so" --runner $runner --seed 3 --for 1m --file "model=$WORK/bad" >"$WORK/out" 2>&1 && fail "$1 was taken"
        grep -q "files.model: .*$2" "$WORK/out" || fail "$1 ($runner): $(cat "$WORK/out")"
    done
    # validate says the same, to the last word.
    sed -n 's/.*files\.model: //p' "$WORK/out" | head -n 1 >"$WORK/reason"
    [ -s "$WORK/reason" ] || fail "$1: no reason: $(cat "$WORK/out")"
    "$AGON" validate "$PLUGINS/seer.so" --file "model=$WORK/bad" >"$WORK/out" 2>&1 && fail "validate takes $1"
    grep -qFf "$WORK/reason" "$WORK/out" || fail "$1: validate does not say '$(cat "$WORK/reason")': $(grep r05 "$WORK/out")"
}
refused "an array that is short" 'trees\[1\].split_indices is of' 'trees[1]["split_indices"].pop()'
refused "a cycle" 'trees\[0\].left_children\[0\] is 0, a node that is reached already' 'trees[0]["left_children"][0] = 0'
refused "a threshold that is NaN" 'line 1, column' 'trees[0]["split_conditions"][0] = float("nan")'
refused "a threshold that no float has" 'trees\[0\].split_conditions\[0\]' 'trees[0]["split_conditions"][0] = 1e200'
refused "a feature that is not there" 'split_indices\[0\] is 2; expected 0 to 1' 'trees[0]["split_indices"][0] = 2'
refused "too many features" 'num_feature is 5000; expected 1 to 4096' 'model["learner"]["learner_model_param"]["num_feature"] = "5000"'
refused "a card of another kind" 'agon.model is "lstm/1"; expected trees/1' 'model["learner"]["attributes"]["agon.model"] = "lstm/1"'
refused "another booster" 'name is "dart"; expected gbtree' 'model["learner"]["gradient_booster"]["name"] = "dart"'
head -c 2000 "$WORK/model.json" >"$WORK/bad"
"$AGON" backtest "$PLUGINS/seer.so" --seed 3 --for 1m --file "model=$WORK/bad" >"$WORK/out" 2>&1 && fail "half a file was taken"
grep -q 'files.model: line 1, column' "$WORK/out" || fail "half a file: $(cat "$WORK/out")"
echo "trees are what their file says, in both runners, to the bit"
