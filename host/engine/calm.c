// SPDX-License-Identifier: Apache-2.0
/* calm: prices at which nothing is reached and nothing is passed, so that nobody is judged by them
 * (exposure_calm), and markets where that is all that there is (engine_calm), with the steps of
 * their rows. What coins are worth rises with their price: what holds of the lowest and of the
 * highest holds between them. */
#include "base/hot.h"
#include "engine/impl.h"

#define CALM_BARS 4 /* so many times a bar's height beyond it are looked at too */
#define MINUTE_NS ((agon_ns_t)60 * 1000000000)
#define HOUR_NS   (60 * MINUTE_NS)

/* Would it be worth that without a new highest, and could it fall from there to the least? That a
 * day begins anywhere between is in it: its loss is asked about from the most on. */
static int is_clear_to(const struct risk_slot *risk, agon_amt_t most_amt, agon_amt_t least_amt,
                       const struct risk_losses *losses)
{
    return most_amt <= risk->equity_high_amt && risk_is_clear(risk, most_amt, least_amt, losses);
}

static int is_calm_to(const struct engine *engine, const struct exposure_calm *calm)
{
    const struct exposure *exposure = engine->exposure;
    const struct position *pos = ledger_position_at(engine->ledger, calm->slot, calm->place);
    agon_amt_t most_amt = exposure_worth(engine, pos, calm->high_px);
    agon_amt_t least_amt = exposure_worth(engine, pos, calm->low_px);
    agon_amt_t now_amt = exposure->lines[calm->slot][calm->place].value_amt;
    agon_amt_t rest = num_add(exposure_equity(engine, calm->slot), -now_amt);
    agon_amt_t all = num_add(exposure_equity_all(engine), -now_amt);
    const struct risk_losses losses = exposure_losses(&engine->slots.all[calm->slot].limits);
    const struct risk_losses losses_all = exposure_losses_all(&engine->portfolio_limits);

    return is_clear_to(&engine->risk[calm->slot], num_add(rest, most_amt), num_add(rest, least_amt),
                       &losses) &&
           is_clear_to(&engine->portfolio, num_add(all, most_amt), num_add(all, least_amt),
                       &losses_all);
}

/* Has a row been before, so that the next is but another one? */
static int has_begun(const struct market *market)
{
    const struct agon_top10 *top = &market->top;

    return market->bars.has_traded && market->is_inside && market->has_top && top->n_bid == 1 &&
           top->n_ask == 1 && top->book == BOOK_LIVE;
}

/* Bars of an instrument whose quotes are all that it is priced by, and nobody's but the engine's.
 */
static int has_bars_alone(const struct engine *engine, agon_instrument_t instrument)
{
    const struct market *market = &engine->markets[instrument];

    return market->book != NULL && market->is_bars == STEP_PATHS &&
           market->book_state == BOOK_COLD && !market->has_best && market->mark_px <= 0 &&
           has_begun(market) && market->watchers.words <= 1 && slot_set_is_empty(&market->exits) &&
           engine->exposure->values[instrument] == 0 && deliver_is_late(engine, instrument);
}

HOT int engine_is_calm(const struct engine *engine, const struct agon_bar *bar,
                       struct engine_calm *of)
{
    agon_instrument_t id = bar->hdr.instrument;
    const struct exposure *exposure = engine->exposure;
    int has_prices, is_held;

    if (!engine->is_within || id > INSTRUMENTS_MAX || !turn_is_calm(engine) ||
        engine_owes(engine) || !slot_set_is_empty(&exposure->touched) ||
        !has_bars_alone(engine, id))
        return AGON_EAGAIN;
    has_prices = exposure->calm.instrument == id;
    is_held = !slot_set_is_empty(&exposure->holders[id]);
    // Of several that hold it prices are never calm.
    if ((!has_prices && is_held &&
         !slot_set_is_only(&exposure->holders[id],
                           (uint16_t)slot_set_first(&exposure->holders[id]))) ||
        !timers_are_quiet(engine))
        return AGON_EAGAIN;
    if (!has_prices && is_held)
        return 0;
    *of = (struct engine_calm){.instrument = id,
                               .has_prices = has_prices,
                               .is_settled = 1,
                               .low_px = 1,
                               .high_px = NUM_MAX,
                               .keepers = deliver_keepers(engine, bar),
                               .wanters = deliver_wanters(engine, bar),
                               .tick_px = instruments_get(&engine->table, id)->tick_px,
                               .t_due = engine_other_due(engine)};
    if (has_prices) {
        of->is_along = exposure->calm.is_along;
        of->slots = (uint64_t)of->is_along << exposure->calm.slot % 64;
        of->low_px = exposure->calm.low_px;
        of->high_px = exposure->calm.high_px;
    }
    return 1;
}

HOT int engine_calm_lasts(struct engine *engine, struct engine_calm *calm, agon_ns_t t)
{
    if (t >= calm->t_due) {
        market_note_due(engine, calm->instrument); // no sooner than it was, as bars have come
        calm->t_due = engine_other_due(engine);
    }
    return t < calm->t_due &&
           (!calm->has_prices || engine->exposure->calm.instrument == calm->instrument);
}

HOT int engine_calm_has(const struct engine *engine, const struct engine_calm *calm,
                        const struct agon_bar *bar, const struct agon_quote *open)
{
    const struct market *market = &engine->markets[calm->instrument];
    // Behind the bar bids are this or more (market_settle_calm).
    agon_px_t bid_px =
        num_add(bar->close_px, -(market->quote_ask_px - market->quote_bid_px) - calm->tick_px);

    return bar->t_open <= bar->hdr.t &&
           (!calm->has_prices || (bid_px >= calm->low_px && open->bid_px >= calm->low_px &&
                                  open->bid_px <= calm->high_px));
}

static inline void number(struct agon_event_hdr *event, uint64_t seq)
{
    event->seq = seq;
    if (event->sub != 0)
        event->sub = 0;
}

/* Numbered and in the journal. AGON_EAGAIN: that is full. */
static inline int take(struct engine *engine, struct agon_event_hdr *event)
{
    number(event, engine->seq + 1);
    return engine->config.journal != NULL ? journal_append(engine->config.journal, event) : AGON_OK;
}

/* ... a bar, and before it its end, which is a number. */
static inline int take_both(struct engine *engine, struct record_path *end, struct agon_bar *bar)
{
    struct journal_buffer *journal = engine->config.journal;
    int is_pair = 0;

    if (end->hdr.t < engine->t)
        end->hdr.t = engine->t;
    number(&end->hdr, engine->seq + 1);
    number(&bar->hdr, engine->seq + 2);
    if (journal != NULL) {
        is_pair = journal_append_pair(journal, end, bar);
        if (!is_pair && journal_append(journal, &end->hdr) < 0)
            return AGON_EAGAIN;
    }
    engine->seq = end->hdr.seq;
    engine->t = end->hdr.t;
    turn_of_nobody(engine);
    engine->counters.n_events++;
    return journal != NULL && !is_pair ? journal_append(journal, &bar->hdr) : AGON_OK;
}

/* What a step begins with behind that. */
static inline void begin(struct engine *engine, const struct agon_event_hdr *event)
{
    engine->seq = event->seq;
    engine->t = event->t;
    engine->public_sub = 0;
    engine->late_now = 0;
    engine->counters.n_events++;
}

/* A price that holds for so long, and no longer, may be worth another without an event. */
static int has_marks(const struct engine *engine)
{
    for (agon_instrument_t id = 1; id <= engine->table.n_instruments; id++) {
        if (engine->markets[id].mark_px > 0)
            return 1;
    }
    return 0;
}

/* Samples that are due before t. */
static inline void sample(struct engine *engine, struct engine_calm *calm,
                          const struct agon_event_hdr *event)
{
    agon_ns_t t_sample = engine->sample_due;

    if (calm->is_sampled && t_sample < calm->t_hour && event->t - t_sample <= MINUTE_NS) {
        timers_calm(engine, calm);
        return;
    }
    // What a day's loss is counted from is what slots are judged by (risk_day).
    engine_calm_settle(engine, calm);
    timers_pass(engine, event);
    calm->is_sampled = !num_is_full(engine->whole.last_amt) && engine->sample_due >= 24 * HOUR_NS &&
                       !has_marks(engine);
    calm->t_hour = (engine->sample_due + HOUR_NS - 1) / HOUR_NS * HOUR_NS;
    value_calm(engine, calm);
}

HOT int engine_calm_bar(struct engine *engine, struct engine_calm *calm, struct record_path *end,
                        struct agon_bar *bar)
{
    uint16_t slot;

    if ((end != NULL ? take_both(engine, end, bar) : take(engine, &bar->hdr)) < 0)
        return AGON_EAGAIN;
    begin(engine, &bar->hdr);
    while (slot_set_take(&engine->touched, &slot))
        engine->private_sub[slot] = 0;
    if (bar->hdr.t > engine->sample_due)
        sample(engine, calm, &bar->hdr);
    market_bar_calm(engine, calm, bar);
    bus_publish(&engine->bus, engine->seq);
    calm->is_settled = 0;
    return AGON_OK;
}

HOT int engine_calm_open(struct engine *engine, struct engine_calm *calm, struct agon_quote *open)
{
    if (take(engine, &open->hdr) < 0)
        return AGON_EAGAIN;
    begin(engine, &open->hdr);
    market_quote_calm(engine, open);
    turn_of_nobody(engine);
    calm->is_settled = 0;
    return AGON_OK;
}

void engine_calm_settle(struct engine *engine, struct engine_calm *calm)
{
    if (calm->is_settled)
        return;
    calm->is_settled = 1;
    market_settle_calm(engine, calm->instrument);
    bus_publish(&engine->bus, engine->seq);
    if (engine->markets[calm->instrument].is_inside)
        engine->called = (struct slot_set){0}; // by the open
}

static int is_noted(struct engine *engine, struct exposure_calm *calm, agon_px_t low_px,
                    agon_px_t high_px)
{
    calm->low_px = low_px;
    calm->high_px = high_px;
    if (!is_calm_to(engine, calm))
        return 0;
    engine->exposure->calm = *calm;
    return 1;
}

HOT void exposure_note_calm(struct engine *engine, const struct agon_bar *bar, int is_along)
{
    agon_instrument_t id = bar->hdr.instrument;
    const struct agon_instrument *instrument = instruments_get(&engine->table, id);
    const struct exposure *exposure = engine->exposure;
    const struct slot_set *holders = &exposure->holders[id <= INSTRUMENTS_MAX ? id : 0];
    uint16_t slot = (uint16_t)slot_set_first(holders);
    uint32_t place = slot < SLOTS_MAX ? exposure->places[id][slot] : 0;
    agon_px_t wide_px = num_mul(num_add(bar->high_px, -bar->low_px), CALM_BARS);
    const struct exposure_line *line;
    struct exposure_calm calm;

    // A plan that is young will hear of a bar's end once it is not.
    if (place == 0 || !slot_set_is_empty(&engine->markets[id].exits) || exposure->values[id] != 0 ||
        exposure->n_unknown_all != 0 || !exposure_is_value_all(engine, instrument) ||
        !slot_set_is_only(holders, slot))
        return;
    line = &exposure->lines[slot][place - 1];
    if (ledger_position_at(engine->ledger, slot, place - 1)->held_amt <= 0 || line->is_unknown ||
        line->reach_amt != 0 || line->up_amt != 0 || line->down_amt != 0)
        return;
    for (uint16_t other = 0; other < engine->slots.n; other++) {
        if (orders_count(engine->orders, other) != 0)
            return;
    }
    calm = (struct exposure_calm){
        .instrument = id, .slot = slot, .is_along = (uint8_t)is_along, .place = place - 1};
    if (bar->low_px > wide_px && bar->high_px <= NUM_MAX - wide_px &&
        (is_noted(engine, &calm, bar->low_px - wide_px, bar->high_px + wide_px) ||
         is_noted(engine, &calm, bar->low_px - wide_px, bar->high_px))) // a highest is near
        return;
    (void)is_noted(engine, &calm, bar->low_px, bar->high_px);
}
