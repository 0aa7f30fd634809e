// SPDX-License-Identifier: Apache-2.0
/* Figures by the rules of ADR 128, against hand-worked cases: dust is no open position, the first
 * hour is evidence, an alert of a loss says what was lost and of what, and the loss of the day is
 * the gate's own also where capital moved. And what journals of before come to is as it was. */
#include "engine/impl.h"
#include "score/plan.h"
#include "world.h"

#define DAY ((agon_ns_t)86400000 * MS)

static struct world *world;

static void keep(uint16_t edition)
{
    struct record_samples samples = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                     .kind = CONFIG_SAMPLES,
                                     .is_figured = edition};

    ck_assert_int_eq(world_step(world, &samples), AGON_OK);
}

static void begin(uint16_t edition)
{
    world = world_new(RUN_PAPER);
    keep(edition);
}

static void end(void)
{
    world_holds(world);
    world_replays(world);
    world_free(world);
}

static void book(agon_px_t bid_px)
{
    world_book(world, BTCUSDT, bid_px, 100000000, bid_px + 2, 100000000);
}

static void limit(uint8_t which, int64_t value)
{
    struct record_command command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                     .kind = COMMAND_LIMIT,
                                     .scope = SCOPE_SLOT,
                                     .which = which,
                                     .value = value};

    ck_assert_int_eq(world_step(world, &command), AGON_OK);
}

/* An order of slot 0, acknowledged; its fills come behind. */
static const struct order_cmd *order(uint8_t side, agon_px_t px, agon_qty_t qty)
{
    static uint64_t ref;

    book(px - (side == AGON_BUY ? 2 : 0));
    ck_assert_int_eq(world_order(world, 0, BTCUSDT, side, px, qty, ++ref), AGON_OK);
    ck_assert_uint_eq(world->cmds[world->n_cmds - 1].kind, CMD_NEW);
    world_report(world, &world->cmds[world->n_cmds - 1], REPORT_ACK, 0, 0, 0);
    return &world->cmds[world->n_cmds - 1];
}

static void fill(const struct order_cmd *cmd, agon_px_t px, agon_qty_t qty, agon_qty_t cum_qty,
                 agon_asset_t fee_asset, agon_amt_t fee_amt)
{
    struct record_report report = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = BTCUSDT},
        .order_id = cmd->order_id,
        .venue_order = cmd->order_id + 1,
        .kind = REPORT_FILL,
        .side = cmd->side,
        .liquidity = LIQUIDITY_TAKER,
        .px = px,
        .qty = qty,
        .cum_qty = cum_qty,
        .rev = cmd->rev,
        .venue_fill = ++world->next_fill,
        .fee_asset = fee_asset,
        .fee_amt = fee_amt};

    ck_assert_int_eq(world_step(world, &report), AGON_OK);
}

static void trade(uint8_t side, agon_px_t px, agon_qty_t qty, agon_asset_t fee_asset,
                  agon_amt_t fee_amt)
{
    fill(order(side, px, qty), px, qty, qty, fee_asset, fee_amt);
}

static struct position_figures shown(struct engine *engine)
{
    struct position_figures of;

    engine_position_figures(engine, ledger_position(engine->ledger, 0, BTCUSDT, 0), &of);
    return of;
}

/* Bought for 60,000 with a fee in the coin, sold for 50,000: 10,000 are lost, and 0.00001 of a coin
 * are left, which no order can sell. Who then buys for 50,000 comes out even at 50,000 and fees. */
static void lose_and_buy_again(void)
{
    trade(AGON_BUY, 6000000, 100000, BTC, 100000); // 0.001 of it
    trade(AGON_SELL, 5000000, 99899, USDT, 0);
    ck_assert_int_eq(ledger_position(world->engine->ledger, 0, BTCUSDT, 0)->qty, 1);
    trade(AGON_BUY, 5000000, 100000, USDT, USD(50));
}

/* The same engine, out of its saved state. */
static struct engine *again_of(struct engine *engine)
{
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    unsigned char before[HASH_SIZE], after[HASH_SIZE];
    uint64_t n = engine_save(engine, NULL, 0);
    unsigned char *bytes = malloc(n);
    struct engine *again;

    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(engine_save(engine, bytes, n), n);
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_int_eq(engine_load(again, bytes, n, NULL), AGON_OK);
    ck_assert_int_eq(engine_hash(engine, before), AGON_OK);
    ck_assert_int_eq(engine_hash(again, after), AGON_OK);
    ck_assert_mem_eq(before, after, HASH_SIZE);
    ck_assert_uint_eq(engine_figured(again), engine_figured(engine));
    free(bytes);
    return again;
}

/* ... within a dollar, which is what dust costs. */
static void is_even_at(int64_t dollars)
{
    ck_assert_int_gt(shown(world->engine).break_even_px, USD(dollars - 1));
    ck_assert_int_lt(shown(world->engine).break_even_px, USD(dollars + 1));
}

START_TEST(break_even_has_nothing_of_the_trade_before)
{
    struct engine *again;

    begin(FIGURES_WHOLE);
    lose_and_buy_again();
    // 50,000 and 50 of fee, and 0.54 that the dust cost, by 1.000009.
    is_even_at(50050);
    again = again_of(world->engine);
    ck_assert_int_eq(shown(again).break_even_px, shown(world->engine).break_even_px);
    engine_free(again);
    end();
}
END_TEST

START_TEST(a_journal_of_before_leads_to_where_it_led)
{
    struct engine *again;

    begin(FIGURES_KEPT);
    lose_and_buy_again();
    // All that was ever lost is in it: 60,000, and not 50,000.
    ck_assert_int_gt(shown(world->engine).break_even_px, USD(60000));
    again = again_of(world->engine);
    ck_assert_int_eq(shown(again).break_even_px, shown(world->engine).break_even_px);
    engine_free(again);
    // A later host goes on in that directory: from its next trade on.
    keep(FIGURES_WHOLE);
    trade(AGON_SELL, 5000000, 100000, USDT, 0);
    trade(AGON_BUY, 5000000, 100000, USDT, USD(50));
    is_even_at(50050);
    keep(FIGURES_KEPT); // an older one changes nothing
    ck_assert_uint_eq(engine_figured(world->engine), FIGURES_WHOLE);
    end();
}
END_TEST

/* All but a crumb of an order is filled, and then the crumb: one closing fill that won or lost. */
START_TEST(dust_is_neither_won_nor_lost)
{
    const struct order_cmd *cmd;
    const struct score *score;

    begin(FIGURES_WHOLE);
    trade(AGON_BUY, 6000000, 100000, USDT, 0);
    cmd = order(AGON_SELL, 6100000, 100000);
    fill(cmd, 6100000, 99999, 99999, USDT, 0);
    score = engine_score(world->engine, 0);
    ck_assert_uint_eq(score->n_wins, 1);
    fill(cmd, 6100000, 1, 100000, USDT, 0);
    ck_assert_uint_eq(score->n_wins, 1);
    ck_assert_uint_eq(score->n_losses, 0);
    ck_assert_uint_eq(engine_window(world->engine, 0)->open.n_wins, 1);
    ck_assert_uint_eq(score->n_fills, 3);
    end();
}
END_TEST

/* From half past on: what half an hour lost is a sample like any other, of the slot and of all. */
START_TEST(what_was_before_the_first_full_hour_is_evidence)
{
    struct figures of, all;

    for (uint16_t edition = FIGURES_KEPT; edition <= FIGURES_WHOLE; edition++) {
        begin(edition);
        world_due(world, T0 + 1800000 * MS);
        trade(AGON_BUY, 6000000, 100000, USDT, 0);
        book(5500000);
        for (int hour = 1; hour <= 12; hour++) {
            world_due(world, T0 + hour * 3600000 * MS + 60000 * MS);
            book(5500000 + (hour % 3 == 0 ? hour * 100 - 50 : hour * 100));
        }
        engine_figures(world->engine, 0, &of);
        engine_figures_all(world->engine, &all);
        ck_assert_double_lt(of.yield, -0.04);
        ck_assert_uint_eq(of.n_samples, edition == FIGURES_WHOLE ? 12 : 11);
        ck_assert_uint_eq(all.n_samples, of.n_samples);
        ck_assert(of.has_t && all.has_t);
        ck_assert((of.t < 0) == (edition == FIGURES_WHOLE));
        ck_assert((all.t < 0) == (edition == FIGURES_WHOLE));
        // The tournament's window has had that sample ever since.
        ck_assert_uint_eq(engine_window(world->engine, 0)->n, 12);
        end();
    }
}
END_TEST

/* A host whose market's time comes with its data begins at 0: that it is 2024 then is no hour, and
 * no day, in which it earned nothing. */
START_TEST(time_that_nobody_saw_is_no_evidence)
{
    world_begin = 1;
    begin(FIGURES_WHOLE);
    world_begin = T0;
    world->t = T0 + 60000 * MS;
    while (engine_next_due(world->engine) < world->t) {
        struct record_due due;

        engine_due(world->engine, &due);
        due.hdr.t = world->t;
        ck_assert_int_eq(world_step(world, &due), AGON_OK);
    }
    ck_assert_uint_eq(engine_score(world->engine, 0)->n_hours, 0);
    ck_assert_uint_eq(engine_score(world->engine, 0)->n_days, 0);
    ck_assert_uint_eq(engine_window(world->engine, 0)->n, 0);
    world_due(world, T0 + 3600000 * MS + 60000 * MS);
    ck_assert_uint_eq(engine_score(world->engine, 0)->n_hours, 1);
    ck_assert_uint_eq(engine_window(world->engine, 0)->n, 1);
    end();
}
END_TEST

START_TEST(an_alert_of_a_loss_has_its_figures)
{
    const struct alerts *alerts;

    begin(FIGURES_WHOLE);
    limit(LIMIT_DAILY_LOSS_AMT, USD(3000));
    trade(AGON_BUY, 6000000, 100000, USDT, 0);
    book(5650000);
    alerts = engine_alerts(world->engine);
    ck_assert_uint_eq(alerts->counts[ALERT_LOSS_LIMIT], 1);
    ck_assert_str_eq(alerts->all[(alerts->n - 1) % ALERTS_KEPT].text,
                     "daily loss reached: lost 3,500.00 USDT of 100,000.00 at the day's begin, "
                     "limit 3,000.00; orders cancelled, positions closed");
    end();
    begin(FIGURES_WHOLE);
    limit(LIMIT_DRAWDOWN_PPM, 50000);
    limit(LIMIT_ON_BREACH, ON_BREACH_HALT);
    trade(AGON_BUY, 6000000, 100000, USDT, 0);
    book(6200000);
    book(5650000);
    alerts = engine_alerts(world->engine);
    ck_assert_str_eq(alerts->all[(alerts->n - 1) % ALERTS_KEPT].text,
                     "drawdown reached: lost 5,500.00 USDT of 102,000.00 at its highest, limit "
                     "5,100.00; no new risk");
    end();
    begin(FIGURES_KEPT); // as journals of before have it
    limit(LIMIT_DAILY_LOSS_AMT, USD(3000));
    trade(AGON_BUY, 6000000, 100000, USDT, 0);
    book(5650000);
    alerts = engine_alerts(world->engine);
    ck_assert_str_eq(alerts->all[(alerts->n - 1) % ALERTS_KEPT].text,
                     "a slot reached a loss limit: its orders are cancelled, its positions closed");
    end();
}
END_TEST

START_TEST(the_portfolios_alert_has_them_too)
{
    struct record_portfolio record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_PORTFOLIO,
        .limits = {.equity_amt = USD(298000), .on_breach = ON_BREACH_CANCEL}};
    const struct alerts *alerts;

    begin(FIGURES_WHOLE);
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    trade(AGON_BUY, 6000000, 100000, USDT, 0);
    book(5650000);
    alerts = engine_alerts(world->engine);
    ck_assert_uint_eq(alerts->counts[ALERT_PORTFOLIO_LIMIT], 1);
    ck_assert_str_eq(alerts->all[(alerts->n - 1) % ALERTS_KEPT].text,
                     "floor of all reached: equity 296,500.00 USDT, limit 298,000.00; orders "
                     "cancelled");
    end();
}
END_TEST

START_TEST(an_alert_of_large_amounts_is_whole)
{
    struct engine *engine;

    begin(FIGURES_WHOLE);
    engine = world->engine;
    engine->portfolio.breach_amt = USD(3500000);
    engine->portfolio.breach_base_amt = USD(100000000);
    engine->portfolio_limits =
        (struct portfolio_limits){.daily_loss_amt = USD(3000000), .on_breach = ON_BREACH_CLOSE};
    losses_raise_all(engine, REASON_PORTFOLIO_DAILY_LOSS);
    ck_assert_str_eq(engine->alerts.waiting[0].text,
                     "daily loss of all reached: lost 3,500,000.00 USDT of 100,000,000.00 at the "
                     "day's begin, limit 3,000,000.00; closed");
    world_free(world);
}
END_TEST

static agon_amt_t day_loss(void)
{
    const struct risk_slot *risk = engine_risk(world->engine, 0);

    return risk->equity_day_amt - risk->equity_amt;
}

static agon_amt_t lost(void)
{
    return risk_day_lost_amt(engine_risk(world->engine, 0));
}

static void give(agon_amt_t capital_amt)
{
    struct record_slot record = world_slot_record(0);

    record.limits.capital_amt = capital_amt;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

/* What the API, `ctl`, /metrics and the page's bar show is this difference: of a limit that is
 * scaled with the capital the same share is used before a transfer and behind it, in and out, and a
 * day begins with nothing lost. */
START_TEST(the_loss_of_the_day_follows_capital_that_moves)
{
    begin(FIGURES_WHOLE);
    trade(AGON_BUY, 6000000, 100000, USDT, 0);
    book(5700000);
    ck_assert_int_eq(day_loss(), USD(3000)); // of 100,000, which are 97,000
    give(USD(100000) + USD(97000));          // twice as much
    ck_assert_int_eq(day_loss(), USD(6000));
    book(5600000); // 1,000 more, whatever was given
    ck_assert_int_eq(day_loss(), USD(7000));
    give(USD(100000) + USD(500));
    ck_assert_int_eq(day_loss(), USD(3500));
    world_due(world, T0 + 86400000 * MS + 60000 * MS);
    book(5600000);
    ck_assert_int_eq(day_loss(), 0);
    give(USD(100000));
    ck_assert_int_eq(day_loss(), 0);
    book(5590000);
    ck_assert_int_eq(day_loss(), USD(100));
    end();
}
END_TEST

/* Money is lost once: whoever is given twice the capital has not lost twice as much. Each surface
 * says what was lost and, where that is another number, what the limit counts of it. */
START_TEST(what_was_lost_is_money_whatever_capital_moves)
{
    const struct alerts *alerts;
    struct engine *again;

    begin(FIGURES_LASTING);
    trade(AGON_BUY, 6000000, 100000, USDT, 0);
    book(5700000);
    ck_assert_int_eq(lost(), USD(3000));
    give(USD(100000) + USD(97000));
    ck_assert_int_eq(day_loss(), USD(6000)); // the gate goes on by shares
    ck_assert_int_eq(lost(), USD(3000));
    again = again_of(world->engine);
    ck_assert_int_eq(risk_day_lost_amt(engine_risk(again, 0)), USD(3000));
    ck_assert_int_eq(risk_day_lost_amt(engine_portfolio(again)),
                     risk_day_lost_amt(engine_portfolio(world->engine)));
    engine_free(again);
    limit(LIMIT_DAILY_LOSS_AMT, USD(7000));
    book(5600000);
    alerts = engine_alerts(world->engine);
    ck_assert_uint_eq(alerts->counts[ALERT_LOSS_LIMIT], 1);
    ck_assert_str_eq(alerts->all[(alerts->n - 1) % ALERTS_KEPT].text,
                     "daily loss reached: lost 4,000.00 USDT, scaled with the capital 7,000.00, "
                     "limit 7,000.00; orders cancelled, positions closed");
    end();
    // All slots together have it by what they were given together: 300,000, and now 397,000.
    begin(FIGURES_LASTING);
    trade(AGON_BUY, 6000000, 100000, USDT, 0);
    book(5700000);
    give(USD(100000) + USD(97000));
    ck_assert_int_eq(risk_day_lost_amt(engine_portfolio(world->engine)), USD(3000));
    ck_assert_int_gt(risk_day_scaled_amt(engine_portfolio(world->engine)), USD(3900));
    world_due(world, T0 + 86400000 * MS + 60000 * MS);
    ck_assert_int_eq(lost(), 0);
    ck_assert_int_eq(risk_day_lost_amt(engine_portfolio(world->engine)), 0);
    end();
    // Journals of before say what they said.
    begin(FIGURES_WHOLE);
    trade(AGON_BUY, 6000000, 100000, USDT, 0);
    book(5700000);
    give(USD(100000) + USD(97000));
    ck_assert_int_eq(lost(), USD(6000));
    limit(LIMIT_DAILY_LOSS_AMT, USD(7000));
    book(5600000);
    alerts = engine_alerts(world->engine);
    ck_assert_str_eq(alerts->all[(alerts->n - 1) % ALERTS_KEPT].text,
                     "daily loss reached: lost 7,000.00 USDT of 200,000.00 at the day's begin, "
                     "limit 7,000.00; orders cancelled, positions closed");
    end();
}
END_TEST

/* Who fell by three in a hundred has fallen by three in a hundred, whatever capital is given or
 * taken: as the limit of a drawdown has it, and not by a high that is another amount by then. */
START_TEST(a_drawdown_is_a_share_whatever_capital_moves)
{
    const struct risk_slot *risk;
    struct figures of, all;

    for (int is_less = 0; is_less <= 1; is_less++) {
        begin(FIGURES_LASTING);
        trade(AGON_BUY, 6000000, 100000, USDT, 0);
        book(5700000);
        risk = engine_risk(world->engine, 0);
        engine_figures(world->engine, 0, &of);
        ck_assert_double_eq_tol(of.drawdown, 0.03, 1e-6);
        give(is_less ? USD(100000) - USD(38800) : USD(100000) + USD(97000));
        engine_figures(world->engine, 0, &of);
        engine_figures_all(world->engine, &all);
        ck_assert_double_eq_tol(of.drawdown, 0.03, 1e-6);
        ck_assert_double_eq_tol(all.drawdown, 0.01, 1e-6);
        ck_assert_double_eq_tol(of.drawdown,
                                (double)(risk->equity_high_amt - risk->equity_amt) /
                                    (double)risk->equity_high_amt,
                                1e-4);
        // From here on each loses by what it has now.
        book(5641800);
        engine_figures(world->engine, 0, &of);
        ck_assert_double_eq_tol(of.drawdown, is_less ? 0.0397 : 0.0329, 1e-4);
        end();
    }
    begin(FIGURES_WHOLE); // as journals of before have it
    trade(AGON_BUY, 6000000, 100000, USDT, 0);
    book(5700000);
    give(USD(100000) - USD(38800));
    engine_figures(world->engine, 0, &of);
    ck_assert_double_gt(of.drawdown, 0.045);
    end();
}
END_TEST

static void leave(uint16_t slot, int is_vacated)
{
    struct record_command command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                     .kind = COMMAND_SLOT_CONDITION,
                                     .scope = SCOPE_SLOT,
                                     .id = slot,
                                     .value = CONDITION_RETIRED,
                                     .reason = REASON_OPERATOR};

    ck_assert_int_eq(world_step(world, &command), AGON_OK);
    if (!is_vacated)
        return;
    command.kind = COMMAND_VACATE;
    command.scope = 0;
    command.value = 0;
    ck_assert_int_eq(world_step(world, &command), AGON_OK);
}

/* Who has left took its equity along, and what it won or lost is everybody's as before: all that
 * was earned and given is the sum of the slots, the pool and who left. */
START_TEST(who_left_is_in_the_figures_of_all)
{
    struct record_tournament rules = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(rules) / EVENT_GRANULE},
        .kind = CONFIG_TOURNAMENT};
    struct figures before, all, left, sum, one;
    struct record_slot another = world_slot_record(0);
    struct engine *again;

    begin(FIGURES_LASTING);
    trade(AGON_BUY, 6000000, 100000, USDT, USD(60));
    trade(AGON_SELL, 5900000, 100000, USDT, USD(59));
    ck_assert_uint_eq(engine_figures_left(world->engine, &left), 0);
    engine_figures_all(world->engine, &before);
    ck_assert_int_eq(before.result_amt, -USD(1119));
    ck_assert_int_eq(risk_day_lost_amt(engine_portfolio(world->engine)), USD(1119));
    leave(0, 1);
    ck_assert_int_eq(risk_day_lost_amt(engine_portfolio(world->engine)), USD(1119));
    engine_figures_all(world->engine, &all);
    ck_assert_uint_eq(engine_figures_left(world->engine, &left), 1);
    ck_assert_int_eq(left.result_amt, -USD(1119));
    ck_assert_int_eq(left.capital_amt, USD(100000));
    ck_assert_int_eq(left.gross_amt, -USD(1000));
    ck_assert_uint_eq(left.n_fills, 2);
    ck_assert_int_eq(all.result_amt, before.result_amt);
    ck_assert_int_eq(all.equity_amt, before.equity_amt);
    ck_assert_int_eq(all.fee_amt, USD(119));
    ck_assert_int_eq(all.gross_amt, before.gross_amt);
    ck_assert_double_eq(all.yield, before.yield);
    ck_assert_double_eq_tol(all.drawdown, before.drawdown, 1e-6); // what goes is no fall
    world_rename(&another, "newcomer");
    ck_assert_int_eq(world_step(world, &another), AGON_OK);
    engine_figures_all(world->engine, &all);
    ck_assert_int_eq(all.capital_amt, before.capital_amt + USD(100000));
    ck_assert_int_eq(all.result_amt, before.result_amt);
    sum = left;
    for (uint16_t id = 0; id < WORLD_SLOTS; id++) {
        engine_figures(world->engine, id, &one);
        figures_add(&sum, &one);
    }
    ck_assert_int_eq(num_add(sum.equity_amt, engine_pool_amt(world->engine)), all.equity_amt);
    ck_assert_int_eq(sum.result_amt, all.result_amt);
    again = again_of(world->engine);
    ck_assert_uint_eq(engine_figures_left(again, &one), 1);
    ck_assert_mem_eq(&one, &left, sizeof(one));
    engine_free(again);
    end();
    // With a tournament its capital goes to the pool, which alone has it; what it won is left over.
    begin(FIGURES_LASTING);
    plan_defaults(&rules.rules);
    ck_assert_int_eq(world_step(world, &rules), AGON_OK);
    trade(AGON_BUY, 6000000, 100000, USDT, USD(60));
    trade(AGON_SELL, 6200000, 100000, USDT, USD(62));
    engine_figures_all(world->engine, &before);
    leave(0, 1);
    ck_assert_int_eq(engine_pool_amt(world->engine), USD(100000));
    ck_assert_uint_eq(engine_figures_left(world->engine, &left), 1);
    ck_assert_int_eq(left.capital_amt, 0);
    ck_assert_int_eq(left.equity_amt, USD(1878));
    engine_figures_all(world->engine, &all);
    ck_assert_int_eq(all.equity_amt, before.equity_amt);
    ck_assert_int_eq(all.capital_amt, before.capital_amt);
    ck_assert_double_eq_tol(all.drawdown, before.drawdown, 1e-6);
    end();
    // Journals of before forget it, as they did.
    begin(FIGURES_WHOLE);
    trade(AGON_BUY, 6000000, 100000, USDT, USD(60));
    trade(AGON_SELL, 5900000, 100000, USDT, USD(59));
    leave(0, 1);
    ck_assert_uint_eq(engine_figures_left(world->engine, &left), 0);
    engine_figures_all(world->engine, &all);
    ck_assert_int_eq(all.result_amt, 0);
    end();
}
END_TEST

/* Who is out has the ratios of its days until then: of what is left of its equity, which may be
 * dust, a return is any number. */
START_TEST(who_is_retired_has_no_returns_any_more)
{
    for (uint16_t edition = FIGURES_LASTING; edition <= FIGURES_ENDED; edition++) {
        const struct score *score;
        struct score out;
        int is_ended = edition == FIGURES_ENDED;

        begin(edition);
        score = engine_score(world->engine, 0);
        trade(AGON_BUY, 6000000, 100000, USDT, 0);
        world_due(world, T0 + 2 * DAY + 1);
        leave(0, 0);
        out = *score;
        book(6100000);
        world_due(world, T0 + 4 * DAY + 1);
        ck_assert_uint_gt(out.n_days, 0);
        ck_assert_uint_eq(score->n_days, out.n_days + (is_ended ? 0 : 2));
        ck_assert_uint_eq(score->n_hours, out.n_hours + (is_ended ? 0 : 48));
        ck_assert_int_eq(score->sum_day > out.sum_day, !is_ended);
        ck_assert_int_eq(score->sum_return > out.sum_return, !is_ended);
        // Its drawdown is watched as long as it holds anything.
        ck_assert_int_gt(score->high_amt, USD(101000));
        end();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_figures");
    TCase *tcase = tcase_create("figures");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, break_even_has_nothing_of_the_trade_before);
    tcase_add_test(tcase, a_journal_of_before_leads_to_where_it_led);
    tcase_add_test(tcase, dust_is_neither_won_nor_lost);
    tcase_add_test(tcase, what_was_before_the_first_full_hour_is_evidence);
    tcase_add_test(tcase, time_that_nobody_saw_is_no_evidence);
    tcase_add_test(tcase, an_alert_of_a_loss_has_its_figures);
    tcase_add_test(tcase, the_portfolios_alert_has_them_too);
    tcase_add_test(tcase, an_alert_of_large_amounts_is_whole);
    tcase_add_test(tcase, the_loss_of_the_day_follows_capital_that_moves);
    tcase_add_test(tcase, what_was_lost_is_money_whatever_capital_moves);
    tcase_add_test(tcase, a_drawdown_is_a_share_whatever_capital_moves);
    tcase_add_test(tcase, who_left_is_in_the_figures_of_all);
    tcase_add_test(tcase, who_is_retired_has_no_returns_any_more);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
