// SPDX-License-Identifier: Apache-2.0
/* What every plugin of ours owes: the static checks, a start only with what it requires, a state
 * that comes back whole or not at all and goes on to the last bit, and calm under any event. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../support/must.h"
#include "agent/elf.h"
#include "agent/loader.h"
#include "fake.h"

/* Short candles and short windows, so that a few hundred of them say much. */
static const struct {
    const char *name, *symbol; /* symbol: the parameter that names the instrument */
    uint8_t is_model, second;  /* second: kind of a second instrument that it wants; 0: none */
    const char *params[12];
} plugins[] = {
    {"ema_cross", "symbol", 0, 0, {"bar_s", "0", "fast", "3", "slow", "6", "volume_min", "0"}},
    {"bollinger", "symbol", 0, 0, {"bar_s", "0", "width", "1", "rsi_entry", "45"}},
    {"mm", "symbol", 0, 0, {NULL}},
    {"vol", "symbol", 1, 0, {"long", "30"}},
    {"rsi_swing", "symbol", 0, 0, {"bar_s", "0", "low", "45", "high", "55", "rsi", "3"}},
    {"sma_cross", "symbol", 0, 0, {"bar_s", "0", "fast", "3", "slow", "6"}},
    {"breakout", "symbol", 0, 0, {"bar_s", "0", "enter_bars", "5", "leave_bars", "3", "atr", "5"}},
    {"random", "symbol", 0, 0, {"bar_s", "0"}},
    {"rascal", "symbol", 0, 0, {"mischief", "3", "after_s", "0", "flood", "2"}},
    {"grid", "symbol", 0, 0, {"rest_s", "60", "step_bps", "10"}},
    {"pairs", "symbol_a", 0, AGON_LINEAR, {"bar_s", "0", "period", "20", "corr_min", "-1"}},
    {"basis", "spot", 0, AGON_LINEAR, {"enter_bps", "20", "leave_bps", "0"}},
    {"carry",
     "spot",
     0,
     AGON_LINEAR,
     {"enter_pct", "5", "leave_pct", "0", "basis_min_bps", "-900"}},
};
#define N_NAMES ((int)(sizeof(plugins) / sizeof(plugins[0])))

static struct fake one, two;
static unsigned char state_a[FAKE_STATE], state_b[FAKE_STATE];

/* What the second instrument is, and the first of a pair that wants two of a kind. */
static void set_kinds(struct fake *fake, int name)
{
    if (plugins[name].second)
        fake->second.instrument.kind = plugins[name].second;
    if (strcmp(plugins[name].name, "pairs") == 0)
        fake->instrument.kind = AGON_LINEAR;
}

static void open_lively(struct fake *fake, int name)
{
    fake_open(fake, plugins[name].name);
    set_kinds(fake, name);
    for (const char *const *p = plugins[name].params; p[0]; p += 2)
        fake_param(fake, p[0], p[1]);
}

START_TEST(passes_every_static_check_for_inproc)
{
    const char *build = getenv("AGON_BUILD_ROOT");
    static struct elf_report report;
    const struct elf_finding *refusal;
    struct error err = {0};
    char path[1024];
    struct stat info;
    unsigned char *bytes;
    int fd;

    snprintf(path, sizeof(path), "%s/plugins/%s/%s.so", build ? build : ".", plugins[_i].name,
             plugins[_i].name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    MUST(fd >= 0 && fstat(fd, &info) == 0);
    bytes = malloc((size_t)info.st_size);
    MUST(bytes != NULL && read(fd, bytes, (size_t)info.st_size) == info.st_size);
    close(fd);
    elf_check(bytes, (uint64_t)info.st_size, &report);
    refusal = elf_refusal(&report, ELF_INPROC);
    ck_assert_msg(refusal == NULL, "%s: %s %s", plugins[_i].name, refusal ? refusal->id : "",
                  refusal ? refusal->text : "");
    ck_assert_uint_eq(report.n_findings, 0); // nor a note
    ck_assert_uint_eq(report.n_exports, 1);
    free(bytes);
    fake_open(&one, plugins[_i].name);
    ck_assert_msg(plugin_check(one.entry, &err) == AGON_OK, "%s", err.text);
    ck_assert_str_eq(report.note.id, one.descriptor->id);
    ck_assert_str_eq(report.note.version, one.descriptor->version);
    fake_close(&one);
}
END_TEST

START_TEST(starts_only_with_what_it_requires)
{
    static const char *const optional[] = {AGON_EXT_HISTORY, AGON_EXT_SIGNAL, AGON_EXT_LOG};
    uint32_t i, n;

    fake_open(&one, plugins[_i].name);
    n = one.descriptor->n_requires;
    fake_close(&one);
    for (i = 0; i < n; i++) {
        fake_open(&one, plugins[_i].name);
        one.without = one.descriptor->requires_ext[i];
        ck_assert_msg(fake_create(&one) < 0, "%s starts without %s", plugins[_i].name, one.without);
        ck_assert_ptr_null(one.agent.self);
        fake_close(&one);
    }
    for (i = 0; i < 3 && !plugins[_i].is_model; i++) { // to the model its signal is all it has
        fake_open(&one, plugins[_i].name);
        one.without = optional[i];
        ck_assert_msg(fake_create(&one) == AGON_OK, "%s wants %s", plugins[_i].name, optional[i]);
        ck_assert_int_eq(fake_start(&one, AGON_START_FRESH), AGON_OK);
        fake_close(&one);
    }
}
END_TEST

START_TEST(refuses_what_it_cannot_be)
{
    static const char *const bad[][3] = {
        {"ema_cross", "fast", "30"}, // not below slow
        {"vol", "high", "5"},        // above extreme
        {"rsi_swing", "low", "70"},   {"sma_cross", "fast", "30"},  {"pairs", "leave_z", "3"},
        {"basis", "leave_bps", "50"}, {"carry", "leave_pct", "20"},
    };
    struct agon_agent none = {.size = sizeof(none)};
    int is_bad = 0;

    fake_open(&one, plugins[_i].name);
    MUST(fake_create(&one) == AGON_OK);
    ck_assert_int_lt(one.entry->create(&one.host, 1, &none), 0);
    ck_assert_int_lt(one.entry->create(&one.host, UINT32_MAX, &none), 0);
    fake_close(&one);
    // An older host's table is shorter: what lies behind it is not touched.
    fake_open(&one, plugins[_i].name);
    one.agent.size = (uint32_t)offsetof(struct agon_agent, get_extension);
    one.agent.get_extension = (const void *(*)(void *, const char *))(uintptr_t)1;
    MUST(fake_create(&one) == AGON_OK);
    ck_assert_uint_eq(one.agent.size, offsetof(struct agon_agent, get_extension));
    ck_assert_uint_eq((uintptr_t)one.agent.get_extension, 1);
    fake_close(&one);
    // An instrument that does not exist is an error, not a strategy without a market.
    if (!plugins[_i].is_model) {
        fake_open(&one, plugins[_i].name);
        fake_param(&one, plugins[_i].symbol, "NOSUCH");
        MUST(fake_create(&one) == AGON_OK);
        ck_assert_int_lt(fake_start(&one, AGON_START_FRESH), 0);
        fake_close(&one);
    }
    fake_open(&one, plugins[_i].name);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (strcmp(bad[i][0], plugins[_i].name) == 0) {
            fake_param(&one, bad[i][1], bad[i][2]);
            is_bad = 1;
        }
    ck_assert_int_eq(fake_create(&one) < 0, is_bad);
    fake_close(&one);
}
END_TEST

/* What a market does in a minute, and what a simple venue makes of the plugin's wishes. */
static void answer(struct fake *fake, uint32_t before, agon_px_t px)
{
    // What an answer makes it wish is answered too, so far as that ends.
    for (uint32_t i = before; i < fake->n_intents && i < before + 8; i++) {
        const struct agon_intent *intent = &fake->intents[i];

        fake->picked = i + 1;
        if (intent->kind == AGON_INTENT_CANCEL)
            continue;
        if (intent->kind != AGON_INTENT_ORDER)
            break;
        fake_order(fake, AGON_ORDER_OPEN, 0);
        fake_fill(fake, intent->px > 0 ? intent->px : px,
                  intent->side == AGON_BUY ? intent->qty / 1000 : 0);
        fake_order(fake, AGON_ORDER_FILLED, 0);
    }
    fake->picked = 0;
}

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void minute(struct fake *fake, agon_px_t *px, uint64_t *seed)
{
    agon_px_t high = *px, low = *px;

    for (int i = 0; i < 10; i++) {
        uint32_t before = fake->n_intents;
        agon_px_t other;
        *px += (agon_px_t)(draw(seed) % 41) - 20;
        *px = *px < 5000 ? 5000 : *px;
        high = *px > high ? *px : high;
        low = *px < low ? *px : low;
        fake->t += 5 * 1000000000ll;
        fake_top(fake, *px - 1, *px + 1);
        fake_trade(fake, *px);
        if (fake->second.instrument.kind != AGON_SPOT) { // a second one, near the first
            other = *px + (agon_px_t)(draw(seed) % 101) - 40;
            fake->at = 2;
            fake_top(fake, other - 1, other + 1);
            fake_trade(fake, other);
            if (i == 0)
                fake_funding(fake, (int64_t)(draw(seed) % 400000) - 200000, 28800);
            fake->at = 1;
        }
        answer(fake, before, *px);
    }
    {
        uint32_t before = fake->n_intents;
        fake->t -= 50 * 1000000000ll; // the bar's beginning
        fake_bar(fake, 60, high, low, *px, (agon_qty_t)(1000 + draw(seed) % 1000));
        if (fake->second.instrument.kind != AGON_SPOT) {
            fake->at = 2;
            fake->t -= FAKE_MINUTE;
            fake_bar(fake, 60, high, low, *px + (agon_px_t)(draw(seed) % 101) - 40, 1000);
            fake->at = 1;
        }
        answer(fake, before, *px);
    }
}

/* At some minute the state goes to a second instance under an equal host; from there on both must
 * wish the same, and their states stay equal byte for byte. */
START_TEST(a_restored_one_goes_on_exactly_as_the_original)
{
    uint64_t seed = 11, n = 0, m = 0;
    agon_px_t px = 10000;
    uint32_t n_wishes = 0;

    open_lively(&one, _i);
    MUST(fake_create(&one) == AGON_OK);
    MUST(fake_start(&one, AGON_START_FRESH) == AGON_OK);
    for (int i = 0; i < 700; i++) {
        minute(&one, &px, &seed);
        if (i % 35 != 34)
            continue;
        uint64_t seed_a = seed, seed_b = seed;
        agon_px_t px_a = px, px_b = px;
        MUST(fake_save(&one, state_a, &n) == AGON_OK);
        open_lively(&two, _i);
        MUST(fake_create(&two) == AGON_OK);
        two.held_qty = one.held_qty;
        two.cost = one.cost;
        two.quote_amt = one.quote_amt;
        two.second.held_qty = one.second.held_qty;
        two.second.cost = one.second.cost;
        two.t = one.t;
        two.seq = one.seq;
        two.nth = one.nth;
        MUST(fake_load(&two, state_a, n, two.descriptor->state_schema) == AGON_OK);
        MUST(fake_save(&two, state_b, &m) == AGON_OK);
        MUST(n == m && memcmp(state_a, state_b, n) == 0);
        MUST(fake_start(&two, AGON_START_RESTORE) == AGON_OK);
        n_wishes += fake_taken(&one);
        one.n_signals = 0;
        for (int k = 0; k < 35; k++) {
            minute(&one, &px_a, &seed_a);
            minute(&two, &px_b, &seed_b);
        }
        MUST_EQ(one.n_intents, two.n_intents);
        MUST_EQ(one.n_signals, two.n_signals);
        MUST(memcmp(one.intents, two.intents, one.n_intents * sizeof(one.intents[0])) == 0);
        MUST(memcmp(one.signals, two.signals, one.n_signals * sizeof(one.signals[0])) == 0);
        MUST(fake_save(&one, state_a, &n) == AGON_OK && fake_save(&two, state_b, &m) == AGON_OK);
        MUST(n == m && memcmp(state_a, state_b, n) == 0);
        n_wishes += one.n_intents + one.n_signals;
        seed = seed_a;
        px = px_a;
        fake_close(&two);
    }
    ck_assert_uint_gt(n_wishes, 10);
    fake_close(&one);
}
END_TEST

START_TEST(a_bad_state_is_refused_and_changes_nothing)
{
    uint64_t seed = 3, n, m;
    agon_px_t px = 10000;

    open_lively(&one, _i);
    MUST(fake_create(&one) == AGON_OK);
    MUST(fake_start(&one, AGON_START_FRESH) == AGON_OK);
    for (int i = 0; i < 40; i++)
        minute(&one, &px, &seed);
    MUST(fake_save(&one, state_a, &n) == AGON_OK);
    for (uint64_t cut = 0; cut < n; cut += 1 + n / 50) {
        ck_assert_int_lt(fake_load(&one, state_a, cut, one.descriptor->state_schema), 0);
        MUST(fake_save(&one, state_b, &m) == AGON_OK);
        MUST(n == m && memcmp(state_a, state_b, n) == 0);
    }
    ck_assert_int_eq(fake_load(&one, state_a, n, one.descriptor->state_schema + 1), AGON_EVERSION);
    ck_assert_int_eq(fake_load(&one, state_a, n, 0), AGON_EVERSION);
    MUST(fake_save(&one, state_b, &m) == AGON_OK);
    MUST(n == m && memcmp(state_a, state_b, n) == 0);
    fake_close(&one);
}
END_TEST

START_TEST(random_bytes_for_a_state_do_not_bring_it_down)
{
    uint64_t seed = 5, n, m;
    agon_px_t px = 10000;

    open_lively(&one, _i);
    MUST(fake_create(&one) == AGON_OK);
    MUST(fake_start(&one, AGON_START_FRESH) == AGON_OK);
    for (int i = 0; i < 40; i++)
        minute(&one, &px, &seed);
    MUST(fake_save(&one, state_a, &n) == AGON_OK);
    for (int round = 0; round < 200; round++) {
        memcpy(state_b, state_a, n);
        for (int k = 0; k < 1 + round; k++)
            state_b[draw(&seed) % n] = (unsigned char)draw(&seed);
        if (round % 10 == 0)
            for (m = 0; m < n; m++)
                state_b[m] = (unsigned char)draw(&seed);
        fake_load(&one, state_b, n, one.descriptor->state_schema);
        fake_start(&one, AGON_START_RESTORE);
        for (int k = 0; k < 3; k++)
            minute(&one, &px, &seed);
        fake_taken(&one);
        one.n_signals = 0;
    }
    fake_close(&one);
}
END_TEST

/* Prices of 0, below 0, the largest, crossed books, time that leaps, unknown types and codes. */
START_TEST(extreme_events_do_not_bring_it_down)
{
    static const agon_px_t prices[] = {0, -1, 1, INT64_MAX, INT64_MIN, 10000, INT64_MAX / 2, 10050};
    uint64_t seed = 9;

    open_lively(&one, _i);
    MUST(fake_create(&one) == AGON_OK);
    MUST(fake_start(&one, AGON_START_FRESH) == AGON_OK);
    for (int i = 0; i < 20000; i++) {
        union {
            struct agon_event_hdr hdr;
            struct agon_top10 top;
            struct agon_bar bar;
            struct agon_fill fill;
            struct agon_order order;
            struct agon_signal signal;
            struct agon_halt halt;
            unsigned char bytes[512];
        } event;
        uint16_t types[] = {AGON_EVENT_BAR,     AGON_EVENT_TRADE,
                            AGON_EVENT_TOP10,   AGON_EVENT_ORDER,
                            AGON_EVENT_FILL,    AGON_EVENT_SIGNAL,
                            AGON_EVENT_STATUS,  AGON_EVENT_HALT,
                            AGON_EVENT_TIMER,   AGON_EVENT_CAPITAL,
                            AGON_EVENT_PARAM,   AGON_EVENT_GAP,
                            AGON_EVENT_FUNDING, 63};
        uint16_t type = types[draw(&seed) % 14];
        for (size_t k = 0; k < sizeof(event); k++)
            event.bytes[k] = (unsigned char)draw(&seed);
        event.hdr = (struct agon_event_hdr){
            .type = type,
            .granules = 8,
            .instrument = plugins[_i].second ? 1 + (uint32_t)draw(&seed) % 2 : 1};
        switch (type) {
        case AGON_EVENT_TOP10:
            event.top.n_bid = event.top.n_ask = (uint8_t)(draw(&seed) % 3);
            event.top.book = AGON_BOOK_LIVE;
            event.top.bid[0].px = prices[draw(&seed) % 8];
            event.top.ask[0].px = prices[draw(&seed) % 8];
            break;
        case AGON_EVENT_BAR:
            event.bar.t_open = one.t;
            event.bar.length_s = 60;
            event.bar.high_px = event.bar.low_px = event.bar.close_px = prices[draw(&seed) % 8];
            event.bar.volume_qty = prices[draw(&seed) % 8];
            break;
        case AGON_EVENT_HALT:
            event.halt.mode = 0;
            break;
        case AGON_EVENT_PARAM: // the host has checked the bounds of these
            ((struct agon_param_change *)(void *)&event)->real = 1 + (double)(draw(&seed) % 50);
            break;
        case AGON_EVENT_FILL:
            event.fill.position_qty = one.held_qty = one.second.held_qty = prices[draw(&seed) % 8];
            break;
        default:
            break;
        }
        one.t = i % 1000 == 999 ? one.t + (agon_ns_t)86400 * 30 * 1000000000
                                : one.t + (agon_ns_t)(draw(&seed) % 2000000000);
        fake_event(&one, &event);
        fake_taken(&one);
        one.n_signals = 0;
    }
    fake_close(&one);
}
END_TEST

START_TEST(events_are_only_read)
{
    /* The plugin gets events of a page that nobody may write: a write would end this test. */
    static _Alignas(64) const struct agon_trade trade = {
        .hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = 1, .seq = 1, .t = FAKE_T0},
        .px = 10000,
        .qty = 1};
    static _Alignas(64) const struct agon_bar bar = {
        .hdr = {.type = AGON_EVENT_BAR, .granules = 2, .instrument = 1, .seq = 2, .t = FAKE_T0},
        .t_open = FAKE_T0,
        .length_s = 60,
        .close_px = 10000};
    static _Alignas(64) const struct agon_top10 top = {
        .hdr = {.type = AGON_EVENT_TOP10, .granules = 6, .instrument = 1, .seq = 3, .t = FAKE_T0},
        .n_bid = 1,
        .n_ask = 1,
        .book = AGON_BOOK_LIVE,
        .bid = {{9999, 1}},
        .ask = {{10001, 1}}};

    open_lively(&one, _i);
    MUST(fake_create(&one) == AGON_OK);
    MUST(fake_start(&one, AGON_START_FRESH) == AGON_OK);
    MUST(one.agent.on_event(one.agent.self, &trade.hdr, 1) == AGON_OK);
    MUST(one.agent.on_event(one.agent.self, &bar.hdr, 2) == AGON_OK);
    MUST(one.agent.on_event(one.agent.self, &top.hdr, 3) == AGON_OK);
    fake_close(&one);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("all");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, passes_every_static_check_for_inproc, 0, N_NAMES);
    tcase_add_loop_test(tcase, starts_only_with_what_it_requires, 0, N_NAMES);
    tcase_add_loop_test(tcase, refuses_what_it_cannot_be, 0, N_NAMES);
    tcase_add_loop_test(tcase, a_restored_one_goes_on_exactly_as_the_original, 0, N_NAMES);
    tcase_add_loop_test(tcase, a_bad_state_is_refused_and_changes_nothing, 0, N_NAMES);
    tcase_add_loop_test(tcase, random_bytes_for_a_state_do_not_bring_it_down, 0, N_NAMES);
    tcase_add_loop_test(tcase, extreme_events_do_not_bring_it_down, 0, N_NAMES);
    tcase_add_loop_test(tcase, events_are_only_read, 0, N_NAMES);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
