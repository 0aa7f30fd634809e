// SPDX-License-Identifier: Apache-2.0
// Looks at the page of a demo in Chromium, as who started it does: while its acts go, and behind the last one, when it is kept. The act's
// words are those of the API and whole at every width; every page fits in dark and light, axe finds nothing, the console is silent.
//
//   node demo.mjs CHROMIUM URL-WITH-TOKEN [FOLDER]     FOLDER: screenshots go there
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fits, heightAt, WIDTHS } from './fits.mjs';
import { shot } from './labels.mjs';

const [, , executablePath, url, folder] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PAGES = ['agent/momentum_1', 'market', 'tournament', 'reliability', 'log', 'overview'];
const said = [];
const fail = text => { console.error(`FAIL: ${text}`); process.exitCode = 1; };
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });

async function open(scheme) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: scheme })).newPage();
  page.setDefaultTimeout(120000);
  page.on('console', message => said.push(`${message.type()} on ${page.url()}: ${message.text()}`));
  page.on('pageerror', error => said.push(`exception on ${page.url()}: ${error?.stack ?? error}`));
  await page.goto(url);
  await page.waitForSelector('#t-agents tr[data-key]');
  await page.evaluate(axe);
  return page;
}

// What stands in the act is what the host says of it, and none of it is cut: at the side, at the foot, or by a line that has no room.
async function act(page, where) {
  await page.waitForFunction(() => document.querySelector('#act')?.offsetParent);
  const wrong = await page.evaluate(async () => {
    const { state } = await import('/connection.mjs');
    const wanted = state.get('act');
    const shown = document.querySelector('#act');
    if (!wanted) return ['no act'];
    const out = [];
    const texts = wanted.past ? wanted.past.flatMap((one, i) => [`${i + 1} ${one.title}`, one.said]) : [wanted.about, wanted.look];
    for (const text of [wanted.title, wanted.market, ...texts].filter(Boolean)) if (!shown.textContent.includes(text)) out.push(`without '${text}'`);
    const frame = shown.closest('section').getBoundingClientRect();
    for (const node of shown.querySelectorAll('p, dt, dd')) {
      if (!node.offsetParent || !node.textContent) continue;
      const box = node.getBoundingClientRect();
      if (box.left < frame.left || box.right > frame.right + 1 || box.bottom > frame.bottom + 1 || node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1) out.push(`cut: '${node.textContent}'`);
    }
    return out;
  });
  for (const text of wrong) fail(`${where}: ${text}`);
}

// That there is nothing is said when the host has said it, and not before.
async function asked(page) {
  const texts = () => page.evaluate(() => ['t-closed', 't-by-instrument', 't-by-reason'].map(id => document.querySelector(`#p-agent #${id} tbody`).textContent));
  const wanted = ['closed', 'performance'];
  const held = [];
  let isHeld = true;
  await page.route(/\/api\/v1\/(closed|performance)\/hang_1/, route => { if (isHeld) held.push(route); else route.continue(); });
  await page.evaluate(() => { location.hash = '#/agent/hang_1'; });
  await page.waitForFunction(() => document.getElementById('agent-name')?.value === 'hang_1');
  while (!wanted.every(of => held.some(route => route.request().url().includes(`/${of}/`)))) await page.waitForTimeout(50);
  for (const text of await texts()) if (!text.startsWith('The host is asked')) fail(`before the host answers, the page says '${text}'`);
  isHeld = false;
  for (const route of held) await route.continue();
  await page.waitForFunction(() => ['t-closed', 't-by-instrument', 't-by-reason'].every(id => document.querySelector(`#p-agent #${id} tbody`).textContent === 'No position was closed whole yet.'));
}

// What the host says late of an agent that was looked at before is not of the one that is.
async function late(page) {
  const held = { 'params/hang_1': [], 'agent/momentum_1': [] };
  const let_ = { 'params/hang_1': false, 'agent/momentum_1': false };
  const release = async of => { let_[of] = true; for (const route of held[of]) await route.continue(); };
  const go = name => page.evaluate(to => { location.hash = `#/agent/${to}`; }, name);
  for (const of of Object.keys(held)) await page.route(new RegExp(`/api/v1/${of}$`), route => { if (let_[of]) route.continue(); else held[of].push(route); });
  await go('mm_1');
  await page.waitForFunction(() => document.getElementById('agent-name')?.value === 'mm_1');
  await go('hang_1');
  while (!held['params/hang_1'].length) await page.waitForTimeout(50);
  await go('momentum_1');
  while (!held['agent/momentum_1'].length) await page.waitForTimeout(50);
  const answered = page.waitForResponse(/\/params\/hang_1$/);
  await release('params/hang_1');
  await (await answered).finished();
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))); // the page has taken it
  await release('agent/momentum_1');
  await page.waitForFunction(() => /fast/.test(document.querySelector('#p-agent .a-params')?.textContent ?? ''));
}

async function at(page, name, width, scheme) {
  await page.setViewportSize({ width, height: heightAt(width) });
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
  const where = `${name} at ${width}, ${scheme}`;
  if (name === 'overview' && width === 390) {
    // Once in each page's life; a busy machine takes the width a moment late, and the host says the act once more to a page that came back here.
    await page.waitForSelector('section.act.folded .fold', { state: 'visible' });
    // A phone has what is over by its head, and all of it in half as much as a desk's page takes there.
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    if (height > 2300) fail(`${where}: it is ${height} px long`);
    await page.focus('section.act .fold');
    await page.keyboard.press('Enter');
  }
  if (name.startsWith('overview')) await act(page, where);
  for (const wrong of await fits(page, where)) fail(wrong);
  if (folder) await shot(page, `${folder}/demo-${name.replace('/', '-')}-${width}-${scheme}.png`, width !== 2560);
}

try {
  const pages = { dark: await open('dark'), light: await open('light') };
  // While acts go.
  for (const page of Object.values(pages)) await page.waitForFunction(() => /^act \d+ of 7$/.test(document.querySelector('#n-act')?.textContent ?? '') && document.querySelector('#act .act-title')?.textContent);
  let n_going = 0;
  for (const width of WIDTHS) {
    for (const [scheme, page] of Object.entries(pages)) {
      if (await page.evaluate(() => !document.querySelector('#acts-past').hidden)) continue;
      n_going++;
      await at(page, 'overview-act', width, scheme);
    }
  }
  if (n_going === 0) fail('no act was looked at while it went');
  // Behind the last one: the proof's act is the demo's end.
  for (const [scheme, page] of Object.entries(pages)) {
    await page.waitForFunction(() => !document.querySelector('#acts-past').hidden && document.querySelectorAll('#acts-past dt').length === 6);
    await asked(page);
    await late(page);
    for (const name of PAGES) {
      await page.evaluate(to => { location.hash = `#/${to}`; }, name);
      await page.waitForFunction(of => document.querySelector(`#p-${of}`)?.offsetParent, name.split('/')[0]);
      for (const width of WIDTHS) await at(page, name, width, scheme);
    }
  }
  if (said.length) fail(`the console says:\n${[...new Set(said)].join('\n')}`);
  if (!process.exitCode) console.log(`a demo's page: ${n_going} looks while acts went, ${PAGES.length} pages at ${WIDTHS.length} widths in dark and light behind them; axe finds nothing, the console is silent`);
} catch (error) {
  fail(`${error.stack ?? error}\n${[...new Set(said)].join('\n')}`);
} finally {
  await browser.close();
}
