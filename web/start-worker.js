// Starts the engine's module: as a module worker, or on the page's own thread where there are no workers.
// The bytes are counted on their way, so that the page can say how far it is.
// `?full_worker` starts the module with the expression language.
const name = new URL(import.meta.url).search === "?full_worker" ? "full_worker" : "worker";
const page = globalThis.stowplanEnginePort ?? globalThis;
const tell = (word) => page.postMessage([word]);
const EACH = 128 * 1024;

function counted(answer) {
  // The length of a compressed answer is not the length of what comes out of it.
  const packed = answer.headers.get("content-encoding");
  const whole = packed ? null : Number(answer.headers.get("content-length")) || null;
  let got = 0;
  let told = 0;
  const count = new TransformStream({
    transform(part, on) {
      got += part.length;
      if (got - told >= EACH) {
        told = got;
        tell({ Arriving: { got, whole } });
      }
      on.enqueue(part);
    },
  });
  return new Response(answer.body.pipeThrough(count), { headers: { "content-type": "application/wasm" } });
}

try {
  const glue = import(`./pkg/${name}.js`);
  const answer = await fetch(new URL(`./pkg/${name}_bg.wasm`, import.meta.url));
  if (!answer.ok) throw new Error(`${name}_bg.wasm: ${answer.status}`);
  const { default: start } = await glue;
  await start({ module_or_path: counted(answer) });
} catch (problem) {
  tell({ Problem: { message: `The scheduler could not be loaded (${problem}). Reload to try again.` } });
}
