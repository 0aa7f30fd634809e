// SPDX-License-Identifier: Apache-2.0
/* control: a running host to its operators. A thread of its own serves a socket in the run
 * directory (for `agon ctl`) and, when asked to, HTTP on loopback: a JSON API, its OpenAPI page,
 * Prometheus metrics, a WebSocket with what changes, and the files of a dashboard. What there is
 * to ask and to order is the caller's table of verbs.
 *
 * Nothing a client does delays the host: requests are bounded in size, number and time, and a
 * client that does not read is sent less, then cut off. Over the socket the user is who the kernel
 * says; over HTTP what is asked needs one of the two tokens of the run directory's files, what
 * changes state the operator's; it comes from no foreign page (Host, Origin and content type are
 * checked). The dashboard's own files are the program's and tell nothing: they are served to all,
 * as are /healthz and /readyz, for whoever watches over the process.
 * The program ignores SIGPIPE. */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stdio.h>

#include "control/verb.h"

#define CONTROL_SOCKET  "control.sock" /* in the run directory, 0700 */
#define CONTROL_TOKEN   "token"        /* the operator's token, 0600, new with each start */
#define CONTROL_READER  "token_read"   /* ... of who only looks */
#define CONTROL_ADDRESS "http"         /* where it listens: one line with the address */
#define CONTROL_TICK_NS ((int64_t)250 * 1000000)

struct control_file { /* of the dashboard: from memory, at exactly this path */
    const char *path, *type;
    const char *bytes;
    size_t n;
};

/* What is shown live: JSON values by key. Each tick the port sets them all; clients get those that
 * changed. [control] */
struct control_live;
/* Begins the value of a key, to be written into the result; until the next call. */
struct jout *control_live_set(struct control_live *live, const char *key);

struct control_counts { /* of requests, by the socket and by HTTP */
    uint64_t n_taken, n_refused;
};
struct control_port {
    void *ctx;
    const struct control_verb *verbs; /* ends with a NULL name */
    /* What describes them: words of their usage, up to a NULL one (NULL: none), the group that a
     * verb is in (NULL: none), what ready writes, and the edition of all of it. */
    const struct control_word *words;
    const char *(*group)(const struct control_verb *verb);
    const struct control_shape *ready_shape;
    const char *edition;
    const struct control_file *files; /* ends with a NULL path; NULL: none */
    /* Before each request and four times a second: look at the host anew. [control] */
    void (*look)(void *ctx, int64_t mono_ns);
    void (*live)(void *ctx, struct control_live *live);
    void (*metrics)(void *ctx, const struct control_counts *counts,
                    FILE *out); /* Prometheus text */
    /* Does the host take orders? Writes one JSON value that names what is missing, and nothing that
     * a token guards: it is answered to all. NULL: /readyz is not there. [control] */
    int (*ready)(void *ctx, struct jout *out);
};
struct control_config {
    const char *dir; /* run directory; copied */
    struct control_port port;
    int is_http;        /* else only the socket */
    char address[64];   /* "127.0.0.1" or "::1": nothing but loopback is served */
    uint16_t http_port; /* 0: any that is free */
};
struct control;

/* Binds and starts the thread. AGON_EBUSY: the port is taken; AGON_EINVAL: no loopback address.
 * [control] */
int control_start(struct control **control, const struct control_config *config, struct error *err);
/* "http://127.0.0.1:8080", or "" without HTTP. [any] */
const char *control_url(const struct control *control);
/* The token that what changes state is asked for. [any] */
const char *control_token(const struct control *control);
/* ... and the one that what only looks may be asked with. [any] */
const char *control_reader(const struct control *control);
/* The OpenAPI document of what a port serves at that address, and the same as a page of Markdown.
 * [any] */
void control_openapi(const struct control_port *port, const char *url, struct jout *out);
void control_page(const struct control_port *port, FILE *out);
/* Ends the thread and frees. NULL is fine. [control] */
void control_stop(struct control *control);

#endif
