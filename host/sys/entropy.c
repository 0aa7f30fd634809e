// SPDX-License-Identifier: Apache-2.0
#include "sys/entropy.h"

#include <errno.h>
#include <sys/random.h>

#include "base/error.h"
#include "sys/machine.h"

void entropy_bytes(void *bytes, size_t n)
{
    const struct machine *machine = machine_simulated();
    unsigned char *at = bytes;

    if (machine != NULL) {
        machine->random(machine->ctx, bytes, n);
        return;
    }
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);

        // Linux gives randomness once it has booted; a host without it must not invent any.
        REQUIRE(got > 0 || errno == EINTR);
        if (got > 0) {
            at += got;
            n -= (size_t)got;
        }
    }
}

uint64_t entropy_u64(void)
{
    uint64_t value;

    entropy_bytes(&value, sizeof(value));
    return value;
}
