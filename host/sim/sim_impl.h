// SPDX-License-Identifier: Apache-2.0
/* sim_impl: what the files of sim.h share. [sim's thread] */
#ifndef SIM_SIM_IMPL_H
#define SIM_SIM_IMPL_H

#include "sim/sim.h"

int sim_open_accounts(struct sim *sim, struct error *err);
int sim_perps_open(struct sim *sim);
void sim_end_one(struct sim *sim, struct sim_conn *conn); /* which is to end */
int sim_may_fill(void *ctx, const struct match_order *order, agon_px_t px, agon_qty_t qty,
                 int times); /* of struct pit_hooks */
/* What a fill of a perpetual realises. */
agon_amt_t sim_realise(struct sim *sim, const struct sim_order *order,
                       const struct match_event *event);

#endif
