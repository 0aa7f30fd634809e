// SPDX-License-Identifier: Apache-2.0
#include "dst/cards.h"

#include "dst/world.h"
#include "gpu/profile.h"

#define GIB ((int64_t)1 << 30)
/* A card that could run a job does so within this: a chunk that hung took 200 ms, and training that
 * has its lease still has a twentieth of the card to pay them back. When exactly, is a test of
 * gpu_schedules. */
#define IDLE_NS (5 * SECOND)

void cards_sim_begin(struct world *world)
{
    static const char *const profiles[] = {"s1_inference_training", "s0_llm_ml", "s2_four_8gb",
                                           "standby"};
    struct cards_sim *cards = &world->cards;
    uint64_t draw = swarm_stream(world->config.seed, STREAM_CARDS);
    struct error err = {0};

    if ((draw & 3) != 0)
        return;
    rng_init(&cards->rng, draw);
    REQUIRE(profile_make(profiles[draw >> 2 & 3], "production", &cards->rules, &err) == AGON_OK);
    cards->is_on = 1;
    jobs_sim_begin(world, draw >> 8);
}

void cards_sim_configure(struct world *world)
{
    union cards_config config;

    if (!world->cards.is_on)
        return;
    world->cards.is_live = 1;
    cards_config_record(&world->cards.rules, "drawn", "production", &config);
    if (node_step(world, &config.hdr) < 0)
        world_fail(world, "gpu", "the rules were refused");
    world_at(world, world->now + SECOND, AT_CARDS, 0);
}

static struct cards_lease *lease_of(struct cards_sim *cards, uint64_t id)
{
    for (uint32_t i = 0; i < GPU_LEASES_MAX && id != 0; i++) {
        if (cards->leases[i].id == id)
            return &cards->leases[i];
    }
    return NULL;
}

static struct cards_job *job_of(struct cards_sim *cards, uint64_t id)
{
    for (uint32_t i = 0; i < GPU_JOBS_MAX && id != 0; i++) {
        if (cards->jobs[i].id == id)
            return &cards->jobs[i];
    }
    return NULL;
}

/* What the journal led to is believed: that it is the same from a snapshot on, node.c sees. */
void cards_sim_recover(struct world *world)
{
    struct cards_sim *cards = &world->cards;
    const struct gpu *gpu = engine_cards(world->node.engine);

    memset(cards->leases, 0, sizeof(cards->leases));
    memset(cards->jobs, 0, sizeof(cards->jobs));
    memset(cards->is_lost, 0, sizeof(cards->is_lost));
    memset(cards->filling_ns, 0, sizeof(cards->filling_ns));
    cards->is_live = (uint8_t)(cards->is_on && gpu != NULL);
    if (!cards->is_live)
        return;
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &gpu->leases[i];

        if (lease->id == 0)
            continue;
        cards->leases[i] = (struct cards_lease){.id = lease->id,
                                                .bytes = lease->bytes,
                                                .owner = lease->owner,
                                                .card = lease->card,
                                                .class = lease->class,
                                                .has_share = lease->share_ppm > 0,
                                                .is_held = lease->state == GPU_HELD ||
                                                           lease->state == GPU_LEAVING};
    }
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        if (gpu->jobs[i].id != 0)
            cards->jobs[i] = (struct cards_job){.id = gpu->jobs[i].id, .lease = gpu->jobs[i].lease};
    }
}

void cards_sim_started(struct world *world)
{
    for (uint32_t i = 0; i < GPU_LEASES_MAX && world->cards.is_live; i++) {
        if (world->cards.leases[i].id != 0)
            world_fail(world, "gpu", "lease %llu outlives the run that it was of",
                       (unsigned long long)world->cards.leases[i].id);
    }
}

/* --- what is decided */

static void begin_lease(struct world *world, const struct gpu_decision *decision, int is_held)
{
    struct cards_sim *cards = &world->cards;
    const struct record_gpu *asked = &cards->asked;

    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        if (cards->leases[i].id != 0)
            continue;
        cards->leases[i] = (struct cards_lease){.id = decision->lease,
                                                .bytes = asked->bytes,
                                                .owner = asked->owner,
                                                .card = decision->card,
                                                .held_ns = world->now,
                                                .class = cards->rules.budgets[asked->budget].class,
                                                .has_share = asked->share_ppm > 0,
                                                .is_held = (uint8_t)is_held};
        return;
    }
    world_fail(world, "gpu", "more leases than there may be");
}

static void on_held(struct world *world, const struct gpu_decision *decision,
                    struct cards_lease *lease)
{
    int is_moved = decision->kind == GPU_DID_MOVED;

    if (decision->card >= world->cards.rules.n_cards || world->cards.is_lost[decision->card]) {
        world_fail(world, "gpu", "lease %llu is held on card %u, which is lost",
                   (unsigned long long)decision->lease, decision->card);
        return;
    }
    if (lease == NULL && decision->kind == GPU_DID_GRANTED) {
        begin_lease(world, decision, 1);
        return;
    }
    if (lease == NULL || lease->is_held != is_moved) {
        world_fail(world, "gpu", "lease %llu: %s, and it %s", (unsigned long long)decision->lease,
                   gpu_decision_name(decision->kind),
                   lease == NULL ? "is over" : "is held already");
        return;
    }
    lease->is_held = 1;
    lease->card = decision->card;
    lease->held_ns = world->now;
}

static void on_lease(struct world *world, const struct gpu_decision *decision)
{
    struct cards_lease *lease = lease_of(&world->cards, decision->lease);

    switch (decision->kind) {
    case GPU_DID_GRANTED:
    case GPU_DID_RESUMED:
    case GPU_DID_MOVED:
        on_held(world, decision, lease);
        return;
    case GPU_DID_QUEUED:
        if (lease == NULL)
            begin_lease(world, decision, 0);
        return;
    case GPU_DID_EVICTED:
        if (lease == NULL || !lease->is_held)
            world_fail(world, "gpu", "lease %llu is put out and not held",
                       (unsigned long long)decision->lease);
        else if (lease->class == GPU_INFERENCE && decision->why == GPU_WHY_SPLIT)
            world_fail(world, "gpu", "inference is put out by the split: lease %llu",
                       (unsigned long long)decision->lease);
        else
            lease->is_held = 0;
        return;
    case GPU_DID_ENDED:
        if (lease == NULL)
            world_fail(world, "gpu", "lease %llu ends twice", (unsigned long long)decision->lease);
        else
            memset(lease, 0, sizeof(*lease));
        return;
    default:
        return;
    }
}

static void on_job(struct world *world, const struct gpu_decision *decision)
{
    struct cards_sim *cards = &world->cards;
    struct cards_job *job = job_of(cards, decision->job);

    if (decision->kind == GPU_DID_JOB_ADMITTED) {
        for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
            if (cards->jobs[i].id != 0)
                continue;
            cards->jobs[i] = (struct cards_job){
                .id = decision->job, .lease = decision->lease, .since_ns = world->now};
            return;
        }
    }
    if (job == NULL) {
        world_fail(world, "gpu", "job %llu: %s, and it is over", (unsigned long long)decision->job,
                   gpu_decision_name(decision->kind));
        return;
    }
    for (uint32_t i = 0; i < GPU_JOBS_MAX && decision->kind == GPU_DID_JOB_STARTED; i++) {
        if (cards->jobs[i].id != 0 && cards->jobs[i].is_running &&
            cards->jobs[i].card == decision->card)
            world_fail(world, "gpu", "jobs %llu and %llu run on card %u",
                       (unsigned long long)cards->jobs[i].id, (unsigned long long)decision->job,
                       decision->card);
    }
    if (decision->kind == GPU_DID_JOB_DONE || decision->kind == GPU_DID_JOB_FAILED) {
        memset(job, 0, sizeof(*job));
        return;
    }
    job->is_running = decision->kind == GPU_DID_JOB_STARTED;
    job->card = decision->card;
    job->run = decision->run;
    job->since_ns = world->now;
}

void cards_sim_decided(void *ctx, const struct record_gpu *event,
                       const struct gpu_decision *decision)
{
    struct world *world = ctx;

    (void)event;
    if (!world->cards.is_live || world->cards.is_replaying)
        return;
    world_trace(world, "cards: %s %s lease %llu job %llu card %u",
                gpu_decision_name(decision->kind), gpu_why_name(decision->why),
                (unsigned long long)decision->lease, (unsigned long long)decision->job,
                decision->card);
    jobs_sim_decided(world, decision);
    if (decision->kind == GPU_DID_CARD_SHUT && decision->card < GPU_CARDS_MAX) {
        jobs_sim_lost(world, decision->card);
        world->cards.is_lost[decision->card] = 1;
        for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
            if (world->cards.jobs[i].card == decision->card)
                world->cards.jobs[i].is_running = 0; // and is told to be done again
        }
    }
    if (decision->kind == GPU_DID_CARD_BACK && decision->card < GPU_CARDS_MAX) {
        world->cards.is_lost[decision->card] = 0;
        world->cards.idle_ns[decision->card] = world->now;
    }
    if (decision->kind >= GPU_DID_JOB_ADMITTED && decision->kind <= GPU_DID_JOB_FAILED) {
        if (decision->kind != GPU_DID_JOB_ADMITTED && decision->card < GPU_CARDS_MAX)
            world->cards.idle_ns[decision->card] = world->now;
        on_job(world, decision);
    } else if (decision->lease != 0 && decision->kind != GPU_DID_REFUSED) {
        on_lease(world, decision);
    }
}

/* --- what must hold */

static void check_card(struct world *world, uint32_t card)
{
    struct cards_sim *cards = &world->cards;
    const struct gpu_card_rules *of = &cards->rules.cards[card];
    int64_t bytes = 0;

    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct cards_lease *lease = &cards->leases[i];

        if (lease->id == 0 || !lease->is_held || lease->card != card)
            continue;
        bytes += lease->bytes;
        if (cards->is_lost[card])
            world_fail(world, "gpu", "lease %llu is held on card %u, which was lost",
                       (unsigned long long)lease->id, card);
    }
    if (bytes > of->memory - of->reserve)
        world_fail(world, "gpu", "%lld bytes of card %u are held, and it has %lld",
                   (long long)bytes, card, (long long)(of->memory - of->reserve));
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A job waits for its card from when it was submitted, its lease was given there, and nothing has
 * run there. */
static void check_idle(struct world *world, uint32_t card)
{
    struct cards_sim *cards = &world->cards;
    int64_t since_ns = INT64_MAX;

    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        const struct cards_job *job = &cards->jobs[i];
        const struct cards_lease *lease = lease_of(cards, job->lease);

        if (job->id == 0 || lease == NULL || !lease->is_held || lease->card != card)
            continue;
        if (job->is_running || cards->filling_ns[card] != 0)
            return;
        if (later(job->since_ns, lease->held_ns) < since_ns)
            since_ns = later(job->since_ns, lease->held_ns);
    }
    if (since_ns != INT64_MAX)
        since_ns = later(since_ns, cards->idle_ns[card]);
    if (since_ns != INT64_MAX && world->now - since_ns > IDLE_NS && !cards->is_lost[card])
        world_fail(world, "gpu", "card %u is idle for %.3f s, and a job of a lease there waits",
                   card, (double)(world->now - since_ns) / 1e9);
}

void cards_sim_check(struct world *world)
{
    if (!world->cards.is_live)
        return;
    for (uint32_t card = 0; card < world->cards.rules.n_cards; card++) {
        check_card(world, card);
        check_idle(world, card);
    }
}

/* --- what happens */

static int step_named(struct world *world, struct gpu_event event, const char *name)
{
    struct record_gpu *record = &world->cards.asked;

    cards_record(&event, name, record);
    return node_step(world, &record->hdr);
}

static int step(struct world *world, struct gpu_event event)
{
    return step_named(world, event, "drawn");
}

static void request(struct world *world, uint32_t owner, const char *name)
{
    struct cards_sim *cards = &world->cards;
    uint8_t budget = (uint8_t)rng_below(&cards->rng, cards->rules.n_budgets);
    int64_t bytes = cards->rules.budgets[budget].bytes;
    struct gpu_event event = {
        .kind = GPU_REQUEST,
        .owner = owner,
        .bytes = (int64_t)rng_below(&cards->rng, (uint64_t)(bytes / GIB * 3 / 2 + 1)) * GIB,
        .share_ppm = (uint32_t)rng_below(&cards->rng, 9) * 50000,
        .rank = (uint16_t)rng_below(&cards->rng, 20),
        .budget = budget,
        .group = GPU_NONE,
        .priority = (uint8_t)rng_below(&cards->rng, GPU_PRIORITIES),
        .flags = rng_below(&cards->rng, 4) != 0 ? GPU_RESUMES : 0};

    if (rng_below(&cards->rng, 6) == 0)
        event.deadline_ns =
            world->now + (int64_t)rng_below(&cards->rng, 20 * (uint64_t)SECOND) - SECOND;
    if (rng_below(&cards->rng, 12) == 0)
        event.flags |= GPU_DEDICATED;
    (void)step_named(world, event, name);
}

/* What a slot's plugin waits for: mostly small, and of inference, which moves where others wait. */
void cards_sim_ask(struct world *world, uint16_t slot, const char *name)
{
    struct cards_sim *cards = &world->cards;
    struct gpu_event event = {.kind = GPU_REQUEST,
                              .owner = slot,
                              .bytes = GIB / 4,
                              .share_ppm = 50000,
                              .budget = (uint8_t)rng_below(&cards->rng, cards->rules.n_budgets),
                              .group = GPU_NONE,
                              .priority = (uint8_t)rng_below(&cards->rng, GPU_PRIORITIES),
                              .flags = GPU_RESUMES};

    if (rng_below(&cards->rng, 5) == 0) {
        request(world, slot, name);
        return;
    }
    for (int i = 0; i < 4 && cards->rules.budgets[event.budget].class != GPU_INFERENCE; i++)
        event.budget = (uint8_t)rng_below(&cards->rng, cards->rules.n_budgets);
    (void)step_named(world, event, name);
}

/* A slot goes: all that it has is given back. */
static void leave(struct world *world)
{
    struct cards_sim *cards = &world->cards;
    uint32_t owner = (uint32_t)rng_below(&cards->rng, world->swarm.n_agents);

    for (uint32_t i = 0; i < GPU_LEASES_MAX && world->node.engine != NULL; i++) {
        if (cards->leases[i].id != 0 && cards->leases[i].owner == owner)
            (void)step(world, (struct gpu_event){.kind = GPU_RELEASE,
                                                 .owner = owner,
                                                 .lease = cards->leases[i].id});
    }
}

static void submit(struct world *world)
{
    struct cards_sim *cards = &world->cards;
    const struct cards_lease *lease = &cards->leases[rng_below(&cards->rng, GPU_LEASES_MAX)];

    if (lease->id != 0)
        (void)step(world, (struct gpu_event){.kind = GPU_SUBMIT,
                                             .owner = lease->owner,
                                             .lease = lease->id,
                                             .n_chunks = 1 + (uint32_t)rng_below(&cards->rng, 6),
                                             .chunk_ns = 50 * MS});
}

static void end_chunks(struct world *world)
{
    struct cards_sim *cards = &world->cards;

    for (uint32_t i = 0; i < GPU_JOBS_MAX && world->node.engine != NULL; i++) {
        struct cards_job *job = &cards->jobs[i];

        if (job->id == 0 || !job->is_running || rng_below(&cards->rng, 8) == 0)
            continue;
        // That a chunk has ended is told where its job is over, or goes on.
        job->is_running = 0;
        job->since_ns = world->now;
        (void)step(world, (struct gpu_event){.kind = GPU_CHUNK,
                                             .job = job->id,
                                             .run = job->run,
                                             .card = job->card,
                                             .is_failed = rng_below(&cards->rng, 20) == 0});
    }
}

/* A chunk is said to have ended: that is decided where its job is over, or goes on. */
void cards_sim_ends(struct world *world, const struct gpu_event *chunk)
{
    struct cards_job *job = job_of(&world->cards, chunk->job);

    if (job == NULL || job->run != chunk->run || job->card != chunk->card)
        return;
    job->is_running = 0;
    job->since_ns = world->now;
}

/* Its worker fills a lease, and runs nothing meanwhile. */
static void fill(struct world *world, uint8_t card, uint8_t state)
{
    if (step(world, (struct gpu_event){.kind = GPU_FILLING, .card = card, .state = state}) < 0)
        return;
    world->cards.filling_ns[card] = state != 0 ? world->now : 0;
    if (state == 0)
        world->cards.idle_ns[card] = world->now;
}

static void end_filling(struct world *world, int64_t after_ns)
{
    for (uint8_t card = 0; card < world->cards.rules.n_cards; card++) {
        if (world->cards.filling_ns[card] != 0 && world->node.engine != NULL &&
            world->now - world->cards.filling_ns[card] >= after_ns)
            fill(world, card, 0);
    }
}

void cards_sim_heal(struct world *world)
{
    if (world->cards.is_live)
        end_filling(world, 0);
}

static void change_card(struct world *world)
{
    struct cards_sim *cards = &world->cards;
    uint8_t card = (uint8_t)rng_below(&cards->rng, cards->rules.n_cards);
    uint64_t draw = rng_below(&cards->rng, 8);

    if (draw < 4)
        (void)step(world,
                   (struct gpu_event){.kind = GPU_HEAT,
                                      .card = card,
                                      .heat_mc = (int32_t)(40000 + rng_below(&cards->rng, 50000))});
    else if (cards->is_lost[card])
        (void)step(world, (struct gpu_event){.kind = GPU_BACK, .card = card});
    else if (draw == 4 || (draw == 6 && world->jobs.is_on))
        (void)step(world, (struct gpu_event){.kind = GPU_LOST, .card = card});
    else if (draw == 5 && cards->filling_ns[card] == 0)
        fill(world, card, 1);
}

static void change_volatility(struct world *world)
{
    struct record_command record = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                    .kind = COMMAND_VOLATILITY,
                                    .scope = SCOPE_GLOBAL,
                                    .value = (int64_t)rng_below(&world->cards.rng, 3)};

    (void)node_step(world, &record.hdr);
}

void cards_sim_happen(struct world *world)
{
    struct cards_sim *cards = &world->cards;
    uint64_t draw = rng_below(&cards->rng, 100);

    if (world->node.engine != NULL && cards->is_live) {
        if (!world->jobs.is_on)
            end_chunks(world);
        end_filling(world, 700 * MS);
        if (world->node.engine == NULL)
            draw = 100;
        if (draw < (world->jobs.is_on ? 5u : 20u))
            request(world, (uint32_t)rng_below(&cards->rng, world->swarm.n_agents), "drawn");
        else if (draw >= 20 && draw < 24)
            leave(world);
        else if (draw >= 24 && draw < 70 && !world->jobs.is_on)
            submit(world);
        else if (draw >= 70 && draw < 85)
            change_card(world);
        else if (draw >= 85 && draw < 88)
            change_volatility(world);
    }
    world_at(world, world->now + MS + (agon_ns_t)rng_below(&cards->rng, 250 * (uint64_t)MS),
             AT_CARDS, 0);
}
