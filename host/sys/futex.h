// SPDX-License-Identifier: Apache-2.0
/* futex: sleeping on a word of memory, also on one that two processes share. [any] */
#ifndef SYS_FUTEX_H
#define SYS_FUTEX_H

#include <stdatomic.h>

#include <agon/types.h>

/* Sleeps while *word is expected, at most timeout_ns (negative: without end). AGON_OK: woken, the
 * word had changed, or a signal came; look again. AGON_ETIME. */
int futex_wait(const _Atomic uint32_t *word, uint32_t expected, int64_t timeout_ns);
struct futex_word {
    const _Atomic uint32_t *word;
    uint32_t expected;
};
#define FUTEX_WORDS 128
/* The same on n words (1 to FUTEX_WORDS), until the first of them moves. Where the kernel has no
 * such call (before Linux 5.16), and in a simulation, only the first word counts: AGON_ENOTSUP says
 * that the others were not looked at. */
int futex_wait_any(const struct futex_word *words, uint32_t n, int64_t timeout_ns);
/* Wakes up to n sleepers. */
void futex_wake(const _Atomic uint32_t *word, int n);
/* Several sleep on one word, each with bits (never 0) of its own, without a time limit; wake wakes
 * all that have one of bits, by one call. The word may lie in memory that a sleeper can only read.
 * futex_wake wakes any. */
void futex_wait_bits(const _Atomic uint32_t *word, uint32_t expected, uint32_t bits);
void futex_wake_bits(const _Atomic uint32_t *word, uint32_t bits);

#endif
