export { type ConnectProxy, type OnConnect, startConnectProxy } from "./connect-proxy.ts";
export { startTinyproxy } from "./start-tinyproxy.ts";
