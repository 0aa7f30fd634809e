// SPDX-License-Identifier: Apache-2.0
#include "report/run_spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/num.h"
#include "base/span.h"
#include "market/exit_reasons.h"
#include "market/instrument_kind.h"
#include "report/run_sections.h"
#include "report/trail.h"
#include "sys/clock.h"

#define BINS       25
#define TRADES_MIN 10 /* below that there is no distribution to see */
#define DAYS       10 /* the newest, at a terminal */
#define SPANS      8  /* of the run, there */

/* --- over time --- */

int run_spread_exposure(const struct run_report *story, struct page *page)
{
    const struct trail *trail = story->trail;
    agon_ns_t *t = malloc((trail->n_points + 1) * sizeof(*t));
    double *sides = malloc((trail->n_points + 1) * 2 * sizeof(*sides));
    struct page_series series[2] = {{"long", t, sides, trail->n_points},
                                    {"short", t, sides + trail->n_points, trail->n_points}};
    double largest = 0;

    if (t == NULL || sides == NULL) {
        free(t);
        free(sides);
        return AGON_ENOMEM;
    }
    for (uint32_t i = 0; i < trail->n_points; i++) {
        const float *held = trail->points[i].held;

        t[i] = trail->points[i].t;
        sides[i] = 100.0 * (double)held[0];
        sides[trail->n_points + i] = 0.0 - 100.0 * (double)held[1];
        largest = fmax(largest, fmax(sides[i], -sides[trail->n_points + i]));
    }
    if (trail->n_points > 1 && largest > 0)
        page_plot(page,
                  &(struct page_plot){.title = "Exposure of the whole: positions by its equity",
                                      .unit = "%",
                                      .decimals = 2,
                                      .is_zero = 1,
                                      .series = series,
                                      .n_series = 2});
    free(t);
    free(sides);
    return AGON_OK;
}

struct period { /* some days */
    char name[16];
    double result, growth; /* base currency; 1: no return */
};

/* The i-th day, or the month that begins with it; *next: where the one behind it begins. */
static struct period period_at(const struct trail *trail, uint64_t i, int is_month, uint64_t *next)
{
    double won = i > 0 ? trail->days[i - 1].won : 0.0;
    double index = i > 0 ? trail->days[i - 1].index : 1.0;
    const size_t n = is_month ? 7 : 10;
    struct period period;
    char text[CLOCK_TEXT];

    clock_text(trail->days[i].t, text);
    snprintf(period.name, sizeof(period.name), "%.*s", (int)n, text);
    for (*next = i + 1; is_month && *next < trail->n_days; ++*next) {
        clock_text(trail->days[*next].t, text);
        if (strncmp(text, period.name, n) != 0)
            break;
    }
    period.result = trail->days[*next - 1].won - won;
    period.growth = index > 0 ? trail->days[*next - 1].index / index : 1.0;
    return period;
}

static const struct asset *base_of(const struct run_report *story)
{
    const struct instruments *table = engine_instruments(story->engine);

    return instruments_asset(table, table->base_currency);
}

static void put_periods(const struct run_report *story, int is_month, struct page *page)
{
    const char *const columns[] = {is_month ? "month (UTC)" : "day (UTC)", "#result", "#return"};
    const struct trail *trail = story->trail;
    const struct asset *base = base_of(story);
    int exp = base != NULL ? base->exp : 8;
    int decimals = money_decimals(base != NULL ? base->name : "", exp);
    char text[MONEY_TEXT], share[FIGURES_TEXT];
    uint64_t next;

    page_table_begin(page, columns, 3);
    for (uint64_t i = 0; i < trail->n_days; i = next) {
        struct period one = period_at(trail, i, is_month, &next);

        page_cell(page, "%s", one.name);
        page_cell(
            page, "%s",
            money_text((int64_t)llround(one.result * (double)num_pow10(exp)), exp, decimals, text));
        page_cell(page, "%s", figures_share_text(one.growth - 1.0, 1, share));
        page_row(page);
    }
    page_table_end(page);
}

/* From the from-th day on. */
static void print_periods(const struct run_report *story, int is_month, uint64_t from, FILE *out)
{
    const struct trail *trail = story->trail;
    const struct asset *base = base_of(story);
    int exp = base != NULL ? base->exp : 8;
    int decimals = money_decimals(base != NULL ? base->name : "", exp);
    char text[MONEY_TEXT], share[FIGURES_TEXT];
    uint64_t next;

    fprintf(out, "\n%-11s  %18s  %10s\n", is_month ? "month (UTC)" : "day (UTC)", "result",
            "return");
    for (uint64_t i = from; i < trail->n_days; i = next) {
        struct period one = period_at(trail, i, is_month, &next);

        fprintf(
            out, "%-11s  %18s  %10s\n", one.name,
            money_text((int64_t)llround(one.result * (double)num_pow10(exp)), exp, decimals, text),
            figures_share_text(one.growth - 1.0, 1, share));
    }
    if (from > 0)
        fprintf(out, "and %llu before; --html and --json have all\n", (unsigned long long)from);
}

/* Means over time in equal spans of the run, and the highest of both sides together. What is held
 * at a point is held up to the next: where little happens they are far apart. */
static void print_exposure(const struct run_report *story, FILE *out)
{
    const struct trail *trail = story->trail;
    double held[SPANS][2] = {{0}}, highest[SPANS] = {0}, largest = 0, length;

    for (uint32_t i = 0; i < trail->n_points; i++)
        largest =
            fmax(largest, (double)trail->points[i].held[0] + (double)trail->points[i].held[1]);
    if (trail->n_points < 2 || largest <= 0)
        return;
    fprintf(out, "\nExposure of the whole: positions by its equity\n%-14s  %10s  %11s  %10s\n",
            "from (UTC)", "long, mean", "short, mean", "highest");
    length = (double)(trail->points[trail->n_points - 1].t - trail->points[0].t) / SPANS;
    for (uint32_t i = 0; i + 1 < trail->n_points; i++) {
        const struct trail_point *at = &trail->points[i];
        double from = (double)(at->t - trail->points[0].t) / length;
        double to = (double)(at[1].t - trail->points[0].t) / length;

        for (uint32_t span = 0; span < SPANS; span++) {
            double part = fmin(to, span + 1.0) - fmax(from, span);

            if (part <= 0)
                continue;
            held[span][0] += part * (double)at->held[0];
            held[span][1] += part * (double)at->held[1];
            highest[span] = fmax(highest[span], (double)at->held[0] + (double)at->held[1]);
        }
    }
    for (uint32_t span = 0; span < SPANS; span++) {
        agon_ns_t t = trail->points[0].t + (agon_ns_t)(length * span);
        char when[RUN_REPORT_WHEN], shares[3][FIGURES_TEXT];

        fprintf(out, "%-14s  %10s  %11s  %10s\n", run_report_when(story, t, when),
                figures_share_text(held[span][0], 0, shares[0]),
                figures_share_text(held[span][1], 0, shares[1]),
                figures_share_text(highest[span], 0, shares[2]));
    }
}

void run_spread_print(const struct run_report *story, FILE *out)
{
    uint64_t n = story->trail->n_days;

    if (n >= 2) {
        print_periods(story, 1, 0, out);
        print_periods(story, 0, n > DAYS ? n - DAYS : 0, out);
    }
    print_exposure(story, out);
}

void run_spread_periods(const struct run_report *story, struct page *page)
{
    const struct asset *base = base_of(story);

    if (story->trail->n_days < 2)
        return;
    page_heading(page, "Result by month and by day");
    page_text(page,
              "Of all, in %s; a month or a day ends at 00:00 UTC. Together they are the "
              "result of all.",
              base != NULL ? base->name : "");
    put_periods(story, 1, page);
    put_periods(story, 0, page);
}

/* --- over trades --- */

static const struct asset *unit_of(const struct run_report *story, agon_instrument_t id)
{
    const struct instruments *table = engine_instruments(story->engine);
    const struct agon_instrument *instrument = instruments_get(table, id);

    return instruments_asset(table, instrument != NULL ? instrument_kind_unit(instrument)
                                                       : table->base_currency);
}

static const char *exit_text(uint16_t why)
{
    const char *text = exit_reasons_text(why);

    return text[0] != '\0' ? text : "not known";
}

/* Behind the first `from`, which are of trades: of each instrument and reason one. */
static void add_rest(struct trade_group all[RUN_SPREAD_GROUPS], uint32_t from, uint32_t *n,
                     struct trade_group one)
{
    uint32_t k = from;

    while (k < *n && (all[k].instrument != one.instrument || all[k].why != one.why))
        k++;
    if (one.result_amt == 0 || k == RUN_SPREAD_GROUPS)
        return;
    if (k == *n)
        all[(*n)++] = one;
    else
        trade_group_merge(&all[k], &one);
}

uint32_t run_spread_groups(const struct run_report *story,
                           struct trade_group all[RUN_SPREAD_GROUPS])
{
    const struct trail *trail = story->trail;
    const uint32_t from = trail->groups.n;
    struct figures left;
    uint32_t n = from;

    memcpy(all, trail->groups.all, n * sizeof(all[0]));
    for (uint32_t i = 0; i < trail->n_pairs; i++)
        add_rest(all, from, &n,
                 trade_group_rest(trail->prices[trail->pairs[i]->price]->instrument,
                                  EXIT_REASON_OPEN, trail->pairs[i]->open.result_amt));
    for (uint16_t slot = 0; slot < engine_slots(story->engine)->n; slot++) {
        uint32_t n_positions;
        const struct position *positions =
            ledger_positions(engine_ledger(story->engine), slot, &n_positions);

        for (uint32_t i = 0; i < n_positions; i++) {
            struct position_figures of;

            engine_position_figures(story->engine, &positions[i], &of);
            add_rest(all, from, &n,
                     trade_group_rest(positions[i].instrument, EXIT_REASON_UNREALISED,
                                      of.unrealised_amt));
            add_rest(all, from, &n,
                     trade_group_rest(positions[i].instrument, EXIT_REASON_FUNDING,
                                      positions[i].funding_amt));
        }
    }
    engine_figures_left(story->engine, &left);
    add_rest(all, from, &n, trade_group_rest(0, EXIT_REASON_FUNDING, left.funding_amt));
    return n;
}

/* Those of one instrument, or of one reason and one currency, become one; what is in no closed
 * trade has no instrument of its own. Returns how many. */
static uint32_t fold(const struct run_report *story, int by_reason,
                     struct trade_group to[RUN_SPREAD_GROUPS])
{
    struct trade_group all[RUN_SPREAD_GROUPS];
    uint32_t n = 0, n_all = run_spread_groups(story, all);

    for (uint32_t i = 0; i < n_all; i++) {
        const struct trade_group *one = &all[i];
        uint32_t k = 0;

        while (k < n && (by_reason || one->n == 0
                             ? to[k].why != one->why || unit_of(story, to[k].instrument) !=
                                                            unit_of(story, one->instrument)
                             : to[k].n == 0 || to[k].instrument != one->instrument))
            k++;
        if (k == n)
            to[n++] = (struct trade_group){.instrument = one->instrument, .why = one->why};
        trade_group_merge(&to[k], one);
    }
    return n;
}

static void put_group(const struct run_report *story, int by_reason,
                      const struct trade_group *group, struct page *page)
{
    const struct asset *unit = unit_of(story, group->instrument);
    int exp = unit != NULL ? unit->exp : 8;
    int decimals = unit != NULL ? money_decimals(unit->name, exp) : 2;
    const agon_amt_t amounts[] = {
        group->result_amt,
        group->n > 0 ? num_div(group->result_amt, (int64_t)group->n, NUM_EVEN) : 0, group->best_amt,
        group->worst_amt};
    char text[MONEY_TEXT], share[FIGURES_TEXT], time[SPAN_TEXT], symbol[RUN_REPORT_NAME];

    if (by_reason || group->n == 0)
        page_cell(page, "%s", exit_text(group->why));
    else
        page_cell(page, "%s", run_report_symbol(story, group->instrument, symbol));
    page_count(page, group->n);
    page_cell(page, "%s",
              group->n > 0 ? figures_share_text((double)group->n_won / (double)group->n, 0, share)
                           : "");
    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++)
        page_cell(page, "%s",
                  group->n > 0 || i == 0 ? money_text(amounts[i], exp, decimals, text) : "");
    page_cell(page, "%s", unit != NULL ? unit->name : "");
    if (group->n_timed == 0)
        page_cell(page, "%s", "");
    else
        page_cell(page, "%s", span_text(group->held_ns / (int64_t)group->n_timed, time));
    page_row(page);
}

static void put_groups(const struct run_report *story, int by_reason, struct page *page)
{
    const char *const columns[] = {by_reason ? "exit reason" : "instrument",
                                   "#trades",
                                   "#won",
                                   "#result",
                                   "#mean",
                                   "#best",
                                   "#worst",
                                   "in",
                                   "#held, mean"};
    struct trade_group all[RUN_SPREAD_GROUPS];
    uint32_t n = fold(story, by_reason, all);

    page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint32_t i = 0; i < n; i++)
        put_group(story, by_reason, &all[i], page);
    page_table_end(page);
}

/* What a trade came to, of what was entered; 0: false, that is not known. */
static int yield_of(const struct run_report *story, const struct trade_closed *trade, double *yield)
{
    const struct instruments *table = engine_instruments(story->engine);
    const struct agon_instrument *instrument = instruments_get(table, trade->instrument);
    agon_amt_t entered_amt =
        instrument == NULL || trade->entry_px <= 0
            ? 0
            : instruments_notional(table, instrument, trade->entry_px / num_pow10(TRADE_PX_MORE),
                                   trade->qty, NUM_EVEN);

    *yield = entered_amt > 0 ? (double)trade->result_amt / (double)entered_amt : 0.0;
    return entered_amt > 0;
}

static int put_yields(const struct run_report *story, struct page *page)
{
    double *yields = malloc(TRAIL_TRADES * sizeof(*yields));
    const struct trade_closed *trade;
    uint32_t counts[BINS] = {0}, n = 0;
    double largest = 0, width;
    char title[96];

    if (yields == NULL)
        return AGON_ENOMEM;
    for (uint64_t k = 0; (trade = trail_trade(story->trail, k)) != NULL; k++) {
        if (!yield_of(story, trade, &yields[n]))
            continue;
        largest = fmax(largest, fabs(yields[n]));
        n++;
    }
    width = 2 * largest / BINS;
    for (uint32_t i = 0; i < n && width > 0; i++) {
        int bin = (int)floor((yields[i] + largest) / width);

        counts[bin < 0 ? 0 : bin < BINS ? bin : BINS - 1]++;
    }
    snprintf(title, sizeof(title), "Results of the newest %u trades, by what was entered", n);
    if (n >= TRADES_MIN && width > 0)
        page_columns(page, &(struct page_columns){.title = title,
                                                  .unit = "%",
                                                  .from = -100 * largest,
                                                  .width = 100 * width,
                                                  .decimals = 3,
                                                  .counts = counts,
                                                  .n = BINS});
    free(yields);
    return AGON_OK;
}

int run_spread_trades(const struct run_report *story, struct page *page)
{
    const struct trade_groups *groups = &story->trail->groups;
    struct trade_group all[RUN_SPREAD_GROUPS];

    if (run_spread_groups(story, all) == 0)
        return AGON_OK;
    page_heading(page, "Result by instrument and by exit reason");
    page_text(page, "Of closed trades, after fees; then what is in none of them. The rows of a "
                    "table together are the result of all.");
    if (groups->n_lost > 0)
        page_text(page, "%llu trades of further instruments are in no row.",
                  (unsigned long long)groups->n_lost);
    put_groups(story, 0, page);
    put_groups(story, 1, page);
    return put_yields(story, page);
}

/* --- for programs --- */

static json_t *periods_json(const struct trail *trail, int is_month)
{
    json_t *all = json_array();
    uint64_t next;

    for (uint64_t i = 0; i < trail->n_days; i = next) {
        struct period one = period_at(trail, i, is_month, &next);

        json_array_append_new(all,
                              json_pack("{s:s, s:f, s:f}", is_month ? "month" : "day", one.name,
                                        "result", one.result, "return", one.growth - 1.0));
    }
    return all;
}

static json_t *groups_json(const struct run_report *story)
{
    struct trade_group groups[RUN_SPREAD_GROUPS];
    uint32_t n = run_spread_groups(story, groups);
    json_t *all = json_array();

    for (uint32_t i = 0; i < n; i++) {
        const struct trade_group *group = &groups[i];
        const struct agon_instrument *instrument =
            instruments_get(engine_instruments(story->engine), group->instrument);
        const struct asset *unit = unit_of(story, group->instrument);
        double amt = (double)num_pow10(unit != NULL ? unit->exp : 8);

        json_array_append_new(
            all, json_pack(
                     "{s:s, s:b, s:s, s:I, s:I, s:I, s:f, s:o, s:o, s:s, s:o}", "symbol",
                     instrument != NULL ? instrument->symbol : "-", "perpetual",
                     instrument != NULL && !instrument_kind_has_coins(instrument->kind),
                     "exit_reason", exit_reasons_name(group->why), "trades", (json_int_t)group->n,
                     "won", (json_int_t)group->n_won, "lost", (json_int_t)group->n_lost, "result",
                     (double)group->result_amt / amt, "best",
                     group->n > 0 ? json_real((double)group->best_amt / amt) : json_null(), "worst",
                     group->n > 0 ? json_real((double)group->worst_amt / amt) : json_null(),
                     "currency", unit != NULL ? unit->name : "", "held_s",
                     group->n_timed > 0
                         ? json_real((double)group->held_ns / 1e9 / (double)group->n_timed)
                         : json_null()));
    }
    return all;
}

json_t *run_spread_json(const struct run_report *story, json_t *root)
{
    if (root == NULL || json_object_set_new(root, "months", periods_json(story->trail, 1)) < 0 ||
        json_object_set_new(root, "days", periods_json(story->trail, 0)) < 0 ||
        json_object_set_new(root, "performance", groups_json(story)) < 0) {
        json_decref(root);
        return NULL;
    }
    return root;
}
