// SPDX-License-Identifier: Apache-2.0
/* mm_fails: the market maker that comes with Agon, which earns where takers know nothing, until a
 * day and a half has passed: from then on its callback returns an error. For tests of what becomes
 * of an agent that was first before its fault. */
#include <agon/strategy.h>

static int create_failing(const struct agon_host *host, struct agon_agent *agent,
                          const struct agon_rule *rule, const struct agon_descriptor *descriptor,
                          const struct agon_setting *settings);
#define agon_strategy_create create_failing
#include "../../../plugins/mm/mm.c"
#undef agon_strategy_create

#define FAILS_AFTER_NS ((agon_ns_t)36 * 3600 * 1000000000)

static agon_ns_t t_begun; // of the only instance in its process

static int work_or_fail(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    if (t_begun == 0)
        t_begun = event->t;
    return event->t >= t_begun + FAILS_AFTER_NS ? AGON_EIO
                                                : agon_strategy_on_event(plugin, event, nth);
}

static int create_failing(const struct agon_host *host, struct agon_agent *agent,
                          const struct agon_rule *its_rule, const struct agon_descriptor *its,
                          const struct agon_setting *settings)
{
    int rc = agon_strategy_create(host, agent, its_rule, its, settings);

    agent->on_event = rc < 0 ? NULL : work_or_fail;
    return rc;
}
