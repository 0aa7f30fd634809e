// SPDX-License-Identifier: Apache-2.0
/* reel_book: the book of a recording whose stream brings it whole. It has a fixed number of levels:
 * of those that fall out of it the venue says nothing, and whoever plays it has to take them away.
 */
#include <stdlib.h>

#include "base/num.h"
#include "sim/reel_impl.h"

int reel_read_px(const struct source *source, const char *text, agon_px_t *px)
{
    int rc = num_parse(text, strlen(text), source->px_exp, px);

    if (rc >= 0 && !num_mul_checked(*px, num_pow10(REEL_EXP - source->px_exp), px))
        return AGON_ERANGE;
    return rc;
}

int reel_read_qty(struct source *source, const char *text, agon_qty_t *qty)
{
    int rc = num_parse_qty(text, strlen(text), source->qty_exp, qty);

    return reel_shown_qty(source, rc, rc == 1, qty);
}

// Where it stands, or would stand: bids from the highest down, asks from the lowest up.
static uint32_t place_of(const struct agon_level *levels, uint32_t n, int is_bid, agon_px_t px)
{
    uint32_t at = 0;

    while (at < n && (is_bid ? levels[at].px > px : levels[at].px < px))
        at++;
    return at;
}

static int change(struct agon_level *levels, uint32_t *n, int is_bid, struct agon_level to)
{
    uint32_t at = place_of(levels, *n, is_bid, to.px);
    int is_there = at < *n && levels[at].px == to.px;

    if (to.qty > 0 && !is_there) {
        if (*n == REEL_LEVELS)
            return AGON_ENOSPC;
        memmove(levels + at + 1, levels + at, (*n - at) * sizeof(*levels));
        ++*n;
    } else if (to.qty == 0 && is_there) {
        --*n;
        memmove(levels + at, levels + at + 1, (*n - at) * sizeof(*levels));
        return AGON_OK;
    } else if (to.qty == 0) {
        return AGON_OK;
    }
    levels[at] = to;
    return AGON_OK;
}

/* What lies behind the last that the venue tells of goes, and is said to. */
static void cut(struct reel_side *side, struct reel_side *said, uint32_t limit)
{
    while (side->n > limit && said->n < REEL_LEVELS) {
        said->levels[said->n] = side->levels[--side->n];
        said->levels[said->n++].qty = 0;
    }
}

int reel_book_take(struct reel_book *book, struct reel_book *said, int is_whole)
{
    struct reel_side *const sides[] = {&book->bid, &book->ask};
    struct reel_side *const from[] = {&said->bid, &said->ask};

    for (int i = 0; i < 2; i++) {
        sides[i]->n = is_whole ? 0 : sides[i]->n;
        for (uint32_t k = 0; k < from[i]->n; k++) {
            int rc = change(sides[i]->levels, &sides[i]->n, i == 0, from[i]->levels[k]);

            if (rc < 0)
                return rc;
        }
        cut(sides[i], from[i], book->limit);
    }
    return AGON_OK;
}

void reel_queue_book(struct source *source, uint16_t type, agon_ns_t t,
                     const struct reel_book *book, uint64_t id)
{
    uint32_t flags = BOOK_PART_FIRST;
    uint32_t i = 0, j = 0;

    do {
        uint32_t n_bid = book->bid.n - i, n_ask = book->ask.n - j;
        struct agon_level *levels;

        n_bid = n_bid < EVENT_LEVELS_MAX ? n_bid : EVENT_LEVELS_MAX;
        n_ask = n_ask < EVENT_LEVELS_MAX - n_bid ? n_ask : EVENT_LEVELS_MAX - n_bid;
        if (i + n_bid == book->bid.n && j + n_ask == book->ask.n)
            flags |= BOOK_PART_LAST;
        levels = reel_queue_part(source, type, t, n_bid, n_ask, flags, id, id);
        memcpy(levels, book->bid.levels + i, n_bid * sizeof(*levels));
        memcpy(levels + n_bid, book->ask.levels + j, n_ask * sizeof(*levels));
        i += n_bid;
        j += n_ask;
        flags = 0;
    } while (i < book->bid.n || j < book->ask.n);
}
