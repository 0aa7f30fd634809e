// SPDX-License-Identifier: Apache-2.0
#include "exec/exit.h"

#include "base/error.h"
#include "base/num.h"

/* A price on an axis on which profit grows, whichever side the position is on. */
static int64_t axis(const struct exit_plan *exit, agon_px_t px)
{
    return exit->plan.side == AGON_BUY ? px : -px;
}

static int has_trail(const struct agon_exit_plan *plan)
{
    return plan->trail_px != 0 || plan->trail_ppm != 0;
}

static int has_even(const struct agon_exit_plan *plan)
{
    return plan->even_px != 0 || plan->even_ppm != 0;
}

static int has_take(const struct agon_exit_plan *plan)
{
    for (int i = 0; i < AGON_EXIT_TAKES; i++) {
        if (plan->take_px[i] != 0)
            return 1;
    }
    return 0;
}

int exit_is_end(const struct agon_exit_plan *plan)
{
    return plan->stop_px == 0 && !has_trail(plan) && !has_even(plan) && !has_take(plan) &&
           plan->t_exit == 0;
}

static int are_takes_sane(const struct agon_exit_plan *plan)
{
    uint64_t sum = 0;

    for (int i = 0; i < AGON_EXIT_TAKES; i++) {
        if (plan->take_px[i] < 0 || (plan->take_px[i] == 0 && plan->take_ppm[i] != 0))
            return 0;
        sum += plan->take_ppm[i];
    }
    return sum <= EXIT_PPM;
}

static int is_padding_clear(const struct agon_exit_plan *plan)
{
    uint64_t set = 0;

    for (size_t i = 0; i < sizeof(plan->pad) / sizeof(plan->pad[0]); i++)
        set |= plan->pad[i];
    return set == 0;
}

int exit_is_sane(const struct agon_exit_plan *plan)
{
    if (plan->instrument == 0 || plan->instrument > INT32_MAX || plan->watch > AGON_EXIT_LAST ||
        !is_padding_clear(plan))
        return 0;
    if (exit_is_end(plan))
        return 1;
    if (plan->side != AGON_BUY && plan->side != AGON_SELL)
        return 0;
    if (plan->qty < 0 || plan->t_exit < 0 || plan->stop_px < 0 || plan->trail_from_px < 0 ||
        plan->trail_px < 0 || plan->even_px < 0 || plan->entry_px < 0 ||
        plan->even_offset_px < NUM_MIN || plan->trail_ppm >= EXIT_PPM || plan->even_ppm > INT32_MAX)
        return 0;
    // One distance, not two; and what modifies a thing needs the thing.
    if ((plan->trail_px != 0 && plan->trail_ppm != 0) ||
        (plan->even_px != 0 && plan->even_ppm != 0) ||
        (plan->trail_from_px != 0 && !has_trail(plan)) ||
        ((plan->even_offset_px != 0 || plan->entry_px != 0) && !has_even(plan)) ||
        (plan->even_px != 0 && plan->even_offset_px >= plan->even_px))
        return 0;
    return are_takes_sane(plan);
}

void exit_open(struct exit_plan *exit, const struct agon_exit_plan *plan, uint32_t id)
{
    *exit = (struct exit_plan){.plan = *plan, .id = id, .state = AGON_EXIT_WAITING};
    if (plan->stop_px != 0) {
        exit->stop_px = plan->stop_px;
        exit->stop_cause = AGON_EXIT_BY_STOP;
    }
}

agon_qty_t exit_left(const struct exit_plan *exit)
{
    agon_qty_t left_qty = exit->plan.qty - exit->closed_qty;

    if (exit->plan.qty == 0 || left_qty > exit->held_qty)
        return exit->held_qty;
    return left_qty > 0 ? left_qty : 0;
}

agon_qty_t exit_wants(const struct exit_plan *exit)
{
    agon_qty_t left_qty = exit_left(exit);

    return exit->is_all || exit->fire_qty > left_qty ? left_qty : exit->fire_qty;
}

enum exit_change exit_hold(struct exit_plan *exit, agon_qty_t qty)
{
    REQUIRE(qty >= 0);
    exit->held_qty = qty;
    if (exit->fire_qty > exit_left(exit))
        exit->fire_qty = exit_left(exit);
    if (exit->state == AGON_EXIT_WAITING) {
        if (qty == 0)
            return EXIT_SAME;
        exit->state = AGON_EXIT_ARMED;
        return EXIT_ARMS;
    }
    return qty == 0 ? EXIT_OVER : EXIT_SAME;
}

/* Towards profit only. */
static int move_stop(struct exit_plan *exit, int64_t level, uint8_t cause)
{
    agon_px_t px = axis(exit, level); // back: the axis is its own inverse

    if (px <= 0 || px == NUM_MAX || (exit->stop_px != 0 && level <= axis(exit, exit->stop_px)))
        return 0;
    exit->stop_px = px;
    exit->stop_cause = cause;
    return 1;
}

static unsigned break_even(struct exit_plan *exit, agon_px_t px, agon_px_t entry_px)
{
    const struct agon_exit_plan *plan = &exit->plan;
    agon_px_t distance;
    int64_t entry;

    if (plan->entry_px != 0)
        entry_px = plan->entry_px;
    if (!has_even(plan) || exit->is_even || entry_px <= 0)
        return 0;
    distance = plan->even_px != 0 ? plan->even_px
                                  : num_mul_div(entry_px, plan->even_ppm, EXIT_PPM, NUM_UP);
    entry = axis(exit, entry_px);
    if (axis(exit, px) < num_add(entry, distance))
        return 0;
    exit->is_even = 1;
    return move_stop(exit, num_add(entry, plan->even_offset_px), AGON_EXIT_BY_EVEN) ? EXIT_HAS_MOVED
                                                                                    : 0;
}

static void follow(struct exit_plan *exit, agon_px_t px)
{
    const struct agon_exit_plan *plan = &exit->plan;
    agon_px_t distance;

    if (!has_trail(plan))
        return;
    if (!exit->is_trailing) {
        if (plan->trail_from_px != 0 && axis(exit, px) < axis(exit, plan->trail_from_px))
            return;
        exit->is_trailing = 1;
        exit->best_px = px;
    }
    if (axis(exit, px) > axis(exit, exit->best_px))
        exit->best_px = px;
    distance = plan->trail_px != 0
                   ? plan->trail_px
                   : num_mul_div(exit->best_px, plan->trail_ppm, EXIT_PPM, NUM_DOWN);
    (void)move_stop(exit, num_add(axis(exit, exit->best_px), -distance), AGON_EXIT_BY_TRAIL);
}

static int may_come_due(const struct exit_plan *exit)
{
    return exit->state == AGON_EXIT_ARMED && !exit->is_young && !exit->is_all &&
           exit->due_cause == 0 && exit->due_takes == 0;
}

unsigned exit_look(struct exit_plan *exit, agon_px_t px, agon_px_t entry_px, agon_ns_t t)
{
    unsigned did;

    if (!may_come_due(exit) || px <= 0)
        return 0;
    did = break_even(exit, px, entry_px);
    follow(exit, px);
    if (exit->stop_px != 0 && axis(exit, px) <= axis(exit, exit->stop_px))
        exit->due_cause = exit->stop_cause;
    for (int i = 0; i < AGON_EXIT_TAKES && exit->due_cause == 0; i++) {
        agon_px_t take_px = exit->plan.take_px[i];

        if (take_px != 0 && (exit->taken >> i & 1) == 0 && axis(exit, px) >= axis(exit, take_px))
            exit->due_takes |= (uint8_t)(1u << i);
    }
    if (exit->due_cause == 0 && exit->due_takes == 0)
        return did;
    exit->due_px = px;
    exit->t_due = t;
    return did | EXIT_IS_DUE;
}

agon_px_t exit_reach(const struct exit_plan *exit, agon_px_t from_px, agon_px_t to_px)
{
    int64_t from = axis(exit, from_px), to = axis(exit, to_px), reached = to;
    agon_px_t px = 0;

    if (!may_come_due(exit))
        return 0;
    if (exit->stop_px != 0 && axis(exit, exit->stop_px) >= from)
        return from_px;
    // A stop that follows has followed to the start, and goes on only where nothing can reach it.
    if (exit->stop_px != 0 && to <= axis(exit, exit->stop_px))
        return exit->stop_px;
    for (int i = 0; i < AGON_EXIT_TAKES; i++) {
        int64_t take = axis(exit, exit->plan.take_px[i]);

        if (exit->plan.take_px[i] == 0 || (exit->taken >> i & 1) != 0)
            continue;
        if (take <= from)
            return from_px;
        if (take <= reached) {
            reached = take;
            px = exit->plan.take_px[i];
        }
    }
    return px;
}

unsigned exit_time(struct exit_plan *exit, agon_ns_t t_end, agon_px_t px, agon_ns_t t)
{
    if (!may_come_due(exit) || exit->plan.t_exit == 0 || exit->plan.t_exit > t_end)
        return 0;
    exit->due_cause = AGON_EXIT_BY_TIME;
    exit->due_px = px;
    exit->t_due = t;
    return EXIT_IS_DUE;
}

agon_ns_t exit_next(const struct exit_plan *exit)
{
    if (exit->due_cause != 0 || exit->due_takes != 0)
        return exit->t_due;
    return exit->plan.t_exit == 0 || exit->is_all ? INT64_MAX : exit->plan.t_exit;
}

uint8_t exit_due(const struct exit_plan *exit, agon_ns_t t, uint8_t *take, agon_px_t *px)
{
    *take = 0;
    *px = exit->due_px;
    if (exit->due_cause != 0)
        return exit->due_cause;
    if (exit->due_takes != 0) {
        *take = (uint8_t)__builtin_ctz(exit->due_takes);
        return AGON_EXIT_BY_TAKE;
    }
    *px = 0;
    return exit_next(exit) <= t ? AGON_EXIT_BY_TIME : AGON_EXIT_BY_NONE;
}

// A share of what is left, among the shares that have not fired.
static agon_qty_t share(const struct exit_plan *exit, uint8_t take)
{
    agon_qty_t left_qty = num_add(exit_left(exit), -exit->fire_qty);
    uint32_t ppm = exit->plan.take_ppm[take];
    uint32_t rest_ppm = EXIT_PPM;

    for (int i = 0; i < AGON_EXIT_TAKES; i++) {
        if ((exit->taken >> i & 1) != 0)
            rest_ppm -= exit->plan.take_ppm[i];
    }
    REQUIRE(left_qty >= 0 && rest_ppm <= EXIT_PPM); // shares that have fired are no more than all
    if (ppm == 0 || ppm >= rest_ppm)
        return left_qty;
    return num_mul_div(left_qty, ppm, rest_ppm, NUM_DOWN);
}

void exit_fire(struct exit_plan *exit, uint8_t cause, uint8_t take)
{
    REQUIRE(cause != AGON_EXIT_BY_NONE && take < AGON_EXIT_TAKES && !exit->is_all);
    exit->cause = cause;
    exit->take = take;
    if (cause == AGON_EXIT_BY_TAKE) {
        REQUIRE((exit->taken >> take & 1) == 0);
        exit->fire_qty = num_add(exit->fire_qty, share(exit, take));
        exit->taken |= (uint8_t)(1u << take);
        exit->due_takes &= (uint8_t) ~(1u << take);
        REQUIRE(exit->fire_qty <= exit_left(exit)); // it sells no more than the plan has left
        return;
    }
    exit->is_all = 1;
    exit->due_cause = 0;
    exit->due_takes = 0;
}

void exit_filled(struct exit_plan *exit, agon_qty_t qty)
{
    REQUIRE(qty >= 0);
    exit->closed_qty = num_add(exit->closed_qty, qty);
    exit->fire_qty = exit->fire_qty > qty ? exit->fire_qty - qty : 0;
}

void exit_forgo(struct exit_plan *exit)
{
    exit->fire_qty = 0;
}

int exit_is_done(const struct exit_plan *exit)
{
    const struct agon_exit_plan *plan = &exit->plan;
    int has_more = exit->stop_px != 0 || (has_trail(plan) && !exit->is_trailing) ||
                   (has_even(plan) && !exit->is_even) || plan->t_exit != 0;

    if (exit->due_cause != 0 || exit->due_takes != 0 || exit->state == AGON_EXIT_WAITING)
        return 0;
    if (exit_left(exit) == 0)
        return 1;
    for (int i = 0; i < AGON_EXIT_TAKES; i++)
        has_more |= plan->take_px[i] != 0 && (exit->taken >> i & 1) == 0;
    return !exit->is_all && !has_more && exit->fire_qty == 0;
}

#define CHANGE_SHIFT 5 /* two bits above those of a state */

static void save_plan(const struct agon_exit_plan *plan, struct enc *enc)
{
    enc_u32(enc, plan->instrument);
    enc_u16(enc, plan->account);
    enc_u8(enc, plan->side);
    enc_u8(enc, plan->watch);
    enc_u64(enc, plan->client_ref);
    enc_i64(enc, plan->qty);
    enc_i64(enc, plan->t_exit);
    enc_i64(enc, plan->stop_px);
    enc_i64(enc, plan->trail_from_px);
    enc_i64(enc, plan->trail_px);
    enc_u32(enc, plan->trail_ppm);
    enc_u32(enc, plan->even_ppm);
    enc_i64(enc, plan->even_px);
    enc_i64(enc, plan->even_offset_px);
    enc_i64(enc, plan->entry_px);
    for (int i = 0; i < AGON_EXIT_TAKES; i++) {
        enc_i64(enc, plan->take_px[i]);
        enc_u32(enc, plan->take_ppm[i]);
    }
}

static void load_plan(struct agon_exit_plan *plan, struct dec *dec)
{
    memset(plan, 0, sizeof(*plan));
    plan->instrument = dec_u32(dec);
    plan->account = dec_u16(dec);
    plan->side = dec_u8(dec);
    plan->watch = dec_u8(dec);
    plan->client_ref = dec_u64(dec);
    plan->qty = dec_i64(dec);
    plan->t_exit = dec_i64(dec);
    plan->stop_px = dec_i64(dec);
    plan->trail_from_px = dec_i64(dec);
    plan->trail_px = dec_i64(dec);
    plan->trail_ppm = dec_u32(dec);
    plan->even_ppm = dec_u32(dec);
    plan->even_px = dec_i64(dec);
    plan->even_offset_px = dec_i64(dec);
    plan->entry_px = dec_i64(dec);
    for (int i = 0; i < AGON_EXIT_TAKES; i++) {
        plan->take_px[i] = dec_i64(dec);
        plan->take_ppm[i] = dec_u32(dec);
    }
}

void exit_save(const struct exit_plan *exit, struct enc *enc)
{
    save_plan(&exit->plan, enc);
    enc_u32(enc, exit->id);
    enc_u32(enc, exit->n_failed);
    // In bits that no state has: what journals had before there were such plans stays as it is.
    enc_u8(enc, (uint8_t)(exit->state | exit->change << CHANGE_SHIFT | exit->is_young << 7));
    enc_u8(enc, exit->is_all);
    enc_u8(enc, exit->stop_cause);
    enc_u8(enc, exit->is_trailing);
    enc_u8(enc, exit->is_even);
    enc_u8(enc, exit->cause);
    enc_u8(enc, exit->take);
    enc_u8(enc, exit->taken);
    enc_u8(enc, exit->due_cause);
    enc_u8(enc, exit->due_takes);
    enc_u16(enc, exit->failed);
    enc_i64(enc, exit->stop_px);
    enc_i64(enc, exit->best_px);
    enc_i64(enc, exit->due_px);
    enc_i64(enc, exit->t_due);
    enc_i64(enc, exit->t_retry);
    enc_i64(enc, exit->held_qty);
    enc_i64(enc, exit->fire_qty);
    enc_i64(enc, exit->closed_qty);
    if (exit->change == EXIT_REPLACE)
        save_plan(&exit->next, enc);
}

static int is_sound(const struct exit_plan *exit)
{
    const unsigned takes = (1u << AGON_EXIT_TAKES) - 1;

    return exit->id != 0 && exit_is_sane(&exit->plan) && !exit_is_end(&exit->plan) &&
           (exit->state == AGON_EXIT_WAITING || exit->state == AGON_EXIT_ARMED) &&
           exit->is_all <= 1 && exit->take < AGON_EXIT_TAKES && exit->taken <= takes &&
           exit->due_takes <= takes && (exit->taken & exit->due_takes) == 0 &&
           exit->due_cause <= AGON_EXIT_BY_TIME && exit->stop_px >= 0 && exit->held_qty >= 0 &&
           exit->fire_qty >= 0 && exit->closed_qty >= 0 && exit->change <= EXIT_END &&
           (exit->change != EXIT_REPLACE ||
            (exit_is_sane(&exit->next) && !exit_is_end(&exit->next))) &&
           (exit->due_cause == 0 || exit->is_all == 0);
}

void exit_load(struct exit_plan *exit, struct dec *dec)
{
    memset(exit, 0, sizeof(*exit));
    load_plan(&exit->plan, dec);
    exit->id = dec_u32(dec);
    exit->n_failed = dec_u32(dec);
    exit->state = dec_u8(dec);
    exit->is_young = exit->state >> 7;
    exit->change = exit->state >> CHANGE_SHIFT & 3;
    exit->state &= (1u << CHANGE_SHIFT) - 1;
    exit->is_all = dec_u8(dec);
    exit->stop_cause = dec_u8(dec);
    exit->is_trailing = dec_u8(dec);
    exit->is_even = dec_u8(dec);
    exit->cause = dec_u8(dec);
    exit->take = dec_u8(dec);
    exit->taken = dec_u8(dec);
    exit->due_cause = dec_u8(dec);
    exit->due_takes = dec_u8(dec);
    exit->failed = dec_u16(dec);
    exit->stop_px = dec_i64(dec);
    exit->best_px = dec_i64(dec);
    exit->due_px = dec_i64(dec);
    exit->t_due = dec_i64(dec);
    exit->t_retry = dec_i64(dec);
    exit->held_qty = dec_i64(dec);
    exit->fire_qty = dec_i64(dec);
    exit->closed_qty = dec_i64(dec);
    if (exit->change == EXIT_REPLACE)
        load_plan(&exit->next, dec);
    if (!is_sound(exit))
        dec_fail(dec);
}
