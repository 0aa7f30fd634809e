// SPDX-License-Identifier: Apache-2.0
/* script: what a scripted device is to fail of: its words, read and judged where a roster is, and
 * again where the worker begins.
 *
 * A script is a list of "LIFE OP COUNT WHAT", commas between: in that life of the worker (from 1
 * on; 0: each), at the COUNT-th OP (from 1 on; 0: each), WHAT happens. OP: start (1: of float, 2:
 * of double), alloc, pin, write, run, read, clear, wait. WHAT: fail (it says so), hang (it does not
 * come back), die (the process ends), slow=MS (it takes so much longer), wrong (one bit of what is
 * read is another). And "LIFE heat COUNT C": from the COUNT-th run on it has C degrees; "LIFE look
 * COUNT C": from the COUNT-th time on that somebody looks. [any] */
#ifndef CARD_SCRIPT_H
#define CARD_SCRIPT_H

#include "base/error.h"

#define CARD_STEPS_MAX 64 /* of a script */

enum card_op {
    CARD_OP_START,
    CARD_OP_ALLOC,
    CARD_OP_PIN,
    CARD_OP_WRITE,
    CARD_OP_RUN,
    CARD_OP_READ,
    CARD_OP_CLEAR,
    CARD_OP_WAIT,
    CARD_OP_HEAT,
    CARD_OP_LOOK,
    CARD_OPS
};
enum card_what {
    CARD_WHAT_FAIL,
    CARD_WHAT_HANG,
    CARD_WHAT_DIE,
    CARD_WHAT_SLOW,
    CARD_WHAT_WRONG,
    CARD_WHAT_DEGREES,
    CARD_WHATS
};
struct card_step {
    uint32_t life, count;
    uint32_t ms; /* of CARD_WHAT_SLOW; of CARD_WHAT_DEGREES how many */
    enum card_op op;
    enum card_what what;
};
/* How many steps a script has, in steps. AGON_EINVAL: which words are not one, and what would be.
 */
int card_steps_read(const char *text, struct card_step steps[CARD_STEPS_MAX], struct error *err);

#endif
