// SPDX-License-Identifier: Apache-2.0
/* accounts: who trades at a simulated exchange, what is counted of whom, and the log of it. */
#include <stdio.h>

#include "base/num.h"
#include "sim/sim_impl.h"

/* An asset that nothing trades has no place in the engine and is left out. */
static int open_account(struct sim *sim, uint32_t i, struct error *err)
{
    const struct member *member = &sim->config.members->all[i];

    sim->accounts[i].member = member;
    sim->accounts[i].owner = i;
    sim->n_accounts = i + 1;
    if (sim->ways->has_own_money)
        return AGON_OK;
    if (member->has_fees &&
        pit_set_fees(sim->pit, i, member->maker_fee_ppb, member->taker_fee_ppb) < 0)
        return error_set(err, AGON_EINVAL, "account %s: fees cannot be set", member->key);
    for (uint32_t j = 0; j < member->n_balances; j++) {
        const struct member_balance *balance = &member->balances[j];
        agon_asset_t asset = instruments_find_asset(pit_table(sim->pit), balance->asset);

        if (asset && members_exp(sim->config.members, balance->asset) != PIT_EXP)
            return error_set(err, AGON_EINVAL, "account %s: %s keeps %d decimals here", member->key,
                             balance->asset, PIT_EXP);
        if (asset && pit_deposit(sim->pit, i, asset, balance->amt) < 0)
            return error_set(err, AGON_EINVAL, "account %s: %s cannot be deposited", member->key,
                             balance->asset);
    }
    return AGON_OK;
}

int sim_open_accounts(struct sim *sim, struct error *err)
{
    int rc = AGON_OK;

    for (uint32_t i = 0; i < sim->config.members->n && rc == AGON_OK; i++)
        rc = open_account(sim, i, err);
    return rc;
}

struct sim_account *sim_account_of(struct sim *sim, const char *key)
{
    for (uint32_t i = sim->n_accounts; i-- > 0;)
        if (strcmp(sim->accounts[i].member->key, key) == 0)
            return &sim->accounts[i];
    return NULL;
}

agon_amt_t sim_total(const struct sim *sim, const struct sim_account *account, agon_asset_t asset)
{
    return pit_free_amt(sim->pit, account->owner, asset) +
           pit_locked_amt(sim->pit, account->owner, asset);
}

/* --- what is counted --- */

int sim_count(struct sim_count *count, agon_ns_t now, agon_ns_t window, uint32_t most)
{
    if (now - count->t >= window)
        *count = (struct sim_count){now, 0};
    return ++count->n <= most;
}

struct sim_peer *sim_peer_of(struct sim *sim, const char *name)
{
    struct sim_peer *oldest = &sim->peers[0];

    for (uint32_t i = 0; i < SIM_PEERS_MAX; i++) {
        struct sim_peer *peer = &sim->peers[i];

        if (strncmp(peer->name, name, sizeof(peer->name) - 1) == 0) {
            peer->seen = sim->now.transport;
            return peer;
        }
        if (peer->seen < oldest->seen)
            oldest = peer;
    }
    memset(oldest, 0, sizeof(*oldest));
    oldest->seen = sim->now.transport;
    snprintf(oldest->name, sizeof(oldest->name), "%s", name);
    return oldest;
}

const char *sim_header_of(const struct sim_request *request, const char *name)
{
    for (uint32_t i = 0; i < request->n_headers; i++)
        if (strcmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return "";
}

/* --- the log --- */

void sim_log(struct sim *sim, struct jout *line)
{
    if (sim->config.sink.log)
        sim->config.sink.log(sim->config.sink.log_ctx, jout_text(line), line->n);
}

int sim_log_begin(struct sim *sim, const char *kind, agon_ns_t t_market)
{
    struct jout *line = &sim->line;

    if (!sim->config.sink.log)
        return 0;
    jout_reset(line);
    jout_open(line, '{');
    jout_kv_str(line, "kind", kind);
    jout_kv_int(line, "t_market_ns", t_market);
    jout_kv_int(line, "t_transport_ns", sim->now.transport);
    return 1;
}

/* --- what falls with time --- */

int64_t sim_counted(const struct sim_counter *counter, agon_ns_t now, int64_t milli_per_s)
{
    int64_t gone = num_mul_div(now - counter->t, milli_per_s, SIM_NS_PER_S, NUM_DOWN);

    return counter->milli > gone ? counter->milli - gone : 0;
}

int sim_count_up(struct sim_counter *counter, agon_ns_t now, int64_t add, int64_t most,
                 int64_t milli_per_s)
{
    int64_t milli = sim_counted(counter, now, milli_per_s);

    if (milli + add * 1000 > most * 1000)
        return 0;
    *counter = (struct sim_counter){milli + add * 1000, now};
    return 1;
}

/* --- tokens --- */

const char *sim_token_new(struct sim *sim, struct sim_account *account, agon_ns_t life)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    struct sim_token *token = &sim->tokens[sim->n_tokens++ % SIM_TOKENS];

    for (size_t i = 0; i < sizeof(token->text) - 1; i++)
        token->text[i] = letters[rng_below(&sim->rng, sizeof(letters) - 1)];
    token->account = account;
    token->t_until = sim->now.transport + life;
    return token->text;
}

struct sim_account *sim_token_used(struct sim *sim, struct sim_conn *conn, const char *text)
{
    if (conn->account && strcmp(conn->token, text) == 0)
        return conn->account;
    for (uint32_t i = 0; i < SIM_TOKENS; i++) {
        const struct sim_token *token = &sim->tokens[i];

        if (!token->account || strcmp(token->text, text) != 0 ||
            sim->now.transport >= token->t_until)
            continue;
        memcpy(conn->token, token->text, sizeof(conn->token));
        conn->account = token->account;
        return token->account;
    }
    return NULL;
}
