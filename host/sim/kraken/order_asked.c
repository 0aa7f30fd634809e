// SPDX-License-Identifier: Apache-2.0
/* order_asked: what a request for an order says, by REST and by socket, and what is answered. */
#include <stdio.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

#define ORDER_TEXT 200

/* --- shared --- */

/* A UUID, 32 hexadecimal digits, or up to 18 characters of ASCII. */
int simk_get_client(struct sim_call *call, const char **client)
{
    const char *text = sim_arg(call, "cl_ord_id");
    size_t n = text ? strlen(text) : 0;

    *client = text;
    if (!text)
        return 0;
    if (n == 36 && strspn(text, "0123456789abcdefABCDEF-") == n)
        return 0;
    if (n == 32 && strspn(text, "0123456789abcdefABCDEF") == n)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (text[i] <= ' ' || text[i] > '~')
            n = 0;
    return n >= 1 && n <= 18 ? 0 : simk_fail(call, "EGeneral:Invalid arguments:cl_ord_id");
}

/* Half a second to a minute ahead; the engine takes nothing after it. */
int simk_check_deadline(struct sim_call *call)
{
    const char *text = sim_arg(call, "deadline");
    agon_ns_t t;

    if (!text)
        return 0;
    if (sim_when(text, &t) < 0 || t > call->sim->now.transport + 60 * SIM_NS_PER_S)
        return simk_fail(call, "EGeneral:Invalid arguments:deadline");
    return t > call->sim->now.transport ? 0 : simk_fail(call, "EService:Deadline elapsed");
}

static int get_userref(struct sim_call *call, const char *name, struct sim_intent *intent)
{
    const char *text = sim_arg(call, name);

    if (text && num_parse(text, strlen(text), 0, &intent->ref) < 0)
        return simk_fail(call, "EGeneral:Invalid arguments:%s", name);
    intent->has_ref = text != NULL;
    return 0;
}

static int get_side(struct sim_call *call, const char *name, struct sim_intent *intent)
{
    if (!sim_is(call, name, "buy") && !sim_is(call, name, "sell"))
        return simk_fail(call, "EGeneral:Invalid arguments:%s", name);
    intent->side = sim_is(call, name, "buy") ? AGON_BUY : AGON_SELL;
    return 0;
}

/* GTC, IOC, GTD and FOK in either case. */
static int get_tif(struct sim_call *call, const char *name, struct sim_intent *intent)
{
    static const char *const names[] = {"gtc", "ioc", "fok", "gtd"};
    const char *text = sim_arg(call, name);
    char lower[8] = "gtc";
    size_t i;

    for (i = 0; text && i < 7; i++) {
        lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
        if (text[i] == '\0')
            break;
    }
    for (i = 0; i < 4 && strcmp(names[i], lower) != 0; i++)
        continue;
    if (i == 4 || (text && strlen(text) != 3))
        return simk_fail(call, "EGeneral:Invalid arguments:%s", name);
    intent->tif = (uint8_t)(AGON_TIF_GTC + i);
    return 0;
}

static int get_stp(struct sim_call *call, const char *name, struct sim_intent *intent)
{
    const char *text = sim_arg(call, name);

    intent->stp = MATCH_STP_EXPIRE_TAKER;
    if (!text || strcmp(text, "cancel-newest") == 0 || strcmp(text, "cancel_newest") == 0)
        return 0;
    if (strcmp(text, "cancel-oldest") == 0 || strcmp(text, "cancel_oldest") == 0)
        intent->stp = MATCH_STP_EXPIRE_MAKER;
    else if (strcmp(text, "cancel-both") == 0 || strcmp(text, "cancel_both") == 0)
        intent->stp = MATCH_STP_EXPIRE_BOTH;
    else
        return simk_fail(call, "EGeneral:Invalid arguments:%s", name);
    return 0;
}

/* What both carriers demand of what was said. */
static int check_intent(struct sim_call *call, const struct sim_intent *intent, int has_px,
                        int has_stop)
{
    if (has_px != sim_has_px(call->sim, intent->type) || (has_px && intent->px == 0))
        return simk_fail(call, "EGeneral:Invalid arguments:price");
    if (has_stop != sim_has_stop(call->sim, intent->type) || (has_stop && intent->stop_px == 0))
        return simk_fail(call, "EGeneral:Invalid arguments:price");
    if (intent->qty == 0 && intent->cost_amt == 0)
        return simk_fail(call, "EGeneral:Invalid arguments:volume");
    if (intent->cost_amt > 0 && (intent->type != SIMK_MARKET || intent->side != AGON_BUY))
        return simk_fail(call, "EGeneral:Invalid arguments:viqc");
    if (intent->is_post && intent->type != SIMK_LIMIT)
        return simk_fail(call, "EGeneral:Invalid arguments:oflags");
    if (intent->tif == AGON_TIF_GTD && intent->t_expire <= pit_now(call->sim->pit))
        return simk_fail(call, "EGeneral:Invalid arguments:expiretm");
    return 0;
}

/* --- REST --- */

/* In whole seconds, absolute or from now on ("+240"). */
static int get_expiry(struct sim_call *call, struct sim_intent *intent)
{
    const char *text = sim_arg(call, "expiretm");
    int64_t s = 0;
    int is_from_now = text && text[0] == '+';

    if (text && num_parse(text + is_from_now, strlen(text + is_from_now), 0, &s) < 0)
        return simk_fail(call, "EGeneral:Invalid arguments:expiretm");
    intent->t_expire = num_mul(s, SIM_NS_PER_S) + (is_from_now ? pit_now(call->sim->pit) : 0);
    return 0;
}

static int has_flag(const char *flags, const char *flag)
{
    size_t n = strlen(flag);

    for (; flags && *flags; flags += strcspn(flags, ",") + (strchr(flags, ',') != NULL))
        if (strncmp(flags, flag, n) == 0 && (flags[n] == ',' || flags[n] == '\0'))
            return 1;
    return 0;
}

static int get_pair(struct sim_call *call, struct sim_intent *intent)
{
    const char *text = sim_arg(call, "pair");
    int sym = text ? simk_find_pair(call->sim, text, strlen(text)) : -1;

    if (sym < 0)
        return simk_fail(call,
                         text ? "EQuery:Unknown asset pair" : "EGeneral:Invalid arguments:pair");
    intent->sym = (uint32_t)sym;
    return 0;
}

static int get_rest_intent(struct sim_call *call, struct sim_intent *intent)
{
    static const char *const unknown[] = {"leverage", "displayvol", "starttm", "close[ordertype]"};
    const char *flags = sim_arg(call, "oflags");
    int type = sim_type_of(call->sim, sim_arg(call, "ordertype"));
    int has_qty, has_px, has_px2;
    int64_t px = 0, px2 = 0;

    if (type < 0)
        return simk_fail(call, "EGeneral:Invalid arguments:ordertype");
    intent->type = (uint8_t)type;
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        if (sim_arg(call, unknown[i]) && !sim_is(call, unknown[i], "0") &&
            !sim_is(call, unknown[i], "none"))
            return simk_fail(call, "EGeneral:Invalid arguments:%s", unknown[i]);
    if (get_pair(call, intent) < 0 || get_side(call, "type", intent) < 0 ||
        get_tif(call, "timeinforce", intent) < 0 || get_expiry(call, intent) < 0 ||
        get_stp(call, "stptype", intent) < 0 || get_userref(call, "userref", intent) < 0 ||
        simk_get_client(call, &intent->client) < 0 || simk_check_deadline(call) < 0 ||
        simk_get_dec(call, "volume", &intent->qty, &has_qty) < 0 ||
        simk_get_dec(call, "price", &px, &has_px) < 0 ||
        simk_get_dec(call, "price2", &px2, &has_px2) < 0)
        return -1;
    if (intent->client && intent->has_ref)
        return simk_fail(call, "EGeneral:Invalid arguments:cl_ord_id");
    intent->is_checked_only = sim_is(call, "validate", "true") || sim_is(call, "validate", "1");
    intent->is_post = (uint8_t)has_flag(flags, "post");
    if (has_flag(flags, "viqc")) {
        intent->cost_amt = intent->qty;
        intent->qty = 0;
    }
    // The first price is the trigger where there is one.
    intent->px = sim_has_stop(call->sim, (uint8_t)type) ? px2 : px;
    intent->stop_px = sim_has_stop(call->sim, (uint8_t)type) ? px : 0;
    return check_intent(call, intent,
                        sim_has_stop(call->sim, (uint8_t)type) ? has_px2
                                                               : has_px && type == SIMK_LIMIT,
                        sim_has_stop(call->sim, (uint8_t)type) && has_px);
}

static const char *print_order(const struct sim *sim, const struct sim_order *order,
                               char text[ORDER_TEXT])
{
    int decimals = sim_decimals(pit_at(sim->pit, order->sym)->tick_px);
    char qty[NUM_TEXT], px[NUM_TEXT], stop[NUM_TEXT], name[24];

    num_format(order->is_by_cost ? order->asked_amt : order->qty, PIT_EXP, qty);
    num_format(order->px / num_pow10(PIT_EXP - decimals), decimals, px);
    num_format(order->stop_px / num_pow10(PIT_EXP - decimals), decimals, stop);
    snprintf(name, sizeof(name), "%s",
             simk_types[order->type].is_take_profit ? "take profit" : "stop loss");
    snprintf(text, ORDER_TEXT, "%s %s %s @ %s", simk_side(order->side), qty,
             simk_pair_at(sim, order->sym)->alt, sim_has_stop(sim, order->type) ? name : "");
    if (sim_has_stop(sim, order->type))
        snprintf(text + strlen(text), ORDER_TEXT - strlen(text), " %s", stop);
    if (sim_has_px(sim, order->type))
        snprintf(text + strlen(text), ORDER_TEXT - strlen(text),
                 sim_has_stop(sim, order->type) ? " -> limit %s" : "limit %s", px);
    else if (order->type == SIMK_MARKET)
        snprintf(text + strlen(text), ORDER_TEXT - strlen(text), "market");
    return text;
}

void simk_put_descr(const struct sim *sim, const struct sim_order *order, struct jout *out)
{
    int decimals = sim_decimals(pit_at(sim->pit, order->sym)->tick_px);
    int64_t unit = num_pow10(PIT_EXP - decimals);
    int is_stop = sim_has_stop(sim, order->type);
    agon_px_t first = is_stop ? order->stop_px : order->px, second = is_stop ? order->px : 0;
    char text[ORDER_TEXT];

    SHAPE(
        out, "descr:{pair:$ type:$ ordertype:$ price:$ price2:$ leverage:'none' order:$ close:''}",
        shape_text(simk_pair_at(sim, order->sym)->alt), shape_text(simk_side(order->side)),
        shape_text(simk_types[order->type].name), shape_dec(first / unit, first ? decimals : 0),
        shape_dec(second / unit, second ? decimals : 0), shape_text(print_order(sim, order, text)));
}

int simk_add_order(struct sim_call *call)
{
    struct sim_intent intent = {.sym = 0};
    struct sim_order *order, shown;
    struct jout *out = call->out;
    char id[SIMK_ID_TEXT], text[ORDER_TEXT];

    if (get_rest_intent(call, &intent) < 0 || simk_place(call, &intent, &order) < 0)
        return -1;
    shown = (struct sim_order){.sym = intent.sym,
                               .side = intent.side,
                               .type = intent.type,
                               .px = intent.px,
                               .stop_px = intent.stop_px,
                               .qty = intent.qty,
                               .is_by_cost = intent.cost_amt > 0,
                               .asked_amt = intent.cost_amt};
    SHAPE(out, "{descr:{order:$}", shape_text(print_order(call->sim, &shown, text)));
    if (order)
        SHAPE(out, "txid:[$] cl_ord_id:$", shape_text(simk_id(call->sim, 'O', order->n, id)),
              shape_some(order->client));
    jout_close(out, '{');
    return 0;
}

/* Below 0: none was named. *order NULL: there is none of that name. */
static int get_named(struct sim_call *call, const char *name, struct sim_order **order)
{
    const char *id = sim_arg(call, name), *client = sim_arg(call, "cl_ord_id");

    if ((id == NULL) == (client == NULL))
        return simk_fail(call, "EGeneral:Invalid arguments:%s", name);
    *order = id ? simk_find(call->sim, call->account, id)
                : sim_find_client(call->sim, call->account, client);
    return 0;
}

int simk_amend_order(struct sim_call *call)
{
    struct sim_intent intent = {.sym = 0};
    struct sim_order *order;
    int has_px, has_qty, has_stop;
    char id[SIMK_ID_TEXT], amend[SIMK_ID_TEXT];

    if (get_named(call, call->conn ? "order_id" : "txid", &order) < 0 ||
        simk_check_deadline(call) < 0 ||
        simk_get_dec(call, "limit_price", &intent.px, &has_px) < 0 ||
        simk_get_dec(call, "order_qty", &intent.qty, &has_qty) < 0 ||
        simk_get_dec(call, "trigger_price", &intent.stop_px, &has_stop) < 0 ||
        simk_amend(call, order, (has_px ? 1u : 0u) | (has_qty ? 2u : 0u) | (has_stop ? 4u : 0u),
                   &intent) < 0)
        return -1;
    simk_id(call->sim, 'T', ++simk_owner_of(call->sim, call->account)->n_ledger << 32, amend);
    SHAPE(call->out, "{amend_id:$ order_id:$ cl_ord_id:$}", shape_text(amend),
          call->conn && sim_arg(call, "order_id")
              ? shape_text(simk_id(call->sim, 'O', order->n, id))
              : shape_none(),
          call->conn && sim_arg(call, "cl_ord_id") ? shape_text(order->client) : shape_none());
    return 0;
}

int simk_edit_order(struct sim_call *call)
{
    struct sim_intent intent = {.sym = 0};
    struct sim_order *order, *placed;
    struct jout *out = call->out;
    int64_t px, px2;
    int has_px, has_px2, has_qty, is_stop;
    char id[SIMK_ID_TEXT], text[ORDER_TEXT];

    if (get_pair(call, &intent) < 0 || get_named(call, "txid", &order) < 0 ||
        simk_check_deadline(call) < 0 || get_userref(call, "userref", &intent) < 0 ||
        simk_get_dec(call, "volume", &intent.qty, &has_qty) < 0 ||
        simk_get_dec(call, "price", &px, &has_px) < 0 ||
        simk_get_dec(call, "price2", &px2, &has_px2) < 0)
        return -1;
    is_stop = order && sim_has_stop(call->sim, order->type);
    intent.is_post = (uint8_t)has_flag(sim_arg(call, "oflags"), "post");
    intent.px = is_stop ? (has_px2 ? px2 : 0) : (has_px ? px : 0);
    intent.stop_px = is_stop && has_px ? px : 0;
    if (simk_edit(call, order,
                  (intent.px ? 1u : 0u) | (has_qty ? 2u : 0u) | (intent.stop_px ? 4u : 0u), &intent,
                  &placed) < 0)
        return -1;
    SHAPE(out,
          "{status:'ok' txid:$ originaltxid:$ volume:$ price:$ orders_cancelled:1 "
          "descr:{order:$}}",
          shape_text(simk_id(call->sim, 'O', placed->n, id)),
          shape_text(sim_arg(call, "txid") ? sim_arg(call, "txid") : ""),
          shape_dec(placed->qty, PIT_EXP), shape_dec(placed->px, PIT_EXP),
          shape_text(print_order(call->sim, placed, text)));
    return 0;
}

int simk_cancel_order(struct sim_call *call)
{
    struct sim_order *order;

    if (get_named(call, "txid", &order) < 0 || simk_cancel(call, order) < 0)
        return -1;
    shape_put(call->out, "{count:1}", NULL, 0);
    return 0;
}

int simk_cancel_every(struct sim_call *call)
{
    uint32_t n = sim_cancel_all(call->sim, call->account, "User requested");

    SHAPE(call->out, "{count:$}", shape_int(n));
    return 0;
}

int simk_cancel_after(struct sim_call *call)
{
    const char *text = sim_arg(call, "timeout");
    agon_ns_t now = call->sim->now.transport;
    int64_t s;

    if (!text || num_parse(text, strlen(text), 0, &s) < 0 || s < 0 || s > 86400)
        return simk_fail(call, "EGeneral:Invalid arguments:timeout");
    call->account->t_dead = s > 0 ? now + s * SIM_NS_PER_S : 0;
    SHAPE(call->out, "{currentTime:$ triggerTime:$}", shape_when(now),
          s > 0 ? shape_when(call->account->t_dead) : shape_text("0"));
    return 0;
}

/* --- by socket --- */

static int get_symbol(struct sim_call *call, struct sim_intent *intent)
{
    const char *text = sim_arg(call, "symbol");
    int sym = text ? pit_find(call->sim->pit, text) : -1;

    if (sym < 0)
        return simk_fail(
            call, text ? "Currency pair not supported %s" : "EGeneral:Invalid arguments:symbol%s",
            text ? text : "");
    intent->sym = (uint32_t)sym;
    return 0;
}

static int get_ws_intent(struct sim_call *call, struct sim_intent *intent)
{
    const char *expiry = sim_arg(call, "expire_time");
    int type = sim_type_of(call->sim, sim_arg(call, "order_type"));
    int has_qty, has_px, has_stop, has_cost;

    if (type < 0)
        return simk_fail(call, "EGeneral:Invalid arguments:order_type");
    intent->type = (uint8_t)type;
    if (get_symbol(call, intent) < 0 || get_side(call, "side", intent) < 0 ||
        get_tif(call, "time_in_force", intent) < 0 || get_stp(call, "stp_type", intent) < 0 ||
        get_userref(call, "order_userref", intent) < 0 ||
        simk_get_client(call, &intent->client) < 0 || simk_check_deadline(call) < 0 ||
        simk_get_dec(call, "order_qty", &intent->qty, &has_qty) < 0 ||
        simk_get_dec(call, "cash_order_qty", &intent->cost_amt, &has_cost) < 0 ||
        simk_get_dec(call, "limit_price", &intent->px, &has_px) < 0 ||
        simk_get_dec(call, "triggers.price", &intent->stop_px, &has_stop) < 0)
        return -1;
    if (expiry && sim_when(expiry, &intent->t_expire) < 0)
        return simk_fail(call, "EGeneral:Invalid arguments:expire_time");
    if (sim_is(call, "margin", "true") || sim_is(call, "reduce_only", "true"))
        return simk_fail(call, "EOrder:Cannot open position");
    intent->is_post = sim_is(call, "post_only", "true") != 0;
    intent->is_checked_only = sim_is(call, "validate", "true") != 0;
    return check_intent(call, intent, has_px, has_stop);
}

int simk_ws_add(struct sim_call *call)
{
    struct sim_intent intent = {.sym = 0};
    struct sim_order *order;
    char id[SIMK_ID_TEXT];

    if (get_ws_intent(call, &intent) < 0 || simk_place(call, &intent, &order) < 0)
        return -1;
    SHAPE(call->out, "{order_id:$ cl_ord_id:$ order_userref:$}",
          shape_some(order ? simk_id(call->sim, 'O', order->n, id) : NULL),
          shape_some(intent.client), shape_int(intent.ref));
    return 0;
}

int simk_ws_edit(struct sim_call *call)
{
    struct sim_intent intent = {.sym = 0};
    struct sim_order *order, *placed;
    int has_px, has_qty, has_stop;
    char id[SIMK_ID_TEXT], old[SIMK_ID_TEXT];
    uint64_t n;

    if (get_symbol(call, &intent) < 0 || get_named(call, "order_id", &order) < 0 ||
        simk_check_deadline(call) < 0 || get_userref(call, "order_userref", &intent) < 0 ||
        simk_get_dec(call, "limit_price", &intent.px, &has_px) < 0 ||
        simk_get_dec(call, "order_qty", &intent.qty, &has_qty) < 0 ||
        simk_get_dec(call, "triggers.price", &intent.stop_px, &has_stop) < 0)
        return -1;
    intent.is_post = sim_is(call, "post_only", "true") != 0;
    n = order ? order->n : 0; // the old one may be gone when the new one is there
    if (simk_edit(call, order, (has_px ? 1u : 0u) | (has_qty ? 2u : 0u) | (has_stop ? 4u : 0u),
                  &intent, &placed) < 0)
        return -1;
    SHAPE(call->out, "{order_id:$ original_order_id:$}",
          shape_text(simk_id(call->sim, 'O', placed->n, id)),
          shape_text(simk_id(call->sim, 'O', n, old)));
    return 0;
}
