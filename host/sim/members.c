// SPDX-License-Identifier: Apache-2.0
#include "sim/members.h"

#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/num.h"
#include "config/schema.h"

#define AMOUNT_EXP  8
#define PPB_EXP     9
#define FEE_MAX_PPB 100000000

void members_default(struct members *members)
{
    struct member *member = &members->all[0];

    memset(members, 0, sizeof(*members));
    members->n = 1;
    strcpy(member->key, "agon-sim-key");
    strcpy(member->secret, "YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==");
    strcpy(member->passphrase, "agon-sim-pass");
    member->permissions = MEMBER_ALL;
    member->n_balances = 4;
    strcpy(member->balances[0].asset, "USDT");
    member->balances[0].amt = 1000000 * num_pow10(AMOUNT_EXP);
    strcpy(member->balances[1].asset, "BTC");
    member->balances[1].amt = 10 * num_pow10(AMOUNT_EXP);
    strcpy(member->balances[2].asset, "ETH");
    member->balances[2].amt = 100 * num_pow10(AMOUNT_EXP);
    strcpy(member->balances[3].asset, "USD");
    member->balances[3].amt = 1000000 * num_pow10(AMOUNT_EXP);
}

/* --- from a file --- */

struct account {
    char key[96], secret[256], passphrase[64], public_key[128];
    int64_t maker_ppb, taker_ppb;
    uint32_t n_permissions, uid;
    uint8_t tier;
    uint8_t permissions[4];
    const struct config_node *balances;
};
struct file {
    const struct config_node *assets;
    uint32_t n;
    struct account accounts[MEMBERS_MAX];
};

static const struct schema_choice tiers[] = {{"intermediate", MEMBER_INTERMEDIATE},
                                             {"starter", MEMBER_STARTER},
                                             {"pro", MEMBER_PRO},
                                             {NULL, 0}};
static const struct schema_choice permissions[] = {
    {"TRADE", MEMBER_TRADE}, {"USER_DATA", MEMBER_READ}, {"WITHDRAW", MEMBER_WITHDRAW}, {NULL, 0}};
#define ACCOUNT(member) SCHEMA_MEMBER(struct account, member)
static const struct schema_field account_fields[] = {
    {"key", SCHEMA_TEXT, ACCOUNT(key), .is_required = 1, .is_public = 1,
     .doc = "what the client sends"},
    {"secret", SCHEMA_TEXT, ACCOUNT(secret), .is_public = 1,
     .doc = "the text itself is the key of the HMAC"},
    {"passphrase", SCHEMA_TEXT, ACCOUNT(passphrase), .is_public = 1, .doc = "venues that have one"},
    {"public_key", SCHEMA_TEXT, ACCOUNT(public_key), .is_public = 1,
     .doc = "instead of secret: Ed25519, base64 of DER or of 32 bytes"},
    {"permissions", SCHEMA_CHOICE, SCHEMA_ARRAY(struct account, permissions, n_permissions),
     .list_min = 1, .choices = permissions, .doc = "default: TRADE and USER_DATA"},
    {"uid", SCHEMA_INT, ACCOUNT(uid), .min = 1, .max = UINT32_MAX, .is_public = 1,
     .doc = "number of the account, which several keys may share"},
    {"tier", SCHEMA_CHOICE, ACCOUNT(tier), .choices = tiers, .preset = "intermediate",
     .doc = "how far the account is verified, where a venue's limits go by it"},
    {"maker_fee", SCHEMA_DECIMAL, ACCOUNT(maker_ppb), .exp = PPB_EXP, .min = -FEE_MAX_PPB,
     .max = FEE_MAX_PPB, .preset = "0.001", .doc = "a share: 0.001 is a tenth of a per cent"},
    {"taker_fee", SCHEMA_DECIMAL, ACCOUNT(taker_ppb), .exp = PPB_EXP, .min = -FEE_MAX_PPB,
     .max = FEE_MAX_PPB, .preset = "0.001", .doc = "a share"},
    {"balances", SCHEMA_ANY, ACCOUNT(balances), .doc = "asset: amount"},
    {NULL}};
static const struct schema account_schema = {"an account", sizeof(struct account), account_fields,
                                             .check = NULL};
static const struct schema_field file_fields[] = {
    {"assets", SCHEMA_ANY, SCHEMA_MEMBER(struct file, assets),
     .doc = "asset: decimals of its balances, 0 to 8 (default 8)"},
    {"accounts", SCHEMA_MAP, SCHEMA_ARRAY(struct file, accounts, n), .sub = &account_schema,
     .list_min = 1, .is_required = 1, .doc = "who may trade"},
    {NULL}};
const struct schema members_schema = {"the accounts", sizeof(struct file), file_fields,
                                      .check = NULL};

// Ed25519 keys come as 32 bytes or as the DER that openssl writes, which ends with them.
static void take_public_key(struct config *config, const struct config_node *node, const char *text,
                            struct member *member)
{
    unsigned char der[128];
    size_t n;

    if (sodium_base642bin(der, sizeof(der), text, strlen(text), " \n", &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        (n != 32 && n != 44)) {
        config_refuse(
            config, node, CONFIG_E_VALUE,
            "is not a key; expected an Ed25519 public key: base64 of 32 bytes, or of the 44 "
            "of its DER");
        return;
    }
    memcpy(member->public_key, der + n - 32, 32);
    member->is_ed25519 = 1;
}

int members_exp(const struct members *members, const char *asset)
{
    for (uint32_t i = 0; i < members->n_assets; i++) {
        if (strcmp(members->assets[i].name, asset) == 0)
            return members->assets[i].exp;
    }
    return AMOUNT_EXP;
}

static void take_assets(struct config *config, const struct config_node *node,
                        struct members *members)
{
    if (!config_is_map(node) || config_count(node) > MEMBERS_BALANCES_MAX) {
        config_refuse(config, node, CONFIG_E_KIND,
                      "is not a map of at most %d entries; expected asset: decimals",
                      MEMBERS_BALANCES_MAX);
        return;
    }
    for (uint32_t i = 0; i < config_count(node); i++) {
        const struct config_node *entry = config_entry(node, i);
        const char *name = config_key(node, i), *text = config_text(entry);
        struct member_asset *asset = &members->assets[members->n_assets];
        int64_t exp;

        if (name[0] == '\0' || strlen(name) >= sizeof(asset->name)) {
            config_refuse_key(config, entry, CONFIG_E_VALUE,
                              "is not an asset; expected a name of at most %zu bytes",
                              sizeof(asset->name) - 1);
            continue;
        }
        if (text == NULL || num_parse(text, strlen(text), 0, &exp) < 0 || exp < 0 ||
            exp > AMOUNT_EXP) {
            config_refuse(config, entry, CONFIG_E_VALUE,
                          "is not a count of decimals; expected 0 to %d", AMOUNT_EXP);
            continue;
        }
        snprintf(asset->name, sizeof(asset->name), "%s", name);
        asset->exp = (int8_t)exp;
        members->n_assets++;
    }
}

/* Why a balance could not be read, in the words that help. */
static void refuse_balance(struct config *config, const struct config_node *entry, const char *text,
                           const char *asset, int exp)
{
    char most[NUM_TEXT];

    if (text != NULL && text[0] != '-' && num_is_too_fine(text, strlen(text), exp)) {
        config_refuse(config, entry, CONFIG_E_VALUE,
                      "has more places than %s has decimals; expected at most %d", asset, exp);
        return;
    }
    num_format_short(NUM_MAX, exp, most);
    config_refuse(config, entry, CONFIG_E_VALUE,
                  "is too large; expected at most %s, which is what 64 bits hold at %d decimals: "
                  "give the asset fewer, as in `assets: {%s: %d}`",
                  most, exp, asset, exp > 2 ? 2 : 0);
}

static void take_balances(struct config *config, const struct config_node *node,
                          const struct members *members, struct member *member)
{
    if (!config_is_map(node)) {
        config_refuse(config, node, CONFIG_E_KIND, "is not a map; expected asset: amount");
        return;
    }
    if (config_count(node) > MEMBERS_BALANCES_MAX) {
        config_refuse(config, node, CONFIG_E_COUNT, "%u balances; expected at most %d",
                      config_count(node), MEMBERS_BALANCES_MAX);
        return;
    }
    for (uint32_t i = 0; i < config_count(node); i++) {
        const struct config_node *entry = config_entry(node, i);
        const char *asset = config_key(node, i), *text = config_text(entry);
        struct member_balance *balance = &member->balances[member->n_balances];
        int exp;
        int rc;

        if (asset[0] == '\0' || strlen(asset) >= sizeof(balance->asset)) {
            config_refuse_key(config, entry, CONFIG_E_VALUE,
                              "is not an asset; expected a name of at most %zu bytes",
                              sizeof(balance->asset) - 1);
            continue;
        }
        exp = members_exp(members, asset);
        rc = text == NULL ? AGON_EINVAL : num_read(text, strlen(text), exp, &balance->amt);
        if (rc == AGON_ERANGE || (rc == AGON_OK && num_is_full(balance->amt))) {
            refuse_balance(config, entry, text, asset, exp);
            continue;
        }
        if (rc < 0 || balance->amt < 0) {
            config_refuse(config, entry, CONFIG_E_VALUE,
                          "is not an amount; expected a decimal with at most %d places that is not "
                          "negative",
                          exp);
            continue;
        }
        snprintf(balance->asset, sizeof(balance->asset), "%s", asset);
        member->n_balances++;
    }
}

static uint32_t n_known(const struct config_node *node)
{
    uint32_t n = 0;

    for (const struct schema_field *field = account_fields; field->key != NULL; field++)
        n += config_get(node, field->key) != NULL;
    return n;
}

static void take_account(struct config *config, const struct account *account, uint32_t i,
                         const struct members *members, struct member *member)
{
    const struct config_node *node = config_at(config, "accounts[%u]", i);
    const struct config_node *public_key = config_at(config, "accounts[%u].public_key", i);
    int has_secret = config_at(config, "accounts[%u].secret", i) != NULL;

    if (node == NULL || !config_is_map(node))
        return; // as was said
    memcpy(member->key, account->key, sizeof(member->key));
    memcpy(member->secret, account->secret, sizeof(member->secret));
    memcpy(member->passphrase, account->passphrase, sizeof(member->passphrase));
    if (account->public_key[0] != '\0')
        take_public_key(config, public_key, account->public_key, member);
    member->permissions = account->n_permissions == 0 ? MEMBER_ALL : 0;
    for (uint32_t k = 0; k < account->n_permissions; k++)
        member->permissions |= account->permissions[k];
    member->uid = account->uid;
    member->tier = account->tier;
    member->maker_fee_ppb = (int32_t)account->maker_ppb;
    member->taker_fee_ppb = (int32_t)account->taker_ppb;
    member->has_fees = config_at(config, "accounts[%u].maker_fee", i) != NULL ||
                       config_at(config, "accounts[%u].taker_fee", i) != NULL;
    if (account->balances != NULL)
        take_balances(config, account->balances, members, member);
    if (has_secret && public_key != NULL)
        config_refuse(config, node, CONFIG_E_CONFLICT,
                      "has a secret and a public_key; expected one of the two");
    // A misspelt one was told already, and is not missing.
    if (!has_secret && public_key == NULL && config_count(node) == n_known(node))
        config_refuse(config, node, CONFIG_E_MISSING,
                      "has neither; expected a secret or a public_key");
}

static void check_keys(struct config *config, const struct file *file)
{
    for (uint32_t i = 0; i < file->n; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (file->accounts[i].key[0] == '\0' ||
                strcmp(file->accounts[i].key, file->accounts[k].key) != 0)
                continue;
            config_refuse(config, config_at(config, "accounts[%u].key", i), CONFIG_E_DUPLICATE,
                          "is the key of the account in line %u too; expected another",
                          config_line(config_at(config, "accounts[%u].key", k)));
            break;
        }
    }
}

int members_read(struct members *members, struct config *config)
{
    struct file *file = calloc(1, sizeof(*file));

    memset(members, 0, sizeof(*members));
    if (file == NULL)
        return AGON_ENOMEM;
    (void)config_read(config, &members_schema, file); // what is wrong is in config
    if (config_root(config) != NULL) {
        if (file->assets != NULL)
            take_assets(config, file->assets, members);
        for (uint32_t i = 0; i < file->n; i++)
            take_account(config, &file->accounts[i], i, members, &members->all[i]);
        check_keys(config, file);
    }
    members->n = file->n;
    free(file);
    if (config_error_count(config) == 0)
        return AGON_OK;
    memset(members, 0, sizeof(*members));
    return AGON_EINVAL;
}

int members_parse(struct members *members, const char *name, const char *text, size_t n,
                  struct error *err)
{
    struct config *config = config_new(name, text, n, NULL);
    int rc;

    if (config == NULL)
        return error_set(err, AGON_ENOMEM, "out of memory");
    rc = members_read(members, config);
    if (rc < 0)
        error_set(err, rc, "%s", rc == AGON_EINVAL ? config_error_text(config, 0) : error_name(rc));
    config_free(config);
    return rc;
}
