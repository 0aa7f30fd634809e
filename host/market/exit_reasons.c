// SPDX-License-Identifier: Apache-2.0
#include "market/exit_reasons.h"

#include <stddef.h>

#include <agon/event.h>

#include "market/reasons.h"

_Static_assert(REASONS_MAX <= EXIT_REASON_FIRST, "a reason has the number of an exit's");

static const struct {
    const char *name, *text;
} rows[EXIT_REASON_END - EXIT_REASON_FIRST] = {
#define ROW(id, name, text) [EXIT_REASON_##id - EXIT_REASON_FIRST] = {name, text},
    EXIT_REASONS(ROW)
#undef ROW
};

const char *exit_reasons_name(uint16_t reason)
{
    const char *name;

    if (reason >= EXIT_REASON_FIRST)
        return reason < EXIT_REASON_END ? rows[reason - EXIT_REASON_FIRST].name : "";
    name = reason != REASON_NONE ? reason_name(reason) : NULL;
    return name != NULL ? name : "";
}

const char *exit_reasons_text(uint16_t reason)
{
    const char *text;

    if (reason >= EXIT_REASON_FIRST)
        return reason < EXIT_REASON_END ? rows[reason - EXIT_REASON_FIRST].text : "";
    text = reason != REASON_NONE ? reason_text(reason) : NULL;
    return text != NULL ? text : "";
}

uint16_t exit_reasons_of_plan(uint8_t cause)
{
    switch (cause) {
    case AGON_EXIT_BY_STOP:
        return EXIT_REASON_STOP;
    case AGON_EXIT_BY_TRAIL:
        return EXIT_REASON_TRAIL;
    case AGON_EXIT_BY_EVEN:
        return EXIT_REASON_EVEN;
    case AGON_EXIT_BY_TAKE:
        return EXIT_REASON_TAKE;
    case AGON_EXIT_BY_TIME:
        return EXIT_REASON_TIME;
    default:
        return REASON_EXIT; // a plan's, and nobody knows any more what made it fire
    }
}
