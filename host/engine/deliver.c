// SPDX-License-Identifier: Apache-2.0
/* deliver: out of the core. Everything that a slot or the bus is told leaves through here, is
 * numbered, counted for nth and folded into the output hash. */
#include "base/hot.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"

#define BY_CONTENT(type)                                                                           \
    ((type) == AGON_EVENT_BAR || (type) == AGON_EVENT_SIGNAL ||                                    \
     (type) == AGON_EVENT_BOOK_SNAPSHOT || (type) == AGON_EVENT_BOOK_DELTA)

#define DERIVED 0x10000 /* where the bus is what is shown on */

static inline void fold_sum(struct engine *engine, uint64_t crc, uint64_t where)
{
    engine->output_hash = hash_mix(engine->output_hash ^ (crc | where << 32));
}

static void fold_output(struct engine *engine, const void *bytes, size_t n, uint64_t where)
{
    fold_sum(engine, crc32c((uint32_t)engine->output_hash, bytes, n), where);
}

/* Whether it is wanted depends on what is in it: each is asked. */
static void count_by_content(struct engine *engine, const struct agon_event_hdr *event,
                             const struct slot_set *of_type, const struct slot_set *of_instrument)
{
    for (uint64_t words = of_type->words & of_instrument->words; words != 0; words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctzll(words);
        uint64_t slots = of_type->bits[word] & of_instrument->bits[word];

        for (; slots != 0; slots &= slots - 1) {
            struct slot *slot = &engine->slots.all[word * 64 + (uint32_t)__builtin_ctzll(slots)];

            if (subscription_wants(&slot->subscription, &slot->signals, event))
                slot->counted++;
        }
    }
}

/* Those of the first word that have bars of that length of that instrument. */
static inline uint64_t bar_wanters(const struct engine *engine, const struct agon_event_hdr *event)
{
    const struct slot_set *of_type = &engine->type_watchers[event_place(AGON_EVENT_BAR)];
    uint64_t slots = of_type->bits[0] & engine->markets[event->instrument].watchers.bits[0];
    uint32_t bit = bars_length_bit(((const struct agon_bar *)(const void *)event)->length_s);
    uint64_t wanters = 0;

    for (; slots != 0; slots &= slots - 1) {
        const struct slot *slot = &engine->slots.all[__builtin_ctzll(slots)];

        wanters |= (slot->subscription.bar_mask & bit) != 0 ? slots & -slots : 0;
    }
    return wanters;
}

/* Of which instrument it is does not matter to the runner: it keeps every one. */
#define IS_KEPT_WHOLE(type) ((type) == AGON_EVENT_INSTRUMENT || event_is_shared(type))

/* As many slots as there may be. Not inlined: of a host with up to 64 none is. */
static __attribute__((noinline)) void tell_many(
    struct engine *engine, const struct agon_event_hdr *event, const struct slot_set *told,
    const struct slot_set *told_of, const struct slot_set *kept, const struct slot_set *kept_of)
{
    struct slot_set to = {.words = 0};

    for (uint32_t word = 0; word < SLOT_WORDS; word++)
        slot_set_add_word(&engine->turn.wanting, word, kept->bits[word] & kept_of->bits[word]);
    if (BY_CONTENT(event->type)) {
        count_by_content(engine, event, told, told_of);
        return;
    }
    for (uint32_t word = 0; word < SLOT_WORDS; word++)
        slot_set_add_word(&to, word, told->bits[word] & told_of->bits[word]);
    slots_count(&engine->slots, &to);
}

/* To whom it goes: counted, and noted for their runners' turn. has_bars: of a bar, bar_wanters. */
static inline void tell_public(struct engine *engine, const struct agon_event_hdr *event,
                               uint64_t has_bars)
{
    struct runner_turn *turn = &engine->turn;
    uint32_t place = event_place(event->type);
    const struct slot_set *of_instrument = &engine->markets[event->instrument].watchers;
    const struct slot_set *told, *kept, *told_of, *kept_of;
    uint64_t words, slots;

    turn->public_seq = event->seq;
    turn->public_sub = event->sub;
    turn->last_at = engine->bus.at - event->granules;
    turn->n_public++;
    if (place >= EVENTS_PLACES)
        return;
    told = &engine->type_watchers[place];
    kept = &engine->type_keepers[place];
    told_of = event_is_shared(event->type) ? told : of_instrument;
    kept_of = IS_KEPT_WHOLE(event->type) ? kept : of_instrument;
    words = (told->words & told_of->words) | (kept->words & kept_of->words);
    if (__builtin_expect(words > 1, 0)) {
        tell_many(engine, event, told, told_of, kept, kept_of);
        return;
    }
    slots = kept->bits[0] & kept_of->bits[0];
    turn->wanting.bits[0] |= slots;
    turn->wanting.words |= slots != 0;
    slots = event->type == AGON_EVENT_BAR ? has_bars : told->bits[0] & told_of->bits[0];
    if (slots != 0 && BY_CONTENT(event->type) && event->type != AGON_EVENT_BAR)
        count_by_content(engine, event, told, told_of);
    else if (slots != 0)
        slots_count_first(&engine->slots, slots);
}

/* In a backtest whose runners all read here, what nobody looks at need not be on the bus: each of
 * them is asked at each turn, and none reads on by itself. */
static inline int is_by_turns(const struct engine *engine)
{
    return engine->is_within && engine->attached.words == 1 &&
           (engine->attached.bits[0] & ~engine->following.bits[0]) == 0;
}

/* It has its numbers, and is in the hash where it is derived, and that is all. */
static inline void pass_unshown(struct engine *engine, const struct agon_event_hdr *event)
{
    engine->turn.public_seq = event->seq;
    engine->turn.public_sub = event->sub;
}

/* Is there no runner that is told of it or keeps it? Of those of the first word, which is all that
 * follow. */
static inline int is_unheard(const struct engine *engine, const struct agon_event_hdr *event)
{
    const struct slot_set *of_instrument = &engine->markets[event->instrument].watchers;
    uint32_t place = event_place(event->type);

    return is_by_turns(engine) && of_instrument->words <= 1 &&
           ((engine->type_watchers[place].bits[0] | engine->type_keepers[place].bits[0]) &
            of_instrument->bits[0]) == 0;
}

/* Not inlined: what nobody hears of needs none of it. has_bars: of a bar, bar_wanters. */
static HOT __attribute__((noinline)) void show(struct engine *engine,
                                               const struct agon_event_hdr *event,
                                               uint64_t has_bars)
{
    bus_write(&engine->bus, event);
    tell_public(engine, event, has_bars);
}

HOT void deliver_calm_bar(struct engine *engine, const struct engine_calm *calm,
                          const struct agon_bar *bar)
{
    struct runner_turn *turn = &engine->turn;

    pass_unshown(engine, &bar->hdr);
    if (calm->wanters == 0)
        return;
    bus_write(&engine->bus, &bar->hdr);
    turn->last_at = engine->bus.at - bar->hdr.granules;
    turn->n_public = 1;
    turn->wanting.bits[0] = calm->keepers;
    turn->wanting.words = calm->keepers != 0;
    slots_count_first(&engine->slots, calm->wanters);
}

HOT uint64_t deliver_wanters(const struct engine *engine, const struct agon_bar *bar)
{
    return bar_wanters(engine, &bar->hdr);
}

HOT uint64_t deliver_keepers(const struct engine *engine, const struct agon_bar *bar)
{
    return engine->type_keepers[event_place(AGON_EVENT_BAR)].bits[0] &
           engine->markets[bar->hdr.instrument].watchers.bits[0];
}

HOT void deliver_input(struct engine *engine, const struct agon_event_hdr *event)
{
    uint64_t has_bars = event->type == AGON_EVENT_BAR ? bar_wanters(engine, event) : 0;

    if (event->type == AGON_EVENT_BAR
            ? has_bars == 0 && is_by_turns(engine) &&
                  engine->markets[event->instrument].watchers.words <= 1
            : (event->type == AGON_EVENT_QUOTE || event->type == AGON_EVENT_TRADE ||
               event->type == AGON_EVENT_BOOK_SNAPSHOT || event->type == AGON_EVENT_BOOK_DELTA) &&
                  is_unheard(engine, event))
        pass_unshown(engine, event);
    else
        show(engine, event, has_bars);
}

/* What a header begins with, in one piece: read at once behind a byte that was just written, it
 * would wait for that. */
static inline void put_kind(struct agon_event_hdr *hdr, uint16_t type, uint8_t granules,
                            uint8_t sub, agon_instrument_t instrument)
{
    uint64_t word = (uint64_t)type | (uint64_t)granules << 16 | (uint64_t)sub << 24 |
                    (uint64_t)instrument << 32;

    _Static_assert(offsetof(struct agon_event_hdr, granules) == 2 &&
                       offsetof(struct agon_event_hdr, sub) == 3 &&
                       offsetof(struct agon_event_hdr, instrument) == 4 &&
                       offsetof(struct agon_event_hdr, seq) == sizeof(word) &&
                       __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                   "as it lies there");
    memcpy(hdr, &word, sizeof(word));
}

static inline void number_derived(struct engine *engine, struct agon_event_hdr *event)
{
    event->seq = engine->seq;
    event->t = engine->t;
    event->sub = ++engine->public_sub;
    REQUIRE(event->sub != 0);
    fold_output(engine, event, event_bytes(event), DERIVED);
}

/* As number_derived, of a top that has nothing behind the first of each side. */
static inline void number_quoted(struct engine *engine, struct agon_top10 *top,
                                 agon_instrument_t instrument)
{
    uint8_t sub = ++engine->public_sub;

    REQUIRE(sub != 0);
    put_kind(&top->hdr, AGON_EVENT_TOP10, sizeof(*top) / EVENT_GRANULE, sub, instrument);
    top->hdr.seq = engine->seq;
    top->hdr.t_venue = 0;
    top->hdr.t = engine->t;
    fold_sum(engine, crc32c_parts((uint32_t)engine->output_hash, top, &engine->quoted), DERIVED);
}

HOT void deliver_derived(struct engine *engine, struct agon_event_hdr *event)
{
    uint64_t has_bars = 0;

    number_derived(engine, event);
    if (event->type == AGON_EVENT_BAR) {
        has_bars = bar_wanters(engine, event);
        if (has_bars == 0 && is_by_turns(engine) &&
            engine->markets[event->instrument].watchers.words <= 1) {
            pass_unshown(engine, event);
            return;
        }
    }
    bus_write(&engine->bus, event);
    tell_public(engine, event, has_bars);
}

/* What runners keep of an instrument is what they can be asked for: where that is all, and nothing
 * else of this step has been shown to anybody, they ask when they are asked. */
static inline int may_be_late(const struct engine *engine, agon_instrument_t instrument)
{
    const struct slot_set *watchers = &engine->markets[instrument].watchers;
    const struct slot_set *tops = &engine->type_watchers[event_place(AGON_EVENT_TOP10)];
    const struct slot_set *quotes = &engine->type_watchers[event_place(AGON_EVENT_QUOTE)];

    return is_by_turns(engine) && engine->turn.n_public <= 1 && engine->turn.private.words == 0 &&
           watchers->words <= 1 && ((tops->bits[0] | quotes->bits[0]) & watchers->bits[0]) == 0;
}

int deliver_is_late(const struct engine *engine, agon_instrument_t instrument)
{
    const struct agon_event_hdr quote = {.type = AGON_EVENT_QUOTE, .instrument = instrument};

    return may_be_late(engine, instrument) && is_unheard(engine, &quote);
}

/* A top is kept as it was shown, and not when. */
static inline void forget_when(struct agon_top10 *top, agon_instrument_t instrument)
{
    put_kind(&top->hdr, AGON_EVENT_TOP10, sizeof(*top) / EVENT_GRANULE, 0, instrument);
    top->hdr.seq = 0;
    top->hdr.t_venue = 0;
    top->hdr.t = 0;
}

HOT void deliver_calm_top(struct engine *engine, agon_instrument_t instrument)
{
    struct agon_top10 *top = &engine->markets[instrument].top;

    number_quoted(engine, top, instrument);
    pass_unshown(engine, &top->hdr);
    engine->late[instrument] = (struct late_top){engine->seq, engine->t};
    engine->turn.late_seq = engine->seq;
    forget_when(top, instrument);
}

HOT void deliver_quoted_top(struct engine *engine, agon_instrument_t instrument,
                            const struct agon_level *bid, const struct agon_level *ask)
{
    struct agon_top10 *top = &engine->markets[instrument].top;

    if (bid != NULL && may_be_late(engine, instrument)) {
        engine->late_now = instrument;
        engine->late_before = engine->late[instrument];
        engine->late_bid = *bid;
        engine->late_ask = *ask;
        deliver_calm_top(engine, instrument);
        return;
    }
    engine->late[instrument].seq = 0;
    forget_when(top, instrument);
    deliver_derived(engine, &top->hdr);
    forget_when(top, instrument);
}

/* As it would lie there: the first that its step derived. */
static void date(struct agon_top10 *top, agon_instrument_t instrument, struct late_top late)
{
    top->hdr = (struct agon_event_hdr){.type = AGON_EVENT_TOP10,
                                       .granules = 6,
                                       .instrument = instrument,
                                       .seq = late.seq,
                                       .t = late.t,
                                       .sub = 1};
}

static void show_late(struct engine *engine, struct agon_top10 *top, agon_instrument_t instrument,
                      struct late_top late)
{
    if (late.seq == 0)
        return;
    date(top, instrument, late);
    show(engine, &top->hdr, 0);
}

void deliver_late(struct engine *engine, agon_instrument_t instrument)
{
    struct agon_top10 top = engine->markets[instrument].top;
    struct late_top late = engine->late[instrument];

    if (engine->late_now == instrument) {
        struct agon_top10 before = top;

        before.bid[0] = engine->late_bid;
        before.ask[0] = engine->late_ask;
        show_late(engine, &before, instrument, engine->late_before);
        engine->late_now = 0;
    }
    show_late(engine, &top, instrument, late);
    engine->late[instrument].seq = 0;
}

int engine_late_top(const void *ctx, agon_instrument_t instrument, uint64_t seq,
                    struct agon_top10 *top)
{
    const struct engine *engine = ctx;
    struct late_top late = engine->late[instrument];

    if (late.seq <= seq)
        return 0;
    *top = engine->markets[instrument].top;
    date(top, instrument, late);
    return 1;
}

void deliver_private(struct engine *engine, uint16_t id, struct agon_event_hdr *event)
{
    struct slot *slot = &engine->slots.all[id];
    const struct runner_port *runner = &engine->runners[id];

    if (engine->late_now != 0)
        deliver_late(engine, engine->late_now);
    event->seq = engine->seq;
    event->t = engine->t;
    slot_set_add(&engine->touched, id);
    slot_set_add(&engine->turn.wanting, id);
    slot_set_add(&engine->turn.private, id);
    event->sub = ++engine->private_sub[id];
    REQUIRE(event->sub != 0);
    fold_output(engine, event, event_bytes(event), id);
    if (subscription_wants_private(&slot->subscription, event))
        slot->counted++;
    if (runner->put != NULL) {
        if (runner->put(runner->ctx, event) < 0)
            engine->counters.n_private_lost++;
    } else if (runner->to_agent != NULL && evring_put(runner->to_agent, event) < 0) {
        engine->counters.n_private_lost++;
    }
}

void engine_order(const struct order *order, uint16_t reason, struct agon_order *out)
{
    *out = (struct agon_order){
        .hdr = {.type = AGON_EVENT_ORDER, .granules = 2, .instrument = order->instrument},
        .order_id = order->id,
        .client_ref = order->client_ref,
        .account = order->account,
        .reason = reason,
        .generation = order->generation,
        .state = order->state,
        .request = order->request,
        .request_state = order->request_state,
        .side = order->side,
        .type = order->type,
        .tif = order->tif,
        .px = order->px,
        .trigger_px = order->trigger_px,
        .qty = order->qty,
        .filled_qty = order->filled_qty,
        .t_expire = order->t_expire,
        .cause_seq = order->cause_seq,
        .n = order->n,
        .flags = order->flags & 0xffff,
    };
}

void deliver_order(struct engine *engine, const struct order *order, uint16_t reason)
{
    struct agon_order event;

    engine_order(order, reason, &event);
    deliver_private(engine, order->slot, &event.hdr);
}

void deliver_position(struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    const struct position *pos = ledger_position(engine->ledger, slot, instrument, 0);
    struct agon_position event = {
        .hdr = {.type = AGON_EVENT_POSITION, .granules = 1, .instrument = instrument},
        .account = engine->slots.all[slot].account,
    };

    if (pos != NULL) {
        event.account = pos->n_fills > 0 ? pos->account : event.account;
        event.qty = pos->qty;
        event.cost_amt = pos->cost_amt;
        event.realised_amt = pos->realised_amt;
    }
    deliver_private(engine, slot, &event.hdr);
}

void deliver_balance(struct engine *engine, uint16_t slot, agon_asset_t asset)
{
    deliver_balance_of(engine, slot, engine->slots.all[slot].account, asset);
}

void deliver_balance_of(struct engine *engine, uint16_t slot, agon_account_t account,
                        agon_asset_t asset)
{
    agon_amt_t total = ledger_amt(engine->ledger, account, slot, asset);
    agon_amt_t held = 0;
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, slot, &n);
    struct agon_balance event = {
        .hdr = {.type = AGON_EVENT_BALANCE, .granules = 1}, .account = account, .asset = asset};

    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, all[i].instrument);

        if (instrument == NULL ||
            engine_account(engine, &engine->slots.all[slot], instrument) != account)
            continue;
        if (instrument->quote == asset)
            held = num_add(held, all[i].working_buy_amt);
        if (instrument->base == asset && instrument_kind_has_coins(instrument->kind))
            held =
                num_add(held, num_rescale(all[i].working_sell_qty, instrument->qty_exp,
                                          instruments_asset(&engine->table, asset)->exp, NUM_UP));
    }
    held = num_add(held, engine_bound_amt(engine, &engine->slots.all[slot], account, asset));
    event.total_amt = total;
    event.held_amt = held;
    event.free_amt = num_add(total, -held);
    deliver_private(engine, slot, &event.hdr);
}

agon_amt_t engine_free_amt(const struct engine *engine, const struct slot *slot, agon_asset_t asset)
{
    return engine_free_of(engine, slot, slot->account, asset);
}

agon_amt_t engine_free_of(const struct engine *engine, const struct slot *slot,
                          agon_account_t account, agon_asset_t asset)
{
    const struct exposure_promise *promise = exposure_promise(engine, slot, account, asset);
    num128_t rest = ledger_amt(engine->ledger, account, slot->id, asset) - promise->amt;
    agon_amt_t amt = rest < NUM_MIN ? NUM_MIN : (agon_amt_t)rest;

    // Another walk, for derivatives alone.
    return promise->is_bound ? num_add(amt, -engine_bound_amt(engine, slot, account, asset)) : amt;
}

void deliver_capital(struct engine *engine, uint16_t id)
{
    const struct slot *slot = &engine->slots.all[id];
    struct agon_capital event = {
        .hdr = {.type = AGON_EVENT_CAPITAL, .granules = 1},
        .capital_amt = slot->limits.capital_amt,
        .equity_amt = engine_equity(engine, id),
        .stage = slot->stage,
        .condition = slot->condition,
        .reason = slot->condition_reason,
    };

    for (agon_account_t account = 0; account < engine->n_accounts; account++)
        event.free_amt = num_add(
            event.free_amt, engine_free_of(engine, slot, account, engine->table.base_currency));
    deliver_private(engine, id, &event.hdr);
}
