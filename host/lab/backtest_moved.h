// SPDX-License-Identifier: Apache-2.0
/* backtest_moved: what tournaments moved of each slot's capital, and what of it after its plugin's
 * fault. [one thread] */
#ifndef LAB_BACKTEST_MOVED_H
#define LAB_BACKTEST_MOVED_H

#include "lab/backtest.h"

/* Each event behind its step; result->plan is there. */
void backtest_moved_step(struct backtest *result, const struct agon_event_hdr *event);

/* Those that lines of a plan throw out. */
void backtest_moved_demoted(struct slot_set *demoted, const void *lines, uint32_t n);
/* Why agents failed, where they did. */
void backtest_moved_failures(struct backtest *result);

#endif
