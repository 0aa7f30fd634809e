#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recomputes every plan of a journal in another language, from what `agon journal export` writes.

    agon journal export DIR --fills fills.csv --samples samples.csv --plans plans.json
    python3 tournament_check.py fills.csv samples.csv plans.json QUOTE

Beside a running host, SEQ being that of the last plan:

    agon ctl export plans plans.json
    agon ctl export fills fills.csv --until SEQ
    agon ctl export samples samples.csv --until SEQ

From the fills: the result of each by average cost, exactly, against the column that says it. From the samples and the
plans: that each sample is compared with the one before and the capital moved in between. From both: measures, points,
ranks, shares, what is aimed at and what is moved, against each plan, to 1e-9 (amounts to the last unit). Only the
standard library; written from score/window.h and score/plan.h, and not from their sources."""
import csv
import functools
import json
import math
import sys
from decimal import Decimal

TOLERANCE = 1e-9
MEASURES = ["sharpe", "calmar", "drawdown", "win_rate", "profit_factor", "vol_return"]
YEAR_S = 365 * 86400
WEEK_NS = 7 * 86400 * 10**9
RATIO_MAX = 1000.0
CASH_SHORT, POOL_SHORT, GROWTH_BOUND, CAPPED, INCREASE_BOUND, DECREASE_BOUND, STILL, NOT_YET, BACK, FAULT_NOW, BY_CHANCE, SUSPENDED, QUARANTINED = (
    1 << bit for bit in range(13))
DAYS_MIN = 30
DAY_NS = 86400 * 10**9
MIN_NOTIONAL = 5  # of the quote, on the spot markets of these tests


def fail(text):
    sys.exit("FAIL: " + text)


def units(text, exp=8):
    """A decimal as a count of 10^-exp, exactly."""
    value = Decimal(text or "0").scaleb(exp)
    if value != value.to_integral_value():
        fail(f"{text} is finer than 10^-{exp}")
    return int(value)


def mul_div_even(a, b, divisor):
    """a * b / divisor, rounded to the nearest, a half to the even one."""
    if divisor < 0:
        a, divisor = -a, -divisor
    whole, rest = divmod(a * b, divisor)
    return whole + (2 * rest > divisor or (2 * rest == divisor and whole % 2 == 1))


def sign(value):
    return (value > 0) - (value < 0)


class Position:
    """Average cost, as host/ledger/ledger.h says it: amounts are counts of 10^-8."""

    def __init__(self):
        self.held = self.cost = 0
        self.is_known = True

    def fill(self, is_buy, price, quantity, fee, fee_is_base, fee_is_quote):
        """Returns the result less what the fee is in the quote, and whether something was closed."""
        base = quantity if is_buy else -quantity
        notional = mul_div_even(price, quantity, 10**8)
        cost = notional if is_buy else -notional
        result, is_closing = 0, False
        if sign(self.held) * sign(base) < 0:
            is_closing = True
            held, moved = abs(self.held), abs(base)
            closed = min(moved, held)
            cost_out = mul_div_even(self.cost, closed, held)
            part = mul_div_even(cost, closed, moved)
            result = -part - cost_out
            self.cost -= cost_out
            cost -= part
        self.held += base
        self.cost += cost
        fee_quote = 0
        if fee and fee_is_base:
            fee_quote = mul_div_even(price, fee, 10**8)
            self.held -= fee
            if self.cost and (self.held == 0 or sign(self.held) != sign(self.cost)):
                self.cost = 0
        elif fee and fee_is_quote:
            fee_quote = fee
        return result - fee_quote, is_closing


def read_fills(path, quote):
    positions, fills = {}, []
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            base_name = row["symbol"][: -len(quote)]
            if not row["symbol"].endswith(quote):
                fail(f"{row['symbol']} is not paid in {quote}")
            position = positions.setdefault((row["agent"], row["instrument"]), Position())
            said = units(row["result"])
            if row["liquidity"] == "forced":
                position.is_known = False  # closed by the venue for all its holders at once: the share is not said
            if not position.is_known:
                fills.append((int(row["seq"]), row["agent"], said))
                continue
            # Of coins less than an order may be is dust: who sells it has made and lost nothing (ADR 128).
            is_dust = abs(position.held) * units(row["price"]) < MIN_NOTIONAL * 10**16
            result, is_closing = position.fill(row["side"] == "buy", units(row["price"]), units(row["quantity"]),
                                               units(row["fee"]), row["fee_asset"] == base_name,
                                               row["fee_asset"] == quote)
            if said != (result if is_closing else 0) and not (is_dust and said == 0):
                fail(f"fill {row['seq']} of {row['agent']}: its result is {row['result']}, by average cost "
                     f"{Decimal(result if is_closing else 0).scaleb(-8)}")
            fills.append((int(row["seq"]), row["agent"], said))
    return fills


def read_samples(path):
    samples = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            samples.setdefault(row["agent"], []).append((int(row["seq"]), units(row["base"]), units(row["equity"])))
    return samples


def check_chain(samples, plans):
    """Each sample's base is the equity before it and what plans gave or took since."""
    moved = {}
    for plan in plans:
        for line in plan["slots"]:
            change = int(line["capital_after_amt"]) - int(line["capital_before_amt"])
            moved.setdefault(line["name"], []).append((int(plan["seq"]), change))
    n = 0
    for agent, rows in samples.items():
        for (seq0, _, equity0), (seq, base, _) in zip(rows, rows[1:]):
            change = sum(amount for at, amount in moved.get(agent, []) if seq0 < at < seq)
            if base != equity0 + change:
                fail(f"sample {seq} of {agent} is compared with {base}, expected {equity0 + change}")
            n += 1
    return n


def ratio(gain, loss):
    if loss > 0:
        return min(gain / loss, RATIO_MAX)
    return RATIO_MAX if gain > 0 else None


def terms(plan, kind):
    """What stands behind the record: by name the rule's value and, by slot, what is said of each agent."""
    return {entry["name"]: (entry["value"], {slot[0]: slot[1] for slot in entry["slots"]})
            for entry in plan.get("values", []) if entry.get("kind") == kind}


def measure(rows, results, sample_s, is_yearly=True):
    """The measures (None: undefined), and Kelly's share."""
    changes = [(equity - base) / base for _, base, equity in rows if base > 0]
    out = dict.fromkeys(MEASURES + ["t_value"])
    n, kelly = len(changes), 0.0
    won = sum(r for r in results if r > 0)
    lost = -sum(r for r in results if r < 0)
    n_wins, n_losses = sum(r > 0 for r in results), sum(r < 0 for r in results)
    if n_wins + n_losses:
        out["win_rate"] = n_wins / (n_wins + n_losses)
    out["profit_factor"] = ratio(won, lost)
    if n:
        mean = math.fsum(changes) / n
        growth = high = 1.0
        worst = 0.0
        for change in changes:
            growth *= 1 + change
            high = max(high, growth)
            worst = max(worst, (high - growth) / high)
        out["drawdown"] = worst
        out["calmar"] = ratio(mean * (YEAR_S / sample_s if is_yearly else n), worst)
        if n > 1:
            variance = math.fsum((change - mean) ** 2 for change in changes) / (n - 1)
            if variance > 1e-12 * mean * mean:
                deviation = math.sqrt(variance)
                out["sharpe"] = mean / deviation * (math.sqrt(YEAR_S / sample_s) if is_yearly else 1)
                out["t_value"] = mean / math.sqrt(variance / n)
                out["vol_return"] = (growth - 1) / (deviation * math.sqrt(n))
                kelly = mean / variance
    return out, kelly, n, n_wins, n_losses, won, lost


def near(a, b):
    return abs(a - b) <= TOLERANCE * max(1.0, abs(a), abs(b))


def better(a, b, name):
    a, b = a or 0.0, b or 0.0  # undefined counts as 0
    order = (a > b) - (a < b)
    return -order if name == "drawdown" else order


def passes(name, value, gate):
    if value is None:
        return False
    return value < gate if name == "drawdown" else value >= gate if name == "win_rate" else value > gate


def check_measures(where, plan, line, own, kelly):
    for i, name in enumerate(MEASURES):
        has = line["defined"] >> i & 1
        if bool(has) != (own[name] is not None):
            fail(f"{where}: {name} is {'defined' if has else 'undefined'} there and {own[name]} here")
        if has and not near(line[name], own[name]):
            fail(f"{where}: {name} is {line[name]!r} there and {own[name]!r} here")
    for name, (_, of_slots) in terms(plan, "measure").items():
        value = of_slots[line["slot"]]
        if (value is None) != (own[name] is None) or (value is not None and not near(value, own[name])):
            fail(f"{where}: {name} is {value!r} there and {own[name]!r} here")
    if not near(line["kelly"], kelly):
        fail(f"{where}: kelly is {line['kelly']!r} there and {kelly!r} here")


def split(amount, n):
    """The same on each account, the first the odd units; towards zero."""
    even = abs(amount) // n * sign(amount)
    return [amount - (n - 1) * even] + [even] * (n - 1)


def fair_target(plan, line, settings, total, share):
    """Edition 2: what a plan aims at for one agent, and the flags that say why."""
    def part(amount, name):
        return amount * round(settings[name][0] * 10**6) // 10**6

    equity, flags = max(0, int(line["equity_amt"])), line["flags"] & (NOT_YET | FAULT_NOW | SUSPENDED | QUARANTINED)
    floor, verdict, target = part(total, "floor"), line["verdict"], equity
    step = max(equity - part(equity, "decrease"), min(equity, floor))
    if verdict == "ranked":
        target = total * share // 10**6
        evidence, noted = settings.get("evidence", (0, {}))
        t = noted.get(line["slot"]) or 0.0
        if evidence and not (target > equity and t >= evidence) and not (target < equity and t <= -evidence):
            kept = max(equity, min(target, floor)) if target > equity else equity
            if kept != target:
                target, flags = kept, flags | BY_CHANCE
        since = min(int(plan["t"]) - int(plan["t_since"]), WEEK_NS)
        most = equity + (equity * plan["growth_ppm"] // 10**6) * since // WEEK_NS
        if plan["mode"] == "bounded" and equity > 0 and target > most:
            target, flags = most, flags | GROWTH_BOUND
        if plan["mode"] == "bounded" and line["kelly"] * plan["kelly_ppm"] >= plan["most_ppm"]:
            flags |= CAPPED
        most = max(equity + part(equity, "increase"), floor)
        if target > most:
            target, flags = most, flags | INCREASE_BOUND
        if target < step:
            target, flags = step, flags | DECREASE_BOUND
        if flags & NOT_YET:
            target = min(target, equity)
        if target != equity and abs(target - equity) < part(equity, "hysteresis"):
            target, flags = equity, flags | STILL
    elif verdict == "under_gate" or flags & FAULT_NOW:
        target = step
    elif verdict in ("unloaded", "retired"):
        target = 0
    waited = settings["back_after"][1][line["slot"]]
    if target >= floor or verdict in ("faulty", "excluded", "unloaded", "retired"):
        expected = {0}
    elif flags | BACK == line["flags"]:
        target, flags, expected = floor, flags | BACK, {0}
    else:
        expected = set(range(1, int(settings["back_after"][0])))
    if waited not in expected:
        fail(f"{line['name']} waited {waited} tournaments below the floor")
    return int(line["equity_amt"]) + target - equity, flags


def check_plan(where, plan):
    rules, lines = plan, plan["slots"]
    settings = terms(plan, "setting")
    is_fair = settings.get("edition", (0,))[0] >= 2
    more_weights = {name: of for name, of in terms(plan, "measure").items()}
    more_gates = {name: of for name, of in terms(plan, "gate").items()}
    pools = {pool[0]: [int(amount) for amount in pool[1:]] for pool in plan["pools"]}
    judged = [line for line in lines if line["verdict"] in ("ranked", "under_gate", "unloaded")]
    # Measures were shown equal above; scores are taken over the plan's own doubles, so that a tie is a tie.
    own = {line["name"]: {name: line[name] if line["defined"] >> i & 1 else None for i, name in enumerate(MEASURES)}
           for line in judged}
    ranked = []
    for line in judged:
        mine, total = own[line["name"]], 0.0
        for i, name in enumerate(MEASURES):
            others = [own[other["name"]] for other in judged if other is not line]
            points = [(better(mine[name], other[name], name) + 1) / 2 for other in others]
            total += rules["weights"][i] * (sum(points) / len(points) if points else 1.0)
        weights = sum(rules["weights"])
        for name, (weight, of_slots) in more_weights.items():
            others = [of_slots[other["slot"]] for other in judged if other is not line]
            points = [(better(of_slots[line["slot"]], other, name) + 1) / 2 for other in others]
            total += weight * (sum(points) / len(points) if points else 1.0)
            weights += weight
        score = total / weights
        if not near(score, line["score"]):
            fail(f"{where} {line['name']}: the score is {line['score']!r} there and {score!r} here")
        failed = sum(1 << i for i, name in enumerate(MEASURES)
                     if rules["gates"][i] is not None and not passes(name, mine[name], rules["gates"][i]))
        for name, (limit, of_slots) in more_gates.items():
            value = of_slots[line["slot"]]
            if value is None and line["flags"] & NOT_YET:
                continue
            if value is None or value <= limit:
                failed |= 1 << 31
        if failed & 63 != line["failed"] or (failed == 0) != (line["verdict"] == "ranked"):
            fail(f"{where} {line['name']}: gates failed are {line['failed']} there and {failed} here")
        if failed and (line["verdict"] == "unloaded") != (0 < rules["max_failures"] <= line["failures"]):
            fail(f"{where} {line['name']}: {line['verdict']} after {line['failures']} failures")
        if failed == 0:
            ranked.append(line)
    # Equal are scores within 10^-12 since edition 4: sums of the same may differ in the last digit.
    tie = 1e-12 if settings.get("edition", (0,))[0] >= 4 else 0.0

    def order(a, b):
        return a["slot"] - b["slot"] if abs(a["score"] - b["score"]) <= tie else -1 if a["score"] > b["score"] else 1

    ranked.sort(key=functools.cmp_to_key(order))
    shares = {}
    for place, line in enumerate(ranked, 1):
        if not is_fair or place == 1 or ranked[place - 2]["score"] - line["score"] > tie:
            rank = place
        if line["rank"] != rank:
            fail(f"{where} {line['name']}: rank {line['rank']} there and {rank} here")
        n = len(rules["shares_ppm"])
        if rules["mode"] == "bounded":
            share = int(min(max(line["kelly"] * rules["kelly_ppm"], rules["least_ppm"]), rules["most_ppm"]))
        else:
            share = rules["shares_ppm"][place - 1] if place <= n else rules["rest_ppm"] // (len(ranked) - n)
        shares[line["name"]] = share
    if is_fair:  # who has one rank has the mean of its places
        for rank in {line["rank"] for line in ranked}:
            tied = [line["name"] for line in ranked if line["rank"] == rank]
            mean = sum(shares[name] for name in tied) // len(tied)
            shares.update(dict.fromkeys(tied, mean))
    whole = sum(shares.values())
    if whole > 10**6:
        shares = {name: share * 10**6 // whole for name, share in shares.items()}
    total = sum(pool[0] for pool in pools.values()) + sum(max(0, int(line["equity_amt"])) for line in judged)
    total = total * (10**6 - rules["reserve_ppm"]) // 10**6
    moves, taken, wanted = [], {}, {}
    for line in lines:
        equity, share = int(line["equity_amt"]), shares.get(line["name"], 0)
        frees = [max(0, int(part[1])) for part in line["parts"]]
        accounts = [part[0] for part in line["parts"]]
        target, flags = equity, 0
        if is_fair:
            target, flags = fair_target(plan, line, settings, total, share)
        elif share == 0 and equity > 0 and (line in judged or line["verdict"] == "retired"):
            target = 0
        elif share:
            target = total * share // 10**6
            since = min(int(plan["t"]) - int(plan["t_since"]), WEEK_NS)
            most = equity + (equity * rules["growth_ppm"] // 10**6) * since // WEEK_NS
            if rules["mode"] == "bounded" and equity > 0 and target > most:
                target, flags = most, flags | GROWTH_BOUND
            if rules["mode"] == "bounded" and line["kelly"] * rules["kelly_ppm"] >= rules["most_ppm"]:
                flags |= CAPPED
        if share != line["share_ppm"]:
            fail(f"{where} {line['name']}: a share of {line['share_ppm']} there and {share} here")
        if target != int(line["target_amt"]):
            fail(f"{where} {line['name']}: aimed at {line['target_amt']} there and {target} here")
        parts = split(target - equity, len(accounts)) if accounts else []
        if target < equity:
            give, most = equity - target, min(sum(frees), int(line["capital_before_amt"]))
            if give > most:
                give, flags = most, flags | CASH_SHORT
            parts = [min(part, free) for part, free in zip(split(give, len(accounts)), frees)]
            for i, free in enumerate(frees):
                parts[i] += min(give - sum(parts), free - parts[i])
            parts = [-part for part in parts]
            for account, part in zip(accounts, parts):
                taken[account] = taken.get(account, 0) - part
        else:
            for account, part in zip(accounts, parts):
                wanted[account] = wanted.get(account, 0) + part
        moves.append([line, accounts, parts, flags])
    room = {account: max(0, min(pool[0], pool[2]) + taken.get(account, 0)) for account, pool in pools.items()}
    after = {account: pool[0] for account, pool in pools.items()}
    for line, accounts, parts, flags in moves:
        for i, account in enumerate(accounts):
            if int(line["target_amt"]) > int(line["equity_amt"]) and wanted[account] > room.get(account, 0):
                parts[i], flags = parts[i] * room.get(account, 0) // wanted[account], flags | POOL_SHORT
            after[account] = after.get(account, 0) - parts[i]
        if flags != line["flags"]:
            fail(f"{where} {line['name']}: flags {line['flags']} there and {flags} here")
        if parts != [int(part[2]) for part in line["parts"]]:
            fail(f"{where} {line['name']}: {parts} is moved here and {line['parts']} there")
        if int(line["capital_before_amt"]) + sum(parts) != int(line["capital_after_amt"]):
            fail(f"{where} {line['name']}: {sum(parts)} is moved here, there capital goes from "
                 f"{line['capital_before_amt']} to {line['capital_after_amt']}")
    for account, amount in after.items():
        if amount != pools.get(account, [0, 0])[1]:
            fail(f"{where}: the pool of account {account} is {amount} here and not there")


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    fills = read_fills(sys.argv[1], sys.argv[4])
    samples = read_samples(sys.argv[2])
    with open(sys.argv[3]) as file:
        plans = [json.loads(line) for line in file if line.strip()]
    n_links = check_chain(samples, plans)
    n_lines, capital = 0, {}
    for plan in plans:
        seq = int(plan["seq"])
        for line in plan["slots"]:
            where = f"plan {plan['number']} {line['name']}"
            rows = [row for row in samples.get(line["name"], []) if row[0] < seq]
            ends = [row[0] for row in rows]
            window = rows[-plan["window"]:]
            begin = ends[-len(window) - 1] if len(ends) > len(window) else 0
            end = ends[-1] if ends else 0
            results = [r for at, agent, r in fills if agent == line["name"] and begin < at < end]
            settings = terms(plan, "setting")
            is_fair = settings.get("edition", (0,))[0] >= 2
            own, kelly, n, n_wins, n_losses, won, lost = measure(window, results, plan["sample_s"], not is_fair)
            if (n, n_wins, n_losses, won, lost) != (line["n_samples"], line["n_wins"], line["n_losses"],
                                                    int(line["won_amt"]), int(line["lost_amt"])):
                fail(f"{where}: samples, wins, losses, won, lost are {n}, {n_wins}, {n_losses}, {won}, {lost} here")
            is_asked = line["verdict"] not in ("excluded", "retired", "faulty")
            if (line["verdict"] == "too_new") != (n < plan["min_samples"] and is_asked):
                fail(f"{where}: {line['verdict']} with {n} samples")
            if is_fair and (line["verdict"] == "idle") != (
                    n >= plan["min_samples"] and n_wins + n_losses < settings["min_trades"][0] and is_asked):
                fail(f"{where}: {line['verdict']} with {n_wins + n_losses} closing fills")
            check_measures(where, plan, line, own, kelly)
            evidence = settings.get("evidence", (0, {}))[1].get(line["slot"])
            if evidence is not None and is_asked and not near(evidence, own["t_value"] or 0.0):
                fail(f"{where}: the evidence is {evidence!r} there and {own['t_value']!r} here")
            if line["name"] in capital and capital[line["name"]] != int(line["capital_before_amt"]):
                fail(f"{where}: its capital was {capital[line['name']]} after the plan before")
            capital[line["name"]] = int(line["capital_after_amt"])
            n_lines += 1
        check_plan(f"plan {plan['number']}", plan)
    if not plans:
        fail("there is no plan")
    print(f"{len(plans)} plans, {n_lines} lines, {len(fills)} fills and {n_links} samples agree to {TOLERANCE:g}")


if __name__ == "__main__":
    main()
