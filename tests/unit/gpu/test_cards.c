// SPDX-License-Identifier: Apache-2.0
/* cards: four steps of heat, cards that are lost and come back, one card left, and none. */
#include "world.h"

static void back(uint32_t card)
{
    step((struct gpu_event){.kind = GPU_BACK, .card = (uint8_t)card});
}

START_TEST(four_steps_of_heat) // GPU-16, F-91
{
    begin("s1_inference_training", "production");
    heat(0, 75000);
    ck_assert_uint_eq(out.n, 0);
    heat(0, 75001);
    ck_assert_uint_eq(count(GPU_DID_CARD_WARM), 1);
    heat(0, 80000);
    tick(60 * SEC);
    ck_assert_uint_eq(out.n, 0);
    // Above 80 degrees for ten seconds.
    heat(0, 80001);
    ck_assert_uint_eq(out.n, 0);
    tick(rules.sustained_ns - 1);
    ck_assert_uint_eq(count(GPU_DID_CARD_ALERT), 0);
    tick(1);
    ck_assert_uint_eq(count(GPU_DID_CARD_ALERT), 1);
    tick(60 * SEC);
    ck_assert_uint_eq(count(GPU_DID_CARD_ALERT), 0);
    heat(0, 85000);
    ck_assert_uint_eq(gpu_capacity_ppm(&gpu, 0), GPU_ALL_PPM);
    heat(0, 85001);
    ck_assert_uint_eq(count(GPU_DID_CARD_SCALED), 1);
    ck_assert_uint_eq(gpu_capacity_ppm(&gpu, 0), 700000);
    ck_assert_uint_eq(gpu_capacity_ppm(&gpu, 1), GPU_ALL_PPM);
    heat(0, 90000);
    ck_assert_uint_eq(count(GPU_DID_STOP), 0);
    heat(0, 90001);
    ck_assert_uint_eq(count(GPU_DID_STOP), 1);
    ck_assert_uint_eq(count(GPU_DID_CARD_SHUT), 1);
    ck_assert_int_eq(gpu_is_up(&gpu, 0), 0);
    // No flapping: a step ends 3 degrees below where it began.
    back(0);
    ck_assert_uint_eq(why_refused(), GPU_WHY_HOT);
    heat(0, 87001);
    back(0);
    ck_assert_uint_eq(why_refused(), GPU_WHY_HOT);
    heat(0, 87000);
    back(0);
    ck_assert_uint_eq(count(GPU_DID_CARD_BACK), 1);
    ck_assert_uint_eq(gpu_capacity_ppm(&gpu, 0), 700000);
    heat(0, 82001);
    ck_assert_uint_eq(gpu_capacity_ppm(&gpu, 0), 700000);
    heat(0, 82000);
    ck_assert_uint_eq(gpu_capacity_ppm(&gpu, 0), GPU_ALL_PPM);
    heat(0, 85000);
    ck_assert_uint_eq(out.n, 0);
    // From cold to the last step at once: every step is said.
    heat(1, 95000);
    ck_assert_uint_eq(count(GPU_DID_CARD_WARM), 1);
    ck_assert_uint_eq(count(GPU_DID_CARD_SCALED), 1);
    ck_assert_uint_eq(count(GPU_DID_STOP), 1);
}
END_TEST

START_TEST(a_hot_card_works_70_percent_and_inference_keeps_its_part) // GPU-16, GPU-11
{
    uint64_t models, train;
    int64_t had = 0, end;

    begin("s4_a770", "production");
    models = ASK(.card = "a770", .budget = "models", .gib = 1, .share = 60);
    train = ASK(.card = "a770", .budget = "training", .gib = 1, .share = 40, .flags = GPU_RESUMES);
    heat(0, 86000);
    ck_assert_uint_eq(gpu_training_ppm(&gpu, 0), 100000);
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, train));
    ck_assert_uint_eq(state_of(models), GPU_HELD);
    (void)submit(models, 100000);
    for (end = now + 100 * SEC; now < end;) {
        uint64_t job = running(0);

        tick(10 * MS);
        if (job != 0) {
            had += 10 * MS;
            chunk_ends(0);
        }
    }
    ck_assert_int_ge(had, 69 * SEC);
    ck_assert_int_le(had, 71 * SEC + 10 * MS);
    heat(0, 60000);
    ck_assert_ptr_nonnull(find(GPU_DID_RESUMED, train));
}
END_TEST

START_TEST(inference_moves_to_the_other_card_and_home_again) // GPU-17, REL-01, F-90
{
    uint64_t models, train, job;

    begin("s1_inference_training", "production");
    models = ASK(.card = "inference", .budget = "trading_models", .gib = 65, .share = 50);
    train = ASK(.card = "training", .budget = "tournament_models", .gib = 45, .share = 40,
                .flags = GPU_RESUMES);
    job = submit(models, 2);
    ck_assert_uint_eq(running(0), job);
    lose(0);
    // In the same event, whatever the time: the memory of training is given up for it.
    ck_assert_uint_eq(the(GPU_DID_MOVED, models)->from, 0);
    ck_assert_uint_eq(the(GPU_DID_MOVED, models)->card, 1);
    ck_assert_ptr_nonnull(find(GPU_DID_EVICTED, train));
    ck_assert_uint_eq(the(GPU_DID_JOB_AGAIN, models)->job, job);
    ck_assert_uint_eq(running(1), job);
    ck_assert_int_eq(the(GPU_DID_JOB_STARTED, models)->value, 2);
    // The end of the chunk that was lost is of the card that was lost.
    for (uint64_t run = 1; run <= 2; run++) {
        step((struct gpu_event){.kind = GPU_CHUNK, .job = job, .run = run, .card = 0});
        ck_assert_uint_eq(why_refused(), GPU_WHY_OVER);
    }
    // Back: home at the chunk's end, and training goes on.
    back(0);
    ck_assert_uint_eq(count(GPU_DID_MOVED), 0);
    chunk_ends(1);
    ck_assert_uint_eq(the(GPU_DID_MOVED, models)->card, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_RESUMED, train));
    ck_assert_uint_eq(running(0), job);
}
END_TEST

// The card is back and runs the same job there again: what it says of the run before is of no
// chunk.
START_TEST(what_a_card_says_of_before_its_loss_is_not_believed) // GPU-17
{
    uint64_t models, job;

    begin("s1_inference_training", "production");
    models = ASK(.card = "inference", .budget = "trading_models", .gib = 65, .share = 50);
    job = submit(models, 2);
    ck_assert_uint_eq(the(GPU_DID_JOB_STARTED, models)->run, 1);
    lose(0);
    ck_assert_uint_eq(the(GPU_DID_JOB_STARTED, models)->run, 2);
    back(0);
    lose(1);
    ck_assert_uint_eq(running(0), job);
    ck_assert_uint_eq(the(GPU_DID_JOB_STARTED, models)->run, 3);
    for (uint64_t run = 0; run < 6; run++) {
        if (run == 3)
            continue;
        step((struct gpu_event){.kind = GPU_CHUNK, .job = job, .run = run, .card = 0});
        ck_assert_uint_eq(why_refused(), GPU_WHY_OVER);
        ck_assert_uint_eq(out.all[0].run, run);
        ck_assert_uint_eq(running(0), job);
    }
    step((struct gpu_event){.kind = GPU_CHUNK, .job = job, .run = 3, .card = 0});
    ck_assert_int_eq(the(GPU_DID_JOB_STARTED, models)->value, 1);
    ck_assert_uint_eq(the(GPU_DID_JOB_STARTED, models)->run, 4);
}
END_TEST

// Its card is back, and a chunk runs elsewhere still: what is free at home is not of a worse lease.
START_TEST(who_is_away_from_home_is_not_overtaken_there) // GPU-17
{
    uint64_t models, worse, better;

    begin("s1_inference_training", "production");
    models =
        ASK(.card = "inference", .budget = "trading_models", .gib = 1, .share = 50, .priority = 1);
    (void)submit(models, 1);
    lose(0);
    back(0);
    worse =
        ASK(.card = "inference", .budget = "trading_models", .gib = 1, .share = 20, .priority = 2);
    ck_assert_ptr_nonnull(find(GPU_DID_QUEUED, worse));
    better =
        ASK(.card = "inference", .budget = "trading_models", .gib = 1, .share = 5, .priority = 0);
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, better));
    chunk_ends(1);
    ck_assert_uint_eq(the(GPU_DID_MOVED, models)->card, 0);
    ck_assert_uint_eq(state_of(worse), GPU_WAITING);
    ck_assert_uint_eq(count(GPU_DID_EVICTED), 0);
    release(better, 0);
    ck_assert_uint_eq(state_of(worse), GPU_WAITING);
    release(models, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_GRANTED, worse));
}
END_TEST

START_TEST(training_waits_for_its_own_card) // GPU-17
{
    uint64_t train, job;

    begin("s1_inference_training", "production");
    train = ASK(.card = "training", .budget = "tournament_models", .gib = 45, .share = 40,
                .flags = GPU_RESUMES);
    job = submit(train, 3);
    lose(1);
    ck_assert_uint_eq(the(GPU_DID_EVICTED, train)->why, GPU_WHY_LOST);
    ck_assert_uint_eq(running(0), 0);
    back(1);
    ck_assert_ptr_nonnull(find(GPU_DID_RESUMED, train));
    tick(MS); // training had no time saved while one card was left
    ck_assert_uint_eq(running(1), job);
    ck_assert_int_eq(the(GPU_DID_JOB_STARTED, train)->value, 3);
}
END_TEST

START_TEST(one_card_left_keeps_the_first_ten_strategies_at_half) // GPU-18
{
    uint64_t lease[12], other;

    begin("s1_inference_training", "production");
    for (uint32_t i = 0; i < 12; i++)
        lease[i] = ASK(.card = "inference", .budget = "trading_models", .gib = 1, .share = 5,
                       .rank = i + 1);
    other = ASK(.card = "training", .budget = "tournament_models", .gib = 1, .share = 40,
                .flags = GPU_RESUMES);
    lose(1);
    ck_assert_uint_eq(count(GPU_DID_SINGLE), 1);
    for (uint32_t i = 0; i < 12; i++)
        ck_assert_uint_eq(state_of(lease[i]), i < 10 ? GPU_HELD : GPU_SUSPENDED);
    ck_assert_uint_eq(gpu_capacity_ppm(&gpu, 0), 500000);
    ck_assert_uint_eq(gpu_class_ppm(&gpu, 0, 1), 500000);
    ck_assert_uint_eq(state_of(other), GPU_SUSPENDED);
    back(1);
    ck_assert_uint_eq(count(GPU_DID_CARDS), 1);
    ck_assert_uint_eq(count(GPU_DID_RESUMED), 3);
    // A machine of one card is whole with it.
    begin("s3_t4", "production");
    ck_assert_int_eq(gpu_is_single(&gpu), 0);
    ck_assert_uint_eq(gpu_capacity_ppm(&gpu, 0), GPU_ALL_PPM);
}
END_TEST

START_TEST(without_any_card_all_wait_and_go_on_by_rank) // GPU-19
{
    uint64_t models, train;

    begin("s1_inference_training", "production");
    models = ASK(.card = "inference", .budget = "trading_models", .gib = 65, .share = 50);
    train = ASK(.card = "training", .budget = "tournament_models", .gib = 45, .share = 40,
                .flags = GPU_RESUMES);
    // One too hot, the other lost.
    heat(0, 91000);
    ck_assert_uint_eq(count(GPU_DID_STOP), 1);
    ck_assert_ptr_nonnull(find(GPU_DID_MOVED, models));
    lose(1);
    ck_assert_uint_eq(count(GPU_DID_ON_CPU), 1);
    ck_assert_uint_eq(the(GPU_DID_EVICTED, models)->why, GPU_WHY_LOST);
    ck_assert_uint_eq(state_of(models), GPU_SUSPENDED);
    ck_assert_uint_eq(state_of(train), GPU_SUSPENDED);
    ck_assert_int_eq(gpu_bytes(&gpu, 0) + gpu_bytes(&gpu, 1), 0);
    // A lease can be asked for all the same.
    ASK(.card = "inference", .budget = "model_cache", .gib = 1);
    ck_assert_uint_eq(count(GPU_DID_QUEUED), 1);
    back(1);
    ck_assert_ptr_nonnull(find(GPU_DID_RESUMED, models));
    ck_assert_uint_eq(the(GPU_DID_RESUMED, models)->card, 1);
    ck_assert_uint_eq(state_of(train), GPU_SUSPENDED);
    heat(0, 60000);
    back(0);
    ck_assert_uint_eq(the(GPU_DID_MOVED, models)->card, 0);
    ck_assert_ptr_nonnull(find(GPU_DID_RESUMED, train));
}
END_TEST

START_TEST(a_standby_is_used_when_no_other_is_left) // GPU-20
{
    uint64_t models, train;

    begin("standby", "production");
    models = ASK(.card = "inference", .budget = "trading_models", .gib = 65, .share = 30);
    train = ASK(.card = "training", .budget = "tournament_models", .gib = 5, .share = 40,
                .flags = GPU_RESUMES);
    lose(0);
    ck_assert_uint_eq(the(GPU_DID_MOVED, models)->card, 1);
    ck_assert_int_eq(gpu_is_single(&gpu), 1); // the standby is no second card
    lose(1);
    ck_assert_uint_eq(the(GPU_DID_MOVED, models)->card, 2);
    ck_assert_uint_eq(state_of(train), GPU_SUSPENDED);
    ck_assert_int_eq(gpu_is_single(&gpu), 1);
    back(0);
    ck_assert_uint_eq(the(GPU_DID_MOVED, models)->card, 0);
}
END_TEST

START_TEST(a_card_that_is_lost_twice_is_lost_once)
{
    begin("s1_inference_training", "production");
    lose(0);
    ck_assert_uint_eq(count(GPU_DID_CARD_SHUT), 1);
    lose(0);
    ck_assert_uint_eq(out.n, 0);
    back(0);
    back(0);
    ck_assert_uint_eq(out.n, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gpu_cards");
    TCase *tcase = tcase_create("cards");

    tcase_add_test(tcase, four_steps_of_heat);
    tcase_add_test(tcase, a_hot_card_works_70_percent_and_inference_keeps_its_part);
    tcase_add_test(tcase, inference_moves_to_the_other_card_and_home_again);
    tcase_add_test(tcase, what_a_card_says_of_before_its_loss_is_not_believed);
    tcase_add_test(tcase, who_is_away_from_home_is_not_overtaken_there);
    tcase_add_test(tcase, training_waits_for_its_own_card);
    tcase_add_test(tcase, one_card_left_keeps_the_first_ten_strategies_at_half);
    tcase_add_test(tcase, without_any_card_all_wait_and_go_on_by_rank);
    tcase_add_test(tcase, a_standby_is_used_when_no_other_is_left);
    tcase_add_test(tcase, a_card_that_is_lost_twice_is_lost_once);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
