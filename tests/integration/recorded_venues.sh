#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A recording of Kraken or OKX goes through that venue's own decoder: agents see the trades, best prices and books that its
# text says (tests/data/recording/make.py chose the numbers, and they are written here by hand once more), a book that is not the
# venue's is stale until it comes whole again, and filters, fees and rate windows are those of that venue.
. "$(dirname "$0")/common.sh"
FILES=$AGON_SOURCE_ROOT/tests/data/recording
export COLUMNS=1000 # sentences of reports are read whole

# One line for each event of the market: milliseconds since the first, what it is, and what it says. Levels are price*quantity.
seen() { # JOURNAL
    "$AGON" journal cat "$1" --json | jq -r '
        def levels: map(.[2] + "*" + .[3]) | join(" ");
        ((.t | tonumber) / 1000000 - 1723161600000 | round | tostring) + " " +
        if .type == "status" then "status " + .book + " " + (.reason | tostring)
        elif .type == "trade" then "trade " + .side + " " + .px_dec + "*" + .qty_dec + " " + .venue_id
        elif .type == "quote" then "quote " + .bid_px_dec + "*" + .bid_qty_dec + " " + .ask_px_dec + "*" + .ask_qty_dec
        elif .type == "book_snapshot" then "book " + (.bid | levels) + " | " + (.ask | levels)
        elif .type == "book_delta" then "change " + (.bid | levels) + " | " + (.ask | levels)
        else empty end'
}
play() { # NAME FILE OPTION...
    name=$1
    file=$2
    shift 2
    "$AGON" backtest "$PLUGINS/busy.so" --param every=2 --data "$file" --journal "$WORK/$name" --json "$@" >"$WORK/$name.json" 2>"$WORK/$name.err" ||
        fail "$name: ended with $?: $(cat "$WORK/$name.err")"
    "$AGON" replay "$WORK/$name" --verify >"$WORK/out" 2>&1 || fail "$name: its journal does not replay: $(cat "$WORK/out")"
    seen "$WORK/$name" >"$WORK/$name.seen"
    diff "$WORK/$name.want" "$WORK/$name.seen" >"$WORK/diff" || fail "$name: what was expected and what was seen: $(cat "$WORK/diff")"
}
says() { # NAME FILTER WHAT
    [ "$(jq -r "$2" "$WORK/$1.json")" = "$3" ] || fail "$1: $2 is $(jq -c "$2" "$WORK/$1.json") and not $3"
}

# Its sum is a wrong one at 720: what comes behind counts for nothing till the whole book is there, at 1020.
cat >"$WORK/kraken.want" <<'END'
20 status syncing 0
120 book 59999.9*1.00000000 59999.8*2.00000000 59999.7*3.00000000 59999.6*4.00000000 59999.5*5.00000000 59999.4*6.00000000 59999.3*7.00000000 59999.2*8.00000000 59999.1*9.00000000 59999.0*10.00000000 | 60000.1*1.50000000 60000.2*2.50000000 60000.3*3.50000000 60000.4*4.50000000 60000.5*5.50000000 60000.6*6.50000000 60000.7*7.50000000 60000.8*8.50000000 60000.9*9.50000000 60001.0*10.50000000
120 status live 0
220 trade buy 60000.1*0.25000000 101
220 trade sell 59999.9*0.10000000 102
320 change 59999.9*0.90000000 | 60000.1*1.25000000
420 quote 59999.9*0.90000000 60000.1*1.25000000
620 change 60000.0*0.20000000 | 60000.1*0.00000000 60001.1*7.00000000
620 change 59999.0*0.00000000 | 
720 change 60000.0*0.30000000 | 
720 status stale 8
920 trade buy 60000.2*0.50000000 103
1020 status syncing 0
1020 book 60000.0*0.40000000 59999.9*0.90000000 59999.8*2.00000000 59999.7*3.00000000 59999.6*4.00000000 59999.5*5.00000000 59999.4*6.00000000 59999.3*7.00000000 59999.2*8.00000000 59999.1*9.00000000 | 60000.2*2.50000000 60000.3*3.50000000 60000.4*4.50000000 60000.5*5.50000000 60000.6*6.50000000 60000.7*7.50000000 60000.8*8.50000000 60000.9*9.50000000 60001.0*10.50000000 60001.1*7.00000000
1020 status live 0
1120 change 60000.0*0.45000000 | 60000.2*2.25000000
END
play kraken "$FILES/kraken_spot_BTCUSD.raw"
says kraken '.data[0].differ' 1
says kraken '.instruments[0].symbol' BTC/USD
says kraken '.instruments[0].source' "$FILES/kraken_spot_AssetPairs.json"
says kraken '.rate.windows[0]' 'kraken_spot: 80 % of 60 orders in 1 min and 1000000 in 1 d, weight 15 in 45 s in market time, as the venue publishes them'
"$AGON" backtest "$PLUGINS/busy.so" --data "$FILES/kraken_spot_BTCUSD.raw" >"$WORK/out" 2>&1 || fail "kraken: $(cat "$WORK/out")"
grep -q '1 books that did not come to the sum the venue named' "$WORK/out" && grep -q 'fees 0.25 % (maker) and 0.4 % (taker)' "$WORK/out" ||
    fail "kraken: the report does not say it: $(cat "$WORK/out")"

# One message before that of 620 is missing; a message that changes nothing (520) keeps the chain and is no event. An id may fall.
cat >"$WORK/okx.want" <<'END'
30 status syncing 0
120 book 59999.9*4.00000001 59999.8*0.50000000 | 60000.1*2.00000000 60000.2*1.25000000
120 status live 0
220 trade buy 60000.1*0.50000000 201
220 trade sell 59999.9*2.00000000 202
320 change 59999.9*0.00000000 59999.7*1.25000000 | 60000.1*0.50000000
420 quote 59999.8*0.50000000 60000.1*0.50000000
620 status stale 1
820 trade buy 60000.1*4.00000001 203
920 status syncing 0
920 book 59999.9*0.50000000 | 60000.0*2.00000000
920 status live 0
1020 change 59999.9*1.25000000 | 
END
play okx "$FILES/okx_spot_BTCUSDT.raw"
says okx '.data[0].gaps' 1
says okx '.instruments[0].symbol' BTC-USDT

# In the base, where the venue counts contracts of 0.01 BTC.
cat >"$WORK/swap.want" <<'END'
30 status syncing 0
120 book 59999.9*4.1500 59999.8*0.5001 | 60000.1*2.0000 60000.2*1.2500
120 status live 0
220 trade buy 60000.1*0.5001 201
220 trade sell 59999.9*2.0000 202
320 change 59999.9*0.0000 59999.7*1.2500 | 60000.1*0.5001
420 quote 59999.8*0.5001 60000.1*0.5001
620 status stale 1
820 trade buy 60000.1*4.1500 203
920 status syncing 0
920 book 59999.9*0.5001 | 60000.0*2.0000
920 status live 0
1020 change 59999.9*1.2500 | 
END
play swap "$FILES/okx_swap_BTCUSDT.raw"
says swap '.instruments[0].perpetual' true
says swap '.rate.windows[0]' 'okx_swap: 80 % of 60 orders in 2 s and 1000000 in 1 d, weight 20 in 2 s in market time, as the venue publishes them'
cp "$FILES/okx_swap_BTCUSDT.raw" "$WORK/okx_swap_BTCUSDT.raw"
"$AGON" backtest "$PLUGINS/busy.so" --data "$WORK/okx_swap_BTCUSDT.raw" >"$WORK/out" 2>&1 && fail "contracts of which nobody knows what they are were played"
grep -q 'okx_swap_instruments.json' "$WORK/out" || fail "it does not say what is missing: $(cat "$WORK/out")"
cp "$WORK/swap.want" "$WORK/named.want"
play named "$WORK/okx_swap_BTCUSDT.raw" --instruments "$FILES/okx_swap_instruments.json"

# A roster names them as a host's does.
cat >"$WORK/roster.yaml" <<'END'
seed: 1
base_currency: USD
agents:
  - {name: busy, plugin: busy.so, stage: live, capital: 100000 USD, instruments: ["kraken:BTC/USD"], params: {every: 2}}
END
"$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGINS" --data "$FILES/kraken_spot_BTCUSD.raw" --json >"$WORK/roster.json" 2>"$WORK/err" ||
    fail "by roster: $(cat "$WORK/err")"
[ "$(jq .market_events "$WORK/roster.json")" = 16 ] || fail "by roster: $(jq .market_events "$WORK/roster.json") events"
sed -i -e 's/USD/USDT/g' -e 's|kraken:BTC/USDT|okx_swap:BTC-USDT-SWAP|' "$WORK/roster.yaml"
"$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGINS" --data "$FILES/okx_swap_BTCUSDT.raw" --json >"$WORK/roster.json" 2>"$WORK/err" ||
    fail "a swap by roster: $(cat "$WORK/err")"
# And a plugin does, by its parameters.
"$AGON" backtest "$AGON_BUILD_ROOT/plugins/grid/grid.so" --param venue=kraken symbol=BTC/USD --data "$FILES/kraken_spot_BTCUSD.raw" >"$WORK/out" 2>&1 ||
    fail "a plugin finds no instrument of kraken in its recording: $(cat "$WORK/out")"
"$AGON" backtest "$AGON_BUILD_ROOT/plugins/grid/grid.so" --param venue=binance symbol=BTC/USD --data "$FILES/kraken_spot_BTCUSD.raw" >"$WORK/out" 2>&1 &&
    fail "a plugin is told that kraken's instrument is binance's"
for venue in okx:BTC-USDT okx_swap:BTC-USDT-SWAP; do
    "$AGON" backtest "$AGON_BUILD_ROOT/plugins/grid/grid.so" --param "venue=${venue%%:*}" "symbol=${venue#*:}" --data "$FILES/okx_spot_BTCUSDT.raw" "$FILES/okx_swap_BTCUSDT.raw" >"$WORK/out" 2>&1 ||
        fail "a plugin finds no $venue beside the other's: $(cat "$WORK/out")"
done
# The coins and the perpetual of one name in one run: each is what its venue lists.
"$AGON" backtest "$PLUGINS/busy.so" --data "$FILES/okx_spot_BTCUSDT.raw" "$FILES/okx_swap_BTCUSDT.raw" --json >"$WORK/both.json" 2>"$WORK/err" ||
    fail "coins and perpetual: $(cat "$WORK/err")"
says both '[.instruments[] | [.symbol, .perpetual, (.source | sub(".*/"; ""))]] | tojson' \
    '[["BTC-USDT",false,"okx_spot_instruments.json"],["BTC-USDT-SWAP",true,"okx_swap_instruments.json"]]'
echo "Kraken, OKX spot and swaps: each message as its text has it"
