// SPDX-License-Identifier: Apache-2.0
#include "bench/order_venue.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/sender.h"
#include "net/server.h"
#include "net/tls_ca.h"
#include "sys/clock.h"

#define GAP_MS     15 /* a market maker changes its mind every 10 ms at most */
#define NEVER_NS   ((int64_t)24 * 3600 * 1000000000)
#define FIRST_DIFF 1000

static const char *const bids[2] = ORDER_VENUE_BIDS;

struct child {
    uv_loop_t loop;
    uv_timer_t gap;
    uv_pipe_t orders;
    struct server *server;
    struct order_venue_said *said;
    uint64_t market; /* connection of the last that asked for the market's stream */
    int is_market_next, result_fd;
    uint32_t n_left;
    int is_waiting; /* for the order of a tick */
    int64_t sent_ns;
    uint64_t update_id[SENDER_SYMBOLS], n_diffs;
    char reply[8192];
};

static void send_tick(uv_timer_t *timer)
{
    struct child *child = timer->data;
    uint64_t turn = child->n_diffs++;
    char text[400];
    int n;

    child->update_id[0]++;
    n = snprintf(text, sizeof(text),
                 "{\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":%lld,"
                 "\"s\":\"BTCUSDT\",\"U\":%llu,\"u\":%llu,\"b\":[[\"%s\",\"31.21000\"],[\"%s\","
                 "\"0.00000\"]],\"a\":[[\"100.02\",\"0.00000\"],[\"100.03\",\"0.00000\"],[\"102."
                 "00\",\"9.00000\"]]}}",
                 (long long)(clock_now() / 1000000), (unsigned long long)child->update_id[0],
                 (unsigned long long)child->update_id[0], bids[turn % 2], bids[(turn + 1) % 2]);
    child->is_waiting = 1;
    child->n_left--;
    child->sent_ns = clock_mono();
    if (server_ws_send(child->server, child->market, WS_TEXT, text, (size_t)n) < 0)
        uv_stop(&child->loop); // whoever waits sees the pipe end
}

static void next_tick(struct child *child)
{
    if (child->n_left > 0)
        uv_timer_start(&child->gap, send_tick, GAP_MS, 0);
    else if (write(child->result_fd, "", 1) != 1)
        uv_stop(&child->loop);
}

/* Of a query NAME=value; "" where it has none. */
static void param(const char *query, const char *name, char *out, size_t room)
{
    size_t n = strlen(name);

    out[0] = '\0';
    for (const char *at = query; at != NULL && *at != '\0'; at = strchr(at, '&')) {
        at += *at == '&';
        if (strncmp(at, name, n) != 0 || at[n] != '=')
            continue;
        (void)snprintf(out, room, "%.*s", (int)strcspn(at + n + 1, "&"), at + n + 1);
        return;
    }
}

static size_t take_order(struct child *child, const struct http_message *request)
{
    struct order_venue_said *said = child->said;
    int64_t now = clock_mono();
    char client[64], price[32], qty[32], side[8], type[24];
    uint32_t which = (uint32_t)((child->n_diffs + 1) % 2), at = atomic_load(&said->n_orders);

    param(request->query, "newClientOrderId", client, sizeof(client));
    param(request->query, "price", price, sizeof(price));
    param(request->query, "quantity", qty, sizeof(qty));
    param(request->query, "side", side, sizeof(side));
    param(request->query, "type", type, sizeof(type));
    if (!child->is_waiting || at >= ORDER_VENUE_TICKS || client[0] == '\0' || qty[0] == '\0' ||
        strcmp(side, "BUY") != 0) {
        atomic_fetch_add(&said->n_odd, 1);
    } else {
        said->ns[at] = now - child->sent_ns;
        (void)snprintf(said->orders[which], ORDER_VENUE_HEAD, "%s", request->target);
        if (said->prices[which][0] == '\0')
            memcpy(said->prices[which], price, sizeof(price));
        if (strcmp(said->prices[which], price) != 0)
            atomic_fetch_add(&said->n_other_price, 1);
        atomic_store(&said->n_orders, at + 1);
        child->is_waiting = 0;
        next_tick(child);
    }
    return (size_t)snprintf(
        child->reply, sizeof(child->reply),
        "{\"symbol\":\"BTCUSDT\",\"orderId\":%llu,\"orderListId\":-1,\"clientOrderId\":\"%s\","
        "\"transactTime\":%lld,\"price\":\"%s\",\"origQty\":\"%s\",\"executedQty\":\"0.00000\","
        "\"status\":\"EXPIRED\",\"timeInForce\":\"GTC\",\"type\":\"%s\",\"side\":\"BUY\","
        "\"fills\":[]}",
        (unsigned long long)(child->n_diffs + 10), client, (long long)(clock_now() / 1000000),
        price, qty, type);
}

static void on_request(void *ctx, uint64_t conn, const struct http_message *request,
                       const char *peer)
{
    struct child *child = ctx;
    struct http_header header = {.name = "content-type", .value = "application/json"};
    struct http_response response = {
        .status = 200, .headers = &header, .n_headers = 1, .body = child->reply};

    (void)peer;
    if (strcmp(request->path, "/api/v3/order") == 0 && strcmp(request->method, "POST") == 0)
        response.body_n = take_order(child, request);
    else if (strcmp(request->path, "/api/v3/account") == 0)
        response.body_n = (uint64_t)snprintf(
            child->reply, sizeof(child->reply),
            "{\"canTrade\":true,\"balances\":[{\"asset\":\"USDT\",\"free\":\"1000000.00000000\","
            "\"locked\":\"0.00000000\"}]}");
    else
        response.body_n =
            sender_answer(request, child->update_id, child->reply, sizeof(child->reply));
    (void)server_respond(child->server, conn, &response);
}

static int on_ws_request(void *ctx, uint64_t conn, const struct http_message *request,
                         const char *peer)
{
    struct child *child = ctx;

    (void)conn;
    (void)peer;
    child->is_market_next = strncmp(request->path, "/stream", 7) == 0;
    return 0;
}

// It follows in the same turn.
static void on_ws_open(void *ctx, uint64_t conn)
{
    struct child *child = ctx;

    if (!child->is_market_next)
        return;
    child->market = conn;
}

static void on_ws_message(void *ctx, uint64_t conn, enum ws_opcode opcode, const void *bytes,
                          size_t n)
{
    struct child *child = ctx;
    char text[96];
    const char *id = n > 5 && opcode == WS_TEXT ? memmem(bytes, n, "\"id\":", 5) : NULL;
    int is_text = id != NULL && id + 6 < (const char *)bytes + n && id[5] == '"', length;

    if (id == NULL)
        return;
    // Of the market's stream the number is one, of the account's a text.
    length = snprintf(text, sizeof(text),
                      is_text ? "{\"id\":\"%llu\",\"status\":200,\"result\":{\"subscriptionId\":0}}"
                              : "{\"result\":null,\"id\":%llu}",
                      strtoull(id + 5 + is_text, NULL, 10));
    (void)server_ws_send(child->server, conn, WS_TEXT, text, (size_t)length);
}

static void on_ws_close(void *ctx, uint64_t conn, int code)
{
    struct child *child = ctx;

    (void)code;
    if (conn != child->market)
        return;
    child->market = 0;
    if (child->n_left > 0 || child->is_waiting)
        uv_stop(&child->loop);
}

/* --- the child's life --- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char room[sizeof(uint32_t)];

    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(room, sizeof(room));
}

static void on_job(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct child *child = stream->data;
    struct order_venue_said *said = child->said;

    if (n == 0) // nothing yet
        return;
    if (n != (ssize_t)sizeof(child->n_left) || child->market == 0) {
        uv_stop(&child->loop);
        return;
    }
    memcpy(&child->n_left, buf->base, sizeof(child->n_left));
    memset(said->prices, 0, sizeof(said->prices));
    atomic_store(&said->n_orders, 0);
    child->n_diffs |= 1; // not the bid that a snapshot has: it would change nothing
    next_tick(child);
}

static void run_child(int orders_fd, int result_fd, const char *ca_path,
                      struct order_venue_said *said)
{
    struct child *child = calloc(1, sizeof(*child));
    struct server_options options = {.request_ns = NEVER_NS, .idle_ns = NEVER_NS};
    struct server_listen listen = {.host = "127.0.0.1"};
    struct tls_ca ca = {0};
    int port = -1;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (child == NULL || uv_loop_init(&child->loop) != 0 ||
        tls_ca_make(&ca, NULL, 0, 0, NULL) < 0 || tls_ca_write(&ca, ca_path, NULL) < 0)
        _exit(1);
    child->said = said;
    child->result_fd = result_fd;
    for (int i = 0; i < SENDER_SYMBOLS; i++)
        child->update_id[i] = FIRST_DIFF;
    listen.cert_pem = ca.cert_pem;
    listen.key_pem = ca.key_pem;
    listen.owner = (struct server_owner){.ctx = child,
                                         .on_request = on_request,
                                         .on_ws_request = on_ws_request,
                                         .on_ws_open = on_ws_open,
                                         .on_ws_message = on_ws_message,
                                         .on_ws_close = on_ws_close};
    uv_timer_init(&child->loop, &child->gap);
    child->gap.data = child->orders.data = child;
    if (server_new(&child->server, &child->loop, &options, NULL) < 0 ||
        (port = server_add(child->server, &listen, NULL)) < 0 ||
        uv_pipe_init(&child->loop, &child->orders, 0) != 0 ||
        uv_pipe_open(&child->orders, orders_fd) != 0 ||
        uv_read_start((uv_stream_t *)&child->orders, on_alloc, on_job) != 0 ||
        write(result_fd, &port, sizeof(port)) != (ssize_t)sizeof(port))
        _exit(1);
    uv_run(&child->loop, UV_RUN_DEFAULT);
    _exit(0);
}

/* --- the parent's side --- */

int order_venue_start(struct order_venue *venue, const char *ca_path, struct error *err)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1}, port = -1, rc = AGON_OK;

    memset(venue, 0, sizeof(*venue));
    venue->said =
        mmap(NULL, sizeof(*venue->said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (venue->said == MAP_FAILED) {
        venue->said = NULL;
        return error_set(err, AGON_ENOMEM, "no memory for the venue's times");
    }
    if (pipe(to) != 0 || pipe(from) != 0)
        rc = error_set(err, AGON_EIO, "pipe: %s", strerror(errno));
    venue->pid = rc >= 0 ? fork() : -1;
    if (venue->pid == 0) {
        (void)close(to[1]);
        (void)close(from[0]);
        run_child(to[0], from[1], ca_path, venue->said);
    }
    if (to[0] >= 0)
        (void)close(to[0]);
    if (from[1] >= 0)
        (void)close(from[1]);
    venue->to_fd = to[1];
    venue->from_fd = from[0];
    if (rc >= 0 && (venue->pid < 0 || sender_read(from[0], &port, sizeof(port)) < 0 || port < 0))
        rc = error_set(err, AGON_EIO, "the venue for orders did not start");
    venue->port = (uint16_t)port;
    if (rc < 0)
        order_venue_stop(venue);
    return rc;
}

int order_venue_run(struct order_venue *venue, uint32_t n)
{
    char end;

    return write(venue->to_fd, &n, sizeof(n)) == (ssize_t)sizeof(n) &&
                   sender_read(venue->from_fd, &end, 1) >= 0
               ? AGON_OK
               : AGON_EIO;
}

void order_venue_stop(struct order_venue *venue)
{
    if (venue->said == NULL)
        return;
    if (venue->to_fd >= 0)
        (void)close(venue->to_fd);
    if (venue->from_fd >= 0)
        (void)close(venue->from_fd);
    if (venue->pid > 0) {
        (void)kill(venue->pid, SIGKILL);
        (void)waitpid(venue->pid, NULL, 0);
    }
    (void)munmap(venue->said, sizeof(*venue->said));
    memset(venue, 0, sizeof(*venue));
}
