// SPDX-License-Identifier: Apache-2.0
/* older: runs a program as on a kernel that gives less, for tests of what then holds.
 *
 *   older [--landlock ABI] [--no-user-namespaces] COMMAND ARGUMENT...
 *
 * A filter answers for the kernel: which version of Landlock it has (0: none), that there are no
 * user namespaces. It holds for all that the program begins. It ends with the program's code. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOAD(field)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define IS(value, n)  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (n)) /* else skip n */
#define HAS(bits, n)  BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, (n))

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "older: %s: %s\n", what, strerror(errno));
    exit(70);
}

/* In the child: the filter; its listener, or -1 where nobody has to answer. */
static int be_older(int abi, int has_no_namespaces)
{
    uint32_t landlock = abi < 0    ? SECCOMP_RET_ALLOW
                        : abi == 0 ? SECCOMP_RET_ERRNO | ENOSYS
                                   : SECCOMP_RET_USER_NOTIF;
    uint32_t namespaces = has_no_namespaces ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_ALLOW;
    struct sock_filter filter[] = {
        LOAD(nr),
        IS(SYS_landlock_create_ruleset, 1),
        RETURN(landlock),
        IS(SYS_landlock_restrict_self, 1),
        RETURN(abi == 0 ? landlock : SECCOMP_RET_ALLOW),
        IS(SYS_unshare, 3),
        LOAD(args[0]),
        HAS(CLONE_NEWUSER, 1),
        RETURN(namespaces),
        RETURN(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};
    int fd;

    // Who is root needs no promise, and its children show all the more that they make it.
    if (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        die("no new privileges");
    fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                      abi > 0 ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &program);
    if (fd < 0)
        die("the filter");
    return abi > 0 ? fd : -1;
}

static void send_fd(int to, int fd)
{
    char byte = 0, room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd >= 0) {
        struct cmsghdr *head = (struct cmsghdr *)(void *)room;

        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &fd, sizeof(fd));
        message.msg_control = room;
        message.msg_controllen = sizeof(room);
    }
    if (sendmsg(to, &message, 0) != 1)
        die("the listener");
}

static int take_fd(int from)
{
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
    struct cmsghdr *head;
    int fd = -1;

    if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) != 1)
        return -1;
    head = CMSG_FIRSTHDR(&message);
    if (head != NULL && head->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(head), sizeof(fd));
    return fd;
}

/* Which version? That one. All else is the kernel's to answer. Ends when nobody is left to ask. */
static void answer(int fd, int abi)
{
    struct seccomp_notif question;
    struct seccomp_notif_resp reply;

    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};

        if (poll(&wait, 1, -1) < 0 && errno != EINTR)
            return;
        if ((wait.revents & POLLIN) == 0) {
            if (wait.revents & (POLLHUP | POLLERR | POLLNVAL))
                return;
            continue;
        }
        memset(&question, 0, sizeof(question));
        if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &question) < 0)
            continue; // who asked has gone
        memset(&reply, 0, sizeof(reply));
        reply.id = question.id;
        if (question.data.args[0] == 0 && question.data.args[2] == 1 /* _VERSION */)
            reply.val = abi;
        else
            reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        (void)ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &reply);
    }
}

int main(int argc, char **argv)
{
    int abi = -1, has_no_namespaces = 0, at = 1, ends[2], fd, status;
    pid_t pid, answering;

    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--landlock") == 0 && at + 1 < argc)
            abi = atoi(argv[++at]);
        else if (strcmp(argv[at], "--no-user-namespaces") == 0)
            has_no_namespaces = 1;
    }
    if (at >= argc) {
        fprintf(stderr, "older [--landlock ABI] [--no-user-namespaces] COMMAND ARGUMENT...\n");
        return 2;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        die("a pair of sockets");
    pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        fd = be_older(abi, has_no_namespaces);
        send_fd(ends[1], fd);
        if (fd >= 0)
            (void)close(fd);
        execvp(argv[at], argv + at);
        die(argv[at]);
    }
    (void)close(ends[1]);
    fd = take_fd(ends[0]);
    answering = fd >= 0 ? fork() : -1;
    if (answering == 0) {
        (void)prctl(PR_SET_PDEATHSIG, 9);
        answer(fd, abi);
        _exit(0);
    }
    if (fd >= 0)
        (void)close(fd);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (answering > 0)
        (void)waitpid(answering, NULL, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
