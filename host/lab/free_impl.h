// SPDX-License-Identifier: Apache-2.0
/* free_impl: a run that goes once more, as free_run.c and free_agents.c share it. */
#ifndef LAB_FREE_IMPL_H
#define LAB_FREE_IMPL_H

#include "base/heap.h"
#include "engine/driver.h"
#include "lab/free_venue.h"
#include "lab/parity_cast.h"
#include "lab/replay.h"
#include "lab/tape.h"

#define OWN_MAX   ((uint32_t)4096)    /* prices at which our own orders stand */
#define AHEAD_MAX ((uint32_t)65536)   /* events that are looked through for the exchange's next */
#define WISHES    ((uint32_t)1 << 16) /* that wait for their time */
#define GRACE_NS                                                                                   \
    ((agon_ns_t)2000000000) /* a timer that the journal does not have comes so late                \
                             */

struct node { /* an event of the journal, between the exchange and the core */
    struct node *next;
    agon_ns_t t_there; /* at the exchange, by our clock; -1: it was not there */
    int is_played;     /* the matching engine has it from here, and not from a recording */
    union {
        struct agon_event_hdr hdr;
        struct record_report report;
        unsigned char bytes[64];
    } event;
};
struct wish {
    _Alignas(64) unsigned char bytes[ENGINE_WISH_BYTES];
    uint64_t seq; /* the journal's; 0: it has none */
};
struct player {
    struct cast cast;
    struct run_inproc *run;         /* owned; NULL: it does not run */
    uint64_t cause_seq, placed_seq; /* of its last wish that waits for an event of the journal */
    uint64_t live_seq;              /* it is heard from this cause on; UINT64_MAX: not */
    uint8_t is_over;
};
struct sent {                          /* a recording that the venue played */
    struct tape *tape;                 /* owned */
    struct tape *ahead;                /* owned; the same, up to a stamp behind head */
    const struct agon_event_hdr *head; /* its next event; NULL: its end */
    uint64_t n, n_ahead;               /* events of either so far */
    agon_ns_t t;                       /* of head, at the exchange by our clock */
    agon_ns_t t_stamp;                 /* of the newest of ahead; INT64_MAX: there is no more */
    int64_t lead_ns; /* of the venue's stamp over the recorder's clock, at the last one of tape */
};
struct going {
    const struct free_config *config;
    const struct free_facts *facts;
    struct free_outcome *outcome;
    struct player *players; /* owned; of this run */
    uint32_t n_players;
    struct player *active[SLOTS_MAX], *old[SLOTS_MAX];
    struct runner_port ports[SLOTS_MAX];
    struct member {
        struct going *going;
        uint16_t slot;
    } members[SLOTS_MAX];
    struct replay before; /* up to the START */
    struct engine *engine;
    struct history *history; /* owned */
    struct agon_bar *bars;   /* owned */
    struct cut *cut;         /* owned */
    struct free_watch watch;
    struct free_venue *venue; /* owned */
    struct driver driver;
    struct journal_reader *reader;            /* owned */
    struct node *first, **last, *at_exchange; /* owned */
    struct sent sent[FREE_SENT_MAX];
    uint32_t n_sent;
    uint64_t is_sent[INSTRUMENTS_MAX / 64 + 1]; /* the exchange has its market from a recording */
    struct node *told, **last_told;             /* owned; of those, on their way to the core */
    struct free_own *own; /* owned; [OWN_MAX]: what stands open of ours in the journal's book */
    uint32_t n_own, next_own, n_held; /* n_held: nodes */
    agon_ns_t t_there, t_core;        /* of the newest market event there, and here */
    uint64_t first_seq, *seqs;        /* owned; the journal's number of each of our events */
    uint64_t n_seqs, room_seqs;
    const struct agon_event_hdr *offered;
    uint64_t offered_seq, stepped_seq; /* stepped: of the one that the engine is taking */
    struct wish *wishes;               /* owned; [WISHES] */
    uint32_t *free;                    /* owned */
    uint32_t n_free;
    struct heap due; /* a: place in wishes */
    uint64_t order, passed_seq;
    int is_over, is_ending, rc; /* is_ending: the host takes no wishes any more */
};

/* The journal's number of an event of this run; 0: it has none. */
uint64_t free_seq_of(void *going, uint64_t seq);
/* Whose code is called from here on; NULL: nobody's. */
void free_enter(const struct going *going, const struct player *player);
/* For runner_port.put, with a struct member. */
int free_put(void *member, const struct agon_event_hdr *event);
/* All agents take what the last step gave them, and what they want is kept. */
int free_advance(struct going *going);
/* Those begin whose BEGIN is as of an event up to that one of the journal. */
void free_begin(struct going *going, uint64_t seq);
void free_change_hands(struct going *going, const struct record_generation *hands);
void free_end(struct going *going, const struct record_end *ended);

#endif
