// SPDX-License-Identifier: Apache-2.0
// What a figure is called, of which time it is and that it is one number wherever it stands; and that candles
// have no hole. Of a page that is open; fail(text) for what is wrong.
import { untilTrue } from './until.mjs';

// A full picture: from the top, where the head that stays in view belongs.
export async function shot(page, path, fullPage) {
  await page.evaluate(() => new Promise(done => { window.scrollTo({ top: 0, behavior: 'instant' }); requestAnimationFrame(() => requestAnimationFrame(done)); }));
  const at = await page.evaluate(() => [scrollY, Math.round(document.querySelector('header').getBoundingClientRect().top)]);
  if (at.join() !== '0,0') throw new Error(`${path}: a picture of a page that stands at ${at[0]} px, its head at ${at[1]}`);
  await page.screenshot({ path, fullPage });
}

// A chart of returns ends with the return that stands everywhere, whatever capital moved; a drawdown has one form.
export async function oneReturn(page, fail) {
  await page.evaluate(() => { location.hash = '#/overview'; });
  await page.click('.chart .tabs button[data-key="return"]');
  await page.mouse.move(2, 2);
  const moved = await untilTrue(page, async () => {
    const { points } = await import('/history.mjs');
    const { state } = await import('/connection.mjs');
    const { agents } = await import('/kit.mjs');
    return agents(state).find(a => Math.abs(a.return) > 2e-4 && points(a.name).some(p => Math.abs(p[2] - Number(a.capital)) > 1))?.name;
  });
  const legend = () => page.evaluate(() => {
    const at = [...document.querySelectorAll('#t-agents thead th')].findIndex(h => h.textContent === 'Return');
    const shown = [...document.querySelectorAll('#p-overview .chart .legend > span:not(.mark)')].map(n => [n.children[1].textContent, n.lastChild.textContent.trim()]);
    const wrong = shown.filter(([name, text]) => document.querySelector(`#t-agents tr[data-key="${name}"]`)?.cells[at].textContent !== text);
    return { shown, wrong, title: document.querySelector('#p-overview .chart .legend').title };
  });
  // The chart is drawn once a second, and the league with each message: in one moment they are alike.
  let seen;
  for (let i = 0; i < 300; i++) {
    seen = await legend();
    if (seen.shown.length && !seen.wrong.length) break;
    await page.waitForTimeout(100);
  }
  if (!seen.shown.length || seen.wrong.length) fail(`returns of the chart that are others in the league: ${JSON.stringify(seen)}`);
  if (!/by the capital of that time/.test(seen.title)) fail(`what the chart's return is by is not said: ${seen.title}`);
  await page.click('.chart .tabs button[data-key="drawdown"]');
  await page.waitForFunction(() => /below its highest/.test(document.querySelector('#p-overview .chart .legend').title) && /[0-9]/.test(document.querySelector('#p-overview .chart .legend b')?.textContent));
  const signs = await page.evaluate(() => [...document.querySelectorAll('#p-overview .chart .legend b')].map(n => n.textContent).filter(t => !/^ [0-9]+\.[0-9]{2}\u2009%$/.test(t)));
  if (signs.length) fail(`drawdowns of the chart that have another form than in the league: ${signs}`);
  await page.click('.chart .tabs button[data-key="total"]');
  await page.evaluate(name => { location.hash = `#/agent/${name}`; }, moved);
  await page.waitForFunction(name => document.querySelector('#agent-name')?.value === name && /[0-9]/.test(document.querySelector('.result .legend b')?.textContent), moved);
  const apart = await page.evaluate(async () => {
    const out = [];
    for (let i = 0; i < 240; i++) { // pictures, over which the figures move
      const fact = [...document.querySelectorAll('.a-figures dt')].find(dt => dt.textContent === 'Return').nextSibling.textContent;
      const chart = document.querySelector('.result .legend b').textContent.trim();
      if (fact !== chart) out.push(`${chart} beside ${fact}`);
      await new Promise(requestAnimationFrame);
    }
    return [document.querySelector('.result h2').textContent, ...out];
  });
  if (apart[0] !== 'Return') fail(`a chart of returns is called ${apart[0]}`);
  if (apart.length > 1) fail(`${moved}: its chart's return is another than its figure: ${apart.slice(1, 4).join('; ')}`);
  // By which clock its log is.
  await page.waitForFunction(() => / lines, wall clock \((UTC|local)\)$/.test(document.querySelector('.a-log .count').textContent) && document.querySelector('.a-log th').textContent === 'Wall time');
}

// Of which time each figure of the host's health is: the last stretch, the whole run, or now.
export async function windows(page, fail) {
  await page.waitForFunction(() => [...document.querySelectorAll('#p-reliability section .window')].some(n => /[0-9]/.test(n.textContent)));
  const boxes = await page.evaluate(() => [...document.querySelectorAll('#p-reliability section')].filter(n => n.offsetParent && !n.matches('.replay') && !n.querySelector('#t-reloads, #t-cards'))
    .map(n => [n.querySelector('h2').textContent, n.querySelector('.window')?.textContent ?? '', Boolean(n.querySelector('.plot'))]));
  if (boxes.length < 10) fail(`boxes of the host's health: ${JSON.stringify(boxes)}`);
  for (const [title, text, isPlot] of boxes) if (!(isPlot ? /\beach [0-9.]+\u2009(s|min)/ : /now|since the host began/).test(text)) fail(`${title}: of which time it is is not said: '${text}'`);
}

// A field whose value the sentence has is shown there alone; under the pointer are all.
export async function saysOnce(page, fail) {
  const { n, wrong } = await page.evaluate(async () => {
    const { get } = await import('/connection.mjs');
    const lines = (await get('log/tail/400')).filter(l => l.agent && l.text.split(/[^\w.-]+/).includes(l.agent));
    const out = [];
    let found = 0;
    for (const row of document.querySelectorAll('#t-log tr[data-key]')) {
      const line = lines.find(l => row.dataset.key === `${l.t} ${l.text}`);
      if (!line) continue;
      found++;
      const cell = row.lastChild;
      if (cell.textContent.includes(`agent=${line.agent}`) || !cell.title.includes(`agent=${line.agent}`)) out.push(`${cell.textContent} (${cell.title})`);
    }
    return { n: found, wrong: out };
  });
  if (n === 0) fail('no line of the log names its agent: that it does so once would not be seen');
  if (wrong.length) fail(`lines of the log that name their agent twice: ${wrong.slice(0, 3).join('; ')}`);
}

// Candles of a time in which the page heard nothing, as when it is not in view: they are asked for, and not only when the host is asked for all of them, which is once
// a minute and gets no answer here. page: one whose messages mute(is) holds back.
export async function noHoles(page, symbol, mute, fail) {
  await page.evaluate(() => {
    window.plots = [];
    window.uPlot = new Proxy(window.uPlot, { construct: (Of, args) => { const plot = new Of(...args); window.plots.push(plot); return plot; } });
  });
  let isFirst = true;
  await page.route(new RegExp(`/candles/${encodeURIComponent(symbol)}/60$`), route => { if (isFirst) { isFirst = false; route.continue(); } else route.fulfill({ json: null }); });
  await page.evaluate(of => { location.hash = `#/market/${encodeURIComponent(of)}`; }, symbol);
  // What it has, and what the host has: by when they begin.
  const look = () => page.evaluate(async of => {
    const { get } = await import('/connection.mjs');
    const shown = window.plots.findLast(p => p.root.isConnected && p.series[1]?.label === 'Open')?.data ?? [[]];
    const host = (await get(`candles/${encodeURIComponent(of)}/60/0`)) ?? [];
    return { shown: shown[0].map((t, i) => [t, shown[1][i], shown[2][i], shown[3][i]]), host: host.map(c => [c.t_ms / 1000, Number(c.open), Number(c.high), Number(c.low)]) };
  }, symbol);
  const until = async holds => { for (let i = 0; i < 1200; i++) { const seen = await look(); if (holds(seen)) return seen; await page.waitForTimeout(100); } return null; };
  if (!await until(({ shown, host }) => shown.length > 1 && host.length > 1)) { fail(`no candles of ${symbol}`); return; }
  mute(true);
  const before = await look();
  // Some candles begin and end that it does not see.
  if (!await until(({ host }) => host.at(-1)[0] >= before.shown.at(-1)[0] + 300)) { fail(`the host has no newer candles of ${symbol}`); return; }
  mute(false);
  const [from, to] = [before.shown.at(-1)[0], before.shown.at(-1)[0] + 240];
  const unseen = ({ shown, host }) => host.filter(c => c[0] >= from && c[0] <= to && !shown.some(s => s.join() === c.join()));
  const isWhole = seen => seen.shown.at(-1)[0] > to && !unseen(seen).length;
  if (!await until(isWhole)) {
    const seen = await look();
    fail(`candles that nobody saw are not as the host has them: ${JSON.stringify(unseen(seen))} of ${JSON.stringify(seen.shown.filter(c => c[0] >= from && c[0] <= to))}`);
  }
  await page.unroute(new RegExp(`/candles/${encodeURIComponent(symbol)}/60$`));
}
