// SPDX-License-Identifier: Apache-2.0
#include "card/environment.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 33 /* one of them LD_LIBRARY_PATH */

static const char *words[WORDS_MAX + 1];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int begins(const char *word, const char *with)
{
    return strncmp(word, with, strlen(with)) == 0;
}

static void make(void)
{
    size_t n = 0, n_cuda = 0;

    for (char **word = environ; word != NULL && *word != NULL; word++) {
        int is_cuda = begins(*word, "CUDA_") && n_cuda < WORDS_MAX - 1;

        if ((is_cuda || begins(*word, "LD_LIBRARY_PATH=")) && n < WORDS_MAX)
            words[n++] = *word;
        n_cuda += (size_t)is_cuda;
    }
    words[n] = NULL;
}

const char *const *card_environment_of(const char *device)
{
    if (strcmp(device, "cuda") != 0)
        return NULL;
    (void)pthread_once(&once, make);
    return words;
}
