// SPDX-License-Identifier: Apache-2.0
/* Tournaments in a byte-level run: one each full minute. What is taken of the host is the plan that
 * it says it made; what has to follow from it is worked out here:
 *
 *   one is held for each minute, once over all lives, none before its time   true time
 *   what a plan takes, the pool and other slots get, to the unit             the plan's own amounts
 *   a slot's capital is what the roster and the plans before gave            sums kept here
 *   its limits follow its capital, and never go beyond that                  what was told, scaled
 *   a slot that was set aside sends no new risk, its orders are cancelled,   the bytes that left,
 *   and its positions are closed where the rules say so                      the exchange's trades
 *
 * One that was held and not yet safe when the host died is held again. An operator may take the
 * place of a slot that was set aside for another. */
#include <stdlib.h>

#include "base/num.h"
#include "dst/bytes_impl.h"
#include "run/host_impl.h"
#include "score/plan.h"

#define MINUTE   (60 * SECOND)
#define LATE_NS  (12 * SECOND) /* a host that sees the market has held it by then */
#define CLOSE_NS (7 * SECOND)

enum strike { STRIKE_CLOCK, STRIKE_CRASH, STRIKE_ORDER, STRIKE_ANEW };

/* Half of the worlds go by rules as they stand in old journals; the others by edition 2, which
 * moves little unless it may. */
static void draw_edition(struct tournament_rules *rules, struct rng *rng)
{
    static const double steps[] = {0.1, 0.2, 1.0};

    if (rng_below(rng, 2) == 0) {
        rules_clear_more(rules);
        return;
    }
    rules_set_setting(rules, SETTING_MIN_TRADES, 1.0);
    rules_set_setting(rules, SETTING_EVIDENCE, 0.0);
    rules_set_setting(rules, SETTING_INCREASE, steps[rng_below(rng, 3)]);
    rules_set_setting(rules, SETTING_DECREASE, steps[rng_below(rng, 3)]);
    rules_set_setting(rules, SETTING_FAULT_REST, 1.0 + (double)rng_below(rng, 2));
    rules_set_setting(rules, SETTING_BACK_AFTER, 1.0 + (double)rng_below(rng, 2));
}

void bytes_tournament_draw(struct bytes *world)
{
    static const uint8_t failures[] = {1, 1, 1, 1, 2, 0};
    struct tournament_rules *rules = &world->swarm.tournament;
    struct rng rng;
    uint32_t minutes;

    rng_init(&rng, bytes_stream(world->config.seed, DRAW_TOURNAMENT));
    if (rng_below(&rng, 4) != 0 || (world->config.without >> BYTES_TOURNAMENT & 1) != 0)
        return;
    world->swarm.faults |= (uint32_t)1 << BYTES_TOURNAMENT;
    plan_defaults(rules);
    snprintf(rules->schedule, sizeof(rules->schedule), "* * * * *");
    rules->mode = rng_below(&rng, 2) == 0 ? TOURNAMENT_RANK_SHARES : TOURNAMENT_BOUNDED;
    rules->on_unload = rng_below(&rng, 2) == 0 ? UNLOAD_CLOSE : UNLOAD_KEEP;
    rules->sample_s = 60;
    rules->min_samples = 1;
    rules->window = 2 + (uint32_t)rng_below(&rng, 8);
    rules->reserve_ppm = (uint32_t)rng_below(&rng, 4) * 100000;
    rules->failures = failures[rng_below(&rng, sizeof(failures))];
    rules->most_ppm = 500000;
    rules->growth_ppm = rng_below(&rng, 2) == 0 ? 100000 : 1000000;
    // Whoever trades pays fees, and falls by more than the smallest of these.
    rules->gates[MEASURE_DRAWDOWN] = 2e-6 * (double)(1 + rng_below(&rng, 12));
    minutes = 1 + (uint32_t)rng_below(&rng, 2);
    world->swarm.safety_ns =
        (agon_ns_t)minutes * MINUTE + (agon_ns_t)rng_below(&rng, 30 * (uint64_t)SECOND);
    draw_edition(rules, &rng);
}

/* --- what strikes around the turn of a minute --- */

static void restart_aside(struct bytes *world)
{
    for (uint32_t slot = 0; slot < BYTES_SLOTS; slot++) {
        if (world->tournament.asides[slot].number != 0 && bytes_order(world, OP_UNLOAD, slot, 0))
            return;
    }
    (void)bytes_order(world, OP_ADD, 0, 0);
}

static void strike(void *ctx, uint64_t a, uint64_t b)
{
    static const int64_t offs[] = {60, 3600, 86400, -60, -3600, 10ll * 365 * 86400};
    static const uint8_t orders[] = {OP_STOP, OP_KILL, OP_HALT_ALL, OP_CLOSE_ALL, OP_HALT_SLOT};
    struct bytes *world = ctx;
    struct rng *rng = &world->faults_rng[BYTES_TOURNAMENT];

    (void)b;
    if (world->phase != BYTES_SAFETY)
        return;
    world->result->injected[BYTES_TOURNAMENT]++;
    switch ((enum strike)a) {
    case STRIKE_CLOCK:
        bytes_set_wall(world, offs[rng_below(rng, sizeof(offs) / sizeof(offs[0]))] * SECOND);
        break;
    case STRIKE_CRASH:
        if (world->host != NULL && !world->is_stopping)
            bytes_kill(world);
        break;
    case STRIKE_ORDER:
        (void)bytes_order(world, (enum op)orders[rng_below(rng, sizeof(orders))],
                          (uint32_t)rng_below(rng, world->swarm.n_agents), 0);
        break;
    case STRIKE_ANEW:
        restart_aside(world);
        break;
    }
}

/* At some time of from to from + range. */
static void plan_strike(struct bytes *world, enum strike what, agon_ns_t from, agon_ns_t range)
{
    struct rng *rng = &world->faults_rng[BYTES_TOURNAMENT];
    agon_ns_t t = from + (agon_ns_t)rng_below(rng, (uint64_t)range);

    if (t > world->sched.now)
        sched_at(&world->sched, t, strike, world, what, 0);
}

void bytes_tournament_safety(struct bytes *world)
{
    struct rng *rng = &world->faults_rng[BYTES_TOURNAMENT];

    if (!bytes_has(world, BYTES_TOURNAMENT))
        return;
    for (agon_ns_t turn = BYTES_T0 + MINUTE;
         turn < world->sched.now + world->swarm.safety_ns + SECOND; turn += MINUTE) {
        if (bytes_has(world, BYTES_CLOCK) && rng_below(rng, 2) == 0)
            plan_strike(world, STRIKE_CLOCK, turn - 25 * SECOND, 24 * SECOND);
        if (bytes_has(world, BYTES_CRASH) && rng_below(rng, 2) == 0)
            plan_strike(world, STRIKE_CRASH, turn - 50 * MS, 400 * MS);
        if (bytes_has(world, BYTES_OPERATOR) && rng_below(rng, 2) == 0)
            plan_strike(world, STRIKE_ORDER, turn - 4 * SECOND, 5 * SECOND);
        for (int i = 0; i < 3 && bytes_has(world, BYTES_RELOAD); i++)
            plan_strike(world, STRIKE_ANEW, turn + 8 * SECOND, 15 * SECOND);
    }
}

/* --- capital, and what goes with it --- */

static void scale(int64_t *max, int64_t told, int64_t capital, int64_t given)
{
    int64_t to = num_mul_div(told, capital, given, NUM_UP);

    if (told != 0 && to > *max)
        *max = to;
}

void bytes_tournament_limits(struct bytes *world, uint16_t slot)
{
    const struct slot_limits *told = &world->limits_told[slot];
    struct slot_limits *max = &world->limits_max[slot];
    int64_t given = world->slots[slot].record.limits.capital_amt;
    int64_t capital = world->tournament.capital[slot];

    if (given <= 0 || capital <= given)
        return;
    scale(&max->order_amt, told->order_amt, capital, given);
    scale(&max->position_amt, told->position_amt, capital, given);
    scale(&max->daily_loss_amt, told->daily_loss_amt, capital, given);
}

/* What a loss is counted from moves with the capital, in proportion where it was higher than the
 * equity: never higher than the host may count, by whichever price it does. */
static void move_from(int64_t *from, const struct bytes_loss *loss, int64_t change)
{
    int64_t equity = change > 0 ? loss->high : loss->low;
    int64_t scaled;

    if (*from == INT64_MAX)
        return;
    scaled = equity > 0 && equity + change > 0
                 ? num_mul_div(*from, equity + change, equity, NUM_DOWN)
                 : *from + change;
    *from = scaled < *from + change ? scaled : *from + change;
}

/* Money that was given or taken is no gain and no loss. */
static void set_capital(struct bytes *world, uint16_t slot, int64_t capital)
{
    int64_t change = capital - world->tournament.capital[slot];
    struct bytes_loss *losses[] = {&world->losses[slot], &world->losses[BYTES_SLOTS]};

    world->tournament.capital[slot] = capital;
    bytes_tournament_limits(world, slot); // also of one that no second has seen yet
    if (!world->losses[slot].is_here)
        return;
    world->losses[slot].capital += change;
    world->losses[slot].given = capital;
    for (int i = 0; i < 2; i++) {
        move_from(&losses[i]->from, losses[i], change);
        move_from(&losses[i]->day_from, losses[i], change);
        losses[i]->low += change;
        losses[i]->high += change;
    }
}

/* From here on its orders are as large as goes with its capital. */
static void lower(struct bytes *world, uint16_t slot)
{
    const struct slot *owner = slots_get(engine_slots(world->host->engine), slot);
    int64_t given = world->slots[slot].record.limits.capital_amt;
    int64_t capital = world->tournament.capital[slot];

    world->lowered[slot].run = 0;
    if (owner == NULL || world->order_told[slot] == 0 || given <= 0 || capital <= 0)
        return;
    world->lowered[slot] =
        (struct lowered){.run = (uint16_t)engine_run(world->host->engine),
                         .counter = owner->next_counter,
                         .order_amt = num_mul_div(world->order_told[slot], capital, given, NUM_UP)};
}

void bytes_tournament_anew(struct bytes *world, uint16_t slot)
{
    world->tournament.asides[slot].number = 0;
    world->tournament.is_anew |= (uint32_t)1 << slot;
}

/* --- a plan, as the host says it made it --- */

static void check_plan(struct bytes *world, const struct record_plan *plan)
{
    int64_t moved[ACCOUNTS_MAX] = {0}, there = 0;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        int64_t change = 0;

        for (uint32_t k = 0; k < line->n_accounts; k++) {
            moved[line->accounts[k]] += line->parts[k].change_amt;
            change += line->parts[k].change_amt;
        }
        if (line->capital_before_amt + change != line->capital_after_amt ||
            line->capital_after_amt < 0)
            bytes_fail(world, "inv-13",
                       "tournament %u: slot %u had %lld, is given %lld and has %lld", plan->number,
                       line->slot, (long long)line->capital_before_amt, (long long)change,
                       (long long)line->capital_after_amt);
    }
    for (uint32_t i = 0; i < PLAN_ACCOUNTS; i++) {
        there += moved[i] + plan->pools[i].after_amt - plan->pools[i].before_amt;
        if (moved[i] + plan->pools[i].after_amt != plan->pools[i].before_amt ||
            plan->pools[i].after_amt < 0)
            bytes_fail(world, "inv-13",
                       "tournament %u: account %u: slots are given %lld, the pool goes from %lld "
                       "to %lld",
                       plan->number, i, (long long)moved[i], (long long)plan->pools[i].before_amt,
                       (long long)plan->pools[i].after_amt);
    }
    if (there != 0)
        bytes_fail(world, "inv-13", "tournament %u makes %lld of nothing", plan->number,
                   (long long)there);
}

void bytes_tournament_recorded(struct bytes *world, const struct record_plan *plan)
{
    struct bytes_tournament *tournament = &world->tournament;

    check_plan(world, plan);
    if (plan->t_due % MINUTE != 0 || plan->hdr.t < plan->t_due)
        bytes_fail(world, "trn", "tournament %u of %.3f s was held at %.3f s", plan->number,
                   (double)(plan->t_due - BYTES_T0) / 1e9, (double)(plan->hdr.t - BYTES_T0) / 1e9);
    if (plan->number != tournament->n_recorded + 1 || plan->t_due <= tournament->t_recorded)
        bytes_fail(world, "trn", "tournament %u of %.3f s follows on %u of %.3f s", plan->number,
                   (double)(plan->t_due - BYTES_T0) / 1e9, tournament->n_recorded,
                   (double)(tournament->t_recorded - BYTES_T0) / 1e9);
    tournament->n_recorded = plan->number;
    tournament->t_recorded = plan->t_due;
}

static void set_aside(struct bytes *world, uint16_t slot, uint32_t number)
{
    const struct slot *owner = slots_get(engine_slots(world->host->engine), slot);

    if (owner == NULL)
        return;
    world->result->some[BYTES_SOME_ASIDE]++;
    world->tournament.asides[slot] =
        (struct bytes_aside){.number = number,
                             .run = (uint16_t)engine_run(world->host->engine),
                             .counter = owner->next_counter,
                             .t = world->sched.now};
}

/* The same minute twice, or one before its time: by true time, whatever a clock says. */
static void check_turn(struct bytes *world, const struct record_plan *plan)
{
    const struct bytes_tournament *tournament = &world->tournament;
    agon_ns_t last = tournament->plans[tournament->number].t_due;

    if (plan->t_due > world->sched.now + OFF_BY)
        bytes_fail(world, "trn", "tournament %u of %.3f s is held %.3f s early", plan->number,
                   (double)(plan->t_due - BYTES_T0) / 1e9,
                   (double)(plan->t_due - world->sched.now) / 1e9);
    if (plan->number != tournament->number + 1 || plan->t_due <= last)
        bytes_fail(world, "trn", "tournament %u of %.3f s is held, and %u of %.3f s was",
                   plan->number, (double)(plan->t_due - BYTES_T0) / 1e9, tournament->number,
                   (double)(last - BYTES_T0) / 1e9);
}

/* Whoever takes the place of one that was unloaded begins with what the roster gives. */
static void take_anew(struct bytes *world, uint16_t slot, int64_t has)
{
    struct bytes_tournament *tournament = &world->tournament;
    int64_t given = world->slots[slot].record.limits.capital_amt;

    if ((tournament->is_anew >> slot & 1) == 0 || has != given ||
        tournament->capital[slot] == given)
        return;
    set_capital(world, slot, given);
    world->losses[slot].is_here = 0;
}

static void take_plan(struct bytes *world, const struct record_plan *plan)
{
    struct bytes_tournament *tournament = &world->tournament;

    bytes_trace(world, "TOURNAMENT %u of %.3f s, event %llu", plan->number,
                (double)(plan->t_due - BYTES_T0) / 1e9, (unsigned long long)plan->hdr.seq);
    check_turn(world, plan);
    if (world->result->is_failed || plan->number >= BYTES_PLANS)
        return;
    world->result->some[BYTES_SOME_TOURNAMENT]++;
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];

        bytes_trace(world, "  slot %u is %s: capital of %lld to %lld, %u samples, drawdown %g",
                    line->slot, plan_verdict_name(line->verdict),
                    (long long)line->capital_before_amt, (long long)line->capital_after_amt,
                    line->n_samples, line->measures[MEASURE_DRAWDOWN]);
        if (line->slot >= BYTES_SLOTS)
            continue;
        world->result->some[BYTES_SOME_MOVED] +=
            line->capital_after_amt != line->capital_before_amt;
        // One that came within the last second, by a start or an operator, is not looked at yet.
        take_anew(world, line->slot, line->capital_before_amt);
        set_capital(world, line->slot,
                    tournament->capital[line->slot] + line->capital_after_amt -
                        line->capital_before_amt);
        lower(world, line->slot);
        if (line->verdict == PLAN_UNLOADED)
            set_aside(world, line->slot, plan->number);
    }
    tournament->number = plan->number;
    tournament->plans[plan->number] = (struct bytes_plan){
        .seq = plan->hdr.seq, .t_due = plan->t_due, .t = world->sched.now, .is_seen = 1};
    memcpy(tournament->plans[plan->number].capital, tournament->capital,
           sizeof(tournament->capital));
}

void bytes_tournament_look(struct bytes *world)
{
    const struct host_view *draft;

    if (!bytes_has(world, BYTES_TOURNAMENT) || world->host == NULL || !world->host->is_running)
        return;
    draft = world->host->draft;
    if (draft->n_plans == world->tournament.n_shown)
        return;
    world->tournament.n_shown = draft->n_plans;
    take_plan(world, &draft->plan.plan);
}

/* --- a life begins --- */

static void forget_plans(struct bytes *world, uint32_t number)
{
    struct bytes_tournament *tournament = &world->tournament;
    const struct slots *slots = engine_slots(world->host->engine);

    for (uint32_t i = number + 1; i <= tournament->number; i++) {
        if (tournament->plans[i].is_seen && tournament->plans[i].seq <= world->journal_seen)
            bytes_fail(world, "trn",
                       "tournament %u was held by event %llu, which was safe, and the next run "
                       "does not know of it",
                       i, (unsigned long long)tournament->plans[i].seq);
    }
    for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++) {
        if (tournament->asides[slot].number > number)
            tournament->asides[slot].number = 0;
        set_capital(world, slot,
                    number > 0 ? tournament->plans[number].capital[slot]
                               : world->slots[slot].record.limits.capital_amt);
        if (slots->all[slot].is_used) // what was given behind that plan stands
            take_anew(world, slot, slots->all[slot].limits.capital_amt);
    }
    tournament->number = number;
}

void bytes_tournament_boot(struct bytes *world)
{
    static union plan_event dry;
    struct bytes_tournament *tournament = &world->tournament;
    const struct slots *slots = engine_slots(world->host->engine);
    uint32_t number;

    tournament->n_shown = world->host->draft->n_plans; // it shows those of before as well
    // The roster's file says the same at each start.
    for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++)
        world->order_told[slot] = world->slots[slot].record.limits.order_amt;
    if (!bytes_has(world, BYTES_TOURNAMENT) ||
        engine_dry_plan(world->host->engine, NULL, &dry) != AGON_OK)
        return;
    number = dry.plan.number - 1;
    if (number < tournament->number)
        forget_plans(world, number);
    if (number <= tournament->number || number >= BYTES_PLANS)
        return;
    // Held in the last moment of a life, and seen by nobody: the journal is judged at the end.
    tournament->number = number;
    for (uint16_t slot = 0; slot < BYTES_SLOTS && slot < slots->n; slot++)
        set_capital(world, slot, slots->all[slot].limits.capital_amt);
    tournament->plans[number] = (struct bytes_plan){.t = world->sched.now};
    memcpy(tournament->plans[number].capital, tournament->capital, sizeof(tournament->capital));
}

/* --- what leaves --- */

void bytes_tournament_sent(struct bytes *world, const struct bytes_sent *sent, int is_reducing)
{
    const struct bytes_aside *aside = &world->tournament.asides[sent->slot];
    uint64_t run = ORDER_ID_RUN(sent->order_id);

    if (aside->number == 0 || is_reducing || run < aside->run ||
        (run == aside->run && ORDER_ID_COUNTER(sent->order_id) < aside->counter))
        return;
    bytes_fail(world, "inv-20", "order %s left, and tournament %u had excluded slot %u",
               sent->client, aside->number, sent->slot);
}

/* --- each second --- */

static void check_capital(struct bytes *world)
{
    struct bytes_tournament *tournament = &world->tournament;
    const struct slots *slots = engine_slots(world->host->engine);

    for (uint16_t slot = 0; slot < BYTES_SLOTS && slot < slots->n; slot++) {
        int64_t has = slots->all[slot].limits.capital_amt;

        if (!slots->all[slot].is_used)
            continue;
        take_anew(world, slot, has);
        if (has != tournament->capital[slot])
            bytes_fail(world, "inv-13",
                       "slot %u has a capital of %lld, by the roster and %u tournaments it is %lld",
                       slot, (long long)has, tournament->number,
                       (long long)tournament->capital[slot]);
    }
}

static void check_held(struct bytes *world)
{
    const struct bytes_tournament *tournament = &world->tournament;
    agon_ns_t known = world->sched.now - LATE_NS;
    agon_ns_t turn = known - known % MINUTE;

    if (world->t_healthy == 0 || world->t_healthy > known || turn < BYTES_T0 + MINUTE)
        return;
    if (tournament->plans[tournament->number].t < turn - OFF_BY)
        bytes_fail(world, "trn", "the tournament of %.3f s is not held",
                   (double)(turn - BYTES_T0) / 1e9);
}

static void check_gone(struct bytes *world, uint16_t slot, const struct bytes_aside *aside)
{
    agon_ns_t since = aside->t > world->t_able ? aside->t : world->t_able;

    if (world->t_able == 0 || world->sched.now - since < bytes_known_ns(world) + CLOSE_NS)
        return;
    for (uint32_t i = 0; i < world->n_truths; i++) {
        const struct truth *one = &world->truths[i];

        if (one->is_open && one->is_ours && one->slot == slot && !one->is_reducing)
            bytes_fail(world, "inv-20",
                       "tournament %u excluded slot %u %lld s ago, and its order %s stands open",
                       aside->number, slot, (long long)((world->sched.now - aside->t) / SECOND),
                       one->client);
    }
    for (uint32_t i = 0; i < world->n_coins; i++) {
        if (world->swarm.tournament.on_unload == UNLOAD_CLOSE && !bytes_is_dust(world, slot, i))
            bytes_fail(world, "inv-20",
                       "tournament %u excluded slot %u %lld s ago, and it holds %lld of "
                       "instrument %u",
                       aside->number, slot, (long long)((world->sched.now - aside->t) / SECOND),
                       (long long)world->coins[i].slot_net[slot], i);
    }
}

void bytes_tournament_turn(struct bytes *world)
{
    if (!bytes_has(world, BYTES_TOURNAMENT))
        return;
    check_capital(world);
    check_held(world);
    for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++) {
        const struct bytes_aside *aside = &world->tournament.asides[slot];

        if (aside->number != 0)
            check_gone(world, slot, aside);
    }
}
