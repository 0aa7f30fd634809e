#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A plugin buys each second while prices fall by 40 % between :03 and :23 of a minute. Its slot is stopped within that
# minute: at daily_loss 3 % it loses no more than that, one mark's move, spread and fees, buys nothing afterwards, holds
# nothing at the end, and the report says when and at what loss it was stopped. The same by a limit of the portfolio.
. "$(dirname "$0")/common.sh"

# 1700000040 is a full minute. From :02 on the price falls by 2 % of 30000 each second, then it stands.
awk 'BEGIN {
    print "timestamp,side,price,amount"
    for (i = 0; i < 180; i++) {
        fallen = i < 3 ? 0 : i > 23 ? 20 : i - 3
        printf "%d000000,BUY,%d,5.5\n", 1700000040 + i, 30000 - 600 * fallen
    } }' >"$WORK/BTCUSDT.csv"

roster() { # LIMITS PORTFOLIO
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    printf '  - {name: buyer, plugin: buyer.so, capital: 100000 USDT, instruments: ["binance:BTCUSDT"],\n'
    printf '     limits: {order: 20000 USDT, position: 100000 USDT, open_orders: 20, %s}}\n' "$1"
    [ -z "${2-}" ] || printf 'portfolio: {%s}\n' "$2"
}
# play NAME: a backtest of $WORK/NAME.yaml; its report in $WORK/NAME.json, its fills in $WORK/NAME.fills
play() {
    rm -rf "$WORK/journal"
    "$AGON" backtest --roster "$WORK/$1.yaml" --plugins "$PLUGINS" --data "$WORK/BTCUSDT.csv" --json \
        --journal "$WORK/journal" >"$WORK/$1.json" 2>"$WORK/err" || fail "$1: ended with $?: $(cat "$WORK/err")"
    "$AGON" journal cat "$WORK/journal" --type report | grep ' kind=fill ' >"$WORK/$1.fills"
    "$AGON" replay "$WORK/journal" >"$WORK/replay" 2>&1 || fail "$1: replay: $(cat "$WORK/replay")"
}
loss_of() { jq '.agents[0] | 1 - (.equity | tonumber) / (.capital | tonumber)' "$WORK/$1.json"; }
# within NAME LIMIT REASON FILTER: was it stopped for that reason, at that loss and no more than a move beyond?
within() {
    jq -e --arg reason "$3" "$4 | .reason == \$reason and .share >= ${5-$2} and .times == 1" "$WORK/$1.json" >/dev/null ||
        fail "$1: not stopped by $3 at $2: $(jq -c "$4" "$WORK/$1.json")"
    # One mark moves at most 2.5 % of what is held; spread and fees of both ways are well below 1 %.
    awk -v lost="$(loss_of "$1")" -v limit="$2" 'BEGIN { exit !(lost >= limit && lost <= limit + 0.035) }' ||
        fail "$1: lost $(loss_of "$1"), the limit is $2"
    at=$(jq -r "$4 | .t" "$WORK/$1.json")
    bought=$(awk -v at="${at%Z}" 'substr($2, 1, length(at)) > at && / side=buy /' "$WORK/$1.fills" | wc -l)
    [ "$bought" = 0 ] || fail "$1: $bought buys after it was stopped at $at: $(cat "$WORK/$1.fills")"
    jq -e '.agents[0].positions | all(.[]; (.qty | tonumber) == 0)' "$WORK/$1.json" >/dev/null ||
        fail "$1: something is left: $(jq -c .agents[0].positions "$WORK/$1.json")"
    grep -q ' side=sell ' "$WORK/$1.fills" || fail "$1: nothing was closed"
}

roster 'daily_loss: 3%, drawdown: 20%' >"$WORK/day.yaml"
play day
within day 0.03 daily_loss '.agents[0].breach'
"$AGON" report "$WORK/journal" >"$WORK/text" || fail "report ended with $?"
lost=$(jq -r '.agents[0].breach.loss' "$WORK/day.json" | LC_ALL=C awk '{ printf "%.2f", $1 }')
grep -q '^  22:14:.* buyer  *is stopped by the limit daily_loss: lost ' "$WORK/text" && tr -d , <"$WORK/text" | grep -q "is stopped by the limit daily_loss: lost $lost USDT" || fail "the report does not say who stopped it at $lost: $(cat "$WORK/text")"
roster 'daily_loss: 50%, drawdown: 5%' >"$WORK/fall.yaml"
play fall
within fall 0.05 drawdown '.agents[0].breach'
roster 'drawdown: 50%' 'daily_loss: 4%' >"$WORK/all.yaml"
play all
within all 0.04 portfolio_daily_loss '.portfolio.breach'
roster 'daily_loss: 50%, drawdown: 50%' 'equity: 94000 USDT' >"$WORK/floor.yaml"
play floor
within floor 0.06 portfolio_equity '.portfolio.breach' 0

# cancel and halt leave the position; neither buys again.
for word in cancel halt; do
    roster "daily_loss: 3%, drawdown: 100%, on_breach: $word" >"$WORK/$word.yaml"
    play "$word"
    jq -e '.agents[0] | .breach.reason == "daily_loss" and any(.positions[]; (.qty | tonumber) > 0)' \
        "$WORK/$word.json" >/dev/null || fail "$word: $(jq -c .agents[0] "$WORK/$word.json")"
    grep -q ' side=sell ' "$WORK/$word.fills" && fail "$word: something was closed"
done

# Without a limit in the way the fall is its whole length.
roster 'daily_loss: 100%, drawdown: 100%' >"$WORK/none.yaml"
play none
awk -v lost="$(loss_of none)" 'BEGIN { exit !(lost > 0.15) }' || fail "none: lost only $(loss_of none)"
COLUMNS=1000 "$AGON" backtest --roster "$WORK/day.yaml" --plugins "$PLUGINS" --data "$WORK/BTCUSDT.csv" >"$WORK/text" ||
    fail "the text"
grep -q 'stopped by daily loss at 2023-11-14T22:14:.* [0-9.]* %' "$WORK/text" || fail "the text says not when: $(cat "$WORK/text")"
echo "lost $(loss_of day) at 3 %, $(loss_of fall) at 5 %, $(loss_of none) without a limit"
