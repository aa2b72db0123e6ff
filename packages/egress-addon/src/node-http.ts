// An import statement would read every export of node:http, one of which loads all of Node's fetch: 40 ms of each start.
const { createServer, request, STATUS_CODES } = process.getBuiltinModule("node:http");

export { createServer, request, STATUS_CODES };
