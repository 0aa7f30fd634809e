// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "lab/backtest_impl.h"
#include "lab/backtest_windows.h"
#include "lab/tape_named.h"
#include "market/instrument_kind.h"

#define GEN_START ((agon_ns_t)1767225600 * 1000000000) /* 2026-01-01 00:00:00 UTC */

agon_asset_t backtest_market_asset(struct run *run, const char *name, int is_base_currency,
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
    return backtest_step(run, &asset, name, err) < 0 ? 0 : asset.asset;
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
void backtest_market_rules(struct run *run)
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
    made.quote = backtest_market_asset(run, listed->quote, 0, err);
    made.base = backtest_market_asset(run, listed->base, 0, err);
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
    rc = backtest_step(run, &made, info->symbol, err);
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

    return backtest_step(run, &record, by->word, err);
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
    return backtest_step(run, &record, info->symbol, err);
}

// The exchange knows of them what the engine does.
int backtest_market_bars(struct run *run, struct error *err)
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

int backtest_market_look(struct run *run, struct error *err)
{
    const struct backtest_config *config = run->config;
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
    return listings_open(&run->listings, config->listings, config->n_listings, err);
}

int backtest_market_open(struct run *run, struct error *err)
{
    const struct backtest_config *config = run->config;
    int rc = config->n_paths > 0 ? open_tapes(run, err) : open_generated(run, err);

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
    return rc;
}
