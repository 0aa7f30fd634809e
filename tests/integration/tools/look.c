// SPDX-License-Identifier: Apache-2.0
/* look: what this user and his programs can see of the process named: "attach yes", "memory no" and
 * so on, a way each, and ends with 0. Nothing is changed in that process. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *way, int is_seen)
{
    printf("%s %s (%s)\n", way, is_seen ? "yes" : "no", is_seen ? "done" : strerror(errno));
}

static int attach(pid_t pid)
{
    int status;

    if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) != 0)
        return 0;
    (void)waitpid(pid, &status, __WALL);
    (void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
    return 1;
}

static int seize(pid_t pid)
{
    int status;

    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0)
        return 0;
    (void)ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
    (void)waitpid(pid, &status, __WALL);
    (void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
    return 1;
}

/* The first address that is mapped, where that is told. */
static unsigned long first_address(pid_t pid, int *is_told)
{
    char path[64], line[256] = "";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    file = fopen(path, "r");
    *is_told = file != NULL && fgets(line, sizeof(line), file) != NULL;
    if (file != NULL)
        (void)fclose(file);
    return strtoul(line, NULL, 16);
}

static int read_memory(pid_t pid, unsigned long address)
{
    char path[64], byte;
    int fd, is_read;

    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    is_read = pread(fd, &byte, 1, (off_t)address) == 1;
    (void)close(fd);
    return is_read;
}

static int read_across(pid_t pid, unsigned long address)
{
    char byte;
    struct iovec to = {&byte, 1}, from = {(void *)address, 1};

    return process_vm_readv(pid, &to, 1, &from, 1, 0) == 1;
}

static int read_environment(pid_t pid)
{
    char path[64], byte;
    int fd, is_read;

    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    is_read = read(fd, &byte, 1) == 1;
    (void)close(fd);
    return is_read;
}

static int take_descriptor(pid_t pid)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    int fd = pidfd >= 0 ? (int)syscall(SYS_pidfd_getfd, pidfd, 2, 0) : -1;

    return fd >= 0;
}

int main(int argc, char **argv)
{
    pid_t pid = argc == 2 ? atoi(argv[1]) : 0;
    unsigned long address;
    int is_told;

    if (pid <= 0)
        return 2;
    address = first_address(pid, &is_told);
    say("maps", is_told);
    say("memory", read_memory(pid, address));
    say("across", read_across(pid, address));
    say("environment", read_environment(pid));
    say("descriptor", take_descriptor(pid));
    say("attach", attach(pid));
    say("seize", seize(pid));
    return 0;
}
