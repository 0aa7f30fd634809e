// SPDX-License-Identifier: Apache-2.0
/* impact: what an order's own size does to the price, as an estimate before it is sent and for
 * fills where no book is known (bars, trades only). match itself needs none: there an order walks
 * the levels and what it takes stays taken. [any] */
#ifndef MATCH_IMPACT_H
#define MATCH_IMPACT_H

#include "base/error.h"

enum impact_kind { IMPACT_NONE = 0, IMPACT_LINEAR = 1, IMPACT_SQRT = 2, IMPACT_LOG = 3 };
struct impact {
    uint32_t kind, pad;
    double coefficient; /* Y, of the order of 1 */
    double volatility;  /* of a day, as a fraction: 0.03 is 3 % */
    double volume_qty;  /* traded in a day, in the instrument's qty units */
};
/* AGON_EINVAL with the reason. */
int impact_check(const struct impact *impact, struct error *err);
/* Mean slippage as a fraction of the price, >= 0: Y * volatility * f(qty / volume), f(x) = x,
 * sqrt(x) or log(1 + x). */
double impact_fraction(const struct impact *impact, agon_qty_t qty);
/* The price an order of this size pays on average, px being the price without it: rounded to a
 * whole unit against the order, at least 1. */
agon_px_t impact_px(const struct impact *impact, int side, agon_px_t px, agon_qty_t qty);

#endif
