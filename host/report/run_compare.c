// SPDX-License-Identifier: Apache-2.0
#include "report/run_compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/num.h"
#include "report/table.h"
#include "score/figures.h"
#include "sys/clock.h"

enum unit { MONEY, SHARE, RATIO, COUNT };
/* What is compared: key of the JSON, name for people, unit. */
static const struct compared {
    const char *key, *name;
    enum unit unit;
} compared[] = {{"result", "result", MONEY},
                {"return", "return", SHARE},
                {"hold_return", "holding", SHARE},
                {"drawdown", "drawdown", SHARE},
                {"t", "t-value", RATIO},
                {"sharpe", "Sharpe", RATIO},
                {"gross", "gross", MONEY},
                {"fees", "fees", MONEY},
                {"rebates", "rebates", MONEY},
                {"funding", "funding", MONEY},
                {"slippage", "slippage cost", MONEY},
                {"fills", "fills", COUNT},
                {"trades", "trades", COUNT}};
#define COMPARED (sizeof(compared) / sizeof(compared[0]))
#define UNKNOWN  NAN /* of that length, or of that agent, there is none */

struct figured {
    double of[COMPARED];
};

static const struct asset *base_of(const struct run_report *story)
{
    const struct instruments *table = engine_instruments(story->engine);

    return instruments_asset(table, table->base_currency);
}

static double units(const struct run_report *story, int64_t amt)
{
    return (double)amt / (double)num_pow10(base_of(story)->exp);
}

static struct figured values_of(const struct run_report *story, const struct figures *of,
                                uint64_t n_trades, double hold)
{
    return (struct figured){
        {units(story, of->result_amt), of->yield, hold, of->drawdown, of->has_t ? of->t : UNKNOWN,
         of->is_annual ? of->sharpe : UNKNOWN, of->is_split ? units(story, of->gross_amt) : UNKNOWN,
         units(story, of->fee_amt), of->is_split ? units(story, of->rebate_amt) : UNKNOWN,
         of->is_split ? units(story, of->funding_amt) : UNKNOWN,
         of->is_split ? units(story, of->slippage_amt) : UNKNOWN, (double)of->n_fills,
         (double)n_trades}};
}

static struct figured all_of(const struct run_report *story)
{
    const struct trail *trail = story->trail;
    struct figures of;

    seats_all(story->seats, story->engine, &of);
    return values_of(story, &of, trail->n_trades,
                     trail->n_points > 0 ? trail_hold(trail, trail->n_points - 1) - 1 : UNKNOWN);
}

static int find(const struct run_report *story, const char *name, uint16_t *id)
{
    const struct slots *slots = engine_slots(story->engine);

    for (*id = 0; *id < slots->n; (*id)++)
        if (slots->all[*id].is_used && strcmp(slots->all[*id].name, name) == 0)
            return 1;
    return 0;
}

static struct figured agent_of(const struct run_report *story, uint16_t id)
{
    struct figures of;

    engine_figures(story->engine, id, &of);
    return values_of(story, &of, story->trail->slots[id].n_trades, UNKNOWN);
}

/* Both of an agent that is in one of them at least; false: the walk is over. Those of the run come
 * first, then those that the other alone has. */
struct walk {
    uint16_t id;
    int is_other;
    const char *name;
    struct figured run, other;
    int has_run, has_other;
};
static int next_agent(const struct run_compare *compare, struct walk *walk)
{
    for (;;) {
        const struct run_report *story = walk->is_other ? compare->other : compare->run;
        const struct slots *slots = engine_slots(story->engine);
        uint16_t id = walk->id++;
        uint16_t there;

        if (id >= slots->n) {
            if (walk->is_other)
                return 0;
            walk->is_other = 1;
            walk->id = 0;
            continue;
        }
        walk->name = slots->all[id].name;
        walk->has_run = find(compare->run, walk->name, &there);
        if (!slots->all[id].is_used || (walk->is_other && walk->has_run))
            continue;
        if (walk->has_run)
            walk->run = agent_of(compare->run, there);
        walk->has_other = find(compare->other, walk->name, &there);
        if (walk->has_other)
            walk->other = agent_of(compare->other, there);
        return 1;
    }
}

/* currency: of MONEY, which is given in whole ones of it. */
static const char *say(const char *currency, enum unit unit, double value, int is_difference,
                       char text[48])
{
    const char *sign = is_difference && value > 0 ? "+" : "";

    if (isnan(value))
        return "-";
    if (unit == SHARE) {
        char share[FIGURES_TEXT];

        snprintf(text, 48, "%.47s", figures_share_text(value, is_difference, share));
    } else if (unit == RATIO)
        snprintf(text, 48, "%s%.2f", sign, money_shown(value, 2));
    else if (unit == COUNT)
        snprintf(text, 48, "%s%.0f", sign, money_shown(value, 0));
    else {
        int exp = money_decimals(currency, 8);
        char amount[MONEY_TEXT];

        snprintf(text, 48, "%s%.46s", sign,
                 money_in(llround(value * (double)num_pow10(exp)), exp, currency, amount));
    }
    return text;
}

int run_compare_check(const struct run_compare *compare, struct error *err)
{
    const struct asset *run = base_of(compare->run);
    const struct asset *other = base_of(compare->other);

    if (run == NULL || other == NULL)
        return error_set(err, AGON_EINVAL,
                         "one of the two runs has no base currency: it did not get "
                         "as far as a first event");
    if (strcmp(run->name, other->name) != 0)
        return error_set(err, AGON_EINVAL,
                         "this run counts in %s and that of %s in %s: compare runs of one "
                         "base_currency",
                         run->name, compare->name, other->name);
    return AGON_OK;
}

void run_compare_print(const struct run_compare *compare, FILE *out)
{
    struct figured run = all_of(compare->run), other = all_of(compare->other);
    const char *base = base_of(compare->run)->name;
    struct walk walk = {0};

    fprintf(out, "Beside %s [%s]\n%-16s %14s %14s %14s\n", compare->name, base, "", "this run",
            "the other", "difference");
    for (size_t i = 0; i < COMPARED; i++) {
        char text[3][48];

        fprintf(out, "%-16s %14s %14s %14s\n", compared[i].name,
                say(base, compared[i].unit, run.of[i], 0, text[0]),
                say(base, compared[i].unit, other.of[i], 0, text[1]),
                say(base, compared[i].unit, run.of[i] - other.of[i], 1, text[2]));
    }
    fprintf(out, "\n%-16s %14s %14s %14s\n", "result of", "this run", "the other", "difference");
    while (next_agent(compare, &walk)) {
        double mine = walk.has_run ? walk.run.of[0] : UNKNOWN;
        double theirs = walk.has_other ? walk.other.of[0] : UNKNOWN;
        char text[3][48];

        fprintf(out, "%-16s %14s %14s %14s\n", walk.name, say(base, MONEY, mine, 0, text[0]),
                say(base, MONEY, theirs, 0, text[1]), say(base, MONEY, mine - theirs, 1, text[2]));
    }
}

static json_t *number_json(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *both_json(const struct figured *run, const struct figured *other)
{
    json_t *json = json_object();

    for (size_t i = 0; i < COMPARED; i++) {
        double mine = run != NULL ? run->of[i] : UNKNOWN;
        double theirs = other != NULL ? other->of[i] : UNKNOWN;

        (void)json_object_set_new(json, compared[i].key,
                                  json_pack("{s:o, s:o, s:o}", "this", number_json(mine), "other",
                                            number_json(theirs), "difference",
                                            number_json(mine - theirs)));
    }
    return json;
}

json_t *run_compare_json(const struct run_compare *compare)
{
    struct figured run = all_of(compare->run), other = all_of(compare->other);
    struct walk walk = {0};
    json_t *agents = json_object();
    char from[CLOCK_TEXT], to[CLOCK_TEXT];

    clock_text(compare->other->trail->t_first, from);
    clock_text(compare->other->trail->t_last, to);
    while (next_agent(compare, &walk))
        (void)json_object_set_new(
            agents, walk.name,
            both_json(walk.has_run ? &walk.run : NULL, walk.has_other ? &walk.other : NULL));
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", compare->name, "from", from, "to", to,
                     "all", both_json(&run, &other), "agents", agents);
}

/* --- page --- */

static void put_table(const struct run_compare *compare, struct page *page)
{
    static const char *const columns[] = {"~figure", "#this run", "#the other", "#difference"};
    struct figured run = all_of(compare->run), other = all_of(compare->other);
    const char *base = base_of(compare->run)->name;

    page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < COMPARED; i++) {
        char text[48];

        page_cell(page, "%s", compared[i].name);
        page_cell(page, "%s", say(base, compared[i].unit, run.of[i], 0, text));
        page_cell(page, "%s", say(base, compared[i].unit, other.of[i], 0, text));
        page_cell(page, "%s", say(base, compared[i].unit, run.of[i] - other.of[i], 1, text));
        page_row(page);
    }
    page_table_end(page);
}

static void put_agents(const struct run_compare *compare, struct page *page)
{
    static const char *const columns[] = {"agent",       "#result",      "#of the other",
                                          "#difference", "#drawdown",    "#of the other",
                                          "#trades",     "#of the other"};
    static const uint8_t shown[] = {0, 3, 12}; // of these
    const char *base = base_of(compare->run)->name;
    struct walk walk = {0};

    page_table_begin(page, columns, sizeof(columns) / sizeof(columns[0]));
    while (next_agent(compare, &walk)) {
        page_cell(page, "%s", walk.name);
        for (size_t k = 0; k < sizeof(shown); k++) {
            enum unit unit = compared[shown[k]].unit;
            double mine = walk.has_run ? walk.run.of[shown[k]] : UNKNOWN;
            double theirs = walk.has_other ? walk.other.of[shown[k]] : UNKNOWN;
            char text[48];

            page_cell(page, "%s", say(base, unit, mine, 0, text));
            page_cell(page, "%s", say(base, unit, theirs, 0, text));
            if (k == 0)
                page_cell(page, "%s", say(base, unit, mine - theirs, 1, text));
        }
        page_row(page);
    }
    page_table_end(page);
}

struct course {
    agon_ns_t t[TRAIL_POINTS];
    double value[TRAIL_POINTS];
};

static void fill(struct course *course, const struct trail *trail, agon_ns_t begin)
{
    for (uint32_t i = 0; i < trail->n_points; i++) {
        course->t[i] = trail->points[i].t - trail->points[0].t + begin;
        course->value[i] = 100 * (trail->points[i].index - 1);
    }
}

int run_compare_page(const struct run_compare *compare, struct page *page)
{
    const struct trail *run = compare->run->trail, *other = compare->other->trail;
    struct course *course = malloc(2 * sizeof(*course));

    if (course == NULL)
        return AGON_ENOMEM;
    if (run->n_points > 1 && other->n_points > 1) {
        fill(&course[0], run, run->points[0].t);
        fill(&course[1], other, run->points[0].t);
        page_plot(page, &(struct page_plot){
                            .title = "Return of both, each from its own start",
                            .unit = "%",
                            .decimals = 2,
                            .is_zero = 1,
                            .series =
                                (struct page_series[]){
                                    {"this run", course[0].t, course[0].value, run->n_points},
                                    {"the other", course[1].t, course[1].value, other->n_points}},
                            .n_series = 2});
    }
    free(course);
    page_heading(page, "Beside another run");
    page_text(page, "The other: %s.", compare->name);
    put_table(compare, page);
    // Each under a head of its own: on a phone it is folded.
    page_heading(page, "Agents of both");
    put_agents(compare, page);
    return AGON_OK;
}
