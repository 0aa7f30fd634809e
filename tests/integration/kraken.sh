# SPDX-License-Identifier: Apache-2.0
# kraken: a simulated Kraken and the files of a host that trades there, for the scripts that are about it. After common.sh.

# The account is of the highest tier: what is asked of the lowest takes minutes.
start_kraken() {
    cat >"$WORK/accounts.yaml" <<EOT
accounts:
  - {key: agon-sim-key, secret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==, tier: pro,
     balances: {USD: 1000000, BTC: 10, ETH: 100}}
EOT
    start_sim --venue kraken --account "$WORK/accounts.yaml" "$@"
}

# kraken_files PARAMS: of an agent that is busy by those, and one that has an order standing well below the market.
kraken_files() {
    live_files ''
    cat >"$WORK/conf/venue.yaml" <<EOT
name: kraken
dialect: kraken_spot
credential: sim
market: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /v2}
user: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /v2}
rest: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: /0}
hold: 5s
reconcile: 20s
limits:
  - {kind: weight, capacity: 20, window: 20s}
  - {kind: raw, capacity: 300, window: 1m}
  - {kind: orders, capacity: 180, window: 48s}
  - {kind: orders_day, capacity: 1000000, window: 1d}
  - {kind: snapshots, capacity: 100, window: 1m}
  - {kind: connects, capacity: 150, window: 10m}
subscribe: {trades: true, quotes: true, depth: true}
snapshot_levels: 100
message_gap: 0s
channel: 0s
silence: 5s
${VENUE_MORE-}
EOT
    sed -i '/symbol:/d' "$WORK/conf/live.yaml"
    cat >>"$WORK/conf/live.yaml" <<EOT
  - {symbol: BTC/USD, base: BTC, quote: USD, tick: 0.1, lot: 0.00000001, min_notional: 0.5}
  - {symbol: ETH/USD, base: ETH, quote: USD, tick: 0.01, lot: 0.00000001, min_notional: 0.5}
EOT
    {
        printf 'seed: 1\nbase_currency: USD\nagents:\n'
        agent busy_1 busy.so "$1" | sed -e 's/USDT/USD/g' -e 's|binance:BTCUSD"|kraken:BTC/USD"|' \
            -e 's|binance:ETHUSD"|kraken:ETH/USD"|'
        cat <<EOT
  - {name: stander_1, plugin: stander.so, stage: live, capital: 100000 USD, instruments: ["kraken:ETH/USD"],
     params: {orders: 1}, hard: 30s}
EOT
    } >"$WORK/conf/roster.yaml"
}

# What the exchange says of the account, into $WORK/asks. It counts that with what the host asks of the same account, one a
# second in the long run: who asks again and again leaves nothing to the host, which then waits for good.
kraken_asks() {
    sleep 5
    python3 "$AGON_SOURCE_ROOT/tests/integration/kraken_asks.py" "$SIM_PORT" >"$WORK/asks" 2>"$WORK/asks.err"
}

# As settled() of common.sh. An order that was amended keeps the id that it began with.
kraken_settled() {
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" 2>/dev/null && ! grep -q -e '^request' -e '^suspense' "$WORK/facts" &&
        kraken_asks || return 1
    [ "$(sed -n 's/^first //p' "$WORK/facts" | sort)" = "$(sed -n 's/^open //p' "$WORK/asks" | sort)" ] || return 1
    for settled_of in USD BTC ETH; do
        [ "$(grep "^cash $settled_of" "$WORK/facts")" = "$(grep "^cash $settled_of" "$WORK/asks")" ] || return 1
    done
}

# The order that stands, by the journal: its client id.
kraken_standing() {
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" 2>/dev/null || return
    sed -n 's/^of stander_1 //p' "$WORK/facts" | sort >"$WORK/standers"
    sed -n 's/^open //p' "$WORK/facts" | sort | comm -12 "$WORK/standers" -
}

# What was asked in the simulator's log, by socket or by REST: its lines on standard input.
kraken_asked() { # METHOD OF THE SOCKET
    case $1 in
    add_order) kraken_rest=AddOrder ;;
    amend_order) kraken_rest=AmendOrder ;;
    cancel_order) kraken_rest=CancelOrder ;;
    cancel_all_orders_after) kraken_rest=CancelAllOrdersAfter ;;
    *) fail "no such method: $1" ;;
    esac
    grep '"kind":"request"' | grep -E "\"what\":\"($1|$kraken_rest)\""
}

# No client order id left twice, and each that the exchange saw is in the journal.
kraken_ids_once() { # WHAT
    kraken_asked add_order <"$SIM_LOG" | grep -v 'EAPI:Invalid nonce' |
        sed -n 's/.*"cl_ord_id":"\([^"]*\)".*/\1/p' | sort >"$WORK/seen"
    [ -z "$(uniq -d "$WORK/seen")" ] || fail "$1: ids were sent twice: $(uniq -d "$WORK/seen" | head -3)"
    "${TOOLS}facts" "$WORK/run/journal" >"$WORK/facts" || fail "$1: the journal cannot be read"
    sed -n 's/^sent //p' "$WORK/facts" | sort >"$WORK/sent"
    [ -z "$(comm -13 "$WORK/sent" "$WORK/seen")" ] ||
        fail "$1: the exchange saw orders that no journal holds: $(comm -13 "$WORK/sent" "$WORK/seen" | head -3)"
}
