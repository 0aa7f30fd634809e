// SPDX-License-Identifier: Apache-2.0
#include "venue/okx/sign.h"

#include <sodium.h>
#include <string.h>

struct state {
    crypto_auth_hmacsha256_state begun;
};
_Static_assert(sizeof(struct state) <= sizeof(((struct okx_signer *)0)->opaque), "signer");

int okx_signer_init(struct okx_signer *signer, const struct secret *secret, struct error *err)
{
    struct state *state = (struct state *)(void *)signer->opaque;

    memset(signer, 0, sizeof(*signer));
    if (secret->n == 0)
        return error_set(err, AGON_EINVAL, "the API secret is empty");
    crypto_auth_hmacsha256_init(&state->begun, secret->bytes, secret->n);
    return AGON_OK;
}

void okx_signer_wipe(struct okx_signer *signer)
{
    sodium_memzero(signer, sizeof(*signer));
}

void okx_sign(const struct okx_signer *signer, const char *stamp, const char *method,
              const char *path, const char *body, size_t n, char text[OKX_SIGNATURE_TEXT])
{
    struct state state;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];

    memcpy(&state, signer->opaque, sizeof(state));
    crypto_auth_hmacsha256_update(&state.begun, (const unsigned char *)stamp, strlen(stamp));
    crypto_auth_hmacsha256_update(&state.begun, (const unsigned char *)method, strlen(method));
    crypto_auth_hmacsha256_update(&state.begun, (const unsigned char *)path, strlen(path));
    crypto_auth_hmacsha256_update(&state.begun, (const unsigned char *)body, n);
    crypto_auth_hmacsha256_final(&state.begun, mac);
    sodium_bin2base64(text, OKX_SIGNATURE_TEXT, mac, sizeof(mac), sodium_base64_VARIANT_ORIGINAL);
    sodium_memzero(&state, sizeof(state));
}
