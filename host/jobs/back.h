// SPDX-License-Identifier: Apache-2.0
/* back: who runs jobs for dispatch.c: a worker of this process (direct.c), one of a process of
 * ours at the other end of a pair of pipes (far.c), or those of another thread (relay.c). Nobody
 * else includes it. [core] */
#ifndef JOBS_BACK_H
#define JOBS_BACK_H

#include "jobs/jobs.h"

struct job_outcome {
    int32_t status; /* AGON_OK or AGON_E... */
    uint32_t attempts;
    uint64_t bytes;
    void *result; /* owned by who took it; NULL: none */
};
struct job_back {
    void *ctx;
    void (*lease)(void *ctx, uint16_t slot, uint32_t lease, uint64_t memory, int is_held);
    /* n bytes of calls and input; copied. */
    void (*begin)(void *ctx, const struct record_job_wish *wish, const void *bytes, uint64_t n,
                  int is_stepped);
    void (*go)(void *ctx, uint16_t slot, uint64_t job, const struct gpu_decision *started);
    int (*chunk)(void *ctx, struct dispatch_chunk *chunk); /* NULL: nothing is stepped here */
    void (*chunk_done)(void *ctx);
    /* Waits for the end of the chunk that was started so, and takes it. 1: the job is over with it,
     * without a result. */
    int (*end_chunk)(void *ctx, const struct gpu_decision *started);
    void (*cancel)(void *ctx, uint16_t slot, uint64_t job); /* no outcome of it is taken any more */
    int (*take)(void *ctx, uint16_t slot, uint64_t job, int is_waited, struct job_outcome *out);
    int (*is_busy)(void *ctx); /* NULL: never, but for what is waited for */
    int (*pid)(void *ctx);
    void (*free)(void *ctx);
};
int direct_new(struct job_back *back, const struct dispatch_config *config, struct error *err);
int relay_back(struct job_back *back, struct relay *relay); /* relay.c: it outlives the back */
int far_new(struct job_back *back, const struct dispatch_config *config, struct error *err);

#endif
