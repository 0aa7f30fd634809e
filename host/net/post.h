// SPDX-License-Identifier: Apache-2.0
/* post: JSON texts to one address, each by an HTTP POST of its own, in order, over the stream port.
 *
 * A text has until its deadline. An answer of 2xx ends it; anything else, also no connection at
 * all, is tried again 250 ms later while there is time. Without an answer for 2 s it goes once more
 * by a second connection, and the first is waited for all the same. What its time runs out for is
 * handed back as undelivered, never dropped; so is what finds the queue full. Redirects are
 * refusals. The peer may get a text twice, where its answer was slow or lost: each carries what
 * names it. [the port's thread]
 */
#ifndef NET_POST_H
#define NET_POST_H

#include "net/stream.h"

#define POST_QUEUE    256
#define POST_TEXT_MAX 1024

struct post_target {
    struct stream_target stream;
    char host[280]; /* as the Host header has it */
    char path[512]; /* path and query */
};
/* "https://host[:port]/path", or "http://" to a loopback address alone. AGON_EINVAL with what is
 * wrong; the text of the error never holds the path, which may be a secret. */
int post_target_parse(struct post_target *target, const char *url, struct error *err);

struct post;
struct post_config {
    struct post_target target;
    int64_t deadline_ns; /* of each text, transport time */
    void *ctx;
    /* The fate of a text: why is NULL when it was delivered. */
    void (*on_done)(void *ctx, uint64_t id, const char *text, size_t n, const char *why);
};
/* AGON_ENOMEM. */
int post_new(struct post **post, const struct stream_port *port, const struct post_config *config);
void post_free(struct post *post); /* NULL is fine; the port is stopped by then */
/* Queues a copy; n at most POST_TEXT_MAX. What finds no room is handed to on_done at once. */
void post_put(struct post *post, uint64_t id, const char *text, size_t n);
uint32_t post_waiting(const struct post *post);

#endif
