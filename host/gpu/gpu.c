// SPDX-License-Identifier: Apache-2.0
#include "gpu/gpu.h"

#include <string.h>

#include "gpu/gpu_impl.h"

void gpu_decide(struct gpu_out *out, const struct gpu_decision *decision)
{
    REQUIRE(out->n < GPU_DECISIONS_MAX);
    out->all[out->n++] = *decision;
}

void gpu_say(struct gpu_turn *turn, enum gpu_decision_kind kind, enum gpu_why why,
             const struct gpu_lease *lease)
{
    gpu_decide(turn->out, &(struct gpu_decision){.kind = (uint8_t)kind,
                                                 .why = (uint8_t)why,
                                                 .card = lease->card,
                                                 .from = GPU_NONE,
                                                 .owner = lease->owner,
                                                 .lease = lease->id});
}

void gpu_say_job(struct gpu_turn *turn, enum gpu_decision_kind kind, enum gpu_why why,
                 const struct gpu_job *job, const struct gpu_lease *lease)
{
    gpu_decide(turn->out, &(struct gpu_decision){.kind = (uint8_t)kind,
                                                 .why = (uint8_t)why,
                                                 .card = lease->card,
                                                 .from = GPU_NONE,
                                                 .owner = lease->owner,
                                                 .lease = lease->id,
                                                 .job = job->id,
                                                 .value = job->n_left});
}

void gpu_say_card(struct gpu_turn *turn, enum gpu_decision_kind kind, enum gpu_why why,
                  uint32_t card, int64_t value)
{
    gpu_decide(turn->out, &(struct gpu_decision){.kind = (uint8_t)kind,
                                                 .why = (uint8_t)why,
                                                 .card = (uint8_t)card,
                                                 .from = GPU_NONE,
                                                 .value = value});
}

struct gpu_lease *gpu_find(struct gpu *gpu, uint64_t id)
{
    for (uint32_t i = 0; i < GPU_LEASES_MAX && id != 0; i++) {
        if (gpu->leases[i].id == id)
            return &gpu->leases[i];
    }
    return NULL;
}

const struct gpu_lease *gpu_lease_of(const struct gpu *gpu, uint64_t id)
{
    for (uint32_t i = 0; i < GPU_LEASES_MAX && id != 0; i++) {
        if (gpu->leases[i].id == id)
            return &gpu->leases[i];
    }
    return NULL;
}

const struct gpu_split *gpu_split_now(const struct gpu *gpu)
{
    // In the weekly tournament of a market that is calm inference may have less (CNF-19).
    if (gpu->is_tournament && gpu->volatility == GPU_NORMAL)
        return &gpu->rules->splits[GPU_WEEKLY];
    return &gpu->rules->splits[gpu->volatility];
}

int64_t gpu_bytes(const struct gpu *gpu, uint32_t card)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++)
        sum += gpu_is_on_card(&gpu->leases[i], card) ? gpu->leases[i].bytes : 0;
    return sum;
}

uint32_t gpu_class_ppm(const struct gpu *gpu, uint32_t card, int is_inference)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &gpu->leases[i];

        if (gpu_is_on_card(lease, card) && (lease->class == GPU_INFERENCE) == !!is_inference &&
            (lease->flags & GPU_DEDICATED) == 0)
            sum += lease->share_ppm;
    }
    return sum;
}

void gpu_init(struct gpu *gpu, const struct gpu_rules *rules, int64_t t)
{
    REQUIRE(rules->n_cards <= GPU_CARDS_MAX && rules->n_budgets <= GPU_BUDGETS_MAX &&
            rules->n_groups <= GPU_GROUPS_MAX);
    REQUIRE(rules->chunk_ns > 0 && rules->reviewed_ns > 0);
    memset(gpu, 0, sizeof(*gpu));
    gpu->rules = rules;
    gpu->t = t;
    gpu->reviewed_at_ns = t;
    gpu->next_lease = 1;
    gpu->next_job = 1;
    gpu->n_up = (uint8_t)rules->n_cards;
    for (uint32_t card = 0; card < GPU_CARDS_MAX; card++)
        gpu->cards[card].hot_since_ns = -1;
    gpu_accrue(gpu, NUM_MAX);
}

static void say_split(struct gpu_turn *turn)
{
    gpu_say_card(turn, GPU_DID_SPLIT, GPU_WHY_NOTHING, GPU_NONE,
                 gpu_split_now(turn->gpu)->training_ppm);
}

static void review(struct gpu_turn *turn)
{
    struct gpu *gpu = turn->gpu;
    const struct gpu_split *before = gpu_split_now(gpu);
    int64_t n = (gpu->t - gpu->reviewed_at_ns) / gpu->rules->reviewed_ns;

    if (n == 0)
        return;
    gpu->reviewed_at_ns += n * gpu->rules->reviewed_ns;
    gpu->volatility = gpu->wanted;
    if (gpu_split_now(gpu) != before)
        say_split(turn);
}

static void end_late(struct gpu_turn *turn)
{
    struct gpu *gpu = turn->gpu;

    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        struct gpu_lease *lease = &gpu->leases[i];

        if (lease->id == 0 || lease->deadline_ns == 0 || gpu->t < lease->deadline_ns ||
            lease->is_ending)
            continue;
        if (lease->state == GPU_LEAVING) {
            lease->is_ending = 1;
            lease->why = GPU_WHY_LATE;
        } else if (lease->state == GPU_HELD) {
            gpu_put_out(turn, lease, GPU_WHY_LATE, 1);
        } else {
            gpu_end(turn, lease, GPU_WHY_LATE);
        }
    }
}

// All that time brings, before what the event does.
static void advance(struct gpu_turn *turn, int64_t t)
{
    REQUIRE(t >= turn->gpu->t);
    gpu_accrue(turn->gpu, t - turn->gpu->t);
    turn->gpu->t = t;
    review(turn);
    gpu_find_hung(turn);
    end_late(turn);
    gpu_sustained(turn);
}

static enum gpu_why judge_card(const struct gpu_rules *rules, const struct gpu_event *event)
{
    const struct gpu_budget *budget = &rules->budgets[event->budget];
    const struct gpu_card_rules *card = &rules->cards[budget->card];

    if (((event->flags & GPU_NEEDS_FP64) != 0 && card->is_fp64_limited) ||
        ((event->flags & GPU_NEEDS_TRAINING) != 0 && card->training != GPU_TRAINING_CUDA))
        return GPU_WHY_CANNOT;
    if ((event->flags & GPU_DEDICATED) != 0) {
        if (budget->class == GPU_INFERENCE)
            return GPU_WHY_INVALID;
        return event->bytes > card->memory - card->reserve ? GPU_WHY_MEMORY : GPU_WHY_NOTHING;
    }
    return event->bytes > budget->bytes ? GPU_WHY_BUDGET : GPU_WHY_NOTHING;
}

static enum gpu_why judge_share(const struct gpu_rules *rules, const struct gpu_event *event)
{
    const struct gpu_budget *budget = &rules->budgets[event->budget];
    uint32_t most_ppm = 0;

    if ((event->flags & GPU_DEDICATED) != 0)
        return GPU_WHY_NOTHING;
    for (uint32_t i = 0; i < GPU_SPLITS; i++) {
        uint32_t ppm = budget->class == GPU_INFERENCE ? rules->splits[i].inference_ppm
                                                      : rules->splits[i].training_ppm;

        most_ppm = ppm > most_ppm ? ppm : most_ppm;
    }
    if (event->group != GPU_NONE && rules->groups[event->group].share_ppm < most_ppm)
        most_ppm = rules->groups[event->group].share_ppm;
    return event->share_ppm > most_ppm ? GPU_WHY_SHARE : GPU_WHY_NOTHING;
}

// What can never be granted is refused; what cannot now waits.
static enum gpu_why judge(const struct gpu *gpu, const struct gpu_event *event)
{
    const struct gpu_rules *rules = gpu->rules;
    const struct gpu_group *group =
        event->group < rules->n_groups ? &rules->groups[event->group] : NULL;
    enum gpu_why why;

    if (event->budget >= rules->n_budgets || (group == NULL && event->group != GPU_NONE) ||
        event->priority >= GPU_PRIORITIES || event->bytes < 0 || event->share_ppm > GPU_ALL_PPM ||
        (event->bytes == 0 && event->share_ppm == 0))
        return GPU_WHY_INVALID;
    if (group != NULL &&
        (group->class != rules->budgets[event->budget].class ||
         (group->card != GPU_EACH && group->card != rules->budgets[event->budget].card)))
        return GPU_WHY_INVALID;
    if (event->deadline_ns != 0 && event->deadline_ns <= gpu->t)
        return GPU_WHY_LATE;
    why = judge_card(rules, event);
    return why != GPU_WHY_NOTHING ? why : judge_share(rules, event);
}

static void refuse(struct gpu_turn *turn, const struct gpu_event *event, enum gpu_why why)
{
    gpu_decide(turn->out, &(struct gpu_decision){.kind = GPU_DID_REFUSED,
                                                 .why = (uint8_t)why,
                                                 .card = GPU_NONE,
                                                 .from = GPU_NONE,
                                                 .owner = event->owner,
                                                 .lease = event->lease});
}

// Returns the lease's number; 0: refused.
static uint64_t request(struct gpu_turn *turn, const struct gpu_event *event)
{
    struct gpu *gpu = turn->gpu;
    struct gpu_lease *lease = NULL;
    enum gpu_why why = judge(gpu, event);

    for (uint32_t i = 0; i < GPU_LEASES_MAX && lease == NULL; i++) {
        if (gpu->leases[i].id == 0)
            lease = &gpu->leases[i];
    }
    if (why == GPU_WHY_NOTHING && lease == NULL)
        why = GPU_WHY_FULL;
    if (why != GPU_WHY_NOTHING) {
        refuse(turn, event, why);
        return 0;
    }
    *lease = (struct gpu_lease){.id = gpu->next_lease++,
                                .bytes = event->bytes,
                                .deadline_ns = event->deadline_ns,
                                .owner = event->owner,
                                .share_ppm = event->share_ppm,
                                .rank = event->rank,
                                .budget = event->budget,
                                .group = event->group,
                                .class = gpu->rules->budgets[event->budget].class,
                                .priority = event->priority,
                                .flags = event->flags,
                                .state = GPU_WAITING,
                                .card = GPU_NONE};
    if (lease->class == GPU_INFERENCE)
        lease->flags |= GPU_RESUMES;
    return lease->id;
}

static void release(struct gpu_turn *turn, const struct gpu_event *event)
{
    struct gpu *gpu = turn->gpu;
    struct gpu_lease *lease = gpu_find(gpu, event->lease);

    if (event->lease == 0 || event->lease >= gpu->next_lease) {
        refuse(turn, event, GPU_WHY_UNKNOWN);
    } else if (lease == NULL) {
        refuse(turn, event, GPU_WHY_OVER);
    } else if (lease->owner != event->owner) {
        refuse(turn, event, GPU_WHY_OTHERS);
    } else if (lease->is_ending) {
        refuse(turn, event, GPU_WHY_OVER);
    } else if (lease->state == GPU_LEAVING) {
        lease->is_ending = 1;
        lease->why = GPU_WHY_RELEASED;
        gpu_say(turn, GPU_DID_LEAVING, GPU_WHY_RELEASED, lease);
    } else if (lease->state == GPU_HELD) {
        gpu_put_out(turn, lease, GPU_WHY_RELEASED, 1);
    } else {
        gpu_end(turn, lease, GPU_WHY_RELEASED);
    }
}

static void switch_split(struct gpu_turn *turn, const struct gpu_event *event)
{
    struct gpu *gpu = turn->gpu;
    const struct gpu_split *before = gpu_split_now(gpu);

    if (event->kind == GPU_VOLATILITY && event->state > GPU_EXTREME) {
        refuse(turn, event, GPU_WHY_INVALID);
        return;
    }
    if (event->kind == GPU_VOLATILITY)
        gpu->wanted = event->state;
    else
        gpu->is_tournament = event->state != 0;
    if (gpu_split_now(gpu) != before)
        say_split(turn);
}

static uint64_t apply(struct gpu_turn *turn, const struct gpu_event *event)
{
    switch ((enum gpu_event_kind)event->kind) {
    case GPU_TICK:
        break;
    case GPU_REQUEST:
        return request(turn, event);
    case GPU_RELEASE:
        release(turn, event);
        break;
    case GPU_SUBMIT:
        gpu_submit(turn, event);
        break;
    case GPU_CHUNK:
        gpu_chunk(turn, event);
        break;
    case GPU_HEAT:
        gpu_heat(turn, event);
        break;
    case GPU_VOLATILITY:
    case GPU_TOURNAMENT:
        switch_split(turn, event);
        break;
    case GPU_LOST:
        gpu_lost(turn, event);
        break;
    case GPU_BACK:
        gpu_back(turn, event);
        break;
    case GPU_FILLING:
        gpu_filling(turn, event);
        break;
    case GPU_EVENT_KINDS:
    default:
        refuse(turn, event, GPU_WHY_INVALID);
    }
    return 0;
}

static uint32_t count(const struct gpu *gpu, uint32_t card)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++)
        n += gpu_is_on_card(&gpu->leases[i], card) != 0;
    return n;
}

void gpu_step(struct gpu *gpu, const struct gpu_event *event, struct gpu_out *out)
{
    struct gpu_turn turn = {.gpu = gpu, .out = out};
    const struct gpu_lease *lease;
    uint64_t asked;

    out->n = 0;
    memset(turn.lost_from, GPU_NONE, sizeof(turn.lost_from));
    for (uint32_t card = 0; card < gpu->rules->n_cards; card++)
        turn.n_before[card] = count(gpu, card);
    gpu->n_events++;
    advance(&turn, event->t);
    asked = apply(&turn, event);
    gpu_settle(&turn);
    lease = asked != 0 ? gpu_find(gpu, asked) : NULL; // NULL too where it has ended since
    if (lease != NULL && gpu_is_queued(lease))
        gpu_say(&turn, GPU_DID_QUEUED, GPU_WHY_NOTHING, lease);
    gpu_start_jobs(&turn);
    for (uint32_t card = 0; card < gpu->rules->n_cards; card++) {
        if (gpu->rules->cards[card].is_on_demand && turn.n_before[card] > 0 &&
            count(gpu, card) == 0)
            gpu_say_card(&turn, GPU_DID_WORKER_END, GPU_WHY_NOTHING, card, 0);
    }
}
