// SPDX-License-Identifier: Apache-2.0
/* attention: softmax(q k / sqrt(width)) v where position t looks at the last `window` positions up
 * to itself. q, k, v and y are [heads][steps][width], heads counting those of every series. */
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
};

/* What the way back needs. All the device's. */
struct attention_tape {
    real *p, *dp; /* [heads][steps][window] */
    real *block;  /* owned */
};

/* AGON_ENOMEM: the device has no room. [owner] */
int attention_tape_init(struct device *device, const struct attention *attention,
                        struct attention_tape *tape);
void attention_tape_deinit(struct device *device, struct attention_tape *tape);
void attention_forward(struct device *device, const struct attention *attention, const real *q,
                       const real *k, const real *v, real *y, struct attention_tape *tape);
/* Sets dq, dk and dv from dy. [owner] */
void attention_backward(struct device *device, const struct attention *attention, const real *q,
                        const real *k, const real *v, const real *dy, real *dq, real *dk, real *dv,
                        struct attention_tape *tape);

#endif
