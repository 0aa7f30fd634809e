#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What bars_sides.py lets pass and what it does not, on journals made by hand: a limit is named by the journal that it refused in;
# an intent of which no journal says anything is a difference; what follows from a refusal ends where both have the same
# position again; what is late is named and may be no more than its share.
. "$(dirname "$0")/common.sh"

python3 - "$(dirname "$0")/bars_sides.py" "$WORK" <<'END' || fail "$(cat "$WORK/why")"
import json, subprocess, sys

script, work = sys.argv[1:]
S = 10**9
FIRST = 1748260860 * S  # 2025-05-26T12:01:00Z
N = 40  # bars

class Made:
    """A journal of one agent on one instrument. wants: of each bar by number, side and what becomes of it: px; "reason" of a check
    of the host; ("venue", reason, code); None: nothing that anybody says. late: seconds behind the close that it is decided."""
    def __init__(self, wants, late={}, fee=0):
        self.rows, self.intents, self.seq, order = [], [], 0, 0
        self.add(0, type="config", kind="asset", asset=2, exp=1)
        self.add(0, type="instrument", instrument=1, base=2, qty_exp=0)
        self.add(0, type="config", kind="slot", slot=0, name="ema_one")
        self.add(0, type="start", mode="live")
        due = []
        for i in range(N):
            t_open = FIRST + i * 60 * S
            close = t_open + 60 * S
            self.tell([d for d in due if d[0] <= close])
            due = [d for d in due if d[0] > close]
            bar = self.add(close + S, type="bar", symbol="BTCUSDT", t_open=str(t_open))
            if i not in wants:
                continue
            side, what = wants[i]
            qty = 10 - fee * (side == "sell")
            seq = self.add(close + S + late.get(i, 0) * S, type="intent", slot=0, symbol="BTCUSDT", side=side, qty=str(qty), cause_seq=str(bar))
            is_order = not isinstance(what, str)
            order += is_order
            self.intents.append({"seq": str(seq), "became": "order" if is_order else "refused", "refused_by": "" if is_order else what,
                                 "order_id": "%x" % order if is_order else ""})
            t = close + 60 * S * (1 + (late.get(i, 0) >= 60))
            if isinstance(what, int):
                due.append((t, dict(kind="fill", order_id=str(order), side=side, px=str(what), qty=str(qty), cum_qty=str(qty), reason="none",
                                     fee_asset=2 * (side == "buy"), fee_amt=str(fee * 10))))
            elif isinstance(what, tuple):
                due.append((close + 2 * S, dict(kind="rejected", order_id=str(order), side=side, qty="0", cum_qty="0", reason=what[1],
                                                     venue_code=what[2], fee_asset=0, fee_amt="0")))

    def tell(self, reports):
        for t, report in reports:
            self.add(t, type="report", symbol="BTCUSDT", instrument=1, t_venue=str(t), **report)

    def add(self, t, **row):
        self.seq += 1
        self.rows.append(dict(row, seq=str(self.seq), t=str(t)))
        return self.seq

    def write(self, name):
        with open("%s/%s" % (work, name), "w") as file:
            file.writelines(json.dumps(row) + "\n" for row in self.rows)
        with open("%s/%s.intents" % (work, name), "w") as file:
            json.dump(self.intents, file)

def judged(one, other, late=0.02):
    one.write("one")
    other.write("other")
    got = subprocess.run([sys.executable, script, "compare"] + ["%s/%s" % (work, name) for name in ("one", "one.intents", "other", "other.intents")] +
                         ["2025-05-26T12:01:00Z", "2025-05-26T12:41:00Z", str(late)], capture_output=True, text=True)
    return got.returncode, got.stdout + got.stderr

def expect(what, got, code, *words):
    missing = [word for word in words if word not in got[1]]
    if got[0] != code or missing:
        with open(work + "/why", "w") as file:
            file.write("%s: code %d, not %d, without %s: %s" % (what, got[0], code, missing, got[1]))
        sys.exit(1)

# In and out every second bar.
whole = {i: ("sell" if i // 2 % 2 else "buy", 100 + i) for i in range(0, 36, 2)}
expect("the same", judged(Made(whole), Made(whole)), 0, "18 decisions: 18 compared, 0 on another side, 0 at another price; 0 refused, 0 follow")
expect("another side", judged(Made(whole), Made({**whole, 8: ("sell", 108)})), 1, "1 on another side")
expect("another price", judged(Made(whole), Made({**whole, 8: ("buy", 109)})), 1, "1 at another price")

# Without an order and without a reason, in one or in both.
expect("no word of it", judged(Made(whole), Made({**whole, 8: ("buy", None)})), 1, "the journal of the run does not say what became of it")
nothing = {**whole, 34: ("sell", None)}
expect("no word of both", judged(Made(nothing), Made(nothing)), 1, "the journal of the backtest and of the run does not say")

# A refusal in the run: its own journal names it, and the position is another one until the other has left it.
kept = {k: v for k, v in whole.items() if k != 10}
refused = {**kept, 8: ("buy", "duplicate")}
expect("refused in the run", judged(Made(whole), Made(refused)), 0, "T12:09:00Z: refused: buy, in the run by duplicate",
       "T12:11:00Z: sell in the backtest, nothing in the run, follows from the refusal on the bar of 12:09 by duplicate in the run: "
       "a position in the backtest, none in the run", "1 refused (duplicate 1), 1 follow from one; 0 late")
expect("two limits", judged(Made({**kept, 8: ("buy", "collar")}), Made(refused)), 0, "refused: buy, in the backtest by collar, in the run by duplicate",
       "1 refused (collar or duplicate 1), 0 follow")
expect("by the venue", judged(Made(whole), Made({**kept, 8: ("buy", ("venue", "venue_filter", -1013))})), 0, "in the run by venue_filter -1013")

# Both have the same again: what differs then does not follow from it, three bars behind it or one.
for bar in (12, 14):
    expect("behind what followed", judged(Made(whole), Made({k: v for k, v in refused.items() if k != bar})), 1, "1 on another side")
# And a refusal excuses no other side on its own bar.
expect("another side that was refused", judged(Made(whole), Made({**kept, 8: ("sell", "duplicate")})), 1, "on another side")

# A fee is taken off what was bought, and the rest is sold: nothing is left that would be a position.
last = {k: v for k, v in whole.items() if k != 30}
expect("fees", judged(Made(whole, fee=1), Made({**last, 28: ("buy", "duplicate")}, fee=1)), 0, "1 refused (duplicate 1), 1 follow")

# It rests for a minute behind a refusal (ema_cross), by its own clock, and no longer.
rests = {**whole, 8: ("buy", "duplicate"), 9: ("buy", 109)}
expect("it rests", judged(Made(rests), Made({k: v for k, v in rests.items() if k != 9}, {8: 3})), 0, "12:10:00Z: buy in the backtest, nothing in the run, follows from the refusal at 12:10:04.000 in the run, behind which it rests")
expect("it rests no longer", judged(Made(rests), Made({k: v for k, v in rests.items() if k != 9})), 1, "on another side")

# Late by a bar: its order fills a bar later. It is named, and so is what follows; more than the share is none.
soon = {**kept, 9: ("sell", 109)}
late = Made({**kept, 8: ("buy", 111), 10: ("sell", 110)}, {8: 61})
expect("late", judged(Made(soon), late, 0.25), 0, "T12:09:00Z: late: decided at 12:11:02.000, when the next bar had closed",
       "T12:10:00Z: sell in the backtest, nothing in the run, follows from what was late on the bar of 12:09: a position in the backtest, none and an order in the run",
       "16 compared, 0 on another side, 0 at another price; 0 refused, 0 follow from one; 1 late, 2 follow from that")
expect("too late", judged(Made(soon), late), 3, "more than 2 % were late")
END
echo "refusals, lateness and what follows from them: each is named, and no more of it passes than is known"
