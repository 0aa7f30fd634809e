// SPDX-License-Identifier: Apache-2.0
/* What a webhook does not take lies in the dead-letter file 5 s after it was put, and what it takes
 * by then does not. Time is the port's and only that: it goes from one thing that happens to the
 * next. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/alert_sink.h"

#define MS         ((int64_t)1000000)
#define PROMISE    (5000 * MS)
#define EVENTS     1024
#define CONNS      400
#define TRICKLE_NS (100 * MS)

/* ---- a port with nothing behind it but receivers as the test wants them */

enum receiver {
    ANSWERS,      /* after answer_ns, with the status */
    ANSWERS_OPEN, /* ... without a length: the end of the connection ends it */
    HANGS,        /* takes everything and says nothing */
    HANGS_AT_CONNECT,
    TRICKLES_HEAD, /* a byte at a time, for ever */
    TRICKLES_BODY,
    REFUSES,
    CUTS, /* the connection, when it has the request */
    NO_PLACE,
};
enum happening { OPEN = 1, BYTES, END, TIMER };
struct event {
    int64_t t;
    enum happening what;
    int conn;
    uint64_t cookie;
    struct stream_owner owner;
};
static struct {
    int64_t now;
    struct event events[EVENTS];
    int n_events;
    struct {
        struct stream_owner owner;
        enum receiver kind;
        int is_open, n_said;
        char text[2048]; /* what it was sent */
    } conns[CONNS];
    int n_conns, n_open, n_open_max;
    /* Of connection i the kind is kinds[i], of all further ones the last. */
    enum receiver kinds[4];
    int n_kinds;
    int64_t answer_ns;
    int status;
} net;

static void happen(int64_t in, enum happening what, int conn, uint64_t cookie,
                   const struct stream_owner *owner)
{
    ck_assert_int_lt(net.n_events, EVENTS);
    net.events[net.n_events++] = (struct event){
        .t = net.now + in, .what = what, .conn = conn, .cookie = cookie, .owner = *owner};
}

static int port_connect(void *ctx, const struct stream_target *target,
                        const struct stream_owner *owner)
{
    int conn = net.n_conns;
    enum receiver kind = net.kinds[conn < net.n_kinds ? conn : net.n_kinds - 1];

    (void)ctx;
    ck_assert_str_eq(target->host, "127.0.0.1");
    ck_assert_int_lt(conn, CONNS);
    if (kind == NO_PLACE)
        return AGON_EAGAIN;
    net.n_conns++;
    net.conns[conn].owner = *owner;
    net.conns[conn].kind = kind;
    net.conns[conn].is_open = 1;
    if (++net.n_open > net.n_open_max)
        net.n_open_max = net.n_open;
    if (kind == REFUSES)
        happen(MS, END, conn, STREAM_END_REFUSED, owner);
    else if (kind != HANGS_AT_CONNECT)
        happen(MS, OPEN, conn, 0, owner);
    else
        happen(3000 * MS, END, conn, STREAM_END_TIMEOUT, owner);
    return conn;
}

static int port_send(void *ctx, int conn, const void *bytes, size_t n)
{
    enum receiver kind = net.conns[conn].kind;

    (void)ctx;
    ck_assert(net.conns[conn].is_open);
    ck_assert_uint_lt(n, sizeof(net.conns[conn].text));
    memcpy(net.conns[conn].text, bytes, n);
    if (kind == ANSWERS || kind == ANSWERS_OPEN)
        happen(net.answer_ns, BYTES, conn, 0, &net.conns[conn].owner);
    else if (kind == TRICKLES_HEAD || kind == TRICKLES_BODY)
        happen(TRICKLE_NS, BYTES, conn, 0, &net.conns[conn].owner);
    else if (kind == CUTS)
        happen(MS, END, conn, STREAM_END_PEER, &net.conns[conn].owner);
    return AGON_OK;
}

static void port_close(void *ctx, int conn, int is_flush)
{
    (void)ctx;
    (void)is_flush;
    ck_assert(net.conns[conn].is_open);
    net.conns[conn].is_open = 0;
    net.n_open--;
    happen(0, END, conn, STREAM_END_LOCAL, &net.conns[conn].owner);
}

static int64_t port_timer(void *ctx, int64_t delay_ns, uint64_t cookie,
                          const struct stream_owner *owner)
{
    (void)ctx;
    happen(delay_ns, TIMER, -1, cookie, owner);
    return net.now + delay_ns;
}

static void port_timer_cancel(void *ctx, int64_t id)
{
    (void)ctx;
    for (int i = 0; i < net.n_events; i++) {
        // Of those at one time any one will do that is of the kind: 2 is the second attempt's.
        if (net.events[i].what == TIMER && net.events[i].t == id && net.events[i].cookie == 2) {
            net.events[i] = net.events[--net.n_events];
            return;
        }
    }
}

static int64_t port_now(void *ctx)
{
    (void)ctx;
    return net.now;
}

static const struct stream_port port = {.connect = port_connect,
                                        .send = port_send,
                                        .close = port_close,
                                        .timer = port_timer,
                                        .timer_cancel = port_timer_cancel,
                                        .now = port_now};

static void say(int conn, const char *text, size_t n)
{
    net.conns[conn].owner.on_bytes(net.conns[conn].owner.ctx, conn, text, n);
}

static void speak(int conn)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nX-Slow: ";
    char text[128];
    int n = net.conns[conn].n_said++;

    switch (net.conns[conn].kind) {
    case ANSWERS:
        snprintf(text, sizeof(text), "HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nok", net.status);
        say(conn, text, strlen(text));
        return;
    case ANSWERS_OPEN:
        snprintf(text, sizeof(text), "HTTP/1.1 %d X\r\n\r\nok", net.status);
        say(conn, text, strlen(text));
        happen(MS, END, conn, STREAM_END_PEER, &net.conns[conn].owner);
        return;
    case TRICKLES_BODY:
        if (n == 0)
            say(conn, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", 42);
        else
            say(conn, "x", 1);
        break;
    default:
        say(conn, n < (int)sizeof(head) - 1 ? &head[n] : "x", 1);
        break;
    }
    happen(TRICKLE_NS, BYTES, conn, 0, &net.conns[conn].owner);
}

static void take(const struct event *event)
{
    int conn = event->conn;

    if (event->what == TIMER) {
        event->owner.on_timer(event->owner.ctx, event->cookie);
    } else if (event->what == END) {
        // After a close of ours its own end is the last that is heard.
        if (event->cookie != STREAM_END_LOCAL && !net.conns[conn].is_open)
            return;
        if (net.conns[conn].is_open)
            net.n_open--;
        net.conns[conn].is_open = 0;
        event->owner.on_end(event->owner.ctx, conn, (enum stream_end)event->cookie, "it ended");
    } else if (net.conns[conn].is_open && event->what == OPEN) {
        event->owner.on_open(event->owner.ctx, conn);
    } else if (net.conns[conn].is_open) {
        speak(conn);
    }
}

/* Everything that happens until then, in order of time. */
static void run_until(int64_t t)
{
    for (;;) {
        int next = -1;
        struct event event;

        for (int i = 0; i < net.n_events; i++) {
            if (net.events[i].t <= t && (next < 0 || net.events[i].t < net.events[next].t))
                next = i;
        }
        if (next < 0)
            break;
        event = net.events[next];
        // The others keep their order: of two at one time the earlier one comes first.
        memmove(&net.events[next], &net.events[next + 1],
                (size_t)(--net.n_events - next) * sizeof(event));
        net.now = event.t;
        take(&event);
    }
    net.now = t;
}

/* ---- the sink, in a directory of its own */

static char dir[] = "/tmp/agon-test-sink-XXXXXX";
static struct alert_sink sink;
static int dir_fd;
static struct {
    int n;
    int64_t t;
    char why[200];
} dead;

static char *dead_letters(void)
{
    static char text[8192];
    int fd = openat(dir_fd, ALERT_SINK_DEAD_FILE, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    ck_assert_int_ge(fd, 0);
    n = read(fd, text, sizeof(text) - 1);
    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    close(fd);
    return text;
}

static void on_dead(void *ctx, const char *text, const char *why, uint64_t n_dead)
{
    (void)ctx;
    dead.n++;
    dead.t = net.now;
    snprintf(dead.why, sizeof(dead.why), "%s", why);
    ck_assert_uint_eq(n_dead, (uint64_t)dead.n);
    // Who hears of it can read it.
    ck_assert_ptr_nonnull(strstr(dead_letters(), text));
}

static void setup(void)
{
    struct alert_sink_config config = {.on_dead = on_dead};
    struct error err = {0};

    memset(&net, 0, sizeof(net));
    memset(&dead, 0, sizeof(dead));
    net.now = 1000 * MS;
    net.status = 204;
    memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(dir_fd, 0);
    config.dir_fd = dir_fd;
    ck_assert_int_eq(post_target_parse(&config.target, "http://127.0.0.1:99/hook?token=x", &err),
                     AGON_OK);
    alert_sink_init(&sink);
    ck_assert_msg(alert_sink_open(&sink, &port, &config, &err) == AGON_OK, "%s", err.text);
}

static void teardown(void)
{
    alert_sink_deinit(&sink);
    unlinkat(dir_fd, ALERT_SINK_DEAD_FILE, 0);
    unlinkat(dir_fd, "alerts.cursor", 0);
    close(dir_fd);
    rmdir(dir);
}

static void receivers(enum receiver first, enum receiver then)
{
    net.kinds[0] = first;
    net.kinds[1] = then;
    net.n_kinds = 2;
}

static void put(uint64_t seq)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "{\"seq\":%llu}", (unsigned long long)seq);

    alert_sink_put(&sink, seq, text, (size_t)n);
}

static int letters(void)
{
    int n = 0;

    for (const char *c = dead_letters(); *c != '\0'; c++)
        n += *c == '\n';
    return n;
}

static void ck_fates(uint64_t n_delivered, uint64_t n_dead)
{
    ck_assert_uint_eq(atomic_load(&sink.n_delivered), n_delivered);
    ck_assert_uint_eq(atomic_load(&sink.n_dead), n_dead);
    ck_assert_int_eq(letters(), (int)n_dead);
    ck_assert_uint_eq(post_waiting(sink.post), 0);
    ck_assert_int_eq(net.n_open, 0);
}

/* ---- the promise */

static const struct {
    const char *what;
    enum receiver first, then;
    int64_t answer_ns;
    int status;
    int is_delivered;
} peers[] = {
    {"answers at once", ANSWERS, ANSWERS, MS, 204, 1},
    {"answers after 4.5 s", ANSWERS, ANSWERS, 4500 * MS, 200, 1},
    {"answers after 4.5 s, and its first answer alone", ANSWERS, HANGS, 4500 * MS, 200, 1},
    {"answers without a length", ANSWERS_OPEN, ANSWERS_OPEN, MS, 200, 1},
    {"hangs once", HANGS, ANSWERS, MS, 200, 1},
    {"trickles once", TRICKLES_HEAD, ANSWERS, MS, 200, 1},
    {"refuses once", REFUSES, ANSWERS, MS, 200, 1},
    {"cuts once", CUTS, ANSWERS, MS, 200, 1},
    {"cannot be connected to in 3 s, once", HANGS_AT_CONNECT, ANSWERS, MS, 200, 1},
    {"answers after 4.9 s", ANSWERS, ANSWERS, 4900 * MS, 200, 0},
    {"hangs", HANGS, HANGS, 0, 0, 0},
    {"hangs, then refuses", HANGS, REFUSES, 0, 0, 0},
    {"trickles its head", TRICKLES_HEAD, TRICKLES_HEAD, 0, 0, 0},
    {"trickles its body", TRICKLES_BODY, TRICKLES_BODY, 0, 0, 0},
    {"refuses", REFUSES, REFUSES, 0, 0, 0},
    {"cuts", CUTS, CUTS, 0, 0, 0},
    {"cannot be connected to", HANGS_AT_CONNECT, HANGS_AT_CONNECT, 0, 0, 0},
    {"has no connection to be had", NO_PLACE, NO_PLACE, 0, 0, 0},
    {"answers 500", ANSWERS, ANSWERS, MS, 500, 0},
    {"sends elsewhere", ANSWERS, ANSWERS, MS, 302, 0},
};

START_TEST(the_webhook_has_it_within_5_s_or_it_lies_in_the_dead_letter_file)
{
    uint64_t seq = 0;

    net.answer_ns = peers[_i].answer_ns;
    net.status = peers[_i].status;
    receivers(peers[_i].first, peers[_i].then);
    put(7);
    run_until(1000 * MS + PROMISE);
    ck_assert_msg(dead.n == !peers[_i].is_delivered, "a webhook that %s: %d dead letters (%s)",
                  peers[_i].what, dead.n, dead.why);
    ck_fates((uint64_t)peers[_i].is_delivered, (uint64_t)!peers[_i].is_delivered);
    ck_assert_int_eq(alert_sink_last(&sink, &seq), AGON_OK);
    ck_assert_uint_eq(seq, 7);
    ck_assert_int_le(net.n_open_max, 2);
    // And nothing comes of it later.
    run_until(60000 * MS);
    ck_fates((uint64_t)peers[_i].is_delivered, (uint64_t)!peers[_i].is_delivered);
    ck_assert_int_eq(net.n_events, 0);
}
END_TEST

/* Each has its own 5 s, whatever those before it wait for, and its own text. */
START_TEST(none_waits_for_the_one_before_it_longer_than_its_own_5_s)
{
    receivers(HANGS, HANGS);
    for (uint64_t seq = 1; seq <= 5; seq++) {
        put(seq);
        run_until(net.now + 100 * MS);
    }
    run_until(1400 * MS + PROMISE);
    ck_fates(0, 5);
    ck_assert_str_eq(dead_letters(),
                     "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n{\"seq\":4}\n{\"seq\":5}\n");
}
END_TEST

START_TEST(what_comes_while_another_hangs_is_delivered_behind_it)
{
    int64_t put_at;

    // The two connections of the first one hang, and the third is answered.
    net.kinds[0] = net.kinds[1] = HANGS;
    net.kinds[2] = ANSWERS;
    net.n_kinds = 3;
    put(1);
    run_until(1000 * MS + 4400 * MS);
    ck_assert_int_eq(dead.n, 0);
    put(2);
    put_at = net.now;
    run_until(put_at + PROMISE);
    ck_fates(1, 1);
    ck_assert_str_eq(dead_letters(), "{\"seq\":1}\n");
    ck_assert_int_eq(net.n_conns, 3);
    ck_assert_ptr_nonnull(strstr(net.conns[2].text, "{\"seq\":2}"));
    ck_assert_ptr_null(strstr(net.conns[1].text, "{\"seq\":2}"));
}
END_TEST

/* An answer is the one's that was asked with, also when it is late. */
START_TEST(a_late_answer_is_of_no_other)
{
    net.answer_ns = 4800 * MS;
    receivers(ANSWERS, HANGS);
    put(1);
    run_until(1000 * MS + 1000 * MS);
    put(2);
    run_until(1000 * MS + 4900 * MS);
    ck_assert_int_eq(dead.n, 1);
    ck_assert_uint_eq(atomic_load(&sink.n_delivered), 0);
    run_until(2000 * MS + PROMISE);
    ck_fates(0, 2);
}
END_TEST

/* More at once than there is room for: the rest lies in the file at once, none is lost. */
START_TEST(none_is_lost_where_too_many_come_at_once)
{
    net.answer_ns = MS;
    receivers(ANSWERS, ANSWERS);
    for (uint64_t seq = 1; seq <= POST_QUEUE + 3; seq++)
        put(seq);
    ck_assert_int_eq(dead.n, 3);
    ck_assert_str_eq(dead.why, "too many wait");
    run_until(net.now + PROMISE);
    ck_fates(POST_QUEUE, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alert_sink");
    TCase *tcase = tcase_create("sink");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, the_webhook_has_it_within_5_s_or_it_lies_in_the_dead_letter_file, 0,
                        (int)(sizeof(peers) / sizeof(peers[0])));
    tcase_add_test(tcase, none_waits_for_the_one_before_it_longer_than_its_own_5_s);
    tcase_add_test(tcase, what_comes_while_another_hangs_is_delivered_behind_it);
    tcase_add_test(tcase, a_late_answer_is_of_no_other);
    tcase_add_test(tcase, none_is_lost_where_too_many_come_at_once);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
