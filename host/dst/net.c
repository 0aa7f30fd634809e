// SPDX-License-Identifier: Apache-2.0
#include "dst/net.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "net/grow.h"

// A server that hangs a request reads no more of its connection, and does not see it end: in half
// an hour of such faults there are many.
#define LINKS       4096u
#define LINKS_MAX   64u /* of the machine that connects, as of the real port */
#define TIMERS      256u
#define LISTENERS   8u
#define QUEUE_BYTES ((size_t)1 << 20)
#define CONNECT_NS  3000000000ll
#define COMPACT     65536u
#define SPLITS      3

const char *const net_fault_names[NET_FAULTS] = {"refused",   "unanswered", "cut-before",
                                                 "cut-after", "unsent",     "half-open",
                                                 "stall",     "slow",       "split"};

enum piece_kind { PIECE_BYTES, PIECE_SYN, PIECE_OPEN, PIECE_FIN, PIECE_RESET };
struct piece {
    agon_ns_t t; /* it arrives */
    uint32_t n;
    uint32_t kind;
};
struct flow { /* one direction of a connection */
    struct grow bytes, pieces;
    size_t bytes_at, pieces_at; /* of what has not arrived */
    agon_ns_t t_last, t_stall;
    uint8_t is_closed; /* the last piece is on its way */
    uint8_t is_dead;   /* nothing arrives any more */
    uint8_t is_paused;
};
enum end_state { END_NONE = 0, END_CONNECTING, END_OPEN, END_CLOSING, END_OVER };
struct link {
    struct net *net;
    struct stream_owner owner;
    struct listener *listener;
    struct conn *conn; /* of who listens; until conns_gone */
    struct flow up, down;
    uint64_t n_unsent, timer;
    uint32_t serial, at;
    uint8_t is_used, client, server; /* enum end_state */
    uint8_t process;                 /* enum net_process, that connected */
    uint8_t end;                     /* enum stream_end, of END_CLOSING */
};
struct listener {
    char host[256];
    const struct server_owner *owner;
    uint16_t port;
    uint8_t is_shut;
};
struct timer {
    struct stream_owner owner;
    uint64_t cookie, job;
    uint32_t serial;
    uint8_t is_used, process;
};
struct net {
    struct sched *sched;
    struct rng rng, dice; /* of the network; of the machine that connects */
    struct net_rates rates;
    struct net_tap tap;
    struct conns *conns; /* owned */
    struct stream_port ports[NET_PROCESSES];
    agon_ns_t (*utc)(void *ctx);
    void *utc_ctx;
    struct listener listeners[LISTENERS];
    uint32_t n_listeners, serial;
    struct link links[LINKS];
    struct timer timers[TIMERS];
    uint64_t counts[NET_FAULTS], hash, n_messages;
};

static void deliver(void *ctx, uint64_t a, uint64_t b);

/* --- pieces on their way --- */

static int strikes(struct net *net, uint32_t ppm, enum net_fault fault)
{
    if (ppm == 0 || !rng_chance(&net->rng, ppm))
        return 0;
    net->counts[fault]++;
    return 1;
}

static int64_t some_of(struct net *net, int64_t max_ns)
{
    return max_ns > 0 ? (int64_t)rng_below(&net->rng, (uint64_t)max_ns) : 0;
}

static uint64_t name_of(const struct link *link, const struct flow *flow)
{
    return (uint64_t)link->at << 1 | (flow == &link->down);
}

static void push(struct link *link, struct flow *flow, enum piece_kind kind, const void *bytes,
                 size_t n, int64_t slow_ns)
{
    struct net *net = link->net;
    struct piece piece = {.t = net->sched->now + net->rates.latency_ns +
                               some_of(net, net->rates.jitter_ns) + slow_ns,
                          .n = (uint32_t)n,
                          .kind = kind};

    if (flow->is_closed || flow->is_dead)
        return;
    if (piece.t < flow->t_stall)
        piece.t = flow->t_stall;
    if (piece.t < flow->t_last)
        piece.t = flow->t_last; // nothing overtakes
    flow->t_last = piece.t;
    flow->is_closed = kind == PIECE_FIN || kind == PIECE_RESET;
    REQUIRE(grow_add(&flow->pieces, &piece, sizeof(piece)) == AGON_OK);
    REQUIRE(n == 0 || grow_add(&flow->bytes, bytes, n) == AGON_OK);
    sched_at(net->sched, piece.t, deliver, net, name_of(link, flow), link->serial);
}

static void clear(struct flow *flow)
{
    flow->bytes.n = flow->pieces.n = flow->bytes_at = flow->pieces_at = 0;
}

static void compact(struct grow *grow, size_t *at)
{
    memmove(grow->bytes, grow->bytes + *at, grow->n - *at);
    grow->n -= *at;
    *at = 0;
}

static void reset_flow(struct flow *flow)
{
    struct grow bytes = flow->bytes, pieces = flow->pieces;

    memset(flow, 0, sizeof(*flow));
    flow->bytes = bytes;
    flow->pieces = pieces;
    clear(flow);
}

/* Both sides learn that it broke. What was on its way may arrive before. */
static void break_link(struct link *link)
{
    push(link, &link->up, PIECE_RESET, NULL, 0, 0);
    push(link, &link->down, PIECE_RESET, NULL, 0, 0);
}

static void let_go(struct link *link)
{
    if (link->client == END_OVER && (link->server == END_NONE || link->server == END_OVER))
        link->is_used = 0;
}

static void send_pieces(struct link *link, struct flow *flow, const void *bytes, size_t n,
                        const uint32_t rates[NET_FAULTS])
{
    struct net *net = link->net;
    const unsigned char *at = bytes;
    int64_t slow_ns = 0;

    if (strikes(net, rates[NET_STALL], NET_STALL))
        flow->t_stall = net->sched->now + some_of(net, net->rates.stall_ns);
    if (strikes(net, rates[NET_SLOW], NET_SLOW))
        slow_ns = some_of(net, net->rates.slow_ns);
    for (int i = 0; i < SPLITS && n > 1 && strikes(net, rates[NET_SPLIT], NET_SPLIT); i++) {
        size_t cut = 1 + (size_t)rng_below(&net->rng, n - 1);

        push(link, flow, PIECE_BYTES, at, cut, slow_ns);
        at += cut;
        n -= cut;
    }
    push(link, flow, PIECE_BYTES, at, n, slow_ns);
}

/* A message with what may happen to it; is_up: to who listens. */
static void post(struct link *link, struct flow *flow, const void *bytes, size_t n, int is_up)
{
    struct net *net = link->net;
    const uint32_t *rates = is_up ? net->rates.up : net->rates.down;

    if (flow->is_closed || flow->is_dead)
        return;
    net->n_messages++;
    if (is_up && strikes(net, rates[NET_UNSENT], NET_UNSENT)) {
        link->n_unsent += n;
        break_link(link);
    } else if (strikes(net, rates[NET_CUT_BEFORE], NET_CUT_BEFORE)) {
        break_link(link);
    } else if (strikes(net, rates[NET_HALF_OPEN], NET_HALF_OPEN)) {
        if (rng_below(&net->rng, 2) == 0)
            send_pieces(link, flow, bytes, n, rates);
        else
            clear(flow);
        link->down.is_dead = 1;
        clear(&link->down);
        link->up.is_closed = 1;
    } else {
        send_pieces(link, flow, bytes, n, rates);
        if (strikes(net, rates[NET_CUT_AFTER], NET_CUT_AFTER))
            break_link(link);
    }
}

/* --- arrival --- */

static void end_client(struct link *link, enum stream_end end)
{
    static const char *const texts[] = {"",
                                        "the peer closed the connection",
                                        "the connection was reset",
                                        "connection refused",
                                        "the name does not resolve",
                                        "TLS",
                                        "no answer in time",
                                        "closed here"};
    struct stream_owner owner = link->owner;

    link->client = END_OVER;
    push(link, &link->up, PIECE_FIN, NULL, 0, 0);
    owner.on_end(owner.ctx, (int)link->at, end, texts[end]);
    let_go(link);
}

static void end_later(void *ctx, uint64_t a, uint64_t b)
{
    struct link *link = &((struct net *)ctx)->links[a];

    if (link->is_used && link->serial == b && link->client == END_CLOSING)
        end_client(link, (enum stream_end)link->end);
}

static void gone(void *ctx, uint64_t a, uint64_t b)
{
    struct link *link = &((struct net *)ctx)->links[a];

    if (!link->is_used || link->serial != b || link->server != END_CLOSING)
        return;
    link->server = END_OVER;
    conns_gone(link->conn);
    link->conn = NULL;
    let_go(link);
}

static void arrive_up(struct link *link, const struct piece *piece, const unsigned char *bytes)
{
    struct net *net = link->net;
    char peer[32];

    if (piece->kind == PIECE_SYN) {
        snprintf(peer, sizeof(peer), "10.0.0.1:%u", 1024 + link->serial % 60000);
        link->server = END_OPEN;
        link->conn = link->listener->is_shut
                         ? NULL
                         : conns_open(net->conns, link->listener->owner, link, peer);
        if (link->conn == NULL)
            link->server = END_NONE;
        push(link, &link->down, link->conn != NULL ? PIECE_OPEN : PIECE_RESET, NULL, 0, 0);
    } else if (link->server == END_OPEN) {
        if (piece->kind == PIECE_BYTES)
            conns_bytes(link->conn, bytes, piece->n);
        else
            conns_end(link->conn);
    }
}

static void arrive_down(struct link *link, const struct piece *piece, const unsigned char *bytes)
{
    struct stream_owner *owner = &link->owner;

    if (link->client == END_CONNECTING && piece->kind == PIECE_OPEN) {
        link->client = END_OPEN;
        owner->on_open(owner->ctx, (int)link->at);
    } else if (link->client == END_CONNECTING) {
        end_client(link, STREAM_END_REFUSED);
    } else if (link->client == END_OPEN) {
        if (piece->kind == PIECE_BYTES)
            owner->on_bytes(owner->ctx, (int)link->at, bytes, piece->n);
        else
            end_client(link, piece->kind == PIECE_FIN ? STREAM_END_PEER : STREAM_END_RESET);
    }
}

static void fold(struct net *net, const struct link *link, const struct piece *piece,
                 const unsigned char *bytes, int is_down)
{
    uint64_t what = hash_bytes(bytes, piece->n) ^ (uint64_t)piece->kind << 8 ^ (uint64_t)is_down;

    net->hash = hash_mix(net->hash ^ what);
    net->hash = hash_mix(net->hash ^ (uint64_t)net->sched->now ^ (uint64_t)link->serial << 32);
}

static void deliver(void *ctx, uint64_t a, uint64_t b)
{
    struct net *net = ctx;
    struct link *link = &net->links[a >> 1];
    struct flow *flow = (a & 1) != 0 ? &link->down : &link->up;
    unsigned char *copy;
    struct piece piece;

    while (link->is_used && link->serial == b && !flow->is_paused && !flow->is_dead &&
           flow->pieces_at < flow->pieces.n) {
        memcpy(&piece, flow->pieces.bytes + flow->pieces_at, sizeof(piece));
        if (piece.t > net->sched->now)
            return;
        flow->pieces_at += sizeof(piece);
        // Who gets it may send, and so move what is queued behind it.
        copy = malloc(piece.n + 1u);
        REQUIRE(copy != NULL);
        if (piece.n > 0)
            memcpy(copy, flow->bytes.bytes + flow->bytes_at, piece.n);
        flow->bytes_at += piece.n;
        if (flow->pieces_at == flow->pieces.n) {
            clear(flow);
        } else if (flow->bytes_at > COMPACT || flow->pieces_at > COMPACT) {
            compact(&flow->bytes, &flow->bytes_at);
            compact(&flow->pieces, &flow->pieces_at);
        }
        fold(net, link, &piece, copy, (int)(a & 1));
        if ((a & 1) != 0)
            arrive_down(link, &piece, copy);
        else
            arrive_up(link, &piece, copy);
        free(copy);
    }
}

/* --- the side that listens --- */

static int64_t port_now(void *ctx)
{
    return ((struct net *)ctx)->sched->now;
}

static int listen_send(void *ctx, const void *bytes, size_t n)
{
    struct link *link = ctx;

    post(link, &link->down, bytes, n, 0);
    return AGON_OK;
}

static uint64_t listen_queued(void *ctx)
{
    const struct flow *flow = &((struct link *)ctx)->down;

    return flow->is_paused ? flow->bytes.n - flow->bytes_at : 0;
}

static void listen_pause(void *ctx, int is_paused)
{
    struct link *link = ctx;

    link->up.is_paused = is_paused != 0;
    if (!is_paused)
        sched_at(link->net->sched, 0, deliver, link->net, name_of(link, &link->up), link->serial);
}

static void listen_finish(void *ctx)
{
    struct link *link = ctx;

    push(link, &link->down, PIECE_FIN, NULL, 0, 0);
}

static void listen_drop(void *ctx, int is_reset)
{
    struct link *link = ctx;

    link->server = END_CLOSING;
    push(link, &link->down, is_reset ? PIECE_RESET : PIECE_FIN, NULL, 0, 0);
    sched_at(link->net->sched, 0, gone, link->net, link->at, link->serial);
}

static void on_listen_timer(void *ctx, uint64_t a, uint64_t b)
{
    struct link *link = &((struct net *)ctx)->links[a];

    if (link->is_used && link->serial == b && link->server == END_OPEN)
        conns_timer(link->conn);
}

static void listen_timer(void *ctx, int64_t due)
{
    struct link *link = ctx;
    struct net *net = link->net;

    if (link->timer != 0)
        sched_cancel(net->sched, link->timer);
    link->timer = due != INT64_MAX
                      ? sched_at(net->sched, due, on_listen_timer, net, link->at, link->serial)
                      : 0;
}

/* --- the side that connects --- */

static struct link *find(struct net *net, int conn)
{
    struct link *link = conn >= 0 && (uint32_t)conn < LINKS ? &net->links[conn] : NULL;

    return link != NULL && link->is_used && link->client != END_OVER ? link : NULL;
}

static struct listener *listener_of(struct net *net, const struct stream_target *target)
{
    for (uint32_t i = 0; i < net->n_listeners; i++) {
        if (net->listeners[i].port == target->port &&
            strcmp(net->listeners[i].host, target->host) == 0)
            return &net->listeners[i];
    }
    return NULL;
}

static struct link *new_link(struct net *net, enum net_process process)
{
    uint32_t n_open = 0;
    struct link *link = NULL;

    for (uint32_t i = 0; i < LINKS; i++) {
        // Not the same number at once: a late call about the one before must not find another.
        uint32_t at = (net->serial + i) % LINKS;

        if (net->links[at].is_used)
            n_open += net->links[at].client != END_OVER && net->links[at].process == process;
        else if (link == NULL)
            link = &net->links[at];
    }
    if (link == NULL || n_open >= LINKS_MAX)
        return NULL;
    reset_flow(&link->up);
    reset_flow(&link->down);
    link->at = (uint32_t)(link - net->links);
    link->net = net;
    link->serial = ++net->serial;
    link->conn = NULL;
    link->n_unsent = link->timer = 0;
    link->client = END_CONNECTING;
    link->server = END_NONE;
    link->process = (uint8_t)process;
    link->is_used = 1;
    return link;
}

static int connect_of(struct net *net, enum net_process process, const struct stream_target *target,
                      const struct stream_owner *owner)
{
    struct link *link;
    int64_t wait_ns = net->rates.latency_ns + some_of(net, net->rates.jitter_ns);

    if (target->host[0] == '\0' || target->port == 0 || target->is_tls)
        return AGON_EINVAL;
    link = new_link(net, process);
    if (link == NULL)
        return AGON_EAGAIN;
    link->owner = *owner;
    link->listener = listener_of(net, target);
    link->end = 0;
    if (link->listener == NULL)
        link->end = STREAM_END_NAME;
    else if (link->listener->is_shut || strikes(net, net->rates.connect[NET_REFUSED], NET_REFUSED))
        link->end = STREAM_END_REFUSED;
    else if (strikes(net, net->rates.connect[NET_UNANSWERED], NET_UNANSWERED))
        link->end = STREAM_END_TIMEOUT;
    if (link->end == 0) {
        push(link, &link->up, PIECE_SYN, NULL, 0, 0);
        return (int)link->at;
    }
    link->client = END_CLOSING;
    link->up.is_closed = 1;
    sched_at(net->sched,
             net->sched->now + (link->end == STREAM_END_TIMEOUT ? CONNECT_NS : 2 * wait_ns),
             end_later, net, link->at, link->serial);
    return (int)link->at;
}

static int port_connect(void *ctx, const struct stream_target *target,
                        const struct stream_owner *owner)
{
    return connect_of(ctx, NET_HOST, target, owner);
}

static int keeper_connect(void *ctx, const struct stream_target *target,
                          const struct stream_owner *owner)
{
    return connect_of(ctx, NET_KEEPER, target, owner);
}

static int port_send(void *ctx, int conn, const void *bytes, size_t n)
{
    struct net *net = ctx;
    struct link *link = find(net, conn);

    if (link == NULL || link->client != END_OPEN)
        return AGON_ESTATE;
    if (n > QUEUE_BYTES)
        return AGON_ERANGE;
    if (link->up.bytes.n - link->up.bytes_at + n > QUEUE_BYTES)
        return AGON_EAGAIN;
    if (net->tap.sent != NULL && link->listener != NULL)
        net->tap.sent(net->tap.ctx, link->listener->port, bytes, n);
    post(link, &link->up, bytes, n, 1);
    return AGON_OK;
}

static uint64_t port_unsent(void *ctx, int conn)
{
    struct net *net = ctx;

    return conn >= 0 && (uint32_t)conn < LINKS ? net->links[conn].n_unsent : 0;
}

static void port_close(void *ctx, int conn, int is_flush)
{
    struct net *net = ctx;
    struct link *link = find(net, conn);

    if (link == NULL || link->client == END_CLOSING)
        return;
    link->client = END_CLOSING;
    link->end = STREAM_END_LOCAL;
    // What had left may arrive all the same: whoever waits for it does not know that nobody
    // listens.
    if (!is_flush && rng_below(&net->rng, 2) == 0)
        clear(&link->up);
    push(link, &link->up, is_flush ? PIECE_FIN : PIECE_RESET, NULL, 0, 0);
    sched_at(net->sched, 0, end_later, net, link->at, link->serial);
}

static void port_pause(void *ctx, int conn, int is_paused)
{
    struct net *net = ctx;
    struct link *link = find(net, conn);

    if (link == NULL)
        return;
    link->down.is_paused = is_paused != 0;
    if (!is_paused)
        sched_at(net->sched, 0, deliver, net, name_of(link, &link->down), link->serial);
}

static void on_timer(void *ctx, uint64_t a, uint64_t b)
{
    struct timer *timer = &((struct net *)ctx)->timers[a];

    if (!timer->is_used || timer->serial != b)
        return;
    timer->is_used = 0;
    timer->owner.on_timer(timer->owner.ctx, timer->cookie);
}

static int64_t timer_of(struct net *net, enum net_process process, int64_t delay_ns,
                        uint64_t cookie, const struct stream_owner *owner)
{
    uint32_t at = 0;

    while (at < TIMERS && net->timers[at].is_used)
        at++;
    if (at == TIMERS)
        return AGON_EAGAIN;
    net->timers[at].owner = *owner;
    net->timers[at].cookie = cookie;
    net->timers[at].process = (uint8_t)process;
    net->timers[at].is_used = 1;
    net->timers[at].serial++;
    net->timers[at].job =
        sched_at(net->sched, net->sched->now + delay_ns, on_timer, net, at, net->timers[at].serial);
    return (int64_t)net->timers[at].serial << 16 | at;
}

static int64_t port_timer(void *ctx, int64_t delay_ns, uint64_t cookie,
                          const struct stream_owner *owner)
{
    return timer_of(ctx, NET_HOST, delay_ns, cookie, owner);
}

static int64_t keeper_timer(void *ctx, int64_t delay_ns, uint64_t cookie,
                            const struct stream_owner *owner)
{
    return timer_of(ctx, NET_KEEPER, delay_ns, cookie, owner);
}

static void port_timer_cancel(void *ctx, int64_t id)
{
    struct net *net = ctx;
    struct timer *timer = &net->timers[id & 0xffff];

    if (id < 0 || (id & 0xffff) >= TIMERS || !timer->is_used || timer->serial != id >> 16)
        return;
    timer->is_used = 0;
    sched_cancel(net->sched, timer->job);
}

static agon_ns_t port_utc(void *ctx)
{
    struct net *net = ctx;

    return net->utc != NULL ? net->utc(net->utc_ctx) : net->sched->now;
}

static uint64_t port_random(void *ctx)
{
    return rng_u64(&((struct net *)ctx)->dice);
}

/* --- life --- */

int net_new(struct net **out, struct sched *sched, uint64_t seed, struct error *err)
{
    struct net *net = calloc(1, sizeof(*net));
    const struct conns_port port = {.ctx = net,
                                    .now = port_now,
                                    .send = listen_send,
                                    .queued = listen_queued,
                                    .pause = listen_pause,
                                    .finish = listen_finish,
                                    .drop = listen_drop,
                                    .timer = listen_timer};
    const struct server_options options = {.conns = LINKS, .queue_bytes = 4u << 20};
    int rc;

    *out = NULL;
    if (net == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a network");
    net->sched = sched;
    rng_init(&net->rng, seed);
    rng_init(&net->dice, hash_mix(seed));
    net->ports[NET_HOST] = (struct stream_port){.ctx = net,
                                                .connect = port_connect,
                                                .send = port_send,
                                                .unsent = port_unsent,
                                                .close = port_close,
                                                .pause = port_pause,
                                                .timer = port_timer,
                                                .timer_cancel = port_timer_cancel,
                                                .now = port_now,
                                                .utc = port_utc,
                                                .random = port_random};
    net->ports[NET_KEEPER] = net->ports[NET_HOST];
    net->ports[NET_KEEPER].connect = keeper_connect;
    net->ports[NET_KEEPER].timer = keeper_timer;
    rc = conns_new(&net->conns, &port, &options, err);
    if (rc < 0) {
        free(net);
        return rc;
    }
    *out = net;
    return AGON_OK;
}

void net_free(struct net *net)
{
    if (net == NULL)
        return;
    net_die(net, NET_HOST);
    net_die(net, NET_KEEPER);
    conns_end_all(net->conns);
    for (uint32_t i = 0; i < LINKS; i++) {
        struct link *link = &net->links[i];

        if (link->is_used && link->conn != NULL)
            conns_gone(link->conn);
        grow_free(&link->up.bytes);
        grow_free(&link->up.pieces);
        grow_free(&link->down.bytes);
        grow_free(&link->down.pieces);
    }
    conns_free(net->conns);
    free(net);
}

void net_die(struct net *net, enum net_process process)
{
    for (uint32_t i = 0; i < LINKS; i++) {
        struct link *link = &net->links[i];

        if (!link->is_used || link->client == END_OVER || link->process != process)
            continue;
        link->client = END_OVER;
        // A process that is killed has its connections reset; a machine that loses power says
        // nothing at all.
        if (rng_below(&net->rng, 4) == 0)
            link->up.is_closed = 1;
        else
            push(link, &link->up, PIECE_RESET, NULL, 0, 0);
        link->down.is_dead = 1;
        let_go(link);
    }
    for (uint32_t i = 0; i < TIMERS; i++) {
        if (!net->timers[i].is_used || net->timers[i].process != process)
            continue;
        sched_cancel(net->sched, net->timers[i].job);
        net->timers[i].is_used = 0;
    }
}

void net_break(struct net *net, uint16_t port)
{
    for (uint32_t i = 0; i < LINKS; i++) {
        struct link *link = &net->links[i];

        if (link->is_used && link->listener != NULL && (port == 0 || link->listener->port == port))
            break_link(link);
    }
}

void net_listen(struct net *net, const char *host, uint16_t port, const struct server_owner *owner)
{
    struct stream_target target = {.port = port};
    struct listener *listener;

    snprintf(target.host, sizeof(target.host), "%.255s", host);
    listener = listener_of(net, &target);
    if (listener == NULL) {
        REQUIRE(net->n_listeners < LISTENERS);
        listener = &net->listeners[net->n_listeners++];
    }
    snprintf(listener->host, sizeof(listener->host), "%s", target.host);
    listener->port = port;
    listener->owner = owner;
}

void net_shut(struct net *net, uint16_t port, int is_shut)
{
    for (uint32_t i = 0; i < net->n_listeners; i++) {
        if (net->listeners[i].port == port)
            net->listeners[i].is_shut = is_shut != 0;
    }
}

const struct stream_port *net_stream(struct net *net, enum net_process process)
{
    return &net->ports[process];
}

void net_utc(struct net *net, agon_ns_t (*utc)(void *ctx), void *ctx)
{
    net->utc = utc;
    net->utc_ctx = ctx;
}

void net_tap(struct net *net, const struct net_tap *tap)
{
    net->tap = *tap;
}

struct net_rates *net_rates(struct net *net)
{
    return &net->rates;
}

const uint64_t *net_counts(const struct net *net)
{
    return net->counts;
}

uint64_t net_hash(const struct net *net)
{
    return net->hash;
}

uint64_t net_messages(const struct net *net)
{
    return net->n_messages;
}

struct conns *net_conns(struct net *net)
{
    return net->conns;
}
