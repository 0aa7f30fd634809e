// SPDX-License-Identifier: Apache-2.0
/* backtest_jobs: the cards of a backtest, and who runs its agents' jobs (agon.gpu).
 *
 * Where the roster names cards, the engine has their allocator, as in a live host: the profile's
 * cards, all there and cool, to the end. A job's delay is the time that it needs: a chunk runs for
 * its part of it, the profile's longest at most, and as the allocator says when, so that nothing
 * depends on how fast the machine is. Chunks of all cards are run by one worker. [one thread] */
#ifndef LAB_BACKTEST_JOBS_H
#define LAB_BACKTEST_JOBS_H

#include "engine/lockstep.h"
#include "lab/backtest.h"

/* Before this process closes itself, as the worker is another program. Nothing where the roster
 * names no cards. */
int backtest_jobs_open(const struct backtest_config *config, struct backtest *result,
                       struct engine_config *engine, struct lockstep_config *lockstep,
                       struct error *err);
void backtest_jobs_close(struct backtest *result);
/* May the lease of an agent, by its place in the roster, be one of a backtest? AGON_EINVAL: its
 * kernels are its agent's own. */
int backtest_jobs_takes(uint32_t agent, const struct crew_lease *lease, struct error *err);
/* Each through step: the cards, before the run's START; the leases that a slot's plugin may ask
 * for; and those that its host asks for on its behalf, when all have begun. */
typedef int backtest_jobs_step(void *ctx, void *event, struct error *err);
int backtest_jobs_cards(const struct backtest_config *config, backtest_jobs_step *step, void *ctx,
                        struct error *err);
int backtest_jobs_leases(const struct backtest_config *config, const struct crew_slot *slot,
                         backtest_jobs_step *step, void *ctx, struct error *err);
int backtest_jobs_ask(const struct backtest_config *config, struct backtest *result,
                      backtest_jobs_step *step, void *ctx, struct error *err);
/* Its plugin has ended: what its host asked for is given back. */
void backtest_jobs_left(struct backtest *result, uint16_t slot);

#endif
