// SPDX-License-Identifier: Apache-2.0
/* ext_table: the services that plugins are served. */
#include "agent/feed_state.h"

const struct ext ext_table[] = {
#define SERVICE_ROW(id, name, kinds) {AGON_EXT_##id, &ext_##name, kinds},
    SERVICES(SERVICE_ROW)
#undef SERVICE_ROW
    // Of it /2 has what /1 has, and more behind that.
    {"agon.metric/1", &ext_metric, SERVED_ALL},
    {NULL, NULL, 0},
};

const struct ext *ext_find(const char *id, uint32_t kind)
{
    for (const struct ext *ext = ext_table; ext->id; ext++)
        if (strcmp(ext->id, id) == 0)
            return kind < 32 && (ext->kinds >> kind & 1) ? ext : NULL;
    return NULL;
}

int ext_check(const char *id, uint32_t kind, struct error *err)
{
    if (ext_find(id, kind) != NULL)
        return AGON_OK;
    // In it anybody published under any number, and no reader could say whom it meant.
    if (strcmp(id, "agon.signal/1") == 0)
        return error_set(err, AGON_ENOTSUP,
                         "the plugin requires %s, which is not served; expected agon.signal/2, "
                         "with names in its descriptor (publishes, reads)",
                         id);
    // In it nobody said what the model was asked by.
    if (strcmp(id, "agon.nn/1") == 0)
        return error_set(err, AGON_ENOTSUP,
                         "the plugin requires %s, which is not served; expected agon.nn/2, where "
                         "open is given the names of the inputs: build it again with this SDK",
                         id);
    return error_set(err, AGON_ENOTSUP,
                     "the plugin requires %.64s, which is not served%s; expected one that this "
                     "host can serve",
                     id, ext_find(id, AGON_STRATEGY) ? " to its kind" : "");
}

const void *ext_get(const struct agon_host *host, const char *id)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_CREATE | FEED_START, &rc);
    const struct ext *ext = feed && id ? ext_find(id, feed->descriptor->kind) : NULL;

    return ext ? ext->table : NULL;
}
