// SPDX-License-Identifier: Apache-2.0
/* params: what a client sent, decoded and checked, and whether it may. The order of checks is the
 * venue's: key, then time and signature, then names, then values. */
#include <stdarg.h>
#include <stdio.h>

#include <sodium.h>

#include "base/num.h"
#include "sim/binance/simb.h"

int simb_fail(struct simb_call *call, int status, int code, const char *format, ...)
{
    va_list args;

    call->status = status;
    call->code = code;
    va_start(args, format);
    vsnprintf(call->msg, sizeof(call->msg), format, args);
    va_end(args);
    return -1;
}

/* --- decoding --- */

int simb_param_put(struct simb_call *call, const char *name, size_t name_n, const char *value,
                   size_t value_n)
{
    struct simb *b = call->b;
    char *at = b->text + b->text_n;

    if (call->n_params == SIMB_PARAMS_MAX || name_n + value_n + 2 > sizeof(b->text) - b->text_n)
        return simb_fail(call, 400, -1101, "Too many parameters sent for this endpoint.");
    memcpy(at, name, name_n);
    at[name_n] = '\0';
    memcpy(at + name_n + 1, value, value_n);
    at[name_n + 1 + value_n] = '\0';
    call->params[call->n_params++] = (struct simb_param){.name = at, .value = at + name_n + 1};
    b->text_n += (uint32_t)(name_n + value_n + 2);
    return 0;
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// In place; a NUL in the text would end it early and is refused with the rest.
static int decode(char *text, size_t *n)
{
    size_t from = 0, to = 0;

    while (from < *n) {
        char c = text[from++];

        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = from < *n ? hex_of(text[from]) : -1;
            int low = from + 1 < *n ? hex_of(text[from + 1]) : -1;

            if (high < 0 || low < 0)
                return -1;
            c = (char)(high * 16 + low);
            from += 2;
        }
        if (c == '\0')
            return -1;
        text[to++] = c;
    }
    text[to] = '\0';
    *n = to;
    return 0;
}

int simb_params_add(struct simb_call *call, const char *text, size_t n, int is_body)
{
    while (n > 0) {
        const char *end = memchr(text, '&', n);
        size_t pair_n = end ? (size_t)(end - text) : n;
        const char *equals = memchr(text, '=', pair_n);
        size_t name_n = equals ? (size_t)(equals - text) : pair_n;
        size_t value_n = equals ? pair_n - name_n - 1 : 0;

        if (pair_n > 0) {
            struct simb_param *param;

            if (simb_param_put(call, text, name_n, equals ? equals + 1 : "", value_n) < 0)
                return -1;
            param = &call->params[call->n_params - 1];
            param->is_from_body = is_body != 0;
            if (decode((char *)(uintptr_t)param->name, &name_n) < 0 ||
                decode((char *)(uintptr_t)param->value, &value_n) < 0)
                return simb_fail(call, 400, -1100, "Illegal characters found in a parameter.");
            for (uint32_t i = 0; i + 1 < call->n_params; i++) {
                if (strcmp(call->params[i].name, param->name) != 0)
                    continue;
                // The same name in query and body is allowed: the query counts.
                if (call->params[i].is_from_body == param->is_from_body)
                    return simb_fail(call, 400, -1101,
                                     "Duplicate values for a parameter detected.");
                call->n_params--;
                break;
            }
        }
        n -= end ? pair_n + 1 : pair_n;
        text += end ? pair_n + 1 : pair_n;
    }
    return 0;
}

const char *simb_param(const struct simb_call *call, const char *name)
{
    for (uint32_t i = 0; i < call->n_params; i++)
        if (strcmp(call->params[i].name, name) == 0)
            return call->params[i].value;
    return NULL;
}

static int is_in_list(const char *list, const char *name)
{
    size_t n = strlen(name);

    for (const char *at = list; at && *at; at = strchr(at, ' '), at = at ? at + 1 : NULL)
        if (strncmp(at, name, n) == 0 && (at[n] == ' ' || at[n] == '\0') && n > 0)
            return 1;
    return 0;
}

int simb_check_params(struct simb_call *call)
{
    enum simb_security security = call->route->security;
    const char *around = security >= SIMB_READ ? "timestamp recvWindow signature" : "";
    uint32_t known = 0, sent = 0;

    for (uint32_t i = 0; i < call->n_params; i++) {
        const char *name = call->params[i].name;

        if (call->conn && (strcmp(name, "apiKey") == 0 || strcmp(name, "returnRateLimits") == 0))
            continue;
        sent++;
        known += is_in_list(call->route->params, name) || is_in_list(around, name);
    }
    if (sent > 0 && !call->route->params[0] && security < SIMB_READ)
        return simb_fail(call, 400, -1101, "Too many parameters; expected '0' and received '%u'.",
                         sent);
    if (known < sent)
        return simb_fail(call, 400, -1104,
                         "Not all sent parameters were read; read '%u' parameter(s) but was sent "
                         "'%u'.",
                         known, sent);
    return 0;
}

/* --- values --- */

int simb_want(struct simb_call *call, const char *name, const char **value)
{
    *value = simb_param(call, name);
    if (!*value || !**value)
        return simb_fail(call, 400, -1102,
                         "Mandatory parameter '%s' was not sent, was empty/null, or malformed.",
                         name);
    return 0;
}

int simb_get_side(struct simb_call *call, uint8_t *side)
{
    const char *text;

    if (simb_want(call, "side", &text) < 0)
        return -1;
    if (strcmp(text, "BUY") != 0 && strcmp(text, "SELL") != 0)
        return simb_fail(call, 400, -1117, "Invalid side.");
    *side = text[0] == 'B' ? AGON_BUY : AGON_SELL;
    return 0;
}

static int illegal(struct simb_call *call, const char *name, const char *range)
{
    return simb_fail(call, 400, -1100,
                     "Illegal characters found in parameter '%s'; legal range is '%s'.", name,
                     range);
}

static int is_made_of(const char *text, size_t least, size_t most, const char *also)
{
    size_t n = strlen(text);

    if (n < least || n > most)
        return 0;
    for (; *text; text++) {
        int is_digit = *text >= '0' && *text <= '9';
        int is_letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');

        if (!is_digit && !(also && (is_letter || strchr(also, *text))))
            return 0;
    }
    return 1;
}

int simb_is_client_id(const char *text)
{
    return is_made_of(text, 1, 36, ".:/_-");
}

int simb_want_symbol(struct simb_call *call, uint32_t *sym)
{
    const char *name;
    int i;

    if (simb_want(call, "symbol", &name) < 0)
        return -1;
    for (const char *c = name; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        int is_legal = (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("-_.", *c) ||
                       byte >= 0x80;

        if (!is_legal || c - name >= 60)
            return illegal(call, "symbol", "^[A-Z0-9-_.]{1,20}$");
    }
    i = pit_find(call->b->sim.pit, name);
    if (i < 0)
        return simb_fail(call, 400, -1121, "Invalid symbol.");
    *sym = (uint32_t)i;
    return 0;
}

int simb_get_int(struct simb_call *call, const char *name, int64_t *value, int *has)
{
    const char *text = simb_param(call, name);

    *has = 0;
    if (!text)
        return 0;
    if (!*text)
        return simb_fail(call, 400, -1105, "Parameter '%s' was empty.", name);
    if (!is_made_of(text, 1, 20, NULL))
        return illegal(call, name, "^[0-9]{1,20}$");
    if (num_parse(text, strlen(text), 0, value) < 0)
        return simb_fail(call, 400, -1108, "Parameter '%s' overflowed.", name);
    *has = 1;
    return 0;
}

int simb_get_dec(struct simb_call *call, const char *name, int64_t *value, int *has)
{
    const char *text = simb_param(call, name), *point;
    size_t whole, part, n;
    int64_t fine;
    int exp, rc;

    *has = 0;
    if (!text)
        return 0;
    if (!*text)
        return simb_fail(call, 400, -1105, "Parameter '%s' was empty.", name);
    point = strchr(text, '.');
    whole = strspn(text, "0123456789");
    part = point ? strspn(point + 1, "0123456789") : 0;
    n = strlen(text);
    if (whole < 1 || whole > 20 || (point && (part < 1 || part > 20)) ||
        n != whole + (point ? part + 1 : 0))
        return illegal(call, name, "^([0-9]{1,20})(\\.[0-9]{1,20})?$");
    rc = num_parse(text, n, SIMB_EXP, value);
    // Out of range is one of two things: too many places, or too large.
    if (rc < 0 && num_parse_exp(text, n, &fine, &exp) == AGON_OK && exp > SIMB_EXP)
        return simb_fail(call, 400, -1111, "Parameter '%s' has too much precision.", name);
    if (rc < 0)
        return simb_fail(call, 400, -1108, "Parameter '%s' overflowed.", name);
    *has = 1;
    return 0;
}

int simb_get_bool(struct simb_call *call, const char *name, int *value)
{
    const char *text = simb_param(call, name);

    if (!text)
        return 0;
    if (strcmp(text, "true") == 0 || strcmp(text, "TRUE") == 0)
        *value = 1;
    else if (strcmp(text, "false") == 0 || strcmp(text, "FALSE") == 0)
        *value = 0;
    else
        return simb_fail(call, 400, -1130, "Data sent for parameter '%s' is not valid.", name);
    return 0;
}

int simb_get_time(struct simb_call *call, const char *name, agon_ns_t *t, int *has)
{
    int64_t value;

    if (simb_get_int(call, name, &value, has) < 0)
        return -1;
    if (!*has)
        return 0;
    // Microseconds are told by their size: in ms it would be past the year 5000.
    *t = num_mul(value, value >= 100000000000000 ? 1000 : SIMB_NS_PER_MS);
    return 0;
}

int simb_get_limit(struct simb_call *call, int64_t standard, int64_t most, int64_t *limit)
{
    int has;

    *limit = standard;
    if (simb_get_int(call, "limit", limit, &has) < 0)
        return -1;
    if (has && *limit == 0)
        return simb_fail(call, 400, -1130, "Data sent for parameter 'limit' is not valid.");
    if (*limit > most)
        *limit = most;
    return 0;
}

/* --- who is it --- */

static int is_signed(const struct member *member, const char *payload, size_t n,
                     const char *signature)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES], sent[crypto_sign_BYTES];
    crypto_auth_hmacsha256_state state;
    size_t sent_n = 0;

    if (member->is_ed25519)
        return sodium_base642bin(sent, sizeof(sent), signature, strlen(signature), NULL, &sent_n,
                                 NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
               sent_n == crypto_sign_BYTES &&
               crypto_sign_verify_detached(sent, (const unsigned char *)payload, n,
                                           member->public_key) == 0;
    if (strlen(signature) != 2 * sizeof(mac) ||
        sodium_hex2bin(sent, sizeof(sent), signature, strlen(signature), NULL, &sent_n, NULL) !=
            0 ||
        sent_n != sizeof(mac))
        return 0;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)member->secret,
                                strlen(member->secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)payload, n);
    crypto_auth_hmacsha256_final(&state, mac);
    return sodium_memcmp(mac, sent, sizeof(mac)) == 0;
}

static int is_in_time(struct simb_call *call)
{
    agon_ns_t came = call->t_came != 0 ? call->t_came : call->now->transport;
    agon_ns_t server = came + call->b->sim.skew_ns, t = 0, window = 5000 * SIMB_NS_PER_MS;
    const char *text;
    int64_t us;
    int has;

    if (simb_want(call, "timestamp", &text) < 0 || simb_get_time(call, "timestamp", &t, &has) < 0)
        return -1;
    text = simb_param(call, "recvWindow");
    if (text) {
        size_t n = strlen(text), whole = strspn(text, "0123456789");

        if (n == 0)
            return simb_fail(call, 400, -1105, "Parameter 'recvWindow' was empty.");
        if (whole == 0 || whole > 18 || num_parse(text, n, 3, &us) < 0)
            return illegal(call, "recvWindow", "^([0-9]{1,20})(\\.[0-9]{1,3})?$");
        if (us > 60000000)
            return simb_fail(call, 400, -1102,
                             "'recvWindow' contains unexpected value. Cannot be greater than "
                             "60000.");
        window = us * 1000;
    }
    if (t >= server + SIMB_NS_PER_S)
        return simb_fail(call, 400, -1021,
                         "Timestamp for this request was 1000ms ahead of the server's time.");
    if (server - t > window)
        return simb_fail(call, 400, -1021,
                         "Timestamp for this request is outside of the recvWindow.");
    return 0;
}

// Since January 2026 what is signed is what is sent: percent-encoded, no raw bytes.
static int is_encoded(const char *payload, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)payload[i];

        if (c <= 0x20 || c >= 0x7f)
            return 0;
    }
    return 1;
}

int simb_authorise(struct simb_call *call, const char *key, const char *payload, size_t n)
{
    enum simb_security security = call->route->security;
    struct simb *b = call->b;
    const char *signature;

    if (security == SIMB_NONE)
        return 0;
    if (call->conn && !key && call->conn->logged_on) {
        // A session that is logged on needs a time and no signature.
        call->account = call->conn->logged_on;
        return security >= SIMB_READ ? is_in_time(call) : 0;
    }
    if (call->conn && !key)
        return simb_want(call, "apiKey", &key);
    if (!key || !*key || !is_made_of(key, 1, 95, "-_.+/="))
        return simb_fail(call, 401, -2014, "API-key format invalid.");
    call->account = NULL;
    for (uint32_t i = 0; i < b->sim.n_accounts; i++)
        if (strcmp(b->accounts[i].member->key, key) == 0)
            call->account = &b->accounts[i];
    if (!call->account ||
        (security == SIMB_TRADE && !(call->account->member->permissions & MEMBER_TRADE)) ||
        (security == SIMB_READ && !(call->account->member->permissions & MEMBER_READ)))
        return simb_fail(call, 401, -2015, "Invalid API-key, IP, or permissions for action.");
    if (security == SIMB_KEY)
        return 0;
    if (simb_want(call, "signature", &signature) < 0 || is_in_time(call) < 0)
        return -1;
    if ((!call->conn && !is_encoded(payload, n)) ||
        !is_signed(call->account->member, payload, n, signature))
        return simb_fail(call, 400, -1022, "Signature for this request is not valid.");
    return 0;
}
