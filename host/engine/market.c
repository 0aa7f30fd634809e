// SPDX-License-Identifier: Apache-2.0
/* market: what is known of every instrument, from the events that venues and files send. */
#include "base/hot.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"

#define AHEAD_NS                                                                                   \
    ((agon_ns_t)60 * 1000000000) /* a venue's stamp may be so much later than its receipt */

int market_instrument(struct engine *engine, const struct agon_instrument *event)
{
    struct market *market = &engine->markets[event->hdr.instrument];
    const struct agon_instrument *before = instruments_get(&engine->table, event->hdr.instrument);
    agon_px_t tick_before = before != NULL ? before->tick_px : 0;
    const struct asset *quote;
    struct error err = {0};
    int rc;

    // After START nothing is allocated: a new instrument needs a new run, a changed one does not.
    if (engine->run != 0 && market->book == NULL) {
        engine_note(engine, ALERT_CONFIG,
                    "an instrument that was not configured at the start was ignored");
        return AGON_EINVAL;
    }
    market->has_best = 0;
    rc = instruments_set(&engine->table, event, &err);
    if (rc < 0) {
        engine_note(engine, ALERT_CONFIG, err.text);
        return AGON_EINVAL;
    }
    if (market->book == NULL) {
        struct book_config config = {.tick_px = event->tick_px,
                                     .window_ticks = engine->config.book_window};

        quote = instruments_asset(&engine->table, event->quote);
        market->book = book_new(&config);
        if (market->book == NULL)
            return AGON_ENOMEM;
        bars_init(&market->bars, event->hdr.instrument, event->px_exp, event->qty_exp,
                  quote != NULL ? quote->exp : 8);
        market->bars_due = INT64_MAX;
        if (engine->slots.n > 0) // else nobody watches
            control_watch(engine);
    } else if (event->tick_px != tick_before && book_set_tick(market->book, event->tick_px) < 0) {
        return AGON_ENOMEM;
    }
    market->trading = event->state != 0 ? event->state : TRADING_OPEN;
    value_unknown(engine);
    // Its fees, or what a contract is, may be others.
    for (uint16_t slot = 0; slot < engine->slots.n; slot++)
        exposure_open_forget(engine, slot);
    deliver_input(engine, &event->hdr);
    return AGON_OK;
}

// An event of an instrument that nobody configured is no market data of ours.
static struct market *known(struct engine *engine, agon_instrument_t instrument)
{
    struct market *market = &engine->markets[instrument];

    return instrument != 0 && market->book != NULL ? market : NULL;
}

/* Where the data are bars, one that is missing is flat when the one behind it is due. */
agon_ns_t market_grace(const struct engine *engine, const struct market *market)
{
    return market->is_bars ? market->data_step_ns : engine->config.bars_grace_ns;
}

void market_set_bars(struct market *market, uint8_t is_bars, agon_ns_t step_ns)
{
    market->is_bars = is_bars;
    market->data_step_ns = step_ns;
    // Bars that make no whole day are shown as they are, and build no longer ones.
    (void)bars_set_base(&market->bars, (uint32_t)(step_ns / 1000000000));
}

static HOT void show_top(struct engine *engine, agon_instrument_t instrument, struct market *market)
{
    struct agon_top10 top = {
        .hdr = {.type = AGON_EVENT_TOP10, .granules = 6, .instrument = instrument},
        .book = market->book_state,
    };

    top.n_bid = (uint8_t)book_levels(market->book, AGON_BUY, top.bid, 10);
    top.n_ask = (uint8_t)book_levels(market->book, AGON_SELL, top.ask, 10);
    if (market->has_top && memcmp(&top, &market->top, sizeof(top)) == 0)
        return;
    market->top = top;
    market->has_top = 1;
    deliver_derived(engine, &top.hdr);
}

/* Is every level of a delta behind the tenth of its side, as last shown? Then so is the top. */
static int is_deep(const struct market *market, const struct agon_book_part *part)
{
    const struct agon_level *levels = (const struct agon_level *)(const void *)(part + 1);
    const struct agon_top10 *top = &market->top;

    if (!market->has_top || top->book != market->book_state || top->n_bid < 10 || top->n_ask < 10)
        return 0;
    for (uint32_t i = 0; i < part->n_bid; i++) {
        if (levels[i].px >= top->bid[9].px)
            return 0;
    }
    for (uint32_t i = 0; i < part->n_ask; i++) {
        if (levels[part->n_bid + i].px <= top->ask[9].px)
            return 0;
    }
    return 1;
}

HOT int market_book(struct engine *engine, const struct agon_book_part *part)
{
    struct market *market = known(engine, part->hdr.instrument);
    int is_snapshot = part->hdr.type == AGON_EVENT_BOOK_SNAPSHOT;
    int rc;

    if (market == NULL)
        return AGON_EINVAL;
    if (engine->late[part->hdr.instrument].seq != 0)
        deliver_late(engine, part->hdr.instrument);
    market->has_best = 0;
    rc = book_apply(market->book, part);
    if (rc < 0)
        return AGON_EINVAL;
    market->t_book = engine->t;
    if (is_snapshot)
        market->book_state = (part->flags & BOOK_PART_LAST) != 0 ? BOOK_LIVE : BOOK_SYNCING;
    deliver_input(engine, &part->hdr);
    if (market->book_state == BOOK_LIVE && (is_snapshot || !is_deep(market, part))) {
        show_top(engine, part->hdr.instrument, market);
        exposure_price(engine, part->hdr.instrument);
    }
    if (!slot_set_is_empty(&market->exits))
        exits_on_price(engine, part->hdr.instrument, AGON_EXIT_BOOK);
    return AGON_OK;
}

int market_status(struct engine *engine, const struct agon_status *status)
{
    struct market *market = known(engine, status->hdr.instrument);

    if (market == NULL || status->book > BOOK_STALE || status->trading > TRADING_HALTED)
        return AGON_EINVAL;
    // 0 says nothing of it: COLD is what a book is before anybody spoke.
    if (status->book != BOOK_COLD)
        market->book_state = status->book;
    if (status->trading != 0)
        market->trading = status->trading;
    deliver_input(engine, &status->hdr);
    if (!slot_set_is_empty(&market->exits))
        exits_on_price(engine, status->hdr.instrument, AGON_EXIT_BOOK);
    return AGON_OK;
}

// Between bars the quote is all that there is of a book.
static void show_quote(struct engine *engine, struct market *market, const struct agon_quote *quote)
{
    struct agon_top10 *top = &market->top;
    int is_moved = market->has_top && top->n_bid == 1 && top->n_ask == 1 && top->book == BOOK_LIVE;
    struct agon_level bid = top->bid[0], ask = top->ask[0];

    // Behind the first of each side there is nothing, as in the one before.
    if (!is_moved)
        *top = (struct agon_top10){.book = BOOK_LIVE, .n_bid = 1, .n_ask = 1};
    top->bid[0] = (struct agon_level){quote->bid_px, quote->bid_qty};
    top->ask[0] = (struct agon_level){quote->ask_px, quote->ask_qty};
    market->has_top = 1;
    deliver_quoted_top(engine, quote->hdr.instrument, is_moved ? &bid : NULL,
                       is_moved ? &ask : NULL);
}

HOT int market_quote(struct engine *engine, const struct agon_quote *quote)
{
    struct market *market = known(engine, quote->hdr.instrument);

    if (market == NULL || quote->bid_px < 0 || quote->ask_px < 0 || quote->bid_qty < 0 ||
        quote->ask_qty < 0)
        return AGON_EINVAL;
    market->quote_bid_px = quote->bid_px;
    market->quote_ask_px = quote->ask_px;
    market->t_quote = engine->t;
    deliver_input(engine, &quote->hdr);
    if (market->is_bars)
        show_quote(engine, market, quote);
    market->is_inside = market->is_bars == STEP_PATHS;
    if (market->is_inside && !slot_set_is_empty(&market->exits))
        exits_watch(engine); // their times come at its close
    exposure_price(engine, quote->hdr.instrument);
    if (!slot_set_is_empty(&market->exits) && !market->is_inside)
        exits_on_price(engine, quote->hdr.instrument, AGON_EXIT_BOOK);
    return AGON_OK;
}

HOT void market_quote_calm(struct engine *engine, const struct agon_quote *quote)
{
    struct market *market = &engine->markets[quote->hdr.instrument];

    market->quote_bid_px = quote->bid_px;
    market->quote_ask_px = quote->ask_px;
    market->t_quote = engine->t;
    market->top.bid[0] = (struct agon_level){quote->bid_px, quote->bid_qty};
    market->top.ask[0] = (struct agon_level){quote->ask_px, quote->ask_qty};
    deliver_calm_top(engine, quote->hdr.instrument);
    market->is_inside = 1;
}

static void show_bar(const struct engine *engine, const struct agon_bar *bar)
{
    if (engine->config.bars.bar != NULL)
        engine->config.bars.bar(engine->config.bars.ctx, bar);
}

static HOT void emit_bar(void *ctx, const struct agon_bar *bar)
{
    struct engine *engine = ctx;
    struct agon_bar event = *bar;

    event.hdr.t_venue = bar->t_open + (agon_ns_t)bar->length_s * 1000000000;
    deliver_derived(engine, &event.hdr);
    show_bar(engine, &event);
}

static HOT void note_due(struct engine *engine, struct market *market)
{
    agon_ns_t before = market->bars_due;

    market->bars_due = bars_next(&market->bars, market_grace(engine, market));
    if (market->bars_due == before)
        return;
    soonest_set(&engine->bars, (uint32_t)(market - engine->markets) - 1, market->bars_due);
    engine->bars_least = soonest_t(&engine->bars);
}

void market_note_due(struct engine *engine, agon_instrument_t instrument)
{
    note_due(engine, &engine->markets[instrument]);
}

/* The book that came with the trade of this event: to agents it is one more record of it. */
static HOT int take_assumed(struct engine *engine, const struct agon_book_part *part)
{
    struct {
        struct agon_book_part part;
        struct agon_level levels[4];
    } copy;

    memcpy(&copy, part, sizeof(copy));
    copy.part.hdr.seq = engine->seq;
    copy.part.hdr.t = engine->t;
    copy.part.hdr.sub = ++engine->public_sub;
    REQUIRE(copy.part.hdr.sub != 0);
    return market_book(engine, &copy.part);
}

static int is_assumed(const struct agon_trade *trade, const struct agon_book_part *part)
{
    return part->hdr.type == AGON_EVENT_BOOK_SNAPSHOT && part->hdr.granules == 2 &&
           part->hdr.instrument == trade->hdr.instrument && part->n_bid == 1 && part->n_ask == 1;
}

HOT int market_trade(struct engine *engine, const struct agon_trade *trade)
{
    struct market *market = known(engine, trade->hdr.instrument);
    const struct agon_book_part *part = trade_book(trade);
    struct agon_trade at = *trade;

    if (market == NULL || trade->px <= 0 || trade->qty <= 0 || trade->side > AGON_SELL ||
        (part != NULL && !is_assumed(trade, part)))
        return AGON_EINVAL;
    market->last_px = trade->px;
    at.hdr.granules = part != NULL ? sizeof(at) / EVENT_GRANULE : at.hdr.granules;
    deliver_input(engine, part != NULL ? &at.hdr : &trade->hdr);
    // A venue's clock that is ahead may not end minutes that are not over.
    if (at.hdr.t_venue > num_add(engine->t, AHEAD_NS))
        at.hdr.t_venue = 0;
    bars_on_trade(&market->bars, &at, emit_bar, engine);
    note_due(engine, market);
    exposure_price(engine, trade->hdr.instrument);
    if (!slot_set_is_empty(&market->exits))
        exits_on_price(engine, trade->hdr.instrument, AGON_EXIT_LAST);
    return part != NULL ? take_assumed(engine, part) : AGON_OK;
}

/* Where a bar has closed, and until the next opens, what is held is worth its close. The quote is
 * as wide as it was at the open. */
static void move_quote(struct engine *engine, agon_instrument_t id, agon_px_t close_px)
{
    struct market *market = &engine->markets[id];
    const struct agon_instrument *instrument = instruments_get(&engine->table, id);
    agon_px_t width_px = market->quote_ask_px - market->quote_bid_px;
    agon_px_t bid_px = num_to_step(num_add(close_px, -width_px / 2), instrument->tick_px, NUM_DOWN);

    if (width_px <= 0 || bid_px <= 0)
        return;
    market->quote_bid_px = bid_px;
    market->quote_ask_px = num_add(bid_px, width_px);
    market->t_quote = engine->t;
}

HOT int market_bar(struct engine *engine, const struct agon_bar *bar)
{
    struct market *market = known(engine, bar->hdr.instrument);

    if (market == NULL || bar->close_px <= 0 || bar->t_open > num_add(engine->t, AHEAD_NS))
        return AGON_EINVAL;
    // Derived bars follow their cause on the bus, so the minute itself goes first; one that is
    // refused goes out as what the venue said and builds nothing.
    deliver_input(engine, &bar->hdr);
    show_bar(engine, bar);
    if (bars_on_bar(&market->bars, bar, emit_bar, engine) < 0 && !market->is_bars)
        return AGON_EINVAL;
    market->last_px = bar->close_px;
    market->step_ns = (agon_ns_t)bar->length_s * 1000000000;
    note_due(engine, market);
    if (market->is_bars)
        move_quote(engine, bar->hdr.instrument, bar->close_px);
    exposure_price(engine, bar->hdr.instrument);
    if (market->is_bars == STEP_PATHS)
        exits_bar_over(engine, bar->hdr.instrument);
    if (slot_set_is_empty(&market->exits) || market->is_bars == STEP_PATHS)
        return AGON_OK; // the path was all that they look at
    if (market->is_bars)
        exits_on_price(engine, bar->hdr.instrument, AGON_EXIT_BOOK);
    exits_on_price(engine, bar->hdr.instrument, AGON_EXIT_LAST);
    return AGON_OK;
}

HOT void market_bar_calm(struct engine *engine, const struct engine_calm *calm,
                         const struct agon_bar *bar)
{
    struct market *market = &engine->markets[bar->hdr.instrument];

    deliver_calm_bar(engine, calm, bar);
    show_bar(engine, bar);
    (void)bars_on_bar(&market->bars, bar, emit_bar, engine);
    market->last_px = bar->close_px;
    market->step_ns = (agon_ns_t)bar->length_s * 1000000000;
    market->is_inside = 0; // no plan is there that would hear of it
}

void market_settle_calm(struct engine *engine, agon_instrument_t instrument)
{
    struct market *market = &engine->markets[instrument];

    if (!market->is_inside)
        move_quote(engine, instrument, market->last_px);
    note_due(engine, market);
    exposure_quoted(engine, instrument);
}

/* Along the path the slots are worth what prices there make them, each on its own; from its end on
 * all are worth the close, as they are behind the BAR. */
int market_path(struct engine *engine, const struct record_path *path)
{
    agon_instrument_t id = path->hdr.instrument;
    struct market *market = known(engine, id);
    struct slot_set slots = {0};
    uint16_t slot;

    if (market == NULL || market->is_bars != STEP_PATHS || path->px <= 0 ||
        path->kind < PATH_POINT || path->kind > PATH_END || path->word >= SLOT_WORDS)
        return AGON_EINVAL;
    if (path->kind == PATH_END) {
        exposure_path_end(engine, id);
        move_quote(engine, id, path->px);
        exposure_price(engine, id);
        exits_bar_over(engine, id);
        return AGON_OK;
    }
    slot_set_add_word(&slots, path->word, path->slots);
    while (slot_set_take(&slots, &slot)) {
        if (slot >= engine->slots.n || !engine->slots.all[slot].is_used)
            continue;
        exposure_path(engine, slot, id, path->px);
        exits_on_path(engine, slot, path);
    }
    return AGON_OK;
}

int market_mark(struct engine *engine, const struct agon_value *value)
{
    struct market *market = known(engine, value->hdr.instrument);

    if (market == NULL || value->value <= 0)
        return AGON_EINVAL;
    market->mark_px = value->value;
    market->t_mark = engine->t;
    deliver_input(engine, &value->hdr);
    exposure_price(engine, value->hdr.instrument);
    if (!slot_set_is_empty(&market->exits))
        exits_on_price(engine, value->hdr.instrument, AGON_EXIT_MARK);
    return AGON_OK;
}

/* Longs pay shorts the rate of the position's worth at the mark price, when it is positive. */
static void pay_funding(struct engine *engine, const struct agon_instrument *instrument,
                        int64_t rate_ppb, agon_px_t px)
{
    agon_instrument_t id = instrument->hdr.instrument;

    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        const struct position *pos = ledger_position(engine->ledger, slot, id, 0);
        agon_amt_t worth;
        agon_amt_t amt;

        if (pos == NULL || pos->qty == 0)
            continue;
        worth = instruments_notional(&engine->table, instrument, px, pos->qty, NUM_EVEN);
        amt = -num_mul_div(worth, rate_ppb, 1000000000, NUM_EVEN);
        if (num_is_full(worth) || ledger_funding(engine->ledger, slot, id, amt) < 0) {
            engine_raise(engine, ALERT_OVERFLOW, slot, id, 0, 0,
                         "a funding payment does not fit its slot's books");
            control_halt_all(engine, REASON_TOO_LARGE);
            continue;
        }
        figures_funding(engine, slot, instrument->settle, amt);
        // The venue's mark price of that instant has more digits than ours.
        if (instrument->settle == engine->table.base_currency)
            engine->slack_amt[pos->account] =
                num_add(engine->slack_amt[pos->account], num_abs(amt) / 1000 + 1);
        exposure_fill(engine, slot, id);
        deliver_position(engine, slot, id);
        deliver_balance_of(engine, slot, pos->account, instrument->settle);
    }
}

/* The rate that stood until its time came is what is paid, at the mark price of that time. */
int market_funding(struct engine *engine, const struct agon_funding *funding)
{
    struct market *market = known(engine, funding->hdr.instrument);
    const struct agon_instrument *instrument =
        instruments_get(&engine->table, funding->hdr.instrument);
    agon_ns_t t = funding->hdr.t_venue != 0 ? funding->hdr.t_venue : engine->t;

    if (market == NULL || funding->mark_px < 0 || funding->t_next < 0 ||
        num_abs(funding->rate_ppb) > 1000000000)
        return AGON_EINVAL;
    deliver_input(engine, &funding->hdr);
    if (instrument_kind_has_margin(instrument->kind) && market->t_funding != 0 &&
        funding->t_next > market->t_funding && t >= market->t_funding) {
        agon_px_t px = funding->mark_px > 0 ? funding->mark_px
                                            : engine_mark_px(engine, funding->hdr.instrument);

        pay_funding(engine, instrument, market->rate_ppb, px);
    }
    market->rate_ppb = funding->rate_ppb;
    market->t_funding = funding->t_next;
    return AGON_OK;
}

void market_bars_due(struct engine *engine, agon_instrument_t instrument)
{
    struct market *market = known(engine, instrument);

    if (market == NULL)
        return;
    bars_on_time(&market->bars, engine->t, market_grace(engine, market), emit_bar, engine);
    note_due(engine, market);
}

#define STEP_MIN_NS ((agon_ns_t)1000000000)
#define STEP_MAX_NS ((agon_ns_t)366 * 86400 * 1000000000)

void market_forget_path(struct engine *engine)
{
    if (engine->exposure->path_instrument != 0)
        exposure_path_end(engine, engine->exposure->path_instrument);
}

/* A venue that had bars alone has a market of its own in this run. */
static void clear_bars(struct market *market)
{
    market->is_bars = STEP_BOOKS;
    market->data_step_ns = 0;
    (void)bars_set_base(&market->bars, bars_length_s[0]);
}

int market_step(struct engine *engine, const struct record_step *record)
{
    struct market *market = known(engine, record->hdr.instrument);

    int is_cleared = record->step_ns == 0 && record->is_bars == STEP_BOOKS;

    if (market == NULL ||
        (!is_cleared && (record->step_ns < STEP_MIN_NS || record->step_ns > STEP_MAX_NS)) ||
        record->is_bars > STEP_PATHS ||
        (record->is_bars != STEP_BOOKS && record->step_ns % 1000000000 != 0))
        return AGON_EINVAL;
    // No path comes any more: what waited for the end of its bar does not go on waiting.
    if (record->is_bars != STEP_PATHS)
        exits_bar_over(engine, record->hdr.instrument);
    if (is_cleared) {
        clear_bars(market);
        return AGON_OK;
    }
    market->data_step_ns = record->step_ns;
    if (record->is_bars != STEP_BOOKS) {
        market->book_state = BOOK_COLD; // whatever came before: from here on there is none
        market_set_bars(market, (uint8_t)record->is_bars, record->step_ns);
    }
    return AGON_OK;
}

enum step_bars engine_bars(const struct engine *engine, agon_instrument_t instrument)
{
    return instrument <= INSTRUMENTS_MAX ? (enum step_bars)engine->markets[instrument].is_bars
                                         : STEP_BOOKS;
}

agon_ns_t engine_bars_ns(const struct engine *engine, agon_instrument_t instrument)
{
    const struct market *market =
        instrument <= INSTRUMENTS_MAX ? &engine->markets[instrument] : NULL;

    return market != NULL && market->is_bars ? market->data_step_ns : 0;
}

/* A file of hourly bars says something once an hour: where nobody could say more, a price is as
 * young as the data's own step lets it be. Bars that a venue sends say so of a price alone, and not
 * of the book that it sends too. */
agon_ns_t market_age(const struct market *market, agon_ns_t max_age_ns)
{
    agon_ns_t step_ns = market->data_step_ns;

    if (market->book_state == BOOK_COLD && market->step_ns > step_ns)
        step_ns = market->step_ns;
    return max_age_ns == 0 || step_ns * 2 < max_age_ns ? max_age_ns : step_ns * 2;
}

int market_is_priced(const struct engine *engine, agon_instrument_t instrument,
                     agon_ns_t max_age_ns)
{
    const struct market *market = &engine->markets[instrument];
    agon_px_t bid_px, ask_px;

    if (market->mark_px > 0 && engine->t - market->t_mark <= MARKET_MARK_NS)
        return 1;
    if (market_best(engine, instrument, &bid_px, &ask_px, max_age_ns))
        return 1;
    return market->book_state == BOOK_COLD && market->quote_bid_px == 0 && market->last_px > 0 &&
           (max_age_ns == 0 || engine->t - market->t_price <= market_age(market, max_age_ns));
}

// Not inlined: where quotes are the book there is none.
static HOT __attribute__((noinline)) int best_of_book(const struct market *market,
                                                      agon_px_t *bid_px, agon_px_t *ask_px)
{
    struct agon_level bid;
    struct agon_level ask;

    book_best(market->book, AGON_BUY, &bid);
    book_best(market->book, AGON_SELL, &ask);
    *bid_px = bid.px;
    *ask_px = ask.px;
    return bid.px > 0 && ask.px > 0 && bid.px < ask.px;
}

HOT int market_best(const struct engine *engine, agon_instrument_t instrument, agon_px_t *bid_px,
                    agon_px_t *ask_px, agon_ns_t max_age_ns)
{
    const struct market *market = &engine->markets[instrument];

    *bid_px = 0;
    *ask_px = 0;
    if (market->book_state == BOOK_LIVE &&
        (max_age_ns == 0 || engine->t - market->t_book <= market_age(market, max_age_ns)))
        return best_of_book(market, bid_px, ask_px);
    // Where a venue or a file gives quotes and no book at all, the quote is the book.
    if (market->book_state == BOOK_COLD && market->quote_bid_px > 0 &&
        market->quote_ask_px > market->quote_bid_px &&
        (max_age_ns == 0 || engine->t - market->t_quote <= market_age(market, max_age_ns))) {
        *bid_px = market->quote_bid_px;
        *ask_px = market->quote_ask_px;
        return 1;
    }
    return 0;
}

/* Not inlined: in a market of bars the quote is all that there is. */
static __attribute__((noinline)) struct market_prices prices_otherwise(const struct engine *engine,
                                                                       agon_instrument_t instrument)
{
    const struct market *market = &engine->markets[instrument];
    struct market_prices prices = {0, 0};

    if (market_best(engine, instrument, &prices.long_px, &prices.short_px, 0))
        return prices;
    if (market->book_state != BOOK_COLD || market->quote_bid_px > 0 || market->last_px <= 0)
        return (struct market_prices){0, 0};
    return (struct market_prices){market->last_px, market->last_px};
}

HOT struct market_prices market_prices(const struct engine *engine, agon_instrument_t instrument)
{
    const struct market *market = &engine->markets[instrument];

    if (market->mark_px > 0 && engine->t - market->t_mark <= MARKET_MARK_NS)
        return (struct market_prices){market->mark_px, market->mark_px};
    if (market->book_state == BOOK_COLD && market->quote_bid_px > 0 &&
        market->quote_ask_px > market->quote_bid_px)
        return (struct market_prices){market->quote_bid_px, market->quote_ask_px};
    return prices_otherwise(engine, instrument);
}

int64_t engine_funding(const struct engine *engine, agon_instrument_t instrument, agon_ns_t *t)
{
    const struct market *market =
        instrument <= INSTRUMENTS_MAX ? &engine->markets[instrument] : &engine->markets[0];

    *t = market->t_funding;
    return market->rate_ppb;
}

agon_px_t engine_mark_px(const struct engine *engine, agon_instrument_t instrument)
{
    const struct market *market;
    agon_px_t bid_px;
    agon_px_t ask_px;

    if (instrument == 0 || instrument > INSTRUMENTS_MAX)
        return 0;
    market = &engine->markets[instrument];
    if (market->book == NULL)
        return 0;
    if (market->mark_px > 0 && engine->t - market->t_mark <= MARKET_MARK_NS)
        return market->mark_px;
    if (market_best(engine, instrument, &bid_px, &ask_px, 0))
        return bid_px + (ask_px - bid_px) / 2;
    if (market->quote_bid_px > 0 && market->quote_ask_px > market->quote_bid_px)
        return market->quote_bid_px + (market->quote_ask_px - market->quote_bid_px) / 2;
    if (market->last_px > 0)
        return market->last_px;
    // The last book that was live, where a venue gives books only.
    if (market->has_top && market->top.n_bid > 0 && market->top.n_ask > 0 &&
        market->top.bid[0].px < market->top.ask[0].px)
        return market->top.bid[0].px + (market->top.ask[0].px - market->top.bid[0].px) / 2;
    return 0;
}

agon_amt_t engine_unrealised_amt(const struct engine *engine, const struct position *pos)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, pos->instrument);
    agon_px_t px = engine_mark_px(engine, pos->instrument);

    if (px == 0 || pos->qty == 0)
        return 0; // without any price it is worth what it cost
    return num_add(instruments_notional(&engine->table, instrument, px, pos->qty, NUM_DOWN),
                   -pos->cost_amt);
}

agon_amt_t engine_margin_amt(const struct engine *engine, const struct slot *slot,
                             const struct agon_instrument *instrument, agon_px_t px, agon_qty_t qty)
{
    uint32_t leverage = slot->limits.leverage > 0 ? slot->limits.leverage : 1;

    return num_mul_div(instruments_notional(&engine->table, instrument, px, num_abs(qty), NUM_UP),
                       1, leverage, NUM_UP);
}

agon_amt_t engine_bound_amt(const struct engine *engine, const struct slot *slot,
                            agon_account_t account, agon_asset_t asset)
{
    agon_amt_t bound = 0;
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, slot->id, &n);

    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, all[i].instrument);
        agon_px_t px;
        agon_qty_t up_qty;
        agon_qty_t down_qty;
        agon_amt_t unrealised;

        if (instrument == NULL || !instrument_kind_has_margin(instrument->kind) ||
            instrument->settle != asset || engine_account(engine, slot, instrument) != account)
            continue;
        px = engine_mark_px(engine, all[i].instrument);
        up_qty = num_abs(num_add(all[i].qty, all[i].working_buy_qty));
        down_qty = num_abs(num_add(all[i].qty, -all[i].working_sell_qty));
        bound = num_add(bound, engine_margin_amt(engine, slot, instrument, px,
                                                 up_qty > down_qty ? up_qty : down_qty));
        unrealised = engine_unrealised_amt(engine, &all[i]);
        if (unrealised < 0)
            bound = num_add(bound, -unrealised);
    }
    return bound;
}
