// SPDX-License-Identifier: Apache-2.0
#include "agent/core_choice.h"

static void try_on(struct core_choice *choice, int is_one)
{
    choice->is_one = is_one;
    choice->is_trying = 1;
    choice->left = CORE_CHOICE_TRY;
}

static void hold_on(struct core_choice *choice, int is_one)
{
    choice->is_one = is_one;
    choice->is_trying = 0;
    choice->left = choice->hold;
    if (choice->hold < CORE_CHOICE_MOST)
        choice->hold *= 2;
}

void core_choice_next(struct core_choice *choice, int64_t now_ns, int64_t cheap_ns)
{
    int is_one = choice->is_one;
    int64_t *cost_ns = choice->cost_ns;

    if (!choice->is_begun) {
        choice->is_begun = 1;
        choice->hold = CORE_CHOICE_HOLD;
        try_on(choice, 1);
    } else if (!choice->is_trying) {
        cost_ns[0] = cost_ns[1] = 0;
        try_on(choice, is_one);
    } else {
        cost_ns[is_one] = (now_ns - choice->began_ns) / CORE_CHOICE_TRY + 1;
        if (is_one && cost_ns[1] < cheap_ns)
            hold_on(choice, 1);
        else if (cost_ns[!is_one] == 0)
            try_on(choice, !is_one);
        else
            hold_on(choice, cost_ns[1] < cost_ns[0]);
    }
    choice->began_ns = now_ns;
}
