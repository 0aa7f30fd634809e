// SPDX-License-Identifier: Apache-2.0
#include "bench/sender.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "net/server.h"
#include "net/tls_ca.h"
#include "sys/clock.h"

#define UNSENT_MAX ((uint64_t)2 << 20)
#define CHUNK      ((size_t)64 << 10)
#define DIFF_MS    100
#define HEAP_BYTES (64 << 20) /* more than is ever unsent */
#define ID_DIGITS  12
#define NEVER_NS   ((int64_t)24 * 3600 * 1000000000)
#define EVEN       ((uint64_t)SENDER_SYMBOLS * (SENDER_TRADES_PER_QUOTE + 1))

const char *const sender_symbols[SENDER_SYMBOLS] = {"BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT"};
const char *const sender_bases[SENDER_SYMBOLS] = {"BTC", "ETH", "SOL", "BNB"};
static const char *const lower[SENDER_SYMBOLS] = {"btcusdt", "ethusdt", "solusdt", "bnbusdt"};

void sender_instruments(struct host_instrument out[SENDER_SYMBOLS])
{
    memset(out, 0, SENDER_SYMBOLS * sizeof(*out));
    for (int i = 0; i < SENDER_SYMBOLS; i++) {
        struct host_instrument *at = &out[i];

        (void)snprintf(at->symbol, sizeof(at->symbol), "%s", sender_symbols[i]);
        (void)snprintf(at->base, sizeof(at->base), "%s", sender_bases[i]);
        (void)snprintf(at->quote, sizeof(at->quote), "USDT");
        at->px_exp = 2;
        at->qty_exp = 5;
        at->tick_px = at->lot_qty = at->min_qty = 1;
        at->max_qty = num_mul(9000, 100000);
        at->min_notional_amt = 500000000;
        at->maker_fee_ppb = at->taker_fee_ppb = 1000000;
    }
}

struct template
{ /* a frame whose number and times are written in place */
    char bytes[256];
    size_t n, id_at, t_at[2];
    uint32_t n_times;
};
struct child {
    uv_loop_t loop;
    uv_timer_t diff, pace;
    uv_check_t rush;
    uv_idle_t more; /* there is something to send that the connection takes now */
    uv_pipe_t orders;
    struct server *server;
    uint64_t conn; /* of the subscriber; 0: none */
    int is_subscribed, is_busy, result_fd;
    struct template trades[SENDER_SYMBOLS], quotes[SENDER_SYMBOLS];
    uint64_t trade_id[SENDER_SYMBOLS], update_id[SENDER_SYMBOLS];
    uint64_t n_sent, n_turn;
    struct sender_job job;
    struct sender_result result;
    struct sender_stamps *stamps;
    uint64_t stamped_id[SENDER_SYMBOLS]; /* the newest trade that has a stamp */
    char chunk[CHUNK];
    char reply[8192];
};

/* --- frames --- */

static void make_template(struct template *frame, const char *text)
{
    size_t n = strlen(text);
    const char *at;

    // A server's text frame of 126 to 65535 bytes: no mask, 16 bits of length.
    frame->bytes[0] = (char)0x81;
    frame->bytes[1] = 126;
    frame->bytes[2] = (char)(n >> 8);
    frame->bytes[3] = (char)(n & 0xff);
    memcpy(frame->bytes + 4, text, n);
    frame->n = n + 4;
    frame->id_at = 4 + (size_t)(strstr(text, "000000000000") - text);
    for (at = strstr(text, "1111111111111"); at != NULL; at = strstr(at + 1, "1111111111111"))
        frame->t_at[frame->n_times++] = 4 + (size_t)(at - text);
}

static void make_templates(struct child *child)
{
    char text[256];

    for (int i = 0; i < SENDER_SYMBOLS; i++) {
        (void)snprintf(text, sizeof(text),
                       "{\"stream\":\"%s@trade\",\"data\":{\"e\":\"trade\",\"E\":1111111111111,"
                       "\"s\":\"%s\",\"t\":000000000000,\"p\":\"100.01\",\"q\":\"1.50000\","
                       "\"T\":1111111111111,\"m\":true,\"M\":true}}",
                       lower[i], sender_symbols[i]);
        make_template(&child->trades[i], text);
        (void)snprintf(text, sizeof(text),
                       "{\"stream\":\"%s@bookTicker\",\"data\":{\"u\":000000000000,\"s\":\"%s\","
                       "\"b\":\"100.01\",\"B\":\"31.21000\",\"a\":\"100.02\",\"A\":\"40.66000\"}}",
                       lower[i], sender_symbols[i]);
        make_template(&child->quotes[i], text);
        child->trade_id[i] = child->stamped_id[i] = SENDER_FIRST_TRADE - 1;
        child->update_id[i] = SENDER_FIRST_TRADE;
    }
}

static void write_digits(char *at, uint64_t value, int n)
{
    while (n-- > 0) {
        at[n] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* The next tick of the mix: of five ticks of a symbol four are trades. The quote goes first: a job
 * ends with trades, and who has the last of them has all that was sent. */
static size_t put_tick(struct child *child, char *at, uint64_t now_ms)
{
    uint64_t turn = child->n_turn++;
    uint32_t i = (uint32_t)(turn % SENDER_SYMBOLS);
    int is_quote = turn / SENDER_SYMBOLS % (SENDER_TRADES_PER_QUOTE + 1) == 0;
    const struct template *frame = is_quote ? &child->quotes[i] : &child->trades[i];

    memcpy(at, frame->bytes, frame->n);
    write_digits(at + frame->id_at, is_quote ? child->update_id[i] : ++child->trade_id[i],
                 ID_DIGITS);
    for (uint32_t k = 0; k < frame->n_times; k++)
        write_digits(at + frame->t_at[k], now_ms, 13);
    child->result.n_quotes += (uint64_t)is_quote;
    child->result.n_trades += (uint64_t)!is_quote;
    return frame->n;
}

static void finish(struct child *child)
{
    child->is_busy = 0;
    uv_check_stop(&child->rush);
    uv_idle_stop(&child->more);
    uv_timer_stop(&child->pace);
    child->result.end_ns = clock_mono();
    memcpy(child->result.last_trade, child->trade_id, sizeof(child->trade_id));
    if (write(child->result_fd, &child->result, sizeof(child->result)) !=
        (ssize_t)sizeof(child->result))
        uv_stop(&child->loop);
}

static void stamp(struct child *child)
{
    int64_t now = clock_mono();

    for (int i = 0; i < SENDER_SYMBOLS; i++) {
        uint64_t id = child->stamped_id[i];

        while (id < child->trade_id[i])
            atomic_store_explicit(&child->stamps->ns[i][++id % SENDER_STAMPS], now,
                                  memory_order_relaxed);
        child->stamped_id[i] = id;
    }
}

/* Sends what is due, as far as the connection takes it, and so much in a turn of the loop: a reader
 * that keeps up takes all at once, and who does not turn never hears of a job's end. */
static void send_due(struct child *child)
{
    uint64_t now_ms = (uint64_t)(clock_now() / 1000000), due = child->job.n, n_turn = 0;

    if (child->job.per_s > 0) {
        double s = (double)(clock_mono() - child->result.begin_ns) / 1e9;

        due = (uint64_t)(s * (double)child->job.per_s);
        due = due < child->job.n ? due : child->job.n;
    }
    while (child->n_sent < due && n_turn < UNSENT_MAX &&
           server_unsent(child->server, child->conn) < UNSENT_MAX) {
        size_t n = 0;

        while (child->n_sent < due && n + sizeof(child->trades[0].bytes) <= CHUNK) {
            n += put_tick(child, child->chunk + n, now_ms);
            child->n_sent++;
        }
        stamp(child);
        if (server_raw(child->server, child->conn, child->chunk, n) < 0) {
            uv_stop(&child->loop); // whoever waits sees the pipe end
            return;
        }
        n_turn += n;
    }
    if (child->n_sent == child->job.n && server_unsent(child->server, child->conn) == 0)
        finish(child);
}

// It keeps the loop from waiting.
static void on_more(uv_idle_t *idle)
{
    (void)idle;
}

/* After each wait of the loop, which ends when the connection takes more. A sender that asks for
 * that again and again has a processor to itself, which on few is one of the reader's. */
static void on_rush(uv_check_t *check)
{
    struct child *child = check->data;

    send_due(child);
    if (child->is_busy && server_unsent(child->server, child->conn) == 0)
        uv_idle_start(&child->more, on_more);
    else
        uv_idle_stop(&child->more);
}

static void on_pace(uv_timer_t *timer)
{
    send_due(timer->data);
}

/* A level far from the market now and then keeps the books alive. */
static void on_diff(uv_timer_t *timer)
{
    struct child *child = timer->data;
    char text[256];

    for (int i = 0; child->is_subscribed && !child->job.is_silent && i < SENDER_SYMBOLS; i++) {
        uint64_t id = ++child->update_id[i];
        int n = snprintf(
            text, sizeof(text),
            "{\"stream\":\"%s@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":%lld,"
            "\"s\":\"%s\",\"U\":%llu,\"u\":%llu,\"b\":[[\"99.00\",\"%llu.00000\"]],"
            "\"a\":[]}}",
            lower[i], (long long)(clock_now() / 1000000), sender_symbols[i], (unsigned long long)id,
            (unsigned long long)id, (unsigned long long)(id % 100 + 1));

        (void)server_ws_send(child->server, child->conn, WS_TEXT, text, (size_t)n);
    }
}

/* --- what a gateway asks --- */

static size_t exchange_info(char *out, size_t room)
{
    size_t n = (size_t)snprintf(out, room,
                                "{\"timezone\":\"UTC\",\"serverTime\":%lld,\"rateLimits\":[{"
                                "\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\","
                                "\"intervalNum\":1,\"limit\":6000}],\"symbols\":[",
                                (long long)(clock_now() / 1000000));

    for (int i = 0; i < SENDER_SYMBOLS; i++)
        n += (size_t)snprintf(
            out + n, room - n,
            "%s{\"symbol\":\"%s\",\"status\":\"TRADING\",\"baseAsset\":\"%s\",\"quoteAsset\":"
            "\"USDT\",\"isSpotTradingAllowed\":true,\"filters\":[{\"filterType\":\"PRICE_FILTER\","
            "\"minPrice\":\"0.01\",\"maxPrice\":\"1000000.00\",\"tickSize\":\"0.01\"},{"
            "\"filterType\":\"LOT_SIZE\",\"minQty\":\"0.00001\",\"maxQty\":\"9000.00000\","
            "\"stepSize\":\"0.00001\"},{\"filterType\":\"NOTIONAL\",\"minNotional\":\"5.00\"}]}",
            i > 0 ? "," : "", sender_symbols[i], sender_bases[i]);
    return n + (size_t)snprintf(out + n, room - n, "]}");
}

static size_t depth(const uint64_t update_id[SENDER_SYMBOLS], const char *query, char *out,
                    size_t room)
{
    uint64_t last = 0;

    for (int i = 0; i < SENDER_SYMBOLS; i++) {
        if (strstr(query, sender_symbols[i]) != NULL)
            last = update_id[i];
    }
    return (size_t)snprintf(
        out, room,
        "{\"lastUpdateId\":%llu,\"bids\":[[\"100.01\",\"31.21000\"],[\"100.00\","
        "\"12.00000\"]],\"asks\":[[\"100.02\",\"40.66000\"],[\"100.03\","
        "\"9.00000\"]]}",
        (unsigned long long)last);
}

size_t sender_answer(const struct http_message *request, const uint64_t update_id[SENDER_SYMBOLS],
                     char *out, size_t room)
{
    if (strcmp(request->path, "/api/v3/time") == 0)
        return (size_t)snprintf(out, room, "{\"serverTime\":%lld}",
                                (long long)(clock_now() / 1000000));
    if (strcmp(request->path, "/api/v3/exchangeInfo") == 0)
        return exchange_info(out, room);
    if (strcmp(request->path, "/api/v3/depth") == 0)
        return depth(update_id, request->query, out, room);
    return (size_t)snprintf(out, room, "[]");
}

static void on_request(void *ctx, uint64_t conn, const struct http_message *request,
                       const char *peer)
{
    struct child *child = ctx;
    struct http_header header = {.name = "content-type", .value = "application/json"};
    struct http_response response = {
        .status = 200, .headers = &header, .n_headers = 1, .body = child->reply};

    (void)peer;
    response.body_n = sender_answer(request, child->update_id, child->reply, sizeof(child->reply));
    (void)server_respond(child->server, conn, &response);
}

static int on_ws_request(void *ctx, uint64_t conn, const struct http_message *request,
                         const char *peer)
{
    (void)ctx;
    (void)conn;
    (void)request;
    (void)peer;
    return 0;
}

static void on_ws_open(void *ctx, uint64_t conn)
{
    struct child *child = ctx;

    child->conn = conn;
    child->job.is_silent = 0;
}

static void on_ws_message(void *ctx, uint64_t conn, enum ws_opcode opcode, const void *bytes,
                          size_t n)
{
    struct child *child = ctx;
    char text[64];
    const char *id = n > 5 && opcode == WS_TEXT ? memmem(bytes, n, "\"id\":", 5) : NULL;
    int length;

    if (id == NULL || conn != child->conn)
        return;
    length =
        snprintf(text, sizeof(text), "{\"result\":null,\"id\":%llu}", strtoull(id + 5, NULL, 10));
    (void)server_ws_send(child->server, conn, WS_TEXT, text, (size_t)length);
    child->is_subscribed = 1;
}

static void on_ws_close(void *ctx, uint64_t conn, int code)
{
    struct child *child = ctx;

    (void)code;
    if (conn != child->conn)
        return;
    child->conn = 0;
    child->is_subscribed = 0;
    if (child->is_busy)
        uv_stop(&child->loop);
}

/* --- the child's life --- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char room[sizeof(struct sender_job)];

    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(room, sizeof(room));
}

static void on_order(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct child *child = stream->data;
    struct sender_job job;

    if (n == 0) // nothing yet
        return;
    if (n != (ssize_t)sizeof(job) || child->conn == 0) {
        uv_stop(&child->loop);
        return;
    }
    memcpy(&job, buf->base, sizeof(job));
    if (job.n == 0) {
        if (child->is_busy)
            child->job.n = (child->n_sent + EVEN - 1) / EVEN * EVEN;
        return;
    }
    child->job = job;
    memset(&child->result, 0, sizeof(child->result));
    child->n_sent = 0;
    child->is_busy = 1;
    child->result.begin_ns = clock_mono();
    if (child->job.per_s > 0)
        uv_timer_start(&child->pace, on_pace, 1, 1);
    else
        uv_check_start(&child->rush, on_rush);
}

static void run_child(int orders_fd, int result_fd, const char *ca_path,
                      struct sender_stamps *stamps)
{
    struct child *child = calloc(1, sizeof(*child));
    // No verdict hangs on time: a client that gets no processor takes long for a handshake.
    struct server_options options = {
        .queue_bytes = 8u << 20, .request_ns = NEVER_NS, .idle_ns = NEVER_NS};
    struct server_listen listen = {.host = "127.0.0.1"};
    struct tls_ca ca = {0};
    int port = -1;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* What has been sent is written to again: with memory that goes back to the kernel and comes
     * anew for each piece a rush was the sender's page faults, on a processor that readers want. */
    (void)mallopt(M_TRIM_THRESHOLD, HEAP_BYTES);
    (void)mallopt(M_MMAP_THRESHOLD, HEAP_BYTES);
    if (child == NULL || uv_loop_init(&child->loop) != 0)
        _exit(1);
    if (ca_path != NULL &&
        (tls_ca_make(&ca, NULL, 0, 0, NULL) < 0 || tls_ca_write(&ca, ca_path, NULL) < 0))
        _exit(1);
    child->stamps = stamps;
    make_templates(child);
    child->result_fd = result_fd;
    listen.cert_pem = ca.cert_pem;
    listen.key_pem = ca.key_pem;
    listen.owner = (struct server_owner){.ctx = child,
                                         .on_request = on_request,
                                         .on_ws_request = on_ws_request,
                                         .on_ws_open = on_ws_open,
                                         .on_ws_message = on_ws_message,
                                         .on_ws_close = on_ws_close};
    uv_timer_init(&child->loop, &child->diff);
    uv_timer_init(&child->loop, &child->pace);
    uv_check_init(&child->loop, &child->rush);
    uv_idle_init(&child->loop, &child->more);
    child->diff.data = child->pace.data = child->rush.data = child->orders.data = child;
    if (server_new(&child->server, &child->loop, &options, NULL) < 0 ||
        (port = server_add(child->server, &listen, NULL)) < 0 ||
        uv_pipe_init(&child->loop, &child->orders, 0) != 0 ||
        uv_pipe_open(&child->orders, orders_fd) != 0 ||
        uv_read_start((uv_stream_t *)&child->orders, on_alloc, on_order) != 0 ||
        write(result_fd, &port, sizeof(port)) != (ssize_t)sizeof(port))
        _exit(1);
    uv_timer_start(&child->diff, on_diff, DIFF_MS, DIFF_MS);
    uv_run(&child->loop, UV_RUN_DEFAULT);
    _exit(0);
}

/* --- the parent's side --- */

int sender_read(int fd, void *bytes, size_t n)
{
    size_t done = 0;

    while (done < n) {
        ssize_t got = read(fd, (char *)bytes + done, n - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return AGON_EIO;
        done += (size_t)got;
    }
    return AGON_OK;
}

int sender_start(struct sender *sender, const char *ca_path, struct error *err)
{
    int to[2], from[2], port;

    memset(sender, 0, sizeof(*sender));
    sender->stamps = mmap(NULL, sizeof(*sender->stamps), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sender->stamps == MAP_FAILED)
        return error_set(err, AGON_ENOMEM, "no memory for the sender's times");
    if (pipe(to) != 0) {
        sender_stop(sender);
        return error_set(err, AGON_EIO, "pipe: %s", strerror(errno));
    }
    if (pipe(from) != 0) {
        sender_stop(sender);
        (void)close(to[0]);
        (void)close(to[1]);
        return error_set(err, AGON_EIO, "pipe: %s", strerror(errno));
    }
    (void)fflush(NULL);
    sender->pid = fork();
    if (sender->pid == 0) {
        (void)close(to[1]);
        (void)close(from[0]);
        run_child(to[0], from[1], ca_path, sender->stamps);
    }
    (void)close(to[0]);
    (void)close(from[1]);
    sender->to_fd = to[1];
    sender->from_fd = from[0];
    if (sender->pid > 0 && sender_read(sender->from_fd, &port, sizeof(port)) >= 0) {
        sender->port = (uint16_t)port;
        return AGON_OK;
    }
    sender_stop(sender);
    return error_set(err, AGON_EIO, "the sender could not be started");
}

int sender_go(struct sender *sender, const struct sender_job *job)
{
    return write(sender->to_fd, job, sizeof(*job)) == (ssize_t)sizeof(*job) ? AGON_OK : AGON_EIO;
}

int sender_halt(struct sender *sender)
{
    return sender_go(sender, &(struct sender_job){.n = 0});
}

int sender_wait(struct sender *sender, struct sender_result *result)
{
    return sender_read(sender->from_fd, result, sizeof(*result));
}

void sender_stop(struct sender *sender)
{
    if (sender->stamps != NULL && sender->stamps != MAP_FAILED)
        (void)munmap(sender->stamps, sizeof(*sender->stamps));
    sender->stamps = NULL;
    if (sender->pid == 0)
        return;
    (void)close(sender->to_fd);
    (void)close(sender->from_fd);
    if (sender->pid > 0) {
        (void)kill(sender->pid, SIGKILL);
        while (waitpid(sender->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    sender->pid = 0;
}
