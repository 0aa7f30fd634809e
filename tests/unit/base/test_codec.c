// SPDX-License-Identifier: Apache-2.0
/* codec: bytes are little-endian and without padding, ends are never passed, doubles are canonical.
 */
#include <math.h>

#include "../../support/must.h"
#include "base/codec.h"

START_TEST(bytes_are_little_endian_and_dense)
{
    static const unsigned char want[] = {0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0x0f, 0x0e,
                                         0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08, 0xfe, 0xff, 0xff,
                                         0xff, 0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,
                                         0,    0,    0xf8, 0x3f, 'a',  'b'};
    unsigned char bytes[64];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct dec dec;
    char text[2];

    enc_u8(&enc, 0x01);
    enc_u16(&enc, 0x0203);
    enc_u32(&enc, 0x04050607);
    enc_u64(&enc, 0x08090a0b0c0d0e0f);
    enc_i64(&enc, -2);
    enc_f64(&enc, 1.5); // 0x3ff8000000000000
    enc_bytes(&enc, "ab", 2);
    MUST(enc_is_ok(&enc));
    MUST_EQ(enc.used, sizeof(want));
    MUST(memcmp(bytes, want, sizeof(want)) == 0);
    dec = (struct dec){.at = bytes, .n = enc.used};
    MUST_EQ(dec_u8(&dec), 0x01);
    MUST_EQ(dec_u16(&dec), 0x0203);
    MUST_EQ(dec_u32(&dec), 0x04050607);
    MUST_EQ(dec_u64(&dec), 0x08090a0b0c0d0e0f);
    MUST_EQ(dec_i64(&dec), -2);
    MUST(dec_f64(&dec) == 1.5);
    dec_bytes(&dec, text, 2);
    MUST(memcmp(text, "ab", 2) == 0);
    MUST(dec_is_ok(&dec));
    MUST_EQ(dec.used, dec.n);
}
END_TEST

START_TEST(a_writer_out_of_room_writes_nothing_more_but_measures)
{
    unsigned char bytes[8] = {0};
    struct enc enc = {.at = bytes, .room = 5};
    struct enc measure = {0};

    enc_u32(&enc, 0x11111111);
    enc_u32(&enc, 0x22222222);
    enc_u8(&enc, 0x33); // would fit, but an earlier one did not
    MUST(!enc_is_ok(&enc));
    MUST_EQ(enc.used, 9);
    MUST_EQ(bytes[3], 0x11);
    for (int i = 4; i < 8; i++)
        MUST_EQ(bytes[i], 0);
    enc_u64(&measure, 1);
    enc_bytes(&measure, bytes, 3);
    MUST_EQ(measure.used, 11);
    MUST(!enc_is_ok(&measure));
}
END_TEST

START_TEST(a_reader_past_the_end_yields_zeros_and_stays_failed)
{
    static const unsigned char bytes[] = {1, 2, 3, 4, 5};
    struct dec dec = {.at = bytes, .n = sizeof(bytes)};
    char text[4] = {9, 9, 9, 9};

    MUST_EQ(dec_u16(&dec), 0x0201);
    MUST_EQ(dec_u32(&dec), 0);
    MUST(!dec_is_ok(&dec));
    MUST_EQ(dec_u8(&dec), 0); // there would be one
    dec_bytes(&dec, text, 4);
    MUST_EQ(text[0] | text[1] | text[2] | text[3], 0);
    dec = (struct dec){.at = bytes, .n = sizeof(bytes)};
    dec_bytes(&dec, text, UINT64_MAX / 2 < 4 ? 1 : 4);
    MUST(dec_is_ok(&dec));
    dec_fail(&dec);
    MUST_EQ(dec_u8(&dec), 0);
    MUST(!dec_is_ok(&dec));
}
END_TEST

START_TEST(doubles_that_are_equal_have_equal_bytes)
{
    unsigned char a[8];
    unsigned char b[8];
    static const double pairs[][2] = {{0.0, -0.0}, {(double)NAN, -(double)NAN}};

    for (int i = 0; i < 2; i++) {
        struct enc enc_a = {.at = a, .room = 8};
        struct enc enc_b = {.at = b, .room = 8};
        struct dec dec = {.at = a, .n = 8};

        enc_f64(&enc_a, pairs[i][0]);
        enc_f64(&enc_b, pairs[i][1]);
        MUST(memcmp(a, b, 8) == 0);
        if (i == 1)
            MUST(isnan(dec_f64(&dec)));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("codec");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, bytes_are_little_endian_and_dense);
    tcase_add_test(tcase, a_writer_out_of_room_writes_nothing_more_but_measures);
    tcase_add_test(tcase, a_reader_past_the_end_yields_zeros_and_stays_failed);
    tcase_add_test(tcase, doubles_that_are_equal_have_equal_bytes);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
