// SPDX-License-Identifier: Apache-2.0
/* train_plan: `agon train --plan FILE`: several trainings under one allocator of cards (gpu/gpu.h).
 * Each is a process of its own, `agon train KIND ...` as it stands in the plan, and holds a lease
 * while it runs: of a card of this machine, by its number, or of the processor in its stead. Who is
 * put out ends at its next checkpoint and goes on from there later, to the same bits. [one thread]
 */
#ifndef CLI_TRAIN_PLAN_H
#define CLI_TRAIN_PLAN_H

#include "config/schema.h"
#include "gpu/gpu.h"
#include "roster/leases.h"

#define PLAN_TRAININGS 32
#define PLAN_WORDS     48
#define PLAN_WORD      512

struct plan_training {
    char name[32], budget[64], group[GPU_NAME], after[32];
    int64_t bytes, start_ns;
    uint32_t share_ppm, n_words;
    uint8_t priority, is_dedicated;
    char words[PLAN_WORDS][PLAN_WORD]; /* of `agon train` */
};
struct plan {
    char profile[LEASES_PATH], shares[LEASES_PATH], driver[LEASES_PATH], nvrtc[LEASES_PATH];
    uint32_t is_cuda; /* device: cuda */
    uint32_t threads, n;
    struct plan_training all[PLAN_TRAININGS];
};
extern const struct schema train_plan_schema;
/* What stands behind that option among a training's words, apart or after '='; NULL: it is not
 * there. */
const char *train_plan_word(const struct plan_training *of, const char *option);

struct train_plan_ask {
    const char *path;
    int is_resumed, is_restarted, is_json, is_quiet;
};
/* An exit code: that of the first training that failed, or 0. */
int train_plan_run(const struct train_plan_ask *ask);

#endif
