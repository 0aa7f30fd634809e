// SPDX-License-Identifier: Apache-2.0
#include "base/span.h"

#include <stdio.h>

#define SECOND_NS UINT64_C(1000000000)
#define MINUTE_NS (60 * SECOND_NS)

static char *put_small(uint64_t ns, const char *sign, char text[SPAN_TEXT])
{
    static const struct {
        uint64_t ns;
        const char *name;
    } units[] = {{1000, "us"}, {1000000, "ms"}, {SECOND_NS, "s"}};
    uint32_t i = 0;
    uint64_t tenths;

    if (ns < 1000) {
        (void)snprintf(text, SPAN_TEXT, "%s%llu %s", sign, (unsigned long long)ns,
                       ns == 0 ? "s" : "ns");
        return text;
    }
    while (i < 2 && (ns + units[i].ns / 2) / units[i].ns >= 1000)
        i++;
    tenths = (ns + units[i].ns / 20) / (units[i].ns / 10);
    // Three digits say enough; and seconds are whole ones as often as not.
    if (tenths >= 1000 || (i == 2 && tenths % 10 == 0))
        (void)snprintf(text, SPAN_TEXT, "%s%llu %s", sign,
                       (unsigned long long)((ns + units[i].ns / 2) / units[i].ns), units[i].name);
    else
        (void)snprintf(text, SPAN_TEXT, "%s%llu.%llu %s", sign, (unsigned long long)tenths / 10,
                       (unsigned long long)tenths % 10, units[i].name);
    return text;
}

char *span_text(int64_t ns, char text[SPAN_TEXT])
{
    static const struct {
        uint64_t s, parts; // so many of the next smaller one
        const char *name, *smaller;
    } units[] = {{86400, 24, "d", "h"}, {3600, 60, "h", "min"}, {60, 60, "min", "s"}};
    uint64_t all_ns = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    const char *sign = ns < 0 ? "-" : "";
    // What a tenth of a second rounds up to a minute is one.
    uint64_t s = (all_ns < MINUTE_NS ? all_ns + SECOND_NS / 20 : all_ns) / SECOND_NS;
    uint64_t part;
    uint32_t i = 0;

    if (s < 60)
        return put_small(all_ns, sign, text);
    while (s < units[i].s)
        i++;
    part = s % units[i].s * units[i].parts / units[i].s;
    if (part > 0)
        (void)snprintf(text, SPAN_TEXT, "%s%llu %s %llu %s", sign,
                       (unsigned long long)(s / units[i].s), units[i].name,
                       (unsigned long long)part, units[i].smaller);
    else
        (void)snprintf(text, SPAN_TEXT, "%s%llu %s", sign, (unsigned long long)(s / units[i].s),
                       units[i].name);
    return text;
}

char *span_of_s(double seconds, char text[SPAN_TEXT])
{
    double ns = seconds * 1e9;

    return span_text(ns > -9e18 && ns < 9e18 ? (int64_t)(ns < 0 ? ns - 0.5 : ns + 0.5) : 0, text);
}
