/** Consenting: a consent goes to the record at once, or sealed into the outbox when it can't. */

import { newId } from "./bytes.ts";
import { mended } from "./outbox.ts";
import { seal } from "./seal.ts";
import { sendNow } from "./sending.ts";
import * as server from "./server.ts";
import { session, type Subject } from "./session.ts";
import type { ConsentBody } from "./shapes.ts";

/** Record a consent and return its id. A refusal of the server rises with its words. */
export async function recordConsent(subject: Subject, body: ConsentBody): Promise<string> {
  const id = newId();
  if (subject.patient) {
    try {
      await server.putConsent(id, body);
      await mended("no_consent");
      void sendNow();
      return id;
    } catch (error) {
      if (!(error instanceof server.Silence)) throw error;
    }
  }
  const meta = {
    v: 1, kind: "consent", id, patient_hint: subject.hint,
    person: session().config.person.id, consent: body,
  };
  await seal({ id, kind: "consent", ready: true }, meta, new ArrayBuffer(0));
  void sendNow();
  return id;
}
