// SPDX-License-Identifier: Apache-2.0
#include "demo/promises.h"

#include <stdio.h>

int promises_judge(const struct promises *promises, struct error *err)
{
    char text[240] = "";
    size_t n = 0;

    if (promises->n_sent != promises->n_seen)
        n += (size_t)snprintf(
            text + n, sizeof(text) - n, "; an agent did not see every event: %llu sent, %llu seen",
            (unsigned long long)promises->n_sent, (unsigned long long)promises->n_seen);
    if (promises->n_given_faulty > 0)
        n += (size_t)snprintf(text + n, sizeof(text) - n,
                              "; a tournament gave capital to an agent after its fault, %u times",
                              promises->n_given_faulty);
    if (promises->is_replayed && !promises->is_same)
        n += (size_t)snprintf(text + n, sizeof(text) - n,
                              "; the replay ends in another state than the host");
    return n == 0 ? AGON_OK : error_set(err, AGON_ECORRUPT, "a promise is broken: %s", text + 2);
}
