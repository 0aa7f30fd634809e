#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Both sides of OKX, each written from the venue's pages by itself, meet: a host on paper reads thousands of messages of the
# simulated venue, spot and swaps, and no hole is in the chain of a book's ids. A book's message that is lost is found by the
# next: that book alone is read anew, and no other.
. "$(dirname "$0")/../common.sh"
. "$(dirname "$0")/../okx_venue.sh"

is() { # QUERY: is that true of the feed?
    "$AGON" ctl feed --json --dir "$WORK/run" >"$WORK/feed" 2>/dev/null && jq -e "$1" "$WORK/feed" >/dev/null
}

cat >"$WORK/faults.yaml" <<EOF
faults:
  - {on: stream, stream: "books:BTC-USDT", nth: 300, do: drop}
EOF
start_sim --venue okx --seed 6 --speed 4 --faults "$WORK/faults.yaml"
MODE=paper SPEED=4 live_files ''
okx_venue okx spot >"$WORK/conf/okx.yaml"
okx_venue okx_swap swap >"$WORK/conf/okx_swap.yaml"
sed -i -e '/symbol:/d' -e 's|^venue:.*|venues: [okx.yaml, okx_swap.yaml]|' "$WORK/conf/live.yaml"
cat >>"$WORK/conf/live.yaml" <<EOF
  - {venue: okx, symbol: BTC-USDT, base: BTC, quote: USDT, tick: 0.1, lot: 0.00000001}
  - {venue: okx, symbol: ETH-USDT, base: ETH, quote: USDT, tick: 0.01, lot: 0.000001}
  - {venue: okx_swap, symbol: BTC-USDT-SWAP, base: BTC, quote: USDT, tick: 0.1, lot: 0.0001, maker: 0.02%, taker: 0.05%}
EOF
{
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    agent busy_1 busy.so 'every: 2' | sed -e 's/stage: live/stage: paper/' \
        -e 's|binance:BTCUSDT"|okx:BTC-USDT"|' -e 's|binance:ETHUSDT"|okx:ETH-USDT"|'
} >"$WORK/conf/roster.yaml"
start_host
until_true "$HOST_PID" "its first messages" is '.messages > 600 and .books_live == 3'
is '.bad == 0 and .resyncs == 0 and .gaps == 0' || fail "books without a fault: $(cat "$WORK/feed")"
until_true "$HOST_PID" "the message that is lost" lines "$SIM_LOG" '"kind":"fault"' 1
until_true "$HOST_PID" "the book that is read anew" is '.resyncs == 1 and .gaps == 1 and .books_live == 3'
seen=$(jq .messages "$WORK/feed")
until_true "$HOST_PID" "a thousand messages after it" is ".messages > $seen + 1000"
is '.bad == 0 and .resyncs == 1 and .books_live == 3 and .reconnects == 0' || fail "books after the fault: $(cat "$WORK/feed")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
echo "both sides of OKX: $(jq .messages "$WORK/feed") messages, no hole but the one that was made, and that one was found"
