#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# results: what a change of rules does to backtests. Each shipped plugin on each recording, by the build of before and by that of
# after: return in percent and fills of both, as CSV on standard output. Nobody judges here: docs/results/README.md says what
# was found.
#
#     tests/tools/results.sh OLD_AGON NEW_AGON DATA_DIR [PATTERN] >docs/results/NAME.csv
#
# OLD_AGON and NEW_AGON are the programs of two checkouts that are built; their plugins lie beside them. PATTERN, as
# in *1d_to*,mm,*: only rows that begin with what contains it. Twice the same program shows that a run repeats: before and after have to be equal in each row.
# RESULTS_JOBS is how many backtests there are at a time (2).
#
# Parameters are the preset ones, but for bar_s, which is the length of the file's bars where that is longer; latencies 0, seed 1.
# What is long is cut to its last rows or its first days, and the row says so: builds that make minutes of hours and days take
# long.
set -u
OLD=$(readlink -f "$1") NEW=$(readlink -f "$2") DATA=$(readlink -f "$3")
PATTERN=${4-}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/agon-results-XXXXXX")
trap 'rm -rf "$WORK"' EXIT
export OLD NEW DATA WORK
ALONE="mm grid vol sma_cross random rascal rsi_swing bollinger ema_cross breakout"

# --- one row ---
plugin_of() { # AGON PLUGIN: of a build from before the plugin was shipped there is none, and it runs the other's file
    local file
    for file in "$(dirname "$1")" "$(dirname "$NEW")"; do
        [ -e "$file/plugins/$2/$2.so" ] && echo "$file/plugins/$2/$2.so" && return
    done
}
reason_of() { # a word or a few for the first thing that the program said
    case $(cat "$1") in
    *"never became live"*) echo "its book never becomes live" ;;
    *"names neither"*) echo "neither trades nor bars" ;;
    *"a table of a book"*) echo "a table of changes of a book" ;;
    *"before the one above has ended"*) echo "bars closer to each other than their usual step" ;;
    *digits* | *finer* | *"a multiple"*) echo "prices finer than the tick" ;;
    *"of one symbol"*) echo "bars of two lengths" ;;
    *) grep -v ': assumed, ' "$1" | head -n 1 | sed 's|^agon backtest: ||; s|/[^ ]*/||g; s|[,"]| |g' | cut -c1-90 ;;
    esac
}
run_one() { # AGON WHICH NUMBER PLUGIN SYMBOL PARAMS CUT ARGUMENTS: "RETURN,FILLS" and, where it ended otherwise, a reason in a file
    local agon=$1 out=$WORK/$3.$2 plugin=$4 symbol=$5 params=$6 to=$7 quote more= args
    # shellcheck disable=SC2206
    args=($8)
    if [ -n "$to" ]; then
        "$agon" backtest --help 2>&1 | grep -q -- '--until' && args+=(--until "$to") || args+=(--to "$to")
    fi
    if [ "$plugin" = vol ]; then
        quote=$(sed -E 's/.*(USDT|USD|ETH)$/\1/' <<<"$symbol")
        [ -z "$params" ] || more=", params: {${params/=/: }}"
        mkdir -p "$out.plugins"
        cp "$(plugin_of "$agon" vol)" "$(plugin_of "$agon" mm)" "$out.plugins"
        {
            printf 'seed: 1\nbase_currency: %s\nagents:\n' "$quote"
            printf '  - {name: mm, plugin: mm.so, capital: 100000 %s, instruments: ["binance:%s"], signals: {volatility: vol.volatility}}\n' \
                "$quote" "$symbol"
            printf '  - {name: vol, plugin: vol.so, capital: 0 %s, instruments: ["binance:%s"]%s}\n' "$quote" "$symbol" \
                "$more"
        } >"$out.yaml"
        args+=(--roster "$out.yaml" --plugins "$out.plugins")
    else
        args=("$(plugin_of "$agon" "$plugin")" "${args[@]}")
        # shellcheck disable=SC2206
        [ -n "$params" ] && args+=(--param $params)
    fi
    if timeout 300 "$agon" backtest "${args[@]}" --json >"$out.json" 2>"$out.err"; then
        jq -r '.agents[0] | "\((.return * 1e6 | round) / 1e4 + 0),\(.fills)"' "$out.json" # percent, four digits
    else
        echo "refused,"
        reason_of "$out.err" >"$out.reason"
    fi
}
row() { # NUMBER|RECORDING|PLUGIN|SYMBOL|PARAMS|CUT|NOTE|ARGUMENTS
    local number recording plugin symbol params to note args before after
    IFS='|' read -r number recording plugin symbol params to note args <<<"$1"
    if [ -z "$args" ]; then
        echo "$recording,$plugin,,,,,$note" >"$WORK/row.$number"
        return
    fi
    before=$(run_one "$OLD" before "$number" "${plugin/any/ema_cross}" "$symbol" "$params" "$to" "$args")
    after=$(run_one "$NEW" after "$number" "${plugin/any/ema_cross}" "$symbol" "$params" "$to" "$args")
    [ "$plugin" = vol ] && note="mm that reads it${note:+; $note}"
    [ -e "$(dirname "$OLD")/plugins/$plugin" ] || [ "$plugin" = any ] || note="before: its file of after${note:+; $note}"
    if [ -e "$WORK/$number.before.reason" ] && cmp -s "$WORK/$number.before.reason" "$WORK/$number.after.reason"; then
        note="${note:+$note; }$(cat "$WORK/$number.before.reason")"
    else
        for which in before after; do
            [ ! -e "$WORK/$number.$which.reason" ] || note="${note:+$note; }$which: $(cat "$WORK/$number.$which.reason")"
        done
    fi
    [ -z "$params" ] || note="$params${note:+; $note}"
    echo "$recording,$plugin,$before,$after,$note" >"$WORK/row.$number"
}
export -f plugin_of reason_of run_one row

# --- which ---
number=10000
task() { # RECORDING PLUGIN SYMBOL PARAMS CUT NOTE ARGUMENTS
    [[ "$1,$2," == *$PATTERN* ]] || return 0
    number=$((number + 1))
    printf '%s|%s|%s|%s|%s|%s|%s|%s\n' "$number" "$1" "$2" "$3" "$4" "$5" "$6" "$7" >>"$WORK/tasks"
}
params_of() { # PLUGIN SECONDS: bar_s, where the plugin has one and the file's bars are longer than its preset
    local preset
    case $1 in
    vol) preset=60 ;;
    ema_cross | random | sma_cross | pairs) preset=300 ;;
    bollinger | breakout | rsi_swing) preset=900 ;;
    *) return ;;
    esac
    [ "$2" -le "$preset" ] || echo "bar_s=$2"
}
last_rows() { # FILE ROWS: its name, cut, in a folder of its own so that the name says the symbol as it did
    local cut
    cut=$WORK/cut.$2/$(basename "$1" .gz)
    mkdir -p "$(dirname "$cut")"
    [ -e "$cut" ] || { zcat -f "$1" | head -n 1 && zcat -f "$1" | tail -n +2 | tail -n "$2"; } >"$cut"
    echo "$cut"
}
recording() { # NAME SYMBOL SECONDS ARGUMENT [ARGUMENT OF A SECOND MARKET] [NOTE] [CUT] [FUNDING...]
    local name=$1 symbol=$2 seconds=$3 file=$4 partner=${5-} note=${6-} to=${7-} plugin
    shift 7
    for plugin in $ALONE; do
        task "$name" "$plugin" "$symbol" "$(params_of "$plugin" "$seconds")" "$to" "$note" "--data $file${1+ --funding $1}"
    done
    if [ -n "$partner" ]; then
        task "$name" pairs "$symbol" "$(params_of pairs "$seconds")" "$to" "with ${partner%%=*}${note:+; $note}" "--data $file $partner${1+ --funding $*}"
    else
        task "$name" pairs "" "" "" "no second market is recorded beside it" ""
    fi
}
unreadable() { # NAME SYMBOL
    task "$1" any "$2" "" "" "" "--data $2=$DATA/$1"
}

O=ohlcv
both() { # SYMBOL: spot in hours and the perpetual in minutes, while both are recorded
    local base=${1%USDT} spot
    spot=$(last_rows "$DATA/$O/$(basename "$DATA/$O/binance_spot_${1}_1h_"*)" 888)
    for plugin in basis carry; do
        task "$O/binance_spot_${1}_1h + $O/binance_um_${1}_1m + funding" "$plugin" "$1" "" "2025-06-24T10:00:00Z" "from 2025-05-25" \
            "--data $1=$spot ${base}PUSDT=$DATA/$O/binance_um_${1}_1m_20250525-20250624.csv.gz --funding ${base}PUSDT=$DATA/$O/binance_um_${1}_funding_8h_20250525-20250624.csv"
    done
}
partner_of() { [ "$1" = BTCUSDT ] && echo ETHUSDT || echo BTCUSDT; }
for symbol in ADAUSDT BNBUSDT BTCUSDT ETHUSDT SOLUSDT; do
    other=$(partner_of "$symbol")
    both "$symbol"
    file=$O/binance_um_${symbol}_1m_20250525-20250624.csv.gz
    recording "$file" "$symbol" 60 "$symbol=$DATA/$file" "$other=$DATA/${file/$symbol/$other}" "" ""
    funding="binance_um_%s_funding_8h_20250525-20250624.csv"
    # shellcheck disable=SC2059
    [ "$symbol" = SOLUSDT ] || recording "$file + funding" "$symbol" 60 "$symbol=$DATA/$file" "$other=$DATA/${file/$symbol/$other}" "a perpetual" "" \
        "$symbol=$DATA/$O/$(printf "$funding" "$symbol")" "$other=$DATA/$O/$(printf "$funding" "$other")"
    file=$O/binance_spot_${symbol}_1h_20220525-20250630.csv.gz
    hours=4380 days=400
    case $symbol in ETHUSDT | SOLUSDT) hours=1000 days=250 ;; BTCUSDT) hours=100000 ;; esac
    note="last $hours rows"
    [ "$hours" -lt 100000 ] || note=
    recording "$file" "$symbol" 3600 "$symbol=$(last_rows "$DATA/$file" $hours)" "$other=$(last_rows "$DATA/${file/$symbol/$other}" $hours)" "$note" ""
    file=$O/binance_um_${symbol}_1d_to20250630.csv.gz
    recording "$file" "$symbol" 86400 "$symbol=$(last_rows "$DATA/$file" $days)" "$other=$(last_rows "$DATA/${file/$symbol/$other}" $days)" "last $days rows" ""
done
for symbol in BTCUSDT ETHUSDT; do
    other=$(partner_of "$symbol")
    file=$O/binance_um_${symbol}_5m_20250525-20250624.csv.gz
    recording "$file" "$symbol" 300 "$symbol=$DATA/$file" "$other=$DATA/${file/$symbol/$other}" "" ""
done
file=$O/binance_um_LTCUSDT_1h_20200109-20250430.csv.gz
recording "$file" LTCUSDT 3600 "LTCUSDT=$(last_rows "$DATA/$file" 1000)" "" "last 1000 rows" ""
file=$O/binance_um_core5_4h_202402-202506.csv.gz
for symbol in ADAUSDT BNBUSDT BTCUSDT ETHUSDT SOLUSDT; do
    other=$(partner_of "$symbol")
    recording "$symbol=$file" "$symbol" 14400 "$symbol=$DATA/$file" "$other=$DATA/$file" "to 2024-04-10" 2024-04-10
done
file=$O/binance_um_crosssectionA_1d_202401-202506.csv.gz
for symbol in ETCUSDT; do
    recording "$symbol=$file" "$symbol" 86400 "$symbol=$DATA/$file" "BTCUSDT=$DATA/$file" "one of 62 symbols; to 2024-05-01" 2024-05-01
done
for name in BTCUSD_1m_2015 BTCUSD_1m_2016 BTCUSD_1m_2017 BTCUSD_1m_2018 ETHUSD_1m_2017 ETHUSD_1m_2018 LTCUSD_1m_2018; do
    file=$O/bitfinex_$name.csv.gz symbol=${name%%_*} year=${name##*_} partner=
    case $name in ETH*2017 | ETH*2018 | LTC*) partner=BTCUSD=$DATA/$O/bitfinex_BTCUSD_1m_$year.csv.gz ;; esac
    case $name in BTC*2017 | BTC*2018) partner=ETHUSD=$DATA/$O/bitfinex_ETHUSD_1m_$year.csv.gz ;; esac
    recording "$file" "$symbol" 60 "$symbol=$DATA/$file" "$partner" "to 10 January" "$year-01-11"
done
c=$DATA/$O/coinbase
recording "$O/coinbase_BTCUSD_1m_trade_20180404.csv.gz" BTCUSD 60 "BTCUSD=${c}_BTCUSD_1m_trade_20180404.csv.gz" "ETHUSD=${c}_ETHUSD_1m_trade_20180404.csv.gz" "" ""
recording "$O/coinbase_ETHUSD_1m_trade_20180404.csv.gz" ETHUSD 60 "ETHUSD=${c}_ETHUSD_1m_trade_20180404.csv.gz" "BTCUSD=${c}_BTCUSD_1m_trade_20180404.csv.gz" "" ""
recording "$O/coinbase_BTCUSD_1m_trade_20180405.csv.gz" BTCUSD 60 "BTCUSD=${c}_BTCUSD_1m_trade_20180405.csv.gz" "" "" ""
for day in 20161007 20161008; do
    recording "$O/coinbase_BTCUSD_1s_trade_$day.csv.gz" BTCUSD 1 "BTCUSD=${c}_BTCUSD_1s_trade_$day.csv.gz" "" "" ""
done
for name in ETHUSDT:ETHUSDT_trades_20230202_venue-unstated.csv BTCUSDT:binance_spot_BTCUSDT_trades_20210108.csv XRPETH:binance_spot_XRPETH_trades_201910.csv.gz \
    ETHUSD:gemini_ETHUSD_trades_20210701.csv.gz XBTUSD:tardis_bitmex_trades_XBTUSD.csv; do
    recording "trades/${name#*:}" "${name%%:*}" 0 "${name%%:*}=$DATA/trades/${name#*:}" "" "" ""
done
b=binance_spot_BTCUSDT_20240808T2354.raw.gz e=binance_spot_ETHUSDT_20240808T2354.raw.gz
recording "book/$b" BTCUSDT 0 "BTCUSDT=$DATA/book/$b" "ETHUSDT=$DATA/book/$e" "" ""
recording "book/$e" ETHUSDT 0 "ETHUSDT=$DATA/book/$e" "BTCUSDT=$DATA/book/$b" "" ""
recording "book/binance_um_BTCUSDT_20240808T2354.raw.gz" BTCUSDT 0 "BTCUSDT=$DATA/book/binance_um_BTCUSDT_20240808T2354.raw.gz" "" "a perpetual" ""
for plugin in basis carry; do
    task "all others" "$plugin" "" "" "" "no spot and perpetual under two names at one time" ""
done
# What neither build reads has one row.
unreadable book/binance_cm_BTCUSD_PERP_20240808T2354.raw.gz BTCUSD
unreadable book/binance_spot_BTCUSDT_quotes_20210108.csv BTCUSDT
unreadable book/binance_um_btcusdt-depth-snap.csv BTCUSDT
unreadable book/binance_um_btcusdt-depth-update.csv BTCUSDT
unreadable book/bybit_linear_XRPUSDT_ob500_20241201.ndjson.gz XRPUSDT
unreadable book/gemini_ETHUSD_top_1s_20210701.csv.gz ETHUSD
unreadable book/hyperliquid_BTC_20250126.raw.gz BTCUSD
unreadable book/tardis_binance-futures_book_snapshot_25_BTCUSDT.csv BTCUSDT
unreadable book/tardis_binance-futures_book_snapshot_5_BTCUSDT.csv BTCUSDT
unreadable book/tardis_deribit_incremental_book_L2_BTC-PERPETUAL.csv BTCUSD
unreadable book/tardis_huobi-dm-swap_quotes_BTC-USD.csv BTCUSD
unreadable trades/fx_EURUSD_quotes_20200101_histdata.csv EURUSD
for path in "$DATA/$O"/*_mark_8h_* "$DATA/$O"/coinbase_*_quote_* "$DATA/$O"/coinbase_*_1d_* "$DATA/$O"/fx_* "$DATA/$O"/macro_* "$DATA/$O"/*_open_interest_* \
    "$DATA/$O"/*_crosssectionA_funding_*; do
    unreadable "$O/$(basename "$path")" BTCUSD
done

[ -e "$WORK/tasks" ] || { echo "results: no recording's row has $PATTERN" >&2; exit 2; }
tr '\n' '\0' <"$WORK/tasks" | xargs -0 -n 1 -P "${RESULTS_JOBS:-2}" bash -c 'row "$1"' row
echo recording,plugin,before_return_percent,before_fills,after_return_percent,after_fills,note
cat "$WORK"/row.*
