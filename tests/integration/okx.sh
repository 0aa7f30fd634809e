# SPDX-License-Identifier: Apache-2.0
# okx: the files of a host that trades on a simulated OKX, spot or swaps as KIND says, for the scripts that are about it. After
# common.sh.
. "$(dirname "$0")/okx_venue.sh"
KIND=${KIND-spot}
case $KIND in
spot) name=okx suffix= scale=1000 qty=1000000 lot_btc=0.00000001 lot_eth=0.000001 HELD=cash ;;
swap) name=okx_swap suffix=-SWAP scale=1 qty=1000 lot_btc=0.0001 lot_eth=0.001 HELD=position ;;
esac

# Lines of the simulator's log: what was asked of orders, on the socket or by REST.
okx_asked() { # OP OF THE SOCKET
    grep '"kind":"request"' | grep -E "\"what\":\"(trade/)?$1\""
}

# Of an agent that is busy and one that has an order resting. The credential has no pass-phrase yet.
okx_files() {
    live_files ''
    okx_venue $name $KIND 'credential: sim' 'hold: 5s' 'reconcile: 15s' >"$WORK/conf/venue.yaml"
    sed -i '/symbol:/d' "$WORK/conf/live.yaml"
    cat >>"$WORK/conf/live.yaml" <<EOT
  - {symbol: BTC-USDT$suffix, base: BTC, quote: USDT, tick: 0.1, lot: $lot_btc}
  - {symbol: ETH-USDT$suffix, base: ETH, quote: USDT, tick: 0.01, lot: $lot_eth}
EOT
    {
        printf 'seed: 1\nbase_currency: USDT\nagents:\n'
        agent busy_1 busy.so "every: 10, scale: $scale" |
            sed -e "s|binance:BTCUSDT\"|$name:BTC-USDT$suffix\"|" -e "s|binance:ETHUSDT\"|$name:ETH-USDT$suffix\"|"
        cat <<EOT
  - {name: once_1, plugin: once.so, stage: live, capital: 100000 USDT, instruments: ["$name:ETH-USDT$suffix"],
     params: {what: 1, qty: $qty}, hard: 30s}
EOT
    } >"$WORK/conf/roster.yaml"
}
