// SPDX-License-Identifier: MIT
/* tail: in order by a heap, which takes as long whatever the order was. */
#include "agon/tail.h"

#include "agon/codes.h"

/* Down from `at`, of the first n, until none below it is larger. */
static void sink(float *values, uint32_t at, uint32_t n)
{
    float value = values[at];
    uint32_t below;

    while ((below = 2 * at + 1) < n) {
        if (below + 1 < n && values[below + 1] > values[below])
            below++;
        if (values[below] <= value)
            break;
        values[at] = values[below];
        at = below;
    }
    values[at] = value;
}

static void put_in_order(float *values, uint32_t n)
{
    uint32_t i;

    for (i = n / 2; i > 0; i--)
        sink(values, i - 1, n);
    for (i = n - 1; i > 0; i--) {
        float most = values[0];

        values[0] = values[i];
        values[i] = most;
        sink(values, 0, i);
    }
}

static uint32_t in_tail(uint32_t n, double share)
{
    uint32_t k = (uint32_t)(share * n);

    if ((double)k < share * n * (1 - 1e-12)) /* 0.05 * 100 is 5, and not a little more */
        k++;
    return k > n ? n : k == 0 ? 1 : k;
}

int agon_tail_of(float *outcomes, uint32_t n, double share, struct agon_tail *tail)
{
    double sum = 0, worst = 0, gained = 0, lost = 0;
    uint32_t i, n_gained = 0, n_lost = 0;

    if (outcomes == NULL || tail == NULL || n == 0 || n > INT32_MAX || !(share > 0 && share <= 1))
        return AGON_EINVAL;
    for (i = 0; i < n; i++)
        if (!(outcomes[i] >= -3e38F && outcomes[i] <= 3e38F))
            return AGON_EINVAL;
    put_in_order(outcomes, n);
    *tail = (struct agon_tail){0};
    tail->k = in_tail(n, share);
    for (i = 0; i < n; i++) {
        double value = (double)outcomes[i];

        sum += value;
        worst += i < tail->k ? value : 0;
        gained += value > 0 ? value : 0;
        lost += value < 0 ? value : 0;
        n_gained += value > 0;
        n_lost += value < 0;
    }
    tail->at_risk = -(double)outcomes[tail->k - 1];
    tail->shortfall = -worst / tail->k;
    tail->worst = (double)outcomes[0];
    tail->best = (double)outcomes[n - 1];
    tail->mean = sum / n;
    tail->p_profit = (double)n_gained / n;
    tail->p_loss = (double)n_lost / n;
    tail->profit = n_gained > 0 ? gained / n_gained : 0;
    tail->loss = n_lost > 0 ? -lost / n_lost : 0;
    return AGON_OK;
}
