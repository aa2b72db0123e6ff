import { expect, test } from "vitest";
import { renderMetrics } from "./exposition.ts";

test("samples stand below their help and type, and labels are escaped as the format has it", () => {
  expect(renderMetrics([
    { name: "a_total", type: "counter", help: "A.", samples: [{ labels: { route: "*.x", odd: "\"\\\n" }, value: 3 }, { value: 0.5 }] },
    { name: "b", type: "gauge", help: "B\\\n.", samples: [] },
  ])).toBe("# HELP a_total A.\n# TYPE a_total counter\na_total{route=\"*.x\",odd=\"\\\"\\\\\\n\"} 3\na_total 0.5\n# HELP b B\\\\\\n.\n# TYPE b gauge\n");
});
