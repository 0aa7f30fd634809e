// SPDX-License-Identifier: Apache-2.0
/* certificate: an operator's record that a plugin file passed the checks for `inproc`: FILE.cert,
 * beside FILE, lines of text. It names the file by its hash, says which checks were made with what
 * result, for which SDK, by whom and when, and ends with a hash over all that.
 *
 * A host wants one before it calls a plugin in its own process. It is no signature: who can write
 * beside the file can make one, by the same command. What it rules out is that a file runs inproc
 * which nobody has checked, or another than the one that was. */
#ifndef AGENT_CERTIFICATE_H
#define AGENT_CERTIFICATE_H

#include <agon/types.h>

#include "base/error.h"
#include "base/hash.h"

#define CERTIFICATE_SUFFIX ".cert"
#define CERTIFICATE_FORM   1     /* + 1 when a check is added that older ones lack */
#define CERTIFICATE_BYTES  65536 /* the most that one may have */
#define CERTIFICATE_NAME   64    /* of an operator, with its end */

struct certificate {
    unsigned char hash[HASH_SIZE]; /* of the file */
    const char *plugin, *version;  /* as the file's note says */
    const char *operator_name;     /* one line of UTF-8 without control characters */
    agon_ns_t t;                   /* UTC */
    const char *checks;            /* lines of "check ID: verdict" */
};

/* Writes it beside the plugin file, over one that is there. AGON_EIO, AGON_EPERM, AGON_ENOSPC,
 * AGON_ERANGE: too long. [control] */
int certificate_write(const char *plugin_path, const struct certificate *certificate,
                      struct error *err);
/* Is there one for a file of that hash? AGON_EINVAL: no, and what to do is in err. [control] */
int certificate_check(const char *plugin_path, const unsigned char hash[HASH_SIZE],
                      struct error *err);
/* May somebody be called so there? [any] */
int certificate_is_name(const char *text);

#endif
