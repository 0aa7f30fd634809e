// SPDX-License-Identifier: Apache-2.0
/* A request's line on the socket, and the line that answers it. */
#include <string.h>

#include "control/impl.h"

int control_request(const char *line, size_t n_bytes, json_t **root, struct control_call *call,
                    struct error *err)
{
    json_error_t why;
    const json_t *words;
    size_t n;

    memset(call, 0, sizeof(*call));
    *root = json_loadb(line, n_bytes, JSON_REJECT_DUPLICATES, &why);
    if (*root == NULL)
        return error_set(err, AGON_EINVAL, "no JSON in one line");
    words = json_object_get(*root, "verb");
    n = json_array_size(words);
    if (n == 0 || n > CONTROL_ARGS)
        return error_set(err, AGON_EINVAL, "expected {\"verb\": [WORD, ...]} of at most %d words",
                         CONTROL_ARGS);
    for (size_t i = 0; i < n; i++) {
        const char *word = json_string_value(json_array_get(words, i));

        if (word == NULL || strlen(word) > CONTROL_ARG_MAX)
            return error_set(err, AGON_EINVAL, "a word of the verb is not a text or is too long");
        for (const char *c = word; *c != '\0'; c++) {
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                return error_set(err, AGON_EINVAL, "a word of the verb has a control character");
        }
        call->argv[call->argc++] = word;
    }
    return AGON_OK;
}

void control_answer(int rc, struct jout *result, const struct error *err, struct jout *out)
{
    jout_open(out, '{');
    jout_kv_bool(out, "ok", rc >= 0);
    if (rc >= 0) {
        jout_key(out, "result");
        jout_text(result);
        jout_raw(out, result->n > 0 ? result->at : "null", result->n > 0 ? result->n : 4);
    } else {
        jout_kv_int(out, "code", rc);
        jout_kv_str(out, "error", err->text[0] != '\0' ? err->text : error_name(rc));
    }
    jout_close(out, '{');
    jout_text(out);
}
