// SPDX-License-Identifier: Apache-2.0
/* wire: a whole host under a rush. A process that stands as the exchange sends trades and quotes
 * over TLS on loopback, many frames in one write; the host decodes, numbers and journals them and
 * delivers each to twenty strategies. The yardstick reads the same connection, decrypts it, walks
 * the frames and counts. Afterwards the journal itself is read: each trade has to stand in it, once
 * and in its order.
 *
 * In the rounds of reloads the first slot is a market maker's. The rush goes on for as long as its
 * plugin is replaced again and again, while an order of it rests and it holds a position. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "agent/certificate.h"
#include "agent/loader.h"
#include "base/num.h"
#include "bench/sender.h"
#include "bench/table.h"
#include "demo/demo_config.h"
#include "journal/reader.h"
#include "run/slots.h"
#include "sys/clock.h"
#include "sys/disk_posix.h"
#include "sys/file.h"
#include "sys/log.h"

#define AGENTS        20
#define AGENTS_QUICK  2
#define REQUIRED      100000u /* ticks a second */
#define PAIRS         5       /* of a rush and the yardstick */
#define PACED_N       500000u
#define RUSH_N        1000000u
#define QUICK_N       2000u
#define JOIN_S        900 /* against a wait without end; no verdict hangs on time */
#define SETTLE_S      900
#define NEVER_NS      ((int64_t)24 * 3600 * 1000000000)
#define RELOADS       100
#define RELOADS_QUICK 1
#define QUICK_PER_S   5000u /* while it reloads */
#define BARE_READ     ((size_t)256 << 10)
#define NAP_NS        20000000
#define STREAM_AT     18 /* of {"stream":"btcusdt@trade" */

struct wire {
    struct bench *bench;
    struct sender sender;
    struct host *host; /* owned, while one runs */
    struct host_view *view;
    struct crew_pauses pauses; /* of the round that was played last */
    uint16_t n_agents;
    _Atomic uint64_t n_stepped; /* trades of this round */
    _Atomic uint64_t last_turn; /* of the core, in which the last of them was */
    char ca[300], dir[300];
};

struct round { /* one host and one job */
    const char *name;
    enum crew_runner runner;
    uint64_t n, per_s;
    uint32_t n_reloads; /* 0: nobody changes hands */
    double seconds, queue_p50_us, queue_p99_us;
    /* while slots changed hands: */
    uint64_t n_reloading;
    uint32_t n_overtaken; /* reloads that did not catch up */
    double reloading_seconds, all_seconds;
    struct hist whole_ns;
    int is_taken; /* all that was sent was delivered in time, in each of its rushes */
};

static void nap(void)
{
    struct timespec time = {.tv_nsec = NAP_NS};

    (void)nanosleep(&time, NULL);
}

/* --- the yardstick: TLS and frame headers --- */

struct bare {
    unsigned char *bytes; /* owned */
    size_t n;
    uint64_t n_frames;
    int is_open; /* the 101 was seen */
};

// Trades and quotes; not diffs and replies.
static int is_tick(const unsigned char *text)
{
    return memcmp(text + STREAM_AT, "@trade", 6) == 0 || memcmp(text + STREAM_AT, "@bookT", 6) == 0;
}

/* Counts the frames of 126 bytes and more, which the ticks and the diffs are; keeps what is cut. */
static void bare_take(struct bare *bare)
{
    size_t at = 0;

    if (!bare->is_open) {
        unsigned char *end = memmem(bare->bytes, bare->n, "\r\n\r\n", 4);

        if (end == NULL)
            return;
        bare->is_open = 1;
        at = (size_t)(end - bare->bytes) + 4;
    }
    while (at + 4 <= bare->n) {
        size_t n = bare->bytes[at + 1] & 0x7f, head = 2;

        if (n == 126) {
            n = (size_t)bare->bytes[at + 2] << 8 | bare->bytes[at + 3];
            head = 4;
        }
        if (at + head + n > bare->n)
            break;
        bare->n_frames += n > STREAM_AT + 6 && is_tick(bare->bytes + at + head);
        at += head + n;
    }
    memmove(bare->bytes, bare->bytes + at, bare->n - at);
    bare->n -= at;
}

static int bare_connect(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (const void *)&address, sizeof(address)) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* Reads n ticks; seconds from the first write of the sender to the last frame here, or below 0. */
static double bare_run(struct wire *wire, const struct sender_job *job)
{
    static const char ask[] = "GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    struct bare bare = {.bytes = malloc(BARE_READ)};
    int fd = bare_connect(wire->sender.port), is_told = 0;
    double seconds = -1;
    struct sender_result result;

    if (ssl == NULL || fd < 0 || bare.bytes == NULL || SSL_set_fd(ssl, fd) != 1 ||
        SSL_connect(ssl) != 1 || SSL_write(ssl, ask, sizeof(ask) - 1) <= 0)
        goto end;
    while (bare.n_frames < job->n) {
        int got = SSL_read(ssl, bare.bytes + bare.n, (int)(BARE_READ - bare.n));

        if (got <= 0)
            goto end;
        bare.n += (size_t)got;
        bare_take(&bare);
        if (bare.is_open && !is_told) {
            nap(); // the sender learns of its client in a turn of its loop
            if (sender_go(&wire->sender, job) < 0)
                goto end;
            is_told = 1;
        }
    }
    {
        int64_t now = clock_mono();

        if (sender_wait(&wire->sender, &result) >= 0)
            seconds = (double)(now - result.begin_ns) / 1e9;
    }
end:
    SSL_free(ssl);
    SSL_CTX_free(context);
    if (fd >= 0)
        (void)close(fd);
    free(bare.bytes);
    return seconds;
}

/* --- the product --- */

static const char *plugin_of(const struct round *round, uint16_t slot)
{
    if (round->n_reloads > 0 && slot == 0)
        return "mm";
    return slot % 2 == 0 ? "ema_cross" : "bollinger";
}

/* What runs inproc in a live host has a certificate, beside a copy of our own. What it certifies
 * comes with agon, and the tests of validation call it: nothing is checked once more here, with
 * limits of time that a busy machine would break. */
static int certify(const char *dir, const char *plugin, char path[512], struct error *err)
{
    struct certificate certificate = {.plugin = plugin,
                                      .version = "bench",
                                      .operator_name = "agon bench",
                                      .t = clock_now(),
                                      .checks = "check none: of a benchmark\n"};
    struct plugin_file file = {.fd = -1};
    char copy[512], *bytes = NULL;
    uint64_t n;
    int rc;

    (void)snprintf(copy, sizeof(copy), "%.400s/%.60s.so", dir, plugin);
    rc = file_read(path, (uint64_t)256 << 20, &bytes, &n, err);
    if (rc >= 0)
        rc = file_write_atomic(copy, bytes, n, 0600, err);
    free(bytes);
    if (rc >= 0)
        rc = plugin_file_stage(&file, copy, NULL, 0, err);
    if (rc >= 0) {
        memcpy(certificate.hash, file.hash, sizeof(certificate.hash));
        rc = certificate_write(copy, &certificate, err);
    }
    plugin_file_drop(&file);
    (void)snprintf(path, 512, "%s", copy);
    return rc;
}

static int make_slots(struct wire *wire, struct crew_slot *slots, const struct round *round,
                      struct error *err)
{
    char dir[512];

    if (!demo_plugin_dir(dir))
        return error_set(err, AGON_ENOENT, "the plugins that come with agon were not found");
    for (uint16_t i = 0; i < wire->n_agents; i++) {
        struct crew_slot *slot = &slots[i];
        struct subscription *sub = &slot->record.subscription;
        const char *plugin = plugin_of(round, i);
        int n;

        memset(slot, 0, sizeof(*slot));
        slots_defaults(&slot->record, num_mul(50000, 100000000));
        slot->record.slot = i;
        slot->record.stage = STAGE_LIVE;
        slot->record.runner = (uint8_t)round->runner;
        slot->hard_ns = NEVER_NS;
        (void)snprintf(slot->record.name, sizeof(slot->record.name), "agent_%u", i + 1u);
        for (agon_instrument_t k = 1; k <= SENDER_SYMBOLS; k++)
            sub->instruments[sub->n_instruments++] = k;
        n = snprintf(slot->plugin, sizeof(slot->plugin), "%s/%s/%s.so", dir, plugin, plugin);
        if (n < 0 || access(slot->plugin, R_OK) != 0)
            (void)snprintf(slot->plugin, sizeof(slot->plugin), "%.400s/%s.so", dir, plugin);
        if (round->runner == CREW_INPROC) {
            int rc = certify(wire->bench->dir, plugin, slot->plugin, err);

            if (rc < 0)
                return rc;
        }
    }
    // At the touch, so that the first trades fill its bid and its offer rests from then on.
    if (round->n_reloads > 0)
        slots[0].params[slots[0].n_params++] = (struct setup_param){"half_bps", "0.1"};
    return AGON_OK;
}

/* [core] Behind each step. Views come ten times a second, half of a short rush. */
static void on_stepped(void *ctx, const struct agon_event_hdr *event)
{
    struct wire *wire = ctx;

    if (event->type != AGON_EVENT_TRADE)
        return;
    atomic_store_explicit(&wire->last_turn, host_turns(wire->host), memory_order_relaxed);
    atomic_store_explicit(&wire->n_stepped,
                          atomic_load_explicit(&wire->n_stepped, memory_order_relaxed) + 1,
                          memory_order_release);
}

static int open_host(struct wire *wire, const struct round *round, struct error *err)
{
    static struct crew_slot slots[AGENTS];
    struct host_instrument instruments[SENDER_SYMBOLS];
    struct host_config config = {.mode = RUN_PAPER,
                                 .has_no_operator = 1,
                                 .dir = wire->dir,
                                 .base_currency = "USDT",
                                 .instruments = instruments,
                                 .n_instruments = SENDER_SYMBOLS,
                                 .slots = slots,
                                 .n_slots = wire->n_agents,
                                 .speed_milli = 1000,
                                 .is_async = 1,
                                 .stepped = on_stepped,
                                 .stepped_ctx = wire,
                                 .low_water_bytes = (int64_t)64 << 20};
    int rc = demo_venue(&config.venue, wire->sender.port, err);

    if (rc >= 0)
        rc = make_slots(wire, slots, round, err);
    if (rc < 0)
        return rc;
    config.venue.is_private = 0;
    config.venue.warm_bars = 0;
    // A sender that gets no processor is silent, and so is a host that gets none: nothing is judged
    // by that. What is lost shows in the journal.
    config.venue.channel_ns = 0;
    config.venue.silence_ns = config.venue.request_ns = config.venue.life_ns = NEVER_NS;
    config.venue.market.is_tls = config.venue.rest.is_tls = config.venue.user.is_tls = 1;
    (void)snprintf(config.venue.market.ca_file, sizeof(config.venue.market.ca_file), "%.250s",
                   wire->ca);
    memcpy(config.venue.rest.ca_file, config.venue.market.ca_file,
           sizeof(config.venue.rest.ca_file));
    sender_instruments(instruments);
    atomic_store(&wire->n_stepped, 0);
    rc = host_open(&wire->host, &config, err);
    return rc < 0 ? rc : host_start(wire->host, err);
}

static int wait_ready(struct wire *wire, struct error *err)
{
    for (int64_t until = clock_mono() + (int64_t)JOIN_S * 1000000000; clock_mono() < until; nap()) {
        uint32_t n = 0;

        host_view(wire->host, wire->view);
        for (uint32_t i = 0; i < wire->view->n_slots; i++)
            n += wire->view->slots[i].is_playing;
        if (wire->view->venue.n_live == SENDER_SYMBOLS && n == wire->n_agents)
            return AGON_OK;
    }
    return error_set(err, AGON_EIO,
                     "the host was not ready in %d s: %u of %u books, the first "
                     "agent says '%s'",
                     JOIN_S, wire->view->venue.n_live, SENDER_SYMBOLS,
                     wire->view->slots[0].failure);
}

// Of those that are told of every trade, who has been told of the fewest events.
static uint64_t least_nth(const struct wire *wire, const struct round *round)
{
    uint64_t least = UINT64_MAX;

    for (uint32_t i = round->n_reloads > 0; i < wire->view->n_slots; i++)
        least = wire->view->slots[i].nth < least ? wire->view->slots[i].nth : least;
    return least;
}

/* Is the core's turn over in which the last of them was stepped, and delivered to who is inproc? */
static int is_turned(const struct wire *wire, uint64_t wanted)
{
    return atomic_load_explicit(&wire->n_stepped, memory_order_acquire) >= wanted &&
           host_turns(wire->host) > atomic_load_explicit(&wire->last_turn, memory_order_relaxed);
}

/* When every tick had been stepped and delivered; 0: never. The diffs go on meanwhile. */
static int64_t wait_taken(struct wire *wire, const struct round *round, uint64_t wanted)
{
    int64_t end_ns = 0;

    for (int64_t until = clock_mono() + (int64_t)SETTLE_S * 1000000000; clock_mono() < until;) {
        struct timespec time = {.tv_nsec = 100000};

        if (end_ns == 0 && is_turned(wire, wanted))
            end_ns = clock_mono();
        if (end_ns != 0) {
            host_view(wire->host, wire->view);
            if (least_nth(wire, round) >= wanted)
                return end_ns;
        }
        (void)nanosleep(&time, NULL);
    }
    return 0;
}

/* Until an order of the first slot rests; and, where wanted, it holds something too. */
static int wait_resting(struct wire *wire, int is_holding, struct error *err)
{
    const struct host_view_slot *slot = &wire->view->slots[0];

    for (int64_t until = clock_mono() + (int64_t)JOIN_S * 1000000000; clock_mono() < until; nap()) {
        host_view(wire->host, wire->view);
        if (slot->n_open > 0 && (!is_holding || slot->n_positions > 0))
            return AGON_OK;
    }
    return error_set(err, AGON_EIO, "the market maker has no %s after %d s",
                     is_holding ? "position with an offer" : "bid", JOIN_S);
}

/* How many have come since, as soon as there are n; what the host shows is of a moment ago. */
static uint32_t wait_generations(struct wire *wire, uint32_t since, uint32_t n)
{
    for (int64_t until = clock_mono() + (int64_t)JOIN_S * 1000000000; clock_mono() < until; nap()) {
        host_view(wire->host, wire->view);
        if (wire->view->slots[0].generation - since >= n)
            break;
    }
    return wire->view->slots[0].generation - since;
}

/* The same rush once more, for as long as it takes to replace the plugin so often. */
static int rush_reloading(struct wire *wire, struct round *round, struct sender_result *sum,
                          struct error *err)
{
    const char *name = wire->view->slots[0].name;
    struct sender_job job = {.n = UINT64_MAX / 2, .per_s = wire->bench->is_quick ? QUICK_PER_S : 0};
    struct sender_result result = {0};
    int64_t began, end;
    int rc = AGON_OK;

    if (sender_go(&wire->sender, &job) < 0)
        return error_set(err, AGON_EIO, "the sender has lost its client");
    began = clock_mono();
    while (round->whole_ns.n < round->n_reloads && rc >= 0) {
        int64_t at = clock_mono();

        rc = host_reload(wire->host, name, NULL, NULL, err);
        if (rc >= 0)
            hist_add(&round->whole_ns, clock_mono() - at);
        else if (rc == AGON_EAGAIN && round->n_overtaken++ < round->n_reloads)
            rc = AGON_OK; // the bus was faster three times: the operator asks again
    }
    round->all_seconds = (double)(clock_mono() - began) / 1e9;
    if (sender_halt(&wire->sender) < 0 || sender_wait(&wire->sender, &result) < 0)
        rc = error_set(err, AGON_EIO, "the sender has lost its client");
    sum->n_trades += result.n_trades;
    sum->n_quotes += result.n_quotes;
    end = wait_taken(wire, round, sum->n_trades);
    round->is_taken &= end > 0;
    round->n_reloading = result.n_trades + result.n_quotes;
    round->reloading_seconds = (double)(end - result.begin_ns) / 1e9;
    return rc;
}

/* What the host said at its end of each agent: how many were delivered as many events as the engine
 * counted for them. */
static uint32_t count_complete(const char *path)
{
    char *text = NULL;
    uint64_t n = 0;
    uint32_t found = 0;

    if (file_read(path, (uint64_t)64 << 20, &text, &n, NULL) < 0)
        return 0;
    for (const char *at = text; (at = strstr(at, "all delivered")) != NULL; at++)
        found++;
    free(text);
    return found;
}

struct tally {
    uint64_t n_trades, n_quotes, n_wrong, last[SENDER_SYMBOLS + 1];
};

static int read_journal(struct wire *wire, struct tally *tally, struct error *err)
{
    char dir[320];
    struct disk_posix disk;
    struct journal_reader *reader;
    const struct agon_event_hdr *event;
    int rc;

    memset(tally, 0, sizeof(*tally));
    (void)snprintf(dir, sizeof(dir), "%s/journal", wire->dir);
    rc = disk_posix_open(&disk, dir, err);
    if (rc < 0)
        return rc;
    reader = journal_reader_open(&disk.port, NULL, err);
    while (reader != NULL && (rc = journal_reader_next(reader, &event, err)) == 1) {
        const struct agon_trade *trade = (const void *)event;
        uint64_t *last = &tally->last[event->instrument <= SENDER_SYMBOLS ? event->instrument : 0];

        tally->n_quotes += event->type == AGON_EVENT_QUOTE;
        if (event->type != AGON_EVENT_TRADE)
            continue;
        tally->n_wrong += *last != 0 && trade->venue_id != *last + 1;
        *last = trade->venue_id;
        tally->n_trades++;
    }
    journal_reader_close(reader);
    disk_posix_close(&disk);
    return reader == NULL ? AGON_EIO : rc;
}

static int play(struct wire *wire, struct round *round, const char *log_path, struct error *err)
{
    struct sender_job job = {.n = round->n, .per_s = round->per_s};
    struct sender_result result = {0};
    struct tally tally = {0};
    struct gateway_status venue = {0};
    uint32_t n_complete = 0, generation = 0;
    int is_trading = 0;
    int64_t end = 0;
    int rc;

    (void)snprintf(wire->dir, sizeof(wire->dir), "%.200s/wire", wire->bench->dir);
    rc = open_host(wire, round, err);
    if (rc >= 0)
        rc = wait_ready(wire, err);
    if (rc >= 0 && round->n_reloads > 0)
        rc = wait_resting(wire, 0, err);
    if (rc >= 0 && (sender_go(&wire->sender, &job) < 0 || sender_wait(&wire->sender, &result) < 0))
        rc = error_set(err, AGON_EIO, "the sender has lost its client");
    if (rc >= 0) {
        end = wait_taken(wire, round, result.n_trades);
        round->is_taken = end > 0;
        round->seconds = (double)(end - result.begin_ns) / 1e9;
    }
    if (rc >= 0 && round->n_reloads > 0) {
        rc = wait_resting(wire, 1, err);
        generation = wire->view->slots[0].generation;
        if (rc >= 0)
            rc = rush_reloading(wire, round, &result, err);
        if (rc >= 0)
            generation = wait_generations(wire, generation, round->n_reloads);
        if (rc >= 0)
            is_trading = wait_resting(wire, 1, err) >= 0;
    }
    if (rc >= 0) {
        round->queue_p50_us = (double)hist_quantile(&wire->view->queue_ns, 0.5) / 1e3;
        round->queue_p99_us = (double)hist_quantile(&wire->view->queue_ns, 0.99) / 1e3;
        venue = wire->view->venue;
    }
    if (wire->host != NULL) {
        int stopped = host_stop(wire->host, 0, -1, rc >= 0 ? err : NULL);

        rc = rc >= 0 ? stopped : rc;
        wire->pauses = *host_pauses(wire->host);
    }
    host_free(wire->host);
    wire->host = NULL;
    log_flush(NULL);
    n_complete = count_complete(log_path);
    if (rc >= 0)
        rc = read_journal(wire, &tally, err);
    file_remove_tree(wire->dir);
    if (rc < 0)
        return rc;
    // An idle REST connection may end and begin again; a market connection could not without a
    // trade less.
    bench_check(wire->bench,
                round->is_taken && tally.n_wrong == 0 && tally.n_trades == result.n_trades &&
                    tally.n_quotes == result.n_quotes && venue.n_dropped == 0 && venue.n_bad == 0 &&
                    venue.n_gaps == 0,
                "%s: %llu trades and %llu quotes sent, each of them once and in order in the "
                "journal; %llu dropped, %llu bad, %llu gaps",
                round->name, (unsigned long long)result.n_trades,
                (unsigned long long)result.n_quotes, (unsigned long long)venue.n_dropped,
                (unsigned long long)venue.n_bad, (unsigned long long)venue.n_gaps);
    bench_check(wire->bench,
                n_complete == wire->n_agents && least_nth(wire, round) >= result.n_trades,
                "%s: every trade delivered to each of %u agents, by their own counts", round->name,
                wire->n_agents);
    if (round->n_reloads > 0)
        bench_check(wire->bench, generation == round->n_reloads && is_trading,
                    "%s: %u generations took over, with an order that rests and a position",
                    round->name, generation);
    return AGON_OK;
}

struct played {
    struct wire *wire;
    struct round *round;
};

static int play_logged(void *ctx, const char *log_path, struct error *err)
{
    const struct played *played = ctx;

    return play(played->wire, played->round, log_path, err);
}

static int run_round(struct wire *wire, struct round *round, struct error *err)
{
    struct played played = {wire, round};

    return bench_logged(wire->bench, round->name, play_logged, &played, err);
}

static void report_reloads(struct wire *wire, const struct round *round)
{
    double per_s = (double)round->n_reloading / round->reloading_seconds;
    char name[64], note[160];

    (void)snprintf(note, sizeof(note),
                   "%u reloads in %.1f s, %u were overtaken; %llu ticks in %.2f s; before: %.0f/s",
                   round->n_reloads, round->all_seconds, round->n_overtaken,
                   (unsigned long long)round->n_reloading, round->reloading_seconds,
                   (double)round->n / round->seconds);
    bench_figure(wire->bench, round->name, per_s, "ticks/s", note);
    (void)snprintf(note, sizeof(note), "%u reloads at %.0f ticks/s", round->n_reloads, per_s);
    (void)snprintf(name, sizeof(name), "%s.copy", round->name);
    bench_hist(wire->bench, name, &wire->pauses.cut_ns, note);
    (void)snprintf(name, sizeof(name), "%s.swap", round->name);
    bench_hist(wire->bench, name, &wire->pauses.swap_ns, note);
    (void)snprintf(name, sizeof(name), "%s.whole", round->name);
    bench_hist(wire->bench, name, &round->whole_ns, note);
}

static void report(struct wire *wire, const struct round *round)
{
    char name[64], note[128];

    (void)snprintf(name, sizeof(name), "%s%s", round->name, round->n_reloads > 0 ? ".before" : "");
    (void)snprintf(note, sizeof(note), "%s%llu ticks in %.2f s", round->per_s > 0 ? "paced; " : "",
                   (unsigned long long)round->n, round->seconds);
    bench_figure(wire->bench, name, (double)round->n / round->seconds, "ticks/s", note);
    if (round->n_reloads > 0) {
        report_reloads(wire, round);
        return;
    }
    (void)snprintf(name, sizeof(name), "%s.p50", round->name);
    bench_figure(wire->bench, name, round->queue_p50_us, "us",
                 "from the socket's read to the end of the engine's step");
    (void)snprintf(name, sizeof(name), "%s.p99", round->name);
    bench_figure(wire->bench, name, round->queue_p99_us, "us", "the same");
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, uint32_t n)
{
    qsort(values, n, sizeof(*values), by_size);
    return values[n / 2];
}

/* The bare reader beside rushes of the same length: one that has been, or some in turns with it. */
static int run_bare(struct wire *wire, const struct round *rush, struct error *err)
{
    struct bench *bench = wire->bench;
    const struct sender_job job = {.n = rush->n};
    uint32_t n = bench->is_quick ? 2 : PAIRS;
    double bare[PAIRS], ratios[PAIRS];
    struct round round = *rush;

    for (uint32_t i = 0; i < n; i++) {
        if (i > 0 || !bench->is_quick) {
            int rc;

            round = (struct round){.name = "wire.pair", .runner = CREW_INPROC, .n = rush->n};
            rc = run_round(wire, &round, err);
            if (rc < 0)
                return rc;
        }
        bare[i] = bare_run(wire, &job);
        if (!bench_check(bench, bare[i] > 0, "wire: the bare reader counted as many frames") ||
            !round.is_taken) // its seconds are none
            return AGON_OK;
        ratios[i] = round.seconds / bare[i];
    }
    bench_figure(bench, "wire.bare", (double)job.n / median(bare, n), "ticks/s",
                 "TLS and frame headers only, no decoding");
    bench_figure(bench, "wire.ratio", median(ratios, n), "times",
                 bench->is_quick
                     ? "inproc against bare, in two short turns"
                     : "inproc against bare, in turns, the median of five; required: at "
                       "most 2, 100,000 ticks/s; goal 1.1, 2 M");
    return AGON_OK;
}

static int run_all(struct wire *wire, struct error *err)
{
    struct bench *bench = wire->bench;
    uint64_t n_paced = bench->is_quick && bench->n == 0 ? QUICK_N : bench_n(bench, PACED_N);
    uint64_t n_rush = bench->is_quick && bench->n == 0 ? QUICK_N : bench_n(bench, RUSH_N);
    uint32_t n_reloads = bench->is_quick ? RELOADS_QUICK : RELOADS;
    static struct round rounds[6];

    wire->n_agents = bench->is_quick ? AGENTS_QUICK : AGENTS;
    for (size_t i = 0; i < 6; i++) {
        static const char *const names[] = {"wire.inproc.paced",  "wire.inproc",
                                            "wire.inproc.reload", "wire.process.paced",
                                            "wire.process",       "wire.process.reload"};
        struct round *round = &rounds[i];
        int rc;

        // One with reloads begins with a rush, and that shows what a paced one does but its times.
        if (bench->is_quick && i % 3 != 2)
            continue;
        *round = (struct round){.name = names[i],
                                .runner = i < 3 ? CREW_INPROC : CREW_PROCESS,
                                .n = i % 3 == 0 ? n_paced : n_rush,
                                .per_s = i % 3 == 0 ? REQUIRED : 0,
                                .n_reloads = i % 3 == 2 ? n_reloads : 0};
        rc = run_round(wire, round, err);
        if (rc < 0)
            return rc;
        if (round->is_taken) // else its seconds are none
            report(wire, round);
    }
    return run_bare(wire, &rounds[bench->is_quick ? 2 : 1], err);
}

int bench_wire(struct bench *bench, struct error *err)
{
    struct wire wire = {.bench = bench};
    int rc;

    (void)snprintf(wire.ca, sizeof(wire.ca), "%.250s/ca.pem", bench->dir);
    rc = sender_start(&wire.sender, wire.ca, err);
    if (rc < 0)
        return rc;
    wire.view = malloc(sizeof(*wire.view));
    rc = wire.view != NULL ? run_all(&wire, err) : AGON_ENOMEM;
    sender_stop(&wire.sender);
    free(wire.view);
    return rc;
}
