// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "base/num.h"
#include "lab/lookahead_impl.h"
#include "lab/martingale.h"
#include "sys/file.h"

#define TRADES_EACH 5 /* trades for each bar of n_rows */

// The table of one symbol: about the prices, sizes and bars that its own data have.
static struct martingale fair_of(const struct judge *judge, uint32_t path, uint8_t kind)
{
    const struct tape_info *info = &judge->infos[path];
    const struct alter_seen *seen = &judge->seen[path];
    agon_qty_t per_bar = info->kind == TAPE_BARS && info->length_s > 0 ? info->length_s : 60;
    struct martingale fair = {.kind = kind,
                              .t_start = LOOKAHEAD_FAIR_START,
                              .length_s = (uint32_t)per_bar,
                              .px_exp = seen->px_exp,
                              .qty_exp = seen->qty_exp,
                              .start_px = seen->px,
                              .unit_qty = seen->qty,
                              .n_rows = judge->config->n_rows};

    if (kind == TAPE_TRADES)
        fair.n_rows *= TRADES_EACH;
    if (info->kind == TAPE_BARS && kind == TAPE_TRADES)
        fair.unit_qty /= per_bar;
    if (info->kind != TAPE_BARS && kind == TAPE_BARS)
        fair.unit_qty = num_mul(fair.unit_qty, per_bar);
    // Some of its rows have a digit more.
    if (fair.qty_exp > 0) {
        fair.qty_exp--;
        fair.unit_qty /= 10;
    }
    fair.unit_qty = fair.unit_qty < 10 ? 10 : fair.unit_qty;
    return fair;
}

static int write_fair(struct judge *judge, uint64_t seed, uint8_t kind, struct words *words,
                      const char *dir, uint32_t *n, struct error *err)
{
    int rc = AGON_OK;

    *n = 0;
    for (uint32_t i = 0; i < judge->n_paths && rc >= 0; i++) {
        struct martingale fair = fair_of(judge, i, kind);
        const struct venue_wire *wire = judge->infos[i].wire;
        char name[64] = "fair.csv";
        const char *path;
        int is_known = 0;
        FILE *file;

        for (uint32_t k = 0; k < i; k++)
            is_known |= strcmp(judge->infos[k].symbol, judge->infos[i].symbol) == 0;
        if (is_known)
            continue;
        fair.seed = seed;
        fair.neighbour = *n;
        // By the name that agents know it by.
        if (strcmp(judge->infos[i].plain, judge->infos[i].symbol) != 0)
            snprintf(name, sizeof(name), "%s_fair.csv", wire->name);
        rc = lookahead_name_file(words, 0, *n, judge->infos[i].plain, dir, name, judge->beside[i],
                                 &path, err);
        if (rc < 0)
            break;
        ++*n;
        file = fopen(path, "wxe");
        rc = file != NULL ? martingale_write(&fair, file) : AGON_EIO;
        if (file != NULL && fclose(file) != 0)
            rc = AGON_EIO;
        if (rc < 0)
            error_set(err, rc, "%s cannot be written", path);
    }
    return rc;
}

struct sums {
    double sum, squares;
    uint32_t n;
};

static void add(struct sums *sums, double value)
{
    sums->sum += value;
    sums->squares += value * value;
    sums->n++;
}

static void measure(const struct sums *sums, double *mean, double *t)
{
    double n = sums->n, variance;

    *mean = n > 0 ? sums->sum / n : 0;
    variance = n > 1 ? (sums->squares - n * *mean * *mean) / (n - 1) : 0;
    // All alike: nothing was won or lost, or all of it by rote.
    if (variance <= 1e-12 * *mean * *mean)
        *t = *mean > 0 ? 1e6 : *mean < 0 ? -1e6 : 0;
    else
        *t = *mean / __builtin_sqrt(variance / n);
}

static int play_fair(struct judge *judge, uint8_t kind, uint64_t first, struct sums sums[SLOTS_MAX],
                     struct lookahead_part *part, struct error *err)
{
    struct words *words = calloc(1, sizeof(*words));
    int rc = words != NULL ? AGON_OK : error_set(err, AGON_ENOMEM, "out of memory");

    memset(sums, 0, SLOTS_MAX * sizeof(*sums));
    for (uint32_t i = 0; i < judge->config->n_seeds && rc >= 0; i++) {
        struct backtest_config config = *judge->config->backtest;
        char dir[PATH_MAX];

        rc = lookahead_make_dir(judge, dir, sizeof(dir), err);
        if (rc < 0)
            break;
        rc = write_fair(judge, rng_at(judge->config->seed, 7, kind, first + i, 0), kind, words, dir,
                        &config.n_paths, err);
        config.paths = words->at[0];
        config.maker_fee_ppb = config.taker_fee_ppb = 0;
        config.has_maker_fee = config.has_taker_fee = 1;
        config.t_from = config.t_end = 0;
        config.is_lenient = 0;
        if (rc >= 0)
            rc = lookahead_play(judge, &config, judge->other, err);
        file_remove_tree(dir);
        part->n_runs++;
        part->n_agents = judge->other->n_names;
        for (uint32_t slot = 0; slot < part->n_agents && rc >= 0; slot++) {
            struct lookahead_agent *agent = &part->agents[slot];

            snprintf(agent->name, sizeof(agent->name), "%.31s", judge->other->names[slot]);
            agent->n_fills += judge->other->n_fills[slot];
            add(&sums[slot],
                (double)judge->other->won_amt[slot] / (double)num_pow10(judge->other->base_exp));
        }
    }
    free(words);
    return rc;
}

int lookahead_fair(struct judge *judge, uint8_t kind, struct lookahead_part *part,
                   struct error *err)
{
    static struct sums sums[SLOTS_MAX];
    uint64_t n_fills = 0;
    int is_suspect = 0;
    int rc = play_fair(judge, kind, 0, sums, part, err);

    for (uint32_t i = 0; i < part->n_agents && rc >= 0; i++) {
        struct lookahead_agent *agent = &part->agents[i];

        agent->n = sums[i].n;
        measure(&sums[i], &agent->mean, &agent->t);
        is_suspect |= agent->t >= LOOKAHEAD_T;
        n_fills += agent->n_fills;
    }
    part->verdict = n_fills > 0 ? LOOKAHEAD_HOLDS : LOOKAHEAD_NOT_JUDGED;
    if (n_fills == 0)
        snprintf(part->why, sizeof(part->why), "nobody traded on it");
    if (rc < 0 || !is_suspect)
        return rc;
    rc = play_fair(judge, kind, judge->config->n_seeds, sums, part, err);
    for (uint32_t i = 0; i < part->n_agents && rc >= 0; i++) {
        struct lookahead_agent *agent = &part->agents[i];

        if (agent->t < LOOKAHEAD_T)
            continue;
        agent->n_confirm = sums[i].n;
        measure(&sums[i], &agent->mean, &agent->t);
        if (agent->t >= LOOKAHEAD_T)
            part->verdict = LOOKAHEAD_ACCUSED;
    }
    return rc;
}
