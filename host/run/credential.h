// SPDX-License-Identifier: Apache-2.0
/* credential: keys by name, from files that nobody else can read.
 *
 * The store is $CREDENTIALS_DIRECTORY (as a service manager gives it), else
 * ~/.config/agon/credentials. A credential is a regular file of two lines, "key: ..." and "secret:
 * ..." (and a third, "passphrase: ...", where the venue has one), owned by this user, mode 0400 or
 * 0600, and no symbolic link. In $CREDENTIALS_DIRECTORY it may be root's: a service manager leaves
 * it so and lets this user read it by an access list, which shows as mode 0440. What it holds is
 * never printed. [control] */
#ifndef RUN_CREDENTIAL_H
#define RUN_CREDENTIAL_H

#include "base/error.h"
#include "venue/secret.h"

/* AGON_ENOENT; AGON_EPERM: others could read it; AGON_EINVAL: not of that form. */
/* passphrase is left empty where the file has none. */
int credential_read(const char *name, struct secret *key, struct secret *secret,
                    struct secret *passphrase, struct error *err);

#endif
