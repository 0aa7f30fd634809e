#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Three shipped plugins on bars take the same side on the same bar in a backtest, on paper and live, against an exchange that
# plays those bars 60 times as fast (20 times as well, with BARS_SPEEDS="60 20"): in at least 98 % of their decisions where no limit
# refused one, and at the same price. What a limit refused is named by the journal that it was refused in, and so is each later
# decision that follows from it (bars_sides.py). A decision belongs to the bar that it was made on, by the journal. What a loaded
# machine makes a bar late is named too: more than a quarter of it, and the run is repeated at half the speed; with BARS_STRICT=1
# more than 2 % of it fails. The host's status says what its market is. BARS_N: bars of each run (15).
. "$(dirname "$0")/common.sh"

SPEEDS=${BARS_SPEEDS:-60}
N=${BARS_N:-15}
LATE=${BARS_STRICT:+0.02}
LATE=${LATE:-0.25}
SIDES=$(dirname "$0")/bars_sides.py
PLUGINS=$AGON_BUILD_ROOT/plugins
SYMBOLS="BTCUSDT ETHUSDT SOLUSDT"

# Recorded minutes where there are some, else made ones.
files=
for symbol in $SYMBOLS; do
    file=$DATA/ohlcv/binance_um_${symbol}_1m_20250525-20250624.csv.gz
    [ -e "$file" ] && [ -z "${BARS_MADE-}" ] || file=
    [ -n "$file" ] || {
        file=$WORK/${symbol}.csv
        awk -v seed="${#files}" -v px="$(case $symbol in BTC*) echo 60000 ;; ETH*) echo 2500 ;; *) echo 150 ;; esac)" 'BEGIN {
            srand(seed + 7)
            print "open_time_ms,open,high,low,close,volume"
            for (i = 0; i < 4000; i++) {
                open = px
                px = px * (1 + (rand() - 0.5) * 0.004)
                high = (open > px ? open : px) * (1 + rand() * 0.001)
                low = (open < px ? open : px) * (1 - rand() * 0.001)
                printf "%.0f,%.2f,%.2f,%.2f,%.2f,%.5f\n", 1748131200000 + i * 60000, open, high, low, px, 20 + rand() * 10
            }
        }' >"$file"
    }
    files="$files $symbol=$file"
done
data_of() { printf ' --data%s' "$files"; }

# One of each plugin on each symbol, alert enough to trade every few bars.
agents() {
    for symbol in $SYMBOLS; do
        for plugin in ema_cross rsi_swing breakout; do
            case $plugin in
            ema_cross) params='fast: 2, slow: 4, rsi: 2, rsi_entry: 0, rsi_exit: 0, stop_pct: 0, volume_min: 0' ;;
            rsi_swing) params='rsi: 2, low: 45, high: 55, stop_atr: 0' ;;
            *) params='enter_bars: 2, leave_bars: 1, stop_atr: 0' ;;
            esac
            agent "${plugin%_*}_$(echo "${symbol%USDT}" | tr '[:upper:]' '[:lower:]')" "$plugin/$plugin.so" \
                "$params, size_pct: 5, bar_s: 60, symbol: $symbol" | sed "s/\[\"binance:BTCUSDT\", \"binance:ETHUSDT\"\]/[\"binance:$symbol\"]/"
        done
    done
}
cat >"$WORK/accounts.yaml" <<'END'
accounts:
  - key: agon-sim-key
    secret: YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==
    balances: {USDT: 10000000, BTC: 1, ETH: 1, SOL: 1}
END

bars_seen() { [ "$("$AGON" journal cat "$WORK/run/journal" --live --type quote 2>/dev/null | wc -l)" -ge $((($1 + 1) * 3)) ]; }
# run_of MODE SPEED: a host on that exchange for N bars, and what it decided against the backtest's.
run_of() {
    rm -rf "$WORK/run"
    rm -rf "$WORK/test.journal"
    SIM_PORT=0
    # shellcheck disable=SC2046
    start_sim $(data_of) --account "$WORK/accounts.yaml" --from 2025-05-26T12:00:00Z --speed "$2"
    jq -e '(.bars | test("BTCUSDT=60,ETHUSDT=60,SOLUSDT=60 path=pessimistic spread=200 ")) and .comparable' "$WORK/sim.out" >/dev/null ||
        fail "the exchange does not say what it is: $(cat "$WORK/sim.out")"
    MODE=$1 SPEED=$2 VENUE_MORE='warm_bars: 1000
channel: 300ms' HOST_MORE='report_latency: 0s' live_files "$(agents)"
    sed -i "s|^load_from:.*|load_from: [\"$AGON_BUILD_ROOT\"]|" "$WORK/conf/live.yaml"
    echo '  - {symbol: SOLUSDT, base: SOL, quote: USDT, tick: 0.01, lot: 0.001, min_notional: 5}' >>"$WORK/conf/live.yaml"
    : >"$WORK/host.err"
    start_host
    until_true "$HOST_PID" "$N bars of a run ($1 at ${2}x)" bars_seen "$N"
    "$AGON" ctl status --dir "$WORK/run" --json >"$WORK/status" || fail "no status"
    jq -e '.market_bars == "silent" and .not_comparable == null' "$WORK/status" >/dev/null || fail "the status: $(jq .market_bars "$WORK/status")"
    # A bar lasts longer than a channel may be silent elsewhere.
    "$AGON" ctl feed --dir "$WORK/run" --json >"$WORK/feed" || fail "no feed"
    jq -e '[.. | objects | select(has("silent_channels"))] | length > 0 and all(.silent_channels == 0)' "$WORK/feed" >/dev/null ||
        fail "silence inside bars was taken for a fault: $(jq -c '[.. | .silent_channels?, .reconnects?]' "$WORK/feed")"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host ($1 at ${2}x)"
    kill "$SIM_PID"
    wait "$SIM_PID" 2>/dev/null
    "$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" 2>&1 || fail "the journal does not replay: $(tail -1 "$WORK/replay.out")"
    "$AGON" journal cat "$WORK/run/journal" --json >"$WORK/ran" || fail "journal cat"
    from=$(python3 "$SIDES" begin "$WORK/ran")
    case $? in
    0) ;;
    2)
        # Nothing is judged yet.
        N_BEGUN=$((${N_BEGUN:-0} + 1))
        if [ -n "${BARS_STRICT-}" ] && [ "$N_BEGUN" -le 3 ]; then
            echo "$1 at ${2}x: agents began on two sides of a bar: once more"
            run_of "$@"
        else
            slower "$@" "agents begin on two sides of a bar, or far behind one"
        fi
        return
        ;;
    *) fail "$from" ;;
    esac
    # What is decided behind an open acts at the bar's close: so it is where orders travel, and so it is told to the backtest.
    # shellcheck disable=SC2046
    "$AGON" backtest --roster "$WORK/conf/roster.yaml" --plugins "$PLUGINS" $(data_of) --from "${from% *}" --to "${from#* }" \
        --data-latency 1s --latency 100ms --journal "$WORK/test.journal" --json >"$WORK/test.json" 2>"$WORK/err" ||
        fail "the backtest ended with $?: $(cat "$WORK/err")"
    "$AGON" journal cat "$WORK/test.journal" --json >"$WORK/tested" || fail "journal cat"
    "$AGON" journal export "$WORK/test.journal" --format json --intents "$WORK/tested.intents" || fail "journal export"
    "$AGON" journal export "$WORK/run/journal" --format json --intents "$WORK/ran.intents" || fail "journal export"
    python3 "$SIDES" compare "$WORK/tested" "$WORK/tested.intents" "$WORK/ran" "$WORK/ran.intents" "${from% *}" "${from#* }" "$LATE" >"$WORK/out" 2>&1
    status=$?
    sed "s/^/$1 at ${2}x: /" "$WORK/out"
    case $status in
    0) ;;
    3) slower "$@" "decisions came late" ;;
    *) fail "$1 at ${2}x: $(tail -1 "$WORK/out")" ;;
    esac
}
# slower MODE SPEED WHY: too fast for this machine.
slower() {
    [ -z "${BARS_STRICT-}" ] && [ "$2" -ge 4 ] || fail "$3, $1 at ${2}x"
    echo "$1 at ${2}x: $3: again, half as fast"
    run_of "$1" $(($2 / 2))
}

for speed in $SPEEDS; do
    for mode in live paper; do
        run_of "$mode" "$speed"
    done
done
