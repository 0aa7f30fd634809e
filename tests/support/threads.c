// SPDX-License-Identifier: Apache-2.0
/* threads: libuv closes descriptors by the system call itself, which the thread sanitizer does not
 * see: a number that comes again in another thread would look as if both had it at once. Programs
 * built with that sanitizer have this function before libc's. */
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((visibility("default"))) long syscall(long which, ...)
{
    long a[6];
    va_list more;

    va_start(more, which);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(more, long);
    va_end(more);
    if (which == SYS_close)
        return close((int)a[0]);

    register long r10 __asm__("r10") = a[3];
    register long r8 __asm__("r8") = a[4];
    register long r9 __asm__("r9") = a[5];
    long rc;

    __asm__ volatile("syscall"
                     : "=a"(rc)
                     : "a"(which), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    if (rc < 0 && rc > -4096) {
        errno = (int)-rc;
        return -1;
    }
    return rc;
}
