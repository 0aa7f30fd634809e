#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad input through the command line (RELIABILITY 4): the documented exit code, a message that names the place and what
# was meant, in bounded time, and nothing started.
. "$(dirname "$0")/common.sh"
n=0

# refused CODE TEXT COMMAND...: TEXT (a basic regular expression) must be in the message, and the run directory be as it
# was: not there, where it was not
refused() {
    code=$1
    text=$2
    shift 2
    before=$(find "$WORK/run" 2>/dev/null | sort)
    timeout 60 "$AGON" "$@" >"$WORK/out" 2>"$WORK/err"
    got=$?
    [ "$got" = "$code" ] || fail "agon $*: ended with $got instead of $code: $(head -3 "$WORK/err")"
    grep -q -e "$text" "$WORK/err" || fail "agon $*: the message lacks '$text': $(head -5 "$WORK/err")"
    [ "$before" = "$(find "$WORK/run" 2>/dev/null | sort)" ] || fail "agon $*: something was started"
    n=$((n + 1))
}
# also TEXT...: each is in the message of the last refusal too
also() {
    for text in "$@"; do
        grep -q -e "$text" "$WORK/err" || fail "the message lacks '$text': $(head -30 "$WORK/err")"
    done
}
# never TEXT...: none is: what only follows from another mistake is not said
never() {
    for text in "$@"; do
        grep -q -e "$text" "$WORK/err" && fail "the message has '$text': $(head -30 "$WORK/err")"
    done
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
host 3 "roster.yaml:5:20: error.*BTCUSTD.*did you mean 'binance:BTCUSDT'"
# what is known of a roster is said together: schema, names, currencies, instruments, plugins, parameters
good
live_files "$(agent busy_1 busy.so "evry: 5" "orders_brst: 4")
$(agent busy_1 nowhere.so | sed 's/USDT,$/EUR,/; s/BTCUSDT/BTCUSTD/')
$(agent busy_3 busy.so 'every: 0, side: up, both: maybe')"
host 3 "roster.yaml:[0-9]*:[0-9]*: error.*did you mean 'orders_burst'"
also "roster.yaml:5:[0-9]*: error.*evry.*did you mean 'every'" 'roster.yaml:7:12: error.*name of the agent' \
    'roster.yaml:7:28: error.*nowhere.so.*No such file' 'roster.yaml:7:[0-9]*: error.*base currency' \
    'roster.yaml:8:20: error.*BTCUSTD' 'roster.yaml:11:[0-9]*: error.*every.*0 is not within' \
    'roster.yaml:11:[0-9]*: error.*side' 'roster.yaml:11:[0-9]*: error.*both'
good
live_files "$(agent busy_1 busy.so '' '' ', isolation: require, runner: inproc')"
host 3 "roster.yaml:6:[0-9]*: error.*no sandbox inside the host"
# where the roster has a mistake of its own, two plugins that are none: both, each with its place
good
live_files "$(agent a nowhere.so '' 'orders_brst: 4')
$(agent b neither.so)"
host 3 'roster.yaml:4:[0-9]*: error.*nowhere.so'
also 'roster.yaml:7:[0-9]*: error.*neither.so'
# what only follows is not said
good
sed -i 's/ETHUSDT/BTCUSDT/' "$WORK/conf/live.yaml"
host 3 'live.yaml:[0-9]*:14: error.*BTCUSDT.*another'
never 'roster.yaml' ETHUSDT
good
printf 'nonsense: 1\n' >>"$WORK/conf/venue.yaml"
host 3 'venue.yaml:[0-9]*:1: error.*nonsense'
never 'roster.yaml'

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
data ': no row of it was used' "$head\n"
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
refused 4 'nameless.csv: ABCDEF is not a symbol' backtest "$PLUGINS/busy.so" --data "ABCDEF=$WORK/nameless.csv"
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
refused 4 'nowhere' demo --data "$WORK/nowhere" --seconds 10

# journals
"$AGON" backtest "$PLUGINS/busy.so" --seed 3 --for 1m --journal "$WORK/journal" >"$WORK/out" || fail "no journal"
file=$(ls "$WORK"/journal/*.seg 2>/dev/null | head -1)
[ -n "$file" ] || file=$(ls "$WORK"/journal/* | head -1)
printf '\377' | dd of="$file" bs=1 seek=2000 conv=notrunc 2>/dev/null
refused 4 "$(basename "$file").*[0-9]" replay "$WORK/journal"
refused 4 'nowhere' replay "$WORK/nowhere"
mkdir "$WORK/host"
mv "$WORK/journal" "$WORK/host/"
file=$(basename "$file")
refused 4 "$file.*[0-9]" replay "$WORK/host"
refused 4 "$file.*[0-9]" replay "$WORK/host/journal/$file"
also 'is a part of a journal'
refused 4 "$file.*[0-9]" journal stats "$WORK/host"
refused 4 'no file of a journal' replay "$WORK/conf/live.yaml"
refused 4 'no file of a journal' journal stats "$WORK/conf/live.yaml"

# accounts of the simulator: all at once, with what was meant; the example of the page is well
cat >"$WORK/accounts.yaml" <<EOF
accounts:
  - key: mine
    secrt: some-secret
    balances: {USDT: many, BTC: -1}
  - {key: mine, public_key: short, permissions: [USER_DAT]}
  - {key: third}
EOF
refused 3 "accounts.yaml:3:5: error.*did you mean 'secret'" sim --account "$WORK/accounts.yaml" --for 10ms
also 'accounts.yaml:4:22: error.*not an amount' 'accounts.yaml:4:33: error.*not an amount' 'accounts.yaml:5:11: error.*line 2' \
    'accounts.yaml:5:29: error.*Ed25519' "accounts.yaml:5:50: error.*did you mean 'USER_DATA'" 'accounts.yaml:6:5: error.*secret or'
# The nth example of the page.
example() {
    awk -v nth="$1" '/^```yaml/ { n++; is_in = 1; next } /^```/ { is_in = 0 } is_in && n == nth' \
        "$AGON_SOURCE_ROOT/docs/simulator.md"
}
example 1 >"$WORK/accounts.yaml"
"$AGON" sim --account "$WORK/accounts.yaml" --for 10ms >"$WORK/out" 2>&1 || fail "the example of simulator.md: $(cat "$WORK/out")"

# faults of the simulator: the same
cat >"$WORK/faults.yaml" <<EOF
faults:
  - {on: request, do: drop}
  - {on: time, do: halve}
  - {on: user, do: drop, chanse: 3%}
EOF
refused 3 "faults.yaml:2:23: error.*does not go with its 'on'" sim --faults "$WORK/faults.yaml" --for 10ms
also "faults.yaml:3:5: error.*no 'for'" "faults.yaml:4:26: error.*did you mean 'chance'"
example 2 >"$WORK/faults.yaml"
"$AGON" sim --faults "$WORK/faults.yaml" --for 10ms >"$WORK/out" 2>&1 || fail "the faults of simulator.md: $(cat "$WORK/out")"
grep -q '"binance_um":{"port":[1-9]' "$WORK/out" || fail "no port of USD-M futures: $(cat "$WORK/out")"

# who only looks makes nothing
"$AGON" doctor --dir "$WORK/deep/down" >"$WORK/out"
[ ! -e "$WORK/deep" ] || fail 'doctor made a directory'
grep -q "^ok  *directory .*deep/down is not there yet; looked at $WORK\$" "$WORK/out" || fail "doctor: $(cat "$WORK/out")"
grep -q '^[a-z]*  *disk sync ' "$WORK/out" || fail "doctor: $(cat "$WORK/out")"

# a second host in one directory; what only create can judge of a plugin's parameters, it says itself
MODE=paper
cp "$PLUGINS/busy.so" "$AGON_BUILD_ROOT/plugins/ema_cross/ema_cross.so" "$AGON_BUILD_ROOT/plugins/vol/vol.so" "$WORK/"
PLUGINS=$WORK
certify "$WORK/vol.so"
live_files "$(agent busy_1 busy.so)
$(agent crossed ema_cross.so 'fast: 30, slow: 20')
$(agent turned vol.so 'short: 300' '' ', runner: inproc')"
start_host
until_true "$HOST_PID" "two slots that cannot be played" lines "$WORK/host.err" '"key":"slot-ended"' 2
until_true "$HOST_PID" "the reason of crossed" \
    lines "$WORK/host.err" '"key":"crossed","text":"crossed: .*fast has to be less than slow' 1
until_true "$HOST_PID" "the reason of turned" \
    lines "$WORK/host.err" '"key":"turned","text":"turned: .*short has to be less than long' 1
until_true "$HOST_PID" "the first host" lines "$WORK/host.err" '"key":"start"' 1
timeout 60 "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet 2>"$WORK/err"
code=$?
[ "$code" = 5 ] || fail "a second host: ended with $code instead of 5"
grep -q 'another' "$WORK/err" || fail "a second host: $(cat "$WORK/err")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the first host"
echo "$((n + 1)) bad inputs, each refused with its code and its place"
