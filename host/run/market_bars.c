// SPDX-License-Identifier: Apache-2.0
#include "run/market_bars.h"

#include <stdio.h>
#include <stdlib.h>

#define LENGTH_MAX 86400

/* "SYMBOL=SECONDS,SYMBOL=SECONDS" up to a space. */
static const char *read_symbols(struct market_bars *bars, const char *at)
{
    for (;;) {
        size_t n = strcspn(at, "=, ");
        char *end;
        unsigned long length_s;

        if (n == 0 || n >= sizeof(bars->symbols[0].name) || at[n] != '=' ||
            bars->n == MARKET_BARS_SYMBOLS || at[n + 1] < '1' || at[n + 1] > '9')
            return NULL;
        length_s = strtoul(at + n + 1, &end, 10);
        if (length_s > LENGTH_MAX || LENGTH_MAX % length_s != 0)
            return NULL;
        memcpy(bars->symbols[bars->n].name, at, n);
        bars->symbols[bars->n++].length_s = (uint32_t)length_s;
        if (*end != ',')
            return end;
        at = end + 1;
    }
}

static int read_path(struct match_bars *assumed, const char *name)
{
    for (uint8_t path = 0; path <= MATCH_PATH_RANDOM; path++) {
        if (strcmp(match_path_name(path), name) == 0) {
            assumed->path = path;
            return AGON_OK;
        }
    }
    return AGON_ECORRUPT;
}

static int read_all(struct market_bars *bars, const char *text)
{
    struct match_bars *assumed = &bars->assumed;
    unsigned long long seed;
    char path[16];
    int used = 0;

    if (strcmp(text, "visible") == 0) {
        bars->is_visible = 1;
        return AGON_OK;
    }
    text = read_symbols(bars, text);
    if (text == NULL ||
        sscanf(text, " path=%15s spread=%u drift=%u touch=%u volume=%u slippage=%u seed=%llu%n",
               path, &assumed->spread_ppm, &assumed->drift_ppm, &assumed->touch_ppm,
               &assumed->volume_ppm, &assumed->slippage_ppm, &seed, &used) != 7 ||
        text[used] != '\0')
        return AGON_ECORRUPT;
    assumed->seed = seed;
    if (read_path(assumed, path) < 0 || match_bars_check(assumed, NULL) < 0)
        return AGON_ECORRUPT;
    return AGON_OK;
}

int market_bars_read(struct market_bars *bars, const char *text)
{
    int rc;

    memset(bars, 0, sizeof(*bars));
    rc = read_all(bars, text);
    if (rc < 0)
        memset(bars, 0, sizeof(*bars));
    return rc;
}

uint32_t market_bars_length_s(const struct market_bars *bars, const char *symbol)
{
    for (uint32_t i = 0; i < bars->n; i++) {
        if (strcmp(bars->symbols[i].name, symbol) == 0)
            return bars->symbols[i].length_s;
    }
    return 0;
}

int market_bars_is_optimistic(const struct market_bars *bars)
{
    return bars->n > 0 && bars->assumed.path == MATCH_PATH_OPTIMISTIC;
}

const char *market_bars_warning(int is_visible, int is_optimistic)
{
    if (is_optimistic)
        return "path optimistic: of what may have happened inside a bar each agent has what is "
               "best "
               "for it; nothing can be earned like that";
    if (!is_visible)
        return "";
    return "not comparable: the exchange makes trades of bars, along open, high, low, close, a "
           "path "
           "that their data do not have; a backtest shows nothing inside a bar";
}
