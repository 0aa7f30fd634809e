// SPDX-License-Identifier: Apache-2.0
/* stranger: somebody's file that passes the checks for inproc, and then tries what no plugin may,
 * by a system call of its own: no import shows it. For tests of what a backtest, a rehearsal and a
 * host make of it. Built with STRANGER_DEED it does so in on_start with its defaults. */
#include <agon/agon.h>

enum { DEED = 1, MOMENT = 2 };
enum { NOTHING, OPEN, SOCKET, KILL, FORK, CODE, LIMIT, REQUEUE, SEGV, PRINT, SPIN };
enum { START, EVENT, STOP };

#ifndef STRANGER_DEED
#define STRANGER_DEED NOTHING
#endif

struct stranger {
    const struct agon_host *host;
    const struct agon_host_param *params;
    int64_t deed, moment, n;
};

static long call(long number, long a, long b, long c, long d)
{
    long result;
    register long r10 __asm__("r10") = d;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

static void act(struct stranger *self)
{
    static const char path[] = "stranger.was.here";
    static const char print[] = "\033]0;stranger\007 printed\n";
    static unsigned word;
    volatile unsigned long nowhere = 16;

    switch (self->deed) {
    case OPEN: // openat(AT_FDCWD, path, O_WRONLY | O_CREAT, 0644)
        (void)call(257, -100, (long)path, 0101, 0644);
        return;
    case SOCKET:
        (void)call(41, 2, 1, 0, 0);
        return;
    case KILL: // the process that it is a child of, or its neighbours
        (void)call(62, 0, 0, 0, 0);
        return;
    case FORK:
        (void)call(57, 0, 0, 0, 0);
        return;
    case CODE:
        (void)call(9, 0, 4096, 7, 0x22);
        return;
    case LIMIT:
        (void)call(302, 0, 1, 0, 0);
        return;
    case REQUEUE: // FUTEX_LOCK_PI
        (void)call(202, (long)&word, 6, 0, 0);
        return;
    case SEGV:
        *(volatile int *)nowhere = 1;
        return;
    case PRINT:
        (void)call(1, 1, (long)print, sizeof(print) - 1, 0);
        (void)call(1, 2, (long)print, sizeof(print) - 1, 0);
        return;
    default:
        return;
    }
}

/* Longer than a host grants a callback, and it returns. */
static void spin(void)
{
    volatile uint64_t by = 3;
    uint64_t x = UINT64_MAX;

    for (int i = 0; i < 100000000; i++)
        x = ~(x / by); // each waits for the one before
    by = x;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct stranger *self = plugin;
    int rc = self->params->integer(self->host, DEED, &self->deed);

    (void)reason;
    if (rc >= 0)
        rc = self->params->integer(self->host, MOMENT, &self->moment);
    if (self->moment == START)
        act(self);
    return rc;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct stranger *self = plugin;

    (void)event;
    (void)nth;
    if (++self->n == 100 && self->moment == EVENT)
        act(self);
    if (self->n == 100 && self->deed == SPIN)
        spin();
    return AGON_OK;
}

static int on_stop(void *plugin, uint32_t reason)
{
    struct stranger *self = plugin;

    (void)reason;
    if (self->moment == STOP)
        act(self);
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin;
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct stranger *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    *self = (struct stranger){.host = host, .params = host->get_extension(host, AGON_EXT_PARAM)};
    if (self->params == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .on_stop = on_stop,
                                                      .destroy = destroy});
}

static const struct agon_param deed = {
    .size = sizeof(deed),
    .id = DEED,
    .type = AGON_CHOICE,
    .def = STRANGER_DEED,
    .name = "deed",
    .choices = "nothing|open|socket|kill|fork|code|limit|requeue|segv|print|spin",
    .doc = "what it tries"};
static const struct agon_param moment = {.size = sizeof(moment),
                                         .id = MOMENT,
                                         .type = AGON_CHOICE,
                                         .name = "moment",
                                         .choices = "start|event|stop",
                                         .doc = "and when"};
static const struct agon_param *const params[] = {&deed, &moment};
static const char *const requires_ext[] = {AGON_EXT_PARAM, AGON_EXT_ARENA};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .n_params = 2,
    .id = "org.agon.test.stranger",
    .name = "stranger",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "tries what no plugin may",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_TRADE),
    .arena_bytes = 4096,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.stranger", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
