// SPDX-License-Identifier: Apache-2.0
/* reports: what venues say of our orders and accounts. */
#include "engine/close.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"

/* What happened at the venue cannot be refused. Where the books cannot hold it they are no longer
 * the truth, and nothing may be decided by them: all is halted until a person has looked. */
static void halt_unbooked(struct engine *engine, const char *text)
{
    engine_raise(engine, ALERT_OVERFLOW, ALERT_NO_SLOT, 0, 0, 0, text);
    control_halt_all(engine, REASON_TOO_LARGE);
}

// A trade on the account that no slot asked for: the money moved all the same, and risk has to
// know.
static void book_foreign(struct engine *engine, const struct record_report *report, uint32_t sub,
                         uint8_t side, agon_qty_t qty, agon_amt_t fee_amt)
{
    const struct agon_instrument *instrument =
        instruments_get(&engine->table, report->hdr.instrument);
    const struct asset *base = NULL;
    const struct asset *quote = NULL;
    agon_amt_t base_amt;
    agon_amt_t quote_amt;
    int rc;

    if (instrument != NULL) {
        base = instruments_asset(&engine->table, instrument->base);
        quote = instruments_asset(&engine->table, instrument->quote);
    }
    if (base == NULL || quote == NULL || qty <= 0)
        return;
    if (!instrument_kind_has_coins(instrument->kind)) {
        // Nothing moves but the fee; what it realised only the venue knows, and its picture tells.
        if (fee_amt != 0 && fee_amt >= NUM_MIN &&
            ledger_post(engine->ledger, report->account, sub, report->fee_asset, -fee_amt) < 0)
            halt_unbooked(engine, "a fee that no slot owes could not be booked");
        return;
    }
    base_amt = num_rescale(qty, instrument->qty_exp, base->exp, NUM_ZERO);
    quote_amt = num_notional(report->px, instrument->px_exp, qty, instrument->qty_exp, quote->exp,
                             NUM_EVEN);
    if (num_is_full(base_amt) || num_is_full(quote_amt)) {
        halt_unbooked(engine, "a trade that no slot asked for is beyond 64 bits");
        return;
    }
    if (side == AGON_SELL)
        base_amt = -base_amt;
    else
        quote_amt = -quote_amt;
    rc = ledger_post(engine->ledger, report->account, sub, instrument->base, base_amt);
    rc |= ledger_post(engine->ledger, report->account, sub, instrument->quote, quote_amt);
    if (fee_amt != 0 && fee_amt >= NUM_MIN)
        rc |= ledger_post(engine->ledger, report->account, sub, report->fee_asset, -fee_amt);
    if (rc < 0)
        halt_unbooked(
            engine, "a trade could not be booked whole: the next picture of the account shows it");
}

/* From where a later run reads on, until the first FILLS_READ says it: a fill that was told on the
 * stream, or of one order alone, may be ahead of others that were not read yet. A paper venue
 * counts its fills anew in each run. */
static void note_fill(struct engine *engine, const struct record_report *report)
{
    agon_instrument_t id = report->hdr.instrument;

    if ((engine->mode == RUN_LIVE || engine->mode == RUN_DST) &&
        instruments_get(&engine->table, id) != NULL && !engine->markets[id].is_read &&
        report->venue_fill > engine->markets[id].last_fill)
        engine->markets[id].last_fill = report->venue_fill;
}

// The venue rounds an entry price where we keep the cost: a unit or so for each fill.
static void note_dust(struct engine *engine, agon_account_t account)
{
    engine->slack_amt[account] = num_add(engine->slack_amt[account], 2);
}

// A notional of more digits than its asset keeps the venue rounds in its own way.
static void note_rounding(struct engine *engine, const struct order *order,
                          const struct agon_instrument *instrument, agon_px_t px, agon_qty_t qty)
{
    agon_amt_t *slack_amt = &engine->slack_amt[order->account];

    if (instrument_kind_has_coins(instrument->kind) &&
        instrument->quote == engine->table.base_currency &&
        instruments_notional(&engine->table, instrument, px, qty, NUM_DOWN) !=
            instruments_notional(&engine->table, instrument, px, qty, NUM_UP))
        *slack_amt = num_add(*slack_amt, 1);
}

/* Scores are in the base currency: volume, result and fee of a fill at what its unit is worth now.
 */
static void note_result(struct engine *engine, uint16_t slot,
                        const struct agon_instrument *instrument, agon_amt_t volume_amt,
                        agon_amt_t result_amt, agon_amt_t fee_amt, int is_closing)
{
    agon_asset_t unit = instrument->settle;
    agon_amt_t worth_amt = value_or_zero(engine, unit, result_amt);

    window_fill(&engine->tournament.windows[slot], worth_amt, is_closing);
    score_fill(&engine->scores[slot], value_or_zero(engine, unit, volume_amt), worth_amt,
               value_or_zero(engine, unit, fee_amt), is_closing);
}

/* Dust that is sold was won or lost by nobody: its trade has ended. */
static int is_closing(const struct engine *engine, const struct agon_instrument *instrument,
                      uint8_t side, agon_qty_t before_qty, agon_px_t px)
{
    const struct asset *quote = instruments_asset(&engine->table, instrument->quote);

    if (figures_are_whole(engine) && instrument_kind_has_coins(instrument->kind) && quote != NULL &&
        ledger_is_dust(instrument, before_qty, px, quote->exp))
        return 0;
    return before_qty > 0 ? side == AGON_SELL : before_qty < 0 && side == AGON_BUY;
}

static void book_fill(struct engine *engine, struct order *order,
                      const struct record_report *report, const struct orders_effect *effect)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, order->instrument);
    struct position *pos = ledger_position(engine->ledger, order->slot, order->instrument, 1);
    agon_qty_t qty = effect->fill_qty - effect->over_qty;
    agon_qty_t before_qty = pos != NULL ? pos->qty : 0;
    agon_amt_t realised_amt = 0;
    agon_amt_t fee_before = pos != NULL ? pos->fee_amt : 0;
    struct ledger_fill fill = {
        .account = order->account,
        .slot = order->slot,
        .instrument = order->instrument,
        .side = order->side,
        .px = effect->fill_px,
        .qty = qty,
        .fee_asset = report->fee_asset,
        .fee_amt = report->fee_amt,
    };
    struct agon_fill event = {
        .hdr = {.type = AGON_EVENT_FILL,
                .granules = 2,
                .instrument = order->instrument,
                .t_venue = report->hdr.t_venue},
        .order_id = order->id,
        .client_ref = order->client_ref,
        .account = order->account,
        .side = order->side,
        .liquidity = report->liquidity,
        .fee_asset = report->fee_asset,
        .px = effect->fill_px,
        .qty = effect->fill_qty,
        .fee_amt = report->fee_amt,
        .venue_fill = report->venue_fill,
    };

    engine->counters.n_fills++;
    if (effect->is_over) {
        engine->counters.n_over_fills++;
        engine_raise(engine, ALERT_OVER_FILL, ALERT_NO_SLOT, 0, 0, 0,
                     "a venue filled more than an order asked for: the rest is in suspense");
        book_foreign(engine, report, LEDGER_SUSPENSE, order->side, effect->over_qty,
                     qty > 0 ? 0 : report->fee_amt);
    }
    if (qty > 0 && ledger_fill(engine->ledger, &fill, &realised_amt) < 0) {
        halt_unbooked(engine, "a fill does not fit its slot's books and is put in suspense");
        book_foreign(engine, report, LEDGER_SUSPENSE, order->side, qty, report->fee_amt);
    }
    if (instrument_kind_has_margin(instrument->kind))
        note_dust(engine, order->account);
    note_rounding(engine, order, instrument, effect->fill_px, qty);
    if (pos != NULL) {
        event.position_qty = pos->qty;
        event.realised_amt = realised_amt;
        note_result(
            engine, order->slot, instrument,
            instruments_notional(&engine->table, instrument, effect->fill_px, qty, NUM_EVEN),
            num_add(realised_amt, fee_before - pos->fee_amt), pos->fee_amt - fee_before,
            is_closing(engine, instrument, order->side, before_qty, effect->fill_px));
    }
    if (pos != NULL && qty > 0)
        figures_fill(engine, order->slot,
                     &(struct figures_fill){.instrument = instrument,
                                            .px = effect->fill_px,
                                            .mids_px = *orders_mids(engine->orders, order),
                                            .qty = qty,
                                            .fee_asset = report->fee_asset,
                                            .fee_amt = report->fee_amt,
                                            .fee_unit_amt = num_add(pos->fee_amt, -fee_before),
                                            .side = order->side});
    exposure_fill(engine, order->slot, order->instrument);
    close_on_fill(engine, order->slot);
    deliver_private(engine, order->slot, &event.hdr);
    deliver_position(engine, order->slot, order->instrument);
    if (instrument_kind_has_coins(instrument->kind))
        deliver_balance_of(engine, order->slot, order->account, instrument->base);
    deliver_balance_of(engine, order->slot, order->account, instrument->quote);
    if (report->fee_amt != 0 && report->fee_asset != instrument->base &&
        report->fee_asset != instrument->quote)
        deliver_balance_of(engine, order->slot, order->account, report->fee_asset);
}

static int is_linear(const struct engine *engine, agon_instrument_t id)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, id);

    return instrument != NULL && instrument_kind_has_margin(instrument->kind);
}

/* A share of a forced fill, booked to a slot. */
static void book_share(struct engine *engine, uint16_t slot, const struct record_report *report,
                       agon_qty_t qty, agon_amt_t fee_amt)
{
    struct ledger_fill fill = {
        .account = report->account,
        .slot = slot,
        .instrument = report->hdr.instrument,
        .side = report->side,
        .px = report->px,
        .qty = qty,
        .fee_asset = report->fee_asset,
        .fee_amt = fee_amt,
    };
    const struct agon_instrument *instrument =
        instruments_get(&engine->table, report->hdr.instrument);
    struct agon_fill event = {
        .hdr = {.type = AGON_EVENT_FILL,
                .granules = 2,
                .instrument = report->hdr.instrument,
                .t_venue = report->hdr.t_venue},
        .account = report->account,
        .side = report->side,
        .liquidity = report->liquidity,
        .fee_asset = report->fee_asset,
        .px = report->px,
        .qty = qty,
        .fee_amt = fee_amt,
        .venue_fill = report->venue_fill,
    };
    const struct position *pos;

    engine->counters.n_fills++;
    if (ledger_fill(engine->ledger, &fill, &event.realised_amt) < 0) {
        halt_unbooked(engine, "a forced fill does not fit its slot's books and is put in suspense");
        book_foreign(engine, report, LEDGER_SUSPENSE, report->side, qty, fee_amt);
        return;
    }
    note_dust(engine, report->account);
    pos = ledger_position(engine->ledger, slot, report->hdr.instrument, 0);
    event.position_qty = pos->qty;
    note_result(engine, slot, instrument,
                instruments_notional(&engine->table, instrument, report->px, qty, NUM_EVEN),
                num_add(event.realised_amt, -fee_amt), fee_amt, 1);
    figures_fill(engine, slot,
                 &(struct figures_fill){.instrument = instrument,
                                        .px = report->px,
                                        .qty = qty,
                                        .fee_asset = report->fee_asset,
                                        .fee_amt = fee_amt,
                                        .fee_unit_amt = fee_amt,
                                        .side = report->side});
    exposure_fill(engine, slot, report->hdr.instrument);
    close_on_fill(engine, slot);
    deliver_private(engine, slot, &event.hdr);
    deliver_position(engine, slot, report->hdr.instrument);
    deliver_balance_of(engine, slot, report->account, instrument->settle);
    exits_on_fill(engine, slot, report->hdr.instrument, 0, 0);
}

/* The venue closed a position of the account by its own hand: it goes to the slots that hold it, in
 * proportion; what is left of the division, less than a unit for each, to the first of them. */
static void book_forced(struct engine *engine, const struct record_report *report)
{
    agon_qty_t total_qty = 0;
    agon_qty_t forced_qty = report->qty;
    agon_qty_t left_qty;
    agon_amt_t left_fee = report->fee_amt;
    agon_qty_t held_qty[SLOTS_MAX] = {0};
    agon_qty_t share_qty[SLOTS_MAX] = {0};
    int first = -1;

    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        const struct position *pos =
            ledger_position(engine->ledger, slot, report->hdr.instrument, 0);

        if (pos == NULL || pos->account != report->account ||
            (report->side == AGON_SELL ? pos->qty <= 0 : pos->qty >= 0))
            continue;
        held_qty[slot] = num_abs(pos->qty);
        total_qty = num_add(total_qty, held_qty[slot]);
        if (first < 0)
            first = slot;
    }
    engine_raise(engine, ALERT_LIQUIDATION, ALERT_NO_SLOT, report->hdr.instrument, 0, 0,
                 "the venue closed a position by its own hand: it is booked to the slots that held "
                 "it");
    if (first < 0) {
        book_foreign(engine, report, LEDGER_EXTERNAL, report->side, report->qty, report->fee_amt);
        return;
    }
    // No slot is turned round by it: what is beyond all of theirs is not theirs.
    if (forced_qty > total_qty) {
        book_foreign(engine, report, LEDGER_EXTERNAL, report->side, forced_qty - total_qty, 0);
        forced_qty = total_qty;
    }
    left_qty = forced_qty;
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        share_qty[slot] = num_mul_div(forced_qty, held_qty[slot], total_qty, NUM_DOWN);
        left_qty -= share_qty[slot];
    }
    for (uint16_t slot = 0; slot < engine->slots.n && left_qty > 0; slot++) {
        if (share_qty[slot] < held_qty[slot]) {
            share_qty[slot]++;
            left_qty--;
        }
    }
    while (share_qty[first] == 0)
        first++; // it bears what is left of the fee
    for (uint16_t slot = SLOTS_MAX; slot-- > 0;) {
        agon_amt_t fee_amt;

        if (share_qty[slot] == 0)
            continue;
        fee_amt = slot == first
                      ? left_fee
                      : num_mul_div(report->fee_amt, share_qty[slot], forced_qty, NUM_DOWN);
        left_fee -= fee_amt;
        book_share(engine, slot, report, share_qty[slot], fee_amt);
    }
}

/* Of our form, open, and none of those that we know: it fell out of the table, or of the journal.
 */
static int is_open_sight(const struct record_report *report)
{
    return report->order_id != 0 &&
           (report->kind == REPORT_ACK ||
            (report->kind == REPORT_STATE && report->state >= AGON_ORDER_PENDING &&
             report->state <= AGON_ORDER_CANCELLING));
}

int reports_take(struct engine *engine, const struct record_report *report)
{
    struct order *order;
    struct orders_effect effect;

    if (report->kind < REPORT_ACK || report->kind > REPORT_STRAY || report->qty < 0 ||
        report->cum_qty < 0 || report->px < 0 || report->side > AGON_SELL ||
        report->account >= ACCOUNTS_MAX)
        return AGON_EINVAL;
    if (report->kind == REPORT_STRAY) {
        engine_raise(engine, ALERT_GHOST_ORDER, ALERT_NO_SLOT, report->hdr.instrument, 1, 0,
                     report->state == AGON_ORDER_CANCELLED
                         ? "an order of ours that should not have been open is cancelled"
                         : "an order of ours is open at the venue that should not be");
        return AGON_OK;
    }
    order = orders_find(engine->orders, report->order_id);
    if (order == NULL && is_open_sight(report)) {
        intents_stray(engine, report);
        return AGON_OK;
    }
    if (order == NULL) {
        if (report->kind == REPORT_FILL && report->side == 0)
            return AGON_EINVAL; // bought or sold? Ours we know, a stranger's we do not
        engine->counters.n_foreign++;
        if (report->kind == REPORT_FILL && report->px > 0 &&
            orders_fill_is_new(engine->orders, report->account, report->hdr.instrument,
                               report->side, report->venue_fill)) {
            if (report->is_forced && report->qty > 0 && is_linear(engine, report->hdr.instrument)) {
                book_forced(engine, report);
                note_fill(engine, report);
                return AGON_OK;
            }
            book_foreign(engine, report, LEDGER_EXTERNAL, report->side, report->qty,
                         report->fee_amt);
            note_fill(engine, report);
            engine_raise(engine, ALERT_FOREIGN_FILL, ALERT_NO_SLOT, report->hdr.instrument, 0, 0,
                         "a trade on the account belongs to no order of this host");
        }
        return AGON_OK;
    }
    if (order->instrument != report->hdr.instrument || order->account != report->account)
        return AGON_EINVAL;
    effect = orders_report(engine->orders, order, report);
    if (effect.is_fill) {
        book_fill(engine, order, report, &effect);
        note_fill(engine, report);
    }
    intents_hold(engine, order);
    if (effect.is_reopened)
        engine_raise(engine, ALERT_GHOST_ORDER, order->slot, order->instrument, 1, 0,
                     "an order that was given up is there at the venue: it is ours again, and is "
                     "cancelled");
    if (effect.is_stray)
        intents_stray(engine, report);
    if (effect.is_changed)
        deliver_order(engine, order, report->reason != 0 ? report->reason : order->reason);
    if (effect.is_query)
        intents_send(engine, order, CMD_QUERY);
    if (effect.is_cancel_later) {
        order->flags |= ORDER_CANCEL_WANTED;
        // At once it would find the same: a port is free soon, a venue that is away is not.
        intents_sweep_at(
            engine,
            engine->t + (report->reason == REASON_VENUE_BUSY ? ENGINE_BUSY_NS : ENGINE_RETRY_NS));
    }
    if (effect.is_cancel)
        intents_cancel(engine, order, REASON_USER);
    if (effect.is_fill)
        exits_on_fill(engine, order->slot, order->instrument, order->exit,
                      effect.fill_qty - effect.over_qty);
    if (order_is_final(order) && !effect.was_final) {
        uint16_t slot = order->slot;
        // An exit that ended short goes again after a pause, or the two of us would go on for ever.
        int is_short = (order->flags & ORDER_IS_EXIT) != 0 && order->state != AGON_ORDER_FILLED;

        if (is_short)
            engine->close_ended[slot] = order->reason != 0 ? order->reason : report->reason;
        orders_settle(engine->orders, order);
        exposure_order(engine, order);
        exits_on_end(engine, order);
        if (engine->wants_flat[slot] == 0)
            return AGON_OK;
        if (is_short)
            intents_sweep_at(engine, engine->t + ENGINE_RETRY_NS);
        else
            close_turn(engine, slot);
    }
    return AGON_OK;
}

/* The venue's position against the sum of the slots'. A fill on its way is a difference that
 * passes: only one that the next picture finds again is worth a word. */
static int take_position(struct engine *engine, const struct record_account *account)
{
    agon_instrument_t id = account->hdr.instrument;
    struct market *market = &engine->markets[id];
    agon_qty_t gap_qty = account->free_amt;

    if (account->account >= ACCOUNTS_MAX || !is_linear(engine, id))
        return AGON_EINVAL;
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        const struct position *pos = ledger_position(engine->ledger, slot, id, 0);

        if (pos != NULL && pos->account == account->account)
            gap_qty = num_add(gap_qty, -pos->qty);
    }
    if (gap_qty != 0 && gap_qty == market->position_gap)
        engine_raise(engine, ALERT_POSITION, ALERT_NO_SLOT, id, gap_qty, 0,
                     "the venue's position differs from what the slots hold of it");
    market->position_gap = gap_qty;
    return AGON_OK;
}

int reports_fills_read(struct engine *engine, const struct record_fills_read *read)
{
    agon_instrument_t id = read->hdr.instrument;

    if (read->account >= ACCOUNTS_MAX || engine->markets[id].book == NULL)
        return AGON_EINVAL;
    engine->markets[id].last_fill = read->venue_fill;
    engine->markets[id].is_read = 1;
    return AGON_OK;
}

int reports_account(struct engine *engine, const struct record_account *account)
{
    agon_amt_t before, suspense;
    int is_first;

    if (account->hdr.instrument != 0)
        return take_position(engine, account);
    if (account->account >= ACCOUNTS_MAX ||
        instruments_asset(&engine->table, account->asset) == NULL)
        return AGON_EINVAL;
    control_note_account(engine, account->account);
    is_first = !engine->has_picture[account->account];
    before = ledger_amt(engine->ledger, account->account, LEDGER_SUSPENSE, account->asset);
    if (ledger_reconcile(engine->ledger, account->account, account->asset,
                         num_add(num_add(account->free_amt, account->held_amt),
                                 -ledger_netted(engine->ledger, account->account, account->asset)),
                         is_first, &suspense) < 0) {
        halt_unbooked(engine, "a balance at the venue is beyond 64 bits: give its asset fewer "
                              "decimals");
        return AGON_OK;
    }
    // Dust that funding, rounded entry prices and rounded notionals left is the account's own.
    if (suspense != 0 && suspense == before && (account->flags & 1) != 0 &&
        account->asset == engine->table.base_currency &&
        num_abs(suspense) <= engine->slack_amt[account->account]) {
        engine->slack_amt[account->account] -= num_abs(suspense);
        if (ledger_transfer(engine->ledger, account->account, LEDGER_SUSPENSE, LEDGER_EXTERNAL,
                            account->asset, suspense) == AGON_OK)
            suspense = 0;
    }
    // A fill that the picture has and we do not yet is a difference too, but one that passes: only
    // what a whole picture finds again is worth a word.
    if (suspense != 0 && suspense == before && (account->flags & 1) != 0)
        engine_raise(engine, ALERT_SUSPENSE, ALERT_NO_SLOT, 0, suspense, 0,
                     "the venue's balance differs from the ledger: the difference is in suspense");
    if ((account->flags & 2) != 0)
        engine->has_picture[account->account] = 1;
    return AGON_OK;
}
