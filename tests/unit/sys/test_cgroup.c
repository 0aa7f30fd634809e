// SPDX-License-Identifier: Apache-2.0
/* Control groups, in a directory of the kernel's that this test delegates to itself. Skips where
 * there is none of version 2, or no right to make one. */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "help.h"
#include "sys/cgroup.h"

static char top[256], dir[320];

static int find_top(void)
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char line[1024];
    int is_found = 0;

    while (file != NULL && !is_found && fgets(line, sizeof(line), file) != NULL)
        is_found =
            strstr(line, " - cgroup2 ") != NULL && sscanf(line, "%*s %*s %*s / %255s", top) == 1;
    if (file != NULL)
        fclose(file);
    return is_found;
}

/* Of a process: the group that it is in, below top. */
static void group_of(int pid, char *text, size_t room)
{
    char path[64], line[512];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
    file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    text[0] = '\0';
    while (fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "0::", 3) == 0)
            snprintf(text, room, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
    fclose(file);
}

static pid_t sleeper(void)
{
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            pause();
    return pid;
}

static void put_here(pid_t pid)
{
    char path[400];
    FILE *file;

    snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%d", pid);
    ck_assert_int_eq(fclose(file), 0);
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(who_is_in_a_delegated_group_moves_and_each_child_has_its_own)
{
    struct cgroup_limits limits = {.memory_bytes = 1 << 28, .threads = 1, .cores = 1};
    struct cgroup group;
    struct error err = {0};
    char text[512], want[512], path[640];
    pid_t host = sleeper(), other = sleeper(), child = sleeper();

    put_here(host);
    put_here(other);
    // As long as nobody says that it is delegated nothing is touched.
    ck_assert_int_eq(cgroup_open_at(&group, dir, &err), AGON_ENOENT);
    ck_assert_ptr_nonnull(strstr(err.text, "is not delegated"));
    group_of(host, text, sizeof(text));
    ck_assert_str_eq(text, dir + strlen(top));

    ck_assert_int_eq(setxattr(dir, "trusted.delegate", "1", 1, 0), 0);
    ck_assert_int_eq(cgroup_open_at(&group, dir, &err), AGON_OK);
    snprintf(want, sizeof(want), "%s/host", dir + strlen(top));
    group_of(host, text, sizeof(text));
    ck_assert_str_eq(text, want);
    group_of(other, text, sizeof(text));
    ck_assert_str_eq(text, want);
    ck_assert_int_eq(cgroup_open_at(&group, dir, &err), AGON_OK); // a second host of the service

    ck_assert_int_eq(cgroup_put(&group, "slot3-77", &limits, child, &err), AGON_OK);
    snprintf(want, sizeof(want), "%s/slot3-77", dir + strlen(top));
    group_of(child, text, sizeof(text));
    ck_assert_str_eq(text, want);
    ck_assert_int_eq(cgroup_is_out_of_memory(&group, "slot3-77"), 0);
    // A name that is taken, and a process that has gone: refused, and nothing is left of it.
    ck_assert_int_eq(cgroup_put(&group, "slot3-77", &limits, other, &err), AGON_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, "slot3-77"));
    end(child);
    cgroup_drop(&group, "slot3-77");
    ck_assert_int_eq(cgroup_put(&group, "slot3-78", &limits, child, &err), AGON_ENOENT);
    snprintf(path, sizeof(path), "%s/slot3-78", dir);
    ck_assert_int_ne(access(path, F_OK), 0);
    snprintf(path, sizeof(path), "%s/slot3-77", dir);
    ck_assert_int_ne(access(path, F_OK), 0);
    end(host);
    end(other);
}
END_TEST

static void begin_group(void)
{
    snprintf(dir, sizeof(dir), "%s/agon-test-%d", top, getpid());
    ck_assert_int_eq(mkdir(dir, 0755), 0);
}

static void end_group(void)
{
    char path[400];

    snprintf(path, sizeof(path), "%s/host", dir);
    (void)rmdir(path);
    ck_assert_int_eq(rmdir(dir), 0);
}

int main(void)
{
    Suite *suite = suite_create("sys_cgroup");
    TCase *tcase = tcase_create("cgroup");

    if (geteuid() != 0 || !find_top() || access(top, W_OK) != 0) {
        printf("skipped: no control groups of version 2, or no right to make one\n");
        return 77;
    }
    tcase_add_checked_fixture(tcase, begin_group, end_group);
    tcase_add_test(tcase, who_is_in_a_delegated_group_moves_and_each_child_has_its_own);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
