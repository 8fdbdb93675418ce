/**
 * An older front end's client as the field knows it, quirks and all: no token,
 * a fixed address, no resume, a fixed 3 s until it comes back, a ping timer that
 * is never cleared, a list that only changes rows it has. Written after its
 * description for the tests; the engine must live with it as it is.
 */
class WebSocketManager {
  constructor(orgId, userId, userRole) {
    this.orgId = orgId;
    this.userId = userId;
    this.userRole = userRole;
    this.ws = null;
    this.listeners = {};
  }

  connect() {
    this.ws = new WebSocket(`ws://localhost:8000/ws/${this.orgId}/${this.userId}/${this.userRole}`);
    this.ws.onopen = () => {
      setInterval(() => {
        if (this.ws.readyState === WebSocket.OPEN) this.send({ type: "ping" });
      }, 30000);
    };
    this.ws.onmessage = (event) => {
      const message = JSON.parse(event.data);
      for (const listener of this.listeners[message.type] || []) listener(message.data);
    };
    this.ws.onerror = (error) => console.log("WebSocket error", error);
    this.ws.onclose = () => setTimeout(() => this.connect(), 3000);
  }

  on(type, listener) {
    (this.listeners[type] ||= []).push(listener);
  }

  send(message) {
    this.ws.send(JSON.stringify(message));
  }

  disconnect() {
    this.ws.close();
  }
}

/** What the page around it does with orders: it maps the rows it has. */
var list = [];
var updates = [];
var pongs = 0;
var opened = 0;
function begin(orgId, userId, userRole) {
  const manager = new WebSocketManager(orgId, userId, userRole);
  manager.on("connection_established", () => opened++);
  manager.on("pong", () => pongs++);
  manager.on("order_update", (data) => {
    updates.push(data);
    list = list.map((order) => (order.id === data.order_id ? { ...order, status: data.status } : order));
  });
  manager.connect();
}
