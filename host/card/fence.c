// SPDX-License-Identifier: Apache-2.0
#include "card/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sanitized.h"

#define READS                                                                                      \
    (1u << 0 | 1u << 2 | 1u << 3) /* execute (map a library), read a file, a directory             \
                                   */
#define WRITES    (1u << 1)
#define TRUNCATES (1u << 14)
#define REQUESTS  (1u << 15) /* to a device */

/* What drivers of cards read, and the devices themselves. */
static const char *const read_under[] = {"/usr",       "/lib", "/lib64", "/etc",
                                         "/proc",      "/sys", "/opt",   "/run/opengl-driver",
                                         "/nix/store", NULL};
static const char *const devices[] = {"/dev/nvidia*", "/dev/null", "/dev/zero", NULL};

static void allow(int rules, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr under = {.allowed_access = access,
                                               .parent_fd = open(path, O_PATH | O_CLOEXEC)};

    if (under.parent_fd < 0)
        return; // not of this system
    (void)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &under, 0);
    (void)close(under.parent_fd);
}

/* A driver names its threads there, and CUDA does not begin where it cannot; what else is there is
 * this process's own. It stays open: a folder of /proc that nobody holds may be another one later,
 * to which no rule leads. */
static void allow_own_threads(int rules, uint64_t handled)
{
    static int fd = -1;
    struct landlock_path_beneath_attr under = {.allowed_access =
                                                   (READS | WRITES | TRUNCATES) & handled};

    if (fd < 0)
        fd = open("/proc/self/task", O_PATH | O_DIRECTORY | O_CLOEXEC);
    under.parent_fd = fd;
    (void)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &under, 0);
}

static void allow_devices(int rules, uint64_t access)
{
    glob_t found;

    for (int i = 0; devices[i] != NULL; i++) {
        if (glob(devices[i], 0, NULL, &found) != 0)
            continue;
        for (size_t at = 0; at < found.gl_pathc; at++) {
            // Of a folder (nvidia-caps) also what lists it.
            allow(rules, found.gl_pathv[at], access & ~(uint64_t)(1u << 0 | 1u << 3));
            allow(rules, found.gl_pathv[at], access);
        }
        globfree(&found);
    }
}

/* The folder that a library lies in. */
static void allow_folder(int rules, const char *library)
{
    char folder[512];
    char *slash;

    (void)snprintf(folder, sizeof(folder), "%s", library != NULL ? library : "");
    slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder)
        return;
    *slash = '\0';
    allow(rules, folder, READS);
}

static int take_files(const char *driver, const char *compiler)
{
    struct {
        uint64_t fs, net, scoped;
    } rules = {.fs = (1u << 13) - 1};
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    size_t bytes = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    int fd;
    int is_taken;

    if (abi <= 0)
        return 0;
    rules.fs |= (abi >= 2 ? 1u << 13 : 0) | (abi >= 3 ? TRUNCATES : 0) | (abi >= 5 ? REQUESTS : 0);
    rules.net = abi >= 4 ? 3 : 0;
    rules.scoped = abi >= 6 ? 3 : 0;
    fd = (int)syscall(SYS_landlock_create_ruleset, &rules, bytes, 0);
    if (fd < 0)
        return 0;
    if (driver != NULL) {
        for (int i = 0; read_under[i] != NULL; i++)
            allow(fd, read_under[i], READS);
        allow_folder(fd, driver);
        allow_folder(fd, compiler);
        allow_own_threads(fd, rules.fs);
        allow_devices(fd, (READS | WRITES | REQUESTS) & rules.fs);
    }
    is_taken = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    (void)close(fd);
    return is_taken;
}

/* When memory is short it is ended before its host is: its jobs can be done again. */
static void go_first(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)!write(fd, "700", 3);
    (void)close(fd);
}

/* No core dump: it would hold what agents compute. */
static int take_process(void)
{
    const struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

int card_fence_hide(void)
{
    return IS_SANITIZED || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0; // leaks are looked for so
}

#if defined(__x86_64__)
#define LOAD(field)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define IS(value, n)  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (n)) /* else skip n */
#define REFUSED       RETURN(SECCOMP_RET_ERRNO | EPERM)
#define REFUSE(name)  IS(SYS_##name, 1), REFUSED

/* A list of what is refused, and not of what is allowed: nobody knows what the next driver calls.
 * EPERM and no end: drivers try what they can do without. */
static int take_calls(void)
{
    struct sock_filter filter[] = {
        LOAD(arch),
        IS(AUDIT_ARCH_X86_64, 1),
        BPF_STMT(BPF_JMP | BPF_JA, 1),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x40000000u, 0, 1),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        REFUSE(execve),
        REFUSE(execveat),
        REFUSE(fork),
        REFUSE(vfork),
        REFUSE(ptrace),
        REFUSE(process_vm_readv),
        REFUSE(process_vm_writev),
        REFUSE(pidfd_getfd),
        REFUSE(kcmp),
        REFUSE(kill),
        REFUSE(tkill),
        REFUSE(pidfd_send_signal),
        REFUSE(rt_sigqueueinfo),
        REFUSE(rt_tgsigqueueinfo),
        REFUSE(bpf),
        REFUSE(perf_event_open),
        REFUSE(userfaultfd),
        REFUSE(io_uring_setup),
        REFUSE(add_key),
        REFUSE(request_key),
        REFUSE(keyctl),
        REFUSE(mount),
        REFUSE(umount2),
        REFUSE(pivot_root),
        REFUSE(chroot),
        REFUSE(unshare),
        REFUSE(setns),
        REFUSE(init_module),
        REFUSE(finit_module),
        REFUSE(delete_module),
        REFUSE(kexec_load),
        REFUSE(kexec_file_load),
        REFUSE(reboot),
        REFUSE(swapon),
        REFUSE(setuid),
        REFUSE(setgid),
        REFUSE(setresuid),
        REFUSE(setresgid),
        // Threads and no process; the newer call says nothing that a filter can read, and libc has
        // the older one.
        IS(SYS_clone3, 1),
        RETURN(SECCOMP_RET_ERRNO | ENOSYS),
        IS(SYS_clone, 4),
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
        RETURN(SECCOMP_RET_ALLOW),
        REFUSED,
        // abort and raise, and its own limits; nobody else's.
        IS(SYS_tgkill, 4),
        LOAD(args[0]),
        IS((uint32_t)getpid(), 1),
        RETURN(SECCOMP_RET_ALLOW),
        REFUSED,
        IS(SYS_prlimit64, 4),
        LOAD(args[0]),
        IS(0, 1),
        RETURN(SECCOMP_RET_ALLOW),
        REFUSED,
        // A driver's own service listens on a local socket, and without it CUDA does not begin;
        // nothing else is reached.
        IS(SYS_socket, 4),
        LOAD(args[0]),
        IS(AF_UNIX, 1),
        RETURN(SECCOMP_RET_ALLOW),
        REFUSED,
        RETURN(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = (unsigned short)(sizeof(filter) / sizeof(filter[0])),
                                 .filter = filter};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
#else
static int take_calls(void)
{
    return 0;
}
#endif

uint32_t card_fence_close(const char *driver, const char *compiler)
{
    uint32_t holds = 0;

    go_first();
    holds |= take_process() && (driver != NULL || card_fence_hide()) ? CARD_FENCE_PROCESS : 0;
    if (IS_SANITIZED) // it needs what the others take
        return holds;
    holds |= take_files(driver, compiler) ? CARD_FENCE_FILES : 0;
    holds |= take_calls() ? CARD_FENCE_CALLS : 0;
    return holds;
}
