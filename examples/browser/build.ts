// Builds the page into dist/, which any web server can serve. With --serve it is served here, on PAGE_PORT (3000).
import { context } from "esbuild";

const files = ["index.html", "page.css", "page.ts"].map((name) => `${import.meta.dirname}/${name}`);
const bundle = await context({
  entryPoints: files,
  outdir: `${import.meta.dirname}/dist`,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: true,
  loader: { ".html": "copy" },
  logLevel: "warning",
});
await bundle.rebuild();
if (process.argv.includes("--serve")) {
  const { port } = await bundle.serve({
    host: "127.0.0.1",
    port: Number(process.env.PAGE_PORT ?? 3000),
    servedir: `${import.meta.dirname}/dist`,
  });
  console.log(`http://127.0.0.1:${port}`);
} else {
  await bundle.dispose();
}
