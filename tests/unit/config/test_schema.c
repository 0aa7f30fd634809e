// SPDX-License-Identifier: Apache-2.0
// What a table takes and where it puts it; what is documented as accepted, to the value.
#include <check.h>
#include <jansson.h>
#include <stdlib.h>

#include "roster.h"

static struct config *read_ok(const char *text, struct roster *roster)
{
    struct config *config = config_new("test.yaml", text, strlen(text), NULL);

    ck_assert_msg(config_read(config, &roster_schema, roster) == AGON_OK, "%s",
                  config_error_text(config, 0));
    return config;
}

START_TEST(every_type_reaches_its_member)
{
    struct roster roster;
    struct config *config = read_ok("seed: 18446744073709551615\n"
                                    "tournament: Monday 01:02\n"
                                    "from: 2024-08-08T00:00:01Z\n"
                                    "to: \"2024-08-09\"\n"
                                    "history: 16MiB\n"
                                    "tick: 0.0500\n"
                                    "offset: -100\n"
                                    "half_life: 0.125\n"
                                    "limits: {daily_loss: 5%, book_age: 1.5s, order: 1000.5 USDT}\n"
                                    "agents:\n"
                                    "  - name: ema_1\n"
                                    "    plugin: plugins/ema.so\n"
                                    "    note: \"two words, \xc3\xa4\"\n"
                                    "    limits:\n"
                                    "      daily_loss: 12bps\n"
                                    "    failover: 250ms\n"
                                    "    shadow: true\n"
                                    "    runner: inproc\n"
                                    "    bars: [1m, 1h]\n"
                                    "  - {name: b, plugin: b.so}\n"
                                    "params: {fast: 12}\n",
                                    &roster);

    ck_assert_uint_eq(roster.seed, UINT64_MAX);
    ck_assert_int_eq(roster.weekly, 1502);
    ck_assert_int_eq(roster.from_ns, 1723075201000000000);
    ck_assert_int_eq(roster.to_ns, 1723161600000000000);
    ck_assert_int_eq(roster.history_bytes, 16777216);
    ck_assert_int_eq(roster.tick, 500);
    ck_assert_int_eq(roster.offset, -100);
    ck_assert_double_eq(roster.half_life, 0.125);
    ck_assert_uint_eq(roster.limits.daily_loss_ppm, 50000);
    ck_assert_uint_eq(roster.limits.book_age_ms, 1500);
    ck_assert_int_eq(roster.limits.order.amt, 100050000000);
    ck_assert_str_eq(roster.limits.order.asset, "USDT");
    ck_assert_uint_eq(roster.n_agents, 2);
    ck_assert_str_eq(roster.agents[0].name, "ema_1");
    ck_assert_str_eq(roster.agents[0].plugin, "plugins/ema.so");
    ck_assert_str_eq(roster.agents[0].note, "two words, \xc3\xa4");
    ck_assert_uint_eq(roster.agents[0].limits.daily_loss_ppm, 1200);
    ck_assert_int_eq(roster.agents[0].failover_ns, 250000000);
    ck_assert_uint_eq(roster.agents[0].is_shadow, 1);
    ck_assert_uint_eq(roster.agents[0].runner, 3);
    ck_assert_uint_eq(roster.agents[0].n_bars, 2);
    ck_assert_int_eq(roster.agents[0].bars_ns[1], 3600000000000);
    ck_assert_str_eq(config_text(config_get(roster.params, "fast")), "12");
    config_free(config);
}
END_TEST

START_TEST(what_is_absent_has_its_preset)
{
    struct roster roster;
    struct config *config = read_ok("agents: [{name: a, plugin: p}]\n", &roster);

    ck_assert_uint_eq(roster.limits.daily_loss_ppm, 30000);
    ck_assert_uint_eq(roster.limits.drawdown_ppm, 100000);
    ck_assert_uint_eq(roster.limits.book_age_ms, 2000);
    // ... also inside of a map that is absent as a whole.
    ck_assert_uint_eq(roster.agents[0].limits.daily_loss_ppm, 30000);
    ck_assert_int_eq(roster.agents[0].failover_ns, 1000000000);
    ck_assert_uint_eq(roster.agents[0].runner, 1);
    ck_assert_uint_eq(roster.agents[0].n_bars, 0);
    ck_assert_uint_eq(roster.seed, 0);
    ck_assert_ptr_null(roster.params);
    config_free(config);
}
END_TEST

/* Where a text is wanted it is taken as it is written, whatever YAML 1.1 made of it (b-08). */
static const char *const plain_texts[] = {"no",    "off", "yes",  "true", "1.10", "010",
                                          "12:30", "1e3", "0x10", ".inf", "NO",   "1_000"};

START_TEST(a_plain_text_stays_as_it_is_written)
{
    char text[128];
    struct roster roster;
    struct config *config;

    snprintf(text, sizeof(text), "agents: [{name: a, plugin: p, note: %s}]\n", plain_texts[_i]);
    config = read_ok(text, &roster);
    ck_assert_str_eq(roster.agents[0].note, plain_texts[_i]);
    config_free(config);
}
END_TEST

struct narrow {
    uint8_t u8;
    uint16_t u16;
    int16_t i16;
    uint32_t u32;
};
static const struct schema_field narrow_fields[] = {
    {"u8", SCHEMA_INT, SCHEMA_MEMBER(struct narrow, u8)},
    {"u16", SCHEMA_INT, SCHEMA_MEMBER(struct narrow, u16)},
    {"i16", SCHEMA_INT, SCHEMA_MEMBER(struct narrow, i16), .min = -40000, .max = 40000},
    {"u32", SCHEMA_INT, SCHEMA_MEMBER(struct narrow, u32)},
    {NULL}};
static const struct schema narrow_schema = {"numbers", sizeof(struct narrow), narrow_fields, NULL};

static const struct {
    const char *text;
    int rc;
} widths[] = {
    {"u8: 255", AGON_OK},         {"u8: 256", AGON_EINVAL}, {"u16: 65535", AGON_OK},
    {"u16: 65536", AGON_EINVAL},  {"i16: 32767", AGON_OK},  {"i16: 32768", AGON_EINVAL},
    {"u32: 4294967295", AGON_OK}, {"u8: -1", AGON_EINVAL},  {"u32: 4294967296", AGON_EINVAL},
};

START_TEST(a_member_bounds_its_number)
{
    struct config *config = config_new("test.yaml", widths[_i].text, strlen(widths[_i].text), NULL);
    struct narrow narrow;

    ck_assert_msg(config_read(config, &narrow_schema, &narrow) == widths[_i].rc, "%s",
                  widths[_i].text);
    config_free(config);
}
END_TEST

START_TEST(a_part_is_read_by_its_own_schema)
{
    static const char text[] = "agents: [{name: a, plugin: p}]\nparams: {u8: 7, u99: 1}\n";
    struct roster roster;
    struct config *config = read_ok(text, &roster);
    struct narrow narrow;

    ck_assert_int_eq(config_read_node(config, roster.params, &narrow_schema, &narrow), AGON_EINVAL);
    ck_assert_uint_eq(narrow.u8, 7);
    ck_assert_uint_eq(config_error_column(config, 0), 17);
    ck_assert_ptr_nonnull(strstr(config_error_text(config, 0), "params: unknown key 'u99'"));
    config_free(config);
}
END_TEST

START_TEST(reading_twice_gives_the_same)
{
    static const char text[] = "agents: [{name: a, plugin: p}]\n";
    struct roster one, other;
    struct config *config = read_ok(text, &one);

    ck_assert_int_eq(config_read(config, &roster_schema, &other), AGON_OK);
    ck_assert_int_eq(memcmp(&one, &other, sizeof(one)), 0);
    config_free(config);
}
END_TEST

START_TEST(the_json_schema_is_json)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    json_t *json, *properties;

    schema_print_json(&roster_schema, out);
    fclose(out);
    json = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(json);
    properties = json_object_get(json, "properties");
    ck_assert_uint_eq(json_object_size(properties), 12);
    ck_assert_ptr_nonnull(json_object_get(properties, "agents"));
    json_decref(json);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schema");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_test(tcase, every_type_reaches_its_member);
    tcase_add_test(tcase, what_is_absent_has_its_preset);
    tcase_add_loop_test(tcase, a_plain_text_stays_as_it_is_written, 0,
                        (int)(sizeof(plain_texts) / sizeof(plain_texts[0])));
    tcase_add_loop_test(tcase, a_member_bounds_its_number, 0,
                        (int)(sizeof(widths) / sizeof(widths[0])));
    tcase_add_test(tcase, a_part_is_read_by_its_own_schema);
    tcase_add_test(tcase, reading_twice_gives_the_same);
    tcase_add_test(tcase, the_json_schema_is_json);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
