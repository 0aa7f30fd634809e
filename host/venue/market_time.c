// SPDX-License-Identifier: Apache-2.0
#include "venue/market_time.h"

#define SPEED_MIN 1000
#define SPEED_MAX 60000

/* Digits up to a space or the end, at most 19 of them. */
static int read_number(const char **at, int64_t *value)
{
    int n = 0;

    for (*value = 0; **at >= '0' && **at <= '9'; ++*at) {
        if (++n > 19 || __builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, **at - '0', value))
            return AGON_ECORRUPT;
    }
    return n > 0 ? AGON_OK : AGON_ECORRUPT;
}

int venue_market_read(struct venue_market *market, const struct http_message *reply, int64_t asked,
                      int64_t heard)
{
    const char *at = http_header_find(reply, "x-agon-market-time");
    int64_t t, speed_milli, trip_ns;

    if (at == NULL)
        return AGON_ENOENT;
    if (read_number(&at, &t) < 0 || *at++ != ' ' || read_number(&at, &speed_milli) < 0 ||
        *at != '\0' || t == 0 || speed_milli < SPEED_MIN || speed_milli > SPEED_MAX ||
        heard < asked || __builtin_sub_overflow(heard, asked, &trip_ns))
        return AGON_ECORRUPT;
    *market = (struct venue_market){.t = t,
                                    .at_ns = asked + trip_ns / 2,
                                    .error_ns = trip_ns / 2 + (trip_ns & 1),
                                    .speed_milli = speed_milli};
    return AGON_OK;
}

int venue_bars_read(char text[VENUE_BARS_TEXT], const struct http_message *reply)
{
    const char *at = http_header_find(reply, "x-agon-market-bars");

    if (at == NULL || strlen(at) >= VENUE_BARS_TEXT)
        return AGON_ENOENT;
    memcpy(text, at, strlen(at) + 1);
    return AGON_OK;
}
