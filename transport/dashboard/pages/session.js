import { claimsOf } from "../heard.js";

/** @typedef {{org: string, sub: string, name?: string, role: string, exp?: number}} Claims */

const key = "heard:token";

/** @returns {{token: string, claims: Claims} | null} */
export function session() {
  const token = sessionStorage.getItem(key);
  const claims = token && claimsOf(token);
  return claims ? { token, claims } : null;
}

/** @param {string} token @returns {string} what is wrong with it, or "" */
export function signIn(token) {
  const claims = claimsOf(token);
  if (!claims?.org || !claims?.role) return "This is not a token: it should be three parts with dots between them, as `heard token` prints it.";
  sessionStorage.setItem(key, token);
  return "";
}

export function signOut() {
  sessionStorage.removeItem(key);
}
