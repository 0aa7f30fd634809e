// SPDX-License-Identifier: Apache-2.0
#include "dst/script.h"

#include <stdlib.h>
#include <string.h>

#include <agon/agon.h>
#include <agon/ext/account.h>
#include <agon/ext/arena.h>
#include <agon/ext/clock.h>
#include <agon/ext/exit.h>
#include <agon/ext/instrument.h>
#include <agon/ext/orders.h>
#include <agon/ext/rng.h>

#define INSTRUMENTS 8
#define OPEN_MAX    32
#define GENERATIONS 10
#define FAILS_AFTER 400 /* events of one that fails: then every callback returns an error */
#define SKILLED     20  /* from here on: skilled, */
#define DYING       30  /* ... and from here on it fails often */
#define DIES_AFTER  100 /* events: then it errs, and still does what it does */
#define ERRORS_MAX  99  /* in a row that it lives through */
#define TIMERS      3   /* of a skilled one */
#define DRAWS       1   /* stream of agon.rng */
#define EXIT_DRAWS  2   /* ... of exit plans */
#define SKILL_DRAWS 3   /* ... of what only the skilled do */

struct script_state { /* all that on_event rests on */
    uint64_t next_ref, n_events;
    agon_px_t px[INSTRUMENTS];
};
struct script {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_rng *rng;
    const struct agon_host_account *account;
    const struct agon_host_instrument *instruments;
    const struct agon_host_exit *exits;
    const struct agon_host_clock *clock;
    struct script_state state;
    agon_ns_t t; /* of the event */
    uint32_t index, n_armed, n_errors;
    uint8_t is_doomed; /* errs until it is dead */
};

static struct {
    void (*heard)(void *ctx, const struct agon_intent *intent);
    void *ctx;
} watcher;

void script_watch(void (*heard)(void *ctx, const struct agon_intent *intent), void *ctx)
{
    watcher.heard = heard;
    watcher.ctx = ctx;
}

static void submit(struct script *self, const struct agon_intent *intent)
{
    if (watcher.heard != NULL)
        watcher.heard(watcher.ctx, intent);
    (void)self->orders->submit(self->host, intent, 1);
}

static uint64_t draw(struct script *self, uint64_t below)
{
    return self->rng->u64(self->host, DRAWS) % below;
}

static agon_px_t on_tick(const struct agon_instrument *instrument, agon_px_t px)
{
    return px - px % instrument->tick_px;
}

/* A quantity of 10 to 2,000 of the quote, or now and then of far too much. */
static agon_qty_t some_qty(struct script *self, const struct agon_instrument *instrument,
                           agon_px_t px)
{
    double notional = draw(self, 40) == 0 ? 1e6 : 10.0 + (double)draw(self, 1990);
    double one = (double)px;
    agon_qty_t qty;

    for (int i = 0; i < instrument->px_exp + instrument->qty_exp; i++)
        one /= 10.0;
    qty = (agon_qty_t)(notional / one);
    qty -= qty % instrument->lot_qty;
    return qty > 0 ? qty : instrument->lot_qty;
}

static void place(struct script *self, const struct agon_instrument *instrument, agon_px_t px)
{
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = draw(self, 2) == 0 ? AGON_BUY : AGON_SELL,
                                 .type = AGON_LIMIT,
                                 .instrument = instrument->hdr.instrument,
                                 .client_ref = ++self->state.next_ref,
                                 .qty = some_qty(self, instrument, px)};
    uint64_t how = draw(self, 10);
    // Up to 0.5 % behind the market, or through it.
    agon_px_t off = px / 200 * (agon_px_t)(1 + draw(self, 100)) / 100;

    if (how == 0)
        intent.type = AGON_MARKET;
    else if (how < 3)
        intent.tif = AGON_TIF_IOC;
    else if (how < 5)
        intent.flags = AGON_POST_ONLY;
    if (how >= 1 && how < 3)
        off = -off;
    if (how != 0)
        intent.px = on_tick(instrument, intent.side == AGON_BUY ? px - off : px + off);
    submit(self, &intent);
}

static void touch(struct script *self, const struct agon_order *order,
                  const struct agon_instrument *instrument, agon_px_t px)
{
    struct agon_intent intent = {.kind =
                                     draw(self, 2) == 0 ? AGON_INTENT_CANCEL : AGON_INTENT_REPLACE,
                                 .instrument = order->hdr.instrument,
                                 .client_ref = order->client_ref};
    agon_px_t off = px / 400 * (agon_px_t)(1 + draw(self, 100)) / 100;

    if (intent.kind == AGON_INTENT_REPLACE) {
        intent.px = on_tick(instrument, order->side == AGON_BUY ? px - off : px + off);
        intent.qty = draw(self, 2) == 0 ? order->qty : some_qty(self, instrument, px);
    }
    submit(self, &intent);
}

/* Out of what it holds, now and then: else a run ends with all money in positions. */
static void leave(struct script *self, const struct agon_instrument *instrument)
{
    struct agon_position position;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .type = AGON_MARKET,
                                 .instrument = instrument->hdr.instrument,
                                 .client_ref = ++self->state.next_ref};

    if (self->account->position(self->host, 0, instrument->hdr.instrument, &position) < 0)
        return;
    intent.side = position.qty > 0 ? AGON_SELL : AGON_BUY;
    intent.qty = position.qty > 0 ? position.qty : -position.qty;
    intent.qty -= intent.qty % instrument->lot_qty;
    if (intent.qty > 0)
        submit(self, &intent);
}

/* The same order again and again, as a broken loop sends it. */
static void stutter(struct script *self, const struct agon_instrument *instrument, agon_px_t px)
{
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .instrument = instrument->hdr.instrument,
                                 .px = on_tick(instrument, px - px / 250),
                                 .qty = some_qty(self, instrument, px)};

    for (int i = 0; i < 12; i++) {
        intent.client_ref = ++self->state.next_ref;
        submit(self, &intent);
    }
}

static uint64_t draw_exit(struct script *self, uint64_t below)
{
    return self->rng->u64(self->host, EXIT_DRAWS) % below;
}

/* A plan to leave what is held, or may be: stops near enough to be reached, targets, a time. */
static void plan_exit(struct script *self, const struct agon_instrument *instrument, agon_px_t px)
{
    struct agon_exit_plan plan = {.instrument = instrument->hdr.instrument,
                                  .side = draw_exit(self, 4) == 0 ? AGON_SELL : AGON_BUY,
                                  .client_ref = draw_exit(self, 6)};
    agon_px_t sign = plan.side == AGON_BUY ? 1 : -1;
    uint64_t what = draw_exit(self, 32);
    agon_px_t off = px / 2000 * (agon_px_t)(1 + draw_exit(self, 10));

    if ((what & 1) != 0)
        plan.stop_px = on_tick(instrument, px - sign * off);
    if ((what & 2) != 0)
        plan.trail_ppm = 200 + (uint32_t)draw_exit(self, 5000);
    if ((what & 4) != 0) {
        plan.take_px[0] = on_tick(instrument, px + sign * off);
        plan.take_px[1] = on_tick(instrument, plan.take_px[0] + sign * (px / 1000));
        plan.take_ppm[0] = 1 + (uint32_t)draw_exit(self, 500000);
        plan.take_ppm[1] = (uint32_t)draw_exit(self, 500000);
    }
    if ((what & 8) != 0)
        plan.t_exit = self->t + (agon_ns_t)draw_exit(self, 20) * 1000000000;
    if ((what & 16) != 0)
        plan.qty = some_qty(self, instrument, px);
    if (draw_exit(self, 40) == 0) // nonsense
        plan.even_offset_px = INT64_MIN;
    (void)self->exits->set(self->host, &plan);
}

static void act(struct script *self, agon_instrument_t id, agon_px_t px)
{
    struct agon_order open[OPEN_MAX];
    struct agon_instrument instrument;
    uint64_t what = draw(self, 100);
    int n;

    if (self->instruments->get(self->host, id, &instrument) < 0 || instrument.tick_px == 0 ||
        instrument.lot_qty == 0)
        return;
    if (draw_exit(self, 5) == 0)
        plan_exit(self, &instrument, px);
    n = self->orders->open_orders(self->host, open, OPEN_MAX);
    if (what < 5) {
        leave(self, &instrument);
    } else if (what < 7) {
        struct agon_intent all = {.kind = AGON_INTENT_CANCEL_ALL, .instrument = id};

        submit(self, &all);
    } else if (what == 7) {
        stutter(self, &instrument, px);
    } else if (what < 45 && n > 0) {
        const struct agon_order *order = &open[draw(self, (uint64_t)(n < OPEN_MAX ? n : OPEN_MAX))];

        if (order->hdr.instrument == id)
            touch(self, order, &instrument, px);
    } else {
        place(self, &instrument, px);
    }
}

/* --- what the skilled do besides --- */

static uint64_t draw_skill(struct script *self, uint64_t below)
{
    return self->rng->u64(self->host, SKILL_DRAWS) % below;
}

static agon_qty_t held_of(struct script *self, agon_instrument_t id)
{
    struct agon_position position;

    return self->account->position(self->host, 0, id, &position) < 0 ? 0 : position.qty;
}

/* A way out of what is held, by every means that a plan has, near enough to be reached: targets in
 * parts, a stop that follows from a price on, one that goes to the entry. */
static void plan_in_full(struct script *self, const struct agon_instrument *instrument,
                         agon_px_t px, uint64_t client_ref)
{
    agon_qty_t held_qty = held_of(self, instrument->hdr.instrument);
    struct agon_exit_plan plan = {.instrument = instrument->hdr.instrument,
                                  .side = held_qty < 0 ? AGON_SELL : AGON_BUY,
                                  .client_ref = client_ref};
    agon_px_t sign = plan.side == AGON_BUY ? 1 : -1;
    uint64_t what = draw_skill(self, 16);
    agon_px_t off = px / 10000 * (agon_px_t)(1 + draw_skill(self, 12));

    if ((what & 1) != 0) {
        plan.entry_px = px;
        plan.even_px = draw_skill(self, 2) == 0 ? off : 0;
        plan.even_ppm = plan.even_px == 0 ? 100 + (uint32_t)draw_skill(self, 1000) : 0;
        // Below the distance at which it goes there; now and then on the losing side.
        plan.even_offset_px =
            (draw_skill(self, 4) == 0 ? -off : off) / 100 * (agon_px_t)draw_skill(self, 100);
    }
    if ((what & 2) != 0) {
        plan.trail_from_px = on_tick(instrument, px + sign * off);
        plan.trail_ppm = 100 + (uint32_t)draw_skill(self, 2000);
    }
    for (int i = 0; (what & 4) != 0 && i < 3; i++) {
        plan.take_px[i] = on_tick(instrument, px + sign * off * (i + 1));
        plan.take_ppm[i] = 100000 + (uint32_t)draw_skill(self, 230000);
    }
    if ((what & 8) != 0 || what == 0)
        plan.stop_px = on_tick(instrument, px - sign * off * 2);
    if (draw_skill(self, 3) == 0)
        plan.qty = some_qty(self, instrument, px);
    (void)self->exits->set(self->host, &plan);
}

/* Most of what is held is promised to an order that stands away from the market. */
static void promise(struct script *self, const struct agon_instrument *instrument, agon_px_t px)
{
    agon_qty_t held_qty = held_of(self, instrument->hdr.instrument);
    agon_px_t off = px / 1000 * (agon_px_t)(1 + draw_skill(self, 8));
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = held_qty > 0 ? AGON_SELL : AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .flags = AGON_POST_ONLY,
                                 .instrument = instrument->hdr.instrument,
                                 .client_ref = ++self->state.next_ref,
                                 .px = on_tick(instrument, held_qty > 0 ? px + off : px - off)};

    intent.qty = (held_qty > 0 ? held_qty : -held_qty) / 10 * (agon_qty_t)(6 + draw_skill(self, 5));
    intent.qty -= intent.qty % instrument->lot_qty;
    if (intent.qty > 0)
        submit(self, &intent);
}

/* The same target several times, before any order for it can have filled. */
static void aim(struct script *self, const struct agon_instrument *instrument, agon_px_t px)
{
    struct agon_intent intent = {.kind = AGON_INTENT_TARGET,
                                 .type = draw_skill(self, 2) == 0 ? AGON_LIMIT : 0,
                                 .instrument = instrument->hdr.instrument,
                                 .qty = some_qty(self, instrument, px)};
    uint64_t how = draw_skill(self, 8);

    if (how == 0)
        intent.qty = 0;
    else if (how < 4 && instrument->kind != AGON_SPOT)
        intent.qty = -intent.qty;
    if (intent.type == AGON_LIMIT)
        intent.px = on_tick(instrument, px);
    for (uint64_t n = 1 + draw_skill(self, 3); n > 0; n--) {
        intent.client_ref = ++self->state.next_ref;
        submit(self, &intent);
    }
}

/* Both sides near the market, by names that are always the same. */
static void quote(struct script *self, const struct agon_instrument *instrument, agon_px_t px)
{
    struct agon_intent legs[2];

    for (int i = 0; i < 2; i++) {
        agon_px_t off = px / 20000 * (agon_px_t)(1 + draw_skill(self, 20));

        legs[i] = (struct agon_intent){.kind = AGON_INTENT_QUOTE,
                                       .side = i == 0 ? AGON_BUY : AGON_SELL,
                                       .type = AGON_LIMIT,
                                       .instrument = instrument->hdr.instrument,
                                       .client_ref =
                                           (uint64_t)instrument->hdr.instrument << 32 | (uint64_t)i,
                                       .px = on_tick(instrument, i == 0 ? px - off : px + off),
                                       .qty = some_qty(self, instrument, px)};
        if (draw_skill(self, 12) == 0)
            legs[i].qty = 0;
        if (watcher.heard != NULL)
            watcher.heard(watcher.ctx, &legs[i]);
    }
    (void)self->orders->submit(self->host, legs, 2);
}

/* Through the market, and through what others of the account may have there. */
static void take(struct script *self, const struct agon_instrument *instrument, agon_px_t px)
{
    agon_qty_t held_qty = held_of(self, instrument->hdr.instrument);
    agon_px_t off = px / 1000 * (agon_px_t)(1 + draw_skill(self, 5));
    int is_sell = held_qty > 0 && draw_skill(self, 3) != 0;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = is_sell ? AGON_SELL : AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .tif = AGON_TIF_IOC,
                                 .instrument = instrument->hdr.instrument,
                                 .client_ref = ++self->state.next_ref,
                                 .px = on_tick(instrument, is_sell ? px - off : px + off),
                                 .qty = some_qty(self, instrument, px)};

    if (is_sell && intent.qty > held_qty)
        intent.qty = held_qty - held_qty % instrument->lot_qty;
    if (intent.qty > 0)
        submit(self, &intent);
}

static void act_skilled(struct script *self, agon_instrument_t id, agon_px_t px)
{
    struct agon_instrument instrument;
    uint64_t what = draw_skill(self, 100);

    if (px <= 0)
        return; // nothing was traded since it began
    if (self->n_armed < TIMERS && draw_skill(self, 4) == 0 &&
        self->clock->arm(self->host, self->t + (agon_ns_t)draw_skill(self, 1000) * 1000000,
                         (agon_ns_t)(100 + draw_skill(self, 900)) * 1000000, id) > 0)
        self->n_armed++;
    if (what >= 80 || self->instruments->get(self->host, id, &instrument) < 0 ||
        instrument.tick_px == 0 || instrument.lot_qty == 0)
        act(self, id, px);
    else if (what < 25)
        plan_in_full(self, &instrument, px, draw_skill(self, 6));
    else if (what < 33)
        promise(self, &instrument, px);
    else if (what < 45)
        aim(self, &instrument, px);
    else if (what < 55)
        take(self, &instrument, px);
    else if (what < 59)
        stutter(self, &instrument, px);
    else
        quote(self, &instrument, px);
}

/* What it had planned happens: some would rather have it otherwise, and who is dying lives no
 * longer. */
static void on_fired(struct script *self, const struct agon_exit *exit)
{
    agon_px_t px = exit->hdr.instrument < INSTRUMENTS ? self->state.px[exit->hdr.instrument] : 0;
    struct agon_instrument instrument;

    if (exit->state != AGON_EXIT_FIRED || px == 0 ||
        self->instruments->get(self->host, exit->hdr.instrument, &instrument) < 0 ||
        instrument.tick_px == 0 || instrument.lot_qty == 0)
        return;
    self->is_doomed = 1;
    if (draw_skill(self, 2) == 0)
        plan_in_full(self, &instrument, px, exit->client_ref);
}

static int is_failing(const struct script *self)
{
    return self->index >= GENERATIONS && self->index < SKILLED &&
           self->state.n_events > FAILS_AFTER;
}

/* One that is dying errs up to the last time that it may, and goes on, or does not. */
static int errs(struct script *self)
{
    if (self->index < DYING || self->state.n_events <= DIES_AFTER)
        return AGON_OK;
    if (self->n_errors < ERRORS_MAX || self->is_doomed) {
        self->n_errors++;
        return AGON_EIO;
    }
    self->n_errors = 0;
    self->is_doomed = draw_skill(self, 3) == 0;
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct script *self = plugin;
    const struct agon_trade *trade = (const struct agon_trade *)(const void *)event;
    int is_skilled = self->index >= SKILLED;
    void (*does)(struct script *, agon_instrument_t, agon_px_t) = is_skilled ? act_skilled : act;

    (void)nth;
    self->state.n_events++;
    self->t = event->t;
    if (is_failing(self))
        return AGON_EIO;
    if (event->type == AGON_EVENT_EXIT)
        on_fired(self, (const struct agon_exit *)(const void *)event);
    if (event->type == AGON_EVENT_TRADE && event->instrument < INSTRUMENTS)
        self->state.px[event->instrument] = trade->px;
    // On a fill more often than on a trade: there is a position to care for.
    if (event->type == AGON_EVENT_FILL && draw(self, 4) == 0)
        does(self, event->instrument, self->state.px[event->instrument % INSTRUMENTS]);
    else if (event->type == AGON_EVENT_TRADE && draw(self, is_skilled ? 10 : 24) == 0)
        does(self, event->instrument, trade->px);
    return errs(self);
}

static int on_start(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct script *)plugin)->state, sizeof(struct script_state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct script_state state;
    int rc = schema == 1 ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc >= 0)
        ((struct script *)plugin)->state = state;
    return rc;
}

static void destroy(void *plugin)
{
    (void)plugin; // its memory is the arena's
}

static int create_index(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct agon_agent mine = {.size = sizeof(mine),
                              .on_start = on_start,
                              .on_event = on_event,
                              .save_state = save_state,
                              .load_state = load_state,
                              .destroy = destroy};
    struct script *self = arena != NULL ? arena->take(host, sizeof(*self), 16) : NULL;

    if (self == NULL)
        return AGON_ENOMEM;
    memset(self, 0, sizeof(*self));
    self->host = host;
    self->index = index;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->rng = host->get_extension(host, AGON_EXT_RNG);
    self->account = host->get_extension(host, AGON_EXT_ACCOUNT);
    self->instruments = host->get_extension(host, AGON_EXT_INSTRUMENT);
    self->exits = host->get_extension(host, AGON_EXT_EXIT);
    self->clock = index >= SKILLED ? host->get_extension(host, AGON_EXT_CLOCK) : NULL;
    if ((index >= SKILLED && self->clock == NULL) || self->exits == NULL || self->orders == NULL ||
        self->rng == NULL || self->account == NULL || self->instruments == NULL)
        return AGON_ENOTSUP;
    mine.self = self;
    return agon_agent_set(agent, &mine);
}

static int create_trader(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    (void)index;
    return create_index(host, 0, agent);
}

static int create_failing(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    (void)index;
    return create_index(host, GENERATIONS, agent);
}

static int create_skilled(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    (void)index;
    return create_index(host, SKILLED, agent);
}

static int create_dying(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    (void)index;
    return create_index(host, DYING, agent);
}

static const char *const requires_ext[] = {AGON_EXT_ARENA,   AGON_EXT_ORDERS,     AGON_EXT_RNG,
                                           AGON_EXT_ACCOUNT, AGON_EXT_INSTRUMENT, AGON_EXT_EXIT};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS,
    .kind = AGON_STRATEGY,
    .id = "org.agon.script",
    .name = "Script",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "Trades at random, in every way that there is.",
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = 1,
    .state_schema_oldest = 1,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_STATUS) |
                  AGON_ON(AGON_EVENT_HALT) | AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_CAPITAL) | AGON_ON(AGON_EVENT_BAR),
    .arena_bytes = 4096};
static const struct agon_descriptor *const descriptors[] = {&descriptor};
static const struct agon_entry trader = {.size = sizeof(struct agon_entry),
                                         .abi_major = AGON_ABI_MAJOR,
                                         .abi_minor = AGON_ABI_MINOR,
                                         .n_plugins = 1,
                                         .plugins = descriptors,
                                         .create = create_trader};
static const struct agon_entry failing = {.size = sizeof(struct agon_entry),
                                          .abi_major = AGON_ABI_MAJOR,
                                          .abi_minor = AGON_ABI_MINOR,
                                          .n_plugins = 1,
                                          .plugins = descriptors,
                                          .create = create_failing};

static const char *const skilled_ext[] = {AGON_EXT_ARENA,   AGON_EXT_ORDERS,     AGON_EXT_RNG,
                                          AGON_EXT_ACCOUNT, AGON_EXT_INSTRUMENT, AGON_EXT_EXIT,
                                          AGON_EXT_CLOCK};
static const struct agon_descriptor skilled_descriptor = {
    .size = sizeof(skilled_descriptor),
    .caps = AGON_DETERMINISTIC | AGON_ADOPTS_ORDERS,
    .kind = AGON_STRATEGY,
    .id = "org.agon.script",
    .name = "Script",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "Trades at random, and knows targets, quotes, timers and plans in full.",
    .requires_ext = skilled_ext,
    .n_requires = sizeof(skilled_ext) / sizeof(skilled_ext[0]),
    .state_schema = 1,
    .state_schema_oldest = 1,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_STATUS) |
                  AGON_ON(AGON_EVENT_HALT) | AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_CAPITAL) | AGON_ON(AGON_EVENT_BAR) |
                  AGON_ON(AGON_EVENT_TIMER) | AGON_ON(AGON_EVENT_EXIT),
    .arena_bytes = 4096};
static const struct agon_descriptor *const skilled_descriptors[] = {&skilled_descriptor};
static const struct agon_entry skilled = {.size = sizeof(struct agon_entry),
                                          .abi_major = AGON_ABI_MAJOR,
                                          .abi_minor = AGON_ABI_MINOR,
                                          .n_plugins = 1,
                                          .plugins = skilled_descriptors,
                                          .create = create_skilled};
static const struct agon_entry dying = {.size = sizeof(struct agon_entry),
                                        .abi_major = AGON_ABI_MAJOR,
                                        .abi_minor = AGON_ABI_MINOR,
                                        .n_plugins = 1,
                                        .plugins = skilled_descriptors,
                                        .create = create_dying};

const struct agon_entry *script_entry(void *ctx, const char *path)
{
    (void)ctx;
    if (strncmp(path, "skilled-", 8) == 0)
        return &skilled;
    if (strncmp(path, "dying-", 6) == 0)
        return &dying;
    if (strncmp(path, "trader-", 7) == 0)
        return &trader;
    return strncmp(path, "failing-", 8) == 0 ? &failing : NULL;
}
