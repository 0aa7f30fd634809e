// SPDX-License-Identifier: Apache-2.0
/* The cards' allocator within the engine: each event of the cards is a record, what follows is the
 * same in a replay and behind a snapshot, on a machine without any card, and a state without cards
 * is what it was. */
#include "engine/impl.h"
#include "gpu/profile.h"
#include "world.h"

#define SEC (1000 * MS)
#define GIB ((int64_t)1 << 30)

static struct world *world;
static struct gpu_rules rules;
static struct gpu_decision told[65536];
static uint32_t n_told;

static void on_decided(void *ctx, const struct record_gpu *event,
                       const struct gpu_decision *decision)
{
    (void)ctx;
    (void)event;
    REQUIRE(n_told < 65536);
    told[n_told++] = *decision;
}

static uint32_t n_of(uint32_t kind)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < n_told; i++)
        n += told[i].kind == kind;
    return n;
}

static int configure(const char *profile)
{
    union cards_config config;
    struct error err = {0};

    if (profile != NULL)
        ck_assert_msg(profile_make(profile, "production", &rules, &err) == AGON_OK, "%s", err.text);
    cards_config_record(profile != NULL ? &rules : NULL, profile, "production", &config);
    return world_step(world, &config);
}

static void begin(void)
{
    world = world_new(RUN_PAPER);
    n_told = 0;
    world->engine->config.cards = (struct card_port){.decided = on_decided};
    ck_assert_int_eq(configure("s1_inference_training"), AGON_OK);
}

static int happen(struct gpu_event event, const char *name)
{
    struct record_gpu record;

    event.t = world->t;
    cards_record(&event, name, &record);
    return world_step(world, &record);
}

static uint64_t ask(uint32_t slot, const char *card, const char *budget, int64_t gib,
                    uint32_t share, uint8_t priority, const char *name)
{
    uint64_t id = engine_cards(world->engine)->next_lease;

    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_REQUEST,
                                               .owner = slot,
                                               .bytes = gib * GIB,
                                               .share_ppm = share * 10000,
                                               .budget = profile_budget(&rules, card, budget),
                                               .group = GPU_NONE,
                                               .priority = priority,
                                               .flags = GPU_RESUMES},
                            name),
                     AGON_OK);
    return id;
}

static uint32_t state_of(uint64_t id)
{
    const struct gpu_lease *lease = gpu_lease_of(engine_cards(world->engine), id);

    return lease != NULL ? lease->state : GPU_FREE;
}

static void heat(uint8_t card, int32_t celsius)
{
    ck_assert_int_eq(
        happen((struct gpu_event){.kind = GPU_HEAT, .card = card, .heat_mc = celsius * 1000}, NULL),
        AGON_OK);
}

static int command(uint8_t kind, int64_t value)
{
    struct record_command record = {
        .hdr = {.type = AGON_EVENT_COMMAND, .granules = 1}, .kind = kind, .value = value};

    return world_step(world, &record);
}

static int start(uint32_t run)
{
    struct record_start record = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = run, .mode = RUN_PAPER, .seed = 42};

    return world_step(world, &record);
}

static void hashes_alike(struct engine *one, struct engine *other)
{
    unsigned char first[HASH_SIZE], second[HASH_SIZE];

    ck_assert_int_eq(engine_hash(one, first), AGON_OK);
    ck_assert_int_eq(engine_hash(other, second), AGON_OK);
    ck_assert_mem_eq(first, second, HASH_SIZE);
    ck_assert_int_eq(engine_next_due(one), engine_next_due(other));
}

static struct engine *loaded(void)
{
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    struct error err = {0};
    struct engine *again;
    uint64_t n = engine_save(world->engine, NULL, 0);
    unsigned char *bytes = malloc(n);

    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(engine_save(world->engine, bytes, n), n);
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_msg(engine_load(again, bytes, n, &err) == AGON_OK, "%s", err.text);
    free(bytes);
    hashes_alike(world->engine, again);
    return again;
}

START_TEST(without_cards_the_state_is_what_it_was)
{
    unsigned char none[HASH_SIZE], some[HASH_SIZE], again[HASH_SIZE];

    world = world_new(RUN_PAPER);
    ck_assert_ptr_null(engine_cards(world->engine));
    ck_assert_int_eq(
        happen((struct gpu_event){.kind = GPU_HEAT, .card = 0, .heat_mc = 95000}, NULL),
        AGON_EINVAL);
    ck_assert_int_eq(command(COMMAND_VOLATILITY, GPU_HIGH), AGON_EINVAL);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    world->engine->seq = 1000; // what is compared is all but the number of the last event
    world_hash(world, none);
    world->engine->seq = 1;
    ck_assert_int_eq(configure("s1_inference_training"), AGON_OK);
    world->engine->seq = 1000;
    world_hash(world, some);
    ck_assert_mem_ne(none, some, HASH_SIZE);
    ck_assert_int_eq(configure(NULL), AGON_OK);
    world->engine->seq = 1000;
    world_hash(world, again);
    ck_assert_mem_eq(none, again, HASH_SIZE);
    ck_assert_int_eq(world->engine->cards_due, INT64_MAX);
    world_free(world);
}
END_TEST

START_TEST(a_lease_has_its_owners_name_and_its_decisions_are_told)
{
    const struct gpu_lease *lease;
    uint64_t id, waits;

    begin();
    id = ask(1, "inference", "model_cache", 20, 10, 1, "main");
    waits = ask(2, "inference", "model_cache", 1, 10, 1, "late");
    lease = engine_lease_of(world->engine, 1, "main");
    ck_assert_ptr_nonnull(lease);
    ck_assert_uint_eq(lease->id, id);
    ck_assert_str_eq(engine_lease_name(world->engine, lease), "main");
    ck_assert_ptr_null(engine_lease_of(world->engine, 2, "main"));
    ck_assert_uint_eq(state_of(id), GPU_HELD);
    ck_assert_uint_eq(gpu_waits(engine_cards(world->engine), lease), GPU_WAIT_NOTHING);
    lease = engine_lease_of(world->engine, 2, "late");
    ck_assert_uint_eq(gpu_waits(engine_cards(world->engine), lease), GPU_WAIT_BUDGET);
    ck_assert_uint_eq(n_of(GPU_DID_GRANTED), 1);
    ck_assert_uint_eq(n_of(GPU_DID_QUEUED), 1);
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_RELEASE, .owner = 1, .lease = id}, NULL),
                     AGON_OK);
    ck_assert_uint_eq(state_of(id), GPU_FREE);
    ck_assert_uint_eq(state_of(waits), GPU_HELD);
    world_holds(world);
    world_replays(world);
    engine_free(loaded());
    world_free(world);
}
END_TEST

START_TEST(above_the_last_step_of_heat_everything_stops)
{
    const struct halt *halt;

    begin();
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 1);
    world_report(world, &world->cmds[0], REPORT_ACK, 0, 0, 0);
    heat(1, 76);
    ck_assert_uint_eq(n_of(GPU_DID_CARD_WARM), 1);
    heat(1, 86);
    world_due(world, T0 + 60 * SEC);
    ck_assert_uint_eq(n_of(GPU_DID_CARD_ALERT), 1);
    ck_assert_uint_eq(world_alerts(world, ALERT_CARD_HOT), 1);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    heat(1, 91);
    ck_assert_uint_eq(world_alerts(world, ALERT_CARD_STOP), 1);
    ck_assert_uint_eq(world_alerts(world, ALERT_CARD_LOST), 1);
    halt = engine_halt(world->engine, SCOPE_GLOBAL, HALT_STOP);
    ck_assert_ptr_nonnull(halt);
    ck_assert_str_eq(halt->who, "cards");
    ck_assert_uint_eq(halt->reason, REASON_HEAT);
    ck_assert_uint_eq(world->cmds[world->n_cmds - 1].kind, CMD_CANCEL);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

START_TEST(a_lost_card_moves_its_inference_in_the_same_event)
{
    uint64_t model, training;

    begin();
    model = ask(0, "inference", "trading_models", 8, 20, 0, "model");
    training = ask(1, "training", "training_pipeline", 8, 20, 2, "train");
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_LOST, .card = 0}, NULL), AGON_OK);
    ck_assert_uint_eq(n_of(GPU_DID_MOVED), 1);
    ck_assert_uint_eq(gpu_lease_of(engine_cards(world->engine), model)->card, 1);
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_LOST, .card = 1}, NULL), AGON_OK);
    ck_assert_uint_eq(state_of(model), GPU_SUSPENDED);
    ck_assert_uint_eq(state_of(training), GPU_SUSPENDED);
    ck_assert_uint_eq(n_of(GPU_DID_ON_CPU), 1);
    ck_assert_uint_ge(world_alerts(world, ALERT_CARD_LOST), 1); // the second one is folded
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_BACK, .card = 0}, NULL), AGON_OK);
    ck_assert_uint_eq(state_of(model), GPU_HELD);
    ck_assert_uint_eq(gpu_lease_of(engine_cards(world->engine), model)->card, 0);
    world_holds(world);
    world_replays(world);
    engine_free(loaded());
    world_free(world);
}
END_TEST

// Training has no time left: nothing but time lets its next chunk begin.
START_TEST(time_alone_lets_a_job_go_on_and_a_hung_one_fail)
{
    uint64_t train;
    uint32_t n_started;

    begin();
    train = ask(1, "training", "training_pipeline", 8, 40, 2, "train");
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_SUBMIT,
                                               .owner = 1,
                                               .lease = train,
                                               .n_chunks = 100,
                                               .chunk_ns = 100 * MS},
                            NULL),
                     AGON_OK);
    for (int i = 0; i < 20 && engine_cards(world->engine)->jobs[0].is_running; i++) {
        world->t += 100 * MS;
        ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_CHUNK,
                                                   .card = 1,
                                                   .job = 1,
                                                   .run = engine_cards(world->engine)->jobs[0].run},
                                NULL),
                         AGON_OK);
    }
    ck_assert(!engine_cards(world->engine)->jobs[0].is_running);
    n_started = n_of(GPU_DID_JOB_STARTED);
    ck_assert_uint_gt(n_started, 3);
    ck_assert_int_lt(engine_next_due(world->engine), world->t + 200 * MS);
    world_due(world, world->t + 200 * MS);
    ck_assert_uint_eq(n_of(GPU_DID_JOB_STARTED), n_started + 1);
    engine_free(loaded());
    world_due(world, world->t + 300 * MS);
    ck_assert_uint_eq(n_of(GPU_DID_WORKER_AGAIN), 1);
    ck_assert_uint_eq(n_of(GPU_DID_JOB_FAILED), 1);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

START_TEST(volatility_is_an_operators_word_and_holds_from_the_next_review)
{
    uint64_t train;

    begin();
    train = ask(1, "training", "training_pipeline", 8, 40, 2, "train");
    ck_assert_int_eq(command(COMMAND_VOLATILITY, 3), AGON_EINVAL);
    ck_assert_int_eq(command(COMMAND_VOLATILITY, -1), AGON_EINVAL);
    ck_assert_int_eq(command(COMMAND_VOLATILITY, GPU_HIGH), AGON_OK);
    ck_assert_uint_eq(state_of(train), GPU_HELD);
    world_due(world, T0 + 301 * SEC);
    ck_assert_uint_eq(engine_cards(world->engine)->volatility, GPU_HIGH);
    ck_assert_uint_eq(state_of(train), GPU_SUSPENDED);
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_VOLATILITY, .state = GPU_NORMAL}, NULL),
                     AGON_EINVAL);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

START_TEST(another_run_begins_without_leases_and_with_higher_numbers)
{
    uint64_t id, next;

    begin();
    id = ask(1, "training", "training_pipeline", 8, 40, 2, "train");
    ck_assert_int_eq(
        happen(
            (struct gpu_event){
                .kind = GPU_SUBMIT, .owner = 1, .lease = id, .n_chunks = 3, .chunk_ns = MS},
            NULL),
        AGON_OK);
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_LOST, .card = 0}, NULL), AGON_OK);
    n_told = 0;
    ck_assert_int_eq(start(2), AGON_OK);
    ck_assert_uint_eq(n_of(GPU_DID_ENDED), 1);
    ck_assert_uint_eq(n_of(GPU_DID_JOB_FAILED), 1);
    ck_assert(gpu_is_up(engine_cards(world->engine), 0));
    next = ask(1, "training", "training_pipeline", 8, 40, 2, "train");
    ck_assert_uint_gt(next, id);
    // One of before is over, and not unknown.
    n_told = 0;
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_RELEASE, .owner = 1, .lease = id}, NULL),
                     AGON_OK);
    ck_assert_uint_eq(told[0].kind, GPU_DID_REFUSED);
    ck_assert_uint_eq(told[0].why, GPU_WHY_OVER);
    world_holds(world);
    world_replays(world);
    engine_free(loaded());
    world_free(world);
}
END_TEST

START_TEST(other_rules_end_all_leases)
{
    uint64_t id;

    begin();
    id = ask(0, "inference", "trading_models", 8, 20, 0, "model");
    ck_assert_int_eq(configure("s3_t4"), AGON_OK);
    ck_assert_uint_eq(state_of(id), GPU_FREE);
    ck_assert_uint_eq(engine_cards(world->engine)->rules->n_cards, rules.n_cards);
    ck_assert_str_eq(engine_cards_profile(world->engine), "s3_t4");
    ck_assert_int_eq(engine_cards_are(world->engine, &rules, "s3_t4", "production"), 1);
    ck_assert_int_eq(engine_cards_are(world->engine, &rules, "s3_t4", "validation"), 0);
    world_replays(world);
    engine_free(loaded());
    world_free(world);
}
END_TEST

START_TEST(what_no_host_writes_is_refused_and_changes_nothing)
{
    union cards_config config;
    struct record_gpu record;
    unsigned char was[HASH_SIZE], is[HASH_SIZE];

    begin();
    gpu_digest(engine_cards(world->engine), was);
    cards_config_record(&rules, "s1_inference_training", "production", &config);
    config.bytes[sizeof(config.record) + 60] ^= 1; // a card's name: the hash is another's
    ck_assert_int_eq(world_step(world, &config), AGON_EINVAL);
    cards_config_record(&rules, "s1_inference_training", "production", &config);
    config.record.n_bytes = 1 << 20;
    ck_assert_int_eq(world_step(world, &config), AGON_EINVAL);
    cards_config_record(&rules, "s1_inference_training", "production", &config);
    config.record.hdr.granules = 1;
    ck_assert_int_eq(world_step(world, &config), AGON_EINVAL);
    for (uint32_t kind = 0; kind < 256; kind++) {
        if (kind >= GPU_TICK && kind < GPU_EVENT_KINDS && kind != GPU_VOLATILITY &&
            kind != GPU_TOURNAMENT)
            continue;
        cards_record(&(struct gpu_event){.kind = kind}, NULL, &record);
        ck_assert_int_eq(world_step(world, &record), AGON_EINVAL);
    }
    cards_record(&(struct gpu_event){.kind = GPU_REQUEST, .bytes = 1}, NULL, &record);
    memset(record.name, 'x', sizeof(record.name));
    ck_assert_int_eq(world_step(world, &record), AGON_EINVAL);
    record.hdr.granules = 1;
    ck_assert_int_eq(world_step(world, &record), AGON_EINVAL);
    gpu_digest(engine_cards(world->engine), is);
    ck_assert_mem_eq(was, is, HASH_SIZE);
    world_replays(world);
    world_free(world);
}
END_TEST

START_TEST(time_that_is_set_back_leaves_what_is_left_of_waits)
{
    struct record_clock clock = {.hdr = {.type = EVENT_CLOCK, .granules = 1}};
    agon_ns_t due;

    begin();
    heat(0, 82); // an alert is due 10 s later
    due = world->engine->cards_due;
    ck_assert_int_eq(due, T0 + 10 * SEC);
    world->t += 5 * SEC;
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_TICK}, NULL), AGON_OK);
    clock.t_before = engine_t(world->engine);
    clock.hdr.t = T0 - 3600 * SEC;
    ck_assert_int_eq(world_step(world, &clock), AGON_OK);
    world->t = clock.hdr.t;
    ck_assert_int_eq(happen((struct gpu_event){.kind = GPU_TICK}, NULL), AGON_OK);
    ck_assert_int_le(world->engine->cards_due, world->t + 10 * SEC);
    world_due(world, world->t + 11 * SEC);
    ck_assert_uint_eq(n_of(GPU_DID_CARD_ALERT), 1);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

static struct gpu_event random_event(uint64_t *state)
{
    static const uint8_t kinds[] = {GPU_REQUEST, GPU_REQUEST, GPU_RELEASE, GPU_SUBMIT, GPU_SUBMIT,
                                    GPU_CHUNK,   GPU_CHUNK,   GPU_CHUNK,   GPU_HEAT,   GPU_LOST,
                                    GPU_BACK,    GPU_BACK,    GPU_TICK};
    const struct gpu *gpu = engine_cards(world->engine);
    uint64_t r = hash_mix(++*state);
    struct gpu_event event = {.kind = kinds[r % sizeof(kinds)], .group = GPU_NONE};

    event.owner = (uint32_t)(r >> 8) % 3;
    event.budget = (uint8_t)(r >> 16) % (uint8_t)rules.n_budgets;
    event.bytes = (int64_t)(r >> 24 & 31) * GIB;
    event.share_ppm = (uint32_t)(r >> 30 & 15) * 30000;
    event.priority = (uint8_t)(r >> 36 & 3);
    event.card = (uint8_t)(r >> 40 & 1);
    event.flags = GPU_RESUMES;
    event.lease = 1 + (r >> 44) % gpu->next_lease;
    event.n_chunks = 1 + (r >> 50 & 3);
    event.chunk_ns = 50 * MS;
    event.heat_mc = (int32_t)(r >> 53 & 31) * 2000 + 30000;
    for (uint32_t i = 0; i < GPU_LEASES_MAX && event.kind == GPU_SUBMIT; i++) {
        const struct gpu_lease *lease = &gpu->leases[(i + state[0]) % GPU_LEASES_MAX];

        if (lease->state != GPU_HELD || lease->share_ppm == 0)
            continue;
        event.lease = lease->id;
        event.owner = lease->owner;
        break;
    }
    if (event.kind == GPU_CHUNK) {
        for (uint32_t i = 0; i < GPU_JOBS_MAX; i++) {
            if (gpu->jobs[i].id != 0 && gpu->jobs[i].is_running) {
                event.job = gpu->jobs[i].id;
                event.run = gpu->jobs[i].run;
                event.card = gpu_lease_of(gpu, gpu->jobs[i].lease)->card;
            }
        }
    }
    return event;
}

// An engine that was loaded from any state on the way goes on as the one that was never ended.
START_TEST(any_journal_replays_and_goes_on_from_any_snapshot)
{
    struct engine *again = NULL;
    uint64_t state = 7, since = 0;

    begin();
    for (int i = 0; i < 3000; i++) {
        struct gpu_event event = random_event(&state);
        uint64_t at = world->n_record;

        world_due(world, world->t + (agon_ns_t)(hash_mix(state) % 40) * MS);
        if (i % 500 == 400)
            ck_assert_int_eq(start(2 + (uint32_t)i / 500), AGON_OK);
        else if (i % 100 == 50)
            ck_assert_int_eq(command(COMMAND_VOLATILITY, i / 100 % 3), AGON_OK);
        else if (i % 100 == 99)
            ck_assert_int_eq(command(COMMAND_RESUME, 0), AGON_EINVAL); // no scope
        ck_assert_int_eq(happen(event, "x"), AGON_OK);
        for (; again != NULL && at < world->n_record;) {
            struct agon_event_hdr *hdr = (struct agon_event_hdr *)(void *)(world->record + at);

            (void)engine_step_recorded(again, hdr);
            at += event_bytes(hdr);
        }
        if (i % 137 != 0)
            continue;
        if (again != NULL) {
            hashes_alike(world->engine, again);
            engine_free(again);
            since++;
        }
        again = loaded();
        world_holds(world);
    }
    ck_assert_uint_gt(since, 15);
    ck_assert_uint_gt(n_of(GPU_DID_EVICTED), 5);
    ck_assert_uint_gt(n_of(GPU_DID_MOVED), 5);
    ck_assert_uint_gt(n_of(GPU_DID_JOB_DONE), 20);
    engine_free(again);
    world_replays(world);
    world_free(world);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("cards");
    Suite *suite = suite_create("cards");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, without_cards_the_state_is_what_it_was);
    tcase_add_test(tcase, a_lease_has_its_owners_name_and_its_decisions_are_told);
    tcase_add_test(tcase, above_the_last_step_of_heat_everything_stops);
    tcase_add_test(tcase, a_lost_card_moves_its_inference_in_the_same_event);
    tcase_add_test(tcase, time_alone_lets_a_job_go_on_and_a_hung_one_fail);
    tcase_add_test(tcase, volatility_is_an_operators_word_and_holds_from_the_next_review);
    tcase_add_test(tcase, another_run_begins_without_leases_and_with_higher_numbers);
    tcase_add_test(tcase, other_rules_end_all_leases);
    tcase_add_test(tcase, what_no_host_writes_is_refused_and_changes_nothing);
    tcase_add_test(tcase, time_that_is_set_back_leaves_what_is_left_of_waits);
    tcase_add_test(tcase, any_journal_replays_and_goes_on_from_any_snapshot);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
