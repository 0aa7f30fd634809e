// SPDX-License-Identifier: Apache-2.0
/* state: the engine's state as canonical bytes, its hash, its restoration, and what must hold of
 * it. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/impl.h"
#include "market/instrument_kind.h"

#define STATE_WITHIN  (1u << 16) /* in the number of the mode */
#define STATE_FIGURED (1u << 17)
#define STATE_CARDS   (1u << 18)
#define STATE_JOBS    (1u << 19) /* leases are named: agon.gpu */
#define STATE_WHOLE   (1u << 20) /* beside STATE_FIGURED: FIGURES_WHOLE */
#define STATE_LASTING (1u << 21) /* beside STATE_WHOLE: FIGURES_LASTING */
#define STATE_ENDED   (1u << 22) /* beside STATE_LASTING: FIGURES_ENDED */
#define STATE_TAGGED  (1u << 23) /* beside STATE_ENDED: FIGURES_TAGGED */

static void save_top(const struct agon_top10 *top, struct enc *enc)
{
    enc_u8(enc, top->n_bid);
    enc_u8(enc, top->n_ask);
    enc_u8(enc, top->book);
    enc_u32(enc, top->flags);
    for (int i = 0; i < 10; i++) {
        enc_i64(enc, top->bid[i].px);
        enc_i64(enc, top->bid[i].qty);
        enc_i64(enc, top->ask[i].px);
        enc_i64(enc, top->ask[i].qty);
    }
}

static void load_top(struct agon_top10 *top, agon_instrument_t instrument, struct dec *dec)
{
    memset(top, 0, sizeof(*top));
    top->hdr.type = AGON_EVENT_TOP10;
    top->hdr.granules = 6;
    top->hdr.instrument = instrument;
    top->n_bid = dec_u8(dec);
    top->n_ask = dec_u8(dec);
    top->book = dec_u8(dec);
    top->flags = dec_u32(dec);
    for (int i = 0; i < 10; i++) {
        top->bid[i].px = dec_i64(dec);
        top->bid[i].qty = dec_i64(dec);
        top->ask[i].px = dec_i64(dec);
        top->ask[i].qty = dec_i64(dec);
    }
}

// As it was made, so that the comparison with a new one sees no difference in the header.
static void save_market(const struct market *market, struct enc *enc)
{
    book_save(market->book, enc);
    bars_save(&market->bars, enc);
    enc_i64(enc, market->t_book);
    enc_i64(enc, market->t_quote);
    enc_i64(enc, market->quote_bid_px);
    enc_i64(enc, market->quote_ask_px);
    enc_i64(enc, market->last_px);
    enc_u64(enc, market->last_fill);
    enc_i64(enc, market->mark_px);
    enc_i64(enc, market->t_mark);
    enc_i64(enc, market->long_px);
    enc_i64(enc, market->short_px);
    enc_i64(enc, market->t_price);
    enc_i64(enc, market->step_ns);
    // Below 0 where the data are bars, of whole seconds, and what else there is of them in digits
    // below those: what journals had before there were such data stays as it is.
    enc_i64(enc, market->is_bars == STEP_BOOKS
                     ? market->data_step_ns
                     : -num_add(market->data_step_ns,
                                (market->is_bars - STEP_BARS) + 2 * market->is_inside));
    enc_i64(enc, market->rate_ppb);
    enc_i64(enc, market->t_funding);
    enc_i64(enc, market->position_gap);
    enc_u8(enc, market->book_state);
    enc_u8(enc, market->trading);
    halts_save(&market->halt, enc);
    enc_u8(enc, market->has_top);
    save_top(&market->top, enc);
}

static void load_bars(struct market *market, struct dec *dec)
{
    agon_ns_t step_ns = -market->data_step_ns;
    agon_ns_t more = step_ns % 1000000000;

    if (more > 3)
        dec_fail(dec);
    market_set_bars(market, (uint8_t)(STEP_BARS + (more & 1)), step_ns - more);
    market->is_inside = (more & 2) != 0;
}

static int load_market(struct engine *engine, agon_instrument_t id, struct dec *dec)
{
    struct market *market = &engine->markets[id];
    const struct agon_instrument *instrument = instruments_get(&engine->table, id);
    struct book_config config = {.tick_px = instrument->tick_px,
                                 .window_ticks = engine->config.book_window};

    if (market->book == NULL)
        market->book = book_new(&config);
    if (market->book == NULL)
        return AGON_ENOMEM;
    if (book_load(market->book, dec) < 0 || bars_load(&market->bars, dec) < 0)
        return AGON_ECORRUPT;
    market->has_best = 0;
    market->t_book = dec_i64(dec);
    market->t_quote = dec_i64(dec);
    market->quote_bid_px = dec_i64(dec);
    market->quote_ask_px = dec_i64(dec);
    market->last_px = dec_i64(dec);
    market->last_fill = dec_u64(dec);
    market->mark_px = dec_i64(dec);
    market->t_mark = dec_i64(dec);
    market->long_px = dec_i64(dec);
    market->short_px = dec_i64(dec);
    market->t_price = dec_i64(dec);
    market->step_ns = dec_i64(dec);
    market->data_step_ns = dec_i64(dec);
    market->is_bars = market->is_inside = 0;
    if (market->data_step_ns < -NUM_MAX)
        dec_fail(dec);
    else if (market->data_step_ns < 0)
        load_bars(market, dec);
    market->rate_ppb = dec_i64(dec);
    market->t_funding = dec_i64(dec);
    market->position_gap = dec_i64(dec);
    market->book_state = dec_u8(dec);
    market->trading = dec_u8(dec);
    halts_load(&market->halt, dec);
    market->has_top = dec_u8(dec);
    load_top(&market->top, market->has_top ? id : 0, dec);
    if (!market->has_top)
        memset(&market->top, 0, sizeof(market->top));
    market->bars_due = INT64_MAX;
    market_note_due(engine, id);
    return AGON_OK;
}

static int is_sooner(const struct heap_node *a, const struct heap_node *b)
{
    return a->t != b->t ? a->t < b->t : a->order < b->order;
}

/* The heap's own order of nodes depends on how they came; canonical is the order in which they fall
 * due. */
static void save_timers(const struct engine *engine, struct enc *enc)
{
    const struct heap *heap = &engine->timers;
    const struct heap_node *last = NULL;

    enc_u32(enc, heap->n);
    enc_u64(enc, engine->timer_order);
    for (uint32_t i = 0; i < heap->n; i++) {
        const struct heap_node *next = NULL;
        const struct timer *timer;

        for (uint32_t k = 0; k < heap->n; k++) {
            const struct heap_node *node = &heap->nodes[k];

            if ((last == NULL || is_sooner(last, node)) && (next == NULL || is_sooner(node, next)))
                next = node;
        }
        REQUIRE(next != NULL);
        timer = &engine->timer_table[next->a];
        enc_i64(enc, next->t);
        enc_u64(enc, next->order);
        enc_u64(enc, timer->cookie);
        enc_i64(enc, timer->every_ns);
        enc_u32(enc, timer->id);
        enc_u16(enc, timer->slot);
        last = next;
    }
}

static int load_timers(struct engine *engine, struct dec *dec)
{
    uint32_t n = dec_u32(dec);

    engine->timer_order = dec_u64(dec);
    if (n > ENGINE_TIMERS)
        return AGON_ECORRUPT;
    for (uint32_t i = 0; i < n; i++) {
        struct heap_node node = {.a = i};
        struct timer *timer = &engine->timer_table[i];

        node.t = dec_i64(dec);
        node.order = dec_u64(dec);
        timer->cookie = dec_u64(dec);
        timer->every_ns = dec_i64(dec);
        timer->id = dec_u32(dec);
        timer->slot = dec_u16(dec);
        timer->is_used = 1;
        if (!dec_is_ok(dec) || timer->slot >= SLOTS_MAX)
            return AGON_ECORRUPT;
        heap_push(&engine->timers, &node);
    }
    return AGON_OK;
}

static void save_legs(const struct leg_group *legs, struct enc *enc)
{
    enc_u32(enc, legs->n);
    for (uint32_t i = 0; i < legs->n; i++) {
        const struct agon_origin *origin = &legs->legs[i].origin;
        const struct agon_intent *intent = &legs->legs[i].intent;

        enc_u64(enc, origin->cause_seq);
        enc_u64(enc, origin->nth);
        enc_u32(enc, origin->n);
        enc_u32(enc, origin->generation);
        enc_u8(enc, origin->leg);
        enc_u8(enc, origin->n_legs);
        enc_u8(enc, intent->kind);
        enc_u8(enc, intent->side);
        enc_u8(enc, intent->type);
        enc_u8(enc, intent->tif);
        enc_u32(enc, intent->flags);
        enc_u32(enc, intent->instrument);
        enc_u16(enc, intent->account);
        enc_u16(enc, intent->reason);
        enc_u64(enc, intent->client_ref);
        enc_i64(enc, intent->px);
        enc_i64(enc, intent->trigger_px);
        enc_i64(enc, intent->qty);
        enc_i64(enc, intent->show_qty);
        enc_i64(enc, intent->t_expire);
    }
}

static int load_legs(struct leg_group *legs, uint16_t slot, struct dec *dec)
{
    memset(legs, 0, sizeof(*legs));
    legs->n = dec_u32(dec);
    if (legs->n > ENGINE_LEGS)
        return AGON_ECORRUPT;
    for (uint32_t i = 0; i < legs->n; i++) {
        struct agon_origin *origin = &legs->legs[i].origin;
        struct agon_intent *intent = &legs->legs[i].intent;

        origin->cause_seq = dec_u64(dec);
        origin->nth = dec_u64(dec);
        origin->n = dec_u32(dec);
        origin->generation = dec_u32(dec);
        origin->slot = slot;
        origin->leg = dec_u8(dec);
        origin->n_legs = dec_u8(dec);
        intent->kind = dec_u8(dec);
        intent->side = dec_u8(dec);
        intent->type = dec_u8(dec);
        intent->tif = dec_u8(dec);
        intent->flags = dec_u32(dec);
        intent->instrument = dec_u32(dec);
        intent->account = dec_u16(dec);
        intent->reason = dec_u16(dec);
        intent->client_ref = dec_u64(dec);
        intent->px = dec_i64(dec);
        intent->trigger_px = dec_i64(dec);
        intent->qty = dec_i64(dec);
        intent->show_qty = dec_i64(dec);
        intent->t_expire = dec_i64(dec);
    }
    return AGON_OK;
}

/* By place: which of two plans goes first at one price follows from it. */
static void save_exits(const struct engine *engine, uint32_t slot, struct enc *enc)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < AGON_EXITS_MAX; i++)
        n += engine->exits[slot][i].id != 0;
    enc_u32(enc, engine->next_exit[slot]);
    enc_u32(enc, n);
    for (uint32_t i = 0; i < AGON_EXITS_MAX; i++) {
        if (engine->exits[slot][i].id == 0)
            continue;
        enc_u8(enc, (uint8_t)i);
        exit_save(&engine->exits[slot][i], enc);
    }
}

static int load_exits(struct engine *engine, uint32_t slot, struct dec *dec)
{
    uint32_t n;

    engine->next_exit[slot] = dec_u32(dec);
    n = dec_u32(dec);
    if (n > AGON_EXITS_MAX)
        return AGON_ECORRUPT;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t place = dec_u8(dec);

        if (place >= AGON_EXITS_MAX || engine->exits[slot][place].id != 0)
            return AGON_ECORRUPT;
        exit_load(&engine->exits[slot][place], dec);
        if (!dec_is_ok(dec) || engine->exits[slot][place].id > engine->next_exit[slot])
            return AGON_ECORRUPT;
    }
    return AGON_OK;
}

/* How many accounts and venues there is something of, where that is more than had room before there
 * was a section for them; else 0. */
struct high {
    uint16_t n_accounts, n_venues;
};

static struct high high_of(const struct engine *engine)
{
    struct high high = {ACCOUNTS_MAX, VENUES_MAX};
    uint32_t named = 0;

    for (uint32_t venue = 0; venue <= VENUES_MAX; venue++)
        named = engine->account_of[venue] > named ? engine->account_of[venue] : named;
    for (uint32_t id = 0; id < engine->slots.n; id++) {
        if (engine->slots.all[id].is_used && engine->slots.all[id].account >= named)
            named = engine->slots.all[id].account + 1u;
    }
    while (high.n_accounts > STATE_ACCOUNTS && high.n_accounts > named &&
           engine->slack_amt[high.n_accounts - 1] == 0 &&
           !engine->has_picture[high.n_accounts - 1] &&
           engine->tournament.pool_amt[high.n_accounts - 1] == 0)
        high.n_accounts--;
    while (high.n_venues > STATE_VENUES && engine->account_of[high.n_venues] == 0 &&
           !engine->venue_halts[high.n_venues].is_set)
        high.n_venues--;
    return high;
}

static void save_high(const struct engine *engine, struct high high, struct enc *enc)
{
    enc_u16(enc, high.n_accounts);
    enc_u16(enc, high.n_venues);
    for (uint32_t i = STATE_ACCOUNTS; i < high.n_accounts; i++) {
        enc_i64(enc, engine->slack_amt[i]);
        enc_u8(enc, engine->has_picture[i]);
        enc_i64(enc, engine->tournament.pool_amt[i]);
    }
    for (uint32_t i = STATE_VENUES + 1; i <= high.n_venues; i++) {
        halts_save(&engine->venue_halts[i], enc);
        enc_u16(enc, engine->account_of[i]);
    }
}

static void forget_high(struct engine *engine)
{
    for (uint32_t i = STATE_ACCOUNTS; i < ACCOUNTS_MAX; i++) {
        engine->slack_amt[i] = engine->tournament.pool_amt[i] = 0;
        engine->has_picture[i] = 0;
    }
    for (uint32_t i = STATE_VENUES + 1; i <= VENUES_MAX; i++) {
        memset(&engine->venue_halts[i], 0, sizeof(engine->venue_halts[i]));
        engine->account_of[i] = 0;
    }
}

static int load_high(struct engine *engine, struct dec *dec)
{
    struct high high = {dec_u16(dec), 0};

    high.n_venues = dec_u16(dec);
    if (high.n_accounts < STATE_ACCOUNTS || high.n_accounts > ACCOUNTS_MAX ||
        high.n_venues < STATE_VENUES || high.n_venues > VENUES_MAX)
        return AGON_ECORRUPT;
    for (uint32_t i = STATE_ACCOUNTS; i < high.n_accounts; i++) {
        engine->slack_amt[i] = dec_i64(dec);
        engine->has_picture[i] = dec_u8(dec);
        engine->tournament.pool_amt[i] = dec_i64(dec);
    }
    for (uint32_t i = STATE_VENUES + 1; i <= high.n_venues; i++) {
        halts_load(&engine->venue_halts[i], dec);
        engine->account_of[i] = dec_u16(dec);
        if (engine->account_of[i] > ACCOUNTS_MAX)
            return AGON_ECORRUPT;
    }
    return AGON_OK;
}

// What follows from the rest: how far loops over accounts go.
static void count_accounts(struct engine *engine)
{
    uint32_t n = ledger_accounts(engine->ledger);
    struct high high = high_of(engine);

    engine->n_accounts = high.n_accounts > STATE_ACCOUNTS ? high.n_accounts : 0;
    for (uint32_t venue = 0; venue <= VENUES_MAX; venue++)
        n = engine->account_of[venue] > n ? engine->account_of[venue] : n;
    for (uint32_t i = 0; i < STATE_ACCOUNTS; i++)
        n = (engine->has_picture[i] || engine->tournament.pool_amt[i] != 0) && i >= n ? i + 1 : n;
    for (uint32_t id = 0; id < engine->slots.n; id++) {
        if (engine->slots.all[id].is_used)
            control_note_account(engine, engine->slots.all[id].account);
    }
    if (n > 0)
        control_note_account(engine, n - 1);
}

/* Earlier numbers are counted above the run, which is lower: a state without any stays as it was.
 */
static void ids_save(const struct order_ids *ids, struct enc *enc)
{
    enc_u32(enc, ids->journal);
    enc_u32(enc, ids->since_run | ids->n_earlier << 16);
    for (uint32_t i = 0; i < ids->n_earlier; i++) {
        enc_u32(enc, ids->earlier[i].journal);
        enc_u32(enc, ids->earlier[i].since_run);
    }
}

static void ids_load(struct order_ids *ids, struct dec *dec)
{
    uint32_t runs;

    memset(ids, 0, sizeof(*ids));
    ids->journal = dec_u32(dec);
    runs = dec_u32(dec);
    ids->since_run = runs & 0xffff;
    ids->n_earlier = runs >> 16;
    if (ids->n_earlier > ORDER_IDS_EARLIER) {
        ids->n_earlier = 0;
        dec_fail(dec);
    }
    for (uint32_t i = 0; i < ids->n_earlier; i++) {
        ids->earlier[i].journal = dec_u32(dec);
        ids->earlier[i].since_run = dec_u32(dec);
    }
}

void state_save(struct engine *engine, struct enc *enc)
{
    struct high high = high_of(engine);
    int is_high = high.n_accounts > STATE_ACCOUNTS || high.n_venues > STATE_VENUES;

    enc_u32(enc, is_high ? ENGINE_STATE_FORMAT_HIGH : ENGINE_STATE_FORMAT);
    enc_u64(enc, engine->seq);
    enc_i64(enc, engine->t);
    enc_u32(enc, engine->run);
    // What journals had before there was any choice stays as it is.
    enc_u32(enc, engine->mode | (engine->is_within != 0 ? STATE_WITHIN : 0) |
                     (engine->is_figured != 0 ? STATE_FIGURED : 0) |
                     (figures_are_whole(engine) ? STATE_WHOLE : 0) |
                     (figures_are_lasting(engine) ? STATE_LASTING : 0) |
                     (figures_are_ended(engine) ? STATE_ENDED : 0) |
                     (engine->is_figured >= FIGURES_TAGGED ? STATE_TAGGED : 0) |
                     (cards_are_on(engine) ? STATE_CARDS : 0) |
                     (engine->jobs.n_named != 0 ? STATE_JOBS : 0));
    enc_u64(enc, engine->seed);
    ids_save(&engine->ids, enc);
    enc_u64(enc, engine->output_hash);
    enc_i64(enc, engine->sample_due);
    enc_i64(enc, engine->sweep_due);
    enc_i64(enc, engine->stop_due);
    for (uint32_t i = 0; i < HALT_CAUSES; i++)
        halts_save(&engine->halts[i], enc);
    for (uint32_t i = 0; i <= STATE_VENUES; i++)
        halts_save(&engine->venue_halts[i], enc);
    for (uint32_t i = 0; i <= STATE_VENUES; i++)
        enc_u16(enc, engine->account_of[i]);
    for (uint32_t i = 0; i < STATE_ACCOUNTS; i++)
        enc_i64(enc, engine->slack_amt[i]);
    for (uint32_t i = 0; i < STATE_ACCOUNTS; i++)
        enc_u8(enc, engine->has_picture[i]);
    instruments_save(&engine->table, enc);
    for (agon_asset_t asset = 1; asset <= engine->table.n_assets; asset++)
        enc_u32(enc, engine->valued_by[asset]);
    for (uint32_t i = 1; i <= engine->table.n_instruments; i++) {
        // What journals had before fills were told to be read stays as it is.
        enc_u8(enc, (uint8_t)((engine->markets[i].book != NULL) + engine->markets[i].is_read));
        if (engine->markets[i].book != NULL)
            save_market(&engine->markets[i], enc);
    }
    slots_save(&engine->slots, enc);
    for (uint32_t id = 0; id < engine->slots.n; id++) {
        halts_save(&engine->slot_halts[id], enc);
        enc_u32(enc, engine->wants_flat[id]);
        enc_u8(enc, engine->is_closing_all[id]);
        enc_u16(enc, engine->close_reason[id]);
        enc_i64(enc, engine->close_t[id]);
        risk_slot_save(&engine->risk[id], enc);
        score_save(&engine->scores[id], enc);
        save_legs(&engine->legs[id], enc);
        save_exits(engine, id, enc);
    }
    limits_save(&limits_of_portfolio, &engine->portfolio_limits, enc);
    risk_slot_save(&engine->portfolio, enc);
    ledger_save(engine->ledger, enc);
    orders_save(engine->orders, enc);
    save_timers(engine, enc);
    tournament_save(&engine->tournament, engine->slots.n, enc);
    alerts_save(&engine->alerts, enc);
    if (is_high)
        save_high(engine, high, enc);
    if (engine->is_figured)
        figures_save(engine, enc);
    if (cards_are_on(engine))
        cards_save(engine, enc);
    if (engine->jobs.n_named != 0)
        jobs_save(&engine->jobs, engine->slots.n, enc);
}

uint64_t engine_save(struct engine *engine, void *bytes, uint64_t room)
{
    struct enc enc = {.at = bytes, .room = room};

    state_save(engine, &enc);
    return enc.used;
}

int engine_state_widen(struct engine *engine, uint64_t bytes)
{
    void *room = bytes > engine->config.state_bytes ? realloc(engine->state, bytes) : engine->state;

    if (room == NULL)
        return AGON_ENOMEM;
    engine->state = room;
    if (bytes > engine->config.state_bytes)
        engine->config.state_bytes = bytes;
    return AGON_OK;
}

void *engine_state_room(const struct engine *engine, uint64_t *bytes)
{
    *bytes = engine->config.state_bytes;
    return engine->state;
}

int engine_hash(struct engine *engine, unsigned char digest[HASH_SIZE])
{
    uint64_t used = engine_save(engine, engine->state, engine->config.state_bytes);
    struct hash hash;

    if (used > engine->config.state_bytes)
        return AGON_ENOSPC;
    hash_init(&hash);
    hash_update(&hash, engine->state, used);
    hash_final(&hash, digest);
    return AGON_OK;
}

int engine_blank_mark(struct engine *engine, struct record_mark *mark)
{
    memset(mark, 0, sizeof(*mark));
    mark->hdr.type = EVENT_MARK;
    mark->hdr.granules = 1;
    mark->hdr.t = engine->t;
    memset(engine->mark.hash, 0, sizeof(engine->mark.hash));
    engine->mark.seq = engine->seq;
    engine->mark.is_made = 1;
    return AGON_OK;
}

int engine_make_mark(struct engine *engine, struct record_mark *mark)
{
    int rc = engine_blank_mark(engine, mark);

    rc = rc < 0 ? rc : engine_hash(engine, mark->hash);
    memcpy(engine->mark.hash, mark->hash, sizeof(mark->hash));
    engine->mark.is_made = rc >= 0;
    return rc;
}

// What the rest of the engine uses as an index or looks up without asking again.
static int is_sound(struct engine *engine)
{
    const uint32_t n_instruments = engine->table.n_instruments;

    for (agon_asset_t asset = 1; asset <= engine->table.n_assets; asset++) {
        if (engine->valued_by[asset] > n_instruments)
            return 0;
    }
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        const struct slot *slot = &engine->slots.all[id];
        uint32_t n;
        const struct position *all = ledger_positions(engine->ledger, id, &n);

        if (slot->is_used && slot->account >= ACCOUNTS_MAX)
            return 0;
        for (uint32_t i = 0; slot->is_used && i < slot->subscription.n_instruments; i++) {
            if (instruments_get(&engine->table, slot->subscription.instruments[i]) == NULL)
                return 0;
        }
        for (uint32_t i = 0; i < n; i++) {
            if (all[i].instrument > n_instruments)
                return 0;
        }
        for (uint32_t i = 0; i < AGON_EXITS_MAX; i++) {
            if (engine->exits[id][i].id != 0 &&
                instruments_get(&engine->table, engine->exits[id][i].plan.instrument) == NULL)
                return 0;
        }
        for (struct order *order = orders_next(engine->orders, id, NULL); order != NULL;
             order = orders_next(engine->orders, id, order)) {
            if (order->instrument > n_instruments ||
                ledger_position(engine->ledger, id, order->instrument, 0) == NULL)
                return 0;
        }
    }
    for (struct order *order = orders_next_final(engine->orders, NULL); order != NULL;
         order = orders_next_final(engine->orders, order)) {
        if (order->instrument > n_instruments ||
            ledger_position(engine->ledger, order->slot, order->instrument, 0) == NULL)
            return 0;
    }
    return 1;
}

int engine_load(struct engine *engine, const void *bytes, uint64_t n, struct error *err)
{
    struct dec dec = {.at = bytes, .n = n};
    uint32_t format = dec_u32(&dec);
    int rc = AGON_OK, has_cards, has_jobs;

    if (format != ENGINE_STATE_FORMAT && format != ENGINE_STATE_FORMAT_HIGH)
        return error_set(
            err, AGON_EVERSION,
            "state of format %u: this host reads %d and %d; start it with a build that "
            "reads it",
            format, ENGINE_STATE_FORMAT, ENGINE_STATE_FORMAT_HIGH);
    engine->mark.is_made = 0;
    engine->seq = dec_u64(&dec);
    engine->t = dec_i64(&dec);
    engine->run = dec_u32(&dec);
    engine->mode = dec_u32(&dec);
    engine->is_within = (engine->mode & STATE_WITHIN) != 0;
    engine->is_figured = (engine->mode & STATE_FIGURED) == 0   ? FIGURES_NONE
                         : (engine->mode & STATE_WHOLE) == 0   ? FIGURES_KEPT
                         : (engine->mode & STATE_LASTING) == 0 ? FIGURES_WHOLE
                         : (engine->mode & STATE_ENDED) == 0   ? FIGURES_LASTING
                         : (engine->mode & STATE_TAGGED) == 0  ? FIGURES_ENDED
                                                               : FIGURES_TAGGED;
    engine->left = (struct engine_left){0};
    has_cards = (engine->mode & STATE_CARDS) != 0;
    has_jobs = (engine->mode & STATE_JOBS) != 0;
    engine->mode &= ~(STATE_WITHIN | STATE_FIGURED | STATE_CARDS | STATE_JOBS | STATE_WHOLE |
                      STATE_LASTING | STATE_ENDED | STATE_TAGGED);
    engine->seed = dec_u64(&dec);
    ids_load(&engine->ids, &dec);
    engine->output_hash = dec_u64(&dec);
    engine->sample_due = dec_i64(&dec);
    engine->sweep_due = dec_i64(&dec);
    engine->stop_due = dec_i64(&dec);
    for (uint32_t i = 0; i < HALT_CAUSES; i++)
        halts_load(&engine->halts[i], &dec);
    halts_note(engine);
    forget_high(engine);
    for (uint32_t i = 0; i <= STATE_VENUES; i++)
        halts_load(&engine->venue_halts[i], &dec);
    for (uint32_t i = 0; i <= STATE_VENUES; i++) {
        engine->account_of[i] = dec_u16(&dec);
        if (engine->account_of[i] > ACCOUNTS_MAX)
            return error_set(err, AGON_ECORRUPT, "state: venue %u has no account %u", i,
                             engine->account_of[i]);
    }
    for (uint32_t i = 0; i < STATE_ACCOUNTS; i++)
        engine->slack_amt[i] = dec_i64(&dec);
    for (uint32_t i = 0; i < STATE_ACCOUNTS; i++)
        engine->has_picture[i] = dec_u8(&dec);
    rc = instruments_load(&engine->table, &dec);
    memset(engine->valued_by, 0, sizeof(engine->valued_by));
    for (agon_asset_t asset = 1; rc >= 0 && asset <= engine->table.n_assets; asset++)
        engine->valued_by[asset] = dec_u32(&dec);
    for (uint32_t i = 1; rc >= 0 && i <= engine->table.n_instruments; i++) {
        uint8_t has = dec_u8(&dec);

        engine->markets[i].is_read = has == 2;
        if (has != 0)
            rc = has <= 2 && instruments_get(&engine->table, i) != NULL
                     ? load_market(engine, i, &dec)
                     : AGON_ECORRUPT;
    }
    if (rc >= 0)
        rc = slots_load(&engine->slots, &dec);
    for (uint32_t id = 0; rc >= 0 && id < engine->slots.n; id++) {
        halts_load(&engine->slot_halts[id], &dec);
        engine->wants_flat[id] = dec_u32(&dec);
        engine->is_closing_all[id] = dec_u8(&dec);
        engine->close_reason[id] = dec_u16(&dec);
        engine->close_t[id] = dec_i64(&dec);
        risk_slot_load(&engine->risk[id], &dec);
        score_load(&engine->scores[id], &dec);
        rc = load_legs(&engine->legs[id], (uint16_t)id, &dec);
        if (rc >= 0)
            rc = load_exits(engine, id, &dec);
    }
    if (rc >= 0) {
        limits_load(&limits_of_portfolio, &engine->portfolio_limits, &dec);
        risk_slot_load(&engine->portfolio, &dec);
    }
    if (rc >= 0)
        rc = ledger_load(engine->ledger, &dec);
    if (rc >= 0)
        rc = orders_load(engine->orders, &dec);
    if (rc >= 0)
        rc = load_timers(engine, &dec);
    if (rc >= 0)
        rc = tournament_load(&engine->tournament, engine->slots.n, &dec);
    if (rc >= 0)
        rc = alerts_load(&engine->alerts, &dec);
    if (rc >= 0 && format == ENGINE_STATE_FORMAT_HIGH)
        rc = load_high(engine, &dec);
    ledger_shed_dust(engine->ledger, 0);
    if (rc >= 0 && engine->is_figured)
        rc = figures_load(engine, &dec);
    if (rc >= 0 && has_cards)
        rc = cards_load(engine, &dec);
    memset(&engine->jobs, 0, sizeof(engine->jobs));
    if (rc >= 0 && has_jobs)
        rc = jobs_load(&engine->jobs, engine->slots.n, &dec);
    if (rc >= 0 && (!dec_is_ok(&dec) || dec.used != dec.n || !is_sound(engine)))
        rc = AGON_ECORRUPT;
    if (rc < 0)
        return error_set(err, rc, "state of %llu bytes: %s near byte %llu", (unsigned long long)n,
                         error_name(rc), (unsigned long long)dec.used);
    count_accounts(engine);
    control_watch(engine);
    exits_watch(engine);
    exits_know_orders(engine);
    exposure_rebuild(engine);
    return AGON_OK;
}

static const char *check_slot(struct engine *engine, uint16_t slot, char *text)
{
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, slot, &n);

    for (uint32_t i = 0; i < n; i++) {
        agon_qty_t buy_qty = 0;
        agon_qty_t sell_qty = 0;
        agon_amt_t buy_amt = 0;

        for (struct order *order = orders_next(engine->orders, slot, NULL); order != NULL;
             order = orders_next(engine->orders, slot, order)) {
            if (order_is_final(order) || order->filled_qty > order->qty) {
                snprintf(text, 256, "inv-08: order %llx is final or over-filled among the open",
                         (unsigned long long)order->id);
                return text;
            }
            if (order->instrument != all[i].instrument)
                continue;
            if (order->side == AGON_BUY) {
                buy_qty += order->held_back_qty;
                buy_amt += order->held_back_amt;
            } else {
                sell_qty += order->held_back_qty;
            }
            if (order->held_back_qty < order_left(order)) {
                snprintf(text, 256, "inv-23: order %llx holds back less than it may still fill",
                         (unsigned long long)order->id);
                return text;
            }
        }
        // Final orders with fills due go on holding back, so the sums may be larger, never smaller.
        if (all[i].working_buy_qty < buy_qty || all[i].working_sell_qty < sell_qty ||
            all[i].working_buy_amt < buy_amt) {
            snprintf(text, 256, "inv-10: slot %u holds back less than its open orders need", slot);
            return text;
        }
    }
    return NULL;
}

static int has_derivatives(const struct engine *engine, uint16_t slot)
{
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, slot, &n);

    for (uint32_t i = 0; i < n; i++) {
        if (!instrument_kind_has_coins(instruments_get(&engine->table, all[i].instrument)->kind) &&
            all[i].n_fills > 0)
            return 1;
    }
    return 0;
}

static const char *check_derivatives(const struct engine *engine, uint16_t slot, char *text)
{
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, slot, &n);

    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, all[i].instrument);

        if (instrument_kind_has_coins(instrument->kind))
            continue;
        // The cost of nothing is nothing, and that of a short is below it.
        if (all[i].held_amt != all[i].qty || (all[i].qty == 0 && all[i].cost_amt != 0) ||
            (all[i].qty > 0 && all[i].cost_amt < 0) || (all[i].qty < 0 && all[i].cost_amt > 0) ||
            all[i].working_buy_amt != 0) {
            snprintf(text, 256, "inv-13: slot %u, instrument %u: quantity and cost disagree", slot,
                     all[i].instrument);
            return text;
        }
    }
    return NULL;
}

static const char *check_equity(const struct engine *engine, uint16_t slot, char *text)
{
    agon_amt_t equity_amt, summed_amt;
    int is_known = value_equity(engine, slot, &equity_amt);

    if (is_known == value_equity_summed(engine, slot, &summed_amt) && equity_amt == summed_amt)
        return NULL;
    snprintf(text, 256, "inv-13: slot %u: its equity is not what all that it has comes to", slot);
    return text;
}

const char *engine_check(struct engine *engine, char *text)
{
    agon_account_t account;
    agon_asset_t asset;

    if (!ledger_check(engine->ledger, &account, &asset)) {
        snprintf(text, 256, "inv-13: account %u, asset %u: the parts are not the whole", account,
                 asset);
        return text;
    }
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        const struct slot *at = &engine->slots.all[slot];
        const char *broken = at->is_used ? check_slot(engine, slot, text) : NULL;

        if (broken != NULL)
            return broken;
        broken = at->is_used ? check_derivatives(engine, slot, text) : NULL;
        if (broken == NULL && at->is_used)
            broken = check_equity(engine, slot, text);
        if (broken != NULL)
            return broken;
        // A spot slot cannot owe: what it may spend was its own. A derivative can lose more.
        for (agon_account_t own = 0; own < engine->n_accounts; own++) {
            if (at->is_used && engine->table.base_currency != 0 && !has_derivatives(engine, slot) &&
                ledger_amt(engine->ledger, own, slot, engine->table.base_currency) < 0) {
                snprintf(text, 256, "inv-10: slot %u spent more than it had", slot);
                return text;
            }
        }
    }
    if (!exposure_adds_up(engine)) {
        snprintf(text, 256, "inv-13: the equity of all is not that of the slots together");
        return text;
    }
    if (tournament_check(engine, text) != NULL || cards_check(engine, text) != NULL)
        return text;
    for (uint32_t i = 1; i <= engine->table.n_instruments; i++) {
        if (engine->markets[i].book_state == BOOK_LIVE && engine->markets[i].book == NULL) {
            snprintf(text, 256, "inv-11: instrument %u is live without a book", i);
            return text;
        }
    }
    return NULL;
}
