// SPDX-License-Identifier: Apache-2.0
/* fuzz_roster: any bytes as each kind of file that an operator writes: a roster, a venue, a
 * simulator's accounts. Refused with a place, or read into values within their bounds, which
 * resolve.
 *
 * decodes: host/roster/roster.c host/venue/config.c host/sim/members.c host/config/config.c
 *   host/config/schema.c host/config/schema_json.c host/config/scan.c host/config/units.c
 * host/config/error.c */
#include "roster/roster.h"

#include <stdlib.h>

#include "fuzz.h"
#include "sim/members.h"
#include "venue/config.h"

static const char *env(const char *name)
{
    return strcmp(name, "AGON_FUZZ") == 0 ? "value" : NULL;
}

static void places(const struct config *config, int rc)
{
    REQUIRE((rc == AGON_OK) == (config_error_count(config) == 0));
    for (uint32_t i = 0; config_error_text(config, i); i++)
        REQUIRE(config_error_line(config, i) >= 1 && config_error_column(config, i) >= 1);
}

static void roster(const uint8_t *data, size_t n)
{
    static struct roster read;
    static const struct roster_names names = {
        .n = 2, .instruments = {"binance:BTCUSDT", "binance:ETHUSDT"}};
    static struct crew_slot slots[SLOTS_MAX];
    struct config *config = config_new("fuzz.yaml", data, n, env);
    int rc;

    if (config == NULL)
        return;
    rc = roster_read(&read, config);
    places(config, rc);
    REQUIRE(rc < 0 || read.n_slots <= SLOTS_MAX);
    for (uint32_t i = 0; rc == AGON_OK && i < read.n_slots; i++) {
        REQUIRE(read.slots[i].n_params <= CREW_PARAMS_MAX);
        REQUIRE(read.slots[i].n_instruments <= SLOT_INSTRUMENTS_MAX);
        for (uint32_t k = 0; k < read.slots[i].n_instruments; k++)
            REQUIRE(strchr(read.slots[i].instruments[k], ':') > read.slots[i].instruments[k]);
    }
    if (rc == AGON_OK) {
        rc = roster_resolve(&read, config, "plugins", &names, slots);
        places(config, rc);
    }
    config_free(config);
    for (uint32_t i = 0; rc == AGON_OK && i < read.n_slots; i++) {
        REQUIRE(slots[i].record.limits.capital_amt >= 0);
        REQUIRE(strnlen(slots[i].record.name, SLOT_NAME) < SLOT_NAME);
    }
}

static void venue(const uint8_t *data, size_t n)
{
    static struct venue_config read;
    struct config *config = config_new("fuzz.yaml", data, n, env);
    int rc;

    if (config == NULL)
        return;
    rc = venue_config_read(config, &read);
    places(config, rc);
    REQUIRE(rc < 0 || read.n_limits <= VENUE_LIMITS_MAX);
    config_free(config);
}

static void members(const uint8_t *data, size_t n)
{
    static struct members read;
    struct error err = {0};

    if (members_parse(&read, "fuzz.yaml", (const char *)data, n, &err) == AGON_OK) {
        REQUIRE(read.n >= 1 && read.n <= MEMBERS_MAX);
        for (uint32_t i = 0; i < read.n; i++)
            REQUIRE(read.all[i].n_balances <= MEMBERS_BALANCES_MAX);
    } else {
        REQUIRE(err.code < 0 && err.text[0] != '\0');
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed)
{
    static const char *const right[] = {
        "agents: [{name: a, plugin: p, capital: 5 USDT, instruments: [\"x:BTCUSDT\"], "
        "bars: [1m, 1h]}]\n",
        "agents:\n- {name: a, plugin: p, capital: 5 USDT, instruments: [\"x:BTCUSDT\"], "
        "params: {fast: 12, word: yes}, limits: {order: 2 USDT, daily_loss: 3%, drawdown: 10%}}\n"
        "- {name: b, plugin: q, capital: 0 USDT, instruments: [\"x:ETHUSDT\"], latency: 5ms, "
        "hard: 250ms, arena: 1MiB}\n",
        "accounts:\n- {key: k, secret: s, maker_fee: 0.001, permissions: [TRADE], "
        "balances: {USDT: 1000, BTC: 10.5}}\n- {key: l, secret: t}\n",
    };

    return fuzz_step(right, sizeof(right) / sizeof(right[0]), bytes, n, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    roster(data, n);
    venue(data, n);
    members(data, n);
    return 0;
}
