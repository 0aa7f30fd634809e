// SPDX-License-Identifier: Apache-2.0
// Drives the dashboard of a running host in Chromium, as an operator would: values move, a halt works, a reload and a
// crash show, nothing is complained of on the console.
//
//   node dashboard.mjs CHROMIUM URL-WITH-TOKEN AGENT RELOAD DOOMED ADD [FOLDER]
//
// RELOAD and ADD are commands for a shell, run while the page is open: AGENT changes hands, and an agent DOOMED, which
// crashes until it is put away, begins. FOLDER: screenshots go there.
import { chromium } from 'playwright-core';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const [, , executablePath, url, agent, reload, doomed, add, folder] = process.argv;
const shell = command => promisify(execFile)('sh', ['-c', command]);
const complaints = [];
const fail = text => { console.error(`FAIL: ${text}`); process.exitCode = 1; };
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });

async function open(width, height, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, deviceScaleFactor: 1 });
  const page = await context.newPage();
  page.setDefaultTimeout(120000);
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('requestfailed', request => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(url);
  await page.waitForSelector(`#t-agents tr[data-key="${agent}"]`);
  return page;
}
const text = (page, selector) => page.locator(selector).first().textContent();

try {
  const page = await open(1440, 900, 'dark');
  if ((await page.evaluate('location.href')).includes('token')) fail('the token stays in the address');
  const events = await text(page, '#events-n');
  await page.waitForFunction(before => document.querySelector('#events-n').textContent !== before, events);
  await page.waitForFunction(() => document.querySelector('#chart canvas'));
  await page.waitForFunction(() => document.querySelectorAll('#book .level.bid span')[0]?.textContent !== '');

  // Limits of all agents together: what is used is what the host says, and each has a row.
  await page.waitForFunction(() => document.querySelector('#t-portfolio tr[data-key="equity"]')?.children[1].textContent.match(/[0-9]/));
  const limits = await page.evaluate(() => [...document.querySelectorAll('#t-portfolio tr[data-key]')].map(r => r.dataset.key).sort().join());
  if (limits !== 'asset,daily_loss,drawdown,equity,gross,net,venue') fail(`limits of the portfolio: ${limits}`);
  const named = await page.evaluate(() => ['equity', 'daily_loss', 'venue'].map(key => {
    const cell = document.querySelector(`#t-portfolio tr[data-key="${key}"]`).children[0];
    return `${cell.textContent}: ${cell.title}`;
  }).join('; '));
  if (named !== 'Equity, minimum: floor of the equity of all slots; Daily loss: loss of all slots since 00:00 UTC, of their capital; Venue: notional on any one venue, open orders counted')
    fail(`limits of the portfolio: ${named}`);
  if (await text(page, '#breach') !== 'within') fail('a breach that there is not');

  // What the plugin says of itself, by its number.
  await page.waitForFunction(name => [...document.querySelectorAll('#s-metrics:not([hidden]) #t-metrics tr[data-key]')]
    .some(r => r.dataset.key === JSON.stringify([name, 0]) && Number(r.children[2].textContent.replace(/\u2009/g, '')) > 0), agent);

  // By keys alone: choose the agent, halt it, see it halted, let it go on.
  await page.keyboard.press('j');
  while (await page.evaluate(() => document.querySelector('#t-agents tr[aria-selected=true]')?.dataset.key) !== agent) await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.waitForFunction(name => document.querySelector(`#t-agents tr[data-key="${name}"]`).children[1].textContent === 'halted', agent);
  await page.keyboard.press('x');
  await page.waitForFunction(name => document.querySelector(`#t-agents tr[data-key="${name}"]`).children[1].textContent === 'active', agent);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#d-agent[open]');
  if (!/Limits.*Metrics0[1-9]/.test(await text(page, '#d-agent-body'))) fail(`the agent's metrics: ${await text(page, '#d-agent-body')}`);
  if (folder) await page.screenshot({ path: `${folder}/agent-dark.png` });
  await page.keyboard.press('Escape');
  // And all of them by the button.
  await page.click('#halt');
  await page.waitForFunction(() => document.querySelector('#state').textContent === 'halted');
  await page.click('#halt');
  await page.waitForFunction(() => document.querySelector('#state').textContent !== 'halted');
  await page.keyboard.press('c');
  await page.keyboard.press('?');
  await page.waitForSelector('#d-help[open]');
  await page.keyboard.press('Escape');
  const was = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.keyboard.press('t');
  if (await page.evaluate(() => getComputedStyle(document.body).backgroundColor) === was) fail('t does not change the theme');

  // Another build takes over while the page is open: it stands in the agent's row and among the reloads.
  const cells = (id, key) => page.evaluate(([table, name]) => [...document.querySelectorAll(`#${table} tbody tr`)]
    .map(row => [...row.children].map(cell => cell.textContent)).find(row => row.some(cell => cell === name)), [id, key]);
  const generation = (await cells('t-agents', agent))[3];
  if (await page.evaluate(() => !document.querySelector('#s-reloads').hidden)) fail('reloads are shown before there is one');
  await shell(reload);
  await page.waitForFunction(([name, was]) => document.querySelector(`#t-agents tr[data-key="${name}"]`).children[3].textContent === String(Number(was) + 1), [agent, generation]);
  await page.waitForSelector('#s-reloads:not([hidden]) tbody tr:not(.empty)');
  const took = await cells('t-reloads', agent);
  if (!took || took[2] !== 'reload' || took[3] !== generation || took[4] !== String(Number(generation) + 1) || !/^[0-9.]+ (ns|µs|ms|s)$/.test(took[5])) fail(`the reloads say ${took}`);
  // One that crashes is begun anew, then put away: its state says why.
  await shell(add);
  await page.waitForFunction(name => /^(ended|quarantined): ./.test(document.querySelector(`#t-agents tr[data-key="${name}"]`)?.children[1].textContent), doomed);
  if (!await page.evaluate(name => document.querySelector(`#t-agents tr[data-key="${name}"]`).children[1].classList.contains('bad'), doomed)) fail('an agent that has ended looks well');
  await page.waitForFunction(() => /^2 of 3 /.test(document.querySelector('#n-agents').textContent));
  await page.click(`#t-agents tr[data-key="${doomed}"]`);
  await page.waitForSelector('#d-agent[open] p.bad');
  await page.keyboard.press('Escape');
  await page.close();

  const phone = await open(390, 844, 'light');
  if (await phone.evaluate(() => document.documentElement.scrollWidth) > 390) fail('the page is wider than a phone');
  await phone.close();

  if (folder) {
    for (const [name, width, height] of [['desktop', 1440, 900], ['phone', 390, 844]]) {
      for (const scheme of ['dark', 'light']) {
        const shot = await open(width, height, scheme);
        await shot.waitForFunction(() => document.querySelector('#chart canvas'));
        await shot.waitForTimeout(1500);
        await shot.screenshot({ path: `${folder}/${name}-${scheme}.png` });
        await shot.screenshot({ path: `${folder}/${name}-${scheme}-full.png`, fullPage: true });
        await shot.click(`#t-agents tr[data-key="${doomed}"]`);
        await shot.waitForSelector('#d-agent[open] p.bad');
        await shot.screenshot({ path: `${folder}/${name}-${scheme}-ended.png` });
        await shot.close();
      }
    }
  }
  if (complaints.length) fail(`the console says:\n${[...new Set(complaints)].join('\n')}`);
} catch (error) {
  fail(`${error}\n${[...new Set(complaints)].join('\n')}`);
} finally {
  await browser.close();
}
if (!process.exitCode) console.log('values move, a halt works, a reload and a crash show, no complaint on the console');
