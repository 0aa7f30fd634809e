// SPDX-License-Identifier: Apache-2.0
/* profile: the requirements' numbers in configs/gpu, and files that promise what cannot be. */
#include "world.h"

static int64_t sum(const char *card, const char *prefix)
{
    int64_t bytes = 0;

    for (uint32_t i = 0; i < rules.n_budgets; i++) {
        if (rules.budgets[i].card == profile_card(&rules, card) &&
            strncmp(rules.budgets[i].name, prefix, strlen(prefix)) == 0)
            bytes += rules.budgets[i].bytes;
    }
    return bytes / GIB;
}

static uint32_t share(uint8_t card, const char *name)
{
    uint8_t group = profile_group(&rules, card, name);

    ck_assert_uint_ne(group, GPU_NONE);
    return rules.groups[group].share_ppm;
}

static uint32_t shares_of_card(uint8_t card)
{
    uint32_t ppm = 0;

    for (uint32_t i = 0; i < rules.n_groups; i++) {
        if (rules.groups[i].card == card || rules.groups[i].card == GPU_EACH)
            ppm += rules.groups[i].share_ppm;
    }
    return ppm;
}

START_TEST(budgets_of_inference_and_training) // GPU-01, GPU-02, GPU-26
{
    int64_t all = 0;
    uint32_t cores = 0;

    begin("s1_inference_training", "production");
    ck_assert_int_eq(sum("inference", "trading_models"), 65);
    ck_assert_int_eq(sum("inference", "model_cache"), 20);
    ck_assert_int_eq(sum("inference", "data_buffers"), 8);
    ck_assert_int_eq(rules.cards[0].reserve, 3 * GIB);
    ck_assert_int_eq(sum("training", "tournament_models"), 45);
    ck_assert_int_eq(sum("training", "training_pipeline"), 30);
    ck_assert_int_eq(sum("training", "validation_sets"), 18);
    ck_assert_int_eq(rules.cards[1].reserve, 3 * GIB);
    for (uint32_t i = 0; i < rules.n_cards; i++) {
        all += rules.cards[i].memory;
        cores += rules.cards[i].cores;
        ck_assert_int_eq(sum(rules.cards[i].name, "") * GIB + rules.cards[i].reserve,
                         rules.cards[i].memory);
    }
    ck_assert_int_eq(all, 192 * GIB);
    ck_assert_uint_eq(cores, 36864);
}
END_TEST

START_TEST(budgets_of_language_model_and_learners) // GPU-03, GPU-04
{
    static const struct {
        const char *name;
        int64_t gib;
    } second[] = {{"lstm", 15}, {"sentiment", 20}, {"ppo", 12},      {"strategies", 18},
                  {"risk", 5},  {"portfolio", 4},  {"features", 10}, {"training_buffers", 8}};

    begin("s0_llm_ml", "s0_cores");
    ck_assert_int_eq(sum("llm", "llm_"), 55);
    ck_assert_int_eq(sum("llm", "llm_weights"), 40);
    ck_assert_int_eq(sum("llm", "llm_kv_cache"), 10);
    ck_assert_int_eq(sum("llm", "llm_buffers"), 5);
    ck_assert_int_eq(sum("llm", "live_"), 15);
    ck_assert_int_eq(sum("llm", "live_streams"), 8);
    ck_assert_int_eq(sum("llm", "live_books"), 4);
    ck_assert_int_eq(sum("llm", "live_trades"), 3);
    ck_assert_int_eq(sum("llm", "backtest_"), 21);
    ck_assert_int_eq(sum("llm", "backtest_ohlcv"), 12);
    ck_assert_int_eq(sum("llm", "backtest_indicators"), 6);
    ck_assert_int_eq(sum("llm", "backtest_positions"), 3);
    ck_assert_int_eq(rules.cards[0].reserve, 5 * GIB);
    for (size_t i = 0; i < sizeof(second) / sizeof(second[0]); i++)
        ck_assert_int_eq(sum("ml", second[i].name), second[i].gib);
    ck_assert_int_eq(rules.cards[1].reserve, 4 * GIB);
    ck_assert_int_eq(sum("ml", "") + 4, 96);
}
END_TEST

START_TEST(shares_by_cores) // GPU-05, GPU-06, GPU-27
{
    static const struct {
        uint8_t card;
        const char *name;
        uint32_t cores;
    } all[] = {{0, "llm_analysis", 6000}, {0, "commentary", 2000}, {0, "ticks", 5500},
               {0, "indicators", 3000},   {0, "dashboard", 500},   {1, "lstm", 5000},
               {1, "sentiment", 4000},    {1, "rl", 3500},         {1, "signals", 3500},
               {1, "risk", 1500},         {1, "training", 932}};

    begin("s0_llm_ml", "s0_cores");
    ck_assert_uint_eq(rules.n_groups, sizeof(all) / sizeof(all[0]));
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        ck_assert_uint_eq(share(all[i].card, all[i].name),
                          (uint64_t)all[i].cores * GPU_ALL_PPM / 18432);
    // What is left of card 0 are 1,432 cores, of card 1 none: but what whole parts per million
    // lose.
    ck_assert_uint_ge(GPU_ALL_PPM - shares_of_card(0), 1432ull * GPU_ALL_PPM / 18432);
    ck_assert_uint_le(GPU_ALL_PPM - shares_of_card(0), 1432ull * GPU_ALL_PPM / 18432 + 6);
    ck_assert_uint_le(GPU_ALL_PPM - shares_of_card(1), 6);
    // The dashboard has 3 % of its own, and leaves before anybody who trades.
    ck_assert_uint_eq((share(0, "dashboard") + 5000) / 10000, 3);
    ck_assert_uint_eq(rules.groups[profile_group(&rules, 0, "dashboard")].class, GPU_RESEARCH);
}
END_TEST

START_TEST(use_by_profile) // GPU-07, GPU-08, GPU-09, GPU-13
{
    static const struct {
        const char *profile;
        uint32_t min, max, sum;
    } all[] = {{"baseline", 20, 30, 28}, {"intermediate", 60, 70, 66}, {"full", 85, 95, 97}};
    static const struct {
        uint32_t profile;
        const char *name;
        uint32_t share;
    } groups[] = {{0, "backtesting", 15},
                  {0, "monitoring", 8},
                  {0, "data", 5},
                  {1, "live", 28},
                  {1, "monitoring", 20},
                  {1, "backtesting", 10},
                  {1, "data", 8},
                  {2, "classic", 28},
                  {2, "ml", 15},
                  {2, "market_making", 8},
                  {2, "exchange_monitoring", 20},
                  {2, "inference", 8},
                  {2, "learning", 10},
                  {2, "backtesting", 5},
                  {2, "monitoring_risk", 3}};

    for (uint32_t i = 0; i < 3; i++) {
        begin("s1_inference_training", all[i].profile);
        ck_assert_uint_eq(rules.target_min_ppm, all[i].min * 10000);
        ck_assert_uint_eq(rules.target_max_ppm, all[i].max * 10000);
        ck_assert_uint_eq(shares_of_card(0), all[i].sum * 10000);
        for (size_t k = 0; k < sizeof(groups) / sizeof(groups[0]); k++) {
            if (groups[k].profile == i)
                ck_assert_uint_eq(share(0, groups[k].name), groups[k].share * 10000);
        }
    }
}
END_TEST

START_TEST(splits_by_phase) // GPU-10, GPU-11, GPU-12, CNF-19
{
    begin("s1_inference_training", "backtesting");
    ck_assert_uint_eq(share(0, "backtesting"), 900000);
    ck_assert_uint_eq(share(0, "other"), 100000);
    ck_assert_uint_eq(share(1, "backtesting"), 900000);
    ck_assert_uint_eq(share(1, "validation"), 100000);
    begin("s1_inference_training", "validation");
    ck_assert_uint_eq(share(0, "backtesting"), 800000);
    ck_assert_uint_eq(share(0, "training"), 200000);
    begin("s1_inference_training", "production");
    ck_assert_uint_eq(rules.splits[GPU_NORMAL].inference_ppm, 600000);
    ck_assert_uint_eq(rules.splits[GPU_NORMAL].training_ppm, 400000);
    ck_assert_uint_gt(rules.splits[GPU_HIGH].inference_ppm, 600000);
    ck_assert_uint_ge(rules.splits[GPU_EXTREME].inference_ppm,
                      rules.splits[GPU_HIGH].inference_ppm);
    ck_assert_uint_eq(rules.splits[GPU_WEEKLY].inference_ppm, 400000);
    ck_assert_uint_eq(rules.splits[GPU_WEEKLY].training_ppm, 600000);
    ck_assert_int_eq(rules.reviewed_ns, 300 * SEC);
}
END_TEST

START_TEST(cards_of_every_machine) // GPU-21, GPU-20
{
    begin("s2_four_8gb", "production");
    ck_assert_uint_eq(rules.n_cards, 4);
    ck_assert_str_eq(rules.cards[3].name, "old_3");
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_int_eq(rules.cards[i].memory, 8 * GIB);
        ck_assert_uint_eq(rules.cards[i].training, GPU_TRAINING_NONE);
        ck_assert_uint_eq(rules.cards[i].is_fp64_limited, 1);
    }
    begin("s3_t4", "production");
    ck_assert_uint_eq(rules.n_cards, 1);
    ck_assert_uint_eq(rules.cards[0].is_on_demand, 1);
    begin("s4_a770", "production");
    ck_assert_uint_eq(rules.cards[0].training, GPU_TRAINING_OTHER);
    begin("standby", "production");
    ck_assert_uint_eq(rules.cards[2].is_standby, 1);
}
END_TEST

START_TEST(every_profile_of_the_program_can_be_read)
{
    const char *name, *bytes, *with, *more;
    size_t n, n_more;
    uint32_t n_read = 0;

    for (uint32_t i = 0; profile_budgets_at(i, &name, &bytes, &n); i++) {
        for (uint32_t k = 0; profile_shares_at(k, &with, &more, &n_more); k++) {
            struct error err = {0};
            int rc = profile_make(name, with, &rules, &err);

            // Some shares are for two cards, and some budgets have one.
            ck_assert_msg(rc == AGON_OK ||
                              (rules.n_cards == 1 && strstr(err.text, "on card 1") != NULL),
                          "%s with %s: %s", name, with, err.text);
            n_read += rc == AGON_OK;
        }
    }
    ck_assert_uint_ge(n_read, 36);
}
END_TEST

static void read_bad(const char *text, int is_shares, const char *expected, uint32_t line)
{
    struct config *config = config_new("cards.yaml", text, strlen(text), NULL);
    struct gpu_rules to;
    int rc;

    ck_assert_ptr_nonnull(config);
    if (is_shares) {
        begin("s1_inference_training", "production");
        to = rules;
        rc = profile_read_shares(config, &to);
    } else {
        rc = profile_read_budgets(config, &to);
    }
    ck_assert_int_eq(rc, AGON_EINVAL);
    ck_assert_msg(strstr(config_error_text(config, 0), expected) != NULL, "%s",
                  config_error_text(config, 0));
    ck_assert_uint_eq(config_error_line(config, 0), line);
    config_free(config);
}

static void read_good(const char *text)
{
    struct config *config = config_new("cards.yaml", text, strlen(text), NULL);
    struct gpu_rules to;

    ck_assert_ptr_nonnull(config);
    begin("s1_inference_training", "production");
    to = rules;
    ck_assert_int_eq(profile_read_shares(config, &to), AGON_OK);
    config_free(config);
}

START_TEST(what_cannot_be_says_where_and_what_to_do)
{
    read_bad("cards:\n  - name: a\n    memory: 96GiB\n    reserve: 3GiB\n    budgets:\n"
             "      - {name: x, class: inference, memory: 65GiB}\n"
             "      - {name: y, class: inference, memory: 29GiB}\n",
             0,
             "card 'a' has 96GiB, and its budgets are 94GiB beside a reserve of 3GiB; expected "
             "budgets of at most 93GiB together",
             3);
    read_bad("cards:\n  - name: a\n    memory: 8GiB\n    reserve: 9GiB\n", 0,
             "expected budgets of at most 0", 3);
    read_bad("cards:\n  - name: a\n    memory: 8GiB\n    budgets:\n"
             "      - {name: x, class: inference, memory: 1GiB}\n"
             "      - {name: x, class: inference, memory: 1GiB}\n",
             0, "budget 'x' is there twice", 6);
    read_bad("cards:\n  - name: a\n    memory: 8GiB\n    training: none\n    budgets:\n"
             "      - {name: x, class: training, memory: 1GiB}\n",
             0, "'training: none'", 6);
    read_bad("cards:\n  - name: a\n    memory: 8GiB\n    standby: true\n    budgets:\n"
             "      - {name: x, class: inference, memory: 1GiB}\n",
             0, "expected no budgets", 6);
    read_bad("cards:\n  - {name: a, memory: 8GiB}\n  - {name: a, memory: 8GiB}\n", 0,
             "two cards are called 'a'", 2);
    read_bad("cards:\n  - {name: a, memory: 8GiB, count: 8}\n  - {name: b, memory: 8GiB}\n", 0,
             "more than 8 cards", 2);
    read_bad("cards:\n  - {name: a, memory: 8GB}\n", 0, "memory", 2);
    read_bad("cards:\n  - {name: a, memroy: 8GiB}\n", 0, "did you mean 'memory'", 2);
    read_bad("splits:\n  normal: {inference: 60%, training: 50%}\n", 1, "are 110.0 % of a card", 2);
    read_bad("splits:\n  normal: {inference: 50%, training: 40%}\n", 1,
             "below inference_min of 60.0 %", 2);
    read_bad("groups:\n  - {name: a, class: inference, share: 60%}\n"
             "  - {name: b, class: inference, share: 41%, card: 1}\n",
             1, "the groups of card 1 are 101.0 % of it", 2);
    read_bad("groups:\n  - {name: a, class: inference, share: 60%, card: 2}\n", 1,
             "is on card 2, and the budgets have 2; expected 0 to 1", 2);
    read_bad("groups:\n  - {name: a, class: inference, cores: 60}\n", 1, "has 60 cores", 2);
    read_bad("heat: {alert: 86}\n", 1, "75, 86, 85 and 90 degrees", 1);
    read_bad("heat:\n  stop: 95\n  less: 80\n", 1,
             "less is 80 degrees, a card is warm above 75 and works part of the time above 85; "
             "expected at most 10",
             3);
    read_bad("heat:\n  less: 11\n", 1, "expected at most 10", 2);
    read_bad("heat: {warm: 5, alert: 80, less: 5}\n", 1, "expected at most 4", 1);
    read_good("heat: {less: 10}\n");
    read_bad("target: {min: 80%, max: 70%}\n", 1, "min is above its max", 1);
}
END_TEST

START_TEST(a_card_that_has_less_than_its_profile_leases_is_refused)
{
    struct error err = {0};

    begin("s1_inference_training", "production");
    // Such a card shows less than 96 GiB: the reserve covers it.
    ck_assert_int_eq(profile_check_card(&rules, 0, 97887 * (GIB / 1024), &err), AGON_OK);
    ck_assert_int_eq(profile_check_card(&rules, 0, 93 * GIB, &err), AGON_OK);
    ck_assert_int_eq(profile_check_card(&rules, 1, 93 * GIB - 1, &err), AGON_ERANGE);
    err = (struct error){0};
    ck_assert_int_eq(profile_check_card(&rules, 1, 80 * GIB, &err), AGON_ERANGE);
    ck_assert_str_eq(err.text, "card 1 has 80GiB, and the profile leases 93GiB of 'training'; "
                               "choose a profile for this card, or make its budgets smaller");
}
END_TEST

START_TEST(a_name_that_is_not_there_names_those_that_are)
{
    struct error err = {0};

    ck_assert_int_eq(profile_make("s9", "production", &rules, &err), AGON_ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "s1_inference_training"));
    err = (struct error){0};
    ck_assert_int_eq(profile_make("s3_t4", "half", &rules, &err), AGON_ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "backtesting, baseline"));
}
END_TEST

START_TEST(a_tournament_that_is_protected_takes_nothing_of_inference) // CNF-19
{
    const char *text = "protect_inference: true\n";
    struct config *config = config_new("shares.yaml", text, strlen(text), NULL);

    begin("s1_inference_training", "production");
    ck_assert_int_eq(profile_read_shares(config, &rules), AGON_OK);
    ck_assert_uint_eq(rules.splits[GPU_WEEKLY].inference_ppm, 600000);
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gpu_profile");
    TCase *tcase = tcase_create("profile");

    tcase_add_test(tcase, budgets_of_inference_and_training);
    tcase_add_test(tcase, budgets_of_language_model_and_learners);
    tcase_add_test(tcase, shares_by_cores);
    tcase_add_test(tcase, use_by_profile);
    tcase_add_test(tcase, splits_by_phase);
    tcase_add_test(tcase, cards_of_every_machine);
    tcase_add_test(tcase, every_profile_of_the_program_can_be_read);
    tcase_add_test(tcase, what_cannot_be_says_where_and_what_to_do);
    tcase_add_test(tcase, a_card_that_has_less_than_its_profile_leases_is_refused);
    tcase_add_test(tcase, a_name_that_is_not_there_names_those_that_are);
    tcase_add_test(tcase, a_tournament_that_is_protected_takes_nothing_of_inference);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
