// SPDX-License-Identifier: Apache-2.0
#include "venue/bar_row.h"

#define T_MAX 4102444800000000000 /* the year 2100 */

int bar_row_read(struct scan *scan, const struct bar_row *row, const struct symbol *symbol,
                 uint32_t length_s, struct agon_bar *bar)
{
    agon_px_t *const px[] = {&bar->open_px, &bar->high_px, &bar->low_px, &bar->close_px};
    struct scan_text closed = {.at = "1", .n = 1};
    uint64_t n_cut = 0;
    int64_t t = 0;
    uint64_t n_trades = 0;
    int at = 0;
    int rc;

    wire_begin(&bar->hdr, AGON_EVENT_BAR, sizeof(*bar), symbol);
    bar->length_s = length_s;
    if (scan_array(scan) < 0)
        return scan->rc;
    for (; (rc = scan_item(scan)) > 0; at++) {
        rc = at == 0               ? scan_decimal(scan, 0, &t)
             : at <= 4             ? scan_decimal(scan, symbol->px_exp, px[at - 1])
             : at == row->volume   ? scan_qty(scan, symbol->qty_exp, &bar->volume_qty, &n_cut)
             : at == row->n_trades ? scan_u64(scan, &n_trades)
             : at == row->closed   ? scan_string(scan, &closed)
                                   : scan_skip(scan);
        if (rc < 0)
            return scan_fail(scan);
    }
    if (rc < 0 || at < row->n || t < 0 || t > T_MAX / row->unit_ns || bar->low_px <= 0 ||
        bar->open_px <= 0 || bar->close_px <= 0 || bar->high_px < bar->low_px ||
        bar->volume_qty < 0)
        return scan_fail(scan);
    bar->t_open = t * row->unit_ns;
    bar->n_trades = n_trades > UINT32_MAX ? UINT32_MAX : (uint32_t)n_trades;
    bar->hdr.t_venue = bar->t_open + (agon_ns_t)length_s * 1000000000;
    return scan_is(&closed, "1");
}
