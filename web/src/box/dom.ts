/** Making elements: text goes in as text, never as markup. */

/** What an element is made with. */
export interface Parts {
  readonly class?: string;
  readonly part?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly (Node | undefined)[];
}

/** Makes an element. */
export function make<Name extends keyof HTMLElementTagNameMap>(name: Name, parts: Parts = {}): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (parts.class !== undefined) element.className = parts.class;
  if (parts.part !== undefined) element.setAttribute("part", parts.part);
  if (parts.text !== undefined) element.textContent = parts.text;
  for (const [attribute, value] of Object.entries(parts.attributes ?? {})) element.setAttribute(attribute, value);
  element.append(...(parts.children ?? []).filter((child) => child !== undefined));
  return element;
}

/** Outlines on a grid of 24, drawn with a line. */
const ICONS = {
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.3 15.3 20 20",
  page: "M6 3.5h8l4 4v13H6ZM14 3.5v4h4M9 12h6M9 16h6",
  heading: "M9.5 4 7.5 20M16.5 4l-2 16M4.5 9.5h15M4 15h15",
  enter: "M19 6v6a2 2 0 0 1-2 2H6M9.5 10 5.5 14l4 4",
  close: "M6 6l12 12M18 6 6 18",
  alert: "M12 4 2.8 19.5h18.4ZM12 10v4.5M12 17v.3",
  sextant: "M12 2.6 3.8 18a11.6 11.6 0 0 0 16.4 0ZM12 2.6l2.2 18M7.1 11.8h9.8",
} as const;

/** A decorative icon. */
export function icon(name: keyof typeof ICONS): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
