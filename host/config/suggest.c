// SPDX-License-Identifier: Apache-2.0
// suggest: see suggest.h.
#include "config/suggest.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static uint32_t min3(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t least = a < b ? a : b;

    return least < c ? least : c;
}

uint32_t suggest_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    // Three rows of the table of optimal string alignment: two back, last, this.
    uint32_t rows[3][SUGGEST_MAX + 1];
    uint32_t *before = rows[0], *last = rows[1], *now = rows[2];

    if (n_a > SUGGEST_MAX || n_b > SUGGEST_MAX)
        return SUGGEST_MAX;
    for (size_t j = 0; j <= n_b; j++)
        last[j] = before[j] = (uint32_t)j;
    for (size_t i = 1; i <= n_a; i++) {
        uint32_t *oldest = before;

        now[0] = (uint32_t)i;
        for (size_t j = 1; j <= n_b; j++) {
            uint32_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;

            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + change);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]) && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        before = last;
        last = now;
        now = oldest;
    }
    return last[n_b];
}

void suggest_offer(struct suggest *suggest, const char *word, size_t n, const char *candidate)
{
    size_t n_candidate = strlen(candidate);
    uint32_t distance = suggest_distance(word, n, candidate, n_candidate);
    size_t longer = n_candidate > n ? n_candidate : n;
    size_t longer_by = longer - (n_candidate > n ? n : n_candidate);
    uint32_t limit = (uint32_t)(longer + 2) / 3;

    if (limit > 2)
        limit = 2;
    // Half of a short word is another word, unless letters are missing alone ("spd" of "speed").
    if (longer < 6 && longer_by < limit)
        limit = 1;
    // A longer form of what was written comes behind every word that is a typo away.
    if (distance > limit && n >= 3 && n_candidate > n &&
        suggest_distance(word, n, candidate, n) == 0)
        distance = 3;
    else if (distance > limit)
        return;
    if (!suggest->best || distance < suggest->distance) {
        suggest->best = candidate;
        suggest->distance = distance;
    }
}
