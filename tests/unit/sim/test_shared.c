// SPDX-License-Identifier: Apache-2.0
/* What every simulated exchange has behind its words (sim/sim.h): forms, told books, tokens, what
 * is counted, times. What of it shows on the wire is asked of the exchanges themselves. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/sim.h"
#include "suite.h"
#include "world.h"

#define S 1000000000ll

static struct world w;

static void open_world(void)
{
    world_open_venue(&w, "okx");
}

static void close_world(void)
{
    world_close(&w);
}

/* --- forms --- */

static int form(const char *text, int is_strict, json_t **args)
{
    *args = json_object();
    return sim_args_form(*args, text, strlen(text), is_strict);
}

static const char *said(json_t *args, const char *name)
{
    const char *text = json_string_value(json_object_get(args, name));

    return text ? text : "(not said)";
}

START_TEST(a_form_is_refused_or_what_cannot_be_read_in_it_is_passed_over)
{
    static const char *const bad[] = {"a=%zz", "a=1&b=%2", "a%00=1", "a=%00"};
    json_t *args;

    ck_assert_int_eq(form("a=%41+b&&c&a=2&=3", 1, &args), 0);
    ck_assert_str_eq(said(args, "a"), "A b"); // the first counts
    ck_assert_str_eq(said(args, "c"), "");
    json_decref(args);
    ck_assert_int_eq(form("a=%41+b&&c&a=2", 0, &args), 0);
    ck_assert_str_eq(said(args, "a"), "2");
    ck_assert_str_eq(said(args, "c"), "(not said)");
    json_decref(args);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_lt(form(bad[i], 1, &args), 0);
        json_decref(args);
        ck_assert_int_eq(form(bad[i], 0, &args), 0);
        ck_assert_str_eq(said(args, "a"), i == 1 ? "1" : "(not said)");
        json_decref(args);
    }
}
END_TEST

START_TEST(a_form_is_bounded)
{
    char text[SIM_ARGS_BYTES + 64];
    json_t *args;
    int n = 0;

    for (int i = 0; i <= SIM_ARGS_MAX; i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "%sa%d=1", i ? "&" : "", i);
    ck_assert_int_lt(form(text, 1, &args), 0);
    json_decref(args);
    *strrchr(text, '&') = '\0';
    ck_assert_int_eq(form(text, 1, &args), 0);
    ck_assert_uint_eq(json_object_size(args), SIM_ARGS_MAX);
    json_decref(args);
    memset(text, 'x', sizeof(text));
    memcpy(text, "a=", 2);
    text[SIM_ARGS_BYTES] = '\0'; // name, value and an end each
    ck_assert_int_lt(form(text, 1, &args), 0);
    json_decref(args);
    text[SIM_ARGS_BYTES - 1] = '\0';
    ck_assert_int_eq(form(text, 1, &args), 0);
    json_decref(args);
}
END_TEST

START_TEST(what_stands_in_json_is_a_text)
{
    json_t *args = json_loads("{\"a\":1,\"b\":true,\"c\":null,\"d\":\"x\",\"e\":0.25}", 0, NULL);

    sim_args_texts(args, 0);
    ck_assert_str_eq(said(args, "a"), "1");
    ck_assert_str_eq(said(args, "b"), "true");
    ck_assert_str_eq(said(args, "c"), "(not said)");
    ck_assert_str_eq(said(args, "d"), "x");
    ck_assert_str_eq(said(args, "e"), "0.25");
    sim_args_texts(args, 1);
    ck_assert_str_eq(said(args, "c"), "null");
    json_decref(args);
}
END_TEST

/* --- told books --- */

#define DEPTH 5

/* A client's side of the book, which he keeps by what he is told. */
struct kept {
    struct agon_level level[4 * DEPTH];
    uint32_t n;
};

static void keep(struct kept *kept, const struct agon_level *changed, uint32_t n, int is_bid,
                 int cuts)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = 0;

        while (at < kept->n &&
               (is_bid ? kept->level[at].px > changed[i].px : kept->level[at].px < changed[i].px))
            at++;
        if (at < kept->n && kept->level[at].px == changed[i].px)
            memmove(&kept->level[at], &kept->level[at + 1],
                    (--kept->n - at) * sizeof(kept->level[0]));
        if (changed[i].qty == 0)
            continue;
        ck_assert_uint_lt(kept->n, 4 * DEPTH);
        memmove(&kept->level[at + 1], &kept->level[at], (kept->n++ - at) * sizeof(kept->level[0]));
        kept->level[at] = changed[i];
    }
    if (cuts && kept->n > DEPTH)
        kept->n = DEPTH;
}

static void move_book(struct rng *rng)
{
    struct agon_level bid[DEPTH + 4], ask[DEPTH + 4];
    agon_px_t mid = 3000000000000 + (agon_px_t)rng_below(rng, 9) * 10000000;
    uint32_t n_bid = 1 + (uint32_t)rng_below(rng, DEPTH + 4);
    uint32_t n_ask = 1 + (uint32_t)rng_below(rng, DEPTH + 4);

    for (uint32_t i = 0; i < DEPTH + 4; i++) {
        bid[i] = (struct agon_level){mid - 10000000 * (agon_px_t)(1 + i),
                                     (1 + (agon_qty_t)rng_below(rng, 3)) * 10000000};
        ask[i] = (struct agon_level){mid + 10000000 * (agon_px_t)(1 + i),
                                     (1 + (agon_qty_t)rng_below(rng, 3)) * 10000000};
    }
    world_book(&w, "BTC-USDT", 1, bid, n_bid, ask, n_ask);
}

static void keeps_books(int cuts)
{
    struct sim_sent sent = {.depth = DEPTH, .is_cut_there = (uint8_t)cuts};
    struct kept bid = {.n = 0}, ask = {.n = 0};
    uint32_t n_silent = 0;
    struct rng rng;

    rng_init(&rng, 5);
    for (int i = 0; i < 300; i++) {
        struct pit_view view;
        uint32_t n_bid, n_ask, n;

        if (i % 4 != 3)
            move_book(&rng);
        n = sim_sent_take(&sent, w.pit, 0);
        n_silent += n == 0;
        ck_assert_uint_eq(n, sent.n_changed[0] + sent.n_changed[1]);
        keep(&bid, sent.changed[0], sent.n_changed[0], 1, cuts);
        keep(&ask, sent.changed[1], sent.n_changed[1], 0, cuts);
        pit_view(w.pit, 0, &view);
        n_bid = view.n_bid < DEPTH ? view.n_bid : DEPTH;
        n_ask = view.n_ask < DEPTH ? view.n_ask : DEPTH;
        ck_assert_uint_eq(bid.n, n_bid);
        ck_assert_uint_eq(ask.n, n_ask);
        ck_assert_mem_eq(bid.level, view.bid, n_bid * sizeof(*view.bid));
        ck_assert_mem_eq(ask.level, view.ask, n_ask * sizeof(*view.ask));
    }
    ck_assert_uint_ge(n_silent, 300 / 4);
    sim_sent_deinit(&sent);
}

START_TEST(who_keeps_what_he_is_told_has_the_book)
{
    keeps_books(0);
}
END_TEST

START_TEST(who_cuts_his_book_himself_is_not_told_what_falls_out)
{
    keeps_books(1);
}
END_TEST

/* --- tokens, counters, times --- */

START_TEST(a_token_ends_and_lives_on_where_it_was_used)
{
    struct sim *sim = w.sim;
    struct sim_account *account = &sim->accounts[0];
    struct sim_conn *used = &sim->conns[0], *late = &sim->conns[1];
    char token[SIM_TOKEN_TEXT];

    memcpy(token, sim_token_new(sim, account, 10 * S), sizeof(token));
    ck_assert_ptr_null(sim_token_used(sim, used, "nobody's"));
    ck_assert_ptr_eq(sim_token_used(sim, used, token), account);
    sim->now.transport += 10 * S;
    ck_assert_ptr_eq(sim_token_used(sim, used, token), account);
    ck_assert_ptr_null(sim_token_used(sim, late, token));
    ck_assert_ptr_null(late->account);
    ck_assert_ptr_null(sim_token_used(sim, late, "")); // not one that was never made
}
END_TEST

START_TEST(what_is_counted_falls_with_time)
{
    struct sim_counter counter = {.t = 100 * S};
    struct sim_count count = {.n = 0};

    ck_assert_int_eq(sim_count_up(&counter, 100 * S, 3, 4, 500), 1);
    ck_assert_int_eq(sim_count_up(&counter, 100 * S, 2, 4, 500), 0);
    ck_assert_int_eq(sim_counted(&counter, 102 * S, 500), 2000);
    ck_assert_int_eq(sim_count_up(&counter, 102 * S, 2, 4, 500), 1);
    ck_assert_int_eq(sim_counted(&counter, 900 * S, 500), 0);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(sim_count(&count, 100 * S + i, 2 * S, 3), i < 3);
    ck_assert_int_eq(sim_count(&count, 102 * S, 2 * S, 3), 1);
}
END_TEST

START_TEST(times_are_read_as_they_are_written)
{
    agon_ns_t t = 0;

    ck_assert_int_eq(sim_when("2023-11-14T22:13:20.25Z", &t), 0);
    ck_assert_int_eq(t, WORLD_T0 + S / 4);
    ck_assert_int_eq(sim_when("2023-11-14T22:13:20+00:00", &t), 0);
    ck_assert_int_eq(t, WORLD_T0);
    ck_assert_int_lt(sim_when("2023-11-14T22:13:20", &t), 0);
    ck_assert_int_lt(sim_when("2023-11-14 22:13:20Z", &t), 0);
    ck_assert_int_lt(sim_when("2023-11-14T22:13:20.1+01:00", &t), 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("shared");

    tcase_add_checked_fixture(tcase, open_world, close_world);
    tcase_add_test(tcase, a_form_is_refused_or_what_cannot_be_read_in_it_is_passed_over);
    tcase_add_test(tcase, a_form_is_bounded);
    tcase_add_test(tcase, what_stands_in_json_is_a_text);
    tcase_add_test(tcase, who_keeps_what_he_is_told_has_the_book);
    tcase_add_test(tcase, who_cuts_his_book_himself_is_not_told_what_falls_out);
    tcase_add_test(tcase, a_token_ends_and_lives_on_where_it_was_used);
    tcase_add_test(tcase, what_is_counted_falls_with_time);
    tcase_add_test(tcase, times_are_read_as_they_are_written);
    return suite_run("shared", tcase);
}
