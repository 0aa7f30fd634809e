// SPDX-License-Identifier: MIT
/* escape: tries one thing of the table in escape.h, at the place that it says, and tells what came
 * of it if it still can. Who watches writes into the file which one. */
#define _GNU_SOURCE
#include <agon/agon.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "escape.h"

#define PAGE     4096u
#define NOT_DONE (-20000)

static volatile struct escape_order order = {.magic = ESCAPE_MAGIC};
static const struct agon_host *host;
static const struct agon_host_log *log_lines;
static long result = NOT_DONE;

/* --- tools --- */

/* Without libc, which a check of imports would see. */
static long raw(long number, long a, long b, long c, long d, long e)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = 0;
    long rc;

    __asm__ volatile("syscall"
                     : "=a"(rc)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return rc;
}
#define RAW(name, ...) RAW_(SYS_##name, __VA_ARGS__, 0, 0, 0, 0, 0)
#define RAW_(number, a, b, c, d, e, ...)                                                           \
    raw(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

static long of_libc(long rc)
{
    return rc < 0 ? -(long)errno : rc;
}

static const char *path(const char *name)
{
    static char text[128];
    size_t n = 0;

    for (size_t i = 0; order.dir[i] != 0 && n < sizeof(order.dir); i++)
        text[n++] = order.dir[i];
    text[n++] = '/';
    strcpy(text + n, name);
    return text;
}
#define CANARY path(ESCAPE_CANARY)

static int is_mapped(const void *at)
{
    // Reads there, finds that 99 is no way to block signals, and changes nothing.
    return raw(SYS_rt_sigprocmask, 99, (long)at, 0, 8, 0) != -EFAULT;
}

typedef int look_fn(const unsigned char *page);

/* Of all that is mapped near an address, the first page that look likes. The room for a saved state
 * is passed over. */
static unsigned char *look_near(const void *near, size_t below, size_t above, look_fn *look)
{
    uintptr_t at = ((uintptr_t)near - below) / PAGE * PAGE, end = (uintptr_t)near + above;

    for (; at < end; at += PAGE) {
        uint64_t head;

        if (!is_mapped((const void *)at))
            continue;
        if (look((const unsigned char *)at))
            return (unsigned char *)at;
        memcpy(&head, (const void *)at, sizeof(head));
        if ((head ^ ESCAPE_MASK) == order.slot_magic) {
            uint64_t from, room;

            memcpy(&from, (const unsigned char *)at + order.state_at, sizeof(from));
            memcpy(&room, (const unsigned char *)at + order.state_at + 16, sizeof(room));
            at += (from + 2 * room) / PAGE * PAGE - PAGE;
        }
    }
    return NULL;
}

static unsigned char *look_all(look_fn *look)
{
    void *heap = malloc(64);
    unsigned char *found =
        look_near((const void *)(uintptr_t)&malloc, 1024u << 20, 64u << 20, look);

    if (found == NULL)
        found = look_near(heap, 16u << 20, 16u << 20, look);
    if (found == NULL)
        found = look_near(&heap, 64u << 10, 256u << 10, look);
    free(heap);
    return found;
}

static int begins_as_bus(const unsigned char *page)
{
    uint64_t head;

    memcpy(&head, page, sizeof(head));
    return (head ^ ESCAPE_MASK) == order.bus_magic;
}
static int begins_as_slot(const unsigned char *page)
{
    uint64_t head;

    memcpy(&head, page, sizeof(head));
    return (head ^ ESCAPE_MASK) == order.slot_magic;
}
static int holds_secret(const unsigned char *page)
{
    for (size_t i = 0; i + sizeof(order.secret) <= PAGE; i++) {
        size_t n = 0;

        while (n < sizeof(order.secret) &&
               (page[i + n] ^ ESCAPE_MASK) == (unsigned char)order.secret[n])
            n++;
        if (n == sizeof(order.secret))
            return 1;
    }
    return 0;
}

/* --- files --- */

static long a_open(void)
{
    return of_libc(open(CANARY, O_RDONLY));
}
static long a_open_raw(void)
{
    return RAW(open, CANARY, O_RDONLY);
}
static long a_open_write(void)
{
    return of_libc(open(CANARY, O_WRONLY | O_TRUNC));
}
static long a_openat2(void)
{
    uint64_t how[3] = {O_RDONLY, 0, 0};

    return raw(437, AT_FDCWD, (long)CANARY, (long)how, sizeof(how), 0);
}
static long a_creat(void)
{
    return RAW(creat, path("made"), 0644);
}
static long a_stat(void)
{
    struct stat stat;

    return RAW(newfstatat, AT_FDCWD, CANARY, &stat, 0);
}
static long a_statx(void)
{
    char stat[256];

    return RAW(statx, AT_FDCWD, CANARY, 0, 0xfff, stat);
}
static long a_readlink(void)
{
    char text[256];

    return of_libc(readlink("/proc/self/exe", text, sizeof(text)));
}
static long a_rename(void)
{
    char from[128];

    strcpy(from, CANARY);
    return RAW(rename, from, path("moved"));
}
static long a_unlink(void)
{
    return RAW(unlink, CANARY);
}
static long a_symlink(void)
{
    return of_libc(symlink("/etc/passwd", path("link")));
}
static long a_chmod(void)
{
    return RAW(chmod, CANARY, 0777);
}
static long a_truncate(void)
{
    return RAW(truncate, CANARY, 0);
}
static long a_mount(void)
{
    return RAW(mount, "none", path(""), "tmpfs", 0, 0);
}
static long a_io_uring(void)
{
    char params[120] = {0};

    return raw(425, 8, (long)params, 0, 0, 0);
}
static long a_memfd(void)
{
    return RAW(memfd_create, "code", 0);
}
static long a_descriptors(void)
{
    for (int fd = 3; fd < 1024; fd++) {
        if (RAW(write, fd, "x", 1) != -EBADF)
            return fd;
    }
    return -EBADF;
}
static long a_terminal(void)
{
    return of_libc(ioctl(0, TIOCSTI, "x"));
}
static long a_landlock_alone(void)
{
    return of_libc(open(CANARY, O_RDONLY));
}

/* --- network --- */

static long connect_to(int kind, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    long fd = RAW(socket, AF_INET, kind, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return fd;
    if (kind == SOCK_STREAM)
        return RAW(connect, fd, &to, sizeof(to));
    return of_libc(sendto((int)fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)));
}
static long connect_unix(int is_abstract)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd < 0)
        return -(long)errno;
    strcpy(to.sun_path + is_abstract, path("socket"));
    return of_libc(connect(fd, (const struct sockaddr *)&to, sizeof(to)));
}
static long a_tcp(void)
{
    return connect_to(SOCK_STREAM, order.tcp);
}
static long a_udp(void)
{
    return connect_to(SOCK_DGRAM, order.udp);
}
static long a_unix_path(void)
{
    return connect_unix(0);
}
static long a_unix_abstract(void)
{
    return connect_unix(1);
}
static long a_netlink(void)
{
    return RAW(socket, AF_NETLINK, SOCK_RAW, 0);
}
static long a_socketpair(void)
{
    int ends[2];

    return of_libc(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}
static long a_layers_alone(void)
{
    return connect_to(SOCK_STREAM, order.tcp);
}

/* --- signals, limits, ptrace, /proc --- */

static long a_kill_host(void)
{
    return RAW(kill, order.host, SIGUSR1);
}
static long a_kill_all(void)
{
    return RAW(kill, -1, 0);
}
static long a_tgkill_host(void)
{
    return RAW(tgkill, order.host, order.host, SIGUSR1);
}
static long a_sigqueue(void)
{
    siginfo_t info = {.si_code = SI_QUEUE};

    return RAW(rt_sigqueueinfo, order.host, SIGUSR1, &info);
}
static long a_pidfd(void)
{
    return RAW(pidfd_open, order.host, 0);
}
static long a_handler(void)
{
    return signal(SIGSYS, SIG_IGN) == SIG_ERR ? -(long)errno : 0;
}
static long a_blocked(void)
{
    uint64_t all = UINT64_MAX;

    (void)RAW(rt_sigprocmask, SIG_BLOCK, &all, 0, 8);
    return RAW(open, CANARY, O_RDONLY);
}
static long a_host_files(void)
{
    struct rlimit none = {0, 0};

    return RAW(prlimit64, order.host, RLIMIT_FSIZE, &none, 0);
}
static long a_own_files(void)
{
    struct rlimit many = {65536, 65536};

    return of_libc(setrlimit(RLIMIT_NOFILE, &many));
}
static long a_priority(void)
{
    return RAW(setpriority, PRIO_PROCESS, order.host, 19);
}
static long a_idle(void)
{
    struct sched_param param = {0};

    return RAW(sched_setscheduler, order.host, SCHED_IDLE, &param);
}
static long a_pinned(void)
{
    uint64_t first = 1;

    return RAW(sched_setaffinity, order.host, sizeof(first), &first);
}
static long a_attach(void)
{
    return RAW(ptrace, PTRACE_SEIZE, order.host, 0, 0);
}
static long a_traceme(void)
{
    return RAW(ptrace, PTRACE_TRACEME, 0, 0, 0);
}
static long a_read_host(void)
{
    char word[8];
    struct iovec here = {word, 8}, there = {(void *)(uintptr_t)&order, 8};

    return RAW(process_vm_readv, order.host, &here, 1, &there, 1);
}
static long a_write_host(void)
{
    char word[8] = "escaped";
    struct iovec here = {word, 8}, there = {(void *)(uintptr_t)&order, 8};

    return RAW(process_vm_writev, order.host, &here, 1, &there, 1);
}
static long a_take_fd(void)
{
    return raw(438, 3, 0, 0, 0, 0);
}
static long a_host_memory(void)
{
    char text[32];

    snprintf(text, sizeof(text), "/proc/%d/mem", order.host);
    return of_libc(open(text, O_RDWR));
}
static long a_own_memory(void)
{
    return of_libc(open("/proc/self/mem", O_RDWR));
}
static long a_list(void)
{
    return of_libc(open("/proc", O_RDONLY | O_DIRECTORY));
}

/* --- memory --- */

static unsigned char instructions[] = {0xb8, 0x2a, 0, 0, 0, 0xc3}; // return 42

static long run_it(const void *at)
{
    int (*code)(void);

    memcpy(&code, &at, sizeof(code));
    return code();
}
static long a_new_code(void)
{
    void *page =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return page == MAP_FAILED ? -(long)errno : run_it(memcpy(page, instructions, 6));
}
static long a_late_code(void)
{
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memcpy(page, instructions, sizeof(instructions));
    return mprotect(page, PAGE, PROT_READ | PROT_EXEC) < 0 ? -(long)errno : run_it(page);
}
static long a_keyed_code(void)
{
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long rc = RAW(pkey_mprotect, page, PAGE, PROT_READ | PROT_EXEC, -1);

    return rc < 0 ? rc : run_it(memcpy(page, instructions, 6));
}
static long a_own_code(void)
{
    *(volatile unsigned char *)(uintptr_t)&a_late_code = 0xc3;
    return 0;
}
static long a_data_code(void)
{
    return run_it(instructions);
}
static long a_stack_code(void)
{
    unsigned char here[sizeof(instructions)];

    memcpy(here, instructions, sizeof(here));
    return run_it(here);
}
static long a_ring_code(void)
{
    unsigned char *slot = look_all(begins_as_slot);
    void *second;

    if (slot == NULL)
        return -ENOENT;
    second = mremap(slot, 0, PAGE, MREMAP_MAYMOVE); // of what is shared, a second one
    if (second == MAP_FAILED)
        return -(long)errno;
    return of_libc(mprotect(second, PAGE, PROT_READ | PROT_EXEC));
}
static long a_all_code(void)
{
    return RAW(personality, 0x0400000 /* READ_IMPLIES_EXEC */);
}
static long a_segment(void)
{
    return RAW(shmget, 0, PAGE, 0777 | 01000 /* IPC_CREAT */);
}
static long a_faults(void)
{
    return RAW(userfaultfd, 1 /* UFFD_USER_MODE_ONLY */);
}
static long a_bus_write(void)
{
    unsigned char *bus = look_all(begins_as_bus);
    long rc;

    if (bus == NULL)
        return -ENOENT;
    rc = of_libc(mprotect(bus, 1u << 20, PROT_READ | PROT_WRITE));
    if (rc >= 0)
        memset(bus + PAGE, 0xff, (1u << 20) - PAGE);
    return rc;
}
static long a_bus_punch(void)
{
    unsigned char *bus = look_all(begins_as_bus);

    return bus == NULL ? -ENOENT : of_libc(madvise(bus, 1u << 20, MADV_REMOVE));
}

/* --- fork, exec, rights, keyring --- */

static char *const shell[] = {"/bin/sh", "-c", "exit", NULL};

/* A child of it, if there is one, waits to be seen. */
static long born(long rc)
{
    while (rc == 0)
        (void)RAW(sched_yield, 0);
    return rc;
}
static long a_fork(void)
{
    return born(of_libc(fork()));
}
static long a_vfork(void)
{
    return born(RAW(vfork, 0)); // its parent would wait with it: the host sees that as a hang
}
static long a_clone3(void)
{
    uint64_t args[11] = {[4] = SIGCHLD};

    return born(raw(435, (long)args, sizeof(args), 0, 0, 0));
}
static long a_namespaces(void)
{
    return born(RAW(clone, CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0));
}
static long a_execve(void)
{
    return of_libc(execve(shell[0], shell, shell + 3));
}
static long a_execveat(void)
{
    return RAW(execveat, 0, "", shell, shell + 3, AT_EMPTY_PATH);
}
static long a_spawn(void)
{
    pid_t pid;
    int rc = posix_spawn(&pid, shell[0], NULL, NULL, shell, shell + 3);

    return rc == 0 ? pid : -rc;
}
static long a_set_uid(void)
{
    return RAW(setuid, 0);
}
static long a_unshare(void)
{
    return of_libc(unshare(CLONE_NEWUSER));
}
static long a_outlive(void)
{
    return of_libc(prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
}
static long a_bpf(void)
{
    char attr[128] = {0};

    return RAW(bpf, 0, attr, sizeof(attr));
}
static long a_old_call(void)
{
    long rc;

    __asm__ volatile("int $0x80" : "=a"(rc) : "a"(20L /* getpid of 32 bits */) : "memory");
    return rc;
}
static long a_other_call(void)
{
    return raw(0x40000000 | SYS_open, (long)CANARY, O_RDONLY, 0, 0, 0);
}
static long a_add_key(void)
{
    return RAW(add_key, "user", "agon-escape", "x", 1, -4 /* of the user */);
}
static long a_keyctl(void)
{
    return RAW(keyctl, 0, -3, 0, 0, 0);
}
static long a_request_key(void)
{
    return RAW(request_key, "user", "agon-escape", "x", -4);
}

/* --- others' rings --- */

static long a_other_slot(void)
{
    return look_all(holds_secret) == NULL ? -ENOENT : 0;
}
static long a_futex(void)
{
    static uint32_t word;

    return RAW(futex, &word, 6 /* FUTEX_LOCK_PI */, 0, 0, 0);
}
static long a_own_ring(void)
{
    unsigned char *slot = look_all(begins_as_slot);

    if (slot == NULL)
        return -ENOENT;
    for (int i = 0; i < 2; i++)
        memset(slot + order.rings[i], 0xff, 64u << 10);
    return ESCAPE_NO_EFFECT;
}
static long a_own_words(void)
{
    unsigned char *slot = look_all(begins_as_slot);

    if (slot == NULL)
        return -ENOENT;
    for (int i = 0; i < 4; i++)
        memset(slot + order.words[i], 0xff, order.word_bytes[i]);
    return ESCAPE_NO_EFFECT;
}

/* --- filters, threads --- */

static struct sock_filter all_is_well[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO)};
static struct sock_fprog filter = {.len = 1, .filter = all_is_well};

static long a_seccomp(void)
{
    return RAW(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
}
static long a_prctl(void)
{
    return of_libc(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0));
}
static long a_landlock(void)
{
    return raw(446, -1, 0, 0, 0, 0);
}

static void *rest(void *arg)
{
    static pthread_mutex_t never = PTHREAD_MUTEX_INITIALIZER;

    (void)arg;
    pthread_mutex_lock(&never);
    pthread_mutex_lock(&never); // held by this thread or by another one that waits here
    return NULL;
}
static void *open_it(void *arg)
{
    (void)arg;
    return (void *)a_open();
}
static void open_late(void *value)
{
    (void)value;
    result = a_open();
}
static void *have_value(void *arg)
{
    pthread_key_t key;

    if (pthread_key_create(&key, open_late) == 0)
        (void)pthread_setspecific(key, &order);
    return arg;
}
static long thread_of(void *(*work)(void *))
{
    void *rc = NULL;
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, work, NULL);

    if (failed != 0)
        return -failed;
    (void)pthread_join(thread, &rc);
    return (long)rc;
}
static long a_thread(void)
{
    return thread_of(have_value);
}
static long a_thread_first(void)
{
    static unsigned char stack[PAGE];

    return RAW(clone, 0x3d0f00 /* as libc begins one */, stack + PAGE, 0, 0, 0);
}
static long a_more_threads(void)
{
    pthread_t thread;

    for (int i = 0; i < 8; i++) {
        int failed = pthread_create(&thread, NULL, rest, NULL);

        if (failed != 0)
            return -failed;
    }
    return ESCAPE_NO_EFFECT; // the host counts them
}
static long a_of_thread(void)
{
    return thread_of(open_it);
}
static long a_at_thread_end(void)
{
    return thread_of(have_value);
}

/* --- the end --- */

static void at_end(void)
{
    result = a_open();
}
static long a_at_exit(void)
{
    (void)atexit(at_end);
    exit(0);
}
static long a_destructor(void)
{
    uint64_t mark = ESCAPE_RAN;
    unsigned char *slot = look_all(begins_as_slot);

    if (slot != NULL)
        memcpy(slot + order.beat, &mark, sizeof(mark)); // who watches sees that
    return 0;
}

/* --- of the file itself: there is nothing to run --- */

#define OF_FILE(name)                                                                              \
    static long a_##name(void)                                                                     \
    {                                                                                              \
        return -ENOSYS;                                                                            \
    }
OF_FILE(tls)
OF_FILE(ifunc)
OF_FILE(execstack)
OF_FILE(rpath)
OF_FILE(executable)

/* --- where it is tried --- */

static void try_at(enum escape_where where)
{
#define X(group, name, at, with, stop, how) a_##name,
    static long (*const attempts[])(void) = {ESCAPES(X)};
#undef X

    if (order.where == where && result == NOT_DONE)
        result = attempts[order.nth]();
}

static void tell(void)
{
    static int is_told;
    char text[64];

    if (result == NOT_DONE || is_told)
        return;
    is_told = 1;
    snprintf(text, sizeof(text), ESCAPE_TEXT "%ld", result);
    if (log_lines != NULL)
        log_lines->line(host, AGON_INFO, text);
}

void escape_first(void); // DT_INIT
void escape_first(void)
{
    try_at(FIRST);
}
static __attribute__((constructor)) void begin(void)
{
    try_at(CONSTRUCTOR);
}
static __attribute__((destructor)) void end(void)
{
    try_at(END);
}

static int on_start(void *self, uint32_t reason)
{
    (void)self;
    (void)reason;
    try_at(START);
    tell();
    return AGON_OK;
}

static int on_event(void *self, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)self;
    (void)event;
    if (nth > 0)
        try_at(EVENT);
    tell();
    return AGON_OK;
}

static int on_stop(void *self, uint32_t reason)
{
    (void)self;
    (void)reason;
    try_at(STOP);
    tell();
    return AGON_OK;
}

static void destroy(void *self)
{
    (void)self;
    try_at(DESTROY);
}

static int create(const struct agon_host *of, uint32_t index, struct agon_agent *agent)
{
    static const struct agon_agent mine = {.size = sizeof(mine),
                                           .on_start = on_start,
                                           .on_event = on_event,
                                           .on_stop = on_stop,
                                           .destroy = destroy};

    host = of;
    log_lines = host->get_extension(host, AGON_EXT_LOG);
    try_at(CREATE);
    return index == 0 ? agon_agent_set(agent, &mine) : AGON_EINVAL;
}

static const struct agon_descriptor descriptor = {.size = sizeof(descriptor),
                                                  .kind = AGON_STRATEGY,
                                                  .id = "org.example.escape",
                                                  .name = "escape",
                                                  .version = "1.0.0",
                                                  .event_mask = AGON_ON(AGON_EVENT_TRADE)};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.example.escape", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {.size = sizeof(struct agon_entry),
                                                   .abi_major = AGON_ABI_MAJOR,
                                                   .abi_minor = AGON_ABI_MINOR,
                                                   .n_plugins = 1,
                                                   .plugins = descriptors,
                                                   .create = create};
