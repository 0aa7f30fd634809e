// SPDX-License-Identifier: Apache-2.0
/* backoff: when to try again. The first retry comes after 100 to 500 ms, then the delay doubles up
 * to 5 s: who was away for twenty seconds is found within 5 s of being back. One that is away for
 * longer, ten attempts, is tried ever more rarely, up to 30 s, so that an hour of refusals holds at
 * most 135 attempts. Only good data brings the delay back: of a stream five seconds of it, for
 * neither a connection nor its first message say much, so a peer that accepts and closes is not
 * stormed; of requests an answer, also one on another connection to the same place, which caps the
 * delay at 5 s again. A function of state, time and one random number. [any] */
#ifndef NET_BACKOFF_H
#define NET_BACKOFF_H

#include <agon/types.h>

#define BACKOFF_FIRST_MIN_NS 100000000ll
#define BACKOFF_FIRST_MAX_NS 500000000ll
#define BACKOFF_SOON_NS      5000000000ll
#define BACKOFF_SOON         10 /* attempts with at most that delay */
#define BACKOFF_CAP_NS       30000000000ll
#define BACKOFF_HEALTHY_NS   5000000000ll

struct backoff {       /* all zero is ready to use */
    int64_t delay_ns;  /* the delay last given; 0: the next one is the first */
    int64_t up_ns;     /* since when it is up, when is_up */
    uint32_t attempts; /* retries since the last reset */
    uint8_t is_up;
    uint8_t pad[3];
};
/* The connection does what it is for: data came, or an answer. A connection alone is not that. */
void backoff_up(struct backoff *backoff, int64_t now);
/* An answer to a request came: nobody is stormed, for each attempt is paid for by a request. */
void backoff_answered(struct backoff *backoff);
/* Another connection to the same place had an answer: it is there, and 5 s are the most again. */
void backoff_near(struct backoff *backoff);
/* It failed or ended: how long to wait before the next attempt, ns. random is any 64 random bits.
 */
int64_t backoff_down(struct backoff *backoff, int64_t now, uint64_t random);

#endif
