/** The contracts, as both suites read them. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Contract {
  call: string;
  note?: string;
  request: { method: string; path: string; headers: Record<string, string>; body?: unknown };
  answer: { status: number; headers?: Record<string, string>; body?: unknown };
}
const folder = join(import.meta.dirname, "..", "..", "contracts");

export const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
export const contract = (name: string): Contract => read(name) as Contract;
