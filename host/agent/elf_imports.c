// SPDX-License-Identifier: Apache-2.0
#include "agent/elf_imports.h"

#include <string.h>

/* Names that no plugin needs in a callback, and why not. A '*' ends a name that is only a
 * beginning. */
static const struct {
    const char *why, *names;
} forbidden[] = {
    {"starts threads or waits for them",
     " pthread_* thrd_* mtx_* cnd_* tss_* sem_* clone clone3 __clone "},
    {"starts processes", " fork vfork _Fork exec* posix_spawn* system popen wait waitpid waitid "
                         "daemon "},
    {"loads code", " dlopen dlmopen dlsym dlvsym dlclose dladdr dl_iterate_phdr "},
    {"handles signals", " signal sigaction sigprocmask sigaltstack sigsuspend sigwait* raise kill "
                        "killpg bsd_signal sysv_signal __sysv_signal "},
    {"registers what runs at the end",
     " atexit on_exit at_quick_exit __cxa_at_quick_exit __cxa_thread_atexit "
     "__cxa_thread_atexit_impl pthread_atfork __register_atfork "},
    {"changes the process' state", " setenv unsetenv putenv clearenv chdir fchdir chroot umask "
                                   "setlocale uselocale newlocale setuid setgid setreuid setrlimit "
                                   "prctl personality nice setpriority "},
    {"ends the process", " exit _exit _Exit quick_exit abort __assert_fail __assert "},
    {"opens files or sockets",
     " open open64 openat openat64 creat creat64 fopen fopen64 fdopen freopen freopen64 opendir "
     "socket connect bind listen accept accept4 send sendto sendmsg recv recvfrom recvmsg unlink "
     "rename remove mkdir rmdir tmpfile tmpfile64 mkstemp* read write pread* pwrite* readv writev "
     "dup dup2 dup3 pipe pipe2 ioctl fcntl fcntl64 epoll_* poll ppoll select pselect "},
    {"changes the memory map",
     " mmap mmap64 munmap mprotect mremap madvise mlock mlockall brk sbrk "
     "shm_open shmat memfd_create "},
    {"reads the clock: use agon.clock", " time clock clock_gettime gettimeofday ftime timespec_get "
                                        "localtime* gmtime* times getrusage timer_* "},
    {"draws random numbers: use agon.rng",
     " rand srand rand_r random srandom random_r drand48 erand48 lrand48 mrand48 srand48 getrandom "
     "getentropy arc4random* "},
    {"jumps out of the call", " longjmp _longjmp siglongjmp __longjmp_chk setjmp _setjmp "
                              "__sigsetjmp sigsetjmp getcontext setcontext swapcontext "},
    {"changes how numbers are rounded", " fesetround fesetenv feupdateenv feholdexcept "
                                        "feenableexcept fedisableexcept "},
    {"sleeps", " sleep usleep nanosleep clock_nanosleep alarm ualarm setitimer pause sched_yield "},
    {"prints: use agon.log",
     " printf fprintf vprintf vfprintf puts putchar putc fputs fputc fwrite "
     "fread fgets getc fgetc getchar perror scanf fscanf fflush setvbuf "
     "syslog __printf_chk __fprintf_chk __vfprintf_chk dprintf stdout "
     "stderr stdin "},
    {"makes system calls", " syscall "},
};
/* Not the same on every CPU and every libc: allowed, but said. */
static const char inexact[] =
    " exp expf exp2 exp2f expm1 log logf log2 log2f log10 log10f log1p pow powf sin sinf cos cosf "
    "tan "
    "tanf asin acos atan atanf atan2 sinh cosh tanh cbrt hypot erf erfc lgamma tgamma ";

static int is_in(const char *list, const char *name)
{
    size_t n = strlen(name);

    for (const char *word = list; *word;) {
        size_t length = strcspn(++word, " ");

        if (length == 0)
            break;
        if (word[length - 1] == '*' ? n >= length - 1 && memcmp(word, name, length - 1) == 0
                                    : n == length && memcmp(word, name, n) == 0)
            return 1;
        word += length;
    }
    return 0;
}

const char *elf_imports_forbid(const char *name)
{
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
        if (is_in(forbidden[i].names, name))
            return forbidden[i].why;
    return NULL;
}

int elf_imports_are_inexact(const char *name)
{
    return is_in(inexact, name);
}
