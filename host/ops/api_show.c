// SPDX-License-Identifier: Apache-2.0
#include "ops/api.h"

#include <stdio.h>

#include "agent/info.h"
#include "base/money.h"
#include "base/num.h"
#include "market/alerts.h"
#include "market/instrument_kind.h"
#include "market/order_type.h"
#include "ops/api_words.h"
#include "risk/risk.h"
#include "run/agent_state.h"
#include "run/clock_guard.h"
#include "run/market_bars.h"
#include "sys/clock.h"

#define DAY_NS ((agon_ns_t)86400 * 1000000000)

#define NAMED(name) ((name) != NULL ? (name) : "?")

void api_put_time(struct jout *out, const char *key, agon_ns_t t)
{
    char text[CLOCK_TEXT];

    jout_key(out, key);
    if (t < DAY_NS) { // in scaled time, before the venue has told the first
        jout_null(out);
        return;
    }
    clock_text(t / 1000000 * 1000000, text);
    jout_str(out, text);
}

static const struct host_view_instrument *instrument_at(const struct api *api, agon_instrument_t id)
{
    return id >= 1 && id <= api->view->n_instruments ? &api->view->instruments[id - 1] : NULL;
}

// As people say it: the symbol; with its venue where another one has the same.
static const char *label(const struct api *api, agon_instrument_t id)
{
    static _Thread_local char text[80];
    const struct host_view_instrument *at = instrument_at(api, id);

    if (at == NULL)
        return "?";
    snprintf(text, sizeof(text), "%s%s%s", at->is_shared ? at->venue : "", at->is_shared ? ":" : "",
             at->symbol);
    return text;
}

const char *api_label(const struct api *api, uint32_t place)
{
    return label(api, place + 1);
}

const char *api_cause(uint8_t cause)
{
    return cause < HALT_CAUSES ? api_word(api_halt_causes, cause) : "?";
}

const char *api_halt_of(const struct api *api, const struct host_view_halt *halt)
{
    if (halt->scope == SCOPE_SLOT && halt->id < api->view->n_slots)
        return api->view->slots[halt->id].name;
    if (halt->scope == SCOPE_INSTRUMENT)
        return label(api, halt->id);
    if (halt->scope == SCOPE_VENUE && halt->id <= api->view->n_venues)
        return api->view->venues[halt->id - 1].name;
    return "all";
}

void api_put_halt(const struct api *api, const struct host_view_halt *halt, struct jout *out)
{
    jout_open(out, '{');
    jout_kv_str(out, "scope", api_word(api_halt_scopes, halt->scope));
    jout_kv_str(out, "of", api_halt_of(api, halt));
    jout_kv_str(out, "cause",
                halt->scope == SCOPE_GLOBAL         ? api_cause(halt->cause)
                : halt->reason == REASON_KEY_RIGHTS ? api_word(api_halt_causes, HALT_CAUSES)
                                                    : api_cause(HALT_OPERATOR));
    api_put_time(out, "since", halt->t);
    jout_kv_str(out, "by", halt->who[0] != '\0' ? halt->who : "?");
    jout_kv_str(out, "reason", halt->why);
    jout_kv_str(out, "code", NAMED(reason_name(halt->reason)));
    jout_close(out, '{');
}

// The worst of those of everything, for who has room for one.
static void put_first_halt(const struct host_view *view, struct jout *out)
{
    const struct host_view_halt *worst = NULL;

    for (uint32_t i = 0; i < view->n_halts && view->halts[i].scope == SCOPE_GLOBAL; i++)
        worst = &view->halts[i];
    if (worst == NULL)
        return;
    jout_kv_str(out, "halted_by", worst->who[0] != '\0' ? worst->who : "?");
    jout_kv_str(out, "halted_for", worst->why);
    jout_kv_str(out, "halt_cause", api_cause(worst->cause));
}

static void put_clock(const struct api *api, struct jout *out)
{
    const struct host_clock *clock = &api->view->clock;

    jout_key(out, "clock");
    jout_open(out, '{');
    jout_kv_str(out, "state", api_word(api_clock_trusts, clock->trust));
    jout_kv_str(out, "entry", api_word(api_clock_entries, clock->is_paused != 0));
    jout_kv_str(out, "follows", api_word(api_clock_follows, clock->is_wall_off != 0));
    jout_kv_str(out, "engine_time", api_word(api_engine_times, clock->is_market != 0));
    jout_kv_bool(out, "waits_for_venue", clock->is_waiting);
    jout_kv_int(out, "wall_offset_ms", clock->wall_off_ns / 1000000);
    jout_kv_int(out, "venue_offset_us", api->view->venue.offset_ns / 1000);
    jout_kv_int(out, "journal_ahead_ms", clock->ahead_ns / 1000000);
    jout_kv_int(out, "wall_steps", (int64_t)clock->n_steps);
    jout_kv_int(out, "venue_time_taken", (int64_t)clock->n_taken);
    jout_close(out, '{');
}

/* The first agent that has more than a few orders refused for want of data; null: none has. */
static void put_unjudged(const struct host_view *view, struct jout *out)
{
    char text[UNJUDGED_TEXT];

    jout_key(out, "warning");
    for (uint32_t i = 0; i < view->n_slots; i++) {
        const struct host_view_slot *slot = &view->slots[i];

        if (!slot->is_used || !unjudged_is_much(&slot->unjudged))
            continue;
        unjudged_text(&slot->unjudged, slot->name, text, sizeof(text));
        jout_str(out, text);
        return;
    }
    jout_null(out);
}

// Where they are in another time than the market; null: nobody needs to know.
static void put_rate(const struct api *api, struct jout *out)
{
    char text[HOST_RATE_TEXT];

    jout_kv_int(out, "rate_refused", (int64_t)api->view->n_rate_refused);
    jout_key(out, "rate_windows");
    host_rate_text(api->view->is_live, api->speed_milli, api->view->n_rate_refused, text);
    if (text[0] != '\0')
        jout_str(out, text);
    else
        jout_null(out);
}

// What its markets are made of, where that is bars; and what of a run on them is worth nothing.
static void put_bars(const struct host_view *view, struct jout *out)
{
    const char *warning = market_bars_warning(view->is_bars_visible, view->is_bars_optimistic);

    jout_key(out, "market_bars");
    if (view->is_bars_visible || view->is_bars_silent)
        jout_str(out, view->is_bars_visible ? "visible" : "silent");
    else
        jout_null(out);
    jout_key(out, "not_comparable");
    if (warning[0] != '\0')
        jout_str(out, warning);
    else
        jout_null(out);
}

const char *api_host_state(const struct host_view *view)
{
    return view->is_killed           ? "killed"
           : view->is_stopped        ? "stopped"
           : view->is_halted         ? "halted"
           : view->journal_state > 0 ? "journal"
           : view->is_live && !view->is_ready // on paper nobody is waited for
               ? "waiting"
               : "running";
}

// Equity is these three, also as they are shown: each rounded by itself would be a cent beside it.
static void put_parts(const struct api *api, struct jout *out)
{
    const struct host_view *view = api->view;
    int decimals = money_decimals(view->base_currency, view->base_exp);
    agon_amt_t equity = num_rescale(view->figures.equity_amt, view->base_exp, decimals, NUM_EVEN);
    agon_amt_t pool = num_rescale(view->pool_amt, view->base_exp, decimals, NUM_EVEN);

    agon_amt_t left = num_rescale(view->left.equity_amt, view->base_exp, decimals, NUM_EVEN);

    jout_kv_dec(out, "equity_agents", num_add(equity, -num_add(pool, left)), decimals);
    jout_kv_dec(out, "pool", pool, decimals);
    jout_kv_int(out, "left_agents", (int64_t)view->n_left);
    api_put_money(api, out, "left_capital", view->left.capital_amt);
    jout_kv_dec(out, "left_equity", left, decimals);
    api_put_money(api, out, "left_result", view->left.result_amt);
}

void api_put_status(const struct api *api, struct jout *out)
{
    const struct host_view *view = api->view;
    uint32_t n_playing = 0;
    uint32_t n_agents = 0;
    uint32_t n_stale = 0;

    for (uint32_t i = 0; i < view->n_slots; i++) {
        n_playing += view->slots[i].is_playing;
        n_agents += view->slots[i].is_used;
    }
    jout_open(out, '{');
    jout_kv_str(out, "mode", api->mode);
    jout_kv_str(out, "state", api_host_state(view));
    put_first_halt(view, out);
    api_put_time(out, "time", view->t);
    jout_kv_int(out, "t_ms", view->t / 1000000);
    jout_kv_int(out, "up_s", (api->looked_ns - api->began_ns) / 1000000000);
    jout_kv_real(out, "speed", (double)api->speed_milli / 1000.0);
    jout_kv_int(out, "run", view->run);
    api_put_figures(api, &view->figures, out);
    put_parts(api, out);
    jout_kv_int(out, "agents", n_agents);
    jout_kv_int(out, "active", n_playing);
    jout_kv_int(out, "open_orders", view->n_orders_all);
    jout_kv_int(out, "stray_orders", view->venue.n_strays);
    jout_kv_int(out, "foreign_orders", view->venue.n_foreign_open);
    jout_kv_int(out, "other_host_orders", view->venue.n_other_open);
    jout_kv_int(out, "events", (int64_t)view->counters.n_events);
    jout_kv_int(out, "intents", (int64_t)view->counters.n_intents);
    jout_kv_int(out, "refused", (int64_t)view->counters.n_refused);
    jout_kv_int(out, "orders", (int64_t)view->counters.n_orders);
    jout_kv_int(out, "fills", (int64_t)view->counters.n_fills);
    jout_kv_int(out, "seq", (int64_t)view->seq);
    jout_kv_int(out, "durable_seq", (int64_t)view->durable_seq);
    jout_kv_str(out, "journal", journal_state_name((enum journal_state)view->journal_state));
    jout_kv_str(out, "journal_class", api_word(api_journal_classes, api->is_async != 0));
    jout_kv_str(out, "health", api_health(view->venue.health));
    for (uint32_t i = 0; i < view->n_values; i++)
        n_stale += view->values[i].is_stale;
    jout_kv_int(out, "stale_valuations", n_stale);
    put_unjudged(view, out);
    api_put_next_tournament(api, out);
    put_rate(api, out);
    put_bars(view, out);
    put_clock(api, out);
    api_put_venues_state(api, out);
    jout_kv_str(out, "version", AGON_VERSION);
    jout_close(out, '{');
}

void api_put_value(const struct api *api, const struct host_view_value *value, struct jout *out)
{
    const struct host_view_instrument *by = &api->view->instruments[value->instrument - 1];

    jout_open(out, '{');
    jout_kv_str(out, "asset", value->asset);
    jout_kv_str(out, "instrument", label(api, value->instrument));
    jout_key(out, "price");
    if (value->px > 0)
        jout_dec(out, value->px, by->px_exp);
    else
        jout_null(out);
    jout_key(out, "age_s");
    if (value->age_ns != INT64_MAX)
        jout_int(out, value->age_ns / 1000000000);
    else
        jout_null(out);
    jout_kv_bool(out, "stale", value->is_stale);
    jout_close(out, '{');
}

static const char *kind_name(uint8_t kind)
{
    return api_word(api_agent_kinds, kind == AGON_STRATEGY ? 0 : kind == AGON_MODEL ? 1 : 2);
}

const char *api_agent_state(const struct host_view *view, const struct host_view_slot *slot)
{
    return host_agent_state(view, slot);
}

/* What the slot has caused since the host began, and how much of it is in each bucket. */
static void put_meters(const struct meters *meters, struct jout *out)
{
    jout_key(out, "meters");
    jout_open(out, '{');
    for (uint32_t i = 0; i < METERS_N; i++) {
        jout_key(out, meters_all[i].key);
        jout_open(out, '{');
        jout_kv_int(out, "count", (int64_t)meters->n[i]);
        jout_kv_int(out, "per_second", meters->per_s[i]);
        jout_kv_int(out, "in_hand", (int64_t)meters_level(meters, i));
        jout_kv_int(out, "most", (int64_t)meters->per_s[i] * METER_SECONDS);
        jout_close(out, '{');
    }
    jout_close(out, '{');
}

/* What its plugin says of itself, by the author's numbers (agon.metric). */
static void put_metrics(const struct host_view_slot *slot, struct jout *out)
{
    char id[12];

    jout_key(out, "metrics");
    jout_open(out, '{');
    for (uint32_t i = 0; i < AGON_METRICS_MAX; i++) {
        if ((slot->metrics_set >> i & 1) == 0)
            continue;
        snprintf(id, sizeof(id), "%u", i);
        jout_kv_real(out, id, slot->metrics[i]);
    }
    jout_close(out, '{');
    jout_key(out, "metric_names");
    jout_open(out, '{');
    for (uint32_t i = 0; i < AGON_METRICS_MAX; i++) {
        const char *name = i < slot->n_metric_names ? slot->metric_names[i] : NULL;

        for (uint32_t k = 0; k < slot->n_lines; k++)
            name = slot->lines[k].id == i ? slot->lines[k].name : name;
        if ((slot->metrics_set >> i & 1) == 0 || name == NULL)
            continue;
        snprintf(id, sizeof(id), "%u", i);
        jout_kv_str(out, id, name);
    }
    jout_close(out, '{');
}

/* Whose signals it hears, as the roster says. */
static void put_reads(const struct api *api, uint32_t id, struct jout *out)
{
    const struct host_config *config = host_config_of(api->host);
    const struct crew_slot *slot = &config->slots[id];
    char text[SLOT_NAME + sizeof(slot->signals[0].name) + 2];

    if (id >= config->n_slots || slot->n_signals == 0 ||
        strcmp(slot->record.name, api->view->slots[id].name) != 0)
        return;
    jout_key(out, "reads");
    jout_open(out, '{');
    for (uint32_t i = 0; i < slot->n_signals && i < SLOT_INPUTS_MAX; i++) {
        const struct crew_signal *signal = &slot->signals[i];

        snprintf(text, sizeof(text), "%s.%s", signal->agent, signal->name);
        jout_kv_str(out, signal->input, signal->agent[0] != '\0' ? text : "none");
    }
    jout_close(out, '{');
}

static void put_agent(const struct api *api, uint32_t id, int is_live, struct jout *out)
{
    const struct host_view *view = api->view;
    const struct host_view_slot *slot = &view->slots[id];
    char hash[20];

    snprintf(hash, sizeof(hash), "%016llx",
             (unsigned long long)__builtin_bswap64(slot->generation_hash));
    jout_open(out, '{');
    jout_kv_int(out, "slot", id);
    jout_kv_str(out, "name", slot->name);
    jout_kv_int(out, "place_seq", (int64_t)slot->freed_seq);
    jout_kv_str(out, "state", api_agent_state(view, slot));
    for (uint32_t i = 0; i < METERS_N && slot->meters.told != 0; i++) {
        if ((slot->meters.told >> i & 1) == 0)
            continue;
        jout_kv_str(out, "exceeds", meters_all[i].name);
        break;
    }
    api_put_stopped(api, id, out);
    jout_kv_bool(out, "can_roll_back", slot->can_rollback);
    jout_kv_str(out, "stage", slot_stage_name(slot->stage));
    jout_kv_int(out, "generation", slot->generation);
    api_put_figures(api, &slot->figures, out);
    jout_kv_int(out, "open", slot->n_open);
    jout_kv_int(out, "fills", (int64_t)slot->figures.n_fills);
    jout_kv_int(out, "wins", (int64_t)slot->figures.n_wins);
    jout_kv_int(out, "losses", (int64_t)slot->figures.n_losses);
    jout_kv_int(out, "intents", (int64_t)slot->n_intents);
    jout_kv_int(out, "refused", (int64_t)slot->n_refused);
    jout_kv_int(out, "orders", (int64_t)slot->unjudged.n_orders);
    jout_kv_int(out, "unjudged", (int64_t)slot->unjudged.n_refused);
    jout_kv_int(out, "events", (int64_t)slot->nth);
    jout_kv_str(out, "kind", kind_name(slot->agent_kind));
    jout_kv_str(out, "runner",
                api_word(api_runners, slot->runner == CREW_INPROC    ? 1
                                      : slot->runner == CREW_PROCESS ? 2
                                                                     : 0));
    jout_kv_str(out, "code", hash);
    api_put_money(api, out, "day_loss", slot->day_lost_amt);
    api_put_money(api, out, "day_loss_scaled", slot->day_scaled_amt);
    jout_kv_real(out, "fall",
                 slot->gate_high_amt > 0
                     ? (double)num_add(slot->gate_high_amt, -slot->gate_equity_amt) /
                           (double)slot->gate_high_amt
                     : 0.0);
    jout_key(out, "drawdown_limit");
    if (slot->limits.drawdown_ppm > 0)
        jout_real(out, (double)slot->limits.drawdown_ppm / 1e6);
    else
        jout_null(out);
    if (slot->failure[0] != '\0')
        jout_kv_str(out, "failure", slot->failure);
    if (!is_live) {
        put_reads(api, id, out);
        put_meters(&slot->meters, out);
        put_metrics(slot, out);
    }
    jout_close(out, '{');
}

void api_put_agent(const struct api *api, uint32_t id, struct jout *out)
{
    put_agent(api, id, 0, out);
}

void api_put_agent_live(const struct api *api, uint32_t id, struct jout *out)
{
    put_agent(api, id, 1, out);
}

/* What is used of a limit of the portfolio. */
agon_amt_t api_portfolio_used(const struct host_view_portfolio *portfolio, uint8_t number)
{
    switch (number) {
    case PORTFOLIO_EQUITY_AMT:
        return portfolio->equity_amt;
    case PORTFOLIO_DAILY_LOSS_AMT:
        return num_add(portfolio->equity_day_amt, -portfolio->equity_amt);
    case PORTFOLIO_GROSS_AMT:
        return portfolio->reach.gross_amt;
    case PORTFOLIO_NET_AMT:
        return portfolio->reach.net_amt;
    case PORTFOLIO_VENUE_AMT:
        return portfolio->reach.venue_amt;
    case PORTFOLIO_ASSET_AMT:
        return portfolio->reach.asset_amt;
    case PORTFOLIO_DRAWDOWN_PPM:
        return portfolio->equity_high_amt > 0
                   ? num_mul_div(num_add(portfolio->equity_high_amt, -portfolio->equity_amt),
                                 1000000, portfolio->equity_high_amt, NUM_UP)
                   : 0;
    default:
        return 0;
    }
}

static void put_limit(const struct api *api, const char *key, const struct limit *limit,
                      int64_t value, struct jout *out)
{
    if (limit->kind == LIMIT_IS_SHARE)
        jout_kv_real(out, key, (double)value / 1e6);
    else
        api_put_money(api, out, key, value);
}

void api_put_portfolio(const struct api *api, struct jout *out)
{
    const struct host_view_portfolio *portfolio = &api->view->portfolio;
    agon_amt_t capital_amt = 0;

    for (uint32_t i = 0; i < api->view->n_slots; i++) {
        if (api->view->slots[i].is_used)
            capital_amt = num_add(capital_amt, api->view->slots[i].limits.capital_amt);
    }
    jout_open(out, '{');
    jout_kv_str(out, "currency", api->view->base_currency);
    api_put_money(api, out, "capital", capital_amt);
    api_put_money(api, out, "equity", portfolio->equity_amt);
    api_put_money(api, out, "equity_at_day", portfolio->equity_day_amt);
    api_put_money(api, out, "equity_highest", portfolio->equity_high_amt);
    api_put_money(api, out, "day_loss", portfolio->day_lost_amt);
    jout_kv_str(out, "on_breach", limit_choice(portfolio->limits.on_breach));
    jout_kv_bool(out, "breached", portfolio->is_breached);
    jout_kv_str(out, "breached_by",
                portfolio->breach_reason != 0 ? reason_name(portfolio->breach_reason) : "none");
    api_put_money(api, out, "breach_loss", portfolio->breach_amt);
    jout_key(out, "limits");
    jout_open(out, '[');
    for (uint32_t i = 0; i < limits_of_portfolio.n; i++) {
        const struct limit *limit = &limits_of_portfolio.all[i];
        int64_t value = limit_get(limit, &portfolio->limits);

        if (limit->kind == LIMIT_IS_CHOICE)
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "limit", limit->key);
        jout_kv_str(out, "text", limit->doc);
        jout_kv_str(out, "unit", limit->kind == LIMIT_IS_SHARE ? "share" : "amount");
        jout_kv_bool(out, "is_minimum", limit->risk == LIMIT_LESS_IS_RISKIER);
        jout_kv_bool(out, "is_kept", 1);
        put_limit(api, "used", limit, api_portfolio_used(portfolio, limit->number), out);
        if (limit->number == PORTFOLIO_DAILY_LOSS_AMT &&
            portfolio->day_lost_amt != api_portfolio_used(portfolio, limit->number))
            api_put_money(api, out, "lost", portfolio->day_lost_amt);
        else
            jout_kv_str(out, "lost", "none");
        if (value != 0)
            put_limit(api, "at", limit, value, out);
        else
            jout_kv_str(out, "at", "none");
        jout_close(out, '{');
    }
    jout_close(out, '[');
    jout_close(out, '{');
}

void api_put_limits(const struct api *api, uint32_t id, struct jout *out)
{
    const struct slot_limits *limits = &api->view->slots[id].limits;

    jout_open(out, '{');
    for (uint32_t i = 0; i < limits_of_slot.n; i++) {
        const struct limit *limit = &limits_of_slot.all[i];
        int64_t value = limit_get(limit, limits);

        if (limit->kind == LIMIT_IS_COUNT)
            jout_kv_int(out, limit->key, value);
        else if (limit->kind == LIMIT_IS_SHARE)
            jout_kv_real(out, limit->key, (double)value / 1e6);
        else if (limit->kind == LIMIT_IS_MS)
            jout_kv_real(out, limit->key, (double)value / 1e3);
        else if (limit->kind == LIMIT_IS_CHOICE)
            jout_kv_str(out, limit->key, limit_choice(value));
        else
            api_put_money(api, out, limit->key, value);
    }
    jout_close(out, '{');
}

void api_put_order(const struct api *api, const struct host_view_order *order, struct jout *out)
{
    const struct host_view_instrument *at = instrument_at(api, order->instrument);
    int px_exp = at != NULL ? at->px_exp : 0;
    int qty_exp = at != NULL ? at->qty_exp : 0;
    char id[24];

    snprintf(id, sizeof(id), "%llx", (unsigned long long)order->id);
    jout_open(out, '{');
    jout_kv_str(out, "id", id);
    jout_kv_str(out, "agent", api->view->slots[order->slot % SLOTS_MAX].name);
    jout_kv_str(out, "symbol", label(api, order->instrument));
    jout_kv_str(out, "side", api_word(api_sides, order->side));
    jout_kv_str(out, "type", NAMED(order_type_name(order->type)));
    jout_kv_dec(out, "price", order->px, px_exp);
    jout_kv_dec(out, "quantity", order->qty, qty_exp);
    jout_kv_dec(out, "filled", order->filled_qty, qty_exp);
    jout_kv_str(out, "state", api_word(api_order_states, order->state));
    jout_kv_str(out, "request", api_word(api_requests, order->request));
    jout_kv_bool(out, "unconfirmed", order->request_state == AGON_REQUEST_UNKNOWN);
    api_put_tag(api, "tag", order->slot, order->tag, order->seq, out);
    api_put_time(out, "since", order->t_create);
    jout_close(out, '{');
}

void api_put_tag(const struct api *api, const char *key, uint32_t slot, uint16_t tag, uint64_t seq,
                 struct jout *out)
{
    const struct host_view_slot *of = slot < SLOTS_MAX ? &api->view->slots[slot] : NULL;
    char text[INFO_TAG];

    if (of != NULL && seq < of->tags_seq)
        of = NULL;

    jout_kv_str(
        out, key,
        plugin_tag_text(of != NULL ? of->tags[0] : NULL, of != NULL ? of->n_tags : 0, tag, text));
}

const char *api_order_type(uint8_t type)
{
    return NAMED(order_type_name(type));
}

void api_put_foreign(const struct api *api, const struct foreign_order *order, struct jout *out)
{
    const struct host_view_instrument *at = instrument_at(api, order->instrument);
    char journal[16] = "";

    if (order->whose == CLIENT_ID_OTHER && order->journal != 0)
        snprintf(journal, sizeof(journal), "%06x", order->journal);
    jout_open(out, '{');
    jout_kv_str(out, "whose", order->whose == CLIENT_ID_OTHER ? "another host" : "stranger");
    jout_kv_str(out, "journal", journal);
    jout_kv_str(out, "client_id", order->client_id);
    jout_kv_int(out, "venue_order", (int64_t)order->venue_order);
    jout_kv_str(out, "symbol", at != NULL ? label(api, order->instrument) : "");
    jout_kv_str(out, "side", api_word(api_sides, order->side));
    jout_kv_dec(out, "price", order->px, at != NULL ? at->px_exp : 0);
    jout_kv_dec(out, "quantity", order->qty, at != NULL ? at->qty_exp : 0);
    api_put_time(out, "seen", order->t_seen);
    jout_close(out, '{');
}

void api_put_exit(const struct api *api, const struct host_view_exit *view, struct jout *out)
{
    const struct agon_exit *exit = &view->exit;
    const struct host_view_instrument *at = instrument_at(api, exit->hdr.instrument);
    int px_exp = at != NULL ? at->px_exp : 0;
    int qty_exp = at != NULL ? at->qty_exp : 0;
    const char *reason = reason_name(exit->reason);

    jout_open(out, '{');
    jout_kv_str(out, "agent", api->view->slots[view->slot % SLOTS_MAX].name);
    jout_kv_int(out, "plan", (int64_t)exit->id);
    jout_kv_str(out, "symbol", label(api, exit->hdr.instrument));
    jout_kv_str(out, "leaves", exit->side == AGON_BUY ? "long" : "short");
    jout_kv_str(out, "state", api_word(api_exit_states, exit->state));
    jout_kv_str(out, "cause", api_word(api_exit_causes, exit->cause));
    jout_kv_dec(out, "quantity", exit->left_qty, qty_exp);
    jout_kv_dec(out, "closing", exit->qty, qty_exp);
    jout_kv_dec(out, "closed", exit->closed_qty, qty_exp);
    jout_kv_dec(out, "stop", exit->stop_px, px_exp);
    jout_kv_str(out, "watches", api_word(api_exit_watches, exit->watch));
    jout_kv_str(out, "reason", exit->reason != 0 && reason != NULL ? reason : "");
    jout_close(out, '{');
}

void api_put_fill(const struct api *api, const struct host_view_fill *fill, struct jout *out)
{
    const struct host_view_instrument *at = instrument_at(api, fill->instrument);
    char id[24];

    snprintf(id, sizeof(id), "%llx", (unsigned long long)fill->order_id);
    jout_open(out, '{');
    api_put_time(out, "time", fill->t);
    if (fill->t_venue != 0)
        api_put_time(out, "venue_time", fill->t_venue);
    jout_kv_str(out, "agent",
                fill->slot < SLOTS_MAX ? api->view->slots[fill->slot].name : "(unloaded)");
    jout_kv_str(out, "symbol", label(api, fill->instrument));
    jout_kv_str(out, "side", api_word(api_sides, fill->side));
    jout_kv_dec(out, "price", fill->px, at != NULL ? at->px_exp : 0);
    jout_kv_dec(out, "quantity", fill->qty, at != NULL ? at->qty_exp : 0);
    jout_kv_str(out, "role", api_word(api_roles, fill->liquidity != LIQUIDITY_MAKER));
    jout_kv_dec(out, "fee", fill->fee_amt, fill->fee_exp);
    jout_kv_str(out, "fee_asset", fill->fee_name);
    jout_key(out, "result"); // of what it closed
    if (fill->is_closing)
        jout_dec(out,
                 num_rescale(fill->result_amt, api->view->base_exp,
                             money_decimals(api->view->base_currency, api->view->base_exp),
                             NUM_EVEN),
                 money_decimals(api->view->base_currency, api->view->base_exp));
    else
        jout_null(out);
    jout_kv_str(out, "exit_reason", fill->is_closing ? exit_reasons_name(fill->trade.why) : "");
    api_put_tag(api, "tag", fill->slot, fill->trade.tag, fill->seq, out);
    jout_kv_str(out, "order", id);
    jout_kv_int(out, "seq", (int64_t)fill->seq);
    jout_close(out, '{');
}

void api_put_refusals(const struct api *api, uint32_t id, struct jout *out)
{
    const struct host_view_slot *slot = &api->view->slots[id];
    uint64_t below = UINT64_MAX;
    uint16_t last = 0;

    jout_open(out, '[');
    for (;;) { // the most frequent first, of equally many the lower number
        uint16_t most = 0;
        char text[256];

        for (uint16_t reason = 1; reason < REASONS_MAX; reason++) {
            uint64_t n = slot->refused[reason];

            if ((n < below || (n == below && reason > last)) &&
                n > (most != 0 ? slot->refused[most] : 0))
                most = reason;
        }
        if (most == 0)
            break;
        below = slot->refused[most];
        last = most;
        jout_open(out, '{');
        jout_kv_str(out, "reason", NAMED(reason_name(most)));
        api_loss_text(api, id, most, text, sizeof(text));
        jout_kv_str(out, "text", text[0] != '\0' ? text : NAMED(reason_text(most)));
        jout_kv_int(out, "count", (int64_t)below);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

static void put_levels(struct jout *out, const char *key, const struct agon_level *levels,
                       uint32_t n, const struct host_view_instrument *at)
{
    jout_key(out, key);
    jout_open(out, '[');
    for (uint32_t i = 0; i < n && i < 10; i++) {
        jout_open(out, '[');
        jout_dec(out, levels[i].px, at->px_exp);
        jout_dec(out, levels[i].qty, at->qty_exp);
        jout_close(out, '[');
    }
    jout_close(out, '[');
}

void api_put_book(const struct api *api, uint32_t place, struct jout *out)
{
    const struct host_view_instrument *at = &api->view->instruments[place];

    jout_open(out, '{');
    jout_kv_str(out, "symbol", label(api, place + 1));
    jout_kv_str(out, "venue", at->venue);
    jout_kv_str(out, "kind", NAMED(instrument_kind_name(at->kind)));
    jout_kv_str(out, "state", api_word(api_book_states, at->book_state));
    jout_kv_dec(out, "bid", at->bid_px, at->px_exp);
    jout_kv_dec(out, "ask", at->ask_px, at->px_exp);
    jout_kv_dec(out, "mark", at->last_px, at->px_exp);
    jout_kv_str(out, "base", at->base);
    jout_kv_str(out, "quote", at->quote);
    jout_kv_bool(out, "halted", at->is_halted);
    if (instrument_kind_has_margin(at->kind) && at->t_funding > 0) {
        jout_kv_dec(out, "funding_rate", at->rate_ppb, 9);
        api_put_time(out, "funding_time", at->t_funding);
    }
    put_levels(out, "bids", at->top.bid, at->top.n_bid, at);
    put_levels(out, "asks", at->top.ask, at->top.n_ask, at);
    jout_close(out, '{');
}

void api_put_quantiles(struct jout *out, const struct hist *hist)
{
    jout_kv_int(out, "count", (int64_t)hist->n);
    jout_kv_int(out, "p50_ns", hist_quantile(hist, 0.5));
    jout_kv_int(out, "p90_ns", hist_quantile(hist, 0.9));
    jout_kv_int(out, "p99_ns", hist_quantile(hist, 0.99));
    jout_kv_int(out, "max_ns", hist->max_ns);
}

static void put_hist(struct jout *out, const char *key, const struct hist *hist)
{
    int64_t from = 256;
    uint64_t below = hist_below(hist, from);

    jout_key(out, key);
    jout_open(out, '{');
    api_put_quantiles(out, hist);
    // Counts between one power of two and the next, from 256 ns to 17 s.
    jout_key(out, "octaves");
    jout_open(out, '[');
    for (int i = 0; i < 26; i++) {
        uint64_t next = hist_below(hist, from * 2);

        jout_int(out, (int64_t)(next - (i == 0 ? 0 : below)));
        below = next;
        from *= 2;
    }
    jout_close(out, '[');
    jout_close(out, '{');
}

void api_put_latency(const struct api *api, struct jout *out)
{
    jout_open(out, '{');
    put_hist(out, "step", &api->view->step_ns);
    put_hist(out, "delivery", &api->view->queue_ns);
    jout_key(out, "agents");
    jout_open(out, '[');
    for (uint32_t id = 0; id < api->view->n_slots; id++) {
        struct hist hist;

        if (!api->view->slots[id].is_used)
            continue;
        hist_of_small(&hist, &api->view->slots[id].delivery);
        jout_open(out, '{');
        jout_kv_str(out, "agent", api->view->slots[id].name);
        api_put_quantiles(out, &hist);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    api_put_venues_latency(api, out);
    jout_close(out, '{');
}

/* Who asked for it: the newest word on that agent behind its changeover before. NULL: the host. */
static const char *asked_by(const struct api *api, uint32_t number)
{
    const struct host_changeover *of = &api->reloads[number % HOST_CHANGEOVERS_MAX];
    uint8_t kind = of->kind == HOST_RELOAD     ? ASKED_RELOAD
                   : of->kind == HOST_ROLLBACK ? ASKED_ROLLBACK
                                               : 0;
    uint64_t before = 0;

    for (uint32_t i = number; i-- > 0 && number - i < HOST_CHANGEOVERS_MAX && before == 0;) {
        if (api->reloads[i % HOST_CHANGEOVERS_MAX].slot == of->slot)
            before = api->reloads[i % HOST_CHANGEOVERS_MAX].seq;
    }
    for (uint64_t k = 1; kind != 0 && k <= api->view->n_asked && k <= HOST_VIEW_ASKED; k++) {
        const struct host_view_asked *it =
            &api->view->asked[(api->view->n_asked - k) % HOST_VIEW_ASKED];

        if (it->slot == of->slot && it->kind == kind && it->seq < of->seq && it->seq > before)
            return it->who;
    }
    return NULL;
}

void api_put_reloads(const struct api *api, struct jout *out)
{
    uint32_t n = api->n_reloads < HOST_CHANGEOVERS_MAX ? api->n_reloads : HOST_CHANGEOVERS_MAX;

    jout_open(out, '[');
    for (uint32_t i = 1; i <= n; i++) {
        const struct host_changeover *reload =
            &api->reloads[(api->n_reloads - i) % HOST_CHANGEOVERS_MAX];
        const char *by = asked_by(api, api->n_reloads - i);
        char code[20];

        if (reload->slot >= api->view->n_slots) // added since the last look
            continue;
        snprintf(code, sizeof(code), "%016llx",
                 (unsigned long long)__builtin_bswap64(reload->code));
        jout_open(out, '{');
        api_put_time(out, "time", reload->t);
        jout_kv_str(out, "agent", api->view->slots[reload->slot].name);
        jout_kv_str(out, "kind", host_changeover_name(reload->kind));
        jout_kv_str(out, "by", by != NULL ? by : "host");
        jout_kv_int(out, "from", reload->from);
        jout_kv_int(out, "to", reload->to);
        jout_kv_int(out, "seq", (int64_t)reload->seq);
        jout_kv_str(out, "code", code);
        jout_kv_int(out, "state_bytes", (int64_t)reload->n_state);
        jout_kv_int(out, "pause_ns", reload->cut_ns + reload->swap_ns);
        jout_kv_int(out, "total_ns", reload->total_ns);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}
