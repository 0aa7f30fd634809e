// SPDX-License-Identifier: Apache-2.0
#include "score/undone.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/utf8.h"

int plan_undo(union plan_event *plan, const struct agon_event_hdr *event, agon_amt_t back_amt)
{
    const struct record_command_by *by = (const struct record_command_by *)(const void *)event;
    struct plan_undone *undone = &plan->in_memory.undone;

    // It is asked for once more, or of another: the engine has refused that.
    if (event->type != AGON_EVENT_COMMAND || by->command.kind != COMMAND_UNDO_PLAN ||
        by->command.value <= 0 || by->command.value != plan->plan.number ||
        undone->number == plan->plan.number)
        return 0;
    *undone = (struct plan_undone){
        .number = plan->plan.number, .seq = event->seq, .t = event->t, .back_amt = back_amt};
    if (event_bytes(event) < sizeof(*by))
        return 1;
    (void)utf8_escape(by->who, strnlen(by->who, sizeof(by->who)), undone->who, sizeof(undone->who));
    (void)utf8_escape(by->why, strnlen(by->why, sizeof(by->why)), undone->why, sizeof(undone->why));
    return 1;
}

const struct plan_undone *plan_undone_of(const union plan_event *plan)
{
    const struct plan_undone *undone = &plan->in_memory.undone;

    return plan->plan.number != 0 && undone->number == plan->plan.number ? undone : NULL;
}

char *plan_undone_text(const union plan_event *plan, const char *currency,
                       char text[PLAN_UNDONE_TEXT])
{
    const struct plan_undone *undone = plan_undone_of(plan);
    agon_amt_t moved_amt = plan_moved_amt(&plan->plan);
    char moved[MONEY_TEXT], back[MONEY_TEXT], went[2 * MONEY_TEXT + 64];

    text[0] = '\0';
    if (undone == NULL)
        return text;
    money_in(moved_amt, plan->plan.exp, currency, moved);
    money_in(undone->back_amt, plan->plan.exp, currency, back);
    if (moved_amt == 0)
        snprintf(went, sizeof(went), "no capital had moved");
    else if (undone->back_amt == PLAN_BACK_UNKNOWN)
        snprintf(went, sizeof(went), "what was free of the %s %s that moved went back", moved,
                 currency);
    else
        snprintf(went, sizeof(went), "%s of the %s %s that moved went back",
                 undone->back_amt >= moved_amt ? "all" : back, moved, currency);
    snprintf(text, PLAN_UNDONE_TEXT, "undone by %s%s%s; %s",
             undone->who[0] != '\0' ? undone->who : "an operator",
             undone->why[0] != '\0' ? ": " : "", undone->why, went);
    return text;
}
