// SPDX-License-Identifier: Apache-2.0
#include "lab/backtest_windows.h"

#include "venue/wire.h"

static int take(void *ctx, const struct order_cmd *cmd, agon_ns_t t, agon_ns_t *retry)
{
    struct backtest *result = ctx;

    REQUIRE(cmd->instrument <= BACKTEST_TAPES_MAX);
    return venue_windows_take(&result->windows[result->windows_of[cmd->instrument]].windows, cmd, t,
                              retry);
}

int backtest_windows_port(struct backtest *result, struct paper_config *paper, struct error *err)
{
    struct venue_config config;
    int rc = venue_config_default(&config, venue_table_at(0)->name);

    if (rc < 0)
        return error_set(err, rc, "no venue is known");
    // How long a request waits for room is the host's choice, and the same at all of them.
    paper->windows.hold_ns = config.hold_ns;
    paper->windows.cancel_hold_ns = config.cancel_hold_ns;
    paper->windows.ctx = result;
    paper->windows.take = take;
    paper->windows.rank = venue_windows_rank;
    return AGON_OK;
}

/* Of a venue; its first instrument opens them, as it publishes them. */
static int open_of(struct backtest *result, const struct venue_wire *wire, uint32_t *at,
                   struct error *err)
{
    struct backtest_windows *windows;
    struct venue_config config;
    int rc;

    for (*at = 0; *at < result->n_windows; ++*at) {
        if (result->windows[*at].windows.wire == wire)
            return AGON_OK;
    }
    REQUIRE(*at < BACKTEST_TAPES_MAX); // no more than instruments
    windows = &result->windows[*at];
    rc = venue_config_default(&config, wire->name);
    if (rc >= 0)
        rc = venue_windows_init(&windows->windows, &config, err);
    if (rc < 0)
        return rc;
    windows->kind = wire->kind;
    // What is said of no venue by name is of the first of its kind.
    windows->is_named = wire != venue_table_of_recording("", wire->kind);
    result->n_windows++;
    return AGON_OK;
}

int backtest_windows_add(struct backtest *result, const struct agon_instrument *instrument,
                         const struct tape_info *info, const struct listings *listings,
                         const struct listed *listed, struct error *err)
{
    const struct venue_wire *wire = info->wire;
    const struct wire_limit *limits = NULL;
    struct backtest_windows *windows;
    uint32_t n = 0;
    uint32_t at;
    int rc;

    if (wire == NULL || wire->kind != instrument->kind)
        wire = venue_table_of_recording("", instrument->kind);
    REQUIRE(wire != NULL && instrument->hdr.instrument <= BACKTEST_TAPES_MAX);
    rc = open_of(result, wire, &at, err);
    if (rc < 0)
        return rc;
    result->windows_of[instrument->hdr.instrument] = (uint8_t)at;
    windows = &result->windows[at];
    if (listed->from == LISTING_NAMED || listed->from == LISTING_BESIDE)
        n = listings_limits(listings, listed->source, &limits);
    for (uint32_t i = 0; i < n; i++)
        venue_windows_narrow(&windows->windows, limits[i].type, limits[i].interval_s,
                             limits[i].limit);
    if (n > 0)
        memcpy(windows->source, listed->source, sizeof(windows->source));
    return AGON_OK;
}
