// SPDX-License-Identifier: Apache-2.0
/* booked: what test_intents.c and test_control.c do to a world, and that what is held back is what
 * its orders ask for. */
#ifndef TESTS_UNIT_ENGINE_BOOKED_H
#define TESTS_UNIT_ENGINE_BOOKED_H

#include "engine/impl.h"
#include "world.h"

static struct world *world;

static inline struct position *pos_of(uint16_t slot, agon_instrument_t id)
{
    return ledger_position(world->engine->ledger, slot, id, 0);
}

static inline const struct agon_order *told(uint16_t slot)
{
    return &world_last(world, slot, AGON_EVENT_ORDER)->u.order;
}

static inline const struct order_cmd *last_cmd(void)
{
    return &world->cmds[world->n_cmds - 1];
}

static inline int command(uint8_t kind, uint8_t scope, uint32_t id, int64_t value)
{
    struct record_command event = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                   .kind = kind,
                                   .scope = scope,
                                   .id = id,
                                   .value = value};

    return world_step(world, &event);
}

static inline int limit(uint16_t slot, uint8_t which, int64_t value)
{
    struct record_command event = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                   .kind = COMMAND_LIMIT,
                                   .which = which,
                                   .id = slot,
                                   .value = value};

    return world_step(world, &event);
}

// Sums over the orders equal what positions hold back, final orders with fills due included.
static inline void holds_exactly(void)
{
    world_holds(world);
    for (uint16_t slot = 0; slot < world->engine->slots.n; slot++) {
        uint32_t n;
        const struct position *all = ledger_positions(world->engine->ledger, slot, &n);

        for (uint32_t i = 0; i < n; i++) {
            agon_qty_t buy = 0;
            agon_qty_t sell = 0;
            agon_amt_t amt = 0;

            for (int is_final = 0; is_final < 2; is_final++) {
                struct order *order = NULL;

                for (;;) {
                    order = is_final ? orders_next_final(world->engine->orders, order)
                                     : orders_next(world->engine->orders, slot, order);
                    if (order == NULL)
                        break;
                    if (order->slot != slot || order->instrument != all[i].instrument)
                        continue;
                    buy += order->side == AGON_BUY ? order->held_back_qty : 0;
                    sell += order->side == AGON_SELL ? order->held_back_qty : 0;
                    amt += order->held_back_amt;
                }
            }
            ck_assert_int_eq(all[i].working_buy_qty, buy);
            ck_assert_int_eq(all[i].working_sell_qty, sell);
            ck_assert_int_eq(all[i].working_buy_amt, amt);
        }
    }
}

static inline void end(void)
{
    holds_exactly();
    world_free(world);
}

static inline void buy_and_fill(uint16_t slot, agon_instrument_t id, agon_px_t px, agon_qty_t qty)
{
    world_order(world, slot, id, AGON_BUY, 0, qty, 1);
    ck_assert_uint_eq(last_cmd()->kind, CMD_NEW);
    world_report(world, last_cmd(), REPORT_FILL, px, qty, qty);
}

static inline struct order *stand(uint16_t slot, enum agon_side side, agon_px_t px, agon_qty_t qty,
                                  uint64_t ref)
{
    uint32_t n = world->n_cmds;

    world_order(world, slot, BTCUSDT, side, px, qty, ref);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    return orders_find(world->engine->orders, last_cmd()->order_id);
}

static inline void replace(uint16_t slot, uint64_t ref, agon_px_t px, agon_qty_t qty)
{
    struct agon_intent intent = {
        .kind = AGON_INTENT_REPLACE, .client_ref = ref, .px = px, .qty = qty};

    world_wish(world, slot, &intent);
}

#endif
