// SPDX-License-Identifier: Apache-2.0
/* daytest: a day of the same market in a backtest beside the demo: the same plugins with the same
 * parameters in the same engine, in a process of its own. Ninety seconds are too short to tell an
 * edge from luck; a day is not. Who misbehaves is left out. [control] */
#ifndef DEMO_DAYTEST_H
#define DEMO_DAYTEST_H

#include "demo/demo_config.h"
#include "sys/proc.h"

struct daytest {
    struct proc proc;
    int is_begun, is_over;
    char path[4096];   /* of its report */
    char failure[160]; /* why there are no figures; "": it has not failed */
    uint32_t n;
    struct daytest_row { /* of an agent, base currency */
        char name[SLOT_NAME];
        double result;
        uint64_t n_fills;
    } rows[DEMO_SLOTS];
};
struct daytest_plan {
    const char *dir; /* roster and report go there */
    const char *market;
    uint64_t seed;
    const struct crew_slot *slots;
    uint32_t n_slots;
    const struct host_instrument *instruments; /* of the slots' places */
};
/* Begins it. A demo goes on without: AGON_EIO and what there was. */
int daytest_start(struct daytest *test, const struct daytest_plan *plan, struct error *err);
/* True once its figures are there. */
int daytest_look(struct daytest *test);
/* NULL: not there (yet). */
const struct daytest_row *daytest_of(const struct daytest *test, const char *name);
void daytest_stop(struct daytest *test); /* never started is fine */

#endif
