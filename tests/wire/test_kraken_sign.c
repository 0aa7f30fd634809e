// SPDX-License-Identifier: Apache-2.0
/* Every recorded vector of Kraken's spot signature, byte for byte. */
#include <check.h>

#include "lines.h"
#include "venue/kraken/sign.h"
#include "venue/scan.h"

enum { VENUE = 0, SCHEME = 1, SECRET = 2, PATH = 3, NONCE = 4, BODY = 5, WANT = 6, FIELDS = 7 };
static const char *const names[FIELDS] = {"venue", "scheme",   "secret",  "path",
                                          "nonce", "postdata", "expected"};
static char values[FIELDS][2048];

static int read_line(const struct lines *lines)
{
    struct scan scan;
    struct scan_text key;
    int found = 0;

    scan_init(&scan, lines->line, lines->n);
    ck_assert_int_eq(scan_object(&scan), AGON_OK);
    while (scan_key(&scan, &key) > 0) {
        int i = 0;

        while (i < FIELDS && !scan_is(&key, names[i]))
            i++;
        if (i < FIELDS && scan_peek(&scan) == '"') {
            ck_assert_int_eq(scan_copy(&scan, values[i], sizeof(values[i])), AGON_OK);
            found++;
        } else {
            ck_assert_int_eq(scan_skip(&scan), AGON_OK);
        }
    }
    return found == FIELDS && strcmp(values[VENUE], "kraken") == 0 &&
           strncmp(values[SCHEME], "spot:", 5) == 0;
}

START_TEST(recorded_vectors)
{
    struct kraken_signer signer;
    struct secret secret = {0};
    struct lines lines;
    int n = 0;

    lines_open(&lines, "reference/signing_hmac.ndjson");
    while (lines_next(&lines)) {
        char text[KRAKEN_SIGNATURE_TEXT];

        if (!read_line(&lines))
            continue;
        ck_assert_int_eq(secret_set(&secret, values[SECRET], strlen(values[SECRET])), AGON_OK);
        ck_assert_int_eq(kraken_signer_init(&signer, &secret, NULL), AGON_OK);
        for (int i = 0; i < 2; i++) { // a signer is used again and again
            kraken_sign(&signer, values[PATH], values[NONCE], values[BODY], strlen(values[BODY]),
                        text);
            ck_assert_str_eq(text, values[WANT]);
        }
        kraken_signer_wipe(&signer);
        secret_wipe(&secret);
        n++;
    }
    lines_close(&lines);
    ck_assert_int_eq(n, 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kraken signatures");
    TCase *tcase = tcase_create("vectors");
    SRunner *runner;
    struct lines lines;
    int failed;

    lines_open(&lines, "reference/signing_hmac.ndjson"); // skips when absent
    lines_close(&lines);
    tcase_add_test(tcase, recorded_vectors);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
