// SPDX-License-Identifier: Apache-2.0
/* ext_history: agon.history/1 over what the setup brought. */
#include "agent/feed_state.h"

static int check(const struct feed *feed, agon_instrument_t id, const void *out, uint32_t max)
{
    if (out == NULL && max > 0)
        return AGON_EINVAL;
    return instruments_get(&feed->instruments, id) ? AGON_OK : AGON_ENOENT;
}

static int bars(const struct agon_host *host, agon_instrument_t id, uint32_t length_s,
                struct agon_bar *out, uint32_t max)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_START, &rc);
    uint32_t n = 0, k = 0;

    if (feed)
        rc = check(feed, id, out, max);
    if (feed == NULL || rc < 0)
        return rc;
    for (uint32_t i = 0; i < feed->setup.n_bars; i++)
        n += feed->setup.bars[i].hdr.instrument == id && feed->setup.bars[i].length_s == length_s;
    // The last max of n, oldest first.
    for (uint32_t i = 0; i < feed->setup.n_bars && max > 0; i++) {
        const struct agon_bar *bar = &feed->setup.bars[i];

        if (bar->hdr.instrument != id || bar->length_s != length_s)
            continue;
        if (n-- <= max)
            out[k++] = *bar;
    }
    return (int)k;
}

static int trades(const struct agon_host *host, agon_instrument_t id, struct agon_trade *out,
                  uint32_t max)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_START, &rc);
    uint32_t n = 0, k = 0;

    if (feed)
        rc = check(feed, id, out, max);
    if (feed == NULL || rc < 0)
        return rc;
    for (uint32_t i = 0; i < feed->setup.n_trades; i++)
        n += feed->setup.trades[i].hdr.instrument == id;
    for (uint32_t i = 0; i < feed->setup.n_trades && max > 0; i++) {
        if (feed->setup.trades[i].hdr.instrument != id)
            continue;
        if (n-- <= max)
            out[k++] = feed->setup.trades[i];
    }
    return (int)k;
}

const struct agon_host_history ext_history = {.bars = bars, .trades = trades};
