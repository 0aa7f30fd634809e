// SPDX-License-Identifier: Apache-2.0
/* What operators order: halts and their end, kill, stop, flatten, limits, plugins. What they were
 * told is kept, for what must hold from then on. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "dst/bytes_impl.h"
#include "run/host_impl.h"
#include "sys/futex.h"

#define CLOSE_NS  (20 * SECOND) /* ... until everything is closed, */
#define LOOK_NS   (50 * MS)     /* and looks so often */
#define ABLE_NS   (15 * SECOND) /* nothing kept the host from it for so long: then it has to be */
#define LEAVE_NS  (10 * SECOND) /* ... for one agent, beside what it takes until all is known */
#define CANCEL_NS (10 * SECOND) /* ... for orders alone */
#define ORDER_NS  (3 * SECOND)  /* an operator waits so long for an answer */

static int is_reachable(const struct bytes *world)
{
    return world->host != NULL && !world->is_dying;
}

static void remember(struct bytes *world, int rc, uint8_t *what)
{
    if (world->is_dying || rc == AGON_ETIME) {
        world->word.is_unsure = 1;
        return;
    }
    if (rc < 0)
        return;
    // Told that no disk holds it: it stands until the host ends, and perhaps longer.
    if (rc == 1) {
        world->word.is_unsure = 1;
        return;
    }
    *what = 1;
    world->word.t_cancelled = world->sched.now;
    // From here on nothing new: what the slots had decided by now has lower numbers.
    if (world->host != NULL) {
        world->word.run = (uint16_t)engine_run(world->host->engine);
        for (uint16_t id = 0; id < BYTES_SLOTS; id++) {
            const struct slot *slot = slots_get(engine_slots(world->host->engine), id);

            world->word.counters[id] = slot != NULL ? (uint32_t)slot->next_counter : 0;
        }
    }
}

static int command(struct bytes *world, uint8_t kind, uint8_t scope, uint32_t id, uint16_t reason,
                   uint8_t which, int64_t value)
{
    struct record_command_by by = {.command = {.kind = kind,
                                               .scope = scope,
                                               .id = id,
                                               .which = which,
                                               .value = value,
                                               .reason = reason},
                                   .who = "dst",
                                   .why = "an operator of the simulation"};
    uint64_t seq;
    int rc = host_order(world->host, &by, ORDER_NS, &seq);

    bytes_trace(world, "OPERATOR kind %u scope %u id %u value %lld: %d", kind, scope, id,
                (long long)value, rc);
    return rc;
}

static void widen(agon_amt_t *max, agon_amt_t to)
{
    if (*max != 0 && to > *max)
        *max = to;
}

static void set_limit(struct bytes *world)
{
    uint32_t slot = world->op.slot;
    struct slot_limits *max = &world->limits_max[slot];
    uint32_t to = 1 + (uint32_t)(world->op.value % 20);

    if (to > max->max_open_orders)
        max->max_open_orders = to;
    (void)command(world, COMMAND_LIMIT, SCOPE_SLOT, slot, REASON_OPERATOR, LIMIT_OPEN_ORDERS, to);
}

static void add_agent(struct bytes *world)
{
    struct host_change change = {.kind = HOST_CHANGE_ADD,
                                 .slot = (uint16_t)host_config_of(world->host)->n_slots};
    struct bytes_aside aside;
    struct crew_slot slot;
    int rc;

    // The place of one that was unloaded is used again.
    for (uint16_t id = change.slot; id-- > 0;) {
        if (!host_is_manned(world->host, id))
            change.slot = id;
    }
    if (change.slot >= BYTES_SLOTS)
        return;
    slot = world->slots[change.slot];
    // As the roster's reader has it: instruments by the table's numbers.
    change.to = &slot;
    // It may trade before this is heard, with the limits that the roster gives.
    if (slots_get(engine_slots(world->host->engine), change.slot) == NULL)
        world->losses[change.slot].is_here = 0;
    world->lowered[change.slot].run = 0;
    world->order_told[change.slot] = slot.record.limits.order_amt;
    aside = world->tournament.asides[change.slot];
    world->word.is_suspended[change.slot] = 0; // whoever has that place begins
    bytes_tournament_anew(world, change.slot);
    rc = host_make_change(world->host, &change, ORDER_NS);
    if (rc < 0 && rc != AGON_ETIME && !world->is_dying)
        world->tournament.asides[change.slot] = aside;
    if (rc >= 0 && !world->is_dying) {
        world->leaving &= ~(1u << change.slot); // who left it has left
        world->result->some[BYTES_SOME_ADDED]++;
        if (world->swarm.n_agents <= change.slot)
            world->swarm.n_agents = change.slot + 1u;
    }
    bytes_trace(world, "OPERATOR adds slot %u: %d %s", change.slot, rc, change.err.text);
}

/* Nothing of the roster but that agent's limits: what `ctl apply` makes of it. */
static void apply_limits(struct bytes *world)
{
    uint32_t slot = world->op.slot;
    uint64_t draw = rng_at(world->config.seed, DRAW_OPERATOR, slot, (uint64_t)world->op.value, 1);
    struct slot_limits *max = &world->limits_max[slot];
    struct slot_limits *limits = &world->applied.record.limits;
    struct host_change change = {
        .kind = HOST_CHANGE_SLOT, .slot = (uint16_t)slot, .to = &world->applied};
    const struct slot *now;
    int rc;

    if (!host_is_manned(world->host, (uint16_t)slot))
        return;
    world->applied = host_config_of(world->host)->slots[slot];
    limits->order_amt = (agon_amt_t)(50 + draw % 1500) * 100000000;
    limits->position_amt = limits->order_amt * (agon_amt_t)(1 + (draw >> 16) % 5);
    limits->max_open_orders = 1 + (uint32_t)(draw >> 32 & 15);
    // Until it is known which of them are in force, either may be.
    widen(&max->order_amt, limits->order_amt);
    widen(&max->position_amt, limits->position_amt);
    widen(&world->limits_told[slot].order_amt, limits->order_amt);
    widen(&world->limits_told[slot].position_amt, limits->position_amt);
    bytes_tournament_limits(world, (uint16_t)slot);
    if (limits->max_open_orders > max->max_open_orders)
        max->max_open_orders = limits->max_open_orders;
    world->order_told[slot] = 0;
    rc = host_make_change(world->host, &change, ORDER_NS);
    bytes_trace(world, "OPERATOR applies slot %u: order %lld: %d %s", slot,
                (long long)limits->order_amt, rc, change.err.text);
    world->lowered[slot].run = 0;
    now = rc >= 0 && is_reachable(world)
              ? slots_get(engine_slots(world->host->engine), (uint16_t)slot)
              : NULL;
    if (now != NULL)
        world->order_told[slot] = limits->order_amt;
    // With another capital than the roster gives its limits are others, too.
    if (now == NULL ||
        world->tournament.capital[slot] != world->slots[slot].record.limits.capital_amt)
        return;
    world->lowered[slot] = (struct lowered){.run = (uint16_t)engine_run(world->host->engine),
                                            .counter = now->next_counter,
                                            .order_amt = limits->order_amt};
}

/* What an agent decides from then on keeps to the limits that the operator was told are in force:
 * these are exactly those, and not the widest that ever were. */
void bytes_check_lowered(struct bytes *world, const struct truth *truth)
{
    const struct lowered *low = &world->lowered[truth->slot];
    int64_t amt = num_mul_div(truth->px, truth->qty, 100000000, NUM_DOWN);

    // A later run has its roster's, for what it replaces too.
    if (low->run == 0 || ORDER_ID_RUN(truth->order_id) != low->run || world->host == NULL ||
        engine_run(world->host->engine) != low->run ||
        ORDER_ID_COUNTER(truth->order_id) < low->counter)
        return;
    if (amt > num_mul_div(low->order_amt, 1000000 + PX_SLACK_PPM, 1000000, NUM_UP))
        bytes_fail(world, "inv-10",
                   "order %s of slot %u is of %lld, and its limit was lowered to %lld before",
                   truth->client, truth->slot, (long long)amt, (long long)low->order_amt);
}

/* Told that nothing is left: then the exchange has none of our orders open, and of no instrument
 * more than the slots may have as dust. */
static void check_closed(struct bytes *world)
{
    for (uint32_t i = 0; i < world->n_truths; i++) {
        const struct truth *truth = &world->truths[i];

        if (truth->is_open && truth->is_ours)
            bytes_fail(world, "inv-24",
                       "the answer to the operator was that no order is open, and %s is open at "
                       "the exchange",
                       truth->client);
    }
    for (uint32_t i = 0; i < world->n_coins; i++) {
        int64_t held = world->coins[i].held < 0 ? -world->coins[i].held : world->coins[i].held;
        int64_t amt = num_mul_div(held, world->coins[i].last_px, 100000000, NUM_DOWN);

        if (amt > BYTES_SLOTS * bytes_dust(i))
            bytes_fail(world, "inv-24",
                       "the answer to the operator was that every position is closed, and %lld of "
                       "the quote "
                       "is held of instrument %u at the exchange",
                       (long long)amt, i + 1);
    }
}

/* `ctl stop`: ordered once, then looked at until nothing is left. */
static void close_all(struct bytes *world)
{
    static const _Atomic uint32_t never;
    struct host_view *view = calloc(1, sizeof(*view));
    agon_ns_t until = world->sched.now + CLOSE_NS;
    struct host_left left = {0};
    int rc = command(world, COMMAND_STOP, SCOPE_GLOBAL, 0, REASON_OPERATOR, 0, 0);

    remember(world, rc, &world->word.is_stopped);
    world->result->some[BYTES_SOME_STOP] += rc >= 0;
    while (view != NULL && rc >= 0 && is_reachable(world) && !left.is_done &&
           world->sched.now < until) {
        host_view(world->host, view);
        host_left(view, -1, &left);
        if (!left.is_done)
            (void)futex_wait(&never, 0, LOOK_NS);
    }
    free(view);
    bytes_trace(world, "OPERATOR stops: %d, %u orders and %u positions left", rc, left.n_orders,
                left.n_positions);
    if (!is_reachable(world) || rc < 0)
        return;
    if (!left.is_done && world->t_able != 0 && world->sched.now - world->t_able > ABLE_NS &&
        !bytes_is_hung(world))
        bytes_fail(world, "inv-24",
                   "%lld s after the order to stop %u orders and %u positions are left, and "
                   "nothing kept the host from closing them",
                   (long long)(CLOSE_NS / SECOND), left.n_orders, left.n_positions);
    if (!left.is_done)
        return;
    world->result->some[BYTES_SOME_CLOSED]++;
    check_closed(world);
}

/* Ordered to leave with its positions closed. */
static void check_left(struct bytes *world, uint16_t slot)
{
    for (uint32_t i = 0; i < world->n_coins; i++) {
        if (bytes_is_dust(world, slot, i))
            continue;
        bytes_fail(world, "inv-24",
                   "slot %u was taken out of the roster, or unloaded, with its positions closed, "
                   "and %.3f s later, with everything in reach, it has %lld of instrument %u",
                   slot, (double)(world->sched.now - world->t_leaving[slot]) / 1e9,
                   (long long)world->coins[i].slot_net[slot], i);
        return;
    }
}

/* ... and nothing kept the host from closing them. */
static void check_leaves(struct bytes *world, uint16_t slot)
{
    agon_ns_t known = bytes_known_ns(world) + LEAVE_NS;
    agon_ns_t since =
        world->t_leaving[slot] > world->t_able ? world->t_leaving[slot] : world->t_able;

    if (world->t_able != 0 && !bytes_is_hung(world) && world->sched.now - since > known)
        check_left(world, slot);
}

void bytes_operator_quiet(struct bytes *world)
{
    for (uint16_t slot = 0; slot < BYTES_SLOTS && !world->result->is_failed; slot++) {
        if ((world->leaving >> slot & 1) != 0 &&
            slots_get(engine_slots(world->host->engine), slot) != NULL)
            check_left(world, slot);
    }
}

/* A slot that is unloaded is gone when its positions are closed, where that was ordered. */
static void check_unloaded(struct bytes *world)
{
    for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++) {
        if ((world->leaving >> slot & 1) == 0)
            continue;
        if (slots_get(engine_slots(world->host->engine), slot) != NULL) {
            check_leaves(world, slot);
            continue;
        }
        world->leaving &= ~(1u << slot);
        for (uint32_t i = 0; i < world->n_coins; i++) {
            int64_t held = world->coins[i].slot_net[slot];
            int64_t amt =
                num_mul_div(held < 0 ? -held : held, world->coins[i].last_px, 100000000, NUM_DOWN);

            if (amt > bytes_dust(i))
                bytes_fail(
                    world, "inv-24",
                    "slot %u was to be unloaded with its positions closed, has ended, and by "
                    "its orders' trades has %lld of instrument %u",
                    slot, (long long)held, i);
        }
    }
}

/* Killed or stopped, and able to cancel since: then nothing of ours is open at the exchange. */
static void check_cancelled(struct bytes *world)
{
    const struct order_word *word = &world->word;
    agon_ns_t since = world->t_able > word->t_cancelled ? world->t_able : word->t_cancelled;

    if ((!word->is_killed && !word->is_stopped) || word->is_unsure || world->t_able == 0 ||
        world->sched.now - since < CANCEL_NS)
        return;
    for (uint32_t i = 0; i < world->n_truths; i++) {
        const struct truth *truth = &world->truths[i];

        if (truth->is_open && truth->is_ours)
            bytes_fail(world, "inv-24",
                       "%lld s after the host was %s order %s is open at the exchange",
                       (long long)((world->sched.now - since) / SECOND),
                       word->is_killed ? "killed" : "stopped", truth->client);
    }
}

void bytes_operator_turn(struct bytes *world)
{
    check_unloaded(world);
    check_cancelled(world);
}

/* Its positions closed or kept by turns. */
static int unload(struct bytes *world, uint16_t slot, uint8_t kind)
{
    struct host_change change = {
        .kind = kind, .slot = slot, .is_kept = (uint8_t)(world->op.value & 1)};
    // What an earlier one in its place left is the account's.
    int is_first = world->losses[slot].n_lives <= 1 && (world->unloaded >> slot & 1) == 0;
    int rc;

    world->unloaded |= (uint64_t)1 << slot;
    // A halt of its own goes with it, and so does that a tournament had set it aside.
    world->word.is_slot_halted[slot] = 0;
    world->word.is_suspended[slot] = 0;
    bytes_tournament_anew(world, slot);
    rc = host_make_change(world->host, &change, ORDER_NS);
    if (rc >= 0 && !world->is_dying && is_first && !change.is_kept) {
        world->leaving |= 1u << slot;
        world->t_leaving[slot] = world->sched.now;
    }
    world->result->some[BYTES_SOME_UNLOADED] += rc >= 0;
    bytes_trace(world, "OPERATOR %s slot %u, its positions %s: %d %s",
                kind == HOST_CHANGE_REMOVE ? "takes out of the roster" : "unloads", slot,
                change.is_kept ? "kept" : "closed", rc, change.err.text);
    return rc;
}

static void unload_agent(struct bytes *world)
{
    char name[32];
    int slot;

    snprintf(name, sizeof(name), "slot_%u", world->op.slot);
    slot = host_slot_of(world->host, name);
    if (slot >= 0)
        (void)unload(world, (uint16_t)slot, HOST_CHANGE_UNLOAD);
}

/* What `ctl apply` makes of a roster that does not name the last agent any more, which may hold
 * something. */
static void remove_agent(struct bytes *world)
{
    uint16_t slot = (uint16_t)(host_config_of(world->host)->n_slots - 1);

    if (slot != 0 && host_is_manned(world->host, slot) &&
        unload(world, slot, HOST_CHANGE_REMOVE) >= 0 && !world->is_dying)
        world->swarm.n_agents = slot;
}

/* Ordered, and looked at from there on (bytes_flatten.c), whatever else operators do meanwhile. */
static void flatten(struct bytes *world, int slot)
{
    agon_ns_t t = world->sched.now;
    uint64_t n_closed = 0;
    int rc;

    if (slot >= 0) {
        host_view(world->host, world->view);
        n_closed = world->view->slots[slot].n_closed;
    }
    rc = command(world, COMMAND_FLATTEN, slot >= 0 ? SCOPE_SLOT : SCOPE_GLOBAL,
                 slot >= 0 ? (uint32_t)slot : 0, REASON_OPERATOR, 0, 0);
    if (rc >= 0 && is_reachable(world))
        bytes_flatten_ordered(world, slot, n_closed, t);
}

static void replace_plugin(struct bytes *world, int is_back)
{
    char slot[32], path[32];
    struct error err = {0};
    int rc;

    snprintf(slot, sizeof(slot), "slot_%u", world->op.slot);
    snprintf(path, sizeof(path), "%s-%u", world->swarm.is_skilled ? "skilled" : "trader",
             1 + (unsigned)(world->op.value % 9));
    rc = is_back ? host_rollback(world->host, slot, NULL, &err)
                 : host_reload(world->host, slot, path, NULL, &err);
    if (rc >= 0 && !world->is_dying)
        world->result->some[BYTES_SOME_RELOAD]++;
    bytes_trace(world, "OPERATOR reloads %s: %d %s", slot, rc, err.text);
}

// It may be done before its answer is heard.
static void resume(struct bytes *world, uint8_t scope, uint32_t id, uint16_t reason, uint8_t which)
{
    bytes_limits_resumed(world, scope == SCOPE_SLOT ? (uint16_t)id : BYTES_SLOTS);
    world->flatten.is_still = 0;
    if (command(world, COMMAND_RESUME, scope, id, reason, which, 0) < 0 || world->is_dying)
        world->word.is_unsure = 1;
}

/* A slot that stands still is taken back from nobody: who failed, or was excluded, stays so. */
static void suspend(struct bytes *world, uint32_t id)
{
    struct order_word *word = &world->word;
    const struct slot *slot = slots_get(engine_slots(world->host->engine), (uint16_t)id);
    int rc;

    if (slot == NULL || slot->condition != CONDITION_ACTIVE)
        return;
    rc = command(world, COMMAND_SLOT_CONDITION, SCOPE_SLOT, id, REASON_OPERATOR, 0,
                 CONDITION_SUSPENDED);
    remember(world, rc, &word->is_suspended[id]);
    world->tournament.asides[id].number = 0; // one that was held at that moment
    world->result->some[BYTES_SOME_SUSPENDED] += rc >= 0;
}

static void activate(struct bytes *world, uint32_t id)
{
    if (!world->word.is_suspended[id])
        return;
    world->word.is_suspended[id] = 0; // it may be done before its answer is heard
    (void)command(world, COMMAND_SLOT_CONDITION, SCOPE_SLOT, id, REASON_OPERATOR, 0,
                  CONDITION_ACTIVE);
}

/* Called off while it closes. */
static void stop_briefly(struct bytes *world)
{
    static const _Atomic uint32_t never;
    struct order_word *word = &world->word;
    int rc = command(world, COMMAND_STOP, SCOPE_GLOBAL, 0, REASON_OPERATOR, 0, 0);

    remember(world, rc, &word->is_stopped);
    world->result->some[BYTES_SOME_STOP] += rc >= 0;
    if (!is_reachable(world) || rc < 0)
        return;
    (void)futex_wait(&never, 0, MS << world->op.value % 11);
    if (!is_reachable(world))
        return;
    word->is_halted = word->is_stopped = 0;
    resume(world, SCOPE_GLOBAL, 0, REASON_OPERATOR, HALT_OPERATOR);
    world->result->some[BYTES_SOME_RECALLED]++;
}

static void *operate(void *ctx)
{
    struct bytes *world = ctx;
    struct order_word *word = &world->word;
    uint32_t slot = world->op.slot;
    uint64_t *some = world->result->some;
    int rc;

    switch ((enum op)world->op.kind) {
    case OP_HALT_SLOT:
        rc = command(world, COMMAND_HALT, SCOPE_SLOT, slot, REASON_OPERATOR, 0, 0);
        remember(world, rc, &word->is_slot_halted[slot]);
        some[BYTES_SOME_HALT] += rc >= 0;
        break;
    case OP_HALT_ALL:
        rc = command(world, COMMAND_HALT, SCOPE_GLOBAL, 0, REASON_OPERATOR, HALT_OPERATOR, 0);
        remember(world, rc, &word->is_halted);
        some[BYTES_SOME_HALT] += rc >= 0;
        break;
    case OP_KILL:
        rc = command(world, COMMAND_KILL, SCOPE_GLOBAL, 0, REASON_OPERATOR, 0, 0);
        remember(world, rc, &word->is_killed);
        some[BYTES_SOME_KILL] += rc >= 0;
        bytes_strangers_killed(world);
        break;
    case OP_STOP:
        rc = command(world, COMMAND_STOP, SCOPE_GLOBAL, 0, REASON_OPERATOR, 0, 0);
        remember(world, rc, &word->is_stopped);
        some[BYTES_SOME_STOP] += rc >= 0;
        break;
    case OP_RESUME_ALL:
        word->is_halted = word->is_stopped = 0;
        resume(world, SCOPE_GLOBAL, 0, REASON_OPERATOR, HALT_OPERATOR);
        break;
    case OP_RESUME_KILL:
        word->is_killed = 0;
        resume(world, SCOPE_GLOBAL, 0, REASON_KILL, HALT_KILL);
        break;
    case OP_RESUME_SLOT:
        word->is_slot_halted[slot] = 0;
        resume(world, SCOPE_SLOT, slot, REASON_OPERATOR, 0);
        break;
    case OP_CANCEL:
        (void)command(world, COMMAND_CANCEL_ALL, SCOPE_SLOT, slot, REASON_OPERATOR, 0, 0);
        break;
    case OP_FLATTEN:
        flatten(world, (int)slot);
        break;
    case OP_FLATTEN_ALL:
        flatten(world, -1);
        break;
    case OP_ACTIVATE:
        activate(world, slot);
        break;
    case OP_SUSPEND:
        suspend(world, slot);
        break;
    case OP_STOP_BRIEFLY:
        stop_briefly(world);
        break;
    case OP_LIMIT:
        set_limit(world);
        break;
    case OP_APPLY:
        apply_limits(world);
        break;
    case OP_CLOSE_ALL:
        close_all(world);
        break;
    case OP_RESTART:
        if (!bytes_is_hung(world))
            bytes_restart(world);
        break;
    case OP_UNLOAD:
        unload_agent(world);
        break;
    case OP_RELOAD:
        replace_plugin(world, 0);
        break;
    case OP_ROLLBACK:
        replace_plugin(world, 1);
        break;
    case OP_ADD:
        add_agent(world);
        break;
    case OP_REMOVE:
        remove_agent(world);
        break;
    default:
        break;
    }
    return NULL;
}

int bytes_order(struct bytes *world, enum op op, uint32_t slot, int64_t value)
{
    if (world->host == NULL || !world->host->is_running || bytes_is_operated(world))
        return 0;
    world->op.kind = op;
    world->op.slot = slot;
    world->op.value = value;
    return bytes_start(world, operate, world, 1) >= 0;
}

void bytes_operate(struct bytes *world, enum bytes_fault fault)
{
    static const uint8_t orders[] = {OP_HALT_SLOT,   OP_HALT_ALL,    OP_KILL,        OP_STOP,
                                     OP_CLOSE_ALL,   OP_RESUME_ALL,  OP_RESUME_ALL,  OP_RESUME_ALL,
                                     OP_RESUME_KILL, OP_RESUME_KILL, OP_RESUME_SLOT, OP_RESUME_SLOT,
                                     OP_CANCEL,      OP_FLATTEN,     OP_LIMIT,       OP_LIMIT,
                                     OP_APPLY,       OP_APPLY};
    static const uint8_t changes[] = {OP_RELOAD, OP_RELOAD, OP_RELOAD, OP_ROLLBACK,
                                      OP_ADD,    OP_REMOVE, OP_UNLOAD};
    static const uint8_t flattens[] = {OP_FLATTEN, OP_FLATTEN, OP_FLATTEN, OP_FLATTEN_ALL};
    static const uint8_t recalls[] = {OP_SUSPEND,     OP_SUSPEND,      OP_ACTIVATE,
                                      OP_ACTIVATE,    OP_STOP_BRIEFLY, OP_STOP_BRIEFLY,
                                      OP_RESUME_SLOT, OP_RESUME_ALL};
    struct rng *rng = fault == BYTES_OPERATOR ? &world->operator_rng : &world->faults_rng[fault];
    uint8_t op = fault == BYTES_RELOAD    ? changes[rng_below(rng, sizeof(changes))]
                 : fault == BYTES_FLATTEN ? flattens[rng_below(rng, sizeof(flattens))]
                 : fault == BYTES_RECALL  ? recalls[rng_below(rng, sizeof(recalls))]
                                          : orders[rng_below(rng, sizeof(orders))];

    (void)bytes_order(world, (enum op)op, (uint32_t)rng_below(rng, world->swarm.n_agents),
                      (int64_t)rng_below(rng, 1000));
}
