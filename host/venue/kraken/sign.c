// SPDX-License-Identifier: Apache-2.0
#include "venue/kraken/sign.h"

#include <sodium.h>
#include <string.h>

struct state {
    crypto_auth_hmacsha512_state begun; // both pads are in; copied for each signature
};
_Static_assert(sizeof(struct state) <= sizeof(((struct kraken_signer *)0)->opaque), "room");

int kraken_signer_init(struct kraken_signer *signer, const struct secret *secret, struct error *err)
{
    struct state *state = (struct state *)(void *)signer->opaque;
    unsigned char key[SECRET_MAX];
    size_t n = 0;
    int rc = AGON_OK;

    memset(signer, 0, sizeof(*signer));
    if (secret->n == 0 ||
        sodium_base642bin(key, sizeof(key), (const char *)secret->bytes, secret->n, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        n == 0)
        rc = error_set(err, AGON_EINVAL, "the API secret is empty or not base64");
    else
        crypto_auth_hmacsha512_init(&state->begun, key, n);
    sodium_memzero(key, sizeof(key));
    return rc;
}

void kraken_signer_wipe(struct kraken_signer *signer)
{
    sodium_memzero(signer, sizeof(*signer));
}

void kraken_sign(const struct kraken_signer *signer, const char *path, const char *nonce,
                 const char *body, size_t n, char text[KRAKEN_SIGNATURE_TEXT])
{
    struct state state;
    crypto_hash_sha256_state hash;
    unsigned char digest[crypto_hash_sha256_BYTES];
    unsigned char mac[crypto_auth_hmacsha512_BYTES];

    crypto_hash_sha256_init(&hash);
    crypto_hash_sha256_update(&hash, (const unsigned char *)nonce, strlen(nonce));
    crypto_hash_sha256_update(&hash, (const unsigned char *)body, n);
    crypto_hash_sha256_final(&hash, digest);
    memcpy(&state, signer->opaque, sizeof(state));
    crypto_auth_hmacsha512_update(&state.begun, (const unsigned char *)path, strlen(path));
    crypto_auth_hmacsha512_update(&state.begun, digest, sizeof(digest));
    crypto_auth_hmacsha512_final(&state.begun, mac);
    sodium_bin2base64(text, KRAKEN_SIGNATURE_TEXT, mac, sizeof(mac),
                      sodium_base64_VARIANT_ORIGINAL);
    sodium_memzero(&state, sizeof(state));
}
