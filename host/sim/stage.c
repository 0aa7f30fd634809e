// SPDX-License-Identifier: Apache-2.0
#include "sim/stage.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/rng.h"
#include "sim/reel.h"

#define BOOK_WAIT_NS  ((agon_ns_t)10000000000)
#define MOST_VOLATILE 20.0 /* that the generator takes, a year */
#define MINUTE_NS     60000000000ll

struct cast { /* who trades on this stage */
    struct pit_symbol symbols[PIT_SYMBOLS_MAX];
    uint32_t n;
};

static int add_symbol(struct cast *cast, const struct stage *stage, const char *name,
                      int px_decimals, int qty_decimals, uint32_t *at, struct error *err)
{
    struct pit_symbol symbol;

    if (stage->dialect->symbol(name, px_decimals, qty_decimals, &symbol) < 0)
        return error_set(err, AGON_EINVAL,
                         "%s is not a symbol of %s; SYMBOL=FILE says which one a file is of", name,
                         stage->dialect->name);
    // By the venue's own spelling: there may be others of one symbol.
    for (*at = 0; *at < cast->n; (*at)++)
        if (strcmp(cast->symbols[*at].name, symbol.name) == 0)
            return AGON_OK;
    if (cast->n == PIT_SYMBOLS_MAX)
        return error_set(err, AGON_EINVAL,
                         "%s is one symbol too many: a simulated market has at most %d; leave some "
                         "out, or begin another simulator for them",
                         name, PIT_SYMBOLS_MAX);
    cast->symbols[cast->n++] = symbol;
    return AGON_OK;
}

/* Of perpetuals nobody holds the base. */
static void set_decimals(struct cast *cast, const struct stage *stage)
{
    for (uint32_t i = 0; stage->members != NULL && i < cast->n; i++) {
        struct pit_symbol *symbol = &cast->symbols[i];

        if (!symbol->is_perpetual)
            symbol->base_fewer = (uint8_t)(PIT_EXP - members_exp(stage->members, symbol->base));
    }
}

/* --- from a seed --- */

// Spot markets, or the perpetuals, whichever the dialect is of.
static int cast_market(struct cast *cast, const struct stage *stage, struct error *err)
{
    const struct synth *market = stage->market;
    uint8_t kind = stage->dialect->spot != NULL ? SYNTH_PERPETUAL : SYNTH_SPOT;
    uint32_t place;
    int rc = AGON_OK;

    for (uint32_t i = 0; i < market->n_symbols && rc >= 0; i++)
        if (market->symbols[i].kind == kind)
            rc = add_symbol(cast, stage, market->symbols[i].symbol, 2, 4, &place, err);
    return rc;
}

static int cast_listed(struct cast *cast, const struct stage *stage, struct error *err)
{
    const char *at = stage->symbols;
    uint32_t place;

    if (stage->market != NULL)
        return cast_market(cast, stage, err);
    for (uint32_t i = 0; !at && i < stage->dialect->n_symbols; i++) {
        int rc = add_symbol(cast, stage, stage->dialect->names[i], 2, 4, &place, err);

        if (rc < 0)
            return rc;
    }
    if (!at)
        return AGON_OK;
    while (*at) {
        size_t n = strcspn(at, ",");
        char name[32];

        if (n == 0 || n >= sizeof(name))
            return error_set(err, AGON_EINVAL, "symbols are a list with commas between: %s",
                             stage->dialect->names[0]);
        memcpy(name, at, n);
        name[n] = '\0';
        if (add_symbol(cast, stage, name, 2, 4, &place, err) < 0)
            return AGON_EINVAL;
        at += at[n] ? n + 1 : n;
    }
    return AGON_OK;
}

static agon_px_t rounded(double fair, const struct pit_symbol *symbol)
{
    agon_px_t px = 0;

    if (num_from_double(fair, 0, NUM_EVEN, &px) < 0)
        px = 0;
    px = num_to_step(px, symbol->tick_px, NUM_EVEN);
    return px < symbol->tick_px ? symbol->tick_px : px;
}

// Perpetuals follow the spot markets that the same seed makes: those are generated once more, event
// for event, and what they trade is the index.
static int lead_by_spot(struct pit *pit, const struct stage *stage, struct gen_config *config,
                        struct error *err)
{
    struct gen_symbol perpetuals[GEN_SYMBOLS_MAX];
    uint32_t n = pit_count(pit);

    for (uint32_t i = 0; i < n; i++) {
        struct pit_symbol spot;
        int rc;

        if (stage->dialect->spot->symbol(pit_at(pit, i)->name, 2, 4, &spot) < 0)
            return error_set(err, AGON_EINVAL, "%s has no spot market", pit_at(pit, i)->name);
        rc = pit_set_index(pit, i, &spot, err);
        if (rc < 0)
            return rc;
    }
    gen_defaults(config, pit_table(pit), stage->seed);
    memcpy(perpetuals, config->symbols, n * sizeof(perpetuals[0]));
    for (uint32_t i = 0; i < n; i++) {
        config->symbols[i] = config->symbols[n + i];
        config->symbols[i].beta = perpetuals[i].beta; // by its place, as in a market of spot alone
        config->symbols[n + i] = perpetuals[i];
        config->symbols[n + i].follows = i + 1;
    }
    return AGON_OK;
}

/* Perpetuals stand behind all spot markets, of which each has its events here: those that are an
 * index, and the others too, for what a seed draws is drawn for all. */
static int lead_by_market(struct pit *pit, const struct stage *stage, struct gen_config *config,
                          struct error *err)
{
    const struct synth *market = stage->market;
    uint32_t n_spots = synth_spots(market), n = n_spots;
    agon_instrument_t ids[SYNTH_SYMBOLS_MAX];
    int rc = AGON_OK;

    for (uint32_t i = 0; i < n_spots && rc >= 0; i++) {
        const char *name = market->symbols[i].symbol;
        int sym = pit_find(pit, name);
        struct pit_symbol spot;

        if (stage->dialect->spot == NULL) {
            ids[i] = pit_instrument(pit, (uint32_t)sym);
            continue;
        }
        if (stage->dialect->spot->symbol(name, 2, 4, &spot) < 0)
            return error_set(err, AGON_EINVAL, "%s has no spot market", name);
        rc = pit_add_silent(pit, &spot, &ids[i], err);
        for (uint32_t k = 0; k < pit_count(pit) && rc >= 0; k++)
            if (market->symbols[n_spots + k].at_follows == i + 1)
                pit_follow(pit, k, ids[i]);
    }
    for (; n < market->n_symbols && stage->dialect->spot != NULL; n++)
        ids[n] = pit_instrument(pit, n - n_spots);
    if (rc >= 0)
        rc = synth_config(market, n, ids, pit_table(pit), stage->seed, config, err);
    config->process.crash_from_min += stage->history_minutes;
    return rc;
}

// Where a symbol stands, what it follows and its premiums included.
static double shown_px(const struct gen *gen, const struct gen_config *config, uint32_t at)
{
    double px = gen_fair_px(gen, at) * (1 + gen_premium(gen, at));

    while (config->symbols[at].follows) {
        at = config->symbols[at].follows - 1;
        px *= 1 + gen_premium(gen, at);
    }
    return px;
}

// The generator runs through the history minute by minute and goes on from there, so that bars and
// market are of one piece.
static int play_history(struct pit *pit, struct gen *gen, const struct gen_config *config,
                        const struct stage *stage, struct error *err)
{
    uint32_t n = pit_count(pit), minutes = stage->history_minutes;
    agon_px_t *closes = calloc((size_t)n * minutes, sizeof(*closes));
    agon_px_t *indexes = calloc((size_t)n * minutes, sizeof(*indexes));
    int is_led = stage->dialect->spot != NULL, rc = AGON_OK;

    if (!closes || !indexes) {
        free(closes);
        free(indexes);
        return error_set(err, AGON_ENOMEM, "out of memory");
    }
    for (uint32_t i = 0; i < minutes; i++) {
        gen_minute(gen);
        for (uint32_t s = 0; s < n; s++) {
            // A perpetual stands behind all of the spot markets.
            uint32_t at = is_led ? config->n_symbols - n + s : s;

            closes[(size_t)s * minutes + i] = rounded(shown_px(gen, config, at), pit_at(pit, s));
            if (is_led)
                indexes[(size_t)s * minutes + i] =
                    rounded(shown_px(gen, config, config->symbols[at].follows - 1), pit_at(pit, s));
        }
    }
    for (uint32_t s = 0; s < n && rc == AGON_OK; s++) {
        rc = pit_history(pit, s, closes + (size_t)s * minutes, minutes, stage->seed);
        for (int k = 0; k < PIT_NOTES && is_led && rc == AGON_OK; k++)
            rc = pit_note_history(pit, s, (enum pit_note)k,
                                  (k == PIT_INDEX ? indexes : closes) + (size_t)s * minutes,
                                  minutes);
    }
    free(closes);
    free(indexes);
    return rc < 0 ? error_set(err, rc, "a history of %u minutes cannot be made", minutes) : AGON_OK;
}

static double wilder(double volatility, uint32_t times)
{
    double wild = volatility * times;

    return wild < MOST_VOLATILE ? wild : MOST_VOLATILE;
}

static int build_seeded(struct pit **made, agon_ns_t *t_market, const struct stage *stage,
                        struct error *err)
{
    agon_ns_t t_start = stage->t_start - stage->t_start % MINUTE_NS;
    struct gen_config config;
    struct cast cast = {.n = 0};
    struct gen *gen = NULL;
    struct reel *reel;
    int rc = cast_listed(&cast, stage, err);

    if (rc < 0)
        return rc;
    set_decimals(&cast, stage);
    rc = pit_new(made, cast.symbols, cast.n, t_start, err);
    if (rc < 0)
        return rc;
    if (stage->market != NULL) {
        rc = lead_by_market(*made, stage, &config, err);
    } else {
        gen_defaults(&config, pit_table(*made), stage->seed);
        if (stage->dialect->spot)
            rc = lead_by_spot(*made, stage, &config, err);
    }
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; stage->wild != 0 && i < config.n_symbols; i++)
        config.symbols[i].volatility = wilder(config.symbols[i].volatility, stage->wild);
    config.t_start = t_start - (agon_ns_t)stage->history_minutes * MINUTE_NS;
    rc = gen_new(&gen, &config, pit_table(*made), err);
    if (rc < 0)
        return rc;
    if (stage->history_minutes > 0)
        rc = play_history(*made, gen, &config, stage, err);
    reel = rc < 0 ? NULL : reel_new(pit_table(*made));
    if (!reel || reel_add_gen(reel, gen) < 0) {
        gen_free(gen);
        reel_free(reel);
        return rc < 0 ? rc : error_set(err, AGON_ENOMEM, "out of memory");
    }
    pit_set_reel(*made, reel);
    // The seconds of the first minute that have passed already.
    pit_advance(*made, stage->t_start);
    *t_market = stage->t_start;
    return AGON_OK;
}

/* --- from recordings --- */

static int has_depth(const struct pit *pit)
{
    for (uint32_t i = 0; i < pit_count(pit); i++) {
        if (pit_has_depth(pit, i))
            return 1;
    }
    return 0;
}

// All of the rows that were kept, a line each.
static void say_bad(const struct reel *reel, struct error *err)
{
    const struct error *bad;
    size_t at = 0;

    *err = *reel_bad(reel, 0);
    for (uint32_t i = 1; (bad = reel_bad(reel, i)) != NULL; i++) {
        at = strlen(err->text);
        if (at + strlen(bad->text) + 2 > sizeof(err->text))
            return;
        err->text[at] = '\n';
        strcpy(err->text + at + 1, bad->text);
    }
}

static int set_silent(struct pit *pit, const struct reel *reel, const struct stage *stage,
                      uint32_t sym, const char *name, struct error *err)
{
    agon_ns_t bar_ns = reel_bar_ns(reel, pit_instrument(pit, sym));

    if (bar_ns == 0)
        return error_set(err, AGON_EINVAL,
                         "%s: bars of %s, which another file has too: leave one of them out", name,
                         pit_at(pit, sym)->name);
    if (!stage->dialect->is_interval || !stage->dialect->is_interval(bar_ns))
        return error_set(
            err, AGON_EINVAL,
            "%s: the venue has no bars of %lld s, so that they can only be played back with "
            "--bars visible",
            name, (long long)(bar_ns / 1000000000));
    if (pit_bar_ns(pit, sym) != 0 && pit_bar_ns(pit, sym) != bar_ns)
        return error_set(err, AGON_EINVAL, "%s: bars of two lengths of %s", name,
                         pit_at(pit, sym)->name);
    return pit_set_bars(pit, sym, stage->bars, bar_ns) < 0
               ? error_set(err, AGON_ENOMEM, "out of memory")
               : AGON_OK;
}

// Where bars are all that is known, nothing is shown inside of them.
static int silence(struct pit *pit, const struct reel *reel, const struct stage *stage,
                   const uint32_t *place, struct error *err)
{
    for (uint32_t i = 0; i < stage->n_files; i++) {
        int rc = reel_is_silent(reel, i)
                     ? set_silent(pit, reel, stage, place[i], stage->files[i].name, err)
                     : AGON_OK;

        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

static int build_recorded(struct pit **made, agon_ns_t *t_market, const struct stage *stage,
                          struct error *err)
{
    uint32_t place[STAGE_FILES_MAX];
    struct cast cast = {.n = 0};
    agon_ns_t t_first = INT64_MAX;
    uint32_t n_cast;
    const struct agon_event_hdr *event;
    struct reel *reel;
    int rc;

    if (stage->n_files > STAGE_FILES_MAX)
        return error_set(err, AGON_EINVAL, "more than %d data files", STAGE_FILES_MAX);
    for (uint32_t i = 0; i < stage->n_files; i++) {
        const struct stage_file *file = &stage->files[i];
        struct reel_look look;

        rc = reel_look(file->name, file->bytes, file->n, file->symbol, &look, err);
        if (rc < 0)
            return rc;
        if (!file->symbol && !look.symbol[0])
            return error_set(err, AGON_EINVAL, "%s: of which symbol? say SYMBOL=FILE", file->name);
        n_cast = cast.n;
        rc = add_symbol(&cast, stage, file->symbol ? file->symbol : look.symbol, PIT_EXP, PIT_EXP,
                        &place[i], err);
        if (rc >= 0 && cast.n > n_cast && stage->list)
            rc = stage->list(stage->ctx, file, look.t_first, &cast.symbols[place[i]], err);
        if (rc < 0) {
            error_wrap(err, "%s", file->name);
            return rc;
        }
        if (look.t_first < t_first)
            t_first = look.t_first;
    }
    set_decimals(&cast, stage);
    for (uint32_t i = 0; i < cast.n; i++) {
        struct pit_symbol *symbol = &cast.symbols[i];

        // Where no lot is known it is the smallest that balances can hold.
        if (symbol->lot_qty == 1)
            symbol->lot_qty = symbol->min_qty = num_pow10(symbol->base_fewer);
    }
    rc = pit_new(made, cast.symbols, cast.n, t_first, err);
    if (rc < 0)
        return rc;
    reel = reel_new(pit_table(*made));
    if (!reel)
        return error_set(err, AGON_ENOMEM, "out of memory");
    pit_set_reel(*made, reel);
    if (stage->bars)
        reel_set_bars(reel, stage->bars);
    for (uint32_t i = 0; i < stage->n_files; i++) {
        rc = reel_add_file(reel, stage->files[i].name, stage->files[i].bytes, stage->files[i].n,
                           pit_instrument(*made, place[i]), err);
        if (rc < 0)
            return rc;
    }
    rc = stage->bars ? silence(*made, reel, stage, place, err) : AGON_OK;
    if (rc < 0)
        return rc;
    event = reel_peek(reel);
    if (!event && reel_bad(reel, 0)) {
        say_bad(reel, err);
        return AGON_EINVAL;
    }
    if (!event)
        return error_set(err, AGON_EINVAL, "%s: nothing to replay in it", stage->files[0].name);
    // Up to the first book, so that the first client finds one, if one comes soon.
    do {
        *t_market = event->t;
        pit_advance(*made, *t_market);
        event = reel_peek(reel);
    } while (event && !has_depth(*made) && event->t < t_first + BOOK_WAIT_NS);
    if (stage->t_from > *t_market)
        *t_market = stage->t_from;
    pit_advance(*made, *t_market);
    return AGON_OK;
}

int stage_build(struct pit **pit, agon_ns_t *t_market, const struct stage *stage, struct error *err)
{
    int rc;

    *pit = NULL;
    rc = stage->n_files > 0 ? build_recorded(pit, t_market, stage, err)
                            : build_seeded(pit, t_market, stage, err);
    if (rc < 0) {
        pit_free(*pit);
        *pit = NULL;
    }
    return rc;
}
