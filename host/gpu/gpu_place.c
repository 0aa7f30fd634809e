// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "gpu/gpu_impl.h"

int gpu_compare(const struct gpu_lease *a, const struct gpu_lease *b)
{
    if (a->class != b->class)
        return a->class < b->class ? -1 : 1;
    if (a->priority != b->priority)
        return a->priority < b->priority ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static int is_over(const struct gpu_lease *one, const struct gpu_lease *other)
{
    return one->class < other->class ||
           (one->class == other->class && one->priority < other->priority);
}

uint32_t gpu_inference_ppm(const struct gpu *gpu, uint32_t card)
{
    uint32_t capacity_ppm = gpu_capacity_ppm(gpu, card);
    uint32_t split_ppm = gpu_split_now(gpu)->inference_ppm;

    return split_ppm < capacity_ppm ? split_ppm : capacity_ppm;
}

// What training and research may have beside so much of inference.
static uint32_t training_beside(const struct gpu *gpu, uint32_t card, uint32_t held_ppm)
{
    uint32_t capacity_ppm = gpu_capacity_ppm(gpu, card), kept_ppm = gpu_inference_ppm(gpu, card);
    uint32_t split_ppm = gpu_split_now(gpu)->training_ppm;
    uint32_t left_ppm;

    kept_ppm = held_ppm > kept_ppm ? held_ppm : kept_ppm;
    left_ppm = capacity_ppm > kept_ppm ? capacity_ppm - kept_ppm : 0;
    return split_ppm < left_ppm ? split_ppm : left_ppm;
}

uint32_t gpu_training_ppm(const struct gpu *gpu, uint32_t card)
{
    return training_beside(gpu, card, gpu_class_ppm(gpu, card, 1));
}

/* What those on a card have, seen by one who wants to be there. */
struct sums {
    int64_t bytes, budget_bytes;
    uint32_t inference_ppm, training_ppm, group_ppm;
    uint32_t n, n_dedicated;
};

// gone: bits of those that are not counted.
static struct sums sum(const struct gpu *gpu, uint32_t card, const struct gpu_lease *want,
                       uint64_t gone, int with_leaving)
{
    struct sums sums = {0};

    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &gpu->leases[i];
        int is_dedicated = (lease->flags & GPU_DEDICATED) != 0;

        if (!gpu_is_on_card(lease, card) || lease == want || (gone >> i & 1) != 0 ||
            (lease->state == GPU_LEAVING && !with_leaving))
            continue;
        sums.n++;
        sums.n_dedicated += (uint32_t)is_dedicated;
        sums.bytes += lease->bytes;
        sums.budget_bytes += lease->budget == want->budget && !is_dedicated ? lease->bytes : 0;
        sums.group_ppm += lease->group == want->group ? lease->share_ppm : 0;
        if (is_dedicated)
            continue;
        if (lease->class == GPU_INFERENCE)
            sums.inference_ppm += lease->share_ppm;
        else
            sums.training_ppm += lease->share_ppm;
    }
    return sums;
}

enum rule { RULE_NONE, RULE_DEDICATED, RULE_BUDGET, RULE_MEMORY, RULE_SPLIT, RULE_GROUP };

static int is_over_split(const struct gpu *gpu, uint32_t card, const struct gpu_lease *want,
                         const struct sums *sums)
{
    if (want->share_ppm == 0 || (want->flags & GPU_DEDICATED) != 0)
        return 0;
    if (want->class == GPU_INFERENCE)
        return sums->inference_ppm + want->share_ppm > gpu_inference_ppm(gpu, card);
    return sums->training_ppm + want->share_ppm > training_beside(gpu, card, sums->inference_ppm);
}

// The first rule by which it does not fit beside those.
static enum rule broken(const struct gpu *gpu, uint32_t card, const struct gpu_lease *want,
                        const struct sums *sums)
{
    const struct gpu_rules *rules = gpu->rules;
    const struct gpu_card_rules *of = &rules->cards[card];
    int is_dedicated = (want->flags & GPU_DEDICATED) != 0;

    if (is_dedicated ? sums->n > 0 : sums->n_dedicated > 0)
        return RULE_DEDICATED;
    if (!is_dedicated && card == gpu_home(gpu, want) &&
        sums->budget_bytes + want->bytes > rules->budgets[want->budget].bytes)
        return RULE_BUDGET;
    if (sums->bytes + want->bytes > of->memory - of->reserve)
        return RULE_MEMORY;
    if (is_over_split(gpu, card, want, sums))
        return RULE_SPLIT;
    if (want->group != GPU_NONE && !is_dedicated &&
        (rules->groups[want->group].card == GPU_EACH || rules->groups[want->group].card == card) &&
        sums->group_ppm + want->share_ppm > rules->groups[want->group].share_ppm)
        return RULE_GROUP;
    return RULE_NONE;
}

static int concerns(const struct gpu_lease *lease, enum rule rule, const struct gpu_lease *want)
{
    switch (rule) {
    case RULE_DEDICATED:
        return (want->flags & GPU_DEDICATED) != 0 || (lease->flags & GPU_DEDICATED) != 0;
    case RULE_BUDGET:
        return lease->budget == want->budget && lease->bytes > 0;
    case RULE_MEMORY:
        return lease->bytes > 0;
    case RULE_SPLIT:
        return lease->share_ppm > 0 &&
               (lease->class == GPU_INFERENCE) == (want->class == GPU_INFERENCE);
    case RULE_GROUP:
        return lease->share_ppm > 0 && lease->group == want->group;
    case RULE_NONE:
    default:
        return 0;
    }
}

// Would it fit on the card when those of *gone are? 0: in no way.
static int plan(const struct gpu *gpu, uint32_t card, const struct gpu_lease *want, uint64_t *gone)
{
    *gone = 0;
    for (;;) {
        struct sums sums = sum(gpu, card, want, *gone, 0);
        enum rule rule = broken(gpu, card, want, &sums);
        const struct gpu_lease *last = NULL;

        if (rule == RULE_NONE)
            return 1;
        for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
            const struct gpu_lease *lease = &gpu->leases[i];

            if (lease->state == GPU_HELD && lease->card == card && (*gone >> i & 1) == 0 &&
                lease != want && is_over(want, lease) && concerns(lease, rule, want) &&
                (last == NULL || gpu_compare(lease, last) > 0))
                last = lease;
        }
        if (last == NULL)
            return 0;
        *gone |= (uint64_t)1 << (last - gpu->leases);
    }
}

void gpu_end(struct gpu_turn *turn, struct gpu_lease *lease, enum gpu_why why)
{
    gpu_fail_jobs(turn, lease, why);
    gpu_say(turn, GPU_DID_ENDED, why, lease);
    memset(lease, 0, sizeof(*lease));
}

void gpu_leave(struct gpu_turn *turn, struct gpu_lease *lease)
{
    REQUIRE(lease->state == GPU_LEAVING && gpu_running(turn->gpu, lease) == NULL);
    if (lease->is_ending) {
        gpu_end(turn, lease, lease->why);
        return;
    }
    lease->state = GPU_SUSPENDED;
    gpu_say(turn, GPU_DID_EVICTED, lease->why, lease);
    lease->card = GPU_NONE;
    lease->why = GPU_WHY_NOTHING;
}

void gpu_put_out(struct gpu_turn *turn, struct gpu_lease *lease, enum gpu_why why, int is_for_good)
{
    REQUIRE(lease->state == GPU_HELD);
    turn->n_put_out++;
    lease->state = GPU_LEAVING;
    lease->why = (uint8_t)why;
    lease->is_ending = (uint8_t)(is_for_good || (lease->flags & GPU_RESUMES) == 0);
    if (gpu_running(turn->gpu, lease) != NULL)
        gpu_say(turn, GPU_DID_LEAVING, why, lease);
    else
        gpu_leave(turn, lease);
}

// On a card that is lost nothing runs on; what waits for it is served behind this.
static void lose(struct gpu_turn *turn)
{
    struct gpu *gpu = turn->gpu;

    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        struct gpu_lease *lease = &gpu->leases[i];
        struct gpu_job *job;

        if ((lease->state != GPU_HELD && lease->state != GPU_LEAVING) ||
            gpu_is_up(gpu, lease->card))
            continue;
        job = gpu_running(gpu, lease);
        if (job != NULL) {
            job->is_running = 0;
            if (!lease->is_ending)
                gpu_say_job(turn, GPU_DID_JOB_AGAIN, GPU_WHY_LOST, job, lease);
        }
        if (lease->state == GPU_LEAVING) {
            gpu_leave(turn, lease);
        } else if (lease->class != GPU_INFERENCE) {
            gpu_put_out(turn, lease, GPU_WHY_LOST, 0);
        } else {
            turn->lost_from[i] = lease->card;
            lease->state = GPU_SUSPENDED;
            lease->card = GPU_NONE;
        }
    }
}

// Inference that found no other card.
static void wait_for_cards(struct gpu_turn *turn)
{
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        struct gpu_lease *lease = &turn->gpu->leases[i];

        if (turn->lost_from[i] == GPU_NONE || lease->state != GPU_SUSPENDED)
            continue;
        lease->card = turn->lost_from[i];
        lease->state = GPU_LEAVING;
        lease->why = GPU_WHY_LOST;
        gpu_leave(turn, lease);
    }
}

static int is_behind_the_top(const struct gpu *gpu, const struct gpu_lease *lease)
{
    return gpu_is_single(gpu) && lease->rank > gpu->rules->single_top;
}

static void keep_the_top(struct gpu_turn *turn)
{
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        struct gpu_lease *lease = &turn->gpu->leases[i];

        if (lease->state == GPU_HELD && is_behind_the_top(turn->gpu, lease))
            gpu_put_out(turn, lease, GPU_WHY_TOP, 0);
    }
}

static int is_split(const struct gpu_lease *lease, uint32_t card)
{
    return lease->state == GPU_HELD && lease->card == card && lease->class != GPU_INFERENCE &&
           lease->share_ppm > 0 && (lease->flags & GPU_DEDICATED) == 0;
}

// Training and research beyond their part of a card: the last of them leave.
static void keep_the_split(struct gpu_turn *turn, uint32_t card)
{
    struct gpu *gpu = turn->gpu;

    for (;;) {
        struct gpu_lease *last = NULL;
        uint32_t sum_ppm = 0;

        for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
            struct gpu_lease *lease = &gpu->leases[i];

            if (!is_split(lease, card))
                continue;
            sum_ppm += lease->share_ppm;
            if (last == NULL || gpu_compare(lease, last) > 0)
                last = lease;
        }
        if (sum_ppm <= gpu_training_ppm(gpu, card))
            return;
        gpu_put_out(turn, last, GPU_WHY_SPLIT, 0);
    }
}

static void hold(struct gpu_turn *turn, struct gpu_lease *lease, uint32_t card)
{
    uint32_t slot = (uint32_t)(lease - turn->gpu->leases);
    struct gpu_decision decision = {
        .owner = lease->owner, .lease = lease->id, .card = (uint8_t)card, .from = GPU_NONE};

    if (turn->lost_from[slot] != GPU_NONE) {
        decision.kind = GPU_DID_MOVED;
        decision.why = GPU_WHY_LOST;
        decision.from = turn->lost_from[slot];
        turn->lost_from[slot] = GPU_NONE;
    } else if (lease->state == GPU_HELD) { // goes home
        decision.kind = GPU_DID_MOVED;
        decision.from = lease->card;
    } else {
        decision.kind = lease->state == GPU_WAITING ? GPU_DID_GRANTED : GPU_DID_RESUMED;
    }
    lease->state = GPU_HELD;
    lease->card = (uint8_t)card;
    lease->pass = turn->gpu->cards[card].pass;
    turn->n_placed++;
    gpu_decide(turn->out, &decision);
}

/* 1: it is held there now, or will be when those that leave have. 0: no room for it. */
static int place(struct gpu_turn *turn, struct gpu_lease *lease, uint32_t card)
{
    struct gpu *gpu = turn->gpu;
    struct sums sums;
    uint64_t gone;

    if (!plan(gpu, card, lease, &gone))
        return 0;
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        if ((gone >> i & 1) != 0)
            gpu_put_out(turn, &gpu->leases[i], GPU_WHY_RANK, 0);
    }
    sums = sum(gpu, card, lease, 0, 1);
    if (broken(gpu, card, lease, &sums) == RULE_NONE)
        hold(turn, lease, card);
    return 1;
}

// Inference whose own card is there again, at a chunk's end.
static void go_home(struct gpu_turn *turn)
{
    struct gpu *gpu = turn->gpu;
    uint64_t seen = 0;

    for (;;) {
        struct gpu_lease *first = NULL;

        for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
            struct gpu_lease *lease = &gpu->leases[i];

            if (lease->state == GPU_HELD && (seen >> i & 1) == 0 &&
                lease->card != gpu_home(gpu, lease) && gpu_is_up(gpu, gpu_home(gpu, lease)) &&
                gpu_running(gpu, lease) == NULL && (first == NULL || gpu_compare(lease, first) < 0))
                first = lease;
        }
        if (first == NULL)
            return;
        seen |= (uint64_t)1 << (first - gpu->leases);
        (void)place(turn, first, gpu_home(gpu, first));
    }
}

// Is one ahead of it away from this card, his own? What is left there is for him.
static int is_expected(const struct gpu *gpu, uint32_t card, const struct gpu_lease *behind)
{
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &gpu->leases[i];

        if (lease->state == GPU_HELD && lease->card != card && gpu_home(gpu, lease) == card &&
            gpu_compare(lease, behind) < 0)
            return 1;
    }
    return 0;
}

// The next of the queue behind one (NULL: the first).
static const struct gpu_lease *next_queued(const struct gpu *gpu, const struct gpu_lease *behind)
{
    const struct gpu_lease *next = NULL;

    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &gpu->leases[i];

        if (gpu_is_queued(lease) && (behind == NULL || gpu_compare(lease, behind) > 0) &&
            (next == NULL || gpu_compare(lease, next) < 0))
            next = lease;
    }
    return next;
}

const struct gpu_lease *gpu_queue_at(const struct gpu *gpu, uint32_t k)
{
    const struct gpu_lease *at = next_queued(gpu, NULL);

    for (; at != NULL && k > 0; k--)
        at = next_queued(gpu, at);
    return at;
}

// Tries the other cards for one whose own is lost; standby ones where no other is left.
static void serve_abroad(struct gpu_turn *turn, struct gpu_lease *lease, uint8_t *is_blocked)
{
    struct gpu *gpu = turn->gpu;
    int any = 0;

    for (uint32_t card = 0; card < gpu->rules->n_cards; card++)
        any |= gpu_is_up(gpu, card) && !gpu->rules->cards[card].is_standby;
    for (uint32_t card = 0; card < gpu->rules->n_cards; card++) {
        if (!gpu_is_up(gpu, card) || is_blocked[card] || is_expected(gpu, card, lease) ||
            (any && gpu->rules->cards[card].is_standby))
            continue;
        if (!place(turn, lease, card))
            continue;
        is_blocked[card] |= lease->state != GPU_HELD;
        return;
    }
}

// One pass over the queue, as far as somebody left for another, and waits now: it is another then.
static void serve(struct gpu_turn *turn)
{
    struct gpu *gpu = turn->gpu;
    uint64_t queue[GPU_LEASES_MAX];
    uint8_t is_blocked[GPU_CARDS_MAX] = {0};
    uint32_t n = 0, n_put_out = turn->n_put_out;

    for (const struct gpu_lease *lease = next_queued(gpu, NULL); lease != NULL;
         lease = next_queued(gpu, lease))
        queue[n++] = lease->id;
    for (uint32_t i = 0; i < n && turn->n_put_out == n_put_out; i++) {
        struct gpu_lease *lease = gpu_find(gpu, queue[i]);
        uint32_t home = gpu_home(gpu, lease);

        if (is_behind_the_top(gpu, lease))
            continue;
        if (!gpu_is_up(gpu, home)) {
            if (lease->class == GPU_INFERENCE)
                serve_abroad(turn, lease, is_blocked);
        } else if (!is_blocked[home] && !is_expected(gpu, home, lease)) {
            (void)place(turn, lease, home);
            is_blocked[home] |= lease->state != GPU_HELD;
        }
    }
}

static enum gpu_wait wait_of(enum rule rule)
{
    static const uint8_t waits[] = {
        [RULE_NONE] = GPU_WAIT_NOTHING,  [RULE_DEDICATED] = GPU_WAIT_DEDICATED,
        [RULE_BUDGET] = GPU_WAIT_BUDGET, [RULE_MEMORY] = GPU_WAIT_MEMORY,
        [RULE_SPLIT] = GPU_WAIT_SPLIT,   [RULE_GROUP] = GPU_WAIT_GROUP,
    };

    return (enum gpu_wait)waits[rule];
}

enum gpu_wait gpu_waits(const struct gpu *gpu, const struct gpu_lease *lease)
{
    uint32_t home = gpu_home(gpu, lease);
    struct sums sums;
    enum rule rule;

    if (!gpu_is_queued(lease))
        return GPU_WAIT_NOTHING;
    if (is_behind_the_top(gpu, lease))
        return GPU_WAIT_TOP;
    if (!gpu_is_up(gpu, home))
        return GPU_WAIT_CARD;
    sums = sum(gpu, home, lease, 0, 0);
    rule = broken(gpu, home, lease, &sums);
    if (rule != RULE_NONE)
        return wait_of(rule);
    sums = sum(gpu, home, lease, 0, 1);
    return broken(gpu, home, lease, &sums) != RULE_NONE ? GPU_WAIT_CHUNK : GPU_WAIT_RANK;
}

static void check(const struct gpu *gpu)
{
    for (uint32_t card = 0; card < gpu->rules->n_cards; card++) {
        const struct gpu_card_rules *of = &gpu->rules->cards[card];

        REQUIRE(gpu_bytes(gpu, card) <= of->memory - of->reserve);
    }
}

void gpu_settle(struct gpu_turn *turn)
{
    struct gpu *gpu = turn->gpu;
    uint32_t n_put_out, n_placed;

    gpu_count_cards(turn);
    lose(turn);
    keep_the_top(turn);
    for (uint32_t card = 0; card < gpu->rules->n_cards; card++)
        keep_the_split(turn, card);
    // Each time better ranks come to the place of worse ones: that ends. What they leave of it may
    // be room for who is away from there, and who is given something there is in his way.
    do {
        n_put_out = turn->n_put_out;
        n_placed = turn->n_placed;
        go_home(turn);
        serve(turn);
    } while (turn->n_put_out != n_put_out || turn->n_placed != n_placed);
    wait_for_cards(turn);
    check(gpu);
}
