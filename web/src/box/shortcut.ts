/** Keyboard shortcuts: written `mod+k`, several separated by spaces; `mod` is ⌘ on Apple's keyboards, Ctrl elsewhere. */

/** A combination of keys. */
export interface Shortcut {
  readonly key: string;
  readonly ctrl: boolean;
  readonly meta: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
}

/** The part of a keyboard event that is looked at. */
export type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** Whether this is a keyboard with ⌘. */
export function isApple(platform: string): boolean {
  return /mac|iphone|ipad|ipod/iu.test(platform);
}

/** Reads `text`, for example `mod+k /`. Empty: no shortcut. */
export function parseShortcuts(text: string, apple: boolean): Shortcut[] {
  return text
    .trim()
    .toLowerCase()
    .split(/\s+/u)
    .filter((combination) => combination !== "")
    .map((combination) => {
      const names = combination.split("+");
      const key = names.pop() ?? "";
      const has = (name: string): boolean => names.includes(name);
      return {
        key,
        ctrl: has("ctrl") || (has("mod") && !apple),
        meta: has("meta") || has("cmd") || (has("mod") && apple),
        alt: has("alt"),
        shift: has("shift"),
      };
    });
}

/** Whether `pressed` is `shortcut`. Shift is not asked about for signs: where `/` lies differs from keyboard to keyboard. */
export function matches(shortcut: Shortcut, pressed: Pressed): boolean {
  const letter = /^[a-z\d]$/u.test(shortcut.key) || shortcut.key.length > 1;
  return (
    pressed.key.toLowerCase() === shortcut.key &&
    pressed.ctrlKey === shortcut.ctrl &&
    pressed.metaKey === shortcut.meta &&
    pressed.altKey === shortcut.alt &&
    (!letter || pressed.shiftKey === shortcut.shift)
  );
}

/** Whether the key alone would be typed into a field: then it opens the box only outside of fields. */
export function isTyped(shortcut: Shortcut): boolean {
  return !shortcut.ctrl && !shortcut.meta && !shortcut.alt;
}

/** As it is shown on the button: `⌘K`, `Ctrl K`, `/`. */
export function shortcutLabel(shortcut: Shortcut, apple: boolean): string {
  const key = shortcut.key.length === 1 ? shortcut.key.toUpperCase() : shortcut.key;
  const names: [boolean, string, string][] = [
    [shortcut.ctrl, "⌃", "Ctrl"],
    [shortcut.alt, "⌥", "Alt"],
    [shortcut.shift, "⇧", "Shift"],
    [shortcut.meta, "⌘", "Meta"],
  ];
  const held = names.filter(([on]) => on).map(([, sign, name]) => (apple ? sign : name));
  return [...held, key].join(apple ? "" : " ");
}

/** As `aria-keyshortcuts` wants it: `Meta+K`. */
export function ariaShortcut(shortcut: Shortcut): string {
  const names: [boolean, string][] = [
    [shortcut.ctrl, "Control"],
    [shortcut.alt, "Alt"],
    [shortcut.shift, "Shift"],
    [shortcut.meta, "Meta"],
  ];
  const key = shortcut.key.length === 1 ? shortcut.key.toUpperCase() : shortcut.key;
  return [...names.filter(([on]) => on).map(([, name]) => name), key].join("+");
}
