// SPDX-License-Identifier: Apache-2.0
/* backtest_windows: the rate windows that a backtest's orders are held to, of each venue that its
 * data name. [one thread] */
#ifndef LAB_BACKTEST_WINDOWS_H
#define LAB_BACKTEST_WINDOWS_H

#include "engine/paper.h"
#include "lab/backtest.h"

/* The paper exchange's port to them; result is borrowed. AGON_ENOENT. */
int backtest_windows_port(struct backtest *result, struct paper_config *paper, struct error *err);
/* The instrument is of the venue that its file names, else of the first of its kind. By its list,
 * where that states limits. AGON_EINVAL: the venue's are no limits. */
int backtest_windows_add(struct backtest *result, const struct agon_instrument *instrument,
                         const struct tape_info *info, const struct listings *listings,
                         const struct listed *listed, struct error *err);

#endif
