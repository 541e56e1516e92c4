import type { DescMethod } from "@bufbuild/protobuf";
import { settings } from "../../src/config/settings.ts";
import type { Random } from "../simulate/random.ts";
import type { Corpus } from "./corpus.ts";
import type { CoveredSource, Run } from "./coverage/covered-source.ts";
import type { Finds } from "./finds.ts";
import type { FuzzOptions, FuzzSummary } from "./fuzz.ts";
import { generate, type Sources } from "./generate.ts";
import { decodeAnswer } from "./grammar/decode.ts";
import type { Input } from "./input.ts";
import { wrongWith } from "./judge/answers.ts";
import { Probe } from "./judge/probe.ts";
import { type Exchange, onlyRefused } from "./judge/untouched.ts";
import { Client } from "./send/client.ts";
import type { Subject } from "./subject.ts";
import type { FuzzedServer } from "./target/server.ts";
import type { Stand } from "./target/stand.ts";

/** What servers' lives have in common. */
export interface Shared {
  readonly options: FuzzOptions;
  readonly stand: Stand;
  /** Of what is tried in this process. */
  readonly own: CoveredSource;
  readonly summary: FuzzSummary;
  readonly random: Random;
  readonly methods: ReadonlyMap<string, DescMethod>;
  readonly corpus: Corpus;
  readonly finds: Finds;
  /** By all servers. */
  readonly covered: Run[];
  batchSize: number;
}

/** A server serves so many inputs, then one begins anew: what it was sent can be written down and repeated. */
const inputsOfAServer = 20_000;
const leastBatch = 4;
const mostBatch = 256;
/** Every so many batches it is looked at whether campaigns that were only refused are as they were; more seldom at the heap. */
const lookEvery = 8;
const weighEvery = 48;
const heapGrowthMostBytes = 96 << 20;
const tellEvery = 2_000;

/** One server, from its start until it has served enough or something is wrong with it. */
export class ServerLife {
  readonly #shared: Shared;
  readonly #server: FuzzedServer;
  readonly #client: Client;
  readonly #probe: Probe;
  readonly #sources: Sources;
  readonly #sent: Input[] = [];
  #batches = 0;
  #linesRead = 0;
  #heapBytes: number | undefined;
  #broken = false;

  constructor(shared: Shared, server: FuzzedServer) {
    this.#shared = shared;
    this.#server = server;
    this.#client = new Client(server, shared.methods);
    this.#probe = new Probe(server.url, shared.stand.credentials[0]!);
    const { random, corpus, methods, stand } = shared;
    this.#sources = {
      ...{ random, corpus, methods },
      known: stand.known.copy(),
      credentials: stand.credentials,
      variables: Object.values(settings).map(({ name }) => name),
      nowMs: Date.now(),
    };
  }

  async spend(): Promise<void> {
    const { options, summary, covered } = this.#shared;
    await this.#server.add(covered);
    // What it runs by itself is nobody's doing.
    await this.#probe.look();
    await this.#server.take();
    while (!this.#broken && summary.inputs < options.inputs && this.#sent.length < inputsOfAServer) {
      const left = options.inputs - summary.inputs;
      await this.#batch(this.#shared.random.pick(options.subjects), Math.min(this.#shared.batchSize, left));
    }
    this.#client.close();
  }

  async #batch(subject: Subject, size: number): Promise<void> {
    const { summary, random } = this.#shared;
    const inputs = Array.from({ length: size }, () => generate(subject, this.#sources));
    const looks = this.#batches++ % lookEvery === 0;
    const watched = looks ? this.#sources.known.some("campaignId", 6, random) : [];
    const before = await this.#probe.describe(watched);
    const exchanges = await this.#exchange(inputs);
    const told = Math.floor(summary.inputs / tellEvery);
    summary.inputs += size;
    if (Math.floor(summary.inputs / tellEvery) > told) this.#tell();
    if (looks && !this.#broken) await this.#look(before, exchanges);
    if (!this.#broken) await this.#learnFrom(subject, inputs);
  }

  /** Sends them, and judges what comes back and what the server says about it. */
  async #exchange(inputs: readonly Input[]): Promise<Exchange[]> {
    const { summary, methods } = this.#shared;
    const answers = await this.#client.sendAll(inputs);
    const exchanges = inputs.map((input, at) => ({ input, answer: answers[at]! }));
    for (const { input, answer } of exchanges) {
      if (answer.outcome === "answered") summary.answered++;
      const wrong = wrongWith(input, answer);
      if (wrong !== undefined) this.#find(wrong, answer.text, [input]);
      if (answer.outcome !== "answered" || answer.code !== undefined) continue;
      summary.accepted++;
      const message = decodeAnswer(input, answer, methods);
      if (message !== undefined) this.#sources.known.learn(message);
    }
    this.#sent.push(...inputs);
    const lines = this.#server.lines.slice(this.#linesRead);
    this.#linesRead = this.#server.lines.length;
    const errors = lines.filter((line) => /"level":"(error|fatal)"|^\s+at |^\w*Error/.test(line));
    if (errors.length > 0) this.#find("an error in the server's log", errors.join("\n"), inputs);
    if (this.#server.ended !== undefined) {
      this.#find(`the server ended: ${this.#server.ended}`, lines.join("\n"), inputs);
      this.#broken = true;
    }
    return exchanges;
  }

  async #look(before: ReadonlyMap<string, string>, exchanges: readonly Exchange[]): Promise<void> {
    const inputs = exchanges.map(({ input }) => input);
    const trouble = await this.#probe.look();
    if (trouble !== undefined) this.#find(trouble, this.#server.lines.slice(-20).join("\n"), inputs);
    const untouched = onlyRefused([...before.keys()], exchanges);
    const after = await this.#probe.describe(untouched);
    for (const id of untouched) {
      if (after.get(id) !== before.get(id)) {
        this.#find(
          `${id} has changed, and every request was refused`,
          `${before.get(id)}\n${after.get(id)}`,
          inputs,
        );
      }
    }
    if (this.#batches % weighEvery !== 1 || this.#sent.length < inputsOfAServer / 4) return;
    const bytes = await this.#server.heapBytes();
    if (bytes === undefined) return;
    this.#heapBytes ??= bytes;
    const growth = bytes - this.#heapBytes;
    const { summary } = this.#shared;
    summary.heapGrowthBytes = Math.max(summary.heapGrowthBytes, growth);
    if (growth > heapGrowthMostBytes) this.#find("the heap grows and grows", `by ${growth} bytes`, inputs);
  }

  /** Keeps what led somewhere new: of a large batch the part that does it again. */
  async #learnFrom(subject: Subject, inputs: readonly Input[]): Promise<void> {
    const runs = await this.#take(subject);
    const size = runs.length > 0 ? this.#shared.batchSize / 2 : this.#shared.batchSize * 2;
    this.#shared.batchSize = Math.min(mostBatch, Math.max(leastBatch, Math.round(size)));
    if (runs.length > 0) await this.#keep(subject, inputs, runs);
  }

  async #keep(subject: Subject, inputs: readonly Input[], runs: readonly Run[]): Promise<void> {
    const { corpus, summary, own } = this.#shared;
    if (inputs.length <= leastBatch) {
      this.#count(runs);
      for (const input of inputs) corpus.add(subject, input);
      summary.kept += inputs.length;
      return;
    }
    own.forget();
    await this.#server.forget();
    const half = inputs.length >> 1;
    for (const part of [inputs.slice(0, half), inputs.slice(half)]) {
      await this.#exchange(part);
      const again = this.#broken ? [] : await this.#take(subject);
      if (again.length > 0) await this.#keep(subject, part, again);
    }
  }

  async #take(subject: Subject): Promise<Run[]> {
    if (subject === "settings" || subject === "import") return this.#shared.own.take();
    const report = await this.#server.take();
    if (report !== undefined) return report.runs;
    const last = this.#server.lines.slice(-20).join("\n");
    this.#find("the server does not answer any more", last, this.#sent.slice(-mostBatch));
    this.#broken = true;
    return [];
  }

  #count(runs: readonly Run[]): void {
    const { covered, summary } = this.#shared;
    covered.push(...runs);
    summary.newPieces += runs.length;
    for (const { from, to } of runs) summary.newChars += to - from;
  }

  #find(why: string, said: string, inputs: readonly Input[]): void {
    const { finds, summary, options, stand } = this.#shared;
    const find = { seed: options.seed, at: summary.inputs, why, said, inputs, before: this.#sent };
    const folder = finds.add(find, stand.stateDir);
    summary.finds = finds.count;
    if (folder !== undefined)
      options.tell(`FOUND: ${why}\n  ${said.slice(0, 600).replaceAll("\n", "\n  ")}\n  in ${folder}`);
  }

  #tell(): void {
    const { options, summary, corpus } = this.#shared;
    const { inputs, accepted, newPieces, finds } = summary;
    options.tell(
      `${inputs} inputs, ${accepted} accepted, ${newPieces} new pieces of code, corpus ${corpus.size}, finds ${finds}`,
    );
  }
}
