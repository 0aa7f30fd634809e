// SPDX-License-Identifier: Apache-2.0
#include "report/plan_text.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/args.h"
#include "base/money.h"
#include "journal/text.h"
#include "score/allocator.h"
#include "score/undone.h"
#include "sys/clock.h"
#include "sys/wrap.h"

static char *money(const union plan_event *event, agon_amt_t amt, char text[MONEY_TEXT])
{
    return money_in(amt, event->plan.exp, event->in_memory.currency, text);
}

#define NUMBER_TEXT    32
#define SCORE_DECIMALS 3 /* of a score and its points */
#define SHARE_DECIMALS 2 /* of a share in % */

const char *plan_text_verdict(uint8_t verdict, char text[PLAN_VERDICT_TEXT])
{
    snprintf(text, PLAN_VERDICT_TEXT, "%s", plan_verdict_name(verdict));
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '_' ? ' ' : *at;
    return text;
}

/* A value as people see it, in every table: a share in %, a count whole. */
static char *number(char text[NUMBER_TEXT], enum measure_unit unit, int decimals, double value)
{
    int places = unit == MEASURE_COUNT ? 0 : decimals;
    double shown = money_shown(unit == MEASURE_SHARE ? 100.0 * value : value, places);
    char digits[400];

    snprintf(digits, sizeof(digits), "%.*f", places, shown);
    snprintf(text, NUMBER_TEXT, "%.24s%s", digits, unit == MEASURE_SHARE ? " %" : "");
    return text;
}

static char *measure_text(const union plan_event *event, const struct plan_line *line, uint32_t at,
                          char text[NUMBER_TEXT])
{
    const struct measure *measure = measure_at(at);
    double value;

    if (!plan_value_of(event, line, at, &value))
        snprintf(text, NUMBER_TEXT, "-");
    else if (measure_is_bound(measure, value) != 0)
        snprintf(text, NUMBER_TEXT, "%s%.0f", value > 0 ? ">=" : "<=-", MEASURE_RATIO_MAX);
    else
        number(text, measure->unit, measure->decimals, value);
    return text;
}

static void print_measure(const union plan_event *event, const struct plan_line *line,
                          uint32_t number)
{
    char text[NUMBER_TEXT];

    printf(" %*s", measure_at(number)->width, measure_text(event, line, number, text));
}

static void print_head(const union plan_event *event, int is_dry, int width)
{
    const struct record_plan *plan = &event->plan;
    char t[CLOCK_TEXT];
    char number[64];
    char hurried[PLAN_HURRIED_TEXT];
    char text[256 + PLAN_HURRIED_TEXT];

    clock_text(plan->hdr.t, t);
    snprintf(number, sizeof(number), "tournament %u", plan->number);
    (void)plan_hurried_text(event, hurried);
    snprintf(text, sizeof(text), "%s at %.19sZ  (%s, \"%s\", %u samples of %u min; %s%s%s)",
             is_dry ? "what a tournament would do" : number, t,
             allocator_of(plan->rules.mode) != NULL ? allocator_of(plan->rules.mode)->title : "?",
             args_safe(plan->rules.schedule), plan->rules.window, plan->rules.sample_s / 60,
             plan_setting(event, SETTING_EDITION) >= 2.0 ? "ratios not annualised"
                                                         : "ratios annualised",
             hurried[0] != '\0' ? "; " : "", hurried);
    wrap_text(stdout, width, 0, 2, text);
}

/* Before anything that it did is said. */
static void print_undone(const union plan_event *event, int width)
{
    const struct plan_undone *undone = plan_undone_of(event);
    char t[CLOCK_TEXT], said[PLAN_UNDONE_TEXT], text[PLAN_UNDONE_TEXT + 80];

    if (undone == NULL)
        return;
    clock_text(undone->t, t);
    (void)plan_undone_text(event, event->in_memory.currency, said);
    snprintf(text, sizeof(text), "UNDONE at %.19sZ (event %llu)%s", t,
             (unsigned long long)undone->seq, said + strlen("undone"));
    wrap_text(stdout, width, 0, 2, text);
}

#define FLAGS_AT 5 // column of what is said of a line, below its agent
static void print_flags(const union plan_event *event, const struct plan_line *line, int width)
{
    const struct plan_bound *bound;

    for (uint32_t i = 0; (bound = plan_bound_at(i)) != NULL; i++) {
        char text[160];

        if ((line->flags & bound->flag) == 0)
            continue;
        snprintf(text, sizeof(text), "%s: %s", args_safe(line->name),
                 plan_bound_doc(event, line, bound));
        printf("%*s", FLAGS_AT, "");
        wrap_text(stdout, width, FLAGS_AT, FLAGS_AT + 2, text);
    }
}

/* What a table has room for: names and amounts as wide as they are, then measures by their weight,
 * as long as the terminal has room. */
struct layout {
    int width, name, verdict, before, after;
    uint8_t is_shown[MEASURES];
    uint32_t n_left_out;
};

static int widest(int width, const char *text)
{
    int n = (int)strlen(text);

    return n > width ? n : width;
}

static struct layout lay_out(const union plan_event *event)
{
    const struct record_plan *plan = &event->plan;
    struct layout layout = {
        .width = wrap_width(stdout), .name = 5, .verdict = 7, .before = 6, .after = 5}; // the heads
    char text[48], verdict[PLAN_VERDICT_TEXT];
    int used;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];

        layout.name = widest(layout.name, args_safe(line->name));
        layout.verdict = widest(layout.verdict, plan_text_verdict(line->verdict, verdict));
        layout.before = widest(layout.before, money(event, line->capital_before_amt, text));
        layout.after = widest(layout.after, money(event, line->capital_after_amt, text));
    }
    used = 4 + 1 + layout.name + 1 + layout.verdict + 1 + 6 + 1 + 8 + 2 + layout.before + 1 +
           layout.after;
    for (;;) {
        int best = -1;

        for (uint32_t i = 0; i < MEASURES; i++) {
            if (plan_has(event, i) && layout.is_shown[i] == 0 &&
                (best < 0 || plan_weight(event, i) > plan_weight(event, (uint32_t)best)))
                best = (int)i;
        }
        if (best < 0)
            return layout;
        if (used + 1 + measure_at((uint32_t)best)->width <= layout.width) {
            used += 1 + measure_at((uint32_t)best)->width;
            layout.is_shown[best] = 1;
        } else {
            layout.is_shown[best] = 2; // no room
            layout.n_left_out++;
        }
    }
}

static void print_row(const union plan_event *event, const struct layout *layout,
                      const struct plan_line *line)
{
    char rank[8] = "-", before[48], after[48], verdict[PLAN_VERDICT_TEXT];

    if (plan_rank(line) > 0)
        snprintf(rank, sizeof(rank), "%u", plan_rank(line));
    printf("%4s %-*.31s %-*s %6.*f %6.*f %%", rank, layout->name, args_safe(line->name),
           layout->verdict, plan_text_verdict(line->verdict, verdict), SCORE_DECIMALS, line->score,
           SHARE_DECIMALS, line->share_ppm / 1e4);
    for (uint32_t k = 0; k < MEASURES; k++) {
        if (layout->is_shown[k] == 1)
            print_measure(event, line, k);
    }
    printf("  %*s %*s\n", layout->before, money(event, line->capital_before_amt, before),
           layout->after, money(event, line->capital_after_amt, after));
    print_flags(event, line, layout->width);
}

void plan_text_print(const union plan_event *event, int is_dry)
{
    const struct record_plan *plan = &event->plan;
    struct layout layout = lay_out(event);
    char a[48];
    char b[48];
    char c[48];

    print_head(event, is_dry, layout.width);
    print_undone(event, layout.width);
    printf("%4s %-*s %-*s %6s %8s", "rank", layout.name, "agent", layout.verdict, "verdict",
           "score", "share");
    for (uint32_t i = 0; i < MEASURES; i++) {
        if (layout.is_shown[i] == 1)
            printf(" %*s", measure_at(i)->width, measure_at(i)->title);
    }
    printf("  %*s %*s\n", layout.before, "before", layout.after, "after");
    // By rank; who has none stands at the end.
    for (uint32_t rank = 1; rank <= plan->n_lines + 1u; rank++) {
        for (uint32_t i = 0; i < plan->n_lines; i++) {
            if (plan_rank(&plan_lines(plan)[i]) == (rank <= plan->n_lines ? rank : 0))
                print_row(event, &layout, &plan_lines(plan)[i]);
        }
    }
    if (layout.n_left_out > 0)
        printf("%u measure%s: a wider terminal or `why` shows %s\n", layout.n_left_out,
               layout.n_left_out == 1 ? " more" : "s more", layout.n_left_out == 1 ? "it" : "them");
    for (uint32_t account = 0; account < ACCOUNTS_MAX; account++) {
        const struct plan_pool *pool = plan_pool_of(event, account);

        if (pool->after_amt != 0 || pool->before_amt != 0)
            printf("account %u: %s in the pool before, %s after\n", account,
                   money(event, pool->before_amt, a), money(event, pool->after_amt, b));
    }
    printf("pools and all agents' capital are %s, as was given\n",
           money(event, plan->given_amt, c));
}

// A line of what is said of one agent, as many as the terminal's columns ask for.
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    printf("  ");
    wrap_text(stdout, wrap_width(stdout), 2, 4, text);
}

#define GATE_DECIMALS 2

/* As a roster says it: without zeros at its end. */
static char *limit_text(const struct gate *gate, double limit, char text[NUMBER_TEXT])
{
    snprintf(text, NUMBER_TEXT, "%.6g%s", gate->unit == MEASURE_SHARE ? 100.0 * limit : limit,
             gate->unit == MEASURE_SHARE ? " %" : "");
    return text;
}

// Behind what stands in its line up to column `at`.
static void print_gate(const union plan_event *event, const struct plan_line *line, uint32_t number,
                       int at)
{
    const struct gate *gate = gate_at(number);
    struct plan_gate of;
    char text[160], limit[NUMBER_TEXT];

    if (!plan_gate_of(event, line, number, &of)) {
        printf("\n");
        return;
    }
    snprintf(text, sizeof(text), "%s %s: %s", gate->how, limit_text(gate, of.limit, limit),
             plan_outcome_words[plan_outcome_of(line, &of)]);
    at += printf("  ");
    wrap_text(stdout, wrap_width(stdout), at, at, text);
}

// A gate that judges a measure under that measure's own name stands in the measure's line.
static int gate_of_measure(uint32_t measure)
{
    int gate = gate_find(measure_at(measure)->name);

    return gate >= 0 && gate_at((uint32_t)gate)->measure == measure_at(measure) ? gate : -1;
}

static void print_measures(const union plan_event *event, const struct plan_line *line)
{
    printf("  %-14s %14s %8s %8s  %s\n", "measure", "value", "points", "weight", "gate");
    for (uint32_t i = 0; i < MEASURES; i++) {
        int gate = gate_of_measure(i);
        char text[2][NUMBER_TEXT] = {"", "-"};
        int at;

        if (!plan_has(event, i))
            continue;
        if (plan_is_judged(line))
            number(text[1], MEASURE_NUMBER, SCORE_DECIMALS, plan_points(event, line, i));
        at = printf("  %-14s %14s %8s %8.3g", measure_at(i)->name,
                    measure_text(event, line, i, text[0]), text[1], plan_weight(event, i));
        if (gate >= 0)
            print_gate(event, line, (uint32_t)gate, at);
        else
            printf("\n");
    }
    for (uint32_t i = 0; i < GATES; i++) {
        const struct measure *measure = gate_at(i)->measure;
        struct plan_gate of;
        char text[NUMBER_TEXT] = "-";

        if (!plan_gate_of(event, line, i, &of) ||
            (measure != NULL && strcmp(measure->name, gate_at(i)->name) == 0 &&
             plan_has(event, (uint32_t)measure_find(measure->name))))
            continue;
        if (of.is_defined)
            number(text, gate_at(i)->unit, GATE_DECIMALS, of.value);
        print_gate(event, line, i,
                   printf("  %-14s %14s %8s %8s", gate_key(gate_at(i)), text, "", ""));
    }
}

static void print_verdict(const union plan_event *event, const struct plan_line *line)
{
    const struct record_plan *plan = &event->plan;
    int is_fair = plan_setting(event, SETTING_EDITION) >= 2.0;
    char kelly[160] = "";
    uint32_t n = 0;

    for (uint32_t i = 0; i < plan->n_lines; i++)
        n += plan_rank(&plan_lines(plan)[i]) > 0;
    switch (line->verdict) {
    case PLAN_RANKED:
        if (plan->rules.mode == TOURNAMENT_BOUNDED)
            snprintf(kelly, sizeof(kelly),
                     "; Kelly share %.*f %%, of which %.*f %% within %.*f %% to %.*f %%",
                     SHARE_DECIMALS, 100.0 * line->kelly, SHARE_DECIMALS,
                     plan->rules.kelly_ppm / 1e4, SHARE_DECIMALS, plan->rules.least_ppm / 1e4,
                     SHARE_DECIMALS, plan->rules.most_ppm / 1e4);
        say("score %.*f: rank %u of %u%s; share %.*f %%", SCORE_DECIMALS, line->score,
            plan_rank(line), n, kelly, SHARE_DECIMALS, line->share_ppm / 1e4);
        break;
    case PLAN_UNDER_GATE:
    case PLAN_UNLOADED:
        say("score %.*f, but under a gate, %u time%s in a row: %s%s", SCORE_DECIMALS, line->score,
            line->failures, line->failures == 1 ? "" : "s",
            !is_fair || line->verdict == PLAN_UNLOADED           ? "no share"
            : line->capital_after_amt < line->capital_before_amt ? "a step down"
                                                                 : "it keeps what it has",
            line->verdict == PLAN_UNLOADED ? plan->rules.on_unload == UNLOAD_CLOSE
                                                 ? ", unloaded, positions closed"
                                                 : ", unloaded, positions kept"
                                           : "");
        break;
    case PLAN_TOO_NEW:
        say("%u samples, fewer than %u (min_samples): not judged, it keeps what it has",
            line->n_samples, plan->rules.min_samples);
        break;
    case PLAN_IDLE:
        say("%.0f closing fills, fewer than %.0f (min_trades): not judged, it keeps what it has",
            plan_noted(event, line, SETTING_MIN_TRADES), plan_setting(event, SETTING_MIN_TRADES));
        break;
    case PLAN_FAULTY:
        say("its plugin crashed, hung or flooded: %s, and nothing is given to it in this and "
            "%.0f more",
            line->capital_after_amt < line->capital_before_amt ? "a step down"
                                                               : "it keeps what it has",
            plan_noted(event, line, SETTING_FAULT_REST) - 1.0);
        break;
    case PLAN_ASIDE:
        say("%s", plan_line_doc(line));
        break;
    default:
        say("unloaded before: it gives back what it can");
        break;
    }
}

void plan_text_explain(const union plan_event *event, const struct plan_line *line, int is_dry)
{
    const struct record_plan *plan = &event->plan;
    agon_amt_t change_amt = line->capital_after_amt - line->capital_before_amt;
    agon_amt_t asked_amt = plan_asked_change_amt(event, line);
    char text[6][48], verdict[PLAN_VERDICT_TEXT];

    print_head(event, is_dry, wrap_width(stdout));
    print_undone(event, wrap_width(stdout));
    printf("%s: %s\n", args_safe(line->name), plan_text_verdict(line->verdict, verdict));
    say("%u samples of equity; %u closing fills won %s, %u lost %s", line->n_samples, line->n_wins,
        money(event, line->won_amt, text[0]), line->n_losses,
        money(event, line->lost_amt, text[1]));
    print_measures(event, line);
    print_verdict(event, line);
    if (line->share_ppm > 0)
        say("%.*f %% of %s (equity of all that are judged and the pools, less a reserve of "
            "%.*f %%) asks for %s: %s%s to its equity",
            SHARE_DECIMALS, line->share_ppm / 1e4, money(event, plan_whole(event), text[0]),
            SHARE_DECIMALS, plan->rules.reserve_ppm / 1e4,
            money(event, plan_asked_amt(event, line), text[1]), asked_amt > 0 ? "+" : "",
            money(event, asked_amt, text[2]));
    say("equity %s, target %s; %s of it was free", money(event, line->equity_amt, text[0]),
        money(event, line->target_amt, text[1]), money(event, plan_free(line), text[2]));
    print_flags(event, line, wrap_width(stdout));
    say("capital %s -> %s (%s%s)", money(event, line->capital_before_amt, text[3]),
        money(event, line->capital_after_amt, text[4]), change_amt > 0 ? "+" : "",
        money(event, change_amt, text[5]));
}

int plan_text_json(const union plan_event *event, FILE *out)
{
    char *text = malloc(JOURNAL_TEXT_MAX);
    union plan_values_event values;
    const struct plan_undone *undone = plan_undone_of(event);
    const char *open = NULL; // the list that is being written
    int64_t n = text == NULL
                    ? AGON_ENOMEM
                    : text_event(&event->plan.hdr, TEXT_JSON, NULL, NULL, text, JOURNAL_TEXT_MAX);

    if (n >= 0)
        fprintf(out, "%.*s", (int)(n - 1), text); // without the last brace
    for (uint32_t k = 0; n >= 0 && plan_values(event, k, &values); k++) {
        const char *name = values.hdr.type == EVENT_PLAN_LINES   ? "lines"
                           : values.hdr.type == EVENT_PLAN_POOLS ? "pools_more"
                                                                 : "values";

        n = text_event(&values.hdr, TEXT_JSON, NULL, NULL, text, JOURNAL_TEXT_MAX);
        if (n >= 0 && name == open)
            fprintf(out, ",%s", text);
        else if (n >= 0)
            fprintf(out, "%s,\"%s\":[%s", open != NULL ? "]" : "", name, text);
        open = name;
    }
    if (n >= 0)
        if (n >= 0 && undone != NULL) {
            char t[24];
            json_t *said;

            snprintf(t, sizeof(t), "%lld", (long long)undone->t);
            said = json_pack("{s:I, s:s, s:s, s:s}", "seq", (json_int_t)undone->seq, "t", t, "by",
                             undone->who, "reason", undone->why);

            fprintf(out, "%s,\"undone\":", open != NULL ? "]" : "");
            n = said != NULL && json_dumpf(said, out, JSON_COMPACT) == 0 ? n : AGON_ENOMEM;
            open = NULL;
            json_decref(said);
        }
    fprintf(out, "%s}\n", open != NULL ? "]" : "");
    free(text);
    return n < 0 ? AGON_ENOMEM : AGON_OK;
}
