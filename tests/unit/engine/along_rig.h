// SPDX-License-Identifier: Apache-2.0
/* along_rig: plays bars on paper with what slots want behind each, for the programs that test what
 * the host's exits and loss limits do along the path inside a bar. A perpetual without fees, ticks
 * of 0.01: prices here are in ticks, 10000 is 100 dollars, and 100000 of quantity is one coin. The
 * quote is one tick wide. */
#ifndef TESTS_UNIT_ENGINE_ALONG_RIG_H
#define TESTS_UNIT_ENGINE_ALONG_RIG_H

struct world;
static void add_bars(struct world *world);
#define WORLD_MORE add_bars
#include "world.h"

#define MINUTE ((agon_ns_t)60000 * MS)
#define COIN   100000

enum { BARS = 3 };

static inline void add_bars(struct world *world)
{
    struct agon_instrument made = world_instrument(BTCUSDT);

    made.hdr.instrument = BARS;
    made.kind = INSTRUMENT_LINEAR;
    made.min_notional_amt = 0;
    made.maker_fee_ppb = made.taker_fee_ppb = 0;
    snprintf(made.symbol, sizeof(made.symbol), "BARSUSDT");
    ck_assert_int_eq(world_step(world, &made), AGON_OK);
}

struct bar {
    agon_px_t open, high, low, close;
};
/* A wish of a slot, behind the step of the quote or the bar of that number. */
struct wish {
    uint16_t behind; /* AGON_EVENT_QUOTE, AGON_EVENT_BAR */
    int n;
    uint16_t slot;
    struct agon_intent intent; /* kind 0: a plan */
    struct agon_exit_plan plan;
};
struct play {
    const struct bar *bars; /* until open 0; the first is number 0 */
    const struct wish *wishes;
    uint8_t path;
    uint32_t slippage_ppm, touch_ppm;
    int64_t entry_ns, report_ns, data_ns;
    agon_amt_t daily_loss_amt;
    uint32_t drawdown_ppm;
    agon_amt_t portfolio_loss_amt;
    uint32_t band_ppm; /* 0: no limit's price is too far away for the venue */
    int has_marks;     /* the venue tells its mark price in the middle of each bar */
};
#define WISHES_END                                                                                 \
    {                                                                                              \
        .behind = 0                                                                                \
    }
#define ORDER(s, q)                                                                                \
    {                                                                                              \
        .kind = AGON_INTENT_ORDER, .side = (s), .type = AGON_MARKET, .qty = (q)                    \
    }
#define REST(s, q, p)                                                                              \
    {                                                                                              \
        .kind = AGON_INTENT_ORDER, .side = (s), .type = AGON_LIMIT, .qty = (q), .px = (p)          \
    }

static struct world *world;
static const struct play *playing;
static struct agon_quote quotes[16];
static struct agon_bar rows[16];
static struct agon_value marks[16];
static int at_row, n_rows, n_quotes, n_bars;
static struct {
    uint16_t type;
    uint8_t kind;
    agon_ns_t t;
} order_of[4096];
static int n_order;

static inline const struct agon_event_hdr *next_row(void *ctx)
{
    int at = at_row++;

    (void)ctx;
    if (at % 3 == 1 && !playing->has_marks)
        at = at_row++;
    if (at >= 3 * n_rows)
        return NULL;
    return at % 3 == 0 ? &quotes[at / 3].hdr : at % 3 == 1 ? &marks[at / 3].hdr : &rows[at / 3].hdr;
}

static inline void make_rows(const struct bar *bars, const struct match_bars *config)
{
    at_row = 0;
    for (n_rows = 0; bars[n_rows].open != 0; n_rows++) {
        agon_ns_t t = T0 + (n_rows + 1) * MINUTE;

        quotes[n_rows] = (struct agon_quote){
            .hdr = {AGON_EVENT_QUOTE, 1, 0, BARS, 0, t, t}, .bid_qty = 1000, .ask_qty = 1000};
        match_bars_quote(config, instruments_get(engine_instruments(world->engine), BARS),
                         bars[n_rows].open, &quotes[n_rows].bid_px, &quotes[n_rows].ask_px);
        marks[n_rows] = (struct agon_value){
            .hdr = {AGON_EVENT_MARK, 1, 0, BARS, 0, t + MINUTE / 2, t + MINUTE / 2},
            .value = bars[n_rows].open};
        rows[n_rows] =
            (struct agon_bar){.hdr = {AGON_EVENT_BAR, 2, 0, BARS, 0, t + MINUTE, t + MINUTE},
                              .t_open = t,
                              .length_s = 60,
                              .open_px = bars[n_rows].open,
                              .high_px = bars[n_rows].high,
                              .low_px = bars[n_rows].low,
                              .close_px = bars[n_rows].close,
                              .volume_qty = 1000 * COIN};
    }
}

static inline void put(const struct wish *wish, uint64_t seq, uint64_t n)
{
    struct evring *ring = &world->slots[wish->slot].from_in;
    struct agon_intent_event order = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BARS},
        .origin = {.cause_seq = seq, .n = (uint32_t)n, .n_legs = 1},
        .intent = wish->intent};
    struct agon_exit_event plan = {
        .hdr = {.type = AGON_EVENT_EXIT_PLAN, .granules = 4, .instrument = BARS},
        .origin = {.cause_seq = seq, .n = (uint32_t)n, .n_legs = 1},
        .plan = wish->plan};

    order.intent.instrument = plan.plan.instrument = BARS;
    order.intent.client_ref = n + 1;
    ck_assert_int_eq(evring_put(ring, wish->intent.kind != 0 ? &order.hdr : &plan.hdr), AGON_OK);
}

// Half a bar is a state like any other: what is saved there is what is loaded.
static inline void comes_back(void)
{
    static unsigned char bytes[4 << 20];
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    unsigned char here[HASH_SIZE], there[HASH_SIZE];
    uint64_t n = engine_save(world->engine, bytes, sizeof(bytes));
    struct engine *again;
    struct error err = {0};

    ck_assert_uint_le(n, sizeof(bytes));
    ck_assert_int_eq(engine_new(&again, &config, &err), AGON_OK);
    ck_assert_msg(engine_load(again, bytes, n, &err) == AGON_OK, "%s", err.text);
    world_hash(world, here);
    ck_assert_int_eq(engine_hash(again, there), AGON_OK);
    ck_assert_mem_eq(here, there, HASH_SIZE);
    engine_free(again);
}

static inline int on_step(void *ctx, const struct agon_event_hdr *event, int rc)
{
    const struct record_path *path = (const struct record_path *)(const void *)event;
    int n = event->type == AGON_EVENT_QUOTE ? n_quotes++
            : event->type == AGON_EVENT_BAR ? n_bars++
                                            : -1;

    (void)ctx;
    ck_assert_msg(rc == AGON_OK, "type %u: %d", event->type, rc);
    ck_assert_int_lt(n_order, 4096);
    order_of[n_order].type = event->type;
    order_of[n_order].kind = event->type == EVENT_PATH ? path->kind : 0;
    order_of[n_order++].t = event->t;
    memcpy(world->record + world->n_record, event, event_bytes(event));
    world->n_record += event_bytes(event);
    world_holds(world);
    if (event->type == AGON_EVENT_EXIT_PLAN)
        comes_back();
    for (uint64_t i = 0; playing->wishes[i].behind != 0; i++) {
        if (playing->wishes[i].behind == event->type && playing->wishes[i].n == n)
            put(&playing->wishes[i], event->seq, i);
    }
    return AGON_OK;
}

static inline void play(const struct play *what)
{
    struct paper_config paper_config = {.entry_ns = what->entry_ns, .report_ns = what->report_ns};
    struct record_step step = {.hdr = {.type = EVENT_CONFIG, .granules = 1, .instrument = BARS},
                               .kind = CONFIG_STEP,
                               .is_bars = STEP_PATHS,
                               .step_ns = MINUTE};
    struct record_portfolio portfolio = {.hdr = {.type = EVENT_CONFIG, .granules = 2},
                                         .kind = CONFIG_PORTFOLIO,
                                         .limits = {.daily_loss_amt = what->portfolio_loss_amt}};
    struct lockstep_source source = {.next = next_row};
    struct lockstep_config config = {
        .sources = &source, .n_sources = 1, .data_latency_ns = what->data_ns, .on_step = on_step};
    struct rules rules = {.market = RULES_UM, .band_minutes = 5};
    struct lockstep_result result;
    struct match_bars bars;
    struct venue_port port;
    struct error err = {0};

    playing = what;
    for (int side = AGON_BUY; side <= AGON_SELL; side++) {
        rules.up_ppm[side] = 1000000 + what->band_ppm;
        rules.down_ppm[side] = 1000000 - what->band_ppm;
    }
    n_order = n_quotes = n_bars = 0;
    world = world_new(RUN_BACKTEST);
    match_bars_defaults(&bars);
    bars.spread_ppm = bars.drift_ppm = 0;
    bars.path = what->path;
    bars.slippage_ppm = what->slippage_ppm;
    bars.touch_ppm = what->touch_ppm;
    for (uint16_t id = 0; id < 2; id++) {
        struct record_slot slot = world_slot_record(id);

        slot.subscription.n_instruments = 1;
        slot.subscription.instruments[0] = BARS;
        slot.limits.leverage = 2;
        slot.limits.daily_loss_amt = what->daily_loss_amt;
        slot.limits.drawdown_ppm = what->drawdown_ppm;
        slot.limits.collar_passive_ppm = 1000000;
        slot.limits.collar_marketable_ppm = 1000; // what an order may lose at once counts, too
        if (what->slippage_ppm != 0)
            slot.limits.collar_marketable_ppm = 20000;
        ck_assert_int_eq(world_step(world, &slot), AGON_OK);
    }
    if (what->portfolio_loss_amt != 0)
        ck_assert_int_eq(world_step(world, &portfolio), AGON_OK);
    ck_assert_int_eq(world_step(world, &step), AGON_OK);
    config.engine = world->engine;
    config.paper = paper_new(&paper_config, engine_instruments(world->engine));
    ck_assert_ptr_nonnull(config.paper);
    ck_assert_int_eq(paper_add(config.paper, BARS), AGON_OK);
    ck_assert_int_eq(paper_set_bars(config.paper, BARS, &bars), AGON_OK);
    if (what->band_ppm != 0)
        ck_assert_int_eq(match_set_rules(paper_match(config.paper), BARS, &rules), AGON_OK);
    port = paper_port(config.paper);
    engine_attach_venue(world->engine, 0, &port);
    make_rows(what->bars, &bars);
    ck_assert_msg(lockstep_run(&config, &result, &err) == AGON_OK, "%s", err.text);
    // Whatever happened: the journal alone comes to the same.
    world_replays(world);
    paper_free(config.paper);
}

static inline void end(void)
{
    world_free(world);
    world = NULL;
}

// The slot's fill of that number; qty 0: there is none.
static inline struct agon_fill fill_of(uint16_t slot, int n)
{
    for (uint32_t i = 0; i < world->slots[slot].n_told; i++) {
        const struct told *told = &world->slots[slot].told[i];

        if (told->u.hdr.type == AGON_EVENT_FILL && n-- == 0)
            return told->u.fill;
    }
    return (struct agon_fill){0};
}

static inline agon_px_t px_of(uint16_t slot, int n)
{
    return fill_of(slot, n).px;
}

static inline agon_qty_t held(uint16_t slot)
{
    const struct position *pos = ledger_position(engine_ledger(world->engine), slot, BARS, 0);

    return pos == NULL ? 0 : pos->qty;
}

// When bar n closes.
static inline agon_ns_t close_of(int n)
{
    return T0 + (n + 2) * MINUTE;
}

#endif
