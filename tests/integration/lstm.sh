#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A model that is a plugin: agon train lstm learns on candles whose next move depends on the last, and says what it is right in of those
# that it did not learn from; plugins/lstm publishes what the file says, follow trades on it and has an edge that a file of others'
# moves has not. Live its weights are replaced while a position is held: each signal names the weights that it is of, no event is
# missed, the position stays, and a roll-back brings the old weights back. Files that are no such model are refused.
. "$(dirname "$0")/common.sh"
BUILT=$2/../../plugins
mkdir "$WORK/plugins"
cp "$BUILT/lstm/lstm.so" "$BUILT/lstm/follow.so" "$WORK/plugins"

# bars SEED N SHARE: each move is a share of the one before, and a draw.
bars() { python3 "$(dirname "$0")/lstm_bars.py" "$@"; }
bars 1 4000 0.6 >"$WORK/learnt.csv"
bars 2 1500 0.6 >"$WORK/BTCUSDT.csv"
bars 3 4000 0 >"$WORK/noise.csv"
FEATURES="return.1 range.1 place.1 volatility.20 profile_gap.20.12"
rows() { # NAME OPTION...: training files of those candles
    of=$1
    shift
    # shellcheck disable=SC2086
    "$AGON" features make "BTCUSDT=$WORK/$of.csv" --features $FEATURES --out "$WORK/$of.rows.csv" "$@" >"$WORK/out" 2>&1 || fail "rows of $of: $(cat "$WORK/out")"
}
rows learnt --ahead 1
rows noise --ahead 1
settings() { # HIDDEN SEED [LINE...]
    printf 'window: 8\nhidden: %s\nseed: %s\nbatch: 32\nbatches: 50\nepochs: 8\nrate: 0.01\nrate_end: 0.001\n' "$1" "$2"
    shift 2
    for line in "$@"; do echo "$line"; done
}
train() { # NAME KIND ROWS SETTINGS [OPTION...]: its word of what it is right in, into $WORK/NAME.out
    name=$1 kind=$2 of=$3 set=$4
    shift 4
    echo "$set" >"$WORK/$name.yaml"
    "$AGON" train "$kind" --data "$WORK/$of.rows.csv" --gap 1 --config "$WORK/$name.yaml" --out "$WORK/$name" "$@" >"$WORK/$name.out" 2>"$WORK/err" ||
        fail "training of $name: $(cat "$WORK/err")"
}
train one lstm learnt "$(settings 8 1)" --register net --models "$WORK/kept.models"
[ "$(grep -c '^epoch .* in validation .* the best after' "$WORK/err")" -ge 2 ] || fail "no word of each epoch: $(cat "$WORK/err")"
train same lstm learnt "$(settings 8 1)" --threads 2 --quiet
[ -s "$WORK/err" ] && fail "words where none was asked for: $(cat "$WORK/err")"
train two tcn learnt "$(settings 12 2)"
train blind lstm noise "$(settings 8 1)"
cmp -s "$WORK/one" "$WORK/same" || fail "the same training by two threads gave another file"
for name in one two; do
    grep -q ' right [67][0-9]\.[0-9]*% (95%: .*: better than the constant$' "$WORK/$name.out" || fail "$name did not learn: $(cat "$WORK/$name.out")"
done
# What it goes by is the move before, and where in its candle it ended, which says the same of it; the others are noise.
"$AGON" models weigh net@1 --models "$WORK/kept.models" --data "$WORK/learnt.rows.csv" --json >"$WORK/out" 2>"$WORK/err" &&
    jq -e '(.inputs | length) == 5 and .inputs[0].input == "return.1" and (.inputs | map(select(.is_of_use).input) | sort) == ["place.1", "return.1"]' "$WORK/out" >/dev/null ||
    fail "what it goes by: $(cat "$WORK/err") $(jq -c . "$WORK/out")"
grep -q 'no edge over the constant is shown' "$WORK/blind.out" || fail "an edge on noise: $(cat "$WORK/blind.out")"
# What the report says is held against the file and the table: an edge over a coin and the constant where there is one, none on noise.
for of in "edge learnt" "coin noise"; do
    train judged lstm "${of#* }" "$(settings 8 1)" --json
    python3 "$(dirname "$0")/train_judge.py" "${of% *}" "$WORK/judged" "$WORK/${of#* }.rows.csv" "$WORK/judged.out" >"$WORK/out" 2>&1 || fail "$of: $(cat "$WORK/out")"
done
# Interrupted and gone on with, it ends with the same bits, with dropout and a head too; what it goes on with is held to be its own.
train whole lstm learnt "$(settings 6 3 'dropout: 20%' 'head: 5')"
grep -q 'lstm/2 of' "$WORK/whole.out" || fail "no head: $(cat "$WORK/whole.out")"
train part lstm learnt "$(settings 6 3 'dropout: 20%' 'head: 5')" --stop-after 3
[ ! -e "$WORK/part" ] && [ -e "$WORK/part.resume" ] && grep -q 'ended behind epoch 3 of 8; --resume goes on' "$WORK/err" || fail "not interrupted: $(cat "$WORK/err")"
cp "$WORK/part.resume" "$WORK/kept"
# Begun once more without a word of it, it would be lost: refused with both ways out, and nothing of it is touched.
again() { # [OPTION...]
    "$AGON" train lstm --data "$WORK/learnt.rows.csv" --gap 1 --config "$WORK/part.yaml" --out "$WORK/part" "$@" >"$WORK/out" 2>"$WORK/err"
}
again
[ $? = 5 ] && grep -q 'part.resume is there: a training stands in it, and this one would write over it; --resume goes on with it, --restart removes it' "$WORK/err" ||
    fail "a training that would be lost: $(cat "$WORK/err")"
cmp -s "$WORK/part.resume" "$WORK/kept" && [ ! -e "$WORK/part" ] || fail "what was refused has changed something"
again --resume --restart
[ $? = 2 ] && grep -q 'give one' "$WORK/err" || fail "both ways at once: $(cat "$WORK/err")"
again --restart --target none
[ $? != 0 ] && cmp -s "$WORK/part.resume" "$WORK/kept" || fail "a restart that cannot begin has removed it: $(cat "$WORK/err")"
again --restart --stop-after 1
[ $? = 0 ] && grep -q 'ended behind epoch 1 of 8' "$WORK/err" && ! cmp -s "$WORK/part.resume" "$WORK/kept" || fail "begun anew: $(cat "$WORK/err")"
cp "$WORK/kept" "$WORK/part.resume"
train part lstm learnt "$(settings 6 3 'dropout: 20%' 'head: 5')" --resume
grep -q 'goes on behind epoch 3' "$WORK/err" && cmp -s "$WORK/part" "$WORK/whole" || fail "a training that was interrupted ends otherwise: $(cat "$WORK/err")"
[ ! -e "$WORK/part.resume" ] || fail "what it went on with is left"
says() { # WORDS COMMAND...: it ends with an error of these words
    words=$1
    shift
    "$@" >"$WORK/out" 2>&1 && fail "taken: $*"
    grep -q -- "$words" "$WORK/out" || fail "$* says: $(cat "$WORK/out")"
}
refuses() { # WORDS ROWS SETTINGS [OPTION...]: a training
    words=$1 of=$2
    echo "$3" >"$WORK/x.yaml"
    shift 3
    says "$words" "$AGON" train lstm --data "$WORK/$of" --config "$WORK/x.yaml" --out "$WORK/x" --gap "${GAP:-1}" "$@"
    [ ! -e "$WORK/x" ] || fail "a file is left: $words"
}
refuses 'nothing to go on with' learnt.rows.csv "$(settings 6 3)" --resume
cp "$WORK/kept" "$WORK/x.resume"
# What differs is named, with what it was and what it is: of the settings, of the rows, of what was asked beside them.
refuses 'is of other settings or data: seed was 3 and is 4; expected the same, or --restart' learnt.rows.csv "$(settings 6 4 'dropout: 20%' 'head: 5')" --resume
refuses 'data: dropout was 20 % and is 10 %; hidden was 6 and is 7; rate was 0.01 and is 0.0125; expected' learnt.rows.csv "$(settings 7 3 'dropout: 10%' 'head: 5' | sed 's/^rate: .*/rate: 0.0125/')" --resume
refuses "data: data was $(sha256sum "$WORK/learnt.rows.csv" | cut -c1-16) and is $(sha256sum "$WORK/noise.rows.csv" | cut -c1-16); expected" noise.rows.csv "$(settings 6 3 'dropout: 20%' 'head: 5')" --resume
GAP=7
refuses 'gap was 1 and is 7; rows was [0-9]* and is [0-9]*; expected' learnt.rows.csv "$(settings 6 3 'dropout: 20%' 'head: 5')" --resume --allow-leak
unset GAP
refuses 'input.1 was range.1 and is place.1; .*; input.4 was [a-z_.0-9]* and is none; expected' learnt.rows.csv "$(settings 6 3 'dropout: 20%' 'head: 5')" --resume --ignore range.1
printf 'x' | dd of="$WORK/x.resume" bs=1 seek=3000 conv=notrunc 2>/dev/null
refuses 'is damaged: its hash is another' learnt.rows.csv "$(settings 6 3 'dropout: 20%' 'head: 5')" --resume
rm "$WORK/x.resume"
head -n 60 "$WORK/learnt.rows.csv" >"$WORK/few.csv"
refuses 'rows to hold out\|rows: .* to hold out' few.csv "$(settings 6 3)"
sed '9s/,[^,]*,/,,/' "$WORK/learnt.rows.csv" >"$WORK/odd.csv"
refuses 'has no value; a net takes none that is missing' odd.csv "$(settings 6 3)"
refuses 'of row 0 to train on is\|the target of row 0 is' learnt.rows.csv "$(settings 6 3 'goal: up')"
awk -F, -v OFS=, 'NR > 1 { $(NF - 2) = $(NF - 2) > 0 } { print }' "$WORK/learnt.rows.csv" >"$WORK/up.csv"
refuses 'targets are 0 or 1, as agon features make --label up writes them, and direction takes a target for a return' up.csv "$(settings 6 3)"
awk -F, -v OFS=, 'NR == 1 { print $0 ",known"; next } { print $0, $(NF - 2) * 2 + 1 }' "$WORK/learnt.rows.csv" >"$WORK/leak.csv"
refuses 'column known has the answer in it' leak.csv "$(settings 6 3)"
awk -F, -v OFS=, 'NR > 1 { $(NF - 2) = 0.001 } { print }' "$WORK/learnt.rows.csv" >"$WORK/one.csv"
refuses 'nothing can be learnt of one class' one.csv "$(settings 6 3)"
refuses 'is 0.001: nothing can be learnt of one value' one.csv "$(settings 6 3 'goal: value')"
refuses "unknown key 'hiden'" learnt.rows.csv 'hiden: 3'
says 'no such\|not there\|No such file' "$AGON" train lstm --data "$WORK/none.csv" --out "$WORK/x"
# Parts of their own: the hold-out is beside the file, and as far from it as the target looks.
rows learnt --ahead 4 --parts 60/20/20
echo "$(settings 8 1)" >"$WORK/x.yaml"
"$AGON" train lstm --data "$WORK/learnt.rows.csv" --config "$WORK/x.yaml" --out "$WORK/parts" --json >"$WORK/out" 2>"$WORK/err" || fail "parts: $(cat "$WORK/err")"
jq -e '.gap == 4 and .rows_held_out > 700' "$WORK/out" >/dev/null || fail "parts: $(cat "$WORK/out")"
GAP=5 refuses 'its answers were seen' learnt.rows.csv "$(settings 8 1)"
mv "$WORK/learnt.rows.holdout.csv" "$WORK/away.csv"
refuses 'with those that judge is not there' learnt.rows.csv "$(settings 8 1)"

# --- backtest ---
roster() { # FILE: of the model
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    printf '  - {name: model, plugin: lstm.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], files: {weights: %s}}\n' "$1"
    printf '  - {name: follow, plugin: follow.so, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], signals: {direction: model.direction},\n'
    printf '     params: {enter: 0.6, leave: 0.4}}\n'
}
backtest() { # FILE RUNNER
    roster "$1" >"$WORK/roster.yaml"
    rm -rf "$WORK/journal"
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --data "$WORK/BTCUSDT.csv" --taker 0 --runner "$2" \
        --journal "$WORK/journal" --json >"$WORK/json" 2>"$WORK/err" || fail "a backtest: $(cat "$WORK/err")"
}
earned() { jq -r '.agents[] | select(.name == "follow") | .result' "$WORK/json"; }
backtest one inproc
edge=$(earned)
intents=$(jq -c .intents "$WORK/json")
jq -e '.agents[] | select(.name == "follow") | .fills > 50 and (.result | tonumber) > 500' "$WORK/json" >/dev/null || fail "no edge: $edge"
"$AGON" journal cat "$WORK/journal" --type signal --json >"$WORK/signals" || fail "no signals"
of_file() { # NAME: what signals of that file say
    echo "model $(sha256sum "$WORK/$1" | cut -c1-8)"
}
jq -es --arg text "$(of_file one)" 'length > 1350 and all(.[]; .text == $text and .instrument == 1)' "$WORK/signals" >/dev/null ||
    fail "the signals do not name their weights: $(tail -n 1 "$WORK/signals")"
backtest one process
[ "$(jq -c .intents "$WORK/json")" = "$intents" ] || fail "the runners differ"
backtest blind inproc
jq -e --arg edge "$edge" '.agents[] | select(.name == "follow") | (.result | tonumber) * 4 < ($edge | tonumber)' "$WORK/json" >/dev/null ||
    fail "a model of others' moves earned $(earned), and one of these $edge"
# What a model does not call up is no order of follow's, however likely it holds up; and when it says down follow is out, but for leave 0.
says_so() { # SAY LEAVE QUERY
    printf 'seed: 1\nbase_currency: USDT\nagents:\n  - {name: model, plugin: herald_sure.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], params: {say: %s}}\n' "$1" >"$WORK/roster.yaml"
    printf '  - {name: follow, plugin: follow.so, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], signals: {direction: model.direction}, params: {take_pct: 0, stop_pct: 0, leave: %s}}\n' \
        "$2" >>"$WORK/roster.yaml"
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --seed 3 --for 10m --json >"$WORK/json" 2>"$WORK/err" || fail "a backtest: $(cat "$WORK/err")"
    jq -e ".agents[1] | $3" "$WORK/json" >"$WORK/is" || fail "follow where the model says $1, leave $2: $(jq -c '.agents[1] | [.orders, .fills, .positions]' "$WORK/json")"
}
cp "$BUILT_PLUGINS/herald_sure.so" "$WORK/plugins"
says_so 1 0.6 '.orders == 1'
says_so 2 0.6 '.orders == 0'
says_so 3 0.6 '.orders == 0'
says_so 4 0.6 '.orders == 2 and (.positions[0].qty | tonumber) < 0.001'
says_so 4 0 '.orders == 1 and (.positions[0].qty | tonumber) > 0.001'
"$AGON" validate "$WORK/plugins/lstm.so" --file "weights=$WORK/one" >"$WORK/out" 2>&1 || fail "validate: $(cat "$WORK/out")"
"$AGON" validate "$WORK/plugins/follow.so" >"$WORK/out" 2>&1 || fail "validate: $(cat "$WORK/out")"
refused() { # WORDS FILE
    roster "$2" >"$WORK/roster.yaml"
    says "$1" "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --data "$WORK/BTCUSDT.csv"
}
head -c 200 "$WORK/one" >"$WORK/short"
refused 'truncated' short
python3 "$(dirname "$0")/seer.py" write "$WORK/other" 1 state lstm/1 # of two inputs
refused 'files.weights: it is asked by 2 inputs, and 5 are given' other

# --- live ---
start_sim --seed 3 --speed 60
PLUGINS=$WORK/plugins
mkdir -p "$WORK/conf/models"
weights() { cp "$WORK/$1" "$WORK/conf/models/new" && mv "$WORK/conf/models/new" "$WORK/conf/models/weights"; }
weights one
MODE=paper SPEED=60 live_files "$(agent model lstm.so '' '' ', files: {weights: models/weights}')
$(agent follow follow.so 'enter: 0.02, leave: 0, take_pct: 0, stop_pct: 0, symbol: BTCUSDT' '' ', signals: {direction: model.direction}, orders_on_reload: keep')"
start_host
ctl() { "$AGON" ctl "$@" --dir "$WORK/run"; }
held() { # what follow holds, into $WORK/held
    ctl positions --json 2>/dev/null | jq -c '[.[] | select(.agent == "follow" and .quantity != "0") | .quantity]' >"$WORK/held" &&
        [ "$(cat "$WORK/held")" != '[]' ]
}
heard() { # NAME N: are there N signals of that file in the journal?
    [ "$("$AGON" journal cat "$WORK/run/journal" --live --type signal --json 2>/dev/null | grep -c "\"$(of_file "$1")\"")" -ge "$2" ]
}
until_true "$HOST_PID" "a signal of the first weights" heard one 3
until_true "$HOST_PID" "a position" held
cp "$WORK/held" "$WORK/before"
weights two
ctl reload model >"$WORK/out" 2>&1 || fail "a reload: $(cat "$WORK/out")"
until_true "$HOST_PID" "signals of the new weights" heard two 3
held && cmp -s "$WORK/held" "$WORK/before" || fail "the position was $(cat "$WORK/before") and is $(cat "$WORK/held")"
n=$("$AGON" journal cat "$WORK/run/journal" --live --type signal --json 2>/dev/null | grep -c "\"$(of_file one)\"")
: >"$WORK/conf/models/weights"
says 'an empty file' ctl reload model
ctl rollback model >"$WORK/out" 2>&1 || fail "a roll-back: $(cat "$WORK/out")"
until_true "$HOST_PID" "signals of the first weights again" heard one $((n + 3))
held && cmp -s "$WORK/held" "$WORK/before" || fail "the position was $(cat "$WORK/before") and is $(cat "$WORK/held")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
! grep -q '"key":"nth-differs"\|"key":"slot-ended"' "$WORK/host.err" || fail "an agent was lost, or missed events"
[ "$(grep -c '"key":"nth"' "$WORK/host.err")" = 2 ] || fail "not both were delivered all that the engine counts"
# Who is rolled back to was there all the time, and begins no second time.
"$AGON" journal cat "$WORK/run/journal" --type begin --json | jq -r '.files.weights // empty' | cut -c1-8 | tr '\n' ' ' >"$WORK/begins"
one=$(of_file one) two=$(of_file two)
[ "$(cat "$WORK/begins")" = "${one#model } ${two#model } " ] || fail "the journal names the weights $(cat "$WORK/begins")"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the journal does not replay"
echo "a trained model trades with an edge of $edge, alike in both runners; its weights are replaced while $(cat "$WORK/held") is held"
