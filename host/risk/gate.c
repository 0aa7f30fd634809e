// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/hash.h"
#include "base/hot.h"
#include "risk/risk.h"

/* risk_worst for the checks, which are of this unit: one asks of one limit, the others are known to
 * be none, and none is a call. */
static inline __attribute__((always_inline)) uint16_t worst_of(const struct risk_slot *slot,
                                                               agon_amt_t open_loss_amt,
                                                               const struct risk_losses *losses);

#include "risk/risk_checks_all.h" // each of checks/, made by the build: one unit, so that none is a call

#define CHECK(name) &risk_##name,
const struct risk_check *const risk_checks[] = {RISK_CHECKS(CHECK)};
#undef CHECK
const uint32_t risk_n_checks = sizeof(risk_checks) / sizeof(risk_checks[0]);

uint64_t risk_fingerprint(const struct agon_intent *intent)
{
    uint64_t x = hash_mix(intent->instrument + ((uint64_t)intent->side << 32) +
                          ((uint64_t)intent->type << 40));

    x = hash_mix(x ^ (uint64_t)intent->px);
    x = hash_mix(x ^ (uint64_t)intent->trigger_px);
    return hash_mix(x ^ (uint64_t)intent->qty) | 1; // never 0: an empty place is 0
}

int64_t risk_tokens_ppm(const struct risk_view *view)
{
    int64_t full = num_mul(view->limits->orders_burst > 0 ? view->limits->orders_burst
                                                          : view->limits->orders_per_s,
                           1000000);
    int64_t tokens;

    REQUIRE(view->slot->tokens_ppm >= 0); // an empty bucket owes nothing
    if (view->slot->t_tokens == 0)
        return full;
    // ns * orders/s / 1e9 orders, times 1e6: ns * orders / 1000 millionths.
    tokens =
        num_add(view->slot->tokens_ppm, num_mul_div(view->t - view->slot->t_tokens,
                                                    view->limits->orders_per_s, 1000, NUM_DOWN));
    return tokens < full ? tokens : full;
}

static inline uint16_t worst_of(const struct risk_slot *slot, agon_amt_t open_loss_amt,
                                const struct risk_losses *losses)
{
    agon_amt_t equity_amt = num_add(slot->equity_amt, -open_loss_amt);

    // An open order makes no loss smaller, and nothing stands above its own highest.
    REQUIRE(open_loss_amt >= 0);
    REQUIRE(slot->equity_high_amt >= slot->equity_amt);
    if (losses->daily_loss_amt > 0 &&
        (slot->is_daily_breached || risk_is_day_lost(slot, equity_amt, losses->daily_loss_amt)))
        return losses->daily_reason;
    if (losses->drawdown_ppm > 0 &&
        (slot->is_drawdown_breached || risk_is_fallen(slot, equity_amt, losses->drawdown_ppm)))
        return losses->drawdown_reason;
    if (losses->floor_amt > 0 && (slot->is_floor_breached || equity_amt <= losses->floor_amt))
        return losses->floor_reason;
    return REASON_NONE;
}

uint16_t risk_worst(const struct risk_slot *slot, agon_amt_t open_loss_amt,
                    const struct risk_losses *losses)
{
    return worst_of(slot, open_loss_amt, losses);
}

static inline int is_refused_by(const struct risk_check *check, const struct risk_view *view,
                                const struct agon_intent *intent)
{
    if ((check->is_soft && view->is_reducing) ||
        (check->is_portfolio && view->portfolio_limits == NULL) ||
        check->judge(view, intent) == RISK_PASS)
        return 0;
    REQUIRE(check->reason != REASON_NONE); // or what it refuses would leave
    return 1;
}

/* The chain, written out of the table: one check behind the other, and no call between them. */
HOT __attribute__((flatten)) uint16_t risk_judge(struct risk_view *view,
                                                 const struct agon_intent *intent)
{
    struct risk_slot *slot = view->slot;

    REQUIRE(slot->next_recent < RISK_DUPLICATES);
    // A check judges by them, and what passes leaves them behind: worked out once.
    view->fingerprint = risk_fingerprint(intent);
    view->tokens_ppm = risk_tokens_ppm(view);
#define CHECK(name)                                                                                \
    if (is_refused_by(&risk_##name, view, intent))                                                 \
        return risk_##name.reason;
    RISK_CHECKS(CHECK)
#undef CHECK
    if (view->limits->orders_per_s > 0) {
        int64_t tokens = view->tokens_ppm - 1000000;

        // A reducing order passes an empty bucket, but it does not make a debt.
        slot->tokens_ppm = tokens > 0 ? tokens : 0;
        slot->t_tokens = view->t;
    }
    slot->recent[slot->next_recent] =
        (struct risk_recent){.fingerprint = view->fingerprint, .t = view->t};
    slot->next_recent = (slot->next_recent + 1) % RISK_DUPLICATES;
    return REASON_NONE;
}

uint16_t risk_judge_close(const struct risk_view *view, const struct agon_intent *intent)
{
    static const struct risk_check *const checks[] = {&risk_authorised, &risk_bounds,
                                                      &risk_closing};

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (checks[i]->judge(view, intent) != RISK_PASS)
            return checks[i]->reason;
    }
    // The host sells nothing that its slot does not hold, whatever the checks were told is free.
    REQUIRE(intent->qty <= num_abs(view->held_qty));
    return REASON_NONE;
}

agon_amt_t risk_drawdown_amt(const struct risk_slot *slot, uint32_t drawdown_ppm)
{
    return num_mul_div(slot->equity_high_amt, drawdown_ppm, 1000000, NUM_UP);
}

void risk_slot_start(struct risk_slot *slot, agon_amt_t equity_amt)
{
    memset(slot, 0, sizeof(*slot));
    slot->equity_amt = equity_amt;
    slot->equity_high_amt = equity_amt;
    slot->equity_day_amt = equity_amt;
}

static uint16_t note_breach(struct risk_slot *slot, agon_ns_t t, uint16_t reason,
                            agon_amt_t from_amt, agon_amt_t moved_amt)
{
    REQUIRE(reason != REASON_NONE); // or nobody would hear of it, and nothing would be closed
    slot->t_breach = t;
    slot->breach_reason = reason;
    slot->breach_amt = num_add(from_amt, -slot->equity_amt);
    slot->breach_base_amt = from_amt;
    slot->breach_moved_amt = moved_amt;
    slot->n_breaches++;
    return reason;
}

static inline int is_above(const struct risk_slot *slot, agon_amt_t equity_amt,
                           const struct risk_losses *losses)
{
    return !(losses->daily_loss_amt > 0 &&
             risk_is_day_lost(slot, equity_amt, losses->daily_loss_amt)) &&
           !(losses->drawdown_ppm > 0 && risk_is_fallen(slot, equity_amt, losses->drawdown_ppm)) &&
           !(losses->floor_amt > 0 && equity_amt <= losses->floor_amt);
}

/* Whatever is borne of a loss is borne of a smaller one. Twice as much is asked about first: orders
 * that come and go need not ask again and again. */
int risk_bears(struct risk_slot *slot, num128_t open_loss, const struct risk_losses *losses)
{
    agon_amt_t amt = (agon_amt_t)open_loss;
    agon_amt_t most_amt = num_add(amt, amt);

    REQUIRE(open_loss >= 0);
    REQUIRE(slot->equity_high_amt >= slot->equity_amt);
    if (slot->is_daily_breached || slot->is_drawdown_breached || slot->is_floor_breached ||
        open_loss > NUM_MAX)
        return 0;
    if (!is_above(slot, num_add(slot->equity_amt, -most_amt), losses)) {
        most_amt = amt;
        if (!is_above(slot, num_add(slot->equity_amt, -amt), losses))
            return 0;
    }
    slot->borne_amt = num_add(most_amt, 1);
    return 1;
}

HOT void risk_move(struct risk_slot *slot, agon_amt_t equity_amt)
{
    slot->equity_amt = equity_amt;
    risk_forget(slot);
}

HOT uint16_t risk_mark(struct risk_slot *slot, agon_amt_t equity_amt, agon_ns_t t,
                       const struct risk_losses *losses)
{
    uint16_t reason = REASON_NONE;

    risk_move(slot, equity_amt);
    if (equity_amt > slot->equity_high_amt) {
        slot->equity_high_amt = equity_amt;
        slot->high_moved_amt = 0;
    }
    if (losses->daily_loss_amt > 0 && !slot->is_daily_breached &&
        risk_is_day_lost(slot, equity_amt, losses->daily_loss_amt)) {
        slot->is_daily_breached = 1;
        reason =
            note_breach(slot, t, losses->daily_reason, slot->equity_day_amt, slot->day_moved_amt);
    }
    if (losses->drawdown_ppm > 0 && !slot->is_drawdown_breached &&
        risk_is_fallen(slot, equity_amt, losses->drawdown_ppm)) {
        slot->is_drawdown_breached = 1;
        reason = note_breach(slot, t, losses->drawdown_reason, slot->equity_high_amt,
                             slot->high_moved_amt);
    }
    if (losses->floor_amt > 0 && !slot->is_floor_breached && equity_amt <= losses->floor_amt) {
        slot->is_floor_breached = 1;
        reason = note_breach(slot, t, losses->floor_reason, losses->floor_amt, 0);
    }
    return reason;
}

static inline agon_amt_t larger(agon_amt_t a, agon_amt_t b)
{
    return a > b ? a : b;
}

/* The highest and the day's begin only rise, so that whatever is not reached at the least, once the
 * most has been, is not reached before. */
HOT int risk_is_clear(const struct risk_slot *slot, agon_amt_t most_amt, agon_amt_t least_amt,
                      const struct risk_losses *losses)
{
    const struct risk_slot end = {
        .equity_high_amt = larger(slot->equity_high_amt, most_amt),
        .equity_day_amt = larger(larger(slot->equity_day_amt, slot->equity_amt), most_amt)};

    return !(losses->daily_loss_amt > 0 &&
             risk_is_day_lost(&end, least_amt, losses->daily_loss_amt)) &&
           !(losses->drawdown_ppm > 0 && !slot->is_drawdown_breached &&
             risk_is_fallen(&end, least_amt, losses->drawdown_ppm)) &&
           !(losses->floor_amt > 0 && !slot->is_floor_breached && least_amt <= losses->floor_amt);
}

// In proportion, where there is one: capital that comes makes no fall smaller, and none larger.
static agon_amt_t moved(agon_amt_t amt, agon_amt_t before_amt, agon_amt_t after_amt)
{
    if (before_amt <= 0 || after_amt <= 0)
        return num_add(amt, num_add(after_amt, -before_amt));
    return num_mul_div(amt, after_amt, before_amt, NUM_UP);
}

static agon_amt_t less(agon_amt_t amt, agon_amt_t by_amt)
{
    return num_add(amt, -by_amt);
}

void risk_recapitalise(struct risk_slot *slot, agon_amt_t change_amt, int is_noted)
{
    agon_amt_t before_amt = slot->equity_amt;
    agon_amt_t day_amt = less(slot->equity_day_amt, before_amt);
    agon_amt_t high_amt = less(slot->equity_high_amt, before_amt);

    risk_move(slot, num_add(before_amt, change_amt));
    slot->equity_high_amt = moved(slot->equity_high_amt, before_amt, slot->equity_amt);
    slot->equity_day_amt = moved(slot->equity_day_amt, before_amt, slot->equity_amt);
    if (is_noted) {
        slot->day_moved_amt = num_add(slot->day_moved_amt,
                                      less(less(slot->equity_day_amt, slot->equity_amt), day_amt));
        slot->high_moved_amt = num_add(
            slot->high_moved_amt, less(less(slot->equity_high_amt, slot->equity_amt), high_amt));
    }
    REQUIRE(slot->equity_high_amt >= slot->equity_amt);
}

void risk_resume(struct risk_slot *slot)
{
    // Or the same fall would be reached again at once.
    if (slot->is_drawdown_breached) {
        slot->equity_high_amt = slot->equity_amt;
        slot->high_moved_amt = 0;
    }
    slot->is_drawdown_breached = 0;
    slot->is_floor_breached = 0;
    risk_forget(slot);
}

void risk_day(struct risk_slot *slot)
{
    slot->equity_day_amt = slot->equity_amt;
    slot->day_moved_amt = 0;
    slot->is_daily_breached = 0;
    risk_forget(slot);
}

agon_amt_t risk_day_scaled_amt(const struct risk_slot *slot)
{
    return less(slot->equity_day_amt, slot->equity_amt);
}

agon_amt_t risk_day_lost_amt(const struct risk_slot *slot)
{
    return less(risk_day_scaled_amt(slot), slot->day_moved_amt);
}

void risk_slot_save(const struct risk_slot *slot, struct enc *enc)
{
    enc_i64(enc, slot->tokens_ppm);
    enc_i64(enc, slot->t_tokens);
    for (int i = 0; i < RISK_DUPLICATES; i++) {
        enc_u64(enc, slot->recent[i].fingerprint);
        enc_i64(enc, slot->recent[i].t);
    }
    enc_u32(enc, slot->next_recent);
    enc_i64(enc, slot->equity_amt);
    enc_i64(enc, slot->equity_high_amt);
    enc_i64(enc, slot->equity_day_amt);
    enc_i64(enc, slot->t_breach);
    enc_i64(enc, slot->breach_amt);
    enc_i64(enc, slot->breach_base_amt);
    enc_u32(enc, slot->n_breaches);
    enc_u16(enc, slot->breach_reason);
    enc_u8(enc, slot->is_daily_breached);
    enc_u8(enc, slot->is_drawdown_breached);
    enc_u8(enc, slot->is_floor_breached);
}

void risk_slot_load(struct risk_slot *slot, struct dec *dec)
{
    memset(slot, 0, sizeof(*slot));
    slot->tokens_ppm = dec_i64(dec);
    slot->t_tokens = dec_i64(dec);
    for (int i = 0; i < RISK_DUPLICATES; i++) {
        slot->recent[i].fingerprint = dec_u64(dec);
        slot->recent[i].t = dec_i64(dec);
    }
    slot->next_recent = dec_u32(dec);
    if (slot->next_recent >= RISK_DUPLICATES) {
        slot->next_recent = 0;
        dec_fail(dec);
    }
    slot->equity_amt = dec_i64(dec);
    slot->equity_high_amt = dec_i64(dec);
    slot->equity_day_amt = dec_i64(dec);
    slot->t_breach = dec_i64(dec);
    slot->breach_amt = dec_i64(dec);
    slot->breach_base_amt = dec_i64(dec);
    slot->n_breaches = dec_u32(dec);
    slot->breach_reason = dec_u16(dec);
    slot->is_daily_breached = dec_u8(dec);
    slot->is_drawdown_breached = dec_u8(dec);
    slot->is_floor_breached = dec_u8(dec);
    if (slot->tokens_ppm < 0 || slot->equity_high_amt < slot->equity_amt)
        dec_fail(dec);
}

void risk_slot_save_moved(const struct risk_slot *slot, struct enc *enc)
{
    enc_i64(enc, slot->day_moved_amt);
    enc_i64(enc, slot->high_moved_amt);
    enc_i64(enc, slot->breach_moved_amt);
}

void risk_slot_load_moved(struct risk_slot *slot, struct dec *dec)
{
    slot->day_moved_amt = dec_i64(dec);
    slot->high_moved_amt = dec_i64(dec);
    slot->breach_moved_amt = dec_i64(dec);
}
