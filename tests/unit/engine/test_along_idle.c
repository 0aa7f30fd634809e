// SPDX-License-Identifier: Apache-2.0
/* Where nothing can happen inside a bar its path is not walked, and a minute's sample that judges
 * nobody is no step of its own. Beside it the slow way, which walks every point of every bar and
 * takes each sample by an event: of drawn bars, orders, exits, timers, limits and latencies, on one
 * instrument or two, in and out of step, both come to the same reports (fills and fees are in
 * them), wishes, positions, money, losses, scores and equity of each minute. Of one instrument bars
 * are taken in one go where nothing is on its way, and coins are not judged again at prices that
 * are known to reach nothing: beside it each turn by itself comes to the same numbers of events, to
 * the same equity and highest at each of them, and to the same state. Where runners are called
 * together and hear of no quotes, such bars are a loop of their own (engine_calm), by which runners
 * are called for the same steps. ALONG_CASES: how many; agon soak draws 10,000. */
struct world;
static void add_bars(struct world *world);
#define WORLD_MORE add_bars
#include "world.h"

#include "base/rng.h"
#include "engine/impl.h"
#include "engine/paper_impl.h"

#define CASES  400
#define MINUTE ((agon_ns_t)60000 * MS)
#define COIN   100000
#define EVENTS 8192 /* of a run, at most */

enum { FIRST = 3, N = 2, ROWS = 16 };

/* AT_ONCE: each event is looked at behind its step. ROWS: but for those of a calm, of which what
 * counts once is settled once (engine_calm_settle). */
enum mode { MODE_ROWS, MODE_AT_ONCE, MODE_TURNS, MODE_ALL };

static int is_slow;       /* the run that takes every step */
static uint32_t n_traded; /* instruments that slots want something of */
static int is_calm, is_long, is_spot, is_figured, has_begun;
static enum mode mode_now;
static uint64_t case_now;
/* By turns: the state at the exchange, and what slots are judged by, behind the event of each
 * number. Whoever is called behind one finds the same. */
static uint64_t seen_of[EVENTS];
static const struct paper *exchange;
static void on_sample(void *ctx, agon_ns_t t);

static void add_bars(struct world *world)
{
    struct record_samples samples = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                     .kind = CONFIG_SAMPLES,
                                     .is_within = !is_slow,
                                     .is_figured = is_figured ? FIGURES_TAGGED : 0};

    ck_assert_int_eq(world_step(world, &samples), AGON_OK);
    world->engine->config.samples = (struct sample_port){.ctx = world, .sample = on_sample};
    for (agon_instrument_t i = 0; i < N; i++) {
        struct agon_instrument made = world_instrument(i == 0 ? BTCUSDT : ETHUSDT);

        made.hdr.instrument = FIRST + i;
        made.kind = i == 0 && !is_spot ? INSTRUMENT_LINEAR : INSTRUMENT_SPOT;
        made.min_notional_amt = 0;
        made.maker_fee_ppb = 200000;
        made.taker_fee_ppb = 450000;
        snprintf(made.symbol, sizeof(made.symbol), "BARS%uUSDT", i);
        ck_assert_int_eq(world_step(world, &made), AGON_OK);
    }
}

struct rows {
    struct agon_quote quotes[ROWS];
    struct agon_bar bars[ROWS];
    struct agon_value mark; /* ahead of each bar; value 0: there is none */
    int at, is_marked;
};
struct drawn {                 /* a case */
    uint32_t n;                /* instruments that have data */
    int is_calm;               /* nobody wants much, and most bars find nothing on its way */
    int is_long;               /* ... nor hears of quotes, which are all that there is of prices */
    int is_spot;               /* the first of them too */
    int is_together;           /* runners are called together */
    int is_marked, is_booked;  /* there is a mark price, or a venue's book */
    int has_gaps;              /* minutes without a bar, behind an open */
    int is_figured, has_marks; /* figures are kept; MARKs are made */
    struct latency latency;    /* of all ways, where the exchange has one (paper.has_latency) */
    uint64_t masks[2];         /* of what slots hear */
    agon_ns_t t_begin, length_ns; /* of bars */
    struct rows rows[N];
    struct match_bars config;
    struct paper_config paper;
    int64_t data_ns;
    struct slot_limits limits[2];
    struct portfolio_limits portfolio;
    uint64_t seed; /* of what slots want */
};
struct outcome {
    uint64_t n_events, n_fills, n_samples, n_dues, n_passed, n_passed_ends, n_rows;
    uint64_t hash;    /* of what is to be equal */
    uint64_t sampled; /* of each sample: when, and what equity was */
    uint64_t scored;  /* of the scores in the end */
    uint64_t judged;  /* of each quote and bar: who was called, what slots were judged by */
    uint64_t n_calm;  /* of them: exposure_calm knew something */
    uint64_t put_out; /* the hash of what was derived and private */
    uint64_t told;    /* which runners were called, for which steps, and what was shown before */
    agon_amt_t equity_amt[2], high_amt[2], day_amt[2];
    agon_qty_t held_qty[2][N];
    agon_amt_t money_amt[2][4];
    agon_amt_t high_all_amt;
    uint32_t n_breaches;
    unsigned char state[HASH_SIZE];
};

static struct world *world;
static struct rng wishes;
static uint64_t n_refs;
static struct outcome *out;

static agon_px_t drawn_px(struct rng *rng, agon_px_t low, agon_px_t high)
{
    return low + (agon_px_t)rng_below(rng, (uint64_t)(high - low + 1));
}

static const struct agon_event_hdr *next_row(void *ctx)
{
    struct rows *rows = ctx;
    int at = rows->at;

    if (at >= 2 * ROWS)
        return NULL;
    if (at % 2 == 1 && rows->mark.value != 0 && !rows->is_marked) {
        rows->is_marked = 1;
        rows->mark.hdr.t = rows->mark.hdr.t_venue = rows->bars[at / 2].hdr.t - 1000 * MS;
        return &rows->mark.hdr;
    }
    rows->is_marked = 0;
    rows->at++;
    return at % 2 == 0 ? &rows->quotes[at / 2].hdr : &rows->bars[at / 2].hdr;
}

// So long behind the open's quote: most bars begin there.
static agon_ns_t draw_gap(struct rng *rng, const struct drawn *drawn)
{
    int is_gap = drawn->has_gaps && rng_below(rng, 3) == 0;

    return is_gap ? (agon_ns_t)(1 + rng_below(rng, 5)) * drawn->length_ns : 0;
}

static void draw_rows(struct rng *rng, struct drawn *drawn)
{
    agon_ns_t shift = rng_below(rng, 2) == 0 ? 0 : MINUTE / 2;
    uint32_t wide = (uint32_t)(rng_below(rng, 3) == 0 ? 400 : 60);
    uint32_t n_near = rng_below(rng, 3) == 0 ? 2 : 8; // one open in so many is far off

    for (agon_instrument_t i = 0; i < N; i++) {
        agon_ns_t t = drawn->t_begin + (i == 0 ? 0 : shift);
        agon_px_t px = 10000;

        for (int row = 0; row < ROWS; row++) {
            struct agon_quote *quote = &drawn->rows[i].quotes[row];
            agon_px_t away = rng_below(rng, n_near) == 0 ? 150 : 5; // from the close before
            agon_px_t open = px + drawn_px(rng, -away, away), low = open - drawn_px(rng, 0, wide);
            agon_px_t high = open + drawn_px(rng, 0, wide),
                      close = drawn_px(rng, low, rng_below(rng, 4) == 0 ? low : high);

            t += drawn->length_ns;
            *quote = (struct agon_quote){.hdr = {AGON_EVENT_QUOTE, 1, 0, FIRST + i, 0, t, t},
                                         .bid_px = open - 1,
                                         .ask_px = open + 1,
                                         .bid_qty = 1000 * COIN,
                                         .ask_qty = 1000 * COIN};
            t += draw_gap(rng, drawn);
            drawn->rows[i].bars[row] =
                (struct agon_bar){.hdr = {AGON_EVENT_BAR, 2, 0, FIRST + i, 0, t + drawn->length_ns,
                                          t + drawn->length_ns},
                                  .t_open = t,
                                  .length_s = (uint32_t)(drawn->length_ns / 1000000000),
                                  .open_px = open,
                                  .high_px = high,
                                  .low_px = low,
                                  .close_px = close,
                                  .volume_qty = (agon_qty_t)rng_below(rng, 100) * COIN};
            px = close > 6000 ? close : 10000;
        }
    }
}

// 0 to 2 bars.
static int64_t draw_latency(struct rng *rng)
{
    switch (rng_below(rng, 4)) {
    case 0:
        return 0;
    case 1:
        return (int64_t)rng_below(rng, 200) * MS;
    default:
        return (int64_t)rng_below(rng, 2 * 60000) * MS;
    }
}

static void draw(uint64_t seed, struct drawn *drawn)
{
    struct rng rng;

    memset(drawn, 0, sizeof(*drawn));
    rng_init(&rng, seed);
    match_bars_defaults(&drawn->config);
    drawn->config.path = (uint8_t)rng_below(&rng, MATCH_PATH_RANDOM + 1);
    drawn->config.touch_ppm = rng_below(&rng, 2) == 0 ? 0 : 500000;
    drawn->t_begin = T0 - (agon_ns_t)rng_below(&rng, 2) * ROWS / 2 * MINUTE; // or over midnight
    if (rng_below(&rng, 4) == 0)
        drawn->t_begin += 10 * 60 * MINUTE; // or over any hour
    if (rng_below(&rng, 8) == 0)
        drawn->t_begin = 24 * 60 * MINUTE - ROWS / 2 * MINUTE; // or over the first day's end
    drawn->is_figured = rng_below(&rng, 4) != 0;
    drawn->has_marks = rng_below(&rng, 4) == 0;
    drawn->has_gaps = rng_below(&rng, 3) == 0;
    drawn->length_ns = rng_below(&rng, 4) == 0 ? 3 * MINUTE : MINUTE;
    draw_rows(&rng, drawn);
    if (rng_below(&rng, 2) == 0) {
        drawn->paper.entry_ns = draw_latency(&rng);
        drawn->paper.report_ns = draw_latency(&rng);
        drawn->data_ns = draw_latency(&rng);
    }
    for (int slot = 0; slot < 2; slot++) {
        struct slot_limits *limits = &drawn->limits[slot];

        if (rng_below(&rng, 3) != 0)
            limits->daily_loss_amt = USD(1 + (int)rng_below(&rng, 30));
        if (rng_below(&rng, 3) == 0)
            limits->drawdown_ppm = 20 + (uint32_t)rng_below(&rng, 300);
        limits->on_breach = (uint32_t)rng_below(&rng, 3) == 0   ? ON_BREACH_HALT
                            : (uint32_t)rng_below(&rng, 2) == 0 ? ON_BREACH_CANCEL
                                                                : ON_BREACH_CLOSE;
    }
    if (rng_below(&rng, 4) == 0) {
        drawn->portfolio.daily_loss_amt = USD(1 + (int)rng_below(&rng, 40));
        drawn->portfolio.on_breach = drawn->limits[0].on_breach;
    }
    drawn->seed = rng_below(&rng, UINT32_MAX);
    drawn->n = rng_below(&rng, 3) == 0 ? N : 1;
    drawn->is_calm = rng_below(&rng, 2) == 0;
    drawn->is_spot = rng_below(&rng, 3) != 0;
    for (uint32_t i = 0; drawn->n == 1 && i < 2; i++) { // or most of their fills are of the other
        drawn->paper.entry_ns /= 1 + (int64_t)rng_below(&rng, 8);
        drawn->paper.report_ns /= 1 + (int64_t)rng_below(&rng, 8);
        drawn->data_ns /= 1 + (int64_t)rng_below(&rng, 8);
    }
    // What the first bar makes due is so before its open, and nobody wants anything then.
    if (drawn->n == 1 && drawn->has_gaps && rng_below(&rng, 2) == 0) {
        drawn->data_ns = 0;
        drawn->paper.report_ns = 150 * 1000 * MS; // as long behind its end a bar is told
        drawn->is_calm = 1;
        drawn->is_spot = 0;
    }
    if (rng_below(&rng, 2) == 0) {
        drawn->paper.has_latency = 1;
        drawn->latency.legs[LATENCY_MARKET].median_ns = drawn->data_ns;
        drawn->latency.legs[LATENCY_ENTRY].median_ns = drawn->paper.entry_ns;
        drawn->latency.legs[LATENCY_ACK].median_ns = drawn->paper.report_ns;
        drawn->paper.latency = drawn->latency;
    }
    drawn->is_long = drawn->n == 1 && drawn->is_calm && rng_below(&rng, 2) == 0;
    for (int slot = 0; slot < 2 && drawn->is_long; slot++) { // so that prices are at an edge
        if (drawn->limits[slot].daily_loss_amt != 0)
            drawn->limits[slot].daily_loss_amt = USD(1 + (int)rng_below(&rng, 6));
    }
    drawn->is_together = drawn->is_long || rng_below(&rng, 4) != 0;
    drawn->is_marked = !drawn->is_long && rng_below(&rng, 4) == 0;
    drawn->is_booked = !drawn->is_long && rng_below(&rng, 4) == 0;
    for (uint32_t i = 0; i < 2; i++) { // all of it, bars alone, or nothing public
        uint64_t unwanted = AGON_ON(AGON_EVENT_QUOTE) | AGON_ON(AGON_EVENT_TOP10);

        drawn->masks[i] = ~(!drawn->is_long && rng_below(&rng, 6) == 0 ? 0 : unwanted);
        if (rng_below(&rng, 12) == 0)
            drawn->masks[i] &= ~AGON_ON(AGON_EVENT_BAR);
    }
}

static void put(uint16_t slot, void *record)
{
    ck_assert_int_eq(evring_put(&world->slots[slot].from_in, record), AGON_OK);
}

// What the slot wants behind this event.
static void wish(const struct agon_event_hdr *event, uint16_t slot)
{
    agon_instrument_t id = FIRST + (agon_instrument_t)rng_below(&wishes, n_traded);
    uint8_t side = rng_below(&wishes, 2) == 0 ? AGON_BUY : AGON_SELL;
    agon_px_t sign = side == AGON_BUY ? 1 : -1, away = drawn_px(&wishes, 1, 150);
    struct agon_origin origin = {.cause_seq = event->seq, .n_legs = 1};
    struct agon_intent_event order = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = id},
        .origin = origin,
        .intent = {.kind = AGON_INTENT_ORDER,
                   .side = side,
                   .type = AGON_MARKET,
                   .instrument = id,
                   .client_ref = ++n_refs,
                   .qty = (agon_qty_t)(1 + rng_below(&wishes, 3)) * COIN}};
    struct agon_exit_event exit = {
        .hdr = {.type = AGON_EVENT_EXIT_PLAN, .granules = 4, .instrument = id},
        .origin = origin,
        .plan = {.instrument = id, .side = side}};
    struct record_arm arm = {.hdr = {.type = EVENT_ARM, .granules = 2},
                             .origin = origin,
                             .id = 1 + (uint32_t)n_refs % 4,
                             .t_at = event->t + (agon_ns_t)rng_below(&wishes, 120000) * MS};

    switch (has_begun ? rng_below(&wishes, 14) : 0) {
    case 0:
    case 1:
        order.intent.side = has_begun ? side : AGON_BUY;
        has_begun |= slot == 1 || rng_below(&wishes, 3) != 0; // or both of them
        put(slot, &order);
        break;
    case 2:
        order.intent.type = AGON_LIMIT;
        order.intent.px = 10000 - sign * away;
        put(slot, &order);
        break;
    case 3:
        order.intent.type = AGON_STOP;
        order.intent.trigger_px = 10000 + sign * away;
        put(slot, &order);
        break;
    case 4:
        exit.plan.stop_px = 10000 - sign * away;
        if (rng_below(&wishes, 2) == 0)
            exit.plan.take_px[0] = 10000 + sign * away;
        if (rng_below(&wishes, 3) == 0)
            exit.plan.t_exit = event->t + 90 * 1000 * MS;
        put(slot, &exit);
        break;
    case 5:
        put(slot, &arm);
        break;
    default:
        break;
    }
}

static void mix(uint64_t *hash, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < n; i++)
        *hash = (*hash ^ at[i]) * 1099511628211u;
}

static void fold(const void *bytes, size_t n)
{
    mix(&out->hash, bytes, n);
}

static void on_sample(void *ctx, agon_ns_t t)
{
    struct world *of = ctx;

    out->n_samples++;
    mix(&out->sampled, &t, sizeof(t));
    for (uint16_t slot = 0; slot < 2; slot++) {
        agon_amt_t equity_amt = engine_equity(of->engine, slot);

        mix(&out->sampled, &equity_amt, sizeof(equity_amt));
    }
}

static agon_amt_t equity_at(const struct engine *engine, agon_amt_t equity_amt, agon_px_t px)
{
    const struct exposure_calm *calm = &engine->exposure->calm;

    return equity_amt - exposure_worth_now(engine, calm->slot, calm->instrument) +
           exposure_worth(engine, ledger_position(engine->ledger, calm->slot, calm->instrument, 0),
                          px);
}

static void is_clear(const struct engine *engine, const struct risk_slot *risk,
                     agon_amt_t equity_amt, const struct risk_losses *losses)
{
    const struct exposure_calm *calm = &engine->exposure->calm;
    agon_amt_t most_amt = equity_at(engine, equity_amt, calm->high_px);

    ck_assert_int_le(most_amt, risk->equity_high_amt);
    ck_assert(risk_is_clear(risk, most_amt, equity_at(engine, equity_amt, calm->low_px), losses));
}

/* What is known of prices is so now, whenever it was found out. */
static void see_calm(const struct engine *engine)
{
    const struct exposure_calm *calm = &engine->exposure->calm;
    struct risk_losses losses;

    if (calm->instrument == 0)
        return;
    out->n_calm++;
    ck_assert(slot_set_is_only(&engine->exposure->holders[calm->instrument], calm->slot));
    ck_assert(slot_set_is_empty(&engine->markets[calm->instrument].exits));
    for (uint16_t slot = 0; slot < engine->slots.n; slot++)
        ck_assert_uint_eq(orders_count(engine->orders, slot), 0);
    losses = exposure_losses(&engine->slots.all[calm->slot].limits);
    is_clear(engine, &engine->risk[calm->slot], exposure_equity(engine, calm->slot), &losses);
    losses = exposure_losses_all(&engine->portfolio_limits);
    is_clear(engine, &engine->portfolio, exposure_equity_all(engine), &losses);
}

static void see(const struct engine *engine)
{
    static unsigned char bytes[1 << 18];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    uint64_t now = 0, seq = engine_seq(engine);

    see_calm(engine);
    mix(&now, &engine_called(engine)->bits[0], sizeof(uint64_t));
    for (uint32_t i = 0; i < n_traded; i++)
        mix(&now, &engine->markets[FIRST + i].is_inside, 1);
    for (uint16_t slot = 0; slot < 3; slot++) {
        const struct risk_slot *risk = slot < 2 ? &engine->risk[slot] : &engine->portfolio;

        mix(&now, &risk->equity_amt, sizeof(risk->equity_amt));
        mix(&now, &risk->equity_high_amt, sizeof(risk->equity_high_amt));
        mix(&now, &risk->n_breaches, sizeof(risk->n_breaches));
    }
    mix(&out->judged, &now, sizeof(now));
    match_save(exchange->match, &enc);
    ck_assert_uint_le(enc.used, sizeof(bytes));
    mix(&now, bytes, enc.used);
    ck_assert_uint_lt(seq, EVENTS);
    if (mode_now == MODE_TURNS)
        seen_of[seq] = now;
    else if (mode_now != MODE_ALL)
        ck_assert_msg(seen_of[seq] == now,
                      "case %llu: event %llu finds something else than by turns",
                      (unsigned long long)case_now, (unsigned long long)seq);
}

// As a plugin: it says what it wants where it is told something.
static void hear(const struct agon_event_hdr *event)
{
    for (uint16_t slot = 0; slot < 2; slot++) {
        if (!slot_set_has(engine_called(world->engine), slot) ||
            (event->type != EVENT_DUE &&
             (world->engine->slots.all[slot].subscription.event_mask & AGON_ON(event->type)) == 0))
            continue;
        if (!is_calm || rng_below(&wishes, is_long ? 20 : 10) == 0 || !has_begun)
            wish(event, slot);
    }
}

static int on_row(void *ctx, const struct agon_event_hdr *event)
{
    (void)ctx;
    fold(&event->type, sizeof(event->type));
    fold(&event->t, sizeof(event->t));
    fold(&event->instrument, sizeof(event->instrument));
    if (event->type == AGON_EVENT_BAR) // of its open nobody heard
        hear(event);
    return AGON_OK;
}

// Numbers of events are not what is compared: who says less of nothing counts fewer.
static int on_step(void *ctx, const struct agon_event_hdr *event, int rc)
{
    const struct record_due *due = (const void *)event;
    int is_news = event->type == AGON_EVENT_QUOTE || event->type == AGON_EVENT_BAR ||
                  (event->type == EVENT_DUE && due->kind == DUE_TIMER);

    (void)ctx;
    (void)rc; // what slots want here may be refused
    if (event->type == AGON_EVENT_QUOTE || event->type == AGON_EVENT_BAR)
        see(world->engine);
    out->n_dues += event->type == EVENT_DUE && due->kind == DUE_SAMPLE;
    if (event->type == EVENT_PATH || event->type == EVENT_MARK ||
        (event->type == EVENT_DUE && due->kind == DUE_SAMPLE))
        return AGON_OK;
    fold(&event->type, sizeof(event->type));
    fold(&event->t, sizeof(event->t));
    fold(&event->instrument, sizeof(event->instrument));
    if (event->type == EVENT_REPORT) {
        fold(&event->t_venue, sizeof(event->t_venue));
        fold(event + 1, event_bytes(event) - sizeof(*event));
        out->n_fills += ((const struct record_report *)(const void *)event)->kind == REPORT_FILL;
    }
    if (event->type == AGON_EVENT_INTENT)
        fold(&((const struct agon_intent_event *)(const void *)event)->intent,
             sizeof(struct agon_intent));
    if (is_news)
        hear(event);
    return AGON_OK;
}

static void keep(struct outcome *outcome)
{
    static unsigned char bytes[1 << 16];

    outcome->high_all_amt = engine_portfolio(world->engine)->equity_high_amt;
    for (uint16_t slot = 0; slot < 2; slot++) {
        const struct risk_slot *risk = engine_risk(world->engine, slot);
        struct enc enc = {.at = bytes, .room = sizeof(bytes)};

        score_save(engine_score(world->engine, slot), &enc);
        ck_assert_uint_le(enc.used, sizeof(bytes));
        mix(&outcome->scored, bytes, enc.used);
        outcome->equity_amt[slot] = risk->equity_amt;
        outcome->high_amt[slot] = risk->equity_high_amt;
        outcome->day_amt[slot] = risk->equity_day_amt;
        outcome->n_breaches += risk->n_breaches;
        for (agon_instrument_t i = 0; i < N; i++) {
            const struct position *pos =
                ledger_position(engine_ledger(world->engine), slot, FIRST + i, 0);

            outcome->held_qty[slot][i] = pos != NULL ? pos->qty : 0;
        }
        for (agon_asset_t asset = USDT; asset <= ETH; asset++)
            outcome->money_amt[slot][asset] =
                ledger_amt(engine_ledger(world->engine), 0, slot, asset);
    }
}

static int follow(void *ctx, const struct runner_turn *turn)
{
    (void)ctx;
    return turn != NULL;
}

static int take_turn(void *ctx)
{
    struct world_slot *slot = ctx;
    uint64_t words[] = {(uint64_t)(slot - world->slots), engine_seq(world->engine),
                        world->engine->turn.shown_seq, (uint64_t)evring_is_empty(&slot->to_out)};

    mix(&out->told, words, sizeof(words));
    return world_advance(ctx, 0);
}

static uint64_t take_turns(void *const *shared, uint64_t slots)
{
    for (; slots != 0; slots &= slots - 1)
        (void)take_turn(shared[__builtin_ctzll(slots)]);
    return 0;
}

static void *shared_of(void *ctx)
{
    return ctx;
}

static void play(struct drawn *drawn, enum mode mode, struct outcome *outcome)
{
    struct lockstep_source sources[N];
    struct lockstep_config config = {.sources = sources,
                                     .n_sources = drawn->n,
                                     .data_latency_ns = drawn->data_ns,
                                     .on_step = on_step,
                                     .on_row = mode == MODE_ROWS ? on_row : NULL,
                                     .mark_every = drawn->has_marks ? 7 : 0,
                                     .is_single = mode == MODE_TURNS,
                                     .walks_all = mode == MODE_ALL};
    struct record_portfolio portfolio = {.hdr = {.type = EVENT_CONFIG, .granules = 2},
                                         .kind = CONFIG_PORTFOLIO,
                                         .limits = drawn->portfolio};
    struct lockstep_result result;
    struct venue_port port;
    struct error err = {0};

    memset(outcome, 0, sizeof(*outcome));
    out = outcome;
    n_refs = 0;
    is_slow = mode == MODE_ALL;
    mode_now = mode;
    is_figured = drawn->is_figured;
    n_traded = drawn->n;
    is_calm = drawn->is_calm;
    is_long = drawn->is_long;
    is_spot = drawn->is_spot;
    has_begun = !is_calm || !is_spot; // else a buy first, which is held for a while
    rng_init(&wishes, drawn->seed);
    world_begin = drawn->t_begin;
    world = world_new(RUN_BACKTEST);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++) {
        struct runner_port runner = world->ports[id];

        runner.follow = follow; // or it would have to be called at each number
        runner.take_turn = take_turn;
        if (drawn->is_together) {
            runner.take_turns = take_turns;
            runner.shared = shared_of;
            runner.together = &world;
        }
        engine_attach_runner(world->engine, id, &runner);
    }
    config.engine = world->engine;
    config.latency = drawn->paper.has_latency ? &drawn->latency : NULL;
    config.paper = paper_new(&drawn->paper, engine_instruments(world->engine));
    ck_assert_ptr_nonnull(config.paper);
    exchange = config.paper;
    for (uint16_t id = 0; id < 2; id++) {
        struct record_slot slot = world_slot_record(id);

        slot.subscription.event_mask = drawn->masks[id];
        slot.subscription.instruments[0] = FIRST;
        slot.subscription.instruments[1] = FIRST + 1;
        slot.limits.leverage = 2;
        slot.limits.daily_loss_amt = drawn->limits[id].daily_loss_amt;
        slot.limits.drawdown_ppm = drawn->limits[id].drawdown_ppm;
        slot.limits.on_breach = drawn->limits[id].on_breach;
        ck_assert_int_eq(world_step(world, &slot), AGON_OK);
    }
    if (drawn->portfolio.daily_loss_amt != 0)
        ck_assert_int_eq(world_step(world, &portfolio), AGON_OK);
    for (agon_instrument_t i = 0; i < N; i++) {
        struct record_step step = {
            .hdr = {.type = EVENT_CONFIG, .granules = 1, .instrument = FIRST + i},
            .kind = CONFIG_STEP,
            .is_bars = STEP_PATHS,
            .step_ns = drawn->length_ns};

        drawn->rows[i].mark = (struct agon_value){
            .hdr = {.type = AGON_EVENT_MARK, .granules = 1, .instrument = FIRST + i},
            .value = drawn->is_marked ? 10050 : 0};
        drawn->rows[i].at = drawn->rows[i].is_marked = 0;
        sources[i] = (struct lockstep_source){.ctx = &drawn->rows[i], .next = next_row};
        ck_assert_int_eq(world_step(world, &step), AGON_OK);
        if (drawn->is_booked)
            world_book(world, FIRST + i, 9990, COIN, 10010, COIN);
        ck_assert_int_eq(paper_add(config.paper, FIRST + i), AGON_OK);
        ck_assert_int_eq(paper_set_bars(config.paper, FIRST + i, &drawn->config), AGON_OK);
    }
    port = paper_port(config.paper);
    engine_attach_venue(world->engine, 0, &port);
    ck_assert_msg(lockstep_run(&config, &result, &err) == AGON_OK, "%s", err.text);
    outcome->n_events = result.n_events;
    outcome->n_passed = result.n_passed;
    outcome->n_passed_ends = result.n_passed_ends;
    outcome->n_rows = result.n_calm;
    ck_assert_int_eq(engine_hash(world->engine, outcome->state), AGON_OK);
    outcome->put_out = engine_output_hash(world->engine);
    keep(outcome);
    paper_free(config.paper);
    world_free(world);
}

static void is_as_by_turns(uint64_t seed, const struct outcome *of, const struct outcome *turns)
{
    ck_assert_msg(of->hash == turns->hash && of->n_events == turns->n_events &&
                      of->n_dues == turns->n_dues,
                  "case %llu: %llu events in one go, %llu by turns", (unsigned long long)seed,
                  (unsigned long long)of->n_events, (unsigned long long)turns->n_events);
    ck_assert_msg(of->sampled == turns->sampled, "case %llu: other equity than by turns",
                  (unsigned long long)seed);
    ck_assert_msg(of->put_out == turns->put_out, "case %llu: something else was put out",
                  (unsigned long long)seed);
    ck_assert_msg(of->told == turns->told, "case %llu: runners are called for other steps",
                  (unsigned long long)seed);
    ck_assert_msg(memcmp(of->state, turns->state, HASH_SIZE) == 0,
                  "case %llu: another state than by turns", (unsigned long long)seed);
}

START_TEST(what_is_not_walked_would_have_changed_nothing)
{
    const char *word = getenv("ALONG_CASES");
    const uint64_t n = word != NULL ? strtoull(word, NULL, 10) : CASES;
    uint64_t n_fills = 0, n_breaches = 0, n_events = 0, n_walked = 0;
    uint64_t n_samples = 0, n_dues = 0, n_passed = 0, n_ends = 0, n_single = 0;
    uint64_t n_calm = 0, n_rows = 0;

    for (uint64_t seed = 1; seed <= n; seed++) {
        static struct drawn drawn;
        struct outcome rows, fast, turns, slow;

        case_now = seed;
        draw(seed, &drawn);
        play(&drawn, MODE_TURNS, &turns);
        play(&drawn, MODE_ROWS, &rows);
        play(&drawn, MODE_AT_ONCE, &fast);
        play(&drawn, MODE_ALL, &slow);
        is_as_by_turns(seed, &rows, &turns);
        is_as_by_turns(seed, &fast, &turns);
        ck_assert_uint_eq(rows.n_rows, fast.n_rows);
        ck_assert_msg(fast.judged == turns.judged,
                      "case %llu: judged by other equity than by turns", (unsigned long long)seed);
        n_calm += fast.n_calm;
        n_rows += fast.n_rows;
        ck_assert_uint_eq(turns.n_calm + slow.n_calm, 0);
        ck_assert_uint_eq(turns.n_passed + slow.n_passed, 0);
        n_passed += fast.n_passed;
        n_ends += fast.n_passed_ends;
        n_single += drawn.n == 1;
        ck_assert_msg(fast.hash == slow.hash && fast.n_fills == slow.n_fills,
                      "case %llu: other reports, %llu and %llu fills", (unsigned long long)seed,
                      (unsigned long long)fast.n_fills, (unsigned long long)slow.n_fills);
        ck_assert_msg(fast.n_samples == slow.n_samples && fast.sampled == slow.sampled,
                      "case %llu: other equity in time", (unsigned long long)seed);
        ck_assert_msg(fast.scored == slow.scored, "case %llu: other scores",
                      (unsigned long long)seed);
        // The first day of all is asked for and not sampled.
        ck_assert(slow.n_dues == slow.n_samples || drawn.t_begin < 24 * 60 * MINUTE);
        n_samples += fast.n_samples;
        n_dues += fast.n_dues;
        ck_assert_mem_eq(fast.equity_amt, slow.equity_amt, sizeof(fast.equity_amt));
        ck_assert_mem_eq(fast.high_amt, slow.high_amt, sizeof(fast.high_amt));
        ck_assert_mem_eq(fast.day_amt, slow.day_amt, sizeof(fast.day_amt));
        ck_assert_mem_eq(fast.held_qty, slow.held_qty, sizeof(fast.held_qty));
        ck_assert_mem_eq(fast.money_amt, slow.money_amt, sizeof(fast.money_amt));
        ck_assert_msg(fast.high_all_amt == slow.high_all_amt,
                      "case %llu: the highest of all together: %lld and %lld",
                      (unsigned long long)seed, (long long)fast.high_all_amt,
                      (long long)slow.high_all_amt);
        ck_assert_uint_eq(fast.n_breaches, slow.n_breaches);
        n_fills += slow.n_fills;
        n_breaches += slow.n_breaches;
        n_events += fast.n_events;
        n_walked += slow.n_events;
    }
    printf("%llu cases, %llu fills, %llu breaches, %llu events of %llu, %llu of %llu samples, %llu "
           "bars in one go (%llu ends), %llu steps calm, %llu rows of a calm\n",
           (unsigned long long)n, (unsigned long long)n_fills, (unsigned long long)n_breaches,
           (unsigned long long)n_events, (unsigned long long)n_walked, (unsigned long long)n_dues,
           (unsigned long long)n_samples, (unsigned long long)n_passed, (unsigned long long)n_ends,
           (unsigned long long)n_calm, (unsigned long long)n_rows);
    // Or it would say little.
    ck_assert_uint_ge(n_fills, 2 * n);
    ck_assert_uint_ge(n_breaches, n / 10);
    ck_assert_uint_le(n_events, n_walked - n_walked / 200);
    ck_assert_uint_le(n_dues, n_samples - n_samples / 4); // of those that judge nobody
    ck_assert_uint_ge(n_dues, n_samples / 100);
    ck_assert_uint_ge(n_passed, n_single * ROWS / 10);
    ck_assert_uint_ge(n_ends, n_passed / 20);
    ck_assert_uint_ge(n_calm, n_passed / 20);
    ck_assert_uint_le(n_ends, n_passed - n_passed / 20);
    ck_assert_uint_ge(n_rows, n_passed / 10);
    ck_assert_uint_le(n_rows, n_passed - n_passed / 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine/along_idle");
    TCase *tcase = tcase_create("idle");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, getenv("ALONG_CASES") != NULL ? 3000 : 100);
    tcase_add_test(tcase, what_is_not_walked_would_have_changed_nothing);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
