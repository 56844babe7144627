/** Trusted: the only two scripts this app may start besides itself. */

const ALLOWED = ["/phone/sealer.js", "/phone/sw.js"] as const;
type Allowed = (typeof ALLOWED)[number];

interface Policy {
  createScriptURL(url: string): string;
}
interface Factory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

const rules = {
  createScriptURL(url: string): string {
    if (!(ALLOWED as readonly string[]).includes(url)) throw new TypeError("not one of our scripts");
    return url;
  },
};
const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
const policy: Policy = factory?.createPolicy("safelight", rules) ?? rules;

/** The address of one of our scripts, vouched for where the browser asks for it. */
export const scriptUrl = (url: Allowed): string => policy.createScriptURL(url);
