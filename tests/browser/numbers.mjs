// SPDX-License-Identifier: Apache-2.0
// What the dashboard of a running host shows of money, as JSON on standard output.
//
//   node numbers.mjs CHROMIUM URL-WITH-TOKEN
import { chromium } from 'playwright-core';

const [, , executablePath, url] = process.argv;
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
try {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(60000);
  await page.goto(url);
  await page.waitForSelector('#t-agents tr[data-key]');
  await page.waitForFunction(() => document.querySelector('#equity').textContent.match(/[0-9]/));
  console.log(JSON.stringify(await page.evaluate(() => {
    const rows = (id, what = cell => cell.textContent) => {
      const table = document.getElementById(id);
      const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
      return [...table.tBodies[0].querySelectorAll('tr[data-key]')].map(row => Object.fromEntries([...row.cells].map((cell, i) => [heads[i], what(cell)])));
    };
    const text = id => document.getElementById(id).textContent;
    return { equity: text('equity'), result: text('result'), split: document.getElementById('result').title, agents: rows('t-agents'), positions: rows('t-positions'), whole: rows('t-positions', cell => cell.title) };
  })));
} finally {
  await browser.close();
}
