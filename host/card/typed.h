// SPDX-License-Identifier: Apache-2.0
/* typed: what a worker takes of the kernels for float and for double; the rest of it is of neither.
 * [one thread] */
#ifndef CARD_TYPED_H
#define CARD_TYPED_H

#include "card/check.h"
#include "kernels/device.h"

struct card_typed {
    uint32_t bits;
    struct device *(*cpu)(uint32_t n_threads); /* NULL: no memory, no thread */
    /* The card's code is the one that the build put into the program. driver: NULL: the system's.
     */
    struct device *(*cuda)(uint32_t card, const char *driver, struct error *err);
    int (*check)(enum kernel kernel, void *args, const struct card_space *space,
                 struct card_ids *ids, struct error *err);
};
extern const struct card_typed card_typed_f32, card_typed_f64;

#endif
