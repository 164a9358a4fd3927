// WebKit, by WebDriver: Debian has no build of it that Playwright could drive. What there is of Playwright's Page here is what the
// specs that run in WebKit use.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from '@playwright/test';
import { Builder, By, type WebDriver } from 'selenium-webdriver';

const driverProgram = process.env['TIDEMARK_WEBKIT_DRIVER'] ?? 'WebKitWebDriver';
const timeout = 170_000; // less than a test has

type InPage<A, R> = (argument: A) => R | Promise<R>;
/** What WebDriver brings back from the page. */
type Answer<R> = { value: R } | { error: string };

class WebKitPage {
  readonly #driver: WebDriver;
  readonly keyboard = { press: (key: string) => this.#driver.actions().sendKeys(key).perform() };

  constructor(driver: WebDriver) {
    this.#driver = driver;
  }

  async goto(url: string): Promise<void> {
    await this.#driver.get(url);
  }

  async evaluate<A, R>(inPage: InPage<A, R>, argument?: A): Promise<R> {
    const script = `const [argument, done] = arguments;
      new Promise((resolve) => resolve((${inPage.toString()})(argument))).then(
        (value) => done({ value }),
        (error) => done({ error: String(error) + '\\n' + (error?.stack ?? '') }),
      );`;
    const answer = await this.#driver.executeAsyncScript<Answer<R>>(script, argument);
    if ('error' in answer) throw new Error(`in the page: ${answer.error}`);
    return answer.value;
  }

  async waitForFunction<A, R>(inPage: InPage<A, R>, argument?: A): Promise<{ jsonValue: () => Promise<R> }> {
    for (const end = Date.now() + timeout; Date.now() < end;) {
      const value = await this.evaluate(inPage, argument);
      if (value) return { jsonValue: () => Promise.resolve(value) };
      await delay(50);
    }
    throw new Error(`waitForFunction: never true: ${inPage.toString()}`);
  }

  locator(selector: string) {
    const found = () => this.#driver.findElement(By.css(selector));
    return {
      click: async () => found().click(),
      innerText: () => this.evaluate((css) => document.querySelector<HTMLElement>(css)?.innerText ?? '', selector),
    };
  }

  async setViewportSize({ width, height }: { width: number; height: number }): Promise<void> {
    await this.#driver.manage().window().setRect({ width, height });
  }

  async waitForTimeout(milliseconds: number): Promise<void> {
    await delay(milliseconds);
  }

  /** WebKit looks for garbage when enough was allocated: of memory that is never touched, and so is not resident. */
  async requestGC(): Promise<void> {
    await this.evaluate(() => {
      for (let i = 0; i < 8; ++i) new WebAssembly.Memory({ initial: 1024, maximum: 1024 });
    });
  }
}

/** A screen that nobody looks at; the name by which programs find it. */
async function startScreen(processes: ChildProcess[]): Promise<string> {
  const screen = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1440x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  processes.push(screen);
  const [number] = (await Promise.race([
    once(screen.stdout, 'data'),
    once(screen, 'exit').then(() => Promise.reject(new Error('Xvfb ended'))),
  ])) as [Buffer];
  return `:${number.toString().trim()}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts WebKit; `use` has its page. All that was started ends with it. */
export async function withWebKit(use: (page: Page) => Promise<void>): Promise<void> {
  const processes: ChildProcess[] = [];
  try {
    const DISPLAY = await startScreen(processes);
    const port = await freePort();
    const env = {
      ...process.env,
      DISPLAY,
      GDK_BACKEND: 'x11',
      LIBGL_ALWAYS_SOFTWARE: '1',
      NO_AT_BRIDGE: '1',
      LANG: 'en_US.UTF-8',
    };
    const server = spawn(driverProgram, [`--port=${port}`], { env, stdio: 'ignore' });
    processes.push(server);
    await once(server, 'spawn');
    const driver = await connect(`http://127.0.0.1:${port}`);
    try {
      await driver.manage().setTimeouts({ script: timeout, pageLoad: timeout });
      await use(new WebKitPage(driver) as unknown as Page);
    } finally {
      await driver.quit();
    }
  } finally {
    for (const each of processes) {
      each.kill();
    }
  }
}

/** A session, as soon as the driver listens. */
async function connect(url: string): Promise<WebDriver> {
  for (const end = Date.now() + 30_000; ;) {
    try {
      return await new Builder().usingServer(url).withCapabilities({ browserName: 'MiniBrowser' }).build();
    } catch (error) {
      if (Date.now() > end || !String(error).includes('ECONNREFUSED')) throw error;
    }
    await delay(100);
  }
}
