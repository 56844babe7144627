import assert from "node:assert/strict";
import { test } from "node:test";
import { guessPhone } from "../src/device.ts";
import { asRefusal, bodyOf, decisions, emergencyBody, missing, newDraft, ruleFor, standing, told, type Draft } from "../src/draft.ts";
import { coverInCrop, dragCorner, inside, turnedBox, unturnBox, type Turn } from "../src/geometry.ts";
import { imeiFits, readPairingText, readTyped } from "../src/pairing.ts";
import { isBlurred, lightWord, measure, verdict } from "../src/quality.ts";
import { readBirthDate } from "../src/screens/find.ts";
import { tiltOf } from "../src/screens/finder.ts";
import { ageOn } from "../src/session.ts";
import { Roll, setsFor } from "../src/roll.ts";
import { configAnswer, type ConsentSummary, type PatientDetail } from "../src/shapes.ts";
import { birthday, checksDue, forSomeone, labelFrom, listed, refusedWords, sexWords, siteWords, span, useZone } from "../src/words.ts";
import { contract } from "./contracts.ts";

const config = configAnswer(contract("config").answer.body, "config");
const NOON = new Date("2026-11-22T01:00:00Z");
const ADULT = "1968-03-12";

function talked(): Draft {
  const draft = newDraft(ADULT, config.settings, { id: "v", starts_at: "", reason: "Mark" }, NOON);
  for (const point of config.notice.points) draft.points.add(point.key);
  draft.answers.set("care", "yes");
  return draft;
}
const lacks = (draft: Draft, born = ADULT): string => missing(draft, config, born, "Pat", NOON);

test("nothing is ticked or answered before the talk", () => {
  const draft = newDraft(ADULT, config.settings, null, NOON);
  assert.equal(draft.points.size, 0);
  assert.equal(draft.answers.size, 0);
  assert.equal(lacks(draft), "Say the six things first.");
});

test("each point that was not said is missed", () => {
  for (const point of config.notice.points) {
    const draft = talked();
    draft.points.delete(point.key);
    assert.equal(lacks(draft), "Say 1 more thing.");
  }
});

test("care must be answered, yes or no, before anything is agreed", () => {
  const draft = talked();
  draft.answers.delete("care");
  assert.equal(lacks(draft), "Ask about care here.");
  assert.equal(lacks(talked()), "");
});

test("a spoken yes needs a witness, and an interpreter a language", () => {
  const spoken: Draft = { ...talked(), method: "spoken" };
  assert.equal(lacks(spoken), "Write who heard it.");
  assert.equal(lacks({ ...talked(), usesInterpreter: true }), "Write the language.");
});

test("what is signed on the patient's own phone needs no witness here, and goes as signed", () => {
  const own: Draft = { ...talked(), method: "own" };
  assert.equal(lacks(own), "");
  const body = bodyOf(own, config, { patient: "p", visit: null }, null, NOON);
  assert.deepEqual([body.method, body.signature], ["signed", null]);
});

test("a child's guardian decides; a young person may, with a note", () => {
  assert.equal(ruleFor(13, config.settings), "guardian");
  assert.equal(ruleFor(14, config.settings), "young");
  assert.equal(ruleFor(18, config.settings), "adult");
  const child = newDraft("2020-05-02", config.settings, null, NOON);
  assert.equal(child.decider, "advocate");
  assert.match(lacks({ ...talked(), decider: "advocate" }, "2020-05-02"), /who decides/);
  assert.match(lacks(talked(), "2010-05-02"), /may decide alone/);
});

test("what was not asked is sent as not asked, and names nobody", () => {
  const rows = decisions(talked(), config);
  assert.deepEqual(rows.filter((row) => row.answer === "not_asked").map((row) => row.recipient), rows.slice(1).map(() => ""));
});

test("a recipient and a country belong to a yes outside care", () => {
  const draft = { ...talked(), abroad: ["New Zealand"] };
  draft.answers.set("referral", "yes");
  draft.answers.set("teaching", "no");
  const by = new Map(decisions(draft, config).map((row) => [row.use, row]));
  assert.deepEqual(by.get("referral")?.abroad, ["New Zealand"]);
  assert.deepEqual([by.get("teaching")?.abroad, by.get("care")?.abroad, by.get("care")?.recipient], [[], [], ""]);
  assert.equal(told(draft, config).length, 2);
});

test("a refusal leaves no other yes beside it", () => {
  const draft = talked();
  draft.answers.set("referral", "yes");
  draft.answers.set("teaching", "no");
  const body = bodyOf(asRefusal(draft), config, { patient: "p", visit: null }, null, NOON);
  assert.deepEqual(body.uses.filter((use) => use.answer === "yes"), []);
  assert.equal(body.uses.find((use) => use.use === "care")?.answer, "no");
});

test("an emergency covers care in this visit and nothing else", () => {
  const body = emergencyBody(config, { patient: "p", visit: "v" }, "  Unconscious, bleeding. ", NOON);
  assert.deepEqual([body.method, body.scope, body.emergency_reason], ["emergency", "visit", "Unconscious, bleeding."]);
  assert.deepEqual(body.uses.filter((use) => use.answer !== "not_asked").map((use) => use.use), ["care"]);
});

const consent = (more: Partial<ConsentSummary>): ConsentSummary => ({
  id: "1", agreed_at: "2026-07-08T01:10:00Z", method: "signed", scope: "condition", condition: "", site_code: "",
  side: "", uses: { care: "yes" }, review_on: "2027-07-08", sentence: "", ...more,
});

test("the newest answer counts: a later no shuts the camera that an older yes opened", () => {
  assert.equal(standing([consent({})], NOON)?.id, "1");
  const no = consent({ id: "2", agreed_at: "2026-11-01T00:00:00Z", uses: { care: "no" } });
  assert.equal(standing([consent({}), no], NOON), null);
});

test("a consent past its review, for another day's visit, or of an emergency is asked again", () => {
  assert.equal(standing([consent({ review_on: "2026-11-21" })], NOON), null);
  assert.equal(standing([consent({ scope: "visit" })], NOON), null);
  assert.equal(standing([consent({ method: "emergency" })], NOON), null);
});

test("the day of a consent and its review is the practice's day, not Greenwich's", () => {
  useZone("Australia/Perth");
  const morning = new Date("2026-11-21T23:30:00Z"); // the 22nd, 7:30 in Perth
  const yesterday = consent({ scope: "visit", agreed_at: "2026-11-21T06:00:00Z" });
  const today = consent({ scope: "visit", agreed_at: "2026-11-21T23:00:00Z" });
  assert.equal(standing([yesterday], morning), null);
  assert.equal(standing([today], morning)?.id, "1");
  assert.equal(standing([today], new Date("2026-11-22T04:00:00Z"))?.id, "1");
  assert.equal(standing([consent({ review_on: "2026-11-21" })], morning), null);
  useZone("Australia/Sydney");
});

test("a turned box comes back to where it was", () => {
  const box = { x: 0.1, y: 0.2, w: 0.3, h: 0.4 };
  for (const turn of [0, 90, 180, 270] as Turn[]) {
    const back = unturnBox(turnedBox(box, turn), turn);
    for (const key of ["x", "y", "w", "h"] as const) assert.ok(Math.abs(back[key] - box[key]) < 1e-9);
  }
});

test("a crop never leaves the picture, whatever corner is dragged where", () => {
  for (const corner of [0, 1, 2, 3]) {
    const box = dragCorner({ x: 0.2, y: 0.2, w: 0.5, h: 0.5 }, corner, [1.7, -0.4]);
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.w <= 1.000001 && box.y + box.h <= 1.000001);
  }
  assert.deepEqual(inside({ x: -1, y: 2, w: 0.5, h: 0.5 }), { x: 0, y: 0.5, w: 0.5, h: 0.5 });
});

test("a cover moves with the crop, and one outside it is gone", () => {
  const crop = { x: 0.5, y: 0.5, w: 0.5, h: 0.5 };
  assert.deepEqual(coverInCrop({ shape: "rect", x: 0.75, y: 0.75, w: 0.25, h: 0.125 }, crop), { shape: "rect", x: 0.5, y: 0.5, w: 0.5, h: 0.25 });
  assert.equal(coverInCrop({ shape: "rect", x: 0, y: 0, w: 0.25, h: 0.25 }, crop), null);
});

function scene(sharp: boolean, gain = 1): Uint8ClampedArray {
  const [w, h] = [64, 48];
  const data = new Uint8ClampedArray(w * h * 4);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const light = sharp ? ((x >> 1) + (y >> 1)) % 2 ? 120 : 150 : 135 + 3 * Math.sin(x / 9);
      for (let c = 0; c < 3; c++) data[4 * (y * w + x) + c] = light * gain;
    }
  }
  return data;
}

test("a blurred copy of a sharp scene is called blurred, the sharp one is not", () => {
  const sharp = measure(scene(true), 64, 48);
  const soft = measure(scene(false), 64, 48);
  assert.ok(!isBlurred(sharp.focus, sharp.focus));
  assert.ok(isBlurred(soft.focus, sharp.focus));
});

test("too bright and too dark are said in words", () => {
  const say = (gain: number): string => verdict(measure(scene(true, gain), 64, 48), 0, 4032, 3024).light;
  assert.deepEqual([say(1), say(2.2), say(0.02)], ["Even", "Too bright", "Too dark"]);
});

function lit(share: number, [r, g, b]: readonly [number, number, number]): string {
  const data = scene(true);
  for (let i = 0; i < share * 64 * 48; i++) data.set([r, g, b], 4 * i);
  return lightWord(measure(data, 64, 48));
}

test("a shine of colourless light over a hundredth of the picture is glare", () => {
  assert.deepEqual([lit(0.015, [242, 240, 238]), lit(0.005, [242, 240, 238])], ["Glare", "Even"]);
  assert.equal(lit(0.015, [250, 240, 210]), "Even"); // a warm white dressing is not
  assert.equal(lit(0.03, [255, 255, 255]), "Too bright");
  const glaring = scene(true);
  for (let i = 0; i < 48; i++) glaring.set([240, 240, 240], 4 * i);
  assert.match(verdict(measure(glaring, 64, 48), 0, 4032, 3024).advice, /Tilt the phone/);
});

/** What a browser tells of a phone that leans back by `pitch` and is rolled by `roll`: where down is. */
function held(pitch: number, roll: number): [number, number] {
  const [p, r] = [(pitch * Math.PI) / 180, (roll * Math.PI) / 180];
  const [x, y, z] = [Math.sin(r) * Math.cos(p), -Math.cos(r) * Math.cos(p), -Math.sin(p)];
  const beta = Math.atan2(-y, Math.hypot(x, z));
  return [(beta * 180) / Math.PI, (Math.atan2(x, -z) * 180) / Math.PI];
}

test("a phone flat over the skin is level, and how far it leans is said", () => {
  for (const [beta, gamma, tilt] of [[0, 0, 0], [8, 0, 8], [0, -12, 12], [180, 0, 0]] as const) {
    assert.ok(Math.abs(tiltOf(beta, gamma) - tilt) < 0.01, `${beta} ${gamma}`);
  }
});

test("a phone that looks ahead is level when its edge is, upright or on its side", () => {
  for (const pitch of [1, 10, 30]) {
    for (const roll of [-20, -2, 0, 2, 20]) {
      assert.ok(Math.abs(tiltOf(...held(pitch, roll)) - roll) < 0.01, `${pitch} ${roll}`);
      assert.ok(Math.abs(tiltOf(...held(pitch, 90 + roll)) - roll) < 0.01, `on its side, ${pitch} ${roll}`);
    }
  }
});

test("photos are counted for one site, as the practice's limit is", () => {
  const [site] = config.sites;
  const past = { code: site?.code ?? "", side: "L", name: "", photo_id: "", taken_at: "", label: "", diagnosis: "", count: 9, today: 2 };
  const detail = { patient: {} as PatientDetail["patient"], visit: null, consents: [], sites: [past] };
  const roll = new Roll({ patient: null, visit: null, hint: null, detail }, null);
  assert.equal(roll.taken, 0);
  roll.site = site ?? null;
  roll.side = "L";
  assert.equal(roll.taken, 2);
  roll.side = "R";
  assert.equal(roll.taken, 0);
});

test("photos as last time are offered only where there was a last time", () => {
  const [site] = config.sites;
  const past = { code: site?.code ?? "", side: "L", name: "", photo_id: "", taken_at: "", label: "", diagnosis: "", count: 1, today: 0 };
  const detail = (sites: (typeof past)[]) => ({ patient: {} as PatientDetail["patient"], visit: null, consents: [], sites });
  const subject = { patient: null, visit: null, hint: null };
  const view = { code: "same", name: "As last time", required: true, hint: "", view: "close_up" };
  const again = { code: "follow_up", name: "Follow-up", views: [view] };
  const names = (roll: Roll): string[] => setsFor([...config.sets, again], roll.hasEarlier).map((set) => set.code);
  const seen = new Roll({ ...subject, detail: detail([past]) }, null);
  assert.ok(names(seen).includes("follow_up"), "no site chosen yet: there is one to match");
  seen.site = site ?? null;
  seen.side = "R";
  assert.ok(!names(seen).includes("follow_up"), "none of this side");
  seen.side = "L";
  assert.ok(names(seen).includes("follow_up"));
  for (const nobody of [null, detail([])]) {
    assert.deepEqual(names(new Roll({ ...subject, detail: nobody }, null)), config.sets.map((set) => set.code));
  }
});

test("a sex that no single word says plainly is named for what it is", () => {
  assert.deepEqual(["Female", "Male", "Not stated", "Another term", ""].map(sexWords),
    ["Female", "Male", "Sex: not stated", "Sex: another term", ""]);
});

test("700 by 500 is blocked and 900 by 700 is only warned about", () => {
  const m = measure(scene(true), 64, 48);
  assert.ok(verdict(m, 0, 700, 500).blocked);
  assert.ok(!verdict(m, 0, 900, 700).blocked);
  assert.equal(verdict(m, 0, 900, 700).detail, "Low");
});

test("only our own pairing code is read", () => {
  const origin = "https://photos.example";
  assert.deepEqual(readPairingText(`${origin}/pair#c=ABC&f=xyz`, origin), { code: "ABC", mark: "xyz" });
  for (const other of ["https://evil.example/pair#c=ABC&f=xyz", `${origin}/pair#c=ABC`, `${origin}/other#c=A&f=x`, "hello"]) {
    assert.equal(readPairingText(other, origin), null);
  }
  assert.deepEqual(readTyped("7k3qf9xw2m"), { code: "7K3QF-9XW2M", mark: null });
  assert.equal(readTyped("7k3qf"), null);
});

test("an IMEI's last digit checks the others", () => {
  assert.ok(imeiFits("490154203237518"));
  assert.ok(!imeiFits("490154203237519"));
  assert.ok(!imeiFits("12345"));
});

test("a phone is called what its browser calls it, and an iPad what it is", () => {
  const kind = (agent: string, fingers: number): string => guessPhone(agent, fingers).platform;
  assert.equal(guessPhone("Mozilla/5.0 (Linux; Android 14; Pixel 7) Chrome", 5).model, "Pixel 7");
  assert.equal(kind("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Safari", 5), "iOS");
  assert.equal(kind("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari", 5), "iPadOS");
  assert.equal(kind("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari", 0), "Mac OS X");
});

test("birth dates are read day first, and only past days that exist", () => {
  assert.equal(readBirthDate("12/3/1968", NOON), "1968-03-12");
  assert.equal(readBirthDate("1968-03-12", NOON), "1968-03-12");
  for (const bad of ["31/2/1990", "12/3/2090", "x", "3/12"]) assert.equal(readBirthDate(bad, NOON), null);
  assert.equal(ageOn("1968-11-23", NOON), 57);
  assert.equal(ageOn("1968-11-22", NOON), 58);
});

test("a label's pattern leaves no empty marks behind", () => {
  const pattern = "{side} {site} - {reason} ({view})";
  assert.equal(labelFrom(pattern, { side: "left", site: "forearm", reason: "Mark", view: "close up" }), "Left forearm - Mark (close up)");
  assert.equal(labelFrom(pattern, { side: "", site: "face", reason: "", view: "" }), "Face");
});

test("spans, lists and sites are said as people say them", () => {
  assert.deepEqual([span(40_000), span(7_800_000), span(300_000_000)], ["40 s", "2 h 10 min", "3 days"]);
  assert.equal(listed(["a", "b", "c"]), "a, b and c");
  assert.deepEqual([siteWords("forearm, front", "L"), siteWords("ear", "B"), siteWords("face", "")], ["left forearm, front", "ear, both sides", "face"]);
  assert.equal(birthday("1968-03-12"), "12 Mar 1968");
});

test("what a patient would say of themselves is said of them by who signs for them", () => {
  assert.equal(forSomeone("Teaching, with my name hidden", "Pat"), "Teaching, with Pat’s name hidden");
  assert.equal(forSomeone("A copy for me", "Pat"), "A copy for Pat");
  assert.equal(forSomeone("Sent to a specialist about this", "Pat"), "Sent to a specialist about this");
});

test("a phone added a minute ago is not told of yearly checks", () => {
  assert.equal(checksDue(["declare", "self_check"]), "This phone has not been checked yet.");
  assert.match(checksDue(["declare"]), /^Backup and updates/);
  assert.equal(checksDue([]), "");
});

test("the end names an answer and never says that the reader gave it", () => {
  assert.equal(refusedWords(["Teaching", "Research"]), "The answer was no to teaching and research. Not asked counts as no.");
  assert.equal(refusedWords([]), "Not asked counts as no.");
});
