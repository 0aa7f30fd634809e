// SPDX-License-Identifier: Apache-2.0
/* The state hash hears of every field of the state (inv-15), each changed once, and not of what is
 * none: here of the engine, its markets and its tournament; test_state_slots.c: of what slots have.
 * A struct that grows stops the compiler: save, load and change the new field, then pin. */
#include "state_rig.h"

#define PINNED(type, bytes)                                                                        \
    _Static_assert(sizeof(type) == (bytes),                                                        \
                   #type " changed: is the new field saved, loaded and changed in this test?")
PINNED(struct market, 2088);
PINNED(struct exit_plan, 472);
PINNED(struct timer, 24);
PINNED(struct leg_group, 2056);
PINNED(struct risk_slot, 376);
PINNED(struct engine_left, 88);
PINNED(struct score, 208);
PINNED(struct order, 256);
PINNED(struct position, 104);
PINNED(struct slot, 688);
PINNED(struct slots, 176184);
PINNED(struct slot_signals, 164);
PINNED(struct subscription, 144);
PINNED(struct window, 6768);
PINNED(struct plan_rules, 280);
PINNED(struct rule_term, 32);
PINNED(struct fair_slot, 6808);
PINNED(struct tournament, 3483496);
PINNED(struct slot_limits, 208);
PINNED(struct portfolio_limits, 88);
PINNED(struct halt, 144);
PINNED(struct bars, 1328);
PINNED(struct agon_instrument, 192);
PINNED(struct agon_top10, 384);
PINNED(struct asset, 17);
PINNED(struct alert, 176);
PINNED(struct record_alert, 192);
_Static_assert(offsetof(struct engine, venues) - offsetof(struct engine, seq) == 6609040,
               "the state of struct engine changed: is it saved, loaded and changed in this test?");

static void poke_halt(struct halt *halt, const char *what)
{
    struct halt none = *halt;

    halt->is_set = 1;
    heard(what, 1);
    world_hash(world, before);
    STATE(halt->reason);
    STATE(halt->t);
    STATE(halt->who[0]);
    STATE(halt->who[COMMAND_WHO - 2]);
    STATE(halt->why[0]);
    STATE(halt->why[COMMAND_WHY - 2]);
    *halt = none;
    world_hash(world, before);
}

START_TEST(each_halt)
{
    begin();
    for (int cause = 0; cause < HALT_CAUSES; cause++)
        poke_halt(&engine->halts[cause], "a halt of everything");
    poke_halt(&engine->venue_halts[1], "a halt of a venue");
    poke_halt(&engine->venue_halts[VENUES_MAX], "a halt of a venue");
    poke_halt(&engine->markets[BTCUSDT].halt, "a halt of an instrument");
    for (int i = 0; i < WORLD_SLOTS; i++)
        poke_halt(&engine->slot_halts[i], "a halt of a slot");
    world_free(world);
}
END_TEST

START_TEST(the_engine_itself)
{
    begin();
    STATE(engine->seq);
    STATE(engine->t);
    STATE(engine->run);
    STATE(engine->mode);
    STATE(engine->is_within);
    STATE(engine->is_figured);
    STATE(engine->seed);
    STATE(engine->ids.journal);
    STATE(engine->ids.since_run);
    engine->ids.n_earlier = ORDER_IDS_EARLIER;
    world_hash(world, before);
    STATE(engine->ids.n_earlier);
    for (int i = 0; i < ORDER_IDS_EARLIER; i++)
        STATE(engine->ids.earlier[i]);
    STATE(engine->output_hash);
    STATE(engine->account_of[1]);
    STATE(engine->account_of[VENUES_MAX]);
    STATE(engine->slack_amt[0]);
    STATE(engine->slack_amt[ACCOUNTS_MAX - 1]);
    for (int i = 0; i < ACCOUNTS_MAX; i++)
        STATE(engine->has_picture[i]);
    STATE(engine->sample_due);
    STATE(engine->sweep_due);
    STATE(engine->stop_due);
    STATE(engine->timer_order);
    for (int i = 0; i < WORLD_SLOTS; i++) {
        STATE(engine->wants_flat[i]);
        STATE(engine->is_closing_all[i]);
        STATE(engine->close_reason[i]);
        STATE(engine->close_t[i]);
    }
    STATE(engine->slots.n);
    STATE(engine->timers.nodes[0].t);
    STATE(engine->timers.nodes[0].order);
    STATE(engine->timer_table[0].cookie);
    STATE(engine->timer_table[0].every_ns);
    STATE(engine->timer_table[0].id);
    STATE(engine->timer_table[0].slot);
    // What only this process knows, or what follows from the rest.
    NO_STATE(engine->timer_table[0].is_used);
    NO_STATE(engine->timer_table[1].cookie);
    NO_STATE(engine->type_watchers[5]);
    NO_STATE(engine->venues[3].ctx);
    NO_STATE(engine->runners[5].ctx);
    NO_STATE(engine->bus.at);
    NO_STATE(engine->public_sub);
    NO_STATE(engine->private_sub[0]);
    NO_STATE(engine->touched);
    NO_STATE(engine->bars_least);
    NO_STATE(engine->type_keepers[5]);
    NO_STATE(engine->turn);
    NO_STATE(engine->attached);
    NO_STATE(engine->unsent[0]);
    NO_STATE(engine->counters.n_events);
    NO_STATE(engine->config.bars_grace_ns);
    world_free(world);
}
END_TEST

START_TEST(markets)
{
    struct market *market;

    begin();
    market = &engine->markets[BTCUSDT];
    ck_assert(market->bars.has_traded && market->has_top);
    STATE(market->t_book);
    STATE(market->t_quote);
    STATE(market->quote_bid_px);
    STATE(market->quote_ask_px);
    STATE(market->last_px);
    STATE(market->last_fill);
    STATE(market->is_read);
    STATE(market->mark_px);
    STATE(market->t_mark);
    STATE(market->long_px);
    STATE(market->short_px);
    STATE(market->t_price);
    STATE(market->step_ns);
    STATE(market->data_step_ns);
    market->data_step_ns = 60;
    world_hash(world, before);
    STATE(market->is_bars);
    market->is_bars = STEP_PATHS;
    world_hash(world, before);
    STATE(market->is_inside);
    market->is_bars = 0;
    market->data_step_ns = 0;
    world_hash(world, before);
    STATE(market->rate_ppb);
    STATE(market->t_funding);
    STATE(market->position_gap);
    STATE(market->book_state);
    STATE(market->trading);
    STATE(market->has_top);
    STATE(market->top.n_bid);
    STATE(market->top.n_ask);
    STATE(market->top.book);
    STATE(market->top.flags);
    for (int i = 0; i < 10; i++) {
        STATE(market->top.bid[i].px);
        STATE(market->top.bid[i].qty);
        STATE(market->top.ask[i].px);
        STATE(market->top.ask[i].qty);
    }
    NO_STATE(market->bars_due);
    NO_STATE(market->watchers);
    ck_assert_int_eq(book_set(market->book, AGON_BUY, 5000000, 7), AGON_OK);
    heard("a level of the book", 1);
    ck_assert_int_eq(book_set(market->book, AGON_BUY, 5000000, 0), AGON_OK);
    heard("a level that went", 0);
    STATE(market->bars.instrument);
    STATE(market->bars.px_exp);
    STATE(market->bars.qty_exp);
    STATE(market->bars.quote_exp);
    STATE(market->bars.has_traded);
    STATE(market->bars.last_px);
    STATE(market->bars.n_late);
    for (int i = 0; i < BARS_LENGTHS; i++) {
        struct agon_bar *bar = &market->bars.open[i];

        STATE(bar->t_open);
        STATE(bar->n_trades);
        STATE(bar->open_px);
        STATE(bar->high_px);
        STATE(bar->low_px);
        STATE(bar->close_px);
        STATE(bar->volume_qty);
        STATE(bar->taker_buy_qty);
        STATE(bar->turnover_amt);
    }
    world_free(world);
}
END_TEST

START_TEST(instruments_and_assets)
{
    struct agon_instrument *one;
    struct asset *asset;

    begin();
    one = &engine->table.all[ETHUSDT];
    asset = &engine->table.assets[ETH];
    STATE(engine->table.n_instruments);
    STATE(engine->table.n_assets);
    STATE(engine->table.base_currency);
    STATE(engine->valued_by[1]);
    STATE(engine->valued_by[engine->table.n_assets]);
    STATE(asset->name[0]);
    STATE(asset->name[15]);
    STATE(asset->exp);
    STATE(one->hdr.seq);
    STATE(one->hdr.t_venue);
    STATE(one->hdr.t);
    STATE(one->venue);
    STATE(one->kind);
    STATE(one->state);
    STATE(one->px_exp);
    STATE(one->qty_exp);
    STATE(one->multiplier_exp);
    STATE(one->predecessor);
    STATE(one->base);
    STATE(one->quote);
    STATE(one->settle);
    STATE(one->maker_fee_ppb);
    STATE(one->taker_fee_ppb);
    STATE(one->symbol[0]);
    STATE(one->symbol[31]);
    STATE(one->tick_px);
    STATE(one->lot_qty);
    STATE(one->min_qty);
    STATE(one->max_qty);
    STATE(one->min_notional_amt);
    STATE(one->multiplier);
    STATE(one->min_px);
    STATE(one->max_px);
    STATE(one->t_expiry);
    world_free(world);
}
END_TEST

START_TEST(the_portfolio)
{
    begin();
#define LIMIT(id, number, type, member, ...) STATE(engine->portfolio_limits.member);
    PORTFOLIO_LIMITS(LIMIT)
#undef LIMIT
    STATE(engine->portfolio.equity_amt);
    STATE(engine->portfolio.equity_high_amt);
    STATE(engine->portfolio.equity_day_amt);
    STATE(engine->portfolio.t_breach);
    STATE(engine->portfolio.breach_amt);
    STATE(engine->portfolio.breach_base_amt);
    STATE(engine->portfolio.n_breaches);
    STATE(engine->portfolio.breach_reason);
    STATE(engine->portfolio.is_daily_breached);
    STATE(engine->portfolio.is_drawdown_breached);
    STATE(engine->portfolio.is_floor_breached);
    world_free(world);
}
END_TEST

START_TEST(tournaments)
{
    struct record_tournament record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_TOURNAMENT};
    struct tournament *at;

    begin();
    plan_defaults(&record.rules);
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    world_hash(world, before);
    at = &engine->tournament;
    STATE(at->rules.schedule[0]);
    STATE(at->rules.schedule[63]);
    for (int i = 0; i < RECORD_MEASURES; i++) {
        STATE(at->rules.weights[i]);
        STATE(at->rules.gates[i]);
    }
    STATE(at->rules.gate_mask);
    STATE(at->rules.n_shares);
    for (int i = 0; i < TOURNAMENT_SHARES; i++)
        STATE(at->rules.shares_ppm[i]);
    STATE(at->rules.rest_ppm);
    STATE(at->rules.reserve_ppm);
    STATE(at->rules.least_ppm);
    STATE(at->rules.most_ppm);
    STATE(at->rules.kelly_ppm);
    STATE(at->rules.growth_ppm);
    STATE(at->rules.sample_s);
    STATE(at->rules.window);
    STATE(at->rules.min_samples);
    STATE(at->rules.failures);
    STATE(at->rules.mode);
    STATE(at->rules.on_unload);
    memset(at->rules.more, 0, sizeof(at->rules.more));
    at->rules.n_more = 0;
    world_hash(world, before);
    NO_STATE(at->rules.more[0].value); // there is none
    at->rules.n_more = 1;
    world_hash(world, before);
    STATE(at->rules.n_more);
    STATE(at->rules.more[0].name[0]);
    STATE(at->rules.more[0].name[22]);
    STATE(at->rules.more[0].kind);
    STATE(at->rules.more[0].value);
    NO_STATE(at->rules.more[1].value);
    at->rules.n_more = 0;
    world_hash(world, before);
    NO_STATE(at->day); // of rules of edition 1
    NO_STATE(at->fair[0].rest);
    plan_defaults(&at->rules);
    world_hash(world, before);
    STATE(at->day);
    STATE(at->is_undone);
    for (int id = 0; id < WORLD_SLOTS; id++) {
        struct fair_slot *fair = &at->fair[id];

        STATE(fair->n_crashes);
        STATE(fair->rest);
        STATE(fair->waited);
        NO_STATE(fair->moved_amt[0]); // nothing was moved
        fair->n_moved = PLAN_PARTS;
        world_hash(world, before);
        for (int i = 0; i < PLAN_PARTS; i++) {
            STATE(fair->accounts[i]);
            STATE(fair->moved_amt[i]);
        }
        STATE(fair->days.open.base_amt);
        window_sample(&fair->days, 5);
        world_hash(world, before);
        STATE(fair->days.samples[0].base_amt);
        NO_STATE(fair->days.samples[1].base_amt);
    }
    NO_STATE(at->fair[WORLD_SLOTS].rest);
    rules_clear_more(&at->rules);
    world_hash(world, before);
    STATE(at->t_due);
    STATE(at->t_pending);
    STATE(at->t_since);
    STATE(at->number);
    STATE(at->is_pending);
    for (int i = 0; i < ACCOUNTS_MAX; i++)
        STATE(at->pool_amt[i]);
    for (int id = 0; id < WORLD_SLOTS; id++) {
        struct window *window = &at->windows[id];

        STATE(at->given_amt[id]);
        STATE(at->scale_amt[id]);
        STATE(at->failures[id]);
        STATE(window->open.base_amt);
        STATE(window->open.equity_amt);
        STATE(window->open.won_amt);
        STATE(window->open.lost_amt);
        STATE(window->open.n_wins);
        STATE(window->open.n_losses);
        NO_STATE(window->samples[0].base_amt); // there is none yet
        window_sample(window, 5);
        world_hash(world, before);
        STATE(window->n);
        STATE(window->samples[0].base_amt);
        STATE(window->samples[0].equity_amt);
        STATE(window->samples[0].won_amt);
        STATE(window->samples[0].lost_amt);
        STATE(window->samples[0].n_wins);
        STATE(window->samples[0].n_losses);
        NO_STATE(window->samples[1].base_amt);
    }
    // What follows from the rest, or is of no slot.
    NO_STATE(at->cron.minutes);
    NO_STATE(at->given_amt[WORLD_SLOTS]);
    NO_STATE(at->windows[WORLD_SLOTS].n);
    NO_STATE(engine->plan.bytes[0]);
    world_free(world);
}
END_TEST

START_TEST(alerts)
{
    struct record_alert record;
    struct alert *kept;

    begin();
    alert_make(&record, ALERT_KILL, 1, BTCUSDT, 5, 6, "said");
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    engine_raise(engine, ALERT_CRASH, 0, BTCUSDT, 7, 8, "died");
    world_hash(world, before);
    kept = &engine->alerts.all[0];
    STATE(kept->seq);
    STATE(kept->t);
    STATE(kept->kind);
    STATE(kept->slot);
    STATE(kept->level);
    STATE(kept->is_acked);
    STATE(kept->instrument);
    STATE(kept->value);
    STATE(kept->limit);
    STATE(kept->text[0]);
    STATE(kept->text[127]);
    STATE(engine->alerts.n);
    STATE(engine->alerts.counts[ALERT_KILL]);
    STATE(engine->alerts.counts[ALERT_KINDS - 1]);
    STATE(engine->alerts.n_folded);
    STATE(engine->alerts.n_lost);
    STATE(engine->alerts.n_waiting);
    STATE(engine->alerts.waiting[0].kind);
    STATE(engine->alerts.waiting[0].slot);
    STATE(engine->alerts.waiting[0].hdr.instrument);
    STATE(engine->alerts.waiting[0].cause_seq);
    STATE(engine->alerts.waiting[0].value);
    STATE(engine->alerts.waiting[0].limit);
    STATE(engine->alerts.waiting[0].text[0]);
    NO_STATE(engine->alerts.waiting[1].kind); // no more wait
    NO_STATE(engine->alerts.all[1].kind);
    world_free(world);
}
END_TEST

START_TEST(no_damaged_state_is_taken_for_one)
{
    struct engine_config config = {.state_bytes = (uint64_t)4 << 20, .bus_granules = 1 << 14};
    uint64_t n;
    unsigned char *bytes;
    uint64_t x = 88172645463325252u;
    int n_refused = 0;

    begin();
    n = engine_save(engine, NULL, 0);
    bytes = malloc(n);
    ck_assert_uint_eq(engine_save(engine, bytes, n), n);
    for (int i = 0; i < 300; i++) {
        struct engine *again;
        struct error err = {0};
        uint64_t at;
        unsigned char was;

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        at = x % n;
        was = bytes[at];
        bytes[at] = (unsigned char)(x >> 40);
        ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
        if (engine_load(again, bytes, n, &err) < 0) {
            n_refused++;
            ck_assert_uint_gt(strlen(err.text), 0);
        } else {
            char text[256];
            unsigned char digest[HASH_SIZE];

            engine_check(again, text); // whatever it finds, it ends
            ck_assert_int_eq(engine_hash(again, digest), AGON_OK);
        }
        engine_free(again);
        bytes[at] = was;
    }
    ck_assert_int_gt(n_refused, 20);
    bytes[0] ^= 1;
    {
        struct engine *again;
        struct error err = {0};

        ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
        ck_assert_int_eq(engine_load(again, bytes, n, &err), AGON_EVERSION);
        engine_free(again);
    }
    free(bytes);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_state");
    TCase *tcase = tcase_create("state");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, the_engine_itself);
    tcase_add_test(tcase, each_halt);
    tcase_add_test(tcase, markets);
    tcase_add_test(tcase, instruments_and_assets);
    tcase_add_test(tcase, the_portfolio);
    tcase_add_test(tcase, tournaments);
    tcase_add_test(tcase, alerts);
    tcase_add_test(tcase, no_damaged_state_is_taken_for_one);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
