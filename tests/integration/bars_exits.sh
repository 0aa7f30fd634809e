#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the host closes for its agents inside a bar, on paper and in a backtest: plugins with stops, targets, trailing stops and
# loss limits on an exchange that plays bars 60 times as fast leave by the same cause, in the same bar, at the same price as in a
# backtest of these bars, and are told so before the bar. The journal replays, and the plugins want on it what they wanted.
# BARS_N: bars of a run (14).
. "$(dirname "$0")/common.sh"

N=${BARS_N:-14}
# Minutes of ranges about as wide as the stops are far away. Each opens where the one before has closed, but for a gap now
# and then in one of the symbols.
rows() { # SEED PX GAP DRIFT
    awk -v seed="$1" -v px="$2" -v gap="$3" -v drift="$4" 'BEGIN {
        srand(seed)
        print "open_time_ms,open,high,low,close,volume"
        for (i = 0; i < 3000; i++) {
            open = px
            if (rand() < 0.2) open = px * (1 + (rand() - 0.5) * gap)
            px = open * (1 + (rand() - 0.5) * 0.003 + drift)
            high = (open > px ? open : px) * (1 + rand() * 0.001)
            low = (open < px ? open : px) * (1 - rand() * 0.001)
            printf "%.0f,%.2f,%.2f,%.2f,%.2f,%.4f\n", 1748131200000 + i * 60000, open, high, low, px, 2000 + rand() * 10
        }
    }'
}
rows 7 60000 0.002 0 >"$WORK/BTCUSDT.csv"
rows 8 5000 0 -0.0003 >"$WORK/ETHUSDT.csv"
LIMITS='order: 100000 USDT, position: 100000 USDT, orders_per_second: 1000, orders_burst: 10000, open_orders: 20'
one() { # NAME SYMBOL PLUGIN PARAMS [LIMITS]
    agent "$1" "$3" "$4" "$LIMITS, ${5:-daily_loss: 50%}" | sed "s/\[\"binance:BTCUSDT\", \"binance:ETHUSDT\"\]/[\"binance:$2\"]/"
}
agents() {
    one stop BTCUSDT bracket.so 'stop: 600'
    one take BTCUSDT bracket.so 'stop: 800, take: 500, half: 1'
    one trail BTCUSDT bracket.so 'trail: 700'
    one bid ETHUSDT bracket.so 'below: 300, stop: 500, take: 600'
    one follow ETHUSDT bracket.so 'trail: 500, take: 900'
    one lose ETHUSDT bracket.so 'qty: 200000' 'collar: 0.1%, daily_loss: 0.2%'
    one fall ETHUSDT bracket.so 'qty: 150000' 'collar: 0.1%, drawdown: 0.2%, daily_loss: 50%'
    one break BTCUSDT breakout.so 'enter_bars: 2, leave_bars: 4, atr: 4, stop_atr: 0.5, size_pct: 5, bar_s: 60, symbol: BTCUSDT'
}

cat >"$WORK/exits.py" <<'END'
import datetime, json, sys

MINUTE = 60 * 10**9
LATE = {"no_book", "no_valuation", "unpriced", "clock", "slot_state", "venue_down", "venue_busy", "not_sent"}

def rows(path):
    with open(path) as file:
        return [json.loads(line) for line in file]

def text(ns):
    return datetime.datetime.fromtimestamp(ns / 1e9, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

def begin(path):
    """From the open of the first bar that agents saw close, to the end of the last but two that all of them did: a host that
    ends takes back what would act later. 2 where this machine was so late that what was wanted on a bar came in another
    than the next, that agents began on two sides of a bar, that one still caught up when the first bar closed (a bracket always
    wants something then), or that the host had nothing fresh to judge an order by."""
    all_rows = rows(path)
    names = {row["slot"]: row["name"] for row in all_rows if row["type"] == "config" and row["kind"] == "slot"}
    wants = {name for name in names.values() if name != "break"}
    cuts = [int(row["cut_seq"]) for row in all_rows if row["type"] == "begin"]
    opens, closed = [], {}
    for row in all_rows:
        if int(row["seq"]) <= min(cuts):
            continue
        if row["type"] == "bar":
            if int(row["seq"]) <= max(cuts):
                sys.exit(2)
            opens.append(int(row["t_open"]))
            if len(opens) > 2 and wants:
                sys.exit(2)
            closed[row["symbol"]] = int(row["t_open"]) + MINUTE
            if int(row["t"]) > closed[row["symbol"]] + 40 * 10**9:
                sys.exit(2)
        elif row["type"] == "report" and row["reason"] in LATE:
            sys.exit(2)
        elif row["type"] == "intent" and row["symbol"] in closed:
            wants.discard(names.get(row["slot"]))
            if int(row["t"]) > closed[row["symbol"]] + 45 * 10**9:
                sys.exit(2)
    if len(closed) < 2:
        sys.exit("bars of %d symbols" % len(closed))
    print(text(min(opens)), text(min(closed.values()) - 2 * MINUTE))

def acts(path, to):
    """Fills and fired exits in the order of the journal, each with the bar whose end it was told at. What is told inside a
    bar stands together, and before the bar."""
    names, fills, exits, inside, told = {}, [], [], None, {}
    n_paths = 0
    for row in rows(path):
        kind = row["type"]
        if kind == "config" and row["kind"] == "slot":
            names[row["slot"]] = row["name"]
        elif kind == "path":
            if inside not in (None, (row["symbol"], row["t_venue"])):
                sys.exit("event %s: a path of another bar between two steps of one" % row["seq"])
            inside = None if row["kind"] == "end" else (row["symbol"], row["t_venue"])
            n_paths += 1
        elif inside is not None and kind not in ("due", "report", "alert"):
            sys.exit("event %s: a %s between two steps of a path" % (row["seq"], kind))
        elif kind == "bar":
            told[row["symbol"]] = int(row["t_open"]) + MINUTE
        elif kind == "due" and row["kind"] == "exit":
            t = int(inside[1]) if inside else int(row["t"])
            if t <= to:
                exits.append((names[row["slot"]], text(t) if inside else "on no path", row["cause"], row["px"]))
        elif kind == "report" and row["kind"] == "fill" and int(row["t_venue"]) <= to:
            if int(row["t_venue"]) <= told.get(row["symbol"], 0):
                sys.exit("event %s: a fill that came behind the bar that it is of" % row["seq"])
            fills.append((names[int(row["order_id"]) >> 48], text(int(row["t_venue"])), row["side"], row["px"], row["qty"],
                          row["fee_amt"]))
    return fills, exits, n_paths

def compare(tested, ran, to):
    to = int(datetime.datetime.fromisoformat(to.rstrip("Z")).replace(tzinfo=datetime.timezone.utc).timestamp()) * 10**9
    one, other = acts(tested, to), acts(ran, to)
    bad = 0
    for what, there, here in ("fill", one[0], other[0]), ("exit", one[1], other[1]):
        for name in sorted({row[0] for row in there + here}):
            want, have = [r for r in there if r[0] == name], [r for r in here if r[0] == name]
            for at in range(max(len(want), len(have))):
                a, b = want[at] if at < len(want) else None, have[at] if at < len(have) else None
                if a != b:
                    bad += 1
                    print("%s %d of %s: %s in the backtest, %s in the run" % (what, at + 1, name, a, b))
    causes = {cause: sum(row[2] == cause for row in one[1]) for cause in {row[2] for row in one[1]}}
    sold = {row[0] for row in one[0] if row[2] == "sell"}
    print("%d fills, exits: %s; %d and %d steps of paths" % (len(one[0]), causes, one[2], other[2]))
    if bad:
        sys.exit("%d differ" % bad)
    if len(causes) < 3 or sum(causes.values()) < 12 or not sold & {"lose", "fall"}:
        sys.exit("that is too little to say anything")

if sys.argv[1] == "begin":
    begin(sys.argv[2])
else:
    compare(*sys.argv[2:5])
END

n_bars() { [ "$("$AGON" journal cat "$WORK/run/journal" --live --type quote 2>/dev/null | wc -l)" -ge $(($1 * 2)) ]; }
run() {
    rm -rf "$WORK/run"
    SIM_PORT=0
    start_sim --data "BTCUSDT=$WORK/BTCUSDT.csv" "ETHUSDT=$WORK/ETHUSDT.csv" --from 2025-05-26T12:00:00Z --speed "$speed"
    MODE=paper SPEED=$speed VENUE_MORE='warm_bars: 1000
channel: 300ms' live_files "$(agents)"
    : >"$WORK/host.err"
    start_host
    until_true "$HOST_PID" "$N bars" n_bars "$N"
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
    kill "$SIM_PID"
    wait "$SIM_PID" 2>/dev/null
    "$AGON" journal cat "$WORK/run/journal" --json >"$WORK/ran" || fail "journal cat"
    from=$(python3 "$WORK/exits.py" begin "$WORK/ran")
}
mkdir "$WORK/plugins"
cp "$PLUGINS/bracket.so" "$AGON_BUILD_ROOT/plugins/breakout/breakout.so" "$WORK/plugins/"
PLUGINS=$WORK/plugins
speed=60
until run; do
    [ $? = 2 ] || fail "$from"
    [ "$speed" -ge 4 ] || fail "this machine was a bar behind at ${speed}x"
    speed=$((speed / 2))
done
"$AGON" replay "$WORK/run/journal" --verify >"$WORK/replay.out" 2>&1 || fail "the journal does not replay: $(tail -1 "$WORK/replay.out")"
"$AGON" parity "$WORK/run" --locked --json >"$WORK/parity.json" 2>"$WORK/err" || fail "parity ends with $?: $(cat "$WORK/err" "$WORK/parity.json")"
jq -e '.share_percent == 100 and .equal == .instances' "$WORK/parity.json" >/dev/null || fail "$(cat "$WORK/parity.json")"
# The rows go on behind the end that is compared.
to=$(date -u -d "${from#* } 2 minutes" +%Y-%m-%dT%H:%M:%SZ)
"$AGON" backtest --roster "$WORK/conf/roster.yaml" --plugins "$PLUGINS" --instruments "$WORK/conf/live.yaml" \
    --data "BTCUSDT=$WORK/BTCUSDT.csv" "ETHUSDT=$WORK/ETHUSDT.csv" --from "${from% *}" --to "$to" \
    --data-latency 1s --latency 100ms --journal "$WORK/test.journal" --json >"$WORK/test.json" 2>"$WORK/err" ||
    fail "the backtest ended with $?: $(cat "$WORK/err")"
"$AGON" journal cat "$WORK/test.journal" --json >"$WORK/tested" || fail "journal cat"
python3 "$WORK/exits.py" compare "$WORK/tested" "$WORK/ran" "${from#* }" >"$WORK/out" 2>&1 || fail "$(tail -30 "$WORK/out")"
cat "$WORK/out"
