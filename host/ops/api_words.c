// SPDX-License-Identifier: Apache-2.0
#include "ops/api_words.h"

#include <agon/agon.h>
#include <stddef.h>

#include "exec/orders.h"
#include "market/alerts.h"
#include "market/order_words.h"
#include "market/records.h"
#include "run/clock_guard.h"

const char *const api_sides[] = {[0] = "", ORDER_SIDE_WORDS(ORDER_WORD) NULL};
const char *const api_order_states[] = {[0] = "", ORDER_STATE_WORDS(ORDER_WORD) NULL};
const char *const api_requests[] = {[0] = "", ORDER_REQUEST_WORDS(ORDER_WORD) NULL};
const char *const api_book_states[] = {BOOK_STATE_WORDS(ORDER_WORD) NULL};
const char *const api_halt_causes[] = {"operator", "stopping", "journal", "crashes", "stop",
                                       "kill",     "books",    "clock",   "key",     "daily loss",
                                       "drawdown", "floor",    NULL};
const char *const api_halt_scopes[] = {"?", "all", "venue", "instrument", "agent", NULL};
const char *const api_clock_trusts[] = {
    [CLOCK_UNPROVEN] = "unproven",
    [CLOCK_PROVEN] = "proven",
    [CLOCK_DOUBTED] = "doubted",
    [CLOCK_DISPUTED] = "disputed",
    NULL,
};
const char *const api_clock_entries[] = {"open", "paused", NULL};
const char *const api_clock_follows[] = {"wall", "venue", NULL};
const char *const api_engine_times[] = {"utc", "market", NULL};
const char *const api_order_ends[] = {[ORDER_END_NONE] = "",
                                      [ORDER_END_FILLED] = "filled",
                                      [ORDER_END_CANCELLED] = "cancelled",
                                      [ORDER_END_EXPIRED] = "expired",
                                      [ORDER_END_REFUSED] = "refused",
                                      [ORDER_END_UNSENT] = "never sent",
                                      NULL};
const char *const api_exit_states[] = {"none", "waiting", "armed", "fired", "failed", NULL};
const char *const api_exit_causes[] = {"",     "stop", "trailing", "break_even", "take_profit",
                                       "time", NULL};
const char *const api_exit_watches[] = {"book", "mark", "last", NULL};
const char *const api_host_states[] = {"running", "waiting", "halted", "stopped",
                                       "killed",  "journal", NULL};
const char *const api_agent_states[] = {"active",     "waiting",   "halted",      "killed",
                                        "ended",      "SUSPENDED", "QUARANTINED", "RETIRED",
                                        "daily loss", "drawdown",  "floor",       NULL};
const char *const api_agent_kinds[] = {"strategy", "model", "analytic", NULL};
const char *const api_runners[] = {"none", "inproc", "process", NULL};
const char *const api_venue_states[] = {"waiting", "running",     "degraded", "down", "halted",
                                        "banned",  "key refused", "unknown",  NULL};
const char *const api_healths[] = {"unknown", "ok", "degraded", "down", NULL};
const char *const api_alert_levels[] = {
    "info", [ALERT_INFO] = "info", [ALERT_WARNING] = "warning", [ALERT_CRITICAL] = "critical",
    NULL};
const char *const api_change_whens[] = {"now", "with a reload", "with the next start", NULL};
const char *const api_param_types[] = {"?",
                                       [AGON_INTEGER] = "integer",
                                       [AGON_REAL] = "real",
                                       [AGON_TEXT] = "text",
                                       [AGON_CHOICE] = "choice",
                                       NULL};
const char *const api_position_sides[] = {"flat", "long", "short", NULL};
const char *const api_journal_classes[] = {"sync", "async", NULL};
const char *const api_roles[] = {"maker", "taker", NULL};
const char *const api_event_kinds[] = {"reload",     "rollback", "restart", "crash", "resume",
                                       "halt",       "kill",     "outage",  "back",  "alert",
                                       "tournament", "unloaded", "asked",   NULL};

const char *const api_card_states[] = {"ok", "scaled", "lost", "too hot", NULL};
const char *const api_own_states[] = {"none", "begins", "up", "fails", "lost", NULL};
const char *const api_card_splits[] = {"normal", "high", "extreme", "tournament", NULL};
const char *const api_lease_states[] = {"free", "waiting", "suspended", "held", "leaving", NULL};

const char *api_word(const char *const *words, uint32_t n)
{
    for (uint32_t i = 0; words[i] != NULL; i++) {
        if (i == n)
            return words[i];
    }
    return "?";
}
