// SPDX-License-Identifier: Apache-2.0
/* A source from a time on: what lies before is not played, and leaves history and the book. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lab/clip.h"

#define S ((agon_ns_t)1000000000)

static struct instruments table;
static struct history *history;
static struct agon_bar bars[512];

/* The source: a trade at each ten seconds from 0 to 600, of price 100 + its number; a snapshot at 5
 * s, a change of it at 15 s and at 125 s. */
struct source {
    uint32_t n;
    agon_ns_t t;
    union {
        struct agon_trade trade;
        struct agon_book_part part;
        struct agon_status status;
        unsigned char bytes[512];
    } event;
};

static struct agon_event_hdr *part_of(struct source *source, uint16_t type, agon_px_t bid,
                                      agon_qty_t bid_qty, agon_px_t ask, agon_qty_t ask_qty)
{
    struct agon_book_part *part = &source->event.part;
    struct agon_level *levels = (struct agon_level *)(void *)(part + 1);

    part->hdr = (struct agon_event_hdr){.type = type, .granules = 2, .instrument = 1};
    part->n_bid = part->n_ask = 1;
    part->flags = BOOK_PART_FIRST | BOOK_PART_LAST;
    levels[0] = (struct agon_level){bid, bid_qty};
    levels[1] = (struct agon_level){ask, ask_qty};
    return &part->hdr;
}

static const struct agon_event_hdr *next(void *ctx)
{
    struct source *source = ctx;
    struct agon_event_hdr *event;

    source->t += 5 * S;
    memset(&source->event, 0, sizeof(source->event));
    if (source->t > 600 * S)
        return NULL;
    if (source->t == 5 * S) {
        event = part_of(source, AGON_EVENT_BOOK_SNAPSHOT, 99, 7, 102, 3);
    } else if (source->t == 15 * S) {
        event = part_of(source, AGON_EVENT_BOOK_DELTA, 98, 4, 101, 2);
    } else if (source->t == 25 * S) {
        source->event.status = (struct agon_status){
            .hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = 1}, .book = BOOK_LIVE};
        event = &source->event.status.hdr;
    } else if (source->t == 125 * S) {
        event = part_of(source, AGON_EVENT_BOOK_DELTA, 98, 0, 101, 1);
    } else {
        source->event.trade =
            (struct agon_trade){.hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = 1},
                                .px = 100 + source->n++,
                                .qty = 1,
                                .side = AGON_BUY};
        event = &source->event.trade.hdr;
    }
    event->t = event->t_venue = source->t;
    return event;
}

static void setup(void)
{
    struct record_asset asset = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                 .kind = CONFIG_ASSET,
                                 .asset = 1,
                                 .exp = 8,
                                 .name = "USDT"};
    struct agon_instrument made = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = 1},
        .venue = 1,
        .base = 2,
        .quote = 1,
        .settle = 1,
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 2,
        .tick_px = 1,
        .lot_qty = 1,
        .min_qty = 1,
        .multiplier = 1,
        .symbol = "BTCUSDT"};

    ck_assert_int_eq(instruments_init(&table), AGON_OK);
    ck_assert_int_eq(instruments_set_asset(&table, &asset, NULL), AGON_OK);
    asset.asset = 2;
    memcpy(asset.name, "BTC", 4);
    ck_assert_int_eq(instruments_set_asset(&table, &asset, NULL), AGON_OK);
    ck_assert_int_eq(instruments_set(&table, &made, NULL), AGON_OK);
    ck_assert_int_eq(history_new(&history, 1), AGON_OK);
}

static void teardown(void)
{
    history_free(history);
    instruments_deinit(&table);
}

static struct clip *clip_at(struct source *source, agon_ns_t t_from)
{
    struct clip_config config = {
        .next = next, .ctx = source, .t_from = t_from, .table = &table, .history = history};
    struct error err = {0};
    struct clip *clip;

    ck_assert_msg(clip_new(&clip, &config, &err) == AGON_OK, "%s", err.text);
    return clip;
}

START_TEST(nothing_before_is_played_and_the_book_that_stood_comes_first)
{
    struct source source = {0};
    struct clip *clip = clip_at(&source, 120 * S);
    const struct agon_book_part *part = (const void *)clip_next(clip);
    const struct agon_level *levels = (const void *)(part + 1);
    const struct agon_event_hdr *event;
    uint32_t n = 0;

    ck_assert_ptr_nonnull(part);
    ck_assert_uint_eq(part->hdr.type, AGON_EVENT_BOOK_SNAPSHOT);
    ck_assert_int_eq(part->hdr.t, 120 * S);
    ck_assert_int_eq(part->hdr.t_venue, 120 * S);
    ck_assert_uint_eq(part->flags, BOOK_PART_FIRST | BOOK_PART_LAST);
    ck_assert_uint_eq(part->n_bid, 2);
    ck_assert_uint_eq(part->n_ask, 2);
    ck_assert(levels[0].px == 99 && levels[0].qty == 7 && levels[1].px == 98 && levels[1].qty == 4);
    ck_assert(levels[2].px == 101 && levels[2].qty == 2 && levels[3].px == 102 &&
              levels[3].qty == 3);
    event = clip_next(clip);
    ck_assert_uint_eq(event->type, AGON_EVENT_STATUS);
    ck_assert_int_eq(event->t, 120 * S);
    ck_assert_uint_eq(((const struct agon_status *)(const void *)event)->book, BOOK_LIVE);
    for (; (event = clip_next(clip)) != NULL; n++)
        ck_assert_int_eq(event->t, (120 + 5 * (agon_ns_t)n) * S);
    ck_assert_uint_eq(n, 97);
    clip_free(clip);
}
END_TEST

START_TEST(bars_that_closed_before_are_history)
{
    struct source source = {0};
    struct clip *clip = clip_at(&source, 330 * S);
    uint32_t n;

    history_lengthen(history);
    ck_assert_uint_le(history_count(history), 512);
    n = history_copy(history, UINT64_MAX, bars);
    // Five minutes, one of three, one of five; the sixth minute is not over.
    ck_assert_uint_eq(n, 7);
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(bars[i].length_s, 60);
        ck_assert_int_eq(bars[i].t_open, 60 * S * i);
        ck_assert_int_le(bars[i].hdr.t, 330 * S);
    }
    ck_assert_int_eq(bars[4].close_px, 99 + 59 - 4); // four of the steps were no trades
    clip_free(clip);
}
END_TEST

START_TEST(a_source_that_ends_before_plays_nothing)
{
    struct source source = {0};
    struct clip *clip = clip_at(&source, 1000 * S);

    ck_assert_ptr_null(clip_next(clip));
    ck_assert_ptr_null(clip_next(clip));
    clip_free(clip);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clip");
    TCase *tcase = tcase_create("clip");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, nothing_before_is_played_and_the_book_that_stood_comes_first);
    tcase_add_test(tcase, bars_that_closed_before_are_history);
    tcase_add_test(tcase, a_source_that_ends_before_plays_nothing);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
