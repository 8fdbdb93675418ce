/** Letters that do not come apart into a base and an accent. */
const whole = /** @type {Record<string, string>} */ ({ ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i" });

/**
 * As one types it in a hurry: small letters, no Latin accents. The signs of
 * other scripts stay, since there they are letters.
 * @param {string} text
 */
export function folded(text) {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[ßæœøłđðþı]/g, (letter) => whole[letter]).normalize("NFC");
}

/**
 * The items that have all the words, best first: those that begin with what was
 * typed, then those that have it at a word's start, then words' starts in any
 * order, then anywhere. Among equals the menu's order stays.
 * @template {{name: string}} T
 * @param {T[]} menu @param {string} typed @returns {T[]}
 */
export function found(menu, typed) {
  const query = folded(typed).trim().replace(/\s+/g, " ");
  const words = query.split(" ");
  return menu.map((item) => ({ item, rank: rankOf(folded(item.name), query, words) })).filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}

/** @param {string} name @param {string} query @param {string[]} words */
function rankOf(name, query, words) {
  if (name.startsWith(query)) return 0;
  const starts = name.split(/[^\p{L}\p{M}\p{N}]+/u);
  if (` ${starts.join(" ")}`.includes(` ${query}`)) return 1;
  if (words.every((word) => starts.some((start) => start.startsWith(word)))) return 2;
  return words.every((word) => name.includes(word)) ? 3 : Infinity;
}
