/** What came back for one input. */
export interface Answer {
  /**
   * `answered`: a whole answer; `closed`: the server ended the connection instead; `cut`: the client did, as the input wants; `quiet`: nothing
   * came, and nothing had to; `hung`: nothing came though an answer was due; `unsent`: no client would send it.
   */
  readonly outcome: "answered" | "closed" | "cut" | "quiet" | "hung" | "unsent";
  readonly status?: number;
  /** Connect's or gRPC's code where it was an error. */
  readonly code?: string;
  /** Everything that was said, as text of one character a byte. */
  readonly text: string;
  /** The message, as it came. */
  readonly message?: Buffer;
}

/** How long any answer may take: the server's own deadline is well before. */
export const answerMs = 15_000;
