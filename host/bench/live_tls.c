// SPDX-License-Identifier: Apache-2.0
/* live --tls: from a tick's bytes on one TLS connection to the bytes of the order that follows on
 * another, in a whole live host: gateway, decoder, core, journal, a market maker in a process of
 * its own, limits, outbox, signature. The exchange is a process of its own (order_venue.h), which
 * takes both times. With the journal's class async, and with sync, where an order waits for the
 * disk.
 *
 * The yardstick is a bare echo with as many threads as the host's way has, two: one reads the tick
 * over TLS and wakes the other, which writes an order as long over a second connection. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "bench/order_venue.h"
#include "bench/sender.h"
#include "bench/table.h"
#include "demo/demo_config.h"
#include "run/slots.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "venue/binance/sign.h"

#define TICKS       300u /* of a turn */
#define TICKS_QUICK 20u
#define TURNS       5
#define JOIN_S      900 /* against a wait without end; no verdict hangs on time */
#define NEVER_NS    ((int64_t)24 * 3600 * 1000000000)
#define NAP_NS      5000000
#define SYNCS       50
#define MANY        1000000u
#define AT_MOST     1.5
#define AT_MOST_FEW 2.5 /* with fewer than four cores */
#define BARE_ROOM   16384

enum side { ASYNC, BARE, SYNC, SIDES };
static const char *const names[SIDES] = {"live.tls", "live.tls.bare", "live.tls.sync"};

struct live_tls {
    struct bench *bench;
    struct order_venue venue;
    struct host *host; /* owned, while one runs */
    struct host_view *view;
    struct binance_signer signer;
    uint32_t n;
    char dir[300], ca[300];
    double p50_us[SIDES][TURNS], p99_us[SIDES][TURNS];
};

static void nap(void)
{
    struct timespec time = {.tv_nsec = NAP_NS};

    (void)nanosleep(&time, NULL);
}

/* --- the yardstick --- */

struct echo {
    SSL *in, *out;            /* each one thread's */
    _Atomic uint32_t n_ticks; /* futex: + 1 with each, and at the end */
    _Atomic int is_over;
    char bid[8]; /* of the last tick */
    uint32_t n_failed;
};

static int open_tls(SSL_CTX *context, uint16_t port, SSL **ssl)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    *ssl = SSL_new(context);
    if (*ssl == NULL || fd < 0 || connect(fd, (const void *)&address, sizeof(address)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one)) != 0 ||
        SSL_set_fd(*ssl, fd) != 1 || SSL_connect(*ssl) != 1) {
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    return fd;
}

static void write_order(struct echo *echo)
{
    static const char form[] =
        "POST /api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=24.99&price=%s&"
        "newClientOrderId=a0123456789abcdef0123456789ab&newOrderRespType=FULL&recvWindow=5000&"
        "timestamp=1700000000000&signature="
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\nX-MBX-APIKEY: agon-sim-key\r\nContent-Length: 0\r\n\r\n";
    char text[sizeof(form) + 8], reply[4096];
    int n = snprintf(text, sizeof(text), form, echo->bid);

    if (SSL_write(echo->out, text, n) != n || SSL_read(echo->out, reply, sizeof(reply)) <= 0)
        echo->n_failed++;
}

static void *second(void *ctx)
{
    struct echo *echo = ctx;
    uint32_t done = 0;

    for (;;) {
        uint32_t seen = atomic_load(&echo->n_ticks);

        if (atomic_load(&echo->is_over))
            return NULL;
        if (seen == done) {
            (void)syscall(SYS_futex, &echo->n_ticks, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
            continue;
        }
        done = seen;
        write_order(echo);
    }
}

static void wake_second(struct echo *echo)
{
    atomic_fetch_add(&echo->n_ticks, 1);
    (void)syscall(SYS_futex, &echo->n_ticks, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Reads frames until its connection ends; each tick's bid goes to the second thread. */
static void *first(void *ctx)
{
    struct echo *echo = ctx;
    char text[BARE_ROOM];
    int got;

    while ((got = SSL_read(echo->in, text, sizeof(text))) > 0) {
        const char *bid = memmem(text, (size_t)got, "\"b\":[[\"", 7);

        if (bid == NULL || bid + 13 > text + got)
            continue;
        memcpy(echo->bid, bid + 7, 6);
        wake_second(echo);
    }
    return NULL;
}

static int run_bare(struct live_tls *live, struct error *err)
{
    static const char ask[] = "GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    struct echo echo = {.bid = ""};
    pthread_t threads[2];
    char reply[1024];
    int in = -1, out = -1, rc = AGON_EIO, n_threads = 0;

    if (context != NULL)
        in = open_tls(context, live->venue.port, &echo.in);
    if (in >= 0)
        out = open_tls(context, live->venue.port, &echo.out);
    if (out >= 0 && SSL_write(echo.in, ask, sizeof(ask) - 1) > 0 &&
        SSL_read(echo.in, reply, sizeof(reply)) > 0) {
        n_threads += pthread_create(&threads[0], NULL, first, &echo) == 0;
        n_threads += n_threads == 1 && pthread_create(&threads[1], NULL, second, &echo) == 0;
        if (n_threads == 2)
            rc = order_venue_run(&live->venue, live->n);
    }
    if (in >= 0)
        (void)shutdown(in, SHUT_RDWR);
    if (out >= 0 && rc < 0)
        (void)shutdown(out, SHUT_RDWR);
    atomic_store(&echo.is_over, 1);
    wake_second(&echo);
    while (n_threads > 0)
        (void)pthread_join(threads[--n_threads], NULL);
    SSL_free(echo.in);
    SSL_free(echo.out);
    SSL_CTX_free(context);
    if (in >= 0)
        (void)close(in);
    if (out >= 0)
        (void)close(out);
    if (rc < 0 || echo.n_failed > 0)
        return error_set(err, AGON_EIO, "the bare echo has lost its connection");
    return rc;
}

/* --- the host --- */

static int make_slot(struct crew_slot *slot, struct error *err)
{
    struct slot_limits *limits = &slot->record.limits;
    char dir[512];

    if (!demo_plugin_dir(dir))
        return error_set(err, AGON_ENOENT, "the plugins that come with agon were not found");
    memset(slot, 0, sizeof(*slot));
    slots_defaults(&slot->record, num_mul(50000, 100000000));
    slot->record.stage = STAGE_LIVE;
    slot->record.runner = CREW_PROCESS;
    slot->hard_ns = NEVER_NS;
    // It is to answer each tick, as often as they come.
    limits->orders_per_s = limits->orders_burst = limits->duplicate_max = MANY;
    (void)snprintf(slot->record.name, sizeof(slot->record.name), "maker");
    slot->record.subscription.instruments[slot->record.subscription.n_instruments++] = 1;
    slot->params[slot->n_params++] = (struct setup_param){"interval_ms", "10"};
    slot->params[slot->n_params++] = (struct setup_param){"follow_bps", "0"};
    (void)snprintf(slot->plugin, sizeof(slot->plugin), "%.400s/mm/mm.so", dir);
    if (access(slot->plugin, R_OK) != 0)
        (void)snprintf(slot->plugin, sizeof(slot->plugin), "%.400s/mm.so", dir);
    return AGON_OK;
}

static int open_host(struct live_tls *live, int is_async, struct error *err)
{
    static struct crew_slot slot;
    struct host_instrument instruments[SENDER_SYMBOLS];
    struct host_config config = {.mode = RUN_LIVE,
                                 .has_no_operator = 1,
                                 .dir = live->dir,
                                 .base_currency = "USDT",
                                 .instruments = instruments,
                                 .n_instruments = SENDER_SYMBOLS,
                                 .slots = &slot,
                                 .n_slots = 1,
                                 .speed_milli = 1000,
                                 .is_async = is_async,
                                 .low_water_bytes = (int64_t)64 << 20};
    struct venue_config *venue = &config.venue;
    int rc = demo_venue(venue, live->venue.port, err);

    if (rc >= 0)
        rc = make_slot(&slot, err);
    if (rc >= 0 && live->signer.kind == 0)
        rc = binance_signer_init(&live->signer, BINANCE_SIGN_HMAC, &venue->secret, err);
    if (rc < 0)
        return rc;
    venue->warm_bars = 0;
    venue->market.is_tls = venue->rest.is_tls = venue->user.is_tls = 1;
    (void)snprintf(venue->market.ca_file, sizeof(venue->market.ca_file), "%.250s", live->ca);
    memcpy(venue->rest.ca_file, venue->market.ca_file, sizeof(venue->rest.ca_file));
    memcpy(venue->user.ca_file, venue->market.ca_file, sizeof(venue->user.ca_file));
    // One instrument's book changes, and whoever gets no processor is silent; orders are many.
    venue->channel_ns = 0;
    venue->silence_ns = venue->user_silence_ns = venue->request_ns = venue->cancel_ns = NEVER_NS;
    venue->hold_ns = venue->cancel_hold_ns = venue->life_ns = venue->reconcile_ns = NEVER_NS;
    for (uint32_t i = 0; i < venue->n_limits; i++)
        venue->limits[i].capacity = MANY;
    sender_instruments(instruments);
    rc = host_open(&live->host, &config, err);
    return rc < 0 ? rc : host_start(live->host, err);
}

static int wait_ready(struct live_tls *live, struct error *err)
{
    for (int64_t until = clock_mono() + (int64_t)JOIN_S * 1000000000; clock_mono() < until; nap()) {
        host_view(live->host, live->view);
        if (live->view->venue.n_live == SENDER_SYMBOLS && live->view->n_slots == 1 &&
            live->view->slots[0].is_playing && live->view->is_ready)
            return AGON_OK;
    }
    return error_set(err, AGON_EIO, "the host was not ready in %d s: %u of %u books, '%s'", JOIN_S,
                     live->view->venue.n_live, SENDER_SYMBOLS, live->view->slots[0].failure);
}

static int run_host(struct live_tls *live, int is_async, struct error *err)
{
    int rc;

    (void)snprintf(live->dir, sizeof(live->dir), "%.200s/live_tls", live->bench->dir);
    rc = open_host(live, is_async, err);
    if (rc >= 0)
        rc = wait_ready(live, err);
    if (rc >= 0 && order_venue_run(&live->venue, live->n) < 0)
        rc = error_set(err, AGON_EIO, "the exchange has lost its client");
    if (live->host != NULL) {
        int stopped = host_stop(live->host, 0, -1, rc >= 0 ? err : NULL);

        rc = rc >= 0 ? stopped : rc;
    }
    host_free(live->host);
    live->host = NULL;
    file_remove_tree(live->dir);
    return rc;
}

/* --- what is said of it --- */

static int by_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static double median(const double *values, int n)
{
    int64_t sorted[TURNS];

    for (int i = 0; i < n; i++)
        sorted[i] = (int64_t)(values[i] * 1e3);
    qsort(sorted, (size_t)n, sizeof(*sorted), by_ns);
    return (double)sorted[n / 2] / 1e3;
}

/* Is the order of that bid for that bid, and signed over what stands in it? */
static int is_order(struct live_tls *live, enum side side, int which)
{
    static const char *const bids[2] = ORDER_VENUE_BIDS;
    const struct order_venue_said *said = live->venue.said;
    const char *query = strchr(said->orders[which], '?');
    const char *mark = query != NULL ? strstr(query, "&signature=") : NULL;
    char text[BINANCE_SIGNATURE_TEXT];
    double px = strtod(said->prices[which], NULL), bid = strtod(bids[which], NULL);

    if (mark == NULL)
        return 0;
    if (side == BARE)
        return strcmp(said->prices[which], bids[which]) == 0;
    query++;
    binance_sign(&live->signer, query, (size_t)(mark - query), text);
    return strncmp(mark + 11, text, 64) == 0 &&
           strncmp(query, "symbol=BTCUSDT&side=BUY&", 24) == 0 && px > bid * 0.95 && px < 102.0;
}

static void check(struct live_tls *live, enum side side)
{
    struct order_venue_said *said = live->venue.said;
    uint32_t n = atomic_load(&said->n_orders);

    bench_check(
        live->bench,
        n == live->n && atomic_load(&said->n_odd) == 0 && atomic_load(&said->n_other_price) == 0 &&
            is_order(live, side, 0) && is_order(live, side, 1) &&
            strcmp(said->prices[0], said->prices[1]) != 0,
        "%s: each of %u ticks had one order (%u), for its own book%s; %u odd, %u at another "
        "price",
        names[side], live->n, n, side == BARE ? "" : " and rightly signed",
        atomic_load(&said->n_odd), atomic_load(&said->n_other_price));
}

static void take(struct live_tls *live, enum side side, int turn)
{
    struct order_venue_said *said = live->venue.said;

    qsort(said->ns, live->n, sizeof(*said->ns), by_ns);
    live->p50_us[side][turn] = (double)said->ns[live->n / 2] / 1e3;
    live->p99_us[side][turn] = (double)said->ns[live->n - 1 - live->n / 100] / 1e3;
}

/* One append and fdatasync of 4 KiB in the directory of the journals, in us; 0: it cannot be. */
static double sync_us(struct live_tls *live)
{
    static const char block[4096];
    int64_t ns[SYNCS];
    char path[320];
    int fd, n = 0;

    (void)snprintf(path, sizeof(path), "%.250s/sync", live->bench->dir);
    fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_TRUNC, 0600);
    for (; fd >= 0 && n < SYNCS; n++) {
        int64_t began = clock_mono();

        if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block) || fdatasync(fd) != 0)
            break;
        ns[n] = clock_mono() - began;
    }
    if (fd >= 0)
        (void)close(fd);
    (void)unlink(path);
    if (n < SYNCS)
        return 0;
    qsort(ns, SYNCS, sizeof(*ns), by_ns);
    return (double)ns[SYNCS / 2] / 1e3;
}

static void report(struct live_tls *live, int n_turns)
{
    static const char *const what[SIDES] = {"a whole host, journal async", "two bare threads",
                                            "a whole host, journal sync"};
    double most = sysconf(_SC_NPROCESSORS_ONLN) < 4 ? AT_MOST_FEW : AT_MOST;
    double ratio[TURNS], disk_us = sync_us(live);
    char name[64], note[160];

    for (int s = 0; s < SIDES; s++) {
        (void)snprintf(name, sizeof(name), "%s.p50", names[s]);
        (void)snprintf(note, sizeof(note), "p99 %.1f; %s", median(live->p99_us[s], n_turns),
                       what[s]);
        bench_figure(live->bench, name, median(live->p50_us[s], n_turns), "us", note);
    }
    for (int i = 0; i < n_turns; i++)
        ratio[i] = live->p50_us[ASYNC][i] / live->p50_us[BARE][i];
    (void)snprintf(note, sizeof(note), "against the bare echo; at most %.1f with so many cores",
                   most);
    bench_figure(live->bench, "live.tls.ratio", median(ratio, n_turns), "times", note);
    if (disk_us > 0) {
        (void)snprintf(note, sizeof(note), "against one fdatasync, which takes %.0f us here",
                       disk_us);
        bench_figure(live->bench, "live.tls.sync.ratio",
                     median(live->p50_us[SYNC], n_turns) / disk_us, "times", note);
    }
}

static int run_all(void *ctx, const char *log_path, struct error *err)
{
    struct live_tls *live = ctx;
    int n_turns = live->bench->is_quick ? 1 : TURNS;

    (void)log_path;
    for (int i = 0; i < n_turns; i++) {
        for (int s = 0; s < SIDES; s++) {
            int rc = s == BARE ? run_bare(live, err) : run_host(live, s == ASYNC, err);

            if (rc < 0)
                return rc;
            check(live, (enum side)s);
            take(live, (enum side)s, i);
        }
    }
    report(live, n_turns);
    return AGON_OK;
}

int bench_live_tls(struct bench *bench, struct error *err)
{
    struct live_tls *live = calloc(1, sizeof(*live));
    int rc = live != NULL ? AGON_OK : error_set(err, AGON_ENOMEM, "no memory");

    if (rc < 0)
        return rc;
    live->bench = bench;
    live->n = bench->is_quick ? TICKS_QUICK : TICKS;
    if (bench->n != 0)
        live->n = bench->n < ORDER_VENUE_TICKS ? (uint32_t)bench->n : ORDER_VENUE_TICKS;
    (void)snprintf(live->ca, sizeof(live->ca), "%.250s/order_ca.pem", bench->dir);
    rc = order_venue_start(&live->venue, live->ca, err);
    live->view = malloc(sizeof(*live->view));
    if (rc >= 0)
        rc = live->view != NULL ? bench_logged(bench, "live_tls", run_all, live, err)
                                : error_set(err, AGON_ENOMEM, "no memory");
    order_venue_stop(&live->venue);
    binance_signer_wipe(&live->signer);
    free(live->view);
    free(live);
    return rc;
}
