// SPDX-License-Identifier: Apache-2.0
/* link: see the header. */
#include "net/link.h"

#include "net/tls.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define BUFFER_BYTES (64u << 10)

struct write {
    uv_write_t req;
    struct link *link;
    struct write *next;
    size_t plain_n, wire_n;
    char bytes[];
};

struct link {
    uv_tcp_t tcp;
    struct link_pool *pool;
    struct link_owner owner;
    struct link *next, **back;
    uv_connect_t connect;
    uv_shutdown_t shutdown;
    SSL *ssl;             /* owned, NULL: plain */
    BIO *in, *out;        /* owned by ssl: what came, what is to go */
    struct write *oldest; /* not yet done, in order */
    struct write *newest;
    uint8_t is_ready, is_ended, is_dropped, is_paused, is_reading, is_kicked;
    uint8_t is_finishing, is_linger, is_shut;
    char text[256];
};

/* ---- pool */

static void turn_tls(struct link *link);
static void update_reading(struct link *link);

static void on_kick(uv_timer_t *timer)
{
    struct link_pool *pool = timer->data;
    struct link *link = pool->first;

    // A callback may drop any link, also the next one: begin anew after each.
    while (link) {
        if (link->is_kicked) {
            link->is_kicked = 0;
            turn_tls(link);
            link = pool->first;
        } else {
            link = link->next;
        }
    }
}

int link_pool_init(struct link_pool *pool, uv_loop_t *loop)
{
    memset(pool, 0, sizeof *pool);
    pool->loop = loop;
    pool->in_bytes = malloc(BUFFER_BYTES);
    pool->plain_bytes = malloc(BUFFER_BYTES);
    if (!pool->in_bytes || !pool->plain_bytes || uv_timer_init(loop, &pool->kick) != 0) {
        link_pool_deinit(pool);
        return AGON_ENOMEM;
    }
    pool->kick.data = pool;
    pool->handles = 1;
    return AGON_OK;
}

static void on_kick_closed(uv_handle_t *handle)
{
    ((struct link_pool *)handle->data)->handles--;
}

void link_pool_close(struct link_pool *pool)
{
    if (pool->is_closing)
        return;
    pool->is_closing = 1;
    while (pool->first)
        link_drop(pool->first, 0);
    uv_close((uv_handle_t *)&pool->kick, on_kick_closed);
}

void link_pool_deinit(struct link_pool *pool)
{
    free(pool->in_bytes);
    free(pool->plain_bytes);
    pool->in_bytes = pool->plain_bytes = NULL;
}

/* ---- end */

static void on_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;

    link->pool->handles--;
    SSL_free(link->ssl);
    free(link);
}

static void unlist(struct link *link)
{
    if (!link->back)
        return;
    *link->back = link->next;
    if (link->next)
        link->next->back = link->back;
    link->back = NULL;
}

void link_drop(struct link *link, int is_reset)
{
    if (link->is_dropped)
        return;
    link->is_dropped = 1;
    link->is_kicked = 0;
    unlist(link);
    // A handle that is being shut down cannot be reset any more; it is closed the usual way.
    if (!is_reset || link->is_shut || uv_tcp_close_reset(&link->tcp, on_closed) != 0)
        uv_close((uv_handle_t *)&link->tcp, on_closed);
}

/* Tells the owner, once. From the loop only. */
static void end(struct link *link, enum stream_end why, const char *text)
{
    if (link->is_ended || link->is_dropped)
        return;
    link->is_ended = 1;
    update_reading(link);
    link->owner.on_end(link->owner.ctx, why, text);
}

/* ---- sending */

static void on_written(uv_write_t *req, int status)
{
    struct write *write = (struct write *)(void *)req;
    struct link *link = write->link;

    REQUIRE(link->oldest == write);
    link->oldest = write->next;
    if (!link->oldest)
        link->newest = NULL;
    explicit_bzero(write->bytes, write->wire_n); // a request names its key
    free(write);
    if (link->is_dropped)
        return;
    if (status < 0) {
        snprintf(link->text, sizeof link->text, "writing failed: %s", uv_strerror(status));
        end(link, STREAM_END_RESET, link->text);
    } else if (!link->oldest && link->owner.on_sent && !link->is_ended && !link->is_finishing) {
        link->owner.on_sent(link->owner.ctx);
    }
}

static int submit(struct link *link, struct write *write)
{
    uv_buf_t buf = uv_buf_init(write->bytes, (unsigned)write->wire_n);

    write->link = link;
    write->next = NULL;
    if (uv_write(&write->req, (uv_stream_t *)&link->tcp, &buf, 1, on_written) != 0) {
        free(write);
        return AGON_EIO;
    }
    if (link->newest)
        link->newest->next = write;
    else
        link->oldest = write;
    link->newest = write;
    return AGON_OK;
}

/* Puts what TLS wants to send on the way; plain_n bytes of the owner's are in it. */
static int flush(struct link *link, size_t plain_n)
{
    size_t n = BIO_ctrl_pending(link->out);
    struct write *write;

    if (n == 0)
        return AGON_OK;
    write = malloc(sizeof *write + n);
    if (!write)
        return AGON_ENOMEM;
    write->plain_n = plain_n;
    write->wire_n = n;
    REQUIRE(BIO_read(link->out, write->bytes, (int)n) == (int)n);
    return submit(link, write);
}

int link_send(struct link *link, const void *bytes, size_t n)
{
    struct write *write;

    if (!link->is_ready || link->is_ended || link->is_dropped || link->is_finishing)
        return AGON_ESTATE;
    if (n == 0)
        return AGON_OK;
    if (n > INT32_MAX / 2)
        return AGON_EINVAL;
    if (link->ssl) {
        ERR_clear_error();
        // A memory BIO takes all there is, so a write is whole or the connection is broken.
        if (SSL_write(link->ssl, bytes, (int)n) != (int)n) {
            ERR_clear_error();
            return AGON_EIO;
        }
        return flush(link, n);
    }
    write = malloc(sizeof *write + n);
    if (!write)
        return AGON_ENOMEM;
    write->plain_n = write->wire_n = n;
    memcpy(write->bytes, bytes, n);
    return submit(link, write);
}

uint64_t link_queued(const struct link *link)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&link->tcp);
}

uint64_t link_unsent(const struct link *link)
{
    uint64_t wire = 0;
    uint64_t plain = 0;
    uint64_t gone;

    for (const struct write *write = link->oldest; write; write = write->next)
        wire += write->wire_n;
    // What has left is at the front; a write of which any byte left counts as gone.
    gone = wire - (link_queued(link) < wire ? link_queued(link) : wire);
    for (const struct write *write = link->oldest; write; write = write->next) {
        if (gone == 0)
            plain += write->plain_n;
        gone -= gone < write->wire_n ? gone : write->wire_n;
    }
    return plain;
}

/* ---- receiving */

static void turn_tls(struct link *link)
{
    while (!link->is_ended && !link->is_dropped) {
        int n;
        int why;

        ERR_clear_error();
        if (!link->is_ready) {
            n = SSL_do_handshake(link->ssl);
            if (n == 1) {
                if (flush(link, 0) < 0)
                    break;
                link->is_ready = 1;
                link->owner.on_ready(link->owner.ctx);
                continue;
            }
        } else {
            if (link->is_paused && !link->is_finishing)
                break;
            n = SSL_read(link->ssl, link->pool->plain_bytes, (int)BUFFER_BYTES);
            if (n > 0) {
                if (!link->is_finishing)
                    link->owner.on_bytes(link->owner.ctx, link->pool->plain_bytes, (size_t)n);
                continue;
            }
        }
        why = SSL_get_error(link->ssl, n);
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
            break;
        if (why == SSL_ERROR_ZERO_RETURN) {
            end(link, link->is_finishing ? STREAM_END_LOCAL : STREAM_END_PEER,
                "closed by the peer");
            return;
        }
        tls_reason(link->ssl, link->text, sizeof link->text);
        (void)flush(link, 0); // the alert that tells the peer why
        end(link, link->is_ready ? STREAM_END_RESET : STREAM_END_TLS, link->text);
        return;
    }
    if (!link->is_ended && !link->is_dropped && flush(link, 0) < 0)
        end(link, STREAM_END_RESET, "out of memory");
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct link *link = handle->data;

    (void)wanted;
    *buf = uv_buf_init(link->pool->in_bytes, BUFFER_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct link *link = stream->data;

    if (link->is_dropped || link->is_ended || n == 0)
        return;
    if (n < 0) {
        if (link->is_finishing)
            end(link, STREAM_END_LOCAL, "closed");
        else if (n == UV_EOF && link->ssl && !link->is_ready)
            end(link, STREAM_END_TLS, "the peer ended the connection during the TLS handshake");
        else if (n == UV_EOF && link->ssl)
            // Anybody on the way could have cut it here.
            end(link, STREAM_END_RESET, "the connection ended without TLS saying so");
        else if (n == UV_EOF)
            end(link, STREAM_END_PEER, "closed by the peer");
        else
            end(link, STREAM_END_RESET, uv_strerror((int)n));
        return;
    }
    if (!link->ssl) {
        if (!link->is_finishing)
            link->owner.on_bytes(link->owner.ctx, buf->base, (size_t)n);
        return;
    }
    if (BIO_write(link->in, buf->base, (int)n) != (int)n)
        end(link, STREAM_END_RESET, "out of memory");
    else
        turn_tls(link);
}

static void update_reading(struct link *link)
{
    int is_wanted = !link->is_ended && !link->is_dropped &&
                    (!link->is_paused || link->is_finishing || !link->is_ready);

    if (is_wanted && !link->is_reading)
        link->is_reading = uv_read_start((uv_stream_t *)&link->tcp, on_alloc, on_read) == 0;
    else if (!is_wanted && link->is_reading) {
        uv_read_stop((uv_stream_t *)&link->tcp);
        link->is_reading = 0;
    }
}

void link_pause(struct link *link, int is_paused)
{
    if (link->is_dropped || link->is_ended)
        return;
    link->is_paused = is_paused != 0;
    update_reading(link);
    if (!is_paused && link->ssl && link->is_ready) {
        link->is_kicked = 1;
        uv_timer_start(&link->pool->kick, on_kick, 0, 0);
    }
}

/* ---- beginning */

static void begin(struct link *link)
{
    uv_tcp_nodelay(&link->tcp, 1);
    if (!link->ssl)
        link->is_ready = 1;
    update_reading(link);
    if (link->ssl) {
        if (link->owner.on_connect)
            link->owner.on_connect(link->owner.ctx);
        if (!link->is_dropped)
            turn_tls(link);
    } else {
        link->owner.on_ready(link->owner.ctx);
    }
}

static int new_link(struct link **out, struct link_pool *pool, const struct link_owner *owner,
                    SSL_CTX *context)
{
    struct link *link = calloc(1, sizeof *link);

    *out = NULL;
    if (!link)
        return AGON_ENOMEM;
    link->pool = pool;
    link->owner = *owner;
    if (context) {
        link->in = BIO_new(BIO_s_mem());
        link->out = BIO_new(BIO_s_mem());
        link->ssl = SSL_new(context);
        if (!link->in || !link->out || !link->ssl) {
            BIO_free(link->in);
            BIO_free(link->out);
            SSL_free(link->ssl);
            free(link);
            return AGON_ENOMEM;
        }
        BIO_set_mem_eof_return(link->in, -1);
        BIO_set_mem_eof_return(link->out, -1);
        SSL_set_bio(link->ssl, link->in, link->out);
    }
    if (uv_tcp_init(pool->loop, &link->tcp) != 0) {
        SSL_free(link->ssl);
        free(link);
        return AGON_ENOMEM;
    }
    link->tcp.data = link;
    pool->handles++;
    link->next = pool->first;
    link->back = &pool->first;
    if (link->next)
        link->next->back = &link->next;
    pool->first = link;
    *out = link;
    return AGON_OK;
}

static void on_connected(uv_connect_t *req, int status)
{
    struct link *link = req->data;

    if (link->is_dropped)
        return;
    if (status == 0) {
        begin(link);
        return;
    }
    snprintf(link->text, sizeof link->text, "connecting failed: %s", uv_strerror(status));
    end(link, status == UV_ETIMEDOUT ? STREAM_END_TIMEOUT : STREAM_END_REFUSED, link->text);
}

int link_connect(struct link **out, struct link_pool *pool, const struct link_owner *owner,
                 const struct sockaddr *address, SSL_CTX *context,
                 const struct stream_target *target)
{
    struct link *link;
    int rc = new_link(out, pool, owner, context);

    if (rc < 0)
        return rc;
    link = *out;
    link->connect.data = link;
    if (context) {
        SSL_set_connect_state(link->ssl);
        rc = tls_expect(link->ssl, target->host, target->is_undated);
    }
    if (rc == AGON_OK && uv_tcp_connect(&link->connect, &link->tcp, address, on_connected) != 0)
        rc = AGON_EIO;
    if (rc < 0) {
        link_drop(link, 0);
        *out = NULL;
    }
    return rc;
}

int link_accept(struct link **out, struct link_pool *pool, const struct link_owner *owner,
                uv_stream_t *listener, SSL_CTX *context)
{
    int rc = new_link(out, pool, owner, context);
    struct link *link = *out;

    if (rc < 0)
        return rc;
    if (uv_accept(listener, (uv_stream_t *)&link->tcp) != 0) {
        link_drop(link, 0);
        *out = NULL;
        return AGON_EIO;
    }
    if (context)
        SSL_set_accept_state(link->ssl);
    begin(link);
    return AGON_OK;
}

void link_peer(const struct link *link, char *text, size_t room)
{
    struct sockaddr_storage address = {0};
    int n = sizeof address;
    char name[64] = "?";
    unsigned port = 0;

    if (uv_tcp_getpeername(&link->tcp, (struct sockaddr *)&address, &n) == 0) {
        if (address.ss_family == AF_INET6) {
            const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)&address;
            uv_ip6_name(in6, name, sizeof name);
            port = ntohs(in6->sin6_port);
        } else {
            const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)&address;
            uv_ip4_name(in, name, sizeof name);
            port = ntohs(in->sin_port);
        }
    }
    snprintf(text, room, address.ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", name, port);
}

static void on_shut(uv_shutdown_t *req, int status)
{
    struct link *link = req->data;

    link->is_shut = 0;
    if (link->is_dropped)
        return;
    if (status < 0 || !link->is_linger)
        end(link, STREAM_END_LOCAL, "closed");
}

void link_finish(struct link *link, int is_linger)
{
    if (link->is_dropped || link->is_ended || link->is_finishing)
        return;
    if (link->ssl && link->is_ready) {
        ERR_clear_error();
        (void)SSL_shutdown(link->ssl);
        ERR_clear_error();
        (void)flush(link, 0);
    }
    link->is_finishing = 1;
    link->is_linger = is_linger != 0;
    link->shutdown.data = link;
    update_reading(link);
    if (uv_shutdown(&link->shutdown, (uv_stream_t *)&link->tcp, on_shut) == 0)
        link->is_shut = 1;
    else // not connected: the owner's own clock ends it
        link->is_linger = 0;
}

int link_has_pending(const struct link *link)
{
    uv_os_fd_t fd;
    char byte;

    return uv_fileno((const uv_handle_t *)&link->tcp, &fd) == 0 &&
           recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}
