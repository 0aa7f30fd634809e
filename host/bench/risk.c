// SPDX-License-Identifier: Apache-2.0
/* risk: the gate that every order passes, and the whole way of an intent through the engine:
 * journaled and numbered, the view made, every check asked, the order entered, money held back, the
 * command handed to the venue's port, slot and bus told. The yardstick is the chain of the same
 * thirty checks alone, those of the portfolio too (plain_risk.h), after both have been shown to
 * refuse the same orders by the same check. And a price of what every slot holds, by which each is
 * valued and judged, with every loss limit and with none. */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "bench/nulldisk.h"
#include "bench/plain_risk.h"
#include "bench/table.h"
#include "bench/world.h"
#include "journal/writer.h"

#define AGENTS      20
#define INSTRUMENTS 32
#define VIEWS       (AGENTS * INSTRUMENTS)
#define INTENTS     4096
#define BATCH       16    /* intents between two rounds of clearing up */
#define BROKEN      32768 /* orders that are broken in one way or two before anything is timed */
#define MUCH        WORLD_CAPITAL

struct risk {
    struct risk_view views[VIEWS];
    struct plain_view plain_views[VIEWS];
    struct risk_slot slots[AGENTS], portfolio;
    struct plain_slot plain_slots[AGENTS];
    struct slot_limits limits;
    struct plain_limits plain_limits;
    struct portfolio_limits portfolio_limits;
    struct plain_all plain_all;
    struct agon_instrument instruments[INSTRUMENTS];
    struct agon_intent intents[INTENTS];
    struct plain_order plain_orders[INTENTS];
    uint16_t where[INTENTS]; /* which view */
    uint64_t gate_at, bare_at;
    struct world world;
    struct nulldisk nulldisk;
    struct disk port;
    struct journal_writer *writer; /* owned */
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
        passed += risk_judge(view, &risk->intents[at]) == REASON_NONE;
    }
    return passed;
}

static uint64_t run_bare(void *ctx, uint64_t n)
{
    struct risk *risk = ctx;
    uint64_t passed = 0;

    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = risk->bare_at++ % INTENTS;

        passed += plain_risk_judge(&risk->plain_views[risk->where[at]], &risk->plain_orders[at],
                                   WORLD_T0 + (int64_t)risk->bare_at * 1000) == 0;
    }
    return passed;
}

static struct plain_view plain_of(const struct risk_view *view)
{
    const struct agon_instrument *instrument = view->instrument;

    return (struct plain_view){.bid = view->bid_px,
                               .ask = view->ask_px,
                               .judge_px = view->judge_px,
                               .held = view->held_qty,
                               .working_buy = view->working_buy_qty,
                               .working_sell = view->working_sell_qty,
                               .notional = view->notional_amt,
                               .least = view->least_amt,
                               .position = view->position_amt,
                               .reach_qty = view->reach_qty,
                               .reach_amt = view->reach_amt,
                               .free_amt = view->free_amt,
                               .cost = view->cost_amt,
                               .free_qty = view->free_qty,
                               .open_loss = view->open_loss_amt,
                               .open_loss_all = view->open_loss_all_amt,
                               .gross = view->reach.gross_amt,
                               .net = view->reach.net_amt,
                               .venue = view->reach.venue_amt,
                               .asset = view->reach.asset_amt,
                               .tick = instrument->tick_px,
                               .lot = instrument->lot_qty,
                               .min_qty = instrument->min_qty,
                               .max_qty = instrument->max_qty,
                               .min_px = instrument->min_px,
                               .max_px = instrument->max_px,
                               .min_notional = instrument->min_notional_amt,
                               .n_open = view->n_open,
                               .killed = view->is_killed,
                               .other_host = view->is_other_host,
                               .exists = 1,
                               .allowed = view->is_authorised,
                               .trades = view->may_trade,
                               .trading = view->trading,
                               .halted = view->is_halted,
                               .reducing = view->is_reducing,
                               .book = view->is_book_live,
                               .unvalued = view->is_unvalued,
                               .unpriced = view->is_unpriced,
                               .meets_own = view->would_self_match,
                               .coins = 1};
}

static struct plain_order plain_order_of(const struct agon_intent *intent)
{
    return (struct plain_order){.px = intent->px,
                                .trigger_px = intent->trigger_px,
                                .qty = intent->qty,
                                .show_qty = intent->show_qty,
                                .t_expire = intent->t_expire,
                                .flags = intent->flags,
                                .instrument = intent->instrument,
                                .side = intent->side,
                                .type = intent->type,
                                .tif = intent->tif};
}

static struct plain_limits plain_limits_of(const struct slot_limits *limits)
{
    return (struct plain_limits){.order = limits->order_amt,
                                 .position = limits->position_amt,
                                 .daily_loss = limits->daily_loss_amt,
                                 .drawdown = limits->drawdown_ppm,
                                 .collar = limits->collar_marketable_ppm,
                                 .collar_passive = limits->collar_passive_ppm,
                                 .open_orders = limits->max_open_orders,
                                 .per_s = limits->orders_per_s,
                                 .burst = limits->orders_burst,
                                 .window_ns = (int64_t)limits->duplicate_window_ms * 1000000,
                                 .duplicates = limits->duplicate_max};
}

static struct plain_loss plain_loss_of(const struct risk_slot *slot)
{
    return (struct plain_loss){.equity = slot->equity_amt,
                               .high = slot->equity_high_amt,
                               .day = slot->equity_day_amt,
                               .day_lost = slot->is_daily_breached,
                               .fallen = slot->is_drawdown_breached,
                               .below_floor = slot->is_floor_breached};
}

static struct plain_all plain_all_of(const struct risk_slot *portfolio,
                                     const struct portfolio_limits *limits)
{
    return (struct plain_all){.loss = plain_loss_of(portfolio),
                              .floor = limits->equity_amt,
                              .daily_loss = limits->daily_loss_amt,
                              .drawdown = limits->drawdown_ppm,
                              .gross = limits->gross_amt,
                              .net = limits->net_amt,
                              .venue = limits->venue_amt,
                              .asset = limits->asset_amt};
}

static void make_views(struct risk *risk)
{
    risk->limits = (struct slot_limits){.order_amt = MUCH / 2,
                                        .position_amt = MUCH,
                                        .daily_loss_amt = MUCH / 10,
                                        .drawdown_ppm = 200000,
                                        .collar_marketable_ppm = 20000,
                                        .collar_passive_ppm = 100000,
                                        .max_open_orders = 50,
                                        .orders_per_s = 10000000,
                                        .orders_burst = 1000,
                                        .duplicate_window_ms = 1000,
                                        .duplicate_max = 1000};
    risk->portfolio_limits = (struct portfolio_limits){.equity_amt = MUCH,
                                                       .daily_loss_amt = MUCH,
                                                       .drawdown_ppm = 500000,
                                                       .gross_amt = 20 * MUCH,
                                                       .net_amt = 20 * MUCH,
                                                       .venue_amt = 20 * MUCH,
                                                       .asset_amt = 20 * MUCH};
    risk_slot_start(&risk->portfolio, AGENTS * MUCH);
    for (uint32_t i = 0; i < INSTRUMENTS; i++)
        world_instrument(&risk->instruments[i], i + 1);
    for (uint32_t i = 0; i < AGENTS; i++) {
        risk_slot_start(&risk->slots[i], MUCH);
        risk->plain_slots[i].loss = plain_loss_of(&risk->slots[i]);
    }
    risk->plain_limits = plain_limits_of(&risk->limits);
    risk->plain_all = plain_all_of(&risk->portfolio, &risk->portfolio_limits);
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
                                            .limits = &risk->limits,
                                            .portfolio = &risk->portfolio,
                                            .portfolio_limits = &risk->portfolio_limits,
                                            .reach = {MUCH, MUCH, MUCH, MUCH}};
        risk->plain_views[i] = plain_of(&risk->views[i]);
        risk->plain_views[i].slot = &risk->plain_slots[i / INSTRUMENTS];
        risk->plain_views[i].limits = &risk->plain_limits;
        risk->plain_views[i].all = &risk->plain_all;
    }
}

/* Breaks what the check of that number is about, and seldom another one's. */
static void break_for(uint64_t check, struct risk_view *view, struct agon_intent *intent,
                      struct slot_limits *limits, struct risk_slot *all)
{
    uint8_t *const flags[] = {&view->is_killed,
                              &view->is_other_host,
                              &view->is_halted,
                              &view->is_unvalued,
                              &view->is_unpriced,
                              &view->would_self_match,
                              &view->is_reducing,
                              &view->slot->is_daily_breached,
                              &view->slot->is_drawdown_breached,
                              &all->is_daily_breached,
                              &all->is_drawdown_breached,
                              &all->is_floor_breached};
    agon_amt_t *const figures[] = {
        &view->notional_amt,  &view->position_amt,      &view->cost_amt,
        &view->open_loss_amt, &view->open_loss_all_amt, &view->reach.gross_amt,
        &view->reach.net_amt, &view->reach.venue_amt,   &view->reach.asset_amt};
    const uint64_t n_flags = sizeof(flags) / sizeof(flags[0]);
    const uint64_t n_figures = sizeof(figures) / sizeof(figures[0]);

    if (check < n_flags)
        *flags[check] = 1;
    else if (check < n_flags + n_figures)
        *figures[check - n_flags] = check % 2 != 0 ? 21 * MUCH : INT64_MAX;
    else if (check == 21)
        view->is_authorised = 0;
    else if (check == 22)
        view->may_trade = 0;
    else if (check == 23)
        view->trading = TRADING_POST_ONLY;
    else if (check == 24)
        view->is_book_live = 0;
    else if (check == 25)
        view->n_open = 50;
    else if (check == 26)
        view->working_buy_qty = INT64_MAX;
    else if (check == 27)
        intent->flags = AGON_REDUCE_ONLY;
    else if (check == 28)
        intent->px = WORLD_PX * 2;
    else if (check == 29)
        intent->qty = 0;
    else if (check == 30)
        view->notional_amt = 1;
    else if (check == 31)
        limits->duplicate_max = 1;
    else if (check == 32)
        limits->orders_per_s = limits->orders_burst = 1;
    else if (check == 33)
        intent->side = AGON_SELL;
}

/* Of orders that are broken in up to two ways at once the same pass, and what refuses the others is
 * the same check. */
static void compare(struct risk *risk, struct bench *bench)
{
    uint64_t n_by[64] = {0}, n_differ = 0, n_checks = 0;
    struct rng rng;

    rng_init(&rng, 11);
    for (uint32_t i = 0; i < BROKEN; i++) {
        uint32_t at = (uint32_t)rng_below(&rng, INTENTS), where = risk->where[at];
        struct risk_view view = risk->views[where];
        struct plain_view plain;
        struct slot_limits limits = risk->limits;
        struct plain_limits plain_limits;
        struct agon_intent intent = risk->intents[at];
        struct risk_slot slot = *view.slot, all = risk->portfolio;
        struct plain_slot plain_slot = *risk->plain_views[where].slot;
        struct plain_all plain_all;
        struct plain_order order;
        uint64_t n_ways = rng_below(&rng, 3);
        uint16_t reason;
        int by;

        view.slot = &slot;
        view.limits = &limits;
        view.portfolio = &all;
        view.t += (agon_ns_t)i * 1000;
        while (n_ways-- > 0)
            break_for(rng_below(&rng, 34), &view, &intent, &limits, &all);
        plain = plain_of(&view);
        plain_limits = plain_limits_of(&limits);
        plain_slot.loss = plain_loss_of(&slot);
        plain_all = plain_all_of(&all, &risk->portfolio_limits);
        plain.slot = &plain_slot;
        plain.limits = &plain_limits;
        plain.all = &plain_all;
        order = plain_order_of(&intent);
        reason = risk_judge(&view, &intent);
        by = plain_risk_judge(&plain, &order, view.t);
        n_by[by]++;
        n_differ += reason != (by == 0 ? REASON_NONE : risk_checks[by - 1]->reason);
        if (by != 0 || reason != REASON_NONE)
            continue;
        // What passed is remembered by both.
        *risk->views[where].slot = slot;
        *risk->plain_views[where].slot = plain_slot;
    }
    for (uint32_t i = 1; i < 64; i++)
        n_checks += n_by[i] != 0;
    bench_check(bench, n_differ == 0 && risk_n_checks == 30,
                "risk: %d orders, of which %llu pass and %llu checks refuse the others: the same "
                "by gate and yardstick",
                BROKEN, (unsigned long long)n_by[0], (unsigned long long)n_checks);
    for (uint32_t i = 0; i < AGENTS; i++) {
        risk_slot_start(&risk->slots[i], MUCH);
        memset(&risk->plain_slots[i], 0, sizeof(risk->plain_slots[i]));
        risk->plain_slots[i].loss = plain_loss_of(&risk->slots[i]);
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
        risk->plain_orders[i] = plain_order_of(intent);
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
    if (journal_writer_step(risk->writer) < 0)
        risk->n_wrong++;
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
    int rc = world_open(world, &config, err);

    if (rc < 0)
        return rc;
    engine_attach_venue(world->engine, 0, &port);
    if (has_limits)
        rc = world_limit_all(world);
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
                                  .journal_bytes = (uint64_t)8 << 20,
                                  .event_mask = AGON_ON(AGON_EVENT_ORDER)};
    struct venue_port port = {.ctx = risk, .send = on_send};
    struct journal_config journal = {.is_async = 1, .run = 1};
    struct journal_end end = {.next_seq = 1};
    int rc = world_open(&risk->world, &config, err);

    if (rc < 0)
        return rc;
    engine_attach_venue(risk->world.engine, 0, &port);
    risk->port = nulldisk_port(&risk->nulldisk);
    risk->writer = journal_writer_new(&risk->port, &risk->world.buffer, &journal, &end, err);
    if (risk->writer == NULL)
        return AGON_EIO;
    rc = world_limit_all(&risk->world);
    if (rc < 0)
        return rc;
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
    struct bench_pair pair = {.op = "order",
                              .yardstick = "the same 30 checks and their memory, alone"};
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
    compare(risk, bench);
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
    pair.why = "a fingerprint of each order, and what may not be is asked again (REQUIRE)";
    rc = bench_compare(bench, &pair);

    pair.name = "risk.intent";
    pair.product = "engine_step of an INTENT, journal on, to the venue's port";
    pair.run_product = run_intent;
    pair.between = clear_up;
    pair.n = 60000;
    pair.batch = BATCH;
    pair.goal = 10.0;
    pair.goal_text = "at most 10 times the checks alone, journal on";
    pair.why = "the view is made, the order entered, its money held back, its command hashed and "
               "its slot is sent";
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
    if (risk->writer != NULL)
        journal_writer_close(risk->writer, NULL);
    journal_writer_free(risk->writer);
    world_close(&risk->world);
    free(risk);
    return rc < 0 ? rc : bench_mark(bench, err);
}
