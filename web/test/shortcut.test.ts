import { expect, test } from "vitest";
import { ariaShortcut, isTyped, matches, parseShortcuts, shortcutLabel } from "../src/box/shortcut.ts";
import type { Pressed, Shortcut } from "../src/box/shortcut.ts";

const pressed = (key: string, held: Partial<Pressed> = {}): Pressed => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

function first(text: string, apple: boolean): Shortcut {
  const [shortcut] = parseShortcuts(text, apple);
  if (!shortcut) throw new Error(`no shortcut in ${text}`);
  return shortcut;
}

test("mod is command on Apple's keyboards and control elsewhere", () => {
  expect(matches(first("mod+k", true), pressed("k", { metaKey: true }))).toBe(true);
  expect(matches(first("mod+k", true), pressed("k", { ctrlKey: true }))).toBe(false);
  expect(matches(first("mod+k", false), pressed("K", { ctrlKey: true }))).toBe(true);
  expect(matches(first("mod+k", false), pressed("k", { ctrlKey: true, altKey: true }))).toBe(false);
  expect(matches(first("mod+k", false), pressed("k", { ctrlKey: true, shiftKey: true }))).toBe(false);
});

test("a sign matches wherever the keyboard has it", () => {
  expect(matches(first("/", false), pressed("/", { shiftKey: true }))).toBe(true);
  expect(isTyped(first("/", false))).toBe(true);
  expect(isTyped(first("mod+k", false))).toBe(false);
});

test("several are separated by spaces, and an empty text is none", () => {
  expect(parseShortcuts(" mod+k  / ", false)).toHaveLength(2);
  expect(parseShortcuts("", false)).toEqual([]);
});

test("they are shown as the platform writes them, and told as ARIA writes them", () => {
  expect(shortcutLabel(first("mod+k", true), true)).toBe("⌘K");
  expect(shortcutLabel(first("mod+shift+k", false), false)).toBe("Ctrl Shift K");
  expect(ariaShortcut(first("mod+k", false))).toBe("Control+K");
});
