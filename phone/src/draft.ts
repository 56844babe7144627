/** Draft: a consent while it is being talked about. Nothing is ticked or answered beforehand. */

import { ageOn } from "./session.ts";
import type { Config, ConsentBody, ConsentSummary, Decision, Visit } from "./shapes.ts";
import { localDay } from "./words.ts";

export type Answer = "yes" | "no";
export interface Draft {
  points: Set<string>;
  answers: Map<string, Answer>;
  recipients: Map<string, string>;
  abroad: string[];
  decider: "patient" | "advocate";
  advocate: { name: string; relationship: string; authority: string; evidence: string };
  maturity: string;
  interpreter: string;
  language: string;
  usesInterpreter: boolean;
  /** "own": signed as well, but on the patient's own phone. */
  method: "signed" | "own" | "spoken" | "paper";
  witness: string;
  scope: ConsentBody["scope"];
  condition: string;
}

/** Whom a yes to referral means when no kind of specialist was picked. */
export const ANY_SPECIALIST = "A specialist for this problem";

type Settings = Config["settings"];
/** Who decides by the practice's rule: a guardian, the young person with a note, or the patient. */
export function ruleFor(age: number, settings: Settings): "guardian" | "young" | "adult" {
  if (age < settings.guardian_under) return "guardian";
  return age >= settings.maturity_from && age <= settings.maturity_to ? "young" : "adult";
}

/** Start a draft for somebody born on a day. */
export function newDraft(born: string, settings: Settings, visit: Visit | null, at: Date): Draft {
  const rule = ruleFor(ageOn(born, at), settings);
  return {
    points: new Set(), answers: new Map(), recipients: new Map(), abroad: [],
    decider: rule === "guardian" ? "advocate" : "patient",
    advocate: rule === "guardian"
      ? { name: "", relationship: "Parent", authority: "Parental responsibility", evidence: "" }
      : { name: "", relationship: "", authority: "", evidence: "" },
    maturity: "", interpreter: "", language: "", usesInterpreter: false,
    method: "signed", witness: "", scope: visit?.reason ? "condition" : "standing",
    condition: visit?.reason ?? "",
  };
}

/** What is missing before the draft may be agreed to, in the order of the page; empty when nothing is. */
export function missing(draft: Draft, config: Config, born: string, first: string, at: Date): string {
  const left = config.notice.points.filter((point) => !draft.points.has(point.key)).length;
  if (left === config.notice.points.length) return "Say the six things first.";
  if (left) return left === 1 ? "Say 1 more thing." : `Say ${left} more things.`;
  const care = draft.answers.get("care");
  if (!care) return "Ask about care here.";
  const rule = ruleFor(ageOn(born, at), config.settings);
  if (draft.decider === "advocate") {
    if (!draft.advocate.name.trim()) return `Write who decides for ${first}.`;
    if (!draft.advocate.relationship.trim()) return `Write what they are to ${first}.`;
    if (!draft.advocate.authority.trim()) return "Write what lets them decide.";
  }
  if (draft.decider === "patient" && rule !== "adult" && care === "yes" && !draft.maturity.trim()) {
    return `Write why ${first} may decide alone.`;
  }
  if (draft.usesInterpreter && !draft.language.trim()) return "Write the language.";
  if (draft.method === "spoken" && !draft.witness.trim()) return "Write who heard it.";
  if (draft.scope === "condition" && !draft.condition.trim()) return "Write which problem it is about.";
  return "";
}

/** Every use with its answer. Not asked stays not asked, and counts as no. */
export function decisions(draft: Draft, config: Config): Decision[] {
  return config.uses.map((use) => {
    const answer = draft.answers.get(use.code) ?? "not_asked";
    const out = answer === "yes" && use.code !== "care" && use.code !== "patient_copy";
    const fallback = use.code === "referral" ? ANY_SPECIALIST : "";
    const recipient = draft.recipients.get(use.code) ?? fallback;
    return {
      use: use.code, answer,
      recipient: out ? recipient : "",
      abroad: out ? draft.abroad : [],
    };
  });
}

/** Who will be told, in words: the team here, and whoever a yes names. */
export function told(draft: Draft, config: Config): string[] {
  const named = decisions(draft, config).map((d) => d.recipient).filter(Boolean);
  return [`${config.person.name} and the team here`, ...new Set(named)];
}

/** The body of call 6. */
export function bodyOf(
  draft: Draft,
  config: Config,
  ids: { patient: string | null; visit: string | null },
  signature: number[][][] | null,
  at: Date,
): ConsentBody {
  const other = draft.decider === "advocate";
  return {
    patient: ids.patient, visit: ids.visit, notice: config.notice.id,
    points: config.notice.points.map((point) => point.key).filter((key) => draft.points.has(key)),
    decider: draft.decider,
    advocate_name: other ? draft.advocate.name.trim() : "",
    advocate_relationship: other ? draft.advocate.relationship.trim() : "",
    advocate_authority: other ? draft.advocate.authority.trim() : "",
    advocate_evidence: other ? draft.advocate.evidence.trim() : "",
    maturity_note: other ? "" : draft.maturity.trim(),
    interpreter: draft.usesInterpreter ? draft.interpreter.trim() || "Interpreter" : "",
    language: draft.usesInterpreter ? draft.language.trim() : "",
    method: draft.method === "own" ? "signed" : draft.method, signature: draft.method === "signed" ? signature : null,
    witness_name: draft.method === "spoken" ? draft.witness.trim() : "",
    scope: draft.scope, condition: draft.scope === "condition" ? draft.condition.trim() : "",
    site_code: "", side: "", uses: decisions(draft, config), told: told(draft, config),
    agreed_at: at.toISOString(), emergency_reason: "",
  };
}

/** What a no to photos leaves: nothing may be used, so no other yes stands beside it. */
export function asRefusal(draft: Draft): Draft {
  const answers = new Map([...draft.answers].filter(([, answer]) => answer === "no"));
  return { ...draft, answers: answers.set("care", "no"), method: "spoken", witness: "", abroad: [] };
}

/** The record of an emergency: it covers care in this visit alone, and a review is owed. */
export function emergencyBody(
  config: Config,
  ids: { patient: string | null; visit: string | null },
  reason: string,
  at: Date,
): ConsentBody {
  const blank = newDraft("1900-01-01", config.settings, null, at);
  blank.answers.set("care", "yes");
  return {
    ...bodyOf(blank, config, ids, null, at),
    method: "emergency", scope: "visit", emergency_reason: reason.trim(),
  };
}

/** The consent that lets the camera open today: said yes to care, not past its review. */
export function standing(consents: readonly ConsentSummary[], at: Date): ConsentSummary | null {
  const today = localDay(at);
  const newest = [...consents].sort((a, b) => b.agreed_at.localeCompare(a.agreed_at))[0];
  if (newest?.uses.care !== "yes") return null;
  if (newest.method === "emergency") return null;
  if (newest.scope === "visit" && localDay(newest.agreed_at) !== today) return null;
  return newest.review_on === null || newest.review_on >= today ? newest : null;
}
