// SPDX-License-Identifier: Apache-2.0
/* check: is a call of a kernel one that touches nothing but its own memory? Asked of each call of a
 * job before any of them runs. What its contract (kernels/args.h) forbids is refused too where a
 * result would depend on chance: an output over an input. What stands in memory is asked when the
 * call's turn has come: the ids of an embedding. [any] */
#ifndef CARD_CHECK_H
#define CARD_CHECK_H

#include "base/error.h"
#include "card/wire.h"
#include "kernels/args.h"

/* Names carry the type (kernels/real.h). */
#define card_check      TYPED(card_check)
#define card_check_call TYPED(card_check_call)

/* Where the two ranges of a job lie on the device. */
struct card_space {
    unsigned char *memory, *resident;
    uint64_t n_memory, n_resident;
};
/* Rows of a table that ids choose: no id may be n or more. */
struct card_ids {
    const uint32_t *ids; /* on the device; NULL: this kernel has none */
    uint32_t n, below;
};
/* args: a copy of a call's, whose pointers become the device's own. AGON_EINVAL, AGON_ERANGE. */
int card_check(enum kernel kernel, void *args, const struct card_space *space, struct card_ids *ids,
               struct error *err);
/* The same of a copy of a whole call, whose bytes behind its arguments are 0. */
int card_check_call(struct card_call *call, const struct card_space *space, struct card_ids *ids,
                    struct error *err);

#endif
