#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Backtests on the recordings: every book, trades and every kind of candles is read to its end, and the journal replays.
# Trades are filled; a recording from which no book can be built is no success.
. "$(dirname "$0")/common.sh"
need_data book

n=0
for file in "$DATA"/book/binance_spot_*.raw.gz "$DATA"/book/binance_um_*.raw.gz \
    "$DATA"/ohlcv/binance_um_ADAUSDT_1m_*.csv.gz \
    "$DATA"/trades/gemini_ETHUSD_trades_*.csv.gz "$DATA"/trades/binance_spot_BTCUSDT_trades_*.csv; do
    [ -e "$file" ] || continue
    "$AGON" backtest "$PLUGINS/busy.so" --data "$file" --journal "$WORK/j$n" --json >"$WORK/report" 2>"$WORK/err" ||
        fail "$file: ended with $?: $(cat "$WORK/err")"
    "$AGON" replay "$WORK/j$n" --verify --json >"$WORK/replay" || fail "$file: the journal does not replay"
    [ "$(json "$WORK/report" state_hash)" = "$(json "$WORK/replay" state_hash)" ] || fail "$file: the replay differs"
    case $file in
    */trades/*) [ "$(json "$WORK/report" fills)" -gt 0 ] || fail "$file: no fills: $(cat "$WORK/report")" ;;
    esac
    n=$((n + 1))
done
for file in "$DATA"/book/binance_cm_*.raw.gz; do
    [ -e "$file" ] || continue
    "$AGON" backtest "$PLUGINS/busy.so" --data "$file" >"$WORK/report" 2>"$WORK/err"
    code=$?
    [ "$code" = 4 ] || fail "$file: ended with $code instead of 4"
    grep -q 'its book never became live' "$WORK/err" || fail "$file: $(cat "$WORK/err")"
done
[ "$n" -ge 2 ] || fail "only $n recordings were found"
echo "$n recordings: read to their end, each replay equal"
