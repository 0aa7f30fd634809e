// SPDX-License-Identifier: Apache-2.0
/* say: a line of the log with a status behind it, as "submit -11", for plugins of tests. */
#ifndef TESTS_INTEGRATION_PLUGINS_SAY_H
#define TESTS_INTEGRATION_PLUGINS_SAY_H

#include <stdio.h>

#include <agon/agon.h>

/* level: AGON_INFO; of a status below 0 at least AGON_WARN. */
static inline void say(const struct agon_host *host, const struct agon_host_log *log,
                       uint32_t level, const char *what, int status)
{
    char line[64];

    (void)snprintf(line, sizeof(line), "%.50s %+03d", what, status);
    (void)log->line(host, status < 0 && level < AGON_WARN ? (uint32_t)AGON_WARN : level, line);
}

#endif
