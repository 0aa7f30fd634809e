// SPDX-License-Identifier: MIT
/* agon.metric/1: numbers for whoever watches the host. Frozen per revision: a new need is
 * agon.metric/2, and /1 stays served. The host shows them by their numbers: on the dashboard, in
 * `ctl agent`, at /metrics and in the report of a backtest. They decide nothing, stand in no
 * journal, and each generation and restart has none at first. */
#ifndef AGON_EXT_METRIC_H
#define AGON_EXT_METRIC_H

#include "agon/plugin.h"

#define AGON_EXT_METRIC  "agon.metric/1"
#define AGON_METRICS_MAX 32
struct agon_host_metric {
    /* Sets a value; id is 0 to AGON_METRICS_MAX - 1 and the author's. AGON_EINVAL: id, or not
     * finite. [agent] */
    int (*gauge)(const struct agon_host *host, uint32_t id, double value);
    /* Adds to a value, 0 at first. [agent] */
    int (*counter)(const struct agon_host *host, uint32_t id, double add);
};

#endif
