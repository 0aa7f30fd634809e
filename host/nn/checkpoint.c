// SPDX-License-Identifier: Apache-2.0
#include "nn/checkpoint.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define DTYPE (REAL_BITS == 32 ? "F32" : "F64")
#define ROW   192 /* the most bytes that one tensor takes in the header that is written */

_Static_assert((CHECKPOINT_TENSORS + CHECKPOINT_TEXTS) * ROW < CHECKPOINT_HEADER,
               "every header that is written is read");

static uint64_t bytes_of(const struct checkpoint_tensor *tensor)
{
    uint64_t bytes = sizeof(real);

    for (uint32_t i = 0; i < tensor->n_dims; i++)
        bytes *= tensor->dims[i];
    return bytes;
}

static int is_plain(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._");

    return n > 0 && n < CHECKPOINT_NAME && name[n] == '\0';
}

/* Returns its length, a multiple of 8: the values that follow are aligned. */
static size_t make_header(const struct checkpoint_text *texts, uint32_t n_texts,
                          const struct checkpoint_tensor *tensors, uint32_t n, char *text)
{
    uint64_t begin = 0;
    size_t at = 0;

    text[at++] = '{';
    for (uint32_t i = 0; i < n_texts; i++) {
        REQUIRE(is_plain(texts[i].key) && strpbrk(texts[i].value, "\"\\") == NULL);
        at += (size_t)snprintf(text + at, ROW, "%s\"%s\":\"%.47s\"%s",
                               i == 0 ? "\"__metadata__\":{" : ",", texts[i].key, texts[i].value,
                               i + 1 < n_texts ? "" : (n > 0 ? "}," : "}"));
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct checkpoint_tensor *tensor = &tensors[i];
        uint64_t end = begin + bytes_of(tensor);

        REQUIRE(is_plain(tensor->name) && tensor->n_dims <= CHECKPOINT_DIMS);
        at += (size_t)snprintf(text + at, ROW, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[",
                               i == 0 ? "" : ",", tensor->name, DTYPE);
        for (uint32_t j = 0; j < tensor->n_dims; j++)
            at += (size_t)snprintf(text + at, 16, "%s%u", j == 0 ? "" : ",", tensor->dims[j]);
        at += (size_t)snprintf(text + at, 64, "],\"data_offsets\":[%llu,%llu]}",
                               (unsigned long long)begin, (unsigned long long)end);
        begin = end;
    }
    text[at++] = '}';
    while (at % 8 != 0)
        text[at++] = ' ';
    return at;
}

int checkpoint_write(FILE *file, const struct checkpoint_text *texts, uint32_t n_texts,
                     const struct checkpoint_tensor *tensors, uint32_t n, struct error *err)
{
    char *header = malloc(((size_t)n + n_texts) * ROW + 32);
    uint64_t length;
    int is_written;

    REQUIRE(n <= CHECKPOINT_TENSORS && n_texts <= CHECKPOINT_TEXTS);
    if (header == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a checkpoint's header");
    length = make_header(texts, n_texts, tensors, n, header);
    is_written =
        fwrite(&length, sizeof(length), 1, file) == 1 && fwrite(header, 1, length, file) == length;
    free(header);
    for (uint32_t i = 0; i < n && is_written; i++) {
        size_t bytes = bytes_of(&tensors[i]);

        is_written = fwrite(tensors[i].values, 1, bytes, file) == bytes;
    }
    if (!is_written || fflush(file) != 0)
        return error_set(err, AGON_EIO, "the checkpoint's file does not take it all");
    return AGON_OK;
}

/* The file is a copy that did not go through, or something else by chance. AGON_EINVAL. */
static int refuse_short(uint64_t has, uint64_t wants, const char *what, struct error *err)
{
    return error_set(err, AGON_EINVAL,
                     "the file is truncated: %s %llu bytes, and %llu are there; expected the whole "
                     "file, so copy it again",
                     what, (unsigned long long)wants, (unsigned long long)has);
}

/* The header as JSON, and how many bytes of values stand behind it. NULL: it is none. */
static json_t *read_header(FILE *file, uint64_t *first, uint64_t *n_bytes, struct error *err)
{
    json_error_t wrong;
    json_t *header = NULL;
    uint64_t length = 0;
    char *text = NULL;
    off_t end;

    if (fseeko(file, 0, SEEK_END) != 0 || (end = ftello(file)) < 0 ||
        fseeko(file, 0, SEEK_SET) != 0) {
        (void)error_set(err, AGON_EIO, "the checkpoint's file cannot be sought in");
        return NULL;
    }
    if ((uint64_t)end < sizeof(length)) {
        (void)refuse_short((uint64_t)end, sizeof(length), "a safetensors file begins with", err);
        return NULL;
    }
    if (fread(&length, sizeof(length), 1, file) != 1) {
        (void)error_set(err, AGON_EIO, "the checkpoint's header cannot be read");
        return NULL;
    }
    if (length < 2 || length > CHECKPOINT_HEADER) {
        (void)error_set(err, AGON_EINVAL,
                        "not a safetensors file: its header would have %llu bytes; expected from 2 "
                        "to %zu",
                        (unsigned long long)length, CHECKPOINT_HEADER);
        return NULL;
    }
    if (length > (uint64_t)end - sizeof(length)) {
        (void)refuse_short((uint64_t)end - sizeof(length), length, "its header has", err);
        return NULL;
    }
    text = malloc(length);
    if (text == NULL) {
        (void)error_set(err, AGON_ENOMEM, "no memory for a checkpoint's header");
    } else if (fread(text, 1, length, file) != length) {
        (void)error_set(err, AGON_EIO, "the checkpoint's header cannot be read");
    } else {
        header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &wrong);
        if (header == NULL || !json_is_object(header)) {
            (void)error_set(err, AGON_EINVAL,
                            "not a safetensors file: its header is not a JSON object; expected one "
                            "without a name twice");
            json_decref(header);
            header = NULL;
        }
    }
    free(text);
    *first = length + sizeof(length);
    *n_bytes = (uint64_t)end - *first;
    return header;
}

static int is_shape(const json_t *shape, const struct checkpoint_tensor *tensor)
{
    if (!json_is_array(shape) || json_array_size(shape) != tensor->n_dims)
        return 0;
    for (uint32_t i = 0; i < tensor->n_dims; i++) {
        const json_t *dim = json_array_get(shape, i);

        if (!json_is_integer(dim) || json_integer_value(dim) != tensor->dims[i])
            return 0;
    }
    return 1;
}

/* Where one tensor's values begin, from the first of all. */
static int place_of(const json_t *header, const struct checkpoint_tensor *tensor, uint64_t n_bytes,
                    uint64_t *begin, struct error *err)
{
    const json_t *row = json_object_get(header, tensor->name);
    const char *dtype = json_string_value(json_object_get(row, "dtype"));
    const json_t *offsets = json_object_get(row, "data_offsets");
    const json_t *from = json_array_get(offsets, 0);
    const json_t *to = json_array_get(offsets, 1);
    uint64_t bytes = bytes_of(tensor);

    if (row == NULL)
        return error_set(err, AGON_EINVAL,
                         "the checkpoint has no tensor %s; expected one of each of the model's",
                         tensor->name);
    if (dtype == NULL || strcmp(dtype, DTYPE) != 0)
        return error_set(
            err, AGON_EINVAL,
            "%s of the checkpoint is not of type %s; expected a file that was saved as %s",
            tensor->name, DTYPE, DTYPE);
    if (!is_shape(json_object_get(row, "shape"), tensor))
        return error_set(err, AGON_EINVAL,
                         "%s of the checkpoint has another shape than the model; expected a file "
                         "of this very model",
                         tensor->name);
    if (!json_is_integer(from) || !json_is_integer(to) || json_array_size(offsets) != 2 ||
        json_integer_value(from) < 0 || json_integer_value(to) < json_integer_value(from) ||
        (uint64_t)json_integer_value(to) - (uint64_t)json_integer_value(from) != bytes ||
        (uint64_t)json_integer_value(to) > n_bytes)
        return error_set(err, AGON_EINVAL,
                         "the data_offsets of %s are not those of its shape; expected %llu bytes "
                         "of the %llu that there are",
                         tensor->name, (unsigned long long)bytes, (unsigned long long)n_bytes);
    *begin = (uint64_t)json_integer_value(from);
    return AGON_OK;
}

/* Up to where the header speaks of values. */
static uint64_t last_byte(json_t *header)
{
    const char *key;
    json_t *row;
    uint64_t last = 0;

    json_object_foreach(header, key, row)
    {
        const json_t *to = json_array_get(json_object_get(row, "data_offsets"), 1);
        uint64_t end = json_integer_value(to) > 0 ? (uint64_t)json_integer_value(to) : 0;

        last = end > last ? end : last;
    }
    return last;
}

/* Every tensor's place, none over another's, and no byte of nobody. */
static int places(json_t *header, const struct checkpoint_tensor *tensors, uint32_t n,
                  uint64_t n_bytes, uint64_t *begins, struct error *err)
{
    uint64_t sum = 0;
    size_t others = json_object_get(header, "__metadata__") != NULL; // texts, of no meaning here

    if (last_byte(header) > n_bytes)
        return refuse_short(n_bytes, last_byte(header), "its header speaks of values of", err);
    if (json_object_size(header) != n + others)
        return error_set(err, AGON_EINVAL,
                         "the checkpoint has %zu tensors, and the model %u; expected as many",
                         json_object_size(header) - others, n);
    for (uint32_t i = 0; i < n; i++) {
        int rc = place_of(header, &tensors[i], n_bytes, &begins[i], err);

        if (rc < 0)
            return rc;
        sum += bytes_of(&tensors[i]);
        for (uint32_t j = 0; j < i; j++)
            if (begins[i] < begins[j] + bytes_of(&tensors[j]) &&
                begins[j] < begins[i] + bytes_of(&tensors[i]))
                return error_set(
                    err, AGON_EINVAL,
                    "%s and %s of the checkpoint overlap; expected each byte to be of one tensor",
                    tensors[j].name, tensors[i].name);
    }
    if (sum != n_bytes)
        return error_set(err, AGON_EINVAL,
                         "the checkpoint has %llu bytes of values, and the model %llu; expected no "
                         "byte of nobody",
                         (unsigned long long)n_bytes, (unsigned long long)sum);
    return AGON_OK;
}

int checkpoint_read(FILE *file, const struct checkpoint_tensor *tensors, uint32_t n,
                    struct error *err)
{
    uint64_t *begins = calloc((size_t)n + 1, sizeof(*begins));
    uint64_t first = 0;
    uint64_t n_bytes = 0;
    struct error own = {0};
    json_t *header = NULL;
    int rc;

    REQUIRE(n <= CHECKPOINT_TENSORS);
    if (begins == NULL) {
        rc = error_set(err, AGON_ENOMEM, "no memory for a checkpoint's header");
        goto done;
    }
    header = read_header(file, &first, &n_bytes, &own);
    if (header == NULL) {
        rc = error_set(err, own.code, "%s", own.text);
        goto done;
    }
    rc = places(header, tensors, n, n_bytes, begins, err);
    for (uint32_t i = 0; i < n && rc >= 0; i++) {
        size_t bytes = bytes_of(&tensors[i]);

        if (fseeko(file, (off_t)(first + begins[i]), SEEK_SET) != 0 ||
            fread(tensors[i].values, 1, bytes, file) != bytes)
            rc = error_set(err, AGON_EIO, "values of %s cannot be read", tensors[i].name);
    }
done:
    json_decref(header);
    free(begins);
    return rc;
}

json_t *checkpoint_card(FILE *file)
{
    uint64_t first = 0;
    uint64_t n_bytes = 0;
    json_t *header = read_header(file, &first, &n_bytes, NULL);
    json_t *card = json_incref(json_object_get(header, "__metadata__"));

    json_decref(header);
    return card;
}

int checkpoint_texts(FILE *file, struct checkpoint_text *texts, uint32_t n, struct error *err)
{
    uint64_t first = 0;
    uint64_t n_bytes = 0;
    struct error own = {0};
    json_t *header = read_header(file, &first, &n_bytes, &own);
    int rc = AGON_OK;

    if (header == NULL)
        return error_set(err, own.code, "%s", own.text);
    for (uint32_t i = 0; i < n && rc >= 0; i++) {
        const json_t *card = json_object_get(header, "__metadata__");
        const char *value = json_string_value(json_object_get(card, texts[i].key));

        if (value == NULL)
            rc = error_set(err, AGON_EINVAL,
                           "the checkpoint's __metadata__ has no text %s; expected one, as "
                           "nn/served.h has it",
                           texts[i].key);
        else if (strlen(value) >= sizeof(texts[i].value))
            rc = error_set(
                err, AGON_EINVAL,
                "%s in the checkpoint's __metadata__ is too long; expected fewer than %zu "
                "bytes",
                texts[i].key, sizeof(texts[i].value));
        else
            memcpy(texts[i].value, value, strlen(value) + 1);
    }
    json_decref(header);
    return rc;
}
