// SPDX-License-Identifier: Apache-2.0
/* crew_start: which builds a START names, the host's own and those of its plugins. */
#include <stdio.h>
#include <string.h>

#include "agent/crew_impl.h"
#include "sys/buildid.h"

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
