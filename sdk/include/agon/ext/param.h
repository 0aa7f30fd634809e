// SPDX-License-Identifier: MIT
/* agon.param/1: the roster's values for the descriptor's parameters. Frozen per revision: a new
 * need is agon.param/2, and /1 stays served. */
#ifndef AGON_EXT_PARAM_H
#define AGON_EXT_PARAM_H

#include "agon/plugin.h"

#define AGON_EXT_PARAM "agon.param/1"
struct agon_host_param { /* by the id declared in agon_param. AGON_ENOENT; AGON_EINVAL: of another
                            type */
    /* Of AGON_INTEGER; of AGON_CHOICE the index. [agent] */
    int (*integer)(const struct agon_host *host, uint32_t id, int64_t *value);
    /* Of AGON_REAL. [agent] */
    int (*real)(const struct agon_host *host, uint32_t id, double *value);
    /* Of AGON_TEXT and AGON_CHOICE, borrowed until the callback returns; NULL: none. [agent] */
    const char *(*text)(const struct agon_host *host, uint32_t id);
};

#endif
