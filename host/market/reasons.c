// SPDX-License-Identifier: Apache-2.0
#include "market/reasons.h"

#include <stddef.h>

static const struct {
    const char *name, *text;
    enum agon_reason_side side;
} reasons[REASONS_MAX] = {
#define ROW(id, number, name, side, text) [number] = {name, text, AGON_REASON_IS_##side},
    AGON_REASONS(ROW)
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
    return reason < REASONS_MAX && reasons[reason].side == AGON_REASON_IS_OUTSIDE;
}
