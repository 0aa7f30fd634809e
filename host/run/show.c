// SPDX-License-Identifier: Apache-2.0
/* show: the host as it looks from outside: the core fills a view, who asks reads a copy. */
#include <stdio.h>

#include "engine/close.h"
#include "market/instrument_kind.h"
#include "run/host_impl.h"
#include "slot/tag_names.h"
#include "sys/memory.h"

void host_note_result(struct host *host, uint16_t slot)
{
    const struct score *score = engine_score(host->engine, slot);

    host->results[slot].won_amt = score->won_amt - score->lost_amt;
    host->results[slot].n = score->n_wins + score->n_losses;
}

void host_show_tags(struct host *host, const struct record_begin *begin)
{
    const struct slots *slots = engine_slots(host->engine);
    struct host_view_slot *to = begin->slot < slots->n ? &host->draft->slots[begin->slot] : NULL;
    struct tag_names names;
    int is_other;

    if (to == NULL)
        return;
    (void)tag_names_read(begin, &names);
    is_other = strncmp(to->name, slots->all[begin->slot].name, sizeof(to->name)) != 0;
    if (!is_other && names.n == to->n_tags &&
        memcmp(to->tags, names.all, names.n * sizeof(to->tags[0])) == 0)
        return;
    // Another generation's reasons are other ones.
    to->tags_seq = !is_other && to->n_tags > 0 ? begin->hdr.seq : 0;
    to->n_tags = names.n;
    memcpy(to->tags, names.all, names.n * sizeof(to->tags[0]));
    memcpy(to->name, slots->all[begin->slot].name, sizeof(to->name));
}

static void show_metric_names(struct host_view_slot *to, const struct plugin_info *info)
{
    to->n_metric_names = info != NULL ? info->n_metrics : 0;
    if (to->n_metric_names > 0)
        memcpy(to->metric_names, info->metrics, sizeof(to->metric_names));
}

/* Where no BEGIN was read, since a start begins behind it, and until its own: of all that is known.
 */
static void foretell_tags(struct host_view_slot *to, const struct slot *slot,
                          const struct plugin_info *info)
{
    if (strncmp(to->name, slot->name, sizeof(to->name)) != 0)
        to->n_tags = 0;
    if (to->n_tags > 0 || info == NULL || info->n_tags == 0)
        return;
    to->tags_seq = 0;
    to->n_tags = info->n_tags;
    memcpy(to->tags, info->tags, sizeof(to->tags));
}

static void show_slot(struct host *host, uint16_t id)
{
    const struct slot *slot = &engine_slots(host->engine)->all[id];
    struct host_view_slot *to = &host->draft->slots[id];
    uint32_t n;
    const struct position *all = ledger_positions(engine_ledger(host->engine), id, &n);

    foretell_tags(to, slot, crew_info(host->crew, id));
    memcpy(to->name, slot->name, sizeof(to->name));
    to->stage = slot->stage;
    to->condition = slot->condition;
    to->condition_reason = slot->condition_reason;
    to->is_halted = (uint8_t)engine_slot_halted(host->engine, id);
    to->agent_kind = slot->agent_kind;
    to->is_used = slot->is_used;
    to->runner = host_has_agent(host, id) ? host->config.slots[id].record.runner : 0;
    to->generation = slot->generation;
    to->generation_hash = slot->generation_hash;
    to->limits = slot->limits;
    engine_figures(host->engine, id, &to->figures);
    to->gate_equity_amt = engine_risk(host->engine, id)->equity_amt;
    to->day_lost_amt = risk_day_lost_amt(engine_risk(host->engine, id));
    to->day_scaled_amt = risk_day_scaled_amt(engine_risk(host->engine, id));
    to->gate_high_amt = engine_risk(host->engine, id)->equity_high_amt;
    to->stop_reason = engine_stopped_by(host->engine, id, &to->stop_t);
    to->loss_refused = engine_loss_refused(host->engine, id);
    to->is_playing =
        host->has_joined && host->failures[id][0] == '\0' && !slot_set_has(&host->beginning, id);
    to->n_intents = slot->n_intents;
    to->n_refused = slot->n_refused;
    for (uint16_t reason = 0; reason < REASONS_MAX; reason++)
        to->refused[reason] = engine_refused(host->engine, id, reason);
    host_note_result(host, id);
    engine_unjudged(host->engine, id, &to->unjudged);
    to->nth = slots_nth(engine_slots(host->engine), id);
    to->n_open = orders_count(engine_orders(host->engine), id);
    to->n_positions = 0;
    for (uint32_t i = 0; i < n && to->n_positions < HOST_VIEW_POSITIONS; i++) {
        if (all[i].instrument == 0)
            continue;
        to->positions[to->n_positions] = (struct host_view_position){
            .instrument = all[i].instrument,
            .held_amt = all[i].held_amt,
            .qty = all[i].qty,
            .cost_amt = all[i].cost_amt,
            .realised_amt = all[i].realised_amt,
            .fee_amt = all[i].fee_amt,
            .funding_amt = all[i].funding_amt,
            .n_fills = all[i].n_fills,
            .is_dust = (uint8_t)close_is_dust(host->engine, id, all[i].instrument),
            .is_closing = (uint8_t)close_is_wanted(host->engine, id, all[i].instrument)};
        engine_position_figures(host->engine, &all[i], &to->positions[to->n_positions++].figures);
    }
    to->close_ended = close_ended(host->engine, id);
    to->n_closed = close_count(host->engine, id);
    memcpy(to->failure, host->failures[id], sizeof(to->failure));
    memcpy(to->last_failure, host->last_failures[id], sizeof(to->last_failure));
    to->last_failure_t = host->last_failures_t[id];
    to->is_unfit = (uint8_t)slot_set_has(&host->unfit, id);
    to->is_unloaded = slot->condition == CONDITION_RETIRED;
    to->freed_seq = host->freed_seq[id];
    to->n_crashes = slot->n_crashes;
    crew_delivery(host->crew, id, &to->delivery);
    show_metric_names(to, crew_info(host->crew, id));
    to->metrics_set = crew_metrics(host->crew, id, to->metrics);
    to->n_lines = crew_lines(host->crew, id, to->lines);
    to->meters = host->meters[id];
    to->can_rollback = (uint8_t)crew_can_rollback(host->crew, id);
}

static void show_halt(struct host *host, uint8_t scope, uint32_t id)
{
    const struct halt *halt = engine_halt(host->engine, scope, id);
    struct host_view *view = host->draft;
    struct host_view_halt *to;

    if (halt == NULL || view->n_halts == HOST_VIEW_HALTS)
        return;
    to = &view->halts[view->n_halts++];
    *to = (struct host_view_halt){.scope = scope,
                                  .cause = scope == SCOPE_GLOBAL ? (uint8_t)id : 0,
                                  .reason = halt->reason,
                                  .id = id,
                                  .t = halt->t};
    memcpy(to->who, halt->who, sizeof(to->who));
    memcpy(to->why, halt->why, sizeof(to->why));
}

void host_show_halts(struct host *host)
{
    host->draft->n_halts = 0;
    for (uint32_t cause = 0; cause < HALT_CAUSES; cause++)
        show_halt(host, SCOPE_GLOBAL, cause);
    for (uint32_t venue = 1; venue <= host->n_lines; venue++)
        show_halt(host, SCOPE_VENUE, venue);
    for (uint32_t id = 1; id <= engine_instruments(host->engine)->n_instruments; id++)
        show_halt(host, SCOPE_INSTRUMENT, id);
    for (uint32_t id = 0; id < engine_slots(host->engine)->n; id++)
        show_halt(host, SCOPE_SLOT, id);
}

static void show_orders(struct host *host, uint16_t id)
{
    struct host_view *view = host->draft;
    struct order *order = NULL;

    view->n_orders_all += orders_count(engine_orders(host->engine), id);
    while (view->n_orders < HOST_VIEW_ORDERS &&
           (order = orders_next(engine_orders(host->engine), id, order)) != NULL)
        view->orders[view->n_orders++] =
            (struct host_view_order){.id = order->id,
                                     .instrument = order->instrument,
                                     .slot = order->slot,
                                     .side = order->side,
                                     .type = order->type,
                                     .tif = order->tif,
                                     .state = order->state,
                                     .request = order->request,
                                     .request_state = order->request_state,
                                     .tag = order->tag,
                                     .seq = order->cause_seq,
                                     .px = order->px,
                                     .qty = order->qty,
                                     .filled_qty = order->filled_qty,
                                     .t_create = order->t_create};
}

static void show_exits(struct host *host, uint16_t id)
{
    struct host_view *view = host->draft;

    for (const struct exit_plan *plan = engine_next_exit(host->engine, id, NULL); plan != NULL;
         plan = engine_next_exit(host->engine, id, plan)) {
        view->n_exits_all++;
        if (view->n_exits == HOST_VIEW_EXITS)
            continue;
        view->exits[view->n_exits].slot = id;
        engine_exit(plan, &view->exits[view->n_exits++].exit);
    }
}

/* An index has nothing but a quote. */
static const struct asset *unit_of(const struct instruments *table,
                                   const struct agon_instrument *instrument)
{
    const struct asset *unit = instruments_asset(table, instrument_kind_unit(instrument));

    return unit != NULL ? unit : instruments_asset(table, instrument->quote);
}

/* What of an instrument never changes: looked at once, for there may be thousands. */
static void name_instrument(struct host *host, const struct agon_instrument *instrument,
                            struct host_view_instrument *to)
{
    const struct instruments *table = engine_instruments(host->engine);

    for (struct host_view_instrument *other = host->draft->instruments; other != to; other++) {
        if (strcmp(other->symbol, instrument->symbol) == 0)
            other->is_shared = to->is_shared = 1;
    }
    memcpy(to->symbol, instrument->symbol, sizeof(to->symbol));
    if (instrument->venue >= 1 && instrument->venue <= HOST_VENUES_MAX)
        snprintf(to->venue, sizeof(to->venue), "%.31s",
                 host->config.venues[instrument->venue - 1].name);
    memcpy(to->base, instruments_asset(table, instrument->base)->name, sizeof(to->base));
    memcpy(to->quote, instruments_asset(table, instrument->quote)->name, sizeof(to->quote));
    memcpy(to->unit, unit_of(table, instrument)->name, sizeof(to->unit));
}

static void show_instrument(struct host *host, agon_instrument_t id)
{
    const struct instruments *table = engine_instruments(host->engine);
    const struct agon_instrument *instrument = instruments_get(table, id);
    struct host_view_instrument *to = &host->draft->instruments[host->draft->n_instruments++];
    const struct agon_top10 *top = engine_top(host->engine, id);
    struct agon_level bid = {0};
    struct agon_level ask = {0};

    if (to->symbol[0] == '\0')
        name_instrument(host, instrument, to);
    to->is_halted = engine_halt(host->engine, SCOPE_INSTRUMENT, id) != NULL;
    to->book_state = engine_book_state(host->engine, id);
    to->kind = instrument->kind;
    to->px_exp = instrument->px_exp;
    to->qty_exp = instrument->qty_exp;
    // A derivative's position is counted as its quantities are.
    to->base_exp = instrument_kind_has_coins(instrument->kind)
                       ? instruments_asset(table, instrument->base)->exp
                       : instrument->qty_exp;
    to->quote_exp = unit_of(table, instrument)->exp;
    if (engine_book(host->engine, id) != NULL) {
        book_best(engine_book(host->engine, id), AGON_BUY, &bid);
        book_best(engine_book(host->engine, id), AGON_SELL, &ask);
    }
    to->bid_px = bid.px;
    to->ask_px = ask.px;
    to->last_px = engine_mark_px(host->engine, id);
    to->rate_ppb = engine_funding(host->engine, id, &to->t_funding);
    if (top != NULL)
        to->top = *top;
}

static void show_money(struct host *host, struct host_view_venue *to)
{
    const struct instruments *table = engine_instruments(host->engine);
    const struct ledger *ledger = engine_ledger(host->engine);

    to->n_money = 0;
    for (agon_asset_t id = 1; id <= table->n_assets && to->n_money < HOST_VIEW_MONEY; id++) {
        const struct asset *asset = instruments_asset(table, id);
        agon_amt_t total_amt = ledger_total(ledger, to->account, id);
        struct host_view_money *money = &to->money[to->n_money];

        if (total_amt == 0)
            continue;
        memcpy(money->asset, asset->name, sizeof(money->asset));
        money->exp = asset->exp;
        money->total_amt = total_amt;
        money->agents_amt = total_amt - ledger_amt(ledger, to->account, LEDGER_EXTERNAL, id) -
                            ledger_amt(ledger, to->account, LEDGER_SUSPENSE, id);
        to->n_money++;
    }
}

// Whoever trades an instrument of several venues is an agent of each.
static void count_agents(struct host *host, uint16_t id)
{
    const struct slot *slot = &engine_slots(host->engine)->all[id];
    const struct instruments *table = engine_instruments(host->engine);
    struct host_view *view = host->draft;
    uint64_t seen = 0;

    for (uint32_t i = 0; slot->is_used && i < slot->subscription.n_instruments; i++) {
        const struct agon_instrument *instrument =
            instruments_get(table, slot->subscription.instruments[i]);
        uint32_t at = instrument != NULL ? instrument->venue - 1u : HOST_VENUES_MAX;

        if (at < view->n_venues && (seen >> at & 1) == 0) {
            seen |= (uint64_t)1 << at;
            view->venues[at].n_agents++;
        }
    }
}

/* Status and uptime are the io thread's: host_view adds them. */
static void show_venues(struct host *host)
{
    const struct instruments *table = engine_instruments(host->engine);
    struct host_view *view = host->draft;

    view->n_venues = host->n_lines;
    for (uint32_t i = 0; i < host->n_lines; i++) {
        const struct venue_config *config = &host->config.venues[i];
        struct host_view_venue *to = &view->venues[i];

        memcpy(to->name, config->name, sizeof(to->name));
        memcpy(to->dialect, config->dialect, sizeof(to->dialect));
        memcpy(to->credential, config->credential, sizeof(to->credential));
        to->account = config->account;
        to->is_private = config->is_private;
        to->is_halted = engine_halt(host->engine, SCOPE_VENUE, config->venue) != NULL;
        hist_small_copy(&to->delivery, &host->lines[i].delivery);
        memcpy(to->feed, config->feed, sizeof(to->feed));
        to->n_instruments = 0;
        to->n_agents = 0;
        show_money(host, to);
    }
    for (uint16_t id = 0; id < engine_slots(host->engine)->n; id++)
        count_agents(host, id);
    for (uint32_t id = 1; id <= table->n_instruments; id++) {
        uint16_t venue = instruments_get(table, id)->venue;

        if (venue >= 1 && venue <= view->n_venues)
            view->venues[venue - 1].n_instruments++;
    }
}

static void show_values(struct host *host)
{
    const struct instruments *table = engine_instruments(host->engine);
    struct host_view *view = host->draft;

    view->n_values = 0;
    for (agon_asset_t id = 1; id <= table->n_assets && view->n_values < HOST_VIEW_VALUES; id++) {
        agon_instrument_t by = engine_valued_by(host->engine, id);
        struct host_view_value *to = &view->values[view->n_values];

        if (by == 0)
            continue;
        memcpy(to->asset, instruments_asset(table, id)->name, sizeof(to->asset));
        to->instrument = by;
        to->px = engine_mark_px(host->engine, by);
        to->age_ns = engine_value_age(host->engine, id);
        to->is_stale = (uint8_t)engine_value_is_stale(host->engine, id);
        view->n_values++;
    }
}

static void show_portfolio(const struct engine *engine, struct host_view_portfolio *to)
{
    const struct risk_slot *all = engine_portfolio(engine);

    to->limits = *engine_portfolio_limits(engine);
    engine_exposure(engine, &to->reach);
    to->equity_amt = all->equity_amt;
    to->equity_high_amt = all->equity_high_amt;
    to->equity_day_amt = all->equity_day_amt;
    to->day_lost_amt = risk_day_lost_amt(all);
    to->breach_amt = num_add(all->breach_amt, -all->breach_moved_amt);
    to->breach_reason = all->breach_reason;
    to->is_breached = all->is_daily_breached || all->is_drawdown_breached || all->is_floor_breached;
}

void host_spare_view(const struct host *host, struct host_view *view)
{
    const uint32_t n_slots = engine_slots(host->engine)->n;
    const uint32_t n_instruments = engine_instruments(host->engine)->n_instruments;

    memory_spare(&view->slots[n_slots], (SLOTS_MAX - n_slots) * sizeof(view->slots[0]));
    memory_spare(&view->venues[host->n_lines],
                 (HOST_VENUES_MAX - host->n_lines) * sizeof(view->venues[0]));
    memory_spare(&view->instruments[n_instruments],
                 (HOST_INSTRUMENTS_MAX - n_instruments) * sizeof(view->instruments[0]));
}

void host_copy_view(struct host_view *to, const struct host_view *from)
{
    const size_t slots_end = offsetof(struct host_view, slots) + sizeof(to->slots);

    memcpy(to, from, offsetof(struct host_view, slots) + from->n_slots * sizeof(to->slots[0]));
    memcpy((unsigned char *)to + slots_end, (const unsigned char *)from + slots_end,
           offsetof(struct host_view, venues) + from->n_venues * sizeof(to->venues[0]) - slots_end);
    memcpy(to->instruments, from->instruments, from->n_instruments * sizeof(to->instruments[0]));
}

void host_show(struct host *host)
{
    struct host_view *view = host->draft;
    struct engine *engine = host->engine;
    const struct instruments *table = engine_instruments(engine);

    view->t = engine_t(engine);
    view->seq = engine_seq(engine);
    view->durable_seq = journal_durable_seq(&host->buffer);
    view->run = engine_run(engine);
    view->journal_state = (uint8_t)journal_state(&host->buffer);
    view->counters = *engine_counters(engine);
    view->is_killed = engine_halted(engine) == 2;
    view->is_halted = engine_halted(engine) != 0;
    view->is_stopped = engine_halt(engine, SCOPE_GLOBAL, HALT_STOP) != NULL;
    view->is_live = host->config.mode == RUN_LIVE;
    for (uint32_t i = 0; i < host->n_lines; i++) {
        view->is_bars_silent |= host->lines[i].bars.n > 0;
        view->is_bars_visible |= host->lines[i].bars.is_visible;
        view->is_bars_optimistic |= market_bars_is_optimistic(&host->lines[i].bars) ? 1 : 0;
    }
    host_show_halts(host);
    view->base_exp = (uint8_t)instruments_asset(table, table->base_currency)->exp;
    memcpy(view->base_currency, instruments_asset(table, table->base_currency)->name,
           sizeof(view->base_currency));
    engine_figures_all(engine, &view->figures);
    view->pool_amt = engine_pool_amt(engine);
    view->n_left = engine_figures_left(engine, &view->left);
    view->n_slots = engine_slots(engine)->n;
    view->n_orders = 0;
    view->n_exits = 0;
    view->n_exits_all = 0;
    view->n_orders_all = 0;
    for (uint16_t id = 0; id < view->n_slots; id++) {
        show_slot(host, id);
        show_orders(host, id);
        show_exits(host, id);
    }
    view->n_instruments = 0;
    for (uint32_t id = 1; id <= table->n_instruments && id <= HOST_INSTRUMENTS_MAX; id++)
        show_instrument(host, id);
    show_venues(host);
    host_show_alerts(host, &view->alerts);
    show_values(host);
    show_portfolio(engine, &view->portfolio);
    host_show_cards(host);
    // Never waits for whoever is looking: then this view is skipped.
    if (lock_try(&host->view_lock)) {
        host_copy_view(host->view, view);
        lock_give(&host->view_lock);
    }
}
