// SPDX-License-Identifier: Apache-2.0
/* along: what the host itself does inside a bar, for the paper venue that walks its path.
 *
 * Exit plans and loss limits act where prices are assumed to have been (STEP_PATHS,
 * match/inside.h). The venue takes the slots that have such a thing along their paths, tells the
 * engine each price that counts by a PATH, and the engine does what it does at any price: what it
 * closes trades there and then. Which of two paths is assumed depends on what the host would do on
 * either, and for that there is an image of it: plans, position and limits of one slot on one
 * instrument, which changes nothing. All of it is told behind the bar's end. [core] */
#ifndef ENGINE_ALONG_H
#define ENGINE_ALONG_H

#include "engine/driver.h"
#include "match/inside.h"

struct along;
/* Both are borrowed. NULL: out of memory. */
struct along *along_new(struct engine *engine, struct driver *driver);
void along_free(struct along *along);
/* Slots with an exit plan or loss limit that may act inside a bar of the instrument, a bit each. */
struct slot_set along_slots(const struct along *along, agon_instrument_t instrument);
/* Is there any? */
int along_has_slots(const struct along *along, agon_instrument_t instrument);
/* An image of what the host does for the slot in a bar that ends at t_end. Borrowed until the next
 * call of this or of along_next. along_again makes it what it was. */
const struct inside_host *along_image(struct along *along, uint16_t slot,
                                      agon_instrument_t instrument, agon_ns_t t_end);
void along_again(void *host);
/* Does the host do nothing for the slot at any price of the bar? It has no exit plan there, and
 * reaches no loss limit of its own or of all slots. is_alone: it is the only one that is taken
 * along a path; where it is not, and all slots together have such a limit, that is not known: 0. */
int along_is_idle(struct along *along, uint16_t slot, const struct agon_bar *bar, int is_alone);
/* Would a path change nothing for the slots, all of them idle? At each price of the bar they bear
 * what their open orders may lose, nobody has one where all slots together have limits, and no
 * price is a new highest for any or for all. */
int along_is_silent(struct along *along, struct slot_set slots, const struct agon_bar *bar);
/* Both at once, of a bar whose end would be all that the core is told, at t, and itself at t_bar:
 * no slot has anything to do on the way, and nothing comes between. slots: those of along_slots. */
int along_is_passed(struct along *along, const struct agon_bar *bar, agon_ns_t t, agon_ns_t t_bar,
                    const struct slot_set *slots);
/* Is that known by a bar before (exposure_calm), or is there no slot of which it could be asked?
 * *slots: as along_slots would name them, of the first 64. */
int along_is_calm(struct along *along, const struct agon_bar *bar, agon_ns_t t, agon_ns_t t_bar,
                  uint64_t *slots);
/* A test's: nothing is known to be idle, and each path is walked. */
void along_walk_all(struct along *along);
/* On the way from a to b, where the engine next has something to do for the slot; 0: nowhere. */
agon_px_t along_next(struct along *along, uint16_t slot, agon_instrument_t instrument, agon_px_t a,
                     agon_px_t b);
/* Offers the engine an event; and the exits that are due by then. As driver_step: where the journal
 * has no room, again. Between begin and end no MARK is made: half a bar is no state to begin from.
 */
void along_begin(struct along *along);
int along_step(struct along *along, struct agon_event_hdr *event);
int along_due(struct along *along);
void along_end(struct along *along);
/* Does the engine want an order cancelled that is still on its way? */
int along_is_unwanted(const struct along *along, uint64_t order_id);

#endif
