// SPDX-License-Identifier: Apache-2.0
/* core_choice: on which cores, where more processes take turns than there are cores.
 *
 * A wake from one core to another costs many times a switch on one (in a virtual machine most), so
 * that children with little to do are faster on one core, or on two that each wake their own;
 * children with much to do are not. Which it is is measured, now and then, over some steps of each.
 * Nothing but the clock is looked at, and nothing but time depends on it. [core] */
#ifndef AGENT_CORE_CHOICE_H
#define AGENT_CORE_CHOICE_H

#include <stdint.h>

#define CORE_CHOICE_ROUNDS 3    /* of each so many stretches are measured, and the median counts: */
#define CORE_CHOICE_LOOK   32   /* steps of the first */
#define CORE_CHOICE_TRY    64   /* ... and of the others; what was far from the best has none */
#define CORE_CHOICE_HOLD   8192 /* steps that a choice stands at first, each time twice as many, */
#define CORE_CHOICE_MOST   1048576 /* and at most */

enum core_kind { CORES_ALL = 0, CORES_ONE = 1, CORES_HALVES = 2, CORE_KINDS };

struct core_choice {     /* zeroed */
    enum core_kind kind; /* what was chosen last */
    int is_trying;
    uint32_t left, hold; /* steps */
    uint32_t n_steps;    /* of this stretch so far */
    int64_t began_ns;
    uint32_t n_tried;
    int64_t cost_ns[CORE_KINDS][CORE_CHOICE_ROUNDS]; /* of a step */
};

/* The steps of a stretch have been, or some more: it ends, and the next begins, where all is done.
 */
void core_choice_next(struct core_choice *choice, int64_t now_ns);
/* One step more. True: core_choice_next is to be called. */
static inline int core_choice_step(struct core_choice *choice)
{
    choice->n_steps++;
    if (choice->left > 0)
        choice->left--;
    return choice->left == 0;
}

#endif
