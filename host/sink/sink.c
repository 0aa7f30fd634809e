// SPDX-License-Identifier: Apache-2.0
#include "sink/sink.h"

#include <stdio.h>
#include <string.h>

static const struct sink *const sinks[] = {
#define ROW(name) &sink_##name,
    SINK_TABLE(ROW)
#undef ROW
};
#define SINKS (sizeof(sinks) / sizeof(sinks[0]))

const struct sink *sink_at(uint32_t number)
{
    return number < SINKS ? sinks[number] : NULL;
}

int sink_find(const char *text, const struct sink **sink, const char **where, struct error *err)
{
    const char *colon = strchr(text, ':');
    char names[160] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < SINKS; i++) {
        size_t n = strlen(sinks[i]->name);

        if (colon != NULL && colon[1] != '\0' && (size_t)(colon - text) == n &&
            memcmp(text, sinks[i]->name, n) == 0) {
            *sink = sinks[i];
            *where = colon + 1;
            return AGON_OK;
        }
        if (used < sizeof(names))
            used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s:%s",
                                     i > 0 ? ", " : "", sinks[i]->name, sinks[i]->where);
    }
    return error_set(err, AGON_EINVAL, "%.80s: not a sink; expected %s", text, names);
}
