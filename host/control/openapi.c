// SPDX-License-Identifier: Apache-2.0
/* The OpenAPI page, written from the table of verbs, so that it cannot lag behind it. */
#include <ctype.h>
#include <string.h>

#include "control/impl.h"

static void put_answer(struct jout *out, const char *status, const char *text)
{
    jout_key(out, status);
    jout_open(out, '{');
    jout_kv_str(out, "description", text);
    jout_key(out, "content");
    jout_open(out, '{');
    jout_key(out, "application/json");
    jout_open(out, '{');
    jout_key(out, "schema");
    jout_open(out, '{');
    jout_close(out, '{');
    jout_close(out, '{');
    jout_close(out, '{');
    jout_close(out, '{');
}

static void put_parameters(struct jout *out, int n)
{
    char name[16];

    jout_key(out, "parameters");
    jout_open(out, '[');
    for (int i = 1; i <= n; i++) {
        snprintf(name, sizeof(name), "arg%d", i);
        jout_open(out, '{');
        jout_kv_str(out, "name", name);
        jout_kv_str(out, "in", "path");
        jout_kv_bool(out, "required", 1);
        jout_key(out, "schema");
        jout_open(out, '{');
        jout_kv_str(out, "type", "string");
        jout_close(out, '{');
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

static void put_body(struct jout *out, const struct control_verb *verb)
{
    jout_key(out, "requestBody");
    jout_open(out, '{');
    jout_kv_bool(out, "required", verb->args_min > 0);
    jout_key(out, "content");
    jout_open(out, '{');
    jout_key(out, "application/json");
    jout_open(out, '{');
    jout_key(out, "schema");
    jout_open(out, '{');
    jout_kv_str(out, "type", "object");
    jout_key(out, "properties");
    jout_open(out, '{');
    jout_key(out, "args");
    jout_open(out, '{');
    jout_kv_str(out, "type", "array");
    jout_kv_str(out, "description", verb->usage);
    jout_kv_int(out, "minItems", verb->args_min);
    jout_kv_int(out, "maxItems", verb->args_max);
    jout_key(out, "items");
    jout_open(out, '{');
    jout_kv_str(out, "type", "string");
    for (int i = 0; i < 7; i++)
        jout_close(out, '{');
}

static void put_operation(struct jout *out, const struct control_verb *verb, int n_args)
{
    int is_post = verb->scope == CONTROL_OPERATE;
    char id[64];
    size_t n = 0;

    for (const char *c = verb->name; *c != '\0' && n < sizeof(id) - 3; c++)
        id[n++] = isalnum((unsigned char)*c) ? *c : '_';
    id[n] = '\0';
    if (n_args > 0)
        snprintf(id + n, sizeof(id) - n, "_%d", n_args);
    jout_key(out, is_post ? "post" : "get");
    jout_open(out, '{');
    jout_kv_str(out, "operationId", id);
    jout_kv_str(out, "summary", verb->help);
    if (n_args > 0)
        put_parameters(out, n_args);
    if (is_post) {
        put_body(out, verb);
        jout_key(out, "security");
        jout_open(out, '[');
        jout_open(out, '{');
        jout_key(out, "token");
        jout_open(out, '[');
        jout_close(out, '[');
        jout_close(out, '{');
        jout_close(out, '[');
    }
    jout_key(out, "responses");
    jout_open(out, '{');
    put_answer(out, "200", is_post ? "It was done" : "The answer");
    put_answer(out, "400", "An argument is wrong");
    put_answer(out, "404", "There is no such thing");
    if (is_post) {
        put_answer(out, "401", "No token, or a wrong one");
        put_answer(out, "409", "Not in this state, or a command that was taken before");
    }
    jout_close(out, '{');
    jout_close(out, '{');
}

void control_openapi(const struct control *control, struct jout *out)
{
    jout_open(out, '{');
    jout_kv_str(out, "openapi", "3.0.3");
    jout_key(out, "info");
    jout_open(out, '{');
    jout_kv_str(out, "title", "Agon");
    jout_kv_str(out, "version", AGON_VERSION);
    jout_kv_str(out, "description",
                "A running host. What changes state needs the token of the run directory's file, "
                "and content type application/json. Amounts and prices are decimal texts, times "
                "UTC nanoseconds as texts.");
    jout_close(out, '{');
    jout_key(out, "servers");
    jout_open(out, '[');
    jout_open(out, '{');
    jout_kv_str(out, "url", control->url);
    jout_close(out, '{');
    jout_close(out, '[');
    jout_key(out, "paths");
    jout_open(out, '{');
    for (const struct control_verb *verb = control->config.port.verbs; verb->name != NULL; verb++) {
        int most = verb->scope == CONTROL_READ ? verb->args_max : 0;

        if (verb->scope == CONTROL_CLIENT)
            continue;
        for (int n = verb->scope == CONTROL_READ ? verb->args_min : 0; n <= most; n++) {
            char path[160];
            int used = snprintf(path, sizeof(path), "/api/v1/%s", verb->name);

            for (int i = 0; i < used; i++)
                path[i] = path[i] == ' ' ? '/' : path[i];
            for (int i = 1; i <= n; i++)
                used += snprintf(path + used, sizeof(path) - (size_t)used, "/{arg%d}", i);
            jout_key(out, path);
            jout_open(out, '{');
            put_operation(out, verb, n);
            jout_close(out, '{');
        }
    }
    jout_close(out, '{');
    jout_key(out, "components");
    jout_open(out, '{');
    jout_key(out, "securitySchemes");
    jout_open(out, '{');
    jout_key(out, "token");
    jout_open(out, '{');
    jout_kv_str(out, "type", "http");
    jout_kv_str(out, "scheme", "bearer");
    jout_close(out, '{');
    jout_close(out, '{');
    jout_close(out, '{');
    jout_close(out, '{');
}
