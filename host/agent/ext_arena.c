// SPDX-License-Identifier: Apache-2.0
/* ext_arena: agon.arena/1. */
#include "agent/feed_state.h"

static void *take(const struct agon_host *host, uint64_t bytes, uint64_t align)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_CREATE | FEED_START, &rc);

    if (feed == NULL || bytes == 0 || align == 0 || align > 4096 || (align & (align - 1)) != 0)
        return NULL;
    return feed_take(feed, bytes, align);
}

const struct agon_host_arena ext_arena = {.take = take};
