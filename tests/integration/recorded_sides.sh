#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One recording of Kraken, and one of OKX, two ways: through a backtest, by the gateway's decoder, and through the simulated venue,
# by its own reader, to a host on paper. Trades are the same, each in its place, and so is each book that the host had, level
# by level, at the time that the venue gave it.
. "$(dirname "$0")/common.sh"
SPEED=8

# Half an hour, of which a part is heard: a change of the book each 100 ms, in the middle between two that a venue tells of, and two trades each second.
cat >"$WORK/draw.py" <<'END'
import random
import sys

sys.path.insert(0, sys.argv[1])
import make

draw, seconds = random.Random(7), 1800
if sys.argv[2] == "kraken":
    out = make.Kraken()
    out.whole(50)
    number = 0
    for ms in range(150, seconds * 1000, 100):
        bids, asks = out.book.sides()
        side = draw.choice((0, 1))
        levels = bids if side == 0 else asks
        # One of its levels has another quantity, or goes while there are others; or a new one comes at the end.
        px = draw.choice(levels)[0]
        if draw.random() < 0.2 and len(levels) > 8:
            change = [(px, "0.00000000")]
        elif len(levels) < 10:
            step = -0.1 if side == 0 else 0.1
            change = [("%.1f" % (float(levels[-1][0]) + step), "%.8f" % draw.uniform(0.1, 9))]
        else:
            change = [(px, "%.8f" % draw.uniform(0.1, 9))]
        out.part(ms, change if side == 0 else [], change if side == 1 else [])
        if ms % 1000 == 150:
            bids, asks = out.book.sides()
            number += 2
            out.trades(ms + 60, (ms + 20, "buy", asks[0][0], "0.01000000", number), (ms + 20, "sell", bids[0][0], "0.0%d" % (100 + number), number + 1))
else:
    out = make.Okx("BTC-USDT")
    sides = ({"%.1f" % (59999.9 - i / 10): "%d.5" % (i + 1) for i in range(20)}, {"%.1f" % (60000.1 + i / 10): "%d.25" % (i + 1) for i in range(20)})
    order = lambda side: sorted(sides[side].items(), key=lambda level: float(level[0]) * (-1 if side == 0 else 1))
    seq, number = 1000, 0
    out.book(50, order(0), order(1), -1, seq, "snapshot")
    for ms in range(150, seconds * 1000, 100):
        side = draw.choice((0, 1))
        px, qty = draw.choice(order(side)[:10])[0], "%.8f" % draw.uniform(0.1, 9)
        if draw.random() < 0.2 and len(sides[side]) > 12:
            qty = "0"
            sides[side].pop(px)
        elif len(sides[side]) < 20:
            px = "%.1f" % (float(order(side)[-1][0]) + (-0.1 if side == 0 else 0.1))
            sides[side][px] = qty
        else:
            sides[side][px] = qty
        out.book(ms, [(px, qty)] if side == 0 else [], [(px, qty)] if side == 1 else [], seq, seq + 3)
        seq += 3
        if ms % 1000 == 150:
            number += 2
            out.trades(ms + 60, (ms + 20, "buy", order(1)[0][0], "0.01", number), (ms + 20, "sell", order(0)[0][0], "0.0%d" % (100 + number), number + 1))
open(sys.argv[3], "w").writelines(line + "\n" for line in out.lines)
END

cat >"$WORK/compare.py" <<'END'
import json
import sys

T0 = 1723161600000


def read(name):
    """Trades in order, and the book by the venue's time after each change of it."""
    trades, books, book = [], {}, None
    for row in map(json.loads, open(name)):
        if row["type"] == "trade":
            trades.append((int(row.get("t_venue", row["t"])) // 10**6 - T0, row["side"], row["px_dec"], row["qty_dec"]))
        elif row["type"] in ("book_snapshot", "book_delta"):
            if row["type"] == "book_snapshot":
                book = [{}, {}]
            elif book is None:
                continue
            for side, levels in zip(book, (row["bid"], row["ask"])):
                for _, _, px, qty in levels:
                    side.pop(px, None)
                    if float(qty):
                        side[px] = qty
            t = int(row.get("t_venue", 0)) // 10**6 - T0
            if t > 0:
                books[t] = [sorted(side.items()) for side in book]
    return trades, books


(lab_trades, lab_books), (host_trades, host_books) = read(sys.argv[1]), read(sys.argv[2])
if len(host_trades) < 50 or len(host_books) < 300:
    sys.exit("only %d trades and %d books were heard" % (len(host_trades), len(host_books)))
first = lab_trades.index(host_trades[0]) if host_trades[0] in lab_trades else sys.exit("no such trade was recorded: %s" % (host_trades[0],))
heard = lab_trades[first:first + len(host_trades)]
if heard != host_trades:
    sys.exit("trades differ: %s" % [pair for pair in zip(heard, host_trades) if pair[0] != pair[1]][:3])
times, n = sorted(lab_books), 0
for t, book in sorted(host_books.items()):
    before = [at for at in times if at <= t]
    if before and lab_books[before[-1]] != book:
        sys.exit("the book of %d ms differs from the one that was recorded at %d ms:\n%s\n%s" % (t, before[-1], book, lab_books[before[-1]]))
    n += 1
print("%s: %d trades and %d books alike" % (sys.argv[3], len(host_trades), n))
END

venue_file() { # NAME DIALECT PATHS...
    cat >"$WORK/conf/venue.yaml" <<END
name: $1
dialect: $2
market: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: $3}
user: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: $4}
rest: {host: 127.0.0.1, port: $SIM_PORT, tls: false, path: $5}
limits:
  - {kind: weight, capacity: 15, window: 45s}
  - {kind: raw, capacity: 300, window: 1m}
  - {kind: orders, capacity: 60, window: 1m}
  - {kind: orders_day, capacity: 1000000, window: 1d}
  - {kind: snapshots, capacity: 100, window: 1m}
  - {kind: connects, capacity: 150, window: 10m}
subscribe: {trades: true, quotes: true, depth: true}
channel: 0s
silence: 600s
END
}
both() { # VENUE DIALECT FILE SYMBOL QUOTE
    python3 -B "$WORK/draw.py" "$AGON_SOURCE_ROOT/tests/data/recording" "$1" "$WORK/$3" || fail "$1: the recording"
    cp "$AGON_SOURCE_ROOT/tests/data/recording/$2"_*.json "$WORK"
    "$AGON" backtest "$PLUGINS/busy.so" --param every=1000000 --data "$WORK/$3" --journal "$WORK/lab-$1" >"$WORK/out" 2>&1 || fail "$1: $(cat "$WORK/out")"
    grep -q -e ' gaps' -e 'did not come to' "$WORK/out" && fail "$1: books of the recording: $(cat "$WORK/out")"
    "$AGON" journal cat "$WORK/lab-$1" --json >"$WORK/lab.rows" || fail "journal cat"
    start_sim --venue "$1" --data "$WORK/$3" --speed $SPEED
    MODE=paper SPEED=$SPEED live_files ''
    case $1 in
    kraken) venue_file kraken kraken_spot /v2 /v2 /0 ;;
    okx) venue_file okx okx_spot /ws/v5/public /ws/v5/private /api/v5 ;;
    esac
    sed -i '/symbol:/d' "$WORK/conf/live.yaml"
    echo "  - {symbol: $4, base: BTC, quote: $5, tick: 0.1, lot: 0.00000001}" >>"$WORK/conf/live.yaml"
    {
        printf 'seed: 1\nbase_currency: %s\nagents:\n' "$5"
        agent busy_1 busy.so 'every: 1000000' | sed -e "s/USDT/$5/g" -e 's/stage: live/stage: paper/' -e "s|instruments: \[[^]]*\]|instruments: [\"$1:$4\"]|"
    } >"$WORK/conf/roster.yaml"
    rm -rf "$WORK/run"
    start_host
    heard() { [ "$("$AGON" journal cat "$WORK/run/journal" --live --type trade 2>/dev/null | wc -l)" -ge 200 ]; }
    until_true "$HOST_PID" "two hundred trades of the recording" heard
    kill -TERM "$HOST_PID"
    ended "$HOST_PID" 0 "the host"
    kill -TERM "$SIM_PID"
    ended "$SIM_PID" 0 "the simulator"
    "$AGON" journal cat "$WORK/run/journal" --json >"$WORK/host.rows" || fail "journal cat"
    python3 "$WORK/compare.py" "$WORK/lab.rows" "$WORK/host.rows" "$1" || fail "$1: backtest and host heard different markets"
    SIM_PORT=
    SIM_LOG=$WORK/sim2.ndjson
}
both kraken kraken_spot kraken_spot_BTCUSD_long.raw BTC/USD USD
both okx okx_spot okx_spot_BTCUSDT_long.raw BTC-USDT USDT
