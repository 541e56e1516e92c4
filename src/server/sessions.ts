import type { ServerHttp2Session } from "node:http2";

/** Every HTTP/2 connection of a server, so that idle ones are closed, and all when the server stops. */
export interface Sessions {
  add(session: ServerHttp2Session): void;
  /**
   * Takes no more calls on any connection, those that are still added too, and closes it when its last one is done. The client learns which
   * calls were taken (GOAWAY, RFC 9113 §6.8) and may send the others elsewhere. There is no notice ahead of that: after a GOAWAY with the
   * highest id, which the RFC suggests, Node leaves new calls without an answer.
   */
  close(): void;
}

/**
 * Closes connections on which no call was open for `idleMs`. Bytes don't count as activity, so a peer can't keep a connection by sending
 * a frame now and then.
 */
export function createSessions(idleMs: number): Sessions {
  const sessions = new Map<ServerHttp2Session, { open: number; idleSince: number }>();
  let closing = false;
  let sweep: NodeJS.Timeout | undefined;

  function closeIdle(): void {
    const now = performance.now();
    for (const [session, { open, idleSince }] of sessions) {
      if (open > 0 || now - idleSince < idleMs) continue;
      if (session.closed) session.destroy();
      else session.close();
    }
  }

  return {
    add(session) {
      const state = { open: 0, idleSince: performance.now() };
      sessions.set(session, state);
      sweep ??= setInterval(closeIdle, idleMs / 4).unref();
      session.on("stream", (stream) => {
        state.open++;
        stream.once("close", () => {
          state.open--;
          state.idleSince = performance.now();
        });
      });
      session.once("close", () => {
        sessions.delete(session);
        if (sessions.size > 0) return;
        clearInterval(sweep);
        sweep = undefined;
      });
      if (closing) session.close();
    },
    close() {
      closing = true;
      for (const session of sessions.keys()) session.close();
    },
  };
}
