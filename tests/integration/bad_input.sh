#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad input through the command line (RELIABILITY 4): the documented exit code, a message that names the place and what
# was meant, in bounded time, and nothing started.
. "$(dirname "$0")/common.sh"
n=0

# refused CODE TEXT COMMAND...: TEXT (a basic regular expression) must be in the message
refused() {
    code=$1
    text=$2
    shift 2
    timeout 5 "$AGON" "$@" >"$WORK/out" 2>"$WORK/err"
    got=$?
    [ "$got" = "$code" ] || fail "agon $*: ended with $got instead of $code: $(head -3 "$WORK/err")"
    grep -q -e "$text" "$WORK/err" || fail "agon $*: the message lacks '$text': $(head -5 "$WORK/err")"
    [ -z "$(ls "$WORK/run/journal" 2>/dev/null)" ] || fail "agon $*: something was started"
    n=$((n + 1))
}
# host CODE TEXT: the files of the host as they are now
host() {
    refused "$1" "$2" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet --for 1ms
}
good() {
    MODE=paper
    live_files "$(agent busy_1 busy.so)"
}
SIM_PORT=1

# flags
refused 2 'did you mean' run --confg x
refused 2 '' nonsense
refused 2 'seed' sim --seed -1
refused 2 'seed' sim --seed 1e3
refused 2 '' backtest
refused 2 'port' sim --port 70000

# the host's files
good
refused 3 'nowhere' run --config "$WORK/nowhere.yaml" --dir "$WORK/run"
refused 3 'conf' run --config "$WORK/conf" --dir "$WORK/run"
head -c 5242880 /dev/zero | tr '\0' ' ' >"$WORK/conf/big.yaml"
refused 3 'big.yaml' run --config "$WORK/conf/big.yaml" --dir "$WORK/run"
head -c 100000 /dev/zero | tr '\0' '[' >"$WORK/conf/deep.yaml"
refused 3 'deep.yaml:1:' run --config "$WORK/conf/deep.yaml" --dir "$WORK/run"
sed -i 's/^mode: paper/mode: papr\nspeeed: 1/' "$WORK/conf/live.yaml"
host 3 "live.yaml:1:7: error.*papr"
host 3 "live.yaml:2:1: error.*speeed.*did you mean 'speed'"
good
printf 'nonsense: 1\n' >>"$WORK/conf/venue.yaml"
sed -i 's/orders_burst/orders_brst/' "$WORK/conf/roster.yaml"
host 3 "venue.yaml:[0-9]*:1: error.*nonsense"
host 3 "roster.yaml:[0-9]*:[0-9]*: error.*did you mean 'orders_burst'"
good
sed -i 's/BTCUSDT/BTCUSTD/' "$WORK/conf/roster.yaml"
host 3 'BTCUSTD'
for plugin in no_entry:. note_abi:0.77 executable:. ; do
    good
    cp "$FAULTY_DIR/${plugin%%:*}.so" "$WORK/bad.so"
    sed -i "s/busy.so/bad.so/" "$WORK/conf/roster.yaml"
    refused 3 "${plugin#*:}" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$WORK" --quiet --for 1ms
    rm -rf "$WORK/run"
done
for how in missing empty text truncated; do
    rm -f "$WORK/bad.so"
    case $how in
    empty) : >"$WORK/bad.so" ;;
    text) echo 'no plugin' >"$WORK/bad.so" ;;
    truncated) head -c 5000 "$PLUGINS/busy.so" >"$WORK/bad.so" ;;
    esac
    refused 3 'bad.so' run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$WORK" --quiet --for 1ms
    rm -rf "$WORK/run"
done

# for safety
good
MODE=live
live_files "$(agent busy_1 busy.so)"
sed -i '/^credential/d' "$WORK/conf/venue.yaml"
host 5 'credential'
live_files "$(agent busy_1 busy.so)"
chmod 644 "$WORK/credentials/sim"
host 5 'sim'
rm "$WORK/credentials/sim"
host 5 'sim'

# data
head='open_time_ms,open,high,low,close,volume'
data() { # TEXT LINES, as printf takes them
    printf "$2" >"$WORK/binance_spot_BTCUSDT_data.csv"
    refused 4 "data.csv$1" backtest "$PLUGINS/busy.so" --data "$WORK/binance_spot_BTCUSDT_data.csv"
}
data '' ''
data ':1:1.*header' '1546300800000,1,2,0.5,1.5,10\n'
data ':1:1.*header' 'a;b;c\n1;2;3\n'
good="$head\n1546300800000,1,2,0.5,1.5,10\n1546300860000,1,2,0.5,1.5,10\n"
for row in 1,0.4,0.5,1.5,10 1,2,0.5,2.5,10 1,2,0.5,1.5,-10 1,2,0.5,nan,10 1,2,0.5,inf,10 0,2,0,1.5,10 1e3,2,0.5,1.5,10 1,2,0.5; do
    data ':4' "${good}1546300920000,$row\n"
done
data ':4' "${good}1546300800000,1,2,0.5,1.5,10\n"
data ':4.*before the one above has ended' "${good}1546300860000,1,2,0.5,1.5,10\n"
data ':4' "${good}1546300920000;1;2;0.5;1.5;10\n"
# trades: words, numbers, symbols, and each of the bad rows up to ten
head='time_ms,side,price,amount'
data ':2:15: side .bid. is neither buy nor sell' "$head\n1546300800000,bid,2,1\n"
data ':3:15: side .unknown. is' "$head\n1546300800000,BUY,2,1\n1546300800000,unknown,2,1\n"
data ':2:19: price 99999999999999999999 is too large: the limit is 92233720368547758.07' "$head\n1546300800000,buy,99999999999999999999,1\n"
data ':2:19: price 0.1234567890123456789 is finer than .* digits' "$head\n1546300800000,buy,0.1234567890123456789,1\n"
data ':2:19: price -1 is not above zero' "$head\n1546300800000,buy,-1,1\n"
data ':2:.*maker .yes. is neither' 'time_ms,price,amount,is_buyer_maker\n1546300800000,2.50,1000,yes\n'
data ':1:11: a table of a book' 'timestamp,is_snapshot,side,price,amount\n1546300800000000,true,bid,2,1\n'
data ': its column symbol has A1, B2, and not BTCUSDT' 'symbol,time_ms,price,amount\nA1,1546300800000,2,1\nB2,1546300800000,2,1\n'
data ': no row of it was played' "$head\n"
printf "$head\n1546300800000,buy,2,1\n" >"$WORK/BTCUSDT.csv"
refused 3 'no_entry' backtest "$FAULTY_DIR/no_entry.so" --data "$WORK/BTCUSDT.csv"
! grep -q 'no row' "$WORK/err" || fail "data is blamed for a plugin: $(cat "$WORK/err")"
rows=$head
for row in $(seq 10 24); do rows="$rows\n15463008000$row,x,2,1"; done
data ':2:.*neither' "$rows\n"
[ "$(grep -c 'neither buy nor sell' "$WORK/err")" = 10 ] || fail "not ten bad rows are named: $(cat "$WORK/err")"
grep -q 'data.csv: 10 bad rows' "$WORK/err" || fail "nothing says that reading ended: $(cat "$WORK/err")"
data ':3:15: side .x. is' "$head\n1546300800000,buy,2,1\n1546300800000,x,2,1\n1546300800001,buy,2,1\n1546300800001,buy,nan,1\n"
grep -q "data.csv:5:19: price 'nan'" "$WORK/err" || fail "the second bad row is not named: $(cat "$WORK/err")"
printf 'time_ms,price,amount\n1546300800000,2,1\n' >"$WORK/nameless.csv"
refused 4 'nameless.csv: no symbol.*SYMBOL=FILE' backtest "$PLUGINS/busy.so" --data "$WORK/nameless.csv"
refused 4 'nameless.csv: ABCDEF is no symbol' backtest "$PLUGINS/busy.so" --data "ABCDEF=$WORK/nameless.csv"
printf '1546300800000000000 {"stream":"btcusdt@trade","data":{"e":"trade","E":1546300800000,"s":"BTCUSDT","t":1,"p":"2","q":"1","T":1546300800000,"m":true,"M":true}}\n' \
    >"$WORK/binance_spot_BTCUSDT_x.raw"
refused 4 'never became live. Of 1 lines, 0 were book snapshots, 0 changes of the book, 1 trades' \
    backtest "$PLUGINS/busy.so" --data "$WORK/binance_spot_BTCUSDT_x.raw"
printf "$head\n1546300800000,bid,2,1\n1546300800000,ask,2,1\n" >"$WORK/BTCUSDT.csv"
refused 4 'BTCUSDT.csv:3:15: the side .ask.' sim --port 0 --data "$WORK/BTCUSDT.csv"
printf 'timestamp,is_snapshot,side,price,amount\n1546300800000000,true,bid,2,1\n' >"$WORK/BTCUSDT.csv"
refused 4 'BTCUSDT.csv:1: a table of a book' sim --port 0 --data "$WORK/BTCUSDT.csv"
seq 1000 | gzip | head -c 500 >"$WORK/binance_spot_BTCUSDT_data.csv.gz"
refused 4 'data.csv.gz' backtest "$PLUGINS/busy.so" --data "$WORK/binance_spot_BTCUSDT_data.csv.gz"
refused 4 'nowhere' backtest "$PLUGINS/busy.so" --data "$WORK/nowhere.csv"
refused 4 'nowhere' demo --data "$WORK/nowhere" --seconds 1

# journals
"$AGON" backtest "$PLUGINS/busy.so" --seed 3 --for 1m --journal "$WORK/journal" >"$WORK/out" || fail "no journal"
file=$(ls "$WORK"/journal/*.seg 2>/dev/null | head -1)
[ -n "$file" ] || file=$(ls "$WORK"/journal/* | head -1)
printf '\377' | dd of="$file" bs=1 seek=2000 conv=notrunc 2>/dev/null
refused 4 "$(basename "$file").*[0-9]" replay "$WORK/journal"
refused 6 'nowhere' replay "$WORK/nowhere"

# a second host in one directory
MODE=paper
live_files "$(agent busy_1 busy.so)"
start_host
until_true "$HOST_PID" "the first host" lines "$WORK/host.err" '"key":"start"' 1
timeout 5 "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet 2>"$WORK/err"
code=$?
[ "$code" = 5 ] || fail "a second host: ended with $code instead of 5"
grep -q 'another' "$WORK/err" || fail "a second host: $(cat "$WORK/err")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the first host"
echo "$((n + 1)) bad inputs, each refused with its code and its place"
