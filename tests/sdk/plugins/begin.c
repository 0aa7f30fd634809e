// SPDX-License-Identifier: MIT
/* begin: one plugin, built many times, that does something before it is called: in a constructor.
 * With HOSTILE it tries what no plugin may, each of which has to end its process; with IMAGE it
 * uses what a file may rely on, and refuses to be created where it is not so. */
#define _GNU_SOURCE
#include <agon/agon.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LIMIT = 1, FILTER, LANDLOCK, ORPHAN, OPEN, STAT, CODE, AFFINITY, KILL, PROCESS };
enum { ORDER = 1, TLS, FSTAT, THREAD };

#ifndef HOSTILE
#define HOSTILE 0
#endif
#ifndef IMAGE
#define IMAGE 0
#endif

static int is_wrong; /* what the image was to be, and is not */

/* --- what no plugin may --- */

static __attribute__((constructor)) void attack(void)
{
    struct rlimit none = {0, 0};
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO);
    struct sock_fprog filter = {.len = 1, .filter = &allow};
    struct stat stat;
    cpu_set_t cpus;

    if (HOSTILE == LIMIT) // of its host, whose number is near its own
        is_wrong = (int)syscall(SYS_prlimit64, getpid() - 1, RLIMIT_FSIZE, &none, NULL);
    if (HOSTILE == FILTER)
        is_wrong = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
    if (HOSTILE == LANDLOCK)
        is_wrong = (int)syscall(446, -1, 0); // landlock_restrict_self
    if (HOSTILE == ORPHAN)
        is_wrong = prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
    if (HOSTILE == OPEN)
        is_wrong = open("/etc/passwd", O_RDONLY);
    if (HOSTILE == STAT)
        is_wrong = fstatat(AT_FDCWD, "/etc/passwd", &stat, 0);
    if (HOSTILE == CODE)
        is_wrong = mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                   MAP_FAILED;
    if (HOSTILE == AFFINITY)
        is_wrong = sched_getaffinity(1, sizeof(cpus), &cpus);
    if (HOSTILE == KILL)
        is_wrong = kill(1, 0);
    if (HOSTILE == PROCESS)
        is_wrong = (int)syscall(SYS_vfork);
}

/* --- what one may rely on --- */

static char order[8];
static size_t n_order;

// By number, the lower one first, and those without a number behind them.
static __attribute__((constructor(201))) void first(void)
{
    order[n_order++] = 'a';
}
static __attribute__((constructor(202))) void second(void)
{
    order[n_order++] = 'b';
}
static __attribute__((constructor)) void third(int argc, char **argv, char **envp)
{
    order[n_order++] =
        argc == 1 && argv[0] != NULL && argv[1] == NULL && envp[0] == NULL ? 'c' : 'x';
}

extern int nobody_has_this(void) __attribute__((weak));
static int zeros[100000];                       /* beyond the file: .bss over many pages */
static const int *const middle = &zeros[50000]; /* a pointer that has to be relocated */

static int is_bound(void)
{
    double (*volatile root)(double) = sqrt; // of another library, by its address
    volatile double sixteen = 16;

    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        if (zeros[i] != 0)
            return 0;
    }
    return middle == zeros + 50000 && nobody_has_this == NULL && root(sixteen) == 4 &&
           stdout != NULL;
}

static _Thread_local int counted = 41;
static _Thread_local char lines[256];
static _Thread_local int *pointer = &zeros[7];

static int has_tls(void)
{
    counted++;
    lines[255]++;
    return counted == 42 && lines[0] == 0 && lines[255] == 1 && pointer == &zeros[7];
}

static void *of_thread(void *arg)
{
    (void)arg;
    return has_tls() ? arg : NULL;
}

static int is_of_each_thread(void)
{
    pthread_t thread;
    void *is_right = NULL;

    return has_tls() && pthread_create(&thread, NULL, of_thread, order) == 0 &&
           pthread_join(thread, &is_right) == 0 && is_right == order;
}

static int answers_for_descriptors(void)
{
    struct stat stat;

    return fstat(1, &stat) == 0 && S_ISCHR(stat.st_mode) && fstat(77, &stat) < 0 && errno == EBADF;
}

static int on_event(void *self, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)self;
    (void)event;
    (void)nth;
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
    if (IMAGE == ORDER && (strcmp(order, "abc") != 0 || !is_bound()))
        return AGON_ESTATE;
    if ((IMAGE == TLS && !has_tls()) || (IMAGE == THREAD && !is_of_each_thread()))
        return AGON_ESTATE;
    if (IMAGE == FSTAT && !answers_for_descriptors())
        return AGON_ESTATE;
    return index == 0 ? agon_agent_set(agent, &mine) : AGON_EINVAL;
}

static const struct agon_descriptor descriptor = {.size = sizeof(descriptor),
                                                  .kind = AGON_STRATEGY,
                                                  .id = "org.example.begin",
                                                  .name = "begin",
                                                  .version = "1.0.0",
                                                  .event_mask = AGON_ON(AGON_EVENT_TRADE)};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.example.begin", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
