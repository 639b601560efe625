/**
 * Takes the pictures that `devtool/screenshots.py` asks for.
 *
 * Started as `node screenshots.mjs NODE_MODULES` with the task as JSON on standard
 * input: {url, browser, images, pages: [{name, path, wait_for, click, login, ...}]}.
 * Odoo keeps a websocket open, so "network idle" never comes: each page names a
 * selector to wait for instead.
 */

import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {join} from "node:path";

const TIMEOUT_MS = 30000;
const BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

const require = createRequire(import.meta.url);
const {chromium} = require(join(process.argv[2], "playwright-core"));
const task = JSON.parse(readFileSync(0, "utf-8"));

/** Open a logged-in browser context; one for each user, so that logins are few. */
async function logIn(browser, {login, size}) {
    const [width, height] = size;
    const context = await browser.newContext({
        viewport: {width, height},
        locale: "en-US",
    });
    const page = await context.newPage();
    await page.goto(`${task.url}/web/login`);
    await page.fill("input[name=login]", login);
    await page.fill("input[name=password]", login);
    await page.click("form.oe_login_form button[type=submit]");
    await page.waitForSelector(".o_web_client", {timeout: TIMEOUT_MS});
    await page.close();
    return context;
}

async function take(context, wanted) {
    const page = await context.newPage();
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.setDefaultTimeout(TIMEOUT_MS);
    const [width, height] = wanted.size;
    await page.setViewportSize({width, height});
    try {
        await page.goto(task.url + wanted.path);
        await page.waitForSelector(wanted.wait_for);
        for (const selector of wanted.click) {
            await page.locator(selector).first().click();
        }
        await page.waitForTimeout(wanted.settle_ms);
        await page.mouse.move(0, 0);
        await page.screenshot({path: join(task.images, `${wanted.name}.png`)});
    } catch (error) {
        // What the page itself complained about says more than our time-out.
        throw new Error([...complaints, error.message.split("\n")[0]].join("\n    "));
    } finally {
        await page.close();
    }
}

async function main() {
    const browser = await chromium.launch({
        executablePath: task.browser,
        args: BROWSER_FLAGS,
    });
    const contexts = new Map();
    let failures = 0;
    try {
        for (const wanted of task.pages) {
            try {
                if (!contexts.has(wanted.login)) {
                    contexts.set(wanted.login, await logIn(browser, wanted));
                }
                await take(contexts.get(wanted.login), wanted);
                console.log(`    ${wanted.name}.png`);
            } catch (error) {
                failures += 1;
                console.log(`    ${wanted.name}: ${error.message}`);
            }
        }
    } finally {
        await browser.close();
    }
    return failures ? 1 : 0;
}

process.exitCode = await main();
