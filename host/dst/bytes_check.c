// SPDX-License-Identifier: Apache-2.0
/* What must hold in a byte-level run. Judged from the exchange's own word (the truth), from the
 * bytes that left, and from what operators ordered and were told: none of the host's own sums is
 * believed, they are what is compared. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "dst/bytes_books.h"
#include "journal/reader.h"
#include "run/host_impl.h"
#include "venue/client_id.h"

#define WIRED_MAX 65536u
#define IDLE_MAX  (62 * SECOND) /* ... and behind it */

static struct order_ids *ids_of(struct bytes *world)
{
    static struct order_ids ids;

    ids = engine_order_ids(world->host->engine);
    return &ids;
}

int bytes_check_open(struct bytes *world)
{
    world->truths = calloc(BYTES_ORDERS, sizeof(*world->truths));
    world->wired_ids = calloc(WIRED_MAX, sizeof(*world->wired_ids));
    if (world->truths == NULL || world->wired_ids == NULL || bytes_wishes_open(world) < 0 ||
        map_init(&world->fired, BYTES_FIRED) < 0 ||
        map_init(&world->by_client, 2 * BYTES_ORDERS) < 0 || map_init(&world->wired, WIRED_MAX) < 0)
        return AGON_ENOMEM;
    return AGON_OK;
}

void bytes_check_close(struct bytes *world)
{
    free(world->truths);
    free(world->wired_ids);
    bytes_wishes_close(world);
    map_deinit(&world->by_client);
    map_deinit(&world->wired);
    map_deinit(&world->fired);
}

/* --- what leaves --- */

static int value_of(const char *text, size_t n, const char *key, char *out, size_t room)
{
    size_t k = strlen(key);

    for (size_t at = 0; at + k < n; at++) {
        size_t m = 0;

        if (memcmp(text + at, key, k) != 0 ||
            (at > 0 && text[at - 1] != '&' && text[at - 1] != '?'))
            continue;
        for (at += k;
             at < n && m + 1 < room && text[at] != '&' && text[at] != ' ' && text[at] != '\r'; at++)
            out[m++] = text[at];
        out[m] = '\0';
        return 1;
    }
    return 0;
}

/* Does it make what the slot has at the exchange smaller, whatever is on its way? Rebates that a
 * maker is paid in the coin are held like what was bought, and add up over many trades. */
static int is_reducing(const struct bytes *world, int coin, uint16_t slot, uint8_t side,
                       int64_t qty)
{
    int64_t held = slot < BYTES_SLOTS ? world->coins[coin].slot_net[slot] : 0;

    return side == AGON_SELL ? held > 0 && qty <= held + held / 100
                             : held < 0 && qty <= -held - held / 100;
}

/* An agent that was unloaded by name is RETIRED until its place is free: who has it then begins
 * with nothing of what was there, no halt either. */
static int is_anothers(const struct bytes *world, uint16_t slot)
{
    const struct slot *one = &engine_slots(world->host->engine)->all[slot];

    return (world->unloaded >> slot & 1) != 0 && one->condition != CONDITION_RETIRED;
}

static void check_halted(struct bytes *world, uint64_t order_id, int coin, uint8_t side,
                         int64_t qty, const char *client)
{
    const struct order_word *word = &world->word;
    uint16_t slot = ORDER_ID_SLOT(order_id);
    const char *why =
        word->is_killed    ? "killed"
        : word->is_stopped ? "stopped"
        : word->is_halted  ? "halted"
        : slot < BYTES_SLOTS && word->is_slot_halted[slot] && !is_anothers(world, slot)
            ? "halted for its slot"
        : slot < BYTES_SLOTS && word->is_suspended[slot] && !is_anothers(world, slot)
            ? "ordered to suspend its slot"
            : NULL;

    if (why == NULL || word->is_unsure || slot >= BYTES_SLOTS)
        return;
    // What had been decided before may still be on its way.
    if (ORDER_ID_RUN(order_id) == word->run && ORDER_ID_COUNTER(order_id) < word->counters[slot])
        return;
    if (!is_reducing(world, coin, slot, side, qty))
        bytes_fail(world, "inv-24", "order %s of slot %u left while the host was %s", client, slot,
                   why);
}

/* Its time stamp was, by the exchange's own word: nothing was done, and by the right time the same
 * request may leave again. */
void bytes_check_refused(struct bytes *world, const char *client)
{
    (void)map_put(&world->wired, hash_bytes(client, strlen(client)), WIRED_REFUSED);
}

/* What was wished of it, field by field. */
static void check_wish(struct bytes *world, uint16_t port, const char *text, size_t n, int is_amend)
{
    char client[40], side[8], symbol[16], qty[32], px[32] = "0", type[16] = "", tif[8] = "";
    struct bytes_wire wire = {
        .client = client, .type = type, .tif = tif, .is_amend = (uint8_t)is_amend};
    int coin;

    if (!value_of(text, n, is_amend ? "origClientOrderId=" : "newClientOrderId=", client,
                  sizeof(client)) ||
        !value_of(text, n, "side=", side, sizeof(side)) ||
        !value_of(text, n, "symbol=", symbol, sizeof(symbol)) ||
        !value_of(text, n, "quantity=", qty, sizeof(qty)))
        return;
    (void)value_of(text, n, "price=", px, sizeof(px));
    (void)value_of(text, n, "type=", type, sizeof(type));
    (void)value_of(text, n, "timeInForce=", tif, sizeof(tif));
    coin = bytes_coin((uint8_t)(port - 80), symbol);
    if (coin < 0 ||
        client_id_parse(ids_of(world), client, strlen(client), &wire.order_id, &wire.rev) < 0)
        return;
    wire.coin = (uint32_t)coin;
    wire.side = side[0] == 'B' ? AGON_BUY : AGON_SELL;
    (void)num_parse(px, strlen(px), 8, &wire.px);
    (void)num_parse(qty, strlen(qty), 8, &wire.qty);
    bytes_wishes_sent(world, &wire);
}

void bytes_check_sent(struct bytes *world, uint16_t port, const char *text, size_t n)
{
    char client[40], side[8], symbol[16], qty_text[32], px_text[32];
    struct bytes_sent sent = {.client = client};
    int64_t qty = 0;
    uint64_t order_id, at;
    uint8_t rev;
    int coin;

    if (n > 8 && memcmp(text, "PUT /", 5) == 0)
        check_wish(world, port, text, n, 1);
    if (n < 8 || memcmp(text, "POST /", 6) != 0 ||
        !value_of(text, n, "newClientOrderId=", client, sizeof(client)))
        return;
    bytes_trace(world, "SENT %u %.*s", port, (int)(n < 300 ? n : 300), text);
    if (map_get(&world->wired, hash_bytes(client, strlen(client)), &at) && at != WIRED_REFUSED) {
        bytes_fail(world, "inv-02", "client id %s was written to the wire a second time", client);
        return;
    }
    (void)map_put(&world->wired, hash_bytes(client, strlen(client)), WIRED_OF_AGENT);
    if (client_id_parse(ids_of(world), client, strlen(client), &order_id, &rev) < 0) {
        bytes_fail(world, "inv-02", "client id %s is not of this journal", client);
        return;
    }
    REQUIRE(world->n_wired < WIRED_MAX);
    world->wired_ids[world->n_wired++] = order_id;
    if (!value_of(text, n, "side=", side, sizeof(side)) ||
        !value_of(text, n, "symbol=", symbol, sizeof(symbol)) ||
        !value_of(text, n, "quantity=", qty_text, sizeof(qty_text)))
        return;
    coin = bytes_coin((uint8_t)(port - 80), symbol);
    (void)num_parse(qty_text, strlen(qty_text), 8, &qty);
    if (coin < 0)
        return;
    sent.order_id = order_id;
    sent.slot = ORDER_ID_SLOT(order_id);
    sent.coin = (uint8_t)coin;
    sent.side = side[0] == 'B' ? AGON_BUY : AGON_SELL;
    sent.qty = qty;
    if (value_of(text, n, "price=", px_text, sizeof(px_text)))
        (void)num_parse(px_text, strlen(px_text), 8, &sent.px);
    check_halted(world, order_id, coin, sent.side, qty, client);
    if (sent.slot < BYTES_SLOTS)
        bytes_tournament_sent(world, &sent, is_reducing(world, coin, sent.slot, sent.side, qty));
    bytes_limits_sent(world, &sent);
    check_wish(world, port, text, n, 0);
}

/* --- what happens at the exchange --- */

/* The limits of the slot, over what is really open and really held. */
static void check_risk(struct bytes *world, const struct truth *truth)
{
    const struct slot_limits *limits = &world->limits_max[truth->slot];
    const struct truth_coin *coin = &world->coins[truth->coin];
    int64_t amt = num_mul_div(truth->px, truth->qty, 100000000, NUM_DOWN);
    int64_t held_qty = coin->slot_held[truth->slot];
    int64_t side_qty = 0;
    uint32_t n_open = 0;
    // What the host closes by its own hand is as large as what is held: that is no new risk.
    int is_closing = truth->side == AGON_SELL ? held_qty >= truth->qty : -held_qty >= truth->qty;

    for (uint32_t i = 0; i < world->n_truths; i++) {
        const struct truth *one = &world->truths[i];

        // One that was decided later and reduces may have come first.
        if (!one->is_open || !one->is_ours || one->slot != truth->slot ||
            one->order_id > truth->order_id)
            continue;
        n_open++;
        if (one->coin == truth->coin && one->side == truth->side)
            side_qty += one->qty - one->done;
    }
    if (limits->max_open_orders != 0 && n_open > limits->max_open_orders)
        bytes_fail(world, "inv-10", "slot %u has %u orders open at the exchange, its limit is %u",
                   truth->slot, n_open, limits->max_open_orders);
    if (limits->order_amt != 0 && !is_closing &&
        amt > num_mul_div(limits->order_amt, 1000000 + PX_SLACK_PPM, 1000000, NUM_UP))
        bytes_fail(world, "inv-10", "order %s of slot %u is of %lld, the limit is %lld",
                   truth->client, truth->slot, (long long)amt, (long long)limits->order_amt);
    if (truth->side == AGON_BUY)
        side_qty += coin->slot_held[truth->slot];
    else
        side_qty -= coin->slot_held[truth->slot];
    amt = num_mul_div(truth->px, side_qty, 100000000, NUM_DOWN);
    if (limits->position_amt != 0 &&
        amt > num_mul_div(limits->position_amt, 1000000 + PX_SLACK_PPM, 1000000, NUM_UP))
        bytes_fail(world, "inv-10",
                   "slot %u can come to a position of %lld by order %s, its limit is %lld",
                   truth->slot, (long long)amt, truth->client, (long long)limits->position_amt);
}

void bytes_check_effect(struct bytes *world, const struct truth *truth, const char *what)
{
    if (strcmp(what, "NEW") != 0)
        return;
    if (truth->n_new > 1) {
        bytes_fail(world, "inv-02", "the exchange took order %s twice", truth->client);
        return;
    }
    bytes_reach_note(world, truth);
    if (truth->is_ours && truth->slot < BYTES_SLOTS)
        bytes_exits_new(world, truth);
    if (truth->is_ours && truth->slot < BYTES_SLOTS && !truth->is_reducing) {
        check_risk(world, truth);
        bytes_check_lowered(world, truth);
        bytes_limits_new(world, truth);
        bytes_reach_new(world, truth);
    }
}

void bytes_check_meet(struct bytes *world, struct truth *truth)
{
    uint64_t order_id;
    uint8_t rev;

    if (bytes_strangers_is(truth->client))
        return;
    if (client_id_parse(&world->ids, truth->client, strlen(truth->client), &order_id, &rev) < 0) {
        bytes_fail(world, "inv-01", "the exchange has an order %s that is not ours", truth->client);
        return;
    }
    truth->is_ours = 1;
    truth->order_id = order_id;
    truth->slot = ORDER_ID_SLOT(order_id);
    truth->is_reducing =
        (uint8_t)is_reducing(world, truth->coin, truth->slot, truth->side, truth->qty);
}

/* What an operator ordered stands until he lifts it: over starts, rosters, plugins, tournaments. */
static void check_halts(struct bytes *world, const char *when)
{
    const struct order_word *word = &world->word;

    if (!word->is_unsure && (word->is_killed || word->is_stopped || word->is_halted) &&
        !engine_halted(world->host->engine))
        bytes_fail(world, "inv-24", "a halt that an operator ordered does not stand %s", when);
}

/* --- a life begins --- */

void bytes_check_boot(struct bytes *world)
{
    struct orders *orders = engine_orders(world->host->engine);

    world->ids = *ids_of(world);
    world->t_boot = world->sched.now;
    world->t_healthy = world->t_able = 0; // of the life before
    world->leaving = 0;                   // its roster has them again
    for (uint64_t i = 0; i < world->n_wired; i++) {
        // What the ended orders of an agent that was unloaded were is forgotten with it.
        if (orders_find(orders, world->wired_ids[i]) == NULL &&
            (world->unloaded >> ORDER_ID_SLOT(world->wired_ids[i]) & 1) == 0) {
            bytes_fail(world, "inv-03",
                       "order %llx left the host, and the host that starts again does not know it",
                       (unsigned long long)world->wired_ids[i]);
            return;
        }
    }
    bytes_tournament_boot(world);
    bytes_flatten_boot(world);
    // What was lost with the disk's tail was journaled and not confirmed to be safe.
    for (uint16_t id = 0; id < BYTES_SLOTS; id++)
        world->word.counters[id] = 0;
    world->word.run = ORDER_ID_RUN((uint64_t)engine_run(world->host->engine) << 32);
    check_halts(world, "after a start");
}

void bytes_check_turn(struct bytes *world)
{
    struct engine *engine = world->host->engine;
    agon_ns_t off = engine_t(engine) - bytes_true_wall(world);
    char text[256];
    const char *broken = engine_check(engine, text);

    if (broken != NULL)
        bytes_fail(world, "inv-08", "%s: %s", broken, text);
    check_halts(world, "any more");
    bytes_limits_turn(world);
    bytes_reach_note(world, NULL);
    bytes_tournament_turn(world);
    bytes_exits_turn(world);
    bytes_operator_turn(world);
    // Between events it stands; a timer is due each minute.
    if (off > OFF_BY || (off < -IDLE_MAX && world->sched.now - world->t_boot > IDLE_MAX))
        bytes_fail(world, "inv-25", "engine time is %.3f s from true time", (double)off / 1e9);
}

/* --- quiet --- */

static const struct order *open_here(struct bytes *world)
{
    for (uint16_t id = 0; id < engine_slots(world->host->engine)->n; id++) {
        const struct order *order = orders_next(engine_orders(world->host->engine), id, NULL);

        if (order != NULL)
            return order;
    }
    return NULL;
}

static int is_open_there(const struct bytes *world)
{
    for (uint32_t i = 0; i < world->n_truths; i++) {
        if (world->truths[i].is_open && world->truths[i].is_ours)
            return 1;
    }
    return 0;
}

int bytes_check_is_quiet(struct bytes *world)
{
    const struct gateway_status *status = &world->host->io_status;

    return open_here(world) == NULL && !is_open_there(world) && status->is_ready &&
           status->n_unknown == 0 && status->n_held == 0 && status->n_live == status->n_books;
}

static void compare_open(struct bytes *world)
{
    const struct order *order = open_here(world);

    for (uint32_t i = 0; i < world->n_truths; i++) {
        const struct truth *truth = &world->truths[i];

        if (truth->is_open && truth->is_ours)
            bytes_fail(world, "inv-32",
                       "order %s is open at the exchange and the host has ended it", truth->client);
    }
    if (order != NULL)
        bytes_fail(
            world, "inv-05",
            "the host has order %llx of slot %u open, which the exchange does not: state %u, "
            "request %u %u, revision %u of %u, %lld of %lld filled",
            (unsigned long long)order->id, order->slot, order->state, order->request,
            order->request_state, order->rev, order->rev_asked, (long long)order->filled_qty,
            (long long)order->qty);
}

static int is_off(int64_t one, int64_t other, int64_t slack)
{
    return llabs((long long)(one - other)) > slack;
}

/* What each slot has of an instrument, what it cost and the fees, by the trades of its orders. What
 * a position cost depends on the order in which fills are told; less what was realised it is what
 * was paid, in any order. Each booking rounds by less than one unit. */
static void compare_position(struct bytes *world, uint16_t slot, uint32_t coin,
                             const struct position *pos)
{
    static const struct position none;
    const struct truth_coin *truth = &world->coins[coin];
    int64_t slack = (int64_t)truth->n_fills;
    int64_t held, paid;

    pos = pos != NULL ? pos : &none;
    held = coin < 2 ? pos->held_amt : pos->qty * 100000;
    paid = pos->cost_amt - pos->realised_amt;
    if (held != truth->slot_net[slot])
        bytes_fail(world, "inv-05",
                   "slot %u holds %lld of instrument %u, by its orders' trades it is %lld", slot,
                   (long long)held, coin, (long long)truth->slot_net[slot]);
    if (is_off(paid, truth->slot_paid[slot], slack))
        bytes_fail(world, "inv-05",
                   "slot %u: cost less result of instrument %u is %lld, its orders paid %lld", slot,
                   coin, (long long)paid, (long long)truth->slot_paid[slot]);
    if (is_off(pos->fee_amt, truth->slot_fee[slot], slack))
        bytes_fail(world, "inv-05", "slot %u: fees of instrument %u are %lld, its orders paid %lld",
                   slot, coin, (long long)pos->fee_amt, (long long)truth->slot_fee[slot]);
}

/* What a slot has of the quote: its capital less what its orders paid, and of a perpetual what it
 * costs was not paid. */
static void compare_cash(struct bytes *world, uint16_t slot)
{
    struct engine *engine = world->host->engine;
    struct ledger *ledger = engine_ledger(engine);
    agon_asset_t usdt = instruments_find_asset(engine_instruments(engine), "USDT");
    agon_amt_t cash = 0, there = engine_slots(engine)->all[slot].limits.capital_amt;
    const struct position *perp = ledger_position(ledger, slot, BYTES_COINS, 0);
    uint64_t slack = 0;

    for (uint32_t coin = 0; coin < world->n_coins; coin++)
        there -= world->coins[coin].slot_paid[slot];
    for (uint32_t account = 0; account < world->swarm.n_venues; account++)
        cash += ledger_amt(ledger, (agon_account_t)account, slot, usdt);
    if (world->n_coins == BYTES_COINS && perp != NULL) {
        there += perp->cost_amt + perp->funding_amt;
        slack = world->coins[BYTES_COINS - 1].n_fills;
    }
    if (is_off(cash, there, (int64_t)slack))
        bytes_fail(world, "inv-05",
                   "slot %u has %lld of cash, by its capital and its orders it is %lld", slot,
                   (long long)cash, (long long)there);
}

/* A slot that was removed has no past, and one that came in its place begins with what it got. */
static void compare_slots(struct bytes *world)
{
    struct engine *engine = world->host->engine;
    struct ledger *ledger = engine_ledger(world->host->engine);

    for (uint16_t slot = 0; slot < BYTES_SLOTS && slot < engine_slots(engine)->n; slot++) {
        if (!engine_slots(engine)->all[slot].is_used || is_anothers(world, slot) ||
            world->losses[slot].n_lives > 1)
            continue;
        for (uint32_t coin = 0; coin < world->n_coins; coin++)
            compare_position(world, slot, coin, ledger_position(ledger, slot, coin + 1, 0));
        compare_cash(world, slot);
    }
}

/* What the exchange began with and what trades made of it is what the ledger has in all, and
 * nothing of it is unexplained but what was put in or taken out. */
static void compare_accounts(struct bytes *world)
{
    static const char *const assets[] = {"USDT", "BTC", "ETH"};
    struct engine *engine = world->host->engine;
    struct ledger *ledger = engine_ledger(engine);

    for (int i = 0; i < 3; i++) {
        agon_asset_t asset = instruments_find_asset(engine_instruments(engine), assets[i]);
        const struct member *member = &world->venues[0].members.all[0];
        int64_t there =
            i == 0 ? -(world->coins[0].paid + world->coins[1].paid) : world->coins[i - 1].held;

        there += i == 0 ? -(world->by_hand[0].paid + world->by_hand[1].paid)
                        : world->by_hand[i - 1].held;

        for (uint32_t k = 0; k < member->n_balances; k++)
            there +=
                strcmp(member->balances[k].asset, assets[i]) == 0 ? member->balances[k].amt : 0;
        there += i == 0 ? world->deposited : 0;
        if (ledger_total(ledger, 0, asset) != there)
            bytes_fail(world, "inv-05", "the account has %lld of %s, the exchange %lld",
                       (long long)ledger_total(ledger, 0, asset), assets[i], (long long)there);
        if (ledger_amt(ledger, 0, LEDGER_SUSPENSE, asset) != (i == 0 ? world->deposited : 0))
            bytes_fail(world, "inv-05",
                       "%lld of %s stand in suspense, and %lld came that nobody has explained",
                       (long long)ledger_amt(ledger, 0, LEDGER_SUSPENSE, asset), assets[i],
                       (long long)(i == 0 ? world->deposited : 0));
    }
}

static int64_t gone_with_slots(const struct bytes *world, uint32_t coin)
{
    int64_t n = (int64_t)world->result->some[BYTES_SOME_UNLOADED];

    return n == 0 || world->coins[coin].last_px == 0
               ? 0
               : num_mul_div(n * bytes_dust(coin), 100000000, world->coins[coin].last_px, NUM_UP);
}

static void compare_money(struct bytes *world)
{
    struct engine *engine = world->host->engine;
    struct ledger *ledger = engine_ledger(engine);
    const struct instruments *table = engine_instruments(engine);
    agon_asset_t usdt = instruments_find_asset(table, "USDT");
    agon_amt_t cash = 0, given = 0, cost = 0, paid = 0;
    uint64_t n_fills = 0;

    for (uint32_t i = 0; i < world->n_coins; i++) {
        agon_instrument_t id =
            instruments_find(table, i < 2 ? 1 : 2, i == 1 ? "ETHUSDT" : "BTCUSDT");
        agon_amt_t held = 0;

        for (uint16_t slot = 0; slot < engine_slots(engine)->n; slot++) {
            uint32_t n;
            const struct position *all = ledger_positions(ledger, slot, &n);

            for (uint32_t k = 0; k < n; k++) {
                if (all[k].instrument != id)
                    continue;
                held += i < 2 ? all[k].held_amt : all[k].qty * 100000;
                cost += i < 2 ? 0 : all[k].cost_amt + all[k].funding_amt;
            }
        }
        // What one that was unloaded had as dust is the account's.
        if (held > world->coins[i].held || world->coins[i].held - held > gone_with_slots(world, i))
            bytes_fail(world, "inv-05",
                       "instrument %u: the slots hold %lld of 10^-8, by the exchange's trades it "
                       "is %lld",
                       id, (long long)held, (long long)world->coins[i].held);
        paid += world->coins[i].paid;
        n_fills += world->coins[i].n_fills;
    }
    for (uint16_t slot = 0; slot < engine_slots(engine)->n; slot++) {
        given += engine_slots(engine)->all[slot].limits.capital_amt;
        for (uint32_t account = 0; account < world->swarm.n_venues; account++)
            cash += ledger_amt(ledger, (agon_account_t)account, slot, usdt);
    }
    if (world->result->some[BYTES_SOME_UNLOADED] > 0)
        return; // its cash is the account's as well
    // Averages of entries are rounded, each by less than one unit.
    if (llabs((long long)(cash - (given - paid + cost))) >
        (long long)(world->n_coins > 2 ? n_fills : 0))
        bytes_fail(world, "inv-05",
                   "the slots have %lld of cash, by the exchange's trades it is %lld",
                   (long long)cash, (long long)(given - paid + cost));
}

/* Where nothing is open and every fill is booked no order keeps money from others. */
static void compare_held(struct bytes *world)
{
    struct order *order = NULL;

    while ((order = orders_next_final(engine_orders(world->host->engine), order)) != NULL) {
        if (order->held_back_qty != 0)
            bytes_fail(world, "inv-10", "order %llx holds back %lld for ever: %lld of %lld filled",
                       (unsigned long long)order->id, (long long)order->held_back_qty,
                       (long long)order->filled_qty, (long long)order->qty);
    }
}

void bytes_check_quiet(struct bytes *world)
{
    compare_open(world);
    if (!world->result->is_failed)
        compare_held(world);
    if (!world->result->is_failed)
        compare_money(world);
    if (!world->result->is_failed)
        compare_slots(world);
    if (!world->result->is_failed)
        compare_accounts(world);
    if (!world->result->is_failed)
        bytes_money_quiet(world);
    if (!world->result->is_failed && world->host != NULL)
        bytes_operator_quiet(world);
}

/* --- the end --- */

struct second { /* what is worked out a second time while the journal is read */
    struct bytes_plans *plans;
    struct bytes_losses *losses;
    struct bytes_books *books;
    struct bytes_promises *promises;
    struct bytes_agents *agents;
    struct bytes_turns *turns;
};

static int second_new(struct second *second, struct bytes *world)
{
    return bytes_plans_new(&second->plans, world) < 0 ||
                   bytes_losses_new(&second->losses, world) < 0 ||
                   bytes_books_new(&second->books, world) < 0 ||
                   bytes_promises_new(&second->promises, world, second->books) < 0 ||
                   bytes_agents_new(&second->agents, world) < 0 ||
                   bytes_turns_new(&second->turns, world) < 0
               ? AGON_ENOMEM
               : AGON_OK;
}

static void second_free(struct second *second)
{
    bytes_plans_free(second->plans);
    bytes_losses_free(second->losses);
    bytes_books_free(second->books);
    bytes_promises_free(second->promises);
    bytes_agents_free(second->agents);
    bytes_turns_free(second->turns);
}

static void second_stepped(struct second *second, struct bytes *world, struct engine *engine,
                           const struct agon_event_hdr *event)
{
    bytes_limits_noted(world, event);
    bytes_agents_stepped(second->agents, engine, event);
    bytes_plans_stepped(second->plans, engine, event);
    bytes_losses_stepped(second->losses, engine, event);
    bytes_turns_stepped(second->turns, engine, event);
    bytes_books_stepped(second->books, engine, event);
    bytes_promises_stepped(second->promises, engine, event);
    bytes_limits_stepped(world, engine, event);
    if (event->type == EVENT_PLAN)
        bytes_tournament_recorded(world, (const struct record_plan *)(const void *)event);
    if (event->type == EVENT_DUE)
        bytes_exits_due(world, (const struct record_due *)(const void *)event);
}

void bytes_check_close_run(struct bytes *world)
{
    struct engine_config config = {.bus_granules = 1 << 13};
    struct journal_reading reading = {.from_seq = 1};
    struct error err = {0};
    struct engine *engine = NULL;
    struct second second = {0};
    struct journal_reader *reader;
    const struct agon_event_hdr *event;
    unsigned char hash[HASH_SIZE];
    int rc;

    if (second_new(&second, world) < 0 || engine_new(&engine, &config, &err) < 0) {
        bytes_fail(world, "world", "%s", err.text);
        second_free(&second);
        return;
    }
    memset(world->t_data, 0, sizeof(world->t_data));
    memset(world->t_book, 0, sizeof(world->t_book));
    reader = journal_reader_open(&world->disk_port, &reading, &err);
    if (reader == NULL) {
        bytes_fail(world, "inv-16", "the journal cannot be read: %s", err.text);
        second_free(&second);
        engine_free(engine);
        return;
    }
    while ((rc = journal_reader_next(reader, &event, &err)) == 1) {
        bytes_agents_before(second.agents, engine, event);
        rc = engine_step_recorded(engine, event);
        second_stepped(&second, world, engine, event);
        if (rc == AGON_ECORRUPT || rc == AGON_ERANGE) {
            bytes_fail(world, "inv-15", "replay: event %llu of type %u: %s",
                       (unsigned long long)event->seq, event->type, error_name(rc));
            break;
        }
    }
    if (rc < 0 && !world->result->is_failed)
        bytes_fail(world, "inv-16", "replay: %s", err.text);
    journal_reader_close(reader);
    second_free(&second);
    if (!world->result->is_failed &&
        (engine_hash(engine, hash) < 0 || memcmp(hash, world->last_hash, HASH_SIZE) != 0 ||
         engine_seq(engine) != world->last_seq))
        bytes_fail(world, "inv-15", "the replay of all lives ends elsewhere: event %llu of %llu",
                   (unsigned long long)engine_seq(engine), (unsigned long long)world->last_seq);
    engine_free(engine);
}
