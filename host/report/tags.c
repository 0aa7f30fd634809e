// SPDX-License-Identifier: Apache-2.0
#include "report/tags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct told {
    uint64_t seq;    /* from that event on */
    uint32_t before; /* place of the slot's names before these, + 1; 0: none */
    struct tag_names names;
};
struct tags {
    struct told *all; /* owned */
    uint32_t n, room;
    uint32_t newest[SLOTS_MAX]; /* place, + 1; 0: none */
    int is_any;
};

struct tags *tags_new(void)
{
    return calloc(1, sizeof(struct tags));
}

void tags_free(struct tags *tags)
{
    if (tags != NULL)
        free(tags->all);
    free(tags);
}

static int is_same(const struct tags *tags, uint16_t slot, const char *all, uint32_t n)
{
    const uint32_t at = tags->newest[slot];
    const struct tag_names *names = at > 0 ? &tags->all[at - 1].names : NULL;

    return names == NULL ? n == 0
                         : names->n == n && (n == 0 || memcmp(names->all, all, n * TAG_NAME) == 0);
}

int tags_add(struct tags *tags, uint16_t slot, uint64_t seq, const char *all, uint32_t n)
{
    struct told *to;

    if (slot >= SLOTS_MAX || n > AGON_TAGS_MAX || is_same(tags, slot, all, n))
        return AGON_OK;
    if (tags->n == tags->room) {
        uint32_t room = tags->room == 0 ? 16 : 2 * tags->room;
        struct told *more = realloc(tags->all, room * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        tags->all = more;
        tags->room = room;
    }
    to = &tags->all[tags->n++];
    *to = (struct told){.seq = seq, .before = tags->newest[slot], .names.n = n};
    if (n > 0)
        memcpy(to->names.all, all, n * TAG_NAME);
    tags->newest[slot] = tags->n;
    tags->is_any |= n > 0;
    return AGON_OK;
}

static int take_start(struct tags *tags, const struct record_start *start)
{
    struct tag_lines said;
    struct tag_names names;
    struct slot_set slots;
    uint16_t slot;

    if (!tag_names_read_lines(start, &said))
        return AGON_OK;
    for (const char *line = said.text;
         (line = tag_names_next_line(line, &slots, &names)) != NULL;) {
        while (slot_set_take(&slots, &slot)) {
            if (tags_add(tags, slot, start->hdr.seq, names.all[0], names.n) < 0)
                return AGON_ENOMEM;
        }
    }
    return AGON_OK;
}

int tags_take(struct tags *tags, const struct agon_event_hdr *event)
{
    const struct record_begin *begin = (const struct record_begin *)(const void *)event;
    struct tag_names names;

    if (event->type == EVENT_START)
        return take_start(tags, (const struct record_start *)(const void *)event);
    if (event->type != EVENT_BEGIN)
        return AGON_OK;
    (void)tag_names_read(begin, &names);
    return tags_add(tags, begin->slot, event->seq, names.all[0], names.n);
}

const char *tags_name(const struct tags *tags, uint16_t slot, uint64_t seq, uint16_t tag,
                      char text[TAG_NAME])
{
    uint32_t at = slot < SLOTS_MAX ? tags->newest[slot] : 0;

    while (at > 0 && tags->all[at - 1].seq > seq)
        at = tags->all[at - 1].before;
    if (at > 0 && tag > 0 && tag <= tags->all[at - 1].names.n)
        (void)snprintf(text, TAG_NAME, "%s", tags->all[at - 1].names.all[tag - 1]);
    else
        text[0] = '\0';
    return text;
}

const char *tags_text(const struct tags *tags, uint16_t slot, uint64_t seq, uint16_t tag,
                      char text[TAG_NAME])
{
    if (tags_name(tags, slot, seq, tag, text)[0] == '\0' && tag > 0)
        (void)snprintf(text, TAG_NAME, "%u", tag);
    return text;
}

int tags_any(const struct tags *tags)
{
    return tags->is_any;
}
