// SPDX-License-Identifier: Apache-2.0
/* What operators are shown of tournaments: the last plan and why it is so, and when the next is
 * due. */
#include <stdlib.h>
#include <string.h>

#include "base/cron.h"
#include "base/money.h"
#include "base/num.h"
#include "ops/api_history.h"
#include "score/allocator.h"
#include "score/undone.h"

#define DAY_NS ((agon_ns_t)86400 * 1000000000)

/* When the next one is due; null: none is held. */
void api_put_next_tournament(const struct api *api, struct jout *out)
{
    const char *schedule = host_config_of(api->host)->tournament.schedule;
    struct cron cron;

    jout_key(out, "tournament_next_ms");
    if (host_config_of(api->host)->tournament.mode != 0 && api->view->t >= DAY_NS &&
        cron_parse(&cron, schedule, strlen(schedule), NULL) >= 0)
        jout_int(out, cron_next(&cron, api->view->t) / 1000000);
    else
        jout_null(out);
}

// The gates that a slot failed, by name.
static void put_failed(const union plan_event *event, const struct plan_line *line,
                       struct jout *out)
{
    jout_key(out, "failed");
    jout_open(out, '[');
    for (uint32_t k = 0; k < GATES; k++) {
        struct plan_gate gate;

        if (plan_gate_of(event, line, k, &gate) && gate.is_failed)
            jout_str(out, gate_key(gate_at(k)));
    }
    jout_close(out, '[');
}

// Nobody's points are of a slot that was not judged.
static void put_points(const union plan_event *event, const struct plan_line *line,
                       struct jout *out)
{
    jout_key(out, "points");
    jout_open(out, '{');
    for (uint32_t k = 0; k < MEASURES; k++) {
        if (plan_has(event, k) && plan_is_judged(line))
            jout_kv_real(out, measure_at(k)->name, plan_points(event, line, k));
    }
    jout_close(out, '{');
}

static void put_gates(const union plan_event *event, const struct plan_line *line, struct jout *out)
{
    jout_key(out, "gates");
    jout_open(out, '[');
    for (uint32_t k = 0; k < GATES; k++) {
        struct plan_gate gate;

        if (!plan_gate_of(event, line, k, &gate))
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "gate", gate_key(gate_at(k)));
        jout_key(out, "value");
        if (gate.is_defined)
            jout_real(out, gate.value);
        else
            jout_null(out);
        jout_kv_real(out, "limit", gate.limit);
        jout_kv_str(out, "is", gate_at(k)->how); // what the value has to be to the limit
        jout_kv_str(out, "unit", gate_at(k)->unit == MEASURE_SHARE ? "share" : "number");
        jout_kv_bool(out, "failed", gate.is_failed);
        jout_kv_bool(out, "waits", gate.is_not_yet);
        jout_kv_str(out, "outcome", plan_outcome_names[plan_outcome_of(line, &gate)]);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

/* Why what it has afterwards is not what its share comes to. */
static void put_bounds(const union plan_event *event, const struct plan_line *line,
                       struct jout *out)
{
    const struct plan_bound *bound;

    jout_key(out, "bounds");
    jout_open(out, '[');
    for (uint32_t i = 0; (bound = plan_bound_at(i)) != NULL; i++) {
        if ((line->flags & bound->flag) == 0)
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "name", bound->name);
        jout_kv_str(out, "text", plan_bound_doc(event, line, bound));
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

/* Whoever shows rows asks here what their measures are. */
static void put_measures(const union plan_event *event, struct jout *out)
{
    jout_key(out, "measures");
    jout_open(out, '[');
    for (uint32_t k = 0; k < MEASURES; k++) {
        const struct measure *measure = measure_at(k);

        jout_open(out, '{');
        jout_kv_str(out, "name", measure->name);
        jout_kv_str(out, "label", measure->label != NULL ? measure->label : measure->title);
        jout_kv_real(out, "weight",
                     plan_has(event, k) ? plan_weight(event, k) : 0.0); // of the score
        jout_kv_str(out, "unit", measure->unit == MEASURE_SHARE ? "share" : "number");
        jout_kv_int(out, "decimals", measure->decimals);
        jout_kv_str(out, "doc", measure->doc);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

/* What the rules say beside weights and gates, in their own words. */
static void put_settings(const union plan_event *event, struct jout *out)
{
    jout_key(out, "settings");
    jout_open(out, '[');
    for (uint32_t i = 0; i < SETTINGS; i++) {
        const struct setting *setting = setting_at(i);

        if (setting->doc == NULL)
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "name", setting->name);
        jout_kv_real(out, "value", plan_setting(event, i));
        jout_kv_str(out, "unit", setting->unit == MEASURE_SHARE ? "share" : "number");
        jout_kv_str(out, "doc", setting->doc);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

static void put_money(const struct api *api, const struct record_plan *plan, struct jout *out,
                      const char *key, agon_amt_t amt)
{
    int decimals = money_decimals(api->view->base_currency, plan->exp);

    jout_kv_dec(out, key, num_rescale(amt, plan->exp, decimals, NUM_EVEN), decimals);
}

static void put_pools(const struct api *api, const union plan_event *event, struct jout *out)
{
    jout_key(out, "pools");
    jout_open(out, '[');
    for (uint32_t account = 0; account < ACCOUNTS_MAX; account++) {
        const struct plan_pool *pool = plan_pool_of(event, account);

        if (pool->before_amt == 0 && pool->after_amt == 0)
            continue;
        jout_open(out, '{');
        jout_kv_int(out, "account", account);
        put_money(api, &event->plan, out, "before", pool->before_amt);
        put_money(api, &event->plan, out, "after", pool->after_amt);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

static void put_capital(const struct api *api, const struct record_plan *plan,
                        const struct plan_line *line, struct jout *out)
{
    put_money(api, plan, out, "before", line->capital_before_amt);
    put_money(api, plan, out, "after", line->capital_after_amt);
    put_money(api, plan, out, "change",
              num_add(line->capital_after_amt, -line->capital_before_amt));
    put_money(api, plan, out, "equity", line->equity_amt);
    put_money(api, plan, out, "target", line->target_amt);
    put_money(api, plan, out, "free", plan_free(line));
}

static void put_row(const struct api *api, const union plan_event *event,
                    const struct plan_line *line, struct jout *out)
{
    double value;

    jout_open(out, '{');
    jout_kv_int(out, "rank", plan_rank(line));
    jout_kv_str(out, "agent", line->name);
    jout_kv_str(out, "verdict", plan_verdict_name(line->verdict));
    jout_kv_str(out, "reason", plan_line_doc(line));
    jout_kv_real(out, "score", line->score);
    jout_kv_real(out, "share", (double)line->share_ppm / 1e6);
    put_capital(api, &event->plan, line, out);
    jout_kv_int(out, "samples", line->n_samples);
    jout_kv_int(out, "wins", line->n_wins);
    jout_kv_int(out, "losses", line->n_losses);
    put_money(api, &event->plan, out, "won", line->won_amt);
    put_money(api, &event->plan, out, "lost", line->lost_amt);
    jout_kv_int(out, "failures", line->failures);
    jout_kv_real(out, "kelly", line->kelly);
    jout_key(out, "evidence");
    if (plan_evidence_of(event, line, &value))
        jout_real(out, value);
    else
        jout_null(out);
    for (uint32_t k = 0; k < MEASURES; k++) {
        jout_key(out, measure_at(k)->name);
        if (plan_value_of(event, line, k, &value))
            jout_real(out, value);
        else
            jout_null(out);
    }
    put_failed(event, line, out);
    put_points(event, line, out);
    put_gates(event, line, out);
    put_bounds(event, line, out);
    jout_close(out, '{');
}

/* What became of it since. Ranks, verdicts and amounts of its rows are those of when it was held.
 */
static void put_undone(const struct api *api, const union plan_event *event, struct jout *out)
{
    const struct plan_undone *undone = plan_undone_of(event);
    char text[PLAN_UNDONE_TEXT];

    jout_key(out, "undone");
    if (undone == NULL) {
        jout_null(out);
        return;
    }
    jout_open(out, '{');
    api_put_time(out, "time", undone->t);
    jout_kv_int(out, "seq", (int64_t)undone->seq);
    jout_kv_str(out, "by", undone->who);
    jout_kv_str(out, "reason", undone->why);
    put_money(api, &event->plan, out, "moved", plan_moved_amt(&event->plan));
    put_money(api, &event->plan, out, "back", undone->back_amt);
    jout_kv_str(out, "text", plan_undone_text(event, api->view->base_currency, text));
    jout_close(out, '{');
}

static void put_plan(const struct api *api, const union plan_event *event, struct jout *out)
{
    const struct record_plan *plan = &event->plan;
    const struct allocator *allocator = allocator_of(plan->rules.mode);

    jout_open(out, '{');
    jout_kv_int(out, "number", plan->number);
    api_put_time(out, "time", plan->hdr.t);
    put_undone(api, event, out);
    jout_kv_str(out, "schedule", plan->rules.schedule);
    jout_kv_str(out, "mode", allocator != NULL ? allocator->name : "?");
    jout_kv_int(out, "window", plan->rules.window);
    jout_kv_int(out, "sample_s", plan->rules.sample_s);
    jout_kv_int(out, "min_samples", plan->rules.min_samples);
    jout_kv_str(out, "currency", api->view->base_currency);
    put_money(api, plan, out, "given", plan->given_amt);
    put_money(api, plan, out, "whole", plan_whole(event));
    jout_kv_real(out, "reserve", (double)plan->rules.reserve_ppm / 1e6);
    put_pools(api, event, out);
    put_settings(event, out);
    put_measures(event, out);
    jout_key(out, "rows");
    jout_open(out, '[');
    for (uint32_t i = 0; i < plan->n_lines; i++)
        put_row(api, event, &plan_lines(plan)[i], out);
    jout_close(out, '[');
    jout_close(out, '{');
}

void api_put_tournament_of(const struct api *api, const union plan_event *event, struct jout *out)
{
    put_plan(api, event, out);
}

void api_put_tournament(const struct api *api, struct jout *out)
{
    if (api->view->n_plans == 0)
        jout_null(out);
    else
        put_plan(api, &api->view->plan, out);
}

int api_do_tournament(void *ctx, const struct control_call *call, struct jout *out,
                      struct error *err)
{
    const struct api *api = ctx;
    const struct api_history *history = api->history;
    uint32_t first = history->n_plans > PLANS ? history->n_plans - PLANS : 0;
    int64_t number = 0;

    if (call->argc == 0) {
        api_put_tournament(api, out);
        return AGON_OK;
    }
    if (num_parse(call->argv[0], strlen(call->argv[0]), 0, &number) < 0 || number < 1)
        return error_set(err, AGON_EINVAL, "'%.24s' is not a tournament's number; `plans` has them",
                         call->argv[0]);
    for (uint32_t i = history->n_plans; i-- > first;) {
        const struct api_plan *plan = &history->plans[i % PLANS];

        if (plan->number != number || plan->whole == NULL)
            continue;
        jout_raw(out, plan->whole, strlen(plan->whole));
        return AGON_OK;
    }
    return error_set(err, AGON_ENOENT,
                     "tournament %.24s is not kept here; `plans` has those that are, and `agon "
                     "tournament show DIRECTORY --number %.24s` reads the journal",
                     call->argv[0], call->argv[0]);
}

int api_do_plans(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    const struct api_history *history = api->history;
    const char *currency = api->view->base_currency;
    uint32_t n = history->n_plans < PLANS ? history->n_plans : PLANS;
    int64_t most = PLANS;

    if (call->argc > 0 &&
        (num_parse(call->argv[0], strlen(call->argv[0]), 0, &most) < 0 || most < 1 || most > PLANS))
        return error_set(err, AGON_EINVAL,
                         "'%.16s' is not a number of tournaments; expected 1 to %d", call->argv[0],
                         PLANS);
    n = most < n ? (uint32_t)most : n;
    jout_open(out, '[');
    for (uint32_t i = history->n_plans - n; i < history->n_plans; i++) {
        const struct api_plan *plan = &history->plans[i % PLANS];
        int decimals = money_decimals(currency, plan->exp);

        jout_open(out, '{');
        jout_kv_int(out, "number", plan->number);
        api_put_time(out, "time", plan->t);
        jout_kv_int(out, "t_ms", plan->t / 1000000);
        jout_kv_bool(out, "undone", plan->is_undone);
        jout_kv_str(out, "currency", currency);
        jout_key(out, "rows");
        jout_open(out, '[');
        for (uint32_t k = 0; k < plan->n; k++) {
            const struct api_plan_row *row = &plan->rows[k];

            jout_open(out, '{');
            jout_kv_str(out, "agent", row->name);
            jout_kv_int(out, "rank", row->rank);
            jout_kv_real(out, "score", row->score);
            jout_kv_real(out, "share", row->share);
            jout_kv_dec(out, "before", num_rescale(row->before_amt, plan->exp, decimals, NUM_EVEN),
                        decimals);
            jout_kv_dec(out, "after", num_rescale(row->after_amt, plan->exp, decimals, NUM_EVEN),
                        decimals);
            jout_close(out, '{');
        }
        jout_close(out, '[');
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return AGON_OK;
}

#define PLAN_NS ((int64_t)2000000000) /* the core is waited for so long */

int api_do_plan_dry(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    struct api *api = ctx;
    union plan_event *plan = malloc(sizeof(*plan));
    struct host_change change = {.kind = HOST_READ_PLAN, .is_dry = 1, .plan = plan};
    int rc;

    (void)call;
    if (plan == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    if (atomic_exchange(&api->is_applying, 1)) {
        free(plan);
        return error_set(err, AGON_EBUSY, "a roster is being applied just now; try again");
    }
    rc = host_make_change(api->host, &change, PLAN_NS);
    atomic_store(&api->is_applying, 0);
    if (rc >= 0)
        put_plan(api, plan, out);
    free(plan);
    if (rc == AGON_ESTATE)
        return error_set(err, rc,
                         "no tournament is held in this run: its roster has no section "
                         "'tournament'");
    return rc < 0 ? error_set(err, rc, "%s", error_name(rc)) : AGON_OK;
}
