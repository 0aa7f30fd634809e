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
table ADAUSDT_bars.csv 11 bars 300
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
table XRPUSDT_trades.csv 13 trades 12000
table LTCUSDT_trades.csv 13 trades 12000 500000 2
BUILT=$AGON_BUILD_ROOT/plugins
good() { # NAME, then arguments
    name=$1
    shift
    "$AGON" backtest "$@" --check lookahead --check-points "${LOOKAHEAD_POINTS:-3}" --check-seeds "${LOOKAHEAD_SEEDS:-5}" \
        --check-rows "${LOOKAHEAD_ROWS:-400}" --json >"$WORK/$name.json" 2>"$WORK/$name.err"
    status=$?
    [ "$status" = 0 ] || fail "$name: exit code $status: $(cat "$WORK/$name.json" "$WORK/$name.err")"
    echo "$name: $(jq -r '[.decisions, (.parts[] | .name + " " + .verdict)] | map(tostring) | join(", ")' "$WORK/$name.json")"
    [ "$(jq .decisions "$WORK/$name.json")" -gt 0 ] || fail "$name: wanted nothing: this would prove nothing"
}
for kind in $KINDS; do
    one="$WORK/XRPUSDT_$kind.csv"
    good "ema_cross_$kind" "$BUILT/ema_cross/ema_cross.so" --param bar_s=60 fast=3 slow=8 --data "$one"
    good "bollinger_$kind" "$BUILT/bollinger/bollinger.so" --param bar_s=60 width=1.5 rsi_entry=40 --data "$one"
    good "rsi_swing_$kind" "$BUILT/rsi_swing/rsi_swing.so" --param bar_s=60 low=40 --data "$one"
    good "breakout_$kind" "$BUILT/breakout/breakout.so" --param bar_s=60 enter_bars=10 --data "$one"
    good "random_$kind" "$BUILT/random/random.so" --param bar_s=60 turn_pct=30 --data "$one"
    good "grid_$kind" "$BUILT/grid/grid.so" --param step_bps=20 --data "$one"
    good "mm_$kind" "$BUILT/mm/mm.so" "$BUILT/vol/vol.so" --data "$one"
    good "pairs_$kind" "$BUILT/pairs/pairs.so" --param bar_s=60 period=20 corr_min=-1 --data "$one" "$WORK/LTCUSDT_$kind.csv"
done

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
