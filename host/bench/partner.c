// SPDX-License-Identifier: Apache-2.0
#include "bench/partner.h"

#include <sched.h>

#include "sys/futex.h"

#define PATIENCE 2000 /* empty looks before the core is given away */
#define LOOKS    400000

void partner_yield(uint32_t *idle)
{
    if (++*idle % PATIENCE == 0)
        sched_yield();
}

static void wait_beyond(const _Atomic uint32_t *word, uint32_t old)
{
    uint32_t idle = 0;

    while (atomic_load_explicit(word, memory_order_acquire) == old) {
        if (idle < LOOKS)
            partner_yield(&idle);
        else
            (void)futex_wait(word, old, -1);
    }
}

static void *run(void *ctx)
{
    struct partner *partner = ctx;

    for (uint32_t turn = 0;; turn++) {
        wait_beyond(&partner->asked, turn);
        if (atomic_load(&partner->is_over))
            return NULL;
        partner->run(partner->ctx);
        atomic_store_explicit(&partner->done, turn + 1, memory_order_release);
        futex_wake(&partner->done, 1);
    }
}

int partner_start(struct partner *partner, void (*half)(void *ctx), void *ctx)
{
    partner->run = half;
    partner->ctx = ctx;
    partner->is_running = pthread_create(&partner->thread, NULL, run, partner) == 0;
    return partner->is_running ? AGON_OK : AGON_EIO;
}

void partner_ask(struct partner *partner)
{
    atomic_fetch_add_explicit(&partner->asked, 1, memory_order_release);
    futex_wake(&partner->asked, 1);
}

void partner_wait(struct partner *partner)
{
    wait_beyond(&partner->done, atomic_load(&partner->asked) - 1);
}

void partner_stop(struct partner *partner)
{
    if (!partner->is_running)
        return;
    atomic_store(&partner->is_over, 1);
    partner_ask(partner);
    pthread_join(partner->thread, NULL);
    partner->is_running = 0;
}
