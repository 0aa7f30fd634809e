// SPDX-License-Identifier: Apache-2.0
/* um: the table of USD-M requests with their weights, limits, and how accounts begin. */
#include <stdlib.h>

#include "base/num.h"
#include "sim/binance/um.h"

#define V1 "/fapi/v1/"
#define V2 "/fapi/v2/"
#define V3 "/fapi/v3/"

// clang-format off
static const struct simb_route routes[] = {
    {"GET", V1 "ping", "ping", SIMB_NONE, 1, NULL, "", simb_ping, 0, 1},
    {"GET", V1 "time", "time", SIMB_NONE, 1, NULL, "", simb_time, 0, 1},
    {"GET", V1 "exchangeInfo", NULL, SIMB_NONE, 1, NULL, "", um_exchange_info, 0, 1},
    {"GET", V1 "depth", "depth", SIMB_NONE, 0, um_weigh_depth, "", um_depth, 0, 1},
    {"GET", V1 "trades", NULL, SIMB_NONE, 5, NULL, "", um_trades, 0, 1},
    {"GET", V1 "historicalTrades", NULL, SIMB_KEY, 20, NULL, "", um_trades, 0, 1},
    {"GET", V1 "aggTrades", NULL, SIMB_NONE, 20, NULL, "", um_agg_trades, 0, 1},
    {"GET", V1 "klines", NULL, SIMB_NONE, 0, um_weigh_klines, "", um_klines, 0, 1},
    {"GET", V1 "continuousKlines", NULL, SIMB_NONE, 0, um_weigh_klines, "", um_continuous_klines, 0, 1},
    {"GET", V1 "markPriceKlines", NULL, SIMB_NONE, 0, um_weigh_klines, "", um_mark_klines, 0, 1},
    {"GET", V1 "indexPriceKlines", NULL, SIMB_NONE, 0, um_weigh_klines, "", um_index_klines, 0, 1},
    {"GET", V1 "premiumIndexKlines", NULL, SIMB_NONE, 0, um_weigh_klines, "", um_premium_klines, 0, 1},
    {"GET", V1 "premiumIndex", NULL, SIMB_NONE, 0, um_weigh_premium, "", um_premium_index, 0, 1},
    {"GET", V1 "fundingRate", NULL, SIMB_NONE, 1, NULL, "", um_funding_rate, 0, 1},
    {"GET", V1 "fundingInfo", NULL, SIMB_NONE, 1, NULL, "", um_funding_info, 0, 1},
    {"GET", V1 "ticker/24hr", NULL, SIMB_NONE, 0, um_weigh_24hr, "", um_ticker_24hr, 0, 1},
    {"GET", V1 "ticker/price", "ticker.price", SIMB_NONE, 0, um_weigh_price, "", um_ticker_price, 0, 1},
    {"GET", V2 "ticker/price", NULL, SIMB_NONE, 0, um_weigh_price, "", um_ticker_price, 0, 1},
    {"GET", V1 "ticker/bookTicker", "ticker.book", SIMB_NONE, 0, um_weigh_book, "", um_book_ticker, 0, 1},
    {"GET", V1 "openInterest", NULL, SIMB_NONE, 1, NULL, "", um_open_interest, 0, 1},
    {"GET", V1 "indexInfo", NULL, SIMB_NONE, 1, NULL, "", um_index_info, 0, 1},

    {"POST", V1 "order", "order.place", SIMB_TRADE, 0, NULL, "", um_order_new, 0, 0},
    {"POST", V1 "order/test", NULL, SIMB_TRADE, 0, NULL, "", um_order_test, 0, 0},
    {"PUT", V1 "order", "order.modify", SIMB_TRADE, 1, NULL, "", um_order_amend, 0, 0},
    {"GET", V1 "order", "order.status", SIMB_READ, 1, NULL, "", um_order_query, 0, 1},
    {"DELETE", V1 "order", "order.cancel", SIMB_TRADE, 1, NULL, "", um_order_cancel, 0, 0},
    {"POST", V1 "batchOrders", NULL, SIMB_TRADE, 5, NULL, "", um_batch_new, 0, 0},
    {"PUT", V1 "batchOrders", NULL, SIMB_TRADE, 5, NULL, "", um_batch_amend, 0, 0},
    {"DELETE", V1 "batchOrders", NULL, SIMB_TRADE, 1, NULL, "", um_batch_cancel, 0, 0},
    {"DELETE", V1 "allOpenOrders", NULL, SIMB_TRADE, 1, NULL, "", um_cancel_all, 0, 0},
    {"GET", V1 "openOrder", NULL, SIMB_READ, 1, NULL, "", um_open_order, 0, 1},
    {"GET", V1 "openOrders", NULL, SIMB_READ, 0, um_weigh_open, "", um_open_orders, 0, 1},
    {"GET", V1 "allOrders", NULL, SIMB_READ, 5, NULL, "", um_all_orders, 0, 1},
    {"GET", V1 "userTrades", NULL, SIMB_READ, 5, NULL, "", um_my_trades, 0, 1},
    {"POST", V1 "countdownCancelAll", NULL, SIMB_TRADE, 10, NULL, "", um_countdown, 0, 0},

    {"GET", V1 "account", NULL, SIMB_READ, 5, NULL, "", um_account_v2, 0, 1},
    {"GET", V2 "account", "account.status", SIMB_READ, 5, NULL, "", um_account_v2, 0, 1},
    {"GET", V3 "account", "v2/account.status", SIMB_READ, 5, NULL, "", um_account_v3, 0, 1},
    {"GET", V1 "balance", NULL, SIMB_READ, 5, NULL, "", um_balance, 0, 1},
    {"GET", V2 "balance", "account.balance", SIMB_READ, 5, NULL, "", um_balance, 0, 1},
    {"GET", V3 "balance", "v2/account.balance", SIMB_READ, 5, NULL, "", um_balance, 0, 1},
    {"GET", V1 "positionRisk", NULL, SIMB_READ, 5, NULL, "", um_positions, 0, 1},
    {"GET", V2 "positionRisk", "account.position", SIMB_READ, 5, NULL, "", um_positions, 0, 1},
    {"GET", V3 "positionRisk", "v2/account.position", SIMB_READ, 5, NULL, "", um_positions_v3, 0, 1},
    {"POST", V1 "leverage", NULL, SIMB_TRADE, 1, NULL, "", um_leverage, 0, 0},
    {"POST", V1 "marginType", NULL, SIMB_TRADE, 1, NULL, "", um_margin_type, 0, 0},
    {"POST", V1 "positionMargin", NULL, SIMB_TRADE, 1, NULL, "", um_position_margin, 0, 0},
    {"POST", V1 "positionSide/dual", NULL, SIMB_TRADE, 1, NULL, "", um_set_dual, 0, 0},
    {"GET", V1 "positionSide/dual", NULL, SIMB_READ, 30, NULL, "", um_get_dual, 0, 1},
    {"POST", V1 "multiAssetsMargin", NULL, SIMB_TRADE, 1, NULL, "", um_set_multi, 0, 0},
    {"GET", V1 "multiAssetsMargin", NULL, SIMB_READ, 30, NULL, "", um_get_multi, 0, 1},
    {"GET", V1 "income", NULL, SIMB_READ, 30, NULL, "", um_income, 0, 1},
    {"GET", V1 "commissionRate", NULL, SIMB_READ, 20, NULL, "", um_commission, 0, 1},
    {"GET", V1 "leverageBracket", NULL, SIMB_READ, 1, NULL, "", um_brackets, 0, 1},
    {"GET", V1 "symbolConfig", NULL, SIMB_READ, 5, NULL, "", um_symbol_config, 0, 1},
    {"GET", V1 "accountConfig", NULL, SIMB_READ, 5, NULL, "", um_account_config, 0, 1},
    {"GET", V1 "rateLimit/order", NULL, SIMB_READ, 1, NULL, "", um_order_rates, 0, 1},
    {"GET", V1 "forceOrders", NULL, SIMB_READ, 20, NULL, "", um_force_orders, 0, 1},
    {"GET", V1 "adlQuantile", NULL, SIMB_READ, 5, NULL, "", um_adl, 0, 1},
    {"POST", V1 "algoOrder", "algoOrder.place", SIMB_TRADE, 0, NULL, "", um_algo_new, 0, 0},
    {"GET", V1 "algoOrder", NULL, SIMB_READ, 1, NULL, "", um_algo_query, 0, 1},
    {"DELETE", V1 "algoOrder", "algoOrder.cancel", SIMB_TRADE, 1, NULL, "", um_algo_cancel, 0, 0},
    {"DELETE", V1 "algoOpenOrders", NULL, SIMB_TRADE, 1, NULL, "", um_algo_cancel_all, 0, 0},
    {"GET", V1 "openAlgoOrders", NULL, SIMB_READ, 0, um_weigh_open, "", um_algo_open, 0, 1},
    {"GET", V1 "allAlgoOrders", NULL, SIMB_READ, 5, NULL, "", um_algo_all, 0, 1},
    {"GET", V1 "apiTradingStatus", NULL, SIMB_READ, 10, NULL, "", simb_ping, 0, 1},

    {"POST", V1 "listenKey", "userDataStream.start", SIMB_KEY, 1, NULL, "", um_listen_new, 0, 1},
    {"PUT", V1 "listenKey", "userDataStream.ping", SIMB_KEY, 1, NULL, "", um_listen_keep, 0, 1},
    {"DELETE", V1 "listenKey", "userDataStream.stop", SIMB_KEY, 1, NULL, "", um_listen_end, 0, 1},

    {NULL, NULL, "session.logon", SIMB_READ, 2, NULL, "", simb_session_logon, 0, 1},
    {NULL, NULL, "session.status", SIMB_NONE, 2, NULL, "", simb_session_status, 0, 1},
    {NULL, NULL, "session.logout", SIMB_NONE, 2, NULL, "", simb_session_logout, 0, 1},
    {NULL, NULL, NULL, SIMB_NONE, 0, NULL, NULL, NULL, 0, 0},
};
// clang-format on

/* --- numbers --- */

void um_put_px(struct simb *b, struct jout *out, const char *key, uint32_t sym, int64_t px)
{
    jout_key(out, key);
    simb_put_num(out, px, b->um->symbols[sym].px_dec);
}

void um_put_qty(struct simb *b, struct jout *out, const char *key, uint32_t sym, int64_t qty)
{
    jout_key(out, key);
    simb_put_num(out, qty, b->um->symbols[sym].qty_dec);
}

void um_put_pair(struct simb *b, struct jout *out, const char *key, uint32_t sym)
{
    const char *name = pit_at(b->sim.pit, sym)->name;

    jout_key(out, key);
    jout_strn(out, name, strcspn(name, "_"));
}

void um_put_rate(struct jout *out, const char *key, int64_t ppb)
{
    jout_kv_dec(out, key, num_div(ppb, 10, NUM_EVEN), SIMB_EXP);
}

agon_px_t um_index_px(const struct simb *b, uint32_t sym)
{
    agon_px_t px = pit_noted(b->sim.pit, sym, PIT_INDEX);

    return px > 0 ? px : pit_last_px(b->sim.pit, sym);
}

agon_px_t um_mark_px(const struct simb *b, uint32_t sym)
{
    agon_px_t px = b->um->contracts[sym].mark_px;

    return px > 0 ? px : pit_last_px(b->sim.pit, sym);
}

/* --- life --- */

static int decimals(int64_t step)
{
    int n = SIMB_EXP;

    while (n > 0 && step % 10 == 0) {
        step /= 10;
        n--;
    }
    return n;
}

void um_close(struct simb *b)
{
    if (!b->um)
        return;
    free(b->um->open);
    free(b->um->incomes);
    free(b->um);
    b->um = NULL;
}

static int open_account(struct simb *b, uint32_t i, struct error *err)
{
    const struct member *member = b->accounts[i].member;
    agon_amt_t wallet_amt = 0;

    for (uint32_t j = 0; j < member->n_balances; j++)
        if (strcmp(member->balances[j].asset, UM_MARGIN_ASSET) == 0)
            wallet_amt = num_rescale(member->balances[j].amt,
                                     members_exp(b->sim.config.members, UM_MARGIN_ASSET), SIMB_EXP,
                                     NUM_DOWN);
    if (num_is_full(wallet_amt))
        return error_set(err, AGON_ERANGE, "account %s: %s is too large for %d decimals",
                         member->key, UM_MARGIN_ASSET, SIMB_EXP);
    perp_account_init(&b->um->accounts[i], b->um->contracts, pit_count(b->sim.pit), wallet_amt);
    for (uint32_t side = PERP_BOTH; side <= PERP_SHORT && member->has_fees; side++)
        if (pit_set_fees(b->sim.pit, 3 * i + side, member->maker_fee_ppb, member->taker_fee_ppb) <
            0)
            return error_set(err, AGON_EINVAL, "account %s: fees cannot be set", member->key);
    return AGON_OK;
}

int um_open(struct simb *b, struct error *err)
{
    agon_ns_t now = pit_now(b->sim.pit);
    int rc = AGON_OK;

    b->um = calloc(1, sizeof(*b->um));
    if (!b->um)
        return error_set(err, AGON_ENOMEM, "out of memory");
    b->um->incomes = calloc(UM_INCOMES_KEPT, sizeof(*b->um->incomes));
    if (!b->um->incomes)
        return error_set(err, AGON_ENOMEM, "out of memory");
    b->um->next_id = 4000000001;
    b->um->next_tran = 9000000001;
    for (uint32_t i = 0; i < pit_count(b->sim.pit); i++) {
        const struct pit_symbol *spec = pit_at(b->sim.pit, i);
        struct um_symbol *symbol = &b->um->symbols[i];

        symbol->px_dec = decimals(spec->tick_px);
        if (!b->venue->is_coin && symbol->px_dec < 2)
            symbol->px_dec = 2;
        symbol->qty_dec = decimals(spec->lot_qty);
        symbol->next_funding = now - now % UM_FUNDING_NS + UM_FUNDING_NS;
        symbol->rate_ppb = symbol->next_rate_ppb = 100000;
        um_set_brackets(&b->um->contracts[i], spec->name);
        b->um->contracts[i].mark_px = pit_noted(b->sim.pit, i, PIT_MARK);
        um_past(b, i);
    }
    for (uint32_t i = 0; i < b->sim.n_accounts && rc == AGON_OK; i++)
        rc = open_account(b, i, err);
    return rc;
}

static const struct simb_venue venue = {
    .ways = {SIMB_WAYS, .market = FAULT_UM,
             .hooks = {.on_trade = um_on_trade,
                       .on_agg = um_on_agg,
                       .on_top = um_on_top,
                       .on_book = um_on_book,
                       .on_step = um_on_step,
                       .on_order = um_on_order,
                       .may_fill = um_may_fill}},
    .routes = routes,
    .weight_per_minute = 2400,
    .orders_per_10s = 300,
    .orders_long = 1200,
    .orders_long_ns = SIMB_NS_PER_MIN,
    .orders_long_unit = "MINUTE",
    .orders_long_header = "X-MBX-ORDER-COUNT-1M",
    .messages_per_s = 10,
    .ping_every_ns = 180 * SIMB_NS_PER_S,
    .pong_within_ns = 600 * SIMB_NS_PER_S,
    .api_path = "/ws-fapi/v1",
    .type_names = um_type_names,
    .is_split = 1,
    .is_lenient = 1,
    .parse_stream = um_parse_stream,
    .open = um_open,
    .close = um_close,
    .due = um_due,
    .settle = um_settle,
};

static int um_dialect_open(struct sim **sim, const struct sim_config *config, struct error *err)
{
    return sim_open(sim, &venue.ways, config, err);
}

static const char *const um_headers[] = {"x-mbx-apikey", NULL};

extern const struct sim_dialect sim_binance_spot, sim_binance_um;
const struct sim_dialect sim_binance_um = {
    .name = "binance_um",
    .recordings = "binance_um",
    .headers = um_headers,
    .names = simb_names,
    .n_symbols = 4,
    .spot = &sim_binance_spot,
    .symbol = um_symbol,
    .open = um_dialect_open,
    .close = sim_close,
    .http = simb_http,
    .ws_open = simb_ws_open,
    .ws_frame = simb_ws_frame,
    .ws_gone = sim_ws_gone,
    .tick = simb_tick,
    .due = simb_due,
    .shutdown = simb_shutdown,
};
