// SPDX-License-Identifier: Apache-2.0
#include "report/view.h"

#include <string.h>

#include "base/money.h"
#include "base/utf8.h"
#include "report/view_impl.h"
#include "report/view_rows.h"

#define CURRENCY_MAX 64

enum shape { LINES, ROWS, NESTED, HELD, RANKED, METRICS };
struct view {
    const char *verb, *path, *title; // path NULL: the answer itself
    enum shape shape; // NESTED: rows of lists in rows, the first field is the outer's; HELD:
                      // without positions in which there is nothing, or too little for any order;
                      // RANKED: by rank, who has none last; METRICS: of an agent's plugin;
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

/* Behind capital, equity and result: docs/figures.md. Ranks: return, ratios, amounts. */
#define FIGURE_FIELDS(yields, ratios, amounts)                                                     \
    {"return", "return", SHARE, yields}, {"drawdown", "drawdown", SHARE, ratios},                  \
        {"sharpe", "Sharpe", RATIO, ratios}, {"sortino", "Sortino", RATIO, amounts},               \
        {"t", "t", RATIO, ratios}, {"t_low", "t from", RATIO, amounts},                            \
        {"t_high", "t to", RATIO, amounts}, {"gross", "gross", AMOUNT, amounts},                   \
        {"fees", "fees", AMOUNT, amounts}, {"rebates", "rebates", AMOUNT, amounts},                \
        {"funding", "funding", AMOUNT, amounts}, {"slippage", "slippage cost", AMOUNT, amounts},   \
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
           {"break_even", "break-even", MEAN, 2}, {"mark", "mark", PX, 1},                         \
           {"unrealised", "unrealised", AMOUNT, 1}, {"realised", "realised", AMOUNT, 3},           \
           {"notional", "notional", AMOUNT, 2}, {"fees", "fees", AMOUNT, 3},                       \
           {"funding", "funding", AMOUNT, 3}, {"fills", "fills", AMOUNT, 3},                       \
           {"entry_tag", "entry tag", WORDS, 3}, {"currency", "in", TEXT, 2})
#define FILL_FIELDS                                                                                \
    FIELDS({"time", "time", TIME, 1}, {"agent", "agent", TEXT, 1}, {"symbol", "symbol", TEXT, 1},  \
           {"side", "side", TEXT, 1}, {"quantity", "quantity", NUMBER, 1},                         \
           {"price", "price", PX, 1}, {"exit_reason", "exit reason", WORDS, 2},                    \
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
            {"wall_offset_ms", "wall clock off", MILLIS, 1},
            {"venue_offset_us", "venue off", MICROS, 1},
            {"journal_ahead_ms", "journal ahead", MILLIS, 1},
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
            {"day_loss", "daily loss now", LOSS, 1}, {"fall", "drawdown now", SHARE, 1})},
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
    {"agent", "agent", "What its plugin says of itself", METRICS, NULL,
     FIELDS({"name", "metric", WORDS, 1}, {"value", "value", NUMBER, 1})},
    {"agent", "positions", "Positions", HELD, NULL, POSITION_FIELDS},
    {"agent", "orders", "Open orders", ROWS, NULL, ORDER_FIELDS},
    {"agent", "fills", "Newest fills", ROWS, NULL, FILL_FIELDS},

    {"orders", NULL, "Open orders", ROWS, NULL, ORDER_FIELDS},
    {"positions", NULL, "Positions", HELD, NULL, POSITION_FIELDS},
    {"fills", NULL, "Newest fills", ROWS, NULL, FILL_FIELDS},
    {"closings", NULL, "Newest fills that closed something", ROWS, NULL,
     FIELDS({"time", "time", TIME, 1}, {"symbol", "symbol", TEXT, 1}, {"side", "side", TEXT, 1},
            {"quantity", "quantity", NUMBER, 1}, {"price", "price", PX, 1},
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
            {"entry_tag", "entry tag", WORDS, 2}, {"entry_number", "entry tag (number)", WORDS, 2},
            {"exit_tag", "exit tag", WORDS, 3}, {"entry", "entry", MEAN, 3},
            {"exit", "exit", MEAN, 3})},
    {"performance", NULL, "Result by instrument and reasons", ROWS, NULL,
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
            {"price", "price", PX, 1}, {"quantity", "quantity", NUMBER, 1},
            {"seen", "seen", TIME, 1}, {"client_id", "client id", TEXT, 2},
            {"venue_order", "number there", NUMBER, 2}, {"journal", "journal", TEXT, 3})},
    {"valuation", NULL, "Value of other assets", ROWS, NULL,
     FIELDS({"asset", "asset", TEXT, 1}, {"instrument", "by", TEXT, 1}, {"price", "price", PX, 1},
            {"age_s", "age", SECONDS, 1}, {"stale", "stale", TEXT, 1})},
    {"exits", NULL, "Exit plans", ROWS, NULL,
     FIELDS({"agent", "agent", TEXT, 1}, {"symbol", "symbol", TEXT, 1},
            {"leaves", "leaves", TEXT, 1}, {"quantity", "quantity", NUMBER, 1},
            {"stop", "stop", PX, 1}, {"state", "state", TEXT, 1}, {"cause", "cause", TEXT, 2},
            {"watches", "watches", TEXT, 2}, {"closed", "closed", NUMBER, 3},
            {"plan", "plan", NUMBER, 3}, {"reason", "reason", LAST, 3})},
    {"books", NULL, "Books", ROWS, NULL,
     FIELDS({"symbol", "symbol", TEXT, 1}, {"kind", "kind", TEXT, 1}, {"state", "state", TEXT, 1},
            {"bid", "bid", PX, 1}, {"ask", "ask", PX, 1}, {"mark", "mark", PX, 2},
            {"quote", "in", TEXT, 2})},
    {"venues", NULL, "Venues", ROWS, NULL,
     FIELDS({"venue", "venue", TEXT, 1}, {"state", "state", TEXT, 1}, {"health", "health", TEXT, 1},
            {"halted", "halted", TEXT, 1}, {"links_up", "links", NUMBER, 1},
            {"books_live", "live books", NUMBER, 1}, {"messages", "messages", AMOUNT, 2},
            {"p50_ns", "p50", NS, 1}, {"p99_ns", "p99", NS, 1}, {"gaps", "gaps", AMOUNT, 2},
            {"reconnects", "reconnects", AMOUNT, 2}, {"unconfirmed", "unconfirmed", AMOUNT, 3},
            {"uptime", "up", SHARE, 3}, {"outages", "outages", AMOUNT, 3},
            {"clock_offset_us", "clock off", MICROS, 3},
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
            {"day_loss", "daily loss now", LOSS, 1}, {"breached", "breached", TEXT, 1},
            {"breached_by", "by", TEXT, 1}, {"breach_loss", "loss then", AMOUNT, 1},
            {"on_breach", "when breached", TEXT, 1})},
    {"portfolio", "limits", "Limits of all agents together", ROWS, NULL,
     FIELDS({"limit", "limit", WORDS, 1}, {"used", "used", USED, 1}, {"at", "at", LIMIT, 1},
            {"text", "what it is of", LAST, 1})},
    {"gpu status", NULL, "Cards", LINES, NULL,
     FIELDS({"on", "in use", TEXT, 1}, {"profile", "budgets", TEXT, 1},
            {"shares", "shares", TEXT, 1}, {"device", "device", TEXT, 1},
            {"split", "split", TEXT, 1}, {"volatility", "volatility", TEXT, 1},
            {"volatility_next", "from the next review", TEXT, 1},
            {"tournament", "tournament", TEXT, 1}, {"single", "one card left", TEXT, 1},
            {"leases", "leases", NUMBER, 1}, {"waiting", "waiting", NUMBER, 1},
            {"failover_ms", "last failover", MILLIS, 1})},
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
     FIELDS({"t_ms", "begins", TIME_MS, 1}, {"open", "open", PX, 1}, {"high", "high", PX, 1},
            {"low", "low", PX, 1}, {"close", "close", PX, 1}, {"volume", "volume", NUMBER, 1})},
    {"lines", NULL, "Lines over candles, as each was when a candle ended", ROWS, NULL,
     FIELDS({"t_ms", "candle of", TIME_MS, 1}, {"line", "line", TEXT, 1},
            {"price", "price", PX, 1})},
    {"trades", NULL, "Newest trades of the market", ROWS, NULL,
     FIELDS({"t_ms", "time", TIME_MS, 1}, {"price", "price", PX, 1},
            {"quantity", "quantity", NUMBER, 1}, {"side", "taker", TEXT, 1},
            {"n", "number", NUMBER, 3})},
    {"events", NULL, "What happened", ROWS, NULL,
     FIELDS({"time", "time", TIME, 1}, {"kind", "kind", TIMES, 1}, {"of", "of", TEXT, 1},
            {"text", "what", LAST, 1})},
    {"health", "points", "Health", ROWS, NULL,
     FIELDS({"t_ms", "until", TIME_MS, 1}, {"messages", "messages", AMOUNT, 1},
            {"gaps", "gaps", AMOUNT, 1}, {"journal_lag", "events not on disk", AMOUNT, 1},
            {"unconfirmed", "unconfirmed", AMOUNT, 1})},
    {"verification", NULL, "Replay of the journal", LINES, NULL,
     FIELDS({"state", "state", TEXT, 1}, {"time", "of (UTC)", TIME, 1},
            {"seconds", "took", SECONDS, 1}, {"events", "events", AMOUNT, 1},
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
    {"log tail", NULL, "Log, by the wall clock, whatever the market's", ROWS, NULL,
     FIELDS({"t", "wall time (UTC)", TIME, 1}, {"level", "level", TEXT, 1},
            {"area", "area", TEXT, 1}, {"agent", "agent", TEXT, 2}, {"venue", "venue", TEXT, 3},
            {"key", "key", TEXT, 3}, {"text", "what", LAST, 1})},
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
#define CTL   "agon ctl"

/* Which currency amounts are in stands in the title. Capital, and what stands with it, is in the
 * base currency, which its rows say or all of the answer; rows that differ have a column for it. */
static void put_title(FILE *out, const struct view *view, const json_t *of, const json_t *answer)
{
    const char *currency = json_is_array(of) ? view_common(of, "currency")
                                             : json_string_value(json_object_get(of, "currency"));
    char text[CURRENCY_MAX];
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
    view_table_rows(out, view.fields, rows, width, CTL);
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
    return view_show_by(out, CTL, verb, value, width);
}

int view_show_by(FILE *out, const char *command, const char *verb, const json_t *value, int width)
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
        else if (view->shape == METRICS)
            flat = view_metrics(of);
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
            view_table_lines(out, view->fields, of, width);
        else
            view_table_rows(out, view->fields, flat != NULL ? flat : of, width, command);
        if (n_dust > 0)
            fprintf(out, "and %u of dust: less than a lot, which no order can sell\n", n_dust);
        json_decref(flat);
    }
    return n > 0;
}
