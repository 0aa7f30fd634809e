// SPDX-License-Identifier: Apache-2.0
/* ext_instrument: agon.instrument/1. */
#include "agent/feed_state.h"

static agon_instrument_t find(const struct agon_host *host, const char *venue, const char *symbol)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);

    if (feed == NULL || venue == NULL || symbol == NULL)
        return 0;
    for (uint32_t i = 0; i < feed->setup.n_venues; i++)
        if (strcmp(feed->setup.venues[i].name, venue) == 0)
            return instruments_find(&feed->instruments, (uint16_t)feed->setup.venues[i].venue,
                                    symbol);
    return 0;
}

static int get(const struct agon_host *host, agon_instrument_t id, struct agon_instrument *out)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    const struct agon_instrument *instrument;

    if (feed == NULL)
        return rc;
    if (out == NULL)
        return AGON_EINVAL;
    instrument = instruments_get(&feed->instruments, id);
    if (instrument == NULL)
        return AGON_ENOENT;
    *out = *instrument;
    return AGON_OK;
}

static int asset(const struct agon_host *host, agon_asset_t id, char name[16], int *asset_exp)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    const struct asset *found;

    if (feed == NULL)
        return rc;
    found = instruments_asset(&feed->instruments, id);
    if (found == NULL)
        return AGON_ENOENT;
    if (name)
        memcpy(name, found->name, 16);
    if (asset_exp)
        *asset_exp = found->exp;
    return AGON_OK;
}

const struct agon_host_instrument ext_instrument = {.find = find, .get = get, .asset = asset};
