// SPDX-License-Identifier: Apache-2.0
/* tls_ca: see the header. */
#include "net/tls_ca.h"
#include "sys/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/clock.h"

static int add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    int is_good;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (!extension)
        return 0;
    is_good = X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
    return is_good;
}

/* A certificate with everything but its extensions and signature. */
static X509 *new_cert(EVP_PKEY *key, const char *name, int days_from, int days_to)
{
    X509 *cert = X509_new();
    time_t now = (time_t)(clock_now() / CLOCK_SECOND);
    unsigned char serial[16];
    BIGNUM *number = NULL;
    X509_NAME *subject;
    int is_good;

    if (!cert)
        return NULL;
    is_good = RAND_bytes(serial, sizeof serial) == 1;
    serial[0] &= 0x7f; // a serial number is positive
    number = BN_bin2bn(serial, sizeof serial, NULL);
    subject = X509_get_subject_name(cert);
    is_good = is_good && number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) &&
              X509_set_version(cert, 2) && X509_set_pubkey(cert, key) &&
              X509_time_adj_ex(X509_getm_notBefore(cert), days_from, 0, &now) &&
              X509_time_adj_ex(X509_getm_notAfter(cert), days_to, 0, &now) &&
              X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name,
                                         -1, -1, 0);
    BN_free(number);
    if (!is_good) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

/* "a,127.0.0.1" -> "DNS:a,IP:127.0.0.1". A name that could carry another entry is refused. */
static int alternatives(const char *names, char *text, size_t room)
{
    size_t n = 0;

    while (*names) {
        size_t length = strcspn(names, ",");
        char name[256];
        unsigned char address[16];
        int is_address;

        if (length == 0 || length >= sizeof name)
            return 0;
        memcpy(name, names, length);
        name[length] = '\0';
        if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:*") !=
            length)
            return 0;
        is_address =
            inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
        if (!is_address && strchr(name, ':'))
            return 0;
        n += (size_t)snprintf(text + n, room - n, "%s%s:%s", n ? "," : "",
                              is_address ? "IP" : "DNS", name);
        if (n >= room)
            return 0;
        names += length;
        names += *names == ',';
    }
    return n > 0;
}

static char *bio_text(BIO *bio)
{
    char *data;
    long n = BIO_get_mem_data(bio, &data);
    char *text = n < 0 ? NULL : malloc((size_t)n + 1);

    if (text) {
        memcpy(text, data, (size_t)n);
        text[n] = '\0';
    }
    return text;
}

static char *cert_text(X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = bio && PEM_write_bio_X509(bio, cert) ? bio_text(bio) : NULL;

    BIO_free(bio);
    return text;
}

static char *key_text(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *text =
        bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) ? bio_text(bio) : NULL;

    BIO_free(bio);
    return text;
}

int tls_ca_make(struct tls_ca *ca, const char *names, int days_from, int days_to, struct error *err)
{
    EVP_PKEY *ca_key = NULL, *leaf_key = NULL;
    X509 *root = NULL, *leaf = NULL;
    char sans[2048];
    int rc = AGON_OK;

    memset(ca, 0, sizeof *ca);
    if (days_from == 0 && days_to == 0) {
        days_from = -1;
        days_to = 90;
    }
    if (!alternatives(names ? names : "localhost,127.0.0.1,::1", sans, sizeof sans))
        return error_set(err, AGON_EINVAL, "'%s' is not a list of host names and addresses",
                         names ? names : "");
    ERR_clear_error();
    ca_key = EVP_EC_gen("P-256");
    leaf_key = EVP_EC_gen("P-256");
    if (ca_key && leaf_key) {
        root = new_cert(ca_key, "Agon simulated venue authority", -2, 365);
        leaf = new_cert(leaf_key, "Agon simulated venue", days_from, days_to);
    }
    if (!root || !leaf || !X509_set_issuer_name(root, X509_get_subject_name(root)) ||
        !add_extension(root, root, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !add_extension(root, root, NID_key_usage, "critical,keyCertSign") ||
        !add_extension(root, root, NID_subject_key_identifier, "hash") ||
        !X509_sign(root, ca_key, EVP_sha256()) ||
        !X509_set_issuer_name(leaf, X509_get_subject_name(root)) ||
        !add_extension(leaf, root, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(leaf, root, NID_key_usage, "critical,digitalSignature") ||
        !add_extension(leaf, root, NID_ext_key_usage, "serverAuth") ||
        !add_extension(leaf, root, NID_authority_key_identifier, "keyid") ||
        !add_extension(leaf, root, NID_subject_alt_name, sans) ||
        !X509_sign(leaf, ca_key, EVP_sha256())) {
        rc = error_set(err, AGON_EIO, "OpenSSL could not make a certificate for %s", sans);
    } else {
        ca->ca_pem = cert_text(root);
        ca->cert_pem = cert_text(leaf);
        ca->key_pem = key_text(leaf_key);
        if (!ca->ca_pem || !ca->cert_pem || !ca->key_pem)
            rc = error_set(err, AGON_ENOMEM, "out of memory for a certificate");
    }
    ERR_clear_error();
    X509_free(root);
    X509_free(leaf);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(leaf_key);
    if (rc < 0)
        tls_ca_deinit(ca);
    return rc;
}

void tls_ca_deinit(struct tls_ca *ca)
{
    free(ca->ca_pem);
    free(ca->cert_pem);
    if (ca->key_pem)
        explicit_bzero(ca->key_pem, strlen(ca->key_pem));
    free(ca->key_pem);
    memset(ca, 0, sizeof *ca);
}

int tls_ca_write(const struct tls_ca *ca, const char *path, struct error *err)
{
    char temporary[4096];
    FILE *file;
    int is_good;

    if ((size_t)snprintf(temporary, sizeof temporary, "%s.%ld.new", path, (long)getpid()) >=
        sizeof temporary)
        return error_set(err, AGON_EIO, "the path is too long: %s", path);
    file = fopen(temporary, "we");
    if (!file)
        return file_refuse_write(path, errno, AGON_EIO, err);
    is_good = fputs(ca->ca_pem, file) >= 0;
    is_good = fclose(file) == 0 && is_good;
    if (!is_good || rename(temporary, path) != 0) {
        (void)error_set(err, AGON_EIO, "%s cannot be written: %s", path, strerror(errno));
        unlink(temporary);
        return AGON_EIO;
    }
    return AGON_OK;
}
