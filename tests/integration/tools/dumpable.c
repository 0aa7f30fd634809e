// SPDX-License-Identifier: Apache-2.0
/* dumpable: preloaded into a program, it keeps that program dumpable and its limit of core files as
 * it was, whatever the program asks for: as if somebody had undone what it does against core files,
 * so that the kernel writes one. What is left out of it is then the memory that says so itself. */
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
    if (resource == RLIMIT_CORE)
        return 0;
    return (int)syscall(SYS_prlimit64, 0, resource, limit, NULL);
}

EXPORTED int prctl(int option, ...)
{
    unsigned long args[4];
    va_list list;

    va_start(list, option);
    for (int i = 0; i < 4; i++)
        args[i] = va_arg(list, unsigned long);
    va_end(list);
    if (option == PR_SET_DUMPABLE)
        return 0;
    return (int)syscall(SYS_prctl, option, args[0], args[1], args[2], args[3]);
}
