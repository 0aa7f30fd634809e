// SPDX-License-Identifier: Apache-2.0
#include "sys/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sys/machine.h"

int futex_wait(const _Atomic uint32_t *word, uint32_t expected, int64_t timeout_ns)
{
    const struct machine *machine = machine_simulated();
    struct timespec limit = {.tv_sec = (time_t)(timeout_ns / 1000000000),
                             .tv_nsec = (long)(timeout_ns % 1000000000)};

    if (machine != NULL)
        return machine->wait(machine->ctx, word, expected, timeout_ns);
    // Not the private form: the sleeper may be in another process.
    if (syscall(SYS_futex, word, FUTEX_WAIT, expected, timeout_ns < 0 ? NULL : &limit, NULL, 0) !=
            0 &&
        errno == ETIMEDOUT)
        return AGON_ETIME;
    return AGON_OK;
}

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449 /* of every architecture */
#endif
struct waiter { /* as the kernel has it */
    uint64_t val, uaddr;
    uint32_t flags, reserved;
};
#define WAITER_U32 2u

int futex_wait_any(const struct futex_word *words, uint32_t n, int64_t timeout_ns)
{
    struct waiter waiters[FUTEX_WORDS];
    struct timespec until;
    int64_t ns;

    if (n > 1 && n <= FUTEX_WORDS && machine_simulated() == NULL) {
        for (uint32_t i = 0; i < n; i++)
            waiters[i] = (struct waiter){.val = words[i].expected,
                                         .uaddr = (uint64_t)(uintptr_t)words[i].word,
                                         .flags = WAITER_U32};
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        ns = until.tv_nsec + timeout_ns % 1000000000;
        until.tv_sec += (time_t)(timeout_ns / 1000000000 + ns / 1000000000);
        until.tv_nsec = (long)(ns % 1000000000);
        if (syscall(SYS_futex_waitv, waiters, n, 0, timeout_ns < 0 ? NULL : &until,
                    CLOCK_MONOTONIC) >= 0)
            return AGON_OK;
        if (errno == ETIMEDOUT)
            return AGON_ETIME;
        if (errno == EAGAIN || errno == EINTR)
            return AGON_OK;
    }
    if (n == 1)
        return futex_wait(words[0].word, words[0].expected, timeout_ns);
    (void)futex_wait(words[0].word, words[0].expected, timeout_ns);
    return AGON_ENOTSUP;
}

void futex_wake(const _Atomic uint32_t *word, int n)
{
    if (machine_simulated() != NULL)
        return; // it looks at the words itself
    (void)syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}

void futex_wait_bits(const _Atomic uint32_t *word, uint32_t expected, uint32_t bits)
{
    if (machine_simulated() != NULL)
        (void)futex_wait(word, expected, -1);
    else
        (void)syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected, NULL, NULL, bits);
}

void futex_wake_bits(const _Atomic uint32_t *word, uint32_t bits)
{
    if (machine_simulated() == NULL)
        (void)syscall(SYS_futex, word, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, bits);
}
