// SPDX-License-Identifier: Apache-2.0
#include "report/page_impl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "sys/clock.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
static const char style[] =
    "</title>\n<style>\n"
    ":root{color-scheme:light dark;--bg:#fbfbfa;--fg:#1b1e23;--soft:#646b76;--line:#dcdee2;"
    "--card:#fff;--good:#0a7a4b;--bad:#b3261e;--warn:#9a6700;--c0:#0b63b0;--c1:#c4580a;--c2:#"
    "0b7f63;--c3:#a03a8c;"
    "--c4:#8a6d00;--c5:#4b54c9;--c6:#b02a4a;--c7:#4d6b2f}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#111418;--fg:#e6e8eb;--soft:#98a1ad;"
    "--line:#2a3038;--card:#181c22;--good:#4cc38a;--bad:#ff8a80;--warn:#e3b341;--c0:#5aa9f0;--c1:#"
    "f59a52;"
    "--c2:#42c6a2;--c3:#e07fcb;--c4:#d9b93b;--c5:#949cff;--c6:#ff7d99;--c7:#9cc46b}}\n"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:74rem;padding:1.5rem 1rem 4rem;"
    "background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,\"Segoe UI\","
    "sans-serif}\nh1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:2.2rem 0 .6rem}"
    ".sub{color:var(--soft);margin:.2rem 0 1.2rem}p{max-width:46rem;overflow-wrap:anywhere}\n"
    ".facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.4rem,1fr));gap:.6rem;"
    "margin:1rem 0}.facts div{background:var(--card);border:1px solid var(--line);"
    "border-radius:6px;padding:.5rem .7rem}.facts span{display:block;color:var(--soft);"
    "font-size:.8rem}.facts b{font-variant-numeric:tabular-nums;font-weight:600;"
    "overflow-wrap:anywhere}\n.good{color:var(--good)}.bad{color:var(--bad)}\n"
    "figure{margin:1rem 0;background:var(--card);border:1px solid var(--line);border-radius:6px;"
    "padding:.7rem}figcaption{font-weight:600;margin-bottom:.6rem}"
    "figcaption small,time{color:var(--soft);font-weight:400}time{float:right;font-size:.82rem;"
    "font-variant-numeric:tabular-nums}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:.2rem .9rem;font-size:.82rem;margin-top:.4rem;"
    "font-variant-numeric:tabular-nums}.legend i{display:inline-block;width:.9rem;"
    "border-top:3px solid;vertical-align:middle;margin-right:.35rem}\n"
    ".plot{position:relative;height:17rem;margin:0 1.2rem 1.7rem 0;font-size:11px;"
    "font-variant-numeric:tabular-nums}.plot span{position:absolute;color:var(--soft);"
    "line-height:1;white-space:nowrap;pointer-events:none}.plot .y{right:calc(100% + 6px);"
    "transform:translateY(-50%)}.plot .x{top:calc(100% + 6px);transform:translateX(-50%)}"
    ".plot .m{overflow:hidden;text-overflow:ellipsis;padding:0 4px;line-height:1.3}"
    "@media(max-width:899px){.plot .r{display:none}}\n"
    "svg{display:block;width:100%;height:100%;overflow:visible;touch-action:pan-y}"
    "svg *{vector-effect:non-scaling-stroke}.grid{stroke:var(--line)}"
    ".axis{stroke:var(--soft)}.mark{stroke:var(--soft);stroke-dasharray:3 3}"
    "svg path{fill:none;stroke-width:1.5;stroke-linejoin:round}\n"
    ".wide+.wide{margin-top:.8rem}.wide{overflow-x:auto;border:1px solid "
    "var(--line);border-radius:6px;background:linear-gradient(to right,var(--card) "
    "50%,transparent) "
    "0/2rem 100% no-repeat local,linear-gradient(to left,var(--card) 50%,transparent) 100%/2rem "
    "100% "
    "no-repeat local,linear-gradient(to right,var(--soft),transparent) 0/.6rem 100% no-repeat "
    "scroll,linear-gradient(to left,var(--soft),transparent) 100%/.6rem 100% no-repeat scroll,"
    "var(--card)}"
    "table{border-collapse:collapse;width:100%;font-size:.87rem}th,td{padding:.35rem .7rem;"
    "text-align:left;white-space:nowrap;border-bottom:1px solid var(--line)}"
    "tr:last-child td{border-bottom:0}th{color:var(--soft);font-weight:600}"
    "th:first-child,td:first-child{position:sticky;left:0;background:var(--card)}.n{text-align:"
    "right;font-variant-numeric:tabular-nums}.w{white-space:normal;overflow-wrap:anywhere;min-"
    "width:9rem}.n+td:not(.n),.n+th:not(.n){padding-left:1.4rem}\n"
    "th button{all:unset;cursor:pointer}th button:focus-visible,summary:focus-visible,"
    ".wide:focus-visible{outline:2px solid var(--c0);outline-offset:2px}"
    "th[aria-sort=descending] button::after{content:\" \\2193\"}"
    "th[aria-sort=ascending] button::after{content:\" \\2191\"}"
    ".many table{font-size:.82rem}.many th,.many td{padding:.35rem .27rem}"
    ".many .n+td:not(.n),.many .n+th:not(.n){padding-left:.8rem}"
    "@media(max-width:899px){.cards table,.cards thead,.cards tr,.cards td{display:block}"
    ".cards thead tr{display:flex;flex-wrap:wrap;padding:.3rem .4rem;border-bottom:1px solid "
    "var(--line)}.cards th{border:0;padding:.15rem .4rem}.cards th:first-child,"
    ".cards td:first-child{position:static}.cards tbody{display:grid;"
    "grid-template-columns:repeat(auto-fill,minmax(min(18rem,100%),1fr))}"
    ".cards tbody tr{padding:.5rem .8rem;border:solid var(--line);border-width:0 1px 1px 0}"
    ".cards td{display:flex;justify-content:space-between;gap:1rem;padding:.05rem 0;border:0;"
    "white-space:normal;text-align:right;overflow-wrap:anywhere}.cards td::before{content:"
    "attr(data-l);color:var(--soft);text-align:left;flex:none}.cards td:empty{display:none}"
    ".cards .sums td{border:0;font-weight:400}}\n"
    ".sums td{border-top:1px solid var(--line);font-weight:600}\n"
    "code{white-space:nowrap;font-size:.92em}"
    ".lead{font-size:1.15rem;max-width:56rem}.warning{border-left:3px solid var(--warn);"
    "padding:.1rem .8rem;max-width:56rem}\n"
    "details{margin:.6rem 0;border:1px solid var(--line);border-radius:6px;padding:.5rem .8rem;"
    "background:var(--card)}summary{cursor:pointer;font-weight:600;"
    "font-variant-numeric:tabular-nums;overflow-wrap:anywhere}details figure{border:0;padding:0}\n"
    ".up{stroke:var(--good)}.down{stroke:var(--bad)}svg .body{stroke-width:3.5}"
    ".plot i{position:absolute;font-style:normal;font-size:13px;line-height:1;"
    "text-shadow:0 0 2px var(--card);transform:translate(-50%,-50%);cursor:default}.plot "
    "i.up,.legend .up{color:var(--c0)}"
    ".plot i.down,.legend .down{color:var(--c3)}\n"
    ".bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:.35rem .8rem;"
    "align-items:center;font-size:.87rem;font-variant-numeric:tabular-nums}"
    ".bars div{position:relative;height:1.1rem}.bars i{position:absolute;top:0;bottom:0;"
    "min-width:2px;border-radius:2px;background:var(--soft)}.bars i.good{background:var(--good)}"
    ".bars i.bad{background:var(--bad)}.bars i.none{display:none}.bars "
    "b{text-align:right;font-weight:600}\n"
    ".columns{display:flex;align-items:flex-end;gap:2px;height:9rem;border-bottom:1px solid "
    "var(--soft)}.columns i{flex:1;background:var(--c0);min-height:0}"
    ".columns i.minus{background:var(--c1)}.scale{display:flex;justify-content:space-between;"
    "color:var(--soft);font-size:.78rem;margin-top:.3rem;font-variant-numeric:tabular-nums}\n"
    "footer{margin-top:3rem;color:var(--soft);font-size:.82rem}"
    "@media(max-width:600px){.w{min-width:6rem}.wide th,.wide td{padding:.35rem "
    ".5rem}.plot{height:13rem}.legend{font-size:.76rem}.facts{grid-template-columns:1fr 1fr}"
    // What is long stands below what is short, as wide as the page.
    ".wide:not(.cards):has(td.w) :is(table,thead,tbody){display:block}"
    ".wide:not(.cards):has(td.w) tr{display:flex;flex-wrap:wrap;border-bottom:1px solid "
    "var(--line)}"
    ".wide:not(.cards):has(td.w) :is(th,td){border:0;padding-bottom:0}"
    ".wide:not(.cards) td.w{flex:0 0 100%;padding:0 .5rem .35rem}}"
    "@media(max-width:899px){.cards td:first-child,.cards td[data-l=agent]{font-weight:600}"
    ".cards td:nth-child(n){padding-left:0}}"
    "@media(min-width:1800px){body{max-width:88rem;font-size:17px}.plot{font-size:13px;height:"
    "22rem}}"
    // Two beside each other: plots, parts with their heading, and those to open; one that is alone
    // has the whole width. A long story scrolls beside what is short; prose stands in columns.
    "@media(min-width:2400px){body{max-width:150rem;padding:1.5rem 2.5rem "
    "4rem}main{display:flex;flex-wrap:wrap;gap:0 1.4rem;align-items:flex-start;"
    "}main>*{flex:1 1 100%;min-width:0}"
    "main>:is(figure,section,details){flex-basis:45%}main>figure{align-self:stretch}"
    "main>p:nth-child(n){margin:.4rem 0;max-width:none;padding-right:calc(100% - "
    "60rem)}section>h2{margin-top:1rem}"
    ".facts{grid-template-columns:repeat(auto-fit,minmax(9.4rem,1fr))}"
    "main>section:has(.wide+.wide){flex-basis:100%;display:flex;flex-wrap:wrap;gap:0 1.4rem;"
    "align-items:flex-start}section:has(.wide+.wide)>*{flex:1 1 100%;min-width:0;max-width:none}"
    "section:has(.wide+.wide)>.wide{flex-basis:45%;margin:0}section .many table{font-size:.8rem}"
    "section>.wide:not(.cards){max-height:56rem;overflow:auto}"
    "section>.wide:not(.cards) thead th{position:sticky;top:0;background:var(--card);z-index:1}"
    "main>section:not(:has(.wide)){flex-basis:100%;columns:2;column-gap:1.4rem}"
    "section:not(:has(.wide))>h2{column-span:all}section:not(:has(.wide))>p{margin:0 0 .6rem;"
    "break-inside:avoid}}"
    "details.part{padding:.5rem .3rem}details.part h2{display:inline;margin:0}"
    ".part .wide:not(.cards) :is(th,td){padding-left:.3rem;padding-right:.3rem}"
    "@media print{figure,.wide,.facts "
    "div{break-inside:avoid}}\n</style>\n</head>\n<body>\n<main>\n";
/* Each plot's data are in its SVG as data-*: the script only reads them. */
static const char script[] =
    "<script>\nconst N=t=>t.replace(/(?<!\\.\\d*)\\d(?=(\\d{3})+(\\.|$))/g,'$&,');\n"
    "for(const f of document.querySelectorAll('figure.drawn')){const "
    "s=f.querySelector('svg');"
    "const d=JSON.parse(s.dataset.series),b=f.querySelectorAll('.legend b'),"
    "l=s.querySelector('.cursor'),last=[...b].map(e=>e.textContent);\n"
    "const hide=()=>{l.style.display='none';b.forEach((e,i)=>e.textContent=last[i]);"
    "f.querySelector('time').textContent=''};"
    "const show=e=>{const r=s.getBoundingClientRect(),x=(e.clientX-r.left)/r.width;"
    "if(x<0||x>1)return hide();const t=Math.round(+s.dataset.t0+x*(s.dataset.t1-s.dataset.t0));"
    "l.setAttribute('x1',x*1000);l.setAttribute('x2',x*1000);l.style.display='';"
    "d.forEach((p,i)=>{let a=0,z=p.length-1;while(a<z){const m=(a+z+1)>>1;p[m][0]<=t?a=m:z=m-1}"
    "b[i].textContent=p.length?N(p[a][1].toFixed(+s.dataset.decimals)):''});"
    "f.querySelector('time').textContent=new Date(t).toISOString().slice(0,19).replace('T',' ')};\n"
    /* On the plot, whose marks lie over the lines: one under the pointer hides no value. */
    "for(const n of ['pointermove','pointerdown'])s.parentNode.addEventListener(n,show);"
    "s.parentNode.addEventListener('pointerleave',hide)}\n</script>\n";

/* On a phone the parts behind the first plots are folded under their heads. Without a script, and
 * where there is room, all of it stands open. */
static const char fold_script[] =
    "<script>\nif(innerWidth<600)for(const h of document.querySelectorAll('section>h2')){const "
    "d=document.createElement('details'),s=document.createElement('summary'),"
    "ends=n=>!n||n.matches('h2,details,figure,footer,script');d.className='part';"
    "if(ends(h.nextElementSibling))continue;h.before(d);s.append(h);d.append(s);"
    "while(!ends(d.nextElementSibling))d.append(d.nextElementSibling)}\n</script>\n";

/* Rows by what a column shows: numbers by their value, and what is none behind them. */
static const char sort_script[] =
    "<script>\nfor(const t of "
    "document.querySelectorAll('table'))t.tHead.addEventListener('click',e=>"
    "{const h=e.target.closest('th');if(!h)return;const i=h.cellIndex,b=t.tBodies[0],"
    "down=h.getAttribute('aria-sort')!=='descending',n=h.classList.contains('n');\n"
    "const u={ns:1e-9,us:1e-6,ms:1e-3,s:1,min:60,h:3600,d:86400};" // base/span.h
    "const k=r=>{const s=(r.cells[i]||r).textContent;if(!n)return s;"
    "const l=[...s.matchAll(/([\\d.]+) (ns|us|ms|s|min|h|d)\\b/g)];"
    "if(l.length)return l.reduce((a,[,v,m])=>a+v*u[m],0);"
    "const x=parseFloat(s.replace(/[,\\s]/g,''));return isNaN(x)?null:x};"
    "for(const o of t.tHead.querySelectorAll('th'))o.removeAttribute('aria-sort');"
    "h.setAttribute('aria-sort',down?'descending':'ascending');\n"
    "b.append(...[...b.rows].sort((p,q)=>{const x=k(p),y=k(q);if(x===null||y===null)"
    "return (x===null)-(y===null);const c=n?x-y:x.localeCompare(y);return "
    "down?-c:c}))})\n</script>\n";

void page_put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            if ((unsigned char)*text >= 0x20)
                fputc(*text, out);
        }
    }
}

static void put_format(FILE *out, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void put_format(FILE *out, const char *format, va_list args)
{
    char text[1024];

    if (vsnprintf(text, sizeof(text), format, args) >= 0)
        page_put_text(out, text);
}

/* Prose: an option ("--data-latency") is one word of code, which no line breaks within. */
static void put_prose(FILE *out, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void put_prose(FILE *out, const char *format, va_list args)
{
    char text[1024], option[64];

    if (vsnprintf(text, sizeof(text), format, args) < 0)
        return;
    for (char *at = text, *next; *at != '\0'; at = next) {
        size_t n;

        next = strstr(at, "--");
        while (next != NULL && (next[2] < 'a' || next[2] > 'z' ||
                                (next > text && next[-1] != ' ' && next[-1] != '(')))
            next = strstr(next + 1, "--");
        if (next == NULL) {
            page_put_text(out, at);
            return;
        }
        n = 2 + strspn(next + 2, "abcdefghijklmnopqrstuvwxyz-");
        (void)snprintf(option, sizeof(option), "%.*s", (int)n, next);
        *next = '\0';
        page_put_text(out, at);
        fputs("<code>", out);
        page_put_text(out, option);
        fputs("</code>", out);
        next += n;
    }
}

struct page *page_new(FILE *out, const char *title, const char *subtitle)
{
    struct page *page = calloc(1, sizeof(*page));

    if (page == NULL)
        return NULL;
    page->out = out;
    fputs(head, out);
    page_put_text(out, title);
    fputs(style, out);
    fputs("<h1>", out);
    page_put_text(out, title);
    fputs("</h1>\n<p class=\"sub\">", out);
    page_put_text(out, subtitle);
    fputs("</p>\n", out);
    return page;
}

void page_section_ends(struct page *page)
{
    if (page->section < 2 || page->n_details > 0)
        return;
    fputs("</section>\n", page->out);
    page->section = 0;
}

void page_heading(struct page *page, const char *text)
{
    page->section *= 2; // one that is empty ends too
    page_section_ends(page);
    if (page->n_details == 0) {
        fputs("<section>", page->out);
        page->section = 1;
    }
    fputs("<h2>", page->out);
    page_put_text(page->out, text);
    fputs("</h2>\n", page->out);
}

static void has_more(struct page *page)
{
    page->section = page->section > 0 ? 2 : 0;
}

void page_text(struct page *page, const char *format, ...)
{
    va_list args;

    has_more(page);
    fputs("<p>", page->out);
    va_start(args, format);
    put_prose(page->out, format, args);
    va_end(args);
    fputs("</p>\n", page->out);
}

static void put_paragraph(FILE *out, const char *class, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
static void put_paragraph(FILE *out, const char *class, const char *format, va_list args)
{
    fprintf(out, "<p class=\"%s\">", class);
    put_prose(out, format, args);
    fputs("</p>\n", out);
}

void page_lead(struct page *page, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_paragraph(page->out, "lead", format, args);
    va_end(args);
}

void page_warning(struct page *page, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_paragraph(page->out, "warning", format, args);
    va_end(args);
}

void page_details_begin(struct page *page, const char *format, ...)
{
    va_list args;

    page_section_ends(page);
    page->n_details++;
    fputs("<details><summary>", page->out);
    va_start(args, format);
    put_format(page->out, format, args);
    va_end(args);
    fputs("</summary>\n", page->out);
}

void page_details_end(struct page *page)
{
    page->n_details--;
    fputs("</details>\n", page->out);
}

void page_facts_begin(struct page *page)
{
    has_more(page);
    fputs("<div class=\"facts\">\n", page->out);
}

void page_fact(struct page *page, const char *name, int tone, const char *format, ...)
{
    va_list args;

    fputs("<div><span>", page->out);
    page_put_text(page->out, name);
    fprintf(page->out, "</span><b%s>",
            tone > 0   ? " class=\"good\""
            : tone < 0 ? " class=\"bad\""
                       : "");
    va_start(args, format);
    put_format(page->out, format, args);
    va_end(args);
    fputs("</b></div>\n", page->out);
}

void page_facts_end(struct page *page)
{
    fputs("</div>\n", page->out);
}

/* --- tables --- */

#define CARD_CELLS 5
#define MANY_CELLS 11

void page_table_begin(struct page *page, const char *const *columns, uint32_t n)
{
    page->n_columns = n < PAGE_COLUMNS ? n : PAGE_COLUMNS;
    page->column = 0;
    page->n_tables++;
    page->columns = columns;
    page->has_cards = page->n_columns >= CARD_CELLS;
    has_more(page);
    fprintf(page->out, "<div class=\"wide%s%s\" tabindex=\"0\"><table><thead><tr>",
            page->has_cards ? " cards" : "", page->n_columns > MANY_CELLS ? " many" : "");
    for (uint32_t i = 0; i < page->n_columns; i++) {
        char kind = columns[i][0] == '#' || columns[i][0] == '~' ? columns[i][0] : ' ';

        page->column_kind[i] = kind;
        fprintf(page->out, "<th scope=\"col\"%s><button type=\"button\">",
                kind == '#' ? " class=\"n\"" : "");
        page_put_text(page->out, columns[i] + (kind != ' '));
        fputs("</button></th>", page->out);
    }
    fputs("</tr></thead><tbody>\n", page->out);
}

void page_count(struct page *page, uint64_t n)
{
    char text[MONEY_TEXT];

    page_cell(page, "%s", money_count(n, text));
}

void page_cell(struct page *page, const char *format, ...)
{
    va_list args;

    if (page->column >= page->n_columns)
        return;
    if (page->column == 0)
        fputs("<tr>", page->out);
    fputs(page->column_kind[page->column] == '#'   ? "<td class=\"n\""
          : page->column_kind[page->column] == '~' ? "<td class=\"w\""
                                                   : "<td",
          page->out);
    if (page->has_cards) {
        fputs(" data-l=\"", page->out);
        page_put_text(page->out,
                      page->columns[page->column] + (page->column_kind[page->column] != ' '));
        fputc('"', page->out);
    }
    fputc('>', page->out);
    va_start(args, format);
    put_format(page->out, format, args);
    va_end(args);
    fputs("</td>", page->out);
    page->column++;
}

void page_row(struct page *page)
{
    if (page->column > 0)
        fputs("</tr>\n", page->out);
    page->column = 0;
}

void page_table_sums(struct page *page)
{
    page_row(page);
    fputs("</tbody><tbody class=\"sums\">\n", page->out);
}

void page_table_end(struct page *page)
{
    page_row(page);
    fputs("</tbody></table></div>\n", page->out);
}

int page_close(struct page *page)
{
    FILE *out = page->out;
    int is_bad;

    page->section *= 2;
    page_section_ends(page);
    if (page->n_plots > 0)
        fputs(script, out);
    if (page->n_tables > 0) {
        fputs(fold_script, out);
        fputs(sort_script, out);
    }
    fputs("</main>\n<footer>Agon " AGON_VERSION "</footer>\n</body>\n</html>\n", out);
    is_bad = fflush(out) != 0 || ferror(out);
    free(page);
    return is_bad ? AGON_EIO : AGON_OK;
}
