// SPDX-License-Identifier: Apache-2.0
/* asked: what a request for orders says, by REST and by socket, of one order or a list; each is
 * done, or refused, by itself, and has a record of its own in the answer. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/okx/simo.h"

#define BATCH_MAX 20
#define PER_PAIR  60 /* of a kind and an instrument in two seconds */

typedef int (*one_fn)(struct sim_call *call, struct sim_order **order);

static int count_one(struct sim_call *call, int kind, uint32_t sym)
{
    struct sim_count *count = &simo_of(call->sim)->by_symbol[call->account->owner][kind][sym];

    return sim_count(count, call->sim->now.transport, 2 * SIM_NS_PER_S, PER_PAIR)
               ? 0
               : sim_fail(call, 50011, "Too Many Requests");
}

static void put_record(const struct sim_call *one, const struct sim_order *order)
{
    const char *client = simo_arg(one, "clOrdId"), *req = simo_arg(one, "reqId");
    const char *tag = simo_arg(one, "tag"), *id = simo_arg(one, "ordId");
    struct jout *out = one->out;
    char code[12];

    snprintf(code, sizeof(code), "%d", one->code);
    SHAPE(out, "{clOrdId:$ ordId:$ reqId:$ tag:$ ts:$ sCode:$ sMsg:$}",
          shape_text(order    ? order->client
                     : client ? client
                              : ""),
          order ? shape_id(simo_id(order->n)) : shape_text(id ? id : ""),
          shape_text(req ? req : ""), shape_text(tag ? tag : ""), shape_ms(one->sim->now.transport),
          shape_text(code), shape_text(one->text));
}

/* Runs it for each. What is wrong with one is said in its record, and the whole says 1 or 2. */
static int for_each(struct sim_call *call, one_fn run)
{
    json_t *list = json_is_array(call->args) ? json_incref(call->args) : json_array();
    uint32_t n_bad = 0;
    json_t *args;
    size_t i;

    if (!json_is_array(call->args))
        json_array_append(list, call->args);
    if (json_array_size(list) == 0 || json_array_size(list) > BATCH_MAX) {
        json_decref(list);
        return sim_fail(call, 51000, "Parameter error");
    }
    json_array_foreach(list, i, args)
    {
        struct sim_call one = *call;
        struct sim_order *order = NULL;

        one.args = args;
        if (run(&one, &order) < 0) {
            n_bad++;
            order = NULL;
        }
        sim_log_call(&one, args);
        // Too many is said of the whole where it is of the only one.
        if (one.code == 50011 && json_array_size(list) == 1) {
            json_decref(list);
            return sim_fail(call, one.code, "%s", one.text);
        }
        put_record(&one, order);
    }
    call->code = n_bad == 0 ? 0 : n_bad == json_array_size(list) ? 1 : 2;
    json_decref(list);
    return 0;
}

/* --- new --- */

/* Letters and digits, up to 32. */
static int get_name(struct sim_call *call, const char *name, size_t most, const char **value)
{
    const char *text = simo_arg(call, name);

    *value = text;
    if (!text)
        return 0;
    if (strlen(text) > most ||
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") !=
            strlen(text))
        return sim_fail(call, 51000, "Parameter %s error", name);
    return 0;
}

static int get_type(struct sim_call *call, struct sim_intent *intent)
{
    int type = sim_type_of(call->sim, simo_arg(call, "ordType"));

    intent->type = (uint8_t)type;
    return type >= 0 ? 0 : sim_fail(call, 51000, "Parameter ordType error");
}

static int get_stp(struct sim_call *call, struct sim_intent *intent)
{
    const char *text = simo_arg(call, "stpMode");

    intent->stp = MATCH_STP_EXPIRE_MAKER; // what an account has that says nothing
    if (!text || strcmp(text, "cancel_maker") == 0)
        return 0;
    intent->stp = strcmp(text, "cancel_taker") == 0  ? MATCH_STP_EXPIRE_TAKER
                  : strcmp(text, "cancel_both") == 0 ? MATCH_STP_EXPIRE_BOTH
                                                     : 0;
    return intent->stp ? 0 : sim_fail(call, 51000, "Parameter stpMode error");
}

/* From contracts. */
static int to_base(struct sim_call *call, const struct pit_symbol *symbol, agon_qty_t *qty)
{
    agon_qty_t contracts = *qty;

    *qty = num_mul_div(contracts, simo_contract(symbol), num_pow10(PIT_EXP), NUM_DOWN);
    return num_mul_div(*qty, num_pow10(PIT_EXP), simo_contract(symbol), NUM_DOWN) == contracts
               ? 0
               : sim_fail(call, 51121, "Order quantity must be a multiple of the lot size.");
}

static int get_intent(struct sim_call *call, struct sim_intent *intent)
{
    const struct pit_symbol *symbol;
    int has_px, has_qty, is_quote;

    if (simo_get_symbol(call, &intent->sym) < 0 || get_type(call, intent) < 0 ||
        get_stp(call, intent) < 0 || get_name(call, "clOrdId", 32, &intent->client) < 0 ||
        get_name(call, "tag", 16, &intent->tag) < 0 ||
        simo_get_num(call, "px", &intent->px, &has_px) < 0 ||
        simo_get_num(call, "sz", &intent->qty, &has_qty) < 0)
        return -1;
    if (!sim_is(call, "side", "buy") && !sim_is(call, "side", "sell"))
        return sim_fail(call, 51000, "Parameter side error");
    symbol = pit_at(call->sim->pit, intent->sym);
    if (!sim_is(call, "tdMode", simo_is_swap(symbol) ? "cross" : "cash"))
        return sim_fail(call, 51000, "Parameter tdMode error");
    if (!has_qty)
        return sim_fail(call, 51000, "Parameter sz error");
    if (has_px != (intent->type != 0))
        return sim_fail(call, 51000, "Parameter px error");
    intent->side = sim_is(call, "side", "buy") ? AGON_BUY : AGON_SELL;
    if (simo_is_swap(symbol)) {
        intent->is_reduce_only = sim_is(call, "reduceOnly", "true") != 0;
        return to_base(call, symbol, &intent->qty);
    }
    // A market buy is counted in the quote where nothing is said.
    is_quote =
        intent->type == 0 && (sim_is(call, "tgtCcy", "quote_ccy") ||
                              (intent->side == AGON_BUY && !sim_is(call, "tgtCcy", "base_ccy")));
    if (is_quote) {
        intent->cost_amt = intent->qty;
        intent->qty = 0;
    }
    return 0;
}

static int new_one(struct sim_call *call, struct sim_order **order)
{
    struct sim_intent intent = {.sym = 0};

    if (get_intent(call, &intent) < 0 || count_one(call, SIMO_NEW, intent.sym) < 0)
        return -1;
    return simo_place(call, &intent, order);
}

int simo_new_order(struct sim_call *call)
{
    return for_each(call, new_one);
}

/* --- cancelled --- */

static int cancel_one(struct sim_call *call, struct sim_order **order)
{
    if (simo_find(call, order) < 0)
        return -1;
    if (!*order)
        return sim_fail(call, 51400, "Cancellation failed as the order does not exist.");
    if (count_one(call, SIMO_CANCEL, (*order)->sym) < 0)
        return -1;
    if ((*order)->state == SIM_CANCELED)
        return sim_fail(call, 51401, "Cancellation failed as the order is already canceled.");
    if ((*order)->state == SIM_FILLED)
        return sim_fail(call, 51402, "Cancellation failed as the order is already completed.");
    return sim_cancel(call->sim, *order, NULL) == MATCH_OK
               ? 0
               : sim_fail(call, 51400, "Cancellation failed as the order does not exist.");
}

int simo_cancel_order(struct sim_call *call)
{
    return for_each(call, cancel_one);
}

/* --- amended --- */

static int amend_one(struct sim_call *call, struct sim_order **found)
{
    struct sim_order *order;
    const char *req;
    agon_px_t px;
    agon_qty_t qty;
    int has_px, has_qty, reason;

    if (simo_find(call, found) < 0 || simo_get_num(call, "newPx", &px, &has_px) < 0 ||
        simo_get_num(call, "newSz", &qty, &has_qty) < 0 || get_name(call, "reqId", 32, &req) < 0)
        return -1;
    order = *found;
    if (!order)
        return sim_fail(call, 51503, "Order modification failed as the order does not exist.");
    if (count_one(call, SIMO_AMEND, order->sym) < 0)
        return -1;
    if (order->state == SIM_CANCELED)
        return sim_fail(call, 51509, "Modification failed. Order canceled.");
    if (order->state == SIM_FILLED)
        return sim_fail(call, 51510, "Modification failed as the order is completed.");
    if (!has_px && !has_qty)
        return sim_fail(call, 51512, "Either newSz or newPx is required.");
    if (has_qty && to_base(call, pit_at(call->sim->pit, order->sym), &qty) < 0)
        return -1;
    px = has_px ? px : order->px;
    qty = has_qty ? qty : order->qty;
    simo_of(call->sim)->amended = order;
    simo_of(call->sim)->req_id = req;
    reason = sim_amend(call->sim, order, px, qty);
    simo_of(call->sim)->amended = NULL;
    if (reason == MATCH_OK)
        return 0;
    return reason == MATCH_WOULD_TAKE
               ? sim_fail(call, 51517, "A post-only order cannot be amended so that it takes.")
           : reason == MATCH_NO_FUNDS
               ? sim_fail(call, 51008, "Order failed. Insufficient balance in account.")
           : reason == MATCH_BAD_PRICE
               ? sim_fail(call, 51006, "Order price is not within the price limit")
               : sim_fail(call, 51121, "Order quantity must be a multiple of the lot size.");
}

int simo_amend_order(struct sim_call *call)
{
    return for_each(call, amend_one);
}

/* --- the switch --- */

int simo_cancel_after(struct sim_call *call)
{
    const char *text = simo_arg(call, "timeOut"), *tag = simo_arg(call, "tag");
    agon_ns_t now = call->sim->now.transport;
    int64_t s;

    if (!text || num_parse(text, strlen(text), 0, &s) < 0 || (s != 0 && (s < 10 || s > 120)))
        return sim_fail(call, 51000, "Parameter timeOut error");
    call->account->t_dead = s > 0 ? now + s * SIM_NS_PER_S : 0;
    SHAPE(call->out, "{triggerTime:$ tag:$ ts:$}",
          s > 0 ? shape_ms(call->account->t_dead) : shape_text("0"), shape_text(tag ? tag : ""),
          shape_ms(now));
    return 0;
}
