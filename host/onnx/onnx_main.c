// SPDX-License-Identifier: Apache-2.0
/* agon-onnx: a file that agon.nn serves as one that programs for ONNX read. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "kernels/cpu.h"
#include "nn/onnx.h"
#include "nn/served.h"
#include "store/registry.h"
#include "sys/file.h"
#include "sys/harden.h"

#define FILE_MOST ((uint64_t)1 << 31) /* bytes of a model */
#define VERSION   "model:"            /* of a version of agon models */
#define STEPS     64                  /* of a model whose state goes on, where none are asked for */

static int usage(int code)
{
    fprintf(
        code == EXIT_OK ? stdout : stderr,
        "usage: agon-onnx MODEL OUT.onnx [STEPS] [--models DIR]\n"
        "Writes a model that agon.nn serves, a net (safetensors) or trees (XGBoost's JSON or "
        "UBJSON), as ONNX\n(opset 17): x[STEPS][inputs] to y[STEPS][outputs], with "
        "normalisation inside.\n"
        "A net whose state goes on answers each row as in Agon from reset on. A net of a "
        "window answers its\nlast row: x is the last events of a full window, the newest last. "
        "Trees answer each row by itself,\nand a missing value is NaN.\n"
        "The columns of x have their names in the file's metadata, as the model's card has them "
        "(agon.input.0, ...).\n"
        "  MODEL     a file that `agon train` wrote, or one that XGBoost saved; or "
        "model:NAME[@N], a version\n            of `agon models`, without @N the current one\n"
        "  OUT.onnx  the file to write; one that is there is replaced when the new one is "
        "whole\n"
        "  STEPS     rows of x, from 1 to %d (%d); of a net of a window its length and no "
        "other\n"
        "  --models DIR  the folder of the versions (models)\n"
        "  --help, --version\n",
        ONNX_STEPS, STEPS);
    return code;
}

static int fail(int code, const char *text)
{
    fprintf(stderr, "agon-onnx: %s\n", text);
    return code;
}

/* How many rows x has: 0, and what is wrong is said. */
static uint32_t steps_of(const char *word, const char *model, uint32_t window)
{
    char *end = NULL;
    unsigned long n = word != NULL ? strtoul(word, &end, 10) : window > 0 ? window : STEPS;

    if (word != NULL && (*word < '0' || *word > '9' || *end != '\0' || n < 1 || n > ONNX_STEPS)) {
        fprintf(stderr, "agon-onnx: STEPS is '%.32s'; expected a number from 1 to %d\n", word,
                ONNX_STEPS);
        return 0;
    }
    if (window > ONNX_STEPS || (window > 0 && n != window)) {
        fprintf(stderr,
                "agon-onnx: %s is served over a window of %u, and answers otherwise over %lu "
                "rows; expected STEPS left out, and a window of at most %d\n",
                model, window, n, ONNX_STEPS);
        return 0;
    }
    return (uint32_t)n;
}

/* What is there already is an ONNX file by its name, and not the model. */
static int check_out(const char *from, const char *to)
{
    struct stat of_from;
    struct stat of_to;

    if (stat(to, &of_to) != 0)
        return EXIT_OK;
    if (stat(from, &of_from) == 0 && of_from.st_dev == of_to.st_dev &&
        of_from.st_ino == of_to.st_ino)
        return fail(EXIT_SAFETY, "OUT.onnx is the model itself; expected the name of another file");
    if (!S_ISREG(of_to.st_mode))
        return fail(EXIT_FLAGS, "OUT.onnx is there and is not a file; expected the name of one");
    if (strlen(to) < 5 || strcmp(to + strlen(to) - 5, ".onnx") != 0)
        return fail(EXIT_SAFETY,
                    "OUT.onnx is there and its name does not end with .onnx; expected a name that "
                    "does, or one that is free");
    return EXIT_OK;
}

static int write_onnx(const struct served *model, const struct served_names *names,
                      const char *path, uint32_t steps)
{
    struct served_parts parts = served_parts(model);
    struct error err = {0};
    char *bytes = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&bytes, &n);
    int rc;

    if (file == NULL)
        return fail(EXIT_ENVIRONMENT, "no memory for an ONNX file");
    rc = parts.trees != NULL ? onnx_trees(file, parts.trees, names, steps, &err)
                             : onnx_write(file, parts.net, parts.weights, parts.mean, parts.scale,
                                          names, steps, &err);
    if (fclose(file) != 0 && rc >= 0)
        rc = error_set(&err, AGON_ENOMEM, "no memory for an ONNX file");
    if (rc >= 0)
        rc = file_write_atomic(path, bytes, n, 0644, &err);
    free(bytes);
    return rc < 0 ? fail(EXIT_ENVIRONMENT, err.text) : EXIT_OK;
}

/* What was written: who reads it needs these sizes. */
static int say(const struct served *model, const struct served_shape *shape, const char *path,
               uint32_t steps)
{
    struct served_parts parts = served_parts(model);

    printf("%s: %s, x[%u][%u] to y[%u][%u], %s\n", path,
           parts.trees != NULL ? "trees" : net_arch_name(parts.net->shape.arch), steps,
           shape->inputs, steps, shape->outputs,
           shape->window > 0     ? "the last row is the answer"
           : parts.trees != NULL ? "each row by itself"
                                 : "row by row from reset on");
    return fflush(stdout) != 0 ? fail(EXIT_ENVIRONMENT, "standard output does not take it")
                               : EXIT_OK;
}

/* MODEL, or the file of a version of that name. */
static int find(const char *dir, const char *word, char path[REGISTRY_PATH], const char **from)
{
    unsigned char hash[HASH_SIZE];
    struct error err = {0};

    *from = word;
    if (strncmp(word, VERSION, sizeof(VERSION) - 1) != 0)
        return EXIT_OK;
    *from = path;
    if (registry_resolve(dir, word + sizeof(VERSION) - 1, path, hash, &err) >= 0)
        return EXIT_OK;
    return fail(err.code == AGON_EIO || err.code == AGON_ENOMEM || err.code == AGON_EBUSY
                    ? EXIT_ENVIRONMENT
                    : EXIT_DATA,
                err.text);
}

static int run(struct device *device, const char *dir, const char *const words[3])
{
    const char *to = words[1], *from;
    struct served_shape shape = {0};
    struct served_names names = {0};
    struct served *model = NULL;
    struct error err = {0};
    char path[REGISTRY_PATH];
    char *bytes = NULL;
    uint64_t n = 0;
    uint32_t steps;
    int rc = find(dir, words[0], path, &from);

    if (rc != EXIT_OK)
        return rc;
    if (file_read(from, FILE_MOST, &bytes, &n, &err) < 0)
        return fail(err.code == AGON_EINVAL || err.code == AGON_ERANGE ? EXIT_DATA
                                                                       : EXIT_ENVIRONMENT,
                    err.text);
    if (served_open(device, words[0], bytes, (size_t)n, &model, &shape, &err) < 0 ||
        served_said(bytes, (size_t)n, &names, &err) < 0)
        rc = fail(err.code == AGON_ENOMEM ? EXIT_ENVIRONMENT : EXIT_DATA, err.text);
    else if ((steps = steps_of(words[2], words[0], shape.window)) == 0)
        rc = EXIT_FLAGS;
    else if ((rc = check_out(from, to)) == EXIT_OK)
        rc = write_onnx(model, &names, to, steps);
    if (rc == EXIT_OK)
        rc = say(model, &shape, to, steps);
    served_close(model);
    free(names.inputs);
    free(bytes);
    return rc;
}

/* MODEL, OUT and STEPS, and --models before, between or behind them. 0: it is another command line.
 */
static int read_words(int argc, char **argv, const char *words[3], const char **dir)
{
    int n = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--models") == 0 && i + 1 < argc && *dir == NULL)
            *dir = argv[++i];
        else if (n == 3 || strncmp(argv[i], "--", 2) == 0)
            return 0;
        else
            words[n++] = argv[i];
    }
    return n >= 2 && words[0][0] != '-';
}

int main(int argc, char **argv)
{
    const char *words[3] = {NULL, NULL, NULL};
    const char *dir = NULL;
    struct device *device;
    int rc;

    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(EXIT_OK);
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return printf("agon-onnx %s\n", AGON_VERSION) < 0 ? EXIT_ENVIRONMENT : EXIT_OK;
    if (!read_words(argc, argv, words, &dir))
        return usage(EXIT_FLAGS);
    harden_files();
    device = cpu_device_new(CPU_BEST, 1);
    if (device == NULL)
        return fail(EXIT_ENVIRONMENT, "no memory for a device");
    rc = run(device, dir != NULL ? dir : "models", words);
    device->free(device);
    return rc;
}
