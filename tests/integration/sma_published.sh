#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The reference strategy against averages that others have published: of 1,026 candles with their simple averages of 5 and 15 closes each
# cross is a trade at the next candle's open. Price, fee and profit of each are worked out from the published columns in exact decimals
# and are what the backtest books; equity at the end to the cent. The candles are half hours of a stock exchange; here they are taken as hours in a row.
. "$(dirname "$0")/common.sh"
need_data reference/lean/spy_with_rma.csv.gz

cat >"$WORK/published.py" <<'END'
import csv, gzip, sys
from decimal import ROUND_CEILING, Decimal as D

step, data, work = sys.argv[1:]
with gzip.open(data, "rt") as file:
    rows = list(csv.DictReader(file))
SIZE, FEE = D(20), D("0.0005")


def trades():
    """Side and price of each, from the published averages alone. Their first and last heads have changed places."""
    above = None
    for at in range(14, len(rows) - 1):  # 15 closes are known from here on
        fast, slow = D(rows[at]["SMA15"]), D(rows[at]["SMA5"])
        before, above = above, above if fast == slow else fast > slow
        if before is not None and above != before:
            yield "buy" if above else "sell", D(rows[at + 1]["open"])


if step == "bars":
    closes = [D(row["close"]) for row in rows]
    for head, length in (("SMA15", 5), ("SMA10", 10), ("SMA5", 15)):  # what is behind each head
        for at in range(length - 1, len(rows)):
            assert abs(sum(closes[at - length + 1:at + 1]) / length - D(rows[at][head])) < D("1e-6"), (head, at)
    with open(f"{work}/SPYUSDT.csv", "w") as file:
        file.write("open_time_ms,open,high,low,close,volume\n")
        for at, row in enumerate(rows):
            file.write(f"{1640995200000 + at * 3600000},{row['open']},{row['high']},{row['low']},{row['close']},100000\n")
    sys.exit()

want, cash, held = list(trades()), D(0), D(0)
while want and want[0][0] == "sell":  # nothing was held yet
    want.pop(0)
with open(f"{work}/out/fills.csv") as file:
    fills = list(csv.DictReader(file))
if len(fills) != len(want):
    sys.exit(f"{len(fills)} fills, published averages give {len(want)}")
for number, (fill, (side, px)) in enumerate(zip(fills, want)):
    # A spot venue takes its fee of what was bought, and of the money of a sale, rounded up. Bid and ask are a unit of 1e-8 apart.
    is_buy = side == "buy"
    qty = SIZE if is_buy else held
    fee = (qty if is_buy else px * qty) * FEE
    fee = fee.quantize(D("1e-8"), ROUND_CEILING)
    got = [fill["side"], D(fill["price"]) - (D("1e-8") if is_buy else 0), D(fill["quantity"]), D(fill["fee"])]
    if got != [side, px, qty, fee] or fill["fee_asset"] != ("SPY" if is_buy else "USDT"):
        sys.exit(f"fill {number + 1} is {fill}, published averages give {side} {px} {qty}, fee {fee}")
    cash += -px * qty if is_buy else px * qty - fee
    held = qty - fee if is_buy else D(0)
with open(f"{work}/out/agents.csv") as file:
    equity = D(next(csv.DictReader(file))["equity"])
worked_out = 100000 + cash + held * D(rows[-1]["close"])
if abs(equity - worked_out) >= D("0.005"):
    sys.exit(f"equity {equity}, published averages give {worked_out}")
print(f"{len(want)} trades of {len(rows)} candles, equity {equity}: as the published averages give")
END
python3 "$WORK/published.py" bars "$DATA/reference/lean/spy_with_rma.csv.gz" "$WORK" || fail "the published averages are not means of their closes"
"$AGON" backtest "$2/../../plugins/sma_cross/sma_cross.so" --param fast=5 slow=15 size=20 bar_s=3600 symbol=SPYUSDT --data "$WORK/SPYUSDT.csv" \
    --spread 0 --drift 0 --taker 5 --csv "$WORK/out" --json >"$WORK/out.json" 2>"$WORK/err" || fail "$(cat "$WORK/err")"
python3 "$WORK/published.py" trades "$DATA/reference/lean/spy_with_rma.csv.gz" "$WORK" || fail "a trade is not what the published averages give"
