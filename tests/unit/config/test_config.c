// SPDX-License-Identifier: Apache-2.0
/* What may stand in a file, where a mistake is, and what a message says. The rows of the bad-input
 * catalogue are named by their ids (b-01 ...). Lines and columns were counted by hand. */
#include <check.h>
#include <malloc.h>
#include <stdlib.h>

#include "roster.h"

#define A "agents: [{name: a, plugin: p.so}]\n" // what makes any file below complete

static const char *env(const char *name)
{
    if (strcmp(name, "AGON_SEED") == 0)
        return "7";
    if (strcmp(name, "AGON_YAML") == 0)
        return "x\nseed: 5";
    if (strcmp(name, "AGON_NESTED") == 0)
        return "${AGON_SEED}";
    return NULL;
}

static const struct {
    const char *what, *text;
    enum config_code code;
    uint32_t line, column;
    const char *says;
} refused[] = {
    {"b-01 an anchor", A "seed: &x 1\n", CONFIG_E_ALIAS, 2, 7, "anchor"},
    {"b-01 an alias", A "seed: *x\n", CONFIG_E_ALIAS, 2, 7, "alias"},
    {"b-01 an anchored map", A "limits: &l {drawdown: 1%}\n", CONFIG_E_ALIAS, 2, 9, "anchor"},
    {"b-04 a key twice", A "seed: 1\nseed: 2\n", CONFIG_E_DUPLICATE, 3, 1, "line 2 column 1"},
    {"b-04 a key twice, quoted", A "seed: 1\n\"seed\": 2\n", CONFIG_E_DUPLICATE, 3, 1, "line 2"},
    {"b-05 an unknown key", A "sede: 1\n", CONFIG_E_UNKNOWN, 2, 1, "did you mean 'seed'?"},
    {"b-05 unknown and near to nothing", A "zzzzzz: 1\n", CONFIG_E_UNKNOWN, 2, 1, "one of: seed"},
    {"b-06 too far out", A "daily_loss: 1%\n", CONFIG_E_MISPLACED, 2, 1, "in limits"},
    {"b-06 too far in", A "limits:\n  seed: 1\n", CONFIG_E_MISPLACED, 3, 3, "at the top"},
    {"b-06 of an agent", A "runner: pod\n", CONFIG_E_MISPLACED, 2, 1, "in agents[]"},
    {"b-07 missing, at the parent", "seed: 1\n", CONFIG_E_MISSING, 1, 1, "'agents'"},
    {"b-07 all missing at once", "agents:\n  - note: x\n", CONFIG_E_MISSING, 2, 5,
     "missing keys 'name', 'plugin'"},
    {"b-08 yes", "agents: [{name: a, plugin: p.so, shadow: yes}]\n", CONFIG_E_VALUE, 1, 42,
     "did you mean 'true'?"},
    {"b-08 off", "agents: [{name: a, plugin: p.so, shadow: off}]\n", CONFIG_E_VALUE, 1, 42,
     "did you mean 'false'?"},
    {"b-08 True", "agents: [{name: a, plugin: p.so, shadow: True}]\n", CONFIG_E_VALUE, 1, 42,
     "did you mean 'true'?"},
    {"b-08 underscores", A "seed: 1_000\n", CONFIG_E_RANGE, 2, 7, "did you mean '1000'?"},
    {"b-08 octal", A "seed: 0o17\n", CONFIG_E_RANGE, 2, 7, "'0o17'"},
    {"b-08 an exponent", A "seed: 1e3\n", CONFIG_E_RANGE, 2, 7, "'1e3'"},
    {"b-08 base 60", A "offset: 12:30\n", CONFIG_E_VALUE, 2, 9, "'12:30'"},
    {"b-08 infinity", A "half_life: .inf\n", CONFIG_E_VALUE, 2, 12, "'.inf'"},
    {"b-08 not a number", A "half_life: .nan\n", CONFIG_E_VALUE, 2, 12, "'.nan'"},
    {"b-08 a null", A "seed: ~\n", CONFIG_E_VALUE, 2, 7, "is not a value"},
    {"b-08 a null in words", A "half_life: null\n", CONFIG_E_VALUE, 2, 12, "is not a value"},
    {"b-08 nothing", A "limits:\nseed: 1\n", CONFIG_E_KIND, 2, 8, "a map"},
    {"b-08 a null as a name", "agents: [{name: ~, plugin: p.so}]\n", CONFIG_E_VALUE, 1, 17,
     "is not a value"},
    {"b-09 past 2^64", A "seed: 18446744073709551616\n", CONFIG_E_RANGE, 2, 7,
     "from 0 to 18446744073709551615"},
    {"b-09 below the range", A "offset: -101\n", CONFIG_E_RANGE, 2, 9, "from -100 to 100"},
    {"b-09 past int64", A "offset: 9223372036854775808\n", CONFIG_E_RANGE, 2, 9, "-100 to 100"},
    {"b-09 minus zero", A "offset: -0\n", CONFIG_E_VALUE, 2, 9, "'-0'"},
    {"b-09 a plus", A "offset: +5\n", CONFIG_E_VALUE, 2, 9, "'+5'"},
    {"b-09 leading zeros", A "offset: 007\n", CONFIG_E_VALUE, 2, 9, "did you mean '7'?"},
    {"b-09 hexadecimal", A "offset: 0x10\n", CONFIG_E_VALUE, 2, 9, "'0x10'"},
    {"b-09 a hexadecimal float", A "half_life: 0x1p3\n", CONFIG_E_VALUE, 2, 12, "'0x1p3'"},
    {"b-09 a number in quotes", A "offset: \"5\"\n", CONFIG_E_VALUE, 2, 9, "in quotes"},
    {"b-09 a price finer than its unit", A "tick: 0.00001\n", CONFIG_E_RANGE, 2, 7, "digits"},
    {"b-10 a share without unit", A "limits: {daily_loss: 5}\n", CONFIG_E_VALUE, 2, 22,
     "did you mean '5%'?"},
    {"b-10 a share as a fraction", A "limits: {daily_loss: 0.05}\n", CONFIG_E_VALUE, 2, 22,
     "did you mean '5%' or '0.05%'?"},
    {"b-10 a share above its range", A "limits: {daily_loss: 20.0001%}\n", CONFIG_E_RANGE, 2, 22,
     "from 0.0001% to 20%"},
    {"b-10 a share below its range", A "limits: {daily_loss: 0%}\n", CONFIG_E_RANGE, 2, 22,
     "from 0.0001% to 20%"},
    {"b-11 money without currency", A "limits: {order: 100}\n", CONFIG_E_VALUE, 2, 17,
     "such as 1000 USDT; did you mean '100 USDT'?"},
    {"b-11 a dollar sign", A "limits: {order: $100}\n", CONFIG_E_VALUE, 2, 17, "'100 USDT'?"},
    {"b-11 a thousands comma", A "limits: {order: \"100,000 USDT\"}\n", CONFIG_E_VALUE, 2, 17,
     "did you mean '100000 USDT'?"},
    {"b-11 a decimal comma", A "limits: {order: \"1.000,5 USDT\"}\n", CONFIG_E_VALUE, 2, 17,
     "such as 1000 USDT"},
    {"b-12 a duration without unit", "agents: [{name: a, plugin: p, failover: 10}]\n",
     CONFIG_E_VALUE, 1, 41, "did you mean '10s'?"},
    {"b-12 a space before the unit", "agents: [{name: a, plugin: p, failover: 10 s}]\n",
     CONFIG_E_VALUE, 1, 41, "did you mean '10s'?"},
    {"b-12 a negative duration", "agents: [{name: a, plugin: p, failover: -5s}]\n", CONFIG_E_RANGE,
     1, 41, "from 1ms to 1h"},
    {"b-12 a duration above its range", "agents: [{name: a, plugin: p, failover: 7200s}]\n",
     CONFIG_E_RANGE, 1, 41, "from 1ms to 1h"},
    {"b-12 a year", "agents: [{name: a, plugin: p, failover: 1y}]\n", CONFIG_E_VALUE, 1, 41,
     "from 1ms to 1h"},
    {"b-12 finer than the member", A "limits: {book_age: 10.5ms}\n", CONFIG_E_RANGE, 2, 20,
     "from 10ms to 1m"},
    {"b-13 a tab as indentation", A "limits:\n\tdaily_loss: 1%\n", CONFIG_E_TAB, 3, 1, "a tab"},
    {"b-13 bad UTF-8", A "file_hash: \xff\n", CONFIG_E_ENCODING, 2, 12, "offset 45"},
    {"b-13 overlong UTF-8", A "file_hash: \xc0\xaf\n", CONFIG_E_ENCODING, 2, 12, "0xc0"},
    {"b-13 a surrogate", A "file_hash: \xed\xa0\x80\n", CONFIG_E_ENCODING, 2, 12, "0xed"},
    {"b-13 a bidi control",
     A "file_hash: \xe2\x80\xae"
       "x\n",
     CONFIG_E_INVISIBLE, 2, 12, "U+202E"},
    {"b-13 a bidi control in a comment", A "# \xe2\x81\xa6\n", CONFIG_E_INVISIBLE, 2, 3, "U+2066"},
    {"b-13 a zero-width space in a key",
     A "se\xe2\x80\x8b"
       "ed: 1\n",
     CONFIG_E_INVISIBLE, 2, 3, "U+200B"},
    {"b-13 a no-break space",
     A "seed:\xc2\xa0"
       "1\n",
     CONFIG_E_INVISIBLE, 2, 6, "U+00A0"},
    {"b-13 a control character", A "file_hash: a\x1b[31m\n", CONFIG_E_ENCODING, 2, 13, "U+001B"},
    {"b-13 an escape that makes a NUL", A "file_hash: \"a\\0b\"\n", CONFIG_E_ENCODING, 2, 12,
     "NUL"},
    {"b-13 an escape that makes a bidi control", A "file_hash: \"a\\u202eb\"\n", CONFIG_E_INVISIBLE,
     2, 12, "U+202E"},
    {"b-13 a Cyrillic letter in a name", "agents: [{name: \xd0\x92TC, plugin: p}]\n",
     CONFIG_E_CONFUSABLE, 1, 17, "U+0412 looks like B"},
    {"b-13 a name all in Cyrillic", "agents: [{name: \xd0\x92\xd0\xa2\xd0\xa1, plugin: p}]\n",
     CONFIG_E_CONFUSABLE, 1, 17, "U+0412, which looks like B"},
    {"b-13 a Cyrillic letter in a key",
     A "s\xd0\xb5"
       "ed: 1\n",
     CONFIG_E_CONFUSABLE, 2, 1, "U+0435, which looks like e"},
    {"b-13 a carriage return alone", A "seed: 1\r", CONFIG_E_ENCODING, 2, 8, "carriage return"},
    {"b-14 two documents", A "---\nseed: 1\n", CONFIG_E_DOCUMENTS, 2, 1, "one document"},
    {"b-14 an empty file", "", CONFIG_E_TOP, 1, 1, "empty"},
    {"b-14 only comments", "# nothing\n# here\n", CONFIG_E_TOP, 1, 1, "empty"},
    {"b-14 only a document mark", "---\n", CONFIG_E_TOP, 1, 1, "empty"},
    {"b-14 a list at the top", "- a\n- b\n", CONFIG_E_TOP, 1, 1, "a list at the top"},
    {"b-14 a scalar at the top", "hello\n", CONFIG_E_TOP, 1, 1, "a single value"},
    {"b-15 a tag of Python", A "seed: !!python/object:os.system 1\n", CONFIG_E_TAG, 2, 7, "tag"},
    {"b-15 an include", A "limits: !include limits.yaml\n", CONFIG_E_TAG, 2, 9, "tag"},
    {"b-15 binary", A "file_hash: !!binary aGk=\n", CONFIG_E_TAG, 2, 12, "tag"},
    {"b-15 a merge key", A "limits:\n  <<: {daily_loss: 1%}\n", CONFIG_E_MERGE, 3, 3, "merge"},
    {"b-15 a map as a key", A "? {a: 1}\n: 2\n", CONFIG_E_SYNTAX, 2, 3, "as a key"},
    {"b-16 from after to", A "from: 2024-08-09\nto: 2024-08-08\n", CONFIG_E_CONFLICT, 2, 7,
     "'to' in line 3"},
    {"b-17 looser than the parent's",
     "limits: {daily_loss: 3%}\nagents: [{name: a, plugin: p, limits: {daily_loss: 10%}}]\n",
     CONFIG_E_CONFLICT, 2, 52, "agents[0].limits.daily_loss"},
    {"b-19 a path upwards", "agents: [{name: a, plugin: ../p.so}]\n", CONFIG_E_PATH, 1, 28,
     "'../p.so' leads out of its folder with '..', and this file names nothing outside of its "
     "folders; expected a path below this file's folder, 1 to 63 bytes: put the file, or a link to "
     "it, there and name it from there"},
    {"b-19 a path upwards inside", "agents: [{name: a, plugin: a/../../p.so}]\n", CONFIG_E_PATH, 1,
     28, "'..'"},
    {"b-19 an absolute path", "agents: [{name: a, plugin: /bin/p.so}]\n", CONFIG_E_PATH, 1, 28,
     "absolute"},
    {"b-21 an undefined variable", A "seed: ${AGON_NONE}\n", CONFIG_E_ENV, 2, 7, "not set"},
    {"b-21 a variable inside of a text", A "file_hash: a${AGON_SEED}\n", CONFIG_E_ENV, 2, 12,
     "whole value"},
    {"b-21 a variable with a line break", A "file_hash: ${AGON_YAML}\n", CONFIG_E_ENV, 2, 12,
     "line break"},
    {"b-21 a variable with another in it", A "seed: ${AGON_NESTED}\n", CONFIG_E_RANGE, 2, 7,
     "the variable's value"},
    {"b-21 a variable of lower case", A "seed: ${agon}\n", CONFIG_E_ENV, 2, 7, "capitals"},
    {"b-23 an impossible time", A "tournament: Sunday 25:00\n", CONFIG_E_RANGE, 2, 13,
     "Sunday 00:00"},
    {"b-23 no weekday", A "tournament: Sonntag 00:00\n", CONFIG_E_VALUE, 2, 13, "Sunday 00:00"},
    {"b-24 a retired key", "agents: [{name: a, plugin: p, hang_limit: 1s}]\n", CONFIG_E_RETIRED, 1,
     31, "'failover' since 0.1"},
    {"b-25 more agents than slots",
     "agents: [{name: a, plugin: p}, {name: b, plugin: p}, {name: c, plugin: p}, {name: d, plugin: "
     "p}, {name: e, plugin: p}]\n",
     CONFIG_E_COUNT, 1, 9, "expected 1 to 4"},
    {"no agent at all", "agents: []\n", CONFIG_E_COUNT, 1, 9, "expected 1 to 4"},
    {"a list where a map is wanted", A "limits: [1]\n", CONFIG_E_KIND, 2, 9, "a list is not a map"},
    {"a map where a list is wanted", "agents: {name: a}\n", CONFIG_E_KIND, 1, 9,
     "a map is not a list"},
    {"a map where a number is wanted", A "seed: {a: 1}\n", CONFIG_E_KIND, 2, 7, "a map stands"},
    {"an unknown word", "agents: [{name: a, plugin: p, runner: proces}]\n", CONFIG_E_CHOICE, 1, 39,
     "one of: process, pod, inproc; did you mean 'process'?"},
    {"a name with a space", "agents: [{name: a b, plugin: p}]\n", CONFIG_E_VALUE, 1, 17,
     "is not a name"},
    {"a name too long", "agents: [{name: abcdefghijklmnopqrstuvwx, plugin: p}]\n", CONFIG_E_RANGE,
     1, 17, "1 to 23 bytes"},
    {"a size below", A "history: 4095\n", CONFIG_E_RANGE, 2, 10, "from 4KiB to 1GiB"},
    {"a size above", A "history: 1.1GiB\n", CONFIG_E_RANGE, 2, 10, "1GiB"},
    {"bad syntax, where it is", A "limits: {daily_loss: 1%\nseed: 1\n", CONFIG_E_SYNTAX, 3, 5,
     "not YAML"},
    {"an open quote", A "file_hash: \"abc\n", CONFIG_E_SYNTAX, 3, 1, "quote"},
    {"a colon too many", A "seed: 1: 2\n", CONFIG_E_SYNTAX, 2, 8, "not YAML"},
};

// "... '7200s' is out of range; ...; did you mean '7200s'?"
static int offers_what_it_refuses(const char *message)
{
    const char *said = strchr(message, '\''), *end = said != NULL ? strchr(said + 1, '\'') : NULL;
    const char *meant = strstr(message, "did you mean ");

    return end != NULL && meant != NULL && strstr(message, "in quotes") == NULL &&
           strncmp(meant + strlen("did you mean "), said, (size_t)(end + 1 - said)) == 0;
}

START_TEST(is_refused_with_its_place_and_what_was_meant)
{
    const char *text = refused[_i].text;
    struct config *config = config_new("test.yaml", text, strlen(text), env);
    struct roster roster;
    const char *message;

    ck_assert_int_eq(config_read(config, &roster_schema, &roster), AGON_EINVAL);
    message = config_error_text(config, 0);
    ck_assert_msg(config_error_count(config) == 1, "%s: %u errors; first: %s", refused[_i].what,
                  config_error_count(config), message);
    ck_assert_msg(config_error_code(config, 0) == refused[_i].code, "%s: %s", refused[_i].what,
                  message);
    ck_assert_msg(config_error_line(config, 0) == refused[_i].line &&
                      config_error_column(config, 0) == refused[_i].column,
                  "%s: %s", refused[_i].what, message);
    ck_assert_msg(strstr(message, refused[_i].says) != NULL, "%s: %s", refused[_i].what, message);
    ck_assert_msg(!offers_what_it_refuses(message), "%s: %s", refused[_i].what, message);
    ck_assert_int_eq(config_is_unsafe(config), refused[_i].code == CONFIG_E_PATH);
    for (const char *c = message; *c; c++)
        ck_assert_msg((unsigned char)*c >= 0x20 || *c == '\n', "%s: raw byte", refused[_i].what);
    config_free(config);
}
END_TEST

START_TEST(a_nul_byte_is_refused_with_its_offset)
{
    static const char text[] = "seed: 1\0\n";
    struct config *config = config_new("test.yaml", text, sizeof(text) - 1, NULL);

    ck_assert_ptr_null(config_root(config));
    ck_assert_int_eq(config_error_code(config, 0), CONFIG_E_ENCODING);
    ck_assert_ptr_nonnull(strstr(config_error_text(config, 0), "offset 7"));
    config_free(config);
}
END_TEST

START_TEST(bom_and_crlf_are_accepted)
{
    static const char text[] = "\xef\xbb\xbfseed: 5\r\nagents:\r\n  - name: a\r\n    plugin: p\r\n";
    struct config *config = config_new("test.yaml", text, strlen(text), NULL);
    struct roster roster;

    ck_assert_int_eq(config_read(config, &roster_schema, &roster), AGON_OK);
    ck_assert_uint_eq(roster.seed, 5);
    ck_assert_str_eq(roster.agents[0].name, "a");
    ck_assert_uint_eq(config_line(config_at(config, "agents[0].plugin")), 4);
    ck_assert_uint_eq(config_column(config_at(config, "agents[0].plugin")), 13);
    config_free(config);
}
END_TEST

START_TEST(the_message_shows_the_line_with_a_caret)
{
    static const char text[] = A "limits:\n  max_positon: 5\n";
    struct config *config = config_new("limits.yaml", text, strlen(text), NULL);
    struct roster roster;

    config_read(config, &roster_schema, &roster);
    ck_assert_str_eq(config_error_text(config, 0),
                     "limits.yaml:3:3: error[AG-1013]: limits: unknown key 'max_positon'; expected "
                     "one of: daily_loss, drawdown, book_age, order\n"
                     "      max_positon: 5\n"
                     "      ^");
    config_free(config);
}
END_TEST

START_TEST(all_mistakes_come_out_in_one_run)
{
    char text[4096] = "agents:\n";
    size_t used = strlen(text);
    struct config *config;
    struct roster roster;

    for (int i = 0; i < 4; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used,
                                 "  - {nmae: a, plugin: /x, failover: 3, shadow: no, runner: x, "
                                 "limits: {daily_loss: 99%%}}\n");
    config = config_new("test.yaml", text, used, NULL);
    config_read(config, &roster_schema, &roster);
    ck_assert_uint_eq(config_error_count(config), 24);
    for (uint32_t i = 1; i < 24; i++)
        ck_assert_uint_le(config_error_line(config, i - 1), config_error_line(config, i));
    config_free(config);
}
END_TEST

START_TEST(b_01_an_alias_bomb_stays_small)
{
    char text[4096] = "a: &a [x, x, x, x, x, x, x, x, x]\n";
    size_t used = strlen(text);
    struct config *config;

    for (char c = 'b'; c <= 'i'; c++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%c: &%c [", c, c);
        for (int i = 0; i < 9; i++)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "*%c%s", c - 1,
                                     i < 8 ? ", " : "]\n");
    }
    config = config_new("test.yaml", text, used, NULL);
    ck_assert_uint_gt(config_error_count(config), 0);
    ck_assert_int_eq(config_error_code(config, 0), CONFIG_E_ALIAS);
    ck_assert_uint_eq(config_count(config_at(config, "i")), 9);
    ck_assert_uint_eq(config_count(config_at(config, "i[0]")), 0);
    config_free(config);
}
END_TEST

START_TEST(b_02_depth_is_bounded)
{
    char *text = malloc(200010);
    struct config *config;

    for (int is_block = 0; is_block < 2; is_block++) {
        memcpy(text, "a:\n", 3);
        for (int i = 0; i < 100000; i++)
            memcpy(text + 3 + 2 * i, is_block ? "- " : " [", 2);
        config = config_new("test.yaml", text, 200003, NULL);
        ck_assert_ptr_null(config_root(config));
        ck_assert_int_eq(config_error_code(config, 0), CONFIG_E_BOUND);
        config_free(config);
    }
    // Maps need keys: {a: {a: ...
    for (int i = 0; i < 40; i++)
        memcpy(text + 4 * i, "{a: ", 4);
    config = config_new("test.yaml", text, 160, NULL);
    ck_assert_int_eq(config_error_code(config, 0), CONFIG_E_BOUND);
    ck_assert_uint_eq(config_error_column(config, 0), 129); // the 33rd brace
    config_free(config);
    free(text);
}
END_TEST

START_TEST(b_03_size_is_bounded_before_anything_else)
{
    char *text = malloc(CONFIG_BYTES_MAX + 1);
    struct config *config;

    memset(text, 'x', CONFIG_BYTES_MAX + 1);
    config = config_new("test.yaml", text, CONFIG_BYTES_MAX + 1, NULL);
    ck_assert_int_eq(config_error_code(config, 0), CONFIG_E_SIZE);
    config_free(config);
    config = config_new("test.yaml", text, CONFIG_BYTES_MAX, NULL); // one scalar of 4 MiB
    ck_assert_int_eq(config_error_code(config, 0), CONFIG_E_TOP);
    config_free(config);
    free(text);
}
END_TEST

START_TEST(b_25_a_million_values_cost_bounded_memory)
{
    char *text = malloc(CONFIG_BYTES_MAX);
    size_t n = 0, before;
    struct config *config;

    while (n + 8 < CONFIG_BYTES_MAX)
        n += (size_t)sprintf(text + n, "- 1\n");
    before = mallinfo2().uordblks + mallinfo2().hblkhd;
    config = config_new("test.yaml", text, n, NULL);
    ck_assert_uint_le(mallinfo2().uordblks + mallinfo2().hblkhd, before + 32 * 1024 * 1024);
    ck_assert_int_eq(config_error_code(config, 0), CONFIG_E_BOUND);
    ck_assert_ptr_nonnull(strstr(config_error_text(config, 0), "100000"));
    config_free(config);
    free(text);
}
END_TEST

static const char *const secrets[] = {
    "aK3jd83jsKJ38sjdkQPz093jdkPQ0ssA",
    "YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==",
    "5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b5aa765d61d8327deb882cf99",
    "123e4567-e89b-12d3-a456-426614174000",
};

START_TEST(b_20_a_secret_is_refused_and_never_shown)
{
    char text[512];

    for (int place = 0; place < 5; place++) {
        static const char *const forms[] = {
            "agents: [{name: a, plugin: p, note: %s}]\n",
            "agents: [{name: a, plugin: p, noet: %s}]\n",
            A "params: {deep: [{x: %s}]}\n",
            A "seed: %s\n",
            A "limits: {daily_loss: %s, daily_loss: %s}\n",
        };
        struct config *config;
        struct roster roster;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof(text), forms[place], secrets[_i], secrets[_i]);
#pragma GCC diagnostic pop
        config = config_new("test.yaml", text, strlen(text), NULL);
        ck_assert_int_eq(config_read(config, &roster_schema, &roster), AGON_EINVAL);
        for (uint32_t i = 0; config_error_text(config, i); i++)
            ck_assert_msg(!strstr(config_error_text(config, i), secrets[_i]), "place %d: %s", place,
                          config_error_text(config, i));
        config_free(config);
    }
}
END_TEST

START_TEST(b_20_a_password_of_any_form_is_hidden_by_its_key)
{
    static const char text[] = A "params: {x: 1}\napi_secret: hunter2\n";
    struct config *config = config_new("test.yaml", text, strlen(text), NULL);
    struct roster roster;

    ck_assert_int_eq(config_read(config, &roster_schema, &roster), AGON_EINVAL);
    ck_assert_ptr_null(strstr(config_error_text(config, 0), "hunter2"));
    config_free(config);
}
END_TEST

START_TEST(what_only_looks_long_is_no_secret)
{
    static const char text[] =
        "agents:\n"
        "  - name: mean_reversion_2024\n"
        "    plugin: plugins/MeanReversion2/build-Release-17/MeanReversion2.so\n"
        "    note: Words and 12 Numbers, such as BTCUSDT_PERPETUAL_240927\n"
        "file_hash: 5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b5aa765d61d8327deb882cf99\n";
    struct config *config = config_new("test.yaml", text, strlen(text), NULL);
    struct roster roster;

    ck_assert_msg(config_read(config, &roster_schema, &roster) == AGON_OK, "%s",
                  config_error_text(config, 0));
    config_free(config);
}
END_TEST

START_TEST(the_tree_is_reached_by_path_and_by_place)
{
    static const char text[] = "a:\n  b: [1, {c: \"x y\"}]\nd: ${AGON_SEED}\n";
    struct config *config = config_new("test.yaml", text, strlen(text), env);
    const struct config_node *root = config_root(config);

    ck_assert_uint_eq(config_count(root), 2);
    ck_assert_str_eq(config_key(root, 1), "d");
    ck_assert_str_eq(config_text(config_get(root, "d")), "7");
    ck_assert_str_eq(config_text(config_at(config, "a.b[1].c")), "x y");
    ck_assert_int_eq(config_is_quoted(config_at(config, "a.b[1].c")), 1);
    ck_assert_int_eq(config_is_list(config_at(config, "a.b")), 1);
    ck_assert_int_eq(config_is_map(config_at(config, "a.b[%d]", 1)), 1);
    ck_assert_ptr_null(config_at(config, "a.b[2]"));
    ck_assert_ptr_null(config_at(config, "a.x.y"));
    ck_assert_ptr_null(config_text(root));
    ck_assert_ptr_null(config_entry(root, 2));
    config_free(config);
}
END_TEST

START_TEST(a_value_in_a_far_column_is_shown)
{
    char text[2048] = A "params: {";
    size_t used = strlen(text);
    struct config *config;
    struct roster roster;
    const char *message;

    for (int i = 0; i < 40; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "key_%d: value_%d, ", i, i);
    snprintf(text + used, sizeof(text) - used, "bad: *alias}\n");
    config = config_new("test.yaml", text, strlen(text), NULL);
    ck_assert_int_eq(config_read(config, &roster_schema, &roster), AGON_EINVAL);
    message = config_error_text(config, 0);
    ck_assert_ptr_nonnull(strstr(message, "bad: *alias}"));
    ck_assert_uint_lt(strlen(message), 500);
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, is_refused_with_its_place_and_what_was_meant, 0,
                        (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_test(tcase, a_nul_byte_is_refused_with_its_offset);
    tcase_add_test(tcase, bom_and_crlf_are_accepted);
    tcase_add_test(tcase, the_message_shows_the_line_with_a_caret);
    tcase_add_test(tcase, all_mistakes_come_out_in_one_run);
    tcase_add_test(tcase, b_01_an_alias_bomb_stays_small);
    tcase_add_test(tcase, b_02_depth_is_bounded);
    tcase_add_test(tcase, b_03_size_is_bounded_before_anything_else);
    tcase_add_test(tcase, b_25_a_million_values_cost_bounded_memory);
    tcase_add_loop_test(tcase, b_20_a_secret_is_refused_and_never_shown, 0,
                        (int)(sizeof(secrets) / sizeof(secrets[0])));
    tcase_add_test(tcase, b_20_a_password_of_any_form_is_hidden_by_its_key);
    tcase_add_test(tcase, what_only_looks_long_is_no_secret);
    tcase_add_test(tcase, the_tree_is_reached_by_path_and_by_place);
    tcase_add_test(tcase, a_value_in_a_far_column_is_shown);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
