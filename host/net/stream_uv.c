// SPDX-License-Identifier: Apache-2.0
/* stream_uv: see the header. A connection goes NAME, CONNECT (one address after the other), TLS,
 * OPEN and, with a flush, CLOSING. Its timer is first the stage's deadline; closing that timer is
 * also how on_end gets a turn of its own, so that no call of the port calls back. */
#include "net/stream_uv.h"

#include "net/link.h"
#include "net/tls.h"
#include "sys/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>

#define ADDRESSES       8
#define REMEMBERED      32
#define NAME_MS         2000
#define CONNECT_MS      3000
#define CONNECT_EACH_MS 1000 /* for one address while others are left */
#define TLS_MS          5000
#define CLOSE_MS        2000
#define GENERATIONS     32768

enum stage { STAGE_NAME, STAGE_CONNECT, STAGE_TLS, STAGE_OPEN, STAGE_CLOSING, STAGE_ENDING };

struct lookup { /* outlives its connection while libuv's pool works on it */
    uv_getaddrinfo_t req;
    struct stream_uv *stream;
    struct conn *conn; /* NULL: nobody waits any more */
};

struct conn {
    struct stream_uv *stream;
    struct stream_target target;
    struct stream_owner owner;
    SSL_CTX *context; /* owned reference, NULL: plain */
    struct lookup *lookup;
    struct link *link; /* owned */
    uv_timer_t timer;
    struct sockaddr_storage addresses[ADDRESSES];
    int n_addresses, next_address;
    int64_t connect_until; /* over all addresses */
    uint64_t unsent;       /* when it ended */
    int id;
    enum stage stage;
    enum stream_end end;
    uint8_t is_paused, is_remembered; /* the address is the last good one, not a fresh one */
    uint8_t is_silent;                /* the stream is stopping: no more callbacks */
    char text[320];
};

struct timer {
    uv_timer_t uv;
    struct stream_uv *stream;
    struct stream_owner owner;
    uint64_t cookie;
    int64_t due;
    int64_t id;
};

struct trust { /* one set of authorities, loaded once and again when its file has changed */
    char ca_file[256];
    SSL_CTX *context;
    struct timespec changed;
    ino_t inode;
    struct trust *next;
};

struct stream_uv {
    struct link_pool pool;
    struct stream_port port;
    struct conn **conns; /* by index; NULL: free */
    uint32_t n_conns, most_conns, next_conn;
    uint16_t *generations;
    struct timer **timers; /* by index; grows */
    uint32_t n_timers, room_timers;
    uint32_t handles, lookups; /* of ours, not yet given back by libuv */
    uint64_t timer_count;
    struct trust *trusts;
    struct {
        char host[256];
        struct sockaddr_storage address;
    } remembered[REMEMBERED];
    uint32_t next_remembered;
    uint64_t dice[32];
    uint32_t n_dice;
    uint8_t is_stopping;
};

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)(void *)address)->sin_port = htons(port);
}

/* ---- end of a connection */

static void on_conn_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;
    struct stream_uv *stream = conn->stream;

    stream->handles--;
    if (!conn->is_silent)
        conn->owner.on_end(conn->owner.ctx, conn->id, conn->end, conn->text);
    // Only now may the id be given out again, and unsent answer no more.
    stream->conns[(uint32_t)conn->id % stream->most_conns] = NULL;
    stream->n_conns--;
    SSL_CTX_free(conn->context);
    free(conn);
}

static void end_conn(struct conn *conn, enum stream_end end, const char *text)
{
    if (conn->stage == STAGE_ENDING)
        return;
    conn->stage = STAGE_ENDING;
    conn->end = end;
    snprintf(conn->text, sizeof conn->text, "%s:%u: %s", conn->target.host, conn->target.port,
             text);
    if (conn->lookup) {
        conn->lookup->conn = NULL;
        uv_cancel((uv_req_t *)&conn->lookup->req);
        conn->lookup = NULL;
    }
    if (conn->link) {
        conn->unsent = link_unsent(conn->link);
        link_drop(conn->link, 0);
        conn->link = NULL;
    }
    uv_close((uv_handle_t *)&conn->timer, on_conn_closed);
}

/* ---- connecting */

static void connect_next(struct conn *conn);

static void remember(struct conn *conn)
{
    struct stream_uv *stream = conn->stream;
    uint32_t at = REMEMBERED;

    if (!conn->context || conn->is_remembered)
        return;
    for (uint32_t i = 0; i < REMEMBERED; i++) {
        if (strcmp(stream->remembered[i].host, conn->target.host) == 0)
            at = i;
    }
    if (at == REMEMBERED)
        at = stream->next_remembered++ % REMEMBERED;
    snprintf(stream->remembered[at].host, sizeof stream->remembered[at].host, "%s",
             conn->target.host);
    stream->remembered[at].address = conn->addresses[conn->next_address - 1];
}

/* The name cannot be had. An address that was good before may be used where TLS proves that it
 * still is. */
static void connect_remembered(struct conn *conn, enum stream_end end, const char *text)
{
    struct stream_uv *stream = conn->stream;

    for (uint32_t i = 0; conn->context && i < REMEMBERED; i++) {
        if (strcmp(stream->remembered[i].host, conn->target.host) != 0)
            continue;
        conn->addresses[0] = stream->remembered[i].address;
        set_port(&conn->addresses[0], conn->target.port);
        conn->n_addresses = 1;
        conn->is_remembered = 1;
        conn->connect_until = (int64_t)uv_hrtime() + CONNECT_MS * 1000000ll;
        connect_next(conn);
        return;
    }
    end_conn(conn, end, text);
}

static void on_deadline(uv_timer_t *timer)
{
    struct conn *conn = timer->data;

    switch (conn->stage) {
    case STAGE_NAME:
        if (conn->lookup) {
            conn->lookup->conn = NULL;
            uv_cancel((uv_req_t *)&conn->lookup->req);
            conn->lookup = NULL;
        }
        connect_remembered(conn, STREAM_END_TIMEOUT, "the name was not resolved within 2 s");
        break;
    case STAGE_CONNECT:
        link_drop(conn->link, 0);
        conn->link = NULL;
        snprintf(conn->text, sizeof conn->text, "no connection within 3 s");
        conn->end = STREAM_END_TIMEOUT;
        connect_next(conn);
        break;
    case STAGE_TLS:
        end_conn(conn, STREAM_END_TIMEOUT, "no TLS within 5 s");
        break;
    case STAGE_CLOSING:
        end_conn(conn, STREAM_END_LOCAL, "closed, and the peer did not take what was queued");
        break;
    case STAGE_OPEN:
    case STAGE_ENDING:
        break;
    }
}

static void on_link_connect(void *ctx)
{
    struct conn *conn = ctx;

    conn->stage = STAGE_TLS;
    uv_timer_start(&conn->timer, on_deadline, TLS_MS, 0);
}

static void on_link_ready(void *ctx)
{
    struct conn *conn = ctx;

    uv_timer_stop(&conn->timer);
    conn->stage = STAGE_OPEN;
    remember(conn);
    conn->owner.on_open(conn->owner.ctx, conn->id);
}

static void on_link_bytes(void *ctx, const void *bytes, size_t n)
{
    struct conn *conn = ctx;

    if (conn->stage == STAGE_OPEN)
        conn->owner.on_bytes(conn->owner.ctx, conn->id, bytes, n);
}

static void on_link_end(void *ctx, enum stream_end end, const char *text)
{
    struct conn *conn = ctx;
    char copy[256];

    snprintf(copy, sizeof copy, "%s", text); // it lies in the link, which goes now
    if (conn->stage == STAGE_CONNECT) {
        link_drop(conn->link, 0);
        conn->link = NULL;
        conn->end = end;
        snprintf(conn->text, sizeof conn->text, "%s", copy);
        connect_next(conn);
        return;
    }
    end_conn(conn, end, copy);
}

static void connect_next(struct conn *conn)
{
    const struct link_owner owner = {.ctx = conn,
                                     .on_ready = on_link_ready,
                                     .on_connect = on_link_connect,
                                     .on_bytes = on_link_bytes,
                                     .on_end = on_link_end};

    conn->stage = STAGE_CONNECT;
    while (conn->next_address < conn->n_addresses) {
        int64_t left_ms = (conn->connect_until - (int64_t)uv_hrtime()) / 1000000;
        int at = conn->next_address++;
        int is_last = conn->next_address == conn->n_addresses;

        if (left_ms <= 0)
            break;
        if (!is_last && left_ms > CONNECT_EACH_MS)
            left_ms = CONNECT_EACH_MS;
        if (link_connect(&conn->link, &conn->stream->pool, &owner,
                         (const struct sockaddr *)&conn->addresses[at], conn->context,
                         &conn->target) == AGON_OK) {
            uv_timer_start(&conn->timer, on_deadline, (uint64_t)left_ms, 0);
            return;
        }
        conn->end = STREAM_END_REFUSED;
        snprintf(conn->text, sizeof conn->text, "no connection could be begun");
    }
    {
        char copy[256];
        snprintf(copy, sizeof copy, "%.255s", conn->text);
        end_conn(conn, conn->end, copy);
    }
}

static void on_name(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
    struct lookup *lookup = (struct lookup *)(void *)req;
    struct conn *conn = lookup->conn;

    lookup->stream->lookups--;
    free(lookup);
    if (!conn) {
        uv_freeaddrinfo(list);
        return;
    }
    conn->lookup = NULL;
    for (const struct addrinfo *at = list; status == 0 && at; at = at->ai_next) {
        if (conn->n_addresses == ADDRESSES ||
            (at->ai_family != AF_INET && at->ai_family != AF_INET6))
            continue;
        memcpy(&conn->addresses[conn->n_addresses], at->ai_addr, at->ai_addrlen);
        set_port(&conn->addresses[conn->n_addresses], conn->target.port);
        conn->n_addresses++;
    }
    uv_freeaddrinfo(list);
    if (conn->n_addresses == 0) {
        char text[160];
        snprintf(text, sizeof text, "the name does not resolve: %s",
                 status ? uv_strerror(status) : "no address");
        connect_remembered(conn, STREAM_END_NAME, text);
        return;
    }
    conn->connect_until = (int64_t)uv_hrtime() + CONNECT_MS * 1000000ll;
    connect_next(conn);
}

static int begin_lookup(struct conn *conn)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct lookup *lookup = calloc(1, sizeof *lookup);

    if (!lookup)
        return AGON_ENOMEM;
    lookup->stream = conn->stream;
    lookup->conn = conn;
    if (uv_getaddrinfo(conn->stream->pool.loop, &lookup->req, on_name, conn->target.host, NULL,
                       &hints) != 0) {
        free(lookup);
        return AGON_EINVAL;
    }
    conn->lookup = lookup;
    conn->stream->lookups++;
    conn->stage = STAGE_NAME;
    uv_timer_start(&conn->timer, on_deadline, NAME_MS, 0);
    return AGON_OK;
}

/* A new reference to the context for ca_file. */
static int trust_for(struct stream_uv *stream, const char *ca_file, SSL_CTX **context,
                     struct error *err)
{
    SSL_CTX *fresh;
    struct trust *trust;
    struct stat file = {0};
    int rc;

    if (*ca_file && stat(ca_file, &file) != 0)
        return error_set(err, AGON_ENOENT, "no certificate authorities: %s: %s", ca_file,
                         strerror(errno));
    for (trust = stream->trusts; trust; trust = trust->next) {
        if (strcmp(trust->ca_file, ca_file) == 0)
            break;
    }
    if (!trust || trust->inode != file.st_ino || trust->changed.tv_sec != file.st_mtim.tv_sec ||
        trust->changed.tv_nsec != file.st_mtim.tv_nsec) {
        rc = tls_client_context(&fresh, ca_file, err);
        if (rc < 0)
            return rc;
        if (!trust) {
            trust = calloc(1, sizeof *trust);
            if (!trust) {
                SSL_CTX_free(fresh);
                return error_set(err, AGON_ENOMEM, "out of memory for TLS");
            }
            snprintf(trust->ca_file, sizeof trust->ca_file, "%s", ca_file);
            trust->next = stream->trusts;
            stream->trusts = trust;
        }
        SSL_CTX_free(trust->context);
        trust->context = fresh;
        trust->inode = file.st_ino;
        trust->changed = file.st_mtim;
    }
    SSL_CTX_up_ref(trust->context);
    *context = trust->context;
    return AGON_OK;
}

/* ---- the port */

static struct conn *find(struct stream_uv *stream, int id)
{
    struct conn *conn = id < 0 ? NULL : stream->conns[(uint32_t)id % stream->most_conns];

    return conn && conn->id == id ? conn : NULL;
}

static int is_text(const char *text, size_t room)
{
    return memchr(text, 0, room) != NULL;
}

static int port_connect(void *ctx, const struct stream_target *target,
                        const struct stream_owner *owner)
{
    struct stream_uv *stream = ctx;
    struct error err = {0};
    struct conn *conn;
    uint32_t at;

    if (!is_text(target->host, sizeof target->host) || target->host[0] == '\0' ||
        target->port == 0 || !is_text(target->ca_file, sizeof target->ca_file))
        return AGON_EINVAL;
    if (stream->is_stopping)
        return AGON_ESTATE;
    if (stream->n_conns == stream->most_conns)
        return AGON_EAGAIN;
    conn = calloc(1, sizeof *conn);
    if (!conn)
        return AGON_ENOMEM;
    conn->stream = stream;
    conn->target = *target;
    conn->owner = *owner;
    conn->end = STREAM_END_TIMEOUT;
    if (uv_timer_init(stream->pool.loop, &conn->timer) != 0) {
        free(conn);
        return AGON_ENOMEM;
    }
    conn->timer.data = conn;
    stream->handles++;
    // Slots are taken in turn, so that an id comes back only after very many others.
    do
        at = stream->next_conn++ % stream->most_conns;
    while (stream->conns[at]);
    stream->generations[at] = (uint16_t)((stream->generations[at] + 1) % GENERATIONS);
    conn->id = (int)(stream->generations[at] * stream->most_conns + at);
    stream->conns[at] = conn;
    stream->n_conns++;

    if (target->is_tls && trust_for(stream, target->ca_file, &conn->context, &err) < 0)
        end_conn(conn, STREAM_END_TLS, err.text);
    else if (uv_ip4_addr(target->host, target->port,
                         (struct sockaddr_in *)(void *)conn->addresses) == 0 ||
             uv_ip6_addr(target->host, target->port,
                         (struct sockaddr_in6 *)(void *)conn->addresses) == 0) {
        conn->n_addresses = 1;
        conn->connect_until = (int64_t)uv_hrtime() + CONNECT_MS * 1000000ll;
        connect_next(conn);
    } else if (begin_lookup(conn) < 0) {
        end_conn(conn, STREAM_END_NAME, "no name look-up could be begun");
    }
    return conn->id;
}

static int port_send(void *ctx, int id, const void *bytes, size_t n)
{
    struct conn *conn = find(ctx, id);

    if (!conn || conn->stage != STAGE_OPEN)
        return AGON_ESTATE;
    if (n > STREAM_UV_SEND_MAX)
        return AGON_ERANGE;
    if (link_queued(conn->link) + n > STREAM_UV_SEND_MAX)
        return AGON_EAGAIN;
    return link_send(conn->link, bytes, n);
}

static uint64_t port_unsent(void *ctx, int id)
{
    struct conn *conn = find(ctx, id);

    if (!conn)
        return 0;
    return conn->link ? link_unsent(conn->link) : conn->unsent;
}

static void port_close(void *ctx, int id, int is_flush)
{
    struct conn *conn = find(ctx, id);

    if (!conn || conn->stage == STAGE_ENDING)
        return;
    if (!is_flush || conn->stage < STAGE_OPEN) {
        end_conn(conn, STREAM_END_LOCAL, "closed");
    } else if (conn->stage == STAGE_OPEN) {
        conn->stage = STAGE_CLOSING;
        uv_timer_start(&conn->timer, on_deadline, CLOSE_MS, 0);
        link_finish(conn->link, 0);
    }
}

static void port_pause(void *ctx, int id, int is_paused)
{
    struct conn *conn = find(ctx, id);

    if (conn && conn->stage == STAGE_OPEN)
        link_pause(conn->link, is_paused);
}

static int64_t port_now(void *ctx)
{
    (void)ctx;
    return (int64_t)uv_hrtime();
}

static agon_ns_t port_utc(void *ctx)
{
    (void)ctx;
    return clock_now();
}

static uint64_t port_random(void *ctx)
{
    struct stream_uv *stream = ctx;

    if (stream->n_dice == 0) {
        // Up to 256 bytes come whole once the kernel's pool is up, which it was before we were.
        while (getrandom(stream->dice, sizeof stream->dice, 0) != (ssize_t)sizeof stream->dice) {
        }
        stream->n_dice = sizeof stream->dice / sizeof stream->dice[0];
    }
    stream->n_dice--;
    uint64_t value = stream->dice[stream->n_dice];
    stream->dice[stream->n_dice] = 0;
    return value;
}

/* ---- timers */

static void on_timer_closed(uv_handle_t *handle)
{
    struct timer *timer = handle->data;

    timer->stream->handles--;
    free(timer);
}

static void drop_timer(struct timer *timer)
{
    struct stream_uv *stream = timer->stream;

    stream->timers[(uint32_t)(timer->id & 0xffffff)] = NULL;
    stream->n_timers--;
    uv_close((uv_handle_t *)&timer->uv, on_timer_closed);
}

static uint64_t ms_until(int64_t due)
{
    int64_t left = due - (int64_t)uv_hrtime();

    return left <= 0 ? 0 : (uint64_t)((left + 999999) / 1000000);
}

static void on_uv_timer(uv_timer_t *uv)
{
    struct timer *timer = uv->data;
    struct stream_owner owner = timer->owner;
    uint64_t cookie = timer->cookie;

    // libuv counts in milliseconds of its own cached time; "not before" is by the real one.
    if ((int64_t)uv_hrtime() < timer->due) {
        uv_timer_start(uv, on_uv_timer, ms_until(timer->due), 0);
        return;
    }
    drop_timer(timer);
    owner.on_timer(owner.ctx, cookie);
}

static int64_t port_timer(void *ctx, int64_t delay_ns, uint64_t cookie,
                          const struct stream_owner *owner)
{
    struct stream_uv *stream = ctx;
    struct timer *timer;
    uint32_t at = 0;

    if (stream->is_stopping)
        return AGON_ESTATE;
    if (stream->n_timers == stream->room_timers) {
        uint32_t room = stream->room_timers ? stream->room_timers * 2 : 64;
        struct timer **timers =
            room > 1u << 20 ? NULL : realloc(stream->timers, room * sizeof *timers);
        if (!timers)
            return AGON_ENOMEM;
        memset(timers + stream->room_timers, 0, (room - stream->room_timers) * sizeof *timers);
        at = stream->room_timers;
        stream->timers = timers;
        stream->room_timers = room;
    }
    while (stream->timers[at])
        at++;
    timer = calloc(1, sizeof *timer);
    if (!timer || uv_timer_init(stream->pool.loop, &timer->uv) != 0) {
        free(timer);
        return AGON_ENOMEM;
    }
    timer->uv.data = timer;
    timer->stream = stream;
    timer->owner = *owner;
    timer->cookie = cookie;
    timer->due = (int64_t)uv_hrtime() + (delay_ns > 0 ? delay_ns : 0);
    timer->id = (int64_t)((stream->timer_count++ & 0x3fffffffff) << 24 | at);
    stream->timers[at] = timer;
    stream->n_timers++;
    stream->handles++;
    uv_timer_start(&timer->uv, on_uv_timer, ms_until(timer->due), 0);
    return timer->id;
}

static void port_timer_cancel(void *ctx, int64_t id)
{
    struct stream_uv *stream = ctx;
    uint32_t at = (uint32_t)(id & 0xffffff);

    if (id >= 0 && at < stream->room_timers && stream->timers[at] && stream->timers[at]->id == id)
        drop_timer(stream->timers[at]);
}

/* ---- life */

int stream_uv_new(struct stream_uv **out, uv_loop_t *loop, uint32_t conns, struct error *err)
{
    struct stream_uv *stream;

    *out = NULL;
    if (conns == 0 || conns > 65535)
        return error_set(err, AGON_EINVAL, "connections must be 1 to 65535, not %u", conns);
    stream = calloc(1, sizeof *stream);
    if (!stream)
        return error_set(err, AGON_ENOMEM, "out of memory for %u connections", conns);
    stream->most_conns = conns;
    stream->conns = calloc(conns, sizeof *stream->conns);
    stream->generations = calloc(conns, sizeof *stream->generations);
    if (!stream->conns || !stream->generations || link_pool_init(&stream->pool, loop) < 0) {
        free(stream->conns);
        free(stream->generations);
        free(stream);
        return error_set(err, AGON_ENOMEM, "out of memory for %u connections", conns);
    }
    stream->port = (struct stream_port){
        .ctx = stream,
        .connect = port_connect,
        .send = port_send,
        .unsent = port_unsent,
        .close = port_close,
        .pause = port_pause,
        .timer = port_timer,
        .timer_cancel = port_timer_cancel,
        .now = port_now,
        .utc = port_utc,
        .random = port_random,
    };
    *out = stream;
    return AGON_OK;
}

const struct stream_port *stream_uv_port(struct stream_uv *stream)
{
    return &stream->port;
}

uint32_t stream_uv_conns(const struct stream_uv *stream)
{
    return stream->n_conns;
}

void stream_uv_stop(struct stream_uv *stream)
{
    if (stream->is_stopping)
        return;
    stream->is_stopping = 1;
    for (uint32_t i = 0; i < stream->most_conns; i++) {
        if (stream->conns[i]) {
            stream->conns[i]->is_silent = 1;
            end_conn(stream->conns[i], STREAM_END_LOCAL, "closed");
        }
    }
    for (uint32_t i = 0; i < stream->room_timers; i++) {
        if (stream->timers[i])
            drop_timer(stream->timers[i]);
    }
    link_pool_close(&stream->pool);
}

int stream_uv_is_stopped(const struct stream_uv *stream)
{
    return stream->is_stopping && stream->handles == 0 && stream->lookups == 0 &&
           stream->pool.handles == 0;
}

void stream_uv_free(struct stream_uv *stream)
{
    if (!stream)
        return;
    REQUIRE(stream_uv_is_stopped(stream));
    while (stream->trusts) {
        struct trust *next = stream->trusts->next;
        SSL_CTX_free(stream->trusts->context);
        free(stream->trusts);
        stream->trusts = next;
    }
    link_pool_deinit(&stream->pool);
    free(stream->conns);
    free(stream->generations);
    free(stream->timers);
    free(stream);
}
