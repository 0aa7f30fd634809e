// SPDX-License-Identifier: Apache-2.0
#include "report/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/num.h"
#include "base/utf8.h"
#include "report/table.h"
#include "report/view_rows.h"
#include "score/figures.h"
#include "sys/clock.h"
#include "sys/wrap.h"

#define CELL_MAX    256
#define COLUMNS_MAX 32
#define LAST_MIN    40 /* columns that a text at the end of a row wants */

enum kind {
    TEXT,    // left
    LAST,    // text that takes what is left of the line, and further lines
    WORDS,   // a name: its words apart
    NUMBER,  // as it is, right
    MEAN,    // of prices: two digits more than the row's mark has, without their zeros
    RATIO,   // two digits
    PRICE,   // of an order's limit; 0: it has none
    RANK,    // 0: none
    AMOUNT,  // with thousands apart
    SHARE,   // 0.2 is 20.00 %
    SCORE,   // of a tournament
    TIME,    // of ISO 8601: day and time of day
    TIME_MS, // the same of milliseconds since 1970
    NS,      // "1.2 us"
    SECONDS, // "2d 03:04:05"
    MILLIS,  // the same
    BYTES,
    GIB,   // of bytes; MiB of less than one
    NAMES, // of a list's objects
    LIMIT, // a real number is a share, a text an amount
    HASH   // its first 16 digits
};
struct field {
    const char *key, *head;
    enum kind kind;
    int rank; // 1: always shown; 2, 3: where there is room; 0: the fields end
};
enum shape { LINES, ROWS, NESTED, HELD, RANKED };
struct view {
    const char *verb, *path, *title; // path NULL: the answer itself
    enum shape shape; // NESTED: rows of lists in rows, the first field is the outer's; HELD:
                      // without positions in which there is nothing, or too little for any order;
                      // RANKED: by rank, who has none last;
                      // LINES with an inner: of that object in it, where there is one
    const char *inner;
    const struct field *fields;
};
#define FIELDS(...)                                                                                \
    (const struct field[])                                                                         \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            NULL, NULL, TEXT, 0                                                                    \
        }                                                                                          \
    }

/* Behind capital, equity and result: docs/figures.md. Ranks of the return, of ratios, of amounts.
 */
#define FIGURE_FIELDS(yields, ratios, amounts)                                                     \
    {"return", "return", SHARE, yields}, {"drawdown", "drawdown", SHARE, ratios},                  \
        {"sharpe", "Sharpe", RATIO, ratios}, {"sortino", "Sortino", RATIO, amounts},               \
        {"t", "t", RATIO, ratios}, {"t_low", "t from", RATIO, amounts},                            \
        {"t_high", "t to", RATIO, amounts}, {"gross", "gross", AMOUNT, amounts},                   \
        {"fees", "fees", AMOUNT, amounts}, {"rebates", "rebates", AMOUNT, amounts},                \
        {"funding", "funding", AMOUNT, amounts}, {"slippage", "slippage", AMOUNT, amounts},        \
    {                                                                                              \
        "volume", "volume", AMOUNT, amounts                                                        \
    }

#define ORDER_FIELDS                                                                               \
    FIELDS({"agent", "agent", TEXT, 1}, {"symbol", "symbol", TEXT, 1}, {"side", "side", TEXT, 1},  \
           {"type", "type", TEXT, 2}, {"price", "price", PRICE, 1},                                \
           {"quantity", "quantity", NUMBER, 1}, {"filled", "filled", NUMBER, 1},                   \
           {"state", "state", TEXT, 1}, {"request", "request", TEXT, 3}, {"tag", "tag", WORDS, 2}, \
           {"since", "since", TIME, 2}, {"id", "id", TEXT, 3})
#define POSITION_FIELDS                                                                            \
    FIELDS({"agent", "agent", TEXT, 1}, {"symbol", "symbol", TEXT, 1}, {"side", "side", TEXT, 1},  \
           {"quantity", "quantity", NUMBER, 1}, {"entry", "entry", MEAN, 1},                       \
           {"break_even", "break-even", MEAN, 2}, {"mark", "mark", NUMBER, 1},                     \
           {"unrealised", "unrealised", AMOUNT, 1}, {"realised", "realised", AMOUNT, 3},           \
           {"notional", "notional", AMOUNT, 2}, {"fees", "fees", AMOUNT, 3},                       \
           {"funding", "funding", AMOUNT, 3}, {"fills", "fills", AMOUNT, 3},                       \
           {"entry_tag", "entry tag", WORDS, 3}, {"currency", "in", TEXT, 2})
#define FILL_FIELDS                                                                                \
    FIELDS({"time", "time", TIME, 1}, {"agent", "agent", TEXT, 1}, {"symbol", "symbol", TEXT, 1},  \
           {"side", "side", TEXT, 1}, {"quantity", "quantity", NUMBER, 1},                         \
           {"price", "price", NUMBER, 1}, {"exit_reason", "exit reason", WORDS, 2},                \
           {"tag", "tag", WORDS, 3}, {"role", "role", TEXT, 2}, {"fee", "fee", NUMBER, 2},         \
           {"fee_asset", "of", TEXT, 2}, {"order", "order", TEXT, 3},                              \
           {"venue_time", "at the venue", TIME, 3}, {"seq", "event", NUMBER, 3})

#define TOURNAMENT_FIELDS                                                                          \
    FIELDS({"number", "number", NUMBER, 1}, {"time", "time (UTC)", TIME, 1},                       \
           {"schedule", "schedule", TEXT, 1}, {"mode", "mode", WORDS, 1},                          \
           {"currency", "amounts in", TEXT, 1}, {"given", "capital given", AMOUNT, 1},             \
           {"whole", "shared out", AMOUNT, 1}, {"reserve", "reserve", SHARE, 1})
#define RANK_FIELDS                                                                                \
    FIELDS({"rank", "rank", RANK, 1}, {"agent", "agent", TEXT, 1},                                 \
           {"verdict", "verdict", WORDS, 1}, {"score", "score", SCORE, 1},                         \
           {"share", "share", SHARE, 1}, {"t_value", "t", NUMBER, 2},                              \
           {"before", "before", AMOUNT, 1}, {"after", "after", AMOUNT, 1},                         \
           {"change", "change", AMOUNT, 3}, {"equity", "equity", AMOUNT, 3},                       \
           {"target", "aimed at", AMOUNT, 3}, {"bounds", "held by", NAMES, 2})

static const struct view views[] = {
    {"status", NULL, "Host", LINES, NULL,
     FIELDS({"mode", "mode", TEXT, 1}, {"state", "state", TEXT, 1}, {"time", "time (UTC)", TIME, 1},
            {"up_s", "up", SECONDS, 1}, {"speed", "speed", NUMBER, 1}, {"run", "run", NUMBER, 1},
            {"version", "version", TEXT, 1}, {"health", "health", TEXT, 1},
            {"warning", "warning", LAST, 1}, {"halted_by", "halted by", TEXT, 1},
            {"halt_cause", "cause", TEXT, 1}, {"halted_for", "reason", LAST, 1})},
    {"status", NULL, "Money", LINES, NULL,
     FIELDS({"equity", "equity", AMOUNT, 1}, {"capital", "capital", AMOUNT, 1},
            {"result", "result", AMOUNT, 1}, {"equity_agents", "equity of agents", AMOUNT, 1},
            {"pool", "in the pool", AMOUNT, 1}, {"left_agents", "agents that left", NUMBER, 1},
            {"left_equity", "their equity then", AMOUNT, 1},
            {"left_result", "their result", AMOUNT, 1}, FIGURE_FIELDS(1, 1, 1),
            {"judgement", "judged", LAST, 1}, {"stale_valuations", "stale prices", NUMBER, 1})},
    {"status", NULL, "Agents and orders", LINES, NULL,
     FIELDS({"agents", "agents", NUMBER, 1}, {"active", "active", NUMBER, 1},
            {"intents", "intents", AMOUNT, 1}, {"refused", "refused", AMOUNT, 1},
            {"orders", "orders", AMOUNT, 1}, {"fills", "fills", AMOUNT, 1},
            {"open_orders", "open", AMOUNT, 1}, {"stray_orders", "stray", AMOUNT, 1},
            {"foreign_orders", "of strangers", AMOUNT, 1},
            {"other_host_orders", "of other hosts", AMOUNT, 1},
            {"rate_refused", "refused by rate windows", AMOUNT, 1},
            {"rate_windows", "rate windows", LAST, 1},
            {"not_comparable", "not comparable", LAST, 1})},
    {"status", NULL, "Journal", LINES, NULL,
     FIELDS({"journal", "state", TEXT, 1}, {"journal_class", "class", TEXT, 1},
            {"events", "events of this run", AMOUNT, 1}, {"seq", "event", AMOUNT, 1},
            {"durable_seq", "durable up to", AMOUNT, 1})},
    {"status", "clock", "Clock", LINES, NULL,
     FIELDS({"state", "state", TEXT, 1}, {"entry", "new orders", TEXT, 1},
            {"follows", "follows", TEXT, 1}, {"engine_time", "engine time", TEXT, 1},
            {"wall_offset_ms", "wall clock off, ms", NUMBER, 1},
            {"venue_offset_us", "venue off, us", NUMBER, 1},
            {"journal_ahead_ms", "journal ahead, ms", NUMBER, 1},
            {"wall_steps", "steps of the wall clock", NUMBER, 1})},
    {"status", "venues", "Venues", ROWS, NULL,
     FIELDS({"venue", "venue", TEXT, 1}, {"state", "state", TEXT, 1}, {"health", "health", TEXT, 1},
            {"ready", "ready", TEXT, 1}, {"halted", "halted", TEXT, 1})},

    {"agents", NULL, "Agents", ROWS, NULL,
     FIELDS({"name", "agent", TEXT, 1}, {"state", "state", TEXT, 1}, {"stage", "stage", TEXT, 3},
            {"capital", "capital", AMOUNT, 1}, {"equity", "equity", AMOUNT, 1},
            {"result", "result", AMOUNT, 1}, FIGURE_FIELDS(2, 2, 3), {"open", "open", AMOUNT, 1},
            {"fills", "fills", AMOUNT, 1}, {"refused", "refused", AMOUNT, 2},
            {"wins", "fills won", AMOUNT, 3}, {"losses", "fills lost", AMOUNT, 3},
            {"intents", "intents", AMOUNT, 3}, {"events", "events", AMOUNT, 3},
            {"generation", "generation", NUMBER, 3}, {"runner", "runner", TEXT, 3},
            {"kind", "kind", TEXT, 3}, {"code", "code", HASH, 3})},

    {"agent", "agent", "Agent", LINES, NULL,
     FIELDS({"name", "name", TEXT, 1}, {"kind", "kind", TEXT, 1}, {"state", "state", TEXT, 1},
            {"stage", "stage", TEXT, 1}, {"runner", "runner", TEXT, 1},
            {"generation", "generation", NUMBER, 1}, {"code", "code", HASH, 1},
            {"capital", "capital", AMOUNT, 1}, {"equity", "equity", AMOUNT, 1},
            {"result", "result", AMOUNT, 1}, FIGURE_FIELDS(1, 1, 1),
            {"judgement", "judged", LAST, 1}, {"fills", "fills", AMOUNT, 1},
            {"wins", "closing fills won", AMOUNT, 1}, {"losses", "closing fills lost", AMOUNT, 1},
            {"intents", "intents", AMOUNT, 1}, {"refused", "refused", AMOUNT, 1},
            {"open", "open orders", AMOUNT, 1}, {"events", "events", AMOUNT, 1},
            {"day_loss", "lost today, to close", AMOUNT, 1},
            {"day_loss_scaled", "scaled to its capital", AMOUNT, 1},
            {"fall", "below its highest now", SHARE, 1})},
    {"agent", "agent", "Stopped by a loss limit", LINES, "stopped",
     FIELDS({"by", "limit", TEXT, 1}, {"since", "since", TIME, 1}, {"until", "until", TIME, 1},
            {"text", "what follows", LAST, 1})},
    {"agent", "limits", "Limits", LINES, NULL,
     FIELDS({"capital", "capital", AMOUNT, 1}, {"order", "one order", AMOUNT, 1},
            {"position", "position", AMOUNT, 1}, {"daily_loss", "daily loss", AMOUNT, 1},
            {"drawdown", "drawdown", SHARE, 1}, {"floor", "floor of equity", AMOUNT, 1},
            {"collar", "collar", SHARE, 1}, {"collar_passive", "collar, passive", SHARE, 1},
            {"open_orders", "open orders", AMOUNT, 1},
            {"orders_per_second", "orders a second", NUMBER, 1},
            {"orders_burst", "at once", NUMBER, 1}, {"duplicates", "alike", NUMBER, 1},
            {"duplicate_window", "within", SECONDS, 1}, {"book_age", "age of a book", SECONDS, 1},
            {"leverage", "leverage", NUMBER, 1}, {"on_breach", "when breached", TEXT, 1})},
    {"agent", "refusals", "Refused by reason", ROWS, NULL,
     FIELDS({"reason", "reason", WORDS, 1}, {"count", "count", AMOUNT, 1},
            {"text", "what", LAST, 1})},
    {"agent", "positions", "Positions", HELD, NULL, POSITION_FIELDS},
    {"agent", "orders", "Open orders", ROWS, NULL, ORDER_FIELDS},
    {"agent", "fills", "Newest fills", ROWS, NULL, FILL_FIELDS},

    {"orders", NULL, "Open orders", ROWS, NULL, ORDER_FIELDS},
    {"positions", NULL, "Positions", HELD, NULL, POSITION_FIELDS},
    {"fills", NULL, "Newest fills", ROWS, NULL, FILL_FIELDS},
    {"closings", NULL, "Newest fills that closed something", ROWS, NULL,
     FIELDS({"time", "time", TIME, 1}, {"symbol", "symbol", TEXT, 1}, {"side", "side", TEXT, 1},
            {"quantity", "quantity", NUMBER, 1}, {"price", "price", NUMBER, 1},
            {"result", "result", AMOUNT, 1}, {"exit_reason", "exit reason", WORDS, 1},
            {"tag", "tag", WORDS, 2}, {"role", "role", TEXT, 2}, {"fee", "fee", NUMBER, 2},
            {"fee_asset", "of", TEXT, 2}, {"order", "order", TEXT, 3},
            {"seq", "event", NUMBER, 3})},
    {"closed", NULL, "Newest closed trades", ROWS, NULL,
     FIELDS({"time", "closed", TIME, 1}, {"symbol", "symbol", TEXT, 1}, {"side", "side", TEXT, 1},
            {"quantity", "quantity", NUMBER, 3}, {"entry", "entry", MEAN, 1},
            {"exit", "exit", MEAN, 1}, {"result", "result", AMOUNT, 1}, {"fees", "fees", AMOUNT, 3},
            {"currency", "in", TEXT, 3}, {"held_s", "held", SECONDS, 2},
            {"opened", "opened", TIME, 3}, {"fills", "fills", AMOUNT, 3},
            {"partial", "partial", TEXT, 3}, {"seq", "event", NUMBER, 3},
            {"exit_reason", "exit reason", WORDS, 1}, {"entry_tag", "entry tag", WORDS, 2},
            {"exit_tag", "exit tag", WORDS, 2})},
    {"report trades", NULL, "Newest closed trades", ROWS, NULL,
     FIELDS({"time", "closed", TIME, 1}, {"agent", "agent", TEXT, 1}, {"symbol", "symbol", TEXT, 1},
            {"side", "side", TEXT, 1}, {"result", "result", AMOUNT, 1}, {"currency", "in", TEXT, 1},
            {"held_s", "held", SECONDS, 2}, {"exit_reason", "exit reason", WORDS, 2},
            {"entry_tag", "entry tag", WORDS, 2}, {"exit_tag", "exit tag", WORDS, 3},
            {"entry", "entry", MEAN, 3}, {"exit", "exit", MEAN, 3})},
    {"performance", NULL, "Closed trades by instrument and reasons", ROWS, NULL,
     FIELDS({"agent", "agent", TEXT, 1}, {"symbol", "symbol", TEXT, 1},
            {"entry_tag", "entry tag", WORDS, 2}, {"exit_reason", "exit reason", WORDS, 1},
            {"trades", "trades", AMOUNT, 1}, {"won", "won", AMOUNT, 1}, {"lost", "lost", AMOUNT, 3},
            {"result", "result", AMOUNT, 1}, {"held_s", "mean held", SECONDS, 2},
            {"best", "best", AMOUNT, 3}, {"worst", "worst", AMOUNT, 3},
            {"currency", "in", TEXT, 3})},
    {"ended", NULL, "Newest orders that ended", ROWS, NULL,
     FIELDS({"time", "ended", TIME, 1}, {"symbol", "symbol", TEXT, 1}, {"side", "side", TEXT, 1},
            {"type", "type", TEXT, 2}, {"price", "price", PRICE, 2},
            {"quantity", "quantity", NUMBER, 1}, {"filled", "filled", NUMBER, 1},
            {"end", "end", TEXT, 1}, {"average", "average", MEAN, 2}, {"fee", "fee", NUMBER, 2},
            {"fee_asset", "of", TEXT, 2}, {"id", "order", TEXT, 3}, {"seq", "event", NUMBER, 3},
            {"exit_reason", "exit reason", WORDS, 2}, {"tag", "tag", WORDS, 2},
            {"why", "why", LAST, 1})},
    {"halts", NULL, "Halts", ROWS, NULL,
     FIELDS({"scope", "scope", TEXT, 1}, {"of", "of", TEXT, 1}, {"cause", "cause", TEXT, 1},
            {"since", "since", TIME, 1}, {"by", "by", TEXT, 1}, {"reason", "reason", LAST, 1})},
    {"foreign", NULL, "Orders that this host did not send", ROWS, NULL,
     FIELDS({"whose", "whose", TEXT, 1}, {"symbol", "symbol", TEXT, 1}, {"side", "side", TEXT, 1},
            {"price", "price", NUMBER, 1}, {"quantity", "quantity", NUMBER, 1},
            {"seen", "seen", TIME, 1}, {"client_id", "client id", TEXT, 2},
            {"venue_order", "number there", NUMBER, 2}, {"journal", "journal", TEXT, 3})},
    {"valuation", NULL, "Value of other assets", ROWS, NULL,
     FIELDS({"asset", "asset", TEXT, 1}, {"instrument", "by", TEXT, 1},
            {"price", "price", NUMBER, 1}, {"age_s", "age", SECONDS, 1},
            {"stale", "stale", TEXT, 1})},
    {"exits", NULL, "Exit plans", ROWS, NULL,
     FIELDS({"agent", "agent", TEXT, 1}, {"symbol", "symbol", TEXT, 1},
            {"leaves", "leaves", TEXT, 1}, {"quantity", "quantity", NUMBER, 1},
            {"stop", "stop", NUMBER, 1}, {"state", "state", TEXT, 1}, {"cause", "cause", TEXT, 2},
            {"watches", "watches", TEXT, 2}, {"closed", "closed", NUMBER, 3},
            {"plan", "plan", NUMBER, 3}, {"reason", "reason", LAST, 3})},
    {"books", NULL, "Books", ROWS, NULL,
     FIELDS({"symbol", "symbol", TEXT, 1}, {"kind", "kind", TEXT, 1}, {"state", "state", TEXT, 1},
            {"bid", "bid", NUMBER, 1}, {"ask", "ask", NUMBER, 1}, {"mark", "mark", NUMBER, 2},
            {"quote", "in", TEXT, 2})},
    {"venues", NULL, "Venues", ROWS, NULL,
     FIELDS({"venue", "venue", TEXT, 1}, {"state", "state", TEXT, 1}, {"health", "health", TEXT, 1},
            {"halted", "halted", TEXT, 1}, {"links_up", "links", NUMBER, 1},
            {"books_live", "live books", NUMBER, 1}, {"messages", "messages", AMOUNT, 2},
            {"p50_ns", "p50", NS, 1}, {"p99_ns", "p99", NS, 1}, {"gaps", "gaps", AMOUNT, 2},
            {"reconnects", "reconnects", AMOUNT, 2}, {"unconfirmed", "unconfirmed", AMOUNT, 3},
            {"uptime", "up", SHARE, 3}, {"outages", "outages", AMOUNT, 3},
            {"clock_offset_us", "clock, us", NUMBER, 3},
            {"api_budget_left", "weight left", AMOUNT, 3}, {"agents", "agents", NUMBER, 3})},
    {"accounts", NULL, "Accounts", ROWS, NULL,
     FIELDS({"account", "account", NUMBER, 1}, {"venue", "venue", TEXT, 1},
            {"dialect", "dialect", TEXT, 1}, {"feed", "feed of", TEXT, 2},
            {"state", "state", TEXT, 1}, {"agents", "agents", NUMBER, 1},
            {"credential", "credential", TEXT, 3})},
    {"accounts", NULL, "Money", NESTED, "money",
     FIELDS({"account", "account", NUMBER, 1}, {"asset", "asset", TEXT, 1},
            {"total", "total", AMOUNT, 1}, {"agents", "of agents", AMOUNT, 1})},
    {"feed", NULL, "Feeds", LINES, NULL,
     FIELDS({"health", "health", TEXT, 1}, {"ready", "ready", TEXT, 1},
            {"links_up", "links up", NUMBER, 1}, {"links", "links in all", NUMBER, 1},
            {"books_live", "books live", NUMBER, 1}, {"books", "books in all", NUMBER, 1},
            {"messages", "messages", AMOUNT, 1}, {"bad", "bad", AMOUNT, 1},
            {"gaps", "gaps", AMOUNT, 1}, {"resyncs", "resyncs", AMOUNT, 1},
            {"reconnects", "reconnects", AMOUNT, 1},
            {"silent_channels", "silent channels", AMOUNT, 1}, {"held", "orders held", AMOUNT, 1},
            {"queued", "queued", AMOUNT, 1}, {"unconfirmed", "unconfirmed", AMOUNT, 1},
            {"banned", "banned", TEXT, 1}, {"auth_halted", "key refused", TEXT, 1})},
    {"feed", "venues", "Each venue", ROWS, NULL,
     FIELDS({"venue", "venue", TEXT, 1}, {"health", "health", TEXT, 1},
            {"links_up", "links", NUMBER, 1}, {"books_live", "live books", NUMBER, 1},
            {"messages", "messages", AMOUNT, 1}, {"bad", "bad", AMOUNT, 1},
            {"gaps", "gaps", AMOUNT, 1}, {"resyncs", "resyncs", AMOUNT, 2},
            {"reconnects", "reconnects", AMOUNT, 2}, {"held", "held", AMOUNT, 2},
            {"unconfirmed", "unconfirmed", AMOUNT, 3}, {"banned", "banned", TEXT, 3})},
    {"feed", "venues", "Rate windows", NESTED, "limits",
     FIELDS({"venue", "venue", TEXT, 1}, {"limit", "limit", WORDS, 1}, {"free", "free", AMOUNT, 1},
            {"capacity", "of", AMOUNT, 1}, {"window_ms", "in", MILLIS, 1})},
    {"portfolio", NULL, "All agents, at prices to close at, without the pool", LINES, NULL,
     FIELDS({"capital", "capital of all agents now", AMOUNT, 1},
            {"equity", "equity to close", AMOUNT, 1},
            {"equity_at_day", "at 00:00 UTC, scaled to that capital", AMOUNT, 1},
            {"equity_highest", "highest, scaled to that capital", AMOUNT, 1},
            {"day_loss", "lost today, in money", AMOUNT, 1}, {"breached", "breached", TEXT, 1},
            {"breached_by", "by", TEXT, 1}, {"breach_loss", "loss then", AMOUNT, 1},
            {"on_breach", "when breached", TEXT, 1})},
    {"portfolio", "limits",
     "Limits of all agents together; the daily loss is scaled to their capital now", ROWS, NULL,
     FIELDS({"limit", "limit", WORDS, 1}, {"used", "used", LIMIT, 1}, {"at", "at", LIMIT, 1},
            {"text", "what it is of", LAST, 1})},
    {"gpu status", NULL, "Cards", LINES, NULL,
     FIELDS({"on", "in use", TEXT, 1}, {"profile", "budgets", TEXT, 1},
            {"shares", "shares", TEXT, 1}, {"device", "device", TEXT, 1},
            {"split", "split", TEXT, 1}, {"volatility", "volatility", TEXT, 1},
            {"volatility_next", "from the next review", TEXT, 1},
            {"tournament", "tournament", TEXT, 1}, {"single", "one card left", TEXT, 1},
            {"leases", "leases", NUMBER, 1}, {"waiting", "waiting", NUMBER, 1},
            {"failover_ms", "last failover, ms", NUMBER, 1})},
    {"gpu status", "cards", "Each card", ROWS, NULL,
     FIELDS({"name", "card", TEXT, 1}, {"state", "state", TEXT, 1},
            {"leased_bytes", "leased", GIB, 1}, {"bytes", "of", GIB, 1},
            {"inference", "inference", SHARE, 1}, {"training", "training", SHARE, 1},
            {"celsius", "deg. C", NUMBER, 1}, {"leases", "leases", NUMBER, 2},
            {"waiting", "waiting", NUMBER, 2}, {"capacity", "capacity", SHARE, 3},
            {"inference_max", "inference up to", SHARE, 3},
            {"training_max", "training up to", SHARE, 3}, {"jobs", "jobs", NUMBER, 3},
            {"workers", "workers", NUMBER, 3}, {"device", "device", TEXT, 3})},
    {"gpu status", "own_kernels", "Own kernels", ROWS, NULL,
     FIELDS({"agent", "agent", TEXT, 1}, {"name", "lease", TEXT, 1}, {"state", "state", TEXT, 1},
            {"workers", "workers", NUMBER, 2}, {"context_bytes", "context", GIB, 2},
            {"why", "last failure", LAST, 1})},
    {"gpu leases", NULL, "Leases of cards", ROWS, NULL,
     FIELDS({"lease", "lease", NUMBER, 1}, {"agent", "agent", TEXT, 1}, {"name", "name", TEXT, 1},
            {"state", "state", TEXT, 1}, {"card", "card", TEXT, 1}, {"class", "class", TEXT, 2},
            {"bytes", "memory", GIB, 1}, {"share", "share", SHARE, 1},
            {"priority", "prio", NUMBER, 3}, {"budget", "budget", TEXT, 3},
            {"place", "place", NUMBER, 2}, {"waits_for", "waits for", LAST, 3})},
    {"gpu why", "now", "Lease", LINES, NULL,
     FIELDS({"lease", "lease", NUMBER, 1}, {"agent", "agent", TEXT, 1}, {"name", "name", TEXT, 1},
            {"state", "state", TEXT, 1}, {"card", "card", TEXT, 1},
            {"home", "its own card", TEXT, 1}, {"budget", "budget", TEXT, 1},
            {"group", "group", TEXT, 1}, {"class", "class", TEXT, 1},
            {"priority", "priority", NUMBER, 1}, {"bytes", "memory", GIB, 1},
            {"share", "share", SHARE, 1}, {"place", "place in the queue", NUMBER, 1},
            {"waits_for", "waits for", LAST, 1})},
    {"gpu why", "decisions", "What was decided, newest first", ROWS, NULL,
     FIELDS({"time", "time (UTC)", TIME, 1}, {"decision", "decision", TEXT, 1},
            {"card", "card", TEXT, 1}, {"seq", "event", NUMBER, 3}, {"text", "why", LAST, 1})},
    {"latency", "step", "Engine step", LINES, NULL,
     FIELDS({"count", "steps", AMOUNT, 1}, {"p50_ns", "p50", NS, 1}, {"p90_ns", "p90", NS, 1},
            {"p99_ns", "p99", NS, 1}, {"max_ns", "longest", NS, 1})},
    {"latency", "delivery", "Wire to decision", LINES, NULL,
     FIELDS({"count", "events", AMOUNT, 1}, {"p50_ns", "p50", NS, 1}, {"p90_ns", "p90", NS, 1},
            {"p99_ns", "p99", NS, 1}, {"max_ns", "longest", NS, 1})},
    {"latency", "agents", "On to each agent's callback", ROWS, NULL,
     FIELDS({"agent", "agent", TEXT, 1}, {"count", "events", AMOUNT, 1}, {"p50_ns", "p50", NS, 1},
            {"p90_ns", "p90", NS, 1}, {"p99_ns", "p99", NS, 1}, {"max_ns", "longest", NS, 1})},
    {"latency", "venues", "Of each venue", ROWS, NULL,
     FIELDS({"venue", "venue", TEXT, 1}, {"count", "events", AMOUNT, 1}, {"p50_ns", "p50", NS, 1},
            {"p90_ns", "p90", NS, 1}, {"p99_ns", "p99", NS, 1}, {"max_ns", "longest", NS, 1})},
    {"reloads", NULL, "Who took over", ROWS, NULL,
     FIELDS({"time", "time", TIME, 1}, {"agent", "agent", TEXT, 1}, {"kind", "kind", TEXT, 1},
            {"by", "by", TEXT, 1}, {"from", "from", NUMBER, 1}, {"to", "to", NUMBER, 1},
            {"pause_ns", "pause", NS, 1}, {"total_ns", "in all", NS, 1},
            {"state_bytes", "state", BYTES, 2}, {"seq", "event", NUMBER, 3},
            {"code", "code", HASH, 3})},
    {"candles", NULL, "Candles of the mark price", ROWS, NULL,
     FIELDS({"t_ms", "begins", TIME_MS, 1}, {"open", "open", NUMBER, 1},
            {"high", "high", NUMBER, 1}, {"low", "low", NUMBER, 1}, {"close", "close", NUMBER, 1},
            {"volume", "volume", NUMBER, 1})},
    {"lines", NULL, "Lines over candles, as each was when a candle ended", ROWS, NULL,
     FIELDS({"t_ms", "candle of", TIME_MS, 1}, {"line", "line", TEXT, 1},
            {"price", "price", NUMBER, 1})},
    {"trades", NULL, "Newest trades of the market", ROWS, NULL,
     FIELDS({"t_ms", "time", TIME_MS, 1}, {"price", "price", NUMBER, 1},
            {"quantity", "quantity", NUMBER, 1}, {"side", "taker", TEXT, 1},
            {"n", "number", NUMBER, 3})},
    {"events", NULL, "What happened", ROWS, NULL,
     FIELDS({"time", "time", TIME, 1}, {"kind", "kind", TEXT, 1}, {"of", "of", TEXT, 1},
            {"text", "what", LAST, 1})},
    {"health", "points", "Health", ROWS, NULL,
     FIELDS({"t_ms", "until", TIME_MS, 1}, {"messages", "messages", AMOUNT, 1},
            {"gaps", "gaps", AMOUNT, 1}, {"journal_lag", "events not on disk", AMOUNT, 1},
            {"unconfirmed", "unconfirmed", AMOUNT, 1})},
    {"verification", NULL, "Replay of the journal", LINES, NULL,
     FIELDS({"state", "state", TEXT, 1}, {"time", "of (UTC)", TIME, 1},
            {"seconds", "seconds", NUMBER, 1}, {"events", "events", AMOUNT, 1},
            {"marks", "states reached again", AMOUNT, 1}, {"last_seq", "up to event", AMOUNT, 1},
            {"seq", "on disk at its start", AMOUNT, 1}, {"said", "said", LAST, 1})},
    {"params", NULL, "Parameters", ROWS, NULL,
     FIELDS({"name", "name", TEXT, 1}, {"value", "value", TEXT, 1},
            {"default_text", "preset", NUMBER, 1}, {"min", "from", NUMBER, 2},
            {"max", "to", NUMBER, 2}, {"live", "in flight", TEXT, 1}, {"type", "type", TEXT, 3},
            {"doc", "what", LAST, 1})},
    {"plans", NULL, "Tournaments", NESTED, "rows",
     FIELDS({"number", "number", NUMBER, 1}, {"rank", "rank", RANK, 1}, {"agent", "agent", TEXT, 1},
            {"score", "score", SCORE, 1}, {"share", "share", SHARE, 1},
            {"before", "before", AMOUNT, 1}, {"after", "after", AMOUNT, 1},
            {"undone", "undone", TEXT, 1})},
    {"quarantine ls", NULL, "Plugin files that crashed too often", ROWS, NULL,
     FIELDS({"agent", "agent", TEXT, 1}, {"t", "since", TIME_MS, 1}, {"why", "why", TEXT, 2},
            {"hash", "hash", LAST, 1})},
    {"tournament", NULL, "Tournament", LINES, NULL, TOURNAMENT_FIELDS},
    {"tournament", "undone", "UNDONE: the ranks below are of when it was held", LINES, NULL,
     FIELDS({"time", "at (UTC)", TIME, 1}, {"seq", "by event", AMOUNT, 1}, {"by", "by", TEXT, 1},
            {"reason", "reason", LAST, 1}, {"moved", "had moved", AMOUNT, 1},
            {"back", "went back", AMOUNT, 1})},
    {"tournament", "rows", "Ranks", RANKED, NULL, RANK_FIELDS},
    {"plan", NULL, "A tournament held now", LINES, NULL, TOURNAMENT_FIELDS},
    {"plan", "rows", "Ranks", RANKED, NULL, RANK_FIELDS},
    {"alerts", NULL, "Alerts", ROWS, NULL,
     FIELDS({"seq", "seq", NUMBER, 1}, {"t", "time", TIME, 1}, {"level", "level", TEXT, 1},
            {"kind", "kind", WORDS, 1}, {"agent", "agent", TEXT, 1}, {"count", "times", AMOUNT, 1},
            {"first", "first", TIME, 2}, {"is_acknowledged", "seen", TEXT, 3},
            {"text", "what", LAST, 1})},
    {"log tail", NULL, "Log", ROWS, NULL,
     FIELDS({"t", "time", TIME, 1}, {"level", "level", TEXT, 1}, {"area", "area", TEXT, 1},
            {"agent", "agent", TEXT, 2}, {"venue", "venue", TEXT, 3}, {"key", "key", TEXT, 3},
            {"text", "what", LAST, 1})},
    {"apply", NULL, "What the roster changes", ROWS, NULL,
     FIELDS({"agent", "agent", TEXT, 1}, {"what", "what", TEXT, 1}, {"from", "from", TEXT, 1},
            {"to", "to", TEXT, 1}, {"dangerous", "dangerous", TEXT, 2}, {"when", "when", LAST, 1})},
    {"done", NULL, "", LINES, NULL,
     FIELDS({"done", "done", LAST, 1}, {"on", "of", TEXT, 1}, {"already", "so already", TEXT, 1},
            {"seq", "event", AMOUNT, 1}, {"durable", "on disk", TEXT, 1},
            {"note", "note", LAST, 1})},
    {"left", NULL, "What is still open", LINES, NULL,
     FIELDS({"on", "of", TEXT, 1}, {"n_positions", "positions held", NUMBER, 1},
            {"n_orders", "orders open", NUMBER, 1}, {"done", "all closed", TEXT, 1},
            {"heard", "venues answer", TEXT, 1}, {"stopped", "emergency stop", TEXT, 1})},
    {"left", "positions", "Positions", ROWS, NULL,
     FIELDS({"agent", "agent", TEXT, 1}, {"symbol", "symbol", TEXT, 1},
            {"quantity", "quantity", NUMBER, 1}, {"why", "why", LAST, 1})},
    {"left", "orders", "Orders", ROWS, NULL,
     FIELDS({"agent", "agent", TEXT, 1}, {"symbol", "symbol", TEXT, 1}, {"why", "why", LAST, 1})},
};
#define VIEWS (sizeof(views) / sizeof(views[0]))

static void put_span(int64_t seconds, char out[CELL_MAX])
{
    if (seconds < 60)
        snprintf(out, CELL_MAX, "%lld s", (long long)seconds);
    else if (seconds < 86400)
        snprintf(out, CELL_MAX, "%02lld:%02lld:%02lld", (long long)seconds / 3600,
                 (long long)seconds / 60 % 60, (long long)seconds % 60);
    else
        snprintf(out, CELL_MAX, "%lldd %02lld:%02lld:%02lld", (long long)seconds / 86400,
                 (long long)seconds / 3600 % 24, (long long)seconds / 60 % 60,
                 (long long)seconds % 60);
}

// As many as there is room for.
static void put_names(const json_t *list, char out[CELL_MAX])
{
    const json_t *one;
    size_t i;
    size_t n = 0;

    out[0] = '\0';
    json_array_foreach(list, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));

        if (name != NULL && n < CELL_MAX)
            n += (size_t)snprintf(out + n, CELL_MAX - n, "%s%s", n > 0 ? ", " : "", name);
    }
    if (n == 0)
        snprintf(out, CELL_MAX, "-");
}

static void put_plain(const json_t *value, char out[CELL_MAX])
{
    if (json_is_string(value) && json_string_length(value) > 0)
        (void)utf8_escape(json_string_value(value), json_string_length(value), out, CELL_MAX);
    else if (json_is_integer(value))
        snprintf(out, CELL_MAX, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(out, CELL_MAX, "%.2f", money_shown(json_real_value(value), 2));
    else
        snprintf(out, CELL_MAX, "%s",
                 json_is_true(value)    ? "yes"
                 : json_is_false(value) ? "no"
                                        : "-");
}

static void put_words(char out[CELL_MAX])
{
    for (char *at = out; *at != '\0'; at++)
        *at = *at == '_' ? ' ' : *at;
}

static int digits_of(const char *plain)
{
    const char *point = strchr(plain, '.');

    return point != NULL ? (int)strlen(point + 1) : 0;
}

/* Where the row has no mark it has two digits more than a price. */
static void put_mean(const json_t *row, const char *plain, char out[CELL_MAX])
{
    const char *mark = json_string_value(json_object_get(row, "mark"));
    int digits = digits_of(plain);
    int fewest = mark != NULL ? digits_of(mark) : digits - 2;
    int64_t px;
    char text[NUM_TEXT];

    if (num_parse(plain, strlen(plain), digits, &px) < 0) {
        snprintf(out, CELL_MAX, "%s", plain);
        return;
    }
    if (digits > fewest + 2) {
        px = num_rescale(px, digits, fewest + 2, NUM_EVEN);
        digits = fewest + 2;
    }
    for (; digits > fewest && digits > 0 && px % 10 == 0; digits--)
        px /= 10;
    (void)num_format(px, digits, text);
    snprintf(out, CELL_MAX, "%s", text);
}

/* Of a row that names its asset: with the decimals that amounts of that have everywhere. */
static int put_asset(const json_t *row, const char *plain, char out[CELL_MAX])
{
    const char *asset = json_string_value(json_object_get(row, "asset"));
    int digits = digits_of(plain);
    char text[MONEY_TEXT];
    int64_t amt;

    if (asset == NULL || num_parse(plain, strlen(plain), digits, &amt) < 0)
        return 0;
    snprintf(out, CELL_MAX, "%s", money_in(amt, digits, asset, text));
    return 1;
}

static void put_cell(const json_t *row, const json_t *value, enum kind kind, char out[CELL_MAX])
{
    char plain[CELL_MAX];
    char apart[MONEY_TEXT];
    char time[CLOCK_TEXT];
    char share[FIGURES_TEXT];

    put_plain(value, plain);
    snprintf(out, CELL_MAX, "%s", plain);
    if (kind == NAMES)
        put_names(value, out);
    else if (kind == WORDS)
        put_words(out);
    else if (kind == MEAN && json_is_string(value))
        put_mean(row, plain, out);
    else if (kind == AMOUNT && put_asset(row, plain, out))
        return;
    else if ((kind == AMOUNT || (kind == LIMIT && json_is_string(value))) &&
             money_apart(plain, apart))
        snprintf(out, CELL_MAX, "%s", apart);
    else if (kind == SCORE && json_is_number(value))
        snprintf(out, CELL_MAX, "%.3f", money_shown(json_number_value(value), 3));
    else if (kind == RATIO && json_is_number(value))
        snprintf(out, CELL_MAX, "%.2f", money_shown(json_number_value(value), 2));
    else if (kind == PRICE && strspn(plain, "0.") == strlen(plain))
        snprintf(out, CELL_MAX, "-");
    else if ((kind == RANK || kind == NS) && json_number_value(value) == 0) // of nothing
        snprintf(out, CELL_MAX, "-");
    else if ((kind == SHARE || kind == LIMIT) && json_is_number(value))
        snprintf(out, CELL_MAX, "%.30s", figures_share_text(json_number_value(value), 0, share));
    else if (kind == TIME && json_is_string(value) && strlen(plain) >= 19)
        snprintf(out, CELL_MAX, "%.5s %.8s", plain + 5, plain + 11);
    else if (kind == TIME_MS && json_is_integer(value)) {
        clock_text(json_integer_value(value) * 1000000, time);
        snprintf(out, CELL_MAX, "%.5s %.8s", time + 5, time + 11);
    } else if (kind == NS && json_is_number(value)) {
        table_time((int64_t)json_number_value(value), out);
    } else if (kind == SECONDS && json_is_number(value)) {
        put_span((int64_t)json_number_value(value), out);
    } else if (kind == MILLIS && json_is_number(value)) {
        put_span((int64_t)json_number_value(value) / 1000, out);
    } else if (kind == BYTES && json_is_integer(value)) {
        snprintf(out, CELL_MAX, "%s", money_apart(plain, apart) ? apart : plain);
        strncat(out, " B", CELL_MAX - strlen(out) - 1);
    } else if (kind == GIB && json_is_integer(value)) {
        int is_less = json_integer_value(value) > 0 && json_integer_value(value) < 1 << 30;

        snprintf(out, CELL_MAX, "%.1f %s",
                 (double)json_integer_value(value) / (is_less ? 1 << 20 : 1 << 30),
                 is_less ? "MiB" : "GiB");
    } else if (kind == HASH) {
        snprintf(out, CELL_MAX, "%.16s", plain);
    }
}

static int is_left(enum kind kind)
{
    return kind == TEXT || kind == WORDS || kind == LAST || kind == NAMES || kind == HASH ||
           kind == TIME || kind == TIME_MS;
}

static void put_lines(FILE *out, const struct view *view, const json_t *of, int width)
{
    int head = 0;

    for (const struct field *field = view->fields; field->rank > 0; field++) {
        if (json_object_get(of, field->key) != NULL && (int)strlen(field->head) > head)
            head = (int)strlen(field->head);
    }
    for (const struct field *field = view->fields; field->rank > 0; field++) {
        const json_t *value = json_object_get(of, field->key);
        char text[CELL_MAX];

        // What a host has nothing to say of is no line.
        if (value == NULL || (json_is_null(value) && field->kind == LAST))
            continue;
        put_cell(of, value, field->kind, text);
        wrap_text(out, width, fprintf(out, "%-*s  ", head, field->head), head + 2, text);
    }
}

struct column {
    const struct field *field;
    int width, is_shown;
};

static const json_t *cell_of(const json_t *row, const struct field *field)
{
    return json_object_get(row, field->key);
}

/* Which fields the table has: those of rank 1, of rank 2 and 3 as long as there is room; one that
 * no row has is none. Where rank 1 is too wide already, the last ones wait for a wider terminal, or
 * for
 * --json. */
static int choose(const struct view *view, const json_t *rows, int width, struct column *columns)
{
    int n = 0;
    int used = 0;
    int is_whole = 1; // all of rank 1
    size_t i;
    const json_t *row;

    for (const struct field *field = view->fields; field->rank > 0 && n < COLUMNS_MAX; field++) {
        struct column *column = &columns[n];
        int is_there = 0;

        // Of all rows it stands in the title.
        if (strcmp(field->key, "currency") == 0 && view_common(rows, field->key) != NULL)
            continue;
        *column = (struct column){.field = field, .width = (int)strlen(field->head)};
        json_array_foreach(rows, i, row)
        {
            char text[CELL_MAX];

            if (cell_of(row, field) == NULL)
                continue;
            is_there = 1;
            put_cell(row, cell_of(row, field), field->kind, text);
            if (field->kind != LAST && (int)strlen(text) > column->width)
                column->width = (int)strlen(text);
        }
        n += is_there;
    }
    for (int rank = 1; rank <= 3 && is_whole; rank++) {
        for (int k = 0; k < n; k++) {
            int more = columns[k].width + (used > 0 ? 2 : 0);

            if (columns[k].field->rank != rank || (rank > 1 && used + more > width))
                continue;
            columns[k].is_shown = 1;
            used += more;
        }
        for (int k = n - 1; rank == 1 && k > 0 && used > width; k--) {
            if (!columns[k].is_shown || columns[k].field->kind == LAST)
                continue;
            columns[k].is_shown = 0;
            is_whole = 0;
            used -= columns[k].width + 2;
        }
    }
    // A fee goes with what it is of, or not at all.
    for (int k = 1; k < n; k++) {
        if (strcmp(columns[k].field->key, "fee_asset") == 0 &&
            columns[k].is_shown != columns[k - 1].is_shown)
            columns[k].is_shown = columns[k - 1].is_shown = 0;
    }
    return n;
}

static void put_row(FILE *out, const struct column *columns, int n, const json_t *row, int width)
{
    int at = 0;
    int last = n - 1;
    int before = -1; // the one before a text that takes a line of its own
    int room = 0;
    char more[CELL_MAX] = "";

    while (last > 0 && !columns[last].is_shown)
        last--;
    for (int k = 0; k < last; k++)
        room += columns[k].is_shown ? columns[k].width + 2 : 0;
    if (row != NULL && columns[last].field->kind == LAST)
        put_cell(row, cell_of(row, columns[last].field), LAST, more);
    // One word, such as a hash, cannot be folded into what is left.
    if (room + (int)strlen(more) > width && more[0] != '\0' &&
        (room + LAST_MIN > width || strchr(more, ' ') == NULL))
        before = last - 1;
    while (before > 0 && !columns[before].is_shown)
        before--;
    for (int k = 0; k <= last; k++) {
        const struct column *column = &columns[k];
        char text[CELL_MAX];

        if (!column->is_shown)
            continue;
        if (row != NULL)
            put_cell(row, cell_of(row, column->field), column->field->kind, text);
        else
            snprintf(text, sizeof(text), "%s", column->field->head);
        if (k == last && before >= 0) {
            fputs("\n    ", out); // too narrow a column: a line of its own
            wrap_text(out, width, 4, 4, text);
            continue;
        }
        at += at > 0 ? fprintf(out, "  ") : 0;
        if (k == before && is_left(column->field->kind))
            fputs(text, out);
        else if (k == last && is_left(column->field->kind))
            wrap_text(out, width, at, at, text);
        else
            at += fprintf(out, is_left(column->field->kind) ? "%-*s" : "%*s", column->width, text);
    }
    if (!is_left(columns[last].field->kind))
        fputc('\n', out);
}

static void put_rows(FILE *out, const struct view *view, const json_t *rows, int width)
{
    struct column columns[COLUMNS_MAX];
    int n = choose(view, rows, width, columns);
    char text[CELL_MAX] = "";
    size_t used = 0;
    size_t i;
    const json_t *row;

    if (n == 0) {
        fputs("none\n", out);
        return;
    }
    put_row(out, columns, n, NULL, width);
    json_array_foreach(rows, i, row) put_row(out, columns, n, row, width);
    for (int k = 0; k < n; k++) {
        if (!columns[k].is_shown && columns[k].field->rank == 1 && used < sizeof(text))
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used > 0 ? ", " : "",
                                     columns[k].field->head);
    }
    if (used > 0) {
        fputs("a wider terminal or --json has ", out);
        wrap_text(out, width, 31, 2, text);
    }
}

/* Which currency amounts are in stands in the title. Capital, and what stands with it, is in the
 * base currency, which its rows say or all of the answer; rows that differ have a column for it. */
static void put_title(FILE *out, const struct view *view, const json_t *of, const json_t *answer)
{
    const char *currency = json_is_array(of) ? view_common(of, "currency")
                                             : json_string_value(json_object_get(of, "currency"));
    char text[CELL_MAX];
    int has_amounts = json_is_array(of) && currency != NULL;

    if (view->title[0] == '\0')
        return;
    if (currency == NULL)
        currency = json_is_array(answer) ? view_common(answer, "currency")
                                         : json_string_value(json_object_get(answer, "currency"));
    for (const struct field *field = view->fields; field->rank > 0; field++)
        has_amounts |= strcmp(field->key, "capital") == 0 || strcmp(field->key, "before") == 0 ||
                       strcmp(field->key, "equity_at_day") == 0 ||
                       strcmp(field->key, "lowest") == 0;
    fputs(view->title, out);
    if (has_amounts && currency != NULL) {
        (void)utf8_escape(currency, strlen(currency), text, sizeof(text));
        fprintf(out, ", amounts in %s", text);
    }
    fputc('\n', out);
}

static void put_real(double value, int decimals, char text[48])
{
    snprintf(text, 48, "%.*f", decimals, money_shown(value, decimals));
}

// Each agent's over the run: from when to when, first, last, lowest and highest; at the last one
// its capital, and the result, which is equity less capital.
void view_equity(FILE *out, const json_t *value, const char *currency, int width)
{
    static const struct field fields[] = {{"agent", "agent", TEXT, 1},
                                          {"n", "samples", AMOUNT, 2},
                                          {"from", "from", TIME_MS, 2},
                                          {"to", "to", TIME_MS, 1},
                                          {"first", "first", AMOUNT, 2},
                                          {"last", "last", AMOUNT, 1},
                                          {"capital", "capital", AMOUNT, 1},
                                          {"result", "result", AMOUNT, 1},
                                          {"lowest", "lowest", AMOUNT, 2},
                                          {"highest", "highest", AMOUNT, 2},
                                          {NULL, NULL, TEXT, 0}};
    static const struct view view = {"equity", NULL, "Equity over this run", ROWS, NULL, fields};
    int decimals = money_decimals(currency != NULL ? currency : "USD", 8);
    json_t *rows = json_array();
    json_t *with = currency != NULL ? json_pack("{s:s}", "currency", currency) : NULL;
    const char *key;
    json_t *samples;

    json_object_foreach((json_t *)(uintptr_t)value, key, samples)
    {
        size_t n = json_array_size(samples);
        const json_t *first = json_array_get(samples, 0);
        const json_t *last = json_array_get(samples, n > 0 ? n - 1 : 0);
        double lowest = json_number_value(json_array_get(first, 1));
        double highest = lowest;
        double now = json_number_value(json_array_get(last, 1));
        double capital = json_number_value(json_array_get(last, 2));
        char text[6][48];

        for (size_t i = 0; i < n; i++) {
            double at = json_number_value(json_array_get(json_array_get(samples, i), 1));

            lowest = at < lowest ? at : lowest;
            highest = at > highest ? at : highest;
        }
        if (n == 0)
            continue;
        put_real(json_number_value(json_array_get(first, 1)), decimals, text[0]);
        put_real(now, decimals, text[1]);
        put_real(lowest, decimals, text[2]);
        put_real(highest, decimals, text[3]);
        put_real(capital, decimals, text[4]);
        put_real(now - capital, decimals, text[5]);
        (void)json_array_append_new(
            rows, json_pack("{s:s, s:I, s:O, s:O, s:s, s:s, s:s, s:s, s:s, s:s}", "agent", key, "n",
                            (json_int_t)n, "from", json_array_get(first, 0), "to",
                            json_array_get(last, 0), "first", text[0], "last", text[1], "lowest",
                            text[2], "highest", text[3], "capital", text[4], "result", text[5]));
    }
    put_title(out, &view, with, with);
    put_rows(out, &view, rows, width);
    json_decref(with);
    json_decref(rows);
}

int view_has(const char *verb)
{
    for (size_t i = 0; i < VIEWS; i++) {
        if (strcmp(views[i].verb, verb) == 0)
            return 1;
    }
    return strcmp(verb, "equity") == 0;
}

int view_show(FILE *out, const char *verb, const json_t *value, int width)
{
    int n = 0;

    if (strcmp(verb, "equity") == 0) {
        view_equity(out, value, NULL, width);
        return 1;
    }
    for (size_t i = 0; i < VIEWS; i++) {
        const struct view *view = &views[i];
        const json_t *of = view->path != NULL ? json_object_get(value, view->path) : value;
        uint32_t n_dust = 0;
        json_t *flat = NULL;

        if (strcmp(view->verb, verb) != 0)
            continue;
        if (view->shape == LINES && view->inner != NULL)
            of = json_object_get(of, view->inner);
        if (of == NULL || (n > 0 && json_is_null(of)))
            continue;
        if (view->shape == NESTED)
            flat = view_flat(of, view->fields[0].key, view->inner);
        else if (view->shape == HELD)
            flat = view_held(of, &n_dust);
        else if (view->shape == RANKED)
            flat = view_ranked(of);
        else if (view->shape == ROWS && json_is_object(of))
            flat = view_alone(of);
        // No table of a part that has no rows; of the whole answer it says "none".
        if (n++ > 0 && view->shape != LINES && json_array_size(flat != NULL ? flat : of) == 0) {
            json_decref(flat);
            continue;
        }
        fputs(n > 1 ? "\n" : "", out);
        put_title(out, view, flat != NULL ? flat : of, value);
        if (view->shape == LINES)
            put_lines(out, view, of, width);
        else
            put_rows(out, view, flat != NULL ? flat : of, width);
        if (n_dust > 0)
            fprintf(out, "and %u of dust: less than a lot, which no order can sell\n", n_dust);
        json_decref(flat);
    }
    return n > 0;
}
