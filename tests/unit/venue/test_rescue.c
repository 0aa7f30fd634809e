// SPDX-License-Identifier: Apache-2.0
/* rescue, which cancels in a dead host's place, against an exchange in memory and in scripted time:
 * what it asks for, how often, and when it says that it is done. */
#include "venue/rescue.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"
#include "venue/client_id.h"

#define MS         ((int64_t)1000000)
#define S          ((int64_t)1000000000)
#define T0         ((int64_t)1700000000000)
#define CONNS      64
#define ORDERS     2100
#define CAPACITY   6000 /* weight a minute, and the keeper's quarter of it */
#define QUARTER    (CAPACITY / 4)
#define LIST       80
#define SECONDS    1200
#define ANSWER_MS  5
#define BODY_BYTES ((size_t)1 << 20)

struct conn {
    int is_used, is_open, is_ending;
    struct stream_owner owner;
    int64_t open_ns, answer_ns; /* INT64_MAX: no answer */
    char *answer;
};
static struct exchange {
    int64_t now;
    struct conn conns[CONNS];
    struct {
        int64_t at;
        struct stream_owner owner;
    } timer;
    uint32_t n_orders;
    struct {
        char id[40];
        const char *symbol;
        int64_t from_ns; /* it arrives then */
        int is_open;
    } orders[ORDERS];
    uint32_t weight[SECONDS]; /* by second */
    uint32_t n_single, n_symbol, n_lists, n_refused;
    int64_t stop_ns, last_ns; /* 429 until then; the last request while it was so */
    int status;               /* of what is signed; 0: as it should be */
    int n_hung;               /* so many lists get no answer */
    struct rescue *rescue;
} x;

static const struct order_ids ours = {.journal = 0x123456};

/* --- the exchange --- */

static void put_list(char *to)
{
    size_t n = (size_t)sprintf(to, "[");

    for (uint32_t i = 0; i < x.n_orders; i++) {
        if (!x.orders[i].is_open || x.now < x.orders[i].from_ns)
            continue;
        ck_assert_uint_lt(n + 512, BODY_BYTES);
        n += (size_t)sprintf(to + n,
                             "%s{\"symbol\":\"%s\",\"orderId\":%u,\"clientOrderId\":\"%s\","
                             "\"price\":\"30000.00\",\"origQty\":\"0.01000\","
                             "\"executedQty\":\"0.00000\",\"status\":\"NEW\",\"timeInForce\":"
                             "\"GTC\",\"type\":\"LIMIT\",\"side\":\"BUY\",\"time\":%lld,"
                             "\"updateTime\":%lld}",
                             n > 1 ? "," : "", x.orders[i].symbol, i + 1, x.orders[i].id,
                             (long long)T0, (long long)T0);
    }
    sprintf(to + n, "]");
}

static void end_orders(const char *target)
{
    const char *symbol = strstr(target, "symbol=") + strlen("symbol=");
    const char *id = strstr(target, "origClientOrderId=");

    for (uint32_t i = 0; i < x.n_orders; i++) {
        size_t n = strlen(x.orders[i].symbol);

        if (x.now < x.orders[i].from_ns || strncmp(symbol, x.orders[i].symbol, n) != 0)
            continue;
        if (id == NULL ||
            strncmp(id + strlen("origClientOrderId="), x.orders[i].id, strlen(x.orders[i].id)) == 0)
            x.orders[i].is_open = 0;
    }
    x.n_single += id != NULL;
    x.n_symbol += id == NULL;
}

static int judge(const char *method, const char *target, char *body)
{
    int is_time = strncmp(target, "/api/v3/time", 12) == 0;
    int is_list = strcmp(method, "GET") == 0 && strstr(target, "/openOrders?") != NULL;

    x.weight[x.now / S] += is_list ? LIST : 1;
    if (x.now < x.stop_ns) {
        x.n_refused++;
        x.last_ns = x.now;
        sprintf(body, "{\"code\":-1003,\"msg\":\"Too many requests.\"}");
        return 429;
    }
    if (is_time) {
        sprintf(body, "{\"serverTime\":%lld}", (long long)(T0 + x.now / MS));
    } else if (x.status != 0) {
        x.n_refused++;
        sprintf(body, "{\"code\":-2015,\"msg\":\"Invalid API-key, IP, or permissions.\"}");
        return x.status;
    } else if (is_list) {
        x.n_lists++;
        put_list(body);
    } else {
        ck_assert_str_eq(method, "DELETE");
        end_orders(target);
        sprintf(body, "[]");
    }
    return 200;
}

/* --- the port --- */

static int port_connect(void *ctx, const struct stream_target *target,
                        const struct stream_owner *owner)
{
    (void)ctx;
    (void)target;
    for (int i = 0; i < CONNS; i++) {
        if (x.conns[i].is_used)
            continue;
        x.conns[i] = (struct conn){.is_used = 1,
                                   .owner = *owner,
                                   .open_ns = x.now + ANSWER_MS * MS,
                                   .answer_ns = INT64_MAX};
        return i;
    }
    return AGON_EAGAIN;
}

static int port_send(void *ctx, int at, const void *bytes, size_t n)
{
    struct conn *conn = &x.conns[at];
    char method[8], target[3072], text[4096];
    char *body = malloc(BODY_BYTES);
    size_t room = BODY_BYTES + 256;
    int is_list;

    (void)ctx;
    ck_assert(conn->is_open && !conn->is_ending && conn->answer == NULL && body != NULL);
    ck_assert_uint_lt(n, sizeof(text));
    memcpy(text, bytes, n);
    text[n] = '\0';
    ck_assert_int_eq(sscanf(text, "%7s %3071s", method, target), 2);
    is_list = strstr(target, "/openOrders?") != NULL;
    conn->answer = malloc(room);
    ck_assert_ptr_nonnull(conn->answer);
    snprintf(conn->answer, room,
             "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: ",
             judge(method, target, body));
    n = strlen(conn->answer);
    snprintf(conn->answer + n, room - n, "%zu\r\n\r\n%s", strlen(body), body);
    conn->answer_ns = x.now + ANSWER_MS * MS;
    if (is_list && x.n_hung > 0) {
        x.n_hung--;
        conn->answer_ns = INT64_MAX;
    }
    free(body);
    return AGON_OK;
}

static void port_close(void *ctx, int at, int is_flush)
{
    (void)ctx;
    (void)is_flush;
    x.conns[at].is_ending = 1;
}

static int64_t port_timer(void *ctx, int64_t delay, uint64_t cookie,
                          const struct stream_owner *owner)
{
    (void)ctx;
    (void)cookie;
    ck_assert_int_eq(x.timer.at, 0);
    x.timer.at = x.now + delay;
    x.timer.owner = *owner;
    return 0;
}

static int64_t port_now(void *ctx)
{
    (void)ctx;
    return x.now;
}

static const struct stream_port port = {.connect = port_connect,
                                        .send = port_send,
                                        .close = port_close,
                                        .timer = port_timer,
                                        .now = port_now};

static void step(void)
{
    x.now += MS;
    for (int i = 0; i < CONNS; i++) {
        struct conn *conn = &x.conns[i];

        if (!conn->is_used)
            continue;
        if (conn->is_ending) {
            free(conn->answer);
            conn->is_used = 0;
            conn->owner.on_end(conn->owner.ctx, i, STREAM_END_LOCAL, "closed");
        } else if (!conn->is_open && x.now >= conn->open_ns) {
            conn->is_open = 1;
            conn->owner.on_open(conn->owner.ctx, i);
        } else if (conn->answer != NULL && x.now >= conn->answer_ns) {
            char *answer = conn->answer;

            conn->answer = NULL;
            conn->owner.on_bytes(conn->owner.ctx, i, answer, strlen(answer));
            free(answer);
        }
    }
    if (x.timer.at != 0 && x.now >= x.timer.at) {
        x.timer.at = 0;
        x.timer.owner.on_timer(x.timer.owner.ctx, 0);
    }
}

/* --- what it is given --- */

static void add_order(const struct order_ids *ids, const char *symbol, int64_t from_ns)
{
    uint32_t at = x.n_orders++;

    ck_assert_uint_lt(at, ORDERS);
    if (ids != NULL)
        client_id_format(ids, (uint64_t)1 << 48 | (uint64_t)1 << 32 | (at + 1), 0, x.orders[at].id);
    else
        snprintf(x.orders[at].id, sizeof(x.orders[at].id), "web_%u", at);
    x.orders[at].symbol = symbol;
    x.orders[at].from_ns = from_ns;
    x.orders[at].is_open = 1;
}

static uint32_t n_open(int is_ours)
{
    struct client_id id;
    uint32_t n = 0;

    for (uint32_t i = 0; i < x.n_orders; i++)
        n += x.orders[i].is_open && (client_id_read(&ours, x.orders[i].id, strlen(x.orders[i].id),
                                                    &id) == CLIENT_ID_OURS) == is_ours;
    return n;
}

static void begin(void)
{
    memset(&x, 0, sizeof(x));
    x.now = 10 * S;
}

static void start(void)
{
    static const char *const symbols[] = {"BTCUSDT", "ETHUSDT"};
    struct agon_instrument instruments[2] = {0};
    struct venue_config config;
    struct error err = {0};

    ck_assert_int_eq(venue_config_default(&config, "binance_spot"), AGON_OK);
    snprintf(config.name, sizeof(config.name), "scripted");
    snprintf(config.rest.host, sizeof(config.rest.host), "rest.test");
    config.recv_window_ms = 1000;
    config.n_limits = 1;
    config.limits[0] = (struct venue_limit){"weight", CAPACITY, 60 * S};
    ck_assert_int_eq(secret_set(&config.key, "agon-test-key", 13), AGON_OK);
    ck_assert_int_eq(secret_set(&config.secret, "agon-test-secret", 16), AGON_OK);
    for (uint32_t i = 0; i < 2; i++) {
        instruments[i].kind = INSTRUMENT_SPOT;
        instruments[i].px_exp = 2;
        instruments[i].qty_exp = 5;
        instruments[i].tick_px = instruments[i].lot_qty = 1;
        snprintf(instruments[i].symbol, sizeof(instruments[i].symbol), "%s", symbols[i]);
    }
    ck_assert_msg(rescue_new(&x.rescue, &config, &port, &ours, instruments, 2, &err) >= 0, "%s",
                  err.text);
    secret_wipe(&config.key);
    secret_wipe(&config.secret);
    rescue_start(x.rescue);
}

/* Until it is over, or for so long. */
static struct rescue_status run(int64_t length_ns)
{
    struct rescue_status status;

    for (int64_t end = x.now + length_ns; x.now < end;) {
        step();
        rescue_status(x.rescue, &status);
        if (status.state != RESCUE_RUNNING)
            break;
    }
    return status;
}

static void end(void)
{
    rescue_free(x.rescue);
    for (int i = 0; i < CONNS; i++) {
        if (x.conns[i].is_used)
            free(x.conns[i].answer);
    }
}

/* The most of any minute, by seconds: a minute and the rest of a second more than the venue's. */
static uint32_t most_of_a_minute(void)
{
    uint32_t most = 0;

    for (int from = 0; from + 60 <= SECONDS; from++) {
        uint32_t sum = 0;

        for (int i = from; i < from + 60; i++)
            sum += x.weight[i];
        most = sum > most ? sum : most;
    }
    return most;
}

/* --- the promises --- */

START_TEST(its_own_limiter_takes_a_quarter_of_the_venues_limit_and_no_more)
{
    struct rescue_status status;

    // A stranger's order stands on the symbol: each of ours is cancelled by itself.
    begin();
    add_order(NULL, "BTCUSDT", 0);
    for (int i = 0; i < 2000; i++)
        add_order(&ours, "BTCUSDT", 0);
    start();
    status = run(600 * S);
    ck_assert_uint_eq(status.state, RESCUE_DONE);
    ck_assert_uint_eq(status.n_found, 2000);
    ck_assert_uint_eq(status.n_left, 0);
    ck_assert_uint_eq(status.n_foreign, 1);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_uint_eq(n_open(0), 1);
    ck_assert_uint_ge(x.n_single, 2000);
    ck_assert_uint_eq(x.n_symbol, 0);
    ck_assert_uint_le(most_of_a_minute(), QUARTER);
    // ... and it uses what it may: all of it in the first minute, the rest in the next ones.
    ck_assert_uint_ge(most_of_a_minute(), QUARTER * 9 / 10);
    ck_assert_int_lt(x.now, 10 * S + 150 * S);
    end();
}
END_TEST

START_TEST(its_lists_alone_stay_within_its_quarter)
{
    struct rescue_status status;

    // It cannot name that symbol to the venue: it says so, and goes on looking.
    begin();
    add_order(&ours, "BTCUSDT", 0);
    add_order(&ours, "SOLUSDT", 0);
    start();
    status = run(300 * S);
    ck_assert_uint_eq(status.state, RESCUE_RUNNING);
    ck_assert_uint_eq(status.n_elsewhere, 1);
    ck_assert_uint_eq(n_open(1), 1);
    ck_assert_ptr_nonnull(strstr(status.text, "symbols that the configuration does not name"));
    ck_assert_uint_le(most_of_a_minute(), QUARTER);
    ck_assert_uint_ge(most_of_a_minute(), QUARTER * 9 / 10);
    end();
}
END_TEST

START_TEST(one_request_ends_a_symbol_where_all_are_ours)
{
    static const struct order_ids other = {.journal = 0x654321};
    struct rescue_status status;

    begin();
    for (int i = 0; i < 500; i++)
        add_order(&ours, "BTCUSDT", 0);
    add_order(&ours, "ETHUSDT", 0);
    add_order(&other, "ETHUSDT", 0); // of our form, from another journal: another host's
    start();
    status = run(60 * S);
    ck_assert_uint_eq(status.state, RESCUE_DONE);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_uint_eq(n_open(0), 1);
    ck_assert_uint_eq(x.n_symbol, 1);
    ck_assert_uint_eq(x.n_single, 1);
    ck_assert_uint_eq(status.n_cancels, 2);
    end();
}
END_TEST

START_TEST(it_is_done_only_when_what_was_on_its_way_has_expired)
{
    struct rescue_status status;

    // Sent by the host with its last breath, taken at the end of its window.
    begin();
    add_order(&ours, "BTCUSDT", 0);
    add_order(&ours, "BTCUSDT", x.now + 990 * MS);
    start();
    status = run(60 * S);
    ck_assert_uint_eq(status.state, RESCUE_DONE);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_int_gt(x.now, 11 * S);
    ck_assert_int_lt(x.now, 10 * S + 5 * S);
    end();
    // Where there is nothing at all it waits as long.
    begin();
    start();
    ck_assert_uint_eq(run(60 * S).state, RESCUE_DONE);
    ck_assert_int_gt(x.now, 11 * S);
    ck_assert_uint_ge(x.n_lists, 2);
    end();
}
END_TEST

START_TEST(too_many_requests_are_followed_by_none_for_a_second_and_then_it_goes_on)
{
    begin();
    add_order(NULL, "BTCUSDT", 0);
    for (int i = 0; i < 20; i++)
        add_order(&ours, "BTCUSDT", 0);
    x.stop_ns = x.now + 10 * S;
    start();
    ck_assert_uint_eq(run(60 * S).state, RESCUE_DONE);
    ck_assert_uint_eq(n_open(1), 0);
    // One each second on its four connections, not one each 20 ms.
    ck_assert_uint_ge(x.n_refused, 2);
    ck_assert_uint_le(x.n_refused, 4 * 11);
    ck_assert_int_lt(x.now, 10 * S + 10 * S + 10 * S);
    end();
}
END_TEST

START_TEST(a_key_that_is_refused_three_times_is_given_up)
{
    struct rescue_status status;

    begin();
    add_order(&ours, "BTCUSDT", 0);
    x.status = 401;
    start();
    status = run(60 * S);
    ck_assert_uint_eq(status.state, RESCUE_GIVEN_UP);
    ck_assert_ptr_nonnull(strstr(status.text, "Invalid API-key"));
    ck_assert_uint_eq(x.n_refused, 3);
    end();
}
END_TEST

START_TEST(a_list_without_an_answer_is_asked_for_anew_after_a_second)
{
    begin();
    add_order(&ours, "BTCUSDT", 0);
    x.n_hung = 2;
    start();
    ck_assert_uint_eq(run(60 * S).state, RESCUE_DONE);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_int_lt(x.now, 10 * S + 2 * (S + 300 * MS) + 3 * S);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rescue");
    TCase *tcase = tcase_create("rescue");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, its_own_limiter_takes_a_quarter_of_the_venues_limit_and_no_more);
    tcase_add_test(tcase, its_lists_alone_stay_within_its_quarter);
    tcase_add_test(tcase, one_request_ends_a_symbol_where_all_are_ours);
    tcase_add_test(tcase, it_is_done_only_when_what_was_on_its_way_has_expired);
    tcase_add_test(tcase, too_many_requests_are_followed_by_none_for_a_second_and_then_it_goes_on);
    tcase_add_test(tcase, a_key_that_is_refused_three_times_is_given_up);
    tcase_add_test(tcase, a_list_without_an_answer_is_asked_for_anew_after_a_second);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
