// SPDX-License-Identifier: Apache-2.0
#include "sys/machine.h"

#include "sys/memory.h"

#define BREATH_NS 20000

static const struct machine *simulated;

void machine_set(const struct machine *machine)
{
    simulated = machine;
}

const struct machine *machine_simulated(void)
{
    return simulated;
}

int machine_start(struct machine_thread *thread, void *(*main)(void *), void *arg)
{
    if (simulated == NULL) {
        if (pthread_create(&thread->real, NULL, main, arg) != 0)
            return AGON_EIO;
        memory_spare_stack(thread->real);
        return AGON_OK;
    }
    thread->id = simulated->start(simulated->ctx, main, arg);
    return thread->id < 0 ? AGON_EIO : AGON_OK;
}

void machine_join(struct machine_thread *thread)
{
    if (simulated == NULL)
        (void)pthread_join(thread->real, NULL);
    else
        simulated->join(simulated->ctx, thread->id);
}

void machine_breathe(void)
{
    static const _Atomic uint32_t never;

    if (simulated != NULL)
        (void)simulated->wait(simulated->ctx, &never, 0, BREATH_NS);
}
