// SPDX-License-Identifier: MIT
/* agon.log/1: lines for people. Frozen per revision: a new need is agon.log/2, and /1 stays served.
 */
#ifndef AGON_EXT_LOG_H
#define AGON_EXT_LOG_H

#include "agon/plugin.h"

#define AGON_EXT_LOG "agon.log/1"
enum agon_log_level { AGON_DEBUG = 1, AGON_INFO = 2, AGON_WARN = 3, AGON_ERROR = 4 };
struct agon_host_log {
    /* One line of UTF-8 of at most 200 bytes, shown with the slot's name and engine time; of a
     * longer one the first 197 at most and an ellipsis (U+2026). It is never used as a format.
     * Control characters and invalid bytes are shown as \xNN. At most 100 a second of
     * engine time; more are counted and dropped: AGON_EAGAIN. [agent] */
    int (*line)(const struct agon_host *host, uint32_t level, const char *text);
};

#endif
