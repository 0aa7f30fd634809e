#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report_check FOLDER: works out from the bars and from fills.csv and equity.csv of a backtest what `agon report` says of it
(report.json, and the two pages), and compares. Only the standard library; written from docs/report.md, not from the sources."""
import csv
import datetime
import html
import json
import re
import sys
from decimal import Decimal

TOLERANCE = 1e-6  # of trades' results; both sides add up doubles
folder = sys.argv[1]


def fail(text):
    sys.exit("FAIL: " + text)


def near(a, b, tolerance=TOLERANCE):
    return abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))


def rows(name):
    with open(f"{folder}/{name}", newline="") as file:
        return list(csv.DictReader(file))


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


with open(f"{folder}/report.json") as file:
    report = json.load(file)
with open(f"{folder}/backtest.json") as file:
    backtest = json.load(file)
fills, equity = rows("csv/fills.csv"), rows("csv/equity.csv")
listed = {one["symbol"]: one for one in backtest["instruments"]}


class Trades:
    """From flat to flat: of coins, what no order could sell counts as nothing, but it is there, with what it cost: what is sold
    costs the mean of all that is held. So the results are what the ledger realises."""

    def __init__(self):
        self.held = self.cost = Decimal(0)  # of both the sign of the position
        self.begin()

    def begin(self):
        self.side, self.qty, self.parts = 0, [Decimal(0), Decimal(0)], [Decimal(0), Decimal(0)]
        self.fees = self.result = Decimal(0)

    def take(self, is_in, qty, price, fee):
        self.qty[not is_in] += qty
        self.parts[not is_in] += qty * price
        self.fees += fee

    def end(self):
        (entered, left), (paid, got) = self.qty, self.parts
        result = self.result - self.fees
        one = (self.side, float(entered), float(paid / entered), float(got / left), float(result))
        self.begin()
        return one

    def fill(self, row):
        """The trades that it ends."""
        symbol, qty, price = listed[row["symbol"]], Decimal(row["quantity"]), Decimal(row["price"])
        sign = 1 if row["side"] == "buy" else -1
        fee = Decimal(row["fee"] or 0)
        is_coin = row["fee_asset"] and not row["fee_asset"].startswith("USD")
        before, done = abs(self.held), []
        gone = min(qty, before) if self.held * sign < 0 else Decimal(0)  # out of the position, at its mean cost
        if gone:
            out = self.cost * gone / before
            self.result += sign * -gone * price - out
            self.cost -= out
        self.cost += sign * (qty - gone) * price
        self.held += sign * qty - (fee if is_coin else 0)
        fee *= 0 if is_coin else 1  # coins are fewer, and cost as much
        self.side = self.side or sign
        if self.side == sign:
            self.take(True, qty, price, fee)
        else:
            closing = min(qty, before) if symbol["perpetual"] else qty
            self.take(False, closing, price, fee * closing / qty)
            if closing < qty:
                done.append(self.end())
                self.side = sign
                self.take(True, qty - closing, price, fee * (qty - closing) / qty)
        rest = abs(self.held)
        if rest == 0 or not symbol["perpetual"] and (
                rest < Decimal(symbol["lot"]) or rest * price < Decimal(symbol["min_notional"])):
            done.append(self.end())
        return done


def check_trades():
    books, done, volume, flat = {}, [], {}, {}
    for row in fills:
        who = (row["agent"], row["symbol"])
        volume[row["agent"]] = volume.get(row["agent"], 0.0) + float(row["price"]) * float(row["quantity"])
        for trade in books.setdefault(who, Trades()).fill(row):
            done.append((row["agent"], row["symbol"], seconds(row["time"])) + trade)
        flat.setdefault(row["agent"], []).append((seconds(row["time"]), books[who].side))
    if report["trades_n"] != len(done) or len(done) < 20:
        fail(f"{report['trades_n']} trades there and {len(done)} here")
    shorts = 0
    for mine, said in zip(reversed(done), report["trades"]):
        agent, symbol, closed, side, qty, entry, out, result = mine
        shorts += side < 0
        same = (said["agent"], said["symbol"], said["side"]) == (agent, symbol, "long" if side > 0 else "short")
        numbers = [(seconds(said["closed"]), closed), (said["quantity"], qty), (said["entry"], entry), (said["exit"], out),
                   (said["result"], result)]
        if not same or not all(near(a, b) for a, b in numbers):
            fail(f"a trade is {said} there and {mine} here")
    if not shorts:
        fail("no short trade: that side is not tried")
    for agent in report["agents"]:
        mine = [trade for trade in done if trade[0] == agent["name"]]
        won = sum(trade[-1] > 0 for trade in mine)
        if (agent["trades"], agent["trades_won"]) != (len(mine), won):
            fail(f"{agent['name']}: {agent['trades']} trades, {agent['trades_won']} won there, {len(mine)} and {won} here")
    return len(done), volume, flat


def fold(trades, key_of):
    """Trades by a key: how many, how many won and lost, result, best, worst, mean time held."""
    groups = {}
    for trade in trades:
        groups.setdefault(key_of(trade), []).append(trade)
    out = {}
    for key, own in groups.items():
        results = [trade["result"] for trade in own]
        held = [seconds(trade["closed"]) - seconds(trade["opened"]) for trade in own if trade["opened"]]
        out[key] = (len(own), sum(x > 0 for x in results), sum(x < 0 for x in results), sum(results), max(results), min(results),
                    sum(held) / len(held) if held else None)
    return out


RESTS = {"not_closed_yet": "in positions not closed yet", "unrealised": "unrealised in open positions", "funding": "funding"}  # what is in no closed trade


def check_performance():
    """By instrument and exit reason: what the listed trades come to, in JSON and in both pages."""
    if len(report["trades"]) != report["trades_n"]:
        fail("not all trades are listed: their sums cannot be worked out")
    of = {(one["symbol"], one["exit_reason"]): tuple(one[key] for key in ("trades", "won", "lost", "result", "best", "worst", "held_s"))
          for one in report["performance"] if one["exit_reason"] not in RESTS}
    mine = fold(report["trades"], lambda trade: (trade["symbol"], trade["exit_reason"]))
    still = {one["symbol"]: one for one in report["performance"] if one["exit_reason"] == "not_closed_yet"}
    if set(of) != set(mine) or len(of) + sum(one["exit_reason"] in RESTS for one in report["performance"]) != len(report["performance"]) or len({symbol for symbol, _ in of}) < 2:
        fail(f"performance of {sorted(of)} there and of {sorted(mine)} here")
    for key, numbers in mine.items():
        if not all((a is None) == (b is None) and (a is None or near(a, b)) for a, b in zip(of[key], numbers)):
            fail(f"performance of {key} is {of[key]} there and {numbers} here")
    # Together with what is in no closed trade yet they are what the fills have realised, of each instrument.
    for symbol in {row["symbol"] for row in fills}:
        # Of a fill that opens, what a perpetual costs is realised, and stands in its fee alone.
        booked = sum(float(row["result"]) or (-float(row["fee"]) if row["fee_asset"] == "USDT" else 0.0) for row in fills if row["symbol"] == symbol)
        summed = sum(one["result"] for one in report["performance"] if one["symbol"] == symbol and one["exit_reason"] not in ("unrealised", "funding"))
        if not near(booked, summed):
            fail(f"performance of {symbol} comes to {summed}, its fills to {booked}: {still.get(symbol)}")
    # With what is unrealised and paid as funding, the result of all.
    total = sum(one["result"] for one in report["performance"])
    if abs(total - float(report["all"]["result"])) > 0.006 or not any(one["exit_reason"] == "funding" for one in report["performance"]):
        fail(f"performance comes to {total}, the result is {report['all']['result']}: {report['performance']}")
    if any((one["trades"], one["best"], one["worst"], one["held_s"]) != (0, None, None, None) for one in still.values()):
        fail(f"what is not closed has numbers of trades: {still}")
    for name in ("page", "journal"):
        with open(f"{folder}/{name}.html") as file:
            text = file.read()
        tables = re.findall(r"<table.*?</table>", text[text.index("Result by instrument and by exit reason"):], re.S)[:2]
        for table, at in zip(tables, (0, 1)):
            cells = [[html.unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in re.findall(r"<tr>(.*?)</tr>", table)]
            rests = [row for row in cells if row and row[0] in RESTS.values()]
            if abs(sum(float(row[3].replace(",", "")) for row in cells if row) - float(report["all"]["result"])) > 0.006 * len(cells):
                fail(f"{name}.html: {cells} do not come to {report['all']['result']}")
            for row in rests:
                if [cell for i, cell in enumerate(row) if i in (1, 2, 4, 5, 6, 8)] != ["0", "", "", "", "", ""]:
                    fail(f"{name}.html: {row}")
            left = [row for row in cells if row and row[0] == "in positions not closed yet"]
            if bool(left) != bool(still) or abs(sum(float(row[3].replace(",", "")) for row in left) - sum(one["result"] for one in still.values())) > 0.011:
                fail(f"{name}.html: not closed yet are {left} there and {still} in JSON")
            shown = sorted((int(row[1].replace(",", "")), row[2].replace("\u2009", " "), float(row[3].replace(",", ""))) for row in cells if row and row not in rests)
            want = sorted((one[0], f"{100 * one[1] / one[0]:.2f} %", round(one[3], 2))
                          for one in fold(report["trades"], lambda trade: (trade["symbol"], trade["exit_reason"])[at]).values())
            if len(shown) != len(want) or any(a[:2] != b[:2] or abs(a[2] - b[2]) > 0.011 for a, b in zip(shown, want)):
                fail(f"{name}.html: trades by {('instrument', 'exit reason')[at]} are {shown} there and {want} here")


def check_periods():
    """Days and months together are the result of all, and the first day is what equity was at its end."""
    days, months = report["days"], report["months"]
    if len(days) < 4:
        fail(f"{len(days)} days")
    for periods in (days, months):
        if abs(sum(one["result"] for one in periods) - float(report["all"]["result"])) > 0.006:
            fail(f"periods come to {sum(one['result'] for one in periods)}, all to {report['all']['result']}")
    for month in months:
        own = [day for day in days if day["day"].startswith(month["month"])]
        growth = 1.0
        for day in own:
            growth *= 1 + day["return"]
        if not near(month["result"], sum(day["result"] for day in own)) or not near(month["return"], growth - 1, 1e-9):
            fail(f"a month is {month}, its days are {own}")
    # No tournament was held before that midnight, and no pool is there yet.
    row = next(row for row in equity if row["time"] >= "2026-01-02T00:00")
    end = sum(float(row[name]) for name in row if name not in ("time", "venue_time"))
    if days[0]["day"] != "2026-01-01" or abs(days[0]["result"] - (end - 200000)) > 0.01 or not near(days[0]["return"], end / 200000 - 1, 1e-7):
        fail(f"the first day is {days[0]}, equity at its end {end} at {row['time']}")
    for name in ("page", "journal"):
        with open(f"{folder}/{name}.html") as file:
            text = file.read()
        for day in days:
            if not re.search("<td[^>]*>%s</td><td[^>]*>%s</td>" % (day["day"], re.escape(f"{day['result']:,.2f}")), text):
                fail(f"{name}.html has no {day}")
        if "Exposure of the whole" not in text:
            fail(f"{name}.html has no exposure over time")


def check_agents(volume, flat):
    days = (seconds(report["to"]) - seconds(report["from"])) / 86400
    minutes = [seconds(row["time"]) for row in equity]
    for agent in report["agents"]:
        turnover = volume.get(agent["name"], 0.0) / float(agent["capital"]) / days
        if not near(agent["turnover_a_day"], turnover, 1e-3):
            fail(f"{agent['name']}: a turnover of {agent['turnover_a_day']} there and {turnover} here")
        held, at, side = 0, 0, 0
        changes = flat.get(agent["name"], [])
        for minute in minutes:
            while at < len(changes) and changes[at][0] <= minute:
                side = changes[at][1]
                at += 1
            held += side != 0
        share = held / len(minutes)
        if abs(agent["time_held"] - share) > 0.01:
            fail(f"{agent['name']}: held for {agent['time_held']} of the time there and {share} here")
        if (agent["exposure"] > 0) != (share > 0):
            fail(f"{agent['name']}: an exposure of {agent['exposure']}")


def check_whole():
    """The pools are not in equity.csv; capital that tournaments move is neither gain nor loss."""
    if not near(report["drawdowns"][0]["depth"], report["all"]["drawdown"], 1e-9):
        fail(f"the deepest drawdown is {report['drawdowns'][0]} and the figure {report['all']['drawdown']}")
    names = [key for key in equity[0] if key not in ("time", "venue_time")]
    before = [row for row in equity if row["time"] < "2026-01-02T00:00"]  # no tournament yet
    high, deepest = 0.0, 0.0
    for row in before:
        total = sum(float(row[name]) for name in names)
        high = max(high, total, 200000.0)
        deepest = max(deepest, 1 - total / high)
    inside = [fall["depth"] for fall in report["drawdowns"] if fall["lowest"] < "2026-01-02T00:00" and fall["made_good"] and
              fall["made_good"] < "2026-01-02T00:00"]
    if inside and max(inside) > deepest + 1e-9:
        fail(f"a drawdown of {max(inside)} on the first day there, {deepest} here")
    holds = []
    for symbol in {row["symbol"] for row in fills}:
        bars = rows(f"{symbol}_1m.csv")
        holds.append(float(bars[-1]["close"]) / float(bars[0]["open"]))
    hold = sum(holds) / len(holds) - 1
    if not near(report["hold_return"], hold, 1e-6):
        fail(f"holding comes to {report['hold_return']} there and {hold} here")
    if report["state_hash"] != backtest["state_hash"] or report["intents_hash"] != backtest["intents_hash"]:
        fail("the journal is of another run")


def check_pages():
    """Both pages, of the run itself and of its journal, say the same of agents and trades."""
    told = []
    for name in ("page", "journal"):
        with open(f"{folder}/{name}.html") as file:
            text = file.read()
        trades = text[text.index("<summary>Trades: "):]
        cells = [[html.unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in re.findall(r"<tr>(.*?)</tr>", trades)]
        summaries = re.findall(r"<summary>(.*?)</summary>", text)
        lead = re.search(r'<p class="lead">(.*?)</p>', text).group(1)
        bars = re.findall(r"<b>([-+0-9.,]*)</b>", text[text.index('class="bars"'):])[:5]
        told.append((lead, summaries, bars, cells[1:report["trades_n"] + 1]))
        gross, fees, rebates, funding, result = (float(bar.replace(",", "")) for bar in bars)
        if not near(gross + fees + rebates + funding, result, 1e-6) and abs(gross + fees + rebates + funding - result) > 0.03:
            fail(f"{name}.html: {bars} do not lead to the result")
        if abs(result - float(report["all"]["result"])) > 0.006:
            fail(f"{name}.html: a result of {result}, and {report['all']['result']} in JSON")
        if not near(float(told[-1][3][0][7]), report["trades"][0]["result"], 0.01):
            fail(f"{name}.html: the newest trade is {told[-1][3][0]}")
    # An author's reasons have the names of their plugin, where it is at hand and where only the journal is.
    want = {"cross_btc": {"cross up", "stop"}, "rev_btc": {"lower band", "middle band"}, "both_eth": {"breakout"}}
    for name, (*_, rows) in zip(("page", "journal"), told):
        names = {(row[1], row[-2]) for row in rows}
        if len(names) < 2 or any(tag not in want[agent] for agent, tag in names) or any(row[-1].isdigit() for row in rows):
            fail(f"{name}.html: names of reasons: {names}")
    if told[0] != told[1]:
        at = next(i for i, (a, b) in enumerate(zip(*told)) if a != b)
        fail(f"the pages differ: {str(told[0][at])[:600]} and {str(told[1][at])[:600]}")


count, volumes, sides = check_trades()
check_agents(volumes, sides)
check_performance()
check_periods()
check_whole()
check_pages()
print(f"report: {count} trades, {len(report['drawdowns'])} drawdowns, {len(report['agents'])} agents and two pages agree")
