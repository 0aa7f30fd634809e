// SPDX-License-Identifier: Apache-2.0
/* tag_names: what plugins call their authors' reasons (agon_descriptor.tags), in a journal. Behind
 * a BEGIN stand those of its instance. Of a run whose agents have no BEGIN they lie in its START,
 * among the builds, in entries that are none (market/start_market.h). [any] */
#ifndef SLOT_TAG_NAMES_H
#define SLOT_TAG_NAMES_H

#include "slot/slot.h"

#define TAG_NAME 32
struct tag_names { /* name of reason i + 1, ends with a NUL */
    uint32_t n;    /* 0: none, or none is known */
    char all[AGON_TAGS_MAX][TAG_NAME];
};

/* all: n names as tag_names has them. Behind a BEGIN that has none yet; sets its length. What has
 * no room is left out, all of it. */
void tag_names_put(union begin_event *event, const char *all, uint32_t n);
/* False, and to is empty: none, or they do not fit its length. */
int tag_names_read(const struct record_begin *begin, struct tag_names *to);

/* In a START a line for each list of names, "0-2,5 breakout stop\n": of those slots. */
#define START_TAGS         0xfffd /* start_text.slot */
#define START_TAGS_ENTRIES 160
#define START_TAGS_TEXT    (START_TAGS_ENTRIES * (uint32_t)sizeof(((struct start_text *)0)->text))
struct tag_lines {
    uint32_t n;
    char text[START_TAGS_TEXT + 1];
};
/* One line more. What has no room is left out, all of it. */
void tag_names_add_line(struct tag_lines *tags, const struct slot_set *slots, const char *all,
                        uint32_t n);
/* As many entries as there are, at most START_TAGS_ENTRIES. Returns how many. */
uint32_t tag_names_put_lines(struct start_build *entries, const struct tag_lines *tags);
/* False, and tags is empty: it says none. */
int tag_names_read_lines(const struct record_start *start, struct tag_lines *tags);
/* Of a line the names, and of which slots; the next line; NULL: there is no further one. */
const char *tag_names_next_line(const char *line, struct slot_set *slots, struct tag_names *to);

#endif
