// SPDX-License-Identifier: Apache-2.0
/* What a market's file may say, what it is told when it says something else, and that the markets
 * in the program are the files of the tree, whose events a seed decides to the byte. */
#include <string.h>

#include "base/hash.h"
#include "market.h"

static long read_tree(const char *name, char *text, size_t room)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    char path[4096];
    FILE *file;
    long n;

    snprintf(path, sizeof(path), "%s/%s", root != NULL ? root : ".", name);
    file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    n = (long)fread(text, 1, room, file);
    fclose(file);
    return n;
}

START_TEST(the_programs_markets_are_the_trees_files)
{
    static const char *const names[] = {"basis", "crash",       "demo",    "flow",   "pair",
                                        "quiet", "random-walk", "rebound", "regimes"};
    struct synth_file file;
    static char text[65536];
    uint32_t n = 0;

    while (synth_builtin(n, &file)) {
        struct market market;
        char name[64];

        ck_assert_str_eq(file.name, names[n]);
        snprintf(name, sizeof(name), "configs/markets/%s.yaml", file.name);
        ck_assert_int_eq(read_tree(name, text, sizeof(text)), (long)file.n);
        ck_assert_int_eq(memcmp(text, file.bytes, file.n), 0);
        market_open(&market, file.bytes, file.n, 1);
        ck_assert_uint_ge(synth_spots(&market.synth), 1);
        market_close(&market);
        n++;
    }
    ck_assert_uint_eq(n, sizeof(names) / sizeof(names[0]));
    ck_assert(synth_find("demo", &file));
    ck_assert(!synth_find("nowhere", &file));
}
END_TEST

static void named_in(const char *page, const struct schema_field *fields)
{
    for (; fields->key != NULL; fields++) {
        char row[64];

        snprintf(row, sizeof(row), "\n| `%s` | ", fields->key);
        ck_assert_msg(strstr(page, row) != NULL, "docs/markets.md has no row of %s", fields->key);
        ck_assert_msg(strstr(page, fields->doc) != NULL, "docs/markets.md does not say: %s",
                      fields->doc);
    }
}

START_TEST(the_page_says_what_a_file_may_hold)
{
    static char page[262144];
    long n = read_tree("docs/markets.md", page, sizeof(page) - 1);

    ck_assert_int_gt(n, 0);
    page[n] = '\0';
    named_in(page, synth_schema.fields);
    for (const struct schema_field *field = synth_schema.fields; field->key != NULL; field++)
        if (field->sub != NULL)
            named_in(page, field->sub->fields);
}
END_TEST

static void hash_of(const char *name, uint64_t seed, int n, char text[2 * HASH_SIZE + 1])
{
    unsigned char digest[HASH_SIZE];
    struct synth_file file;
    struct market market;
    struct hash hash;

    ck_assert(synth_find(name, &file));
    market_open(&market, file.bytes, file.n, seed);
    hash_init(&hash);
    for (int i = 0; i < n; i++) {
        const struct agon_event_hdr *event = gen_next(market.gen);

        hash_update(&hash, event, (size_t)event->granules * EVENT_GRANULE);
    }
    hash_final(&hash, digest);
    hash_hex(digest, text);
    market_close(&market);
}

// The same on every compiler and CPU. They change when a market's file or the generator does.
START_TEST(a_seed_decides_every_byte_of_a_market)
{
    static const char *const pinned[][2] = {
        {"basis", "23600c9f7670aef7890001bd185de27758cb6b25b46e5396fa40547d447340f5"},
        {"crash", "3e0a125ff345765d1031a828d7f29fb4f0f4dd15f9de2e744f9a6227adb3c486"},
        {"demo", "b8a6bcfef84deaeb9ac685b8f58e9a905f4c1e098127e188ee47ec99638f7673"},
        {"flow", "f8acf2e57552e955496b840e6d08389db16a790a8c6e31fb46f5266e48e9bcff"},
        {"pair", "eb71bf6c1a5328ffa887756c9df944fee7833ea951d48167abec38856040d212"},
        {"quiet", "c8f16a9b3d046d66467a1081bd8ff53f331ecc6744a3f8d39724e49917bb022d"},
        {"random-walk", "3e0a125ff345765d1031a828d7f29fb4f0f4dd15f9de2e744f9a6227adb3c486"},
        {"rebound", "f881dc85b817861ad705184283080516841745e3ec9e961de5014a3fff1b60a6"},
        {"regimes", "a2680a413d6932e921c206f19d5106bb7e8609ef6e8049535ed9b000257bcdaf"}};
    char first[2 * HASH_SIZE + 1], other[2 * HASH_SIZE + 1];
    int n_moved = 0;

    hash_of("demo", 7, 20000, first);
    hash_of("demo", 7, 20000, other);
    ck_assert_str_eq(first, other);
    hash_of("demo", 8, 20000, other);
    ck_assert_str_ne(first, other);
    for (size_t i = 0; i < sizeof(pinned) / sizeof(pinned[0]); i++) {
        hash_of(pinned[i][0], 7, 100000, first);
        if (strcmp(first, pinned[i][1]) == 0)
            continue;
        fprintf(stderr, "{\"%s\", \"%s\"},\n", pinned[i][0], first);
        n_moved++;
    }
    ck_assert_int_eq(n_moved, 0);
}
END_TEST

/* Where, what, and what was expected. */
START_TEST(what_a_file_says_wrongly_is_told_at_its_place)
{
#define ONE "symbols: [{symbol: BTCUSDT, price: 60000}]\n"
    static const struct {
        const char *text;
        uint32_t line;
        int code;
        const char *words[3];
    } rows[] = {
        {"symbols: []\nabout: x\n", 1, CONFIG_E_COUNT, {"symbols"}},
        {"about: x\n", 1, CONFIG_E_MISSING, {"symbols"}},
        {"about: x\nvolatilty: 3%\n" ONE, 2, CONFIG_E_UNKNOWN, {"volatilty"}},
        {"about: x\nautocorelation: 0.1\n" ONE,
         2,
         CONFIG_E_UNKNOWN,
         {"did you mean 'autocorrelation'"}},
        {"about: x\nautocorrelation: 1.5\n" ONE, 2, CONFIG_E_RANGE, {"autocorrelation", "0.99"}},
        {"about: x\nbook: 1ms\n" ONE, 2, CONFIG_E_RANGE, {"book", "10ms"}},
        {"about: x\nbursts: maybe\n" ONE, 2, CONFIG_E_VALUE, {"bursts", "true or false"}},
        {"about: x\ncrash_depth: 99%\n" ONE, 2, CONFIG_E_RANGE, {"crash_depth", "95%"}},
        {"about: x\ncrash_after: 2h\n" ONE, 1, CONFIG_E_CONFLICT, {"crash_depth"}},
        {"about: x\ntrend: 5%\n" ONE, 2, CONFIG_E_CONFLICT, {"trend_length", "range_length"}},
        {"about: x\nsymbols: [{symbol: BTCUSDT}]\n", 2, CONFIG_E_MISSING, {"BTCUSDT", "price"}},
        {"about: x\nsymbols: [{symbol: BTCUSDT, price: 1, volatility: 50}]\n",
         2,
         CONFIG_E_VALUE,
         {"volatility"}},
        {"about: x\nsymbols:\n  - {symbol: BTCUSDT, kind: perpetual}\n",
         3,
         CONFIG_E_CONFLICT,
         {"BTCUSDT", "spot"}},
        {"about: x\nsymbols:\n  - {symbol: BTCUSDT, price: 1}\n  - {symbol: BTCUSDT, price: 1}\n",
         4,
         CONFIG_E_DUPLICATE,
         {"BTCUSDT"}},
        {"about: x\nsymbols:\n  - {symbol: A, price: 1}\n  - {symbol: B, price: 1, follows: C}\n",
         4,
         CONFIG_E_CONFLICT,
         {"B follows", "C"}},
        {"about: x\nsymbols:\n  - {symbol: A, price: 1}\n  - {symbol: B, price: 1, follows: A}\n"
         "  - {symbol: D, price: 1}\n",
         5,
         CONFIG_E_CONFLICT,
         {"D follows nobody"}},
        {"about: x\nsymbols:\n  - {symbol: A, price: 1}\n  - {symbol: A, kind: perpetual}\n"
         "  - {symbol: D, price: 1}\n",
         5,
         CONFIG_E_CONFLICT,
         {"spot markets first"}},
        {"about: x\nsymbols:\n  - {symbol: A, price: 1}\n"
         "  - {symbol: A, kind: perpetual, follows: A}\n",
         4,
         CONFIG_E_CONFLICT,
         {"no 'follows'"}},
    };
    static struct synth synth;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config *config = config_new("m.yaml", rows[i].text, strlen(rows[i].text), NULL);

        ck_assert_msg(config_read(config, &synth_schema, &synth) == AGON_EINVAL, "row %zu", i);
        ck_assert_msg(config_error_code(config, 0) == (enum config_code)rows[i].code &&
                          config_error_line(config, 0) == rows[i].line,
                      "row %zu: %s", i, config_error_text(config, 0));
        for (int k = 0; k < 3 && rows[i].words[k] != NULL; k++)
            ck_assert_msg(strstr(config_error_text(config, 0), rows[i].words[k]) != NULL,
                          "row %zu: %s", i, config_error_text(config, 0));
        config_free(config);
    }
}
END_TEST

/* Who serves spot alone makes the same spot market as who serves both. */
START_TEST(spot_alone_is_the_same_spot)
{
    static const char *const names[] = {"demo", "pair"};

    for (int k = 0; k < 2; k++) {
        agon_instrument_t ids[SYNTH_SYMBOLS_MAX];
        struct market whole, spot;
        struct gen_config made;
        struct synth_file file;
        struct error err = {0};
        uint32_t n;

        ck_assert(synth_find(names[k], &file));
        market_open(&whole, file.bytes, file.n, 11);
        market_open(&spot, file.bytes, file.n, 11);
        gen_free(spot.gen);
        n = synth_spots(&spot.synth);
        ck_assert_uint_lt(n, spot.synth.n_symbols);
        for (uint32_t i = 0; i < n; i++)
            ids[i] = i + 1;
        ck_assert_int_eq(synth_config(&spot.synth, n, ids, &spot.table, 11, &made, &err), AGON_OK);
        made.t_start = T_START;
        made.is_quoted = 1;
        ck_assert_int_eq(gen_new(&spot.gen, &made, &spot.table, &err), AGON_OK);
        for (int i = 0; i < 20000;) {
            const struct agon_event_hdr *event = gen_next(whole.gen), *same;

            if (event->instrument > n)
                continue;
            same = gen_next(spot.gen);
            HOLDS(event->granules == same->granules &&
                  memcmp(event, same, (size_t)event->granules * EVENT_GRANULE) == 0);
            i++;
        }
        market_close(&whole);
        market_close(&spot);
    }
}
END_TEST

START_TEST(a_price_that_ticks_cannot_show_is_refused)
{
    struct market market;
    struct gen_config made;
    struct error err = {0};
    agon_instrument_t id = 1;

    market_of(&market, "about: x\nsymbols: [{symbol: BTCUSDT, price: 60000}]\n", 1);
    market.synth.symbols[0].price = 0.5;
    ck_assert_int_eq(synth_config(&market.synth, 1, &id, &market.table, 1, &made, &err),
                     AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "100 ticks"));
    market_close(&market);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("files");
    TCase *tc = tcase_create("files");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, the_programs_markets_are_the_trees_files);
    tcase_add_test(tc, the_page_says_what_a_file_may_hold);
    tcase_add_test(tc, a_seed_decides_every_byte_of_a_market);
    tcase_add_test(tc, what_a_file_says_wrongly_is_told_at_its_place);
    tcase_add_test(tc, spot_alone_is_the_same_spot);
    tcase_add_test(tc, a_price_that_ticks_cannot_show_is_refused);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
