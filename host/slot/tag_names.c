// SPDX-License-Identifier: Apache-2.0
#include "slot/tag_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

/* What else would stand there comes from no plugin: a file with such a name is refused. */
static int take_name(struct tag_names *to, const char *name, size_t n)
{
    if (to->n == AGON_TAGS_MAX || n == 0 || n >= TAG_NAME || strspn(name, LETTERS) < n)
        return 0;
    memset(to->all[to->n], 0, TAG_NAME);
    memcpy(to->all[to->n++], name, n);
    return 1;
}

/* --- BEGIN --- */

static uint32_t bytes_before(const struct record_begin *begin)
{
    return (uint32_t)(sizeof(*begin) + begin->n_venues * sizeof(struct begin_venue)) +
           begin->text_bytes;
}

void tag_names_put(union begin_event *event, const char *all, uint32_t n)
{
    struct record_begin *begin = &event->begin;
    uint32_t at = bytes_before(begin);

    if (n > AGON_TAGS_MAX)
        return;
    for (uint32_t i = 0; i < n; i++) {
        const char *name = all + (size_t)i * TAG_NAME;
        uint32_t n_name = (uint32_t)strnlen(name, TAG_NAME - 1);

        if (at + n_name + 1 > sizeof(*event)) {
            memset(event->bytes + bytes_before(begin), 0, at - bytes_before(begin));
            return;
        }
        memcpy(event->bytes + at, name, n_name);
        event->bytes[at + n_name] = '\0';
        at += n_name + 1;
    }
    begin->n_tags = (uint16_t)n;
    begin->hdr.granules = (uint8_t)((at + EVENT_GRANULE - 1) / EVENT_GRANULE);
}

int tag_names_read(const struct record_begin *begin, struct tag_names *to)
{
    const char *at = (const char *)begin + bytes_before(begin);
    size_t room = event_bytes(&begin->hdr);

    to->n = 0;
    if (bytes_before(begin) > room)
        return 0;
    room -= bytes_before(begin);
    for (uint32_t i = 0; i < begin->n_tags; i++) {
        size_t n = strnlen(at, room);

        if (n == room || !take_name(to, at, n)) {
            to->n = 0;
            return 0;
        }
        at += n + 1;
        room -= n + 1;
    }
    return to->n > 0;
}

/* --- START --- */

/* False: it has no room. */
static int add_text(struct tag_lines *tags, const char *text)
{
    size_t n = strlen(text);

    if (tags->n + n > START_TAGS_TEXT)
        return 0;
    memcpy(tags->text + tags->n, text, n + 1);
    tags->n += (uint32_t)n;
    return 1;
}

static int add_slots(struct tag_lines *tags, const struct slot_set *slots)
{
    const char *between = "";
    char text[32];
    int has_room = 1;

    for (uint32_t id = 0; id < SLOTS_MAX && has_room; id++) {
        uint32_t last = id;

        if (!slot_set_has(slots, id))
            continue;
        while (last + 1 < SLOTS_MAX && slot_set_has(slots, last + 1))
            last++;
        (void)snprintf(text, sizeof(text), last > id ? "%s%u-%u" : "%s%u", between, id, last);
        has_room = add_text(tags, text);
        between = ",";
        id = last;
    }
    return has_room;
}

void tag_names_add_line(struct tag_lines *tags, const struct slot_set *slots, const char *all,
                        uint32_t n)
{
    const uint32_t before = tags->n;
    int has_room = add_slots(tags, slots);
    char text[TAG_NAME + 1];

    for (uint32_t i = 0; i < n && has_room; i++) {
        (void)snprintf(text, sizeof(text), " %.31s", all + (size_t)i * TAG_NAME);
        // A child says what it likes: what is no name would end another's.
        has_room = text[1 + strspn(text + 1, LETTERS)] == '\0' && add_text(tags, text);
    }
    if (!has_room || !add_text(tags, "\n"))
        tags->n = before;
    tags->text[tags->n] = '\0';
}

uint32_t tag_names_put_lines(struct start_build *entries, const struct tag_lines *tags)
{
    uint32_t n_entries = 0;

    for (uint32_t at = 0; at < tags->n; at += sizeof(((struct start_text *)0)->text)) {
        struct start_text entry = {.slot = START_TAGS, .n = START_TEXT};

        entry.n_text =
            (uint8_t)(tags->n - at < sizeof(entry.text) ? tags->n - at : sizeof(entry.text));
        memcpy(entry.text, tags->text + at, entry.n_text);
        memcpy(&entries[n_entries++], &entry, sizeof(entry));
    }
    return n_entries;
}

int tag_names_read_lines(const struct record_start *start, struct tag_lines *tags)
{
    const unsigned char *at = (const unsigned char *)(start + 1);

    tags->n = 0;
    for (uint32_t i = 0; i < start_n_builds(start); i++, at += sizeof(struct start_text)) {
        struct start_text entry;

        memcpy(&entry, at, sizeof(entry));
        if (entry.slot != START_TAGS || entry.n != START_TEXT ||
            entry.n_text > sizeof(entry.text) || tags->n + entry.n_text > START_TAGS_TEXT)
            continue;
        memcpy(tags->text + tags->n, entry.text, entry.n_text);
        tags->n += entry.n_text;
    }
    tags->text[tags->n] = '\0';
    return tags->n > 0;
}

/* "0-2,5"; what is no such list gives no slots. Returns what is behind it. */
static const char *read_slots(const char *at, struct slot_set *slots)
{
    *slots = (struct slot_set){0};
    while (*at >= '0' && *at <= '9') {
        char *end;
        unsigned long first = strtoul(at, &end, 10), last = first;

        if (*end == '-' && end[1] >= '0' && end[1] <= '9')
            last = strtoul(end + 1, &end, 10);
        for (unsigned long id = first; id <= last && id < SLOTS_MAX; id++)
            slot_set_add(slots, (uint32_t)id);
        at = *end == ',' ? end + 1 : end;
    }
    return at;
}

const char *tag_names_next_line(const char *line, struct slot_set *slots, struct tag_names *to)
{
    const char *at = line;

    to->n = 0;
    if (strchr(line, '\n') == NULL)
        return NULL;
    at = read_slots(line, slots);
    while (*at == ' ') {
        size_t n = strspn(at + 1, LETTERS);

        if (!take_name(to, at + 1, n))
            break;
        at += 1 + n;
    }
    if (*at != '\n') // no such line: its slots have no names
        to->n = 0;
    return strchr(at, '\n') + 1;
}
