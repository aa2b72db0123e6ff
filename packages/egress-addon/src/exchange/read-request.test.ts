import { expect, test } from "vitest";
import { readRequest, type RequestHead, type Tunnel } from "./read-request.ts";

const tunnel: Tunnel = { host: "a.test", port: 443, secure: true };
const read = (head: Partial<RequestHead>, through: Tunnel | undefined = tunnel): unknown => {
  const answer = readRequest({ method: "GET", target: "/", headers: ["Host", "a.test"], httpVersion: "1.1", hasBody: false, ...head }, through);
  return "refused" in answer ? answer.refused : `${answer.host}:${answer.port} ${answer.path} ${answer.secure} ${answer.methods.join()}`;
};

test.each<[Partial<RequestHead>, string]>([
  [{}, "a.test:443 / true GET"],
  [{ headers: ["Host", "A.test.:443"] }, "a.test:443 / true GET"],
  [{ target: "/x?y" }, "a.test:443 /x?y true GET"],
  [{ httpVersion: "1.0" }, "a.test:443 / true GET"],
  [{ httpVersion: "0.9" }, "request-malformed"],
  [{ httpVersion: "3.0" }, "request-malformed"], [{ malformed: "request-malformed" }, "request-malformed"],
  [{ headers: [] }, "request-host-header"],
  [{ headers: ["Host", "a.test", "host", "a.test"] }, "request-host-header"],
  [{ headers: ["Host", "a b"] }, "request-host-header"],
  [{ headers: ["Host", "evil:x@a.test"] }, "request-host-header"],
  [{ headers: ["Host", "evil.test"] }, "authority-mismatch"],
  [{ headers: ["Host", "a.test:1"] }, "authority-mismatch"],
  [{ headers: ["Host", "a.test:80"] }, "authority-mismatch"],
  [{ target: "http://a.test/" }, "request-target-form"],
  [{ target: "https://a.test/" }, "request-target-form"],
  [{ target: "*" }, "request-target-form"],
  [{ target: "" }, "request-target-form"],
  [{ headers: ["Host", "a.test", "Transfer-Encoding", "gzip, chunked"] }, "transfer-encoding"],
  [{ headers: ["Host", "a.test", "Transfer-Encoding", "chunked", "transfer_encoding", "gzip"] }, "transfer-encoding"],
  [{ headers: ["Host", "a.test", "Transfer-Encoding", "chunked"], httpVersion: "1.0" }, "transfer-encoding"],
  [{ headers: ["Host", "a.test", "Transfer-Encoding", "Chunked"] }, "a.test:443 / true GET"],
  [{ headers: ["Host", "a.test", "X-HTTP-Method-Override", "delete"] }, "a.test:443 / true GET,DELETE"],
  [{ headers: ["Host", "a.test", "x_http_method", "PUT", "X-Method-Override", "PATCH"], target: "/?_method=delete" }, "a.test:443 /?_method=delete true GET,PUT,PATCH,DELETE"],
])("in a tunnel %j: %s", (head, expected) => {
  expect(read(head)).toBe(expected);
});

test.each<[Partial<RequestHead>, string]>([
  [{ target: "http://a.test/x?y" }, "a.test:80 /x?y false GET"],
  [{ target: "HTTP://A.test:80/x" }, "a.test:80 /x false GET"],
  [{ target: "http://a.test" }, "a.test:80 / false GET"],
  [{ target: "http://a.test:8080/", headers: ["Host", "a.test:8080"] }, "a.test:8080 / false GET"],
  [{ target: "/" }, "request-target-form"],
  [{ target: "https://a.test/" }, "request-target-form"],
  [{ target: "ftp://a.test/" }, "request-target-form"],
  [{ target: "http://evil:x@a.test/" }, "request-target-form"],
  [{ target: "http://a.test\\@evil.test/" }, "request-target-form"],
  [{ target: "http://a.test#@evil.test/" }, "request-target-form"],
  [{ target: "http://a.test?@evil.test/" }, "request-target-form"],
  [{ target: "http:///x" }, "request-target-form"],
  [{ target: "http://evil.test/" }, "authority-mismatch"],
  [{ target: "http://a.test:81/" }, "authority-mismatch"],
  [{ target: "http://a.test/", headers: ["Host", "evil.test"] }, "authority-mismatch"],
])("outside a tunnel %j: %s", (head, expected) => {
  expect(readRequest({ method: "GET", target: "/", headers: ["Host", "a.test"], httpVersion: "1.1", hasBody: false, ...head }, undefined)).toEqual(
    expected.includes(" ") ? expect.objectContaining({ host: "a.test", secure: false }) : { refused: expected },
  );
});
