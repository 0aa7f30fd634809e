// SPDX-License-Identifier: Apache-2.0
/* bar_row: a bar of history as exchanges list it: an array of when it opened, the four prices, and
 * what each has behind them. [io] */
#ifndef VENUE_BAR_ROW_H
#define VENUE_BAR_ROW_H

#include "venue/scan.h"
#include "venue/wire.h"

struct bar_row {                     /* places in the array; 0: it has none */
    int64_t unit_ns;                 /* that its time counts */
    int n, volume, n_trades, closed; /* n: at least so many; closed: "1" where it has closed */
};

/* 1: read; 0: it is not closed yet. AGON_EINVAL, which stops the scan: no bar can be so. */
int bar_row_read(struct scan *scan, const struct bar_row *row, const struct symbol *symbol,
                 uint32_t length_s, struct agon_bar *bar);

#endif
