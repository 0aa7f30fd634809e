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
  const overview = await page.evaluate(() => {
    const rows = (id, what = cell => cell.textContent) => {
      const table = document.getElementById(id);
      const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
      return [...table.tBodies[0].querySelectorAll('tr[data-key]')].map(row => Object.fromEntries([...row.cells].map((cell, i) => [heads[i], what(cell)])));
    };
    const text = id => document.getElementById(id).textContent;
    return { equity: text('equity'), result: text('result'), split: document.getElementById('result').title, agents: rows('t-agents'), positions: rows('t-positions'), whole: rows('t-positions', cell => cell.title) };
  });
  await page.evaluate(() => { location.hash = '#/tournament'; });
  await page.waitForSelector('#t-tournament tr[data-key]');
  await page.waitForSelector('.why-row');
  const tournament = await page.evaluate(() => {
    const table = document.getElementById('t-tournament');
    const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
    const texts = (node, what) => [...node.querySelectorAll(what)].map(one => one.textContent);
    return {
      note: document.getElementById('tournament-note').textContent,
      rows: [...table.tBodies[0].querySelectorAll('tr[data-key]')].map(row => Object.fromEntries([...row.cells].map((cell, i) => [heads[i], cell.textContent]))),
      why: [...document.querySelectorAll('.why-row')].map(row => ({
        who: row.querySelector('b').textContent, reason: row.querySelector('.why-head .dim').textContent, score: row.querySelector('.score').textContent,
        points: row.querySelector('.points').hidden ? [] : [...row.querySelectorAll('.points i')].map(one => one.title),
        gates: [...row.querySelectorAll('.gate')].map(one => [one.textContent, one.title]), bounds: texts(row, '.bounds span'),
      })),
      flows: [...document.querySelectorAll('.falls .step[title]')].map(step => [step.firstChild.textContent, step.title, step.querySelector('.val').textContent]),
    };
  });
  console.log(JSON.stringify({ ...overview, tournament }));
} finally {
  await browser.close();
}
