/** Users and requests are numbers in the load test and strings on the wire; a run's own prefix keeps runs apart. */
export class Naming {
  readonly #userPrefix: string;
  readonly #requestPrefix: string;

  constructor(run: string) {
    this.#userPrefix = `${run}-u`;
    this.#requestPrefix = `${run}-r`;
  }

  userId(user: number): string {
    return this.#userPrefix + user;
  }

  /** The number of a user of this run; undefined for anybody else. */
  user(userId: string): number | undefined {
    if (!userId.startsWith(this.#userPrefix)) return undefined;
    const user = Number(userId.slice(this.#userPrefix.length));
    return Number.isInteger(user) ? user : undefined;
  }

  requestId(worker: number, request: number): string {
    return `${this.#requestPrefix}${worker}.${request}`;
  }
}
