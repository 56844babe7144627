/** Quality: what a small luma picture says about focus and light. It advises and never decides. */

export interface Measure {
  focus: number;
  dark: number;
  clipped: number;
  glare: number;
  mean: number;
}
export interface Verdict {
  sentence: string;
  advice: string;
  focus: string;
  light: string;
  detail: string;
  levels: { focus: number; light: number; detail: number };
  blurred: boolean;
  blocked: boolean;
}

// Starting points of photo-standards, section 5; to be set again on consented real photos.
const BLURRED = 4;
const SOFT = 10;
const OF_BEST = 0.35;
const DARK_SHARE = 0.05;
const CLIPPED_SHARE = 0.02;
const GLARE_SHARE = 0.01;
export const LEAST = { long: 800, short: 600 };
const GOOD = { long: 1600, short: 1200 };

/** Measure RGBA pixels: variance of the 4-neighbour Laplacian, shares too dark, white or glaring. */
export function measure(rgba: Uint8ClampedArray, width: number, height: number): Measure {
  const n = width * height;
  const luma = new Float32Array(n);
  let [dark, clipped, glare, total] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [r, g, b] = [rgba[4 * i] ?? 0, rgba[4 * i + 1] ?? 0, rgba[4 * i + 2] ?? 0];
    const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    luma[i] = y;
    total += y;
    if (y < 8) dark++;
    if (y > 250) clipped++;
    const low = Math.min(r, g, b);
    if (low > 235 && Math.max(r, g, b) - low < 14) glare++;
  }
  return {
    focus: laplacian(luma, width, height),
    dark: dark / n, clipped: clipped / n, glare: glare / n, mean: total / n,
  };
}

function laplacian(luma: Float32Array, width: number, height: number): number {
  let [sum, squares, count] = [0, 0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const around =
        (luma[i - 1] ?? 0) + (luma[i + 1] ?? 0) + (luma[i - width] ?? 0) + (luma[i + width] ?? 0);
      const edge = 4 * (luma[i] ?? 0) - around;
      sum += edge;
      squares += edge * edge;
      count++;
    }
  }
  const mean = sum / Math.max(1, count);
  return squares / Math.max(1, count) - mean * mean;
}

/** Smooth skin is low by nature, so focus counts against the best of the same scene. */
export function isBlurred(focus: number, best: number): boolean {
  return focus < BLURRED || (focus < best * OF_BEST && focus < 25 * SOFT);
}

/** "Sharp", "Soft" or "Blurred". */
export function focusWord(focus: number, best: number): string {
  if (isBlurred(focus, best)) return "Blurred";
  return focus < SOFT ? "Soft" : "Sharp";
}

/** "Even", "Too dark", "Too bright" or "Glare". */
export function lightWord(m: Measure): string {
  if (m.clipped > CLIPPED_SHARE) return "Too bright";
  if (m.glare > GLARE_SHARE) return "Glare";
  if (m.dark > DARK_SHARE || m.mean < 40) return "Too dark";
  return "Even";
}

/** The level a bar is drawn to, 0 to 100; its mark stands at 50. */
export function levels(m: Measure, best: number): { focus: number; light: number } {
  const need = Math.max(SOFT, Math.min(best, 25 * SOFT) * OF_BEST);
  const focus = Math.min(100, 50 * (m.focus / need) ** 0.5);
  const faults = [m.clipped / CLIPPED_SHARE, m.glare / GLARE_SHARE, m.dark / DARK_SHARE, m.mean < 40 ? 1.5 : 0];
  return { focus, light: Math.max(4, 100 - 50 * Math.max(...faults)) };
}

const TIPS: Record<string, string> = {
  Blurred: "Rest your elbows, tap the mark to focus, hold for one second. Blurred photos are kept only if you say why.",
  "Too dark": "Move to more light, or turn the torch on.",
  "Too bright": "Turn the torch off, or move out of direct light.",
  Glare: "Tilt the phone a little so the light doesn’t shine back.",
};

/** What the check screen says about a photo: words first, then bars. */
export function verdict(m: Measure, best: number, width: number, height: number): Verdict {
  const [long, shortest] = [Math.max(width, height), Math.min(width, height)];
  const blocked = long < LEAST.long || shortest < LEAST.short;
  const fine = long >= GOOD.long && shortest >= GOOD.short;
  const detail = blocked ? "Too low" : fine ? "High" : "Low";
  const focus = focusWord(m.focus, best);
  const light = lightWord(m);
  const blurred = focus === "Blurred";
  const sentence = blocked
    ? `Only ${width} × ${height}. That is too small for the record.`
    : blurred
      ? "Blurred. Take it again."
      : light !== "Even"
        ? `${focus}, but ${light.toLowerCase()}`
        : fine
          ? `${focus} and evenly lit`
          : `${focus}, but low in detail`;
  const advice = blocked
    ? `A photo needs at least ${LEAST.long} × ${LEAST.short}. Move closer without zoom, or use another phone.`
    : (TIPS[focus] ?? TIPS[light] ?? "");
  const detailLevel = Math.min(100, (50 * (long * shortest)) / (GOOD.long * GOOD.short));
  return {
    sentence, advice, focus, light, detail, blurred, blocked,
    levels: { ...levels(m, best), detail: detailLevel },
  };
}
