// SPDX-License-Identifier: Apache-2.0
// Presses Reload and Roll back on an agent's page in Chromium, as an operator would, and opens what marks of the equity chart stand for: by
// the mouse where a mark stands, and by keys in the list of events. What the page says is held against the host's answers and `agon ctl`.
// axe finds nothing while the question is open, the console is silent.
//
//   node controls.mjs CHROMIUM URL-WITH-TOKEN DRILL.json [FOLDER]
//
// DRILL: agent, the codes of its file of now and of the next one; commands for a shell: ctl, next (another build lies where its file lay),
// broken (something that is no plugin does), add (an agent doomed begins, which crashes until it is put away). FOLDER: screenshots go there.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { fits, heightAt } from './fits.mjs';

const [, , executablePath, url, drill, folder] = process.argv;
const { agent, doomed, ctl, next, broken, add, codes } = JSON.parse(readFileSync(drill, 'utf8'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shell = command => promisify(execFile)('sh', ['-c', command]);
const asked = async what => JSON.parse((await shell(`${ctl} ${what} --json`)).stdout);
const complaints = [];
const posted = []; // what the page has ordered
const fail = text => { console.error(`FAIL: ${text}`); process.exitCode = 1; };
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark', deviceScaleFactor: 1 })).newPage();
let refusals = 0; // the browser itself names an answer that is none of 200: as often as the host refuses
page.setDefaultTimeout(120000);
await page.addInitScript(() => {
  const now = performance.now.bind(performance);
  let [from, since, pace] = [0, 0, 1];
  performance.now = () => from + (now() - since) * pace;
  window.pace = to => { [from, since, pace] = [performance.now(), now(), to]; };
});
let is_mute = false;
await page.routeWebSocket(/\/live/, ws => {
  const server = ws.connectToServer();
  ws.onMessage(message => server.send(message));
  server.onMessage(message => { if (!is_mute) ws.send(message); });
});
page.on('console', message => {
  if (!['error', 'warning'].includes(message.type())) return;
  if (/^Failed to load resource: .* 4\d\d /.test(message.text()) && /\/api\/v1\/reload$/.test(message.location().url) && refusals-- > 0) return;
  complaints.push(`${message.type()} on ${page.url()}: ${message.text()}`);
});
page.on('pageerror', error => complaints.push(`exception on ${page.url()}: ${error?.stack ?? error}`));
page.on('request', request => { if (request.method() === 'POST') posted.push(request.url().replace(/.*\/api\/v1\//, '')); });

// On the page; what never comes is named.
const seen = (what, holds, more) => page.waitForFunction(holds, more).catch(error => { throw new Error(`the page never has ${what}: ${error.message}`); });
const show = (hash, ready, more) => page.evaluate(to => { location.hash = to; }, hash).then(() => page.waitForFunction(ready, more));
const onAgent = name => show(`#/agent/${name}`, of => document.querySelector('#p-agent')?.offsetParent && document.querySelector('#agent-name').value === of && document.querySelector('.a-limits tr[data-key] .usage'), name);
const button = label => page.locator('.agent-head button', { hasText: new RegExp(`^${label}$`) });
async function until(what, holds) {
  for (let i = 0; !await holds(); i++) {
    if (i === 480) throw new Error(`it never came: ${what}`);
    await page.waitForTimeout(250);
  }
}
const isAsked = () => page.evaluate(() => Boolean(document.querySelector('#d-ask[open]')));
const isGone = () => page.waitForFunction(() => !document.querySelector('#d-ask[open]'));
const generation = n => seen(`generation ${n} in its head`, of => document.querySelector('.agent-head .dim').textContent.endsWith(` · generation ${of}`), n);

// The question of a control: it names the agent, and takes no other word.
async function question(title, yes) {
  await page.waitForSelector('#d-ask[open]');
  const said = await page.evaluate(() => ['title', 'word', 'yes'].map(id => document.querySelector(`#d-ask-${id}`).textContent));
  if (said.join() !== [title, agent, yes].join() || !await page.locator('#d-ask-name').isVisible()) fail(`${title} asks: ${said}`);
  if (!await page.isDisabled('#d-ask-yes')) fail(`${title} asks for no name`);
}
// Who types another name, or thinks better of it, leaves all as it was.
async function declined(label, title) {
  for (const [word, leave] of [[`${agent}x`, 'Enter'], ['other', 'Enter'], [agent, 'Escape']]) {
    await button(label).click();
    await question(title, label);
    await page.fill('#d-ask-typed', word);
    if (await page.isDisabled('#d-ask-yes') !== (word !== agent)) fail(`${title} and '${word}': the button is ${word === agent ? 'still out of reach' : 'in reach'}`);
    await page.keyboard.press(leave);
    await isGone();
  }
  await button(label).click();
  await question(title, label);
  await page.fill('#d-ask-typed', agent);
  await page.click('#d-ask button[value=no]');
  await isGone();
}
// The host's answer to the order that `give` gives, and what the page says of it.
async function answered(verb, give) {
  await page.evaluate(() => { document.querySelector('#toast').textContent = ''; });
  const [response] = await Promise.all([page.waitForResponse(r => r.request().method() === 'POST'), give()]);
  if (!response.url().endsWith(`/api/v1/${verb}`) || response.request().postData() !== JSON.stringify({ args: [agent] })) fail(`${verb} is ordered by ${response.url()} ${response.request().postData()}`);
  const answer = await response.json();
  await isGone();
  await page.waitForFunction(() => document.querySelector('#toast').textContent !== '');
  const [toast, looks] = await page.evaluate(() => ['textContent', 'className'].map(of => document.querySelector('#toast')[of]));
  return { is_ok: response.ok(), answer, toast, looks };
}
// Another generation is active: by the answer, the page and `ctl`.
async function changed(verb, give, { from, to, code, done }) {
  const { is_ok, answer, toast, looks } = await answered(verb, give);
  if (!is_ok || !(answer.seq > 0) || toast !== `${agent} ${done} · event ${answer.seq}` || looks !== 'on') fail(`${verb}: '${toast}' (${looks}), and the host answers ${JSON.stringify(answer)}`);
  const [row] = await asked('reloads');
  if (row.seq !== answer.seq || row.agent !== agent || row.kind !== verb || row.from !== from || row.to !== to || row.code !== code || !(row.pause_ns > 0)) fail(`${verb} of ${from} to ${to}, ${code}, event ${answer.seq}: \`ctl reloads\` has ${JSON.stringify(row)}`);
  // Agents and events are those of the host's last look at itself, which may be of before.
  await until(`\`ctl agent\` has generation ${to} of ${code}`, async () => { const told = (await asked(`agent ${agent}`)).agent; return told.generation === to && told.code === code; });
  let event;
  await until(`\`ctl events\` has event ${answer.seq}`, async () => { event = (await asked('events')).find(e => e.seq === answer.seq); return event; });
  if (event.kind !== verb || event.of !== agent || !event.text.startsWith(`generation ${to} is active after ${from}, engine pause `)) fail(`${verb}: event ${answer.seq} is ${JSON.stringify(event)}`);
  await generation(to);
  const whole = { ...event, row };
  await story(whole);
  return whole;
}
// The agent's lines of the log have those words, and not because a minute has gone, in which the page asks anyhow: its clock goes slowly.
async function logged(words) {
  await page.evaluate(() => window.pace(0.1));
  await seen(`'${words}' in the agent's log`, w => [...document.querySelectorAll('.a-log tr[data-key]')].some(r => r.offsetParent && r.textContent.includes(w)), words);
  await page.evaluate(() => window.pace(1));
}
// What an agent's page has of a change of hands: the newest row of its generations, and the host's line of the log.
async function story({ kind, text, seq, row: { from, to, code } }) {
  const pause = text.replace(/.* engine pause /, '').replace(/us$/, 'µs').replace(/ (?=[^ ]+$)/, '\u2009');
  // No asynchronous question: such a wait is over whatever it is answered.
  await seen(`'${[kind, `${from} → ${to}`, pause, code.slice(0, 8)].join()}' among the generations`, cells => [...document.querySelectorAll('.a-generations tr[data-key]')].some(r => r.offsetParent && [...r.children].slice(1).map(c => c.textContent).join() === cells),
    [kind, `${from} → ${to}`, pause, code.slice(0, 8)].join());
  await logged(`${kind}: generation ${to} (${code}) is active from event ${seq}`);
}

// The question can be read and fits, on a phone too.
async function looks() {
  await page.evaluate(axe);
  await button('Reload').click();
  await question(`Reload ${agent}?`, 'Reload');
  for (const scheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: heightAt(width) });
      for (const word of ['', agent]) {
        await page.fill('#d-ask-typed', word);
        const where = `the question at ${width}, ${scheme}, '${word}' typed`;
        for (const wrong of await fits(page, where)) fail(wrong);
        const cut = await page.evaluate(() => {
          const node = document.querySelector('#d-ask');
          const box = node.getBoundingClientRect();
          return box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight || node.scrollWidth > node.clientWidth || node.scrollHeight > node.clientHeight;
        });
        if (cut) fail(`${where}: it is cut`);
        if (folder) await page.screenshot({ path: `${folder}/controls-${width}-${scheme}${word && '-typed'}.png` });
      }
    }
  }
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.keyboard.press('Escape');
  await isGone();
}

// Where the mark of a time has to stand, and how many dots of its colour there are; null: not on the chart.
const place = (t_ms, colour) => page.evaluate(async ([t, name]) => {
  const [{ ALL, points }, { css }] = await Promise.all([import('/history.mjs'), import('/kit.mjs')]);
  const over = document.querySelector('#p-overview .chart .u-over');
  const canvas = document.querySelector('#p-overview .chart canvas');
  const all = points(ALL);
  if (!over || all.length < 2) return null;
  const box = over.getBoundingClientRect();
  const x = (t - all[0][0]) / (all.at(-1)[0] - all[0][0]) * box.width;
  if (!(x >= 0 && x <= box.width)) return null;
  const probe = Object.assign(document.createElement('i'), { hidden: true });
  probe.style.color = css(name);
  document.body.append(probe);
  const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
  probe.remove();
  const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height }).getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const at = canvas.getBoundingClientRect();
  const { data } = copy.getImageData(Math.round(box.left - at.left + x) - 6, Math.round(box.top - at.top), 13, 6);
  let dots = 0;
  for (let i = 0; i < data.length; i += 4) dots += data[i + 3] > 200 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 24;
  return { x: box.left + x, y: box.top + box.height / 2, dots };
}, [t_ms, colour]);
// The mouse goes where the mark stands, reads the host's words, and a click opens where more of it is. The chart grows meanwhile, and marks
// lie close: it is looked for again until one of them is under the pointer.
async function marked(event, t_ms, colour, leads) {
  const words = `${event.kind}${event.of && ` ${event.of}`}: ${event.text}`;
  const met = new Set();
  for (let i = 0, clicks = 0; i < 150 && clicks < 10; i++) {
    const at = await place(t_ms, colour);
    if (!at) { await page.waitForTimeout(200); met.add('none on the chart'); continue; }
    await page.mouse.move(at.x + [0, -2, 2, -5, 5][i % 5], at.y);
    const note = await page.evaluate(() => document.querySelector('#p-overview .chart .legend .mark').textContent);
    if (note !== words || at.dots < 12) { met.add(`'${note}', ${at.dots} dots`); await page.waitForTimeout(100); continue; }
    if (!await page.evaluate(() => getComputedStyle(document.querySelector('#p-overview .chart .u-over')).cursor === 'pointer')) fail(`the mark of ${words} does not look as if it led anywhere`);
    clicks++;
    await page.mouse.down();
    await page.mouse.up();
    // On a busy machine the chart may have gone on under the pointer: then nothing has opened, or another's.
    const is_open = await page.waitForFunction(to => location.hash === to, leads, { timeout: 5000 }).then(() => true, () => false);
    if (is_open) return;
    met.add(`'${note}' led to ${await page.evaluate('location.hash')}`);
    if (await page.evaluate(() => location.hash !== '#/overview')) await overview();
  }
  throw new Error(`the mark of '${words}' does not lead to ${leads}: ${[...met].slice(-12).join('; ')}`);
}
const overview = () => show('#/overview', () => document.querySelector('#p-overview .chart canvas')?.offsetParent);

try {
  await page.goto(url);
  await page.waitForSelector(`#t-agents tr[data-key="${agent}"]`);
  await onAgent(agent);
  await generation(1);
  await looks();
  // There is nothing before the first: that is not offered.
  if (!await button('Roll back').isDisabled()) fail('what has no generation before it can be rolled back');
  if (!await page.evaluate(() => document.querySelector('.a-generations .empty')?.textContent === 'The first is active.')) fail('generations of which there is one');
  await declined('Reload', `Reload ${agent}?`);
  if (posted.length || (await asked('reloads')).length) fail(`declined, and ordered: ${posted}`);

  await shell(next);
  const reload = await changed('reload', async () => {
    await button('Reload').click();
    await question(`Reload ${agent}?`, 'Reload');
    await page.locator('#d-ask-typed').pressSequentially(agent);
    await page.click('#d-ask-yes');
  }, { from: 1, to: 2, code: codes[1], done: 'another generation is active; the one before stays warm' });

  // By keys alone, back to the file of before.
  await page.waitForFunction(() => [...document.querySelectorAll('.agent-head button')].some(b => b.textContent === 'Roll back' && !b.disabled));
  await declined('Roll back', `Roll ${agent} back?`);
  if (posted.join() !== 'reload') fail(`declined, and ordered: ${posted}`);
  const rollback = await changed('rollback', async () => {
    await button('Roll back').focus();
    await page.keyboard.press('Enter');
    await question(`Roll ${agent} back?`, 'Roll back');
    await page.keyboard.type(agent);
    await page.keyboard.press('Enter');
  }, { from: 2, to: 1, code: codes[0], done: 'the generation before is active again' });

  // What the host refuses it says why, and nothing changes.
  await shell(broken);
  refusals = 1;
  const refused = await answered('reload', async () => {
    await button('Reload').click();
    await question(`Reload ${agent}?`, 'Reload');
    await page.keyboard.type(agent);
    await page.keyboard.press('Enter');
  });
  const reason = await shell(`${ctl} reload ${agent}`).then(() => '', error => error.stderr.trim().replace('agon ctl: ', ''));
  if (refused.is_ok || refused.toast !== reason || refused.looks !== 'on failed' || !/not an ELF file/.test(reason)) fail(`a broken file: '${refused.toast}' (${refused.looks}), and \`ctl reload\` says '${reason}'`);
  await logged(reason.replace(`slot ${agent}: `, `slot ${agent}: reload failed: `));
  await generation(1);
  const list = await asked('reloads');
  if (list.length !== 2 || (await asked(`agent ${agent}`)).agent.generation !== 1) fail(`refused, and changed: ${JSON.stringify(list)}`);
  if (await page.evaluate(() => document.querySelectorAll('.a-generations tr[data-key]').length) !== 2) fail('refused, and among the generations');

  // What else is marked: a halt, a crash, tournaments.
  await shell(`${ctl} halt ${agent}`);
  await shell(add);
  let events = [];
  const one = (kind, of) => events.find(e => e.kind === kind && e.of === of);
  await until('a halt, a crash and two tournaments', async () => { events = await asked('events'); return one('halt', agent) && one('crash', doomed) && (await asked('plans')).length >= 2; });
  for (const event of [reload, rollback]) {
    await overview();
    await marked(event, event.t_ms, 'dim', `#/agent/${agent}`);
    await story(event);
  }
  await overview();
  await marked(one('halt', agent), one('halt', agent).t_ms, 'warn', `#/agent/${agent}`);
  await seen('the state halted', () => document.querySelector('.agent-head .pill').textContent === 'halted');
  await logged(`halt ${agent} by `);
  await overview();
  await marked(one('crash', doomed), one('crash', doomed).first_ms ?? one('crash', doomed).t_ms, 'bad', `#/agent/${doomed}`);
  await page.waitForFunction(of => document.querySelector('#agent-name').value === of && document.querySelector('.why-ended:not([hidden])')?.textContent, doomed);
  // Of tournaments the one that stands there, and not the last; all of it at once, and not when the next is held: the host's words on their way
  // are held back.
  await overview();
  const [first] = await asked('plans');
  await until('the last tournament on the page', () => page.evaluate(async n => { const { state } = await import('/connection.mjs'); return state.get('tournament')?.number > n && state.has('status'); }, first.number));
  is_mute = true;
  await page.click('#p-overview .chart .tabs button[data-key=all]'); // it is drawn as what came last has it
  const held = await page.evaluate(async t => { const { state } = await import('/connection.mjs'); return [...state].filter(([k]) => k.startsWith('event/')).map(([, e]) => e).find(e => e.kind === 'tournament' && (e.held_ms ?? [e.t_ms]).includes(t)); }, first.t_ms);
  if (!/^tournaments? 1( to \d+)? w(as|ere) held, /.test(held?.text) || (await asked('events')).find(e => e.n === held.n)?.kind !== 'tournament') fail(`the first tournament's event is ${JSON.stringify(held)}`);
  await marked(held, first.t_ms, 'accent', `#/tournament/${first.number}`);
  await seen(`tournament ${first.number} with its table and reasons`, n => document.querySelector('#tournament-note').offsetParent && document.querySelector('#tournament-note').textContent.startsWith(`number ${n} of `) && document.querySelector('#t-tournament tr[data-key]') && document.querySelector('.why-row')?.offsetParent, first.number);

  is_mute = false;
  await page.reload();

  // Who has no mouse has the same list beside the chart: the line of the reload has the host's words, and its name leads there.
  await overview();
  const line = page.locator('#l-events li', { hasText: reload.text }).filter({ has: page.locator('.kind', { hasText: /^reload$/ }) });
  await line.locator('a').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(to => location.hash === to && document.querySelector('#p-agent')?.offsetParent, `#/agent/${agent}`);
  await story(reload);

  if (posted.join() !== 'reload,rollback,reload') fail(`ordered: ${posted}`);
  if (await isAsked()) fail('a question is left open');
  if (complaints.length) fail(`the console says:\n${[...new Set(complaints)].join('\n')}`);
  if (!process.exitCode) console.log('a reload and a roll-back by the page, by mouse and keys, are those of the host and of ctl; a refusal says why; marks of a reload, a roll-back, a halt, a crash and a tournament lead to them; axe finds nothing, the console is silent');
} catch (error) {
  fail(`${error.stack ?? error}\n${[...new Set(complaints)].join('\n')}`);
} finally {
  await browser.close();
}
