/** connect-node over HTTP/1.1, doing nothing. */
import { createServer } from "node:http";
import { nothingAdapter } from "./nothing-adapter.ts";

createServer(nothingAdapter).listen(Number(process.env.PORT), "127.0.0.1");
