// SPDX-License-Identifier: Apache-2.0
/* timers: what is due next and what happens then: plugins' timers, bars, samples of each minute,
 * hour and day. */
#include "base/hot.h"
#include "engine/impl.h"

/* Each minute of each slot passes through it. */
#define INLINE inline __attribute__((always_inline))

#define MINUTE_NS ((agon_ns_t)60 * 1000000000)
#define HOUR_NS   (60 * MINUTE_NS)
#define DAY_NS    (24 * HOUR_NS)

struct same_timer {
    const struct engine *engine;
    uint16_t slot;
    uint32_t id;
};

static int is_same_timer(const struct heap_node *node, void *ctx)
{
    const struct same_timer *same = ctx;
    const struct timer *timer = &same->engine->timer_table[node->a];

    return timer->slot == same->slot && timer->id == same->id;
}

int timers_arm(struct engine *engine, const struct record_arm *arm)
{
    const struct slot *slot = slots_get(&engine->slots, arm->origin.slot);
    struct same_timer same = {.engine = engine, .slot = arm->origin.slot, .id = arm->id};
    struct heap_node node = {.t = arm->t_at < engine->t ? engine->t : arm->t_at,
                             .order = engine->timer_order};
    uint32_t n_armed = 0;
    uint32_t place = ENGINE_TIMERS;

    if (slot == NULL || arm->id == 0 || arm->every_ns < 0 ||
        (arm->every_ns > 0 && arm->every_ns < 1000000))
        return AGON_EINVAL; // a timer faster than a millisecond would be a busy loop of the host
    if (control_is_orphan(slot, &arm->origin))
        return AGON_OK; // nobody is left who would know what it is for
    for (uint32_t i = 0; i < ENGINE_TIMERS; i++) {
        struct timer *timer = &engine->timer_table[i];

        if (timer->is_used && timer->slot == arm->origin.slot) {
            if (timer->id == arm->id)
                timer->is_used = 0;
            else
                n_armed++;
        }
        if (!timer->is_used && place == ENGINE_TIMERS)
            place = i;
    }
    heap_remove_if(&engine->timers, is_same_timer, &same);
    if (arm->is_disarm)
        return AGON_OK;
    // A slot has its own share: no plugin takes the timers of the others.
    if (n_armed >= ENGINE_SLOT_TIMERS || place == ENGINE_TIMERS) {
        engine_note(engine, ALERT_TIMERS, "a timer was not armed: too many are");
        return AGON_EINVAL;
    }
    engine->timer_table[place] = (struct timer){.cookie = arm->cookie,
                                                .every_ns = arm->every_ns,
                                                .id = arm->id,
                                                .slot = arm->origin.slot,
                                                .is_used = 1};
    node.a = place;
    engine->timer_order++;
    return heap_push(&engine->timers, &node);
}

static inline agon_ns_t sample_due(const struct engine *engine)
{
    return engine->is_sample_left ? INT64_MAX : engine->sample_due;
}

HOT agon_ns_t engine_other_due(const struct engine *engine)
{
    const struct heap_node *top = heap_top(&engine->timers);
    agon_ns_t due = engine->bars_least;

    if (engine->sweep_due < due)
        due = engine->sweep_due;
    if (engine->exits_due < due)
        due = engine->exits_due;
    if (engine->tournament.t_due < due)
        due = engine->tournament.t_due;
    if (engine->cards_due < due)
        due = engine->cards_due;
    return top != NULL && top->t < due ? top->t : due;
}

HOT agon_ns_t engine_next_due(const struct engine *engine)
{
    agon_ns_t sample = sample_due(engine), other = engine_other_due(engine);

    return sample < other ? sample : other;
}

HOT void engine_due(const struct engine *engine, struct record_due *due)
{
    const struct heap_node *top = heap_top(&engine->timers);
    agon_ns_t t = engine_next_due(engine);

    memset(due, 0, sizeof(*due));
    due->hdr.type = EVENT_DUE;
    due->hdr.granules = 1;
    due->hdr.t = t;
    due->t_due = t;
    if (engine->exits_due == t) {
        exits_due(engine, due); // nothing is more pressing
    } else if (engine->sweep_due == t) {
        due->kind = DUE_SWEEP;
    } else if (engine->bars_least == t) {
        due->kind = DUE_BARS;
        due->hdr.instrument = soonest_number(&engine->bars) + 1;
    } else if (sample_due(engine) == t) {
        due->kind = DUE_SAMPLE;
    } else if (engine->tournament.t_due == t) {
        due->kind = DUE_TOURNAMENT; // behind the samples of the same time
    } else if (engine->cards_due == t) {
        due->kind = DUE_CARDS;
    } else {
        const struct timer *timer = &engine->timer_table[top->a];

        due->kind = DUE_TIMER;
        due->slot = timer->slot;
        due->id = timer->id;
        due->cookie = timer->cookie;
    }
    REQUIRE(due->kind != 0); // what is due names itself, or it would be due for ever
}

/* False: a part of its equity has no price. */
static INLINE int score_sample(struct engine *engine, uint16_t id, int is_hour, int is_day,
                               int is_within, agon_amt_t *all_amt)
{
    int is_ended =
        engine->slots.all[id].condition == CONDITION_RETIRED && figures_are_ended(engine);
    agon_amt_t equity_amt;
    int is_known;

    if (!is_within)
        value_watch(engine, &engine->slots.all[id]);
    is_known = value_equity(engine, id, &equity_amt);
    value_sampled(engine, id, equity_amt, is_known);
    // What has no price is no loss and no gain.
    if (!is_known)
        return 0;
    *all_amt = num_add(*all_amt, equity_amt);
    if (is_hour && !is_ended)
        score_hour(&engine->scores[id], equity_amt);
    else
        score_equity(&engine->scores[id], equity_amt);
    if (is_day && engine->is_figured && !is_ended)
        score_day(&engine->scores[id], equity_amt);
    if (!is_within)
        exposure_look(engine, id);
    return 1;
}

void timers_sample(struct engine *engine, uint16_t id, int is_hour)
{
    agon_amt_t all_amt = 0;

    (void)score_sample(engine, id, is_hour, 0, 0, &all_amt);
    value_forget(engine);
}

/* Could what the slot's open orders may lose make anybody cut them (exposure_settle)? */
static HOT int is_cut(const struct engine *engine, const struct slot *slot)
{
    const struct slot_limits *limits = &slot->limits;

    return orders_count(engine->orders, slot->id) > 0 &&
           ((limits->on_breach != ON_BREACH_HALT &&
             (limits->daily_loss_amt > 0 || limits->drawdown_ppm > 0)) ||
            exposure_judges_loss_all(engine));
}

/* What is held is worth what it was when it was judged last, no order could be cut, and what other
 * assets are worth is not asked. */
HOT int timers_are_quiet(const struct engine *engine)
{
    const struct instruments *table = &engine->table;

    for (agon_instrument_t id = 1; id <= table->n_instruments; id++) {
        if (instruments_get(table, id)->quote != table->base_currency)
            return 0;
    }
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        const struct slot *slot = &engine->slots.all[id];

        if (slot->is_used && (engine->exposure->n_unknown[id] != 0 || is_cut(engine, slot) ||
                              engine->risk[id].equity_amt != exposure_equity(engine, id)))
            return 0;
    }
    return engine->portfolio.equity_amt == exposure_equity_all(engine);
}

/* Is a sample all that is due next, and would judging by it change nothing? */
static inline int is_left(const struct engine *engine)
{
    return engine->is_within && !engine->is_sample_left &&
           engine_next_due(engine) == engine->sample_due &&
           slot_set_is_empty(&engine->exposure->touched) &&
           engine->exits_due != engine->sample_due && engine->sweep_due != engine->sample_due &&
           engine->bars_least != engine->sample_due && timers_are_quiet(engine);
}

HOT int engine_due_before(const struct engine *engine, agon_ns_t t)
{
    if (engine_other_due(engine) < t)
        return AGON_EAGAIN;
    if (sample_due(engine) >= t)
        return 0;
    return engine->is_within && slot_set_is_empty(&engine->exposure->touched) &&
                   timers_are_quiet(engine)
               ? 1
               : AGON_EAGAIN;
}

HOT void engine_sample_left(struct engine *engine)
{
    engine->is_sample_left = 1;
}

HOT int engine_leave_sample(struct engine *engine)
{
    if (!is_left(engine))
        return 0;
    engine->is_sample_left = 1;
    return 1;
}

void engine_keep_sample(struct engine *engine)
{
    engine->is_sample_left = 0;
}

int timers_config(struct engine *engine, const struct record_samples *record)
{
    if (record->is_within > 1 || record->is_figured > FIGURES_TAGGED ||
        (engine->run != 0 && record->is_within != engine->is_within))
        return AGON_EINVAL;
    engine->is_within = record->is_within;
    control_want_bars(engine);
    figures_keep(engine, record->is_figured);
    return AGON_OK;
}

static HOT void take_sample(struct engine *engine, agon_ns_t t_due, int is_within)
{
    int is_hour = t_due % HOUR_NS == 0;
    int is_day = is_hour && t_due % DAY_NS == 0;
    int is_known = 1;
    agon_amt_t all_amt;

    // After a long silence one sample stands for the minutes that nobody saw: their equity is
    // unknown.
    engine->sample_due = (engine->t / MINUTE_NS + 1) * MINUTE_NS;
    // A host begins at 0 where the market's time comes with its data: nothing happened before.
    if (figures_are_whole(engine) && t_due < DAY_NS) {
        engine->is_sample_left = 0;
        return;
    }
    if (t_due != engine->t) {
        is_hour |= t_due / HOUR_NS != engine->t / HOUR_NS;
        is_day |= t_due / DAY_NS != engine->t / DAY_NS;
    }
    all_amt = engine_pool_amt(engine);
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        if (!engine->slots.all[id].is_used)
            continue;
        is_known &= score_sample(engine, id, is_hour, is_day, is_within, &all_amt);
        if (is_day)
            risk_day(&engine->risk[id]);
    }
    if (is_known) // what has no price is no loss and no gain
        figures_sample(engine, all_amt, is_hour, is_day);
    if (is_day)
        risk_day(&engine->portfolio);
    tournament_sample(engine, t_due, is_hour);
    engine->is_sample_left = 0;
    if (engine->config.samples.sample != NULL)
        engine->config.samples.sample(engine->config.samples.ctx, engine->t);
    value_forget(engine);
}

/* At one time a sample comes before timers and tournaments. */
HOT void timers_pass(struct engine *engine, const struct agon_event_hdr *event)
{
    const struct record_due *due = (const struct record_due *)(const void *)event;
    agon_ns_t t = engine->t;
    int is_behind =
        event->type == EVENT_DUE &&
        (due->kind == DUE_TIMER || due->kind == DUE_TOURNAMENT || due->kind == DUE_CARDS);

    while (engine->sample_due < t || (is_behind && engine->sample_due == t)) {
        engine->t = engine->sample_due;
        take_sample(engine, engine->t, 1);
    }
    engine->t = t;
}

/* As value_equity_now. A price is its quote's middle in a calm, and what is held no debt. */
static INLINE agon_amt_t equity_of(const struct engine *engine, const struct engine_calm *calm,
                                   uint16_t slot)
{
    const struct market *market = &engine->markets[calm->instrument];
    agon_px_t px = market->quote_bid_px + (market->quote_ask_px - market->quote_bid_px) / 2;
    int64_t product;
    agon_amt_t equity_amt;

    if (calm->unit != 0 && !__builtin_mul_overflow(px, calm->held_amt, &product))
        return num_add(calm->rest_amt, product / calm->unit);
    (void)value_equity_now(engine, slot, &equity_amt);
    return equity_amt;
}

HOT void timers_calm(struct engine *engine, const struct engine_calm *calm)
{
    uint16_t slot = engine->exposure->calm.slot;
    struct score *score = &engine->scores[slot];
    agon_ns_t t = engine->t;
    agon_amt_t before_amt = score->last_amt, equity_amt;

    engine->t = engine->sample_due;
    engine->sample_due += MINUTE_NS;
    if (calm->has_prices) {
        equity_amt = equity_of(engine, calm, slot);
        value_sampled(engine, slot, equity_amt, 1);
        score_equity(score, equity_amt);
        figures_sample(engine, num_add(engine->whole.last_amt - before_amt, equity_amt), 0, 0);
    }
    tournament_sample(engine, engine->t, 0);
    if (engine->config.samples.sample != NULL)
        engine->config.samples.sample(engine->config.samples.ctx, engine->t);
    value_forget(engine);
    engine->t = t;
}

static void on_timer(struct engine *engine, const struct record_due *due)
{
    struct heap_node node;
    struct timer *timer;
    struct agon_timer event = {
        .hdr = {.type = AGON_EVENT_TIMER, .granules = 1},
        .cookie = due->cookie,
        .t_due = due->t_due,
        .id = due->id,
    };

    if (!heap_pop(&engine->timers, &node))
        return;
    timer = &engine->timer_table[node.a];
    if (timer->every_ns > 0) {
        // The next full step after now: a late timer does not fire in a burst.
        node.t += (engine->t - node.t) / timer->every_ns * timer->every_ns;
        node.t = num_add(node.t, timer->every_ns); // beyond the end of time: never
        node.order = engine->timer_order++;
        heap_push(&engine->timers, &node);
    } else {
        timer->is_used = 0;
    }
    engine->counters.n_timers++;
    deliver_private(engine, due->slot, &event.hdr);
}

HOT int timers_due(struct engine *engine, const struct record_due *due)
{
    struct record_due expected;

    // The engine says what is due; only when comes from outside. Anything else is no clock port of
    // ours.
    engine_due(engine, &expected);
    if (due->kind != expected.kind || due->t_due != expected.t_due || due->slot != expected.slot ||
        due->id != expected.id || due->cookie != expected.cookie || due->cause != expected.cause ||
        due->px != expected.px || due->hdr.instrument != expected.hdr.instrument ||
        engine->t < due->t_due)
        return AGON_EINVAL;
    switch (due->kind) {
    case DUE_BARS:
        market_bars_due(engine, due->hdr.instrument);
        break;
    case DUE_SAMPLE:
        take_sample(engine, due->t_due, 0);
        break;
    case DUE_SWEEP:
        intents_sweep(engine);
        break;
    case DUE_TIMER:
        on_timer(engine, due);
        break;
    case DUE_EXIT:
        exits_fire(engine, due);
        break;
    case DUE_TOURNAMENT:
        tournament_due(engine, due->t_due);
        break;
    case DUE_CARDS:
        cards_tick(engine);
        break;
    default:
        return AGON_EINVAL;
    }
    return AGON_OK;
}
