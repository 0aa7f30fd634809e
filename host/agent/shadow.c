// SPDX-License-Identifier: Apache-2.0
/* shadow: judges a new generation by what it wishes beside the one that plays.
 *
 * exact: the n-th wish of a cause must be the other's, field by field; only client_refs may differ,
 * and then they differ as one map. A row of the table is a mode: paper fills and bands (bounded,
 * observe) and the time after a take-over (probation) are further rows. [core] */
#include "agent/crew_impl.h"
#include "base/hash.h"

static uint64_t content(const void *bytes, size_t n)
{
    return hash_bytes(bytes, n);
}

static struct wish_mark mark_of(const struct agon_event_hdr *wish)
{
    const struct agon_intent_event *intent = (const struct agon_intent_event *)(const void *)wish;
    struct wish_mark mark = {
        .cause_seq = intent->origin.cause_seq, .n = intent->origin.n, .type = wish->type};

    if (wish->type == AGON_EVENT_INTENT) {
        struct {
            struct agon_intent intent;
            uint8_t leg, n_legs, pad[6];
        } said = {
            .intent = intent->intent, .leg = intent->origin.leg, .n_legs = intent->origin.n_legs};

        mark.kind = said.intent.kind;
        mark.ref = said.intent.client_ref;
        said.intent.client_ref = 0;
        mark.hash = content(&said, sizeof(said));
    } else if (wish->type == AGON_EVENT_EXIT_PLAN) {
        const struct agon_exit_event *exit = (const struct agon_exit_event *)(const void *)wish;

        // Its name is not an order's, and the slot keeps the plan under it.
        mark.hash = content(&exit->plan, sizeof(exit->plan));
    } else if (wish->type == EVENT_ARM) {
        const struct record_arm *arm = (const struct record_arm *)(const void *)wish;

        mark.hash = content(&arm->id, sizeof(*arm) - offsetof(struct record_arm, id));
    } else if (wish->type == EVENT_JOB_WISH) {
        const struct record_job_wish *job = (const struct record_job_wish *)(const void *)wish;
        struct record_job_wish said = *job;

        // Boxes are each one's own.
        memset(&said.hdr, 0, sizeof(said.hdr));
        memset(&said.origin, 0, sizeof(said.origin));
        said.box = 0;
        mark.hash = content(&said, sizeof(said));
    } else {
        const struct record_signal *signal = (const struct record_signal *)(const void *)wish;

        mark.hash = content(&signal->signal.slot,
                            sizeof(signal->signal) - offsetof(struct agon_signal, slot));
    }
    return mark;
}

static void differ(struct shadow *shadow, const struct wish_mark *a, const char *what)
{
    if (shadow->failure.code == 0)
        error_set(&shadow->failure, AGON_ECORRUPT,
                  "it differs from the active one at event %llu, intent %u: %s",
                  (unsigned long long)a->cause_seq, a->n, what);
}

/* The number by which the new one must know the active one's order. */
static uint64_t expected_ref(const struct shadow *shadow, uint64_t ref)
{
    for (uint32_t i = 0; i < shadow->n_refs; i++) {
        if (shadow->refs[i].active == ref)
            return shadow->refs[i].next;
    }
    return ref;
}

static void add_ref(struct shadow *shadow, const struct wish_mark *a, const struct wish_mark *b)
{
    uint32_t at = shadow->n_refs;

    for (uint32_t i = 0; i < shadow->n_refs && at == SHADOW_REFS; i++) {
        if (shadow->refs[i].is_final)
            at = i;
    }
    if (at == SHADOW_REFS) {
        differ(shadow, a, "too many open orders under other numbers");
        return;
    }
    shadow->refs[at].active = a->ref;
    shadow->refs[at].next = b->ref;
    shadow->refs[at].is_final = 0;
    shadow->n_refs += at == shadow->n_refs;
}

static void compare(struct shadow *shadow, int is_async)
{
    while (shadow->active_head < shadow->active_tail && shadow->next_head < shadow->next_tail &&
           shadow->failure.code == 0) {
        const struct wish_mark *a = &shadow->of_active[shadow->active_head++ % SHADOW_QUEUE];
        const struct wish_mark *b = &shadow->of_next[shadow->next_head++ % SHADOW_QUEUE];

        if (a->cause_seq != b->cause_seq || a->n != b->n) {
            differ(shadow, a->cause_seq <= b->cause_seq ? a : b,
                   a->cause_seq <= b->cause_seq ? "it has no intent there"
                                                : "it alone has an intent");
        } else if (a->type != b->type || a->kind != b->kind || a->hash != b->hash) {
            differ(shadow, a, "its intent differs");
        } else if (a->type == AGON_EVENT_INTENT && a->kind == AGON_INTENT_ORDER &&
                   a->ref != b->ref) {
            // A child has been told of the order under the other's number before this is known.
            if (is_async)
                differ(shadow, a, "it numbers its orders in another way");
            else
                add_ref(shadow, a, b);
        } else if (expected_ref(shadow, a->ref) != b->ref &&
                   !(a->type == AGON_EVENT_INTENT && a->kind == AGON_INTENT_ORDER)) {
            differ(shadow, a, "it names another order");
        }
    }
}

static void on_active(struct shadow *shadow, const struct agon_event_hdr *wish, int is_async)
{
    struct wish_mark mark = mark_of(wish);

    if (mark.cause_seq <= shadow->cut_seq)
        return; // before the two had the same past
    if (shadow->active_tail - shadow->active_head == SHADOW_QUEUE)
        differ(shadow, &mark, "it is too far behind");
    if (shadow->failure.code != 0)
        return;
    shadow->of_active[shadow->active_tail++ % SHADOW_QUEUE] = mark;
    compare(shadow, is_async);
}

static void on_next(struct shadow *shadow, const struct agon_event_hdr *wish, int is_async)
{
    struct wish_mark mark = mark_of(wish);

    // What it wished in on_start, before the first event that both have, is no answer to anything.
    if (mark.cause_seq <= shadow->cut_seq)
        return;
    if (shadow->next_tail - shadow->next_head == SHADOW_QUEUE)
        differ(shadow, &mark, "it has far more intents");
    if (shadow->failure.code != 0)
        return;
    shadow->of_next[shadow->next_tail++ % SHADOW_QUEUE] = mark;
    compare(shadow, is_async);
}

static int judge_exact(struct shadow *shadow, uint64_t active_seq, uint64_t next_seq,
                       uint64_t n_seen, uint64_t wanted, struct error *err)
{
    // A wish that the other would have answered by now.
    if (shadow->active_head < shadow->active_tail &&
        shadow->of_active[shadow->active_head % SHADOW_QUEUE].cause_seq <= next_seq)
        differ(shadow, &shadow->of_active[shadow->active_head % SHADOW_QUEUE],
               "it has no intent there");
    if (shadow->next_head < shadow->next_tail &&
        shadow->of_next[shadow->next_head % SHADOW_QUEUE].cause_seq <= active_seq)
        differ(shadow, &shadow->of_next[shadow->next_head % SHADOW_QUEUE],
               "it alone has an intent");
    if (shadow->failure.code != 0) {
        *err = shadow->failure;
        return shadow->failure.code;
    }
    return n_seen >= wanted && shadow->active_head == shadow->active_tail &&
           shadow->next_head == shadow->next_tail;
}

static int judge_none(struct shadow *shadow, uint64_t active_seq, uint64_t next_seq,
                      uint64_t n_seen, uint64_t wanted, struct error *err)
{
    (void)shadow;
    (void)active_seq;
    (void)next_seq;
    (void)n_seen;
    (void)wanted;
    (void)err;
    return 1;
}

const struct shadow_mode shadow_modes[] = {
    [CREW_SHADOW_NONE] = {.judge = judge_none},
    [CREW_SHADOW_EXACT] = {.on_active = on_active, .on_next = on_next, .judge = judge_exact},
};
