/** P6b Site: the outline with front and back, and a list as an equal way. */

import { button, field, h, mainButton, pair, put, quiet } from "../page.ts";
import type { Roll } from "../roll.ts";
import { screen } from "../screen.ts";
import { bornOn, fullName, session } from "../session.ts";
import type { Site } from "../shapes.ts";
import { birthday, siteWords, upper } from "../words.ts";
import { outline, type Part, type View } from "./outline.ts";

interface Choice {
  site: Site | null;
  side: string;
  part: Part | null;
}

/** The sites that a part of the outline may mean, the plainest first. */
export function sitesOf(part: Part, sites: readonly Site[]): Site[] {
  const found = sites.filter((site) => site.region === part.region && (site.view === part.view || site.view === "both"));
  return found.sort((a, b) => Number(b.main) - Number(a.main));
}

/** The part of the outline where a site lies, to draw it. */
export function partOf(site: Site | null, side: string): Part | null {
  if (!site) return null;
  const view: View = site.view === "back" ? "back" : "front";
  const middle = site.region.startsWith("mid");
  return { view, region: site.region, side: middle || (side !== "L" && side !== "R") ? "" : side };
}

function sideChoice(choice: Choice, change: () => void): HTMLElement | null {
  if (!choice.site?.paired) return null;
  return h("div", { class: "stack" }, h("p", { class: "label" }, "Which side, as the patient has it"),
    pair("Which side", [["R", "Right"], ["L", "Left"], ["B", "Both"]], (choice.side || null) as "R" | "L" | "B" | null, (side) => {
      choice.side = side;
      change();
    }));
}

function listSelect(choice: Choice, sites: readonly Site[], change: () => void): HTMLElement {
  const groups = [...new Set(sites.map((site) => site.group))];
  const select = h("select", {}, h("option", { value: "" }, "Choose a site"),
    ...groups.map((group) => h("optgroup", { label: group || "Body" },
      ...sites.filter((site) => site.group === group).map((site) => h("option", { value: site.code }, upper(site.name))))));
  select.value = choice.site?.code ?? "";
  select.addEventListener("change", () => {
    choice.site = sites.find((site) => site.code === select.value) ?? null;
    if (!choice.site?.paired) choice.side = "";
    choice.part = partOf(choice.site, choice.side);
    change();
  });
  return field("Body site", select);
}

function finer(choice: Choice, sites: readonly Site[], change: () => void): HTMLElement | null {
  if (!choice.part) return null;
  const found = sitesOf(choice.part, sites);
  if (found.length < 2) return null;
  const select = h("select", {}, ...found.map((site) => h("option", { value: site.code }, upper(site.name))));
  select.value = choice.site?.code ?? "";
  select.addEventListener("change", () => {
    choice.site = found.find((site) => site.code === select.value) ?? null;
    if (!choice.site?.paired) choice.side = "";
    else if (choice.part?.side) choice.side = choice.part.side;
    change();
  });
  return field("Which part", select);
}

/** Choose the body site of a roll. Leaving without choosing changes nothing. */
export async function siteScreen(roll: Roll): Promise<void> {
  const sites = session().config.sites;
  const choice: Choice = { site: roll.site, side: roll.side, part: partOf(roll.site, roll.side) };
  let list = false;
  const chosen = await screen<boolean>((leave) => {
    const heading = h("h1", { class: "sentence", "aria-live": "polite" });
    const body = h("div", { class: "stack" });
    const swap = button("", () => {
      list = !list;
      draw();
    });
    const use = mainButton("Use this site", () => leave(true), { "data-wide": false });
    const choose = (part: Part): void => {
      choice.part = part;
      choice.site = sitesOf(part, sites)[0] ?? null;
      choice.side = choice.site?.paired ? part.side : "";
      draw();
    };
    const draw = (): void => {
      const focused = (document.activeElement as HTMLInputElement | null)?.value;
      heading.textContent = choice.site ? upper(siteWords(choice.site.name, choice.side)) : "Where on the body?";
      swap.textContent = list ? "Use the outline" : "Use a list";
      use.disabled = !choice.site || (choice.site.paired && !choice.side);
      put(body, list ? listSelect(choice, sites, draw) : h("div", { class: "both", role: "radiogroup", "aria-label": "Body outline" },
        h("div", {}, h("p", { class: "small soft" }, "Front"), outline("front", choice.part, choose)),
        h("div", {}, h("p", { class: "small soft" }, "Back"), outline("back", choice.part, choose))),
        list ? null : finer(choice, sites, draw), sideChoice(choice, draw));
      if (focused) body.querySelector<HTMLElement>(`input[value="${CSS.escape(focused)}"]`)?.focus();
    };
    draw();
    return {
      title: "Body site", kind: "site",
      main: [h("header", {}, h("p", { class: "small soft" }, `${fullName(roll.subject)} · born ${birthday(bornOn(roll.subject))}`), heading), body,
        h("div", { class: "row" }, quiet("Back", () => leave(false)))],
      bar: [h("div", { class: "buttons" }, swap, use)],
    };
  });
  if (!chosen) return;
  roll.site = choice.site;
  roll.side = choice.side;
}
