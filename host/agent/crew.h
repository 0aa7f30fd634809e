// SPDX-License-Identifier: Apache-2.0
/* crew: plugins put to their slots. From what a roster says of a slot to a runner that the engine
 * calls: copy, check, load, the slot's CONFIG record, the setup block out of the engine's state,
 * start, attach. And another generation of a plugin put to a slot that plays on meanwhile
 * (docs/adr/0014-generations.md).
 *
 * Two threads: [core] drives the engine and calls here between two of its steps, [loader] does what
 * takes time (files, children, dlopen, load_state, catching up). What says [control] is called
 * before either begins, or by the core. */
#ifndef AGENT_CREW_H
#define AGENT_CREW_H

#include "agent/loader.h"
#include "agent/run_inproc.h"
#include "agent/run_process.h"
#include "base/hist.h"
#include "engine/engine.h"
#include "market/start_market.h"
#include "slot/meters.h"
#include "slot/tag_names.h"
#include "sys/futex.h"

#define CREW_PARAMS_MAX 64

enum crew_runner { CREW_INPROC = 1, CREW_PROCESS = 2 };
/* How a new generation is tried beside the one that plays, before it takes over. */
enum crew_shadow {
    CREW_SHADOW_NONE = 0,  /* it takes over as soon as it has caught up */
    CREW_SHADOW_EXACT = 1, /* every wish must be the other's; client_refs may differ */
    CREW_SHADOWS
};
/* What becomes of the slot's open orders when another generation takes over. */
enum crew_orders {
    CREW_ORDERS_KEEP = 0, /* needs AGON_ADOPTS_ORDERS */
    CREW_ORDERS_CANCEL = 1,
    CREW_ORDERS_CANCEL_NON_REDUCING = 2,
    CREW_ORDERS_FLATTEN = 3
};

struct crew_signal { /* an input of the plugin, and whose series it is */
    char input[32];
    char agent[SLOT_NAME], name[32]; /* empty: none, as the roster says */
};
struct crew_file { /* of the roster's `files`: what the plugin finds by agon.asset */
    char name[32];
    char path[512];
    char model[80]; /* not empty: "NAME" or "NAME@3", of the registry of models in folder path */
};
#define CREW_FILE_MODEL "model:" /* what a path begins with that names a version of a model */
#define CREW_LEASES_MAX 8
struct crew_lease { /* of a card, asked for when the slot starts: struct gpu_event of gpu/gpu.h */
    char name[GPU_LEASE_NAME];
    int64_t bytes, deadline_ns; /* deadline_ns: from then on; 0: none */
    int64_t context; /* more of its budget: what the context of its own kernels takes; 0: none */
    uint32_t share_ppm;
    uint16_t rank;
    uint8_t budget, group, priority, flags;
    char resident[32]; /* of the slot's files; "": none */
    char kernels[32];  /* the same: source of its own kernels, and the lease runs no others */
};
_Static_assert(CREW_LEASES_MAX == AGON_GPU_LEASES_MAX, "the SDK names the number");
struct crew_slot {             /* what a roster says of one slot */
    struct record_slot record; /* event_mask, signals, agent_kind and generation_hash come from the
                                  plugin; runner: enum crew_runner */
    int64_t hard_ns;           /* process: a callback may last so long; 0: 100 ms */
    uint8_t wait;              /* process: enum process_wait */
    uint32_t line;             /* of its stage in the roster, or of its name; 0: no roster */
    char plugin[512];          /* the author's file */
    uint32_t plugin_index;     /* of several in one file */
    uint8_t is_isolated;       /* not with less than the whole sandbox */
    char unfit[160];   /* why its plugin may not be loaded (roster_audit); "": nothing known */
    uint8_t has_bars;  /* subscription.bar_mask is the roster's; else the plugin's parameters say */
    uint8_t needs_gpu; /* AGON_NEEDS_GPU, as far as its plugin was looked at (roster_audit) */
    uint8_t is_file_unfit;            /* ... for the file itself, whatever the roster says of it */
    uint64_t arena_bytes;             /* the most memory that it is granted; 0: SETUP_ARENA_MAX */
    uint32_t threads;                 /* process: it may have so many beside its own */
    uint32_t meters[METERS_N];        /* per second; 0: its preset */
    uint8_t orders_on_reload, shadow; /* enum crew_orders, crew_shadow */
    uint32_t shadow_events;           /* deliveries for which it is tried */
    int64_t checkpoint_ns; /* process: its state is saved so often, for a restart; 0: never */
    uint32_t n_params;
    struct setup_param params[CREW_PARAMS_MAX];
    uint32_t n_files;
    struct crew_file files[SETUP_FILES_MAX];
    uint32_t n_leases;
    struct crew_lease leases[CREW_LEASES_MAX];
    uint32_t n_signals; /* without a roster what is not there is none */
    struct crew_signal signals[SLOT_INPUTS_MAX];
};
struct crew_history { /* for agon.history, oldest first; may be empty */
    const struct agon_bar *bars;
    const struct agon_trade *trades;
    uint32_t n_bars, n_trades;
};
/* What an instance begins with, and whoever runs it once more needs. */
enum crew_kept { CREW_KEPT_FILE = 1, CREW_KEPT_STATE = 2 };
struct crew_config {
    struct engine *engine; /* borrowed */
    const char *dir;       /* for private copies of what runs inproc; NULL: nothing may */
    int is_worker; /* this process takes its sandbox between crew_map and crew_load (worker.h): what
                      runs inproc is mapped by crew_map and begun by crew_load. dir is not used */
    const struct process_bus *bus; /* borrowed; the engine's own; NULL: no runner is a process, and
                                      those of this process are handed copies */
    int is_lock_step;              /* process runners: the engine waits for each step */
    int is_certified;              /* who runs inproc has a certificate (certificate.h) */
    int is_rehearsed; /* a new generation plays a made-up tape in a child first (rehearse.h) */
    /* Plugins are linked in, and a path is the name of one; all run inproc. NULL: they are files.
     */
    const struct agon_entry *(*linked)(void *ctx, const char *path);
    void *linked_ctx;
    const struct setup_venue *venues; /* borrowed */
    uint32_t n_venues;
    /* A line of a plugin's log; may be NULL. [agent] */
    void (*log)(void *ctx, uint16_t slot, uint32_t level, agon_ns_t t, const char *text);
    /* Answers in the place of the models that plugins of this process have opened (feed.h): a
     * policy that is being learnt. NULL: they answer themselves. [core] */
    int (*answer)(void *ctx, uint16_t slot, uint32_t model, const float *x, uint32_t n_x, float *y,
                  uint32_t n_y);
    /* Steps an event of the crew's own through the engine (GENERATION, the orders of a reload).
     * AGON_EAGAIN: not now. NULL: nothing is reloaded in this run. [core] */
    int (*step)(void *ctx, struct agon_event_hdr *event);
    /* Is this file refused on this host? NULL: none is. [loader] */
    int (*is_refused)(void *ctx, const unsigned char hash[HASH_SIZE], struct error *err);
    /* What an instance that begins at seq without a state warms up on: nothing of later events. It
     * stays until the next call. NULL: nothing. [loader] */
    void (*history)(void *ctx, uint64_t seq, struct crew_history *history);
    /* Each instance's BEGIN, LAPSE and END are offered (crew_note). */
    int is_noted;
    /* Path and SHA-256 of the version of a model that a slot's file names, as it is now. NULL: no
     * file may. [control], [loader] */
    int (*resolve)(const char *dir, const char *word, char path[512], unsigned char hash[HASH_SIZE],
                   struct error *err);
    uint64_t files_max; /* bytes of files of all slots together, each contents once; 0: no limit */
    /* Keeps that by its hash: of a file fd, whose offset may change, of a state bytes. That it
     * could not is told and hinders nobody. NULL: nobody keeps it. [control], [loader] */
    void (*keep)(void *ctx, enum crew_kept kind, const unsigned char hash[HASH_SIZE], int fd,
                 const void *bytes, uint64_t n);
    /* Where it is said that the core is in a plugin of its own process; in a worker also for its
     * constructors, create, on_start and its end. Its words outlive the crew; NULL: nobody asks. */
    struct called called;
    /* The loader has given the core something to do (crew_turn), and it may sleep. May be NULL.
     * [loader] */
    void (*wake)(void *ctx);
    void *ctx;
};
struct crew;

/* The CONFIG by which the engine knows the slot's k-th lease (agon.gpu). [any] */
void crew_lease_record(const struct crew_slot *slot, uint32_t k, agon_ns_t delay_ns,
                       struct record_lease *record);

int crew_new(struct crew **crew, const struct crew_config *config, struct error *err);
/* In a worker: copies, checks, maps and binds the plugin of a slot, and runs none of it. Does
 * nothing for what runs in a process of its own. */
int crew_map(struct crew *crew, const struct crew_slot *slot, struct error *err);
/* Offset of an address in the file of the slot's plugin; UINT64_MAX: it is not in it. May be called
 * in a signal handler. */
uint64_t crew_offset(const struct crew *crew, uint16_t slot, uint64_t address);
/* Copies, checks and maps the plugin of slot->record.slot and completes the record from its
 * descriptor. The caller then steps the record through the engine. Errors name file and finding. */
int crew_load(struct crew *crew, struct crew_slot *slot, struct error *err);
/* Starts the plugin on the slot as the engine has it now and attaches it. slot is borrowed until
 * crew_leave: a later generation gets the parameters that stand there then. */
int crew_join(struct crew *crew, const struct crew_slot *slot, const struct crew_history *history,
              struct error *err);
/* Nobody can be loaded for the slot: what a later crew_reload begins with. slot is borrowed as by
 * crew_join. */
void crew_stand(struct crew *crew, const struct crew_slot *slot);
/* on_stop, detached and gone; the slot stays. Fine when nobody plays for it. */
void crew_leave(struct crew *crew, uint16_t slot, uint32_t reason);
/* The same while the loader runs. AGON_EBUSY: the slot is changing hands; try again. [core] */
int crew_try_leave(struct crew *crew, uint16_t slot, uint32_t reason);
void crew_free(struct crew *crew); /* everybody leaves */
/* Names to spare what is of slots that nobody has joined. */
void crew_spare(struct crew *crew, zeroed_spare_fn *spare);
/* Looks after the children: log lines, deaths, hangs. 1: *slot is the next whose runner has ended,
 * why says how (until crew_leave), and the caller detaches it by crew_leave and decides what the
 * engine is told; 0: all well. Every millisecond or so. [control] */
int crew_poll(struct crew *crew, int64_t mono_ns, uint16_t *slot, const char **why);
/* The next event of an instance's life, to be stepped before anything that the instance wants;
 * NULL: none. crew_note_done takes it away. [core] */
const struct agon_event_hdr *crew_note(struct crew *crew);
void crew_note_done(struct crew *crew);
/* Why the plugin of a slot failed; empty: it did not. */
const char *crew_failure(const struct crew *crew, uint16_t slot);
/* enum sandbox_layer that hold around who plays; all of them where nobody does in a process. [core]
 */
uint32_t crew_layers(const struct crew *crew, uint16_t slot);
/* What a plugin said of itself when it was loaded; NULL: nobody is loaded for the slot. */
const struct plugin_info *crew_info(const struct crew *crew, uint16_t slot);
/* Events delivered to the slot's plugin, by its own count; 0: nobody plays. */
uint64_t crew_nth(const struct crew *crew, uint16_t slot);
/* Callbacks of who plays that returned an error, by its own word. [core] */
uint64_t crew_errors(const struct crew *crew, uint16_t slot);
/* ... and the first of them, in words: "the first: on_event returned -13 (AGON_ECORRUPT) of a job
 * event, event 7 of the slot, seq 12". "": there were none. Returns how many. */
#define CREW_ERROR_TEXT 160
uint64_t crew_error_text(const struct crew *crew, uint16_t slot, char text[CREW_ERROR_TEXT]);
/* Processor time of the process of who plays, ms; 0: it has none of its own. [core] */
uint64_t crew_cpu_ms(const struct crew *crew, uint16_t slot);
/* How long events take to whoever plays, by its own word (feed.h: delivery), since it plays; empty:
 * nobody does, or this run stamps no steps. [core] */
void crew_delivery(const struct crew *crew, uint16_t slot, struct hist_small *delivery);
/* What whoever plays has said of itself (agon.metric), by its own word: which there are, and
 * values; finite, whatever a process wrote. [core], or when nothing runs */
uint32_t crew_metrics(const struct crew *crew, uint16_t slot, double values[AGON_METRICS_MAX]);
/* Which of them are prices of an instrument; of each that there is the id is a metric's and the
 * name is text, whatever a process wrote. Returns how many. [core], or when nothing runs */
uint32_t crew_lines(const struct crew *crew, uint16_t slot, struct feed_line lines[AGON_LINES_MAX]);

/* --- reload: another generation for a slot --- */

struct crew_report {           /* of a reload, a roll-back, a restart */
    uint32_t from, generation; /* from: what played before; 0: nobody did */
    uint64_t hash;
    unsigned char file_hash[HASH_SIZE];
    agon_ns_t t; /* engine time at which it took over */
    uint64_t cut_seq, swap_seq, n_state;
    int64_t cut_ns, swap_ns; /* on the core thread */
    int64_t total_ns;
};
struct crew_pauses { /* of the core, over all slots; read them while it stands still */
    struct hist cut_ns, swap_ns;
};
/* Stages, checks and probes path (NULL: the file that the slot was loaded from), hands the state
 * over at one event, catches up, tries it as the slot's roster entry says, and lets it take over
 * between two events. The one before stays warm for a roll-back. Any failure leaves that one
 * playing, as if nothing had been. Blocks: somebody else drives the engine and calls crew_turn.
 * AGON_ECORRUPT: it differed from the one that plays. [loader] */
int crew_reload(struct crew *crew, uint16_t slot, const char *path, struct crew_report *report,
                struct error *err);
/* The generation before takes over again, as it is: it has seen every event. AGON_ENOENT: none is
 * there. [loader] */
int crew_rollback(struct crew *crew, uint16_t slot, struct crew_report *report, struct error *err);
/* Begins the plugin of a slot anew after crew_bury: from its last checkpoint and what has come
 * since, else with nothing. [loader] */
int crew_restart(struct crew *crew, uint16_t slot, struct crew_report *report, struct error *err);
/* Another agent, for a slot that nobody plays for, while the others play on: crew_load without the
 * core, then seat, which has the core step slot->record, then as a restart that begins with
 * nothing. slot is borrowed as by crew_join. Any failure leaves nobody playing; if seat had been
 * called, crew_try_leave follows. [loader] */
int crew_add(struct crew *crew, struct crew_slot *slot,
             int (*seat)(void *ctx, struct crew_slot *slot, struct error *err), void *ctx,
             struct crew_report *report, struct error *err);
/* The core's part of it all. Between two steps, after engine_advance_runners; cheap when nothing is
 * to be done. [core] */
void crew_turn(struct crew *crew, int64_t mono_ns);
/* [core] A bit for each slot for which another generation plays since it was last asked; who was
 * added is not among them. */
struct slot_set crew_take_changed(struct crew *crew);
int crew_is_busy(const struct crew *crew); /* something is to be done. [core] */
/* The words by which children wake a core that sleeps (run_process.h), each with what stands there
 * now: before the core looks whether there is something. Returns how many there are, which may be
 * more than room. [core] */
uint32_t crew_bells(const struct crew *crew, struct futex_word *words, uint32_t room);
/* What ended who plays, as a record without its time: also where nobody buries it, as in a
 * backtest. 0: nobody plays. [core] */
int crew_say_end(const struct crew *crew, uint16_t slot, struct record_crash *crash);
/* As much of it as fits, to the end of a clause: a record of a crash has numbers of the rest. [any]
 */
void crew_put_why(char *text, size_t room, const char *why);
/* The plugin of a slot is dead or broken: nothing more is taken from it, what it has left is kept
 * for crew_restart. The record says what is known of its end; the caller steps it. [core] */
void crew_bury(struct crew *crew, uint16_t slot, struct record_crash *crash);
/* Nobody is waited for any more: a reload under way fails. [any] */
void crew_close(struct crew *crew);
/* Is there a generation to go back to? [core] */
int crew_can_rollback(const struct crew *crew, uint16_t slot);
const unsigned char *crew_file_hash(const struct crew *crew,
                                    uint16_t slot); /* NULL: none. [core] */
/* The descriptor, sealed and borrowed, of what who plays was given under that name; -1: nothing. It
 * may be closed once another plays. [core] */
int crew_file(const struct crew *crew, uint16_t slot, const char *name, struct setup_file *file);
/* The state of the plugin that plays, as feed_save gives it (free it): for comparisons. Waits for a
 * child, a second at most. [core] */
int crew_save(struct crew *crew, uint16_t slot, unsigned char **bytes, uint64_t *n,
              struct error *err);
/* GNU build id of the plugin that plays, as hex; "": none. [core] */
const char *crew_build_id(const struct crew *crew, uint16_t slot);
struct crew_start { /* START with the builds of the run */
    struct record_start start;
    struct start_build builds[SLOTS_MAX + 2 + START_MARKET_ENTRIES + START_TAGS_ENTRIES];
    uint32_t n; /* of builds; not in the event */
};
/* Adds this program's build to a START that has none yet; sets its length. [any] */
void crew_start_host(struct crew_start *event);
/* Adds that of the plugin which plays for the slot, where it has one. [core] */
void crew_start_plugin(struct crew_start *event, const struct crew *crew,
                       const struct crew_slot *slot);
/* Adds what the plugins that play call their reasons, behind all else. [core] */
void crew_start_tags(struct crew_start *event, const struct crew *crew);
/* Adds what the run trades on, where that is no real market. Before its plugins. [any] */
void crew_start_market(struct crew_start *event, const struct start_market *market);
const struct crew_pauses *crew_pauses(const struct crew *crew);

#endif
