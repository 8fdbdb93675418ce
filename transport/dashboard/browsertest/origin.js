/**
 * A development server of somebody else's page, on this machine as theirs is. A
 * page whose answer the test makes up within the browser will not do: Chromium
 * refuses its sockets to loopback.
 */
import http from "node:http";

/** @param {any} t @param {(path: string) => string} answer the text; throws where there is none @returns {Promise<string>} the origin */
export async function serveOrigin(t, answer) {
  const server = http.createServer(({ url }, response) => {
    try {
      const text = answer(url ?? "/");
      response.writeHead(200, { "Content-Type": url === "/" ? "text/html; charset=utf-8" : "text/javascript; charset=utf-8" }).end(text);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(null)));
  t.after(() => (server.closeAllConnections(), server.close()));
  return `http://localhost:${/** @type {any} */ (server.address()).port}`;
}
