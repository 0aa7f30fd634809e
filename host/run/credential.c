// SPDX-License-Identifier: Apache-2.0
#include "run/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BYTES_MAX 4096

// NULL: no service manager gave one.
static const char *service_dir(void)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");

    return dir != NULL && dir[0] == '/' ? dir : NULL;
}

static int find(const char *name, char path[PATH_MAX], struct error *err)
{
    const char *dir = service_dir();
    const char *home = getenv("HOME");
    int n;

    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
        return error_set(err, AGON_EINVAL,
                         "credential: the name is empty, begins with a dot or has a stroke");
    if (dir != NULL)
        n = snprintf(path, PATH_MAX, "%s/%s", dir, name);
    else if (home != NULL && home[0] == '/')
        n = snprintf(path, PATH_MAX, "%s/.config/agon/credentials/%s", home, name);
    else
        return error_set(err, AGON_ENOENT,
                         "credential %s: neither CREDENTIALS_DIRECTORY nor HOME is set", name);
    return n < PATH_MAX ? AGON_OK
                        : error_set(err, AGON_ERANGE, "credential %s: the path is too long", name);
}

// Takes the value of a line "word: value". AGON_ENOENT: there is no such line.
static int take(const char *text, const char *word, struct secret *into)
{
    size_t n = strlen(word);

    for (const char *at = text; at != NULL && *at != '\0';) {
        const char *end = strchr(at, '\n');

        if (strncmp(at, word, n) == 0 && at[n] == ':') {
            const char *value = at + n + 1;
            size_t length;

            value += strspn(value, " \t");
            length = strcspn(value, "\r\n");
            return length > 0 ? secret_set(into, value, length) : AGON_EINVAL;
        }
        at = end != NULL ? end + 1 : NULL;
    }
    return AGON_ENOENT;
}

/* Nobody else reads it or writes to it. A service manager's is root's, and with an access list the
 * group's bits of the mode are that list's bound. */
static int is_private(int fd, const struct stat *at)
{
    if (!S_ISREG(at->st_mode))
        return 0;
    if ((at->st_mode & 077) == 0)
        return at->st_uid == geteuid();
    return service_dir() != NULL && at->st_uid == 0 && at->st_gid == 0 &&
           (at->st_mode & 037) == 0 && fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;
}

int credential_read(const char *name, struct secret *key, struct secret *secret,
                    struct secret *passphrase, struct error *err)
{
    char path[PATH_MAX];
    char *text;
    struct stat at;
    ssize_t n = 0;
    int fd;
    int rc = find(name, path, err);

    if (rc < 0)
        return rc;
    text = secret_new(BYTES_MAX + 1);
    if (text == NULL)
        return error_set(err, AGON_ENOMEM, "credential %s: no locked memory", name);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        secret_free(text);
        return error_set(
            err, errno == ENOENT ? AGON_ENOENT : AGON_EPERM,
            "credential %s: %s: %s; expected a file of two lines there, key: ... and secret: ..., "
            "with mode 0600",
            name, path, strerror(errno));
    }
    if (fstat(fd, &at) < 0 || !is_private(fd, &at) || at.st_size > BYTES_MAX) {
        rc = error_set(err, AGON_EPERM,
                       "credential %s: %s has mode %04o and user %u; expected a regular file of "
                       "this user with mode 0600 or 0400: chmod 600 it (a service manager's is "
                       "root's, with 0440 by an access list)",
                       name, path, (unsigned)(at.st_mode & 07777), (unsigned)at.st_uid);
    } else {
        int phrase;

        n = read(fd, text, BYTES_MAX);
        text[n > 0 ? n : 0] = '\0';
        phrase = n > 0 ? take(text, "passphrase", passphrase) : AGON_ENOENT;
        if (n <= 0 || take(text, "key", key) < 0 || take(text, "secret", secret) < 0 ||
            (phrase < 0 && phrase != AGON_ENOENT))
            rc = error_set(err, AGON_EINVAL,
                           "credential %s: %s: expected two lines, key: ... and secret: ...", name,
                           path);
    }
    secret_free(text);
    close(fd);
    return rc;
}
