// SPDX-License-Identifier: Apache-2.0
/* own_metrics: what the plugins of a backtest said of themselves (agon.metric), at its end: those
 * that are lines over candles and those that its descriptor names by their names, others by their
 * authors' numbers. Lines have the digits of their instrument. [main thread] */
#ifndef REPORT_OWN_METRICS_H
#define REPORT_OWN_METRICS_H

#include "agent/crew.h"
#include "base/money.h"
#include "engine/engine.h"

struct own_metric {
    uint32_t id;
    char name[4 * AGON_LINE_NAME + 40]; /* "SMA fast"; "SMA fast of BTCUSDT" where its lines are of
                                         * several; "weight 1" as its descriptor
                                         * has it; "metric 3 (not named by its plugin)" */
    char text[MONEY_TEXT];              /* the value */
};
/* Those that a slot's plugin has set, by number. Returns how many. */
uint32_t own_metrics(const struct crew *crew, struct engine *engine, uint16_t slot,
                     struct own_metric all[AGON_METRICS_MAX]);

#endif
