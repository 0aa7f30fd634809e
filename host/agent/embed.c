// SPDX-License-Identifier: Apache-2.0
/* embed: turns files into C source, at build time: the template, headers and library that
 * `agon new` writes. usage: embed OUTPUT NAME=PATH... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int embed(FILE *out, unsigned index, const char *path)
{
    FILE *in = fopen(path, "rb");
    unsigned long n = 0;
    int c;

    if (in == NULL) {
        fprintf(stderr, "embed: %s cannot be opened\n", path);
        return 0;
    }
    fprintf(out, "static const unsigned char file_%u[] = {", index);
    while ((c = getc(in)) != EOF)
        fprintf(out, n++ % 24 == 0 ? "\n%d," : "%d,", c);
    fprintf(out, "\n0};\n");
    return fclose(in) == 0;
}

int main(int argc, char **argv)
{
    FILE *out = argc > 1 ? fopen(argv[1], "wb") : NULL;

    if (out == NULL)
        return EXIT_FAILURE;
    fprintf(out, "#include \"agent/template.h\"\n");
    for (int i = 2; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');

        if (equals == NULL || !embed(out, (unsigned)i, equals + 1))
            return EXIT_FAILURE;
    }
    fprintf(out, "const struct template_file template_files[] = {\n");
    for (int i = 2; i < argc; i++)
        fprintf(out, "{\"%.*s\", file_%d, sizeof(file_%d) - 1},\n", (int)strcspn(argv[i], "="),
                argv[i], i, i);
    fprintf(out, "{NULL, NULL, 0}};\n");
    return fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
