/** connect-node over HTTP/2 in the clear, doing nothing. */
import { createServer } from "node:http2";
import { nothingAdapter } from "./nothing-adapter.ts";

createServer(nothingAdapter).listen(Number(process.env.PORT), "127.0.0.1");
