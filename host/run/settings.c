// SPDX-License-Identifier: Apache-2.0
#include "run/settings.h"

#include <stdlib.h>

#include "base/exit.h"
#include "base/hash.h"
#include "base/num.h"
#include "market/instrument_kind.h"
#include "net/local_address.h"
#include "net/post.h"
#include "run/config_file.h"
#include "run/slots.h"
#include "venue/config.h"
#include "venue/symbols.h"
#include "venue/wire.h"

struct instrument_words {
    char venue[32];
    char symbol[32], base[16], quote[16];
    int64_t tick, lot; /* counts of 10^-8 */
    int64_t min_notional, contract;
    int32_t maker_ppm, taker_ppm;
};
struct words {
    uint8_t mode, is_async, core;
    char venue[256], roster[256];
    uint32_t n_venues;
    char venues[HOST_VENUES_MAX][256];
    int64_t speed, entry_ns, report_ns, entry_sigma, report_sigma;
    uint64_t low_water_bytes, market_keep_bytes, market_segment_bytes, snapshot_every;
    uint64_t plugin_keep_bytes;
    uint64_t seed;
    char http[64];
    char webhook[800];
    uint64_t log_size;
    uint32_t log_keep;
    uint32_t n_load_from;
    char load_from[SETTINGS_FOLDERS][256];
    uint8_t is_watched;
    char kill_file[512];
    uint32_t n_instruments;
    struct instrument_words instruments[HOST_INSTRUMENTS_MAX];
};

static const struct schema_field instrument_fields[] = {
    {"venue", SCHEMA_NAME, SCHEMA_MEMBER(struct instrument_words, venue),
     .doc = "name of its venue, where there are several; default: the first"},
    {"symbol", SCHEMA_SYMBOL, SCHEMA_MEMBER(struct instrument_words, symbol), .is_required = 1,
     .doc = "the venue's spelling"},
    {"base", SCHEMA_NAME, SCHEMA_MEMBER(struct instrument_words, base), .is_required = 1,
     .doc = "what is traded"},
    {"quote", SCHEMA_NAME, SCHEMA_MEMBER(struct instrument_words, quote), .is_required = 1,
     .doc = "what it is paid in"},
    {"tick", SCHEMA_DECIMAL, SCHEMA_MEMBER(struct instrument_words, tick), .exp = 8, .min = 1,
     .max = INT64_MAX, .is_required = 1, .doc = "smallest step of the price"},
    {"lot", SCHEMA_DECIMAL, SCHEMA_MEMBER(struct instrument_words, lot), .exp = 8, .min = 1,
     .max = INT64_MAX, .is_required = 1, .doc = "smallest step of the quantity"},
    {"min_notional", SCHEMA_DECIMAL, SCHEMA_MEMBER(struct instrument_words, min_notional), .exp = 8,
     .min = 0, .max = INT64_MAX, .preset = "0",
     .doc = "minimum notional of an order, in the quote"},
    {"contract", SCHEMA_DECIMAL, SCHEMA_MEMBER(struct instrument_words, contract), .exp = 8,
     .min = 1, .max = INT64_MAX, .preset = "1",
     .doc = "of a derivative: what one of the quantity is of the base (COIN-M: of the quote)"},
    {"maker", SCHEMA_SHARE, SCHEMA_MEMBER(struct instrument_words, maker_ppm), .min = -100000,
     .max = 100000,
     .doc = "fee of a maker, below 0 a rebate; as published (0.1%, of perpetuals 0.02%) where none "
            "is said"},
    {"taker", SCHEMA_SHARE, SCHEMA_MEMBER(struct instrument_words, taker_ppm), .min = 0,
     .max = 100000,
     .doc = "fee of a taker; as published (0.1%, of perpetuals 0.05%) where none is said"},
    {NULL}};
static const struct schema instrument_schema = {"instrument", sizeof(struct instrument_words),
                                                instrument_fields, .check = NULL};
static const struct schema_choice modes[] = {{"paper", RUN_PAPER}, {"live", RUN_LIVE}, {NULL, 0}};
static const struct schema_choice classes[] = {{"sync", 0}, {"async", 1}, {NULL, 0}};
static const struct schema_choice cores[] = {
    {"warm", CORE_WARM}, {"hot", CORE_HOT}, {"cold", CORE_COLD}, {NULL, 0}};
static const struct schema_field words_fields[] = {
    {"mode", SCHEMA_CHOICE, SCHEMA_MEMBER(struct words, mode), .choices = modes, .preset = "paper",
     .doc = "paper: fills by the matching engine on the live book; live: orders go to the venue"},
    {"venue", SCHEMA_PATH, SCHEMA_MEMBER(struct words, venue), .doc = "file of the venue"},
    {"venues", SCHEMA_PATH, SCHEMA_ARRAY(struct words, venues, n_venues), .list_min = 1,
     .doc = "instead of venue: files of several, each with an account of its own"},
    {"roster", SCHEMA_PATH, SCHEMA_MEMBER(struct words, roster), .is_required = 1,
     .doc = "file of the agents"},
    {"journal", SCHEMA_CHOICE, SCHEMA_MEMBER(struct words, is_async), .choices = classes,
     .preset = "sync", .doc = "sync: no order leaves before its record is on the disk"},
    {"core", SCHEMA_CHOICE, SCHEMA_MEMBER(struct words, core), .choices = cores, .preset = "warm",
     .doc =
         "how the core thread waits: warm spins for 75 us behind its last work and then sleeps, "
         "hot never sleeps and takes a processor, where there are four or more two, cold sleeps at "
         "once"},
    {"low_water", SCHEMA_SIZE, SCHEMA_MEMBER(struct words, low_water_bytes), .max = INT64_MAX,
     .doc = "fewer bytes free for the journal: no new orders; default: 1GiB, or 5 % of a smaller "
            "disk"},
    {"market_keep", SCHEMA_SIZE, SCHEMA_MEMBER(struct words, market_keep_bytes), .max = INT64_MAX,
     .preset = "20GiB",
     .doc = "of market data in the journal; older than that and than three snapshots is dropped"},
    {"plugin_keep", SCHEMA_SIZE, SCHEMA_MEMBER(struct words, plugin_keep_bytes), .min = 1 << 20,
     .max = INT64_MAX, .preset = "1GiB",
     .doc = "of plugins' files and the states that they loaded, kept in the run directory for "
            "`agon parity`; the oldest go first"},
    {"market_segment", SCHEMA_SIZE, SCHEMA_MEMBER(struct words, market_segment_bytes),
     .min = 1 << 20, .max = 1 << 30, .preset = "64MiB",
     .doc = "of a file of market data; a whole one is dropped at a time"},
    {"snapshot_every", SCHEMA_U64, SCHEMA_MEMBER(struct words, snapshot_every), .min = 1000,
     .max = INT64_MAX, .preset = "1000000", .doc = "events between two snapshots of the state"},
    {"speed", SCHEMA_INT, SCHEMA_MEMBER(struct words, speed), .min = 1, .max = 60, .preset = "1",
     .doc = "of market time, as the simulator was started with"},
    {"entry_latency", SCHEMA_DURATION, SCHEMA_MEMBER(struct words, entry_ns), .min = 0,
     .max = 60000000000, .preset = "20ms",
     .doc = "paper: an order reaches the venue so much later"},
    {"report_latency", SCHEMA_DURATION, SCHEMA_MEMBER(struct words, report_ns), .min = 0,
     .max = 60000000000, .preset = "20ms", .doc = "paper: and its report so much after that"},
    {"entry_sigma", SCHEMA_DECIMAL, SCHEMA_MEMBER(struct words, entry_sigma), .exp = 6, .min = 0,
     .max = 4000000, .preset = "0",
     .doc = "paper: 0: each order takes entry_latency; above: log-normal around it"},
    {"report_sigma", SCHEMA_DECIMAL, SCHEMA_MEMBER(struct words, report_sigma), .exp = 6, .min = 0,
     .max = 4000000, .preset = "0", .doc = "paper: the same of report_latency"},
    {"seed", SCHEMA_U64, SCHEMA_MEMBER(struct words, seed), .preset = "1", .doc = "of the run"},
    {"http", SCHEMA_TEXT, SCHEMA_MEMBER(struct words, http), .preset = "127.0.0.1:0",
     .doc = "where dashboard, API and metrics are: a loopback address and a port, 0: any; or off"},
    {"webhook", SCHEMA_TEXT, SCHEMA_MEMBER(struct words, webhook),
     .doc = "where alerts go, each as JSON by HTTP POST: https://..., or http:// on loopback"},
    {"log_size", SCHEMA_SIZE, SCHEMA_MEMBER(struct words, log_size), .min = 4096, .max = INT64_MAX,
     .preset = "16MiB", .doc = "of a file of the log; then the next one is begun"},
    {"log_keep", SCHEMA_INT, SCHEMA_MEMBER(struct words, log_keep), .min = 1, .max = 100,
     .preset = "5", .doc = "full files of the log that are kept"},
    {"kill_file", SCHEMA_TEXT, SCHEMA_MEMBER(struct words, kill_file), .max = 511, .is_public = 1,
     .doc =
         "while this file is there the kill switch is thrown, looked at each second; a path from "
         "/ on, default: KILL in the run directory"},
    {"load_from", SCHEMA_TEXT, SCHEMA_ARRAY(struct words, load_from, n_load_from), .min = 1,
     .max = 255,
     .doc = "folders, from / on, beside those of roster and plugins, of which `reload` and `apply` "
            "may name files"},
    {"watch", SCHEMA_BOOL, SCHEMA_MEMBER(struct words, is_watched), .preset = "false",
     .doc = "changes of the roster's file are applied as soon as it is saved"},
    {"instruments", SCHEMA_MAP, SCHEMA_ARRAY(struct words, instruments, n_instruments),
     .sub = &instrument_schema, .is_required = 1, .list_min = 1,
     .doc = "what is traded and watched"},
    {NULL}};

static void check_words(struct config *config, const struct config_node *node, void *out)
{
    const struct words *words = out;

    if (words->kill_file[0] != '\0' && words->kill_file[0] != '/')
        config_refuse(config, config_get(node, "kill_file"), CONFIG_E_PATH,
                      "kill_file is relative; expected a path from / on");
}

const struct schema settings_schema = {"settings", sizeof(struct words), words_fields,
                                       .check = check_words, .either = {"venue", "venues"}};

static int digits_of(int64_t count, int exp)
{
    while (exp > 0 && count % 10 == 0) {
        count /= 10;
        exp--;
    }
    return exp;
}

static void take_instrument(struct host_instrument *to, const struct instrument_words *from)
{
    memset(to, 0, sizeof(*to));
    memcpy(to->symbol, from->symbol, sizeof(to->symbol));
    memcpy(to->base, from->base, sizeof(to->base));
    memcpy(to->quote, from->quote, sizeof(to->quote));
    to->px_exp = digits_of(from->tick, 8);
    to->qty_exp = digits_of(from->lot, 8);
    to->tick_px = num_rescale(from->tick, 8, to->px_exp, NUM_ZERO);
    to->lot_qty = num_rescale(from->lot, 8, to->qty_exp, NUM_ZERO);
    to->min_qty = to->lot_qty;
    to->min_notional_amt = from->min_notional;
    to->multiplier_exp = digits_of(from->contract, 8);
    to->multiplier = num_rescale(from->contract, 8, to->multiplier_exp, NUM_ZERO);
    to->maker_fee_ppb = (int32_t)(from->maker_ppm * 1000);
    to->taker_fee_ppb = (int32_t)(from->taker_ppm * 1000);
}

void host_pairs(struct values_pair *pairs, const struct host_instrument *instruments, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        memcpy(pairs[i].base, instruments[i].base, sizeof(pairs[i].base));
        memcpy(pairs[i].quote, instruments[i].quote, sizeof(pairs[i].quote));
        // Of a derivative nobody holds the base.
        pairs[i].qty_exp =
            instrument_kind_has_coins(instruments[i].kind) || instruments[i].kind == 0
                ? instruments[i].qty_exp
                : 0;
    }
}

// is_known: whether the venue's name is known, without which no instrument has one.
static int read_roster(struct settings *settings, const char *command, const char *path,
                       const char *plugins, int is_known, enum settings_for what)
{
    struct roster_names *names = calloc(1, sizeof(*names));
    struct slots_roster from = {.command = command,
                                .path = path,
                                .plugins = plugins,
                                .names = is_known ? names : NULL,
                                .rules = &settings->host.tournament,
                                .values = &settings->host.values,
                                .portfolio = &settings->host.portfolio,
                                .files_max = &settings->host.files_max,
                                .cards = &settings->host.cards,
                                .is_host = 1,
                                .is_first = what != SETTINGS_AGAIN,
                                .is_check = what == SETTINGS_CHECK};

    int code;

    if (names == NULL)
        return EXIT_ENVIRONMENT;
    names->n = settings->host.n_instruments;
    for (uint32_t i = 0; i < names->n; i++)
        snprintf(names->instruments[i], sizeof(names->instruments[i]), "%s:%s",
                 settings->host.venues[settings->instruments[i].venue].name,
                 settings->instruments[i].symbol);
    host_pairs(names->pairs, settings->instruments, names->n);
    code = slots_of_roster(settings->slots, &settings->host.n_slots, settings->host.base_currency,
                           &from);
    free(names);
    return code;
}

/* Which venue's market data another account of it has. */
static void check_feed(const struct settings *settings, uint32_t at, struct config *config)
{
    const struct venue_config *venue = &settings->host.venues[at];

    for (uint32_t i = 0; i < at; i++) {
        const struct venue_config *of = &settings->host.venues[i];

        if (strcmp(of->name, venue->feed) == 0 && strcmp(of->dialect, venue->dialect) == 0 &&
            of->feed[0] == '\0')
            return;
    }
    config_refuse(config, config_at(config, "feed"), CONFIG_E_CHOICE,
                  "'%s' is not a venue before this one that speaks %s and has a feed of its own; "
                  "expected the name of such a one, or no 'feed'",
                  venue->feed, venue->dialect);
}

static int read_venue(struct settings *settings, const char *command, uint32_t at, const char *path)
{
    struct venue_config *venue = &settings->host.venues[at];
    struct config_file file;
    const struct config_node *name = NULL;

    if (config_file_open(&file, command, path) && venue_config_read(file.config, venue) >= 0) {
        name = config_at(file.config, "credential");
        if (venue->feed[0] != '\0')
            check_feed(settings, at, file.config);
    }
    if (name != NULL)
        snprintf(settings->credentials[at], sizeof(settings->credentials[at]), "%s",
                 config_text(name));
    venue->venue = (uint16_t)(at + 1);
    venue->account = (agon_account_t)at;
    return config_file_close(&file);
}

/* Which venue each instrument is of, with it what kind it is and, where none were said, what fees
 * are paid there; told of a venue that is none. */
static int place_instruments(struct settings *settings, const char *command,
                             const struct words *words, const char *path)
{
    uint32_t n_of[HOST_VENUES_MAX] = {0};
    struct config_file file;
    char known[512] = "";
    size_t used = 0;
    int code;

    for (uint32_t i = 0; i < settings->host.n_venues && used < sizeof(known); i++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i > 0 ? ", " : "",
                                 settings->host.venues[i].name);

    if (!config_file_open(&file, command, path))
        return config_file_close(&file);
    for (uint32_t i = 0; i < words->n_instruments; i++) {
        struct host_instrument *instrument = &settings->instruments[i];
        const char *name = words->instruments[i].venue;
        struct rules_fees fees;
        uint32_t at = 0;

        while (name[0] != '\0' && at < settings->host.n_venues &&
               strcmp(settings->host.venues[at].name, name) != 0)
            at++;
        if (at == settings->host.n_venues) {
            config_refuse(file.config, config_at(file.config, "instruments[%u].venue", i),
                          CONFIG_E_CHOICE, "'%s' is not a venue of this host; expected one of: %s",
                          name, known);
            continue;
        }
        if (n_of[at]++ == SYMBOLS_MAX)
            config_refuse(file.config, config_at(file.config, "instruments[%u]", i), CONFIG_E_RANGE,
                          "is one too many of venue '%s', which has %d at most; expected it under "
                          "another entry of 'venues'",
                          settings->host.venues[at].name, SYMBOLS_MAX);
        instrument->venue = at;
        instrument->kind = venue_table_find(settings->host.venues[at].dialect)->kind;
        fees = rules_fees(rules_market_of(instrument->kind));
        if (config_at(file.config, "instruments[%u].maker", i) == NULL)
            instrument->maker_fee_ppb = fees.maker_ppb;
        if (config_at(file.config, "instruments[%u].taker", i) == NULL)
            instrument->taker_fee_ppb = fees.taker_ppb;
    }
    code = config_file_close(&file);
    return code;
}

// A path beside the file that names it.
static int beside(char *path, size_t room, const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');
    int n = snprintf(path, room, "%.*s%s", slash != NULL ? (int)(slash - file) + 1 : 0, file, name);

    return n >= 0 && (size_t)n < room;
}

static int is_same(const struct instrument_words *a, const struct instrument_words *b)
{
    return strcmp(a->symbol, b->symbol) == 0 && strcmp(a->venue, b->venue) == 0;
}

/* By a table of where each stands, for there may be thousands: a later one of the same name is
 * refused by the first. */
static void check_symbols(struct config *config, const struct words *words)
{
    enum { PLACES = 2 * HOST_INSTRUMENTS_MAX };
    uint16_t first_at[PLACES] = {0}; // + 1

    for (uint32_t i = 0; i < words->n_instruments; i++) {
        const struct instrument_words *own = &words->instruments[i];
        uint64_t mixed = hash_mix(hash_bytes(own->symbol, strlen(own->symbol)) ^
                                  hash_bytes(own->venue, strlen(own->venue)) << 1);
        uint32_t at = (uint32_t)(mixed % PLACES);
        const struct config_node *first, *node;

        while (first_at[at] != 0 && !is_same(&words->instruments[first_at[at] - 1], own))
            at = (at + 1) % PLACES;
        if (first_at[at] == 0) {
            first_at[at] = (uint16_t)(i + 1);
            continue;
        }
        first = config_at(config, "instruments[%u].symbol", first_at[at] - 1u);
        node = config_at(config, "instruments[%u].symbol", i);
        if (node != NULL && first != NULL && own->symbol[0] != '\0')
            config_refuse(config, node, CONFIG_E_DUPLICATE,
                          "'%s' is the instrument in line %u too; expected another", own->symbol,
                          config_line(first));
    }
}

/* There is one list of assets in a host; what nothing could be counted in is said here. The base
 * currency is among them: every agent's instrument is priced in it or valued by one that is, or the
 * roster is refused. */
static void check_assets(struct config *config, const struct words *words)
{
    char(*names)[16] = calloc(ASSETS_MAX, sizeof(*names));
    uint32_t n = 0;

    for (uint32_t i = 0; i < words->n_instruments && names != NULL; i++) {
        const char *const both[] = {words->instruments[i].base, words->instruments[i].quote};

        for (int k = 0; k < 2; k++) {
            uint32_t at = 0;

            while (at < n && strcmp(names[at], both[k]) != 0)
                at++;
            if (at < n || both[k][0] == '\0')
                continue;
            if (n < ASSETS_MAX)
                memcpy(names[n++], both[k], sizeof(names[0]));
            else
                config_refuse(
                    config, config_at(config, "instruments[%u].%s", i, k == 0 ? "base" : "quote"),
                    CONFIG_E_RANGE,
                    "'%s' is one asset too many: a host has at most %d; leave instruments "
                    "out",
                    both[k], ASSETS_MAX);
        }
    }
    free(names);
}

// The first mistake decides, but one of safety before all.
static int graver(int code, int other)
{
    return code == EXIT_OK || other == EXIT_SAFETY ? other : code;
}

static int take_words(struct settings *settings, const struct words *words)
{
    settings->instruments = calloc(words->n_instruments + 1u, sizeof(*settings->instruments));
    if (settings->instruments == NULL)
        return EXIT_ENVIRONMENT;
    settings->host.mode = words->mode;
    settings->host.is_async = words->is_async;
    settings->host.core = words->core;
    settings->host.speed_milli = words->speed * 1000;
    settings->host.entry_ns = words->entry_ns;
    settings->host.report_ns = words->report_ns;
    settings->host.entry_sigma = num_to_double(words->entry_sigma, 6);
    settings->host.report_sigma = num_to_double(words->report_sigma, 6);
    settings->host.seed = words->seed;
    settings->host.low_water_bytes = (int64_t)words->low_water_bytes;
    settings->host.market_keep_bytes = words->market_keep_bytes;
    settings->host.plugin_keep_bytes = words->plugin_keep_bytes;
    settings->host.market_segment_bytes = words->market_segment_bytes / 4096 * 4096;
    settings->host.snapshot_every = words->snapshot_every;
    settings->host.slots = settings->slots;
    memcpy(settings->http, words->http, sizeof(settings->http));
    memcpy(settings->host.webhook, words->webhook, sizeof(settings->host.webhook));
    settings->log_size = words->log_size;
    settings->log_keep = words->log_keep;
    settings->is_watched = words->is_watched;
    memcpy(settings->kill_file, words->kill_file, sizeof(settings->kill_file));
    settings->host.instruments = settings->instruments;
    settings->host.n_instruments = words->n_instruments;
    for (uint32_t i = 0; i < words->n_instruments; i++)
        take_instrument(&settings->instruments[i], &words->instruments[i]);
    return EXIT_OK;
}

int settings_read(struct settings *settings, const char *command, const char *path,
                  const char *plugins, enum settings_for what)
{
    struct words *words = calloc(1, sizeof(*words));
    struct post_target target;
    struct local_address address;
    struct error err = {0};
    char venue[1024];
    struct config_file file;
    int is_known;
    int code;

    if (words == NULL)
        return EXIT_ENVIRONMENT;
    free(settings->instruments);
    memset(settings, 0, offsetof(struct settings, slots)); // a slot is what its roster says
    if (config_file_open(&file, command, path)) {
        config_read(file.config, &settings_schema, words);
        if (config_root(file.config) != NULL)
            check_symbols(file.config, words);
        if (config_root(file.config) != NULL)
            check_assets(file.config, words);
        for (uint32_t i = 0; config_root(file.config) != NULL && i < words->n_load_from; i++) {
            if (words->load_from[i][0] != '/')
                config_refuse(file.config, config_at(file.config, "load_from[%u]", i),
                              CONFIG_E_PATH, "'%s' does not begin with /; expected a whole path",
                              words->load_from[i]);
        }
        if (words->webhook[0] != '\0' && post_target_parse(&target, words->webhook, &err) < 0)
            config_refuse(file.config, config_at(file.config, "webhook"), CONFIG_E_CONFLICT, "%s",
                          err.text);
        if (words->http[0] != '\0' && local_address_parse(&address, words->http, &err) < 0 &&
            config_root(file.config) != NULL)
            config_refuse(file.config, config_at(file.config, "http"), CONFIG_E_VALUE, "%s",
                          err.text);
        if (words->n_venues == 0) {
            memcpy(words->venues[0], words->venue, sizeof(words->venue));
            words->n_venues = words->venue[0] != '\0';
        }
    }
    code = config_file_close(&file);
    if (!beside(settings->roster, sizeof(settings->roster), path, words->roster)) {
        fprintf(stderr, "agon %s: %.200s...: the path is too long\n", command, path);
        free(words);
        return EXIT_CONFIG;
    }
    memcpy(settings->load_from, words->load_from, sizeof(settings->load_from));
    settings->n_load_from = words->n_load_from;
    if (code == EXIT_OK)
        code = take_words(settings, words);
    is_known = code == EXIT_OK;
    // All are read, whatever the others say: all mistakes in one go. What would only follow from a
    // mistake in another file is not asked.
    settings->host.n_venues = words->n_venues;
    for (uint32_t i = 0; i < words->n_venues; i++) {
        int venue_code = beside(venue, sizeof(venue), path, words->venues[i])
                             ? read_venue(settings, command, i, venue)
                             : EXIT_CONFIG;

        is_known = is_known && venue_code == EXIT_OK;
        code = graver(code, venue_code);
    }
    if (is_known) {
        int place_code = place_instruments(settings, command, words, path);

        is_known = place_code == EXIT_OK;
        code = graver(code, place_code);
    }
    if (words->roster[0] != '\0')
        code =
            graver(code, read_roster(settings, command, settings->roster, plugins, is_known, what));
    free(words);
    return code;
}
