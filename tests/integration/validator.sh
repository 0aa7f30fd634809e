#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A random forest of more than 50 features is asked before a signal is traded on (plugins/validator): each signal of a model is passed
# where the trees' probability of its side is high enough and is neutral where not, which a program of its own computes from the file and
# the table of features; follow opens nothing on what was held back. Signals that pass are right more often than those that do not, also
# those of a model of noise; where nothing passes nothing is traded. Runners agree, a restored one goes on alike, other trees or another list are refused.
. "$(dirname "$0")/common.sh"
BUILT=$2/../../plugins
mkdir "$WORK/plugins"
cp "$BUILT/lstm/lstm.so" "$BUILT/lstm/follow.so" "$BUILT/validator/validator.so" "$WORK/plugins"
bars() { python3 "$(dirname "$0")/lstm_bars.py" "$@"; }
bars 1 5000 0.6 >"$WORK/learnt.csv"
bars 2 1500 0.6 >"$WORK/BTCUSDT.csv"
bars 3 3000 0 >"$WORK/noise.csv"
LIST=$AGON_SOURCE_ROOT/configs/features/minutes.txt
FEATURES="return.1 range.1 place.1 volatility.20 profile_gap.20.12"
cp "$LIST" "$WORK/minutes.txt"
"$AGON" features make "BTCUSDT=$WORK/learnt.csv" --list "$LIST" --ahead 1 --label up --out "$WORK/forest.csv" >"$WORK/out" 2>&1 || fail "rows: $(cat "$WORK/out")"
"$AGON" features make "BTCUSDT=$WORK/BTCUSDT.csv" --list "$LIST" --out "$WORK/rows.csv" >"$WORK/out" 2>&1 || fail "rows: $(cat "$WORK/out")"
sed 's/^parallel:.*/parallel: 100/' "$AGON_SOURCE_ROOT/configs/train/forest.yaml" >"$WORK/forest.yaml"
"$AGON" train trees --data "$WORK/forest.csv" --gap 1 --config "$WORK/forest.yaml" --out "$WORK/forest.json" --threads 2 --json >"$WORK/out" 2>"$WORK/err" ||
    fail "no forest: $(cat "$WORK/err")"
jq -e '.features > 50 and .is_better and (.gain | length) > 50' "$WORK/out" >"$WORK/is" || fail "the forest: $(cat "$WORK/out")"
printf 'window: 8\nhidden: 8\nseed: 1\nbatch: 32\nbatches: 50\nepochs: 4\nrate: 0.01\nrate_end: 0.001\nflat_bps: 4\n' >"$WORK/net.yaml"
for name in learnt noise; do
    # shellcheck disable=SC2086
    "$AGON" features make "BTCUSDT=$WORK/$name.csv" --features $FEATURES --ahead 1 --out "$WORK/$name.rows.csv" >"$WORK/out" 2>&1 || fail "rows: $(cat "$WORK/out")"
    "$AGON" train lstm --data "$WORK/$name.rows.csv" --gap 1 --config "$WORK/net.yaml" --out "$WORK/$name.net" --quiet >"$WORK/out" 2>&1 || fail "no net: $(cat "$WORK/out")"
done

roster() { # NET SURE LISTENS [FOREST LIST]
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    printf '  - {name: model, plugin: lstm.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], files: {weights: %s.net}}\n' "$1"
    printf '  - {name: validator, plugin: validator.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], signals: {direction: model.direction},\n'
    printf '     files: {forest: %s, features: %s}, params: {sure: %s}}\n' "${4:-forest.json}" "${5:-minutes.txt}" "$2"
    printf '  - {name: follow, plugin: follow.so, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], signals: {direction: %s.direction},\n' "$3"
    printf '     params: {enter: 0.5, leave: 0.4}}\n'
}
run() { # RUNNER NET SURE LISTENS
    runner=$1
    shift
    roster "$@" >"$WORK/roster.yaml"
    rm -rf "$WORK/journal"
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --data "$WORK/BTCUSDT.csv" --taker 0 --runner "$runner" \
        --journal "$WORK/journal" --json >"$WORK/json" 2>"$WORK/err" || fail "a backtest: $(cat "$WORK/err")"
}
of() { jq -r ".agents[] | select(.name == \"follow\") | .$1" "$WORK/json"; }
for net in learnt noise; do
    run inproc $net 0.55 validator
    "$AGON" journal cat "$WORK/journal" --type signal --json >"$WORK/signals" || fail "no signals"
    python3 "$(dirname "$0")/validator.py" judge "$WORK/forest.json" "$WORK/rows.csv" "$WORK/BTCUSDT.csv" "$WORK/signals" 0 1 0.55 || fail "not what the trees say"
    jq -e '.agents[1].metrics | .["0"] >= 20 and .["1"] >= 20' "$WORK/json" >"$WORK/is" || fail "not counted: $(jq -c '.agents[1].metrics' "$WORK/json")"
    intents=$(json "$WORK/json" intents_hash)
    validated=$(of result) fills=$(of fills)
    run process $net 0.55 validator
    [ "$(json "$WORK/json" intents_hash)" = "$intents" ] || fail "the runners differ"
    "$AGON" replay "$WORK/journal" --verify >"$WORK/out" || fail "the journal does not replay: $(cat "$WORK/out")"
    run inproc $net 0.55 model
    echo "$net: $(of result) with $(of fills) fills by the model alone, $validated with $fills where the forest was asked"
done
run inproc learnt 1 validator
[ "$(of orders)" = 0 ] || fail "$(of orders) orders where nothing passes"

# --- what is refused ---
refused() { # WORDS FOREST LIST
    roster learnt 0.55 validator "$2" "$3" >"$WORK/roster.yaml"
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --data "$WORK/BTCUSDT.csv" >"$WORK/out" 2>&1 && fail "taken: $1"
    grep -q -- "$1" "$WORK/out" || fail "not \"$1\": $(cat "$WORK/out")"
}
sed 's/rsi\.7/rsi.8/' "$WORK/minutes.txt" >"$WORK/other.txt"
refused 'files.forest: its input [0-9]* is rsi.7, and rsi.8 is given there' forest.json other.txt
echo 'return.1 # and no more' >"$WORK/one.txt"
refused 'files.forest: it is asked by 108 inputs, and 1 are given' forest.json one.txt
echo 'retrun.1' >"$WORK/none.txt"
refused 'files.features: line 1: "retrun.1" is not in the catalogue' forest.json none.txt
cp "$WORK/learnt.net" "$WORK/net"
echo "$FEATURES" >"$WORK/five.txt"
refused 'files.forest is a net of 3 outputs; expected trees of 1 (up)' net five.txt
head -c 3000 "$WORK/forest.json" >"$WORK/short.json"
refused 'files.forest: line 1, column' short.json minutes.txt
"$AGON" validate "$WORK/plugins/validator.so" --file "forest=$WORK/forest.json" "features=$WORK/minutes.txt" >"$WORK/out" 2>&1 ||
    fail "validate: $(cat "$WORK/out")"
echo "signals are passed and held back as a forest of 108 features says, alike in both runners"
