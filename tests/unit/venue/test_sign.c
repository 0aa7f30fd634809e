// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <sodium.h>

#include "base/rng.h"
#include "venue/binance/front.h"

static struct secret secret;
static struct binance_signer signer;

static void use(enum binance_sign_kind kind, const char *key)
{
    ck_assert_int_eq(secret_set(&secret, key, strlen(key)), AGON_OK);
    ck_assert_int_eq(binance_signer_init(&signer, kind, &secret, NULL), AGON_OK);
}

START_TEST(project_vectors)
{
    static const char order[] =
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=30000&"
        "newClientOrderId=ag-1&recvWindow=5000&timestamp=1700000000000";
    static const char encoded[] = "symbol=%EF%BC%91%EF%BC%92&timestamp=1700000000000";
    static const char short_one[] = "symbol=BTCUSDT&timestamp=1700000000000";
    char text[BINANCE_SIGNATURE_TEXT];
    unsigned char seed[32];
    char hex[65];

    use(BINANCE_SIGN_HMAC, "agon-test-secret");
    binance_sign(&signer, order, strlen(order), text);
    ck_assert_str_eq(text, "d48ab3c179d8d1b92e7b2a7c924180b31f2b389db6e5ea6311e9d7bbeee982d3");
    binance_sign(&signer, encoded, strlen(encoded), text);
    ck_assert_str_eq(text, "ef2161f3fddbb9368a6f70f1e68fb719dc7ba3a5575f87fba3cb5ed6132f7528");

    crypto_hash_sha256(seed, (const unsigned char *)"agon test key", 13);
    sodium_bin2hex(hex, sizeof(hex), seed, sizeof(seed));
    use(BINANCE_SIGN_ED25519, hex);
    binance_sign(&signer, short_one, strlen(short_one), text);
    ck_assert_str_eq(text, "1nDT20e2yQKZwdiSt6fnnrBNN8quMlbJ3mhGRzdFQdA1IdOGyyPbg41XA6Fh9j+YcRLj1P0"
                           "eyquuSOqgpISTBw==");
}
END_TEST

START_TEST(parameters_are_encoded_then_signed_as_sent)
{
    struct binance_params params;
    char text[256];

    use(BINANCE_SIGN_HMAC, "agon-test-secret\n"); // a file's line end is no part of the secret
    binance_params_init(&params, text, sizeof(text));
    binance_params_add(&params, "symbol", "\xef\xbc\x91\xef\xbc\x92");
    binance_params_add_u64(&params, "timestamp", 1700000000000);
    ck_assert_int_eq(binance_params_sign(&params, &signer), AGON_OK);
    ck_assert_str_eq(text, "symbol=%EF%BC%91%EF%BC%92&timestamp=1700000000000&signature="
                           "ef2161f3fddbb9368a6f70f1e68fb719dc7ba3a5575f87fba3cb5ed6132f7528");
}
END_TEST

/* The target is put in front of what was signed, which stays where it is; what is longer than the
 * room there is not put anywhere. */
START_TEST(a_target_stands_in_front_of_its_parameters)
{
    char all[BINANCE_PATH_ROOM + 128], path[BINANCE_PATH_ROOM + 2];
    struct binance_params params;

    memset(all, 'x', sizeof(all));
    binance_params_init(&params, all + BINANCE_PATH_ROOM, 128);
    ck_assert_str_eq(binance_params_target(&params, "/api", "/v3/time"), "/api/v3/time");
    binance_params_add_u64(&params, "recvWindow", 0);
    binance_params_add_u64(&params, "timestamp", UINT64_MAX);
    ck_assert_str_eq(binance_params_target(&params, "/api", "/v3/order"),
                     "/api/v3/order?recvWindow=0&timestamp=18446744073709551615");
    ck_assert_str_eq(params.text, "recvWindow=0&timestamp=18446744073709551615");
    for (size_t n = 0; n + 1 < sizeof(path); n++) {
        const char *target;

        memset(path, 'p', sizeof(path));
        path[n] = '\0';
        memset(all, 'x', BINANCE_PATH_ROOM);
        target = binance_params_target(&params, "", path);
        ck_assert_int_eq(target != NULL, n + 1 <= BINANCE_PATH_ROOM);
        if (target == NULL)
            continue;
        ck_assert_ptr_eq(target, params.text - n - 1);
        ck_assert(target == all || target[-1] == 'x');
    }
    for (size_t room = 0; room < 32; room++) {
        binance_params_init(&params, all + BINANCE_PATH_ROOM, room);
        binance_params_add_u64(&params, "n", 1234567890123);
        ck_assert_int_eq(params.is_full, room <= strlen("n=1234567890123"));
        ck_assert_uint_le(params.n, room);
    }
}
END_TEST

static const struct order_ids ids = {0xabcdef, 1, 0, {{0}}};

/* An order's parameters, with fronts and without; what is signed. */
static void write_order(struct binance_fronts *fronts, struct binance_params *params,
                        const char *name, const struct binance_front_kind *kind, uint64_t order_id,
                        uint8_t rev, uint64_t price)
{
    static const char *const words[4] = {"A", "LIMIT", "A_LONGER_WORD", "TAKE_PROFIT_LIMIT"};

    if (fronts == NULL ||
        !binance_front_begin(fronts, params, name, strlen(name), kind, order_id, rev)) {
        binance_params_add(params, "symbol", name);
        binance_params_add_word(params, "side", kind->side == 1 ? "BUY" : "SELL");
        binance_params_add_word(params, "type", words[(kind->type ^ kind->type >> 4) % 4]);
        binance_params_add_word(params, "timeInForce", words[(kind->tif ^ kind->tif >> 3) % 4]);
        if (kind->is_post_only)
            binance_params_add_word(params, "is", "postOnly");
        binance_params_add_u64(params, "recvWindow", kind->recv_window_ms);
        if (fronts != NULL)
            binance_front_keep(fronts, &signer, params, strlen(name), kind);
    }
    if (!params->has_id) {
        char id[CLIENT_ID_TEXT];

        client_id_format(&ids, order_id, rev, id);
        binance_params_add_bare(params, "newClientOrderId", id, CLIENT_ID_CHARS);
        binance_params_add_bare(params, "quantity", "", 0);
    }
    binance_params_add_value(params, "0.123456789012345678901234567890", 1 + price % 32);
    binance_params_add_u64(params, "price", price);
    ck_assert_int_eq(binance_params_sign(params, &signer), AGON_OK);
}

START_TEST(an_order_with_a_front_is_the_order_without)
{
    // Some have to be encoded, one is the beginning of another, and one is longer than is kept.
    static const char long_name[] =
        "A_NAME_OF_SO_MANY_CHARACTERS_THAT_NOBODY_KEEPS_WHAT_IT_BEGINS_WITH_0123456789_0123456789";
    static const char *const names[] = {"BTCUSDT",      "BTCUSDC", "A",   "AB",   "A%",
                                        "A\x01",        "A&",      "x=y", "ETHB", "ETHA",
                                        "\xef\xbc\x91", long_name};
    struct binance_fronts fronts = {0};
    struct binance_params with, without;
    char text[512], other[512];
    uint32_t n_kept = 0, n_told = 0;
    struct rng rng;

    rng_init(&rng, 5);
    for (int key = 0; key < 2; key++) {
        if (key == 0)
            use(BINANCE_SIGN_HMAC, "agon-test-secret");
        else
            use(BINANCE_SIGN_ED25519,
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
        memset(&fronts, 0, sizeof(fronts));
        for (int i = 0; i < (key == 0 ? 20000 : 500); i++) {
            const char *name = names[rng_below(&rng, sizeof(names) / sizeof(names[0]))];
            struct binance_front_kind kind = {.side = (uint8_t)(1 + rng_below(&rng, 2)),
                                              .type = (uint8_t)rng_below(&rng, 20),
                                              .tif = (uint8_t)rng_below(&rng, 12),
                                              .is_post_only = (uint8_t)rng_below(&rng, 2),
                                              .recv_window_ms =
                                                  rng_below(&rng, 20) == 0 ? 60000 : 5000};
            uint64_t price = rng_below(&rng, 1000000);
            // Some slots, of each some orders, some of them the next: the last ids there are, too.
            uint64_t order_id = (uint64_t)rng_below(&rng, 3) << 48 | (uint64_t)1 << 32 |
                                (rng_below(&rng, 4) == 0 ? ORDER_COUNTER_MAX - rng_below(&rng, 4)
                                                         : 1 + rng_below(&rng, 8));
            uint8_t rev = (uint8_t)(rng_below(&rng, 4) == 0);

            binance_params_init(&with, text, sizeof(text));
            binance_params_init(&without, other, sizeof(other));
            write_order(&fronts, &with, name, &kind, order_id, rev, price);
            write_order(NULL, &without, name, &kind, order_id, rev, price);
            ck_assert_uint_eq(with.n, without.n);
            ck_assert_str_eq(text, other);
            // The same once more, out of what is kept: not of a name that is encoded, or long.
            binance_params_init(&with, text, sizeof(text));
            n_kept += (uint32_t)binance_front_begin(&fronts, &with, name, strlen(name), &kind,
                                                    order_id, rev);
            binance_params_init(&with, text, sizeof(text));
            write_order(&fronts, &with, name, &kind, order_id, rev, price);
            ck_assert_str_eq(text, other);
            // And the next of its kind, most often by the id that was foretold.
            binance_front_foretell(&fronts, name, strlen(name), &kind, &ids, order_id, rev);
            order_id += ORDER_ID_COUNTER(order_id) < ORDER_COUNTER_MAX && rng_below(&rng, 4) != 0;
            binance_params_init(&with, text, sizeof(text));
            binance_params_init(&without, other, sizeof(other));
            write_order(&fronts, &with, name, &kind, order_id, rev, price);
            write_order(NULL, &without, name, &kind, order_id, rev, price);
            n_told += (uint32_t)with.has_id;
            ck_assert_str_eq(text, other);
        }
        ck_assert_uint_gt(n_told, key == 0 ? 5000u : 120u);
        ck_assert_uint_gt(n_kept, key == 0 ? 8000u : 8200u);
    }
    // Where something stands already, or there is no room for a whole front, there is none.
    binance_params_init(&with, text, sizeof(text));
    binance_params_add_word(&with, "a", "b");
    ck_assert(
        !binance_front_begin(&fronts, &with, "BTCUSDT", 7, &(struct binance_front_kind){0}, 1, 0));
    binance_params_init(&with, text, BINANCE_AHEAD_TEXT);
    for (uint32_t i = 0; i < BINANCE_FRONTS; i++) {
        const struct binance_front *front = &fronts.all[i];
        char name[BINANCE_FRONT_TEXT];

        ck_assert_uint_gt(front->n, 0); // each place was used
        memcpy(name, front->text + strlen("symbol="), front->n_name);
        ck_assert(!binance_front_begin(&fronts, &with, name, front->n_name, &front->kind, 1, 0));
    }
}
END_TEST

/* What the next order of a kind is called: one further, or as far as the last two were apart. */
START_TEST(the_next_id_is_foretold_by_the_last_two)
{
    const struct binance_front_kind kind = {.side = 1, .type = 3, .tif = 2, .recv_window_ms = 5000};
    const uint64_t run = (uint64_t)3 << 48 | (uint64_t)1 << 32;
    const struct {
        uint64_t sent, next; // 0: none is foretold
    } steps[] = {{run | 5, run | 6},
                 {run | 6, run | 7},
                 {run | 8, run | 10}, // a bid and an offer in turn
                 {run | 10, run | 12},
                 {run | 500, run | 501},
                 {(run + ((uint64_t)1 << 32)) | 1, (run + ((uint64_t)1 << 32)) | 2},
                 {run | (ORDER_COUNTER_MAX - 1), run | ORDER_COUNTER_MAX},
                 {run | ORDER_COUNTER_MAX, 0}};
    struct binance_fronts fronts = {0};
    struct binance_params params;
    char text[512], other[512];

    use(BINANCE_SIGN_HMAC, "agon-test-secret");
    binance_params_init(&params, text, sizeof(text));
    write_order(&fronts, &params, "BTCUSDT", &kind, run | 4, 0, 1);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        binance_front_foretell(&fronts, "BTCUSDT", 7, &kind, &ids, steps[i].sent, 0);
        for (int at = 0; at < 3; at++) { // before it, that one, and that one with a revision
            uint64_t order_id = steps[i].next != 0 ? steps[i].next - (at == 0) : run | 1;

            binance_params_init(&params, text, sizeof(text));
            ck_assert(binance_front_begin(&fronts, &params, "BTCUSDT", 7, &kind, order_id,
                                          (uint8_t)(at == 2)));
            ck_assert_int_eq(params.has_id, at == 1 && steps[i].next != 0);
            // Two blocks of the hash are made: what is left is below one.
            ck_assert_uint_eq(params.n_hashed, params.has_id ? 128 : 64);
            binance_params_init(&params, text, sizeof(text));
            write_order(&fronts, &params, "BTCUSDT", &kind, order_id, at == 2, 6000001);
            binance_params_init(&params, other, sizeof(other));
            write_order(NULL, &params, "BTCUSDT", &kind, order_id, at == 2, 6000001);
            ck_assert_str_eq(text, other);
        }
    }
}
END_TEST

START_TEST(parameters_that_do_not_fit_are_not_signed)
{
    for (size_t room = 0; room < 120; room++) {
        char text[128];
        struct binance_params params;

        use(BINANCE_SIGN_HMAC, "s");
        binance_params_init(&params, text, room);
        binance_params_add(&params, "symbol", "BTCUSDT");
        binance_params_add(&params, "b", "%%");
        ck_assert_int_eq(binance_params_sign(&params, &signer) == AGON_OK,
                         room > strlen("symbol=BTCUSDT&b=%25%25&signature=") + 64);
    }
}
END_TEST

/* By a key that has the first block behind it, which writes the signature where it goes. */
START_TEST(a_signature_without_room_is_not_written)
{
    static const char value[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-0123456789-0123456789";
    const size_t n = strlen("symbol=") + strlen(value), n_signed = n + strlen("&signature=") + 64;
    char text[256], whole[256];
    struct binance_params params;
    struct hmac_key key;

    use(BINANCE_SIGN_HMAC, "agon-test-secret");
    binance_params_init(&params, whole, sizeof(whole));
    binance_params_add(&params, "symbol", value);
    ck_assert_int_eq(binance_params_sign(&params, &signer), AGON_OK);
    ck_assert_uint_eq(params.n, n_signed);
    for (size_t room = n + 1; room < n_signed + 4; room++) {
        memset(text, 'x', sizeof(text));
        binance_params_init(&params, text, room);
        binance_params_add(&params, "symbol", value);
        params.n_hashed = binance_signer_begin(&signer, &key, text, params.n);
        params.hashed = &key;
        ck_assert_uint_eq(params.n_hashed, 64);
        ck_assert_int_eq(binance_params_sign(&params, &signer),
                         room > n_signed ? AGON_OK : AGON_ENOSPC);
        for (size_t i = room; i < sizeof(text); i++)
            ck_assert_int_eq(text[i], 'x');
        if (room > n_signed)
            ck_assert_str_eq(text, whole);
    }
}
END_TEST

/* As by its text, in any room. */
START_TEST(a_number_is_written_where_it_goes)
{
    static const int64_t values[] = {0, 1, 1000, 4200012, 99999999, 100000000, -5, INT64_MAX};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) * 4; i++) {
        for (size_t room = 1; room < 72; room++) {
            const int64_t value = values[i / 4];
            const int exp = (int)(i % 4) * 2;
            char text[96], other[96], number[NUM_TEXT];
            struct binance_params params, by_text;

            memset(text, 'x', sizeof(text));
            binance_params_init(&params, text, room);
            binance_params_init(&by_text, other, room);
            binance_params_add_decimal(&params, "price", value, exp);
            binance_params_add_bare(&by_text, "price", number,
                                    (size_t)num_format_short(value, exp, number));
            binance_params_add_u64(&params, "t", (uint64_t)value);
            snprintf(number, sizeof(number), "%llu", (unsigned long long)value);
            binance_params_add_bare(&by_text, "t", number, strlen(number));
            ck_assert_int_eq(params.is_full, by_text.is_full);
            if (!params.is_full)
                ck_assert_str_eq(text, other);
            for (size_t at = room; at < sizeof(text); at++)
                ck_assert_int_eq(text[at], 'x');
        }
    }
}
END_TEST

/* In the order of their names, not encoded, with the signature of project_vectors' way over that;
 * what could end a text or a parameter stands in none. */
START_TEST(parameters_for_a_socket_are_sorted_and_signed)
{
    static const char *const bad[] = {"a\"b", "a\\b", "a&b", "a=b", "a\nb", "a\x7f"};
    struct binance_params params;
    char text[512], json[1024];
    int64_t n;

    use(BINANCE_SIGN_HMAC, "agon-test-secret");
    binance_params_init(&params, text, sizeof(text));
    params.is_plain = 1;
    binance_params_add_u64(&params, "timestamp", 1700000000000);
    binance_params_add(&params, "symbol", "\xef\xbc\x91\xef\xbc\x92");
    binance_params_add_u64(&params, "recvWindow", 5000);
    binance_params_add(&params, "price", "30000.5");
    binance_params_add(&params, "apiKey", "k");
    n = binance_params_say(&params, &signer, json, sizeof(json));
    ck_assert_int_gt(n, 0);
    json[n] = 0;
    ck_assert_str_eq(
        json,
        "{\"apiKey\":\"k\",\"price\":\"30000.5\",\"recvWindow\":5000,"
        "\"symbol\":\"\xef\xbc\x91\xef\xbc\x92\",\"timestamp\":1700000000000,"
        "\"signature\":\"efe3a683e6b4da43075db35f4203a2031124fc9958fc8f1e466c0a5c5d41ee19\"}");
    ck_assert_int_eq(binance_params_say(&params, &signer, json, 200), AGON_ENOSPC);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        binance_params_init(&params, text, sizeof(text));
        params.is_plain = 1;
        binance_params_add(&params, "symbol", bad[i]);
        ck_assert_int_eq(binance_params_say(&params, &signer, json, sizeof(json)), AGON_ENOSPC);
    }
    // More of them than any request has.
    binance_params_init(&params, text, sizeof(text));
    params.is_plain = 1;
    for (int i = 0; i < 33; i++)
        binance_params_add(&params, "a", "b");
    ck_assert_int_eq(binance_params_say(&params, &signer, json, sizeof(json)), AGON_ENOSPC);
}
END_TEST

/* The key of RFC 8410, section 10.3, and its public half by that document. */
START_TEST(pem_is_read_as_openssl_writes_it)
{
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
                              "-----END PRIVATE KEY-----\n";
    static const char hex[] = "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";
    char by_pem[BINANCE_SIGNATURE_TEXT];
    char by_hex[BINANCE_SIGNATURE_TEXT];

    use(BINANCE_SIGN_ED25519, pem);
    binance_sign(&signer, "x", 1, by_pem);
    use(BINANCE_SIGN_ED25519, hex);
    binance_sign(&signer, "x", 1, by_hex);
    ck_assert_str_eq(by_pem, by_hex);
}
END_TEST

START_TEST(bad_keys_are_refused_without_being_told)
{
    static const char short_key[] = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n"
                                    "-----END PRIVATE KEY-----";
    static const char *const bad[] = {"secretsecret", "-----BEGIN PRIVATE KEY-----\nsecret",
                                      short_key};
    struct error err = {0};

    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(secret_set(&secret, bad[i], strlen(bad[i])), AGON_OK);
        err.code = 0;
        ck_assert_int_eq(binance_signer_init(&signer, BINANCE_SIGN_ED25519, &secret, &err),
                         AGON_EINVAL);
        ck_assert_ptr_null(strstr(err.text, "secret"));
    }
    secret_wipe(&secret);
    ck_assert_int_eq(binance_signer_init(&signer, BINANCE_SIGN_HMAC, &secret, &err), AGON_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sign");
    TCase *tcase = tcase_create("sign");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, project_vectors);
    tcase_add_test(tcase, parameters_are_encoded_then_signed_as_sent);
    tcase_add_test(tcase, a_target_stands_in_front_of_its_parameters);
    tcase_add_test(tcase, an_order_with_a_front_is_the_order_without);
    tcase_add_test(tcase, the_next_id_is_foretold_by_the_last_two);
    tcase_add_test(tcase, parameters_that_do_not_fit_are_not_signed);
    tcase_add_test(tcase, a_signature_without_room_is_not_written);
    tcase_add_test(tcase, a_number_is_written_where_it_goes);
    tcase_add_test(tcase, parameters_for_a_socket_are_sorted_and_signed);
    tcase_add_test(tcase, pem_is_read_as_openssl_writes_it);
    tcase_add_test(tcase, bad_keys_are_refused_without_being_told);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
