// SPDX-License-Identifier: Apache-2.0
/* plain_reader: the yardsticks of bench live. They read the same frames from the same sender over
 * plain TCP, walk the headers, find each trade's number, and say when they have it: one thread that
 * never sleeps, or one that sleeps in epoll, with a second one that it wakes or without. [one
 * thread calls; seen is called by the one that has the trade last] */
#ifndef BENCH_PLAIN_READER_H
#define BENCH_PLAIN_READER_H

#include <agon/types.h>

enum plain_reader {
    PLAIN_SPINS = 1,  /* one thread, which never sleeps */
    PLAIN_SLEEPS = 2, /* one sleeps in epoll and wakes a second, which has the trade last */
    PLAIN_ALONE = 3   /* one sleeps in epoll and has the trade itself */
};

struct plain_reader_job {
    enum plain_reader kind;
    uint16_t port; /* on loopback */
    uint64_t n;    /* trades and quotes until it ends */
    const char *const *symbols;
    uint32_t n_symbols;
    /* The connection stands; false: it ends here. */
    int (*ready)(void *ctx);
    void (*seen)(void *ctx, uint32_t symbol, uint64_t id);
    void *ctx;
};
/* True: n were seen. False: no connection, or its end. */
int plain_reader_run(const struct plain_reader_job *job);

#endif
