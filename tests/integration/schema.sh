#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a model is asked by is held against what feeds it: a file of another count, order or names of inputs, of another edition of the
# features, or without names, is refused with what differs and what to do, of nets and of trees, in both runners, in a backtest, at a
# start and at a reload of a live host, where the model that runs goes on; and so are tables. Nothing is asked by what it is not of.
. "$(dirname "$0")/common.sh"
BUILT=$2/../../plugins
mkdir "$WORK/plugins"
cp "$BUILT/lstm/lstm.so" "$BUILT/policy/policy.so" "$PLUGINS/seer.so" "$WORK/plugins"
HERE=$(dirname "$0")

refused() { # WORDS PLUGIN FILE [OPTION...]: it does not begin, in both runners
    words=$1 plugin=$2 file=$3
    shift 3
    for runner in inproc process; do
        "$AGON" backtest "$WORK/plugins/$plugin" --runner $runner --seed 3 --for 1m --file "$file" "$@" >"$WORK/out" 2>&1 &&
            fail "taken by $plugin ($runner), where expected: $words"
        grep -q -- "files\.[a-z]*: .*$words" "$WORK/out" && grep -q 'expected' "$WORK/out" || fail "$runner, not \"$words\": $(cat "$WORK/out")"
    done
}
taken() { # PLUGIN FILE
    for runner in inproc process; do
        "$AGON" backtest "$WORK/plugins/$1" --runner $runner --seed 3 --for 1m --file "$2" >"$WORK/out" 2>&1 || fail "$1 refuses $2: $(cat "$WORK/out")"
    done
}

# --- of a plugin's own inputs: change, size ---
python3 "$HERE/seer.py" write "$WORK/net" 5 state lstm/1 && python3 "$HERE/seer_trees.py" write "$WORK/trees.json" 7 || fail "no models"
says() { # FILE OUT SCRIPT: the net with another card
    python3 - "$1" "$2" "$3" <<'END' || fail "no file: $3"
import json, struct, sys
whole = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", whole[:8])[0]
header = json.loads(whole[8:8 + n])
card = header["__metadata__"]
exec(sys.argv[3])
text = json.dumps(header).encode()
open(sys.argv[2], "wb").write(struct.pack("<Q", len(text)) + text + whole[8 + n:])
END
}
grown() { # SCRIPT: the trees with another learner
    python3 - "$WORK/trees.json" "$WORK/bad.json" "$1" <<'END' || fail "no file: $1"
import json, sys
model = json.load(open(sys.argv[1]))
learner, names = model["learner"], model["learner"]["feature_names"]
exec(sys.argv[3])
json.dump(model, open(sys.argv[2], "w"))
END
}
taken seer.so "model=$WORK/net"
taken seer.so "model=$WORK/trees.json"
net() { says "$WORK/net" "$WORK/bad" "$2" && refused "$1" seer.so "model=$WORK/bad"; }
trees() { grown "$2" && refused "$1" seer.so "model=$WORK/bad.json"; }
net 'its input 0 is size, and change is given there' 'card["agon.input.0"], card["agon.input.1"] = "size", "change"'
net 'its input 1 is volume, and size is given there' 'card["agon.input.1"] = "volume"'
net 'does not name its inputs' 'del card["agon.input.0"], card["agon.input.1"]'
net 'does not name its inputs' 'del card["agon.input.1"]'
net 'inputs 0 and 1 are both called size' 'card["agon.input.0"] = "size"'
net 'are of edition 1 of the features, and it is given others' 'card["agon.edition"] = "1"'
net 'agon.edition is "one"' 'card["agon.edition"] = "one"'
trees 'its input 0 is size, and change is given there' 'names.reverse()'
trees 'its input 1 is volume, and size is given there' 'names[1] = "volume"'
trees 'does not name its inputs.*booster.feature_names = ' 'names.clear()'
trees 'does not name its inputs' 'del learner["feature_names"]'
trees 'feature_names has 3 names, and num_feature is 2' 'names.append("more")'
trees 'inputs 0 and 1 are both called size' 'names[0] = "size"'
trees 'are of edition 1 of the features, and it is given others' 'learner["attributes"]["agon.edition"] = "1"'
# A file of XGBoost's own, without any attribute of ours, but with names.
grown 'learner["attributes"] = {}'
taken seer.so "model=$WORK/bad.json"
# Of three inputs.
trees 'it is asked by 3 inputs, and 2 are given (change size)' 'names.append("more"); learner["learner_model_param"]["num_feature"] = "3"; learner["attributes"] = {}'

# --- of the catalogue ---
python3 "$HERE/lstm_bars.py" 1 700 0.6 >"$WORK/BTCUSDT.csv"
model() { # NAME FEATURES...: a net that learned from these
    name=$1
    shift
    "$AGON" features make "$WORK/BTCUSDT.csv" --features "$@" --ahead 1 --out "$WORK/$name.csv" >"$WORK/out" 2>&1 || fail "rows of $name: $(cat "$WORK/out")"
    "$AGON" train lstm --data "$WORK/$name.csv" --gap 1 --config "$WORK/train.yaml" --out "$WORK/$name" --quiet >"$WORK/out" 2>&1 || fail "$name: $(cat "$WORK/out")"
}
printf 'window: 4\nhidden: 4\nbatch: 16\nbatches: 2\nepochs: 1\n' >"$WORK/train.yaml"
model right return.1 range.1 place.1 volatility.20 profile_gap.20.12
model fewer return.1 range.1 place.1 volatility.20
model order range.1 return.1 place.1 volatility.20 profile_gap.20.12
model other return.1 range.1 place.1 volatility.30 profile_gap.20.12
[ "$(head -n 1 "$WORK/right.csv")" = time_ms,return.1,range.1,place.1,volatility.20,profile_gap.20.12,target,part,edition ] &&
    [ "$(sed 1d "$WORK/right.csv" | sed 's/.*,//' | sort -u)" = 1 ] || fail "the table does not say its edition"
taken lstm.so "weights=$WORK/right"
refused 'it is asked by 4 inputs, and 5 are given' lstm.so "weights=$WORK/fewer"
refused 'its input 0 is range.1, and return.1 is given there' lstm.so "weights=$WORK/order"
refused 'its input 3 is volatility.30, and volatility.20 is given there' lstm.so "weights=$WORK/other"
says "$WORK/right" "$WORK/later" 'card["agon.edition"] = "2"'
refused 'are of edition 2 of the features, and it is given those of edition 1' lstm.so "weights=$WORK/later"
sed 's/,edition$//; 2,$s/,1$//' "$WORK/right.csv" >"$WORK/unsaid.csv"
"$AGON" train lstm --data "$WORK/unsaid.csv" --gap 1 --config "$WORK/train.yaml" --out "$WORK/unsaid" --quiet >"$WORK/out" 2>&1 || fail "unsaid: $(cat "$WORK/out")"
refused 'does not say of which edition' lstm.so "weights=$WORK/unsaid"
refused 'it is asked by 5 inputs, and 2 are given (return.1 position)' policy.so "weights=$WORK/right"

# --- tables ---
table() { # WORDS TABLE MODEL: it is not judged by them
    "$AGON" models add "m$((n_tables = n_tables + 1))" "$3" --data "$2" --models "$WORK/models" >"$WORK/out" 2>&1 && fail "judged, where expected: $1"
    grep -q -- "$1" "$WORK/out" || fail "not \"$1\": $(cat "$WORK/out")"
}
n_tables=0
"$AGON" models add right "$WORK/right" --data "$WORK/order.csv" --models "$WORK/models" >"$WORK/out" 2>&1 || fail "by their names: $(cat "$WORK/out")"
table 'no column volatility.30' "$WORK/right.csv" "$WORK/other"
table 'of edition 2 of the features, and the table.s columns of edition 1' "$WORK/right.csv" "$WORK/later"
table 'of edition 1 of the features, and the table.s columns of edition 0' "$WORK/unsaid.csv" "$WORK/right"
says "$WORK/right" "$WORK/bad" '[card.pop("agon.input.%d" % i) for i in range(5)]'
table '5 inputs and no names of them' "$WORK/right.csv" "$WORK/bad"
sed '7s/,1$/,2/' "$WORK/right.csv" >"$WORK/mixed.csv"
table 'mixed.csv:7: edition is 2; expected' "$WORK/mixed.csv" "$WORK/right"

# --- live: at a start, and at a reload, where what runs goes on ---
start_sim --seed 3 --speed 60
PLUGINS=$WORK/plugins
mkdir -p "$WORK/conf/models"
MODE=paper SPEED=60 live_files "$(agent model lstm.so '' '' ', files: {weights: models/weights}')"
weights() { cp "$WORK/$1" "$WORK/conf/models/new" && mv "$WORK/conf/models/new" "$WORK/conf/models/weights"; }
weights right
start_host
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
heard() { [ "$("$AGON" journal cat "$WORK/run/journal" --live --type signal --json 2>/dev/null | wc -l)" -ge "$1" ]; }
until_true "$HOST_PID" "signals" heard 2
for name in order fewer later; do
    weights $name
    ctl reload model >"$WORK/out" 2>&1 && fail "$name was loaded"
done
grep -q 'are of edition 2 of the features' "$WORK/host.err" && grep -q 'its input 0 is range.1' "$WORK/host.err" &&
    grep -q 'it is asked by 4 inputs, and 5 are given' "$WORK/host.err" || fail "the log does not say why: $(tail -n 5 "$WORK/host.err")"
n=$("$AGON" journal cat "$WORK/run/journal" --live --type signal --json 2>/dev/null | wc -l)
until_true "$HOST_PID" "signals of the weights that were right" heard $((n + 2))
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
echo "no model is asked by inputs that it was not trained by"
