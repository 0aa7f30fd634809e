# SPDX-License-Identifier: Apache-2.0
"""Did agents on bars take the same side on the same bar in a backtest and in a run? Of two journals, as "journal cat --json"
and "journal export --intents - --format json" show them:

    bars_sides.py begin RAN.json
    bars_sides.py compare BACKTEST.json BACKTEST.intents RUN.json RUN.intents FROM TO LATE

compare names each decision that does not count, why, and by what each of the two journals says of it:
- refused: by a limit, which the journal names: of a check of the host, or what the venue answered.
- follows: what one of the two was left with by a refusal, or by an order that came late, is another position than the
  other's, or it rests behind the refusal. It ends where both have the same again.
- late: the run's agent decided, or its order arrived, or it was told of its fill, when the next bar had closed. At most the
  share LATE of all decisions.
What no journal has a reason for is a difference, an intent of which nothing came included. At most 2 % may differ, and in
as many may prices."""
import datetime
import json
import sys

SECOND = 10**9
BAR = 60 * SECOND
RESTS = {"ema": 60 * SECOND}  # so long an agent wants nothing behind a refusal (REST_NS in ema_cross)
REST = 45 * SECOND  # ... the others (AGON_LEG_REST_NS in agon/leg.h)
SHARE = 0.02


def rows(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def text(ns):
    return datetime.datetime.fromtimestamp(ns / 1e9, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(ns):
    return datetime.datetime.fromtimestamp(ns / 1e9, datetime.timezone.utc).strftime("%H:%M:%S.%f")[:-3]


def time_of(name):
    return int(datetime.datetime.fromisoformat(name.rstrip("Z")).replace(tzinfo=datetime.timezone.utc).timestamp()) * SECOND


def begin(path):
    """From the open of the first bar that agents saw close, to the end of the last one that all of them did. 2 where agents
    began on two sides of a bar, or a bar came three behind them: this machine was too slow, or history came as something new,
    which it does at any speed."""
    all_rows = rows(path)
    cuts = [int(row["cut_seq"]) for row in all_rows if row["type"] == "begin"]
    times = [int(row["t"]) for row in all_rows if row["type"] == "begin"]
    opens, closed = [], {}
    for row in all_rows:
        if row["type"] == "bar" and int(row["seq"]) > min(cuts):
            if int(row["t_open"]) + 3 * BAR < min(times):
                print("the agents began at %s, and the bar of %s came behind that" % (text(min(times)), text(int(row["t_open"]))), file=sys.stderr)
                sys.exit(2)
            if int(row["seq"]) <= max(cuts):
                sys.exit(2)
            opens.append(int(row["t_open"]))
            closed[row["instrument"]] = int(row["t_open"])
    if len(closed) < 3:
        sys.exit("bars of %d symbols" % len(closed))
    print(text(min(opens)), text(min(closed.values()) + BAR))


class Wish:
    """An intent, and what became of it."""

    def __init__(self, row, became):
        self.t, self.side, self.qty = int(row["t"]), row["side"], int(row["qty"])
        self.is_order = became["became"] == "order"
        self.order_id = int(became["order_id"], 16) if became["order_id"] else 0
        self.reason = became["refused_by"]  # the limit that refused it; "": none has
        self.t_refused = self.t
        self.paid, self.is_over = [], False
        self.t_filled = 0  # at the exchange, the last of it

    def is_known(self):
        return bool(self.reason) or bool(self.paid)


class Journal:
    """What each agent (name, symbol) wanted on which bar, and what it had there."""

    def __init__(self, path, intents, first):
        with open(intents) as file:
            became = {int(row["seq"]): row for row in json.load(file)}
        self.wishes, self.states, self.told, self.behind = {}, {}, {}, {}
        self.exps, self.bases = {}, {}  # of assets; of instruments: base and exponent of quantities
        names, bars, orders, held, working = {}, {}, {}, {}, {}
        is_paper = has_begun = False
        for row in rows(path):
            kind = row["type"]
            if kind == "config" and row["kind"] == "slot":
                names[row["slot"]] = row["name"]
            elif kind == "config" and row["kind"] == "asset":
                self.exps[row["asset"]] = row["exp"]
            elif kind == "instrument":
                self.bases[row["instrument"]] = (row["base"], row["qty_exp"])
            elif kind == "start":
                is_paper = row["mode"] == "paper"
            elif kind == "begin":
                has_begun = True
            elif kind == "bar":
                symbol, t_open = row["symbol"], int(row["t_open"])
                bars.setdefault(symbol, []).append((int(row["seq"]), t_open))
                self.told[symbol, t_open] = int(row["t"])
                # Unless our clock is behind by more, as long as it takes to learn the market's.
                if is_paper and has_begun and t_open + BAR // 2 < int(row["t"]) < t_open + BAR:
                    sys.exit("the bar of %s was told at %s" % (clock(t_open), clock(int(row["t"]))))
                for who in list(held) + list(working):
                    if who[1] == symbol:
                        self.states[who, t_open] = (self.is_long(held.get(who)), bool(working.get(who)))
            elif kind == "intent":
                who = (names[row["slot"]], row["symbol"])
                known = [t for seq, t in bars.get(row["symbol"], []) if seq <= int(row["cause_seq"]) and t >= first]
                wish = Wish(row, became[int(row["seq"])])
                self.wishes.setdefault((who, known[-1] if known else 0), []).append(wish)
                if wish.is_order:
                    orders[wish.order_id] = (who, known[-1] if known else 0, wish)
                    working.setdefault(who, set()).add(wish.order_id)
            elif kind == "report" and int(row["order_id"]) in orders:
                who, bar, wish = orders[int(row["order_id"])]
                if row["kind"] == "fill":
                    qty = int(row["qty"])
                    had, bought = held.get(who, (0, 0))
                    had -= self.fee_of(row)
                    held[who] = (had + qty, qty) if row["side"] == "buy" else (had - qty, bought)
                    wish.paid.append((row["px"], qty))
                    wish.t_filled = int(row["t_venue"])
                    last = bars.get(row["symbol"], [(0, 0)])[-1][1]
                    # Told behind the end of the bar that it happened in: that is decided on without it.
                    if wish.t_filled <= last + BAR and bar < last:
                        self.behind[who, last] = "its fill of %s came when that bar had been told" % clock(wish.t_filled)
                    wish.is_over = int(row["cum_qty"]) >= wish.qty
                elif row["kind"] in ("rejected", "expired", "cancelled", "not_sent", "absent"):
                    wish.is_over = True
                    if not wish.paid and row["reason"] != "none":
                        code = int(row.get("venue_code", 0))
                        wish.reason = row["reason"] + (" %d" % code if code else "")
                        wish.t_refused = int(row["t"])
                if wish.is_over:
                    working.get(who, set()).discard(wish.order_id)

    def fee_of(self, row):
        """What a fill's fee takes off the quantity."""
        base, exp = self.bases.get(row["instrument"], (0, 0))
        return int(row["fee_amt"]) * 10**exp // 10 ** self.exps[base] if row["fee_asset"] == base != 0 else 0

    @staticmethod
    def is_long(of):
        return of is not None and of[0] * 2 > of[1]  # in or out with all of it: what is less than half is dust

    def state(self, who, bar):
        return self.states.get((who, bar), (False, False))

    def rests(self, who, bar):
        """The time of a refusal that an agent rests behind when it hears of this bar; 0: none."""
        told = self.told.get((who[1], bar), 0)
        rest = RESTS.get(who[0].split("_")[0], REST)
        for back in (1, 2):
            for wish in self.wishes.get((who, bar - back * BAR), []):
                if wish.reason and wish.t_refused <= told < wish.t_refused + rest:
                    return wish.t_refused
        return 0

    def late(self, who, bar):
        """Why the decision on this bar is late; "": it is not. It acts when the next bar closes."""
        for wish in self.wishes.get((who, bar), []):
            if wish.t >= bar + 2 * BAR:
                return "decided at %s, when the next bar had closed" % clock(wish.t)
            if wish.t_filled > bar + 2 * BAR:
                return "its order of %s was there when the next bar had closed, and filled at %s" % (clock(wish.t), clock(wish.t_filled))
        return self.behind.get((who, bar), "")


def sides(wishes):
    return " then ".join(wish.side for wish in wishes) or "nothing"


def limits(wishes):
    return " then ".join(wish.reason for wish in wishes if wish.reason)


def has(state):
    return ("a position" if state[0] else "none") + (" and an order" if state[1] else "")


class Count:
    def __init__(self):
        self.same = self.bad = self.prices = self.n_late = self.n_follow_late = self.n_follow = 0
        self.limits = {}


class Agent:
    """One agent on its instrument, bar by bar: from where on do the two have other positions, and why?"""

    def __init__(self, who, tested, ran, count):
        self.who, self.tested, self.ran, self.count = who, tested, ran, count
        self.origin = ""  # what the difference of the two positions follows from
        self.is_late = False  # that is not a refusal

    def say(self, bar, what):
        print("%s on the bar of %s: %s" % (self.who[0], text(bar), what))

    def begins(self, why, is_late):
        if not self.origin:
            self.origin, self.is_late = why, is_late

    def why_other(self, bar, one, other):
        """What two sides follow from; "": from nothing that is known."""
        states = self.tested.state(self.who, bar), self.ran.state(self.who, bar)
        if self.origin and states[0] != states[1]:
            return "%s: %s in the backtest, %s in the run" % (self.origin, has(states[0]), has(states[1]))
        for journal, wishes, name in ((self.tested, one, "backtest"), (self.ran, other, "run")):
            t = journal.rests(self.who, bar)
            if t and not wishes:
                return "the refusal at %s in the %s, behind which it rests there" % (clock(t), name)
        return ""

    def judge(self, bar):
        one, other = self.tested.wishes.get((self.who, bar), []), self.ran.wishes.get((self.who, bar), [])
        if self.tested.state(self.who, bar) == self.ran.state(self.who, bar):
            self.origin, self.is_late = "", False
        late = self.ran.late(self.who, bar)
        if one or other:
            self.decide(bar, one, other, late)
        # What both were refused, or neither, leaves them as they were to each other.
        if bool(limits(one)) != bool(limits(other)):
            self.begins("the refusal on the bar of %s by %s in the %s" %
                        (clock(bar)[:5], limits(one) or limits(other), "backtest" if limits(one) else "run"), False)
        elif late:
            self.begins("what was late on the bar of %s" % clock(bar)[:5], True)

    def decide(self, bar, one, other, late):
        count = self.count
        unknown = [name for wishes, name in ((one, "backtest"), (other, "run")) if not all(wish.is_known() for wish in wishes)]
        if unknown:
            count.bad += 1
            self.say(bar, "%s in the backtest, %s in the run, and the journal of the %s does not say what became of it" %
                     (sides(one), sides(other), " and of the ".join(unknown)))
        elif sides(one) == sides(other) and (limits(one) or limits(other)):
            by = limits(one) or limits(other)
            if limits(one) and limits(other) not in ("", by):
                by += " or " + limits(other)
            count.limits[by] = count.limits.get(by, 0) + 1
            self.say(bar, "refused: %s, %s" % (sides(one), ", ".join(
                "%s by %s" % pair for pair in (("in the backtest", limits(one)), ("in the run", limits(other))) if pair[1])))
        elif sides(one) == sides(other) and late:
            count.n_late += 1
            self.say(bar, "late: " + late)
        elif sides(one) == sides(other):
            count.same += 1
            if [wish.paid for wish in one] != [wish.paid for wish in other] and self.prices(one) != self.prices(other):
                count.prices += 1
                self.say(bar, "paid %s in the backtest, %s in the run" % (self.prices(one), self.prices(other)))
        else:
            why = self.why_other(bar, one, other)
            if why and self.is_late:
                count.n_follow_late += 1
            elif why:
                count.n_follow += 1
            elif late:
                count.n_late += 1
            else:
                count.bad += 1
            what = "%s in the backtest, %s in the run" % (sides(one), sides(other))
            self.say(bar, "%s%s" % (what, ", follows from " + why if why else ", late: " + late if late else ""))

    @staticmethod
    def prices(wishes):
        return " then ".join(", ".join(px for px, _ in wish.paid) for wish in wishes)


def compare(paths, first, to, most_late):
    tested, ran = Journal(paths[0], paths[1], first), Journal(paths[2], paths[3], first)
    count = Count()
    whos = sorted({who for who, _ in list(tested.wishes) + list(ran.wishes)})
    for who in whos:
        agent = Agent(who, tested, ran, count)
        # What is decided on the last bars may be told to one of them alone.
        for bar in range(first, to - 3 * BAR, BAR):
            agent.judge(bar)
    n, n_refused, n_late = count.same + count.bad, sum(count.limits.values()), count.n_late + count.n_follow_late
    n_all = n + n_refused + count.n_follow + n_late
    by = ", ".join("%s %d" % item for item in sorted(count.limits.items()))
    print("%d decisions: %d compared, %d on another side, %d at another price; %d refused%s, %d follow from one; %d late, %d follow from that" %
          (n_all, n, count.bad, count.prices, n_refused, " (%s)" % by if by else "", count.n_follow, count.n_late, count.n_follow_late))
    if n_late > most_late * n_all:
        print("more than %.0f %% were late: the machine is too slow for this speed" % (most_late * 100))
        sys.exit(3)
    if n < 8:
        if n_late:
            sys.exit(3)
        sys.exit("only %d decisions to compare" % n)
    if n_refused + count.n_follow > n:
        sys.exit("limits refused more than half of them, or they follow from that")
    if count.bad > n * SHARE:
        sys.exit("more than 2 % on another side")
    if count.prices > n * SHARE:
        sys.exit("more than 2 % at another price")


if __name__ == "__main__":
    if sys.argv[1] == "begin":
        begin(sys.argv[2])
    else:
        compare(sys.argv[2:6], time_of(sys.argv[6]), time_of(sys.argv[7]), float(sys.argv[8]))
