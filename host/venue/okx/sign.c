// SPDX-License-Identifier: Apache-2.0
#include "venue/okx/sign.h"

#include <sodium.h>
#include <string.h>

#include "venue/hmac.h"

_Static_assert(sizeof(struct hmac_key) <= sizeof(((struct okx_signer *)0)->opaque), "signer");

int okx_signer_init(struct okx_signer *signer, const struct secret *secret, struct error *err)
{
    memset(signer, 0, sizeof(*signer));
    if (secret->n == 0)
        return error_set(err, AGON_EINVAL, "the API secret is empty");
    hmac_key_init((struct hmac_key *)(void *)signer->opaque, secret->bytes, secret->n);
    return AGON_OK;
}

void okx_signer_wipe(struct okx_signer *signer)
{
    sodium_memzero(signer, sizeof(*signer));
}

void okx_sign(const struct okx_signer *signer, const char *stamp, const char *method,
              const char *path, const char *body, size_t n, char text[OKX_SIGNATURE_TEXT])
{
    struct hmac hmac;
    unsigned char mac[HMAC_BYTES];

    hmac_begin(&hmac, (const struct hmac_key *)(const void *)signer->opaque);
    hmac_add(&hmac, stamp, strlen(stamp));
    hmac_add(&hmac, method, strlen(method));
    hmac_add(&hmac, path, strlen(path));
    hmac_add(&hmac, body, n);
    hmac_end(&hmac, mac);
    sodium_bin2base64(text, OKX_SIGNATURE_TEXT, mac, sizeof(mac), sodium_base64_VARIANT_ORIGINAL);
}
