// SPDX-License-Identifier: Apache-2.0
#include "venue/binance/sign.h"

#include <sodium.h>
#include <stdio.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "net/http.h"
#include "venue/hmac.h"

#define SAID_PARAMS 32
#define SAID_ROOM   2048
/* What stands around the parameters of an object, and its signature. */
#define SAID_MARKS (SAID_PARAMS * 6 + 32 + BINANCE_SIGNATURE_TEXT)

struct ed25519_state {
    unsigned char key[crypto_sign_SECRETKEYBYTES];
};
_Static_assert(sizeof(struct hmac_key) <= sizeof(((struct binance_signer *)0)->opaque), "room");
_Static_assert(sizeof(struct ed25519_state) <= sizeof(((struct binance_signer *)0)->opaque),
               "room");

/* RFC 8410: what stands before the 32 bytes of an Ed25519 seed in PKCS#8. */
static const unsigned char pkcs8_head[16] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                             0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

static int read_seed(const struct secret *secret, unsigned char seed[32])
{
    static const char begin[] = "-----BEGIN PRIVATE KEY-----";
    static const char end[] = "-----END PRIVATE KEY-----";
    const char *text = (const char *)secret->bytes;
    const char *from;
    const char *to;
    unsigned char der[64];
    size_t n = 0;
    int rc = AGON_EINVAL;

    if (secret->n == 64 && sodium_hex2bin(seed, 32, text, 64, NULL, &n, NULL) == 0 && n == 32)
        return AGON_OK;
    from = memmem(text, secret->n, begin, sizeof(begin) - 1);
    if (from == NULL)
        return AGON_EINVAL;
    from += sizeof(begin) - 1;
    to = memmem(from, secret->n - (size_t)(from - text), end, sizeof(end) - 1);
    if (to != NULL &&
        sodium_base642bin(der, sizeof(der), from, (size_t)(to - from), " \r\n", &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) == 0 &&
        n == sizeof(pkcs8_head) + 32 && memcmp(der, pkcs8_head, sizeof(pkcs8_head)) == 0) {
        memcpy(seed, der + sizeof(pkcs8_head), 32);
        rc = AGON_OK;
    }
    sodium_memzero(der, sizeof(der));
    return rc;
}

int binance_signer_init(struct binance_signer *signer, enum binance_sign_kind kind,
                        const struct secret *secret, struct error *err)
{
    memset(signer, 0, sizeof(*signer));
    if (secret->n == 0)
        return error_set(err, AGON_EINVAL, "the API secret is empty");
    switch (kind) {
    case BINANCE_SIGN_HMAC:
        hmac_key_init((struct hmac_key *)(void *)signer->opaque, secret->bytes, secret->n);
        break;
    case BINANCE_SIGN_ED25519: {
        struct ed25519_state *state = (struct ed25519_state *)(void *)signer->opaque;
        unsigned char seed[crypto_sign_SEEDBYTES];
        unsigned char public[crypto_sign_PUBLICKEYBYTES];

        if (read_seed(secret, seed) < 0)
            return error_set(err, AGON_EINVAL,
                             "the Ed25519 key is neither a PEM private key nor 64 hex digits");
        crypto_sign_seed_keypair(public, state->key, seed);
        sodium_memzero(seed, sizeof(seed));
        break;
    }
    default:
        return error_set(err, AGON_EINVAL, "unknown kind of signature");
    }
    signer->kind = (uint8_t)kind;
    return AGON_OK;
}

void binance_signer_wipe(struct binance_signer *signer)
{
    sodium_memzero(signer, sizeof(*signer));
}

#if defined(__SSE2__)
/* Two digits for each of n bytes, sixteen of them at once: n is a multiple of that. Written as
 * whole as what copies them reads them (net/http_write.c). */
static inline void write_hex(const unsigned char *bytes, size_t n, char *text)
{
    const __m128i nine = _mm_set1_epi8(9), four_bits = _mm_set1_epi8(0x0f);
    const __m128i zero = _mm_set1_epi8('0'), letters = _mm_set1_epi8('a' - '0' - 10);

    for (size_t i = 0; i < n; i += 16) {
        __m128i both = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
        __m128i high = _mm_and_si128(_mm_srli_epi16(both, 4), four_bits);
        __m128i low = _mm_and_si128(both, four_bits);
        __m128i digits[2] = {_mm_unpacklo_epi8(high, low), _mm_unpackhi_epi8(high, low)};

        for (int k = 0; k < 2; k++) {
            __m128i more = _mm_and_si128(_mm_cmpgt_epi8(digits[k], nine), letters);

            _mm_storeu_si128((__m128i *)(void *)(text + 2 * i + 16 * k),
                             _mm_add_epi8(_mm_add_epi8(digits[k], zero), more));
        }
    }
}
#else
#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

/* Two digits for each of n bytes, four of them at once: n is a multiple of that. The first of a
 * word's bytes is its lowest, as everywhere here. */
static void write_hex(const unsigned char *bytes, size_t n, char *text)
{
    for (size_t i = 0; i < n; i += 4) {
        uint64_t digits = (uint64_t)bytes[i] | (uint64_t)bytes[i + 1] << 16 |
                          (uint64_t)bytes[i + 2] << 32 | (uint64_t)bytes[i + 3] << 48;

        digits = (digits >> 4 & 0x000f000f000f000fu) | (digits & 0x000f000f000f000fu) << 8;
        digits += EACH('0') + ((digits + EACH(6)) >> 4 & EACH(1)) * ('a' - '0' - 10);
        memcpy(text + 2 * i, &digits, 8);
    }
}
#endif

/* 65 bytes of text. */
static size_t write_mac(const unsigned char mac[HMAC_BYTES], char *text)
{
    write_hex(mac, HMAC_BYTES, text);
    text[2 * HMAC_BYTES] = '\0';
    return 2 * HMAC_BYTES;
}

static size_t sign_by(const struct hmac_key *key, const void *bytes, size_t n,
                      char text[BINANCE_SIGNATURE_TEXT])
{
    struct hmac hmac;
    unsigned char mac[HMAC_BYTES];

    hmac_begin(&hmac, key);
    hmac_add(&hmac, bytes, n);
    hmac_end(&hmac, mac);
    return write_mac(mac, text);
}

uint32_t binance_signer_begin(const struct binance_signer *signer, struct hmac_key *key,
                              const void *bytes, size_t n)
{
    if (signer->kind != BINANCE_SIGN_HMAC)
        return 0;
    memcpy(key, signer->opaque, sizeof(*key));
    return (uint32_t)hmac_key_ahead(key, bytes, n);
}

size_t binance_sign(const struct binance_signer *signer, const void *bytes, size_t n,
                    char text[BINANCE_SIGNATURE_TEXT])
{
    if (signer->kind == BINANCE_SIGN_HMAC) {
        return sign_by((const struct hmac_key *)(const void *)signer->opaque, bytes, n, text);
    } else {
        const struct ed25519_state *state =
            (const struct ed25519_state *)(const void *)signer->opaque;
        unsigned char signature[crypto_sign_BYTES];

        REQUIRE(signer->kind == BINANCE_SIGN_ED25519);
        crypto_sign_detached(signature, NULL, bytes, n, state->key);
        sodium_bin2base64(text, BINANCE_SIGNATURE_TEXT, signature, sizeof(signature),
                          sodium_base64_VARIANT_ORIGINAL);
    }
    return strlen(text);
}

void binance_params_init(struct binance_params *params, char *text, size_t room)
{
    params->text = text;
    params->room = room;
    params->n = 0;
    params->is_full = room == 0;
    params->is_plain = 0;
    params->has_window = 0;
    params->has_id = 0;
    params->hashed = NULL;
    params->n_hashed = 0;
    if (room > 0)
        text[0] = 0;
}

char *binance_params_target(const struct binance_params *params, const char *base, const char *path)
{
    size_t n_base = strlen(base), n_path = strlen(path), n_mark = params->n > 0;
    char *at = params->text;

    if (n_base + n_path + n_mark > BINANCE_PATH_ROOM)
        return NULL;
    if (n_mark != 0)
        *--at = '?';
    at -= n_path;
    memcpy(at, path, n_path);
    at -= n_base;
    memcpy(at, base, n_base);
    return at;
}

/* Length, or below 0: it does not fit, or is none that stands for itself. */
static int64_t copy_plain(const char *value, size_t n, char *out, size_t room)
{
    if (n >= room)
        return AGON_ENOSPC;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)value[i];

        if (c < ' ' || c == 127 || c == '"' || c == '\\' || c == '&' || c == '=')
            return AGON_ENOSPC;
    }
    memcpy(out, value, n);
    return (int64_t)n;
}

/* "&name=": 0: it does not fit. */
static int begin(struct binance_params *params, const char *name, size_t n_name)
{
    if (params->is_full || params->room - params->n < n_name + 3) {
        params->is_full = 1;
        return 0;
    }
    if (params->n > 0)
        params->text[params->n++] = '&';
    memcpy(params->text + params->n, name, n_name);
    params->n += n_name;
    params->text[params->n++] = '=';
    return 1;
}

void binance_params_add_n(struct binance_params *params, const char *name, size_t n_name,
                          const char *value, size_t n_value)
{
    int64_t n;

    if (!begin(params, name, n_name))
        return;
    n = params->is_plain
            ? copy_plain(value, n_value, params->text + params->n, params->room - params->n)
            : http_pct_encode(value, n_value, params->text + params->n, params->room - params->n);
    if (n < 0) {
        params->is_full = 1;
        return;
    }
    params->n += (size_t)n;
    params->text[params->n] = 0;
}

int binance_params_sign(struct binance_params *params, const struct binance_signer *signer)
{
    char signature[BINANCE_SIGNATURE_TEXT];
    size_t n;

    if (params->is_full)
        return AGON_ENOSPC;
    if (params->n_hashed > 0) {
        unsigned char mac[HMAC_BYTES];

        hmac_whole(params->hashed, params->text + params->n_hashed, params->n - params->n_hashed,
                   params->room - params->n_hashed, mac);
        binance_params_add_bare(params, "signature", "", 0);
        params->is_full |= params->room - params->n <= 2 * HMAC_BYTES;
        if (params->is_full)
            return AGON_ENOSPC;
        params->n += write_mac(mac, params->text + params->n);
        return AGON_OK;
    }
    n = binance_sign(signer, params->text, params->n, signature);
    if (signer->kind == BINANCE_SIGN_HMAC) // of one length, which makes its copy a few moves
        binance_params_add_bare(params, "signature", signature, 2 * HMAC_BYTES);
    else
        binance_params_add_n(params, "signature", 9, signature, n);
    return params->is_full ? AGON_ENOSPC : AGON_OK;
}

struct pair {
    const char *name, *value;
    size_t n_name, n_value;
};

static int comes_before(const struct pair *a, const struct pair *b)
{
    size_t n = a->n_name < b->n_name ? a->n_name : b->n_name;
    int order = memcmp(a->name, b->name, n);

    return order != 0 ? order < 0 : a->n_name < b->n_name;
}

/* In the order of their names; how many, or AGON_ENOSPC. */
static int sort_pairs(const char *text, struct pair pairs[SAID_PARAMS])
{
    int n = 0;

    while (*text != '\0') {
        size_t n_pair = strcspn(text, "&");
        struct pair pair = {.name = text, .n_name = strcspn(text, "=")};
        int at = n++;

        if (n > SAID_PARAMS)
            return AGON_ENOSPC;
        pair.value = text + pair.n_name + 1;
        pair.n_value = n_pair - pair.n_name - 1;
        for (; at > 0 && comes_before(&pair, &pairs[at - 1]); at--)
            pairs[at] = pairs[at - 1];
        pairs[at] = pair;
        text += n_pair + (text[n_pair] == '&');
    }
    return n;
}

static int is_bare(const struct pair *pair)
{
    return (pair->n_name == 9 && memcmp(pair->name, "timestamp", 9) == 0) ||
           (pair->n_name == 10 && memcmp(pair->name, "recvWindow", 10) == 0);
}

int64_t binance_params_say(const struct binance_params *params, const struct binance_signer *signer,
                           char *json, size_t room)
{
    struct pair pairs[SAID_PARAMS];
    char signature[BINANCE_SIGNATURE_TEXT];
    char payload[SAID_ROOM];
    int64_t n_json;
    size_t n = 0, used = 1;
    int n_pairs;

    if (params->is_full || params->n >= sizeof(payload) ||
        (n_pairs = sort_pairs(params->text, pairs)) < 0 || room < params->n + SAID_MARKS)
        return AGON_ENOSPC;
    json[0] = '{';
    for (int i = 0; i < n_pairs; i++) {
        const char *mark = is_bare(&pairs[i]) ? "" : "\"";

        n += (size_t)snprintf(payload + n, sizeof(payload) - n, "%s%.*s", i > 0 ? "&" : "",
                              (int)(pairs[i].n_name + 1 + pairs[i].n_value), pairs[i].name);
        used +=
            (size_t)snprintf(json + used, room - used, "\"%.*s\":%s%.*s%s,", (int)pairs[i].n_name,
                             pairs[i].name, mark, (int)pairs[i].n_value, pairs[i].value, mark);
    }
    REQUIRE(n == params->n && used < room);
    binance_sign(signer, payload, n, signature);
    explicit_bzero(payload, sizeof(payload)); // the key is in it
    n_json = snprintf(json + used, room - used, "\"signature\":\"%s\"}", signature);
    REQUIRE(n_json > 0 && (size_t)n_json < room - used); // SAID_MARKS has it
    return (int64_t)used + n_json;
}
