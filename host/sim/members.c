// SPDX-License-Identifier: Apache-2.0
#include "sim/members.h"

#include <stdlib.h>

#include <sodium.h>
#include <yaml.h>

#include "base/num.h"

#define AMOUNT_EXP 8
#define PPB_EXP    9

void members_default(struct members *members)
{
    struct member *member = &members->all[0];

    memset(members, 0, sizeof(*members));
    members->n = 1;
    strcpy(member->key, "agon-sim-key");
    strcpy(member->secret, "YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==");
    strcpy(member->passphrase, "agon-sim-pass");
    member->permissions = MEMBER_ALL;
    member->n_balances = 3;
    strcpy(member->balances[0].asset, "USDT");
    member->balances[0].amt = 1000000 * num_pow10(AMOUNT_EXP);
    strcpy(member->balances[1].asset, "BTC");
    member->balances[1].amt = 10 * num_pow10(AMOUNT_EXP);
    strcpy(member->balances[2].asset, "ETH");
    member->balances[2].amt = 100 * num_pow10(AMOUNT_EXP);
}

struct reader {
    const char *name;
    yaml_document_t document;
    struct error *err;
};

static int refuse(struct reader *reader, const yaml_node_t *node, const char *text)
{
    return error_set(reader->err, AGON_EINVAL, "%s:%zu:%zu: %s", reader->name,
                     node->start_mark.line + 1, node->start_mark.column + 1, text);
}

static int is_scalar(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE;
}

static int read_text(struct reader *reader, const yaml_node_t *node, char *text, size_t room)
{
    if (!is_scalar(node) || node->data.scalar.length == 0)
        return refuse(reader, node, "a text is wanted here");
    if (node->data.scalar.length >= room ||
        memchr(node->data.scalar.value, 0, node->data.scalar.length))
        return refuse(reader, node, "this text is too long");
    memcpy(text, node->data.scalar.value, node->data.scalar.length);
    text[node->data.scalar.length] = '\0';
    return AGON_OK;
}

static int read_decimal(struct reader *reader, const yaml_node_t *node, int exp, int64_t *value)
{
    if (!is_scalar(node) ||
        num_parse((const char *)node->data.scalar.value, node->data.scalar.length, exp, value) < 0)
        return refuse(reader, node,
                      exp == AMOUNT_EXP
                          ? "a plain decimal with at most 8 places is wanted here"
                          : "a fee is a plain decimal: 0.001 is a tenth of a per cent");
    return AGON_OK;
}

// Ed25519 keys come as 32 bytes or as the DER that openssl writes, which ends with them.
static int read_public_key(struct reader *reader, const yaml_node_t *node, struct member *member)
{
    unsigned char der[128];
    size_t n;

    if (!is_scalar(node) ||
        sodium_base642bin(der, sizeof(der), (const char *)node->data.scalar.value,
                          node->data.scalar.length, " \n", &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        (n != 32 && n != 44))
        return refuse(reader, node, "an Ed25519 public key in base64 is wanted here");
    memcpy(member->public_key, der + n - 32, 32);
    member->is_ed25519 = 1;
    return AGON_OK;
}

static int read_permissions(struct reader *reader, const yaml_node_t *node, struct member *member)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return refuse(reader, node, "permissions are a list: [TRADE, USER_DATA]");
    member->permissions = 0;
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *one = yaml_document_get_node(&reader->document, *item);
        const char *text = is_scalar(one) ? (const char *)one->data.scalar.value : "";

        if (strcmp(text, "TRADE") == 0)
            member->permissions |= MEMBER_TRADE;
        else if (strcmp(text, "USER_DATA") == 0)
            member->permissions |= MEMBER_READ;
        else
            return refuse(reader, one, "a permission is TRADE or USER_DATA");
    }
    return AGON_OK;
}

static int read_balances(struct reader *reader, const yaml_node_t *node, struct member *member)
{
    if (node->type != YAML_MAPPING_NODE)
        return refuse(reader, node, "balances are asset: amount");
    member->n_balances = 0;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
        struct member_balance *balance = &member->balances[member->n_balances];
        int rc;

        if (member->n_balances == MEMBERS_BALANCES_MAX)
            return refuse(reader, key, "too many balances");
        rc = read_text(reader, key, balance->asset, sizeof(balance->asset));
        if (rc < 0)
            return rc;
        rc = read_decimal(reader, value, AMOUNT_EXP, &balance->amt);
        if (rc < 0)
            return rc;
        if (balance->amt < 0)
            return refuse(reader, value, "a balance is not negative");
        member->n_balances++;
    }
    return AGON_OK;
}

static int read_fee(struct reader *reader, const yaml_node_t *node, struct member *member,
                    int32_t *fee_ppb)
{
    int64_t fee;
    int rc = read_decimal(reader, node, PPB_EXP, &fee);

    if (rc < 0)
        return rc;
    if (fee < -100000000 || fee > 100000000)
        return refuse(reader, node, "a fee is between -0.1 and 0.1");
    *fee_ppb = (int32_t)fee;
    member->has_fees = 1;
    return AGON_OK;
}

static int read_member(struct reader *reader, const yaml_node_t *node, struct member *member)
{
    if (node->type != YAML_MAPPING_NODE)
        return refuse(reader, node, "an account is a mapping with key, secret and balances");
    member->permissions = MEMBER_ALL;
    member->maker_fee_ppb = member->taker_fee_ppb = 1000000;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
        const char *name = is_scalar(key) ? (const char *)key->data.scalar.value : "";
        int rc;

        if (strcmp(name, "key") == 0)
            rc = read_text(reader, value, member->key, sizeof(member->key));
        else if (strcmp(name, "secret") == 0)
            rc = read_text(reader, value, member->secret, sizeof(member->secret));
        else if (strcmp(name, "passphrase") == 0)
            rc = read_text(reader, value, member->passphrase, sizeof(member->passphrase));
        else if (strcmp(name, "public_key") == 0)
            rc = read_public_key(reader, value, member);
        else if (strcmp(name, "permissions") == 0)
            rc = read_permissions(reader, value, member);
        else if (strcmp(name, "maker_fee") == 0)
            rc = read_fee(reader, value, member, &member->maker_fee_ppb);
        else if (strcmp(name, "taker_fee") == 0)
            rc = read_fee(reader, value, member, &member->taker_fee_ppb);
        else if (strcmp(name, "balances") == 0)
            rc = read_balances(reader, value, member);
        else
            rc = refuse(reader, key,
                        "unknown; an account has key, secret, passphrase, public_key, "
                        "permissions, maker_fee, taker_fee and balances");
        if (rc < 0)
            return rc;
    }
    if (!member->key[0])
        return refuse(reader, node, "this account has no key");
    if (!member->secret[0] == !member->is_ed25519)
        return refuse(reader, node, "an account has either a secret or a public_key");
    return AGON_OK;
}

static int read_list(struct reader *reader, const yaml_node_t *list, struct members *members)
{
    if (list->type != YAML_SEQUENCE_NODE)
        return refuse(reader, list, "accounts are a list");
    for (yaml_node_item_t *item = list->data.sequence.items.start;
         item < list->data.sequence.items.top; item++) {
        const yaml_node_t *node = yaml_document_get_node(&reader->document, *item);
        int rc;

        if (members->n == MEMBERS_MAX)
            return refuse(reader, node, "too many accounts");
        rc = read_member(reader, node, &members->all[members->n]);
        if (rc < 0)
            return rc;
        for (uint32_t i = 0; i < members->n; i++)
            if (strcmp(members->all[i].key, members->all[members->n].key) == 0)
                return refuse(reader, node, "two accounts have this key");
        members->n++;
    }
    if (members->n == 0)
        return refuse(reader, list, "no account stands here");
    return AGON_OK;
}

int members_parse(struct members *members, const char *name, const char *text, size_t n,
                  struct error *err)
{
    struct reader reader = {.name = name, .err = err};
    const yaml_node_t *root, *list = NULL;
    yaml_parser_t parser;
    int rc;

    memset(members, 0, sizeof(*members));
    // JSON is YAML too, so one reader does for both.
    if (!yaml_parser_initialize(&parser))
        return error_set(err, AGON_ENOMEM, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    if (!yaml_parser_load(&parser, &reader.document)) {
        rc = error_set(err, AGON_EINVAL, "%s:%zu:%zu: %s", name, parser.problem_mark.line + 1,
                       parser.problem_mark.column + 1,
                       parser.problem ? parser.problem : "not readable");
        yaml_parser_delete(&parser);
        return rc;
    }
    root = yaml_document_get_root_node(&reader.document);
    if (!root) {
        rc = error_set(err, AGON_EINVAL, "%s:1:1: the file is empty", name);
    } else if (root->type != YAML_MAPPING_NODE) {
        rc = refuse(&reader, root, "the file is a mapping with accounts:");
    } else {
        rc = AGON_OK;
        for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
             rc == AGON_OK && pair < root->data.mapping.pairs.top; pair++) {
            const yaml_node_t *key = yaml_document_get_node(&reader.document, pair->key);

            if (is_scalar(key) && strcmp((const char *)key->data.scalar.value, "accounts") == 0)
                list = yaml_document_get_node(&reader.document, pair->value);
            else
                rc = refuse(&reader, key, "unknown; only accounts: stands here");
        }
        if (rc == AGON_OK && !list)
            rc = refuse(&reader, root, "accounts: is missing");
        if (rc == AGON_OK)
            rc = read_list(&reader, list, members);
    }
    yaml_document_delete(&reader.document);
    yaml_parser_delete(&parser);
    return rc;
}
