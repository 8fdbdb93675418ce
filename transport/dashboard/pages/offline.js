/**
 * Has the worker keep this page on the device, so that it loads without the
 * engine. Browsers have workers on https and on this machine itself only: on a
 * plain http address the page is as it was, and says nothing.
 */
export function takeHold() {
  navigator.serviceWorker?.register("/worker.js", { updateViaCache: "none" }).catch(() => {});
}
