/** Decider: who decides, in which language, what it covers and how it is given. */

import { ruleFor, type Draft } from "../draft.ts";
import { field, h, pair, put } from "../page.ts";
import type { Config } from "../shapes.ts";

function text(value: string, change: (value: string) => void, attributes: Record<string, string> = {}): HTMLInputElement {
  const input = h("input", { ...attributes });
  input.value = value;
  input.addEventListener("input", () => change(input.value));
  return input;
}

/** Who decides: the patient, or someone for them with relationship, authority and proof. */
export function whoDecides(
  draft: Draft, config: Config, first: string, age: number, change: () => void,
): HTMLFieldSetElement {
  const rule = ruleFor(age, config.settings);
  const more = h("div", { class: "stack" });
  const draw = (): void => {
    const advocate = draft.decider === "advocate";
    put(more,
      advocate ? field("Their name", text(draft.advocate.name, (v) => { draft.advocate.name = v; change(); })) : null,
      advocate ? field(`What they are to ${first}`, text(draft.advocate.relationship, (v) => { draft.advocate.relationship = v; change(); }), "Parent, partner, guardian") : null,
      advocate ? field("What lets them decide", text(draft.advocate.authority, (v) => { draft.advocate.authority = v; change(); }), "Parental responsibility, guardian by order, enduring power") : null,
      advocate ? field("What you saw as proof", text(draft.advocate.evidence, (v) => { draft.advocate.evidence = v; change(); }), "Can be left empty") : null,
      !advocate && rule !== "adult" ? field(`Why ${first} may decide alone`, text(draft.maturity, (v) => { draft.maturity = v; change(); }), "What shows that they understand. Kept with the consent.") : null,
      draft.usesInterpreter ? field("Language", text(draft.language, (v) => { draft.language = v; change(); })) : null,
      draft.usesInterpreter ? field("Interpreter", text(draft.interpreter, (v) => { draft.interpreter = v; change(); }), "Name or service") : null);
  };
  draw();
  const rules = rule === "guardian"
    ? `${first} is under ${config.settings.guardian_under}, so a parent or guardian decides unless you say why not.`
    : rule === "young" ? `${first} is ${age} and may decide alone when you write why.` : "";
  return h("fieldset", { class: "who-decides stack" }, h("legend", { class: "unseen" }, "Who decides"),
    pair("Who decides", [["patient", `${first} decides`], ["advocate", `Someone for ${first}`]], draft.decider, (v) => {
      draft.decider = v;
      draw();
      change();
    }),
    pair("Interpreter", [["no", "No interpreter"], ["yes", "Interpreter"]], draft.usesInterpreter ? "yes" : "no", (v) => {
      draft.usesInterpreter = v === "yes";
      draw();
      change();
    }),
    rules ? h("p", { class: "small soft" }, rules) : null, more);
}

/** What it covers, who is outside Australia, and how it is given. */
export function coverAndMethod(
  draft: Draft, config: Config, first: string, mayOwn: boolean, change: () => void,
): HTMLElement {
  const scopeBox = h("div", { class: "stack" });
  const methodBox = h("div", { class: "stack" });
  const abroadBox = h("div", { class: "stack" });
  const drawScope = (): void => put(scopeBox, draft.scope === "condition"
    ? field("Which problem", text(draft.condition, (v) => { draft.condition = v; change(); })) : null);
  const drawMethod = (): void => put(methodBox, draft.method === "spoken"
    ? field("Who heard it", text(draft.witness, (v) => { draft.witness = v; change(); }), "A person in the room or on the call")
    : draft.method === "own" ? h("p", { class: "small soft" }, `${first} reads and signs on their own phone, by a code that you show.`)
    : draft.method === "paper" ? h("p", { class: "small soft" }, "Scan the paper at the desk. It stays on the list until it is there.") : null);
  const drawAbroad = (on: boolean): void => put(abroadBox, on
    ? field("Which countries", text(draft.abroad.join(", "), (v) => {
      draft.abroad = v.split(",").map((part) => part.trim()).filter(Boolean);
      change();
    }, { list: "countries" }), "Each needs its own yes, with commas between")
    : null, h("datalist", { id: "countries" }, ...config.countries.map((value) => h("option", { value }))));
  drawScope();
  drawMethod();
  drawAbroad(draft.abroad.length > 0);
  const scope = pair<Draft["scope"]>("What it covers",
    [["condition", "This problem"], ["visit", "Today only"], ["standing", "Until asked again"]],
    draft.scope, (v) => { draft.scope = v; drawScope(); change(); });
  const method = pair<Draft["method"]>("How it is given",
    [["signed", "Signed here"], ...(mayOwn ? [["own", "Their phone"] as const] : []), ["spoken", "Spoken"], ["paper", "On paper"]],
    draft.method, (v) => { draft.method = v; drawMethod(); change(); });
  const abroad = pair<"no" | "yes">("Outside Australia", [["no", "Only in Australia"], ["yes", "Abroad too"]],
    draft.abroad.length ? "yes" : "no", (v) => {
      if (v === "no") draft.abroad = [];
      drawAbroad(v === "yes");
      change();
    });
  return h("section", { class: "stack", "aria-label": "What it covers and how it is given" },
    h("h2", { class: "section-head" }, "What it covers"), scope, scopeBox, abroad, abroadBox,
    h("h2", { class: "section-head" }, `How ${first} says it`), method, methodBox);
}
