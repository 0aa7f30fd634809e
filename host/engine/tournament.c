// SPDX-License-Identifier: Apache-2.0
/* tournament: when the calendar says so, capital goes from the weak to the strong. The engine works
 * out the plan from its state (score/plan.h), the driver offers it as an event, and the engine
 * takes that one and no other: all slots or none. */
#include <agon/plugin.h>
#include <stdio.h>

#include "base/hot.h"
#include "engine/close.h"
#include "engine/impl.h"

#define SECOND_NS ((agon_ns_t)1000000000)
#define SAMPLE_S  3600 /* without rules */

static int has_rules(const struct tournament *tournament)
{
    return tournament->rules.mode != 0;
}

uint32_t engine_sample_s(const struct engine *engine)
{
    const struct tournament *tournament = &engine->tournament;

    return has_rules(tournament) ? tournament->rules.sample_s : SAMPLE_S;
}

const struct tournament_rules *engine_tournament(const struct engine *engine)
{
    return &engine->tournament.rules;
}

// No rules any more: the pool and what was given stay.
static int end_tournaments(struct tournament *tournament)
{
    memset(&tournament->rules, 0, sizeof(tournament->rules));
    tournament->t_due = INT64_MAX;
    tournament->t_pending = 0;
    tournament->is_pending = 0;
    return AGON_OK;
}

int tournament_config(struct engine *engine, const struct record_tournament *record)
{
    struct tournament *tournament = &engine->tournament;
    uint32_t sample_s = engine_sample_s(engine);
    struct tournament_rules rules;
    struct error err = {0};
    struct cron cron;

    if (record->rules.mode == 0)
        return end_tournaments(tournament);
    if (rules_read(&rules, record) < 0)
        return AGON_EINVAL;
    if (plan_check_rules(&rules, &err) < 0) {
        engine_note(engine, ALERT_TOURNAMENT, err.text);
        return AGON_EINVAL;
    }
    REQUIRE(cron_parse(&cron, rules.schedule, strlen(rules.schedule), NULL) >= 0);
    if (!has_rules(tournament))
        tournament->t_since = engine->t;
    // One that came due while the host was down is held late, not left out.
    if (!has_rules(tournament) || strcmp(rules.schedule, tournament->rules.schedule) != 0)
        tournament->t_due = cron_next(&cron, engine->t);
    tournament->rules = rules;
    tournament->cron = cron;
    // Samples of another length cannot be compared.
    for (uint16_t id = 0; id < engine->slots.n && engine_sample_s(engine) != sample_s; id++) {
        if (engine->slots.all[id].is_used)
            window_start(&tournament->windows[id], engine_equity(engine, id));
    }
    return AGON_OK;
}

/* A slot's limits keep their proportion to its capital: half of it must not be lost in a day that
 * was allowed three hundredths. Without capital nothing is traded, and they stay. */
static void scale_limits(struct engine *engine, uint16_t id)
{
    struct slot_limits *limits = &engine->slots.all[id].limits;
    agon_amt_t *scale_amt = &engine->tournament.scale_amt[id];

    if (limits->capital_amt <= 0)
        return;
    if (*scale_amt > 0 && *scale_amt != limits->capital_amt)
        limits_scale(limits, *scale_amt, limits->capital_amt);
    *scale_amt = limits->capital_amt;
}

void tournament_slot(struct engine *engine, uint16_t id, agon_amt_t given_amt,
                     agon_amt_t change_amt, int is_new)
{
    struct tournament *tournament = &engine->tournament;

    tournament->given_amt[id] = given_amt;
    tournament->scale_amt[id] = given_amt;
    if (is_new)
        window_start(&tournament->windows[id], given_amt);
    else
        window_recapitalise(&tournament->windows[id], change_amt);
    scale_limits(engine, id);
}

HOT void tournament_sample(struct engine *engine, agon_ns_t t_due)
{
    agon_ns_t every = engine_sample_s(engine) * SECOND_NS;

    // After a long silence one sample stands for all that nobody saw.
    if (t_due % every != 0 && t_due / every == engine->t / every)
        return;
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        agon_amt_t equity_amt;

        if (engine->slots.all[id].is_used && value_equity(engine, id, &equity_amt))
            window_sample(&engine->tournament.windows[id], equity_amt);
    }
}

void tournament_due(struct engine *engine, agon_ns_t t_due)
{
    struct tournament *tournament = &engine->tournament;

    tournament->t_due = cron_next(&tournament->cron, engine->t);
    if (tournament->t_since == 0) {
        tournament->t_since = engine->t; // the rules came before any event told the time
        return;
    }
    tournament->is_pending = 1;
    tournament->t_pending = t_due;
}

// Slots that play for money: a model has none, and a slot that may not trade yet has made nothing.
static int takes_part(const struct engine *engine, const struct slot *slot)
{
    return slot->is_used && slot->agent_kind == AGON_STRATEGY &&
           slot->stage >= slot_least_stage(engine->mode) &&
           (slot->limits.capital_amt > 0 || slot->condition != CONDITION_RETIRED);
}

static void take_accounts(const struct engine *engine, const struct slot *slot,
                          struct plan_line *line)
{
    uint64_t accounts = control_accounts(engine, slot, &slot->subscription);

    for (; accounts != 0 && line->n_accounts < PLAN_PARTS; accounts &= accounts - 1) {
        uint8_t account = (uint8_t)__builtin_ctzll(accounts);

        line->accounts[line->n_accounts] = account;
        line->parts[line->n_accounts++].free_amt =
            engine_free_of(engine, slot, account, engine->table.base_currency);
    }
    if (accounts != 0)
        line->n_accounts = 0;
}

static void fill_line(struct engine *engine, const struct slot *slot,
                      const struct tournament_rules *rules, union plan_event *event)
{
    struct plan_line *line = &plan_lines(&event->plan)[event->plan.n_lines++];
    struct window_figures figures =
        window_figures(&engine->tournament.windows[slot->id], rules->window, rules->sample_s);

    memcpy(line->name, slot->name, sizeof(line->name));
    line->slot = slot->id;
    take_accounts(engine, slot, line);
    line->verdict = slot->condition == CONDITION_ACTIVE    ? 0
                    : slot->condition == CONDITION_RETIRED ? PLAN_GONE
                                                           : PLAN_ASIDE;
    if (line->n_accounts == 0)
        line->verdict = PLAN_ASIDE; // it is on more accounts than a plan can say
    line->failures = engine->tournament.failures[slot->id];
    plan_measure(event, line, &figures);
    line->equity_amt = engine_equity(engine, slot->id);
    line->capital_before_amt = slot->limits.capital_amt;
}

static void make(struct engine *engine, const struct tournament_rules *rules, agon_ns_t t_due,
                 union plan_event *event)
{
    const struct tournament *tournament = &engine->tournament;
    const struct asset *base = instruments_asset(&engine->table, engine->table.base_currency);
    struct record_plan *plan = &event->plan;

    _Static_assert(PLAN_ACCOUNTS <= ACCOUNTS_MAX && PLAN_LINES_MAX >= SLOTS_MAX,
                   "a plan has room for all");
    memset(event, 0, sizeof(*event));
    plan->hdr.type = EVENT_PLAN;
    plan->hdr.t = engine->t;
    plan->number = tournament->number + 1;
    plan->exp = base != NULL ? base->exp : 0;
    plan->t_due = t_due;
    plan->t_since = tournament->t_since;
    plan_take_rules(event, rules);
    for (uint32_t account = 0; account < ACCOUNTS_MAX; account++) {
        struct plan_pool *pool = plan_pool(event, account);

        pool->before_amt = tournament->pool_amt[account];
        pool->at_hand_amt = ledger_amt(engine->ledger, (agon_account_t)account, LEDGER_EXTERNAL,
                                       engine->table.base_currency);
    }
    plan->given_amt = tournament->left_amt;
    for (uint32_t id = 0; id < engine->slots.n; id++) {
        const struct slot *slot = &engine->slots.all[id];

        if (slot->is_used)
            plan->given_amt = num_add(plan->given_amt, tournament->given_amt[id]);
        if (takes_part(engine, slot))
            fill_line(engine, slot, rules, event);
    }
    plan->hdr.granules = plan_granules(plan->n_lines);
    plan_make(event);
}

HOT int engine_take_plan(struct engine *engine, union plan_event *plan)
{
    if (!engine->tournament.is_pending)
        return 0;
    make(engine, &engine->tournament.rules, engine->tournament.t_pending, plan);
    return 1;
}

int engine_dry_plan(struct engine *engine, const struct tournament_rules *rules,
                    union plan_event *plan)
{
    if (rules == NULL && !has_rules(&engine->tournament))
        return AGON_ESTATE;
    make(engine, rules != NULL ? rules : &engine->tournament.rules, engine->t, plan);
    return AGON_OK;
}

static void unload(struct engine *engine, struct slot *slot)
{
    slot->condition = CONDITION_RETIRED;
    slot->condition_reason = REASON_TOURNAMENT;
    if (engine->tournament.rules.on_unload == UNLOAD_CLOSE)
        close_want_for_good(engine, slot->id, REASON_TOURNAMENT);
    else
        intents_cancel_all(engine, slot->id, 0, REASON_TOURNAMENT);
}

static void apply_line(struct engine *engine, const struct plan_line *line)
{
    struct slot *slot = &engine->slots.all[line->slot];
    agon_amt_t change_amt = num_add(line->capital_after_amt, -line->capital_before_amt);

    for (uint32_t i = 0; i < line->n_accounts; i++)
        REQUIRE(ledger_transfer(engine->ledger, line->accounts[i], LEDGER_EXTERNAL, line->slot,
                                engine->table.base_currency, line->parts[i].change_amt) == AGON_OK);
    slot->limits.capital_amt = line->capital_after_amt;
    exposure_transfer(engine, line->slot, change_amt);
    score_recapitalise(&engine->scores[line->slot], change_amt);
    window_recapitalise(&engine->tournament.windows[line->slot], change_amt);
    scale_limits(engine, line->slot);
    engine->tournament.failures[line->slot] = line->failures;
    if (line->verdict == PLAN_UNLOADED)
        unload(engine, slot);
    for (uint32_t i = 0; i < line->n_accounts; i++) {
        if (line->parts[i].change_amt != 0)
            deliver_balance_of(engine, line->slot, line->accounts[i], engine->table.base_currency);
    }
    if (change_amt != 0 || line->verdict == PLAN_UNLOADED)
        deliver_capital(engine, line->slot);
}

int tournament_values(struct engine *engine, const struct agon_event_hdr *values)
{
    union plan_values_event ours;
    int is_ours = 0;

    if (!engine_take_plan(engine, &engine->plan))
        return AGON_EINVAL;
    for (uint32_t k = 0; !is_ours && plan_values(&engine->plan, k, &ours); k++)
        is_ours =
            values->type == ours.hdr.type && event_bytes(values) == event_bytes(&ours.hdr) &&
            memcmp((const char *)values + sizeof(*values), (const char *)&ours + sizeof(*values),
                   event_bytes(values) - sizeof(*values)) == 0;
    if (is_ours)
        return AGON_OK; // for whoever asks what the plan was decided by
    engine_note(engine, ALERT_TOURNAMENT, "values of a plan are not those that the state comes to");
    return AGON_ECORRUPT;
}

int tournament_plan(struct engine *engine, const struct record_plan *plan)
{
    struct tournament *tournament = &engine->tournament;
    struct record_plan *ours = &engine->plan.plan;

    if (!engine_take_plan(engine, &engine->plan))
        return AGON_EINVAL;
    if (event_bytes(&plan->hdr) != event_bytes(&ours->hdr) ||
        memcmp((const char *)plan + sizeof(plan->hdr), (const char *)ours + sizeof(ours->hdr),
               event_bytes(&ours->hdr) - sizeof(ours->hdr)) != 0) {
        engine_note(engine, ALERT_TOURNAMENT, "a plan is not the one that the state comes to");
        return AGON_ECORRUPT;
    }
    tournament->is_pending = 0;
    tournament->t_pending = 0;
    tournament->t_since = engine->t;
    tournament->number = ours->number;
    for (uint32_t account = 0; account < ACCOUNTS_MAX; account++)
        tournament->pool_amt[account] = plan_pool(&engine->plan, account)->after_amt;
    for (uint32_t i = 0; i < ours->n_lines; i++)
        apply_line(engine, &plan_lines(ours)[i]);
    return AGON_OK;
}

void tournament_save(const struct tournament *tournament, uint32_t n_slots, struct enc *enc)
{
    rules_save(&tournament->rules, enc);
    enc_i64(enc, tournament->t_due);
    enc_i64(enc, tournament->t_pending);
    enc_i64(enc, tournament->t_since);
    enc_u32(enc, tournament->number);
    enc_u32(enc, tournament->is_pending);
    for (int i = 0; i < STATE_ACCOUNTS; i++)
        enc_i64(enc, tournament->pool_amt[i]);
    enc_i64(enc, tournament->left_amt);
    for (uint32_t id = 0; id < n_slots; id++) {
        enc_i64(enc, tournament->given_amt[id]);
        enc_i64(enc, tournament->scale_amt[id]);
        enc_u32(enc, tournament->failures[id]);
        window_save(&tournament->windows[id], enc);
    }
}

int tournament_load(struct tournament *tournament, uint32_t n_slots, struct dec *dec)
{
    struct tournament_rules *rules = &tournament->rules;

    rules_load(rules, dec);
    tournament->t_due = dec_i64(dec);
    tournament->t_pending = dec_i64(dec);
    tournament->t_since = dec_i64(dec);
    tournament->number = dec_u32(dec);
    tournament->is_pending = dec_u32(dec);
    for (int i = 0; i < STATE_ACCOUNTS; i++)
        tournament->pool_amt[i] = dec_i64(dec);
    tournament->left_amt = dec_i64(dec);
    for (uint32_t id = 0; id < n_slots; id++) {
        tournament->given_amt[id] = dec_i64(dec);
        tournament->scale_amt[id] = dec_i64(dec);
        tournament->failures[id] = dec_u32(dec);
        window_load(&tournament->windows[id], dec);
    }
    // Without rules nothing is due; with rules they have to be some.
    if (rules->mode == 0)
        return tournament->is_pending == 0 && tournament->t_due == INT64_MAX ? AGON_OK
                                                                             : AGON_ECORRUPT;
    if (!dec_is_ok(dec) || plan_check_rules(rules, NULL) < 0)
        return AGON_ECORRUPT;
    return cron_parse(&tournament->cron, rules->schedule, strlen(rules->schedule), NULL);
}

const char *tournament_check(const struct engine *engine, char *text)
{
    const struct tournament *tournament = &engine->tournament;
    agon_amt_t given_amt = tournament->left_amt;
    agon_amt_t there_amt = 0;
    int is_broken = 0;

    for (uint32_t account = 0; account < ACCOUNTS_MAX; account++) {
        there_amt = num_add(there_amt, tournament->pool_amt[account]);
        is_broken |= tournament->pool_amt[account] < 0;
    }
    for (uint32_t id = 0; id < engine->slots.n; id++) {
        if (!engine->slots.all[id].is_used)
            continue;
        given_amt = num_add(given_amt, tournament->given_amt[id]);
        there_amt = num_add(there_amt, engine->slots.all[id].limits.capital_amt);
    }
    if (given_amt == there_amt && !is_broken)
        return NULL;
    snprintf(text, 256, "inv-13: capital and pools are not what was given");
    return text;
}
