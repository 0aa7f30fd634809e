// SPDX-License-Identifier: Apache-2.0
#include "market/instrument_kind.h"

#include <stddef.h>
#include <string.h>

#define ROW(id, number, name, has, text) [number] = INSTRUMENT_KIND_IS | (has),
const uint8_t instrument_kind_has[256] = {AGON_INSTRUMENT_KINDS(ROW)};
#undef ROW

// A row that cannot mean anything does not compile.
#define ROW(id, number, name, has, text)                                                           \
    _Static_assert((number) > 0 && (number) < 256, name ": a number from 1 to 255");               \
    _Static_assert(((has) & ~(AGON_KIND_TRADED | AGON_KIND_COINS | AGON_KIND_IN_BASE)) == 0,       \
                   name ": what it has is of enum agon_kind_has");                                 \
    _Static_assert(((has)&AGON_KIND_TRADED) != 0 || (has) == 0, name ": nobody fills it");         \
    _Static_assert(((has) & (AGON_KIND_COINS | AGON_KIND_IN_BASE)) !=                              \
                       (AGON_KIND_COINS | AGON_KIND_IN_BASE),                                      \
                   name ": coins are paid in the quote asset");                                    \
    _Static_assert(sizeof(name) > 1 && sizeof(text) > 1, "a name, and words");
AGON_INSTRUMENT_KINDS(ROW)
#undef ROW

// A number that two rows have is no switch.
const char *instrument_kind_name(uint8_t kind)
{
    switch (kind) {
#define ROW(id, number, name, has, text)                                                           \
    case number:                                                                                   \
        return name;
        AGON_INSTRUMENT_KINDS(ROW)
#undef ROW
    default:
        return NULL;
    }
}

uint8_t instrument_kind_of(const char *name)
{
    for (unsigned kind = 1; kind < 256; kind++) {
        const char *its = instrument_kind_name((uint8_t)kind);

        if (its != NULL && strcmp(its, name) == 0)
            return (uint8_t)kind;
    }
    return 0;
}
