// SPDX-License-Identifier: Apache-2.0
/* clock: the host's clocks. Intervals come from the monotonic clock; UTC is that clock plus an
 * offset that is only ever slewed, so that a step of the wall clock moves nothing. A process has
 * one such clock for all its threads, clock_now: two of them would differ whenever the wall clock
 * is set. Nobody else reads the wall clock (lint). Market time is that time, scaled from the start
 * under --speed. The functions that judge take their readings as arguments, so that a test can hand
 * them any. */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <agon/types.h>

#define CLOCK_SECOND 1000000000
#define CLOCK_STEP_NS                                                                              \
    1000000000 /* a wall clock further off than this has been set, not drifted                     \
                */
#define CLOCK_SLEW_PPM  500
#define CLOCK_SPEED_MAX 60000 /* thousandths: sixty times */
#define CLOCK_TEXT      32

int64_t clock_mono(void); /* ns since some point; never goes back. [any] */
int64_t clock_cpu(void);  /* ns of processor time that this thread has taken. [any] */

/* The clock of this process: UTC, ns. It begins with what the wall clock says at the first call.
 * [any] */
agon_ns_t clock_now(void);
agon_ns_t clock_at(int64_t mono_ns); /* the same, at a moment by clock_mono. [any] */
/* It begins anew with what the wall clock says now. For who opens a host, and for a simulation
 * (sys/machine.h) in which a process begins. [one thread, as the three below] */
void clock_begin(void);
/* What it is compared with the wall clock; one thread keeps it, about once a second. Returns 0, or
 * by how much the wall clock is off: it was set, and is not followed while it stays there. */
int64_t clock_keep(void);
/* While the wall clock is off, this is slewed to instead: UTC less clock_mono(), by the word of a
 * venue. */
void clock_follow(int64_t offset_ns);
/* The time is utc at clock_mono() = mono_ns, whatever it was: it jumps. For who knows better than
 * this machine, as venues do. */
void clock_take(int64_t mono_ns, agon_ns_t utc);

/* How such a clock is kept. */
struct clock_utc {
    int64_t mono_ns;   /* of the last observation */
    int64_t offset_ns; /* utc - mono, as followed up to mono_ns */
    int64_t want_ns;   /* where the offset is being slewed to */
    int64_t other_ns;  /* ... while the wall clock is off, with has_other */
    uint8_t has_other, pad[7];
};
void clock_utc_init(struct clock_utc *clock, int64_t mono_ns, agon_ns_t wall_ns);
/* Compares with the wall clock; call about once a second. Returns 0, or by how much the wall clock
 * was stepped: such an offset is reported and never followed. */
int64_t clock_utc_observe(struct clock_utc *clock, int64_t mono_ns, agon_ns_t wall_ns);
/* UTC at a monotonic time at or after the last observation; rises whenever mono_ns rises. */
agon_ns_t clock_utc_at(const struct clock_utc *clock, int64_t mono_ns);

/* Market time under --speed: t = t_start + (now - now_start) * speed. */
struct clock_market {
    agon_ns_t t_start;
    agon_ns_t now_start;
    int64_t speed_milli; /* 1000: real time */
};
/* AGON_ERANGE: speed outside 1 to 60. */
int clock_market_init(struct clock_market *clock, agon_ns_t t_start, agon_ns_t now_start,
                      int64_t speed_milli);
agon_ns_t clock_market_at(const struct clock_market *clock, agon_ns_t now);
/* How long to wait from now until market time t: ns of real time, 0 when it has passed. */
int64_t clock_market_wait(const struct clock_market *clock, agon_ns_t now, agon_ns_t t);

/* "2026-11-20T09:05:31.123456Z"; years 1678 to 2262 are what 64 bits hold. Returns the length. */
int clock_text(agon_ns_t t, char text[CLOCK_TEXT]);

#endif
