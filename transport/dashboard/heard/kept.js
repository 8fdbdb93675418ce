/**
 * Kept are commands in a storage, one record each: two tabs of one person that
 * share it do not write over each other's.
 */
export class Kept {
  #storage;
  #prefix;
  /** @type {((event: StorageEvent) => void) | null} */
  #listener = null;

  /** @param {Storage} storage @param {string} prefix of all its records, for one person */
  constructor(storage, prefix) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  /** @returns {any[]} oldest first; what is not ours or broken is left alone */
  all() {
    const found = [];
    try {
      for (let i = 0; i < this.#storage.length; i++) {
        const name = this.#storage.key(i);
        const record = name?.startsWith(this.#prefix) ? read(this.#storage.getItem(name)) : null;
        if (record) found.push(record);
      }
    } catch {
      // No storage: there is nothing to take up.
    }
    return found.sort((a, b) => a.madeAt - b.madeAt);
  }

  /** @param {string} key @param {any} record @returns {boolean} false: full or forbidden, so that it lives as long as the page */
  put(key, record) {
    try {
      this.#storage.setItem(this.#prefix + key, JSON.stringify(record));
      return true;
    } catch {
      return false;
    }
  }

  /** @param {string} key */
  has(key) {
    return this.#storage.getItem(this.#prefix + key) !== null;
  }

  /** @param {string} key */
  remove(key) {
    try {
      this.#storage.removeItem(this.#prefix + key);
    } catch {
      // Then it was never there.
    }
  }

  /** Tells what another tab did to a record. @param {(key: string, record: any) => void} changed null: it is gone */
  watch(changed) {
    this.#listener ??= (event) => {
      if (event.storageArea === this.#storage && event.key?.startsWith(this.#prefix)) changed(event.key.slice(this.#prefix.length), read(event.newValue));
    };
    globalThis.addEventListener?.("storage", this.#listener);
  }

  unwatch() {
    if (this.#listener) globalThis.removeEventListener?.("storage", this.#listener);
  }
}

/**
 * What the names of a person's records begin with, or of everybody's in an organisation. Encoded, so that
 * no name is the beginning of another one's.
 * @param {string} org @param {string} [user]
 */
export const keptPrefix = (org, user) => ["heard", "command", encodeURIComponent(org), ...(user === undefined ? [] : [encodeURIComponent(user)]), ""].join(":");

/** @param {string | null} text */
function read(text) {
  try {
    const record = JSON.parse(text ?? "null");
    return record && typeof record.path === "string" && typeof record.key === "string" ? record : null;
  } catch {
    return null;
  }
}
