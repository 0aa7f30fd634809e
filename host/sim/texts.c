// SPDX-License-Identifier: Apache-2.0
/* texts: how numbers and times stand in what exchanges say. */
#include <stdio.h>
#include <time.h>

#include "base/num.h"
#include "sim/sim.h"

void sim_num(struct jout *out, int64_t value)
{
    char text[NUM_TEXT];

    num_format_short(value, PIT_EXP, text);
    jout_str(out, text);
}

int sim_decimals(int64_t step)
{
    int n = PIT_EXP;

    for (; n > 0 && step % 10 == 0; step /= 10)
        n--;
    return n;
}

void sim_id(struct jout *out, uint64_t n)
{
    char text[24] = "";

    if (n != 0)
        snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
    jout_str(out, text);
}

void sim_ms(struct jout *out, agon_ns_t t)
{
    char text[24] = "";

    if (t != 0)
        snprintf(text, sizeof(text), "%lld", (long long)(t / 1000000));
    jout_str(out, text);
}

int sim_when(const char *text, agon_ns_t *t)
{
    struct tm tm = {.tm_year = 0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    int64_t ns = 0;

    if (!end)
        return -1;
    if (*end == '.') {
        int64_t unit = SIM_NS_PER_S / 10;

        for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10)
            ns += (*end - '0') * unit;
    }
    if (strcmp(end, "Z") != 0 && strcmp(end, "+00:00") != 0)
        return -1;
    *t = (agon_ns_t)timegm(&tm) * SIM_NS_PER_S + ns;
    return 0;
}
