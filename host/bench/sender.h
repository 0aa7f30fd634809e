// SPDX-License-Identifier: Apache-2.0
/* sender: a child process that stands as Binance spot on loopback over TLS and sends trades and
 * quotes as fast as it is told, many frames in one write, as an exchange's edge does in a rush. It
 * answers what a gateway asks at its start (time, exchangeInfo, depth, klines) and nothing else. */
#ifndef BENCH_SENDER_H
#define BENCH_SENDER_H

#include <stdatomic.h>

#include "base/error.h"
#include "net/http.h"
#include "run/host.h"

#define SENDER_SYMBOLS 4
extern const char *const sender_symbols[SENDER_SYMBOLS];
extern const char *const sender_bases[SENDER_SYMBOLS];
#define SENDER_TRADES_PER_QUOTE 4

/* When the newest trades of each symbol were handed to the kernel: CLOCK_MONOTONIC, by number. */
#define SENDER_STAMPS 4096u /* a power of two */
struct sender_stamps {
    _Atomic int64_t ns[SENDER_SYMBOLS][SENDER_STAMPS];
};
static inline int64_t sender_stamp(const struct sender_stamps *stamps, uint32_t symbol, uint64_t id)
{
    return atomic_load_explicit(&stamps->ns[symbol % SENDER_SYMBOLS][id % SENDER_STAMPS],
                                memory_order_relaxed);
}

struct sender {
    int pid, to_fd, from_fd; /* pipes */
    uint16_t port;
    struct sender_stamps *stamps; /* owned; the child writes */
};
struct sender_job {
    uint64_t n;     /* ticks to send; a multiple of what the symbols share evenly; 0: halt */
    uint64_t per_s; /* 0: as fast as they are taken */
    int is_silent;  /* from then on no changes of books are sent either */
};
struct sender_result {
    uint64_t n_trades, n_quotes;
    int64_t begin_ns, end_ns;            /* CLOCK_MONOTONIC: first to last write */
    uint64_t last_trade[SENDER_SYMBOLS]; /* number of the last trade of each symbol */
};
#define SENDER_FIRST_TRADE 100000000001u

/* Its symbols, as a host's configuration has them. */
void sender_instruments(struct host_instrument out[SENDER_SYMBOLS]);
/* The body of its answer to what a gateway asks. update_id: of each symbol's book. */
size_t sender_answer(const struct http_message *request, const uint64_t update_id[SENDER_SYMBOLS],
                     char *out, size_t room);
/* Forks; the child ends with its parent. ca_path: where the authority to trust is written; NULL:
 * without TLS. Call it while there is one thread. */
int sender_start(struct sender *sender, const char *ca_path, struct error *err);
/* Begins to send to whoever has subscribed. AGON_EIO. */
int sender_go(struct sender *sender, const struct sender_job *job);
/* Ends a job before its n: soon, with as many of each symbol. AGON_EIO. */
int sender_halt(struct sender *sender);
/* Waits for the end of the job. AGON_EIO: the child is gone or its client is. */
int sender_wait(struct sender *sender, struct sender_result *result);
void sender_stop(struct sender *sender); /* never started (pid 0) is fine */

/* All n bytes of a pipe from a child. AGON_EIO: it ended before. */
int sender_read(int fd, void *bytes, size_t n);

#endif
