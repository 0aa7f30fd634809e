// SPDX-License-Identifier: Apache-2.0
#include "report/plan_text.h"

#include <stdio.h>

#include "args/args.h"
#include "report/table.h"
#include "sys/clock.h"

static char *money(const struct record_plan *plan, agon_amt_t amt, char text[48])
{
    return table_money(amt, plan->exp, text);
}

static char *number(char text[32], int is_defined, int decimals, const char *unit, double value)
{
    if (!is_defined)
        snprintf(text, 32, "-");
    else
        snprintf(text, 32, "%.*f%s", decimals, value, unit);
    return text;
}

static void print_head(const struct record_plan *plan, int is_dry)
{
    char t[CLOCK_TEXT];

    clock_text(plan->hdr.t, t);
    if (is_dry)
        printf("what a tournament would do at %s", t);
    else
        printf("tournament %u at %s", plan->number, t);
    printf("  (%s, \"%s\", %u samples of %u min)\n",
           plan->rules.mode == TOURNAMENT_BOUNDED ? "bounded" : "rank shares",
           args_safe(plan->rules.schedule), plan->rules.window, plan->rules.sample_s / 60);
}

static void print_flags(const struct plan_line *line)
{
    if ((line->flags & PLAN_CASH_SHORT) != 0)
        printf("                     %s could give back no more: it is in positions, orders or "
               "lost\n",
               args_safe(line->name));
    if ((line->flags & PLAN_POOL_SHORT) != 0)
        printf("                     %s is partially funded: pool exhausted\n",
               args_safe(line->name));
    if ((line->flags & PLAN_GROWTH_BOUND) != 0)
        printf("                     %s grows no faster than the rules allow\n",
               args_safe(line->name));
}

void plan_text_print(const struct record_plan *plan, int is_dry)
{
    char a[48];
    char b[48];
    char c[48];

    print_head(plan, is_dry);
    printf("%4s %-16s %-10s %6s %7s %9s %9s %8s %7s %7s %8s  %15s %15s\n", "rank", "agent",
           "verdict", "score", "share", "sharpe", "calmar", "drawdown", "win", "factor", "vol.ret",
           "capital before", "after");
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        const double *of = line->measures;
        char text[MEASURES][32];
        char rank[8] = "-";

        if (line->rank > 0)
            snprintf(rank, sizeof(rank), "%u", line->rank);
        printf("%4s %-16.31s %-10s %6.3f %6.2f%% %9s %9s %8s %7s %7s %8s  %15s %15s\n", rank,
               args_safe(line->name), plan_verdict_name(line->verdict), line->score,
               (double)line->share_ppm / 10000.0,
               number(text[0], line->defined & 1, 2, "", of[MEASURE_SHARPE]),
               number(text[1], line->defined & 2, 2, "", of[MEASURE_CALMAR]),
               number(text[2], line->defined & 4, 2, "%", 100.0 * of[MEASURE_DRAWDOWN]),
               number(text[3], line->defined & 8, 1, "%", 100.0 * of[MEASURE_WIN_RATE]),
               number(text[4], line->defined & 16, 2, "", of[MEASURE_PROFIT_FACTOR]),
               number(text[5], line->defined & 32, 2, "", of[MEASURE_VOL_RETURN]),
               money(plan, line->capital_before_amt, a), money(plan, line->capital_after_amt, b));
        print_flags(line);
    }
    for (uint32_t account = 0; account < PLAN_ACCOUNTS; account++) {
        const struct plan_pool *pool = &plan->pools[account];

        if (pool->after_amt != 0 || pool->before_amt != 0)
            printf("account %u: %s in the pool before, %s after\n", account,
                   money(plan, pool->before_amt, a), money(plan, pool->after_amt, b));
    }
    printf("pools and all agents' capital are %s, as was given\n", money(plan, plan->given_amt, c));
}

static const char *comparison(uint32_t measure)
{
    return measure == MEASURE_DRAWDOWN   ? "below"
           : measure == MEASURE_WIN_RATE ? "at least"
                                         : "above";
}

static void print_measures(const struct record_plan *plan, const struct plan_line *line)
{
    int is_judged = line->verdict >= PLAN_RANKED && line->verdict <= PLAN_UNLOADED;

    printf("  %-14s %14s %8s %8s  %s\n", "measure", "value", "points", "weight", "gate");
    for (uint32_t i = 0; i < MEASURES; i++) {
        char value[32];
        char points[32];

        printf("  %-14s %14s %8s %8.3g", plan_measure_name(i),
               number(value, line->defined >> i & 1, 6, "", line->measures[i]),
               number(points, is_judged, 4, "", is_judged ? plan_points(plan, line, i) : 0.0),
               plan->rules.weights[i]);
        if ((plan->rules.gate_mask >> i & 1) != 0)
            printf("  %s %.6g: %s", comparison(i), plan->rules.gates[i],
                   !is_judged                     ? "not asked"
                   : (line->failed >> i & 1) != 0 ? "failed"
                                                  : "passed");
        printf("\n");
    }
}

static void print_verdict(const struct record_plan *plan, const struct plan_line *line)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < plan->n_lines; i++)
        n += plan_lines(plan)[i].rank > 0;
    switch (line->verdict) {
    case PLAN_RANKED:
        printf("  score %.6f: rank %u of %u", line->score, line->rank, n);
        if (plan->rules.mode == TOURNAMENT_BOUNDED)
            printf("; Kelly share %.4f, of which %.2f %% within %.2f %% to %.2f %%", line->kelly,
                   plan->rules.kelly_ppm / 1e4, plan->rules.least_ppm / 1e4,
                   plan->rules.most_ppm / 1e4);
        printf("; share %.4f %%\n", line->share_ppm / 1e4);
        break;
    case PLAN_UNDER_GATE:
    case PLAN_UNLOADED:
        printf("  score %.6f, but under a gate, %u time%s in a row: no share%s\n", line->score,
               line->failures, line->failures == 1 ? "" : "s",
               line->verdict == PLAN_UNLOADED ? plan->rules.on_unload == UNLOAD_CLOSE
                                                    ? ", unloaded, positions closed"
                                                    : ", unloaded, positions kept"
                                              : "");
        break;
    case PLAN_TOO_NEW:
        printf("  %u samples, and %u are asked for: not judged, it keeps what it has\n",
               line->n_samples, plan->rules.min_samples);
        break;
    case PLAN_ASIDE:
        printf("  suspended or quarantined: not judged, it keeps what it has\n");
        break;
    default:
        printf("  unloaded before: it gives back what it can\n");
        break;
    }
}

void plan_text_explain(const struct record_plan *plan, const struct plan_line *line, int is_dry)
{
    agon_amt_t change_amt = line->capital_after_amt - line->capital_before_amt;
    char text[6][48];

    print_head(plan, is_dry);
    printf("%s: %s\n", args_safe(line->name), plan_verdict_name(line->verdict));
    printf("  %u samples of equity; %u closing fills won %s, %u lost %s\n", line->n_samples,
           line->n_wins, money(plan, line->won_amt, text[0]), line->n_losses,
           money(plan, line->lost_amt, text[1]));
    print_measures(plan, line);
    print_verdict(plan, line);
    if (line->share_ppm > 0)
        printf("  %.4f %% of %s (equity of all that are judged and the pools, less a reserve of "
               "%.2f %%)\n",
               line->share_ppm / 1e4, money(plan, plan_whole(plan), text[0]),
               plan->rules.reserve_ppm / 1e4);
    printf("  equity %s, aimed at %s; %s of it was free\n", money(plan, line->equity_amt, text[0]),
           money(plan, line->target_amt, text[1]), money(plan, plan_free(line), text[2]));
    print_flags(line);
    printf("  capital %s -> %s (%s%s)\n", money(plan, line->capital_before_amt, text[3]),
           money(plan, line->capital_after_amt, text[4]), change_amt > 0 ? "+" : "",
           money(plan, change_amt, text[5]));
}
