// SPDX-License-Identifier: Apache-2.0
#include "journal/segment.h"

#include <stdio.h>

#include "base/codec.h"
#include "base/crc.h"
#include "base/hot.h"
#include "journal/refs.h"

#define ENDIAN_TAG 0x01020304u
#define MARK_MAGIC 0x4b52414d4e4f4741u /* "AGONMARK" */

static const unsigned char magic[8] = {'A', 'G', 'O', 'N', 'A', 'J', '\r', '\n'};

const char *segment_class_name(enum journal_class cls)
{
    return cls == JOURNAL_MONEY ? "money" : "market";
}

void segment_name(char name[SEGMENT_NAME], enum journal_class cls, uint64_t first_seq)
{
    int n = snprintf(name, SEGMENT_NAME, "%s-%020llu.aj", segment_class_name(cls),
                     (unsigned long long)first_seq);

    REQUIRE(n > 0 && n < SEGMENT_NAME); // two segments whose names are cut would be one file
}

int segment_parse_name(const char *name, enum journal_class *cls, uint64_t *first_seq)
{
    char again[SEGMENT_NAME];
    uint64_t seq = 0;
    const char *at;

    if (strncmp(name, "money-", 6) == 0) {
        *cls = JOURNAL_MONEY;
        at = name + 6;
    } else if (strncmp(name, "market-", 7) == 0) {
        *cls = JOURNAL_MARKET;
        at = name + 7;
    } else {
        return 0;
    }
    for (int i = 0; i < 20; i++, at++) {
        if (*at < '0' || *at > '9')
            return 0;
        seq = seq * 10 + (uint64_t)(*at - '0');
    }
    segment_name(again, *cls, seq); // also finds what passes 64 bits
    *first_seq = seq;
    return strcmp(again, name) == 0 && seq > 0;
}

uint32_t segment_head_encode(const struct segment_head *head, unsigned char bytes[SEGMENT_HEAD])
{
    struct enc enc = {.at = bytes, .room = SEGMENT_HEAD};
    uint32_t crc;

    memset(bytes, 0, SEGMENT_HEAD);
    enc_bytes(&enc, magic, sizeof(magic));
    enc_u32(&enc, ENDIAN_TAG);
    enc_u32(&enc, head->version != 0 ? head->version : SEGMENT_VERSION);
    enc_u32(&enc, head->cls);
    enc_u32(&enc, head->align);
    enc_u64(&enc, head->first_seq);
    enc_u64(&enc, head->synced_seq);
    enc_u64(&enc, head->dropped_before);
    enc_u64(&enc, head->prev_first_seq);
    enc_u32(&enc, head->prev_crc);
    enc_u32(&enc, head->run);
    enc_bytes(&enc, head->id, sizeof(head->id));
    enc_bytes(&enc, head->build, sizeof(head->build));
    REQUIRE(enc.used <= SEGMENT_HEAD - 4); // the checksum overwrites no field
    crc = crc32c(0, bytes, SEGMENT_HEAD - 4);
    enc = (struct enc){.at = bytes + SEGMENT_HEAD - 4, .room = 4};
    enc_u32(&enc, crc);
    return crc;
}

int segment_check_sizes(uint32_t align, const uint64_t bytes[JOURNAL_CLASSES], struct error *err)
{
    if (align < 512 || align > SEGMENT_HEAD || (align & (align - 1)) != 0)
        return error_set(err, AGON_EINVAL, "journal: a sector of %u bytes is invalid (512 to 4096)",
                         align);
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        if (bytes[cls] < SEGMENT_BYTES_MIN || bytes[cls] > SEGMENT_BYTES_MAX || bytes[cls] % 4096)
            return error_set(err, AGON_EINVAL,
                             "journal: a %s segment of %llu bytes; 64 KiB to 4 GiB in whole 4 KiB "
                             "are possible",
                             segment_class_name((enum journal_class)cls),
                             (unsigned long long)bytes[cls]);
    }
    return AGON_OK;
}

int segment_is_ours(const unsigned char *bytes, uint64_t n)
{
    return memcmp(bytes, magic, n < sizeof(magic) ? n : sizeof(magic)) == 0;
}

int segment_head_decode(struct segment_head *head, uint32_t *crc,
                        const unsigned char bytes[SEGMENT_HEAD], struct error *err)
{
    struct dec dec = {.at = bytes, .n = SEGMENT_HEAD, .used = sizeof(magic)};
    struct dec end = {.at = bytes + SEGMENT_HEAD - 4, .n = 4};
    uint32_t tag = dec_u32(&dec), version = dec_u32(&dec);

    memset(head, 0, sizeof(*head));
    if (memcmp(bytes, magic, sizeof(magic)) != 0)
        return error_set(err, AGON_EINVAL,
                         "no journal: it does not begin with the journal's magic");
    if (tag == __builtin_bswap32(ENDIAN_TAG))
        return error_set(err, AGON_EVERSION, "written by a big-endian machine; none is supported");
    if (tag != ENDIAN_TAG)
        return error_set(err, AGON_ECORRUPT, "the head is damaged at offset 8");
    *crc = crc32c(0, bytes, SEGMENT_HEAD - 4);
    if (version > SEGMENT_VERSION_LAST && *crc == dec_u32(&end))
        return error_set(err, AGON_EVERSION,
                         "journal format %u is newer than %u, the newest this program reads: use "
                         "the program that wrote it or a later one",
                         version, SEGMENT_VERSION_LAST);
    end.used = 0;
    head->version = version;
    head->cls = dec_u32(&dec);
    head->align = dec_u32(&dec);
    head->first_seq = dec_u64(&dec);
    head->synced_seq = dec_u64(&dec);
    head->dropped_before = dec_u64(&dec);
    head->prev_first_seq = dec_u64(&dec);
    head->prev_crc = dec_u32(&dec);
    head->run = dec_u32(&dec);
    dec_bytes(&dec, head->id, sizeof(head->id));
    dec_bytes(&dec, head->build, sizeof(head->build));
    if (*crc != dec_u32(&end) || version < SEGMENT_VERSION || version > SEGMENT_VERSION_LAST)
        return error_set(err, AGON_ECORRUPT, "the head is damaged: its checksum is wrong");
    if (head->cls >= JOURNAL_CLASSES || head->first_seq == 0 ||
        head->synced_seq >= head->first_seq || head->align < 8 || head->align > SEGMENT_HEAD ||
        (head->align & (head->align - 1)) != 0 ||
        (version != SEGMENT_VERSION && head->cls != JOURNAL_MARKET))
        return error_set(err, AGON_ECORRUPT,
                         "the head holds a class, number or sector of no sense");
    return AGON_OK;
}

uint32_t frame_crc(const unsigned char *bytes, uint32_t n, uint32_t crc)
{
    return crc32c(crc, bytes + 4, n - 4);
}

uint32_t frame_crc_stored(const unsigned char *bytes)
{
    struct dec dec = {.at = bytes, .n = 4};

    return dec_u32(&dec);
}

static void put_word(unsigned char *at, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(word >> (8 * i));
}

/* What a frame's second word says, of n bytes in all. */
static uint32_t word_of(enum frame_kind kind, uint32_t n)
{
    // What no reader would take for a frame is not written.
    REQUIRE(n >= FRAME_HEAD && n <= FRAME_MAX && n % 8 == 0);
    return n / 8 | (uint32_t)kind << 16;
}

uint32_t frame_seal(unsigned char *frame, enum frame_kind kind, uint32_t n, uint32_t crc)
{
    put_word(frame + 4, word_of(kind, n));
    crc = frame_crc(frame, n, crc);
    put_word(frame, crc);
    return crc;
}

/* What was written a moment ago, field by field and into the frame, is read once, word by word. */
HOT uint32_t frame_event(unsigned char *frame, const struct agon_event_hdr *event, uint32_t crc)
{
    uint32_t bytes = event_bytes(event), word = word_of(FRAME_EVENT, FRAME_HEAD + bytes);

    crc = crc32c_copy(crc, word, frame + FRAME_HEAD, event, bytes);
    put_word(frame + 4, word);
    put_word(frame, crc);
    return crc;
}

uint32_t frame_length(const unsigned char *bytes, uint64_t room, enum frame_kind *kind)
{
    uint32_t n = ((uint32_t)bytes[4] | (uint32_t)bytes[5] << 8) * 8;

    *kind = (enum frame_kind)bytes[6];
    if (bytes[7] != 0 || n < FRAME_HEAD || n > room || n > FRAME_MAX)
        return 0;
    switch (*kind) {
    case FRAME_EVENT:
        return (n - FRAME_HEAD) % EVENT_GRANULE == 0 && n > FRAME_HEAD ? n : 0;
    case FRAME_SHED:
        return n == SHED_BYTES ? n : 0;
    case FRAME_MARK:
        return n == MARK_BYTES ? n : 0;
    case FRAME_PAD:
        return n <= SEGMENT_HEAD ? n : 0;
    case FRAME_TAPE:
        return n == TAPE_FRAME_BYTES ? n : 0;
    case FRAME_REFS:
        return n > FRAME_HEAD + REFS_HEAD && n <= FRAME_HEAD + REFS_HEAD + REFS_BYTES_MAX ? n : 0;
    default:
        return 0;
    }
}

static uint32_t mark_crc(const unsigned char *payload, const unsigned char id[16],
                         enum journal_class cls)
{
    unsigned char class_byte = (unsigned char)cls;
    uint32_t crc = crc32c(0, id, 16);

    crc = crc32c(crc, &class_byte, 1);
    return crc32c(crc, payload, MARK_BYTES - FRAME_HEAD - 4);
}

void frame_mark_encode(unsigned char payload[MARK_BYTES - FRAME_HEAD],
                       const struct frame_mark *mark, const unsigned char id[16],
                       enum journal_class cls)
{
    struct enc enc = {.at = payload, .room = MARK_BYTES - FRAME_HEAD};

    enc_u64(&enc, MARK_MAGIC);
    enc_u64(&enc, mark->synced_seq);
    enc_u64(&enc, mark->offset);
    enc_u64(&enc, mark->first_seq);
    enc_u32(&enc, mark->is_clean ? 1 : 0);
    enc_u32(&enc, mark_crc(payload, id, cls));
    REQUIRE(enc.used == MARK_BYTES - FRAME_HEAD);
}

int frame_mark_decode(struct frame_mark *mark, const unsigned char payload[MARK_BYTES - FRAME_HEAD],
                      const unsigned char id[16], enum journal_class cls)
{
    struct dec dec = {.at = payload, .n = MARK_BYTES - FRAME_HEAD};
    uint32_t flags;

    if (dec_u64(&dec) != MARK_MAGIC)
        return 0;
    mark->synced_seq = dec_u64(&dec);
    mark->offset = dec_u64(&dec);
    mark->first_seq = dec_u64(&dec);
    flags = dec_u32(&dec);
    mark->is_clean = flags == 1;
    return flags <= 1 && dec_u32(&dec) == mark_crc(payload, id, cls);
}

void frame_shed_decode(const unsigned char payload[SHED_BYTES - FRAME_HEAD], uint64_t *first,
                       uint64_t *last)
{
    struct dec dec = {.at = payload, .n = SHED_BYTES - FRAME_HEAD};

    *first = dec_u64(&dec);
    *last = dec_u64(&dec);
}
