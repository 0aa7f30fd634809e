// SPDX-License-Identifier: Apache-2.0
/* exit: plans by which a slot leaves its positions. A plan is a small machine of its own.
 *
 * It is told the price that it looks at, the slot's position, its own fills and the time, and says
 * what has come due; it reads no market and sends nothing (engine/exits.c does). A stop only ever
 * moves towards profit. What is due is *latched* until the engine fires it, so that a price that
 * comes back changes nothing; each stop, each target and the time fire at most once. What a plan
 * still wants closed never exceeds what its slot holds on its side: a position that went otherwise
 * makes it smaller or ends it. Targets close shares of what the plan has left, so that they stay
 * true when the position was changed by others. [core; exit_is_sane: any] */
#ifndef EXEC_EXIT_H
#define EXEC_EXIT_H

#include <agon/ext/exit.h>

#include "base/codec.h"
#include "market/records.h"

#define EXIT_PPM 1000000

/* What falls inside a bar acts at its close. */
enum exit_change_kind { EXIT_KEEP = 0, EXIT_REPLACE = 1, EXIT_END = 2 };
struct exit_plan {
    struct agon_exit_plan plan; /* as the author gave it, account filled in */
    uint32_t id;                /* of the slot: 1, 2, ...; 0: a free place */
    uint32_t n_failed;          /* orders to close that did not, in a row */
    uint8_t state;              /* AGON_EXIT_WAITING or AGON_EXIT_ARMED */
    uint8_t is_all;     /* a stop or the time has fired: all that it stands for is being closed */
    uint8_t stop_cause; /* enum agon_exit_cause: what put the stop where it stands */
    uint8_t is_trailing, is_even;
    uint8_t cause, take; /* of what fired last; cause 0: nothing has */
    uint8_t taken;       /* targets that have fired, a bit each */
    uint8_t due_cause;   /* a stop or the time is due: enum agon_exit_cause; 0: none */
    uint8_t due_takes;   /* targets that are due, a bit each */
    uint16_t failed;     /* enum reason: why the last order to close did not */
    uint8_t is_young;    /* made inside a bar: it looks at no price before that bar has closed */
    uint8_t change;      /* enum exit_change_kind: what its author wants of it when it has */
    uint16_t pad;
    struct agon_exit_plan next; /* EXIT_REPLACE: the plan in its stead; else all 0 */
    agon_px_t stop_px;          /* where the stop stands; 0: nowhere */
    agon_px_t best_px;          /* best price since it follows; 0: it does not */
    agon_px_t due_px;           /* that made due what is due */
    agon_ns_t t_due;            /* when that was */
    agon_ns_t t_retry;          /* no order to close goes before */
    agon_qty_t held_qty;        /* what the slot holds on the plan's side */
    agon_qty_t fire_qty;        /* still to be closed of targets that fired */
    agon_qty_t closed_qty;      /* by its own orders */
};

/* Are its fields in range, and do they fit each other? Of a plan that ends another only the names
 * count. */
int exit_is_sane(const struct agon_exit_plan *plan);
/* No price, distance or time at all: the wish to end a plan. */
int exit_is_end(const struct agon_exit_plan *plan);

void exit_open(struct exit_plan *exit, const struct agon_exit_plan *plan, uint32_t id);
/* The slot holds qty on the plan's side now: 0: nothing that a venue would take. */
enum exit_change { EXIT_SAME = 0, EXIT_ARMS = 1, EXIT_OVER = 2 };
enum exit_change exit_hold(struct exit_plan *exit, agon_qty_t qty);
/* The price that it looks at is px. entry_px: the slot's average entry; 0: not known. Bits: */
enum { EXIT_IS_DUE = 1, EXIT_HAS_MOVED = 2 /* the stop went to the entry */ };
unsigned exit_look(struct exit_plan *exit, agon_px_t px, agon_px_t entry_px, agon_ns_t t);
/* Of prices that go straight from one to the other: where exit_look next finds something due; 0:
 * nowhere. They have been looked at where they start. */
agon_px_t exit_reach(const struct exit_plan *exit, agon_px_t from_px, agon_px_t to_px);
/* Its time came before t_end, and prices are at px now: that makes it due. */
unsigned exit_time(struct exit_plan *exit, agon_ns_t t_end, agon_px_t px, agon_ns_t t);
/* When it next has something to do without a price; INT64_MAX: never. */
agon_ns_t exit_next(const struct exit_plan *exit);
/* What is due first: its cause, the number of a target, and the price. 0: nothing is by t. */
uint8_t exit_due(const struct exit_plan *exit, agon_ns_t t, uint8_t *take, agon_px_t *px);
/* That fires now. */
void exit_fire(struct exit_plan *exit, uint8_t cause, uint8_t take);
/* Still to be closed of what has fired. */
agon_qty_t exit_wants(const struct exit_plan *exit);
/* Of the position, what the plan stands for. */
agon_qty_t exit_left(const struct exit_plan *exit);
/* An order of its own closed so much; exit_hold follows. */
void exit_filled(struct exit_plan *exit, agon_qty_t qty);
/* What is left of a target that fired is too small for any order: it stays with the plan. */
void exit_forgo(struct exit_plan *exit);
/* Nothing more will come of it. */
int exit_is_done(const struct exit_plan *exit);

void exit_save(const struct exit_plan *exit, struct enc *enc);
/* Marks the decoder failed where the bytes are no plan. */
void exit_load(struct exit_plan *exit, struct dec *dec);

#endif
