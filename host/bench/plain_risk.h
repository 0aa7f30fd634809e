// SPDX-License-Identifier: Apache-2.0
/* plain_risk: the yardstick of bench risk. The same thirty checks as the gate's, in the same order
 * and with the same memory of a rate bucket and of sixteen recent orders, written down one behind
 * the other over records of its own: no table, no headers of the gate, no promise checked twice.
 * [one thread] */
#ifndef BENCH_PLAIN_RISK_H
#define BENCH_PLAIN_RISK_H

#include <agon/types.h>

struct plain_order {
    int64_t px, trigger_px, qty, show_qty, t_expire;
    uint32_t flags, instrument;
    uint8_t side, type, tif;
};
struct plain_loss { /* of a slot, or of all */
    int64_t equity, high, day;
    uint8_t day_lost, fallen, below_floor;
};
struct plain_slot {
    struct plain_loss loss;
    int64_t tokens, t_tokens;
    uint32_t next;
    struct {
        int64_t px, trigger_px, qty, t;
        uint64_t what;
    } recent[16];
};
struct plain_limits {
    int64_t order, position, daily_loss, drawdown, collar, collar_passive, open_orders, per_s,
        burst, window_ns, duplicates;
};
struct plain_all { /* all slots together; 0: no such limit */
    struct plain_loss loss;
    int64_t floor, daily_loss, drawdown, gross, net, venue, asset;
};
struct plain_view { /* one agent and instrument; amounts and quantities as the gate's view has them
                     */
    struct plain_slot *slot;
    const struct plain_limits *limits;
    const struct plain_all *all; /* NULL: no limits of all slots */
    int64_t bid, ask, judge_px, held, working_buy, working_sell, notional, least, position,
        reach_qty, reach_amt, free_amt, cost, free_qty, open_loss, open_loss_all, gross, net, venue,
        asset;
    int64_t tick, lot, min_qty, max_qty, min_px, max_px, min_notional;
    uint32_t n_open;
    uint8_t killed, other_host, exists, allowed, trades, trading, halted, reducing, book, unvalued,
        unpriced, meets_own, coins;
};

/* 0: it passes, and bucket and window have taken it in; else the number of the check that refuses,
 * counted from 1 in the order of the gate's table. */
int plain_risk_judge(const struct plain_view *view, const struct plain_order *order, int64_t t);

#endif
