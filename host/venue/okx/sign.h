// SPDX-License-Identifier: Apache-2.0
/* sign: HMAC-SHA256 as OKX wants it: base64 of time stamp, method, path with query, and body. [any]
 */
#ifndef VENUE_OKX_SIGN_H
#define VENUE_OKX_SIGN_H

#include "base/error.h"
#include "venue/secret.h"

#define OKX_SIGNATURE_TEXT 48 /* with a NUL */

struct okx_signer {
    _Alignas(16) unsigned char opaque[512];
};

/* AGON_EINVAL: the secret is empty. */
int okx_signer_init(struct okx_signer *signer, const struct secret *secret, struct error *err);
void okx_signer_wipe(struct okx_signer *signer);
void okx_sign(const struct okx_signer *signer, const char *stamp, const char *method,
              const char *path, const char *body, size_t n, char text[OKX_SIGNATURE_TEXT]);

#endif
