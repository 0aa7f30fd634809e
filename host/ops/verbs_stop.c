// SPDX-License-Identifier: Apache-2.0
/* verbs_stop: what ends risk: halts, the kill switch, cancels, closing, the emergency stop. Each is
 * taken as an event with who gave it and why; what becomes of it `left` tells. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/suggest.h"
#include "ops/api.h"
#include "ops/api_words.h"

#define NAMES_SHOWN 8u                    /* of each kind, in a refusal */
#define ORDER_NS    ((int64_t)1000000000) /* an order waits so long for the engine's answer */

static void put_ordered(const char *what, const char *on, int rc, uint64_t seq, int was_so,
                        struct jout *out)
{
    jout_open(out, '{');
    jout_kv_str(out, "done", what);
    jout_kv_str(out, "on", on);
    jout_key(out, "seq");
    if (rc == AGON_ETIME)
        jout_null(out); // it stands in the queue and will be taken
    else
        jout_int(out, (int64_t)seq);
    if (rc == 1) {
        jout_kv_bool(out, "durable", 0);
        jout_kv_str(out, "note",
                    "it is done, and the journal's disk does not hold it: give it "
                    "again after a restart");
    }
    if (was_so)
        jout_kv_bool(out, "already", 1);
    jout_close(out, '{');
}

void api_put_ordered(const char *what, const char *on, int rc, uint64_t seq, struct jout *out)
{
    put_ordered(what, on, rc, seq, 0, out);
}

/* An order that finds all as it wants it is done as well, and says so. */
static const char *so_already(const struct record_command *command)
{
    switch (command->kind) {
    case COMMAND_HALT:
        return command->scope == SCOPE_GLOBAL ? "everything was halted already"
                                              : "was halted already";
    case COMMAND_KILL:
        return "the kill switch was thrown already";
    case COMMAND_CANCEL_ALL:
        return command->which == CANCEL_ORDER ? "its cancel is on its way already"
                                              : "nothing to cancel: no order was open";
    case COMMAND_FLATTEN:
        return command->value != 0
                   ? "nothing to close: it holds nothing there that an order could "
                     "close, and has no order open there"
                   : "nothing to close: nothing was held that an order could close, "
                     "and no order was open";
    default:
        return command->reason == REASON_KILL   ? "the kill switch was not thrown"
               : command->scope == SCOPE_GLOBAL ? "nothing was halted that a resume lifts"
                                                : "was not halted";
    }
}

static int give(struct api *api, const struct control_call *call,
                const struct record_command *command, const char *why, const char *what,
                const char *on, struct jout *out, struct error *err)
{
    struct record_command_by by = {.command = *command};
    const char *done;
    char stands[224], text[256];
    uint64_t seq = 0;
    int rc, was_so;

    snprintf(by.who, sizeof(by.who), "%s", call->who != NULL ? call->who : "");
    snprintf(by.why, sizeof(by.why), "%s", why);
    rc = host_order(api->host, &by, ORDER_NS, &seq);
    if (rc == AGON_EAGAIN)
        return error_set(err, rc, "the host takes no commands just now: too many wait");
    if (rc == AGON_EINVAL)
        return error_set(err, rc, "the engine refused it");
    if (rc < 0 && rc != AGON_ETIME)
        return error_set(err, rc, "%s", error_name(rc));
    was_so = rc >= 0 && host_order_was_so(api->host, seq);
    done = was_so ? so_already(command) : what;
    if (command->kind == COMMAND_RESUME && command->scope == SCOPE_SLOT &&
        api_day_stop_text(api, command->id, stands, sizeof(stands))) {
        snprintf(text, sizeof(text), "%s; %s", done, stands);
        done = text;
    }
    put_ordered(done, on, rc, seq, was_so, out);
    return AGON_OK;
}

static const char *why_of(const struct control_call *call, int at)
{
    return call->argc > at ? call->argv[at] : "";
}

static int venue_of(const struct api *api, const char *name, struct error *err)
{
    char list[160] = "";
    size_t n = 0;

    for (uint32_t i = 0; i < api->view->n_venues; i++) {
        if (strcmp(api->view->venues[i].name, name) == 0)
            return (int)i + 1;
        if (n < sizeof(list))
            n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i > 0 ? ", " : "",
                                  api->view->venues[i].name);
    }
    return error_set(err, AGON_ENOENT, "no venue is called '%.32s'; there are: %s", name, list);
}

static int narrow(struct record_command *command, uint8_t scope, int id)
{
    if (id < 0)
        return id;
    command->scope = scope;
    command->id = (uint32_t)id + (scope == SCOPE_INSTRUMENT);
    return AGON_OK;
}

/* BTCUSDT:binance, of which the symbol has n bytes. */
static int is_swapped(const struct api *api, const char *name, size_t n)
{
    for (uint32_t i = 0; i < api->view->n_instruments; i++) {
        const struct host_view_instrument *at = &api->view->instruments[i];

        if (strlen(at->symbol) == n && memcmp(at->symbol, name, n) == 0 &&
            strcmp(at->venue, name + n + 1) == 0)
            return 1;
    }
    return 0;
}

#define SCOPE_FORMS                                                                                \
    "VENUE:SYMBOL, or venue:NAME, instrument:NAME or agent:NAME, as `agon help ctl` has them"
/* A name with what it is of before it: venue:kraken. 1: it has none. */
static int scope_by_kind(const struct api *api, const char *name, struct record_command *command,
                         struct error *err)
{
    const char *rest = strchr(name, ':');
    size_t n = rest != NULL ? (size_t)(rest - name) : 0;
    struct error unused = {0};

    if (rest == NULL)
        return 1;
    rest++;
    if (n == 5 && memcmp(name, "venue", n) == 0)
        return narrow(command, SCOPE_VENUE, venue_of(api, rest, err));
    if (n == 10 && memcmp(name, "instrument", n) == 0)
        return narrow(command, SCOPE_INSTRUMENT, api_instrument_of(api, rest, err));
    if (n == 5 && memcmp(name, "agent", n) == 0)
        return narrow(command, SCOPE_SLOT, api_slot_of(api, rest, err));
    // binance:BTCUSDT is an instrument without the word before it.
    if (api_instrument_of(api, name, &unused) >= 0)
        return 1;
    if (is_swapped(api, name, n))
        return error_set(err, AGON_ENOENT,
                         "nothing is called '%.64s'; a venue stands before its symbol: did you "
                         "mean '%s:%.*s'?",
                         name, rest, (int)n, name);
    return error_set(err, AGON_ENOENT, "nothing is called '%.64s'; expected " SCOPE_FORMS, name);
}

struct names { /* of one kind, for a refusal */
    char text[256];
    size_t used;
    uint32_t n;
};

static void add_name(struct names *names, const char *name)
{
    if (names->n++ < NAMES_SHOWN && names->used < sizeof(names->text))
        names->used +=
            (size_t)snprintf(names->text + names->used, sizeof(names->text) - names->used, "%s%s",
                             names->n > 1 ? ", " : "", name);
}

/* A name that nothing has: what there is of each kind. */
static int refuse_scope(const struct api *api, const char *name, struct error *err)
{
    const struct host_view *view = api->view;
    struct names all[3] = {0}; // agents, instruments, venues
    struct suggest suggest = {0};
    size_t n = strnlen(name, 64);

    for (uint32_t i = 0; i < view->n_slots; i++) {
        if (!view->slots[i].is_used)
            continue;
        add_name(&all[0], view->slots[i].name);
        suggest_offer(&suggest, name, n, view->slots[i].name);
    }
    for (uint32_t i = 0; i < view->n_instruments; i++) {
        add_name(&all[1], api_label(api, i));
        if (!view->instruments[i].is_shared)
            suggest_offer(&suggest, name, n, view->instruments[i].symbol);
    }
    for (uint32_t i = 0; i < view->n_venues; i++) {
        add_name(&all[2], view->venues[i].name);
        suggest_offer(&suggest, name, n, view->venues[i].name);
    }
    return error_set(err, AGON_ENOENT,
                     "nothing is called '%.64s'; there are agents: %s%s; instruments: %s%s; "
                     "venues: %s%s%s%s%s",
                     name, all[0].n > 0 ? all[0].text : "none",
                     all[0].n > NAMES_SHOWN ? ", ..." : "", all[1].n > 0 ? all[1].text : "none",
                     all[1].n > NAMES_SHOWN ? ", ..." : "", all[2].n > 0 ? all[2].text : "none",
                     all[2].n > NAMES_SHOWN ? ", ..." : "",
                     suggest.best != NULL ? "; did you mean '" : "",
                     suggest.best != NULL ? suggest.best : "", suggest.best != NULL ? "'?" : "");
}

/* Names an agent, or "all" or nothing: everything; where is_symbol is set, or an instrument or a
 * venue, which is found by its kind (venue:NAME) or by a name that no agent has. */
static int scope_of(const struct api *api, const struct control_call *call, int is_symbol,
                    struct record_command *command, const char **on, struct error *err)
{
    struct error unused = {0}, symbol = {0};
    int slot, place, venue, rc;

    command->scope = SCOPE_GLOBAL;
    *on = "all";
    if (call->argc == 0 || strcmp(call->argv[0], "all") == 0)
        return AGON_OK;
    *on = call->argv[0];
    rc = is_symbol ? scope_by_kind(api, call->argv[0], command, err) : 1;
    if (rc != 1)
        return rc;
    slot = api_slot_of(api, call->argv[0], err);
    if (slot >= 0 || !is_symbol)
        return narrow(command, SCOPE_SLOT, slot);
    place = api_instrument_of(api, call->argv[0], &symbol);
    venue = venue_of(api, call->argv[0], &unused);
    if (place >= 0)
        return narrow(command, SCOPE_INSTRUMENT, place);
    if (venue >= 0)
        return narrow(command, SCOPE_VENUE, venue);
    if (place != AGON_EINVAL)
        return refuse_scope(api, call->argv[0], err);
    *err = symbol; // two venues have it
    return place;
}

static int scoped(struct api *api, const struct control_call *call, uint8_t kind, int is_symbol,
                  const char *what, struct jout *out, struct error *err)
{
    struct record_command command = {.kind = kind, .reason = REASON_OPERATOR};
    const char *on;
    int rc = scope_of(api, call, is_symbol, &command, &on, err);

    return rc < 0 ? rc : give(api, call, &command, why_of(call, 1), what, on, out, err);
}

int api_do_halt(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    return scoped(ctx, call, COMMAND_HALT, 1, "halted", out, err);
}

int api_do_resume(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    struct api *api = ctx;
    struct record_command lift = {
        .kind = COMMAND_RESUME, .scope = SCOPE_GLOBAL, .reason = REASON_KILL};

    if (call->argc > 0 && strcmp(call->argv[0], "kill") == 0)
        return give(api, call, &lift, why_of(call, 1), "the kill switch is lifted", "all", out,
                    err);
    if (api->view->is_killed && (call->argc == 0 || strcmp(call->argv[0], "all") == 0))
        return error_set(
            err, AGON_ESTATE,
            "the kill switch is thrown: `resume kill` lifts it, and nothing else does");
    return scoped(api, call, COMMAND_RESUME, 1, "resumed", out, err);
}

int api_do_cancel(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    return scoped(ctx, call, COMMAND_CANCEL_ALL, 0, "cancels are sent: `left` says what is open",
                  out, err);
}

int api_do_flatten(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    return scoped(
        ctx, call, COMMAND_FLATTEN, 0,
        "orders are being cancelled, positions are being closed: `left` says what is left", out,
        err);
}

/* An order's number as the API has it: its slot is in it. */
int api_do_order_cancel(void *ctx, const struct control_call *call, struct jout *out,
                        struct error *err)
{
    struct api *api = ctx;
    struct record_command command = {.kind = COMMAND_CANCEL_ALL,
                                     .scope = SCOPE_SLOT,
                                     .which = CANCEL_ORDER,
                                     .reason = REASON_OPERATOR};
    char *end;
    unsigned long long id = strtoull(call->argv[0], &end, 16);

    for (uint32_t i = 0; *end == '\0' && i < api->view->n_orders; i++) {
        if (api->view->orders[i].id != id)
            continue;
        command.id = api->view->orders[i].slot;
        command.value = (int64_t)id;
        return give(api, call, &command, why_of(call, 1),
                    "a cancel is sent: `left` says what is open",
                    api->view->slots[command.id % SLOTS_MAX].name, out, err);
    }
    return error_set(err, AGON_ENOENT,
                     "no open order has the id %.24s; `orders` lists those that are open",
                     call->argv[0]);
}

int api_do_position_close(void *ctx, const struct control_call *call, struct jout *out,
                          struct error *err)
{
    struct api *api = ctx;
    struct record_command command = {
        .kind = COMMAND_FLATTEN, .scope = SCOPE_SLOT, .reason = REASON_OPERATOR};
    int slot = api_slot_of(api, call->argv[0], err);
    int place = slot >= 0 ? api_instrument_of(api, call->argv[1], err) : slot;

    if (place < 0)
        return place;
    command.id = (uint32_t)slot;
    command.value = place + 1;
    return give(api, call, &command, why_of(call, 2),
                "its orders there are being cancelled, its position is being closed: `left` says "
                "what is left",
                call->argv[0], out, err);
}

int api_do_kill(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    struct record_command command = {.kind = COMMAND_KILL, .reason = REASON_KILL};

    return give(ctx, call, &command, why_of(call, 0), "the kill switch is thrown", "all", out, err);
}

int api_do_stop(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    struct record_command command = {.kind = COMMAND_STOP, .reason = REASON_OPERATOR};

    return give(ctx, call, &command, why_of(call, 0),
                "halted; orders are being cancelled, positions are being closed: `left` says what "
                "is left",
                "all", out, err);
}

int api_do_halts(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;

    (void)call;
    (void)err;
    jout_open(out, '[');
    for (uint32_t i = 0; i < api->view->n_halts; i++)
        api_put_halt(api, &api->view->halts[i], out);
    api_put_stops(api, out);
    jout_close(out, '[');
    return AGON_OK;
}

static const char *why_open(const struct api *api, const struct host_view_order *order)
{
    if (order->request_state == AGON_REQUEST_UNKNOWN)
        return "unconfirmed: the venue is asked";
    if (api->view->is_live && !api->view->is_ready)
        return "the venue is not reachable";
    if (order->request == AGON_REQUEST_CANCEL)
        return "the cancel waits for the venue";
    if (order->request != AGON_REQUEST_NONE)
        return "a request before the cancel waits for the venue";
    return "open";
}

static const char *why_held(const struct api *api, const struct host_view_slot *slot,
                            const struct host_view_position *position)
{
    if (!position->is_closing)
        return "it is not being closed: `flatten` does";
    if (api->view->is_live && !api->view->is_ready)
        return "the venue is not reachable";
    if (slot->close_ended != REASON_NONE && reason_text(slot->close_ended) != NULL)
        return reason_text(slot->close_ended);
    return "its order waits for the venue";
}

static void put_left_orders(const struct api *api, int only, struct jout *out)
{
    jout_open(out, '[');
    for (uint32_t i = 0; i < api->view->n_orders; i++) {
        const struct host_view_order *order = &api->view->orders[i];

        if (only >= 0 && order->slot != only)
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "agent", api->view->slots[order->slot].name);
        jout_kv_str(out, "symbol", api_label(api, order->instrument - 1));
        jout_kv_str(out, "why", why_open(api, order));
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

static void put_left_positions(const struct api *api, int only, struct jout *out)
{
    jout_open(out, '[');
    for (uint32_t id = 0; id < api->view->n_slots; id++) {
        const struct host_view_slot *slot = &api->view->slots[id];

        for (uint32_t i = 0; i < slot->n_positions; i++) {
            const struct host_view_position *position = &slot->positions[i];

            if ((only >= 0 && (int)id != only) || position->is_dust)
                continue;
            jout_open(out, '{');
            jout_kv_str(out, "agent", slot->name);
            jout_kv_str(out, "symbol", api_label(api, position->instrument - 1));
            jout_kv_dec(out, "quantity", position->qty,
                        api->view->instruments[position->instrument - 1].qty_exp);
            jout_kv_str(out, "why", why_held(api, slot, position));
            jout_close(out, '{');
        }
    }
    jout_close(out, '[');
}

/* Nothing is left when every position is dust and no order is open, and the venue can be heard to
 * say so. */
int api_do_left(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    struct record_command command = {0};
    struct host_left left;
    const char *on;
    int only;
    int rc = scope_of(api, call, 0, &command, &on, err);

    if (rc < 0)
        return rc;
    only = command.scope == SCOPE_SLOT ? (int)command.id : -1;
    host_left(api->view, only, &left);
    jout_open(out, '{');
    jout_kv_str(out, "on", on);
    jout_key(out, "positions");
    put_left_positions(api, only, out);
    jout_key(out, "orders");
    put_left_orders(api, only, out);
    jout_kv_int(out, "n_positions", left.n_positions);
    jout_kv_int(out, "n_orders", left.n_orders);
    jout_kv_bool(out, "heard", left.is_heard);
    jout_kv_bool(out, "done", left.is_done);
    jout_kv_bool(out, "stopped", api->view->is_stopped);
    if (only >= 0)
        jout_kv_int(out, "n_closed", (int64_t)api->view->slots[only].n_closed);
    jout_close(out, '{');
    return AGON_OK;
}

int api_do_gpu_volatility(void *ctx, const struct control_call *call, struct jout *out,
                          struct error *err)
{
    struct api *api = ctx;
    struct record_command command = {.kind = COMMAND_VOLATILITY, .scope = SCOPE_GLOBAL};

    if (!api->view->cards.is_on)
        return error_set(err, AGON_ESTATE,
                         "this host has no cards: its roster names none under `gpu`");
    while (command.value <= GPU_EXTREME &&
           strcmp(call->argv[0], api_word(api_card_splits, (uint32_t)command.value)) != 0)
        command.value++;
    if (command.value > GPU_EXTREME)
        return error_set(err, AGON_EINVAL,
                         "'%.32s' is not a volatility; expected normal, high or "
                         "extreme",
                         call->argv[0]);
    return give(api, call, &command, why_of(call, 1), "holds from the next review on",
                call->argv[0], out, err);
}
