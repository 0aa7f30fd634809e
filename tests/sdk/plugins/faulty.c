// SPDX-License-Identifier: MIT
/* faulty: a plugin that does the worst it can at an event that its parameters name. For the tests
 * of containment (F-75 to F-87): the host and the other slots must not notice. */
#define _GNU_SOURCE
#include <agon/agon.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char faults[] = "none|segv|abort|stack|div0|illegal|hang|exit|memory|heap|open|socket|"
                             "fork|exec|kill|ptrace|exec_memory|events|thread|error|arena|"
                             "raw_handler|create|start|start_hang|print|threads";
enum {
    NONE,
    SEGV,
    ABORT,
    STACK,
    DIV0,
    ILLEGAL,
    HANG,
    EXIT,
    MEMORY,
    HEAP,
    OPEN,
    SOCKET,
    FORK,
    EXEC,
    KILL,
    PTRACE,
    EXEC_MEMORY,
    EVENTS,
    THREAD,
    ERROR,
    ARENA,
    RAW_HANDLER,
    CREATE,
    START,
    START_HANG,
    PRINT,
    THREADS
};

static struct faulty {
    const struct agon_host *host;
    const struct agon_host_param *param;
    const struct agon_host_orders *orders;
    unsigned char *arena;
    int64_t fault, at;
} faulty;

static volatile int sink;

static __attribute__((noinline)) int deep(volatile char *above)
{
    volatile char here[4096];

    here[0] = above ? above[0] : 1;
    return deep(here) + here[0];
}

static void *spin(void *arg)
{
    (void)arg;
    for (;;)
        sink++;
    return NULL;
}

static void *rest(void *arg)
{
    static pthread_mutex_t never = PTHREAD_MUTEX_INITIALIZER;

    (void)arg;
    pthread_mutex_lock(&never);
    pthread_mutex_lock(&never); // held by this thread or by another one that waits here
    return NULL;
}

static int act(const struct agon_event_hdr *event)
{
    static char *const no_arguments[] = {NULL};
    static int has_begun;
    pthread_t thread;

    switch (faulty.fault) {
    case SEGV:
        *(volatile int *)16 = 1;
        break;
    case ABORT:
        abort();
    case STACK:
        return deep(NULL);
    case DIV0:
        sink = 0;
        sink = 7 / sink;
        break;
    case ILLEGAL:
        __builtin_trap();
    case HANG:
        for (;;)
            sink++;
    case EXIT:
        exit(0);
    case MEMORY:
        for (;;) {
            char *memory = malloc(64u << 20);
            if (memory == NULL)
                abort();
            memset(memory, 1, 64u << 20);
        }
    case HEAP: {
        char *memory = malloc(16);
        memset(memory - 64, 0x41, 4096);
        free(memory);
        free(malloc(100000));
        free(memory);
        break;
    }
    case OPEN:
        sink = open("/etc/passwd", O_RDONLY);
        break;
    case SOCKET:
        sink = socket(AF_INET, SOCK_STREAM, 0);
        break;
    case FORK:
        for (;;)
            fork();
    case EXEC:
        execve("/bin/true", no_arguments, no_arguments);
        break;
    case KILL:
        kill(0x3fffffff, SIGKILL); // nobody, should it get through
        break;
    case PTRACE:
        ptrace(PTRACE_ATTACH, 0x3fffffff, 0, 0);
        break;
    case EXEC_MEMORY:
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        break;
    case EVENTS: // ours is a copy: to write to it harms nobody
        memset((void *)(uintptr_t)event, 0xff, 64);
        break;
    case THREAD:
        if (!has_begun && pthread_create(&thread, NULL, spin, NULL) == 0)
            pthread_detach(thread);
        has_begun = 1;
        break;
    case THREADS:
        for (int i = 0; !has_begun && i < 8; i++)
            pthread_create(&thread, NULL, rest, NULL);
        has_begun = 1;
        break;
    case ERROR:
        return AGON_EINVAL;
    case ARENA:
        for (int i = 0;; i++)
            faulty.arena[i] = 1;
    case RAW_HANDLER: // tries to catch its own end
        signal(SIGSYS, SIG_IGN);
        signal(SIGSEGV, SIG_IGN);
        break;
    case PRINT:
        if (write(1, "plugin\n", 7) < 0 || write(2, "plugin\n", 7) < 0)
            return AGON_EIO;
        break;
    default:
        break;
    }
    return AGON_OK;
}

static int on_event(void *self, const struct agon_event_hdr *event, uint64_t nth)
{
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .instrument = event->instrument,
                                 .client_ref = nth,
                                 .px = 100,
                                 .qty = 1};
    (void)self;
    if ((int64_t)nth >= faulty.at && faulty.fault != NONE)
        return act(event);
    return faulty.orders && event->instrument ? faulty.orders->submit(faulty.host, &intent, 1)
                                              : AGON_OK;
}

// "start 1: 500 bars": the reason, and the minutes of the first instrument before the first event.
static void tell_history(uint32_t reason)
{
    static struct agon_bar bars[1024];
    const struct agon_host_history *history =
        faulty.host->get_extension(faulty.host, AGON_EXT_HISTORY);
    const struct agon_host_log *log = faulty.host->get_extension(faulty.host, AGON_EXT_LOG);
    int n = history ? history->bars(faulty.host, 1, 60, bars, 1024) : 0;
    char text[64];

    snprintf(text, sizeof(text), "start %u: %d bars", reason, n);
    if (log && n > 0)
        log->line(faulty.host, AGON_INFO, text);
}

static int on_start(void *self, uint32_t reason)
{
    (void)self;
    tell_history(reason);
    if (faulty.fault == START)
        return AGON_ESTATE;
    while (faulty.fault == START_HANG)
        sink++;
    return AGON_OK;
}

static void destroy(void *self)
{
    (void)self;
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    static const struct agon_agent mine = {.size = sizeof(mine),
                                           .self = &faulty,
                                           .on_start = on_start,
                                           .on_event = on_event,
                                           .destroy = destroy};
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);

    if (index != 0)
        return AGON_EINVAL;
    faulty.host = host;
    faulty.arena = arena->take(host, 4096, 4096);
    faulty.param = host->get_extension(host, AGON_EXT_PARAM);
    faulty.orders = host->get_extension(host, AGON_EXT_ORDERS);
    faulty.param->integer(host, 1, &faulty.fault);
    faulty.param->integer(host, 2, &faulty.at);
    return faulty.fault == CREATE ? AGON_ENOMEM : agon_agent_set(agent, &mine);
}

static const struct agon_param fault = {
    .size = sizeof(fault), .id = 1, .type = AGON_CHOICE, .name = "fault", .choices = faults};
static const struct agon_param at = {
    .size = sizeof(at), .id = 2, .type = AGON_INTEGER, .def = 1, .name = "at"};
static const struct agon_param *const params[] = {&fault, &at};
static const struct agon_descriptor descriptor = {.size = sizeof(descriptor),
                                                  .kind = AGON_STRATEGY,
                                                  .n_params = 2,
                                                  .id = "org.example.faulty",
                                                  .name = "faulty",
                                                  .version = "1.0.0",
                                                  .params = params,
                                                  .event_mask = AGON_ON(AGON_EVENT_TRADE),
                                                  .arena_bytes = 4096};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.example.faulty", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
