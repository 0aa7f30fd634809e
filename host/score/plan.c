// SPDX-License-Identifier: Apache-2.0
#include "score/plan.h"

#include "base/cron.h"
#include "base/num.h"

#define ALL_PPM 1000000
#define WEEK_NS ((int64_t)7 * 86400 * 1000000000)

void plan_defaults(struct tournament_rules *rules)
{
    static const uint32_t shares[] = {250000, 200000, 180000, 150000, 120000}; // TRN-05

    memset(rules, 0, sizeof(*rules));
    memcpy(rules->schedule, "0 0 * * 0", sizeof("0 0 * * 0"));
    for (int i = 0; i < MEASURES; i++)
        rules->weights[i] = 1.0;
    rules->gates[MEASURE_DRAWDOWN] = 0.2;
    rules->gate_mask = 1u << MEASURE_DRAWDOWN;
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
    rules->failures = 1;
    rules->mode = TOURNAMENT_RANK_SHARES;
    rules->on_unload = UNLOAD_CLOSE;
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
    struct cron cron;
    int rc;

    if (n == sizeof(rules->schedule))
        return error_set(err, AGON_EINVAL, "the schedule is too long");
    rc = cron_parse(&cron, rules->schedule, n, err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < MEASURES; i++) {
        if (!is_finite(rules->weights[i]) || rules->weights[i] < 0.0 || !is_finite(rules->gates[i]))
            return error_set(err, AGON_EINVAL, "%s: a weight or a gate is no usable number",
                             plan_measure_name((uint32_t)i));
        weights += rules->weights[i];
    }
    if (!(weights > 0.0) || !is_finite(weights))
        return error_set(err, AGON_EINVAL, "no measure has a weight");
    if (rules->n_shares > TOURNAMENT_SHARES)
        return error_set(err, AGON_EINVAL, "more than %d shares", TOURNAMENT_SHARES);
    for (uint32_t i = 0; i < rules->n_shares; i++)
        sum_ppm += rules->shares_ppm[i];
    if (sum_ppm > ALL_PPM)
        return error_set(err, AGON_EINVAL, "the shares sum to %llu.%04llu %%, more than all",
                         (unsigned long long)(sum_ppm / 10000),
                         (unsigned long long)(sum_ppm % 10000));
    if (rules->reserve_ppm > ALL_PPM || rules->most_ppm > ALL_PPM ||
        rules->least_ppm > rules->most_ppm || rules->kelly_ppm > ALL_PPM)
        return error_set(err, AGON_EINVAL, "a bound is above 100 %%, or the least above the most");
    if (rules->sample_s == 0 || rules->sample_s % 60 != 0 || rules->sample_s > 7 * 86400)
        return error_set(err, AGON_EINVAL, "samples are whole minutes apart, at most a week");
    if (rules->window == 0 || rules->window > WINDOW_MAX || rules->min_samples == 0 ||
        rules->min_samples > rules->window)
        return error_set(err, AGON_EINVAL, "a window has 1 to %d samples, and not fewer than asked",
                         WINDOW_MAX);
    if (rules->mode < TOURNAMENT_RANK_SHARES || rules->mode > TOURNAMENT_BOUNDED ||
        rules->on_unload < UNLOAD_CLOSE || rules->on_unload > UNLOAD_KEEP)
        return error_set(err, AGON_EINVAL, "no such mode");
    return AGON_OK;
}

const char *plan_measure_name(uint32_t measure)
{
    static const char *const names[MEASURES] = {"sharpe",   "calmar",        "drawdown",
                                                "win_rate", "profit_factor", "vol_return"};

    return measure < MEASURES ? names[measure] : "?";
}

const char *plan_verdict_name(uint8_t verdict)
{
    static const char *const names[] = {"?",       "ranked", "under_gate", "unloaded",
                                        "too_new", "aside",  "gone"};

    return verdict <= PLAN_GONE ? names[verdict] : "?";
}

// One account's part of the plan.
struct part {
    struct record_plan *plan;
    struct plan_pool *pool;
    struct plan_line *lines[PLAN_LINES_MAX]; /* of the account, by slot */
    struct plan_line *ranked[PLAN_LINES_MAX];
    uint32_t n_lines, n_ranked;
};

static int is_judged(const struct plan_line *line)
{
    return line->verdict == 0 || line->verdict == PLAN_RANKED || line->verdict == PLAN_UNDER_GATE ||
           line->verdict == PLAN_UNLOADED;
}

// 1: a is the better one, -1: b, 0: none.
static int compare(const struct plan_line *a, const struct plan_line *b, uint32_t measure)
{
    int order = (a->measures[measure] > b->measures[measure]) -
                (a->measures[measure] < b->measures[measure]);

    return measure == MEASURE_DRAWDOWN ? -order : order;
}

double plan_points(const struct record_plan *plan, const struct plan_line *line, uint32_t measure)
{
    uint32_t halves = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *other = &plan_lines(plan)[i];

        if (other == line || other->account != line->account || !is_judged(other))
            continue;
        halves += (uint32_t)(compare(line, other, measure) + 1);
        n++;
    }
    return n > 0 ? (double)halves / (double)(2 * n) : 1.0;
}

static double score_of(const struct record_plan *plan, const struct plan_line *line)
{
    double sum = 0.0;
    double weights = 0.0;

    for (uint32_t measure = 0; measure < MEASURES; measure++) {
        sum += plan->rules.weights[measure] * plan_points(plan, line, measure);
        weights += plan->rules.weights[measure];
    }
    return sum / weights;
}

static uint8_t failed_gates(const struct tournament_rules *rules, const struct plan_line *line)
{
    uint8_t failed = 0;

    for (int i = 0; i < MEASURES; i++) {
        double value = line->measures[i];
        int is_passed = i == MEASURE_DRAWDOWN   ? value < rules->gates[i]
                        : i == MEASURE_WIN_RATE ? value >= rules->gates[i]
                                                : value > rules->gates[i];

        if ((rules->gate_mask >> i & 1) != 0 && ((line->defined >> i & 1) == 0 || !is_passed))
            failed |= (uint8_t)(1u << i);
    }
    return failed;
}

static void judge(struct part *part)
{
    const struct tournament_rules *rules = &part->plan->rules;

    for (uint32_t i = 0; i < part->n_lines; i++) {
        struct plan_line *line = part->lines[i];

        if (line->verdict == 0 && line->n_samples < rules->min_samples)
            line->verdict = PLAN_TOO_NEW;
    }
    for (uint32_t i = 0; i < part->n_lines; i++) {
        struct plan_line *line = part->lines[i];

        if (!is_judged(line))
            continue;
        line->score = score_of(part->plan, line);
        line->failed = failed_gates(rules, line);
        line->failures = line->failed != 0 ? line->failures + 1 : 0;
        line->verdict = line->failed == 0 ? PLAN_RANKED
                        : rules->failures > 0 && line->failures >= rules->failures
                            ? PLAN_UNLOADED
                            : PLAN_UNDER_GATE;
        if (line->verdict == PLAN_RANKED) {
            uint32_t at = part->n_ranked++;

            // Lines come by slot number, so that an equal score stays behind.
            for (; at > 0 && part->ranked[at - 1]->score < line->score; at--)
                part->ranked[at] = part->ranked[at - 1];
            part->ranked[at] = line;
        }
    }
    for (uint32_t i = 0; i < part->n_ranked; i++)
        part->ranked[i]->rank = (uint8_t)(i + 1);
}

static uint32_t kelly_ppm(const struct tournament_rules *rules, const struct plan_line *line)
{
    double ppm = line->kelly * (double)rules->kelly_ppm;

    return ppm >= (double)rules->most_ppm    ? rules->most_ppm
           : ppm <= (double)rules->least_ppm ? rules->least_ppm
                                             : (uint32_t)ppm;
}

static void share(struct part *part)
{
    const struct tournament_rules *rules = &part->plan->rules;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < part->n_ranked; i++) {
        struct plan_line *line = part->ranked[i];

        if (rules->mode == TOURNAMENT_BOUNDED) {
            line->share_ppm = kelly_ppm(rules, line);
            if (line->share_ppm == rules->most_ppm)
                line->flags |= PLAN_CAPPED;
        } else if (i < rules->n_shares) {
            line->share_ppm = rules->shares_ppm[i];
        } else {
            line->share_ppm = rules->rest_ppm / (part->n_ranked - rules->n_shares);
        }
        sum += line->share_ppm;
    }
    for (uint32_t i = 0; i < part->n_ranked && sum > ALL_PPM; i++)
        part->ranked[i]->share_ppm =
            (uint32_t)((uint64_t)part->ranked[i]->share_ppm * ALL_PPM / sum);
}

// The most that a slot's equity may come to by this plan.
static agon_amt_t growth_bound(const struct record_plan *plan, const struct plan_line *line)
{
    agon_ns_t since = plan->hdr.t - plan->t_since;
    agon_amt_t a_week = num_mul_div(line->equity_amt, plan->rules.growth_ppm, ALL_PPM, NUM_DOWN);

    if (since > WEEK_NS)
        since = WEEK_NS;
    return num_add(line->equity_amt, num_mul_div(a_week, since, WEEK_NS, NUM_DOWN));
}

agon_amt_t plan_whole(const struct record_plan *plan, agon_account_t account)
{
    agon_amt_t whole_amt = plan->pools[account].before_amt;

    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];

        if (line->account == account && is_judged(line) && line->equity_amt > 0)
            whole_amt = num_add(whole_amt, line->equity_amt);
    }
    return num_mul_div(whole_amt, ALL_PPM - plan->rules.reserve_ppm, ALL_PPM, NUM_DOWN);
}

static void aim(struct part *part, agon_amt_t whole_amt)
{
    const struct record_plan *plan = part->plan;

    for (uint32_t i = 0; i < part->n_lines; i++) {
        struct plan_line *line = part->lines[i];

        line->target_amt = line->equity_amt;
        // Without a share nothing is given, and a debt is not paid.
        if (line->share_ppm == 0) {
            if (line->equity_amt > 0 && (is_judged(line) || line->verdict == PLAN_GONE))
                line->target_amt = 0;
            continue;
        }
        line->target_amt = num_mul_div(whole_amt, line->share_ppm, ALL_PPM, NUM_DOWN);
        if (plan->rules.mode == TOURNAMENT_BOUNDED && line->equity_amt > 0 &&
            line->target_amt > growth_bound(plan, line)) {
            line->target_amt = growth_bound(plan, line);
            line->flags |= PLAN_GROWTH_BOUND;
        }
    }
}

static agon_amt_t least_of(agon_amt_t a, agon_amt_t b)
{
    return a < b ? a : b;
}

static void move(struct part *part)
{
    struct plan_pool *pool = part->pool;
    agon_amt_t taken_amt = 0;
    agon_amt_t wanted_amt = 0;
    agon_amt_t room_amt;

    for (uint32_t i = 0; i < part->n_lines; i++) {
        struct plan_line *line = part->lines[i];
        agon_amt_t change_amt = num_add(line->target_amt, -line->equity_amt);
        agon_amt_t most_amt = least_of(line->free_amt, line->capital_before_amt);

        line->capital_after_amt = line->capital_before_amt;
        if (change_amt > 0) {
            wanted_amt = num_add(wanted_amt, change_amt);
        } else if (change_amt < 0) {
            if (most_amt < 0)
                most_amt = 0;
            if (-change_amt > most_amt) {
                line->flags |= PLAN_CASH_SHORT;
                change_amt = -most_amt;
            }
            line->capital_after_amt = num_add(line->capital_before_amt, change_amt);
            taken_amt = num_add(taken_amt, -change_amt);
        }
    }
    pool->after_amt = num_add(pool->before_amt, taken_amt);
    room_amt = num_add(least_of(pool->before_amt, pool->at_hand_amt), taken_amt);
    if (room_amt < 0)
        room_amt = 0;
    for (uint32_t i = 0; i < part->n_lines; i++) {
        struct plan_line *line = part->lines[i];
        agon_amt_t change_amt = num_add(line->target_amt, -line->equity_amt);

        if (change_amt <= 0)
            continue;
        if (wanted_amt > room_amt) {
            line->flags |= PLAN_POOL_SHORT;
            change_amt = num_mul_div(change_amt, room_amt, wanted_amt, NUM_DOWN);
        }
        line->capital_after_amt = num_add(line->capital_before_amt, change_amt);
        pool->after_amt = num_add(pool->after_amt, -change_amt);
    }
}

void plan_make(struct record_plan *plan)
{
    for (uint32_t account = 0; account < PLAN_ACCOUNTS; account++) {
        struct part part = {.plan = plan, .pool = &plan->pools[account]};

        for (uint32_t i = 0; i < plan->n_lines; i++) {
            struct plan_line *line = &plan_lines(plan)[i];

            if (line->account == account)
                part.lines[part.n_lines++] = line;
        }
        judge(&part);
        share(&part);
        aim(&part, plan_whole(plan, (agon_account_t)account));
        move(&part);
    }
}
