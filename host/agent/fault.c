// SPDX-License-Identifier: Apache-2.0
#include "agent/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "agent/calls.h"

#define EXIT_DIED   66
#define STACK_BYTES 65536

static struct child_crash *told; /* one process, one end */
static void (*tell)(struct child_crash *crash);

/* What libc's fstat asks is answered for an open descriptor; any path that one names is refused, as
 * are all other calls that the filter stops. True: answered, the plugin goes on. */
static int is_answered(const siginfo_t *info, ucontext_t *where)
{
#if defined(__x86_64__)
    greg_t *regs = where->uc_mcontext.gregs;
    const char *path = (const char *)(uintptr_t)regs[REG_RSI];

    if (info->si_syscall != SYS_newfstatat || ((int)regs[REG_R10] & AT_EMPTY_PATH) == 0 ||
        path == NULL || path[0] != '\0')
        return 0;
    regs[REG_RAX] = syscall(SYS_fstat, (int)regs[REG_RDI], (void *)(uintptr_t)regs[REG_RDX]);
    if (regs[REG_RAX] < 0)
        regs[REG_RAX] = -errno;
    return 1;
#else
    (void)info;
    (void)where;
    return 0;
#endif
}

/* On a stack of its own, for the plugin's may be what is broken. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    ucontext_t *where = context;

    if (number == SIGSYS && is_answered(info, where))
        return;
    told->signal = number;
    told->code = info->si_code;
#if defined(__x86_64__)
    told->ip = (uint64_t)where->uc_mcontext.gregs[REG_RIP];
#endif
    told->offset = UINT64_MAX;
    if (number == SIGSYS)
        told->number = info->si_syscall;
    else
        told->address = (uint64_t)(uintptr_t)info->si_addr;
    tell(told);
    _exit(EXIT_DIED);
}

void fault_watch(struct child_crash *crash, void (*on_crash)(struct child_crash *crash))
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
    static unsigned char stack[STACK_BYTES];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = on_fault};

    told = crash;
    tell = on_crash;
    (void)sigfillset(&action.sa_mask);
    (void)sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        // A fault of the handler itself ends the process at once.
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | (numbers[i] != SIGSYS ? (int)SA_RESETHAND : 0);
        (void)sigaction(numbers[i], &action, NULL);
    }
}

void fault_text(const struct child_crash *crash, char *text, size_t room)
{
    const char *name = calls_name(crash->number), *advice = calls_advice(crash->number);
    char where[64];

    if (crash->offset != UINT64_MAX)
        snprintf(where, sizeof(where), "instruction 0x%llx of its file",
                 (unsigned long long)crash->offset);
    else
        snprintf(where, sizeof(where), "instruction 0x%llx", (unsigned long long)crash->ip);
    if (crash->signal == SIGSYS)
        snprintf(text, room, "forbidden system call %lld (%s%s%s), at event %llu of the slot, %s",
                 (long long)crash->number, name != NULL ? name : "unknown",
                 advice[0] != '\0' ? ": " : "", advice, (unsigned long long)crash->nth, where);
    else
        snprintf(text, room, "signal %d (%s), after event %llu of the slot, %s, address 0x%llx",
                 crash->signal, sigdescr_np(crash->signal) ? sigdescr_np(crash->signal) : "unknown",
                 (unsigned long long)crash->nth, where, (unsigned long long)crash->address);
}
