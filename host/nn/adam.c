// SPDX-License-Identifier: Apache-2.0
#include "nn/adam.h"

int adam_init(struct device *device, uint32_t n, double rate, struct adam *adam)
{
    *adam = (struct adam){.rate = rate,
                          .beta1 = 0.9,
                          .beta2 = 0.999,
                          .eps = 1e-8,
                          .power1 = 1,
                          .power2 = 1,
                          .n = n,
                          .m = device->alloc(device, 2 * (size_t)n * sizeof(real))};
    if (adam->m == NULL)
        return AGON_ENOMEM;
    adam->v = adam->m + n;
    return AGON_OK;
}

void adam_deinit(struct device *device, struct adam *adam)
{
    device->release(device, adam->m);
    *adam = (struct adam){0};
}

void adam_step(struct device *device, struct adam *adam, real *weights, const real *dweights)
{
    struct adam_args args = {.w = weights,
                             .m = adam->m,
                             .v = adam->v,
                             .g = dweights,
                             .n = adam->n,
                             .rate = (real)adam->rate,
                             .beta1 = (real)adam->beta1,
                             .rest1 = (real)(1 - adam->beta1),
                             .beta2 = (real)adam->beta2,
                             .rest2 = (real)(1 - adam->beta2),
                             .eps = (real)adam->eps};

    adam->power1 *= adam->beta1;
    adam->power2 *= adam->beta2;
    args.scale1 = (real)(1 / (1 - adam->power1));
    args.scale2 = (real)(1 / (1 - adam->power2));
    kernel_adam(device, &args);
}

void adam_at(struct adam *adam, uint64_t n_steps)
{
    adam->power1 = 1;
    adam->power2 = 1;
    for (uint64_t i = 0; i < n_steps; i++) { // as the steps did, to the bit
        double power2 = adam->power2 * adam->beta2;

        adam->power1 *= adam->beta1;
        if (power2 == adam->power2)
            break; // the last to come to its end
        adam->power2 = power2;
    }
}
