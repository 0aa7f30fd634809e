// SPDX-License-Identifier: Apache-2.0
/* Every recorded signing vector of Binance, and those of the project's own venue notes, byte for
 * byte. */
#include <check.h>

#include "lines.h"
#include "venue/binance/sign.h"
#include "venue/scan.h"

static struct secret secret;
static struct binance_signer signer;

static void sign_is(enum binance_sign_kind kind, const char *key, const char *payload,
                    const char *want)
{
    char text[BINANCE_SIGNATURE_TEXT];

    ck_assert_int_eq(secret_set(&secret, key, strlen(key)), AGON_OK);
    ck_assert_int_eq(binance_signer_init(&signer, kind, &secret, NULL), AGON_OK);
    for (int i = 0; i < 2; i++) { // a signer is used again and again
        ck_assert_uint_eq(binance_sign(&signer, payload, strlen(payload), text), strlen(want));
        ck_assert_str_eq(text, want);
    }
    binance_signer_wipe(&signer);
    secret_wipe(&secret);
}

static int fields(const struct lines *lines, const char *const *names, char values[][2048], int n)
{
    struct scan scan;
    struct scan_text key;
    int found = 0;

    for (int i = 0; i < n; i++)
        values[i][0] = 0;
    scan_init(&scan, lines->line, lines->n);
    ck_assert_int_eq(scan_object(&scan), AGON_OK);
    while (scan_key(&scan, &key) > 0) {
        int i = 0;

        while (i < n && !scan_is(&key, names[i]))
            i++;
        if (i < n && scan_peek(&scan) == '"') {
            ck_assert_int_eq(scan_copy(&scan, values[i], 2048), AGON_OK);
            found++;
        } else {
            ck_assert_int_eq(scan_skip(&scan), AGON_OK);
        }
    }
    return found;
}

START_TEST(recorded_hmac_vectors)
{
    static const char *const names[] = {"venue", "secret", "payload", "expected"};
    static char values[4][2048];
    struct lines lines;
    int n = 0;

    lines_open(&lines, "reference/signing_hmac.ndjson");
    while (lines_next(&lines)) {
        if (fields(&lines, names, values, 4) < 4 || strcmp(values[0], "binance") != 0)
            continue;
        sign_is(BINANCE_SIGN_HMAC, values[1], values[2], values[3]);
        n++;
    }
    lines_close(&lines);
    ck_assert_int_eq(n, 9);
}
END_TEST

START_TEST(recorded_ed25519_vectors)
{
    static const char *const names[] = {"venue", "seed_hex", "payload", "signature_base64",
                                        "signature_urlencoded"};
    static char values[5][2048];
    struct lines lines;
    int n = 0;

    lines_open(&lines, "reference/signing_asymmetric.ndjson");
    while (lines_next(&lines)) {
        struct binance_params params;
        char query[1024];

        if (fields(&lines, names, values, 5) < 5 || strcmp(values[0], "binance") != 0)
            continue;
        sign_is(BINANCE_SIGN_ED25519, values[1], values[2], values[3]);
        binance_params_init(&params, query, sizeof(query));
        binance_params_add(&params, "signature", values[3]);
        ck_assert_str_eq(query + strlen("signature="), values[4]);
        n++;
    }
    lines_close(&lines);
    ck_assert_int_eq(n, 3);
}
END_TEST

/* The parameters of a payload, from the last to the first: it is for who signs to put them in the
 * order of their names. */
static void add_backwards(struct binance_params *params, char *payload)
{
    char *at = strrchr(payload, '&');
    char *pair = at != NULL ? at + 1 : payload;
    char *value = strchr(pair, '=');

    ck_assert_ptr_nonnull(value);
    *value = '\0';
    binance_params_add(params, pair, value + 1);
    if (at == NULL)
        return;
    *at = '\0';
    add_backwards(params, payload);
}

START_TEST(recorded_vectors_of_the_websocket_api)
{
    static const char *const names[] = {"scheme", "secret", "payload", "expected"};
    static char values[4][2048];
    struct lines lines;
    int n = 0;

    lines_open(&lines, "reference/signing_hmac.ndjson");
    while (lines_next(&lines)) {
        struct binance_params params;
        char query[1024], json[2048], want[128];
        int64_t length;

        if (fields(&lines, names, values, 4) < 4 || strncmp(values[0], "ws-api:", 7) != 0)
            continue;
        ck_assert_int_eq(secret_set(&secret, values[1], strlen(values[1])), AGON_OK);
        ck_assert_int_eq(binance_signer_init(&signer, BINANCE_SIGN_HMAC, &secret, NULL), AGON_OK);
        binance_params_init(&params, query, sizeof(query));
        params.is_plain = 1;
        add_backwards(&params, values[2]);
        length = binance_params_say(&params, &signer, json, sizeof(json));
        ck_assert_int_gt(length, 0);
        json[length] = '\0';
        snprintf(want, sizeof(want), ",\"signature\":\"%.64s\"}", values[3]);
        ck_assert_str_eq(json + length - strlen(want), want);
        binance_signer_wipe(&signer);
        secret_wipe(&secret);
        n++;
    }
    lines_close(&lines);
    ck_assert_int_eq(n, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("binance signatures");
    TCase *tcase = tcase_create("vectors");
    SRunner *runner;
    struct lines lines;
    int failed;

    lines_open(&lines, "reference/signing_hmac.ndjson"); // skips when absent
    lines_close(&lines);
    tcase_add_test(tcase, recorded_hmac_vectors);
    tcase_add_test(tcase, recorded_ed25519_vectors);
    tcase_add_test(tcase, recorded_vectors_of_the_websocket_api);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
