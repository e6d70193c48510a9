/**
 * The box's style sheet. Colours follow the page's `color-scheme`; a site sets the custom properties that begin with
 * `--sextant-`, or styles the parts.
 */

/** CSS for the shadow tree. */
export const CSS = `
:host {
  --_ink: var(--sextant-ink, light-dark(#1a2230, #e6eaf2));
  --_soft: var(--sextant-soft, light-dark(#5d6879, #98a3b5));
  --_line: var(--sextant-line, light-dark(#e0e5ec, #2d3542));
  --_paper: var(--sextant-paper, light-dark(#ffffff, #161b23));
  --_panel: var(--sextant-panel, light-dark(#f5f7fa, #1d2430));
  --_accent: var(--sextant-accent, light-dark(#1f5fc4, #86b3ff));
  --_warn: var(--sextant-warn, light-dark(#a15c00, #f0b35b));
  --_mark: var(--sextant-mark, color-mix(in srgb, var(--_accent) 16%, transparent));
  --_active: color-mix(in srgb, var(--_accent) 9%, transparent);
  --_radius: var(--sextant-radius, 12px);
  display: block;
  font-family: var(--sextant-font, inherit);
  font-size: var(--sextant-font-size, medium);
  line-height: 1.5;
  text-align: start;
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([theme="system"]) { color-scheme: light dark; }
@supports not (color: light-dark(#000, #fff)) {
  :host { --_ink: #1a2230; --_soft: #5d6879; --_line: #e0e5ec; --_paper: #fff; --_panel: #f5f7fa; --_accent: #1f5fc4; --_warn: #a15c00; --_mark: #dce7f8; --_active: #edf3fc; }
  :host([theme="dark"]) { --_ink: #e6eaf2; --_soft: #98a3b5; --_line: #2d3542; --_paper: #161b23; --_panel: #1d2430; --_accent: #86b3ff; --_warn: #f0b35b; --_mark: #29364b; --_active: #202a3a; }
}
* { box-sizing: border-box; }
button, input { font: inherit; letter-spacing: inherit; color: inherit; }
.icon { width: 1.2em; height: 1.2em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
kbd { font: 600 0.8em/1 system-ui, sans-serif; color: var(--_soft); border: 1px solid var(--_line); border-radius: 5px; padding: 0.3em 0.45em; background: var(--_paper); white-space: nowrap; }

.trigger { display: flex; align-items: center; gap: 0.6em; width: 100%; min-height: 2.5em; padding: 0.4em 0.55em 0.4em 0.75em; font-size: 0.94em; color: var(--_soft); background: var(--_panel); border: 1px solid var(--_line); border-radius: calc(var(--_radius) * 0.75); cursor: pointer; transition: border-color 0.12s, color 0.12s; }
.trigger:dir(rtl) { padding: 0.4em 0.75em 0.4em 0.55em; }
.trigger:hover { color: var(--_ink); border-color: color-mix(in srgb, var(--_accent) 45%, var(--_line)); }
.trigger span { flex: 1; text-align: start; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
@media (hover: none), (max-width: 40rem) { .trigger kbd { display: none; } }

dialog { position: fixed; inset: 0; margin: 9vh auto auto; width: min(var(--sextant-width, 44em), calc(100vw - 2em)); max-width: none; max-height: 80vh; max-height: 80dvh; padding: 0; border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_paper); color: var(--_ink); box-shadow: 0 24px 70px -12px rgb(8 15 30 / 0.38), 0 4px 14px rgb(8 15 30 / 0.12); overflow: hidden; }
dialog[open] { display: flex; }
dialog::backdrop { background: rgb(10 16 28 / 0.42); backdrop-filter: blur(2px); }
.sheet { display: flex; flex-direction: column; flex: 1; min-width: 0; max-height: inherit; }

.bar { display: flex; align-items: center; gap: 0.7em; padding: 0.35em 0.6em 0.35em 1.05em; border-block-end: 1px solid var(--_line); position: relative; }
.bar:dir(rtl) { padding: 0.35em 1.05em 0.35em 0.6em; }
.bar > .icon { color: var(--_accent); font-size: 1.1em; }
input { flex: 1; min-width: 0; height: 2.65em; border: 0; outline: 0; background: none; font-size: 1.1em; }
input:focus-visible { outline: 0; }
.bar:focus-within { border-block-end-color: color-mix(in srgb, var(--_accent) 55%, var(--_line)); }
input::placeholder { color: var(--_soft); opacity: 1; }
.bar button { display: grid; place-items: center; min-width: 2.25em; height: 2.25em; padding: 0 0.5em; border: 0; border-radius: 8px; background: none; color: var(--_soft); cursor: pointer; }
.bar button:hover { background: var(--_panel); color: var(--_ink); }
.bar button[hidden] { display: none; }
.bar .cancel span { display: none; }
.bar::after { content: ""; position: absolute; inset-inline: 0; inset-block-end: -1px; height: 2px; background: var(--_accent); opacity: 0; transform-origin: 0 50%; }
.busy .bar::after { opacity: 1; animation: sweep 1.1s ease-in-out infinite; }
@keyframes sweep { 0% { transform: scaleX(0); } 55% { transform: scaleX(1); } 100% { transform: scaleX(1); opacity: 0; } }

.list { flex: 1 1 auto; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 0.5em; scroll-padding: 0.5em; scrollbar-width: thin; scrollbar-color: var(--_line) transparent; }
.list:empty { display: none; }
.group + .group { margin-block-start: 0.15em; }
.hit { display: flex; gap: 0.75em; padding: 0.55em 0.7em; border-radius: calc(var(--_radius) * 0.66); color: inherit; text-decoration: none; cursor: pointer; position: relative; outline: 0; }
.hit > .icon { color: var(--_soft); margin-block-start: 0.15em; }
.hit.sub { margin-inline-start: 1.28em; padding-block: 0.35em; }
.hit.sub > .icon { font-size: 0.85em; margin-block-start: 0.3em; }
.hit.sub::before { content: ""; position: absolute; inset-inline-start: 0; inset-block: 0; border-inline-start: 1px solid var(--_line); }
.hit[aria-selected="true"] { background: var(--_active); }
.hit[aria-selected="true"] > .icon { color: var(--_accent); }
.hit > .go { visibility: hidden; align-self: center; font-size: 0.9em; }
.hit[aria-selected="true"] > .go { visibility: visible; }
.body { flex: 1; min-width: 0; display: block; }
.head { display: flex; align-items: baseline; gap: 0.6em; min-width: 0; }
.title { font-weight: 600; overflow-wrap: anywhere; }
.sub .title { font-weight: 550; font-size: 0.93em; }
.under { flex: 0 9 auto; min-width: 0; font-size: 0.93em; color: var(--_soft); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.under::before { content: "›"; margin-inline: 0 0.5em; }
.trail { margin-inline-start: auto; flex: 0 99 auto; min-width: 0; font-size: 0.78em; color: var(--_soft); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.excerpt { font-size: 0.87em; line-height: 1.5; color: var(--_soft); display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; overflow-wrap: anywhere; }
mark { background: var(--_mark); color: var(--_ink); border-radius: 3px; padding: 0.05em 0.12em; margin: 0 -0.06em; font-weight: 550; }

.note { display: grid; justify-items: center; gap: 0.35em; padding: 2.4em 1.5em 2.6em; text-align: center; color: var(--_soft); font-size: 0.93em; overflow-y: auto; }
.note[hidden] { display: none; }
.note .icon { font-size: 1.7em; stroke-width: 1.3; margin-block-end: 0.4em; }
.note strong { color: var(--_ink); font-weight: 600; font-size: 1.02em; overflow-wrap: anywhere; }
.note code { font: 0.8em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; max-width: 34em; overflow-wrap: anywhere; }
.note button { margin-block-start: 0.7em; padding: 0.45em 1em; border: 1px solid var(--_line); border-radius: 8px; background: var(--_panel); color: var(--_ink); cursor: pointer; }
.note button:hover { border-color: var(--_accent); }
.note.failed .icon { color: var(--_warn); }

.foot { display: flex; align-items: center; gap: 1.2em; padding: 0.65em 1.35em; border-block-start: 1px solid var(--_line); background: var(--_panel); font-size: 0.78em; color: var(--_soft); min-height: 3em; }
.keys { display: flex; gap: 1.3em; }
.keys span { display: inline-flex; align-items: center; gap: 0.35em; }
.how { margin-inline-start: auto; display: inline-flex; align-items: center; gap: 0.5em; white-space: nowrap; font-variant-numeric: tabular-nums; }
.how::before { content: ""; width: 0.5em; height: 0.5em; border-radius: 50%; background: var(--_soft); opacity: 0.7; }
.how:empty { display: none; }
.how[data-how="meaning"]::before { background: var(--_accent); opacity: 1; }
.how[data-how="refining"]::before { background: var(--_accent); animation: pulse 1.2s ease-in-out infinite; }
@keyframes pulse { 50% { opacity: 0.2; } }
.live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

@media (prefers-reduced-motion: no-preference) {
  dialog[open] { animation: rise 0.16s cubic-bezier(0.2, 0.8, 0.3, 1); }
  dialog[open]::backdrop { animation: fade 0.16s ease-out; }
}
@keyframes rise { from { opacity: 0; transform: translateY(-8px) scale(0.985); } }
@keyframes fade { from { opacity: 0; } }
@media (prefers-reduced-motion: reduce) {
  .busy .bar::after, .how::before { animation: none; }
}
@media (hover: none) { .keys { display: none; } .how { margin-inline-start: 0; } }
@media (max-width: 40rem) {
  dialog { inset: 0; margin: 0; width: 100vw; max-height: none; height: 100vh; height: 100dvh; border: 0; border-radius: 0; }
  .bar { padding: 0.35em 0.4em 0.35em 0.9em; }
  .bar .cancel kbd { display: none; }
  .bar .cancel span { display: block; color: var(--_accent); }
  .list { padding: 0.35em; }
  .hit { padding: 0.65em 0.6em; }
  .hit > .go { display: none; }
  .trail { display: none; }
  .head { flex-wrap: wrap; gap: 0 0.5em; }
  .keys { display: none; }
  .how { margin-inline-start: 0; }
  .note { flex: 1; align-content: start; padding-block-start: 18vh; }
}
@media (forced-colors: active) {
  .hit[aria-selected="true"] { outline: 2px solid Highlight; outline-offset: -2px; }
  .how::before { forced-color-adjust: none; }
}
`;
