// SPDX-License-Identifier: Apache-2.0
/* What of an order must hold between its requests, its fills and its end. Judged by the exchange's
 * truth, by what was reported (the journal's inputs), and by what left the gate.
 *
 *   a replacement takes effect while its request stands: it was not given up   the exchange's
 * effect a replacement that is reported was done, of that revision                   the truth no
 * more is reported as filled than was                                      the truth what an ended
 * order is reported to have filled is booked or held back       the reports who cancels an order
 * has it cancelled, unless the exchange refuses          the gate's commands
 */
#include "dst/world.h"

static unsigned long long seen_as(uint64_t id)
{
    return (unsigned long long)id;
}

void check_orders_effect(struct world *world, const struct truth *truth, enum match_event_kind kind,
                         uint8_t rev)
{
    const struct order *order;

    if (world->node.engine == NULL || truth->is_foreign ||
        (kind != MATCH_AMENDED && (kind != MATCH_ACCEPTED || rev == 0)))
        return;
    order = orders_find(engine_orders(world->node.engine), truth->order_id);
    if (order != NULL &&
        (order->request != AGON_REQUEST_REPLACE || order->rev_asked != truth->now.rev))
        world_fail(world, "inv-06", "order %llx is replaced by revision %u, which was given up",
                   seen_as(truth->order_id), truth->now.rev);
}

/* Money of what filled stays away from new orders until the fill is booked. */
static void check_due(struct world *world, const struct record_report *report,
                      const struct order *order)
{
    agon_qty_t told_qty = report->cum_qty < order->qty ? report->cum_qty : order->qty;

    if (order_is_final(order) && order->filled_qty + order->held_back_qty < told_qty)
        world_fail(world, "inv-23",
                   "order %llx has ended and filled %lld: %lld are booked and %lld held back",
                   seen_as(order->id), (long long)told_qty, (long long)order->filled_qty,
                   (long long)order->held_back_qty);
}

/* A refusal by which nobody sends a cancel again: not the exchange's own trouble, nor that it does
 * not know the order. */
static int is_refusal(const struct record_report *report)
{
    return report->kind == REPORT_CANCEL_REJECTED && report->reason != REASON_TIMEOUT &&
           report->reason != REASON_VENUE_RATE && report->reason != REASON_VENUE_DOWN &&
           report->reason != REASON_VENUE_UNKNOWN_ORDER;
}

/* The one that was waited for. Asked to be as it is, an order needs no change. */
static void check_replaced(struct world *world, const struct record_report *report,
                           const struct order *before, const struct truth *truth)
{
    if (report->kind == REPORT_REPLACED && before->request == AGON_REQUEST_REPLACE &&
        report->rev == before->rev_asked &&
        (before->px != before->new_px || before->qty != before->new_qty) &&
        (truth == NULL || truth->now.rev < report->rev))
        world_fail(world, "inv-07",
                   "order %llx is reported as replaced by revision %u, which it never was",
                   seen_as(before->id), report->rev);
}

void check_orders_report(struct world *world, const struct record_report *report,
                         const struct order *order, const struct order *before,
                         const struct truth *truth)
{
    agon_qty_t filled_qty = truth != NULL ? truth->now.cum_qty : 0;

    if (is_refusal(report))
        (void)map_put(&world->checks.refused, order->id, 1);
    check_replaced(world, report, before, truth);
    if (report->cum_qty > filled_qty)
        world_fail(world, "inv-07", "order %llx is reported to have filled %lld, of %lld",
                   seen_as(order->id), (long long)report->cum_qty, (long long)filled_qty);
    check_due(world, report, order);
}

void check_orders_quiet(struct world *world, const struct truth *truth)
{
    const struct order *order = orders_find(engine_orders(world->node.engine), truth->order_id);

    if (order == NULL || truth->now.state >= AGON_ORDER_FILLED ||
        map_get(&world->checks.refused, truth->order_id, NULL))
        return;
    for (int rev = 0; rev <= order->rev; rev++) {
        if (map_get(&world->node.decided, check_key(order->id, (uint8_t)rev, CMD_CANCEL), NULL)) {
            world_fail(world, "inv-22",
                       "order %llx was cancelled, the venue did not refuse it, and it is open",
                       seen_as(order->id));
            return;
        }
    }
}
