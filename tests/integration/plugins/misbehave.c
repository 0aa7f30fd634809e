// SPDX-License-Identifier: Apache-2.0
/* misbehave: places two orders far from the market, waits until both rest, and then does the worst
 * of its kind. For tests of what becomes of the orders and of the others. Several kinds beside each
 * other never act at the same event: it would be the suspect then. */
#define _GNU_SOURCE
#include <agon/agon.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ORDERS   2
#define FLOOD    1000     /* in one callback */
#define FLOOD_NS 10000000 /* where nothing is ended, as in a backtest, it ends by itself */
#define TIMERS   64

enum { KIND = 1, AFTER = 2 };
enum {
    NONE,
    SEGV,
    ABORT,
    STACK,
    HEAP,
    DIVISION,
    ILLEGAL,
    HANG,
    MEMORY,
    FORK,
    DESCRIPTOR,
    THREAD,
    SIGNAL,
    TIMER,
    CANCEL,
    TURNS, /* one of the others, by the second, and without end */
    KINDS = CANCEL
};

struct misbehave {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_param *params;
    const struct agon_host_log *log;
    const struct agon_host_signal *signals;
    const struct agon_host_clock *clock;
    int64_t kind, after;
    uint64_t refs[ORDERS], last_ref;
    uint64_t n_events, n_bad; /* since both rest; acts */
    agon_ns_t t_bad;          /* of the first */
    uint32_t timers[TIMERS];
    uint32_t n_timers;
    uint8_t is_live, takes_turns, is_placed[ORDERS], is_resting[ORDERS];
};

static volatile int sink;

static __attribute__((noinline)) int deep(volatile char *above)
{
    volatile char here[4096];

    here[0] = above ? above[0] : 1;
    return deep(here) + here[0];
}

static void *rest(void *arg)
{
    static pthread_mutex_t never = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&never);
    pthread_mutex_lock(&never); // held by this thread or by another one that waits here
    return arg;
}

static void smash(void)
{
    char *memory = malloc(16);

    memset(memory - 64, 0x41, 4096);
    free(memory);
    free(malloc(100000));
    free(memory);
    abort();
}

/* One more timer; where there are as many as may be, another one goes. */
static void arm(struct misbehave *self, agon_ns_t t)
{
    int id;

    if (self->n_timers == TIMERS)
        (void)self->clock->disarm(self->host, self->timers[--self->n_timers]);
    id = self->clock->arm(self->host, t + 1000000, 1000000, 7);
    if (id > 0)
        self->timers[self->n_timers++] = (uint32_t)id;
}

static int flood(struct misbehave *self, const struct agon_event_hdr *event)
{
    struct agon_signal signal = {.confidence = 0.5, .value = 1};
    struct agon_intent intent = {.kind = AGON_INTENT_CANCEL, .instrument = event->instrument};

    if (event->t - self->t_bad > FLOOD_NS && !self->takes_turns) {
        while (self->n_timers > 0)
            (void)self->clock->disarm(self->host, self->timers[--self->n_timers]);
        return AGON_OK;
    }
    for (int i = 0; i < FLOOD; i++) {
        intent.client_ref = 1000000 + self->n_bad * FLOOD + (uint64_t)i;
        if (self->kind == SIGNAL)
            (void)self->signals->publish(self->host, &signal);
        else if (self->kind == TIMER)
            arm(self, event->t);
        else
            (void)self->orders->submit(self->host, &intent, 1);
    }
    self->n_bad++;
    return AGON_OK;
}

static int act(struct misbehave *self, const struct agon_event_hdr *event)
{
    pthread_t thread;
    char text[64];

    if (self->n_bad == 0) {
        self->t_bad = event->t;
        snprintf(text, sizeof(text), "fault at %lld", (long long)event->t);
        self->log->line(self->host, AGON_INFO, text);
    }
    switch (self->kind) {
    case SEGV:
        *(volatile int *)16 = 1;
        break;
    case ABORT:
        abort();
    case STACK:
        return deep(NULL);
    case HEAP:
        smash();
        break;
    case DIVISION:
        sink = 0;
        sink = 7 / sink;
        break;
    case ILLEGAL:
        __asm__ volatile("ud2");
        break;
    case HANG:
        for (;;)
            sink++;
    case MEMORY:
        for (;;) {
            char *memory = malloc(16u << 20);

            if (memory == NULL)
                abort();
            memset(memory, 1, 16u << 20);
        }
    case FORK:
        for (;;)
            fork();
    case DESCRIPTOR:
        for (;;)
            dup(1);
    case THREAD:
        for (int i = 0; i < 8; i++)
            (void)pthread_create(&thread, NULL, rest, NULL);
        rest(NULL);
        break;
    default:
        return flood(self, event);
    }
    return AGON_OK;
}

static int place(struct misbehave *self, const struct agon_top10 *top)
{
    for (int i = 0; i < ORDERS; i++) {
        struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                     .side = AGON_BUY,
                                     .type = AGON_LIMIT,
                                     .instrument = top->hdr.instrument,
                                     .px = top->bid[0].px / 100 * (95 - i),
                                     .qty = 20};

        if (self->is_placed[i])
            continue;
        // Of this life alone: orders of the one before may be told of still.
        if (self->last_ref < (uint64_t)top->hdr.t)
            self->last_ref = (uint64_t)top->hdr.t;
        self->refs[i] = intent.client_ref = ++self->last_ref;
        self->is_placed[i] = 1;
        if (self->orders->submit(self->host, &intent, 1) < 0)
            self->is_placed[i] = 0; // no room: at the next event
    }
    return AGON_OK;
}

static int is_ready(const struct misbehave *self)
{
    return self->kind != NONE && self->is_live && self->is_resting[0] && self->is_resting[1];
}

/* Each event that it may choose; which one depends on its kind. */
static int take(struct misbehave *self, const struct agon_event_hdr *event)
{
    if (!is_ready(self) || ++self->n_events <= (uint64_t)self->after)
        return AGON_OK;
    if (self->takes_turns && self->n_bad == 0)
        self->kind = 1 + event->t / 1000000000 % KINDS;
    // What floods goes on; the others are not here any more.
    if (event->seq % 16 == (uint64_t)self->kind || self->n_bad > 0)
        return act(self, event);
    return AGON_OK;
}

static int on_top10(void *plugin, const struct agon_top10 *top)
{
    struct misbehave *self = plugin;
    int rc = top->n_bid > 0 && self->is_live ? place(self, top) : AGON_OK;

    return rc < 0 ? rc : take(self, &top->hdr);
}

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    return take(plugin, &trade->hdr);
}

static int on_order(void *plugin, const struct agon_order *order)
{
    struct misbehave *self = plugin;
    int i = order->client_ref == self->refs[0] ? 0 : 1;

    if (order->client_ref != self->refs[i] || order->request != AGON_REQUEST_NONE ||
        !self->is_placed[i])
        return AGON_OK;
    if (order->state == AGON_ORDER_OPEN)
        self->is_resting[i] = 1;
    else if (agon_is_final(order) && !self->is_resting[i])
        self->is_placed[i] = 0; // refused: once more
    return AGON_OK;
}

static const struct agon_handlers handlers = {
    .on_top10 = on_top10, .on_trade = on_trade, .on_order = on_order};

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    return agon_dispatch(&handlers, plugin, event);
}

static int on_start(void *plugin, uint32_t reason)
{
    struct misbehave *self = plugin;
    int rc = self->params->integer(self->host, KIND, &self->kind);

    self->takes_turns = self->kind == TURNS;
    self->is_live = reason != AGON_START_SHADOW; // what a shadow wishes is nobody's order
    return rc < 0 ? rc : self->params->integer(self->host, AFTER, &self->after);
}

static int on_stop(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct misbehave *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    self->log = host->get_extension(host, AGON_EXT_LOG);
    self->signals = host->get_extension(host, AGON_EXT_SIGNAL);
    self->clock = host->get_extension(host, AGON_EXT_CLOCK);
    if (self->orders == NULL || self->params == NULL || self->log == NULL ||
        self->signals == NULL || self->clock == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .on_stop = on_stop,
                                                      .destroy = destroy});
}

static const struct agon_param kind = {
    .size = sizeof(kind),
    .id = KIND,
    .type = AGON_CHOICE,
    .name = "kind",
    .choices = "none|segv|abort|stack|heap|division|illegal|hang|memory|fork|descriptor|thread|"
               "signal|timer|cancel|turns",
    .doc = "what it does once its orders rest"};
static const struct agon_param after = {.size = sizeof(after),
                                        .id = AFTER,
                                        .type = AGON_INTEGER,
                                        .min = 0,
                                        .max = 1000000,
                                        .def = 5,
                                        .name = "after",
                                        .unit = "events",
                                        .doc = "that it still waits"};
static const struct agon_param *const params[] = {&kind, &after};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_PARAM,  AGON_EXT_LOG,
                                           AGON_EXT_ARENA,  AGON_EXT_SIGNAL, AGON_EXT_CLOCK};
static const char *const publishes[] = {"noise"};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .n_params = 2,
    .id = "org.agon.test.misbehave",
    .name = "misbehave",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "holds two orders and goes wrong",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .publishes = publishes,
    .n_publishes = 1,
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_ORDER),
    .arena_bytes = 4096,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.misbehave", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
