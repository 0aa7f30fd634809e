// SPDX-License-Identifier: Apache-2.0
#include "sys/futex.h"

#include <errno.h>
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

void futex_wake(const _Atomic uint32_t *word, int n)
{
    if (machine_simulated() != NULL)
        return; // it looks at the words itself
    (void)syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}
