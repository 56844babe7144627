/** Roll: the photos taken of one patient at one visit, until they are filed. */

import { newId } from "./bytes.ts";
import type { Cover, Turn } from "./geometry.ts";
import { holdInHand } from "./held.ts";
import { makeReady, news, takeInHand } from "./outbox.ts";
import { seal } from "./seal.ts";
import { session, type Subject } from "./session.ts";
import type { CaptureSet, Site } from "./shapes.ts";

/** The view that matches the photo of last time (policy/sets.toml). */
const AS_LAST_TIME = "same";

/** The sets that can be taken now: one that matches the last photo needs a last photo. */
export const setsFor = (sets: readonly CaptureSet[], hasEarlier: boolean): CaptureSet[] =>
  sets.filter((set) => hasEarlier || !set.views.some((view) => view.code === AS_LAST_TIME));

/** What is known of one photo when it is kept. */
export interface Shot {
  bytes: ArrayBuffer;
  takenAt: string;
  via: string;
  turn: Turn;
  cover: Cover[];
  quality: Record<string, unknown>;
  override: string;
  limitReason: string;
  view: string;
  set: string;
}
/** The words of the file screen, the same for the whole roll. */
export interface Words {
  label: string;
  notes: string;
  diagnosis: string;
  chaperone: string;
  recognisable: boolean | null;
}
type Frame = Shot & { id: string; sequence: number; letGo: () => void };

const NO_WORDS: Words = { label: "", notes: "", diagnosis: "", chaperone: "", recognisable: null };

/** Photos of one patient. Each is sealed when kept, and once more with its words when filed. */
export class Roll {
  readonly subject: Subject;
  readonly consent: string | null;
  site: Site | null = null;
  side = "";
  set: CaptureSet | null = null;
  /** The view to take next in the chosen set. */
  step = 0;
  frames: Frame[] = [];
  filed: string[] = [];
  private readonly filedAt = new Map<string, number>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(subject: Subject, consent: string | null) {
    this.subject = subject;
    this.consent = consent;
  }

  /** Go on to the next view of the set; after its last one the set is done. */
  nextView(): void {
    if (this.set && ++this.step >= this.set.views.length) this.set = null;
  }

  /** Whether there is an earlier photo to match: of the chosen site, or of any until one is. */
  get hasEarlier(): boolean {
    const past = this.subject.detail?.sites ?? [];
    return this.site ? past.some((p) => `${p.code} ${p.side}` === this.place) : past.length > 0;
  }

  private get place(): string {
    return `${this.site?.code ?? ""} ${this.side}`;
  }

  /** Photos of this site today, with those on this roll: the practice's limit is for one site. */
  get taken(): number {
    const past = this.subject.detail?.sites.find((p) => `${p.code} ${p.side}` === this.place);
    return (past?.today ?? 0) + (this.filedAt.get(this.place) ?? 0) + this.frames.length;
  }

  private meta(frame: Frame, words: Words): Record<string, unknown> {
    const { patient, visit, hint } = this.subject;
    return {
      v: 1, kind: "photo", capture: frame.id,
      patient: patient?.id ?? null, patient_hint: hint, visit: visit?.id ?? null,
      consent: this.consent, person: session().config.person.id,
      taken_at: frame.takenAt, site_code: this.site?.code ?? "", side: this.side,
      view: frame.view, set: frame.set, sequence: frame.sequence,
      label: words.label, notes: words.notes, diagnosis: words.diagnosis, diagnosis_code: "",
      chaperone: words.chaperone, recognisable: words.recognisable, restricted: false,
      cover: frame.cover, quality: frame.quality, quality_override: frame.override,
      limit_reason: frame.limitReason, turn: frame.turn, via: frame.via,
      timing: {
        unlocked_at: session().unlockedAt, shutter_at: frame.takenAt,
        sealed_at: new Date().toISOString(),
      },
    };
  }

  /** One thing at a time: what lets photos go waits until none is being sealed. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work);
    this.last = mine.catch(() => undefined);
    return mine;
  }

  /** Keep a photo: sealed now with what is known, held back until its words are written. */
  async keep(make: () => Promise<Shot>): Promise<void> {
    await this.inTurn(async () => {
      const id = newId();
      const frame = { ...(await make()), id, sequence: this.filed.length + this.frames.length + 1, letGo: await takeInHand(id) };
      try {
        await seal({ id, kind: "photo", ready: false }, this.meta(frame, NO_WORDS), frame.bytes.slice(0));
      } catch (error) {
        frame.letGo();
        throw error;
      }
      holdInHand(0, "");
      this.frames.push(frame);
    });
    if (open !== this) await this.letGo(); // the lock came while it was being made
  }

  /** File the roll: seal each photo again with its words and let it go out. What could not be sealed
   * again stays on the roll as it was. */
  file(words: Words): Promise<void> {
    return this.inTurn(async () => {
      for (const frame of [...this.frames]) {
        const about = { id: frame.id, kind: "photo" as const, ready: true };
        await seal(about, this.meta(frame, words), frame.bytes.slice(0), true);
        this.leave(frame);
      }
    });
  }

  /** Let the roll go out as it is; it arrives unlabelled and is finished at the desk. */
  letGo(): Promise<void> {
    return this.inTurn(async () => {
      const frames = [...this.frames];
      if (frames.length) await makeReady(frames.map((frame) => frame.id));
      for (const frame of frames) this.leave(frame);
    });
  }

  private leave(frame: Frame): void {
    this.frames = this.frames.filter((each) => each !== frame);
    this.filed.push(frame.id);
    this.filedAt.set(this.place, (this.filedAt.get(this.place) ?? 0) + 1);
    new Uint8Array(frame.bytes).fill(0);
    frame.letGo();
  }

  /** How many of the filed ones are still on this phone. */
  stillHere(): number {
    return news.waiting.filter((item) => this.filed.includes(item.id)).length;
  }
}

let open: Roll | undefined;
/** The roll that is being taken, so that the lock can let it go. */
export function useRoll(roll: Roll | undefined): void {
  open = roll;
}
/** Called at the lock: nothing that was kept is lost, nothing that was not kept stays. */
export async function endRoll(): Promise<void> {
  holdInHand(0, "");
  const roll = open;
  open = undefined;
  await roll?.letGo();
}
