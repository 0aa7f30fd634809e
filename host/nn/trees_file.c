// SPDX-License-Identifier: Apache-2.0
#include "nn/trees_file.h"

#include <string.h>

#include "nn/trees.h"
#include "nn/trees_said.h"

/* safetensors begins with the length of its header in 8 bytes, of which the last is 0, and goes on
 * with '{'. A key's length in 8 bytes, as XGBoost writes it, has zeros there. */
enum trees_form trees_is_file(const void *bytes, size_t n)
{
    const char *text = bytes;

    if (n == 0 || text[0] != '{')
        return TREES_NONE;
    if (n > 1 && text[1] != '\0' && strchr("iUIlL", text[1]) != NULL && !(n > 8 && text[8] == '{'))
        return TREES_UBJSON;
    return memchr(text, 0, n < 8 ? n : 8) == NULL ? TREES_JSON : TREES_NONE;
}

static int from_json(const char *text, size_t n, json_t **root, struct error *err)
{
    json_error_t wrong;
    int rc = trees_plain(text, n, err);

    if (rc < 0)
        return rc;
    *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &wrong);
    if (*root != NULL)
        return AGON_OK;
    if (json_error_code(&wrong) == json_error_out_of_memory)
        return error_set(err, AGON_ENOMEM, "no memory for a model of %zu bytes of JSON", n);
    return error_set(err, AGON_EINVAL,
                     "line %d, column %d: %s; expected the JSON of "
                     "Booster.save_model(\"NAME.json\")",
                     wrong.line, wrong.column, wrong.text);
}

int trees_file(const char *bytes, size_t n, json_t **root, struct error *err)
{
    int is_binary = trees_is_file(bytes, n) == TREES_UBJSON;

    *root = NULL;
    if (n > TREES_BYTES)
        return error_set(err, AGON_EINVAL, "a model of %zu bytes of %s; expected at most %zu", n,
                         is_binary ? "UBJSON" : "JSON", TREES_BYTES);
    return is_binary ? trees_ubjson(bytes, n, root, err) : from_json(bytes, n, root, err);
}
