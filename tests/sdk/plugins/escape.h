// SPDX-License-Identifier: MIT
/* escape: what a plugin tries against its host, and what has to stop it. One table for the plugin
 * that tries (escape.c) and for who watches (tests/sdk/escapes.c).
 *
 * X(group, name, where, with, stop, how)
 * where: the first code of the file (FIRST, DT_INIT), a constructor (CONSTRUCTOR), a call of the
 *   host's (CREATE, START, EVENT, STOP, DESTROY), what a file wants run at its end (END), or the
 *   file itself as it is loaded (LOAD: name is the plugin's).
 * with: PLAIN; THREAD, where one is granted; UNFILTERED, without the list of system calls, where
 *   another layer has to hold alone.
 * stop: how what stops it is told, or the beginning of that. "seccomp: NAME": the filter ended it
 *   and the host names the call; "signal N": so did the kernel; an error: the kernel refused it and
 *   the plugin goes on; "load: ID": refused before it was mapped; "host: ...": the host ended it;
 *   "not run": nobody calls it; "no effect": it did what it can, and nobody outside is touched. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdint.h>

/* clang-format off */
#define ESCAPES(X)                                                                                 \
    X("files", open, EVENT, PLAIN, "seccomp: openat", "open() of a file that all may read")        \
    X("files", open_raw, FIRST, PLAIN, "seccomp: open", "the call itself, by its number")          \
    X("files", open_write, CONSTRUCTOR, PLAIN, "seccomp: openat", "to write, and cut it")          \
    X("files", openat2, CREATE, PLAIN, "seccomp: openat2", "the newest of its kind")               \
    X("files", creat, START, PLAIN, "seccomp: creat", "a new file beside it")                      \
    X("files", stat, FIRST, PLAIN, "seccomp: newfstatat", "is it there, and how long")             \
    X("files", statx, EVENT, PLAIN, "seccomp: statx", "the same")                                  \
    X("files", readlink, EVENT, PLAIN, "seccomp: readlink", "the program's own path")              \
    X("files", rename, EVENT, PLAIN, "seccomp: rename", "move the file away")                      \
    X("files", unlink, DESTROY, PLAIN, "seccomp: unlink", "delete it")                             \
    X("files", symlink, EVENT, PLAIN, "seccomp: symlink", "a link beside it")                      \
    X("files", chmod, STOP, PLAIN, "seccomp: chmod", "give it away")                               \
    X("files", truncate, EVENT, PLAIN, "seccomp: truncate", "cut it")                              \
    X("files", mount, EVENT, PLAIN, "seccomp: mount", "another file system over it")               \
    X("files", io_uring, FIRST, PLAIN, "seccomp: io_uring_setup", "have the kernel open it")       \
    X("files", memfd, EVENT, PLAIN, "seccomp: memfd_create", "a file without a name")              \
    X("files", descriptors, FIRST, PLAIN, "EBADF", "write to 3 up to 1,023: what was left open")   \
    X("files", terminal, EVENT, PLAIN, "ENOTTY", "TIOCSTI: type into a terminal")                  \
    X("files", landlock_alone, FIRST, UNFILTERED, "EACCES", "open, and no filter is there")        \
    X("network", tcp, EVENT, PLAIN, "seccomp: socket", "connect to the host's machine")            \
    X("network", udp, FIRST, PLAIN, "seccomp: socket", "send a datagram")                          \
    X("network", unix_path, CONSTRUCTOR, PLAIN, "seccomp: socket", "a socket by its path")         \
    X("network", unix_abstract, EVENT, PLAIN, "seccomp: socket", "one without a path")             \
    X("network", netlink, EVENT, PLAIN, "seccomp: socket", "ask the kernel about the machine")     \
    X("network", socketpair, EVENT, PLAIN, "seccomp: socketpair", "a pair")                        \
    X("network", layers_alone, EVENT, UNFILTERED, "E", "connect, and no filter is there")          \
    X("signals", kill_host, FIRST, PLAIN, "seccomp: kill", "of the host")                          \
    X("signals", kill_all, EVENT, PLAIN, "seccomp: kill", "is there anybody to kill")              \
    X("signals", tgkill_host, CONSTRUCTOR, PLAIN, "seccomp: tgkill", "of the host's thread")       \
    X("signals", sigqueue, EVENT, PLAIN, "seccomp: rt_sigqueueinfo", "with a word in it")          \
    X("signals", pidfd, EVENT, PLAIN, "seccomp: pidfd_open", "the host by a descriptor")           \
    X("signals", handler, EVENT, PLAIN, "seccomp: rt_sigaction", "catch its own SIGSYS")           \
    X("signals", blocked, EVENT, PLAIN, "signal 31", "block SIGSYS, then open")                    \
    X("limits", host_files, FIRST, PLAIN, "seccomp: prlimit64", "RLIMIT_FSIZE 0 for the host")     \
    X("limits", own_files, EVENT, PLAIN, "seccomp: prlimit64", "more descriptors for itself")      \
    X("limits", priority, EVENT, PLAIN, "seccomp: setpriority", "the host comes last")             \
    X("limits", idle, EVENT, PLAIN, "seccomp: sched_setscheduler", "the host runs when none does") \
    X("limits", pinned, FIRST, PLAIN, "seccomp: sched_setaffinity", "the host on one processor")   \
    X("ptrace", attach, CONSTRUCTOR, PLAIN, "seccomp: ptrace", "to the host")                      \
    X("ptrace", traceme, EVENT, PLAIN, "seccomp: ptrace", "by whom it likes")                      \
    X("ptrace", read_host, EVENT, PLAIN, "seccomp: process_vm_readv", "the host's memory")         \
    X("ptrace", write_host, FIRST, PLAIN, "seccomp: process_vm_writev", "the host's memory")       \
    X("ptrace", take_fd, EVENT, PLAIN, "seccomp: pidfd_getfd", "a descriptor of the host's")       \
    X("/proc", host_memory, FIRST, PLAIN, "seccomp: openat", "/proc/HOST/mem")                     \
    X("/proc", own_memory, EVENT, PLAIN, "seccomp: openat", "/proc/self/mem, to write code")       \
    X("/proc", list, EVENT, PLAIN, "seccomp: openat", "who else is there")                         \
    X("memory", new_code, FIRST, PLAIN, "seccomp: mmap", "a page to write and run")                \
    X("memory", late_code, EVENT, PLAIN, "seccomp: mprotect", "write first, then run")             \
    X("memory", keyed_code, EVENT, PLAIN, "seccomp: pkey_mprotect", "the same by its other call")  \
    X("memory", own_code, EVENT, PLAIN, "signal 11", "write to its own instructions")              \
    X("memory", data_code, EVENT, PLAIN, "signal 11", "run its data")                              \
    X("memory", stack_code, CONSTRUCTOR, PLAIN, "signal 11", "run its stack")                      \
    X("memory", ring_code, EVENT, PLAIN, "seccomp: mprotect", "a second mapping of its ring")      \
    X("memory", all_code, FIRST, PLAIN, "seccomp: personality", "what can be read can be run")     \
    X("memory", segment, EVENT, PLAIN, "seccomp: shmget", "memory that others can attach")         \
    X("memory", faults, EVENT, PLAIN, "seccomp: userfaultfd", "hold the kernel in a fault")        \
    X("memory", bus_write, EVENT, PLAIN, "EACCES", "make the bus writable")                        \
    X("memory", bus_punch, EVENT, PLAIN, "EACCES", "cut a hole into the bus")                      \
    X("fork", fork, FIRST, PLAIN, "seccomp: clone", "fork() of libc")                              \
    X("fork", vfork, EVENT, PLAIN, "seccomp: vfork", "the call itself")                            \
    X("fork", clone3, EVENT, PLAIN, "ENOSYS", "the newest of its kind")                            \
    X("fork", namespaces, EVENT, PLAIN, "seccomp: clone", "a thread as root of a namespace")       \
    X("exec", execve, CONSTRUCTOR, PLAIN, "seccomp: execve", "a shell")                            \
    X("exec", execveat, EVENT, PLAIN, "seccomp: execveat", "what a descriptor leads to")           \
    X("exec", spawn, EVENT, PLAIN, "signal 31", "posix_spawn() of libc, which blocks signals")                    \
    X("rights", set_uid, FIRST, PLAIN, "seccomp: setuid", "be root")                               \
    X("rights", unshare, EVENT, PLAIN, "seccomp: unshare", "be root of a namespace")               \
    X("rights", outlive, FIRST, PLAIN, "seccomp: prctl", "not to die with the host")               \
    X("rights", bpf, EVENT, PLAIN, "seccomp: bpf", "a program in the kernel")                      \
    X("rights", old_call, EVENT, PLAIN, "signal", "int 0x80: calls of 32 bits")                    \
    X("rights", other_call, FIRST, PLAIN, "signal 31", "open by its number of x32")                \
    X("keyring", add_key, FIRST, PLAIN, "seccomp: add_key", "keep a word beyond its end")          \
    X("keyring", keyctl, EVENT, PLAIN, "seccomp: keyctl", "look into the session's ring")          \
    X("keyring", request_key, EVENT, PLAIN, "seccomp: request_key", "have a program run for it")   \
    X("others' rings", other_slot, EVENT, PLAIN, "ENOENT", "look for another slot's memory")       \
    X("others' rings", futex, EVENT, PLAIN, "seccomp: futex", "lend its priority by a lock")       \
    X("others' rings", own_ring, EVENT, PLAIN, "no effect", "bytes of 0xff over its own ring")     \
    X("others' rings", own_words, EVENT, PLAIN, "no effect", "forge what the host reads of it")    \
    X("filters", seccomp, FIRST, PLAIN, "seccomp: seccomp", "a filter of its own: all is well")    \
    X("filters", prctl, CONSTRUCTOR, PLAIN, "seccomp: prctl", "the same by its older call")        \
    X("filters", landlock, FIRST, PLAIN, "seccomp: landlock_restrict_self", "a layer of its own")  \
    X("threads", thread, EVENT, PLAIN, "E", "pthread_create(), and none is granted")               \
    X("threads", thread_first, FIRST, PLAIN, "EPERM", "before anything else of it runs")           \
    X("threads", more_threads, EVENT, THREAD, "host: began", "eight, and one is granted")          \
    X("threads", of_thread, EVENT, THREAD, "seccomp: openat", "open in a thread that is granted")  \
    X("TLS", at_thread_end, EVENT, THREAD, "seccomp: openat", "open when a thread's value dies")   \
    X("TLS", tls, LOAD, PLAIN, "load: val-s10", "room that only the dynamic loader can give")      \
    X("IFUNC", ifunc, LOAD, PLAIN, "load: val-s16", "code that runs while it is bound")            \
    X("destructors", at_exit, EVENT, PLAIN, "seccomp: openat", "open in a handler that exit() runs")   \
    X("destructors", destructor, END, PLAIN, "not run", "a destructor of the file")                \
    X("load", execstack, LOAD, PLAIN, "load: val-s09", "a stack that can be run")                  \
    X("load", rpath, LOAD, PLAIN, "load: val-s13", "libraries out of a folder of its own")         \
    X("load", executable, LOAD, PLAIN, "load: val-s01", "a program instead of a plugin")
/* clang-format on */

enum escape_where { FIRST, CONSTRUCTOR, CREATE, START, EVENT, STOP, DESTROY, END, LOAD };
enum escape_with { PLAIN, THREAD, UNFILTERED };

/* In the file, where who watches writes to it; the words are masked, so that it holds none of what
 * it looks for. */
#define ESCAPE_MAGIC "attempt of escape"
#define ESCAPE_MASK  0x5a
struct escape_order {
    char magic[24];
    uint32_t nth, where; /* of the table */
    int32_t host;        /* process */
    uint16_t tcp, udp;   /* ports on 127.0.0.1 */
    char dir[96];        /* DIR/canary, DIR/socket */
    char secret[16];     /* what another slot has in its memory; masked */
    uint64_t bus_magic;  /* how the bus begins; masked, as is the next */
    uint64_t slot_magic; /* how the memory that it shares with its host begins; there: */
    uint32_t rings[2], words[4], word_bytes[4], beat, state_at;
};
#define ESCAPE_CANARY "canary"
/* "escape: RESULT": >= 0, it got through; else -errno, or one of these. */
#define ESCAPE_TEXT      "escape: "
#define ESCAPE_NO_EFFECT (-10000)
/* What a destructor leaves in the child's beat. */
#define ESCAPE_RAN 0x6465706163736521u

#endif
