// SPDX-License-Identifier: Apache-2.0
/* ext_exit: agon.exit/1. A plan is an intent like an order: what can never be right is refused in
 * the call, all the rest is for the engine, which trusts nothing of this. */
#include "agent/feed_state.h"
#include "exec/exit.h"

static int set(const struct agon_host *host, const struct agon_exit_plan *plan)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_EVENT, &rc);
    struct agon_exit_event record = {
        .hdr = {.type = AGON_EVENT_EXIT_PLAN, .granules = sizeof(record) / EVENT_GRANULE}};

    if (feed == NULL)
        return rc;
    if (plan == NULL || !exit_is_sane(plan) ||
        instruments_get(&feed->instruments, plan->instrument) == NULL)
        return AGON_EINVAL;
    if (!feed_has_room(feed, record.hdr.granules))
        return AGON_EAGAIN;
    record.hdr.instrument = plan->instrument;
    record.origin = feed_origin(feed, 0, 1);
    record.plan = *plan;
    feed_put(feed, &record.hdr);
    return AGON_OK;
}

static int plans(const struct agon_host *host, struct agon_exit *exits, uint32_t max)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    uint32_t n;

    if (feed == NULL)
        return rc;
    if (exits == NULL && max > 0)
        return AGON_EINVAL;
    n = feed->n_exits < max ? feed->n_exits : max;
    if (n > 0)
        memcpy(exits, feed->exits, n * sizeof(*exits));
    return (int)feed->n_exits;
}

const struct agon_host_exit ext_exit = {.set = set, .plans = plans};
