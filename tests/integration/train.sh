#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# agon train trees: a dependence that was planted into a table is found, and shown on rows that were held out; of noise no edge is
# claimed; any number of threads gives the same file, which a plugin trades on; a column that nearly has the
# answer is named; a table or parameters that teach nothing are
# refused with their place, and no file is left.
. "$(dirname "$0")/common.sh"
ROWS=$(dirname "$0")/train_rows.py
python3 "$ROWS" 4000 planted >"$WORK/planted.csv" && python3 "$ROWS" 4000 noise >"$WORK/noise.csv" &&
    python3 "$ROWS" 400 one >"$WORK/one.csv" || fail "no table"
train() { # TABLE OUT [OPTION...]
    table=$1 out=$2
    shift 2
    "$AGON" train trees --data "$WORK/$table.csv" --target up --ignore time_ms --out "$out" "$@"
}
for name in boosted forest; do
    train planted "$WORK/$name.json" --config "$AGON_SOURCE_ROOT/configs/train/$name.yaml" --json >"$WORK/out" 2>"$WORK/err" ||
        fail "$name: $(cat "$WORK/err")"
    # Who knows the rule is right in 0.75 of all rows, the constant in 0.5: four fifths of that.
    jq -e '.right >= 0.7 and .right_low > .right_of_constant and .right_of_constant < 0.56 and .rows_held_out == 800 and .features == 2' \
        "$WORK/out" >"$WORK/is" || fail "$name does not find it: $(cat "$WORK/out")"
    # The planted column is what it splits by; the other is by chance.
    jq -e '.gain | map(.feature) == ["size", "change"] and .[0].share > 0.7 and ((map(.share) | add) - 1 | fabs) < 1e-9 and
        all(.[]; (.gain * .splits - .total_gain | fabs) < 1e-6 * .total_gain)' "$WORK/out" >"$WORK/is" || fail "$name, ranking: $(jq -c .gain "$WORK/out")"
    jq -e --slurpfile said "$WORK/out" '[.learner.gradient_booster.model.trees[] | [.left_children, .loss_changes] | transpose[] | select(.[0] != -1) | .[1]] |
        (add - ($said[0].gain | map(.total_gain) | add) | fabs) < 1e-4 * add' "$WORK/$name.json" >"$WORK/is" || fail "$name: the gains are not the file's"
    jq -e --arg sum "$(sha256sum "$WORK/$name.json" | cut -c1-64)" '.sha256 == $sum' "$WORK/out" >"$WORK/is" || fail "another hash than the file's"
    train planted "$WORK/threads.json" --config "$AGON_SOURCE_ROOT/configs/train/$name.yaml" --threads 3 >"$WORK/out" 2>&1 || fail "threads"
    cmp -s "$WORK/$name.json" "$WORK/threads.json" || fail "$name: three threads give another file"
done
train planted "$WORK/plain.json" --register plain --models "$WORK/models" >"$WORK/out" 2>&1 || fail "plain: $(cat "$WORK/out")"
grep -q '^gain  *size  *[0-9.]*% of the gain, [1-9][0-9]* splits of' "$WORK/out" || fail "no ranking: $(cat "$WORK/out")"
# So it is shown of what is kept, and of a file that is not ours, whose features have no names.
ranked() { grep -A1 '^gain' "$1" | tr -s ' '; }
"$AGON" models show plain@1 --models "$WORK/models" >"$WORK/show" 2>&1 && [ "$(ranked "$WORK/show")" = "$(ranked "$WORK/out")" ] ||
    fail "shown otherwise: $(cat "$WORK/show")"
jq '.learner.attributes = {} | .learner.feature_names = []' "$WORK/plain.json" >"$WORK/theirs.json"
"$AGON" models add theirs "$WORK/theirs.json" --models "$WORK/models" >"$WORK/out" 2>&1 && "$AGON" models show theirs@1 --models "$WORK/models" --json >"$WORK/show" &&
    jq -e '.gain | map(.feature) == ["f1", "f0"]' "$WORK/show" >"$WORK/is" || fail "another's file: $(cat "$WORK/out") $(cat "$WORK/show")"
# What an input is of use for, on rows that it did not learn from: the planted one all that is known, the other nothing.
weigh() { "$AGON" models weigh plain@1 --models "$WORK/models" "$@"; }
weigh --data "$WORK/planted.csv" --target up --json >"$WORK/weighed" 2>"$WORK/err" && weigh --data "$WORK/planted.csv" --target up --json >"$WORK/again" ||
    fail "not weighed: $(cat "$WORK/err")"
cmp -s "$WORK/weighed" "$WORK/again" || fail "weighed otherwise the second time"
jq -e '.whole as $whole | .left_out > 3000 and .whole.rows == 800 and (.inputs | map(.input)) == ["size", "change"] and
    (.inputs[0] | .is_of_use and .loss > 0.1 and .gain_low > 0.1 and ($whole.right - .gain - 0.5 | fabs) < 0.06) and
    (.inputs[1] | (.is_of_use | not) and (.gain | fabs) < 0.03 and (.loss | fabs) < 0.01)' "$WORK/weighed" >"$WORK/is" || fail "weighed: $(jq -c . "$WORK/weighed")"
weigh --data "$WORK/planted.csv" --target up >"$WORK/out" 2>&1 && grep -q '^  size .*points less right (95%: [0-9.]* to [0-9.]*)$' "$WORK/out" &&
    grep -q '^  change .*: no use is shown$' "$WORK/out" && grep -q '^1 of 2 inputs are of use' "$WORK/out" || fail "said: $(cat "$WORK/out")"
weigh >"$WORK/out" 2>&1 && fail "weighed on nothing"
grep -q 'weigh on which rows? Give --data FILE' "$WORK/out" || fail "no reason: $(cat "$WORK/out")"
train planted "$WORK/plain.json" >"$WORK/out" 2>&1 && grep -q 'better than the constant' "$WORK/out" || fail "plain: $(cat "$WORK/out")"
gzip -c "$WORK/planted.csv" >"$WORK/packed.csv"
train packed "$WORK/packed.json" >"$WORK/out" 2>&1 && cmp -s "$WORK/plain.json" "$WORK/packed.json" || fail "a packed table: $(cat "$WORK/out")"
train noise "$WORK/noise.json" >"$WORK/out" 2>&1 || fail "noise: $(cat "$WORK/out")"
grep -q 'no edge over the constant is shown' "$WORK/out" || fail "an edge is claimed of noise: $(cat "$WORK/out")"
# What the report says is held against the file and the table: of a planted rule an edge over a coin and the constant, of noise none.
for of in "edge planted boosted" "edge planted forest" "coin noise boosted" "coin noise forest"; do
    set -- $of
    train "$2" "$WORK/judged.json" --config "$AGON_SOURCE_ROOT/configs/train/$3.yaml" --json >"$WORK/report" 2>"$WORK/err" || fail "$of: $(cat "$WORK/err")"
    python3 "$(dirname "$0")/train_judge.py" "$1" "$WORK/judged.json" "$WORK/$2.csv" "$WORK/report" >"$WORK/out" 2>&1 || fail "$of: $(cat "$WORK/out")"
done

# A column that is the answer with three of ten signs turned is named: on stderr before it is trained, in the report, in the model's card,
# in its version. Of noise nothing is.
python3 "$ROWS" 4000 turned >"$WORK/turned.csv" || fail "no table"
train turned "$WORK/turned.json" --register turned --models "$WORK/models" >"$WORK/out" 2>"$WORK/err" || fail "turned: $(cat "$WORK/err")"
grep -q '^strong    column size alone is right in [67][0-9.]*% (95%: .*) of 1400 rows, the constant in [45].*: that is more than a market is known to give; leave it out by --ignore' \
    "$WORK/out" && grep -q '^agon train: column size alone is right in' "$WORK/err" || fail "a leak is not named: $(cat "$WORK/out" "$WORK/err")"
jq -e '.learner.attributes["agon.strong"] | test("^size [67][0-9.]*%$")' "$WORK/turned.json" >"$WORK/is" || fail "its card says nothing"
"$AGON" models show turned@1 --models "$WORK/models" >"$WORK/show" 2>&1 && grep -q 'strong=size [67]' "$WORK/show" || fail "its version says nothing: $(cat "$WORK/show")"
train turned "$WORK/turned.json" --quiet --json >"$WORK/out" 2>"$WORK/err" && [ ! -s "$WORK/err" ] &&
    jq -e '.strong | length == 1 and .[0].column == "size" and .[0].right_low > 0.6 and .[0].rows == 1400' "$WORK/out" >"$WORK/is" || fail "as JSON: $(cat "$WORK/out" "$WORK/err")"
"$AGON" train trees --data "$WORK/turned.csv" --target up --ignore size --out "$WORK/without.json" >"$WORK/out" 2>&1 && ! grep -q '^strong' "$WORK/out" || fail "named without the column: $(cat "$WORK/out")"
train noise "$WORK/noise.json" --json >"$WORK/out" 2>"$WORK/err" && jq -e '.strong == []' "$WORK/out" >"$WORK/is" && ! grep -q strong "$WORK/noise.json" ||
    fail "named of noise: $(cat "$WORK/out")"

# A plugin of two inputs asks it.
"$AGON" backtest "$PLUGINS/seer.so" --seed 3 --for 1m --file "model=$WORK/boosted.json" --json >"$WORK/out" 2>"$WORK/err" ||
    fail "not served: $(cat "$WORK/err")"
jq -e '.agents[0].metrics["0"] > 0 and .agents[0].metrics["0"] < 1' "$WORK/out" >"$WORK/is" || fail "no probability: $(jq -c '.agents[0].metrics' "$WORK/out")"

refused() { # EXIT WORDS TABLE [OPTION...]
    code=$1 words=$2 of=$3
    shift 3
    train "$of" "$WORK/none.json" "$@" >"$WORK/out" 2>&1
    is=$?
    [ $is = "$code" ] && grep -q -- "$words" "$WORK/out" || fail "exit code $is, not $code with \"$words\": $(cat "$WORK/out")"
    [ -e "$WORK/none.json" ] || [ -e "$WORK/none.json.part" ] && fail "a file is left: $words"
    return 0
}
refused 4 'nothing can be learnt of one class; expected' one
head -n 40 "$WORK/planted.csv" >"$WORK/few.csv"
refused 4 '39 rows: 7 to hold out' few
sed '5s/,[01]$/,/' "$WORK/planted.csv" >"$WORK/bad.csv"
refused 4 'bad.csv:5: "" of column 4 (the target) is not a number; expected a target in each row' bad
sed '7s/,/,x/' "$WORK/planted.csv" >"$WORK/bad.csv"
refused 4 'bad.csv:7: "x.*" of column 2 (change) is not a number' bad
sed '9s/$/,1/' "$WORK/planted.csv" >"$WORK/bad.csv"
refused 4 'bad.csv:9: 5 fields; expected 4' bad
sed '1s/up/down/' "$WORK/planted.csv" >"$WORK/bad.csv"
refused 4 'bad.csv:1: 0 columns up; expected one, the target' bad
sed '1s/,change,/,size,/' "$WORK/planted.csv" >"$WORK/bad.csv"
refused 4 'bad.csv:1: two columns size' bad
sed '3s/,[01]$/,2/' "$WORK/planted.csv" >"$WORK/bad.csv"
refused 4 'the target of row 1 of the training data is 2; expected 0 or 1' bad
: >"$WORK/bad.csv"
refused 4 'it is empty' bad
refused 4 'none.csv' none
printf 'max_depht: 3\n' >"$WORK/bad.yaml"
refused 3 "unknown key 'max_depht'; .*did you mean 'max_depth'" planted --config "$WORK/bad.yaml"
printf 'validation: 0%%\n' >"$WORK/bad.yaml"
refused 3 'patience needs rows' planted --config "$WORK/bad.yaml"
printf 'max_depth: 17\n' >"$WORK/bad.yaml"
refused 3 'max_depth' planted --config "$WORK/bad.yaml"
printf 'gap: 5000\n' >"$WORK/bad.yaml"
refused 4 'gaps of 5000' planted --config "$WORK/bad.yaml"
train planted "$WORK/none/model.json" >"$WORK/out" 2>&1 && fail "a folder that is not there was written to"
grep -q 'cannot be written: No such file' "$WORK/out" || fail "no reason: $(cat "$WORK/out")"
"$AGON" config check "$AGON_SOURCE_ROOT/configs/train" >"$WORK/out" 2>&1 || fail "its own parameters are refused: $(cat "$WORK/out")"
echo "trees are trained, judged on rows held out, written alike by any number of threads, and traded on"
