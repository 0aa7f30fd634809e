// SPDX-License-Identifier: Apache-2.0
/* metrics: every family of /metrics. This table is where a family begins: what writes one names its
 * row, docs/metrics.md is made of it (`agon config metrics --markdown`), and so are the tests of
 * the board and the alerts. X(id, name, type, unit, labels, meaning).
 *
 * An enum is a label: of such a family each agent, venue or host has one row for each word, which
 * is 1 for the one that holds and 0 for the others. [any] */
#ifndef OPS_METRICS_H
#define OPS_METRICS_H

#include <stdint.h>
#include <stdio.h>

// clang-format off
#define METRICS(X) \
    /* the host */ \
    X(BUILD_INFO, "agon_build_info", gauge, "", "version mode", "What runs.") \
    X(READY, "agon_ready", gauge, "", "", "1: orders are taken, as /readyz says.") \
    X(STATE, "agon_state", gauge, "", "state", "How the host is.") \
    X(HALTS, "agon_halts", gauge, "", "scope of cause by", "Each halt that stands, with its cause and who ordered it.") \
    X(UPTIME_SECONDS, "agon_uptime_seconds", gauge, "seconds", "", "Since this host began.") \
    X(ENGINE_TIME_SECONDS, "agon_engine_time_seconds", gauge, "seconds", "", "Engine time, UTC.") \
    X(EVENTS_TOTAL, "agon_events_total", counter, "events", "", "Events that the engine has numbered.") \
    X(BAD_EVENTS_TOTAL, "agon_bad_events_total", counter, "events", "", "Events that were malformed.") \
    X(INTENTS_TOTAL, "agon_intents_total", counter, "intents", "", "Intents of agents.") \
    X(REFUSED_TOTAL, "agon_refused_total", counter, "intents", "", "Intents that the gate refused.") \
    X(ORDERS_TOTAL, "agon_orders_total", counter, "orders", "", "Orders made.") \
    X(OPEN_ORDERS, "agon_open_orders", gauge, "orders", "", "Open orders of all agents.") \
    X(REQUESTS_TOTAL, "agon_requests_total", counter, "requests", "", "Requests sent to venues.") \
    X(FILLS_TOTAL, "agon_fills_total", counter, "fills", "", "Fills booked.") \
    X(FOREIGN_REPORTS_TOTAL, "agon_foreign_reports_total", counter, "reports", "", "Reports of orders that are not ours.") \
    X(MARKS_TOTAL, "agon_marks_total", counter, "hashes", "", "Recorded hashes of the state.") \
    X(JOURNAL_STATE, "agon_journal_state", gauge, "", "state", "What the disk lets the journal do.") \
    X(JOURNAL_BEHIND_EVENTS, "agon_journal_behind_events", gauge, "events", "", "Numbered and not durable yet.") \
    X(STEP_SECONDS, "agon_step_seconds", histogram, "seconds", "", "One step of the engine; of several at once each begins where the one before ended, and in a rush one trade or quote in 16 is measured, for those before it too.") \
    X(DELIVERY_SECONDS, "agon_delivery_seconds", histogram, "seconds", "", "Wire to decision: from the socket's read to the end of the step; in a rush of the fifteenth step behind it at most.") \
    X(RELOAD_PAUSE_SECONDS, "agon_reload_pause_seconds", histogram, "seconds", "kind", "How long the engine paused while another generation took over, this run.") \
    X(VALUATION_AGE_SECONDS, "agon_valuation_age_seconds", gauge, "seconds", "asset", "Age of the price that an asset is valued by; +Inf: none yet.") \
    X(CONTROL_REQUESTS_TOTAL, "agon_control_requests_total", counter, "requests", "result", "Requests to the control service.") \
    /* all agents together */ \
    X(EQUITY, "agon_equity", gauge, "base currency", "", "Equity of all, pools included.") \
    X(CAPITAL, "agon_capital", gauge, "base currency", "", "Capital given to all, pools included.") \
    X(RESULT, "agon_result", gauge, "base currency", "", "Equity less capital.") \
    X(POOL, "agon_pool", gauge, "base currency", "", "What tournaments took from agents and gave to none.") \
    X(LEFT_AGENTS, "agon_left_agents", gauge, "agents", "", "Agents that were unloaded for good: their sums are in those of all.") \
    X(LEFT_CAPITAL, "agon_left_capital", gauge, "base currency", "", "Given to those, less what the pool got back.") \
    X(LEFT_EQUITY, "agon_left_equity", gauge, "base currency", "", "What those had when they left, less what the pool got.") \
    X(LEFT_RESULT, "agon_left_result", gauge, "base currency", "", "What those won or lost.") \
    X(GROSS, "agon_gross", gauge, "base currency", "", "Result before fees, rebates and funding.") \
    X(FEES, "agon_fees", gauge, "base currency", "", "Fees paid.") \
    X(REBATES, "agon_rebates", gauge, "base currency", "", "Fees received.") \
    X(FUNDING, "agon_funding", gauge, "base currency", "", "Funding received; below 0: paid.") \
    X(SLIPPAGE, "agon_slippage", gauge, "base currency", "", "What fills were worse than the mid at their decision.") \
    X(VOLUME, "agon_volume", gauge, "base currency", "", "Value of all fills, each at its time.") \
    X(RETURN_RATIO, "agon_return_ratio", gauge, "ratio", "", "Result by capital.") \
    X(DRAWDOWN_RATIO, "agon_drawdown_ratio", gauge, "ratio", "", "Deepest fall from a high of the equity.") \
    X(T, "agon_t", gauge, "", "", "t-value of the mean return.") \
    X(T_LOW, "agon_t_low", gauge, "", "", "Lower end of its interval of 95 %.") \
    X(T_HIGH, "agon_t_high", gauge, "", "", "Upper end of it.") \
    X(SHARPE, "agon_sharpe", gauge, "", "", "Sharpe ratio of a year, from 30 daily returns up.") \
    X(SORTINO, "agon_sortino", gauge, "", "", "Sortino ratio of a year, from 30 daily returns up.") \
    X(PORTFOLIO_EQUITY, "agon_portfolio_equity", gauge, "base currency", "", "Of all agents, as their limits see it.") \
    X(PORTFOLIO_BREACHED, "agon_portfolio_breached", gauge, "", "", "1: at one of its limits of losses.") \
    X(PORTFOLIO_USED, "agon_portfolio_used", gauge, "base currency, or a ratio", "limit", "What is used of the limits of all agents together.") \
    X(PORTFOLIO_LIMIT, "agon_portfolio_limit", gauge, "base currency, or a ratio", "limit", "Limits of all agents together that are set.") \
    /* each agent */ \
    X(AGENT_STATE, "agon_agent_state", gauge, "", "agent state", "How an agent is.") \
    X(AGENT_STAGE, "agon_agent_stage", gauge, "", "agent stage", "What it may trade with.") \
    X(AGENT_ACTIVE, "agon_agent_active", gauge, "", "agent", "1: the agent's plugin runs and its slot is active.") \
    X(AGENT_GENERATION, "agon_agent_generation", gauge, "", "agent", "Generation of the slot's active code.") \
    X(AGENT_CRASHES_TOTAL, "agon_agent_crashes_total", counter, "crashes", "agent", "Ends of its plugin that nobody ordered: crashes, hangs, meters used up; of this run directory.") \
    X(AGENT_EQUITY, "agon_agent_equity", gauge, "base currency", "agent", "Equity.") \
    X(AGENT_CAPITAL, "agon_agent_capital", gauge, "base currency", "agent", "Capital given.") \
    X(AGENT_RESULT, "agon_agent_result", gauge, "base currency", "agent", "Equity less capital.") \
    X(AGENT_GROSS, "agon_agent_gross", gauge, "base currency", "agent", "Result before fees, rebates and funding.") \
    X(AGENT_FEES, "agon_agent_fees", gauge, "base currency", "agent", "Fees paid.") \
    X(AGENT_REBATES, "agon_agent_rebates", gauge, "base currency", "agent", "Fees received.") \
    X(AGENT_FUNDING, "agon_agent_funding", gauge, "base currency", "agent", "Funding received; below 0: paid.") \
    X(AGENT_SLIPPAGE, "agon_agent_slippage", gauge, "base currency", "agent", "What fills were worse than the mid at their decision.") \
    X(AGENT_VOLUME, "agon_agent_volume", gauge, "base currency", "agent", "Value of all fills, each at its time.") \
    X(AGENT_RETURN_RATIO, "agon_agent_return_ratio", gauge, "ratio", "agent", "Result by capital.") \
    X(AGENT_DRAWDOWN_RATIO, "agon_agent_drawdown_ratio", gauge, "ratio", "agent", "Deepest fall from a high of the equity.") \
    X(AGENT_DAY_LOSS, "agon_agent_day_loss", gauge, "base currency", "agent", "Money lost since 00:00 UTC, at prices to close at; below 0: a gain.") \
    X(AGENT_DAY_LOSS_SCALED, "agon_agent_day_loss_scaled", gauge, "base currency", "agent", "What its daily loss counts of that: scaled with capital that moved since.") \
    X(AGENT_DAY_LOSS_LIMIT, "agon_agent_day_loss_limit", gauge, "base currency", "agent", "The daily loss that it is allowed.") \
    X(AGENT_T, "agon_agent_t", gauge, "", "agent", "t-value of the mean return.") \
    X(AGENT_T_LOW, "agon_agent_t_low", gauge, "", "agent", "Lower end of its interval of 95 %.") \
    X(AGENT_T_HIGH, "agon_agent_t_high", gauge, "", "agent", "Upper end of it.") \
    X(AGENT_SHARPE, "agon_agent_sharpe", gauge, "", "agent", "Sharpe ratio of a year, from 30 daily returns up.") \
    X(AGENT_SORTINO, "agon_agent_sortino", gauge, "", "agent", "Sortino ratio of a year, from 30 daily returns up.") \
    X(AGENT_OPEN_ORDERS, "agon_agent_open_orders", gauge, "orders", "agent", "Open orders of an agent.") \
    X(AGENT_FILLS_TOTAL, "agon_agent_fills_total", counter, "fills", "agent", "Fills of an agent.") \
    X(AGENT_INTENTS_TOTAL, "agon_agent_intents_total", counter, "intents", "agent", "Intents of an agent.") \
    X(AGENT_REFUSED_TOTAL, "agon_agent_refused_total", counter, "intents", "agent", "Intents of an agent that the gate refused.") \
    X(AGENT_REFUSALS_TOTAL, "agon_agent_refusals_total", counter, "intents", "agent reason", "Of them, those of this run, by reason; a reason that was never one has no row.") \
    X(AGENT_ORDERS_TOTAL, "agon_agent_orders_total", counter, "orders", "agent", "Orders and replacements that an agent wanted, this run.") \
    X(AGENT_UNJUDGED_TOTAL, "agon_agent_unjudged_total", counter, "orders", "agent", "Of them, those refused because no fresh price was there to judge them by.") \
    X(AGENT_EVENTS_TOTAL, "agon_agent_events_total", counter, "events", "agent", "Events delivered to an agent.") \
    X(AGENT_DELIVERY_SECONDS, "agon_agent_delivery_seconds", histogram, "seconds", "agent", "From the beginning of an event's step to the agent's callback for it.") \
    X(AGENT_CAUSED_TOTAL, "agon_agent_caused_total", counter, "as the meter", "agent meter", "What an agent has caused beside orders, since the host began.") \
    X(AGENT_METER_USED, "agon_agent_meter_used", gauge, "ratio", "agent meter", "Share of a meter that is used up: at 1 the agent's plugin is ended.") \
    X(AGENT_METER_PER_SECOND, "agon_agent_meter_per_second", gauge, "as the meter", "agent meter", "What a meter allows a second.") \
    X(AGENT_METRIC, "agon_agent_metric", gauge, "its author's", "agent metric", "What an agent's plugin says of itself (agon.metric), by its number.") \
    X(POSITION_QUANTITY, "agon_position_quantity", gauge, "base asset", "agent symbol", "Held of an instrument; short: below 0.") \
    X(POSITION_ENTRY_PRICE, "agon_position_entry_price", gauge, "price", "agent symbol", "What a unit of it cost on average.") \
    X(POSITION_BREAK_EVEN_PRICE, "agon_position_break_even_price", gauge, "price", "agent symbol", "... less what it has realised, after its fees.") \
    X(POSITION_NOTIONAL, "agon_position_notional", gauge, "currency", "agent symbol currency", "Notional at the mark price.") \
    X(POSITION_UNREALISED, "agon_position_unrealised", gauge, "currency", "agent symbol currency", "That less its cost.") \
    X(POSITION_REALISED, "agon_position_realised", gauge, "currency", "agent symbol currency", "Of all that was closed, fees in that currency taken off.") \
    X(POSITION_FEES, "agon_position_fees", gauge, "currency", "agent symbol currency", "Fees paid in that currency; below 0: received.") \
    X(POSITION_FUNDING, "agon_position_funding", gauge, "currency", "agent symbol currency", "Funding received, of perpetuals; below 0: paid.") \
    X(AGENT_GPU_BYTES, "agon_agent_gpu_bytes", gauge, "bytes", "agent", "Held of cards by an agent's leases.") \
    X(AGENT_GPU_SHARE_RATIO, "agon_agent_gpu_share_ratio", gauge, "ratio", "agent", "Of a card's time, held by an agent's leases.") \
    X(AGENT_GPU_WAITING, "agon_agent_gpu_waiting", gauge, "leases", "agent", "Leases of an agent that wait.") \
    X(AGENT_GPU_JOBS_TOTAL, "agon_agent_gpu_jobs_total", counter, "jobs", "agent outcome", "Outcomes of an agent's jobs that it was given, this run, one of each job: done, failed, hung, cancelled, refused.") \
    /* each card; without cards there are none */ \
    X(GPU_CARD_UP, "agon_gpu_card_up", gauge, "", "card", "1: the card is used; 0: it is lost, or too hot.") \
    X(GPU_MEMORY_BYTES, "agon_gpu_memory_bytes", gauge, "bytes", "card", "Memory of a card, by its profile.") \
    X(GPU_LEASED_BYTES, "agon_gpu_leased_bytes", gauge, "bytes", "card", "Of it, leased.") \
    X(GPU_USED_BYTES, "agon_gpu_used_bytes", gauge, "bytes", "card", "In use, as the card itself says; 0: it does not.") \
    X(GPU_CAPACITY_RATIO, "agon_gpu_capacity_ratio", gauge, "ratio", "card", "Of a card's time that may be used.") \
    X(GPU_SHARE_RATIO, "agon_gpu_share_ratio", gauge, "ratio", "card class", "Of a card's time that leases of a class hold; training with research.") \
    X(GPU_SHARE_LIMIT_RATIO, "agon_gpu_share_limit_ratio", gauge, "ratio", "card class", "Of a card's time that a class may hold now.") \
    X(GPU_HEAT_CELSIUS, "agon_gpu_heat_celsius", gauge, "degrees Celsius", "card", "Heat of a card as it was journaled last; 0: never.") \
    X(GPU_HEAT_STEP, "agon_gpu_heat_step", gauge, "", "card", "Step of heat: 0 to 4, where everything stops.") \
    X(GPU_LEASES, "agon_gpu_leases", gauge, "leases", "card", "Leases held on a card.") \
    X(GPU_WAITING, "agon_gpu_waiting", gauge, "leases", "card", "Leases that wait for a card.") \
    X(GPU_JOBS, "agon_gpu_jobs", gauge, "jobs", "card", "Jobs of leases held on a card.") \
    X(GPU_JOBS_TOTAL, "agon_gpu_jobs_total", counter, "jobs", "card event", "Jobs of a card that were started (each chunk), done, failed, preempted, this run.") \
    X(GPU_MOVED_TOTAL, "agon_gpu_moved_total", counter, "leases", "card", "Leases that moved away from a card, this run.") \
    X(GPU_WORKERS_TOTAL, "agon_gpu_workers_total", counter, "processes", "card", "Workers that were begun for a card.") \
    X(GPU_FAILOVER_SECONDS, "agon_gpu_failover_seconds", gauge, "seconds", "", "From the last answer of the card that was lost last until it was known what goes on elsewhere; 0: none was lost.") \
    /* each venue */ \
    X(VENUE_STATE, "agon_venue_state", gauge, "", "venue state", "How a venue is.") \
    X(VENUE_HEALTH, "agon_venue_health", gauge, "", "venue health", "Of its market data.") \
    X(VENUE_UP, "agon_venue_up", gauge, "", "venue", "1: a book is live, and with keys orders are taken.") \
    X(VENUE_READY, "agon_venue_ready", gauge, "", "venue", "1: orders are taken.") \
    X(VENUE_HALTED, "agon_venue_halted", gauge, "", "venue", "1: the venue is halted, by its own halt.") \
    X(VENUE_UPTIME_RATIO, "agon_venue_uptime_ratio", gauge, "ratio", "venue", "Share of the time since the venue was up first in which it was up.") \
    X(VENUE_DOWN_SECONDS_TOTAL, "agon_venue_down_seconds_total", counter, "seconds", "venue", "So long it was not, since then.") \
    X(VENUE_OUTAGES_TOTAL, "agon_venue_outages_total", counter, "outages", "venue", "How often it went down.") \
    X(VENUE_LINKS, "agon_venue_links", gauge, "connections", "venue", "Connections to the venue that are wanted.") \
    X(VENUE_LINKS_UP, "agon_venue_links_up", gauge, "connections", "venue", "Connections to the venue that stand.") \
    X(VENUE_BOOKS, "agon_venue_books", gauge, "books", "venue", "Books that are wanted of the venue.") \
    X(VENUE_BOOKS_LIVE, "agon_venue_books_live", gauge, "books", "venue", "Books that are the venue's.") \
    X(VENUE_MESSAGES_TOTAL, "agon_venue_messages_total", counter, "messages", "venue", "Messages from the venue.") \
    X(VENUE_BAD_TOTAL, "agon_venue_bad_total", counter, "messages", "venue", "Messages that could not be read.") \
    X(VENUE_QUANTITIES_CUT_TOTAL, "agon_venue_quantities_cut_total", counter, "quantities", "venue", "Quantities finer than their instrument's exponent: rounded towards zero.") \
    X(VENUE_BINARY_TOTAL, "agon_venue_binary_total", counter, "frames", "venue", "Binary frames, which nobody reads.") \
    X(VENUE_SILENT_CHANNELS_TOTAL, "agon_venue_silent_channels_total", counter, "channels", "venue", "Channels that fell silent on a connection that lived.") \
    X(VENUE_GAPS_TOTAL, "agon_venue_gaps_total", counter, "gaps", "venue", "Gaps found in the venue's sequences.") \
    X(VENUE_RESYNCS_TOTAL, "agon_venue_resyncs_total", counter, "books", "venue", "Books that were built again from a snapshot.") \
    X(VENUE_RECONNECTS_TOTAL, "agon_venue_reconnects_total", counter, "connections", "venue", "Connections that were made again.") \
    X(VENUE_DROPPED_TOTAL, "agon_venue_dropped_total", counter, "events", "venue", "Events that found no room.") \
    X(VENUE_DELIVERY_SECONDS, "agon_venue_delivery_seconds", histogram, "seconds", "venue", "From the socket's read to the end of the step, by venue.") \
    X(VENUE_CLOCK_OFFSET_SECONDS, "agon_venue_clock_offset_seconds", gauge, "seconds", "venue", "Of the venue's clock to ours.") \
    X(VENUE_CONNECT_LIMIT_WAIT_SECONDS, "agon_venue_connect_limit_wait_seconds", gauge, "seconds", "venue", "So long the venue's connect limit is waited for.") \
    X(VENUE_LIMIT_CAPACITY, "agon_venue_limit_capacity", gauge, "as the limit", "venue limit", "A venue's limit, in its own units per window.") \
    X(VENUE_LIMIT_FREE, "agon_venue_limit_free", gauge, "as the limit", "venue limit", "What a new order or a reading may still take of a venue's limit.") \
    X(VENUE_UNCONFIRMED, "agon_venue_unconfirmed", gauge, "requests", "venue", "Requests that are unconfirmed.") \
    X(ORDERS_NOT_DURABLE_TOTAL, "agon_orders_not_durable_total", counter, "orders", "venue", "Orders that never left, for the journal was not safe on disk in time.") \
    X(STRAY_ORDERS, "agon_stray_orders", gauge, "orders", "venue", "Orders of ours that are open at a venue and should not be.") \
    X(STRAY_ORDERS_TOTAL, "agon_stray_orders_total", counter, "orders", "venue", "Such orders that were ever seen.") \
    X(REOPENED_ORDERS_TOTAL, "agon_reopened_orders_total", counter, "orders", "venue", "Orders that were given up and then seen.") \
    X(FOREIGN_ORDERS, "agon_foreign_orders", gauge, "orders", "venue", "Open orders on our accounts that this host did not send.") \
    X(OTHER_HOST_ORDERS, "agon_other_host_orders", gauge, "orders", "venue", "Of them, those of another host.") \
    X(OTHER_HOST_SEEN_TOTAL, "agon_other_host_seen_total", counter, "orders", "venue", "Orders of another host that were ever seen.") \
    /* alerts and the clock */ \
    X(ALERTS_TOTAL, "agon_alerts_total", counter, "alerts", "kind", "Alerts of this run directory by kind.") \
    X(ALERTS_OPEN, "agon_alerts_open", gauge, "alerts", "", "Alerts that nobody has acknowledged, of the newest 128.") \
    X(ALERTS_CRITICAL, "agon_alerts_critical", gauge, "alerts", "", "... and that need a person now.") \
    X(ALERTS_REPEATED_TOTAL, "agon_alerts_repeated_total", counter, "alerts", "", "Repetitions within ten seconds, not raised again.") \
    X(ALERTS_LOST_TOTAL, "agon_alerts_lost_total", counter, "alerts", "", "Alerts that found no room.") \
    X(ALERTS_DELIVERED_TOTAL, "agon_alerts_delivered_total", counter, "alerts", "", "Alerts that the webhook took, this run.") \
    X(ALERTS_DEAD_TOTAL, "agon_alerts_dead_total", counter, "alerts", "", "Alerts in the dead-letter file, this run.") \
    X(CLOCK_PROVEN, "agon_clock_proven", gauge, "", "", "1: a venue's clock agrees with ours.") \
    X(CLOCK_ENTRY_PAUSED, "agon_clock_entry_paused", gauge, "", "", "1: no new order leaves, because of the clock.") \
    X(CLOCK_WALL_OFFSET_SECONDS, "agon_clock_wall_offset_seconds", gauge, "seconds", "", "Of the wall clock to ours, while it is not followed.") \
    X(CLOCK_JOURNAL_AHEAD_SECONDS, "agon_clock_journal_ahead_seconds", gauge, "seconds", "", "How far the journal is ahead of the time.") \
    X(CLOCK_WALL_STEPS_TOTAL, "agon_clock_wall_steps_total", counter, "steps", "", "How often the wall clock was set.") \
    X(CLOCK_VENUE_TIME_TAKEN_TOTAL, "agon_clock_venue_time_taken_total", counter, "times", "", "How often venue time replaced ours.")
// clang-format on

#define METRIC_ID(id, name, type, unit, labels, help) METRIC_##id,
enum metric_id { METRICS(METRIC_ID) METRICS_N };
#undef METRIC_ID

struct metric {
    const char *name, *type, *unit, *labels, *help; /* labels: between spaces, in their order */
};
extern const struct metric metrics_all[METRICS_N]; /* by enum metric_id */

/* Begins a family: its help and type. Returns its name. */
const char *metrics_begin(FILE *out, enum metric_id id);
/* Families of one value. */
void metrics_counter(FILE *out, enum metric_id id, uint64_t value);
void metrics_gauge(FILE *out, enum metric_id id, double value);
/* A label's value, quoted as it has to be. */
void metrics_label(FILE *out, const char *text);
/* One row for each word of an enum, all but one 0: {KEY="OF",WORD_KEY="..."}; key NULL: nobody's.
 * words ends with NULL; they are written in small letters. */
void metrics_states(FILE *out, enum metric_id id, const char *key, const char *of,
                    const char *word_key, const char *const *words, const char *now);
/* The table as a page of Markdown. */
void metrics_print_page(FILE *out);

#endif
