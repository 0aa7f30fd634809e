#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A backtest over tapes or tables keeps a journal that names them and holds no copy of what they give: it replays to the same state,
# shows the same events and exports the same fills as one that holds copies, and one of a recorded stream. What is gone, short, damaged
# or another one is named, with what mends it.
. "$(dirname "$0")/common.sh"

bars() { # ROWS STEP-S FIRST-PRICE
    awk -v n="$1" -v step="$2" -v p="$3" 'BEGIN {
        srand(7); print "open_time_ms,open,high,low,close,volume"
        for (i = 0; i < n; i++) {
            o = p; c = o + int(rand() * 401) - 200; if (c < 1000) c = 1000; p = c
            h = (o > c ? o : c) + 50; l = (o < c ? o : c) - 50
            printf "%.0f,%d.25,%d.5,%d,%d.75,%.5f\n", 1704067200000 + i * step * 1000, o, h, l, c, rand() * 100
        } }'
}
trades() {
    awk 'BEGIN {
        srand(8); print "time_ms,trade_id,price,quantity,buyer_is_maker"; p = 3000000; t = 1704067200000
        for (i = 0; i < 3000; i++) {
            t += int(rand() * 300); p += int(rand() * 21) - 10
            printf "%.0f,%d,%d.%02d,%.5f,%s\n", t, 1000 + i, p / 100, p % 100, 0.00001 + rand(), rand() < 0.5 ? "true" : "false"
        } }'
}
# run NAME OPTION...: a backtest with a journal
run() {
    name=$1
    shift
    "$AGON" backtest "$PLUGINS/busy.so" --latency "${LATENCY:-10ms}" "$@" --journal "$WORK/$name" --json >"$WORK/$name.json" 2>"$WORK/err" ||
        fail "$name: ended with $?: $(cat "$WORK/err")"
}
# market JOURNAL: bytes of its market segments
market() { cat "$1"/market-*.aj 2>/dev/null | wc -c; }
# named JOURNAL TAPES: so many tapes are named in it
named() {
    n=$("$AGON" journal stats "$1" --json | jq '.tapes | length')
    [ "$n" = "$2" ] || fail "$1 names $n tapes, and not $2"
}
# alike WHAT: journal of the recording, of the tape, of the tape with copies, and of a table by its copies
alike() {
    for name in named whole; do
        "$AGON" replay "$WORK/$name" --verify --json >"$WORK/replay" 2>"$WORK/err" || fail "$1: $name: $(cat "$WORK/err")"
        [ "$(jq -r .state_hash "$WORK/replay")" = "$(jq -r .state_hash "$WORK/file.json")" ] || fail "$1: $name comes to another state"
        "$AGON" journal cat "$WORK/$name" | grep -v ' alert ' >"$WORK/$name.cat" || fail "$1: $name cannot be shown"
    done
    "$AGON" journal cat "$WORK/file" | grep -v ' alert ' >"$WORK/file.cat"
    cmp "$WORK/file.cat" "$WORK/named.cat" || fail "$1: other events than of the recording"
    cmp "$WORK/file.cat" "$WORK/whole.cat" || fail "$1: other events than of copies"
    "$AGON" journal export "$WORK/named" --fills "$WORK/a" --equity "$WORK/b" >/dev/null || fail "$1: no export"
    "$AGON" journal export "$WORK/file" --fills "$WORK/c" --equity "$WORK/d" >/dev/null || fail "$1: no export"
    cmp "$WORK/a" "$WORK/c" && cmp "$WORK/b" "$WORK/d" || fail "$1: another export"
    case $1 in
    *stream) named "$WORK/file" 0 ;;
    *)
        named "$WORK/file" 1
        "$AGON" replay "$WORK/file" --verify --json >"$WORK/replay" 2>"$WORK/err" || fail "$1: a table's: $(cat "$WORK/err")"
        [ "$(jq -r .state_hash "$WORK/replay")" = "$(jq -r .state_hash "$WORK/file.json")" ] || fail "$1: a table's comes to another state"
        ;;
    esac
    named "$WORK/whole" 0
    echo "$1: $(wc -l <"$WORK/named.cat") events, market $(market "$WORK/whole") bytes copied, $(market "$WORK/named") named"
}
# three WHAT FILE TAPE OPTION...
three() {
    what=$1 file=$2 tape=$3
    shift 3
    rm -rf "$WORK/file" "$WORK/named" "$WORK/whole"
    run file --data "$file" "$@"
    run named --data "$tape" "$@"
    run whole --data "$tape" --journal-whole "$@"
    named "$WORK/named" 1
    alike "$what"
    # Heads and the tape's name are 6 KB.
    [ "$(market "$WORK/named")" -lt $((6000 + $(market "$WORK/whole") / 8)) ] || fail "$what: the journal is hardly smaller"
}

mkdir "$WORK/data" "$WORK/away"
btc=$WORK/data/binance_spot_BTCUSDT_1m.csv
bars 3000 60 30000 >"$btc"
bars 100 3600 20000 >"$WORK/data/binance_spot_ETHUSDT_1h.csv"
trades >"$WORK/data/binance_spot_BTCUSDT_trades.csv"
cp "$AGON_SOURCE_ROOT"/tests/data/recording/*.json "$AGON_SOURCE_ROOT/tests/data/recording/kraken_spot_BTCUSD.raw" "$WORK/data/"
for file in "$WORK"/data/*.csv "$WORK/data/kraken_spot_BTCUSD.raw"; do
    "$AGON" tape make "$file" >/dev/null 2>"$WORK/err" || fail "$file: no tape: $(cat "$WORK/err")"
done
three "a stream" "$WORK/data/kraken_spot_BTCUSD.raw" "$WORK/data/kraken_spot_BTCUSD.raw.tape"
# The book and the state that stood then are no tape's, and come before what is.
three "a part of a stream" "$WORK/data/kraken_spot_BTCUSD.raw" "$WORK/data/kraken_spot_BTCUSD.raw.tape" --from 2024-08-09T00:00:00.500Z
three trades "$WORK/data/binance_spot_BTCUSDT_trades.csv" "$WORK/data/binance_spot_BTCUSDT_trades.csv.tape"
three "a part of bars" "$btc" "$btc.tape" --from 2024-01-01T10:00:00Z --to 2024-01-02T00:00:00Z
[ "$("$AGON" journal stats "$WORK/named" --json | jq .tapes[0].first_row)" = 601 ] || fail "other rows than from the begin on"
LATENCY=60s
three "bars that come late" "$btc" "$btc.tape"
LATENCY=10ms
three bars "$btc" "$btc.tape"

# Two tapes, and a tape beside a table. Of two sources of one instrument nothing is named.
eth=$WORK/data/binance_spot_ETHUSDT_1h.csv
run two --data "$btc.tape" "$eth.tape"
named "$WORK/two" 2
run mixed --data "$btc" "$eth.tape"
named "$WORK/mixed" 2
run both --data "$btc.tape" "$WORK/data/binance_spot_BTCUSDT_trades.csv.tape"
named "$WORK/both" 0
for name in two mixed both; do
    [ "$("$AGON" replay "$WORK/$name" --verify --json | jq -r .state_hash)" = "$(jq -r .state_hash "$WORK/$name.json")" ] ||
        fail "$name: another state"
done

# refused CODE WHY COMMAND...
refused() {
    code=$1 why=$2
    shift 2
    "$AGON" "$@" >"$WORK/out" 2>"$WORK/err"
    got=$?
    grep -q "$why" "$WORK/err" || fail "$*: $(cat "$WORK/err")"
    [ $got = "$code" ] || fail "$*: ended with $got: $(cat "$WORK/err")"
}
j=$WORK/named tape=$btc.tape
mv "$tape" "$WORK/away/"
hash=$("$AGON" tape show "$WORK/away/${tape##*/}" --json | jq -r .[0].hash | cut -c1-16)
refused 6 "names the tape $tape (hash $hash, 3000 rows), and it is neither there nor" replay "$j"
refused 6 'or name its folder by --tapes' journal cat "$j"
refused 6 'or name its folder by --tapes' journal export "$j" --fills "$WORK/none"
"$AGON" replay "$j" --tapes "$WORK/away" >"$WORK/out" || fail "it is not found by --tapes"
"$AGON" journal cat "$j" --tapes "$WORK/away" | grep -v ' alert ' | cmp - "$WORK/named.cat" || fail "other events by --tapes"
cp "$WORK/away/${tape##*/}" "$WORK/"
"$AGON" replay "$j" >"$WORK/out" || fail "it is not found beside the journal"
rm "$WORK/${tape##*/}"
bars 3000 60 30001 >"$WORK/other.csv"
"$AGON" tape make "BTCUSDT=$WORK/other.csv" --out "$tape" >/dev/null 2>"$WORK/err" || fail "no other tape: $(cat "$WORK/err")"
refused 4 "$tape: another tape than the journal names: its hash is .*, and the journal's $hash: bring back" replay "$j"
head -c 9000 "$WORK/away/${tape##*/}" >"$tape"
refused 4 "$tape: it ends at byte 9000, in block 0 of 1" replay "$j"
cp "$WORK/away/${tape##*/}" "$tape"
printf x | dd of="$tape" bs=1 seek=30000 conv=notrunc 2>/dev/null
refused 4 "$tape: block 0 (rows 1 to 3000, from byte 4096): damaged" replay "$j"
refused 4 "$tape: block 0 (rows 1 to 3000, from byte 4096): damaged" journal cat "$j"
cp "$WORK/away/${tape##*/}" "$tape"
"$AGON" replay "$j" --verify >"$WORK/out" || fail "it does not replay any more"
# A table likewise, by the hash of its bytes.
j=$WORK/file
mv "$btc" "$WORK/away/"
refused 6 "names the table $btc (hash .*, $(wc -c <"$WORK/away/${btc##*/}") bytes), and it is neither there nor" replay "$j"
"$AGON" replay "$j" --verify --tapes "$WORK/away" >"$WORK/out" || fail "a table is not found by --tapes"
sed '2000s/,\([0-9]\)/,1\1/' "$WORK/away/${btc##*/}" >"$btc"
refused 4 "$btc: another table than the journal names: its hash is .*: bring back" replay "$j"
cp "$WORK/away/${btc##*/}" "$btc"
"$AGON" replay "$j" --verify >"$WORK/out" || fail "a table's does not replay any more"
j=$WORK/named
# It is no journal that anything goes on with, and no run of plugins can be made once more of it, as of each backtest's.
refused 6 "it holds a backtest's journal already" backtest "$PLUGINS/busy.so" --data "$tape" --journal "$j"
"$AGON" parity "$j" --free >"$WORK/out" 2>&1
[ $? = 3 ] && grep -q 'not compared .*no begin of generation' "$WORK/out" || fail "parity: $(cat "$WORK/out")"
# As soon as the backtest was killed, up to where it came.
cp -r "$j" "$WORK/killed"
truncate -s -3000 "$WORK"/killed/money-*.aj
"$AGON" journal stats "$WORK/killed" --force >"$WORK/out" 2>"$WORK/err" || fail "a torn one is not read: $(cat "$WORK/err")"
# What a table is stands behind what was read of it. Killed before, its journal finds the file by its name, and another one by its sums.
bars 600000 60 5000000 >"$WORK/long.csv"
mkdir "$WORK/other"
sed '100s/,[^,]*$/,0.00001/' "$WORK/long.csv" >"$WORK/other/long.csv"
j=$WORK/table
"$AGON" backtest "$PLUGINS/busy.so" --data BTCUSDT="$WORK/long.csv" --journal "$j" --json >"$WORK/out" 2>"$WORK/err" &
pid=$!
while kill -0 $pid 2>/dev/null; do
    [ "$(cat "$j"/market-*.aj 2>/dev/null | tr -d '\000' | wc -c)" -lt 20000 ] || kill -9 $pid
done
wait $pid 2>/dev/null
[ $? = 137 ] || fail "it had ended before it could be killed: $(cat "$WORK/err")"
"$AGON" journal stats "$j" >"$WORK/out" 2>"$WORK/err" && grep -q 'long.csv, hash not known, rows 1 to some row: the journal was not closed$' "$WORK/out" ||
    fail "a table's of which nothing is known: $(cat "$WORK/out" "$WORK/err")"
[ "$("$AGON" journal stats "$j" --json | jq -c '.tapes[0].hash')" = null ] || fail "a hash of it: $("$AGON" journal stats "$j" --json)"
"$AGON" replay "$j" --verify >"$WORK/out" 2>"$WORK/err" || fail "a table's, killed: $(cat "$WORK/err")"
"$AGON" replay "$j" --tapes "$WORK/other" >"$WORK/out" 2>"$WORK/err"
[ $? -ne 0 ] && grep -q 'the journal was not closed, and has no hash of the file' "$WORK/err" || fail "another table: $(cat "$WORK/out" "$WORK/err")"
rm "$WORK/long.csv"
"$AGON" replay "$j" >"$WORK/out" 2>"$WORK/err"
[ $? -ne 0 ] && grep -q 'names the table .*long.csv (hash not known), and it is neither there' "$WORK/err" || fail "no table: $(cat "$WORK/out" "$WORK/err")"
echo "a journal names its tapes"
