// SPDX-License-Identifier: Apache-2.0
#include "bench/plain_reader.h"

#include <errno.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROOM   65536
#define PLACES 4096u
#define NAME   20 /* so much follows where a name begins */

struct trade {
    uint32_t symbol;
    uint64_t id;
};
struct reader {
    const struct plain_reader_job *job;
    int fd, is_open;
    size_t n;
    uint64_t n_seen;
    struct trade queue[PLACES]; /* to the second thread */
    _Alignas(128) _Atomic uint32_t tail;
    _Alignas(128) _Atomic uint32_t head;
    _Alignas(128) _Atomic uint32_t wake; /* futex: + 1 with each, and at the end */
    _Atomic int is_over;
    unsigned char bytes[ROOM];
};

static void wake_second(struct reader *reader)
{
    atomic_fetch_add_explicit(&reader->wake, 1, memory_order_release);
    (void)syscall(SYS_futex, &reader->wake, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void give(struct reader *reader, const struct trade *trade)
{
    uint32_t tail = atomic_load_explicit(&reader->tail, memory_order_relaxed);

    if (reader->job->kind != PLAIN_SLEEPS) {
        reader->job->seen(reader->job->ctx, trade->symbol, trade->id);
        return;
    }
    while (tail - atomic_load_explicit(&reader->head, memory_order_acquire) >= PLACES) {
    }
    reader->queue[tail % PLACES] = *trade;
    atomic_store_explicit(&reader->tail, tail + 1, memory_order_release);
    wake_second(reader);
}

static void take_text(struct reader *reader, const char *text, size_t n)
{
    const char *id = memmem(text, n, "\"t\":", 4), *name = memmem(text, n, "\"s\":\"", 5);
    struct trade trade = {0};

    if (memmem(text, n < 48 ? n : 48, "@trade", 6) == NULL) {
        reader->n_seen += memmem(text, n < 48 ? n : 48, "@bookT", 6) != NULL;
        return;
    }
    reader->n_seen++;
    if (id == NULL || name == NULL || n - (size_t)(name - text) < NAME)
        return;
    for (id += 4; *id >= '0' && *id <= '9'; id++)
        trade.id = trade.id * 10 + (uint64_t)(*id - '0');
    for (name += 5; trade.symbol < reader->job->n_symbols; trade.symbol++) {
        const char *symbol = reader->job->symbols[trade.symbol];

        if (memcmp(name, symbol, strlen(symbol)) == 0)
            break;
    }
    if (trade.symbol < reader->job->n_symbols)
        give(reader, &trade);
}

/* Walks what has come; keeps what is not whole. */
static void take(struct reader *reader)
{
    size_t at = 0;

    if (!reader->is_open) {
        unsigned char *end = memmem(reader->bytes, reader->n, "\r\n\r\n", 4);

        if (end == NULL)
            return;
        reader->is_open = 1;
        at = (size_t)(end - reader->bytes) + 4;
    }
    while (at + 4 <= reader->n) {
        size_t n = reader->bytes[at + 1] & 0x7f, head = 2;

        if (n == 126) {
            n = (size_t)reader->bytes[at + 2] << 8 | reader->bytes[at + 3];
            head = 4;
        }
        if (at + head + n > reader->n)
            break;
        take_text(reader, (const char *)reader->bytes + at + head, n);
        at += head + n;
    }
    memmove(reader->bytes, reader->bytes + at, reader->n - at);
    reader->n -= at;
}

static int connect_to(uint16_t port)
{
    static const char ask[] = "GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (const void *)&address, sizeof(address)) == 0 &&
        send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(ask) - 1)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static void *second(void *ctx)
{
    struct reader *reader = ctx;
    uint32_t head = 0;

    for (;;) {
        uint32_t wake = atomic_load_explicit(&reader->wake, memory_order_acquire);
        int is_over = atomic_load(&reader->is_over);
        uint32_t tail = atomic_load_explicit(&reader->tail, memory_order_acquire);

        for (; head != tail; head++) {
            const struct trade *trade = &reader->queue[head % PLACES];

            reader->job->seen(reader->job->ctx, trade->symbol, trade->id);
            atomic_store_explicit(&reader->head, head + 1, memory_order_release);
        }
        if (is_over)
            return NULL;
        (void)syscall(SYS_futex, &reader->wake, FUTEX_WAIT_PRIVATE, wake, NULL, NULL, 0);
    }
}

static int read_all(struct reader *reader)
{
    const struct plain_reader_job *job = reader->job;
    struct epoll_event event = {.events = EPOLLIN};
    int poll = epoll_create1(EPOLL_CLOEXEC), is_ready = 0;
    int is_good = poll >= 0 && epoll_ctl(poll, EPOLL_CTL_ADD, reader->fd, &event) == 0;

    while (is_good && reader->n_seen < job->n) {
        ssize_t got;

        if (job->kind != PLAIN_SPINS && epoll_wait(poll, &event, 1, -1) < 0 && errno != EINTR)
            break;
        got = recv(reader->fd, reader->bytes + reader->n, ROOM - reader->n, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (got <= 0)
            break;
        reader->n += (size_t)got;
        take(reader);
        if (reader->is_open && !is_ready)
            is_good = is_ready = job->ready(job->ctx);
    }
    if (poll >= 0)
        (void)close(poll);
    return reader->n_seen >= job->n;
}

int plain_reader_run(const struct plain_reader_job *job)
{
    static struct reader reader;
    pthread_t thread;
    int is_good = 0;

    memset(&reader, 0, sizeof(reader));
    reader.job = job;
    reader.fd = connect_to(job->port);
    if (reader.fd < 0)
        return 0;
    if (job->kind != PLAIN_SLEEPS || pthread_create(&thread, NULL, second, &reader) == 0) {
        is_good = read_all(&reader);
        atomic_store(&reader.is_over, 1);
        if (job->kind == PLAIN_SLEEPS) {
            wake_second(&reader);
            pthread_join(thread, NULL);
        }
    }
    (void)close(reader.fd);
    return is_good;
}
