// SPDX-License-Identifier: Apache-2.0
/* Rosters: what is well reaches the slot's record, what is not is named with its place. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "roster/roster.h"
#include "roster/tournament_preset.h"
#include "sys/file.h"

static struct roster roster;
static struct crew_slot slots[SLOTS_MAX], *const slot = slots;

static const struct roster_names names = {
    .n = 3, .instruments = {"binance:SOLUSDT", "binance:BTCUSDT", "binance:ETHUSDT"}};

#define AGENT                                                                                      \
    "agents:\n"                                                                                    \
    "  - name: ema\n"                                                                              \
    "    plugin: plugins/ema.so\n"                                                                 \
    "    capital: 10000 USDT\n"                                                                    \
    "    instruments: [\"binance:BTCUSDT\", \"binance:ETHUSDT\"]\n"

static int read_text(const char *text, struct config **config)
{
    *config = config_new("roster.yaml", text, strlen(text), NULL);
    return roster_read(&roster, *config);
}

START_TEST(a_roster_reaches_the_slots_record)
{
    struct config *config;

    ck_assert_msg(read_text("seed: 5\n" AGENT "    runner: inproc\n"
                            "    bars: [1m, 1h]\n"
                            "    depth: full\n"
                            "    latency: 5ms\n"
                            "    hard: 250ms\n"
                            "    on_crash: flatten\n"
                            "    stage: live_small\n"
                            "    params: {fast: 12, mode: slow}\n"
                            "    signals: {trend: ema.trend, mood: none}\n"
                            "    limits: {order: 2000 USDT, daily_loss: 3%, open_orders: 7}\n",
                            &config) >= 0,
                  "%s", config_error_text(config, 0));
    ck_assert_int_eq(roster_resolve(&roster, config, "/srv/agon", &names, slots), AGON_OK);
    config_free(config); // neither the roster nor the slots borrow from it
    ck_assert_str_eq(slot->record.name, "ema");
    ck_assert_str_eq(slot->plugin, "/srv/agon/plugins/ema.so");
    ck_assert_uint_eq(slot->record.runner, CREW_INPROC);
    ck_assert_uint_eq(slot->record.stage, STAGE_LIVE_SMALL);
    ck_assert_str_eq(roster_stage_name(slot->record.stage), "live_small");
    ck_assert_uint_eq(slot->line, 13); // of its stage
    ck_assert_uint_eq(slot->record.on_crash, CRASH_FLATTEN);
    ck_assert_int_eq(slot->record.intent_latency_ns, 5000000);
    ck_assert_int_eq(slot->hard_ns, 250000000);
    ck_assert_uint_eq(slot->record.subscription.n_instruments, 2);
    ck_assert_uint_eq(slot->record.subscription.instruments[1], 3);
    ck_assert_uint_eq(slot->record.subscription.bar_mask, 0x21); // 60 s and 3600 s
    ck_assert_uint_eq(slot->record.subscription.depth, DEPTH_FULL);
    ck_assert_int_eq(slot->record.limits.capital_amt, 1000000000000);
    ck_assert_int_eq(slot->record.limits.order_amt, 200000000000);
    ck_assert_int_eq(slot->record.limits.position_amt, 1000000000000); // the capital
    ck_assert_int_eq(slot->record.limits.daily_loss_amt, 30000000000);
    ck_assert_uint_eq(slot->record.limits.max_open_orders, 7);
    ck_assert_uint_eq(slot->record.limits.orders_per_s, 10);
    ck_assert_uint_eq(slot->n_params, 2);
    ck_assert_str_eq(slot->params[1].name, "mode");
    ck_assert_str_eq(slot->params[1].text, "slow");
    ck_assert_uint_eq(slot->n_signals, 2);
    ck_assert_str_eq(slot->signals[0].input, "trend");
    ck_assert_str_eq(slot->signals[0].agent, "ema");
    ck_assert_str_eq(slot->signals[0].name, "trend");
    ck_assert_str_eq(slot->signals[1].input, "mood");
    ck_assert_str_eq(slot->signals[1].agent, "");
    ck_assert_uint_ne(slot->record.seed, 0);
}
END_TEST

START_TEST(one_mistake_does_not_hide_another)
{
    static const char *const wants[] = {"captial", "base currency", "name of the agent in line 2",
                                        "is not an instrument"};
    struct config *config;

    ck_assert_int_lt(
        read_text("agents:\n"
                  "  - {name: a, plugin: b.so, captial: 1 USDT, instruments: [\"a:B\"]}\n"
                  "  - {name: a, plugin: b.so, capital: 1 EUR, instruments: [BTCUSDT]}\n",
                  &config),
        0);
    ck_assert_uint_eq(config_error_count(config), 4);
    for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
        int is_there = 0;

        for (uint32_t k = 0; k < 4; k++)
            is_there += strstr(config_error_text(config, k), wants[i]) != NULL;
        ck_assert_msg(is_there == 1, "%s", wants[i]);
    }
    ck_assert_str_eq(roster.slots[1].plugin, "b.so"); // what was well is there
    config_free(config);
}
END_TEST

START_TEST(a_smaller_position_makes_the_preset_order_smaller)
{
    struct config *config;

    ck_assert_msg(read_text(AGENT "    limits: {position: 10 USDT}\n", &config) >= 0, "%s",
                  config_error_text(config, 0));
    ck_assert_int_eq(roster_resolve(&roster, config, NULL, &names, slots), AGON_OK);
    config_free(config);
    ck_assert_int_eq(slot->record.limits.position_amt, 1000000000);
    ck_assert_int_eq(slot->record.limits.order_amt, 1000000000);
}
END_TEST

START_TEST(limits_have_the_presets_where_the_roster_says_nothing)
{
    struct slot_limits preset;
    struct config *config;

    ck_assert_msg(read_text(AGENT, &config) >= 0, "%s", config_error_text(config, 0));
    ck_assert_int_eq(roster_resolve(&roster, config, NULL, &names, slots), AGON_OK);
    config_free(config);
    ck_assert_uint_eq(slot->line, 2); // of its name: it says no stage
    ck_assert_str_eq(slot->plugin, "plugins/ema.so");
    ck_assert_uint_eq(slot->record.runner, CREW_PROCESS);
    limits_preset(&preset, slot->record.limits.capital_amt);
    ck_assert_mem_eq(&slot->record.limits, &preset, sizeof(preset));
    ck_assert_uint_eq(slot->record.subscription.bar_mask, 0xff);
}
END_TEST

START_TEST(the_rules_of_a_tournament_are_those_of_the_words)
{
    struct config *config;

    ck_assert_msg(read_text(AGENT, &config) >= 0, "%s", config_error_text(config, 0));
    config_free(config);
    ck_assert_uint_eq(roster.rules.mode, 0);
    ck_assert_msg(read_text(AGENT "tournament: {}\n", &config) >= 0, "%s",
                  config_error_text(config, 0));
    config_free(config);
    // Every preset is what plan_defaults says.
    {
        struct tournament_rules rules;

        plan_defaults(&rules);
        ck_assert_mem_eq(&roster.rules, &rules, sizeof(rules));
    }
    ck_assert_msg(read_text(AGENT "tournament:\n"
                                  "  schedule: \"*/15 * * * *\"\n"
                                  "  mode: bounded\n"
                                  "  sample: 30m\n"
                                  "  window: 6h\n"
                                  "  weights: {sharpe: 2, win_rate: 0.5}\n"
                                  "  gates: {sharpe: -1.5, win_rate: 52%, failures: 3}\n"
                                  "  shares: [50%, 25%]\n"
                                  "  rest: 5%\n"
                                  "  reserve: 10%\n"
                                  "  bounds: {max: 40%, decrease: 25%}\n"
                                  "  min_trades: 7\n"
                                  "  on_unload: keep\n",
                            &config) >= 0,
                  "%s", config_error_text(config, 0));
    config_free(config);
    ck_assert_str_eq(roster.rules.schedule, "*/15 * * * *");
    ck_assert_uint_eq(roster.rules.mode, TOURNAMENT_BOUNDED);
    ck_assert_uint_eq(roster.rules.sample_s, 1800);
    ck_assert_uint_eq(roster.rules.window, 12);
    ck_assert_uint_eq(roster.rules.min_samples, 12); // not more than there can be
    ck_assert(roster.rules.weights[MEASURE_SHARPE] == 2.0);
    ck_assert(roster.rules.weights[MEASURE_WIN_RATE] == 0.5);
    ck_assert(roster.rules.weights[MEASURE_CALMAR] == 1.0);
    {
        double limit;

        // The key asks for the ratio of a year; the one of old journals is asked by none.
        ck_assert_int_eq(rules_gate(&roster.rules, GATE_ANNUAL_SHARPE, &limit), 1);
        ck_assert(limit == -1.5);
        ck_assert_int_eq(rules_gate(&roster.rules, GATE_SHARPE, &limit), 0);
    }
    ck_assert(rules_setting(&roster.rules, SETTING_EDITION) == 5.0);
    ck_assert(rules_setting(&roster.rules, SETTING_MIN_TRADES) == 7.0);
    ck_assert(rules_setting(&roster.rules, SETTING_DECREASE) == 0.25);
    ck_assert(rules_setting(&roster.rules, SETTING_INCREASE) == 0.1);
    ck_assert(roster.rules.gates[MEASURE_WIN_RATE] == 0.52);
    ck_assert(roster.rules.gates[MEASURE_DRAWDOWN] == 0.2);
    ck_assert_uint_eq(roster.rules.gate_mask, 1u << MEASURE_WIN_RATE | 1u << MEASURE_DRAWDOWN);
    ck_assert_uint_eq(roster.rules.failures, 3);
    ck_assert_uint_eq(roster.rules.n_shares, 2);
    ck_assert_uint_eq(roster.rules.shares_ppm[1], 250000);
    ck_assert_uint_eq(roster.rules.shares_ppm[2], 0);
    ck_assert_uint_eq(roster.rules.rest_ppm, 50000);
    ck_assert_uint_eq(roster.rules.reserve_ppm, 100000);
    ck_assert_uint_eq(roster.rules.least_ppm, 50000);
    ck_assert_uint_eq(roster.rules.most_ppm, 400000);
    ck_assert_uint_eq(roster.rules.on_unload, UNLOAD_KEEP);
}
END_TEST

START_TEST(a_preset_is_what_its_file_says_and_a_key_beside_it_wins)
{
    struct tournament_rules rules, preset;
    struct config *config;
    struct error err = {0};
    const char *name, *bytes;
    uint32_t i = 0;
    size_t n;

    for (; tournament_preset_at(i, &name, &bytes, &n); i++)
        ck_assert_msg(tournament_preset(name, &preset, &err) >= 0, "%s", err.text);
    ck_assert_uint_eq(i, 3);
    plan_defaults(&rules);
    ck_assert_int_ge(tournament_preset("default", &preset, &err), 0);
    for (uint32_t k = 0; k < MEASURES; k++)
        ck_assert(rules_weight(&rules, k) == rules_weight(&preset, k));
    for (uint32_t k = 0; k < SETTINGS; k++)
        ck_assert(rules_setting(&rules, k) == rules_setting(&preset, k));
    rules_clear_more(&rules); // whose order is that of the file
    rules_clear_more(&preset);
    ck_assert_mem_eq(&rules, &preset, sizeof(rules));
    ck_assert_msg(read_text(AGENT
                            "tournament: {preset: cautious, reserve: 5%, bounds: {decrease: 7%}}\n",
                            &config) >= 0,
                  "%s", config_error_text(config, 0));
    config_free(config);
    ck_assert_uint_eq(roster.rules.mode, TOURNAMENT_BOUNDED);
    ck_assert_uint_eq(roster.rules.min_samples, 72);
    ck_assert_uint_eq(roster.rules.reserve_ppm, 50000);
    ck_assert(rules_setting(&roster.rules, SETTING_DECREASE) == 0.07);
    ck_assert(rules_setting(&roster.rules, SETTING_INCREASE) == 0.05);
    ck_assert(rules_setting(&roster.rules, SETTING_FAULT_REST) == 8.0);
}
END_TEST

static const struct {
    const char *text, *why;
} bad[] = {
    {AGENT "tournament: {preset: brave}\n", "expected one of: bold, cautious, default"},
    {"seed: 1\n", "agents"},
    {AGENT "    runer: inproc\n", "did you mean 'runner'"},
    {AGENT "    runner: thread\n", "process"},
    {"agents: [{name: a, plugin: /opt/p/x.so, capital: 1 USDT, instruments: [a:b]}]\n",
     "'/opt/p/x.so' is an absolute path, and this file names nothing outside of its folders; "
     "expected a path below the folder that --plugins names, 1 to 511 bytes: write x.so here, and "
     "--plugins /opt/p on the command line"},
    {"agents: [{name: a, plugin: ../x.so, capital: 1 USDT, instruments: [a:b]}]\n",
     "1 to 511 bytes: --plugins takes another folder"},
    {"agents: [{name: a, plugin: /x.so, capital: 1 USDT, instruments: [a:b]}]\n",
     "1 to 511 bytes: --plugins takes another folder"},
    {AGENT "    limits: {order: 100 EUR}\n", "USDT"},
    {AGENT "    limits: {order: 0 USDT}\n", "at least 0.00000001 USDT"},
    {AGENT "    limits: {order: 900000 USDT, position: 10 USDT}\n", "order is above position"},
    {AGENT "    limits: {on_breach: flee}\n", "close"},
    {AGENT "    bars: [2m]\n", "1m, 3m"},
    {AGENT "    params: [1, 2]\n", "map"},
    {AGENT "    params: {a: {b: 1}}\n", "plain value"},
    {AGENT "    files: [a.bin]\n", "expected a map of names and paths"},
    {AGENT "    files: {weights: {a: b}}\n", "expected a path"},
    {AGENT "    files: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1}\n",
     "has 9 files; expected at most 8"},
    {AGENT "    files: {a_name_that_is_longer_than_31_bytes: a}\n", "at most 31"},
    {AGENT "files_max: 1KiB\n", "4KiB to 1TiB"},
    {AGENT "    signals: [ema.trend]\n", "expected a map of inputs"},
    {AGENT "    signals: {trend: {a: b}}\n", "expected AGENT.NAME"},
    {AGENT "    signals: {trend: ema}\n", "expected AGENT.NAME"},
    {AGENT "    signals: {trend: ema.}\n", "expected AGENT.NAME"},
    {AGENT "    signals: {trend: emma.trend}\n", "'emma' is not an agent of this roster"},
    {AGENT "    signals: {trend: emma.trend}\n", "did you mean 'ema'?"},
    {AGENT "    signals: {trend: ema.trend, again: ema.trend}\n",
     "is what the input 'trend' hears already"},
    {AGENT "    hard: 0s\n", "1ms"},
    {AGENT "  - {name: ema, plugin: b.so, capital: 1 USDT, instruments: [\"binance:BTCUSDT\"]}\n",
     "line 2"},
    {"agents: [{name: a, plugin: ../b.so, capital: 1 USDT, instruments: [\"a:B\"]}]\n", ".."},
    {"agents: [{name: a, plugin: b.so, capital: 1 USDT, instruments: [BTCUSDT]}]\n",
     "such as binance:BTCUSDT"},
    {"agents: [{name: a, plugin: b.so, capital: 1 USDT, instruments: [\"a:B\", \"a:B\"]}]\n",
     "twice"},
    {"agents: [{name: a, plugin: b.so, capital: -5 USDT, instruments: [\"a:B\"]}]\n", "capital"},
    {AGENT "tournament: {schedule: \"0 24 * * 0\"}\n", "column 3, hour: the number is out of"},
    {AGENT "tournament: {schedule: \"\"}\n", "is too short"},
    {AGENT "tournament: {schedule: \"0 0 30 2 *\"}\n", "it never comes"},
    {AGENT "tournament: {mode: rank_share}\n", "did you mean 'rank_shares'"},
    {AGENT "tournament: {sample: 90s}\n", "whole minutes"},
    {AGENT "tournament: {window: 8d}\n", "1 to 168 samples"},
    {AGENT "tournament: {window: 90m}\n", "multiple of the sample"},
    {AGENT "tournament: {window: 12h, min_samples: 13}\n", "12 samples of the window"},
    {AGENT "tournament: {shares: [60%, 50%]}\n", "shares and rest are 120% together"},
    {AGENT "tournament: {gates: {sharp: 1}}\n", "did you mean 'sharpe'"},
    {AGENT "tournament: {gates: {drawdown: 120%}}\n", "100%"},
    {AGENT "tournament: {weights: {sharpe: -1}}\n", "from 0"},
    {AGENT "tournament: {bounds: {min: 20%, max: 10%}}\n",
     "min is 20% and above max, which is 10%"},
    {AGENT "tournament: weekly\n", "map"},
};

START_TEST(one_measure_has_to_have_a_weight)
{
    struct config *config;
    char text[4096];
    size_t n = (size_t)snprintf(text, sizeof(text), AGENT "tournament: {weights: {");

    for (uint32_t i = 0; i < MEASURES; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s: 0", i > 0 ? ", " : "",
                              measure_at(i)->name);
    (void)snprintf(text + n, sizeof(text) - n, "}}\n");
    ck_assert_int_lt(read_text(text, &config), 0);
    ck_assert_msg(strstr(config_error_text(config, 0), "no measure has a weight") != NULL, "%s",
                  config_error_text(config, 0));
    config_free(config);
}
END_TEST

START_TEST(a_mistake_is_named_with_its_place)
{
    struct config *config;

    ck_assert_int_lt(read_text(bad[_i].text, &config), 0);
    ck_assert_uint_ge(config_error_count(config), 1);
    ck_assert_msg(strstr(config_error_text(config, 0), bad[_i].why) != NULL, "%s: %s", bad[_i].text,
                  config_error_text(config, 0));
    ck_assert_ptr_nonnull(strstr(config_error_text(config, 0), "roster.yaml:"));
    config_free(config);
}
END_TEST

START_TEST(what_the_host_lacks_is_named_in_one_pass_each_at_its_place)
{
    struct config *config;

    ck_assert_int_ge(read_text("agents:\n"
                               "  - name: a\n"
                               "    plugin: b.so\n"
                               "    capital: 1 USDT\n"
                               "    instruments: [\"binance:BTCUSDT\", \"binance:BTCUSTD\"]\n"
                               "  - name: b\n"
                               "    plugin: b.so\n"
                               "    capital: 1 USDT\n"
                               "    instruments: [\"kraken:BTCUSDT\"]\n",
                               &config),
                     0);
    ck_assert_int_eq(roster_resolve(&roster, config, NULL, &names, slots), AGON_EINVAL);
    ck_assert_uint_eq(config_error_count(config), 2);
    ck_assert_uint_eq(config_error_line(config, 0), 5);
    ck_assert_uint_eq(config_error_column(config, 0), 38);
    ck_assert_ptr_nonnull(strstr(config_error_text(config, 0), "did you mean 'binance:BTCUSDT'?"));
    ck_assert_uint_eq(config_error_line(config, 1), 9);
    ck_assert_ptr_nonnull(strstr(config_error_text(config, 1), "'kraken:BTCUSDT'"));
    config_free(config);
}
END_TEST

static const struct roster_names pairs = {
    .n = 4,
    .instruments = {"binance:BTCUSDT", "binance:ETHBTC", "kraken:BTCUSD", "kraken:USDTUSD"},
    .pairs = {{"BTC", "USDT", 5}, {"ETH", "BTC", 4}, {"BTC", "USD", 5}, {"USDT", "USD", 2}}};

#define SLOT_OF(instruments)                                                                       \
    "agents:\n"                                                                                    \
    "  - name: a\n"                                                                                \
    "    plugin: b.so\n"                                                                           \
    "    capital: 1 USDT\n"                                                                        \
    "    instruments: [" instruments "]\n"

static const struct {
    const char *text, *want;
} unvalued[] = {
    {SLOT_OF("\"binance:BTCUSDT\", \"binance:ETHBTC\""),
     "roster.yaml:5:38: error[AG-1025]: agents[0].instruments[1]: is priced in BTC, and nothing "
     "says its value in USDT; expected `valuation: {BTC: \"binance:BTCUSDT\"}`"},
    {SLOT_OF("\"kraken:BTCUSD\""), "`valuation: {USD: \"kraken:USDTUSD\"}`"},
    {"valuation: {BTC: \"kraken:BTCUSD\"}\n" SLOT_OF("\"binance:ETHBTC\""),
     "roster.yaml:1:18: error[AG-1025]: valuation.BTC: kraken:BTCUSD trades BTC for USD; expected "
     "one that trades BTC against USDT"},
    {"valuation: {BTC: \"binance:BTCUSTD\"}\n" SLOT_OF("\"binance:ETHBTC\""),
     "did you mean 'binance:BTCUSDT'?"},
    {"valuation: {USDT: \"kraken:USDTUSD\"}\n" SLOT_OF("\"binance:BTCUSDT\""),
     "is the base currency"},
    {"valuation: {BTC: BTCUSDT}\n" SLOT_OF("\"binance:BTCUSDT\""), "expected venue:SYMBOL"},
    {"valuation: [BTC]\n" SLOT_OF("\"binance:BTCUSDT\""), "expected a map"},
    {"assets: {USD: 2}\n" SLOT_OF("\"binance:BTCUSDT\""),
     "kraken:BTCUSD is priced in USD, which therefore has 8 decimals"},
    {"assets: {ETH: 3}\n" SLOT_OF("\"binance:BTCUSDT\""), "a lot of binance:ETHBTC has 4 decimals"},
    {"assets: {USDT: 2}\n" SLOT_OF("\"binance:BTCUSDT\""), "is the base currency and has 8"},
    {"assets: {ETH: 9}\n" SLOT_OF("\"binance:BTCUSDT\""), "expected 0 to 8"},
};

START_TEST(what_nothing_values_is_refused_at_its_place)
{
    struct config *config;

    if (read_text(unvalued[_i].text, &config) >= 0)
        ck_assert_int_eq(roster_resolve(&roster, config, NULL, &pairs, slots), AGON_EINVAL);
    ck_assert_uint_ge(config_error_count(config), 1);
    ck_assert_msg(strstr(config_error_text(config, 0), unvalued[_i].want) != NULL, "%s",
                  config_error_text(config, 0));
    config_free(config);
}
END_TEST

START_TEST(several_quotes_are_valued_by_named_instruments)
{
    struct config *config;

    ck_assert_int_ge(read_text("valuation: {BTC: \"binance:BTCUSDT\", USD: \"kraken:USDTUSD\"}\n"
                               "assets: {ETH: 4}\n" SLOT_OF(
                                   "\"binance:BTCUSDT\", \"binance:ETHBTC\", \"kraken:BTCUSD\""),
                               &config),
                     0);
    ck_assert_msg(roster_resolve(&roster, config, NULL, &pairs, slots) == AGON_OK, "%s",
                  config_error_text(config, 0));
    ck_assert_uint_eq(roster.values.n, 2);
    ck_assert_uint_eq(roster.values.all[0].instrument, 1);
    ck_assert_uint_eq(roster.values.all[1].instrument, 4);
    ck_assert_int_eq(values_exp(&roster.values, "ETH"), 4);
    ck_assert_int_eq(values_exp(&roster.values, "BTC"), 8);
    ck_assert(values_are_equal(&roster.values, &roster.values));
    config_free(config);
}
END_TEST

START_TEST(the_templates_roster_is_one)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    struct config *config;
    char path[1024], *bytes;
    uint64_t n;

    snprintf(path, sizeof(path), "%s/sdk/template/roster.yaml.in", root ? root : ".");
    ck_assert_int_ge(file_read(path, 65536, &bytes, &n, NULL), 0);
    ck_assert_msg(read_text(bytes, &config) >= 0, "%s", config_error_text(config, 0));
    config_free(config);
    free(bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("roster");
    TCase *tcase = tcase_create("roster");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_roster_reaches_the_slots_record);
    tcase_add_test(tcase, one_mistake_does_not_hide_another);
    tcase_add_test(tcase, a_smaller_position_makes_the_preset_order_smaller);
    tcase_add_test(tcase, limits_have_the_presets_where_the_roster_says_nothing);
    tcase_add_test(tcase, the_rules_of_a_tournament_are_those_of_the_words);
    tcase_add_test(tcase, a_preset_is_what_its_file_says_and_a_key_beside_it_wins);
    tcase_add_test(tcase, one_measure_has_to_have_a_weight);
    tcase_add_loop_test(tcase, a_mistake_is_named_with_its_place, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, what_the_host_lacks_is_named_in_one_pass_each_at_its_place);
    tcase_add_loop_test(tcase, what_nothing_values_is_refused_at_its_place, 0,
                        sizeof(unvalued) / sizeof(unvalued[0]));
    tcase_add_test(tcase, several_quotes_are_valued_by_named_instruments);
    tcase_add_test(tcase, the_templates_roster_is_one);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
