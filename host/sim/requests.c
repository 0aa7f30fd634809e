// SPDX-License-Identifier: Apache-2.0
/* requests: what a request says, by REST or by socket: an object of texts, whatever it was sent as,
 * and why it is refused. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "net/http.h"
#include "sim/sim_impl.h"

#define NAME_MAX_N  64 /* of one that is passed over where it is longer */
#define VALUE_MAX_N 256

int sim_fail(struct sim_call *call, int code, const char *format, ...)
{
    va_list args;

    call->code = code;
    va_start(args, format);
    vsnprintf(call->text, sizeof(call->text), format, args);
    va_end(args);
    return -1;
}

int sim_refuse(struct sim_call *call, const struct sim_refusal *refusals, int reason)
{
    while (refusals->reason != 0 && refusals->reason != reason)
        refusals++;
    return sim_fail(call, refusals->code, "%s", refusals->text);
}

const char *sim_arg(const struct sim_call *call, const char *name)
{
    return json_string_value(json_object_get(call->args, name));
}

int sim_is(const struct sim_call *call, const char *name, const char *value)
{
    const char *text = sim_arg(call, name);

    return text && strcmp(text, value) == 0;
}

void sim_log_call(struct sim_call *call, json_t *args)
{
    struct sim *sim = call->sim;
    struct jout *line = &sim->line;
    const char *name;
    json_t *value;

    if (!sim_log_begin(sim, "request", sim->now.market))
        return;
    jout_kv_str(line, "key", call->account ? call->account->member->key : "");
    jout_kv_str(line, "what", call->what);
    jout_kv_str(line, "transport", call->conn ? "ws" : "rest");
    json_object_foreach(args, name, value)
    {
        if (json_is_string(value) && strcmp(name, "nonce") != 0 && strcmp(name, "token") != 0)
            jout_kv_str(line, name, json_string_value(value));
    }
    if (sim->ways->has_codes)
        jout_kv_int(line, "code", call->code);
    jout_kv_str(line, "error", call->text);
    jout_close(line, '{');
    sim_log(sim, line);
}

/* --- forms --- */

/* Decoded into to, which has room for it. A NUL would end the text early. */
static int decode(const char *from, size_t n, char *to)
{
    int64_t rc = http_pct_decode(from, n, 1, to, n + 1);

    return rc >= 0 && strlen(to) == (size_t)rc ? 0 : -1;
}

static int is_short(const struct http_pair *pair)
{
    return pair->has_value && pair->name_n < NAME_MAX_N && pair->value_n < VALUE_MAX_N;
}

int sim_args_form(json_t *args, const char *text, size_t n, int is_strict)
{
    char *copy = strndup(text, n), *name = malloc(n + 1), *value = malloc(n + 1);
    size_t n_pairs = json_object_size(args), bytes = 0;
    const char *at = copy;
    struct http_pair pair;
    int rc = 0;

    REQUIRE(copy != NULL && name != NULL && value != NULL);
    while (rc == 0 && http_query_next(&at, &pair)) {
        int is_good = (is_strict || is_short(&pair)) && decode(pair.name, pair.name_n, name) == 0 &&
                      decode(pair.value, pair.value_n, value) == 0;

        bytes += pair.name_n + pair.value_n + 2;
        if (is_strict && (!is_good || ++n_pairs > SIM_ARGS_MAX || bytes > SIM_ARGS_BYTES))
            rc = -1;
        else if (is_strict && !json_object_get(args, name))
            json_object_set_new_nocheck(args, name, json_string_nocheck(value));
        else if (!is_strict && is_good)
            json_object_set_new(args, name, json_string(value));
    }
    free(copy);
    free(name);
    free(value);
    return rc;
}

void sim_args_texts(json_t *object, int with_all)
{
    const char *name;
    json_t *value;
    void *next;

    json_object_foreach_safe(object, next, name, value)
    {
        int is_one =
            json_is_number(value) || json_is_boolean(value) || (with_all && !json_is_string(value));
        char *dumped = is_one ? json_dumps(value, JSON_ENCODE_ANY) : NULL;

        if (dumped)
            json_object_set_new(object, name, json_string(dumped));
        free(dumped);
    }
}

/* --- routes --- */

const struct sim_route *sim_route_of(const struct sim_route *routes, const char *prefix,
                                     const struct sim_request *request, int *is_other_method)
{
    size_t skip = strlen(prefix);

    *is_other_method = 0;
    if (strncmp(request->path, prefix, skip) != 0)
        return NULL;
    for (; routes->name; routes++) {
        if (strcmp(routes->name, request->path + skip) != 0)
            continue;
        if (!routes->method || strcmp(routes->method, request->method) == 0)
            return routes;
        *is_other_method = 1;
    }
    return NULL;
}
