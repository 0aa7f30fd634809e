// SPDX-License-Identifier: Apache-2.0
/* driver: runs a harness over its corpus without libFuzzer, in every build: each argument is a file
 * or a folder of files. Nothing, and every file cut at each of its first bytes, is tried too. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

#define INPUT_MAX (1024 * 1024)
#ifndef CUTS_MAX // a harness that builds a world for every input takes fewer
#define CUTS_MAX 512
#endif

static unsigned n_inputs;

// Nothing is mutated here.
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t n, size_t max)
{
    (void)bytes;
    (void)max;
    return n;
}

static void run_copy(const unsigned char *bytes, size_t n)
{
    // A copy of exactly n bytes: a sanitizer sees every read past its end.
    unsigned char *copy = malloc(n > 0 ? n : 1);

    if (!copy)
        abort();
    if (n > 0)
        memcpy(copy, bytes, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
    n_inputs++;
}

static int run_file(const char *path)
{
    static unsigned char bytes[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    size_t n;

    if (!file) {
        perror(path);
        return 1;
    }
    n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    run_copy(bytes, n);
    for (size_t cut = 0; cut < n && cut < CUTS_MAX; cut++)
        run_copy(bytes, cut);
    return 0;
}

int main(int argc, char **argv)
{
    int n_failed = 0;

    run_copy((const unsigned char *)"", 0);
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        struct dirent *entry;

        while (folder && (entry = readdir(folder))) {
            char path[4096];

            snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
            if (entry->d_name[0] != '.')
                n_failed += run_file(path);
        }
        if (folder)
            closedir(folder);
        else
            n_failed += run_file(argv[i]);
    }
    printf("%u inputs\n", n_inputs);
    return n_failed > 0;
}
