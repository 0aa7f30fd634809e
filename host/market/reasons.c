// SPDX-License-Identifier: Apache-2.0
#include "market/reasons.h"

#include <stdio.h>

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

char *reason_words(uint16_t reason, char text[REASON_WORDS])
{
    const char *name = reason_name(reason);

    (void)snprintf(text, REASON_WORDS, "%s", name != NULL ? name : "");
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '_' ? ' ' : *at;
    return text;
}

const char *reason_text(uint16_t reason)
{
    return reason < REASONS_MAX ? reasons[reason].text : NULL;
}

int reason_is_outside(uint16_t reason)
{
    return reason < REASONS_MAX && reasons[reason].side == AGON_REASON_IS_OUTSIDE;
}
