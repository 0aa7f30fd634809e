#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Eleven agents that look for what an assumed market gives away, on tables in which nothing can be won: the mean of none is
# above 0 on KINDS of tables, over LEAKS seeds (20; `./agon soak leaks`: 200). Where one rests orders it has an instrument alone.
. "$(dirname "$0")/common.sh"
KINDS=${KINDS:-bars trades}

# Each number that is visible inside a bar, held against the rest of that bar: bars that are each as lively as the next.
"${TOOLS}fair" "${PROBE_SEED:-4}" bars "${PROBE_ROWS:-100000}" even >"$WORK/ADAUSDT_even.csv" || fail "no table"
"$AGON" backtest "$PLUGINS/probe.so" --data "$WORK/ADAUSDT_even.csv" >"$WORK/probe.out" 2>"$WORK/probe.err" ||
    fail "the probe failed: $(cat "$WORK/probe.err")"
grep '^probe: \(type\|values\)' "$WORK/probe.err" "$WORK/probe.out" | sed 's/^[^:]*://' | sort -u >"$WORK/probe"
cat "$WORK/probe"
n=$(sed -n 's/^probe: values \([0-9]*\) bars [0-9]* above .*/\1/p' "$WORK/probe")
[ "${n:-0}" -ge 20 ] || fail "the probe saw ${n:-no} values: this would prove nothing"
grep -q '^probe: values [0-9]* bars [0-9]* above 0 ' "$WORK/probe" || fail "what is visible inside a bar tells of the rest of it"

roster() {
    echo 'seed: 1'
    echo 'base_currency: USDT'
    echo 'agents:'
    for seek in first_leg:1 second_extreme:1 depth:3 traded_size:4 decimals:1 bar_count:1 timer:1 fill:5 revised:1 neighbour:1 bracket:6; do
        on=${seek#*:}
        seek=${seek%:*}
        case $on in
        1) instruments='"binance:ADAUSDT", "binance:XRPUSDT"' ;;
        3) instruments='"binance:DOGEUSDT"' ;;
        4) instruments='"binance:LTCUSDT"' ;;
        6) instruments='"binance:TRXUSDT"' ;;
        *) instruments='"binance:DOTUSDT"' ;;
        esac
        printf '  - {name: %s, plugin: leak.so, capital: 100000 USDT, instruments: [%s], params: {seek: %s, on: %s}}\n' \
            "$seek" "$instruments" "$seek" "$on"
    done
}
roster >"$WORK/leaks.yaml"
data=
for symbol in ADAUSDT XRPUSDT DOGEUSDT LTCUSDT DOTUSDT TRXUSDT; do
    "${TOOLS}fair" 1 bars 300 >"$WORK/$symbol.csv" || fail "no table of $symbol"
    data="$data $WORK/$symbol.csv"
done

# shellcheck disable=SC2086
"$AGON" backtest --roster "$WORK/leaks.yaml" --plugins "$PLUGINS" --data $data --check lookahead --check-points 1 \
    --check-seeds "${LEAKS:-20}" --check-rows "${LEAKS_ROWS:-1500}" --json >"$WORK/check.json" 2>"$WORK/check.err"
status=$?
[ "$status" -le 1 ] || fail "exit code $status: $(cat "$WORK/check.err")"
jq -r '.parts[] | select(.agents) | .name as $part | .agents[] | [$part, .agent, .seeds, .seeds_again, .mean, .t, .fills] | @tsv' \
    "$WORK/check.json"
jq -e '[.parts[] | select(.name | startswith("fair")) | .agents[] | select(.fills > 0)] | length >= 10' "$WORK/check.json" >/dev/null ||
    fail "hardly anybody traded: this would prove nothing"
for kind in $KINDS; do
    bad=$(jq -r --arg part "fair_$kind" '[.parts[] | select(.name == $part) | .agents[] | select(.t >= 3) | .agent] | join(", ")' \
        "$WORK/check.json")
    [ -z "$bad" ] || fail "on $kind a leak pays: $bad"
done
