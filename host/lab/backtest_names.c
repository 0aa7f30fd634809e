// SPDX-License-Identifier: Apache-2.0
/* backtest_names: what a backtest's data are of, by the names of its files. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "lab/backtest.h"
#include "lab/tape_file.h"
#include "market/instrument_kind.h"
#include "venue/wire.h"

static const char *const majors[] = {"BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT"};

void backtest_market_say(const struct backtest_config *config, struct start_market *market)
{
    *market = (struct start_market){0};
    if (config->n_paths > 0 || (config->market != NULL && config->market_name == NULL))
        return;
    start_market_name(market, config->market == NULL ? "default" : config->market_name);
    (void)snprintf(market->about, sizeof(market->about), "%s",
                   config->market == NULL
                       ? "four spot markets without a planted edge: volatility in clusters, jumps "
                         "and crashes; no --market was named"
                       : config->market->about);
}

int backtest_generated(const struct backtest_config *config, uint32_t place, struct tape_info *info)
{
    const struct synth *market = config->market;
    const char *symbol;

    if (place >= (market != NULL ? market->n_symbols : sizeof(majors) / sizeof(majors[0])))
        return 0;
    *info = (struct tape_info){.kind = TAPE_GENERATED};
    symbol = market != NULL ? market->symbols[place].symbol : majors[place];
    memcpy(info->symbol, symbol, strlen(symbol) + 1);
    memcpy(info->plain, symbol, strlen(symbol) + 1);
    if (market != NULL && market->symbols[place].kind == SYNTH_PERPETUAL)
        info->wire = venue_table_of_recording("", INSTRUMENT_LINEAR);
    return 1;
}

/* What the files of configs/venues call it: "kraken" of kraken_spot, "okx_swap". Data of the first
 * exchange, and those that name none, are of one venue here, whatever their market. */
static int name_of(const struct venue_wire *wire, const char **name)
{
    const char *spot;

    *name = BACKTEST_VENUE_NAME;
    if (wire == NULL ||
        strncmp(wire->name, BACKTEST_VENUE_NAME "_", sizeof(BACKTEST_VENUE_NAME)) == 0)
        return (int)strlen(*name);
    *name = wire->name;
    spot = strstr(wire->name, "_spot");
    return (int)(spot != NULL ? (size_t)(spot - wire->name) : strlen(wire->name));
}

uint32_t backtest_venues(const struct backtest_config *config,
                         struct setup_venue venues[BACKTEST_TAPES_MAX])
{
    uint32_t n = 0;

    // Generated data are as a file that names no venue.
    for (uint32_t i = 0; (i < config->n_paths && n < BACKTEST_TAPES_MAX) || n == 0; i++) {
        char symbol[RECORDING_SYMBOL];
        const char *path = i < config->n_paths ? recording_split(config->paths[i], symbol) : NULL;
        struct setup_venue *venue = &venues[n];
        const char *name;
        int n_name = name_of(venue_table_named(path), &name);
        uint32_t at = 0;

        memset(venue, 0, sizeof(*venue));
        venue->venue = BACKTEST_VENUE;
        snprintf(venue->name, sizeof(venue->name), "%.*s", n_name, name);
        while (strcmp(venues[at].name, venue->name) != 0)
            at++;
        n += at == n;
    }
    if (config->n_paths == 0 && config->market != NULL &&
        synth_spots(config->market) < config->market->n_symbols) {
        memset(&venues[n], 0, sizeof(venues[n]));
        venues[n].venue = BACKTEST_VENUE_UM;
        snprintf(venues[n].name, sizeof(venues[n].name), "%s",
                 venue_table_of_recording("", INSTRUMENT_LINEAR)->name);
        n++;
    }
    return n;
}

// "kraken:BTC/USD" of "kraken_spot_BTCUSD_1.raw.gz": as a host's roster has it.
static void add_name(struct roster_names *names, const char *symbol, const struct venue_wire *wire,
                     int is_generated)
{
    char *name = names->instruments[names->n];
    struct values_pair *pair = &names->pairs[names->n];
    char spelled[RECORDING_SYMBOL];
    const char *venue;
    int n_venue = name_of(wire, &venue);

    if (!recording_assets(symbol, pair->base, pair->quote))
        pair->base[0] = pair->quote[0] = '\0';
    if (wire == NULL || pair->base[0] == '\0' ||
        !wire_spell(wire, pair->base, pair->quote, spelled, sizeof(spelled)))
        snprintf(spelled, sizeof(spelled), "%s", symbol);
    // Of generated perpetuals the venue has a name of its own, as a host's has: spot is there too.
    if (is_generated && wire != NULL) {
        venue = wire->name;
        n_venue = (int)strlen(venue);
    }
    snprintf(name, sizeof(names->instruments[0]), "%.*s:%s", n_venue, venue, spelled);
    for (uint32_t i = 0; i < names->n; i++) {
        if (strcmp(names->instruments[i], name) == 0)
            return;
    }
    pair->qty_exp = 0; // the listing's digits are judged when the file is opened
    names->n++;
}

int backtest_names(const struct backtest_config *config, struct roster_names *names,
                   struct error *err)
{
    _Static_assert(BACKTEST_TAPES_MAX <= ROSTER_NAMES_MAX, "each file may be of another symbol");
    struct tape_info info;
    int rc = AGON_OK;

    names->n = 0;
    if (config->n_paths > BACKTEST_TAPES_MAX)
        return error_set(err, AGON_ERANGE, "%u data files, at most %d", config->n_paths,
                         BACKTEST_TAPES_MAX);
    for (uint32_t i = 0; i < config->n_paths && rc >= 0; i++) {
        const char *path = recording_split(config->paths[i], info.symbol);

        info.wire = venue_table_named(path);
        // A tape's header says it, whatever its name is; a file is read only where its name does
        // not.
        if (tape_file_is(path) ||
            (info.symbol[0] == '\0' && !recording_symbol_of_name(path, info.symbol))) {
            rc = tape_look(path, NULL, &info, err);
            memcpy(info.symbol, info.plain, sizeof(info.symbol));
        }
        if (rc >= 0)
            add_name(names, info.symbol, info.wire, 0);
    }
    for (uint32_t i = 0; config->n_paths == 0 && backtest_generated(config, i, &info); i++)
        add_name(names, info.symbol, info.wire, 1);
    return rc;
}

// Does it bring a book to trade on?
int backtest_tape_has_book(const struct backtest_tape *tape)
{
    return tape->kind == TAPE_RAW ? tape->report.n_books > 0 : tape->report.n_events > 0;
}

int backtest_has_book(const struct backtest *result)
{
    for (uint32_t i = 0; i < result->n_tapes; i++) {
        if (backtest_tape_has_book(&result->tapes[i]))
            return 1;
    }
    return result->n_tapes == 0;
}
