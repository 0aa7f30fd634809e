// SPDX-License-Identifier: Apache-2.0
/* martingale: tables of bars or trades in which nothing can be won. The price is a symmetric random
 * walk on the tick grid, sampled as a recorder samples: whoever knows the past knows nothing of the
 * next step's sign. What is not the sign is as in real tables, for whoever looks for a leak has to
 * find something: calm and lively stretches, volume and size that go with the size of the move, a
 * taker's side that goes with the last step, a finer quantity in the rows that lie below a price,
 * and neighbours of one seed that mostly move together, the later ones stamped half a row later.
 *
 * The seed decides every byte. Read back by the tape like any other table. [any] */
#ifndef LAB_MARTINGALE_H
#define LAB_MARTINGALE_H

#include <stdio.h>

#include "lab/tape.h"

#define MARTINGALE_STEPS 16 /* of the walk in a bar; an even number */

struct martingale {
    uint64_t seed;
    uint8_t kind;       /* TAPE_BARS or TAPE_TRADES */
    uint8_t is_even;    /* every row as lively as the next */
    uint32_t neighbour; /* 0: the first of its seed; others share most of its steps */
    uint32_t n_rows;
    agon_ns_t t_start;
    uint32_t length_s; /* of a bar; trades come about every second */
    int px_exp, qty_exp;
    agon_px_t start_px;
    agon_qty_t unit_qty; /* about what a bar's volume or a trade's size is */
};

/* Writes the table. AGON_EINVAL: a price, a quantity or a length that is not above 0; AGON_EIO. */
int martingale_write(const struct martingale *martingale, FILE *out);

#endif
