// SPDX-License-Identifier: Apache-2.0
/* ext_log: agon.log/1. The limit is counted in engine time, so that what a plugin is told (AGON_OK,
 * AGON_EAGAIN) is the same in every mode. */
#include "agent/feed_state.h"
#include "base/utf8.h"

#define LINES_PER_S 100
#define LINE_MAX    200

static int line(const struct agon_host *host, uint32_t level, const char *text)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    char escaped[4 * LINE_MAX + 8];
    size_t n;

    if (feed == NULL)
        return rc;
    if (text == NULL || level < AGON_DEBUG || level > AGON_ERROR)
        return AGON_EINVAL;
    if (feed->t / 1000000000 != feed->log_second) {
        feed->log_second = feed->t / 1000000000;
        feed->log_lines = 0;
    }
    if (feed->log_lines >= LINES_PER_S)
        return AGON_EAGAIN;
    feed->log_lines++;
    n = strnlen(text, LINE_MAX);
    // Not in the middle of a character.
    while (n == LINE_MAX && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    if (feed->config.log) {
        utf8_escape(text, n, escaped, sizeof(escaped));
        feed->config.log(feed->config.ctx, level, feed->t, escaped);
    }
    return AGON_OK;
}

const struct agon_host_log ext_log = {.line = line};
