// SPDX-License-Identifier: Apache-2.0
/* members: who may trade on a simulated venue: keys, secrets, opening balances. Read from JSON or
 * YAML:
 *
 *     accounts:
 *       - key: agon-sim-key              # what the client sends
 *         secret: c2VjcmV0               # the text itself is the key of the HMAC
 *         passphrase: agon-sim-pass      # venues that have one
 *         public_key: MCowBQYDK2Vw...    # instead of secret: Ed25519, base64 of DER or of 32 bytes
 *         permissions: [TRADE, USER_DATA]   # default: both; WITHDRAW: the key says that it may
 *         uid: 42                        # the account's number; default: each key's own
 *         tier: intermediate             # or starter, pro: limits of venues that go by it
 *         maker_fee: 0.001               # default: the symbol's
 *         taker_fee: 0.001
 *         balances: {USDT: 1000000, BTC: 10, PEPE: 1e12}
 *     assets: {PEPE: 2}                     # decimals of its balances; default: 8
 *
 * An amount is a count of 64 bits: with 8 decimals an account holds 92,233,720,368 of an asset, and
 * of one with fewer decimals so much more. What an asset is priced in keeps 8.
 *
 * These are keys of a simulator; they guard nothing. [one thread] */
#ifndef SIM_MEMBERS_H
#define SIM_MEMBERS_H

#include "config/schema.h"

#define MEMBERS_MAX          64
#define MEMBERS_BALANCES_MAX 64

enum { /* struct member.permissions */ MEMBER_TRADE = 1,
       MEMBER_READ = 2,
       MEMBER_ALL = 3,
       MEMBER_WITHDRAW = 4 };

enum member_tier { /* of verification, at venues whose limits go by it */
                   MEMBER_INTERMEDIATE = 0,
                   MEMBER_STARTER = 1,
                   MEMBER_PRO = 2
};
struct member_balance {
    char asset[16];
    agon_amt_t amt; /* 10^-members_exp */
};
struct member {
    char key[96], secret[256], passphrase[64];
    unsigned char public_key[32];
    uint8_t is_ed25519, has_fees, tier, pad[1]; /* tier: enum member_tier */
    uint32_t permissions;
    uint32_t uid; /* the account's number, which several keys may share; 0: one of its own */
    int32_t maker_fee_ppb, taker_fee_ppb;
    uint32_t n_balances;
    struct member_balance balances[MEMBERS_BALANCES_MAX];
};
struct member_asset {
    char name[16];
    int8_t exp; /* decimals of its balances, 0 to 8 */
};
struct members {
    uint32_t n_assets;
    struct member_asset assets[MEMBERS_BALANCES_MAX];
    uint32_t n;
    struct member all[MEMBERS_MAX];
};

/* The account every simulator has when no file names others. */
void members_default(struct members *members);
/* Decimals of an asset's balances: what `assets` says, else 8. */
int members_exp(const struct members *members, const char *asset);
extern const struct schema members_schema;
/* From a file's bytes; every mistake is in config (config_print_errors). AGON_EINVAL. */
int members_read(struct members *members, struct config *config);
/* ... of which only the first mistake is told. name is for the message. */
int members_parse(struct members *members, const char *name, const char *text, size_t n,
                  struct error *err);

#endif
