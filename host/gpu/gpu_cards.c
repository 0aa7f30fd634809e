// SPDX-License-Identifier: Apache-2.0
#include "gpu/gpu_impl.h"

int gpu_is_up(const struct gpu *gpu, uint32_t card)
{
    return card < gpu->rules->n_cards && !gpu->cards[card].is_lost;
}

static uint32_t count_up(const struct gpu *gpu)
{
    uint32_t n = 0;

    for (uint32_t card = 0; card < gpu->rules->n_cards; card++)
        n += gpu_is_up(gpu, card) != 0;
    return n;
}

static uint32_t count_own(const struct gpu *gpu)
{
    uint32_t n = 0;

    for (uint32_t card = 0; card < gpu->rules->n_cards; card++)
        n += gpu->rules->cards[card].is_standby == 0;
    return n;
}

/* A standby beside it is no second card: it is used when there is no other. */
static int is_standby_alone(const struct gpu *gpu)
{
    for (uint32_t card = 0; card < gpu->rules->n_cards; card++) {
        if (gpu_is_up(gpu, card) && !gpu->rules->cards[card].is_standby)
            return 0;
    }
    return 1;
}

static uint32_t count_used(const struct gpu *gpu)
{
    uint32_t n = 0;

    for (uint32_t card = 0; card < gpu->rules->n_cards; card++) {
        n += gpu_is_up(gpu, card) && (is_standby_alone(gpu) || !gpu->rules->cards[card].is_standby);
    }
    return n;
}

int gpu_is_single(const struct gpu *gpu)
{
    return count_own(gpu) > 1 && count_used(gpu) == 1;
}

void gpu_count_cards(struct gpu_turn *turn)
{
    struct gpu *gpu = turn->gpu;
    uint32_t n = count_up(gpu);

    if (n == gpu->n_up)
        return;
    gpu->n_up = (uint8_t)n;
    gpu_say_card(turn,
                 n == 0               ? GPU_DID_ON_CPU
                 : gpu_is_single(gpu) ? GPU_DID_SINGLE
                                      : GPU_DID_CARDS,
                 GPU_WHY_NOTHING, GPU_NONE, n);
}

uint32_t gpu_capacity_ppm(const struct gpu *gpu, uint32_t card)
{
    uint32_t ppm = GPU_ALL_PPM;

    if (gpu->cards[card].step >= 3 && gpu->rules->scaled_ppm < ppm)
        ppm = gpu->rules->scaled_ppm;
    if (gpu_is_single(gpu) && gpu->rules->single_ppm < ppm)
        ppm = gpu->rules->single_ppm;
    return ppm;
}

static int32_t threshold(const struct gpu_rules *rules, uint32_t step)
{
    const int32_t all[] = {rules->warm_mc, rules->alert_mc, rules->scale_mc, rules->stop_mc};

    return all[step - 1];
}

static void shut(struct gpu_turn *turn, uint32_t card, enum gpu_why why)
{
    if (!gpu_is_up(turn->gpu, card))
        return;
    turn->gpu->cards[card].is_lost = 1;
    gpu_say_card(turn, GPU_DID_CARD_SHUT, why, card, 0);
}

static void rise(struct gpu_turn *turn, uint32_t card)
{
    struct gpu_card *at = &turn->gpu->cards[card];

    at->step++;
    if (at->step == 1)
        gpu_say_card(turn, GPU_DID_CARD_WARM, GPU_WHY_HOT, card, at->heat_mc);
    if (at->step == 2)
        at->hot_since_ns = turn->gpu->t;
    if (at->step == 3)
        gpu_say_card(turn, GPU_DID_CARD_SCALED, GPU_WHY_HOT, card, turn->gpu->rules->scaled_ppm);
    if (at->step == 4) {
        gpu_say_card(turn, GPU_DID_STOP, GPU_WHY_HOT, card, at->heat_mc);
        shut(turn, card, GPU_WHY_HOT);
    }
}

static void fall(struct gpu_turn *turn, uint32_t card)
{
    struct gpu_card *at = &turn->gpu->cards[card];

    at->step--;
    if (at->step == 1) {
        at->hot_since_ns = -1;
        at->is_alerted = 0;
    }
    gpu_say_card(turn, GPU_DID_CARD_COOL, GPU_WHY_NOTHING, card, at->step);
}

void gpu_heat(struct gpu_turn *turn, const struct gpu_event *event)
{
    struct gpu *gpu = turn->gpu;
    struct gpu_card *at;

    if (event->card >= gpu->rules->n_cards) {
        gpu_say_card(turn, GPU_DID_REFUSED, GPU_WHY_INVALID, event->card, 0);
        return;
    }
    at = &gpu->cards[event->card];
    at->heat_mc = event->heat_mc;
    while (at->step < 4 && at->heat_mc > threshold(gpu->rules, at->step + 1u))
        rise(turn, event->card);
    while (at->step > 0 && at->heat_mc <= threshold(gpu->rules, at->step) - gpu->rules->less_mc)
        fall(turn, event->card);
}

void gpu_sustained(struct gpu_turn *turn)
{
    struct gpu *gpu = turn->gpu;

    for (uint32_t card = 0; card < gpu->rules->n_cards; card++) {
        struct gpu_card *at = &gpu->cards[card];

        if (at->hot_since_ns < 0 || at->is_alerted ||
            gpu->t - at->hot_since_ns < gpu->rules->sustained_ns)
            continue;
        at->is_alerted = 1;
        gpu_say_card(turn, GPU_DID_CARD_ALERT, GPU_WHY_HOT, card, at->heat_mc);
    }
}

void gpu_lost(struct gpu_turn *turn, const struct gpu_event *event)
{
    if (event->card >= turn->gpu->rules->n_cards)
        gpu_say_card(turn, GPU_DID_REFUSED, GPU_WHY_INVALID, event->card, 0);
    else
        shut(turn, event->card, GPU_WHY_LOST);
}

void gpu_back(struct gpu_turn *turn, const struct gpu_event *event)
{
    struct gpu *gpu = turn->gpu;

    if (event->card >= gpu->rules->n_cards) {
        gpu_say_card(turn, GPU_DID_REFUSED, GPU_WHY_INVALID, event->card, 0);
    } else if (gpu->cards[event->card].step == 4) {
        gpu_say_card(turn, GPU_DID_REFUSED, GPU_WHY_HOT, event->card,
                     gpu->cards[event->card].heat_mc);
    } else if (gpu->cards[event->card].is_lost) {
        gpu->cards[event->card].is_lost = 0;
        gpu_say_card(turn, GPU_DID_CARD_BACK, GPU_WHY_NOTHING, event->card, 0);
    }
}

/* The time of the chunk that was begun there goes from now on. */
void gpu_filling(struct gpu_turn *turn, const struct gpu_event *event)
{
    struct gpu *gpu = turn->gpu;

    if (event->card >= gpu->rules->n_cards || event->state > 1) {
        gpu_say_card(turn, GPU_DID_REFUSED, GPU_WHY_INVALID, event->card, 0);
        return;
    }
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        struct gpu_job *job = &gpu->jobs[i];

        if (job->id != 0 && job->is_running && gpu_is_held_up(gpu, job) &&
            gpu_lease_of(gpu, job->lease)->card == event->card)
            job->began_ns = gpu->t;
    }
    gpu->cards[event->card].is_filling = event->state;
}
