#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The minute scalper: agon train lstm learns on a day of the market rebound, whose structure is known, plugins/lstm says what comes next
# and plugins/scalper trades on it on another day, with 100,000 and with 100 of capital: more than 100 trades a day, an edge net of fees,
# and no trade that loses more than its stop, its fees and the slippage that its README states. A model of others' moves trades next to
# nothing. Runners agree, and the journal replays to the last bit.
. "$(dirname "$0")/common.sh"
BUILT=$2/../../plugins
mkdir "$WORK/plugins"
cp "$BUILT/lstm/lstm.so" "$BUILT/scalper/scalper.so" "$BUILT/random/random.so" "$WORK/plugins"
MARKETS=$AGON_SOURCE_ROOT/configs/markets
TRIPS=$(dirname "$0")/scalper.py

# --- a model of that market: the same with fewer trades, which say the same of its minutes ---
rows() { # NAME MARKET SEED
    printf 'seed: 1\nbase_currency: USDT\nagents:\n  - {name: r, plugin: random.so, capital: 1000 USDT, instruments: ["binance_um:REVUSDT"]}\n' >"$WORK/roster.yaml"
    rm -rf "$WORK/journal"
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --market "$2" --seed "$3" --for 24h --journal "$WORK/journal" \
        --journal-whole --json >"$WORK/json" 2>"$WORK/err" || fail "a day of $1: $(cat "$WORK/err")"
    mkdir -p "$WORK/$1"
    "$AGON" journal cat "$WORK/journal" --type trade --json | python3 "$TRIPS" bars 2 >"$WORK/$1/REVUSDT.csv" || fail "no candles of $1"
    "$AGON" features make "$WORK/$1/REVUSDT.csv" --features return.1 range.1 place.1 volatility.20 profile_gap.20.12 --ahead 1 \
        --out "$WORK/$1.rows.csv" >"$WORK/out" 2>&1 || fail "rows of $1: $(cat "$WORK/out")"
    "$AGON" train lstm --data "$WORK/$1.rows.csv" --gap 1 --config "$WORK/train.yaml" --out "$WORK/$1.safetensors" --quiet >"$WORK/$1.out" 2>&1 ||
        fail "training of $1: $(cat "$WORK/$1.out")"
}
printf 'window: 8\nhidden: 8\nseed: 1\nbatch: 32\nbatches: 50\nepochs: 6\nrate: 0.01\nrate_end: 0.001\ngoal: direction\nflat_bps: 5\n' >"$WORK/train.yaml"
sed 's/trades: 8/trades: 1/; s/book: 250ms/book: 1s/' "$MARKETS/rebound.yaml" >"$WORK/thin.yaml"
grep -v autocorrelation "$WORK/thin.yaml" >"$WORK/blind.yaml"
rows one "$WORK/thin.yaml" 1001
rows blind "$WORK/blind.yaml" 1002
grep -q 'better than the constant$' "$WORK/one.out" || fail "it did not learn: $(cat "$WORK/one.out")"
grep -q 'no edge over the constant is shown' "$WORK/blind.out" || fail "an edge on noise: $(cat "$WORK/blind.out")"

# --- it trades ---
roster() { # MODEL CAPITAL PARAMS
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    printf '  - {name: model, plugin: lstm.so, capital: 100 USDT, instruments: ["binance_um:REVUSDT"], files: {weights: %s.safetensors}}\n' "$1"
    printf '  - {name: scalper, plugin: scalper.so, capital: %s USDT, instruments: ["binance_um:REVUSDT"], signals: {direction: model.direction},\n' "$2"
    printf '     params: {%s}}\n' "$3"
}
run() { # MODEL CAPITAL TIME PARAMS [RUNNER]
    roster "$1" "$2" "$4" >"$WORK/roster.yaml"
    rm -rf "$WORK/journal" "$WORK/csv"
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --market rebound --seed 7 --for "$3" --runner "${5:-inproc}" \
        --journal "$WORK/journal" --csv "$WORK/csv" --json >"$WORK/json" 2>"$WORK/err" || fail "a backtest: $(cat "$WORK/err")"
}
trips() { # STOP FEWEST: trades of the run, their count and their worst losses, held to the stop
    python3 "$TRIPS" trips "$WORK/csv/fills.csv" scalper "$1" "$2" >"$WORK/out" || fail "$(cat "$WORK/out")"
    cat "$WORK/out"
}
proven() {
    "$AGON" replay "$WORK/journal" --verify >"$WORK/out" || fail "the journal does not replay: $(cat "$WORK/out")"
}
for capital in 100000 100; do
    run one $capital 24h 'stop_pct: 0.2'
    trips 0.2 100
    proven
    jq -e --argjson c $capital '.agents[] | select(.name == "scalper") | (.result | tonumber) > 0.002 * ([$c, 10000] | min) and .refused == 0' \
        "$WORK/json" >/dev/null || fail "no edge with $capital: $(jq -c '.agents[1]' "$WORK/json")"
    jq -r '.agents[1] | "capital \(.capital): \(.orders) orders, result \(.result), fees \(.fees)"' "$WORK/json"
done
# The nearest and the farthest stop.
run one 100000 6h 'stop_pct: 0.1'
trips 0.1 20
run one 1000 24h 'stop_pct: 0.3'
trips 0.3 100
run one 100000 3h 'stop_pct: 0.1'
intents=$(json "$WORK/json" intents_hash)
run one 100000 3h 'stop_pct: 0.1' process
[ "$(json "$WORK/json" intents_hash)" = "$intents" ] || fail "the runners differ"
run blind 100000 8h 'stop_pct: 0.2'
jq -e '.agents[1].orders < 20' "$WORK/json" >/dev/null || fail "it trades on noise: $(jq -c '.agents[1]' "$WORK/json")"

# --- bounds ---
for stop in 0.09 0.31; do
    roster one 1000 "stop_pct: $stop" >"$WORK/roster.yaml"
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --market rebound --for 1m >"$WORK/out" 2>&1 && fail "a stop of $stop % is taken"
    grep -q "stop_pct.*0\.1.*0\.3" "$WORK/out" || fail "a stop of $stop %: $(cat "$WORK/out")"
done
"$AGON" validate "$WORK/plugins/scalper.so" >"$WORK/out" 2>&1 || fail "validate: $(cat "$WORK/out")"
echo "a trained model is scalped with an edge, within its stops, with 100 and with 100,000"
