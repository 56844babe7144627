/** Device: what the browser says it is. It chooses words only; what a phone can do is always tried. */

/** The phone's make, for the person to correct. An iPad calls itself a Mac, but no Mac counts fingers. */
export function guessPhone(agent: string, fingers: number): { model: string; platform: string } {
  if (/iPhone/.test(agent)) return { model: "iPhone", platform: "iOS" };
  if (/iPad/.test(agent) || (/Macintosh/.test(agent) && fingers > 1)) return { model: "iPad", platform: "iPadOS" };
  const android = /Android [\d.]+; ([^;)]+)/.exec(agent);
  if (android) return { model: android[1] === "K" ? "" : (android[1] ?? ""), platform: "Android" };
  return { model: "Computer", platform: /Windows|Mac OS X|Linux/.exec(agent)?.[0] ?? "" };
}

/** This phone's make. */
export const thisPhone = (): { model: string; platform: string } =>
  guessPhone(navigator.userAgent, navigator.maxTouchPoints);

/** Whether its settings are called by Apple's names. */
export const onApple = (): boolean => ["iOS", "iPadOS"].includes(thisPhone().platform);
