// SPDX-License-Identifier: Apache-2.0
/* fuzz_settings: any bytes as the files that `agon run` reads: its own, the venue's and the
 * roster's, one behind the other with lines "===" between them, and a credential behind a fourth.
 * What a credential holds is in no message.
 *
 * decodes: host/run/settings.c host/run/credential.c host/venue/config.c host/roster/roster.c */
#include "run/settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/exit.h"
#include "fuzz.h"
#include "run/credential.h"

#define PARTS 4

static const char *const names[PARTS] = {"agon.yaml", "venue.yaml", "roster.yaml", "key"};
static char folder[64] = "/tmp/agon-fuzz-XXXXXX";
static char paths[PARTS][128];
static int files[PARTS];

static void clear(void)
{
    for (int i = 0; i < PARTS; i++)
        unlink(paths[i]);
    rmdir(folder);
}

static void begin(void)
{
    REQUIRE(mkdtemp(folder) != NULL);
    for (int i = 0; i < PARTS; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, names[i]);
        files[i] = open(paths[i], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        REQUIRE(files[i] >= 0);
    }
    REQUIRE(setenv("CREDENTIALS_DIRECTORY", folder, 1) == 0);
    atexit(clear);
    // All mistakes are printed for people: a pipe to nowhere keeps that fast. A sanitizer writes to
    // the descriptor itself.
    stderr = fopen("/dev/null", "w");
    REQUIRE(stderr != NULL);
}

// The next part and where the one behind it begins.
static size_t part(const uint8_t *data, size_t n, size_t *next)
{
    static const char line[] = "\n===\n";
    const uint8_t *end = n > 0 ? memmem(data, n, line, 5) : NULL;

    *next = end != NULL ? (size_t)(end - data) + 5 : n;
    return end != NULL ? (size_t)(end - data) + 1 : n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct settings settings;
    struct secret key = {0};
    struct secret secret = {0};
    struct secret passphrase = {0};
    struct error err = {0};
    int code;

    if (paths[0][0] == '\0')
        begin();
    for (int i = 0; i < PARTS; i++) {
        size_t next;
        size_t length = part(data, n, &next);

        REQUIRE(pwrite(files[i], data, length, 0) == (ssize_t)length);
        REQUIRE(ftruncate(files[i], (off_t)length) == 0);
        data += next;
        n -= next;
    }
    code = settings_read(&settings, "run", paths[0], NULL, SETTINGS_AGAIN);
    REQUIRE(code == EXIT_OK || code == EXIT_CONFIG || code == EXIT_SAFETY ||
            code == EXIT_ENVIRONMENT);
    if (code == EXIT_OK)
        REQUIRE(settings.host.n_instruments <= HOST_INSTRUMENTS_MAX &&
                settings.host.n_slots <= SLOTS_MAX);
    if (credential_read(names[3], &key, &secret, &passphrase, &err) < 0)
        REQUIRE(err.code < 0 && strstr(err.text, names[3]) != NULL &&
                strstr(err.text, "CANARY") == NULL);
    secret_wipe(&key);
    secret_wipe(&secret);
    secret_wipe(&passphrase);
    return 0;
}
