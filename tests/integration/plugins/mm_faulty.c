// SPDX-License-Identifier: Apache-2.0
/* mm_faulty: the market maker that comes with Agon, which earns where takers know nothing, until
 * thirteen hours have passed. What it does then is the build's choice: its callback returns an
 * error, writes nowhere or never returns, or it wants each time two hundred orders that no gate
 * lets pass: for ten seconds, or on and on. For tests of what becomes of an agent that was first
 * before its fault. */
#include <agon/strategy.h>

static int create_faulty(const struct agon_host *host, struct agon_agent *agent,
                         const struct agon_rule *rule, const struct agon_descriptor *descriptor,
                         const struct agon_setting *settings);
#define agon_strategy_create create_faulty
#include "../../../plugins/mm/mm.c"
#undef agon_strategy_create

#define FAILS      1
#define CRASHES    2
#define HANGS      3
#define FLOODS     4 /* once */
#define FLOODS_ON  5
#define FAULTY_NS  ((agon_ns_t)13 * 3600 * SECOND)
#define FLOOD_NS   (10 * SECOND)
#define FLOOD_WIDE 200

static agon_ns_t t_begun, t_flood; // of the only instance in its process

/* Not for each event: a refusal is one too. */
static void flood(const struct mm *self, agon_ns_t t)
{
    // Far below what the market lets an order be, in price and in size.
    const struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                       .side = AGON_BUY,
                                       .type = AGON_LIMIT,
                                       .instrument = self->state.instrument,
                                       .px = 1,
                                       .qty = 1,
                                       .reason = 1};

    if (t < t_flood + SECOND)
        return;
    t_flood = t;
    for (int i = 0; i < FLOOD_WIDE; i++)
        (void)self->base.desk.orders->submit(self->base.desk.host, &intent, 1);
}

static int work(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    static int *volatile nowhere; // no compiler is to see that it leads nowhere
    agon_ns_t since_ns;

    if (t_begun == 0)
        t_begun = event->t;
    since_ns = event->t - t_begun - FAULTY_NS;
    if (since_ns >= 0 && FAULT == FAILS)
        return AGON_EIO;
    if (since_ns >= 0 && FAULT == CRASHES)
        *nowhere = 1;
    while (since_ns >= 0 && FAULT == HANGS)
        __asm__ volatile("");
    if (since_ns >= 0 && (FAULT == FLOODS_ON || (FAULT == FLOODS && since_ns < FLOOD_NS)))
        flood(plugin, event->t);
    return agon_strategy_on_event(plugin, event, nth);
}

static int create_faulty(const struct agon_host *host, struct agon_agent *agent,
                         const struct agon_rule *its_rule, const struct agon_descriptor *its,
                         const struct agon_setting *settings)
{
    int rc = agon_strategy_create(host, agent, its_rule, its, settings);

    agent->on_event = rc < 0 ? NULL : work;
    return rc;
}
