// SPDX-License-Identifier: Apache-2.0
/* sign: Binance's signatures, and the parameter strings they are over.
 *
 * REST signs the percent-encoded parameters exactly as they are sent, in the order they are sent;
 * the WebSocket API signs name=value pairs in the order of their names, not encoded. HMAC-SHA256
 * gives hex, Ed25519 base64. The key's state is made once (the pads of HMAC, the key pair) and
 * holds no printable form of the secret. [any, one thread] */
#ifndef VENUE_BINANCE_SIGN_H
#define VENUE_BINANCE_SIGN_H

#include <string.h>

#include "base/error.h"
#include "base/num.h"
#include "venue/secret.h"

enum binance_sign_kind { BINANCE_SIGN_NONE = 0, BINANCE_SIGN_HMAC = 1, BINANCE_SIGN_ED25519 = 2 };

#define BINANCE_SIGNATURE_TEXT 96 /* hex of 32 bytes, or base64 of 64, and a NUL */

struct binance_signer {
    uint8_t kind; /* enum binance_sign_kind */
    _Alignas(64) unsigned char opaque[512];
};

/* HMAC: the secret as the venue gave it. Ed25519: 64 hex digits of the seed, or the private key in
 * PEM (PKCS#8). AGON_EINVAL with a reason that never holds the secret. */
int binance_signer_init(struct binance_signer *signer, enum binance_sign_kind kind,
                        const struct secret *secret, struct error *err);
void binance_signer_wipe(struct binance_signer *signer);
/* Signature of n bytes as text: hex or base64, not percent-encoded. Its length. */
size_t binance_sign(const struct binance_signer *signer, const void *bytes, size_t n,
                    char text[BINANCE_SIGNATURE_TEXT]);

struct hmac_key;
/* Makes key one of messages that begin with these bytes, as far as it can; how many of them. 0: by
 * that kind of signature, or of so few, none. */
uint32_t binance_signer_begin(const struct binance_signer *signer, struct hmac_key *key,
                              const void *bytes, size_t n);

/* Parameters as they go on the wire: name=value&name=value, values percent-encoded. */
struct binance_params {
    char *text; /* borrowed; NUL-terminated */
    size_t room, n;
    int is_full;
    int has_window;                /* recvWindow is among them */
    int has_id;                    /* newClientOrderId is, and the value of quantity is next */
    const struct hmac_key *hashed; /* with n_hashed: of what begins with those of their bytes */
    uint32_t n_hashed;
    int is_plain; /* not encoded, for binance_params_say; what JSON or & would mark does not fit */
};
void binance_params_init(struct binance_params *params, char *text, size_t room);
/* Puts base and path, and a '?' where parameters are there, right before the text, which has
 * BINANCE_PATH_ROOM bytes in front of it: what is signed is written once. The whole target; NULL:
 * base and path are longer. */
#define BINANCE_PATH_ROOM 256
char *binance_params_target(const struct binance_params *params, const char *base,
                            const char *path);
void binance_params_add_n(struct binance_params *params, const char *name, size_t n_name,
                          const char *value, size_t n_value);
static inline void binance_params_add(struct binance_params *params, const char *name,
                                      const char *value)
{
    binance_params_add_n(params, name, strlen(name), value, strlen(value));
}
/* Of letters, digits, '.', '_' and '-', which stand for themselves: a number, an id of ours.
 * Inlined, since the length of a name is known where it is written, and an order has eight of
 * these. */
static inline void binance_params_add_bare(struct binance_params *params, const char *name,
                                           const char *value, size_t n_value)
{
    size_t n_name = strlen(name);
    char *at = params->text + params->n;

    if (params->is_full || params->room - params->n < (params->n > 0) + n_name + n_value + 2) {
        params->is_full = 1;
        return;
    }
    *at = '&';
    at += params->n > 0;
    memcpy(at, name, n_name);
    at += n_name;
    *at++ = '=';
    memcpy(at, value, n_value);
    at += n_value;
    *at = '\0';
    params->n = (size_t)(at - params->text);
}
/* What stands behind a name that is there already. */
static inline void binance_params_add_value(struct binance_params *params, const char *value,
                                            size_t n_value)
{
    if (params->is_full || params->room - params->n < n_value + 1) {
        params->is_full = 1;
        return;
    }
    memcpy(params->text + params->n, value, n_value);
    params->n += n_value;
    params->text[params->n] = '\0';
}
/* A word of the API. */
static inline void binance_params_add_word(struct binance_params *params, const char *name,
                                           const char *word)
{
    binance_params_add_bare(params, name, word, strlen(word));
}
/* A number behind a name that is there already: written where it goes, where there is room for any.
 */
static inline void binance_params_add_decimal_value(struct binance_params *params, int64_t value,
                                                    int exp)
{
    char text[NUM_TEXT];

    if (params->is_full || params->room - params->n < NUM_TEXT)
        binance_params_add_value(params, text, (size_t)num_format_short(value, exp, text));
    else
        params->n += (size_t)num_format_short(value, exp, params->text + params->n);
}
static inline void binance_params_add_decimal(struct binance_params *params, const char *name,
                                              int64_t value, int exp)
{
    binance_params_add_bare(params, name, "", 0);
    binance_params_add_decimal_value(params, value, exp);
}
static inline void binance_params_add_u64(struct binance_params *params, const char *name,
                                          uint64_t value)
{
    char text[NUM_DIGITS];

    binance_params_add_bare(params, name, "", 0);
    if (params->is_full || params->room - params->n <= NUM_DIGITS) {
        binance_params_add_value(params, text, num_write(value, text));
        return;
    }
    params->n += num_write(value, params->text + params->n);
    params->text[params->n] = '\0';
}
/* Signs what is there and adds it. AGON_ENOSPC: the parameters did not fit. */
int binance_params_sign(struct binance_params *params, const struct binance_signer *signer);
/* Plain ones as the WebSocket API has them: an object of texts, but for recvWindow and timestamp,
 * in the order of their names, with their signature. Its length; AGON_ENOSPC. */
int64_t binance_params_say(const struct binance_params *params, const struct binance_signer *signer,
                           char *json, size_t room);

#endif
