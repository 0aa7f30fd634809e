// SPDX-License-Identifier: Apache-2.0
/* weights: which files decided. A journal's BEGIN has the SHA-256 of each file that an instance was
 * given, and each intent and order the number of the instance that wanted it: together they say the
 * weights of a decision. Who acts on another's signal is traced to that one's files. [one thread]
 */
#ifndef REPORT_WEIGHTS_H
#define REPORT_WEIGHTS_H

#include "engine/engine.h"
#include "store/registry.h"

#define WEIGHTS_TEXT 400

struct weights; /* opaque */

/* models: folder of a registry whose versions are named where their file is known; NULL: none.
 * NULL: no memory. */
struct weights *weights_new(const char *models);
void weights_free(struct weights *weights); /* NULL is fine */
/* Each event, behind the engine's step of it. AGON_ENOMEM. */
int weights_take(struct weights *weights, struct engine *engine,
                 const struct agon_event_hdr *event);
/* Whose files: of who wanted it, and of whose signal it answers; 0: no files, else place + 1. */
struct weights_who {
    uint32_t own, heard;
};
struct weights_who weights_find(const struct weights *weights, uint16_t slot, uint32_t generation,
                                uint64_t cause_seq);
void weights_say(const struct weights *weights, struct weights_who who, char text[WEIGHTS_TEXT]);
/* "weights=SHA256", or "weights=NAME@3:SHA256"; of another's signal "AGENT.weights=..."; several
 * with a space between; "": no file. */
void weights_put(const struct weights *weights, uint16_t slot, uint32_t generation,
                 uint64_t cause_seq, char text[WEIGHTS_TEXT]);
/* The instances with files, in the order of the journal. NULL behind the last. */
struct weights_of {
    uint16_t slot;
    uint32_t generation;
    uint64_t seq; /* of its BEGIN */
    agon_ns_t t;
    char agent[SLOT_NAME];
    char text[WEIGHTS_TEXT];
};
const struct weights_of *weights_at(const struct weights *weights, uint32_t i);

#endif
