// SPDX-License-Identifier: Apache-2.0
/* events: what is known of each type of event that plugins can be delivered, as AGON_EVENTS of
 * <agon/event.h> says it. A row that lacks its record, or the fields that journal/text_fields.c
 * shows of it, does not compile; nor does a number that stands in no mask. [any] */
#ifndef MARKET_EVENTS_H
#define MARKET_EVENTS_H

#include <stddef.h>

#include <agon/event.h>

#define EVENTS_MORE   16 /* types from AGON_EVENT_MORE on that records have room for */
#define EVENTS_PLACES (64 + EVENTS_MORE) /* of a table with one place for each type of a mask */

/* Which place of such a table; EVENTS_PLACES: the type stands in no mask. */
static inline uint32_t event_place(uint16_t type)
{
    if (type < 64)
        return type;
    return (uint32_t)(type - AGON_EVENT_MORE) < EVENTS_MORE ? 64u + type - AGON_EVENT_MORE
                                                            : EVENTS_PLACES;
}

/* Is it in the two parts of a mask? */
static inline int event_is_on(uint64_t mask, uint16_t more, uint16_t type)
{
    if (type < 64)
        return (int)(mask >> type & 1);
    return (uint32_t)(type - AGON_EVENT_MORE) < EVENTS_MORE ? more >> (type - AGON_EVENT_MORE) & 1
                                                            : 0;
}

struct event_kind {
    const char *name;
    uint16_t type;
    uint8_t reach;    /* enum agon_event_reach */
    uint8_t granules; /* at least */
    uint8_t has;      /* enum agon_event_has */
};
/* Of number i, to list them, by rising types; NULL behind the last. */
const struct event_kind *event_kind_at(uint32_t i);
const struct event_kind *event_kind_of(uint16_t type); /* NULL: none that plugins are delivered */

extern const uint8_t event_granules[256]; /* by type: at least; 0: it is none of these */
extern const uint8_t event_has[256];      /* by type: enum agon_event_has */
/* What is not known here has nothing. */
static inline int event_is(uint16_t type, uint8_t has)
{
    return type < 256 && (event_has[type] & has) != 0;
}

/* Of those below 64: which go to slots whatever their instruments are. SIGNAL does, by what they
 * read. */
// clang-format off
#define EVENTS_SHARED_BIT(id, number, word, name, record, reach, has) \
    | ((number) < 64 && ((reach) == AGON_OF_ALL || (reach) == AGON_OF_INPUTS) \
           ? (uint64_t)1 << ((number) & 63) : 0)
#define EVENTS_SHARED ((uint64_t)0 AGON_EVENTS(EVENTS_SHARED_BIT))
// clang-format on
static inline int event_is_shared(uint16_t type)
{
    const struct event_kind *kind;

    if (type < 64)
        return (int)(EVENTS_SHARED >> type & 1);
    kind = event_kind_of(type);
    return kind != NULL && (kind->reach == AGON_OF_ALL || kind->reach == AGON_OF_INPUTS);
}

#endif
