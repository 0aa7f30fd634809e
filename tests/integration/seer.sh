#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Models that the host serves to a plugin (agon.nn): what a plugin decides by them is what the formula says, computed here once
# more by a program of a page; alike in both runners; a state that is saved goes on like the original; a file that is not what
# its card says is refused with its reason, and nobody else is touched.
. "$(dirname "$0")/common.sh"
SEER=$(dirname "$0")/seer.py
python3 "$SEER" write "$WORK/state" 5 state lstm/1 || fail "no model"
python3 "$SEER" write "$WORK/window" 6 window:12 lstm/1 || fail "no model"
python3 "$SEER" write "$WORK/tcn" 7 state tcn/1 || fail "no model"
python3 "$SEER" write "$WORK/transformer" 8 state transformer/1 || fail "no model"
python3 "$SEER" write "$WORK/attention" 9 window:8 transformer/1 || fail "no model"
run_of() { # RUNNER MODEL
    rm -rf "$WORK/journal"
    "$AGON" backtest "$PLUGINS/seer.so" --runner "$1" --seed 3 --for 40s --file "model=$2" --journal "$WORK/journal" --journal-whole --json \
        >"$WORK/json" 2>"$WORK/err" || fail "a backtest: $(cat "$WORK/err")"
}
for model in state window tcn transformer attention; do
    run_of inproc "$WORK/$model"
    "$AGON" journal cat "$WORK/journal" --json >"$WORK/cat" || fail "journal cat"
    last=$(jq -r '.agents[0].metrics["0"]' "$WORK/json")
    python3 "$SEER" judge "$WORK/$model" "$WORK/cat" "$last" || fail "$model is not what the formula says"
    jq -c '.intents' "$WORK/json" >"$WORK/inproc"
    run_of process "$WORK/$model"
    jq -c '.intents' "$WORK/json" | cmp -s - "$WORK/inproc" || fail "the runners differ ($model)"
    "$AGON" validate "$PLUGINS/seer.so" --file "model=$WORK/$model" >"$WORK/out" 2>&1 || fail "validate: $(cat "$WORK/out")"
    grep -q 'ok .*val-r16' "$WORK/out" && grep -q 'ok .*val-r14 .*[1-9][0-9]* intents' "$WORK/out" || fail "a restored one goes on otherwise: $(cat "$WORK/out")"
done

refused() { # WHAT WORDS FILE
    for runner in inproc process; do
        "$AGON" backtest "$PLUGINS/seer.so" --runner $runner --seed 3 --for 1m --file "model=$3" >"$WORK/out" 2>&1 && fail "$1 was taken"
        grep -q "files.model: .*$2" "$WORK/out" || fail "$1 ($runner): $(cat "$WORK/out")"
    done
    # validate says the same, to the last word.
    sed -n 's/.*files\.model: //p' "$WORK/out" | head -n 1 >"$WORK/reason"
    [ -s "$WORK/reason" ] || fail "$1: no reason: $(cat "$WORK/out")"
    "$AGON" validate "$PLUGINS/seer.so" --file "model=$3" >"$WORK/out" 2>&1 && fail "validate takes $1"
    grep -qFf "$WORK/reason" "$WORK/out" || fail "$1: validate does not say '$(cat "$WORK/reason")': $(grep r05 "$WORK/out")"
}
head -c 100 "$WORK/state" >"$WORK/bad"
refused "a file that ends in its header" 'truncated: its header has' "$WORK/bad"
head -c $(($(wc -c <"$WORK/state") - 4)) "$WORK/state" >"$WORK/bad"
refused "a file without its last weight" 'truncated: its header speaks of' "$WORK/bad"
sed 's/"agon.hidden": "6"/"agon.hidden": "5"/' "$WORK/state" >"$WORK/bad"
refused "a card of another shape" 'another shape than the model' "$WORK/bad"
sed 's/lstm\/1/lstm\/9/' "$WORK/state" >"$WORK/bad"
refused "a kind of model that is not served" 'agon.model is "lstm/9"; expected lstm/1' "$WORK/bad"
{ head -c $(($(wc -c <"$WORK/state") - 4)) "$WORK/state" && printf '\000\000\300\177'; } >"$WORK/bad"
refused "a weight that is NaN" 'NaN' "$WORK/bad"
sed 's/"agon.taps": "3"/"agon.taps": "2"/' "$WORK/tcn" >"$WORK/bad"
refused "a card of other taps" 'conv.w of the checkpoint has another shape' "$WORK/bad"
sed 's/"agon.heads": "2"/"agon.heads": "4"/' "$WORK/transformer" >"$WORK/bad"
refused "heads of no width" 'agon.heads is 4, which does not divide agon.hidden, 6' "$WORK/bad"
printf '\377\377\377\377\377\377\377\177' >"$WORK/bad"
refused "a header of 2^63 bytes" 'its header would have' "$WORK/bad"
echo "models are what their formula says, in both runners, and go on from their state"
