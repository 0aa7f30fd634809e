// SPDX-License-Identifier: Apache-2.0
/* tls: see the header. */
#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "sys/clock.h"

static int new_context(SSL_CTX **context, const SSL_METHOD *method, struct error *err)
{
    ERR_clear_error();
    *context = SSL_CTX_new(method);
    if (!*context)
        return error_set(err, AGON_ENOMEM, "out of memory for TLS");
    if (SSL_CTX_set_min_proto_version(*context, TLS1_2_VERSION) != 1) {
        SSL_CTX_free(*context);
        *context = NULL;
        return error_set(err, AGON_EIO, "this OpenSSL does not offer TLS 1.2");
    }
    SSL_CTX_set_options(*context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // A connection that is idle gives its buffers back.
    SSL_CTX_set_mode(*context, SSL_MODE_RELEASE_BUFFERS);
    return AGON_OK;
}

int tls_client_context(SSL_CTX **context, const char *ca_file, struct error *err)
{
    int rc = new_context(context, TLS_client_method(), err);
    int is_good;

    if (rc < 0)
        return rc;
    SSL_CTX_set_verify(*context, SSL_VERIFY_PEER, NULL);
    if (ca_file && *ca_file)
        is_good = SSL_CTX_load_verify_file(*context, ca_file);
    else
        is_good = SSL_CTX_set_default_verify_paths(*context);
    if (is_good == 1)
        return AGON_OK;
    SSL_CTX_free(*context);
    *context = NULL;
    ERR_clear_error();
    return error_set(err, AGON_EINVAL,
                     "no certificate authorities in '%s': it must be a PEM file that can be read",
                     ca_file ? ca_file : "");
}

int tls_server_context(SSL_CTX **context, const char *cert_pem, const char *key_pem,
                       struct error *err)
{
    int rc = new_context(context, TLS_server_method(), err);
    BIO *cert_bio = BIO_new_mem_buf(cert_pem, -1);
    BIO *key_bio = BIO_new_mem_buf(key_pem, -1);
    X509 *cert = NULL;
    EVP_PKEY *key = NULL;

    if (rc == AGON_OK && (!cert_bio || !key_bio))
        rc = error_set(err, AGON_ENOMEM, "out of memory for TLS");
    if (rc == AGON_OK) {
        cert = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL);
        key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
        if (!cert)
            rc = error_set(err, AGON_EINVAL, "the certificate is not PEM");
        else if (!key)
            rc = error_set(err, AGON_EINVAL, "the private key is not PEM, or it has a password");
        else if (SSL_CTX_use_certificate(*context, cert) != 1 ||
                 SSL_CTX_use_PrivateKey(*context, key) != 1 ||
                 SSL_CTX_check_private_key(*context) != 1)
            rc = error_set(err, AGON_EINVAL, "the private key is not that of the certificate");
    }
    // What follows the certificate in the text are the authorities between it and the root.
    while (rc == AGON_OK) {
        X509 *between = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL);
        if (!between)
            break;
        if (SSL_CTX_add0_chain_cert(*context, between) != 1) {
            X509_free(between);
            rc = error_set(err, AGON_ENOMEM, "out of memory for TLS");
        }
    }
    ERR_clear_error();
    X509_free(cert);
    EVP_PKEY_free(key);
    BIO_free(cert_bio);
    BIO_free(key_bio);
    if (rc < 0) {
        SSL_CTX_free(*context);
        *context = NULL;
    }
    return rc;
}

int tls_expect(SSL *ssl, const char *host, int is_undated)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    unsigned char address[16];
    char name[256]; // OpenSSL's macro wants it writable
    size_t n = strlen(host);

    if (n >= sizeof name)
        return AGON_EINVAL;
    memcpy(name, host, n + 1);
    if (is_undated)
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    else
        X509_VERIFY_PARAM_set_time(param, (time_t)(clock_now() / CLOCK_SECOND));
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1 ? AGON_OK : AGON_EINVAL;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(ssl, host) != 1 || SSL_set_tlsext_host_name(ssl, name) != 1)
        return AGON_EINVAL;
    return AGON_OK;
}

void tls_reason(const SSL *ssl, char *text, size_t room)
{
    unsigned long code = ERR_peek_last_error();
    long verify = SSL_get_verify_result(ssl);
    const char *why = ERR_reason_error_string(code);

    if (verify != X509_V_OK)
        snprintf(text, room, "certificate refused: %s", X509_verify_cert_error_string(verify));
    else
        snprintf(text, room, "TLS refused: %s", why ? why : "no reason given");
    ERR_clear_error();
}
