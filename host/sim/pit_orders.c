// SPDX-License-Identifier: Apache-2.0
/* pit_orders: owners, their money and their orders. */
#include <stdio.h>

#include "sim/pit_impl.h"

int pit_deposit(struct pit *pit, uint32_t owner, agon_asset_t asset, agon_amt_t amt)
{
    return match_deposit(pit->match, owner, asset, amt);
}

int pit_set_fees(struct pit *pit, uint32_t owner, int32_t maker_ppb, int32_t taker_ppb)
{
    for (uint32_t i = 0; i < pit->n; i++) {
        int rc = match_set_fees(pit->match, owner, pit->syms[i].instrument, maker_ppb, taker_ppb);

        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

int pit_set_bars(struct pit *pit, uint32_t number, const struct match_bars *bars, agon_ns_t step_ns)
{
    int rc = match_set_bars(pit->match, pit->syms[number].instrument, bars);

    if (rc < 0)
        return rc;
    pit->syms[number].bar_ns = step_ns;
    pit->bars = *bars;
    return rc;
}

const char *pit_bars_text(const struct pit *pit, char text[PIT_BARS_TEXT])
{
    size_t n = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < pit->n; i++) {
        const struct sym *sym = &pit->syms[i];

        if (sym->bar_ns > 0)
            n += (size_t)snprintf(text + n, PIT_BARS_TEXT - n, "%s%s=%lld", n > 0 ? "," : "",
                                  sym->spec.name, (long long)(sym->bar_ns / NS_PER_S));
    }
    if (n > 0)
        snprintf(text + n, PIT_BARS_TEXT - n,
                 " path=%s spread=%u drift=%u touch=%u volume=%u slippage=%u seed=%llu",
                 match_path_name(pit->bars.path), pit->bars.spread_ppm, pit->bars.drift_ppm,
                 pit->bars.touch_ppm, pit->bars.volume_ppm, pit->bars.slippage_ppm,
                 (unsigned long long)pit->bars.seed);
    else if (pit_visible_bars(pit) > 0)
        snprintf(text, PIT_BARS_TEXT, "visible");
    return text;
}

agon_ns_t pit_bar_ns(const struct pit *pit, uint32_t sym)
{
    return pit->syms[sym].bar_ns;
}

int pit_acts(struct pit *pit, uint32_t sym)
{
    return pit->syms[sym].bar_ns == 0 || pit->syms[sym].is_turn || pit_is_over(pit);
}

int pit_check(const struct pit *pit, const struct match_order *order)
{
    return match_check(pit->match, pit->now, order);
}

int pit_check_amount(const struct pit *pit, uint32_t sym, enum agon_side side, agon_amt_t amt)
{
    return match_check_amount(pit->match, pit->syms[sym].instrument, side, amt);
}

int pit_submit(struct pit *pit, const struct match_order *order, uint64_t *id)
{
    const struct sym *sym = pit_by_instrument(pit, order->instrument);
    int rc = sym == NULL || pit_acts(pit, pit_number_of(pit, sym))
                 ? match_submit(pit->match, pit->now, order, id)
                 : match_park(pit->match, pit->now, order, id);

    pit_refresh(pit);
    return rc;
}

int pit_cancel(struct pit *pit, uint64_t id)
{
    int rc = match_cancel(pit->match, pit->now, id);

    pit_refresh(pit);
    return rc;
}

int pit_amend(struct pit *pit, uint64_t id, agon_px_t px, agon_qty_t qty)
{
    int rc = match_amend(pit->match, pit->now, id, px, qty);

    pit_refresh(pit);
    return rc;
}

const struct match_order *pit_order(const struct pit *pit, uint64_t id)
{
    return match_find(pit->match, id);
}

agon_amt_t pit_free_amt(const struct pit *pit, uint32_t owner, agon_asset_t asset)
{
    return match_free_amt(pit->match, owner, asset);
}

int pit_set_position(struct pit *pit, uint32_t owner, uint32_t sym, agon_qty_t qty)
{
    return match_set_position(pit->match, owner, pit->syms[sym].instrument, qty);
}

agon_qty_t pit_position_qty(const struct pit *pit, uint32_t owner, uint32_t sym)
{
    return match_position_qty(pit->match, owner, pit->syms[sym].instrument);
}

agon_amt_t pit_locked_amt(const struct pit *pit, uint32_t owner, agon_asset_t asset)
{
    return match_locked_amt(pit->match, owner, asset);
}
