// SPDX-License-Identifier: Apache-2.0
/* machine: what a process takes from the machine it runs on, other than bytes: clocks, randomness,
 * sleep. A simulation puts its own in their place, for the whole process, and then time is what it
 * says, dice fall as its seed wants, and who sleeps gives way to it. Bytes (files, connections) go
 * through ports of their own (base/disk.h, net/stream.h). */
#ifndef SYS_MACHINE_H
#define SYS_MACHINE_H

#include <pthread.h>
#include <stdatomic.h>

#include <agon/types.h>

struct machine {
    void *ctx;
    int64_t (*mono)(void *ctx);   /* never goes back */
    agon_ns_t (*wall)(void *ctx); /* UTC, may step */
    void (*random)(void *ctx, void *bytes, size_t n);
    /* As futex_wait: gives way until the word is another, or the time has passed. */
    int (*wait)(void *ctx, const _Atomic uint32_t *word, uint32_t expected, int64_t timeout_ns);
    /* Threads that take turns by its order; an id, or AGON_E... */
    int64_t (*start)(void *ctx, void *(*main)(void *), void *arg);
    void (*join)(void *ctx, int64_t id); /* gives way until it has ended */
};
/* NULL: the real one again. While no other thread runs. */
void machine_set(const struct machine *machine);
const struct machine *machine_simulated(void); /* NULL: it is the real one. [any] */

struct machine_thread {
    pthread_t real;
    int64_t id; /* of a simulated one */
};
/* AGON_EIO: none could be started. [any] */
int machine_start(struct machine_thread *thread, void *(*main)(void *), void *arg);
void machine_join(struct machine_thread *thread);
/* Who never sleeps gives a simulated machine its turn. Costs nothing on a real one. [any] */
void machine_breathe(void);

#endif
