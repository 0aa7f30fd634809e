#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Backtests on the recordings: every book and every kind of candles is read to its end, and the journal replays.
. "$(dirname "$0")/common.sh"
need_data book

n=0
for file in "$DATA"/book/binance_spot_*.raw.gz \
    "$DATA"/ohlcv/binance_um_ADAUSDT_1m_*.csv.gz; do
    [ -e "$file" ] || continue
    "$AGON" backtest "$PLUGINS/busy.so" --data "$file" --journal "$WORK/j$n" --json >"$WORK/report" 2>"$WORK/err" ||
        fail "$file: ended with $?: $(cat "$WORK/err")"
    "$AGON" replay "$WORK/j$n" --verify --json >"$WORK/replay" || fail "$file: the journal does not replay"
    [ "$(json "$WORK/report" state_hash)" = "$(json "$WORK/replay" state_hash)" ] || fail "$file: the replay differs"
    n=$((n + 1))
done
[ "$n" -ge 2 ] || fail "only $n recordings were found"
echo "$n recordings: read to their end, each replay equal"
