// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "gpu/gpu_impl.h"

static const char *const decision_names[] = {
#define GPU_ROW(id, name, doc) name,
    GPU_DECISIONS(GPU_ROW)
#undef GPU_ROW
};
static const char *const decision_docs[] = {
#define GPU_ROW(id, name, doc) doc,
    GPU_DECISIONS(GPU_ROW)
#undef GPU_ROW
};
static const char *const why_names[] = {
#define GPU_ROW(id, name, doc) name,
    GPU_WHYS(GPU_ROW)
#undef GPU_ROW
};
static const char *const why_docs[] = {
#define GPU_ROW(id, name, doc) doc,
    GPU_WHYS(GPU_ROW)
#undef GPU_ROW
};

const char *gpu_decision_name(uint32_t kind)
{
    return kind < GPU_DECISION_KINDS ? decision_names[kind] : "?";
}

const char *gpu_decision_doc(uint32_t kind)
{
    return kind < GPU_DECISION_KINDS ? decision_docs[kind] : "?";
}

const char *gpu_why_name(uint32_t why)
{
    return why < GPU_WHY_ALL ? why_names[why] : "?";
}

const char *gpu_why_doc(uint32_t why)
{
    return why < GPU_WHY_ALL ? why_docs[why] : "?";
}

const char *gpu_wait_doc(uint32_t wait)
{
    static const char *const docs[] = {
#define GPU_ROW(id, doc) doc,
        GPU_WAITS(GPU_ROW)
#undef GPU_ROW
    };

    return wait < GPU_WAIT_ALL ? docs[wait] : "?";
}

const char *gpu_class_name(uint32_t class)
{
    static const char *const names[] = {"inference", "training", "research"};

    return class < GPU_CLASSES ? names[class] : "?";
}

static void save_lease(const struct gpu_lease *lease, struct enc *enc)
{
    enc_u64(enc, lease->id);
    if (lease->id == 0)
        return;
    enc_i64(enc, lease->bytes);
    enc_i64(enc, lease->deadline_ns);
    enc_i64(enc, lease->pass);
    enc_u32(enc, lease->owner);
    enc_u32(enc, lease->share_ppm);
    enc_u16(enc, lease->rank);
    enc_u8(enc, lease->budget);
    enc_u8(enc, lease->group);
    enc_u8(enc, lease->class);
    enc_u8(enc, lease->priority);
    enc_u8(enc, lease->flags);
    enc_u8(enc, lease->state);
    enc_u8(enc, lease->card);
    enc_u8(enc, lease->why);
    enc_u8(enc, lease->is_ending);
}

static void load_lease(struct gpu *gpu, struct gpu_lease *lease, struct dec *dec)
{
    const struct gpu_rules *rules = gpu->rules;
    int is_placed;

    lease->id = dec_u64(dec);
    if (lease->id == 0)
        return;
    lease->bytes = dec_i64(dec);
    lease->deadline_ns = dec_i64(dec);
    lease->pass = dec_i64(dec);
    lease->owner = dec_u32(dec);
    lease->share_ppm = dec_u32(dec);
    lease->rank = dec_u16(dec);
    lease->budget = dec_u8(dec);
    lease->group = dec_u8(dec);
    lease->class = dec_u8(dec);
    lease->priority = dec_u8(dec);
    lease->flags = dec_u8(dec);
    lease->state = dec_u8(dec);
    lease->card = dec_u8(dec);
    lease->why = dec_u8(dec);
    lease->is_ending = dec_u8(dec);
    is_placed = lease->state == GPU_HELD || lease->state == GPU_LEAVING;
    if (lease->id >= gpu->next_lease || lease->share_ppm > GPU_ALL_PPM ||
        lease->budget >= rules->n_budgets || lease->bytes < 0 ||
        lease->bytes > rules->cards[rules->budgets[lease->budget].card].memory ||
        (lease->group != GPU_NONE && lease->group >= rules->n_groups) ||
        lease->class >= GPU_CLASSES || lease->class != rules->budgets[lease->budget].class ||
        lease->priority >= GPU_PRIORITIES || lease->state == GPU_FREE ||
        lease->state >= GPU_LEASE_STATES || lease->why >= GPU_WHY_ALL || lease->is_ending > 1 ||
        (is_placed ? lease->card >= rules->n_cards : lease->card != GPU_NONE))
        dec_fail(dec);
    // A number that two have would be found once.
    for (const struct gpu_lease *other = gpu->leases; other < lease; other++) {
        if (other->id == lease->id)
            dec_fail(dec);
    }
}

// What the files of the allocator require of each other.
static int is_whole(const struct gpu *gpu)
{
    uint32_t n_running[GPU_CARDS_MAX] = {0};

    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
        const struct gpu_job *job = &gpu->jobs[i];
        const struct gpu_lease *lease = gpu_lease_of(gpu, job->lease);

        if (job->id == 0 || !job->is_running)
            continue;
        if (lease == NULL || lease->card >= gpu->rules->n_cards || n_running[lease->card]++ > 0)
            return 0;
    }
    for (uint32_t card = 0; card < gpu->rules->n_cards; card++) {
        const struct gpu_card_rules *of = &gpu->rules->cards[card];

        if (gpu_bytes(gpu, card) > of->memory - of->reserve)
            return 0;
    }
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &gpu->leases[i];
        int runs = 0;

        for (uint32_t k = 0; k < GPU_JOBS_MAX; k++)
            runs |=
                gpu->jobs[k].id != 0 && gpu->jobs[k].is_running && gpu->jobs[k].lease == lease->id;
        if (lease->is_ending && lease->state != GPU_LEAVING)
            return 0;
        if (lease->state == GPU_LEAVING ? !runs : (runs && lease->state != GPU_HELD))
            return 0;
    }
    return 1;
}

static void save_job(const struct gpu_job *job, struct enc *enc)
{
    enc_u64(enc, job->id);
    if (job->id == 0)
        return;
    enc_u64(enc, job->lease);
    enc_u64(enc, job->run);
    enc_i64(enc, job->chunk_ns);
    enc_i64(enc, job->began_ns);
    enc_u32(enc, job->n_left);
    enc_u8(enc, job->is_running);
}

static void load_job(struct gpu *gpu, struct gpu_job *job, struct dec *dec)
{
    job->id = dec_u64(dec);
    if (job->id == 0)
        return;
    job->lease = dec_u64(dec);
    job->run = dec_u64(dec);
    job->chunk_ns = dec_i64(dec);
    job->began_ns = dec_i64(dec);
    job->n_left = dec_u32(dec);
    job->is_running = dec_u8(dec);
    if (job->id >= gpu->next_job || gpu_find(gpu, job->lease) == NULL || job->n_left == 0 ||
        job->is_running > 1 || (job->is_running && job->run == 0) || job->began_ns < 0 ||
        job->began_ns > gpu->t)
        dec_fail(dec);
    for (const struct gpu_job *other = gpu->jobs; other < job; other++) {
        if (other->id == job->id)
            dec_fail(dec);
    }
}

void gpu_save(const struct gpu *gpu, struct enc *enc)
{
    enc_i64(enc, gpu->t);
    enc_i64(enc, gpu->reviewed_at_ns);
    enc_u64(enc, gpu->next_lease);
    enc_u64(enc, gpu->next_job);
    enc_u64(enc, gpu->n_events);
    enc_u8(enc, gpu->volatility);
    enc_u8(enc, gpu->wanted);
    enc_u8(enc, gpu->is_tournament);
    enc_u8(enc, gpu->n_up);
    for (uint32_t i = 0; i < GPU_CARDS_MAX; i++) {
        const struct gpu_card *card = &gpu->cards[i];

        enc_i64(enc, card->saved_ns);
        enc_i64(enc, card->train_saved_ns);
        enc_i64(enc, card->pass);
        enc_i64(enc, card->hot_since_ns);
        enc_u32(enc, (uint32_t)card->heat_mc);
        enc_u8(enc, card->step);
        enc_u8(enc, card->is_alerted);
        enc_u8(enc, (uint8_t)(card->is_lost | card->is_filling << 1));
    }
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++)
        save_lease(&gpu->leases[i], enc);
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++)
        save_job(&gpu->jobs[i], enc);
}

void gpu_load(struct gpu *gpu, const struct gpu_rules *rules, struct dec *dec)
{
    memset(gpu, 0, sizeof(*gpu));
    gpu->rules = rules;
    gpu->t = dec_i64(dec);
    gpu->reviewed_at_ns = dec_i64(dec);
    gpu->next_lease = dec_u64(dec);
    gpu->next_job = dec_u64(dec);
    gpu->n_events = dec_u64(dec);
    gpu->volatility = dec_u8(dec);
    gpu->wanted = dec_u8(dec);
    gpu->is_tournament = dec_u8(dec);
    gpu->n_up = dec_u8(dec);
    if (gpu->volatility > GPU_EXTREME || gpu->wanted > GPU_EXTREME || gpu->is_tournament > 1 ||
        gpu->n_up > rules->n_cards || gpu->reviewed_at_ns < 0 || gpu->reviewed_at_ns > gpu->t)
        dec_fail(dec);
    for (uint32_t i = 0; i < GPU_CARDS_MAX; i++) {
        struct gpu_card *card = &gpu->cards[i];

        card->saved_ns = dec_i64(dec);
        card->train_saved_ns = dec_i64(dec);
        card->pass = dec_i64(dec);
        card->hot_since_ns = dec_i64(dec);
        card->heat_mc = (int32_t)dec_u32(dec);
        card->step = dec_u8(dec);
        card->is_alerted = dec_u8(dec);
        card->is_lost = dec_u8(dec);
        card->is_filling = card->is_lost >> 1;
        card->is_lost &= 1;
        if (card->step > 4 || card->is_alerted > 1 || card->is_filling > 1 ||
            card->hot_since_ns < -1 || card->hot_since_ns > gpu->t)
            dec_fail(dec);
    }
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++)
        load_lease(gpu, &gpu->leases[i], dec);
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++)
        load_job(gpu, &gpu->jobs[i], dec);
    if (dec_is_ok(dec) && !is_whole(gpu))
        dec_fail(dec);
}

void gpu_digest(const struct gpu *gpu, unsigned char digest[HASH_SIZE])
{
    unsigned char bytes[GPU_STATE_MAX];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct hash hash;

    gpu_save(gpu, &enc);
    REQUIRE(enc_is_ok(&enc));
    hash_init(&hash);
    hash_update(&hash, bytes, enc.used);
    hash_final(&hash, digest);
}
