// SPDX-License-Identifier: Apache-2.0
/* The description of the API has no hole: each verb says what it answers and each word of its usage
 * has a row, and the document is JSON in which all that is named is there. What a host answers is
 * held to it by integration_api. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>

#include "ops/api.h"
#include "ops/api_schema.h"

static json_t *document(void)
{
    struct control_port port;
    struct jout out = {0};
    json_error_t why;
    json_t *root;

    api_tables(&port);
    control_openapi(&port, "http://127.0.0.1:1", &out);
    jout_text(&out);
    root = json_loadb(out.at, out.n, JSON_REJECT_DUPLICATES, &why);
    ck_assert_msg(root != NULL, "%s at byte %d", why.text, why.position);
    jout_deinit(&out);
    return root;
}

START_TEST(each_verb_says_what_it_answers)
{
    for (const struct control_verb *verb = api_verbs; verb->name != NULL; verb++)
        ck_assert_msg(verb->scope == CONTROL_CLIENT || verb->gives != NULL, "%s: no .gives",
                      verb->name);
}
END_TEST

// What has no row goes by arg1, arg2.
static void named(json_t *value, const char *where)
{
    const char *name = json_string_value(value);

    ck_assert_msg(name != NULL && strncmp(name, "arg", 3) != 0,
                  "%s: a word of its usage has no row in api_arguments", where);
}

START_TEST(each_argument_has_a_name)
{
    json_t *root = document(), *paths = json_object_get(root, "paths"), *path, *one;
    const char *key;
    size_t i;

    ck_assert_uint_gt(json_object_size(paths), 50);
    json_object_foreach(paths, key, path)
    {
        json_array_foreach(json_object_get(json_object_get(path, "get"), "parameters"), i, one)
            named(json_object_get(one, "name"), key);
    }
    json_decref(root);
    for (const struct control_verb *verb = api_verbs; verb->name != NULL; verb++) {
        char *usage = strdup(verb->usage), *rest = usage;
        const struct control_word *word = api_arguments;

        for (char *at; verb->scope != CONTROL_CLIENT && (at = strsep(&rest, " []")) != NULL;) {
            for (word = api_arguments; word->usage != NULL && strcmp(word->usage, at) != 0; word++)
                ;
            ck_assert_msg(*at == '\0' || word->usage != NULL, "%s: '%s' has no row", verb->name,
                          at);
        }
        free(usage);
    }
}
END_TEST

// All references of the document lead somewhere.
static void follow(json_t *root, json_t *node)
{
    const char *key, *text;
    json_t *inner;
    size_t i;

    json_array_foreach(node, i, inner) follow(root, inner);
    json_object_foreach(node, key, inner)
    {
        text = json_string_value(inner);
        if (strcmp(key, "$ref") == 0) {
            json_t *schemas = json_object_get(json_object_get(root, "components"), "schemas");
            json_t *answers = json_object_get(json_object_get(root, "components"), "responses");
            const char *name = text != NULL ? strrchr(text, '/') + 1 : "";

            ck_assert_msg(json_object_get(strstr(text, "/schemas/") != NULL ? schemas : answers,
                                          name) != NULL,
                          "%s leads nowhere", text);
        }
        follow(root, inner);
    }
}

START_TEST(all_that_is_named_is_there)
{
    json_t *root = document(), *schema, *member;
    const char *name, *key;

    follow(root, root);
    json_object_foreach(json_object_get(json_object_get(root, "components"), "schemas"), name,
                        schema)
    {
        ck_assert_msg(json_object_size(json_object_get(schema, "properties")) > 0, "%s is empty",
                      name);
        json_object_foreach(json_object_get(schema, "properties"), key, member)
            ck_assert_msg(json_object_size(member) > 0, "%s.%s has no type", name, key);
    }
    json_decref(root);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops_schema");
    TCase *tcase = tcase_create("schema");
    SRunner *runner;
    int n;

    tcase_add_test(tcase, each_verb_says_what_it_answers);
    tcase_add_test(tcase, each_argument_has_a_name);
    tcase_add_test(tcase, all_that_is_named_is_there);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
