// SPDX-License-Identifier: Apache-2.0
/* The gate as it once was: thirty checks, each a function behind a pointer, asked one after the
 * other, every product in 128 bits, bucket and fingerprint worked out wherever they are needed. It
 * is slow and obvious, and what the gate decides is held against it. */
#include "slow_gate.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/num.h"
#include "market/instrument_kind.h"
#include "market/order_type.h"

struct slow_check {
    uint16_t reason;
    uint8_t is_soft, is_portfolio;
    enum risk_verdict (*judge)(const struct risk_view *view, const struct agon_intent *intent);
};

static uint64_t fingerprint_of(const struct agon_intent *intent)
{
    uint64_t x = hash_mix(intent->instrument + ((uint64_t)intent->side << 32) +
                          ((uint64_t)intent->type << 40));

    x = hash_mix(x ^ (uint64_t)intent->px);
    x = hash_mix(x ^ (uint64_t)intent->trigger_px);
    return hash_mix(x ^ (uint64_t)intent->qty) | 1; // never 0: an empty place is 0
}

static int64_t tokens_of(const struct risk_view *view)
{
    num128_t full = (num128_t)(view->limits->orders_burst > 0 ? view->limits->orders_burst
                                                              : view->limits->orders_per_s) *
                    1000000;
    num128_t product = (num128_t)(view->t - view->slot->t_tokens) * view->limits->orders_per_s;
    num128_t tokens;

    if (view->slot->t_tokens == 0)
        return (int64_t)full;
    tokens = product / 1000 - (product % 1000 < 0);
    if (tokens > NUM_MAX)
        tokens = NUM_MAX;
    if (tokens < NUM_MIN)
        tokens = NUM_MIN;
    tokens += view->slot->tokens_ppm;
    return (int64_t)(tokens < full ? tokens : full);
}

/* Has equity fallen from its highest by the limit? (high - equity) / high >= ppm / 1,000,000 */
static int is_fallen(const struct risk_slot *slot, agon_amt_t equity_amt, uint32_t drawdown_ppm)
{
    num128_t fallen = (num128_t)slot->equity_high_amt - equity_amt;

    return slot->equity_high_amt > 0 &&
           fallen * 1000000 >= (num128_t)slot->equity_high_amt * drawdown_ppm;
}

static int is_day_lost(const struct risk_slot *slot, agon_amt_t equity_amt, agon_amt_t loss_amt)
{
    return (num128_t)slot->equity_day_amt - equity_amt >= loss_amt;
}

static uint16_t worst_of(const struct risk_slot *slot, agon_amt_t open_loss_amt,
                         const struct risk_losses *losses)
{
    agon_amt_t equity_amt = num_add(slot->equity_amt, -open_loss_amt);

    // An open order makes no loss smaller, and nothing stands above its own highest.
    REQUIRE(open_loss_amt >= 0);
    REQUIRE(slot->equity_high_amt >= slot->equity_amt);
    if (losses->daily_loss_amt > 0 &&
        (slot->is_daily_breached || is_day_lost(slot, equity_amt, losses->daily_loss_amt)))
        return losses->daily_reason;
    if (losses->drawdown_ppm > 0 &&
        (slot->is_drawdown_breached || is_fallen(slot, equity_amt, losses->drawdown_ppm)))
        return losses->drawdown_reason;
    if (losses->floor_amt > 0 && (slot->is_floor_breached || equity_amt <= losses->floor_amt))
        return losses->floor_reason;
    return REASON_NONE;
}

static enum risk_verdict judge_kill(const struct risk_view *view, const struct agon_intent *intent)
{
    (void)intent;
    return view->is_killed ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_other_host(const struct risk_view *view,
                                          const struct agon_intent *intent)
{
    (void)intent;
    return view->is_other_host ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_authorised(const struct risk_view *view,
                                          const struct agon_intent *intent)
{
    (void)intent;
    return view->instrument != NULL && view->is_authorised ? RISK_PASS : RISK_REFUSE;
}

static enum risk_verdict judge_session(const struct risk_view *view,
                                       const struct agon_intent *intent)
{
    if (!view->may_trade)
        return RISK_REFUSE;
    if (view->trading == TRADING_OPEN)
        return RISK_PASS;
    return view->trading == TRADING_POST_ONLY && (intent->flags & AGON_POST_ONLY) != 0
               ? RISK_PASS
               : RISK_REFUSE;
}

static enum risk_verdict judge_bounds(const struct risk_view *view,
                                      const struct agon_intent *intent)
{
    if (intent->side != AGON_BUY && intent->side != AGON_SELL)
        return RISK_REFUSE;
    if (!order_type_is(intent->type) || intent->tif > AGON_TIF_GTD)
        return RISK_REFUSE;
    if ((intent->flags & ~(uint32_t)(AGON_POST_ONLY | AGON_REDUCE_ONLY)) != 0)
        return RISK_REFUSE;
    if (intent->qty <= 0 || intent->show_qty < 0 || intent->show_qty > intent->qty)
        return RISK_REFUSE;
    if (order_type_has_px(intent->type) ? intent->px <= 0 : intent->px != 0)
        return RISK_REFUSE;
    if (order_type_waits(intent->type) ? intent->trigger_px <= 0 : intent->trigger_px != 0)
        return RISK_REFUSE;
    if ((intent->flags & AGON_POST_ONLY) != 0 &&
        (!order_type_has_px(intent->type) || order_type_waits(intent->type) ||
         intent->tif == AGON_TIF_IOC || intent->tif == AGON_TIF_FOK))
        return RISK_REFUSE;
    if (intent->tif == AGON_TIF_GTD ? intent->t_expire <= view->t : intent->t_expire != 0)
        return RISK_REFUSE;
    return RISK_PASS;
}

static enum risk_verdict judge_halt(const struct risk_view *view, const struct agon_intent *intent)
{
    (void)intent;
    return view->is_halted ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_too_large(const struct risk_view *view,
                                         const struct agon_intent *intent)
{
    (void)intent;
    return num_is_full(view->notional_amt) || num_is_full(view->position_amt) ||
                   num_is_full(view->cost_amt) || num_is_full(view->reach_qty) ||
                   num_is_full(view->reach_amt)
               ? RISK_REFUSE
               : RISK_PASS;
}

static enum risk_verdict judge_filter(const struct risk_view *view,
                                      const struct agon_intent *intent)
{
    const struct agon_instrument *instrument = view->instrument;
    agon_amt_t least_amt = view->least_amt > 0 ? view->least_amt : view->notional_amt;

    if (intent->px != 0 && (intent->px % instrument->tick_px != 0 ||
                            (instrument->min_px > 0 && intent->px < instrument->min_px) ||
                            (instrument->max_px > 0 && intent->px > instrument->max_px)))
        return RISK_REFUSE;
    if (intent->trigger_px % instrument->tick_px != 0)
        return RISK_REFUSE;
    if (intent->qty % instrument->lot_qty != 0 || intent->qty < instrument->min_qty ||
        (instrument->max_qty > 0 && intent->qty > instrument->max_qty))
        return RISK_REFUSE;
    // A worth that no amount can hold, where no limit of the slot's is asked about it.
    if (view->judge_px > 0 && view->notional_amt == NUM_MAX &&
        (view->is_reducing || view->limits->order_amt == 0))
        return RISK_REFUSE;
    if (view->judge_px > 0 && least_amt < instrument->min_notional_amt)
        return RISK_REFUSE;
    return RISK_PASS;
}

static enum risk_verdict judge_size(const struct risk_view *view, const struct agon_intent *intent)
{
    agon_qty_t working = intent->side == AGON_BUY ? view->working_buy_qty : view->working_sell_qty;
    agon_qty_t sum;

    REQUIRE(view->working_buy_qty >= 0 && view->working_sell_qty >= 0);
    if (view->instrument->max_qty > 0 && intent->qty > view->instrument->max_qty)
        return RISK_REFUSE;
    if (__builtin_add_overflow(working, intent->qty, &sum) ||
        __builtin_add_overflow(sum, num_abs(view->held_qty), &sum))
        return RISK_REFUSE;
    return RISK_PASS;
}

static enum risk_verdict judge_reduce_only(const struct risk_view *view,
                                           const struct agon_intent *intent)
{
    return (intent->flags & AGON_REDUCE_ONLY) == 0 || view->is_reducing ? RISK_PASS : RISK_REFUSE;
}

static enum risk_verdict judge_book(const struct risk_view *view, const struct agon_intent *intent)
{
    if (view->is_book_live)
        return RISK_PASS;
    return view->is_reducing && intent->type == AGON_LIMIT ? RISK_PASS : RISK_REFUSE;
}

static enum risk_verdict judge_collar(const struct risk_view *view,
                                      const struct agon_intent *intent)
{
    int is_buy = intent->side == AGON_BUY;
    agon_px_t px = intent->px;
    agon_px_t other = is_buy ? view->ask_px : view->bid_px;
    agon_px_t own = is_buy ? view->bid_px : view->ask_px;
    int is_marketable;
    agon_px_t from;
    uint32_t band_ppm;
    num128_t off;

    if (px == 0 || !view->is_book_live)
        return RISK_PASS; // market orders are bounded by judge_px; no book is another check's
                          // matter
    if (order_type_waits(intent->type))
        own = other = intent->trigger_px;
    is_marketable = other > 0 && (is_buy ? px >= other : px <= other);
    from = is_marketable ? other : own > 0 ? own : other;
    band_ppm =
        is_marketable ? view->limits->collar_marketable_ppm : view->limits->collar_passive_ppm;
    if (from <= 0 || band_ppm == 0)
        return RISK_PASS;
    off = px > from ? (num128_t)px - from : (num128_t)from - px;
    return off * 1000000 <= (num128_t)from * band_ppm ? RISK_PASS : RISK_REFUSE;
}

static enum risk_verdict judge_valuation(const struct risk_view *view,
                                         const struct agon_intent *intent)
{
    (void)intent;
    return view->is_unvalued ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_notional(const struct risk_view *view,
                                        const struct agon_intent *intent)
{
    (void)intent;
    REQUIRE(view->notional_amt >= 0); // below 0 it would be within every limit
    return view->limits->order_amt == 0 || view->notional_amt <= view->limits->order_amt
               ? RISK_PASS
               : RISK_REFUSE;
}

static enum risk_verdict judge_position(const struct risk_view *view,
                                        const struct agon_intent *intent)
{
    (void)intent;
    REQUIRE(view->position_amt >= 0); // below 0 it would be within every limit
    return view->limits->position_amt == 0 || view->position_amt <= view->limits->position_amt
               ? RISK_PASS
               : RISK_REFUSE;
}

static enum risk_verdict judge_capital(const struct risk_view *view,
                                       const struct agon_intent *intent)
{
    if (!instrument_kind_has_coins(view->instrument->kind))
        return view->is_reducing || view->cost_amt <= view->free_amt ? RISK_PASS : RISK_REFUSE;
    if (intent->side == AGON_BUY)
        return view->cost_amt <= view->free_amt ? RISK_PASS : RISK_REFUSE;
    return intent->qty <= view->free_qty ? RISK_PASS : RISK_REFUSE;
}

static enum risk_verdict judge_open_orders(const struct risk_view *view,
                                           const struct agon_intent *intent)
{
    (void)intent;
    return view->limits->max_open_orders == 0 || view->n_open < view->limits->max_open_orders
               ? RISK_PASS
               : RISK_REFUSE;
}

static enum risk_verdict judge_priced(const struct risk_view *view,
                                      const struct agon_intent *intent)
{
    (void)intent;
    return view->is_unpriced ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_daily_loss(const struct risk_view *view,
                                          const struct agon_intent *intent)
{
    const struct risk_losses losses = {.daily_loss_amt = view->limits->daily_loss_amt,
                                       .daily_reason = REASON_DAILY_LOSS};

    (void)intent;
    return worst_of(view->slot, view->open_loss_amt, &losses) == REASON_NONE ? RISK_PASS
                                                                             : RISK_REFUSE;
}

static enum risk_verdict judge_drawdown(const struct risk_view *view,
                                        const struct agon_intent *intent)
{
    const struct risk_losses losses = {.drawdown_ppm = view->limits->drawdown_ppm,
                                       .drawdown_reason = REASON_DRAWDOWN};

    (void)intent;
    return worst_of(view->slot, view->open_loss_amt, &losses) == REASON_NONE ? RISK_PASS
                                                                             : RISK_REFUSE;
}

static int is_lost(const struct risk_view *view, const struct risk_losses *losses)
{
    REQUIRE(view->portfolio != NULL); // limits without anything that is judged by them
    return worst_of(view->portfolio, view->open_loss_all_amt, losses) != REASON_NONE;
}

static enum risk_verdict judge_portfolio_equity(const struct risk_view *view,
                                                const struct agon_intent *intent)
{
    const struct risk_losses losses = {.floor_amt = view->portfolio_limits->equity_amt,
                                       .floor_reason = REASON_PORTFOLIO_EQUITY};

    (void)intent;
    return is_lost(view, &losses) ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_portfolio_daily_loss(const struct risk_view *view,
                                                    const struct agon_intent *intent)
{
    const struct risk_losses losses = {.daily_loss_amt = view->portfolio_limits->daily_loss_amt,
                                       .daily_reason = REASON_PORTFOLIO_DAILY_LOSS};

    (void)intent;
    return is_lost(view, &losses) ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_portfolio_drawdown(const struct risk_view *view,
                                                  const struct agon_intent *intent)
{
    const struct risk_losses losses = {.drawdown_ppm = view->portfolio_limits->drawdown_ppm,
                                       .drawdown_reason = REASON_PORTFOLIO_DRAWDOWN};

    (void)intent;
    return is_lost(view, &losses) ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict at_most(agon_amt_t reach_amt, agon_amt_t limit_amt)
{
    REQUIRE(reach_amt >= 0); // a sum of magnitudes
    return limit_amt == 0 || reach_amt <= limit_amt ? RISK_PASS : RISK_REFUSE;
}

#define EXPOSURE(name)                                                                             \
    static enum risk_verdict judge_portfolio_##name(const struct risk_view *view,                  \
                                                    const struct agon_intent *intent)              \
    {                                                                                              \
        (void)intent;                                                                              \
        return at_most(view->reach.name##_amt, view->portfolio_limits->name##_amt);                \
    }
EXPOSURE(gross)
EXPOSURE(net)
EXPOSURE(venue)
EXPOSURE(asset)
#undef EXPOSURE

static enum risk_verdict judge_self_match(const struct risk_view *view,
                                          const struct agon_intent *intent)
{
    (void)intent;
    return view->would_self_match ? RISK_REFUSE : RISK_PASS;
}

static enum risk_verdict judge_duplicate(const struct risk_view *view,
                                         const struct agon_intent *intent)
{
    uint64_t fingerprint;
    agon_ns_t since;
    uint32_t n = 0;
    // More copies than are remembered could never be counted.
    uint32_t max = view->limits->duplicate_max < RISK_DUPLICATES ? view->limits->duplicate_max
                                                                 : RISK_DUPLICATES;

    if (view->limits->duplicate_max == 0 || view->limits->duplicate_window_ms == 0)
        return RISK_PASS;
    fingerprint = fingerprint_of(intent);
    since = view->t - (agon_ns_t)view->limits->duplicate_window_ms * 1000000;
    for (uint32_t i = 0; i < RISK_DUPLICATES; i++) {
        const struct risk_recent *recent = &view->slot->recent[i];

        if (recent->fingerprint == fingerprint && recent->t != 0 && recent->t > since)
            n++;
    }
    return n < max ? RISK_PASS : RISK_REFUSE;
}

static enum risk_verdict judge_rate(const struct risk_view *view, const struct agon_intent *intent)
{
    (void)intent;
    if (view->limits->orders_per_s == 0)
        return RISK_PASS;
    return tokens_of(view) >= 1000000 ? RISK_PASS : RISK_REFUSE;
}

static const struct slow_check all[] = {
    {REASON_KILL, 0, 0, judge_kill},
    {REASON_OTHER_HOST, 0, 0, judge_other_host},
    {REASON_UNAUTHORISED, 0, 0, judge_authorised},
    {REASON_SLOT_STATE, 0, 0, judge_session},
    {REASON_INVALID, 0, 0, judge_bounds},
    {REASON_HALTED, 1, 0, judge_halt},
    {REASON_TOO_LARGE, 0, 0, judge_too_large},
    {REASON_FILTER, 0, 0, judge_filter},
    {REASON_SIZE, 0, 0, judge_size},
    {REASON_REDUCE_ONLY, 0, 0, judge_reduce_only},
    {REASON_NO_BOOK, 0, 0, judge_book},
    {REASON_COLLAR, 0, 0, judge_collar},
    {REASON_NO_VALUATION, 1, 0, judge_valuation},
    {REASON_NOTIONAL, 1, 0, judge_notional},
    {REASON_POSITION, 1, 0, judge_position},
    {REASON_CAPITAL, 0, 0, judge_capital},
    {REASON_OPEN_ORDERS, 1, 0, judge_open_orders},
    {REASON_UNPRICED, 1, 0, judge_priced},
    {REASON_DAILY_LOSS, 1, 0, judge_daily_loss},
    {REASON_DRAWDOWN, 1, 0, judge_drawdown},
    {REASON_PORTFOLIO_EQUITY, 1, 1, judge_portfolio_equity},
    {REASON_PORTFOLIO_DAILY_LOSS, 1, 1, judge_portfolio_daily_loss},
    {REASON_PORTFOLIO_DRAWDOWN, 1, 1, judge_portfolio_drawdown},
    {REASON_PORTFOLIO_GROSS, 1, 1, judge_portfolio_gross},
    {REASON_PORTFOLIO_NET, 1, 1, judge_portfolio_net},
    {REASON_PORTFOLIO_VENUE, 1, 1, judge_portfolio_venue},
    {REASON_PORTFOLIO_ASSET, 1, 1, judge_portfolio_asset},
    {REASON_SELF_TRADE, 0, 0, judge_self_match},
    {REASON_DUPLICATE, 0, 0, judge_duplicate},
    {REASON_RATE, 1, 0, judge_rate},
};

uint16_t slow_judge(struct risk_view *view, const struct agon_intent *intent)
{
    struct risk_slot *slot = view->slot;

    for (uint32_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if ((all[i].is_soft && view->is_reducing) ||
            (all[i].is_portfolio && view->portfolio_limits == NULL))
            continue;
        if (all[i].judge(view, intent) != RISK_PASS)
            return all[i].reason;
    }
    if (view->limits->orders_per_s > 0) {
        int64_t tokens = tokens_of(view) - 1000000;

        slot->tokens_ppm = tokens > 0 ? tokens : 0;
        slot->t_tokens = view->t;
    }
    slot->recent[slot->next_recent] =
        (struct risk_recent){.fingerprint = fingerprint_of(intent), .t = view->t};
    slot->next_recent = (slot->next_recent + 1) % RISK_DUPLICATES;
    return REASON_NONE;
}
