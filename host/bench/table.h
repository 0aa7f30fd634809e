// SPDX-License-Identifier: Apache-2.0
/* table: the benchmarks, one function and one file each. Each returns AGON_OK, or an error with its
 * reason when it could not run; what it found goes through bench.h. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "base/error.h"
#include "bench/bench.h"

/* X(name, help), in the order in which "all" runs them. */
#define BENCHMARKS(X)                                                                              \
    X(decode, "a venue's JSON into records, against jansson and a scanner for that one message")   \
    X(ring, "queues between threads, against bare ones")                                           \
    X(book, "a level set and the best read, against a bare array and a tree")                      \
    X(dispatch, "an event to plugins, against a bare call")                                        \
    X(risk, "the gate and the whole way of an intent, against a bare chain")                       \
    X(pipeline, "a quote from JSON to journal and plugins, against the bare chain")                \
    X(journal, "append, frame and write, against memcpy, checksum and write")                      \
    X(backtest, "bars and a generated market through the engine, against a bare loop")             \
    X(tape, "rows of a table and of a tape, against a bare scanner and bare arrays")               \
    X(lockstep, "a backtest of eight agents in a process each, against the host's own process")    \
    X(replay, "a journal that names its tape through a new engine, against the engine alone")      \
    X(start, "from a plugin's file to its first event in a process, against fork and dlopen")      \
    X(reload, "another generation of a plugin: how long the core is paused")                       \
    X(tick2order, "a tick's bytes to a signed order's bytes, against the bare chain")              \
    X(live, "from a sender's write to the end of a live host's step, against bare readers")        \
    X(wire, "a rush over TLS into a whole host and twenty agents, against a bare reader")          \
    X(gpu,                                                                                         \
      "a job through a worker process, against two bare messages; paths and sets, against a loop") \
    X(infer, "a trade to a model's answer in a live host, against an agent that asks nobody")      \
    X(nn,                                                                                          \
      "an event through a model, against reading its weights; a product, against the core's peak")

#define BENCHMARK_DECLARE(name, help) int bench_##name(struct bench *bench, struct error *err);
BENCHMARKS(BENCHMARK_DECLARE)
/* live --tls: from a tick's bytes to an order's. */
int bench_live_tls(struct bench *bench, struct error *err);
/* OKX's and Kraken's part of decode. */
int bench_decode_venues(struct bench *bench);
/* Scenarios and sweeps: their part of gpu. */
int bench_gpu_lanes(struct bench *bench, struct error *err);

#endif
