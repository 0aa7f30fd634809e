// SPDX-License-Identifier: Apache-2.0
#include "match/gen.h"

#include <math.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "base/num.h"
#include "market/instrument_kind.h"
#include "match/gen_book.h"
#include "match/gen_path.h"

#define SECOND_NS    INT64_C(1000000000)
#define DEPTH        100
#define INTERVAL_MS  100
#define SWEEP_MAX    8     /* price levels one taker takes at most */
#define WIDE         0.001 /* a spread of which a book has no holes */
#define HAWKES_SHARE 0.5   /* of trades that another trade brought about */
#define HAWKES_DECAY 3.0   /* per second */
#define BATCH_MAX    (SWEEP_MAX + 4)
#define INFORMED     0.25 /* how far takers lean to the fair price; see gen_symbol.informed */

/* A follower's premium: two parts that revert, one within minutes, one within half a day. Standard
 * deviation as a share of the price, half-life in seconds. */
static const struct gen_premium premium_preset = {.sd = {0.0006, 0.0005},
                                                  .half_life_s = {900, 43200}};

struct symbol {
    const struct gen_symbol *config;
    struct gen_book book;
    struct rng rng;
    agon_ns_t t_book, t_trade; /* when each is due next */
    double rate, excited;      /* trades per second: basic, and added by recent trades */
    agon_ns_t t_excited;       /* when `excited` was true */
    double half_px;            /* half the spread that makers ask for this minute */
    uint64_t last_id, n_trades;
    const struct gen_premium *reverts; /* of a follower */
    double premium[2];
    double scale; /* a follower's: log of its start price over that of what it follows */
    double informed, repeat;
    uint8_t last_side; /* enum agon_side of the last taker */
    agon_px_t quoted_bid, quoted_ask;
    agon_qty_t quoted_bid_qty, quoted_ask_qty;
    uint8_t has_snapshot;
};
union small {
    struct agon_event_hdr hdr;
    struct agon_trade trade;
    struct agon_quote quote;
};
struct big {
    struct agon_book_part part;
    struct agon_level levels[EVENT_LEVELS_MAX];
};
struct gen {
    struct gen_config config;
    struct path path;
    struct symbol symbols[GEN_SYMBOLS_MAX];
    const struct agon_event_hdr *batch[BATCH_MAX]; /* events that are made and not yet given */
    uint32_t n_batch, at_batch;
    union small small[SWEEP_MAX + 2];
    uint32_t n_small;
    struct big big[2];
};

/* --- configuration --- */

static const struct {
    const char *base;
    double px, volatility, trades_per_s;
} known[] = {
    {"BTC", 60000, 0.50, 12.0}, {"ETH", 3000, 0.60, 8.0}, {"SOL", 150, 0.80, 5.0},
    {"BNB", 580, 0.55, 3.0},    {"XRP", 0.55, 0.75, 4.0}, {"ADA", 0.45, 0.80, 2.0},
    {"DOGE", 0.12, 0.90, 4.0},  {"AVAX", 30, 0.85, 2.0},  {"LINK", 14, 0.80, 2.0},
    {"DOT", 6, 0.80, 1.5},      {"LTC", 75, 0.70, 1.5},   {"MATIC", 0.6, 0.85, 2.0},
    {"UNI", 8, 0.90, 1.0},      {"ATOM", 7, 0.80, 1.0},   {"TRX", 0.13, 0.50, 1.5},
};

static void default_symbol(struct gen_symbol *symbol, const struct instruments *table,
                           const struct agon_instrument *def, uint32_t n)
{
    const struct asset *base = instruments_asset(table, def->base);
    double px = 10;
    double qty;

    symbol->instrument = def->hdr.instrument;
    symbol->volatility = 0.8;
    symbol->trades_per_s = 2;
    symbol->beta = n == 0 ? 1.0 : 0.8;
    for (size_t i = 0; base && i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].base, base->name) != 0)
            continue;
        px = known[i].px;
        symbol->volatility = known[i].volatility;
        symbol->trades_per_s = known[i].trades_per_s;
    }
    if (num_from_double(px, def->px_exp, NUM_EVEN, &symbol->start_px) < 0)
        symbol->start_px = 0;
    symbol->start_px = num_to_step(symbol->start_px, def->tick_px, NUM_EVEN);
    if (symbol->start_px < 100 * def->tick_px) // a coarse tick: begin where there is room below
        symbol->start_px = num_mul(100, def->tick_px);
    qty = 400.0 / num_to_double(symbol->start_px, def->px_exp); // a trade is worth some hundreds
    if (num_from_double(qty, def->qty_exp, NUM_EVEN, &symbol->unit_qty) < 0)
        symbol->unit_qty = 0;
    if (symbol->unit_qty < def->lot_qty)
        symbol->unit_qty = def->lot_qty;
    if (symbol->unit_qty < def->min_qty)
        symbol->unit_qty = def->min_qty;
}

void gen_defaults(struct gen_config *config, const struct instruments *table, uint64_t seed)
{
    memset(config, 0, sizeof(*config));
    config->seed = seed;
    config->jumps_per_day = -1;
    config->crashes_per_year = -1;
    for (agon_instrument_t id = 1; id <= table->n_instruments; id++) {
        const struct agon_instrument *def = instruments_get(table, id);

        if (config->n_symbols == GEN_SYMBOLS_MAX)
            return;
        if (def->hdr.instrument == 0 || !instrument_kind_is_traded(def->kind))
            continue;
        default_symbol(&config->symbols[config->n_symbols], table, def, config->n_symbols);
        config->n_symbols++;
    }
}

static int is_in(double value, double least, double most) // false for NaN
{
    return value >= least && value <= most;
}

static int check_structure(const struct gen_symbol *symbol, uint32_t i, struct error *err)
{
    const struct gen_premium *premium = &symbol->premium;

    if (!is_in(symbol->spread, 0, 0.1))
        return error_set(err, AGON_EINVAL, "symbol %u: spread is not within 0 to 0.1", i);
    if (symbol->has_flow && (!is_in(symbol->informed, 0, 10) || !is_in(symbol->repeat, 0, 0.99)))
        return error_set(err, AGON_EINVAL,
                         "symbol %u: informed is not within 0 to 10, or repeat not within 0 to "
                         "0.99",
                         i);
    if (!premium->is_set)
        return AGON_OK;
    if (!is_in(premium->mean, -0.5, 0.5))
        return error_set(err, AGON_EINVAL, "symbol %u: mean premium is not within -0.5 to 0.5", i);
    for (int k = 0; k < 2; k++)
        if (!is_in(premium->sd[k], 0, 0.5) || !is_in(premium->half_life_s[k], 1, 1e9))
            return error_set(err, AGON_EINVAL,
                             "symbol %u: a premium's deviation is not within 0 to 0.5, or its "
                             "half-life not within 1 to 10^9 s",
                             i);
    return AGON_OK;
}

static int check_symbol(const struct gen_config *config, uint32_t i,
                        const struct instruments *table, struct error *err)
{
    const struct gen_symbol *symbol = &config->symbols[i];
    const struct agon_instrument *def = instruments_get(table, symbol->instrument);

    if (!def || !instrument_kind_is_traded(def->kind))
        return error_set(err, AGON_EINVAL, "symbol %u: no such instrument, or an index", i);
    for (uint32_t j = 0; j < i; j++)
        if (config->symbols[j].instrument == symbol->instrument)
            return error_set(err, AGON_EINVAL, "symbol %u: instrument %u is there already", i,
                             symbol->instrument);
    if (symbol->start_px < 4 * def->tick_px || symbol->start_px > 1000000000000000)
        return error_set(err, AGON_EINVAL, "symbol %u: start_px is not within 4 ticks to 10^15", i);
    if (symbol->unit_qty <= 0 || symbol->unit_qty > 1000000000000000)
        return error_set(err, AGON_EINVAL, "symbol %u: unit_qty is not within 1 to 10^15", i);
    if (!is_in(symbol->volatility, 1e-6, 20))
        return error_set(err, AGON_EINVAL, "symbol %u: volatility is not within 0.000001 to 20", i);
    if (!is_in(symbol->trades_per_s, 1e-6, 1e4))
        return error_set(err, AGON_EINVAL,
                         "symbol %u: trades_per_s is not within 0.000001 to 10000", i);
    if (!is_in(symbol->beta, -1, 1))
        return error_set(err, AGON_EINVAL, "symbol %u: beta is not within -1 to 1", i);
    if (symbol->follows > i || (!symbol->follows && i > 0 && config->symbols[i - 1].follows))
        return error_set(err, AGON_EINVAL,
                         "symbol %u: a follower follows one before it, and stands behind all that "
                         "have a price of their own",
                         i);
    return check_structure(symbol, i, err);
}

static int check_process(const struct gen_process *process, struct error *err)
{
    if (!is_in(process->autocorrelation, -0.99, 0.99))
        return error_set(err, AGON_EINVAL, "autocorrelation is not within -0.99 to 0.99");
    if (!is_in(process->trend_per_day, 0, 1) || !is_in(process->trend_min, 0, 1e6) ||
        !is_in(process->range_min, process->trend_min > 0 ? 1 : 0, 1e6) ||
        !is_in(process->range_half_min, 0, 1e6))
        return error_set(err, AGON_EINVAL, "a trend or what lies between two is not possible");
    if (!is_in(process->crash_depth, 0, 0.95) || !is_in(process->crash_from_min, 0, 1e7) ||
        !is_in(process->crash_within_min, 0, 1e6) ||
        !is_in(process->crash_takes_min, process->crash_depth > 0 ? 1 : 0, 1e5) ||
        !is_in(process->crash_back, 0, 1) || !is_in(process->crash_half_min, 0, 1e6))
        return error_set(err, AGON_EINVAL, "the crash is not possible");
    return AGON_OK;
}

static int check(struct gen_config *config, const struct instruments *table, struct error *err)
{
    int rc = AGON_OK;

    if (config->n_symbols == 0 || config->n_symbols > GEN_SYMBOLS_MAX)
        return error_set(err, AGON_EINVAL, "n_symbols is not within 1 to %d", GEN_SYMBOLS_MAX);
    if (config->depth == 0)
        config->depth = DEPTH;
    if (config->depth < 5 || config->depth > GEN_DEPTH_MAX)
        return error_set(err, AGON_EINVAL, "depth is not within 5 to %d", GEN_DEPTH_MAX);
    if (config->book_interval_ms == 0)
        config->book_interval_ms = INTERVAL_MS;
    if (config->book_interval_ms > 60000)
        return error_set(err, AGON_EINVAL, "book_interval_ms is above 60000");
    if (config->t_start < 0 || config->t_start > INT64_MAX / 2)
        return error_set(err, AGON_EINVAL, "t_start is not a time");
    if (!(config->jumps_per_day <= 1440) || !(config->crashes_per_year <= 525600))
        return error_set(err, AGON_EINVAL, "more than one jump or crash a minute");
    for (uint32_t i = 0; i < config->n_symbols && rc == AGON_OK; i++)
        rc = check_symbol(config, i, table, err);
    if (rc == AGON_OK)
        rc = check_process(&config->process, err);
    if (rc < 0 || config->correlation[0][0] != 0)
        return rc;
    for (uint32_t i = 0; i < config->n_symbols; i++)
        for (uint32_t j = 0; j < config->n_symbols; j++)
            config->correlation[i][j] =
                i == j ? 1.0 : config->symbols[i].beta * config->symbols[j].beta;
    return AGON_OK;
}

/* --- fair prices --- */

static uint32_t path_of(const struct gen *gen, uint32_t i)
{
    while (gen->config.symbols[i].follows)
        i = gen->config.symbols[i].follows - 1;
    return i;
}

// Of a follower's start price over that of the path behind it, as a logarithm; 0 of others.
static double scale_of(const struct gen *gen, uint32_t i)
{
    double sum = gen->symbols[i].scale;

    while (gen->config.symbols[i].follows) {
        i = gen->config.symbols[i].follows - 1;
        sum += gen->symbols[i].scale;
    }
    return sum;
}

// The same of its price now.
static double log_over(const struct gen *gen, uint32_t i)
{
    double sum = gen_premium(gen, i);

    for (uint32_t at = i; gen->config.symbols[at].follows;) {
        at = gen->config.symbols[at].follows - 1;
        sum += gen_premium(gen, at);
    }
    return sum + scale_of(gen, i);
}

// A follower is told the fair price as it stands: it does not move it on.
static double fair_at(struct gen *gen, struct symbol *symbol, uint32_t i, agon_ns_t t)
{
    if (!symbol->config->follows)
        return fmath_exp(path_walk(&gen->path, i, t - gen->path.t, &symbol->rng));
    return fmath_exp(path_log_px(&gen->path, path_of(gen, i)) + log_over(gen, i));
}

static void move_premium(struct symbol *symbol, double seconds)
{
    for (int k = 0; k < 2; k++) {
        double keep = fmath_exp(-0.6931471805599453 * seconds / symbol->reverts->half_life_s[k]);

        symbol->premium[k] = keep * symbol->premium[k] + symbol->reverts->sd[k] *
                                                             sqrt(1.0 - keep * keep) *
                                                             rng_normal(&symbol->rng);
    }
}

double gen_premium(const struct gen *gen, uint32_t i)
{
    const struct symbol *symbol = &gen->symbols[i];

    if (i >= gen->config.n_symbols || !symbol->config->follows)
        return 0.0;
    return symbol->premium[0] + symbol->premium[1] + symbol->reverts->mean;
}

/* --- arrivals --- */

static void set_minute(struct gen *gen, struct symbol *symbol, uint32_t i)
{
    const struct path *path = &gen->path;
    // A premium is left out: it is small, and spreads are no finer than that.
    double px = fmath_exp(path_log_px(path, path_of(gen, i)) + scale_of(gen, i));
    double mean = path->activity * path->busyness * path->busyness;

    // Makers ask for a twentieth of what the price moves in a second.
    symbol->half_px = px * path->symbols[path_of(gen, i)].sigma * 0.129 * 0.05;
    if (symbol->config->spread > 0)
        symbol->half_px = 0.5 * px * symbol->config->spread;
    symbol->rate = symbol->config->trades_per_s * (1 - HAWKES_SHARE) * (mean < 8 ? mean : 8);
}

static double excited_at(const struct symbol *symbol, agon_ns_t t)
{
    return symbol->excited * fmath_exp(-HAWKES_DECAY * 1e-9 * (double)(t - symbol->t_excited));
}

/* By thinning: candidates at the present rate, which can only fall, each kept with the share that
 * the rate has fallen to by then. */
static void next_trade(struct symbol *symbol, agon_ns_t t)
{
    for (;;) {
        double now = symbol->rate + excited_at(symbol, t);
        double wait_s = -fmath_log(1.0 - rng_unit(&symbol->rng)) / now;

        t += 1 + (agon_ns_t)((wait_s < 1e8 ? wait_s : 1e8) * 1e9);
        if (rng_unit(&symbol->rng) * now <= symbol->rate + excited_at(symbol, t))
            break;
    }
    symbol->t_trade = t;
}

static void step_minutes(struct gen *gen, agon_ns_t t)
{
    while (t >= gen->path.t + PATH_MINUTE_NS) {
        path_step(&gen->path);
        for (uint32_t i = 0; i < gen->config.n_symbols; i++)
            set_minute(gen, &gen->symbols[i], i);
    }
}

/* --- events --- */

static void give(struct gen *gen, const struct agon_event_hdr *event)
{
    gen->batch[gen->n_batch++] = event;
}

static struct agon_event_hdr header(const struct symbol *symbol, int type, uint32_t bytes,
                                    agon_ns_t t)
{
    return (struct agon_event_hdr){.type = (uint16_t)type,
                                   .granules =
                                       (uint8_t)((bytes + EVENT_GRANULE - 1) / EVENT_GRANULE),
                                   .instrument = symbol->config->instrument,
                                   .t_venue = t,
                                   .t = t};
}

static void give_quote(struct gen *gen, struct symbol *symbol, agon_ns_t t)
{
    const struct agon_level *bid = &symbol->book.half[0].now[0];
    const struct agon_level *ask = &symbol->book.half[1].now[0];
    union small *small;

    if (!gen->config.is_quoted ||
        (bid->px == symbol->quoted_bid && ask->px == symbol->quoted_ask &&
         bid->qty == symbol->quoted_bid_qty && ask->qty == symbol->quoted_ask_qty))
        return;
    symbol->quoted_bid = bid->px;
    symbol->quoted_ask = ask->px;
    symbol->quoted_bid_qty = bid->qty;
    symbol->quoted_ask_qty = ask->qty;
    small = &gen->small[gen->n_small++];
    small->quote = (struct agon_quote){.hdr = header(symbol, AGON_EVENT_QUOTE, 64, t),
                                       .bid_px = bid->px,
                                       .bid_qty = bid->qty,
                                       .ask_px = ask->px,
                                       .ask_qty = ask->qty};
    give(gen, &small->hdr);
}

/* One book record of these levels; bids stand before asks already. */
static void give_book(struct gen *gen, struct symbol *symbol, struct big *big, int type,
                      uint32_t n_bid, uint32_t n_ask, agon_ns_t t)
{
    uint32_t n = n_bid + n_ask;
    uint32_t bytes = (uint32_t)(sizeof(big->part) + n * sizeof(big->levels[0]));

    memset(&big->part, 0, sizeof(big->part));
    big->part.hdr = header(symbol, type, bytes, t);
    big->part.n_bid = (uint16_t)n_bid;
    big->part.n_ask = (uint16_t)n_ask;
    big->part.flags = BOOK_PART_FIRST | BOOK_PART_LAST;
    big->part.first_id = symbol->last_id + 1;
    symbol->last_id += type == AGON_EVENT_BOOK_SNAPSHOT ? 1 : n;
    big->part.last_id = symbol->last_id;
    // Up to the granule's end there is nothing: zeros, whatever stood there before.
    memset((unsigned char *)big + bytes, 0, (size_t)big->part.hdr.granules * EVENT_GRANULE - bytes);
    give(gen, &big->part.hdr);
}

static void give_delta(struct gen *gen, struct symbol *symbol, agon_ns_t t)
{
    struct agon_level bids[2 * GEN_DEPTH_MAX];
    struct agon_level asks[2 * GEN_DEPTH_MAX];
    uint32_t bids_gone;
    uint32_t asks_gone;
    uint32_t n_bid = gen_book_diff(&symbol->book.half[0], bids, &bids_gone);
    uint32_t n_ask = gen_book_diff(&symbol->book.half[1], asks, &asks_gone);
    struct big *big = gen->big;

    if (n_bid + n_ask == 0)
        return;
    if (n_bid + n_ask <= EVENT_LEVELS_MAX) {
        memcpy(big->levels, bids, n_bid * sizeof(bids[0]));
        memcpy(big->levels + n_bid, asks, n_ask * sizeof(asks[0]));
        give_book(gen, symbol, big, AGON_EVENT_BOOK_DELTA, n_bid, n_ask, t);
        return;
    }
    // Removals first, so that the book between the two is thin but not crossed.
    memcpy(big->levels, bids, bids_gone * sizeof(bids[0]));
    memcpy(big->levels + bids_gone, asks, asks_gone * sizeof(asks[0]));
    give_book(gen, symbol, big, AGON_EVENT_BOOK_DELTA, bids_gone, asks_gone, t);
    big++;
    n_bid -= bids_gone;
    n_ask -= asks_gone;
    memcpy(big->levels, bids + bids_gone, n_bid * sizeof(bids[0]));
    memcpy(big->levels + n_bid, asks + asks_gone, n_ask * sizeof(asks[0]));
    give_book(gen, symbol, big, AGON_EVENT_BOOK_DELTA, n_bid, n_ask, t);
}

static void give_snapshot(struct gen *gen, struct symbol *symbol, agon_ns_t t)
{
    struct big *big = gen->big;
    uint32_t at = 0;

    for (int i = 0; i < 2; i++) {
        struct gen_half *half = &symbol->book.half[i];

        memcpy(half->shown, half->now, half->n_now * sizeof(half->now[0]));
        half->n_shown = half->n_now;
        memcpy(big->levels + at, half->now, half->n_now * sizeof(half->now[0]));
        at += half->n_now;
    }
    give_book(gen, symbol, big, AGON_EVENT_BOOK_SNAPSHOT, symbol->book.half[0].n_now,
              symbol->book.half[1].n_now, t);
    symbol->has_snapshot = 1;
}

static void make_book(struct gen *gen, struct symbol *symbol, uint32_t i)
{
    agon_ns_t t = symbol->t_book;
    double px;

    if (symbol->config->follows)
        move_premium(symbol, 0.001 * gen->config.book_interval_ms);
    px = fair_at(gen, symbol, i, t);
    symbol->t_book += (agon_ns_t)gen->config.book_interval_ms * 1000000;
    gen_book_follow(&symbol->book, px, symbol->half_px, &symbol->rng);
    if (symbol->has_snapshot)
        give_delta(gen, symbol, t);
    else
        give_snapshot(gen, symbol, t);
    give_quote(gen, symbol, t);
}

/* Which side the taker is on: the one the fair price has moved to, more likely the farther it is
 * from the middle of the book. */
static enum agon_side draw_side(struct symbol *symbol, double px)
{
    double middle =
        0.5 * ((double)symbol->book.half[0].now[0].px + (double)symbol->book.half[1].now[0].px);
    double lean =
        symbol->informed * (px - middle) / (symbol->half_px + 0.25 * (double)symbol->book.tick_px);
    double chance = 0.5 + (lean > 0.45 ? 0.45 : lean < -0.45 ? -0.45 : lean);

    if (symbol->repeat > 0 && symbol->n_trades > 0 && rng_unit(&symbol->rng) < symbol->repeat)
        return (enum agon_side)symbol->last_side;
    return rng_unit(&symbol->rng) < chance ? AGON_BUY : AGON_SELL;
}

/* Log-normal, and one in thirty-two from a power law's tail (exponent 2). */
static agon_qty_t draw_size(struct symbol *symbol)
{
    double units = 1.0;

    if (rng_u64(&symbol->rng) >> 59 == 0)
        units = 3.0 / sqrt(1.0 - rng_unit(&symbol->rng));
    return gen_book_size(&symbol->book, units < 1000 ? units : 1000, &symbol->rng);
}

static void make_trades(struct gen *gen, struct symbol *symbol, uint32_t i)
{
    agon_ns_t t = symbol->t_trade;
    double px = fair_at(gen, symbol, i, t);
    enum agon_side side = draw_side(symbol, px);
    struct gen_half *half = &symbol->book.half[side == AGON_BUY ? 1 : 0];
    agon_qty_t left = draw_size(symbol);

    symbol->last_side = (uint8_t)side;
    for (int n = 0; n < SWEEP_MAX && left > 0; n++) {
        union small *small = &gen->small[gen->n_small];
        agon_px_t at_px = 0;
        agon_qty_t qty = gen_book_take(half, left, &at_px);

        if (qty == 0)
            break;
        left -= qty;
        gen->n_small++;
        small->trade = (struct agon_trade){.hdr = header(symbol, AGON_EVENT_TRADE, 64, t),
                                           .px = at_px,
                                           .qty = qty,
                                           .venue_id = ++symbol->n_trades,
                                           .side = (uint8_t)side};
        give(gen, &small->hdr);
    }
    symbol->excited = excited_at(symbol, t) + HAWKES_SHARE * HAWKES_DECAY;
    symbol->t_excited = t;
    next_trade(symbol, t);
    give_quote(gen, symbol, t);
}

/* Trades before books at a tie, then the symbols in their order. */
static void make_next(struct gen *gen)
{
    uint32_t who = 0;
    agon_ns_t t = INT64_MAX;
    struct symbol *symbol;

    for (uint32_t i = 0; i < gen->config.n_symbols; i++) {
        symbol = &gen->symbols[i];
        if (symbol->t_trade < t) {
            t = symbol->t_trade;
            who = i;
        }
    }
    for (uint32_t i = 0; i < gen->config.n_symbols; i++) {
        symbol = &gen->symbols[i];
        if (symbol->t_book < t) {
            t = symbol->t_book;
            who = i;
        }
    }
    step_minutes(gen, t);
    gen->n_batch = gen->at_batch = gen->n_small = 0;
    symbol = &gen->symbols[who];
    if (symbol->t_trade <= symbol->t_book)
        make_trades(gen, symbol, who);
    else
        make_book(gen, symbol, who);
}

const struct agon_event_hdr *gen_next(struct gen *gen)
{
    while (gen->at_batch == gen->n_batch)
        make_next(gen);
    return gen->batch[gen->at_batch++];
}

void gen_minute(struct gen *gen)
{
    step_minutes(gen, gen->path.t + PATH_MINUTE_NS);
    for (uint32_t i = 0; i < gen->config.n_symbols; i++) {
        struct symbol *symbol = &gen->symbols[i];

        symbol->t_book += PATH_MINUTE_NS;
        symbol->t_trade += PATH_MINUTE_NS;
        symbol->t_excited += PATH_MINUTE_NS;
        if (symbol->config->follows)
            move_premium(symbol, 60);
    }
}

double gen_fair_px(const struct gen *gen, uint32_t symbol)
{
    if (symbol >= gen->config.n_symbols)
        return 0.0;
    return fmath_exp(path_log_px(&gen->path, path_of(gen, symbol)) + scale_of(gen, symbol));
}

/* --- life --- */

static void start_symbol(struct gen *gen, const struct instruments *table, uint32_t i)
{
    struct symbol *symbol = &gen->symbols[i];
    const struct gen_symbol *config = &gen->config.symbols[i];
    const struct agon_instrument *def = instruments_get(table, config->instrument);

    symbol->config = config;
    rng_init(&symbol->rng, rng_at(gen->config.seed, 2, i, 0, 0));
    symbol->book.tick_px = def->tick_px;
    symbol->book.lot_qty = def->lot_qty;
    symbol->book.min_qty = num_to_step(def->min_qty, def->lot_qty, NUM_UP);
    symbol->book.unit_qty = (double)config->unit_qty;
    symbol->book.depth = gen->config.depth;
    gen_book_init(&symbol->book, (double)config->start_px);
    if (config->spread > 0) { // who asks for a spread keeps it
        symbol->book.is_whole = config->spread >= WIDE;
        symbol->book.near = 0.8;
        symbol->book.far = 1.2;
    }
    symbol->informed = config->has_flow ? config->informed : INFORMED;
    symbol->repeat = config->has_flow ? config->repeat : 0.0;
    symbol->reverts = config->premium.is_set ? &config->premium : &premium_preset;
    if (config->follows && config->is_scaled)
        symbol->scale = fmath_log((double)config->start_px /
                                  (double)gen->config.symbols[config->follows - 1].start_px);
    if (config->follows) // it begins anywhere in what it may be
        move_premium(symbol, 1e9);
    set_minute(gen, symbol, i);
    // The books of a venue are not sent at the same instant.
    symbol->t_book = gen->config.t_start + (agon_ns_t)i * 1000000;
    symbol->t_excited = symbol->t_book;
    next_trade(symbol, symbol->t_book);
}

int gen_new(struct gen **gen, const struct gen_config *config, const struct instruments *table,
            struct error *err)
{
    struct gen *made = calloc(1, sizeof(*made));
    int rc;

    *gen = NULL;
    if (!made)
        return error_set(err, AGON_ENOMEM, "no memory for a market generator");
    made->config = *config;
    rc = check(&made->config, table, err);
    if (rc >= 0)
        rc = path_init(&made->path, &made->config, table, err);
    if (rc < 0) {
        error_wrap(err, "market generator");
        gen_free(made);
        return rc;
    }
    for (uint32_t i = 0; i < made->config.n_symbols; i++)
        start_symbol(made, table, i);
    *gen = made;
    return AGON_OK;
}

void gen_free(struct gen *gen)
{
    free(gen);
}
