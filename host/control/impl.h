// SPDX-License-Identifier: Apache-2.0
/* impl: what the parts of the control service share. control.c has the thread, live.c what is live,
 * local.c the socket of the run directory, line.c what is said there, web.c HTTP and WebSocket;
 * describe.c, openapi.c and page.c describe it all.
 * [control] */
#ifndef CONTROL_IMPL_H
#define CONTROL_IMPL_H

#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "control/control.h"
#include "net/server.h"

#define LIVE_KEYS          2048
#define LIVE_KEY           48    /* bytes of a key, with its end */
#define LIVE_MEMBERS       96    /* of an object, sent one by one */
#define LIVE_WANTED        32    /* keys that a reader may name */
#define LIVE_RATE          12000 /* bytes a second to one reader, after the first message */
#define CONTROL_TOKEN_TEXT 33    /* hexadecimal */
#define LOCAL_MAX          64    /* connections at once to the socket, */
#define LOCAL_OVER         128   /* and beside them, for what is urgent */
#define ACCEPTS            16    /* of each listener in one turn of the loop */
#define DEBT_NS            ((int64_t)1000000) /* spent on what is not urgent: then the loop rests as long, */
#define REST_MAX_NS        ((int64_t)5000000) /* and no longer than this */
#define SLOWED_MAX         32
#define WAITING_MAX        2048 /* requests that wait for a turn; more are turned away */
#define PEERS_MAX          32
#define LOCAL_TICKS        4  /* a second of silence: then a connection to the socket ends */
#define WATCH_MAX          64 /* WebSockets at once */
#define JOBS_MAX           4
#define REPEAT_MAX         64 /* keys of commands that are remembered */

struct live_member { /* of an object: places in its text */
    uint32_t key, key_n, at, n;
    uint64_t version; /* of the live state when it last changed */
};
struct live_entry {
    char key[LIVE_KEY];
    char *text; /* owned; the value */
    size_t n;
    struct live_member *members; /* owned; of n_members */
    uint32_t n_members;
    uint64_t version; /* of the live state when it last changed */
    uint64_t whole;   /* ... when something else than its members did */
    uint8_t is_set;   /* in this tick */
};
struct live_gone { /* a key that ended */
    char key[LIVE_KEY];
    uint64_t version;
};
struct control_live {
    struct live_entry entries[LIVE_KEYS];
    struct live_gone gone[LIVE_KEYS]; /* number n at place n % LIVE_KEYS */
    uint64_t n_gone;
    uint32_t n, hint;
    uint64_t version;
    struct jout value; /* being written */
    int32_t open;      /* its entry; -1: none */
    uint64_t n_lost;   /* keys that found no room */
};
struct live_reader {
    uint64_t version;                 /* of what it was last sent; 0: it needs everything */
    int is_choosy;                    /* it has named keys, and takes members by themselves */
    char keys[LIVE_WANTED][LIVE_KEY]; /* one that ends with / stands for all that begin so */
    uint32_t n_keys;
};
/* A verb that takes its time, away from the loop. */
struct job {
    uv_work_t work;
    struct control *control;
    const struct control_verb *verb;
    struct control_call call;
    char *bytes; /* owned: the arguments */
    struct jout out;
    struct error err;
    int rc;
    void (*done)(struct job *job); /* [control]; frees nothing of the job */
    struct local *local;           /* who asked: it, or */
    uint64_t conn;                 /* a connection of the server */
};
/* Begins a job; done is called on the loop. AGON_ENOMEM; AGON_EBUSY: too many. */
int control_begin(struct control *control, const struct control_verb *verb,
                  const struct control_call *call, void (*done)(struct job *job),
                  struct local *local, uint64_t conn);

struct local {
    struct control *control;
    uv_pipe_t pipe;
    uv_write_t write;
    char *bytes; /* owned: the request */
    size_t n;
    char *reply;                  /* owned */
    int64_t since;                /* whoever is silent for longest goes first */
    uint32_t n_ticks;             /* of silence */
    const char *who;              /* the peer's user */
    int32_t pid;                  /* the peer */
    int place;                    /* in the table; -1: none, it is turned away */
    uint8_t is_answered, is_busy; /* is_busy: a job is under way for it */
    uint8_t is_waiting;           /* for its turn */
};
struct watcher {
    uint64_t conn;            /* 0: free */
    int64_t stuck_ns;         /* since when it takes nothing; 0: it does */
    int64_t room;             /* bytes that it may be sent now: grows by LIVE_RATE a second */
    int64_t room_ns, told_ns; /* when that was counted; when it was sent something */
    struct live_reader reader;
};
struct wrong { /* tokens that a peer named */
    char peer[48];
    int64_t since_ns; /* of the first in this minute */
    uint32_t n;
};
struct slowed {
    uint64_t conn; /* 0: free */
    int64_t due_ns;
};
struct control {
    struct control_config config;
    char dir[PATH_MAX];
    char url[96], token[CONTROL_TOKEN_TEXT], reader[CONTROL_TOKEN_TEXT];
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t timer;
    uv_pipe_t listener;
    _Atomic uint32_t is_stopping;
    uint8_t has_thread, has_loop, has_listener, is_closed;
    int64_t looked_ns;

    struct local *locals[LOCAL_MAX + LOCAL_OVER]; /* owned */
    struct server *server;                        /* owned */
    struct jout openapi;                          /* owned: the document, once it was asked for */
    uint16_t port;
    struct watcher watchers[WATCH_MAX];
    struct control_live *live;    /* owned */
    uint64_t repeats[REPEAT_MAX]; /* hashes of idempotency keys */
    uint32_t n_repeats;
    struct wrong wrong[PEERS_MAX];    /* who named a wrong token of late */
    struct slowed slowed[SLOWED_MAX]; /* and waits for the word that it was one */
    uv_prepare_t turn;
    uv_idle_t busy;         /* runs while somebody waits for a turn */
    uv_timer_t pause;       /* runs while nobody gets one */
    int64_t debt_ns;        /* spent on what is not urgent since the last pause */
    uint8_t is_turn;        /* the one request of this turn is being answered */
    uint8_t is_held;        /* somebody at the socket has not been let in yet */
    uint32_t n_accepted;    /* of the socket, in this turn */
    char own[32], root[32]; /* names of the two users that may connect */
    struct waiting {
        uint64_t conn;       /* of the server; 0: */
        struct local *local; /* who has a line; both 0: it has gone */
    } waiting[WAITING_MAX];
    uint32_t waiting_at, n_waiting;
    uint64_t n_requests, n_refused;
    uint32_t n_jobs;
};

/* Is it answered now? What is urgent always is; of the rest each turn of the loop has one, and that
 * one has waited. [control] */
int control_is_now(const struct control *control, const struct control_verb *verb);
/* Has the request looked at again in a turn of its own: of a connection, or of local. AGON_EAGAIN:
 * too many wait. */
int control_wait(struct control *control, uint64_t conn, struct local *local);
void control_forget(struct control *control, const struct local *local);
void control_local_again(struct local *local);
/* Another turn of the loop begins: so many may be let in again. */
void control_local_turn(struct control *control);
/* Runs one verb: result is the value alone. Looks at the host first. */
int control_run(struct control *control, const struct control_verb *verb,
                const struct control_call *call, struct jout *out, struct error *err);
/* Sets what is live anew, and says what changed. */
void control_live_tick(struct control *control);
/* Is all known that ended since that version? Else its reader needs everything. */
int control_live_knows(const struct control_live *live, uint64_t version);
/* Has the reader asked for that key? */
int control_live_takes(struct live_reader *reader, const char *key);
/* What of its keys changed since the reader's version, or all of them, as a message; how many. */
uint32_t control_live_message(const struct control_live *live, struct live_reader *reader,
                              struct jout *out);
void control_live_end(struct live_entry *entry);

/* The words of a request of n bytes, {"verb": [WORD, ...]}; call points into *root, which is the
 * caller's to give back, also after a refusal (NULL: no JSON). AGON_EINVAL: no request. [any] */
int control_request(const char *line, size_t n, json_t **root, struct control_call *call,
                    struct error *err);
/* The answer to it, without the end of its line: the value in result, or with rc below 0 err. [any]
 */
void control_answer(int rc, struct jout *result, const struct error *err, struct jout *out);
int control_local_open(struct control *control, struct error *err);
/* Each CONTROL_TICK_NS at the most, and never twice in one turn of the loop. */
void control_local_tick(struct control *control);
void control_local_close(struct control *control);

int control_web_open(struct control *control, struct error *err);
void control_web_tick(struct control *control, int64_t mono);
void control_web_close(struct control *control);
/* describe.c: what the document and the page are both written from. */
struct describe_status { /* that an operation may answer with */
    int status;
    const char *name, *doc; /* of the document's component, and for people */
};
#define DESCRIBE_SHAPES 128
struct describe_arg {
    const struct control_word *word;
    struct control_word own; /* where the usage has a word that nobody described */
    char text[24];
};
/* The path of a verb with so many arguments in it, "/api/v1/books/{symbol}". */
void describe_path(const struct control_port *port, const struct control_verb *verb, int n_args,
                   char path[160]);
/* "books_by_symbol": of a verb with so many arguments in its path. */
void describe_id(const struct control_port *port, const struct control_verb *verb, int n_args,
                 char id[64]);
/* The nth argument of its usage; 0: it has not so many. */
int describe_arg(const struct control_port *port, const struct control_verb *verb, int nth,
                 struct describe_arg *arg);
/* The nth status of a route; NULL: there are not so many. verb NULL: one that is no verb's. */
const struct describe_status *describe_status(const struct control_verb *verb, int n_args,
                                              uint32_t nth);
/* Is it the first of its group that has a route? */
int describe_is_first(const struct control_port *port, const struct control_verb *verb);
extern const struct control_verb describe_all; /* one that may answer with every status */
const struct control_field *describe_gives(const struct control_verb *verb, int n_args);
/* Arguments in the path, from and to: of those that look; of the others they are in the body. */
void describe_in_path(const struct control_verb *verb, int *least, int *most);
/* The nth member of an object, with those of other tables; 0: it has not so many. */
int describe_member(const struct control_shape *shape, uint32_t nth, struct control_field *field);
/* The nth word that a text may be; NULL: there are not so many, or it may be anything. */
const char *describe_word(const struct control_field *field, uint32_t nth);
/* All objects that answers are made of, each once, in the order in which they are met. */
uint32_t describe_shapes(const struct control_port *port,
                         const struct control_shape *shapes[DESCRIBE_SHAPES]);
extern const struct control_shape describe_error, describe_health;

#endif
