// SPDX-License-Identifier: Apache-2.0
/* Processes, shared memory, futexes, signals, the run directory. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "help.h"
#include "sys/entropy.h"
#include "sys/futex.h"
#include "sys/memfd.h"
#include "sys/proc.h"
#include "sys/rundir.h"
#include "sys/signals.h"
#include "sys/term.h"

static int spawn_shell(struct proc *proc, const char *script, int out_fd, struct error *err)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    struct proc_spec spec = {.path = "/bin/sh", .argv = argv, .fds = {-1, out_fd, -1}, .n_fds = 3};

    return proc_spawn(proc, &spec, err);
}

START_TEST(the_end_of_a_child_is_told_apart)
{
    static const struct {
        const char *script, *text;
        int is_signalled, code;
    } ends[] = {{"exit 3", "exit status 3", 0, 3},
                {"exit 0", "exit status 0", 0, 0},
                {"kill -9 $$", "signal 9 (Killed)", 1, 9},
                {"kill -11 $$", "signal 11 (Segmentation fault)", 1, 11}};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct proc_end end;
        struct error err = {0};
        struct proc proc;
        char text[64];

        ck_assert_msg(spawn_shell(&proc, ends[i].script, -1, &err) == AGON_OK, "%s", err.text);
        ck_assert_int_eq(proc_wait(&proc, -1, &end), AGON_OK);
        ck_assert_int_eq(end.is_signalled, ends[i].is_signalled);
        ck_assert_int_eq(end.code, ends[i].code);
        proc_end_text(&end, text, sizeof(text));
        ck_assert_str_eq(text, ends[i].text);
        ck_assert_int_eq(proc_wait(&proc, 0, &end), AGON_ENOENT);
        proc_close(&proc);
    }
}
END_TEST

START_TEST(a_running_child_is_signalled_and_reaped)
{
    struct proc_end end;
    struct error err = {0};
    struct proc proc;

    ck_assert_int_eq(spawn_shell(&proc, "read x < /dev/zero; exit 1", -1, &err), AGON_OK);
    ck_assert_int_eq(proc_wait(&proc, 0, &end), AGON_EAGAIN);
    ck_assert_int_eq(proc_signal(&proc, SIGKILL), AGON_OK);
    ck_assert_int_eq(proc_wait(&proc, -1, &end), AGON_OK);
    ck_assert_int_eq(end.code, SIGKILL);
    ck_assert_int_eq(proc_signal(&proc, SIGKILL), AGON_ENOENT);
    proc_close(&proc);
}
END_TEST

START_TEST(a_child_has_its_descriptors_and_no_others)
{
    struct proc_end end;
    struct error err = {0};
    struct proc proc;
    char text[512] = {0};
    int fds[2],
        extra = open("/dev/null", O_RDONLY); // not close-on-exec: must not leak all the same

    ck_assert_int_ge(extra, 0);
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    ck_assert_int_eq(
        spawn_shell(&proc, "cd /proc/self/fd; echo *; echo [$HOME$PATH]", fds[1], &err), AGON_OK);
    (void)close(fds[1]);
    ck_assert_int_eq(proc_wait(&proc, -1, &end), AGON_OK);
    ck_assert_int_gt(read(fds[0], text, sizeof(text) - 1), 0);
    ck_assert_msg(strncmp(text, "0 1 2\n", 6) == 0 || strncmp(text, "0 1 2 3\n", 8) == 0,
                  "the child has %s", text); // 3: the shell's own while it lists
    ck_assert_ptr_null(strstr(text, "/home"));
    proc_close(&proc);
    (void)close(fds[0]);
    (void)close(extra);
}
END_TEST

START_TEST(a_missing_program_is_named)
{
    const char *argv[] = {"x", NULL};
    struct proc_spec spec = {
        .path = "/no/such/program", .argv = argv, .fds = {-1, -1, -1}, .n_fds = 3};
    struct error err = {0};
    struct proc proc;

    ck_assert_int_eq(proc_spawn(&proc, &spec, &err), AGON_ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "/no/such/program"));
    spec.path = "/etc/passwd"; // which nobody may execute
    ck_assert_int_eq(proc_spawn(&proc, &spec, &err), AGON_EPERM);
}
END_TEST

START_TEST(sealed_memory_stays_writable_for_its_maker_only)
{
    struct error err = {0};
    int fd = memfd_new("test", 8192, &err);
    unsigned char *rw, *ro;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(memfd_sealed_size(fd, &err), AGON_EPERM);
    rw = memfd_map(fd, 8192, 1, &err);
    ck_assert_ptr_nonnull(rw);
    ck_assert_int_eq(memfd_seal(fd, 1, &err), AGON_OK);
    ck_assert_int_eq(memfd_sealed_size(fd, &err), 8192);
    ck_assert_ptr_null(memfd_map(fd, 8192, 1, &err));
    ck_assert_int_eq(err.code, AGON_EPERM);
    ro = memfd_map(fd, 8192, 0, &err);
    ck_assert_ptr_nonnull(ro);
    rw[100] = 77;
    ck_assert_uint_eq(ro[100], 77);
    ck_assert_int_ne(mprotect(ro, 8192, PROT_READ | PROT_WRITE), 0);
    ck_assert_int_ne(ftruncate(fd, 4096), 0);
    ck_assert_int_ne(ftruncate(fd, 16384), 0);
    memfd_unmap(ro, 8192);
    memfd_unmap(rw, 8192);
    (void)close(fd);
}
END_TEST

static _Atomic uint32_t word;

static void *wake(void *arg)
{
    (void)arg;
    atomic_store(&word, 1);
    futex_wake(&word, 1);
    return NULL;
}

/* What is written later is seen by who mapped it before, and written by nobody else. */
START_TEST(reserved_memory_is_filled_by_its_maker_only)
{
    struct error err = {0};
    int fd = -1;
    char *rw = memfd_reserve("test", 1 << 20, &fd, &err);
    const char *ro;

    ck_assert_msg(rw != NULL, "%s", err.text);
    ck_assert_int_eq(memfd_sealed_size(fd, &err), AGON_EPERM);
    ro = memfd_map(fd, 1 << 20, 0, &err);
    ck_assert_ptr_nonnull(ro);
    ck_assert_ptr_null(memfd_map(fd, 4096, 1, &err));
    ck_assert_int_eq(mprotect((void *)(uintptr_t)ro, 4096, PROT_READ | PROT_WRITE), -1);
    ck_assert_int_eq(memfd_fill(fd, 5000, &err), AGON_OK);
    rw[4999] = 'x';
    ck_assert_int_eq(ro[4999], 'x');
    ck_assert_int_eq(memfd_sealed_size(fd, &err), 5000);
    ck_assert_int_lt(memfd_fill(fd, 6000, &err), 0);
    ck_assert_ptr_null(memfd_map(fd, 4096, 1, &err));
    memfd_unmap((void *)(uintptr_t)ro, 1 << 20);
    memfd_unmap(rw, 1 << 20);
    ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(a_program_in_memory_runs_and_cannot_be_changed)
{
    static const char script[] = "#!/bin/sh\nexit 7\n"; // its interpreter opens it anew
    static const char *const argv[] = {"test", NULL};
    struct proc_spec spec = {
        .path = "/proc/self/fd/3", .argv = argv, .fds = {-1, -1, -1, -1}, .n_fds = 4};
    struct proc proc;
    struct proc_end end;
    struct error err = {0};
    int fd = memfd_new_program("test", script, sizeof(script) - 1, &err);

    if (fd == AGON_EPERM)
        return; // nothing is executed from memory here
    ck_assert_msg(fd >= 0, "%s", err.text);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, "x", 1, 0), -1);
    ck_assert_int_eq(ftruncate(fd, 1), -1);
    ck_assert_int_eq(ftruncate(fd, 4096), -1);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
    spec.fds[3] = fd;
    ck_assert_msg(proc_spawn(&proc, &spec, &err) >= 0, "%s", err.text);
    ck_assert_int_eq(proc_wait(&proc, -1, &end), AGON_OK);
    ck_assert_int_eq(end.is_signalled, 0);
    ck_assert_int_eq(end.code, 7);
    proc_close(&proc);
    ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(a_sleeper_is_woken_or_times_out)
{
    pthread_t thread;

    ck_assert_int_eq(futex_wait(&word, 0, 1000000), AGON_ETIME);
    ck_assert_int_eq(futex_wait(&word, 7, -1), AGON_OK); // not what was expected: no sleep
    ck_assert_int_eq(pthread_create(&thread, NULL, wake, NULL), 0);
    while (atomic_load(&word) == 0)
        ck_assert_int_eq(futex_wait(&word, 0, -1), AGON_OK);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(signals_are_read_in_place_of_handled)
{
    static const int wanted[] = {SIGTERM, SIGHUP};
    struct error err = {0};
    int fd = signals_open(wanted, 2, &err);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(signals_next(fd), 0);
    ck_assert_int_eq(raise(SIGHUP), 0);
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert_int_eq(raise(SIGPIPE), 0);
    ck_assert_int_eq(signals_next(fd) + signals_next(fd), SIGHUP + SIGTERM);
    ck_assert_int_eq(signals_next(fd), 0);
    signals_close(fd);
}
END_TEST

START_TEST(a_second_host_is_refused)
{
    struct rundir one, two;
    struct error err = {0};
    struct stat stat_of;
    char path[PATH_MAX], text[PATH_MAX + 32];

    ck_assert_int_eq(rundir_holder(help_path("run")), 0);
    ck_assert_int_eq(rundir_open(&one, help_path("run"), &err), AGON_OK);
    ck_assert_int_eq(stat(help_path("run"), &stat_of), 0);
    ck_assert_int_eq(stat_of.st_mode & 0777, 0700);
    ck_assert_int_eq(rundir_open(&two, help_path("run"), &err), AGON_EBUSY);
    (void)snprintf(path, sizeof(path), "process %d", (int)getpid());
    ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
    ck_assert_int_eq(rundir_holder(help_path("run")), getpid());
    // Who names the folder that it is in is shown it.
    ck_assert_int_eq(rundir_refuse(help_path("."), &err), AGON_EIO);
    snprintf(text, sizeof(text), "did you mean '%s'", help_path("./run"));
    ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
    ck_assert_int_eq(rundir_refuse(help_path("run"), &err), AGON_EIO);
    ck_assert_msg(strstr(err.text, "name its run directory") != NULL, "%s", err.text);
    // A journal without a segment is none; what one left is read.
    ck_assert_int_eq(mkdir(help_path("run/journal"), 0700), 0);
    ck_assert_int_eq(rundir_refuse(help_path("run"), &err), AGON_EIO);
    ck_assert_msg(strstr(err.text, "name its run directory") != NULL, "%s", err.text);
    (void)close(open(help_path("run/journal/engine-1.aj"), O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(rundir_refuse(help_path("run"), &err), AGON_EIO);
    snprintf(text, sizeof(text), "`agon report %s`", help_path("run"));
    ck_assert_msg(strstr(err.text, "any more") != NULL && strstr(err.text, text) != NULL, "%s",
                  err.text);
    ck_assert_int_eq(rundir_join(&one, "journal", path, sizeof(path)), AGON_OK);
    ck_assert_str_eq(path, help_path("run/journal"));
    rundir_close(&one);
    ck_assert_int_eq(rundir_holder(help_path("run")), 0);
    ck_assert_int_eq(rundir_open(&two, help_path("run"), &err), AGON_OK);
    rundir_close(&two);
}
END_TEST

START_TEST(a_directory_others_may_write_is_refused)
{
    struct rundir rundir;
    struct error err = {0};

    ck_assert_int_eq(mkdir(help_path("open"), 0777), 0);
    ck_assert_int_eq(chmod(help_path("open"), 0777), 0);
    ck_assert_int_eq(rundir_open(&rundir, help_path("open"), &err), AGON_EPERM);
    ck_assert_ptr_nonnull(strstr(err.text, "chmod 700"));
}
END_TEST

START_TEST(the_default_directory_is_the_users_state)
{
    struct error err = {0};
    char path[64];

    ck_assert_int_eq(setenv("XDG_STATE_HOME", "/state", 1), 0);
    ck_assert_int_eq(rundir_default(path, sizeof(path), &err), AGON_OK);
    ck_assert_str_eq(path, "/state/agon");
    ck_assert_int_eq(unsetenv("XDG_STATE_HOME"), 0);
    ck_assert_int_eq(setenv("HOME", "/home/x", 1), 0);
    ck_assert_int_eq(rundir_default(path, sizeof(path), &err), AGON_OK);
    ck_assert_str_eq(path, "/home/x/.local/state/agon");
    ck_assert_int_eq(rundir_default(path, 10, &err), AGON_ERANGE);
    ck_assert_int_eq(unsetenv("HOME"), 0);
    ck_assert_int_eq(rundir_default(path, sizeof(path), &err), AGON_ENOENT);
}
END_TEST

START_TEST(what_is_no_terminal_has_no_colour)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    ck_assert_int_eq(term_is_tty(fd), 0);
    ck_assert_int_eq(term_has_colour(fd), 0);
    ck_assert_int_eq(setenv("COLUMNS", "132", 1), 0);
    ck_assert_int_eq(term_width(fd), 132);
    ck_assert_int_eq(setenv("COLUMNS", "-5", 1), 0);
    ck_assert_int_eq(term_width(fd), 20);
    ck_assert_int_eq(unsetenv("COLUMNS"), 0);
    ck_assert_int_eq(term_width(fd), 80);
    ck_assert_uint_ne(entropy_u64(), entropy_u64());
    (void)close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_process");
    TCase *tcase = tcase_create("process");

    tcase_add_checked_fixture(tcase, help_setup, help_teardown);
    tcase_add_test(tcase, the_end_of_a_child_is_told_apart);
    tcase_add_test(tcase, a_running_child_is_signalled_and_reaped);
    tcase_add_test(tcase, a_child_has_its_descriptors_and_no_others);
    tcase_add_test(tcase, a_missing_program_is_named);
    tcase_add_test(tcase, sealed_memory_stays_writable_for_its_maker_only);
    tcase_add_test(tcase, reserved_memory_is_filled_by_its_maker_only);
    tcase_add_test(tcase, a_program_in_memory_runs_and_cannot_be_changed);
    tcase_add_test(tcase, a_sleeper_is_woken_or_times_out);
    tcase_add_test(tcase, signals_are_read_in_place_of_handled);
    tcase_add_test(tcase, a_second_host_is_refused);
    tcase_add_test(tcase, a_directory_others_may_write_is_refused);
    tcase_add_test(tcase, the_default_directory_is_the_users_state);
    tcase_add_test(tcase, what_is_no_terminal_has_no_colour);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
