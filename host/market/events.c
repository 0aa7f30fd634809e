// SPDX-License-Identifier: Apache-2.0
#include "market/events.h"

#include <stddef.h>

#include "market/records.h"

static const struct event_kind kinds[] = {
#define ROW(id, number, word, name, record, reach, has)                                            \
    {(name), (number), (reach), sizeof(struct record) / EVENT_GRANULE, (has)},
    AGON_EVENTS(ROW)
#undef ROW
};
const uint8_t event_granules[256] = {
#define ROW(id, number, word, name, record, reach, has)                                            \
    [number] = sizeof(struct record) / EVENT_GRANULE,
    AGON_EVENTS(ROW)
#undef ROW
};
const uint8_t event_has[256] = {
#define ROW(id, number, word, name, record, reach, has) [number] = (has),
    AGON_EVENTS(ROW)
#undef ROW
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

#define ROW(id, number, word, name, record, reach, has)                                            \
    _Static_assert(((number) > 0 && (number) < AGON_EVENT_INTENT) ||                               \
                       ((number) >= AGON_EVENT_MORE && (number) < AGON_EVENT_MORE + EVENTS_MORE),  \
                   name ": a number from 1 to 55, or from 128 on that masks have room for");       \
    _Static_assert((reach) >= AGON_OF_INSTRUMENT && (reach) <= AGON_OF_SLOT, name ": its reach");  \
    _Static_assert(((has) & ~(AGON_EV_KEPT | AGON_EV_FED | AGON_EV_STANDING)) == 0,                \
                   name ": what it has is of enum agon_event_has");                                \
    _Static_assert(((has)&AGON_EV_FED) == 0 || (reach) == AGON_OF_INSTRUMENT ||                    \
                       (reach) == AGON_OF_ALL,                                                     \
                   name ": what a feed says is for all who have the instrument, or for all");      \
    _Static_assert(((has) & (AGON_EV_STANDING | AGON_EV_FED)) != AGON_EV_STANDING,                 \
                   name ": only a feed says how a market stands");                                 \
    _Static_assert(sizeof(struct record) % EVENT_GRANULE == 0, name ": whole granules");           \
    _Static_assert(offsetof(struct record, hdr) == 0, name ": the header is its beginning");
AGON_EVENTS(ROW)
#undef ROW

// Where each stands; a number that two rows have is no switch.
static uint32_t at_of(uint16_t type)
{
    enum {
#define ROW(id, number, word, name, record, reach, has) AT_##id,
        AGON_EVENTS(ROW)
#undef ROW
    };

    switch (type) {
#define ROW(id, number, word, name, record, reach, has)                                            \
    case number:                                                                                   \
        return AT_##id;
        AGON_EVENTS(ROW)
#undef ROW
    default:
        return KINDS;
    }
}

const struct event_kind *event_kind_at(uint32_t i)
{
    return i < KINDS ? &kinds[i] : NULL;
}

const struct event_kind *event_kind_of(uint16_t type)
{
    return event_kind_at(at_of(type));
}
