// SPDX-License-Identifier: Apache-2.0
#include "run/agent_state.h"

const char *host_stopped_state(uint16_t reason)
{
    switch (reason) {
    case REASON_DAILY_LOSS:
    case REASON_PORTFOLIO_DAILY_LOSS:
        return "daily loss";
    case REASON_DRAWDOWN:
    case REASON_PORTFOLIO_DRAWDOWN:
        return "drawdown";
    case REASON_PORTFOLIO_EQUITY:
        return "floor";
    default:
        return NULL;
    }
}

/* That the host itself comes to its end is no state of an agent: how it was when that began is. */
static int is_all_halted(const struct host_view *view)
{
    for (uint32_t i = 0; i < view->n_halts; i++) {
        if (view->halts[i].scope == SCOPE_GLOBAL && view->halts[i].cause != HALT_STOPPING)
            return 1;
    }
    return view->is_halted && view->n_halts == 0;
}

const char *host_agent_state(const struct host_view *view, const struct host_view_slot *slot)
{
    if (slot->condition == CONDITION_QUARANTINED)
        return slot_condition_name(slot->condition);
    if (slot->failure[0] != '\0' && !slot->is_unfit)
        return "ended";
    if (slot->condition != CONDITION_ACTIVE)
        return slot_condition_name(slot->condition);
    if (view->is_killed)
        return "killed";
    if (slot->is_halted || is_all_halted(view))
        return "halted";
    if (slot->is_playing && host_stopped_state(slot->stop_reason) != NULL)
        return host_stopped_state(slot->stop_reason);
    return slot->is_playing ? "active" : "waiting";
}
