// SPDX-License-Identifier: Apache-2.0
#include "lab/backtest_moved.h"

#include "base/num.h"
#include "market/records.h"

static void keep_moved(struct backtest *result)
{
    const struct record_plan *plan = &result->plan->plan;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        struct backtest_moved *moved = &result->moved[line->slot % SLOTS_MAX];
        agon_amt_t change_amt = num_add(line->capital_after_amt, -line->capital_before_amt);

        if (change_amt < 0)
            moved->taken_amt = num_add(moved->taken_amt, -change_amt);
        else
            moved->given_amt = num_add(moved->given_amt, change_amt);
        if (change_amt > 0 && moved->n_faults > 0)
            moved->given_faulty_amt = num_add(moved->given_faulty_amt, change_amt);
    }
}

void backtest_moved_step(struct backtest *result, const struct agon_event_hdr *event)
{
    if (event->type == EVENT_CRASH)
        result->moved[((const struct record_crash *)(const void *)event)->slot % SLOTS_MAX]
            .n_faults++;
    if (!plan_read(result->plan, event))
        return;
    result->n_plans++;
    keep_moved(result);
}

void backtest_moved_demoted(struct slot_set *demoted, const void *lines, uint32_t n)
{
    const struct plan_line *line = lines;

    for (uint32_t i = 0; i < n; i++) {
        if (line[i].verdict == PLAN_UNLOADED)
            slot_set_add(demoted, line[i].slot);
    }
}

void backtest_moved_failures(struct backtest *result)
{
    for (uint16_t id = 0; id < engine_slots(result->engine)->n; id++)
        snprintf(result->failure[id], sizeof(result->failure[id]), "%.255s",
                 crew_failure(result->crew, id));
}
