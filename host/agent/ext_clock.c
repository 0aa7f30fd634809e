// SPDX-License-Identifier: Apache-2.0
/* ext_clock: agon.clock/1. A timer is a wish like an order: it is armed by the engine when the wish
 * gets there. The id is chosen here, so that arm can return it. */
#include "agent/feed_fold.h"

#define EVERY_MIN_NS 1000000

static agon_ns_t now(const struct agon_host *host)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);

    return feed ? feed->t : rc;
}

static void put(struct feed *feed, uint32_t id, int is_disarm, agon_ns_t at, agon_ns_t every_ns,
                uint64_t cookie)
{
    struct record_arm record = {
        .hdr = {.type = EVENT_ARM, .granules = sizeof(record) / EVENT_GRANULE},
        .origin = feed_origin(feed, 0, 1),
        .id = id,
        .is_disarm = (uint8_t)is_disarm,
        .t_at = at,
        .every_ns = every_ns,
        .cookie = cookie};

    feed_put(feed, &record.hdr);
}

static int arm(const struct agon_host *host, agon_ns_t at, agon_ns_t every_ns, uint64_t cookie)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_START | FEED_EVENT, &rc);
    uint32_t id;

    if (feed == NULL)
        return rc;
    if (at < 0 || every_ns < 0 || (every_ns > 0 && every_ns < EVERY_MIN_NS))
        return AGON_EINVAL;
    if (feed->n_timers == FEED_TIMERS_MAX || feed->next_timer > INT32_MAX)
        return AGON_ENOSPC;
    if (!feed_has_room(feed, sizeof(struct record_arm) / EVENT_GRANULE))
        return AGON_EAGAIN;
    id = feed->next_timer++;
    feed->timers[feed->n_timers++] = (struct feed_timer){.id = id, .is_periodic = every_ns > 0};
    put(feed, id, 0, at, every_ns, cookie);
    return (int)id;
}

static int disarm(const struct agon_host *host, uint32_t id)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_START | FEED_EVENT, &rc);
    struct feed_timer *timer;

    if (feed == NULL)
        return rc;
    timer = fold_timer(feed, id);
    if (timer == NULL)
        return AGON_ENOENT;
    if (!feed_has_room(feed, sizeof(struct record_arm) / EVENT_GRANULE))
        return AGON_EAGAIN;
    fold_timer_remove(feed, timer);
    put(feed, id, 1, 0, 0, 0);
    return AGON_OK;
}

const struct agon_host_clock ext_clock = {.now = now, .arm = arm, .disarm = disarm};
