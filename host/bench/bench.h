// SPDX-License-Identifier: Apache-2.0
/* bench: a path of the product against a bare yardstick in the same binary, and what is said of it.
 *
 * A benchmark first checks that both sides do the same, then runs them in turns, A B A B ..., and
 * reports medians, the median of the pairs' ratios, and percentiles of small batches. A time is
 * never a verdict: only a failed check makes the command fail. Each benchmark is one file with one
 * function, listed in table.h. [one thread, unless a benchmark says otherwise] */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdio.h>

#include <agon/types.h>

#include "base/error.h"
#include "base/hist.h"

#define BENCH_PAIRS       9 /* turns of each side; with --quick BENCH_PAIRS_QUICK */
#define BENCH_PAIRS_QUICK 3

struct bench {
    uint64_t n; /* --n: operations of a turn; 0: each benchmark's own */
    int is_quick, is_json;
    int is_file;        /* --file: backtest times the whole command over files instead */
    const char *vs;     /* --vs: PEER=PROGRAM */
    int is_tls;         /* --tls: live goes on to the order's bytes, over TLS both ways */
    int is_trusted;     /* --trusted: plugin may be called in this process */
    const char *dir;    /* where files may be written: a directory of our own */
    const char *plugin; /* --plugin: a file for dispatch, reload; NULL: the built-in one, mm */
    const char *data;   /* --data: recorded quotes for reload, books for backtest; NULL: a
                           made-up   market, none */
    uint32_t n_rows, n_failed;
};

/* Does n operations; what it returns is compared where the pair says so, and keeps the compiler
 * from leaving the work out. */
typedef uint64_t (*bench_side_fn)(void *ctx, uint64_t n);

enum bench_goal {
    BENCH_NO_GOAL = 0,
    BENCH_AT_MOST = 1, /* product's time / yardstick's time <= goal */
    BENCH_AT_LEAST = 2 /* yardstick's time / product's time >= goal */
};

struct bench_pair {
    const char *name;                /* decode.trade */
    const char *op;                  /* what one operation is: "message" */
    const char *product, *yardstick; /* what each side does, for people */
    bench_side_fn run_product, run_yardstick;
    /* Between two batches, outside of what is timed; may be NULL. A pair that has one is reported
     * by the median of its batches. */
    void (*between)(void *ctx);
    void *ctx;
    uint64_t n;     /* operations of a turn */
    uint64_t batch; /* operations timed together, for the percentiles; 0: the whole turn */
    /* The product's: what of its last turn's thread time went into preparing it; NULL: nothing. */
    const int64_t *untimed_ns;
    /* The product's: when, by clock_mono, what is timed of its last batch was there; NULL: when the
     * call comes back. What it does behind that is another row's. */
    const int64_t *there_ns;
    double goal;
    enum bench_goal goal_kind;
    const char *goal_text; /* as docs/performance.md has it */
    const char *why;       /* the known reason when the goal is missed; may be NULL */
    int is_wall; /* wall time: threads or a disk are waited for. Else the thread's own time */
    int is_same; /* both sides return the same for the same n: a check of its own */
};
/* Runs and reports one pair. Below 0: no memory. */
int bench_compare(struct bench *bench, const struct bench_pair *pair);

/* Reports a check of results; a false one makes the command fail. Returns is_good. */
int bench_check(struct bench *bench, int is_good, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Reports a figure that has no yardstick. */
void bench_figure(struct bench *bench, const char *name, double value, const char *unit,
                  const char *note);
/* Times of one run beside those of another that stood before it: what cannot be run in turns. A row
 * with a yardstick as those of bench_compare, by the clock on the wall. */
struct bench_beside {
    const char *name, *op;
    const char *product, *yardstick; /* what each side does, for people */
    double ns, yardstick_ns;
    uint64_t n;            /* operations */
    double most_ns;        /* what is asked for: less */
    const char *goal_text; /* as docs/performance.md has it */
};
void bench_beside(struct bench *bench, const struct bench_beside *beside);
/* A row that cannot be run here, by its name: why. */
void bench_absent(struct bench *bench, const char *name, const char *why);
/* NAME.p50, NAME.p99 and NAME.max of it, in us. */
void bench_hist(struct bench *bench, const char *name, const struct hist *hist, const char *note);

void bench_begin(struct bench *bench); /* the machine's note */
void bench_end(struct bench *bench);

/* n scaled down for --quick, but for fewer than 64; --n wins. */
uint64_t bench_n(const struct bench *bench, uint64_t n);
/* Keeps a value alive. */
static inline void bench_keep(uint64_t value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

/* Runs what hosts run in with a log of its own, NAME.log in the bench's directory: a log folds what
 * it has been told before. */
int bench_logged(struct bench *bench, const char *name,
                 int (*run)(void *ctx, const char *log_path, struct error *err), void *ctx,
                 struct error *err);

#endif
