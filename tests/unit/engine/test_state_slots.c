// SPDX-License-Identifier: Apache-2.0
/* The state hash hears of every field of what slots have (inv-15), each changed once, and not of
 * what is none; test_state.c: of all else. It pins the structs' sizes too. */
#include "state_rig.h"

START_TEST(slots_risk_and_score)
{
    begin();
    for (int id = 0; id < WORLD_SLOTS; id++) {
        struct slot *slot = &engine->slots.all[id];
        struct risk_slot *risk = &engine->risk[id];
        struct score *score = &engine->scores[id];

        STATE(slot->is_used);
        STATE(slot->stage);
        STATE(slot->condition);
        STATE(slot->agent_kind);
        STATE(slot->account);
        STATE(slot->generation);
        STATE(slot->condition_reason);
        STATE(slot->seed);
        STATE(slot->intent_latency_ns);
        STATE(slot->generation_hash);
        STATE(slot->last_generation);
        STATE(slot->fresh_generation);
        STATE(slot->n_crashes);
        STATE(slot->crashes[0]);
        STATE(slot->crashes[SLOT_CRASHES - 1]);
        STATE(slot->crash_seq);
        STATE(slot->name[0]);
        STATE(slot->name[31]);
        STATE(slot->subscription.event_mask);
        STATE(slot->subscription.event_more);
        STATE(slot->subscription.bar_mask);
        STATE(slot->subscription.depth);
        STATE(slot->subscription.n_instruments);
        STATE(slot->subscription.instruments[0]);
        STATE(slot->subscription.instruments[1]);
        NO_STATE(slot->subscription.instruments[2]); // beyond n_instruments
        STATE(slot->signals.n_keys);
        STATE(slot->signals.n_inputs);
        STATE(slot->signals.keys[0]);
        STATE(slot->signals.keys[1]);
        NO_STATE(slot->signals.keys[2]); // beyond n_keys
        STATE(slot->signals.inputs[0].series);
        STATE(slot->signals.inputs[1].agent);
        NO_STATE(slot->signals.inputs[2]); // beyond n_inputs
#define LIMIT(id, number, type, member, ...) STATE(slot->limits.member);
        LIMITS(LIMIT)
#undef LIMIT
        STATE(slot->counted); // and what is owed beside it: test_slot.c
        STATE(slot->next_counter);
        STATE(slot->n_intents);
        STATE(slot->n_refused);
        STATE(risk->tokens_ppm);
        STATE(risk->t_tokens);
        for (int i = 0; i < RISK_DUPLICATES; i++) {
            STATE(risk->recent[i].fingerprint);
            STATE(risk->recent[i].t);
        }
        STATE(risk->next_recent);
        STATE(risk->equity_amt);
        STATE(risk->equity_high_amt);
        STATE(risk->equity_day_amt);
        STATE(risk->t_breach);
        STATE(risk->breach_amt);
        STATE(risk->breach_base_amt);
        STATE(risk->n_breaches);
        STATE(risk->breach_reason);
        STATE(risk->is_daily_breached);
        STATE(risk->is_drawdown_breached);
        STATE(risk->is_floor_breached);
        NO_STATE(risk->borne_amt);
        STATE(score->start_amt);
        STATE(score->last_amt);
        STATE(score->high_amt);
        STATE(score->worst_fall_amt);
        STATE(score->worst_fall_high_amt);
        STATE(score->n_hours);
        STATE(score->sum_return);
        STATE(score->sum_square);
        STATE(score->sum_down_square);
        STATE(score->n_fills);
        STATE(score->n_wins);
        STATE(score->n_losses);
        STATE(score->won_amt);
        STATE(score->lost_amt);
        STATE(score->fee_amt);
        STATE(score->volume_amt);
        STATE(score->hour_amt);
    }
    NO_STATE(engine->scores[WORLD_SLOTS].n_fills); // of no slot
    world_free(world);
}
END_TEST

START_TEST(groups_of_legs)
{
    struct agon_origin *origin;
    struct agon_intent *intent;

    begin();
    origin = &engine->legs[1].legs[0].origin;
    intent = &engine->legs[1].legs[0].intent;
    ck_assert_uint_eq(engine->legs[1].n, 1);
    STATE(engine->legs[1].n);
    STATE(origin->cause_seq);
    STATE(origin->nth);
    STATE(origin->n);
    STATE(origin->generation);
    STATE(origin->leg);
    STATE(origin->n_legs);
    STATE(intent->kind);
    STATE(intent->side);
    STATE(intent->type);
    STATE(intent->tif);
    STATE(intent->flags);
    STATE(intent->instrument);
    STATE(intent->account);
    STATE(intent->reason);
    STATE(intent->client_ref);
    STATE(intent->px);
    STATE(intent->trigger_px);
    STATE(intent->qty);
    STATE(intent->show_qty);
    STATE(intent->t_expire);
    NO_STATE(engine->legs[1].legs[1].intent.qty); // has not come
    world_free(world);
}
END_TEST

START_TEST(exit_plans)
{
    struct agon_exit_event event = {
        .hdr = {.type = AGON_EVENT_EXIT_PLAN, .granules = 4, .instrument = BTCUSDT},
        .origin = {.slot = 0},
        .plan = {.instrument = BTCUSDT,
                 .side = AGON_BUY,
                 .client_ref = 3,
                 .stop_px = 5000000,
                 .trail_px = 100000,
                 .take_px = {7000000},
                 .take_ppm = {500000}}};
    struct exit_plan *exit;

    begin();
    ck_assert_int_eq(world_step(world, &event), AGON_OK);
    world_hash(world, before);
    exit = &engine->exits[0][0];
    ck_assert_uint_eq(exit->id, 1);
    STATE(engine->next_exit[0]);
    STATE(engine->next_exit[1]);
    STATE(exit->plan.instrument);
    STATE(exit->plan.account);
    STATE(exit->plan.side);
    STATE(exit->plan.watch);
    STATE(exit->plan.client_ref);
    STATE(exit->plan.qty);
    STATE(exit->plan.t_exit);
    STATE(exit->plan.stop_px);
    STATE(exit->plan.trail_from_px);
    STATE(exit->plan.trail_px);
    STATE(exit->plan.trail_ppm);
    STATE(exit->plan.even_ppm);
    STATE(exit->plan.even_px);
    STATE(exit->plan.even_offset_px);
    STATE(exit->plan.entry_px);
    for (int i = 0; i < AGON_EXIT_TAKES; i++) {
        STATE(exit->plan.take_px[i]);
        STATE(exit->plan.take_ppm[i]);
    }
    NO_STATE(exit->plan.pad[0]); // always 0
    STATE(exit->id);
    STATE(exit->n_failed);
    STATE(exit->state);
    STATE(exit->is_all);
    STATE(exit->stop_cause);
    STATE(exit->is_trailing);
    STATE(exit->is_even);
    STATE(exit->cause);
    STATE(exit->take);
    STATE(exit->taken);
    STATE(exit->due_cause);
    STATE(exit->due_takes);
    STATE(exit->failed);
    STATE(exit->is_young);
    STATE(exit->change);
    STATE(exit->stop_px);
    STATE(exit->best_px);
    STATE(exit->due_px);
    STATE(exit->t_due);
    STATE(exit->t_retry);
    STATE(exit->held_qty);
    STATE(exit->fire_qty);
    STATE(exit->closed_qty);
    exit->change = EXIT_REPLACE;
    world_hash(world, before);
    STATE(exit->next.stop_px);
    STATE(exit->next.client_ref);
    exit->change = EXIT_KEEP;
    world_hash(world, before);
    NO_STATE(exit->next.stop_px);
    NO_STATE(exit->pad);
    // What follows from the plans, and a place without one.
    NO_STATE(engine->exits_due);
    NO_STATE(engine->markets[BTCUSDT].exits);
    NO_STATE(engine->exits[0][1].stop_px);
    engine->exits[0][3] = *exit; // at another place it is another state
    memset(exit, 0, sizeof(*exit));
    heard("a plan at another place", 1);
    world_free(world);
}
END_TEST

START_TEST(orders)
{
    struct order *all[2];

    begin();
    all[0] = orders_find(engine->orders, world->cmds[0].order_id);
    all[1] = orders_find(engine->orders, world->cmds[1].order_id);
    ck_assert(order_is_final(all[0]) && !order_is_final(all[1]));
    for (int i = 0; i < 2; i++) {
        struct order *order = all[i];

        STATE(order->id);
        STATE(order->client_ref);
        STATE(order->venue_order);
        STATE(order->cause_seq);
        STATE(order->n);
        STATE(order->generation);
        STATE(order->instrument);
        STATE(order->account);
        STATE(order->slot);
        STATE(order->venue);
        STATE(order->reason);
        STATE(order->state);
        STATE(order->request);
        STATE(order->request_state);
        STATE(order->side);
        STATE(order->type);
        STATE(order->tif);
        STATE(order->rev);
        STATE(order->rev_asked);
        STATE(order->n_asked);
        STATE(order->flags);
        STATE(order->exit);
        STATE(order->px);
        STATE(order->trigger_px);
        STATE(order->qty);
        STATE(order->show_qty);
        STATE(order->filled_qty);
        STATE(order->venue_cum_qty);
        STATE(order->guard_px);
        STATE(order->new_px);
        STATE(order->new_qty);
        STATE(order->hold_px);
        STATE(order->held_back_qty);
        STATE(order->held_back_amt);
        STATE(order->t_create);
        STATE(order->t_request);
        STATE(order->t_expire);
        NO_STATE(order->open_loss_amt);
        NO_STATE(order->open_px);
        NO_STATE(order->is_settled);
    }
    ck_assert(orders_fill_is_new(engine->orders, 0, BTCUSDT, AGON_BUY, 4711));
    heard("a fill that is known", 1);
    world_free(world);
}
END_TEST

START_TEST(the_ledger)
{
    struct position *pos;

    begin();
    pos = ledger_position(engine->ledger, 0, BTCUSDT, 0);
    STATE(pos->instrument);
    STATE(pos->account);
    STATE(pos->held_amt);
    STATE(pos->qty);
    STATE(pos->cost_amt);
    STATE(pos->realised_amt);
    STATE(pos->fee_amt);
    STATE(pos->working_buy_qty);
    STATE(pos->working_sell_qty);
    STATE(pos->working_buy_amt);
    STATE(pos->n_fills);
    STATE(pos->funding_amt);
    ledger_transfer(engine->ledger, 0, LEDGER_EXTERNAL, LEDGER_SUSPENSE, USDT, 1);
    heard("a part of an account", 1);
    ledger_transfer(engine->ledger, 0, LEDGER_SUSPENSE, LEDGER_EXTERNAL, USDT, 1);
    heard("and back", 0);
    ledger_post(engine->ledger, 15, 0, ETH, 1);
    heard("a posting", 1);
    ledger_post(engine->ledger, 15, 0, ETH, -1);
    heard("and back", 0);
    world_free(world);
}
END_TEST

static void poke_kept(struct score *score, int is_heard)
{
    for (size_t at = offsetof(struct score, paid_amt); at < sizeof(*score); at += sizeof(int64_t))
        poke((unsigned char *)score + at, "what a score has where figures are kept", is_heard);
}

static void poke_moved(struct risk_slot *risk, int is_heard)
{
    poke(&risk->day_moved_amt, "day_moved_amt", is_heard);
    poke(&risk->high_moved_amt, "high_moved_amt", is_heard);
    poke(&risk->breach_moved_amt, "breach_moved_amt", is_heard);
}

/* What journals of before do not have is state where figures are kept, and else none. */
START_TEST(kept_figures)
{
    begin();
    for (uint32_t edition = FIGURES_NONE; edition <= FIGURES_TAGGED; edition++) {
        int is_kept = edition >= FIGURES_KEPT, is_lasting = edition >= FIGURES_LASTING;
        struct order *open = orders_find(engine->orders, world->cmds[1].order_id);
        struct order *final = orders_find(engine->orders, world->cmds[0].order_id);

        engine->is_figured = edition;
        world_hash(world, before);
        for (int id = 0; id < WORLD_SLOTS; id++)
            poke_kept(&engine->scores[id], is_kept);
        poke_kept(&engine->whole, is_kept);
        poke(&engine->whole.start_amt, "start_amt of the whole", is_kept);
        poke(&engine->whole.sum_return, "sum_return of the whole", is_kept);
        poke(&ledger_position(engine->ledger, 0, BTCUSDT, 0)->open_amt, "open_amt", is_kept);
        poke(orders_mids(engine->orders, open), "mids of an open order", is_kept);
        poke(orders_mids(engine->orders, final), "mids of a final order", is_kept);
        poke(&open->tag, "tag of an open order", edition >= FIGURES_TAGGED);
        poke(&final->tag, "tag of a final order", edition >= FIGURES_TAGGED);
        for (int id = 0; id < WORLD_SLOTS; id++)
            poke_moved(&engine->risk[id], is_lasting);
        poke_moved(&engine->portfolio, is_lasting);
        for (size_t at = 0; at < sizeof(engine->left); at += sizeof(int64_t))
            poke((unsigned char *)&engine->left + at, "what is kept of who left", is_lasting);
    }
    engine->is_figured = 0;
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_state_slots");
    TCase *tcase = tcase_create("state");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, slots_risk_and_score);
    tcase_add_test(tcase, groups_of_legs);
    tcase_add_test(tcase, exit_plans);
    tcase_add_test(tcase, orders);
    tcase_add_test(tcase, the_ledger);
    tcase_add_test(tcase, kept_figures);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
