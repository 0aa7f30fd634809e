// SPDX-License-Identifier: Apache-2.0
/* tls_ca: a certificate authority and a leaf certificate made in memory, so that the simulated
 * venue and tests speak real, verified TLS without the openssl program and without a key on disk.
 * EC P-256; the authority signs nothing else and its key is dropped. [any] */
#ifndef NET_TLS_CA_H
#define NET_TLS_CA_H

#include "base/error.h"

struct tls_ca {
    char *ca_pem;   /* owned: what a client trusts */
    char *cert_pem; /* owned: leaf */
    char *key_pem;  /* owned: the leaf's key */
};
/* names: comma-separated SAN entries, names or addresses; NULL: "localhost,127.0.0.1,::1". Valid
 * from days_from to days_to from now (NULL-like default 0,0: -1 to 90); an expired one is made by
 * -2, -1. AGON_ENOMEM, AGON_EINVAL, AGON_EIO. */
int tls_ca_make(struct tls_ca *ca, const char *names, int days_from, int days_to,
                struct error *err);
void tls_ca_deinit(struct tls_ca *ca); /* the key is wiped */
/* Writes ca_pem to path (new or replaced by rename, mode 0644). AGON_EIO. */
int tls_ca_write(const struct tls_ca *ca, const char *path, struct error *err);

#endif
