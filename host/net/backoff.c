// SPDX-License-Identifier: Apache-2.0
/* backoff: see the header. At the cap the delay varies by 2.5 % downwards: enough that many
 * connections lost together do not stay together, little enough that an hour of refusals holds at
 * most 135 attempts. */
#include "net/backoff.h"

void backoff_up(struct backoff *backoff, int64_t now)
{
    if (backoff->is_up)
        return;
    backoff->is_up = 1;
    backoff->up_ns = now;
}

void backoff_answered(struct backoff *backoff)
{
    backoff->delay_ns = 0;
    backoff->attempts = 0;
}

void backoff_near(struct backoff *backoff)
{
    backoff->attempts = 0;
    if (backoff->delay_ns > BACKOFF_SOON_NS)
        backoff->delay_ns = BACKOFF_SOON_NS;
}

int64_t backoff_down(struct backoff *backoff, int64_t now, uint64_t random)
{
    int64_t jitter_ns = (int64_t)(random % (uint64_t)(BACKOFF_CAP_NS / 40));

    if (backoff->is_up && now - backoff->up_ns >= BACKOFF_HEALTHY_NS) {
        backoff->delay_ns = 0;
        backoff->attempts = 0;
    }
    backoff->is_up = 0;
    if (backoff->delay_ns == 0) {
        uint64_t span = (uint64_t)(BACKOFF_FIRST_MAX_NS - BACKOFF_FIRST_MIN_NS) + 1;
        backoff->delay_ns = BACKOFF_FIRST_MIN_NS + (int64_t)(random % span);
    } else {
        backoff->delay_ns *= 2;
        if (backoff->attempts < BACKOFF_SOON && backoff->delay_ns > BACKOFF_SOON_NS)
            backoff->delay_ns = BACKOFF_SOON_NS;
        if (backoff->delay_ns > BACKOFF_CAP_NS)
            backoff->delay_ns = BACKOFF_CAP_NS;
    }
    if (backoff->attempts < UINT32_MAX)
        backoff->attempts++;
    return backoff->delay_ns == BACKOFF_CAP_NS ? BACKOFF_CAP_NS - jitter_ns : backoff->delay_ns;
}
