#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One plugin serves any model of direction by its file (plugins/direction): boosted trees, a random forest, trees of three classes in
# XGBoost's format, an LSTM, a TCN and a transformer, each trained by agon train and asked of the features of a list. What trees answer
# is what a program of its own computes of their file; follow trades on it with an edge that trees of noise do not have; runners agree.
# Live the weights are replaced while a position is held, trees by trees and by a net: no event is missed, the position stays, each
# signal names its file, and a roll-back brings the old trees back.
. "$(dirname "$0")/common.sh"
BUILT=$2/../../plugins
mkdir "$WORK/plugins"
cp "$BUILT/lstm/follow.so" "$BUILT/direction/direction.so" "$WORK/plugins"
bars() { python3 "$(dirname "$0")/lstm_bars.py" "$@"; }
bars 1 4000 0.6 >"$WORK/learnt.csv"
bars 2 1200 0.6 >"$WORK/BTCUSDT.csv"
bars 3 2500 0 >"$WORK/noise.csv"
printf 'return.1 range.1 # of a candle\nvolatility.20\nrsi.7\n' >"$WORK/list"
rows() { # NAME OF OPTION...: a table of those candles
    name=$1 of=$2
    shift 2
    "$AGON" features make "BTCUSDT=$WORK/$of.csv" --list "$WORK/list" --out "$WORK/$name.csv" "$@" >"$WORK/out" 2>&1 || fail "rows of $of: $(cat "$WORK/out")"
}
rows up.rows learnt --ahead 1 --label up
rows moves.rows learnt --ahead 1
rows noise.rows noise --ahead 1 --label up
rows asked BTCUSDT
train() { # NAME KIND ROWS SETTINGS
    printf '%b' "$4" >"$WORK/$1.yaml"
    "$AGON" train "$2" --data "$WORK/$3.csv" --gap 1 --config "$WORK/$1.yaml" --out "$WORK/$1" --quiet >"$WORK/$1.out" 2>"$WORK/err" || fail "$1: $(cat "$WORK/err")"
}
BOOSTED='objective: logistic\nrounds: 60\neta: 0.1\nmax_depth: 3\n'
NET='window: 6\nhidden: 8\nbatch: 32\nbatches: 50\nepochs: 5\nrate: 0.01\nrate_end: 0.001\nflat_bps: 1\n'
train boosted trees up.rows "$BOOSTED"
train forest trees up.rows 'objective: logistic\nrounds: 1\nparallel: 60\neta: 1\nmax_depth: 6\nsubsample: 63.2%\npatience: 0\n'
train noise trees noise.rows "$BOOSTED"
train lstm lstm moves.rows "$NET"
train tcn tcn moves.rows "$NET"
train transformer transformer moves.rows "$NET"
for name in boosted forest lstm tcn transformer; do
    grep -q ': better than the constant$' "$WORK/$name.out" || fail "$name did not learn: $(cat "$WORK/$name.out")"
done
# Of two features alone.
"$AGON" features make "BTCUSDT=$WORK/learnt.csv" --features return.1 place.1 --out "$WORK/two.rows.csv" --ahead 1 --label up >"$WORK/out" 2>&1 || fail "rows: $(cat "$WORK/out")"
train two trees two.rows "$BOOSTED"
# Three classes, as XGBoost writes multi:softprob: one tree each, up where the last candle rose, down where it fell, else flat.
python3 - "$WORK" <<'END'
import json, sys

work = sys.argv[1]
with open(f"{work}/boosted") as file:
    model = json.load(file)


def stump(of, margins):  # below and from there on
    return {"left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [0, 0, 0], "split_conditions": [of, *margins],
            "default_left": [0, 0, 0], "split_type": [0, 0, 0], "tree_param": {"num_deleted": "0", "num_feature": "4", "num_nodes": "3", "size_leaf_vector": "0"}}


learner = model["learner"]
learner["attributes"].pop("agon.outputs", None)
learner["objective"] = {"name": "multi:softprob", "softmax_multiclass_param": {"num_class": "3"}}
learner["learner_model_param"] = {"base_score": "5E-1", "num_class": "3", "num_feature": "4", "num_target": "1"}
learner["gradient_booster"] = {"name": "gbtree", "model": {"gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "3", "size_leaf_vector": "0"},
    "tree_info": [0, 1, 2], "trees": [stump(0.0, [-2.0, 2.0]), stump(0.0, [-3.0, -3.0]), stump(0.0, [2.0, -2.0])]}}
with open(f"{work}/classes", "w") as file:
    json.dump(model, file)
with open(f"{work}/boosted") as file:
    model = json.load(file)
model["learner"]["objective"] = {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}}
model["learner"]["learner_model_param"]["base_score"] = "7"
with open(f"{work}/number", "w") as file:
    json.dump(model, file)
END

roster() { # MODEL [LIST]
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    printf '  - {name: model, plugin: direction.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], files: {weights: %s, features: %s}}\n' "$1" "${2:-list}"
    printf '  - {name: follow, plugin: follow.so, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], signals: {direction: model.direction},\n'
    printf '     params: {enter: 0.6, leave: 0.45}}\n'
}
backtest() { # MODEL RUNNER
    roster "$1" >"$WORK/roster.yaml"
    rm -rf "$WORK/journal"
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --data "$WORK/BTCUSDT.csv" --taker 0 --runner "$2" \
        --journal "$WORK/journal" --json >"$WORK/json" 2>"$WORK/err" || fail "$1: $(cat "$WORK/err")"
    "$AGON" journal cat "$WORK/journal" --type signal --json >"$WORK/signals" || fail "no signals"
}
of_file() { echo "model $(sha256sum "$WORK/$1" | cut -c1-8)"; } # what signals of that file say
earned() { jq -r '.agents[] | select(.name == "follow") | .result' "$WORK/json"; }
backtest noise inproc
none=$(earned)
for name in boosted forest classes lstm tcn transformer; do
    backtest $name inproc
    jq -es --arg text "$(of_file $name)" 'length > 1100 and all(.[]; .text == $text and .instrument == 1 and ((.p_up + .p_flat + .p_down - 1) | fabs) < 1e-6)' \
        "$WORK/signals" >/dev/null || fail "signals of $name: $(tail -n 1 "$WORK/signals")"
    jq -e --arg none "$none" '.agents[] | select(.name == "follow") | .fills > 50 and (.result | tonumber) > 500 and (.result | tonumber) > 4 * ($none | tonumber)' \
        "$WORK/json" >/dev/null || fail "$name earned $(earned), trees of noise $none"
    intents=$(json "$WORK/json" intents_hash) result=$(earned)
    case $name in
    boosted | forest) python3 "$(dirname "$0")/direction.py" "$WORK/$name" "$WORK/asked.csv" "$WORK/signals" || fail "$name: not what the trees say" ;;
    esac
    backtest $name process
    [ "$(json "$WORK/json" intents_hash)" = "$intents" ] || fail "$name: the runners differ"
    "$AGON" replay "$WORK/journal" --verify >"$WORK/out" || fail "$name does not replay: $(cat "$WORK/out")"
    "$AGON" validate "$WORK/plugins/direction.so" --file "weights=$WORK/$name" "features=$WORK/list" >"$WORK/out" 2>&1 || fail "validate with $name: $(cat "$WORK/out")"
    echo "$name earned $result, trees of noise $none"
done
# An answer that is no probability is nobody's signal, and counted.
backtest number inproc
[ ! -s "$WORK/signals" ] && jq -e '.agents[0].metrics | .["1"] > 1100' "$WORK/json" >/dev/null || fail "a number as a probability: $(jq -c '.agents[0].metrics' "$WORK/json")"
refused() { # WORDS MODEL [LIST]
    words=$1
    shift
    roster "$@" >"$WORK/roster.yaml"
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --data "$WORK/BTCUSDT.csv" >"$WORK/out" 2>&1 && fail "taken: $words"
    grep -q -- "$words" "$WORK/out" || fail "not \"$words\": $(cat "$WORK/out")"
}
echo 'return.1 range.1 volatility.20 rsi.8' >"$WORK/other"
refused 'files.weights: its input 3 is rsi.7, and rsi.8 is given there' forest other
printf 'range.1 # first\nretrun.1\n' >"$WORK/none"
refused 'files.features: line 2: "retrun.1" is not in the catalogue; expected a name that agon features ls shows' forest none
seq -f 'return.%g' 1 129 >"$WORK/long"
refused 'files.features: line 129: "return.129" is one of 129 features; expected at most 128: leave 1 out' forest long
train value lstm moves.rows "goal: value\n${NET%flat_bps*}"
refused 'files.weights is a net whose goal is value; expected the goal direction' value
train state tcn moves.rows "served: state\n$NET"
refused 'files.weights is a net that goes on from event to event (served: state); expected one of a window of at most 256' state
train wide tcn moves.rows "$(echo "$NET" | sed 's/window: 6/window: 260/')"
refused 'files.weights is a net of a window of 260 events; expected at most 256' wide
head -c 3000 "$WORK/forest" >"$WORK/short"
refused 'files.weights: line 1, column' short

# --- live ---
start_sim --seed 3 --speed 60
PLUGINS=$WORK/plugins
mkdir -p "$WORK/conf/models"
cp "$WORK/list" "$WORK/conf/models/list"
weights() { cp "$WORK/$1" "$WORK/conf/models/new" && mv "$WORK/conf/models/new" "$WORK/conf/models/weights"; }
weights forest
MODE=paper SPEED=60 live_files "$(agent model direction.so 'symbol: BTCUSDT' '' ', files: {weights: models/weights, features: models/list}')
$(agent follow follow.so 'enter: 0.02, leave: 0, take_pct: 0, stop_pct: 0, symbol: BTCUSDT' '' ', signals: {direction: model.direction}, orders_on_reload: keep')"
start_host
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
held() { # what follow holds, into $WORK/held
    ctl positions --json 2>/dev/null | jq -c '[.[] | select(.agent == "follow" and .quantity != "0") | .quantity]' >"$WORK/held" &&
        [ "$(cat "$WORK/held")" != '[]' ]
}
n_of() { "$AGON" journal cat "$WORK/run/journal" --live --type signal --json 2>/dev/null | grep -c "\"$(of_file "$1")\""; }
heard() { [ "$(n_of "$1")" -ge "$2" ]; } # NAME N: are there N signals of that file in the journal?
kept() { held && cmp -s "$WORK/held" "$WORK/before" || fail "the position was $(cat "$WORK/before") and is $(cat "$WORK/held")"; }
until_true "$HOST_PID" "a signal of the forest" heard forest 3
until_true "$HOST_PID" "a position" held
cp "$WORK/held" "$WORK/before"
for name in boosted tcn; do
    weights $name
    ctl reload model >"$WORK/out" 2>&1 || fail "a reload: $(cat "$WORK/out")"
    until_true "$HOST_PID" "signals of $name" heard $name 3
    kept
done
printf 'x' >"$WORK/conf/models/weights"
ctl reload model >"$WORK/out" 2>&1 && fail "no model was taken"
n=$(n_of boosted)
ctl rollback model >"$WORK/out" 2>&1 || fail "a roll-back: $(cat "$WORK/out")"
until_true "$HOST_PID" "signals of the trees again" heard boosted $((n + 3))
kept
# Another list, and what learned from it: it starts over.
echo 'return.1 place.1' >"$WORK/conf/models/list"
weights two
ctl reload model >"$WORK/out" 2>&1 || fail "a reload with another list: $(cat "$WORK/out")"
until_true "$HOST_PID" "signals of another list" heard two 3
kept
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
! grep -q '"key":"nth-differs"\|"key":"slot-ended"' "$WORK/host.err" || fail "an agent was lost, or missed events"
[ "$(grep -c '"key":"nth"' "$WORK/host.err")" = 2 ] || fail "not both were delivered all that the engine counts"
"$AGON" journal cat "$WORK/run/journal" --type begin --json | jq -r '.files.weights // empty' | cut -c1-8 | tr '\n' ' ' >"$WORK/begins"
want=
for name in forest boosted tcn two; do
    file=$(of_file $name)
    want="$want${file#model } "
done
[ "$(cat "$WORK/begins")" = "$want" ] || fail "the journal names the weights $(cat "$WORK/begins"), not $want"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "trees and nets by one plugin; forest, boosted trees and a TCN replaced each other while $(cat "$WORK/held") was held"
