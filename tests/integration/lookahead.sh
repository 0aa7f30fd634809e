#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# agon backtest --check lookahead accuses who is fed the future, five ways, and none of the plugins that come with Agon,
# on KINDS of tables.
. "$(dirname "$0")/common.sh"
KINDS=${KINDS:-bars trades}

table() { # NAME SEED bars|trades ROWS [START NEIGHBOUR]
    "${TOOLS}fair" "$2" "$3" "$4" uneven "${5:-500000}" "${6:-0}" >"$WORK/$1" || fail "no table $1"
}
verdict() { # FILE PART
    jq -r --arg part "$2" '.parts[] | select(.name == $part) | .verdict' "$1"
}
# accused NAME PART...: by these parts of the check; inside is of bars alone
accused() {
    name=$1
    shift
    for part in "$@"; do
        [ "$(verdict "$WORK/$name.json" "$part")" = accused ] || fail "$name is not accused by $part: $(cat "$WORK/$name.json")"
    done
    jq -e '.verdict == "accused" and any(.parts[]; .difference | select(. != null) | .as_it_was != .altered)' \
        "$WORK/$name.json" >/dev/null || fail "$name: no difference: $(cat "$WORK/$name.json")"
    echo "$name: accused by $*"
}

# --- who is fed the future ---
table ADAUSDT_bars.csv 11 bars 400
table ADAUSDT_trades.csv 11 trades 12000
fed() { # KNOWS, then who accuses
    knows=$1_$kind
    "${TOOLS}fed" "$1" "$PLUGINS/fed.so" "$table" >"$WORK/$knows.json" 2>"$WORK/$knows.err"
    status=$?
    [ "$status" = 1 ] || fail "fed $knows: exit code $status: $(cat "$WORK/$knows.err")"
    shift
    accused "$knows" "$@"
}
for kind in $KINDS; do
    table=$WORK/ADAUSDT_$kind.csv
    inside=$([ "$kind" = trades ] || echo inside)
    # shellcheck disable=SC2086
    fed close truncation $inside
    fed ahead truncation
    # shellcheck disable=SC2086
    fed volume truncation $inside
    fed end truncation
    # It knows the times by heart, and needs nobody who tells it.
    from=$(($(sed -n 2p "$table" | cut -d, -f1) / 1000 + 3600))
    for format in --json ''; do
        # shellcheck disable=SC2086
        "$AGON" backtest "$PLUGINS/fed.so" --param from_s=$from to_s=$((from + 3600)) --data "$table" \
            --check lookahead --check-seeds 0 $format >"$WORK/dates_$kind${format:-.txt}" 2>"$WORK/dates.err"
        [ $? = 1 ] || fail "dates on $kind: not accused: $(cat "$WORK/dates_$kind${format:-.txt}" "$WORK/dates.err")"
    done
    mv "$WORK/dates_$kind--json" "$WORK/dates_$kind.json"
    accused "dates_$kind" shift
    grep -q '^  shift *ACCUSED' "$WORK/dates_$kind.txt" && grep -q 'as it was: fed, at 2026' "$WORK/dates_$kind.txt" &&
        grep -q '^ACCUSED:' "$WORK/dates_$kind.txt" || fail "as text: $(cat "$WORK/dates_$kind.txt")"
done

# --- who is not ---
table XRPUSDT_bars.csv 12 bars 400
table LTCUSDT_bars.csv 12 bars 400 500000 2
table DOTUSDT_bars.csv 14 bars 400
table DOTUSDT_trades.csv 15 trades 12000
table XRPUSDT_trades.csv 13 trades 12000
table LTCUSDT_trades.csv 13 trades 12000 500000 2
table TRXUSDT_trades.csv 16 trades 12000
BUILT=$AGON_BUILD_ROOT/plugins
good() { # NAME, then arguments
    name=$1
    shift
    "$AGON" backtest "$@" --check lookahead --check-points "${LOOKAHEAD_POINTS:-6}" --check-seeds "${LOOKAHEAD_SEEDS:-8}" \
        --check-rows "${LOOKAHEAD_ROWS:-400}" --json >"$WORK/$name.json" 2>"$WORK/$name.err"
    status=$?
    [ "$status" = 0 ] || fail "$name: exit code $status: $(cat "$WORK/$name.json" "$WORK/$name.err")"
    echo "$name: $(jq -r '[(.agents[] | .agent + " " + (.decisions | tostring)), (.parts[] | .name + " " + .verdict)] | join(", ")' \
        "$WORK/$name.json")"
    silent=$(jq -r '[.agents[] | select(.decisions == 0 and .agent != "vol") | .agent] | join(", ")' "$WORK/$name.json")
    [ -z "$silent" ] || fail "$name: wanted nothing, which proves nothing: $silent"
}
# Whoever rests orders has an instrument alone.
cat >"$WORK/all.yaml" <<'END'
seed: 1
base_currency: USDT
agents:
  - {name: ema_cross, plugin: ema_cross/ema_cross.so, capital: 50000 USDT, instruments: ["binance:XRPUSDT"], params: {bar_s: 60, fast: 3, slow: 8}}
  - {name: bollinger, plugin: bollinger/bollinger.so, capital: 50000 USDT, instruments: ["binance:XRPUSDT"], params: {bar_s: 60, width: 1.5, rsi_entry: 40}}
  - {name: rsi_swing, plugin: rsi_swing/rsi_swing.so, capital: 50000 USDT, instruments: ["binance:XRPUSDT"], params: {bar_s: 60, low: 40}}
  - {name: breakout, plugin: breakout/breakout.so, capital: 50000 USDT, instruments: ["binance:XRPUSDT"], params: {bar_s: 60, enter_bars: 10}}
  - {name: sma_cross, plugin: sma_cross/sma_cross.so, capital: 50000 USDT, instruments: ["binance:XRPUSDT"], params: {bar_s: 60, fast: 3, slow: 9, symbol: XRPUSDT}}
  - {name: random, plugin: random/random.so, capital: 50000 USDT, instruments: ["binance:XRPUSDT"], params: {bar_s: 60, turn_pct: 30}}
  - {name: pairs, plugin: pairs/pairs.so, capital: 50000 USDT, instruments: ["binance:XRPUSDT", "binance:LTCUSDT"], params: {bar_s: 60, period: 20, corr_min: -1}}
  - {name: grid, plugin: grid/grid.so, capital: 50000 USDT, instruments: ["binance:DOTUSDT"], params: {step_bps: 20}}
  - {name: vol, plugin: vol/vol.so, capital: 0 USDT, instruments: ["binance:ADAUSDT"]}
  - {name: mm, plugin: mm/mm.so, capital: 50000 USDT, instruments: ["binance:ADAUSDT"], signals: {volatility: vol.volatility}}
END
for kind in $KINDS; do
    cp "$WORK/all.yaml" "$WORK/all_$kind.yaml"
    # It bids on trades alone.
    [ "$kind" = bars ] || echo '  - {name: rascal, plugin: rascal/rascal.so, capital: 50000 USDT, instruments: ["binance:TRXUSDT"]}' \
        >>"$WORK/all_$kind.yaml"
    good "all_$kind" --roster "$WORK/all_$kind.yaml" --plugins "$BUILT" --data "$WORK/XRPUSDT_$kind.csv" "$WORK/LTCUSDT_$kind.csv" \
        "$WORK/DOTUSDT_$kind.csv" "$WORK/ADAUSDT_$kind.csv" $([ "$kind" = bars ] || echo "$WORK/TRXUSDT_trades.csv")
done

# Who decides nothing, as this one on bars, is not acquitted.
"$AGON" backtest "$BUILT/rascal/rascal.so" --data "$WORK/XRPUSDT_bars.csv" --check lookahead --check-points 2 --check-seeds 2 \
    >"$WORK/silent.out" 2>&1
status=$?
[ "$status" = 3 ] || fail "one that decides nothing: exit code $status: $(cat "$WORK/silent.out")"

# Spot and a perpetual that is dearer and cheaper in turn; it pays 0.05 %, and then nothing.
waves() {
    awk -v wave="$1" 'BEGIN { print "time_ms,price,amount,side"
        for (i = 0; i < 10800; i++)
            printf "%.0f,%.2f,5.123,%s\n", 1700000000000 + i * 1000,
                50000 * (1 + 0.002 * sin(i / 700)) * (1 + wave * sin(i / 500)), i % 2 ? "buy" : "sell" }'
}
waves 0 >"$WORK/spot.csv"
waves 0.006 >"$WORK/perp.csv"
printf 'funding_time_ms,rate\n1700006400000,0.0005\n1700035200000,0\n' >"$WORK/funding.csv"
both="--data BTCUSDT=$WORK/spot.csv BTCPUSDT=$WORK/perp.csv --funding BTCPUSDT=$WORK/funding.csv"
# shellcheck disable=SC2086
good basis "$BUILT/basis/basis.so" $both
# shellcheck disable=SC2086
good carry "$BUILT/carry/carry.so" --param payments=1 basis_min_bps=-100 $both
