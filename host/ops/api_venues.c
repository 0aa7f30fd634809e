// SPDX-License-Identifier: Apache-2.0
/* The venues of a host, each with figures of its own: health, connections, limits, latency, uptime.
 */
#include <stdio.h>

#include "ops/api.h"
#include "ops/api_words.h"
#include "ops/metrics.h"

const char *api_health(uint8_t health)
{
    return api_word(api_healths, health);
}

static const char *state_of(const struct host_view_venue *venue)
{
    const struct gateway_status *status = &venue->status;

    if (venue->is_halted)
        return "halted";
    if (status->is_banned)
        return "banned";
    if (status->is_auth_halted)
        return "key refused";
    if (!venue->uptime.is_up)
        return venue->uptime.seen_ns > 0 ? "down" : "waiting";
    return status->health == GATEWAY_UP ? "running" : api_health(status->health);
}

static double uptime_of(const struct host_uptime *uptime)
{
    return uptime->seen_ns > 0
               ? (double)(uptime->seen_ns - uptime->down_ns) / (double)uptime->seen_ns
               : uptime->is_up;
}

static void put_limits(const struct gateway_status *status, struct jout *out)
{
    jout_key(out, "limits");
    jout_open(out, '[');
    for (uint32_t i = 0; i < status->n_limits; i++) {
        const struct gateway_limit *limit = &status->limits[i];

        jout_open(out, '{');
        jout_kv_str(out, "limit", limit->name);
        jout_kv_int(out, "capacity", limit->capacity);
        jout_kv_int(out, "free", limit->free);
        jout_kv_int(out, "window_ms", limit->window_ns / 1000000);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

static void put_figures(const struct gateway_status *venue, struct jout *out)
{
    jout_kv_str(out, "health", api_health(venue->health));
    jout_kv_bool(out, "ready", venue->is_ready);
    jout_kv_int(out, "links", venue->n_links);
    jout_kv_int(out, "links_up", venue->n_up);
    jout_kv_int(out, "books", venue->n_books);
    jout_kv_int(out, "books_live", venue->n_live);
    jout_kv_int(out, "messages", (int64_t)venue->n_messages);
    jout_kv_int(out, "bad", (int64_t)venue->n_bad);
    jout_kv_int(out, "quantities_cut", (int64_t)venue->n_cut);
    jout_kv_int(out, "binary", (int64_t)venue->n_binary);
    jout_kv_int(out, "silent_channels", (int64_t)venue->n_silent);
    jout_kv_int(out, "connect_limit_wait_ms", venue->connect_wait_ns / 1000000);
    jout_kv_int(out, "gaps", (int64_t)venue->n_gaps);
    jout_kv_int(out, "resyncs", (int64_t)venue->n_resyncs);
    jout_kv_int(out, "reconnects", (int64_t)venue->n_reconnects);
    jout_kv_int(out, "held", venue->n_held);
    jout_kv_int(out, "not_durable_in_time", (int64_t)venue->n_late);
    jout_kv_int(out, "queued", venue->n_queued);
    jout_kv_int(out, "unconfirmed", venue->n_unknown);
    jout_kv_int(out, "api_budget_left", venue->weight_free);
    jout_kv_int(out, "clock_offset_us", venue->offset_ns / 1000);
    jout_kv_bool(out, "banned", venue->is_banned);
    jout_kv_bool(out, "auth_halted", venue->is_auth_halted);
}

void api_put_feed(const struct api *api, struct jout *out)
{
    const struct host_view *view = api->view;

    jout_open(out, '{');
    put_figures(&view->venue, out);
    jout_key(out, "venues");
    jout_open(out, '[');
    for (uint32_t i = 0; i < view->n_venues; i++) {
        jout_open(out, '{');
        jout_kv_str(out, "venue", view->venues[i].name);
        put_figures(&view->venues[i].status, out);
        put_limits(&view->venues[i].status, out);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    jout_close(out, '{');
}

void api_put_venue(const struct api *api, uint32_t at, struct jout *out)
{
    const struct host_view_venue *venue = &api->view->venues[at];
    const struct gateway_status *status = &venue->status;
    struct hist hist;

    hist_of_small(&hist, &venue->delivery);
    jout_open(out, '{');
    jout_kv_str(out, "venue", venue->name);
    jout_kv_str(out, "state", state_of(venue));
    jout_kv_bool(out, "halted", venue->is_halted);
    jout_kv_str(out, "health", api_health(status->health));
    jout_kv_bool(out, "ready", status->is_ready);
    jout_kv_int(out, "instruments", venue->n_instruments);
    jout_kv_int(out, "agents", venue->n_agents);
    jout_kv_int(out, "links", status->n_links);
    jout_kv_int(out, "links_up", status->n_up);
    jout_kv_int(out, "books", status->n_books);
    jout_kv_int(out, "books_live", status->n_live);
    jout_kv_int(out, "messages", (int64_t)status->n_messages);
    jout_kv_int(out, "gaps", (int64_t)status->n_gaps);
    jout_kv_int(out, "reconnects", (int64_t)status->n_reconnects);
    jout_kv_int(out, "unconfirmed", status->n_unknown);
    jout_kv_int(out, "queued", status->n_queued + status->n_held);
    jout_kv_int(out, "api_budget_left", status->weight_free);
    jout_kv_int(out, "p50_ns", hist_quantile(&hist, 0.5));
    jout_kv_int(out, "p99_ns", hist_quantile(&hist, 0.99));
    jout_kv_int(out, "clock_offset_us", status->offset_ns / 1000);
    jout_kv_real(out, "uptime", uptime_of(&venue->uptime));
    jout_kv_int(out, "outages", venue->uptime.n_outages);
    jout_kv_real(out, "down_s", (double)(venue->uptime.down_ns / 1000000) / 1e3);
    jout_close(out, '{');
}

void api_put_venues(const struct api *api, struct jout *out)
{
    jout_open(out, '[');
    for (uint32_t i = 0; i < api->view->n_venues; i++)
        api_put_venue(api, i, out);
    jout_close(out, '[');
}

void api_put_accounts(const struct api *api, struct jout *out)
{
    const struct host_view *view = api->view;

    jout_open(out, '[');
    for (uint32_t i = 0; i < view->n_venues; i++) {
        const struct host_view_venue *venue = &view->venues[i];

        jout_open(out, '{');
        jout_kv_int(out, "account", venue->account);
        jout_kv_str(out, "venue", venue->name);
        jout_kv_str(out, "dialect", venue->dialect);
        jout_kv_str(out, "feed", venue->feed[0] != '\0' ? venue->feed : venue->name);
        jout_kv_str(out, "credential", venue->credential);
        jout_kv_str(out, "state", state_of(venue));
        jout_kv_int(out, "agents", venue->n_agents);
        jout_key(out, "money");
        jout_open(out, '[');
        for (uint32_t k = 0; k < venue->n_money; k++) {
            const struct host_view_money *money = &venue->money[k];

            jout_open(out, '{');
            jout_kv_str(out, "asset", money->asset);
            jout_kv_dec(out, "total", money->total_amt, money->exp);
            jout_kv_dec(out, "agents", money->agents_amt, money->exp);
            jout_close(out, '{');
        }
        jout_close(out, '[');
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

void api_put_venues_state(const struct api *api, struct jout *out)
{
    const struct host_view *view = api->view;

    jout_key(out, "venues");
    jout_open(out, '[');
    for (uint32_t i = 0; i < view->n_venues; i++) {
        jout_open(out, '{');
        jout_kv_str(out, "venue", view->venues[i].name);
        jout_kv_str(out, "state", state_of(&view->venues[i]));
        jout_kv_str(out, "health", api_health(view->venues[i].status.health));
        jout_kv_bool(out, "ready", view->venues[i].status.is_ready);
        jout_kv_bool(out, "halted", view->venues[i].is_halted);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

void api_put_venues_latency(const struct api *api, struct jout *out)
{
    jout_key(out, "venues");
    jout_open(out, '[');
    for (uint32_t i = 0; i < api->view->n_venues; i++) {
        struct hist hist;

        hist_of_small(&hist, &api->view->venues[i].delivery);
        jout_open(out, '{');
        jout_kv_str(out, "venue", api->view->venues[i].name);
        api_put_quantiles(out, &hist);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

struct venue_metric {
    enum metric_id id;
    double (*value)(const struct host_view_venue *venue);
};
#define VALUE(name, expression)                                                                    \
    static double name(const struct host_view_venue *venue)                                        \
    {                                                                                              \
        return (double)(expression);                                                               \
    }
VALUE(messages, venue->status.n_messages)
VALUE(bad, venue->status.n_bad)
VALUE(cut, venue->status.n_cut)
VALUE(binary, venue->status.n_binary)
VALUE(silent, venue->status.n_silent)
VALUE(connect_wait, (double)venue->status.connect_wait_ns / 1e9)
VALUE(late, venue->status.n_late)
VALUE(gaps, venue->status.n_gaps)
VALUE(resyncs, venue->status.n_resyncs)
VALUE(reconnects, venue->status.n_reconnects)
VALUE(dropped, venue->status.n_dropped)
VALUE(links, venue->status.n_links)
VALUE(links_up, venue->status.n_up)
VALUE(books, venue->status.n_books)
VALUE(books_live, venue->status.n_live)
VALUE(strays, venue->status.n_strays)
VALUE(strays_seen, venue->status.n_strays_seen)
VALUE(reopened, venue->status.n_reopened)
VALUE(foreign, venue->status.n_foreign_open)
VALUE(others, venue->status.n_other_open)
VALUE(others_seen, venue->status.n_others)
VALUE(ready, venue->status.is_ready)
VALUE(unknown, venue->status.n_unknown)
VALUE(offset, (double)venue->status.offset_ns / 1e9)
VALUE(halted, venue->is_halted)
VALUE(up, venue->uptime.is_up)
VALUE(uptime, uptime_of(&venue->uptime))
VALUE(down, (double)venue->uptime.down_ns / 1e9)
VALUE(outages, venue->uptime.n_outages)
#undef VALUE

static const struct venue_metric venue_metrics[] = {
    {METRIC_VENUE_MESSAGES_TOTAL, messages},
    {METRIC_VENUE_BAD_TOTAL, bad},
    {METRIC_VENUE_QUANTITIES_CUT_TOTAL, cut},
    {METRIC_VENUE_BINARY_TOTAL, binary},
    {METRIC_VENUE_SILENT_CHANNELS_TOTAL, silent},
    {METRIC_VENUE_CONNECT_LIMIT_WAIT_SECONDS, connect_wait},
    {METRIC_ORDERS_NOT_DURABLE_TOTAL, late},
    {METRIC_VENUE_GAPS_TOTAL, gaps},
    {METRIC_VENUE_RESYNCS_TOTAL, resyncs},
    {METRIC_VENUE_RECONNECTS_TOTAL, reconnects},
    {METRIC_VENUE_DROPPED_TOTAL, dropped},
    {METRIC_VENUE_LINKS, links},
    {METRIC_VENUE_LINKS_UP, links_up},
    {METRIC_VENUE_BOOKS, books},
    {METRIC_VENUE_BOOKS_LIVE, books_live},
    {METRIC_STRAY_ORDERS, strays},
    {METRIC_STRAY_ORDERS_TOTAL, strays_seen},
    {METRIC_REOPENED_ORDERS_TOTAL, reopened},
    {METRIC_FOREIGN_ORDERS, foreign},
    {METRIC_OTHER_HOST_ORDERS, others},
    {METRIC_OTHER_HOST_SEEN_TOTAL, others_seen},
    {METRIC_VENUE_READY, ready},
    {METRIC_VENUE_UNCONFIRMED, unknown},
    {METRIC_VENUE_CLOCK_OFFSET_SECONDS, offset},
    {METRIC_VENUE_HALTED, halted},
    {METRIC_VENUE_UP, up},
    {METRIC_VENUE_UPTIME_RATIO, uptime},
    {METRIC_VENUE_DOWN_SECONDS_TOTAL, down},
    {METRIC_VENUE_OUTAGES_TOTAL, outages},
};

static void put_limit_family(FILE *out, const struct host_view *view, int is_free)
{
    const char *name =
        metrics_begin(out, is_free ? METRIC_VENUE_LIMIT_FREE : METRIC_VENUE_LIMIT_CAPACITY);

    for (uint32_t i = 0; i < view->n_venues; i++) {
        const struct host_view_venue *venue = &view->venues[i];

        for (uint32_t k = 0; k < venue->status.n_limits; k++) {
            const struct gateway_limit *limit = &venue->status.limits[k];

            fprintf(out, "%s{venue=\"", name);
            metrics_label(out, venue->name);
            fprintf(out, "\",limit=\"%s\"} %u\n", limit->name,
                    is_free ? limit->free : limit->capacity);
        }
    }
}

static void states(FILE *out, const struct host_view *view)
{
    metrics_begin(out, METRIC_VENUE_STATE);
    for (uint32_t id = 0; id < view->n_venues; id++)
        metrics_states(out, METRIC_VENUE_STATE, "venue", view->venues[id].name, "state",
                       api_venue_states, state_of(&view->venues[id]));
    metrics_begin(out, METRIC_VENUE_HEALTH);
    for (uint32_t id = 0; id < view->n_venues; id++)
        metrics_states(out, METRIC_VENUE_HEALTH, "venue", view->venues[id].name, "health",
                       api_healths, api_health(view->venues[id].status.health));
}

void api_venue_metrics(FILE *out, const struct host_view *view)
{
    const char *delivery;

    if (view->n_venues == 0)
        return;
    for (size_t i = 0; i < sizeof(venue_metrics) / sizeof(venue_metrics[0]); i++) {
        const struct venue_metric *metric = &venue_metrics[i];

        metrics_begin(out, metric->id);
        for (uint32_t id = 0; id < view->n_venues; id++) {
            fprintf(out, "%s{venue=\"", metrics_all[metric->id].name);
            metrics_label(out, view->venues[id].name);
            fprintf(out, "\"} %.12g\n", metric->value(&view->venues[id]));
        }
    }
    states(out, view);
    put_limit_family(out, view, 0);
    put_limit_family(out, view, 1);
    delivery = metrics_begin(out, METRIC_VENUE_DELIVERY_SECONDS);
    for (uint32_t id = 0; id < view->n_venues; id++) {
        struct hist hist;

        hist_of_small(&hist, &view->venues[id].delivery);
        api_metric_distribution(out, delivery, "venue", view->venues[id].name, &hist);
    }
}
