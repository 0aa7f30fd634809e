// SPDX-License-Identifier: Apache-2.0
/* run_process: a plugin in a child process of its own, the way to run anybody's code.
 *
 * The child shares with the host the bus, which it can only read, and one block of memory: its
 * private ring, its ring of wishes, its log and some figures. Its death is seen through a pidfd
 * and, sooner, through a word that its own fault handler writes; that it hangs is seen by a
 * callback which has begun and does not end. Nothing that it does can stop the engine: advance
 * never waits, but for lock-step. */
#ifndef AGENT_RUN_PROCESS_H
#define AGENT_RUN_PROCESS_H

#include "agent/info.h"
#include "agent/loader.h"
#include "agent/rehearse.h"
#include "agent/setup.h"
#include "engine/port.h"
#include "sys/cgroup.h"

/* A bus that children can read: in a sealed memfd, mapped writable here only. */
struct process_bus {
    int fd;
    void *memory;      /* owned */
    const void *shown; /* owned; the same for plugins of this process: shown.h */
    uint64_t granules;
    void *ahead; /* within memory: a second bus of that size, of what is to come; NULL: none */
};
int process_bus_new(struct process_bus *bus, uint64_t granules, struct error *err); /* [control] */
/* With a second bus, for lock-step (engine/look.h). [control] */
int process_bus_new_ahead(struct process_bus *bus, uint64_t granules, struct error *err);
void process_bus_free(struct process_bus *bus); /* zeroed is fine. [control] */

enum process_wait {
    PROCESS_COLD = 0, /* parks as soon as there is nothing to do */
    PROCESS_WARM = 1, /* spins a little first */
    PROCESS_HOT = 2   /* never parks: takes a whole core */
};
struct run_files { /* that a plugin is given: agon.asset */
    uint32_t n;
    struct setup_file all[SETUP_FILES_MAX]; /* as its setup has them */
    int fds[SETUP_FILES_MAX];               /* sealed */
};
struct sealed;
/* At most SETUP_FILES_MAX; sealed is borrowed as long as files is used. [any] */
void run_files_add(struct run_files *files, const char *name, const struct sealed *sealed);
struct run_process_config {
    const char *exe;                /* calls child_main; NULL: the runner (runner.h) */
    const struct plugin_file *file; /* staged as a memfd, checked; borrowed until load returns */
    uint32_t plugin_index;          /* in the file */
    const struct agon_note *judged; /* its note, by who has judged it fit; NULL: the child does */
    const void *setup;              /* copied by begin; no other step looks at it */
    uint64_t setup_bytes;
    const struct run_files *files;       /* of its slot; borrowed until load returns; NULL: none */
    const struct process_bus *bus;       /* borrowed until run_process_free */
    uint64_t to_granules, from_granules; /* powers of two; 0: 16384 and 4096 */
    enum process_wait wait;
    int is_lock_step; /* advance returns when the child has done the step */
    int64_t hard_ns;  /* a callback that lasts longer is killed; 0: 100 ms */
    /* From spawn to what it is, and from its setup to on_start's return, each; in lock-step of its
     * processor time, and twelve times as long where it only waits. 0: 5 s */
    int64_t start_ns;
    uint32_t layers_wanted;   /* enum sandbox_layer */
    uint32_t layers_required; /* without these it does not start: AGON_ENOTSUP names them */
    uint64_t arena_bytes;     /* of memory for the plugin; 0: 4 GiB */
    uint32_t threads;         /* beside its own; more, and it is killed */
    uint32_t n_leases;        /* that it may ask for (agon.gpu) */
    uint16_t slot;            /* for its user id */
    uint64_t state_bytes;     /* room for a saved state, twice; 0: 64 MiB; used as far as filled */
    void (*log)(void *ctx, uint32_t level, agon_ns_t t, const char *text); /* from poll; or NULL */
    void *ctx;
};
struct run_process;

/* Children get a control group each in this one, with the limits that they have by rlimits too;
 * borrowed for good. Before the first of them. [control] */
void run_process_limit_by(const struct cgroup *group);
/* Spawns, loads, creates, starts; returns when the plugin is ready or has failed. [control] */
int run_process_new(struct run_process **run, const struct run_process_config *config,
                    struct error *err);
/* In three steps: the shared memory, whose private ring the engine may already fill; the child, as
 * far as it says what its plugin is (info may be NULL) and waits; its setup, with which it plays.
 * new is all three. Between two steps nobody waits for the other. [control] */
int run_process_open(struct run_process **run, const struct run_process_config *config,
                     struct error *err);
int run_process_load(struct run_process *run, const struct run_process_config *config,
                     struct plugin_info *info, struct error *err);
int run_process_begin(struct run_process *run, const struct run_process_config *config,
                      struct error *err);

/* Orders to the child, one at a time, given by the thread that steps the engine and between two
 * steps: what it is to do when it has delivered everything up to seq, which is the engine's last.
 * Neither waits. AGON_EBUSY: the one before is not done; AGON_EIO: gone. [core] */
int run_process_save(struct run_process *run, uint64_t seq);
int run_process_go_live(struct run_process *run, const struct feed_live *live);
/* AGON_EAGAIN: not done yet; AGON_EIO: gone; else what it answered, err has its words. [any] */
int run_process_answer(struct run_process *run, struct error *err);
void run_process_wake(struct run_process *run); /* there is something on the bus. [any] */
/* A word that the child moves, and wakes who sleeps on it, when it has something for the core and
 * the bus says that the core sleeps (is_writer_asleep). It lives as long as run. [core] */
const _Atomic uint32_t *run_process_bell(const struct run_process *run);
/* What the last SAVE wrote, still in shared memory: its bytes are the child's and can change. It
 * stays through the next SAVE. NULL: none. [any] */
const unsigned char *run_process_state(const struct run_process *run, uint64_t *n);
/* Looks after the child: log lines, death, hang (which it ends). AGON_EIO: it is gone,
 * run_process_end says how. Every millisecond or so. [control] */
int run_process_poll(struct run_process *run, int64_t mono_ns);
/* on_stop, then the end; kills after 100 ms. [control] */
void run_process_stop(struct run_process *run, uint32_t reason);
/* Ends it without asking, if it still runs. [core] */
void run_process_kill(struct run_process *run, const char *why);
void run_process_free(struct run_process *run); /* kills what still runs; NULL is fine. [control] */
const struct runner_port *run_process_port(struct run_process *run);

enum process_end {
    PROCESS_RUNS = 0,
    PROCESS_STOPPED = 1, /* as asked */
    PROCESS_FAILED = 2,  /* the plugin returned errors */
    PROCESS_CRASHED = 3, /* a signal, or a forbidden system call */
    PROCESS_EXITED = 4,  /* it ended itself */
    PROCESS_HUNG = 5     /* killed by the hard limit */
};
/* What the child says that it met beside its events (feed.h: on_lapse), once each, in order; of
 * slot and generation it says nothing that counts. 1: there was one; 0: none. [core] */
int run_process_lapse(struct run_process *run, struct record_lapse *lapse);
/* Everything up to it has been done, by the child's own word or because it concerns it not (only
 * who is told something is woken). [any] */
uint64_t run_process_done(const struct run_process *run);
/* How it ended, and why in words (valid until run_process_free). [control] */
enum process_end run_process_end(const struct run_process *run, const char **why);
/* What it said of its end: signal, instruction and address of the fault; 0: unknown. [control] */
void run_process_fault(const struct run_process *run, int32_t *signal, uint64_t *ip,
                       uint64_t *address);
uint32_t run_process_layers(const struct run_process *run); /* enum sandbox_layer that hold */
void run_process_info(const struct run_process *run, struct plugin_info *info);
int run_process_pid(const struct run_process *run); /* for status; -1: gone */
/* Processor time of the child so far, ms, as of the last tenth of a second of run_process_poll.
 * [any]
 */
uint64_t run_process_cpu_ms(const struct run_process *run);
/* Figures that the child keeps: not proofs. */
const struct feed_beat *run_process_beat(const struct run_process *run);

/* Maps a staged and checked file in a child, reads what the plugin of that index says of itself,
 * and ends the child. The reason tells a crash, a hang and a refusal apart; AGON_ENOTSUP: a layer
 * of required is missing, and nothing of the plugin has run. exe as above. [control] */
int plugin_probe(const struct plugin_file *file, const char *exe, uint32_t index, uint32_t required,
                 struct plugin_info *info, struct error *err);
/* Plays the plugin of that index on a made-up tape in a child (rehearse.h), n_long events of it in
 * the last check, with these files (NULL: none). A crash or a hang is the finding of the check that
 * was under way; an error means that the child could not even be started. [control] */
int plugin_rehearse(const struct plugin_file *file, const char *exe, uint32_t index,
                    uint32_t n_long, const struct run_files *files, struct rehearsal *rehearsal,
                    struct error *err);

#endif
