// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.h"

#include <stdlib.h>

#include "agent/audit.h"
#include "agent/roster.h"
#include "base/num.h"
#include "cli/exit.h"
#include "config/suggest.h"
#include "sys/file.h"
#include "venue/config.h"

struct instrument_words {
    char symbol[32], base[16], quote[16];
    int64_t tick, lot; /* counts of 10^-8 */
    int64_t min_notional;
    uint32_t maker_ppm, taker_ppm;
};
struct words {
    uint8_t mode, is_async;
    char venue[256], roster[256];
    int64_t speed, entry_ns, report_ns;
    uint64_t low_water_bytes;
    uint64_t seed;
    uint32_t n_instruments;
    struct instrument_words instruments[HOST_INSTRUMENTS_MAX];
};

static const struct schema_field instrument_fields[] = {
    {"symbol", SCHEMA_NAME, SCHEMA_MEMBER(struct instrument_words, symbol), .is_required = 1,
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
     .min = 0, .max = INT64_MAX, .preset = "0", .doc = "least worth of an order, in the quote"},
    {"maker", SCHEMA_SHARE, SCHEMA_MEMBER(struct instrument_words, maker_ppm), .min = 0,
     .max = 100000, .preset = "0.1%", .doc = "fee of a maker"},
    {"taker", SCHEMA_SHARE, SCHEMA_MEMBER(struct instrument_words, taker_ppm), .min = 0,
     .max = 100000, .preset = "0.1%", .doc = "fee of a taker"},
    {NULL}};
static const struct schema instrument_schema = {"instrument", sizeof(struct instrument_words),
                                                instrument_fields, .check = NULL};
static const struct schema_choice modes[] = {{"paper", RUN_PAPER}, {"live", RUN_LIVE}, {NULL, 0}};
static const struct schema_choice classes[] = {{"sync", 0}, {"async", 1}, {NULL, 0}};
static const struct schema_field words_fields[] = {
    {"mode", SCHEMA_CHOICE, SCHEMA_MEMBER(struct words, mode), .choices = modes, .preset = "paper",
     .doc = "paper: fills by the matching engine on the live book; live: orders go to the venue"},
    {"venue", SCHEMA_PATH, SCHEMA_MEMBER(struct words, venue), .is_required = 1,
     .doc = "file of the venue"},
    {"roster", SCHEMA_PATH, SCHEMA_MEMBER(struct words, roster), .is_required = 1,
     .doc = "file of the agents"},
    {"journal", SCHEMA_CHOICE, SCHEMA_MEMBER(struct words, is_async), .choices = classes,
     .preset = "sync", .doc = "sync: no order leaves before its record is on the disk"},
    {"low_water", SCHEMA_SIZE, SCHEMA_MEMBER(struct words, low_water_bytes), .max = INT64_MAX,
     .doc = "fewer bytes free for the journal: no new orders; default: 1GiB, or 5 % of a smaller "
            "disk"},
    {"speed", SCHEMA_INT, SCHEMA_MEMBER(struct words, speed), .min = 1, .max = 60, .preset = "1",
     .doc = "of market time, as the simulator was started with"},
    {"entry_latency", SCHEMA_DURATION, SCHEMA_MEMBER(struct words, entry_ns), .min = 0,
     .max = 60000000000, .preset = "20ms",
     .doc = "paper: an order reaches the venue so much later"},
    {"report_latency", SCHEMA_DURATION, SCHEMA_MEMBER(struct words, report_ns), .min = 0,
     .max = 60000000000, .preset = "20ms", .doc = "paper: and its report so much after that"},
    {"seed", SCHEMA_U64, SCHEMA_MEMBER(struct words, seed), .preset = "1", .doc = "of the run"},
    {"instruments", SCHEMA_MAP, SCHEMA_ARRAY(struct words, instruments, n_instruments),
     .sub = &instrument_schema, .is_required = 1, .list_min = 1,
     .doc = "what is traded and watched"},
    {NULL}};
const struct schema settings_schema = {"settings", sizeof(struct words), words_fields,
                                       .check = NULL};

static const char *environment(const char *name)
{
    return getenv(name);
}

// Reads a file into a config; NULL when it cannot be read, which is said.
static struct config *open_file(const char *path, char **bytes)
{
    struct error err = {0};
    struct config *config;
    uint64_t n;

    *bytes = NULL;
    if (file_read(path, CONFIG_BYTES_MAX, bytes, &n, &err) < 0) {
        fprintf(stderr, "agon run: %s\n", err.text);
        return NULL;
    }
    config = config_new(path, *bytes, n, environment);
    if (config == NULL)
        fprintf(stderr, "agon run: out of memory\n");
    return config;
}

static int close_file(struct config *config, char *bytes, int rc)
{
    int code = EXIT_OK;

    if (config == NULL) {
        code = EXIT_CONFIG; // the file cannot be read, as was said
    } else if (rc < 0) {
        config_print_errors(config, stderr);
        code = config_is_unsafe(config) ? EXIT_SAFETY : EXIT_CONFIG;
    }
    config_free(config);
    free(bytes);
    return code;
}

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
    to->maker_fee_ppb = (int32_t)(from->maker_ppm * 1000);
    to->taker_fee_ppb = (int32_t)(from->taker_ppm * 1000);
}

static agon_instrument_t find_instrument(void *ctx, const char *venue, const char *symbol)
{
    const struct settings *settings = ctx;

    if (strcmp(venue, settings->host.venue.name) != 0)
        return 0;
    for (uint32_t i = 0; i < settings->host.n_instruments; i++) {
        if (strcmp(settings->instruments[i].symbol, symbol) == 0)
            return i + 1;
    }
    return 0;
}

/* What is in the roster and not in this host's own file. */
static void check_instruments(struct settings *settings, const struct roster *roster,
                              struct config *config)
{
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        for (uint32_t k = 0; k < roster->slots[i].n_instruments; k++) {
            const char *text = roster->slots[i].instruments[k];
            const char *colon = strchr(text, ':');
            char venue[64], known[64], best[64], list[512] = "";
            struct suggest suggest = {0};
            size_t used = 0;

            if (colon == NULL || colon == text || colon[1] == '\0')
                continue; // empty or malformed, as was said
            snprintf(venue, sizeof(venue), "%.*s", (int)(colon - text), text);
            if (find_instrument(settings, venue, colon + 1) != 0)
                continue;
            for (uint32_t m = 0; m < settings->host.n_instruments; m++) {
                uint32_t distance = suggest.distance;
                int is_first = suggest.best == NULL;

                snprintf(known, sizeof(known), "%.27s:%.31s", settings->host.venue.name,
                         settings->instruments[m].symbol);
                suggest_offer(&suggest, text, strlen(text), known);
                // known is overwritten by the next: the best one is kept apart
                if (suggest.best != NULL && (is_first || suggest.distance < distance))
                    memcpy(best, known, sizeof(best));
                if (used < sizeof(list))
                    used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
                                             used ? ", " : "", known);
            }
            config_refuse(config, config_at(config, "agents[%u].instruments[%u]", i, k),
                          CONFIG_E_CHOICE,
                          "'%s' is none of this host's instruments; expected one of: %s%s%s%s",
                          text, list, suggest.best ? "; did you mean '" : "",
                          suggest.best ? best : "", suggest.best ? "'?" : "");
        }
    }
}

struct asked { /* what reading the roster can judge, and what it shall */
    const char *plugins;
    int is_opened;         /* look into the plugins */
    int knows_instruments; /* the host's own file and the venue's are well */
};

static int read_roster(struct settings *settings, const char *path, const struct asked *asked)
{
    struct roster_names names = {.ctx = settings, .instrument = find_instrument};
    struct roster *roster = calloc(1, sizeof(*roster));
    char *bytes = NULL;
    struct config *config = roster != NULL ? open_file(path, &bytes) : NULL;
    int rc = config != NULL ? roster_read(roster, config) : AGON_EIO;
    int code;

    if (config != NULL && asked->knows_instruments)
        check_instruments(settings, roster, config);
    if (config != NULL && asked->is_opened)
        roster_audit(roster, asked->plugins, config);
    if (config != NULL && config_error_count(config) > 0)
        rc = AGON_EINVAL;
    code = close_file(config, bytes, rc);
    // Without the tables nothing can be resolved, and the reason was said.
    if (!asked->knows_instruments && code == EXIT_OK) {
        free(roster);
        return EXIT_CONFIG;
    }
    for (uint32_t i = 0; code == EXIT_OK && i < roster->n_slots; i++) {
        struct error err = {0};

        if (roster_slot_resolve(roster, i, asked->plugins, &names, &settings->slots[i], &err) < 0) {
            fprintf(stderr, "%s: %s\n", path, err.text);
            code = EXIT_CONFIG;
        }
    }
    if (code == EXIT_OK) {
        memcpy(settings->host.base_currency, roster->base_currency,
               sizeof(settings->host.base_currency));
        settings->host.n_slots = roster->n_slots;
    }
    free(roster);
    return code;
}

static int read_venue(struct settings *settings, const char *path)
{
    char *bytes = NULL;
    struct config *config = open_file(path, &bytes);
    int rc = config != NULL ? venue_config_read(config, &settings->host.venue) : AGON_EIO;
    const struct config_node *name = rc >= 0 ? config_at(config, "credential") : NULL;

    if (name != NULL)
        snprintf(settings->credential, sizeof(settings->credential), "%s", config_text(name));
    settings->host.venue.venue = 1;
    settings->host.venue.account = 0;
    return close_file(config, bytes, rc);
}

// A path beside the file that names it.
static int beside(char *path, size_t room, const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');
    int n = snprintf(path, room, "%.*s%s", slash != NULL ? (int)(slash - file) + 1 : 0, file, name);

    return n > 0 && (size_t)n < room;
}

static void check_symbols(struct config *config, const struct words *words)
{
    for (uint32_t i = 0; i < words->n_instruments; i++) {
        for (uint32_t k = 0; k < i; k++) {
            const struct config_node *first = config_at(config, "instruments[%u].symbol", k);
            const struct config_node *node = config_at(config, "instruments[%u].symbol", i);

            if (node == NULL || first == NULL || words->instruments[i].symbol[0] == '\0' ||
                strcmp(words->instruments[i].symbol, words->instruments[k].symbol) != 0)
                continue;
            config_refuse(config, node, CONFIG_E_DUPLICATE,
                          "'%s' is the instrument in line %u too; expected another",
                          words->instruments[i].symbol, config_line(first));
            break;
        }
    }
}

static int read_words(struct words *words, const char *path)
{
    char *bytes = NULL;
    struct config *config = open_file(path, &bytes);
    int rc = config != NULL ? config_read(config, &settings_schema, words) : AGON_EIO;

    if (config != NULL && config_root(config) != NULL)
        check_symbols(config, words);
    if (config != NULL && config_error_count(config) > 0)
        rc = AGON_EINVAL;
    return close_file(config, bytes, rc);
}

// The first mistake decides, but one of safety before all.
static int graver(int code, int other)
{
    return code == EXIT_OK || other == EXIT_SAFETY ? other : code;
}

static int read_all(struct settings *settings, const char *path, struct asked *asked)
{
    struct words *words = calloc(1, sizeof(*words));
    char venue[1024];
    char roster[1024];
    int code;

    memset(settings, 0, sizeof(*settings));
    if (words == NULL)
        return EXIT_ENVIRONMENT;
    code = read_words(words, path);
    if (!beside(venue, sizeof(venue), path, words->venue) ||
        !beside(roster, sizeof(roster), path, words->roster)) {
        fprintf(stderr, "agon run: %.200s...: the path is too long\n", path);
        free(words);
        return EXIT_CONFIG;
    }
    asked->knows_instruments = code == EXIT_OK;
    if (code == EXIT_OK) {
        settings->host.mode = words->mode;
        settings->host.is_async = words->is_async;
        settings->host.speed_milli = words->speed * 1000;
        settings->host.entry_ns = words->entry_ns;
        settings->host.report_ns = words->report_ns;
        settings->host.seed = words->seed;
        settings->host.low_water_bytes = (int64_t)words->low_water_bytes;
        settings->host.slots = settings->slots;
        settings->host.instruments = settings->instruments;
        settings->host.n_instruments = words->n_instruments;
        for (uint32_t i = 0; i < words->n_instruments; i++)
            take_instrument(&settings->instruments[i], &words->instruments[i]);
    }
    // All are read, whatever the others say: all mistakes in one go. What would only follow from a
    // mistake in another file is not asked.
    if (words->venue[0] != '\0') {
        int venue_code = read_venue(settings, venue);

        asked->knows_instruments = asked->knows_instruments && venue_code == EXIT_OK;
        code = graver(code, venue_code);
    }
    if (words->roster[0] != '\0') {
        int roster_code = read_roster(settings, roster, asked);

        code = graver(code, roster_code);
    }
    free(words);
    return code;
}

int settings_read(struct settings *settings, const char *path, const char *plugins)
{
    struct asked asked = {.plugins = plugins};

    return read_all(settings, path, &asked);
}

int settings_open(struct settings *settings, const char *path, const char *plugins)
{
    struct asked asked = {.plugins = plugins, .is_opened = 1};

    return read_all(settings, path, &asked);
}
