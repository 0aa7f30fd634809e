// SPDX-License-Identifier: Apache-2.0
/* sign: Kraken's API-Sign: base64 of HMAC-SHA-512 over path and SHA-256 of nonce and body, by the
 * decoded secret. [io] */
#ifndef VENUE_KRAKEN_SIGN_H
#define VENUE_KRAKEN_SIGN_H

#include "base/error.h"
#include "venue/secret.h"

#define KRAKEN_SIGNATURE_TEXT 89 /* base64 of 64 bytes, and a NUL */

struct kraken_signer {
    _Alignas(64) unsigned char opaque[512];
};
/* The secret as the venue gave it, in base64. AGON_EINVAL: it is none. */
int kraken_signer_init(struct kraken_signer *signer, const struct secret *secret,
                       struct error *err);
void kraken_signer_wipe(struct kraken_signer *signer);
/* nonce is the text that stands in the body too. */
void kraken_sign(const struct kraken_signer *signer, const char *path, const char *nonce,
                 const char *body, size_t n, char text[KRAKEN_SIGNATURE_TEXT]);

#endif
