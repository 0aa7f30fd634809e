#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""features: what the catalogue's formulas come to, by a program of their own.

    features.py bars FILE ROWS SEED         writes made-up bars of a minute: some without volume, some without movement
    features.py late FILE ROWS SEED         writes made-up trades with the time of their receipt: one in ten comes up to 3 s late
    features.py judge BARS CSV AHEAD        every value of CSV (agon features make) is that of its formula over BARS
    features.py digest CSV                  FNV-1a of all values' bytes, as two halves, and the number of rows
"""
import csv
import datetime
import math
import random
import statistics
import struct
import sys


def write_bars(path, rows, seed):
    draw = random.Random(seed)
    price, t = 30000.0, 1767225600000
    with open(path, "w", encoding="utf-8") as out:
        out.write("open_time_ms,open,high,low,close,volume\n")
        for i in range(rows):
            is_flat = rows // 3 <= i < rows // 3 + 260
            opened, points = price, [price]
            for _ in range(4):
                price += 0 if is_flat else round(draw.gauss(0, 12), 2)
                points.append(price)
            volume = 0 if is_flat or draw.random() < 0.05 else draw.uniform(1, 50)
            out.write(f"{t + i * 60000},{opened:.2f},{max(points):.2f},{min(points):.2f},{price:.2f},{volume:.3f}\n")


def write_late(path, rows, seed):
    draw = random.Random(seed)
    price, t, trades = 3000000, 1767225600000000, []
    for i in range(rows):
        t += int(draw.uniform(0, 1500000))
        price += draw.randint(-20, 20)
        late = draw.uniform(0, 3000000) if draw.random() < 0.1 else 20000
        trades.append((t + int(late), t, price / 100, draw.uniform(0.001, 3), draw.choice(("buy", "sell"))))
    with open(path, "w", encoding="utf-8") as out:
        out.write("timestamp,local_timestamp,side,price,amount\n")
        for received, traded, px, qty, side in sorted(trades):
            out.write(f"{traded},{received},{side},{px:.2f},{qty:.3f}\n")


class Bars:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.open, self.high, self.low, self.close, self.volume = (
            [float(row[name]) for row in rows] for name in ("open", "high", "low", "close", "volume"))
        self.t = [int(row["open_time_ms"]) + 60000 for row in rows]
        self.at = {t: i for i, t in enumerate(self.t)}

    def returns(self, i, n):
        return [math.log(self.close[k] / self.close[k - 1]) for k in range(i - n + 1, i + 1)]

    def ema(self, i, n):
        value = self.close[i - 4 * n + 1]
        for k in range(i - 4 * n + 2, i + 1):
            value = 2 / (n + 1) * self.close[k] + (1 - 2 / (n + 1)) * value
        return value


def moment(x, power):
    deviation = statistics.pstdev(x)
    mean = statistics.fmean(x)
    return statistics.fmean(((v - mean) / deviation) ** power for v in x) if deviation > 1e-15 else None


def hurst(x):
    points, n = [], len(x)
    while n >= 8:
        ratios = []
        for start in range(0, len(x) - n + 1, n):
            part = x[start:start + n]
            mean, way, ways = statistics.fmean(part), 0.0, [0.0]
            for v in part:
                way += v - mean
                ways.append(way)
            if statistics.pstdev(part) > 1e-15:
                ratios.append((max(ways) - min(ways)) / statistics.pstdev(part))
        if not ratios:
            return 0.5
        points.append((math.log(n), math.log(statistics.fmean(ratios))))
        n //= 2
    slope = statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope
    return min(1.0, max(0.0, slope))


def entropy(x, bins):
    low, high = min(x), max(x)
    if high - low < 1e-18:
        return 0.0
    count = [0] * bins
    for v in x:
        count[min(bins - 1, int((v - low) / (high - low) * bins))] += 1
    return -sum(c / len(x) * math.log(c / len(x)) for c in count if c) / math.log(bins)


def profile(bars, i, n, bins):
    low, high = min(bars.low[i - n + 1:i + 1]), max(bars.high[i - n + 1:i + 1])
    width, count = (high - low) / bins, [0.0] * bins
    for k in range(i - n + 1, i + 1):
        mean = (bars.high[k] + bars.low[k] + bars.close[k]) / 3
        count[min(bins - 1, int((mean - low) / width)) if width > 0 else 0] += bars.volume[k]
    if max(count) == 0:
        return 0.0
    return bars.close[i] / (low + (count.index(max(count)) + 0.5) * width) - 1


def value(bars, i, name, a, b):
    o, h, l, c, v = bars.open, bars.high, bars.low, bars.close, bars.volume
    last = range(i - a + 1, i + 1)
    reach = h[i] - l[i]
    moved = datetime.datetime.fromtimestamp(bars.t[i] / 1000, datetime.timezone.utc)
    day = (moved.hour * 3600 + moved.minute * 60 + moved.second) / 86400
    week = (moved.weekday() + day) / 7
    if name == "return":
        return math.log(c[i] / c[i - a])
    if name == "gap":
        return math.log(o[i] / c[i - 1])
    if name == "body":
        return (c[i] - o[i]) / reach if reach else 0
    if name == "upper_wick":
        return (h[i] - max(o[i], c[i])) / reach if reach else 0
    if name == "lower_wick":
        return (min(o[i], c[i]) - l[i]) / reach if reach else 0
    if name in ("range", "place"):
        high, low = max(h[k] for k in last), min(l[k] for k in last)
        if name == "range":
            return (high - low) / c[i]
        return (c[i] - low) / (high - low) if high > low else 0.5
    if name == "drawdown":
        return c[i] / max(c[k] for k in last) - 1
    if name == "true_range":
        return statistics.fmean(max(h[k] - l[k], abs(h[k] - c[k - 1]), abs(l[k] - c[k - 1])) for k in last) / c[i]
    if name == "volatility":
        return statistics.stdev(bars.returns(i, a))
    if name == "ewma_volatility":
        x, keep = bars.returns(i, 4 * a), 1 - 2 / (a + 1)
        weights = [keep ** (len(x) - 1 - k) for k in range(len(x))]
        return math.sqrt(sum(w * r * r for w, r in zip(weights, x)) / sum(weights))
    if name == "parkinson":
        return math.sqrt(statistics.fmean(math.log(h[k] / l[k]) ** 2 for k in last) / (4 * math.log(2)))
    if name == "garman_klass":
        return math.sqrt(max(0, statistics.fmean(math.log(h[k] / l[k]) ** 2 / 2 - (2 * math.log(2) - 1) * math.log(c[k] / o[k]) ** 2
                                                 for k in last)))
    if name == "volatility_ratio":
        longer = statistics.stdev(bars.returns(i, b))
        return statistics.stdev(bars.returns(i, a)) / longer if longer > 1e-15 else 1
    if name == "sma_gap":
        return c[i] / statistics.fmean(c[k] for k in last) - 1
    if name == "ema_gap":
        return c[i] / bars.ema(i, a) - 1
    if name == "macd":
        return (bars.ema(i, a) - bars.ema(i, b)) / c[i]
    if name == "slope":
        return statistics.linear_regression(list(range(a)), [math.log(c[k]) for k in last]).slope
    if name == "efficiency":
        way = sum(abs(r) for r in bars.returns(i, a))
        return abs(math.log(c[i] / c[i - a])) / way if way else 0
    if name == "rsi":
        moves = [c[k] - c[k - 1] for k in last]
        gain, loss = sum(m for m in moves if m > 0), -sum(m for m in moves if m < 0)
        return 100 * gain / (gain + loss) if gain + loss else 50
    if name == "bollinger":
        deviation = statistics.pstdev(c[k] for k in last)
        return (c[i] - statistics.fmean(c[k] for k in last)) / (2 * deviation) if deviation > 1e-9 else 0
    if name == "bollinger_width":
        return 4 * statistics.pstdev(c[k] for k in last) / statistics.fmean(c[k] for k in last)
    if name == "volume_ratio":
        mean = statistics.fmean(v[k] for k in last)
        return v[i] / mean if mean else 1
    if name == "volume_score":
        deviation = statistics.stdev(v[k] for k in last)
        return (v[i] - statistics.fmean(v[k] for k in last)) / deviation if deviation > 1e-12 else 0
    if name == "imbalance":
        # A table of bars does not say who bought: half of it, to the last digit of a quantity.
        return 0
    if name == "vwap_gap":
        volume = sum(v[k] for k in last)
        return c[i] / (sum(v[k] * (h[k] + l[k] + c[k]) / 3 for k in last) / volume) - 1 if volume else 0
    if name == "profile_gap":
        return profile(bars, i, a, b)
    x = bars.returns(i, a) if a else []
    if name == "skew":
        return moment(x, 3) or 0
    if name == "kurtosis":
        found = moment(x, 4)
        return found - 3 if found is not None else 0
    if name == "autocorrelation":
        mean = statistics.fmean(x)
        below = sum((r - mean) ** 2 for r in x)
        return sum((x[k] - mean) * (x[k - b] - mean) for k in range(b, a)) / below if below > 1e-25 else 0
    if name == "variance_ratio":
        mean, one = statistics.fmean(x), statistics.pvariance(x)
        sums = [(sum(x[k - b:k]) - b * mean) ** 2 for k in range(b, a + 1)]
        return statistics.fmean(sums) / (b * one) if one > 1e-25 else 1
    if name == "entropy":
        return entropy(x, b)
    if name == "hurst":
        return hurst(x)
    return {"day_sin": math.sin(2 * math.pi * day), "day_cos": math.cos(2 * math.pi * day),
            "week_sin": math.sin(2 * math.pi * week), "week_cos": math.cos(2 * math.pi * week)}[name]


def judge(path, table, ahead):
    bars, wrong, n, names = Bars(path), 0, 0, set()
    with open(table, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            i = bars.at[int(row["time_ms"])]
            for column, text in row.items():
                if column in ("time_ms", "part", "edition"):
                    continue
                if column == "target":
                    expected = math.log(bars.close[i + ahead] / bars.close[i])
                else:
                    name, *params = column.split(".")
                    expected = value(bars, i, name, *[int(p) for p in params] + [0] * (2 - len(params)))
                    names.add(name)
                n += 1
                # Who bought is half of the volume, rounded down to what a quantity has.
                if abs(float(text) - expected) > max(1e-9 * abs(expected), 1e-10 if column[:9] != "imbalance" else 1e-5):
                    wrong += 1
                    if wrong < 10:
                        print(f"{row['time_ms']} {column}: {text}, by its formula {expected!r}", file=sys.stderr)
    print(f"{n} values of {len(names)} features, {wrong} wrong")
    return wrong == 0 and n > 0


def digest(table):
    found, rows = 0xcbf29ce484222325, 0
    with open(table, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values = [float(text) for name, text in row.items() if name not in ("time_ms", "part", "edition", "target")]
            for byte in struct.pack(f"<{len(values)}d", *values):
                found = (found ^ byte) * 0x100000001b3 & 0xffffffffffffffff
            rows += 1
    print(found & 0xffffffff, found >> 32, rows)


if sys.argv[1] == "bars":
    write_bars(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
elif sys.argv[1] == "late":
    write_late(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
elif sys.argv[1] == "judge":
    sys.exit(0 if judge(sys.argv[2], sys.argv[3], int(sys.argv[4])) else 1)
else:
    digest(sys.argv[2])
