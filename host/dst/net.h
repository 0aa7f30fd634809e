// SPDX-License-Identifier: Apache-2.0
/* net: a simulated network between gateways and what serves them, with TCP's promises and no more:
 * bytes come in order and once, cut anywhere, after some time; or the connection breaks, and then
 * neither side knows how much the other had.
 *
 *     sched_init(&sched, seed, t);
 *     net_new(&net, &sched, seed, &err);
 *     front = sim_front_new(...);                        // a simulated exchange, its utc from
 * sched net_listen(net, "spot.test", 80, sim_front_owner(front)); sim_front_on(front,
 * net_conns(net)); ports.stream = net_stream(net, NET_HOST);          // of a gateway, TLS off,
 * targets as above gateway_start(gateway); while (sched_step(&sched, until)) ...              //
 * callbacks of both sides come from here
 *
 * The caller calls sim_front_tick at sim_front_due, and gateway_poll when its gateway is to look at
 * commands. Faults are rates that may be changed at any time; all 0: a perfect network.
 * [one thread] */
#ifndef DST_NET_H
#define DST_NET_H

#include "dst/sched.h"
#include "net/conns.h"
#include "net/stream.h"

enum net_fault {                 /* what n_faults counts */
                 NET_REFUSED,    /* a connection is refused */
                 NET_UNANSWERED, /* ... or never answered: time-out */
                 NET_CUT_BEFORE, /* it breaks, and what was being sent never arrives */
                 NET_CUT_AFTER,  /* it breaks when what was being sent has arrived: no reply */
                 NET_UNSENT,     /* it breaks while what was sent still lies on this machine */
                 NET_HALF_OPEN,  /* from now on nothing arrives, and nobody is told */
                 NET_STALL,      /* nothing arrives for a while */
                 NET_SLOW,       /* one message takes much longer, and what follows waits for it */
                 NET_SPLIT,      /* a message arrives in pieces */
                 NET_FAULTS
};
extern const char *const net_fault_names[NET_FAULTS];

struct net_rates { /* ppm of each connect, or of each message; up: to who listens, down: back */
    uint32_t connect[2]; /* NET_REFUSED, NET_UNANSWERED */
    uint32_t up[NET_FAULTS], down[NET_FAULTS];
    int64_t latency_ns, jitter_ns; /* of every message: latency, and up to so much more */
    int64_t slow_ns, stall_ns;     /* the longest */
};

struct net_tap { /* sees what is given to the port, before anything can happen to it */
    void *ctx;
    void (*sent)(void *ctx, uint16_t port, const void *bytes, size_t n);
};

struct net;
int net_new(struct net **net, struct sched *sched, uint64_t seed, struct error *err);
void net_free(struct net *net); /* nobody is called any more; NULL is fine */
struct net_rates *net_rates(struct net *net);
const uint64_t *net_counts(const struct net *net); /* [NET_FAULTS] */
uint64_t net_hash(const struct net *net);          /* over every byte that arrived, and when */
uint64_t net_messages(const struct net *net);
void net_tap(struct net *net, const struct net_tap *tap);
/* The connections of everybody who listens here. */
struct conns *net_conns(struct net *net);
/* owner is borrowed. A second one on the same name takes its place. */
void net_listen(struct net *net, const char *host, uint16_t port, const struct server_owner *owner);
/* Whoever connects there is refused from now on, or no longer. */
void net_shut(struct net *net, uint16_t port, int is_shut);
/* The port of a process of the machine that connects. `utc` reads what utc(ctx) says; NULL:
 * simulated time. */
enum net_process { NET_HOST = 0, NET_KEEPER = 1, NET_PROCESSES };
const struct stream_port *net_stream(struct net *net, enum net_process process);
void net_utc(struct net *net, agon_ns_t (*utc)(void *ctx), void *ctx);
/* That process is dead: no callback reaches it any more, its timers are gone, and what it had sent
 * may still arrive. The next one to call net_stream begins with nothing. */
void net_die(struct net *net, enum net_process process);
/* Breaks every connection to port (0: all), as a router that restarts. */
void net_break(struct net *net, uint16_t port);

#endif
