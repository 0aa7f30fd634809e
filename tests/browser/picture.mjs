// SPDX-License-Identifier: Apache-2.0
// The picture of the README: a demo as its dashboard shows it, act by act, each on the page where it is seen best, and at
// the end the report.
//
//   node picture.mjs CHROMIUM URL-WITH-TOKEN REPORT FOLDER
//
// FOLDER takes the frames, 000.png and on, and "frames", a line for each: how long it stands in milliseconds, and its
// file. REPORT is awaited: the demo writes it at its end.
import { chromium } from 'playwright-core';
import { statSync, writeFileSync } from 'node:fs';

const [, , executablePath, url, report, folder] = process.argv;
const SIZE = { width: 1200, height: 675 };
const EVERY_MS = 1500; // of the demo, for one frame
const STANDS_MS = 420;
// Where an act is looked at: an address of the dashboard, what has to be there before a frame is taken, and what the
// page is scrolled to.
const SCENES = {
  1: ['overview', '#t-agents tr[data-key]'],
  2: ['overview', '#t-agents tr[data-key]', '#t-agents'],
  3: ['agent/momentum_1', '#p-agent .candles canvas'],
  4: ['overview', '#t-agents tr[data-key]', '#t-agents'],
  5: ['tournament', '#t-tournament tr[data-key]'],
  6: ['agent/flood_1', '#p-agent'],
  7: ['overview', '#t-agents tr[data-key]'],
};
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
const context = await browser.newContext({ viewport: SIZE, colorScheme: 'dark', deviceScaleFactor: 1 });
const sleep = ms => new Promise(done => setTimeout(done, ms));
const frames = [];

async function take(page, ms) {
  const name = `${String(frames.length).padStart(3, '0')}.png`;
  await page.screenshot({ path: `${folder}/${name}`, animations: 'disabled' });
  frames.push(`${ms} ${name}`);
}

// The act's title over the foot of the page, in the page's own colours.
const caption = (page, text) => page.evaluate(words => {
  let node = document.querySelector('#caption');
  if (!node) {
    node = document.createElement('div');
    node.id = 'caption';
    node.style.cssText = 'position:fixed;left:0;right:0;bottom:0;padding:.7rem 1.2rem;font-size:1.25rem;font-weight:600;background:#0b1220e6;color:#fff;z-index:99';
    document.body.append(node);
  }
  node.textContent = words;
}, text);

// One page knows the act, the other is looked at.
const teller = await context.newPage();
await teller.goto(url);
await teller.waitForSelector('#act .act-title', { timeout: 60000 });
const camera = await context.newPage();
await camera.goto(url);
await camera.waitForSelector('#t-agents tr[data-key]', { timeout: 60000 });
const act = () => teller.evaluate(() => ({
  number: document.querySelector('#n-act')?.textContent.match(/act (\d+)/)?.[1],
  title: document.querySelector('#act .act-title')?.textContent,
}));
let shown;
while (!statSync(report, { throwIfNoEntry: false })?.size) {
  const from = Date.now();
  const { number, title } = await act();
  const [page, ready, part] = SCENES[number] ?? SCENES[1];
  if (shown !== number) {
    await camera.evaluate(to => { location.hash = `#/${to}`; window.scrollTo(0, 0); }, page);
    await camera.waitForSelector(ready, { timeout: 10000 });
    shown = number;
    await sleep(600);
    await camera.evaluate(to => window.scrollTo(0, to ? document.querySelector(to).closest('section').getBoundingClientRect().top + window.scrollY - 130 : 0), part);
  }
  await caption(camera, `${number} of 7 · ${title}`);
  // When the demo has ended, and writes its report, there is nobody to show: a page that says so is no act.
  if (!await camera.evaluate(() => document.body.classList.contains('stale'))) await take(camera, STANDS_MS);
  await sleep(Math.max(0, EVERY_MS - (Date.now() - from)));
}
const end = await context.newPage();
await end.goto(`file://${report}`);
await end.waitForSelector('h1');
await sleep(500);
await caption(end, '7 of 7 · The proof, and what it came to');
await take(end, 3000);
writeFileSync(`${folder}/frames`, `${frames.join('\n')}\n`);
await browser.close();
