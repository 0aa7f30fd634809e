// SPDX-License-Identifier: Apache-2.0
#include "agent/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sanitized.h"

#define FILES_MAX 128 /* a worker has two of each table that a journal names */
/* What libc begins a thread with; anything beside it, as namespaces of its own, is no thread. */
#define CLONE_OF_LIBC                                                                              \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD |            \
     CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

const char *sandbox_layer_name(unsigned index)
{
    static const char *const names[SANDBOX_LAYERS] = {
        "limits", "no-privileges", "namespaces", "uid", "landlock", "seccomp", "no-exec"};

    return index < SANDBOX_LAYERS ? names[index] : NULL;
}

const char *sandbox_layer_help(unsigned index)
{
    static const char *const helps[SANDBOX_LAYERS] = {
        "setrlimit failed",
        "prctl(PR_SET_NO_NEW_PRIVS) failed",
        "plugins share the host's network and IPC, seccomp alone keeps them from it; allow "
        "unprivileged user namespaces, or start as root",
        "plugins run as the host's own user, seccomp alone keeps them from what is his; install "
        "uidmap and give the user ids in /etc/subuid and /etc/subgid, or start as root",
        "needs Linux 5.13 with Landlock in CONFIG_LSM; seccomp still stands in for it",
        "needs CONFIG_SECCOMP_FILTER; without it run no code that you do not trust",
        "needs seccomp or Linux 6.3"};

    return index < SANDBOX_LAYERS ? helps[index] : NULL;
}

/* A child under a sanitizer keeps what that needs and says so in what holds: tests that need the
 * fence skip. */
static uint32_t wanted_of(const struct sandbox *sandbox)
{
    return IS_SANITIZED ? sandbox->wanted & SANDBOX_NO_PRIVS : sandbox->wanted;
}

static int limit(int resource, uint64_t value)
{
    struct rlimit limits = {.rlim_cur = value, .rlim_max = value};

    return setrlimit((__rlimit_resource_t)resource, &limits);
}

static int take_limits(const struct sandbox *sandbox)
{
    if (limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_NOFILE, FILES_MAX) < 0 ||
        limit(RLIMIT_MEMLOCK, 0) < 0 || limit(RLIMIT_MSGQUEUE, 0) < 0)
        return 0;
    return sandbox->address_bytes == 0 || limit(RLIMIT_AS, sandbox->address_bytes) == 0;
}

// After the change of uid, which clears the second.
static int take_no_privs(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
           prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

#define NAMESPACES (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

int sandbox_may_set_ids(void)
{
    uint32_t all = 1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_KILL;
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[2] = {{0}};

    return syscall(SYS_capget, &head, has) == 0 && (has[0].effective & all) == all;
}

int sandbox_is_mapped(const struct sandbox *sandbox)
{
    uint32_t both = SANDBOX_NAMESPACES | SANDBOX_UID;

    return !sandbox_may_set_ids() && sandbox->uid != 0 && (wanted_of(sandbox) & both) == both;
}

static int take_uid(const struct sandbox *sandbox)
{
    uint32_t uid = sandbox->uid, gid = sandbox->gid;

    return uid != 0 && setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
           setresuid(uid, uid, uid) == 0;
}

/* Those of a user namespace too: they reach nothing outside of it, but much of the kernel's code.
 */
static void drop_caps(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};

    for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    (void)syscall(SYS_capset, &head, none); // the host looks whether it has any
}

/* Landlock */

struct ruleset { /* as of ABI 6; older kernels are given less of it */
    uint64_t fs, net, scoped;
};

int sandbox_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return abi > 0 ? (int)abi : 0;
}

/* Denies all files, and what else the kernel can. */
static int take_landlock(void)
{
    int abi = sandbox_landlock_abi();
    struct ruleset rules = {.fs = (1u << 13) - 1};
    size_t bytes = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    int fd, is_done;

    if (abi == 0)
        return 0;
    if (abi >= 2)
        rules.fs |= 1u << 13; // moving between directories
    if (abi >= 3)
        rules.fs |= 1u << 14; // truncation
    if (abi >= 5)
        rules.fs |= 1u << 15; // device ioctls
    if (abi >= 4)
        rules.net = 3; // TCP bind and connect
    if (abi >= 6)
        rules.scoped = 3; // abstract sockets and signals
    fd = (int)syscall(SYS_landlock_create_ruleset, &rules, bytes, 0);
    if (fd < 0)
        return 0;
    is_done = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    (void)close(fd);
    return is_done;
}

/* Seccomp: a list, tested one by one; what is not on it raises SIGSYS, and the call is not made. */

#define LOAD(field)              BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value)            BPF_STMT(BPF_RET | BPF_K, value)
#define ALLOW                    RETURN(SECCOMP_RET_ALLOW)
#define TRAP                     RETURN(SECCOMP_RET_TRAP)
#define ERRNO(number)            RETURN(SECCOMP_RET_ERRNO | (number))
#define IS(value, n)             BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (n)) /* else skip n */
#define HAS(bits, n)             BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, (n))
#define LOAD_ARG(i)              LOAD(args[i])
#define CALL(name)               IS(SYS_##name, 1), ALLOW
#define CALL_ERRNO(name, number) IS(SYS_##name, 1), ERRNO(number)

/* For the one architecture that a plugin is built for. */
#define HEAD                                                                                       \
    LOAD(arch), IS(AUDIT_ARCH_X86_64, 1), BPF_STMT(BPF_JMP | BPF_JA, 1),                           \
        RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(nr), HAS(0x40000000u, 1),                           \
        RETURN(SECCOMP_RET_KILL_PROCESS)
/* n more instructions belong to a call and end in a verdict. */
#define CALL_IF(name, n) IS(SYS_##name, (n))

static int take_filter(struct sock_filter *filter, size_t n)
{
    struct sock_fprog program = {.len = (unsigned short)n, .filter = filter};

    // For all threads that there are.
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

/* No call of these reaches another process: where one takes a pid it has to be the caller's own.
 * No handler is set but for the two signals that libc uses between threads, so that ours stay. */
static int take_seccomp(const struct sandbox *sandbox)
{
    uint32_t pid = (uint32_t)getpid();
    uint32_t read = sandbox->reads ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRAP;
    uint32_t thread = sandbox->threads > 0 ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM;
    struct sock_filter filter[] = {
        HEAD,
        // A thread where one may begin, and no process; libc asks in the older way when the newer
        // one is not there.
        CALL_ERRNO(clone3, ENOSYS),
        CALL_IF(clone, 4),
        LOAD_ARG(0),
        IS(CLONE_OF_LIBC, 1),
        RETURN(thread),
        TRAP,
        // Waiting and waking; those of priority inheritance and requeueing have been ways into the
        // kernel more than once, and libc needs none of them.
        CALL_IF(futex, 11),
        LOAD_ARG(1),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, FUTEX_CMD_MASK & 0x7f),
        IS(FUTEX_WAIT, 1),
        ALLOW,
        IS(FUTEX_WAKE, 1),
        ALLOW,
        IS(FUTEX_WAIT_BITSET, 1),
        ALLOW,
        IS(FUTEX_WAKE_BITSET, 1),
        ALLOW,
        TRAP,
        CALL(clock_gettime),
        IS(SYS_read, 1),
        RETURN(read),
        CALL(write),
        CALL(writev),
        CALL(close),
        CALL(fstat),
        CALL(munmap),
        CALL(mremap),
        CALL(madvise),
        CALL(brk),
        CALL(rt_sigprocmask),
        CALL(rt_sigreturn),
        CALL(sigaltstack),
        CALL(getrandom),
        CALL(clock_nanosleep),
        CALL(nanosleep),
        CALL(exit),
        CALL(exit_group),
        CALL(gettid),
        CALL(getpid),
        CALL(sched_yield),
        CALL(set_robust_list),
        CALL(rseq),
        CALL(getcpu),
        CALL_ERRNO(ioctl, ENOTTY),
        // Of this process: 0 is the caller.
        CALL_IF(sched_getaffinity, 4),
        LOAD_ARG(0),
        IS(0, 1),
        ALLOW,
        TRAP,
        CALL_IF(tgkill, 4),
        LOAD_ARG(0),
        IS(pid, 1),
        ALLOW,
        TRAP,
        CALL_IF(rt_sigaction, 6),
        LOAD_ARG(0),
        IS(32, 1),
        ALLOW,
        IS(33, 1),
        ALLOW,
        TRAP,
        // Memory, but none that can be executed.
        CALL_IF(mmap, 4),
        LOAD_ARG(2),
        HAS(4 /* PROT_EXEC */, 1),
        TRAP,
        ALLOW,
        CALL_IF(mprotect, 4),
        LOAD_ARG(2),
        HAS(4 /* PROT_EXEC */, 1),
        TRAP,
        ALLOW,
        TRAP,
    };

    return take_filter(filter, sizeof(filter) / sizeof(filter[0]));
}

int sandbox_has_seccomp(void)
{
    // A filter at no address: EFAULT says that filters are known, EINVAL that they are not.
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) < 0 && errno == EFAULT;
}

static void tried(struct sandbox *sandbox, uint32_t layer, int is_taken)
{
    if (is_taken)
        sandbox->holds |= layer;
}

void sandbox_begin(struct sandbox *sandbox)
{
    uint32_t wanted = wanted_of(sandbox);
    int is_free = sandbox_may_set_ids(); // before it has a namespace, where it may do all
    int is_mapped = sandbox_is_mapped(sandbox);

    sandbox->holds = 0;
    if (wanted & SANDBOX_NAMESPACES)
        tried(sandbox, SANDBOX_NAMESPACES,
              unshare(NAMESPACES) == 0 || (!is_free && unshare(CLONE_NEWUSER | NAMESPACES) == 0));
    if (is_mapped)
        is_mapped = sandbox->await_map != NULL && sandbox->await_map(sandbox->ctx);
    if (wanted & SANDBOX_LIMITS)
        tried(sandbox, SANDBOX_LIMITS, take_limits(sandbox));
    if (wanted & SANDBOX_UID && (is_free || is_mapped))
        tried(sandbox, SANDBOX_UID, take_uid(sandbox));
    // Who may not make them by himself, as root in a container: as the user that it is now.
    if ((wanted & SANDBOX_NAMESPACES & ~sandbox->holds) && is_free)
        tried(sandbox, SANDBOX_NAMESPACES, unshare(CLONE_NEWUSER | NAMESPACES) == 0);
    if (wanted & SANDBOX_NO_PRIVS) {
        drop_caps();
        tried(sandbox, SANDBOX_NO_PRIVS, take_no_privs());
    }
}

int sandbox_close(struct sandbox *sandbox, struct error *err)
{
    uint32_t wanted = wanted_of(sandbox);

    if (wanted & SANDBOX_NO_EXEC)
        tried(sandbox, SANDBOX_NO_EXEC, prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0);
    // Without no-new-privileges the kernel takes neither of the two.
    if ((wanted & SANDBOX_LANDLOCK) && (sandbox->holds & SANDBOX_NO_PRIVS))
        tried(sandbox, SANDBOX_LANDLOCK, take_landlock());
    if (sandbox->begin_threads != NULL)
        sandbox->begin_threads(sandbox->ctx);
    if (!(sandbox->holds & SANDBOX_NO_PRIVS))
        return AGON_OK;
    if ((wanted & SANDBOX_SECCOMP) && take_seccomp(sandbox))
        sandbox->holds |= SANDBOX_SECCOMP | (wanted & SANDBOX_NO_EXEC);
    else if (wanted & SANDBOX_SECCOMP && sandbox_has_seccomp())
        return error_set(err, AGON_EIO, "the filter of system calls: %s", strerror(errno));
    return AGON_OK;
}

uint32_t sandbox_proven(const struct sandbox *sandbox, const struct proc_rights *child,
                        const struct proc_rights *own)
{
    uint32_t holds = sandbox->holds;

    if (child->max_core != 0 || child->max_files > FILES_MAX || child->max_locked != 0 ||
        (sandbox->address_bytes != 0 && child->max_address > sandbox->address_bytes))
        holds &= ~(uint32_t)SANDBOX_LIMITS;
    if (!child->has_no_new_privs || (child->has_caps && !IS_SANITIZED))
        holds &= ~(uint32_t)SANDBOX_NO_PRIVS;
    if (sandbox->uid == 0 || child->uid != sandbox->uid)
        holds &= ~(uint32_t)SANDBOX_UID;
    // One filter more than its host has: ours, and no other had been there to lie to it.
    if (!child->is_filtered || (child->n_filters != 0 && child->n_filters != own->n_filters + 1))
        holds &= ~(uint32_t)(SANDBOX_SECCOMP | SANDBOX_NO_EXEC);
    if (child->threads != 1)
        holds = 0; // another one has not taken what this one took
    return holds;
}
