// SPDX-License-Identifier: Apache-2.0
/* Exit plans, held against the journal: each is followed a second time, out of what its agent
 * ordered, the price that the host's own book showed after each event, and the slot's position.
 *
 *   a plan that watches a position is not lost        whatever became of its plugin
 *   it fires when its stop, its trailing stop, a      within LATE events and a second
 *   target or its time is reached
 *   ... and not before, at the price that reached it  the DUE event's own cause and price
 *   a stop that goes to the entry stands at it, on    the plan's own entry, distance and offset
 *   the side that the plan names
 *   each target closes its share of what the plan     the shares, and what is held and was closed
 *   has, whichever fired before
 *   what has fired is not taken back                  the agent's own plans
 *   an order of the slot that holds back what has     the slot's open orders
 *   fired gives way
 *   it closes no more than it was given               the fills of the orders that left for it
 *   it ends with its slot                             no plan stands at a place that is free
 *
 * Book and position are the host's, and others judge them; which of them a plan looks at, and what
 * follows, is worked out here from the plan alone. */
#include <stdlib.h>

#include "base/num.h"
#include "dst/bytes_impl.h"
#include "exec/exit.h"
#include "run/host_impl.h"

#define PLANS_MAX  512u
#define LATE       120u /* events, and a second, between what makes a plan due and its DUE */
#define BLOCKED_NS (4 * SECOND) /* ... and until what is in its way is being cancelled */
#define FILLS      16384u

struct plan { /* as it was ordered, and what it must have come to */
    struct agon_exit_plan plan;
    uint32_t id;
    uint16_t slot;
    uint8_t is_used, is_seen, is_armed, is_trailing, is_fired;
    uint8_t taken, due_takes, due_cause, is_even;
    uint16_t due_type;
    agon_ns_t due_t;
    agon_px_t best_px, due_px;
    uint64_t due_seq, time_seq; /* since when it is due by a price, and by the time */
    agon_qty_t closed_qty;
    agon_px_t even_px; /* where the stop went; 0: it did not */
    agon_qty_t held_qty, fire_qty,
        want_qty;         /* after the event before: held on its side; still to
                             be closed of targets, and of all, as the host says */
    uint64_t blocked_seq; /* since when own orders hold that back; 0: none does */
    agon_ns_t blocked_t;
};

struct bytes_plans {
    struct bytes *world;
    struct plan all[PLANS_MAX];
    struct map fills; /* what each order that closes for a plan had filled */
    agon_ns_t t;
    uint64_t seq;
    uint16_t type;
};

int bytes_plans_new(struct bytes_plans **plans, struct bytes *world)
{
    *plans = calloc(1, sizeof(**plans));
    if (*plans == NULL)
        return AGON_ENOMEM;
    (*plans)->world = world;
    return map_init(&(*plans)->fills, FILLS);
}

void bytes_plans_free(struct bytes_plans *plans)
{
    if (plans == NULL)
        return;
    map_deinit(&plans->fills);
    free(plans);
}

/* --- what a plan looks at --- */

static int64_t held_by(const struct plan *plan, struct engine *engine)
{
    const struct position *pos =
        ledger_position(engine_ledger(engine), plan->slot, plan->plan.instrument, 0);

    if (pos == NULL)
        return 0;
    return plan->plan.side == AGON_BUY ? pos->qty : -pos->qty;
}

/* Nothing that could be sold: less than a lot, or than the least. */
static int is_nothing(const struct bytes *world, const struct plan *plan, int64_t qty)
{
    const struct host_instrument *instrument = &world->instruments[plan->plan.instrument - 1];

    return qty < instrument->min_qty || qty < instrument->lot_qty;
}

/* ... or than a venue takes an order for. */
static int is_dust(const struct bytes *world, const struct engine *engine, const struct plan *plan,
                   int64_t qty, agon_px_t px)
{
    const struct host_instrument *instrument = &world->instruments[plan->plan.instrument - 1];
    int64_t one = 1;

    if (is_nothing(world, plan, qty))
        return 1;
    if (instrument->kind != INSTRUMENT_SPOT)
        return bytes_is_refused(world, engine, plan->plan.instrument,
                                plan->plan.side == AGON_BUY ? AGON_SELL : AGON_BUY, qty);
    for (int i = 0; i < instrument->px_exp + instrument->qty_exp; i++)
        one *= 10;
    // On spot the least notional counts at the edge of the collar, which is 2 % off at most.
    return num_mul_div(px, qty, one, NUM_DOWN) <
           instrument->min_notional_amt / 100000000 * 105 / 100 + 1;
}

/* What a live book pays for the position; 0: none is live, or it is older than the slot believes.
 */
static agon_px_t price_of(const struct bytes_plans *plans, const struct engine *engine,
                          const struct plan *plan)
{
    agon_ns_t age_ns = (agon_ns_t)plans->world->limits_max[plan->slot].book_age_ms * 1000000;
    agon_px_t bid_px, ask_px;

    if (age_ns != 0 && plans->t - plans->world->t_book[plan->plan.instrument - 1] > age_ns)
        return 0;
    if (!bytes_best_of(engine, plan->plan.instrument, &bid_px, &ask_px))
        return 0;
    return plan->plan.side == AGON_BUY ? bid_px : ask_px;
}

/* Is px as bad as level, or worse, for who holds the plan's side? */
static int is_beyond(const struct plan *plan, agon_px_t px, agon_px_t level)
{
    return plan->plan.side == AGON_BUY ? px <= level : px >= level;
}

static int is_trailed(const struct plan *plan, agon_px_t px)
{
    agon_px_t off = plan->plan.trail_px != 0
                        ? plan->plan.trail_px
                        : num_mul_div(plan->best_px, plan->plan.trail_ppm, 1000000, NUM_DOWN);

    return plan->is_trailing &&
           is_beyond(plan, px,
                     plan->plan.side == AGON_BUY ? plan->best_px - off : plan->best_px + off);
}

static int is_stopped(const struct plan *plan, agon_px_t px)
{
    return plan->plan.stop_px != 0 && is_beyond(plan, px, plan->plan.stop_px);
}

/* Once so far in profit the stop goes to the entry, and a little further. Only where the plan says
 * what the entry is: an average is the ledger's word. */
static void look_even(struct plan *plan, agon_px_t px)
{
    const struct agon_exit_plan *own = &plan->plan;
    agon_px_t off = own->even_px != 0 ? own->even_px
                                      : num_mul_div(own->entry_px, own->even_ppm, 1000000, NUM_UP);

    if ((own->even_px == 0 && own->even_ppm == 0) || own->entry_px == 0 || plan->is_even)
        return;
    if (own->side == AGON_BUY ? px < own->entry_px + off : px > own->entry_px - off)
        return;
    plan->is_even = 1;
    plan->even_px = own->side == AGON_BUY ? own->entry_px + own->even_offset_px
                                          : own->entry_px - own->even_offset_px;
}

static void follow(struct plan *plan, agon_px_t px)
{
    const struct agon_exit_plan *own = &plan->plan;

    if (own->trail_px == 0 && own->trail_ppm == 0)
        return;
    if (!plan->is_trailing && own->trail_from_px != 0 && px != own->trail_from_px &&
        is_beyond(plan, px, own->trail_from_px))
        return;
    if (!plan->is_trailing || !is_beyond(plan, px, plan->best_px))
        plan->best_px = px;
    plan->is_trailing = 1;
}

static void look(struct bytes_plans *plans, struct plan *plan, agon_px_t px)
{
    if (!plan->is_armed || plan->is_fired || plan->due_cause != 0 || plan->due_takes != 0 ||
        px == 0)
        return;
    look_even(plan, px);
    follow(plan, px);
    if (is_stopped(plan, px) || is_trailed(plan, px) ||
        (plan->even_px > 0 && is_beyond(plan, px, plan->even_px)))
        plan->due_cause = 1;
    for (int i = 0; i < AGON_EXIT_TAKES && plan->due_cause == 0; i++) {
        agon_px_t take_px = plan->plan.take_px[i];

        if (take_px != 0 && (plan->taken >> i & 1) == 0 &&
            (px == take_px || !is_beyond(plan, px, take_px)))
            plan->due_takes |= (uint8_t)(1u << i);
    }
    plan->due_px = px;
    plan->due_seq = plans->seq;
    plan->due_type = plans->type;
    plan->due_t = plans->t;
}

/* --- what becomes of it --- */

static struct plan *find(struct bytes_plans *plans, uint16_t slot, uint32_t id)
{
    for (uint32_t i = 0; i < PLANS_MAX; i++) {
        if (plans->all[i].is_used && plans->all[i].slot == slot && plans->all[i].id == id)
            return &plans->all[i];
    }
    return NULL;
}

static void meet(struct bytes_plans *plans, uint16_t slot, const struct exit_plan *exit)
{
    struct plan *plan = find(plans, slot, exit->id);

    for (uint32_t i = 0; i < PLANS_MAX && plan == NULL; i++) {
        if (plans->all[i].is_used)
            continue;
        plan = &plans->all[i];
        *plan = (struct plan){.plan = exit->plan, .id = exit->id, .slot = slot, .is_used = 1};
    }
    REQUIRE(plan != NULL);
    plan->is_seen = 1;
    plan->fire_qty = exit->fire_qty;
    plan->want_qty = exit_wants(exit);
}

/* What stands at a free place would be its next agent's, who never asked for it. */
static void check_owner(struct bytes_plans *plans, struct engine *engine, uint16_t slot,
                        const struct exit_plan *exit)
{
    if (slots_get(engine_slots(engine), slot) == NULL)
        bytes_fail(plans->world, "exit",
                   "event %llu of type %u: plan %u of slot %u stands, and its place is free",
                   (unsigned long long)plans->seq, plans->type, exit->id, slot);
}

static const struct exit_plan *standing(const struct engine *engine, const struct plan *plan)
{
    const struct exit_plan *exit = engine_next_exit(engine, plan->slot, NULL);

    while (exit != NULL && exit->id != plan->id)
        exit = engine_next_exit(engine, plan->slot, exit);
    return exit;
}

/* A target closes its share of what the plan has: of what is left, among the shares that are left.
 * What is too little for any order stays with the plan. */
static void check_share(struct bytes_plans *plans, struct engine *engine, struct plan *plan,
                        const struct record_due *due)
{
    const struct exit_plan *exit = standing(engine, plan);
    agon_qty_t left_qty = plan->held_qty;
    agon_qty_t fired_qty, share_qty;
    uint32_t ppm = plan->plan.take_ppm[due->cookie], rest_ppm = 1000000;

    for (uint64_t i = 0; i < AGON_EXIT_TAKES; i++) {
        if (i != due->cookie && (plan->taken >> i & 1) != 0)
            rest_ppm -= plan->plan.take_ppm[i];
    }
    if (plan->plan.qty != 0 && plan->plan.qty - plan->closed_qty < left_qty)
        left_qty = plan->plan.qty > plan->closed_qty ? plan->plan.qty - plan->closed_qty : 0;
    left_qty = left_qty > plan->fire_qty ? left_qty - plan->fire_qty : 0;
    share_qty =
        ppm == 0 || ppm >= rest_ppm ? left_qty : num_mul_div(left_qty, ppm, rest_ppm, NUM_DOWN);
    if (exit == NULL)
        return; // that it is over is another's matter
    fired_qty = exit->fire_qty - plan->fire_qty;
    if (fired_qty == share_qty ||
        (exit->fire_qty == 0 &&
         is_dust(plans->world, engine, plan, plan->fire_qty + share_qty, due->px)))
        return;
    bytes_fail(
        plans->world, "exit",
        "event %llu: target %llu of plan %u of slot %u closes %lld more, and its share of the "
        "%lld that are left is %lld",
        (unsigned long long)due->hdr.seq, (unsigned long long)due->cookie, plan->id, plan->slot,
        (long long)fired_qty, (long long)left_qty, (long long)share_qty);
}

/* A stop or the time fires for all of it, a target for its share; each for its own reason. */
static void fire(struct bytes_plans *plans, struct engine *engine, const struct record_due *due)
{
    struct plan *plan = find(plans, due->slot, due->id);
    int is_time = due->cause == AGON_EXIT_BY_TIME;
    int is_take = due->cause == AGON_EXIT_BY_TAKE && due->cookie < AGON_EXIT_TAKES;
    int is_right = is_take ? plan != NULL && (plan->due_takes >> due->cookie & 1) != 0
                           : plan != NULL && plan->due_cause != 0;

    if (plan != NULL && !plan->is_armed)
        return; // its time came before any position
    if (is_time && plan != NULL)
        is_right = plan->plan.t_exit != 0 && due->hdr.t >= plan->plan.t_exit;
    else if (plan != NULL)
        is_right &= plan->due_px == due->px;
    if (!is_right) {
        bytes_fail(plans->world, "exit",
                   "event %llu: plan %u of slot %u fires by cause %u at %lld, and by its agent's "
                   "word and the book it has no reason to: stop %lld, best %lld, due at %lld",
                   (unsigned long long)due->hdr.seq, due->id, due->slot, due->cause,
                   (long long)due->px, plan != NULL ? (long long)plan->plan.stop_px : 0,
                   plan != NULL ? (long long)plan->best_px : 0,
                   plan != NULL ? (long long)plan->due_px : 0);
        return;
    }
    if (is_take) {
        plan->taken |= (uint8_t)(1u << due->cookie);
        plan->due_takes &= (uint8_t) ~(1u << due->cookie);
        check_share(plans, engine, plan, due);
        return;
    }
    plan->is_fired = 1;
    plan->due_cause = plan->due_takes = 0;
}

/* What orders for it filled, in all. */
static void count_fill(struct bytes_plans *plans, struct engine *engine,
                       const struct record_report *report)
{
    const struct order *order = orders_find(engine_orders(engine), report->order_id);
    struct plan *plan =
        order != NULL && order->exit != 0 ? find(plans, order->slot, order->exit) : NULL;
    uint64_t before = 0;

    if (order == NULL || order->exit == 0)
        return;
    (void)map_get(&plans->fills, order->id, &before);
    if (map_put(&plans->fills, order->id, (uint64_t)order->filled_qty) < 0 || plan == NULL)
        return;
    plan->closed_qty += order->filled_qty - (int64_t)before;
    if (plan->plan.qty != 0 && plan->closed_qty > plan->plan.qty)
        bytes_fail(plans->world, "exit",
                   "event %llu: plan %u of slot %u closed %lld, and is for %lld",
                   (unsigned long long)report->hdr.seq, plan->id, plan->slot,
                   (long long)plan->closed_qty, (long long)plan->plan.qty);
}

/* --- its end --- */

static int has_more(const struct plan *plan)
{
    const struct agon_exit_plan *own = &plan->plan;
    int is_more = own->stop_px != 0 || own->trail_px != 0 || own->trail_ppm != 0 ||
                  own->even_px != 0 || own->even_ppm != 0 || own->t_exit != 0;

    for (int i = 0; i < AGON_EXIT_TAKES; i++)
        is_more |= own->take_px[i] != 0 && (plan->taken >> i & 1) == 0;
    return is_more;
}

static int is_ended_by_agent(const struct plan *plan, const struct agon_event_hdr *event)
{
    const struct agon_exit_event *end = (const struct agon_exit_event *)(const void *)event;

    return event->type == AGON_EVENT_EXIT_PLAN && end->origin.slot == plan->slot &&
           end->plan.instrument == plan->plan.instrument &&
           end->plan.client_ref == plan->plan.client_ref;
}

/* It is gone. Of one that watches a position that is there, somebody has to have wanted that. */
static void part(struct bytes_plans *plans, struct engine *engine, struct plan *plan,
                 const struct agon_event_hdr *event)
{
    struct bytes *world = plans->world;
    const struct slot *slot = slots_get(engine_slots(engine), plan->slot);
    int64_t held = held_by(plan, engine);
    agon_px_t px = engine_mark_px(engine, plan->plan.instrument);

    plan->is_used = 0;
    if (is_ended_by_agent(plan, event) && (plan->is_fired || plan->want_qty > 0)) {
        bytes_fail(
            world, "exit",
            "event %llu: plan %u of slot %u has fired, %lld are to be closed for it, and its "
            "agent takes it back",
            (unsigned long long)event->seq, plan->id, plan->slot, (long long)plan->want_qty);
        return;
    }
    if (!plan->is_armed || slot == NULL || !slot->is_used || is_nothing(world, plan, held) ||
        is_ended_by_agent(plan, event) || (!plan->is_fired && !has_more(plan)) ||
        (plan->plan.qty != 0 &&
         is_dust(world, engine, plan, plan->plan.qty - plan->closed_qty, px)) ||
        (plan->is_fired && is_dust(world, engine, plan, held, px)))
        return;
    bytes_fail(world, "exit",
               "event %llu of type %u: plan %u of slot %u is retired, which holds %lld and %s",
               (unsigned long long)event->seq, event->type, plan->id, plan->slot, (long long)held,
               plan->is_fired ? "has fired" : "has not fired");
}

static void check_late(struct bytes_plans *plans, struct plan *plan)
{
    int is_due = plan->due_cause != 0 || plan->due_takes != 0;
    int is_time =
        !plan->is_fired && plan->plan.t_exit != 0 && plans->t > plan->plan.t_exit + SECOND;

    if (is_time && plan->time_seq == 0)
        plan->time_seq = plans->seq;
    if (is_due && plans->seq > plan->due_seq + LATE && plans->t > plan->due_t + SECOND)
        bytes_fail(plans->world, "exit",
                   "event %llu: plan %u of slot %u was reached at %lld by event %llu of type %u, "
                   "and has not "
                   "fired",
                   (unsigned long long)plans->seq, plan->id, plan->slot, (long long)plan->due_px,
                   (unsigned long long)plan->due_seq, plan->due_type);
    if (is_time && plans->seq > plan->time_seq + LATE)
        bytes_fail(plans->world, "exit",
                   "event %llu: the time of plan %u of slot %u has come %.3f s ago, and it has not "
                   "fired",
                   (unsigned long long)plans->seq, plan->id, plan->slot,
                   (double)(plans->t - plan->plan.t_exit) / 1e9);
}

/* An order of the slot's own holds back what the plan has fired for, and is not cancelled. */
static int is_blocked(struct engine *engine, const struct plan *plan)
{
    uint8_t way_out = plan->plan.side == AGON_BUY ? AGON_SELL : AGON_BUY;
    agon_qty_t free_qty = plan->held_qty, want_qty = plan->want_qty;
    int is_kept = 0;

    for (struct order *order = orders_next(engine_orders(engine), plan->slot, NULL); order != NULL;
         order = orders_next(engine_orders(engine), plan->slot, order)) {
        agon_qty_t left_qty = order->qty - order->filled_qty;

        if (order->instrument != plan->plan.instrument || order->side != way_out)
            continue;
        free_qty -= left_qty;
        if (order->exit == plan->id)
            want_qty -= left_qty;
        is_kept |= (order->flags & (ORDER_IS_EXIT | ORDER_CANCEL_WANTED)) == 0;
    }
    return is_kept && want_qty > 0 && free_qty < want_qty;
}

static void check_blocked(struct bytes_plans *plans, struct engine *engine, struct plan *plan)
{
    if (plan->want_qty == 0 || !is_blocked(engine, plan)) {
        plan->blocked_seq = 0;
        return;
    }
    if (plan->blocked_seq == 0) {
        plan->blocked_seq = plans->seq;
        plan->blocked_t = plans->t;
    }
    if (plans->seq > plan->blocked_seq + LATE && plans->t > plan->blocked_t + BLOCKED_NS)
        bytes_fail(plans->world, "exit",
                   "event %llu: plan %u of slot %u is to close %lld since event %llu, an order of "
                   "the slot holds it back, and nobody cancels that",
                   (unsigned long long)plans->seq, plan->id, plan->slot, (long long)plan->want_qty,
                   (unsigned long long)plan->blocked_seq);
}

/* While nobody was up nobody could act: who starts has its time from then on. */
static void begin_again(struct bytes_plans *plans)
{
    for (uint32_t i = 0; i < PLANS_MAX; i++) {
        struct plan *plan = &plans->all[i];

        plan->due_seq = plans->seq;
        plan->due_t = plans->t;
        if (plan->blocked_seq != 0) {
            plan->blocked_seq = plans->seq;
            plan->blocked_t = plans->t;
        }
    }
}

void bytes_plans_stepped(struct bytes_plans *plans, struct engine *engine,
                         const struct agon_event_hdr *event)
{
    const struct record_due *due = (const struct record_due *)(const void *)event;
    // A start keeps the time of before until a venue is heard.
    int is_begun = event->type == EVENT_START || event->t > plans->t + SECOND;

    plans->seq = event->seq;
    plans->t = event->t;
    plans->type = event->type;
    if (is_begun)
        begin_again(plans);
    if (event->type == EVENT_DUE && due->kind == DUE_EXIT)
        fire(plans, engine, due);
    if (event->type == EVENT_REPORT)
        count_fill(plans, engine, (const struct record_report *)(const void *)event);
    for (uint16_t slot = 0; slot < engine_slots(engine)->n; slot++) {
        for (const struct exit_plan *exit = engine_next_exit(engine, slot, NULL); exit != NULL;
             exit = engine_next_exit(engine, slot, exit)) {
            check_owner(plans, engine, slot, exit);
            if (exit->plan.watch == AGON_EXIT_BOOK)
                meet(plans, slot, exit);
        }
    }
    for (uint32_t i = 0; i < PLANS_MAX; i++) {
        struct plan *plan = &plans->all[i];

        if (!plan->is_used)
            continue;
        if (!plan->is_seen) {
            part(plans, engine, plan, event);
            continue;
        }
        plan->is_seen = 0;
        plan->held_qty = held_by(plan, engine);
        plan->is_armed |= !is_nothing(plans->world, plan, plan->held_qty);
        look(plans, plan, price_of(plans, engine, plan));
        check_late(plans, plan);
        check_blocked(plans, engine, plan);
    }
}
