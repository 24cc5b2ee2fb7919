// Starts the Go program. What it needs to know comes to it as environment variables.
(async () => {
  try {
    const go = new Go();
    go.env = await (await fetch("config.json")).json();
    const { instance } = await WebAssembly.instantiateStreaming(fetch("app.wasm"), go.importObject);
    await go.run(instance);
  } catch (problem) {
    document.getElementById("loading").textContent = "This page could not be started: " + problem.message;
  }
})();
