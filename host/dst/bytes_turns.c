// SPDX-License-Identifier: Apache-2.0
/* What orders, plans and a new day leave behind, held against the journal: each is followed a
 * second time out of what was ordered.
 *
 *   the host closes positions by its own hand only where somebody or something wanted that: a
 *   stop that stands, `flatten`, an end of a slot, a loss limit that closes, a plan to leave; what
 * a stop wanted ends with it a slot that stands still neither wins nor loses capital by a
 * tournament a slot's limits in money move in the proportion in which its capital does tournaments
 * that fell due while the host was down are held once a day that has turned begins for every slot,
 * and for all together: nobody is barred by the loss of the day before, and a loss is counted from
 * what there is now who resumes what has not reached its fall forgives none of it
 *
 * Of the host its word is taken that a slot reached a limit, and how high it stood. */
#include <stdlib.h>

#include "base/num.h"
#include "dst/bytes_impl.h"
#include "run/host_impl.h"
#include "score/plan.h"

#define ALL     BYTES_SLOTS
#define DAY_NS  (86400ll * SECOND)
#define FLAT_NS (4 * SECOND) /* without orders and positions: whoever closed it has seen that */

struct turned { /* a slot, and all together, as it was behind the event before */
    struct slot_limits limits;
    int64_t high; /* the highest that it was worth */
    uint64_t last_order;
    agon_ns_t t_flat;
    uint8_t is_used, condition, has_fallen;
    uint8_t is_wanted; /* to be closed, by more than a stop */
};
struct bytes_turns {
    struct bytes *world;
    struct turned all[BYTES_SLOTS + 1];
    agon_ns_t t_tournament; /* the last one was due, and this is when that was seen */
    int64_t day;
    uint8_t is_stopped;
};

int bytes_turns_new(struct bytes_turns **turns, struct bytes *world)
{
    *turns = calloc(1, sizeof(**turns));
    if (*turns == NULL)
        return AGON_ENOMEM;
    (*turns)->world = world;
    return AGON_OK;
}

void bytes_turns_free(struct bytes_turns *turns)
{
    free(turns);
}

/* --- closing --- */

static void want(struct bytes_turns *turns, int slot)
{
    for (int id = 0; id < (int)BYTES_SLOTS; id++) {
        if (slot >= 0 && slot != id)
            continue;
        turns->all[id].is_wanted = 1;
        turns->all[id].t_flat = 0;
    }
}

static void on_command(struct bytes_turns *turns, const struct record_command *command)
{
    switch (command->kind) {
    case COMMAND_STOP:
        turns->is_stopped = 1;
        break;
    case COMMAND_FLATTEN:
        want(turns, command->scope == SCOPE_SLOT ? (int)command->id : -1);
        break;
    case COMMAND_RESUME:
        // A person's word of everything; the kill switch and the host's own halts have others.
        if (command->scope == SCOPE_GLOBAL && command->reason != REASON_KILL &&
            (command->which == HALT_OPERATOR || command->which == HALT_STOP))
            turns->is_stopped = 0;
        break;
    default:
        break;
    }
}

static int has_limits_that_close(const struct bytes *world, const struct slot_limits *limits)
{
    const struct portfolio_limits *all = &world->portfolio;

    return (limits->on_breach == ON_BREACH_CLOSE &&
            (limits->daily_loss_amt != 0 || limits->drawdown_ppm != 0)) ||
           (all->on_breach == ON_BREACH_CLOSE &&
            (all->daily_loss_amt != 0 || all->drawdown_ppm != 0 || all->equity_amt != 0));
}

static void on_closing(struct bytes_turns *turns, const struct agon_event_hdr *event)
{
    const struct record_crash *crash = (const struct record_crash *)(const void *)event;

    if (event->type == AGON_EVENT_COMMAND)
        on_command(turns, (const struct record_command *)(const void *)event);
    if (event->type == EVENT_CRASH && crash->orders == ORDERS_FLATTEN)
        want(turns, crash->slot);
}

/* Nothing is left that could be closed, and no order works: far below what a venue takes. */
static int is_flat(const struct bytes *world, struct engine *engine, uint16_t slot)
{
    uint32_t n;
    const struct position *all = ledger_positions(engine_ledger(engine), slot, &n);

    for (uint32_t i = 0; i < n; i++) {
        const struct host_instrument *instrument;
        int64_t one = 1, worth;

        if (all[i].instrument == 0)
            continue;
        instrument = &world->instruments[all[i].instrument - 1];
        for (int k = 0; k < instrument->px_exp + instrument->qty_exp; k++)
            one *= 10;
        worth = num_mul_div(engine_mark_px(engine, all[i].instrument), llabs((long long)all[i].qty),
                            one, NUM_DOWN);
        if (all[i].working_buy_qty != 0 || all[i].working_sell_qty != 0 ||
            worth * 2 >= instrument->min_notional_amt / 100000000)
            return 0;
    }
    return 1;
}

static void look_flat(struct bytes_turns *turns, struct engine *engine, uint16_t slot, agon_ns_t t)
{
    struct turned *turned = &turns->all[slot];

    if (!turned->is_wanted)
        return;
    if (!is_flat(turns->world, engine, slot))
        turned->t_flat = 0;
    else if (turned->t_flat == 0)
        turned->t_flat = t;
    else if (t - turned->t_flat > FLAT_NS)
        turned->is_wanted = 0;
}

static void check_orders(struct bytes_turns *turns, struct engine *engine, const struct slot *slot,
                         uint64_t seq)
{
    struct turned *turned = &turns->all[slot->id];
    uint64_t last = turned->last_order;

    for (const struct order *order = orders_next(engine_orders(engine), slot->id, NULL);
         order != NULL;
         order = orders_next(engine_orders(engine), slot->id, (struct order *)(uintptr_t)order)) {
        if (order->id <= turned->last_order)
            continue;
        last = order->id > last ? order->id : last;
        if ((order->flags & ORDER_IS_EXIT) == 0 || order->exit != 0 || turns->is_stopped ||
            turned->is_wanted || slot->condition == CONDITION_RETIRED ||
            has_limits_that_close(turns->world, &slot->limits))
            continue;
        bytes_fail(turns->world, "inv-24",
                   "event %llu: the host closes what slot %u holds by order %llx, and nobody wants "
                   "that any more",
                   (unsigned long long)seq, slot->id, (unsigned long long)order->id);
    }
    turned->last_order = last;
}

/* --- plans --- */

static int is_off(int64_t now, int64_t before, int64_t to, int64_t from)
{
    int64_t wanted = num_mul_div(before, to, from, NUM_DOWN);

    // Each is rounded down, and one that there is stays one.
    return llabs((long long)(now - wanted)) > 1;
}

static void check_limits(struct bytes *world, uint16_t id, const struct slot_limits *before,
                         const struct slot_limits *now, uint64_t seq)
{
    const int64_t olds[] = {before->order_amt, before->position_amt, before->daily_loss_amt};
    const int64_t news[] = {now->order_amt, now->position_amt, now->daily_loss_amt};

    if (before->capital_amt <= 0 || now->capital_amt <= 0)
        return; // there is no proportion
    for (int i = 0; i < 3; i++) {
        if (is_off(news[i], olds[i], now->capital_amt, before->capital_amt))
            bytes_fail(world, "inv-10",
                       "event %llu: slot %u had %lld of capital and a limit of %lld, now has %lld "
                       "and one of %lld",
                       (unsigned long long)seq, id, (long long)before->capital_amt,
                       (long long)olds[i], (long long)now->capital_amt, (long long)news[i]);
    }
}

static void on_plan(struct bytes_turns *turns, struct engine *engine,
                    const struct record_plan *plan)
{
    const struct slots *slots = engine_slots(engine);

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        const struct turned *before = &turns->all[line->slot];

        if (line->slot >= BYTES_SLOTS || !before->is_used)
            continue;
        if (line->verdict == PLAN_UNLOADED)
            want(turns, line->slot);
        check_limits(turns->world, line->slot, &before->limits, &slots->all[line->slot].limits,
                     plan->hdr.seq);
        if (before->condition != CONDITION_ACTIVE && before->condition != CONDITION_RETIRED &&
            line->capital_after_amt != line->capital_before_amt)
            bytes_fail(
                turns->world, "trn",
                "event %llu: slot %u is not active, and tournament %u moves its capital from "
                "%lld to %lld",
                (unsigned long long)plan->hdr.seq, line->slot, plan->number,
                (long long)line->capital_before_amt, (long long)line->capital_after_amt);
    }
}

/* One that is due is seen at some time; all that were due before that are this one. */
static void on_due(struct bytes_turns *turns, const struct record_due *due)
{
    if (due->kind != DUE_TOURNAMENT)
        return;
    if (due->t_due <= turns->t_tournament)
        bytes_fail(turns->world, "trn",
                   "event %llu: the tournament of %.3f s is held by itself, and at %.3f s one was "
                   "that stands for it",
                   (unsigned long long)due->hdr.seq, (double)(due->t_due - BYTES_T0) / 1e9,
                   (double)(turns->t_tournament - BYTES_T0) / 1e9);
    turns->t_tournament = due->hdr.t;
}

/* --- days and falls --- */

static const struct risk_slot *risk_of(struct engine *engine, uint16_t id)
{
    return id < ALL ? engine_risk(engine, id) : engine_portfolio(engine);
}

/* The sample that is due at midnight, or the first one behind it. */
static int is_turning(struct bytes_turns *turns, const struct agon_event_hdr *event)
{
    const struct record_due *due = (const struct record_due *)(const void *)event;
    int64_t day = event->t / DAY_NS;

    if (turns->day == 0 || event->type == EVENT_CLOCK)
        turns->day = day;
    if (day == turns->day || event->type != EVENT_DUE || due->kind != DUE_SAMPLE)
        return 0;
    turns->day = day;
    turns->world->result->some[BYTES_SOME_DAY]++;
    return 1;
}

static void check_day(struct bytes_turns *turns, struct engine *engine, uint16_t id, uint64_t seq)
{
    const struct risk_slot *risk = risk_of(engine, id);

    if (risk->is_daily_breached || risk->equity_day_amt != risk->equity_amt)
        bytes_fail(turns->world, "inv-10",
                   "event %llu: a day begins, and of slot %u (%u: all) %s: it counts from %lld, "
                   "and its equity is %lld",
                   (unsigned long long)seq, id, ALL,
                   risk->is_daily_breached ? "the loss of the day before bars new risk"
                                           : "a loss is counted from what was",
                   (long long)risk->equity_day_amt, (long long)risk->equity_amt);
}

static void check_high(struct bytes_turns *turns, struct engine *engine, uint16_t id,
                       const struct agon_event_hdr *event)
{
    const struct record_command *command = (const struct record_command *)(const void *)event;
    const struct risk_slot *risk = risk_of(engine, id);
    const struct turned *before = &turns->all[id];

    if (event->type != AGON_EVENT_COMMAND || command->kind != COMMAND_RESUME ||
        before->has_fallen || risk->equity_high_amt >= before->high)
        return;
    bytes_fail(turns->world, "inv-10",
               "event %llu: slot %u (%u: all) is resumed, had reached no limit, and its fall from "
               "%lld is forgotten: it is counted from %lld",
               (unsigned long long)event->seq, id, ALL, (long long)before->high,
               (long long)risk->equity_high_amt);
}

static void remember(struct turned *turned, struct engine *engine, uint16_t id)
{
    const struct risk_slot *risk = risk_of(engine, id);

    turned->high = risk->equity_high_amt;
    turned->has_fallen = risk->is_drawdown_breached != 0;
}

void bytes_turns_stepped(struct bytes_turns *turns, struct engine *engine,
                         const struct agon_event_hdr *event)
{
    const struct slots *slots = engine_slots(engine);
    int is_day = is_turning(turns, event);

    on_closing(turns, event);
    if (event->type == EVENT_PLAN)
        on_plan(turns, engine, (const struct record_plan *)(const void *)event);
    if (event->type == EVENT_DUE)
        on_due(turns, (const struct record_due *)(const void *)event);
    for (uint16_t id = 0; id < BYTES_SLOTS; id++) {
        struct turned *turned = &turns->all[id];
        const struct slot *slot = &slots->all[id];

        if (id >= slots->n || !slot->is_used) {
            *turned = (struct turned){0};
            continue;
        }
        check_orders(turns, engine, slot, event->seq);
        look_flat(turns, engine, id, event->t);
        if (turned->is_used) {
            check_high(turns, engine, id, event);
            if (is_day)
                check_day(turns, engine, id, event->seq);
        }
        turned->is_used = 1;
        turned->condition = slot->condition;
        turned->limits = slot->limits;
        remember(turned, engine, id);
    }
    check_high(turns, engine, ALL, event);
    if (is_day)
        check_day(turns, engine, ALL, event->seq);
    remember(&turns->all[ALL], engine, ALL);
}
