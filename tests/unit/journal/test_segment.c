// SPDX-License-Identifier: Apache-2.0
/* What a segment is made of: names, heads, frames, marks. What is not exactly one of them is none,
 * and why is said in a way that tells an operator what to do. */
#include "help.h"

#include "base/codec.h"
#include "base/crc.h"
#include "journal/segment.h"

static struct segment_head head_of(void)
{
    return (struct segment_head){.cls = JOURNAL_MONEY,
                                 .align = 512,
                                 .first_seq = 1000,
                                 .synced_seq = 999,
                                 .dropped_before = 7,
                                 .prev_first_seq = 500,
                                 .prev_crc = 0x12345678,
                                 .run = 3,
                                 .id = "journal of test",
                                 .build = "test"};
}

static void put32(unsigned char *bytes, uint32_t at, uint32_t value)
{
    struct enc enc = {.at = bytes + at, .room = 4};

    enc_u32(&enc, value);
}

/* With a checksum that is right again. */
static void seal(unsigned char *bytes)
{
    put32(bytes, SEGMENT_HEAD - 4, crc32c(0, bytes, SEGMENT_HEAD - 4));
}

static int decode(const unsigned char *bytes, struct error *err)
{
    struct segment_head head;
    uint32_t crc;

    memset(err, 0, sizeof(*err));
    return segment_head_decode(&head, &crc, bytes, err);
}

START_TEST(a_head_is_what_was_written)
{
    struct segment_head head = head_of(), again;
    unsigned char bytes[SEGMENT_HEAD];
    uint32_t written = segment_head_encode(&head, bytes), crc;
    struct error err = {0};

    ck_assert_int_eq(segment_head_decode(&again, &crc, bytes, &err), AGON_OK);
    ck_assert_uint_eq(crc, written);
    ck_assert_uint_eq(again.cls, head.cls);
    ck_assert_uint_eq(again.align, head.align);
    ck_assert_uint_eq(again.first_seq, head.first_seq);
    ck_assert_uint_eq(again.synced_seq, head.synced_seq);
    ck_assert_uint_eq(again.dropped_before, head.dropped_before);
    ck_assert_uint_eq(again.prev_first_seq, head.prev_first_seq);
    ck_assert_uint_eq(again.prev_crc, head.prev_crc);
    ck_assert_uint_eq(again.run, head.run);
    ck_assert_mem_eq(again.id, head.id, sizeof(head.id));
    ck_assert_mem_eq(again.build, head.build, sizeof(head.build));
    ck_assert_int_eq(segment_is_ours(bytes, 3), 1); // of a file that was cut
    ck_assert_int_eq(segment_is_ours((const unsigned char *)"PK\3\4....", 8), 0);
}
END_TEST

START_TEST(no_bit_of_a_head_may_turn)
{
    struct segment_head head = head_of();
    unsigned char bytes[SEGMENT_HEAD];
    struct error err;

    (void)segment_head_encode(&head, bytes);
    for (uint32_t bit = 0; bit < SEGMENT_HEAD * 8; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        ck_assert_msg(decode(bytes, &err) < 0, "bit %u", bit);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    ck_assert_int_eq(decode(bytes, &err), AGON_OK);
}
END_TEST

START_TEST(a_head_that_is_none_is_told_from_a_damaged_one_and_from_a_newer_one)
{
    static const struct {
        uint32_t at, value;
        int rc;
        const char *text;
    } ways[] = {{0, 0x04034b50, AGON_EINVAL, "no journal"},
                {8, 0x04030201, AGON_EVERSION, "big-endian"},
                {8, 0x01020305, AGON_ECORRUPT, "offset 8"},
                {12, SEGMENT_VERSION_LAST + 1, AGON_EVERSION, "newer"},
                {12, 0, AGON_ECORRUPT, "checksum"}};
    struct segment_head head = head_of();
    unsigned char bytes[SEGMENT_HEAD];
    struct error err;

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        (void)segment_head_encode(&head, bytes);
        put32(bytes, ways[i].at, ways[i].value);
        seal(bytes);
        ck_assert_int_eq(decode(bytes, &err), ways[i].rc);
        ck_assert_msg(strstr(err.text, ways[i].text) != NULL, "%s", err.text);
    }
    // A newer one whose checksum is wrong is damage: no other program reads it either.
    (void)segment_head_encode(&head, bytes);
    put32(bytes, 12, SEGMENT_VERSION_LAST + 1);
    ck_assert_int_eq(decode(bytes, &err), AGON_ECORRUPT);
}
END_TEST

START_TEST(a_head_of_no_sense_is_refused_though_its_checksum_is_right)
{
    unsigned char bytes[SEGMENT_HEAD];
    struct error err;

    for (int i = 0; i < 7; i++) {
        struct segment_head head = head_of();

        head.cls = i == 0 ? JOURNAL_CLASSES : head.cls;
        head.first_seq = i == 1 ? 0 : head.first_seq;
        head.synced_seq = i == 2 ? head.first_seq : i == 3 ? UINT64_MAX : head.synced_seq;
        head.align = i == 4 ? 4 : i == 5 ? 2 * SEGMENT_HEAD : i == 6 ? 1536 : head.align;
        (void)segment_head_encode(&head, bytes);
        ck_assert_msg(decode(bytes, &err) == AGON_ECORRUPT, "%d", i);
        ck_assert_msg(strstr(err.text, "no sense") != NULL, "%s", err.text);
    }
}
END_TEST

START_TEST(a_name_is_a_segments_or_it_is_left_alone)
{
    static const char *const others[] = {
        "market-0000000000000000001.aj",   // 19 digits
        "market-000000000000000000001.aj", // 21
        "market-0000000000000000000x.aj",
        "market-00000000000000000000.aj", // none has number 0
        "market-99999999999999999999.aj", // passes 64 bits
        "market-00000000000000000001.aj~", "market-00000000000000000001",  "market-", "money",
        "Money-00000000000000000001.aj",   "snap-00000000000000000001.as", ""};
    char name[SEGMENT_NAME];
    enum journal_class cls;
    uint64_t seq;

    for (int of = 0; of < JOURNAL_CLASSES; of++) {
        segment_name(name, (enum journal_class)of, UINT64_MAX);
        ck_assert_int_eq(segment_parse_name(name, &cls, &seq), 1);
        ck_assert_int_eq(cls, of);
        ck_assert_uint_eq(seq, UINT64_MAX);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_msg(!segment_parse_name(others[i], &cls, &seq), "%s", others[i]);
}
END_TEST

static uint32_t length_of(uint32_t n, uint8_t kind, uint8_t last, uint64_t room)
{
    unsigned char frame[FRAME_HEAD] = {0};
    enum frame_kind got;
    uint32_t length;

    frame[4] = (unsigned char)(n / 8 & 0xff);
    frame[5] = (unsigned char)(n / 8 >> 8);
    frame[6] = kind;
    frame[7] = last;
    length = frame_length(frame, room, &got);
    ck_assert_int_eq(got, kind);
    return length;
}

START_TEST(a_frame_has_a_length_of_its_kind)
{
    const uint64_t room = 1 << 20;
    const uint32_t event = FRAME_HEAD + EVENT_GRANULE;

    ck_assert_uint_eq(length_of(event, FRAME_EVENT, 0, room), event);
    ck_assert_uint_eq(length_of(FRAME_MAX, FRAME_EVENT, 0, room), FRAME_MAX);
    ck_assert_uint_eq(length_of(SHED_BYTES, FRAME_SHED, 0, room), SHED_BYTES);
    ck_assert_uint_eq(length_of(MARK_BYTES, FRAME_MARK, 0, room), MARK_BYTES);
    ck_assert_uint_eq(length_of(SEGMENT_HEAD, FRAME_PAD, 0, room), SEGMENT_HEAD);
    // Not of that kind, of none, longer than what is left, and with a byte that is always 0.
    ck_assert_uint_eq(length_of(event + 8, FRAME_EVENT, 0, room), 0);
    ck_assert_uint_eq(length_of(FRAME_HEAD, FRAME_EVENT, 0, room), 0);
    ck_assert_uint_eq(length_of(FRAME_MAX + EVENT_GRANULE, FRAME_EVENT, 0, room), 0);
    ck_assert_uint_eq(length_of(SHED_BYTES + 8, FRAME_SHED, 0, room), 0);
    ck_assert_uint_eq(length_of(MARK_BYTES - 8, FRAME_MARK, 0, room), 0);
    ck_assert_uint_eq(length_of(SEGMENT_HEAD + 8, FRAME_PAD, 0, room), 0);
    ck_assert_uint_eq(length_of(event, 0x7f, 0, room), 0);
    ck_assert_uint_eq(length_of(0, FRAME_PAD, 0, room), 0);
    ck_assert_uint_eq(length_of(event, FRAME_EVENT, 1, room), 0);
    ck_assert_uint_eq(length_of(event, FRAME_EVENT, 0, event - 1), 0);
    ck_assert_uint_eq(length_of(event, FRAME_EVENT, 0, event), event);
}
END_TEST

START_TEST(a_mark_is_of_its_journal_and_class)
{
    const unsigned char id[16] = "journal of test", other[16] = "another journal";
    const struct frame_mark marks[] = {
        {.synced_seq = 5, .offset = 4096, .first_seq = 1, .is_clean = 1},
        {.synced_seq = UINT64_MAX, .offset = 0, .first_seq = UINT64_MAX, .is_clean = 0}};
    unsigned char bytes[MARK_BYTES - FRAME_HEAD];
    struct frame_mark mark;

    for (int i = 0; i < 2; i++) {
        frame_mark_encode(bytes, &marks[i], id, JOURNAL_MARKET);
        ck_assert_int_eq(frame_mark_decode(&mark, bytes, id, JOURNAL_MARKET), 1);
        ck_assert_uint_eq(mark.synced_seq, marks[i].synced_seq);
        ck_assert_uint_eq(mark.offset, marks[i].offset);
        ck_assert_uint_eq(mark.first_seq, marks[i].first_seq);
        ck_assert_int_eq(mark.is_clean, marks[i].is_clean);
        ck_assert_int_eq(frame_mark_decode(&mark, bytes, other, JOURNAL_MARKET), 0);
        ck_assert_int_eq(frame_mark_decode(&mark, bytes, id, JOURNAL_MONEY), 0);
        for (uint32_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
            bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
            ck_assert_int_eq(frame_mark_decode(&mark, bytes, id, JOURNAL_MARKET), 0);
            bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_segment");
    TCase *tcase = tcase_create("segment");

    tcase_add_test(tcase, a_head_is_what_was_written);
    tcase_add_test(tcase, no_bit_of_a_head_may_turn);
    tcase_add_test(tcase, a_head_that_is_none_is_told_from_a_damaged_one_and_from_a_newer_one);
    tcase_add_test(tcase, a_head_of_no_sense_is_refused_though_its_checksum_is_right);
    tcase_add_test(tcase, a_name_is_a_segments_or_it_is_left_alone);
    tcase_add_test(tcase, a_frame_has_a_length_of_its_kind);
    tcase_add_test(tcase, a_mark_is_of_its_journal_and_class);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
