// SPDX-License-Identifier: Apache-2.0
/* policy: PPO on a market whose best policy is known (configs/markets/rebound.yaml,
 * docs/markets.md). The best one is found by dynamic programming from the market's three numbers:
 * memory, deviation, cost. Then all of these trade on the same markets, by the same plugin through
 * the same engine: the best one, one that ignores costs, constants, one that PPO has learnt on
 * other markets, and one that it has learnt on rewards that were shuffled. What was learnt passes
 * with 95 % of the best one's reward; none of the others does. On the same market without its
 * memory, a random walk, no edge is claimed.
 *
 *     policy PLUGIN [SEEDS]      1 without, of fewer updates: the short form
 *
 * All is drawn by seeds and computed to the same bits everywhere. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/market_arg.h"
#include "cli/train_ppo.h"
#include "cli/words.h"

#define PASSES    0.95
#define MEMORY    (-0.8) /* of the market: its file says so */
#define YEARLY    1.5    /* ... and its volatility */
#define COST      5.5e-4 /* of a position bought or sold: fee 5 bp, half a spread 0.5 bp */
#define CAPITAL   1000   /* USDT, of which a position is a tenth */
#define SIZE      100
#define MINUTES   525600.0 /* of a year */
#define GRID      241      /* of the last return in deviations, from -EDGE to EDGE */
#define EDGE      4.5
#define SIDES     3  /* short, flat, long */
#define ENVS      8u /* at once */
#define FIRST     1u /* seed of the first market that is judged on */
#define SEEDS     20
#define EPISODE_H 2

/* --- the best policy --- */

struct best {
    uint8_t side[SIDES][GRID]; /* held before, last return: what to hold */
    double gain;               /* log return of the position a minute, by theory */
};

static double at_grid(uint32_t i)
{
    return -EDGE + 2 * EDGE * i / (GRID - 1);
}

/* Relative values h of states (held, u) by value iteration: what the last return's u deviations
 * make of the next is normal around MEMORY u, with what is left of the variance. */
static void solve(struct best *best, double deviation, double cost)
{
    static double chance[GRID][GRID];
    static double h[SIDES][GRID];
    static double next[SIDES][GRID];
    double moved = 1;

    for (uint32_t i = 0; i < GRID; i++) {
        double sum = 0;

        for (uint32_t j = 0; j < GRID; j++) {
            double off = at_grid(j) - MEMORY * at_grid(i);

            sum += chance[i][j] = exp(-0.5 * off * off / (1 - MEMORY * MEMORY));
        }
        for (uint32_t j = 0; j < GRID; j++)
            chance[i][j] /= sum;
    }
    memset(h, 0, sizeof(h));
    for (uint32_t turn = 0; turn < 2000 && moved > 1e-12; turn++) {
        for (uint32_t i = 0; i < GRID; i++) {
            double after[SIDES];

            for (uint32_t to = 0; to < SIDES; to++) {
                after[to] = ((double)to - 1) * MEMORY * at_grid(i) * deviation;
                for (uint32_t j = 0; j < GRID; j++)
                    after[to] += chance[i][j] * h[to][j];
            }
            for (uint32_t from = 0; from < SIDES; from++) {
                double most = -INFINITY;

                for (uint32_t to = 0; to < SIDES; to++) {
                    double value = after[to] - cost * fabs((double)to - (double)from);

                    if (value > most) {
                        most = value;
                        best->side[from][i] = (uint8_t)to;
                    }
                }
                next[from][i] = most;
            }
        }
        best->gain = next[1][GRID / 2] - h[1][GRID / 2];
        moved = 0;
        for (uint32_t from = 0; from < SIDES; from++)
            for (uint32_t i = 0; i < GRID; i++) {
                moved = fmax(moved, fabs(next[from][i] - h[from][i] - best->gain));
                h[from][i] = next[from][i] - next[1][GRID / 2];
            }
        memset(next, 0, sizeof(next));
    }
}

/* --- who decides --- */

enum who { WHO_BEST = 0, WHO_SIGN, WHO_SHORT, WHO_FLAT, WHO_LONG, WHOS };

static uint32_t decide(enum who who, const struct best *best, double deviation, const float *x)
{
    double u = (double)x[0] / deviation;
    double at = (u + EDGE) / (2 * EDGE) * (GRID - 1);
    uint32_t i = at <= 0 ? 0 : (at >= GRID - 1 ? GRID - 1 : (uint32_t)(at + 0.5));

    switch (who) {
    case WHO_BEST:
        return best->side[(uint32_t)((int)x[1] + 1)][i];
    case WHO_SIGN:
        return u > 0 ? 0 : 2;
    case WHO_SHORT:
        return 0;
    case WHO_FLAT:
        return 1;
    default:
        return 2;
    }
}

/* Basis points of the position a decision, mean of the markets from FIRST on; of whole rounds. */
static double earns(struct envs *envs, uint32_t n_markets, enum who who, const struct best *best,
                    double deviation)
{
    double sum = 0;

    for (uint32_t first = 0; first < n_markets; first += ENVS) {
        uint32_t running = ENVS;
        uint8_t is_over[ENVS] = {0};

        for (uint32_t i = 0; i < ENVS; i++)
            envs_begin(envs, i, FIRST + first + i);
        while (running > 0)
            for (uint32_t i = 0; i < ENVS; i++) {
                struct error err = {0};
                struct envs_turn turn;
                float y[4] = {0};

                if (is_over[i])
                    continue;
                if (envs_wait(envs, i, &turn, &err) < 0) {
                    fprintf(stderr, "policy: %s\n", err.text);
                    exit(1);
                }
                if (turn.state == ENVS_ASKS) {
                    y[decide(who, best, deviation, turn.x)] = 1;
                    envs_answer(envs, i, y);
                    continue;
                }
                is_over[i] = 1;
                running--;
                sum += (double)(turn.equity_amt - turn.capital_amt) / 1e8 / SIZE * 1e4 /
                       (double)turn.n_asked / n_markets;
            }
    }
    return sum;
}
/* --- the training --- */

struct school {
    struct synth market;
    struct crew_slot slot;
    struct backtest_config config;
    char out[512];
};

static void set_up(struct school *of, const char *plugin)
{
    const char *const plugins[] = {plugin};
    const char *const params[] = {"size=100"};
    const struct arg_list named = {plugins, 1};
    const struct arg_list given = {params, 1};
    const char *folder = getenv("TMPDIR");

    memset(of, 0, sizeof(*of));
    of->config.market = &of->market;
    of->config.slots = &of->slot;
    of->config.cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM;
    if (market_arg_read(&of->market, "policy", "rebound") != 0 ||
        words_slots(&of->slot, &of->config.n_slots, &named, &given, CAPITAL, NULL) < 0)
        exit(2);
    of->slot.record.runner = CREW_INPROC;
    (void)snprintf(of->out, sizeof(of->out), "%s/agon-policy-%d.safetensors",
                   folder != NULL ? folder : "/tmp", (int)getpid());
}

/* What it was judged to be, in basis points of the position a decision. */
static double learnt(struct school *of, uint64_t seed, uint32_t updates, uint32_t n_markets,
                     int is_shuffled, double *low)
{
    static const char *const inputs[] = {"return.1", "position"};
    struct train_ppo_result *result = malloc(sizeof(*result));
    struct train_ppo job = {.backtest = &of->config,
                            .out = of->out,
                            .n_threads = 1,
                            .n_inputs = 2,
                            .inputs = inputs,
                            .n_actions = SIDES};
    struct error err = {0};
    double mean;

    schema_presets(&train_ppo_settings_schema, &job.settings);
    job.settings.episode_ns = (int64_t)EPISODE_H * 3600 * 1000000000;
    job.settings.environments = ENVS;
    job.settings.updates = updates;
    job.settings.epochs = 6;
    job.settings.hidden = 32;
    job.settings.feed = 32;
    job.settings.rate = 0.002;
    job.settings.gamma = 0.8;
    job.settings.entropy_share = 0.002;
    job.settings.validation_every = updates / 2;
    job.settings.judged = n_markets;
    job.settings.judged_first = FIRST;
    job.settings.seed = seed;
    job.settings.is_shuffled = (uint8_t)is_shuffled;
    if (result == NULL || train_ppo(&job, result, &err) < 0) {
        fprintf(stderr, "policy: %s\n", err.text);
        exit(1);
    }
    mean = result->mean * CAPITAL / SIZE;
    *low = result->low * CAPITAL / SIZE;
    free(result);
    return mean;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, uint32_t n)
{
    qsort(values, n, sizeof(*values), by_size);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Those who need no training, on the markets that all are judged on. */
static void judge_known(struct school *of, uint32_t n_markets, double reward[WHOS])
{
    struct envs_config config = {.backtest = &of->config, .n = ENVS};
    double deviation = YEARLY / sqrt(MINUTES);
    struct error err = {0};
    struct best best;
    struct envs *envs;

    // Of the right shape, and never asked.
    (void)snprintf(of->slot.files[0].name, sizeof(of->slot.files[0].name), "weights");
    (void)snprintf(of->slot.files[0].path, sizeof(of->slot.files[0].path), "%s", of->out);
    of->slot.n_files = 1;
    if (envs_new(&envs, &config, &err) < 0) {
        fprintf(stderr, "policy: %s\n", err.text);
        exit(1);
    }
    solve(&best, deviation, COST);
    for (uint32_t who = 0; who < WHOS; who++)
        reward[who] = earns(envs, who == WHO_BEST || who == WHO_SIGN ? n_markets : ENVS,
                            (enum who)who, &best, deviation);
    envs_free(envs);
    of->slot.n_files = 0;
    printf(
        "     known market: the best policy by theory %.2f bp a minute; through the engine %.2f, "
        "one that ignores costs %.2f, short %.2f, flat %.2f, long %.2f (%u markets)\n",
        best.gain * 1e4, reward[WHO_BEST], reward[WHO_SIGN], reward[WHO_SHORT], reward[WHO_FLAT],
        reward[WHO_LONG], n_markets);
}

int main(int argc, char **argv)
{
    static struct school of;
    uint32_t n_seeds = argc > 2 ? (uint32_t)atoi(argv[2]) : 1;
    uint32_t updates = argc > 2 ? 60 : 20;
    uint32_t n_markets = argc > 2 ? 80 : 24;
    uint32_t in_vain = argc > 2 ? 30 : 6; /* updates where there is nothing to learn */
    double own[SEEDS];
    double shuffled[SEEDS];
    double walk[SEEDS];
    double reward[WHOS];
    uint32_t n_claims = 0;
    int is_good = 1;

    if (argc < 2 || argc > 3 || n_seeds < 1 || n_seeds > SEEDS) {
        fprintf(stderr, "usage: policy PLUGIN [SEEDS], from 1 to %d\n", SEEDS);
        return 2;
    }
    set_up(&of, argv[1]);
    for (uint32_t i = 0; i < n_seeds; i++) {
        double low;

        own[i] = learnt(&of, i + 1, updates, n_markets, 0, &low);
        shuffled[i] = learnt(&of, i + 1, in_vain, n_markets, 1, &low);
        of.market.autocorrelation_ppm = 0;
        walk[i] = learnt(&of, i + 1, in_vain, n_markets, 0, &low);
        n_claims += low > 0;
        of.market.autocorrelation_ppm = (int64_t)(MEMORY * 1e6);
    }
    judge_known(&of, n_markets, reward);
    (void)unlink(of.out);
    for (uint32_t who = WHO_SIGN; who < WHOS; who++)
        is_good &= reward[who] < PASSES * reward[WHO_BEST];
    is_good &= reward[WHO_BEST] > 0 && median(own, n_seeds) >= PASSES * reward[WHO_BEST] &&
               median(shuffled, n_seeds) < PASSES * reward[WHO_BEST];
    printf("%s known market, PPO: %.1f %% of the best policy's reward (%u seeds, from %.1f to "
           "%.1f), on shuffled rewards %.1f, of one that ignores costs %.1f\n",
           is_good ? "ok  " : "FAIL", 100 * median(own, n_seeds) / reward[WHO_BEST], n_seeds,
           100 * own[0] / reward[WHO_BEST], 100 * own[n_seeds - 1] / reward[WHO_BEST],
           100 * median(shuffled, n_seeds) / reward[WHO_BEST],
           100 * reward[WHO_SIGN] / reward[WHO_BEST]);
    printf("%s random walk, PPO: %.2f bp a minute (%u seeds), an edge is claimed in %u of them\n",
           n_claims == 0 ? "ok  " : "FAIL", median(walk, n_seeds), n_seeds, n_claims);
    return is_good && n_claims == 0 ? 0 : 1;
}
