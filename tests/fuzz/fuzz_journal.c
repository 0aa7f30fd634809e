// SPDX-License-Identifier: Apache-2.0
/* fuzz_journal: any bytes as the files of a journal. Reading must end in events or in a reason.
 * Where recovery calls a journal good it must be one: the same events again, a writer goes on
 * behind them, and all of it is read back.
 *
 * Byte 0: 1: the heads are made good; 2: and the chain of checksums; 4: force; 8: a live host.
 * Bytes 1, 2: length of the money file; the rest is the market file. With good heads the bytes are
 * the frames behind them. 16: the bytes are a segment's compressed form; 32: they are a segment
 * that is compressed and then damaged in one place: what is read of it is what was in it, or
 * nothing. 64: the market's head is of the format that names tapes.
 *
 * decodes: host/journal/reader.c host/journal/reader_refs.c host/journal/refs.c
 * host/journal/recover.c host/journal/packed.c host/journal/segment.c host/journal/snapshot.c
 * host/journal/text.c host/journal/text_fields.c
 */
#include "base/crc.h"
#include "base/disk_mem.h"
#include "base/error.h"
#include "fuzz.h"
#include "journal/packed.h"
#include "journal/reader.h"
#include "journal/snapshot.h"
#include "journal/text.h"

#include <stdlib.h>

#define ROOM ((size_t)128 << 10)

static void mend_chain(unsigned char *bytes, size_t n, uint32_t crc)
{
    enum frame_kind kind;
    uint32_t length;

    for (size_t at = SEGMENT_HEAD; at + FRAME_HEAD <= n; at += length) {
        length = frame_length(bytes + at, n - at, &kind);
        if (length == 0)
            return;
        if (kind == FRAME_MARK) {
            struct frame_mark mark = {
                .synced_seq = bytes[at + 16], .offset = at, .first_seq = 1, .is_clean = 0};
            static const unsigned char id[16];

            frame_mark_encode(bytes + at + FRAME_HEAD, &mark, id,
                              bytes[16] == 0 ? JOURNAL_MARKET : JOURNAL_MONEY);
        }
        crc = frame_seal(bytes + at, kind, length, crc);
    }
}

static void put_file(struct disk_mem *mem, enum journal_class cls, const uint8_t *data, size_t n,
                     uint8_t mode)
{
    static unsigned char bytes[ROOM];
    char name[SEGMENT_NAME];
    size_t used = 0;

    if (n > ROOM - SEGMENT_HEAD)
        n = ROOM - SEGMENT_HEAD;
    segment_name(name, cls, 1);
    if ((mode & 3) != 0) {
        struct segment_head head = {
            .version = cls == JOURNAL_MARKET && (mode & 64) != 0 ? SEGMENT_VERSION_TAPES : 0,
            .cls = cls,
            .align = 512,
            .first_seq = 1,
            .dropped_before = n > 0 ? data[0] >> 6 : 0};
        uint32_t crc = segment_head_encode(&head, bytes);

        used = SEGMENT_HEAD;
        memcpy(bytes + used, data, n);
        if ((mode & 2) != 0)
            mend_chain(bytes, used + n, crc);
    } else if (n > 0) {
        memcpy(bytes, data, n);
    }
    REQUIRE(disk_mem_set(mem, name, bytes, used + n) == AGON_OK);
}

static uint64_t read_all(const struct disk *disk, const struct journal_reading *reading,
                         struct journal_summary *summary)
{
    static char text[JOURNAL_TEXT_MAX];
    struct error err = {0};
    struct journal_reader *reader = journal_reader_open(disk, reading, &err);
    const struct agon_event_hdr *event;
    uint64_t last = 0, n = 0;
    uint32_t n_tapes = 0;
    int rc;

    if (reader == NULL) {
        REQUIRE(err.code < 0 && err.text[0] != '\0');
        return UINT64_MAX;
    }
    while ((rc = journal_reader_next(reader, &event, &err)) == 1) {
        REQUIRE(event->seq > last && event->sub == 0 && event->granules > 0);
        REQUIRE(text_event(event, TEXT_JSON, NULL, NULL, text, sizeof(text)) > 0);
        last = event->seq;
        n++;
    }
    *summary = *journal_reader_summary(reader);
    // Events of tapes that nobody brings are passed over.
    (void)journal_reader_tapes(reader, &n_tapes);
    REQUIRE(rc == 0 && (n_tapes > 0 ? n <= summary->n_records : n == summary->n_records) &&
            last < summary->end.next_seq);
    journal_reader_close(reader);
    return n;
}

static void go_on(const struct disk *disk, uint64_t n, const struct journal_end *end)
{
    struct journal_config config = {.segment_bytes = {SEGMENT_BYTES_MIN, SEGMENT_BYTES_MIN}};
    struct journal_buffer buffer;
    struct journal_writer *writer;
    struct journal_summary summary;
    struct agon_trade trade = {.hdr = {.type = AGON_EVENT_TRADE, .granules = 1}};
    struct record_command command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1}};

    REQUIRE(journal_buffer_init(&buffer, 65536, end->next_seq) == AGON_OK);
    writer = journal_writer_new(disk, &buffer, &config, end, NULL);
    REQUIRE(writer != NULL);
    trade.hdr.seq = end->next_seq;
    command.hdr.seq = end->next_seq + 1;
    REQUIRE(journal_append(&buffer, &trade.hdr) == 0 && journal_append(&buffer, &command.hdr) == 0);
    REQUIRE(journal_writer_close(writer, NULL) == AGON_OK);
    journal_writer_free(writer);
    journal_buffer_deinit(&buffer);
    REQUIRE(read_all(disk, NULL, &summary) == n + 2);
    REQUIRE(summary.is_clean && summary.end.next_seq == end->next_seq + 2);
}

static void read_packed(const struct disk *disk, const char *name, const uint8_t *want, size_t n)
{
    static unsigned char bytes[ROOM];
    struct packed *packed;
    uint64_t size, at = 0;
    int64_t got;

    if (packed_open(&packed, disk, name) < 0)
        return;
    size = packed_size(packed);
    while ((got = packed_read(packed, at, bytes, sizeof(bytes))) > 0) {
        REQUIRE(at + (uint64_t)got <= size);
        REQUIRE(want == NULL ||
                (at + (uint64_t)got <= n && memcmp(bytes, want + at, (size_t)got) == 0));
        at += (uint64_t)got;
    }
    REQUIRE(got == 0);
    packed_close(packed);
}

static void fuzz_packed(struct disk_mem *mem, const uint8_t *data, size_t n)
{
    struct disk disk = disk_mem_port(mem);
    struct journal_packing packing = {.stop = NULL};
    char name[PACKED_NAME];
    unsigned char *bytes;
    uint64_t n_packed = 0, at = (uint64_t)data[1] | (uint64_t)data[2] << 8;

    packed_name(name, JOURNAL_MARKET, 1);
    if ((data[0] & 32) == 0) {
        REQUIRE(disk_mem_set(mem, name, data + 3, n - 3) == AGON_OK);
        read_packed(&disk, name, NULL, 0);
        return;
    }
    for (uint64_t seq = 3; seq > 0; seq--) { // three, so that the first is cold
        char plain[SEGMENT_NAME];

        segment_name(plain, JOURNAL_MARKET, seq);
        REQUIRE(disk_mem_set(mem, plain, data + 3, n - 3) == AGON_OK);
    }
    REQUIRE(journal_pack(&disk, &packing, NULL) == 1 && journal_pack(&disk, &packing, NULL) == 0);
    read_packed(&disk, name, data + 3, n - 3);
    bytes = disk_mem_bytes(mem, name, &n_packed);
    bytes[at % n_packed] ^= (unsigned char)(1 + data[0] % 7);
    read_packed(&disk, name, data + 3, n - 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct disk_mem *mem;
    struct disk disk;
    struct journal_summary summary;
    struct journal_reading reading = {0};
    struct snapshot snapshot;
    struct snapshot_want want = {.last_seq = 100};
    size_t n_money;
    uint64_t n_events;

    if (n < 3)
        return 0;
    mem = disk_mem_new(512);
    REQUIRE(mem != NULL);
    if ((data[0] & 48) != 0) {
        fuzz_packed(mem, data, n);
        disk_mem_free(mem);
        return 0;
    }
    disk = disk_mem_port(mem);
    n_money = ((size_t)data[1] | (size_t)data[2] << 8) % (n - 2);
    put_file(mem, JOURNAL_MONEY, data + 3, n_money, data[0]);
    put_file(mem, JOURNAL_MARKET, data + 3 + n_money, n - 3 - n_money, data[0]);
    (void)disk_mem_set(mem, "snap-00000000000000000005.as", data + 3, n - 3);
    if (snapshot_find(&disk, &want, &snapshot, NULL) == 1)
        REQUIRE(snapshot.seq == 5 && snapshot.n_bytes < n);
    reading.is_forced = (data[0] & 4) != 0;
    reading.is_live = (data[0] & 8) != 0;
    n_events = read_all(&disk, &reading, &summary);
    reading.is_live = 0;
    if (journal_recover(&disk, &reading, &summary, NULL) == AGON_OK) {
        REQUIRE(n_events == summary.n_records);
        // Far numbers would only test how far one can count.
        if (summary.end.next_seq < UINT64_MAX / 2)
            go_on(&disk, n_events, &summary.end);
    }
    disk_mem_free(mem);
    return 0;
}
