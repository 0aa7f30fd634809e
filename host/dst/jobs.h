// SPDX-License-Identifier: Apache-2.0
/* jobs: in most of the worlds that have cards the plugins hand jobs to them (agon.gpu): leases are
 * acquired and given back, jobs submitted, cancelled, moved with their lease to another card, lost
 * with a worker, hung, answered late, and there at a reload and at the host's death. The product's
 * own are the engine's jobs, host/jobs up to the ring between the threads, and the allocator;
 * behind that ring is a stand-in for the workers, which computes of a job what only who was given
 * its bytes, its chunks in their order and its lease's file can. Only for host/dst.
 *
 * Must hold: each job has one outcome and none after its lease's end; one that succeeds has the
 * result of what was handed over, by the file of that time; a job runs where its lease is held;
 * when all is quiet none is left. */
#ifndef DST_JOBS_H
#define DST_JOBS_H

#include "base/rng.h"
#include "engine/engine.h"
#include "jobs/jobs.h"
#include "jobs/relay.h"

#define JOBS_SIM_LEASES  2
#define JOBS_SIM_OPEN    32
#define JOBS_SIM_ENTRIES 256
#define JOBS_SIM_BOX     4096
#define JOBS_SIM_AGENTS  8

struct jobs_sim_job { /* as its plugin knows it */
    uint64_t id, key; /* id 0: free; key: of its result */
    uint64_t bytes;
    int64_t t_over; /* no chunk of it is left since then; 0: some are */
    uint32_t lease, generation, flags;
    uint8_t is_taken; /* the engine has it; else it is on its way there */
};
struct jobs_sim_place { /* where the host puts a larger result */
    uint64_t bytes;
    uint32_t crc;
};
struct jobs_sim_agent {
    struct jobs_sim_job jobs[JOBS_SIM_OPEN];
    struct jobs_sim_place places[JOBS_PLACES];
    uint64_t next_id, version;            /* version: of its file */
    uint8_t is_held[JOBS_SIM_LEASES + 1]; /* by its number */
    unsigned char box[JOBS_SIM_BOX];
};
struct jobs_sim_entry { /* a job that a worker has */
    uint64_t id, run, base, key;
    int64_t t_end; /* of its chunk; INT64_MAX: it holds */
    uint64_t n_result;
    uint32_t lease, n_done, n_chunks;
    uint16_t slot;
    uint8_t is_used, card, is_cancelled;
};
struct jobs_sim_placed { /* a lease that a card knows */
    uint64_t version;
    uint32_t lease;
    uint16_t slot;
    uint8_t is_used, card;
};
struct jobs_sim {
    struct rng rng;
    uint8_t is_on, is_losing, is_done;
    int fd;                    /* owned: stands for every file; -1: none */
    int64_t t_asleep;          /* the workers' thread gets no turn before */
    struct relay *relay;       /* owned; NULL: the host is down */
    struct dispatch *dispatch; /* owned */
    struct record_job_done done;
    const void *result;
    struct jobs_sim_agent agents[JOBS_SIM_AGENTS];
    struct jobs_sim_entry entries[JOBS_SIM_ENTRIES];
    struct jobs_sim_placed placed[GPU_CARDS_MAX * JOBS_SIM_AGENTS * JOBS_SIM_LEASES];
};

struct world;
struct agon_job;
void jobs_sim_begin(struct world *world, uint64_t draw); /* where there are cards */
void jobs_sim_close(struct world *world);
void jobs_sim_configure(struct world *world); /* the first life */
void jobs_sim_boot(struct world *world);      /* behind the START of each */
void jobs_sim_stop(struct world *world);      /* the host dies */
void jobs_sim_turn(struct world *world);      /* something happens */
void jobs_sim_check(struct world *world);     /* after each event of the engine */
void jobs_sim_quiet(struct world *world);     /* nothing is under way any more */
/* A wish was stepped. */
void jobs_sim_wished(struct world *world, const struct record_job_wish *wish);
void jobs_sim_seen(struct world *world, uint16_t slot, const struct agon_job *event);
void jobs_sim_decided(struct world *world, const struct gpu_decision *decision);
void jobs_sim_lost(struct world *world, uint32_t card); /* it was said of a card */
const void *jobs_sim_box(struct world *world, uint16_t slot, uint32_t box);
void jobs_sim_result(struct world *world, uint16_t slot, uint32_t place, const void *bytes,
                     uint64_t n);

#endif
