// SPDX-License-Identifier: Apache-2.0
/* ext_asset: agon.asset/1. */
#include "agent/feed_state.h"

static int map(const struct agon_host *host, const char *name, struct agon_asset_map *out)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);

    if (feed == NULL)
        return rc;
    if (name == NULL || out == NULL)
        return AGON_EINVAL;
    for (uint32_t i = 0; i < feed->setup.n_files; i++) {
        const struct setup_file *file = &feed->setup.files[i];

        if (strcmp(file->name, name) != 0 || feed->config.files[i] == NULL)
            continue;
        out->bytes = feed->config.files[i];
        out->n = file->bytes;
        memcpy(out->sha256, file->digest, sizeof(out->sha256));
        return AGON_OK;
    }
    return AGON_ENOENT;
}

const struct agon_host_asset ext_asset = {.map = map};
