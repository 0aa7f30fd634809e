#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What an operator does wrong, row by row of mistakes.txt: told where, what and how to mend it, with the exit code, and
# nothing is left behind. mistakes.py judges; here is what the rows begin from.
. "$(dirname "$0")/common.sh"
HERE=$(cd "$(dirname "$0")" && pwd)

# What each row gets a copy of: the files of a host on paper, and some that are not what they should be.
START=$WORK/start
mkdir -p "$START/empty" "$START/data" "$START/plugins"
SIM_PORT=1
MODE=paper
live_files "$(agent first busy.so '' 'orders_per_second: 10')"
sed -i -e '/^load_from/d' "$WORK/conf/live.yaml"
cp -r "$WORK/conf" "$WORK/credentials" "$START/"
printf 'time_ms,side,price,amount\n1546300800000,buy,2.50,1000\n1546300801000,sell,2.51,1000\n' >"$START/data/BTCUSDT.csv"
printf 'time_ms,side,price,amount\n1546300800000,bid,2.50,1000\n' >"$START/data/ETHUSDT.csv"
printf 'timestamp,side,price,amount\n1546300800000,buy,2.50,1000\n' >"$START/data/BTCUSDT_ms.csv"
printf 'open_time_ms,open,high,low,close,volume\n1546300800,1,2,1,2,9\n1546300860,2,2,1,1,9\n' >"$START/data/BTCUSDT_s.csv"
{ printf '\377' && head -c 4095 /dev/urandom; } >"$START/junk" # no text from its first byte on
: >"$START/nothing"
echo 'int main(void) { return 0; }' >"$START/plugins/source.so"
: >"$START/plugins/nothing.so"
cp "$PLUGINS/busy.so" "$2/../../plugins/sma_cross/sma_cross.so" "$2/../../plugins/pairs/pairs.so" \
    "$2/../../plugins/basis/basis.so" "$START/plugins/"
cp "$PLUGINS/busy.so" "$START/plugins/arm.so"
printf '\267\000' | dd of="$START/plugins/arm.so" bs=1 seek=18 conv=notrunc 2>/dev/null
head -c 900 "$PLUGINS/busy.so" >"$START/plugins/cut.so"
printf 'accounts:\n  - {key: mine, secret: some-secret, balances: {USDT: 5}}\n' >"$START/accounts.yaml"
printf 'faults:\n  - {on: request, do: delay, for: 5ms, chance: 3%%}\n' >"$START/faults.yaml"
"$AGON" backtest "$PLUGINS/busy.so" --seed 3 --for 1m --journal "$START/played/journal" >"$WORK/out" 2>&1 ||
    fail "no journal: $(cat "$WORK/out")"
"$AGON" tape make "BTCUSDT=$START/data/BTCUSDT.csv" --out "$START/data/BTCUSDT.tape" >"$WORK/out" 2>&1 ||
    fail "no tape: $(cat "$WORK/out")"

# A host for all rows that ask one. It looks for its exchange and finds none, which no row minds.
cp "$PLUGINS/busy.so" "$PLUGINS/once.so" "$PLUGINS/herald.so" "$START/plugins/source.so" "$WORK/"
live_files "$(agent first busy.so)
$(agent second busy.so)"
cp "$WORK/conf/roster.yaml" "$WORK/other.yaml"
start_host
until_true "$HOST_PID" "the host" lines "$WORK/host.err" '"key":"start"' 1
until_true "$HOST_PID" "both agents" lines "$WORK/host.err" '"key":"slot-active"\|"condition":"ACTIVE"' 0
# Another one on two venues that have the same symbol.
mkdir "$WORK/pair"
cp "$WORK/conf/"* "$WORK/pair/"
sed -e 's/^name: .*/name: binance_um/' -e 's/^dialect: .*/dialect: binance_um/' -e 's|/ws-api/v3|/ws|' -e 's|path: /api}|path: /fapi}|' \
    -e 's/capacity: 6000/capacity: 2400/' "$WORK/conf/venue.yaml" >"$WORK/pair/venue_um.yaml"
printf 'leverage: 5\nmargin: cross\n' >>"$WORK/pair/venue_um.yaml"
sed -i -e 's/^venue: .*/venues: [venue.yaml, venue_um.yaml]/' -e 's/^  - {symbol: ETHUSDT.*/  - {venue: binance_um, symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.001, min_notional: 100}/' "$WORK/pair/live.yaml"
sed -i 's/, "binance:ETHUSDT"//' "$WORK/pair/roster.yaml"
"$AGON" run --config "$WORK/pair/live.yaml" --dir "$WORK/two" --plugins "$PLUGINS" --quiet >"$WORK/two.out" 2>"$WORK/two.err" &
TWO_PID=$!
PIDS="$PIDS $TWO_PID"
until_true "$TWO_PID" "the host on two venues" lines "$WORK/two.err" '"key":"start"' 1
PORT=$(sed 's/.*://' "$WORK/run/http" | tr -d '\n')
export PORT

python3 "$HERE/mistakes.py" "$AGON" "$PLUGINS" "$FAULTY_DIR" "$HERE/mistakes.txt" "$WORK" ${MISTAKES-} || exit 1
kill -0 "$HOST_PID" || fail "the host has ended"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
kill -TERM "$TWO_PID"
ended "$TWO_PID" 0 "the host on two venues"
