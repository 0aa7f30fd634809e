// SPDX-License-Identifier: Apache-2.0
/* ext_table: the services that plugins are served, one line each. */
#include "agent/feed_state.h"

#define STRATEGY (1u << AGON_STRATEGY)
#define ALL      (1u << AGON_STRATEGY | 1u << AGON_MODEL | 1u << AGON_ANALYTIC)

const struct ext ext_table[] = {
    {AGON_EXT_ACCOUNT, &ext_account, ALL},
    {AGON_EXT_ARENA, &ext_arena, ALL},
    {AGON_EXT_BOOK, &ext_book, ALL},
    {AGON_EXT_CLOCK, &ext_clock, ALL},
    {AGON_EXT_EXIT, &ext_exit, STRATEGY},
    {AGON_EXT_HISTORY, &ext_history, ALL},
    {AGON_EXT_INSTRUMENT, &ext_instrument, ALL},
    {AGON_EXT_LOG, &ext_log, ALL},
    {AGON_EXT_METRIC, &ext_metric, ALL},
    {AGON_EXT_ORDERS, &ext_orders, STRATEGY},
    {AGON_EXT_PARAM, &ext_param, ALL},
    {AGON_EXT_RNG, &ext_rng, ALL},
    {AGON_EXT_SIGNAL, &ext_signal, ALL},
    {NULL, NULL, 0},
};

const struct ext *ext_find(const char *id, uint32_t kind)
{
    for (const struct ext *ext = ext_table; ext->id; ext++)
        if (strcmp(ext->id, id) == 0)
            return kind < 32 && (ext->kinds >> kind & 1) ? ext : NULL;
    return NULL;
}

const void *ext_get(const struct agon_host *host, const char *id)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_CREATE | FEED_START, &rc);
    const struct ext *ext = feed && id ? ext_find(id, feed->descriptor->kind) : NULL;

    return ext ? ext->table : NULL;
}
