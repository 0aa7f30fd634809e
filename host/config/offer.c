// SPDX-License-Identifier: Apache-2.0
#include "config/offer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "config/units.h"

#define EXAMPLES 3

const char *const offer_durations[] = {"250ms", "10s", "5m", "2h", "1d", NULL};
const char *const offer_sizes[] = {"64KiB", "16MiB", "1GiB", NULL};
const char *const offer_shares[] = {"3%", "0.25%", "12bps", NULL};

struct alias {
    const char *word, *unit;
};

size_t offer_number(const char *text, char *clean, size_t room, const char **tail)
{
    const char *at = text + strspn(text, "$ ");
    size_t n = 0;

    for (; *at && n + 1 < room; at++) {
        if (*at == '_' || *at == ',')
            continue;
        if (!isdigit((unsigned char)*at) && *at != '.')
            break;
        clean[n++] = *at;
    }
    clean[n] = '\0';
    *tail = at + strspn(at, " ");
    return n;
}

/* Adds it, when it would be taken and does not stand there already. */
static void add(struct offer *offer, const char *refused, const char *text)
{
    char quoted[OFFER_TEXT / 2];
    size_t used = strlen(offer->text);

    if (strcmp(text, refused) == 0 || !offer->fits(offer->ctx, text))
        return;
    snprintf(quoted, sizeof(quoted), "'%s'", text);
    if (strstr(offer->text, quoted) == NULL)
        snprintf(offer->text + used, sizeof(offer->text) - used, "%s%s", used ? " or " : "",
                 quoted);
}

static const char *unit_of(const struct alias *aliases, const char *word)
{
    for (; aliases->word != NULL; aliases++)
        if (strcasecmp(aliases->word, word) == 0)
            return aliases->unit;
    return NULL;
}

/* The number with a unit behind it, as people write it: 0.02s is 20ms. */
static void add_duration(struct offer *offer, const char *refused, const char *number,
                         const char *unit)
{
    char text[64];
    int64_t ns;

    snprintf(text, sizeof(text), "%s%s", number, unit);
    if (units_duration(text, strlen(text), &ns, NULL) == AGON_OK && strchr(number, '.') != NULL)
        units_say_duration(ns, text, sizeof(text));
    add(offer, refused, text);
}

void offer_duration(struct offer *offer, const char *refused)
{
    static const struct alias aliases[] = {
        {"ns", "ns"},    {"us", "us"},     {"usec", "us"}, {"ms", "ms"}, {"msec", "ms"},
        {"msecs", "ms"}, {"millis", "ms"}, {"s", "s"},     {"sec", "s"}, {"secs", "s"},
        {"second", "s"}, {"seconds", "s"}, {"m", "m"},     {"min", "m"}, {"mins", "m"},
        {"minute", "m"}, {"minutes", "m"}, {"h", "h"},     {"hr", "h"},  {"hrs", "h"},
        {"hour", "h"},   {"hours", "h"},   {"d", "d"},     {"day", "d"}, {"days", "d"},
        {NULL, NULL}};
    static const char *const units[] = {"s", "ms", "m", "h", "d"};
    const char *tail, *of_preset = "";
    char clean[48], preset[48];

    offer->text[0] = '\0';
    if (offer_number(refused, clean, sizeof(clean), &tail) == 0)
        return;
    if (*tail != '\0') {
        if (unit_of(aliases, tail) != NULL)
            add_duration(offer, refused, clean, unit_of(aliases, tail));
        return;
    }
    if (offer->preset != NULL)
        (void)offer_number(offer->preset, preset, sizeof(preset), &of_preset);
    // A fraction is of a second; a whole number of what the preset is in.
    if (*of_preset != '\0' && strchr(clean, '.') == NULL)
        add_duration(offer, refused, clean, of_preset);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && offer->text[0] == '\0'; i++)
        add_duration(offer, refused, clean, units[i]);
}

void offer_size(struct offer *offer, const char *refused)
{
    static const struct alias aliases[] = {
        {"b", "B"},     {"bytes", "B"}, {"k", "KiB"},   {"kb", "KiB"},  {"kib", "KiB"},
        {"m", "MiB"},   {"mb", "MiB"},  {"mib", "MiB"}, {"g", "GiB"},   {"gb", "GiB"},
        {"gib", "GiB"}, {"t", "TiB"},   {"tb", "TiB"},  {"tib", "TiB"}, {NULL, NULL}};
    const char *tail;
    char clean[48], text[64];

    offer->text[0] = '\0';
    if (offer_number(refused, clean, sizeof(clean), &tail) == 0)
        return;
    if (*tail != '\0' && unit_of(aliases, tail) == NULL)
        return;
    snprintf(text, sizeof(text), "%s%s", clean, *tail != '\0' ? unit_of(aliases, tail) : "");
    add(offer, refused, text);
}

void offer_share(struct offer *offer, const char *refused)
{
    const char *tail;
    char clean[48], text[64];
    int64_t ppm;
    size_t n;

    offer->text[0] = '\0';
    n = offer_number(refused, clean, sizeof(clean), &tail);
    if (n == 0)
        return;
    if (*tail != '\0') {
        snprintf(text, sizeof(text), "%s%s", clean,
                 strcasecmp(tail, "bp") == 0 || strcasecmp(tail, "bps") == 0 ? "bps" : "%");
        if (strchr(tail, '%') != NULL || strncasecmp(tail, "bp", 2) == 0 ||
            strncasecmp(tail, "percent", 7) == 0)
            add(offer, refused, text);
        return;
    }
    // 0.05 may be a part of one, or of a hundred: both are said.
    if (clean[0] == '0' && num_parse(clean, n, 6, &ppm) == AGON_OK) {
        num_format_short(ppm, 4, text);
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%%");
        add(offer, refused, text);
    }
    snprintf(text, sizeof(text), "%s%%", clean);
    add(offer, refused, text);
}

void offer_examples(const struct offer *offer, const char *const *usual, char *text, size_t room)
{
    const char *shown[EXAMPLES];
    size_t n = 0, used = 0;

    text[0] = '\0';
    if (offer->preset != NULL && offer->fits(offer->ctx, offer->preset))
        shown[n++] = offer->preset;
    for (; *usual != NULL && n < EXAMPLES; usual++)
        if (offer->fits(offer->ctx, *usual) && (n == 0 || strcmp(shown[0], *usual) != 0))
            shown[n++] = *usual;
    for (size_t i = 0; i < n && used < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%s",
                                 i == 0       ? ", such as "
                                 : i + 1 == n ? " or "
                                              : ", ",
                                 shown[i]);
}
