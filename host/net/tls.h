// SPDX-License-Identifier: Apache-2.0
/* tls: OpenSSL contexts of both roles, and errors in words. Internal to net. TLS 1.2 or newer, no
 * renegotiation, no compression. [any, one thread per context] */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/error.h"

#include <openssl/ssl.h>

/* Verifies the peer against ca_file (PEM), or the system's authorities when it is empty.
 * AGON_EINVAL: the file does not hold any; AGON_ENOMEM. */
int tls_client_context(SSL_CTX **context, const char *ca_file, struct error *err);
/* From PEM in memory. AGON_EINVAL: not a certificate, not its key. */
int tls_server_context(SSL_CTX **context, const char *cert_pem, const char *key_pem,
                       struct error *err);
/* Makes ssl demand that the peer is host, a name (sent as SNI) or an address, and that its
 * certificate is valid now, by the clock of this process and not by the system's. is_undated: its
 * dates do not count. AGON_EINVAL. */
int tls_expect(SSL *ssl, const char *host, int is_undated);
/* Why the last operation on ssl failed, for people; empties OpenSSL's queue. */
void tls_reason(const SSL *ssl, char *text, size_t room);

#endif
