// SPDX-License-Identifier: Apache-2.0
/* backtest_jobs: who runs the jobs of a backtest's agents (agon.gpu). [one thread] */
#ifndef LAB_BACKTEST_JOBS_H
#define LAB_BACKTEST_JOBS_H

#include "engine/lockstep.h"
#include "lab/backtest.h"

/* Before this process closes itself, as the worker is another program. Nothing where no slot has a
 * lease. */
int backtest_jobs_open(const struct backtest_config *config, struct backtest *result,
                       struct engine_config *engine, struct lockstep_config *lockstep,
                       struct error *err);
void backtest_jobs_close(struct backtest *result);
/* The leases that a slot's plugin may ask for, each through step. */
int backtest_jobs_leases(const struct backtest_config *config, const struct crew_slot *slot,
                         int (*step)(void *ctx, struct record_lease *lease, struct error *err),
                         void *ctx, struct error *err);

#endif
