// SPDX-License-Identifier: Apache-2.0
#include "venue/windows.h"

#include <stdio.h>

#include "base/money.h"
#include "venue/client.h"

#define NS_PER_S ((int64_t)1000000000)

int venue_windows_init(struct venue_windows *windows, const struct venue_config *config,
                       struct error *err)
{
    memset(windows, 0, sizeof(*windows));
    windows->wire = venue_table_find(config->dialect);
    if (windows->wire == NULL)
        return error_set(err, AGON_ENOENT, "there is no dialect \"%s\"", config->dialect);
    return gateway_limiter(&windows->limiter, config, 0, err);
}

void venue_windows_narrow(struct venue_windows *windows, const char *type, uint32_t interval_s,
                          uint32_t limit)
{
    gateway_narrow(&windows->limiter, 0, type, interval_s, limit);
}

int venue_windows_rank(const struct order_cmd *cmd)
{
    return (int)gateway_class_of(cmd);
}

int venue_windows_take(void *ctx, const struct order_cmd *cmd, agon_ns_t t, agon_ns_t *retry)
{
    struct venue_windows *windows = ctx;
    uint32_t cost[BUCKETS] = {[BUCKET_RAW] = 1};
    int rc;

    venue_cost(windows->wire, cmd, cost);
    *retry = INT64_MAX;
    rc =
        limiter_take(&windows->limiter, t > 0 ? t : 0, gateway_class_of(cmd), cost, BUCKETS, retry);
    return rc;
}

static const char *window_text(int64_t window_ns, char text[32])
{
    int64_t s = window_ns / NS_PER_S;

    if (s % 86400 == 0)
        snprintf(text, 32, "%lld d", (long long)(s / 86400));
    else if (s % 60 == 0)
        snprintf(text, 32, "%lld min", (long long)(s / 60));
    else
        snprintf(text, 32, "%lld s", (long long)s);
    return text;
}

static const char *count_text(uint32_t n, int is_apart, char text[MONEY_TEXT])
{
    if (is_apart)
        return money_count(n, text);
    snprintf(text, MONEY_TEXT, "%u", n);
    return text;
}

const char *venue_windows_text(const struct venue_windows *windows, int is_apart,
                               char text[VENUE_WINDOWS_TEXT])
{
    const struct limiter_bucket *buckets = windows->limiter.buckets;
    char window[3][32], counts[3][MONEY_TEXT];

    snprintf(text, VENUE_WINDOWS_TEXT, "%s orders in %s and %s in %s, weight %s in %s",
             count_text(buckets[BUCKET_ORDERS].rule.capacity, is_apart, counts[0]),
             window_text(buckets[BUCKET_ORDERS].rule.window_ns, window[0]),
             count_text(buckets[BUCKET_ORDERS_DAY].rule.capacity, is_apart, counts[1]),
             window_text(buckets[BUCKET_ORDERS_DAY].rule.window_ns, window[1]),
             count_text(buckets[BUCKET_WEIGHT].rule.capacity, is_apart, counts[2]),
             window_text(buckets[BUCKET_WEIGHT].rule.window_ns, window[2]));
    return text;
}
