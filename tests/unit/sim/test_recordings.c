// SPDX-License-Identifier: Apache-2.0
/* What Kraken and OKX sent, as the simulator plays it: each event of tests/data/recording by its
 * text (make.py there chose the numbers; here they stand by hand once more). A book that does not
 * come to its sum, or of which a change is missing, is none until the next whole one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/reel.h"
#include "sim/stage.h"
#include "suite.h"

#define MS (T0 * 1000)
#define T0 1723161600ll

static char text[1u << 16];

static const struct recorded {
    const char *venue, *file, *symbol, *bad, *want;
} recorded[] = {
    {"kraken", "kraken_spot_BTCUSD.raw", "BTC/USD", ":9:21: the book does not come to the sum",
     "120 book 59999.9*1 59999.8*2 59999.7*3 59999.6*4 59999.5*5 59999.4*6 59999.3*7 59999.2*8 "
     "59999.1*9 59999*10 | 60000.1*1.5 60000.2*2.5 60000.3*3.5 60000.4*4.5 60000.5*5.5 60000.6*6.5 "
     "60000.7*7.5 60000.8*8.5 60000.9*9.5 60001*10.5\n"
     "190 buy 60000.1*0.25 101\n"
     "195 sell 59999.9*0.1 102\n"
     "300 change 59999.9*0.9 | 60000.1*1.25\n"
     "300 quote 59999.9*0.9 60000.1*1.25\n"
     "600 change 60000*0.2 59999*0 | 60000.1*0 60001.1*7\n"
     "890 buy 60000.2*0.5 103\n"
     "890 book 60000*0.4 59999.9*0.9 59999.8*2 59999.7*3 59999.6*4 59999.5*5 59999.4*6 59999.3*7 "
     "59999.2*8 59999.1*9 | 60000.2*2.5 60000.3*3.5 60000.4*4.5 60000.5*5.5 60000.6*6.5 "
     "60000.7*7.5 "
     "60000.8*8.5 60000.9*9.5 60001*10.5 60001.1*7\n"
     "1100 change 60000*0.45 | 60000.2*2.25\n"},
    {"okx", "okx_spot_BTCUSDT.raw", "BTC-USDT", ":7:21: a change of the book is missing",
     "100 book 59999.9*4.00000001 59999.8*0.5 | 60000.1*2 60000.2*1.25\n"
     "190 buy 60000.1*0.5 201\n"
     "195 sell 59999.9*2 202\n"
     "300 change 59999.9*0 59999.7*1.25 | 60000.1*0.5\n"
     "400 quote 59999.8*0.5 60000.1*0.5\n"
     "790 buy 60000.1*4.00000001 203\n"
     "900 book 59999.9*0.5 | 60000*2\n"
     "1000 change 59999.9*1.25 |\n"},
    // 415 contracts of 0.01 BTC are 4.15 BTC.
    {"okx", "okx_swap_BTCUSDT.raw", "BTC-USDT-SWAP", ":7:21: a change of the book is missing",
     "100 book 59999.9*4.15 59999.8*0.5001 | 60000.1*2 60000.2*1.25\n"
     "190 buy 60000.1*0.5001 201\n"
     "195 sell 59999.9*2 202\n"
     "300 change 59999.9*0 59999.7*1.25 | 60000.1*0.5001\n"
     "400 quote 59999.8*0.5001 60000.1*0.5001\n"
     "790 buy 60000.1*4.15 203\n"
     "900 book 59999.9*0.5001 | 60000*2\n"
     "1000 change 59999.9*1.25 |\n"}};

static size_t at;

static void say(const char *word)
{
    at += (size_t)snprintf(text + at, sizeof(text) - at, "%s", word);
    ck_assert_uint_lt(at, sizeof(text));
}

static void say_level(agon_px_t px, agon_qty_t qty)
{
    char number[NUM_TEXT];

    say(" ");
    num_format_short(px, 8, number);
    say(number);
    say("*");
    num_format_short(qty, 8, number);
    say(number);
}

static void say_event(const struct agon_event_hdr *event)
{
    const struct agon_trade *trade = (const void *)event;
    const struct agon_quote *quote = (const void *)event;
    const struct agon_book_part *part = (const void *)event;
    const struct agon_level *levels = (const void *)(part + 1);
    char number[NUM_TEXT];

    snprintf(number, sizeof(number), "%lld", (long long)(event->t / 1000000 - MS));
    say(number);
    switch (event->type) {
    case AGON_EVENT_TRADE:
        say(trade->side == AGON_BUY ? " buy" : " sell");
        say_level(trade->px, trade->qty);
        snprintf(number, sizeof(number), " %llu", (unsigned long long)trade->venue_id);
        say(number);
        break;
    case AGON_EVENT_QUOTE:
        say(" quote");
        say_level(quote->bid_px, quote->bid_qty);
        say_level(quote->ask_px, quote->ask_qty);
        break;
    default:
        say(event->type == AGON_EVENT_BOOK_SNAPSHOT ? " book" : " change");
        ck_assert_uint_eq(part->flags, BOOK_PART_FIRST | BOOK_PART_LAST);
        for (uint32_t i = 0; i < (uint32_t)part->n_bid + part->n_ask; i++) {
            if (i == part->n_bid)
                say(" |");
            say_level(levels[i].px, levels[i].qty);
        }
        if (part->n_ask == 0)
            say(" |");
    }
    say("\n");
}

START_TEST(a_recording_is_what_its_text_says)
{
    const struct recorded *of = &recorded[_i];
    struct stage_file file = {.name = of->file};
    struct stage stage = {.dialect = sim_dialect_find(of->venue), .files = &file, .n_files = 1};
    static char bytes[1u << 16];
    const struct agon_event_hdr *event;
    struct error err = {0};
    struct reel *reel;
    struct pit *pit;
    char path[1024];
    agon_ns_t t;
    FILE *opened;

    snprintf(path, sizeof(path), "%s/tests/data/recording/%s", getenv("AGON_SOURCE_ROOT"),
             of->file);
    opened = fopen(path, "re");
    ck_assert_ptr_nonnull(opened);
    file.n = fread(bytes, 1, sizeof(bytes), opened);
    ck_assert_uint_lt(file.n, sizeof(bytes));
    fclose(opened);
    file.bytes = bytes;
    ck_assert_msg(stage_build(&pit, &t, &stage, &err) == AGON_OK, "%s", err.text);
    ck_assert_str_eq(pit_at(pit, 0)->name, of->symbol);
    reel = reel_new(pit_table(pit));
    ck_assert_int_eq(reel_add_file(reel, of->file, bytes, file.n, 1, &err), AGON_OK);
    at = 0;
    for (; (event = reel_peek(reel)) != NULL; reel_next(reel))
        say_event(event);
    ck_assert_str_eq(text, of->want);
    ck_assert_uint_eq(reel_bad_rows(reel), 1);
    ck_assert_msg(strstr(reel_bad(reel, 0)->text, of->bad) != NULL, "%s", reel_bad(reel, 0)->text);
    reel_free(reel);
    pit_free(pit);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("recordings");

    tcase_add_loop_test(tcase, a_recording_is_what_its_text_says, 0,
                        sizeof(recorded) / sizeof(recorded[0]));
    return suite_run("sim_recordings", tcase);
}
