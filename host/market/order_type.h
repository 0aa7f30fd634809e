// SPDX-License-Identifier: Apache-2.0
/* order_type: what the types of orders have, as AGON_ORDER_TYPES of <agon/types.h> says it. Nobody
 * asks which type it is who only wants to know whether there is a price or something is waited for:
 * then a new type is a row there, and what a venue calls it (docs/adding-an-order-type.md).
 *
 * Any number may be asked of: one that is no type has nothing and waits for nothing. [any] */
#ifndef MARKET_ORDER_TYPE_H
#define MARKET_ORDER_TYPE_H

#include <stdint.h>

#include <agon/types.h>

#define ORDER_TYPES_MAX 32   /* numbers are below it */
#define ORDER_TYPE_IS   0x80 /* in order_type_has: there is such a type */
extern const uint8_t order_type_has[256];

static inline int order_type_is(uint8_t type)
{
    return (order_type_has[type] & ORDER_TYPE_IS) != 0;
}

static inline int order_type_has_px(uint8_t type)
{
    return (order_type_has[type] & AGON_TYPE_PX) != 0;
}

/* A type without a price: it takes what it meets. */
static inline int order_type_is_at_market(uint8_t type)
{
    return (order_type_has[type] & (ORDER_TYPE_IS | AGON_TYPE_PX)) == ORDER_TYPE_IS;
}

static inline int order_type_waits(uint8_t type)
{
    return (order_type_has[type] & AGON_TYPE_TRIGGER) != 0;
}

/* It waits until prices have gone against its side. */
static inline int order_type_is_stop(uint8_t type)
{
    return (order_type_has[type] & (AGON_TYPE_TRIGGER | AGON_TYPE_TOWARDS)) == AGON_TYPE_TRIGGER;
}

/* Of one that waits: until prices have risen to its trigger. */
static inline int order_type_waits_for_rise(uint8_t type, uint8_t side)
{
    return (side == AGON_BUY) != ((order_type_has[type] & AGON_TYPE_TOWARDS) != 0);
}

/* The type that does the same and has a price; itself where it has one. 0: no such type. */
uint8_t order_type_with_px(uint8_t type);
const char *order_type_name(uint8_t type); /* "stop_limit"; NULL: no such type */
const char *order_type_text(uint8_t type); /* for people; NULL: no such type */
uint8_t order_type_of(const char *name);   /* 0: no such type */

#endif
