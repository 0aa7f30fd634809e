// SPDX-License-Identifier: Apache-2.0
#include "bench/arena.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sys/clock.h"
#include "sys/futex.h"

#define USD(x)  ((agon_amt_t)(x)*100000000)
#define BTCUSDT 1
#define TICK_NS ((agon_ns_t)1000000)

static struct setup_venue venue_name = {.venue = 1, .name = "binance"};

static void before(void *ctx, struct agon_event_hdr *event)
{
    struct arena *arena = ctx;

    if (arena->on_event != NULL)
        arena->on_event(arena->ctx, event);
}

static int step(void *ctx, struct agon_event_hdr *event)
{
    struct arena *arena = ctx;
    int rc;

    event->t = arena->t;
    rc = driver_step(&arena->driver, event);
    return rc < 0 ? rc : arena->driver.rc;
}

static int send(void *ctx, const struct order_cmd *cmd)
{
    struct arena *arena = ctx;
    struct venue_port port = paper_port(arena->paper);

    if (arena->is_repeated)
        return AGON_OK;
    arena->n_cmds++;
    arena->n_cancels += cmd->kind == CMD_CANCEL;
    return port.send(port.ctx, cmd);
}

static int configure(struct arena *arena, struct error *err)
{
    struct record_asset assets[2] = {{.asset = 1, .is_base_currency = 1, .name = "USDT"},
                                     {.asset = 2, .name = "BTC"}};
    struct agon_instrument instrument = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = BTCUSDT},
        .venue = 1,
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 5,
        .base = 2,
        .quote = 1,
        .settle = 1,
        .maker_fee_ppb = 100000,
        .taker_fee_ppb = 100000,
        .symbol = "BTCUSDT",
        .tick_px = 1,
        .lot_qty = 1,
        .min_qty = 1,
        .max_qty = 900000000,
        .min_notional_amt = USD(5),
        .multiplier = 1};
    struct record_account cash = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1},
                                  .flags = 3,
                                  .asset = 1,
                                  .free_amt = USD(10000000)};
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 1, .mode = RUN_PAPER, .seed = 7};
    int64_t began_ns;
    int rc = AGON_OK;

    for (int i = 0; i < 2 && rc >= 0; i++) {
        assets[i].hdr = (struct agon_event_hdr){.type = EVENT_CONFIG, .granules = 1};
        assets[i].kind = CONFIG_ASSET;
        assets[i].exp = 8;
        rc = step(arena, &assets[i].hdr);
    }
    if (rc >= 0)
        rc = step(arena, &instrument.hdr);
    if (rc >= 0)
        rc = step(arena, &cash.hdr);
    for (uint32_t i = 0; i < arena->config.n_slots && rc >= 0; i++) {
        struct record_slot record;

        began_ns = clock_mono();
        rc = crew_load(arena->crew, &arena->slots[i], err);
        arena->load_ns += clock_mono() - began_ns;
        if (rc < 0)
            return rc;
        record = arena->slots[i].record;
        rc = step(arena, &record.hdr);
    }
    if (rc >= 0)
        rc = step(arena, &start.hdr);
    return rc < 0 ? error_set(err, rc, "the arena's configuration: %s", error_name(rc)) : rc;
}

static void describe(struct arena *arena, uint16_t id)
{
    const struct arena_config *config = &arena->config;
    struct crew_slot *slot = &arena->slots[id];
    struct record_slot *record = &slot->record;

    *record = (struct record_slot){
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(struct record_slot) / EVENT_GRANULE},
        .kind = CONFIG_SLOT,
        .slot = id,
        .stage = STAGE_LIVE,
        .agent_kind = AGON_STRATEGY,
        .runner = (uint8_t)config->runner,
        .on_crash = config->on_crash,
        .seed = 7u + id,
        .subscription = {.n_instruments = 1, .bar_mask = 1, .instruments = {BTCUSDT}},
        .limits = {.capital_amt = USD(100000),
                   .collar_marketable_ppm = 50000,
                   .collar_passive_ppm = 200000,
                   .max_open_orders = 20}};
    snprintf(record->name, sizeof(record->name), "slot_%u", id);
    snprintf(slot->plugin, sizeof(slot->plugin), "%s", config->plugins[id]);
    slot->orders_on_reload = config->orders_on_reload;
    slot->shadow = config->shadow;
    slot->shadow_events = config->shadow_events;
    slot->checkpoint_ns = config->checkpoint_ns;
    slot->hard_ns = config->hard_ns;
    for (int i = 0; i < 2 && config->params[id][i][0] != NULL; i++) {
        snprintf(slot->params[i].name, sizeof(slot->params[i].name), "%s",
                 config->params[id][i][0]);
        snprintf(slot->params[i].text, sizeof(slot->params[i].text), "%s",
                 config->params[id][i][1]);
        slot->n_params++;
    }
}

/* time,bid,bid size,ask,ask size in any order that the file's first line names. */
static int read_tape(struct arena *arena, struct error *err)
{
    FILE *file = fopen(arena->config.tape, "r");
    char line[512];
    uint32_t room = 0;
    int bid_at = -1, ask_at = -1, column = 0;

    if (file == NULL)
        return error_set(err, AGON_ENOENT, "no tape %s", arena->config.tape);
    if (fgets(line, sizeof(line), file) != NULL) {
        for (char *save = NULL, *word = strtok_r(line, ",\r\n", &save); word != NULL;
             word = strtok_r(NULL, ",\r\n", &save), column++) {
            if (bid_at < 0 && strstr(word, "bid") != NULL && strstr(word, "ize") == NULL &&
                strstr(word, "amount") == NULL && strstr(word, "qty") == NULL)
                bid_at = column;
            if (ask_at < 0 && strstr(word, "ask") != NULL && strstr(word, "ize") == NULL &&
                strstr(word, "amount") == NULL && strstr(word, "qty") == NULL)
                ask_at = column;
        }
    }
    while (bid_at >= 0 && ask_at >= 0 && fgets(line, sizeof(line), file) != NULL) {
        struct agon_quote quote = {0};

        column = 0;
        for (char *save = NULL, *word = strtok_r(line, ",\r\n", &save); word != NULL;
             word = strtok_r(NULL, ",\r\n", &save), column++) {
            if (column == bid_at)
                (void)num_parse(word, strlen(word), 2, &quote.bid_px);
            if (column == ask_at)
                (void)num_parse(word, strlen(word), 2, &quote.ask_px);
        }
        if (quote.bid_px <= 0 || quote.ask_px <= quote.bid_px)
            continue;
        if (arena->n_tape == room) {
            struct agon_quote *more;

            room = room ? room * 2 : 4096;
            more = realloc(arena->tape, room * sizeof(*more));
            if (more == NULL)
                break;
            arena->tape = more;
        }
        arena->tape[arena->n_tape++] = quote;
    }
    (void)fclose(file);
    return arena->n_tape > 0 ? AGON_OK
                             : error_set(err, AGON_EINVAL, "no quotes in %s", arena->config.tape);
}

int arena_open(struct arena *arena, const struct arena_config *config, struct error *err)
{
    struct engine_config engine = {0};
    struct crew_config crew = {.dir = config->dir,
                               .bus = &arena->bus,
                               .is_lock_step = config->is_lock_step,
                               .is_certified = config->is_certified,
                               .is_rehearsed = config->is_rehearsed,
                               .venues = &venue_name,
                               .n_venues = 1,
                               .step = step,
                               .is_refused = config->is_refused,
                               .history = config->history,
                               .ctx = arena};
    struct paper_config paper = {.match = {.cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM}};
    struct venue_port port = {.ctx = arena, .send = send};
    struct crew_history history = {0};
    int64_t began_ns;
    int rc;

    memset(arena, 0, sizeof(*arena));
    arena->config = *config;
    arena->t = ARENA_T0;
    rc = config->tape != NULL ? read_tape(arena, err) : AGON_OK;
    if (rc >= 0)
        rc = process_bus_new(&arena->bus, (uint64_t)1 << 18, err);
    engine.bus_memory = arena->bus.memory;
    engine.bus_granules = arena->bus.granules;
    if (rc >= 0)
        rc = engine_new(&arena->engine, &engine, err);
    arena->driver = (struct driver){
        .engine = arena->engine, .port = {.ctx = arena, .before = before}, .is_late = 1};
    crew.engine = arena->engine;
    if (rc >= 0)
        rc = crew_new(&arena->crew, &crew, err);
    for (uint16_t i = 0; i < config->n_slots && rc >= 0; i++)
        describe(arena, i);
    if (rc >= 0)
        rc = configure(arena, err);
    if (rc >= 0) {
        arena->paper = paper_new(&paper, engine_instruments(arena->engine));
        rc = arena->paper == NULL ? error_set(err, AGON_ENOMEM, "no memory for a venue")
                                  : paper_add(arena->paper, BTCUSDT);
    }
    if (rc >= 0)
        engine_attach_venue(arena->engine, 0, &port);
    began_ns = clock_mono();
    for (uint16_t i = 0; i < config->n_slots && rc >= 0; i++)
        rc = crew_join(arena->crew, &arena->slots[i], &history, err);
    arena->join_ns = clock_mono() - began_ns;
    if (rc < 0)
        arena_close(arena);
    return rc;
}

void arena_close(struct arena *arena)
{
    crew_free(arena->crew);
    engine_free(arena->engine);
    paper_free(arena->paper);
    process_bus_free(&arena->bus);
    free(arena->tape);
    memset(arena, 0, sizeof(*arena));
}

static void advance(struct arena *arena)
{
    uint16_t failed;

    while (engine_advance_wanting(arena->engine, &failed) < 0) {
        struct record_crash crash;

        snprintf(arena->failure, sizeof(arena->failure), "%.159s",
                 crew_failure(arena->crew, failed));
        crew_bury(arena->crew, failed, &crash);
        crash.orders = arena->config.on_crash;
        (void)step(arena, &crash.hdr);
        slot_set_add(&arena->failed, failed);
    }
}

static int take_wishes(struct arena *arena)
{
    struct agon_event_hdr *wish = (struct agon_event_hdr *)(void *)arena->wish;
    int n = 0;

    for (uint16_t id = 0; id < arena->config.n_slots; id++) {
        int rc;

        while ((rc = engine_take_wish(arena->engine, id, wish)) != 0) {
            if (rc == AGON_ECORRUPT)
                break;
            if (rc < 0)
                continue;
            if (arena->on_wish != NULL)
                arena->on_wish(arena->ctx, id, wish);
            (void)step(arena, wish);
            n++;
        }
    }
    return n;
}

static int take_reports(struct arena *arena)
{
    struct record_report *report;
    int n = 0;

    paper_advance(arena->paper, arena->t);
    while ((report = paper_peek(arena->paper)) != NULL && report->hdr.t <= arena->t) {
        struct record_report copy = *report;

        paper_take(arena->paper);
        (void)step(arena, &copy.hdr);
        n++;
    }
    return n;
}

int arena_offer(struct arena *arena, struct agon_event_hdr *event)
{
    int rc = step(arena, event);
    int n;

    do {
        advance(arena);
        n = take_wishes(arena);
        n += take_reports(arena);
    } while (n > 0);
    crew_turn(arena->crew, clock_mono());
    return rc;
}

// A walk that is the same in every run, or what was recorded.
static void market(const struct arena *arena, uint64_t i, agon_px_t *bid_px, agon_px_t *ask_px)
{
    if (arena->n_tape > 0) {
        *bid_px = arena->tape[i % arena->n_tape].bid_px;
        *ask_px = arena->tape[i % arena->n_tape].ask_px;
        return;
    }
    *bid_px = 6000000 + (agon_px_t)(hash_mix(i / 64) % 2000) + (agon_px_t)(hash_mix(i) % 100);
    *ask_px = *bid_px + 10;
}

int arena_step(struct arena *arena)
{
    uint64_t i = arena->n_market++;
    struct {
        struct agon_book_part part;
        struct agon_level levels[4];
    } book = {.part = {.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT, .granules = 2},
                       .n_bid = 1,
                       .n_ask = 1,
                       .flags = BOOK_PART_FIRST | BOOK_PART_LAST}};
    struct agon_trade trade = {.hdr = {.type = AGON_EVENT_TRADE, .granules = 1},
                               .qty = 1 + (agon_qty_t)(hash_mix(i) % 1000),
                               .side = AGON_BUY};
    struct agon_event_hdr *event = i % 8 == 0 ? &book.part.hdr : &trade.hdr;
    agon_px_t bid_px, ask_px;

    market(arena, i / 8, &bid_px, &ask_px);
    book.levels[0] = (struct agon_level){bid_px, 100000000};
    book.levels[1] = (struct agon_level){ask_px, 100000000};
    trade.px = ask_px;
    arena->t += TICK_NS;
    event->instrument = BTCUSDT;
    event->t = event->t_venue = arena->t;
    paper_advance(arena->paper, arena->t);
    paper_on_market(arena->paper, event);
    return arena_offer(arena, event);
}

int arena_repeat(struct arena *arena, const struct agon_event_hdr *event)
{
    struct agon_event_hdr *wish = (struct agon_event_hdr *)(void *)arena->wish;
    int rc;

    memcpy(arena->event, event, event_bytes(event));
    arena->is_repeated = 1;
    arena->driver.is_held = 1; // the timers are among the events
    arena->t = event->t;
    rc = step(arena, (struct agon_event_hdr *)(void *)arena->event);
    advance(arena);
    for (uint16_t id = 0; id < arena->config.n_slots; id++) {
        while (engine_take_wish(arena->engine, id, wish) == 1)
            ;
    }
    return rc;
}

uint64_t arena_look(struct arena *arena)
{
    uint64_t n_gone = 0;
    const char *why;
    uint16_t slot;

    while (crew_poll(arena->crew, clock_mono(), &slot, &why) == 1) {
        struct record_crash crash;

        snprintf(arena->failure, sizeof(arena->failure), "%.159s", why);
        crew_bury(arena->crew, slot, &crash);
        crash.orders = arena->config.on_crash;
        (void)step(arena, &crash.hdr);
        slot_set_add(&arena->failed, slot);
        n_gone++;
    }
    return n_gone;
}

void arena_settle(struct arena *arena)
{
    const struct slots *slots = engine_slots(arena->engine);
    _Atomic uint32_t never = 0;

    for (uint16_t id = 0; id < arena->config.n_slots; id++) {
        for (int i = 0; i < 20000 && crew_info(arena->crew, id) != NULL &&
                        crew_nth(arena->crew, id) != slots_nth(slots, id);
             i++)
            (void)futex_wait(&never, 0, 1000000);
    }
}
