#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Three shipped plugins on bars take the same side on the same bar in a backtest, on paper and live, against an exchange that
# plays those bars 60 times as fast (20 times as well, with BARS_SPEEDS="60 20"): in at least 98 % of their decisions where no limit
# refused one, and where one did, it is named. A decision belongs to the bar that it was made on, by the journal: how late a
# loaded machine makes it does not matter. The host's status says what its market is. BARS_N: bars of each run (15).
. "$(dirname "$0")/common.sh"

SPEEDS=${BARS_SPEEDS:-60}
N=${BARS_N:-15}
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
    jq -e '[.. | objects | select(has("silent_channels"))] | length > 0 and all(.silent_channels == 0 and .reconnects == 0)' "$WORK/feed" >/dev/null ||
        fail "silence inside bars was taken for a fault: $(jq -c '[.. | .silent_channels?, .reconnects?]' "$WORK/feed")"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host ($1 at ${2}x)"
    kill "$SIM_PID"
    wait "$SIM_PID" 2>/dev/null
    "$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" 2>&1 || fail "the journal does not replay: $(tail -1 "$WORK/replay.out")"
    "$AGON" journal cat "$WORK/run/journal" --json >"$WORK/ran" || fail "journal cat"
    from=$(python3 "$WORK/sides.py" begin "$WORK/ran")
    case $? in
    0) ;;
    2) # Too fast for this machine: agents did not begin within one bar.
        [ "$2" -ge 4 ] || fail "agents begin on two sides of a bar, at ${2}x"
        run_of "$1" $(($2 / 2))
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
    python3 "$WORK/sides.py" compare "$WORK/tested" "$WORK/ran" "${from#* }" "$WORK/test.json" "${from% *}" >"$WORK/out" 2>&1 || fail "$1 at ${2}x: $(tail -30 "$WORK/out")"
    sed "s/^/$1 at ${2}x: /" "$WORK/out"
}

cat >"$WORK/sides.py" <<'END'
import datetime, json, os, sys

def rows(path):
    with open(path) as file:
        return [json.loads(line) for line in file]

def text(ns):
    return datetime.datetime.fromtimestamp(ns / 1e9, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

def begin(path):
    """From the open of the first bar that agents saw close, to the end of the last one that all of them did. 2 where agents
    began on two sides of a bar."""
    all_rows = rows(path)
    cuts = [int(row["cut_seq"]) for row in all_rows if row["type"] == "begin"]
    opens, closed = [], {}
    for row in all_rows:
        if row["type"] == "bar" and int(row["seq"]) > min(cuts):
            if int(row["seq"]) <= max(cuts):
                sys.exit(2)
            opens.append(int(row["t_open"]))
            closed[row["instrument"]] = int(row["t_open"])
    if len(closed) < 3:
        sys.exit("bars of %d symbols" % len(closed))
    print(text(min(opens)), text(min(closed.values()) + 60 * 10**9))

def decisions(path, first):
    """What each agent decided on which bar, what it paid for it, and what was refused: by the venue, or
    by a check of the host, which leaves no order; and what came late."""
    made, paid, refused, names, bars, orders, asked, late = {}, {}, {}, {}, {}, {}, {}, {}
    behind, began = set(), 0
    for row in rows(path):
        kind = row["type"]
        if kind == "config" and row["kind"] == "slot":
            names[row["slot"]] = row["name"]
        elif kind == "begin":
            began += 1
        elif kind == "bar":
            bars.setdefault(row["symbol"], []).append((int(row["seq"]), int(row["t_open"])))
            if began and int(row["t"]) > int(row["t_open"]) + 110 * 10**9:
                behind.add((row["symbol"], int(row["t_open"])))
        elif kind == "intent":
            known = [t for seq, t in bars.get(row["symbol"], []) if seq <= int(row["cause_seq"]) and t >= first]
            key = (names[row["slot"]], row["symbol"], known[-1] if known else 0)
            made[key] = row["side"]
            asked[row["slot"], row["symbol"]] = key
            # It acts at the close of the bar that it reaches the exchange in: that is the next one.
            if int(row["t"]) > key[2] + 119 * 10**9:
                late[key] = "its agent was a bar behind"
            refused[key] = "by a check of the host"
        elif kind == "report":
            # One order of an agent on its instrument at a time: what is told is of the last.
            slot = int(row["order_id"]) >> 48
            key = orders.setdefault(row["order_id"], asked.get((slot, row["symbol"])))
            if refused.get(key) == "by a check of the host":
                del refused[key]
            if row["kind"] == "fill":
                # Told behind the bar that it belongs to: that is decided on without it.
                last = bars.get(row["symbol"], [(0, 0)])[-1][1]
                if int(row["t_venue"]) <= last + 60 * 10**9 and key and key[2] < last:
                    late[key[0], key[1], last] = "its fill came behind the bar"
                paid[key] = row["px"]
            elif row["kind"] in ("rejected", "not_sent") or row["reason"] == "venue_rate":
                refused[key] = row["reason"]
    for symbol, t in behind:
        for name in names.values():
            late.setdefault((name, symbol, t), "the machine was a bar behind")
    return made, paid, refused, late

def after(keys, why):
    """What hangs on it: the bar of each and the three behind."""
    return {(name, symbol, t + bar * 60 * 10**9): why for name, symbol, t in keys for bar in (0, 1, 2, 3)}

def compare(tested, ran):
    with open(sys.argv[5]) as file:
        checks = {agent["name"]: " or ".join(sorted(agent["refused_by"])) for agent in json.load(file)["agents"]}
    first, to = (int(datetime.datetime.fromisoformat(t.rstrip("Z")).replace(tzinfo=datetime.timezone.utc).timestamp()) * 10**9
                 for t in (sys.argv[6], sys.argv[4]))
    one, other = decisions(tested, first), decisions(ran, first)
    bad = prices = n_refused = n_late = 0
    # What was refused in one of the two alone left them with other positions, and an agent rests behind it.
    hangs = after([k for k in set(one[2]) ^ set(other[2])], "behind what only one of the two refused")
    late = after(list(one[3]) + list(other[3]), "")
    late.update({k: v for k, v in {**one[3], **other[3]}.items()})
    # What is decided on the last bars may be told to one of them alone.
    keys = sorted(k for k in set(one[0]) | set(other[0]) if 0 < k[2] < to - 180 * 10**9)
    for key in keys:
        where = "%s on the bar of %s" % (key[0], text(key[2]))
        same = one[0].get(key) == other[0].get(key)
        if key in one[2] or key in other[2] or (not same and key in hangs):
            n_refused += 1
            why = one[2].get(key) or other[2].get(key) or hangs[key]
            if why == "by a check of the host" and checks.get(key[0]):
                why += ": " + checks[key[0]]
            print("%s: refused: %s" % (where, why))
        elif not same and key in late:
            n_late += 1
            print("%s: late: %s" % (where, late[key] or "behind such a bar"))
        elif not same:
            bad += 1
            print("%s: %s in the backtest, %s in the run" % (where, one[0].get(key, "nothing"), other[0].get(key, "nothing")))
        elif one[1].get(key) != other[1].get(key):
            prices += 1
            print("%s: paid %s in the backtest, %s in the run" % (where, one[1].get(key), other[1].get(key)))
    n = len(keys) - n_refused - n_late
    if n < 8:
        sys.exit("only %d decisions" % n)
    print("%d decisions, %d on another side, %d at another price, %d refused, %d late" % (n, bad, prices, n_refused, n_late))
    # By command, on many bars: most decisions have to be among those that are compared, and as many prices have to be equal as
    # sides. That a machine was too slow for the speed is no fault of the rules; there it is counted all the same.
    if os.environ.get("BARS_STRICT"):
        if n * 2 < len(keys) - n_late:
            sys.exit("limits refused more than half of %d decisions" % len(keys))
        if prices > n * 0.02:
            sys.exit("more than 2 % at another price")
        bad += n_late
    if bad > n * 0.02:
        sys.exit("that is more than 2 %")

if sys.argv[1] == "begin":
    begin(sys.argv[2])
else:
    compare(sys.argv[2], sys.argv[3])
END

for speed in $SPEEDS; do
    for mode in live paper; do
        run_of "$mode" "$speed"
    done
done
