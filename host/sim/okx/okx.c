// SPDX-License-Identifier: Apache-2.0
/* okx: what the dialect consists of, and how its calls read what was said. */
#include <stdlib.h>

#include "base/num.h"
#include "sim/okx/simo.h"

/* --- calls --- */

const char *simo_arg(const struct sim_call *call, const char *name)
{
    const char *text = sim_arg(call, name);

    return text && *text ? text : NULL;
}

int simo_get_num(struct sim_call *call, const char *name, int64_t *value, int *has)
{
    const char *text = simo_arg(call, name);

    *has = text != NULL;
    *value = 0;
    if (text && (num_read(text, strlen(text), PIT_EXP, value) < 0 || *value <= 0))
        return sim_fail(call, 51000, "Parameter %s error", name);
    return 0;
}

int simo_get_symbol(struct sim_call *call, uint32_t *sym)
{
    const char *name = simo_arg(call, "instId");
    int at = name ? pit_find(call->sim->pit, name) : -1;

    if (!name)
        return sim_fail(call, 50014, "Parameter instId can not be empty.");
    if (at < 0)
        return sim_fail(call, 51001,
                        "Instrument ID, Instrument ID code, or Spread ID doesn't "
                        "exist.");
    *sym = (uint32_t)at;
    return 0;
}

/* --- the dialect --- */

static int path_of(const char *path)
{
    return strcmp(path, "/ws/v5/public") == 0     ? SIMO_PUBLIC
           : strcmp(path, "/ws/v5/private") == 0  ? SIMO_PRIVATE
           : strcmp(path, "/ws/v5/business") == 0 ? SIMO_BUSINESS
                                                  : 0;
}

/* A notice first, as before each upgrade of the service. */
static void farewell(struct sim *sim, struct sim_conn *conn)
{
    static const char notice[] =
        "{\"event\":\"notice\",\"code\":\"64008\",\"msg\":\"The connection will soon be closed for "
        "a service upgrade. Please reconnect.\",\"connId\":\"a4d3ae55\"}";

    sim_emit(sim, conn, notice, sizeof(notice) - 1);
}

static void end_okx(struct sim *sim)
{
    for (uint32_t i = 0; simo_of(sim)->books && i < pit_count(sim->pit); i++)
        sim_sent_deinit(&simo_of(sim)->books[i].sent);
    free(simo_of(sim)->books);
}

static int begin_okx(struct sim *sim, struct error *err)
{
    struct simo *okx = simo_of(sim);

    okx->books = calloc(pit_count(sim->pit), sizeof(*okx->books));
    if (!okx->books)
        return error_set(err, AGON_ENOMEM, "out of memory");
    for (uint32_t i = 0; i < pit_count(sim->pit); i++)
        okx->books[i] = (struct simo_book){.sent.depth = SIMO_DEPTH,
                                           .seq = 100000 + rng_below(&sim->rng, 900000)};
    return AGON_OK;
}

static const struct sim_perp_rules perps = {.margin = SIMO_MARGIN,
                                            .leverage = SIMO_LEVERAGE,
                                            .leverage_max = 100,
                                            .maint_ppb = SIMO_MAINT_PPB,
                                            .rate_ppb = 100000,
                                            .every_ns = SIMO_FUNDING_NS};
static const struct sim_ways ways = {
    .size = sizeof(struct simo),
    .seed = 0x6f6b78,
    .connects_ns = SIM_NS_PER_S,
    .connects_max = 3,
    .silence_ns = 30 * SIM_NS_PER_S,
    .end_code = 4004,
    .end_text = "No data received in 30s.",
    .dead_why = "20",
    .hooks = {.on_trade = simo_on_trade, .on_top = simo_on_top, .on_step = simo_on_step},
    .begin = begin_okx,
    .end = end_okx,
    .path_of = path_of,
    .farewell = farewell,
    .text = simo_text,
    .http = simo_http,
    .has_codes = 1,
    .types = simo_types,
    .states = simo_states,
    .cancel_why = "1",
    .is_post_taken = 1,
    .is_cut_filled = 1,
    .ended = simo_ended,
    .report = simo_report,
    .perps = &perps,
    .id = simo_id_text,
};

static int open_okx(struct sim **sim, const struct sim_config *config, struct error *err)
{
    return sim_open(sim, &ways, config, err);
}

static const char *const headers[] = {
    "ok-access-key",        "ok-access-sign", "ok-access-timestamp",
    "ok-access-passphrase", "exptime",        NULL};

extern const struct sim_dialect sim_okx;
const struct sim_dialect sim_okx = {
    .name = "okx",
    .headers = headers,
    .names = simo_names,
    .n_symbols = 4,
    .symbol = simo_symbol,
    .open = open_okx,
    SIM_ENTRIES,
};
