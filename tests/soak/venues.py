#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""venues: what each venue of one host did before, while and after one of them was frozen, from the journal of that host.

    agon journal cat JOURNAL --json | venues.py VENUES FROZEN STOP_NS CONT_NS

VENUES is a JSON list of names, their numbers in the journal from 1 on; STOP_NS and CONT_NS are wall times, which engine
times are at speed 1. Printed for each venue and part: orders, answers, market events, readings of balances, and of the
time from the moment an order left to its first answer the median, the 99th percentile and the largest, in ms.

Judged: each venue that was not frozen went on with all four in the freeze, and each of its orders that left five seconds
before the end of it or earlier was answered within it. Who waited for the frozen venue has none of that. The frozen one
answered nothing then, or it was not frozen."""
import json
import sys

NS = 10**9
LATE_NS = 5 * NS
PARTS = ("before", "frozen", "after")


def quantile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))] / 1e6 if sorted_values else 0.0


def main():
    names = json.loads(sys.argv[1])
    frozen, stop, cont = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    venue_of, begun, answered = {}, {}, {}
    counts = {(name, part): dict(orders=0, answers=0, market=0, balances=0) for name in names for part in PARTS}

    def part_of(t):
        return "before" if t < stop else "frozen" if t < cont else "after"

    for line in sys.stdin:
        event = json.loads(line)
        kind, t = event["type"], int(event["t"])
        if kind == "instrument":
            venue_of[event["instrument"]] = names[event["venue"] - 1]
        elif kind == "account":
            counts[names[event["account"]], part_of(t)]["balances"] += 1
        elif kind in ("trade", "quote", "book_delta", "book_snapshot"):
            counts[venue_of[event["instrument"]], part_of(t)]["market"] += 1
        elif kind == "sent" and event["kind"] == "new" and event["order_id"] not in begun:
            begun[event["order_id"]] = (venue_of[event["instrument"]], int(event["t_sent"]))
            counts[venue_of[event["instrument"]], part_of(t)]["orders"] += 1
        elif kind == "report" and event["order_id"] in begun:
            answered.setdefault(event["order_id"], t)
            counts[venue_of[event["instrument"]], part_of(t)]["answers"] += 1

    print(f"{'venue':<12} {'part':<8} {'orders':>7} {'answers':>8} {'market':>9} {'balances':>9} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8}")
    wrong = []
    for name in names:
        for part in PARTS:
            n = counts[name, part]
            took = sorted(answered[i] - t for i, (venue, t) in begun.items() if venue == name and part_of(t) == part and i in answered)
            print(f"{name:<12} {part:<8} {n['orders']:>7} {n['answers']:>8} {n['market']:>9} {n['balances']:>9} "
                  f"{quantile(took, 0.5):>8.1f} {quantile(took, 0.99):>8.1f} {took[-1] / 1e6 if took else 0:>8.1f}")
        if name == frozen:
            if counts[name, "frozen"]["market"] > counts[name, "before"]["market"] // 10:
                wrong.append(f"{name} went on while it was frozen: the freeze was none")
            if counts[name, "after"]["orders"] == 0 or counts[name, "after"]["market"] == 0:
                wrong.append(f"{name} did not come back")
            continue
        for what, count in counts[name, "frozen"].items():
            if count == 0:
                wrong.append(f"{name}: no {what} while {frozen} was frozen")
        late = [i for i, (venue, t) in begun.items()
                if venue == name and stop <= t < cont - LATE_NS and not stop <= answered.get(i, cont) < cont]
        if late:
            wrong.append(f"{name}: {len(late)} orders waited for {frozen}: {', '.join(late[:3])}")
    for text in wrong:
        print("FAIL: " + text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
