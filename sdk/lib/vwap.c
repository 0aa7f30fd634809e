// SPDX-License-Identifier: MIT
/* vwap: the volume-weighted average price, of a window or since init. */
#include "window.h"

int agon_vwap_init(struct agon_vwap *vwap, uint32_t period)
{
    memset(vwap, 0, sizeof(*vwap));
    if (period > AGON_TA_WINDOW_MAX)
        return AGON_EINVAL;
    vwap->period = period;
    vwap->is_init = 1;
    return AGON_OK;
}

int agon_vwap_update(struct agon_vwap *vwap, double px, double qty)
{
    if (!vwap->is_init || !is_input(px) || !is_input(qty) || qty < 0)
        return AGON_EINVAL;
    if (vwap->period == 0) {
        if (!is_input(vwap->volume + qty) || !is_input(vwap->turnover + px * qty))
            return AGON_ERANGE;
        vwap->turnover += px * qty;
        vwap->volume += qty;
        vwap->n = 1;
    } else {
        vwap->px[vwap->at] = px;
        vwap->qty[vwap->at] = qty;
        if (++vwap->at == vwap->period)
            vwap->at = 0;
        if (vwap->n < vwap->period)
            vwap->n++;
    }
    vwap->last = px;
    return AGON_OK;
}

int agon_vwap_is_ready(const struct agon_vwap *vwap)
{
    return vwap->is_init && vwap->n == (vwap->period > 0 ? vwap->period : 1);
}

double agon_vwap_value(const struct agon_vwap *vwap)
{
    double turnover = vwap->turnover;
    double volume = vwap->volume;
    double value;
    uint32_t i;

    if (vwap->period > 0)
        for (i = 0; i < vwap->n; i++) {
            turnover += vwap->px[i] * vwap->qty[i];
            volume += vwap->qty[i];
        }
    value = volume > 0 ? turnover / volume : vwap->last;
    // Volumes so small that their product with a price vanishes have no average.
    return is_input(value) ? value : vwap->last;
}

int agon_vwap_check(const struct agon_vwap *vwap)
{
    uint32_t i;

    if (vwap->is_init != 1 || !is_input(vwap->last) || !is_input(vwap->turnover) ||
        !is_input(vwap->volume) || vwap->volume < 0)
        return AGON_ECORRUPT;
    if (vwap->period == 0)
        return vwap->n <= 1 && vwap->at == 0 ? AGON_OK : AGON_ECORRUPT;
    if (!is_ring(vwap->period, vwap->n, vwap->at) || vwap->turnover != 0 || vwap->volume != 0 ||
        !are_inputs(vwap->px, vwap->n) || !are_inputs(vwap->qty, vwap->n))
        return AGON_ECORRUPT;
    for (i = 0; i < vwap->n; i++)
        if (vwap->qty[i] < 0)
            return AGON_ECORRUPT;
    return AGON_OK;
}
