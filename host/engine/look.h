// SPDX-License-Identifier: Apache-2.0
/* look: what plugins in processes may hear of before the engine steps it, in lock-step.
 *
 * To wake a process and to wait for it costs more than most of them do with an event. But what the
 * market brings does not depend on what agents do: a second engine, as configured as the first and
 * without orders, money or runners, steps the next rows of the only source before the first does,
 * and what it shows lies on a bus of its own. Whoever has nothing at stake in these rows takes them
 * from there, all in one go, up to its first intent; the first engine then steps the same rows as
 * ever, and does not wake who has heard of them. Each record that the first engine shows is held
 * against what was shown ahead.
 *
 * At stake is whatever could bring a slot something private: an order, an exit, a timer, a lease, a
 * signal, a limit of its losses that the prices of these rows could reach. Where a tournament is
 * held, or all slots together have a limit, nobody looks ahead.
 * [core] */
#ifndef ENGINE_LOOK_H
#define ENGINE_LOOK_H

#include "engine/lockstep.h"

struct look;

/* memory: formatted, of as many granules as the engine's bus; borrowed, as all is. AGON_ENOMEM;
 * AGON_ENOTSUP: of this run nothing can be known ahead, and *look is NULL. */
int look_new(struct look **look, const struct lockstep_config *config, struct error *err);
void look_free(struct look *look); /* NULL is fine */

/* The next event of the source, in its stead: borrowed until the next call. NULL: none. */
const struct agon_event_hdr *look_next(struct look *look);
/* Right before the engine steps the next event of the source: whoever may is told of what is to
 * come. busy: slots that are in the middle of a step, or want something that has not acted yet. */
void look_ahead(struct look *look, const struct slot_set *busy);
/* Right behind a step of the engine. is_row: of the source. AGON_ECORRUPT: somebody has heard of
 * something else than it has shown now. */
int look_behind(struct look *look, int is_row);
/* Slots that have now stepped all that they have heard of, and whose intents are to be taken. */
struct slot_set look_ends(struct look *look);
uint64_t look_n(const struct look *look); /* events that were heard of ahead, times slots */

#endif
