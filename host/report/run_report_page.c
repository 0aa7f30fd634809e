// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "base/money.h"
#include "base/num.h"
#include "base/span.h"
#include "report/page.h"
#include "report/run_compare.h"
#include "report/run_report.h"
#include "report/run_sections.h"
#include "report/run_spread.h"
#include "run/agent_state.h"
#include "sys/clock.h"
#include "sys/file.h"

struct curves {    /* of the agents that have capital; models have none, and no curve */
    agon_ns_t *t;  /* owned; each slot has its own times */
    double *value; /* owned */
    struct page_series series[SLOTS_MAX];
    uint32_t n;
};

static int make_curves(const struct run_report *story, struct curves *curves, int is_capital)
{
    const struct slots *slots = engine_slots(story->engine);
    uint64_t at = 0;

    memset(curves, 0, sizeof(*curves));
    curves->t = malloc((uint64_t)slots->n * RUN_REPORT_POINTS * sizeof(*curves->t) + 1);
    curves->value = malloc((uint64_t)slots->n * RUN_REPORT_POINTS * sizeof(*curves->value) + 1);
    if (curves->t == NULL || curves->value == NULL)
        return AGON_ENOMEM;
    for (uint16_t id = 0; id < slots->n; id++) {
        const struct run_report_slot *slot = &story->slots[id];

        if (slots->all[id].agent_kind != AGON_STRATEGY || slot->n == 0)
            continue;
        for (uint32_t i = 0; i < slot->n; i++) {
            curves->t[at + i] = slot->points[i].t;
            curves->value[at + i] = is_capital ? slot->points[i].capital : slot->points[i].result;
        }
        curves->series[curves->n++] =
            (struct page_series){slots->all[id].name, curves->t + at, curves->value + at, slot->n};
        at += slot->n;
    }
    return AGON_OK;
}

static void free_curves(struct curves *curves)
{
    free(curves->t);
    free(curves->value);
}

static const char *whole(uint64_t n, char text[MONEY_TEXT])
{
    return money_text((int64_t)n, 0, 0, text);
}

static void put_facts(const struct run_report *story, const struct run_report_page *at,
                      struct page *page)
{
    const struct host_view *view = at->view;
    char text[MONEY_TEXT];

    page_facts_begin(page);
    page_fact(page, "events", 0, "%s", whole(view->counters.n_events, text));
    page_fact(page, "orders", 0, "%s", whole(view->counters.n_orders, text));
    page_fact(page, "fills", 0, "%s", whole(view->counters.n_fills, text));
    page_fact(page, "refused by the gate", 0, "%s", whole(view->counters.n_refused, text));
    page_fact(page, "tournaments", 0, "%u", story->n_plans);
    page_fact(page, "engine step p50, real time", 0, "%s",
              span_text(hist_quantile(&view->step_ns, 0.5), text));
    page_fact(page, "engine step p99, real time", 0, "%s",
              span_text(hist_quantile(&view->step_ns, 0.99), text));
    page_fact(page, "order round trip p50, real time", 0, "%s",
              span_text(hist_quantile(&story->ack_ns, 0.5), text));
    page_fact(page, "orders held by a limiter", 0, "%s", whole(story->held_ns.n, text));
    if (story->held_ns.n > 0)
        page_fact(page, "held p50, real time", 0, "%s",
                  span_text(hist_quantile(&story->held_ns, 0.5), text));
    page_facts_end(page);
}

static int put_plots(const struct run_report *story, struct page *page)
{
    const struct instruments *table = engine_instruments(story->engine);
    const struct asset *base = instruments_asset(table, table->base_currency);
    const char *currency = base != NULL ? base->name : "";
    static struct page_mark marks[RUN_REPORT_HAPPENINGS];
    static char numbers[RUN_REPORT_HAPPENINGS][24];
    struct curves curves;
    uint32_t n_marks = 0;
    int rc = make_curves(story, &curves, 0);

    for (uint32_t i = 0; i < story->n_happenings && rc >= 0; i++) {
        const struct run_report_happening *one = &story->happenings[i];
        const char *agent = run_report_agent(story, one);

        if (one->is_marked && agent != NULL)
            marks[n_marks++] = (struct page_mark){one->t, agent};
    }
    if (rc >= 0)
        page_plot(page,
                  &(struct page_plot){.title = "Won and lost, by agent; lines: what was reloaded, "
                                               "stopped or quarantined",
                                      .unit = currency,
                                      .decimals = 2,
                                      .is_zero = 1,
                                      .series = curves.series,
                                      .n_series = curves.n,
                                      .marks = marks,
                                      .n_marks = n_marks});
    free_curves(&curves);
    if (rc >= 0)
        rc = make_curves(story, &curves, 1);
    if (rc < 0) {
        free_curves(&curves);
        return rc;
    }
    n_marks = 0;
    for (uint32_t i = 0; i < story->n_happenings; i++) {
        const struct run_report_happening *one = &story->happenings[i];

        if (one->kind != RUN_REPORT_TOURNAMENT && one->kind != RUN_REPORT_UNDONE)
            continue;
        snprintf(numbers[n_marks], sizeof(numbers[0]), "%u%s", one->number,
                 one->kind == RUN_REPORT_UNDONE ? " undone" : "");
        marks[n_marks] = (struct page_mark){one->t, numbers[n_marks]};
        n_marks++;
    }
    page_plot(page, &(struct page_plot){.title = "Capital, by agent; lines: tournaments",
                                        .unit = currency,
                                        .decimals = 2,
                                        .is_zero = 1,
                                        .series = curves.series,
                                        .n_series = curves.n,
                                        .marks = marks,
                                        .n_marks = n_marks});
    free_curves(&curves);
    return AGON_OK;
}

static void put_happenings(const struct run_report *story, struct page *page)
{
    static const char *const columns[] = {"time", "agent", "~what happened"};

    page_heading(page, "What happened, by the market's clock (UTC)");
    page_table_begin(page, columns, 3);
    for (uint32_t i = 0; i < story->n_happenings; i++) {
        const struct run_report_happening *one = &story->happenings[i];
        const char *agent = run_report_agent(story, one);
        char t[RUN_REPORT_WHEN];

        page_cell(page, "%s", run_report_when(story, one->t, t));
        page_cell(page, "%s", agent != NULL ? agent : "");
        page_cell(page, "%s", one->text);
        page_row(page);
    }
    page_table_end(page);
}

static void put_closed(struct page *page, const struct figures *of)
{
    page_count(page, of->n_wins + of->n_losses);
    page_count(page, of->n_wins);
}

static void put_costs(const struct run_report *story, const struct run_report_page *at,
                      struct page *page)
{
    static const char *const columns[] = {
        RUN_SECTIONS_COSTS, "#closing fills", "#won",         "state",
        "#generation",      "#refused",       "#events sent", "#events seen"};
    const struct host_view *view = at->view;
    const struct seat *seat;

    page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint32_t i = 0; i < view->n_slots; i++) {
        const struct host_view_slot *slot = &view->slots[i];

        if (!slot->is_used)
            continue;
        page_cell(page, "%s", slot->name);
        run_sections_costs(story, page, &slot->figures);
        put_closed(page, &slot->figures);
        page_cell(page, "%s", host_agent_state(view, slot));
        page_cell(page, "%u", slot->generation);
        page_count(page, slot->n_refused);
        page_count(page, slot->is_counted ? slot->n_sent : slot->nth);
        if (slot->is_counted)
            page_count(page, slot->n_seen);
        else
            page_cell(page, "-"); // it is counted at the host's end
        page_row(page);
    }
    for (uint32_t i = 0; (seat = seats_at(story->seats, i)) != NULL; i++) {
        if (!seat->is_gone)
            continue;
        page_cell(page, "left: %s", seat->name);
        run_sections_costs(story, page, &seat->figures);
        put_closed(page, &seat->figures);
        page_cell(page, "%s", "left");
        page_cell(page, "%s", "");
        page_count(page, seat->n_refused);
        page_cell(page, "%s", "");
        page_cell(page, "%s", "");
        page_row(page);
    }
    page_table_sums(page);
    page_cell(page, "%s", "all, with the pool");
    run_sections_costs(story, page, &view->figures);
    put_closed(page, &view->figures);
    for (int i = 0; i < 5; i++)
        page_cell(page, "%s", "");
    page_row(page);
    page_table_end(page);
}

/* What a host knows of them besides. */
static void put_agents(const struct run_report *story, const struct run_report_page *at,
                       struct page *page)
{
    static const char *const columns[] = {RUN_SECTIONS_FIGURES};
    const struct host_view *view = at->view;
    struct figures all;

    page_heading(page, "Agents");
    run_sections_note(story, page);
    page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint32_t i = 0; i < view->n_slots; i++) {
        if (!view->slots[i].is_used)
            continue;
        page_cell(page, "%s", view->slots[i].name);
        run_sections_figures(story, page, &view->slots[i].figures);
        page_row(page);
    }
    run_sections_left(story, page, 0);
    run_sections_pool(story, page);
    seats_all(story->seats, story->engine, &all);
    page_table_sums(page);
    page_cell(page, "%s", "all, with the pool");
    run_sections_figures(story, page, &all);
    page_row(page);
    page_table_end(page);
    run_sections_deeper(story, page);
    put_costs(story, at, page);
}

static void put_changeovers(const struct run_report_page *at, struct page *page)
{
    static const char *const columns[] = {"market time (UTC)", "agent",  "how",
                                          "#generation",       "#state", "#engine pause",
                                          "#all in all"};
    uint32_t n =
        at->n_changeovers < HOST_CHANGEOVERS_MAX ? at->n_changeovers : HOST_CHANGEOVERS_MAX;

    if (n == 0)
        return;
    page_heading(page, "Changes of code");
    page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint32_t i = at->n_changeovers - n; i < at->n_changeovers; i++) {
        const struct host_changeover *one = &at->changeovers[i % HOST_CHANGEOVERS_MAX];
        char t[CLOCK_TEXT];
        char time[SPAN_TEXT], count[MONEY_TEXT];

        clock_text(one->t, t);
        page_cell(page, "%.8s", t + 11);
        page_cell(page, "%s", one->slot < at->view->n_slots ? at->view->slots[one->slot].name : "");
        page_cell(page, "%s", host_changeover_name(one->kind));
        page_cell(page, "%u to %u", one->from, one->to);
        page_cell(page, "%s bytes", money_count(one->n_state, count));
        page_cell(page, "%s", span_text(one->cut_ns + one->swap_ns, time));
        page_cell(page, "%s", span_text(one->total_ns, time));
        page_row(page);
    }
    page_table_end(page);
}

static void put_files(const struct run_report *story, struct page *page)
{
    static const char *const columns[] = {"market time (UTC)", "agent", "#generation", "file"};
    const struct weights_of *of = weights_at(story->weights, 0);

    if (of == NULL)
        return;
    page_heading(page, "Files by which agents decided");
    page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint32_t i = 0; (of = weights_at(story->weights, i)) != NULL; i++) {
        char t[CLOCK_TEXT];

        clock_text(of->t, t);
        page_cell(page, "%.19s", t);
        page_cell(page, "%s", of->agent);
        page_cell(page, "%u", of->generation);
        page_cell(page, "%s", of->text);
        page_row(page);
    }
    page_table_end(page);
}

static void put_hashes(const struct run_report *story, const struct run_report_page *at,
                       struct page *page)
{
    const struct replay *replay = &story->replay;
    char hex[2 * HASH_SIZE + 1], count[MONEY_TEXT];

    page_heading(page, "What it can be compared by");
    hash_hex(replay->state, hex);
    page_text(page, "State at event %llu: %s.", (unsigned long long)replay->last_seq, hex);
    hash_hex(replay->intents, hex);
    page_text(page, "%s intents, hash %s.", money_count(replay->n_intents, count), hex);
    if (at->command != NULL)
        page_text(page, "Command: %s", at->command);
}

int run_report_html(const struct run_report *story, const struct run_report_page *at,
                    struct error *err)
{
    FILE *out = fopen(at->path, "we");
    char from[CLOCK_TEXT];
    char to[CLOCK_TEXT];
    char subtitle[96];
    char rate[HOST_RATE_TEXT], market[RUN_REPORT_MARKET];
    struct page *page;
    int rc;

    if (out == NULL)
        return file_refuse_write(at->path, errno, AGON_EIO, err);
    clock_text(story->t_first, from);
    clock_text(engine_t(story->engine), to);
    (void)snprintf(subtitle, sizeof(subtitle), "market time %.19s to %.19s UTC", from, to);
    page = page_new(out, at->title, subtitle);
    if (page == NULL) {
        rc = error_set(err, AGON_ENOMEM, "%s: no memory for the report", at->path);
    } else {
        if (at->market != NULL || run_report_market(story, market)[0] != '\0')
            page_text(page, "%s", at->market != NULL ? at->market : market);
        run_sections_lead(story, page);
        page_text(page, "%s", at->proof);
        if (run_report_assumed(story) != NULL)
            page_text(page, "%s", run_report_assumed(story));
        if (at->view != NULL)
            put_facts(story, at, page);
        host_rate_text(story->is_live, story->speed_milli, story->n_rate_refused, rate);
        if (rate[0] != '\0')
            page_text(page, "Not as at the real venue: %s.", rate);
        rc = run_sections_whole(story, page);
        if (rc >= 0 && at->compare != NULL)
            rc = run_compare_page(at->compare, page);
        if (rc >= 0)
            rc = put_plots(story, page);
        put_happenings(story, page);
        if (at->view != NULL)
            put_agents(story, at, page);
        else
            run_sections_table(story, page);
        if (rc >= 0)
            rc = run_sections_agents(story, page);
        if (rc >= 0)
            rc = run_spread_trades(story, page);
        run_sections_trades(story, page);
        if (at->view != NULL)
            put_changeovers(at, page);
        put_files(story, page);
        run_sections_plan(story, page);
        put_hashes(story, at, page);
        if (page_close(page) < 0 && rc >= 0)
            rc = AGON_EIO;
    }
    if (fclose(out) != 0 && rc >= 0)
        rc = AGON_EIO;
    if (rc == AGON_EIO)
        return error_set(err, rc, "%s: %s", at->path, strerror(errno));
    return rc < 0 ? error_set(err, rc, "%s: %s", at->path, error_name(rc)) : rc;
}
