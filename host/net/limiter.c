// SPDX-License-Identifier: Apache-2.0
/* limiter: see the header.
 *
 * The window is cut into twenty slices. A bucket counts the slice of now and the twenty before it,
 * a stretch that is at least one window long wherever in its slice now is; so no stretch of window
 * length ever holds more than the bucket allowed, at the price of lending out up to 5 % later than
 * a venue would. */
#include "net/limiter.h"

#define RING (LIMITER_SLICES + 1)

static int64_t slice_ns(const struct limiter_bucket *bucket)
{
    return (bucket->rule.window_ns + LIMITER_SLICES - 1) / LIMITER_SLICES;
}

/* Forgets what has left the window. A now before the newest slice changes nothing. */
static void turn(struct limiter_bucket *bucket, int64_t now)
{
    int64_t slice = now / slice_ns(bucket);
    int64_t gone = slice - bucket->slice;

    if (gone <= 0)
        return;
    if (gone >= RING) {
        memset(bucket->spent, 0, sizeof(bucket->spent));
        bucket->total = 0;
    }
    for (int64_t i = 0; i < gone && bucket->total != 0; i++) {
        uint32_t *at = &bucket->spent[(slice - i) % RING];
        bucket->total -= *at;
        *at = 0;
    }
    bucket->slice = slice;
}

static uint32_t *newest(struct limiter_bucket *bucket)
{
    return &bucket->spent[bucket->slice % RING];
}

/* What may be used of the limit when nothing is wrong. */
static uint32_t full_share(const struct limiter_bucket *bucket)
{
    uint64_t share = (uint64_t)bucket->rule.capacity * bucket->rule.share_ppm / 1000000;

    return share ? (uint32_t)share : 1;
}

/* 10 %, rounded up so that a small limit keeps at least one. */
static uint32_t reserve_of(uint32_t share)
{
    return (share + 9) / 10;
}

static uint32_t class_share(uint32_t share, enum limiter_class class)
{
    uint32_t kept = reserve_of(share) * (uint32_t) class;

    // A limit too small to keep anything back is everybody's.
    if (kept >= share)
        kept = share - 1;
    return share - kept;
}

static uint32_t share_now(struct limiter_bucket *bucket, int64_t now)
{
    uint32_t share = full_share(bucket);
    int64_t age_ns;

    if (!bucket->is_slow)
        return share;
    age_ns = now - bucket->slow_since;
    if (age_ns >= LIMITER_RECOVER_NS) {
        bucket->is_slow = 0;
        return share;
    }
    if (age_ns < 0)
        age_ns = 0;
    // Half, and the other half in proportion to the minute gone by; never so little that a single
    // request cannot pass.
    share = (uint32_t)((uint64_t)share * (uint64_t)(LIMITER_RECOVER_NS + age_ns) /
                       (2 * (uint64_t)LIMITER_RECOVER_NS));
    return share ? share : 1;
}

/* Stops and bans that have run out turn into half speed from the moment they ended. */
static void expire(struct limiter *limiter, int64_t now)
{
    int is_over = limiter->is_banned && now >= limiter->ban_until;

    for (uint32_t i = 0; i < limiter->n_buckets; i++) {
        struct limiter_bucket *bucket = &limiter->buckets[i];
        if (is_over) {
            bucket->is_slow = 1;
            bucket->slow_since = limiter->ban_until;
        }
        if (bucket->is_stopped && now >= bucket->stop_until) {
            bucket->is_stopped = 0;
            if (!bucket->is_slow || bucket->slow_since < bucket->stop_until)
                bucket->slow_since = bucket->stop_until;
            bucket->is_slow = 1;
        }
        turn(bucket, now);
    }
    if (is_over)
        limiter->is_banned = 0;
}

void limiter_init(struct limiter *limiter)
{
    memset(limiter, 0, sizeof *limiter);
}

int limiter_add(struct limiter *limiter, const struct limiter_rule *rule, int64_t now)
{
    struct limiter_bucket *bucket;

    if (rule->window_ns <= 0 || rule->capacity == 0 || rule->share_ppm > 1000000 || now < 0)
        return AGON_EINVAL;
    if (limiter->n_buckets == LIMITER_BUCKETS)
        return AGON_ENOSPC;
    bucket = &limiter->buckets[limiter->n_buckets];
    memset(bucket, 0, sizeof *bucket);
    bucket->rule = *rule;
    if (bucket->rule.share_ppm == 0)
        bucket->rule.share_ppm = LIMITER_SHARE_PPM;
    bucket->slice = now / slice_ns(bucket);
    return (int)limiter->n_buckets++;
}

/* The first moment at which spent weight beyond room has left the window. */
static int64_t when_free(const struct limiter_bucket *bucket, uint32_t room)
{
    uint32_t left = bucket->total;

    for (int64_t slice = bucket->slice - LIMITER_SLICES; slice <= bucket->slice; slice++) {
        if (left <= room)
            return (slice + LIMITER_SLICES) * slice_ns(bucket);
        left -= slice < 0 ? 0 : bucket->spent[slice % RING];
    }
    return (bucket->slice + RING) * slice_ns(bucket);
}

int limiter_take(struct limiter *limiter, int64_t now, enum limiter_class class,
                 const uint32_t *cost, uint32_t n_costs, int64_t *retry_ns)
{
    int64_t retry = now;

    REQUIRE(n_costs <= limiter->n_buckets && class <= LIMITER_OTHER);
    expire(limiter, now);
    if (limiter->is_banned)
        retry = limiter->ban_until;
    for (uint32_t i = 0; i < n_costs; i++) {
        struct limiter_bucket *bucket = &limiter->buckets[i];
        uint32_t share;
        if (cost[i] == 0)
            continue;
        if (cost[i] > class_share(full_share(bucket), class))
            return AGON_ERANGE;
        if (bucket->is_stopped && bucket->stop_until > retry)
            retry = bucket->stop_until;
        share = class_share(share_now(bucket, now), class);
        // At half speed what is dearer than the slowed share may still pass an empty bucket.
        if (share < cost[i] && bucket->total == 0)
            continue;
        if (bucket->total > share || cost[i] > share - bucket->total) {
            int64_t free_at = when_free(bucket, share < cost[i] ? 0 : share - cost[i]);
            if (free_at <= now)
                free_at = now + 1;
            if (free_at > retry)
                retry = free_at;
        }
    }
    if (retry > now) {
        limiter->refused[class]++;
        if (retry_ns)
            *retry_ns = retry;
        return AGON_EAGAIN;
    }
    for (uint32_t i = 0; i < n_costs; i++) {
        *newest(&limiter->buckets[i]) += cost[i];
        limiter->buckets[i].total += cost[i];
    }
    return AGON_OK;
}

void limiter_undo(struct limiter *limiter, int64_t now, const uint32_t *cost, uint32_t n_costs)
{
    REQUIRE(n_costs <= limiter->n_buckets);
    expire(limiter, now);
    for (uint32_t i = 0; i < n_costs; i++) {
        struct limiter_bucket *bucket = &limiter->buckets[i];
        uint32_t left = cost[i];
        // It was taken in the newest slice, or in one shortly before.
        for (int64_t back = 0; back <= LIMITER_SLICES && left && back <= bucket->slice; back++) {
            uint32_t *at = &bucket->spent[(bucket->slice - back) % RING];
            uint32_t part = *at < left ? *at : left;
            *at -= part;
            bucket->total -= part;
            left -= part;
        }
    }
}

void limiter_used(struct limiter *limiter, int64_t now, uint32_t bucket, uint32_t used)
{
    struct limiter_bucket *at;

    REQUIRE(bucket < limiter->n_buckets);
    at = &limiter->buckets[bucket];
    expire(limiter, now);
    // A count beyond anything the venue allows would only delay us for ever: book the limit.
    if (used > at->rule.capacity)
        used = at->rule.capacity;
    if (used > at->total) {
        *newest(at) += used - at->total;
        at->total = used;
    }
}

void limiter_capacity(struct limiter *limiter, int64_t now, uint32_t bucket, uint32_t capacity)
{
    REQUIRE(bucket < limiter->n_buckets);
    expire(limiter, now);
    if (capacity > 0)
        limiter->buckets[bucket].rule.capacity = capacity;
}

void limiter_stop(struct limiter *limiter, int64_t now, uint32_t bucket, int64_t until)
{
    struct limiter_bucket *at;

    REQUIRE(bucket < limiter->n_buckets);
    at = &limiter->buckets[bucket];
    expire(limiter, now);
    if (until == 0)
        until = now + at->rule.window_ns;
    if (!at->is_stopped || until > at->stop_until)
        at->stop_until = until;
    at->is_stopped = 1;
}

void limiter_ban(struct limiter *limiter, int64_t now, int64_t until)
{
    expire(limiter, now);
    if (!limiter->is_banned || until > limiter->ban_until)
        limiter->ban_until = until;
    limiter->is_banned = 1;
}

int limiter_is_banned(const struct limiter *limiter, int64_t now)
{
    return limiter->is_banned && now < limiter->ban_until;
}

uint32_t limiter_free(struct limiter *limiter, int64_t now, uint32_t bucket,
                      enum limiter_class class)
{
    struct limiter_bucket *at;
    uint32_t share;

    REQUIRE(bucket < limiter->n_buckets && class <= LIMITER_OTHER);
    at = &limiter->buckets[bucket];
    expire(limiter, now);
    if (limiter->is_banned || at->is_stopped)
        return 0;
    share = class_share(share_now(at, now), class);
    return share > at->total ? share - at->total : 0;
}
