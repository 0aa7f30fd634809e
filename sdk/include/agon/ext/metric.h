// SPDX-License-Identifier: MIT
/* agon.metric/2: numbers for whoever watches the host. Frozen per revision: a new need is
 * agon.metric/3, and /2 stays served, as /1 is, which has gauge and counter. The host shows them by
 * their names (agon_descriptor.metrics), else by their numbers, on the dashboard, in `ctl agent`
 * and in the report of a backtest, and by their numbers at /metrics; one that is a price of an
 * instrument is a line over its candles too. They decide nothing, stand in no journal, and each
 * generation and restart has none at first. */
#ifndef AGON_EXT_METRIC_H
#define AGON_EXT_METRIC_H

#include "agon/plugin.h"

#define AGON_EXT_METRIC  "agon.metric/2"
#define AGON_METRICS_MAX 32
#define AGON_LINES_MAX   8  /* metrics of an instance that are lines */
#define AGON_LINE_NAME   24 /* bytes of a line's name, with the zero behind it */
struct agon_host_metric {
    /* Sets a value; id is 0 to AGON_METRICS_MAX - 1 and the author's. AGON_EINVAL: id, or not
     * finite. [agent] */
    int (*gauge)(const struct agon_host *host, uint32_t id, double value);
    /* Adds to a value, 0 at first. [agent] */
    int (*counter)(const struct agon_host *host, uint32_t id, double add);
    /* Since /2. As gauge, of a price of that instrument, which is a line over its candles: an
     * average, a band, a stop. px is in the unit that prices have in events (agon_px_t), with a
     * fraction where it has one; the value shown is in the quote currency. name is for people;
     * instrument and name are those of the first call with that id. AGON_EINVAL: id, or not finite,
     * or another instrument, or a name that is empty, too long or not UTF-8; AGON_ENOENT: no such
     * instrument; AGON_ENOSPC: AGON_LINES_MAX are there. [agent] */
    int (*price)(const struct agon_host *host, uint32_t id, agon_instrument_t instrument,
                 const char *name, double px);
};

#endif
