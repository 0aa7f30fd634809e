// SPDX-License-Identifier: Apache-2.0
/* Compressed messages. What the tools of others wrote is the referee: gzip 1.12 and a raw stream of
 * zlib, of the same text. */
#define ZLIB_CONST /* what is read is not written to */
#include "net/pack.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <agon/types.h>

#define MOST 4096

static const char told[] = "{\"ch\":\"market.btcusdt.depth\",\"tick\":{\"bids\":[[30000.1,1.5]]}}";
static const unsigned char zipped[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x4a, 0xce, 0x50, 0xb2,
    0x52, 0xca, 0x4d, 0x2c, 0xca, 0x4e, 0x2d, 0xd1, 0x4b, 0x2a, 0x49, 0x2e, 0x2d, 0x4e, 0x29, 0xd1,
    0x4b, 0x49, 0x2d, 0x28, 0xc9, 0x50, 0xd2, 0x51, 0x2a, 0xc9, 0x4c, 0xce, 0x56, 0xb2, 0xaa, 0x56,
    0x4a, 0xca, 0x4c, 0x29, 0x56, 0xb2, 0x8a, 0x8e, 0x36, 0x36, 0x00, 0x02, 0x3d, 0x43, 0x1d, 0x43,
    0x3d, 0xd3, 0xd8, 0xd8, 0xda, 0x5a, 0x00, 0x19, 0x44, 0x27, 0x05, 0x3d, 0x00, 0x00, 0x00};
#define RAW_AT 10 /* behind gzip's header; eight bytes of trailer */

static struct pack *made(enum pack_kind kind, size_t most)
{
    struct pack *pack;

    ck_assert_int_eq(pack_new(&pack, kind, most), AGON_OK);
    return pack;
}

START_TEST(what_others_compressed_is_read)
{
    struct pack *gzip = made(PACK_GZIP, MOST);
    struct pack *raw = made(PACK_DEFLATE, MOST);
    const void *text;
    size_t n;

    for (int i = 0; i < 3; i++) { // and again, with what the first call set up
        ck_assert_int_eq(pack_read(gzip, zipped, sizeof(zipped), &text, &n), AGON_OK);
        ck_assert_mem_eq(text, told, n);
        ck_assert_uint_eq(n, strlen(told));
        ck_assert_int_eq(pack_read(raw, zipped + RAW_AT, sizeof(zipped) - RAW_AT - 8, &text, &n),
                         AGON_OK);
        ck_assert_mem_eq(text, told, n);
        ck_assert_uint_eq(n, strlen(told));
    }
    pack_free(gzip);
    pack_free(raw);
}
END_TEST

/* A message that differs by a bit, or lacks an end, or has something behind it, is none. */
START_TEST(what_is_damaged_is_never_read)
{
    struct pack *pack = made(PACK_GZIP, MOST);
    unsigned char bytes[sizeof(zipped) + 1];
    const void *text;
    size_t n;

    for (size_t i = 0; i < sizeof(zipped); i++) {
        ck_assert_int_eq(pack_read(pack, zipped, i, &text, &n), AGON_EINVAL);
        for (int bit = 0; bit < 8; bit++) {
            memcpy(bytes, zipped, sizeof(zipped));
            bytes[i] ^= (unsigned char)(1 << bit);
            // Time, hint and system, and the bits behind the last code, say nothing of the text.
            if (pack_read(pack, bytes, sizeof(zipped), &text, &n) == AGON_OK)
                ck_assert(n == strlen(told) && memcmp(text, told, n) == 0);
        }
    }
    memcpy(bytes, zipped, sizeof(zipped));
    bytes[sizeof(zipped)] = 0;
    ck_assert_int_eq(pack_read(pack, bytes, sizeof(bytes), &text, &n), AGON_EINVAL);
    ck_assert_int_eq(pack_read(pack, zipped, sizeof(zipped), &text, &n), AGON_OK);
    pack_free(pack);
}
END_TEST

/* 64 MiB in 64 KiB, by zlib itself. */
START_TEST(a_small_frame_does_not_become_a_large_memory)
{
    const size_t most = 1 << 20;
    struct pack *pack = made(PACK_GZIP, most);
    size_t room = 1 << 17;
    unsigned char *bomb = malloc(room);
    unsigned char *zeros = calloc(1, most);
    z_stream writer = {0};
    const void *text;
    size_t n;

    ck_assert_ptr_nonnull(bomb);
    ck_assert_ptr_nonnull(zeros);
    ck_assert_int_eq(deflateInit2(&writer, 9, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
    writer.next_out = bomb;
    writer.avail_out = (uInt)room;
    for (int i = 0; i < 64; i++) {
        writer.next_in = zeros;
        writer.avail_in = (uInt)most;
        ck_assert_int_eq(deflate(&writer, i == 63 ? Z_FINISH : Z_NO_FLUSH),
                         i == 63 ? Z_STREAM_END : Z_OK);
    }
    ck_assert_uint_lt(writer.total_out, 70000);
    ck_assert_int_eq(pack_read(pack, bomb, writer.total_out, &text, &n), AGON_ENOSPC);
    deflateEnd(&writer);

    // At the bound, and one beyond.
    pack_free(pack);
    pack = made(PACK_GZIP, strlen(told));
    ck_assert_int_eq(pack_read(pack, zipped, sizeof(zipped), &text, &n), AGON_OK);
    pack_free(pack);
    pack = made(PACK_GZIP, strlen(told) - 1);
    ck_assert_int_eq(pack_read(pack, zipped, sizeof(zipped), &text, &n), AGON_ENOSPC);
    pack_free(pack);
    free(bomb);
    free(zeros);
}
END_TEST

START_TEST(what_is_written_zlib_reads)
{
    static const enum pack_kind kinds[] = {PACK_GZIP, PACK_DEFLATE};

    for (int i = 0; i < 2; i++) {
        struct pack *pack = made(kinds[i], MOST);
        z_stream reader = {0};
        char text[MOST];
        const void *bytes;
        size_t n;

        ck_assert_int_eq(pack_write(pack, told, strlen(told), &bytes, &n), AGON_OK);
        ck_assert_int_eq(inflateInit2(&reader, i == 0 ? MAX_WBITS + 16 : -MAX_WBITS), Z_OK);
        reader.next_in = bytes;
        reader.avail_in = (uInt)n;
        reader.next_out = (Bytef *)text;
        reader.avail_out = sizeof(text);
        ck_assert_int_eq(inflate(&reader, Z_FINISH), Z_STREAM_END);
        ck_assert_uint_eq(reader.total_out, strlen(told));
        ck_assert_mem_eq(text, told, strlen(told));
        inflateEnd(&reader);
        ck_assert_int_eq(pack_write(pack, text, MOST + 1, &bytes, &n), AGON_ENOSPC);
        pack_free(pack);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pack");
    TCase *tcase = tcase_create("messages");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, what_others_compressed_is_read);
    tcase_add_test(tcase, what_is_damaged_is_never_read);
    tcase_add_test(tcase, a_small_frame_does_not_become_a_large_memory);
    tcase_add_test(tcase, what_is_written_zlib_reads);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
