#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A tape goes wherever a recording goes: the same market, the same intents, the same fills, for bars, trades and raw streams, from
# files of the tests and from recordings where they are there. What it is of, it says itself, whatever its name is.
. "$(dirname "$0")/common.sh"

HERE=$AGON_SOURCE_ROOT/tests/data/recording

bars() { # STEP-S
    awk -v step="$1" 'BEGIN {
        srand(7); print "open_time_ms,open,high,low,close,volume"; p = 30000
        for (i = 0; i < 70000; i++) {
            o = p; c = o + int(rand() * 401) - 200; p = c
            h = (o > c ? o : c) + 50; l = (o < c ? o : c) - 50
            if (i % 50 != 7) printf "%.0f,%d.25,%d.5,%d,%d.75,%.5f\n", 1704067200000 + i * step * 1000, o, h, l, c, rand() * 100
        } }'
}
trades() {
    awk 'BEGIN {
        srand(8); print "time_ms,trade_id,price,quantity,buyer_is_maker"; p = 3000000; t = 1704067200000
        for (i = 0; i < 70000; i++) {
            t += int(rand() * 300); p += int(rand() * 21) - 10
            printf "%.0f,%d,%d.%02d,%.5f,%s\n", t, 1000 + i, p / 100, p % 100, 0.00001 + rand(), rand() < 0.5 ? "true" : "false"
        } }'
}
# run NAME PLUGIN OPTION...: report and fills
run() {
    name=$1 plugin=$2
    shift 2
    "$AGON" backtest "$plugin" --latency 10ms --csv "$WORK/$name" "$@" --json >"$WORK/$name.json" 2>"$WORK/err" ||
        fail "$name: ended with $?: $(cat "$WORK/err")"
}
# same FILE PLUGIN [OPTION...]: the recording and the tape of it
same() {
    file=$1 player=$2
    shift 2
    word=${file##*/}
    tape=$WORK/of_$word.tape
    case $file in "$DATA"/*) # recordings are read where they lie, and what is listed beside them is named
        tape=$WORK/$word.tape ;;
    esac
    "$AGON" tape make "$file" --out "$tape" "$@" >"$WORK/made" 2>"$WORK/err" || fail "$word: no tape: $(cat "$WORK/err")"
    "$AGON" tape show "$tape" --check --json >"$WORK/shown" 2>"$WORK/err" || fail "$word: $(cat "$WORK/err")"
    [ "$(jq -r '.[0].source_sha256' "$WORK/shown")" = "$(sha256sum "$file" | cut -d ' ' -f 1)" ] || fail "$word: another hash than the file's"
    case $(jq -r '.[0].first' "$WORK/shown") in 1970*) fail "$word: its first time is said to be $(jq -r '.[0].first' "$WORK/shown")" ;; esac
    run file "$player" --data "$file" "$@"
    run tape "$player" --data "$tape" "$@"
    for key in intents_hash state_hash n_market market_events; do
        [ "$(jq -r ".$key // .run.$key // \"\"" "$WORK/file.json")" = "$(jq -r ".$key // .run.$key // \"\"" "$WORK/tape.json")" ] ||
            fail "$word: $key differs"
    done
    cmp -s "$WORK/file/fills.csv" "$WORK/tape/fills.csv" || fail "$word: fills differ: $(diff "$WORK/file/fills.csv" "$WORK/tape/fills.csv" | head -n 4)"
    command jq 'del(.seconds, .assumed, .data[].path)' "$WORK/file.json" >"$WORK/one"
    command jq 'del(.seconds, .assumed, .data[].path)' "$WORK/tape.json" >"$WORK/other"
    diff "$WORK/one" "$WORK/other" >"$WORK/differ" || differs "$word"
    echo "$word: $(jq -r '.[0] | "\(.kind), \(.rows) rows"' "$WORK/shown"), $(jq -r .agents[0].intents "$WORK/tape.json") intents, $(($(wc -l <"$WORK/tape/fills.csv") - 1)) fills, hash $(jq -r .intents_hash "$WORK/tape.json" | cut -c1-16)"
}
# Of a stream lines are counted, of its tape rows; the rest is the same.
differs() {
    grep '^[<>]' "$WORK/differ" | grep -v '"\(rows\|other\)":' >"$WORK/more" && fail "$1: the reports differ: $(cat "$WORK/more")"
    [ "$(jq -r .data[0].kind "$WORK/one")" = "raw stream" ] || fail "$1: the reports differ: $(cat "$WORK/differ")"
}

mkdir "$WORK/here"
bars 60 >"$WORK/here/binance_spot_BTCUSDT_1m.csv"
bars 3600 | head -n 2001 | gzip >"$WORK/here/ETHUSDT_1h.csv.gz"
trades >"$WORK/here/binance_spot_BTCUSDT_trades.csv"
same "$WORK/here/binance_spot_BTCUSDT_1m.csv" "$PLUGINS/busy.so"
[ "$(jq .agents[0].fills "$WORK/tape.json")" -gt 100 ] || fail "it hardly trades: $(cat "$WORK/tape.json")"
same "$WORK/here/ETHUSDT_1h.csv.gz" "$PLUGINS/busy.so"
same "$WORK/here/binance_spot_BTCUSDT_trades.csv" "$PLUGINS/busy.so"
[ "$(jq .agents[0].fills "$WORK/tape.json")" -gt 100 ] || fail "it hardly trades: $(cat "$WORK/tape.json")"

# Raw streams, whose listings lie beside them: beside the tape too, whatever it is called.
for file in kraken_spot_BTCUSD okx_spot_BTCUSDT okx_swap_BTCUSDT; do
    cp "$HERE"/*.json "$HERE/$file.raw" "$WORK/"
    same "$WORK/$file.raw" "$PLUGINS/busy.so"
done
# Best prices alone: no book to trade on, from either.
awk 'BEGIN { for (i = 0; i < 500; i++)
    printf "%.0f000000 {\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":%d,\"s\":\"BTCUSDT\",\"b\":\"%d.10\",\"B\":\"3.12\",\"a\":\"%d.20\",\"A\":\"0.5\"}}\n",
        1723161600000 + i * 250, 400900217 + i, 60000 + i % 9, 60000 + i % 9 }' >"$WORK/here/binance_spot_BTCUSDT_quotes.raw"
"$AGON" tape make "$WORK/here/binance_spot_BTCUSDT_quotes.raw" --only quotes --out "$WORK/quotes.tape" >/dev/null 2>"$WORK/err" ||
    fail "no tape of best prices: $(cat "$WORK/err")"
[ "$("$AGON" tape show "$WORK/quotes.tape" --json | jq -r '.[0].kind')" = quotes ] || fail "it is of another kind"

# Two of one market, and a part of the time.
run file "$PLUGINS/busy.so" --data "$WORK/here/binance_spot_BTCUSDT_1m.csv" "ETHUSDT=$WORK/here/ETHUSDT_1h.csv.gz" --from 2024-01-05 --to 2024-01-25
run tape "$PLUGINS/busy.so" --data "$WORK/of_binance_spot_BTCUSDT_1m.csv.tape" "ETHUSDT=$WORK/of_ETHUSDT_1h.csv.gz.tape" --from 2024-01-05 --to 2024-01-25
[ "$(jq -r .intents_hash "$WORK/file.json")" = "$(jq -r .intents_hash "$WORK/tape.json")" ] || fail "two at once: other intents"
cmp -s "$WORK/file/fills.csv" "$WORK/tape/fills.csv" || fail "two at once: other fills"

# refused WHY COMMAND...: bad data, and why
refused() {
    why=$1
    shift
    "$AGON" "$@" >"$WORK/out" 2>"$WORK/err"
    code=$?
    [ $code = 4 ] || fail "$*: ended with $code: $(cat "$WORK/err")"
    grep -q "$why" "$WORK/err" || fail "$*: $(cat "$WORK/err")"
}
t=$WORK/of_binance_spot_BTCUSDT_1m.csv.tape
refused 'its book never became live. Of 500 lines' backtest "$PLUGINS/busy.so" --data "$WORK/here/binance_spot_BTCUSDT_quotes.raw"
refused 'its book never became live. Of 500 lines' backtest "$PLUGINS/busy.so" --data "$WORK/quotes.tape"
refused 'this tape is of BTCUSDT, and not of ETHUSDT' backtest "$PLUGINS/busy.so" --data "ETHUSDT=$t"
refused 'is there already' tape make "$WORK/here/binance_spot_BTCUSDT_1m.csv" --out "$t"
refused 'it is a tape already' tape make "$t"
refused 'not a tape' tape show "$WORK/here/binance_spot_BTCUSDT_1m.csv"
refused 'it has bars, and no quotes' tape make "$WORK/here/binance_spot_BTCUSDT_1m.csv" --only quotes --out "$WORK/none.tape"
head -c 1000000 "$t" >"$WORK/short.tape"
refused 'short.tape: it ends at byte 1000000, in block 0 of 2' backtest "$PLUGINS/busy.so" --data "$WORK/short.tape"
cp "$t" "$WORK/bad.tape"
printf x | dd of="$WORK/bad.tape" bs=1 seek=3200000 conv=notrunc 2>/dev/null
refused 'bad.tape: block 1 (rows 65537 to 68600, from byte 3149824): damaged' backtest "$PLUGINS/busy.so" --data "$WORK/bad.tape"
refused 'bad.tape: block 1 ' tape show "$WORK/bad.tape" --check
refused 'a tape.s rows are not altered' backtest "$PLUGINS/busy.so" --data "$t" --check=lookahead
{ sed 5q "$WORK/here/binance_spot_BTCUSDT_1m.csv"; echo 1704067500000,1.001,2,1,1,1; } >"$WORK/here/fine_BTCUSDT.csv"
refused 'fine_BTCUSDT.csv:6:15: open 1.001 is finer than 2 digits' tape make "$WORK/here/fine_BTCUSDT.csv"
[ ! -e "$WORK/here/fine_BTCUSDT.csv.tape" ] || fail "a tape of bad rows was made"

# What was recorded.
for name in ohlcv/binance_um_BTCUSDT_1m_20250525-20250624.csv.gz ohlcv/binance_um_BTCUSDT_5m_20250525-20250624.csv.gz \
    trades/binance_spot_BTCUSDT_trades_20210108.csv book/binance_spot_BTCUSDT_20240808T2354.raw.gz book/binance_um_BTCUSDT_20240808T2354.raw.gz; do
    if [ -r "$DATA/$name" ]; then same "$DATA/$name" "$PLUGINS/busy.so"; else echo "skipped: $name is not here"; fi
done
echo "a tape is its recording"
