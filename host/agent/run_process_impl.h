// SPDX-License-Identifier: Apache-2.0
/* run_process_impl: what a process runner is made of, for the files of run_process. Nobody else
 * includes it. */
#ifndef AGENT_RUN_PROCESS_IMPL_H
#define AGENT_RUN_PROCESS_IMPL_H

#include "agent/run_process.h"
#include "agent/slot_shm.h"
#include "agent/watchdog.h"
#include "sys/proc.h"

struct run_process_turn {      /* what the child was given of the bus; written by [core] */
    _Atomic uint64_t sent_seq; /* it was woken for all up to it */
    _Atomic uint64_t seen_seq; /* behind that nothing up to it concerns it: it is done as well */
    uint64_t sent_tail;        /* of the bus, when it was woken */
    uint64_t lag_max;          /* granules that the bus may be ahead of that */
    uint64_t used_max;         /* granules of its private ring that may wait */
    /* Lock-step: it has been seen to be done with all up to it, and where the bus was then. */
    uint64_t awaited_seq, awaited_tail;
    int is_ahead;             /* the child has been said that steps come before the last is done */
    uint32_t spin_ns;         /* as the child was last said */
    int is_begun;             /* this turn */
    int cores, is_counted;    /* among the children in lock-step */
    struct run_process *next; /* ... of this process */
    int pid;                  /* ... while it is there: run_process_cores_child */
    uint32_t bus_bits;        /* with which it sleeps on the bus's word; 0: on its own */
    uint32_t looks;           /* as in shm */
    uint64_t look_seq;        /* the highest number that it was told ahead; 0: it goes on */
};

struct run_process {
    struct runner_port port;
    struct evring to_agent, from_agent, log_ring, lapse_ring; /* this side's */
    uint64_t n_lapses_lost;                                   /* that were told */
    struct slot_shm *shm;                                     /* mapped; owned */
    uint64_t shm_bytes;
    struct bus_shm *bus;
    struct proc proc;
    uint32_t layers; /* that hold, as it was when nothing of the plugin had run */
    int is_lock_step, slot_fd, setup_fd;
    struct run_process_turn turn;
    unsigned char *boxes;   /* of the block; NULL: no lease is named */
    unsigned char *results; /* owned; mapped writable here alone */
    int results_fd;
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
    _Atomic uint64_t cpu_ms;    /* as the kernel counts it */
    uint32_t threads;
    enum process_end end;
    char why[ERROR_TEXT];
    char group[CGROUP_NAME_MAX]; /* its control group; empty: none */
    void (*log)(void *ctx, uint32_t level, agon_ns_t t, const char *text);
    void *ctx;
};

/* run_process_turn.c: the port, and who else lets the child run. */
void run_process_turns(struct run_process *run, uint16_t slot); /* once its memory is there */
void run_process_turns_end(struct run_process *run);            /* any number of times */
void run_process_rouse(struct run_process *run);                /* asleep or about to be. [any] */
/* run_process_cores.c, in lock-step: among those whose cores are chosen; how many there are. */
int run_process_cores_join(struct run_process *run);
void run_process_cores_leave(struct run_process *run);
/* Its child has begun, or has ended (0). [any] */
void run_process_cores_child(struct run_process *run, int pid);
/* A step has woken some of them. is_ahead: host and children work at one time. [core] */
void run_process_choose_cores(int is_ahead);

#endif
