// SPDX-License-Identifier: Apache-2.0
#include "nn/ppo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"

#define NEARLY_NONE 1e-8 /* a deviation of advantages is never less */

int ppo_init(struct device *device, const struct net *net, uint32_t rows,
             const struct ppo_rules *rules, uint64_t seed, struct ppo *ppo)
{
    size_t n = net->n_weights;
    size_t n_x = (size_t)rows * net->shape.inputs;
    size_t n_y = (size_t)rows * net->shape.outputs;
    size_t n_here = 3 * n > 2 * n_y ? 3 * n : 2 * n_y;
    real *at;

    *ppo = (struct ppo){0};
    if (strcmp(net_arch_name(net->shape.arch), "policy/1") != 0 || net->shape.outputs < 2 ||
        net->shape.outputs - 1 > PPO_ACTIONS || rows < 2)
        return AGON_EINVAL;
    at = device->alloc(device, (2 * n + n_x + 2 * n_y) * sizeof(real));
    *ppo = (struct ppo){.device = device,
                        .net = net,
                        .rows = rows,
                        .rules = *rules,
                        .block = at,
                        .here = malloc(n_here * sizeof(real))};
    if (at == NULL || ppo->here == NULL ||
        adam_init(device, (uint32_t)n, rules->rate, &ppo->adam) < 0 ||
        net_tape_init(device, net, 1, rows, &ppo->tape) < 0) {
        ppo_deinit(ppo);
        return AGON_ENOMEM;
    }
    ppo->weights = at;
    ppo->dweights = at + n;
    ppo->x = at + 2 * n;
    ppo->y = ppo->x + n_x;
    ppo->dy = ppo->y + n_y;
    net_draw(net, seed, ppo->here);
    device->write(device, ppo->weights, ppo->here, n * sizeof(real));
    return AGON_OK;
}

void ppo_deinit(struct ppo *ppo)
{
    if (ppo->device == NULL)
        return;
    net_tape_deinit(&ppo->tape);
    adam_deinit(ppo->device, &ppo->adam);
    ppo->device->release(ppo->device, ppo->block);
    free(ppo->here);
    *ppo = (struct ppo){0};
}

void ppo_chances(const real *logits, uint32_t n, double *p, double *log_p)
{
    double most = (double)logits[0];
    double sum = 0;
    double log_sum;

    for (uint32_t i = 1; i < n; i++)
        most = (double)logits[i] > most ? (double)logits[i] : most;
    for (uint32_t i = 0; i < n; i++)
        sum += p[i] = fmath_exp((double)logits[i] - most);
    log_sum = fmath_log(sum);
    for (uint32_t i = 0; i < n; i++) {
        p[i] /= sum;
        if (log_p != NULL)
            log_p[i] = (double)logits[i] - most - log_sum;
    }
}

uint32_t ppo_draw(const double *p, uint32_t n, double u)
{
    double sum = 0;

    for (uint32_t i = 0; i + 1 < n; i++) {
        sum += p[i];
        if (u < sum)
            return i;
    }
    return n - 1;
}

void ppo_gae(const double *rewards, const double *values, const uint8_t *ends, uint32_t n,
             double gamma, double lambda, double *advantages, double *returns)
{
    double after = 0;

    for (uint32_t i = n; i-- > 0;) {
        double more = ends[i] ? 0 : 1;
        double delta = rewards[i] + gamma * more * values[i + 1] - values[i];

        after = delta + gamma * lambda * more * after;
        advantages[i] = after;
        returns[i] = after + values[i];
    }
}

/* Of the batch's advantages. */
static void standard_of(const double *values, uint32_t n, double *mean, double *deviation)
{
    double sum = 0;
    double square = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += values[i];
    *mean = sum / n;
    for (uint32_t i = 0; i < n; i++)
        square += (values[i] - *mean) * (values[i] - *mean);
    *deviation = sqrt(square / (n - 1)) + NEARLY_NONE;
}

/* A row's loss into the sums, and its gradient of the outputs y into dy. */
static void add_row(const struct ppo *ppo, const struct ppo_batch *batch, uint32_t i,
                    double advantage, const real *y, real *dy, struct ppo_said *said)
{
    const struct ppo_rules *rules = &ppo->rules;
    uint32_t n = ppo->net->shape.outputs - 1;
    uint32_t action = batch->actions[i];
    double p[PPO_ACTIONS];
    double log_p[PPO_ACTIONS];
    double off = (double)y[n] - batch->returns[i];
    double entropy = 0;
    double log_ratio;
    double ratio;
    double held;
    double of_log;
    int is_out;

    ppo_chances(y, n, p, log_p);
    for (uint32_t j = 0; j < n; j++)
        entropy -= p[j] * log_p[j];
    log_ratio = log_p[action] - batch->log_p[i];
    ratio = fmath_exp(log_ratio);
    is_out = ratio < 1 - rules->clip || ratio > 1 + rules->clip;
    held = ratio < 1 - rules->clip ? 1 - rules->clip
                                   : (ratio > 1 + rules->clip ? 1 + rules->clip : ratio);
    // Where the held one is the smaller, nothing moves it.
    of_log = held * advantage < ratio * advantage ? 0 : -ratio * advantage;
    said->policy -= held * advantage < ratio * advantage ? held * advantage : ratio * advantage;
    said->square += off * off;
    said->entropy += entropy;
    said->divergence += ratio - 1 - log_ratio;
    said->clipped += is_out;
    for (uint32_t j = 0; j < n; j++)
        dy[j] = (real)((of_log * ((j == action) - p[j]) +
                        rules->entropy_share * p[j] * (log_p[j] + entropy)) /
                       ppo->rows);
    dy[n] = (real)(2 * rules->value_share * off / ppo->rows);
}

void ppo_gradient(struct ppo *ppo, const struct ppo_batch *batch, struct ppo_said *said)
{
    struct device *device = ppo->device;
    const struct net *net = ppo->net;
    uint32_t n = net->shape.outputs;
    size_t n_y = (size_t)ppo->rows * n;
    double mean;
    double deviation;

    *said = (struct ppo_said){0};
    device->write(device, ppo->x, batch->x, (size_t)ppo->rows * net->shape.inputs * sizeof(real));
    device->clear(device, ppo->dweights, net->n_weights * sizeof(real));
    net_forward(&ppo->tape, ppo->weights, ppo->x, ppo->y);
    device->read(device, ppo->here, ppo->y, n_y * sizeof(real));
    standard_of(batch->advantages, ppo->rows, &mean, &deviation);
    for (uint32_t i = 0; i < ppo->rows; i++)
        add_row(ppo, batch, i, (batch->advantages[i] - mean) / deviation, ppo->here + (size_t)i * n,
                ppo->here + n_y + (size_t)i * n, said);
    device->write(device, ppo->dy, ppo->here + n_y, n_y * sizeof(real));
    net_backward(&ppo->tape, ppo->weights, ppo->x, ppo->dy, ppo->dweights, NULL);
    said->policy /= ppo->rows;
    said->square /= ppo->rows;
    said->entropy /= ppo->rows;
    said->divergence /= ppo->rows;
    said->clipped /= ppo->rows;
    said->loss = said->policy + ppo->rules.value_share * said->square -
                 ppo->rules.entropy_share * said->entropy;
}

/* No longer than norm_most; its length before. */
static double limit(struct ppo *ppo)
{
    size_t n = ppo->net->n_weights;
    double sum = 0;
    double norm;

    ppo->device->read(ppo->device, ppo->here, ppo->dweights, n * sizeof(real));
    for (size_t i = 0; i < n; i++)
        sum += (double)ppo->here[i] * (double)ppo->here[i];
    norm = sqrt(sum);
    if (ppo->rules.norm_most > 0 && norm > ppo->rules.norm_most) {
        struct map_args less = {.a = ppo->dweights,
                                .y = ppo->dweights,
                                .n = (uint32_t)n,
                                .op = MAP_SCALE,
                                .scale = (real)(ppo->rules.norm_most / norm)};

        kernel_map(ppo->device, &less);
    }
    return norm;
}

void ppo_step(struct ppo *ppo, const struct ppo_batch *batch, struct ppo_said *said)
{
    ppo_gradient(ppo, batch, said);
    said->norm = limit(ppo);
    adam_step(ppo->device, &ppo->adam, ppo->weights, ppo->dweights);
    ppo->n_steps++;
}
