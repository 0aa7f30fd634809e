// SPDX-License-Identifier: Apache-2.0
/* schedules: random requests, releases, jobs, faults, heat and volatility, under the profiles and
 * under small rules where everything collides; the allocator against a second one (reference.c),
 * and against promises that need no second one.
 *
 *     test_gpu_schedules N [FIRST]
 *
 * N schedules from number FIRST on. Prints the first that differs, and ends with 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "gpu/gpu_impl.h"
#include "gpu/profile.h"
#include "reference.h"

#define EVENTS_MAX 200
#define MS         ((int64_t)1000000)

static struct gpu gpu, copy, ahead;
static struct gpu_out out, copy_out, ahead_out;
static struct gpu_rules rules;
static struct ref ref;
static struct ref_rules ref_rules;
static struct rng rng;
static uint64_t number, n_events, n_decisions;
static uint64_t seen[GPU_DECISION_KINDS], seen_whys[GPU_WHY_ALL];
static char held_by[EVENTS_MAX + 1], job_of[EVENTS_MAX + 1]; // what decisions said: '-', 'h', 'x'
static char was_said[EVENTS_MAX + 1]; // that it leaves: he for whom it does may be gone later
static int is_crowded;                // many requests and jobs, and little comes back

static uint32_t below(uint32_t n)
{
    return (uint32_t)rng_below(&rng, n);
}

static int is_one_in(uint32_t n)
{
    return below(n) == 0;
}

static _Noreturn void differ(const char *what, int at)
{
    printf("FAIL: schedule %llu, event %d: %s\n", (unsigned long long)number, at, what);
    for (uint32_t i = 0; i < out.n; i++) {
        const struct gpu_decision *one = &out.all[i];

        printf("  it said %s %s, card %d, from %d, lease %llu, job %llu, %lld\n",
               gpu_decision_name(one->kind), gpu_why_name(one->why), one->card, one->from,
               (unsigned long long)one->lease, (unsigned long long)one->job, (long long)one->value);
    }
    for (int i = 0; i < ref.n_said; i++) {
        const struct ref_said *one = &ref.said[i];

        printf("  should be %s %s, card %lld, from %lld, lease %lld, job %lld, %lld\n", one->kind,
               one->why, one->card, one->from, one->lease, one->job, one->value);
    }
    exit(1);
}

// Cards of a few bytes, budgets and groups that collide.
static void small_rules(void)
{
    static const uint32_t parts[][2] = {{600000, 400000}, {800000, 200000}, {1000000, 0},
                                        {400000, 600000}, {0, 1000000},     {500000, 500000}};

    rules.n_cards = 1 + below(4);
    rules.n_budgets = 0;
    rules.n_groups = below(5);
    for (uint32_t c = 0; c < rules.n_cards; c++) {
        struct gpu_card_rules *card = &rules.cards[c];
        int64_t left;

        memset(card, 0, sizeof(*card));
        card->reserve = below(3);
        card->memory = card->reserve + 4 + below(12);
        card->training = (uint8_t)below(3);
        card->is_fp64_limited = (uint8_t)below(2);
        card->is_on_demand = (uint8_t)below(2);
        card->is_standby = c > 0 && is_one_in(4);
        left = card->memory - card->reserve;
        for (uint32_t i = 1 + below(3); i > 0 && left > 0 && !card->is_standby; i--) {
            struct gpu_budget *budget = &rules.budgets[rules.n_budgets++];

            budget->bytes = 1 + below((uint32_t)left);
            budget->card = (uint8_t)c;
            budget->class = (uint8_t)below(GPU_CLASSES);
            left -= budget->bytes;
        }
    }
    for (uint32_t i = 0; i < rules.n_groups; i++) {
        rules.groups[i].card = is_one_in(2) ? GPU_EACH : (uint8_t)below(rules.n_cards);
        rules.groups[i].class = (uint8_t)below(GPU_CLASSES);
        rules.groups[i].share_ppm = 100000 * (1 + below(5));
    }
    for (uint32_t i = 0; i < GPU_SPLITS; i++) {
        const uint32_t *from = parts[i < 3 && is_one_in(2) ? i : below(6)];

        rules.splits[i] = (struct gpu_split){from[0], from[1]};
    }
    rules.single_top = 1 + below(4);
    rules.window_ns = (1 + (int64_t)below(20)) * 50 * MS;
}

static void choose_rules(void)
{
    static const char *const pairs[][2] = {{"s1_inference_training", "production"},
                                           {"s0_llm_ml", "s0_cores"},
                                           {"s1_inference_training", "full"},
                                           {"s2_four_8gb", "intermediate"},
                                           {"s3_t4", "production"},
                                           {"s4_a770", "baseline"},
                                           {"standby", "production"},
                                           {"s1_inference_training", "backtesting"},
                                           {"s1_inference_training", "validation"}};
    const char *const *pair = pairs[below(sizeof(pairs) / sizeof(pairs[0]))];
    static struct gpu_rules made[sizeof(pairs) / sizeof(pairs[0])];
    static int is_made[sizeof(pairs) / sizeof(pairs[0])];
    size_t at = (size_t)((pair - pairs[0]) / 2);
    struct error err = {0};

    if (!is_made[at] && profile_make(pair[0], pair[1], &made[at], &err) < 0) {
        printf("FAIL: %s with %s: %s\n", pair[0], pair[1], err.text);
        exit(1);
    }
    is_made[at] = 1;
    rules = made[at];
    if (is_one_in(2))
        small_rules();
}

static void tell_reference(void)
{
    memset(&ref_rules, 0, sizeof(ref_rules));
    ref_rules.n_cards = (int)rules.n_cards;
    ref_rules.n_budgets = (int)rules.n_budgets;
    ref_rules.n_groups = (int)rules.n_groups;
    for (uint32_t i = 0; i < rules.n_cards; i++) {
        ref_rules.room[i] = rules.cards[i].memory - rules.cards[i].reserve;
        ref_rules.cuda[i] = rules.cards[i].training == GPU_TRAINING_CUDA;
        ref_rules.weak_fp64[i] = rules.cards[i].is_fp64_limited;
        ref_rules.standby[i] = rules.cards[i].is_standby;
        ref_rules.on_demand[i] = rules.cards[i].is_on_demand;
    }
    for (uint32_t i = 0; i < rules.n_budgets; i++) {
        ref_rules.budget_bytes[i] = rules.budgets[i].bytes;
        ref_rules.budget_card[i] = rules.budgets[i].card;
        ref_rules.budget_class[i] = rules.budgets[i].class;
    }
    for (uint32_t i = 0; i < rules.n_groups; i++) {
        ref_rules.group_share[i] = (int)rules.groups[i].share_ppm;
        ref_rules.group_card[i] = rules.groups[i].card == GPU_EACH ? -1 : rules.groups[i].card;
        ref_rules.group_class[i] = rules.groups[i].class;
    }
    for (uint32_t i = 0; i < GPU_SPLITS; i++) {
        ref_rules.split[i][0] = (int)rules.splits[i].inference_ppm;
        ref_rules.split[i][1] = (int)rules.splits[i].training_ppm;
    }
    ref_rules.review = rules.reviewed_ns;
    ref_rules.chunk = rules.chunk_ns;
    ref_rules.window = rules.window_ns;
    ref_rules.sustained = rules.sustained_ns;
    ref_rules.warm = rules.warm_mc;
    ref_rules.alert = rules.alert_mc;
    ref_rules.scale = rules.scale_mc;
    ref_rules.stop = rules.stop_mc;
    ref_rules.less = rules.less_mc;
    ref_rules.scaled = (int)rules.scaled_ppm;
    ref_rules.single = (int)rules.single_ppm;
    ref_rules.top = (int)rules.single_top;
    ref_rules.most_leases = GPU_LEASES_MAX;
    ref_rules.most_jobs = GPU_JOBS_MAX;
}

static int64_t next_t(void)
{
    static const int64_t steps[] = {0,        0,        1,         10 * MS,   50 * MS,    100 * MS,
                                    100 * MS, 150 * MS, 1000 * MS, 5000 * MS, 100000 * MS};

    return gpu.t + (is_one_in(30) ? 400000 * MS : steps[below(sizeof(steps) / sizeof(steps[0]))]);
}

static void make_request(struct gpu_event *event)
{
    const struct gpu_budget *budget;

    event->budget = (uint8_t)(is_one_in(50) ? below(40) : below(rules.n_budgets));
    budget = &rules.budgets[event->budget < rules.n_budgets ? event->budget : 0];
    event->group = GPU_NONE;
    for (uint32_t i = 0; i < 4 && rules.n_groups > 0 && event->group == GPU_NONE; i++) {
        uint8_t group = (uint8_t)below(rules.n_groups);

        if (is_one_in(20) ||
            (rules.groups[group].class == budget->class &&
             (rules.groups[group].card == GPU_EACH || rules.groups[group].card == budget->card)))
            event->group = group;
    }
    event->bytes = is_one_in(8)    ? 0
                   : is_one_in(40) ? budget->bytes + 1
                                   : budget->bytes / (1 + below(4));
    event->share_ppm = is_one_in(5) ? 0 : 50000 * (1 + below(is_one_in(4) ? 12 : 4));
    event->priority = (uint8_t)(is_one_in(60) ? GPU_PRIORITIES : below(GPU_PRIORITIES));
    event->rank = (uint16_t)(is_one_in(2) ? 0 : 1 + below(14));
    event->flags =
        (uint8_t)((is_one_in(10) ? GPU_DEDICATED : 0) | (is_one_in(3) ? 0 : GPU_RESUMES) |
                  (is_one_in(20) ? GPU_NEEDS_FP64 : 0) | (is_one_in(20) ? GPU_NEEDS_TRAINING : 0));
    if ((event->flags & GPU_DEDICATED) != 0 && is_one_in(2))
        event->bytes = rules.cards[budget->card].memory - rules.cards[budget->card].reserve;
    if (is_one_in(5))
        event->deadline_ns = event->t + (int64_t)below(4) * 700 * MS;
}

// Mostly a lease that is there, of its owner.
static void name_lease(struct gpu_event *event)
{
    const struct gpu_lease *lease;

    event->lease = is_one_in(20) ? below(1 + (uint32_t)gpu.next_lease + 2)
                                 : 1 + below((uint32_t)gpu.next_lease);
    for (uint32_t tries = 0; tries < 6 && gpu_lease_of(&gpu, event->lease) == NULL; tries++)
        event->lease = 1 + below((uint32_t)gpu.next_lease);
    lease = gpu_lease_of(&gpu, event->lease);
    event->owner = lease != NULL && !is_one_in(30) ? lease->owner : below(4);
}

static void make_chunk(struct gpu_event *event)
{
    uint32_t from = below(GPU_JOBS_MAX);

    event->is_failed = (uint8_t)is_one_in(15);
    event->run = below(3);
    event->job = is_one_in(15) ? below((uint32_t)gpu.next_job + 2) : 0;
    event->card = (uint8_t)below(rules.n_cards);
    for (uint32_t i = 0; i < GPU_JOBS_MAX && event->job == 0; i++) {
        const struct gpu_job *job = &gpu.jobs[(from + i) % GPU_JOBS_MAX];

        if (job->id == 0 || !job->is_running)
            continue;
        event->job = job->id;
        // Now and then of a start before, as from a card that was lost and is back.
        event->run = is_one_in(12) && job->run > 0 ? job->run - 1 : job->run;
        if (!is_one_in(20))
            event->card = gpu_lease_of(&gpu, job->lease)->card;
    }
}

static struct gpu_event make_event(uint32_t faults)
{
    struct gpu_event event = {.t = next_t(), .owner = below(4), .group = GPU_NONE};
    uint32_t which = below(is_crowded ? 64 : 100);

    if (is_crowded)
        event.t = gpu.t + (is_one_in(10) ? 10 * MS : 0);
    which += is_crowded && which >= 30 && which < 40 ? 12 : 0;

    if (is_one_in(faults)) {
        static const uint32_t kinds[] = {GPU_HEAT,       GPU_HEAT,      GPU_HEAT,    GPU_LOST,
                                         GPU_BACK,       GPU_BACK,      GPU_FILLING, GPU_FILLING,
                                         GPU_VOLATILITY, GPU_TOURNAMENT};
        static const int32_t heats[] = {60000, 72000, 75001, 77000, 80000, 80001,
                                        83000, 85001, 87000, 90000, 90001, 95000};

        event.kind = kinds[below(10)];
        event.card = (uint8_t)(is_one_in(40) ? 9 : below(rules.n_cards));
        event.heat_mc = heats[below(12)];
        event.state =
            (uint8_t)(event.kind == GPU_TOURNAMENT || (event.kind == GPU_FILLING && !is_one_in(9))
                          ? below(2)
                          : below(is_one_in(9) ? 4 : 3));
    } else if (which < 30) {
        event.kind = GPU_REQUEST;
        make_request(&event);
    } else if (which < 42) {
        event.kind = GPU_RELEASE;
        name_lease(&event);
    } else if (which < 60) {
        event.kind = GPU_SUBMIT;
        name_lease(&event);
        event.n_chunks = is_one_in(30) ? 0 : 1 + below(5);
        event.chunk_ns = rules.chunk_ns + (is_one_in(30) ? 1 : -(int64_t)below(3) * MS);
    } else if (which < 92) {
        event.kind = GPU_CHUNK;
        make_chunk(&event);
    } else {
        event.kind = GPU_TICK;
    }
    return event;
}

static struct ref_event of(const struct gpu_event *event)
{
    static const char *const kinds[] = {"",           "tick",  "request", "release",
                                        "submit",     "chunk", "heat",    "volatility",
                                        "tournament", "lost",  "back",    "filling"};
    struct ref_event to = {.kind = kinds[event->kind],
                           .t = event->t,
                           .lease = (long long)event->lease,
                           .job = (long long)event->job,
                           .run = (long long)event->run,
                           .bytes = event->bytes,
                           .deadline = event->deadline_ns,
                           .chunk = event->chunk_ns,
                           .owner = (int)event->owner,
                           .share = (int)event->share_ppm,
                           .rank = event->rank,
                           .budget = event->budget,
                           .group = event->group == GPU_NONE ? -1 : event->group,
                           .priority = event->priority,
                           .card = event->card,
                           .state = event->state,
                           .failed = event->is_failed,
                           .chunks = (int)event->n_chunks,
                           .heat = event->heat_mc,
                           .dedicated = (event->flags & GPU_DEDICATED) != 0,
                           .resumes = (event->flags & GPU_RESUMES) != 0,
                           .fp64 = (event->flags & GPU_NEEDS_FP64) != 0,
                           .training = (event->flags & GPU_NEEDS_TRAINING) != 0};

    return to;
}

static int is_same(const struct gpu_decision *one, const struct ref_said *other)
{
    return strcmp(gpu_decision_name(one->kind), other->kind) == 0 &&
           strcmp(gpu_why_name(one->why), other->why) == 0 &&
           (one->card == GPU_NONE ? -1 : one->card) == other->card &&
           (one->from == GPU_NONE ? -1 : one->from) == other->from && one->owner == other->owner &&
           (long long)one->lease == other->lease && (long long)one->job == other->job &&
           (long long)one->run == other->run && one->value == other->value;
}

// The same decisions, in whatever order: what depends on their order is in the state.
static void compare(int at)
{
    static char is_matched[sizeof(ref.said) / sizeof(ref.said[0])];

    if ((int)out.n != ref.n_said)
        differ("another number of decisions", at);
    memset(is_matched, 0, sizeof(is_matched));
    for (uint32_t i = 0; i < out.n; i++) {
        int k = 0;

        while (k < ref.n_said && (is_matched[k] || !is_same(&out.all[i], &ref.said[k])))
            k++;
        if (k == ref.n_said)
            differ("another decision", at);
        is_matched[k] = 1;
    }
    for (int i = 0; i < ref.n_leases; i++) {
        const struct gpu_lease *lease = gpu_lease_of(&gpu, (uint64_t)i + 1);

        if ((lease == NULL) != (ref.leases[i].state == 'x'))
            differ("a lease is over for one of them", at);
        if (lease != NULL && ("?wshl"[lease->state] != ref.leases[i].state ||
                              (lease->card == GPU_NONE ? -1 : lease->card) != ref.leases[i].card ||
                              lease->pass != ref.leases[i].pass))
            differ("a lease is in another state", at);
    }
    for (uint32_t c = 0; c < rules.n_cards; c++) {
        if (gpu.cards[c].saved_ns != ref.saved[c] || gpu.cards[c].train_saved_ns != ref.trained[c])
            differ("a card has saved another time", at);
    }
}

// What a decision may say after those before it.
static void follow(const struct gpu_decision *one, int at)
{
    char *lease = one->lease <= EVENTS_MAX ? &held_by[one->lease] : NULL;
    char *job = one->job <= EVENTS_MAX ? &job_of[one->job] : NULL;

    switch ((enum gpu_decision_kind)one->kind) {
    case GPU_DID_GRANTED:
    case GPU_DID_RESUMED:
        if (*lease != '-')
            differ("a lease is given that is held or over", at);
        *lease = 'h';
        break;
    case GPU_DID_EVICTED:
        if (*lease != 'h')
            differ("a lease is put out that nobody holds", at);
        *lease = '-';
        break;
    case GPU_DID_ENDED:
        if (*lease == 'x')
            differ("a lease ends twice", at);
        *lease = 'x';
        break;
    case GPU_DID_MOVED:
        if (*lease != 'h' || one->from == one->card)
            differ("a lease moves that is not held", at);
        break;
    case GPU_DID_JOB_ADMITTED:
        *job = '-';
        break;
    case GPU_DID_JOB_STARTED:
        if (*job != '-' || *lease != 'h')
            differ("a job starts that runs or is over, or under no lease", at);
        *job = 'h';
        break;
    case GPU_DID_JOB_AGAIN:
    case GPU_DID_JOB_PREEMPTED:
        if (*job == 'x')
            differ("a job goes on that is over", at);
        *job = '-';
        break;
    case GPU_DID_JOB_DONE:
    case GPU_DID_JOB_FAILED:
        if (*job == 'x')
            differ("a job has two outcomes", at);
        *job = 'x';
        break;
    default:
        break;
    }
}

// Nobody is put out by rank but for one of a better class or priority.
static void check_eviction(const struct gpu_decision *one, const uint8_t *class,
                           const uint8_t *priority, int at)
{
    int is_new = one->lease <= EVENTS_MAX && !was_said[one->lease];

    if (one->kind != GPU_DID_EVICTED && one->kind != GPU_DID_LEAVING && one->kind != GPU_DID_ENDED)
        return;
    was_said[one->lease] = one->kind == GPU_DID_LEAVING;
    if (one->why != GPU_WHY_RANK || !is_new)
        return;
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &gpu.leases[i];

        if (lease->id != 0 && lease->id != one->lease &&
            (lease->class < class[one->lease] ||
             (lease->class == class[one->lease] && lease->priority < priority[one->lease])))
            return;
    }
    differ("a lease is put out, and nobody has a better rank", at);
}

static void check_card(uint32_t card, int at)
{
    uint32_t train_ppm = 0, n_running = 0, capacity_ppm = gpu_capacity_ppm(&gpu, card);
    uint32_t inference_ppm = gpu_split_now(&gpu)->inference_ppm;
    int64_t bytes = 0;
    int is_dedicated = 0, n = 0;

    inference_ppm = inference_ppm < capacity_ppm ? inference_ppm : capacity_ppm;
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++) {
        const struct gpu_lease *lease = &gpu.leases[i];

        if (lease->id == 0 || lease->card != card)
            continue;
        n++;
        bytes += lease->bytes;
        is_dedicated |= (lease->flags & GPU_DEDICATED) != 0;
        if (lease->class != GPU_INFERENCE && (lease->flags & GPU_DEDICATED) == 0 &&
            lease->state == GPU_HELD)
            train_ppm += lease->share_ppm;
        if (!gpu_is_up(&gpu, card))
            differ("a lease is on a card that is lost", at);
    }
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++)
        n_running += gpu.jobs[i].id != 0 && gpu.jobs[i].is_running &&
                     gpu_lease_of(&gpu, gpu.jobs[i].lease)->card == card;
    if (n_running > 1)
        differ("two chunks run on one card", at);
    if (bytes > rules.cards[card].memory - rules.cards[card].reserve)
        differ("more bytes than a card has", at);
    if (is_dedicated && n > 1)
        differ("somebody is beside a dedicated lease", at);
    if (train_ppm > gpu_split_now(&gpu)->training_ppm || train_ppm + inference_ppm > capacity_ppm)
        differ("training has what is inference's", at);
}

/* Who waits at home behind nobody, or is away from home, and a worse one was given something there
 * with this event: he was overtaken. */
static void check_queue(int at)
{
    for (uint32_t i = 0; i < out.n; i++) {
        const struct gpu_lease *given = gpu_lease_of(&gpu, out.all[i].lease), *waits;

        if ((out.all[i].kind != GPU_DID_GRANTED && out.all[i].kind != GPU_DID_RESUMED) ||
            given == NULL || given->state != GPU_HELD)
            continue;
        for (uint32_t k = 0; (waits = gpu_queue_at(&gpu, k)) != NULL; k++) {
            if (gpu_compare(waits, given) < 0 && gpu_home(&gpu, waits) == given->card &&
                (!gpu_is_single(&gpu) || waits->rank <= rules.single_top))
                differ("somebody was overtaken in the queue", at);
        }
        for (uint32_t k = 0; out.all[i].from == GPU_NONE && k < GPU_LEASES_MAX; k++) {
            const struct gpu_lease *away = &gpu.leases[k];

            if (away->id != 0 && away->state == GPU_HELD && away->card != given->card &&
                gpu_home(&gpu, away) == given->card && gpu_compare(away, given) < 0)
                differ("somebody was overtaken on his way home", at);
        }
    }
}

/* Nobody looks at the cards before gpu_next_due: until then time alone decides nothing. */
static void check_due(int at)
{
    int64_t due_ns = gpu_next_due(&gpu);
    struct gpu_event tick = {.kind = GPU_TICK, .group = GPU_NONE};

    if (due_ns <= gpu.t)
        differ("what is due was due before", at);
    tick.t = due_ns == INT64_MAX ? gpu.t + 3600000 * MS : due_ns - 1;
    ahead = gpu;
    gpu_step(&ahead, &tick, &ahead_out);
    if (ahead_out.n > 0) {
        out = ahead_out;
        differ("something was due sooner than was said", at);
    }
}

static void reload(int at)
{
    static unsigned char bytes[GPU_STATE_MAX];
    unsigned char a[HASH_SIZE], b[HASH_SIZE];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct dec dec;

    gpu_save(&gpu, &enc);
    if (!enc_is_ok(&enc))
        differ("a state is larger than it may be", at);
    dec = (struct dec){.at = bytes, .n = enc.used};
    gpu_load(&copy, &rules, &dec);
    gpu_digest(&gpu, a);
    gpu_digest(&copy, b);
    if (!dec_is_ok(&dec) || dec.used != enc.used || memcmp(a, b, sizeof(a)) != 0)
        differ("a state that was read is another one", at);
}

static void run(void)
{
    uint8_t class[EVENTS_MAX + 2] = {0}, priority[EVENTS_MAX + 2] = {0};
    int n = 40 + (int)below(EVENTS_MAX - 40);
    uint32_t faults = 5 + below(40);
    unsigned char a[HASH_SIZE], b[HASH_SIZE];

    choose_rules();
    tell_reference();
    gpu_init(&gpu, &rules, 1000 * MS);
    gpu_init(&copy, &rules, 1000 * MS);
    ref_init(&ref, &ref_rules, 1000 * MS);
    memset(held_by, '-', sizeof(held_by));
    memset(job_of, '-', sizeof(job_of));
    memset(was_said, 0, sizeof(was_said));
    is_crowded = is_one_in(15);
    n = is_crowded ? EVENTS_MAX : n;
    for (int at = 0; at < n; at++) {
        struct gpu_event event = make_event(faults);
        struct ref_event same = of(&event);

        if (event.kind == GPU_REQUEST && event.budget < rules.n_budgets) {
            class[gpu.next_lease] = rules.budgets[event.budget].class;
            priority[gpu.next_lease] = event.priority;
        }
        gpu_step(&gpu, &event, &out);
        ref_step(&ref, &same);
        gpu_step(&copy, &event, &copy_out);
        if (out.n != copy_out.n || memcmp(out.all, copy_out.all, out.n * sizeof(out.all[0])) != 0)
            differ("the same events gave other decisions", at);
        compare(at);
        if (event.kind == GPU_CHUNK && event.job <= EVENTS_MAX && job_of[event.job] == 'h' &&
            (out.n == 0 || out.all[0].kind != GPU_DID_REFUSED))
            job_of[event.job] = '-';
        for (uint32_t i = 0; i < out.n; i++) {
            seen[out.all[i].kind]++;
            seen_whys[out.all[i].why]++;
            if (out.all[i].kind != GPU_DID_REFUSED)
                follow(&out.all[i], at);
            check_eviction(&out.all[i], class, priority, at);
        }
        for (uint32_t card = 0; card < rules.n_cards; card++)
            check_card(card, at);
        check_queue(at);
        check_due(at);
        n_events++;
        n_decisions += out.n;
        if (is_one_in(20))
            reload(at);
    }
    gpu_digest(&gpu, a);
    gpu_digest(&copy, b);
    if (memcmp(a, b, sizeof(a)) != 0)
        differ("the same events gave another state", n);
}

int main(int argc, char **argv)
{
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    int rc = 0;

    if (n == 0) {
        puts("FAIL: how many schedules?");
        return 2;
    }
    for (number = first; number < first + n; number++) {
        rng_init(&rng, number);
        run();
    }
    printf("%llu schedules, %llu events, %llu decisions: both decide alike\n",
           (unsigned long long)n, (unsigned long long)n_events, (unsigned long long)n_decisions);
    // What never came about was not tested.
    for (uint32_t i = 0; i < GPU_DECISION_KINDS; i++) {
        if (seen[i] == 0 && n >= 1000) {
            printf("FAIL: no schedule led to %s\n", gpu_decision_name(i));
            rc = 1;
        }
    }
    for (uint32_t i = 0; i < GPU_WHY_ALL; i++) {
        if (seen_whys[i] == 0 && n >= 1000) {
            printf("FAIL: no schedule led to the reason %s\n", gpu_why_name(i));
            rc = 1;
        }
    }
    return rc;
}
