// SPDX-License-Identifier: Apache-2.0
/* An exchange that stands in for a venue keeps to that venue's rate windows, with a gateway's share
 * and reserves, in the time that its caller counts. */
#include <check.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "engine/paper.h"
#include "venue/config.h"
#include "venue/windows.h"
#include "venue/wire.h"

#define S  ((agon_ns_t)1000000000)
#define T0 ((agon_ns_t)1700000000 * S)

static struct instruments table;
static struct venue_windows windows;
static struct paper *paper;
static struct venue_port port;

static void begin(const char *dialect)
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
        .qty_exp = 5,
        .tick_px = 1,
        .lot_qty = 1,
        .min_qty = 1,
        .multiplier = 1,
        .symbol = "BTCUSDT"};
    struct paper_config config = {0};
    struct venue_config venue;

    ck_assert_int_eq(instruments_init(&table), AGON_OK);
    ck_assert_int_eq(instruments_set_asset(&table, &asset, NULL), AGON_OK);
    asset.asset = 2;
    memcpy(asset.name, "BTC", 4);
    ck_assert_int_eq(instruments_set_asset(&table, &asset, NULL), AGON_OK);
    ck_assert_int_eq(instruments_set(&table, &made, NULL), AGON_OK);
    ck_assert_int_eq(venue_config_default(&venue, dialect), AGON_OK);
    ck_assert_int_eq(venue_windows_init(&windows, &venue, NULL), AGON_OK);
    config.windows = (struct paper_windows){.ctx = &windows,
                                            .take = venue_windows_take,
                                            .rank = venue_windows_rank,
                                            .hold_ns = venue.hold_ns,
                                            .cancel_hold_ns = venue.cancel_hold_ns};
    config.entry_ns = config.report_ns = S / 100;
    paper = paper_new(&config, &table);
    ck_assert_ptr_nonnull(paper);
    ck_assert_int_eq(paper_add(paper, 1), AGON_OK);
    port = paper_port(paper);
}

static void end(void)
{
    paper_free(paper);
    instruments_deinit(&table);
}

static void send(uint64_t id, uint8_t kind, uint8_t is_exit, agon_ns_t t)
{
    struct order_cmd cmd = {.order_id = id,
                            .instrument = 1,
                            .kind = kind,
                            .side = AGON_BUY,
                            .type = AGON_LIMIT,
                            .tif = AGON_TIF_GTC,
                            .is_exit = is_exit,
                            .px = 6000000,
                            .qty = 1000,
                            .t = t};

    ck_assert_int_eq(port.send(port.ctx, &cmd), AGON_OK);
}

/* What was reported until t: how many of a kind, and when the last of them. */
struct count {
    uint32_t n;
    agon_ns_t t_last;
};
static void until(agon_ns_t t, struct count counts[16])
{
    const struct record_report *report;
    agon_ns_t t_before = 0;

    memset(counts, 0, 16 * sizeof(*counts));
    paper_advance(paper, t);
    for (; (report = paper_peek(paper)) != NULL && report->hdr.t <= t; paper_take(paper)) {
        ck_assert_uint_lt(report->kind, 16);
        ck_assert_int_ge(report->hdr.t, t_before);
        t_before = report->hdr.t;
        if (report->kind == REPORT_NOT_SENT)
            ck_assert_uint_eq(report->reason, REASON_VENUE_RATE);
        counts[report->kind].n++;
        counts[report->kind].t_last = report->hdr.t;
    }
}

/* 100 orders in 10 s: 80 % of it is used, of which a tenth each is for cancels and for queries. */
START_TEST(what_the_windows_have_no_room_for_is_not_sent)
{
    struct count counts[16];

    begin("binance_spot");
    for (uint64_t id = 1; id <= 100; id++)
        send(id, CMD_NEW, 0, T0);
    until(T0 + S / 10, counts);
    ck_assert_uint_eq(counts[REPORT_ACK].n, 64);
    ck_assert_uint_eq(counts[REPORT_NOT_SENT].n, 0);
    // The rest is given up when a gateway would give it up.
    until(T0 + S, counts);
    ck_assert_uint_eq(counts[REPORT_NOT_SENT].n, 36);
    ck_assert_int_eq(counts[REPORT_NOT_SENT].t_last, T0 + S / 4);
    ck_assert_uint_eq(counts[REPORT_ACK].n, 0);
    ck_assert_uint_eq(paper_stats(paper).n_waited, 36);
    ck_assert_uint_eq(paper_stats(paper).n_refused, 36);
    // A cancel needs no room there, and what closes a position has a reserve.
    send(1, CMD_CANCEL, 0, T0 + S);
    send(201, CMD_NEW, 1, T0 + S);
    send(202, CMD_NEW, 0, T0 + S);
    until(T0 + 2 * S, counts);
    ck_assert_uint_eq(counts[REPORT_CANCELLED].n, 1);
    ck_assert_uint_eq(counts[REPORT_ACK].n, 1);
    ck_assert_uint_eq(counts[REPORT_NOT_SENT].n, 1);
    // A window later there is room again.
    send(301, CMD_NEW, 0, T0 + 11 * S);
    until(T0 + 12 * S, counts);
    ck_assert_uint_eq(counts[REPORT_ACK].n, 1);
    end();
}
END_TEST

/* What finds no room at once leaves when there is some, if that is soon enough. */
START_TEST(what_waits_leaves_when_there_is_room)
{
    struct count counts[16];

    begin("binance_spot");
    for (uint64_t id = 1; id <= 64; id++)
        send(id, CMD_NEW, 0, T0);
    until(T0 + S, counts);
    ck_assert_uint_eq(counts[REPORT_ACK].n, 64);
    send(65, CMD_NEW, 0, T0 + 10 * S + S / 3); // the window's last slice ends at 10.5 s
    until(T0 + 11 * S, counts);
    ck_assert_uint_eq(counts[REPORT_ACK].n, 1);
    ck_assert_int_eq(counts[REPORT_ACK].t_last, T0 + 10 * S + S / 2 + S / 50);
    ck_assert_uint_eq(paper_stats(paper).n_refused, 0);
    ck_assert_uint_eq(paper_stats(paper).n_waited, 1);
    end();
}
END_TEST

START_TEST(futures_have_windows_of_their_own)
{
    struct count counts[16];

    begin("binance_um");
    for (uint64_t id = 1; id <= 300; id++)
        send(id, CMD_NEW, 0, T0);
    until(T0 + S, counts);
    ck_assert_uint_eq(counts[REPORT_ACK].n, 192);
    ck_assert_uint_eq(counts[REPORT_NOT_SENT].n, 108);
    end();
}
END_TEST

START_TEST(the_venues_own_word_counts_where_it_is_stricter)
{
    struct count counts[16];

    begin("binance_spot");
    venue_windows_narrow(&windows, "ORDERS", 10, 50);
    venue_windows_narrow(&windows, "ORDERS", 86400, 400000); // wider: ours stays
    venue_windows_narrow(&windows, "ORDERS", 60, 1);         // a window that is none of ours
    for (uint64_t id = 1; id <= 100; id++)
        send(id, CMD_NEW, 0, T0);
    until(T0 + S, counts);
    ck_assert_uint_eq(counts[REPORT_ACK].n, 32);
    end();
}
END_TEST

/* Every file that there is: of a venue that is added too. */
static glob_t files;

START_TEST(what_the_venues_files_say_is_what_is_published)
{
    const char *path = files.gl_pathv[_i];
    static char text[16384];
    struct venue_config read, own;
    struct config *config;
    size_t n;
    FILE *file;

    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    n = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    config = config_new(path, text, n, NULL);
    ck_assert_int_eq(venue_config_read(config, &read), AGON_OK);
    ck_assert_msg(venue_config_default(&own, read.dialect) == AGON_OK, "%s: dialect %s", path,
                  read.dialect);
    if (own.n_limits == 0) { // it publishes none: those of the file are ours
        own.n_limits = read.n_limits;
        memcpy(own.limits, read.limits, sizeof(own.limits));
    }
    ck_assert_msg(read.n_limits == own.n_limits, "%s: %u limits of %u", path, read.n_limits,
                  own.n_limits);
    for (uint32_t i = 0; i < own.n_limits; i++) {
        uint32_t at = 0;

        while (at < read.n_limits && strcmp(read.limits[at].name, own.limits[i].name) != 0)
            at++;
        ck_assert_msg(at < read.n_limits, "%s: no limit %s", path, own.limits[i].name);
        if (!venue_table_find(read.dialect)->has_orders &&
            strncmp(own.limits[i].name, "orders", 6) == 0)
            continue; // nothing counts there
        ck_assert_uint_eq(read.limits[at].capacity, own.limits[i].capacity);
        ck_assert_int_eq(read.limits[at].window_ns, own.limits[i].window_ns);
    }
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("venue_windows");
    TCase *tcase = tcase_create("windows");
    SRunner *runner = srunner_create(suite);
    const char *root = getenv("AGON_SOURCE_ROOT");
    char pattern[1024];
    int failed;

    snprintf(pattern, sizeof(pattern), "%s/configs/venues/*.yaml", root != NULL ? root : ".");
    if (glob(pattern, 0, NULL, &files) != 0 || files.gl_pathc < 8)
        return EXIT_FAILURE; // those that there always were

    tcase_add_test(tcase, what_the_windows_have_no_room_for_is_not_sent);
    tcase_add_test(tcase, what_waits_leaves_when_there_is_room);
    tcase_add_test(tcase, futures_have_windows_of_their_own);
    tcase_add_test(tcase, the_venues_own_word_counts_where_it_is_stricter);
    tcase_add_loop_test(tcase, what_the_venues_files_say_is_what_is_published, 0,
                        (int)files.gl_pathc);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    globfree(&files);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
