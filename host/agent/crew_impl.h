// SPDX-License-Identifier: Apache-2.0
/* crew_impl: what crew.c (who plays), reload.c (the loader's and the core's steps), mux.c (between
 * the engine's port and the instances) and shadow.c (comparing) share. Nobody else includes it. */
#ifndef AGENT_CREW_IMPL_H
#define AGENT_CREW_IMPL_H

#include <stdatomic.h>

#include "agent/crew.h"
#include "agent/cut.h"
#include "sys/sealed.h"

/* One instance of a plugin for a slot: a private copy of the file, mapped here or in a child. */
#define GENERATION_LAPSES 32
struct generation {
    struct plugin_file file;
    struct plugin plugin; /* inproc */
    struct plugin_info info;
    struct run_files files;
    struct sealed *sealed[SETUP_FILES_MAX]; /* one user of each is this */
    void *mapped[SETUP_FILES_MAX];          /* owned; inproc */
    struct slot_signals signals;            /* of info and the roster */
    struct run_inproc *run;                 /* owned; one of the two when it was begun */
    struct run_process *process;            /* owned */
    struct run_process *waiting;            /* owned; loaded and not opened yet */
    struct crew *crew;                      /* borrowed */
    struct agon_note note;                  /* of a file that was judged fit for a process */
    uint64_t hash;                          /* first 8 bytes of the file's */
    char build_id[65];                      /* hex, as the file has it; empty: none */
    const struct generation *of; /* borrowed while it is loaded: it is this one's file once more */
    char linked[64];             /* its name, where plugins are linked in; else empty */
    uint32_t number;
    uint16_t slot;
    uint8_t runner;
    _Atomic uint32_t is_begun; /* begun, and not failed to */
    _Atomic uint32_t n_gaps;   /* inproc, while the loader feeds it */
    /* core: of one that does not play, in a bucket as meters have (slot/meters.h) */
    uint64_t cpu_ms; /* counted so far */
    int64_t cpu_mono_ns, cpu_level_ns;
    struct record_begin *begin; /* owned; NULL: nobody wants to know */
    /* What it met and was not told yet (inproc): by whoever runs it. */
    struct record_lapse lapses[GENERATION_LAPSES];
    uint32_t n_lapses, n_lapses_told;
};

/* Where a reload stands. One side owns each phase, and gives it on by the next. */
enum reload_phase {
    RELOAD_IDLE = 0,         /* loader */
    RELOAD_CUT_WANTED = 1,   /* core */
    RELOAD_SAVING = 2,       /* core: waits for the child's save_state */
    RELOAD_CUT = 3,          /* loader: builds and catches up */
    RELOAD_READY = 4,        /* core */
    RELOAD_SHADOWING = 5,    /* core */
    RELOAD_SWAPPING = 6,     /* core: waits for the child's on_start */
    RELOAD_DONE = 7,         /* loader */
    RELOAD_FAILED = 8,       /* loader: err says why */
    RELOAD_DROP = 9,         /* core: take the new one away */
    RELOAD_BACK_WANTED = 10, /* core: the old one is to play again */
    RELOAD_LOADING = 12,     /* loader: before the first cut */
    RELOAD_REFUSED = 11      /* core: the engine is still to be told that the old one plays on */
};

/* A wish, as far as two instances are compared by it. */
struct wish_mark {
    uint64_t cause_seq, hash, ref;
    uint32_t n;
    uint16_t type;
    uint8_t kind;
};
#define SHADOW_QUEUE 4096u
#define SHADOW_REFS  256u
struct shadow {
    struct wish_mark of_active[SHADOW_QUEUE], of_next[SHADOW_QUEUE];
    uint64_t active_head, active_tail, next_head, next_tail;
    struct {
        uint64_t active, next;
        int is_final;    /* kept while there is room: a cancel may still name it */
    } refs[SHADOW_REFS]; /* client_refs that differ */
    uint32_t n_refs;
    uint64_t first_nth, cut_seq;
    struct error failure;
};
/* How a shadow is judged. */
struct shadow_mode {
    /* The core has taken a wish of the active one, or of the new one. */
    void (*on_active)(struct shadow *shadow, const struct agon_event_hdr *wish, int is_async);
    void (*on_next)(struct shadow *shadow, const struct agon_event_hdr *wish, int is_async);
    /* Everything of both up to these seqs has been shown. 1: it may take over; 0: not yet;
     * AGON_E... with the reason: it may not. */
    int (*judge)(struct shadow *shadow, uint64_t active_seq, uint64_t next_seq, uint64_t n_seen,
                 uint64_t wanted, struct error *err);
};
extern const struct shadow_mode shadow_modes[]; /* by enum crew_shadow */

struct member {
    struct crew *crew;
    struct crew_slot spec;          /* as it was joined */
    const struct crew_slot *source; /* borrowed: what it was joined with */
    struct generation *active;      /* owned; plays; NULL: nobody */
    struct generation *mapped;      /* owned; until crew_load: nothing of it has run */
    struct generation *next;        /* the loader's, until it is attached */
    struct generation *old;         /* owned; warm, for a roll-back */
    struct generation *doomed;      /* owned; to be ended by the loader */
    struct generation *dead;        /* owned; what crashed last: its file, its state */
    struct cut *cut;                /* owned; of a reload */
    struct shadow *shadow;          /* owned; the core's; NULL: nobody is compared */
    struct shadow *new_shadow;      /* owned; the loader's, until the cut */
    struct shadow *spent_shadow;    /* owned; the loader's, from the cut on */
    uint16_t slot;
    /* core */
    struct runner_port port;
    struct generation *teed; /* next, once it is told the slot's private events */
    uint8_t is_attached, is_muxed, is_draining, is_going_back, is_held, is_next_lost, is_old_lost;
    uint64_t swap_seq, live_seq;
    int64_t drain_ns;
    _Alignas(64) unsigned char held[ENGINE_WISH_BYTES];
    struct generation *held_of;      /* whose wish that is, */
    struct generation *took;         /* and of whom the last was that the engine took */
    struct record_generation before; /* to go back to, when a take-over is refused */
    /* checkpoints: the slot at a seq, and its private events since */
    struct cut *point, *making; /* owned */
    void *kept_memory;          /* owned */
    struct evring kept_in, kept_out;
    uint64_t kept_lost_seq;
    int64_t point_ns;
    uint8_t is_making;
    /* both */
    _Atomic uint32_t phase;
    uint32_t start, why; /* of the take-over: enum agon_start, enum generation_why */
    uint8_t with_state, from_point, is_back, is_ordered; /* ordered: orders_on_reload is done */
    uint8_t is_first; /* nobody has played for the slot as it was configured now */
    struct error err;
    struct crew_report report;
};
struct crew {
    struct crew_config config;
    void *notes_memory; /* owned; NULL: nothing is noted */
    struct evring notes_in, notes_out;
    struct member members[SLOTS_MAX];
    struct slot_shared pending; /* slots in a phase that is the core's */
    _Atomic uint32_t is_closing;
    struct slot_set changed; /* slots that changed hands; the core's */
    struct crew_pauses pauses;
    const struct bus_shm *bus; /* borrowed: the engine's */
    uint64_t bus_granules;
    struct sealed_set sealed;          /* the loader's */
    _Atomic uint32_t left[SEALED_MAX]; /* users that are no more, which it does not know yet */
    uint32_t n_members;                /* highest slot that was joined, + 1 */
    void *memory;                      /* owned: this */
};
/* The member of a slot that is given a plugin; those that never are take no page. One that has its
 * seat is not written: the core may read it. */
static inline struct member *member_seat(struct crew *crew, uint16_t slot)
{
    struct member *member = &crew->members[slot];

    if (member->crew == NULL) {
        member->crew = crew;
        member->slot = slot;
    }
    return member;
}

/* crew.c */
struct generation *generation_new(struct crew *crew, const struct crew_slot *spec,
                                  struct error *err);
int generation_load(struct generation *generation, const struct crew_slot *spec, const char *path,
                    struct error *err);
/* What a loaded one publishes and reads, as numbers; at a reload by the roster as it is at the cut.
 */
int generation_bind(struct generation *generation, const struct crew_slot *spec, struct error *err);
/* The lengths of bars that it is given: what the roster says, else what its parameters name. */
uint8_t generation_bars(const struct generation *generation, const struct crew_slot *spec);
struct generation *generation_again(const struct generation *of, const struct crew_slot *spec,
                                    struct error *err);
int generation_open(struct generation *generation, const struct crew_slot *spec, struct error *err);
int generation_begin(struct generation *generation, const struct crew_slot *spec,
                     const struct setup *setup, struct error *err);
void generation_end(struct generation *generation, uint32_t reason); /* frees; NULL is fine */
const struct runner_port *generation_port(const struct generation *generation);
uint64_t generation_done(const struct generation *generation);
uint64_t generation_nth(const struct generation *generation);
/* The member's slot as the engine has it now. */
void member_cut(struct crew *crew, struct member *member, struct cut *cut);

/* files.c: what a plugin is given beside its own file. [control] or [loader], but for leave */
/* As the roster names them, each as it is now. The error names the file. */
int files_open(struct generation *generation, const struct crew_slot *spec, struct error *err);
/* The same contents for one generation more. */
int files_again(struct generation *generation, const struct generation *of, struct error *err);
void files_leave(struct generation *generation); /* [core, loader] */
void files_close(struct crew *crew); /* what was left; before the next is opened, and last */

/* mux.c */
void mux_attach(struct member *member);
void mux_drain(struct member *member, struct generation *generation, int is_compared);

/* note.c: what the journal is told of instances. [core], but for open and free */
int note_open(struct crew *crew, struct error *err);
/* What it was given: the journal is told when it plays. [control] or [loader] */
void note_given(struct generation *generation, const struct crew_slot *spec,
                const struct setup *setup);
/* Of one that plays from now on. */
void note_begin(struct member *member, enum begin_how how);
void note_lapses(struct generation *generation);
void note_renamed(struct member *member);
/* Of the active one, whose intents so far were taken, or stay where they are. */
void note_end(struct member *member, enum end_how how);
/* Of the one before, when it is not heard any more; and when it has ended, or cannot keep up. */
void note_superseded(struct member *member);
void note_old_lost(struct member *member);
int note_lapse(void *ctx, const struct record_lapse *lapse); /* feed's on_lapse */

/* reload.c */
/* What checkpoints need; made from mux_attach on. [control] or [loader] */
int member_keep(struct member *member, struct error *err);

/* reload.c */
void reload_fail(struct member *member); /* why is in member->err. [core, loader] */

#endif
