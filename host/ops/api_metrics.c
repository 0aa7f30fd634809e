// SPDX-License-Identifier: Apache-2.0
/* Metrics in Prometheus' text format. Names are agon_*; amounts are in the base currency, times in
 * seconds. */
#include <stdio.h>

#include "base/num.h"
#include "market/alerts.h"
#include "ops/api.h"
#include "run/clock_guard.h"

void api_metric_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value)
{
    api_metric_head(out, name, "counter", help);
    fprintf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void gauge(FILE *out, const char *name, const char *help, double value)
{
    api_metric_head(out, name, "gauge", help);
    fprintf(out, "%s %.9g\n", name, value);
}

// A name comes from a roster, which may hold anything that fits a name: quoted all the same.
void api_metric_label(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        if ((unsigned char)*text >= 0x20)
            fputc(*text, out);
    }
}

static void halts(FILE *out, const struct api *api)
{
    static const char *const scopes[] = {"?", "all", "venue", "instrument", "agent"};

    api_metric_head(out, "agon_halts", "gauge",
                    "Each halt that stands, with its cause and who ordered it.");
    for (uint32_t i = 0; i < api->view->n_halts; i++) {
        const struct host_view_halt *halt = &api->view->halts[i];

        fprintf(out, "agon_halts{scope=\"%s\",of=\"",
                halt->scope <= SCOPE_SLOT ? scopes[halt->scope] : "?");
        api_metric_label(out, api_halt_of(api, halt));
        fprintf(out, "\",cause=\"%s\",by=\"",
                halt->scope == SCOPE_GLOBAL         ? api_cause(halt->cause)
                : halt->reason == REASON_KEY_RIGHTS ? "key"
                                                    : "operator");
        api_metric_label(out, halt->who);
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
        api_metric_label(out, of);
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

static void histogram(FILE *out, const char *name, const char *help, const struct hist *hist)
{
    api_metric_head(out, name, "histogram", help);
    api_metric_distribution(out, name, NULL, NULL, hist);
}

static void delivery(FILE *out, const struct host_view *view)
{
    static const char name[] = "agon_agent_delivery_seconds";
    struct hist hist;

    if (view->n_slots > 0)
        api_metric_head(out, name, "histogram",
                        "From the beginning of an event's step to the agent's callback for it.");
    for (uint32_t id = 0; id < view->n_slots; id++) {
        if (!view->slots[id].is_used)
            continue;
        hist_of_small(&hist, &view->slots[id].delivery);
        api_metric_distribution(out, name, "agent", view->slots[id].name, &hist);
    }
}

struct slot_metric {
    const char *name, *type, *help;
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

static const struct slot_metric slot_metrics[] = {
    {"agon_agent_open_orders", "gauge", "Open orders of an agent.", n_open},
    {"agon_agent_active", "gauge", "1: the agent's plugin runs and its slot is active.",
     is_playing},
    {"agon_agent_generation", "gauge", "Generation of the slot's active code.", generation},
    {"agon_agent_fills_total", "counter", "Fills of an agent.", n_fills},
    {"agon_agent_intents_total", "counter", "Intents of an agent.", n_intents},
    {"agon_agent_refused_total", "counter", "Intents of an agent that the gate refused.",
     n_refused},
    {"agon_agent_orders_total", "counter",
     "Orders and replacements that an agent wanted, this run.", n_orders},
    {"agon_agent_unjudged_total", "counter",
     "Of them, those refused because no fresh price was there to judge them by.", n_unjudged},
    {"agon_agent_events_total", "counter", "Events delivered to an agent.", n_events},
};

/* Amounts in the base currency, shares of one. */
static void portfolio_metrics(FILE *out, const struct host_view *view)
{
    const struct host_view_portfolio *portfolio = &view->portfolio;

    gauge(out, "agon_portfolio_equity", "Of all agents, as their limits see it.",
          num_to_double(portfolio->equity_amt, view->base_exp));
    gauge(out, "agon_portfolio_breached", "1: at one of its limits of losses.",
          portfolio->is_breached);
    for (int is_limit = 0; is_limit < 2; is_limit++) {
        const char *name = is_limit ? "agon_portfolio_limit" : "agon_portfolio_used";

        api_metric_head(out, name, "gauge",
                        is_limit ? "Limits of all agents together that are set."
                                 : "What is used of the limits of all agents together.");
        for (uint32_t i = 0; i < limits_of_portfolio.n; i++) {
            const struct limit *limit = &limits_of_portfolio.all[i];
            int64_t value = is_limit ? limit_get(limit, &portfolio->limits)
                                     : api_portfolio_used(portfolio, limit->number);
            int exp = limit->kind == LIMIT_IS_SHARE ? 6 : view->base_exp;

            if (limit->kind != LIMIT_IS_CHOICE && (!is_limit || value != 0))
                fprintf(out, "%s{limit=\"%s\"} %.9g\n", name, limit->key,
                        num_to_double(value, exp));
        }
    }
}

static void alert_metrics(FILE *out, const struct host_view_alerts *alerts)
{
    api_metric_head(out, "agon_alerts_total", "counter", "Alerts of this run directory by kind.");
    for (uint16_t kind = 1; kind < ALERT_KINDS; kind++)
        fprintf(out, "agon_alerts_total{kind=\"%s\"} %llu\n", alert_info(kind)->name,
                (unsigned long long)alerts->counts[kind]);
    gauge(out, "agon_alerts_open", "Alerts that nobody has acknowledged, of the newest 128.",
          alerts->n_open);
    gauge(out, "agon_alerts_critical", "... and that need a person now.", alerts->n_urgent);
    counter(out, "agon_alerts_repeated_total", "Repetitions within ten seconds, not raised again.",
            alerts->n_folded);
    counter(out, "agon_alerts_lost_total", "Alerts that found no room.", alerts->n_lost);
    counter(out, "agon_alerts_delivered_total", "Alerts that the webhook took, this run.",
            alerts->n_delivered);
    counter(out, "agon_alerts_dead_total", "Alerts in the dead-letter file, this run.",
            alerts->n_dead);
}

static void clock_metrics(FILE *out, const struct host_clock *clock)
{
    gauge(out, "agon_clock_wall_offset_seconds",
          "Of the wall clock to ours, while it is not followed.", (double)clock->wall_off_ns / 1e9);
    gauge(out, "agon_clock_proven", "1: a venue's clock agrees with ours.",
          clock->trust == CLOCK_PROVEN);
    gauge(out, "agon_clock_entry_paused", "1: no new order leaves, because of the clock.",
          clock->is_paused);
    gauge(out, "agon_clock_journal_ahead_seconds", "How far the journal is ahead of the time.",
          (double)clock->ahead_ns / 1e9);
    counter(out, "agon_clock_wall_steps_total", "How often the wall clock was set.",
            clock->n_steps);
    counter(out, "agon_clock_venue_time_taken_total", "How often venue time replaced ours.",
            clock->n_taken);
}

static void meter_family(FILE *out, const struct host_view *view, const char *name,
                         const char *type, const char *help,
                         double (*value)(const struct meters *, uint32_t))
{
    api_metric_head(out, name, type, help);
    for (uint32_t id = 0; id < view->n_slots; id++) {
        for (uint32_t i = 0; view->slots[id].is_used && i < METERS_N; i++) {
            fprintf(out, "%s{agent=\"", name);
            api_metric_label(out, view->slots[id].name);
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
    static const char name[] = "agon_agent_metric";

    api_metric_head(out, name, "gauge", "What an agent's plugin says of itself, by its number.");
    for (uint32_t id = 0; id < view->n_slots; id++) {
        for (uint32_t i = 0; view->slots[id].is_used && i < AGON_METRICS_MAX; i++) {
            if ((view->slots[id].metrics_set >> i & 1) == 0)
                continue;
            fprintf(out, "%s{agent=\"", name);
            api_metric_label(out, view->slots[id].name);
            fprintf(out, "\",metric=\"%u\"} %.9g\n", i, view->slots[id].metrics[i]);
        }
    }
}

static void meter_metrics(FILE *out, const struct host_view *view)
{
    if (view->n_slots == 0)
        return;
    meter_family(out, view, "agon_agent_caused_total", "counter",
                 "What an agent has caused beside orders, since the host began.", meter_count);
    meter_family(out, view, "agon_agent_meter_used", "gauge",
                 "Share of a meter that is used up: at 1 the agent's plugin is ended.", meter_used);
    meter_family(out, view, "agon_agent_meter_per_second", "gauge", "What a meter allows a second.",
                 meter_rate);
}

void api_metrics(void *ctx, FILE *out)
{
    const struct api *api = ctx;
    const struct host_view *view = api->view;

    api_metric_head(out, "agon_build_info", "gauge", "What runs.");
    fprintf(out, "agon_build_info{version=\"" AGON_VERSION "\",mode=\"%s\"} 1\n", api->mode);
    counter(out, "agon_events_total", "Events that the engine has numbered.",
            view->counters.n_events);
    counter(out, "agon_intents_total", "Intents of agents.", view->counters.n_intents);
    counter(out, "agon_refused_total", "Intents that the gate refused.", view->counters.n_refused);
    counter(out, "agon_orders_total", "Orders made.", view->counters.n_orders);
    counter(out, "agon_requests_total", "Requests sent to venues.", view->counters.n_requests);
    counter(out, "agon_fills_total", "Fills booked.", view->counters.n_fills);
    counter(out, "agon_foreign_reports_total", "Reports of orders that are not ours.",
            view->counters.n_foreign);
    counter(out, "agon_bad_events_total", "Events that were malformed.", view->counters.n_bad);
    counter(out, "agon_marks_total", "Recorded hashes of the state.", view->counters.n_marks);
    gauge(out, "agon_open_orders", "Open orders of all agents.", view->n_orders_all);
    gauge(out, "agon_halted", "2: killed; 1: halted; 0: orders are taken.",
          view->is_killed ? 2 : view->is_halted);
    halts(out, api);
    gauge(out, "agon_journal_state", "0 runs; above it, what a full or broken disk has done.",
          view->journal_state);
    if (view->n_values > 0)
        api_metric_head(out, "agon_valuation_age_seconds", "gauge",
                        "Age of the price that an asset is valued by; +Inf: none yet.");
    for (uint32_t i = 0; i < view->n_values; i++) {
        fprintf(out, "agon_valuation_age_seconds{asset=\"");
        api_metric_label(out, view->values[i].asset);
        if (view->values[i].age_ns == INT64_MAX)
            fprintf(out, "\"} +Inf\n");
        else
            fprintf(out, "\"} %.9g\n", (double)view->values[i].age_ns / 1e9);
    }
    gauge(out, "agon_journal_behind_events", "Numbered and not durable yet.",
          view->seq >= view->durable_seq ? (double)(view->seq - view->durable_seq) : 0.0);
    gauge(out, "agon_engine_time_seconds", "Engine time, UTC.", (double)view->t / 1e9);
    gauge(out, "agon_uptime_seconds", "Since this host began.",
          (double)(api->looked_ns - api->began_ns) / 1e9);
    histogram(out, "agon_step_seconds", "One step of the engine.", &view->step_ns);
    histogram(out, "agon_delivery_seconds",
              "Wire to decision: from the socket's read to the end of the step.", &view->queue_ns);
    api_venue_metrics(out, view);
    alert_metrics(out, &view->alerts);
    portfolio_metrics(out, view);
    clock_metrics(out, &view->clock);
    delivery(out, view);
    meter_metrics(out, view);
    plugin_metrics(out, view);
    api_figure_metrics(out, api);
    for (size_t i = 0; i < sizeof(slot_metrics) / sizeof(slot_metrics[0]); i++) {
        const struct slot_metric *metric = &slot_metrics[i];

        if (view->n_slots == 0)
            break;
        api_metric_head(out, metric->name, metric->type, metric->help);
        for (uint32_t id = 0; id < view->n_slots; id++) {
            if (!view->slots[id].is_used)
                continue;
            fprintf(out, "%s{agent=\"", metric->name);
            api_metric_label(out, view->slots[id].name);
            fprintf(out, "\"} %.9g\n", metric->value(view, &view->slots[id]));
        }
    }
}
