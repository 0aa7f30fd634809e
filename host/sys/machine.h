// SPDX-License-Identifier: Apache-2.0
/* machine: what a process takes from the machine it runs on, other than bytes: clocks, randomness,
 * sleep. A simulation puts its own in their place, for the whole process, and then time is what it
 * says, dice fall as its seed wants, and who sleeps gives way to it. Bytes (files, connections) go
 * through ports of their own (base/disk.h, net/stream.h). */
#ifndef SYS_MACHINE_H
#define SYS_MACHINE_H

#include <stdatomic.h>

#include <agon/types.h>

struct machine {
    void *ctx;
    int64_t (*mono)(void *ctx);   /* never goes back */
    agon_ns_t (*wall)(void *ctx); /* UTC, may step */
    void (*random)(void *ctx, void *bytes, size_t n);
    /* As futex_wait: gives way until the word is another, or the time has passed. */
    int (*wait)(void *ctx, const _Atomic uint32_t *word, uint32_t expected, int64_t timeout_ns);
};
/* NULL: the real one again. While no other thread runs. */
void machine_set(const struct machine *machine);
const struct machine *machine_simulated(void); /* NULL: it is the real one. [any] */

#endif
