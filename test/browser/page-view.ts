import type { Page } from "playwright-core";

/** What the page says after a click on its button. */
export async function ask(page: Page) {
  await page.waitForSelector('#ask[aria-disabled="false"]');
  await page.click("#ask");
  await page.waitForSelector('#ask[aria-disabled="false"]');
  return await answer(page);
}

/** The kind of answer, whether it had been given before, the sentence, the code. */
export async function answer(page: Page) {
  const shown = await page.$eval("#answer", ({ dataset }: HTMLElement) => ({ ...dataset }));
  const [note, code, detail] = await textsOf(page, ["#note", "#code", "#detail"]);
  return { kind: shown.kind, again: shown.again === "true", note, code, detail };
}

/** The live figures as they are shown. */
export async function figures(page: Page) {
  const [live, count, of, terms] = await textsOf(page, ["#live", "#count", "#count-of", "#terms"]);
  const rows = await page.$$eval("#figures dt", (names) =>
    Object.fromEntries(names.map((name) => [name.textContent, name.nextElementSibling!.textContent])),
  );
  return { live, left: `${count} ${of}`, terms, rows };
}

const textsOf = (page: Page, selectors: string[]) =>
  Promise.all(selectors.map((selector) => page.textContent(selector)));
