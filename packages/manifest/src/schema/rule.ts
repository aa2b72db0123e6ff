import * as v from "valibot";
import type { Fault, FindFault } from "../rules/fault.ts";

const finders = new WeakMap<object, (value: unknown) => Fault | undefined>();

/** A rule as a valibot action. What it found is asked for again with `faultOf`, so that code and mend survive. */
export function rule<T extends string | number>(find: FindFault<T>): v.CheckAction<T, (issue: v.CheckIssue<T>) => string> {
  const isFine = (value: T): boolean => find(value) === undefined;
  // valibot calls a check only with what the schema before it let through, and hands the same value on in the issue.
  finders.set(isFine, (value) => find(value as T));
  return v.check(isFine, (issue) => find(issue.input)?.message ?? "refused");
}

/** The fault that a rule found; undefined for an issue of valibot's own. */
export function faultOf(issue: v.BaseIssue<unknown>): Fault | undefined {
  const { requirement } = issue;
  return typeof requirement === "function" ? finders.get(requirement)?.(issue.input) : undefined;
}
