import type { Socket } from "node:net";

/** What an HTTP/2 client sends first (RFC 9113 §3.4). No HTTP/1.1 request starts like it: there is no method PRI. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/**
 * Tells HTTP/1.1 from HTTP/2 on a cleartext connection by its first bytes, however they are cut into pieces, and puts them back.
 * A connection that does not tell within the time, or ends before, is closed and `decided` is never called.
 */
export function detectProtocol(
  socket: Socket,
  timeoutMs: number,
  decided: (protocol: "http1" | "http2") => void,
): void {
  let seen: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), timeoutMs);

  function onData(chunk: Buffer): void {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const known = Math.min(seen.length, preface.length);
    const http2 = preface.compare(seen, 0, known, 0, known) === 0;
    if (http2 && known < preface.length) return;
    release();
    if (http2) {
      // The session fetches it by itself.
      socket.pause();
      socket.unshift(seen);
    } else putBack(socket, seen);
    decided(http2 ? "http2" : "http1");
  }
  function close(): void {
    socket.destroy();
  }
  function release(): void {
    clearTimeout(timer);
    socket.off("data", onData).off("end", close).off("error", close).off("close", release);
  }

  socket.on("data", onData).on("end", close).on("error", close).on("close", release);
}

/** Gives bytes back to a socket, for whoever listens to it next. */
export function putBack(socket: Socket, bytes: Buffer): void {
  socket.pause();
  socket.unshift(bytes);
  process.nextTick(() => socket.resume());
}
