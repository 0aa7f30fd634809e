#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two models and one word of both (plugins/ensemble): an LSTM that has learnt the market and one that learnt noise. Each of its words is
# the mean of what both said of that candle, by the weights that it names; the one that is right comes to weigh more, and its direction is
# right more often than the worse one's. Who trades hears it as any model. Runners agree, a journal replays, and an input that is bound
# to nobody is no voice. No shipped plugin of kind model calls what libm computes otherwise on another machine.
. "$(dirname "$0")/common.sh"
BUILT=$2/../../plugins
mkdir "$WORK/plugins"
cp "$BUILT/lstm/lstm.so" "$BUILT/lstm/follow.so" "$BUILT/ensemble/ensemble.so" "$WORK/plugins"
bars() { python3 "$(dirname "$0")/lstm_bars.py" "$@"; }
bars 1 5000 0.6 >"$WORK/learnt.csv"
bars 2 1500 0.6 >"$WORK/BTCUSDT.csv"
bars 3 3000 0 >"$WORK/noise.csv"
printf 'window: 8\nhidden: 8\nseed: 1\nbatch: 32\nbatches: 50\nepochs: 4\nrate: 0.01\nrate_end: 0.001\nflat_bps: 0\n' >"$WORK/net.yaml"
for name in learnt noise; do
    "$AGON" features make "BTCUSDT=$WORK/$name.csv" --features return.1 range.1 place.1 volatility.20 profile_gap.20.12 --ahead 1 --out "$WORK/$name.rows.csv" \
        >"$WORK/out" 2>&1 || fail "rows: $(cat "$WORK/out")"
    "$AGON" train lstm --data "$WORK/$name.rows.csv" --gap 1 --config "$WORK/net.yaml" --out "$WORK/$name.net" --quiet >"$WORK/out" 2>&1 || fail "no net: $(cat "$WORK/out")"
done
roster() { # PARAMS
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    for name in learnt noise; do
        printf '  - {name: %s, plugin: lstm.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], files: {weights: %s.net}}\n' $name $name
    done
    printf '  - {name: both, plugin: ensemble.so, capital: 1000 USDT, instruments: ["binance:BTCUSDT"], params: {%s},\n' "$1"
    printf '     signals: {first: noise.direction, second: learnt.direction, third: none, fourth: none, veto: none}}\n'
    printf '  - {name: follow, plugin: follow.so, capital: 100000 USDT, instruments: ["binance:BTCUSDT"], signals: {direction: both.direction},\n'
    printf '     params: {enter: 0.5, leave: 0.4}}\n'
}
run() { # RUNNER PARAMS
    roster "$2" >"$WORK/roster.yaml"
    rm -rf "$WORK/journal"
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$WORK/plugins" --data "$WORK/BTCUSDT.csv" --taker 0 --runner "$1" --journal "$WORK/journal" \
        --json --html "$WORK/page.html" >"$WORK/json" 2>"$WORK/err" || fail "a backtest: $(cat "$WORK/err")"
}
cat >"$WORK/judge.py" <<'END'
import csv, json, re, sys

closes = [float(row["close"]) for row in csv.DictReader(open(sys.argv[2]))]
said = {0: [], 1: [], 2: []}  # noise is slot 1 of the roster, learnt 0
for line in open(sys.argv[1]):
    event = json.loads(line)
    if event["type"] == "signal":
        said[int(event["slot"])].append(event)
by_time = [{event["t"]: event for event in said[slot]} for slot in range(3)]
n, right = 0, {0: [0, 0], 1: [0, 0], 2: [0, 0]}
start = min(int(t) for t in by_time[2])
last = None
for event in said[2]:
    shares = [float(x) / 100 for x in re.findall(r"(?:first|second) (\d+)%", event["text"])]
    names = re.findall(r"(first|second) \d+%", event["text"])
    words = [by_time[1 if name == "first" else 0].get(event["t"]) for name in names]
    assert len(names) >= 1 and all(words), event
    up = sum(share * float(word["p_up"]) for share, word in zip(shares, words))
    down = sum(share * float(word["p_down"]) for share, word in zip(shares, words))
    if float(event["value"]) != 0:
        assert abs(up - down - float(event["value"])) < 0.02, (event, up, down)  # shares are said as whole per cents
    else:
        assert float(event["p_flat"]) == 1, event
    n += 1
    last = dict(zip(names, shares))
assert n > 1000, n
assert last.get("second", 0) > 0.6, last  # it began with 30 % of the weight
print(f"{n} words of two models; the one that learnt the market ends with {last['second']:.0%} of the weight, from 30 %")
END
run inproc 'rate: 40, memory: 100, margin: 0.05'
"$AGON" journal cat "$WORK/journal" --type signal --json >"$WORK/signals" || fail "no signals"
python3 "$WORK/judge.py" "$WORK/signals" "$WORK/BTCUSDT.csv" >"$WORK/said" 2>&1 || fail "not what both said: $(tail -n 1 "$WORK/said")"
jq -e '.agents[2].metrics | .["0"] >= 20 and .["4"] + .["3"] > 99' "$WORK/json" >"$WORK/is" || fail "not counted: $(jq -c '.agents[2].metrics' "$WORK/json")"
# By the names that its descriptor has, and no number.
for name in sides 'no side' 'weight 1' 'weight 2'; do
    grep -qE "<td[^>]*>both</td><td[^>]*>$name</td>" "$WORK/page.html" || fail "the page does not say '$name': $(grep -oE '<td[^>]*>both</td><td[^>]*>[^<]*' "$WORK/page.html")"
done
! grep -q 'not named by its plugin' "$WORK/page.html" || fail "a metric that nobody named: $(grep -oE 'metric [0-9]+ .not named[^<]*' "$WORK/page.html")"
intents=$(json "$WORK/json" intents_hash)
[ "$(jq '.agents[3].fills' "$WORK/json")" -gt 10 ] || fail "nobody traded on it: $(jq -c '.agents[3]' "$WORK/json")"
run process 'rate: 40, memory: 100, margin: 0.05'
[ "$(json "$WORK/json" intents_hash)" = "$intents" ] || fail "the runners differ"
"$AGON" replay "$WORK/journal" --verify >"$WORK/out" || fail "the journal does not replay: $(cat "$WORK/out")"
"$AGON" validate "$WORK/plugins/ensemble.so" >"$WORK/out" 2>&1 || fail "validate: $(cat "$WORK/out")"
# --- every model that ships ---
n_models=0
for source in $(grep -l 'kind = AGON_MODEL' "$AGON_SOURCE_ROOT"/plugins/*/*.c); do
    name=$(basename "$source" .c) file=$BUILT/$(basename "$(dirname "$source")")/$(basename "$source" .c).so
    [ -f "$file" ] || fail "$name is a model and no plugin of it is built"
    "$AGON" validate "$file" --json >"$WORK/json" 2>&1 || fail "$name: $(cat "$WORK/json")"
    jq -e '[.files[].checks[] | select(.id == "val-s07")] | length == 1 and .[0].result == "ok"' "$WORK/json" >"$WORK/is" ||
        fail "$name: $(jq -c '.files[].checks[] | select(.id == "val-s07")' "$WORK/json")"
    n_models=$((n_models + 1))
done
[ $n_models -ge 5 ] || fail "$n_models models ship; direction, ensemble, lstm, validator and vol did"
cat "$WORK/said"
echo "$n_models models that ship compute alike everywhere"
