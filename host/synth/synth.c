// SPDX-License-Identifier: Apache-2.0
#include "synth/synth.h"

#include "base/num.h"

#define DAY_NS   INT64_C(86400000000000)
#define MINUTE   60e9 /* ns */
#define PPM      1e-6
#define SECOND   1e9     /* ns */
#define SHARE_1  1000000 /* 100 % */
#define MILLI(x) ((x)*1000)

/* --- what a file may hold --- */

static const struct schema_choice kinds[] = {
    {"spot", SYNTH_SPOT}, {"perpetual", SYNTH_PERPETUAL}, {NULL, 0}};

#define SYMBOL(member) SCHEMA_MEMBER(struct synth_symbol, member)
static const struct schema_field symbol_fields[] = {
    {"symbol", SCHEMA_SYMBOL, SYMBOL(symbol), .is_required = 1,
     .doc = "as the venue spells it: BTCUSDT"},
    {"kind", SCHEMA_CHOICE, SYMBOL(kind), .preset = "spot", .choices = kinds,
     .doc = "a perpetual follows the spot market of the same symbol"},
    {"follows", SCHEMA_SYMBOL, SYMBOL(follows),
     .doc = "a spot market before this one, whose price times a constant and a premium is its own"},
    {"price", SCHEMA_REAL, SYMBOL(price), .min = 0, .max = 10000000, .preset = "0",
     .doc = "at the start, in the quote; of a perpetual 0 is its spot market's"},
    {"volatility", SCHEMA_SHARE, SYMBOL(volatility_ppm), .min = 1, .max = 20 * SHARE_1,
     .preset = "50%", .doc = "standard deviation of a year's log return"},
    {"beta", SCHEMA_SHARE, SYMBOL(beta_ppm), .min = -SHARE_1, .max = SHARE_1, .preset = "100%",
     .doc = "the correlation of two symbols' minutes is the product of their betas"},
    {"trades", SCHEMA_REAL, SYMBOL(trades_per_s), .min = 0, .max = 1000, .preset = "2",
     .doc = "a second, on average"},
    {"trade_size", SCHEMA_REAL, SYMBOL(trade_size), .min = 1, .max = 10000000, .preset = "400",
     .doc = "typical value of one, in the quote"},
    {"spread", SCHEMA_SHARE, SYMBOL(spread_ppm), .min = 0, .max = 100000, .preset = "0bps",
     .doc = "that makers keep between bid and offer; 0: a tenth of what the price moves in a "
            "second"},
    {"informed", SCHEMA_SHARE, SYMBOL(informed_ppm), .min = 0, .max = 10 * SHARE_1, .preset = "25%",
     .doc = "chance over one half that a taker is on the side of the fair price, where that is "
            "half a spread off the book's middle; 0: takers know nothing"},
    {"repeat", SCHEMA_SHARE, SYMBOL(repeat_ppm), .min = 0, .max = 990000, .preset = "0%",
     .doc = "chance that a taker takes the side of the one before without a draw"},
    {"premium", SCHEMA_SHARE, SYMBOL(premium_ppm), .min = -500000, .max = 500000, .preset = "0bps",
     .doc = "of what follows, on average over what it follows"},
    {"premium_sd", SCHEMA_SHARE, SYMBOL(premium_sd_ppm), .min = 0, .max = 500000, .preset = "6bps",
     .doc = "standard deviation of the premium's quick part"},
    {"premium_half_life", SCHEMA_DURATION, SYMBOL(premium_half_ns), .min = 1000000000,
     .max = 365 * DAY_NS, .preset = "15m", .doc = "in which it halves"},
    {"slow_sd", SCHEMA_SHARE, SYMBOL(slow_sd_ppm), .min = 0, .max = 500000, .preset = "5bps",
     .doc = "standard deviation of the premium's slow part"},
    {"slow_half_life", SCHEMA_DURATION, SYMBOL(slow_half_ns), .min = 1000000000,
     .max = 365 * DAY_NS, .preset = "12h", .doc = "in which it halves"},
    {NULL}};

static void check_one(struct config *config, const struct config_node *node, void *out)
{
    const struct synth_symbol *symbol = out;

    if (symbol->kind == SYNTH_PERPETUAL && symbol->follows[0] != '\0')
        config_refuse(config, config_get(node, "follows"), CONFIG_E_CONFLICT,
                      "a perpetual follows the spot market of its symbol; expected no 'follows'");
    if (symbol->kind == SYNTH_SPOT && symbol->price <= 0)
        config_refuse(config, node, CONFIG_E_MISSING,
                      "%s has no price to start at; expected 'price', above 0", symbol->symbol);
    if (symbol->trades_per_s <= 0)
        config_refuse(config, config_get(node, "trades"), CONFIG_E_RANGE,
                      "nobody trades; expected more than 0 trades a second");
}
static const struct schema symbol_schema = {"symbol", sizeof(struct synth_symbol), symbol_fields,
                                            .check = check_one};

#define MARKET(member) SCHEMA_MEMBER(struct synth, member)
static const struct schema_field market_fields[] = {
    {"about", SCHEMA_TEXT, MARKET(about), .is_required = 1, .min = 1,
     .doc = "one line: what is known of it, and who has an edge"},
    {"symbols", SCHEMA_MAP, SCHEMA_ARRAY(struct synth, symbols, n_symbols), .list_min = 1,
     .is_required = 1, .sub = &symbol_schema,
     .doc = "spot before perpetuals; what follows stands behind all spot markets that do not"},
    {"book", SCHEMA_DURATION, MARKET(book_ms), .min = 10, .max = 60000, .preset = "100ms",
     .doc = "between two changes of a book"},
    {"depth", SCHEMA_INT, MARKET(depth), .min = 5, .max = 500, .preset = "100",
     .doc = "levels of a side that a book shows"},
    {"bursts", SCHEMA_BOOL, MARKET(has_bursts), .preset = "true",
     .doc = "volatility that clusters (GARCH, three regimes, a part of each symbol's own)"},
    {"hours", SCHEMA_BOOL, MARKET(has_hours), .preset = "true",
     .doc = "volatility and trades go by the hour of the day"},
    {"jumps", SCHEMA_DECIMAL, MARKET(jumps_milli), .exp = 3, .min = 0, .max = MILLI(1440),
     .preset = "2", .doc = "a day, of each symbol"},
    {"crashes", SCHEMA_DECIMAL, MARKET(crashes_milli), .exp = 3, .min = 0, .max = MILLI(525600),
     .preset = "1", .doc = "a year, at a time that nobody knows"},
    {"autocorrelation", SCHEMA_DECIMAL, MARKET(autocorrelation_ppm), .exp = 6, .min = -990000,
     .max = 990000, .preset = "0", .doc = "of one-minute returns, whose variance stays"},
    {"trend", SCHEMA_SHARE, MARKET(trend_ppm), .min = 0, .max = SHARE_1, .preset = "0%",
     .doc = "log return of a day of trend, up or down by a draw"},
    {"trend_length", SCHEMA_DURATION, MARKET(trend_ns), .min = 0, .max = 365 * DAY_NS,
     .preset = "0s", .doc = "of a trend, on average; 0: there are none"},
    {"range_length", SCHEMA_DURATION, MARKET(range_ns), .min = 0, .max = 365 * DAY_NS,
     .preset = "0s", .doc = "between two trends, on average"},
    {"range_half_life", SCHEMA_DURATION, MARKET(range_half_ns), .min = 0, .max = 365 * DAY_NS,
     .preset = "0s",
     .doc = "outside of trends half of the way to where that began is made good in that time; 0: "
            "the price wanders"},
    {"crash_depth", SCHEMA_SHARE, MARKET(crash_depth_ppm), .min = 0, .max = 950000, .preset = "0%",
     .doc = "share of the price that is lost; 0: no crash"},
    {"crash_after", SCHEMA_DURATION, MARKET(crash_from_ns), .min = 0, .max = 365 * DAY_NS,
     .preset = "0s", .doc = "it begins so long after the start ..."},
    {"crash_within", SCHEMA_DURATION, MARKET(crash_within_ns), .min = 0, .max = 365 * DAY_NS,
     .preset = "0s", .doc = "... or up to that much later, by a draw"},
    {"crash_length", SCHEMA_DURATION, MARKET(crash_takes_ns), .min = (int64_t)MINUTE,
     .max = 30 * DAY_NS, .preset = "30m", .doc = "from its beginning to the bottom"},
    {"crash_back", SCHEMA_SHARE, MARKET(crash_back_ppm), .min = 0, .max = SHARE_1, .preset = "50%",
     .doc = "share of the fall that comes back"},
    {"crash_half_life", SCHEMA_DURATION, MARKET(crash_half_ns), .min = 0, .max = 365 * DAY_NS,
     .preset = "2h", .doc = "in which half of what is left of it comes back"},
    {NULL}};

static uint32_t place_of(const struct synth *synth, const char *symbol, uint32_t n) // + 1; 0: none
{
    for (uint32_t i = 0; i < n; i++)
        if (synth->symbols[i].kind == SYNTH_SPOT && strcmp(synth->symbols[i].symbol, symbol) == 0)
            return i + 1;
    return 0;
}

static void check_place(struct config *config, const struct config_node *node, struct synth *synth,
                        uint32_t i)
{
    struct synth_symbol *symbol = &synth->symbols[i];
    const struct synth_symbol *before = i > 0 ? &synth->symbols[i - 1] : NULL;
    const char *follows = symbol->kind == SYNTH_PERPETUAL ? symbol->symbol : symbol->follows;

    if (symbol->kind == SYNTH_SPOT && place_of(synth, symbol->symbol, i) != 0)
        config_refuse(config, node, CONFIG_E_DUPLICATE, "%s is there already; expected another",
                      symbol->symbol);
    for (uint32_t k = 0; k < i; k++)
        if (symbol->kind == SYNTH_PERPETUAL && synth->symbols[k].kind == SYNTH_PERPETUAL &&
            strcmp(symbol->symbol, synth->symbols[k].symbol) == 0)
            config_refuse(config, node, CONFIG_E_DUPLICATE,
                          "the perpetual %s is there already; expected another", symbol->symbol);
    if (before != NULL && before->kind > symbol->kind)
        config_refuse(config, node, CONFIG_E_CONFLICT,
                      "%s is a spot market behind a perpetual; expected spot markets first",
                      symbol->symbol);
    if (follows[0] == '\0') {
        if (before != NULL && before->at_follows != 0)
            config_refuse(config, node, CONFIG_E_CONFLICT,
                          "%s follows nobody and stands behind one that does; expected it before "
                          "those",
                          symbol->symbol);
        return;
    }
    symbol->at_follows = (uint8_t)place_of(synth, follows, i);
    if (symbol->at_follows == 0)
        config_refuse(config, node, CONFIG_E_CONFLICT,
                      "%s follows the spot market %s, which does not stand before it; expected one "
                      "that does",
                      symbol->symbol, follows);
}

static void check_market(struct config *config, const struct config_node *node, void *out)
{
    struct synth *synth = out;

    for (uint32_t i = 0; i < synth->n_symbols; i++)
        check_place(config, config_entry(config_get(node, "symbols"), i), synth, i);
    if ((synth->trend_ns > 0) != (synth->trend_ppm > 0) ||
        (synth->trend_ns > 0 && (double)synth->range_ns < MINUTE) ||
        (synth->trend_ns > 0 && (double)synth->trend_ns < MINUTE))
        config_refuse(config, config_get(node, "trend"), CONFIG_E_CONFLICT,
                      "a trend without its length, or a length without a trend; expected trend, "
                      "trend_length and range_length together, lengths of a minute at least");
    if (synth->crash_depth_ppm == 0 &&
        (config_get(node, "crash_after") != NULL || config_get(node, "crash_within") != NULL))
        config_refuse(config, node, CONFIG_E_CONFLICT,
                      "a crash has a time and no depth; expected 'crash_depth' too");
}
const struct schema synth_schema = {"market", sizeof(struct synth), market_fields,
                                    .check = check_market};

/* --- for the generator --- */

uint32_t synth_spots(const struct synth *synth)
{
    uint32_t n = 0;

    while (n < synth->n_symbols && synth->symbols[n].kind == SYNTH_SPOT)
        n++;
    return n;
}

static void set_premium(struct gen_symbol *made, const struct synth_symbol *symbol)
{
    if (symbol->at_follows == 0)
        return;
    made->follows = symbol->at_follows;
    made->is_scaled = 1;
    made->premium = (struct gen_premium){
        .is_set = 1,
        .mean = (double)symbol->premium_ppm * PPM,
        .sd = {(double)symbol->premium_sd_ppm * PPM, (double)symbol->slow_sd_ppm * PPM},
        .half_life_s = {(double)symbol->premium_half_ns / SECOND,
                        (double)symbol->slow_half_ns / SECOND}};
}

static int set_symbol(struct gen_symbol *made, const struct synth *synth, uint32_t i,
                      const struct agon_instrument *def, struct error *err)
{
    const struct synth_symbol *symbol = &synth->symbols[i];
    double price = symbol->price > 0 ? symbol->price : synth->symbols[symbol->at_follows - 1].price;

    made->instrument = def->hdr.instrument;
    made->volatility = (double)symbol->volatility_ppm * PPM;
    made->trades_per_s = symbol->trades_per_s;
    made->beta = (double)symbol->beta_ppm * PPM;
    made->spread = (double)symbol->spread_ppm * PPM;
    made->has_flow = 1;
    made->informed = (double)symbol->informed_ppm * PPM;
    made->repeat = (double)symbol->repeat_ppm * PPM;
    set_premium(made, symbol);
    if (num_from_double(price, def->px_exp, NUM_EVEN, &made->start_px) < 0 ||
        num_from_double(symbol->trade_size / price, def->qty_exp, NUM_EVEN, &made->unit_qty) < 0)
        return error_set(err, AGON_EINVAL, "%s: a price or a size that cannot be counted",
                         symbol->symbol);
    made->start_px = num_to_step(made->start_px, def->tick_px, NUM_EVEN);
    if (made->start_px < 100 * def->tick_px)
        return error_set(err, AGON_EINVAL, "%s: the price %g is not 100 ticks; name a higher one",
                         symbol->symbol, price);
    if (made->unit_qty < def->lot_qty)
        made->unit_qty = def->lot_qty;
    if (made->unit_qty < def->min_qty)
        made->unit_qty = def->min_qty;
    return AGON_OK;
}

static double minutes(int64_t ns)
{
    return (double)ns / MINUTE;
}

int synth_config(const struct synth *synth, uint32_t n, const agon_instrument_t *instruments,
                 const struct instruments *table, uint64_t seed, struct gen_config *config,
                 struct error *err)
{
    int rc = AGON_OK;

    memset(config, 0, sizeof(*config));
    config->seed = seed;
    config->book_interval_ms = synth->book_ms;
    config->depth = synth->depth;
    config->jumps_per_day = (double)synth->jumps_milli / 1000;
    config->crashes_per_year = (double)synth->crashes_milli / 1000;
    config->n_symbols = n;
    for (uint32_t i = 0; i < n && rc >= 0; i++)
        rc = set_symbol(&config->symbols[i], synth, i, instruments_get(table, instruments[i]), err);
    config->process =
        (struct gen_process){.is_steady = !synth->has_bursts,
                             .is_flat = !synth->has_hours,
                             .autocorrelation = (double)synth->autocorrelation_ppm * PPM,
                             .trend_per_day = (double)synth->trend_ppm * PPM,
                             .trend_min = minutes(synth->trend_ns),
                             .range_min = minutes(synth->range_ns),
                             .range_half_min = minutes(synth->range_half_ns),
                             .crash_from_min = minutes(synth->crash_from_ns),
                             .crash_within_min = minutes(synth->crash_within_ns),
                             .crash_depth = (double)synth->crash_depth_ppm * PPM,
                             .crash_takes_min = minutes(synth->crash_takes_ns),
                             .crash_back = (double)synth->crash_back_ppm * PPM,
                             .crash_half_min = minutes(synth->crash_half_ns)};
    return rc;
}
