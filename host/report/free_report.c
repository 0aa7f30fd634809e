// SPDX-License-Identifier: Apache-2.0
#include "report/free_report.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/span.h"
#include "base/utf8.h"

#define DIFFERENCES_SHOWN 8

static double money(const struct free_compared *free, agon_amt_t amt)
{
    return num_to_double(amt, free->facts.base_exp);
}

static void print_figures(const struct free_compared *free)
{
    const struct free_spread *again = free->outcomes[FREE_STAGE]->spreads;

    printf("  figure                journal p50        p90        p99      again p50        p90"
           "        p99\n");
    for (uint32_t i = 0; i < FREE_FIGURES; i++) {
        const struct free_spread *a = &free->facts.spreads[i], *b = &again[i];
        double unit = free_figure_unit(i);

        if (i <= FREE_LEAVE)
            b = a; // they are the journal's by definition
        printf("  %-20s %12.3f %10.3f %10.3f   %12.3f %10.3f %10.3f\n", free_figure_label(i),
               (double)a->p50 / unit, (double)a->p90 / unit, (double)a->p99 / unit,
               (double)b->p50 / unit, (double)b->p90 / unit, (double)b->p99 / unit);
    }
}

/* NULL: the run has no such instrument. */
static const struct agon_instrument *listed_of(const struct free_compared *free,
                                               agon_instrument_t id)
{
    for (uint32_t i = 0; i < free->facts.n_listed; i++) {
        if (free->facts.listed[i].instrument.hdr.instrument == id)
            return &free->facts.listed[i].instrument;
    }
    return NULL;
}

#define FILLED_TEXT (2 * NUM_TEXT + 8)
static const char *filled(const struct agon_instrument *instrument, agon_px_t px, agon_qty_t qty,
                          char text[FILLED_TEXT])
{
    char px_text[NUM_TEXT], qty_text[NUM_TEXT];

    if (px == 0 || instrument == NULL)
        return "nothing";
    num_format(px, instrument->px_exp, px_text);
    num_format(qty, instrument->qty_exp, qty_text);
    snprintf(text, FILLED_TEXT, "%s at %s", qty_text, px_text);
    return text;
}

static void print_differences(const struct free_compared *free)
{
    const struct free_result *result = &free->result;
    const struct free_stage *stage = &result->stages[FREE_STAGE];
    uint64_t n = stage->n_other + stage->n_missing + stage->n_additional, n_shown = n;
    char then[FILLED_TEXT], again[FILLED_TEXT];

    if (n_shown > DIFFERENCES_SHOWN)
        n_shown = DIFFERENCES_SHOWN;
    for (uint32_t i = 0; i < n_shown; i++) {
        const struct free_difference *one = &result->differences[i];
        const struct agon_instrument *instrument = listed_of(free, one->instrument);

        printf("  differs  at +%.3f s: %s %s %s, order %llu: filled %s, again %s\n",
               (double)(one->t - free->facts.t_start) / 1e9, free->facts.names[one->slot],
               one->side == AGON_BUY ? "buy" : "sell",
               instrument != NULL ? instrument->symbol : "?", (unsigned long long)one->order_id,
               filled(instrument, one->px, one->qty, then),
               filled(instrument, one->again_px, one->again_qty, again));
    }
    if (n > n_shown)
        printf("  differs  ... and %llu more\n", (unsigned long long)(n - n_shown));
}

void free_report_print(const struct free_compared *free)
{
    const struct free_facts *facts = &free->facts;
    const struct free_result *result = &free->result;
    const struct free_stage *stage = &result->stages[FREE_STAGE];
    char time[SPAN_TEXT];

    if (free->why[0] != '\0') {
        printf("not compared  free: run %u: %s\n", facts->run, free->why);
        return;
    }
    printf("parity    free: latencies as measured, run %u on %s, %s\n", facts->run,
           facts->mode == RUN_LIVE ? "a venue" : "paper",
           span_text(facts->t_end - facts->t_start, time));
    if (facts->has_offset)
        printf("clock     the venue's is %.3f ms from ours, within %.3f ms; %llu requests say "
               "another\n",
               (double)facts->offset_ns / 1e6, (double)facts->offset_bound_ns / 1e6,
               (unsigned long long)facts->n_beyond_offset);
    if (free->inputs.is_checked)
        printf(
            "inputs    %llu trades and %llu updates of books were sent: %llu not in the journal, "
            "%llu in it and not sent\n",
            (unsigned long long)free->inputs.n_trades, (unsigned long long)free->inputs.n_updates,
            (unsigned long long)free->inputs.n_missing,
            (unsigned long long)free->inputs.n_additional);
    printf("orders    %u then, %llu again, %llu of them the same\n", facts->watch.n_orders,
           (unsigned long long)free->outcomes[FREE_STAGE]->n_orders,
           (unsigned long long)free->outcomes[FREE_STAGE]->n_twins);
    printf("fills     %llu: %llu equal, %llu of the same order at another price or quantity, %llu "
           "missing, %llu additional; %.4f %% differ\n",
           (unsigned long long)result->n_fills, (unsigned long long)stage->n_equal,
           (unsigned long long)stage->n_other, (unsigned long long)stage->n_missing,
           (unsigned long long)stage->n_additional, (double)result->share_ppm / 1e4);
    print_differences(free);
    printf("result    %.8f %s then, %.8f again: %.4f bp of a turnover of %.2f\n",
           money(free, result->pnl_amt), facts->base, money(free, stage->pnl_amt), result->pnl_bp,
           money(free, result->volume_amt));
    print_figures(free);
    printf("  cause      fills that differ by it   additional by it     result by it, %s\n",
           facts->base);
    for (uint32_t k = 0; k < FREE_CAUSES; k++)
        printf("  %-10s %22llu %18lld %24.8f%s\n", free_cause_name(k),
               (unsigned long long)result->n_by_cause[k], (long long)result->additional_by_cause[k],
               money(free, result->cause_amt[k]),
               k == FREE_INPUTS && !free->inputs.is_checked ? "   (not checked)" : "");
    printf("  %-10s %22llu %18lld %24.8f\n", "unknown",
           (unsigned long long)result->n_by_cause[FREE_CAUSES],
           (long long)result->additional_by_cause[FREE_CAUSES], money(free, result->unknown_amt));
}

static void put_spread(struct jout *out, const char *key, const struct free_spread *spread,
                       double unit)
{
    jout_key(out, key);
    jout_open(out, '{');
    jout_kv_int(out, "n", (int64_t)spread->n);
    jout_kv_real(out, "p50", (double)spread->p50 / unit);
    jout_kv_real(out, "p90", (double)spread->p90 / unit);
    jout_kv_real(out, "p99", (double)spread->p99 / unit);
    jout_close(out, '{');
}

static void put_filled(struct jout *out, const char *px_key, const char *qty_key,
                       const struct agon_instrument *instrument, agon_px_t px, agon_qty_t qty)
{
    if (px == 0 || instrument == NULL)
        return;
    jout_kv_dec(out, px_key, px, instrument->px_exp);
    jout_kv_dec(out, qty_key, qty, instrument->qty_exp);
}

static void put_differences(struct jout *out, const struct free_compared *free)
{
    jout_key(out, "differences");
    jout_open(out, '[');
    for (uint32_t i = 0; i < free->result.n_differences; i++) {
        const struct free_difference *one = &free->result.differences[i];
        const struct agon_instrument *instrument = listed_of(free, one->instrument);

        jout_open(out, '{');
        jout_kv_dec(out, "t", one->t, 0); // text, as the journal has it
        jout_kv_str(out, "agent", free->facts.names[one->slot]);
        jout_kv_str(out, "symbol", instrument != NULL ? instrument->symbol : "");
        jout_kv_str(out, "side", one->side == AGON_BUY ? "buy" : "sell");
        jout_kv_dec(out, "order_id", (int64_t)one->order_id, 0);
        put_filled(out, "px", "qty", instrument, one->px, one->qty);
        put_filled(out, "again_px", "again_qty", instrument, one->again_px, one->again_qty);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

static void put_stage(struct jout *out, const struct free_compared *free, uint32_t k)
{
    const struct free_stage *stage = &free->result.stages[k];

    jout_open(out, '{');
    jout_kv_str(out, "up_to", k == 0 ? "" : free_cause_name(k - 1));
    jout_kv_int(out, "equal", (int64_t)stage->n_equal);
    jout_kv_int(out, "other", (int64_t)stage->n_other);
    jout_kv_int(out, "missing", (int64_t)stage->n_missing);
    jout_kv_int(out, "additional", (int64_t)stage->n_additional);
    jout_kv_dec(out, "result", stage->pnl_amt, free->facts.base_exp);
    jout_close(out, '{');
}

void free_report_json(const struct free_compared *free, struct jout *out)
{
    const struct free_facts *facts = &free->facts;
    const struct free_result *result = &free->result;
    const struct free_stage *stage = &result->stages[FREE_STAGE];
    int exp = facts->base_exp;

    jout_open(out, '{');
    jout_kv_str(out, "mode", "free");
    jout_kv_int(out, "run", facts->run);
    jout_kv_bool(out, "is_compared", free->why[0] == '\0');
    if (free->why[0] != '\0') {
        jout_kv_str(out, "why", free->why);
        jout_close(out, '{');
        return;
    }
    jout_kv_str(out, "of", facts->mode == RUN_LIVE ? "live" : "paper");
    jout_kv_int(out, "first_event", (int64_t)facts->start_seq);
    jout_kv_int(out, "last_event", (int64_t)facts->end_seq);
    if (facts->has_offset) {
        jout_kv_int(out, "clock_offset_ns", facts->offset_ns);
        jout_kv_int(out, "clock_bound_ns", facts->offset_bound_ns);
        jout_kv_int(out, "clock_contradicted", (int64_t)facts->n_beyond_offset);
    }
    if (free->inputs.is_checked) {
        jout_key(out, "inputs");
        jout_open(out, '{');
        jout_kv_int(out, "trades", (int64_t)free->inputs.n_trades);
        jout_kv_int(out, "updates", (int64_t)free->inputs.n_updates);
        jout_kv_int(out, "missing", (int64_t)free->inputs.n_missing);
        jout_kv_int(out, "additional", (int64_t)free->inputs.n_additional);
        jout_close(out, '{');
    }
    jout_kv_int(out, "lapses", (int64_t)facts->n_lapses);
    jout_kv_int(out, "orders", facts->watch.n_orders);
    jout_kv_int(out, "orders_again", (int64_t)free->outcomes[FREE_STAGE]->n_orders);
    jout_kv_int(out, "orders_same", (int64_t)free->outcomes[FREE_STAGE]->n_twins);
    jout_kv_int(out, "fills", (int64_t)result->n_fills);
    jout_kv_int(out, "equal", (int64_t)stage->n_equal);
    jout_kv_int(out, "other", (int64_t)stage->n_other);
    jout_kv_int(out, "missing", (int64_t)stage->n_missing);
    jout_kv_int(out, "additional", (int64_t)stage->n_additional);
    jout_kv_real(out, "differ_percent", (double)result->share_ppm / 1e4);
    jout_kv_str(out, "currency", facts->base);
    jout_kv_dec(out, "result", result->pnl_amt, exp);
    jout_kv_dec(out, "result_again", stage->pnl_amt, exp);
    jout_kv_dec(out, "turnover", result->volume_amt, exp);
    jout_kv_real(out, "result_bp", result->pnl_bp);
    jout_key(out, "figures");
    jout_open(out, '{');
    for (uint32_t i = 0; i < FREE_FIGURES; i++) {
        jout_key(out, free_figure_name(i));
        jout_open(out, '{');
        put_spread(out, "journal", &facts->spreads[i], free_figure_unit(i));
        if (i > FREE_LEAVE)
            put_spread(out, "again", &free->outcomes[FREE_STAGE]->spreads[i], free_figure_unit(i));
        jout_close(out, '{');
    }
    jout_close(out, '{');
    jout_key(out, "causes");
    jout_open(out, '[');
    for (uint32_t k = 0; k <= FREE_CAUSES; k++) {
        jout_open(out, '{');
        jout_kv_str(out, "cause", free_cause_name(k));
        jout_kv_int(out, "fills", (int64_t)result->n_by_cause[k]);
        jout_kv_int(out, "additional", result->additional_by_cause[k]);
        jout_kv_dec(out, "result", k < FREE_CAUSES ? result->cause_amt[k] : result->unknown_amt,
                    exp);
        if (k == FREE_INPUTS)
            jout_kv_bool(out, "is_checked", free->inputs.is_checked);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    put_differences(out, free);
    jout_key(out, "stages");
    jout_open(out, '[');
    for (uint32_t k = 0; k < FREE_STAGES; k++)
        put_stage(out, free, k);
    jout_close(out, '[');
    jout_close(out, '{');
}

void free_report_against(const struct free_facts *a, const struct free_stage *stage,
                         struct jout *out)
{
    agon_amt_t volume_amt = 0;
    uint64_t n_differ = stage->n_other + stage->n_missing + stage->n_additional;
    uint64_t n = n_differ + stage->n_equal;
    double percent = n > 0 ? 100.0 * (double)n_differ / (double)n : 0, bp;

    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++)
        volume_amt = num_add(volume_amt, a->money[slot].volume_amt);
    bp = volume_amt > 0 ? 1e4 * (double)stage->pnl_amt / (double)volume_amt : 0;
    if (out == NULL) {
        printf("parity    against another run\n"
               "fills     %llu equal, %llu missing, %llu additional; %.4f %% differ\n"
               "result    differs by %.4f bp of a turnover of %.2f %s\n",
               (unsigned long long)stage->n_equal, (unsigned long long)stage->n_missing,
               (unsigned long long)stage->n_additional, percent, bp,
               num_to_double(volume_amt, a->base_exp), a->base);
        return;
    }
    jout_kv_str(out, "mode", "against");
    jout_kv_int(out, "equal", (int64_t)stage->n_equal);
    jout_kv_int(out, "missing", (int64_t)stage->n_missing);
    jout_kv_int(out, "additional", (int64_t)stage->n_additional);
    jout_kv_real(out, "differ_percent", percent);
    jout_kv_dec(out, "turnover", volume_amt, a->base_exp);
    jout_kv_real(out, "result_bp", bp);
}
