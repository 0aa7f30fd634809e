#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random rosters of eight agents, each played twice in lock-step: in the host's own process and in a process each. What they
# want is equal to the byte, as the journals have it, and so is the state that comes of it. Drawn are the plugins and how
# often they want something, their instruments, their latencies (some of them none) and the market. The journal of one is
# replayed, which has to reach its marks. LOCKSTEP_ROSTERS of them, from LOCKSTEP_FIRST (1) on; without it nine that have found something. `./agon soak lockstep`: 1,000.
. "$(dirname "$0")/common.sh"
is_sanitized && {
    echo "skipped: a sanitizer's run-time cannot live in the sandbox"
    exit 77
}
if [ -n "${LOCKSTEP_ROSTERS:-}" ]; then
    FIRST=${LOCKSTEP_FIRST:-1}
    SEEDS=$(seq "$FIRST" $((FIRST + LOCKSTEP_ROSTERS - 1)))
else
    SEEDS="94 194 284 457 458 459 460 463 464" # what was planted, and what was found, differs in one of them
fi
ROSTERS=$(echo $SEEDS | wc -w)

# roster SEED: the roster; its last line says how to play it
roster() {
    awk -v seed="$1" 'BEGIN {
        srand(seed)
        n_every = split("1 2 3 7 50 400 1000", every, " ")
        n_on = split("\"binance:BTCUSDT\"|\"binance:ETHUSDT\"|\"binance:BTCUSDT\", \"binance:ETHUSDT\"", on, "|")
        n_late = split("0s 0s 1us 300us 5ms 40ms 2s", late, " ")
        print "seed: " seed "\nbase_currency: USDT\nagents:"
        n_seldom = split("5 20 60 200 1000", seldom, " ")
        is_seldom = rand() < 0.7
        is_bars = is_seldom && rand() < 0.5
        n_loss = split("0.01% 0.05% 0.2% 5%", loss, " ")
        for (i = 1; i <= 8; i++) {
            draw = rand()
            if (is_seldom && rand() < 0.8)
                what = "plugin: seldom.so, params: {every: " seldom[1 + int(n_seldom * rand())] "}"
            else if (draw < 0.75)
                what = "plugin: busy.so, params: {every: " every[1 + int(n_every * rand())] "}"
            else if (draw < 0.9)
                what = "plugin: stander.so, params: {orders: " 1 + int(9 * rand()) "}"
            else
                what = "plugin: buyer.so"
            printf "  - {name: a%d, %s, stage: live, capital: 100000 USDT, instruments: [%s],\n", i, what, on[is_bars ? 1 : 1 + int(n_on * rand())]
            printf "     latency: %s, limits: {orders_per_second: 1000, orders_burst: 10000, open_orders: 200", draw < (is_seldom ? 0.1 : 0.5) ? late[1 + int(n_late * rand())] : "0s"
            if (is_seldom)
                printf ", daily_loss: %s, drawdown: %s", loss[1 + int(n_loss * rand())], loss[1 + int(n_loss * rand())]
            print "}, hard: 30s}"
        }
        if (is_bars)
            printf "# bars %d --latency %s --data-latency %s\n", 1 + int(1e6 * rand()), late[1 + int(n_late * rand())], late[1 + int(n_late * rand())]
        else
            printf "# --seed %d --for %ds --latency %s --data-latency %s\n", 1 + int(1e6 * rand()), 1 + int(3 * rand()),
            late[1 + int(n_late * rand())], late[1 + int(n_late * rand())]
    }'
}

# minutes SEED: 1,500 of them, that wander
minutes() {
    awk -v seed="$1" 'BEGIN {
        srand(seed)
        print "open_time_ms,open,high,low,close,volume"
        px = 50000
        for (i = 0; i < 1500; i++) {
            open = px
            px += int(80 * (rand() + rand() + rand() - 1.5))
            high = (open > px ? open : px) + int(30 * rand())
            low = (open < px ? open : px) - int(30 * rand())
            printf "%.0f,%d.00,%d.00,%d.00,%d.00,%.3f\n", 1767225600000 + 60000 * i, open, high, low, px, 1 + 9 * rand()
        }
    }'
}

n_intents=0
n_ahead=0
for seed in $SEEDS; do
    roster "$seed" >"$WORK/roster.yaml"
    how=$(sed -n 's/^# //p' "$WORK/roster.yaml")
    case $how in bars*)
        minutes "$(echo "$how" | cut -d' ' -f2)" >"$WORK/bars.csv"
        how="--data BTCUSDT=$WORK/bars.csv --latency ${how#*--latency }"
        ;;
    esac
    for runner in inproc process; do
        rm -rf "$WORK/$runner"
        # shellcheck disable=SC2086
        "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGINS" --runner $runner $how \
            --journal "$WORK/$runner" --json >"$WORK/$runner.json" 2>"$WORK/$runner.err" ||
            fail "roster $seed, $runner: $(tail -n 3 "$WORK/$runner.err")"
        "$AGON" journal cat "$WORK/$runner" --type intent --json >"$WORK/$runner.intents" 2>/dev/null
        for what in intents_hash state_hash events intents; do
            echo "$what $(json "$WORK/$runner.json" $what)"
        done >"$WORK/$runner.ends"
        tr -d ' \n' <"$WORK/$runner.json" | grep -oE '"metrics":\{[^}]*\}' >>"$WORK/$runner.ends"
    done
    cmp -s "$WORK/inproc.intents" "$WORK/process.intents" || fail "roster $seed ($how): the intents differ, from
$(diff "$WORK/inproc.intents" "$WORK/process.intents" | head -n 4 | cut -c1-300)"
    cmp -s "$WORK/inproc.ends" "$WORK/process.ends" ||
        fail "roster $seed ($how): $(diff "$WORK/inproc.ends" "$WORK/process.ends" | head -n 6)"
    "$AGON" replay "$WORK/inproc" >"$WORK/replay" 2>&1 ||
        fail "roster $seed ($how): what was written is not what was run: $(tail -n 2 "$WORK/replay")"
    n_intents=$((n_intents + $(wc -l <"$WORK/inproc.intents")))
    [ "$(json "$WORK/inproc.json" heard_ahead)" = 0 ] || fail "roster $seed: one thread hears of nothing ahead"
    n_ahead=$((n_ahead + $(json "$WORK/process.json" heard_ahead)))
    if [ "$seed" = "${SEEDS%% *}" ]; then # and where it is asked for, nobody does
        # shellcheck disable=SC2086
        "$AGON" backtest --roster "$WORK/roster.yaml" --plugins "$PLUGINS" --runner process --no-ahead $how \
            --journal "$WORK/turn" --json >"$WORK/turn.json" 2>"$WORK/turn.err" ||
            fail "roster $seed, --no-ahead: $(tail -n 3 "$WORK/turn.err")"
        [ "$(json "$WORK/turn.json" heard_ahead) $(json "$WORK/turn.json" intents_hash)" = "0 $(json "$WORK/inproc.json" intents_hash)" ] ||
            fail "roster $seed, --no-ahead: $(head -c 900 "$WORK/turn.json")"
    fi
done
[ "$n_intents" -ge $((20 * ROSTERS)) ] || fail "only $n_intents intents: this would prove nothing"
[ "$n_ahead" -gt 0 ] || [ "$ROSTERS" -lt 4 ] || fail "nobody heard of anything ahead: this would prove little"
echo "lock-step: $ROSTERS rosters of 8 agents from seed ${SEEDS%%[!0-9]*} on, $n_intents intents, $n_ahead events heard ahead: equal in processes and inproc"
