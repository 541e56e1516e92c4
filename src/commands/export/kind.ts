import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { Transport } from "@connectrpc/connect";

/** One kind of thing that can be exported: what its columns are, and where its rows come from. */
export interface ExportKind {
  columns: readonly string[];
  /** Of a campaign, page by page; a row has a value for each column. */
  pages(transport: Transport, campaignId: string): AsyncIterable<string[][]>;
}

/** All pages of a list, of as many as one can have. */
export async function* pagesOf<Page extends { nextPageToken: string }>(
  next: (page: { pageSize: number; pageToken: string }) => Promise<Page>,
): AsyncGenerator<Page> {
  let pageToken = "";
  do {
    const page = await next({ pageSize: 1_000, pageToken });
    yield page;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

/** In UTC with milliseconds; nothing where there is none. */
export const timeCell = (time: Timestamp | undefined) => (time ? timestampDate(time).toISOString() : "");
