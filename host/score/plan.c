// SPDX-License-Identifier: Apache-2.0
#include "score/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cron.h"
#include "base/money.h"
#include "base/num.h"
#include "score/allocator.h"

#define ALL_PPM ALLOCATOR_ALL_PPM

// "1", "0.5", "20%": digits, a point, a sign; a program's own text.
static double preset_of(const char *text)
{
    int64_t count = 0, unit = 1;
    int is_negative = *text == '-';
    int is_behind = 0;

    for (text += is_negative; *text == '.' || (*text >= '0' && *text <= '9'); text++) {
        if (*text == '.') {
            is_behind = 1;
            continue;
        }
        count = 10 * count + (*text - '0');
        unit *= is_behind ? 10 : 1;
    }
    REQUIRE(*text == '\0' || (*text == '%' && text[1] == '\0'));
    return (is_negative ? -1.0 : 1.0) * (double)count / (double)(*text == '%' ? 100 * unit : unit);
}

void plan_defaults(struct tournament_rules *rules)
{
    static const uint32_t shares[] = {250000, 200000, 180000, 150000, 120000}; // TRN-05

    memset(rules, 0, sizeof(*rules));
    memcpy(rules->schedule, "0 0 * * 0", sizeof("0 0 * * 0"));
    for (uint32_t i = 0; i < MEASURES; i++)
        rules_set_weight(rules, i, preset_of(measure_at(i)->weight));
    for (uint32_t i = 0; i < GATES; i++) {
        if (gate_at(i)->preset != NULL)
            rules_set_gate(rules, i, preset_of(gate_at(i)->preset));
    }
    rules->n_shares = sizeof(shares) / sizeof(shares[0]);
    memcpy(rules->shares_ppm, shares, sizeof(shares));
    rules->rest_ppm = 100000;
    rules->least_ppm = 50000;
    rules->most_ppm = 150000;
    rules->kelly_ppm = 250000;
    rules->growth_ppm = 100000;
    rules->sample_s = 3600;
    rules->window = WINDOW_MAX;
    rules->min_samples = 24;
    rules->failures = 3;
    rules->mode = TOURNAMENT_RANK_SHARES;
    rules->on_unload = UNLOAD_CLOSE;
    for (uint32_t i = 0; i < SETTINGS; i++)
        rules_set_setting(rules, i, preset_of(setting_at(i)->preset));
}

static int is_finite(double value)
{
    return value - value == 0.0;
}

int plan_check_rules(const struct tournament_rules *rules, struct error *err)
{
    size_t n = strnlen(rules->schedule, sizeof(rules->schedule));
    uint64_t sum_ppm = rules->rest_ppm;
    double weights = 0.0;
    char sum[NUM_TEXT], least[NUM_TEXT], most[NUM_TEXT];
    struct cron cron;
    int rc;

    if (n == sizeof(rules->schedule))
        return error_set(err, AGON_EINVAL, "the schedule is too long");
    rc = cron_parse(&cron, rules->schedule, n, err);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < RECORD_MEASURES; i++) {
        if (!is_finite(rules->weights[i]) || rules->weights[i] < 0.0 || !is_finite(rules->gates[i]))
            return error_set(err, AGON_EINVAL, "%s: a weight or a gate is not a usable number",
                             measure_at(i)->name);
    }
    rc = rules_check_terms(rules, err);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < MEASURES; i++)
        weights += rules_weight(rules, i);
    if (!(weights > 0.0) || !is_finite(weights))
        return error_set(err, AGON_EINVAL, "no measure has a weight");
    if (rules->n_shares > TOURNAMENT_SHARES)
        return error_set(err, AGON_EINVAL, "more than %d shares", TOURNAMENT_SHARES);
    for (uint32_t i = 0; i < rules->n_shares; i++)
        sum_ppm += rules->shares_ppm[i];
    num_format_short((int64_t)sum_ppm, 4, sum);
    if (sum_ppm > ALL_PPM)
        return error_set(err, AGON_EINVAL,
                         "shares and rest are %s%% together, and may be 100%% at most", sum);
    num_format_short(rules->least_ppm, 4, least);
    num_format_short(rules->most_ppm, 4, most);
    if (rules->least_ppm > rules->most_ppm)
        return error_set(err, AGON_EINVAL, "of bounds min is %s%% and above max, which is %s%%",
                         least, most);
    if (rules->reserve_ppm > ALL_PPM || rules->most_ppm > ALL_PPM || rules->kelly_ppm > ALL_PPM)
        return error_set(err, AGON_EINVAL, "a bound or the reserve is above 100%%");
    if (rules->sample_s == 0 || rules->sample_s % 60 != 0 || rules->sample_s > 7 * 86400)
        return error_set(err, AGON_EINVAL, "samples are whole minutes apart, at most a week");
    if (rules->window == 0 || rules->window > WINDOW_MAX || rules->min_samples == 0 ||
        rules->min_samples > rules->window)
        return error_set(err, AGON_EINVAL, "a window has 1 to %d samples, and not fewer than asked",
                         WINDOW_MAX);
    if (allocator_of(rules->mode) == NULL || rules->on_unload < UNLOAD_CLOSE ||
        rules->on_unload > UNLOAD_KEEP)
        return error_set(err, AGON_EINVAL, "no such mode");
    return AGON_OK;
}

const char *plan_verdict_name(uint8_t verdict)
{
    static const char *const names[PLAN_VERDICT_MAX] = {"?",
#define VERDICT_NAME(id, number, name, doc) [number] = (name),
                                                        PLAN_VERDICTS(VERDICT_NAME)
#undef VERDICT_NAME
    };

    return verdict < PLAN_VERDICT_MAX ? names[verdict] : "?";
}

const char *plan_verdict_doc(uint8_t verdict)
{
    static const char *const docs[PLAN_VERDICT_MAX] = {"?",
#define VERDICT_DOC(id, number, name, doc) [number] = (doc),
                                                       PLAN_VERDICTS(VERDICT_DOC)
#undef VERDICT_DOC
    };

    return verdict < PLAN_VERDICT_MAX ? docs[verdict] : "?";
}

const char *plan_line_doc(const struct plan_line *line)
{
    int is_down = line->capital_after_amt < line->capital_before_amt;

    switch (line->verdict) {
    case PLAN_UNDER_GATE:
        return is_down ? "failed a gate: a step down"
                       : "failed a gate: keeps what it has, which can be made no less";
    case PLAN_FAULTY:
        return (line->flags & PLAN_FAULT_NOW) == 0
                   ? "was faulty before: keeps what it has, given nothing yet"
               : is_down
                   ? "crashed, hung or flooded: a step down, given nothing for a while"
                   : "crashed, hung or flooded: keeps what it has, which can be made no less; "
                     "given nothing for a while";
    case PLAN_ASIDE:
        return (line->flags & PLAN_QUARANTINED) != 0
                   ? "quarantined, its file crashed too often: not judged, keeps what it has"
               : (line->flags & PLAN_SUSPENDED) != 0 ? "suspended, its plugin does not run or may "
                                                       "not trade: not judged, keeps what it has"
                                                     : plan_verdict_doc(line->verdict);
    default:
        return plan_verdict_doc(line->verdict);
    }
}

const struct plan_bound *plan_bound_at(uint32_t number)
{
    static const struct plan_bound all[] = {
        {PLAN_CASH_SHORT, "free_money",
         "could give back no more: it is in positions, orders or lost"},
        {PLAN_POOL_SHORT, "pool", "is partially funded: pool exhausted"},
        {PLAN_GROWTH_BOUND, "growth", "grows no faster than the rules allow (bounds.growth)"},
        {PLAN_CAPPED, "max", "its share is the maximum of one agent (bounds.max)"},
        {PLAN_INCREASE_BOUND, "increase",
         "one tournament adds no more (bounds.increase, bounds.floor)"},
        {PLAN_DECREASE_BOUND, "decrease",
         "one tournament takes no more (bounds.decrease, bounds.floor)"},
        {PLAN_STILL, "hysteresis", "stays: the change is too small (bounds.hysteresis)"},
        {PLAN_BY_CHANCE, "evidence",
         "stays: its t-value does not confirm what its rank asks for (evidence)"},
        {PLAN_NOT_YET, "not_yet_judged",
         "is given nothing: a gate of a year is not yet judged (30 daily samples)"},
        {PLAN_BACK, "back_after", "comes back to the floor (back_after, bounds.floor)"},
        {PLAN_FAULT_NOW, "fault", "crashed, hung or flooded since the last tournament"},
    };

    return number < sizeof(all) / sizeof(all[0]) ? &all[number] : NULL;
}

const char *plan_bound_doc(const union plan_event *event, const struct plan_line *line,
                           const struct plan_bound *bound)
{
    agon_amt_t asked_amt = bound->flag == PLAN_BY_CHANCE ? plan_asked_change_amt(event, line) : 0;

    return asked_amt > 0   ? "stays: its rank asks for more capital, and its t-value does not "
                             "confirm that (evidence)"
           : asked_amt < 0 ? "stays: its rank asks for less capital, and its t-value does not "
                             "confirm that (evidence)"
                           : bound->doc;
}

const char *const plan_outcome_names[PLAN_OUTCOMES + 1] = {"passed", "failed", "not_yet_judged",
                                                           "not_asked", NULL};
const char *const plan_outcome_words[PLAN_OUTCOMES] = {"passed", "failed", "not yet judged",
                                                       "not asked"};

enum plan_outcome plan_outcome_of(const struct plan_line *line, const struct plan_gate *of)
{
    return !plan_is_judged(line) ? PLAN_NOT_ASKED
           : of->is_not_yet      ? PLAN_WAITS
           : of->is_failed       ? PLAN_FAILED
                                 : PLAN_PASSED;
}

int plan_is_judged(const struct plan_line *line)
{
    return line->verdict == PLAN_RANKED || line->verdict == PLAN_UNDER_GATE ||
           line->verdict == PLAN_UNLOADED;
}

static int is_fair(const union plan_event *event)
{
    return plan_setting(event, SETTING_EDITION) >= 2.0;
}

static int is_judged(const struct plan_line *line)
{
    return line->verdict == 0 || plan_is_judged(line);
}

// 1: a is the better one, -1: b, 0: none.
static int compare(const union plan_event *event, const struct plan_line *a,
                   const struct plan_line *b, uint32_t measure)
{
    double of_a, of_b;
    int order;

    plan_value_of(event, a, measure, &of_a);
    plan_value_of(event, b, measure, &of_b);
    order = (of_a > of_b) - (of_a < of_b);
    return measure_at(measure)->is_less_better ? -order : order;
}

double plan_points(const union plan_event *event, const struct plan_line *line, uint32_t measure)
{
    const struct record_plan *plan = &event->plan;
    uint32_t halves = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *other = &plan_lines(plan)[i];

        if (other == line || !is_judged(other))
            continue;
        halves += (uint32_t)(compare(event, line, other, measure) + 1);
        n++;
    }
    return n > 0 ? (double)halves / (double)(2 * n) : 1.0;
}

static double score_of(const union plan_event *event, const struct plan_line *line)
{
    double sum = 0.0;
    double weights = 0.0;

    for (uint32_t measure = 0; measure < MEASURES; measure++) {
        double weight = plan_weight(event, measure);

        if (measure >= RECORD_MEASURES && weight == 0.0)
            continue;
        sum += weight * plan_points(event, line, measure);
        weights += weight;
    }
    return sum / weights;
}

// Whether a is the better one. Scores are sums of products, each rounded: two that are the same by
// their measures may differ in the last digit, and a tie went by that.
static int is_above(const union plan_event *event, const struct plan_line *a,
                    const struct plan_line *b)
{
    return a->score - b->score > (plan_setting(event, SETTING_EDITION) >= 4.0 ? 1e-12 : 0.0);
}

// Returns how many are ranked; ranked has them by rank.
static uint32_t judge(union plan_event *event, struct plan_line **ranked)
{
    struct record_plan *plan = &event->plan;
    const struct plan_rules *rules = &plan->rules;
    uint32_t n = 0;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        struct plan_line *line = &plan_lines(plan)[i];

        if (line->verdict == 0 && line->n_samples < rules->min_samples)
            line->verdict = PLAN_TOO_NEW;
        if (line->verdict == 0 && is_fair(event) &&
            plan_noted(event, line, SETTING_MIN_TRADES) < plan_setting(event, SETTING_MIN_TRADES))
            line->verdict = PLAN_IDLE;
    }
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        struct plan_line *line = &plan_lines(plan)[i];
        uint32_t at = n;
        int is_failed;

        if (!is_judged(line))
            continue;
        line->score = score_of(event, line);
        is_failed = plan_ask_gates(event, line);
        line->failures = is_failed ? line->failures + 1 : 0;
        line->verdict = !is_failed ? PLAN_RANKED
                        : rules->failures > 0 && line->failures >= rules->failures
                            ? PLAN_UNLOADED
                            : PLAN_UNDER_GATE;
        if (line->verdict != PLAN_RANKED)
            continue;
        // Lines come by slot number, so that an equal score stays behind.
        for (; at > 0 && is_above(event, line, ranked[at - 1]); at--)
            ranked[at] = ranked[at - 1];
        ranked[at] = line;
        n++;
    }
    for (uint32_t i = 0, rank = 1; i < n; i++) {
        if (!is_fair(event) || i == 0 || is_above(event, ranked[i - 1], ranked[i]))
            rank = i + 1;
        ranked[i]->rank = (uint8_t)rank;
        ranked[i]->flags |= rank >= 256 ? PLAN_RANK_HIGH : 0;
    }
    return n;
}

// Who has the same rank has the mean of what its places come to.
static void share_ties(struct plan_line **ranked, uint32_t n)
{
    for (uint32_t first = 0, end; first < n; first = end) {
        uint64_t sum = 0;

        for (end = first; end < n && plan_rank(ranked[end]) == plan_rank(ranked[first]); end++)
            sum += ranked[end]->share_ppm;
        for (uint32_t i = first; i < end; i++)
            ranked[i]->share_ppm = (uint32_t)(sum / (end - first));
    }
}

static void share(const union plan_event *event, struct plan_line **ranked, uint32_t n)
{
    const struct plan_rules *rules = &event->plan.rules;
    const struct allocator *allocator = allocator_of(rules->mode);
    uint64_t sum = 0;

    REQUIRE(allocator != NULL);
    for (uint32_t i = 0; i < n; i++) {
        ranked[i]->share_ppm = allocator->share_ppm(rules, ranked[i], i, n);
        sum += ranked[i]->share_ppm;
    }
    if (is_fair(event))
        share_ties(ranked, n);
    for (uint32_t i = 0; i < n && sum > ALL_PPM; i++)
        ranked[i]->share_ppm = (uint32_t)((uint64_t)ranked[i]->share_ppm * ALL_PPM / sum);
}

agon_amt_t plan_whole(const union plan_event *event)
{
    const struct record_plan *plan = &event->plan;
    agon_amt_t whole_amt = 0;

    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++)
        whole_amt = num_add(whole_amt, plan_pool_of(event, i)->before_amt);
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];

        if (is_judged(line) && line->equity_amt > 0)
            whole_amt = num_add(whole_amt, line->equity_amt);
    }
    return num_mul_div(whole_amt, ALL_PPM - plan->rules.reserve_ppm, ALL_PPM, NUM_DOWN);
}

agon_amt_t plan_asked_amt(const union plan_event *event, const struct plan_line *line)
{
    return num_mul_div(plan_whole(event), line->share_ppm, ALL_PPM, NUM_DOWN);
}

agon_amt_t plan_asked_change_amt(const union plan_event *event, const struct plan_line *line)
{
    return num_add(plan_asked_amt(event, line), -line->equity_amt);
}

static agon_amt_t part_of(agon_amt_t amt, double share)
{
    return num_mul_div(amt, (int64_t)(share * (double)ALL_PPM + 0.5), ALL_PPM, NUM_DOWN);
}

// Above the floor nobody is reduced below it, and below it nobody is reduced at all.
static agon_amt_t down_to(agon_amt_t equity_amt, agon_amt_t target_amt, agon_amt_t floor_amt)
{
    agon_amt_t least_amt = equity_amt < floor_amt ? equity_amt : floor_amt;

    return target_amt > least_amt ? target_amt : least_amt;
}

/* What may be chance moves no capital, but back to the floor. */
static agon_amt_t by_evidence(const union plan_event *event, struct plan_line *line,
                              agon_amt_t equity_amt, agon_amt_t target_amt, agon_amt_t floor_amt)
{
    double evidence = plan_setting(event, SETTING_EVIDENCE);
    double t = plan_noted(event, line, SETTING_EVIDENCE);
    agon_amt_t kept_amt = equity_amt;

    if (evidence <= 0.0 || (target_amt > equity_amt && t >= evidence) ||
        (target_amt < equity_amt && t <= -evidence))
        return target_amt;
    if (target_amt > equity_amt && equity_amt < floor_amt)
        kept_amt = target_amt < floor_amt ? target_amt : floor_amt;
    if (kept_amt != target_amt)
        line->flags |= PLAN_BY_CHANCE;
    return kept_amt;
}

static agon_amt_t ranked_target(const union plan_event *event, struct plan_line *line,
                                agon_amt_t equity_amt, agon_amt_t floor_amt)
{
    const struct allocator *allocator = allocator_of(event->plan.rules.mode);
    agon_amt_t target_amt = plan_asked_amt(event, line);
    agon_amt_t most_amt =
        num_add(equity_amt, part_of(equity_amt, plan_setting(event, SETTING_INCREASE)));
    agon_amt_t least_amt =
        down_to(equity_amt, equity_amt - part_of(equity_amt, plan_setting(event, SETTING_DECREASE)),
                floor_amt);
    agon_amt_t still_amt = part_of(equity_amt, plan_setting(event, SETTING_HYSTERESIS));

    target_amt = by_evidence(event, line, equity_amt, target_amt, floor_amt);
    if (allocator->bound != NULL && equity_amt > 0 &&
        target_amt > allocator->bound(&event->plan, line)) {
        target_amt = allocator->bound(&event->plan, line);
        line->flags |= PLAN_GROWTH_BOUND;
    }
    most_amt = most_amt > floor_amt ? most_amt : floor_amt;
    if (target_amt > most_amt) {
        target_amt = most_amt;
        line->flags |= PLAN_INCREASE_BOUND;
    }
    if (target_amt < least_amt) {
        target_amt = least_amt;
        line->flags |= PLAN_DECREASE_BOUND;
    }
    if ((line->flags & PLAN_NOT_YET) != 0 && target_amt > equity_amt)
        target_amt = equity_amt;
    if (target_amt != equity_amt && target_amt < equity_amt + still_amt &&
        target_amt > equity_amt - still_amt) {
        target_amt = equity_amt;
        line->flags |= PLAN_STILL;
    }
    return target_amt;
}

// From below the floor: ranked_target brings back at once whom a gate does not hold.
static agon_amt_t come_back(union plan_event *event, struct plan_line *line, agon_amt_t target_amt,
                            agon_amt_t floor_amt)
{
    double waited = plan_noted(event, line, SETTING_BACK_AFTER) + 1.0;

    if (target_amt >= floor_amt || line->verdict == PLAN_FAULTY || line->verdict == PLAN_ASIDE ||
        line->verdict == PLAN_UNLOADED || line->verdict == PLAN_GONE) {
        waited = 0.0;
    } else if (waited >= plan_setting(event, SETTING_BACK_AFTER)) {
        waited = 0.0;
        target_amt = floor_amt;
        line->flags |= PLAN_BACK;
    }
    plan_note(event, line, SETTING_BACK_AFTER, waited);
    return target_amt;
}

static void aim_fair(union plan_event *event)
{
    agon_amt_t floor_amt = part_of(plan_whole(event), plan_setting(event, SETTING_FLOOR));

    for (uint32_t i = 0; i < event->plan.n_lines; i++) {
        struct plan_line *line = &plan_lines(&event->plan)[i];
        agon_amt_t equity_amt = line->equity_amt > 0 ? line->equity_amt : 0;
        agon_amt_t decrease_amt = part_of(equity_amt, plan_setting(event, SETTING_DECREASE));
        agon_amt_t target_amt = equity_amt;

        if (line->verdict == PLAN_RANKED)
            target_amt = ranked_target(event, line, equity_amt, floor_amt);
        else if (line->verdict == PLAN_UNDER_GATE || (line->flags & PLAN_FAULT_NOW) != 0)
            target_amt = down_to(equity_amt, equity_amt - decrease_amt, floor_amt);
        else if (line->verdict == PLAN_UNLOADED || line->verdict == PLAN_GONE)
            target_amt = 0;
        target_amt = come_back(event, line, target_amt, floor_amt);
        // A debt is not paid.
        line->target_amt = num_add(line->equity_amt, num_add(target_amt, -equity_amt));
    }
}

static void aim(union plan_event *event)
{
    struct record_plan *plan = &event->plan;
    const struct allocator *allocator = allocator_of(plan->rules.mode);
    agon_amt_t whole_amt = plan_whole(event);

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        struct plan_line *line = &plan_lines(plan)[i];

        line->target_amt = line->equity_amt;
        // Without a share nothing is given, and a debt is not paid.
        if (line->share_ppm == 0) {
            if (line->equity_amt > 0 && (is_judged(line) || line->verdict == PLAN_GONE))
                line->target_amt = 0;
            continue;
        }
        line->target_amt = num_mul_div(whole_amt, line->share_ppm, ALL_PPM, NUM_DOWN);
        if (allocator->bound != NULL && line->equity_amt > 0 &&
            line->target_amt > allocator->bound(plan, line)) {
            line->target_amt = allocator->bound(plan, line);
            line->flags |= PLAN_GROWTH_BOUND;
        }
    }
}

static agon_amt_t least_of(agon_amt_t a, agon_amt_t b)
{
    return a < b ? a : b;
}

static agon_amt_t free_of(const struct plan_part *part)
{
    return part->free_amt > 0 ? part->free_amt : 0;
}

agon_amt_t plan_free(const struct plan_line *line)
{
    agon_amt_t free_amt = 0;

    for (uint32_t i = 0; i < line->n_accounts; i++)
        free_amt = num_add(free_amt, free_of(&line->parts[i]));
    return free_amt;
}

// The same on each account, the first the odd units.
static void split(struct plan_line *line, agon_amt_t amt)
{
    for (uint32_t i = line->n_accounts; i-- > 0;) {
        line->parts[i].change_amt =
            i > 0 ? amt / (agon_amt_t)line->n_accounts
                  : amt - (agon_amt_t)(line->n_accounts - 1) * (amt / (agon_amt_t)line->n_accounts);
    }
}

static void take(union plan_event *event, struct plan_line *line, agon_amt_t amt)
{
    agon_amt_t most_amt = least_of(plan_free(line), line->capital_before_amt);
    agon_amt_t left_amt;

    if (amt > most_amt) {
        line->flags |= PLAN_CASH_SHORT;
        amt = most_amt;
    }
    left_amt = amt;
    split(line, amt);
    for (uint32_t i = 0; i < line->n_accounts; i++) {
        struct plan_part *part = &line->parts[i];

        part->change_amt = -least_of(part->change_amt, free_of(part));
        left_amt += part->change_amt;
    }
    for (uint32_t i = 0; i < line->n_accounts; i++) {
        struct plan_part *part = &line->parts[i];
        agon_amt_t more_amt = least_of(left_amt, free_of(part) + part->change_amt);
        struct plan_pool *pool = plan_pool(event, line->accounts[i]);

        part->change_amt -= more_amt;
        left_amt -= more_amt;
        pool->after_amt = num_add(pool->after_amt, -part->change_amt);
    }
    line->capital_after_amt = line->capital_before_amt - amt;
}

static void move(union plan_event *event)
{
    struct record_plan *plan = &event->plan;
    agon_amt_t wanted_amt[ACCOUNTS_MAX] = {0};
    agon_amt_t room_amt[ACCOUNTS_MAX];

    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++)
        plan_pool(event, i)->after_amt = plan_pool(event, i)->before_amt;
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        struct plan_line *line = &plan_lines(plan)[i];
        agon_amt_t change_amt = num_add(line->target_amt, -line->equity_amt);

        line->capital_after_amt = line->capital_before_amt;
        if (change_amt < 0)
            take(event, line, -change_amt);
        else
            split(line, change_amt);
        for (uint32_t k = 0; k < line->n_accounts && change_amt > 0; k++)
            wanted_amt[line->accounts[k]] =
                num_add(wanted_amt[line->accounts[k]], line->parts[k].change_amt);
    }
    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        const struct plan_pool *pool = plan_pool_of(event, i);

        room_amt[i] = num_add(least_of(pool->before_amt, pool->at_hand_amt),
                              pool->after_amt - pool->before_amt);
        if (room_amt[i] < 0)
            room_amt[i] = 0;
    }
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        struct plan_line *line = &plan_lines(plan)[i];

        for (uint32_t k = 0; k < line->n_accounts && line->target_amt > line->equity_amt; k++) {
            struct plan_part *part = &line->parts[k];
            uint8_t account = line->accounts[k];
            struct plan_pool *pool = plan_pool(event, account);

            if (wanted_amt[account] > room_amt[account]) {
                line->flags |= PLAN_POOL_SHORT;
                part->change_amt =
                    num_mul_div(part->change_amt, room_amt[account], wanted_amt[account], NUM_DOWN);
            }
            line->capital_after_amt = num_add(line->capital_after_amt, part->change_amt);
            pool->after_amt = num_add(pool->after_amt, -part->change_amt);
        }
    }
}

void plan_make(union plan_event *event)
{
    struct plan_line *ranked[PLAN_LINES_MAX];
    uint32_t n = judge(event, ranked);

    share(event, ranked, n);
    if (is_fair(event))
        aim_fair(event);
    else
        aim(event);
    move(event);
}
