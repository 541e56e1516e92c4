import { constants, type ServerHttp2Session } from "node:http2";

/** Every HTTP/2 connection of a server, so that idle ones are closed and all are told when the server stops. */
export interface Sessions {
  add(session: ServerHttp2Session): void;
  /** Asks every client to open no more calls here, while those on their way are still served (RFC 9113 §6.8). */
  announceStop(): void;
  /** Refuses new calls; a connection closes when its last call is done. */
  close(): void;
}

/** The highest stream id: "no stream is refused yet". */
const everyStream = 2 ** 31 - 1;

/**
 * Closes connections on which no call was open for `idleMs`. Bytes don't count as activity, so a peer can't keep a connection by sending
 * a frame now and then.
 */
export function createSessions(idleMs: number): Sessions {
  const sessions = new Map<ServerHttp2Session, { open: number; idleSince: number }>();
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
    },
    announceStop() {
      for (const session of sessions.keys()) {
        if (!session.destroyed) session.goaway(constants.NGHTTP2_NO_ERROR, everyStream);
      }
    },
    close() {
      for (const session of sessions.keys()) session.close();
    },
  };
}
