#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A roster in a backtest: its agents play on the same files in one engine, each with its own plugin, parameters,
# capital and limits, and decide as they do alone where they do not meet; a plugin without a roster has the presets of one.
# Mistakes of a roster are told in one pass.
. "$(dirname "$0")/common.sh"
MODULES=$(dirname "$AGON")/plugins
mkdir "$WORK/plugins"
cp "$MODULES"/*/*.so "$PLUGINS"/*.so "$WORK/plugins"

# Three markets of a day in bars of a minute, of different shape; now and then they shake.
bars() { # SYMBOL PRICE PERIOD
    awk -v px="$2" -v period="$3" 'BEGIN {
        print "open_time_ms,open,high,low,close,volume"
        for (i = 0; i < 1440; i++) {
            a = b; b = px * (1 + 0.01 * sin((i + 1) / period) + (i % 300 > 280 ? 0.004 * (i % 2) : 0))
            if (i == 0) a = px
            printf "%.0f,%.2f,%.2f,%.2f,%.2f,%.3f\n", 1735689600000 + i * 60000, a, (a > b ? a : b) * 1.0005,
                (a < b ? a : b) * 0.9995, b, 50 + i % 7
        }
    }' >"$WORK/binance_spot_$1_bars.csv"
}
bars ETHUSDT 3000 40
bars BTCUSDT 60000 90
bars SOLUSDT 150 20
FILES="$WORK/binance_spot_ETHUSDT_bars.csv $WORK/binance_spot_BTCUSDT_bars.csv $WORK/binance_spot_SOLUSDT_bars.csv"

roster() { # NAME, its agents on standard input
    { printf 'seed: 1\nbase_currency: USDT\nagents:\n' && cat; } >"$WORK/$1.yaml"
}
play() { # NAME [OPTION...]: its report in NAME.json, its journal in NAME.journal
    name=$1
    shift
    "$AGON" backtest --roster "$WORK/$name.yaml" --plugins "$WORK/plugins" --data $FILES --latency 5ms \
        --journal "$WORK/$name.journal" --csv "$WORK/$name.csv" --json "$@" >"$WORK/$name.json" ||
        fail "the backtest of $name ended with $?"
}
# intents NAME SLOT: what the slot wished, without the numbers that the others' wishes and signals move
intents() {
    "$AGON" journal cat "$WORK/$1.journal" --type intent | grep " slot=$2 " |
        sed 's/^[0-9]* //; s/ slot=[0-9]* / /; s/ cause_seq=[0-9]* nth=[0-9]* / /'
}
same() { # NAME SLOT ALONE WHAT
    intents "$1" "$2" >"$WORK/together"
    intents "$3" 0 >"$WORK/alone"
    [ "$(wc -l <"$WORK/alone")" -ge 20 ] || fail "$4 wants only $(wc -l <"$WORK/alone") things: this proves nothing"
    diff "$WORK/alone" "$WORK/together" >"$WORK/diff" || fail "$4 decides otherwise in company: $(head -3 "$WORK/diff")"
}
row() { # NAME AGENT: of agents.csv
    grep "^$2," "$WORK/$1.csv/agents.csv"
}

# The same plugin twice, and another: each as alone, with its own parameters, capital and limits.
btc='  - {name: btc, plugin: mm.so, capital: 50000 USDT, instruments: ["binance:BTCUSDT"], params: {half_bps: 3, interval_ms: 60000, stale_ms: 60000}, signals: {volatility: none}}'
eth='  - {name: eth, plugin: mm.so, capital: 20000 USDT, instruments: ["binance:ETHUSDT"], params: {half_bps: 4, interval_ms: 50000, stale_ms: 60000}, signals: {volatility: none}}'
cross='  - {name: cross, plugin: ema_cross.so, capital: 90000 USDT, instruments: ["binance:SOLUSDT"],
     params: {bar_s: 60, fast: 5, slow: 13, rsi: 7, volume_min: 0, size_pct: 20}}'
small='  - {name: small, plugin: mm.so, capital: 50000 USDT, instruments: ["binance:BTCUSDT"], limits: {order: 10 USDT}, signals: {volatility: none}}'
printf '%s\n' "$btc" "$eth" "$cross" | roster all
printf '%s\n' "$btc" | roster btc
printf '%s\n' "$eth" | roster eth
printf '%s\n' "$cross" | roster cross
for name in all btc eth cross; do play $name; done
same all 0 btc btc
same all 1 eth eth
same all 2 cross cross
for name in btc eth cross; do
    [ "$(row all $name)" = "$(row $name $name)" ] ||
        fail "the figures of $name differ: $(row all $name) and alone $(row $name $name)"
    n=$(grep -c ",$name," "$WORK/all.csv/fills.csv")
    [ "$n" -ge 1 ] && [ "$(row all $name | cut -d, -f8)" = "$n" ] || fail "$name: $n fills, and $(row all $name)"
done
grep ',btc,' "$WORK/all.csv/fills.csv" | grep -v ',BTCUSDT,' && fail "btc traded what its roster does not name"
[ "$(row all eth | cut -d, -f1-3)" = 'eth,org.agon.mm 1.0.0,20000' ] || fail "the capital of eth: $(row all eth)"
"$AGON" backtest --roster "$WORK/all.yaml" --plugins "$WORK/plugins" --data $FILES >"$WORK/text" || fail "no text"
lines "$WORK/text" '^\(btc\|eth\|cross\) ' 3 || fail "the report does not tell of each agent: $(cat "$WORK/text")"
printf '%s\n' "$btc" "$small" | roster limited
play limited
[ "$(row limited small | cut -d, -f8)" = 0 ] && [ "$(row limited small | cut -d, -f10)" -ge 20 ] ||
    fail "a limit of 10 USDT an order was not kept: $(row limited small)"
[ "$(row limited btc | cut -d, -f8)" -ge 1 ] || fail "another agent's limit held: $(row limited btc)"

# A plugin alone, without a roster, has the presets of a roster that names no limit, and so decides as there.
limits_of() { # NAME: of its first slot, as the journal has them
    "$AGON" journal cat "$WORK/$1.journal" --type config | sed -n '/kind=slot slot=0 /s/.* capital=/capital=/p' | head -1
}
alone() { # NAME WORD...: the market maker on one market
    name=$1
    shift
    "$AGON" backtest "$@" --data "$WORK/binance_spot_BTCUSDT_bars.csv" --latency 5ms --journal "$WORK/$name.journal" \
        >"$WORK/$name.text" || fail "the backtest of $name ended with $?"
}
alone bare "$WORK/plugins/mm.so" --capital 50000 --param half_bps=3 interval_ms=60000 stale_ms=60000 --seed 1
alone listed --roster "$WORK/btc.yaml" --plugins "$WORK/plugins"
printf '%s\n' "$btc" | sed 's/mm.so, capital: 50000 USDT/mm.so, capital: 50000 USDT, limits: {collar: 3%}/' | roster other
play other
[ -n "$(limits_of btc)" ] && [ "$(limits_of other)" != "$(limits_of btc)" ] || fail "the journal does not show limits: $(limits_of btc)"
[ "$(limits_of bare)" = "$(limits_of listed)" ] ||
    fail "presets without a roster: $(limits_of bare); with one: $(limits_of listed)"
same bare 0 listed "a plugin without a roster"

n_btc=$(row all btc | cut -d, -f9)
n_eth=$(row all eth | cut -d, -f9)

# Who publishes is heard, wherever it stands in the roster.
model='  - {name: model, plugin: vol.so, capital: 0 USDT, instruments: ["binance:BTCUSDT"],
     params: {bar_s: 60, short: 5, long: 30}}'
hearing=$(echo "$btc" | sed 's/volatility: none/volatility: model.volatility/')
printf '%s\n' "$model" "$hearing" | roster before
printf '%s\n' "$hearing" "$model" | roster behind
play before
play behind
for at in before:1 behind:0; do
    name=${at%:*}
    [ "$("$AGON" journal cat "$WORK/$name.journal" --type signal | wc -l)" -ge 100 ] || fail "$name: no signals"
    intents "$name" "${at#*:}" >"$WORK/heard"
    intents btc 0 | cmp -s - "$WORK/heard" && fail "$name: the market maker does not hear the model"
done

# Where the agents run changes nothing, nor does a replay.
rm -rf "$WORK/all.journal"
play all --to 2025-01-01T03:00:00Z
want=$(json "$WORK/all.json" intents_hash)
state=$(json "$WORK/all.json" state_hash)
rm -rf "$WORK/all.journal"
play all --to 2025-01-01T03:00:00Z --runner process
"$AGON" replay "$WORK/all.journal" --verify --json >"$WORK/replay.json" || fail "the replay failed"
for file in all replay; do
    [ "$(json "$WORK/$file.json" intents_hash)" = "$want" ] && [ "$(json "$WORK/$file.json" state_hash)" = "$state" ] ||
        fail "processes or the replay end elsewhere"
done

# Mistakes, all of them, and nothing started.
refused() { # CODE TEXT OPTION...
    code=$1
    text=$2
    shift 2
    "$AGON" backtest "$@" --journal "$WORK/none" --csv "$WORK/none" >"$WORK/out" 2>"$WORK/err"
    got=$?
    [ "$got" = "$code" ] || fail "backtest $*: ended with $got instead of $code: $(head -3 "$WORK/err")"
    grep -q -e "$text" "$WORK/err" || fail "backtest $*: the message lacks '$text': $(head -5 "$WORK/err")"
    [ ! -e "$WORK/none" ] && [ ! -s "$WORK/out" ] || fail "backtest $*: something was started"
}
bad() {
    refused 3 "$1" --roster "$WORK/bad.yaml" --plugins "$WORK/plugins" --data $FILES
}
printf '%s\n' "$btc" '  - {name: eth, plugin: nm.so, capital: 1 USDT, instruments: ["binance:ETHUSTD"]}' \
    '  - {name: bnb, plugin: mm.so, capital: 1 USDT, instruments: ["binance:BNBUSDT"], signals: {volatility: none}}' | roster bad
bad "bad.yaml:5:25: error.*agents\[1\].plugin.*No such file"
bad "bad.yaml:5:63: error.*did you mean 'binance:ETHUSDT'"
bad "bad.yaml:6:63: error.*expected one of: binance:ETHUSDT, binance:BTCUSDT, binance:SOLUSDT"
sed 's/capital/captial/; s/mm.so/..\/mm.so/' "$WORK/all.yaml" >"$WORK/bad.yaml"
refused 5 "bad.yaml:4:25: error.*\.\." --roster "$WORK/bad.yaml" --plugins "$WORK/plugins" --data $FILES
grep -q "bad.yaml:5:[0-9]*: error.*did you mean 'capital'" "$WORK/err" || fail "not all mistakes in one pass"
sed 's/half_bps: 3/haf_bps: 3/; s/interval_ms: 50000/interval_ms: 500000/; s/fast: 5/fast: x/' "$WORK/all.yaml" \
    >"$WORK/bad.yaml"
bad "bad.yaml:4:[0-9]*: error.*params.*has no such parameter.*did you mean 'half_bps'"
bad 'bad.yaml:5:[0-9]*: error.*interval_ms: 500000 is not within 10 and 60000'
bad 'bad.yaml:7:[0-9]*: error.*fast: "x" is not a whole number'
"$AGON" backtest "$WORK/plugins/mm.so" --param interval_ms=500000 --data $FILES >"$WORK/out" 2>"$WORK/err"
code=$?
[ "$code" = 3 ] || fail "a parameter beyond its bounds: ended with $code instead of 3"
refused 3 nowhere --roster "$WORK/nowhere.yaml"
refused 4 'header names neither trades' --roster "$WORK/all.yaml" --plugins "$WORK/plugins" --data "$WORK/text"
refused 2 'a plugin does not go' "$PLUGINS/busy.so" --roster "$WORK/all.yaml"
refused 2 '.*param does not go' --roster "$WORK/all.yaml" --param every=3
refused 2 '.*capital does not go' --roster "$WORK/all.yaml" --capital 5
refused 2 'goes with' "$PLUGINS/busy.so" --plugins "$PLUGINS"
echo "$n_btc and $n_eth intents of one plugin twice, as alone"
