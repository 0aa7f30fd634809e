// SPDX-License-Identifier: Apache-2.0
/* cards: the cards of a running host. cards.c is the core's side: leases of its slots are asked for
 * when their plugins begin, and when these acquire what they had given back, and are given back
 * when they have ended, and what the workers see becomes
 * events. card_watch.c is a thread of its own, which owns the workers (card/worker.h), one of each
 * card: it looks at each a few times a second, and says when a card is hot, does not answer, or
 * does again; and it gives them the leases and jobs of agents that the allocator put on their card
 * (jobs/relay.h). */
#ifndef RUN_CARDS_H
#define RUN_CARDS_H

#include "base/ring.h"
#include "card/worker.h"
#include "engine/engine.h"
#include "jobs/relay.h"
#include "roster/leases.h"
#include "run/host.h"
#include "sys/lock.h"
#include "sys/machine.h"

struct host_card_watch { /* of one card; [cards] */
    struct card_worker *worker;
    int64_t answered_ns; /* its last answer, or that it was begun; monotonic */
    int64_t died_ns;     /* it has ended then, and no other is up; 0: one is, or never was */
    int64_t asked_ns;    /* a look is under way since then; 0: none is */
    int64_t looked_ns, told_ns;
    int32_t heat_mc;      /* as it was told */
    uint8_t is_dismissed; /* on demand, and nobody has a lease there: it has no worker */
    uint8_t is_up, was_up, is_lost, is_filling; /* is_lost, is_filling: as it was told */
    char why[CARD_TEXT]; /* why the last one did not come up, as it was said; "": it did */
};
struct host_card_seen { /* for who looks; under host_cards.lock */
    struct card_look look;
    int32_t pid;
    uint32_t lives;
    uint8_t is_up;
    char device[CARD_TEXT];
};
struct host_card_own { /* the worker of a lease of own kernels; under host_cards.lock */
    struct relay_own_seen seen;
    int64_t said_ns;
    uint32_t lease; /* 0: free */
    uint16_t slot;
};
struct host_cards {
    struct ring events; /* of struct gpu_event, to core */
    struct host_card_watch watch[GPU_CARDS_MAX];
    struct lock lock; /* of seen, owns */
    struct host_card_seen seen[GPU_CARDS_MAX];
    struct host_card_own owns[RELAY_OWN_MAX];
    struct machine_thread thread;
    struct relay *relay; /* owned: what goes to workers and comes back; NULL: none are */
    int wake_fd;         /* an eventfd: the thread waits for it too */
    _Atomic uint32_t is_stopping;
    uint8_t is_open, is_running;
    _Atomic int64_t lost_ns;  /* the last answer of the card that was lost last; monotonic */
    uint8_t asked[SLOTS_MAX]; /* [core] of a slot's leases those that were asked for, a bit each */
    struct host_view_cards view; /* [core] what only decisions say */
};

#endif
