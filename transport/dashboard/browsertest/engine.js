/**
 * The real engine, in a folder of its own, that can be killed and started again.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const module = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const folder = mkdtempSync(path.join(tmpdir(), "heard-browser-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

let built = process.env.HEARD_BINARY ?? "";

function binary() {
  if (!built) {
    built = path.join(folder, "heard");
    execFileSync("go", ["build", "-o", built, "./cmd/heard"], { cwd: module, stdio: "inherit" });
  }
  return built;
}

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.on("exit", () => running.forEach((one) => one.kill("SIGKILL")));

export class Engine {
  data = mkdtempSync(path.join(folder, "data-"));
  port = 0;
  /** @type {import("node:child_process").ChildProcess | null} */
  process = null;

  /** Starts, on the port of the time before. @param {string[]} flags */
  async start(...flags) {
    const started = spawn(binary(), ["serve", "--data", this.data, "--listen", `127.0.0.1:${this.port}`, "--log-level", "warn", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
    this.process = started;
    running.add(started);
    started.once("exit", () => running.delete(started));
    this.output = "";
    await new Promise((done, failed) => {
      started.stdout.on("data", (text) => {
        this.output += text;
        const found = /listening http:\/\/127\.0\.0\.1:(\d+)/.exec(this.output ?? "");
        if (!found) return;
        this.port = Number(found[1]);
        done(null);
      });
      started.on("exit", (code) => failed(new Error(`the engine ended with ${code}`)));
    });
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  /** As a power cut does. */
  async kill() {
    const dying = this.process;
    this.process = null;
    if (!dying || dying.exitCode !== null) return;
    const ended = new Promise((done) => dying.once("exit", done));
    dying.kill("SIGKILL");
    await ended;
  }

  /** @param {string} role @param {string} [user] */
  token(role, user = `${role}-1`, org = "test") {
    return execFileSync(binary(), ["token", "--data", this.data, "--org", org, "--user", user, "--name", `${role[0].toUpperCase()}${role.slice(1)} Žofie`, "--role", role]).toString().trim();
  }

  /** @param {string} token @param {string} method @param {string} path @param {any} [body] */
  async call(token, method, path, body) {
    const answer = await fetch(this.url + path, {
      method, headers: { Authorization: `Bearer ${token}`, ...(body && { "Content-Type": "application/json" }) }, body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }
}
