#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A venue that pays its makers: a fee below 0, in a backtest, on paper and live. Each maker's fill brings exactly its
# share of what was received (rounded towards nothing), each taker's costs, the sums that are shown are those of the
# fills, and ledger and exchange have the same money.
. "$(dirname "$0")/common.sh"

# of_fills FILE MAKER TAKER: each fill of the CSV has the fee that these rates make; prints how many were makers', and
# the sum of all in the quote at the fill's price.
of_fills() {
    python3 - "$@" <<'PY'
import csv, decimal, sys
from decimal import Decimal as D
decimal.getcontext().prec = 60
rates = {'maker': D(sys.argv[2]), 'taker': D(sys.argv[3])}
makers, total, bad = 0, D(0), []
for row in csv.DictReader(open(sys.argv[1])):
    qty, price, fee = D(row['quantity']), D(row['price']), D(row['fee'])
    got = qty if row['side'] == 'buy' else qty * price
    digits = D(1).scaleb(fee.as_tuple().exponent)
    # up: what is paid away from nothing, what is received towards it
    exact = (got * rates[row['liquidity']]).quantize(digits, rounding=decimal.ROUND_CEILING)
    if fee != exact or (row['fee_asset'] != 'USDT') != (row['side'] == 'buy'):
        bad.append((row, exact))
    makers += row['liquidity'] == 'maker'
    total += fee * (price if row['side'] == 'buy' else 1)
print(makers, total)
sys.exit(f'{len(bad)} fills have another fee, such as {bad[0]}' if bad else 0)
PY
}
paid() { # NAME RESULT: were there makers, and were they paid more than the takers paid?
    awk -v name="$1" '{ exit !($1 >= 5) }' "$2" || fail "$1: too few fills of makers: this proves nothing"
}

# What cannot be: a rebate of more than a tenth.
refused() {
    "$AGON" run --config "$WORK/conf/live.yaml" --dir "$WORK/run" --plugins "$PLUGINS" --quiet --for 1ms >"$WORK/out" 2>"$WORK/err"
    [ $? = 3 ] && grep -q "maker: '-11%' is out of range; expected a share from -10% to 10%" "$WORK/err" || fail "a rebate of 11 %: $(head -3 "$WORK/err")"
}
SIM_PORT=1 MODE=paper live_files "$(agent busy_1 busy.so)"
sed -i 's/min_notional: 5}/min_notional: 5, maker: -11%}/' "$WORK/conf/live.yaml"
refused

# Paper.
printf 'accounts:\n  - key: agon-sim-key\n    secret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==\n    balances: {USDT: 1000000}\n    maker_fee: -0.0002\n    taker_fee: 0.0005\n' \
    >"$WORK/accounts.yaml"
start_sim --seed 3 --speed 10 --account "$WORK/accounts.yaml"
fills() { "$AGON" journal export "$WORK/run/journal" --live --fills "$WORK/fills.csv" >/dev/null 2>&1 && lines "$WORK/fills.csv" ",maker," 12; }
run_with_rebates() { # MODE
    MODE=$1 SPEED=10 live_files "$(agent busy_1 busy.so 'every: 5')"
    sed -i 's/min_notional: 5}/min_notional: 5, maker: -2bps, taker: 5bps}/' "$WORK/conf/live.yaml"
    start_host
    until_true "$HOST_PID" "fills of makers, $1" fills
}
last_fees() { # FILE N: of the last fills of the CSV, sorted
    python3 -c 'import csv, sys; print(*sorted(float(row["fee"]) for row in list(csv.DictReader(open(sys.argv[1])))[-int(sys.argv[2]):]))' "$@"
}
ctl() { "$AGON" ctl "$@" --dir "$WORK/run" --json; }
shown() { # fees less rebates that ctl shows are the sum of the journal's fills, to two cents, and its last fills are the journal's
    "$AGON" journal export "$WORK/run/journal" --live --fills "$WORK/fills.csv" >/dev/null 2>&1 && ctl agents >"$WORK/agents" 2>/dev/null &&
        ctl fills >"$WORK/shown" 2>/dev/null || return 1
    n=$(($(wc -l <"$WORK/fills.csv") - 1))
    of_fills "$WORK/fills.csv" -0.0002 0.0005 >"$WORK/sum" || fail "paper, while it runs"
    jq -e --argjson n "$n" --argjson sum "$(cut -d ' ' -f 2 "$WORK/sum")" '.[0].fills == $n and ((.[0].fees | tonumber) - (.[0].rebates | tonumber) - $sum | fabs < 0.02)' "$WORK/agents" >/dev/null &&
        [ "$(jq -r '"fee", .[].fee' "$WORK/shown" >"$WORK/shown.csv" && last_fees "$WORK/shown.csv" "$n")" = "$(last_fees "$WORK/fills.csv" "$(jq length "$WORK/shown")")" ]
}
run_with_rebates paper
# Then no fill comes between two questions.
ctl halt all >"$WORK/out" || fail "halt: $(cat "$WORK/out")"
until_true "$HOST_PID" "the fees that are shown" shown
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the paper host"
"$AGON" journal export "$WORK/run/journal" --fills "$WORK/fills.csv" >/dev/null || fail "export"
of_fills "$WORK/fills.csv" -0.0002 0.0005 >"$WORK/paper" || fail "paper"
paid paper "$WORK/paper"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the paper journal does not replay"
rm -r "$WORK/run"

# Live: what the exchange says it paid.
run_with_rebates live
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the live host"
"$AGON" journal export "$WORK/run/journal" --fills "$WORK/fills.csv" >/dev/null || fail "export"
of_fills "$WORK/fills.csv" -0.0002 0.0005 >"$WORK/live" || fail "live"
paid live "$WORK/live"
# What was unconfirmed when it ended is learnt by a run that asks for nothing.
cp "$WORK/conf/roster.yaml" "$WORK/asking.yaml"
sed -i 's/every: 5}/every: 1000000}/' "$WORK/conf/roster.yaml"
until settled; do
    start_host
    until_true "$HOST_PID" "ledger and exchange agree" settled
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host that asks for nothing"
done
mv "$WORK/asking.yaml" "$WORK/conf/roster.yaml"
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" || fail "the live journal does not replay"

# A backtest, and its reports.
"$AGON" backtest --roster "$WORK/conf/roster.yaml" --plugins "$PLUGINS" --for 30m --seed 3 --maker -2 --taker 5 --csv "$WORK/csv" --html "$WORK/page.html" \
    --json >"$WORK/backtest" 2>"$WORK/backtest.err" || fail "backtest: $(head -3 "$WORK/backtest.err")"
of_fills "$WORK/csv/fills.csv" -0.0002 0.0005 >"$WORK/back" || fail "backtest"
paid backtest "$WORK/back"
jq -e --argjson sum "$(cut -d ' ' -f 2 "$WORK/back")" '[.. | objects | select(has("fees") and has("agent") or has("fees") and has("name")) | (.fees | tonumber) - (.rebates | tonumber)][0] - $sum | fabs < 0.05' "$WORK/backtest" >/dev/null ||
    fail "the report's fees are not the sum of the fills: $(jq -c '[.. | .fees?]' "$WORK/backtest" | head -c 300), $(cat "$WORK/back")"
jq -e '[.. | objects | select(has("maker"))][0].maker == -0.0002' "$WORK/backtest" >/dev/null || fail "the report's terms: $(jq -c '[.. | .maker?]' "$WORK/backtest" | head -c 300)"
echo "rebates: $(cut -d ' ' -f 1 "$WORK/paper"), $(cut -d ' ' -f 1 "$WORK/live") and $(cut -d ' ' -f 1 "$WORK/back") fills of makers on paper, live and in a backtest, each with its share"
