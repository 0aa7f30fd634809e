// SPDX-License-Identifier: Apache-2.0
/* attention: softmax(q k / sqrt(width) + near) v where position t looks at the last `window`
 * positions up to itself. q, k, v and y are [heads][steps][width], heads counting those of every
 * series, head by head: [kinds][series]. near[kinds][window] is what a distance adds to a score,
 * the last entry that of the position itself: the one thing by which positions differ. */
#ifndef NN_ATTENTION_H
#define NN_ATTENTION_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define attention_tape_init   TYPED(attention_tape_init)
#define attention_tape_deinit TYPED(attention_tape_deinit)
#define attention_forward     TYPED(attention_forward)
#define attention_backward    TYPED(attention_backward)

struct attention {
    uint32_t heads, steps, width, window;
    uint32_t kinds; /* 0: there is no near */
};

/* What the way back needs. All the device's. */
struct attention_tape {
    real *p, *dp; /* [heads][steps][window] */
    real *ones;   /* a value for each position of the series of a kind */
    real *block;  /* owned */
};

/* AGON_ENOMEM: the device has no room. [owner] */
int attention_tape_init(struct device *device, const struct attention *attention,
                        struct attention_tape *tape);
void attention_tape_deinit(struct device *device, struct attention_tape *tape);
void attention_forward(struct device *device, const struct attention *attention, const real *q,
                       const real *k, const real *v, const real *near, real *y,
                       struct attention_tape *tape);
/* Sets dq, dk and dv from dy, adds to dnear. [owner] */
void attention_backward(struct device *device, const struct attention *attention, const real *q,
                        const real *k, const real *v, const real *dy, real *dq, real *dk, real *dv,
                        real *dnear, struct attention_tape *tape);

#endif
