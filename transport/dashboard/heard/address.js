/** @typedef {import("../heard.js").Options} Options */

const restMS = 15_000;

/**
 * Where the socket goes. The token travels as a subprotocol, since addresses are logged.
 * @param {Options} options @param {{epoch: string, seq: number} | null} position
 */
export function socketAddress({ url, token, org, user, role }, position) {
  const base = new URL(url ?? location.origin);
  base.protocol = base.protocol.replace("http", "ws");
  // Of an address . and .. are lost, however they are written: then the token alone says who it is.
  const named = org && role && user && user !== "." && user !== "..";
  base.pathname = named ? ["/ws", org, user, role].map((part, i) => (i ? encodeURIComponent(part) : part)).join("/") : "/ws";
  base.search = "?snapshot=full";
  if (position) base.search += `&epoch=${encodeURIComponent(position.epoch)}&seq=${position.seq}`;
  return { url: base.href, protocols: token ? ["bearer", token] : [] };
}

/** @param {Options} options @param {{method: string, path: string, body: any, headers: Record<string, string>}} entry */
export async function askOverREST({ url, token }, { method, path, body, headers }) {
  const base = (url ?? location.origin).replace(/^ws/, "http");
  /** @type {Record<string, string>} */
  const all = { ...headers };
  if (token) all.Authorization = `Bearer ${token}`;
  if (body !== undefined) all["Content-Type"] = "application/json";
  const answer = await fetch(new URL(path, base), { method, headers: all, body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(restMS) });
  const text = await answer.text();
  const isJSON = /json/.test(answer.headers.get("Content-Type") ?? "");
  return { status: answer.status, body: isJSON && text ? JSON.parse(text) : text, retryAfterS: Number(answer.headers.get("Retry-After")) || undefined };
}

/** What a token says, unchecked: the engine checks. @param {string} [token] */
export function claimsOf(token) {
  try {
    const middle = (token ?? "").split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(middle), (letter) => letter.charCodeAt(0))));
  } catch {
    return null;
  }
}
