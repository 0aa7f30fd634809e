// SPDX-License-Identifier: Apache-2.0
/* fuzz_tape: any bytes as a data file. Reading ends in events in order of time or in a reason with
 * its place; what cannot be looked at cannot be opened.
 *
 * Byte 0: kind by the file's name (0, 1: CSV, 2: raw stream), 1: of a symbol that was said; 4:
 * lenient; 8: the exponents are not 8; without that, of a stream 16: Kraken's, 32: OKX's. The rest
 * is the file.
 *
 * decodes: host/lab/tape.c host/lab/tape_look.c host/market/recording.c host/market/lines.c
 * host/market/table.c host/market/table_scan.c host/base/num.c host/venue/binance/decode.c
 * host/venue/binance/decode_info.c host/venue/binance/decode_market.c
 * host/venue/binance/decode_rest.c host/venue/binance/decode_user.c host/venue/book_sync.c
 * host/venue/scan.c */
#include "lab/tape.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"

#define EVENTS_MAX 20000

static char folder[64] = "/tmp/agon-fuzz-XXXXXX";
#define FILES 4
static char paths[FILES][128];
static int files[FILES];

static void clear(void)
{
    for (int i = 0; i < FILES; i++)
        unlink(paths[i]);
    rmdir(folder);
}

static void begin(void)
{
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(paths[0], sizeof(paths[0]), "%s/fuzz_spot_BTCUSDT_1m.csv", folder);
    snprintf(paths[1], sizeof(paths[1]), "%s/fuzz_spot_BTCUSDT_20240808.raw", folder);
    snprintf(paths[2], sizeof(paths[2]), "%s/kraken_spot_BTCUSD.raw", folder);
    snprintf(paths[3], sizeof(paths[3]), "%s/okx_spot_BTCUSDT.raw", folder);
    for (int i = 0; i < FILES; i++) {
        files[i] = open(paths[i], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        REQUIRE(files[i] >= 0);
    }
    atexit(clear);
}

static void play(const struct tape_config *config)
{
    struct tape *tape;
    struct tape_report report;
    struct error err = {0};
    const struct agon_event_hdr *event;
    agon_ns_t t = 0;
    uint64_t n = 0;

    if (tape_open(&tape, config, &err) < 0) {
        REQUIRE(err.code < 0 && err.text[0] != '\0');
        return;
    }
    while (n < EVENTS_MAX && (event = tape_next(tape)) != NULL) {
        REQUIRE(event->granules > 0 && event->t >= t && event->instrument == 1);
        if (event->type == AGON_EVENT_TRADE) {
            const struct agon_trade *trade = (const struct agon_trade *)(const void *)event;

            REQUIRE(trade->px > 0 && trade->qty > 0);
        }
        t = event->t;
        n++;
    }
    tape_report(tape, &report);
    REQUIRE(report.n_events == n);
    REQUIRE(config->is_lenient || report.n_skipped <= TAPE_BAD_MAX);
    REQUIRE(!config->is_lenient || report.n_bad == 0);
    REQUIRE(report.n_bad <= TAPE_BAD_MAX && report.n_books <= report.n_events + report.n_diffs + 1);
    REQUIRE(report.err.code >= 0 || report.err.text[0] != '\0');
    for (uint32_t i = 0; i < report.n_bad; i++)
        REQUIRE(report.err.code < 0 && report.bad[i].code < 0 && report.bad[i].text[0] != '\0');
    tape_close(tape);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct tape_config config = {
        .instrument = {.hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = 1},
                       .venue = 1,
                       .base = 2,
                       .quote = 1,
                       .settle = 1,
                       .tick_px = 1,
                       .lot_qty = 1,
                       .symbol = "BTCUSDT"},
        .quote = "USDT",
        .quote_exp = 8};
    struct error err = {0};
    int file;
    int is_foreign;

    if (n < 1)
        return 0;
    if (paths[0][0] == '\0')
        begin();
    is_foreign = (data[0] & 8) != 0;
    file = (data[0] & 3) != 2 ? 0 : is_foreign ? 1 : data[0] & 16 ? 2 : data[0] & 32 ? 3 : 1;
    config.is_lenient = (data[0] & 4) != 0;
    REQUIRE(pwrite(files[file], data + 1, n - 1, 0) == (ssize_t)(n - 1));
    REQUIRE(ftruncate(files[file], (off_t)(n - 1)) == 0);
    config.path = paths[file];
    if (tape_look(config.path, (data[0] & 3) == 1 ? "ETHUSDT" : NULL, &config.info, &err) < 0) {
        REQUIRE(err.code < 0 && err.text[0] != '\0');
        return 0;
    }
    memcpy(config.instrument.symbol, config.info.symbol, sizeof(config.instrument.symbol));
    config.instrument.px_exp = (int8_t)(is_foreign ? data[0] >> 4 : 8);
    config.instrument.qty_exp = (int8_t)(is_foreign ? data[0] >> 4 : 8);
    play(&config);
    return 0;
}
