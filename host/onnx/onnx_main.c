// SPDX-License-Identifier: Apache-2.0
/* agon-onnx: a file that agon.nn serves as one that programs for ONNX read. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "kernels/cpu.h"
#include "nn/onnx.h"
#include "nn/served.h"
#include "sys/file.h"
#include "sys/harden.h"

#define FILE_MOST ((uint64_t)1 << 31) /* bytes of a model */
#define STEPS     64                  /* of a model whose state goes on, where none are asked for */

static int usage(int code)
{
    fprintf(code == EXIT_OK ? stdout : stderr,
            "usage: agon-onnx MODEL OUT.onnx [STEPS]\n"
            "Writes a model that agon.nn serves, a net (safetensors) or trees (XGBoost's JSON or "
            "UBJSON), as ONNX\n(opset 17): x[STEPS][inputs] to y[STEPS][outputs], with "
            "normalisation inside.\n"
            "A net whose state goes on answers each row as in Agon from reset on. A net of a "
            "window answers its\nlast row: x is the last events of a full window, the newest last. "
            "Trees answer each row by itself,\nand a missing value is NaN.\n"
            "  MODEL     a file that `agon train` wrote, or one that XGBoost saved\n"
            "  OUT.onnx  the file to write; one that is there is replaced when the new one is "
            "whole\n"
            "  STEPS     rows of x, from 1 to %d (%d); of a net of a window its length and no "
            "other\n"
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

/* What is there already is a file, and not the model. */
static int check_out(const char *from, const char *to)
{
    struct stat of_from;
    struct stat of_to;

    if (stat(to, &of_to) != 0)
        return EXIT_OK;
    if (stat(from, &of_from) == 0 && of_from.st_dev == of_to.st_dev &&
        of_from.st_ino == of_to.st_ino)
        return fail(EXIT_SAFETY, "OUT.onnx is the model itself; expected the name of another file");
    return S_ISREG(of_to.st_mode)
               ? EXIT_OK
               : fail(EXIT_FLAGS, "OUT.onnx is there and is not a file; expected the name of one");
}

static int write_onnx(const struct served *model, const char *path, uint32_t steps)
{
    struct served_parts parts = served_parts(model);
    struct error err = {0};
    char *bytes = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&bytes, &n);
    int rc;

    if (file == NULL)
        return fail(EXIT_ENVIRONMENT, "no memory for an ONNX file");
    rc = parts.trees != NULL
             ? onnx_trees(file, parts.trees, steps, &err)
             : onnx_write(file, parts.net, parts.weights, parts.mean, parts.scale, steps, &err);
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

static int run(struct device *device, const char *from, const char *to, const char *word)
{
    struct served_shape shape = {0};
    struct served *model = NULL;
    struct error err = {0};
    char *bytes = NULL;
    uint64_t n = 0;
    uint32_t steps;
    int rc;

    if (file_read(from, FILE_MOST, &bytes, &n, &err) < 0)
        return fail(err.code == AGON_EINVAL || err.code == AGON_ERANGE ? EXIT_DATA
                                                                       : EXIT_ENVIRONMENT,
                    err.text);
    if (served_open(device, from, bytes, (size_t)n, &model, &shape, &err) < 0)
        rc = fail(err.code == AGON_ENOMEM ? EXIT_ENVIRONMENT : EXIT_DATA, err.text);
    else if ((steps = steps_of(word, from, shape.window)) == 0)
        rc = EXIT_FLAGS;
    else if ((rc = check_out(from, to)) == EXIT_OK)
        rc = write_onnx(model, to, steps);
    if (rc == EXIT_OK)
        rc = say(model, &shape, to, steps);
    served_close(model);
    free(bytes);
    return rc;
}

int main(int argc, char **argv)
{
    struct device *device;
    int rc;

    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(EXIT_OK);
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return printf("agon-onnx %s\n", AGON_VERSION) < 0 ? EXIT_ENVIRONMENT : EXIT_OK;
    if (argc < 3 || argc > 4 || argv[1][0] == '-')
        return usage(EXIT_FLAGS);
    harden_files();
    device = cpu_device_new(CPU_BEST, 1);
    if (device == NULL)
        return fail(EXIT_ENVIRONMENT, "no memory for a device");
    rc = run(device, argv[1], argv[2], argc == 4 ? argv[3] : NULL);
    device->free(device);
    return rc;
}
