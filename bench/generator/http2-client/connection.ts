import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { flag, frame, frameType, headBytes, type RequestFrames } from "./request-frames.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
/** So large that what a connection receives never fills them, and nothing has to be given back: SETTINGS_INITIAL_WINDOW_SIZE is 4. */
const windowBytes = 2 ** 30;
const settings = Buffer.alloc(6);
settings.writeUInt16BE(4, 0);
settings.writeUInt32BE(windowBytes, 2);
const windowUpdate = Buffer.alloc(4);
windowUpdate.writeUInt32BE(windowBytes);
const windowUpdateType = 8;

const grpcPrefixBytes = 5;
/** IssueCouponResponse's first byte where it is a coupon: field 1, a message. */
const couponTag = 0x0a;

/** One HTTP/2 connection on which a fixed number of calls is always under way. */
export class Connection {
  coupons = 0;
  others = 0;
  waiting = 0;
  readonly #socket: Socket;
  readonly #frames: RequestFrames;
  readonly #withCoupon = new Set<number>();
  readonly #finished = Promise.withResolvers<void>();
  #stream = 1;
  #stopped = false;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket, frames: RequestFrames) {
    this.#socket = socket;
    this.#frames = frames;
    socket.on("data", (data: Buffer) => this.#read(data));
    socket.on("close", () => this.#finished.resolve());
    socket.on("error", () => {});
  }

  static async open(port: number, frames: RequestFrames): Promise<Connection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    socket.write(
      Buffer.concat([
        preface,
        frame(frameType.settings, 0, 0, settings),
        frame(windowUpdateType, 0, 0, windowUpdate),
      ]),
    );
    return new Connection(socket, frames);
  }

  ask(count: number): void {
    this.waiting += count;
    this.#socket.write(this.#frames.make(this.#stream, count));
    this.#stream += 2 * count;
  }

  /** Asks no more; resolves when everything asked has been answered. */
  finish(): Promise<void> {
    this.#stopped = true;
    if (this.waiting === 0) this.#finished.resolve();
    return this.#finished.promise;
  }

  #read(data: Buffer): void {
    const bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    let at = 0;
    let ended = 0;
    while (bytes.length - at >= headBytes) {
      const end = at + headBytes + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      ended += this.#frame(bytes, at, end);
      at = end;
    }
    this.#rest = bytes.subarray(at);
    this.waiting -= ended;
    if (ended > 0 && !this.#stopped) this.ask(ended);
    if (this.waiting === 0) this.#finished.resolve();
  }

  /** How many calls a frame ends: one or none. */
  #frame(bytes: Buffer, at: number, end: number): number {
    const [type, flags, stream] = [bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5)];
    const payload = at + headBytes;
    switch (type) {
      case frameType.data:
        if (bytes[payload + grpcPrefixBytes] === couponTag) this.#withCoupon.add(stream);
        break;
      case frameType.headers:
        break;
      case frameType.settings:
      case frameType.ping:
        if ((flags & flag.ack) === 0) {
          const answer = type === frameType.ping ? bytes.subarray(payload, end) : Buffer.alloc(0);
          this.#socket.write(frame(type, flag.ack, 0, answer));
        }
        return 0;
      case frameType.resetStream:
        this.others++;
        return 1;
      case frameType.goAway:
        this.#socket.destroy();
        return 0;
      default:
        return 0;
    }
    if ((flags & flag.endStream) === 0) return 0;
    if (this.#withCoupon.delete(stream)) this.coupons++;
    else this.others++;
    return 1;
  }
}
