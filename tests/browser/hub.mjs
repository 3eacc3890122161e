// A person's way through the hub: log in, ask for resources, watch the queue, work in a notebook
// on a compute node, stop. Real hub, real Slurm, real browser. See run.sh.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const hub = process.env.FERROLAB_HUB_URL;
const user = process.env.FERROLAB_HUB_USER;
const password = readFileSync(process.env.FERROLAB_HUB_PASSWORD_FILE, 'utf8').trim();
const screenshots = process.env.FERROLAB_SCREENSHOTS;
const kernel = 'Rust (HPC)';
const nodes = ['n1', 'n2'];

// Longest waits, in milliseconds: several times what an idle machine with two cores needs.
const PAGE = 30_000;
const SPAWN = 90_000;
const KERNEL = 60_000;
const CELL = 60_000;

const started = Date.now();
let page;
let shots = 0;

async function screenshot(name) {
  shots += 1;
  const file = `${String(shots).padStart(2, '0')}-${name}.png`;
  await page.screenshot({ path: join(screenshots, file) });
}

// One thing a person does; its name and time are printed, so a failure names what failed.
async function stage(name, action) {
  const begin = Date.now();
  try {
    const result = await action();
    console.log(`ok   ${name} (${Date.now() - begin} ms)`);
    return result;
  } catch (error) {
    console.error(`FAIL ${name} (${Date.now() - begin} ms)`);
    throw error;
  }
}

async function logIn() {
  await page.goto(`${hub}/hub/login`, { timeout: PAGE });
  await page.fill('#username_input', user);
  await page.fill('#password_input', password);
  await page.click('#login_submit');
  await page.waitForSelector('#ferrolab-partition', { timeout: PAGE });
}

// The form may offer a list or a free field.
async function setField(id, value) {
  const field = page.locator(`#${id}`);
  const tag = await field.evaluate((element) => element.tagName);
  if (tag === 'SELECT') {
    await field.selectOption(value);
  } else {
    await field.fill(value);
  }
}

async function askForResources() {
  await setField('ferrolab-partition', 'debug');
  await setField('ferrolab-nodes', '1');
  await setField('ferrolab-time', '00:20:00');
  await screenshot('form');
  await page.click('#spawn_form input[type=submit], #spawn_form button[type=submit]');
}

// Returns every progress message that was on the page before JupyterLab took its place.
async function watchQueue() {
  const messages = new Set();
  const deadline = Date.now() + SPAWN;
  const lab = new RegExp(`/user/${user}/lab`);
  while (!lab.test(page.url())) {
    assert.ok(Date.now() < deadline, `the server did not start; messages: ${[...messages].join(' | ')}`);
    // The page changes while it is looked at.
    const text = await page.evaluate(() => document.querySelector('#progress-message')?.innerText ?? '').catch(() => '');
    if (text.trim() !== '' && !messages.has(text.trim())) {
      messages.add(text.trim());
      await screenshot('queue').catch(() => {});
    }
    const failure = await page.locator('.spawn-error-msg, .error').allInnerTexts().catch(() => []);
    assert.equal(failure.join(' ').trim(), '', 'the hub reports a failed start');
    await page.waitForTimeout(100);
  }
  assert.ok(messages.size > 0, 'no progress was shown');
  console.log(`     progress: ${[...messages].join(' | ')}`);
}

async function openNotebook() {
  // Without what an earlier visit of this user left open.
  await page.goto(`${hub}/user/${user}/lab?reset`, { timeout: PAGE });
  const card = page.locator(`.jp-LauncherCard[data-category="Notebook"][title="${kernel}"]`);
  await card.waitFor({ timeout: PAGE });
  await screenshot('launcher');
  await card.click();
  await page.waitForSelector('.jp-NotebookPanel:visible .jp-Notebook .jp-Cell', { timeout: PAGE });
  await page
    .locator('#jp-main-statusbar')
    .filter({ hasText: `${kernel} | Idle` })
    .waitFor({ timeout: KERNEL });
}

// Asks the user's server for something below `path`, as the page itself would.
async function server(method, path) {
  const home = `${hub}/user/${user}/`;
  const cookies = await page.context().cookies(home);
  const token = cookies.find(({ name, path: where }) => name === '_xsrf' && where === `/user/${user}/`);
  const response = await page.request.fetch(`${home}api/${path}`, {
    method,
    headers: { 'X-XSRFToken': token?.value ?? '' },
    timeout: PAGE,
  });
  assert.ok(response.ok(), `${method} ${path}: ${response.status()} ${(await response.text()).slice(0, 200)}`);
  return response;
}

async function notebooks() {
  const folder = await (await server('GET', 'contents/')).json();
  return folder.content.filter(({ type }) => type === 'notebook').map(({ path }) => path);
}

// Deletes what is not in `before`. Nothing may save it again, so JupyterLab is left first.
async function removeNotebooks(before) {
  const made = (await notebooks()).filter((path) => !before.includes(path));
  await page.goto(`${hub}/hub/home`, { timeout: PAGE });
  for (const path of made) {
    await server('DELETE', `contents/${encodeURIComponent(path)}`);
  }
  return made;
}

function cell(index) {
  return page.locator('.jp-NotebookPanel:visible .jp-Notebook .jp-Cell').nth(index);
}

// Types a cell, runs it, and waits for `wanted` (a selector in the cell's output).
async function runCell(index, source, wanted) {
  await cell(index).locator('.cm-content').click();
  await page.keyboard.insertText(source);
  await page.keyboard.press('Shift+Enter');
  const output = cell(index).locator('.jp-OutputArea-output');
  const failure = cell(index).locator('.jp-OutputArea-output[data-mime-type*="stderr"]');
  const hit = cell(index).locator(`.jp-OutputArea-output ${wanted}`).first();
  await Promise.race([
    hit.waitFor({ timeout: CELL }),
    failure.first().waitFor({ timeout: CELL }).then(async () => {
      throw new Error(`the cell failed: ${(await failure.allInnerTexts()).join('\n')}`);
    }),
  ]);
  return (await output.allInnerTexts()).join('\n').trim();
}

function jobs() {
  const table = execFileSync('squeue', ['-h', '-a', '-t', 'all', '-u', user, '-o', '%i %T %N'], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  return table
    .split('\n')
    .filter((line) => /\b(PENDING|CONFIGURING|RUNNING|COMPLETING)\b/.test(line))
    .map((line) => line.trim().split(/\s+/));
}

async function workOnNode() {
  const sum = await stage('1 + 1', () => runCell(0, '1 + 1', 'pre'));
  assert.equal(sum, '2');

  const host = await stage('host name', () =>
    runCell(1, 'println!("host {}", std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim())', 'pre'),
  );
  const node = host.replace('host ', '').trim();
  assert.ok(nodes.includes(node), `the cell ran on ${host}, not on a compute node`);
  const running = jobs();
  assert.deepEqual(running.map(([, state, place]) => [state, place]), [['RUNNING', node]], 'one job, on that node');

  const plot = 'let x = linspace(-1.0, 1.0, 1000);\nlet y = (2.0 * PI * &x).sin();\nplot::line(&x, &y).title("two periods of a sine")';
  await stage('plot', () => runCell(2, plot, ':is(svg, img)'));
  const box = await cell(2).locator('.jp-OutputArea-output :is(svg, img)').first().boundingBox();
  assert.ok(box !== null && box.width > 100 && box.height > 100, `the plot is ${JSON.stringify(box)}`);
  await screenshot('notebook');
}

async function stopServer() {
  await page.goto(`${hub}/hub/home`, { timeout: PAGE });
  await page.click('#stop');
  await page.locator('#start', { hasText: 'Start My Server' }).waitFor({ timeout: PAGE });
  await screenshot('stopped');
}

async function jobGone() {
  const deadline = Date.now() + 20_000;
  while (jobs().length > 0) {
    assert.ok(Date.now() < deadline, `still in the queue: ${JSON.stringify(jobs())}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function main() {
  const profile = mkdtempSync(join(tmpdir(), 'ferrolab-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM,
    headless: true,
    viewport: { width: 1280, height: 900 },
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // The page may talk to this machine only.
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
    ],
  });
  let before;
  try {
    page = context.pages()[0] ?? (await context.newPage());
    assert.deepEqual(jobs(), [], `${user} has jobs already`);
    await stage('log in', logIn);
    await stage('fill the form', askForResources);
    await stage('watch the queue', watchQueue);
    before = await notebooks();
    await stage('open a notebook', openNotebook);
    await workOnNode();
    const made = await stage('remove the notebook', () => removeNotebooks(before));
    assert.equal(made.length, 1, `one notebook was made: ${made.join(', ')}`);
    await stage('stop the server', stopServer);
    await stage('the job is gone', jobGone);
  } catch (error) {
    await screenshot('failure').catch(() => {});
    console.error(`at ${page?.url()}`);
    if (before !== undefined) {
      await removeNotebooks(before).catch(() => {});
    }
    throw error;
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
  console.log(`browser test passed in ${((Date.now() - started) / 1000).toFixed(1)} s; screenshots in ${screenshots}`);
}

main().catch((error) => {
  console.error(error.message ?? error);
  process.exit(1);
});
