// SPDX-License-Identifier: Apache-2.0
/* bars: by hand, and against recordings: trades resampled by a plain routine, and the venue's own 5
 * minute bars from its 1 minute bars. */
#include <stdio.h>
#include <stdlib.h>

#include <zlib.h>

#include "../../support/must.h"
#include "base/num.h"
#include "base/rng.h"
#include "market/bars.h"

#define S      ((int64_t)1000000000)
#define MINUTE (60 * S)
#define T0     (1600000000 / 86400 * 86400 * S) /* a midnight */

struct list {
    struct agon_bar bar[400000];
    uint32_t n;
};
static struct list got;
static struct list want;

static void collect(void *ctx, const struct agon_bar *bar)
{
    struct list *list = ctx;

    MUST(list->n < sizeof(list->bar) / sizeof(list->bar[0]));
    list->bar[list->n++] = *bar;
}

static struct agon_trade trade_of(agon_ns_t t, agon_px_t px, agon_qty_t qty, int side)
{
    return (struct agon_trade){
        .hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .t_venue = t, .t = t},
        .px = px,
        .qty = qty,
        .side = (uint8_t)side,
    };
}

static void trade(struct bars *bars, agon_ns_t t, agon_px_t px, agon_qty_t qty, int side)
{
    struct agon_trade one = trade_of(t, px, qty, side);

    bars_on_trade(bars, &one, collect, &got);
}

static void must_be(const struct agon_bar *bar, uint32_t length_s, agon_ns_t t_open, agon_px_t open,
                    agon_px_t high, agon_px_t low, agon_px_t close, agon_qty_t volume,
                    uint32_t n_trades)
{
    MUST_EQ(bar->hdr.type, AGON_EVENT_BAR);
    MUST_EQ(bar->hdr.granules, 2);
    MUST_EQ(bar->hdr.instrument, 9);
    MUST_EQ(bar->hdr.seq, 0);
    MUST_EQ(bar->length_s, length_s);
    MUST_EQ(bar->t_open, t_open);
    MUST_EQ(bar->open_px, open);
    MUST_EQ(bar->high_px, high);
    MUST_EQ(bar->low_px, low);
    MUST_EQ(bar->close_px, close);
    MUST_EQ(bar->volume_qty, volume);
    MUST_EQ(bar->n_trades, n_trades);
}

START_TEST(a_minute_holds_its_trades_and_closes_with_the_next)
{
    struct bars bars;

    // Prices in cents, quantities in thousandths, turnover in 10^-8: one unit product is 1000.
    bars_init(&bars, 9, 2, 3, 8);
    MUST_EQ(bars_next(&bars, 0), INT64_MAX);
    trade(&bars, T0 + 5 * S, 100, 3, AGON_BUY);
    trade(&bars, T0 + 6 * S, 110, 2, AGON_SELL);
    trade(&bars, T0 + 7 * S, 90, 4, 0);
    trade(&bars, T0 + 60 * S - 1, 95, 1, AGON_BUY);
    MUST_EQ(got.n, 0);
    MUST_EQ(bars_next(&bars, 2 * S), T0 + 62 * S);
    trade(&bars, T0 + 60 * S, 97, 1, AGON_BUY);
    MUST_EQ(got.n, 1);
    must_be(&got.bar[0], 60, T0, 100, 110, 90, 95, 10, 4);
    MUST_EQ(got.bar[0].taker_buy_qty, 4);
    MUST_EQ(got.bar[0].turnover_amt, (300 + 220 + 360 + 95) * 1000);
}
END_TEST

START_TEST(quiet_minutes_are_flat_and_ends_come_in_order)
{
    static const struct {
        uint32_t length_s, minute;
    } order[] = {{60, 0}, {60, 1},  {60, 2}, {180, 0}, {60, 3},
                 {60, 4}, {300, 0}, {60, 5}, {180, 3}, {60, 6}};
    struct bars bars;

    bars_init(&bars, 9, 2, 3, 8);
    trade(&bars, T0 + 1, 100, 3, AGON_BUY);
    trade(&bars, T0 + 1 * MINUTE, 120, 1, AGON_BUY);
    trade(&bars, T0 + 7 * MINUTE + 30 * S, 80, 3, AGON_BUY);
    MUST_EQ(got.n, sizeof(order) / sizeof(order[0]));
    for (uint32_t i = 0; i < got.n; i++) {
        MUST_EQ(got.bar[i].length_s, order[i].length_s);
        MUST_EQ(got.bar[i].t_open, T0 + order[i].minute * MINUTE);
    }
    must_be(&got.bar[0], 60, T0, 100, 100, 100, 100, 3, 1);
    must_be(&got.bar[2], 60, T0 + 2 * MINUTE, 120, 120, 120, 120, 0, 0);
    must_be(&got.bar[3], 180, T0, 100, 120, 100, 120, 4, 2);
    must_be(&got.bar[6], 300, T0, 100, 120, 100, 120, 4, 2);
    must_be(&got.bar[8], 180, T0 + 3 * MINUTE, 120, 120, 120, 120, 0, 0);
    // The first trade after quiet minutes opens the longer bar: 5 to 10 min opens at 80.
    bars_on_time(&bars, T0 + 10 * MINUTE, 0, collect, &got);
    MUST_EQ(got.bar[got.n - 2].length_s, 300);
    must_be(&got.bar[got.n - 2], 300, T0 + 5 * MINUTE, 80, 80, 80, 80, 3, 1);
    MUST_EQ(got.bar[got.n - 1].length_s, 600);
}
END_TEST

START_TEST(the_clock_closes_after_the_grace_and_late_trades_change_nothing)
{
    struct bars bars;

    bars_init(&bars, 9, 2, 3, 8);
    bars_on_time(&bars, T0, S, collect, &got);
    MUST_EQ(got.n, 0); // never traded
    trade(&bars, T0 + 59 * S, 100, 3, AGON_BUY);
    bars_on_time(&bars, T0 + 61 * S - 1, S, collect, &got);
    MUST_EQ(got.n, 0);
    trade(&bars, T0 + 59 * S + 1, 101, 3, AGON_BUY); // still within the grace
    bars_on_time(&bars, T0 + 61 * S, S, collect, &got);
    MUST_EQ(got.n, 1);
    must_be(&got.bar[0], 60, T0, 100, 101, 100, 101, 6, 2);
    trade(&bars, T0 + 59 * S + 2, 500, 3, AGON_BUY);
    MUST_EQ(bars.n_late, 1);
    bars_on_time(&bars, T0 + 3 * MINUTE, 0, collect, &got);
    MUST_EQ(got.n, 4);
    must_be(&got.bar[3], 180, T0, 100, 101, 100, 101, 6, 2);
}
END_TEST

START_TEST(engine_time_stands_in_for_a_missing_venue_time_and_nonsense_is_ignored)
{
    struct bars bars;
    struct agon_trade one = trade_of(0, 100, 1, 0);

    bars_init(&bars, 9, 2, 3, 8);
    one.hdr.t = T0 + S;
    bars_on_trade(&bars, &one, collect, &got);
    MUST_EQ(bars_next(&bars, 0), T0 + MINUTE);
    trade(&bars, T0 + 2 * S, 0, 1, 0);
    trade(&bars, T0 + 2 * S, -1, 1, 0);
    trade(&bars, T0 + 2 * S, 100, -1, 0);
    trade(&bars, INT64_MAX, 100, 1, 0);
    trade(&bars, INT64_MIN, 100, 1, 0);
    bars_on_time(&bars, INT64_MAX, 0, collect, &got);
    MUST_EQ(got.n, 0);
    bars_on_time(&bars, T0 + MINUTE, 0, collect, &got);
    must_be(&got.bar[0], 60, T0, 100, 100, 100, 100, 1, 1);
}
END_TEST

START_TEST(a_hole_of_years_is_not_filled)
{
    struct bars bars;
    agon_ns_t later = T0 + (int64_t)40 * 365 * 86400 * S + 30 * S;

    bars_init(&bars, 9, 2, 3, 8);
    trade(&bars, T0 + 1, 100, 3, AGON_BUY);
    trade(&bars, later, 200, 1, AGON_BUY);
    MUST_EQ(got.n, BARS_LENGTHS);
    for (uint32_t i = 0; i < got.n; i++)
        must_be(&got.bar[i], bars_length_s[i], T0, 100, 100, 100, 100, 3, 1);
    trade(&bars, later + MINUTE, 210, 1, AGON_BUY);
    MUST_EQ(got.n, BARS_LENGTHS + 1);
    must_be(&got.bar[got.n - 1], 60, later - 30 * S, 200, 200, 200, 200, 1, 1);
}
END_TEST

START_TEST(a_day_has_one_bar_of_a_day_and_turns_at_midnight)
{
    uint32_t n[BARS_LENGTHS] = {0};
    struct bars bars;

    bars_init(&bars, 9, 2, 3, 8);
    for (int minute = 0; minute < 1440; minute++)
        trade(&bars, T0 + minute * MINUTE, 1000 + minute, 1, 0);
    bars_on_time(&bars, T0 + 1440 * MINUTE, 0, collect, &got);
    for (uint32_t i = 0; i < got.n; i++) {
        for (int k = 0; k < BARS_LENGTHS; k++)
            n[k] += got.bar[i].length_s == bars_length_s[k];
    }
    for (int k = 0; k < BARS_LENGTHS; k++)
        MUST_EQ(n[k], 86400 / bars_length_s[k]);
    must_be(&got.bar[got.n - 1], 86400, T0, 1000, 2439, 1000, 2439, 1440, 1440);
}
END_TEST

START_TEST(a_saved_state_goes_on_alike_and_damage_is_refused)
{
    static unsigned char saved[2048], again[2048];
    struct bars bars;
    struct bars other;
    struct rng rng;
    agon_ns_t t = T0;

    rng_init(&rng, 3);
    bars_init(&bars, 9, 2, 3, 8);
    for (int i = 0; i < 3000; i++) {
        struct enc enc = {.at = saved, .room = sizeof(saved)};
        struct dec dec;

        bars_save(&bars, &enc);
        MUST(enc_is_ok(&enc));
        dec = (struct dec){.at = saved, .n = enc.used};
        MUST_EQ(bars_load(&other, &dec), AGON_OK);
        MUST_EQ(dec.used, enc.used);
        enc = (struct enc){.at = again, .room = sizeof(again)};
        bars_save(&other, &enc);
        MUST(enc.used == dec.used && memcmp(saved, again, enc.used) == 0);
        bars = other;
        t += (int64_t)rng_below(&rng, 40) * S;
        trade(&bars, t, 1 + (agon_px_t)rng_below(&rng, 99), 1 + (agon_qty_t)rng_below(&rng, 9),
              (int)rng_below(&rng, 3));
        if (i % 500 == 499) {
            for (uint64_t n = 0; n < enc.used; n++) {
                dec = (struct dec){.at = saved, .n = n};
                MUST_EQ(bars_load(&other, &dec), AGON_ECORRUPT);
            }
            for (uint64_t at = 0; at < enc.used; at++) { // must not crash, may well be believed
                saved[at] ^= 0x80;
                dec = (struct dec){.at = saved, .n = enc.used};
                if (bars_load(&other, &dec) == AGON_OK)
                    bars_on_time(&other, t + MINUTE, 0, collect, &got);
                saved[at] ^= 0x80;
            }
        }
    }
}
END_TEST

static const struct {
    const char *what;
    struct agon_bar bar;
} bad_bars[] = {
    {"not 60 s",
     {.t_open = T0, .length_s = 180, .open_px = 1, .high_px = 1, .low_px = 1, .close_px = 1}},
    {"not aligned",
     {.t_open = T0 + 1, .length_s = 60, .open_px = 1, .high_px = 1, .low_px = 1, .close_px = 1}},
    {"price 0",
     {.t_open = T0, .length_s = 60, .open_px = 1, .high_px = 1, .low_px = 0, .close_px = 1}},
    {"volume below 0",
     {.t_open = T0,
      .length_s = 60,
      .open_px = 1,
      .high_px = 1,
      .low_px = 1,
      .close_px = 1,
      .volume_qty = -1}},
    {"older than what is open",
     {.t_open = T0 - MINUTE,
      .length_s = 60,
      .open_px = 1,
      .high_px = 1,
      .low_px = 1,
      .close_px = 1}},
    {"no time",
     {.t_open = INT64_MAX, .length_s = 60, .open_px = 1, .high_px = 1, .low_px = 1, .close_px = 1}},
};

static struct agon_bar given(agon_ns_t t, uint32_t length_s, agon_px_t open, agon_px_t close)
{
    return (struct agon_bar){.t_open = t,
                             .length_s = length_s,
                             .open_px = open,
                             .high_px = (open > close ? open : close) + 1,
                             .low_px = (open < close ? open : close) - 1,
                             .close_px = close,
                             .volume_qty = 10};
}

/* Of hours those of four and of a day, of five minutes all that they divide; nothing shorter. */
START_TEST(given_bars_of_another_length_build_what_they_divide)
{
    struct bars bars, copy;
    struct agon_bar bar;
    unsigned char bytes[2048];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct dec dec;

    bars_init(&bars, 1, 0, 0, 0);
    MUST(bars_set_base(&bars, 7) == AGON_EINVAL);
    MUST(bars_set_base(&bars, 7 * 86400) == AGON_EINVAL);
    MUST(bars_set_base(&bars, 3600) == AGON_OK);
    got.n = 0;
    for (int i = 0; i < 24; i++) {
        bar = given(T0 + i * 60 * MINUTE, 3600, 100 + i, 101 + i);
        MUST(bars_on_bar(&bars, &bar, collect, &got) == AGON_OK);
    }
    MUST(got.n == 7);
    for (uint32_t i = 0; i < 6; i++)
        MUST(got.bar[i].length_s == 14400 && got.bar[i].t_open == T0 + i * 240 * MINUTE &&
             got.bar[i].open_px == 100 + 4 * (int)i && got.bar[i].close_px == 104 + 4 * (int)i &&
             got.bar[i].volume_qty == 40);
    MUST(got.bar[6].length_s == 86400 && got.bar[6].high_px == 125 && got.bar[6].low_px == 99);
    bar = given(T0 + 24 * 60 * MINUTE, 60, 1, 1);
    MUST(bars_on_bar(&bars, &bar, collect, &got) == AGON_EINVAL);
    // Two that are missing are flat.
    got.n = 0;
    bar = given(T0 + 26 * 60 * MINUTE, 3600, 5, 6);
    MUST(bars_on_bar(&bars, &bar, collect, &got) == AGON_OK);
    MUST(got.n == 2 && got.bar[0].length_s == 3600 && got.bar[1].length_s == 3600 &&
         got.bar[1].close_px == 124 && got.bar[1].volume_qty == 0);
    MUST(bars_next(&bars, 0) == T0 + 28 * 60 * MINUTE);
    // What is saved is the same with its length set again.
    bars_save(&bars, &enc);
    dec = (struct dec){.at = bytes, .n = enc.used};
    bars_init(&copy, 1, 0, 0, 0);
    MUST(bars_load(&copy, &dec) == AGON_OK);
    MUST(bars_set_base(&copy, 3600) == AGON_OK);
    MUST(memcmp(&copy, &bars, sizeof(bars)) == 0);

    bars_init(&bars, 1, 0, 0, 0);
    MUST(bars_set_base(&bars, 300) == AGON_OK);
    got.n = 0;
    for (int i = 0; i < 12; i++) {
        bar = given(T0 + i * 5 * MINUTE, 300, 100, 100);
        MUST(bars_on_bar(&bars, &bar, collect, &got) == AGON_OK);
    }
    // Six of ten minutes, four of a quarter, one of an hour.
    MUST(got.n == 11 && got.bar[10].length_s == 3600 && got.bar[10].volume_qty == 120);
}
END_TEST

START_TEST(a_bad_bar_is_refused_and_changes_nothing)
{
    struct bars bars;
    struct bars before;

    bars_init(&bars, 9, 2, 3, 8);
    trade(&bars, T0 + S, 5, 1, 0);
    before = bars;
    ck_assert_msg(bars_on_bar(&bars, &bad_bars[_i].bar, collect, &got) == AGON_EINVAL, "%s",
                  bad_bars[_i].what);
    MUST(memcmp(&bars, &before, sizeof(bars)) == 0);
    MUST_EQ(got.n, 0);
}
END_TEST

START_TEST(given_minutes_close_longer_bars_at_once_and_gaps_are_flat)
{
    struct bars bars;
    struct agon_bar bar = {.length_s = 60,
                           .open_px = 10,
                           .high_px = 14,
                           .low_px = 8,
                           .close_px = 12,
                           .volume_qty = 5,
                           .n_trades = 2};

    bars_init(&bars, 9, 2, 3, 8);
    bar.t_open = T0;
    MUST_EQ(bars_on_bar(&bars, &bar, collect, &got), AGON_OK);
    MUST_EQ(got.n, 0);
    bar.t_open = T0 + 2 * MINUTE; // the minute between is missing
    bar.high_px = 20;
    bar.close_px = 19;
    MUST_EQ(bars_on_bar(&bars, &bar, collect, &got), AGON_OK);
    MUST_EQ(got.n, 2);
    must_be(&got.bar[0], 60, T0 + MINUTE, 12, 12, 12, 12, 0, 0);
    must_be(&got.bar[1], 180, T0, 10, 20, 8, 19, 10, 4);
    MUST_EQ(bars_on_bar(&bars, &bar, collect, &got), AGON_EINVAL); // the same again
}
END_TEST

/* Recordings. */

struct file {
    gzFile file;
    char line[512];
};

static void open_data(struct file *file, const char *name)
{
    char path[4096];
    const char *root = getenv("AGON_SOURCE_ROOT");

    snprintf(path, sizeof(path), "%s/../shared/data/%s", root != NULL ? root : ".", name);
    file->file = gzopen(path, "rb");
    ck_assert_msg(file->file != NULL, "%s", path);
    ck_assert(gzgets(file->file, file->line, sizeof(file->line)) != NULL); // header
}

static int next_line(struct file *file)
{
    return gzgets(file->file, file->line, sizeof(file->line)) != NULL;
}

// The k-th field as a count of 10^-exp.
static int64_t field(const struct file *file, int k, int exp)
{
    const char *at = file->line;
    int64_t value = 0;
    size_t n;

    for (; k > 0; k--) {
        at = strchr(at, ',');
        MUST(at != NULL);
        at++;
    }
    n = strcspn(at, ",\r\n");
    // Some quantities of the recordings went through doubles: 0.00031099999999999997.
    if (num_parse(at, n, exp, &value) == AGON_ERANGE && n > 16) {
        MUST_EQ(num_from_double(strtod(at, NULL), exp, NUM_EVEN, &value), AGON_OK);
        return value;
    }
    ck_assert_msg(num_parse(at, n, exp, &value) == AGON_OK, "%.*s at %d", (int)n, at, exp);
    return value;
}

static const struct {
    const char *name;
    int t_column, t_exp, px_column, qty_column, side_column;
    const char *buy; // the side column says so
    int px_exp, qty_exp;
    uint32_t n;
} tapes[] = {
    {"trades/binance_spot_BTCUSDT_trades_20210108.csv", 0, 0, 2, 3, 4, "0", 2, 6, 2001},
    {"trades/ETHUSDT_trades_20230202_venue-unstated.csv", 0, 0, 3, 4, 2, "buy", 2, 3, 0},
    {"trades/binance_spot_XRPETH_trades_201910.csv.gz", 0, 0, 3, 4, 2, "buy", 8, 1, 12477},
    {"trades/gemini_ETHUSD_trades_20210701.csv.gz", 0, 3, 1, 2, 3, "0", 2, 8, 25222},
};
static struct agon_trade tape[30000];

static uint32_t read_tape(int which)
{
    struct file file;
    uint32_t n = 0;

    open_data(&file, tapes[which].name);
    while (next_line(&file)) {
        int64_t t = field(&file, tapes[which].t_column, tapes[which].t_exp);
        const char *side = file.line;

        for (int k = tapes[which].side_column; k > 0; k--)
            side = strchr(side, ',') + 1;
        MUST(n < 30000);
        // Milliseconds, or seconds with three decimals: both are counts of milliseconds.
        tape[n++] = trade_of(
            t * 1000000, field(&file, tapes[which].px_column, tapes[which].px_exp),
            field(&file, tapes[which].qty_column, tapes[which].qty_exp),
            strncmp(side, tapes[which].buy, strlen(tapes[which].buy)) == 0 ? AGON_BUY : AGON_SELL);
    }
    gzclose(file.file);
    if (tapes[which].n != 0)
        MUST_EQ(n, tapes[which].n);
    return n;
}

/* One length by itself: for each interval from the first trade's to the last one's, look through
 * the trades. The amounts are exact: px * qty has no more decimals than the turnover. */
static void resample(uint32_t length_s, uint32_t n, int exp)
{
    int64_t length = (int64_t)length_s * S;
    int64_t from = tape[0].hdr.t_venue / length;
    int64_t to = tape[n - 1].hdr.t_venue / length;
    uint32_t at = 0;
    agon_px_t close = 0;

    for (int64_t k = from; k < to; k++) { // the last one is not closed
        struct agon_bar bar = {
            .hdr = {.type = AGON_EVENT_BAR, .granules = 2, .instrument = 9},
            .t_open = k * length,
            .length_s = length_s,
            .open_px = close,
            .high_px = close,
            .low_px = close,
            .close_px = close,
        };

        for (; at < n && tape[at].hdr.t_venue / length == k; at++) {
            const struct agon_trade *one = &tape[at];

            if (bar.n_trades++ == 0) {
                bar.open_px = one->px;
                bar.high_px = one->px;
                bar.low_px = one->px;
            }
            bar.high_px = one->px > bar.high_px ? one->px : bar.high_px;
            bar.low_px = one->px < bar.low_px ? one->px : bar.low_px;
            bar.close_px = one->px;
            bar.volume_qty += one->qty;
            bar.taker_buy_qty += one->side == AGON_BUY ? one->qty : 0;
            bar.turnover_amt += one->px * one->qty * num_pow10(exp);
        }
        close = bar.close_px;
        want.bar[want.n++] = bar;
    }
}

START_TEST(recorded_trades_give_the_bars_of_a_plain_resampling)
{
    struct bars bars;
    int px_exp = tapes[_i].px_exp;
    int qty_exp = tapes[_i].qty_exp;
    uint32_t n = read_tape(_i);
    uint32_t n_seen = 0;

    bars_init(&bars, 9, px_exp, qty_exp, px_exp + qty_exp + 1);
    for (uint32_t i = 0; i < n; i++)
        bars_on_trade(&bars, &tape[i], collect, &got);
    for (int k = 0; k < BARS_LENGTHS; k++) {
        uint32_t at = 0;

        want.n = 0;
        resample(bars_length_s[k], n, 1);
        for (uint32_t i = 0; i < got.n; i++) {
            if (got.bar[i].length_s != bars_length_s[k])
                continue;
            MUST(at < want.n);
            MUST(memcmp(&got.bar[i], &want.bar[at], sizeof(want.bar[at])) == 0);
            at++;
        }
        MUST_EQ(at, want.n);
        n_seen += at;
    }
    MUST_EQ(n_seen, got.n);
    MUST_EQ(bars.n_late, 0);
}
END_TEST

static const struct {
    const char *minutes, *fives;
} klines[] = {
    {"ohlcv/binance_um_BTCUSDT_1m_20250525-20250624.csv.gz",
     "ohlcv/binance_um_BTCUSDT_5m_20250525-20250624.csv.gz"},
    {"ohlcv/binance_um_ETHUSDT_1m_20250525-20250624.csv.gz",
     "ohlcv/binance_um_ETHUSDT_5m_20250525-20250624.csv.gz"},
};

static struct agon_bar read_bar(const struct file *file, uint32_t length_s)
{
    return (struct agon_bar){
        .t_open = field(file, 0, 0) * 1000000,
        .length_s = length_s,
        .open_px = field(file, 1, 2),
        .high_px = field(file, 2, 2),
        .low_px = field(file, 3, 2),
        .close_px = field(file, 4, 2),
        .volume_qty = field(file, 5, 3),
    };
}

START_TEST(the_venues_five_minutes_are_made_of_its_minutes)
{
    struct bars bars;
    struct file file;
    uint32_t at = 0;
    uint32_t n_equal = 0;

    bars_init(&bars, 9, 2, 3, 8);
    open_data(&file, klines[_i].minutes);
    while (next_line(&file)) {
        struct agon_bar bar = read_bar(&file, 60);

        MUST_EQ(bars_on_bar(&bars, &bar, collect, &got), AGON_OK);
    }
    gzclose(file.file);
    open_data(&file, klines[_i].fives);
    while (next_line(&file)) {
        struct agon_bar bar = read_bar(&file, 300);

        while (at < got.n && (got.bar[at].length_s != 300 || got.bar[at].t_open < bar.t_open))
            at++;
        MUST(at < got.n);
        must_be(&got.bar[at], 300, bar.t_open, bar.open_px, bar.high_px, bar.low_px, bar.close_px,
                bar.volume_qty, 0);
        n_equal++;
    }
    gzclose(file.file);
    MUST_EQ(n_equal, 8639);
}
END_TEST

static int has_data(void)
{
    char path[4096];
    const char *root = getenv("AGON_SOURCE_ROOT");
    gzFile file;

    snprintf(path, sizeof(path), "%s/../shared/data/README.md", root != NULL ? root : ".");
    file = gzopen(path, "rb");
    if (file == NULL)
        return 0;
    gzclose(file);
    return 1;
}

// Without a fork of each test (CK_FORK=no) the lists would live on.
static void empty_lists(void)
{
    got.n = 0;
    want.n = 0;
}

/* Each length on its own, which gets each minute when it is over. */
struct plain {
    struct agon_bar open[BARS_LENGTHS];
    agon_px_t last_px;
};

static void plain_begin(struct plain *plain, int i, agon_ns_t t)
{
    agon_px_t px = plain->last_px;

    plain->open[i] = (struct agon_bar){
        .hdr = {.type = AGON_EVENT_BAR, .granules = 2, .instrument = 9},
        .t_open = t - (t % (bars_length_s[i] * S)),
        .length_s = bars_length_s[i],
        .open_px = px,
        .high_px = px,
        .low_px = px,
        .close_px = px,
    };
}

static void plain_add(struct agon_bar *into, const struct agon_bar *bar)
{
    int is_first = into->n_trades == 0 && into->volume_qty == 0;

    if (bar->n_trades == 0 && bar->volume_qty == 0)
        return;
    into->open_px = is_first ? bar->open_px : into->open_px;
    into->high_px = is_first || bar->high_px > into->high_px ? bar->high_px : into->high_px;
    into->low_px = is_first || bar->low_px < into->low_px ? bar->low_px : into->low_px;
    into->close_px = bar->close_px;
    into->n_trades =
        into->n_trades > UINT32_MAX - bar->n_trades ? UINT32_MAX : into->n_trades + bar->n_trades;
    into->volume_qty = num_add(into->volume_qty, bar->volume_qty);
    into->taker_buy_qty = num_add(into->taker_buy_qty, bar->taker_buy_qty);
    into->turnover_amt = num_add(into->turnover_amt, bar->turnover_amt);
}

// bar NULL: a minute in which nothing traded.
static void plain_minute(struct plain *plain, const struct agon_bar *bar)
{
    struct agon_bar minute;
    agon_ns_t end = plain->open[0].t_open + MINUTE;

    if (bar != NULL)
        plain_add(&plain->open[0], bar);
    minute = plain->open[0];
    if (bar != NULL)
        plain->last_px = bar->close_px;
    else
        collect(&want, &minute);
    for (int i = 1; i < BARS_LENGTHS; i++) {
        plain_add(&plain->open[i], &minute);
        if (plain->open[i].t_open + bars_length_s[i] * S != end)
            continue;
        collect(&want, &plain->open[i]);
        plain_begin(plain, i, end);
    }
    plain_begin(plain, 0, end);
}

static void plain_save(const struct plain *plain, struct enc *enc)
{
    for (int i = 0; i < BARS_LENGTHS; i++) {
        const struct agon_bar *bar = &plain->open[i];

        enc_i64(enc, bar->t_open);
        enc_u32(enc, bar->n_trades);
        enc_i64(enc, bar->open_px);
        enc_i64(enc, bar->high_px);
        enc_i64(enc, bar->low_px);
        enc_i64(enc, bar->close_px);
        enc_i64(enc, bar->volume_qty);
        enc_i64(enc, bar->taker_buy_qty);
        enc_i64(enc, bar->turnover_amt);
    }
}

// A sum as files have them, one that soon does not fit, and one that no market gives.
static int64_t drawn_sum(struct rng *rng, int is_odd)
{
    uint64_t kind = is_odd ? rng_below(rng, 4) : 0;

    return kind == 0   ? (int64_t)rng_below(rng, 1000)
           : kind == 1 ? NUM_MAX - (int64_t)rng_below(rng, 5)
           : kind == 2 ? NUM_MAX / 7 + (int64_t)rng_below(rng, 9)
                       : -(int64_t)rng_below(rng, INT64_MAX);
}

static void draw(struct rng *rng, struct bars *bars, struct plain *plain, int is_odd)
{
    for (int i = 0; i < 300; i++) {
        struct agon_bar bar = given(plain->open[0].t_open + (int64_t)rng_below(rng, 3) / 2 * MINUTE,
                                    60, 50 + (agon_px_t)rng_below(rng, 20), 60);

        bar.volume_qty = rng_below(rng, 4) == 0 ? 0 : num_abs(drawn_sum(rng, is_odd));
        bar.n_trades = rng_below(rng, 4) == 0 ? 0 : (uint32_t)num_abs(drawn_sum(rng, is_odd));
        bar.taker_buy_qty = drawn_sum(rng, is_odd);
        bar.turnover_amt = drawn_sum(rng, is_odd);
        for (; plain->open[0].t_open < bar.t_open;)
            plain_minute(plain, NULL);
        plain_minute(plain, &bar);
        MUST_EQ(bars_on_bar(bars, &bar, collect, &got), AGON_OK);
        if (rng_below(rng, 3) == 0) {
            unsigned char saved[2048], plain_saved[2048];
            struct enc enc = {.at = saved, .room = sizeof(saved)};
            struct enc plain_enc = {.at = plain_saved, .room = sizeof(plain_saved)};
            uint64_t head;

            bars_save(bars, &enc);
            plain_save(plain, &plain_enc);
            head = enc.used - plain_enc.used;
            MUST(enc_is_ok(&enc) && enc.used > plain_enc.used);
            MUST(memcmp(saved + head, plain_saved, plain_enc.used) == 0);
            if (rng_below(rng, 2) == 0) {
                struct dec dec = {.at = saved, .n = enc.used};

                MUST_EQ(bars_load(bars, &dec), AGON_OK);
            }
        }
    }
}

START_TEST(minutes_added_up_together_are_what_each_length_adds_by_itself)
{
    struct rng rng;

    rng_init(&rng, 12);
    for (int round = 0; round < 300; round++) {
        struct plain plain = {.last_px = 55};
        struct bars bars;
        struct agon_bar first = given(T0 + (int64_t)rng_below(&rng, 5000) * MINUTE, 60, 55, 56);

        empty_lists();
        bars_init(&bars, 9, 2, 3, 8);
        for (int i = 0; i < BARS_LENGTHS; i++)
            plain_begin(&plain, i, first.t_open);
        plain_minute(&plain, &first);
        MUST_EQ(bars_on_bar(&bars, &first, collect, &got), AGON_OK);
        draw(&rng, &bars, &plain, round % 2);
        MUST_EQ(got.n, want.n);
        for (uint32_t i = 0; i < got.n; i++)
            MUST(memcmp(&got.bar[i], &want.bar[i], sizeof(got.bar[i])) == 0);
    }
}
END_TEST

static int is_of(const struct agon_bar *bar, uint32_t mask, const agon_ns_t *from)
{
    uint32_t bit = bars_length_bit(bar->length_s);

    return bar->length_s == 60 || ((mask & bit) != 0 && bar->t_open >= from[__builtin_ctz(bit)]);
}

// What was collected since, of the lengths that count, is alike.
static void are_alike(uint32_t n_got, uint32_t n_want, uint32_t mask, const agon_ns_t *from)
{
    uint32_t at = n_want;

    for (uint32_t i = n_got; i < got.n; i++) {
        MUST(got.bar[i].length_s == 60 || (mask & bars_length_bit(got.bar[i].length_s)) != 0);
        if (!is_of(&got.bar[i], mask, from))
            continue; // it began before it was wanted
        while (at < want.n && !is_of(&want.bar[at], mask, from))
            at++;
        MUST(at < want.n && memcmp(&got.bar[i], &want.bar[at++], sizeof(want.bar[0])) == 0);
    }
    while (at < want.n)
        MUST(!is_of(&want.bar[at++], mask, from));
}

/* Each length is what it is where all are built; one that is wanted later is from its next begin
 * on. Of minutes and of trades, and behind a state that was saved and loaded. */
START_TEST(lengths_that_are_not_wanted_are_not_built_and_the_others_are_alike)
{
    struct rng rng;

    rng_init(&rng, 13);
    for (int round = 0; round < 60; round++) {
        struct bars all, some;
        agon_ns_t t = T0 + (int64_t)rng_below(&rng, 5000) * MINUTE, from[BARS_LENGTHS] = {0};
        uint32_t mask = (uint32_t)rng_below(&rng, 256);
        int is_minutes = round % 2;

        empty_lists();
        bars_init(&all, 9, 2, 3, 8);
        bars_init(&some, 9, 2, 3, 8);
        bars_want(&some, mask);
        for (int i = 0; i < 1500; i++) {
            uint32_t n_got = got.n, n_want = want.n;

            if (is_minutes) {
                struct agon_bar bar = given(t, 60, 50 + (agon_px_t)rng_below(&rng, 20), 60);

                bar.volume_qty = (agon_qty_t)rng_below(&rng, 3);
                if (round % 4 == 1) { // what fits once, and not a day long
                    bar.volume_qty <<= 54;
                    bar.turnover_amt = (agon_amt_t)rng_below(&rng, 2) << 55;
                    bar.n_trades = (uint32_t)rng_below(&rng, 2) << 27;
                }
                MUST_EQ(bars_on_bar(&all, &bar, collect, &want), AGON_OK);
                MUST_EQ(bars_on_bar(&some, &bar, collect, &got), AGON_OK);
                t += (1 + (int64_t)rng_below(&rng, 9) / 8) * MINUTE;
            } else {
                struct agon_trade one = trade_of(t, 50 + (agon_px_t)rng_below(&rng, 9), 1, 1);

                bars_on_trade(&all, &one, collect, &want);
                bars_on_trade(&some, &one, collect, &got);
                t += (int64_t)rng_below(&rng, 90) * S;
            }
            are_alike(n_got, n_want, mask, from);
            if (rng_below(&rng, 20) == 0) {
                unsigned char saved[2048];
                struct enc enc = {.at = saved, .room = sizeof(saved)};
                struct dec dec;

                bars_save(&some, &enc);
                dec = (struct dec){.at = saved, .n = enc.used};
                MUST_EQ(bars_load(&some, &dec), AGON_OK);
                bars_want(&some, mask);
            }
            if (rng_below(&rng, 300) == 0) {
                uint32_t before = mask;

                mask = (uint32_t)rng_below(&rng, 256);
                bars_want(&some, mask);
                for (int k = 1; k < BARS_LENGTHS; k++)
                    from[k] = (mask & ~before) >> k & 1 ? t + MINUTE : from[k];
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bars");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;
    int is_complete = has_data();

    tcase_set_timeout(tcase, 100);
    tcase_add_checked_fixture(tcase, empty_lists, NULL);
    tcase_add_test(tcase, a_minute_holds_its_trades_and_closes_with_the_next);
    tcase_add_test(tcase, quiet_minutes_are_flat_and_ends_come_in_order);
    tcase_add_test(tcase, the_clock_closes_after_the_grace_and_late_trades_change_nothing);
    tcase_add_test(tcase, engine_time_stands_in_for_a_missing_venue_time_and_nonsense_is_ignored);
    tcase_add_test(tcase, a_hole_of_years_is_not_filled);
    tcase_add_test(tcase, a_day_has_one_bar_of_a_day_and_turns_at_midnight);
    tcase_add_test(tcase, a_saved_state_goes_on_alike_and_damage_is_refused);
    tcase_add_test(tcase, given_bars_of_another_length_build_what_they_divide);
    tcase_add_loop_test(tcase, a_bad_bar_is_refused_and_changes_nothing, 0,
                        (int)(sizeof(bad_bars) / sizeof(bad_bars[0])));
    tcase_add_test(tcase, given_minutes_close_longer_bars_at_once_and_gaps_are_flat);
    tcase_add_test(tcase, minutes_added_up_together_are_what_each_length_adds_by_itself);
    tcase_add_test(tcase, lengths_that_are_not_wanted_are_not_built_and_the_others_are_alike);
    if (is_complete) {
        tcase_add_loop_test(tcase, recorded_trades_give_the_bars_of_a_plain_resampling, 0,
                            (int)(sizeof(tapes) / sizeof(tapes[0])));
        tcase_add_loop_test(tcase, the_venues_five_minutes_are_made_of_its_minutes, 0, 2);
    } else {
        puts("skipped: no recordings in ../shared/data");
    }
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0 ? 1 : is_complete ? 0 : 77;
}
