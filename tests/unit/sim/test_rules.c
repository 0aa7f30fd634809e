// SPDX-License-Identifier: Apache-2.0
/* One and the same order gets the same answer from whoever takes it: the simulator by REST, the
 * exchange of a paper host, which has its terms of a gateway's reading, and that of a backtest,
 * which has them of a listing. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "engine/paper.h"
#include "lab/listing.h"
#include "market/instruments.h"
#include "sim/binance/simb.h"
#include "venue/binance/decode.h"
#include "venue/binance/judge.h"
#include "world.h"

static struct world w;

struct stand { /* an exchange that stands in for the venue */
    struct instruments table;
    struct agon_instrument record;
    struct paper *paper;
    struct venue_port port;
    uint64_t last_order;
};
static struct stand paper, backtest;

static const char *const markets[] = {"binance", "binance_um"};
/* Ticks and lots that are no powers of ten, so that prices and quantities off them can be said. */
static const int64_t ticks[] = {5000000, 50000000}, lots[] = {5000, 500000};

static struct pit_symbol symbol_of(int market)
{
    struct pit_symbol symbol;

    ck_assert_int_eq(sim_dialect_find(markets[market])->symbol("BTCUSDT", 2, 5, &symbol), AGON_OK);
    symbol.tick_px = ticks[market];
    symbol.min_px = symbol.min_px / ticks[market] * ticks[market] + ticks[market];
    symbol.max_px = symbol.max_px / ticks[market] * ticks[market];
    symbol.lot_qty = symbol.min_qty = lots[market];
    return symbol;
}

/* --- the two ways to the venue's terms --- */

static int64_t dec(const char *text, int exp)
{
    int64_t value = 0;

    if (text != NULL)
        ck_assert_int_eq(num_parse(text, strlen(text), exp, &value), AGON_OK);
    return value;
}

static void open_stand(struct stand *stand, const struct agon_instrument *record,
                       const struct rules *rules)
{
    struct paper_config config = {.account = 0};
    struct error err = {0};

    ck_assert_int_eq(instruments_init(&stand->table), AGON_OK);
    stand->record = *record;
    stand->record.hdr = (struct agon_event_hdr){
        .type = AGON_EVENT_INSTRUMENT, .granules = sizeof(*record) / 64, .instrument = 1};
    stand->record.venue = 1;
    stand->record.state = TRADING_OPEN;
    stand->record.multiplier = 1;
    for (agon_asset_t id = 1; id <= 2; id++) {
        struct record_asset asset = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                     .kind = CONFIG_ASSET,
                                     .asset = id,
                                     .exp = 8};

        snprintf(asset.name, sizeof(asset.name), "%s", id == 1 ? "BTC" : "USDT");
        ck_assert_int_eq(instruments_set_asset(&stand->table, &asset, &err), AGON_OK);
    }
    stand->record.base = 1;
    stand->record.quote = stand->record.settle = 2;
    ck_assert_msg(instruments_set(&stand->table, &stand->record, &err) == AGON_OK, "%s", err.text);
    stand->paper = paper_new(&config, &stand->table);
    ck_assert_ptr_nonnull(stand->paper);
    ck_assert_int_eq(paper_add(stand->paper, 1), AGON_OK);
    ck_assert_int_eq(paper_set_rules(stand->paper, 1, rules), AGON_OK);
    stand->port = paper_port(stand->paper);
}

static struct wire_info told;

static void on_info(void *ctx, const struct wire_info *info)
{
    (void)ctx;
    if (strcmp(info->symbol, "BTCUSDT") == 0)
        told = *info;
}

// As a gateway has them of the venue's answer, for the exchange of a paper host.
static void open_paper(int market)
{
    struct agon_instrument record = {.kind = market == 0 ? INSTRUMENT_SPOT : INSTRUMENT_LINEAR,
                                     .symbol = "BTCUSDT"};
    struct rules rules;

    ck_assert_int_ge(
        binance_decode_exchange_info(w.reply.body, w.reply.body_n, NULL, on_info, NULL), 1);
    record.px_exp = (int8_t)told.tick_exp;
    record.qty_exp = (int8_t)told.lot_exp;
    ck_assert_int_eq(wire_fit_filters(&told, 8, &record), 1);
    binance_fit_rules(&told, 8, &record, &rules);
    open_stand(&paper, &record, &rules);
}

// As `agon backtest --instruments` has them of a file.
static void open_backtest(int market)
{
    char path[] = "/tmp/agon-rules-XXXXXX";
    const char *paths[] = {path};
    struct listings *listings;
    struct listed listed;
    struct error err = {0};
    int file = mkstemp(path);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, w.reply.body, w.reply.body_n), (ssize_t)w.reply.body_n);
    close(file);
    ck_assert_msg(listings_open(&listings, paths, 1, &err) == AGON_OK, "%s", err.text);
    ck_assert_int_eq(listings_find(listings, "BTCUSDT",
                                   market == 0 ? INSTRUMENT_SPOT : INSTRUMENT_LINEAR, NULL, 0,
                                   &listed, &err),
                     AGON_OK);
    ck_assert_uint_eq(listed.has_rules, 1);
    open_stand(&backtest, &listed.record, &listed.rules);
    listings_free(listings);
    unlink(path);
}

/* --- one market --- */

static void show(struct stand *stand)
{
    static const char *const bids[2][2] = {{"30000.0", "1.5"}, {"29990.0", "5"}};
    static const char *const asks[2][2] = {{"30000.5", "1"}, {"30010.0", "5"}};
    int px_exp = stand->record.px_exp, qty_exp = stand->record.qty_exp;
    struct {
        struct agon_book_part part;
        struct agon_level levels[4];
    } book = {.part = {.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT,
                               .granules = 2,
                               .instrument = 1,
                               .t_venue = WORLD_T0,
                               .t = WORLD_T0},
                       .n_bid = 2,
                       .n_ask = 2,
                       .flags = BOOK_PART_FIRST | BOOK_PART_LAST}};
    struct agon_trade trade = {.hdr = {.type = AGON_EVENT_TRADE,
                                       .granules = 1,
                                       .instrument = 1,
                                       .t_venue = WORLD_T0,
                                       .t = WORLD_T0},
                               .px = dec("30000.0", px_exp),
                               .qty = dec("0.5", qty_exp),
                               .side = AGON_SELL};

    for (int i = 0; i < 2; i++) {
        book.levels[i] = (struct agon_level){dec(bids[i][0], px_exp), dec(bids[i][1], qty_exp)};
        book.levels[2 + i] = (struct agon_level){dec(asks[i][0], px_exp), dec(asks[i][1], qty_exp)};
    }
    paper_on_market(stand->paper, &book.part.hdr);
    paper_on_market(stand->paper, &trade.hdr);
}

static void tell_mark(struct stand *stand, const char *px)
{
    struct agon_value mark = {.hdr = {.type = AGON_EVENT_MARK,
                                      .granules = 1,
                                      .instrument = 1,
                                      .t_venue = WORLD_T0,
                                      .t = WORLD_T0},
                              .value = num_rescale(dec(px, 8), 8, stand->record.px_exp, NUM_EVEN)};

    paper_on_market(stand->paper, &mark.hdr);
}

static void open_all(int market)
{
    struct agon_level bid[2] = {{3000000000000, 150000000}, {2999000000000, 500000000}};
    struct agon_level ask[2] = {{3000050000000, 100000000}, {3001000000000, 500000000}};
    struct pit_symbol symbol = symbol_of(market);

    memset(&paper, 0, sizeof(paper));
    memset(&backtest, 0, sizeof(backtest));
    world_open_symbol(&w, markets[market], &symbol);
    world_book(&w, "BTCUSDT", 1, bid, 2, ask, 2);
    world_trade(&w, "BTCUSDT", "30000.0", "0.5", AGON_SELL);
    ck_assert_int_eq(world_get(&w, market == 0 ? "/api/v3/exchangeInfo" : "/fapi/v1/exchangeInfo"),
                     200);
    open_paper(market);
    open_backtest(market);
    show(&paper);
    show(&backtest);
    if (market == 1) {
        ck_assert_int_eq(world_get(&w, "/fapi/v1/premiumIndex?symbol=BTCUSDT"), 200);
        tell_mark(&paper, world_str(&w, "markPrice"));
        tell_mark(&backtest, world_str(&w, "markPrice"));
    }
}

static void close_all(void)
{
    paper_free(paper.paper);
    paper_free(backtest.paper);
    instruments_deinit(&paper.table);
    instruments_deinit(&backtest.table);
    world_close(&w);
}

/* --- one order --- */

struct order {
    const char *what;
    uint8_t side, type;
    uint32_t flags;
    const char *px, *qty, *stop;
    int32_t code; /* of the venue; 0: it takes the order */
};

struct verdict {
    uint16_t reason;
    int32_t code;
};

static const char *type_of(int market, const struct order *order)
{
    static const char *const names[2][5] = {{"", "LIMIT", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"},
                                            {"", "LIMIT", "MARKET", "STOP_MARKET", "STOP"}};

    if (market == 0 && (order->flags & AGON_POST_ONLY) != 0)
        return "LIMIT_MAKER";
    return names[market][order->type];
}

// The simulator's, as a gateway reads it.
static struct verdict by_rest(int market, const struct order *order)
{
    char text[512];
    int n = snprintf(text, sizeof(text), "symbol=BTCUSDT&side=%s&type=%s&quantity=%s",
                     order->side == AGON_BUY ? "BUY" : "SELL", type_of(market, order), order->qty);
    int status;
    int32_t code;

    if (order->px != NULL && (market == 1 || (order->flags & AGON_POST_ONLY) == 0))
        n += snprintf(text + n, sizeof(text) - (size_t)n, "&timeInForce=%s",
                      (order->flags & AGON_POST_ONLY) != 0 ? "GTX" : "GTC");
    if (order->px != NULL)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "&price=%s", order->px);
    if (order->stop != NULL)
        snprintf(text + n, sizeof(text) - (size_t)n, "&stopPrice=%s", order->stop);
    status = world_signed(&w, "POST", market == 0 ? "/api/v3/order" : "/fapi/v1/order", text);
    if (status == 200)
        return (struct verdict){0, 0};
    code = (int32_t)world_code(&w);
    return (struct verdict){
        binance_refusal(binance_judge(status, code, world_msg(&w)), code, world_msg(&w)), code};
}

static struct verdict by_stand(struct stand *stand, const struct order *order)
{
    struct order_cmd cmd = {.kind = CMD_NEW,
                            .order_id = ++stand->last_order,
                            .instrument = 1,
                            .side = order->side,
                            .type = order->type,
                            .flags = order->flags,
                            .px = dec(order->px, stand->record.px_exp),
                            .trigger_px = dec(order->stop, stand->record.px_exp),
                            .qty = dec(order->qty, stand->record.qty_exp),
                            .t = WORLD_T0};
    struct verdict answer = {0, 0};
    struct record_report *report;

    ck_assert_int_eq(stand->port.send(stand->port.ctx, &cmd), AGON_OK);
    paper_advance(stand->paper, WORLD_T0);
    report = paper_peek(stand->paper);
    ck_assert_ptr_nonnull(report);
    if (report->kind == REPORT_REJECTED)
        answer = (struct verdict){report->reason, report->venue_code};
    else
        ck_assert_int_eq(report->kind, REPORT_ACK);
    while (paper_peek(stand->paper) != NULL)
        paper_take(stand->paper);
    return answer;
}

static void ask_all(int market, const struct order *order)
{
    struct verdict rest = by_rest(market, order);
    struct verdict on_paper = by_stand(&paper, order);
    struct verdict tested = by_stand(&backtest, order);

    ck_assert_msg(rest.code == order->code, "%s: the simulator says %d (%.*s), not %d", order->what,
                  rest.code, (int)w.reply.body_n, w.reply.body, order->code);
    ck_assert_msg(on_paper.code == rest.code && on_paper.reason == rest.reason,
                  "%s: the simulator says %d (reason %u), paper %d (reason %u)", order->what,
                  rest.code, rest.reason, on_paper.code, on_paper.reason);
    ck_assert_msg(tested.code == rest.code && tested.reason == rest.reason,
                  "%s: the simulator says %d (reason %u), a backtest %d (reason %u)", order->what,
                  rest.code, rest.reason, tested.code, tested.reason);
}

#define LIMIT(way, price, quantity)                                                                \
    .side = (way), .type = AGON_LIMIT, .px = (price), .qty = (quantity)
#define MARKET(way, quantity) .side = (way), .type = AGON_MARKET, .qty = (quantity)
static const struct order spot[] = {
    {"on tick and lot", LIMIT(AGON_BUY, "29000.05", "0.00100")},
    {"at market", MARKET(AGON_BUY, "0.00100")},
    {"off the tick", LIMIT(AGON_BUY, "29000.01", "0.00100"), .code = -1013},
    {"above the highest price", LIMIT(AGON_SELL, "1000000.05", "0.00100"), .code = -1013},
    {"off the lot", LIMIT(AGON_BUY, "29000.05", "0.00101"), .code = -1013},
    {"more than any order", LIMIT(AGON_BUY, "29000.05", "9000.00005"), .code = -1013},
    {"less than the least notional", LIMIT(AGON_BUY, "29000.00", "0.00015"), .code = -1013},
    {"the least notional", LIMIT(AGON_BUY, "25000.00", "0.00020")},
    {"the same at market", MARKET(AGON_BUY, "0.00015"), .code = -1013},
    {"the greatest notional", LIMIT(AGON_SELL, "45000.00", "0.20000")},
    {"more than the greatest notional", LIMIT(AGON_SELL, "30100.00", "300.00000"), .code = -1013},
    {"more than an order at market", MARKET(AGON_SELL, "100.05400"), .code = -1013},
    {"as much in a limit", LIMIT(AGON_BUY, "29000.00", "100.05400"), .code = 0},
    {"five times the mean", LIMIT(AGON_SELL, "150000.00", "0.00100")},
    {"more than that", LIMIT(AGON_SELL, "150000.05", "0.00100"), .code = -1013},
    {"a fifth of the mean", LIMIT(AGON_BUY, "6000.00", "0.00100")},
    {"less than that", LIMIT(AGON_BUY, "5999.95", "0.00100"), .code = -1013},
    {"post only", LIMIT(AGON_BUY, "29000.05", "0.00100"), .flags = AGON_POST_ONLY},
    {"post only, and would take", LIMIT(AGON_BUY, "30001.00", "0.00100"), .flags = AGON_POST_ONLY,
     .code = -2010},
    {"a stop", .side = AGON_SELL, .type = AGON_STOP_LIMIT, .px = "28000.00", .stop = "28100.00",
     .qty = "0.00100"},
    {"a stop that has been reached", .side = AGON_SELL, .type = AGON_STOP_LIMIT, .px = "28000.00",
     .stop = "30100.00", .qty = "0.00100", .code = -2010},
    {"a stop off the tick", .side = AGON_SELL, .type = AGON_STOP_LIMIT, .px = "28000.00",
     .stop = "28100.01", .qty = "0.00100", .code = -1013},
    {"a stop far from the mean", .side = AGON_SELL, .type = AGON_STOP_LIMIT, .px = "5000.00",
     .stop = "28100.00", .qty = "0.00200", .code = -1013},
};
static const struct order um[] = {
    {"on tick and lot", LIMIT(AGON_BUY, "29000.5", "0.010")},
    {"at market", MARKET(AGON_BUY, "0.010")},
    {"off the tick", LIMIT(AGON_BUY, "29000.1", "0.010"), .code = -4014},
    {"above the highest price", LIMIT(AGON_SELL, "4529764.5", "0.010"), .code = -4002},
    {"below the lowest price", LIMIT(AGON_BUY, "500.0", "1.000"), .code = -4013},
    {"off the lot", LIMIT(AGON_BUY, "29000.5", "0.011"), .code = -1111},
    {"more than any order", LIMIT(AGON_BUY, "29000.5", "1000.005"), .code = -4005},
    {"less than the least notional", LIMIT(AGON_BUY, "19000.0", "0.005"), .code = -4164},
    {"more than an order at market", MARKET(AGON_SELL, "120.005"), .code = -4005},
    {"a buy 6 % above the mark", LIMIT(AGON_BUY, "31900.0", "0.010"), .code = -4016},
    {"a sell 6 % below it", LIMIT(AGON_SELL, "28000.0", "0.010"), .code = -4024},
    {"a sell far above", LIMIT(AGON_SELL, "45000.0", "0.010")},
    {"post only, and would take", LIMIT(AGON_BUY, "30001.0", "0.010"), .flags = AGON_POST_ONLY,
     .code = -5022},
};

START_TEST(spot_orders_get_the_same_answer_everywhere)
{
    open_all(0);
    ask_all(0, &spot[_i]);
    close_all();
}
END_TEST

START_TEST(futures_orders_get_the_same_answer_everywhere)
{
    open_all(1);
    ask_all(1, &um[_i]);
    close_all();
}
END_TEST

/* Two hundred orders may be open, five of them stops; and market orders all the same. */
START_TEST(too_many_are_too_many_everywhere)
{
    int market = _i;
    struct order limit = {"another limit", LIMIT(AGON_BUY, "20000.0", "0.005")};
    struct order stop = {"another stop",  .side = AGON_SELL, .type = AGON_STOP_LIMIT,
                         .px = "28000.0", .stop = "28100.0", .qty = "0.005"};
    const struct order buy = {"at market", MARKET(AGON_BUY, "0.005")};

    open_all(market);
    for (int i = 0; i < (market == 0 ? 5 : 0); i++)
        ask_all(market, &stop);
    if (market == 0) {
        stop.code = -1013;
        ask_all(market, &stop);
    }
    for (int i = 0; i < (market == 0 ? 195 : 200); i++) {
        // The simulator's own rate windows are not what is asked about.
        if (i % 40 == 0)
            world_pass(&w, (agon_ns_t)11 * 1000000000);
        ask_all(market, &limit);
    }
    limit.code = market == 0 ? -1013 : -2025;
    ask_all(market, &limit);
    ask_all(market, &buy);
    close_all();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules");
    TCase *tcase = tcase_create("rules");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, spot_orders_get_the_same_answer_everywhere, 0,
                        sizeof(spot) / sizeof(spot[0]));
    tcase_add_loop_test(tcase, futures_orders_get_the_same_answer_everywhere, 0,
                        sizeof(um) / sizeof(um[0]));
    tcase_add_loop_test(tcase, too_many_are_too_many_everywhere, 0, 2);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
