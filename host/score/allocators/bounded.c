// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "score/allocator.h"

#define WEEK_NS ((int64_t)7 * 86400 * 1000000000)

static uint32_t kelly_ppm(const struct plan_rules *rules, const struct plan_line *line)
{
    double ppm = line->kelly * (double)rules->kelly_ppm;

    return ppm >= (double)rules->most_ppm    ? rules->most_ppm
           : ppm <= (double)rules->least_ppm ? rules->least_ppm
                                             : (uint32_t)ppm;
}

static uint32_t share_ppm(const struct plan_rules *rules, struct plan_line *line, uint32_t place,
                          uint32_t n)
{
    uint32_t ppm = kelly_ppm(rules, line);

    (void)place;
    (void)n;
    if (ppm == rules->most_ppm)
        line->flags |= PLAN_CAPPED;
    return ppm;
}

static agon_amt_t bound(const struct record_plan *plan, const struct plan_line *line)
{
    agon_ns_t since = plan->hdr.t - plan->t_since;
    agon_amt_t a_week =
        num_mul_div(line->equity_amt, plan->rules.growth_ppm, ALLOCATOR_ALL_PPM, NUM_DOWN);

    if (since > WEEK_NS)
        since = WEEK_NS;
    return num_add(line->equity_amt, num_mul_div(a_week, since, WEEK_NS, NUM_DOWN));
}

const struct allocator allocator_bounded = {.name = "bounded",
                                            .title = "bounded",
                                            .doc = "by Kelly within bounds",
                                            .mode = TOURNAMENT_BOUNDED,
                                            .share_ppm = share_ppm,
                                            .bound = bound};
