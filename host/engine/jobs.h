// SPDX-License-Identifier: Apache-2.0
/* jobs: leases and jobs of plugins (agon.gpu), as far as they are of the state: who holds what, and
 * which jobs have no outcome yet. What a job computes, and on what, is behind the port; its outcome
 * comes as an event (JOB_DONE), so that a replay runs none. [core] */
#ifndef ENGINE_JOBS_H
#define ENGINE_JOBS_H

#include <agon/ext/gpu.h>

#include "base/codec.h"
#include "gpu/gpu.h"
#include "market/records.h"
#include "slot/slot.h"

#define ENGINE_JOBS 128 /* without their outcome, all slots */
/* Results of a lease that are kept for its plugin at a time: those of jobs of two generations that
 * it has not been delivered yet, and the last one that it has. */
#define JOBS_RESULTS (2 * AGON_GPU_JOBS_MAX + 1)
#define JOBS_PLACES  (AGON_GPU_LEASES_MAX * JOBS_RESULTS)

struct engine;

enum lease_state {
    LEASE_NONE = 0,  /* the roster names none there */
    LEASE_NAMED = 1, /* nobody has asked for it */
    LEASE_WAITS = 2,
    LEASE_HELD = 3
};
struct slot_lease {
    char name[32];
    uint64_t memory;
    agon_ns_t delay_ns; /* of a job that names none */
    uint64_t held;      /* the allocator's number of it, while it is held there; 0: it is not */
    uint32_t n_results; /* so far: the next one's place follows */
    uint32_t
        speed_milli; /* engine time in a second of real time, which delays are of; 0: as fast */
    uint8_t state, pad[7];
};
struct slot_job { /* in the order in which they were handed over */
    uint64_t id, n_result;
    agon_ns_t t_due; /* its outcome is taken no sooner */
    uint64_t card; /* its number with the cards' allocator, until its last chunk has ended; 0: there
                    * is none */
    uint32_t lease, generation, flags;
    uint16_t slot, pad;
};
struct jobs {
    uint32_t n_named; /* leases that rosters named: without any there is nothing of this in a state
                       */
    uint32_t n;
    struct slot_job all[ENGINE_JOBS];
    struct slot_lease leases[SLOTS_MAX][AGON_GPU_LEASES_MAX];
};

/* Who runs jobs. Nothing here waits. Without functions jobs are refused where they are handed over
 * (AGON_ENOTSUP), but for those out of a journal. [core] */
struct job_port {
    void *ctx;
    /* Before anybody else sees it: copies calls and input, of n bytes at `at`, which their author
     * can go on writing to, and gives wish->hash; wish->status where it cannot. */
    void (*admit)(void *ctx, uint16_t slot, struct record_job_wish *wish, const void *at,
                  uint64_t n);
    /* It is in the table now: run it, or, is_stepped, chunk by chunk as go says. */
    void (*submit)(void *ctx, const struct record_job_wish *wish, int is_stepped);
    /* Where an allocator says when: its next chunk is to run, on that card. What comes of it is a
     * GPU_CHUNK of that number and run. */
    void (*go)(void *ctx, uint16_t slot, uint64_t job, const struct gpu_decision *started);
    /* Its outcome is of no use any more, or it was refused: what was copied may go. */
    void (*drop)(void *ctx, uint16_t slot, uint64_t job);
    /* A lease is held from now on (is_held), or is over. */
    void (*lease)(void *ctx, uint16_t slot, uint32_t lease, uint64_t memory, int is_held);
    /* The result that JOB_DONE speaks of, for the plugin; NULL: it is gone. */
    const void *(*result)(void *ctx, uint16_t slot, uint64_t job);
};

/* memory 0: the roster names it no longer. */
int jobs_config(struct engine *engine, const struct record_lease *record);
int jobs_wish(struct engine *engine, const struct record_job_wish *wish);
int jobs_part(struct engine *engine, const struct record_job_part *part);
int jobs_done(struct engine *engine, const struct record_job_done *done);
/* What the cards' allocator decided: where there is one, a lease is held and a job runs as it says.
 * 0: the turn of a job that is over came. */
int jobs_decided(struct engine *engine, const struct gpu_decision *decision);
/* It does not give what was asked for under that name: who waits for it is told why. */
void jobs_refused(struct engine *engine, uint32_t owner, const char *name, uint8_t why);
/* Another generation plays: jobs that do not outlive theirs are cancelled, and it is told. */
void jobs_reload(struct engine *engine, uint16_t slot);
/* Nobody plays for the slot: its jobs are cancelled, its leases over. */
void jobs_end(struct engine *engine, uint16_t slot);
/* A run begins, after another: its plugins hold nothing. Jobs that were under way stay until their
 * outcome says that they are lost. */
void jobs_start(struct engine *engine);
/* The place is another's from now on. */
void jobs_forget(struct engine *engine, uint16_t slot);
void jobs_save(const struct jobs *jobs, uint32_t n_slots, struct enc *enc);
int jobs_load(struct jobs *jobs, uint32_t n_slots, struct dec *dec);

#endif
