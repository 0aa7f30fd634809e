// SPDX-License-Identifier: Apache-2.0
#include "agent/certificate.h"

#include <agon/agon.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "sys/clock.h"
#include "sys/file.h"

#define HEX  (2 * HASH_SIZE + 1)
#define SEAL "seal: "

static int path_of(const char *plugin_path, char *path, size_t room, struct error *err)
{
    if ((size_t)snprintf(path, room, "%s" CERTIFICATE_SUFFIX, plugin_path) >= room)
        return error_set(err, AGON_ERANGE, "the name of the certificate is too long");
    return AGON_OK;
}

static void seal_of(const char *text, size_t n, char seal[HEX])
{
    unsigned char digest[HASH_SIZE];
    struct hash hash;

    hash_init(&hash);
    hash_update(&hash, text, n);
    hash_final(&hash, digest);
    hash_hex(digest, seal);
}

int certificate_is_name(const char *text)
{
    size_t n = strnlen(text, CERTIFICATE_NAME);

    if (n == 0 || n == CERTIFICATE_NAME || !utf8_is_valid(text, n))
        return 0;
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return 0;
    }
    return 1;
}

/* What of it has to be the host's own. */
static int sdk_line(char *text, size_t room)
{
    return snprintf(text, room, "sdk: %d.%d, layout %08x\n", AGON_ABI_MAJOR, AGON_ABI_MINOR,
                    AGON_LAYOUT_HASH);
}

int certificate_write(const char *plugin_path, const struct certificate *certificate,
                      struct error *err)
{
    char *text = malloc(CERTIFICATE_BYTES);
    char path[4096], hash[HEX], seal[HEX], when[CLOCK_TEXT], sdk[64], shown[256];
    const char *name = strrchr(plugin_path, '/');
    int n, rc = path_of(plugin_path, path, sizeof(path), err);

    if (text == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a certificate");
    name = name != NULL ? name + 1 : plugin_path;
    (void)utf8_escape(name, strlen(name), shown, sizeof(shown));
    hash_hex(certificate->hash, hash);
    clock_text(certificate->t, when);
    (void)sdk_line(sdk, sizeof(sdk));
    n = snprintf(text, CERTIFICATE_BYTES,
                 "agon certificate %d\n"
                 "hash: %s\n"
                 "%s"
                 "runner: inproc\n"
                 "file: %s\n"
                 "plugin: %s %s\n"
                 "agon: %s\n"
                 "operator: %s\n"
                 "date: %s\n"
                 "%s",
                 CERTIFICATE_FORM, hash, sdk, shown, certificate->plugin, certificate->version,
                 AGON_VERSION, certificate->operator_name, when, certificate->checks);
    if (rc >= 0 && n + (int)sizeof(SEAL) + HEX >= CERTIFICATE_BYTES)
        rc = error_set(err, AGON_ERANGE, "the certificate is too long");
    if (rc >= 0) {
        seal_of(text, (size_t)n, seal);
        n += snprintf(text + n, (size_t)(CERTIFICATE_BYTES - n), SEAL "%s\n", seal);
        rc = file_write_atomic(path, text, (uint64_t)n, 0644, err);
    }
    free(text);
    return rc;
}

static int judge(const char *text, uint64_t n, const char *hash, const char **fault)
{
    char head[256], sdk[64], seal[HEX];
    const char *last = NULL;

    for (const char *at = text; (at = strstr(at, "\n" SEAL)) != NULL; at++)
        last = at + 1;
    (void)sdk_line(sdk, sizeof(sdk));
    *fault = "is not a certificate, or was changed";
    if (memchr(text, 0, n) != NULL || last == NULL ||
        n != (uint64_t)(last - text) + strlen(SEAL) + 2 * HASH_SIZE + 1)
        return 0;
    seal_of(text, (size_t)(last - text), seal);
    if (strncmp(last + strlen(SEAL), seal, 2 * HASH_SIZE) != 0)
        return 0;
    (void)snprintf(head, sizeof(head), "agon certificate %d\n", CERTIFICATE_FORM);
    *fault = "is of another version of agon";
    if (strncmp(text, head, strlen(head)) != 0)
        return 0;
    text += strlen(head);
    *fault = "is another file's";
    if (strncmp(text, "hash: ", 6) != 0 || strncmp(text + 6, hash, 2 * HASH_SIZE) != 0 ||
        text[6 + 2 * HASH_SIZE] != '\n')
        return 0;
    text += 6 + 2 * HASH_SIZE + 1;
    *fault = "is for another SDK";
    return strncmp(text, sdk, strlen(sdk)) == 0;
}

int certificate_check(const char *plugin_path, const unsigned char hash[HASH_SIZE],
                      struct error *err)
{
    const char *fault = "is not there", *name = strrchr(plugin_path, '/');
    char path[4096], hex[HEX];
    struct error why = {0};
    char *text = NULL;
    uint64_t n = 0;
    int rc = path_of(plugin_path, path, sizeof(path), err);

    if (rc < 0)
        return rc;
    hash_hex(hash, hex);
    rc = file_read(path, CERTIFICATE_BYTES, &text, &n, &why);
    if (rc < 0 && rc != AGON_ENOENT)
        fault = "cannot be read";
    if (rc >= 0 && judge(text, n, hex, &fault))
        fault = NULL;
    free(text);
    name = name != NULL ? name + 1 : plugin_path;
    return fault == NULL ? AGON_OK
                         : error_set(err, AGON_EINVAL,
                                     "inproc takes a certificate, and %.60s" CERTIFICATE_SUFFIX
                                     " %s: `agon validate --certify %.60s` makes it",
                                     name, fault, name);
}
