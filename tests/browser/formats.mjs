// SPDX-License-Identifier: Apache-2.0
// What the page makes of numbers, as the host does: formats.mjs KIT, each line of standard input "fixed|rounded|fine TEXT DIGITS" "quantile COUNTS Q" "span NS" or "loss LOST COUNTED", one
// line each on standard output. A line of another kind of number is not asked for.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const plain = text => text.replace(/[ \u2009]/g, '_').replace('\u2212', '-');
const { fine, fixed, lossText, quantile, quantileText, rounded, span } = await import(pathToFileURL(process.argv[2]).href);
for await (const line of createInterface({ input: process.stdin })) {
  const [name, text, digits] = line.split(' ');
  if (name === 'quantile') console.log(plain(quantileText(quantile(text.split(',').map(Number), Number(digits)))));
  else if (name === 'loss') console.log(plain(lossText(text, digits)));
  else if (name === 'span') console.log(plain(span(Number(text))));
  else if (name === 'fine') console.log(fine(text).replaceAll('\u2009', '').replace('\u2212', '-'));
  else console.log(name === 'fixed' ? fixed(Number(text), Number(digits)) : rounded(text, Number(digits)));
}
