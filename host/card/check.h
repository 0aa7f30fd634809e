// SPDX-License-Identifier: Apache-2.0
/* check: is a call of a kernel one that touches nothing but its own memory? Asked of each call of a
 * job before any of them runs. What its contract (kernels/args.h) forbids is refused too where a
 * result would depend on chance: an output over an input. What stands in memory is asked when the
 * call's turn has come: the ids of an embedding, the pairs of a sweep. [any] */
#ifndef CARD_CHECK_H
#define CARD_CHECK_H

#include "base/error.h"
#include "card/wire.h"
#include "kernels/args.h"

/* Names carry the type (kernels/real.h). */
#define card_check      TYPED(card_check)
#define card_check_call TYPED(card_check_call)

/* Where the two ranges of a job lie on the device. */
struct card_block { /* of a session (session.h): its addresses are the device's own */
    uint64_t at, bytes;
};
struct card_space {
    unsigned char *memory, *resident;
    uint64_t n_memory, n_resident;
    const struct card_block *blocks; /* instead of the ranges, where n_blocks is not 0 */
    uint32_t n_blocks;
};
/* The one that these bytes lie in; NULL: none. */
static inline const struct card_block *card_block_of(const struct card_block *blocks, uint32_t n,
                                                     uint64_t at, uint64_t bytes)
{
    for (uint32_t i = 0; i < n; i++)
        if (at >= blocks[i].at && at - blocks[i].at <= blocks[i].bytes &&
            bytes <= blocks[i].bytes - (at - blocks[i].at))
            return &blocks[i];
    return NULL;
}
/* Rows of a table that ids choose: no id may be `below` or more. */
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
