// SPDX-License-Identifier: Apache-2.0
/* ext_metric: agon.metric/1. The values lie in the beat, where the host reads them. */
#include <math.h>

#include "agent/feed_state.h"

static int set(const struct agon_host *host, uint32_t id, double value, int is_added)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    uint64_t bits;
    double was;

    if (feed == NULL)
        return rc;
    if (id >= AGON_METRICS_MAX || !isfinite(value))
        return AGON_EINVAL;
    if (is_added) {
        bits = atomic_load_explicit(&feed->beat->metrics[id], memory_order_relaxed);
        memcpy(&was, &bits, sizeof(was));
        value += was;
        if (!isfinite(value)) // a sum beyond what a double has
            return AGON_EINVAL;
    }
    memcpy(&bits, &value, sizeof(bits));
    atomic_store_explicit(&feed->beat->metrics[id], bits, memory_order_relaxed);
    // Release: whoever sees that it is set sees what it was set to.
    atomic_store_explicit(&feed->beat->metrics_set,
                          atomic_load_explicit(&feed->beat->metrics_set, memory_order_relaxed) |
                              (uint32_t)1 << id,
                          memory_order_release);
    return AGON_OK;
}

static int gauge(const struct agon_host *host, uint32_t id, double value)
{
    return set(host, id, value, 0);
}

static int counter(const struct agon_host *host, uint32_t id, double add)
{
    return set(host, id, add, 1);
}

const struct agon_host_metric ext_metric = {.gauge = gauge, .counter = counter};
