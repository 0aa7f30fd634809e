// SPDX-License-Identifier: Apache-2.0
/* leases: who is given what, who waits, and who leaves for whom. */
#include "world.h"

#define S1 "inference"
#define S2 "training"

START_TEST(a_lease_is_of_a_card_and_of_bytes) // GPU-01
{
    uint64_t lease;

    begin("s1_inference_training", "production");
    lease = ASK(.card = S1, .budget = "trading_models", .gib = 65, .share = 60);
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, lease));
    ck_assert_int_eq(gpu_bytes(&gpu, 0), 65 * GIB);
    ASK(.card = S1, .budget = "model_cache", .gib = 20);
    ASK(.card = S1, .budget = "data_buffers", .gib = 8);
    ck_assert_int_eq(gpu_bytes(&gpu, 0), 93 * GIB);
    // All but the reserve is out, and not a byte more is given.
    ASK(.card = S1, .budget = "data_buffers", .gib = 1);
    ck_assert_uint_eq(count(GPU_DID_QUEUED), 1);
    ck_assert_int_eq(gpu_bytes(&gpu, 0), rules.cards[0].memory - rules.cards[0].reserve);
}
END_TEST

START_TEST(reservations_succeed) // GPU-14, MLA-53
{
    uint64_t first;

    // 40 GB for a first training run: more than any budget of training, so it has the card alone.
    begin("s1_inference_training", "production");
    first = ASK(.card = S2, .budget = "training_pipeline", .gib = 40, .flags = GPU_DEDICATED);
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, first));
    // 50 GB on each card.
    begin("s1_inference_training", "production");
    ck_assert_ptr_nonnull(
        find(GPU_DID_GRANTED, ASK(.card = S1, .budget = "trading_models", .gib = 50)));
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, ASK(.card = S2, .budget = "training_pipeline",
                                                    .gib = 50, .flags = GPU_DEDICATED)));
    // 20 GB for backtests.
    begin("s0_llm_ml", "s0_cores");
    ck_assert_ptr_nonnull(
        find(GPU_DID_GRANTED, ASK(.card = "llm", .budget = "backtest_ohlcv", .gib = 12)));
    ck_assert_ptr_nonnull(
        find(GPU_DID_GRANTED, ASK(.card = "llm", .budget = "backtest_indicators", .gib = 6)));
    ck_assert_ptr_nonnull(
        find(GPU_DID_GRANTED, ASK(.card = "llm", .budget = "backtest_positions", .gib = 2)));
}
END_TEST

START_TEST(above_its_budget_is_refused_or_waits) // GPU-15
{
    begin("s1_inference_training", "production");
    ASK(.card = S1, .budget = "trading_models", .gib = 66);
    ck_assert_uint_eq(why_refused(), GPU_WHY_BUDGET);
    ASK(.card = S2, .budget = "training_pipeline", .gib = 94, .flags = GPU_DEDICATED);
    ck_assert_uint_eq(why_refused(), GPU_WHY_MEMORY);
    ASK(.card = S2, .budget = "training_pipeline", .gib = 1, .share = 61);
    ck_assert_uint_eq(why_refused(), GPU_WHY_SHARE);
    ASK(.card = S1, .budget = "trading_models", .gib = 40);
    ASK(.card = S1, .budget = "trading_models", .gib = 40);
    ck_assert_uint_eq(count(GPU_DID_QUEUED), 1);
    ck_assert_uint_eq(count(GPU_DID_GRANTED), 0);
}
END_TEST

START_TEST(the_queue_is_served_by_rank_and_nobody_overtakes) // GPU-15, GPU-22, WKL-41
{
    uint64_t holds, late, early, best, small;

    begin("s1_inference_training", "production");
    holds = ASK(.card = S1, .budget = "trading_models", .gib = 60, .priority = 0);
    early = ASK(.card = S1, .budget = "trading_models", .gib = 60, .priority = 2);
    late = ASK(.card = S1, .budget = "trading_models", .gib = 60, .priority = 2);
    best = ASK(.card = S1, .budget = "trading_models", .gib = 60, .priority = 1);
    // It would fit, and waits behind those of a better rank.
    small = ASK(.card = S1, .budget = "trading_models", .gib = 1, .priority = 3);
    ck_assert_uint_eq(queued(0), best);
    ck_assert_uint_eq(queued(1), early);
    ck_assert_uint_eq(queued(2), late);
    ck_assert_uint_eq(queued(3), small);
    ck_assert_ptr_null(gpu_queue_at(&gpu, 4));
    release(holds, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, best));
    ck_assert_uint_eq(count(GPU_DID_GRANTED), 1);
    release(best, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, early));
    release(early, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, late));
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, small));
}
END_TEST

START_TEST(a_better_priority_puts_out_a_worse_one_and_no_equal) // GPU-22
{
    uint64_t worst, worse, equal;

    begin("s1_inference_training", "production");
    worse =
        ASK(.card = S1, .budget = "trading_models", .gib = 30, .priority = 3, .flags = GPU_RESUMES);
    worst =
        ASK(.card = S1, .budget = "trading_models", .gib = 30, .priority = 4, .flags = GPU_RESUMES);
    equal = ASK(.card = S1, .budget = "trading_models", .gib = 30, .priority = 4);
    ck_assert_uint_eq(state_of(equal), GPU_WAITING);
    // The last by rank leaves, and no more than that.
    ck_assert_ptr_nonnull(find(
        GPU_DID_GRANTED, ASK(.card = S1, .budget = "trading_models", .gib = 30, .priority = 1)));
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, worst));
    ck_assert_uint_eq(state_of(worst), GPU_SUSPENDED);
    ck_assert_uint_eq(state_of(worse), GPU_HELD);
}
END_TEST

/* A card that is full of three classes' memory: what comes from one that was lost wants to be
 * beside them, and they leave for it in their order. */
static void three_classes(uint64_t lease[3])
{
    begin("s1_inference_training", "production");
    lease[0] = ASK(.card = S2, .budget = "tournament_models", .gib = 45, .flags = GPU_RESUMES);
    lease[1] = ASK(.card = S2, .budget = "training_pipeline", .gib = 30, .priority = 1,
                   .flags = GPU_RESUMES);
    lease[2] = ASK(.card = S2, .budget = "validation_sets", .gib = 18, .flags = GPU_RESUMES);
}

START_TEST(research_leaves_first_then_training_and_never_for_training) // GPU-15
{
    uint64_t other[3], small, large;

    three_classes(other);
    small = ASK(.card = S1, .budget = "data_buffers", .gib = 8, .flags = GPU_RESUMES);
    lose(0);
    ck_assert_ptr_nonnull(find(GPU_DID_MOVED, small));
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, other[2]));
    ck_assert_uint_eq(count(GPU_DID_EVICTED), 1);
    ck_assert_uint_eq(state_of(other[1]), GPU_HELD);
    // More than research has: then the training of the worse priority.
    large = ASK(.card = S1, .budget = "trading_models", .gib = 30);
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, large));
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, other[1]));
    ck_assert_uint_eq(state_of(other[0]), GPU_HELD);
    ck_assert_uint_eq(state_of(small), GPU_HELD);
}
END_TEST

START_TEST(who_is_put_out_goes_on_later_or_ends) // GPU-15, MLA-53
{
    uint64_t other[3], first, brief;

    three_classes(other);
    // The first training takes the whole card of the better priority, and is put out in its turn.
    release(other[0], 0);
    release(other[1], 0);
    first = ASK(.card = S2, .budget = "training_pipeline", .gib = 93, .priority = 2,
                .flags = GPU_DEDICATED | GPU_RESUMES);
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, first));
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, other[2]));
    brief = ASK(.card = S2, .budget = "training_pipeline", .gib = 1, .priority = 1);
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, first));
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, brief));
    release(brief, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_RESUMED, first));
    ck_assert_uint_eq(state_of(other[2]), GPU_SUSPENDED);
    release(first, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_RESUMED, other[2]));
    // Without the flag a lease that is put out is over.
    brief = ASK(.card = S2, .budget = "validation_sets", .gib = 0, .share = 5);
    first = ASK(.card = S2, .budget = "training_pipeline", .gib = 93, .flags = GPU_DEDICATED);
    ck_assert_ptr_nonnull(find(GPU_DID_ENDED, brief));
    ck_assert_uint_eq(the(GPU_DID_ENDED, brief)->why, GPU_WHY_RANK);
}
END_TEST

START_TEST(nobody_is_beside_a_dedicated_lease) // MLA-53
{
    uint64_t whole, beside;

    begin("s1_inference_training", "production");
    whole = ASK(.card = S2, .budget = "training_pipeline", .gib = 1, .flags = GPU_DEDICATED);
    beside = ASK(.card = S2, .budget = "tournament_models", .gib = 1);
    ck_assert_uint_eq(state_of(beside), GPU_WAITING);
    release(whole, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, beside));
    // It waits for its equals as they do for it, and inference has no such thing.
    whole = ASK(.card = S2, .budget = "training_pipeline", .gib = 1, .flags = GPU_DEDICATED);
    ck_assert_uint_eq(state_of(whole), GPU_WAITING);
    ASK(.card = S1, .budget = "trading_models", .gib = 1, .flags = GPU_DEDICATED);
    ck_assert_uint_eq(why_refused(), GPU_WHY_INVALID);
}
END_TEST

START_TEST(training_has_at_most_40_and_inference_at_least_60) // GPU-11
{
    uint64_t lease;

    begin("s4_a770", "production");
    ASK(.card = "a770", .budget = "training", .gib = 1, .share = 30);
    lease = ASK(.card = "a770", .budget = "training", .gib = 1, .share = 11);
    ck_assert_uint_eq(state_of(lease), GPU_WAITING);
    release(lease, 0);
    lease = ASK(.card = "a770", .budget = "training", .gib = 1, .share = 10);
    ck_assert_uint_eq(state_of(lease), GPU_HELD);
    ck_assert_ptr_nonnull(
        find(GPU_DID_GRANTED, ASK(.card = "a770", .budget = "models", .gib = 1, .share = 60)));
    ck_assert_uint_eq(gpu_class_ppm(&gpu, 0, 1), 600000);
    ck_assert_uint_eq(gpu_class_ppm(&gpu, 0, 0), 400000);
}
END_TEST

START_TEST(volatility_moves_trainings_share_at_the_next_review) // GPU-12
{
    uint64_t lease[4], models;

    begin("s4_a770", "production");
    for (uint32_t i = 0; i < 4; i++)
        lease[i] =
            ASK(.card = "a770", .budget = "training", .gib = 1, .share = 10, .flags = GPU_RESUMES);
    step((struct gpu_event){.kind = GPU_VOLATILITY, .state = GPU_HIGH});
    tick(299 * SEC);
    ck_assert_uint_eq(gpu_class_ppm(&gpu, 0, 0), 400000);
    tick(1 * SEC);
    ck_assert_uint_eq(count(GPU_DID_SPLIT), 1);
    // The two that came last.
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, lease[3]));
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, lease[2]));
    ck_assert_uint_eq(gpu_class_ppm(&gpu, 0, 0), 200000);
    models = ASK(.card = "a770", .budget = "models", .gib = 1, .share = 80);
    ck_assert_uint_eq(state_of(models), GPU_HELD);
    step((struct gpu_event){.kind = GPU_VOLATILITY, .state = GPU_EXTREME});
    tick(300 * SEC);
    ck_assert_uint_eq(gpu_class_ppm(&gpu, 0, 0), 0);
    // Calm again: inference keeps what it has, and training comes back as far as that leaves.
    step((struct gpu_event){.kind = GPU_VOLATILITY, .state = GPU_NORMAL});
    tick(300 * SEC);
    ck_assert_uint_eq(gpu_class_ppm(&gpu, 0, 1), 800000);
    ck_assert_uint_eq(gpu_class_ppm(&gpu, 0, 0), 200000);
    ck_assert_ptr_nonnull(find(GPU_DID_RESUMED, lease[0]));
    ck_assert_ptr_nonnull(find(GPU_DID_RESUMED, lease[1]));
    release(models, 0);
    ck_assert_uint_eq(gpu_class_ppm(&gpu, 0, 0), 400000);
    step((struct gpu_event){.kind = GPU_VOLATILITY, .state = GPU_WEEKLY});
    ck_assert_uint_eq(why_refused(), GPU_WHY_INVALID);
}
END_TEST

START_TEST(the_weekly_tournament_has_60_while_it_is_calm) // GPU-11, CNF-19
{
    uint64_t lease;

    begin("s1_inference_training", "production");
    lease =
        ASK(.card = S2, .budget = "tournament_models", .gib = 1, .share = 60, .flags = GPU_RESUMES);
    ck_assert_uint_eq(state_of(lease), GPU_WAITING);
    step((struct gpu_event){.kind = GPU_TOURNAMENT, .state = 1});
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, lease));
    step((struct gpu_event){.kind = GPU_VOLATILITY, .state = GPU_HIGH});
    tick(300 * SEC);
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, lease));
    step((struct gpu_event){.kind = GPU_VOLATILITY, .state = GPU_NORMAL});
    tick(300 * SEC);
    ck_assert_ptr_nonnull(find(GPU_DID_RESUMED, lease));
    step((struct gpu_event){.kind = GPU_TOURNAMENT, .state = 0});
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, lease));
}
END_TEST

START_TEST(groups_bound_their_leases) // GPU-08, GPU-13, GPU-27
{
    uint64_t third;

    begin("s1_inference_training", "full");
    ASK(.card = S1, .budget = "trading_models", .group = "ml", .gib = 1, .share = 5);
    ASK(.card = S1, .budget = "trading_models", .group = "ml", .gib = 1, .share = 5);
    third = ASK(.card = S1, .budget = "trading_models", .group = "ml", .gib = 1, .share = 6);
    ck_assert_uint_eq(state_of(third), GPU_WAITING);
    release(third, 0);
    third = ASK(.card = S1, .budget = "trading_models", .group = "ml", .gib = 1, .share = 5);
    ck_assert_uint_eq(state_of(third), GPU_HELD);
    ASK(.card = S1, .budget = "trading_models", .group = "ml", .gib = 1, .share = 16);
    ck_assert_uint_eq(why_refused(), GPU_WHY_SHARE);
    // A group of another class, or of another card.
    ASK(.card = S1, .budget = "trading_models", .group = "learning", .gib = 1, .share = 1);
    ck_assert_uint_eq(why_refused(), GPU_WHY_INVALID);
    begin("s0_llm_ml", "s0_cores");
    step((struct gpu_event){.kind = GPU_REQUEST,
                            .bytes = 1,
                            .share_ppm = 1,
                            .budget = profile_budget(&rules, "llm", "llm_weights"),
                            .group = profile_group(&rules, 1, "lstm")});
    ck_assert_uint_eq(why_refused(), GPU_WHY_INVALID);
}
END_TEST

START_TEST(one_job_may_have_both_cards) // GPU-23
{
    uint64_t one, other;

    begin("s1_inference_training", "backtesting");
    one =
        ASK(.card = S2, .budget = "validation_sets", .group = "backtesting", .gib = 8, .share = 90);
    ck_assert_uint_eq(state_of(one), GPU_HELD);
    begin("s0_llm_ml", "s0_cores");
    one = ASK(.card = "llm", .budget = "backtest_ohlcv", .gib = 12, .share = 2);
    other = ASK(.card = "ml", .budget = "training_buffers", .gib = 8, .share = 2);
    ck_assert_uint_eq(state_of(one), GPU_HELD);
    ck_assert_uint_eq(state_of(other), GPU_HELD);
    (void)submit(one, 1);
    (void)submit(other, 1);
    ck_assert_uint_ne(running(0), 0);
    ck_assert_uint_ne(running(1), 0);
}
END_TEST

START_TEST(old_cards_do_not_what_they_cannot) // GPU-21
{
    begin("s2_four_8gb", "production");
    ASK(.card = "old_2", .budget = "analysis", .gib = 1, .flags = GPU_NEEDS_FP64);
    ck_assert_uint_eq(why_refused(), GPU_WHY_CANNOT);
    ASK(.card = "old_2", .budget = "analysis", .gib = 1, .flags = GPU_NEEDS_TRAINING);
    ck_assert_uint_eq(why_refused(), GPU_WHY_CANNOT);
    begin("s4_a770", "production");
    ASK(.card = "a770", .budget = "training", .gib = 1, .flags = GPU_NEEDS_TRAINING);
    ck_assert_uint_eq(why_refused(), GPU_WHY_CANNOT);
    ck_assert_uint_eq(state_of(ASK(.card = "a770", .budget = "training", .gib = 1)), GPU_HELD);
    begin("s3_t4", "production");
    ck_assert_uint_eq(
        state_of(ASK(.card = "t4", .budget = "training", .gib = 15, .flags = GPU_NEEDS_TRAINING)),
        GPU_HELD);
}
END_TEST

START_TEST(a_lease_that_is_over_is_used_by_nobody)
{
    uint64_t lease, other;

    begin("s1_inference_training", "production");
    other = ASK(.card = S1, .budget = "trading_models", .gib = 1, .share = 1, .owner = 7);
    lease = ASK(.card = S1, .budget = "trading_models", .gib = 1, .share = 1);
    release(lease, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_ENDED, lease));
    release(lease, 0); // freed twice
    ck_assert_uint_eq(why_refused(), GPU_WHY_OVER);
    (void)submit(lease, 1); // used after its end
    ck_assert_uint_eq(why_refused(), GPU_WHY_OVER);
    release(lease + 1, 0);
    ck_assert_uint_eq(why_refused(), GPU_WHY_UNKNOWN);
    release(0, 0);
    ck_assert_uint_eq(why_refused(), GPU_WHY_UNKNOWN);
    release(other, 0);
    ck_assert_uint_eq(why_refused(), GPU_WHY_OTHERS);
    (void)submit(other, 1);
    ck_assert_uint_eq(why_refused(), GPU_WHY_OTHERS);
    ck_assert_uint_eq(state_of(other), GPU_HELD);
    ck_assert_int_eq(gpu_bytes(&gpu, 0), GIB);
    ck_assert_str_eq(gpu_why_name(GPU_WHY_OVER), "over");
    ck_assert_ptr_nonnull(strstr(gpu_why_doc(GPU_WHY_OVER), "given back"));
}
END_TEST

START_TEST(a_lease_that_is_never_given_back_ends_at_its_deadline)
{
    uint64_t lease, waits, other;

    begin("s1_inference_training", "production");
    lease = ASK(.card = S1, .budget = "model_cache", .gib = 20, .deadline_ns = now + 10 * SEC);
    other = ASK(.card = S1, .budget = "data_buffers", .gib = 8);
    waits = ASK(.card = S1, .budget = "model_cache", .gib = 20);
    tick(10 * SEC - 1);
    ck_assert_uint_eq(state_of(lease), GPU_HELD);
    tick(1);
    ck_assert_uint_eq(the(GPU_DID_ENDED, lease)->why, GPU_WHY_LATE);
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, waits));
    ck_assert_uint_eq(state_of(other), GPU_HELD);
    // Who waits past his deadline ends as well; and none is granted that is over already.
    lease = ASK(.card = S1, .budget = "model_cache", .gib = 20, .deadline_ns = now + SEC);
    tick(SEC);
    ck_assert_uint_eq(the(GPU_DID_ENDED, lease)->why, GPU_WHY_LATE);
    ASK(.card = S1, .budget = "model_cache", .gib = 1, .deadline_ns = now);
    ck_assert_uint_eq(why_refused(), GPU_WHY_LATE);
}
END_TEST

START_TEST(tables_have_an_end)
{
    begin("s1_inference_training", "production");
    for (uint32_t i = 0; i < GPU_LEASES_MAX; i++)
        ck_assert_uint_eq(
            state_of(ASK(.card = S1, .budget = "trading_models", .gib = 1, .share = i == 0)),
            GPU_HELD);
    ASK(.card = S1, .budget = "trading_models", .gib = 1);
    ck_assert_uint_eq(why_refused(), GPU_WHY_FULL);
    for (uint32_t i = 0; i < GPU_JOBS_MAX; i++)
        (void)submit(1, 1);
    (void)submit(1, 1);
    ck_assert_uint_eq(why_refused(), GPU_WHY_FULL);
    release(64, 0);
    ck_assert_uint_eq(state_of(ASK(.card = S1, .budget = "trading_models", .gib = 1)), GPU_HELD);
}
END_TEST

START_TEST(what_says_nothing_is_refused)
{
    static const struct gpu_event bad[] = {
        {.kind = GPU_REQUEST, .bytes = 1, .group = GPU_NONE, .budget = 99},
        {.kind = GPU_REQUEST, .bytes = 1, .group = 99},
        {.kind = GPU_REQUEST, .bytes = 1, .group = GPU_NONE, .priority = GPU_PRIORITIES},
        {.kind = GPU_REQUEST, .bytes = -1, .group = GPU_NONE, .share_ppm = 1},
        {.kind = GPU_REQUEST, .bytes = 1, .group = GPU_NONE, .share_ppm = GPU_ALL_PPM + 1},
        {.kind = GPU_REQUEST, .group = GPU_NONE},
        {.kind = GPU_HEAT, .card = 2},
        {.kind = GPU_LOST, .card = 2},
        {.kind = GPU_BACK, .card = 2},
        {.kind = 0},
        {.kind = GPU_EVENT_KINDS}};

    begin("s1_inference_training", "production");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        step(bad[i]);
        ck_assert_uint_eq(why_refused(), GPU_WHY_INVALID);
    }
    ck_assert_ptr_null(gpu_queue_at(&gpu, 0));
}
END_TEST

START_TEST(a_state_is_read_as_it_was_written_and_no_other_bytes_are)
{
    static unsigned char bytes[GPU_STATE_MAX], bad[GPU_STATE_MAX];
    unsigned char before[HASH_SIZE], after[HASH_SIZE];
    static struct gpu read;
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct dec dec;
    uint32_t n_refused = 0;

    begin("s1_inference_training", "production");
    (void)submit(ASK(.card = S1, .budget = "trading_models", .gib = 65, .share = 60), 3);
    ASK(.card = S1, .budget = "trading_models", .gib = 65);
    gpu_save(&gpu, &enc);
    ck_assert(enc_is_ok(&enc));
    dec = (struct dec){.at = bytes, .n = enc.used};
    gpu_load(&read, &rules, &dec);
    ck_assert(dec_is_ok(&dec) && dec.used == enc.used);
    gpu_digest(&gpu, before);
    gpu_digest(&read, after);
    ck_assert_mem_eq(before, after, sizeof(before));
    tick(SEC); // time is of the state
    gpu_digest(&gpu, after);
    ck_assert_mem_ne(before, after, sizeof(before));
    // Every byte turned: refused, or a state that goes on without stopping the host.
    for (uint64_t i = 0; i < enc.used; i++) {
        memcpy(bad, bytes, enc.used);
        bad[i] ^= 0xff;
        dec = (struct dec){.at = bad, .n = enc.used};
        gpu_load(&read, &rules, &dec);
        n_refused += !dec_is_ok(&dec);
        if (dec_is_ok(&dec) && read.t < INT64_MAX / 2 && read.t >= 0) {
            struct gpu_event event = {.t = read.t, .kind = GPU_TICK};

            gpu_step(&read, &event, &out);
        }
    }
    ck_assert_uint_gt(n_refused, 20);
    dec = (struct dec){.at = bytes, .n = enc.used - 1};
    gpu_load(&read, &rules, &dec);
    ck_assert(!dec_is_ok(&dec));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gpu_leases");
    TCase *tcase = tcase_create("leases");

    tcase_add_test(tcase, a_lease_is_of_a_card_and_of_bytes);
    tcase_add_test(tcase, reservations_succeed);
    tcase_add_test(tcase, above_its_budget_is_refused_or_waits);
    tcase_add_test(tcase, the_queue_is_served_by_rank_and_nobody_overtakes);
    tcase_add_test(tcase, a_better_priority_puts_out_a_worse_one_and_no_equal);
    tcase_add_test(tcase, research_leaves_first_then_training_and_never_for_training);
    tcase_add_test(tcase, who_is_put_out_goes_on_later_or_ends);
    tcase_add_test(tcase, nobody_is_beside_a_dedicated_lease);
    tcase_add_test(tcase, training_has_at_most_40_and_inference_at_least_60);
    tcase_add_test(tcase, volatility_moves_trainings_share_at_the_next_review);
    tcase_add_test(tcase, the_weekly_tournament_has_60_while_it_is_calm);
    tcase_add_test(tcase, groups_bound_their_leases);
    tcase_add_test(tcase, one_job_may_have_both_cards);
    tcase_add_test(tcase, old_cards_do_not_what_they_cannot);
    tcase_add_test(tcase, a_lease_that_is_over_is_used_by_nobody);
    tcase_add_test(tcase, a_lease_that_is_never_given_back_ends_at_its_deadline);
    tcase_add_test(tcase, tables_have_an_end);
    tcase_add_test(tcase, what_says_nothing_is_refused);
    tcase_add_test(tcase, a_state_is_read_as_it_was_written_and_no_other_bytes_are);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
