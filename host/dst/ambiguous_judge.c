// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>

#include <jansson.h>

#include "dst/ambiguous_impl.h"

void ambiguous_wrong(struct life *life, uint64_t *count, const char *format, ...)
{
    va_list args;

    ++*count;
    if (life->result->what[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(life->result->what, sizeof(life->result->what), format, args);
    va_end(args);
}

/* What the exchange did ------------------------------------------------------------------------ */

static struct truth *truth_of(struct life *life, uint64_t order_id, uint8_t rev)
{
    char text[CLIENT_ID_TEXT];
    uint64_t at;

    client_id_format(&ids, order_id, life->config.is_um ? 0 : rev, text);
    return map_get(&life->by_client, hash_bytes(text, strlen(text)), &at) ? &life->truths[at]
                                                                          : NULL;
}

static int is_open_at_venue(struct life *life, const struct order *order)
{
    for (int rev = 0; rev <= order->rev_asked; rev++) {
        const struct truth *truth = truth_of(life, order->id, (uint8_t)rev);

        if (truth != NULL && truth->is_open)
            return 1;
    }
    return 0;
}

static struct truth *meet(struct life *life, const char *client)
{
    uint64_t key = hash_bytes(client, strlen(client));
    struct truth *truth;
    uint64_t at;

    if (map_get(&life->by_client, key, &at))
        return &life->truths[at];
    REQUIRE(life->n_truths < TRUTHS);
    truth = &life->truths[life->n_truths];
    if (client_id_parse(&ids, client, strlen(client), &truth->order_id, &truth->rev) < 0)
        return NULL;
    REQUIRE(map_put(&life->by_client, key, life->n_truths++) == AGON_OK);
    return truth;
}

static int64_t qty_unit(const struct life *life)
{
    return life->config.is_um ? QTY_UNIT_UM : QTY_UNIT_SPOT;
}

/* What all wire orders of it filled, in the exchange's units. */
static int64_t done_of(struct life *life, const struct order *order)
{
    int last = life->config.is_um ? 0 : order->rev_asked;
    int64_t done = 0;

    for (int rev = 0; rev <= last; rev++) {
        const struct truth *truth = truth_of(life, order->id, (uint8_t)rev);

        done += truth != NULL ? truth->done : 0;
    }
    return done;
}

/* A wire order came to be, or is another now: with it, and what filled before, the order can come
 * to what was asked for at most, and it is the only one of the order that is open. */
static void check_size(struct life *life, const struct truth *truth)
{
    const struct order *order = orders_find(life->orders, truth->order_id);
    int64_t asked, most = 0;

    if (order == NULL)
        return;
    asked = order->request == AGON_REQUEST_REPLACE ? order->new_qty : order->qty;
    for (int rev = 0; rev <= (life->config.is_um ? 0 : order->rev_asked); rev++) {
        const struct truth *one = truth_of(life, order->id, (uint8_t)rev);

        if (one == NULL)
            continue;
        most += one->is_open || one == truth ? one->qty : one->done;
        if (one->is_open && one != truth)
            ambiguous_wrong(life, &life->result->n_wrong,
                            "%.3f s: order %llu, revision %u, came to be beside revision %u",
                            (double)(life->sched.now - T0) / 1e9, (unsigned long long)order->id,
                            truth->rev, one->rev);
    }
    if (most > asked * qty_unit(life))
        ambiguous_wrong(
            life, &life->result->n_wrong,
            "%.3f s: order %llu, revision %u: it can fill %lld by now, and %lld were asked for",
            (double)(life->sched.now - T0) / 1e9, (unsigned long long)order->id, truth->rev,
            (long long)(most / qty_unit(life)), (long long)asked);
}

/* Whatever happens to an order has a request behind it that nobody has given up yet. */
static void check_effect(struct life *life, const struct truth *truth, const char *what,
                         int is_moved)
{
    const struct order *order = orders_find(life->orders, truth->order_id);
    int is_right = order != NULL;

    if (order != NULL && strcmp(what, "NEW") == 0 && truth->rev == 0)
        is_right = order->request == AGON_REQUEST_NEW;
    else if (order != NULL && (strcmp(what, "NEW") == 0 || is_moved))
        is_right = order->request == AGON_REQUEST_REPLACE;
    else if (order != NULL && strcmp(what, "CANCELED") == 0 && !life->kind->is_doubtful)
        is_right = order->request == AGON_REQUEST_CANCEL || order->request == AGON_REQUEST_REPLACE;
    if (!is_right)
        ambiguous_wrong(
            life, &life->result->n_ghosts,
            "%.3f s: %s of order %llu, revision %u, came to be when it had been given up",
            (double)(life->sched.now - T0) / 1e9, what, (unsigned long long)truth->order_id,
            truth->rev);
}

void ambiguous_on_log(void *ctx, const char *text, size_t n)
{
    struct life *life = ctx;
    json_t *line;
    const char *what, *client, *status, *price, *size, *filled;
    struct truth *truth;
    int64_t px = 0, qty = 0;

    if (n < 16 || memcmp(text, "{\"kind\":\"effect\"", 16) != 0)
        return;
    line = json_loadb(text, n, 0, NULL);
    what = json_string_value(json_object_get(line, "what"));
    client = json_string_value(json_object_get(line, "clientOrderId"));
    status = json_string_value(json_object_get(line, "status"));
    price = json_string_value(json_object_get(line, "price"));
    size = json_string_value(json_object_get(line, "qty"));
    filled = json_string_value(json_object_get(line, "executedQty"));
    REQUIRE(what != NULL && client != NULL && status != NULL && price != NULL && size != NULL &&
            filled != NULL);
    (void)num_parse(price, strlen(price), 8, &px);
    (void)num_parse(size, strlen(size), 8, &qty);
    truth = meet(life, client);
    if (truth != NULL) {
        int is_changed = truth->px != px || truth->qty != qty;

        check_effect(life, truth, what, truth->px != 0 && is_changed);
        truth->t_effect = life->sched.now;
        if (truth->t_new == 0)
            truth->t_new = life->sched.now;
        truth->px = px;
        truth->qty = qty;
        (void)num_parse(filled, strlen(filled), 8, &truth->done);
        truth->is_cancelled |= strcmp(what, "CANCELED") == 0;
        truth->is_open = strcmp(status, "NEW") == 0 || strcmp(status, "PARTIALLY_FILLED") == 0;
        if (strcmp(what, "NEW") == 0 && truth->n_new++ > 0)
            ambiguous_wrong(life, &life->result->n_duplicates,
                            "order %llu, revision %u, came to be twice",
                            (unsigned long long)truth->order_id, truth->rev);
        if (is_changed) {
            truth->t_changed = life->sched.now;
            check_size(life, truth);
        }
    }
    json_decref(line);
}

/* What is told ----------------------------------------------------------------------------------
 */

/* Was the replacement done? On futures it is the same wire order with another price. */
static int is_replaced(struct life *life, const struct order *order, const struct truth *truth)
{
    const struct truth *next = truth_of(life, order->id, order->rev_asked);

    if (life->config.is_um)
        return truth != NULL && truth->px == order->new_px * PX_UNIT_UM &&
               order->new_px != order->px;
    return next != NULL || (truth != NULL && truth->is_cancelled);
}

/* The replacement that is waited for is told as done: then it is, and has been since it was asked
 * for. Asked to be as it is, an order needs no change. An earlier one, of which a second copy was
 * refused, may show itself when the next is done already. */
static void check_replaced(struct life *life, const struct record_report *report,
                           const struct order *order)
{
    const struct truth *truth = truth_of(life, order->id, report->rev);
    int64_t px_unit = life->config.is_um ? PX_UNIT_UM : PX_UNIT_SPOT;
    int is_asked = order->request == AGON_REQUEST_REPLACE && report->rev == order->rev_asked &&
                   (order->px != order->new_px || order->qty != order->new_qty);

    if (is_asked &&
        (truth == NULL || truth->px != report->px * px_unit || truth->t_changed < order->t_request))
        ambiguous_wrong(
            life, &life->result->n_wrong,
            "%.3f s: order %llu is reported as replaced by revision %u at %lld, and was not",
            (double)(life->sched.now - T0) / 1e9, (unsigned long long)order->id, report->rev,
            (long long)report->px);
}

/* What is told as not done has to be so, now and from now on (check_effect). */
void ambiguous_check_report(struct life *life, const struct record_report *report,
                            const struct order *order)
{
    struct ambiguous_result *result = life->result;
    const struct truth *truth = truth_of(life, order->id, order->rev);

    if (report->kind == REPORT_REPLACED && !life->kind->is_doubtful)
        check_replaced(life, report, order);
    if (report->cum_qty * qty_unit(life) > done_of(life, order))
        ambiguous_wrong(
            life, &result->n_wrong, "%.3f s: order %llu: reported %lld filled, at the venue %lld",
            (double)(life->sched.now - T0) / 1e9, (unsigned long long)order->id,
            (long long)report->cum_qty, (long long)(done_of(life, order) / qty_unit(life)));
    if (life->kind->is_doubtful)
        return;
    if (report->kind == REPORT_CANCEL_REJECTED && report->reason == REASON_TIMEOUT) {
        result->n_not_done++;
        if (truth == NULL || truth->is_cancelled)
            ambiguous_wrong(life, &result->n_wrong,
                            "order %llu: its cancel was done and reported as not done",
                            (unsigned long long)order->id);
    }
    // That the venue knows no such order says nothing of what was done: the core asks.
    if (report->kind != REPORT_REPLACE_REJECTED || report->reason == REASON_VENUE_UNKNOWN_ORDER)
        return;
    result->n_not_done += report->reason == REASON_ABSENT;
    if (is_replaced(life, order, truth))
        ambiguous_wrong(life, &result->n_wrong,
                        "order %llu: its replacement was done and reported as not done",
                        (unsigned long long)order->id);
}

/* Its reads had it as not there, or a part of what it did as not done. */
static void note_denied(struct life *life, const struct order *order)
{
    for (int rev = 0; rev <= order->rev_asked && order_is_concluded(order); rev++) {
        struct truth *truth = truth_of(life, order->id, (uint8_t)rev);

        if (truth != NULL)
            truth->t_denied = life->sched.now;
    }
}

/* Nothing ends that stands, and nothing is told as never there that was. */
void ambiguous_check_ended(struct life *life, const struct order *order)
{
    double seconds = (double)(life->sched.now - T0) / 1e9;

    if (life->kind->is_doubtful) {
        note_denied(life, order);
        return; // it comes back when it shows itself, and is cancelled (ambiguous_check_end)
    }
    if (is_open_at_venue(life, order))
        ambiguous_wrong(life, &life->result->n_wrong, "%.3f s: order %llu ended and stands open",
                        seconds, (unsigned long long)order->id);
    else if (order->state == AGON_ORDER_REJECTED && truth_of(life, order->id, 0) != NULL)
        ambiguous_wrong(life, &life->result->n_wrong,
                        "%.3f s: order %llu was there, and is reported as refused", seconds,
                        (unsigned long long)order->id);
}

void ambiguous_note_unknown(struct life *life, const struct order *order)
{
    if (order->request == AGON_REQUEST_NONE)
        return;
    life->result->n_unknown[0]++;
    life->result->n_unknown[order->request]++;
}

void ambiguous_note_given_up(struct life *life, const struct record_report *report,
                             const struct order *order)
{
    struct truth *truth = truth_of(life, order->id, order->rev);

    if (truth != NULL && order->request == AGON_REQUEST_REPLACE &&
        (report->kind == REPORT_REPLACE_REJECTED || report->kind == REPORT_ABSENT))
        truth->t_given = life->sched.now;
}

/* Is it at the venue as the core has it? Where the venue broke its word a replacement may be told
 * as not done that was; the run that gave it up knows it again by its price, and no later one. */
static int is_as_held(const struct life *life, const struct order *order, const struct truth *truth)
{
    int64_t px_unit = life->config.is_um ? PX_UNIT_UM : PX_UNIT_SPOT;

    if (truth == NULL || !truth->is_open)
        return 0;
    if (life->kind->is_doubtful && life->config.is_um && truth->t_given != 0 &&
        truth->t_given < life->t_begun)
        return 1;
    return truth->px == order->px * px_unit &&
           (!life->config.is_um || truth->qty == order->qty * QTY_UNIT_UM);
}

/* Nothing was wanted for a minute in which all reads were right: what stands open is what the core
 * has it for. */
void ambiguous_check_calm(struct life *life)
{
    const struct order *order = NULL;
    uint64_t n_later = 0;

    while ((order = orders_next(life->orders, 1, (struct order *)(uintptr_t)order)) != NULL) {
        const struct truth *truth = truth_of(life, order->id, order->rev);
        int is_under_way = truth != NULL && life->sched.now - truth->t_effect < NEWS_NS;

        n_later += (uint64_t)is_under_way;
        if (order->request == AGON_REQUEST_NONE && !is_under_way && !is_as_held(life, order, truth))
            ambiguous_wrong(
                life, &life->result->n_wrong,
                "order %llu is held for revision %u, %lld at %lld; at the venue it is not",
                (unsigned long long)order->id, order->rev, (long long)order->qty,
                (long long)order->px);
    }
    if (n_later > 0 && life->sched.now < life->t_calm_last) {
        life->t_calm = life->sched.now + SECOND;
        return;
    }
    life->result->n_unjudged += n_later;
    life->is_closing = 1;
}

/* Its reads had it as not there when they were as far behind as they may be, none showed it later,
 * and the event of its fill was lost: the account's positions tell, which are not read here. What
 * came to be before that no such read can miss. */
static int is_denied(struct life *life, const struct order *order, int64_t done)
{
    if (!life->kind->is_doubtful || !order_is_concluded(order) || order->filled_qty != 0 ||
        done == 0)
        return 0;
    for (int rev = 0; rev <= order->rev_asked; rev++) {
        const struct truth *truth = truth_of(life, order->id, (uint8_t)rev);

        if (truth != NULL && truth->done > 0 &&
            (truth->t_denied == 0 || truth->t_denied - truth->t_new > BEHIND_NS + ASKED_NS))
            return 0;
    }
    return 1;
}

void ambiguous_check_end(struct life *life)
{
    struct order *order = NULL;

    for (uint32_t i = 0; i < life->n_truths; i++) {
        const struct truth *truth = &life->truths[i];

        if (truth->is_open)
            ambiguous_wrong(life, &life->result->n_ghosts,
                            "order %llu, revision %u, is open in the end",
                            (unsigned long long)truth->order_id, truth->rev);
    }
    if (orders_count(life->orders, 1) > 0)
        ambiguous_wrong(life, &life->result->n_wrong,
                        "%u orders are held open that nobody has, or unknown",
                        orders_count(life->orders, 1));
    while ((order = orders_next_final(life->orders, order)) != NULL) {
        int64_t done = done_of(life, order) / qty_unit(life);

        if (is_denied(life, order, done)) {
            life->result->n_denied++;
            continue;
        }
        // What filled beyond its size is in suspense, and not its own.
        if (order->filled_qty != (done < order->qty ? done : order->qty))
            ambiguous_wrong(
                life, &life->result->n_wrong, "order %llu: %lld filled here, %lld at the venue",
                (unsigned long long)order->id, (long long)order->filled_qty, (long long)done);
    }
}
