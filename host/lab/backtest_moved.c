// SPDX-License-Identifier: Apache-2.0
#include "lab/backtest_moved.h"

#include "base/num.h"
#include "market/records.h"

_Static_assert(GATES <= 64, "a gate has a bit");

static uint64_t failed_gates(const union plan_event *plan, const struct plan_line *line)
{
    struct plan_gate of;
    uint64_t gates = 0;

    for (uint32_t gate = 0; gate < GATES; gate++) {
        if (plan_gate_of(plan, line, gate, &of) && plan_outcome_of(line, &of) == PLAN_FAILED)
            gates |= (uint64_t)1 << gate;
    }
    return gates;
}

static void keep_taken(const union plan_event *plan, const struct plan_line *line,
                       struct backtest_moved *moved)
{
    agon_amt_t taken_amt = num_add(line->capital_before_amt, -line->capital_after_amt);
    double evidence = plan_setting(plan, SETTING_EVIDENCE);
    uint64_t gates = failed_gates(plan, line);
    enum backtest_taken why = TAKEN_OTHER;
    double t;

    if (gates != 0)
        why = TAKEN_GATE;
    else if ((line->flags & PLAN_FAULT_NOW) != 0)
        why = TAKEN_FAULT;
    else if (plan_evidence_of(plan, line, &t) && t <= -evidence)
        why = TAKEN_EVIDENCE;
    moved->gates |= gates;
    moved->taken_amt = num_add(moved->taken_amt, taken_amt);
    moved->taken_for_amt[why] = num_add(moved->taken_for_amt[why], taken_amt);
    if (line->equity_amt >= line->capital_before_amt)
        moved->taken_ahead_amt = num_add(moved->taken_ahead_amt, taken_amt);
}

// The larger of a share that was and of that which this change is.
static double share_of(agon_amt_t change_amt, agon_amt_t equity_amt, double most)
{
    double share = equity_amt > 0 ? (double)change_amt / (double)equity_amt : 0.0;

    return share > most ? share : most;
}

static void keep_moved(struct backtest *result)
{
    const struct record_plan *plan = &result->plan->plan;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        struct backtest_moved *moved = &result->moved[line->slot % SLOTS_MAX];
        agon_amt_t change_amt = num_add(line->capital_after_amt, -line->capital_before_amt);

        if (change_amt < 0)
            keep_taken(result->plan, line, moved);
        else
            moved->given_amt = num_add(moved->given_amt, change_amt);
        moved->given_most = share_of(change_amt, line->equity_amt, moved->given_most);
        moved->taken_most = share_of(-change_amt, line->equity_amt, moved->taken_most);
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
