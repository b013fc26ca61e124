// Starts the engine's module: as a module worker, or on the page's own thread where there are no workers.
import start from "./pkg/worker.js";
start();
