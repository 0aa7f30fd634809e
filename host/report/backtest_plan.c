// SPDX-License-Identifier: Apache-2.0
#include "report/backtest_plan.h"

#include "args/args.h"
#include "base/num.h"
#include "report/plan_text.h"
#include "score/plan.h"
#include "sys/clock.h"

const struct plan_line *backtest_plan_line(const struct backtest *result, uint32_t k)
{
    const struct record_plan *plan;

    if (result->n_plans == 0)
        return NULL;
    plan = &result->plan->plan;
    for (uint32_t rank = 1; rank <= plan->n_lines + 1u; rank++) {
        for (uint32_t i = 0; i < plan->n_lines; i++) {
            const struct plan_line *line = &plan_lines(plan)[i];

            if (plan_rank(line) == (rank <= plan->n_lines ? rank : 0) && k-- == 0)
                return line;
        }
    }
    return NULL;
}

void backtest_plan_print(const struct backtest *result, FILE *out)
{
    const struct plan_line *line;
    const char *separator = "";
    char at[CLOCK_TEXT], verdict[PLAN_VERDICT_TEXT];

    if (result->n_plans == 0)
        return;
    clock_text(result->plan->plan.hdr.t, at);
    fprintf(out, "\n%u tournament%s, the last at %.16sZ: ", result->n_plans,
            result->n_plans == 1 ? "" : "s", at);
    for (uint32_t k = 0; (line = backtest_plan_line(result, k)) != NULL; k++) {
        fputs(separator, out);
        if (plan_rank(line) != 0)
            fprintf(out, "%u %s", plan_rank(line), args_safe(line->name));
        else
            fprintf(out, "%s (%s)", args_safe(line->name),
                    plan_text_verdict(line->verdict, verdict));
        separator = ", ";
    }
    fputc('\n', out);
}

static json_t *amount(const struct record_plan *plan, agon_amt_t amt)
{
    char text[NUM_TEXT];

    num_format_short(amt, plan->exp, text);
    return json_string(text);
}

static json_t *taken_json(const struct record_plan *plan, const struct backtest_moved *moved)
{
#define TAKEN_NAME(id, name) name,
    static const char *const names[] = {BACKTEST_TAKEN(TAKEN_NAME)};
#undef TAKEN_NAME
    json_t *taken = json_object();

    for (uint32_t why = 0; why < TAKEN_N; why++)
        json_object_set_new(taken, names[why], amount(plan, moved->taken_for_amt[why]));
    json_object_set_new(taken, "in_profit", amount(plan, moved->taken_ahead_amt));
    return taken;
}

static json_t *gates_json(const struct backtest_moved *moved)
{
    json_t *gates = json_array();

    for (uint32_t gate = 0; gate < GATES; gate++) {
        if ((moved->gates >> gate & 1) != 0)
            json_array_append_new(gates, json_string(gate_at(gate)->name));
    }
    return gates;
}

// Of each agent of the last tournament, over all of them.
static json_t *moved_json(const struct backtest *result)
{
    const struct record_plan *plan = &result->plan->plan;
    json_t *agents = json_array();

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        const struct backtest_moved *moved = &result->moved[line->slot % SLOTS_MAX];

        json_array_append_new(
            agents,
            json_pack("{s:s, s:o, s:o, s:o, s:o, s:f, s:f, s:I, s:o}", "name", line->name, "given",
                      amount(plan, moved->given_amt), "taken", amount(plan, moved->taken_amt),
                      "taken_for", taken_json(plan, moved), "failed_gates", gates_json(moved),
                      "largest_given", moved->given_most, "largest_taken", moved->taken_most,
                      "faults", (json_int_t)moved->n_faults, "given_after_fault",
                      amount(plan, moved->given_faulty_amt)));
    }
    return agents;
}

json_t *backtest_plan_json(const struct backtest *result)
{
    const struct record_plan *plan;
    const struct plan_line *line;
    char before[NUM_TEXT], after[NUM_TEXT];
    char at[CLOCK_TEXT];
    json_t *agents;

    if (result->n_plans == 0)
        return NULL;
    plan = &result->plan->plan;
    agents = json_array();
    for (uint32_t k = 0; (line = backtest_plan_line(result, k)) != NULL; k++) {
        num_format_short(line->capital_before_amt, plan->exp, before);
        num_format_short(line->capital_after_amt, plan->exp, after);
        json_array_append_new(agents,
                              json_pack("{s:s, s:I, s:s, s:f, s:s, s:s}", "name", line->name,
                                        "rank", (json_int_t)plan_rank(line), "verdict",
                                        plan_verdict_name(line->verdict), "score", line->score,
                                        "before", before, "after", after));
    }
    clock_text(plan->hdr.t, at);
    return json_pack("{s:I, s:{s:I, s:s, s:o}, s:o}", "held", (json_int_t)result->n_plans, "last",
                     "number", (json_int_t)plan->number, "time", at, "agents", agents, "moved",
                     moved_json(result));
}
