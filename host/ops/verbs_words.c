// SPDX-License-Identifier: Apache-2.0
/* Arguments of verbs, by the words of their usage, and the groups that verbs are shown in. */
#include <string.h>

#include "ops/api.h"
#include "ops/api_schema.h"

static const char *const all_words[] = {"all", NULL};
static const char *const lengths[] = {"60", "900", "14400", NULL};
static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const keeps[] = {"close", "keep", NULL};
static const char *const volatilities[] = {"normal", "high", "extreme", NULL};
static const char *const dry_words[] = {"dry-run", NULL};

const struct control_word api_arguments[] = {
    {"AGENT", "agent", "an agent's name; all: of each, where there is a list", "ema", NULL},
    {"AGENT|all", "agent", "an agent's name, or all", "ema", NULL},
    {"SYMBOL", "symbol",
     "an instrument's symbol, with its venue before it (venue:SYMBOL) where two have the same",
     "BTCUSDT", NULL},
    {"AGENT|SYMBOL|VENUE|all", "on",
     "an agent, an instrument or a venue (agent:, instrument:, venue: before the name say which), "
     "or all",
     "ema", NULL},
    {"AGENT|SYMBOL|VENUE|all|kill", "on",
     "an agent, an instrument or a venue, all, or kill: the kill switch", "ema", NULL},
    {"REASON", "reason", "why, in the words of who gives it; it stands in the journal",
     "maintenance", NULL},
    {"SECONDS", "seconds", "length of a candle", "60", lengths},
    {"POINTS", "points", "how many of the newest stretches", "20", NULL},
    {"NAME", "name", "a parameter's name", "every", NULL},
    {"VALUE", "value", "its value, as a roster would have it", "25", NULL},
    {"FILE", "file", "a file beneath a folder that the operator named, from / on",
     "/srv/agon/plugins/ema.so", NULL},
    {"HASH", "hash", "of a plugin's file, as quarantine/ls has it",
     "9f86d081884c7d659a2feaa0c55ad015", NULL},
    {"NUMBER", "number", "of a tournament; of the last one, where it is undone", "4", NULL},
    {"all", "all", "also what somebody has seen to", "all", all_words},
    {"SEQ", "seq", "an event's number: what is after it", "48211", NULL},
    {"AFTER", "after", "a trade's number, n: what is after it", "120", NULL},
    {"SINCE", "since", "ms since 1970: candles that begin then or later", "1795192140000", NULL},
    {"COUNT", "count", "how many of the newest", "4", NULL},
    {"SEQ|all", "seq", "an alert's number, or all", "48211", NULL},
    {"LINES", "lines", "how many, 1 to 1000", "50", NULL},
    {"LEVEL", "level", "lines from here on are kept", "info", levels},
    {"ID", "id", "an open order's id, as orders has it", "1a0000000003", NULL},
    {"LEASE", "lease", "a lease's number, or AGENT.NAME", "lstm.main", NULL},
    {"normal|high|extreme", "state", "of the market", "high", volatilities},
    {"close|keep", "positions", "what becomes of its positions", "close", keeps},
    {"dry-run", "dry", "dry-run: only show what differs", "dry-run", dry_words},
    {"yes=AGENT", "yes", "yes=AGENT: what is dangerous for that agent is meant", "yes=ema", NULL},
    {NULL}};

const char *const api_groups[] = {"Look",
                                  API_GROUP_STOP,
                                  "Code of agents",
                                  "Roster and capital",
                                  "Alerts and log",
                                  "Beside the host",
                                  NULL};

/* By a verb's first word; what only looks and is in no other group is in the first, what else is
 * new in the last. */
const char *api_group(const struct control_verb *verb)
{
    static const char *const first[][12] = {
        {NULL},
        {"halts", "halt", "resume", "cancel", "flatten", "kill", "stop", "left", "order",
         "position"},
        {"reloads", "reload", "rollback", "quarantine"},
        {"apply", "unload", "param", "params", "tournament", "plan", "plans", "gpu"},
        {"alerts", "log", "events", "health", "verification", "verify"},
        {"export", "url"},
    };
    size_t n = strcspn(verb->name, " ");

    for (size_t group = 0; group < sizeof(first) / sizeof(first[0]); group++) {
        for (int i = 0; first[group][i] != NULL; i++) {
            if (strlen(first[group][i]) == n && strncmp(first[group][i], verb->name, n) == 0)
                return api_groups[group];
        }
    }
    return api_groups[verb->scope == CONTROL_READ ? 0 : 5];
}
