// SPDX-License-Identifier: Apache-2.0
/* fuzz_tape_file: any bytes as a tape. Reading ends in events in order of time or in a reason with
 * its place.
 *
 * The input is not the file, whose checksums nothing would pass. Byte 0: 1 the header's checksum is
 * right, 2 those of the blocks are, 4 lenient, 8 the exponents are not the tape's; byte 1: the kind
 * (of 4, and beyond); byte 2: how many rows; byte 3: how much of the file is there. Then come so
 * many bytes that are put into the header, place and value, and the rest, over and over, are the
 * values, row by row.
 *
 * decodes: host/lab/tape_file.c host/lab/tape_rows.c host/lab/tape.c */
#include "lab/tape_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crc.h"
#include "fuzz.h"
#include "lab/tape.h"

#define CHANGES_MAX 16
#define ROWS_MAX    255u

static char folder[64] = "/tmp/agon-fuzz-XXXXXX";
static char path[128];
static int file = -1;

static void clear(void)
{
    unlink(path);
    rmdir(folder);
}

static void begin(void)
{
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/fuzz.tape", folder);
    file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
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
    while ((event = tape_next(tape)) != NULL) {
        REQUIRE(event->granules > 0 && event->t >= t && event->instrument == 1);
        if (event->type == AGON_EVENT_TRADE) {
            const struct agon_trade *trade = (const struct agon_trade *)(const void *)event;

            REQUIRE(trade->px > 0 && trade->qty > 0 && trade->side <= AGON_SELL);
        }
        if (event->type == AGON_EVENT_BOOK_DELTA) {
            const struct agon_book_part *part = (const struct agon_book_part *)(const void *)event;

            REQUIRE(sizeof(*part) +
                        ((size_t)part->n_bid + part->n_ask) * sizeof(struct agon_level) <=
                    event_bytes(event));
        }
        t = event->t;
        REQUIRE(++n <= 4 * ROWS_MAX);
    }
    tape_report(tape, &report);
    REQUIRE(report.n_events == n);
    REQUIRE(report.err.code >= 0 || report.err.text[0] != '\0');
    REQUIRE(config->is_lenient || report.n_skipped <= TAPE_BAD_MAX);
    tape_close(tape);
}

/* A header as a tape's of that kind and so many rows. */
static void fill_head(struct tape_head *head, uint8_t kind, uint32_t n_rows)
{
    uint32_t n_columns = 6;

    memcpy(head->magic, TAPE_MAGIC, sizeof(head->magic));
    head->version = TAPE_VERSION;
    head->kind = kind;
    head->px_exp = 2;
    head->qty_exp = 5;
    head->length_s = kind == TAPE_FILE_BARS ? 60 : 0;
    head->n_rows = head->n_events = n_rows;
    head->t_last = INT64_MAX;
    head->block_rows = TAPE_BLOCK_ROWS;
    head->n_columns = n_columns;
    snprintf(head->symbol, sizeof(head->symbol), "BTCUSDT");
    snprintf(head->plain, sizeof(head->plain), "BTCUSDT");
    snprintf(head->base, sizeof(head->base), "BTC");
    snprintf(head->quote, sizeof(head->quote), "USDT");
    snprintf(head->source, sizeof(head->source), "fuzz.csv");
}

static void fill_rows(unsigned char *block, uint8_t kind, uint32_t n_rows, const uint8_t *data,
                      size_t n)
{
    uint64_t columns_at[TAPE_COLUMNS_MAX];
    uint32_t n_columns;
    const struct tape_column *columns = tape_file_columns(kind, &n_columns);
    size_t at = 0;

    tape_file_block(kind, n_rows, columns_at);
    for (uint32_t row = 0; row < n_rows; row++) {
        for (uint32_t i = 0; i < n_columns; i++) {
            for (uint32_t k = 0; k < columns[i].width; k++)
                block[columns_at[i] + (uint64_t)row * columns[i].width + k] = data[at++ % n];
        }
    }
}

/* Returns how long the file is to be. */
static uint64_t write_tape(unsigned char *bytes, uint64_t room, const uint8_t *data, size_t n)
{
    static struct tape_head head;
    uint8_t kind = (uint8_t)(1 + data[1] % (TAPE_FILE_KINDS - 1));
    uint32_t n_rows = 1 + data[2] % ROWS_MAX;
    uint64_t block = tape_file_block(kind, n_rows, NULL);
    uint32_t n_changes = data[4] % CHANGES_MAX;
    size_t at = 5;
    uint32_t crc;

    REQUIRE(2 * TAPE_PAGE + block <= room);
    memset(bytes, 0, 2 * TAPE_PAGE + block);
    memset(&head, 0, sizeof(head));
    fill_head(&head, kind, n_rows);
    memcpy(bytes, &head, sizeof(head));
    for (uint32_t i = 0; i < n_changes && at + 3 <= n; i++, at += 3)
        bytes[((size_t)data[at] | (size_t)data[at + 1] << 8) % sizeof(head)] = data[at + 2];
    if (at < n)
        fill_rows(bytes + TAPE_PAGE, kind, n_rows, data + at, n - at);
    crc = crc32c(0, bytes + TAPE_PAGE, block) ^ (data[0] & 2 ? 0 : 1);
    memcpy(bytes + TAPE_PAGE + block, &crc, sizeof(crc));
    memcpy(&head, bytes, sizeof(head));
    head.sums_crc = crc32c(0, bytes + TAPE_PAGE + block, TAPE_PAGE);
    memcpy(bytes, &head, sizeof(head));
    if (data[0] & 1) {
        head.crc = tape_file_head_crc(bytes);
        memcpy(bytes, &head, sizeof(head));
    }
    return data[3] == 0 ? 2 * TAPE_PAGE + block : (2 * TAPE_PAGE + block) * data[3] / 256;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static unsigned char bytes[2 * TAPE_PAGE + TAPE_COLUMNS_MAX * TAPE_PAGE];
    struct tape_config config = {
        .instrument = {.hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = 1},
                       .venue = 1,
                       .base = 2,
                       .quote = 1,
                       .settle = 1,
                       .px_exp = 2,
                       .qty_exp = 5,
                       .tick_px = 1,
                       .lot_qty = 1,
                       .symbol = "BTCUSDT"},
        .quote = "USDT",
        .quote_exp = 8};
    struct error err = {0};
    uint64_t length;

    if (n < 5)
        return 0;
    if (file < 0)
        begin();
    length = write_tape(bytes, sizeof(bytes), data, n);
    REQUIRE(pwrite(file, bytes, length, 0) == (ssize_t)length);
    REQUIRE(ftruncate(file, (off_t)length) == 0);
    config.path = path;
    config.is_lenient = (data[0] & 4) != 0;
    if (data[0] & 8) {
        config.instrument.px_exp = (int8_t)(data[3] % 10);
        config.instrument.qty_exp = (int8_t)(data[2] % 10);
    }
    if (tape_look(path, NULL, &config.info, &err) < 0) {
        REQUIRE(err.code < 0 && err.text[0] != '\0');
        return 0;
    }
    if (config.info.is_tape)
        play(&config);
    return 0;
}
