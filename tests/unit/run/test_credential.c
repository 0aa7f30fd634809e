// SPDX-License-Identifier: Apache-2.0
/* Keys are taken from files that nobody else can read, and from no other. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "run/credential.h"

#define NOBODY 65534

static char dir[] = "/tmp/agon-test-credential-XXXXXX";

static const char *const folders[] = {".config", ".config/agon", ".config/agon/credentials"};

static void setup(void)
{
    memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(chmod(dir, 0755), 0);
}

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

// The same file in the store of who has dir for a home.
static void make_home(void)
{
    char kept[128];

    snprintf(kept, sizeof(kept), "%s", path_of("sim"));
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        ck_assert_int_eq(mkdir(path_of(folders[i]), 0755), 0);
    ck_assert_int_eq(link(kept, path_of(".config/agon/credentials/sim")), 0);
}

static void teardown(void)
{
    unlink(path_of("sim"));
    unlink(path_of(".config/agon/credentials/sim"));
    for (size_t i = sizeof(folders) / sizeof(folders[0]); i > 0; i--)
        rmdir(path_of(folders[i - 1]));
    ck_assert_int_eq(rmdir(dir), 0);
}

static void put(mode_t mode, uid_t uid, gid_t gid)
{
    static const char text[] = "key: abc\nsecret: def\n";
    int fd = open(path_of("sim"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    if (uid != geteuid() || gid != getegid())
        ck_assert_int_eq(fchown(fd, uid, gid), 0);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

// An access list by which NOBODY may read it; the mode shows 0440 then.
static int let_nobody_read(mode_t mode)
{
    const struct {
        uint32_t version;
        struct {
            uint16_t tag, perm;
            uint32_t id;
        } of[5];
    } list = {2,
              {{0x01, (mode >> 6) & 7, UINT32_MAX},       // the owner
               {0x02, 6, NOBODY},                         // a user
               {0x04, 0, UINT32_MAX},                     // the group
               {0x10, 4 | ((mode >> 3) & 7), UINT32_MAX}, // the bound of both
               {0x20, mode & 7, UINT32_MAX}}};            // all others

    return setxattr(path_of("sim"), "system.posix_acl_access", &list, sizeof(list), 0);
}

// In a child that is NOBODY, or as who runs the test.
static int read_as(int is_nobody, int is_service)
{
    int status = 0;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct secret key = {0};
        struct secret secret = {0};
        struct secret passphrase = {0};
        struct error err = {0};

        if (is_service)
            (void)setenv("CREDENTIALS_DIRECTORY", dir, 1);
        else
            (void)unsetenv("CREDENTIALS_DIRECTORY");
        (void)setenv("HOME", dir, 1);
        if (is_nobody && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(100);
        _exit(-credential_read("sim", &key, &secret, &passphrase, &err));
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

START_TEST(a_file_of_this_user_alone_is_taken)
{
    static const struct {
        mode_t mode;
        int rc;
    } cases[] = {{0600, AGON_OK},    {0400, AGON_OK},    {0640, AGON_EPERM},
                 {0604, AGON_EPERM}, {0620, AGON_EPERM}, {0602, AGON_EPERM}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put(cases[i].mode, geteuid(), getegid());
        ck_assert_msg(read_as(0, 1) == cases[i].rc, "mode %o", cases[i].mode);
    }
}
END_TEST

/* Where the venue has one beside the secret, in a third line; no other venue needs that line. */
START_TEST(a_pass_phrase_may_stand_with_them)
{
    static const char *const texts[] = {"key: abc\nsecret: def\n",
                                        "key: abc\nsecret: def\npassphrase: g h\n",
                                        "key: abc\nsecret: def\npassphrase:\n"};
    static const char *const phrases[] = {"", "g h", NULL};

    (void)setenv("CREDENTIALS_DIRECTORY", dir, 1);
    for (size_t i = 0; i < 3; i++) {
        struct secret key = {0};
        struct secret secret = {0};
        struct secret passphrase = {0};
        struct error err = {0};
        FILE *file;

        put(0600, geteuid(), getegid());
        file = fopen(path_of("sim"), "w");
        ck_assert_ptr_nonnull(file);
        fputs(texts[i], file);
        fclose(file);
        ck_assert_int_eq(credential_read("sim", &key, &secret, &passphrase, &err),
                         phrases[i] != NULL ? AGON_OK : AGON_EINVAL);
        if (phrases[i] != NULL) {
            ck_assert_uint_eq(passphrase.n, strlen(phrases[i]));
            ck_assert(passphrase.n == 0 || memcmp(passphrase.bytes, phrases[i], passphrase.n) == 0);
        }
        secret_wipe(&key);
        secret_wipe(&secret);
        secret_wipe(&passphrase);
    }
}
END_TEST

/* As a service manager hands it over: root's, and this user may read it by an access list. */
START_TEST(root_s_file_is_taken_from_the_service_s_directory)
{
    static const struct {
        mode_t mode;
        uid_t uid;
        gid_t gid;
        int rc;
    } cases[] = {{0400, 0, 0, AGON_OK},         {0600, 0, 0, AGON_OK},
                 {0604, 0, 0, AGON_EPERM},       // all others may read it too
                 {0620, 0, 0, AGON_EPERM},       // ... or write to it by the list
                 {0400, 0, NOBODY, AGON_EPERM},  // of a group that is not root's
                 {0400, 1, 0, AGON_EPERM},       // somebody else's
                 {0400, NOBODY, 0, AGON_EPERM}}; // this user's, and with a list for others

    if (geteuid() != 0)
        return; // who is not root can make no file of root's
    put(0440, 0, 0);
    ck_assert_int_eq(read_as(0, 1), AGON_EPERM); // a mode and no list
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put(cases[i].mode, cases[i].uid, cases[i].gid);
        if (let_nobody_read(cases[i].mode) != 0) {
            ck_assert_int_eq(errno, ENOTSUP); // a file system without access lists
            return;
        }
        ck_assert_msg(read_as(1, 1) == cases[i].rc, "%zu: %d", i, read_as(1, 1));
    }
    // What a service manager did not hand over is this user's own.
    put(0400, 0, 0);
    ck_assert_int_eq(let_nobody_read(0400), 0);
    make_home();
    ck_assert_int_eq(read_as(1, 0), AGON_EPERM);
    put(0400, NOBODY, 0);
    ck_assert_int_eq(read_as(1, 0), AGON_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("credential");
    TCase *tcase = tcase_create("credential");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_file_of_this_user_alone_is_taken);
    tcase_add_test(tcase, a_pass_phrase_may_stand_with_them);
    tcase_add_test(tcase, root_s_file_is_taken_from_the_service_s_directory);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
