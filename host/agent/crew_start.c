// SPDX-License-Identifier: Apache-2.0
/* crew_start: which builds a START names, the host's own and those of its plugins. */
#include <stdio.h>
#include <string.h>

#include "agent/crew_impl.h"
#include "agent/info.h"
#include "slot/tag_names.h"
#include "sys/buildid.h"

_Static_assert(INFO_TAG == TAG_NAME, "names stand alike in info and journal");

static uint8_t read_hex(const char *text, unsigned char *bytes, size_t room)
{
    size_t n = 0;

    for (unsigned value; n < room && sscanf(text + 2 * n, "%2x", &value) == 1; n++)
        bytes[n] = (unsigned char)value;
    return (uint8_t)n;
}

// An event is of whole granules; what is left of the last one is no build.
static void set_granules(struct crew_start *event)
{
    memset(&event->builds[event->n], 0, sizeof(event->builds[event->n]));
    event->start.hdr.granules = (uint8_t)(1 + (event->n + 1) / 2);
}

void crew_start_host(struct crew_start *event)
{
    struct start_build *build = &event->builds[0];

    *build = (struct start_build){.slot = START_BUILD_HOST};
    build->n = (uint8_t)buildid_own(build->id);
    memcpy(event->start.build, build->id, sizeof(event->start.build));
    event->n = 1;
    set_granules(event);
}

void crew_start_market(struct crew_start *event, const struct start_market *market)
{
    event->n += start_market_put(&event->builds[event->n], market);
    set_granules(event);
}

void crew_start_plugin(struct crew_start *event, const struct crew *crew,
                       const struct crew_slot *slot)
{
    struct start_build build = {.slot = slot->record.slot,
                                .file_hash = slot->record.generation_hash};

    build.n = read_hex(crew_build_id(crew, slot->record.slot), build.id, sizeof(build.id));
    if (build.n == 0 || event->n > SLOTS_MAX + START_MARKET_ENTRIES)
        return;
    event->builds[event->n++] = build;
    set_granules(event);
}

/* All that have the same names stand in one line: many agents may be of one plugin. */
void crew_start_tags(struct crew_start *event, const struct crew *crew)
{
    struct tag_lines tags = {0};
    struct slot_set done = {0};

    for (uint16_t id = 0; id < SLOTS_MAX; id++) {
        const struct plugin_info *info = crew_info(crew, id);
        struct slot_set same = {0};

        if (info == NULL || info->n_tags == 0 || slot_set_has(&done, id))
            continue;
        for (uint16_t other = id; other < SLOTS_MAX; other++) {
            const struct plugin_info *its = crew_info(crew, other);

            if (its == NULL || its->n_tags != info->n_tags ||
                memcmp(its->tags, info->tags, info->n_tags * sizeof(info->tags[0])) != 0)
                continue;
            slot_set_add(&same, other);
            slot_set_add(&done, other);
        }
        tag_names_add_line(&tags, &same, info->tags[0], info->n_tags);
    }
    event->n += tag_names_put_lines(&event->builds[event->n], &tags);
    set_granules(event);
}
