// SPDX-License-Identifier: MIT
/* defect: one plugin, built many times, each time with one thing that the static checks must find.
 * The build sets DEFECT_...; without any it is good. */
#define _GNU_SOURCE
#include <agon/agon.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>
#if defined(DEFECT_THREADS)
#include <pthread.h>
#endif

static volatile long sink;

#if defined(DEFECT_CTOR)
static __attribute__((constructor)) void before(void)
{
    sink = 1;
}
#endif
#if defined(DEFECT_DTOR)
static __attribute__((destructor)) void after(void)
{
    sink = 1;
}
#endif
#if defined(DEFECT_TLS)
static _Thread_local __attribute__((tls_model("initial-exec"))) long of_thread;
#endif
#if defined(DEFECT_EXPORT)
AGON_EXPORT int second_export(void);
int second_export(void)
{
    return 1;
}
#endif
#if defined(DEFECT_IFUNC)
static int plain(void)
{
    return 1;
}
static int (*resolve(void))(void)
{
    return plain;
}
static int chosen(void) __attribute__((ifunc("resolve")));
#endif

static int on_event(void *self, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)self;
    (void)event;
#if defined(DEFECT_CLOCK)
    sink = time(NULL);
#endif
#if defined(DEFECT_RANDOM)
    sink = rand();
#endif
#if defined(DEFECT_EXIT)
    if (nth == 0)
        exit(1);
#endif
#if defined(DEFECT_ATEXIT)
    if (nth == 0)
        on_exit(NULL, NULL);
#endif
#if defined(DEFECT_THREADS)
    pthread_create(NULL, NULL, NULL, NULL);
#endif
#if defined(DEFECT_GETENV)
    setenv("X", "1", 1);
#endif
#if defined(DEFECT_LIBM)
    sink = (long)exp((double)nth);
#endif
#if defined(DEFECT_TLS)
    of_thread++;
#endif
#if defined(DEFECT_IFUNC)
    sink = chosen();
#endif
    sink = (long)nth;
    return AGON_OK;
}

static void destroy(void *self)
{
    (void)self;
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    static const struct agon_agent mine = {
        .size = sizeof(mine), .on_event = on_event, .destroy = destroy};

    (void)host;
    return index == 0 ? agon_agent_set(agent, &mine) : AGON_EINVAL;
}

#if defined(DEFECT_PARAM)
static const struct agon_param param = {.size = sizeof(param),
                                        .id = 1,
                                        .type = AGON_INTEGER,
                                        .min = 5,
                                        .max = 10,
                                        .def = 20,
                                        .name = "size"};
static const struct agon_param *const params[] = {&param};
#endif
#if defined(DEFECT_NAMES)
static const char *const names[] = {DEFECT_NAMES};
#endif
#if defined(DEFECT_TAGS)
static const char *const tags[] = {DEFECT_TAGS};
#endif
#if defined(DEFECT_METRICS)
static const char *const metrics[] = {DEFECT_METRICS};
#endif
static const struct agon_descriptor descriptor = {
#if defined(DEFECT_OLD) // as an earlier SDK made it
    .size = offsetof(struct agon_descriptor, publishes),
#else
    .size = sizeof(descriptor),
#endif
#if defined(DEFECT_NAMES)
    .publishes = names,
    .n_publishes = sizeof(names) / sizeof(names[0]),
#endif
#if defined(DEFECT_TAGS)
    .tags = tags,
    .n_tags = sizeof(tags) / sizeof(tags[0]),
#endif
#if defined(DEFECT_METRICS)
    .metrics = metrics,
    .n_metrics = sizeof(metrics) / sizeof(metrics[0]),
#endif
    .kind = AGON_STRATEGY,
#if defined(DEFECT_PARAM)
    .n_params = 1,
    .params = params,
#endif
#if defined(DEFECT_ID)
    .id = "Not An Id",
#else
    .id = "org.example.defect",
#endif
    .name = "defect",
    .version = "1.0.0",
#if defined(DEFECT_MORE)
    .event_more = AGON_ON_MORE(AGON_EVENT_MORE + 16),
#endif
    .event_mask = AGON_ON(AGON_EVENT_TRADE)};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

#if !defined(DEFECT_NOTE)
#if defined(DEFECT_NOTE_ABI)
#undef AGON_ABI_MINOR
#define AGON_ABI_MINOR 77
#endif
#if defined(DEFECT_NOTE_LAYOUT)
#undef AGON_LAYOUT_HASH
#define AGON_LAYOUT_HASH 1u
#endif
#if defined(DEFECT_NOTE_ID)
AGON_NOTE("org.example.other", "1.0.0");
#else
AGON_NOTE("org.example.defect", "1.0.0");
#endif
#endif

#if defined(DEFECT_ENTRY)
AGON_EXPORT const struct agon_entry other_plugin = {
#elif defined(DEFECT_FUNCTION)
AGON_EXPORT int agon_entry_function(void) __asm__("agon_plugin");
int agon_entry_function(void)
{
    return create(NULL, 0, NULL) + (descriptors[0] == NULL);
}
#define NO_ENTRY
#else
AGON_EXPORT const struct agon_entry agon_plugin = {
#endif
#if !defined(NO_ENTRY)
#if defined(DEFECT_SIZE)
    .size = 8,
#else
    .size = sizeof(struct agon_entry),
#endif
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create};
#endif
