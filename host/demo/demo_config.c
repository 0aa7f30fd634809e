// SPDX-License-Identifier: Apache-2.0
#include "demo/demo_config.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "demo/acts.h"
#include "demo/embedded.h"
#include "lab/listing.h"
#include "lab/tape.h"
#include "market/instrument_kind.h"
#include "run/slots.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "venue/config.h"

static int read_venue(struct venue_config *venue, const char *name, const char *bytes, size_t n,
                      struct error *err)
{
    static const char key[] = "agon-sim-key";
    static const char secret[] = "YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==";
    struct config *config = config_new(name, bytes, n, NULL);
    int rc = config != NULL ? venue_config_read(config, venue) : AGON_ENOMEM;

    if (rc < 0)
        error_set(err, rc, "%s", config != NULL ? config_error_text(config, 0) : "out of memory");
    config_free(config);
    if (rc >= 0 && (secret_set(&venue->key, key, sizeof(key) - 1) < 0 ||
                    secret_set(&venue->secret, secret, sizeof(secret) - 1) < 0))
        rc = error_set(err, AGON_ENOMEM, "no locked memory for the keys");
    return rc;
}

static int make_venue(struct venue_config *venue, int is_um, uint16_t port, struct error *err)
{
    struct stream_target target = {.host = "127.0.0.1", .port = port};
    const char *bytes;
    size_t n = is_um ? embedded_venue_um(&bytes) : embedded_venue(&bytes);
    int rc = read_venue(venue, is_um ? "binance_um.yaml" : "binance.yaml", bytes, n, err);

    // The venue's own file, with other endpoints: nothing else tells the gateway where it is.
    venue->venue = is_um ? 2 : 1;
    venue->account = is_um ? 1 : 0;
    venue->is_private = 1;
    venue->market = target;
    venue->user = target;
    venue->rest = target;
    return rc;
}

int demo_venue(struct venue_config *venue, uint16_t port, struct error *err)
{
    return make_venue(venue, 0, port, err);
}

int demo_venues(struct venue_config venues[HOST_VENUES_MAX], const struct simproc *sim,
                struct error *err)
{
    int rc = make_venue(&venues[0], 0, sim->spot.port, err);

    if (rc >= 0 && sim->um.port != 0)
        rc = make_venue(&venues[1], 1, sim->um.port, err);
    return rc < 0 ? rc : sim->um.port != 0 ? 2 : 1;
}

// The filters that the simulator takes from the same place.
static int take_listing(struct host_instrument *instruments, uint32_t n, const char *path,
                        struct error *err)
{
    struct listings *listings;
    struct listed listed;
    struct tape_info info;
    int rc;

    if (tape_look(path, NULL, &info, NULL) < 0)
        return AGON_OK; // the simulator has refused it by then, and said why
    rc = listings_open(&listings, NULL, 0, err);
    if (rc < 0)
        return rc;
    rc = listings_find(listings, info.symbol, INSTRUMENT_SPOT, path, info.t_first, &listed, err);
    listings_free(listings);
    for (uint32_t i = 0; i < n && rc >= 0; i++) {
        struct host_instrument *at = &instruments[i];

        if (listed.from == LISTING_KNOWN || strcmp(at->symbol, info.symbol) != 0)
            continue;
        at->px_exp = listed.record.px_exp;
        at->qty_exp = listed.record.qty_exp;
        at->tick_px = listed.record.tick_px;
        at->lot_qty = listed.record.lot_qty;
        at->min_notional_amt = listed.record.min_notional_amt;
    }
    return rc;
}

// Places that a count of 10^-RULES_MAJOR_EXP needs.
static int places_of(int64_t value)
{
    int places = RULES_MAJOR_EXP;

    while (places > 0 && value % 10 == 0) {
        value /= 10;
        places--;
    }
    return places;
}

static void fill_instrument(struct host_instrument *at, const char *symbol, int is_um)
{
    enum rules_market market = is_um ? RULES_UM : RULES_SPOT;
    const struct rules_major *major = rules_major(market, symbol);
    struct rules_fees fees = rules_fees(market);
    size_t n = strlen(symbol);

    memset(at, 0, sizeof(*at));
    snprintf(at->symbol, sizeof(at->symbol), "%s", symbol);
    // The demo's markets are all in this quote: its agents' money is.
    snprintf(at->base, sizeof(at->base), "%.*s", n > 4 ? (int)n - 4 : 0, symbol);
    snprintf(at->quote, sizeof(at->quote), "USDT");
    at->venue = is_um ? 1 : 0;
    at->kind = is_um ? INSTRUMENT_LINEAR : INSTRUMENT_SPOT;
    at->px_exp = 2;
    at->qty_exp = 5;
    at->min_notional_amt = 500000000;
    at->maker_fee_ppb = fees.maker_ppb;
    at->taker_fee_ppb = fees.taker_ppb;
    if (major == NULL)
        return;
    at->px_exp = places_of(major->tick_px);
    at->qty_exp = places_of(major->lot_qty);
    at->min_notional_amt = major->min_notional_amt;
}

int demo_instruments(struct host_instrument *instruments, const struct simproc *sim,
                     const char *data_dir, struct error *err)
{
    char *paths[16];
    int n_paths = data_dir != NULL ? demo_recordings(data_dir, paths, 16, err) : 0;
    uint32_t n = 0;
    int rc = AGON_OK;

    if (n_paths < 0)
        return n_paths;
    for (uint32_t i = 0; i < sim->spot.n_symbols && n < DEMO_INSTRUMENTS_MAX; i++)
        fill_instrument(&instruments[n++], sim->spot.symbols[i], 0);
    for (int i = 0; i < n_paths; i++) {
        rc = rc < 0 ? rc : take_listing(instruments, n, paths[i], err);
        free(paths[i]);
    }
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < sim->um.n_symbols && n < DEMO_INSTRUMENTS_MAX; i++)
        fill_instrument(&instruments[n++], sim->um.symbols[i], 1);
    for (uint32_t i = 0; i < n; i++) {
        struct host_instrument *at = &instruments[i];

        if (at->tick_px == 0) {
            at->tick_px = instrument_kind_has_coins(at->kind) ? num_pow10(at->px_exp - 2) : 1;
            at->lot_qty = 1;
        }
        at->min_qty = at->lot_qty;
        at->max_qty =
            num_mul(instrument_kind_has_coins(at->kind) ? 9000 : 1000, num_pow10(at->qty_exp));
    }
    return (int)n;
}

static int exists(const char *path)
{
    struct stat at;

    return stat(path, &at) == 0 && S_ISREG(at.st_mode);
}

// In the build the plugins lie in folders beside the program, installed in the library folder. file
// is one of several in that plugin's folder.
static int find_plugin(const char *dir, const char *name, const char *file, char path[512])
{
    static const char *const forms[] = {"%s/%s/%s.so", "%s/plugins/%s/%s.so",
                                        "%s/../lib/agon/plugins/%s/%s.so"};
    char self[PATH_MAX];
    char *slash;
    int n;

    if (dir != NULL) {
        n = snprintf(path, 512, "%s/%s/%s.so", dir, name, file);
        if (n < 512 && exists(path))
            return 1;
        n = snprintf(path, 512, "%s/%s.so", dir, file);
        return n < 512 && exists(path);
    }
    if (proc_self(self, sizeof(self)) < 0 || (slash = strrchr(self, '/')) == NULL)
        return 0;
    *slash = '\0';
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        n = snprintf(path, 512, forms[i], self, name, file);
#pragma GCC diagnostic pop
        if (n < 512 && exists(path))
            return 1;
    }
    return 0;
}

int demo_newcomer(const char *plugins, char path[512], struct error *err)
{
    if (find_plugin(plugins, "ema_cross", "ema_cross_trailing", path))
        return AGON_OK;
    return error_set(err, AGON_ENOENT,
                     "ema_cross_trailing.so, for the reload, was not found in %.256s; name the "
                     "directory of this build's plugins with --plugins",
                     plugins != NULL ? plugins : "the folders beside this program");
}

int demo_plugin_dir(char path[512])
{
    char *slash;

    if (!find_plugin(NULL, "ema_cross", "ema_cross", path))
        return 0;
    // .../ema_cross/ema_cross.so
    for (int i = 0; i < 2 && (slash = strrchr(path, '/')) != NULL; i++)
        *slash = '\0';
    return 1;
}

static void param(struct crew_slot *slot, const char *name, const char *text)
{
    struct setup_param *at = &slot->params[slot->n_params++];

    snprintf(at->name, sizeof(at->name), "%s", name);
    snprintf(at->text, sizeof(at->text), "%s", text);
}

enum { SPOT = 0, PERP = 1 };
#define ROLE_MARKETS 4
#define ROLE_PARAMS  8
struct role {
    const char *name, *plugin;
    int64_t capital;
    struct {
        const char *symbol;
        int kind;
    } markets[ROLE_MARKETS];
    const char *params[ROLE_PARAMS][2];
    const char *earns[ROLE_PARAMS][2]; /* instead, on a market of known structure */
    const char *file;          /* of several of that plugin; a rascal. NULL: the plugin's name */
    int act;                   /* in which it misbehaves; 0: it does not */
    int64_t again_pct;         /* of the demo's length */
    int needs_all;             /* of its markets */
    int is_on_bars;            /* it trades one instrument, by its candles */
    struct crew_signal signal; /* whose it hears */
};

/* One market hour is short: candles of a minute and quicker averages than the defaults. Who quotes
 * has an instrument alone, for an order that would meet another slot's is refused. */
static const struct role roles[DEMO_SLOTS] = {
    {.name = DEMO_NEWCOMER,
     .plugin = "ema_cross",
     .is_on_bars = 1,
     .capital = 50000,
     .markets = {{"BTCUSDT", SPOT}},
     .params = {{"bar_s", "60"},
                {"fast", "2"},
                {"slow", "5"},
                {"rsi_entry", "0"},
                {"rsi_exit", "0"},
                {"volume_min", "0"},
                {"size_pct", "40"}},
     .earns = {{"bar_s", "60"},
               {"fast", "4"},
               {"slow", "12"},
               {"rsi_entry", "0"},
               {"rsi_exit", "0"},
               {"volume_min", "0"},
               {"size_pct", "20"}}},
    {.name = "mean_rev_1",
     .plugin = "bollinger",
     .is_on_bars = 1,
     .capital = 50000,
     .markets = {{"ETHUSDT", SPOT}},
     .params = {{"bar_s", "60"},
                {"period", "14"},
                {"width", "1.5"},
                {"rsi", "7"},
                {"rsi_entry", "40"},
                {"size_pct", "40"}},
     .earns = {{"bar_s", "60"}, {"rsi_entry", "40"}, {"size_pct", "20"}}},
    {.name = "mm_1",
     .plugin = "mm",
     .capital = 50000,
     .markets = {{"SOLUSDT", SPOT}},
     .params = {{"half_bps", "11"}, {"interval_ms", "20000"}},
     .earns = {{"skew_bps", "3"},
               {"quote_pct", "3"},
               {"inventory_pct", "20"},
               {"interval_ms", "30000"},
               {"stale_ms", "60000"}},
     .signal = {.input = "volatility", .agent = "vol_1", .name = "volatility"}},
    {.name = "basis_1",
     .plugin = "basis",
     .capital = 50000,
     .markets = {{"BTCUSDT", SPOT}, {"BTCUSDT", PERP}},
     .params = {{"enter_bps", "4"}, {"leave_bps", "-1"}, {"stale_ms", "60000"}},
     .earns = {{"enter_bps", "35"}, {"leave_bps", "-15"}, {"stale_ms", "60000"}},
     .needs_all = 1},
    {.name = "random_1",
     .plugin = "random",
     .is_on_bars = 1,
     .capital = 50000,
     .markets = {{"BNBUSDT", SPOT}},
     .params = {{"bar_s", "60"}, {"turn_pct", "20"}},
     .earns = {{"bar_s", "60"}}},
    {.name = "crash_1",
     .plugin = "rascal",
     .capital = 10000,
     .markets = {{"ETHUSDT", PERP}},
     .file = "rascal_crash",
     .act = ACT_CRASH},
    {.name = "hang_1",
     .plugin = "rascal",
     .capital = 10000,
     .markets = {{"SOLUSDT", PERP}},
     .file = "rascal_hang",
     .act = ACT_HANG},
    {.name = "flood_1",
     .plugin = "rascal",
     .capital = 10000,
     .markets = {{"BNBUSDT", PERP}},
     .file = "rascal_flood",
     .act = ACT_FLOOD},
    {.name = "vol_1",
     .plugin = "vol",
     .markets = {{"BTCUSDT", SPOT}, {"ETHUSDT", SPOT}, {"SOLUSDT", SPOT}, {"BNBUSDT", SPOT}},
     .params = {{"short", "10"}, {"long", "120"}}},
};

// With fewer markets than roles, the last spot market is shared.
static void subscribe(struct subscription *sub, const struct role *role,
                      const struct demo_plan *plan)
{
    agon_instrument_t last = 1;

    for (int k = 0; k < ROLE_MARKETS && role->markets[k].symbol != NULL; k++) {
        for (uint32_t i = 0; i < plan->n_instruments; i++) {
            const struct host_instrument *at = &plan->instruments[i];

            if (instrument_kind_has_coins(at->kind))
                last = (agon_instrument_t)(i + 1);
            if (instrument_kind_has_margin(at->kind) == (role->markets[k].kind == PERP) &&
                strcmp(at->symbol, role->markets[k].symbol) == 0)
                sub->instruments[sub->n_instruments++] = (agon_instrument_t)(i + 1);
        }
    }
    if (sub->n_instruments == 0)
        sub->instruments[sub->n_instruments++] = last;
}

static void set_mischief(struct crew_slot *slot, const struct role *role, int64_t length_s)
{
    char text[32];

    // An act is announced before it happens.
    snprintf(text, sizeof(text), "%lld",
             (long long)(acts_begin((enum act)role->act, length_s) + length_s / 100));
    param(slot, "after_s", text);
    snprintf(text, sizeof(text), "%lld", (long long)(length_s * role->again_pct / 100));
    param(slot, "again_s", text);
}

int demo_slots(struct crew_slot slots[DEMO_SLOTS], const struct demo_plan *plan, struct error *err)
{
    uint16_t n = 0;

    for (int i = 0; i < DEMO_SLOTS; i++) {
        const struct role *role = &roles[i];
        struct crew_slot *slot = &slots[n];
        uint32_t n_wanted = 0;

        memset(slot, 0, sizeof(*slot));
        slots_defaults(&slot->record, num_mul(role->capital, 100000000));
        while (n_wanted < ROLE_MARKETS && role->markets[n_wanted].symbol != NULL)
            n_wanted++;
        subscribe(&slot->record.subscription, role, plan);
        if (role->needs_all && slot->record.subscription.n_instruments < n_wanted)
            continue;
        slot->record.slot = n++;
        slot->record.stage = STAGE_LIVE;
        slot->record.runner = CREW_PROCESS;
        slot->hard_ns = (int64_t)1000 * 1000000;
        snprintf(slot->record.name, sizeof(slot->record.name), "%s", role->name);
        const char *const(*params)[2] =
            plan->has_structure && role->earns[0][0] != NULL ? role->earns : role->params;

        for (int k = 0; k < ROLE_PARAMS && params[k][0] != NULL; k++)
            param(slot, params[k][0], params[k][1]);
        // Named, it begins with the bars of before; else with the first that comes.
        if (role->is_on_bars)
            param(slot, "symbol",
                  plan->instruments[slot->record.subscription.instruments[0] - 1].symbol);
        if (role->signal.input[0] != '\0')
            slot->signals[slot->n_signals++] = role->signal;
        if (role->file != NULL)
            set_mischief(slot, role, plan->length_s);
        if (!find_plugin(plan->plugins, role->plugin,
                         role->file != NULL ? role->file : role->plugin, slot->plugin))
            return error_set(err, AGON_ENOENT,
                             "the plugin %s.so was not found; name its directory with --plugins",
                             role->file != NULL ? role->file : role->plugin);
    }
    return n;
}

int demo_is_rascal(const struct crew_slot *slot)
{
    return strstr(slot->plugin, "/rascal_") != NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int demo_recordings(const char *dir, char **paths, int max, struct error *err)
{
    DIR *opened = opendir(dir);
    struct dirent *entry;
    int n = 0;

    if (opened == NULL)
        return error_set(err, AGON_ENOENT,
                         "%s is not a directory that can be read; expected one with recordings",
                         dir);
    while ((entry = readdir(opened)) != NULL && n < max) {
        char path[PATH_MAX];

        if (strncmp(entry->d_name, "binance_spot_", 13) != 0 ||
            strstr(entry->d_name, ".raw") == NULL ||
            file_join(path, sizeof(path), dir, entry->d_name) < 0)
            continue;
        paths[n] = strdup(path);
        if (paths[n] != NULL)
            n++;
    }
    closedir(opened);
    qsort(paths, (size_t)n, sizeof(*paths), by_name);
    return n > 0 ? n
                 : error_set(err, AGON_ENOENT, "%s holds no recording named binance_spot_*.raw.gz",
                             dir);
}

int demo_open_log(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}
