#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A recording says when each message was received. Agents hear it then; orders meet the book that the exchange had when
# they arrived there, of which the agent may not have heard. A recorder's clock that is behind the exchange's is named.
. "$(dirname "$0")/common.sh"

# A book that rises by a dollar each 100 ms of the exchange's time. Each message is received 50 ms later, by a clock that
# is behind by so many milliseconds.
record() { # BEHIND FILE
    awk -v behind="$1" 'BEGIN {
        t0 = 1723161600000
        for (k = 0; k < 3000; k++) {
            e = t0 + k * 100
            if (k == 1)
                printf "%.0f000000 {\"lastUpdateId\":1000,\"bids\":[[\"60000.00\",\"5.0\"]],\"asks\":[[\"60001.00\",\"5.0\"]]}\n", e - 40 - behind
            printf "%.0f000000 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":%.0f,\"s\":\"BTCUSDT\",\"U\":%d,\"u\":%d,", e + 50 - behind, e, 1000 + k, 1000 + k
            printf "\"b\":[[\"%d.00\",\"5.0\"],[\"%d.00\",\"0\"]],\"a\":[[\"%d.00\",\"0\"],[\"%d.00\",\"5.0\"]]}}\n", 60000 + k, 59999 + k, 60000 + k, 60001 + k
        }
    }' >"$2"
}
play() { # NAME OPTION...: its fills in $WORK/NAME.fills as "ms side price"
    name=$1
    shift
    COLUMNS=1000 "$AGON" backtest "$PLUGINS/busy.so" --latency 60ms --csv "$WORK/$name" --html "$WORK/$name.html" "$@" \
        >"$WORK/$name.out" 2>"$WORK/err" || fail "$name: ended with $?: $(cat "$WORK/err")"
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR > 1 && $at["liquidity"] == "taker" {
            split($at["time"], part, /[T:Z]/)
            printf "%.3f %s %s\n", (part[2] * 3600 + part[3] * 60 + part[4]) * 1000, $at["side"], $at["price"] }' \
        "$WORK/$name/fills.csv" >"$WORK/$name.fills"
    [ "$(wc -l <"$WORK/$name.fills")" -ge 10 ] || fail "$name: $(wc -l <"$WORK/$name.fills") fills of a taker: $(cat "$WORK/$name.out")"
}
# judge NAME BEHIND: how many were filled at the price of the exchange's time, 60 ms before they were told.
judge() {
    awk -v behind="$2" '{
        k = int(($1 - 60 + behind) / 100)
        want = $2 == "buy" ? 60001 + k : 60000 + k
        n += $3 == want
        if ($3 != want) print "  told at " $1 ": " $2 " at " $3 ", and the exchange had " want >"/dev/stderr"
    } END { exit n != NR }' "$WORK/$1.fills"
}

record 0 "$WORK/binance_spot_BTCUSDT.raw"
play plain --data "$WORK/binance_spot_BTCUSDT.raw"
judge plain 0 || fail "orders met another book than the exchange's of their time"
grep -q 'agents heard it when it had been received, 5[0-9.]* ms (median)' "$WORK/plain.out" || fail "the report does not say: $(cat "$WORK/plain.out")"
grep -q 'agents heard it when it had been received' "$WORK/plain.html" || fail "the page does not say"
grep -q 'latency of 0\|clock is behind' "$WORK/plain.out" && fail "it warns of nothing: $(cat "$WORK/plain.out")"
grep -q 'latency: orders 60 ms, reports 60 ms, market data 0 ms where no recording has it; of what comes at one time closed bars are first' "$WORK/plain.out" ||
    fail "the report does not name latencies and order: $(cat "$WORK/plain.out")"
# The recorded time counts, and no model of it.
play model --data "$WORK/binance_spot_BTCUSDT.raw" --data-latency 30ms
cmp -s "$WORK/plain.fills" "$WORK/model.fills" || fail "--data-latency moved what a recording tells"
# No time under way is known of the fastest, and the rest is as much slower: here nothing is.
record 1300 "$WORK/late_BTCUSDT.raw"
play late --data "$WORK/late_BTCUSDT.raw"
judge late 1250 || fail "with a clock that is behind"
grep -q 'warning: .*its clock is behind the exchange.s: [0-9]* of [0-9]* messages .* one by 1250 ms' "$WORK/late.out" ||
    fail "nothing is said of its clock: $(cat "$WORK/late.out")"

# What was recorded: the recorder was 1.27 s behind.
raw=$DATA/book/binance_spot_BTCUSDT_20240808T2354.raw.gz
if [ -r "$raw" ]; then
    "$AGON" backtest "$PLUGINS/busy.so" --latency 10ms --data "$raw" --json >"$WORK/raw.json" 2>"$WORK/err" ||
        fail "the recording: $(cat "$WORK/err")"
    jq -c '.data[0].received' "$WORK/raw.json"
    jq -e '.latency.order.median_ms == 10 and .latency.data.median_ms == 0' "$WORK/raw.json" >/dev/null || fail "$(jq .latency "$WORK/raw.json")"
    jq -e '.data[0].received | .clock_behind_ns > 1.2e9 and .clock_behind_ns < 1.4e9 and .median_ms > 0 and .p99_ms < 1000 and .early == .stamped' \
        "$WORK/raw.json" >/dev/null || fail "$(jq .data "$WORK/raw.json")"
fi
echo "orders meet the exchange's book, whoever has heard of it"
