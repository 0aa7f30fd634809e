#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What may be ordered of recorded data is what the venue lists and not what the file looks like: a last row with six decimals changes
# nothing before it, in a backtest and in the simulated exchange. A listing is named or lies beside the data; without one
# the default is said aloud, in the report too.
. "$(dirname "$0")/common.sh"
LISTING=$AGON_SOURCE_ROOT/tests/data/listing

bars() { # LAST_VOLUME
    awk -v last="$1" 'BEGIN {
        print "open_time_ms,open,high,low,close,volume"
        for (i = 0; i < 300; i++) {
            from = 60000 + 40 * sin(i / 7)
            to = 60000 + 40 * sin((i + 1) / 7)
            printf "%.0f,%.2f,%.2f,%.2f,%.2f,%.3f\n", 1735689600000 + i * 60000, from, (from > to ? from : to) + 5,
                (from < to ? from : to) - 5, to, 50 + i % 7
        }
        printf "%.0f,60000,60010,59990,60000,%s\n", 1735689600000 + 300 * 60000, last
    }'
}
mkdir "$WORK/plain" "$WORK/fine"
bars 50 >"$WORK/plain/ADAUSDT.csv"
bars 50.123456 >"$WORK/fine/ADAUSDT.csv"
bars 50 >"$WORK/plain/BTCUSDT.csv"
bars 50.123456 >"$WORK/fine/BTCUSDT.csv"
backtest() { # OUT DATA ARG...
    out=$1 data=$2
    shift 2
    "$AGON" backtest "$PLUGINS/busy.so" --data "$data" --csv "$WORK/$out" --html "$WORK/$out.html" --json "$@" >"$WORK/$out.json" 2>"$WORK/$out.err"
}
# Both symbols, of which one is known to the program: all that happened before the last row is the same, to the digit.
for symbol in ADAUSDT BTCUSDT; do
    for kind in plain fine; do
        backtest "$kind-$symbol" "$WORK/$kind/$symbol.csv" || fail "$kind $symbol: $(cat "$WORK/$kind-$symbol.err")"
        awk -F, 'NR == 1 || $1 < "2025-01-01T05:00" { print }' "$WORK/$kind-$symbol/fills.csv" >"$WORK/$kind-$symbol.before"
        grep -q "$symbol: tick .*, lot .*: assumed, .*--instruments" "$WORK/$kind-$symbol.err" || fail "no warning: $(cat "$WORK/$kind-$symbol.err")"
        grep -q "$symbol: tick .*, lot .*assumed" "$WORK/$kind-$symbol.html" || fail "the page does not say what was assumed"
        [ "$(jq -r '.instruments[0].listing' "$WORK/$kind-$symbol.json")" = assumed ] || fail "the report does not say it"
    done
    [ "$(wc -l <"$WORK/plain-$symbol.before")" -gt 50 ] || fail "$symbol: nothing was traded"
    cmp "$WORK/plain-$symbol.before" "$WORK/fine-$symbol.before" || fail "$symbol: its last row changed what happened before"
done
[ "$(jq -r '.data[0].cut' "$WORK/fine-BTCUSDT.json")" = 1 ] || fail "the volume that is finer than the lot is not counted"
echo "a last row with six decimals: $(wc -l <"$WORK/plain-BTCUSDT.before") fills before it, the same"

# Named: filters and limits are those of the listing.
backtest named "$WORK/plain/BTCUSDT.csv" --instruments "$LISTING/binance_spot_exchangeInfo.json" || fail "$(cat "$WORK/named.err")"
[ ! -s "$WORK/named.err" ] || fail "it warns: $(cat "$WORK/named.err")"
jq -e '.instruments[0] | .listing == "named" and .tick == "0.01" and .lot == "0.00001" and .min_notional == "5" and .perpetual == false' \
    "$WORK/named.json" >/dev/null || fail "$(jq .instruments "$WORK/named.json")"
backtest um "$WORK/plain/BTCUSDT.csv" --instruments "$LISTING/binance_um_exchangeInfo.json"
[ $? = 4 ] || fail "prices of two digits at a tick of 0.1 end with $?"
grep -q 'BTCUSDT.csv:[0-9]*:[0-9]*: .* is finer than 1 digits after the point, which its listing has' "$WORK/um.err" ||
    fail "$(cat "$WORK/um.err")"
# Beside the data.
cp "$LISTING/binance_spot_exchangeInfo.json" "$WORK/fine/binance_spot_exchangeInfo_20250101.json"
backtest beside "$WORK/fine/BTCUSDT.csv" || fail "$(cat "$WORK/beside.err")"
[ ! -s "$WORK/beside.err" ] || fail "it warns: $(cat "$WORK/beside.err")"
[ "$(jq -r '.instruments[0] | .listing + " " + .source' "$WORK/beside.json")" = "beside $WORK/fine/binance_spot_exchangeInfo_20250101.json" ] ||
    fail "$(jq .instruments "$WORK/beside.json")"
rm "$WORK/fine/binance_spot_exchangeInfo_20250101.json"
# What was named and says nothing of the symbol, or nothing at all, ends the run before it begins.
backtest other "$WORK/plain/ADAUSDT.csv" --instruments "$LISTING/binance_spot_exchangeInfo.json"
[ $? = 3 ] || fail "an instrument that is not listed: $(cat "$WORK/other.err")"
grep -q 'ADAUSDT is not listed' "$WORK/other.err" || fail "$(cat "$WORK/other.err")"
echo hello >"$WORK/bad.json"
backtest bad "$WORK/plain/BTCUSDT.csv" --instruments "$WORK/bad.json"
[ $? = 3 ] || fail "what is no listing: $(cat "$WORK/bad.err")"
"$AGON" backtest "$PLUGINS/busy.so" --instruments "$WORK/bad.json" >/dev/null 2>&1
[ $? = 2 ] || fail "--instruments without --data"
"$AGON" sim --instruments "$WORK/bad.json" --for 1ms >/dev/null 2>&1
[ $? = 2 ] || fail "sim: --instruments without --data"

# The simulated exchange lists what a backtest plays on.
info() { # DATA ARG...: stepSize, tickSize and minNotional of the exchange's own exchangeInfo
    data=$1
    shift
    rm -f "$WORK/sim.out" # the line of the one before
    "$AGON" sim --data "$data" "$@" --port 0 >"$WORK/sim.out" 2>"$WORK/sim.err" &
    SIM=$!
    listening() { grep -q listening "$WORK/sim.out"; }
    until_true "$SIM" "the exchange" listening
    python3 - "$(jq -r .rest "$WORK/sim.out")" <<'END'
import json, sys, urllib.request
symbol = json.load(urllib.request.urlopen(sys.argv[1] + "/api/v3/exchangeInfo"))["symbols"][0]
filters = {f["filterType"]: f for f in symbol["filters"]}
print(symbol["symbol"], filters["LOT_SIZE"]["stepSize"], filters["LOT_SIZE"]["maxQty"], filters["PRICE_FILTER"]["tickSize"],
      filters["MARKET_LOT_SIZE"]["maxQty"], filters["NOTIONAL"]["minNotional"])
END
    kill "$SIM"
    wait "$SIM"
}
[ "$(info "$WORK/fine/ADAUSDT.csv")" = "$(info "$WORK/plain/ADAUSDT.csv")" ] || fail "the exchange lists what its file has"
grep -q 'ADAUSDT: tick 0.00000001, lot 0.00000001, minimum notional 0: assumed' "$WORK/sim.err" || fail "it does not say so: $(cat "$WORK/sim.err")"
listed=$(info "$WORK/fine/BTCUSDT.csv" --instruments "$LISTING/binance_spot_exchangeInfo.json")
[ "$listed" = "BTCUSDT 0.00001000 9000.00000000 0.01000000 105.44081000 5.00000000" ] || fail "the exchange lists $listed"
if grep -q assumed "$WORK/sim.err"; then fail "it warns"; fi
echo "the exchange lists $listed"
