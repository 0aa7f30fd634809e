// SPDX-License-Identifier: Apache-2.0
/* Every vector of OKX's signature, byte for byte: two that stand here, and the recorded ones. */
#include <check.h>

#include "lines.h"
#include "venue/okx/sign.h"
#include "venue/scan.h"

enum { VENUE = 0, SECRET = 1, STAMP = 2, METHOD = 3, PATH = 4, BODY = 5, WANT = 6, FIELDS = 7 };
static const char *const names[FIELDS] = {"venue", "secret", "ts",      "method",
                                          "path",  "body",   "expected"};
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
    return found == FIELDS && strcmp(values[VENUE], "okx") == 0;
}

static void check(const char *secret_text, const char *stamp, const char *method, const char *path,
                  const char *body, const char *want)
{
    struct okx_signer signer;
    struct secret secret = {0};
    char text[OKX_SIGNATURE_TEXT];

    ck_assert_int_eq(secret_set(&secret, secret_text, strlen(secret_text)), AGON_OK);
    ck_assert_int_eq(okx_signer_init(&signer, &secret, NULL), AGON_OK);
    for (int i = 0; i < 2; i++) { // a signer is used again and again
        okx_sign(&signer, stamp, method, path, body, strlen(body), text);
        ck_assert_str_eq(text, want);
    }
    okx_signer_wipe(&signer);
    secret_wipe(&secret);
}

START_TEST(vectors_of_a_request_and_of_a_login)
{
    struct okx_signer signer;
    struct secret none = {0};

    check("agon-test-secret", "2023-11-14T22:13:20.000Z", "POST", "/api/v5/trade/order",
          "{\"instId\":\"BTC-USDT\",\"tdMode\":\"cash\",\"side\":\"buy\",\"ordType\":\"limit\","
          "\"px\":\"30000\",\"sz\":\"0.01\",\"clOrdId\":\"ag1\"}",
          "9KKsdlnIXHKMlYuwFlGABvLjTRtxLUOvH/jsW/gxud4=");
    check("agon-test-secret", "1700000000", "GET", "/users/self/verify", "",
          "tJ7MYvY71uBfi8Y0+QZeX1F3ZEE5Azcp/q4YVVRv2Oc=");
    ck_assert_int_eq(okx_signer_init(&signer, &none, NULL), AGON_EINVAL);
}
END_TEST

START_TEST(recorded_vectors)
{
    struct lines lines;
    int n = 0;

    lines_open(&lines, "reference/signing_hmac.ndjson");
    while (lines_next(&lines)) {
        if (!read_line(&lines))
            continue;
        check(values[SECRET], values[STAMP], values[METHOD], values[PATH], values[BODY],
              values[WANT]);
        n++;
    }
    lines_close(&lines);
    ck_assert_int_eq(n, 9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("okx signatures");
    TCase *tcase = tcase_create("vectors");
    SRunner *runner;
    struct lines lines;
    int failed;

    lines_open(&lines, "reference/signing_hmac.ndjson"); // skips when absent
    lines_close(&lines);
    tcase_add_test(tcase, vectors_of_a_request_and_of_a_login);
    tcase_add_test(tcase, recorded_vectors);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
