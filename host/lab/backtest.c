// SPDX-License-Identifier: Apache-2.0
#include "lab/backtest.h"
#include "lab/backtest_jobs.h"
#include "lab/backtest_journal.h"
#include "lab/backtest_moved.h"
#include "lab/backtest_windows.h"
#include "lab/clip.h"
#include "lab/funding.h"
#include "lab/models.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/driver.h"
#include "engine/lockstep.h"
#include "lab/replay.h"
#include "lab/tape_named.h"
#include "market/instrument_kind.h"
#include "store/registry.h"
#include "sys/clock.h"

#define GEN_START ((agon_ns_t)1767225600 * 1000000000) /* 2026-01-01 00:00:00 UTC */

struct run {
    const struct backtest_config *config;
    struct backtest *result;
    struct tape *tapes[BACKTEST_TAPES_MAX];       /* owned */
    struct funding *fundings[BACKTEST_TAPES_MAX]; /* owned */
    struct clip *clips[BACKTEST_TAPES_MAX];       /* owned; with a t_from, of the tapes or gen */
    struct history *history;                      /* owned; with a t_from */
    struct agon_bar *bars;                        /* owned; of it, as agents are given them */
    struct gen *gen;                              /* owned */
    agon_ns_t gen_end, t_start;
    struct lockstep_source sources[2 * BACKTEST_TAPES_MAX];
    uint32_t n_sources;
    const char *paths[BACKTEST_TAPES_MAX]; /* without their symbols */
    struct tape_info infos[BACKTEST_TAPES_MAX];
    struct listings *listings; /* owned */
    struct instruments *table; /* the engine's */
    struct driver driver;      /* of what comes before and behind the tapes */
    struct paper *paper;       /* owned */
    struct hash intents;
    int kept;                      /* AGON_OK, or what became of keeping a sample */
    agon_amt_t results[SLOTS_MAX]; /* of each slot's fills so far */
    uint64_t closed[SLOTS_MAX];    /* those that closed something */
    struct slot_set demoted;       /* by lines of a plan that is still to come */
    uint64_t room_fills, room_samples, room_equity;
    agon_ns_t t_venue; /* the newest stamp of the market's events */
    struct backtest_journal journal;
    struct tape_named named; /* what of tapes the journal names */
    int is_begun;            /* every agent has joined */
};

static int step(struct run *run, void *event, const char *what, struct error *err)
{
    int rc;

    // The world begins when its data does.
    ((struct agon_event_hdr *)event)->t = run->t_start;
    rc = driver_step(&run->driver, event);
    rc = rc < 0 ? rc : run->driver.rc;
    rc = rc < 0 ? rc : backtest_journal_turn(&run->journal);
    return rc < 0 ? error_set(err, rc, "%s was refused: %s", what, error_name(rc)) : AGON_OK;
}

static agon_asset_t asset_of(struct run *run, const char *name, int is_base_currency,
                             struct error *err)
{
    agon_asset_t id = instruments_find_asset(run->table, name);
    struct record_asset asset = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1},
        .kind = CONFIG_ASSET,
        .asset = run->table->n_assets + 1,
        .exp = (int8_t)(run->config->values != NULL ? values_exp(run->config->values, name) : 8),
        .is_base_currency = (uint8_t)is_base_currency,
    };

    if (id != 0)
        return id;
    snprintf(asset.name, sizeof(asset.name), "%s", name);
    return step(run, &asset, name, err) < 0 ? 0 : asset.asset;
}

/* Who pays funding is a perpetual, and a raw recording of futures is of one; where there is one of
 * that name, another venue's coins beside it stay coins. */
static int is_perpetual(const struct run *run, const struct tape_info *info)
{
    int is_known = 0;

    if (info->kind == TAPE_GENERATED)
        return info->wire != NULL;
    for (uint32_t i = 0; i < run->config->n_paths; i++) {
        if (strcmp(run->infos[i].plain, info->plain) != 0 || !tape_is_linear(&run->infos[i]))
            continue;
        if (strcmp(run->infos[i].symbol, info->symbol) == 0)
            return 1;
        is_known = 1;
    }
    for (uint32_t i = 0; i < run->config->n_fundings && !is_known; i++) {
        if (strcmp(funding_symbol(run->fundings[i]), info->plain) == 0)
            return 1;
    }
    return 0;
}

// Of the quote, in its own exponent.
static agon_amt_t quote_amt(const struct run *run, const struct agon_instrument *instrument,
                            agon_amt_t amt)
{
    return num_rescale(amt, 8, instruments_asset(run->table, instrument->quote)->exp, NUM_UP);
}

// The exchange asks of orders what the listing says.
static void set_rules(struct run *run)
{
    for (uint32_t i = 0; i < run->result->n_listed; i++) {
        const struct listed *listed = &run->result->listed[i];
        agon_instrument_t id =
            instruments_find(run->table, listed->record.venue, listed->record.symbol);
        struct rules rules = listed->rules;

        if (id == 0 || !listed->has_rules)
            continue;
        rules.max_notional_amt =
            quote_amt(run, instruments_get(run->table, id), rules.max_notional_amt);
        (void)paper_set_rules(run->paper, id, &rules);
    }
}

// path: of the file that it is recorded in; NULL: it is generated.
static int add_instrument(struct run *run, const struct tape_info *info, const char *path,
                          agon_instrument_t *id, struct error *err)
{
    const struct backtest_config *config = run->config;
    struct listed *listed = &run->result->listed[run->result->n_listed];
    const uint16_t venue =
        info->kind == TAPE_GENERATED && info->wire != NULL ? BACKTEST_VENUE_UM : BACKTEST_VENUE;
    struct agon_instrument made;
    int rc;

    *id = instruments_find(run->table, venue, info->symbol);
    if (*id != 0)
        return AGON_OK;
    rc = listings_find(run->listings, info->symbol, is_perpetual(run, info) ? INSTRUMENT_LINEAR : 0,
                       path, info->t_first, listed, err);
    if (rc < 0)
        return rc;
    if (listed->base[0] == '\0') {
        memcpy(listed->base, info->base, sizeof(listed->base));
        memcpy(listed->quote, info->quote, sizeof(listed->quote));
    }
    run->result->n_listed++;
    listed->record.venue = venue;
    made = listed->record;
    made.hdr.type = AGON_EVENT_INSTRUMENT;
    made.hdr.granules = sizeof(made) / EVENT_GRANULE;
    made.hdr.instrument = run->table->n_instruments + 1;
    made.state = TRADING_OPEN;
    run->result->is_fee_lower |=
        (config->has_maker_fee && config->maker_fee_ppb < made.maker_fee_ppb) ||
        (config->has_taker_fee && config->taker_fee_ppb < made.taker_fee_ppb);
    run->result->is_unfunded |= !instrument_kind_has_coins(made.kind) && config->n_fundings == 0;
    if (config->has_maker_fee)
        made.maker_fee_ppb = listed->record.maker_fee_ppb = config->maker_fee_ppb;
    if (config->has_taker_fee)
        made.taker_fee_ppb = listed->record.taker_fee_ppb = config->taker_fee_ppb;
    made.multiplier = 1;
    made.quote = asset_of(run, listed->quote, 0, err);
    made.base = asset_of(run, listed->base, 0, err);
    made.settle = made.quote;
    if (made.quote == 0 || made.base == 0)
        return AGON_EINVAL;
    made.min_notional_amt = quote_amt(run, &made, made.min_notional_amt);
    // What a trade on a spot market moves is whole units of the base.
    if (instrument_kind_has_coins(made.kind) &&
        made.qty_exp > instruments_asset(run->table, made.base)->exp) {
        if (listed->from == LISTING_NAMED || listed->from == LISTING_BESIDE)
            return error_set(err, AGON_EINVAL,
                             "quantities of %s have %d decimals, and %s has %d by the roster",
                             info->symbol, made.qty_exp, listed->base,
                             instruments_asset(run->table, made.base)->exp);
        int8_t exp = instruments_asset(run->table, made.base)->exp;

        made.max_qty = num_rescale(made.max_qty, made.qty_exp, exp, NUM_ZERO);
        listed->rules.market_max_qty =
            num_rescale(listed->rules.market_max_qty, made.qty_exp, exp, NUM_ZERO);
        made.qty_exp = listed->record.qty_exp = exp;
        made.lot_qty = made.min_qty = 1;
        listed->record.lot_qty = listed->record.min_qty = 1;
        listed->record.max_qty = made.max_qty;
    }
    *id = made.hdr.instrument;
    rc = step(run, &made, info->symbol, err);
    return rc < 0 ? rc : backtest_windows_add(run->result, &made, info, run->listings, listed, err);
}

static int add_valuation(struct run *run, const struct values_by *by, struct error *err)
{
    struct record_valuation record = {
        .hdr = {.type = EVENT_CONFIG,
                .granules = 1,
                .instrument =
                    instruments_find(run->table, BACKTEST_VENUE, strchr(by->word, ':') + 1)},
        .kind = CONFIG_VALUATION,
        .asset = instruments_find_asset(run->table, by->asset)};

    return step(run, &record, by->word, err);
}

static int has_tape(const struct run *run, const char *symbol, enum tape_kind kind)
{
    for (uint32_t i = 0; i < run->config->n_paths; i++) {
        if (run->infos[i].kind == kind && strcmp(run->infos[i].symbol, symbol) == 0)
            return 1;
    }
    return 0;
}

/* Does another file bring a book to trade on in this one's place? A recorded one stands before one
 * that is assumed, and one of each trade before one of each bar. */
static int has_book(const struct run *run, const struct tape_info *info)
{
    return has_tape(run, info->symbol, TAPE_RAW) ||
           (info->kind == TAPE_BARS && has_tape(run, info->symbol, TAPE_TRADES));
}

// Nothing but bars is known of what the file is of.
static int is_bars(const struct run *run, const struct tape_info *info)
{
    return info->kind == TAPE_BARS && !has_book(run, info);
}

/* Where all that is known is bars, a quote is as young as a bar lets it be. */
static int add_step(struct run *run, uint32_t tape, agon_instrument_t id, struct error *err)
{
    const struct tape_info *info = &run->infos[tape];
    struct record_step record = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1, .instrument = id},
        .kind = CONFIG_STEP,
        .is_bars = STEP_PATHS,
        .step_ns = (agon_ns_t)info->length_s * 1000000000,
    };

    if (!is_bars(run, info))
        return AGON_OK;
    for (uint32_t i = 0; i < tape; i++) {
        if (!is_bars(run, &run->infos[i]) || strcmp(run->infos[i].symbol, info->symbol) != 0)
            continue;
        if (run->infos[i].length_s != info->length_s)
            return error_set(err, AGON_EINVAL,
                             "%s and %s: bars of %u s and of %u s of one symbol; name one of them",
                             run->paths[i], run->paths[tape], run->infos[i].length_s,
                             info->length_s);
        return AGON_OK;
    }
    return step(run, &record, info->symbol, err);
}

// The exchange knows of them what the engine does.
static int set_bars(struct run *run, struct error *err)
{
    for (uint32_t i = 0; i < run->config->n_paths; i++) {
        agon_instrument_t id = instruments_find(run->table, BACKTEST_VENUE, run->infos[i].symbol);

        if (is_bars(run, &run->infos[i]) && paper_set_bars(run->paper, id, &run->config->bars) < 0)
            return error_set(err, AGON_ENOMEM, "no memory for a market of bars");
    }
    return AGON_OK;
}

static const struct agon_event_hdr *gen_source(void *ctx)
{
    struct run *run = ctx;
    const struct agon_event_hdr *event = gen_next(run->gen);

    return event->t < run->gen_end ? event : NULL;
}

static int open_generated(struct run *run, struct error *err)
{
    const struct backtest_config *config = run->config;
    agon_instrument_t ids[SYNTH_SYMBOLS_MAX];
    struct tape_info info;
    struct gen_config gen;
    int rc = AGON_OK;

    for (uint32_t i = 0; rc >= 0 && backtest_generated(config, i, &info); i++)
        rc = add_instrument(run, &info, NULL, &ids[i], err);
    if (rc < 0)
        return rc;
    if (config->market == NULL)
        gen_defaults(&gen, run->table, config->seed);
    else
        rc = synth_config(config->market, config->market->n_symbols, ids, run->table, config->seed,
                          &gen, err);
    if (rc < 0)
        return rc;
    gen.t_start = GEN_START;
    gen.is_quoted = 1;
    rc = gen_new(&run->gen, &gen, run->table, err);
    if (rc < 0)
        return rc;
    run->gen_end = gen.t_start + config->gen_length_ns;
    run->sources[0] = (struct lockstep_source){.ctx = run, .next = gen_source};
    run->n_sources = 1;
    return AGON_OK;
}

// The file that the instrument is listed in; "": none.
static const char *listing_of(const struct run *run, const char *symbol)
{
    for (uint32_t i = 0; i < run->result->n_listed; i++) {
        if (strcmp(run->result->listed[i].record.symbol, symbol) == 0)
            return run->result->listed[i].source;
    }
    return "";
}

// Funding names what it is of as a file does: "BTCUSDT", whatever the venue calls it.
static agon_instrument_t find_plain(const struct run *run, const char *plain)
{
    const struct tape_info *info = NULL;

    for (uint32_t i = 0; i < run->config->n_paths; i++) {
        if (strcmp(run->infos[i].plain, plain) == 0 &&
            (info == NULL || (tape_is_linear(&run->infos[i]) && !tape_is_linear(info))))
            info = &run->infos[i];
    }
    return instruments_find(run->table, BACKTEST_VENUE, info != NULL ? info->symbol : plain);
}

static int open_tapes(struct run *run, struct error *err)
{
    const struct backtest_config *config = run->config;

    for (uint32_t i = 0; i < config->n_paths; i++) {
        struct tape_config tape = {.path = run->paths[i],
                                   .spread_ppm = config->bars.spread_ppm,
                                   .volume_ppm = config->bars.volume_ppm,
                                   .has_book = has_book(run, &run->infos[i]),
                                   .is_lenient = config->is_lenient,
                                   .is_joined = 1};
        const struct agon_instrument *instrument;
        const struct asset *quote;
        agon_instrument_t id;
        int rc = add_instrument(run, &run->infos[i], run->infos[i].origin, &id, err);

        if (rc >= 0)
            rc = add_step(run, i, id, err);
        if (rc < 0)
            return rc;
        instrument = instruments_get(run->table, id);
        quote = instruments_asset(run->table, instrument->quote);
        tape.info = run->infos[i];
        tape.instrument = *instrument;
        memcpy(tape.quote, quote->name, sizeof(tape.quote));
        tape.quote_exp = quote->exp;
        tape.listing = listing_of(run, instrument->symbol);
        rc = tape_open(&run->tapes[i], &tape, err);
        if (rc < 0)
            return rc;
        run->sources[i] = (struct lockstep_source){.ctx = run->tapes[i], .next = tape_next};
        if (config->journal != NULL && !config->is_journal_whole)
            rc = tape_named_add(&run->named, run->tapes[i], &tape, &run->sources[i], err);
        if (rc < 0)
            return rc;
        if (run->infos[i].has_received) {
            run->sources[i].received = &run->result->tapes[i].received;
            received_init(run->sources[i].received);
        }
        run->n_sources++;
        snprintf(run->result->tapes[i].path, sizeof(run->result->tapes[i].path), "%s",
                 run->paths[i]);
        run->result->tapes[i].kind = run->infos[i].kind;
        run->result->n_tapes++;
    }
    return AGON_OK;
}

/* What lies before the start becomes history: each source is read up to there. */
static int clip_sources(struct run *run, struct error *err)
{
    int rc = AGON_OK;

    if (run->config->t_from == 0)
        return AGON_OK;
    if (history_new(&run->history, run->table->n_instruments) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for the history");
    for (uint32_t i = 0; i < run->n_sources && rc >= 0; i++) {
        struct lockstep_source *source = &run->sources[i];
        struct clip_config clip = {.next = source->next,
                                   .ctx = source->ctx,
                                   .t_from = run->config->t_from,
                                   .table = run->table,
                                   .history = run->history};

        rc = clip_new(&run->clips[i], &clip, err);
        source->ctx = run->clips[i];
        source->next = clip_next;
    }
    if (rc < 0)
        return rc;
    history_lengthen(run->history);
    run->bars = malloc((history_count(run->history) + 1u) * sizeof(*run->bars));
    if (run->bars == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the history");
    run->result->n_history = history_copy(run->history, UINT64_MAX, run->bars);
    return AGON_OK;
}

// Behind the tapes: at one time their events come first.
static int open_fundings(struct run *run, struct error *err)
{
    for (uint32_t i = 0; i < run->config->n_fundings; i++) {
        agon_instrument_t id = find_plain(run, funding_symbol(run->fundings[i]));

        if (id == 0)
            return error_set(err, AGON_EINVAL, "funding of %s, of which there are no other data",
                             funding_symbol(run->fundings[i]));
        funding_set(run->fundings[i], id, run->t_start);
        run->sources[run->n_sources++] = (struct lockstep_source){
            .ctx = run->fundings[i], .next = funding_next, .is_companion = 1};
    }
    return AGON_OK;
}

static int step_begin(void *run, void *event, struct error *err)
{
    return step(run, event, "what an agent begins with", err);
}

static int configure(struct run *run, struct error *err)
{
    const struct backtest_config *config = run->config;
    struct crew_start start = {
        .start = {
            .hdr = {.type = EVENT_START}, .run = 1, .mode = RUN_BACKTEST, .seed = config->seed}};
    struct record_tournament tournament = {
        .hdr = {.type = EVENT_CONFIG, .granules = TOURNAMENT_GRANULES(config->tournament.n_more)},
        .kind = CONFIG_TOURNAMENT,
        .rules = config->tournament};
    struct record_portfolio portfolio = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(portfolio) / EVENT_GRANULE},
        .kind = CONFIG_PORTFOLIO,
        .limits = config->portfolio};
    struct record_samples samples = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                     .kind = CONFIG_SAMPLES,
                                     .is_within = 1,
                                     .is_figured = FIGURES_WHOLE};
    const struct portfolio_limits none = {0};
    struct record_account cash = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1}, .flags = 3};
    struct crew_history history;
    int rc = AGON_OK;

    if (config->n_paths > BACKTEST_TAPES_MAX)
        return error_set(err, AGON_ERANGE, "%u data files, at most %d", config->n_paths,
                         BACKTEST_TAPES_MAX);
    for (uint32_t i = 0; i < config->n_paths && rc >= 0; i++) {
        char symbol[RECORDING_SYMBOL];

        run->paths[i] = recording_split(config->paths[i], symbol);
        rc = tape_look(run->paths[i], symbol, &run->infos[i], err);
    }
    if (rc < 0)
        return rc;
    run->t_start = config->n_paths > 0 ? run->infos[0].t_first : GEN_START;
    for (uint32_t i = 1; i < config->n_paths; i++) {
        if (run->infos[i].t_first < run->t_start)
            run->t_start = run->infos[i].t_first;
    }
    if (config->t_from > run->t_start)
        run->t_start = config->t_from;
    if (config->n_fundings > BACKTEST_TAPES_MAX)
        return error_set(err, AGON_ERANGE, "%u files of funding, at most %d", config->n_fundings,
                         BACKTEST_TAPES_MAX);
    for (uint32_t i = 0; i < config->n_fundings; i++) {
        rc = funding_open(&run->fundings[i], config->fundings[i], err);
        if (rc < 0)
            return rc;
    }
    rc = listings_open(&run->listings, config->listings, config->n_listings, err);
    if (rc < 0)
        return rc;
    // The base currency comes first: capital is counted in it.
    cash.asset = asset_of(run,
                          config->base_currency != NULL ? config->base_currency
                          : config->n_paths > 0         ? run->infos[0].quote
                                                        : "USDT",
                          1, err);
    if (cash.asset == 0)
        return AGON_EINVAL;
    rc = config->n_paths > 0 ? open_tapes(run, err) : open_generated(run, err);
    if (rc >= 0)
        rc = clip_sources(run, err);
    if (rc >= 0)
        tape_named_begin(&run->named, run->sources);
    if (rc >= 0)
        rc = open_fundings(run, err);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; config->values != NULL && i < config->values->n && rc >= 0; i++)
        rc = add_valuation(run, &config->values->all[i], err);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < config->n_slots; i++) {
        if (!num_add_checked(cash.free_amt, config->slots[i].record.limits.capital_amt,
                             &cash.free_amt))
            return error_set(err, AGON_ERANGE, "the capital of all agents together is too large");
    }
    // The last that is opened: what follows runs plugins' code.
    for (uint32_t i = 0; i < config->n_slots; i++) {
        rc = crew_map(run->result->crew, &config->slots[i], err);
        if (rc < 0)
            return rc;
    }
    if (config->close != NULL) {
        rc = config->close(config->ctx, err);
        if (rc < 0)
            return rc;
    }
    rc = step(run, &cash, "the account", err);
    rc = rc < 0 ? rc : backtest_jobs_cards(config, step_begin, run, err);
    for (uint32_t i = 0; i < config->n_slots && rc >= 0; i++) {
        struct crew_slot *slot = &config->slots[i];
        struct subscription *sub = &slot->record.subscription;
        union slot_event event;

        if (sub->n_instruments == 0) {
            for (agon_instrument_t id = 1;
                 id <= run->table->n_instruments && sub->n_instruments < SLOT_INSTRUMENTS_MAX; id++)
                sub->instruments[sub->n_instruments++] = id;
        }
        rc = crew_load(run->result->crew, slot, err);
        if (rc < 0)
            break;
        slot_record_write(&event, &slot->record);
        rc = step(run, &event, slot->record.name, err);
        if (rc >= 0)
            rc = backtest_jobs_leases(run->config, slot, step_begin, run, err);
    }
    if (rc >= 0 && config->tournament.mode != 0)
        rc = step(run, &tournament, "the tournament", err);
    if (rc >= 0 && memcmp(&config->portfolio, &none, sizeof(none)) != 0)
        rc = step(run, &portfolio, "the portfolio's limits", err);
    if (rc >= 0)
        rc = step(run, &samples, "how equity is sampled", err);
    crew_start_host(&start);
    for (uint32_t i = 0; i < config->n_slots && rc >= 0; i++)
        crew_start_plugin(&start, run->result->crew, &config->slots[i]);
    if (rc >= 0)
        rc = step(run, &start.start, "the start", err);
    history = (struct crew_history){.bars = run->bars, .n_bars = run->result->n_history};
    for (uint32_t i = 0; i < config->n_slots && rc >= 0; i++)
        rc = crew_join(run->result->crew, &config->slots[i], &history, err);
    run->is_begun = 1;
    rc = rc < 0 ? rc : backtest_journal_begins(run->result->crew, step_begin, run, err);
    return rc < 0 ? rc : backtest_jobs_ask(config, run->result, step_begin, run, err);
}

static int keep_fill(struct run *run, const struct record_report *report)
{
    struct backtest *result = run->result;
    uint16_t slot = (uint16_t)ORDER_ID_SLOT(report->order_id);
    const struct score *score = slot < SLOTS_MAX ? engine_score(result->engine, slot) : NULL;
    agon_amt_t before = score != NULL ? run->results[slot] : 0;
    uint64_t closed = score != NULL ? score->n_wins + score->n_losses - run->closed[slot] : 0;

    if (score != NULL)
        run->results[slot] = score->won_amt - score->lost_amt;
    if (result->n_fills == run->room_fills) {
        uint64_t room = run->room_fills == 0 ? 1024 : run->room_fills * 2;
        struct backtest_fill *more = realloc(result->fills, room * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        result->fills = more;
        run->room_fills = room;
    }
    result->fills[result->n_fills++] = (struct backtest_fill){
        .t = report->hdr.t,
        .t_venue = report->hdr.t_venue,
        .order_id = report->order_id,
        .slot = ORDER_ID_SLOT(report->order_id),
        .side = report->side,
        .liquidity = report->liquidity,
        .instrument = report->hdr.instrument,
        .px = report->px,
        .qty = report->qty,
        .fee_amt = report->fee_amt,
        .fee_asset = report->fee_asset,
        .seq = report->hdr.seq,
        .result_amt = score != NULL ? run->results[slot] - before : 0,
        .why = closed > 0 ? orders_exit_reason(engine_orders(result->engine), report) : 0,
    };
    if (slot < SLOTS_MAX)
        run->closed[slot] += closed;
    return AGON_OK;
}

// More slots than there were, or fewer, from this sample on.
static int keep_width(struct backtest *result, uint16_t n_slots)
{
    struct backtest_width *more;

    if (result->n_widths > 0 && result->widths[result->n_widths - 1].n_slots == n_slots)
        return AGON_OK;
    more = realloc(result->widths, (result->n_widths + 1u) * sizeof(*more));
    if (more == NULL)
        return AGON_ENOMEM;
    result->widths = more;
    more[result->n_widths++] = (struct backtest_width){
        .sample = result->n_samples, .at = result->n_equity, .n_slots = n_slots};
    return AGON_OK;
}

static int keep_sample(struct run *run, agon_ns_t t)
{
    struct backtest *result = run->result;
    const uint32_t n_slots = engine_slots(result->engine)->n;

    if (keep_width(result, (uint16_t)n_slots) < 0)
        return AGON_ENOMEM;
    if (result->n_samples == run->room_samples) {
        uint64_t room = run->room_samples == 0 ? 1024 : run->room_samples * 2;
        struct backtest_sample *more = realloc(result->samples, room * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        result->samples = more;
        run->room_samples = room;
    }
    if (result->n_equity + n_slots > run->room_equity) {
        uint64_t room = 2 * run->room_equity + 1024;
        agon_amt_t *more = realloc(result->equity_amt, room * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        result->equity_amt = more;
        run->room_equity = room;
    }
    result->samples[result->n_samples++] = (struct backtest_sample){t, run->t_venue};
    for (uint16_t id = 0; id < n_slots; id++)
        result->equity_amt[result->n_equity++] = engine_equity(result->engine, id);
    return AGON_OK;
}

static void on_sample(void *ctx, agon_ns_t t)
{
    struct run *run = ctx;

    if (run->kept >= 0)
        run->kept = keep_sample(run, t);
    if (run->config->sample != NULL)
        run->config->sample(run->config->ctx, run->result->engine, t);
}

// Those that a tournament throws out go at once.
static void demote(struct run *run, const struct record_plan *plan)
{
    uint16_t slot;

    backtest_moved_demoted(&run->demoted, plan + 1,
                           plan->n_lines < PLAN_LINES ? plan->n_lines : PLAN_LINES);
    while (slot_set_take(&run->demoted, &slot)) {
        crew_leave(run->result->crew, slot, AGON_END_DEMOTED);
        backtest_jobs_left(run->result, slot);
    }
}

static int on_step(void *ctx, const struct agon_event_hdr *event, int rc)
{
    struct run *run = ctx;
    int kept = run->kept;

    if (run->is_begun && crew_note(run->result->crew) != NULL)
        backtest_journal_pass(run->result->crew, event);
    if (rc >= 0 && event->t_venue > run->t_venue && journal_class_of(event->type) == JOURNAL_MARKET)
        run->t_venue = event->t_venue;
    switch (event->type) {
    case AGON_EVENT_INTENT: {
        const struct agon_intent_event *intent = (const void *)event;

        replay_fold_intent(&run->intents, intent);
        run->result->n_intents++;
        break;
    }
    case EVENT_REPORT:
        if (((const struct record_report *)(const void *)event)->kind == REPORT_FILL)
            kept = keep_fill(run, (const void *)event);
        break;
    case EVENT_PLAN_LINES: {
        const struct record_plan_lines *lines = (const void *)event;

        if (rc >= 0)
            backtest_moved_demoted(&run->demoted, lines + 1, lines->n_lines);
        break;
    }
    case EVENT_PLAN:
        if (rc >= 0)
            demote(run, (const void *)event);
        break;
    default:
        break;
    }
    if (run->result->plan != NULL && rc >= 0)
        backtest_moved_step(run->result, event);
    if (run->config->event != NULL)
        run->config->event(run->config->ctx, run->result->engine, event, rc);
    if (run->config->journal != NULL)
        tape_named_step(&run->named, event);
    return kept >= 0 ? backtest_journal_turn(&run->journal) : kept;
}

/* Of what a plugin ended. Nothing restarts it here: its slot stays suspended to the end. */
static void on_lost(void *ctx, uint16_t slot, struct record_crash *crash)
{
    const struct run *run = ctx;

    (void)crew_say_end(run->result->crew, slot, crash);
    backtest_jobs_left(run->result, slot);
    crash->orders = run->config->slots[slot].record.on_crash; // numbers are places
}

// A last word on the state, so that a replay of the journal ends with a proof.
static int last_mark(struct run *run)
{
    int rc = driver_mark(&run->driver);

    return rc < 0 ? rc : engine_hash(run->result->engine, run->result->state);
}

// What came of it, also of a run that failed.
static int keep_done(struct run *run, const struct lockstep_result *done, int rc, struct error *err)
{
    struct backtest *result = run->result;

    result->n_rate_waited = paper_stats(run->paper).n_waited;
    result->n_rate_refused = paper_stats(run->paper).n_refused;
    result->n_events = done->n_events;
    result->n_market = done->n_market;
    result->t_first = done->t_first;
    result->t_last = done->t_last;
    result->n_failed = done->n_failed_runners;
    memcpy(result->failed, done->failed, sizeof(result->failed));
    backtest_moved_failures(result);
    for (uint32_t i = 0; i < result->n_tapes; i++) {
        tape_report(run->tapes[i], &result->tapes[i].report);
        if (rc >= 0 && result->tapes[i].report.err.code < 0) {
            rc = result->tapes[i].report.err.code;
            if (err != NULL)
                *err = result->tapes[i].report.err;
        }
    }
    return rc;
}

static void release(struct run *run)
{
    for (uint32_t i = 0; i < BACKTEST_TAPES_MAX; i++)
        clip_free(run->clips[i]);
    history_free(run->history);
    free(run->bars);
    for (uint32_t i = 0; i < BACKTEST_TAPES_MAX; i++)
        tape_close(run->tapes[i]);
    for (uint32_t i = 0; i < BACKTEST_TAPES_MAX; i++)
        funding_close(run->fundings[i]);
    gen_free(run->gen);
    listings_free(run->listings);
    paper_free(run->paper);
}

int backtest_run(const struct backtest_config *config, struct backtest *result, struct error *err)
{
    struct run run = {.config = config, .result = result};
    struct engine_config engine = {.bus_granules = 1 << 14}; // agents read it event by event
    struct paper_config paper = {
        .match = {.cancel_ahead_ppm = config->cancel_ahead_ppm},
        .latency = config->latency,
        .has_latency = 1,
    };
    struct crew_config crew = {.is_worker = 1,
                               .venues = result->venues,
                               .log = config->log,
                               .files_max = config->files_max,
                               .resolve = registry_resolve,
                               .is_noted =
                                   config->journal != NULL && backtest_journal_has_files(config),
                               .called = config->called,
                               .answer = config->answer,
                               .ctx = config->ctx};
    struct lockstep_config lockstep = {.on_step = on_step, .on_lost = on_lost, .ctx = &run};
    struct lockstep_result done = {0};
    struct venue_port port;
    int64_t began;
    int rc;

    memset(result, 0, sizeof(*result));
    crew.n_venues = backtest_venues(config, result->venues);
    result->bars = config->bars;
    result->market = config->market;
    result->has_maker_fee = config->has_maker_fee;
    result->has_taker_fee = config->has_taker_fee;
    result->latency = config->latency;
    result->order_ns = config->latency.legs[LATENCY_ENTRY].median_ns;
    result->data_ns = config->latency.legs[LATENCY_MARKET].median_ns;
    hash_init(&run.intents);
    engine.samples = (struct sample_port){.ctx = &run, .sample = on_sample};
    tape_named_init(&run.named);
    if (config->tournament.mode != 0) {
        result->plan = calloc(1, sizeof(*result->plan));
        if (result->plan == NULL)
            return error_set(err, AGON_ENOMEM, "no memory for the tournament");
    }
    if (config->journal != NULL) {
        rc = backtest_journal_open(&run.journal, config, &run.named.port, err);
        if (rc < 0)
            goto done;
        engine.journal = &run.journal.buffer;
    }
    rc = process_bus_new(&result->bus, engine.bus_granules, err);
    if (rc < 0)
        goto done;
    engine.bus_memory = result->bus.memory;
    crew.bus = &result->bus;
    crew.is_lock_step = config->has_processes;
    rc = backtest_jobs_open(config, result, &engine, &lockstep, err);
    if (rc < 0)
        goto done;
    rc = engine_new(&result->engine, &engine, err);
    if (rc < 0)
        goto done;
    run.driver = (struct driver){.engine = result->engine};
    run.table = engine_instruments(result->engine);
    crew.engine = result->engine;
    rc = crew_new(&result->crew, &crew, err);
    if (rc < 0)
        goto done;
    rc = backtest_windows_port(result, &paper, err);
    if (rc < 0)
        goto done;
    run.paper = paper_new(&paper, run.table);
    if (run.paper == NULL) {
        rc = error_set(err, AGON_ENOMEM, "no memory for the paper venue");
        goto done;
    }
    port = paper_port(run.paper);
    engine_attach_venue(result->engine, 0, &port);
    rc = configure(&run, err);
    for (agon_instrument_t id = 1; id <= run.table->n_instruments && rc >= 0; id++)
        rc = paper_add(run.paper, id);
    set_rules(&run);
    if (rc >= 0)
        rc = set_bars(&run, err);
    for (uint32_t i = 0; i < config->n_impacts && rc >= 0; i++)
        rc = models_impact(run.paper, run.table, config->impacts[i], err);
    if (rc < 0) {
        error_set(err != NULL && err->code == 0 ? err : NULL, rc, "no memory for an instrument");
        goto done;
    }
    if (config->feed != NULL)
        config->feed(config->feed_ctx, run.sources, run.n_sources);
    lockstep.engine = result->engine;
    lockstep.paper = run.paper;
    lockstep.sources = run.sources;
    lockstep.n_sources = run.n_sources;
    lockstep.latency = &config->latency;
    lockstep.mark_every = config->mark_every;
    lockstep.t_end = config->t_end;
    began = clock_mono();
    rc = lockstep_run(&lockstep, &done, err);
    result->wall_ns = clock_mono() - began;
    rc = keep_done(&run, &done, rc, err);
    if (rc >= 0 && result->n_market == 0 && (config->t_from != 0 || config->t_end != 0))
        rc = error_set(err, AGON_EINVAL, "the data have nothing between --from and --to");
    if (rc >= 0)
        rc = last_mark(&run);
    hash_final(&run.intents, result->intents);
done:
    if (config->journal != NULL) {
        int closed = backtest_journal_close(&run.journal, rc < 0 ? NULL : err);

        rc = rc < 0 ? rc : closed;
    }
    release(&run);
    return rc;
}

void backtest_free(struct backtest *result)
{
    crew_free(result->crew);
    engine_free(result->engine);
    backtest_jobs_close(result);
    process_bus_free(&result->bus);
    free(result->fills);
    free(result->samples);
    free(result->equity_amt);
    free(result->widths);
    free(result->plan);
    memset(result, 0, sizeof(*result));
}
