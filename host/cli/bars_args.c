// SPDX-License-Identifier: Apache-2.0
#include "cli/bars_args.h"

#define BPS     100.0 /* ppm */
#define PERCENT 10000.0

const char *const bars_args_paths[] = {"pessimistic", "optimistic", "ohlc", "olhc", "random", NULL};

void bars_args_defaults(struct bars_opts *opts)
{
    struct match_bars bars;

    match_bars_defaults(&bars);
    *opts = (struct bars_opts){.spread_bps = bars.spread_ppm / BPS,
                               .drift_bps = bars.drift_ppm / BPS,
                               .touch_pct = bars.touch_ppm / PERCENT,
                               .volume_pct = bars.volume_ppm / PERCENT,
                               .slippage_bps = bars.slippage_ppm / BPS,
                               .path = bars.path};
}

struct match_bars bars_args_of(const struct bars_opts *opts, uint64_t seed)
{
    return (struct match_bars){.path = (uint8_t)opts->path,
                               .spread_ppm = (uint32_t)(opts->spread_bps * BPS + 0.5),
                               .drift_ppm = (uint32_t)(opts->drift_bps * BPS + 0.5),
                               .touch_ppm = (uint32_t)(opts->touch_pct * PERCENT + 0.5),
                               .volume_ppm = (uint32_t)(opts->volume_pct * PERCENT + 0.5),
                               .slippage_ppm = (uint32_t)(opts->slippage_bps * BPS + 0.5),
                               .seed = seed};
}
