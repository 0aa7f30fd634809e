// SPDX-License-Identifier: Apache-2.0
/* policy: PPO on a market whose best policy is known (configs/markets/rebound.yaml, docs/markets.md).
 * The best one is found by dynamic programming from the market's three numbers: memory, deviation,
 * cost. Then all of these trade on the same markets, by the same plugin through the same engine:
 * the best one, one that ignores costs, constants, one that PPO has learnt on other markets, and one
 * that it has learnt on rewards that were shuffled. What was learnt passes with 95 % of the best
 * one's reward; none of the others does. On a random walk nothing is claimed.
 *
 *     policy PLUGIN FOLDER [SEEDS]      3 seeds of training without: the short form
 *
 * All is drawn by seeds and computed to the same bits everywhere. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/market_arg.h"
#include "cli/train_ppo.h"
#include "cli/words.h"

#define PASSES  0.95
#define MEMORY  (-0.8)   /* of the market: its file says so */
#define YEARLY  1.5      /* ... and its volatility */
#define COST    5.5e-4   /* of a position bought or sold: fee 5 bp, half a spread 0.5 bp */
#define CAPITAL 1000     /* USDT, of which a position is a tenth */
#define SIZE    100
#define MINUTES 525600.0 /* of a year */
#define GRID    241      /* of the last return in deviations, from -EDGE to EDGE */
#define EDGE    4.5
#define SIDES   3 /* short, flat, long */
#define MARKETS 40u /* that are judged on */

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

/* Basis points of the position a decision, mean of the markets from seed 1 on. */
static double earns(struct envs *envs, uint32_t n_envs, enum who who, const struct best *best,
                    double deviation)
{
    double sum = 0;

    for (uint32_t first = 0; first < MARKETS; first += n_envs) {
        uint32_t running = n_envs;
        uint8_t is_over[ENVS_MAX] = {0};

        for (uint32_t i = 0; i < n_envs; i++)
            envs_begin(envs, i, 1 + first + i);
        while (running > 0)
            for (uint32_t i = 0; i < n_envs; i++) {
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
                       (double)turn.n_asked / MARKETS;
            }
    }
    return sum;
}
int main(int argc, char **argv)
{
    static struct synth market;
    const char *words[] = {argv[1]};
    char param[] = "size=100";
    const char *params[] = {param};
    struct arg_list plugins = {words, 1};
    struct arg_list given = {params, 1};
    struct crew_slot *slot = calloc(1, sizeof(*slot));
    struct backtest_config config = {.market = &market, .slots = slot, .cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM};
    struct envs_config of = {.backtest = &config, .n = 8};
    struct envs *envs;
    struct best best;
    double s = YEARLY / sqrt(MINUTES);
    struct error err = {0};
    if (argc < 5 || market_arg_read(&market, "policy", argv[2]) != 0) return 2;
    words_slots(slot, &config.n_slots, &plugins, &given, CAPITAL, &err);
    slot->record.runner = CREW_INPROC;
    snprintf(slot->files[0].name, 32, "weights");
    snprintf(slot->files[0].path, 512, "%s", argv[3]);
    slot->n_files = 1;
    config.gen_length_ns = (int64_t)atoi(argv[4]) * 3600 * 1000000000;
    solve(&best, s, COST);
    printf("theory %.3f bp\n", best.gain * 1e4);
    if (envs_new(&envs, &of, &err) < 0) return 1;
    for (int w = 0; w < WHOS; w++)
        printf("%d: %.3f bp\n", w, earns(envs, 8, w, &best, s));
    envs_free(envs);
    return 0;
}
