// SPDX-License-Identifier: Apache-2.0
/* records: orders and fills as the venue keeps them, found by id and by client id; what the log
 * says of them. The same for both markets. */
#include <stdlib.h>

#include "base/hash.h"
#include "sim/binance/simb.h"

int simb_records_init(struct simb *b)
{
    b->orders = calloc(SIMB_ORDERS_KEPT, sizeof(*b->orders));
    b->buckets = calloc(SIMB_BUCKETS, sizeof(*b->buckets));
    return b->orders && b->buckets ? map_init(&b->by_id, SIMB_ORDERS_KEPT) : AGON_ENOMEM;
}

/* --- the table of orders --- */

static uint32_t bucket_of(const struct simb_account *account, uint32_t sym, const char *client)
{
    return (uint32_t)(hash_mix(hash_bytes(client, strlen(client)) ^
                               ((uint64_t)account->owner << 40) ^ ((uint64_t)sym << 32)) %
                      SIMB_BUCKETS);
}

// The newest of that name: an id may be used again once its order is closed.
struct simb_order *simb_find_client(struct simb *b, const struct simb_account *account,
                                    uint32_t sym, const char *client)
{
    struct simb_order *order = b->buckets[bucket_of(account, sym, client)];

    while (order &&
           (order->account != account || order->sym != sym || strcmp(order->client, client) != 0))
        order = order->next_in_bucket;
    return order;
}

struct simb_order *simb_find_id(struct simb *b, const struct simb_account *account, uint32_t sym,
                                uint64_t id)
{
    struct simb_order *order;
    uint64_t at;

    if (!map_get(&b->by_id, id, &at))
        return NULL;
    order = (struct simb_order *)(uintptr_t)at;
    return order->account == account && order->sym == sym ? order : NULL;
}

static void forget(struct simb *b, struct simb_order *order)
{
    struct simb_order **at = &b->buckets[bucket_of(order->account, order->sym, order->client)];

    while (*at && *at != order)
        at = &(*at)->next_in_bucket;
    if (*at)
        *at = order->next_in_bucket;
    map_remove(&b->by_id, order->id);
    simb_past_forget(b, order);
    free(order->um);
    free(order);
}

// When the table is full the oldest closed half goes; the venue archives them too.
void simb_make_room(struct simb *b)
{
    uint32_t kept = 0, dropped = 0;

    if (b->n_orders < SIMB_ORDERS_KEPT)
        return;
    for (uint32_t i = 0; i < b->n_orders; i++) {
        if (!b->orders[i]->is_open && dropped < SIMB_ORDERS_KEPT / 2) {
            forget(b, b->orders[i]);
            dropped++;
        } else {
            b->orders[kept++] = b->orders[i];
        }
    }
    b->n_orders = kept;
}

void simb_enter(struct simb *b, struct simb_order *order)
{
    uint32_t bucket = bucket_of(order->account, order->sym, order->client);

    order->next_in_bucket = b->buckets[bucket];
    b->buckets[bucket] = order;
    REQUIRE(map_put(&b->by_id, order->id, (uint64_t)(uintptr_t)order) == AGON_OK);
    b->orders[b->n_orders++] = order;
    order->is_open = 1;
    order->account->n_open[order->sym]++;
    order->account->n_algo[order->sym] += (uint32_t)order->is_conditional;
    simb_past_enter(b, order);
}

void simb_rename(struct simb *b, struct simb_order *order, const char *client)
{
    struct simb_order **at = &b->buckets[bucket_of(order->account, order->sym, order->client)];
    uint32_t bucket;

    while (*at != order)
        at = &(*at)->next_in_bucket;
    *at = order->next_in_bucket;
    memmove(order->client, client, strlen(client) + 1);
    bucket = bucket_of(order->account, order->sym, order->client);
    order->next_in_bucket = b->buckets[bucket];
    b->buckets[bucket] = order;
}

void simb_leave(struct simb_order *order, enum simb_status status)
{
    order->status = (uint8_t)status;
    if (!order->is_open)
        return;
    order->is_open = 0;
    order->is_working = 0;
    order->account->n_open[order->sym]--;
    order->account->n_algo[order->sym] -= (uint32_t)order->is_conditional;
}

void simb_records_free(struct simb *b)
{
    for (uint32_t i = 0; i < b->n_orders; i++) {
        free(b->orders[i]->um);
        free(b->orders[i]);
    }
    free(b->orders);
    map_deinit(&b->by_id);
    free(b->buckets);
    free(b->fills);
}

void simb_log_effect(struct simb *b, const struct simb_order *order, const char *kind,
                     const struct match_event *event, uint64_t trade_id)
{
    struct jout *line = &b->sim.line;

    simb_tell_effect(b, order, event, trade_id);
    if (!sim_log_begin(&b->sim, "effect", event->t))
        return;
    jout_kv_str(line, "key", order->account->member->key);
    jout_kv_str(line, "what", kind);
    jout_kv_str(line, "symbol", pit_at(b->sim.pit, order->sym)->name);
    jout_kv_int(line, "orderId", (int64_t)order->id);
    jout_kv_str(line, "clientOrderId", order->client);
    jout_kv_str(line, "side", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_str(line, "type", b->venue->type_names[order->type]);
    jout_kv_str(line, "status", simb_status_names[order->status]);
    jout_kv_dec(line, "price", order->px, SIMB_EXP);
    jout_kv_dec(line, "qty", order->qty, SIMB_EXP);
    jout_kv_dec(line, "executedQty", order->filled_qty, SIMB_EXP);
    if (event->kind == MATCH_TRADE) {
        jout_kv_int(line, "tradeId", (int64_t)trade_id);
        jout_kv_dec(line, "lastPrice", event->px, SIMB_EXP);
        jout_kv_dec(line, "lastQty", event->qty, SIMB_EXP);
        simb_kv_amt(b, line, "fee", event->fee_asset, event->fee_amt);
        jout_kv_str(line, "feeAsset",
                    instruments_asset(pit_table(b->sim.pit), event->fee_asset)->name);
        jout_kv_bool(line, "isMaker", event->is_maker);
    }
    jout_close(line, '{');
    sim_log(&b->sim, line);
}

void simb_keep_fill(struct simb *b, const struct simb_order *order, const struct match_event *event,
                    uint64_t trade_id)
{
    if (b->n_fills == b->fills_room && b->fills_room < SIMB_FILLS_KEPT) {
        uint32_t room = b->fills_room ? b->fills_room * 2 : 1024;
        struct simb_fill *fills = realloc(b->fills, room * sizeof(*fills));

        REQUIRE(fills != NULL);
        b->fills = fills;
        b->fills_room = room;
    }
    b->fills[b->n_fills++ % SIMB_FILLS_KEPT] =
        (struct simb_fill){.account = order->account,
                           .trade_id = trade_id,
                           .order_id = order->id,
                           .sym = order->sym,
                           .fee_asset = event->fee_asset,
                           .px = event->px,
                           .qty = event->qty,
                           .amt = event->quote_amt,
                           .fee_amt = event->fee_amt,
                           .t = event->t,
                           .t_seen = b->sim.now.transport,
                           .is_buyer = order->side == AGON_BUY,
                           .is_maker = event->is_maker};
}
