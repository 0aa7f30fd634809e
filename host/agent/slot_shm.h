// SPDX-License-Identifier: Apache-2.0
/* slot_shm: the memory that a host and one child share, and nobody else includes it.
 *
 * The child can write all of it at any time: the host copies a value before it judges it, believes
 * none of it, and keeps what it needs itself (sizes, offsets) in memory of its own. */
#ifndef AGENT_SLOT_SHM_H
#define AGENT_SLOT_SHM_H

#include <stdatomic.h>

#include "agent/fault.h"
#include "agent/feed.h"
#include "agent/info.h"
#include "agent/rehearse.h"
#include "engine/port.h"

#define SLOT_SHM_MAGIC 0x544f4c53414f4741u

enum child_fd {
    CHILD_FD_SLOT = 3,
    CHILD_FD_BUS = 4,
    CHILD_FD_SETUP = 5,
    CHILD_FD_PLUGIN = 6,
    CHILD_FD_FILES = 7, /* SETUP_FILES_MAX of them, as far as there are */
    CHILD_FD_RESULTS = CHILD_FD_FILES + SETUP_FILES_MAX, /* of jobs; where leases are named */
    CHILD_FD_RUNNER /* its program (runner.h), closed at once */
};
enum child_phase {
    CHILD_STARTING = 0,
    CHILD_LOADED = 1, /* mapped and described; waits for its setup, or has probed */
    CHILD_READY = 2,
    CHILD_FAILED = 3,  /* said why in error */
    CHILD_CRASHED = 4, /* said how in crash */
    CHILD_STOPPED = 5,
    CHILD_FENCED = 6,  /* the sandbox stands, nothing of the plugin has run; waits for go */
    CHILD_UNSHARED = 7 /* it has made a user namespace; waits for mapped */
};
enum child_mode { CHILD_RUN = 1, CHILD_PROBE = 2, CHILD_REHEARSE = 3 };

struct child_log { /* in the log ring; hdr.granules as needed */
    struct agon_event_hdr hdr;
    uint32_t level, n;
    char text[856]; /* n bytes of it */
};
_Static_assert(sizeof(struct child_log) == 14 * 64, "whole granules");

/* What the child is asked to do between two events, once everything up to seq is delivered. */
enum child_order { CHILD_ORDER_SAVE = 1, CHILD_ORDER_LIVE = 2 };
#define STATE_REGIONS 2 /* saved in turn, so that one is always whole */

struct slot_shm {
    uint64_t magic;
    uint64_t bus_granules, setup_room, plugin_bytes;
    uint64_t setup_bytes; /* of the room; once set_up says so */
    uint64_t to_at, to_granules, from_at, from_granules, log_at, log_granules;
    uint64_t lapse_at, lapse_granules;            /* ring of struct record_lapse, to the host */
    uint64_t boxes_at;                            /* FEED_BOXES_BYTES; 0: no lease is named */
    uint64_t state_at[STATE_REGIONS], state_room; /* where a SAVE goes */
    uint64_t address_bytes;
    uint32_t mode, spin, layers_wanted, uid, gid;
    uint32_t plugin_index, threads; /* of the file; that may begin */
    uint32_t n_files;
    struct setup_file files[SETUP_FILES_MAX]; /* of a rehearsal; else the setup has them */
    uint32_t n_long;                          /* events of a rehearsal's last check */
    int32_t host_pid;
    uint32_t is_judged;                  /* the file, by the host: */
    struct agon_note note;               /* what it found there */
    _Alignas(128) _Atomic uint32_t wake; /* futex: + 1 by the host */
    _Atomic uint32_t stop;               /* enum agon_end, by the host; 0: go on */
    _Atomic uint32_t spin_ns;  /* before it sleeps, beside spin; by the host, in lock-step */
    _Atomic uint32_t is_ahead; /* by the host: go no further than the first step with an intent */
    /* In lock-step, by the host: it is to look ahead, 1 + each time (look.* says how far), and
     * where on the bus it goes on behind that; 0: not yet. */
    _Atomic uint32_t looks;
    struct runner_look look;
    _Atomic uint64_t go_on_at; /* 1 + the place, which is taken when it is read */
    uint32_t has_ahead;        /* behind the bus lies that of what is to come */
    uint32_t bus_bits; /* in lock-step it sleeps on the bus's word, with these; 0: on wake */
    _Alignas(128) _Atomic uint32_t is_asleep; /* by the child: wants wake */
    _Atomic uint32_t looks_done;              /* = looks, by the child */
    _Atomic uint64_t looked_seq;              /* the last step that it has done there */
    _Alignas(128) _Atomic uint32_t done;      /* futex: + 1 by the child when the host waits */
    _Alignas(128) _Atomic uint32_t host_waits;
    _Atomic uint32_t is_held; /* by the child: its intents are to be taken before it goes on */
    /* futex: + 1 by the child, which has something for a core that sleeps (bus.h) */
    _Alignas(128) _Atomic uint32_t bell;
    _Alignas(128) _Atomic uint32_t phase; /* enum child_phase */
    _Atomic uint32_t layers; /* enum sandbox_layer that were taken; read once, when it is fenced */
    _Atomic uint32_t mapped; /* futex: 1 by the host, which has given the child its ids; 2: not */
    _Atomic uint32_t go;     /* futex: 1 by the host, which has looked at the fence */
    _Atomic uint32_t set_up; /* futex: 1 by the host, which has written the setup */
    _Alignas(128) _Atomic uint32_t order; /* + 1 by the host with each; the words below are its */
    uint32_t order_kind, order_region;    /* enum child_order */
    struct feed_live live;                /* seq of both kinds */
    _Atomic uint32_t order_done;          /* = order, by the child */
    int32_t order_rc;
    uint64_t state_bytes; /* of the last SAVE */
    int32_t error_code;
    char error[ERROR_TEXT];
    struct child_crash crash;
    _Alignas(128) struct feed_beat beat;
    _Alignas(128) struct plugin_info info;
    _Alignas(128) struct rehearsal rehearsal;
};

#endif
