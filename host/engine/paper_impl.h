// SPDX-License-Identifier: Apache-2.0
/* paper_impl: what the files of the paper venue share, and nobody else includes. */
#ifndef ENGINE_PAPER_IMPL_H
#define ENGINE_PAPER_IMPL_H

#include "base/map.h"
#include "engine/along.h"
#include "engine/paper.h"
#include "exec/orders.h"

#define TAKEN_BACK 0 /* in place of a command's kind */

struct pending { /* an order command on its way */
    agon_ns_t t;
    struct order_cmd cmd;
};
struct parked { /* ... that has arrived where nothing acts before the bar's close or the next open
                 */
    struct parked *next;
    struct order_cmd cmd;
};
struct held { /* ... that has no room in the rate windows yet */
    agon_ns_t until, not_before;
    struct order_cmd cmd;
    uint8_t rank, has_waited, pad[6];
};
struct put_off { /* ... or has come, like the market's news, behind a bar's end that is not told */
    struct put_off *next;
    agon_ns_t t, t_told; /* t_told: of a bar's end; 0: it is none */
    agon_instrument_t instrument;
    uint8_t is_cmd, pad[3];
    struct order_cmd cmd;
    union {
        struct agon_event_hdr hdr;
        struct agon_quote quote;
        struct agon_bar bar;
    } event;
};
/* Along the paths of a bar that is being told. The core may have no room for a step: where it
 * stands is kept here, and a step is offered until it is taken. */
enum walk_stage {
    WALK_SLOT = 0, /* the next slot enters this part of its path */
    WALK_LINE = 1, /* a slot is on a straight line of it */
    WALK_ACT = 2,  /* ... where an order acts */
    WALK_CLOSE = 3,
    WALK_OVER = 4,
    WALK_END = 5,
    WALK_DONE = 6
};
struct walk {
    const struct agon_bar *bar; /* NULL: none is */
    agon_ns_t t;                /* by the core's time */
    struct slot_set slots;
    struct slot_set idle; /* of them, for whom nothing happens on the way */
    uint8_t stage;        /* enum walk_stage */
    uint8_t part;         /* of the path, up to points[part] */
    uint8_t is_offering;  /* step is not taken yet */
    uint8_t word;         /* from which on the close is to be told */
    uint16_t slot;
    uint16_t turns; /* of the host, on this line */
    agon_px_t at_px;
    uint64_t order; /* that acts there */
    union {
        struct agon_event_hdr hdr;
        struct record_path path;
        struct record_report report;
    } step;
    /* Of those in slots alone; the others' are what they were. */
    agon_px_t px[SLOTS_MAX]; /* that each was told last */
    agon_px_t points[SLOTS_MAX][4];
};
struct entry { /* an order that the exchange knows and that is not final */
    uint64_t order_id, match_id;
    agon_instrument_t instrument;
    uint8_t rev, side, is_swapped, pad; /* is_swapped: nothing stands until its replacement comes */
    agon_qty_t qty;                     /* total, as the core counts it */
    agon_qty_t before_qty;              /* filled before the last replacement */
};
struct paper {
    struct paper_config config;
    const struct instruments *table; /* borrowed */
    struct match *match;             /* owned */
    struct pending *cmds;            /* owned; a queue in order of arrival */
    uint32_t n_cmds, first_cmd, room_cmds;
    struct parked *parked, **parked_end;    /* owned; in order of arrival */
    struct put_off *put_off, **put_off_end; /* owned; in order of arrival */
    struct parked *spare_parked;            /* owned; of either, for the next one */
    struct put_off *spare_put_off;
    struct along *along; /* borrowed; NULL: no host acts inside bars */
    struct walk walk;
    struct held *held; /* owned; in order of time */
    uint32_t n_held, room_held;
    agon_ns_t t_held; /* when the first of them may leave or is given up; INT64_MAX: none */
    struct paper_stats stats;
    struct record_report *reports; /* owned; a queue */
    uint32_t n_reports, first_report, room_reports;
    struct entry *entries; /* owned; [ENTRIES] */
    uint32_t *free;        /* owned */
    uint32_t n_free;
    struct map by_order;
    agon_ns_t t;
    int is_replacing;
    uint64_t n_sent[LATENCY_LEGS];
    agon_ns_t t_sent[LATENCY_LEGS]; /* when the last of a leg arrives */
    struct impact *impacts;         /* owned; [INSTRUMENTS_MAX + 1]; NULL: none */
};

/* paper.c */
/* When what leaves at t is there. */
agon_ns_t paper_arrival(struct paper *paper, enum latency_leg leg, agon_ns_t t);
struct record_report *paper_report(struct paper *paper, agon_ns_t t, const struct entry *entry,
                                   uint8_t kind);
/* A request that acts at t; does it, now that it has arrived; waits for a bar's close or open;
 * those that have waited for it act. */
void paper_request(struct paper *paper, agon_ns_t t, const struct order_cmd *cmd);
int paper_acts_now(const struct paper *paper, const struct order_cmd *cmd, agon_ns_t t);
void paper_park(struct paper *paper, const struct order_cmd *cmd);
void paper_take_parked(struct paper *paper, const struct agon_event_hdr *event);

/* paper_bars.c */
/* Is it the host's, of a slot that is on its path inside a bar? Then it acts there. */
int paper_is_inside(const struct paper *paper, const struct order_cmd *cmd);
/* Does what comes to the instrument wait behind a bar's end that is not told yet? */
int paper_is_put_off(const struct paper *paper, agon_instrument_t instrument);
struct put_off *paper_put_off(struct paper *paper, agon_ns_t t, agon_instrument_t instrument);

#endif
