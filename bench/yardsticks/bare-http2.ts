/** node:http2 in the clear, answering "ok" to whatever comes. */
import { createServer, type ServerHttp2Stream } from "node:http2";

createServer()
  .on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200 });
    stream.end("ok");
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
