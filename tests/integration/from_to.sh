#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A backtest begins and ends where it is told to: it plays no row of before, whose bars are history to its agents, and none
# from its end on. A latency of 0, said or preset, is named in each form of the report.
# shellcheck disable=SC2086 # EMA is words
. "$(dirname "$0")/common.sh"

# Three hours of a price that goes up and down, a trade each second.
awk 'BEGIN {
    print "time_ms,price,quantity,side"
    for (i = 0; i < 10800; i++)
        printf "%.0f,%.2f,0.5,%s\n", 1723161600000 + i * 1000, 60000 + 500 * sin(i / 200), i % 2 ? "buy" : "sell"
}' >"$WORK/BTCUSDT.csv"
EMA="$2/../../plugins/ema_cross/ema_cross.so --param symbol=BTCUSDT bar_s=60 fast=3 slow=8 rsi_entry=0"
# play NAME OPTION...: a run with its journal, its report in $WORK/NAME.json
play() {
    name=$1
    shift
    "$AGON" backtest $EMA --data "BTCUSDT=$WORK/BTCUSDT.csv" --journal "$WORK/$name.journal" --json "$@" \
        >"$WORK/$name.json" 2>"$WORK/err" || fail "$name: ended with $?: $(cat "$WORK/err")"
}
trades() { "$AGON" journal cat "$WORK/$1.journal" --type trade --json | jq -s "$2"; }

play whole
play late --from 2024-08-09T02:00:00Z
[ "$(trades late length)" = 3600 ] || fail "of an hour it played $(trades late length) trades"
[ "$(trades late '.[0].t_venue | tonumber')" = 1723168800000000000 ] || fail "it begins with $(trades late '.[0]')"
# Two hours: 120 minutes, 40 threes, 24 fives, 12 tens, 8 quarters of an hour and 2 hours.
[ "$(jq .history "$WORK/late.json")" = 206 ] || fail "$(jq .history "$WORK/late.json") bars of history"
[ "$(jq .history "$WORK/whole.json")" = 0 ] || fail "history without a start"
# Who has history need not warm up: the same hour alone gives its first intent later.
awk -F, 'NR == 1 || $1 >= 1723168800000' "$WORK/BTCUSDT.csv" >"$WORK/cut.csv"
mv "$WORK/cut.csv" "$WORK/BTCUSDT.csv.cut"
"$AGON" backtest $EMA --data "BTCUSDT=$WORK/BTCUSDT.csv.cut" --journal "$WORK/alone.journal" --json >"$WORK/alone.json" 2>"$WORK/err" ||
    fail "the hour alone: $(cat "$WORK/err")"
first() { "$AGON" journal cat "$WORK/$1.journal" --type intent --json | head -1 | jq '.t | tonumber'; }
warm=$(first late)
cold=$(first alone)
[ -n "$warm" ] || fail "no intent in the last hour"
[ -z "$cold" ] || [ "$warm" -lt "$cold" ] || fail "its agent was not given the history: $warm, without $cold"

play mid --from 2024-08-09T01:00:00Z --to 2024-08-09T01:30:00Z
[ "$(trades mid length)" = 1800 ] || fail "of half an hour it played $(trades mid length) trades"
play day --to 2024-08-10
[ "$(jq -r .intents_hash "$WORK/day.json")" = "$(jq -r .intents_hash "$WORK/whole.json")" ] || fail "an end behind the data changes something"
"$AGON" replay "$WORK/mid.journal" --verify >"$WORK/out" 2>&1 || fail "its journal does not replay: $(cat "$WORK/out")"
# refused TEXT OPTION...
refused() {
    text=$1
    shift
    "$AGON" backtest $EMA --data "BTCUSDT=$WORK/BTCUSDT.csv" "$@" >"$WORK/out" 2>"$WORK/err" && fail "$* was taken"
    grep -q -e "$text" "$WORK/err" || fail "$*: $(cat "$WORK/err")"
}
refused '--from is not before --to' --from 2024-08-10 --to 2024-08-09
refused 'nothing between --from and --to' --from 2024-08-10
refused 'nothing between --from and --to' --to 2024-08-09

# A generated market too.
"$AGON" backtest $EMA --for 2h --from 2026-01-01T01:00:00Z --json >"$WORK/made.json" 2>"$WORK/err" || fail "generated: $(cat "$WORK/err")"
[ "$(jq -r '.from[:16]' "$WORK/made.json")" = 2026-01-01T01:00 ] || fail "generated: it begins at $(jq -r .from "$WORK/made.json")"
[ "$(jq .history "$WORK/made.json")" -gt 200 ] || fail "generated: $(jq .history "$WORK/made.json") bars of history"

# The clock goes on to the end: what the last hour and the last day came to are samples like the others.
samples() { jq '.agents[0].samples' "$WORK/$1.json"; }
[ "$(samples whole)" = 3 ] || fail "three hours of trades have $(samples whole) hourly samples"
[ "$(samples made)" = 1 ] || fail "the second hour of --for 2h has $(samples made) hourly samples"
[ "$(jq -r .to "$WORK/made.json")" = 2026-01-01T02:00:00.000000Z ] || fail "--for 2h ends at $(jq -r .to "$WORK/made.json")"
play hours --to 2024-08-09T02:00:00Z
[ "$(samples hours)" = 2 ] || fail "to the second hour there are $(samples hours) hourly samples"
play mid_two --to 2024-08-09T02:00:30Z
[ "$("$AGON" journal cat "$WORK/mid_two.journal" --json | jq -s 'map(.t | tonumber) | max')" -le 1723168830000000000 ] || fail "--to 02:00:30: something comes behind it"
# Where the data go on behind the end, the clock is there too, however long nothing has happened; where they do not, it
# goes no further than the minute of the last of them.
cp "$WORK/BTCUSDT.csv" "$WORK/kept.csv"
echo 1723197600000,60000.00,0.5,buy >>"$WORK/BTCUSDT.csv"
play gap --to 2024-08-09T09:00:00Z
[ "$(samples gap)" = 9 ] || fail "over a gap of the data there are $(samples gap) hourly samples"
replays() { "$AGON" replay "$WORK/$1.journal" --verify >"$WORK/out" 2>&1 || fail "the journal of $1 does not replay: $(cat "$WORK/out")"; }
replays gap
mv "$WORK/kept.csv" "$WORK/BTCUSDT.csv"
replays hours
replays mid_two
play behind --to 2024-08-09T09:00:00Z
[ "$(samples behind)" = 3 ] || fail "behind the data there are $(samples behind) hourly samples"
# Thirty days have thirty daily samples, and so a Sharpe ratio.
awk 'BEGIN {
    print "time_ms,price,quantity,side"
    for (i = 0; i < 43200; i++)
        printf "%.0f,%.2f,0.5,%s\n", 1725148830000 + i * 60000, 60000 + 500 * sin(i / 200), i % 2 ? "buy" : "sell"
}' >"$WORK/month.csv"
"$AGON" backtest $EMA --data "BTCUSDT=$WORK/month.csv" --json >"$WORK/month.json" 2>"$WORK/err" || fail "a month: $(cat "$WORK/err")"
[ "$(jq -r '.agents[0] | "\(.days) \(.sharpe != null)"' "$WORK/month.json")" = '30 true' ] ||
    fail "30 days: $(jq -c '.agents[0] | {days, samples, sharpe}' "$WORK/month.json")"

# The recorded book stands at the start as it did then.
raw=$DATA/book/binance_spot_BTCUSDT_20240808T2354.raw.gz
if [ -r "$raw" ]; then
    "$AGON" backtest "$2/../../plugins/mm/mm.so" --data "$raw" --from 2024-08-08T23:57:30Z --journal "$WORK/raw.journal" --json \
        >"$WORK/raw.json" 2>"$WORK/err" || fail "the recorded book: $(cat "$WORK/err")"
    "$AGON" journal cat "$WORK/raw.journal" --json >"$WORK/raw.events"
    [ "$(jq -r 'select(.type == "book_snapshot") | .t' "$WORK/raw.events" | head -1)" = 1723161450000000000 ] ||
        fail "the book does not come first: $(grep book_ "$WORK/raw.events" | head -1)"
    [ "$(jq -r 'select(.type == "trade" or .type == "quote" or .type == "book_delta") | .t | tonumber | select(. < 1723161450000000000)' "$WORK/raw.events" | wc -l)" = 0 ] ||
        fail "a row of before was played"
    [ "$(jq '.agents[0].fills + .agents[0].intents' "$WORK/raw.json")" -gt 0 ] || fail "nobody trades on that book"
fi

# What was assumed of latency.
said() { jq -r '.assumed[]' "$WORK/$1.json"; }
said whole | grep -q 'a latency of 0 was assumed for orders, reports and market data' || fail "the preset 0 is not named: $(said whole)"
play zero --latency 0 --data-latency 20ms
said zero | grep -q 'a latency of 0 was assumed for orders and reports:' || fail "--latency 0 is not named: $(said zero)"
play real --latency 20ms:0.5 --data-latency 5ms
said real | grep -q latency && fail "a latency is said, and yet: $(said real)"
"$AGON" backtest $EMA --data "BTCUSDT=$WORK/BTCUSDT.csv" --latency 0 --html "$WORK/page.html" >"$WORK/out" 2>&1 || fail "the page"
grep -q 'warning: a latency of 0 was assumed' "$WORK/out" || fail "the text does not name it"
grep -q 'a latency of 0 was assumed' "$WORK/page.html" || fail "the page does not name it"
exit 0
