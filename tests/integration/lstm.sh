#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A model that is a plugin: agon-train learns on candles whose next move depends on the last, and says what it is right in of those
# that it did not learn from; plugins/lstm publishes what the file says, follow trades on it and has an edge that a file of others'
# moves has not. Live its weights are replaced while a position is held: each signal names the weights that it is of, no event is
# missed, the position stays, and a roll-back brings the old weights back. Files that are no such model are refused.
. "$(dirname "$0")/common.sh"
TRAIN=${AGON%/*}/host/nn/agon-train
BUILT=$2/../../plugins
mkdir "$WORK/plugins"
cp "$BUILT/lstm/lstm.so" "$BUILT/lstm/follow.so" "$WORK/plugins"

# bars SEED N SHARE: each move is a share of the one before, and a draw.
bars() {
    awk -v seed="$1" -v n="$2" -v share="$3" 'BEGIN {
        srand(seed)
        print "open_time_ms,open,high,low,close,volume"
        px = 60000
        for (i = 0; i < n; i++) {
            move = share * move + (rand() + rand() + rand() + rand() - 2) * 60
            move += (60000 - px) * 0.0005
            close_px = int((px + move) * 100) / 100
            high = px > close_px ? px : close_px
            low = px < close_px ? px : close_px
            printf "%.0f,%.2f,%.2f,%.2f,%.2f,%d\n", 1735689600000 + i * 60000, px, high + 5, low - 5, close_px, 400
            px = close_px
        }
    }'
}
bars 1 4000 0.6 >"$WORK/learnt.csv"
bars 2 1500 0.6 >"$WORK/BTCUSDT.csv"
bars 3 4000 0 >"$WORK/noise.csv"

train() { # NAME ARGUMENT...: its word of what it is right in, into $WORK/NAME.out
    name=$1
    shift
    "$TRAIN" --out "$WORK/$name" --window 8 "$@" >"$WORK/$name.out" 2>&1 || fail "training of $name: $(cat "$WORK/$name.out")"
}
train one --batches 200 --seed 1 --hidden 8 "$WORK/learnt.csv"
train same --batches 200 --seed 1 --hidden 8 "$WORK/learnt.csv"
train two --batches 200 --seed 2 --hidden 12 --arch tcn "$WORK/learnt.csv"
train blind --batches 200 --seed 1 --hidden 8 "$WORK/noise.csv"
cmp -s "$WORK/one" "$WORK/same" || fail "the same training gave another file"
for name in one two; do
    grep -q 'out of sample: right in [67][0-9]\.[0-9] % .*: an edge$' "$WORK/$name.out" || fail "$name did not learn: $(cat "$WORK/$name.out")"
done
grep -q 'no edge that can be claimed' "$WORK/blind.out" || fail "an edge on noise: $(cat "$WORK/blind.out")"
says() { # WORDS COMMAND...: it ends with an error of these words
    words=$1
    shift
    "$@" >"$WORK/out" 2>&1 && fail "taken: $*"
    grep -q -- "$words" "$WORK/out" || fail "$* says: $(cat "$WORK/out")"
}
head -n 30 "$WORK/learnt.csv" >"$WORK/few.csv"
says 'candles are too few' "$TRAIN" --out "$WORK/x" "$WORK/few.csv"
printf 'a,b\n1,2,3\n' >"$WORK/odd.csv"
says 'line 2 is not a candle' "$TRAIN" --out "$WORK/x" "$WORK/odd.csv"
printf '1,5,4,3,9\n' >"$WORK/odd.csv"
says "do not make a candle" "$TRAIN" --out "$WORK/x" "$WORK/odd.csv"
says 'usage:' "$TRAIN" --out "$WORK/x" --window 0 "$WORK/learnt.csv"
says 'No such file' "$TRAIN" --out "$WORK/x" "$WORK/none.csv"

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
jq -es --arg text "$(of_file one)" 'length > 1400 and all(.[]; .text == $text and .instrument == 1)' "$WORK/signals" >/dev/null ||
    fail "the signals do not name their weights: $(tail -n 1 "$WORK/signals")"
backtest one process
[ "$(jq -c .intents "$WORK/json")" = "$intents" ] || fail "the runners differ"
backtest blind inproc
jq -e --arg edge "$edge" '.agents[] | select(.name == "follow") | (.result | tonumber) * 4 < ($edge | tonumber)' "$WORK/json" >/dev/null ||
    fail "a model of others' moves earned $(earned), and one of these $edge"
"$AGON" validate "$WORK/plugins/lstm.so" --file "weights=$WORK/one" >"$WORK/out" 2>&1 || fail "validate: $(cat "$WORK/out")"
"$AGON" validate "$WORK/plugins/follow.so" >"$WORK/out" 2>&1 || fail "validate: $(cat "$WORK/out")"
refused() { # WORDS FILE
    roster "$2" >"$WORK/roster.yaml"
    says "$1" "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --data "$WORK/BTCUSDT.csv"
}
head -c 200 "$WORK/one" >"$WORK/short"
refused 'truncated' short
python3 "$(dirname "$0")/seer.py" write "$WORK/other" 1 state lstm/1
refused 'a model of something else' other

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
