// SPDX-License-Identifier: Apache-2.0
#include "ops/api_history.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/money.h"
#include "base/num.h"
#include "base/span.h"
#include "market/alerts.h"
#include "score/undone.h"

#define SECOND_NS ((agon_ns_t)1000000000)
#define DAY_NS    (86400 * SECOND_NS)

#define WHOLE_BYTES ((size_t)8 << 20) /* of tournaments as text, all together */

struct api_history *api_history_new(void)
{
    struct api_history *history = calloc(1, sizeof(*history));

    if (history != NULL) {
        history->health_every_ns = API_HEALTH_NS;
        history->t_halts = INT64_MAX;
    }
    return history;
}

void api_history_free(struct api_history *history)
{
    for (uint32_t id = 0; history != NULL && id < SLOTS_MAX; id++) {
        free(history->fills[id]);
        free(history->ended[id]);
        free(history->closed[id]);
        free(history->lines[id]);
    }
    for (uint32_t i = 0; history != NULL && i < PLANS; i++)
        free(history->plans[i].whole);
    free(history);
}

/* ---- candles */

static void keep_candles(struct api *api)
{
    const struct host_view *view = api->view;

    for (uint32_t i = 0; i < view->n_instruments && i < CANDLE_INSTRUMENTS; i++)
        past_keep_price(&api->history->candles[i], view->t, view->instruments[i].last_px);
}

int api_candle_arguments(const struct control_call *call, int at, uint32_t *length,
                         int64_t *since_ms, struct error *err)
{
    const char *text = call->argc > at ? call->argv[at] : NULL;
    const char *since = call->argc > at + 1 ? call->argv[at + 1] : NULL;
    int64_t seconds = past_lengths_s[0];

    *since_ms = 0;
    if (since != NULL && (num_parse(since, strlen(since), 0, since_ms) < 0 || *since_ms < 0))
        return error_set(
            err, AGON_EINVAL,
            "'%.24s' is not a time in ms since 1970; expected one as `t_ms` of what is listed",
            since);
    if (text != NULL && num_parse(text, strlen(text), 0, &seconds) < 0)
        seconds = 0;
    for (*length = 0; *length < CANDLE_LENGTHS; ++*length) {
        if (past_lengths_s[*length] == seconds)
            return AGON_OK;
    }
    return error_set(err, AGON_EINVAL,
                     "'%.16s' is not a length of candles; expected 60, 900 or 14400", text);
}

int api_do_candles(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    int place = api_instrument_of(api, call->argv[0], err);
    const struct past_candles *candles;
    int64_t since_ms;
    uint32_t length;
    uint32_t n;
    int rc = place < 0 ? place : api_candle_arguments(call, 1, &length, &since_ms, err);

    if (rc < 0)
        return rc;
    if (place >= CANDLE_INSTRUMENTS)
        return error_set(err, AGON_ENOTSUP, "candles are kept of the first %d instruments",
                         CANDLE_INSTRUMENTS);
    candles = &api->history->candles[place];
    n = candles->n[length] < CANDLES ? candles->n[length] : CANDLES;
    jout_open(out, '[');
    for (uint32_t i = candles->n[length] - n; i < candles->n[length]; i++) {
        const struct past_candle *candle = &candles->all[length][i % CANDLES];
        int exp = api->view->instruments[place].px_exp;

        if (candle->t / 1000000 < since_ms)
            continue;
        jout_open(out, '{');
        jout_kv_int(out, "t_ms", candle->t / 1000000);
        jout_kv_dec(out, "open", candle->open_px, exp);
        jout_kv_dec(out, "high", candle->high_px, exp);
        jout_kv_dec(out, "low", candle->low_px, exp);
        jout_kv_dec(out, "close", candle->close_px, exp);
        if (candle->has_volume)
            jout_kv_dec(out, "volume", candle->volume_qty, api->view->instruments[place].qty_exp);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return AGON_OK;
}

/* ---- what happened */

struct api_event *api_happened(struct api_history *history, agon_ns_t t, const char *kind,
                               const char *of, const char *text)
{
    struct api_event *event = &history->events[history->n_events++ % EVENTS];

    *event = (struct api_event){.t = t, .kind = kind};
    snprintf(event->of, sizeof(event->of), "%.31s", of);
    snprintf(event->text, sizeof(event->text), "%.279s", text);
    return event;
}

struct api_event *api_happened_times(struct api_history *history, agon_ns_t t, uint32_t n,
                                     const char *kind, const char *of, const char *text)
{
    struct api_event *event = api_happened(history, t, kind, of, text);

    event->n = n;
    event->t_first = t;
    return event;
}

static void see_reloads(struct api *api)
{
    struct api_history *history = api->history;
    uint32_t n = api->n_reloads;

    if (n - history->reloads_before > HOST_CHANGEOVERS_MAX)
        history->reloads_before = n - HOST_CHANGEOVERS_MAX;
    for (uint32_t i = history->reloads_before; i < n; i++) {
        const struct host_changeover *it = &api->reloads[i % HOST_CHANGEOVERS_MAX];
        char text[120], pause[SPAN_TEXT];

        if (it->slot >= api->view->n_slots)
            continue;
        snprintf(text, sizeof(text), "generation %u is active after %u, engine pause %s", it->to,
                 it->from, span_text(it->cut_ns + it->swap_ns, pause));
        api_happened(history, it->t, host_changeover_name(it->kind),
                     api->view->slots[it->slot].name, text)
            ->seq = it->seq;
    }
    history->reloads_before = n;
}

static void say_halt(struct api *api, const struct host_view_halt *halt, agon_ns_t t, int is_lifted)
{
    int is_kill = halt->scope == SCOPE_GLOBAL && halt->cause == HALT_KILL;
    char text[200] = "trading goes on";

    if (!is_lifted)
        snprintf(text, sizeof(text), "by %.31s%s%.95s", halt->who[0] != '\0' ? halt->who : "?",
                 halt->why[0] != '\0' ? ": " : "", halt->why);
    api_happened(api->history, t,
                 is_lifted ? "resume"
                 : is_kill ? "kill"
                           : "halt",
                 api_halt_of(api, halt), text);
}

static void see_halts(struct api *api)
{
    struct api_history *history = api->history;
    const struct host_view *view = api->view;

    for (uint32_t i = 0; i < history->n_halts; i++) {
        if (!past_has_halt(view->halts, view->n_halts, &history->halts[i]))
            say_halt(api, &history->halts[i], view->t, 1);
    }
    for (uint32_t i = 0; i < view->n_halts; i++) {
        if (!past_has_halt(history->halts, history->n_halts, &view->halts[i]))
            say_halt(api, &view->halts[i], view->halts[i].t, 0);
    }
    history->n_halts = view->n_halts;
    memcpy(history->halts, view->halts, view->n_halts * sizeof(view->halts[0]));
}

static void see_asked(struct api *api)
{
#define WORD(id, number, name) [number] = (name),
    static const char *const words[] = {[0] = "", ASKED_KINDS(WORD)};
#undef WORD
    struct api_history *history = api->history;
    const struct host_view *view = api->view;

    if (view->n_asked - history->asked_before > HOST_VIEW_ASKED)
        history->asked_before = view->n_asked - HOST_VIEW_ASKED;
    for (; history->asked_before < view->n_asked; history->asked_before++) {
        const struct host_view_asked *it = &view->asked[history->asked_before % HOST_VIEW_ASKED];
        char text[200];

        snprintf(text, sizeof(text), "%s by %s%s%s", words[it->kind % ASKED_MAX],
                 it->who[0] != '\0' ? it->who : "?", it->why[0] != '\0' ? ": " : "", it->why);
        api_happened(history, it->t, "asked", it->of, text)->seq = it->seq;
    }
}

static void see_venues(struct api *api)
{
    for (uint32_t i = 0; i < api->view->n_venues; i++) {
        const struct host_view_venue *venue = &api->view->venues[i];
        uint8_t is_down = venue->uptime.seen_ns > 0 && !venue->uptime.is_up;

        if (is_down != api->history->is_down[i])
            api_happened(api->history, api->view->t, is_down ? "outage" : "back", venue->name,
                         is_down ? "the venue cannot be traded on"
                                 : "the venue can be traded on again");
        api->history->is_down[i] = is_down;
    }
}

/* Those that are seen otherwise are left out. */
static int is_seen(const struct alert *alert)
{
    return alert->kind == ALERT_HALT || alert->kind == ALERT_KILL || alert->kind == ALERT_CRASH ||
           alert->kind == ALERT_VENUE_DOWN;
}

#define FOLD_OVER 8 /* so many others may lie between an alert and its being again */
#define MS        ((agon_ns_t)1000000)

static int is_tournament(const struct api_event *event)
{
    return strcmp(event->kind, "tournament") == 0;
}

static int goes_on(const struct api_event *event)
{
    return !event->is_alone && (is_tournament(event) || strcmp(event->kind, "alert") == 0);
}

static struct api_event *newest(struct api_history *history, uint64_t k)
{
    return &history->events[(history->n_events - k) % EVENTS];
}

/* How many stand between the k-th newest event and the time t as people read them, which is by
 * their times and not as they were heard of: the host hears of one thing later than of another.
 * UINT32_MAX: one among them is nothing that goes on. */
static uint32_t between(struct api_history *history, uint64_t k, uint64_t n_kept, agon_ns_t t)
{
    agon_ns_t from_ms = newest(history, k)->t / MS;
    uint32_t n = 0;

    for (uint64_t i = 1; i <= n_kept; i++) {
        const struct api_event *event = newest(history, i);
        agon_ns_t ms = event->t / MS;

        if (i == k || ms > t / MS || ms < from_ms || (ms == from_ms && i > k))
            continue;
        if (!goes_on(event))
            return UINT32_MAX;
        n++;
    }
    return n;
}

/* The newest event of what goes on at time t: alerts of those words, whatever their figures, or
 * tournaments (text NULL). Others that go on may stand before it, as they may take turns; behind
 * anything else it begins anew. It is put last, where the newest is. NULL: there is none. */
static struct api_event *going_on(struct api_history *history, agon_ns_t t, const char *kind,
                                  const char *of, const char *text)
{
    uint64_t n_kept = history->n_events < EVENTS ? history->n_events : EVENTS;
    struct api_event found;
    uint64_t at = 0;
    uint32_t n;

    for (uint64_t k = 1; k <= n_kept; k++) {
        const struct api_event *event = newest(history, k);

        if (goes_on(event) && event->t <= t && strcmp(event->kind, kind) == 0 &&
            strcmp(event->of, of) == 0 && (text == NULL || api_says_the_same(event->text, text)) &&
            (at == 0 || event->t / MS > newest(history, at)->t / MS))
            at = k;
    }
    if (at == 0)
        return NULL;
    // Alerts that take turns with tournaments move on with the time: behind them, two of those
    // would stand one behind the other.
    n = between(history, at, n_kept, t);
    if (n == UINT32_MAX || (n >= FOLD_OVER && text != NULL))
        return NULL;
    found = *newest(history, at);
    for (uint64_t i = at; i > 1; i--)
        *newest(history, i) = *newest(history, i - 1);
    *newest(history, 1) = found;
    return newest(history, 1);
}

/* Whose it is stands before it. */
static const char *said_of(const struct alert *alert, const char *of)
{
    size_t n = strlen(of);

    return n > 0 && strncmp(alert->text, of, n) == 0 && alert->text[n] == ' ' ? alert->text + n + 1
                                                                              : alert->text;
}

/* The same once more: what goes on is one event, which grows, and pushes nothing else out. */
static int is_again(struct api_history *history, const struct alert *alert, const char *of)
{
    struct api_event *event = going_on(history, alert->t, "alert", of, said_of(alert, of));

    if (event == NULL)
        return 0;
    if (event->n == 0) {
        event->n = 1;
        event->t_first = event->t;
    }
    event->n++;
    event->t = alert->t;
    event->seq = alert->seq;
    snprintf(event->text, sizeof(event->text), "%s", said_of(alert, of)); // in its newest figures
    return 1;
}

/* Those of up to then. */
static void see_alerts(struct api *api, agon_ns_t until)
{
    const struct host_view_alerts *alerts = &api->view->alerts;
    struct api_history *history = api->history;
    int is_first = !history->is_looked; // of before this run: crashes and halts too

    for (uint32_t i = alerts->n_kept; i-- > 0;) {
        const struct alert *alert = &alerts->all[i];
        const char *of = "";

        if (alert->seq <= history->alert_before)
            continue;
        if (alert->t > until)
            return;
        history->alert_before = alert->seq;
        if (is_seen(alert) &&
            (!is_first || (alert->t >= history->t_halts &&
                           (alert->kind == ALERT_HALT || alert->kind == ALERT_KILL))))
            continue;
        if (alert->slot < api->view->n_slots)
            of = api->view->slots[alert->slot].name;
        if (!is_seen(alert) && is_again(history, alert, of))
            continue;
        api_happened(history, alert->t,
                     alert->kind == ALERT_CRASH  ? "crash"
                     : alert->kind == ALERT_HALT ? "halt"
                     : alert->kind == ALERT_KILL ? "kill"
                                                 : "alert",
                     of, said_of(alert, of))
            ->seq = alert->seq;
    }
}

/* ---- the markets' trades */

static void see_trades(struct api *api)
{
    const struct host_view *view = api->view;
    struct api_history *history = api->history;

    if (view->n_trades - history->trades_before > HOST_VIEW_TRADES)
        history->trades_before = view->n_trades - HOST_VIEW_TRADES;
    for (; history->trades_before < view->n_trades; history->trades_before++) {
        const struct host_view_trade *trade =
            &view->trades[history->trades_before % HOST_VIEW_TRADES];
        struct api_trades *of;

        if (trade->instrument == 0 || trade->instrument > CANDLE_INSTRUMENTS)
            continue;
        of = &history->trades[trade->instrument - 1];
        of->all[of->n++ % TRADES] = *trade;
    }
}

/* However many trades there were since the last look, and however long that is ago: each minute's
 * are its own. */
static void see_traded(struct past_candles *candles, const struct host_view_traded *now,
                       struct host_view_traded *before)
{
    for (uint32_t i = 0; i < HOST_VIEW_MINUTES; i++) {
        agon_qty_t had_qty = now[i].t == before[i].t ? before[i].qty : 0;

        if (now[i].qty != had_qty)
            past_keep_volume(candles, now[i].t, num_add(now[i].qty, -had_qty), 0);
        before[i] = now[i];
    }
}

/* Trades', then bars'. */
static void see_volume(struct api *api)
{
    const struct host_view *view = api->view;
    struct api_history *history = api->history;

    for (uint32_t i = 0; i < view->n_instruments && i < CANDLE_INSTRUMENTS; i++)
        see_traded(&history->candles[i], view->traded[i], history->traded_before[i]);
    if (view->n_bars - history->bars_before > HOST_VIEW_BARS)
        history->bars_before = view->n_bars - HOST_VIEW_BARS;
    for (; history->bars_before < view->n_bars; history->bars_before++) {
        const struct host_view_bar *bar = &view->bars[history->bars_before % HOST_VIEW_BARS];

        if (bar->instrument >= 1 && bar->instrument <= CANDLE_INSTRUMENTS)
            past_keep_volume(&history->candles[bar->instrument - 1], bar->t_open, bar->volume_qty,
                             bar->length_s);
    }
}

/* Newest first: n counts on, side is the taker's, "" where the venue does not say. */
int api_do_trades(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    int place = api_instrument_of(api, call->argv[0], err);
    const struct host_view_instrument *at;
    const struct api_trades *of;
    int64_t after = 0;
    uint64_t n;

    if (place < 0)
        return place;
    if (place >= CANDLE_INSTRUMENTS)
        return error_set(err, AGON_ENOTSUP, "trades are kept of the first %d instruments",
                         CANDLE_INSTRUMENTS);
    if (call->argc > 1 &&
        (num_parse(call->argv[1], strlen(call->argv[1]), 0, &after) < 0 || after < 0))
        return error_set(err, AGON_EINVAL, "'%.24s' is not the number of a trade", call->argv[1]);
    at = &api->view->instruments[place];
    of = &api->history->trades[place];
    n = of->n < TRADES ? of->n : TRADES;
    jout_open(out, '[');
    for (uint64_t i = 0; i < n && of->n - i > (uint64_t)after; i++) {
        const struct host_view_trade *trade = &of->all[(of->n - 1 - i) % TRADES];

        jout_open(out, '{');
        jout_kv_int(out, "n", (int64_t)(of->n - i));
        jout_kv_int(out, "t_ms", trade->t / 1000000);
        jout_kv_dec(out, "price", trade->px, at->px_exp);
        jout_kv_dec(out, "quantity", trade->qty, at->qty_exp);
        jout_kv_str(out, "side",
                    trade->side == AGON_BUY    ? "buy"
                    : trade->side == AGON_SELL ? "sell"
                                               : "");
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return AGON_OK;
}

/* ---- fills of each agent */

static void see_fills(struct api *api)
{
    const struct host_view *view = api->view;
    struct api_history *history = api->history;

    for (uint32_t id = 0; id < view->n_slots; id++) {
        if (!view->slots[id].is_used)
            past_forget(&history->fills[id], &history->ended[id], &history->closed[id]);
    }
    if (view->n_fills - history->fills_before > HOST_VIEW_FILLS)
        history->fills_before = view->n_fills - HOST_VIEW_FILLS;
    for (; history->fills_before < view->n_fills; history->fills_before++) {
        const struct host_view_fill *fill = &view->fills[history->fills_before % HOST_VIEW_FILLS];

        if (fill->slot >= view->n_slots) // whose it was is gone
            continue;
        past_keep_fill(&history->fills[fill->slot], view->slots[fill->slot].name, fill);
        past_keep_trade(&history->closed[fill->slot], view->slots[fill->slot].name, fill);
    }
}

/* Behind the fills, which they are looked up in. */
static void see_ended(struct api *api)
{
    const struct host_view *view = api->view;
    struct api_history *history = api->history;

    if (view->n_ended - history->ended_before > HOST_VIEW_ENDED)
        history->ended_before = view->n_ended - HOST_VIEW_ENDED;
    for (; history->ended_before < view->n_ended; history->ended_before++) {
        const struct host_view_ended *ended = &view->ended[history->ended_before % HOST_VIEW_ENDED];

        if (ended->slot < view->n_slots)
            past_keep_ended(&history->ended[ended->slot], view->slots[ended->slot].name, ended,
                            history->fills[ended->slot]);
    }
}

const struct past_fills *api_fills_of(const struct api *api, uint32_t id)
{
    const struct past_fills *of = api->history->fills[id];

    return of != NULL && strcmp(of->name, api->view->slots[id].name) == 0 ? of : NULL;
}

int api_do_closings(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    int slot = api_slot_of(api, call->argv[0], err);
    const struct past_fills *of;
    int64_t after = 0;
    uint64_t n;

    if (slot < 0)
        return slot;
    if (call->argc > 1 &&
        (num_parse(call->argv[1], strlen(call->argv[1]), 0, &after) < 0 || after < 0))
        return error_set(err, AGON_EINVAL,
                         "'%.24s' is not the number of an event; expected one as `seq` of what is "
                         "listed",
                         call->argv[1]);
    of = api_fills_of(api, (uint32_t)slot);
    n = of == NULL ? 0 : of->n_closing < CLOSINGS ? of->n_closing : CLOSINGS;
    jout_open(out, '[');
    for (uint64_t i = 1; i <= n; i++) {
        const struct host_view_fill *fill = &of->closing[(of->n_closing - i) % CLOSINGS];

        if (fill->seq <= (uint64_t)after)
            break;
        api_put_fill(api, fill, out);
    }
    jout_close(out, '[');
    return AGON_OK;
}

/* ---- plans of capital */

/* What happened beside them is not pushed out by tournaments at which nothing did. */
static void held(struct api *api, const struct api_plan *plan, uint32_t n_agents,
                 agon_amt_t moved_amt)
{
    struct api_history *history = api->history;
    struct api_event *event = going_on(history, plan->t, "tournament", "", NULL);
    char money[MONEY_TEXT], said[MONEY_TEXT + 40], text[EVENT_TEXT];

    if (event == NULL) {
        api_happened(history, plan->t, "tournament", "", "");
        event = &history->events[(history->n_events - 1) % EVENTS];
        event->t_first = plan->t;
        event->first = plan->number;
    }
    event->t = plan->t;
    event->seq = plan->seq;
    event->n++;
    event->moved_amt = num_add(event->moved_amt, moved_amt);
    money_in(event->moved_amt, plan->exp, api->view->base_currency, money);
    snprintf(said, sizeof(said), "%s %s moved", money, api->view->base_currency);
    if (event->n == 1)
        snprintf(text, sizeof(text), "tournament %u was held, %u agents; %s", plan->number,
                 n_agents, event->moved_amt > 0 ? said : "no capital moved");
    else
        snprintf(text, sizeof(text), "tournaments %u to %u were held, %u agents; %s", event->first,
                 plan->number, n_agents, event->moved_amt > 0 ? said : "no capital moved");
    memcpy(event->text, text, sizeof(event->text));
}

/* All of it, for who asks for that tournament: as text it takes what there is to say of it. */
static char *whole_of(const struct api *api, const union plan_event *event)
{
    struct jout out = {0};
    char *text;

    api_put_tournament_of(api, event, &out);
    text = strdup(jout_text(&out));
    jout_deinit(&out);
    return text;
}

/* Of very many agents the newest tournaments only. */
static void bound_wholes(struct api_history *history)
{
    size_t n = 0;

    for (uint32_t i = 0; i < PLANS && i < history->n_plans; i++) {
        struct api_plan *plan = &history->plans[(history->n_plans - 1 - i) % PLANS];

        n += plan->whole != NULL ? strlen(plan->whole) : 0;
        if (n <= WHOLE_BYTES)
            continue;
        free(plan->whole);
        plan->whole = NULL;
    }
}

static void keep_plan(struct api *api, const union plan_event *event)
{
    struct api_history *history = api->history;
    struct api_plan *to = &history->plans[history->n_plans++ % PLANS];
    const struct record_plan *plan = &event->plan;

    free(to->whole);
    to->whole = whole_of(api, event);
    bound_wholes(history);
    to->t = plan->hdr.t;
    to->seq = plan->hdr.seq;
    to->number = plan->number;
    to->exp = plan->exp;
    to->is_undone = 0;
    to->n = 0;
    for (uint32_t i = 0; i < plan->n_lines && to->n < PLAN_ROWS; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        struct api_plan_row *row = &to->rows[to->n++];

        *row = (struct api_plan_row){.rank = plan_rank(line),
                                     .score = line->score,
                                     .share = (double)line->share_ppm / 1e6,
                                     .before_amt = line->capital_before_amt,
                                     .after_amt = line->capital_after_amt};
        snprintf(row->name, sizeof(row->name), "%.31s", line->name);
    }
    held(api, to, plan->n_lines, plan_moved_amt(plan));
}

/* An operator took the newest one back: what is kept of it says so from now on. */
static void keep_undone(struct api *api, const union plan_event *event)
{
    struct api_history *history = api->history;
    struct api_plan *to = &history->plans[(history->n_plans - 1) % PLANS];
    const struct plan_undone *undone = plan_undone_of(event);
    char text[PLAN_UNDONE_TEXT], said[PLAN_UNDONE_TEXT + 32];
    struct api_event *of;

    if (undone == NULL || history->n_plans == 0 || to->number != undone->number || to->is_undone)
        return;
    to->is_undone = 1;
    free(to->whole);
    to->whole = whole_of(api, event);
    bound_wholes(history);
    snprintf(said, sizeof(said), "tournament %u is %s", undone->number,
             plan_undone_text(event, api->view->base_currency, text));
    // A line of its own: neither tournaments before nor behind it are folded into it.
    of = api_happened(history, undone->t, "tournament", "", said);
    of->seq = undone->seq;
    of->is_alone = 1;
}

static void see_plan(struct api *api, const union plan_event *event)
{
    if (event->plan.number > api->history->plans_before) {
        api->history->plans_before = event->plan.number;
        keep_plan(api, event);
    }
    keep_undone(api, event);
}

/* However many there were since the last look, and the view's, which a start may have read. */
static void see_plans(struct api *api)
{
    const struct host_plans *planned = &api->history->planned;
    uint64_t *seen = &api->history->planned_before;

    if (planned->n - *seen > HOST_PLANS_MAX)
        *seen = planned->n - HOST_PLANS_MAX;
    for (; *seen < planned->n; ++*seen)
        see_plan(api, &planned->all[*seen % HOST_PLANS_MAX]);
    if (api->view->n_plans > 0)
        see_plan(api, &api->view->plan);
}

/* Those of up to then, among the alerts of their time. Number *n is the next. */
static void recall_halts(struct api *api, const struct past *past, uint64_t *n, agon_ns_t until)
{
    for (; *n < past->n_halts && past->halts[*n % PAST_HALTS].t <= until; ++*n) {
        const struct past_halt *one = &past->halts[*n % PAST_HALTS];

        see_alerts(api, one->t);
        say_halt(api, &one->of, one->t, one->is_lifted);
    }
}

/* What was in force at the end of what was read is known, but for what was set before all of it;
 * what the start itself lifted or set is seen by the first look. */
static void take_halts(struct api_history *history, const struct past *past)
{
    for (uint32_t i = 0; i < past->n_before; i++) {
        const struct host_view_halt *halt = &past->before[i];

        if (halt->t >= history->t_halts &&
            (halt->scope != SCOPE_GLOBAL || halt->cause != HALT_STOPPING))
            history->halts[history->n_halts++] = *halt;
    }
}

void api_history_recall(struct api *api)
{
    struct api_history *history = api->history;
    struct past *past = host_take_past(api->host);
    uint64_t n_halts;

    for (uint32_t id = 0; id < SLOTS_MAX; id++)
        history->seats[id].freed_seq = api->view->slots[id].freed_seq;
    if (past == NULL)
        return;
    n_halts = past->n_halts > PAST_HALTS ? past->n_halts - PAST_HALTS : 0;
    if (past->t_first > 0)
        history->t_halts = past->t_first;
    take_halts(history, past);
    api_recall_points(api, past);
    memcpy(history->candles, past->candles, sizeof(history->candles));
    memcpy(history->fills, past->fills, sizeof(history->fills));
    memcpy(history->ended, past->ended, sizeof(history->ended));
    memcpy(history->closed, past->trades, sizeof(history->closed));
    memset(past->fills, 0, sizeof(past->fills)); // they are ours
    memset(past->ended, 0, sizeof(past->ended));
    memset(past->trades, 0, sizeof(past->trades));
    history->fills_before = past->n_fills;
    history->ended_before = past->n_ended;
    for (uint32_t i = past->n_plans > PLANS ? past->n_plans - PLANS : 0; i < past->n_plans; i++) {
        const struct record_plan *plan = &past->plans[i % PLANS].plan;

        recall_halts(api, past, &n_halts, plan->hdr.t);
        see_alerts(api, plan->hdr.t);
        see_plan(api, &past->plans[i % PLANS]);
    }
    recall_halts(api, past, &n_halts, INT64_MAX);
    past_free(past);
}

/* When each was that tournaments one behind the other stand for, of those that are kept. */
static void put_held(const struct api_history *history, const struct api_event *event,
                     struct jout *out)
{
    uint32_t n = history->n_plans < PLANS ? history->n_plans : PLANS;

    jout_key(out, "held_ms");
    jout_open(out, '[');
    for (uint32_t i = history->n_plans - n; i < history->n_plans; i++) {
        agon_ns_t t = history->plans[i % PLANS].t;

        if (t >= event->t_first && t <= event->t)
            jout_int(out, t / 1000000);
    }
    jout_close(out, '[');
}

void api_put_event(const struct api *api, uint64_t n, struct jout *out)
{
    const struct api_event *event = &api->history->events[n % EVENTS];

    jout_open(out, '{');
    jout_kv_int(out, "n", (int64_t)n);
    api_put_time(out, "time", event->t);
    jout_kv_int(out, "t_ms", event->t / 1000000);
    if (event->seq != 0)
        jout_kv_int(out, "seq", (int64_t)event->seq);
    jout_kv_str(out, "kind", event->kind);
    jout_kv_str(out, "of", event->of);
    jout_kv_str(out, "text", event->text);
    if (event->n > 1) {
        jout_kv_int(out, "count", event->n);
        jout_kv_int(out, "first_ms", event->t_first / 1000000);
        if (is_tournament(event))
            put_held(api->history, event, out);
    }
    jout_close(out, '{');
}

static int is_later(const struct api_event *a, const struct api_event *b)
{
    return a->t > b->t || (a->t == b->t && b->seq != 0 && a->seq > b->seq);
}

int api_do_events(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    const struct api_history *history = api->history;
    uint64_t n = history->n_events < EVENTS ? history->n_events : EVENTS;
    uint64_t order[EVENTS];

    (void)call;
    (void)err;
    // Newest first by when it was: of one thing is heard later than of another. Of one time, what
    // came of an event is behind it, as in the journal.
    for (uint64_t i = 0; i < n; i++) {
        uint64_t one = history->n_events - n + i;
        uint64_t k = i;

        for (; k > 0 &&
               is_later(&history->events[order[k - 1] % EVENTS], &history->events[one % EVENTS]);
             k--)
            order[k] = order[k - 1];
        order[k] = one;
    }
    jout_open(out, '[');
    for (uint64_t i = n; i-- > 0;)
        api_put_event(api, order[i], out);
    jout_close(out, '[');
    return AGON_OK;
}

void api_history_look(struct api *api, int64_t mono_ns)
{
    if (api->view->t < DAY_NS) // no time yet
        return;
    keep_candles(api);
    see_alerts(api, INT64_MAX);
    see_asked(api);
    see_reloads(api);
    api_see_ends(api);
    see_halts(api);
    see_venues(api);
    see_fills(api);
    see_ended(api);
    api_see_lines(api);
    see_trades(api);
    see_volume(api);
    see_plans(api);
    api_keep_health(api, mono_ns);
    api->history->is_looked = 1;
}
