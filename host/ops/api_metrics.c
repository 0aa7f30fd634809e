// SPDX-License-Identifier: Apache-2.0
/* Metrics in Prometheus' text format. Names are agon_*; amounts are in the base currency, times in
 * seconds. */
#include <stdio.h>

#include "base/money.h"
#include "base/num.h"
#include "market/alerts.h"
#include "ops/api.h"
#include "ops/api_words.h"
#include "ops/metrics.h"
#include "run/clock_guard.h"

static void halts(FILE *out, const struct api *api)
{
    static const char *const scopes[] = {"?", "all", "venue", "instrument", "agent"};

    metrics_begin(out, METRIC_HALTS);
    for (uint32_t i = 0; i < api->view->n_halts; i++) {
        const struct host_view_halt *halt = &api->view->halts[i];

        fprintf(out, "%s{scope=\"%s\",of=\"", metrics_all[METRIC_HALTS].name,
                halt->scope <= SCOPE_SLOT ? scopes[halt->scope] : "?");
        metrics_label(out, api_halt_of(api, halt));
        fprintf(out, "\",cause=\"%s\",by=\"",
                halt->scope == SCOPE_GLOBAL         ? api_cause(halt->cause)
                : halt->reason == REASON_KEY_RIGHTS ? "key"
                                                    : "operator");
        metrics_label(out, halt->who);
        fputs("\"} 1\n", out);
    }
}

// of: the agent or venue (key) whose it is; NULL: nobody's.
static void series(FILE *out, const char *name, const char *part, const char *key, const char *of,
                   int64_t le_ns)
{
    fprintf(out, "%s_%s", name, part);
    if (of != NULL || le_ns != 0)
        fputc('{', out);
    if (of != NULL) {
        fprintf(out, "%s=\"", key);
        metrics_label(out, of);
        fputs(le_ns != 0 ? "\"," : "\"", out);
    }
    if (le_ns > 0)
        fprintf(out, "le=\"%.9g\"", (double)le_ns / 1e9);
    else if (le_ns < 0)
        fputs("le=\"+Inf\"", out);
    fputs(of != NULL || le_ns != 0 ? "} " : " ", out);
}

void api_metric_distribution(FILE *out, const char *name, const char *key, const char *of,
                             const struct hist *hist)
{
    for (int64_t ns = 256; ns <= (int64_t)1 << 34; ns *= 4) {
        series(out, name, "bucket", key, of, ns);
        fprintf(out, "%llu\n", (unsigned long long)hist_below(hist, ns));
    }
    series(out, name, "bucket", key, of, -1);
    fprintf(out, "%llu\n", (unsigned long long)hist->n);
    series(out, name, "sum", key, of, 0);
    fprintf(out, "%.9g\n", hist->sum_ns / 1e9);
    series(out, name, "count", key, of, 0);
    fprintf(out, "%llu\n", (unsigned long long)hist->n);
}

static void histogram(FILE *out, enum metric_id id, const struct hist *hist)
{
    api_metric_distribution(out, metrics_begin(out, id), NULL, NULL, hist);
}

static void delivery(FILE *out, const struct host_view *view)
{
    const char *name = metrics_all[METRIC_AGENT_DELIVERY_SECONDS].name;
    struct hist hist;

    if (view->n_slots > 0)
        metrics_begin(out, METRIC_AGENT_DELIVERY_SECONDS);
    for (uint32_t id = 0; id < view->n_slots; id++) {
        if (!view->slots[id].is_used)
            continue;
        hist_of_small(&hist, &view->slots[id].delivery);
        api_metric_distribution(out, name, "agent", view->slots[id].name, &hist);
    }
}

/* How long the engine paused, of each way in which a generation takes over. */
static void reload_pauses(FILE *out, const struct api *api)
{
    const char *name = metrics_begin(out, METRIC_RELOAD_PAUSE_SECONDS);

    for (uint8_t kind = HOST_RELOAD; kind <= HOST_RESTART; kind++)
        api_metric_distribution(out, name, "kind", host_changeover_name(kind),
                                &api->pauses[kind - HOST_RELOAD]);
}

static void states(FILE *out, const struct api *api)
{
    const char *words[JOURNAL_FAILED + 2] = {NULL};

    metrics_begin(out, METRIC_STATE);
    metrics_states(out, METRIC_STATE, NULL, NULL, "state", api_host_states,
                   api_host_state(api->view));
    for (int state = JOURNAL_RUNNING; state <= JOURNAL_FAILED; state++)
        words[state] = journal_state_name((enum journal_state)state);
    metrics_begin(out, METRIC_JOURNAL_STATE);
    metrics_states(out, METRIC_JOURNAL_STATE, NULL, NULL, "state", words,
                   journal_state_name((enum journal_state)api->view->journal_state));
}

static void agent_states(FILE *out, const struct host_view *view)
{
    const char *words[STAGE_LIVE + 1] = {NULL};

    for (uint8_t stage = 1; stage <= STAGE_LIVE; stage++)
        words[stage - 1] = slot_stage_name(stage);
    metrics_begin(out, METRIC_AGENT_STATE);
    for (uint32_t id = 0; id < view->n_slots; id++) {
        if (view->slots[id].is_used)
            metrics_states(out, METRIC_AGENT_STATE, "agent", view->slots[id].name, "state",
                           api_agent_states, api_agent_state(view, &view->slots[id]));
    }
    metrics_begin(out, METRIC_AGENT_STAGE);
    for (uint32_t id = 0; id < view->n_slots; id++) {
        if (view->slots[id].is_used)
            metrics_states(out, METRIC_AGENT_STAGE, "agent", view->slots[id].name, "stage", words,
                           slot_stage_name(view->slots[id].stage));
    }
}

static void refusals(FILE *out, const struct host_view *view)
{
    const char *name = metrics_begin(out, METRIC_AGENT_REFUSALS_TOTAL);

    for (uint32_t id = 0; id < view->n_slots; id++) {
        for (uint16_t reason = 0; view->slots[id].is_used && reason < REASONS_MAX; reason++) {
            if (view->slots[id].refused[reason] == 0 || reason_name(reason) == NULL)
                continue;
            fprintf(out, "%s{agent=\"", name);
            metrics_label(out, view->slots[id].name);
            fprintf(out, "\",reason=\"%s\"} %llu\n", reason_name(reason),
                    (unsigned long long)view->slots[id].refused[reason]);
        }
    }
}

struct slot_metric {
    enum metric_id id;
    double (*value)(const struct host_view *view, const struct host_view_slot *slot);
};

static double n_open(const struct host_view *view, const struct host_view_slot *slot)
{
    (void)view;
    return slot->n_open;
}
static double n_fills(const struct host_view *view, const struct host_view_slot *slot)
{
    (void)view;
    return (double)slot->figures.n_fills;
}
static double n_intents(const struct host_view *view, const struct host_view_slot *slot)
{
    (void)view;
    return (double)slot->n_intents;
}
static double n_refused(const struct host_view *view, const struct host_view_slot *slot)
{
    (void)view;
    return (double)slot->n_refused;
}
static double n_orders(const struct host_view *view, const struct host_view_slot *slot)
{
    (void)view;
    return (double)slot->unjudged.n_orders;
}
static double n_unjudged(const struct host_view *view, const struct host_view_slot *slot)
{
    (void)view;
    return (double)slot->unjudged.n_refused;
}
static double n_events(const struct host_view *view, const struct host_view_slot *slot)
{
    (void)view;
    return (double)slot->nth;
}
static double is_playing(const struct host_view *view, const struct host_view_slot *slot)
{
    (void)view;
    return slot->is_playing && slot->condition == CONDITION_ACTIVE;
}
static double generation(const struct host_view *view, const struct host_view_slot *slot)
{
    (void)view;
    return slot->generation;
}

static double n_crashes(const struct host_view *view, const struct host_view_slot *slot)
{
    (void)view;
    return slot->n_crashes;
}

static const struct slot_metric slot_metrics[] = {
    {METRIC_AGENT_CRASHES_TOTAL, n_crashes},   {METRIC_AGENT_OPEN_ORDERS, n_open},
    {METRIC_AGENT_ACTIVE, is_playing},         {METRIC_AGENT_GENERATION, generation},
    {METRIC_AGENT_FILLS_TOTAL, n_fills},       {METRIC_AGENT_INTENTS_TOTAL, n_intents},
    {METRIC_AGENT_REFUSED_TOTAL, n_refused},   {METRIC_AGENT_ORDERS_TOTAL, n_orders},
    {METRIC_AGENT_UNJUDGED_TOTAL, n_unjudged}, {METRIC_AGENT_EVENTS_TOTAL, n_events},
};

/* Amounts in the base currency, shares of one. */
static void portfolio_metrics(FILE *out, const struct host_view *view)
{
    const struct host_view_portfolio *portfolio = &view->portfolio;
    int decimals = money_decimals(view->base_currency, view->base_exp);
    char text[MONEY_TEXT];

    fprintf(out, "%s %s\n", metrics_begin(out, METRIC_PORTFOLIO_EQUITY),
            money_plain(portfolio->equity_amt, view->base_exp, decimals, text));
    metrics_gauge(out, METRIC_PORTFOLIO_BREACHED, portfolio->is_breached);
    for (int is_limit = 0; is_limit < 2; is_limit++) {
        const char *name =
            metrics_begin(out, is_limit ? METRIC_PORTFOLIO_LIMIT : METRIC_PORTFOLIO_USED);

        for (uint32_t i = 0; i < limits_of_portfolio.n; i++) {
            const struct limit *limit = &limits_of_portfolio.all[i];
            int64_t value = is_limit ? limit_get(limit, &portfolio->limits)
                                     : api_portfolio_used(portfolio, limit->number);
            int is_share = limit->kind == LIMIT_IS_SHARE;

            if (limit->kind == LIMIT_IS_CHOICE || (is_limit && value == 0))
                continue;
            fprintf(out, "%s{limit=\"%s\"} %s\n", name, limit->key,
                    is_share ? money_plain(value, 6, 6, text)
                             : money_plain(value, view->base_exp, decimals, text));
        }
    }
}

static void alert_metrics(FILE *out, const struct host_view_alerts *alerts)
{
    const char *name = metrics_begin(out, METRIC_ALERTS_TOTAL);

    for (uint16_t kind = 1; kind < ALERT_KINDS; kind++)
        fprintf(out, "%s{kind=\"%s\"} %llu\n", name, alert_info(kind)->name,
                (unsigned long long)alerts->counts[kind]);
    metrics_gauge(out, METRIC_ALERTS_OPEN, alerts->n_open);
    metrics_gauge(out, METRIC_ALERTS_CRITICAL, alerts->n_urgent);
    metrics_counter(out, METRIC_ALERTS_REPEATED_TOTAL, alerts->n_folded);
    metrics_counter(out, METRIC_ALERTS_LOST_TOTAL, alerts->n_lost);
    metrics_counter(out, METRIC_ALERTS_DELIVERED_TOTAL, alerts->n_delivered);
    metrics_counter(out, METRIC_ALERTS_DEAD_TOTAL, alerts->n_dead);
}

static void clock_metrics(FILE *out, const struct host_clock *clock)
{
    metrics_gauge(out, METRIC_CLOCK_WALL_OFFSET_SECONDS, (double)clock->wall_off_ns / 1e9);
    metrics_gauge(out, METRIC_CLOCK_PROVEN, clock->trust == CLOCK_PROVEN);
    metrics_gauge(out, METRIC_CLOCK_ENTRY_PAUSED, clock->is_paused);
    metrics_gauge(out, METRIC_CLOCK_JOURNAL_AHEAD_SECONDS, (double)clock->ahead_ns / 1e9);
    metrics_counter(out, METRIC_CLOCK_WALL_STEPS_TOTAL, clock->n_steps);
    metrics_counter(out, METRIC_CLOCK_VENUE_TIME_TAKEN_TOTAL, clock->n_taken);
}

static void meter_family(FILE *out, const struct host_view *view, enum metric_id family,
                         double (*value)(const struct meters *, uint32_t))
{
    const char *name = metrics_begin(out, family);

    for (uint32_t id = 0; id < view->n_slots; id++) {
        for (uint32_t i = 0; view->slots[id].is_used && i < METERS_N; i++) {
            fprintf(out, "%s{agent=\"", name);
            metrics_label(out, view->slots[id].name);
            fprintf(out, "\",meter=\"%s\"} %.9g\n", meters_all[i].key,
                    value(&view->slots[id].meters, i));
        }
    }
}
static double meter_count(const struct meters *meters, uint32_t i)
{
    return (double)meters->n[i];
}
static double meter_used(const struct meters *meters, uint32_t i)
{
    return (double)meters->level_ns[i] / (METER_SECONDS * 1e9);
}
static double meter_rate(const struct meters *meters, uint32_t i)
{
    return meters->per_s[i];
}

/* What plugins say of themselves (agon.metric), by their authors' numbers. */
static void plugin_metrics(FILE *out, const struct host_view *view)
{
    const char *name = metrics_begin(out, METRIC_AGENT_METRIC);

    for (uint32_t id = 0; id < view->n_slots; id++) {
        for (uint32_t i = 0; view->slots[id].is_used && i < AGON_METRICS_MAX; i++) {
            if ((view->slots[id].metrics_set >> i & 1) == 0)
                continue;
            fprintf(out, "%s{agent=\"", name);
            metrics_label(out, view->slots[id].name);
            fprintf(out, "\",metric=\"%u\"} %.9g\n", i, view->slots[id].metrics[i]);
        }
    }
}

static void meter_metrics(FILE *out, const struct host_view *view)
{
    if (view->n_slots == 0)
        return;
    meter_family(out, view, METRIC_AGENT_CAUSED_TOTAL, meter_count);
    meter_family(out, view, METRIC_AGENT_METER_USED, meter_used);
    meter_family(out, view, METRIC_AGENT_METER_PER_SECOND, meter_rate);
}

void api_metrics(void *ctx, const struct control_counts *counts, FILE *out)
{
    const struct api *api = ctx;
    const struct host_view *view = api->view;

    metrics_begin(out, METRIC_BUILD_INFO);
    fprintf(out, "%s{version=\"" AGON_VERSION "\",mode=\"%s\"} 1\n",
            metrics_all[METRIC_BUILD_INFO].name, api->mode);
    metrics_gauge(out, METRIC_READY, api_is_ready(api));
    states(out, api);
    metrics_counter(out, METRIC_EVENTS_TOTAL, view->counters.n_events);
    metrics_counter(out, METRIC_INTENTS_TOTAL, view->counters.n_intents);
    metrics_counter(out, METRIC_REFUSED_TOTAL, view->counters.n_refused);
    metrics_counter(out, METRIC_ORDERS_TOTAL, view->counters.n_orders);
    metrics_counter(out, METRIC_REQUESTS_TOTAL, view->counters.n_requests);
    metrics_counter(out, METRIC_FILLS_TOTAL, view->counters.n_fills);
    metrics_counter(out, METRIC_FOREIGN_REPORTS_TOTAL, view->counters.n_foreign);
    metrics_counter(out, METRIC_BAD_EVENTS_TOTAL, view->counters.n_bad);
    metrics_counter(out, METRIC_MARKS_TOTAL, view->counters.n_marks);
    metrics_gauge(out, METRIC_OPEN_ORDERS, view->n_orders_all);
    halts(out, api);
    if (view->n_values > 0)
        metrics_begin(out, METRIC_VALUATION_AGE_SECONDS);
    for (uint32_t i = 0; i < view->n_values; i++) {
        fprintf(out, "%s{asset=\"", metrics_all[METRIC_VALUATION_AGE_SECONDS].name);
        metrics_label(out, view->values[i].asset);
        if (view->values[i].age_ns == INT64_MAX)
            fprintf(out, "\"} +Inf\n");
        else
            fprintf(out, "\"} %.9g\n", (double)view->values[i].age_ns / 1e9);
    }
    metrics_gauge(out, METRIC_JOURNAL_BEHIND_EVENTS,
                  view->seq >= view->durable_seq ? (double)(view->seq - view->durable_seq) : 0.0);
    metrics_gauge(out, METRIC_ENGINE_TIME_SECONDS, (double)view->t / 1e9);
    metrics_gauge(out, METRIC_UPTIME_SECONDS, (double)(api->looked_ns - api->began_ns) / 1e9);
    histogram(out, METRIC_STEP_SECONDS, &view->step_ns);
    histogram(out, METRIC_DELIVERY_SECONDS, &view->queue_ns);
    reload_pauses(out, api);
    fprintf(out, "%s{result=\"taken\"} %llu\n", metrics_begin(out, METRIC_CONTROL_REQUESTS_TOTAL),
            (unsigned long long)counts->n_taken);
    fprintf(out, "%s{result=\"refused\"} %llu\n", metrics_all[METRIC_CONTROL_REQUESTS_TOTAL].name,
            (unsigned long long)counts->n_refused);
    api_venue_metrics(out, view);
    alert_metrics(out, &view->alerts);
    portfolio_metrics(out, view);
    api_card_metrics(out, view);
    clock_metrics(out, &view->clock);
    delivery(out, view);
    meter_metrics(out, view);
    plugin_metrics(out, view);
    agent_states(out, view);
    refusals(out, view);
    api_figure_metrics(out, api);
    for (size_t i = 0; i < sizeof(slot_metrics) / sizeof(slot_metrics[0]); i++) {
        const struct slot_metric *metric = &slot_metrics[i];

        if (view->n_slots == 0)
            break;
        metrics_begin(out, metric->id);
        for (uint32_t id = 0; id < view->n_slots; id++) {
            if (!view->slots[id].is_used)
                continue;
            fprintf(out, "%s{agent=\"", metrics_all[metric->id].name);
            metrics_label(out, view->slots[id].name);
            fprintf(out, "\"} %.15g\n", metric->value(view, &view->slots[id]));
        }
    }
}
