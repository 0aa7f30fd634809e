// SPDX-License-Identifier: Apache-2.0
#include "agent/watchdog.h"

int64_t watchdog_blocked_ns(const struct watchdog *dog)
{
    return 50 * dog->hard_ns > WATCHDOG_BLOCKED_NS ? 50 * dog->hard_ns : WATCHDOG_BLOCKED_NS;
}

int64_t watchdog_order_ns(const struct watchdog *dog)
{
    int64_t blocked_ns = watchdog_blocked_ns(dog);

    return blocked_ns > WATCHDOG_ORDER_NS ? blocked_ns : WATCHDOG_ORDER_NS;
}

/* Callbacks of one event may be many, each of them short: together they have their time too. */
static int has_moved(const struct watchdog *dog, const struct watchdog_seen *seen, int64_t mono_ns)
{
    if (seen->done_seq != dog->done_seq)
        return 1;
    return seen->enter != dog->enter && mono_ns - dog->step_ns <= WATCHDOG_STEP * dog->hard_ns;
}

/* What went by while nobody looked is no time in which the child could have got on. */
static void pass_over(struct watchdog *dog, int64_t mono_ns)
{
    int64_t gap_ns = mono_ns - dog->look_ns - WATCHDOG_GAP_NS;

    dog->look_ns = mono_ns;
    if (!dog->has_looked || gap_ns <= 0)
        return;
    dog->step_ns += gap_ns;
    dog->since_ns += gap_ns;
    dog->owes_ns += gap_ns;
}

enum watchdog_word watchdog_look(struct watchdog *dog, const struct watchdog_seen *seen,
                                 int64_t mono_ns, int64_t (*cpu)(void *ctx), void *ctx)
{
    int is_idle = seen->done_seq == seen->published && seen->enter == seen->exit;

    if (seen->done_seq > seen->published)
        return WATCHDOG_FORGED;
    pass_over(dog, mono_ns);
    if (!seen->owes || !dog->has_looked)
        dog->owes_ns = mono_ns;
    if (mono_ns - dog->owes_ns > watchdog_order_ns(dog))
        return WATCHDOG_OWES;
    if (is_idle || !dog->has_looked || seen->done_seq != dog->done_seq)
        dog->step_ns = mono_ns;
    if (is_idle || !dog->has_looked || has_moved(dog, seen, mono_ns)) {
        dog->has_looked = 1;
        dog->done_seq = seen->done_seq;
        dog->enter = seen->enter;
        dog->since_ns = mono_ns;
        dog->cpu_ns = -1;
        return WATCHDOG_WELL;
    }
    if (dog->cpu_ns < 0)
        dog->cpu_ns = cpu(ctx);
    if (mono_ns - dog->since_ns <= dog->hard_ns)
        return WATCHDOG_WELL;
    if (cpu(ctx) - dog->cpu_ns >= dog->hard_ns)
        return WATCHDOG_HUNG;
    return mono_ns - dog->since_ns > watchdog_blocked_ns(dog) ? WATCHDOG_BLOCKED : WATCHDOG_WELL;
}
