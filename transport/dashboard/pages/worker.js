// The service worker: it keeps the files of one version of the pages, so that
// they load without the engine. It never keeps an answer of the interface, nor
// an address with a token in it: what it stores is this list and nothing else.
const version = "{{version}}";
const pages = "{{pages}}".split(" ");
const files = "{{files}}".split(" ");

const prefix = "heard ";
const documentPath = "/";
const patienceMS = 3_000;

const worker = /** @type {any} */ (self);

worker.addEventListener("install", (/** @type {any} */ event) => {
  worker.skipWaiting();
  event.waitUntil(caches.open(prefix + version).then((cache) => cache.addAll([new Request(documentPath, { cache: "reload" }), ...files])));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith(prefix) && name !== prefix + version) await caches.delete(name);
    await worker.clients.claim();
  })());
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && pages.includes(pathname)) event.respondWith(page(request));
  else if (files.includes(pathname)) event.respondWith(file(request, pathname));
});

/** The engine's own document, so that an upgrade shows at the next load; the kept one when it does not answer. @param {Request} request */
async function page(request) {
  const kept = async () => (await caches.open(prefix + version)).match(documentPath);
  const asked = fetch(request).then((answer) => (answer.status >= 500 ? kept().then((other) => other ?? answer) : answer));
  asked.catch(() => {}); // it may fail after the kept one was taken
  const late = new Promise((done) => setTimeout(done, patienceMS)).then(kept);
  try {
    return (await Promise.race([asked, late])) ?? (await asked);
  } catch (error) {
    const other = await kept();
    if (other) return other;
    throw error;
  }
}

/** A file under its version's name never changes. @param {Request} request @param {string} pathname */
async function file(request, pathname) {
  return (await (await caches.open(prefix + version)).match(pathname)) ?? fetch(request);
}
