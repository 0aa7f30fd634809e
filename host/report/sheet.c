// SPDX-License-Identifier: Apache-2.0
#include "report/sheet.h"

#include <string.h>

// Names are an operator's or a venue's words: quoted as the format wants it.
static void put_word(FILE *out, const char *word, enum sheet_format format)
{
    int is_quoted = format == SHEET_JSON || strpbrk(word, ",\"\r\n") != NULL;

    if (is_quoted)
        fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)word; *c != '\0'; c++) {
        if (format == SHEET_CSV && *c == '"')
            fputs("\"\"", out);
        else if (format == SHEET_JSON && (*c == '"' || *c == '\\'))
            fprintf(out, "\\%c", *c);
        else if (format == SHEET_JSON && *c < 0x20)
            fprintf(out, "\\u%04x", *c);
        else
            fputc(*c, out);
    }
    if (is_quoted)
        fputc('"', out);
}

void sheet_begin(struct sheet *sheet, FILE *out, enum sheet_format format, const struct cell *names,
                 uint32_t n)
{
    *sheet = (struct sheet){.out = out, .format = format};
    if (format == SHEET_JSON) {
        fputc('[', out);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            fputc(',', out);
        put_word(out, names[i].name, SHEET_CSV);
    }
    fputc('\n', out);
}

void sheet_row(struct sheet *sheet, const struct cell *cells, uint32_t n)
{
    FILE *out = sheet->out;

    if (sheet->format == SHEET_JSON)
        fputs(sheet->n_rows == 0 ? "\n{" : ",\n{", out);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            fputs(sheet->format == SHEET_JSON ? ", " : ",", out);
        if (sheet->format == SHEET_JSON) {
            put_word(out, cells[i].name, SHEET_JSON);
            fputs(": ", out);
        }
        put_word(out, cells[i].text, sheet->format);
    }
    fputs(sheet->format == SHEET_JSON ? "}" : "\n", out);
    sheet->n_rows++;
}

void sheet_end(struct sheet *sheet)
{
    if (sheet->format == SHEET_JSON)
        fputs("\n]\n", sheet->out);
}
