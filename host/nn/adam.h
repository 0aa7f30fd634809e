// SPDX-License-Identifier: Apache-2.0
/* adam: the optimiser of that name over one block of weights. */
#ifndef NN_ADAM_H
#define NN_ADAM_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define adam_init   TYPED(adam_init)
#define adam_deinit TYPED(adam_deinit)
#define adam_step   TYPED(adam_step)
#define adam_at     TYPED(adam_at)

struct adam {
    double rate, beta1, beta2, eps;
    double power1, power2; /* beta1^t, beta2^t */
    uint32_t n;
    real *m, *v; /* owned, the device's */
};

/* For n weights, with the usual betas (0.9, 0.999) and eps 1e-8. AGON_ENOMEM. [owner] */
int adam_init(struct device *device, uint32_t n, double rate, struct adam *adam);
void adam_deinit(struct device *device, struct adam *adam);
/* Moves the weights by their gradients. [owner] */
void adam_step(struct device *device, struct adam *adam, real *weights, const real *dweights);
/* As after so many steps, but for the moments. [any] */
void adam_at(struct adam *adam, uint64_t n_steps);

#endif
