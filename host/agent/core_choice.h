// SPDX-License-Identifier: Apache-2.0
/* core_choice: on one core or on all, where more processes take turns than there are cores.
 *
 * A wake from one core to another costs many times a switch on one (in a virtual machine most), so
 * that children with little to do are faster on one core; children with much to do are not. Which
 * it is is measured, now and then, over some steps of each. Nothing but the clock is looked at, and
 * nothing but time depends on it. [core] */
#ifndef AGENT_CORE_CHOICE_H
#define AGENT_CORE_CHOICE_H

#include <stdint.h>

#define CORE_CHOICE_TRY  128     /* steps that are measured */
#define CORE_CHOICE_HOLD 8192    /* steps that a choice stands at first, each time twice as many, */
#define CORE_CHOICE_MOST 1048576 /* and at most */

struct core_choice { /* zeroed */
    int is_one;      /* what was chosen last */
    int is_begun, is_trying;
    uint32_t left, hold; /* steps */
    int64_t began_ns;
    int64_t cost_ns[2]; /* of a step on all cores, on one; 0: not measured */
};

/* The steps of a stretch have been. cheap_ns: on one core a step that takes less is taken as it is,
 * without a look at all cores; 0: none is. */
void core_choice_next(struct core_choice *choice, int64_t now_ns, int64_t cheap_ns);
/* One step more. True: core_choice_next is to be called. */
static inline int core_choice_step(struct core_choice *choice)
{
    if (choice->left > 0)
        choice->left--;
    return choice->left == 0;
}

#endif
