// SPDX-License-Identifier: Apache-2.0
/* outbox_in: the pieces that outbox.c (what is sent, its outcome, fills) and outbox_seen.c (what
 * the venue shows) are made of. [io] */
#ifndef VENUE_OUTBOX_IN_H
#define VENUE_OUTBOX_IN_H

#include "venue/outbox.h"

/* What was filled before the wire order that stands now. */
void outbox_learn_base(struct outbox_entry *entry, agon_qty_t total_qty, agon_qty_t wire_qty);
/* The order has come to its end: told, and kept for the window. */
void outbox_end_order(struct outbox *outbox, struct outbox_entry *entry, uint8_t kind,
                      uint16_t reason, int32_t code, uint8_t state, agon_ns_t t_venue, int64_t now);
/* What the order waited for is over. */
void outbox_end_request(struct outbox_entry *entry);
/* Do the reads, this one among them, prove that the request was not done? */
int outbox_is_proven(struct outbox_entry *entry, int64_t asked_ns, int64_t now);
/* The number of a wire order leads to its entry. */
void outbox_note_number(struct outbox *outbox, const struct outbox_entry *entry,
                        uint64_t venue_order);
/* An order of ours that should not be open: it is cancelled. */
void outbox_add_stray(struct outbox *outbox, const struct outbox_stray *stray);
/* A place for an order, of one that has long ended where all are taken; NULL: none. */
struct outbox_entry *outbox_take_place(struct outbox *outbox, uint64_t order_id);
/* A report to the core. */
void outbox_tell(struct outbox *outbox, const struct outbox_entry *entry, uint8_t kind,
                 uint16_t reason, int32_t code, uint8_t state, agon_ns_t t_venue);
/* The order waits for nothing any more. */
void outbox_give_up(struct outbox_entry *entry);
/* ... and is the number of the wire order that stands. */
void outbox_learn_number(struct outbox *outbox, struct outbox_entry *entry, uint64_t venue_order);
/* Was less told of than is filled? */
int outbox_lacks_fills(const struct outbox_entry *entry);
/* An order that had been given up is there. */
void outbox_reopen(struct outbox *outbox, struct outbox_entry *entry,
                   const struct outbox_seen *seen, int64_t now);

#endif
