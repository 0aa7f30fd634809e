#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Both sides of Kraken, each written from the venue's pages by itself, meet: a host on paper reads thousands of messages of the
# simulated venue, and each checksum holds. A book's message that is lost is found by the next checksum, and a wrong sum by
# itself: that book alone is read anew, and no other.
. "$(dirname "$0")/../common.sh"

is() { # QUERY: is that true of the feed?
    "$AGON" ctl feed --json --dir "$WORK/run" >"$WORK/feed" 2>/dev/null && jq -e "$1" "$WORK/feed" >/dev/null
}

cat >"$WORK/faults.yaml" <<EOF
faults:
  - {on: stream, stream: "book:BTC/USD", nth: 600, do: drop}
  - {on: stream, stream: "book:ETH/USD", nth: 700, do: checksum}
EOF
start_sim --venue kraken --seed 6 --speed 4 --faults "$WORK/faults.yaml"
MODE=paper SPEED=4 live_files ''
cat >"$WORK/conf/venue.yaml" <<EOF
name: kraken
dialect: kraken_spot
market: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /v2}
user: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /v2}
rest: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /0}
limits:
  - {kind: weight, capacity: 15, window: 45s}
  - {kind: raw, capacity: 300, window: 1m}
  - {kind: orders, capacity: 60, window: 1m}
  - {kind: orders_day, capacity: 1000000, window: 1d}
  - {kind: snapshots, capacity: 100, window: 1m}
  - {kind: connects, capacity: 150, window: 10m}
subscribe: {trades: true, quotes: true, depth: true}
snapshot_levels: 100
message_gap: 0s
channel: 0s
silence: 5s
EOF
sed -i '/symbol:/d' "$WORK/conf/live.yaml"
cat >>"$WORK/conf/live.yaml" <<EOF
  - {symbol: BTC/USD, base: BTC, quote: USD, tick: 0.1, lot: 0.00000001, min_notional: 0.5}
  - {symbol: ETH/USD, base: ETH, quote: USD, tick: 0.01, lot: 0.00000001, min_notional: 0.5}
EOF
{
    printf 'seed: 1\nbase_currency: USD\nagents:\n'
    agent busy_1 busy.so 'every: 2' | sed -e 's/USDT/USD/g' -e 's/stage: live/stage: paper/' \
        -e 's|binance:BTCUSD"|kraken:BTC/USD"|' -e 's|binance:ETHUSD"|kraken:ETH/USD"|'
} >"$WORK/conf/roster.yaml"
start_host
until_true "$HOST_PID" "its first messages" is '.messages > 600 and .books_live == 2'
is '.bad == 0 and .resyncs == 0 and .gaps == 0' || fail "books without a fault: $(cat "$WORK/feed")"
until_true "$HOST_PID" "the message that is lost, and the wrong sum" lines "$SIM_LOG" '"kind":"fault"' 2
until_true "$HOST_PID" "the books that are read anew" is '.resyncs == 2 and .books_live == 2'
seen=$(jq .messages "$WORK/feed")
until_true "$HOST_PID" "a thousand messages after it" is ".messages > $seen + 1000"
is '.bad == 0 and .resyncs == 2 and .books_live == 2 and .reconnects == 0' || fail "books after the fault: $(cat "$WORK/feed")"
kill -TERM "$HOST_PID"
ended "$HOST_PID" 0 "the host"
echo "both sides of Kraken: $(jq .messages "$WORK/feed") messages, each checksum held, and a lost one was found by the next"
