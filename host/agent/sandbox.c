// SPDX-License-Identifier: Apache-2.0
#include "agent/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

/* The sanitizers' run-time needs most of what is taken away here; in such builds a child keeps it,
 * says so in what holds, and tests that need the fence skip. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

const char *sandbox_layer_name(unsigned index)
{
    static const char *const names[SANDBOX_LAYERS] = {
        "limits", "no-privileges", "namespaces", "uid", "landlock", "seccomp", "no-exec"};

    return index < SANDBOX_LAYERS ? names[index] : NULL;
}

static int limit(int resource, uint64_t value)
{
    struct rlimit limits = {.rlim_cur = value, .rlim_max = value};

    return setrlimit((__rlimit_resource_t)resource, &limits);
}

static int take_limits(const struct sandbox *sandbox)
{
    if (limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_NOFILE, 32) < 0 || limit(RLIMIT_MEMLOCK, 0) < 0 ||
        limit(RLIMIT_MSGQUEUE, 0) < 0)
        return 0;
    return sandbox->address_bytes == 0 || limit(RLIMIT_AS, sandbox->address_bytes) == 0;
}

static int take_no_privs(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

static int take_namespaces(void)
{
    int others = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;

    if (unshare(others) == 0)
        return 1;
    return unshare(CLONE_NEWUSER | others) == 0;
}

static int take_uid(uint32_t uid)
{
    if (geteuid() != 0)
        return getuid() != 0; // an ordinary user's child is that user's
    if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
        return 0;
    // The change of uid cleared these two; without the first /proc/self would be root's.
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
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

static void allow_below(int ruleset, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};
    int fd = open(path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        return; // not on this system
    rule.parent_fd = fd;
    (void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    (void)close(fd);
}

/* Denies all files, and what else the kernel can; before the load libraries may be read. */
static int take_landlock(int before_load)
{
    int abi = sandbox_landlock_abi();
    struct ruleset rules = {.fs = (1u << 13) - 1};
    uint64_t read =
        LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;
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
    if (before_load) {
        allow_below(fd, "/lib", read);
        allow_below(fd, "/lib64", read);
        allow_below(fd, "/usr/lib", read);
        allow_below(fd, "/usr/lib64", read);
        allow_below(fd, "/usr/local/lib", read);
        allow_below(fd, "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE);
    }
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

/* Both lists share this. Threads (and only threads) may be made, signals go to this process only,
 * and handlers are set for nothing but the two signals that libc uses between threads. */
#define HEAD                                                                                       \
    LOAD(arch), IS(AUDIT_ARCH_X86_64, 1), BPF_STMT(BPF_JMP | BPF_JA, 1),                           \
        RETURN(SECCOMP_RET_KILL_PROCESS), LOAD(nr), HAS(0x40000000u, 1),                           \
        RETURN(SECCOMP_RET_KILL_PROCESS)
#define SHARED(pid)                                                                                \
    CALL(futex), CALL(clock_gettime), CALL(write), CALL(writev), CALL(close), CALL(munmap),        \
        CALL(mremap), CALL(madvise), CALL(brk), CALL(rt_sigprocmask), CALL(rt_sigreturn),          \
        CALL(sigaltstack), CALL(getrandom), CALL(clock_nanosleep), CALL(nanosleep), CALL(exit),    \
        CALL(exit_group), CALL(gettid), CALL(getpid), CALL(sched_yield), CALL(set_robust_list),    \
        CALL(rseq), CALL(sched_getaffinity), CALL(newfstatat), CALL(fstat), CALL(getcpu),          \
        CALL_ERRNO(clone3, ENOSYS), CALL_ERRNO(ioctl, ENOTTY), IS(SYS_clone, 4), LOAD_ARG(0),      \
        HAS(CLONE_THREAD, 1), ALLOW, TRAP, IS(SYS_tgkill, 4), LOAD_ARG(0), IS(pid, 1), ALLOW,      \
        TRAP, IS(SYS_rt_sigaction, 6), LOAD_ARG(0), IS(32, 1), ALLOW, IS(33, 1), ALLOW, TRAP

static int take_filter(struct sock_filter *filter, size_t n)
{
    struct sock_fprog program = {.len = (unsigned short)n, .filter = filter};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

static int take_seccomp_load(void)
{
    uint32_t pid = (uint32_t)getpid();
    // The last two lines are for sandbox_after_load.
    struct sock_filter filter[] = {
        HEAD,          SHARED(pid),
        CALL(openat),  CALL(read),
        CALL(pread64), CALL(lseek),
        CALL(mmap),    CALL(mprotect),
        CALL(access),  CALL(faccessat),
        CALL(statx),   CALL(readlink),
        CALL(uname),   CALL(prlimit64),
        CALL(prctl),   CALL(landlock_create_ruleset),
        CALL(seccomp), CALL(landlock_restrict_self),
        TRAP,
    };

    return take_filter(filter, sizeof(filter) / sizeof(filter[0]));
}

static int take_seccomp_run(void)
{
    uint32_t pid = (uint32_t)getpid();
    struct sock_filter filter[] = {
        HEAD,
        SHARED(pid),
        // Memory, but none that can be executed.
        IS(SYS_mmap, 4),
        LOAD_ARG(2),
        HAS(4 /* PROT_EXEC */, 1),
        TRAP,
        ALLOW,
        IS(SYS_mprotect, 4),
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

int sandbox_before_load(struct sandbox *sandbox, struct error *err)
{
    uint32_t wanted = IS_SANITIZED ? sandbox->wanted & SANDBOX_NO_PRIVS : sandbox->wanted;

    sandbox->holds = 0;
    if (wanted & SANDBOX_NAMESPACES)
        tried(sandbox, SANDBOX_NAMESPACES, take_namespaces());
    if (wanted & SANDBOX_LIMITS)
        tried(sandbox, SANDBOX_LIMITS, take_limits(sandbox));
    if (wanted & SANDBOX_UID)
        tried(sandbox, SANDBOX_UID, take_uid(sandbox->uid));
    if (wanted & SANDBOX_NO_PRIVS)
        tried(sandbox, SANDBOX_NO_PRIVS, take_no_privs());
    if (!(sandbox->holds & SANDBOX_NO_PRIVS))
        return AGON_OK; // the kernel takes neither of the next two then
    if (wanted & SANDBOX_LANDLOCK)
        tried(sandbox, SANDBOX_LANDLOCK, take_landlock(1));
    if (wanted & SANDBOX_SECCOMP)
        tried(sandbox, SANDBOX_SECCOMP, take_seccomp_load());
    (void)err;
    return AGON_OK;
}

int sandbox_after_load(struct sandbox *sandbox, struct error *err)
{
    if ((sandbox->holds & SANDBOX_LANDLOCK) && !take_landlock(0))
        return error_set(err, AGON_EIO, "the second Landlock layer: %s", strerror(errno));
    if ((sandbox->wanted & SANDBOX_NO_EXEC) && !IS_SANITIZED)
        tried(sandbox, SANDBOX_NO_EXEC,
              prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0 ||
                  (sandbox->holds & SANDBOX_SECCOMP) != 0);
    if ((sandbox->holds & SANDBOX_SECCOMP) && !take_seccomp_run())
        return error_set(err, AGON_EIO, "the second seccomp filter: %s", strerror(errno));
    return AGON_OK;
}
