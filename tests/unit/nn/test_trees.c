// SPDX-License-Identifier: Apache-2.0
/* trees: models that XGBoost made give the answers that XGBoost gave, from its JSON as from its
 * UBJSON, missing values go where a node says, and a file with anything wrong in it is refused with
 * its place.
 *
 *   test_trees [DIR]   of models and answers as tests/data/trees/make.py writes them */
#include <jansson.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/must.h"
#include "../../support/ubjson.h"
#include "kernels/cpu.h"
#include "nn/served.h"
#include "nn/trees.h"
#include "nn/trees_file.h"
#include "nn/trees_said.h"

#define N_FEATURES 5u /* of make.py */
#define TEXT       65536

static const char *folder;
static struct device *device;
static char text[TEXT], binary[TEXT];

static void setup(void)
{
    device = cpu_device_new(CPU_BEST, 1);
    ck_assert_ptr_nonnull(device);
}

static void teardown(void)
{
    device->free(device);
}

static FILE *open_in_folder(const char *name, const char *ending)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s.%s", folder, name, ending);
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    return file;
}

static size_t load(const char *name, const char *ending)
{
    FILE *file = open_in_folder(name, ending);
    size_t n = fread(text, 1, TEXT, file);

    ck_assert_uint_gt(n, 0);
    ck_assert_uint_lt(n, TEXT);
    ck_assert_int_eq(fclose(file), 0);
    return n;
}

static struct trees *trees_of(const char *from, size_t n)
{
    struct error err = {0};
    struct trees *trees;

    ck_assert_msg(trees_read(from, n, &trees, &err) >= 0, "%s", err.text);
    return trees;
}

static const struct kind {
    const char *name;
    enum trees_objective objective;
    uint32_t n_outputs, n_trees;
} kinds[] = {{"squared", TREES_SQUARED, 1, 12},   {"logistic", TREES_LOGISTIC, 1, 10},
             {"softprob", TREES_SOFTPROB, 3, 12}, {"forest", TREES_LOGISTIC, 1, 6},
             {"leafwise", TREES_SQUARED, 1, 3},   {"stump", TREES_LOGISTIC, 1, 2}};

static void is_near(double value, double expected, const char *what, const char *name, unsigned row)
{
    if (!(fabs(value - expected) <= 1e-6 * fmax(1, fabs(expected))))
        ck_abort_msg("%s of row %u of %s is %.9g; XGBoost says %.9g", what, row, name, value,
                     expected);
}

START_TEST(xgboosts_answers_come_out)
{
    const struct kind *kind = &kinds[_i];
    struct trees *trees = trees_of(text, load(kind->name, "json"));
    struct trees *same = trees_of(text, load(kind->name, "ubj"));
    FILE *rows = open_in_folder(kind->name, "rows");
    unsigned n = 0;
    double x[N_FEATURES];

    ck_assert(trees->n_features == N_FEATURES && trees->n_outputs == kind->n_outputs);
    ck_assert(trees->n_trees == kind->n_trees && trees->objective == kind->objective);
    while (fscanf(rows, "%lf %lf %lf %lf %lf", &x[0], &x[1], &x[2], &x[3], &x[4]) == 5) {
        double expected[6];
        real values[N_FEATURES];
        real y[3], y_same[3];

        for (uint32_t i = 0; i < 2 * kind->n_outputs; i++)
            ck_assert_int_eq(fscanf(rows, "%lf", &expected[i]), 1);
        for (uint32_t i = 0; i < N_FEATURES; i++)
            values[i] = (real)x[i];
        trees_margin(trees, values, y);
        for (uint32_t i = 0; i < kind->n_outputs; i++)
            is_near((double)y[i], expected[i], "the margin", kind->name, n);
        trees_margin(same, values, y_same);
        MUST(memcmp(y, y_same, kind->n_outputs * sizeof(*y)) == 0);
        trees_eval(device, trees, values, y);
        for (uint32_t i = 0; i < kind->n_outputs; i++)
            is_near((double)y[i], expected[kind->n_outputs + i], "the answer", kind->name, n);
        n++;
    }
    ck_assert_uint_ge(n, 60);
    ck_assert_int_eq(fclose(rows), 0);
    trees_free(trees);
    trees_free(same);
}
END_TEST

/* Of two features and two trees: x0 < 1.5 (missing: left) ? (x1 < -2 (missing: right) ? 1 : 2) : 4,
 * its nodes out of order and one of them deleted, then a leaf of 0.25. */
#define SMALL                                                                                      \
    "{\"learner\":{\"attributes\":{\"agon.model\":\"trees/1\",\"agon.inputs\":\"2\"},"             \
    "\"gradient_booster\":{\"model\":{\"gbtree_model_param\":{\"num_trees\":\"2\"},"               \
    "\"tree_info\":[0,0],\"trees\":["                                                              \
    "{\"default_left\":[1,0,0,0,0,0],\"left_children\":[4,-1,-1,-1,1,-1],"                         \
    "\"right_children\":[3,-1,-1,-1,5,-1],\"split_conditions\":[1.5,1,77,4E0,-2,2.0],"             \
    "\"split_indices\":[0,0,2147483647,0,1,0],\"split_type\":[0,0,0,0,0,0],"                       \
    "\"tree_param\":{\"num_deleted\":\"1\",\"num_nodes\":\"6\",\"size_leaf_vector\":\"0\"}},"      \
    "{\"default_left\":[false],\"left_children\":[-1],\"right_children\":[-1],"                    \
    "\"split_conditions\":[2.5E-1],\"split_indices\":[0],"                                         \
    "\"tree_param\":{\"num_deleted\":\"0\",\"num_nodes\":\"1\"}}]},\"name\":\"gbtree\"},"          \
    "\"learner_model_param\":{\"base_score\":\"5E-1\",\"num_class\":\"0\","                        \
    "\"num_feature\":\"2\",\"num_target\":\"1\"},\"objective\":{\"name\":\"reg:squarederror\"}},"  \
    "\"version\":[1,7,4]}"

START_TEST(each_way_through_a_tree)
{
    static const struct {
        double x0, x1, leaf;
    } rows[] = {
        {0, -3, 1}, {0, -2, 2},   {0, 0, 2},     {1.4999, -3, 1}, {1.5, -3, 4},
        {9, -3, 4}, {NAN, -3, 1}, {NAN, NAN, 2}, {1, NAN, 2},     {2, NAN, 4},
    };
    struct trees *trees = trees_of(SMALL, strlen(SMALL));

    ck_assert_uint_eq(trees->n_nodes, 6); // the deleted one is not laid out
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        real x[2] = {(real)rows[i].x0, (real)rows[i].x1};
        real y;

        trees_eval(device, trees, x, &y);
        ck_assert_msg((double)y == 0.75 + rows[i].leaf, "row %u: %g", i, (double)y);
    }
    trees_free(trees);
}
END_TEST

/* SMALL with the first `from` replaced. */
static size_t with(const char *from, const char *to)
{
    const char *at = strstr(SMALL, from);

    ck_assert_msg(at != NULL, "%s is not in the model", from);
    return (size_t)snprintf(text, TEXT, "%.*s%s%s", (int)(at - SMALL), SMALL, to,
                            at + strlen(from));
}

static const struct bad {
    const char *from, *to, *says;
} bads[] = {
    {"{\"learner\"", "{\"Learner\"", "it has no object \"learner\""},
    {"[1,7,4]", "[3,0,0]", "version is not one"},
    {"[1,7,4]", "\"1.7\"", "version is not one"},
    {"\"gbtree\"", "\"dart\"", "learner.gradient_booster.name is \"dart\"; expected gbtree"},
    {"reg:squarederror", "rank:ndcg", "learner.objective.name is \"rank:ndcg\""},
    {"trees/1", "lstm/1", "learner.attributes.agon.model is \"lstm/1\"; expected trees/1"},
    {"\"agon.inputs\":\"2\"", "\"agon.inputs\":\"3\"", "agon.inputs is 3; expected 2 to 2"},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"4097\"",
     "num_feature is 4097; expected 1 to 4096"},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"0\"", "num_feature is 0"},
    {"\"num_feature\":\"2\"", "\"num_feature\":2", "num_feature is not a number in a text"},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"99999999999\"", "num_feature is not a number"},
    {"\"num_class\":\"0\"", "\"num_class\":\"3\"", "num_class is 3, which is not of its objective"},
    {"\"num_target\":\"1\"", "\"num_target\":\"2\"", "num_target is 2; expected 1 to 1"},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"nan\"", "base_score is \"nan\""},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"1E39\"", "base_score is \"1E39\""},
    {"\"base_score\":\"5E-1\"", "\"base_score\":0.5", "base_score is \"\""},
    {"\"num_trees\":\"2\"", "\"num_trees\":\"3\"", "model has 2 trees, the outputs of 2"},
    {"\"num_trees\":\"2\"", "\"num_trees\":\"0\"", "num_trees is 0; expected 1 to 65536"},
    {"\"num_trees\":\"2\"", "\"num_trees\":\"65537\"", "num_trees is 65537"},
    {"\"tree_info\":[0,0]", "\"tree_info\":[0,1]", "tree_info[1] is not an output"},
    {"\"tree_info\":[0,0]", "\"tree_info\":[0]", "the outputs of 1"},
    {"[1,0,0,0,0,0]", "[1,0,0,0,0]", "trees[0].default_left is of 5 values"},
    {"[1,0,0,0,0,0]", "[2,0,0,0,0,0]", "trees[0].default_left[0] is 2; expected 0 to 1"},
    {"[4,-1,-1,-1,1,-1]", "[4,-1,-1,-1,6,-1]", "left_children[4] is 6; expected -1 to 5"},
    {"[4,-1,-1,-1,1,-1]", "[4,-1,-1,-1,-2,-1]", "left_children[4] is -2"},
    {"[4,-1,-1,-1,1,-1]", "[4,-1,-1,-1,1.0,-1]", "left_children[4] is not a whole number"},
    {"[4,-1,-1,-1,1,-1]", "[4,-1,-1,-1,0,-1]", "left_children[4] is 0, a node that is reached"},
    {"[4,-1,-1,-1,1,-1]", "[4,-1,-1,-1,3,-1]", "left_children[4] is 3, a node that is reached"},
    {"[4,-1,-1,-1,1,-1]", "[3,-1,-1,-1,1,-1]", "right_children[0] is 3, a node that is reached"},
    {"[4,-1,-1,-1,1,-1]", "[4,-1,-1,-1,-1,-1]", "node 4 has one child"},
    {"\"num_deleted\":\"1\"", "\"num_deleted\":\"0\"", "reaches 5 and 0 are deleted"},
    {"\"num_deleted\":\"1\"", "\"num_deleted\":\"6\"", "num_deleted is 6; expected 0 to 5"},
    {"\"num_nodes\":\"6\"", "\"num_nodes\":\"5\"", "left_children is of 6 values"},
    {"\"num_nodes\":\"6\"", "\"num_nodes\":\"4194305\"", "num_nodes is 4194305"},
    {"\"size_leaf_vector\":\"0\"", "\"size_leaf_vector\":\"2\"", "size_leaf_vector is 2"},
    {"[1.5,1,77,4E0,-2,2.0]", "[1E39,1,77,4E0,-2,2.0]", "split_conditions[0] is not a number that"},
    {"[1.5,1,77,4E0,-2,2.0]", "[\"1\",1,77,4E0,-2,2.0]", "split_conditions[0] is not a number"},
    {"[1.5,1,77,4E0,-2,2.0]", "[NaN,1,77,4E0,-2,2.0]", "line 1, column"},
    {"[1.5,1,77,4E0,-2,2.0]", "[1.5,1,77,3E38,-2,2.0]", "leaves of its trees add up to 3e+38"},
    {"[0,0,2147483647,0,1,0]", "[0,0,0,0,2,0]", "split_indices[4] is 2; expected 0 to 1"},
    {"[0,0,2147483647,0,1,0]", "[0,0,0,0,-1,0]", "split_indices[4] is -1"},
    {"[0,0,0,0,0,0],\"tree_param\"", "[1,0,0,0,0,0],\"tree_param\"", "split_type[0] is 1"},
    {"\"num_nodes\":\"1\"", "\"num_nodes\":\"1\",\"num_nodes\":\"1\"", "duplicate"},
    {"\"version\":[1,7,4]}", "\"version\":[1,7,4]} x", "line 1, column"},
};

START_TEST(a_file_that_is_wrong_is_refused_with_its_place)
{
    size_t n = with(bads[_i].from, bads[_i].to);
    struct served_shape shape;
    struct error err = {0};
    struct served *model;

    ck_assert_int_eq(served_open(device, "files.m", text, n, &model, &shape, &err), AGON_EINVAL);
    ck_assert_ptr_null(model);
    ck_assert_msg(strncmp(err.text, "files.m: ", 9) == 0, "no file: %s", err.text);
    ck_assert_msg(strstr(err.text, bads[_i].says) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "expected") != NULL, "no way out: %s", err.text);
}
END_TEST

/* The same in the binary form, where it is JSON at all and has such a number. */
START_TEST(a_binary_file_that_is_wrong_is_refused_with_its_place)
{
    size_t n = with(bads[_i].from, bads[_i].to);
    struct trees *trees;
    struct error err = {0};

    n = ubjson_of(text, n, binary, TEXT);
    if (n == 0) {
        ck_assert_msg(strstr(bads[_i].says, "line 1") != NULL ||
                          strcmp(bads[_i].says, "duplicate") == 0,
                      "%s is not JSON", bads[_i].to);
        return;
    }
    ck_assert_int_eq(trees_read(binary, n, &trees, &err), AGON_EINVAL);
    ck_assert_ptr_null(trees);
    // Of one type are all of an array: where one is not whole, none is.
    ck_assert_msg(strstr(err.text, bads[_i].says) != NULL ||
                      (strstr(bads[_i].says, "[4] is not a whole") != NULL &&
                       strstr(err.text, "left_children[0] is not a whole number") != NULL),
                  "%s", err.text);
    ck_assert_msg(strstr(err.text, "expected") != NULL, "no way out: %s", err.text);
}
END_TEST

START_TEST(a_probability_is_where_a_logistic_model_begins)
{
    static const char *const scores[] = {"0E+0", "1E+0", "-.01", "2E-1"};

    for (uint32_t i = 0; i < 4; i++) {
        size_t n = with("reg:squarederror", "binary:logistic");
        char *at = strstr(text, "\"5E-1\"");
        struct trees *trees;
        struct error err = {0};

        ck_assert_ptr_nonnull(at);
        memcpy(at + 1, scores[i], 4);
        ck_assert_int_eq(trees_read(text, n, &trees, &err), (i < 3 ? AGON_EINVAL : AGON_OK));
        if (i < 3)
            ck_assert_msg(strstr(err.text, "expected a probability") != NULL, "%s", err.text);
        else
            ck_assert(fabs((double)trees->base - log(0.25)) < 1e-7);
        trees_free(trees);
    }
}
END_TEST

START_TEST(a_file_that_ends_anywhere_is_refused)
{
    for (size_t i = 0; i < strlen(SMALL); i++) {
        struct trees *trees;
        struct error err = {0};

        MUST(trees_read(SMALL, i, &trees, &err) == AGON_EINVAL && trees == NULL);
        MUST(err.text[0] != '\0');
    }
}
END_TEST

/* In memory that ends where the file does. */
START_TEST(a_binary_file_that_ends_anywhere_is_refused)
{
    size_t n = ubjson_of(SMALL, strlen(SMALL), binary, TEXT);

    ck_assert_uint_gt(n, 500);
    for (size_t i = 2; i <= n; i++) {
        char *bytes = malloc(i);
        struct trees *trees;
        struct error err = {0};
        int rc;

        MUST(bytes != NULL);
        memcpy(bytes, binary, i);
        rc = trees_read(bytes, i, &trees, &err);
        MUST(i == n ? rc == AGON_OK : rc == AGON_EINVAL && trees == NULL && err.text[0] != '\0');
        free(bytes);
        trees_free(trees);
    }
}
END_TEST

#define KEY         "{L\0\0\0\0\0\0\0\001a"
#define BYTES(text) text, sizeof(text) - 1
static const struct wrong {
    const char *bytes;
    size_t n;
    const char *says;
} wrongs[] = {
    {BYTES("{L\0\0\0\0\0\0\0\0"), "byte 10: it ends where a value is expected"},
    {BYTES("{l\0\0\0\011a"), "byte 1: a length of more than there is"},
    {BYTES("{L\377\377\377\377\377\377\377\377a"), "byte 1: a length of more than there is"},
    {BYTES("{L\177\377\377\377\377\377\377\377a"), "byte 1: a length of more than there is"},
    {BYTES("{i\377a}"), "a length of more than there is"},
    {BYTES("{L\0\0\0"), "byte 1: it ends within a length"},
    {BYTES("{i\002a\377Z}"), "a text that is not UTF-8"},
    {BYTES("{i\002a\0Z}"), "has a NUL in it"},
    {BYTES(KEY), "it ends where a value is expected"},
    {BYTES(KEY "N}"), "byte 11: not a value"},
    {BYTES(KEY "H"), "byte 11: not a value"},
    {BYTES(KEY "L\0\0"), "it ends within a number"},
    {BYTES(KEY "d\177\300\0\0}"), "a number that is NaN or infinite"},
    {BYTES(KEY "D\177\360\0\0\0\0\0\0}"), "a number that is NaN or infinite"},
    {BYTES(KEY "[$T#i\001}"), "an array of a type that is not a number"},
    {BYTES(KEY "[$ZL\0"), "an array of a type that is not a number"},
    {BYTES(KEY "[$l}"), "an array of one type without its length"},
    {BYTES(KEY "[$l#i\003abcdefg}"), "an array of more than there is"},
    {BYTES(KEY "[$L#L\020\0\0\0\0\0\0\001abcdefgh}"), "a length of more than there is"},
    {BYTES(KEY "[#i\002Z}"), "byte 16: not a value"},
    {BYTES(KEY "[#d\0\0\0\0}"), "not a length"},
    {BYTES(KEY "{$i#i\001i\001b\001}}"), "not a length"},
    {BYTES(KEY "Zi\001aZ}"), "a key that is there already"},
    {BYTES(KEY "Z}}"), "byte 13: more than a model"},
    {BYTES(KEY "[[[[[[[[[[[[[[[[[[[["), "17 deep"},
    {BYTES(KEY "Z}"), "it has no object \"learner\""},
};

START_TEST(bytes_that_are_no_ubjson_are_refused_with_their_place)
{
    const struct wrong *wrong = &wrongs[_i];
    char *bytes = malloc(wrong->n);
    struct trees *trees;
    struct error err = {0};

    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, wrong->bytes, wrong->n);
    ck_assert_int_eq(trees_read(bytes, wrong->n, &trees, &err), AGON_EINVAL);
    ck_assert_msg(strstr(err.text, wrong->says) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "expected") != NULL, "no way out: %s", err.text);
    free(bytes);
}
END_TEST

/* What is not written by XGBoost and may be read: other types of a length, arrays that end by a
 * word, numbers of each type. */
START_TEST(each_number_of_ubjson_is_read)
{
    static const char bytes[] =
        "{I\0\001a[i\377U\377I\377\376l\377\377\377\375L\377\377\377\377\377"
        "\377\377\374D\100\011\041\373\124\104\055\030d\277\200\0\0TFZ]"
        "U\001b[$I#U\002\001\0\200\0i\007parents[$l#i\001abcd}";
    struct error err = {0};
    json_t *root, *expected;

    ck_assert_msg(trees_ubjson(bytes, sizeof(bytes) - 1, &root, &err) >= 0, "%s", err.text);
    expected = json_loads("{\"a\":[-1,255,-2,-3,-4,3.141592653589793,-1.0,true,false,null],"
                          "\"b\":[256,-32768],\"parents\":null}",
                          0, NULL);
    ck_assert_ptr_nonnull(expected);
    ck_assert_msg(json_equal(root, expected), "%s", json_dumps(root, 0));
    json_decref(root);
    json_decref(expected);
}
END_TEST

/* What jansson has of the allocator at a time. */
static size_t n_held, n_most;

static void *count_malloc(size_t n)
{
    void *at = malloc(n);

    n_held += at != NULL ? malloc_usable_size(at) + sizeof(size_t) : 0;
    n_most = n_held > n_most ? n_held : n_most;
    return at;
}

static void count_free(void *at)
{
    n_held -= at != NULL ? malloc_usable_size(at) + sizeof(size_t) : 0;
    free(at);
}

/* An array of one thing, or an object of keys that are each another, as long as there is room. */
static void make_hostile(char *to, size_t n, int shape)
{
    static const char *const parts[] = {"0,", "\"\",", "[],0,0,0,0,0,0,0,"};
    size_t at = 1, length = shape < 3 ? strlen(parts[shape]) : 0;

    to[0] = shape == 3 ? '{' : '[';
    for (uint32_t i = 0; at + 32 < n; i++) {
        if (shape < 3)
            memcpy(to + at, parts[shape], length);
        else
            length = (size_t)snprintf(to + at, 32, "\"%x\":0,", i);
        at += length;
    }
    memset(to + at, ' ', n - at);
}

/* It ends behind so many bytes. */
static void end_hostile(char *to, size_t n, int shape)
{
    size_t at = n - 7;

    while (to[at] != ',')
        at--;
    memset(to + at + 1, ' ', n - at - 1);
    memcpy(to + n - 6, shape == 3 ? "\"z\":0}" : "    0]", 6);
}

START_TEST(a_hostile_file_takes_no_more_memory_than_it_may)
{
    size_t n = TREES_BYTES;
    char *bytes = malloc(n);
    struct trees *trees;
    struct error err = {0};

    ck_assert_ptr_nonnull(bytes);
    n_most = 0;
    json_set_alloc_funcs(count_malloc, count_free);
    make_hostile(bytes, n, _i);
    end_hostile(bytes, n, _i);
    ck_assert_int_eq(trees_read(bytes, n, &trees, &err), AGON_EINVAL);
    ck_assert_msg(strstr(err.text, "a model may take 640") != NULL, "%s", err.text);
    ck_assert_uint_eq(n_most, 0);
    while (trees_plain(bytes, n, &err) < 0) {
        n -= n / 16;
        end_hostile(bytes, n, _i);
    }
    ck_assert_int_eq(trees_read(bytes, n, &trees, &err), AGON_EINVAL); // it is JSON, and no model
    ck_assert_msg(n_most > 0 && n_most <= (size_t)640 << 20, "%zu MiB of %zu", n_most >> 20, n);
    ck_assert_uint_eq(n_held, 0);
    free(bytes);
}
END_TEST

/* A file of one thing again and again, or of one array: before memory is taken it is refused, and
 * the longest that is not takes no more than it may. */
static size_t hostile_binary(char *to, size_t n, int shape)
{
    static const char *const parts[] = {"i\001", "Si\001a", "[]U\001U\001U\001U\001"};
    size_t at = 3, length = shape < 3 ? strlen(parts[shape]) : 0;

    memcpy(to, "{i\001a[", 5);
    at = 5;
    if (shape == 4) { // of one type, a byte each
        memcpy(to + 4, "[$U#l", 5);
        for (int i = 0; i < 4; i++)
            to[9 + i] = (char)((n - 14) >> (24 - 8 * i) & 255);
        memset(to + 13, 1, n - 14);
        to[n - 1] = '}';
        return n;
    }
    if (shape == 3)
        to[4] = '{';
    for (uint32_t i = 0; at + 32 < n; i++) {
        if (shape < 3)
            memcpy(to + at, parts[shape], length);
        else
            length = (size_t)snprintf(to + at, 32, "i%c%08xZ", 8, i);
        at += length;
    }
    to[at++] = shape == 3 ? '}' : ']';
    to[at++] = '}';
    return at;
}

START_TEST(a_hostile_binary_file_takes_no_more_memory_than_it_may)
{
    static const size_t fits[] = {22, 0, 0, 0, 11}; // MiB that may be read; 0: not tried
    size_t most = (size_t)640 << 20;
    char *bytes = malloc(TREES_BYTES);

    ck_assert_ptr_nonnull(bytes);
    json_set_alloc_funcs(count_malloc, count_free);
    for (int is_fit = 0; is_fit < (fits[_i] > 0 ? 2 : 1); is_fit++) {
        size_t n = hostile_binary(bytes, is_fit ? fits[_i] << 20 : TREES_BYTES, _i);
        struct trees *trees;
        struct error err = {0};

        n_most = 0;
        ck_assert_int_eq(trees_read(bytes, n, &trees, &err), AGON_EINVAL);
        ck_assert_msg(n_most <= most, "%zu MiB of %zu", n_most >> 20, n);
        ck_assert_uint_eq(n_held, 0);
        ck_assert_msg(strstr(err.text, is_fit ? "no object \"learner\"" : "more than 640 MiB") !=
                          NULL,
                      "%s", err.text);
        ck_assert_msg(!is_fit || n_most > most / 3, "%zu MiB", n_most >> 20);
    }
    free(bytes);
}
END_TEST

START_TEST(served_without_a_state)
{
    struct served_shape shape;
    struct error err = {0};
    struct served *model;
    real x[2] = {(real)NAN, -3};
    real y = 77;

    ck_assert_int_ge(served_open(device, "m", SMALL, strlen(SMALL), &model, &shape, &err), 0);
    ck_assert(shape.inputs == 2 && shape.outputs == 1 && shape.window == 0);
    ck_assert(shape.state_bytes == 0);
    served_save(model, NULL);
    ck_assert_int_eq(served_load(model, NULL, 0), AGON_OK);
    ck_assert_int_eq(served_load(model, &y, sizeof(y)), AGON_EINVAL);
    served_reset(model);
    ck_assert_int_eq(served_step(model, x, &y), AGON_OK);
    ck_assert(y == (real)1.75);
    x[1] = (real)INFINITY;
    ck_assert_int_eq(served_step(model, x, &y), AGON_EINVAL);
    ck_assert(y == (real)1.75);
    served_close(model);
}
END_TEST

/* By its first bytes, what it says of itself too; and a header of safetensors that is as long as to
 * begin with the same bytes is none. */
START_TEST(served_from_the_binary_form)
{
    static const char net[] = "{L\0\0\0\0\0\0{\"__metadata__\":{}}";
    size_t n = ubjson_of(SMALL, strlen(SMALL), binary, TEXT);
    struct served_names names;
    struct served_shape shape;
    struct error err = {0};
    struct served *model;
    real x[2] = {(real)NAN, -3};
    real y = 77;

    ck_assert_int_ge(served_open(device, "m", binary, n, &model, &shape, &err), 0);
    ck_assert(shape.inputs == 2 && shape.outputs == 1 && shape.state_bytes == 0);
    ck_assert_int_eq(served_step(model, x, &y), AGON_OK);
    ck_assert(y == (real)1.75);
    served_close(model);
    ck_assert_int_eq(served_said(binary, n, &names, &err), AGON_OK);
    ck_assert_str_eq(names.goal, "value");
    free(names.inputs);
    ck_assert(trees_is_file(net, sizeof(net)) == TREES_NONE);
    ck_assert_int_eq(served_open(device, "m", net, sizeof(net), &model, &shape, &err), AGON_EINVAL);
    ck_assert_msg(strstr(err.text, "its header has 19579 bytes") != NULL, "%s", err.text);
}
END_TEST

int main(int argc, char **argv)
{
    static char own[512];
    const char *root = getenv("AGON_SOURCE_ROOT");
    Suite *suite = suite_create("nn_trees");
    TCase *tcase = tcase_create("trees");
    SRunner *runner = srunner_create(suite);
    int failed;

    (void)snprintf(own, sizeof(own), "%s/tests/data/trees", root != NULL ? root : ".");
    folder = argc > 1 ? argv[1] : own;
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, xgboosts_answers_come_out, 0, sizeof(kinds) / sizeof(kinds[0]));
    tcase_add_test(tcase, each_way_through_a_tree);
    tcase_add_loop_test(tcase, a_file_that_is_wrong_is_refused_with_its_place, 0,
                        sizeof(bads) / sizeof(bads[0]));
    tcase_add_loop_test(tcase, a_binary_file_that_is_wrong_is_refused_with_its_place, 0,
                        sizeof(bads) / sizeof(bads[0]));
    tcase_add_test(tcase, a_probability_is_where_a_logistic_model_begins);
    tcase_add_test(tcase, a_file_that_ends_anywhere_is_refused);
    tcase_add_test(tcase, a_binary_file_that_ends_anywhere_is_refused);
    tcase_add_loop_test(tcase, bytes_that_are_no_ubjson_are_refused_with_their_place, 0,
                        sizeof(wrongs) / sizeof(wrongs[0]));
    tcase_add_test(tcase, each_number_of_ubjson_is_read);
    // They are of the text alone, not of a folder's models, and take a minute.
    if (sizeof(real) == sizeof(float) && argc == 1) {
        tcase_add_loop_test(tcase, a_hostile_file_takes_no_more_memory_than_it_may, 0, 4);
        tcase_add_loop_test(tcase, a_hostile_binary_file_takes_no_more_memory_than_it_may, 0, 5);
    }
    tcase_add_test(tcase, served_without_a_state);
    tcase_add_test(tcase, served_from_the_binary_form);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
