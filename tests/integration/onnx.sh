#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Models that agon.nn serves, written as ONNX: ONNX Runtime gives the answers that they give event by event, to 1e-5, of each
# architecture, and of trees. What is downloaded comes by npm as this machine has it set up, into the build folder, once.
. "$(dirname "$0")/common.sh"
STEPS=37
ONNX=${AGON%/*}/agon-onnx
place=$AGON_BUILD_ROOT/onnx
skip() { echo "skipped: $*" && exit 77; }

"$2/../onnx/onnx_make" "$WORK" >"$WORK/names" || fail "no models"
[ "$(wc -l <"$WORK/names")" -ge 4 ] || fail "too few models"
while read -r name; do
    "$ONNX" "$WORK/$name.safetensors" "$WORK/$name.onnx" $STEPS >"$WORK/out" 2>&1 || fail "$name: $(cat "$WORK/out")"
done <"$WORK/names"
says() { # CODE WORDS ARGUMENT...
    code=$1 words=$2
    shift 2
    "$ONNX" "$@" >"$WORK/out" 2>&1
    rc=$?
    [ $rc = "$code" ] && grep -q -- "$words" "$WORK/out" || fail "$*: $rc: $(cat "$WORK/out")"
}
head -c 300 "$WORK/tcn.safetensors" >"$WORK/short"
says 4 truncated "$WORK/short" "$WORK/x.onnx"
says 6 'No such file' "$WORK/none" "$WORK/x.onnx"
says 6 'No such file' "$WORK/tcn.safetensors" "$WORK/none/x.onnx"
says 2 usage "$WORK/tcn.safetensors"
for steps in 0 4097 12x -1 ''; do
    says 2 "STEPS is '$steps'; expected a number from 1 to 4096" "$WORK/tcn.safetensors" "$WORK/x.onnx" "$steps"
done
says 4 'is a directory' "$WORK" "$WORK/x.onnx"
says 2 'is there and is not a file' "$WORK/tcn.safetensors" /dev/null
[ -c /dev/null ] || fail "/dev/null was replaced"
[ ! -e "$WORK/x.onnx" ] || fail "a refused export left a file"
says 0 '^usage: agon-onnx' --help
says 0 "^agon-onnx $("$AGON" --version | sed 's/^agon \([^ ]*\).*/\1/;q')\$" --version
# The weights are never written over, by any of their names; an export that fails leaves the file that is there.
ln "$WORK/tcn.safetensors" "$WORK/linked"
cp "$WORK/tcn.safetensors" "$WORK/kept"
says 5 'is the model itself' "$WORK/tcn.safetensors" "$WORK/linked"
says 5 'does not end with .onnx' "$WORK/tcn.safetensors" "$WORK/kept"
cmp -s "$WORK/tcn.safetensors" "$WORK/kept" || fail "the model, or a file of another kind, was written over"
cp "$WORK/tcn.onnx" "$WORK/there.onnx"
(ulimit -f 1 && exec "$ONNX" "$WORK/tcn.safetensors" "$WORK/there.onnx" $STEPS) >"$WORK/out" 2>&1
[ $? = 6 ] && grep -q 'File too large' "$WORK/out" || fail "a file that does not take it all: $(cat "$WORK/out")"
[ ! -e "$WORK/there.onnx.new" ] || fail "half a file stays"
cmp -s "$WORK/tcn.onnx" "$WORK/there.onnx" || fail "an export that failed left half a file: $(cat "$WORK/out")"

# Trees: what agon train makes of rows with missing values, and XGBoost's own of three classes; asked for values that are missing
# and on both sides of each threshold.
ROWS=4000
MAKE=$2/../onnx/onnx_make
python3 "$(dirname "$0")/train_rows.py" 2000 planted >"$WORK/rows.csv" || fail "no table"
sed 's/^objective: .*/objective: squared/; $a base_score: 3' "$AGON_SOURCE_ROOT/configs/train/boosted.yaml" >"$WORK/squared.yaml"
cp "$AGON_SOURCE_ROOT/configs/train/boosted.yaml" "$AGON_SOURCE_ROOT/configs/train/forest.yaml" "$WORK/"
for name in squared boosted forest; do
    "$AGON" train trees --data "$WORK/rows.csv" --target up --ignore time_ms --config "$WORK/$name.yaml" --out "$WORK/$name.model" >"$WORK/out" 2>&1 ||
        fail "$name: $(cat "$WORK/out")"
done
cp "$AGON_SOURCE_ROOT/tests/data/trees/softprob.ubj" "$WORK/softprob.model"
for name in squared boosted forest softprob; do
    (cd "$WORK" && "$MAKE" rows $ROWS $name.model $name) >"$WORK/out" 2>&1 || fail "$name: no rows: $(cat "$WORK/out")"
    "$ONNX" "$WORK/$name.model" "$WORK/$name.onnx" $ROWS >"$WORK/out" 2>&1 || fail "$name: $(cat "$WORK/out")"
done

# Trees that XGBoost saved, in both of its formats: each file as it is.
for name in stump squared logistic forest leafwise softprob; do
    for form in json ubj; do
        cp "$AGON_SOURCE_ROOT/tests/data/trees/$name.$form" "$WORK/xgb-$name-$form.model"
        XGB="${XGB-} xgb-$name-$form"
    done
done
for name in $XGB; do
    (cd "$WORK" && "$MAKE" rows $ROWS $name.model $name) >"$WORK/out" 2>&1 || fail "$name: no rows: $(cat "$WORK/out")"
    "$ONNX" "$WORK/$name.model" "$WORK/$name.onnx" $ROWS >"$WORK/out" 2>&1 || fail "$name: $(cat "$WORK/out")"
done

# Nets as agon train writes them: served over a window, whose last row is the answer, and short enough that its first row counts. The file is of that window without a word.
WINDOWS=40
awk -F, '$3 != ""' "$WORK/rows.csv" >"$WORK/whole.csv"
for form in 'lstm 8' 'tcn 13' 'transformer 9'; do
    name=${form% *}
    sed "s/^goal: .*/goal: up/; /^flat_bps/d; s/^window: .*/window: ${form#* }/; s/^span: .*/span: 7/; s/^batches: .*/batches: 40/; s/^epochs: .*/epochs: 2/" \
        "$AGON_SOURCE_ROOT/configs/train/$name.yaml" >"$WORK/$name.yaml"
    "$AGON" train $name --data "$WORK/whole.csv" --target up --ignore time_ms --config "$WORK/$name.yaml" --out "$WORK/trained-$name.model" >"$WORK/out" 2>&1 ||
        fail "$name: $(cat "$WORK/out")"
    window=$(cd "$WORK" && "$MAKE" windows $WINDOWS trained-$name.model trained-$name) || fail "$name: no windows"
    [ "$window" = "${form#* }" ] || fail "$name has a window of $window"
    says 0 "onnx: $name/[12], x\[$window\]\[2\] to y\[$window\]\[2\], the last row is the answer" "$WORK/trained-$name.model" "$WORK/trained-$name.onnx"
    cp "$WORK/out" "$WORK/trained-$name.said"
    says 2 "is served over a window of $window, and answers otherwise over $STEPS rows" "$WORK/trained-$name.model" "$WORK/x.onnx" $STEPS
done

# A version of agon models by its name, with @N and as the current one: the bytes of the file's own export; what is not there, or was changed, is said.
"$AGON" models add trend "$WORK/trained-lstm.model" --models "$WORK/models" >"$WORK/out" 2>&1 &&
    "$AGON" models promote trend@1 --anyway 'for this' --models "$WORK/models" >>"$WORK/out" 2>&1 || fail "no version: $(cat "$WORK/out")"
for word in trend trend@1; do
    says 0 'named.onnx: lstm/' "model:$word" "$WORK/named.onnx" --models "$WORK/models"
    cmp -s "$WORK/trained-lstm.onnx" "$WORK/named.onnx" || fail "model:$word is another file"
done
says 0 'named.onnx: lstm/' --models "$WORK/models" model:trend "$WORK/named.onnx" 8
says 4 'has no model trand' model:trand "$WORK/x.onnx" --models "$WORK/models"
says 4 'trend has no version 9' model:trend@9 "$WORK/x.onnx" --models "$WORK/models"
says 4 'names no version' model: "$WORK/x.onnx" --models "$WORK/models"
says 4 'no registry of models is there' model:trend "$WORK/x.onnx" --models "$WORK/none"
says 2 usage model:trend "$WORK/x.onnx" --models
says 2 usage model:trend "$WORK/x.onnx" --models "$WORK/models" --models "$WORK/models"
says 5 'is the model itself' model:trend "$("$AGON" models show trend --models "$WORK/models" --json | jq -r .path)" --models "$WORK/models"
printf x >>"$("$AGON" models show trend --models "$WORK/models" --json | jq -r .path)"
says 4 'was changed: its SHA-256 is' model:trend "$WORK/x.onnx" --models "$WORK/models"
[ ! -e "$WORK/x.onnx" ] || fail "a refused export left a file"

# What a column of x is stands in the file: names, goal and edition as the model's own card has them, and no word where it has none.
python3 "$AGON_SOURCE_ROOT/tests/onnx/card.py" "$WORK/trained-lstm.onnx" >"$WORK/card" || fail "the file cannot be read: $(cat "$WORK/card")"
[ "$(cat "$WORK/card")" = "agon.goal=up
agon.input.0=$(head -n 1 "$WORK/whole.csv" | cut -d, -f2)
agon.input.1=$(head -n 1 "$WORK/whole.csv" | cut -d, -f3)
agon.model=$(sed -n 's/.*\(lstm\/[12]\).*/\1/p' "$WORK/trained-lstm.said")
agon.served=window:8
x=$(head -n 1 "$WORK/whole.csv" | cut -d, -f2,3 | tr , ' ')" ] || fail "the card is: $(cat "$WORK/card")"
python3 "$AGON_SOURCE_ROOT/tests/onnx/card.py" "$WORK/boosted.onnx" >"$WORK/card" || fail "the file cannot be read: $(cat "$WORK/card")"
grep -q '^agon.input.1=' "$WORK/card" && grep -q '^agon.model=trees/1$' "$WORK/card" || fail "the card of trees is: $(cat "$WORK/card")"
python3 "$AGON_SOURCE_ROOT/tests/onnx/card.py" "$WORK/tcn.onnx" >"$WORK/card" || fail "the file cannot be read: $(cat "$WORK/card")"
[ "$(cat "$WORK/card")" = "agon.model=tcn/1
agon.served=state" ] || fail "the card of a net without names is: $(cat "$WORK/card")"

# The operators of ai.onnx.ml are asked for where trees are, and nowhere else: a runtime without them runs every net.
# shellcheck disable=SC2013
for name in $(cat "$WORK/names") trained-lstm trained-tcn trained-transformer; do
    ! grep -aq 'ai\.onnx\.ml' "$WORK/$name.onnx" || fail "$name, a net, asks for ai.onnx.ml"
done
for name in squared boosted forest softprob; do
    grep -aq 'ai\.onnx\.ml' "$WORK/$name.onnx" || fail "$name, trees, does not name ai.onnx.ml"
done

for tool in node npm; do
    command -v $tool >/dev/null || skip "needs $tool"
done
# shellcheck disable=SC1091
. "$AGON_SOURCE_ROOT/tests/support/npm.sh"
npm_install "$AGON_SOURCE_ROOT/tests/onnx" "$place" || skip "needs a package registry: $(tail -n 1 "$place/install.log")"
# shellcheck disable=SC2046
node "$place/check.js" "$WORK" $STEPS $(cat "$WORK/names") || fail "ONNX Runtime answers otherwise"
node "$place/check.js" "$WORK" $ROWS squared boosted forest softprob $XGB || fail "ONNX Runtime answers otherwise of trees"
for form in 'lstm 8' 'tcn 13' 'transformer 9'; do
    node "$place/check.js" "$WORK" last ${form#* } $WINDOWS trained-${form% *} || fail "ONNX Runtime answers otherwise of a window"
done
