// SPDX-License-Identifier: Apache-2.0
/* ext_book: agon.book/1: the last TOP10, and with depth: full the book rebuilt here. */
#include "agent/feed_fold.h"
#include "agent/feed_state.h"

static int top(const struct agon_host *host, agon_instrument_t id, struct agon_top10 *out)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    int place;

    if (feed == NULL)
        return rc;
    if (out == NULL)
        return AGON_EINVAL;
    fold_late(feed);
    place = feed_place(feed, id);
    if (place < 0 || !feed->has_top[place])
        return AGON_ENOENT;
    *out = feed->tops[place];
    return AGON_OK;
}

static int levels(const struct agon_host *host, agon_instrument_t id, uint32_t side,
                  struct agon_level *out, uint32_t max)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    const struct agon_top10 *cached;
    uint32_t n;
    int place;

    if (feed == NULL)
        return rc;
    if ((side != AGON_BUY && side != AGON_SELL) || (out == NULL && max > 0))
        return AGON_EINVAL;
    place = feed_place(feed, id);
    if (place < 0)
        return AGON_ENOENT;
    if (feed->books[place]) {
        n = book_count(feed->books[place], side);
        n = n < max ? n : max;
        book_levels(feed->books[place], side, out, n);
        return (int)n;
    }
    fold_late(feed);
    if (!feed->has_top[place])
        return AGON_ENOENT;
    cached = &feed->tops[place];
    n = side == AGON_BUY ? cached->n_bid : cached->n_ask;
    n = n < max ? n : max;
    n = n < 10 ? n : 10;
    if (n > 0)
        memcpy(out, side == AGON_BUY ? cached->bid : cached->ask, n * sizeof(*out));
    return (int)n;
}

const struct agon_host_book ext_book = {.top = top, .levels = levels};
