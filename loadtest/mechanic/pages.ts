/** Everything of a paged list, page by page. */
export async function* pages<Page extends { nextPageToken: string }>(
  ask: (pageToken: string) => Promise<Page>,
): AsyncGenerator<Page> {
  let pageToken = "";
  do {
    const page = await ask(pageToken);
    yield page;
    if (page.nextPageToken === pageToken && pageToken !== "") throw new Error("a list repeats a page token");
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

/** As many on a page as there may be. */
export const pageSize = 1_000;
