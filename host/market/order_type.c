// SPDX-License-Identifier: Apache-2.0
#include "market/order_type.h"

#include <stddef.h>
#include <string.h>

#define ROW(id, number, name, has, text) [number] = ORDER_TYPE_IS | (has),
const uint8_t order_type_has[256] = {AGON_ORDER_TYPES(ROW)};
#undef ROW

// A row that cannot mean anything does not compile.
#define ROW(id, number, name, has, text) | 1u << (has)
enum { THERE_IS = 0u AGON_ORDER_TYPES(ROW) };
#undef ROW
#define ROW(id, number, name, has, text)                                                           \
    _Static_assert((number) > 0 && (number) < ORDER_TYPES_MAX, name ": a number from 1 to 31");    \
    _Static_assert(((has) & ~(AGON_TYPE_PX | AGON_TYPE_TRIGGER | AGON_TYPE_TOWARDS)) == 0,         \
                   name ": what it has is of enum agon_type_has");                                 \
    _Static_assert(((has)&AGON_TYPE_TOWARDS) == 0 || ((has)&AGON_TYPE_TRIGGER) != 0,               \
                   name ": what waits for no trigger comes to none");                              \
    _Static_assert(((unsigned)THERE_IS >> ((has) | AGON_TYPE_PX) & 1) != 0,                        \
                   name ": one with a price that it can leave as, bounded by the collar");         \
    _Static_assert(sizeof(name) > 1 && sizeof(text) > 1, "a name, and words");
AGON_ORDER_TYPES(ROW)
#undef ROW

static const struct {
    const char *name, *text;
} types[ORDER_TYPES_MAX] = {
#define ROW(id, number, name, has, text) [number] = {name, text},
    AGON_ORDER_TYPES(ROW)
#undef ROW
};

// A number that two rows have is no switch.
uint8_t order_type_with_px(uint8_t type)
{
    switch (type) {
#define ROW(id, number, name, has, text) case number:
        AGON_ORDER_TYPES(ROW)
#undef ROW
        break;
    default:
        return 0;
    }
    for (uint8_t i = 1; i < ORDER_TYPES_MAX; i++) {
        if (order_type_has[i] == (order_type_has[type] | AGON_TYPE_PX))
            return i;
    }
    return 0;
}

const char *order_type_name(uint8_t type)
{
    return type < ORDER_TYPES_MAX ? types[type].name : NULL;
}

const char *order_type_text(uint8_t type)
{
    return type < ORDER_TYPES_MAX ? types[type].text : NULL;
}

uint8_t order_type_of(const char *name)
{
    for (uint8_t i = 1; i < ORDER_TYPES_MAX; i++) {
        if (types[i].name != NULL && strcmp(types[i].name, name) == 0)
            return i;
    }
    return 0;
}
