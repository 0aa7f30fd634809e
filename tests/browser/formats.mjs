// SPDX-License-Identifier: Apache-2.0
// What the page makes of numbers, as the host does: formats.mjs KIT, each line of standard input "fixed|rounded|fine TEXT DIGITS" or "quantile COUNTS Q", one line
// each on standard output. A line of another kind of number is not asked for.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { fine, fixed, quantile, quantileText, rounded } = await import(pathToFileURL(process.argv[2]).href);
for await (const line of createInterface({ input: process.stdin })) {
  const [name, text, digits] = line.split(' ');
  if (name === 'quantile') console.log(`${quantileText(quantile(text.split(',').map(Number), Number(digits)))}`.replaceAll(' ', '_'));
  else if (name === 'fine') console.log(fine(text).replaceAll('\u2009', '').replace('\u2212', '-'));
  else console.log(name === 'fixed' ? fixed(Number(text), Number(digits)) : rounded(text, Number(digits)));
}
