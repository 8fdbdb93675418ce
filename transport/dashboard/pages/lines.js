import { el } from "./dom.js";

/** Words that take something away, in the languages menus are mostly written in; others may be added. */
const without = new Set(["no", "without", "w/o", "hold", "minus", "skip", "sans", "sin", "sem", "senza", "ohne", "kein", "keine", "zonder", "bez", "bina", "बिना", "بدون", "بلا", "ללא", "不要", "走"]);

/** @param {string} name of a modifier: "No onion" takes away, "Extra sev" adds */
export const takesAway = (name) => without.has(name.trim().toLowerCase().split(/\s+/)[0]);

/** A modifier with its sign. @param {{name: string}} modifier @param {string} [tag] */
export const modifierOf = ({ name }, tag = "span") => el(tag, { class: "modifier", dir: "auto", data: takesAway(name) ? { less: "" } : {} }, name);

/** What else there is to know of a line: modifiers, the note, the seat. @param {any} line */
export const details = (line) => [
  ...(line.modifiers ?? []).map((/** @type {any} */ modifier) => modifierOf(modifier)),
  line.notes && el("span", { class: "note", dir: "auto" }, line.notes),
  line.seat ? el("span", { class: "seat" }, `Seat ${line.seat}`) : null,
];

/** The same in words, to compare and to quote. @param {any} line */
export const detailsText = (line) =>
  [...(line.modifiers ?? []).map((/** @type {any} */ { name }) => name), line.notes, line.seat ? `Seat ${line.seat}` : ""].filter(Boolean).join(" · ");

/** Quantities have three decimals at most; sums of them no more. @param {number} n */
export const rounded = (n) => Math.round(n * 1000) / 1000;
