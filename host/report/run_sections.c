// SPDX-License-Identifier: Apache-2.0
#include "report/run_sections.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "base/money.h"
#include "base/num.h"
#include "base/span.h"
#include "market/instrument_kind.h"
#include "report/figures.h"
#include "report/plan_text.h"
#include "report/run_spread.h"
#include "report/trail.h"
#include "score/undone.h"
#include "sys/clock.h"
#include "sys/wrap.h"

#define BINS        25
#define NO_FALL     "none of 0.01 % or more"
#define TRADES_PAGE 300 /* rows of the table of trades */

struct base {
    char name[16];
    int exp, decimals;
};

static struct base base_of(const struct run_report *story)
{
    const struct instruments *table = engine_instruments(story->engine);
    const struct asset *asset = instruments_asset(table, table->base_currency);
    struct base base = {.name = "", .exp = asset != NULL ? asset->exp : 8};

    snprintf(base.name, sizeof(base.name), "%s", asset != NULL ? asset->name : "");
    base.decimals = money_decimals(base.name, base.exp);
    return base;
}

static char *money(const struct base *base, int64_t amt, char text[MONEY_TEXT])
{
    return money_text(amt, base->exp, base->decimals, text);
}

static double units(const struct base *base, int64_t amt)
{
    return (double)amt / (double)num_pow10(base->exp);
}

static double hold_return(const struct trail *trail)
{
    return trail->n_points > 0 ? trail_hold(trail, trail->n_points - 1) - 1.0 : 0.0;
}

static void put_amount(const struct base *base, struct page *page, int is_known, int64_t amt)
{
    char text[MONEY_TEXT];

    page_cell(page, "%s", is_known ? money(base, amt, text) : "-");
}

void run_sections_figures(const struct run_report *story, struct page *page,
                          const struct figures *of)
{
    const struct base base = base_of(story);
    char text[FIGURES_TEXT];

    put_amount(&base, page, 1, of->capital_amt);
    put_amount(&base, page, 1, of->equity_amt);
    put_amount(&base, page, 1, of->result_amt);
    page_cell(page, "%s", figures_yield_text(of, text));
    page_cell(page, "%s", figures_drawdown_text(of, text));
    page_cell(page, "%s", figures_sharpe_text(of, text));
    page_cell(page, "%s", figures_sortino_text(of, text));
    page_cell(page, "%s", figures_t_text(of, text));
    page_count(page, of->n_fills);
}

void run_sections_costs(const struct run_report *story, struct page *page, const struct figures *of)
{
    const struct base base = base_of(story);

    put_amount(&base, page, of->is_split, of->gross_amt);
    put_amount(&base, page, 1, of->fee_amt);
    put_amount(&base, page, of->is_split, of->rebate_amt);
    put_amount(&base, page, of->is_split, of->funding_amt);
    put_amount(&base, page, of->is_split, of->slippage_amt);
}

void run_sections_pool(const struct run_report *story, struct page *page)
{
    const struct base base = base_of(story);
    agon_amt_t pool_amt = engine_pool_amt(story->engine);

    if (pool_amt == 0)
        return;
    page_cell(page, "pool");
    put_amount(&base, page, 1, pool_amt);
    put_amount(&base, page, 1, pool_amt);
    put_amount(&base, page, 1, 0);
    for (int i = 0; i < 6; i++)
        page_cell(page, "%s", "");
    page_row(page);
}

void run_sections_deeper(const struct run_report *story, struct page *page)
{
    const struct slots *slots = engine_slots(story->engine);
    struct figures of;

    for (uint16_t id = 0; id < slots->n; id++) {
        if (!slots->all[id].is_used)
            continue;
        engine_figures(story->engine, id, &of);
        if (figures_is_deeper(&of))
            page_text(page, "%s: %s.", slots->all[id].name, FIGURES_DEEPER);
    }
}

/* Which "-" a table of agents, who is gone and all has. */
static int lacks_of(const struct run_report *story)
{
    const struct slots *slots = engine_slots(story->engine);
    const struct seat *seat;
    struct figures of;
    int lacks;

    seats_all(story->seats, story->engine, &of);
    lacks = figures_lack(&of);
    for (uint16_t id = 0; id < slots->n; id++) {
        if (!slots->all[id].is_used)
            continue;
        engine_figures(story->engine, id, &of);
        lacks |= figures_lack(&of);
    }
    for (uint32_t i = 0; (seat = seats_at(story->seats, i)) != NULL; i++)
        lacks |= seat->is_gone ? figures_lack(&seat->figures) : 0;
    return lacks;
}

void run_sections_note(const struct run_report *story, struct page *page)
{
    int lacks = lacks_of(story);
    char few[80] = "", year[80] = "";

    if ((lacks & FIGURES_LACK_YEAR) != 0)
        (void)snprintf(year, sizeof(year), " Sharpe, Sortino - : %s (from %d daily returns).",
                       FIGURES_SHORT, FIGURES_DAYS);
    if ((lacks & FIGURES_LACK_T) != 0)
        (void)snprintf(few, sizeof(few), " t - : %s (from %d returns).", FIGURES_FEW,
                       FIGURES_T_SAMPLES);
    page_text(page, "Amounts in %s.%s%s", base_of(story).name, year, few);
}

/* Of an agent, or (is_sum) of all. */
static void put_one(const struct run_report *story, struct page *page, uint16_t id, int is_costs)
{
    const struct slots *slots = engine_slots(story->engine);
    int is_sum = id == slots->n;
    struct figures of;

    if (is_sum) {
        page_table_sums(page);
        seats_all(story->seats, story->engine, &of);
    } else {
        engine_figures(story->engine, id, &of);
    }
    page_cell(page, "%s", is_sum ? "all, with the pool" : slots->all[id].name);
    if (!is_costs) {
        run_sections_figures(story, page, &of);
        page_row(page);
        return;
    }
    run_sections_costs(story, page, &of);
    page_count(page, of.n_wins + of.n_losses);
    page_count(page, of.n_wins);
    if (is_sum)
        page_cell(page, "%s", "");
    else
        page_count(page, slots->all[id].n_refused);
    page_row(page);
}

void run_sections_left(const struct run_report *story, struct page *page, int is_costs)
{
    const struct seat *seat;

    for (uint32_t i = 0; (seat = seats_at(story->seats, i)) != NULL; i++) {
        if (!seat->is_gone)
            continue;
        page_cell(page, "left: %s", seat->name);
        if (is_costs) {
            run_sections_costs(story, page, &seat->figures);
            page_count(page, seat->figures.n_wins + seat->figures.n_losses);
            page_count(page, seat->figures.n_wins);
            page_count(page, seat->n_refused);
        } else {
            run_sections_figures(story, page, &seat->figures);
        }
        page_row(page);
    }
}

void run_sections_table(const struct run_report *story, struct page *page)
{
    static const char *const figures[] = {RUN_SECTIONS_FIGURES};
    static const char *const costs[] = {RUN_SECTIONS_COSTS, "#closing fills", "#won", "#refused"};
    const struct slots *slots = engine_slots(story->engine);

    page_heading(page, "Agents");
    run_sections_note(story, page);
    for (int is_costs = 0; is_costs <= 1; is_costs++) {
        if (is_costs)
            page_table_begin(page, costs, sizeof(costs) / sizeof(costs[0]));
        else
            page_table_begin(page, figures, sizeof(figures) / sizeof(figures[0]));
        for (uint16_t id = 0; id < slots->n; id++) {
            if (slots->all[id].is_used)
                put_one(story, page, id, is_costs);
        }
        run_sections_left(story, page, is_costs);
        if (!is_costs)
            run_sections_pool(story, page);
        put_one(story, page, (uint16_t)slots->n, is_costs);
        page_table_end(page);
        if (!is_costs)
            run_sections_deeper(story, page);
    }
}

static int is_agent(const struct slot *slot)
{
    return slot->is_used && slot->agent_kind == AGON_STRATEGY;
}

/* Agents that trade, or models beside them, also of who has left: together they are the rows. */
static uint32_t count_of(const struct run_report *story, int are_models)
{
    const struct slots *slots = engine_slots(story->engine);
    const struct seat *seat;
    uint32_t n = 0;

    for (uint16_t id = 0; id < slots->n; id++)
        n += slots->all[id].is_used && is_agent(&slots->all[id]) != are_models;
    for (uint32_t i = 0; (seat = seats_at(story->seats, i)) != NULL; i++)
        n += seat->is_gone && (seat->is_strategy != 0) != are_models;
    return n;
}

#define LEAD_TEXT 320
/* The first sentence. 0: nobody had capital, and it says so. */
static int lead_of(const struct run_report *story, const struct figures *all, char text[LEAD_TEXT])
{
    const struct base base = base_of(story);
    const struct trail *trail = story->trail;
    double seconds = (double)(trail->t_last - trail->t_first) / 1e9;
    char result[MONEY_TEXT], capital[MONEY_TEXT];
    char yield[FIGURES_TEXT], hold[FIGURES_TEXT], time[SPAN_TEXT];
    uint32_t n = count_of(story, 0), n_models = count_of(story, 1);
    char count[FIGURES_COUNT];

    if (n == 0 || trail->index <= 0) {
        snprintf(text, LEAD_TEXT, "No agent had capital.");
        return 0;
    }
    snprintf(text, LEAD_TEXT,
             "%s %s %s %s (%s) of %s in %s. Buying what they traded and holding it: %s.",
             figures_count(n, n_models, count), all->result_amt < 0 ? "lost" : "made",
             money(&base, all->result_amt < 0 ? -all->result_amt : all->result_amt, result),
             base.name, figures_yield_text(all, yield), money(&base, all->capital_amt, capital),
             span_of_s(seconds, time),
             trail->n_pairs > 0 ? figures_share_text(hold_return(trail), 0, hold)
                                : "nothing was traded");
    return 1;
}

void run_sections_lead(const struct run_report *story, struct page *page)
{
    const struct base base = base_of(story);
    struct figures all;
    char text[LEAD_TEXT], fees[MONEY_TEXT], slippage[MONEY_TEXT];
    char plain[MONEY_TEXT], fills[MONEY_TEXT], yield[FIGURES_TEXT];
    int has_capital;

    seats_all(story->seats, story->engine, &all);
    has_capital = lead_of(story, &all, text);
    page_lead(page, "%s", text);
    if (!has_capital)
        return;
    snprintf(plain, sizeof(plain), "%llu", (unsigned long long)all.n_fills);
    page_text(
        page, "Fees: %s %s over %s fills%s%s%s. Drawdown: %s.", money(&base, all.fee_amt, fees),
        base.name, money_apart(plain, fills) ? fills : plain,
        all.is_split ? "; slippage against the mid, which is part of the result: " : "",
        all.is_split
            ? money(&base, all.slippage_amt < 0 ? -all.slippage_amt : all.slippage_amt, slippage)
            : "",
        !all.is_split          ? ""
        : all.slippage_amt < 0 ? " better"
                               : " worse",
        figures_drawdown_text(&all, yield));
}

/* --- the whole --- */

struct course {
    agon_ns_t t[TRAIL_POINTS];
    double own[TRAIL_POINTS], hold[TRAIL_POINTS], fall[TRAIL_POINTS];
};

static void put_course(const struct run_report *story, struct page *page, struct course *course)
{
    const struct trail *trail = story->trail;
    struct page_mark *marks = calloc(story->n_happenings + 1, sizeof(*marks));
    struct page_series series[2] = {{"the arena", course->t, course->own, trail->n_points},
                                    {"buy and hold", course->t, course->hold, trail->n_points}};
    struct page_series fall = {"the arena", course->t, course->fall, trail->n_points};
    uint32_t n_marks = 0;
    double high = 0;

    for (uint32_t i = 0; i < trail->n_points; i++) {
        high = fmax(high, trail->points[i].index);
        course->t[i] = trail->points[i].t;
        course->own[i] = 100.0 * (trail->points[i].index - 1.0);
        course->hold[i] = 100.0 * (trail_hold(trail, i) - 1.0);
        course->fall[i] = high > 0 ? 100.0 * (1.0 - trail->points[i].index / high) : 0.0;
    }
    for (uint32_t i = 0; i < story->n_happenings && marks != NULL; i++) {
        const struct run_report_happening *one = &story->happenings[i];
        const char *agent = run_report_agent(story, one);

        if (one->is_marked && agent != NULL)
            marks[n_marks++] = (struct page_mark){one->t, agent};
    }
    page_plot(page,
              &(struct page_plot){
                  .title = n_marks > 0
                               ? "Return of the whole; lines: what was reloaded or quarantined"
                               : "Return of the whole",
                  .unit = "%",
                  .decimals = 2,
                  .is_zero = 1,
                  .series = series,
                  .n_series = trail->n_pairs > 0 ? 2 : 1,
                  .marks = marks,
                  .n_marks = n_marks});
    page_plot(page, &(struct page_plot){.title = "Drawdown of the whole",
                                        .unit = "%",
                                        .decimals = 2,
                                        .is_zero = 1,
                                        .is_down = 1,
                                        .series = &fall,
                                        .n_series = 1});
    free(marks);
}

static void put_flow(const struct base *base, const struct figures *of, const char *title,
                     struct page *page)
{
    const struct page_bar bars[] = {{"gross", units(base, of->gross_amt), 1},
                                    {"fees", 0.0 - units(base, of->fee_amt), 0},
                                    {"rebates", units(base, of->rebate_amt), 0},
                                    {"funding", units(base, of->funding_amt), 0},
                                    {"result", units(base, of->result_amt), 1}};

    if (of->is_split && of->n_fills > 0)
        page_bars(page, &(struct page_bars){.title = title,
                                            .unit = base->name,
                                            .decimals = base->decimals,
                                            .bars = bars,
                                            .n_bars = sizeof(bars) / sizeof(bars[0])});
}

/* How many of them, deepest first, are not shown as 0. */
static uint32_t n_falls_of(const struct trail *trail)
{
    uint32_t n = 0;

    while (n < trail->n_falls && money_shown(100.0 * trail->falls[n].depth, 2) > 0)
        n++;
    return n;
}

static void put_falls(const struct trail *trail, struct page *page)
{
    static const char *const columns[] = {"#depth",    "from (UTC)",     "lowest",
                                          "made good", "#to the lowest", "#in all"};
    char t[3][CLOCK_TEXT], time[2][SPAN_TEXT], depth[FIGURES_TEXT];

    if (trail->n_falls == 0)
        return;
    page_heading(page, "Deepest drawdowns of the whole");
    if (n_falls_of(trail) == 0) {
        page_text(page, "%s", NO_FALL);
        return;
    }
    page_table_begin(page, columns, 6);
    for (uint32_t i = 0; i < n_falls_of(trail); i++) {
        const struct trail_fall *fall = &trail->falls[i];
        agon_ns_t t_end = fall->t_back != 0 ? fall->t_back : trail->t_last;

        clock_text(fall->t_high, t[0]);
        clock_text(fall->t_low, t[1]);
        clock_text(t_end, t[2]);
        t[0][10] = t[1][10] = t[2][10] = ' ';
        page_cell(page, "%s", figures_share_text(fall->depth, 0, depth));
        page_cell(page, "%.16s", t[0]);
        page_cell(page, "%.16s", t[1]);
        page_cell(page, "%.16s", fall->t_back != 0 ? t[2] : "not yet");
        page_cell(page, "%s", span_text(fall->t_low - fall->t_high, time[0]));
        page_cell(page, "%s", span_text(t_end - fall->t_high, time[1]));
        page_row(page);
    }
    page_table_end(page);
}

void run_sections_print(const struct run_report *story, FILE *out)
{
    const struct trail *trail = story->trail;
    struct figures all;
    char text[LEAD_TEXT], t[3][CLOCK_TEXT], time[SPAN_TEXT], depth[FIGURES_TEXT];

    seats_all(story->seats, story->engine, &all);
    (void)lead_of(story, &all, text);
    wrap_text(out, wrap_width(out), 0, 0, text);
    if (n_falls_of(trail) > 0)
        fprintf(out, "\nDeepest drawdowns of the whole (UTC):\n%9s  %-16s  %-16s  %-16s  %s\n",
                "depth", "from", "lowest", "made good", "in all");
    else if (trail->n_falls > 0)
        fprintf(out, "\nDeepest drawdowns of the whole: %s\n", NO_FALL);
    for (uint32_t i = 0; i < n_falls_of(trail); i++) {
        const struct trail_fall *fall = &trail->falls[i];
        agon_ns_t t_end = fall->t_back != 0 ? fall->t_back : trail->t_last;

        clock_text(fall->t_high, t[0]);
        clock_text(fall->t_low, t[1]);
        clock_text(t_end, t[2]);
        t[0][10] = t[1][10] = t[2][10] = ' ';
        fprintf(out, "%9s  %.16s  %.16s  %-16.16s  %s\n", figures_share_text(fall->depth, 0, depth),
                t[0], t[1], fall->t_back != 0 ? t[2] : "not yet",
                span_text(t_end - fall->t_high, time));
    }
}

/* Returns of hours, or of days where there are 60 days of hours. */
static uint64_t returns_of(const struct trail *trail, double *values, int *is_daily)
{
    uint64_t n = 0;

    *is_daily = trail->n_hours >= 60u * 24u;
    if (trail->n_hours == 0)
        return 0;
    if (!*is_daily) {
        memcpy(values, trail->hours, trail->n_hours * sizeof(*values));
        return trail->n_hours;
    }
    for (uint64_t i = 0; i + 24 <= trail->n_hours; i += 24) {
        double growth = 1.0;

        for (uint64_t k = i; k < i + 24; k++)
            growth *= 1.0 + trail->hours[k];
        values[n++] = growth - 1.0;
    }
    return n;
}

static int put_returns(const struct trail *trail, struct page *page)
{
    double *values = malloc((trail->n_hours + 1) * sizeof(*values));
    uint32_t counts[BINS] = {0};
    double largest = 0, width;
    int is_daily;
    uint64_t n;
    char title[96];

    if (values == NULL)
        return AGON_ENOMEM;
    n = returns_of(trail, values, &is_daily);
    for (uint64_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(values[i]));
    if (n >= 10 && largest > 0) {
        width = 2 * largest / BINS;
        for (uint64_t i = 0; i < n; i++) {
            int bin = (int)floor((values[i] + largest) / width);

            counts[bin < 0 ? 0 : bin < BINS ? bin : BINS - 1]++;
        }
        snprintf(title, sizeof(title), "Returns of %llu %s", (unsigned long long)n,
                 is_daily ? "days" : "hours");
        page_columns(page, &(struct page_columns){.title = title,
                                                  .unit = "%",
                                                  .from = -100 * largest,
                                                  .width = 100 * width,
                                                  .decimals = 3,
                                                  .counts = counts,
                                                  .n = BINS});
    }
    free(values);
    return AGON_OK;
}

int run_sections_whole(const struct run_report *story, struct page *page)
{
    const struct base base = base_of(story);
    struct course *course = malloc(sizeof(*course));
    struct figures all;
    int rc;

    if (course == NULL)
        return AGON_ENOMEM;
    if (story->trail->n_points > 1)
        put_course(story, page, course);
    free(course);
    seats_all(story->seats, story->engine, &all);
    put_flow(&base, &all, "Where the result of all comes from", page);
    rc = run_spread_exposure(story, page);
    put_falls(story->trail, page);
    run_spread_periods(story, page);
    return rc < 0 ? rc : put_returns(story->trail, page);
}

/* --- agents --- */

/* Decimals of its prices that are not always 0. */
static int price_decimals(const struct agon_instrument *instrument)
{
    int decimals = instrument->px_exp;
    int64_t tick = instrument->tick_px;

    while (decimals > 0 && tick > 0 && tick % 10 == 0) {
        tick /= 10;
        decimals--;
    }
    return decimals;
}

static uint32_t trades_of(const struct trail_price *price, const struct trail_pair *pair,
                          const struct agon_instrument *instrument, struct page_trade *trades)
{
    int decimals = price_decimals(instrument);
    uint32_t n = 0;

    for (uint32_t i = 0; i < price->n; i++) {
        for (int is_sold = 0; is_sold < 2; is_sold++) {
            const struct trail_fills *fills = &pair->fills[i][is_sold];
            struct page_trade *trade = &trades[n];
            char t[CLOCK_TEXT];

            if (fills->n == 0 || fills->qty <= 0)
                continue;
            clock_text(price->candles[i].t, t);
            *trade = (struct page_trade){
                .t = price->candles[i].t, .value = fills->value / fills->qty, .is_sold = is_sold};
            snprintf(trade->text, sizeof(trade->text), "%s %.8g at %.*f, %u fill%s, from %.8s on",
                     is_sold ? "sold" : "bought", fills->qty, decimals, trade->value, fills->n,
                     fills->n == 1 ? "" : "s", t + 11);
            n++;
        }
    }
    return n;
}

static int put_prices(const struct run_report *story, uint16_t id, struct page *page)
{
    const struct instruments *table = engine_instruments(story->engine);
    const struct trail *trail = story->trail;
    struct page_trade *trades = malloc(2 * TRAIL_CANDLES * sizeof(*trades));
    struct page_candle *candles = malloc(TRAIL_CANDLES * sizeof(*candles));

    for (uint32_t i = 0; i < trail->n_pairs && trades != NULL && candles != NULL; i++) {
        const struct trail_pair *pair = trail->pairs[i];
        const struct trail_price *price = trail->prices[pair->price];
        const struct agon_instrument *instrument = instruments_get(table, price->instrument);
        char title[128], time[SPAN_TEXT], symbol[RUN_REPORT_NAME];

        if (pair->slot != id || instrument == NULL || price->n < 2)
            continue;
        for (uint32_t k = 0; k < price->n; k++)
            candles[k] = (struct page_candle){price->candles[k].t, price->candles[k].open,
                                              price->candles[k].high, price->candles[k].low,
                                              price->candles[k].close};
        snprintf(title, sizeof(title), "%s, candles of %s, and its fills",
                 run_report_symbol(story, price->instrument, symbol),
                 span_text(price->width_ns, time));
        page_candles(
            page, &(struct page_candles){.title = title,
                                         .unit = "",
                                         .decimals = price_decimals(instrument),
                                         .candles = candles,
                                         .n_candles = price->n,
                                         .trades = trades,
                                         .n_trades = trades_of(price, pair, instrument, trades)});
    }
    free(candles);
    if (trades == NULL || candles == NULL) {
        free(trades);
        return AGON_ENOMEM;
    }
    free(trades);
    return AGON_OK;
}

static void put_held(const struct trail_slot *of, struct page *page)
{
    static const char *const columns[] = {"a trade lasted", "#trades"};
    char time[SPAN_TEXT];

    if (of->n_trades == 0)
        return;
    page_table_begin(page, columns, 2);
    for (uint32_t i = 0; i < 8; i++) {
        if (of->held[i] == 0)
            continue;
        page_cell(page, i < 7 ? "up to %s" : "longer than %s",
                  span_of_s(trail_held_s[i < 7 ? i : 6], time));
        page_count(page, of->held[i]);
        page_row(page);
    }
    page_table_end(page);
}

static void put_agent_facts(const struct run_report *story, uint16_t id, const struct base *base,
                            const struct figures *of, struct page *page)
{
    const struct trail *trail = story->trail;
    const struct trail_slot *slot = &trail->slots[id];
    char text[FIGURES_TEXT], amount[MONEY_TEXT], time[SPAN_TEXT];
    int tone = of->result_amt > 0 ? 1 : of->result_amt < 0 ? -1 : 0;

    page_facts_begin(page);
    page_fact(page, "result", tone, "%s %s", money(base, of->result_amt, amount), base->name);
    page_fact(page, "return", tone, "%s", figures_yield_text(of, text));
    page_fact(page, "drawdown", 0, "%s", figures_drawdown_text(of, text));
    page_fact(page, "t [95 % of t]", 0, "%s",
              of->n_samples < FIGURES_T_SAMPLES ? FIGURES_FEW : figures_t_text(of, text));
    page_fact(page, "Sharpe", 0, "%s",
              of->is_annual ? figures_sharpe_text(of, text) : FIGURES_SHORT);
    page_fact(page, "trades", 0, "%s", money_count(slot->n_trades, amount));
    if (slot->n_trades > 0) {
        page_fact(page, "won", 0, "%s",
                  figures_share_text((double)slot->n_won / (double)slot->n_trades, 0, text));
        if (slot->lost > 0)
            page_fact(page, "won by lost", 0, "%.2f", slot->won / slot->lost);
        else
            page_fact(page, "won by lost", 0, "%s",
                      slot->won > 0 && of->n_losses == 0 ? "none lost" : "-");
        page_fact(page, "held on average", 0, "%s", span_of_s(trail_mean_s(trail, id), time));
    }
    page_fact(page, "profit factor", 0, "%s", figures_factor_text(of, text));
    page_fact(page, "time with a position", 0, "%s",
              figures_share_text(trail_time_held(trail, id), 0, text));
    page_fact(page, "positions by equity, mean", 0, "%s",
              figures_share_text(trail_exposure(trail, id), 0, text));
    page_fact(page, "turnover a day", 0, "%.2f x capital",
              trail_turnover(trail, id, units(base, of->capital_amt)));
    page_facts_end(page);
}

static void put_params(const struct run_report *story, uint16_t id, struct page *page)
{
    static const char *const columns[] = {"parameter", "as the roster says"};
    const char *at = story->slots[id].params;

    if (at == NULL)
        return;
    if (*at == '\0') {
        page_text(page, "The roster names no parameters: the plugin's presets.");
        return;
    }
    page_table_begin(page, columns, 2);
    while (*at != '\0') {
        const char *value = at + strlen(at) + 1;

        page_cell(page, "%s", args_safe(at));
        page_cell(page, "%s", args_safe(value));
        page_row(page);
        at = value + strlen(value) + 1;
    }
    page_table_end(page);
}

int run_sections_agents(const struct run_report *story, struct page *page)
{
    const struct base base = base_of(story);
    const struct slots *slots = engine_slots(story->engine);
    char result[MONEY_TEXT], yield[FIGURES_TEXT];
    int rc = AGON_OK;

    for (uint16_t id = 0; id < slots->n && rc >= 0; id++) {
        struct figures of;

        if (!is_agent(&slots->all[id]))
            continue;
        engine_figures(story->engine, id, &of);
        page_details_begin(page, "%s: %s %s, %s", slots->all[id].name,
                           money(&base, of.result_amt, result), base.name,
                           figures_yield_text(&of, yield));
        put_agent_facts(story, id, &base, &of, page);
        put_flow(&base, &of, "Where its result comes from", page);
        rc = put_prices(story, id, page);
        put_held(&story->trail->slots[id], page);
        put_params(story, id, page);
        page_details_end(page);
    }
    return rc;
}

/* A key, or an author's name, as words. */
static void put_words(struct page *page, const char *key)
{
    char text[64];

    snprintf(text, sizeof(text), "%.63s", key);
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '_' ? ' ' : *at;
    page_cell(page, "%s", text);
}

/* Its numbers, from the quantity on. */
static void put_trade(const struct run_report *story, struct page *page,
                      const struct agon_instrument *instrument, const struct trade_closed *trade)
{
    const struct instruments *table = engine_instruments(story->engine);
    const struct asset *unit =
        instrument != NULL ? instruments_asset(table, instrument_kind_unit(instrument)) : NULL;
    int exp = unit != NULL ? unit->exp : 8;
    int decimals = unit != NULL ? money_decimals(unit->name, exp) : 2;
    int px_exp = instrument != NULL ? instrument->px_exp : 0;
    char text[MONEY_TEXT], tag[INFO_TAG], left[64];

    page_cell(page, "%.8g",
              (double)trade->qty / (double)num_pow10(instrument != NULL ? instrument->qty_exp : 0));
    page_cell(page, "%s", trades_mean_text(trade->entry_px, px_exp, text));
    page_cell(page, "%s", trades_mean_text(trade->exit_px, px_exp, text));
    page_cell(page, "%s%s", num_rescale(trade->result_amt, exp, decimals, NUM_EVEN) > 0 ? "+" : "",
              money_plain(trade->result_amt, exp, decimals, text));
    page_cell(page, "%s", money_plain(trade->fee_amt, exp, decimals, text));
    page_cell(page, "%s", unit != NULL ? unit->name : "");
    if (trade->t_open == 0)
        page_cell(page, "%s", "");
    else
        page_cell(page, "%s", span_text(trade->t_close - trade->t_open, text));
    put_words(page, run_report_tag(story, trade->slot, trade->entry_seq, trade->entry_tag, tag));
    (void)run_report_tag(story, trade->slot, trade->seq, trade->exit_tag, tag);
    snprintf(left, sizeof(left), "%.20s%s%.40s", exit_reasons_name(trade->why),
             tag[0] != '\0' ? ": " : "", tag);
    put_words(page, left);
}

void run_sections_trades(const struct run_report *story, struct page *page)
{
    const char *tag_head = run_report_is_tag_number(story) ? "entry tag (number)" : "entry tag";
    const char *const columns[] = {
        "closed (UTC)", "agent", "symbol", "side",    "#quantity", "#entry",          "#exit",
        "#result",      "#fees", "in",     "#lasted", tag_head,    "exit reason: tag"};
    const struct instruments *table = engine_instruments(story->engine);
    const struct trail *trail = story->trail;
    const struct trade_closed *trade;
    uint64_t n_shown = trail->n_trades < TRADES_PAGE ? trail->n_trades : TRADES_PAGE;
    char counts[2][MONEY_TEXT];

    if (trail->n_trades == 0)
        return;
    page_details_begin(page, "Trades: the newest %s of %s", money_count(n_shown, counts[0]),
                       money_count(trail->n_trades, counts[1]));
    page_text(page,
              "From the first fill of a position to its last. Entry and exit are mean prices, "
              "result and fees what the ledger realised and paid in it. A trade without a time "
              "that it lasted was opened before what is read here. The exit reason is that of its "
              "last fill; tags are the reasons that the agent's author gave its first and its last "
              "order.");
    page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
    for (uint64_t k = 0; k < n_shown && (trade = trail_trade(trail, k)) != NULL; k++) {
        const struct agon_instrument *instrument = instruments_get(table, trade->instrument);
        char t[CLOCK_TEXT], symbol[RUN_REPORT_NAME];

        clock_text(trade->t_close, t);
        t[10] = ' ';
        page_cell(page, "%.19s", t);
        page_cell(page, "%s", seats_name(story->seats, trade->slot, trade->seq));
        page_cell(page, "%s", run_report_symbol(story, trade->instrument, symbol));
        page_cell(page, "%s", trade->side > 0 ? "long" : "short");
        put_trade(story, page, instrument, trade);
        page_row(page);
    }
    page_table_end(page);
    page_details_end(page);
}

/* --- tournaments --- */

static int is_shown(const union plan_event *event, uint32_t measure)
{
    return measure_at(measure)->label != NULL && plan_has(event, measure);
}

static void put_measure(struct page *page, const union plan_event *event,
                        const struct plan_line *line, uint32_t number)
{
    const struct measure *measure = measure_at(number);
    char text[FIGURES_TEXT];
    double value;

    if (!plan_value_of(event, line, number, &value))
        page_cell(page, "%s", "");
    else if (measure->unit == MEASURE_SHARE)
        page_cell(page, "%s", figures_share_text(value, 0, text));
    else if (measure_is_bound(measure, value) != 0)
        page_cell(page, "%s", value > 0 ? "\u2265 1000" : "\u2264 -1000");
    else {
        int decimals = measure->unit == MEASURE_COUNT ? 0 : measure->decimals;

        page_cell(page, "%.*f", decimals, money_shown(value, decimals));
    }
}

// What held its capital, else what its verdict stands for.
static void put_bounds(struct page *page, const union plan_event *event,
                       const struct plan_line *line)
{
    const struct plan_bound *bound;
    char text[640] = "";
    size_t n = 0;

    for (uint32_t i = 0; (bound = plan_bound_at(i)) != NULL; i++) {
        if ((line->flags & bound->flag) != 0 && n < sizeof(text))
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n > 0 ? "; " : "",
                                  plan_bound_doc(event, line, bound));
    }
    page_cell(page, "%s", n > 0 ? text : plan_line_doc(line));
}

void run_sections_plan(const struct run_report *story, struct page *page)
{
    const char *columns[8 + MEASURES] = {"#rank", "agent", "verdict", "#score", "#share"};
    const struct base base = base_of(story);
    char labels[MEASURES][32];
    const union plan_event *event;
    const struct record_plan *plan;
    uint32_t n_columns = 5;
    char text[48], verdict[PLAN_VERDICT_TEXT], hurried[PLAN_HURRIED_TEXT];

    if (story->n_plans == 0)
        return;
    event = &story->plans[(story->n_plans - 1) % RUN_REPORT_PLANS];
    plan = &event->plan;
    for (uint32_t i = 0; i < MEASURES; i++) {
        if (!is_shown(event, i))
            continue;
        snprintf(labels[i], sizeof(labels[i]), "#%s", measure_at(i)->label);
        columns[n_columns++] = labels[i];
    }
    columns[n_columns++] = "#before";
    columns[n_columns++] = "#after";
    columns[n_columns++] = "~why";
    page_heading(page, "The last tournament");
    if (plan_hurried_text(event, hurried)[0] != '\0')
        page_text(page, "It %s.", hurried);
    if (plan_undone_of(event) != NULL) {
        char t[RUN_REPORT_WHEN], said[PLAN_UNDONE_TEXT];

        page_text(page, "Tournament %u was %s (at %s, event %llu). The table is what it had done.",
                  plan->number, plan_undone_text(event, base.name, said),
                  run_report_when(story, plan_undone_of(event)->t, t),
                  (unsigned long long)plan_undone_of(event)->seq);
    }
    page_table_begin(page, columns, n_columns);
    for (uint32_t rank = 1; rank <= plan->n_lines + 1u; rank++) {
        for (uint32_t i = 0; i < plan->n_lines; i++) {
            const struct plan_line *line = &plan_lines(plan)[i];

            // Who has no rank stands at the end.
            if (plan_rank(line) != (rank <= plan->n_lines ? rank : 0))
                continue;
            if (plan_rank(line) != 0)
                page_cell(page, "%u", plan_rank(line));
            else
                page_cell(page, "%s", "");
            page_cell(page, "%s", args_safe(line->name));
            page_cell(page, "%s", plan_text_verdict(line->verdict, verdict));
            page_cell(page, "%.3f", line->score);
            page_cell(page, "%.2f %%", line->share_ppm / 1e4);
            for (uint32_t k = 0; k < MEASURES; k++) {
                if (is_shown(event, k))
                    put_measure(page, event, line, k);
            }
            page_cell(page, "%s", money(&base, line->capital_before_amt, text));
            page_cell(page, "%s", money(&base, line->capital_after_amt, text));
            put_bounds(page, event, line);
            page_row(page);
        }
    }
    page_table_end(page);
}
