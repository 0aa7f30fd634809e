// SPDX-License-Identifier: Apache-2.0
#include "agent/core_choice.h"

/* What takes so many times the least at first is not tried again. */
#define HOPELESS 3

static int64_t median(const int64_t cost_ns[CORE_CHOICE_ROUNDS])
{
    int64_t a = cost_ns[0], b = cost_ns[1], c = cost_ns[2];
    int64_t low = a < b ? a : b, high = a < b ? b : a;

    return c < low ? low : c > high ? high : c;
}

static int is_hopeless(const struct core_choice *choice, enum core_kind kind)
{
    for (enum core_kind other = CORES_ALL; other < CORE_KINDS; other++)
        if (choice->cost_ns[kind][0] > HOPELESS * choice->cost_ns[other][0])
            return 1;
    return 0;
}

static uint32_t steps_of(uint32_t round)
{
    return round == 0 ? CORE_CHOICE_LOOK : CORE_CHOICE_TRY;
}

/* The next of the round; false: all rounds have been. */
static int try_next(struct core_choice *choice)
{
    for (; choice->n_tried < CORE_KINDS * CORE_CHOICE_ROUNDS; choice->n_tried++) {
        enum core_kind kind = (CORES_ONE + choice->n_tried) % CORE_KINDS;
        uint32_t round = choice->n_tried / CORE_KINDS;

        if (round > 0 && is_hopeless(choice, kind)) {
            choice->cost_ns[kind][round] = choice->cost_ns[kind][0];
            continue;
        }
        choice->kind = kind;
        choice->is_trying = 1;
        choice->left = steps_of(round);
        return 1;
    }
    return 0;
}

static void hold_on(struct core_choice *choice)
{
    for (enum core_kind kind = CORES_ALL; kind < CORE_KINDS; kind++)
        if (median(choice->cost_ns[kind]) < median(choice->cost_ns[choice->kind]))
            choice->kind = kind;
    choice->is_trying = 0;
    choice->left = choice->hold;
    if (choice->hold < CORE_CHOICE_MOST)
        choice->hold *= 2;
}

void core_choice_next(struct core_choice *choice, int64_t now_ns)
{
    if (choice->is_trying) {
        uint32_t round = choice->n_tried / CORE_KINDS;

        choice->cost_ns[choice->kind][round] = (now_ns - choice->began_ns) / choice->n_steps + 1;
        choice->n_tried++;
    } else {
        choice->n_tried = 0;
        if (choice->hold == 0)
            choice->hold = CORE_CHOICE_HOLD;
    }
    if (!try_next(choice))
        hold_on(choice);
    choice->began_ns = now_ns;
    choice->n_steps = 0;
}
