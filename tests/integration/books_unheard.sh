#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Books of bars that nobody hears of are not on the bus of a backtest with its plugins inproc: a plugin that looks at them at each
# event sees, to the byte, what it sees in a process, where they are. Bars open with gaps, at which loss limits are reached with
# orders open, so that a slot hears of its own in the step of a book; beside it one that hears of quotes, or nobody.
. "$(dirname "$0")/common.sh"

rows() { # SEED PX
    awk -v seed="$1" -v px="$2" 'BEGIN {
        srand(seed)
        print "open_time_ms,open,high,low,close,volume"
        for (i = 0; i < 3000; i++) {
            open = rand() < 0.2 ? px * (1 + (rand() - 0.5) * 0.01) : px
            px = open * (1 + (rand() - 0.5) * 0.003)
            high = (open > px ? open : px) * (1 + rand() * 0.001)
            low = (open < px ? open : px) * (1 - rand() * 0.001)
            printf "%.0f,%.2f,%.2f,%.2f,%.2f,%.4f\n", 1748131200000 + i * 60000, open, high, low, px, 2000 + rand() * 10
        }
    }'
}
rows 7 60000 >"$WORK/BTCUSDT.csv"
rows 8 5000 >"$WORK/ETHUSDT.csv"

one() { # NAME PLUGIN LIMITS
    cat <<END
  - name: $1
    plugin: $2
    capital: 100000 USDT
    instruments: ["binance:BTCUSDT", "binance:ETHUSDT"]
    limits: {order: 100000 USDT, position: 100000 USDT, collar: 3%, orders_per_second: 1000, orders_burst: 10000, open_orders: 50, $3}
END
}
roster() { # WHO...
    printf 'seed: 1\nbase_currency: USDT\nagents:\n'
    for who; do
        case $who in
        wide) one wide looker.so 'daily_loss: 50%' ;;
        close) one close looker.so 'daily_loss: 0.05%, drawdown: 90%' ;;
        cancel) one cancel looker.so 'daily_loss: 0.02%, drawdown: 90%, on_breach: cancel' ;;
        busy) one busy busy.so 'daily_loss: 50%' ;;
        esac
    done
}

# What a run leaves: all that its report has but the clock's time.
play() { # NAME OPTION...
    name=$1
    shift
    "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGINS" --data "BTCUSDT=$WORK/BTCUSDT.csv" "ETHUSDT=$WORK/ETHUSDT.csv" \
        --json "$@" >"$WORK/$name.json" 2>"$WORK/$name.err" || fail "$(cat "$WORK/$name.err")"
    grep -v '"seconds"' "$WORK/$name.json" >"$WORK/$name.said"
}
for who in wide 'wide close' 'close cancel wide' 'close busy'; do
    roster $who >"$WORK/roster.yaml"
    for latency in 0ms 300ms; do
        play inproc --latency $latency --data-latency 5ms
        play process --latency $latency --data-latency 5ms --runner process
        cmp "$WORK/inproc.said" "$WORK/process.said" || fail "$who, $latency: plugins saw other books inproc than in a process"
    done
done
grep -q '"intents": 0' "$WORK/inproc.said" && fail "nobody wanted anything"
exit 0
