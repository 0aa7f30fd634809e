// SPDX-License-Identifier: Apache-2.0
/* verbs: what can be asked of a running host and ordered. A line in api_verbs is all that a new
 * one needs beside its function. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "ops/api_history.h"
#include "ops/api_schema.h"
#include "ops/apply.h"
#include "ops/asked.h"
#include "run/settings.h"
#include "sys/beneath.h"
#include "sys/log.h"

#define ORDER_NS  ((int64_t)1000000000) /* an order waits so long for the engine's answer */
#define TAIL_MAX  1000
#define TAIL_ROOM (256 << 10)

/* ---- looking ---- */

static int do_status(void *ctx, const struct control_call *call, struct jout *out,
                     struct error *err)
{
    (void)call;
    (void)err;
    api_put_status(ctx, out);
    return AGON_OK;
}

static int do_agents(void *ctx, const struct control_call *call, struct jout *out,
                     struct error *err)
{
    const struct api *api = ctx;

    (void)call;
    (void)err;
    jout_open(out, '[');
    for (uint32_t id = 0; id < api->view->n_slots; id++) {
        if (api->view->slots[id].is_used)
            api_put_agent(api, id, out);
    }
    jout_close(out, '[');
    return AGON_OK;
}

// Which slot an optional first argument names: -1, all.
static int one_slot(const struct api *api, const struct control_call *call, int *slot,
                    struct error *err)
{
    *slot = -1;
    if (call->argc == 0 || strcmp(call->argv[0], "all") == 0)
        return AGON_OK;
    *slot = api_slot_of(api, call->argv[0], err);
    return *slot < 0 ? *slot : AGON_OK;
}

static void put_positions(const struct api *api, int only, struct jout *out)
{
    jout_open(out, '[');
    for (uint32_t id = 0; id < api->view->n_slots; id++) {
        const struct host_view_slot *slot = &api->view->slots[id];

        for (uint32_t i = 0; i < slot->n_positions && (only < 0 || only == (int)id); i++)
            api_put_position(api, id, &slot->positions[i], out);
    }
    jout_close(out, '[');
}

static void put_orders(const struct api *api, int only, struct jout *out)
{
    jout_open(out, '[');
    for (uint32_t i = 0; i < api->view->n_orders; i++) {
        if (only < 0 || api->view->orders[i].slot == only)
            api_put_order(api, &api->view->orders[i], out);
    }
    jout_close(out, '[');
}

static void put_exits(const struct api *api, int only, struct jout *out)
{
    jout_open(out, '[');
    for (uint32_t i = 0; i < api->view->n_exits; i++) {
        if (only < 0 || api->view->exits[i].slot == only)
            api_put_exit(api, &api->view->exits[i], out);
    }
    jout_close(out, '[');
}

static void put_fills(const struct api *api, int only, uint64_t after, struct jout *out)
{
    // Of one agent its own, which others do not push out.
    const struct past_fills *of = only < 0 ? NULL : api_fills_of(api, (uint32_t)only);
    const struct host_view_fill *all = of != NULL ? of->all : api->view->fills;
    uint64_t n = of != NULL ? of->n : only < 0 ? api->view->n_fills : 0;

    jout_open(out, '[');
    for (uint64_t i = 1; i <= n && i <= HOST_VIEW_FILLS; i++) {
        const struct host_view_fill *fill = &all[(n - i) % HOST_VIEW_FILLS];

        if (fill->seq <= after)
            break;
        api_put_fill(api, fill, out);
    }
    jout_close(out, '[');
}

static int do_list(void *ctx, const struct control_call *call, struct jout *out, struct error *err,
                   void (*put)(const struct api *, int, struct jout *))
{
    int only;
    int rc = one_slot(ctx, call, &only, err);

    if (rc >= 0)
        put(ctx, only, out);
    return rc;
}

static int do_orders(void *ctx, const struct control_call *call, struct jout *out,
                     struct error *err)
{
    return do_list(ctx, call, out, err, put_orders);
}

static int do_exits(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    return do_list(ctx, call, out, err, put_exits);
}

static int do_positions(void *ctx, const struct control_call *call, struct jout *out,
                        struct error *err)
{
    return do_list(ctx, call, out, err, put_positions);
}

static int do_fills(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    int64_t after = 0;
    int only, rc = one_slot(ctx, call, &only, err);

    if (rc < 0)
        return rc;
    if (call->argc > 1 &&
        (num_parse(call->argv[1], strlen(call->argv[1]), 0, &after) < 0 || after < 0))
        return error_set(err, AGON_EINVAL,
                         "'%.24s' is not the number of an event; expected one as `seq` of what is "
                         "listed",
                         call->argv[1]);
    put_fills(ctx, only, (uint64_t)after, out);
    return AGON_OK;
}

static int do_agent(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    int slot = api_slot_of(api, call->argv[0], err);

    if (slot < 0)
        return slot;
    jout_open(out, '{');
    jout_key(out, "agent");
    api_put_agent(api, (uint32_t)slot, out);
    jout_key(out, "limits");
    api_put_limits(api, (uint32_t)slot, out);
    jout_key(out, "refusals");
    api_put_refusals(api, (uint32_t)slot, out);
    jout_key(out, "positions");
    put_positions(api, slot, out);
    jout_key(out, "orders");
    put_orders(api, slot, out);
    jout_key(out, "fills");
    put_fills(api, slot, 0, out);
    jout_close(out, '{');
    return AGON_OK;
}

static int do_books(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    int place = call->argc > 0 ? api_instrument_of(api, call->argv[0], err) : 0;

    if (place < 0)
        return place;
    if (call->argc > 0) {
        api_put_book(api, (uint32_t)place, out);
        return AGON_OK;
    }
    jout_open(out, '[');
    for (uint32_t i = 0; i < api->view->n_instruments; i++)
        api_put_book(api, i, out);
    jout_close(out, '[');
    return AGON_OK;
}

/* All digits: of ten millions nine would have no cents. */
static void put_amount(const struct api *api, agon_amt_t amt, struct jout *out)
{
    char text[NUM_TEXT];

    jout_raw(out, text, (size_t)num_format_short(amt, api->view->base_exp, text));
}

static void put_points(const struct api *api, const char *name, const struct api_slot *slot,
                       struct jout *out)
{
    jout_key(out, name);
    jout_open(out, '[');
    for (uint32_t i = 0; i < slot->n; i++) {
        jout_open(out, '[');
        jout_int(out, slot->points[i].t / 1000000);
        put_amount(api, slot->points[i].equity_amt, out);
        put_amount(api, slot->points[i].capital_amt, out);
        jout_close(out, '[');
    }
    jout_close(out, '[');
}

/* Equity of each slot over the run, and the capital it had then, which a tournament changes:
 * {"ema": [[t_ms, equity, capital], ...], ..., "(all)": ...}; of all with the pools. */
static int do_equity(void *ctx, const struct control_call *call, struct jout *out,
                     struct error *err)
{
    const struct api *api = ctx;

    (void)call;
    (void)err;
    jout_open(out, '{');
    for (uint32_t id = 0; id < api->view->n_slots; id++) {
        const struct api_slot *slot = &api->slots[id];

        if (!api->view->slots[id].is_used)
            continue;
        put_points(api, api->view->slots[id].name, slot, out);
    }
    put_points(api, "(all)", &api->history->whole, out);
    jout_close(out, '{');
    return AGON_OK;
}

static int do_feed(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    (void)call;
    (void)err;
    api_put_feed(ctx, out);
    return AGON_OK;
}

static int do_venues(void *ctx, const struct control_call *call, struct jout *out,
                     struct error *err)
{
    (void)call;
    (void)err;
    api_put_venues(ctx, out);
    return AGON_OK;
}

static int do_accounts(void *ctx, const struct control_call *call, struct jout *out,
                       struct error *err)
{
    (void)call;
    (void)err;
    api_put_accounts(ctx, out);
    return AGON_OK;
}

static int do_valuation(void *ctx, const struct control_call *call, struct jout *out,
                        struct error *err)
{
    const struct api *api = ctx;

    (void)call;
    (void)err;
    jout_open(out, '[');
    for (uint32_t i = 0; i < api->view->n_values; i++)
        api_put_value(api, &api->view->values[i], out);
    jout_close(out, '[');
    return AGON_OK;
}

static int do_portfolio(void *ctx, const struct control_call *call, struct jout *out,
                        struct error *err)
{
    (void)call;
    (void)err;
    api_put_portfolio(ctx, out);
    return AGON_OK;
}

static int do_latency(void *ctx, const struct control_call *call, struct jout *out,
                      struct error *err)
{
    (void)call;
    (void)err;
    api_put_latency(ctx, out);
    return AGON_OK;
}

static int do_reloads(void *ctx, const struct control_call *call, struct jout *out,
                      struct error *err)
{
    (void)call;
    (void)err;
    api_put_reloads(ctx, out);
    return AGON_OK;
}

/* Orders that are open on our accounts and not of this journal. */
static int do_foreign(void *ctx, const struct control_call *call, struct jout *out,
                      struct error *err)
{
    const struct api *api = ctx;
    const struct gateway_status *venue = &api->view->venue;

    (void)call;
    (void)err;
    jout_open(out, '[');
    for (uint32_t i = 0; i < venue->n_foreign_listed; i++)
        api_put_foreign(api, &venue->foreign[i], out);
    jout_close(out, '[');
    return AGON_OK;
}

static int do_alerts(void *ctx, const struct control_call *call, struct jout *out,
                     struct error *err)
{
    int is_all = call->argc > 0 && strcmp(call->argv[0], "all") == 0;

    if (call->argc > 0 && !is_all)
        return error_set(err, AGON_EINVAL, "'%.32s' is not known here; expected all",
                         call->argv[0]);
    api_put_alerts(ctx, is_all, out);
    return AGON_OK;
}

/* ---- log ---- */

static int do_log_tail(void *ctx, const struct control_call *call, struct jout *out,
                       struct error *err)
{
    const struct api *api = ctx;
    int64_t n = 50;
    char *bytes, *at;
    ssize_t got = 0;
    struct stat stat;
    int fd;

    if (call->argc > 0 &&
        (num_parse(call->argv[0], strlen(call->argv[0]), 0, &n) < 0 || n < 1 || n > TAIL_MAX))
        return error_set(err, AGON_EINVAL, "'%.32s' is not a number of lines; expected 1 to %d",
                         call->argv[0], TAIL_MAX);
    if (api->log_path == NULL)
        return error_set(err, AGON_ENOTSUP, "this host writes no log file");
    bytes = malloc(TAIL_ROOM + 1);
    fd = open(api->log_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (bytes != NULL && fd >= 0 && fstat(fd, &stat) == 0)
        got = pread(fd, bytes, TAIL_ROOM, stat.st_size > TAIL_ROOM ? stat.st_size - TAIL_ROOM : 0);
    if (fd >= 0)
        (void)close(fd);
    if (bytes == NULL || got < 0) {
        free(bytes);
        return error_set(err, AGON_EIO, "the log cannot be read");
    }
    // From the end back over n whole lines; each of them is JSON.
    while (got > 0 && bytes[got - 1] != '\n')
        got--;
    at = bytes + got;
    while (at > bytes && n >= 0) {
        if (at[-1] == '\n' && --n < 0)
            break;
        at--;
    }
    jout_open(out, '[');
    while (at < bytes + got) {
        char *end = memchr(at, '\n', (size_t)(bytes + got - at));

        if (end == NULL)
            break;
        if (at[0] == '{')
            jout_raw(out, at, (size_t)(end - at));
        at = end + 1;
    }
    jout_close(out, '[');
    free(bytes);
    return AGON_OK;
}

static int do_log_level(void *ctx, const struct control_call *call, struct jout *out,
                        struct error *err)
{
    struct api *api = ctx;
    int level = log_level_parse(call->argv[0]);

    if (level < 0)
        return error_set(err, AGON_EINVAL,
                         "'%.32s' is not a level; expected debug, info, warn, error",
                         call->argv[0]);
    if (api->log == NULL)
        return error_set(err, AGON_ENOTSUP, "this host has no log");
    log_set_level(api->log, (enum log_level)level);
    jout_open(out, '{');
    jout_kv_str(out, "level", log_level_name((enum log_level)level));
    jout_close(out, '{');
    return AGON_OK;
}

/* ---- ordering ---- */

static int do_alerts_ack(void *ctx, const struct control_call *call, struct jout *out,
                         struct error *err)
{
    struct api *api = ctx;
    struct record_command_by by = {
        .command = {.kind = COMMAND_ACK_ALERT, .scope = SCOPE_GLOBAL, .reason = REASON_OPERATOR}};
    uint64_t row[ALERTS_KEPT];
    uint64_t seq = 0;
    uint32_t n = 0;
    int rc;

    if (strcmp(call->argv[0], "all") != 0 &&
        (num_parse(call->argv[0], strlen(call->argv[0]), 0, &by.command.value) < 0 ||
         by.command.value < 1))
        return error_set(err, AGON_EINVAL, "'%.32s' is not an alert's seq; expected one, or all",
                         call->argv[0]);
    snprintf(by.who, sizeof(by.who), "%s", call->who != NULL ? call->who : "");
    if (by.command.value > 0)
        n = api_alerts_up_to(api, (uint64_t)by.command.value, row);
    rc = host_order(api->host, &by, ORDER_NS, &seq);
    for (uint32_t i = 0; i < n && rc >= 0; i++) {
        by.command.value = (int64_t)row[i];
        rc = host_order(api->host, &by, ORDER_NS, &seq);
        if (rc == AGON_EINVAL) // newer ones have taken its place
            rc = AGON_OK;
    }
    if (rc == AGON_EINVAL)
        return error_set(err, AGON_ENOENT, "no alert with seq %.32s is kept; `alerts all` has them",
                         call->argv[0]);
    if (rc < 0)
        return error_set(err, rc, "the host did not take it: %s", error_name(rc));
    jout_open(out, '{');
    jout_kv_str(out, "done", "acknowledged");
    jout_kv_str(out, "on", call->argv[0]);
    jout_kv_int(out, "seq", (int64_t)seq);
    jout_close(out, '{');
    return AGON_OK;
}

static int refuse_undo(const struct api *api, const char *number, struct error *err)
{
    uint32_t last = api->view->n_plans;
    char text[16];

    if (last == 0)
        return error_set(err, AGON_ESTATE,
                         "there is nothing to undo: no tournament was held in this run yet; "
                         "`plan` says what one would do now");
    snprintf(text, sizeof(text), "%u", last);
    if (strcmp(number, text) == 0)
        return error_set(err, AGON_ESTATE,
                         "tournament %.32s was held by rules of before, which know no undo; those "
                         "that a roster is given now do",
                         number);
    return error_set(err, AGON_ESTATE,
                     "tournament %.32s is not the last one: that is number %u, and only that can "
                     "be undone",
                     number, last);
}

static int do_tournament_undo(void *ctx, const struct control_call *call, struct jout *out,
                              struct error *err)
{
    struct api *api = ctx;
    struct record_command_by by = {
        .command = {.kind = COMMAND_UNDO_PLAN, .scope = SCOPE_GLOBAL, .reason = REASON_OPERATOR}};
    uint64_t seq = 0;
    int rc, was_so;

    if (num_parse(call->argv[0], strlen(call->argv[0]), 0, &by.command.value) < 0 ||
        by.command.value < 1)
        return error_set(err, AGON_EINVAL,
                         "'%.32s' is not a tournament's number; `tournament` has the last one's",
                         call->argv[0]);
    snprintf(by.who, sizeof(by.who), "%s", call->who != NULL ? call->who : "");
    snprintf(by.why, sizeof(by.why), "%s", call->argc > 1 ? call->argv[1] : "");
    rc = host_order(api->host, &by, ORDER_NS, &seq);
    was_so = (rc >= 0 || rc == AGON_EINVAL) && host_order_was_so(api->host, seq);
    if (rc == AGON_EINVAL && !was_so)
        return refuse_undo(api, call->argv[0], err);
    if (rc < 0 && !was_so)
        return error_set(err, rc, "the host did not take it: %s", error_name(rc));
    jout_open(out, '{');
    jout_kv_str(out, "done", was_so ? "was undone already" : "undone, as far as money was free");
    jout_kv_str(out, "on", call->argv[0]);
    jout_kv_int(out, "seq", (int64_t)seq);
    if (was_so)
        jout_kv_bool(out, "already", 1);
    jout_close(out, '{');
    return AGON_OK;
}

/* A file that a client names lies in a folder that the operator named before. */
static int find_file(const struct api *api, const char *path, char real[PATH_MAX],
                     struct error *err)
{
    const char *folders[2 + SETTINGS_FOLDERS] = {api->plugins};
    const char *slash = api->roster != NULL ? strrchr(api->roster, '/') : NULL;
    char beside[PATH_MAX] = ".";
    uint32_t n = 1;

    if (slash != NULL)
        snprintf(beside, sizeof(beside), "%.*s", (int)(slash - api->roster), api->roster);
    if (api->roster != NULL)
        folders[n++] = beside[0] != '\0' ? beside : "/";
    for (uint32_t i = 0; i < api->n_load_from && i < SETTINGS_FOLDERS; i++)
        folders[n++] = api->load_from[i];
    return beneath_resolve(folders, n, path, real, err);
}

#define UNLOAD_NS ((int64_t)10 * 1000000000)

static int do_unload(void *ctx, const struct control_call *call, struct jout *out,
                     struct error *err)
{
    struct api *api = ctx;
    const char *how = call->argc > 1 ? call->argv[1] : "close";
    struct host_change change = {.kind = HOST_CHANGE_UNLOAD, .is_kept = strcmp(how, "keep") == 0};
    int slot = api_slot_now(api, call->argv[0], err);
    int rc;

    if (slot < 0)
        return slot;
    if (!change.is_kept && strcmp(how, "close") != 0)
        return error_set(err, AGON_EINVAL, "'%.32s' is not known here; expected close or keep",
                         how);
    // A roster that is being applied would be of another set of agents than it was begun with.
    if (atomic_exchange(&api->is_applying, 1))
        return error_set(err, AGON_EBUSY, "a roster is being applied just now; try again");
    change.slot = (uint16_t)slot;
    change.is_dry = 1;
    rc = host_make_change(api->host, &change, UNLOAD_NS);
    if (rc >= 0 && !change.is_so)
        rc = asked_note(api->host, call->who, ASKED_UNLOAD, slot, how, &change.err);
    change.is_dry = 0;
    if (rc >= 0 && !change.is_so)
        rc = host_make_change(api->host, &change, UNLOAD_NS);
    atomic_store(&api->is_applying, 0);
    if (rc < 0)
        return error_set(err, rc, "%s", change.err.text);
    jout_open(out, '{');
    jout_kv_str(out, "done",
                change.is_so ? "was unloaded already: `left` says what is left"
                : change.is_kept
                    ? "unloaded; its positions stay, and so does its place until they "
                      "are closed"
                    : "unloaded; its positions are being closed: `left` says what is left");
    jout_kv_str(out, "on", call->argv[0]);
    if (change.is_so)
        jout_kv_bool(out, "already", 1);
    else
        jout_kv_int(out, "seq", (int64_t)change.seq);
    jout_close(out, '{');
    return AGON_OK;
}

static int do_apply(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    struct api *api = ctx;
    struct apply apply = {
        .host = api->host, .path = call->argv[0], .plugins = api->plugins, .who = call->who};
    char real[PATH_MAX];
    int rc;

    for (int i = 1; i < call->argc; i++) {
        if (strcmp(call->argv[i], "dry-run") == 0)
            apply.is_dry = 1;
        else if (strncmp(call->argv[i], "yes=", 4) == 0)
            apply.sure = call->argv[i] + 4;
        else if (strcmp(call->argv[i], "keep") == 0)
            apply.is_kept = 1;
        else if (strcmp(call->argv[i], "close") != 0)
            return error_set(err, AGON_EINVAL,
                             "'%.32s' is not known here; expected dry-run, close, keep, "
                             "yes=AGENT",
                             call->argv[i]);
    }
    if (api->plugins == NULL)
        return error_set(
            err, AGON_ENOTSUP,
            "this host was started without a roster; name one in its configuration (roster: FILE)");
    rc = find_file(api, call->argv[0], real, err);
    if (rc < 0)
        return rc;
    apply.path = real;
    rc = api_apply(api, &apply, out, err);
    return rc < 0 ? rc : AGON_OK;
}

/* ---- generations: each waits until the slot has changed hands or it is plain that it will not */

static int do_reload(void *ctx, const struct control_call *call, struct jout *out,
                     struct error *err)
{
    struct api *api = ctx;
    const char *path = call->argc > 1 ? call->argv[1] : NULL;
    char real[PATH_MAX];
    uint64_t seq = 0;
    int rc, slot;

    if (path != NULL && path[0] != '/')
        return error_set(err, AGON_EINVAL,
                         "'%.64s' is not a whole path; expected the file named from / on", path);
    rc = slot = api_slot_now(api, call->argv[0], err);
    if (rc < 0)
        return rc;
    rc = path != NULL ? find_file(api, path, real, err) : AGON_OK;
    if (rc >= 0)
        rc = asked_note(api->host, call->who, ASKED_RELOAD, slot, path != NULL ? real : "", err);
    if (rc >= 0)
        rc = host_reload(api->host, call->argv[0], path != NULL ? real : NULL, &seq, err);
    if (rc < 0) {
        if (path != NULL && strstr(err->text, path) == NULL)
            error_wrap(err, "%.256s", path);
        return rc;
    }
    api_put_ordered("another generation is active; the one before stays warm", call->argv[0], rc,
                    seq, out);
    return AGON_OK;
}

static int do_rollback(void *ctx, const struct control_call *call, struct jout *out,
                       struct error *err)
{
    struct api *api = ctx;
    uint64_t seq = 0;
    int rc = api_slot_now(api, call->argv[0], err);

    if (rc >= 0)
        rc = asked_note(api->host, call->who, ASKED_ROLLBACK, rc, "", err);
    if (rc >= 0)
        rc = host_rollback(api->host, call->argv[0], &seq, err);

    if (rc < 0)
        return rc;
    api_put_ordered("the generation before is active again", call->argv[0], rc, seq, out);
    return AGON_OK;
}

static int do_quarantine_ls(void *ctx, const struct control_call *call, struct jout *out,
                            struct error *err)
{
    struct api *api = ctx;
    struct host_quarantined *list = calloc(HOST_QUARANTINE_MAX, sizeof(*list));
    uint32_t n;

    (void)call;
    if (list == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    n = host_quarantine_list(api->host, list, HOST_QUARANTINE_MAX);
    jout_open(out, '[');
    for (uint32_t i = 0; i < n && i < HOST_QUARANTINE_MAX; i++) {
        jout_open(out, '{');
        jout_kv_str(out, "hash", list[i].hash);
        jout_kv_str(out, "agent", list[i].slot);
        jout_kv_time(out, "t", list[i].t);
        jout_kv_str(out, "why", list[i].why);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    free(list);
    return AGON_OK;
}

static int do_quarantine_clear(void *ctx, const struct control_call *call, struct jout *out,
                               struct error *err)
{
    struct api *api = ctx;
    char how[COMMAND_WHY];
    uint64_t seq = 0;
    int rc;

    snprintf(how, sizeof(how), "%.16s: %s", call->argv[0], call->argv[1]);
    rc = asked_note(api->host, call->who, ASKED_CLEAR, ASKED_OF_ALL, how, err);
    if (rc >= 0)
        rc = host_quarantine_clear(api->host, call->argv[0], call->argv[1], &seq, err);
    if (rc < 0 && rc != AGON_ETIME)
        return rc;
    api_put_ordered("it may be loaded again; reload the agent", call->argv[0], rc, seq, out);
    return AGON_OK;
}

#define ONE(shape)                                                                                 \
    &(const struct control_field)                                                                  \
    {                                                                                              \
        .type = CONTROL_OBJECT, .of = &api_shape_##shape                                           \
    }
#define MANY(shape)                                                                                \
    &(const struct control_field)                                                                  \
    {                                                                                              \
        .type = CONTROL_LIST, .of = &api_shape_##shape                                             \
    }

const struct control_verb api_verbs[] = {
    {"status", "", "how the host is", CONTROL_READ, 0, 0, do_status, .gives = ONE(status)},
    {"agents", "", "each agent: equity, stage, condition, counts", CONTROL_READ, 0, 0, do_agents,
     .gives = MANY(agent)},
    {"agent", "AGENT", "one agent with its limits, positions, orders, fills", CONTROL_READ, 1, 1,
     do_agent, .gives = ONE(agent_whole)},
    {"orders", "[AGENT]", "open orders", CONTROL_READ, 0, 1, do_orders, .gives = MANY(order)},
    {"positions", "[AGENT]", "positions", CONTROL_READ, 0, 1, do_positions,
     .gives = MANY(position)},
    {"exits", "[AGENT]", "exit plans that stand, and where their stops are", CONTROL_READ, 0, 1,
     do_exits, .gives = MANY(exit)},
    {"fills", "[AGENT] [SEQ]", "the newest fills; an agent's after an event", CONTROL_READ, 0, 2,
     do_fills, .gives = MANY(fill)},
    {"closings", "AGENT [SEQ]",
     "its newest fills that closed something, with their results; those after an event",
     CONTROL_READ, 1, 2, api_do_closings, .gives = MANY(fill)},
    {"closed", "AGENT [SEQ]",
     "its newest closed trades: positions from the first fill to the last; those after an event",
     CONTROL_READ, 1, 2, api_do_closed, .gives = MANY(closed)},
    {"performance", "[AGENT]",
     "result by instrument, entry tag and exit reason of closed trades, how many, won, mean time "
     "held; and what is in none of them",
     CONTROL_READ, 0, 1, api_do_performance, .gives = MANY(performance)},
    {"ended", "AGENT [SEQ]", "its newest orders that ended, and how; those after an event",
     CONTROL_READ, 1, 2, api_do_ended, .gives = MANY(ended)},
    {"books", "[SYMBOL]", "best bid and ask, and the mark; in JSON ten levels of each side",
     CONTROL_READ, 0, 1, do_books, .gives = MANY(book), .gives_one = ONE(book)},
    {"trades", "SYMBOL [AFTER]",
     "the newest trades of a market that is listened to; those after one", CONTROL_READ, 1, 2,
     api_do_trades, .gives = MANY(trade)},
    {"equity", "", "equity of each agent, and of all, over this run and what is kept of before",
     CONTROL_READ, 0, 0, do_equity, .gives = &api_points},
    {"candles", "SYMBOL [SECONDS] [SINCE]",
     "candles of the mark price: 60, 900 or 14400 seconds each; those from a time on", CONTROL_READ,
     1, 3, api_do_candles, .gives = MANY(candle)},
    {"lines", "AGENT SYMBOL [SECONDS] [SINCE]",
     "lines of an agent over the candles of an instrument: its own prices by agon.metric, as they "
     "were when each candle ended",
     CONTROL_READ, 2, 4, api_do_lines, .gives = MANY(line)},
    {"events", "", "what happened, newest first", CONTROL_READ, 0, 0, api_do_events,
     .gives = MANY(event)},
    {"health", "[POINTS]", "latencies, journal lag, unconfirmed orders and messages over this run",
     CONTROL_READ, 0, 1, api_do_health, .gives = ONE(health)},
    {"verification", "", "whether the journal was replayed in this run, and what came of it",
     CONTROL_READ, 0, 0, api_do_verification, .gives = ONE(verification)},
    {"verify", "", "replays the journal beside the host: is every state reached again?",
     CONTROL_OPERATE, 0, 0, api_do_verify, .gives = ONE(done)},
    {"params", "AGENT", "the parameters of its plugin, and their values", CONTROL_READ, 1, 1,
     api_do_params, .is_slow = 1, .gives = MANY(param)},
    {"param set", "AGENT NAME VALUE",
     "changes a parameter in flight, where its plugin lets it be changed", CONTROL_OPERATE, 3, 3,
     api_do_param_set, .is_slow = 1, .gives = ONE(ordered)},
    {"venues", "", "each venue: how it is, whether it is halted, latency, how long it was up",
     CONTROL_READ, 0, 0, do_venues, .gives = MANY(venue)},
    {"accounts", "", "each account: its venue, whose market data it has, its agents and its money",
     CONTROL_READ, 0, 0, do_accounts, .gives = MANY(account)},
    {"feed", "", "connections, gaps, limits, of all venues and of each", CONTROL_READ, 0, 0,
     do_feed, .gives = ONE(feed)},
    {"foreign", "", "open orders on our accounts that this host did not send", CONTROL_READ, 0, 0,
     do_foreign, .gives = MANY(foreign)},
    {"valuation", "", "the value of other assets in the base currency, and by which instrument",
     CONTROL_READ, 0, 0, do_valuation, .gives = MANY(value)},
    {"portfolio", "", "limits of all agents together: what is used of them, and where they are",
     CONTROL_READ, 0, 0, do_portfolio, .gives = ONE(portfolio)},
    {"gpu status", "", "cards: memory, shares, heat, leases, and how each is", CONTROL_READ, 0, 0,
     api_do_gpu_status, .gives = ONE(cards)},
    {"gpu leases", "[AGENT]", "leases of cards, and what each waits for", CONTROL_READ, 0, 1,
     api_do_gpu_leases, .gives = MANY(lease)},
    {"gpu why", "LEASE", "why a lease is as it is, and what was decided of it", CONTROL_READ, 1, 1,
     api_do_gpu_why, .gives = ONE(lease_why)},
    {"gpu volatility", "normal|high|extreme [REASON]",
     "of the market, by which classes share a card from the next review on", CONTROL_OPERATE, 1, 2,
     api_do_gpu_volatility, .gives = ONE(ordered)},
    {"latency", "", "of an engine step, from the wire to its end, and on to each agent's callback",
     CONTROL_READ, 0, 0, do_latency, .gives = ONE(latency)},
    {"reloads", "", "who took over from whom in this run", CONTROL_READ, 0, 0, do_reloads,
     .gives = MANY(reload)},
    {"reload", "AGENT [FILE]",
     "switches to another generation of its plugin, without a tick missed", CONTROL_OPERATE, 1, 2,
     do_reload, .is_slow = 1, .gives = ONE(done)},
    {"rollback", "AGENT", "the generation before is active again", CONTROL_OPERATE, 1, 1,
     do_rollback, .is_slow = 1, .gives = ONE(done)},
    {"quarantine ls", "", "plugin files that crashed too often on this host", CONTROL_READ, 0, 0,
     do_quarantine_ls, .is_slow = 1, .gives = MANY(quarantined)},
    {"quarantine clear", "HASH REASON", "lets one be loaded again; the reason is journaled",
     CONTROL_OPERATE, 2, 2, do_quarantine_clear, .is_slow = 1, .gives = ONE(done)},
    {"tournament", "[NUMBER]", "the last plan of capital, or that of an earlier tournament",
     CONTROL_READ, 0, 1, api_do_tournament, .gives = ONE(tournament)},
    {"plans", "[COUNT]", "tournaments, or the newest: ranks, scores, capital", CONTROL_READ, 0, 1,
     api_do_plans, .gives = MANY(plan)},
    {"plan", "", "what a tournament would do now, by the rules of this run", CONTROL_READ, 0, 0,
     api_do_plan_dry, .is_slow = 1, .gives = ONE(tournament)},
    {"tournament show", "", "how capital moved, as `agon tournament show` has it", CONTROL_CLIENT,
     0, 0, NULL},
    {"tournament why", "AGENT", "why an agent got what it got", CONTROL_CLIENT, 1, 1, NULL},
    {"tournament dry-run", "[AGENT]", "what a tournament would do now", CONTROL_CLIENT, 0, 1, NULL},
    {"tournament history", "", "all tournaments at a glance", CONTROL_CLIENT, 0, 0, NULL},
    {"tournament undo", "NUMBER [REASON]",
     "takes back what the last tournament moved, as far as money is free", CONTROL_OPERATE, 1, 2,
     do_tournament_undo, .gives = ONE(ordered)},
    {"alerts", "[all]", "what nobody has acknowledged yet; all: the newest 128", CONTROL_READ, 0, 1,
     do_alerts, .gives = MANY(alert)},
    {"alerts ack", "SEQ|all", "somebody has seen to it", CONTROL_OPERATE, 1, 1, do_alerts_ack,
     .gives = ONE(ordered)},
    {"log tail", "[LINES]", "the last lines of the log", CONTROL_READ, 0, 1, do_log_tail,
     .gives = MANY(log_line)},
    {"log level", "LEVEL", "log lines from that level on: debug, info, warn, error",
     CONTROL_OPERATE, 1, 1, do_log_level, .gives = ONE(log_level)},
    {"halts", "", "what is halted, since when, by whom and why", CONTROL_READ, 0, 0, api_do_halts,
     .gives = MANY(halt)},
    {"halt", "[AGENT|SYMBOL|VENUE|all] [REASON]", "no new risk; cancels pass", CONTROL_OPERATE, 0,
     2, api_do_halt, .is_urgent = 1, .gives = ONE(ordered)},
    {"resume", "[AGENT|SYMBOL|VENUE|all|kill] [REASON]",
     "ends a halt or a stop; kill: lifts the kill switch", CONTROL_OPERATE, 0, 2, api_do_resume,
     .gives = ONE(ordered)},
    {"cancel", "AGENT|all [REASON]", "cancels open orders", CONTROL_OPERATE, 1, 2, api_do_cancel,
     .is_urgent = 1, .gives = ONE(ordered)},
    {"flatten", "AGENT|all [REASON]", "cancels open orders, closes positions and waits",
     CONTROL_OPERATE, 1, 2, api_do_flatten, .is_urgent = 1, .gives = ONE(ordered)},
    {"order cancel", "ID [REASON]", "cancels one open order", CONTROL_OPERATE, 1, 2,
     api_do_order_cancel, .is_urgent = 1, .gives = ONE(ordered)},
    {"position close", "AGENT SYMBOL [REASON]",
     "cancels its orders in one instrument and closes its position there", CONTROL_OPERATE, 2, 3,
     api_do_position_close, .is_urgent = 1, .gives = ONE(ordered)},
    {"kill", "[REASON]", "the kill switch: cancels everything and refuses everything",
     CONTROL_OPERATE, 0, 1, api_do_kill, .is_urgent = 1, .gives = ONE(ordered)},
    {"stop", "[REASON]", "the emergency stop: halts, cancels, closes everything and waits",
     CONTROL_OPERATE, 0, 1, api_do_stop, .is_urgent = 1, .gives = ONE(ordered)},
    {"left", "[AGENT|all]", "orders and positions that are not closed yet, and why", CONTROL_READ,
     0, 1, api_do_left, .is_urgent = 1, .gives = ONE(left)},
    {"unload", "AGENT [close|keep]",
     "its plugin goes for good; its place is free when all is closed", CONTROL_OPERATE, 1, 2,
     do_unload, .is_slow = 1, .gives = ONE(done)},
    {"apply", "FILE [dry-run] [close|keep] [yes=AGENT]",
     "makes what runs what a roster says; shows what differs. Who is not in it is unloaded",
     CONTROL_OPERATE, 1, 4, do_apply, .is_slow = 1, .gives = ONE(diff)},
    {"export", "fills|orders|trades|equity|samples|plans [FILE]",
     "from the journal, as CSV (--json, and plans always: as JSON)", CONTROL_CLIENT, 1, 2, NULL},
    {"url", "", "the dashboard's address with the token in it", CONTROL_CLIENT, 0, 0, NULL},
    {NULL}};
