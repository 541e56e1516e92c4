import { parentPort, workerData } from "node:worker_threads";
import { connect } from "../ledger/sqlite/connect.ts";
import { serveStore } from "../store/embedded/serve-store.ts";

/** The thread of the embedded store, with a connection of its own to the database at the path it is given. */
serveStore(parentPort!, connect(workerData as string));
