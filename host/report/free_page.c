// SPDX-License-Identifier: Apache-2.0
/* A free comparison as a page to open, keep and send. */
#include "report/free_page.h"
#include "base/num.h"
#include "base/span.h"
#include "report/page.h"

struct leaf { /* what the page is of */
    const struct free_facts *facts;
    const struct free_outcome *again;
    const struct free_result *result;
    const struct free_inputs *inputs;
    struct page *page;
};

static double money(const struct leaf *leaf, agon_amt_t amt)
{
    return num_to_double(amt, leaf->facts->base_exp);
}

static void put_facts(const struct leaf *leaf)
{
    const struct free_result *result = leaf->result;
    const struct free_stage *stage = &result->stages[FREE_STAGE];
    struct page *page = leaf->page;

    page_facts_begin(page);
    page_fact(page, "fills then", 0, "%llu", (unsigned long long)result->n_fills);
    page_fact(page, "equal", 0, "%llu", (unsigned long long)stage->n_equal);
    page_fact(page, "other price or quantity", 0, "%llu", (unsigned long long)stage->n_other);
    page_fact(page, "missing", 0, "%llu", (unsigned long long)stage->n_missing);
    page_fact(page, "additional", 0, "%llu", (unsigned long long)stage->n_additional);
    page_fact(page, "differ", 0, "%.4f %%", (double)result->share_ppm / 1e4);
    page_fact(page, "result then", 0, "%.8f %s", money(leaf, result->pnl_amt), leaf->facts->base);
    page_fact(page, "result again", 0, "%.8f %s", money(leaf, stage->pnl_amt), leaf->facts->base);
    page_fact(page, "over turnover", 0, "%.4f bp of %.2f", result->pnl_bp,
              money(leaf, result->volume_amt));
    page_fact(page, "unknown", result->unknown_amt != 0 ? -1 : 0, "%.8f %s",
              money(leaf, result->unknown_amt), leaf->facts->base);
    page_facts_end(page);
}

static void put_causes(const struct leaf *leaf)
{
    static const char *const columns[] = {"cause", "#fills that differ by it", "#additional by it",
                                          "#result by it", "~"};
    const struct free_result *result = leaf->result;
    struct page *page = leaf->page;

    page_heading(page, "Causes");
    page_text(page,
              "The run goes once more for each of them, with one thing more as the journal has "
              "it; what changes by that is its part of the difference.");
    page_table_begin(page, columns, 5);
    for (uint32_t k = 0; k <= FREE_CAUSES; k++) {
        page_cell(page, "%s", free_cause_name(k));
        page_cell(page, "%llu", (unsigned long long)result->n_by_cause[k]);
        page_cell(page, "%lld", (long long)result->additional_by_cause[k]);
        page_cell(page, "%.8f",
                  money(leaf, k < FREE_CAUSES ? result->cause_amt[k] : result->unknown_amt));
        page_cell(page, "%s", k == FREE_INPUTS && !leaf->inputs->is_checked ? "not checked" : "");
        page_row(page);
    }
    page_table_end(page);
}

static void put_figures(const struct leaf *leaf)
{
    static const char *const columns[] = {"figure",     "#then p50",  "#then p90", "#then p99",
                                          "#again p50", "#again p90", "#again p99"};
    struct page *page = leaf->page;

    page_heading(page, "Delay, slippage, queue");
    page_table_begin(page, columns, 7);
    for (uint32_t i = 0; i < FREE_FIGURES; i++) {
        const struct free_spread *then = &leaf->facts->spreads[i];
        const struct free_spread *again = i <= FREE_LEAVE ? then : &leaf->again->spreads[i];
        double unit = free_figure_unit(i);

        page_cell(page, "%s", free_figure_label(i));
        page_cell(page, "%.3f", (double)then->p50 / unit);
        page_cell(page, "%.3f", (double)then->p90 / unit);
        page_cell(page, "%.3f", (double)then->p99 / unit);
        page_cell(page, "%.3f", (double)again->p50 / unit);
        page_cell(page, "%.3f", (double)again->p90 / unit);
        page_cell(page, "%.3f", (double)again->p99 / unit);
        page_row(page);
    }
    page_table_end(page);
}

static void put_slots(const struct leaf *leaf)
{
    static const char *const columns[] = {"agent", "#result then", "#result again",
                                          "#turnover then", "#turnover again"};
    struct page *page = leaf->page;

    page_heading(page, "Agents");
    page_table_begin(page, columns, 5);
    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++) {
        if (leaf->facts->names[slot][0] == '\0')
            continue;
        page_cell(page, "%.31s", leaf->facts->names[slot]);
        page_cell(page, "%.8f", money(leaf, leaf->facts->money[slot].pnl_amt));
        page_cell(page, "%.8f", money(leaf, leaf->again->money[slot].pnl_amt));
        page_cell(page, "%.2f", money(leaf, leaf->facts->money[slot].volume_amt));
        page_cell(page, "%.2f", money(leaf, leaf->again->money[slot].volume_amt));
        page_row(page);
    }
    page_table_end(page);
}

int free_page(const struct free_facts *facts, const struct free_outcome *again,
              const struct free_result *result, const struct free_inputs *inputs, FILE *out,
              struct error *err)
{
    struct leaf leaf = {.facts = facts, .again = again, .result = result, .inputs = inputs};
    char text[128], time[SPAN_TEXT];

    snprintf(text, sizeof(text), "run %u on %s, events %llu to %llu, %s", facts->run,
             facts->mode == RUN_LIVE ? "a venue" : "paper", (unsigned long long)facts->start_seq,
             (unsigned long long)facts->end_seq, span_text(facts->t_end - facts->t_start, time));
    leaf.page = page_new(out, "A run and its backtest", text);
    if (leaf.page == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for the page");
    put_facts(&leaf);
    if (facts->has_offset)
        page_text(leaf.page, "The venue's clock is %.3f ms from ours, within %.3f ms.",
                  (double)facts->offset_ns / 1e6, (double)facts->offset_bound_ns / 1e6);
    if (inputs->is_checked)
        page_text(
            leaf.page,
            "The venue sent %llu trades and %llu updates of books: %llu are not in the journal, "
            "%llu are in it and were not sent.",
            (unsigned long long)inputs->n_trades, (unsigned long long)inputs->n_updates,
            (unsigned long long)inputs->n_missing, (unsigned long long)inputs->n_additional);
    put_causes(&leaf);
    put_figures(&leaf);
    put_slots(&leaf);
    return page_close(leaf.page) < 0 ? error_set(err, AGON_EIO, "the page could not be written")
                                     : AGON_OK;
}
