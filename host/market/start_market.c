// SPDX-License-Identifier: Apache-2.0
#include "market/start_market.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

_Static_assert(sizeof(struct start_text) == sizeof(struct start_build), "entries of one list");
_Static_assert(sizeof(struct start_market) <= START_MARKET_TEXTS, "all of it has room");

uint32_t start_market_put(struct start_build entries[START_MARKET_ENTRIES],
                          const struct start_market *market)
{
    char text[sizeof(struct start_market) + 1];
    size_t n = (size_t)snprintf(text, sizeof(text), "%s\n%s", market->name, market->about);
    uint32_t n_entries = 0;

    if (market->about[0] == '\0')
        return 0;
    for (size_t at = 0; at < n; at += sizeof(((struct start_text *)0)->text)) {
        struct start_text entry = {.slot = START_MARKET, .n = START_TEXT};

        entry.n_text = (uint8_t)(n - at < sizeof(entry.text) ? n - at : sizeof(entry.text));
        memcpy(entry.text, text + at, entry.n_text);
        memcpy(&entries[n_entries++], &entry, sizeof(entry));
    }
    return n_entries;
}

int start_market_read(const struct record_start *start, struct start_market *market)
{
    const unsigned char *at = (const unsigned char *)(start + 1);
    char text[START_MARKET_TEXTS + 1];
    uint32_t n = 0;
    char *about;

    for (uint32_t i = 0; i < start_n_builds(start); i++, at += sizeof(struct start_text)) {
        struct start_text entry;

        memcpy(&entry, at, sizeof(entry));
        if (entry.slot != START_MARKET || entry.n != START_TEXT ||
            entry.n_text > sizeof(entry.text) || n + entry.n_text >= sizeof(text))
            continue;
        memcpy(text + n, entry.text, entry.n_text);
        n += entry.n_text;
    }
    text[n] = '\0';
    *market = (struct start_market){0};
    about = strchr(text, '\n');
    if (about == NULL || about[1] == '\0')
        return 0;
    *about++ = '\0';
    (void)utf8_escape(text, strlen(text), market->name, sizeof(market->name));
    (void)utf8_escape(about, strlen(about), market->about, sizeof(market->about));
    return 1;
}

char *start_market_text(const struct start_market *market, uint64_t seed,
                        char text[START_MARKET_SAID])
{
    char of[32] = "";

    text[0] = '\0';
    if (market->about[0] == '\0')
        return text;
    if (market->name[0] != '\0')
        snprintf(of, sizeof(of), ", seed %" PRIu64 " (", seed);
    snprintf(text, START_MARKET_SAID, "A simulation, no real market and no real money: %s%s%s%s%s.",
             of[0] != '\0' ? "the generated market " : "", market->name, of, market->about,
             of[0] != '\0' ? ")" : "");
    return text;
}

void start_market_name(struct start_market *market, const char *word)
{
    const char *slash = strrchr(word, '/');

    (void)utf8_escape(slash != NULL ? slash + 1 : word, strlen(slash != NULL ? slash + 1 : word),
                      market->name, sizeof(market->name));
}
