// SPDX-License-Identifier: Apache-2.0
#include "lab/listing.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "base/num.h"
#include "config/config.h"
#include "config/units.h"
#include "lab/data_file.h"
#include "market/instrument_kind.h"
#include "market/recording.h"

#define BYTES_MAX   ((uint64_t)64 << 20)
#define SYMBOLS_CAP 20000 /* of one file */
#define QUOTE_EXP   8     /* of amounts that are not the engine's yet */
#define DEFAULT_EXP 8

struct source {
    char path[512];
    uint8_t is_named;
    struct wire_info *all;   /* owned */
    struct rules_fees *fees; /* owned; of each, where the file has them */
    uint32_t n, room;
    uint8_t is_config;             /* which says nothing but tick, lot, least notional and fees */
    const struct venue_wire *wire; /* whose list it is; NULL: a configuration */
    struct wire_limit limits[LISTING_LIMITS_MAX];
    uint32_t n_limits;
    int rc;
};
struct listings {
    struct source sources[LISTING_FILES_MAX];
    uint32_t n;
    char folder[512]; /* that was looked through last; what was found there is in sources */
    const struct venue_wire *looked_for; /* ... for lists of this one; NULL: of any */
    int has_looked;
};

/* Contracts of the coin, whose filters no list of majors has. */
#define COIN(name, of, tick_places)                                                                \
    {                                                                                              \
        .symbol = name, .base = of, .quote = "USDT", .is_tradable = 1, .is_contract = 1,           \
        .tick = 1, .tick_exp = (tick_places), .lot = 1, .lot_exp = 0, .min_qty = 1,                \
        .min_qty_exp = 0                                                                           \
    }
static const struct wire_info coins[] = {COIN("BTCUSD_PERP", "BTC", 1),
                                         COIN("ETHUSD_PERP", "ETH", 2)};

// How many places the count needs.
static void fit_exp(int64_t value, int64_t *to, int *exp)
{
    *to = value;
    for (*exp = RULES_MAJOR_EXP; *exp > 0 && *to % 10 == 0; --*exp)
        *to /= 10;
}

/* What the venue lists of one of the majors, in a file's own form. False: it is none. */
static int known_info(const char *symbol, int is_contract, struct wire_info *info)
{
    const struct rules_major *major = rules_major(is_contract ? RULES_UM : RULES_SPOT, symbol);

    memset(info, 0, sizeof(*info));
    for (size_t i = 0; i < sizeof(coins) / sizeof(coins[0]) && is_contract; i++) {
        if (strcmp(coins[i].symbol, symbol) == 0)
            *info = coins[i];
    }
    if (major == NULL)
        return info->symbol[0] != '\0';
    snprintf(info->symbol, sizeof(info->symbol), "%s", major->symbol);
    snprintf(info->base, sizeof(info->base), "%s", major->base);
    snprintf(info->quote, sizeof(info->quote), "%s", major->quote);
    info->is_tradable = 1;
    info->is_contract = (uint8_t)is_contract;
    fit_exp(major->tick_px, &info->tick, &info->tick_exp);
    fit_exp(major->lot_qty, &info->lot, &info->lot_exp);
    fit_exp(major->lot_qty, &info->min_qty, &info->min_qty_exp);
    fit_exp(major->max_qty, &info->max_qty, &info->max_qty_exp);
    fit_exp(major->min_px, &info->min_px, &info->min_px_exp);
    fit_exp(major->max_px, &info->max_px, &info->max_px_exp);
    fit_exp(major->min_notional_amt, &info->min_notional, &info->min_notional_exp);
    fit_exp(major->max_notional_amt, &info->max_notional, &info->max_notional_exp);
    fit_exp(major->market_max_qty, &info->market_max_qty, &info->market_max_qty_exp);
    rules_preset(major->market, &info->rules);
    info->has_band = 2;
    return 1;
}

/* As the venue publishes them, where it is known which it is. */
static struct rules_fees fees_of(const struct venue_wire *wire, int is_contract)
{
    if (wire != NULL && instrument_kind_has_margin(wire->kind) == is_contract)
        return wire_fees(wire);
    return rules_fees(is_contract ? RULES_UM : RULES_SPOT);
}

static void keep(void *ctx, const struct wire_info *info)
{
    struct source *source = ctx;

    if (source->n == source->room) {
        uint32_t room = source->room == 0 ? 64 : source->room * 2;
        struct wire_info *all =
            room <= SYMBOLS_CAP * 2 ? realloc(source->all, room * sizeof(*all)) : NULL;
        struct rules_fees *fees = all != NULL ? realloc(source->fees, room * sizeof(*fees)) : NULL;

        source->all = all != NULL ? all : source->all;
        source->fees = fees != NULL ? fees : source->fees;
        if (fees == NULL) {
            source->rc = AGON_ENOMEM;
            return;
        }
        source->room = room;
    }
    source->fees[source->n] = fees_of(source->wire, info->is_contract);
    source->all[source->n++] = *info;
}

static void keep_limit(void *ctx, const struct wire_limit *limit)
{
    struct source *source = ctx;

    if (source->n_limits < LISTING_LIMITS_MAX)
        source->limits[source->n_limits++] = *limit;
}

uint32_t listings_limits(const struct listings *listings, const char *source,
                         const struct wire_limit **limits)
{
    for (uint32_t i = 0; i < listings->n; i++) {
        *limits = listings->sources[i].limits;
        if (strcmp(listings->sources[i].path, source) == 0)
            return listings->sources[i].n_limits;
    }
    return 0;
}

struct taker { /* who is told what an answer lists */
    const struct venue_wire *wire;
    void *reader; /* the wire's */
    wire_limit_fn each_limit;
    wire_info_fn each;
    void *ctx;
};

static int take_answer(const struct taker *to, const char *text, size_t n)
{
    return to->wire->read_info(to->reader, text, n, to->each_limit, to->each, to->ctx);
}

/* One line of a capture: {"dir":"http","url":...,"raw":"{...}"}. */
static int take_capture(const struct taker *to, const char *text, size_t n)
{
    json_t *root = json_loadb(text, n, JSON_DISABLE_EOF_CHECK, NULL);
    json_t *raw = json_object_get(root, "raw");
    int rc = AGON_EINVAL;

    if (json_is_string(raw))
        rc = take_answer(to, json_string_value(raw), json_string_length(raw));
    json_decref(root);
    return rc;
}

static int take_json(const struct taker *to, const char *text, size_t n)
{
    int rc = take_answer(to, text, n);

    // Of several the first counts.
    for (const char *at = text; rc < 0 && at < text + n; at++) {
        const char *end = memchr(at, '\n', (size_t)(text + n - at));

        end = end != NULL ? end : text + n;
        if (*at == '{')
            rc = take_capture(to, at, (size_t)(end - at));
        at = end;
    }
    return rc;
}

/* By that venue's own reader. */
static int take_list(struct source *source, const struct venue_wire *wire, const char *text,
                     size_t n)
{
    struct taker to = {.wire = wire, .each_limit = keep_limit, .each = keep, .ctx = source};
    struct symbols *none = calloc(1, sizeof(*none));
    int rc = none != NULL ? AGON_OK : AGON_ENOMEM;

    source->wire = wire;
    source->n = 0;
    if (rc >= 0) {
        symbols_init(none);
        rc = wire->open_reader(none, &to.reader);
    }
    if (rc >= 0) {
        rc = take_json(&to, text, n);
        wire->close(to.reader);
    }
    free(none);
    if (rc < 0)
        source->n = 0;
    return rc;
}

/* A file is of the venue that its name names, else of the first whose reader understands it. */
static int take_venue(struct source *source, const char *text, size_t n)
{
    const struct venue_wire *wire = venue_table_named(source->path);
    int rc = AGON_EINVAL;

    if (wire != NULL)
        return take_list(source, wire, text, n);
    for (uint32_t i = 0; (wire = venue_table_at(i)) != NULL; i++) {
        rc = take_list(source, wire, text, n);
        if (rc >= 0 && source->n > 0)
            return rc;
    }
    return rc < 0 ? rc : AGON_EINVAL;
}

static int read_count(const struct config *config, uint32_t i, const char *key, int64_t *value,
                      int *exp)
{
    const struct config_node *node = config_at(config, "instruments[%u].%s", i, key);
    const char *text = node != NULL ? config_text(node) : NULL;

    *value = 0;
    *exp = 0;
    return text == NULL ? AGON_ENOENT : num_read_exp(text, strlen(text), value, exp);
}

static int copy_word(const struct config *config, uint32_t i, const char *key, char *word,
                     size_t room)
{
    const struct config_node *node = config_at(config, "instruments[%u].%s", i, key);
    const char *text = node != NULL ? config_text(node) : NULL;

    if (text == NULL || text[0] == '\0' || strlen(text) >= room)
        return 0;
    memcpy(word, text, strlen(text) + 1);
    return 1;
}

// Nothing: as published. False: no share.
static int read_fee(const struct config *config, uint32_t i, const char *key, int32_t *ppb)
{
    const struct config_node *node = config_at(config, "instruments[%u].%s", i, key);
    const char *text = node != NULL ? config_text(node) : NULL;
    int64_t ppm;

    if (text == NULL)
        return 1;
    if (units_ppm(text, strlen(text), &ppm, NULL) < 0 || ppm > 100000)
        return 0;
    *ppb = (int32_t)(ppm * 1000);
    return 1;
}

// The instruments of a file that `agon run` takes, or of one that has nothing else.
static int take_config(struct source *source, const char *text, size_t n, struct error *err)
{
    struct config *config = config_new(source->path, text, n, NULL);
    uint32_t count;

    if (config == NULL)
        return AGON_ENOMEM;
    count = config_root(config) != NULL ? config_count(config_at(config, "instruments")) : 0;
    for (uint32_t i = 0; i < count; i++) {
        struct wire_info info = {.state = TRADING_OPEN, .is_tradable = 1};
        char venue[64] = "";
        int notional =
            read_count(config, i, "min_notional", &info.min_notional, &info.min_notional_exp);

        copy_word(config, i, "venue", venue, sizeof(venue));
        info.is_contract = strstr(venue, "_um") != NULL;
        if (!copy_word(config, i, "symbol", info.symbol, sizeof(info.symbol)) ||
            !copy_word(config, i, "base", info.base, sizeof(info.base)) ||
            !copy_word(config, i, "quote", info.quote, sizeof(info.quote)) ||
            read_count(config, i, "tick", &info.tick, &info.tick_exp) < 0 ||
            read_count(config, i, "lot", &info.lot, &info.lot_exp) < 0 || info.tick <= 0 ||
            info.lot <= 0 || info.min_notional < 0 || (notional < 0 && notional != AGON_ENOENT)) {
            config_free(config);
            return error_set(err, AGON_EINVAL,
                             "%s: instruments[%u]: symbol, base, quote, tick and lot are needed",
                             source->path, i);
        }
        info.min_qty = info.lot;
        info.min_qty_exp = info.lot_exp;
        keep(source, &info);
        if (source->rc >= 0 &&
            (!read_fee(config, i, "maker", &source->fees[source->n - 1].maker_ppb) ||
             !read_fee(config, i, "taker", &source->fees[source->n - 1].taker_ppb)))
            source->rc = error_set(err, AGON_EINVAL,
                                   "%s: instruments[%u]: maker and taker are shares, such as 0.1%%",
                                   source->path, i);
    }
    source->is_config = 1;
    config_free(config);
    return source->rc < 0 ? source->rc : count > 0 ? AGON_OK : AGON_EINVAL;
}

/* All of a file, with a NUL behind it. The caller frees text, also on failure. */
static int read_text(const char *path, char **text, uint64_t *n, struct error *err)
{
    struct lines_limits limits = {.total_max = BYTES_MAX};
    struct lines *lines = data_file_open(path, &limits, err);
    uint64_t room = 1u << 20;
    int64_t got = 0;

    *text = NULL;
    *n = 0;
    if (lines == NULL)
        return err != NULL && err->code < 0 ? err->code : AGON_ENOENT;
    do {
        char *more = *text == NULL || *n + 1 >= room ? realloc(*text, room *= 2) : *text;

        if (more == NULL) {
            got = error_set(err, AGON_ENOMEM, "%s: out of memory", path);
            break;
        }
        *text = more;
        got = lines_read(lines, *text + *n, room - *n - 1, err);
        *n += got > 0 ? (uint64_t)got : 0;
    } while (got > 0);
    lines_close(lines);
    if (got < 0)
        return (int)got;
    (*text)[*n] = '\0';
    return AGON_OK;
}

static int read_source(struct source *source, struct error *err)
{
    char *text;
    uint64_t n;
    int rc = read_text(source->path, &text, &n, err);

    if (rc >= 0) {
        rc = take_venue(source, text, n);
        if (rc < 0 && strchr("{[", text[strspn(text, " \t\r\n")]) == NULL)
            rc = take_config(source, text, n, err);
        rc = rc >= 0 ? source->rc : rc;
        if (rc < 0 && (err == NULL || err->code == 0))
            error_set(err, rc,
                      "%s: neither a list of instruments as a venue gives it nor a configuration "
                      "with instruments",
                      source->path);
    }
    free(text);
    return rc < 0 ? rc : AGON_OK;
}

static void leave_limit(void *ctx, const struct wire_limit *limit)
{
    (void)ctx;
    (void)limit;
}

static void leave_info(void *ctx, const struct wire_info *info)
{
    (void)ctx;
    (void)info;
}

int listing_teach(const char *path, const struct venue_wire *wire, void *reader, struct error *err)
{
    struct taker to = {
        .wire = wire, .reader = reader, .each_limit = leave_limit, .each = leave_info};
    char *text;
    uint64_t n;
    int rc = read_text(path, &text, &n, err);

    if (rc >= 0)
        (void)take_json(&to, text, n); // a configuration, or another venue's, teaches nothing
    free(text);
    return rc;
}

static int add_source(struct listings *listings, const char *path, int is_named, struct error *err)
{
    struct source *source = &listings->sources[listings->n];
    int rc;

    if (listings->n == LISTING_FILES_MAX)
        return error_set(err, AGON_ERANGE, "more than %d files of instruments", LISTING_FILES_MAX);
    if ((size_t)snprintf(source->path, sizeof(source->path), "%s", path) >= sizeof(source->path))
        return error_set(err, AGON_ERANGE, "%.100s...: the name is too long", path);
    source->is_named = (uint8_t)is_named;
    rc = read_source(source, err);
    listings->n++;
    return rc;
}

int listings_open(struct listings **listings, const char *const *paths, uint32_t n,
                  struct error *err)
{
    int rc = AGON_OK;

    *listings = calloc(1, sizeof(**listings));
    if (*listings == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < n && rc >= 0; i++)
        rc = add_source(*listings, paths[i], 1, err);
    if (rc < 0) {
        listings_free(*listings);
        *listings = NULL;
    }
    return rc;
}

void listings_free(struct listings *listings)
{
    for (uint32_t i = 0; listings != NULL && i < listings->n; i++) {
        free(listings->sources[i].all);
        free(listings->sources[i].fees);
    }
    free(listings);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Is the file one that a venue's list lies in? wire: of the data; NULL: their name does not say. */
static int is_listing(const char *name, const struct venue_wire *wire)
{
    const char *mark = (wire != NULL ? wire : venue_table_at(0))->listing;
    const struct venue_wire *named = venue_table_named(name);

    return mark != NULL && strstr(name, mark) != NULL && name[0] != '.' &&
           (wire == NULL || named == NULL || named == wire) &&
           (strstr(name, ".json") != NULL || strstr(name, ".ndjson") != NULL);
}

/* Lists of the folder that the data lie in. */
static int look_beside(struct listings *listings, const char *data, struct error *err)
{
    const struct venue_wire *wire = venue_table_named(data);
    const char *slash = strrchr(data, '/');
    char folder[sizeof(listings->folder)];
    struct dirent *entry;
    int rc = AGON_OK;
    DIR *dir;

    if ((size_t)snprintf(folder, sizeof(folder), "%.*s", slash != NULL ? (int)(slash - data) : 1,
                         slash != NULL ? data : ".") >= sizeof(folder) ||
        (listings->has_looked && listings->looked_for == wire &&
         strcmp(folder, listings->folder) == 0))
        return AGON_OK;
    memcpy(listings->folder, folder, sizeof(folder));
    listings->looked_for = wire;
    listings->has_looked = 1;
    dir = opendir(folder[0] != '\0' ? folder : "/");
    while (dir != NULL && rc >= 0 && (entry = readdir(dir)) != NULL) {
        char path[sizeof(folder) + sizeof(entry->d_name) + 1];
        int is_there = 0;

        if (!is_listing(entry->d_name, wire))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        for (uint32_t i = 0; i < listings->n; i++)
            is_there |= strcmp(listings->sources[i].path, path) == 0;
        if (!is_there)
            rc = add_source(listings, path, 0, err);
    }
    if (dir != NULL)
        closedir(dir);
    return rc;
}

static const struct wire_info *find(const struct wire_info *all, uint32_t n, const char *symbol,
                                    int is_contract)
{
    for (uint32_t i = 0; i < n; i++) {
        if (all[i].is_contract == is_contract && strcmp(all[i].symbol, symbol) == 0)
            return &all[i];
    }
    return NULL;
}

// 20211012 of ".../rest_exchangeInfo_spot_20211012.ndjson.gz"; 0: none.
static int64_t date_of(const char *path)
{
    size_t n;

    for (const char *at = last_part(path); *at != '\0'; at += n > 0 ? n : 1) {
        n = strspn(at, "0123456789");
        if (n == 8)
            return strtol(at, NULL, 10);
    }
    return 0;
}

static int64_t day_of(agon_ns_t t)
{
    time_t s = (time_t)(t / 1000000000);
    struct tm tm;

    if (gmtime_r(&s, &tm) == NULL)
        return 0;
    return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

/* wire: of the data; NULL: their name does not say. Of what was named any counts. */
static const struct wire_info *choose(const struct listings *listings, int is_named,
                                      const struct venue_wire *wire, const char *symbol,
                                      int is_contract, int64_t day, const struct source **from)
{
    const struct wire_info *best = NULL;
    int64_t best_date = 0;

    for (uint32_t i = 0; i < listings->n; i++) {
        const struct source *source = &listings->sources[i];
        const struct wire_info *info =
            source->is_named == is_named ? find(source->all, source->n, symbol, is_contract) : NULL;
        int64_t date = date_of(source->path);
        int is_better;

        if (info == NULL || (!is_named && !is_listing(last_part(source->path), wire)))
            continue;
        // The last that is not later than the data, else the first of the later ones.
        is_better =
            best == NULL || (best_date > day ? date < best_date : date <= day && date > best_date);
        if (is_better && !(best != NULL && is_named)) {
            best = info;
            best_date = date;
            *from = source;
        }
    }
    return best;
}

static void fill_fees(struct listed *listed, struct rules_fees fees)
{
    listed->record.maker_fee_ppb = fees.maker_ppb;
    listed->record.taker_fee_ppb = fees.taker_ppb;
}

// file: that it is from; NULL: this program knows it.
static int fill(struct listed *listed, const struct wire_info *info, enum listing_from from,
                const struct source *file, struct error *err)
{
    struct agon_instrument *record = &listed->record;
    const char *source = file != NULL ? file->path : "";
    const struct venue_wire *wire =
        file != NULL && file->wire != NULL ? file->wire : venue_table_at(0);

    if (info->tick <= 0 || info->lot <= 0)
        return error_set(err, AGON_EINVAL, "%s: %s has no tick or no lot", source, info->symbol);
    record->kind = info->is_contract ? INSTRUMENT_LINEAR : INSTRUMENT_SPOT;
    record->px_exp = (int8_t)info->tick_exp;
    record->qty_exp = (int8_t)info->lot_exp;
    (void)wire_fit_filters(info, QUOTE_EXP, record);
    if (record->min_qty == 0)
        record->min_qty = record->lot_qty;
    listed->has_rules = file == NULL || !file->is_config;
    listed->has_fees = file != NULL && file->is_config;
    listed->rules = info->rules;
    if (wire->fit_rules != NULL)
        wire->fit_rules(info, QUOTE_EXP, record, &listed->rules);
    fill_fees(listed, file != NULL ? file->fees[info - file->all]
                                   : rules_fees(info->is_contract ? RULES_UM : RULES_SPOT));
    memcpy(record->symbol, info->symbol, sizeof(record->symbol));
    memcpy(listed->base, info->base, sizeof(listed->base));
    memcpy(listed->quote, info->quote, sizeof(listed->quote));
    listed->from = (uint8_t)from;
    snprintf(listed->source, sizeof(listed->source), "%s", source);
    return AGON_OK;
}

static void fill_none(struct listed *listed, const char *symbol, const struct venue_wire *wire,
                      int is_perpetual)
{
    struct agon_instrument *record = &listed->record;

    record->kind = is_perpetual ? INSTRUMENT_LINEAR : INSTRUMENT_SPOT;
    record->px_exp = record->qty_exp = DEFAULT_EXP;
    record->tick_px = record->lot_qty = record->min_qty = 1;
    snprintf(record->symbol, sizeof(record->symbol), "%s", symbol);
    (void)recording_assets(symbol, listed->base, listed->quote);
    fill_fees(listed, fees_of(wire, is_perpetual));
    listed->from = LISTING_NONE;
}

int listings_find(struct listings *listings, const char *symbol, uint8_t kind, const char *data,
                  agon_ns_t t_first, struct listed *listed, struct error *err)
{
    const struct venue_wire *wire = venue_table_named(data);
    int is_perpetual = instrument_kind_has_margin(kind);
    int is_contract = // rather than spot
        is_perpetual || (kind == 0 && wire != NULL && instrument_kind_has_margin(wire->kind));
    const struct wire_info *info;
    struct wire_info major;
    const struct source *from = NULL;
    int has_named = 0;
    int rc;

    memset(listed, 0, sizeof(*listed));
    for (uint32_t i = 0; i < listings->n; i++)
        has_named |= listings->sources[i].is_named;
    if (has_named) {
        info = choose(listings, 1, wire, symbol, is_contract, 0, &from);
        if (info == NULL && !is_perpetual)
            info = choose(listings, 1, wire, symbol, !is_contract, 0, &from);
        if (info == NULL)
            return error_set(err, AGON_EINVAL, "%s: %s is not listed%s", listings->sources[0].path,
                             symbol, is_perpetual ? " as a perpetual" : "");
        return fill(listed, info, LISTING_NAMED, from, err);
    }
    if (data != NULL) {
        rc = look_beside(listings, data, err);
        if (rc < 0)
            return rc;
        info = choose(listings, 0, wire, symbol, is_contract, day_of(t_first), &from);
        if (info != NULL)
            return fill(listed, info, LISTING_BESIDE, from, err);
    }
    if (known_info(symbol, is_perpetual, &major))
        return fill(listed, &major, LISTING_KNOWN, NULL, err);
    fill_none(listed, symbol, wire, is_perpetual);
    return AGON_OK;
}

const char *listed_text(const struct listed *listed, char text[LISTED_TEXT])
{
    char tick[NUM_TEXT], lot[NUM_TEXT], notional[NUM_TEXT];

    num_format_short(listed->record.tick_px, listed->record.px_exp, tick);
    num_format_short(listed->record.lot_qty, listed->record.qty_exp, lot);
    num_format_short(listed->record.min_notional_amt, QUOTE_EXP, notional);
    snprintf(text, LISTED_TEXT, "tick %s, lot %s, minimum notional %s", tick, lot, notional);
    return text;
}

const char *listed_warning(const struct listed *listed)
{
    return listed->from == LISTING_KNOWN
               ? "assumed, as this program knows the venue today; --instruments names a listing"
           : listed->from == LISTING_NONE
               ? "assumed, for nothing is known of it; --instruments names a listing"
               : "";
}
