// SPDX-License-Identifier: Apache-2.0
/* What leaves is what an agent wished: each order on the wire, and each replacement, has an intent
 * of the same instrument, side, form, price and quantity behind it. Judged by the bytes and by the
 * agents' own words; of the host only its word is taken which order is whose. And by the exchange's
 * own word no two of them meet. */
#include <agon/plugin.h>

#include "base/hash.h"
#include "base/num.h"
#include "dst/bytes_impl.h"
#include "dst/script.h"
#include "run/host_impl.h"

#define WISHES_MAX 65536u
#define EXP        8 /* of prices and quantities here */

enum form {
    FORM_LIMIT = 1,
    FORM_IOC,
    FORM_FOK,
    FORM_MAKER,
    FORM_MARKET,
    FORM_REPLACE,
    FORM_TARGET,
    FORM_QUOTE
};

static uint64_t key_of(uint32_t coin, uint64_t ref, enum form form, uint8_t side, int64_t px,
                       int64_t qty)
{
    uint64_t key = hash_mix((uint64_t)form << 40 | (uint64_t)coin << 16 | side);

    key = hash_mix(key ^ ref);
    key = hash_mix(key ^ (uint64_t)px);
    return hash_mix(key ^ (uint64_t)qty);
}

static enum form form_of(const struct agon_intent *intent)
{
    if (intent->kind == AGON_INTENT_REPLACE)
        return FORM_REPLACE;
    if (intent->type == AGON_MARKET)
        return FORM_MARKET;
    if ((intent->flags & AGON_POST_ONLY) != 0)
        return FORM_MAKER;
    return intent->tif == AGON_TIF_IOC   ? FORM_IOC
           : intent->tif == AGON_TIF_FOK ? FORM_FOK
                                         : FORM_LIMIT;
}

/* A target's quantity is what the position lacks, and a quote that is changed in its place leaves
 * with what had filled besides: bytes_agents.c judges both. Here it is the rest that must be
 * theirs. */
static void on_aim(struct bytes *world, const struct agon_intent *intent, int64_t px, int64_t qty)
{
    uint32_t coin = intent->instrument - 1;
    uint64_t ref = intent->client_ref;

    if (intent->kind == AGON_INTENT_TARGET) {
        (void)map_put(&world->wishes,
                      key_of(coin, ref, FORM_TARGET, 0, intent->type == AGON_LIMIT ? px : 0, 0), 1);
        return;
    }
    (void)map_put(&world->wishes, key_of(coin, ref, FORM_LIMIT, intent->side, px, qty), 1);
    (void)map_put(&world->wishes, key_of(coin, ref, FORM_REPLACE, 0, px, 0), 1);
    (void)map_put(&world->wishes, key_of(coin, ref, FORM_QUOTE, 0, px, 0), 1);
}

static void on_wish(void *ctx, const struct agon_intent *intent)
{
    struct bytes *world = ctx;
    const struct host_instrument *instrument;
    enum form form = form_of(intent);
    int is_replace = form == FORM_REPLACE;
    int is_aim = intent->kind == AGON_INTENT_TARGET || intent->kind == AGON_INTENT_QUOTE;
    int64_t px, qty;

    if ((intent->kind != AGON_INTENT_ORDER && !is_replace && !is_aim) || intent->instrument == 0 ||
        intent->instrument > world->n_coins)
        return;
    instrument = &world->instruments[intent->instrument - 1];
    px = num_rescale(intent->px, instrument->px_exp, EXP, NUM_ZERO);
    qty = num_rescale(intent->qty, instrument->qty_exp, EXP, NUM_ZERO);
    if (is_aim) {
        on_aim(world, intent, px, qty);
        return;
    }
    // Those of one replacement are looked up with its quantity, and without where some was filled.
    (void)map_put(&world->wishes,
                  key_of(intent->instrument - 1, intent->client_ref, form,
                         is_replace ? 0 : intent->side, px, qty),
                  1);
    if (is_replace)
        (void)map_put(&world->wishes,
                      key_of(intent->instrument - 1, intent->client_ref, form, 0, px, 0), 1);
}

int bytes_wishes_open(struct bytes *world)
{
    script_watch(on_wish, world);
    return map_init(&world->wishes, WISHES_MAX);
}

void bytes_wishes_close(struct bytes *world)
{
    script_watch(NULL, NULL);
    map_deinit(&world->wishes);
}

static int has_wish(const struct bytes *world, const struct order *order, uint32_t coin,
                    enum form form, uint8_t side, int64_t px, int64_t qty)
{
    return map_get(&world->wishes, key_of(coin, order->client_ref, form, side, px, qty), NULL);
}

static enum form form_on_wire(const char *type, const char *tif)
{
    if (strcmp(type, "MARKET") == 0)
        return FORM_MARKET;
    if (strcmp(type, "LIMIT_MAKER") == 0 || strcmp(tif, "GTX") == 0)
        return FORM_MAKER;
    return strcmp(tif, "IOC") == 0 ? FORM_IOC : strcmp(tif, "FOK") == 0 ? FORM_FOK : FORM_LIMIT;
}

/* The host's own way out: at market or within a price, but off a position alone, and where the
 * exchange can be told so it is told: an order that only reduces turns nobody round. */
static void check_exit(struct bytes *world, const struct bytes_wire *wire)
{
    if (wire->side == AGON_BUY && wire->coin < 2)
        bytes_fail(world, "inv-01", "order %s closes a position of coins by buying", wire->client);
}

void bytes_wishes_sent(struct bytes *world, const struct bytes_wire *wire)
{
    const struct order *order = orders_find(engine_orders(world->host->engine), wire->order_id);
    enum form form = form_on_wire(wire->type, wire->tif);
    int is_found;

    if (order == NULL || wire->coin >= world->n_coins)
        return; // that it is known is another's matter
    if ((order->flags & ORDER_IS_EXIT) != 0) {
        if (!wire->is_amend)
            (void)map_put(&world->wired, hash_bytes(wire->client, strlen(wire->client)),
                          WIRED_OF_HOST);
        check_exit(world, wire);
        return;
    }
    if (wire->is_amend)
        is_found = has_wish(world, order, wire->coin, FORM_REPLACE, 0, wire->px, wire->qty) ||
                   has_wish(world, order, wire->coin, FORM_QUOTE, 0, wire->px, 0);
    else if (wire->rev > 0)
        is_found = has_wish(world, order, wire->coin, FORM_REPLACE, 0, wire->px, 0);
    else
        is_found = has_wish(world, order, wire->coin, form, wire->side, wire->px, wire->qty) ||
                   // At market it leaves as the limit order that does the same within a price.
                   (form == FORM_IOC && wire->px > 0 &&
                    has_wish(world, order, wire->coin, FORM_MARKET, wire->side, 0, wire->qty)) ||
                   (form == FORM_LIMIT &&
                    has_wish(world, order, wire->coin, FORM_TARGET, 0, wire->px, 0)) ||
                   (form == FORM_IOC && wire->px > 0 &&
                    has_wish(world, order, wire->coin, FORM_TARGET, 0, 0, 0));
    if (form == FORM_MARKET && wire->px == 0)
        is_found = 0; // no agent's order leaves without a price that it costs at most
    if (!is_found)
        bytes_fail(world, "inv-01",
                   "order %s, %s %s at %lld for %lld, is not the intent of an agent", wire->client,
                   wire->type, wire->tif, (long long)wire->px, (long long)wire->qty);
}

/* All slots trade by one account: two of its orders that meet cost fees for nothing, and break the
 * exchange's rules. The host's own way out takes what stands in it. */
void bytes_wishes_met(struct bytes *world, const struct truth *taker, const struct truth *maker)
{
    uint64_t whose = 0;

    if (taker == NULL || taker == maker || !taker->is_ours || !maker->is_ours ||
        taker->coin != maker->coin)
        return;
    if (map_get(&world->wired, hash_bytes(taker->client, strlen(taker->client)), &whose) &&
        whose == WIRED_OF_HOST)
        return;
    bytes_fail(
        world, "inv-01",
        "order %s of slot %u came to the market at %lld and met %s of slot %u at %lld, of the "
        "same account",
        taker->client, taker->slot, (long long)taker->px, maker->client, maker->slot,
        (long long)maker->px);
}
