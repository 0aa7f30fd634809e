// SPDX-License-Identifier: Apache-2.0
/* tags: what a journal says of the names of authors' reasons (slot/tag_names.h): each of its time,
 * since a slot's next plugin may have others. [one thread] */
#ifndef REPORT_TAGS_H
#define REPORT_TAGS_H

#include "slot/tag_names.h"

struct tags; /* opaque */

struct tags *tags_new(void);       /* NULL: no memory */
void tags_free(struct tags *tags); /* NULL is fine */
/* Each event. AGON_ENOMEM. */
int tags_take(struct tags *tags, const struct agon_event_hdr *event);
/* From event seq on; n names as tag_names has them. For a slot in the order of events. AGON_ENOMEM.
 */
int tags_add(struct tags *tags, uint16_t slot, uint64_t seq, const char *all, uint32_t n);
/* A reason by the name that it had at that event; "": it has none, or none is known. Returns text.
 */
const char *tags_name(const struct tags *tags, uint16_t slot, uint64_t seq, uint16_t tag,
                      char text[TAG_NAME]);
/* ... by its name, else by its number; "": none. */
const char *tags_text(const struct tags *tags, uint16_t slot, uint64_t seq, uint16_t tag,
                      char text[TAG_NAME]);
int tags_any(const struct tags *tags); /* Is a name known? */

#endif
