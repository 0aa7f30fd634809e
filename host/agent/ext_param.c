// SPDX-License-Identifier: Apache-2.0
/* ext_param: agon.param/1. */
#include "agent/feed_fold.h"

static int integer(const struct agon_host *host, uint32_t id, int64_t *value)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    const struct feed_param *param = feed ? fold_param(feed, id) : NULL;

    if (feed == NULL)
        return rc;
    if (param == NULL)
        return AGON_ENOENT;
    if (value == NULL || (param->type != AGON_INTEGER && param->type != AGON_CHOICE))
        return AGON_EINVAL;
    *value = param->integer;
    return AGON_OK;
}

static int real(const struct agon_host *host, uint32_t id, double *value)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    const struct feed_param *param = feed ? fold_param(feed, id) : NULL;

    if (feed == NULL)
        return rc;
    if (param == NULL)
        return AGON_ENOENT;
    if (value == NULL || param->type != AGON_REAL)
        return AGON_EINVAL;
    *value = param->real;
    return AGON_OK;
}

static const char *text(const struct agon_host *host, uint32_t id)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    const struct feed_param *param = feed ? fold_param(feed, id) : NULL;

    return param && (param->type == AGON_TEXT || param->type == AGON_CHOICE) ? param->text : NULL;
}

const struct agon_host_param ext_param = {.integer = integer, .real = real, .text = text};
