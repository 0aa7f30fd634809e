// SPDX-License-Identifier: Apache-2.0
/* ext_rng: agon.rng/1. A draw is a hash of where it is made; nothing has to be handed over. */
#include "agent/feed_state.h"
#include "base/rng.h"

static uint64_t u64(const struct agon_host *host, uint32_t stream)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_START | FEED_EVENT, &rc);
    uint32_t i = 0;

    if (feed == NULL)
        return 0;
    while (i < feed->n_streams && feed->streams[i].stream != stream)
        i++;
    if (i == FEED_STREAMS_MAX)
        return 0;
    if (i == feed->n_streams)
        feed->streams[feed->n_streams++] = (struct feed_stream){.stream = stream};
    return rng_at(feed->setup.head.slot.seed, feed->setup.head.slot.slot, stream, feed->nth,
                  feed->streams[i].k++);
}

const struct agon_host_rng ext_rng = {.u64 = u64};
