// SPDX-License-Identifier: Apache-2.0
#include "market/reasons.h"

#include <stddef.h>

static const struct {
    const char *name, *text;
    enum reason_side side;
} reasons[REASONS_MAX] = {
#define ROW(id, number, name, side, text) [number] = {name, text, REASON_##side},
    REASONS(ROW)
#undef ROW
};

const char *reason_name(uint16_t reason)
{
    return reason < REASONS_MAX ? reasons[reason].name : NULL;
}

const char *reason_text(uint16_t reason)
{
    return reason < REASONS_MAX ? reasons[reason].text : NULL;
}

int reason_is_outside(uint16_t reason)
{
    return reason < REASONS_MAX && reasons[reason].side == REASON_OUTSIDE;
}
