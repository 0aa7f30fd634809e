// SPDX-License-Identifier: Apache-2.0
/* ext_log: agon.log/1. The limit is counted in engine time, so that what a plugin is told (AGON_OK,
 * AGON_EAGAIN) is the same in every mode. */
#include "agent/feed_state.h"
#include "base/utf8.h"

#define LINES_PER_S 100
#define LINE_MAX    200
#define SHORTENED   "\xe2\x80\xa6" /* an ellipsis */
#define SHORT_MAX   (LINE_MAX - (sizeof(SHORTENED) - 1))

static int line(const struct agon_host *host, uint32_t level, const char *text)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    char escaped[4 * LINE_MAX + sizeof(SHORTENED) + 8];
    size_t n, used;
    int is_long;

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
    n = strnlen(text, LINE_MAX + 1);
    is_long = n > LINE_MAX;
    if (is_long) // not in the middle of a character, which has four bytes at most
        for (n = SHORT_MAX; n > SHORT_MAX - 3 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    if (feed->config.log) {
        used = utf8_escape(text, n, escaped, sizeof(escaped) - sizeof(SHORTENED));
        if (is_long)
            memcpy(escaped + used, SHORTENED, sizeof(SHORTENED));
        feed->config.log(feed->config.ctx, level, feed->t, escaped);
    }
    return AGON_OK;
}

const struct agon_host_log ext_log = {.line = line};
