import { DatabaseSync } from "node:sqlite";

/** A CloudEvent, as far as it matters here. */
export interface Event {
  id: string;
  type: string;
  subject?: string;
  data: Record<string, unknown>;
}

const againMs = 5_000;

/**
 * Events on disk, each once: Allot may send one again, and this process may end at any instant. They are worked off in the order in which
 * they came; one that fails is tried again, and holds up the others.
 */
export class Inbox {
  readonly #db: DatabaseSync;
  readonly #handle: (event: Event) => Promise<void>;
  #working = false;

  constructor(file: string, handle: (event: Event) => Promise<void>) {
    this.#db = new DatabaseSync(file);
    this.#db.exec(
      "CREATE TABLE IF NOT EXISTS event (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT, done INTEGER NOT NULL) STRICT",
    );
    this.#handle = handle;
  }

  /** When this returns it is safe to answer 2xx. A repeat changes nothing. */
  keep(id: string, body: string): void {
    this.#db.prepare("INSERT OR IGNORE INTO event (id, body, done) VALUES (?, ?, 0)").run(id, body);
    this.work();
  }

  /** Works off what is there, in the background. */
  work(): void {
    if (this.#working) return;
    this.#working = true;
    this.#workOff()
      .catch((error: Error) => {
        console.error(`${error.message}: trying again`);
        setTimeout(() => this.work(), againMs);
      })
      .finally(() => {
        this.#working = false;
      });
  }

  async #workOff(): Promise<void> {
    for (;;) {
      const next = this.#db.prepare("SELECT no, body FROM event WHERE done = 0 ORDER BY no LIMIT 1").get();
      if (!next) return;
      await this.#handle(JSON.parse(next.body as string) as Event);
      // The id stays, for repeats; what the event said need not.
      this.#db.prepare("UPDATE event SET done = 1, body = NULL WHERE no = ?").run(next.no!);
    }
  }
}
