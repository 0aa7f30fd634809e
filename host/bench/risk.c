// SPDX-License-Identifier: Apache-2.0
/* risk: the gate that every order passes, and the whole way of an intent through the engine:
 * checked and numbered, the view made, every check asked, the order entered, money held back, the
 * command handed to the venue's port, slot and bus told. The yardstick is the chain of checks
 * alone, inlined over one flat struct. And a price of what every slot holds, by which each is
 * valued and judged, with every loss limit and with none. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/rng.h"
#include "bench/table.h"
#include "bench/world.h"

#define AGENTS      20
#define INSTRUMENTS 32
#define VIEWS       (AGENTS * INSTRUMENTS)
#define INTENTS     4096
#define BATCH       16 /* intents between two rounds of clearing up */

struct flat { /* what the bare chain looks at: one agent and instrument */
    int64_t tokens, t_tokens, tick, lot, min_qty, max_order, max_position, bid, ask, held, working,
        free_amt, equity, day, high;
    uint8_t killed, trades, allowed, halted;
    uint32_t n_open, max_open, band;
};
struct risk {
    struct risk_view views[VIEWS];
    struct flat flats[VIEWS];
    struct risk_slot slots[AGENTS];
    struct slot_limits limits;
    struct agon_instrument instruments[INSTRUMENTS];
    struct agon_intent intents[INTENTS];
    uint16_t where[INTENTS]; /* which view */
    uint64_t gate_at, bare_at;
    struct world world;
    struct order_cmd cmds[BATCH];
    uint32_t n_cmds;
    uint64_t intent_at, n_refused, n_wrong;
    uint64_t ref;
};

static uint64_t run_gate(void *ctx, uint64_t n)
{
    struct risk *risk = ctx;
    uint64_t passed = 0;

    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = risk->gate_at++ % INTENTS;
        struct risk_view *view = &risk->views[risk->where[at]];

        view->t += 1000;
        view->fingerprint = risk_fingerprint(&risk->intents[at]); // as the engine does it, once
        passed += risk_judge(view, &risk->intents[at]) == REASON_NONE;
    }
    return passed;
}

static inline int bare_chain(struct flat *flat, const struct agon_intent *intent, int64_t t)
{
    int64_t notional = intent->px * intent->qty / 10;
    int64_t mid = (flat->bid + flat->ask) / 2;
    int64_t off = intent->px > mid ? intent->px - mid : mid - intent->px;
    int64_t reach = flat->held + (intent->side == AGON_BUY ? flat->working + intent->qty
                                                           : -flat->working - intent->qty);
    int64_t tokens;

    if (flat->killed || !flat->trades || !flat->allowed || flat->halted)
        return 0;
    if (intent->px % flat->tick != 0 || intent->qty % flat->lot != 0 || intent->qty < flat->min_qty)
        return 0;
    if (notional > flat->max_order || off * 1000000 > mid * flat->band)
        return 0;
    if ((reach < 0 ? -reach : reach) * mid / 10 > flat->max_position)
        return 0;
    if (intent->side == AGON_BUY && notional > flat->free_amt)
        return 0;
    if (flat->n_open >= flat->max_open || flat->day - flat->equity >= flat->day / 10 ||
        (flat->high - flat->equity) * 5 >= flat->high)
        return 0;
    tokens = flat->tokens + (t - flat->t_tokens) * 10;
    if (tokens > 1000000000)
        tokens = 1000000000;
    if (tokens < 1000000)
        return 0;
    flat->tokens = tokens - 1000000;
    flat->t_tokens = t;
    return 1;
}

static uint64_t run_bare(void *ctx, uint64_t n)
{
    struct risk *risk = ctx;
    uint64_t passed = 0;

    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = risk->bare_at++ % INTENTS;

        passed += (uint64_t)bare_chain(&risk->flats[risk->where[at]], &risk->intents[at],
                                       WORLD_T0 + (int64_t)risk->bare_at * 1000);
    }
    return passed;
}

static void make_views(struct risk *risk)
{
    risk->limits = (struct slot_limits){.order_amt = (agon_amt_t)500000 * 100000000,
                                        .position_amt = (agon_amt_t)1000000 * 100000000,
                                        .daily_loss_amt = (agon_amt_t)100000 * 100000000,
                                        .drawdown_ppm = 200000,
                                        .collar_marketable_ppm = 20000,
                                        .collar_passive_ppm = 100000,
                                        .max_open_orders = 50,
                                        .orders_per_s = 10000000,
                                        .orders_burst = 1000,
                                        .duplicate_window_ms = 1000,
                                        .duplicate_max = 1000};
    for (uint32_t i = 0; i < INSTRUMENTS; i++)
        world_instrument(&risk->instruments[i], i + 1);
    for (uint32_t i = 0; i < AGENTS; i++)
        risk_slot_start(&risk->slots[i], (agon_amt_t)1000000 * 100000000);
    for (uint32_t i = 0; i < VIEWS; i++) {
        risk->views[i] = (struct risk_view){.t = WORLD_T0,
                                            .slot = &risk->slots[i / INSTRUMENTS],
                                            .instrument = &risk->instruments[i % INSTRUMENTS],
                                            .may_trade = 1,
                                            .is_authorised = 1,
                                            .trading = TRADING_OPEN,
                                            .is_book_live = 1,
                                            .n_open = 3,
                                            .bid_px = WORLD_PX,
                                            .ask_px = WORLD_PX + 1,
                                            .last_px = WORLD_PX,
                                            .judge_px = WORLD_PX - 100,
                                            .notional_amt = (agon_amt_t)600 * 100000000,
                                            .position_amt = (agon_amt_t)1200 * 100000000,
                                            .free_amt = (agon_amt_t)900000 * 100000000,
                                            .cost_amt = (agon_amt_t)601 * 100000000,
                                            .free_qty = 100000,
                                            .limits = &risk->limits};
        risk->flats[i] = (struct flat){.tokens = 1000000000,
                                       .t_tokens = WORLD_T0,
                                       .tick = 1,
                                       .lot = 1,
                                       .min_qty = 1,
                                       .max_order = (int64_t)500000 * 100000000,
                                       .max_position = (int64_t)1000000 * 100000000,
                                       .bid = WORLD_PX,
                                       .ask = WORLD_PX + 1,
                                       .free_amt = (int64_t)900000 * 100000000,
                                       .equity = (int64_t)1000000 * 100000000,
                                       .day = (int64_t)1000000 * 100000000,
                                       .high = (int64_t)1000000 * 100000000,
                                       .trades = 1,
                                       .allowed = 1,
                                       .n_open = 3,
                                       .max_open = 50,
                                       .band = 100000};
    }
}

static void make_intents(struct risk *risk)
{
    struct rng rng;

    rng_init(&rng, 5);
    for (uint32_t i = 0; i < INTENTS; i++) {
        struct agon_intent *intent = &risk->intents[i];

        risk->where[i] = (uint16_t)rng_below(&rng, VIEWS);
        *intent = (struct agon_intent){
            .kind = AGON_INTENT_ORDER,
            .side = AGON_BUY,
            .type = AGON_LIMIT,
            .tif = AGON_TIF_GTC,
            .instrument = 1 + risk->where[i] % INSTRUMENTS,
            .px = WORLD_PX - 100 - (agon_px_t)rng_below(&rng, 1000),
            .qty = 1000,
        };
        // One in 64 is too far from the market, and refused by either side.
        if (i % 64 == 0)
            intent->px = WORLD_PX / 2;
    }
}

/* --- the whole way --- */

static int on_send(void *ctx, const struct order_cmd *cmd)
{
    struct risk *risk = ctx;

    if (risk->n_cmds < BATCH)
        risk->cmds[risk->n_cmds++] = *cmd;
    return AGON_OK;
}

static uint64_t run_intent(void *ctx, uint64_t n)
{
    struct risk *risk = ctx;

    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = risk->intent_at++ % INTENTS;
        uint16_t slot = risk->where[at] / INSTRUMENTS;
        struct agon_intent_event event = {.hdr = {.type = AGON_EVENT_INTENT,
                                                  .granules = 2,
                                                  .instrument = risk->intents[at].instrument,
                                                  .t = engine_t(risk->world.engine) + 1000},
                                          .origin = {.slot = slot, .generation = 1, .n_legs = 1},
                                          .intent = risk->intents[at]};

        event.intent.client_ref = ++risk->ref;
        if (engine_step(risk->world.engine, &event.hdr) < 0)
            risk->n_wrong++;
    }
    return n;
}

// The venue gives all of them back, so that the next batch finds the same world.
static void clear_up(void *ctx)
{
    struct risk *risk = ctx;

    risk->world.t = engine_t(risk->world.engine);
    for (uint32_t i = 0; i < risk->n_cmds; i++)
        world_expire(&risk->world, &risk->cmds[i]);
    risk->n_cmds = 0;
}

/* --- a price --- */

struct mark { /* every slot holds every instrument */
    struct world limited, free;
    struct order_cmd cmd;
    uint64_t n_limited, n_free, n_wrong;
};

static int on_mark_send(void *ctx, const struct order_cmd *cmd)
{
    ((struct mark *)ctx)->cmd = *cmd;
    return AGON_OK;
}

static int quote(struct world *world, agon_instrument_t id, agon_px_t px)
{
    struct agon_quote quote = {.hdr = {.type = AGON_EVENT_QUOTE, .granules = 1, .instrument = id},
                               .bid_px = px,
                               .bid_qty = 1,
                               .ask_px = px + 1,
                               .ask_qty = 1};

    world->t += 1000;
    return world_step(world, &quote.hdr);
}

static uint64_t run_mark(struct mark *mark, struct world *world, uint64_t *n_done, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = (*n_done)++;

        if (quote(world, (agon_instrument_t)(1 + at % INSTRUMENTS),
                  WORLD_PX + (agon_px_t)(at / INSTRUMENTS % 2)) < 0)
            mark->n_wrong++;
    }
    return n;
}

static uint64_t run_mark_limited(void *ctx, uint64_t n)
{
    struct mark *mark = ctx;

    return run_mark(mark, &mark->limited, &mark->n_limited, n);
}

static uint64_t run_mark_free(void *ctx, uint64_t n)
{
    struct mark *mark = ctx;

    return run_mark(mark, &mark->free, &mark->n_free, n);
}

static int buy(struct mark *mark, struct world *world, uint16_t slot, agon_instrument_t id)
{
    struct agon_intent_event event = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = id},
        .origin = {.slot = slot, .generation = 1, .n_legs = 1},
        .intent = {.kind = AGON_INTENT_ORDER,
                   .side = AGON_BUY,
                   .type = AGON_LIMIT,
                   .tif = AGON_TIF_GTC,
                   .instrument = id,
                   .client_ref = id,
                   .px = WORLD_PX + 1,
                   .qty = 1000}};
    int rc;

    mark->cmd.order_id = 0;
    rc = world_step(world, &event.hdr);
    if (rc >= 0 && mark->cmd.order_id == 0)
        rc = AGON_ESTATE; // it was refused
    return rc < 0 ? rc : world_fill(world, &mark->cmd);
}

static int open_marked(struct mark *mark, struct world *world, int has_limits, struct error *err)
{
    struct world_config config = {
        .n_instruments = INSTRUMENTS, .n_slots = AGENTS, .has_no_loss_limits = !has_limits};
    struct venue_port port = {.ctx = mark, .send = on_mark_send};
    const agon_amt_t much = (agon_amt_t)100000000 * 100000000;
    struct record_portfolio portfolio = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(portfolio) / EVENT_GRANULE},
        .kind = CONFIG_PORTFOLIO,
        .limits = {.equity_amt = 1,
                   .daily_loss_amt = much,
                   .drawdown_ppm = 500000,
                   .gross_amt = much,
                   .net_amt = much,
                   .venue_amt = much,
                   .asset_amt = much}};
    int rc = world_open(world, &config, err);

    if (rc < 0)
        return rc;
    engine_attach_venue(world->engine, 0, &port);
    if (has_limits)
        rc = world_step(world, &portfolio.hdr);
    for (agon_instrument_t id = 1; id <= INSTRUMENTS && rc >= 0; id++) {
        rc = quote(world, id, WORLD_PX);
        for (uint16_t slot = 0; slot < AGENTS && rc >= 0; slot++)
            rc = buy(mark, world, slot, id);
    }
    return rc < 0 ? error_set(err, rc, "risk: making positions: %s", error_name(rc)) : rc;
}

static int bench_mark(struct bench *bench, struct error *err)
{
    struct mark *mark = calloc(1, sizeof(*mark));
    struct bench_pair pair = {.name = "risk.mark",
                              .op = "price",
                              .product = "engine_step of a QUOTE that 20 slots hold, every limit",
                              .yardstick = "the same without a limit of loss or of the portfolio",
                              .run_product = run_mark_limited,
                              .run_yardstick = run_mark_free,
                              .ctx = mark,
                              .n = 20000,
                              .batch = 16,
                              .goal_kind = BENCH_NO_GOAL};
    int rc;

    if (mark == NULL)
        return AGON_ENOMEM;
    rc = open_marked(mark, &mark->limited, 1, err);
    if (rc >= 0)
        rc = open_marked(mark, &mark->free, 0, err);
    if (rc >= 0)
        rc = bench_compare(bench, &pair);
    if (rc >= 0)
        bench_check(bench,
                    mark->n_wrong == 0 && engine_risk(mark->limited.engine, 0)->n_breaches == 0 &&
                        engine_risk(mark->limited.engine, 0)->equity_amt ==
                            engine_risk(mark->free.engine, 0)->equity_amt,
                    "risk: %llu prices left each slot with the same equity, limits or not",
                    (unsigned long long)mark->n_free);
    world_close(&mark->limited);
    world_close(&mark->free);
    free(mark);
    return rc;
}

static int open_world(struct risk *risk, struct error *err)
{
    struct world_config config = {.n_instruments = INSTRUMENTS,
                                  .n_slots = AGENTS,
                                  .journal_bytes = 0,
                                  .event_mask = AGON_ON(AGON_EVENT_ORDER)};
    struct venue_port port = {.ctx = risk, .send = on_send};
    int rc = world_open(&risk->world, &config, err);

    if (rc < 0)
        return rc;
    engine_attach_venue(risk->world.engine, 0, &port);
    for (agon_instrument_t id = 1; id <= INSTRUMENTS; id++) {
        struct agon_quote quote = {
            .hdr = {.type = AGON_EVENT_QUOTE, .granules = 1, .instrument = id},
            .bid_px = WORLD_PX,
            .bid_qty = 1,
            .ask_px = WORLD_PX + 1,
            .ask_qty = 1};

        rc = world_step(&risk->world, &quote.hdr);
        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

int bench_risk(struct bench *bench, struct error *err)
{
    struct risk *risk = calloc(1, sizeof(*risk));
    struct bench_pair pair = {.op = "order", .yardstick = "twelve checks and a bucket, inlined"};
    const struct engine_counters *counters;
    uint64_t passed;
    int rc;

    if (risk == NULL)
        return AGON_ENOMEM;
    make_views(risk);
    make_intents(risk);
    rc = open_world(risk, err);
    if (rc < 0)
        goto done;
    passed = run_gate(risk, INTENTS);
    bench_check(bench, passed == INTENTS - INTENTS / 64 && passed == run_bare(risk, INTENTS),
                "risk: of %d orders the same %llu pass", INTENTS, (unsigned long long)passed);
    pair.ctx = risk;
    pair.run_yardstick = run_bare;
    pair.n = 1000000;
    pair.batch = 256;
    pair.name = "risk.gate";
    pair.product = "risk_judge: every check";
    pair.run_product = run_gate;
    pair.goal_kind = BENCH_AT_MOST;
    pair.goal = 2.0;
    pair.goal_text = "at most 2 times the bare chain";
    pair.why = "30 checks instead of twelve, each a call of its own; products in 128 bits; "
               "the duplicate window of 16 and its fingerprint";
    rc = bench_compare(bench, &pair);

    pair.name = "risk.intent";
    pair.product = "engine_step of an INTENT, to the venue's port";
    pair.run_product = run_intent;
    pair.between = clear_up;
    pair.n = 60000;
    pair.batch = BATCH;
    pair.goal_kind = BENCH_NO_GOAL;
    pair.goal_text = NULL;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    counters = engine_counters(risk->world.engine);
    bench_check(bench,
                risk->n_wrong == 0 && counters->n_intents == risk->intent_at &&
                    counters->n_orders + counters->n_refused == counters->n_intents &&
                    counters->n_refused <= counters->n_intents / 64 + 1,
                "risk: %llu intents became %llu orders and %llu refusals",
                (unsigned long long)counters->n_intents, (unsigned long long)counters->n_orders,
                (unsigned long long)counters->n_refused);
done:
    world_close(&risk->world);
    free(risk);
    return rc < 0 ? rc : bench_mark(bench, err);
}
