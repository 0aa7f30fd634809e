#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Eleven agents that look for what an assumed market gives away. Each has to win where just that is planted. On tables in
# which nothing can be won none does: no mean is above 0 with a t of 3, on KINDS of tables, over LEAKS seeds (10;
# `./agon soak leaks`: 200), with the costs that a backtest assumes and, for those would hide what a leak pays, with none.
# Where one rests orders it has an instrument alone.
. "$(dirname "$0")/common.sh"
KINDS=${KINDS:-bars trades}

# --- nobody finds anything in what is shown ---
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


seek() { # COSTS ARG...
    costs=$1
    shift
    # shellcheck disable=SC2086
    "$AGON" backtest --roster "$WORK/leaks.yaml" --plugins "$PLUGINS" --data $data --check lookahead --check-points 1 \
        --check-seeds "${LEAKS:-10}" --check-rows "${LEAKS_ROWS:-1500}" "$@" --json >"$WORK/check.json" 2>"$WORK/check.err"
    status=$?
    [ "$status" -le 1 ] || fail "exit code $status: $(cat "$WORK/check.err")"
    jq -r --arg costs "$costs" '.parts[] | select(.agents) | .name as $part | .agents[] |
        [$costs, $part, .agent, .seeds, .seeds_again, .mean, .t, .fills] | @tsv' "$WORK/check.json"
    jq -e '[.parts[] | select(.name | startswith("fair")) | .agents[] | select(.fills > 0)] | length >= 14' "$WORK/check.json" \
        >/dev/null || fail "hardly anybody traded: this would prove nothing"
    for kind in $KINDS; do
        bad=$(jq -r --arg part "fair_$kind" '[.parts[] | select(.name == $part) | .agents[] | select(.t >= 3) | .agent] | join(", ")' \
            "$WORK/check.json")
        [ -z "$bad" ] || fail "on $kind, costs $costs, a leak pays: $bad"
    done
}
seek preset
seek none --spread 0 --drift 0 --slippage 0

# --- and each finds what is planted for it ---
planted() { # SEEK SEEDS ROWS
    mkdir "$WORK/$1"
    "${TOOLS}leaky" "$1" planted "${PLANTED_COSTS:-free}" "$PLUGINS/leak.so" "$WORK/$1" "$2" "$3" >"$WORK/$1/said" 2>"$WORK/$1/err" ||
        fail "$1, planted: $(cat "$WORK/$1/err")"
    echo "planted: $(cat "$WORK/$1/said")"
    awk '{ exit !($6 > 3) }' "$WORK/$1/said" || blind="$blind $1"
}
blind=
while read -r seek seeds rows; do
    planted "$seek" "$seeds" "$rows"
done <<'END'
first_leg 6 400
second_extreme 6 300
depth 8 1600
traded_size 8 1600
decimals 60 150
bar_count 5 300
timer 5 200
fill 6 500
revised 5 300
neighbour 6 1200
bracket 8 1600
END
[ -z "$blind" ] || fail "what is planted for them is not found by:$blind"

# Each number that is visible inside a bar, held against the rest of that bar: bars that are each as lively as the next.
"${TOOLS}fair" "${PROBE_SEED:-4}" bars "${PROBE_ROWS:-100000}" even >"$WORK/ADAUSDT_even.csv" || fail "no table"
"$AGON" backtest "$PLUGINS/probe.so" --data "$WORK/ADAUSDT_even.csv" >"$WORK/probe.out" 2>"$WORK/probe.err" ||
    fail "the probe failed: $(cat "$WORK/probe.err")"
grep '^probe: \(of type\|type\|values\)' "$WORK/probe.err" "$WORK/probe.out" | sed 's/^[^:]*://' | sort -u >"$WORK/probe"
cat "$WORK/probe"
n=$(sed -n 's/^probe: values \([0-9]*\) bars [0-9]* above .*/\1/p' "$WORK/probe")
[ "${n:-0}" -ge 120 ] || fail "the probe saw ${n:-no} values: this would prove nothing"
for type in 6 8 32 33 34; do # QUOTE, BAR, ORDER, FILL, BALANCE
    grep -q "^probe: of type $type: " "$WORK/probe" || fail "the probe saw no value of type $type"
done
grep -q '^probe: values [0-9]* bars [0-9]* above 0 ' "$WORK/probe" || fail "what is visible inside a bar tells of the rest of it"
