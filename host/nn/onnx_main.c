// SPDX-License-Identifier: Apache-2.0
/* agon-onnx: a file that agon.nn serves as one that programs for ONNX read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cpu.h"
#include "nn/onnx.h"
#include "nn/served.h"

#define FILE_MOST ((size_t)1 << 31) /* bytes of a model */

/* The whole file; NULL, and what is wrong was said. */
static void *read_whole(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    void *bytes = NULL;
    off_t end = -1;

    if (file != NULL && fseeko(file, 0, SEEK_END) == 0)
        end = ftello(file);
    if (end >= 0 && (size_t)end <= FILE_MOST && fseeko(file, 0, SEEK_SET) == 0)
        bytes = malloc((size_t)end + 1);
    if (bytes != NULL && fread(bytes, 1, (size_t)end, file) != (size_t)end) {
        free(bytes);
        bytes = NULL;
    }
    if (bytes == NULL)
        fprintf(stderr, "agon-onnx: %s: %s\n", path,
                errno != 0 ? strerror(errno) : "cannot be read");
    *n = end < 0 ? 0 : (size_t)end;
    if (file != NULL)
        (void)fclose(file);
    return bytes;
}

static int write_onnx(const struct served *model, const char *path, uint32_t steps)
{
    struct served_parts parts = served_parts(model);
    struct error err = {0};
    FILE *file = fopen(path, "wb");
    int rc;

    if (file == NULL) {
        fprintf(stderr, "agon-onnx: %s: %s\n", path, strerror(errno));
        return 6;
    }
    rc = parts.trees != NULL
             ? onnx_trees(file, parts.trees, steps, &err)
             : onnx_write(file, parts.net, parts.weights, parts.mean, parts.scale, steps, &err);
    if (fclose(file) != 0 && rc >= 0)
        rc = error_set(&err, AGON_EIO, "it does not take it all");
    if (rc < 0)
        fprintf(stderr, "agon-onnx: %s: %s\n", path, err.text);
    return rc < 0 ? 6 : 0;
}

int main(int argc, char **argv)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);
    struct served_shape shape = {0};
    struct served *model = NULL;
    struct error err = {0};
    unsigned long steps = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    void *bytes = NULL;
    size_t n = 0;
    int rc = 2;

    if (argc < 3 || argc > 4 || (argc == 4 && (steps < 1 || steps > ONNX_STEPS)))
        fprintf(
            stderr,
            "usage: agon-onnx MODEL OUT.onnx [STEPS]\n\n"
            "Writes a model as ONNX (opset 17): x[STEPS][inputs] to y[STEPS][outputs], answers "
            "from\n"
            "reset on; of trees, each row by itself. STEPS is from 1 to %d: its window, or 64.\n",
            ONNX_STEPS);
    else
        rc = device == NULL || (bytes = read_whole(argv[1], &n)) == NULL ? 6 : 0;
    if (rc == 0 && served_open(device, argv[1], bytes, n, &model, &shape, &err) < 0) {
        fprintf(stderr, "agon-onnx: %s\n", err.text);
        rc = 4;
    }
    if (rc == 0)
        rc = write_onnx(model, argv[2],
                        steps > 0          ? (uint32_t)steps
                        : shape.window > 0 ? shape.window
                                           : 64);
    served_close(model);
    free(bytes);
    if (device != NULL)
        device->free(device);
    return rc;
}
