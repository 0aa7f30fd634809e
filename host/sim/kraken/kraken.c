// SPDX-License-Identifier: Apache-2.0
/* kraken: what the dialect consists of, and how its calls read what was said. */
#include "base/num.h"
#include "sim/kraken/simk.h"

/* --- calls --- */

struct sim_call simk_begin(struct sim *sim, const char *what)
{
    jout_reset(&sim->out);
    return (struct sim_call){.sim = sim, .what = what, .args = json_object(), .out = &sim->out};
}

int simk_get_dec(struct sim_call *call, const char *name, int64_t *value, int *has)
{
    const char *text = sim_arg(call, name);

    *has = text != NULL;
    if (text && (num_read(text, strlen(text), PIT_EXP, value) < 0 || *value < 0))
        return simk_fail(call, "EGeneral:Invalid arguments:%s", name);
    return 0;
}

/* --- the dialect --- */

static void put_heartbeat(struct sim *sim, struct sim_conn *conn)
{
    struct jout *out = &sim->frame;

    jout_reset(out);
    shape_put(out, "{channel:'heartbeat'}", NULL, 0);
    sim_send(sim, conn, "heartbeat", NULL, out);
}

static int path_of(const char *path)
{
    return strcmp(path, "/v2") == 0;
}

static void greet(struct sim *sim, struct sim_conn *conn)
{
    *simk_user_of(sim, conn) = (struct simk_user){.n_balances = 0};
    simk_tell_status(sim, conn);
}

static void end_kraken(struct sim *sim)
{
    for (uint32_t i = 0; i < PIT_SYMBOLS_MAX; i++)
        for (uint32_t j = 0; j < SIMK_DEPTHS; j++)
            sim_sent_deinit(&simk_of(sim)->books[i][j]);
}

static int begin_kraken(struct sim *sim, struct error *err)
{
    static const struct simk_tier tiers[] = {[MEMBER_INTERMEDIATE] = {20, 500, 125, 2340, 80},
                                             [MEMBER_STARTER] = {15, 330, 60, 1000, 60},
                                             [MEMBER_PRO] = {20, 1000, 180, 3750, 225}};

    (void)err;
    simk_of(sim)->mix = rng_u64(&sim->rng);
    for (uint32_t i = 0; i < pit_count(sim->pit); i++) {
        simk_pair_of(pit_at(sim->pit, i), &simk_of(sim)->pairs[i]);
        for (uint32_t j = 0; j < SIMK_DEPTHS; j++)
            simk_of(sim)->books[i][j] =
                (struct sim_sent){.depth = simk_depths[j], .is_cut_there = 1};
    }
    for (uint32_t i = 0; i < sim->n_accounts; i++)
        simk_of(sim)->owners[i].tier = &tiers[sim->accounts[i].member->tier];
    return AGON_OK;
}

static const char *id_of(const struct sim *sim, uint64_t n, char text[SIM_ID_TEXT])
{
    return simk_id(sim, 'O', n, text);
}

static const struct sim_ways ways = {
    .size = sizeof(struct simk),
    .seed = 0x6b72616b,
    .connects_ns = 10 * SIM_NS_PER_MIN,
    .connects_max = 150,
    .end_code = 1001,
    .end_text = "",
    .beat_ns = SIM_NS_PER_S,
    .dead_why = "Cancel all orders after",
    .sum_key = "\"checksum\":",
    .hooks = {.on_trade = simk_on_trade, .on_top = simk_on_top, .on_step = simk_on_step},
    .begin = begin_kraken,
    .end = end_kraken,
    .path_of = path_of,
    .greet = greet,
    .beat = put_heartbeat,
    .text = simk_text,
    .http = simk_http,
    .types = simk_types,
    .states = simk_states,
    .cancel_why = "User requested",
    .ended = simk_ended,
    .report = simk_report,
    .id = id_of,
};

static int open_kraken(struct sim **sim, const struct sim_config *config, struct error *err)
{
    return sim_open(sim, &ways, config, err);
}

static const char *const headers[] = {"api-key", "api-sign", "content-type", NULL};

extern const struct sim_dialect sim_kraken;
const struct sim_dialect sim_kraken = {
    .name = "kraken",
    .headers = headers,
    .names = simk_names,
    .n_symbols = 4,
    .symbol = simk_symbol,
    .open = open_kraken,
    SIM_ENTRIES,
};
