// SPDX-License-Identifier: Apache-2.0
/* calm: prices at which nothing is reached and nothing is passed, so that nobody is judged by them
 * (exposure_calm), and markets where that is all that there is (engine_calm). What coins are worth
 * rises with their price: what holds of the lowest and of the highest holds between them. */
#include "base/hot.h"
#include "engine/impl.h"

#define CALM_BARS 4 /* so many times a bar's height beyond it are looked at too */

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

/* Bars of an instrument whose quotes are all that it is priced by, and nobody's but the engine's.
 */
static int has_bars_alone(const struct engine *engine, agon_instrument_t instrument)
{
    const struct market *market = &engine->markets[instrument];

    return market->book != NULL && market->is_bars == STEP_PATHS &&
           market->book_state == BOOK_COLD && !market->has_best && market->mark_px <= 0 &&
           market->watchers.words <= 1 && slot_set_is_empty(&market->exits) &&
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
    *of = (struct engine_calm){
        .instrument = id, .low_px = 1, .high_px = NUM_MAX, .wanters = deliver_wanters(engine, bar)};
    of->has_prices = has_prices;
    if (has_prices) {
        of->is_along = exposure->calm.is_along;
        of->slots = (uint64_t)of->is_along << exposure->calm.slot % 64;
        of->low_px = exposure->calm.low_px;
        of->high_px = exposure->calm.high_px;
    }
    return 1;
}

HOT int engine_calm_lasts(const struct engine *engine, const struct engine_calm *calm, agon_ns_t t)
{
    return engine_other_due(engine) > t &&
           (!calm->has_prices || engine->exposure->calm.instrument == calm->instrument);
}

HOT void exposure_note_calm(struct engine *engine, const struct agon_bar *bar, int is_along)
{
    agon_instrument_t id = bar->hdr.instrument;
    const struct agon_instrument *instrument = instruments_get(&engine->table, id);
    struct exposure *exposure = engine->exposure;
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
    calm = (struct exposure_calm){.instrument = id,
                                  .slot = slot,
                                  .is_along = (uint8_t)is_along,
                                  .place = place - 1,
                                  .low_px = bar->low_px,
                                  .high_px = bar->high_px};
    if (bar->low_px > wide_px && bar->high_px <= NUM_MAX - wide_px) {
        calm.low_px = bar->low_px - wide_px;
        calm.high_px = bar->high_px + wide_px;
        if (!is_calm_to(engine, &calm))
            calm.high_px = bar->high_px; // a highest is near
        if (!is_calm_to(engine, &calm))
            calm.low_px = bar->low_px;
    }
    if (is_calm_to(engine, &calm))
        exposure->calm = calm;
}
