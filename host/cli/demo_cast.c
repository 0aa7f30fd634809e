// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_cast.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "cli/embedded.h"
#include "cli/slots.h"
#include "lab/tape.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "venue/config.h"

int demo_venue(struct venue_config *venue, uint16_t port, struct error *err)
{
    static const char key[] = "agon-sim-key";
    static const char secret[] = "YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==";
    const char *bytes;
    size_t n = embedded_venue(&bytes);
    struct stream_target target = {.host = "127.0.0.1", .port = port};
    struct config *config = config_new("binance.yaml", bytes, n, NULL);
    int rc = config != NULL ? venue_config_read(config, venue) : AGON_ENOMEM;

    if (rc < 0)
        error_set(err, rc, "%s", config != NULL ? config_error_text(config, 0) : "out of memory");
    config_free(config);
    if (rc < 0)
        return rc;
    // The venue's own file, with other endpoints: nothing else tells the gateway where it is.
    venue->venue = 1;
    venue->account = 0;
    venue->is_private = 1;
    venue->market = target;
    venue->user = target;
    venue->rest = target;
    if (secret_set(&venue->key, key, sizeof(key) - 1) < 0 ||
        secret_set(&venue->secret, secret, sizeof(secret) - 1) < 0)
        return error_set(err, AGON_ENOMEM, "no locked memory for the keys");
    return AGON_OK;
}

static void take_digits(struct host_instrument *instruments, uint32_t n, const char *path)
{
    struct tape_info info;

    if (tape_look(path, NULL, &info, NULL) < 0)
        return; // the simulator has refused it by then, and said why
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(instruments[i].symbol, info.symbol) != 0)
            continue;
        if (info.px_exp > instruments[i].px_exp)
            instruments[i].px_exp = info.px_exp;
        if (info.qty_exp > instruments[i].qty_exp)
            instruments[i].qty_exp = info.qty_exp;
    }
}

int demo_instruments(struct host_instrument *instruments, const struct simproc *sim,
                     const char *data_dir, struct error *err)
{
    static const struct {
        const char *symbol;
        int qty_exp;
    } majors[] = {{"BTCUSDT", 5}, {"ETHUSDT", 4}, {"SOLUSDT", 3}, {"BNBUSDT", 3}};
    char *paths[16];
    int n_paths = data_dir != NULL ? demo_recordings(data_dir, paths, 16, err) : 0;

    if (n_paths < 0)
        return n_paths;
    for (uint32_t i = 0; i < sim->n_symbols; i++) {
        struct host_instrument *at = &instruments[i];
        size_t n = strlen(sim->symbols[i]);

        memset(at, 0, sizeof(*at));
        memcpy(at->symbol, sim->symbols[i], n + 1);
        // The demo's markets are all in this quote: its agents' money is.
        snprintf(at->base, sizeof(at->base), "%.*s", n > 4 ? (int)n - 4 : 0, at->symbol);
        snprintf(at->quote, sizeof(at->quote), "USDT");
        at->px_exp = 2;
        at->qty_exp = 5;
        for (size_t k = 0; k < sizeof(majors) / sizeof(majors[0]); k++) {
            if (strcmp(majors[k].symbol, at->symbol) == 0)
                at->qty_exp = majors[k].qty_exp;
        }
    }
    for (int i = 0; i < n_paths; i++) {
        take_digits(instruments, sim->n_symbols, paths[i]);
        free(paths[i]);
    }
    for (uint32_t i = 0; i < sim->n_symbols; i++) {
        struct host_instrument *at = &instruments[i];

        at->tick_px = num_pow10(at->px_exp - 2);
        at->lot_qty = 1;
        at->min_qty = 1;
        at->max_qty = num_mul(9000, num_pow10(at->qty_exp));
        at->min_notional_amt = 500000000;
        at->maker_fee_ppb = 1000000;
        at->taker_fee_ppb = 1000000;
    }
    return (int)sim->n_symbols;
}

static int exists(const char *path)
{
    struct stat at;

    return stat(path, &at) == 0 && S_ISREG(at.st_mode);
}

// In the build the plugins lie in folders beside the program, installed in the library folder.
static int find_plugin(const char *dir, const char *name, char path[512])
{
    static const char *const forms[] = {"%s/%s/%s.so", "%s/plugins/%s/%s.so",
                                        "%s/../lib/agon/plugins/%s/%s.so"};
    char self[PATH_MAX];
    char *slash;
    int n;

    if (dir != NULL) {
        n = snprintf(path, 512, "%s/%s/%s.so", dir, name, name);
        if (n < 512 && exists(path))
            return 1;
        n = snprintf(path, 512, "%s/%s.so", dir, name);
        return n < 512 && exists(path);
    }
    if (proc_self(self, sizeof(self)) < 0 || (slash = strrchr(self, '/')) == NULL)
        return 0;
    *slash = '\0';
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        n = snprintf(path, 512, forms[i], self, name, name);
#pragma GCC diagnostic pop
        if (n < 512 && exists(path))
            return 1;
    }
    return 0;
}

int demo_plugin_dir(char path[512])
{
    char *slash;

    if (!find_plugin(NULL, "ema_cross", path))
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

int demo_cast(struct crew_slot slots[DEMO_SLOTS], const char *dir, uint32_t n_instruments,
              struct error *err)
{
    static const struct {
        const char *name, *plugin;
        int64_t capital;
        agon_instrument_t instruments[4];
        const char *params[6][2];
    } cast[DEMO_SLOTS] = {
        // One market hour is short: candles of a minute and quicker averages than the defaults.
        {"vol_1", "vol", 0, {1, 2, 3, 4}, {{"short", "10"}, {"long", "120"}}},
        {"momentum_1",
         "ema_cross",
         50000,
         {1},
         {{"bar_s", "60"},
          {"fast", "5"},
          {"slow", "13"},
          {"rsi", "7"},
          {"volume_min", "0"},
          {"size_pct", "40"}}},
        {"mean_rev_1",
         "bollinger",
         50000,
         {2},
         {{"bar_s", "60"},
          {"period", "14"},
          {"width", "1.5"},
          {"rsi", "7"},
          {"rsi_entry", "40"},
          {"size_pct", "40"}}},
        {"mm_1", "mm", 50000, {3}, {{"half_bps", "11"}, {"interval_ms", "20000"}}},
    };

    for (uint16_t i = 0; i < DEMO_SLOTS; i++) {
        struct crew_slot *slot = &slots[i];
        struct subscription *sub = &slot->record.subscription;

        memset(slot, 0, sizeof(*slot));
        slots_defaults(&slot->record, num_mul(cast[i].capital, 100000000));
        slot->record.slot = i;
        slot->record.stage = STAGE_LIVE;
        slot->record.runner = CREW_PROCESS;
        slot->hard_ns = (int64_t)1000 * 1000000;
        snprintf(slot->record.name, sizeof(slot->record.name), "%s", cast[i].name);
        for (int k = 0; k < 4 && cast[i].instruments[k] != 0; k++) {
            if (cast[i].instruments[k] <= n_instruments)
                sub->instruments[sub->n_instruments++] = cast[i].instruments[k];
        }
        // With fewer markets than roles, the last one is shared.
        if (sub->n_instruments == 0)
            sub->instruments[sub->n_instruments++] = n_instruments;
        for (int k = 0; k < 6 && cast[i].params[k][0] != NULL; k++)
            param(slot, cast[i].params[k][0], cast[i].params[k][1]);
        if (!find_plugin(dir, cast[i].plugin, slot->plugin))
            return error_set(err, AGON_ENOENT,
                             "the plugin %s.so was not found; name its directory with --plugins",
                             cast[i].plugin);
    }
    return AGON_OK;
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
        return error_set(err, AGON_ENOENT, "%s is no directory that can be read", dir);
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
