// SPDX-License-Identifier: Apache-2.0
/* fuzz_control: any line on the socket of the run directory. It is refused, or it is a verb of the
 * host's table with as many arguments as that takes, and each is text that can be logged; and what
 * is answered is one line of JSON that says the same.
 *
 * decodes: host/control/line.c host/control/verb.c */
#include "control/impl.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "fuzz.h"
#include "ops/api.h"

static void look_at_word(const char *word)
{
    size_t n = strlen(word);

    REQUIRE(n <= CONTROL_ARG_MAX && utf8_is_valid(word, n));
    for (size_t i = 0; i < n; i++)
        REQUIRE((unsigned char)word[i] >= 0x20 && word[i] != 0x7f);
}

// The words that went are the verb's name, and the others are there still.
static void look_at_match(const struct control_verb *verb, const struct control_call *asked,
                          const struct control_call *call)
{
    int n = asked->argc - call->argc;
    size_t length = strlen(asked->argv[0]);

    REQUIRE((n == 1 || n == 2) && strncmp(verb->name, asked->argv[0], length) == 0);
    if (n == 2)
        REQUIRE(verb->name[length] == ' ' && strcmp(verb->name + length + 1, asked->argv[1]) == 0);
    else
        REQUIRE(verb->name[length] == '\0');
    for (int i = 0; i < call->argc; i++)
        REQUIRE(call->argv[i] == asked->argv[i + n]);
}

// Answered with its arguments, as a verb would with what it found.
static void put_result(const struct control_verb *verb, const struct control_call *call,
                       struct jout *out)
{
    jout_open(out, '[');
    jout_str(out, verb->name);
    for (int i = 0; i < call->argc; i++)
        jout_str(out, call->argv[i]);
    jout_close(out, '[');
}

static void look_at_answer(int rc, const struct control_verb *verb, const struct control_call *call,
                           const struct jout *answer)
{
    json_error_t why;
    json_t *root = json_loadb(answer->at, answer->n, JSON_REJECT_DUPLICATES, &why);
    const json_t *result = json_object_get(root, "result");

    REQUIRE(root != NULL && memchr(answer->at, '\n', answer->n) == NULL);
    REQUIRE(json_is_true(json_object_get(root, "ok")) == (rc >= 0));
    if (rc < 0) {
        REQUIRE(json_integer_value(json_object_get(root, "code")) == rc);
        REQUIRE(json_string_length(json_object_get(root, "error")) > 0);
    } else {
        REQUIRE(json_array_size(result) == (size_t)call->argc + 1);
        REQUIRE(strcmp(json_string_value(json_array_get(result, 0)), verb->name) == 0);
        for (int i = 0; i < call->argc; i++)
            REQUIRE(strcmp(json_string_value(json_array_get(result, (size_t)i + 1)),
                           call->argv[i]) == 0);
    }
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const uint8_t *end = memchr(bytes, '\n', n);
    const struct control_verb *verb = NULL;
    struct jout result = {0}, answer = {0};
    struct control_call call, asked;
    struct error err = {0};
    json_t *root;
    int rc;

    n = end != NULL ? (size_t)(end - bytes) : n;
    if (n >= CONTROL_LINE_MAX)
        return 0; // the connection is closed
    rc = control_request((const char *)bytes, n, &root, &call, &err);
    if (rc >= 0) {
        REQUIRE(call.argc >= 1 && call.argc <= CONTROL_ARGS);
        for (int i = 0; i < call.argc; i++)
            look_at_word(call.argv[i]);
        asked = call;
        verb = control_match(api_verbs, &call, &err);
        rc = verb != NULL ? control_check(verb, &call, &err) : AGON_ENOENT;
        if (verb != NULL)
            look_at_match(verb, &asked, &call);
    }
    REQUIRE(rc >= 0 || err.text[0] != '\0');
    if (rc >= 0)
        put_result(verb, &call, &result);
    control_answer(rc, &result, &err, &answer);
    look_at_answer(rc, verb, &call, &answer);
    json_decref(root);
    jout_deinit(&result);
    jout_deinit(&answer);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed)
{
    static const char *const right[] = {
        "{\"verb\":[\"status\"]}", "{\"verb\":[\"log\",\"level\",\"debug\"]}",
        "{\"verb\":[\"apply\",\"/a/roster.yaml\",\"dry-run\",\"yes=\"]}"};

    return fuzz_step(right, sizeof(right) / sizeof(right[0]), bytes, n, max, seed);
}
