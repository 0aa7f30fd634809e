// SPDX-License-Identifier: Apache-2.0
/* hmac: HMAC-SHA256 (RFC 2104) of many messages with one key, whose two pads are hashed once.
 * OpenSSL hashes, by the processor's own instructions where it has them: libsodium has none of
 * those, and a signature was half of what an order's request took (docs/adr/0114). The state of a
 * key is as secret as the key: it lies where its owner keeps such, and is wiped by it. [any, one
 * thread] */
#ifndef VENUE_HMAC_H
#define VENUE_HMAC_H

#include <stddef.h>

#define HMAC_BYTES 32

struct hmac_key { /* what is hashed so far, inside and outside */
    _Alignas(8) unsigned char opaque[224];
};
struct hmac { /* of a message */
    struct hmac_key state;
};

void hmac_key_init(struct hmac_key *key, const void *secret, size_t n);
/* As far as whole blocks go makes it the key of messages that begin with these bytes; how many of
 * them, which hmac_add is not to be given again. */
size_t hmac_key_ahead(struct hmac_key *key, const void *bytes, size_t n);
void hmac_begin(struct hmac *hmac, const struct hmac_key *key);
void hmac_add(struct hmac *hmac, const void *bytes, size_t n);
/* The same of a whole message, of which no byte was given before but by hmac_key_ahead: block by
 * block, without what Update and Final do around them for messages that come in parts. What an
 * order's bytes wait for. room: bytes that may be read there, n or more; what is behind the message
 * counts for nothing. */
void hmac_whole(const struct hmac_key *key, const void *bytes, size_t n, size_t room,
                unsigned char mac[HMAC_BYTES]);
/* Wipes it, too. */
void hmac_end(struct hmac *hmac, unsigned char mac[HMAC_BYTES]);

#endif
