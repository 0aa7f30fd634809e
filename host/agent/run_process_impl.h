// SPDX-License-Identifier: Apache-2.0
/* run_process_impl: what a process runner is made of, for run_process.c, which starts, drives and
 * ends it, and run_process_look.c, which says how it is. Nobody else includes it. */
#ifndef AGENT_RUN_PROCESS_IMPL_H
#define AGENT_RUN_PROCESS_IMPL_H

#include "agent/run_process.h"
#include "agent/slot_shm.h"
#include "agent/watchdog.h"
#include "sys/proc.h"

struct run_process {
    struct runner_port port;
    struct evring to_agent, from_agent, log_ring, lapse_ring; /* this side's */
    uint64_t n_lapses_lost;                                   /* that were told */
    struct slot_shm *shm;                                     /* mapped; owned */
    uint64_t shm_bytes;
    const struct bus_shm *bus;
    struct proc proc;
    uint32_t layers; /* that hold, as it was when nothing of the plugin had run */
    int is_lock_step, slot_fd, setup_fd;
    void *setup; /* owned until it is given: SETUP_BYTES_MAX, written by begin */
    uint8_t is_loaded, is_begun;
    uint32_t order, order_kind, region;
    uint64_t state_at[STATE_REGIONS], state_room, n_state; /* n_state: of region */
    const unsigned char *state;                            /* the last that was written whole */
    int32_t signal;
    uint64_t ip, address;
    struct watchdog dog;
    uint64_t first_seq;         /* its setup holds all up to it */
    int64_t look_ns, passed_ns; /* passed_ns: it had been given all there was, at a poll */
    uint64_t woken_at;          /* the bus' tail when it was woken last */
    _Atomic uint64_t cpu_ms;    /* as the kernel counts it */
    uint32_t threads;
    enum process_end end;
    char why[ERROR_TEXT];
    char group[CGROUP_NAME_MAX]; /* its control group; empty: none */
    void (*log)(void *ctx, uint32_t level, agon_ns_t t, const char *text);
    void *ctx;
};

#endif
