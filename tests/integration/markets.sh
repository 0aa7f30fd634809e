#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Markets of known structure pay whom they are made to pay: six seeds of the demo's market by command, in lock-step. Six are too
# few to be sure by statistics (that is `./agon soak markets`, of a hundred): held here is what no other draw of these seeds can
# change. Seeds 1 to 6 are none of those that the market or the roster was tuned by (docs/markets.md).
. "$(dirname "$0")/common.sh"
roster=$AGON_SOURCE_ROOT/configs/rosters/markets.yaml

day() { # MARKET SEED FILE [FLAG...]
    market=$1 seed=$2 out=$3
    shift 3
    "$AGON" backtest --market "$market" --roster "$roster" --plugins "$AGON_BUILD_ROOT/plugins" --for "${LENGTH:-1d}" --seed "$seed" --json \
        "$@" >"$out" 2>"$WORK/err" || fail "$market, seed $seed: $(cat "$WORK/err")"
}
for seed in 1 2 3 4 5 6; do
    day demo "$seed" "$WORK/$seed.json"
done
jq -s '[.[].agents[]] | group_by(.name) | map({key: .[0].name, value: {
        net: (map((.equity | tonumber) - (.capital | tonumber)) | add / length),
        fees: (map(.fees | tonumber) | add / length), fills: (map(.fills) | add)}}) | from_entries' \
    "$WORK"/[1-6].json >"$WORK/means" || fail "the reports are not as they were"
says() { # QUERY WHAT
    jq -e "$1" "$WORK/means" >/dev/null || fail "$2: $(jq -c . "$WORK/means")"
}
says '.basis_1.net > 0 and .basis_1.fills > 0' "the basis pays nothing"
says '.mm_1.net > 0 and .mm_1.fills > 0' "the market maker earns nothing"
# A day of one tenth of 50,000 in a price of 50 % a year is some 60 up or down; of the mean of six twice that is far out.
says '.random_1.fees > 0 and .random_1.net < 0 and ((.random_1.net + .random_1.fees) | fabs) < 100' "random is not luck less its fees"

# A seed is a market, to the byte, and another one is another; where plugins run changes no decision.
day demo 1 "$WORK/again.json"
LENGTH=2h
day demo 1 "$WORK/apart.json" --runner process
day demo 1 "$WORK/within.json"
[ "$(json "$WORK/1.json" state_hash)" = "$(json "$WORK/again.json" state_hash)" ] || fail "seed 1 is not the same again"
[ "$(json "$WORK/1.json" intents_hash)" != "$(json "$WORK/2.json" intents_hash)" ] || fail "seeds 1 and 2 are the same"
[ "$(json "$WORK/apart.json" intents_hash)" = "$(json "$WORK/within.json" intents_hash)" ] ||
    fail "agents decide otherwise in processes of their own"

# Tournaments follow the edge: who has one is first, and nobody else is given anything (seed 1, three days).
{ cat "$roster"; printf 'tournament: {preset: default, schedule: "0 0 * * *"}\n'; } >"$WORK/tournament.yaml"
"$AGON" backtest --market demo --roster "$WORK/tournament.yaml" --plugins "$AGON_BUILD_ROOT/plugins" --for 73h --seed 1 --json >"$WORK/held.json" 2>"$WORK/err" ||
    fail "with tournaments: $(cat "$WORK/err")"
jq -e '.tournaments.held == 3 and ([.tournaments.last.agents[:2][].name] | sort) == ["basis_1", "mm_1"] and
    [.tournaments.last.agents[] | select((.after | tonumber) > 50000) | .name] == ["mm_1"]' \
    "$WORK/held.json" >/dev/null || fail "capital went elsewhere: $(jq -c .tournaments "$WORK/held.json")"

# Who was first and then at fault is given nothing from there on, whatever its fault was, and who never trades nothing at all (seeds 3 and 4).
python3 "$AGON_SOURCE_ROOT/tests/soak/markets.py" --faults --seeds 2 --first 3 --agon "$AGON" \
    --plugins "$AGON_BUILD_ROOT/plugins" --build "$AGON_BUILD_ROOT" >"$WORK/faults" 2>&1 || fail "with agents at fault: $(cat "$WORK/faults")"

# The report says that the market is made, and what of.
jq -e '.market | startswith("synthetic, with known structure")' "$WORK/1.json" >/dev/null || fail "the report does not say what the market is"
"$AGON" backtest --market demo --roster "$roster" --plugins "$AGON_BUILD_ROOT/plugins" --for 10m --html "$WORK/page.html" --journal "$WORK/journal" >"$WORK/out" ||
    fail "no report"
tr -s ' \n' ' ' <"$WORK/out" | grep -q 'the generated market demo, seed 1 (synthetic, with known structure' &&
    grep -q 'the generated market demo, seed 1 (synthetic' "$WORK/page.html" ||
    fail "the report does not say what the market is: $(cat "$WORK/out")"
"$AGON" replay "$WORK/journal" --verify >"$WORK/out" || fail "the journal does not replay: $(cat "$WORK/out")"

# A file of one's own is read as the program's; what is wrong with it is told at its place, with what is known instead.
cp "$AGON_SOURCE_ROOT/configs/markets/demo.yaml" "$WORK/mine.yaml"
day "$WORK/mine.yaml" 1 "$WORK/mine.json"
[ "$(json "$WORK/mine.json" intents_hash)" = "$(json "$WORK/within.json" intents_hash)" ] || fail "a copy is another market"
printf 'about: x\nsymbol: []\n' >"$WORK/wrong.yaml"
"$AGON" backtest --market "$WORK/wrong.yaml" --roster "$roster" >"$WORK/out" 2>"$WORK/err"
[ $? = 3 ] && grep -q "wrong.yaml:2:1: .*did you mean 'symbols'" "$WORK/err" || fail "a wrong key: $(cat "$WORK/err")"
"$AGON" backtest --market nowhere --roster "$roster" >"$WORK/out" 2>"$WORK/err"
[ $? = 2 ] && grep -q 'There are: basis, ' "$WORK/err" || fail "a market that is none: $(cat "$WORK/err")"
"$AGON" sim --market radnom-walk >"$WORK/out" 2>"$WORK/err"
[ $? = 2 ] && grep -q 'did you mean random-walk' "$WORK/err" && grep -q 'There are: basis, crash, demo, ' "$WORK/err" ||
    fail "an unknown name: $(cat "$WORK/err")"

# The exchange serves the same market: spot, and the perpetuals that follow it with the premium.
start_sim --market demo --seed 2 --speed 10
um=$(sed -n 's/.*"binance_um":{"port":\([0-9]*\).*/\1/p' "$WORK/sim.out")
[ -n "$um" ] || fail "no perpetuals: $(cat "$WORK/sim.out")"
jq -e '.symbols == ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT"] and .binance_um.symbols == ["BTCUSDT", "ETHUSDT"]' "$WORK/sim.out" >/dev/null ||
    fail "other symbols: $(cat "$WORK/sim.out")"
python3 - "$SIM_PORT" "$um" <<'END' || fail "the exchange shows another market"
import json
import sys
import urllib.request

def ask(port, path):
    return json.load(urllib.request.urlopen(f'http://127.0.0.1:{port}{path}'))

def best(port, path, symbol):
    quote = ask(port, f'{path}/ticker/bookTicker?symbol={symbol}')
    return float(quote['bidPrice']), float(quote['askPrice'])

bid, ask_px = best(sys.argv[1], '/api/v3', 'SOLUSDT')
wide = (ask_px / bid - 1) * 1e4
# Of the minutes before the start too: the premium's standard deviation is 30 bp.
spot = [float(k[4]) for k in ask(sys.argv[1], '/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=900')]
perp = [float(k[4]) for k in ask(sys.argv[2], '/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=900')]
bps = [(b / a - 1) * 1e4 for a, b in zip(spot, perp)]
sd = (sum(x * x for x in bps) / len(bps)) ** 0.5
print(f'markets: SOLUSDT {wide:.1f} bp wide, the premium of BTCUSDT {sd:.1f} bp around 0')
sys.exit(not (15 < wide < 40 and 12 < sd < 60))
END
echo "markets: $(jq -c 'map_values(.net | floor)' "$WORK/means")"
