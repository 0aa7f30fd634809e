// SPDX-License-Identifier: Apache-2.0
/* What a tournament came to, in words that every surface has: who is first and whether that is more
 * than chance, what moved, and how its rules differ from the preset. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "base/money.h"
#include "base/num.h"
#include "score/plan.h"

struct plan_result plan_result(const union plan_event *event)
{
    struct plan_result result = {.evidence = plan_setting(event, SETTING_EVIDENCE)};

    for (uint32_t i = 0; i < event->plan.n_lines; i++) {
        const struct plan_line *line = &plan_lines(&event->plan)[i];
        uint32_t rank = plan_rank(line);

        if (rank == 0)
            continue;
        result.n_ranked++;
        if (result.first == NULL || rank < plan_rank(result.first))
            result.first = line;
        if (result.evidence > 0.0 && plan_noted(event, line, SETTING_EVIDENCE) >= result.evidence &&
            (result.beats == NULL || rank < plan_rank(result.beats)))
            result.beats = line;
    }
    return result;
}

/* Many tournaments of many agents have one whom chance alone lifts as far: how often one of n, by
 * the upper tail of the normal distribution beyond a t of 0 or more (Abramowitz and Stegun, 7.1.26:
 * erf to 1.5e-7). */
static void say_looks(double evidence, uint32_t n, char text[64])
{
    double x = evidence / sqrt(2.0);
    double k = 1.0 / (1.0 + 0.3275911 * x);
    double tail = k *
                  (0.254829592 +
                   k * (-0.284496736 + k * (1.421413741 + k * (-1.453152027 + k * 1.061405429)))) *
                  fmath_exp(-x * x) / 2.0;
    double none = 1.0, looks;

    for (uint32_t i = 0; i < n; i++)
        none *= 1.0 - tail;
    looks = 1.0 / fmax(1.0 - none, 1e-7);

    // Three digits: more would be said of a normal distribution than returns have of it.
    snprintf(text, 64, " (chance alone: %s1 tournament in %.0f)", looks < 1e6 ? "" : "fewer than ",
             looks < 1e3   ? looks
             : looks < 1e6 ? floor(looks / 100.0 + 0.5) * 100.0
                           : 1e6);
}

char *plan_first_text(const union plan_event *event, char text[PLAN_FIRST_TEXT])
{
    const struct plan_result result = plan_result(event);
    char looks[64] = "";

    if (result.beats != NULL)
        say_looks(result.evidence, result.n_ranked, looks);
    if (result.first == NULL)
        snprintf(text, PLAN_FIRST_TEXT, "nobody is ranked, too few samples or trades");
    else if (result.evidence <= 0.0)
        snprintf(text, PLAN_FIRST_TEXT, "%.31s is first", result.first->name);
    else if (result.beats == result.first)
        snprintf(text, PLAN_FIRST_TEXT, "%.31s is first and beats chance%s", result.first->name,
                 looks);
    else
        snprintf(text, PLAN_FIRST_TEXT, "%.31s is first; %.31s beats chance%s", result.first->name,
                 result.beats != NULL ? result.beats->name : "nobody",
                 result.beats != NULL ? looks : " yet");
    return text;
}

static void given_and_taken(const struct record_plan *plan, agon_amt_t *given_amt,
                            agon_amt_t *taken_amt)
{
    *given_amt = *taken_amt = 0;
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        agon_amt_t change_amt = num_add(line->capital_after_amt, -line->capital_before_amt);

        if (change_amt > 0)
            *given_amt = num_add(*given_amt, change_amt);
        else
            *taken_amt = num_add(*taken_amt, -change_amt);
    }
}

agon_amt_t plan_moved_amt(const struct record_plan *plan)
{
    agon_amt_t given_amt, taken_amt;

    given_and_taken(plan, &given_amt, &taken_amt);
    return given_amt > taken_amt ? given_amt : taken_amt;
}

char *plan_moved_text(const struct record_plan *plan, const char *currency,
                      char text[PLAN_MOVED_TEXT])
{
    agon_amt_t given_amt, taken_amt;
    char moved[MONEY_TEXT], pooled[MONEY_TEXT];

    given_and_taken(plan, &given_amt, &taken_amt);
    money_in(given_amt > taken_amt ? given_amt : taken_amt, plan->exp, currency, moved);
    money_in(given_amt > taken_amt ? given_amt - taken_amt : taken_amt - given_amt, plan->exp,
             currency, pooled);
    if (given_amt == 0 && taken_amt == 0)
        snprintf(text, PLAN_MOVED_TEXT, "no capital moved");
    else if (given_amt == 0 || taken_amt == 0)
        snprintf(text, PLAN_MOVED_TEXT, "%s %.15s %s the pool", moved, currency,
                 given_amt == 0 ? "went to" : "came from");
    else if (given_amt == taken_amt)
        snprintf(text, PLAN_MOVED_TEXT, "%s %.15s moved", moved, currency);
    else
        snprintf(text, PLAN_MOVED_TEXT, "%s %.15s moved, %s of it %s the pool", moved, currency,
                 pooled, taken_amt > given_amt ? "to" : "from");
    return text;
}

char *plan_largest_text(const union plan_event *event, const char *currency,
                        char text[PLAN_LARGEST_TEXT])
{
    const struct record_plan *plan = &event->plan;
    const struct plan_line *largest = NULL;
    agon_amt_t change_amt = 0, asked_amt;
    char amounts[4][MONEY_TEXT];
    uint32_t n_changed = 0;
    int n;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        agon_amt_t amt = num_add(line->capital_after_amt, -line->capital_before_amt);

        n_changed += amt != 0;
        if (llabs(amt) > llabs(change_amt)) {
            largest = line;
            change_amt = amt;
        }
    }
    text[0] = '\0';
    if (largest == NULL)
        return text;
    money_in(largest->capital_before_amt, plan->exp, currency, amounts[0]);
    money_in(largest->capital_after_amt, plan->exp, currency, amounts[1]);
    money_in(change_amt, plan->exp, currency, amounts[2]);
    n = snprintf(text, PLAN_LARGEST_TEXT, "%.31s %s -> %s (%s%s", largest->name, amounts[0],
                 amounts[1], change_amt > 0 ? "+" : "", amounts[2]);
    asked_amt = plan_asked_change_amt(event, largest);
    if (largest->share_ppm > 0 && n < PLAN_LARGEST_TEXT)
        n += snprintf(text + n, (size_t)(PLAN_LARGEST_TEXT - n), "; its rank asks for %s%s",
                      asked_amt > 0 ? "+" : "",
                      money_in(asked_amt, plan->exp, currency, amounts[3]));
    if (n < PLAN_LARGEST_TEXT)
        n += snprintf(text + n, (size_t)(PLAN_LARGEST_TEXT - n), ")");
    if (n_changed > 1 && n < PLAN_LARGEST_TEXT)
        snprintf(text + n, (size_t)(PLAN_LARGEST_TEXT - n), " and %u more", n_changed - 1);
    return text;
}

/* In the largest unit that leaves no rest. */
static char *span_text(int64_t seconds, char text[32])
{
    int64_t unit = seconds % 86400 == 0 ? 86400 : seconds % 3600 == 0 ? 3600 : 60;

    snprintf(text, 32, "%lld %s", (long long)(seconds / unit),
             unit == 86400  ? "d"
             : unit == 3600 ? "h"
                            : "min");
    return text;
}

/* What of rules decides by how much they look at, and how far one tournament goes. */
struct pace {
    int64_t seconds;
    double min_trades, increase, decrease;
};

static struct pace pace_of(const struct tournament_rules *rules)
{
    return (struct pace){
        (int64_t)rules->window * rules->sample_s, rules_setting(rules, SETTING_MIN_TRADES),
        rules_setting(rules, SETTING_INCREASE), rules_setting(rules, SETTING_DECREASE)};
}

static char *say_hurried(const struct pace *ours, char text[PLAN_HURRIED_TEXT])
{
    struct tournament_rules preset;
    struct pace usual;
    char spans[2][32];
    int n;

    plan_defaults(&preset);
    usual = pace_of(&preset);
    text[0] = '\0';
    if (ours->seconds >= usual.seconds)
        return text;
    n = snprintf(text, PLAN_HURRIED_TEXT, "looks at %s of equity (default preset: %s)",
                 span_text(ours->seconds, spans[0]), span_text(usual.seconds, spans[1]));
    // Rules of before there were settings say nothing of them.
    if (ours->min_trades > 0.0 && ours->min_trades < usual.min_trades && n < PLAN_HURRIED_TEXT)
        n += snprintf(text + n, (size_t)(PLAN_HURRIED_TEXT - n),
                      ", judges from %.0f closing fill%s on (%.0f)", ours->min_trades,
                      ours->min_trades == 1.0 ? "" : "s", usual.min_trades);
    if ((ours->increase > usual.increase || ours->decrease > usual.decrease) &&
        n < PLAN_HURRIED_TEXT)
        snprintf(text + n, (size_t)(PLAN_HURRIED_TEXT - n),
                 ", moves up to +%g %% and -%g %% (+%g %%, -%g %%)", 100.0 * ours->increase,
                 100.0 * ours->decrease, 100.0 * usual.increase, 100.0 * usual.decrease);
    return text;
}

char *plan_hurried_rules(const struct tournament_rules *rules, char text[PLAN_HURRIED_TEXT])
{
    const struct pace ours = pace_of(rules);

    return say_hurried(&ours, text);
}

char *plan_hurried_text(const union plan_event *event, char text[PLAN_HURRIED_TEXT])
{
    const struct pace ours = {(int64_t)event->plan.rules.window * event->plan.rules.sample_s,
                              plan_setting(event, SETTING_MIN_TRADES),
                              plan_setting(event, SETTING_INCREASE),
                              plan_setting(event, SETTING_DECREASE)};

    return say_hurried(&ours, text);
}
